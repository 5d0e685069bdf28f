//! How a template becomes a node: its inputs, the gates that ask the world, its retry wrapper, its own type.

use super::arrive::Arrival;
use super::bind::Received;
use super::enter::{Entering, Entry};
use super::event::{Event, TemplateKey};
use super::handle::{Turn, message};
use super::node::{Gate, Inputs, NO_INPUTS, NodeIx, NodeKind, Phase, Site};
use super::run::Run;
use super::scope::{Own, View};
use super::texts;
use crate::limits;
use crate::plan::{DagOrder, Flow, FramePlan, TemplateIx, TemplatePlan};
use crate::time::Time;
use crate::tree::render_text;
use expr::{Mode, Text};
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// Argo's words, with the place where they send people (EX-668).
const TOO_DEEP: &str = "Maximum recursion depth exceeded. See \
     https://argo-workflows.readthedocs.io/en/release-4.1/scaling/#maximum-recursion-depth";

/// The annotation of a pod that says how far it is.
const PROGRESS: &str = "workflows.argoproj.io/progress";

/// A template that is about to become a node, with the inputs that it was given.
pub(crate) struct Call {
    pub owner: NodeIx,
    pub site: Site,
    pub template: TemplateIx,
    /// Where the event must say which template it is.
    pub key: Option<TemplateKey>,
    /// None where there are none, and for attempts: they have their wrapper's.
    pub inputs: Option<Arc<Inputs>>,
}

impl Call {
    fn arrival(self, kind: NodeKind, phase: Phase) -> Arrival {
        Arrival {
            template: self.key,
            inputs: self.inputs,
            ..Arrival::new(self.owner, self.site, kind, phase)
        }
    }
}

impl Run {
    /// What is known of an attempt that is about to be a node: `retries` and `lastRetry.*`.
    pub(crate) fn call_extra(&self, call: &Call) -> Vec<(&'static str, String)> {
        match call.site {
            Site::Attempt(number) => self.retry_names_at(call.owner, number),
            _ => Vec::new(),
        }
    }

    /// What the texts of a template see that is about to become a node.
    pub(crate) fn call_view<'a>(
        &'a self,
        call: &'a Call,
        extra: &'a [(&'a str, String)],
        now: Time,
    ) -> View<'a> {
        let template = self.plan.template(call.template);
        let view = View {
            template: Some((template, self.call_inputs(call))),
            own: Some(Own::At(call.owner, &call.site, call.template)),
            extra,
            ..View::global(self, now)
        };
        self.within(view, template, call.owner, &call.site)
    }

    pub(crate) fn call_inputs<'a>(&'a self, call: &'a Call) -> &'a Inputs {
        let given = match call.site {
            Site::Attempt(_) => call.inputs.as_ref().or(self.node(call.owner).inputs.as_ref()),
            _ => call.inputs.as_ref(),
        };
        given.map_or(&NO_INPUTS, |inputs| inputs)
    }
}

impl Run {
    /// Whether a node runs a template, or lies within one that does.
    fn is_within(&self, node: NodeIx, template: TemplateIx) -> bool {
        let mut at = Some(node);
        while let Some(ix) = at {
            let node = self.node(ix);
            if node.template == Some(template) {
                return true;
            }
            at = (node.owner != ix).then_some(node.owner);
        }
        false
    }
}

impl Turn<'_> {
    /// Enters a template: binds inputs, wraps retries, makes the node.
    pub(crate) fn enter(&mut self, entry: Entry) -> Entering {
        let plan = self.run.plan.clone();
        let template = plan.template(entry.template);
        if let Some(reason) = self.too_much(&entry, template) {
            // Whoever asked takes it for any child in Error: a group fails by it, and is not broken (EX-113).
            self.unstarted(entry.owner, entry.site, Phase::Error, &reason);
            return Entering::Entered;
        }
        let received = match &template.broken {
            Some(reason) => self.bind(template, &entry).and(Err(reason.clone())),
            None => self.bind(template, &entry),
        };
        let Received { inputs, late } = match received {
            Ok(received) => received,
            Err(reason) => {
                let shown = self.task_error(entry.owner, &entry.site, &reason);
                self.unstarted(entry.owner, entry.site, Phase::Error, &shown);
                return Entering::Refused(reason);
            }
        };
        if let Err(reason) = self.run.text_room(1, texts::of_inputs(&inputs)) {
            self.unstarted(entry.owner, entry.site, Phase::Error, &reason);
            return Entering::Entered;
        }
        let call = Call {
            key: entry.templated.then(|| self.key(entry.template)),
            inputs: (inputs != Inputs::default()).then(|| Arc::new(inputs)),
            owner: entry.owner,
            site: entry.site,
            template: entry.template,
        };
        let is_shut = self.entering_shut(&call);
        if !is_shut && self.workflow_is_full(None) {
            return Entering::Held;
        }
        if let Some(kind) = kind_of(template)
            && let Some(reason) = self.misnamed(template, &call)
        {
            return self.refuse_node(call, kind, reason);
        }
        if let Some(gate) = Self::first_gate(template).filter(|_| !is_shut) {
            return self.enter_gated(call, template, gate);
        }
        if template.retry.is_some() {
            let wrapper = self.arrive(call.arrival(NodeKind::Retry, Phase::Running));
            return self.enter_attempt(wrapper);
        }
        if let Some(tag) = late.filter(|_| matches!(template.flow, Flow::Leaf(NodeKind::Pod)))
            && let Err(error) =
                expr::render(&tag, &View::global(self.run, self.now), Mode::Lenient, &self.world(0))
        {
            return self.refuse_node(call, NodeKind::Pod, error.to_string());
        }
        self.enter_kind(call)
    }

    /// Why a run has enough of such nodes.
    fn too_much(&self, entry: &Entry, template: &TemplatePlan) -> Option<String> {
        let depth = if self.run.nodes.is_empty() { 0 } else { self.run.node(entry.owner).depth };
        if depth >= limits::DEPTH_MAX {
            return Some(TOO_DEEP.to_owned());
        }
        if !matches!(template.flow, Flow::Frame(_)) {
            return None;
        }
        let frames = self.run.frames.len();
        if frames >= limits::FRAMES_MAX {
            return Some(format!(
                "this workflow has {frames} steps and dag nodes, the most that one may have"
            ));
        }
        let is_too_wide =
            frames >= limits::RECURSION_FRAMES_MAX && self.run.is_within(entry.owner, entry.template);
        is_too_wide.then(|| {
            format!(
                "this workflow has {frames} steps and dag nodes, and `{}` is called within itself: beyond {} that is \
                 taken for a recursion without an end",
                template.name,
                limits::RECURSION_FRAMES_MAX
            )
        })
    }

    /// A node that has to wait for an answer before it begins: it is there, Pending, and runs nothing.
    fn enter_gated(&mut self, call: Call, template: &TemplatePlan, gate: Gate) -> Entering {
        let Some(kind) = kind_of(template) else { return self.enter_kind(call) };
        let node = self.arrive(Arrival { gate: Some(gate), ..call.arrival(kind, Phase::Pending) });
        self.first_progress(node);
        self.ask(node);
        Entering::Entered
    }

    /// A pod begins with the progress that its annotations name (EX-531).
    fn first_progress(&mut self, ix: NodeIx) {
        let node = self.run.node(ix);
        let Some(template) = self.run.template(ix).filter(|_| node.kind == NodeKind::Pod) else { return };
        let Some(text) = template.annotation(PROGRESS) else { return };
        let known = expr::render(text, &self.run.view_of(ix, self.now), Mode::Lenient, &self.world(ix.0));
        let progress = known.ok().and_then(|text| {
            let (done, of) = text.split_once('/')?;
            Some((done.parse::<u32>().ok()?, of.parse::<u32>().ok()?))
        });
        if let Some((done, of)) = progress.filter(|(done, of)| *of > 0 && done <= of) {
            self.record(Event::Progressed { node: ix, done, of });
        }
    }

    /// The next attempt of a retry wrapper.
    pub(crate) fn enter_attempt(&mut self, wrapper: NodeIx) -> Entering {
        let number = self.run.attempts(wrapper).len() as u32;
        let template =
            self.run.node(wrapper).template.expect("a retry wrapper has the template that it retries");
        let inputs = self.attempt_inputs(wrapper, number);
        let call = Call { owner: wrapper, site: Site::Attempt(number), template, key: None, inputs };
        let entering = self.enter_kind(call);
        if let Entering::Refused(reason) = &entering
            && !self.run.node(wrapper).phase.is_ended()
        {
            // The next one may come out differently; without a limit nothing would ever end it.
            if self.tries_errors(wrapper, |strategy| strategy.limit.is_some()) {
                return Entering::Entered;
            }
            self.wrapper_errored(wrapper, reason);
        }
        entering
    }

    /// Inputs that speak of the attempt come out anew with each; none where the wrapper's will do (TP-049).
    fn attempt_inputs(&self, wrapper: NodeIx, number: u32) -> Option<Arc<Inputs>> {
        let speaks = |value: &str| value.contains("{{");
        let inputs = self.run.node(wrapper).inputs.as_ref()?;
        if !inputs.parameters.iter().any(|value| speaks(value)) {
            return None;
        }
        let template = self.run.node(wrapper).template?;
        let (extra, site) = (self.run.retry_names_at(wrapper, number), Site::Attempt(number));
        let view = View {
            extra: &extra,
            own: Some(Own::At(wrapper, &site, template)),
            ..View::global(self.run, self.now)
        };
        let mut inputs = Inputs::clone(inputs);
        for value in inputs.parameters.iter_mut().filter(|value| speaks(value)) {
            if let Ok(known) = expr::render(value, &view, Mode::Lenient, &self.world(0)) {
                *value = known.into();
            }
        }
        Some(Arc::new(inputs))
    }

    /// Makes the node of a template's own type.
    fn enter_kind(&mut self, call: Call) -> Entering {
        let plan = self.run.plan.clone();
        let template = plan.template(call.template);
        if let Some(kind) = template.flow.leaf_kind()
            && self.entering_shut(&call)
        {
            // No pod is made; the node is there and has failed by it (EX-326, EX-388).
            let text = self.never_begun(kind);
            self.over_at_once(call, kind, Phase::Failed, text);
            return Entering::Entered;
        }
        match &template.flow {
            Flow::Leaf(kind) => {
                if *kind == NodeKind::Pod
                    && let Some(reason) = self.unfit(&call)
                {
                    return self.refuse_node(call, *kind, reason);
                }
                let node = self.arrive(call.arrival(*kind, Phase::Pending));
                self.first_progress(node);
                if template.kind == Some(spec::TemplateKind::ContainerSet) {
                    self.enter_containers(node, template);
                }
                Entering::Entered
            }
            Flow::Suspend { duration } => self.enter_suspend(call, template, duration.as_ref()),
            Flow::Frame(frame) => self.enter_frame(call, template, frame),
            Flow::Missing => {
                let reason = format!("Template '{}' missing specification", template.name);
                self.unstarted(call.owner, call.site, Phase::Error, &reason);
                Entering::Refused(reason)
            }
        }
    }

    fn enter_frame(&mut self, call: Call, template: &TemplatePlan, frame: &FramePlan) -> Entering {
        let kind = if frame.is_dag { NodeKind::Dag } else { NodeKind::Steps };
        match self.target(frame, template, self.run.call_inputs(&call)) {
            Ok(target) => {
                self.arrive(Arrival { target, ..call.arrival(kind, Phase::Running) });
                Entering::Entered
            }
            Err(reason) => {
                self.unstarted(call.owner, call.site, Phase::Error, &reason);
                Entering::Refused(reason)
            }
        }
    }

    /// A dag's templated target, rendered and checked.
    pub(crate) fn target(
        &self,
        frame: &FramePlan,
        template: &TemplatePlan,
        inputs: &Inputs,
    ) -> Result<Option<Arc<str>>, String> {
        let Some(target) = &frame.target else { return Ok(None) };
        let view = View { template: Some((template, inputs)), ..View::global(self.run, self.now) };
        let text =
            render_text(target, &view, Mode::Lenient, &self.world(0)).map_err(|error| error.to_string())?;
        DagOrder::new(frame, &text)?;
        Ok(Some(text.into()))
    }

    fn enter_suspend(&mut self, call: Call, template: &TemplatePlan, duration: Option<&Text>) -> Entering {
        let extra = self.run.call_extra(&call);
        let view = self.run.call_view(&call, &extra, self.now);
        let world = self.world(self.run.nodes.len() as u32);
        let due = duration.map(|text| {
            let text = render_text(text, &view, Mode::Lenient, &world).map_err(|error| error.to_string())?;
            expr::duration::lenient(&text).map(|nanos| self.now.plus_nanos(nanos))
        });
        // Outputs are there from the start, without values, so that a person can supply them (EX-281).
        let declared = template.doc.outputs.parameters.iter();
        let outputs: Vec<_> = declared.map(|declared| view.parameter(declared, &world)).collect();
        let due = match due.transpose() {
            Ok(due) => due,
            Err(reason) => return self.refuse_node(call, NodeKind::Suspend, reason),
        };
        let outputs = (!outputs.is_empty())
            .then(|| Arc::new(spec::Outputs { parameters: outputs, ..Default::default() }));
        let node = self.arrive(Arrival { outputs, ..call.arrival(NodeKind::Suspend, Phase::Running) });
        if let Some(due) = due {
            self.record(Event::Scheduled { node, due });
        }
        Entering::Entered
    }

    /// The members of a container set, once their pod is to be started (EX-440).
    pub(crate) fn enter_containers(&mut self, pod: NodeIx, template: &TemplatePlan) {
        for name in template.doc.container_names() {
            let site = Site::Container(name.into());
            self.arrive(Arrival::new(pod, site, NodeKind::Container, Phase::Pending));
        }
    }

    /// A node that cannot begin: it is there in Error, and whoever asked is told.
    fn refuse_node(&mut self, call: Call, kind: NodeKind, reason: String) -> Entering {
        let shown = self.task_error(call.owner, &call.site, &reason);
        self.over_at_once(call, kind, Phase::Error, shown);
        Entering::Refused(reason)
    }

    /// A node that is over as it is entered.
    fn over_at_once(&mut self, call: Call, kind: NodeKind, phase: Phase, text: String) {
        self.arrive(Arrival { message: message(text), ..call.arrival(kind, phase) });
    }

    /// In a dag the node itself carries the words around the reason (EX-166).
    pub(crate) fn task_error(&self, owner: NodeIx, site: &Site, reason: &str) -> String {
        let in_dag = matches!(site, Site::Task(_) | Site::Item(..))
            && self.run.node(owner).kind != NodeKind::StepGroup;
        if in_dag {
            return format!("task '{}' errored: {reason}", self.run.name_at(owner, site));
        }
        reason.to_owned()
    }

    fn key(&self, template: TemplateIx) -> TemplateKey {
        let plan = self.run.plan.template(template);
        let scope = self.run.plan.scope(plan.scope);
        TemplateKey {
            scope: scope.kind.into(),
            resource: scope.resource.clone(),
            template: plan.name.clone(),
        }
    }

    /// Whether the run's end has begun for this entry: nothing new starts outside exit handlers (EX-326).
    fn entering_shut(&self, call: &Call) -> bool {
        let is_exit = matches!(&call.site, Site::Hook(name) if &**name == "exit");
        let on_exit = is_exit || (!self.run.nodes.is_empty() && self.run.is_on_exit(call.owner));
        self.run.is_shut(on_exit)
    }
}

/// The type of the node that a template becomes; none if the template does not say what it runs.
fn kind_of(template: &TemplatePlan) -> Option<NodeKind> {
    Some(match &template.flow {
        Flow::Missing => return None,
        _ if template.retry.is_some() => NodeKind::Retry,
        Flow::Leaf(kind) => *kind,
        Flow::Suspend { .. } => NodeKind::Suspend,
        Flow::Frame(frame) if frame.is_dag => NodeKind::Dag,
        Flow::Frame(_) => NodeKind::Steps,
    })
}

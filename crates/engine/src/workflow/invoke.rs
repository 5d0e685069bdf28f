//! How a template becomes a node: its inputs, the gates that ask the world, its retry wrapper, its own type.

use super::bind::Received;
use super::display;
use super::enter::{Entering, Entry};
use super::event::{Event, TemplateKey};
use super::handle::{Turn, message};
use super::node::{Gate, Inputs, NodeIx, NodeKind, Phase, Site};
use super::scope::{Own, View};
use crate::limits;
use crate::plan::{DagOrder, Flow, FramePlan, TemplateIx, TemplatePlan};
use crate::tree::render_text;
use expr::{Mode, Text};
use serde_json::Value;
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// Argo's words, with the place where they send people (EX-668).
const TOO_DEEP: &str = "Maximum recursion depth exceeded. See \
     https://argo-workflows.readthedocs.io/en/release-4.1/scaling/#maximum-recursion-depth";

impl Turn<'_> {
    /// Enters a template: binds inputs, wraps retries, makes the node.
    pub(crate) fn enter(&mut self, entry: Entry) -> Entering {
        let plan = self.run.plan.clone();
        let template = plan.template(entry.template);
        let depth = if self.run.nodes.is_empty() { 0 } else { self.run.node(entry.owner).depth };
        if depth >= limits::DEPTH_MAX {
            // Whoever asked takes it for any child in Error: a group fails by it, and is not broken (EX-113).
            self.unstarted(entry.owner, entry.site, Phase::Error, TOO_DEEP);
            return Entering::Entered;
        }
        if matches!(template.flow, Flow::Frame(_)) && self.run.frames.len() >= limits::FRAMES_MAX {
            let reason = format!(
                "this workflow has {} steps and dag nodes, the most that one may have: do its templates call each \
                 other?",
                limits::FRAMES_MAX
            );
            self.unstarted(entry.owner, entry.site, Phase::Error, &reason);
            return Entering::Entered;
        }
        let Received { inputs, late } = match self.bind(template, &entry) {
            Ok(received) => received,
            Err(reason) => {
                let shown = self.task_error(entry.owner, &entry.site, &reason);
                self.unstarted(entry.owner, entry.site, Phase::Error, &shown);
                return Entering::Refused(reason);
            }
        };
        if let Some(reason) = &template.broken {
            let shown = self.task_error(entry.owner, &entry.site, reason);
            self.unstarted(entry.owner, entry.site, Phase::Error, &shown);
            return Entering::Refused(reason.clone());
        }
        if self.workflow_is_full() {
            return Entering::Held;
        }
        let inputs = (inputs != Inputs::default()).then(|| Arc::new(inputs));
        let key = entry.templated.then(|| self.key(entry.template));
        if self.run.steering.strategy().is_some() && self.entering_shut(entry.owner, &entry.site) {
            let kind = kind_of(template).unwrap_or(NodeKind::Skipped);
            let text = self.never_begun(kind);
            self.entered_over(entry.owner, entry.site, kind, key, inputs, (Phase::Failed, text));
            return Entering::Entered;
        }
        if let Some(kind) = kind_of(template)
            && let Some(reason) = self.misnamed(template, &entry, inputs.as_deref())
        {
            return self.refuse_node(entry.owner, entry.site, kind, key, inputs, reason);
        }
        if let Some(gate) = Self::first_gate(template)
            && !self.entering_shut(entry.owner, &entry.site)
        {
            return self.enter_gated(entry, template, key, inputs, gate);
        }
        if template.retry.is_some() {
            let node = self.next_node();
            self.node_entered(
                node,
                entry.owner,
                entry.site,
                NodeKind::Retry,
                Phase::Running,
                key.clone(),
                inputs,
            );
            return self.enter_attempt(node);
        }
        if let Some(tag) = late.filter(|_| matches!(template.flow, Flow::Leaf(NodeKind::Pod)))
            && let Err(error) =
                expr::render(&tag, &View::global(self.run, self.now), Mode::Lenient, &self.world(0))
        {
            return self.refuse_node(entry.owner, entry.site, NodeKind::Pod, key, inputs, error.to_string());
        }
        self.enter_kind(entry.owner, entry.site, entry.template, key, inputs)
    }

    /// A node that has to wait for an answer before it begins: it is there, Pending, and runs nothing.
    fn enter_gated(
        &mut self,
        entry: Entry,
        template: &TemplatePlan,
        key: Option<TemplateKey>,
        inputs: Option<Arc<Inputs>>,
        gate: Gate,
    ) -> Entering {
        let Some(kind) = kind_of(template) else {
            return self.enter_kind(entry.owner, entry.site, entry.template, key, inputs);
        };
        let node = self.next_node();
        self.record(Event::Entered {
            node,
            owner: entry.owner,
            site: entry.site,
            kind,
            phase: Phase::Pending,
            template: key,
            gate: Some(gate),
            target: None,
            message: None,
            inputs,
            outputs: None,
        });
        self.entered += 1;
        self.ask(node);
        Entering::Entered
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

    /// The next attempt of a retry wrapper.
    pub(crate) fn enter_attempt(&mut self, wrapper: NodeIx) -> Entering {
        let number = self.run.attempts(wrapper).len() as u32;
        let template =
            self.run.node(wrapper).template.expect("a retry wrapper has the template that it retries");
        let inputs = self.attempt_inputs(wrapper, number);
        let entering = self.enter_kind(wrapper, Site::Attempt(number), template, None, inputs);
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
    fn enter_kind(
        &mut self,
        owner: NodeIx,
        site: Site,
        template: TemplateIx,
        key: Option<TemplateKey>,
        inputs: Option<Arc<Inputs>>,
    ) -> Entering {
        let plan = self.run.plan.clone();
        let compiled = plan.template(template);
        let node = self.next_node();
        if let Some(kind) = compiled.flow.leaf_kind()
            && self.entering_shut(owner, &site)
        {
            // Past the deadline no pod is made; the node is there and has failed by it (EX-388).
            let end = (Phase::Failed, super::control::DEADLINE.to_owned());
            self.entered_over(owner, site, kind, key, inputs, end);
            return Entering::Entered;
        }
        match &compiled.flow {
            Flow::Leaf(kind) => {
                if *kind == NodeKind::Pod
                    && let Some(reason) = self.unfit(owner, &site, template, inputs.as_ref())
                {
                    return self.refuse_node(owner, site, *kind, key, inputs, reason);
                }
                self.node_entered(node, owner, site, *kind, Phase::Pending, key, inputs);
                if compiled.kind == Some(spec::TemplateKind::ContainerSet) {
                    self.enter_containers(node, compiled);
                }
                Entering::Entered
            }
            Flow::Suspend { duration } => {
                self.enter_suspend(node, owner, site, template, compiled, duration.as_ref(), key, inputs)
            }
            Flow::Frame(frame) => {
                let kind = if frame.is_dag { NodeKind::Dag } else { NodeKind::Steps };
                let target = match self.target(frame, compiled, &inputs, owner, &site) {
                    Ok(target) => target,
                    Err(reason) => {
                        self.unstarted(owner, site, Phase::Error, &reason);
                        return Entering::Refused(reason);
                    }
                };
                self.record(Event::Entered {
                    node,
                    owner,
                    site,
                    kind,
                    phase: Phase::Running,
                    template: key,
                    gate: None,
                    target,
                    message: None,
                    inputs,
                    outputs: None,
                });
                self.entered += 1;
                Entering::Entered
            }
            Flow::Missing => {
                let reason = format!("Template '{}' missing specification", compiled.name);
                self.unstarted(owner, site, Phase::Error, &reason);
                Entering::Refused(reason)
            }
        }
    }

    /// Why no pod can be made of a template: an expression tag that nothing could replace is read once more where
    /// the pod carries the template as JSON within JSON, and quotes in it cannot be read there.
    fn unfit(
        &self,
        owner: NodeIx,
        site: &Site,
        template: TemplateIx,
        inputs: Option<&Arc<Inputs>>,
    ) -> Option<String> {
        let compiled = self.run.plan.template(template);
        let inputs = match (inputs, site) {
            (None, Site::Attempt(_)) => self.run.node(owner).inputs.as_ref(),
            (inputs, _) => inputs,
        };
        let inherited =
            inputs.is_some_and(|inputs| inputs.parameters.iter().any(|value| value.contains("{{=")));
        if !compiled.has_expressions && !inherited {
            return None;
        }
        let empty = Inputs::default();
        let extra = match site {
            Site::Attempt(number) => self.run.retry_names_at(owner, *number),
            _ => Vec::new(),
        };
        let view = View {
            template: Some((compiled, inputs.map_or(&empty, |inputs| inputs))),
            own: Some(Own::At(owner, site, template)),
            extra: &extra,
            ..View::global(self.run, self.now)
        };
        let world = self.world(0);
        // What else is wrong with it is said when the step is started.
        let rendered = compiled.body.render(&view, Mode::Lenient, &world).ok()?;
        let mut reason = None;
        left_over(&rendered, &mut |tag| {
            if reason.is_none() {
                reason =
                    expr::render(&tag, &view, Mode::Lenient, &world).err().map(|error| error.to_string());
            }
        });
        reason
    }

    /// Why the name that a template gives its nodes cannot be one (EX-026). Argo notices it at its second look at the
    /// node; here nothing has begun that would go on behind an Error.
    fn misnamed(&self, template: &TemplatePlan, entry: &Entry, inputs: Option<&Inputs>) -> Option<String> {
        let name = template.annotation(display::ANNOTATION)?;
        let empty = Inputs::default();
        let view = View {
            template: Some((template, inputs.unwrap_or(&empty))),
            own: Some(Own::At(entry.owner, &entry.site, entry.template)),
            ..View::global(self.run, self.now)
        };
        match expr::render(name, &view, Mode::Lenient, &self.world(0)) {
            Ok(shown) => display::unfit(&shown),
            Err(error) => Some(error.to_string()),
        }
    }

    /// A node that cannot begin: it is there in Error, and whoever asked is told.
    fn refuse_node(
        &mut self,
        owner: NodeIx,
        site: Site,
        kind: NodeKind,
        key: Option<TemplateKey>,
        inputs: Option<Arc<Inputs>>,
        reason: String,
    ) -> Entering {
        let shown = self.task_error(owner, &site, &reason);
        self.entered_over(owner, site, kind, key, inputs, (Phase::Error, shown));
        Entering::Refused(reason)
    }

    /// A node that is over as it is entered, with its phase and message.
    fn entered_over(
        &mut self,
        owner: NodeIx,
        site: Site,
        kind: NodeKind,
        key: Option<TemplateKey>,
        inputs: Option<Arc<Inputs>>,
        (phase, text): (Phase, String),
    ) {
        let node = self.next_node();
        self.record(Event::Entered {
            node,
            owner,
            site,
            kind,
            phase,
            template: key,
            gate: None,
            target: None,
            message: message(text),
            inputs,
            outputs: None,
        });
        self.entered += 1;
    }

    /// The members of a container set, once their pod is to be started (EX-440).
    pub(crate) fn enter_containers(&mut self, pod: NodeIx, template: &TemplatePlan) {
        let names: Vec<Arc<str>> = template.doc.container_names().map(Into::into).collect();
        for name in names {
            let node = self.next_node();
            self.node_entered(
                node,
                pod,
                Site::Container(name),
                NodeKind::Container,
                Phase::Pending,
                None,
                None,
            );
        }
    }

    /// A dag's templated target, rendered and checked.
    pub(crate) fn target(
        &self,
        frame: &FramePlan,
        template: &TemplatePlan,
        inputs: &Option<Arc<Inputs>>,
        owner: NodeIx,
        site: &Site,
    ) -> Result<Option<Arc<str>>, String> {
        let Some(target) = &frame.target else { return Ok(None) };
        let empty = Inputs::default();
        let given = match (inputs, site) {
            (None, Site::Attempt(_)) => self.run.node(owner).inputs.as_deref(),
            (inputs, _) => inputs.as_deref(),
        };
        let view =
            View { template: Some((template, given.unwrap_or(&empty))), ..View::global(self.run, self.now) };
        let text =
            render_text(target, &view, Mode::Lenient, &self.world(0)).map_err(|error| error.to_string())?;
        DagOrder::new(&frame.tasks, &frame.by_name, &text)?;
        Ok(Some(text.into()))
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one event")]
    pub(crate) fn node_entered(
        &mut self,
        node: NodeIx,
        owner: NodeIx,
        site: Site,
        kind: NodeKind,
        phase: Phase,
        template: Option<TemplateKey>,
        inputs: Option<Arc<Inputs>>,
    ) {
        self.record(Event::Entered {
            node,
            owner,
            site,
            kind,
            phase,
            template,
            gate: None,
            target: None,
            message: None,
            inputs,
            outputs: None,
        });
        self.entered += 1;
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one event")]
    fn enter_suspend(
        &mut self,
        node: NodeIx,
        owner: NodeIx,
        site: Site,
        ix: TemplateIx,
        template: &TemplatePlan,
        duration: Option<&Text>,
        key: Option<TemplateKey>,
        inputs: Option<Arc<Inputs>>,
    ) -> Entering {
        let declared = &template.doc.outputs.parameters;
        let (due, outputs) = {
            let empty = Inputs::default();
            let given = match (&inputs, &site) {
                (None, Site::Attempt(_)) => self.run.node(owner).inputs.as_deref(),
                (inputs, _) => inputs.as_deref(),
            };
            let extra = match site {
                Site::Attempt(number) => self.run.retry_names_at(owner, number),
                _ => Vec::new(),
            };
            let view = View {
                template: Some((template, given.unwrap_or(&empty))),
                own: Some(Own::At(owner, &site, ix)),
                extra: &extra,
                ..View::global(self.run, self.now)
            };
            let world = self.world(node.0);
            let due = duration.map(|text| {
                let text =
                    render_text(text, &view, Mode::Lenient, &world).map_err(|error| error.to_string())?;
                expr::duration::lenient(&text).map(|nanos| self.now.plus_nanos(nanos))
            });
            // Outputs are there from the start, without values, so that a person can supply them (EX-281).
            let outputs: Vec<_> = declared.iter().map(|declared| view.parameter(declared, &world)).collect();
            (due, outputs)
        };
        let due = match due.transpose() {
            Ok(due) => due,
            Err(reason) => {
                return self.refuse_node(owner, site, NodeKind::Suspend, key, inputs, reason);
            }
        };
        let outputs = (!outputs.is_empty())
            .then(|| Arc::new(spec::Outputs { parameters: outputs, ..Default::default() }));
        self.record(Event::Entered {
            node,
            owner,
            site,
            kind: NodeKind::Suspend,
            phase: Phase::Running,
            template: key,
            gate: None,
            target: None,
            message: None,
            inputs,
            outputs,
        });
        self.entered += 1;
        if let Some(due) = due {
            self.record(Event::Scheduled { node, due });
        }
        Entering::Entered
    }

    /// Whether the run's end has begun for this entry: nothing new starts outside exit handlers (EX-326).
    fn entering_shut(&self, owner: NodeIx, site: &Site) -> bool {
        let is_exit = matches!(site, Site::Hook(name) if &**name == "exit");
        let on_exit = is_exit || (!self.run.nodes.is_empty() && self.run.is_on_exit(owner));
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

/// Calls `visit` with every tag below here whose expression cannot be read once more.
fn left_over(value: &Value, visit: &mut dyn FnMut(String)) {
    match value {
        Value::String(text) => unreadable_expressions(text, visit),
        Value::Array(items) => items.iter().for_each(|item| left_over(item, visit)),
        Value::Object(fields) => fields.values().for_each(|value| left_over(value, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Calls `visit` with the expression tags of a text that JSON within JSON would change, changed like that.
pub(crate) fn unreadable_expressions(text: &str, visit: &mut dyn FnMut(String)) {
    let mut rest = text;
    while let Some((_, tag)) = rest.split_once("{{=")
        && let Some((expression, after)) = tag.split_once("}}")
    {
        let escaped = expr::json_escaped(expression);
        if escaped.len() > expression.len() {
            visit(format!("{{{{={escaped}}}}}"));
        }
        rest = after;
    }
}

//! What a runner tells of an attempt, and what becomes of the node then.

use super::command::{Attempt, Command};
use super::event::Event;
use super::handle::{Turn, message};
use super::input::{Outcome, Report};
use super::node::{NodeIx, NodeKind, Phase, SAVING};
use tiphys_spec as spec;

/// How much later than it happened an ending is told before its own instant counts, in microseconds.
const LATE_US: i64 = 1_000_000;

/// Argo's words for a node whose pod is there no more (EX-406).
const LOST: &str = "pod deleted";

impl Turn<'_> {
    pub(crate) fn reported(&mut self, attempt: Attempt, report: Report) {
        let Some(node) = self.run.nodes.get(attempt.node.at()) else { return };
        // A late report, or one about an attempt that was taken back: the first ending counts (I5, I8).
        if !node.kind.is_started()
            || node.phase.is_ended()
            || node.gate.is_some()
            || node.generation != attempt.generation
        {
            return;
        }
        let ix = attempt.node;
        match report {
            Report::Observed { address } => {
                if node.phase == Phase::Pending || (address.is_some() && !node.daemoned) {
                    self.record(Event::Observed { node: ix, address: address.map(Into::into) });
                    let members: Vec<NodeIx> = self.run.containers(ix).into_values().collect();
                    for member in members {
                        self.record(Event::Observed { node: member, address: None });
                    }
                }
            }
            Report::Progress { done, of } => {
                if of > 0 && done <= of && node.progress != Some((done, of)) {
                    self.record(Event::Progressed { node: ix, done, of });
                }
            }
            Report::Saving if node.message.is_none() => {
                self.record(Event::Noted { node: ix, message: Some(SAVING.into()) });
            }
            Report::Saving => {}
            Report::Told(text) => {
                if node.message.as_deref().unwrap_or_default() != text {
                    self.record(Event::Noted { node: ix, message: message(text) });
                }
            }
            Report::Begun(names) => self.members_begun(ix, &names),
            Report::Ended(outcome) => {
                self.seen_running(ix, &outcome);
                self.pod_ended(ix, *outcome);
            }
            Report::Lost(cause) => {
                self.record(Event::Lost { node: ix, cause: cause.into() });
                self.pod_broke(ix, LOST.to_owned());
            }
            Report::Refused(reason) => self.pod_broke(ix, reason),
            Report::Unmade(reason) if self.run.is_to_be_stopped(ix) => {
                self.pod_broke(ix, reason);
            }
            Report::Unmade(reason) => self.pod_unmade(ix, &reason),
            Report::Withdrawn => {
                self.record(Event::Withdrawn { node: ix });
                let generation = self.run.node(ix).generation;
                self.out.commands.push(Command::Start(Attempt { node: ix, generation }));
            }
        }
    }

    /// What ended before anybody saw it run has run all the same: hooks are told of it (EX-632).
    fn seen_running(&mut self, ix: NodeIx, outcome: &Outcome) {
        let node = self.run.node(ix);
        let is_unseen = node.kind == NodeKind::Pod && node.phase == Phase::Pending;
        if is_unseen && outcome.has_run() && self.run.has_hooks(ix) {
            self.record(Event::Observed { node: ix, address: None });
            self.hooks(ix);
        }
    }

    fn pod_ended(&mut self, ix: NodeIx, outcome: Outcome) {
        let has_run = outcome.has_run();
        let mut outcome = self.shutdown_outcome(ix, outcome);
        if self.run.is_daemon(ix) && outcome.phase == Phase::Succeeded {
            // A daemon has no business ending by itself, however well (EX-372).
            outcome.phase = Phase::Failed;
        }
        if let Some(finished) = outcome.finished.filter(|finished| self.now.since_us(*finished) > LATE_US) {
            self.record(Event::Clocked { node: ix, finished });
        }
        if outcome.phase.is_bad() {
            self.ascribe(ix, outcome.cause.take());
        }
        self.containers_ended(ix, &outcome);
        let outputs = self.pod_outputs(ix, &outcome, has_run);
        let mut exported = (Vec::new(), Vec::new());
        if let Some(outputs) = &outputs {
            exported = super::finish::exports(outputs);
        }
        self.record(Event::Ended {
            node: ix,
            phase: outcome.phase,
            message: outcome.message.and_then(message),
            outputs: outputs.map(super::given::shared),
        });
        self.export(exported);
    }

    /// Keeps what led to an end, where its message does not tell.
    fn ascribe(&mut self, ix: NodeIx, cause: Option<String>) {
        if let Some(cause) = cause {
            self.record(Event::Ascribed { node: ix, cause: cause.into() });
        }
    }

    /// Members of a container set say what they wait for until they begin: their phase is that of the pod (EX-441).
    fn members_begun(&mut self, pod: NodeIx, begun: &[String]) {
        let Some(template) = self.run.template(pod) else { return };
        let waits: Vec<(NodeIx, String)> = self
            .run
            .containers(pod)
            .into_iter()
            .map(|(name, ix)| match begun.iter().any(|one| one == name) {
                true => (ix, String::new()),
                false => (ix, waits_for(&template.doc, name)),
            })
            .collect();
        for (member, text) in waits {
            let node = self.run.node(member);
            if !node.phase.is_ended() && node.message.as_deref().unwrap_or_default() != text {
                self.record(Event::Noted { node: member, message: message(text) });
            }
        }
    }

    /// Members of a container set end with their pod (EX-441).
    fn containers_ended(&mut self, pod: NodeIx, outcome: &Outcome) {
        let stopped = self.run.is_to_be_stopped(pod) && outcome.phase == Phase::Failed;
        let members: Vec<(String, NodeIx)> =
            self.run.containers(pod).into_iter().map(|(name, ix)| (name.to_owned(), ix)).collect();
        for (name, ix) in members {
            let known = outcome.containers.iter().find(|container| container.name == name);
            let (phase, text) = match known {
                // What ran when the pod was stopped says what the pod says (EX-289, EX-291).
                known if stopped && known.is_none_or(|known| known.phase.is_bad()) => {
                    (Phase::Failed, outcome.message.clone().unwrap_or_default())
                }
                Some(known) => (known.phase, known.message.clone().unwrap_or_default()),
                None if !outcome.phase.is_bad() => (outcome.phase, String::new()),
                None if outcome.phase == Phase::Failed => {
                    (Phase::Failed, "Pod Failed whilst container running".to_owned())
                }
                None => (Phase::Error, "container deleted".to_owned()),
            };
            self.ascribe(ix, known.filter(|_| !stopped).and_then(|known| known.cause.clone()));
            self.record(Event::Ended { node: ix, phase, message: message(text), outputs: None });
        }
    }

    /// A pod that never came to an ending of its own.
    fn pod_broke(&mut self, ix: NodeIx, reason: String) {
        let outcome = Outcome { phase: Phase::Error, message: Some(reason), ..Outcome::default() };
        self.pod_ended(ix, outcome);
    }

    /// A pod that cannot be made of its template (EX-115, EX-384, EX-385, EX-387).
    fn pod_unmade(&mut self, ix: NodeIx, reason: &str) {
        let never = Outcome { phase: Phase::Error, ..Outcome::default() };
        self.containers_ended(ix, &never);
        self.errored(ix, reason);
    }

    /// The outputs of a pod in Argo's shape: declarations with values, then what was archived.
    ///
    /// Its helper tells all that is declared once the containers have run, however they ended, and the values of what
    /// it could read (PA-063).
    fn pod_outputs(&self, ix: NodeIx, outcome: &Outcome, has_run: bool) -> Option<spec::Outputs> {
        use spec::TemplateKind::{Container, ContainerSet, Data, Resource, Script};
        let template = self.run.template(ix);
        let declared = template.map(|template| &template.doc.outputs);
        let is_told_whole = template.is_some_and(|template| match template.kind {
            Some(Container | Script | ContainerSet) => has_run,
            Some(Data | Resource) => outcome.phase == Phase::Succeeded,
            _ => false,
        });
        let mut outputs = spec::Outputs {
            result: outcome.result.clone(),
            exit_code: outcome.exit_code.map(|code| code.to_string()),
            artifacts: outcome.artifacts.clone(),
            ..Default::default()
        };
        for parameter in declared.into_iter().flat_map(|outputs| &outputs.parameters) {
            let value = outcome.parameters.iter().find(|(name, _)| *name == parameter.name);
            if value.is_none() && !is_told_whole {
                continue;
            }
            let mut shown = self.run.declared(ix, parameter);
            if let Some((_, value)) = value {
                shown.value = Some(value.clone());
            }
            outputs.parameters.push(shown);
        }
        if self.run.node(ix).kind == NodeKind::Plugin {
            // What a plugin gives need not be declared (EX-477).
            for (name, value) in &outcome.parameters {
                if outputs.parameter(name).is_none() {
                    outputs.parameters.push(spec::Parameter {
                        name: name.clone(),
                        value: Some(value.clone()),
                        ..Default::default()
                    });
                }
            }
        }
        (!outputs.is_empty()).then_some(outputs)
    }
}

/// What a container of a set waits for before it begins.
fn waits_for(template: &spec::Template, container: &str) -> String {
    let all = template.container_set.as_ref().and_then(|set| set.get("containers")?.as_array());
    let own = all.into_iter().flatten().find(|one| one["name"] == container);
    let on = own.and_then(|own| own["dependencies"].as_array()).into_iter().flatten();
    let names: Vec<String> = on.filter_map(|name| Some(format!("`{}`", name.as_str()?))).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!("begins when {one} has ended well"),
        all => format!("begins when {} have ended well", all.join(", ")),
    }
}

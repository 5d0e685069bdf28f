//! Steering a run: suspend, resume, stop, terminate, deadlines, and answers to suspended nodes.

use super::command::{Attempt, Command};
use super::event::{Control, Event};
use super::handle::{Turn, message};
use super::input::{Outcome, Request};
use super::node::{NodeIx, NodeKind, Phase};
use super::refuse::Unanswered;
use super::run::{Run, Stage};
use crate::selector::FieldSelector;
use crate::status;
use std::collections::BTreeMap;
use std::sync::Arc;
use tiphys_spec as spec;

/// What the deadline makes of nodes (EX-291).
pub(crate) const DEADLINE: &str = "Step exceeded its deadline";

impl Turn<'_> {
    pub(crate) fn asked(&mut self, request: Request) {
        match request {
            Request::Suspend => {
                if !self.run.steering.suspended {
                    self.record(Event::Controlled { control: Control::Suspend });
                }
            }
            Request::Resume { selector, by } => self.resume(&selector, by.as_deref()),
            Request::Stop { selector, message: text } if !selector.is_empty() => {
                for ix in self.run.suspended_nodes(&selector) {
                    let message = self.said(ix, text.clone());
                    self.record(Event::Ended { node: ix, phase: Phase::Failed, message, outputs: None });
                }
            }
            Request::Stop { .. } => self.shut_down(Control::Stop),
            Request::Terminate => self.shut_down(Control::Terminate),
            Request::SetNode { selector, parameters, phase, message: text } => {
                for ix in self.run.suspended_nodes(&selector) {
                    self.set_node(ix, &parameters, phase, text.clone());
                }
            }
            Request::Retry(retry) => self.retry_by_hand(&retry),
            Request::Label { labels } => {
                if labels.iter().any(|(key, value)| self.run.globals.labels.get(key) != Some(value)) {
                    self.record(Event::Labelled { labels });
                }
            }
            Request::Note(_) => {}
        }
    }

    fn resume(&mut self, selector: &str, by: Option<&str>) {
        if selector.is_empty() && self.run.steering.suspended {
            self.record(Event::Controlled { control: Control::Resume });
        }
        for ix in self.run.suspended_nodes(selector) {
            match self.run.supplied(ix) {
                Ok(outputs) => {
                    let said = self.run.node(ix).message.as_deref();
                    let text = by.map(|by| match said {
                        Some(said) => format!("{said}; Resumed by: {by}"),
                        None => format!("Resumed by: {by}"),
                    });
                    self.record(Event::Ended {
                        node: ix,
                        phase: Phase::Succeeded,
                        message: text.and_then(message),
                        outputs,
                    });
                }
                // The request itself is refused by whoever checks it first; a race leaves the node as it is.
                Err(reason) => self.record(Event::Noted { node: ix, message: message(reason.to_string()) }),
            }
        }
    }

    /// A suspension's time is over (EX-280, EX-281).
    pub(crate) fn resume_by_time(&mut self, ix: NodeIx) {
        match self.run.supplied(ix) {
            Ok(outputs) => {
                self.record(Event::Ended { node: ix, phase: Phase::Succeeded, message: None, outputs })
            }
            Err(reason) => self.errored(ix, &reason.to_string()),
        }
    }

    fn set_node(
        &mut self,
        ix: NodeIx,
        parameters: &BTreeMap<String, String>,
        phase: Option<Phase>,
        text: Option<String>,
    ) {
        let mut outputs = self.run.node(ix).outputs.as_deref().cloned().unwrap_or_default();
        for parameter in &mut outputs.parameters {
            if let Some(value) = parameters.get(&parameter.name) {
                parameter.value = Some(value.clone());
                // Given once and for all: it cannot be supplied again.
                parameter.value_from = None;
            }
        }
        let mut supplied = outputs.clone();
        supplied.parameters.retain(|parameter| parameters.contains_key(&parameter.name));
        let outputs = (!outputs.is_empty()).then(|| Arc::new(outputs));
        match phase {
            Some(phase) if phase.is_ended() => {
                let message = self.said(ix, text);
                self.record(Event::Ended { node: ix, phase, message, outputs });
            }
            _ => {
                self.record(Event::Supplied { node: ix, outputs });
                if let Some(text) = text {
                    self.record(Event::Noted { node: ix, message: message(text) });
                }
            }
        }
        // What a person supplies is known to the whole workflow at once (PA-080, EX-286).
        self.export((super::finish::exports(&supplied).0, Vec::new()));
    }

    /// What is said of a node: what it says already stays unless there is something else to say (EX-286).
    fn said(&self, ix: NodeIx, text: Option<String>) -> Option<Arc<str>> {
        text.and_then(message).or_else(|| self.run.node(ix).message.clone())
    }

    fn shut_down(&mut self, control: Control) {
        if self.run.steering.shutdown == Some(control) {
            return;
        }
        self.record(Event::Controlled { control });
        if self.run.steering.suspended {
            self.record(Event::Controlled { control: Control::Resume });
        }
        let waits = self.run.nodes.is_empty() || self.run.relocking.contains(&None);
        if waits && self.run.stage != Stage::New {
            let strategy = self.run.steering.strategy().unwrap_or_default();
            return self.finish(Phase::Failed, message(format!("Stopped with strategy '{strategy}'")));
        }
        self.end_what_runs();
    }

    pub(crate) fn deadline_passed(&mut self) {
        self.record(Event::Controlled { control: Control::Deadline });
        self.end_what_runs();
    }

    /// Stops pods and ends what waits, outside exit handlers unless everything ends (EX-319 to EX-327).
    fn end_what_runs(&mut self) {
        for ix in self.run.indices() {
            if self.run.node(ix).phase.is_ended() || !self.run.is_to_be_stopped(ix) {
                continue;
            }
            match self.run.node(ix).kind {
                _ if self.run.node(ix).gate.is_some() => {
                    let text = self.stop_message(true);
                    self.record(Event::Ended {
                        node: ix,
                        phase: Phase::Failed,
                        message: message(text),
                        outputs: None,
                    });
                }
                _ if self.run.relocking.contains(&Some(ix)) => {
                    let text = self.stop_message(true);
                    self.end_relocking(ix, Phase::Failed, &text);
                }
                NodeKind::Pod => {
                    let generation = self.run.node(ix).generation;
                    self.out.commands.push(Command::Stop(Attempt { node: ix, generation }));
                }
                // At the deadline a call that was begun goes on (EX-291, EX-325).
                NodeKind::Http | NodeKind::Plugin
                    if self.run.steering.shutdown.is_none() && self.run.node(ix).phase == Phase::Running => {}
                NodeKind::Http | NodeKind::Plugin => {
                    let generation = self.run.node(ix).generation;
                    let text = self.stop_message(true);
                    self.record(Event::Ended {
                        node: ix,
                        phase: Phase::Failed,
                        message: message(text),
                        outputs: None,
                    });
                    self.out.commands.push(Command::Dismiss(Attempt { node: ix, generation }));
                }
                NodeKind::Suspend => {
                    let text = self.stop_message(true);
                    self.record(Event::Ended {
                        node: ix,
                        phase: Phase::Failed,
                        message: message(text),
                        outputs: None,
                    });
                }
                NodeKind::Retry => self.run.review.push_back(ix),
                NodeKind::Dag | NodeKind::Steps => self.run.review.push_back(ix),
                _ => {}
            }
        }
        for at in 0..self.run.frames.len() as u32 {
            self.run.enqueue(at);
        }
    }

    fn stop_message(&self, waited: bool) -> String {
        match self.run.steering.strategy() {
            Some(strategy) if waited => format!("Stopped with strategy '{strategy}'"),
            // Two blanks: people match on Argo's own words (EX-289).
            Some(strategy) => format!("workflow shutdown with strategy:  {strategy}"),
            None => DEADLINE.to_owned(),
        }
    }

    /// What is said of a node that was to begin after the run was shut down, or past its deadline (EX-289, EX-388, EX-392).
    pub(crate) fn never_begun(&self, kind: NodeKind) -> String {
        match self.run.steering.strategy() {
            Some(strategy) if kind == NodeKind::Pod => {
                format!("workflow shutdown with strategy: {strategy}")
            }
            _ => self.stop_message(true),
        }
    }

    /// A pod that was to be stopped fails with the reason for that, however it took it (EX-287, EX-291). A call that
    /// was answered all the same was not stopped.
    pub(crate) fn shutdown_outcome(&self, ix: NodeIx, mut outcome: Outcome) -> Outcome {
        let is_answered = self.run.node(ix).kind.is_called() && outcome.phase == Phase::Succeeded;
        if self.run.is_to_be_stopped(ix) && !is_answered {
            outcome.phase = Phase::Failed;
            outcome.message = Some(self.stop_message(false));
            outcome.cause = None;
            // Argo gives the node up at that moment, before there is an exit code.
            outcome.exit_code = None;
        }
        outcome
    }
}

impl Run {
    /// Whether the run's end means this node's end (EX-319 to EX-325).
    pub fn is_to_be_stopped(&self, ix: NodeIx) -> bool {
        self.is_shut(self.is_on_exit(ix))
    }

    /// Whether somebody stopped or terminated the run, and this node with it.
    pub(crate) fn is_shut_down(&self, ix: NodeIx) -> bool {
        self.steering.shutdown.is_some() && self.is_to_be_stopped(ix)
    }

    /// Suspend nodes that wait and that a node field selector matches (EX-284, EX-285). One that cannot be read matches
    /// none.
    pub fn suspended_nodes(&self, selector: &str) -> Vec<NodeIx> {
        let Ok(selector) = FieldSelector::parse(selector) else { return Vec::new() };
        self.indices()
            .filter(|ix| {
                let node = self.node(*ix);
                node.kind == NodeKind::Suspend && node.phase == Phase::Running && self.matches(*ix, &selector)
            })
            .collect()
    }

    /// Whether a node field selector means a node (API-167).
    pub fn matches(&self, ix: NodeIx, selector: &FieldSelector) -> bool {
        selector.matches(|field| self.field(ix, field))
    }

    fn field(&self, ix: NodeIx, field: &str) -> Option<String> {
        let node = self.node(ix);
        match field {
            "displayName" => Some(self.display_name(ix)),
            "templateName" => status::referred(self, ix, self.changed).0,
            "phase" => Some(node.phase.name().to_owned()),
            "name" => Some(self.name(ix)),
            "id" => Some(self.id(ix)),
            "templateRef.name" => status::referred(self, ix, self.changed).1.map(|reference| reference.name),
            "templateRef.template" => {
                status::referred(self, ix, self.changed).1.map(|reference| reference.template)
            }
            _ => {
                let name = field.strip_prefix("inputs.parameters.")?.strip_suffix(".value")?;
                let at = self.template(ix)?.parameters.iter().position(|known| *known.name == *name)?;
                node.inputs.as_ref()?.parameters.get(at).map(|value| value.to_string())
            }
        }
    }

    /// Declared input parameters with their final values (PA-031). The value of a suspended node's may be an object
    /// that offers choices, of which the first counts if nobody chooses (EX-282).
    pub fn shown_parameters(&self, ix: NodeIx) -> Vec<spec::Parameter> {
        let node = self.node(ix);
        let (Some(values), Some(template)) = (node.inputs.as_deref(), self.template(ix)) else {
            return Vec::new();
        };
        let declared = template.doc.inputs.parameters.iter().zip(&template.parameters);
        let mut shown: Vec<spec::Parameter> = declared
            .map(|(parameter, plan)| {
                let known = plan.tagged.as_ref().and_then(|tree| self.declared_tree(ix, tree));
                known.unwrap_or_else(|| parameter.clone())
            })
            .collect();
        for (parameter, value) in shown.iter_mut().zip(&values.parameters) {
            parameter.value = Some(value.to_string());
            if node.kind != NodeKind::Suspend {
                continue;
            }
            let offered = serde_json::from_str::<spec::Parameter>(value).ok();
            if let Some(choices) =
                offered.map(|offered| offered.choices).filter(|choices| !choices.is_empty())
            {
                parameter.default = parameter.default.take().or_else(|| choices.first().cloned());
                parameter.choices = choices;
            }
        }
        shown
    }

    /// The outputs of a suspended node when it ends well: what was supplied, or defaults (EX-281).
    pub fn supplied(&self, ix: NodeIx) -> Result<Option<Arc<spec::Outputs>>, Unanswered> {
        let node = self.node(ix);
        let Some(outputs) = &node.outputs else { return Ok(None) };
        let mut outputs = (**outputs).clone();
        let inputs = self.shown_parameters(ix);
        for parameter in &mut outputs.parameters {
            if parameter.value.is_none() {
                let own = parameter.value_from.as_ref().and_then(|from| from.default.clone());
                let input = || inputs.iter().find(|input| input.name == parameter.name)?.default.clone();
                let name = &parameter.name;
                let missing = || Unanswered { node: ix, parameter: name.clone() };
                parameter.value = Some(own.or_else(input).ok_or_else(missing)?);
            }
            parameter.value_from = None;
        }
        Ok(Some(Arc::new(outputs)))
    }
}

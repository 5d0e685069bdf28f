//! How a workflow begins: its global parameters, its labels, and what its document says from the start (EX-061).

use super::event::{Control, Event};
use super::handle::{Turn, message};
use super::node::Phase;
use super::run::{Globals, POD_NAME_FORMAT};
use crate::plan::Plan;
use expr::{MapScope, Mode, World, go_quote};
use std::collections::BTreeMap;
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec::label;

impl Turn<'_> {
    /// Sets globals and metadata, then lets the entrypoint in (EX-061).
    pub(crate) fn begin(&mut self) {
        let plan = self.run.plan.clone();
        let mut parameters = Vec::new();
        for parameter in &plan.parameters {
            match self.global_value(parameter) {
                Ok(value) => parameters.push((parameter.name.clone(), Arc::from(value))),
                Err(reason) => {
                    self.record(Event::Began {
                        parameters: Vec::new(),
                        labels: BTreeMap::new(),
                        annotations: BTreeMap::new(),
                    });
                    return self.finish(
                        Phase::Failed,
                        Some(format!("failed to set global parameters: {reason}").into()),
                    );
                }
            }
        }
        let (metadata, failure) = self.added_metadata(&parameters);
        self.record(Event::Began { parameters, labels: metadata.labels, annotations: metadata.annotations });
        if let Some(reason) = failure {
            return self.finish(Phase::Error, Some(reason.into()));
        }
        if let Err(reason) = &plan.repository {
            let reason = format!("failed to resolve artifact repository: {reason}");
            return self.finish(Phase::Error, message(reason));
        }
        self.measure_workflow(None);
        if let Some(strategy) = self.run.steering.strategy() {
            // It was asked to end while it waited to begin (EX-060).
            return self.finish(Phase::Failed, Some(format!("Stopped with strategy '{strategy}'").into()));
        }
        // A document may be stopped from the start: then only what a stop lets run does (OB-131, EX-287, EX-288).
        let stopped = match plan.workflow.spec.shutdown.as_str() {
            "Stop" => Some(Control::Stop),
            "Terminate" => Some(Control::Terminate),
            _ => None,
        };
        if let Some(control) = stopped {
            self.record(Event::Controlled { control });
        }
        if self.run.deadline.is_some_and(|deadline| deadline <= self.now) {
            self.deadline_passed();
        }
        if plan.workflow.spec.suspend == Some(true) {
            self.record(Event::Controlled { control: Control::Suspend });
        }
    }

    /// What the document adds to the workflow, its tags replaced by the globals (EX-061); and what is wrong with it.
    fn added_metadata(&self, parameters: &[(Arc<str>, Arc<str>)]) -> (Added, Option<String>) {
        let plan = &self.run.plan;
        let metadata = plan.workflow.spec.workflow_metadata.clone().unwrap_or_default();
        let mut globals = Globals { parameters: parameters.to_vec(), ..Globals::default() };
        let before = scope_of(plan, &globals);
        let mut failure = None;
        let mut known = |text: &str| {
            let rendered = expr::Text::parse_open(text).render(&before, Mode::Lenient, &self.world(0));
            rendered.map(|rendered| rendered.text).unwrap_or_else(|error| {
                failure.get_or_insert_with(|| error.to_string());
                text.to_owned()
            })
        };
        let mut all = |texts: BTreeMap<String, String>| -> BTreeMap<String, String> {
            texts.iter().map(|(key, value)| (known(key), known(value))).collect()
        };
        let (mut labels, mut annotations) = (all(metadata.labels), all(metadata.annotations));
        let computed_labels: Vec<(String, String)> =
            metadata.labels_from.iter().map(|(key, from)| (known(key), known(&from.expression))).collect();
        failure = failure.or_else(|| labels.iter().find_map(|(key, value)| unfit(key, value)));
        // `labelsFrom` sees the globals as they will be (EX-096).
        globals.labels = labels.clone();
        globals.annotations = annotations.clone();
        let scope = scope_of(plan, &globals);
        for (key, expression) in computed_labels {
            match computed(&key, &expression, &scope, &self.world(0)) {
                Ok(value) => drop(labels.insert(key, value)),
                Err(reason) => failure = failure.or(Some(reason)),
            }
        }
        // Names of pods are pinned with the first look (EX-027).
        if !plan.workflow.metadata.annotations.contains_key(POD_NAME_FORMAT) {
            annotations.entry(POD_NAME_FORMAT.to_owned()).or_insert_with(|| "v2".to_owned());
        }
        (Added { labels, annotations }, failure)
    }

    fn global_value(&self, parameter: &crate::plan::GlobalParameter) -> Result<String, String> {
        if let Some(value) = &parameter.value {
            return Ok(value.clone());
        }
        let Some(source) = &parameter.config_map else {
            let name = &parameter.name;
            return parameter.default.clone().ok_or_else(|| {
                format!("either value or valueFrom must be specified in order to set global parameter {name}")
            });
        };
        // For workflow arguments any failure falls back to the default (PA-045).
        self.config_value(source).or_else(|reason| {
            let name = &parameter.name;
            parameter.default.clone().ok_or_else(|| {
                format!(
                    "failed to set global parameter {name} from configmap with name {} and key {}: {}",
                    source.name.as_str(),
                    source.key.as_str(),
                    reason.text()
                )
            })
        })
    }
}

/// Labels and annotations that a workflow has from its document's spec.
struct Added {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

fn scope_of(plan: &Plan, globals: &Globals) -> MapScope {
    let mut scope = MapScope::new();
    for (name, value) in super::globals::names(plan, globals) {
        scope.insert(&*name, &*value);
    }
    scope
}

/// Why a label of the document is none.
fn unfit(key: &str, value: &str) -> Option<String> {
    let flaws = label::value_flaws(value);
    let (value, key) = (go_quote(value), go_quote(key));
    (!flaws.is_empty()).then(|| format!("invalid label value {value} for label {key}: {}", flaws.join(";")))
}

/// One computed label of the workflow.
fn computed(key: &str, expression: &str, scope: &MapScope, world: &World) -> Result<String, String> {
    let shown = go_quote(expression);
    expr::check_in(expression, scope)
        .map_err(|error| format!("failed to compile function for expression {shown}: {error}"))?;
    let quoted = go_quote(key);
    let value = expr::evaluate(expression, scope, world)
        .map_err(|error| format!("failed to evaluate label {quoted} expression {shown}: {error}"))?;
    let Some(value) = value.as_text() else {
        let kind = value.type_name();
        return Err(format!(
            "failed to evaluate label {quoted} expression {shown} evaluted to {kind} but must be a string"
        ));
    };
    let flaws = label::value_flaws(value);
    if flaws.is_empty() {
        return Ok(value.to_owned());
    }
    let (value, flaws) = (go_quote(value), flaws.join(";"));
    Err(format!("invalid label value {value} for label {quoted} and expression {shown}: {flaws}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EX-096: what cannot be compiled is told apart from what cannot be evaluated.
    #[test]
    fn labels_say_why_they_cannot_be_computed() {
        let mut scope = MapScope::new();
        scope.insert("workflow.parameters.p", "v");
        let complaint = |expression: &str| {
            computed("l", expression, &scope, &World { now: jiff::Timestamp::UNIX_EPOCH, seed: 0 })
                .unwrap_err()
        };
        let starts = |expression: &str, expected: &str| {
            let complaint = complaint(expression);
            assert!(complaint.starts_with(expected), "{complaint}");
        };
        starts("foo(", "failed to compile function for expression \"foo(\": unexpected token EOF (1:4)");
        starts(
            "nix[\"a\"]",
            "failed to compile function for expression \"nix[\\\"a\\\"]\": unknown name nix (1:1)",
        );
        starts(
            "workflow.nix.more",
            "failed to evaluate label \"l\" expression \"workflow.nix.more\": cannot fetch more from <nil>",
        );
    }
}

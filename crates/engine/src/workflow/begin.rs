//! How a workflow begins: its global parameters, its labels, and what its document says from the start (EX-061).

use super::event::{Control, Event};
use super::handle::{Turn, message};
use super::node::Phase;
use super::run::Globals;
use expr::{MapScope, World};
use std::collections::BTreeMap;
use std::sync::Arc;
use tiphys_expr as expr;

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
        let metadata = plan.workflow.spec.workflow_metadata.clone().unwrap_or_default();
        let (mut labels, annotations) = (metadata.labels, metadata.annotations);
        // `labelsFrom` sees the globals as they will be (EX-096).
        let globals =
            Globals { parameters: parameters.clone(), labels: labels.clone(), ..Globals::default() };
        let mut scope = MapScope::new();
        for (name, value) in super::globals::names(&plan, &globals) {
            scope.insert(&*name, &*value);
        }
        // Tags that nothing has replaced are no business of this check.
        let mut failure =
            labels.iter().filter(|(_, value)| !value.contains("{{")).find_map(|(key, value)| {
                let flaws = tiphys_spec::label::value_flaws(value);
                let told = || format!("invalid label value {value:?} for label {key:?}: {}", flaws.join(";"));
                (!flaws.is_empty()).then(told)
            });
        for (key, from) in &metadata.labels_from {
            match computed(key, &from.expression, &scope, &self.world(0)) {
                Ok(value) => drop(labels.insert(key.clone(), value)),
                Err(reason) => failure = failure.or(Some(reason)),
            }
        }
        self.record(Event::Began { parameters, labels, annotations });
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

/// One computed label of the workflow.
fn computed(key: &str, expression: &str, scope: &MapScope, world: &World) -> Result<String, String> {
    let value = expr::evaluate(expression, scope, world).map_err(|error| {
        format!("failed to evaluate label \"{key}\" expression \"{expression}\": {error}")
    })?;
    let Some(value) = value.as_text() else {
        return Err(format!(
            "failed to evaluate label \"{key}\" expression \"{expression}\" evaluted to {} but must be a string",
            value.to_text()
        ));
    };
    let flaws = tiphys_spec::label::value_flaws(value);
    if flaws.is_empty() {
        return Ok(value.to_owned());
    }
    let why = flaws.join(";");
    Err(format!("invalid label value {value:?} for label {key:?} and expression {expression:?}: {why}"))
}

//! What the whole workflow sees: the names `workflow.*` (TP-080 to TP-092).

use super::node::{NodeIx, Phase};
use super::run::{Globals, POD_NAME_FORMAT, Run, Stage};
use crate::plan::Plan;
use crate::time::Time;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tiphys_expr as expr;

impl Globals {
    /// Takes what a node gives to the whole workflow; the last one to give a name counts.
    pub(crate) fn export(&mut self, parameters: &[(Arc<str>, Option<Arc<str>>)], artifacts: &[Value]) {
        for (name, value) in parameters {
            match self.outputs.iter_mut().find(|(known, _)| known == name) {
                Some(_) if value.is_none() => {}
                Some(entry) => entry.1 = value.clone(),
                None => self.outputs.push((name.clone(), value.clone())),
            }
            if let Some(value) = value {
                self.names.insert(format!("workflow.outputs.parameters.{name}").into(), value.clone());
            }
        }
        for artifact in artifacts {
            if let Some(name) = artifact.get("name").and_then(|name| name.as_str()) {
                let next = self.artifacts.len();
                let known = self.artifacts.entry(name.to_owned()).or_insert((next, Value::Null));
                known.1 = artifact.clone();
            }
        }
    }
}

impl Run {
    /// `workflow.status` (TP-094): the phase, or what the entry node implies once it has ended.
    pub(crate) fn status_name(&self) -> &'static str {
        match self.stage {
            Stage::New => "",
            _ if self.is_main_over() => match self.node(NodeIx::ROOT).phase {
                Phase::Skipped | Phase::Omitted => Phase::Succeeded.name(),
                phase => phase.name(),
            },
            _ => Phase::Running.name(),
        }
    }

    /// The entry node has ended, or serves whoever comes after it (EX-002).
    pub(crate) fn is_main_over(&self) -> bool {
        self.nodes.first().is_some_and(|root| root.phase.is_ended() || root.daemoned)
    }

    /// `workflow.duration` (TP-095): seconds with six decimals.
    pub(crate) fn duration_text(&self, now: Time) -> String {
        let end = self.finished.unwrap_or(now);
        let us = self.started.map_or(0, |started| end.since_us(started)).max(0);
        format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
    }

    /// `workflow.failures` (TP-096): a JSON list as a quoted string.
    pub(crate) fn failures(&self) -> String {
        let bad = self.indices().filter(|ix| self.node(*ix).phase.is_bad());
        let list: Vec<Value> = bad
            .map(|ix| {
                let node = self.node(ix);
                serde_json::json!({
                    "displayName": self.display_name(ix),
                    "message": node.message.as_deref().unwrap_or_default(),
                    "templateName": self.template(ix).map(|template| template.name.to_string()).unwrap_or_default(),
                    "phase": node.phase.name(),
                    "podName": self.pod_name(ix),
                    "finishedAt": node.finished.map(|at| at.rfc3339()),
                })
            })
            .collect();
        if list.is_empty() {
            return Value::String("null".to_owned()).to_string();
        }
        Value::String(expr::escape_html_json(&Value::Array(list).to_string())).to_string()
    }
}

/// All names that do not change while the workflow runs.
pub(crate) fn names(plan: &Plan, globals: &Globals) -> BTreeMap<Arc<str>, Arc<str>> {
    let mut names = BTreeMap::new();
    let mut put = |name: &str, value: &str| {
        names.insert(Arc::<str>::from(name), Arc::<str>::from(value));
    };
    let (metadata, spec) = (&plan.workflow.metadata, &plan.workflow.spec);
    put("workflow.name", &plan.name);
    put("workflow.namespace", &plan.namespace);
    put("workflow.uid", &plan.uid);
    put("workflow.mainEntrypoint", &spec.entrypoint);
    put("workflow.serviceAccountName", &spec.service_account_name);
    if let Some(created) = metadata.creation_timestamp.as_deref().and_then(Time::parse) {
        creation_names(created, &mut put);
    }
    if let Some(scheduled) = metadata.annotations.get("workflows.argoproj.io/scheduled-time") {
        put("workflow.scheduledTime", scheduled);
    }
    if let Some(priority) = spec.priority {
        put("workflow.priority", &priority.to_string());
    }
    for (name, value) in &globals.parameters {
        put(&format!("workflow.parameters.{name}"), value);
    }
    let parameters = parameters_json(plan, globals);
    put("workflow.parameters", &parameters);
    put("workflow.parameters.json", &parameters);
    for (field, own, added) in [
        ("labels", &metadata.labels, &globals.labels),
        ("annotations", &metadata.annotations, &globals.annotations),
    ] {
        // What the engine itself adds is not known by name.
        let added = added.iter().filter(|(key, _)| field == "labels" || *key != POD_NAME_FORMAT);
        for (key, value) in own.iter().chain(added) {
            put(&format!("workflow.{field}.{key}"), value);
        }
        // As text they are what the workflow was created with, while it is looked at for the first time.
        let json = if own.is_empty() { "null".to_owned() } else { map_json(own) };
        put(&format!("workflow.{field}.json"), &json);
        put(&format!("workflow.{field}"), &json);
    }
    names
}

fn map_json<K: serde::Serialize + Ord, V: serde::Serialize>(map: &BTreeMap<K, V>) -> String {
    expr::escape_html_json(&json!(map).to_string())
}

/// Names of labels and annotations as they are once the workflow has been begun: Argo itself adds some then, and what
/// the document adds stands in their texts (EX-072, TP-065).
pub(crate) fn later(plan: &Plan, globals: &Globals) -> BTreeMap<Arc<str>, Arc<str>> {
    const OWN: [(&str, &str); 2] =
        [("workflows.argoproj.io/completed", "false"), ("workflows.argoproj.io/phase", "Running")];
    let metadata = &plan.workflow.metadata;
    let mut names: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    let fields = [
        ("labels", &metadata.labels, &globals.labels, &OWN[..]),
        ("annotations", &metadata.annotations, &globals.annotations, &[]),
    ];
    for (field, given, added, own) in fields {
        let mut all: BTreeMap<&str, &str> =
            given.iter().chain(added).map(|(key, value)| (key.as_str(), value.as_str())).collect();
        all.extend(own.iter().copied());
        for (key, value) in &all {
            names.insert(format!("workflow.{field}.{key}").into(), (*value).into());
        }
        let json: Arc<str> = map_json(&all).into();
        names.insert(format!("workflow.{field}").into(), json.clone());
        names.insert(format!("workflow.{field}.json").into(), json);
    }
    names
}

/// The parameters as the list of objects that the document holds, with their final values (TP-089).
fn parameters_json(plan: &Plan, globals: &Globals) -> String {
    let list: Vec<Value> = plan
        .workflow
        .spec
        .arguments
        .parameters
        .iter()
        .map(|parameter| {
            let mut value = serde_json::to_value(parameter).unwrap_or(Value::Null);
            if let Some((_, resolved)) = globals.parameters.iter().find(|(name, _)| **name == *parameter.name)
            {
                value["value"] = Value::String(resolved.to_string());
            }
            value
        })
        .collect();
    expr::escape_html_json(&Value::Array(list).to_string())
}

/// `workflow.creationTimestamp` and its single-letter formats (TP-083 to TP-085).
fn creation_names(created: Time, put: &mut dyn FnMut(&str, &str)) {
    let at = created.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
    let text = created.rfc3339();
    put("workflow.creationTimestamp", &text);
    put("workflow.creationTimestamp.RFC3339", &text);
    put("workflow.creationTimestamp.s", &created.0.div_euclid(1_000_000).to_string());
    for letter in ["B", "b", "m", "A", "a", "d", "H", "I", "M", "S", "Y", "y", "p", "Z", "z"] {
        let formatted = at.strftime(&format!("%{letter}")).to_string();
        put(&format!("workflow.creationTimestamp.{letter}"), &formatted);
    }
    put("workflow.creationTimestamp.L", &format!(".{:03}", created.0.rem_euclid(1_000_000) / 1_000));
}

/// When the workflow's own deadline is, given when it started (EX-291).
pub(crate) fn deadline(plan: &Plan, started: Time) -> Option<Time> {
    let seconds = u64::try_from(plan.workflow.spec.active_deadline_seconds?).unwrap_or(0);
    Some(started.plus(Duration::from_secs(seconds)))
}

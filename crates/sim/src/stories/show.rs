//! Nodes as stories show them.

use crate::stage::{DAWN, Stage};
use engine::workflow::{Attempt, NodeIx, Pod};
use engine::{Time, status};
use spec::{NodeStatus, Outputs, Parameter, WorkflowStatus};
use std::collections::BTreeMap;
use tiphys_engine as engine;
use tiphys_spec as spec;

/// One expected node: `NAME  TYPE  PHASE  [MESSAGE] | FACET: VALUE | …`; columns are two blanks apart.
pub struct NodeLine {
    /// Its name; `workflow` for the workflow itself.
    pub name: String,
    kind: String,
    phase: String,
    message: String,
    facets: Vec<(String, String)>,
}

impl NodeLine {
    /// Reads a line.
    pub fn read(line: &str) -> Result<NodeLine, String> {
        let mut parts = line.split(" | ");
        let head = parts.next().unwrap_or_default();
        let mut columns = head.split("  ").map(str::trim).filter(|column| !column.is_empty());
        let mut column =
            |what: &str| columns.next().map(str::to_owned).ok_or_else(|| format!("`{line}` has no {what}"));
        let name = column("name")?;
        let kind = if name == "workflow" { String::new() } else { column("type")? };
        let phase = column("phase")?;
        let message = columns.collect::<Vec<&str>>().join("  ");
        let facets = parts
            .map(|part| {
                let (facet, value) = part.split_once(':').ok_or_else(|| format!("`{part}` has no value"))?;
                Ok((facet.trim().to_owned(), value.trim().to_owned()))
            })
            .collect::<Result<_, String>>()?;
        Ok(NodeLine { name, kind, phase, message, facets })
    }

    /// Compares a node; what differs is told.
    pub fn check(&self, shown: &Shown) -> Result<(), String> {
        let id_to_name = &shown.names;
        let (kind, phase, message) = match shown.find(&self.name) {
            None if self.name == "workflow" => {
                (String::new(), shown.status.phase.clone(), shown.status.message.clone())
            }
            None => return Err(format!("there is no node {}", self.name)),
            Some(node) => (node.kind.clone(), node.phase.clone(), node.message.clone()),
        };
        let message = with_names(&message, id_to_name);
        for (what, expected, found) in [
            ("type", &self.kind, &kind),
            ("phase", &self.phase, &phase),
            ("message", &self.message, &message),
        ] {
            if expected != found {
                return Err(format!("{}: the {what} is `{found}`, not `{expected}`", self.name));
            }
        }
        for (facet, expected) in &self.facets {
            let found = shown
                .facet(&self.name, facet)
                .ok_or_else(|| format!("{}: `{facet}` is not a facet", self.name))?;
            if *expected != found {
                return Err(format!("{}: {facet} is `{found}`, not `{expected}`", self.name));
            }
        }
        Ok(())
    }
}

/// A run's status, with names for its ids.
pub struct Shown {
    /// The status.
    pub status: WorkflowStatus,
    /// Names in order of entry.
    pub order: Vec<String>,
    names: BTreeMap<String, String>,
    /// What would run for each node.
    pods: BTreeMap<String, Pod>,
}

impl Shown {
    /// Of a run as it is now.
    pub fn of(stage: &Stage) -> Shown {
        let status = status::status(&stage.run, stage.now);
        let order: Vec<String> = stage.run.indices().map(|ix| stage.run.name(ix)).collect();
        let names = status.nodes.iter().map(|(id, node)| (id.clone(), node.name.clone())).collect();
        let pods = stage.run.indices().filter_map(|ix| Some((stage.run.name(ix), pod(stage, ix)?)));
        let pods = pods.collect();
        Shown { status, order, names, pods }
    }

    /// A node by name.
    pub fn find(&self, name: &str) -> Option<&NodeStatus> {
        self.status.nodes.values().find(|node| node.name == name)
    }

    fn facet(&self, name: &str, facet: &str) -> Option<String> {
        let Some(node) = self.find(name) else { return self.of_workflow(facet) };
        let pod = || self.pods.get(name);
        Some(match facet {
            "children" => self.named(&node.children),
            "outbound" => self.named(&node.outbound_nodes),
            "boundary" => self.named(std::slice::from_ref(&node.boundary_id)),
            "display" => node.display_name.clone(),
            "id" => node.id.clone(),
            "host" => node.host_node_name.clone(),
            "template" => node.template_name.clone(),
            "pod" => pod()?.pod_name.clone(),
            "args" => args(pod()?),
            "told inputs" => serde_json::to_string(&pod()?.template.inputs).ok()?,
            "volumes" => serde_json::to_string(&pod()?.volumes).ok()?,
            "location" => pod()?.location_key.clone(),
            "patch" => pod()?.workflow_patch.clone(),
            "time" => format!("{}s", pod()?.time_left_us? / 1_000_000),
            "artifacts" => {
                let artifacts = pod()?.artifacts.iter();
                joined(artifacts.map(|artifact| format!("{} {}", artifact.name, artifact.location.key())))
            }
            "memo" => {
                let memo = node.memoization_status.clone().unwrap_or_default();
                format!("hit={} key={} cache={}", memo.hit, memo.key, memo.cache_name)
            }
            "waits for" => node.synchronization_status.clone().unwrap_or_default().waiting,
            "ref" => {
                let reference = node.template_ref.as_ref();
                joined(reference.map(|reference| format!("{}/{}", reference.name, reference.template)))
            }
            "scope" => node.template_scope.clone(),
            "progress" => node.progress.clone(),
            "usage" => usage(&node.resources_duration),
            "inputs" => {
                let inputs = node.inputs.iter().flat_map(|inputs| &inputs.parameters);
                joined(inputs.map(assigned))
            }
            "outputs" => outputs(node.outputs.as_ref()),
            "input artifacts" => {
                let inputs = node.inputs.iter().flat_map(|inputs| &inputs.artifacts);
                joined(inputs.map(|artifact| artifact.name.clone()))
            }
            "inputs in full" => serde_json::to_string(&node.inputs.as_ref()?.parameters).ok()?,
            "outputs in full" => serde_json::to_string(&node.outputs.as_ref()?.parameters).ok()?,
            "flags" => {
                let flag = node.node_flag.clone().unwrap_or_default();
                let set = [(flag.hooked, "hooked"), (flag.retried, "retried")].into_iter();
                set.filter_map(|(is_set, flag)| is_set.then_some(flag)).collect::<Vec<_>>().join(" ")
            }
            "daemoned" => node.daemoned.unwrap_or_default().to_string(),
            _ => return None,
        })
    }

    /// A facet of the workflow itself.
    fn of_workflow(&self, facet: &str) -> Option<String> {
        let status = &self.status;
        Some(match facet {
            "outputs" => outputs(status.outputs.as_ref()),
            "claims" => serde_json::to_string(&status.persistent_volume_claims).ok()?,
            "progress" => status.progress.clone(),
            "started" => since_dawn(status.started_at.as_deref()),
            "finished" => since_dawn(status.finished_at.as_deref()),
            "usage" => usage(&status.resources_duration),
            "repository" => match &status.artifact_repository_ref {
                None => "none".to_owned(),
                Some(known) if known["default"] == true => "the usual one".to_owned(),
                Some(known) => {
                    let text = |field: &str| known[field].as_str().unwrap_or_default();
                    format!("{}#{} of {}", text("configMap"), text("key"), text("namespace"))
                }
            },
            "gc" => match status.artifact_gc_status.clone().unwrap_or_default() {
                gc if gc.not_specified => "none".to_owned(),
                gc if gc.strategies_processed.is_empty() => "open".to_owned(),
                _ => "done".to_owned(),
            },
            "conditions" => joined(status.conditions.iter().map(|condition| {
                format!("{}={} {}", condition.kind, condition.status, condition.message).trim_end().to_owned()
            })),
            "stored" => joined(status.stored_templates.keys().cloned()),
            _ => return None,
        })
    }

    fn named(&self, ids: &[String]) -> String {
        joined(ids.iter().map(|id| self.names.get(id).map_or("?", String::as_str).to_owned()))
    }

    /// Everything, as the last part of a story.
    pub fn text(&self) -> String {
        let mut lines = vec![
            format!("workflow  {}  {}", self.status.phase, with_names(&self.status.message, &self.names))
                .trim_end()
                .to_owned(),
        ];
        let width = self.order.iter().map(String::len).max().unwrap_or_default();
        for name in &self.order {
            let Some(node) = self.find(name) else { continue };
            let message = with_names(&node.message, &self.names);
            let mut line = format!("{name:width$}  {:9}  {:9}  {message}", node.kind, node.phase);
            line.truncate(line.trim_end().len());
            for facet in ["children", "outbound", "inputs", "outputs"] {
                let value = self.facet(name, facet).unwrap_or_default();
                if !value.is_empty() {
                    line.push_str(&format!(" | {facet}: {value}"));
                }
            }
            lines.push(line);
        }
        lines.join("\n")
    }
}

/// What would run for a node now, if it has a pod.
fn pod(stage: &Stage, ix: NodeIx) -> Option<Pod> {
    let attempt = Attempt { node: ix, generation: stage.run.node(ix).generation };
    stage.run.pod(attempt, stage.now).ok()
}

/// The arguments of the pod's only container.
fn args(pod: &Pod) -> String {
    let container = pod.template.container.as_ref().or(pod.template.script.as_ref());
    let args = container.and_then(|container| container["args"].as_array()).cloned().unwrap_or_default();
    let args: Vec<&str> = args.iter().filter_map(serde_json::Value::as_str).collect();
    args.join("; ")
}

/// A time by the seconds since stories begin.
fn since_dawn(time: Option<&str>) -> String {
    let time = time.and_then(Time::parse);
    time.map_or_else(|| "never".to_owned(), |time| format!("{}s", time.since_us(DAWN) / 1_000_000))
}

/// `cpu 1, memory 10`.
fn usage(of: &BTreeMap<String, i64>) -> String {
    of.iter().map(|(what, seconds)| format!("{what} {seconds}")).collect::<Vec<_>>().join(", ")
}

fn outputs(outputs: Option<&Outputs>) -> String {
    let Some(outputs) = outputs else { return String::new() };
    let mut words: Vec<String> = outputs.parameters.iter().map(assigned).collect();
    if let Some(result) = &outputs.result {
        words.push(format!("result={result}"));
    }
    if let Some(code) = outputs.exit_code.as_deref().filter(|code| *code != "0") {
        words.push(format!("exitCode={code}"));
    }
    words.extend(outputs.artifacts.iter().map(|artifact| {
        let gone = if artifact.deleted { " (deleted)" } else { "" };
        format!("artifact {}{gone}", artifact.name)
    }));
    joined(words)
}

fn assigned(parameter: &Parameter) -> String {
    format!("{}={}", parameter.name, parameter.value.as_deref().unwrap_or("?"))
}

fn joined(words: impl IntoIterator<Item = String>) -> String {
    words.into_iter().collect::<Vec<_>>().join("; ")
}

/// Ids in messages are hashes; people read names, in braces.
fn with_names(message: &str, names: &BTreeMap<String, String>) -> String {
    let mut text = message.to_owned();
    // The root's id is a prefix of all others, so that it comes last; longer ids come first.
    let mut ids: Vec<&String> = names.keys().filter(|id| id.contains('-')).collect();
    ids.sort_by_key(|id| std::cmp::Reverse(id.len()));
    for id in ids {
        if text.contains(id.as_str()) {
            text = text.replace(id.as_str(), &format!("{{{}}}", names[id]));
        }
    }
    text
}

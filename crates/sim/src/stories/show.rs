//! Nodes as stories show them.

use crate::stage::{DAWN, Stage};
use engine::workflow::{Attempt, NodeIx, Pod};
use engine::{Time, status};
use spec::{NodeStatus, Outputs, WorkflowStatus};
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
        let Some(node) = self.find(name) else {
            return match facet {
                "outputs" => Some(outputs(self.status.outputs.as_ref())),
                "claims" => serde_json::to_string(&self.status.persistent_volume_claims).ok(),
                "progress" => Some(self.status.progress.clone()),
                "started" => Some(since_dawn(self.status.started_at.as_deref())),
                "finished" => Some(since_dawn(self.status.finished_at.as_deref())),
                "usage" => Some(usage(&self.status.resources_duration)),
                "repository" => {
                    let Some(known) = &self.status.artifact_repository_ref else {
                        return Some("none".to_owned());
                    };
                    if known["default"] == true {
                        return Some("the usual one".to_owned());
                    }
                    let text = |field: &str| known[field].as_str().unwrap_or_default().to_owned();
                    Some(format!("{}#{} of {}", text("configMap"), text("key"), text("namespace")))
                }
                "gc" => {
                    let status = self.status.artifact_gc_status.clone().unwrap_or_default();
                    let open = if status.strategies_processed.is_empty() { "open" } else { "done" };
                    Some(if status.not_specified { "none" } else { open }.to_owned())
                }
                "conditions" => Some(
                    self.status
                        .conditions
                        .iter()
                        .map(|condition| {
                            let told = Some(&condition.message).filter(|message| !message.is_empty());
                            let told = told.map_or_else(String::new, |message| format!(" {message}"));
                            format!("{}={}{told}", condition.kind, condition.status)
                        })
                        .collect::<Vec<_>>()
                        .join("; "),
                ),
                "stored" => Some(self.status.stored_templates.keys().cloned().collect::<Vec<_>>().join("; ")),
                _ => None,
            };
        };
        let named = |ids: &[String]| -> String {
            let names: Vec<&str> =
                ids.iter().map(|id| self.names.get(id).map_or("?", String::as_str)).collect();
            names.join("; ")
        };
        Some(match facet {
            "children" => named(&node.children),
            "outbound" => named(&node.outbound_nodes),
            "boundary" => named(std::slice::from_ref(&node.boundary_id)),
            "display" => node.display_name.clone(),
            "id" => node.id.clone(),
            "host" => node.host_node_name.clone(),
            "template" => node.template_name.clone(),
            "pod" => self.pods.get(name)?.pod_name.clone(),
            "args" => args(self.pods.get(name)?),
            "told inputs" => serde_json::to_string(&self.pods.get(name)?.template.inputs).ok()?,
            "volumes" => serde_json::to_string(&self.pods.get(name)?.volumes).ok()?,
            "location" => self.pods.get(name)?.location_key.clone(),
            "patch" => self.pods.get(name)?.workflow_patch.clone(),
            "time" => format!("{}s", self.pods.get(name)?.time_left_us? / 1_000_000),
            "artifacts" => self
                .pods
                .get(name)?
                .artifacts
                .iter()
                .map(|artifact| format!("{} {}", artifact.name, artifact.location.key()))
                .collect::<Vec<_>>()
                .join("; "),
            "memo" => {
                let memo = node.memoization_status.clone().unwrap_or_default();
                format!("hit={} key={} cache={}", memo.hit, memo.key, memo.cache_name)
            }
            "waits for" => node.synchronization_status.clone().unwrap_or_default().waiting,
            "ref" => node
                .template_ref
                .as_ref()
                .map(|reference| format!("{}/{}", reference.name, reference.template))
                .unwrap_or_default(),
            "scope" => node.template_scope.clone(),
            "progress" => node.progress.clone(),
            "usage" => usage(&node.resources_duration),
            "inputs" => node
                .inputs
                .iter()
                .flat_map(|inputs| &inputs.parameters)
                .map(|parameter| format!("{}={}", parameter.name, parameter.value.as_deref().unwrap_or("?")))
                .collect::<Vec<_>>()
                .join("; "),
            "outputs" => outputs(node.outputs.as_ref()),
            "input artifacts" => {
                let inputs = node.inputs.iter().flat_map(|inputs| &inputs.artifacts);
                inputs.map(|artifact| artifact.name.as_str()).collect::<Vec<_>>().join("; ")
            }
            "inputs in full" => serde_json::to_string(&node.inputs.as_ref()?.parameters).ok()?,
            "outputs in full" => serde_json::to_string(&node.outputs.as_ref()?.parameters).ok()?,
            "flags" => {
                let flag = node.node_flag.clone().unwrap_or_default();
                let mut flags = Vec::new();
                if flag.hooked {
                    flags.push("hooked");
                }
                if flag.retried {
                    flags.push("retried");
                }
                flags.join(" ")
            }
            "daemoned" => node.daemoned.unwrap_or_default().to_string(),
            _ => return None,
        })
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
    let mut words = Vec::new();
    for parameter in &outputs.parameters {
        words.push(format!("{}={}", parameter.name, parameter.value.as_deref().unwrap_or("?")));
    }
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
    words.join("; ")
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

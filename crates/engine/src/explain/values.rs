//! Where the values that a node was given come from.

use crate::plan::{Arguments, Plan, Source, TaskPlan};
use crate::workflow::{NodeIx, Run, Site};
use serde::{Deserialize, Serialize};
use tiphys_expr::Text;

/// How many hands a value is followed through.
const STEPS_MAX: usize = 32;

/// An input value, and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Value {
    /// The input.
    pub name: String,
    /// What it came to; for an artifact, where it lies.
    pub value: String,
    /// The argument as written by the caller; the default as written when no argument came.
    pub written: String,
    /// The way back to where it was made, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Origin>,
}

/// One hand that a value went through.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Origin {
    /// The reference as written: `steps.make.outputs.result`.
    pub reference: String,
    /// The node that it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What else is to be said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The inputs of a node with their origins.
pub(super) fn inputs(run: &Run, ix: NodeIx) -> Vec<Value> {
    let Some(template) = run.template(ix) else { return Vec::new() };
    let given = run.node(ix).inputs.clone().unwrap_or_default();
    let mut values = Vec::new();
    for (declared, value) in template.parameters.iter().zip(&given.parameters) {
        let mut from = Vec::new();
        let written = trace(run, ix, Input::Parameter(&declared.name), &mut from);
        values.push(Value { name: declared.name.to_string(), value: value.to_string(), written, from });
    }
    for (declared, value) in template.artifacts.iter().zip(&given.artifacts) {
        if value.is_null() {
            continue;
        }
        let mut from = Vec::new();
        let written = trace(run, ix, Input::Artifact(&declared.name), &mut from);
        let place = ["/s3/key", "/gcs/key", "/oss/key", "/azure/blob", "/http/url", "/git/repo"]
            .iter()
            .find_map(|pointer| value.pointer(pointer)?.as_str())
            .unwrap_or("");
        values.push(Value { name: declared.name.to_string(), value: place.to_owned(), written, from });
    }
    values
}

#[derive(Clone, Copy)]
enum Input<'a> {
    Parameter(&'a str),
    Artifact(&'a str),
}

/// Follows an input back. Returns the argument as written.
fn trace(run: &Run, ix: NodeIx, input: Input, out: &mut Vec<Origin>) -> String {
    if out.len() >= STEPS_MAX {
        return String::new();
    }
    let node = run.node(ix);
    let plan: &Plan = &run.plan;
    let (arguments, around): (Option<&Arguments>, Option<NodeIx>) = match &node.site {
        Site::Entry => (Some(&plan.arguments), None),
        Site::Attempt(_) | Site::Container(_) | Site::Group(_) => return trace(run, node.owner, input, out),
        Site::Task(_) | Site::Item(..) => (run.task_plan(ix).map(TaskPlan::arguments), node.boundary),
        Site::Hook(_) => {
            let own = run.hook_plan(ix).map(|hook| hook.arguments.as_ref().unwrap_or(&plan.arguments));
            (own, node.boundary)
        }
    };
    let Some(text) = arguments.and_then(|arguments| argument(arguments, input)) else {
        return default(run, ix, input);
    };
    let text = match text {
        Written::Text(text) => text,
        Written::Map(words) => return words,
    };
    let names: Vec<&str> = text.names().collect();
    if names.is_empty() && node.site == Site::Entry {
        let (kind, name) = input.words();
        let note = "an argument of the workflow".to_owned();
        out.push(Origin { reference: format!("workflow.{kind}.{name}"), node: None, note });
    }
    for name in names {
        origin(run, ix, around, name, out);
    }
    text.as_str().to_owned()
}

impl Input<'_> {
    fn words(&self) -> (&'static str, &str) {
        match self {
            Input::Parameter(name) => ("parameters", name),
            Input::Artifact(name) => ("artifacts", name),
        }
    }
}

enum Written<'a> {
    Text(&'a Text),
    Map(String),
}

fn argument<'a>(arguments: &'a Arguments, input: Input) -> Option<Written<'a>> {
    match input {
        Input::Parameter(name) => {
            let (_, source) = arguments.parameters.iter().find(|(known, _)| **known == *name)?;
            match source {
                Source::Text(text) => Some(Written::Text(text)),
                Source::ConfigMap(map) => {
                    Some(Written::Map(format!("ConfigMap {}/{}", map.name.as_str(), map.key.as_str())))
                }
                Source::Nothing => None,
            }
        }
        Input::Artifact(name) => {
            let artifact = arguments.artifacts.iter().find(|artifact| *artifact.name == *name)?;
            artifact.from.as_ref().or(artifact.from_expression.as_ref()).map(Written::Text)
        }
    }
}

/// What counts when the caller gives nothing.
fn default(run: &Run, ix: NodeIx, input: Input) -> String {
    let template = run.template(ix);
    let Input::Parameter(name) = input else { return "declared by the template".to_owned() };
    let declared =
        template.and_then(|template| template.parameters.iter().find(|known| *known.name == *name));
    match declared.map(|declared| (&declared.default, &declared.config_map)) {
        Some((Some(text), _)) => format!("{} (default)", text.as_str()),
        Some((None, Some(map))) => format!("ConfigMap {}/{}", map.name.as_str(), map.key.as_str()),
        _ => "declared by the template".to_owned(),
    }
}

/// One reference, and what is behind it.
fn origin(run: &Run, ix: NodeIx, around: Option<NodeIx>, reference: &str, out: &mut Vec<Origin>) {
    if out.len() >= STEPS_MAX {
        return;
    }
    let plain = |note: &str| Origin { reference: reference.to_owned(), node: None, note: note.to_owned() };
    let words: Vec<&str> = reference.splitn(3, '.').collect();
    match words.as_slice() {
        ["inputs", kind @ ("parameters" | "artifacts"), name] => {
            let Some(around) = around else { return out.push(plain("")) };
            out.push(Origin {
                reference: reference.to_owned(),
                node: Some(run.name(around)),
                note: String::new(),
            });
            let input = if *kind == "parameters" { Input::Parameter(name) } else { Input::Artifact(name) };
            trace(run, around, input, out);
        }
        ["steps" | "tasks", name, ..] => {
            let maker = around.and_then(|around| sibling(run, around, name));
            out.push(Origin {
                reference: reference.to_owned(),
                node: maker.map(|maker| run.name(maker)),
                note: String::new(),
            });
        }
        ["workflow", "parameters", _] => out.push(plain("an argument of the workflow")),
        ["workflow", "outputs", _] => out.push(plain("exported by a step of the workflow")),
        [first, ..] if first.starts_with("item") => {
            let note = match &run.node(ix).site {
                Site::Item(_, number) => format!("item {number} of the loop"),
                _ => "an item of the loop".to_owned(),
            };
            out.push(plain(&note));
        }
        _ => out.push(plain("")),
    }
}

/// The node of a step or task in a frame.
pub(super) fn sibling(run: &Run, around: NodeIx, name: &str) -> Option<NodeIx> {
    let frame = run.frame_of(around)?;
    let task = run.tasks(frame).by_name.get(name)?;
    let slot = frame.slots.get(task.at())?;
    slot.node.or_else(|| Some(run.loops[slot.looped? as usize].owner))
}

//! The cast: templates that tests may use without defining them, and what their steps do when they run.
//!
//! A step of a test is a container whose arguments say what would happen, one word each: `exit=1`,
//! `print=text`, `p.name=value`, `a.name=key[@global]`, `error=text`, `takes=5`.

use crate::manifest;
use engine::workflow::{ContainerOutcome, Outcome, Phase, Pod};
use serde_json::Value;
use spec::Object;
use std::time::Duration;
use tiphys_engine as engine;
use tiphys_spec as spec;

/// The image of which a stage does not know what it would run.
pub const UNKNOWN_IMAGE: &str = "unknown";

const TEMPLATES: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: cast}
spec:
  templates:
  - {name: ok, container: {image: cast, args: [exit=0]}}
  - {name: fail, container: {image: cast, args: [exit=1]}}
  - {name: err, container: {image: cast, args: ["error=it broke"]}}
  - name: slow
    container: {image: cast, args: [takes=60]}
  - name: exit
    inputs: {parameters: [{name: code}]}
    container: {image: cast, args: ["exit={{inputs.parameters.code}}"]}
  - name: echo
    inputs: {parameters: [{name: m}]}
    container: {image: cast, args: ["print={{inputs.parameters.m}}"]}
  - name: out
    inputs: {parameters: [{name: v}]}
    container: {image: cast, args: ["p.p={{inputs.parameters.v}}"]}
    outputs: {parameters: [{name: p, valueFrom: {path: /tmp/p}}]}
  - name: broken
    inputs: {parameters: [{name: x}]}
    container: {image: cast}
"#;

/// The templates of the cast.
pub fn templates() -> Result<Vec<spec::Template>, String> {
    let mut templates = Vec::new();
    for document in manifest::documents(TEMPLATES)? {
        if let Object::WorkflowTemplate(library) = document {
            templates.extend(library.spec.templates);
        }
    }
    Ok(templates)
}

/// What a step does.
#[derive(Clone, Debug)]
pub struct Act {
    /// How long it takes.
    pub takes: Duration,
    /// How it ends.
    pub outcome: Outcome,
}

/// What a step does, by its own arguments. A call has its words in its address or in what its plugin is told, a container of
/// a set in its own arguments.
pub fn act(pod: &Pod) -> Result<Act, String> {
    let template = serde_json::to_value(&pod.template).map_err(|error| error.to_string())?;
    let mut act = match (&template["containerSet"], call_words(&template)) {
        (Value::Object(set), _) => act_together(&set["containers"])?,
        (_, Some(call)) => read(&call.split_whitespace().collect::<Vec<_>>())?,
        (_, None) => read(&words(&template["container"]))?,
    };
    if !pod.wants_result {
        act.outcome.result = None;
    }
    Ok(act)
}

/// What a call says, if the template is one that only this cast makes.
pub fn call_words(template: &Value) -> Option<&str> {
    template["http"]["url"].as_str().or_else(|| template["plugin"]["cast"]["words"].as_str())
}

fn words(container: &Value) -> Vec<&str> {
    container["args"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Containers of one pod: it takes as long as the longest, and the first that fails is its failure (EX-441).
pub fn act_together(containers: &Value) -> Result<Act, String> {
    let mut pod = Act { takes: Duration::ZERO, outcome: exited(0) };
    for container in containers.as_array().into_iter().flatten() {
        let name = container["name"].as_str().unwrap_or_default();
        let act = read(&words(container))?;
        pod.takes = pod.takes.max(act.takes);
        let mut outcome = act.outcome;
        if outcome.phase != Phase::Succeeded {
            outcome.message = Some(format!("{name}: Error (exit code {})", outcome.exit_code.unwrap_or(64)));
        }
        let (phase, message) = (outcome.phase, outcome.message.clone());
        pod.outcome.containers.push(ContainerOutcome { name: name.to_owned(), phase, message, cause: None });
        let is_first = pod.outcome.phase == Phase::Succeeded && outcome.phase != Phase::Succeeded;
        if is_first {
            (pod.outcome.phase, pod.outcome.message) = (outcome.phase, outcome.message);
        }
        if name == "main" {
            pod.outcome.exit_code = outcome.exit_code;
            pod.outcome.parameters = outcome.parameters;
        }
    }
    Ok(pod)
}

/// What the words say; without any, a step takes a second and ends well.
pub fn read(words: &[&str]) -> Result<Act, String> {
    let mut act = Act { takes: Duration::from_secs(1), outcome: exited(0) };
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}` is not `key=value`"))?;
        match key {
            "exit" => {
                let code: i32 = value.parse().map_err(|_| format!("`{value}` is not an exit code"))?;
                let ended = exited(code);
                act.outcome.phase = ended.phase;
                act.outcome.message = ended.message;
                act.outcome.exit_code = ended.exit_code;
            }
            "error" => {
                act.outcome.phase = Phase::Error;
                act.outcome.message = Some(value.to_owned());
                act.outcome.exit_code = None;
            }
            "print" => act.outcome.result = Some(value.to_owned()),
            "takes" => {
                let seconds = value.parse().map_err(|_| format!("`{value}` is not a number of seconds"))?;
                act.takes = Duration::from_secs(seconds);
            }
            _ => match key.split_once('.') {
                Some(("p", name)) => act.outcome.parameters.push((name.to_owned(), value.to_owned())),
                Some(("a", name)) => act.outcome.artifacts.push(saved(name, value)),
                _ => return Err(format!("`{key}` is not a word of the cast")),
            },
        }
    }
    Ok(act)
}

/// An artifact as it was saved, perhaps under a global name.
fn saved(name: &str, place: &str) -> spec::Artifact {
    let (key, global_name) = place.split_once('@').unwrap_or((place, ""));
    let s3 = serde_json::json!({ "endpoint": "store", "bucket": "b", "key": key });
    let location = spec::ArtifactLocation { s3: Some(s3), ..spec::ArtifactLocation::default() };
    let (name, global_name) = (name.to_owned(), global_name.to_owned());
    spec::Artifact { name, global_name, location, ..spec::Artifact::default() }
}

/// A step whose main container exited, in Argo's words (EX-350).
pub fn exited(code: i32) -> Outcome {
    let good = code == 0;
    Outcome {
        phase: if good { Phase::Succeeded } else { Phase::Failed },
        message: (!good).then(|| format!("main: Error (exit code {code})")),
        exit_code: Some(code),
        ..Outcome::default()
    }
}

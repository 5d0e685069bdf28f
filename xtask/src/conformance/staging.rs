//! One text in one place of a small workflow, run whole: what becomes of the workflow and its nodes, and
//! with which arguments its containers start.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::options::Options;
use super::program::{Cell, side_by_side};
use super::{Area, Bench, Case, Verdict, measured, tables};

const DEADLINE: Duration = Duration::from_secs(20);

/// The image of the table: its step prints its arguments, one a line, and succeeds.
const IMAGES: &str = r#"images:
  - match: "my-image"
    entrypoint: [/bin/sh, -c, 'for a in "$@"; do printf "%s\n" "$a"; done', my-image]
    cmd: [my-cmd]
"#;

/// The area, if the options name it.
pub fn run(bench: &Bench, options: &Options) -> Vec<Area> {
    if !options.has("staging") {
        return Vec::new();
    }
    vec![measured("staging", || cases(bench))]
}

fn cases(bench: &Bench) -> Result<Vec<Case>, String> {
    let table = tables::read(&bench.corpus.join("oracle/staging.json"))?;
    let recorded = table["cases"].as_array().ok_or("the table has no cases")?;
    let id = |case: &Value| case["id"].as_str().unwrap_or_default().to_owned();
    let wanted: Vec<&Value> = recorded.iter().filter(|case| bench.wants(&id(case))).collect();
    let judged = side_by_side(bench.jobs, &wanted, |case| {
        let verdict = match case["unstable"] == true {
            true => Verdict::Skipped("Argo itself answers differently each time".to_owned()),
            false => judge(bench, case).unwrap_or_else(Verdict::Differs),
        };
        Case { id: id(case), verdict }
    });
    Ok(judged)
}

fn judge(bench: &Bench, case: &Value) -> Result<Verdict, String> {
    let cell = Cell::new(&bench.scratch)?;
    let write = |name: &str, text: &str| {
        let path = cell.folder.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    write("m.yaml", case["manifest"].as_str().unwrap_or_default())?;
    write("images.yaml", IMAGES)?;
    let arguments = ["run", "-o", "json", "--isolation", "none", "--image-map", "images.yaml", "m.yaml"];
    let outcome = cell.call(&bench.binary, arguments, DEADLINE)?;
    let refused = outcome.code == Some(2);
    let invalid = case["message"].as_str().is_some_and(|message| message.starts_with("invalid spec"));
    if refused && invalid {
        return Ok(Verdict::Agrees);
    }
    let text = format!("`{}`", case["text"].as_str().unwrap_or_default());
    let Ok(object) = serde_json::from_str::<Value>(&outcome.stdout) else {
        return Ok(Verdict::Differs(format!("{text}: expected {}, {}", case["phase"], outcome.complaint())));
    };
    let phase = &object["status"]["phase"];
    if case["phase"] == "Running" && (phase == "Error" || phase == "Failed") {
        return Ok(Verdict::Deviates(format!("{text}: waits for ever in Argo, ends here (EX-075)")));
    }
    let mut difference = status_differs(case, &object["status"]);
    if difference.is_none() && case["args"].is_object() {
        let logs = cell.call(&bench.binary, ["logs", "demo", "--no-color"], DEADLINE)?;
        difference = arguments_differ(&case["args"], &logs.stdout);
    }
    Ok(difference.map_or(Verdict::Agrees, |what| Verdict::Differs(format!("{text}: {what}"))))
}

/// The first thing that differs between the recorded nodes and ours.
fn status_differs(case: &Value, status: &Value) -> Option<String> {
    let differs = |place: &str, field: &str, expected: &Value, ours: &Value| {
        let (expected, ours) = (first_line(expected), first_line(ours));
        (expected != ours).then(|| format!("{place} {field}: expected {expected:?}, got {ours:?}"))
    };
    let nodes = status["nodes"].as_object();
    let ours: BTreeMap<&str, &Value> = nodes
        .into_iter()
        .flatten()
        .map(|(_, node)| (node["name"].as_str().unwrap_or_default(), node))
        .collect();
    let recorded = case["nodes"].as_object()?;
    for field in ["phase", "message"] {
        if let Some(what) = differs("workflow", field, &case[field], &status[field]) {
            return Some(what);
        }
    }
    for (name, node) in recorded {
        let Some(other) = ours.get(name.as_str()) else { return Some(format!("node {name} is missing")) };
        for field in ["type", "phase", "message"] {
            if let Some(what) = differs(name, field, &node[field], &other[field]) {
                return Some(what);
            }
        }
        for (parameter, value) in node["inputs"].as_object().into_iter().flatten() {
            let parameters = other["inputs"]["parameters"].as_array();
            let found = parameters.into_iter().flatten().find(|entry| entry["name"] == parameter.as_str());
            let found = found.map_or(&Value::Null, |entry| &entry["value"]);
            if found != value {
                return Some(format!("{name} input {parameter}: expected {value}, got {found}"));
            }
        }
    }
    ours.keys().find(|name| !recorded.contains_key(**name)).map(|name| format!("node {name} is not expected"))
}

/// Compares what the steps printed, in whatever order they ran.
fn arguments_differ(recorded: &Value, logs: &str) -> Option<String> {
    let texts = recorded.as_object()?.iter().flat_map(|(_, arguments)| arguments.as_array()).flatten();
    let mut expected: Vec<&str> = texts.filter_map(Value::as_str).flat_map(str::lines).collect();
    let mut ours: Vec<&str> = logs
        .lines()
        .map(|line| line.split_once(": ").map_or(line.trim_end_matches(':'), |(_, text)| text))
        .collect();
    // An empty argument prints an empty line, which recorded texts do not have.
    expected.retain(|line| !line.is_empty());
    ours.retain(|line| !line.is_empty());
    expected.sort_unstable();
    ours.sort_unstable();
    (expected != ours).then(|| format!("arguments: expected {expected:?}, got {ours:?}"))
}

/// Only the first line of a message counts: the rest is an excerpt of the text.
fn first_line(value: &Value) -> &str {
    value.as_str().and_then(|text| text.lines().next()).unwrap_or_default()
}

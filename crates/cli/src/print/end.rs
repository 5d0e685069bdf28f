//! The end of a run in a few lines: how it came out, what it gave, and if it failed, why and what to do next.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::paint::Paint;
use super::program;
use super::text::{clean, clean_line};
use super::time::duration_us;
use crate::logs;
use serde_json::Value;

/// How many failed steps are told of.
const FAILURES_MAX: usize = 3;

/// How many of a step's last log lines are shown.
const LOG_LINES: usize = 10;

/// Longest output value that is shown whole.
const VALUE_CHARS_MAX: usize = 2_000;

/// Longest name of a step that is shown whole.
const NAME_CHARS_MAX: usize = 160;

/// What a finished run's document says.
pub struct End<'a> {
    pub document: &'a Value,
    pub run_dir: &'a Path,
    /// How long it took, in microseconds; the document only knows whole seconds.
    pub took_us: Option<i64>,
    pub paint: Paint,
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The summary of a finished run.
pub fn end(end: &End) -> String {
    let End { document, paint, .. } = end;
    let name = text(document, "/metadata/name");
    let phase = text(document, "/status/phase");
    let mut out = format!("{} {} {}", paint.sign(phase), paint.bold(name), paint.phase(phase, phase));
    if let Some(took) = end.took_us {
        let _ = write!(out, " in {}", duration_us(took));
    }
    let progress = text(document, "/status/progress");
    if !progress.is_empty() {
        let _ = write!(out, "  {progress} steps done");
    }
    out.push('\n');
    if phase == "Succeeded" {
        outputs(end, &mut out);
    } else {
        failure(end, &mut out);
    }
    out
}

/// The outputs of the workflow, and those of its entry node.
fn outputs(end: &End, out: &mut String) {
    let root = text(end.document, "/metadata/name");
    let nodes = end.document.pointer("/status/nodes").and_then(Value::as_object);
    let of_root = nodes.and_then(|nodes| nodes.get(root)).and_then(|node| node.get("outputs"));
    let of_run = end.document.pointer("/status/outputs");
    let mut told = Vec::new();
    for outputs in [of_run, of_root].into_iter().flatten() {
        for parameter in outputs.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            let name = text(parameter, "/name");
            if told.contains(&name) {
                continue;
            }
            told.push(name);
            show(out, end.paint, name, text(parameter, "/value"));
        }
        for artifact in outputs.get("artifacts").and_then(Value::as_array).into_iter().flatten() {
            let name = text(artifact, "/name");
            let _ = writeln!(
                out,
                "  {} artifact; `tiphys cp {root} . --artifact-name {name}`",
                end.paint.dim(&format!("{name}:"))
            );
        }
        if let Some(result) = outputs.get("result").and_then(Value::as_str).filter(|text| !text.is_empty()) {
            show(out, end.paint, "result", result);
        }
    }
}

fn show(out: &mut String, paint: Paint, name: &str, value: &str) {
    let mut value = clean(value.as_bytes());
    if value.chars().count() > VALUE_CHARS_MAX {
        value = value.chars().take(VALUE_CHARS_MAX).collect();
        value.push('…');
    }
    let label = paint.dim(&format!("{name}:"));
    if value.contains('\n') {
        let _ = writeln!(out, "  {label}");
        for line in value.lines() {
            let _ = writeln!(out, "    {line}");
        }
    } else {
        let _ = writeln!(out, "  {label} {value}");
    }
}

/// Why a run failed: its own message, and the steps that failed first.
fn failure(end: &End, out: &mut String) {
    let End { document, paint, run_dir, .. } = end;
    let name = text(document, "/metadata/name");
    let message = text(document, "/status/message");
    let mut failed = failed_steps(document);
    failed.sort_by_key(|node| text(node, "/finishedAt").to_owned());
    if !message.is_empty() && failed.first().is_none_or(|node| text(node, "/message") != message) {
        let _ = writeln!(out, "  {} {}", paint.dim("reason:"), clean_line(message.as_bytes()));
    }
    for node in failed.iter().take(FAILURES_MAX) {
        let id = text(node, "/id");
        let message = clean_line(text(node, "/message").as_bytes());
        let _ = writeln!(
            out,
            "  {} {}  {}",
            paint.dim("step:"),
            ends_of(&clean_line(text(node, "/name").as_bytes())),
            paint.bad(&message)
        );
        if let Some(advice) = program::advice(&message) {
            let _ = writeln!(out, "    {} {advice}", paint.dim("help:"));
        }
        let lines = logs::last_lines(run_dir, id, LOG_LINES);
        for line in &lines {
            let _ = writeln!(out, "    {} {}", paint.dim("|"), clean_line(line));
        }
        if !lines.is_empty() {
            let _ = writeln!(out, "    {}", paint.dim(&format!("whole log: tiphys logs {name} {id}")));
        }
    }
    if failed.len() > FAILURES_MAX {
        let _ = writeln!(out, "  … and {} more failed steps", failed.len() - FAILURES_MAX);
    }
    let _ = writeln!(out, "  {} tiphys retry {name}   tiphys why {name}", paint.dim("next:"));
}

/// The beginning and the end of a long name: a template that calls itself makes names without end.
fn ends_of(name: &str) -> String {
    let count = name.chars().count();
    if count <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    let half = NAME_CHARS_MAX / 2;
    let first: String = name.chars().take(half).collect();
    let last: String = name.chars().skip(count - half).collect();
    format!("{first}…{last}")
}

/// The failed nodes that ran something themselves; if there are none, the deepest that failed.
fn failed_steps(document: &Value) -> Vec<&Value> {
    let Some(nodes) = document.pointer("/status/nodes").and_then(Value::as_object) else { return Vec::new() };
    let children = |node: &'_ Value| -> Vec<String> {
        let list = node.get("children").and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let is_bad = |node: &Value| matches!(text(node, "/phase"), "Failed" | "Error");
    // Tries that were followed by another one are history.
    let mut superseded = BTreeSet::new();
    for wrapper in nodes.values().filter(|node| text(node, "/type") == "Retry") {
        let mut tries = children(wrapper);
        tries.retain(|id| nodes.get(id).is_some_and(|node| node.pointer("/nodeFlag/retried").is_some()));
        tries.pop();
        superseded.extend(tries);
    }
    let ran = |node: &Value| matches!(text(node, "/type"), "Pod" | "Suspend" | "Skipped" | "HTTP" | "Plugin");
    let steps: Vec<&Value> = nodes
        .values()
        .filter(|node| is_bad(node) && ran(node) && !superseded.contains(text(node, "/id")))
        .collect();
    if !steps.is_empty() {
        return steps;
    }
    let has_bad_child = |node: &Value| children(node).iter().any(|id| nodes.get(id).is_some_and(is_bad));
    nodes.values().filter(|node| is_bad(node) && !has_bad_child(node)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(ends_of("demo[0].a"), "demo[0].a");
        let deep = format!("demo{}.last", ".again".repeat(100));
        let shown = ends_of(&deep);
        assert_eq!(shown.chars().count(), NAME_CHARS_MAX + 1);
        assert!(shown.starts_with("demo.again") && shown.ends_with(".again.last") && shown.contains('…'));
    }
}

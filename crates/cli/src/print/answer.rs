//! Why something is as it is, for people.

use std::fmt::Write as _;

use super::paint::Paint;
use super::program;
use super::text::{clean_line, elide};
use super::time::duration_us;
use tiphys_engine::Time;
use tiphys_engine::explain::{Answer, Dependency, Value, Wait};

/// Longest value that is shown.
const VALUE_COLUMNS_MAX: usize = 80;

/// Most causes and open nodes that are shown.
const SHOWN_MAX: usize = 10;

/// The answer.
pub fn print_answer(answer: &Answer, run: &str, paint: Paint, now: Time) -> String {
    let mut out = String::new();
    let what = match &*answer.kind {
        "Workflow" | "Task" => answer.kind.to_lowercase(),
        // Its phase says the same.
        "Skipped" => "node".to_owned(),
        kind => format!("{kind} node"),
    };
    let phase = if answer.phase == "NotStarted" { "not started" } else { &answer.phase };
    let _ = writeln!(
        out,
        "{} {}  {} {}",
        paint.sign(&answer.phase),
        paint.bold(&line(&answer.name)),
        paint.dim(&what),
        paint.phase(&answer.phase, phase)
    );
    let _ = writeln!(out, "  {}", line(&answer.because));
    if let Some(entered) = answer.life.entered_us {
        let ended = answer.life.ended_us;
        let took = duration_us(Time(ended.unwrap_or(now.0)).since_us(Time(entered)));
        let words = if ended.is_some() { format!("took {took}") } else { format!("{took} so far") };
        let _ = writeln!(out, "  {} {}, {words}", paint.dim("began"), Time(entered).rfc3339());
    }
    if !answer.when.is_empty() {
        let _ = writeln!(out, "  {} {}", paint.dim("when"), line(&answer.when));
    }
    section(&mut out, paint, "waited for", answer.waits.iter().map(waited));
    section(&mut out, paint, "held by", answer.held_by.iter().map(|holder| line(holder)));
    section(&mut out, paint, "places are taken by", answer.taken_by.iter().map(|holder| line(holder)));
    section(&mut out, paint, "depends on", answer.depends.iter().map(|on| other(on, paint)));
    section(&mut out, paint, "was given", answer.inputs.iter().map(|value| given(value, paint)));
    let is_bad = matches!(&*answer.phase, "Failed" | "Error");
    let title = match (is_bad, &*answer.phase) {
        (true, _) => "because of",
        (false, "Succeeded") => "failed, and was tolerated",
        (false, _) => "failed so far",
    };
    section(&mut out, paint, title, some(&answer.causes, paint));
    section(&mut out, paint, "still open", some(&answer.open, paint));
    if let Some(advice) = program::advice(&line(&answer.message)) {
        let _ = writeln!(out, "  {} {advice}", paint.dim("help:"));
    }
    if let Some(next) = next(answer, &line(run)) {
        let _ = writeln!(out, "  {} {next}", paint.dim("next:"));
    }
    out
}

fn waited(wait: &Wait) -> String {
    let on = match wait.on.is_empty() || wait.what.contains(&wait.on) {
        true => String::new(),
        false => format!(", last `{}`", line(&wait.on)),
    };
    let open = if wait.until_us.is_none() { " so far" } else { "" };
    format!("{}{on}  {}{open}", line(&wait.what), duration_us(wait.took_us))
}

/// A value with where it comes from, a line for each reference in it.
fn given(value: &Value, paint: Paint) -> String {
    let mut text = format!("{} = {}", line(&value.name), elide(&line(&value.value), VALUE_COLUMNS_MAX));
    if value.written != value.value && !value.written.is_empty() {
        let written = format!("written {}", elide(&line(&value.written), VALUE_COLUMNS_MAX));
        let _ = write!(text, "  {}", paint.dim(&written));
    }
    for origin in &value.from {
        let node = origin.node.as_ref().map(|node| format!(" of `{}`", line(node))).unwrap_or_default();
        let note = match &*origin.note {
            "" => String::new(),
            note => format!(", {}", line(note)),
        };
        let arrow = if paint.is_unicode() { "←" } else { "<-" };
        let _ = write!(text, "\n    {arrow} {}{node}{note}", line(&origin.reference));
    }
    text
}

/// What to look at next: what a step wrote that failed by itself, or what one was given that never could run.
fn next(answer: &Answer, run: &str) -> Option<String> {
    if answer.phase == "Succeeded" {
        return None;
    }
    let cause = answer.causes.iter().find(|cause| !cause.id.is_empty() && cause.id != answer.id);
    let (phase, id, kind) = match cause {
        Some(cause) => (&cause.phase, &cause.id, &cause.kind),
        None if !answer.id.is_empty() => (&answer.phase, &answer.id, &answer.kind),
        None => return None,
    };
    match phase.as_str() {
        // Who waited for a person, or was never begun, wrote nothing.
        "Failed" if !matches!(kind.as_str(), "Pod" | "Container" | "HTTP" | "Plugin") => {
            cause.map(|_| format!("tiphys why {run} {}", line(id)))
        }
        "Failed" => Some(format!("tiphys logs {run} {}", line(id))),
        "Error" if cause.is_some() => Some(format!("tiphys why {run} {}", line(id))),
        _ => None,
    }
}

fn line(text: &str) -> String {
    clean_line(text.as_bytes())
}

fn section(out: &mut String, paint: Paint, title: &str, rows: impl Iterator<Item = String>) {
    for (at, row) in rows.enumerate() {
        if at == 0 {
            let _ = writeln!(out, "{}", paint.dim(title));
        }
        let _ = writeln!(out, "  {row}");
    }
}

fn some(list: &[Dependency], paint: Paint) -> impl Iterator<Item = String> {
    let more = list.len().saturating_sub(SHOWN_MAX);
    let rows = list.iter().take(SHOWN_MAX).map(move |one| other(one, paint));
    rows.chain((more > 0).then(|| format!("… and {more} more")))
}

fn other(one: &Dependency, paint: Paint) -> String {
    let phase = if one.phase == "NotStarted" { "not started" } else { &one.phase };
    let note = if one.note.is_empty() { String::new() } else { format!("  {}", line(&one.note)) };
    format!("{} {}  {}{note}", paint.sign(&one.phase), line(&one.name), paint.phase(&one.phase, phase))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The advice on a node that ended so, perhaps because of another one: its phase and kind.
    #[track_caller]
    fn advises(of: (&str, &str), cause: Option<(&str, &str)>, wanted: Option<&str>) {
        let text = str::to_owned;
        let cause = cause.map(|(phase, kind)| Dependency {
            name: text("demo.a"),
            id: text("demo-2"),
            phase: text(phase),
            kind: text(kind),
            ..Dependency::default()
        });
        let answer = Answer {
            id: if of.1 == "Workflow" { String::new() } else { text("demo-1") },
            phase: text(of.0),
            kind: text(of.1),
            causes: cause.into_iter().collect(),
            ..Answer::default()
        };
        let told = print_answer(&answer, "demo", Paint::plain(), Time(0));
        let found = told.lines().find_map(|line| line.trim().strip_prefix("next: "));
        assert_eq!(found, wanted, "{told}");
    }

    /// What ran has written something; what waited for a person, or only held others, has not.
    #[test]
    fn what_to_look_at_next_depends_on_what_broke() {
        for kind in ["Pod", "Container", "HTTP", "Plugin"] {
            advises(("Failed", kind), None, Some("tiphys logs demo demo-1"));
            advises(("Failed", "Workflow"), Some(("Failed", kind)), Some("tiphys logs demo demo-2"));
        }
        for kind in ["Suspend", "Steps", "DAG"] {
            advises(("Failed", kind), None, None);
            advises(("Failed", "Workflow"), Some(("Failed", kind)), Some("tiphys why demo demo-2"));
        }
        advises(("Error", "Workflow"), Some(("Error", "Pod")), Some("tiphys why demo demo-2"));
        advises(("Error", "Pod"), None, None);
        advises(("Succeeded", "Workflow"), Some(("Failed", "Pod")), None);
        advises(("Failed", "Workflow"), None, None);
    }
}

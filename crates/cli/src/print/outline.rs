//! The outline of a workflow, for people.

use std::fmt::Write as _;

use super::paint::Paint;
use super::text::clean_line;
use tiphys_engine::explain::{Branch, Outline, Thing, Use};

/// Longest piece of a condition or a loop that is shown.
const PIECE_COLUMNS_MAX: usize = 60;

/// The tree and the needs.
///
/// `prefix` is what the name of a workflow will begin with that has none yet.
pub fn print_outline(outline: &Outline, prefix: &str, paint: Paint) -> String {
    let mut out = String::new();
    let name = match (outline.workflow.is_empty(), prefix) {
        (false, _) => outline.workflow.clone(),
        (true, "") => "(to be named)".to_owned(),
        (true, prefix) => format!("{prefix}…"),
    };
    let _ = writeln!(out, "{}  in namespace {}", paint.bold(&line(&name)), line(&outline.namespace));
    for (name, value) in &outline.parameters {
        let value = match value {
            Some(value) => short(value),
            None => paint.warn("no value"),
        };
        let _ = writeln!(out, "  {} = {value}", line(name));
    }
    out.push('\n');
    branch(&outline.tree, "", "", paint, &mut out);
    for hook in &outline.hooks {
        out.push('\n');
        let is_exit = hook.name == "exit";
        let lead = if is_exit { "exit handler" } else { "hook" };
        let shown =
            Branch { name: if is_exit { &hook.template } else { &hook.name }.clone(), ..hook.clone() };
        let _ = write!(out, "{} ", paint.dim(lead));
        branch(&shown, "", "", paint, &mut out);
    }
    out.push('\n');
    needs(outline, paint, &mut out);
    out
}

fn line(text: &str) -> String {
    clean_line(text.as_bytes())
}

fn short(text: &str) -> String {
    super::text::elide(&line(text), PIECE_COLUMNS_MAX)
}

fn branch(branch_: &Branch, first: &str, below: &str, paint: Paint, out: &mut String) {
    let mut text = format!("{first}{}", paint.bold(&line(&branch_.name)));
    if branch_.template != branch_.name && !branch_.template.is_empty() {
        let _ = write!(text, "  {}", line(&branch_.template));
    }
    if !branch_.kind.is_empty() {
        let _ = write!(text, "  {}", paint.dim(&line(&branch_.kind)));
    }
    if !branch_.image.is_empty() {
        let _ = write!(text, "  {}", paint.active(&line(&branch_.image)));
    }
    let facts = facts(branch_);
    if !facts.is_empty() {
        let _ = write!(text, "  {}", facts.join("; "));
    }
    if !branch_.note.is_empty() {
        let _ = write!(text, "  {}", paint.warn(&line(&branch_.note)));
    }
    let _ = writeln!(out, "{text}");
    let hooks = branch_.hooks.iter();
    let all: Vec<&Branch> = branch_.children.iter().chain(hooks).collect();
    let unicode = paint.is_unicode();
    for (at, child) in all.iter().enumerate() {
        let last = at + 1 == all.len();
        let (part, space) = match (last, unicode) {
            (true, true) => ("└─ ", "   "),
            (true, false) => ("`- ", "   "),
            (false, true) => ("├─ ", "│  "),
            (false, false) => ("|- ", "|  "),
        };
        let is_hook = at >= branch_.children.len();
        let lead = if is_hook { "hook " } else { "" };
        branch(child, &format!("{below}{part}{lead}"), &format!("{below}{space}"), paint, out);
    }
}

fn facts(branch: &Branch) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(group) = branch.group {
        facts.push(format!("group {group}"));
    }
    if !branch.depends.is_empty() {
        facts.push(format!("if {}", short(&branch.depends)));
    } else if !branch.after.is_empty() {
        facts.push(format!("after {}", short(&branch.after.join(", "))));
    }
    if !branch.when.is_empty() {
        facts.push(format!("when {}", short(&branch.when)));
    }
    if let Some(repeated) = &branch.repeated {
        facts.push(match repeated.count {
            Some(1) => format!("once: {}", short(&repeated.over)),
            Some(count) => format!("{count} times: {}", short(&repeated.over)),
            None => format!("for each of {}", short(&repeated.over)),
        });
    }
    if !branch.retry.is_empty() {
        facts.push(format!("tried again {}", branch.retry));
    }
    match branch.suspends.as_deref() {
        Some("") => facts.push("until somebody resumes it".to_owned()),
        Some(duration) => facts.push(format!("for {}", short(duration))),
        None => {}
    }
    if branch.daemon {
        facts.push("goes on while others use it".to_owned());
    }
    if branch.memoized {
        facts.push("remembered".to_owned());
    }
    if !branch.locks.is_empty() {
        facts.push(format!("needs {}", short(&branch.locks.join(", "))));
    }
    facts
}

/// Whether anything in it may turn out not to be run, beside what is known not to.
fn is_conditional(outline: &Outline) -> bool {
    fn any(branch: &Branch) -> bool {
        let is_open = !branch.when.is_empty()
            || !branch.depends.is_empty()
            || branch.children.iter().any(any)
            || branch.hooks.iter().any(|hook| hook.name != "exit" || any(hook));
        is_open && !branch.is_idle
    }
    any(&outline.tree) || outline.hooks.iter().any(|hook| hook.name != "exit" || any(hook))
}

fn needs(outline: &Outline, paint: Paint, out: &mut String) {
    let needs = &outline.needs;
    match outline.steps {
        Some(1) => {
            let unless = if is_conditional(outline) { ", unless a condition says no" } else { "" };
            let _ = writeln!(out, "starts 1 step{unless}");
        }
        Some(steps) => {
            let fewer = if is_conditional(outline) { ", fewer where a condition says no" } else { "" };
            let _ = writeln!(out, "starts {steps} steps{fewer}");
        }
        None => out.push_str("how many steps it starts is known when it runs\n"),
    }
    let mut section = |title: &str, rows: Vec<String>| {
        for (at, row) in rows.iter().enumerate() {
            let title = if at == 0 { title } else { "" };
            let _ = writeln!(out, "{}  {row}", paint.dim(&format!("{title:<11}")));
        }
    };
    let uses = |list: &[Use]| -> Vec<String> {
        list.iter().map(|one| format!("{}  {}", line(&one.name), by(&one.used_by, paint))).collect()
    };
    let things = |list: &[Thing]| -> Vec<String> {
        list.iter()
            .map(|thing| {
                let place = match &*thing.place {
                    "" => String::new(),
                    place => format!("  {}", short(place)),
                };
                let optional = if thing.optional { ", may be missing" } else { "" };
                format!(
                    "{}{place}  {}",
                    line(&thing.name),
                    paint.dim(&format!("({}{optional})", line(&thing.of)))
                )
            })
            .collect()
    };
    section("images", uses(&needs.images));
    let locks = needs.locks.iter().map(|lock| {
        let limit = match lock.limit {
            Some(limit) => format!("{limit} at a time"),
            None => "limit known when it runs".to_owned(),
        };
        format!("{}  {limit}  {}", line(&lock.name), by(&lock.used_by, paint))
    });
    section("locks", locks.collect());
    section("secrets", uses(&needs.secrets));
    section("config maps", uses(&needs.config_maps));
    section("volumes", uses(&needs.volumes));
    section("reads", things(&needs.artifacts_read));
    section("writes", things(&needs.artifacts_written));
}

/// Most users that are named of one thing.
const USERS_SHOWN: usize = 4;

fn by(users: &[std::sync::Arc<str>], paint: Paint) -> String {
    let names: Vec<String> = users.iter().take(USERS_SHOWN).map(|name| line(name)).collect();
    let more = match users.len().saturating_sub(USERS_SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    paint.dim(&format!("({}{more})", names.join(", ")))
}

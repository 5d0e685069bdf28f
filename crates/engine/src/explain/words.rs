//! The journal in plain words: one sentence for each event.

use crate::workflow::{Collected, Control, Event, Gate, NodeIx, NodeKind, Phase, Run, Site};
use std::sync::Arc;

/// Longest value that is told whole, in characters.
const VALUE_CHARS_MAX: usize = 60;

/// What an event says, as a sentence without a full stop, in the words of somebody who reads about a run. Names and
/// values are as the run has them, control characters included: clean the text before it goes to a terminal.
///
/// The run must have folded the event in already, so that what it enters has a name.
pub fn words(run: &Run, event: &Event) -> String {
    match event {
        Event::Began { parameters, .. } => match listed(parameters) {
            values if values.is_empty() => "the workflow began".to_owned(),
            values => format!("the workflow began with {values}"),
        },
        Event::Postponed { message } => format!("the workflow may not begin yet{}", because(Some(message))),
        Event::Entered { node, owner, site, kind, phase, gate, message, .. } => {
            entered(run, (*node, *owner), site, *kind, *phase, *gate, message.as_deref())
        }
        Event::Opened { node, .. } => format!("{} may begin", name(run, *node)),
        Event::Gated { node, gate: Gate::Locks } => format!("{} asks for its locks", name(run, *node)),
        Event::Gated { node, gate: Gate::Memo } => {
            format!("{} asks for a remembered result", name(run, *node))
        }
        Event::LocksAsked { node } => format!("{} asked for its locks", who(run, *node)),
        Event::LocksAwaited { node, lock, message } => {
            format!("{} waits for the lock `{lock}`{}", who(run, *node), because(Some(message)))
        }
        Event::LocksHeld { node } => format!("{} holds its locks", who(run, *node)),
        Event::LocksFreed { node } => format!("{} gave its locks back", who(run, *node)),
        Event::MemoAsked { node, memo } => {
            format!(
                "{} asked for the result remembered as `{}` in `{}`",
                name(run, *node),
                memo.key,
                memo.cache
            )
        }
        Event::MemoHit { node } => format!("{} ends with a remembered result", name(run, *node)),
        Event::MemoSaved { node } => format!("the result of {} is remembered from now on", name(run, *node)),
        Event::Expanded { owner, task, items } => {
            let count = items.len();
            let plural = if count == 1 { "" } else { "s" };
            format!("the loop `{task}` of {} has {count} item{plural}", name(run, *owner))
        }
        Event::Observed { node, address: Some(address) } => {
            format!("{} is ready at {address}", name(run, *node))
        }
        Event::Observed { node, address: None } => format!("{} was seen running", name(run, *node)),
        Event::Progressed { node, done, of } => format!("{} is at {done}/{of}", name(run, *node)),
        Event::Clocked { node, finished } => {
            format!("{} had ended at {}, while no engine listened", name(run, *node), finished.rfc3339())
        }
        Event::Noted { node, message } => match message.as_deref().filter(|message| !message.is_empty()) {
            Some(message) => format!("{} waits: {message}", name(run, *node)),
            None => format!("{} waits no longer", name(run, *node)),
        },
        Event::Scheduled { node, due } => {
            format!("{} is looked at again at {}", name(run, *node), due.rfc3339())
        }
        Event::Supplied { node, .. } => format!("{} was given outputs by hand", name(run, *node)),
        Event::Broke { group, phase, message } => {
            format!(
                "{} cannot go on and will be {}{}",
                name(run, *group),
                phase.name(),
                because(Some(message))
            )
        }
        Event::HookBroke { node, message } => {
            format!("a hook of {} cannot be run{}", name(run, *node), because(Some(message)))
        }
        Event::GaveUp { node } => {
            format!("{} enters nothing more: the end of the run has begun", name(run, *node))
        }
        Event::Ended { node, phase, message, outputs } => {
            let mut text =
                format!("{} ended: {}{}", name(run, *node), phase.name(), because(message.as_deref()));
            for parameter in outputs.iter().flat_map(|outputs| &outputs.parameters) {
                let value = parameter.value.as_deref().unwrap_or_default();
                text.push_str(&format!("; {}={}", parameter.name, short(value)));
            }
            let code = outputs.as_ref().and_then(|outputs| outputs.exit_code.as_ref());
            if let Some(said) = code.filter(|code| *code != "0").map(|code| format!("exit code {code}"))
                && !text.contains(&said)
            {
                text.push_str(&format!("; {said}"));
            }
            text
        }
        Event::Settled { node } => format!("{} is done, its hooks too", name(run, *node)),
        Event::Withdrawn { node } => {
            format!("{} was taken back: it starts again when the run is continued", name(run, *node))
        }
        Event::MetricFailed { message } => format!("a metric could not be had{}", because(Some(message))),
        Event::Exported { parameters, artifacts } => {
            let artifacts = artifacts.iter().filter_map(|artifact| artifact.get("name")?.as_str());
            let values = [listed(parameters)].into_iter().chain(artifacts.map(str::to_owned));
            let names: Vec<String> = values.filter(|text| !text.is_empty()).collect();
            format!("the whole workflow can use {}", names.join(", "))
        }
        Event::Labelled { labels } => {
            let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("somebody set the labels {}", labels.join(", "))
        }
        Event::Controlled { control } => match control {
            Control::Suspend => "somebody asked to hold: nothing new starts".to_owned(),
            Control::Resume => "somebody asked to go on".to_owned(),
            Control::Stop => "somebody asked to stop: running steps end, exit handlers run".to_owned(),
            Control::Terminate => "somebody asked to terminate: everything ends".to_owned(),
            Control::Deadline => "the workflow's deadline has passed".to_owned(),
        },
        Event::Retried { removed, reset, parameters } => {
            let count = removed.len() + reset.len();
            let plural = if count == 1 { "" } else { "s" };
            let with: Vec<String> =
                parameters.iter().map(|(name, value)| format!("{name}={}", short(value))).collect();
            let with = if with.is_empty() { String::new() } else { format!(", with {}", with.join(", ")) };
            format!("somebody asked to run it again: {count} node{plural} start over{with}")
        }
        Event::Rebound { node, .. } => format!("{} goes on with other inputs", name(run, *node)),
        Event::Exiting => "the main part is over; the exit handler's turn has come".to_owned(),
        Event::Finished { phase, message } => {
            format!("the workflow ended: {}{}", phase.name(), because(message.as_deref()))
        }
        Event::ArtifactsDeleted { collected } => artifacts_deleted(collected),
    }
}

fn entered(
    run: &Run,
    (node, owner): (NodeIx, NodeIx),
    site: &Site,
    kind: NodeKind,
    phase: Phase,
    gate: Option<Gate>,
    message: Option<&str>,
) -> String {
    let who = name(run, node);
    if phase.is_ended() {
        return format!("{who} was not started: {}{}", phase.name(), because(message));
    }
    let why = match site {
        Site::Entry => " as the entrypoint".to_owned(),
        Site::Attempt(number @ 1..) => format!(" as try {}", number + 1),
        Site::Hook(hook) => format!(" as hook `{hook}` of {}", name(run, owner)),
        _ => String::new(),
    };
    let verb = match (gate, kind) {
        (Some(Gate::Locks), _) => "was entered and asks for its locks",
        (Some(Gate::Memo), _) => "was entered and asks for a remembered result",
        (None, NodeKind::Pod) => "was started",
        (None, NodeKind::Suspend) => "began to wait",
        (None, NodeKind::Retry) => "was entered, with tries",
        (None, _) => "was entered",
    };
    format!("{who} {verb}{why}{}", because(message))
}

fn artifacts_deleted(collected: &Collected) -> String {
    let count = collected.gone.len();
    let mut text = format!("{count} artifact{} deleted", if count == 1 { " was" } else { "s were" });
    if !collected.failures.is_empty() {
        text.push_str(&format!("; others could not be: {}", collected.failures.join("; ")));
    }
    text
}

fn name(run: &Run, node: NodeIx) -> String {
    format!("`{}`", run.name(node))
}

/// A node, or the workflow itself.
fn who(run: &Run, node: Option<NodeIx>) -> String {
    node.map_or_else(|| "the workflow".to_owned(), |node| name(run, node))
}

fn because(message: Option<&str>) -> String {
    message.filter(|message| !message.is_empty()).map_or_else(String::new, |message| format!(": {message}"))
}

fn listed(parameters: &[(Arc<str>, Arc<str>)]) -> String {
    let values: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", short(value))).collect();
    values.join(", ")
}

/// A value as far as it tells one from another.
fn short(value: &str) -> String {
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        None => value.to_owned(),
        Some((at, _)) => format!("{}…", &value[..at]),
    }
}

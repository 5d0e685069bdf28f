//! The journal in plain words: one sentence for each event.

use crate::workflow::{Collected, Control, Event, Gate, NodeIx, NodeKind, Phase, Run, Site};
use std::sync::Arc;
use tiphys_spec as spec;

/// Longest value that is told whole, in characters.
const VALUE_CHARS_MAX: usize = 60;

/// What an event says, as a sentence without a full stop, in the words of somebody who reads about a run. Names and
/// values are as the run has them, control characters included: clean the text before it goes to a terminal.
///
/// The run must have folded the event in already, so that what it enters has a name.
pub fn words(run: &Run, event: &Event) -> String {
    match event {
        Event::Began { parameters, .. } => match listed(pairs(parameters)) {
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
        Event::Gated { node, gate: Gate::Room } => {
            format!("{} waits until fewer pods run: the workflow limits them", name(run, *node))
        }
        Event::LocksAsked { node } => format!("{} asked for its locks", who(run, *node)),
        Event::LocksAwaited { node, lock, message } => {
            format!("{} waits for the lock `{lock}`{}", who(run, *node), because(Some(message)))
        }
        Event::LocksHeld { node } => format!("{} holds its locks", who(run, *node)),
        Event::LocksFreed { node } => format!("{} gave its locks back", who(run, *node)),
        Event::MemoAsked { node, memo } => {
            let (key, cache) = (&memo.key, &memo.cache);
            format!("{} asked for the result remembered as `{key}` in `{cache}`", name(run, *node))
        }
        Event::MemoHit { node } => format!("{} ends with a remembered result", name(run, *node)),
        Event::MemoSaved { node } => format!("the result of {} is remembered from now on", name(run, *node)),
        Event::Expanded { owner, task, items } => {
            format!("the loop `{task}` of {} has {}", name(run, *owner), counted(items.len(), "item"))
        }
        Event::Observed { node, address: Some(address) } => {
            format!("{} is ready at {address}", name(run, *node))
        }
        Event::Observed { node, address: None } => format!("{} was seen running", name(run, *node)),
        Event::Progressed { node, done, of } => format!("{} is at {done}/{of}", name(run, *node)),
        Event::Clocked { node, finished } => {
            format!(
                "{} had ended at {}, which the engine hears only now",
                name(run, *node),
                finished.rfc3339()
            )
        }
        Event::Lost { node, cause } => format!("{} was lost: {cause}", name(run, *node)),
        Event::Noted { node, message } => match message.as_deref().filter(|message| !message.is_empty()) {
            Some(message) => format!("{} waits: {message}", name(run, *node)),
            None => format!("{} waits no longer", name(run, *node)),
        },
        Event::Scheduled { node, due } => {
            format!("{} is looked at again at {}", name(run, *node), due.rfc3339())
        }
        Event::Supplied { node, .. } => format!("{} was given outputs by hand", name(run, *node)),
        Event::Broke { group, phase, message } => {
            let (who, phase) = (name(run, *group), phase.name());
            format!("{who} cannot go on and will be {phase}{}", because(Some(message)))
        }
        Event::Barred { node } => format!("{} can never begin", name(run, *node)),
        Event::Returned { message } => format!("the entry node ended by an error: {message}"),
        Event::HookBroke { node, message } => {
            format!("a hook of {} cannot be run{}", name(run, *node), because(Some(message)))
        }
        Event::GaveUp { node } => {
            format!("{} enters nothing more: the end of the run has begun", name(run, *node))
        }
        Event::Ended { node, phase, message, outputs } => {
            let (who, phase) = (name(run, *node), phase.name());
            ended(format!("{who} ended: {phase}{}", because(message.as_deref())), outputs.as_deref())
        }
        Event::LedOn { node } => format!("who waited for {} alone goes on", name(run, *node)),
        Event::Settled { node } => format!("{} is done, its hooks too", name(run, *node)),
        Event::Withdrawn { node } => {
            format!("{} was taken back: it starts again when the run is continued", name(run, *node))
        }
        Event::MetricFailed { message } => format!("a metric could not be had{}", because(Some(message))),
        Event::Exported { parameters, artifacts } => {
            let artifacts = artifacts.iter().filter_map(|artifact| artifact.get("name")?.as_str());
            let given = parameters.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
            let values = [listed(given)].into_iter().chain(artifacts.map(str::to_owned));
            let names: Vec<String> = values.filter(|text| !text.is_empty()).collect();
            if names.is_empty() {
                let names: Vec<&str> = parameters.iter().map(|(name, _)| &**name).collect();
                return format!("the whole workflow was to use {}, which has no value", names.join(", "));
            }
            format!("the whole workflow can use {}", names.join(", "))
        }
        Event::Labelled { labels } => {
            let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("somebody set the labels {}", labels.join(", "))
        }
        Event::Controlled { control } => controlled(*control).to_owned(),
        Event::Retried { removed, reset, parameters } => {
            let with = listed(parameters);
            let with = if with.is_empty() { with } else { format!(", with {with}") };
            // What goes on around them, `reset`, starts nothing itself.
            match (removed.len(), reset.len()) {
                (0, 0) => format!("somebody asked to run it again{with}"),
                (0, _) => format!("somebody asked to run it again{with}: nothing that ran starts over"),
                (1, _) => format!("somebody asked to run it again: 1 node starts over{with}"),
                (many, _) => {
                    format!("somebody asked to run it again: {} start over{with}", counted(many, "node"))
                }
            }
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
        (Some(Gate::Room), _) => "was entered and waits until fewer pods run",
        (None, NodeKind::Pod) => "was started",
        (None, NodeKind::Suspend) => "began to wait",
        (None, NodeKind::Retry) => "was entered, with tries",
        (None, _) => "was entered",
    };
    format!("{who} {verb}{why}{}", because(message))
}

/// How a node ended, with what it gave.
fn ended(mut text: String, outputs: Option<&spec::Outputs>) -> String {
    for parameter in outputs.iter().flat_map(|outputs| &outputs.parameters) {
        let value = parameter.value.as_deref().unwrap_or_default();
        text.push_str(&format!("; {}={}", parameter.name, short(value)));
    }
    let code = outputs.and_then(|outputs| outputs.exit_code.as_ref());
    if let Some(said) = code.filter(|code| *code != "0").map(|code| format!("exit code {code}"))
        && !text.contains(&said)
    {
        text.push_str(&format!("; {said}"));
    }
    text
}

fn controlled(control: Control) -> &'static str {
    match control {
        Control::Suspend => "somebody asked to hold: nothing new starts",
        Control::Resume => "somebody asked to go on",
        Control::Stop => "somebody asked to stop: running steps end, exit handlers run",
        Control::Terminate => "somebody asked to terminate: everything ends",
        Control::Deadline => "the workflow's deadline has passed",
    }
}

/// `1 item`, `2 items`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
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

fn listed<'a>(parameters: impl IntoIterator<Item = (&'a Arc<str>, &'a Arc<str>)>) -> String {
    let values = parameters.into_iter().map(|(name, value)| format!("{name}={}", short(value)));
    values.collect::<Vec<_>>().join(", ")
}

fn pairs(parameters: &[(Arc<str>, Arc<str>)]) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
    parameters.iter().map(|(name, value)| (name, value))
}

/// A value as far as it tells one from another.
fn short(value: &str) -> String {
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        None => value.to_owned(),
        Some((at, _)) => format!("{}…", &value[..at]),
    }
}

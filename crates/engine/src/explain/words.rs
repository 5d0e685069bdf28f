//! The journal in plain words: one sentence for each event.

use crate::workflow::{Arrival, Collected, Control, Event, Gate, NodeIx, NodeKind, Run, Site};
use serde_json::Value;
use std::sync::Arc;
use tiphys_spec as spec;

/// Longest value that is told whole, in characters.
const VALUE_CHARS_MAX: usize = 60;

/// What an event says, as a sentence without a full stop, in the words of somebody who reads about a run. Names and
/// values are as the run has them, control characters included: clean the text before it goes to a terminal.
///
/// The run must have folded the event in already, so that what it enters has a name.
pub fn words(run: &Run, event: &Event) -> String {
    let name = |node: &NodeIx| name(run, *node);
    let who = |node: &Option<NodeIx>| node.as_ref().map_or_else(|| "the workflow".to_owned(), name);
    match event {
        Event::Began { parameters, .. } => began(&listed(pairs(parameters))),
        Event::Postponed { message } => format!("the workflow may not begin yet{}", because(Some(message))),
        Event::Entered(arrival) => entered(run, arrival),
        Event::Opened { node, .. } => format!("{} may begin", name(node)),
        Event::Gated { node, gate } => format!("{} {}", name(node), at_gate(*gate)),
        Event::LocksAsked { node } => format!("{} asked for its locks", who(node)),
        Event::LocksAwaited { node, lock, message } => {
            format!("{} waits for the lock `{lock}`{}", who(node), because(Some(message)))
        }
        Event::LocksHeld { node } => format!("{} holds its locks", who(node)),
        Event::LocksFreed { node } => format!("{} gave its locks back", who(node)),
        Event::MemoAsked { node, memo } => {
            format!("{} asked for the result remembered as `{}` in `{}`", name(node), memo.key, memo.cache)
        }
        Event::MemoHit { node } => format!("{} ends with a remembered result", name(node)),
        Event::MemoSaved { node } => format!("the result of {} is remembered from now on", name(node)),
        Event::Expanded { owner, task, items } => {
            format!("the loop `{task}` of {} has {}", name(owner), counted(items.len(), "item"))
        }
        Event::Observed { node, address: Some(address) } => format!("{} is ready at {address}", name(node)),
        Event::Observed { node, address: None } => format!("{} was seen running", name(node)),
        Event::Progressed { node, done, of } => format!("{} is at {done}/{of}", name(node)),
        Event::Clocked { node, finished } => {
            format!("{} had ended at {}, which the engine hears only now", name(node), finished.rfc3339())
        }
        Event::Lost { node, cause } => format!("{} was lost: {cause}", name(node)),
        Event::Ascribed { node, cause } => format!("{}: {cause}", name(node)),
        Event::Noted { node, message } => match message.as_deref().filter(|message| !message.is_empty()) {
            Some(message) => format!("{} waits: {message}", name(node)),
            None => format!("{} waits no longer", name(node)),
        },
        Event::Scheduled { node, due } => format!("{} is looked at again at {}", name(node), due.rfc3339()),
        Event::Supplied { node, .. } => format!("{} was given outputs by hand", name(node)),
        Event::Broke { group, phase, message } => {
            let reason = because(Some(message));
            format!("{} cannot go on and will be {}{reason}", name(group), phase.name())
        }
        Event::Barred { node } => format!("{} can never begin", name(node)),
        Event::Returned { message } => format!("the entry node ended by an error: {message}"),
        Event::HookBroke { node, message } => {
            format!("a hook of {} cannot be run{}", name(node), because(Some(message)))
        }
        Event::GaveUp { node } => format!("{} enters nothing more: the end of the run has begun", name(node)),
        Event::Ended { node, phase, message, outputs } => {
            let text = format!("{} ended: {}{}", name(node), phase.name(), because(message.as_deref()));
            ended(text, outputs.as_deref())
        }
        Event::LedOn { node } => format!("who waited for {} alone goes on", name(node)),
        Event::Settled { node } => format!("{} is done, its hooks too", name(node)),
        Event::Withdrawn { node } => {
            format!("{} was taken back: it starts again when the run is continued", name(node))
        }
        Event::MetricFailed { message } => format!("a metric could not be had{}", because(Some(message))),
        Event::Exported { parameters, artifacts } => exported(parameters, artifacts),
        Event::Labelled { labels } => {
            let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("somebody set the labels {}", labels.join(", "))
        }
        Event::Controlled { control } => controlled(*control).to_owned(),
        Event::Retried { removed, reset, parameters } => {
            retried((removed.len(), reset.len()), &listed(parameters))
        }
        Event::Rebound { node, .. } => format!("{} goes on with other inputs", name(node)),
        Event::Exiting => "the main part is over; the exit handler's turn has come".to_owned(),
        Event::Finished { phase, message } => {
            format!("the workflow ended: {}{}", phase.name(), because(message.as_deref()))
        }
        Event::ArtifactsDeleted { collected } => artifacts_deleted(collected),
    }
}

fn began(parameters: &str) -> String {
    match parameters {
        "" => "the workflow began".to_owned(),
        values => format!("the workflow began with {values}"),
    }
}

fn entered(run: &Run, arrival: &Arrival) -> String {
    let who = name(run, arrival.node);
    let because = because(arrival.message.as_deref());
    if arrival.phase.is_ended() {
        return format!("{who} was not started: {}{because}", arrival.phase.name());
    }
    let why = match &arrival.site {
        Site::Entry => " as the entrypoint".to_owned(),
        Site::Attempt(number @ 1..) => format!(" as try {}", number + 1),
        Site::Hook(hook) => format!(" as hook `{hook}` of {}", name(run, arrival.owner)),
        _ => String::new(),
    };
    let verb = match (arrival.gate, arrival.kind) {
        (Some(gate), _) => format!("was entered and {}", at_gate(gate)),
        (None, NodeKind::Pod) => "was started".to_owned(),
        (None, NodeKind::Suspend) => "began to wait".to_owned(),
        (None, NodeKind::Retry) => "was entered, with tries".to_owned(),
        (None, _) => "was entered".to_owned(),
    };
    format!("{who} {verb}{why}{because}")
}

fn at_gate(gate: Gate) -> &'static str {
    match gate {
        Gate::Locks => "asks for its locks",
        Gate::Memo => "asks for a remembered result",
        Gate::Room => "waits until fewer pods run: the workflow limits them",
    }
}

fn exported(parameters: &[(Arc<str>, Option<Arc<str>>)], artifacts: &[Value]) -> String {
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

/// A retry by hand: how many nodes start over, how many around them go on, which start nothing themselves.
fn retried((removed, reset): (usize, usize), parameters: &str) -> String {
    let with = if parameters.is_empty() { String::new() } else { format!(", with {parameters}") };
    match (removed, reset) {
        (0, 0) => format!("somebody asked to run it again{with}"),
        (0, _) => format!("somebody asked to run it again{with}: nothing that ran starts over"),
        (1, _) => format!("somebody asked to run it again: 1 node starts over{with}"),
        (many, _) => format!("somebody asked to run it again: {} start over{with}", counted(many, "node")),
    }
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

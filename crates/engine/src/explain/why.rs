//! Why a node, or a whole run, is as it is: told from what the journal says happened.

use super::places::Wanted;
use super::tolerance::Tolerance;
use super::values::{Value, inputs, sibling};
use crate::status;
use crate::time::Time;
use crate::workflow::node::TaskIx;
use crate::workflow::{Arrival, Event, Gate, NodeIx, NodeKind, Phase, Run, Site};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most nodes that are listed as causes, or as still open.
pub const LISTED_MAX: usize = 50;

/// The shortest wait that somebody could notice, in microseconds.
const NOTICED_US: i64 = 50_000;

/// What is known about one node, or about the run as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Answer {
    /// The full name.
    pub name: String,
    /// The node id; empty for a task that has no node yet.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The node's type; `Workflow` for the run, `Task` for what has no node yet.
    pub kind: String,
    /// Its template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// Its phase; `NotStarted` for what has no node yet.
    pub phase: String,
    /// Argo's message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The answer in one sentence.
    pub because: String,
    /// When it came to be, and ended.
    #[serde(flatten)]
    pub life: Life,
    /// Everything it waited for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Wait>,
    /// Who holds the lock that it waits for, `namespace/run` or `namespace/run/node`: known to the store, not to the
    /// journal of one run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<String>,
    /// Who has the places that it waits for: steps `namespace/run/node`, or runs `namespace/run`. Known to the engine,
    /// not to the journal of one run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken_by: Vec<String>,
    /// What kind of place it waits for, if any. Not told: `because` says so in words.
    #[serde(skip)]
    pub wants: Option<Wanted>,
    /// The tasks it depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends: Vec<Dependency>,
    /// Its condition, as written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// What it was given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Value>,
    /// What it goes back to: the nodes below it that failed first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Dependency>,
    /// What below it waits or runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Dependency>,
}

/// When something came to be, and ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Life {
    /// Its entry, in microseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered_us: Option<i64>,
    /// Its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_us: Option<i64>,
}

/// A time of waiting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Wait {
    /// What for, in words.
    pub what: String,
    /// The node, lock or person that it waits for, by name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub on: String,
    /// Since when, in microseconds since 1970.
    pub since_us: i64,
    /// Until when; none while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_us: Option<i64>,
    /// How long it took, or takes so far, in microseconds.
    pub took_us: i64,
    /// Whether `on` names a lock. Not told: `what` says so in words.
    #[serde(skip)]
    pub is_lock: bool,
}

/// Another node, and how it is or came out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// Its id, if it has a node.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Its type, if it has a node.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Its phase.
    pub phase: String,
    /// What is to be said about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether nobody knows what became of it. Not told: `note` says so in words.
    #[serde(skip)]
    pub is_lost: bool,
}

/// Answers about a node, given by its id, name, display name or task name, or about the run when none is given.
///
/// `run` is what `history` makes of it. None: there is no such node, nor a task that may still become one.
pub fn why(run: &Run, history: &[(Time, Event)], subject: Option<&str>, now: Time) -> Option<Answer> {
    let Some(subject) = subject else { return Some(whole(run, history, now)) };
    if let Some(ix) = find(run, subject) {
        return Some(node(run, history, ix, now));
    }
    not_entered(run, subject, now)
}

impl Answer {
    /// Takes in that no engine drives the run, which its journal does not know: nothing goes on but what `runs` still.
    pub fn tell_undriven(&mut self, run: &str, runs: &[String]) {
        if self.life.ended_us.is_some() {
            return;
        }
        let still = match runs {
            [] => String::new(),
            runs => format!(" (still running: {})", runs.join(", ")),
        };
        let then = std::mem::take(&mut self.because);
        self.because = format!(
            "no engine drives the run, so nothing of it goes on{still}: `tiphys continue {run}`; when one did: {then}"
        );
    }

    /// The lock that it waits for now.
    pub fn awaited_lock(&self) -> Option<&str> {
        let open = self.waits.iter().find(|wait| wait.until_us.is_none() && wait.is_lock)?;
        Some(&open.on)
    }
}

/// What a list says of a run: its message, or what broke first where that does not tell.
///
/// A failed DAG has no message at all (EX-171), and that of steps only names a child.
pub fn reason(run: &Run) -> String {
    let message = run.message.as_deref().unwrap_or_default();
    let is_mute = message.is_empty() || (message.starts_with("child '") && message.ends_with("failed"));
    if !is_mute || !run.is_ended() || !run.phase.is_bad() {
        return message.to_owned();
    }
    let Some(first) = culprits(run, None).into_iter().find(|ix| run.node(*ix).message.is_some()) else {
        return message.to_owned();
    };
    format!("{}: {}", run.display_name(first), said(run, first))
}

/// The node that is meant, by its id, its name or the end of that (`group[0].step`). Of several with the same display name, or of the items of a step that has no node for its
/// loop, the one that has not come out well, or the last.
fn find(run: &Run, subject: &str) -> Option<NodeIx> {
    let exact = run.indices().find(|ix| run.id(*ix) == subject || run.name(*ix) == subject);
    let item = format!("{subject}(");
    let is_item = |ix: NodeIx| match &run.node(ix).site {
        Site::Item(step, _) => **step == *subject || run.name(ix).starts_with(&item),
        _ => false,
    };
    exact
        .or_else(|| oddest(run, &|ix| run.display_name(ix) == subject))
        .or_else(|| oddest(run, &is_item))
        .or_else(|| oddest(run, &|ix| ends_with_name(&run.name(ix), subject)))
}

/// Whether a full name ends with a name: with the whole of a part of it.
fn ends_with_name(full: &str, name: &str) -> bool {
    let head = full.strip_suffix(name).filter(|_| !name.is_empty());
    head.is_some_and(|head| head.ends_with('.') || name.starts_with('['))
}

/// The last node that has not come out well among those that are meant, else the last of them.
fn oddest(run: &Run, is_meant: &dyn Fn(NodeIx) -> bool) -> Option<NodeIx> {
    let meant: Vec<NodeIx> = run.indices().filter(|ix| is_meant(*ix)).collect();
    meant.iter().rev().find(|ix| !run.node(**ix).has_succeeded()).or(meant.last()).copied()
}

/// Who ended a run before it was over by itself, in words; nothing if nobody did since it was last tried again.
fn ended_by(history: &[(Time, Event)]) -> Option<String> {
    use crate::workflow::Control;
    let last = history.iter().rev().take_while(|(_, event)| !matches!(event, Event::Retried { .. }));
    let ends = last.filter_map(|(at, event)| match event {
        Event::Controlled { control: Control::Stop } => Some(("somebody asked to stop it", at)),
        Event::Controlled { control: Control::Terminate } => Some(("somebody asked to terminate it", at)),
        Event::Controlled { control: Control::Deadline } => Some(("the workflow's deadline passed", at)),
        _ => None,
    });
    // Looked at from the end: the first that was asked comes last.
    ends.last().map(|(what, at)| format!("{what} at {}", at.rfc3339()))
}

fn whole(run: &Run, history: &[(Time, Event)], now: Time) -> Answer {
    let causes = causes(run, None);
    let open = open(run, None, now);
    let ended = run.is_ended();
    let message = run.message.as_deref().unwrap_or_default();
    let ended_by = ended_by(history).filter(|_| ended && run.phase.is_bad());
    let because = if let Some(ended_by) = ended_by {
        ended_by
    } else if ended {
        match (run.phase.is_bad(), causes.first()) {
            (false, None) => "everything came out well".to_owned(),
            (false, Some(_)) => "it came out well; what failed in it was tolerated".to_owned(),
            (true, Some(first)) => format!("`{}` {}", first.name, outcome(first)),
            (true, None) if message.is_empty() => format!("it ended with {}", run.phase.name()),
            (true, None) => message.to_owned(),
        }
    } else if run.steering.suspended {
        "it is held: nothing new starts until somebody resumes it".to_owned()
    } else if let Some(strategy) = run.steering.strategy() {
        format!("it is being ended (`{strategy}`)")
    } else if run.waits_for_locks() {
        match message {
            "" => "it waits for its locks".to_owned(),
            message => message.to_owned(),
        }
    } else if run.is_postponed() {
        "it waits for a place: as many runs go on as the server's settings let".to_owned()
    } else {
        match open.first() {
            Some(first) => format!("`{}` {}", first.name, first.note),
            None => "it is about to begin".to_owned(),
        }
    };
    Answer {
        name: run.plan.name.to_string(),
        kind: "Workflow".to_owned(),
        template: run.plan.template(run.plan.entrypoint).name.to_string(),
        phase: match status::phase_name(run) {
            "" => "Pending".to_owned(),
            phase => phase.to_owned(),
        },
        message: message.to_owned(),
        because,
        life: Life { entered_us: run.started.map(|at| at.0), ended_us: run.finished.map(|at| at.0) },
        waits: waits(run, history, None, now),
        causes,
        open,
        wants: run.is_postponed().then_some(Wanted::Run),
        ..Answer::default()
    }
}

fn node(run: &Run, history: &[(Time, Event)], ix: NodeIx, now: Time) -> Answer {
    let node = run.node(ix);
    let message = node.message.as_deref().unwrap_or_default();
    let task = run.task_plan(ix);
    let causes = if node.phase.is_bad() { causes(run, Some(ix)) } else { Vec::new() };
    let mut waits = waits(run, history, Some(ix), now);
    waits.extend(before_entry(run, ix));
    waits.sort_by_key(|wait| wait.since_us);
    Answer {
        name: run.name(ix),
        id: run.id(ix),
        kind: node.shown_kind().name().to_owned(),
        template: run.template(ix).map(|template| template.name.to_string()).unwrap_or_default(),
        phase: node.phase.name().to_owned(),
        message: message.to_owned(),
        because: match ended_by(history).filter(|_| is_of_shutdown(message)) {
            Some(ended_by) => format!("the run was ended: {ended_by}"),
            None => sentence(run, ix, causes.first(), now),
        },
        life: Life { entered_us: Some(node.started.0), ended_us: node.finished.map(|at| at.0) },
        waits,
        held_by: Vec::new(),
        taken_by: Vec::new(),
        wants: run.wants_place(ix).then_some(Wanted::Step),
        depends: depends(run, ix),
        when: task
            .and_then(|task| task.when.as_ref())
            .or_else(|| run.hook_plan(ix).and_then(|hook| hook.expression.as_ref()))
            .map(|text| text.as_str().to_owned())
            .unwrap_or_default(),
        inputs: inputs(run, ix),
        causes,
        open: if node.phase.is_ended() { Vec::new() } else { open(run, Some(ix), now) },
    }
}

/// Whether a message says that a step ended because its run was ended (EX-290).
fn is_of_shutdown(message: &str) -> bool {
    message.contains("workflow shutdown with strategy")
}

/// One sentence about a node, without its name.
fn sentence(run: &Run, ix: NodeIx, cause: Option<&Dependency>, now: Time) -> String {
    let node = run.node(ix);
    let message = node.message.as_deref().unwrap_or_default();
    match node.phase {
        Phase::Pending | Phase::Running => waiting(run, ix, now),
        Phase::Succeeded => match node.memo.as_deref() {
            Some(memo) if memo.hit => {
                format!("a remembered result was taken: `{}` in `{}`", memo.key, memo.cache)
            }
            _ => "it came out well".to_owned(),
        },
        Phase::Skipped if node.is_taken_over() => {
            format!("what it gave in an earlier run was taken over: {message}")
        }
        Phase::Skipped if message.is_empty() => "its loop had no items".to_owned(),
        Phase::Skipped => format!("its condition did not hold: {message}"),
        Phase::Omitted => {
            let all = depends(run, ix);
            // One that asks for a failure is omitted because all is well.
            let is_well = all.iter().all(|on| on.phase == "Succeeded");
            let told = all.iter().filter(|on| is_well || on.phase != "Succeeded");
            let told: Vec<String> = told.map(|on| format!("`{}` is {}", on.name, on.phase)).collect();
            format!("what it depends on did not come out as it asks: {}", told.join(", "))
        }
        Phase::Failed | Phase::Error => match cause {
            Some(cause) => format!("`{}` {}", cause.name, outcome(cause)),
            None if message.is_empty() => format!("it ended with {}", node.phase.name()),
            None => match run.lost.contains_key(&ix) {
                true => format!("it was lost: {}; {}", said(run, ix), after_loss(run, ix)),
                false => said(run, ix),
            },
        },
    }
}

/// The message of a node, and what led to it where Argo's words do not tell: what became of one that was lost, which
/// probe ended a container.
fn said(run: &Run, ix: NodeIx) -> String {
    let message = run.node(ix).message.as_deref().unwrap_or_default();
    match run.lost.get(&ix).or_else(|| run.ascribed.get(&ix)) {
        Some(cause) => format!("{message} ({cause})"),
        None => message.to_owned(),
    }
}

/// What can be said to people whose step was lost.
fn after_loss(run: &Run, ix: NodeIx) -> &'static str {
    match run.node(run.node(ix).owner).kind {
        NodeKind::Retry => "its log until then is kept, and what it did after that is not known",
        _ => {
            "its log until then is kept, and what it did after that is not known; a `retryStrategy` would have tried it again"
        }
    }
}

fn outcome(on: &Dependency) -> String {
    let verb = match on.phase.as_str() {
        _ if on.is_lost => "was lost",
        "Error" => "could not be run",
        _ => "failed",
    };
    if on.note.is_empty() { verb.to_owned() } else { format!("{verb}: {}", on.note) }
}

/// What a node that has not ended waits for or does.
pub(super) fn waiting(run: &Run, ix: NodeIx, now: Time) -> String {
    let node = run.node(ix);
    let message = node.message.as_deref().unwrap_or_default();
    let told = |what: &str| match message {
        "" => what.to_owned(),
        message => format!("{what}: {message}"),
    };
    match node.gate {
        Some(Gate::Locks) => {
            return match &node.awaited {
                // Its message says the same in Argo's words.
                Some(lock) => format!("waits for the lock `{lock}`"),
                None => "asks for its locks".to_owned(),
            };
        }
        Some(Gate::Memo) => return "asks for a remembered result".to_owned(),
        Some(Gate::Room) => return "waits until fewer pods run: the workflow limits them".to_owned(),
        None => {}
    }
    let due = run.due_of(ix).filter(|due| *due > now).map(Time::rfc3339);
    match (node.kind, node.phase) {
        (NodeKind::Suspend, _) => match due {
            Some(due) => format!("waits until {due}, or until somebody resumes it"),
            None => "waits until somebody resumes it".to_owned(),
        },
        (NodeKind::Retry, _) => {
            let tries = run.attempts(ix).len();
            match due {
                Some(due) => format!("waits until {due} before try {}", tries + 1),
                None => format!("is at try {tries}"),
            }
        }
        (kind, _) if kind.is_started() && node.daemoned => match &node.address {
            Some(address) => format!("is ready at {address} and serves until nobody needs it"),
            None => "is ready and serves until nobody needs it".to_owned(),
        },
        (kind, Phase::Pending) if kind.is_started() => told("waits to be started"),
        (kind, _) if kind.is_started() && message.is_empty() && run.is_daemon(ix) => {
            "runs, and is not ready yet".to_owned()
        }
        (NodeKind::Container, Phase::Pending) => "waits for its pod to be started".to_owned(),
        (NodeKind::Container, _) if message.is_empty() => "runs".to_owned(),
        (NodeKind::Container, _) => message.to_owned(),
        (kind, _) if kind.is_started() => told("runs"),
        _ => match open(run, Some(ix), now).first() {
            Some(first) => format!("has `{}` open, which {}", first.name, first.note),
            None if run.steering.suspended => "is held until somebody resumes the workflow".to_owned(),
            None if message.is_empty() => "is about to go on".to_owned(),
            None => message.to_owned(),
        },
    }
}

/// The tasks a node's task depends on, with their phases.
fn depends(run: &Run, ix: NodeIx) -> Vec<Dependency> {
    let Some((frame, task)) = run.task_of(ix) else { return Vec::new() };
    let frame = &run.frames[frame as usize];
    let tasks = run.tasks(frame);
    let list = tasks.dependencies.of(task).iter();
    list.map(|on| dependency(run, frame.node, &tasks.tasks[on.at()].name)).collect()
}

fn dependency(run: &Run, around: NodeIx, name: &str) -> Dependency {
    match sibling(run, around, name) {
        Some(ix) => Dependency {
            name: name.to_owned(),
            id: run.id(ix),
            kind: run.node(ix).shown_kind().name().to_owned(),
            phase: run.node(ix).phase.name().to_owned(),
            note: match said(run, ix) {
                // Who waits for a daemon does not wait for its end (EX-370).
                said if said.is_empty() && run.is_unready(ix) => "is not ready yet".to_owned(),
                said => said,
            },
            is_lost: run.lost.contains_key(&ix),
        },
        None => Dependency { name: name.to_owned(), phase: "NotStarted".to_owned(), ..Dependency::default() },
    }
}

/// The time between the beginning of a dag and the entry of one of its tasks.
fn before_entry(run: &Run, ix: NodeIx) -> Option<Wait> {
    let node = run.node(ix);
    let (frame, task) = run.task_of(ix)?;
    let frame = &run.frames[frame as usize];
    let tasks = run.tasks(frame);
    let since = run.node(frame.node).started;
    let last = tasks
        .dependencies
        .of(task)
        .iter()
        .filter_map(|on| sibling(run, frame.node, &tasks.tasks[on.at()].name))
        .max_by_key(|on| run.node(*on).finished)?;
    Some(Wait {
        what: "what it depends on".to_owned(),
        on: run.name(last),
        since_us: since.0,
        until_us: Some(node.started.0),
        took_us: node.started.since_us(since),
        is_lock: false,
    })
}

/// Everything that a node, or the workflow itself, waited for after its entry.
fn waits(run: &Run, history: &[(Time, Event)], subject: Option<NodeIx>, now: Time) -> Vec<Wait> {
    let mut list: Vec<Wait> = Vec::new();
    let close = |list: &mut Vec<Wait>, at: Time| {
        if let Some(last) = list.last_mut().filter(|last| last.until_us.is_none()) {
            last.until_us = Some(at.0);
            last.took_us = at.0.saturating_sub(last.since_us);
        }
    };
    let begin = |list: &mut Vec<Wait>, at: Time, what: String, on: String| {
        close(list, at);
        list.push(Wait { what, on, since_us: at.0, ..Wait::default() });
    };
    for (at, event) in history {
        match event {
            Event::Entered(Arrival { node, kind, phase, gate, .. }) if Some(*node) == subject => {
                if gate.is_none() && kind.is_started() && *phase == Phase::Pending {
                    begin(&mut list, *at, "its start".to_owned(), String::new());
                } else if *kind == NodeKind::Suspend && !phase.is_ended() {
                    begin(&mut list, *at, "somebody to resume it".to_owned(), String::new());
                }
            }
            Event::Entered(Arrival { owner, site: Site::Attempt(_), .. }) if Some(*owner) == subject => {
                close(&mut list, *at);
            }
            Event::LocksAwaited { node, lock, .. } if *node == subject => {
                begin(&mut list, *at, format!("the lock `{lock}`"), lock.to_string());
                list.iter_mut().next_back().into_iter().for_each(|wait| wait.is_lock = true);
            }
            Event::MemoAsked { node, memo } if Some(*node) == subject => {
                begin(&mut list, *at, format!("the remembered result `{}`", memo.key), memo.cache.clone());
            }
            Event::LocksHeld { node } if *node == subject => close(&mut list, *at),
            Event::Opened { node, .. } if Some(*node) == subject => {
                close(&mut list, *at);
                let kind = run.node(*node).kind;
                if kind.is_started() {
                    begin(&mut list, *at, "its start".to_owned(), String::new());
                } else if kind == NodeKind::Suspend {
                    begin(&mut list, *at, "somebody to resume it".to_owned(), String::new());
                }
            }
            Event::Scheduled { node, due } if Some(*node) == subject => {
                let what = match run.node(*node).kind {
                    NodeKind::Suspend => format!("the end of its time at {}, or somebody", due.rfc3339()),
                    _ => format!("its next try at {}", due.rfc3339()),
                };
                begin(&mut list, *at, what, String::new());
            }
            Event::Observed { node, .. } | Event::MemoHit { node } | Event::Ended { node, .. }
                if Some(*node) == subject =>
            {
                close(&mut list, *at);
            }
            Event::Controlled { control: crate::workflow::Control::Suspend } if subject.is_none() => {
                begin(&mut list, *at, "somebody to resume it".to_owned(), String::new());
            }
            Event::Controlled { .. } | Event::Finished { .. } if subject.is_none() => close(&mut list, *at),
            _ => {}
        }
    }
    if let Some(last) = list.last_mut().filter(|last| last.until_us.is_none()) {
        last.took_us = now.0.saturating_sub(last.since_us);
    }
    // A wait that nobody could notice explains nothing, unless it still goes on.
    list.retain(|wait| wait.until_us.is_none() || wait.took_us >= NOTICED_US);
    list
}

/// Whether a node lies below another one, or is it.
fn is_below(run: &Run, ix: NodeIx, above: Option<NodeIx>) -> bool {
    let Some(above) = above else { return true };
    let mut at = ix;
    loop {
        if at == above {
            return true;
        }
        let node = run.node(at);
        if node.site == Site::Entry {
            return false;
        }
        at = node.owner;
    }
}

fn causes(run: &Run, above: Option<NodeIx>) -> Vec<Dependency> {
    culprits(run, above).into_iter().map(|ix| of_node(run, ix)).collect()
}

/// The nodes that failed by themselves, the first first: what a failure goes back to.
fn culprits(run: &Run, above: Option<NodeIx>) -> Vec<NodeIx> {
    let mut with_bad_child = BTreeSet::new();
    let mut superseded: BTreeSet<NodeIx> = BTreeSet::new();
    for ix in run.indices() {
        let node = run.node(ix);
        if node.phase.is_bad() && node.owner != ix {
            with_bad_child.insert(node.owner);
            with_bad_child.extend(node.boundary);
        }
        // Tries that were followed by another one are history.
        superseded.extend(run.attempts(ix).split_last().map(|(_, before)| before).unwrap_or_default());
    }
    let mut found: Vec<NodeIx> = run
        .indices()
        .filter(|ix| {
            let is_own = run.node(*ix).phase.is_bad() && !with_bad_child.contains(ix);
            is_own && !superseded.contains(ix) && above != Some(*ix) && is_below(run, *ix, above)
        })
        .collect();
    // What was tolerated is no reason, unless there is no other.
    let mut tolerance = Tolerance::of(run, above);
    if found.iter().any(|ix| !tolerance.covers(*ix)) {
        found.retain(|ix| !tolerance.covers(*ix));
    }
    found.sort_by_key(|ix| (run.node(*ix).finished, *ix));
    found.truncate(LISTED_MAX);
    found
}

fn of_node(run: &Run, ix: NodeIx) -> Dependency {
    let node = run.node(ix);
    Dependency {
        name: run.name(ix),
        id: run.id(ix),
        kind: node.shown_kind().name().to_owned(),
        phase: node.phase.name().to_owned(),
        note: said(run, ix),
        is_lost: run.lost.contains_key(&ix),
    }
}

/// The leaves below a node that wait or run, those that wait first.
fn open(run: &Run, above: Option<NodeIx>, now: Time) -> Vec<Dependency> {
    let is_leaf = |ix: &NodeIx| {
        let node = run.node(*ix);
        let waits_itself = node.gate.is_some() || run.due_of(*ix).is_some();
        !node.phase.is_ended() && (node.kind.is_executable() || waits_itself)
    };
    let mut found: Vec<NodeIx> =
        run.indices().filter(|ix| is_leaf(ix) && above != Some(*ix) && is_below(run, *ix, above)).collect();
    let runs = |ix: &NodeIx| {
        let node = run.node(*ix);
        node.phase == Phase::Running && node.kind.is_started()
    };
    found.sort_by_key(|ix| (runs(ix), *ix));
    found.truncate(LISTED_MAX);
    found.into_iter().map(|ix| Dependency { note: waiting(run, ix, now), ..of_node(run, ix) }).collect()
}

/// A task that has no node yet, by its own name or `<node>.<task>`.
fn not_entered(run: &Run, subject: &str, now: Time) -> Option<Answer> {
    for frame in run.frames.iter().rev() {
        let tasks = run.tasks(frame);
        let around = run.name(frame.node);
        for (at, task) in tasks.tasks.iter().enumerate() {
            let full = format!("{around}.{}", task.name);
            if *task.name != *subject && full != subject && !ends_with_name(&full, subject) {
                continue;
            }
            let list = tasks.dependencies.of(TaskIx(at as u32)).iter();
            let depends: Vec<Dependency> =
                list.map(|on| dependency(run, frame.node, &tasks.tasks[on.at()].name)).collect();
            let group = tasks.groups.iter().position(|group| group.contains(&(at as u32)));
            return Some(Answer {
                name: full,
                kind: "Task".to_owned(),
                phase: "NotStarted".to_owned(),
                because: why_not(run, frame.node, &task.name, &depends, group, now),
                when: task.when.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default(),
                depends,
                ..Answer::default()
            });
        }
    }
    None
}

fn why_not(
    run: &Run,
    around: NodeIx,
    task: &str,
    depends: &[Dependency],
    group: Option<usize>,
    now: Time,
) -> String {
    let frame = run.node(around);
    if frame.phase.is_ended() {
        return format!("`{}` ended with {} before its turn came", run.name(around), frame.phase.name());
    }
    let is_open = |on: &&Dependency| matches!(on.phase.as_str(), "NotStarted" | "Pending" | "Running");
    let waits: Vec<String> = depends
        .iter()
        .filter(is_open)
        .map(|on| match on.note.is_empty() {
            true => format!("`{}` ({})", on.name, on.phase),
            false => format!("`{}` ({}: {})", on.name, on.phase, on.note),
        })
        .collect();
    if !waits.is_empty() {
        return format!("it waits for {}", waits.join(", "));
    }
    if run.steering.suspended {
        return "the workflow is held: nothing new starts until somebody resumes it".to_owned();
    }
    if let Some(strategy) = run.steering.strategy() {
        return format!("the workflow is being ended (`{strategy}`)");
    }
    let current = run.frame_of(around).and_then(|frame| frame.group);
    if let (Some(group), Some(current)) = (group, current)
        && run.node(current).site != Site::Group(u32::try_from(group).unwrap_or(u32::MAX))
    {
        return format!(
            "it is in group {} and `{}` is not over: it {}",
            group + 1,
            run.name(current),
            waiting(run, current, now)
        );
    }
    if let Some(daemon) = run.awaited_daemon(around) {
        return format!("it waits until the daemon `{}` is ready again", run.name(daemon));
    }
    let (frame, task) = (run.name(around), format!(".{task}"));
    let mut limits = super::held(run).into_iter();
    let limit = limits.find(|held| held.name.starts_with(&frame) && held.name.ends_with(&task));
    match limit {
        Some(limit) => format!("it {}", limit.text),
        None => "it is about to begin".to_owned(),
    }
}

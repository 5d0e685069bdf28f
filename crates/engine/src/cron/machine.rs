//! The machine of a schedule: what it makes of each instant, and of what happens in between.
//!
//! It decides on what it is told, in Argo's order (CR-065 to CR-073), and the run of an instant has a name made
//! of that instant, so that nothing is run twice whatever is heard twice (I5).

use super::condition::{Facts, should_run, should_stop};
use super::event::{Answer, Command, Event, Input, RunRef};
use super::run;
use super::schedule::{self, Schedule};
use super::state::{Firing, Pending, RECENT_MAX, State, Status, Verdict};
use crate::machine::{Machine, Outbox, Progress};
use crate::time::Time;
use std::time::Duration;
use tiphys_expr::World;
use tiphys_spec as spec;

/// How late a timer may go off and still count as on time: a busy machine, or a restart in between.
pub const LATE_MAX: Duration = Duration::from_secs(30);

/// A schedule with what it remembers.
#[derive(Clone, Debug, Default)]
pub struct Cron {
    state: State,
    /// The schedules, parsed; none where one cannot be parsed.
    schedules: Vec<Option<Schedule>>,
}

impl Cron {
    /// A schedule as it was written down.
    pub fn new(state: State) -> Cron {
        let schedules = parse(&state);
        Cron { state, schedules }
    }

    /// What it remembers.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// When a timer goes off next.
    pub fn next_due(&self) -> Option<Time> {
        self.state.armed.iter().flatten().min().copied()
    }

    /// The coming instants, at most so many.
    pub fn upcoming(&self, now: Time, count: usize) -> Vec<Time> {
        upcoming(&self.schedules, now, count)
    }

    fn record(&mut self, event: Event, now: Time, out: &mut Outbox<Cron>) {
        self.apply(now, &event);
        out.events.push(event);
    }

    /// The schedules and where they are read.
    fn timetable(&self) -> (String, String) {
        (self.state.schedules(), self.state.timezone().to_owned())
    }

    /// What conditions may look at.
    fn facts(&self) -> Facts {
        let metadata = &self.state.document.metadata;
        let status = &self.state.status;
        Facts {
            name: metadata.name.clone(),
            namespace: metadata.namespace.clone(),
            labels: metadata.labels.clone(),
            annotations: metadata.annotations.clone(),
            succeeded: status.succeeded,
            failed: status.failed,
            last_scheduled_time: status.last_scheduled.map(Time::timestamp),
        }
    }

    /// Whether the document can run; the condition is kept true (CR-066). Timers stay as they are (CR-115).
    fn is_valid(&mut self, flaw: Option<String>, now: Time, out: &mut Outbox<Cron>) -> bool {
        let error = &self.state.status.spec_error;
        match flaw {
            Some(message) => {
                if error.as_ref() != Some(&message) {
                    self.record(Event::Invalid { message }, now, out);
                }
                false
            }
            None => {
                if error.is_some() {
                    self.record(Event::Valid, now, out);
                }
                true
            }
        }
    }

    /// Fires for the instant of the timers that went off (CR-085), and tells of those that passed without a run.
    fn tick(&mut self, flaw: Option<String>, now: Time, out: &mut Outbox<Cron>) {
        let due = self.state.armed.iter().flatten().filter(|due| **due <= now).max().copied();
        let Some(due) = due else { return };
        let passed = self.passed(now);
        // The machine slept, or we were away: what is late for longer was missed.
        let mut candidates = [due].into_iter().chain(passed.last().copied());
        let on_time = candidates.find(|at| at.plus(LATE_MAX) >= now);
        let late = match on_time {
            None if self.is_valid(flaw.clone(), now, out) => self.to_make_up(now),
            _ => None,
        };
        let chosen = on_time.or(late);
        for missed in passed.into_iter().filter(|at| Some(*at) != chosen) {
            if self.verdict_of(missed).is_none() {
                let reason = self.why_lost(missed, now, chosen, flaw.as_deref());
                let on_purpose = self.rests();
                self.record(Event::Missed { due: missed, reason, on_purpose }, now, out);
            }
        }
        if let Some(due) = on_time {
            return self.fire(due, flaw, now, out);
        }
        if let Some(due) = late {
            self.make_up_for(due, now, out);
        }
        self.record(Event::Armed, now, out);
    }

    /// The instants since the timers were set, up to now: the last ones, as many as are remembered.
    fn passed(&self, now: Time) -> Vec<Time> {
        let due =
            self.state.armed.iter().zip(&self.schedules).filter_map(|(due, schedule)| {
                Some(((*due)?, schedule.as_ref()?)).filter(|(due, _)| *due <= now)
            });
        let mut passed: Vec<Time> = due
            .flat_map(|(due, schedule)| {
                let later =
                    schedule.last_between(due.timestamp(), now.plus_nanos(1_000).timestamp(), RECENT_MAX);
                [due].into_iter().chain(later.into_iter().map(Time::from_timestamp))
            })
            .collect();
        passed.sort_unstable();
        passed.dedup();
        passed.split_off(passed.len().saturating_sub(RECENT_MAX))
    }

    /// Whether somebody wants that nothing fires.
    fn rests(&self) -> bool {
        self.state.document.spec.suspend || self.state.status.phase == STOPPED
    }

    /// Why an instant is not run, when perhaps another one is.
    fn why_lost(&self, due: Time, now: Time, chosen: Option<Time>, flaw: Option<&str>) -> String {
        let state = &self.state;
        if state.document.spec.suspend {
            return "the schedule was suspended".to_owned();
        }
        if state.status.phase == STOPPED {
            return "the schedule had stopped: its stopStrategy was fulfilled".to_owned();
        }
        if let Some(flaw) = flaw {
            return format!("the schedule was not valid: {flaw}");
        }
        let late = now.since_us(due) / 1_000_000;
        let why = match self.deadline() {
            _ if chosen.is_some() && due.plus(LATE_MAX) >= now => {
                "; of several times that passed at once only one is run".to_owned()
            }
            None => ", and without `startingDeadlineSeconds` nothing is made up for".to_owned(),
            Some(deadline) if now >= due.plus(deadline) => {
                format!(", more than the `startingDeadlineSeconds` of {} allow", deadline.as_secs())
            }
            Some(deadline) if state.status.last_scheduled.is_none() => format!(
                "; `startingDeadlineSeconds` of {} counts from the first run on, and there was none",
                deadline.as_secs()
            ),
            Some(_) if state.last_used.as_ref() != Some(&state.schedules()) => {
                "; the schedule was changed since its last run, and what it missed was let go".to_owned()
            }
            Some(_) => "; of several missed times only the latest is made up for".to_owned(),
        };
        format!("{late} s late{why}")
    }

    /// How late a missed instant is still made up for; zero means never (CR-006).
    fn deadline(&self) -> Option<Duration> {
        let seconds = self.state.document.spec.starting_deadline_seconds?;
        u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
    }

    /// Makes up for the latest missed instant, once, if the deadline allows it (CR-111).
    fn make_up(&mut self, now: Time, out: &mut Outbox<Cron>) {
        if let Some(due) = self.to_make_up(now) {
            self.make_up_for(due, now, out);
        }
    }

    /// The missed instant that is to be made up for.
    fn to_make_up(&self, now: Time) -> Option<Time> {
        let state = &self.state;
        let (last, deadline) = (state.status.last_scheduled?, self.deadline()?);
        if state.last_used.as_ref() != Some(&state.schedules()) {
            return None;
        }
        let due = self.schedules.iter().flatten().find_map(|schedule| {
            let latest = schedule.latest_between(last.timestamp(), now.timestamp())?;
            let latest = Time::from_timestamp(latest);
            (now < latest.plus(deadline)).then_some(latest)
        })?;
        if state.pending.iter().any(|pending| pending.due == due) {
            return None;
        }
        // What failed for good fails again; only what was skipped has a second chance (CR-114).
        let failed = matches!(self.verdict_of(due), Some(Verdict::Failed { .. }));
        (!failed).then_some(due)
    }

    fn make_up_for(&mut self, due: Time, now: Time, out: &mut Outbox<Cron>) {
        let before = self.verdict_of(due).cloned();
        let verdict = self.judge(due, now, out);
        if Some(&verdict) != before.as_ref() {
            self.settle(due, verdict, now, out);
        }
    }

    fn verdict_of(&self, due: Time) -> Option<&Verdict> {
        self.state.recent.iter().rev().find(|firing| firing.due == due).map(|firing| &firing.verdict)
    }

    fn fire(&mut self, due: Time, flaw: Option<String>, now: Time, out: &mut Outbox<Cron>) {
        let flaw_text = flaw.clone();
        let verdict = if self.is_valid(flaw, now, out) {
            self.judge(due, now, out)
        } else {
            Verdict::Failed { message: flaw_text.unwrap_or_default() }
        };
        self.settle(due, verdict, now, out);
    }

    fn settle(&mut self, due: Time, verdict: Verdict, now: Time, out: &mut Outbox<Cron>) {
        if let Verdict::Run { name, replaces } = &verdict {
            out.commands.extend(replaces.iter().cloned().map(Command::Terminate));
            out.commands.push(Command::Submit { due, name: name.clone() });
        }
        self.record(Event::Fired { due, verdict }, now, out);
    }

    /// What is made of an instant (CR-067 to CR-070).
    fn judge(&mut self, due: Time, now: Time, out: &mut Outbox<Cron>) -> Verdict {
        let skipped = |reason: &str| Verdict::Skipped { reason: reason.to_owned(), on_purpose: true };
        if let Err(message) = self.look_whether_to_stop(now, out) {
            return Verdict::Failed { message };
        }
        let spec = &self.state.document.spec;
        if spec.suspend {
            return skipped("the schedule is suspended");
        }
        if self.state.status.phase == STOPPED {
            return skipped("the schedule has stopped: its stopStrategy was fulfilled");
        }
        if !spec.when.is_empty() {
            match should_run(&spec.when, &self.facts(), &world(due, now)) {
                Ok(true) => {}
                Ok(false) => return skipped(&format!("its condition is false: {}", spec.when)),
                Err(error) => return Verdict::Failed { message: format!("run policy error: {error}") },
            }
        }
        let active = &self.state.status.active;
        let mut replaces = Vec::new();
        match spec.concurrency_policy.as_str() {
            "Forbid" if !active.is_empty() || !self.state.pending.is_empty() => {
                let name = active.first().map(|run| run.name.as_str()).unwrap_or("the run before");
                let reason = format!("`{name}` still runs, and concurrencyPolicy Forbid lets only one run");
                return Verdict::Skipped { reason, on_purpose: false };
            }
            "Replace" => replaces.clone_from(active),
            _ => {}
        }
        Verdict::Run { name: run::name(&self.state.document.metadata.name, due), replaces }
    }

    /// Looks at the stop expression (CR-067, CR-133). The error is the condition's message.
    fn look_whether_to_stop(&mut self, now: Time, out: &mut Outbox<Cron>) -> Result<(), String> {
        let Some(strategy) = &self.state.document.spec.stop_strategy else { return Ok(()) };
        if strategy.expression.is_empty() || self.state.status.phase == STOPPED {
            return Ok(());
        }
        match should_stop(&strategy.expression, &self.facts(), &world(now, now)) {
            Ok(false) => {}
            Ok(true) => self.record(Event::Stopped, now, out),
            Err(error) => {
                let name = &self.state.document.metadata.name;
                let message = format!("failed to check CronWorkflow '{name}' stopping condition: {error}");
                if self.state.status.spec_error.as_ref() != Some(&message) {
                    self.record(Event::Invalid { message: message.clone() }, now, out);
                }
                return Err(message);
            }
        }
        Ok(())
    }

    fn described(
        &mut self,
        document: Box<spec::CronWorkflow>,
        zone: String,
        status: Option<Box<Status>>,
        now: Time,
        out: &mut Outbox<Cron>,
    ) {
        if *document != self.state.document || zone != self.state.zone || status.is_some() {
            self.record(Event::Described { document, zone, status }, now, out);
        }
    }

    fn submitted(&mut self, due: Time, answer: Answer, now: Time, out: &mut Outbox<Cron>) {
        let Some(pending) = self.state.pending.iter().find(|pending| pending.due == due) else { return };
        let event = match answer {
            Answer::Created { uid } => {
                Event::Submitted { due, run: RunRef { name: pending.name.clone(), uid } }
            }
            Answer::Taken => Event::Taken { due },
            Answer::Failed(message) => {
                Event::Refused { due, message: format!("Failed to submit Workflow: {message}") }
            }
        };
        self.record(event, now, out);
    }
}

/// The phase of a schedule that makes no more runs.
const STOPPED: &str = "Stopped";

fn world(due: Time, now: Time) -> World {
    World { now: now.timestamp(), seed: due.0.unsigned_abs() }
}

fn parse(state: &State) -> Vec<Option<Schedule>> {
    let zone = state.timezone();
    state.document.spec.schedules.iter().map(|text| schedule::parse(text, zone).ok()).collect()
}

fn upcoming(schedules: &[Option<Schedule>], now: Time, count: usize) -> Vec<Time> {
    let mut found = Vec::with_capacity(count);
    let mut at = now.timestamp();
    while found.len() < count {
        let next = schedules.iter().flatten().filter_map(|schedule| schedule.next(at)).min();
        let Some(next) = next else { break };
        found.push(Time::from_timestamp(next));
        at = next;
    }
    found
}

/// The coming instants of a document's schedules. The error names the schedule that cannot be read.
pub fn next_of(
    spec: &spec::CronWorkflowSpec,
    zone: &str,
    now: Time,
    count: usize,
) -> Result<Vec<Time>, String> {
    let zone = if spec.timezone.is_empty() { zone } else { &spec.timezone };
    let mut schedules = Vec::new();
    for text in &spec.schedules {
        let parsed = schedule::parse(text, zone)
            .map_err(|error| format!("cron schedule {text} is malformed: {error}"))?;
        schedules.push(Some(parsed));
    }
    Ok(upcoming(&schedules, now, count))
}

impl Machine for Cron {
    type Input = Input;
    type Event = Event;
    type Command = Command;

    fn handle(&mut self, input: Input, now: Time, out: &mut Outbox<Self>) -> Progress {
        match input {
            Input::Described { document, zone, status, flaw } => {
                let (was_valid, before) = (self.state.status.spec_error.is_none(), self.timetable());
                let is_new = self.state.document.metadata.uid.is_empty();
                self.described(document, zone, status, now, out);
                // Timers of schedules that stay go on; one that is due goes off for the new document.
                let is_other = is_new || before != self.timetable();
                if self.is_valid(flaw, now, out) {
                    self.make_up(now, out);
                    if is_other {
                        self.record(Event::Armed, now, out);
                    }
                } else if was_valid && is_new {
                    // It never could run: there are no timers to keep.
                    self.record(Event::Armed, now, out);
                }
            }
            Input::Recovered { flaw } | Input::Due { flaw } => self.tick(flaw, now, out),
            Input::Submitted { due, answer } => self.submitted(due, answer, now, out),
            Input::RunSeen(run) => {
                if !self.state.status.active.iter().any(|active| active.uid == run.uid) {
                    self.record(Event::Joined { run }, now, out);
                }
            }
            Input::RunEnded { uid, succeeded, flaw } => {
                if self.state.status.active.iter().any(|active| active.uid == uid) {
                    self.record(Event::Counted { uid, succeeded }, now, out);
                    if self.look_whether_to_stop(now, out).is_ok() && self.is_valid(flaw, now, out) {
                        self.make_up(now, out);
                    }
                }
            }
            Input::RunGone { uid } => {
                if self.state.status.active.iter().any(|active| active.uid == uid) {
                    self.record(Event::Left { uid }, now, out);
                }
            }
        }
        Progress::Done
    }

    fn apply(&mut self, at: Time, event: &Event) {
        let state = &mut self.state;
        match event {
            Event::Described { document, zone, status } => {
                state.document = (**document).clone();
                state.zone.clone_from(zone);
                if let Some(status) = status {
                    state.status = (**status).clone();
                }
                self.schedules = parse(state);
            }
            Event::Armed => {
                state.armed = self.schedules.iter().map(|schedule| next(schedule, at)).collect();
            }
            Event::Invalid { message } => state.status.spec_error = Some(message.clone()),
            Event::Valid => state.status.spec_error = None,
            Event::Fired { due, verdict } => {
                state.last_used = Some(state.schedules());
                for (armed, schedule) in state.armed.iter_mut().zip(&self.schedules) {
                    if armed.is_some_and(|armed| armed <= at) {
                        *armed = next(schedule, at);
                    }
                }
                match verdict {
                    Verdict::Run { name, replaces } => {
                        state.pending.push(Pending { due: *due, name: name.clone() });
                        state.replaced.extend(replaces.iter().cloned());
                    }
                    // An error of the condition counts as a failure (CR-143); one of the document does not.
                    Verdict::Failed { message } if state.status.spec_error.is_none() => {
                        state.status.submission_error = Some(message.clone());
                        state.status.failed += 1;
                    }
                    Verdict::Failed { .. } | Verdict::Skipped { .. } | Verdict::Missed { .. } => {}
                }
                remember(state, *due, at, verdict.clone());
            }
            Event::Missed { due, reason, on_purpose } => {
                let verdict = Verdict::Missed { reason: reason.clone(), on_purpose: *on_purpose };
                remember(state, *due, at, verdict);
            }
            Event::Submitted { due, run } => {
                state.pending.retain(|pending| pending.due != *due);
                state.status.active.push(run.clone());
                ACTIVE.clone_into(&mut state.status.phase);
                state.status.last_scheduled = Some(*due);
                state.status.submission_error = None;
            }
            Event::Taken { due } => state.pending.retain(|pending| pending.due != *due),
            Event::Refused { due, message } => {
                state.pending.retain(|pending| pending.due != *due);
                state.status.submission_error = Some(message.clone());
                state.status.failed += 1;
                let told = state.recent.iter_mut().rev().find(|firing| firing.due == *due);
                if let Some(firing) = told {
                    firing.verdict = Verdict::Failed { message: message.clone() };
                }
            }
            Event::Joined { run } => state.status.active.push(run.clone()),
            Event::Counted { uid, succeeded } => {
                forget(state, uid);
                match succeeded {
                    true => state.status.succeeded += 1,
                    false => state.status.failed += 1,
                }
            }
            Event::Left { uid } => forget(state, uid),
            Event::Stopped => STOPPED.clone_into(&mut state.status.phase),
        }
    }

    fn outstanding(&self) -> Vec<Command> {
        let state = &self.state;
        let ends = state.replaced.iter().cloned().map(Command::Terminate);
        let runs = state.pending.iter();
        ends.chain(runs.map(|pending| Command::Submit { due: pending.due, name: pending.name.clone() }))
            .collect()
    }
}

/// The phase of a schedule that made a run.
const ACTIVE: &str = "Active";

fn next(schedule: &Option<Schedule>, at: Time) -> Option<Time> {
    schedule.as_ref()?.next(at.timestamp()).map(Time::from_timestamp)
}

/// An instant that is judged again takes the place of its first judgement.
fn remember(state: &mut State, due: Time, at: Time, verdict: Verdict) {
    state.recent.retain(|firing| firing.due != due);
    state.recent.push_back(Firing { due, at, verdict });
    while state.recent.len() > RECENT_MAX {
        state.recent.pop_front();
    }
}

fn forget(state: &mut State, uid: &str) {
    state.status.active.retain(|run| run.uid != uid);
    state.replaced.retain(|run| run.uid != uid);
}

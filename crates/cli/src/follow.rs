//! Following a run: its events are folded as they become durable, and a view shows them.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use tiphys_controller::{Controller, Recorded, Update};
use tiphys_engine::workflow::{Attempt, Event};
use tiphys_engine::{Run, Time};

use crate::logs::Joiner;
use crate::print::{Paint, clean_line};
use crate::signal::{Signals, Wish};
use crate::state::now;

/// Shows a run while it goes on.
pub trait View {
    /// The run as it is when following begins.
    fn begin(&mut self, run: &Run);
    /// Events were folded into the run.
    fn recorded(&mut self, run: &Run, recorded: &Recorded);
    /// Log lines, ready to be printed.
    fn log(&mut self, text: &str);
    /// Some time has passed. Returns when to be called again at the latest.
    fn tick(&mut self, run: &Run, now: Time) -> Option<Duration>;
    /// The run is over.
    fn end(&mut self, run: &Run, now: Time);
    /// Following ends, the run goes on.
    fn leave(&mut self);
}

/// How following ended.
pub enum Finish {
    /// The run is over; its final document.
    Ended(Arc<Value>),
    /// It was taken back on the user's wish: nothing of it runs.
    Interrupted,
    /// The user left; steps may go on.
    Left,
    /// Another engine took it over.
    Fenced,
    /// The engine could not go on.
    Broken(String),
}

/// How often signals are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A run that is followed.
pub struct Follower<'a> {
    pub controller: &'a Controller,
    pub uid: &'a str,
    /// The run so far; none if nobody looks.
    pub run: Option<Run>,
    /// The last record that is folded in.
    pub seq: u64,
    pub updates: Receiver<Update>,
    pub view: Box<dyn View>,
    pub signals: &'a Signals,
    pub logs: Option<LogLines>,
}

impl Follower<'_> {
    /// Follows until the run ends, or the user wants to go.
    pub fn follow(mut self) -> Finish {
        if let Some(run) = &self.run {
            self.view.begin(run);
        }
        let mut interrupting = false;
        loop {
            match self.signals.wish() {
                Wish::Nothing => {}
                Wish::Interrupt if interrupting => {}
                Wish::Interrupt => {
                    interrupting = true;
                    self.view.log("stopping what runs; Ctrl-C again leaves at once\n");
                    // A controller that is gone says so through its updates.
                    drop(self.controller.interrupt(self.uid));
                }
                Wish::Leave => {
                    self.view.leave();
                    return Finish::Left;
                }
            }
            let patience = match &self.run {
                Some(run) => self.view.tick(run, now()).unwrap_or(LOOK_EVERY).min(LOOK_EVERY),
                None => LOOK_EVERY,
            };
            match self.updates.recv_timeout(patience) {
                Ok(update) => {
                    if let Some(finish) = self.hear(update) {
                        return finish;
                    }
                    // What has come meanwhile is shown in one go.
                    while let Ok(update) = self.updates.try_recv() {
                        if let Some(finish) = self.hear(update) {
                            return finish;
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.view.leave();
                    return Finish::Broken("the engine has stopped".to_owned());
                }
            }
        }
    }

    fn hear(&mut self, update: Update) -> Option<Finish> {
        match update {
            Update::Recorded(recorded) => {
                if let Some(run) = &mut self.run
                    && recorded.seq > self.seq
                {
                    recorded.events.iter().for_each(|event| run.apply(recorded.at, event));
                    self.seq = recorded.seq;
                    if let Some(logs) = &mut self.logs {
                        let text = logs.rest(run, &recorded);
                        if !text.is_empty() {
                            self.view.log(&text);
                        }
                    }
                    self.view.recorded(run, &recorded);
                }
                None
            }
            // Rows are for lists.
            Update::Row(_) => None,
            Update::Log { attempt, container, lines, .. } => {
                if let (Some(logs), Some(run)) = (&mut self.logs, &self.run) {
                    let text = logs.take(run, attempt, &container, &lines);
                    if !text.is_empty() {
                        self.view.log(&text);
                    }
                }
                None
            }
            Update::Ended(document) => {
                if let Some(run) = &self.run {
                    self.view.end(run, now());
                }
                Some(Finish::Ended(document))
            }
            Update::Interrupted(_) => {
                self.view.leave();
                Some(Finish::Interrupted)
            }
            Update::Deleted(_) => {
                self.view.leave();
                Some(Finish::Broken("the run was deleted".to_owned()))
            }
            Update::Fenced(_) => {
                self.view.leave();
                Some(Finish::Fenced)
            }
            Update::Parked { reason, .. } => {
                self.view.leave();
                Some(Finish::Broken(reason))
            }
            Update::Unheard { reason, .. } => {
                self.view.log(&format!(
                    "what became of the steps is not known yet: {reason}; it is asked again\n"
                ));
                None
            }
            Update::Unreadable { number, reason, .. } => {
                self.view.log(&format!(
                    "letter {number} of another process cannot be read and is dropped: {reason}\n"
                ));
                None
            }
            Update::StoreFailed(reason) => {
                self.view.leave();
                Some(Finish::Broken(reason))
            }
        }
    }
}

/// Log lines as they are shown beside each other: each with the name of its step.
pub struct LogLines {
    paint: Paint,
    joiners: BTreeMap<(Attempt, String), Joiner>,
}

impl LogLines {
    pub fn new(paint: Paint) -> LogLines {
        LogLines { paint, joiners: BTreeMap::new() }
    }

    fn take(&mut self, run: &Run, attempt: Attempt, container: &str, entries: &[u8]) -> String {
        if attempt.node.at() >= run.nodes.len() {
            return String::new();
        }
        let prefix = self.prefix(run, attempt, container);
        let joiner = self.joiners.entry((attempt, container.to_owned())).or_default();
        let mut text = String::new();
        for entry in entries.split(|byte| *byte == b'\n') {
            if let Some(line) = joiner.take(entry) {
                text.push_str(&format!("{prefix} {}\n", clean_line(&line.text)));
            }
        }
        text
    }
}

impl LogLines {
    fn prefix(&self, run: &Run, attempt: Attempt, container: &str) -> String {
        let name = clean_line(run.display_name(attempt.node).as_bytes());
        let name = if container == "main" { name } else { format!("{name}/{container}") };
        self.paint.by_key(&name, &format!("{name}:"))
    }

    /// Last lines without a newline, of steps that have ended.
    fn rest(&mut self, run: &Run, recorded: &Recorded) -> String {
        let mut text = String::new();
        for event in recorded.events.iter() {
            let Event::Ended { node, .. } = event else { continue };
            let keys: Vec<_> =
                self.joiners.keys().filter(|(attempt, _)| attempt.node == *node).cloned().collect();
            for key in keys {
                let rest = self.joiners.remove(&key).and_then(Joiner::rest);
                if let Some(line) = rest {
                    text.push_str(&format!(
                        "{} {}\n",
                        self.prefix(run, key.0, &key.1),
                        clean_line(&line.text)
                    ));
                }
            }
        }
        text
    }
}

/// Shows nothing.
pub struct Quiet;

impl View for Quiet {
    fn begin(&mut self, _run: &Run) {}
    fn recorded(&mut self, _run: &Run, _recorded: &Recorded) {}
    fn log(&mut self, text: &str) {
        crate::print::to_stderr(text);
    }
    fn tick(&mut self, _run: &Run, _now: Time) -> Option<Duration> {
        None
    }
    fn end(&mut self, _run: &Run, _now: Time) {}
    fn leave(&mut self) {}
}

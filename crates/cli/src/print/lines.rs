//! What happens, line by line: for pipes, files and machines that build.

use std::time::Duration;

use super::paint::{Paint, mention, to_stderr};
use super::text::clean_line;
use super::time::duration_us;
use crate::follow::View;
use tiphys_controller::Recorded;
use tiphys_engine::workflow::{Arrival, Event, NodeIx, NodeKind, Phase};
use tiphys_engine::{Run, Time};

/// One line for each step that ends.
pub struct Lines {
    paint: Paint,
    to_stderr: bool,
    /// The message that many steps end with, and how many did since another came.
    repeated: (String, u64),
}

/// Steps that end one after the other with the same message and are told one by one.
const REPEATED_MAX: u64 = 20;

impl Lines {
    /// Lines on standard output, or on standard error.
    pub fn new(paint: Paint, to_stderr: bool) -> Lines {
        Lines { paint, to_stderr, repeated: (String::new(), 0) }
    }

    fn write(&self, text: &str) {
        if self.to_stderr {
            to_stderr(text);
        } else {
            mention(text);
        }
    }

    /// The line of a node; nothing if so many before it said the same that nobody would read one more.
    fn told(&mut self, run: &Run, ix: NodeIx) -> String {
        let message = run.node(ix).message.as_deref().unwrap_or_default();
        if message.is_empty() || self.repeated.0 != message {
            let silent = self.silent();
            self.repeated = (message.to_owned(), 0);
            return silent + &self.line(run, ix);
        }
        self.repeated.1 += 1;
        match self.repeated.1 {
            count if count < REPEATED_MAX => self.line(run, ix),
            _ => String::new(),
        }
    }

    /// What is said of the steps that were passed over.
    fn silent(&self) -> String {
        match self.repeated.1.saturating_sub(REPEATED_MAX - 1) {
            0 => String::new(),
            count => format!("  … and {count} more with the same message\n"),
        }
    }

    fn line(&self, run: &Run, ix: NodeIx) -> String {
        let node = run.node(ix);
        let name = clean_line(run.name(ix).as_bytes());
        let took = match node.finished {
            Some(finished) if node.kind != NodeKind::Skipped => {
                format!("  {}", duration_us(finished.since_us(node.started)))
            }
            _ => String::new(),
        };
        let message = match node.message.as_deref() {
            Some(message) if !message.is_empty() => format!("  {}", clean_line(message.as_bytes())),
            _ => String::new(),
        };
        format!("{} {name}{}{message}\n", self.paint.sign(node.phase.name()), self.paint.dim(&took))
    }
}

impl View for Lines {
    fn begin(&mut self, _run: &Run) {}

    fn recorded(&mut self, run: &Run, recorded: &Recorded) {
        let mut text = String::new();
        for event in recorded.events.iter() {
            match event {
                Event::Ended { node, phase, .. } => {
                    let kind = run.node(*node).kind;
                    if kind.is_executable() || (phase.is_bad() && kind == NodeKind::Retry) {
                        text.push_str(&self.told(run, *node));
                    }
                }
                Event::Entered(Arrival { node, kind, phase, .. }) => {
                    if *kind == NodeKind::Suspend && *phase == Phase::Running {
                        let name = clean_line(run.name(*node).as_bytes());
                        let sign = self.paint.sign("Suspended");
                        text.push_str(&format!("{sign} {name}  waits\n"));
                    } else if *phase == Phase::Skipped || phase.is_bad() {
                        text.push_str(&self.told(run, *node));
                    }
                }
                _ => {}
            }
        }
        self.write(&text);
    }

    fn log(&mut self, text: &str) {
        self.write(text);
    }

    fn tick(&mut self, _run: &Run, _now: Time) -> Option<Duration> {
        None
    }

    fn end(&mut self, _run: &Run, _now: Time) {
        let silent = self.silent();
        self.repeated = (String::new(), 0);
        self.write(&silent);
    }

    fn leave(&mut self) {}
}

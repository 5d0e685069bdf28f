//! What happens, line by line: for pipes, files and machines that build.

use std::time::Duration;

use super::paint::{Paint, mention, to_stderr};
use super::text::clean_line;
use super::time::duration_us;
use crate::follow::View;
use tiphys_controller::Recorded;
use tiphys_engine::workflow::{Event, NodeIx, NodeKind, Phase};
use tiphys_engine::{Run, Time};

/// One line for each step that ends.
pub struct Lines {
    paint: Paint,
    to_stderr: bool,
}

impl Lines {
    /// Lines on standard output, or on standard error.
    pub fn new(paint: Paint, to_stderr: bool) -> Lines {
        Lines { paint, to_stderr }
    }

    fn write(&self, text: &str) {
        if self.to_stderr {
            to_stderr(text);
        } else {
            mention(text);
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
                        text.push_str(&self.line(run, *node));
                    }
                }
                Event::Entered { node, kind, phase, .. } => {
                    if *kind == NodeKind::Suspend && *phase == Phase::Running {
                        let name = clean_line(run.name(*node).as_bytes());
                        let sign = self.paint.sign("Suspended");
                        text.push_str(&format!("{sign} {name}  waits\n"));
                    } else if *phase == Phase::Skipped || phase.is_bad() {
                        text.push_str(&self.line(run, *node));
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

    fn end(&mut self, _run: &Run, _now: Time) {}

    fn leave(&mut self) {}
}

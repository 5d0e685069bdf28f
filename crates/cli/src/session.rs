//! A run driven from this process to its end, with a person or a program watching.

use serde_json::Value;
use std::process::ExitCode;
use std::sync::mpsc::Receiver;
use tiphys_controller::Update;
use tiphys_engine::Run;
use tiphys_runner::process;
use tiphys_store::{MachineId, Runs, Summary};

use crate::engine::{Engine, Steps};
use crate::follow::{Finish, Follower, LogLines, Quiet, View};
use crate::output::{self, Format};
use crate::print::{End, Lines, Live, Paint, Screen, end, is_terminal, mention, to_stderr, to_stdout};
use crate::signal::Signals;
use crate::state::Local;

/// Exit code of a run that was interrupted.
const INTERRUPTED: u8 = 130;

/// What is shown of a run while it goes on and when it is over.
#[derive(clap::Args, Clone, Debug)]
pub struct Show {
    /// Print the final workflow; everything else then goes to standard error
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Format>,
    /// Print log lines of the steps as they are written
    #[arg(long)]
    pub log: bool,
    /// Print nothing but errors and what `-o` asks for
    #[arg(short, long, conflicts_with = "log")]
    pub quiet: bool,
    /// Draw a live tree on a terminal; `--watch=false` prints plain lines
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub watch: bool,
    /// Not even how it ended is told.
    #[arg(skip)]
    pub silent: bool,
    /// Another one was printed before: what tells objects apart is written between them.
    #[arg(skip)]
    pub follows: bool,
}

impl Show {
    /// Nothing is shown, whatever happens.
    pub fn nothing() -> Show {
        Show { output: None, log: false, quiet: true, watch: false, silent: true, follows: false }
    }

    /// Whether the run must be followed event by event.
    pub fn looks(&self) -> bool {
        !self.quiet || self.log
    }

    /// How text for people is decorated.
    fn paint(&self) -> Paint {
        if self.output.is_some() { Paint::stderr() } else { Paint::stdout() }
    }

    fn view(&self, local: &Local, uid: &str) -> anyhow::Result<Box<dyn View>> {
        use std::io::IsTerminal;
        let (screen, terminal) = match self.output {
            Some(_) => (Screen::Stderr, std::io::stderr().is_terminal()),
            None => (Screen::Stdout, is_terminal()),
        };
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Ok(if self.quiet {
            Box::new(Quiet)
        } else if terminal && self.watch && !dumb {
            Box::new(Live::new(screen, self.paint(), local.state.run_dir(uid)?))
        } else {
            Box::new(Lines::new(self.paint(), self.output.is_some()))
        })
    }

    /// Text for people about the run.
    pub fn say(&self, text: &str) {
        match (self.quiet, self.output) {
            (true, _) => {}
            (false, Some(_)) => to_stderr(text),
            (false, None) => mention(text),
        }
    }
}

/// How a driven run left us.
pub enum Left {
    /// With this exit code; the next run may follow.
    Over(ExitCode),
    /// On the user's wish: nothing may follow.
    Interrupted(ExitCode),
}

/// What is needed to follow a run: its state when following begins, and the last record in it.
pub type Seen = (Run, u64);

/// Follows a run that `engine` drives, ends the engine, tells how it came out.
pub fn drive(
    local: &mut Local,
    engine: Engine,
    summary: &Summary,
    seen: Option<Seen>,
    updates: Receiver<Update>,
    show: &Show,
    signals: &Signals,
) -> anyhow::Result<Left> {
    let (run, seq) = seen.map_or((None, 0), |(run, seq)| (Some(run), seq));
    let finish = Follower {
        controller: &engine.controller,
        uid: &summary.uid,
        run,
        seq,
        updates,
        view: show.view(local, &summary.uid)?,
        signals,
        logs: show.log.then(|| LogLines::new(show.paint())),
    }
    .follow();
    let name = &summary.name;
    match finish {
        Finish::Ended(document) => {
            engine.finish(Steps::End)?;
            // A supervisor that was killed could not tidy up after itself, and the run needs nothing of it any more.
            process::sweep(local.state.dir(), |id| id != summary.uid);
            over(local, summary, &document, show).map(Left::Over)
        }
        Finish::Interrupted => {
            engine.finish(Steps::End)?;
            to_stderr(&format!(
                "interrupted; nothing of `{name}` runs any more, and nothing was recorded as failed\n\
                 go on with: tiphys continue {name}\n"
            ));
            Ok(Left::Interrupted(ExitCode::from(INTERRUPTED)))
        }
        Finish::Left => {
            if !signals.is_hung_up() {
                to_stderr(&format!(
                    "left; steps of `{name}` that did not end when they were asked to go on by themselves\n\
                     go on with: tiphys continue {name}   end it with: tiphys stop {name}\n"
                ));
            }
            // At once: the engine is not waited for, as if it had been killed.
            std::process::exit(INTERRUPTED.into());
        }
        Finish::Fenced => {
            engine.finish(Steps::GoOn)?;
            to_stderr(&format!("error: another engine took `{name}` over\nhelp: tiphys watch {name}\n"));
            Ok(Left::Over(ExitCode::FAILURE))
        }
        Finish::Broken(reason) => {
            // The reason is the one that the engine's own end gives.
            drop(engine.finish(Steps::GoOn));
            to_stderr(&format!(
                "error: {reason}\nhelp: steps that run go on by themselves; when this is mended: tiphys continue {name}\n"
            ));
            Ok(Left::Over(ExitCode::FAILURE))
        }
    }
}

/// Tells how a run came out, and gives its exit code.
pub fn over(local: &mut Local, summary: &Summary, document: &Value, show: &Show) -> anyhow::Result<ExitCode> {
    let run_dir = local.state.run_dir(&summary.uid)?;
    let row = local.store.summary(&MachineId::workflow(&*summary.uid))?;
    let took_us = row.and_then(|row| Some(row.finished_us? - row.started_us?));
    let succeeded = document.pointer("/status/phase").and_then(Value::as_str) == Some("Succeeded");
    let told = |paint| end(&End { document, run_dir: &run_dir, took_us, paint });
    if show.quiet && !show.silent && !succeeded {
        to_stderr(&told(Paint::stderr()));
    } else if !show.quiet {
        show.say(&told(show.paint()));
    }
    match show.output {
        Some(Format::Json) => to_stdout(&output::json(document, 2)?),
        Some(format) => {
            if show.follows && format == Format::Yaml {
                to_stdout("---\n");
            }
            output::print(document, format)?;
        }
        None => {}
    }
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

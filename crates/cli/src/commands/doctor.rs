//! `tiphys doctor`: what this machine offers, and what keeps steps from running.

use clap::Args as ClapArgs;
use rustix::process::{Resource, getrlimit};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tiphys_runner::process::{self, Options, ProcessRunner};
use tiphys_runner::step::Capabilities;
use tiphys_server::Presence;
use tiphys_store::{Filter, Life, MachineId, Runs};

use crate::print::{Paint, to_stdout};
use crate::remote::Server;
use crate::state::{Local, dir};
use crate::world::jobs_default;

/// Check what this machine offers
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys doctor")]
pub struct Args {}

/// Fewer open files than this are few for a server.
const FILES_MIN: u64 = 16_384;

/// Fewer processes than this are few for steps side by side.
const PROCESSES_MIN: u64 = 1_024;

/// No right clock is earlier, in seconds since 1970: the first of January 2026.
const BUILT_AFTER: i64 = 1_767_225_600;

/// How far the newest run may lie ahead of the clock, in seconds.
const CLOCK_AHEAD_MAX: i64 = 60;

/// Least free space, in bytes, that is not worth a warning.
const FREE_BYTES_MIN: u64 = 1 << 30;

/// Most damages that are told.
const WRONG_MAX: usize = 5;

/// How long a supervisor may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// How long the end of the supervisor that was asked is waited for.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

pub fn run(_args: &Args) -> anyhow::Result<ExitCode> {
    let mut report = Report { paint: Paint::stdout(), bad: false };
    report.fine("version", env!("CARGO_PKG_VERSION"));
    let folder = dir()?;
    match Local::open() {
        Ok(mut local) => {
            match local.store.check()?.as_slice() {
                [] => report.fine("state", &format!("{} can be used", folder.display())),
                wrong => report.bad(
                    "state",
                    &format!(
                        "{} is damaged: {}; copy the folder before anything else, then `tiphys restore` a backup",
                        folder.display(),
                        wrong.iter().take(WRONG_MAX).map(String::as_str).collect::<Vec<_>>().join("; ")
                    ),
                ),
            }
            server(&mut report, &folder);
            disk(&mut report, &folder);
            clock(&mut report, &mut local)?;
            limits(&mut report);
            runs(&mut report, &mut local)?;
            supervisors(&mut report, &mut local)?;
            isolation(&mut report, &local);
        }
        Err(error) => {
            report.bad("state", &format!("{error:#}"));
            disk(&mut report, &folder);
        }
    }
    report.fine("steps at once", &format!("{}, unless `-j` says otherwise", jobs_default()));
    Ok(if report.bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

struct Report {
    paint: Paint,
    bad: bool,
}

impl Report {
    fn fine(&mut self, what: &str, words: &str) {
        to_stdout(&format!("{} {what}: {words}\n", self.paint.sign("Succeeded")));
    }

    fn warn(&mut self, what: &str, words: &str) {
        to_stdout(&format!("{} {what}: {words}\n", self.paint.warn("!")));
    }

    fn bad(&mut self, what: &str, words: &str) {
        self.bad = true;
        to_stdout(&format!("{} {what}: {words}\n", self.paint.sign("Failed")));
    }
}

/// Whether a server has the folder, and whether it can do its work.
fn server(report: &mut Report, folder: &Path) {
    let Some(presence) = Presence::find(folder) else {
        report.fine("server", "none uses this folder; `tiphys server` starts one");
        return;
    };
    let words = format!("{} (process {})", presence.url, presence.pid);
    let mut said = Vec::new();
    match Server::own(folder, &presence).and_then(|server| server.download("/readyz", &mut said)) {
        Ok(_) => report.fine("server", &words),
        Err(error) => report.bad("server", &format!("{words} cannot do its work: {error:#}")),
    }
}

/// Whether the time can be right. Schedules, deadlines and certificates go by it.
fn clock(report: &mut Report, local: &mut Local) -> anyhow::Result<()> {
    let now = jiff::Timestamp::now();
    let newest =
        local.store.list(&Filter { limit: 1, ..Filter::default() })?.first().map(|run| run.created_us);
    let ahead = newest.unwrap_or_default().saturating_sub(now.as_microsecond()) / 1_000_000;
    let said = now.strftime("%Y-%m-%d %H:%M:%S UTC");
    if now.as_second() < BUILT_AFTER {
        report.warn("clock", &format!("it is not {said}: set the clock, for instance with a time service"));
    } else if ahead > CLOCK_AHEAD_MAX {
        report.warn(
            "clock",
            &format!(
                "it is {said}, but a run was made {ahead} s later: the clock was set back, and schedules wait"
            ),
        );
    } else {
        report.fine("clock", &said.to_string());
    }
    Ok(())
}

/// What the machine lets a process have.
fn limits(report: &mut Report) {
    let of = |resource| getrlimit(resource).maximum;
    let files = of(Resource::Nofile);
    match files {
        Some(files) if files < FILES_MIN => report.warn(
            "open files",
            &format!("at most {files} for a process: `ulimit -Hn 65536` lets a server have more clients"),
        ),
        _ => report.fine("open files", &told(files)),
    }
    let processes = of(Resource::Nproc);
    match processes {
        Some(processes) if processes < PROCESSES_MIN => report.warn(
            "processes",
            &format!("at most {processes} for this user: `ulimit -Hu 4096` lets more steps run side by side"),
        ),
        _ => report.fine("processes", &told(processes)),
    }
}

fn told(limit: Option<u64>) -> String {
    limit.map_or_else(|| "as many as the machine has".to_owned(), |most| format!("at most {most}"))
}

fn disk(report: &mut Report, folder: &Path) {
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let words = format!("{:.1} GiB free", free as f64 / f64::from(1 << 30));
            if free < FREE_BYTES_MIN {
                report.warn("disk", &format!("only {words}; `tiphys prune --older 7d` makes room"));
            } else {
                report.fine("disk", &words);
            }
        }
        Err(error) => report.warn("disk", &format!("cannot be asked: {error}")),
    }
}

fn runs(report: &mut Report, local: &mut Local) -> anyhow::Result<()> {
    let live = local.store.every(&Filter { life: Life::Live, ..Filter::default() })?;
    let (mut alone, mut of_server) = (Vec::new(), 0);
    for run in &live {
        if local.driver(&run.uid)?.is_none() {
            match run.engine.as_str() {
                "" => alone.push(run.name.as_str()),
                _ => of_server += 1,
            }
        }
    }
    if of_server > 0 {
        report.warn(
            "runs",
            &format!("{of_server} of a server that does not work; `tiphys server` goes on with them"),
        );
    }
    if alone.is_empty() {
        report.fine("runs", &format!("{} going on", live.len()));
    } else {
        report.warn(
            "runs",
            &format!("without an engine: {}; `tiphys continue NAME` goes on", alone.join(", ")),
        );
    }
    let dead = process::found(local.state.dir())
        .into_iter()
        .filter(|found| !found.is_alive && !live.iter().any(|run| run.uid == found.id))
        .count();
    if dead > 0 {
        report
            .warn("left behind", &format!("{dead} folders of dead supervisors; `tiphys prune` removes them"));
    }
    Ok(())
}

/// Those that live and do not answer: steps under them run, and nobody hears of it.
fn supervisors(report: &mut Report, local: &mut Local) -> anyhow::Result<()> {
    for silent in process::silent(local.state.dir(), ANSWER_WITHIN) {
        let run = local.store.summary(&MachineId::workflow(&*silent.id))?;
        let whose = run.map_or_else(|| "of the server".to_owned(), |run| format!("of `{}`", run.name));
        let (who, end) = match silent.pid {
            Some(pid) => (format!(" (process {pid})"), format!("`kill -9 {pid}`")),
            None => (String::new(), "`kill -9`".to_owned()),
        };
        report.warn(
            "supervisor",
            &format!(
                "the one {whose}{who} does not answer: its engine ends it after three minutes and starts another; {end} \
                 does so now, and its running steps are lost"
            ),
        );
    }
    Ok(())
}

fn isolation(report: &mut Report, local: &Local) {
    let id = format!("doctor-{}", std::process::id());
    let runner = ProcessRunner::new(Options::new(local.state.dir(), &*id), Box::new(|_| {}));
    match runner.capabilities() {
        Ok(Capabilities { no_sandbox: Some(reason), .. }) => report.warn(
            "sandbox",
            &format!(
                "not possible here: {reason}; steps run without one, as if you had started them yourself"
            ),
        ),
        Ok(Capabilities { no_sandbox: None, notices }) => {
            report.fine("sandbox", "steps get a root, processes and limits of their own");
            notices.iter().for_each(|notice| report.warn("sandbox", notice));
        }
        Err(error) => report.bad("sandbox", &error.to_string()),
    }
    runner.close(true, CLOSE_WITHIN);
    process::sweep(local.state.dir(), |found| found != id);
}

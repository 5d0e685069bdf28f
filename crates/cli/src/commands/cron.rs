//! `cron next` and `cron run`: what schedules do, without a server.

use clap::{Args as ClapArgs, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_engine::{Time, cron};
use tiphys_spec::{CronWorkflow, Diagnostic, Object, Strictness};

use crate::commands::run;
use crate::load::load;
use crate::print::{print_diagnostics, to_stdout};
use crate::problem::{Told, problem};
use crate::remote::CronAction;
use crate::state::now;

/// Schedules: those of manifests on this machine, and those of a server
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys cron next nightly.yaml
  tiphys cron run nightly.yaml
  tiphys cron list
  tiphys cron get nightly
  tiphys cron create nightly.yaml
  tiphys cron update nightly.yaml
  tiphys cron suspend nightly
  tiphys cron resume nightly
  tiphys cron delete nightly
  tiphys cron lint nightly.yaml
  tiphys cron backfill nightly --start 'Mon, 02 Nov 2026 00:00:00 UTC' --end 'Fri, 06 Nov 2026 00:00:00 UTC'")]
pub struct Args {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Subcommand)]
pub enum Action {
    #[command(flatten)]
    Here(Here),
    #[command(flatten)]
    There(CronAction),
}

/// What needs no server.
#[derive(Subcommand)]
pub enum Here {
    /// Tell when the schedules of a manifest fire next; needs no server
    Next(NextArgs),
    /// Run now, on this machine, what the schedules of a manifest would run; needs no server
    ///
    /// `concurrencyPolicy`, `when` and `suspend` are not looked at, and nothing is remembered of the schedule.
    /// Everything else is as `tiphys run` does it.
    #[command(after_help = "Examples:
  tiphys cron run nightly.yaml
  tiphys cron run nightly.yaml -p day=2026-03-28 --log")]
    Run(Box<run::Args>),
}

impl Here {
    pub fn perform(&self) -> anyhow::Result<ExitCode> {
        match self {
            Here::Next(args) => next(args),
            Here::Run(args) => run::run_schedules(args),
        }
    }
}

/// Most times of a schedule that are told.
const COUNT_MAX: u64 = 1_000;

/// Tell when the schedules of a manifest fire next
///
/// Each time is told in the zone of its schedule and in UTC. A schedule without `timezone` counts in the zone of this
/// machine. `suspend`, `when` and `concurrencyPolicy` are not looked at: they are decided when the time has come.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys cron next nightly.yaml
  tiphys cron next schedules/ --count 3 --from 2026-03-28T00:00:00Z
  cat nightly.yaml | tiphys cron next - -o json")]
pub struct NextArgs {
    /// Manifests: files, folders, or `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// How many times of each, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=COUNT_MAX))]
    count: u64,
    /// Those after this time, as in 2026-03-28T00:00:00Z; without, after now
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// One JSON object a schedule
    #[arg(short, long, value_name = "FORMAT", value_parser = ["json"])]
    output: Option<String>,
}

fn next(args: &NextArgs) -> anyhow::Result<ExitCode> {
    let loaded = load(&args.files, &[], Strictness::Lenient)?;
    if loaded.diagnostics.iter().any(Diagnostic::is_error) {
        print_diagnostics(&loaded.diagnostics, &loaded.texts);
        return Err(Told.into());
    }
    let schedules: Vec<&CronWorkflow> = loaded
        .objects()
        .filter_map(|object| match object {
            Object::CronWorkflow(cron) => Some(&**cron),
            _ => None,
        })
        .collect();
    if schedules.is_empty() {
        return Err(problem("there is no CronWorkflow in what was given", "name a manifest with one"));
    }
    let from = args.from.map_or_else(now, |from| Time(from.as_microsecond()));
    for schedule in schedules {
        let text = told(schedule, from, args)?;
        to_stdout(&text);
    }
    Ok(ExitCode::SUCCESS)
}

fn told(schedule: &CronWorkflow, from: Time, args: &NextArgs) -> anyhow::Result<String> {
    let metadata = &schedule.metadata;
    let name = if metadata.name.is_empty() { &metadata.generate_name } else { &metadata.name };
    let wrong = |error: String| {
        problem(format!("CronWorkflow `{name}`: {error}"), "`tiphys lint` shows the place in the file")
    };
    let machine = TimeZone::system();
    let machine = machine.iana_name().unwrap_or("UTC");
    let zone = if schedule.spec.timezone.is_empty() { machine } else { &schedule.spec.timezone };
    let count = usize::try_from(args.count).unwrap_or(usize::MAX);
    let times = cron::next_of(&schedule.spec, machine, from, count).map_err(wrong)?;
    let shown = TimeZone::get(zone).map_err(|error| wrong(error.to_string()))?;
    let pairs: Vec<(String, String)> = times
        .iter()
        .map(|time| {
            let at = time.timestamp();
            (at.to_zoned(shown.clone()).strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string(), at.to_string())
        })
        .collect();
    if args.output.is_some() {
        let next: Vec<Value> =
            pairs.iter().map(|(local, utc)| json!({ "at": utc, "local": local })).collect();
        return Ok(format!("{}\n", json!({ "name": name, "timezone": zone, "next": next })));
    }
    let mut text = format!("{name}: {} ({zone})\n", schedule.spec.schedules.join(", "));
    if pairs.is_empty() {
        text.push_str("  never\n");
    }
    for (local, utc) in pairs {
        text.push_str(&format!("  {local}  {utc}\n"));
    }
    Ok(text)
}

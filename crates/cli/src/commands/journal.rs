//! `tiphys journal show`: what happened to a run, in order, and why.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use serde_json::json;
use std::process::ExitCode;
use tiphys_controller::shard::decode;
use tiphys_engine::explain::words;
use tiphys_engine::workflow::{Event, Phase};
use tiphys_engine::{Run, Time, compile};
use tiphys_store::{Journal, MachineId};

use crate::print::{Paint, clean_line, duration_us, to_stdout};
use crate::problem::problem;
use crate::state::Local;

/// Look into the record of what happened
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys journal show @latest")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Show(ShowArgs),
}

/// Print what happened to a run, in order, and why
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys journal show @latest
  tiphys journal show build -o json | jq .event")]
struct ShowArgs {
    /// Name of the run, or `@latest`
    name: String,
    /// Namespace of the run
    #[arg(short, long)]
    namespace: Option<String>,
    /// One JSON object for each event
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line
    Json,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Action::Show(args) = &args.action;
    let mut local = Local::open_to_read()?;
    let summary = local.find(&args.name, args.namespace.as_deref())?;
    let (frozen, _) = local.kept(&summary)?;
    let plan = compile(&frozen).map_err(|error| {
        problem(
            format!("the document of `{}` cannot be compiled any more: {error}", summary.name),
            "`-o json` of the release that submitted it prints the events",
        )
    })?;
    let mut run = Run::new(plan.into());
    let records = local
        .store
        .load(&MachineId::workflow(&*summary.uid))?
        .map(|loaded| loaded.records)
        .unwrap_or_default();
    let paint = Paint::stdout();
    let began = Time(summary.created_us);
    let mut text = format!("{} submitted {}\n", paint.dim("        "), Time(summary.created_us).rfc3339());
    if args.output.is_some() {
        text.clear();
    }
    for record in &records {
        let at = Time(record.at_us);
        for event in decode(record).map_err(anyhow::Error::msg)? {
            run.apply(at, &event);
            match args.output {
                Some(Format::Json) => {
                    let line = json!({ "seq": record.seq, "at": at.timestamp().to_string(), "event": event });
                    text.push_str(&format!("{line}\n"));
                }
                None => {
                    let since = format!("{:>8}", format!("+{}", duration_us(at.since_us(began))));
                    let sign = sign(&event).map(|phase| format!("{} ", paint.sign(phase.name())));
                    let said = clean_line(words(&run, &event).as_bytes());
                    text.push_str(&format!("{} {}{said}\n", paint.dim(&since), sign.unwrap_or_default()));
                }
            }
        }
        if text.len() > 64 * 1024 {
            to_stdout(&std::mem::take(&mut text));
        }
    }
    to_stdout(&text);
    Ok(ExitCode::SUCCESS)
}

/// The sign of the phase that an event brings, if it brings one.
fn sign(event: &Event) -> Option<Phase> {
    match event {
        Event::Entered(entered) if entered.phase.is_ended() => Some(entered.phase),
        Event::Entered(_) => Some(Phase::Running),
        Event::Ended { phase, .. } | Event::Finished { phase, .. } => Some(*phase),
        _ => None,
    }
}

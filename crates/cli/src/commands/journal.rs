//! `tiphys journal show`: what happened to a run, in order, and why.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use serde_json::json;
use std::process::ExitCode;
use tiphys_controller::shard::decode;
use tiphys_engine::workflow::{Control, Event, NodeIx, NodeKind, Phase, Site};
use tiphys_engine::{Run, Time, compile};
use tiphys_store::{Journal, MachineId};

use crate::print::{Paint, clean_line, duration_us, elide, to_stdout};
use crate::problem::problem;
use crate::state::Local;

/// Longest value that is shown.
const VALUE_COLUMNS_MAX: usize = 60;

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
    let mut local = Local::open()?;
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
                    text.push_str(&format!("{} {}\n", paint.dim(&since), words(&run, &event, paint)));
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

fn name(run: &Run, ix: NodeIx) -> String {
    format!("`{}`", clean_line(run.name(ix).as_bytes()))
}

fn because(message: Option<&str>) -> String {
    match message {
        Some(message) if !message.is_empty() => format!(": {}", clean_line(message.as_bytes())),
        _ => String::new(),
    }
}

fn short(value: &str) -> String {
    elide(&clean_line(value.as_bytes()), VALUE_COLUMNS_MAX)
}

/// One event in plain words.
fn words(run: &Run, event: &Event, paint: Paint) -> String {
    match event {
        Event::Began { parameters, .. } => {
            let values: Vec<String> =
                parameters.iter().map(|(name, value)| format!("{name}={}", short(value))).collect();
            match values.is_empty() {
                true => "the workflow began".to_owned(),
                false => format!("the workflow began with {}", values.join(", ")),
            }
        }
        Event::Entered { node, owner, site, kind, phase, message, .. } => {
            entered(run, *node, *owner, site, *kind, *phase, message.as_deref(), paint)
        }
        Event::Expanded { owner, task, items } => {
            format!("the loop `{task}` of {} has {} items", name(run, *owner), items.len())
        }
        Event::Observed { node, address: Some(address) } => {
            format!("{} is ready at {address}", name(run, *node))
        }
        Event::Observed { node, address: None } => format!("{} was seen running", name(run, *node)),
        Event::Progressed { node, done, of } => format!("{} is at {done}/{of}", name(run, *node)),
        Event::Noted { node, message } => match message.as_deref().filter(|message| !message.is_empty()) {
            Some(message) => format!("{} waits: {}", name(run, *node), clean_line(message.as_bytes())),
            None => format!("{} waits no longer", name(run, *node)),
        },
        Event::Scheduled { node, due } => {
            format!("{} is looked at again at {}", name(run, *node), due.rfc3339())
        }
        Event::Supplied { node, .. } => format!("{} was given outputs by hand", name(run, *node)),
        Event::Broke { group, phase, message } => {
            format!(
                "{} cannot go on and will be {}{}",
                name(run, *group),
                phase.name(),
                because(Some(message))
            )
        }
        Event::Ended { node, phase, message, outputs } => {
            let mut text = format!(
                "{} {} ended: {}{}",
                paint.sign(phase.name()),
                name(run, *node),
                paint.phase(phase.name(), phase.name()),
                because(message.as_deref())
            );
            for parameter in outputs.iter().flat_map(|outputs| &outputs.parameters) {
                let value = parameter.value.as_deref().unwrap_or_default();
                text.push_str(&format!("; {}={}", parameter.name, short(value)));
            }
            if let Some(code) =
                outputs.as_ref().and_then(|outputs| outputs.exit_code.as_ref()).filter(|code| *code != "0")
            {
                text.push_str(&format!("; exit code {code}"));
            }
            text
        }
        Event::Settled { node } => format!("{} is done, its hooks too", name(run, *node)),
        Event::Withdrawn { node } => {
            format!("{} was taken back: it starts again when the run is continued", name(run, *node))
        }
        Event::Exported { parameters, artifacts } => {
            let names: Vec<String> = parameters
                .iter()
                .map(|(name, value)| format!("{name}={}", short(value)))
                .chain(
                    artifacts.iter().filter_map(|artifact| artifact.get("name")?.as_str().map(str::to_owned)),
                )
                .collect();
            format!("the whole workflow can use {}", names.join(", "))
        }
        Event::Controlled { control } => match control {
            Control::Suspend => "somebody asked to hold: nothing new starts".to_owned(),
            Control::Resume => "somebody asked to go on".to_owned(),
            Control::Stop => "somebody asked to stop: running steps end, exit handlers run".to_owned(),
            Control::Terminate => "somebody asked to terminate: everything ends".to_owned(),
            Control::Deadline => "the workflow's deadline has passed".to_owned(),
        },
        Event::Exiting => "the main part is over; the exit handler's turn has come".to_owned(),
        Event::Finished { phase, message } => format!(
            "{} the workflow ended: {}{}",
            paint.sign(phase.name()),
            paint.phase(phase.name(), phase.name()),
            because(message.as_deref())
        ),
        #[allow(unreachable_patterns, reason = "events of later releases are told as they are")]
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

#[allow(clippy::too_many_arguments, reason = "they are the fields of one event")]
fn entered(
    run: &Run,
    node: NodeIx,
    owner: NodeIx,
    site: &Site,
    kind: NodeKind,
    phase: Phase,
    message: Option<&str>,
    paint: Paint,
) -> String {
    let who = name(run, node);
    if phase.is_ended() {
        let sign = paint.sign(phase.name());
        return format!("{sign} {who} was not started: {}{}", phase.name(), because(message));
    }
    let why = match site {
        Site::Entry => " as the entrypoint".to_owned(),
        Site::Attempt(0) => String::new(),
        Site::Attempt(number) => format!(" as try {}", number + 1),
        Site::Hook(hook) => format!(" as hook `{hook}` of {}", name(run, owner)),
        _ => String::new(),
    };
    let verb = match kind {
        NodeKind::Pod => "was started",
        NodeKind::Suspend => "began to wait",
        NodeKind::Retry => "was entered, with tries",
        _ => "was entered",
    };
    format!("{} {who} {verb}{why}{}", paint.sign("Running"), because(message))
}

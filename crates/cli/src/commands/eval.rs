//! `tiphys eval`: what a text means.

use anyhow::Context;
use clap::Args as ClapArgs;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tiphys_engine::cron::schedule;
use tiphys_expr::{MapScope, Mode, World, batch, render, when};
use tiphys_spec as spec;

use crate::load::text as read_text;
use crate::print::{stdout_is_lost, to_stderr, to_stdout};
use crate::problem::problem;

/// Most times that one question about a schedule is answered with.
const TIMES_MAX: u64 = 10_000;

/// Longest line of a batch.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// Say what a text with tags, a condition, or a schedule means
///
/// The names that a text may use come from `--scope`: a YAML or JSON map of names (`inputs.parameters.x`) to values.
///
/// `--batch` reads one question a line, `{"id", "kind", …}`, and answers each with `{"id", "result"}` or
/// `{"id", "error"}`, in the same order. Kinds: text, when, depends, cron, sequence, param, duration.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys eval '{{=1 + 1}}'
  tiphys eval 'hello {{inputs.parameters.who}}' --scope scope.yaml
  tiphys eval --when \"'a' == 'a' && 2 > 1\"
  tiphys eval --cron '0 9 * * 1-5' --timezone Europe/Berlin --count 3
  tiphys eval --batch questions.jsonl")]
pub struct Args {
    /// The text
    #[arg(required_unless_present_any = ["when", "batch", "cron"])]
    text: Option<String>,
    /// Values by name, YAML or JSON
    #[arg(long, value_name = "FILE")]
    scope: Option<PathBuf>,
    /// Tags that cannot be replaced yet stay
    #[arg(long)]
    lenient: bool,
    /// Judge a condition, after replacement of its tags
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["text", "batch", "cron"])]
    when: Option<String>,
    /// Print the next times of a schedule
    #[arg(long, value_name = "SCHEDULE", conflicts_with_all = ["text", "batch"])]
    cron: Option<String>,
    /// Time zone of the schedule [default: UTC]
    #[arg(long, value_name = "ZONE", default_value = "", hide_default_value = true, requires = "cron")]
    timezone: String,
    /// Only times after this one, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", requires = "cron")]
    from: Option<String>,
    /// How many times
    #[arg(long, value_name = "N", default_value_t = 5, requires = "cron")]
    count: u64,
    /// Answer a file of questions, one JSON object a line; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    batch: Option<PathBuf>,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let world = World { now: crate::state::now().timestamp(), seed: seed() };
    if let Some(file) = &args.batch {
        return answer_all(file, &world);
    }
    let answer = match &args.cron {
        Some(text) => times(text, &args.timezone, args.from.as_deref(), args.count, &world)
            .map(|times| times.join("\n")),
        None => evaluate(args, &world)?,
    };
    match answer {
        Ok(answer) => {
            to_stdout(&format!("{answer}\n"));
            Ok(ExitCode::SUCCESS)
        }
        Err(message) => {
            let help = match args.scope {
                None if args.cron.is_none() && message.contains(" is missing") => {
                    "help: values for it come from a file: `--scope FILE`, one `name: value` on each line\n"
                }
                _ => "",
            };
            to_stderr(&format!("error: {message}\n{help}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn evaluate(args: &Args, world: &World) -> anyhow::Result<Result<String, String>> {
    let scope = scope(args)?;
    let mode = if args.lenient { Mode::Lenient } else { Mode::FullStrict };
    let text = args.text.as_deref().or(args.when.as_deref()).unwrap_or_default();
    Ok(match render(text, &scope, mode, world) {
        Ok(text) if args.when.is_some() => when::evaluate(&text).map(|answer| answer.to_string()),
        Ok(text) => Ok(text),
        Err(error) => Err(error.to_string()),
    })
}

fn scope(args: &Args) -> anyhow::Result<MapScope> {
    let Some(file) = &args.scope else { return Ok(MapScope::new()) };
    let name = file.display().to_string();
    let values = spec::named_values(&name, &read_text(file)?).map_err(|error| {
        let help = error.help.clone().unwrap_or_else(|| "write one `name: value` on each line".to_owned());
        problem(error.to_string(), help)
    })?;
    Ok(MapScope::from_json(&values))
}

/// Something that differs from call to call, for the random functions.
fn seed() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0
}

fn answer_all(file: &Path, world: &World) -> anyhow::Result<ExitCode> {
    let input: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(file).with_context(|| format!("cannot read `{}`", file.display()))?)
    };
    let mut input = BufReader::new(input);
    let mut out = BufWriter::new(std::io::stdout().lock());
    let cron = |question: &Value| cron(question, world);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        if let Err(error) = writeln!(out, "{}", batch::answer(text.trim(), world, &cron)) {
            stdout_is_lost(&error);
        }
    }
    if let Err(error) = out.flush() {
        stdout_is_lost(&error);
    }
    Ok(ExitCode::SUCCESS)
}

/// A question about a schedule.
fn cron(question: &Value, world: &World) -> Result<Value, String> {
    let text = |field: &str| question.get(field).and_then(Value::as_str);
    let count = question.get("count").and_then(Value::as_u64).unwrap_or(5);
    let schedule = text("schedule").unwrap_or_default();
    times(schedule, text("timezone").unwrap_or_default(), text("from"), count, world)
        .map(|times| json!(times))
}

/// The next times of a schedule, RFC 3339 in UTC.
fn times(
    text: &str,
    timezone: &str,
    from: Option<&str>,
    count: u64,
    world: &World,
) -> Result<Vec<String>, String> {
    let schedule = schedule::parse(text, timezone)?;
    let mut at = match from {
        Some(from) => from.parse::<Timestamp>().map_err(|error| format!("`from`: {error}"))?,
        None => world.now,
    };
    let mut times = Vec::new();
    for _ in 0..count.min(TIMES_MAX) {
        let Some(next) = schedule.next(at) else { break };
        times.push(next.to_string());
        at = next;
    }
    Ok(times)
}

//! `tiphys list`: the runs of this machine.

use clap::Args as ClapArgs;
use serde_json::{Value, json};
use std::process::ExitCode;
use tiphys_engine::Time;
use tiphys_spec::similar;
use tiphys_store::{Filter, Life, NameMatch, Runs, Summary};

use crate::commands::delete::remove_expired;
use crate::orphans::live_steps;
use crate::output;
use crate::print::{Paint, clean_line, columns, duration, table, table_fitted, to_stdout};
use crate::problem::problem;
use crate::remote::{self, Form, Selector, Server, long_ago, query};
use crate::state::{Local, now};
use crate::verb::Verb;

/// How many names of live steps are shown of one run.
const STEPS_SHOWN: usize = 3;

/// Show the runs of this machine
///
/// Runs that have not ended come first. A run without an engine says so, with its steps that still run: go on with
/// `tiphys continue NAME`, or end it with `tiphys stop NAME`.
#[derive(ClapArgs)]
#[command(
    visible_alias = "ls",
    after_help = "Examples:
  tiphys list
  tiphys list --running
  tiphys list --status Failed,Error -o name"
)]
pub struct Args {
    /// Only this namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Show the namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only names that begin so
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// Only these phases
    #[arg(long, value_delimiter = ',', value_name = "PHASE,…")]
    pub status: Vec<String>,
    /// Only runs that have not ended
    #[arg(long)]
    pub running: bool,
    /// Only runs that have ended
    #[arg(long)]
    pub completed: bool,
    /// Only those that a resubmission made
    #[arg(long)]
    pub resubmitted: bool,
    /// Only those that were created within this time, for instance `2h`
    #[arg(long, value_name = "DURATION")]
    pub since: Option<String>,
    /// Only those that ended longer ago than this, for instance `7d`
    #[arg(long, value_name = "DURATION")]
    pub older: Option<String>,
    #[command(flatten)]
    pub selector: Selector,
    /// How many a server is asked for at once
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub chunk_size: i64,
    /// Leave the header out
    #[arg(long)]
    pub no_headers: bool,
    /// Names, or objects for programs
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Form>,
}

/// What a run can be.
const PHASES: [&str; 5] = ["Pending", "Running", "Succeeded", "Failed", "Error"];

/// A run as it is listed.
struct Row {
    summary: Summary,
    /// What is to be said about its engine.
    engine: Option<String>,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::list(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        run(self)
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut local = Local::open_to_read()?;
    if !local.state.is_read_only() {
        remove_expired(&mut local)?;
    }
    let life = match (args.running, args.completed) {
        (true, true) => {
            return Err(problem(
                "`--completed` and `--running` leave nothing",
                "leave both out to see all runs",
            ));
        }
        (true, _) => Life::Live,
        (_, true) => Life::Finished,
        _ => Life::Any,
    };
    let query = query(&args.selector)?;
    let since = long_ago(args.since.as_deref())?;
    let older = long_ago(args.older.as_deref())?;
    let filter = Filter {
        namespace: args.namespace.clone(),
        phases: phases(&args.status)?,
        name: args.prefix.clone().map(NameMatch::Prefix),
        life,
        ..Filter::default()
    };
    let mut rows = Vec::new();
    for summary in local.store.every(&filter)? {
        let is_old = |before: Time| summary.finished_us.is_some_and(|ended| ended < before.0);
        let labels = json!(summary.labels);
        let resubmitted = labels.get("workflows.argoproj.io/resubmitted-from-workflow").is_some();
        if since.is_some_and(|after| summary.created_us < after.0)
            || older.is_some_and(|before| !is_old(before))
            || (args.resubmitted && !resubmitted)
            || !query.matches(&labels, &summary.name, &summary.namespace)
        {
            continue;
        }
        let engine = engine(&mut local, &summary)?;
        rows.push(Row { summary, engine });
    }
    // Unfinished ones first, the newest before the others; then by the end (CLI-082).
    rows.sort_by_key(|row| match row.summary.finished_us {
        None => (0, -row.summary.created_us),
        Some(finished) => (1, -finished),
    });
    match args.output {
        Some(Form::Name) => rows.iter().for_each(|row| to_stdout(&format!("{}\n", row.summary.name))),
        Some(format @ (Form::Json | Form::Yaml)) => {
            let list = Value::Array(rows.iter().map(object).collect());
            to_stdout(&if format == Form::Json { output::json(&list, 2)? } else { output::yaml(&list) });
        }
        None | Some(Form::Wide) if rows.is_empty() => to_stdout("No workflows found\n"),
        None | Some(Form::Wide) => print_table(args, &rows),
    }
    Ok(ExitCode::SUCCESS)
}

/// The phases that are asked for; one that no run can have is a slip.
fn phases(asked: &[String]) -> anyhow::Result<Vec<String>> {
    let mut asked = asked.iter().filter(|phase| !phase.is_empty());
    match asked.clone().find(|phase| !PHASES.contains(&phase.as_str())) {
        None => Ok(asked.by_ref().cloned().collect()),
        Some(unknown) => {
            let close = similar(unknown, PHASES.into_iter());
            let close = close.map(|close| format!("did you mean `{close}`? ")).unwrap_or_default();
            Err(problem(
                format!("no run has the phase `{unknown}`"),
                format!("{close}there are {}", PHASES.join(", ")),
            ))
        }
    }
}

/// What is to be said about the engine of a run: nothing if it has one, or needs none any more.
fn engine(local: &mut Local, summary: &Summary) -> anyhow::Result<Option<String>> {
    if summary.finished_us.is_some() || local.driver(&summary.uid)?.is_some() {
        return Ok(None);
    }
    let steps = live_steps(local, summary)?;
    let names: Vec<String> = steps.iter().take(STEPS_SHOWN).map(|name| clean_line(name.as_bytes())).collect();
    Ok(Some(match steps.len() {
        0 => format!("no engine; `tiphys continue {}`", summary.name),
        count => {
            let more = if count > STEPS_SHOWN {
                format!(" and {} more", count - STEPS_SHOWN)
            } else {
                String::new()
            };
            format!(
                "no engine, still running: {}{more}; `tiphys continue {}`",
                names.join(", "),
                summary.name
            )
        }
    }))
}

fn print_table(args: &Args, rows: &[Row]) {
    let paint = Paint::stdout();
    let now = now();
    let spaces =
        args.all_namespaces || rows.iter().any(|row| row.summary.namespace != rows[0].summary.namespace);
    let mut cells = Vec::new();
    if !args.no_headers {
        let names = ["NAME", "STATUS", "AGE", "DURATION", "PROGRESS", "MESSAGE"];
        cells.push(spaces.then_some("NAMESPACE").into_iter().chain(names).map(str::to_owned).collect());
    }
    for Row { summary, engine } in rows {
        let phase = if summary.phase.is_empty() { "Pending" } else { &summary.phase };
        let since = |us: i64| now.since_us(Time(us)) / 1_000_000;
        let took = summary.started_us.map(|started| match summary.finished_us {
            Some(finished) => duration((finished - started) / 1_000_000),
            None => duration(since(started)),
        });
        let mut row = Vec::new();
        if spaces {
            row.push(summary.namespace.clone());
        }
        row.extend([
            summary.name.clone(),
            paint.phase(phase, phase),
            duration(since(summary.created_us)),
            took.unwrap_or_default(),
            summary.progress.clone(),
            match engine {
                Some(engine) => paint.warn(engine),
                None => clean_line(summary.message.as_bytes()),
            },
        ]);
        cells.push(row);
    }
    // Programs read whole messages; people want one line a run, of which its name and what became of it is most.
    let last = cells.first().map_or(0, |titles| titles.len() - 1);
    to_stdout(&match columns() {
        Some(width) => table_fitted(cells, 3, width, &[last - 3, last - 2, last - 1]),
        None => table(&cells, 3),
    });
}

/// A row for programs: the parts of a workflow that lists show.
fn object(row: &Row) -> Value {
    let summary = &row.summary;
    let time = |us: Option<i64>| us.map(|us| Time(us).rfc3339());
    let mut object = json!({
        "metadata": {
            "name": summary.name,
            "namespace": summary.namespace,
            "uid": summary.uid,
            "creationTimestamp": Time(summary.created_us).rfc3339(),
            "labels": summary.labels,
        },
        "status": {
            "phase": summary.phase,
            "startedAt": time(summary.started_us),
            "finishedAt": time(summary.finished_us),
            "progress": summary.progress,
            "message": summary.message,
        },
    });
    if let Some(engine) = &row.engine {
        object["engine"] = json!(engine);
    }
    object
}

//! `events`: what came in from outside, what became of it, and once more.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use serde_json::Value;
use std::process::ExitCode;
use tiphys_engine::Time;

use super::http::{Query, Server, encode};
use super::view::field;
use crate::print::{age, clean_line, table, to_stderr, to_stdout};
use crate::state::now;

/// Deliveries of events: what each matched, what not and why, and the runs it made
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys events list --status unmatched
  tiphys events get 01993d5a-7c1e-7000-8000-3f1d2c4b5a69
  tiphys events replay 01993d5a-7c1e-7000-8000-3f1d2c4b5a69")]
pub struct Args {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Subcommand)]
pub enum Action {
    /// List deliveries, the newest first
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show what came in and what became of it
    Get(IdArgs),
    /// Send an event once more, as a delivery of its own
    Replay(IdArgs),
}

#[derive(ClapArgs)]
pub struct ListArgs {
    /// Those of this namespace; without, of all
    #[arg(short, long)]
    namespace: Option<String>,
    /// Those that came out like this
    #[arg(long, value_enum, value_name = "STATUS")]
    status: Option<Status>,
    /// Those with this discriminator
    #[arg(long, value_name = "TEXT")]
    discriminator: Option<String>,
    /// How many, 1 to 500
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    /// Print what the server answers
    #[arg(short, long, value_name = "FORMAT", value_parser = ["json"])]
    output: Option<String>,
}

/// What became of a delivery.
#[derive(Clone, Copy, ValueEnum)]
enum Status {
    /// A binding matched
    Matched,
    /// None did
    Unmatched,
    /// A binding failed
    Failed,
}

#[derive(ClapArgs)]
pub struct IdArgs {
    /// The delivery, as `tiphys events list` tells it
    #[arg(value_name = "ID")]
    id: String,
}

pub fn events(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::List(args) => list(server, args)?,
        Action::Get(args) => {
            let found = server.get(&path(&args.id), &Vec::new())?;
            to_stdout(&format!("{found:#}\n"));
        }
        Action::Replay(args) => {
            let made =
                server.post(&format!("{}/replay", path(&args.id)), &Value::Object(Default::default()))?;
            to_stdout(&format!("{} {}: {}\n", field(&made, "/id"), field(&made, "/status"), outcome(&made)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn path(id: &str) -> String {
    format!("/api/tiphys/v1/deliveries/{}", encode(id))
}

fn list(server: &Server, args: &ListArgs) -> anyhow::Result<()> {
    let status = args.status.as_ref().and_then(|status| status.to_possible_value());
    let query: Query = vec![
        ("namespace", args.namespace.clone().unwrap_or_default()),
        ("status", status.map(|status| status.get_name().to_owned()).unwrap_or_default()),
        ("discriminator", args.discriminator.clone().unwrap_or_default()),
        ("limit", args.limit.to_string()),
    ];
    let found = server.get("/api/tiphys/v1/deliveries", &query)?;
    if args.output.is_some() {
        to_stdout(&format!("{found}\n"));
        return Ok(());
    }
    let items = found.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if items.is_empty() {
        to_stderr("no deliveries; an event is sent by POST to /api/v1/events/NAMESPACE/DISCRIMINATOR\n");
        return Ok(());
    }
    let head = ["ID", "AGE", "NAMESPACE", "DISCRIMINATOR", "STATUS", "OUTCOME"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for delivery in &items {
        let at = Time::parse(field(delivery, "/at")).map(|at| age(at, now())).unwrap_or_default();
        let clean = |pointer| clean_line(field(delivery, pointer).as_bytes());
        rows.push(vec![
            clean("/id"),
            at,
            clean("/namespace"),
            clean("/discriminator"),
            clean("/status"),
            outcome(delivery),
        ]);
    }
    to_stdout(&table(&rows, 3));
    Ok(())
}

/// The runs that it made, or why it made none.
fn outcome(delivery: &Value) -> String {
    let results: Vec<&Value> =
        delivery.get("results").and_then(Value::as_array).into_iter().flatten().collect();
    let runs: Vec<&str> =
        results.iter().map(|result| field(result, "/run")).filter(|run| !run.is_empty()).collect();
    // Of several bindings the one speaks that something went wrong with.
    let failed = results.iter().find(|result| result["failed"] == true);
    let text = match (failed, runs.is_empty(), results.first()) {
        (Some(failed), ..) => format!("{}: {}", field(failed, "/binding"), field(failed, "/reason")),
        (None, false, _) => runs.join(", "),
        (None, true, Some(first)) => field(first, "/reason").to_owned(),
        (None, true, None) => field(delivery, "/reason").to_owned(),
    };
    clean_line(text.as_bytes())
}

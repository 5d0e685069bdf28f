//! `list` (CLI-080 to CLI-084).

use serde_json::Value;
use std::process::ExitCode;
use tiphys_engine::Time;

use super::http::Server;
use super::said::said;
use super::select::{self, Narrow, Selector};
use super::view::{Form, field};
use crate::commands::list::Args;
use crate::output;
use crate::print::{clean_line, duration, status_words, table, to_stdout};
use crate::state::now;

/// What a table needs of a workflow; nodes would make lists large, and labels twice as large as they are.
const FIELDS: &str = "metadata,items.metadata.name,items.metadata.namespace,items.metadata.creationTimestamp,\
items.status.phase,items.status.message,items.status.startedAt,items.status.finishedAt,items.spec.suspend,\
items.spec.shutdown,items.spec.priority";

/// What names need, and the order in which they come.
const FIELDS_OF_NAMES: &str =
    "metadata,items.metadata.name,items.metadata.creationTimestamp,items.status.finishedAt";

/// More workflows than this of one kind are worth a hint.
const MANY: usize = 100;

pub fn list(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    if args.completed && args.running {
        return Err(said("--completed and --running cannot be used together"));
    }
    let narrow = Narrow {
        selector: Selector {
            selector: args.selector.selector.clone(),
            field_selector: args.selector.field_selector.clone(),
        },
        phases: args.status.clone(),
        completed: args.completed,
        running: args.running,
        resubmitted: args.resubmitted,
        prefix: args.prefix.clone(),
        created_after: select::long_ago(args.since.as_deref())?,
        finished_before: select::long_ago(args.older.as_deref())?,
        all_namespaces: args.all_namespaces,
        chunk: usize::try_from(args.chunk_size).unwrap_or(0),
        fields: match args.output {
            None => FIELDS,
            Some(Form::Name) => FIELDS_OF_NAMES,
            Some(_) => "",
        },
    };
    let mut found = select::workflows(server, &narrow)?;
    sort(&mut found);
    print(
        &found,
        args.output,
        &Columns { namespace: args.all_namespaces, uid: false, header: !args.no_headers },
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Unfinished ones first, the newest before the others; then by the end (CLI-082).
pub fn sort(workflows: &mut [Value]) {
    // Times are read once each: of many workflows they are most of the work.
    workflows.sort_by_cached_key(|workflow| {
        let finished = Time::parse(field(workflow, "/status/finishedAt"));
        let created = Time::parse(field(workflow, "/metadata/creationTimestamp"));
        match finished {
            None => (0, -created.map_or(0, |at| at.0)),
            Some(finished) => (1, -finished.0),
        }
    });
}

/// Which columns a table has beside the usual ones.
pub struct Columns {
    pub namespace: bool,
    pub uid: bool,
    pub header: bool,
}

/// Prints workflows as a list.
pub fn print(workflows: &[Value], form: Option<Form>, columns: &Columns) -> anyhow::Result<()> {
    match form {
        Some(Form::Json) => {
            let list = workflows.iter().cloned().map(output::in_order).collect();
            to_stdout(&output::json(&Value::Array(list), 2)?);
            return Ok(());
        }
        Some(Form::Yaml) => {
            // With an empty line at the end, as Argo has it.
            to_stdout(&format!("{}\n", output::yaml(&Value::Array(workflows.to_vec()))));
            return Ok(());
        }
        _ => {}
    }
    if workflows.is_empty() {
        to_stdout("No workflows found\n");
        return Ok(());
    }
    if form == Some(Form::Name) {
        let names: Vec<String> =
            workflows.iter().map(|workflow| format!("{}\n", select::name(workflow))).collect();
        to_stdout(&names.concat());
        return Ok(());
    }
    let wide = form == Some(Form::Wide);
    let mut rows = Vec::new();
    if columns.header {
        let mut header = vec!["NAME", "STATUS", "AGE", "DURATION", "PRIORITY", "MESSAGE"];
        if columns.namespace {
            header.insert(0, "NAMESPACE");
        }
        if wide {
            header.extend(["P/R/C", "PARAMETERS"]);
        }
        if columns.uid {
            header.push("UID");
        }
        rows.push(header.into_iter().map(str::to_owned).collect());
    }
    rows.extend(workflows.iter().map(|workflow| row(workflow, wide, columns)));
    to_stdout(&table(&rows, 3));
    let ended = workflows.iter().filter(|workflow| !field(workflow, "/status/finishedAt").is_empty()).count();
    let hint = |count: usize, what: &str, way: &str| {
        if count > MANY {
            to_stdout(&format!("\nThere are {count} {what} workflows. {way}\n"));
        }
    };
    hint(ended, "completed", "A `ttlStrategy` in their manifests removes them when their time is over.");
    hint(workflows.len() - ended, "unfinished", "A `parallelism` limit keeps their number down.");
    Ok(())
}

fn row(workflow: &Value, wide: bool, columns: &Columns) -> Vec<String> {
    let now = now();
    let time = |pointer: &str| Time::parse(field(workflow, pointer));
    let age = time("/metadata/creationTimestamp").map(|at| duration(now.since_us(at) / 1_000_000));
    let took = time("/status/startedAt").map(|started| {
        let until = time("/status/finishedAt").unwrap_or(now);
        duration(until.since_us(started) / 1_000_000)
    });
    let priority = workflow.pointer("/spec/priority").and_then(Value::as_i64).unwrap_or(0);
    let mut row = vec![
        select::name(workflow).to_owned(),
        status_words(workflow),
        age.unwrap_or_default(),
        took.unwrap_or_else(|| "0s".to_owned()),
        priority.to_string(),
        clean_line(field(workflow, "/status/message").as_bytes()),
    ];
    if columns.namespace {
        row.insert(0, field(workflow, "/metadata/namespace").to_owned());
    }
    if wide {
        row.push(pods(workflow));
        row.push(parameters(workflow));
    }
    if columns.uid {
        row.push(field(workflow, "/metadata/uid").to_owned());
    }
    row
}

/// Pods that wait, run, and are done (CLI-081).
fn pods(workflow: &Value) -> String {
    let (mut pending, mut running, mut done) = (0, 0, 0);
    let nodes = workflow.pointer("/status/nodes").and_then(Value::as_object);
    for node in nodes.into_iter().flat_map(|nodes| nodes.values()).filter(|node| node["type"] == "Pod") {
        match node["phase"].as_str().unwrap_or_default() {
            "Pending" => pending += 1,
            // Whoever needs a daemon goes on as soon as it runs.
            "Running" if node["daemoned"] == true => done += 1,
            "Running" => running += 1,
            "Succeeded" | "Failed" | "Error" | "Skipped" => done += 1,
            _ => {}
        }
    }
    format!("{pending}/{running}/{done}")
}

/// `k=v,…`; long values lose their middle (CLI-081).
fn parameters(workflow: &Value) -> String {
    let list = workflow.pointer("/spec/arguments/parameters").and_then(Value::as_array);
    let shown = list.into_iter().flatten().filter_map(|parameter| {
        let value = parameter["value"].as_str()?;
        let characters: Vec<char> = value.chars().collect();
        let value = match characters.len() {
            0..=50 => value.to_owned(),
            length => {
                characters[..32].iter().chain(&['.', '.', '.']).chain(&characters[length - 15..]).collect()
            }
        };
        Some(format!("{}={}", parameter["name"].as_str()?, clean_line(value.as_bytes())))
    });
    shown.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::pods;
    use serde_json::json;

    /// CLI-081: a daemon that runs has done what it is there for.
    #[test]
    fn a_running_daemon_counts_as_done() {
        let node =
            |phase: &str, daemoned: bool| json!({ "type": "Pod", "phase": phase, "daemoned": daemoned });
        let nodes = json!({
            "a": node("Running", true), "b": node("Pending", true), "c": node("Running", false),
            "d": node("Succeeded", false), "e": { "type": "DAG", "phase": "Running" },
        });
        assert_eq!(pods(&json!({ "status": { "nodes": nodes } })), "1/1/2");
    }
}

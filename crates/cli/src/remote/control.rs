//! `stop`, `terminate`, `suspend`, `resume`, `retry`, `resubmit`, `node set`, `delete` (CLI-037 to CLI-044).

use anyhow::anyhow;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::get::terms;
use super::http::{Fault, Query, Server, fault};
use super::logs::{After, after};
use super::said::{count, misused, said};
use super::select::{self, Narrow, Selector, workflow};
use super::view;
use crate::commands::{again, control, delete as deleting};
use crate::print::{GetStyle, to_stdout};

/// Workflows that are deleted before any of them is told.
const BATCH: usize = 256;

/// How many a server is asked to delete at the same time.
const AT_ONCE: usize = 16;

/// Selected and named workflows with their namespaces, in Argo's order: what was selected comes first, and each name
/// counts once.
fn meant(server: &Server, names: &[String], selector: &Selector) -> anyhow::Result<Vec<(String, String)>> {
    let mut meant: Vec<(String, String)> = Vec::new();
    if !selector.is_empty() {
        let narrow = Narrow {
            selector: selector.clone(),
            fields: "items.metadata.name,items.metadata.namespace",
            ..Narrow::default()
        };
        for found in select::workflows(server, &narrow)? {
            meant.push((select::namespace(&found, server).to_owned(), select::name(&found).to_owned()));
        }
    }
    meant.extend(names.iter().map(|name| (server.namespace.clone(), name.clone())));
    let mut seen = BTreeSet::new();
    meant.retain(|(_, name)| seen.insert(name.clone()));
    Ok(meant)
}

fn act(server: &Server, namespace: &str, name: &str, action: &str, body: Value) -> anyhow::Result<Value> {
    let mut body = body;
    body["name"] = json!(name);
    body["namespace"] = json!(namespace);
    server.put(&format!("{}/{action}", workflow(namespace, name)), &body)
}

pub fn stop(server: &Server, args: &control::StopArgs) -> anyhow::Result<ExitCode> {
    if args.runs.names.is_empty() && args.selector.is_empty() {
        return Err(misused("requires either selector or workflow", "stop"));
    }
    let nodes = readable(&args.node_field_selector)?;
    for (namespace, name) in meant(server, &args.runs.names, &args.selector)? {
        if args.dry_run {
            to_stdout(&format!("workflow {name} stopped (dry-run)\n"));
            continue;
        }
        let body = json!({ "nodeFieldSelector": nodes, "message": args.message.clone().unwrap_or_default() });
        let changed = act(server, &namespace, &name, "stop", body)?;
        to_stdout(&format!("workflow {} stopped\n", select::name(&changed)));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn terminate(server: &Server, args: &control::Args) -> anyhow::Result<ExitCode> {
    if args.runs.names.is_empty() && args.selector.is_empty() {
        return Err(misused("requires either selector or workflow", "terminate"));
    }
    for (namespace, name) in meant(server, &args.runs.names, &args.selector)? {
        if args.dry_run {
            to_stdout(&format!("workflow {name} terminated (dry-run)\n"));
            continue;
        }
        let changed = act(server, &namespace, &name, "terminate", json!({}))?;
        to_stdout(&format!("workflow {} terminated\n", select::name(&changed)));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn suspend(server: &Server, args: &control::SuspendArgs) -> anyhow::Result<ExitCode> {
    for name in &args.runs.names {
        act(server, &server.namespace, name, "suspend", json!({}))
            .map_err(|error| said(format!("failed to suspend {name}: {error}")))?;
        to_stdout(&format!("workflow {name} suspended\n"));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn resume(server: &Server, args: &control::ResumeArgs) -> anyhow::Result<ExitCode> {
    if args.runs.names.is_empty() && args.node_field_selector.is_empty() {
        return Err(misused("requires either node field selector or workflow", "resume"));
    }
    let nodes = readable(&args.node_field_selector)?;
    for name in &args.runs.names {
        act(server, &server.namespace, name, "resume", json!({ "nodeFieldSelector": nodes }))
            .map_err(|error| said(format!("failed to resume {name}: {error}")))?;
        to_stdout(&format!("workflow {name} resumed\n"));
    }
    Ok(ExitCode::SUCCESS)
}

/// A node field selector that can be read.
fn readable(selector: &str) -> anyhow::Result<&str> {
    terms(selector)?;
    Ok(selector)
}

pub fn node(server: &Server, args: &control::NodeArgs) -> anyhow::Result<ExitCode> {
    count(&args.words, 2..=usize::MAX, "node")?;
    let (action, name) = (&args.words[0], &args.words[1]);
    if action != "set" {
        return Err(said(format!("unknown action '{action}'")));
    }
    let mut parameters = Map::new();
    for pair in &args.output_parameter {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| said(format!("expected parameter of the form: NAME=VALUE. Received: {pair}")))?;
        parameters.insert(name.to_owned(), json!(control::unquoted(value)));
    }
    let outputs = if parameters.is_empty() { String::new() } else { Value::Object(parameters).to_string() };
    let body = json!({
        "nodeFieldSelector": readable(&args.node_field_selector)?,
        "phase": args.phase.clone().unwrap_or_default(),
        "message": args.message.clone().unwrap_or_default(),
        "outputParameters": outputs,
    });
    act(server, &server.namespace, name, "set", body)?;
    to_stdout("workflow values set\n");
    Ok(ExitCode::SUCCESS)
}

pub fn retry(server: &Server, args: &again::RetryArgs) -> anyhow::Result<ExitCode> {
    if args.runs.names.is_empty() && args.selector.is_empty() {
        return Err(misused("requires either node field selector or workflow", "retry"));
    }
    let body = json!({
        "restartSuccessful": args.how.restart_successful,
        "nodeFieldSelector": readable(&args.how.node_field_selector)?,
        "parameters": args.how.parameter,
    });
    again(server, &args.runs.names, &args.selector, "retry", &body, args.how.output, &args.how.then)
}

pub fn resubmit(server: &Server, args: &again::ResubmitArgs) -> anyhow::Result<ExitCode> {
    let body = json!({ "memoized": args.how.memoized, "parameters": args.how.parameter });
    again(server, &args.runs.names, &args.selector, "resubmit", &body, args.how.output, &args.how.then)
}

fn again(
    server: &Server,
    names: &[String],
    selector: &Selector,
    action: &str,
    body: &Value,
    form: Option<view::Form>,
    then: &again::Then,
) -> anyhow::Result<ExitCode> {
    let mut made = Vec::new();
    for (namespace, name) in meant(server, names, selector)? {
        let changed = act(server, &namespace, &name, action, body.clone())?;
        view::workflow(&changed, form, &GetStyle::default(), view::paint(false))?;
        made.push((namespace, select::name(&changed).to_owned()));
    }
    // Only one can be looked at.
    if made.len() != 1 {
        return Ok(ExitCode::SUCCESS);
    }
    after(server, &made, After::of(then, form))
}

pub fn delete(server: &Server, args: &deleting::Args) -> anyhow::Result<ExitCode> {
    let selects = args.selects();
    if args.names.is_empty() && !selects {
        return Err(misused("requires either a workflow or other argument", "delete"));
    }
    let mut meant: Vec<(String, String)> =
        args.names.iter().map(|name| (server.namespace.clone(), name.clone())).collect();
    if selects {
        let narrow = Narrow {
            selector: args.selector.clone(),
            phases: args.phases(),
            completed: args.completed,
            resubmitted: args.resubmitted,
            prefix: args.prefix.clone(),
            finished_before: select::long_ago(args.older.as_deref())?,
            all_namespaces: args.all_namespaces,
            chunk: usize::try_from(args.query_chunk_size).unwrap_or(0),
            fields: "metadata,items.metadata.name,items.metadata.namespace,items.status.finishedAt",
            ..Narrow::default()
        };
        for found in select::workflows(server, &narrow)? {
            meant.push((select::namespace(&found, server).to_owned(), select::name(&found).to_owned()));
        }
    }
    if meant.is_empty() {
        to_stdout("No resources found\n");
    }
    if args.dry_run {
        meant.iter().for_each(|(_, name)| to_stdout(&format!("Workflow '{name}' deleted (dry-run)\n")));
        return Ok(ExitCode::SUCCESS);
    }
    for batch in meant.chunks(BATCH) {
        for ((_, name), answer) in batch.iter().zip(delete_together(server, batch, args.force)) {
            match answer {
                Ok(_) => to_stdout(&format!("Workflow '{name}' deleted\n")),
                Err(error) if fault(&error).is_some_and(|fault| fault.code == Fault::NOT_FOUND) => {
                    to_stdout(&format!("Workflow '{name}' not found\n"));
                }
                Err(error) => return Err(anyhow!(error)),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks for several at once: a server removes what it is asked for at the same time in one transaction.
fn delete_together(server: &Server, batch: &[(String, String)], force: bool) -> Vec<anyhow::Result<Value>> {
    let query: Query = vec![("force", if force { "true".to_owned() } else { String::new() })];
    let (next, query) = (AtomicUsize::new(0), &query);
    let take = || {
        let at = next.fetch_add(1, Ordering::Relaxed);
        batch.get(at).map(|(namespace, name)| (at, server.delete(&workflow(namespace, name), query)))
    };
    let mut answers: Vec<_> = std::thread::scope(|scope| {
        let askers = AT_ONCE.min(batch.len());
        let asking: Vec<_> =
            (0..askers).map(|_| scope.spawn(|| std::iter::from_fn(take).collect::<Vec<_>>())).collect();
        asking.into_iter().flat_map(|asker| asker.join().expect("asking does not panic")).collect()
    });
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

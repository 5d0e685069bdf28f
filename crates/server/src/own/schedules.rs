//! Schedules: when they fire next, and what became of the last times.

use crate::access::{Resource, Verb};
use crate::call::Call;
use crate::fault::Fault;
use crate::own::page;
use crate::world::World;
use serde_json::{Value, json};
use tiphys_engine::Time;
use tiphys_engine::cron::{Cron, Firing, Verdict};

/// Coming instants that are told.
const NEXT_MAX: usize = 10;

/// Every schedule of a namespace.
pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Fault> {
    let namespace = call.query.text("namespace");
    call.who.may(Verb::List, Resource::Crons, namespace, None)?;
    let now = Time(world.now_us());
    let desk = world.desk.read();
    let items: Vec<Value> = desk.list(namespace).map(|cron| tell(cron, now)).collect();
    Ok(json!({ "items": items }))
}

/// When a schedule fires next; nothing if it never does.
pub(crate) fn next(cron: &Cron, now: Time) -> Option<Time> {
    let state = cron.state();
    let rests = state.document.spec.suspend || state.status.phase == "Stopped";
    if rests { None } else { cron.upcoming(now, 1).first().copied() }
}

fn tell(cron: &Cron, now: Time) -> Value {
    let state = cron.state();
    let (metadata, spec, status) = (&state.document.metadata, &state.document.spec, &state.status);
    let upcoming: Vec<String> = cron.upcoming(now, NEXT_MAX).into_iter().map(|at| page::time(at.0)).collect();
    let mut told = json!({
        "namespace": metadata.namespace,
        "name": metadata.name,
        "uid": metadata.uid,
        "schedules": spec.schedules,
        "timezone": state.timezone(),
        "suspended": spec.suspend,
        "stopped": status.phase == "Stopped",
        "active": status.active.iter().map(|run| &run.name).collect::<Vec<_>>(),
        "succeeded": status.succeeded,
        "failed": status.failed,
        "next": upcoming,
        "recent": state.recent.iter().rev().map(firing).collect::<Vec<_>>(),
        "missed": state.recent.iter().rev().filter(|firing| !is_run(firing)).map(firing).collect::<Vec<_>>(),
    });
    if let Some(last) = status.last_scheduled {
        told["last"] = json!(page::time(last.0));
    }
    for (field, message) in [("specError", &status.spec_error), ("submissionError", &status.submission_error)]
    {
        if let Some(message) = message {
            told[field] = json!(message);
        }
    }
    told
}

fn is_run(firing: &Firing) -> bool {
    matches!(firing.verdict, Verdict::Run { .. })
}

fn firing(firing: &Firing) -> Value {
    let (outcome, what, on_purpose) = match &firing.verdict {
        Verdict::Run { name, .. } => ("run", ("run", name), false),
        Verdict::Skipped { reason, on_purpose } => ("skipped", ("reason", reason), *on_purpose),
        Verdict::Missed { reason, on_purpose } => ("missed", ("reason", reason), *on_purpose),
        Verdict::Failed { message } => ("failed", ("reason", message), false),
    };
    json!({ "at": page::time(firing.due.0), "outcome": outcome, what.0: what.1, "onPurpose": on_purpose })
}

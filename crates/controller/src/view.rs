//! Reading runs that no engine here drives: their journal is folded once more.

use crate::prepare::env;
use crate::shard::decode;
use crate::submit::{self, Kept};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tiphys_engine::workflow::{Attempt, Event, NodeKind};
use tiphys_engine::{Frozen, Run, Time, compile};
use tiphys_store::{Journal, MachineId, Record, Runs, StoreError};

/// The documents that a run was submitted with; none if it is not here.
pub fn frozen<S: Journal + Runs + ?Sized>(store: &mut S, uid: &str) -> Result<Option<Frozen>, String> {
    let document = store.document(&MachineId::workflow(uid)).map_err(|error| error.to_string())?;
    let Some(document) = document else { return Ok(None) };
    let kept = Kept::read(&document)
        .map_err(|error| format!("the document of run {uid} cannot be read: {error}"))?;
    Ok(Some(kept.frozen.into_owned()))
}

/// A run as its journal tells it, with the documents that it was submitted with; none if it is not here.
pub fn run<S: Journal + Runs + ?Sized>(store: &mut S, uid: &str) -> Result<Option<(Frozen, Run)>, String> {
    let text = |error: StoreError| error.to_string();
    let Some(frozen) = frozen(store, uid)? else { return Ok(None) };
    let Some(loaded) = store.load(&MachineId::workflow(uid)).map_err(text)? else { return Ok(None) };
    let run = fold(&frozen, &loaded.records)?;
    Ok(Some((frozen, run)))
}

/// A run as its records tell it.
pub fn fold(frozen: &Frozen, records: &[Record]) -> Result<Run, String> {
    let mut run = Run::new(Arc::new(compile(frozen)?));
    for record in records {
        for event in decode::<Event>(record)? {
            run.apply(Time(record.at_us), &event);
        }
    }
    Ok(run)
}

/// The labels of the pods of a run, by the ids of their nodes (K8S-210).
pub fn pod_labels(run: &Run) -> BTreeMap<String, BTreeMap<String, String>> {
    let pods = run.indices().filter(|ix| run.node(*ix).kind == NodeKind::Pod).filter_map(|ix| {
        let attempt = Attempt { node: ix, generation: run.node(ix).generation };
        // One whose template cannot be made has no pod.
        let pod = run.pod(attempt, Time::default()).ok()?;
        let labels = env::labels(&run.plan, &pod, &pod.template);
        Some((pod.node_id, labels))
    });
    pods.collect()
}

/// A run as Argo's tools read it, from its journal; none if it is not here.
pub fn document<S: Journal + Runs + ?Sized>(
    store: &mut S,
    uid: &str,
    now: Time,
) -> Result<Option<Value>, String> {
    Ok(run(store, uid)?.map(|(frozen, run)| submit::document(&frozen.workflow, &run, now)))
}

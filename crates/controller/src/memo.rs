//! Remembered results (EX-330 to EX-339). Locally a cache is a table of the store, not a ConfigMap.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use tiphys_engine::workflow::NodeIx;
use tiphys_engine::{Run, Time};
use tiphys_spec as spec;
use tiphys_store::{MemoKey, Store, StoreError};

/// How long after a use was noted no other is: results are forgotten after days, and a note is a write.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// An entry as the store keeps it; times are columns of its own.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "nodeID")]
    node_id: String,
    #[serde(default)]
    outputs: spec::Outputs,
}

fn key(run: &Run, cache: &str, key: &str) -> MemoKey {
    MemoKey { namespace: run.plan.namespace.to_string(), cache: cache.to_owned(), key: key.to_owned() }
}

/// Looks for a node's remembered result; one that is too old does not count (EX-334). A use that is to be noted goes to
/// `hits`: results are forgotten by when they were last used (EX-338).
pub(crate) fn look_up(
    store: &mut dyn Store,
    run: &Run,
    node: NodeIx,
    now: Time,
    hits: &mut Vec<MemoKey>,
) -> Result<Option<spec::Outputs>, StoreError> {
    let Some((memo, _)) = run.memo(node) else { return Ok(None) };
    let key = key(run, &memo.cache, &memo.key);
    let Some(entry) = store.memo(&key)? else { return Ok(None) };
    if memo.max_age_us.is_some_and(|max| now.since_us(Time(entry.created_us)) > max) {
        return Ok(None);
    }
    // An entry that cannot be read is a miss: the step runs and writes a new one.
    let Ok(found) = serde_json::from_slice::<Entry>(&entry.body) else { return Ok(None) };
    if now.since_us(Time(entry.hit_us)) > NOTED_EVERY.as_micros() as i64 {
        hits.push(key);
    }
    Ok(Some(found.outputs))
}

/// Remembers a node's result.
pub(crate) fn save(store: &mut dyn Store, run: &Run, node: NodeIx, now: Time) -> Result<(), StoreError> {
    let Some((memo, outputs)) = run.memo(node) else { return Ok(()) };
    let entry = Entry { node_id: run.id(node), outputs };
    let body = serde_json::to_vec(&entry).unwrap_or_default();
    store.put_memo(&key(run, &memo.cache, &memo.key), &body, now.0)
}

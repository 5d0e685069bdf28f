//! How long a workflow will take, by how long the last one of its kind took (EX-533).

use crate::fault::Fault;
use crate::own::runs::PIPELINES;
use crate::world::World;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tiphys_store::{Filter, LabelTerm, Life, MachineId, Runs as _, Shelf};

/// Of a longer document only the time of the whole is looked at.
const DOCUMENT_BYTES_MAX: usize = 256 << 10;

/// What is read of the earlier run.
#[derive(Deserialize)]
struct Earlier {
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Status {
    started_at: Option<jiff::Timestamp>,
    finished_at: Option<jiff::Timestamp>,
    nodes: BTreeMap<String, Node>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Node {
    name: String,
    started_at: Option<jiff::Timestamp>,
    finished_at: Option<jiff::Timestamp>,
}

/// Seconds by the names of nodes without the workflow's; empty if nothing is known.
pub(crate) fn estimates(
    world: &World,
    namespace: &str,
    metadata: &Value,
) -> Result<Map<String, Value>, Fault> {
    let label =
        |(key, _): &(&str, &str)| Some(((*key).to_owned(), metadata["labels"][*key].as_str()?.to_owned()));
    let Some((key, value)) = PIPELINES.iter().find_map(label) else { return Ok(Map::new()) };
    let mut filter = Filter {
        namespace: Some(namespace.to_owned()),
        labels: vec![LabelTerm::In(key, vec![value])],
        phases: vec!["Succeeded".to_owned()],
        life: Life::Finished,
        limit: 1,
        ..Filter::default()
    };
    let mut last = world.store(|store| store.list(&filter))?;
    if last.is_empty() {
        filter.shelf = Shelf::Archive;
        last = world.store(|store| store.list(&filter))?;
    }
    let Some(last) = last.pop() else { return Ok(Map::new()) };
    let machine = MachineId::workflow(&*last.uid);
    let document = world.store(|store| store.archived(&machine))?.unwrap_or_default();
    let mut estimates = Map::new();
    if document.len() <= DOCUMENT_BYTES_MAX
        && let Ok(Earlier { status }) = serde_json::from_slice::<Earlier>(&document)
    {
        for node in status.nodes.values() {
            if let Some(own) = node.name.strip_prefix(&*last.name) {
                estimates
                    .extend(seconds(node.started_at, node.finished_at).map(|took| (own.to_owned(), took)));
            }
        }
        // The workflow itself has the name that its first node has.
        estimates.extend(seconds(status.started_at, status.finished_at).map(|took| (String::new(), took)));
    } else if let (Some(started), Some(finished)) = (last.started_us, last.finished_us) {
        estimates.insert(String::new(), json!(((finished - started) / 1_000_000).max(1)));
    }
    Ok(estimates)
}

fn seconds(started: Option<jiff::Timestamp>, finished: Option<jiff::Timestamp>) -> Option<Value> {
    // What is known is told: zero would mean that it is not.
    Some(json!((finished?.as_second() - started?.as_second()).max(1)))
}

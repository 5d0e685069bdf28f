//! What happened in a run, record by record, and what it means.

use crate::call::Call;
use crate::fault::Fault;
use crate::own::{page, runs};
use crate::world::World;
use serde_json::{Value, json};
use std::sync::Arc;
use tiphys_controller::{shard, view};
use tiphys_engine::explain;
use tiphys_engine::workflow::{Event, NodeIx};
use tiphys_engine::{Run, Time, compile};
use tiphys_store::{Journal as _, MachineId, Summary};

/// Events of a run from a position on, of one node if one is given.
pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Fault> {
    let row = runs::subject(world, call)?;
    let query = &call.query;
    let after = match query.text("after") {
        "" => 0,
        text => text.parse::<u64>().map_err(|_| {
            Fault::invalid(format!("`after` must be the position of an entry, a whole number, not `{text}`"))
        })?,
    };
    let size = page::size(call, 500)?;
    let past = past(world, &row)?;
    let mut items = Vec::new();
    let mut next = None;
    for (seq, at, events) in past.records.iter().filter(|(seq, ..)| *seq > after) {
        // A record is told whole, so that its number is a place to go on from.
        if items.len() >= size {
            next = Some(seq - 1);
            break;
        }
        for event in events {
            let item = tell(&past.run, *seq, at.0, event);
            if query.text("node").is_empty() || item["node"] == query.text("node") {
                items.push(item);
            }
        }
    }
    let mut answer = json!({ "items": items });
    if let Some(next) = next {
        answer["next"] = json!(next);
    }
    Ok(answer)
}

/// Why a run, or a node of it, is as it is.
pub(crate) fn why(world: &World, call: &Call) -> Result<Value, Fault> {
    let row = runs::subject(world, call)?;
    let past = past(world, &row)?;
    let history: Vec<(Time, Event)> = past
        .records
        .iter()
        .flat_map(|(_, at, events)| events.iter().map(|event| (*at, event.clone())))
        .collect();
    let node = Some(call.query.text("node")).filter(|node| !node.is_empty());
    let answer = explain::why(&past.run, &history, node, Time(world.now_us()))
        .ok_or_else(|| Fault::missing("nodes", node.unwrap_or_default()))?;
    let told = serde_json::to_value(&answer).map_err(|error| Fault::internal(error.to_string()))?;
    Ok(json!({
        "items": [{ "node": answer.id, "name": answer.name, "text": answer.because, "links": [] }],
        "answer": told,
    }))
}

/// What a run consists of, whether or not it got there.
pub(crate) fn plan(world: &World, call: &Call) -> Result<Value, Fault> {
    let row = runs::subject(world, call)?;
    let past = past(world, &row)?;
    serde_json::to_value(explain::outline(&past.run.plan)).map_err(|error| Fault::internal(error.to_string()))
}

/// A run with everything that happened in it.
struct Past {
    run: Run,
    records: Vec<(u64, Time, Vec<Event>)>,
}

fn past(world: &World, row: &Summary) -> Result<Past, Fault> {
    let gone = || Fault::missing("the journal of workflow", &row.name);
    let frozen = world.store(|store| Ok(view::frozen(store, &row.uid)))?.map_err(Fault::internal)?;
    let frozen = frozen.ok_or_else(gone)?;
    let loaded = world.store(|store| store.load(&MachineId::workflow(&row.uid)))?.ok_or_else(gone)?;
    let mut run = Run::new(Arc::new(compile(&frozen).map_err(Fault::internal)?));
    let mut records = Vec::with_capacity(loaded.records.len());
    for record in &loaded.records {
        let events = shard::decode(record).map_err(Fault::internal)?;
        events.iter().for_each(|event| run.apply(Time(record.at_us), event));
        records.push((record.seq, Time(record.at_us), events));
    }
    Ok(Past { run, records })
}

fn tell(run: &Run, position: u64, at_us: i64, event: &Event) -> Value {
    let mut data = serde_json::to_value(event).unwrap_or_default();
    let name = data["event"].as_str().unwrap_or_default().to_owned();
    let mut letters = name.chars();
    let shown: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let mut item = json!({ "position": position, "at": page::time(at_us), "event": shown });
    let index = ["node", "owner", "group"].iter().find_map(|field| data[*field].as_u64());
    if let Some(ix) = index.and_then(|ix| u32::try_from(ix).ok()).map(NodeIx)
        && ix.at() < run.nodes.len()
    {
        item["node"] = json!(run.id(ix));
        item["nodeName"] = json!(run.name(ix));
    }
    item["text"] = json!(explain::words(run, event));
    if let Value::Object(fields) = &mut data {
        fields.remove("event");
    }
    item["data"] = data;
    item
}

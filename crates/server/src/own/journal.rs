//! What happened in a run, record by record.

use crate::call::Call;
use crate::fault::Fault;
use crate::own::{page, runs};
use crate::world::World;
use serde_json::{Value, json};
use std::sync::Arc;
use tiphys_controller::{shard, view};
use tiphys_engine::workflow::NodeIx;
use tiphys_engine::{Run, Time, compile};
use tiphys_store::{Journal as _, MachineId};

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
    let gone = || Fault::missing("the journal of workflow", &row.name);
    let frozen = world.store(|store| Ok(view::frozen(store, &row.uid)))?.map_err(Fault::internal)?;
    let frozen = frozen.ok_or_else(gone)?;
    let loaded = world.store(|store| store.load(&MachineId::workflow(&row.uid)))?.ok_or_else(gone)?;
    let mut run = Run::new(Arc::new(compile(&frozen).map_err(Fault::internal)?));
    let mut items = Vec::new();
    let mut next = None;
    for record in &loaded.records {
        let events = shard::decode(record).map_err(Fault::internal)?;
        events.iter().for_each(|event| run.apply(Time(record.at_us), event));
        if record.seq <= after {
            continue;
        }
        // A record is told whole, so that its number is a place to go on from.
        if items.len() >= size {
            next = Some(record.seq - 1);
            break;
        }
        for event in &events {
            let item = tell(&run, record.seq, record.at_us, event);
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

fn tell(run: &Run, position: u64, at_us: i64, event: &tiphys_engine::workflow::Event) -> Value {
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
    if let Some(message) = data["message"].as_str() {
        item["text"] = json!(message);
    }
    if let Value::Object(fields) = &mut data {
        fields.remove("event");
    }
    item["data"] = data;
    item
}

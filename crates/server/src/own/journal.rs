//! What happened in a run, record by record, and what it means.

use crate::call::Call;
use crate::fault::Fault;
use crate::own::locks::hide_others;
use crate::own::{page, runs};
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tiphys_controller::{shard, view};
use tiphys_engine::explain;
use tiphys_engine::workflow::{Arrival, Event, NodeIx};
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
    let mut answer = explain::why(&past.run, &history, node, Time(world.now_us()))
        .ok_or_else(|| Fault::missing("nodes", node.unwrap_or_default()))?;
    if let Some(lock) = answer.awaited_lock() {
        answer.held_by = world.store(|store| tiphys_controller::locks::holders(store, lock))?;
        hide_others(&mut answer.held_by, &call.who);
    }
    if let Some(wanted) = answer.wants {
        // An engine that is gone gives no places.
        answer.tell_places(world.controller.places(&row.uid, wanted).unwrap_or_default());
        hide_others(&mut answer.taken_by, &call.who);
    }
    let told = serde_json::to_value(&answer).map_err(|error| Fault::internal(error.to_string()))?;
    Ok(json!({
        "items": [{ "node": answer.id, "name": answer.name, "text": answer.because, "links": [] }],
        "answer": told,
    }))
}

/// Shorter waits are nothing that anybody sees.
const NOTICED_US: i64 = 10_000;

/// How long a node stood at its gates, and how long its program took to begin; in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stage {
    waited: i64,
    starting: i64,
}

/// How long the steps of a run waited and took to start, where anybody would notice.
pub(crate) fn stages(world: &World, call: &Call) -> Result<Value, Fault> {
    let row = runs::subject(world, call)?;
    let past = past(world, &row)?;
    let events = past.records.iter().flat_map(|(_, at, events)| events.iter().map(|event| (*at, event)));
    // A step that was retried by hand came to be twice: the last time counts.
    let mut items = BTreeMap::new();
    for (ix, stage) in stages_of(events).into_iter().filter(|(ix, _)| ix.at() < past.run.nodes.len()) {
        let told = (stage.waited + stage.starting >= NOTICED_US).then_some(stage);
        items.insert(past.run.id(ix), told);
    }
    let items: Vec<Value> = items
        .into_iter()
        .filter_map(|(node, stage)| Some((node, stage?)))
        .map(|(node, stage)| {
            json!({ "node": node, "waitedMs": stage.waited / 1_000, "startingMs": stage.starting / 1_000 })
        })
        .collect();
    Ok(json!({ "items": items }))
}

fn stages_of<'a>(events: impl Iterator<Item = (Time, &'a Event)>) -> BTreeMap<NodeIx, Stage> {
    /// When a node came to be, and when it was let through its gates.
    struct Begun {
        entered: Time,
        opened: Option<Time>,
    }
    let mut begun: BTreeMap<NodeIx, Begun> = BTreeMap::new();
    let mut stages: BTreeMap<NodeIx, Stage> = BTreeMap::new();
    for (at, event) in events {
        match event {
            Event::Entered(Arrival { node, gate, .. }) => {
                begun.insert(*node, Begun { entered: at, opened: gate.is_none().then_some(at) });
                stages.insert(*node, Stage::default());
            }
            Event::Opened { node, .. } => {
                if let (Some(begun), Some(stage)) = (begun.get_mut(node), stages.get_mut(node))
                    && begun.opened.is_none()
                {
                    begun.opened = Some(at);
                    stage.waited = at.since_us(begun.entered);
                }
            }
            Event::Observed { node, .. } => {
                if let (Some(opened), Some(stage)) =
                    (begun.get(node).and_then(|begun| begun.opened), stages.get_mut(node))
                    && stage.starting == 0
                {
                    stage.starting = at.since_us(opened);
                }
            }
            // It will be started again.
            Event::Withdrawn { node } => {
                stages.entry(*node).and_modify(|stage| stage.starting = 0);
            }
            _ => {}
        }
    }
    stages
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

#[cfg(test)]
mod tests {
    use super::{Stage, stages_of};
    use serde_json::json;
    use tiphys_engine::Time;
    use tiphys_engine::workflow::{Event, NodeIx};

    #[test]
    fn waiting_and_starting_are_told_apart() {
        let read = |at: i64, event: serde_json::Value| -> (Time, Event) {
            (Time(at), serde_json::from_value(event).unwrap())
        };
        let opened = |node: u32| json!({ "event": "opened", "node": node });
        let observed = |node: u32| json!({ "event": "observed", "node": node });
        let events = [
            read(100, entered(1, true)),
            read(110, entered(2, false)),
            read(150, observed(2)),
            read(300, opened(1)),
            read(310, observed(1)),
            // Told twice, by progress or after a restart: the first counts.
            read(900, observed(1)),
            read(400, entered(3, true)),
            read(500, entered(4, false)),
            read(600, observed(4)),
            read(700, json!({ "event": "withdrawn", "node": 4 })),
        ];
        let stages = stages_of(events.iter().map(|(at, event)| (*at, event)));
        let of = |node: u32| stages[&NodeIx(node)];
        assert_eq!(of(1), Stage { waited: 200, starting: 10 });
        assert_eq!(of(2), Stage { waited: 0, starting: 40 });
        assert_eq!((of(3), of(4)), (Stage::default(), Stage::default()), "one still waits, one starts again");
    }

    fn entered(node: u32, is_gated: bool) -> serde_json::Value {
        let mut event = json!({
            "event": "entered", "node": node, "owner": 0, "site": "entry", "kind": "Pod", "phase": "Pending",
        });
        if is_gated {
            event["gate"] = json!("locks");
        }
        event
    }
}

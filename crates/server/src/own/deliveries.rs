//! Deliveries: every event from outside, what it matched, what not and why, and which runs it made.
//!
//! A delivery lies in the store like a run: a row that lists show and a document. It is there before it is
//! answered, and one that a crash left undone is dispatched at the next start.

use crate::access::{Resource, Role, Verb, Who};
use crate::argo::events;
use crate::call::Call;
use crate::fault::Fault;
use crate::own::page;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tiphys_store::{Created, Filter, LabelTerm, MachineId, NewRun, Runs as _, Summary};

/// The kind of the machines that deliveries lie under.
const KIND: &str = "delivery";

/// Deliveries that are kept; the oldest give way.
const KEPT_MAX: usize = 10_000;

/// Deliveries removed at once.
const REMOVED_MAX: usize = 100;

/// The label with what became of it.
const STATUS: &str = "status";

/// An event as it came in.
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) namespace: String,
    pub(crate) discriminator: String,
    pub(crate) sender: String,
    /// The event as expressions see it.
    pub(crate) event: Value,
    /// The delivery that this one repeats.
    pub(crate) replay_of: Option<String>,
}

fn machine(id: &str) -> MachineId {
    MachineId { kind: KIND.into(), id: id.to_owned() }
}

impl Delivery {
    fn row(&self, status: &str, at_us: i64) -> NewRun {
        let labels = BTreeMap::from([
            (STATUS.to_owned(), status.to_owned()),
            ("discriminator".to_owned(), self.discriminator.clone()),
        ]);
        NewRun {
            machine: machine(&self.id),
            document: Vec::new(),
            summary: Summary {
                namespace: self.namespace.clone(),
                name: self.id.clone(),
                uid: self.id.clone(),
                message: self.discriminator.clone(),
                created_us: at_us,
                labels,
                ..Summary::default()
            },
        }
    }

    fn document(&self, status: &str, results: &[Value], at_us: i64) -> Value {
        let mut document = json!({
            "id": self.id,
            "at": page::time(at_us),
            "namespace": self.namespace,
            "discriminator": self.discriminator,
            "sender": self.sender,
            "status": status,
            "results": results,
            "event": self.event,
        });
        if let Some(of) = &self.replay_of {
            document["replayOf"] = json!(of);
        }
        document
    }

    /// Keeps it durably, and says what becomes of it. `None` if it is here already; then nothing is made.
    pub(crate) fn take(&self, world: &World, who: &Who) -> Result<Option<events::Outcome>, Fault> {
        let at_us = world.now_us();
        let mut row = self.row("received", at_us);
        row.document = self.document("received", &[], at_us).to_string().into_bytes();
        if world.store(|store| store.create(&row))? != Created::Yes {
            return Ok(None);
        }
        let outcome = self.dispatch(world, who, at_us)?;
        cut(world)?;
        Ok(Some(outcome))
    }

    fn dispatch(&self, world: &World, who: &Who, at_us: i64) -> Result<events::Outcome, Fault> {
        let outcome = events::dispatch(world, who, &self.namespace, &self.id, &self.event);
        let status = match &outcome {
            outcome if !outcome.faults.is_empty() => "failed",
            outcome if outcome.results.iter().any(|result| result["matched"] == true) => "matched",
            _ => "unmatched",
        };
        let mut row = self.row(status, at_us);
        row.document = self.document(status, &outcome.results, at_us).to_string().into_bytes();
        world.store(|store| store.restart(&row))?;
        world.hub.delivered(&self.namespace, &self.id, status);
        Ok(outcome)
    }

    fn read(document: &Value) -> Delivery {
        let text = |field: &str| document[field].as_str().unwrap_or_default().to_owned();
        Delivery {
            id: text("id"),
            namespace: text("namespace"),
            discriminator: text("discriminator"),
            sender: text("sender"),
            event: document["event"].clone(),
            replay_of: document["replayOf"].as_str().map(str::to_owned),
        }
    }
}

/// Removes the oldest deliveries beyond those that are kept.
fn cut(world: &World) -> Result<(), Fault> {
    let old = Filter { kind: Some(KIND.into()), offset: KEPT_MAX, limit: REMOVED_MAX, ..Filter::default() };
    // Looked at only now and then: counting is not free.
    if !world.now_us().unsigned_abs().is_multiple_of(64) {
        return Ok(());
    }
    for row in world.store(|store| store.list(&old))? {
        world.store(|store| store.delete(&machine(&row.uid)))?;
    }
    Ok(())
}

/// Dispatches what an earlier life of the server took and did not get to.
pub(crate) fn recover(world: &World) -> Result<(), Fault> {
    let undone = Filter {
        kind: Some(KIND.into()),
        labels: vec![LabelTerm::In(STATUS.to_owned(), vec!["received".to_owned()])],
        ..Filter::default()
    };
    let mut rows = world.store(|store| store.list(&undone))?;
    rows.reverse();
    for row in rows {
        let Some(document) = document(world, &row.uid)? else { continue };
        let delivery = Delivery::read(&document);
        let who = Who::known(delivery.sender.clone(), Role::Operator, vec![delivery.namespace.clone()]);
        delivery.dispatch(world, &who, row.created_us)?;
    }
    Ok(())
}

fn document(world: &World, id: &str) -> Result<Option<Value>, Fault> {
    let body = world.store(|store| store.document(&machine(id)))?;
    body.map(|body| {
        serde_json::from_slice(&body)
            .map_err(|error| Fault::internal(format!("the delivery `{id}` cannot be read: {error}")))
    })
    .transpose()
}

/// Deliveries, newest first.
pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Fault> {
    let namespace = call.query.text("namespace");
    call.who.may(Verb::List, Resource::Events, namespace, None)?;
    let size = page::size(call, 50)?;
    let mut labels = Vec::new();
    for key in [STATUS, "discriminator"] {
        let text = call.query.text(key);
        if !text.is_empty() {
            labels.push(LabelTerm::In(key.to_owned(), vec![text.to_owned()]));
        }
    }
    let filter = Filter {
        kind: Some(KIND.into()),
        namespace: Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty()),
        labels,
        after: page::cursor(call)?,
        limit: size + 1,
        ..Filter::default()
    };
    let mut rows = world.store(|store| store.list(&filter))?;
    let more = rows.len() > size;
    rows.truncate(size);
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        // One that was cut since the rows were read is not missed.
        let Some(mut delivery) = document(world, &row.uid)? else { continue };
        if let Value::Object(fields) = &mut delivery {
            fields.remove("event");
        }
        items.push(delivery);
    }
    let mut answer = json!({ "items": items });
    if more && let Some(last) = rows.last() {
        answer["next"] = json!(page::after(last));
    }
    Ok(answer)
}

/// One delivery with everything that came in.
pub(crate) fn get(world: &World, call: &Call) -> Result<Value, Fault> {
    let found = find(world, call, Verb::Get)?;
    Ok(whole(found))
}

fn find(world: &World, call: &Call, verb: Verb) -> Result<Value, Fault> {
    let id = call.param("id");
    let found = document(world, id)?;
    let namespace = found.as_ref().and_then(|found| found["namespace"].as_str()).unwrap_or_default();
    call.who.may(verb, Resource::Events, namespace, Some(id))?;
    found.ok_or_else(|| Fault::missing("deliveries", id))
}

fn whole(mut delivery: Value) -> Value {
    let event = delivery["event"].take();
    let headers = event["metadata"].as_object().into_iter().flatten();
    let headers: BTreeMap<String, String> = headers
        .map(|(name, values)| {
            let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
            (name.clone(), values.collect::<Vec<_>>().join(", "))
        })
        .collect();
    delivery["headers"] = json!(headers);
    delivery["payload"] = event["payload"].clone();
    if let Value::Object(fields) = &mut delivery {
        fields.remove("event");
    }
    delivery
}

/// Sends an event once more, as a delivery of its own.
pub(crate) fn replay(world: &World, call: &Call) -> Result<Value, Fault> {
    let found = find(world, call, Verb::Create)?;
    let old = Delivery::read(&found);
    let again = Delivery {
        id: uuid::Uuid::now_v7().to_string(),
        sender: call.who.subject.clone(),
        replay_of: Some(old.id),
        ..Delivery::read(&found)
    };
    again.take(world, &call.who)?;
    let made = document(world, &again.id)?.unwrap_or_default();
    Ok(whole(made))
}

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
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use tiphys_store::{Created, Filter, LabelTerm, MachineId, NewRun, Runs as _, StoreError, Summary};

/// The kind of the machines that deliveries lie under.
const KIND: &str = "delivery";

/// Deliveries that are kept; the oldest give way.
const KEPT_MAX: usize = 10_000;

/// Deliveries of senders who may start nothing that are kept; they give way to each other only.
const KEPT_OF_VIEWERS_MAX: usize = 1_000;

/// Deliveries removed at once.
const REMOVED_MAX: usize = 100;

/// Deliveries after which it is looked again whether there are too many; no more than are removed at once.
const CUT_EVERY: usize = 64;

const _: () = assert!(CUT_EVERY <= REMOVED_MAX, "no more come than go");

/// The label with what became of it.
const STATUS: &str = "status";

/// The field, and the label, with the role of whoever sent it. It is for ourselves: no answer has it.
const ROLE: &str = "senderRole";

/// The field with the headers that hold a secret, sealed. It is for ourselves, too.
const SEALED: &str = "sealedHeaders";

/// Fields of a kept delivery that no answer has as they are.
const OURS: [&str; 3] = ["event", ROLE, SEALED];

/// What is kept and shown in place of such a header.
const HIDDEN: &str = "(hidden)";

/// Whether a header holds a secret itself, not a signature that was made with one: with it anybody could send events.
fn is_secret(header: &str) -> bool {
    let words = ["token", "secret", "password", "api-key", "apikey"];
    header == "x-hook-uuid" || words.iter().any(|word| header.contains(word))
}

/// Deliveries whose sender gave them an id and that are being dispatched now, so that the same one sent twice at a time is
/// dispatched once.
#[derive(Default)]
pub(crate) struct Turns {
    /// How many were taken.
    cuts: AtomicUsize,
    taken: Mutex<BTreeSet<String>>,
    freed: Condvar,
}

/// The turn of one delivery, until this is dropped.
struct Turn<'a> {
    turns: &'a Turns,
    id: &'a str,
}

impl Turns {
    /// Whether it is time to cut what is kept, now that one more came.
    fn are_to_be_cut(&self) -> bool {
        self.cuts.fetch_add(1, Ordering::Relaxed).is_multiple_of(CUT_EVERY)
    }

    /// Waits until nobody else dispatches this delivery.
    fn take<'a>(&'a self, id: &'a str) -> Turn<'a> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_taken = |taken: &mut BTreeSet<String>| taken.contains(id);
        let mut taken = self.freed.wait_while(taken, is_taken).unwrap_or_else(PoisonError::into_inner);
        taken.insert(id.to_owned());
        Turn { turns: self, id }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(self.id);
        self.turns.freed.notify_all();
    }
}

/// An event as it came in.
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) namespace: String,
    pub(crate) discriminator: String,
    pub(crate) sender: String,
    /// What the sender may do.
    pub(crate) role: Role,
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
            (ROLE.to_owned(), self.role.name().to_owned()),
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

    fn document(&self, world: &World, status: &str, results: &[Value], at_us: i64) -> Result<Value, Fault> {
        let mut event = self.event.clone();
        let mut secrets = Map::new();
        for (header, values) in event["metadata"].as_object_mut().into_iter().flatten() {
            if is_secret(header) {
                secrets.insert(header.clone(), std::mem::replace(values, json!([HIDDEN])));
            }
        }
        let mut document = json!({
            "id": self.id,
            "at": page::time(at_us),
            "namespace": self.namespace,
            "discriminator": self.discriminator,
            "sender": self.sender,
            ROLE: self.role.name(),
            "status": status,
            "results": results,
            "event": event,
        });
        if results.is_empty() && status == "unmatched" {
            document["reason"] = json!("there are no event bindings in its namespace");
        }
        if let Some(of) = &self.replay_of {
            document["replayOf"] = json!(of);
        }
        if !secrets.is_empty() {
            document[SEALED] = world.vault.seal(json!({ "data": secrets }))?;
        }
        Ok(document)
    }

    /// Keeps it durably, and says what becomes of it. `None` if it came before and matched; then nothing is made.
    pub(crate) fn take(&self, world: &World, who: &Who) -> Result<Option<events::Outcome>, Fault> {
        let _turn = world.turns.take(&self.id);
        let at_us = world.now_us();
        let mut row = self.row("received", at_us);
        row.document = self.document(world, "received", &[], at_us)?.to_string().into_bytes();
        if world.store(|store| store.create(&row))? == Created::Yes {
            let outcome = self.dispatch(world, who, at_us, &[])?;
            cut(world)?;
            return Ok(Some(outcome));
        }
        // Nothing was made of it, or not everything: its sender was told so, or somebody mended a binding.
        let Some(found) = document(world, &self.id)? else {
            // Cut at this very moment: so many newer ones came that it is of no interest.
            return Ok(None);
        };
        if found["status"] == "matched" {
            return Ok(None);
        }
        let summary = world.store(|store| store.summary(&machine(&self.id)))?;
        let first_us = summary.map_or(at_us, |summary| summary.created_us);
        let before = Delivery::read(world, &found)?;
        before.dispatch(world, who, first_us, results(&found)).map(Some)
    }

    /// Offers it to every binding but those that made something of it `before`.
    fn dispatch(
        &self,
        world: &World,
        who: &Who,
        at_us: i64,
        before: &[Value],
    ) -> Result<events::Outcome, Fault> {
        let outcome = events::dispatch(world, who, &self.namespace, &self.id, &self.event, before);
        let status = match &outcome {
            outcome if !outcome.faults.is_empty() => "failed",
            outcome if outcome.results.iter().any(|result| result["matched"] == true) => "matched",
            _ => "unmatched",
        };
        let mut row = self.row(status, at_us);
        row.document = self.document(world, status, &outcome.results, at_us)?.to_string().into_bytes();
        world.store(|store| store.restart(&row, None))?;
        world.hub.delivered(&self.namespace, &self.id, status);
        // The answer to the sender does not tell what was made; whoever looks for a run's origin finds it here.
        let runs: Vec<&str> = outcome.results.iter().filter_map(|result| result["run"].as_str()).collect();
        if !runs.is_empty() {
            let (who, namespace, objects) = (&self.sender, &self.namespace, runs.join(", "));
            tracing::info!(target: "audit", who, namespace, delivery = self.id, objects, "event");
        }
        Ok(outcome)
    }

    fn read(world: &World, document: &Value) -> Result<Delivery, Fault> {
        let mut event = document["event"].clone();
        if let Some(sealed) = document.get(SEALED) {
            let opened = world.vault.unseal(sealed.clone())?;
            for (header, values) in opened["data"].as_object().into_iter().flatten() {
                event["metadata"][header] = values.clone();
            }
        }
        let text = |field: &str| document[field].as_str().unwrap_or_default().to_owned();
        Ok(Delivery {
            id: text("id"),
            namespace: text("namespace"),
            discriminator: text("discriminator"),
            sender: text("sender"),
            // One that an earlier release kept does not say.
            role: document[ROLE].as_str().and_then(Role::parse).unwrap_or(Role::Operator),
            event,
            replay_of: document["replayOf"].as_str().map(str::to_owned),
        })
    }
}

/// What became of a delivery at each binding.
fn results(document: &Value) -> &[Value] {
    document["results"].as_array().map_or(&[], Vec::as_slice)
}

/// Removes the oldest deliveries beyond those that are kept, at the first delivery and then now and then: counting is not
/// free.
fn cut(world: &World) -> Result<(), Fault> {
    match world.turns.are_to_be_cut() {
        true => keep(world, KEPT_MAX, KEPT_OF_VIEWERS_MAX),
        false => Ok(()),
    }
}

/// Keeps so many deliveries, and so many of senders who may start nothing: those must not push out the others.
fn keep(world: &World, most: usize, of_viewers: usize) -> Result<(), Fault> {
    let viewers = vec![Role::Nobody.name().to_owned(), Role::Viewer.name().to_owned()];
    for (label, kept) in [
        (LabelTerm::NotIn(ROLE.to_owned(), viewers.clone()), most),
        (LabelTerm::In(ROLE.to_owned(), viewers), of_viewers),
    ] {
        let old = Filter {
            kind: Some(KIND.into()),
            labels: vec![label],
            offset: kept,
            limit: REMOVED_MAX,
            ..Filter::default()
        };
        for row in world.store(|store| store.list(&old))? {
            world.store(|store| store.delete(&machine(&row.uid)))?;
        }
    }
    Ok(())
}

/// Dispatches what an earlier life of the server took and did not get to. One that cannot be read or dispatched must not
/// keep the others from it, nor the server from starting: the next start tries it again.
pub(crate) fn recover(world: &World) -> Result<(), StoreError> {
    let undone = Filter {
        kind: Some(KIND.into()),
        labels: vec![LabelTerm::In(STATUS.to_owned(), vec!["received".to_owned()])],
        ..Filter::default()
    };
    let mut rows = world.state.store()?.list(&undone)?;
    rows.reverse();
    for row in rows {
        if let Err(fault) = dispatch_late(world, &row) {
            let error = fault.message;
            tracing::warn!(
                delivery = row.uid,
                namespace = row.namespace,
                error,
                "an event is not dispatched"
            );
        }
    }
    Ok(())
}

/// Dispatches a delivery of an earlier life with the rights that its sender had.
fn dispatch_late(world: &World, row: &Summary) -> Result<(), Fault> {
    let Some(document) = document(world, &row.uid)? else { return Ok(()) };
    let delivery = Delivery::read(world, &document)?;
    let who = Who::known(delivery.sender.clone(), delivery.role, vec![delivery.namespace.clone()]);
    delivery.dispatch(world, &who, row.created_us, results(&document)).map(drop)
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
            fields.retain(|field, _| !OURS.contains(&field.as_str()));
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
        fields.retain(|field, _| !OURS.contains(&field.as_str()));
    }
    delivery
}

/// Sends an event once more, as a delivery of its own.
pub(crate) fn replay(world: &World, call: &Call) -> Result<Value, Fault> {
    let found = find(world, call, Verb::Create)?;
    let old = Delivery::read(world, &found)?;
    let again = Delivery {
        id: uuid::Uuid::now_v7().to_string(),
        sender: call.who.subject.clone(),
        role: call.who.role(),
        replay_of: Some(old.id),
        ..Delivery::read(world, &found)?
    };
    again.take(world, &call.who)?;
    let made = document(world, &again.id)?.unwrap_or_default();
    Ok(whole(made))
}

#[cfg(test)]
mod tests;

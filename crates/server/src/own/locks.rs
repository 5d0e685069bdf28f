//! Locks: who holds them and who waits.

use crate::access::{Resource, Verb};
use crate::call::Call;
use crate::fault::Fault;
use crate::own::page;
use crate::world::World;
use serde_json::{Value, json};
use tiphys_engine::locks::Holder;

/// Every lock that somebody of a namespace holds or waits for.
pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Fault> {
    let namespace = call.query.text("namespace");
    call.who.may(Verb::List, Resource::Locks, namespace, None)?;
    let locks = world.store(|store| tiphys_controller::locks::all(store))?;
    let theirs = |holder: &Holder| {
        namespace.is_empty() || holder.name.split('/').next().is_some_and(|own| own == namespace)
    };
    let items: Vec<Value> = locks
        .iter()
        .filter(|(_, lock)| lock.holders.iter().chain(&lock.waiters).any(theirs))
        .map(|(key, lock)| {
            json!({
                "key": key,
                "kind": if key.split('/').nth(1) == Some("Mutex") { "mutex" } else { "semaphore" },
                "limit": lock.limit,
                "holders": lock.holders.iter().map(who).collect::<Vec<_>>(),
                "waiters": lock.waiters.iter().map(who).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(json!({ "items": items }))
}

fn who(holder: &Holder) -> Value {
    let mut parts = holder.name.splitn(3, '/');
    let (namespace, run, node) = (parts.next(), parts.next(), parts.next());
    let mut told = json!({ "namespace": namespace, "run": run, "uid": holder.uid });
    if let Some(node) = node {
        told["node"] = json!(node);
    }
    if !holder.step.is_empty() {
        told["step"] = json!(holder.step);
    }
    if holder.since().0 > 0 {
        told["since"] = json!(page::time(holder.since().0));
    }
    told
}

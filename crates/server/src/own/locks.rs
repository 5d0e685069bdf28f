//! Locks: who holds them and who waits.

use crate::access::{Resource, Verb, Who};
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
    let theirs = |holder: &Holder| namespace.is_empty() || home(&holder.name) == namespace;
    let told = |holders: &[Holder]| -> Vec<Value> {
        holders
            .iter()
            .map(|holder| tell(holder, call.who.allows(Verb::List, Resource::Workflows, home(&holder.name))))
            .collect()
    };
    let items: Vec<Value> = locks
        .iter()
        .filter(|(_, lock)| lock.holders.iter().chain(&lock.waiters).any(theirs))
        .map(|(key, lock)| {
            json!({
                "key": key,
                "kind": if key.split('/').nth(1) == Some("Mutex") { "mutex" } else { "semaphore" },
                "limit": lock.limit,
                "holders": told(&lock.holders),
                "waiters": told(&lock.waiters),
            })
        })
        .collect();
    Ok(json!({ "items": items }))
}

/// The namespace of a holder or of a run, as in `namespace/run/node`.
fn home(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
}

/// Names of what is in namespaces that somebody may look into; of the others how many there are.
pub(crate) fn hide_others(names: &mut Vec<String>, who: &Who) {
    let all = names.len();
    names.retain(|name| who.allows(Verb::List, Resource::Workflows, home(name)));
    let others = all - names.len();
    if others > 0 {
        names.push(format!("{others} in other namespaces"));
    }
}

/// Who holds a lock or waits for it. One lock may serve several namespaces: who may not look into that of the holder
/// learns that there is one, and since when.
fn tell(holder: &Holder, may_look: bool) -> Value {
    let mut parts = holder.name.splitn(3, '/');
    let (namespace, run, node) = (parts.next(), parts.next(), parts.next());
    let mut told = json!({ "namespace": namespace });
    if may_look {
        told["run"] = json!(run);
        told["uid"] = json!(holder.uid);
        if let Some(node) = node {
            told["node"] = json!(node);
        }
        if !holder.step.is_empty() {
            told["step"] = json!(holder.step);
        }
    }
    if holder.since().0 > 0 {
        told["since"] = json!(page::time(holder.since().0));
    }
    told
}

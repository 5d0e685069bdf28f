//! Locks as rows of the store: one transaction reads them, asks the pure table, and writes them back.

use std::collections::BTreeMap;
use tiphys_engine::locks::{self, Answer, Lock, Size, Wanted, acquire, release};
use tiphys_engine::workflow::{LockAnswer, NodeIx};
use tiphys_engine::{Run, Time};
use tiphys_store::{LockRows, ObjectKey, Store, StoreError};

/// Catalog kind of the limits of database semaphores.
pub const SYNC_LIMIT: &str = "SyncLimit";

/// Tries to get all locks at once.
pub(crate) fn try_acquire(
    store: &mut dyn Store,
    run: &Run,
    node: Option<NodeIx>,
    now: Time,
) -> Result<LockAnswer, StoreError> {
    let wanted = match run.locks_wanted(node, now) {
        Ok(wanted) => wanted,
        Err(reason) => return Ok(LockAnswer::Refused(reason)),
    };
    let mut sized = Vec::with_capacity(wanted.len());
    for lock in &wanted {
        match limit(store, run, lock)? {
            Ok(limit) => sized.push((lock.name.clone(), limit)),
            Err(reason) => return Ok(LockAnswer::Refused(reason)),
        }
    }
    let names: Vec<String> = sized.iter().map(|(name, _)| name.clone()).collect();
    let who = run.lock_holder(node);
    let mut answer = Answer::Granted;
    let mut is_new = false;
    store.update_locks(&names, &mut |rows| {
        let mut locks = read(rows);
        is_new = !locks.values().any(|lock| lock.waiters.iter().any(|waiter| waiter.name == who.name));
        answer = acquire(&mut locks, &sized, &who);
        write(rows, locks);
    })?;
    // Who holds nothing closes no circle, and who closes one is the one that came last.
    if matches!(answer, Answer::Waiting { .. })
        && is_new
        && !who.within.is_empty()
        && let Some(reason) = locks::deadlock(&read(&store.locks()?), &who.name)
    {
        store.update_locks(&names, &mut |rows| {
            let mut locks = read(rows);
            release(&mut locks, &|holder| holder.name == who.name);
            write(rows, locks);
        })?;
        return Ok(LockAnswer::Refused(reason));
    }
    Ok(match answer {
        Answer::Granted => LockAnswer::Granted,
        Answer::Waiting { lock, message } => LockAnswer::Waiting { lock, message },
    })
}

/// Gives the locks of one holder back; the names of holders that may try next.
pub(crate) fn give_back(
    store: &mut dyn Store,
    run: &Run,
    node: Option<NodeIx>,
    now: Time,
) -> Result<Vec<String>, StoreError> {
    let names: Vec<String> =
        run.locks_wanted(node, now).unwrap_or_default().into_iter().map(|lock| lock.name).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let who = run.lock_holder(node).name;
    let mut next = Vec::new();
    store.update_locks(&names, &mut |rows| {
        let mut locks = read(rows);
        release(&mut locks, &|holder| holder.name == who);
        next = locks
            .values()
            .flat_map(|lock| {
                let free = (lock.limit as usize).saturating_sub(lock.holders.len());
                lock.waiters.iter().take(free.max(1)).map(|waiter| waiter.name.clone())
            })
            .collect();
        write(rows, locks);
    })?;
    Ok(next)
}

/// Takes a whole run out of every lock; for a run that is over or deleted.
pub(crate) fn forget_run(store: &mut dyn Store, uid: &str) -> Result<(), StoreError> {
    let all = read(&store.locks()?);
    let names: Vec<String> = all
        .into_iter()
        .filter(|(_, lock)| lock.holders.iter().chain(&lock.waiters).any(|holder| holder.uid == uid))
        .map(|(name, _)| name)
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    store.update_locks(&names, &mut |rows| {
        let mut locks = read(rows);
        release(&mut locks, &|holder| holder.uid == uid);
        write(rows, locks);
    })
}

/// The size of a lock, read anew on every try (EX-353). The inner error is the user's.
fn limit(store: &mut dyn Store, run: &Run, lock: &Wanted) -> Result<Result<u64, String>, StoreError> {
    let broken =
        |reason: String| Err(format!("failed to initialize semaphore {} with limit {reason}", lock.name));
    let text = match &lock.size {
        Size::One => return Ok(Ok(1)),
        Size::ConfigMap { namespace, name, key } => {
            let object =
                ObjectKey { kind: "ConfigMap".to_owned(), namespace: namespace.clone(), name: name.clone() };
            let kept = store.object(&object)?.and_then(|object| {
                let value: serde_json::Value = serde_json::from_slice(&object.body).ok()?;
                value.get("data")?.get(key)?.as_str().map(str::to_owned)
            });
            let given = || run.plan.config_maps.get(name).and_then(|map| map.data.get(key)).cloned();
            match kept.or_else(given) {
                Some(text) => text,
                None => return Ok(broken(format!("0: key {key} of configmap {name} is not there"))),
            }
        }
        Size::Database { key } => {
            let (namespace, name) = key.split_once('/').unwrap_or(("", key));
            let object = ObjectKey {
                kind: SYNC_LIMIT.to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            };
            match store.object(&object)? {
                Some(object) => String::from_utf8_lossy(&object.body).into_owned(),
                None => return Ok(broken(format!("0: there is no database limit {key}"))),
            }
        }
    };
    Ok(match text.trim().parse::<u64>() {
        Ok(0) => broken("0".to_owned()),
        Ok(limit) => Ok(limit),
        Err(_) => broken(format!("`{text}`: not a whole number")),
    })
}

fn read(rows: &LockRows) -> BTreeMap<String, Lock> {
    rows.iter().map(|(name, body)| (name.clone(), serde_json::from_slice(body).unwrap_or_default())).collect()
}

fn write(rows: &mut LockRows, locks: BTreeMap<String, Lock>) {
    rows.clear();
    for (name, lock) in locks {
        if lock.holders.is_empty() && lock.waiters.is_empty() {
            continue;
        }
        if let Ok(body) = serde_json::to_vec(&lock) {
            rows.insert(name, body);
        }
    }
}

/// Every lock that somebody holds or waits for.
pub fn all(store: &mut dyn Store) -> Result<BTreeMap<String, Lock>, StoreError> {
    Ok(read(&store.locks()?))
}

//! Locks as rows of the store: one transaction reads them, asks the pure table, and writes them back.

use std::collections::{BTreeMap, BTreeSet};
use tiphys_engine::locks::{self, Answer, Holder, Lock, Size, Wanted, acquire, release};
use tiphys_engine::workflow::{LockAnswer, NodeIx};
use tiphys_engine::{Run, Time};
use tiphys_store::{LockRows, MachineId, ObjectKey, Store, StoreError};

/// Catalog kind of the limits of database semaphores.
pub const SYNC_LIMIT: &str = "SyncLimit";

/// What came of asking for locks, and which were asked for.
pub(crate) struct Tried {
    pub(crate) answer: LockAnswer,
    pub(crate) names: Vec<String>,
}

/// Tries to get all locks at once.
pub(crate) fn try_acquire(
    store: &mut dyn Store,
    run: &Run,
    node: Option<NodeIx>,
    now: Time,
) -> Result<Tried, StoreError> {
    let refused = |reason, names| Ok(Tried { answer: LockAnswer::Refused(reason), names });
    let wanted = match run.locks_wanted(node, now) {
        Ok(wanted) => wanted,
        Err(reason) => return refused(reason, Vec::new()),
    };
    let mut sized = Vec::with_capacity(wanted.len());
    for lock in &wanted {
        match limit(store, run, lock)? {
            Ok(limit) => sized.push((lock.name.clone(), limit)),
            Err(reason) => return refused(reason, Vec::new()),
        }
    }
    let names: Vec<String> = sized.iter().map(|(name, _)| name.clone()).collect();
    let who = run.lock_holder(node, now);
    let mut answer = Answer::Granted;
    let mut is_new = false;
    let changed = change(store, &names, &mut |locks| {
        is_new = !locks.values().any(|lock| lock.waiters.iter().any(|waiter| waiter.name == who.name));
        answer = acquire(locks, &sized, &who);
    })?;
    if let Err(unreadable) = changed {
        return refused(unreadable, names);
    }
    // Who holds nothing closes no circle, and who closes one is the one that came last.
    if matches!(answer, Answer::Waiting { .. })
        && is_new
        && !who.within.is_empty()
        && let Some(reason) = locks::deadlock(&all(store)?, &who.name)
    {
        take_out(store, &names, &|holder| holder.name == who.name)?;
        return refused(reason, names);
    }
    let answer = match answer {
        Answer::Granted => LockAnswer::Granted,
        Answer::Waiting { lock, message } => LockAnswer::Waiting { lock, message },
    };
    Ok(Tried { answer, names })
}

/// Gives back what a holder has of these locks, and its places in their queues; who may try next. What it has is known
/// by its name alone: what a lock is called may depend on values that are others by now.
pub(crate) fn give_back(
    store: &mut dyn Store,
    who: &str,
    names: Option<Vec<String>>,
) -> Result<Vec<String>, StoreError> {
    let names = match names {
        Some(names) => names,
        None => names_of(store, &|holder| holder.name == who)?,
    };
    let mut next = Vec::new();
    change_readable(store, &names, &mut |locks| {
        release(locks, &|holder| holder.name == who);
        next = locks::first_in_line(locks).into_iter().map(|holder| holder.name.clone()).collect();
    })?;
    Ok(next)
}

/// Takes a whole run out of every lock; for a run that is over or deleted.
pub fn forget_run(store: &mut dyn Store, uid: &str) -> Result<(), StoreError> {
    forget_runs(store, &BTreeSet::from([uid]))
}

/// As [`forget_run`] for many runs; the locks are looked through once.
pub fn forget_runs(store: &mut dyn Store, uids: &BTreeSet<&str>) -> Result<(), StoreError> {
    let names = names_of(store, &|holder| uids.contains(holder.uid.as_str()))?;
    take_out(store, &names, &|holder| uids.contains(holder.uid.as_str()))
}

/// Frees what runs hold, or keep others from by standing in front, that ended or are no more: an engine that was killed
/// in its last moment gave nothing back. `is_driven` says which runs are looked after.
pub(crate) fn free_the_dead(
    store: &mut dyn Store,
    locks: &BTreeMap<String, Lock>,
    is_driven: &dyn Fn(&str) -> bool,
) -> Result<(), StoreError> {
    let in_front =
        |lock: &'_ Lock| lock.holders.iter().chain(lock.waiters.first()).cloned().collect::<Vec<_>>();
    let uids: BTreeSet<String> = locks.values().flat_map(in_front).map(|holder| holder.uid).collect();
    for uid in uids.into_iter().filter(|uid| !is_driven(uid)) {
        let summary = store.summary(&MachineId::workflow(&*uid))?;
        if summary.is_none_or(|summary| summary.finished_us.is_some()) {
            forget_run(store, &uid)?;
        }
    }
    Ok(())
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

/// The names of the locks that such a holder holds or waits for.
fn names_of(store: &mut dyn Store, is_theirs: &dyn Fn(&Holder) -> bool) -> Result<Vec<String>, StoreError> {
    let is_in = |lock: &Lock| lock.holders.iter().chain(&lock.waiters).any(is_theirs);
    Ok(all(store)?.into_iter().filter(|(_, lock)| is_in(lock)).map(|(name, _)| name).collect())
}

fn take_out(
    store: &mut dyn Store,
    names: &[String],
    is_theirs: &dyn Fn(&Holder) -> bool,
) -> Result<(), StoreError> {
    change_readable(store, names, &mut |locks| release(locks, is_theirs))
}

/// Changes rows in one transaction, or none of them if one cannot be read: the inner error names it.
fn change(
    store: &mut dyn Store,
    names: &[String],
    with: &mut dyn FnMut(&mut BTreeMap<String, Lock>),
) -> Result<Result<(), String>, StoreError> {
    let mut unreadable = None;
    store.update_locks(names, &mut |rows| {
        let (mut locks, broken) = read(rows);
        unreadable = broken.into_iter().next();
        if unreadable.is_none() {
            with(&mut locks);
            write(rows, names, locks);
        }
    })?;
    Ok(unreadable.map_or(Ok(()), |name| {
        Err(format!("the row of the lock {name} cannot be read: `tiphys doctor` looks through the state"))
    }))
}

/// Changes those rows that can be read.
fn change_readable(
    store: &mut dyn Store,
    names: &[String],
    with: &mut dyn FnMut(&mut BTreeMap<String, Lock>),
) -> Result<(), StoreError> {
    if names.is_empty() {
        return Ok(());
    }
    store.update_locks(names, &mut |rows| {
        let (mut locks, broken) = read(rows);
        with(&mut locks);
        let readable: Vec<String> = names.iter().filter(|name| !broken.contains(name)).cloned().collect();
        write(rows, &readable, locks);
    })
}

/// The locks, and the names of those whose rows cannot be read.
fn read(rows: &LockRows) -> (BTreeMap<String, Lock>, Vec<String>) {
    let (mut locks, mut broken) = (BTreeMap::new(), Vec::new());
    for (name, body) in rows {
        match serde_json::from_slice(body) {
            Ok(lock) => drop(locks.insert(name.clone(), lock)),
            Err(_) => broken.push(name.clone()),
        }
    }
    (locks, broken)
}

fn write(rows: &mut LockRows, names: &[String], locks: BTreeMap<String, Lock>) {
    for name in names {
        rows.remove(name);
    }
    for (name, lock) in locks {
        if !lock.holders.is_empty() || !lock.waiters.is_empty() {
            let body = serde_json::to_vec(&lock).expect("a lock is made of texts and numbers");
            rows.insert(name, body);
        }
    }
}

/// Who holds a lock: `namespace/run`, or `namespace/run/node`.
pub fn holders(store: &mut dyn Store, lock: &str) -> Result<Vec<String>, StoreError> {
    let found = all(store)?.remove(lock).unwrap_or_default();
    Ok(found.holders.into_iter().map(|holder| holder.name).collect())
}

/// Every lock that somebody holds or waits for.
pub fn all(store: &mut dyn Store) -> Result<BTreeMap<String, Lock>, StoreError> {
    Ok(read(&store.locks()?).0)
}

#[cfg(test)]
mod tests;

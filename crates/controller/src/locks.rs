//! Locks as rows of the store: one transaction reads them, asks the pure table, and writes them back.

use std::collections::{BTreeMap, BTreeSet};
use tiphys_engine::locks::{self, Answer, Holder, Lock, Size, Wanted, acquire, release};
use tiphys_engine::workflow::{LockAnswer, NodeIx};
use tiphys_engine::{Run, Time};
use tiphys_store::{LockRows, MachineId, ObjectKey, Store, StoreError};

/// Catalog kind of the limits of database semaphores.
pub const SYNC_LIMIT: &str = "SyncLimit";

/// Somebody who asks for locks, of which each has a size.
pub(crate) struct Asking {
    pub(crate) who: Holder,
    sized: Vec<(Wanted, u64)>,
}

impl Asking {
    fn names(&self) -> Vec<String> {
        self.sized.iter().map(|(one, _)| one.name.clone()).collect()
    }

    fn refused(&self, reason: String) -> Tried {
        Tried { answer: LockAnswer::Refused(reason), names: self.names() }
    }
}

/// What came of asking for locks, and which were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tried {
    pub(crate) answer: LockAnswer,
    pub(crate) names: Vec<String>,
}

/// What a node, or a whole run, asks for; the inner error is the user's.
pub(crate) fn asking(
    store: &mut dyn Store,
    run: &Run,
    node: Option<NodeIx>,
    now: Time,
) -> Result<Result<Asking, String>, StoreError> {
    let wanted = match run.locks_wanted(node, now) {
        Ok(wanted) => wanted,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut sized = Vec::with_capacity(wanted.len());
    for lock in wanted {
        match limit(store, run, &lock)? {
            Ok(limit) => sized.push((lock, limit)),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    Ok(Ok(Asking { who: run.lock_holder(node, now), sized }))
}

/// Has each try to get all its locks at once, in their order. Many who come together, as the items of a loop do, are one
/// transaction: the row of a lock has everybody who waits for it.
pub(crate) fn try_acquire(store: &mut dyn Store, asking: &[Asking]) -> Result<Vec<Tried>, StoreError> {
    let mut tried = Vec::with_capacity(asking.len());
    for together in asking.chunk_by(may_come_together) {
        match try_together(store, together)? {
            Ok(done) => tried.extend(done),
            Err(reason) if together.len() == 1 => tried.push(together[0].refused(reason)),
            // One of their locks cannot be read: it is nothing to those who ask for others.
            Err(_) => {
                for one in together {
                    let done = try_together(store, std::slice::from_ref(one))?;
                    tried.extend(done.unwrap_or_else(|reason| vec![one.refused(reason)]));
                }
            }
        }
    }
    Ok(tried)
}

/// Whether these close no circle one of which the other is not part: who encloses nothing that is held closes none, and
/// who waits for the same as another within the same waits in the same circle.
fn may_come_together(one: &Asking, next: &Asking) -> bool {
    one.who.within == next.who.within && (one.who.within.is_empty() || one.sized == next.sized)
}

/// Has those try who may come together. The inner error names a row that cannot be read: then nobody has tried.
fn try_together(
    store: &mut dyn Store,
    together: &[Asking],
) -> Result<Result<Vec<Tried>, String>, StoreError> {
    let names: BTreeSet<String> = together.iter().flat_map(Asking::names).collect();
    let names: Vec<String> = names.into_iter().collect();
    let (mut answers, mut waited) = (Vec::new(), BTreeSet::new());
    let changed = change(store, &names, &mut |locks| {
        waited = locks.values().flat_map(|lock| &lock.waiters).map(|waiter| waiter.name.clone()).collect();
        answers = together.iter().map(|one| acquire(locks, &one.sized, &one.who)).collect();
    })?;
    if let Err(unreadable) = changed {
        return Ok(Err(unreadable));
    }
    let told = |(one, answer): (&Asking, Answer)| {
        let answer = match answer {
            Answer::Granted => LockAnswer::Granted,
            Answer::Waiting { lock, message } => LockAnswer::Waiting { lock, message },
        };
        Tried { answer, names: one.names() }
    };
    let mut tried: Vec<Tried> = together.iter().zip(answers).map(told).collect();
    refuse_deadlocks(store, together, &names, &waited, &mut tried)?;
    Ok(Ok(tried))
}

/// Refuses those who begin to wait for somebody that waits for them: who closes a circle is the one that came last.
fn refuse_deadlocks(
    store: &mut dyn Store,
    together: &[Asking],
    names: &[String],
    waited: &BTreeSet<String>,
    tried: &mut [Tried],
) -> Result<(), StoreError> {
    let begins = |(one, tried): (&Asking, &Tried)| {
        let waits = matches!(tried.answer, LockAnswer::Waiting { .. });
        waits && !one.who.within.is_empty() && !waited.contains(&one.who.name)
    };
    let Some(first) = together.iter().zip(&*tried).position(begins) else { return Ok(()) };
    let Some(reason) = locks::deadlock(&all(store)?, &together[first].who.name) else { return Ok(()) };
    let mut refused = BTreeSet::new();
    for (one, tried) in together.iter().zip(tried) {
        if begins((one, tried)) {
            refused.insert(&*one.who.name);
            tried.answer = LockAnswer::Refused(reason.clone());
        }
    }
    take_out(store, names, &|holder| refused.contains(&*holder.name))
}

/// Gives back what holders have, and their places in the queues, all in one transaction; who may try next. What they
/// have is known by their names alone: what a lock is called may depend on values that are others by now. With each come
/// the locks that it asked for, if that is known.
pub(crate) fn give_back(
    store: &mut dyn Store,
    holders: &[(String, Option<Vec<String>>)],
) -> Result<Vec<String>, StoreError> {
    let who: BTreeSet<&str> = holders.iter().map(|(who, _)| &**who).collect();
    let is_theirs = |holder: &Holder| who.contains(&*holder.name);
    let mut names: BTreeSet<String> =
        holders.iter().filter_map(|(_, names)| names.clone()).flatten().collect();
    if holders.iter().any(|(_, names)| names.is_none()) {
        names.extend(names_of(store, &is_theirs)?);
    }
    let names: Vec<String> = names.into_iter().collect();
    let mut next = Vec::new();
    change_readable(store, &names, &mut |locks| {
        release(locks, &is_theirs);
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

//! Who may hold which lock: the decision, without the store that remembers it (EX-350 to EX-364).

use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One lock that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    /// Its identity, as status shows it: `<ns>/Mutex/<name>`, `<ns>/ConfigMap/<map>/<key>`, … (EX-350).
    pub name: String,
    /// Where its size comes from.
    pub size: Size,
}

/// How many may hold a lock at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Size {
    /// One: a mutex.
    One,
    /// The number in a ConfigMap.
    ConfigMap {
        /// The ConfigMap's namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The key in it.
        key: String,
    },
    /// The number in the database's own table.
    Database {
        /// `<ns>/<key>`.
        key: String,
    },
}

/// Somebody who holds or waits for a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// `<ns>/<workflow>` or `<ns>/<workflow>/<node id>` (EX-351).
    pub name: String,
    /// The run, so that its locks can be found when nobody drives it.
    pub uid: String,
    /// Larger goes first.
    pub priority: i64,
    /// When the workflow was created, in microseconds; older goes first.
    pub created_us: i64,
    /// Since when it holds the lock, or waits for it, in microseconds; zero where nobody noted it.
    #[serde(default)]
    pub since_us: i64,
    /// What people call the node; empty for a whole workflow.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub step: String,
    /// Holders of the same run that cannot go on before this one does: the workflow, and what encloses the node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<String>,
}

impl Holder {
    /// Since when it holds the lock, or waits for it; as long as its workflow is there, where nobody noted it.
    pub fn since(&self) -> Time {
        Time(if self.since_us > 0 { self.since_us } else { self.created_us })
    }
}

/// A lock as the store remembers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lock {
    /// Most holders when it was last asked for.
    pub limit: u64,
    /// Who holds it.
    pub holders: Vec<Holder>,
    /// Who waits, in the order in which they may try.
    pub waiters: Vec<Holder>,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All locks are held now.
    Granted,
    /// At least this one is not free; the text is for people (EX-355).
    Waiting {
        /// The first lock that is not free.
        lock: String,
        /// Argo's message.
        message: String,
    },
}

/// Asks for several locks at once: all or none (EX-352). `limits` are the sizes as read just now.
pub fn acquire(locks: &mut BTreeMap<String, Lock>, wanted: &[(Wanted, u64)], who: &Holder) -> Answer {
    let mut blocked = None;
    for (one, limit) in wanted {
        let lock = locks.entry(one.name.clone()).or_default();
        lock.limit = *limit;
        if lock.holders.iter().any(|holder| holder.name == who.name) {
            continue;
        }
        queue(lock, who);
        // Only those of the workflow at the front may try (EX-354); runs are told apart by uid (EX-635).
        let at_front = lock.waiters.first().is_none_or(|first| first.uid == who.uid);
        let free = (lock.holders.len() as u64) < *limit;
        if blocked.is_none() && (!free || !at_front) {
            blocked = Some((one.name.clone(), waiting_message(one, *limit, lock.holders.len() as u64)));
        }
    }
    if let Some((lock, message)) = blocked {
        return Answer::Waiting { lock, message };
    }
    for (one, _) in wanted {
        if let Some(lock) = locks.get_mut(&one.name) {
            lock.waiters.retain(|waiter| waiter.name != who.name);
            if !lock.holders.iter().any(|holder| holder.name == who.name) {
                lock.holders.push(who.clone());
            }
        }
    }
    Answer::Granted
}

/// What Argo says of who waits: for a lock of its database how many hold it, for another how many more may (EX-355).
fn waiting_message(wanted: &Wanted, limit: u64, held: u64) -> String {
    let name = &wanted.name;
    let Some((namespace, key)) = name.split_once("/Database/") else {
        return format!("Waiting for {name} lock. Lock status: {}/{limit}", limit.saturating_sub(held));
    };
    let kind = if wanted.size == Size::One { "mtx" } else { "sem" };
    format!("Waiting for {name} lock ({kind}/{namespace}/{key}). Lock status: {held}/{limit}")
}

/// Why a waiter can never get its lock, if that is so: everybody whom it waits for waits in the end for somebody
/// who waits for it (EX-357, EX-638).
pub fn deadlock(locks: &BTreeMap<String, Lock>, who: &str) -> Option<String> {
    let waiters: Vec<(&str, &Lock, &Holder)> = locks
        .iter()
        .filter(|(_, lock)| !lock.holders.is_empty())
        .flat_map(|(name, lock)| lock.waiters.iter().map(move |waiter| (name.as_str(), lock, waiter)))
        .collect();
    // Whoever encloses a waiter may be stuck; who turns out to wait for somebody that can go on is not.
    let mut stuck: BTreeSet<&str> =
        waiters.iter().flat_map(|(_, _, waiter)| waiter.within.iter().map(String::as_str)).collect();
    let waits_for_ever = |stuck: &BTreeSet<&str>, lock: &Lock| {
        lock.holders.len() as u64 >= lock.limit
            && lock.holders.iter().all(|holder| stuck.contains(holder.name.as_str()))
    };
    loop {
        let still: BTreeSet<&str> = waiters
            .iter()
            .filter(|(_, lock, _)| waits_for_ever(&stuck, lock))
            .flat_map(|(_, _, waiter)| waiter.within.iter().map(String::as_str))
            .filter(|holder| stuck.contains(holder))
            .collect();
        if still.len() == stuck.len() {
            break;
        }
        stuck = still;
    }
    let (mut at, mut path, mut seen) = (who, Vec::new(), BTreeSet::new());
    while seen.insert(at) {
        let found = waiters.iter().find(|(_, lock, waiter)| {
            (waiter.name == at || waiter.within.iter().any(|outer| outer == at))
                && waits_for_ever(&stuck, lock)
        });
        let (name, lock, _) = found?;
        let holder = lock.holders.first()?.name.as_str();
        path.push(format!("`{name}`, which {holder} holds"));
        at = holder;
    }
    // The circle is closed by who was met first.
    if path.len() > 1 && path.first() == path.last() {
        path.pop();
    }
    Some(format!(
        "deadlock: this waits for {} while that waits for this",
        path.join(" while that waits for ")
    ))
}

/// Those who may try next: in each lock as many as there are places, and always the first, for whom there may be one
/// that nobody has looked for yet.
pub fn first_in_line(locks: &BTreeMap<String, Lock>) -> Vec<&Holder> {
    let places = |lock: &Lock| (lock.limit as usize).saturating_sub(lock.holders.len()).max(1);
    locks.values().flat_map(|lock| lock.waiters.iter().take(places(lock))).collect()
}

/// Takes somebody out of locks, whether they hold them or wait for them.
pub fn release(locks: &mut BTreeMap<String, Lock>, is_theirs: &dyn Fn(&Holder) -> bool) {
    for lock in locks.values_mut() {
        lock.holders.retain(|holder| !is_theirs(holder));
        lock.waiters.retain(|waiter| !is_theirs(waiter));
    }
}

/// By priority, then by age; who came first stays first among equals (EX-354).
fn queue(lock: &mut Lock, who: &Holder) {
    if lock.waiters.iter().any(|waiter| waiter.name == who.name) {
        return;
    }
    let rank = |holder: &Holder| (std::cmp::Reverse(holder.priority), holder.created_us);
    let at = lock.waiters.partition_point(|waiter| rank(waiter) <= rank(who));
    lock.waiters.insert(at, who.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> Holder {
        serde_json::from_str(r#"{"name": "", "uid": "", "priority": 0, "createdUs": 0}"#).unwrap()
    }

    fn holder(name: &str, priority: i64, created_us: i64) -> Holder {
        Holder { name: name.to_owned(), uid: name.to_owned(), priority, created_us, ..nobody() }
    }

    fn mutex(name: &str) -> Vec<(Wanted, u64)> {
        vec![(Wanted { name: name.to_owned(), size: Size::One }, 1)]
    }

    /// EX-355, EX-362.
    #[test]
    fn who_waits_for_a_lock_of_the_database_is_told_how_many_hold_it() {
        let size = Size::Database { key: "team/gpu".to_owned() };
        let semaphore = vec![(Wanted { name: "team/Database/gpu".to_owned(), size }, 2)];
        let mut locks = BTreeMap::new();
        let mut ask = |wanted: &[(Wanted, u64)], who| match acquire(&mut locks, wanted, &holder(who, 0, 1)) {
            Answer::Granted => String::new(),
            Answer::Waiting { message, .. } => message,
        };
        assert_eq!((ask(&semaphore, "a"), ask(&semaphore, "b")), (String::new(), String::new()));
        assert_eq!(
            ask(&semaphore, "c"),
            "Waiting for team/Database/gpu lock (sem/team/gpu). Lock status: 2/2"
        );
        ask(&mutex("team/Database/one"), "a");
        assert_eq!(
            ask(&mutex("team/Database/one"), "b"),
            "Waiting for team/Database/one lock (mtx/team/one). Lock status: 1/1"
        );
    }

    /// EX-354, EX-635: runs are told apart by their uid, whatever they are called.
    #[test]
    fn a_mutex_is_held_by_one_and_goes_to_the_next_by_priority_then_age() {
        let mut locks = BTreeMap::new();
        assert_eq!(acquire(&mut locks, &mutex("m"), &holder("a", 0, 1)), Answer::Granted);
        let Answer::Waiting { message, .. } = acquire(&mut locks, &mutex("m"), &holder("b", 0, 3)) else {
            panic!()
        };
        assert_eq!(message, "Waiting for m lock. Lock status: 0/1");
        acquire(&mut locks, &mutex("m"), &holder("c", 0, 2));
        acquire(&mut locks, &mutex("m"), &holder("d", 5, 9));
        release(&mut locks, &|holder| holder.name == "a");
        let granted = |locks: &mut BTreeMap<String, Lock>, name, priority, created| {
            acquire(locks, &mutex("m"), &holder(name, priority, created)) == Answer::Granted
        };
        assert!(!granted(&mut locks, "b", 0, 3));
        assert!(granted(&mut locks, "d", 5, 9));
        release(&mut locks, &|holder| holder.name == "d");
        assert!(!granted(&mut locks, "b", 0, 3));
        assert!(granted(&mut locks, "c", 0, 2));
    }

    /// Who waits has waited since it first asked, and who holds it has held it since it was given.
    #[test]
    fn each_is_there_since_it_came() {
        let mut locks = BTreeMap::new();
        let mut ask = |name: &str, now: i64| {
            let who = Holder { since_us: now, ..holder(name, 0, 1) };
            acquire(&mut locks, &mutex("m"), &who);
            locks["m"].clone()
        };
        ask("a", 10);
        assert_eq!(ask("b", 20).waiters[0].since(), Time(20));
        assert_eq!(ask("b", 30).waiters[0].since(), Time(20));
        assert_eq!(ask("a", 40).holders[0].since(), Time(10));
        release(&mut locks, &|holder| holder.name == "a");
        acquire(&mut locks, &mutex("m"), &Holder { since_us: 50, ..holder("b", 0, 1) });
        assert_eq!(locks["m"].holders[0].since(), Time(50));
        assert_eq!(holder("old", 0, 7).since(), Time(7), "nobody noted it");
    }

    #[test]
    fn several_locks_are_taken_all_or_none() {
        let mut locks = BTreeMap::new();
        acquire(&mut locks, &mutex("x"), &holder("a", 0, 1));
        let both = [("y", 2), ("x", 1)].map(|(name, limit)| (mutex(name).remove(0).0, limit));
        assert!(matches!(acquire(&mut locks, &both, &holder("b", 0, 2)), Answer::Waiting { .. }));
        assert!(locks["y"].holders.is_empty());
        release(&mut locks, &|holder| holder.name == "a");
        assert_eq!(acquire(&mut locks, &both, &holder("b", 0, 2)), Answer::Granted);
    }

    /// EX-357, EX-638
    #[test]
    fn who_waits_for_somebody_that_waits_for_him_is_told() {
        let inside =
            |name: &str, outer: &str| Holder { within: vec![outer.to_owned()], ..holder(name, 0, 1) };
        let mut locks = BTreeMap::new();
        acquire(&mut locks, &mutex("x"), &holder("a", 0, 1));
        acquire(&mut locks, &mutex("y"), &holder("b", 0, 1));
        acquire(&mut locks, &mutex("y"), &inside("a/1", "a"));
        assert_eq!(deadlock(&locks, "a/1"), None);
        acquire(&mut locks, &mutex("x"), &inside("b/1", "b"));
        assert_eq!(
            deadlock(&locks, "b/1").as_deref(),
            Some(
                "deadlock: this waits for `x`, which a holds while that waits for `y`, which b holds while that waits for this"
            )
        );
        // With one more who may hold it, somebody can go on.
        locks.get_mut("x").unwrap().limit = 2;
        assert_eq!(deadlock(&locks, "b/1"), None);
        // A nested request of the same lock.
        let mut locks = BTreeMap::new();
        acquire(&mut locks, &mutex("x"), &holder("a", 0, 1));
        acquire(&mut locks, &mutex("x"), &inside("a/1", "a"));
        assert!(deadlock(&locks, "a/1").unwrap().starts_with("deadlock: this waits for `x`, which a holds"));
    }

    #[test]
    fn asking_twice_changes_nothing() {
        let mut locks = BTreeMap::new();
        let who = holder("a", 0, 1);
        assert_eq!(acquire(&mut locks, &mutex("m"), &who), Answer::Granted);
        assert_eq!(acquire(&mut locks, &mutex("m"), &who), Answer::Granted);
        assert_eq!(locks["m"].holders.len(), 1);
    }
}

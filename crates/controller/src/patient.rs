//! A store that is borne while it fails for a moment: what has happened has happened, and is to be recorded.
//!
//! While the disk is full, or another process keeps the database to itself, a call is made again, for as long as the
//! engine is told to be patient. Every other failure, and one that lasts, is the caller's.

use std::thread;
use std::time::{Duration, Instant};
use tiphys_store::{
    Append, AppendError, Catalog, Committed, Created, Filed, Filter, Journal, Letter, Loaded, LockRows,
    MachineId, MemoEntry, MemoKey, NewObject, NewRun, Object, ObjectKey, Put, Record, Runs, Shared, Store,
    StoreError, Summary,
};

/// The first and the longest pause before a store that failed is asked again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(4), Duration::from_millis(250));

/// Failures with less than this between them are one failure: together they are borne for as long as one.
const SAME_FAILURE: Duration = Duration::from_secs(1);

/// A store whose calls are patient.
pub(crate) struct Patient {
    store: Box<dyn Store>,
    bound: Duration,
    /// When the store began to fail, and when it failed last; none since a call was made.
    failing: Option<(Instant, Instant)>,
}

impl Patient {
    /// Bears what may pass for this long.
    pub(crate) fn new(store: Box<dyn Store>, bound: Duration) -> Patient {
        Patient { store, bound, failing: None }
    }

    /// Makes a call, again and again if it may succeed later.
    fn call<T>(
        &mut self,
        _name: &str,
        mut work: impl FnMut(&mut dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut pause = PAUSES.0;
        loop {
            let begun = Instant::now();
            match work(&mut *self.store) {
                Err(error @ (StoreError::Full { .. } | StoreError::Busy { .. })) => {
                    if self.failing_for(begun, Instant::now()) >= self.bound {
                        return Err(error);
                    }
                    thread::sleep(pause);
                    pause = (pause * 2).min(PAUSES.1);
                }
                done => {
                    self.failing = None;
                    return done;
                }
            }
        }
    }

    /// How long the store has failed now that a call has, which may itself have waited for longer than any pause.
    fn failing_for(&mut self, begun: Instant, now: Instant) -> Duration {
        let known = self.failing.filter(|(_, last)| begun.saturating_duration_since(*last) < SAME_FAILURE);
        let since = known.map_or(begun, |(since, _)| since);
        self.failing = Some((since, now));
        now - since
    }

    /// Makes a call that nobody has to wait for.
    fn once<T>(
        &mut self,
        _name: &str,
        work: impl FnOnce(&mut dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(&mut *self.store)
    }
}

/// Implements a store by one that is inside: each call goes through `call`, with its name, and one that only tells
/// through `once`.
macro_rules! store_within {
    ($outer:ty) => {
        store_within! { $outer, Journal,
            next_epochs(machines: &[MachineId]) -> Vec<u64>;
            append(batch: &[Append]) -> Vec<Result<(), AppendError>>;
            load(machine: &MachineId) -> Option<Loaded>;
            tail(machine: &MachineId, after: u64, limit: usize) -> Vec<Record>;
            put_inbox(machine: &MachineId, body: &[u8]) -> Option<u64>;
            inbox(machine: &MachineId) -> Vec<Letter>;
            waiting() -> Vec<MachineId>;
            drop_inbox(machine: &MachineId, number: u64) -> ();
        }
        store_within! { $outer, Runs,
            create(run: &NewRun) -> Created;
            commit(runs: &[NewRun], batch: &[Append]) -> Committed;
            restart(run: &NewRun, epoch: Option<u64>) -> bool;
            document(machine: &MachineId) -> Option<Vec<u8>>;
            summary(machine: &MachineId) -> Option<Summary>;
            list(filter: &Filter) -> Vec<Summary>;
            oldest_archived(until_us: i64, limit: usize) -> Vec<Summary>;
            count(filter: &Filter) -> u64;
            count_phases(filter: &Filter, phases: &[&str]) -> Vec<u64>;
            label_texts(filter: &Filter, key: Option<&str>) -> Vec<String>;
            find(kind: &str, namespace: &str, name: &str) -> Option<Summary>;
            delete_all(machines: &[MachineId]) -> Vec<bool>;
            archive(filed: &[Filed]) -> Vec<bool>;
            archived(machine: &MachineId) -> Option<Vec<u8>>;
            briefs(machines: &[MachineId]) -> Vec<Option<Vec<u8>>>;
            times(machine: &MachineId) -> Option<Vec<u8>>;
            delete_archived(machines: &[MachineId]) -> Vec<bool>;
            // Rows only tell; what is to be told is told with the next record.
            ; once refresh(rows: &[(MachineId, u64, Summary)]) -> ();
        }
        store_within! { $outer, Catalog,
            put_object(key: &ObjectKey, body: &[u8], expected: Option<u64>) -> Put;
            put_objects(objects: &[NewObject]) -> bool;
            object(key: &ObjectKey) -> Option<Object>;
            objects(kind: &str, namespace: Option<&str>) -> Vec<Object>;
            delete_object(key: &ObjectKey, expected: Option<u64>) -> bool;
        }
        store_within! { $outer, Shared,
            update_locks(names: &[String], decide: &mut dyn FnMut(&mut LockRows)) -> ();
            locks() -> LockRows;
            put_memo(key: &MemoKey, body: &[u8], now_us: i64) -> ();
            memo(key: &MemoKey) -> Option<MemoEntry>;
            note_hits(keys: &[MemoKey], now_us: i64) -> ();
            count_unused_memos(since_us: i64) -> u64;
            forget_unused_memos(since_us: i64, limit: usize) -> u64;
        }
    };
    ($outer:ty, $part:ident,
        $($name:ident($($given:ident: $type:ty),*) -> $answer:ty;)*
        $(; once $told:ident($($seen:ident: $of:ty),*) -> $nothing:ty;)?
    ) => {
        impl $part for $outer {
            $(fn $name(&mut self, $($given: $type),*) -> Result<$answer, StoreError> {
                self.call(stringify!($name), |store| store.$name($($given),*))
            })*
            $(fn $told(&mut self, $($seen: $of),*) -> Result<$nothing, StoreError> {
                self.once(stringify!($told), |store| store.$told($($seen),*))
            })?
        }
    };
}

store_within!(Patient);

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::Arc;

    /// Says whether the call of this name fails.
    pub(crate) type Fails = Arc<dyn Fn(&str) -> bool + Send + Sync>;

    /// A store that is full whenever the test says so.
    pub(crate) struct Faulty {
        pub(crate) store: Box<dyn Store>,
        pub(crate) fails: Fails,
    }

    impl Faulty {
        fn call<T>(
            &mut self,
            name: &str,
            work: impl FnOnce(&mut dyn Store) -> Result<T, StoreError>,
        ) -> Result<T, StoreError> {
            match (self.fails)(name) {
                true => Err(StoreError::Full { path: "the-test".into() }),
                false => work(&mut *self.store),
            }
        }

        fn once<T>(
            &mut self,
            name: &str,
            work: impl FnOnce(&mut dyn Store) -> Result<T, StoreError>,
        ) -> Result<T, StoreError> {
            self.call(name, work)
        }
    }

    store_within!(Faulty);

    /// A database that another process keeps lets each call wait for long before it fails; that counts, too.
    #[test]
    fn calls_that_fail_late_are_borne_no_longer_than_others() {
        let mut patient = Patient::new(Box::new(tiphys_store::MemoryStore::new()), Duration::from_secs(30));
        let second = Duration::from_secs(1);
        let start = Instant::now();
        assert_eq!(patient.failing_for(start, start + 20 * second), 20 * second);
        let again = start + 20 * second + PAUSES.1;
        assert_eq!(patient.failing_for(again, again + 20 * second), 40 * second + PAUSES.1);
        // Who asks long after that meets another failure.
        let later = again + 22 * second;
        assert_eq!(patient.failing_for(later, later), Duration::ZERO);
    }
}

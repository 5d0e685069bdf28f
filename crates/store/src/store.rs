//! The contract of every backend, in four small traits. One object implements all of them.
//!
//! A call either takes effect as a whole and durably, or returns a [`StoreError`] and has no effect.

use crate::error::{AppendError, StoreError};
use crate::model::{
    Append, Committed, Created, Filed, Filter, Letter, Loaded, LockRows, MachineId, MemoEntry, MemoKey,
    NewObject, NewRun, Object, ObjectKey, Order, Put, Record, Summary,
};

/// The truth: what happened to each machine, in order.
pub trait Journal {
    /// Takes the machine over: raises its epoch, so that appends of the owner before are refused (I9).
    ///
    /// Epochs begin at 1. A machine that does not exist yet gets its epoch all the same, so that a name can be
    /// owned before the run is created.
    fn next_epoch(&mut self, machine: &MachineId) -> Result<u64, StoreError> {
        Ok(self.next_epochs(std::slice::from_ref(machine))?.pop().unwrap_or_default())
    }

    /// As [`Journal::next_epoch`] for many machines, in one durable transaction; one epoch for each, in their order.
    fn next_epochs(&mut self, machines: &[MachineId]) -> Result<Vec<u64>, StoreError>;

    /// Appends records of many machines in one durable transaction, in the order given.
    ///
    /// Returns one result per record. A refused record was not written and never will be; the others were.
    fn append(&mut self, batch: &[Append]) -> Result<Vec<Result<(), AppendError>>, StoreError>;

    /// All records of a machine; `None` if it was never created.
    fn load(&mut self, machine: &MachineId) -> Result<Option<Loaded>, StoreError>;

    /// At most `limit` records after number `after`, in order; for followers.
    fn tail(&mut self, machine: &MachineId, after: u64, limit: usize) -> Result<Vec<Record>, StoreError>;

    /// Puts an input into the inbox of a machine that another process owns; returns the letter's number.
    ///
    /// `None` if there is no such machine.
    fn put_inbox(&mut self, machine: &MachineId, body: &[u8]) -> Result<Option<u64>, StoreError>;

    /// The letters that wait, oldest first. They stay until [`Append::inbox_done`] or [`Journal::drop_inbox`]
    /// takes them out.
    fn inbox(&mut self, machine: &MachineId) -> Result<Vec<Letter>, StoreError>;

    /// The machines that letters wait for, in the order of the oldest letter of each.
    fn waiting(&mut self) -> Result<Vec<MachineId>, StoreError>;

    /// Takes letters up to `number` out of the inbox without a record.
    fn drop_inbox(&mut self, machine: &MachineId, number: u64) -> Result<(), StoreError>;
}

/// Runs as a list shows them, their documents, and what is kept of them in the end.
pub trait Runs {
    /// Creates a run and claims its name, or says why not.
    fn create(&mut self, run: &NewRun) -> Result<Created, StoreError>;

    /// Creates many runs, takes each over, and appends records of these runs and of others, all in one durable
    /// transaction. What becomes of one part does not touch the others, but for the records of a run that could
    /// not be created: they are refused.
    fn commit(&mut self, runs: &[NewRun], batch: &[Append]) -> Result<Committed, StoreError>;

    /// Begins a run that is here anew: document and row are replaced, journal, inbox and archived document are
    /// removed; identity, name and time of creation stay. With an epoch only if that is the machine's still (I9).
    /// `false` if it is not here, or somebody else has it.
    fn restart(&mut self, run: &NewRun, epoch: Option<u64>) -> Result<bool, StoreError>;

    /// The frozen document that the run was created with.
    fn document(&mut self, machine: &MachineId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Brings rows of runs up to date without a record, in one durable transaction; each only if the epoch is its
    /// machine's still (I9).
    fn refresh(&mut self, rows: &[(MachineId, u64, Summary)]) -> Result<(), StoreError>;

    /// The row of one run, wherever it is.
    fn summary(&mut self, machine: &MachineId) -> Result<Option<Summary>, StoreError>;

    /// One page of rows, newest first.
    fn list(&mut self, filter: &Filter) -> Result<Vec<Summary>, StoreError>;

    /// All matching rows, newest first, however many one call of [`Runs::list`] answers.
    fn every(&mut self, filter: &Filter) -> Result<Vec<Summary>, StoreError> {
        let mut page =
            Filter { order: Order::Created, offset: 0, limit: Filter::LIMIT_MAX, ..filter.clone() };
        let mut rows: Vec<Summary> = Vec::new();
        loop {
            let found = self.list(&page)?;
            let is_last = found.len() < Filter::LIMIT_MAX;
            rows.extend(found);
            page.after = rows.last().map(Summary::cursor);
            if is_last {
                return Ok(rows);
            }
        }
    }

    /// At most `limit` archived runs that ended until then, the oldest first. Only these are looked at.
    fn oldest_archived(&mut self, until_us: i64, limit: usize) -> Result<Vec<Summary>, StoreError>;

    /// How many rows match, whatever the filter's limit, offset and place.
    fn count(&mut self, filter: &Filter) -> Result<u64, StoreError>;

    /// How many rows match in each of these phases, whichever the filter asks for; all are looked at once.
    fn count_phases(&mut self, filter: &Filter, phases: &[&str]) -> Result<Vec<u64>, StoreError>;

    /// The labels of matching rows: all keys, or with `key` all values of that key, in order and once each.
    fn label_texts(&mut self, filter: &Filter, key: Option<&str>) -> Result<Vec<String>, StoreError>;

    /// The run of that kind, namespace and name that is here.
    fn find(&mut self, kind: &str, namespace: &str, name: &str) -> Result<Option<Summary>, StoreError>;

    /// Removes a run with its journal, document and inbox; what was archived stays. `false` if it is not here.
    fn delete(&mut self, machine: &MachineId) -> Result<bool, StoreError> {
        Ok(self.delete_all(std::slice::from_ref(machine))?.contains(&true))
    }

    /// As [`Runs::delete`] for many runs, in one durable transaction. `false` for each that is not here.
    fn delete_all(&mut self, machines: &[MachineId]) -> Result<Vec<bool>, StoreError>;

    /// Files the ends of many runs in one durable transaction, each in place of one before. `false` for a run that
    /// is unknown.
    fn archive(&mut self, filed: &[Filed]) -> Result<Vec<bool>, StoreError>;

    /// The final document of an archived run.
    fn archived(&mut self, machine: &MachineId) -> Result<Option<Vec<u8>>, StoreError>;

    /// What lists show of archived runs, in the order asked for; of one that was filed without, its whole document.
    fn briefs(&mut self, machines: &[MachineId]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// The times that were filed beside the final document of an archived run.
    fn times(&mut self, machine: &MachineId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Removes archived documents in one durable transaction; runs that are still here stay. `false` where there was
    /// none.
    fn delete_archived(&mut self, machines: &[MachineId]) -> Result<Vec<bool>, StoreError>;
}

/// Documents that are not runs: templates, cron workflows, ConfigMaps, …
pub trait Catalog {
    /// Stores an object, in place of one before.
    ///
    /// With `expected`, only if the object is at that version now (0: does not exist).
    fn put_object(&mut self, key: &ObjectKey, body: &[u8], expected: Option<u64>) -> Result<Put, StoreError>;

    /// Writes objects, in the order given; `false`, and none of them is written, if one is not at its expected version.
    fn put_objects(&mut self, objects: &[NewObject]) -> Result<bool, StoreError>;

    /// One object.
    fn object(&mut self, key: &ObjectKey) -> Result<Option<Object>, StoreError>;

    /// All objects of a kind, in one namespace or in all, ordered by namespace and name.
    fn objects(&mut self, kind: &str, namespace: Option<&str>) -> Result<Vec<Object>, StoreError>;

    /// Removes an object; `false` if there was none.
    ///
    /// With `expected`, only if the object is at that version now; `false` if it is not.
    fn delete_object(&mut self, key: &ObjectKey, expected: Option<u64>) -> Result<bool, StoreError>;
}

/// What runs share: locks and remembered results.
pub trait Shared {
    /// Reads the rows of these locks, lets `decide` change them, and writes them back, in one transaction that
    /// excludes every other.
    ///
    /// A row that does not exist is not in the map; a row taken out of the map is removed.
    fn update_locks(
        &mut self,
        names: &[String],
        decide: &mut dyn FnMut(&mut LockRows),
    ) -> Result<(), StoreError>;

    /// Every lock row, by name.
    fn locks(&mut self) -> Result<LockRows, StoreError>;

    /// Remembers a result, in place of one before.
    fn put_memo(&mut self, key: &MemoKey, body: &[u8], now_us: i64) -> Result<(), StoreError>;

    /// A remembered result.
    fn memo(&mut self, key: &MemoKey) -> Result<Option<MemoEntry>, StoreError>;

    /// Notes that these results were used; one that is forgotten stays so.
    fn note_hits(&mut self, keys: &[MemoKey], now_us: i64) -> Result<(), StoreError>;

    /// How many results nobody used since then.
    fn count_unused_memos(&mut self, since_us: i64) -> Result<u64, StoreError>;

    /// Forgets results that nobody used since then, at most `limit`; how many it forgot.
    fn forget_unused_memos(&mut self, since_us: i64, limit: usize) -> Result<u64, StoreError>;
}

/// Everything a store does.
pub trait Store: Journal + Runs + Catalog + Shared + Send {}

impl<T: Journal + Runs + Catalog + Shared + Send> Store for T {}

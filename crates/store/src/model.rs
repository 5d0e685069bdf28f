//! What is stored. All times are integer microseconds since 1970 in UTC.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::AppendError;

/// Names one machine: what kind it is, and its uid.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MachineId {
    /// `workflow`, `cron`, …
    pub kind: Cow<'static, str>,
    /// The uid; unique within the kind.
    pub id: String,
}

impl MachineId {
    /// The machine of a workflow.
    pub fn workflow(uid: impl Into<String>) -> Self {
        MachineId { kind: Cow::Borrowed("workflow"), id: uid.into() }
    }

    /// The machine of a cron workflow.
    pub fn cron(uid: impl Into<String>) -> Self {
        MachineId { kind: Cow::Borrowed("cron"), id: uid.into() }
    }
}

/// One record to be appended: the events of one handled input.
#[derive(Debug, Clone)]
pub struct Append {
    /// Whose record it is.
    pub machine: MachineId,
    /// The epoch under which the writer owns the machine.
    pub epoch: u64,
    /// The number of this record; must be the last one plus 1. The first is 1.
    pub seq: u64,
    /// When it was decided.
    pub at_us: i64,
    /// The format of the body; the store only keeps it.
    pub format: u16,
    /// The events as JSON lines; the store never looks inside.
    pub body: Vec<u8>,
    /// If given, replaces the run's row in all lists, in the same transaction. Namespace, name, uid and time of
    /// creation stay what they were.
    pub summary: Option<Summary>,
    /// If given, letters up to this number are taken out of the inbox in the same transaction, so that an
    /// accepted input is in the inbox or in the journal, never in neither.
    pub inbox_done: Option<u64>,
    /// If given, the run is over with this record, and its end is filed in the same transaction.
    pub end: Option<End>,
}

impl Append {
    /// In place of an epoch: the one under which the same transaction creates the run.
    pub const CREATING: u64 = 0;

    /// Whether this is the first record of a run that the same transaction creates.
    pub(crate) fn is_first_of_new(&self) -> bool {
        self.epoch == Append::CREATING && self.seq == 1
    }
}

/// What is kept of a run that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Its final document.
    pub document: Vec<u8>,
    /// What lists show of it; empty if they are to read the document.
    pub brief: Vec<u8>,
    /// What else is kept beside it for who looks at this run alone: its times as they were; empty if there is nothing.
    pub times: Vec<u8>,
}

/// What became of the parts of a commit, in the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// Of each run that was to be created, with the epoch under which it is ours.
    pub created: Vec<(Created, u64)>,
    /// Of each record. A refused one was not written and never will be; the others were.
    pub appended: Vec<Result<(), AppendError>>,
}

/// A stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number, from 1.
    pub seq: u64,
    /// When it was decided.
    pub at_us: i64,
    /// The format of the body.
    pub format: u16,
    /// The events as JSON lines.
    pub body: Vec<u8>,
}

/// A machine as it lies on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Its records, in order and without gaps.
    pub records: Vec<Record>,
}

impl Loaded {
    /// The number of the last record; 0 if there is none.
    pub fn last_seq(&self) -> u64 {
        self.records.last().map_or(0, |record| record.seq)
    }
}

/// The one row of a run that serves every list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Namespace of the run.
    pub namespace: String,
    /// Name of the run.
    pub name: String,
    /// The machine's id; what is given here is replaced by it when written.
    pub uid: String,
    /// Argo's phase; empty before the run begins.
    pub phase: String,
    /// Why it is in that phase.
    pub message: String,
    /// Argo's `done/total`.
    pub progress: String,
    /// Whether a person holds it back.
    pub suspended: bool,
    /// Whether a step of it waits for a person.
    pub asks: bool,
    /// When the run was created; never changes.
    pub created_us: i64,
    /// When its first node was entered.
    pub started_us: Option<i64>,
    /// When it ended.
    pub finished_us: Option<i64>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The engine it was submitted to, which takes it up again after a restart; empty if any may. Never changes.
    pub engine: String,
}

/// A run to be created.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its machine.
    pub machine: MachineId,
    /// The frozen document, opaque to the store.
    pub document: Vec<u8>,
    /// Its first row; also claims the name.
    pub summary: Summary,
}

/// What became of a request to create a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// The run exists now, with no record yet.
    Yes,
    /// A run of this kind, namespace and name exists already, under this uid.
    NameTaken {
        /// The uid of the run that has the name.
        uid: String,
    },
    /// The very machine exists already.
    Exists,
}

/// Which rows a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The kind of machine; `workflow` if not given.
    pub kind: Option<Cow<'static, str>>,
    /// Runs that are here, or runs that were archived.
    pub shelf: Shelf,
    /// Only this namespace.
    pub namespace: Option<String>,
    /// Only these phases; empty means any.
    pub phases: Vec<String>,
    /// All of these must hold.
    pub labels: Vec<LabelTerm>,
    /// Only matching names.
    pub name: Option<NameMatch>,
    /// Only runs whose message contains this.
    pub message: Option<String>,
    /// Only runs that ended, or that did not.
    pub life: Life,
    /// Only runs that were submitted to this engine.
    pub engine: Option<String>,
    /// Only other namespaces than this.
    pub not_namespace: Option<String>,
    /// Only other names than this.
    pub not_name: Option<String>,
    /// Only runs of these times.
    pub times: Times,
    /// Which comes first.
    pub order: Order,
    /// So many matching rows are skipped.
    pub offset: usize,
    /// Continue after the last row of the page before.
    pub after: Option<Cursor>,
    /// Most rows to answer; 0 means [`Filter::LIMIT_MAX`].
    pub limit: usize,
}

impl Filter {
    /// Most rows that one call answers, whatever is asked for.
    pub const LIMIT_MAX: usize = 10_000;

    pub(crate) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("workflow")
    }

    pub(crate) fn rows_max(&self) -> usize {
        if self.limit == 0 { Filter::LIMIT_MAX } else { self.limit.min(Filter::LIMIT_MAX) }
    }
}

/// The end of a run, to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// The run.
    pub machine: MachineId,
    /// What is kept of it.
    pub end: End,
}

/// Limits on the times of runs, in microseconds. A run without the time in question passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// Created at or after this.
    pub created_from: Option<i64>,
    /// Started after this.
    pub started_after: Option<i64>,
    /// Started before this.
    pub started_before: Option<i64>,
    /// Ended at or before this.
    pub finished_until: Option<i64>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first, by the time of creation. [`Filter::after`] means this order.
    #[default]
    Created,
    /// Those that did not start first, then the latest start first.
    Started,
}

/// Where a run is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shelf {
    /// Runs whose journal is here.
    #[default]
    Runs,
    /// Runs whose journal is here and whose final document was not archived.
    Unfiled,
    /// Runs whose final document was archived, whether or not the run is still here.
    Archive,
}

/// Whether a run has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Life {
    /// Either.
    #[default]
    Any,
    /// Without an end.
    Live,
    /// With one.
    Finished,
}

/// How a name must look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameMatch {
    /// Contains this text.
    Contains(String),
    /// Begins with this text.
    Prefix(String),
    /// Is this text.
    Exact(String),
}

/// One term of a label selector, with the meaning it has in Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelTerm {
    /// The label is there with one of these values.
    In(String, Vec<String>),
    /// The label is not there, or has none of these values.
    NotIn(String, Vec<String>),
    /// The label is there.
    Exists(String),
    /// The label is not there.
    Absent(String),
}

/// The place of a row in the order of lists: newest first, then by uid from the last to the first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When the run was created.
    pub created_us: i64,
    /// Its uid.
    pub uid: String,
}

impl Summary {
    /// Where the page after this row begins.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_us: self.created_us, uid: self.uid.clone() }
    }
}

/// An input for a machine that another process owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Rises with every letter of the store.
    pub number: u64,
    /// The input, opaque to the store.
    pub body: Vec<u8>,
}

/// Names an object of the catalog.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// `WorkflowTemplate`, `ConfigMap`, …
    pub kind: String,
    /// Empty for objects without one.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// An object of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub key: ObjectKey,
    /// Rises with every change of the catalog; no two changes share one.
    pub version: u64,
    /// The document, opaque to the store.
    pub body: Vec<u8>,
}

/// An object that is to be put into the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// Its name.
    pub key: ObjectKey,
    /// The document, opaque to the store.
    pub body: Vec<u8>,
    /// The version that it takes the place of (0: none); whatever is there, if not said.
    pub expected: Option<u64>,
}

/// What became of a request to put an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Stored under this version.
    Done {
        /// The new version.
        version: u64,
    },
    /// The object is not at the version that was expected; nothing was written.
    Conflict {
        /// The present version; 0 if the object does not exist.
        current: u64,
    },
}

/// Names a remembered result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoKey {
    /// Namespace of the workflow.
    pub namespace: String,
    /// Name of the cache.
    pub cache: String,
    /// The key within the cache.
    pub key: String,
}

/// A remembered result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoEntry {
    /// The result, opaque to the store.
    pub body: Vec<u8>,
    /// When it was saved.
    pub created_us: i64,
    /// When it was last used; the same as `created_us` before the first use.
    pub hit_us: i64,
}

/// Lock rows by the lock's name; what is in a row is the business of who decides about locks.
pub type LockRows = BTreeMap<String, Vec<u8>>;

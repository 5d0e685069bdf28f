//! Durable, typed-but-ignorant storage: journals, runs, the catalog, and what runs share.
//!
//! To this crate an event is bytes with a number (I14). Everything is synchronous: whoever needs group
//! commit drains a queue and appends the batch in one call, which is one durable transaction.
//!
//! Two backends answer the same contract: [`MemoryStore`] and [`SqliteStore`].

mod durable;
mod error;
mod memory;
mod model;
mod owner;
mod sqlite;
mod state;
mod store;
mod vault;

pub use durable::{durable_create, durable_write, sync_folder};
pub use error::{AppendError, StoreError};
pub use memory::MemoryStore;
pub use model::{
    Append, Committed, Created, Cursor, End, Filed, Filter, LabelTerm, Letter, Life, Loaded, LockRows,
    MachineId, MemoEntry, MemoKey, NameMatch, NewObject, NewRun, Object, ObjectKey, Order, Put, Record,
    Shelf, Summary, Times,
};
pub use owner::{AcquireError, Bell, Heard, Owned, Owner, Ownership};
pub use sqlite::{BUSY_TIMEOUT, SqliteStore};
pub use state::{State, UID_BYTES_MAX, artifacts_of};
pub use store::{Catalog, Journal, Runs, Shared, Store};
pub use vault::Vault;

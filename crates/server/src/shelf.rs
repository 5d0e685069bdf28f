//! Documents that every submit looks at, kept in memory: a look into the database costs more than judging the submit.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tiphys_store::ObjectKey;

/// Kinds that nobody but the server of a state folder writes: what is kept here is what is there.
const KINDS: [&str; 4] = ["WorkflowTemplate", "ClusterWorkflowTemplate", "ConfigMap", "Namespace"];

/// Most documents that are kept, those included that are known not to be there.
const DOCUMENTS_MAX: usize = 512;

/// The largest document that is kept.
const DOCUMENT_BYTES_MAX: usize = 64 << 10;

/// A document, or that there is none of that name.
type Known = Option<Arc<Value>>;

/// Documents by their keys.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    documents: BTreeMap<ObjectKey, Known>,
    /// Counts what was written, so that nobody puts here what was read before that.
    written: u64,
}

/// When a document was read.
pub(crate) struct Moment(u64);

impl Shelf {
    /// What is known of a document; otherwise the moment at which it is read, for [`Shelf::put`].
    pub(crate) fn find(&self, key: &ObjectKey) -> Result<Known, Moment> {
        let kept = self.lock();
        kept.documents.get(key).cloned().ok_or(Moment(kept.written))
    }

    /// Keeps a document that was read, unless one was written since that moment.
    pub(crate) fn put(&self, key: ObjectKey, bytes: usize, document: Known, read: &Moment) {
        let mut kept = self.lock();
        if !KINDS.contains(&&*key.kind) || bytes > DOCUMENT_BYTES_MAX || kept.written != read.0 {
            return;
        }
        if kept.documents.len() >= DOCUMENTS_MAX {
            kept.documents.clear();
        }
        kept.documents.insert(key, document);
    }

    /// A document was written or removed.
    pub(crate) fn wrote(&self, key: &ObjectKey) {
        let mut kept = self.lock();
        kept.written += 1;
        kept.documents.remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

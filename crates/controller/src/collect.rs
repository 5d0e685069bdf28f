//! Deleting artifacts that a run says are to go with its end, or with itself (PA-280 to PA-288).

use crate::expiry::has_field;
use crate::prepare::Place;
use std::collections::BTreeSet;
use tiphys_artifact::{Driver as _, Key, LocalStore};
use tiphys_engine::Run;
use tiphys_engine::workflow::{Collected, Due, Occasion};
use tiphys_store::artifacts_of;

/// Whether a run goes although artifacts that should go with it cannot be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// No: it stays, and says why, unless the document itself lets it go (`forceFinalizerRemoval`).
    No,
    /// Yes.
    Yes,
}

/// Artifacts that are to be deleted, and where: of a run that nobody need know any more while they are.
pub(crate) struct Work {
    due: Vec<Due>,
    store: LocalStore,
    /// The document lets the run go whatever comes of it.
    lets_go: bool,
}

impl Work {
    /// What is due.
    pub(crate) fn of(run: &Run, occasion: Occasion, place: &Place) -> Work {
        let document = run.plan.workflow.spec.artifact_gc.as_ref();
        Work {
            due: if place.keeps_artifacts { Vec::new() } else { run.artifacts_due(occasion) },
            store: LocalStore::new(artifacts_of(&place.artifacts, &run.plan.namespace)),
            lets_go: document.is_some_and(|gc| gc.force_finalizer_removal),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// How many artifacts.
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    /// Deletes it. What is not there any more counts as deleted, so this may be done again.
    pub(crate) fn delete(self) -> Collected {
        let mut collected = Collected::default();
        let mut failures = BTreeSet::new();
        for due in self.due {
            match delete_one(&due, &self.store) {
                Ok(()) => collected.gone.push((due.node, due.artifact.name.into())),
                Err(reason) => drop(failures.insert(reason)),
            }
        }
        collected.failures = failures.into_iter().map(Into::into).collect();
        collected
    }

    /// Deletes it for a run that goes; the error says why it has to stay (PA-281).
    pub(crate) fn release(self, force: Force) -> Result<(), String> {
        let lets_go = self.lets_go || force == Force::Yes;
        let failures = self.delete().failures;
        match failures.is_empty() || lets_go {
            true => Ok(()),
            false => Err(format!("artifacts that go with it cannot be deleted: {}", failures.join("; "))),
        }
    }
}

/// Deletes what is due when a run goes; the error says why it has to stay (PA-281).
pub fn release(run: &Run, place: &Place, force: Force) -> Result<(), String> {
    Work::of(run, Occasion::Deletion, place).release(force)
}

/// Whether the document of a run may want artifacts deleted. Most do not, and need no closer look.
pub fn may_concern(document: &[u8]) -> bool {
    has_field(document, "artifactGC")
}

fn delete_one(due: &Due, store: &LocalStore) -> Result<(), String> {
    let artifact = &due.artifact;
    let kind = artifact.location.store().map_or("", |(kind, _)| kind);
    // The local store stands for every store with keys; other places delete nothing (PA-162, PA-286).
    if matches!(kind, "" | "raw" | "git" | "http" | "hdfs" | "artifactory") {
        return Err(format!(
            "artifact `{}`: delete not supported for this artifact storage ({kind})",
            artifact.name
        ));
    }
    let removed = Key::parse(artifact.location.key()).and_then(|key| store.delete(&key));
    removed.map_err(|error| format!("artifact `{}`: {error}", artifact.name))
}

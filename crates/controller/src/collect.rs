//! Deleting artifacts that a run says are to go with its end, or with itself (PA-280 to PA-288).

use crate::prepare::Place;
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path};
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

/// Deletes what is due. What is not there any more counts as deleted, so this may be done again.
pub fn delete(run: &Run, occasion: Occasion, place: &Place) -> Collected {
    let mut collected = Collected::default();
    if place.keeps_artifacts {
        return collected;
    }
    let mut failures = BTreeSet::new();
    let store = artifacts_of(&place.artifacts, &run.plan.namespace);
    for due in run.artifacts_due(occasion) {
        match delete_one(&due, &store) {
            Ok(()) => collected.gone.push((due.node, due.artifact.name.into())),
            Err(reason) => drop(failures.insert(reason)),
        }
    }
    collected.failures = failures.into_iter().map(Into::into).collect();
    collected
}

/// Deletes what is due when a run goes; the error says why it has to stay (PA-281).
pub fn release(run: &Run, place: &Place, force: Force) -> Result<(), String> {
    let failures = delete(run, Occasion::Deletion, place).failures;
    let document = run.plan.workflow.spec.artifact_gc.as_ref();
    let lets_go = document.is_some_and(|gc| gc.force_finalizer_removal) || force == Force::Yes;
    match failures.is_empty() || lets_go {
        true => Ok(()),
        false => Err(format!("artifacts that go with it cannot be deleted: {}", failures.join("; "))),
    }
}

/// Whether the document of a run may want artifacts deleted. Most do not, and need no closer look.
pub fn may_concern(document: &[u8]) -> bool {
    let field = b"\"artifactGC\"";
    document.windows(field.len()).any(|window| window == field)
}

fn delete_one(due: &Due, store: &Path) -> Result<(), String> {
    let artifact = &due.artifact;
    let kind = artifact.location.store().map_or("", |(kind, _)| kind);
    // The local store stands for every store with keys; other places delete nothing (PA-162, PA-286).
    if matches!(kind, "" | "raw" | "git" | "http" | "hdfs" | "artifactory") {
        return Err(format!(
            "artifact `{}`: delete not supported for this artifact storage ({kind})",
            artifact.name
        ));
    }
    let key = artifact.location.key().trim_matches('/');
    if key.is_empty() || !Path::new(key).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(format!("artifact `{}`: the key `{key}` leads out of the store", artifact.name));
    }
    let path = store.join(key);
    let removed = match fs::symlink_metadata(&path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(&path),
        Ok(_) => fs::remove_file(&path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Err(format!("artifact `{}`: cannot delete `{key}`: {error}", artifact.name));
        }
        _ => {}
    }
    // Folders are not objects: those that are empty now go too.
    let above = path.ancestors().skip(1).take_while(|folder| *folder != store);
    for folder in above {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

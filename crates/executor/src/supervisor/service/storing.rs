//! Storing what a step gives out: its artifacts and its logs, however large and however slow the disk.
//!
//! A copy of the supervisor does it, which goes on with the other steps meanwhile. The step ends when the copy has: an
//! ending is told only when its files are durable.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Signal, set_parent_process_death_signal};
use serde::{Deserialize, Serialize};
use tiphys_artifact::{ArtifactError, Key, LocalStore};

use super::super::step::Step;
use crate::contract::{
    Archive, ArtifactStored, Ended, Isolation, LogWanted, Stage, StageFailure, StepRequest,
};
use crate::hull::unsaved;
use crate::logs;
use crate::program;
use crate::sys;

/// A copy of ours that stores what a step gives out.
pub(crate) struct Storing {
    pub pid: u32,
    /// Where it writes what it did; not a pipe, which could be full.
    answer: OwnedFd,
    /// How the step ended, but for what is being stored.
    pub ended: Box<Ended>,
}

/// What was stored.
#[derive(Default, Serialize, Deserialize)]
struct Stored {
    artifacts: Vec<ArtifactStored>,
    logs: Vec<ArtifactStored>,
    failure: Option<StageFailure>,
}

/// Whether a step that is over gives out anything that is still to be stored.
pub(super) fn is_needed(step: &Step, ended: &Ended) -> bool {
    // Without a sandbox its hull has stored the artifacts.
    let has_spool = step.request.isolation == Isolation::Sandbox && step.scratch.is_some();
    (has_spool && !ended.artifacts.is_empty()) || !step.request.outputs.logs.is_empty()
}

impl Storing {
    /// Starts the copy. Without one the ending comes back.
    pub(super) fn begin(step: &Step, ended: Box<Ended>) -> Result<Storing, Box<Ended>> {
        let Ok(answer) = memfd_create("stored", MemfdFlags::CLOEXEC) else { return Err(ended) };
        let copy = sys::fork(0, || {
            sys::close_all_except(&mut [answer.as_raw_fd(), 0, 1, 2]);
            let _ = set_parent_process_death_signal(Some(Signal::KILL));
            let text = serde_json::to_vec(&Stored::by(step, &ended)).unwrap_or_default();
            i32::from(answer.try_clone().map(File::from).and_then(|mut file| file.write_all(&text)).is_err())
        });
        match copy {
            Ok(pid) => Ok(Storing { pid, answer, ended }),
            Err(_) => Err(ended),
        }
    }

    /// The whole ending, once the copy is over.
    pub(super) fn ended(self, request: &StepRequest) -> Ended {
        let mut ended = *self.ended;
        let stored = read(self.answer).unwrap_or_else(|_| Stored::none(request, &ended));
        stored.put_into(&mut ended);
        ended
    }
}

fn read(answer: OwnedFd) -> io::Result<Stored> {
    let mut file = File::from(answer);
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Stores what a step gives out here and now.
pub(super) fn store(step: &Step, ended: &mut Ended) {
    Stored::by(step, ended).put_into(ended);
}

impl Stored {
    fn by(step: &Step, ended: &Ended) -> Stored {
        let mut artifacts = ended.artifacts.clone();
        let failure = match (step.request.isolation, &step.scratch) {
            (Isolation::Sandbox, Some(spool)) => store_spooled(&step.request, spool, &mut artifacts),
            (Isolation::Sandbox, None) | (Isolation::None, _) => None,
        };
        Stored { artifacts, failure, logs: store_logs(&step.request) }
    }

    /// When the copy was killed: what it has stored is not known.
    fn none(request: &StepRequest, ended: &Ended) -> Stored {
        let reason = "the process that was to store it has died";
        let mut stored = Stored { artifacts: ended.artifacts.clone(), ..Stored::default() };
        let mut message = String::new();
        for (index, artifact) in stored.artifacts.iter_mut().enumerate() {
            if request.isolation == Isolation::Sandbox && is_spooled(request, index, artifact) {
                message.push_str(&unsaved(reason));
                artifact.error = Some(reason.to_owned());
            }
        }
        stored.failure = failure(message);
        stored.logs =
            request.outputs.logs.iter().map(|wanted| log_of(wanted, Err(reason.to_owned()))).collect();
        stored
    }

    fn put_into(self, ended: &mut Ended) {
        ended.artifacts = self.artifacts;
        ended.logs.extend(self.logs);
        ended.failure = ended.failure.take().or(self.failure);
    }
}

fn failure(message: String) -> Option<StageFailure> {
    (!message.is_empty()).then_some(StageFailure { stage: Stage::Wait, code: program::CANNOT_RUN, message })
}

/// Whether an artifact of a sandboxed step lies in its spool.
fn is_spooled(request: &StepRequest, index: usize, artifact: &ArtifactStored) -> bool {
    let wanted = request.outputs.artifacts.get(index);
    artifact.error.is_none() && wanted.is_none_or(|wanted| wanted.to.is_none())
}

/// Takes the artifacts that a sandboxed step has packed into its spool over into the store.
fn store_spooled(
    request: &StepRequest,
    spool: &Path,
    artifacts: &mut [ArtifactStored],
) -> Option<StageFailure> {
    let store = LocalStore::new(&request.artifact_store);
    let mut message = String::new();
    for (index, artifact) in artifacts.iter_mut().enumerate() {
        let wanted = request.outputs.artifacts.get(index);
        if !is_spooled(request, index, artifact) {
            continue;
        }
        let adopted =
            Key::parse(&artifact.key).and_then(|key| store.adopt(&spool.join(index.to_string()), &key));
        match adopted {
            // Of an empty folder that is not packed there is nothing to be stored (PA-163).
            Err(ArtifactError::NotFound(_))
                if wanted.is_some_and(|wanted| wanted.archive == Archive::None) => {}
            Ok(size_bytes) => artifact.size_bytes = size_bytes,
            Err(error) => {
                message.push_str(&unsaved(&error.to_string()));
                artifact.error = Some(error.to_string());
            }
        }
    }
    failure(message)
}

/// Stores the plain text of logs as artifacts (PA-210). A log that does not exist is an empty one.
fn store_logs(request: &StepRequest) -> Vec<ArtifactStored> {
    let store = LocalStore::new(&request.artifact_store);
    let stored = request.outputs.logs.iter().map(|wanted| {
        let path = logs::path(&request.log_dir, &request.attempt, &wanted.container);
        log_of(wanted, store_log(&store, &path, &wanted.key))
    });
    stored.collect()
}

/// What is told of a log that was stored, so many bytes, or was not.
fn log_of(wanted: &LogWanted, stored: Result<u64, String>) -> ArtifactStored {
    let mut log = ArtifactStored {
        name: wanted.container.clone(),
        key: wanted.key.clone(),
        ..ArtifactStored::default()
    };
    match stored {
        Ok(size_bytes) => log.size_bytes = size_bytes,
        Err(reason) => log.error = Some(reason),
    }
    log
}

fn store_log(store: &LocalStore, path: &Path, key: &str) -> Result<u64, String> {
    let key = Key::parse(key).map_err(|error| error.to_string())?;
    let mut incoming = store.create(&key).map_err(|error| error.to_string())?;
    let mut query = logs::Query::default();
    loop {
        let page = logs::read(path, &query).map_err(|error| error.to_string())?;
        if page.entries.is_empty() {
            return incoming.commit().map_err(|error| error.to_string());
        }
        let mut text = Vec::with_capacity(page.entries.len());
        logs::plain(&page.entries, &mut text);
        incoming.write_all(&text).map_err(|error| error.to_string())?;
        query.offset = page.next_offset;
    }
}

//! Errands: what has to be got from, or brought to, the world outside, which may never answer.
//!
//! A copy of the hull runs each, so that the step can be ended meanwhile.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::pipe::{PipeFlags, pipe_with};
use serde::{Deserialize, Serialize};
use tiphys_artifact::{ArtifactError, Mode, sweep_aside};

use super::{Done, Hull, stage};
use crate::contract::{ArtifactInput, ArtifactSource, Web};
use crate::sys;

/// How long it may take to get or bring one artifact.
pub const ERRAND_TIME_MAX: Duration = Duration::from_secs(3_600);

/// Longest answer of a copy: a complaint in words.
const ANSWER_BYTES_MAX: u64 = 1 << 14;

/// What came of it.
#[derive(Serialize, Deserialize)]
enum Answer {
    /// So many bytes were brought.
    Done(u64),
    /// There is nothing there.
    Missing(String),
    Failed(String),
}

impl Hull<'_> {
    /// Loads an input artifact from elsewhere.
    pub(super) fn fetch(&mut self, artifact: &ArtifactInput) -> Result<(), ArtifactError> {
        let dest = Path::new(&artifact.path);
        let mode = artifact.mode.map(|bits| Mode { bits, recursive: artifact.recurse_mode });
        let archive = artifact.archive.map(stage::archive);
        self.errand(dest, || match &artifact.source {
            ArtifactSource::Web(web) => web.load(dest, archive, mode).map(|()| 0),
            ArtifactSource::Git(git) => git.load(dest, mode).map(|()| 0),
            ArtifactSource::Raw { .. } | ArtifactSource::Store { .. } | ArtifactSource::Host { .. } => Ok(0),
        })
        .map(|_| ())
    }

    /// Brings a file, which complaints name so, to a web server; returns the bytes sent.
    pub(super) fn bring(&mut self, file: &Path, named: &str, to: &Web) -> Result<u64, ArtifactError> {
        self.errand(file, || to.save(file, named))
    }

    fn errand(
        &mut self,
        path: &Path,
        act: impl FnOnce() -> Result<u64, ArtifactError>,
    ) -> Result<u64, ArtifactError> {
        let failed = |reason: String| ArtifactError::Remote(reason);
        let stopped = || failed("the step was stopped".into());
        let (answer, write) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| failed(error.to_string()))?;
        let copy = sys::fork(0, || {
            // A session of its own, so that whatever it starts can be ended with it.
            let _ = rustix::process::setsid();
            let answer = match act() {
                Ok(bytes) => Answer::Done(bytes),
                Err(ArtifactError::NotFound(what)) => Answer::Missing(what),
                Err(error) => Answer::Failed(error.to_string()),
            };
            let text = serde_json::to_vec(&answer).unwrap_or_default();
            i32::from(File::from(write).write_all(&text).is_err())
        });
        let copy = copy.map_err(|error| failed(format!("cannot start a process: {error}")))?;
        self.helper = Some(copy);
        let was_ending = self.ending;
        // Its usage is not the step's.
        let mut aside = Done::default();
        let until = Instant::now() + ERRAND_TIME_MAX;
        self.wait_until(&mut aside, Some(until), |hull| {
            hull.helper.is_none() || (hull.ending && !was_ending)
        });
        let is_over = self.helper.is_none();
        // Itself too: it may not have got so far as to lead a group.
        sys::kill_group(copy, libc::SIGKILL);
        if !is_over {
            sys::kill(copy, libc::SIGKILL);
        }
        self.wait_until(&mut aside, None, |hull| hull.helper.is_none());
        if !is_over {
            sweep_aside(path, copy);
            let seconds = ERRAND_TIME_MAX.as_secs();
            return Err(if self.ending {
                stopped()
            } else {
                failed(format!("it takes longer than {seconds} s"))
            });
        }
        let mut text = Vec::new();
        let _ = File::from(answer).take(ANSWER_BYTES_MAX).read_to_end(&mut text);
        match serde_json::from_slice(&text) {
            Ok(Answer::Done(bytes)) => Ok(bytes),
            Ok(Answer::Missing(what)) => Err(ArtifactError::NotFound(what)),
            Ok(Answer::Failed(reason)) => Err(failed(reason)),
            Err(_) => Err(failed("the process that was to do it has died".into())),
        }
    }
}

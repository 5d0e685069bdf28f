//! After the containers have ended: output parameters and artifacts, as the step sees them.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Done, HELPER_FAILED};
use crate::contract::{ParameterValue, ParameterWanted, Stage, StageFailure, StepRequest};
use crate::program::reason;

/// Longest output parameter. Argo's own limit is that of the object it reports with (PA-064).
pub const PARAMETER_BYTES_MAX: u64 = 1 << 20;

/// An output artifact that waits in the spool folder to be stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Spooled {
    /// Why it could not be packed.
    pub error: Option<String>,
    /// Whether there was nothing at its path.
    pub missing: bool,
}

/// Collects everything that is wanted; parameters first (PA-211). The first failure is the step's.
pub(super) fn outputs(request: &StepRequest, _spool: Option<BorrowedFd<'_>>, done: &mut Done) {
    let mut complaints = Vec::new();
    for wanted in &request.outputs.parameters {
        match parameter(wanted) {
            Ok(value) => done.parameters.push(ParameterValue { name: wanted.name.clone(), value }),
            Err(complaint) => complaints.push(complaint),
        }
    }
    if !complaints.is_empty() && done.failure.is_none() {
        let message = complaints.join("; ");
        done.failure = Some(StageFailure { stage: Stage::Wait, code: HELPER_FAILED, message });
    }
}

/// The value of a parameter: its file without one trailing newline, else its default, trimmed alike (PA-040).
fn parameter(wanted: &ParameterWanted) -> Result<String, String> {
    let text = match (read_file(Path::new(&wanted.path), PARAMETER_BYTES_MAX), &wanted.default) {
        (Ok(bytes), _) => String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        (Err(_), Some(default)) => default.clone(),
        (Err(error), None) => return Err(format!("open {}: {}", wanted.path, reason(&error))),
    };
    Ok(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
}

/// Reads a plain file of bounded size. A pipe or device that the step put there is not waited for.
pub(super) fn read_file(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::from_raw_os_error(libc::EISDIR));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let mut bytes = Vec::with_capacity(metadata.len().min(bytes_max) as usize);
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::other(format!("longer than {bytes_max} bytes")));
    }
    Ok(bytes)
}

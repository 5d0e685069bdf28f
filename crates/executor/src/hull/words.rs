//! Last words: what a container wrote for those who ask why it ended.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

use crate::contract::StepRequest;

/// Most bytes of them that are kept: the last ones, as a kubelet keeps them.
const BYTES_MAX: u64 = 4_096;

/// What distinguishes two states of a file; nothing if it is not there.
pub(super) type Seen = Option<(u64, i64, i64)>;

/// The file of a container as it is now.
pub(super) fn see(request: &StepRequest, container: usize) -> Seen {
    let found = fs::metadata(&request.containers[container].last_words.path).ok()?;
    Some((found.size(), found.mtime(), found.mtime_nsec()))
}

/// What a container that ended wrote there. What stood there before are not its words.
pub(super) fn read(request: &StepRequest, container: usize, before: Seen) -> Option<String> {
    if see(request, container) == before {
        return None;
    }
    let path = &request.containers[container].last_words.path;
    // Whatever else a step puts there must not hold up its end.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let mut file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    let metadata = file.metadata().ok().filter(fs::Metadata::is_file)?;
    file.seek(SeekFrom::Start(metadata.size().saturating_sub(BYTES_MAX))).ok()?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes).ok()?;
    let text = tiphys_expr::go_text(bytes);
    let text = text.trim_end_matches(['\n', '\r']);
    (!text.is_empty()).then(|| text.to_owned())
}

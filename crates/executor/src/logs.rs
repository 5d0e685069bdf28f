//! Logs: one file for each container of an attempt, one line for each line it wrote.
//!
//! The format is the one container runtimes use: `<RFC 3339 time> stdout|stderr F|P <text>`, where `P` marks a
//! piece whose line goes on (or ended without a newline). Text is kept byte for byte.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::contract::AttemptId;

mod merge;
#[cfg(test)]
mod tests;
mod time;
mod writer;

pub use merge::Merge;
pub(crate) use time::now_ns;
pub use time::timestamp;
pub(crate) use writer::Writer;

/// Longest piece of a line; a longer line is cut into pieces (API-176).
pub const PIECE_BYTES_MAX: usize = 1 << 20;

/// No entry is longer: a piece with its time and stream.
const ENTRY_BYTES_MAX: u64 = PIECE_BYTES_MAX as u64 + 128;

/// The container whose log tells what was noticed beside a step's own; Argo's executor is called so.
pub const OWN_CONTAINER: &str = "wait";

/// Where the log of a container is.
pub fn path(log_dir: &Path, attempt: &AttemptId, container: &str) -> PathBuf {
    log_dir.join(format!("{}.{container}.log", attempt.short()))
}

/// The log of one container of one attempt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogFile {
    /// The numbers of its attempt, which grow with every life of a step: one that is retried by hand is a new node of
    /// the same id, and one that is started anew a new attempt of its node.
    pub life: (u64, u64),
    /// The container.
    pub container: String,
    /// Where it is.
    pub path: PathBuf,
}

/// The logs in the folder of a step, in the order of its lives.
pub fn files(folder: &Path) -> Vec<LogFile> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<LogFile> = entries.flatten().filter_map(|entry| file(entry.path())).collect();
    files.sort();
    files
}

/// Reads what [`path`] wrote: `<node>.<attempt>.<container>.log`.
fn file(path: PathBuf) -> Option<LogFile> {
    let name = path.file_name()?.to_str()?.strip_suffix(".log")?;
    let mut parts = name.splitn(3, '.');
    let life = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let container = parts.next()?.to_owned();
    Some(LogFile { life, container, path })
}

/// Which of its two outputs a process wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }
}

/// One entry of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// RFC 3339, nanoseconds, UTC.
    pub time: &'a str,
    /// Where it was written to.
    pub stream: Stream,
    /// Whether a newline ended it.
    pub whole: bool,
    /// What was written, without the newline.
    pub text: &'a [u8],
}

/// Understands one entry, given without its newline. `None`: it is not one.
pub fn parse(entry: &[u8]) -> Option<Line<'_>> {
    let mut parts = entry.splitn(4, |byte| *byte == b' ');
    let time = std::str::from_utf8(parts.next()?).ok()?;
    let stream = match parts.next()? {
        b"stdout" => Stream::Stdout,
        b"stderr" => Stream::Stderr,
        _ => return None,
    };
    let whole = match parts.next()? {
        b"F" => true,
        b"P" => false,
        _ => return None,
    };
    Some(Line { time, stream, whole, text: parts.next().unwrap_or_default() })
}

/// What was written to a log, as the process wrote it: no times, both streams in order of arrival.
pub fn plain(entries: &[u8], out: &mut Vec<u8>) {
    for line in entries.split(|byte| *byte == b'\n').filter_map(parse) {
        out.extend_from_slice(line.text);
        if line.whole {
            out.push(b'\n');
        }
    }
}

/// Which part of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Only the last so many entries.
    pub tail: Option<usize>,
    /// Only entries at or after this RFC 3339 time (compared as text, in UTC with nanoseconds).
    pub since: Option<String>,
    /// Start at this byte, as an earlier [`Page`] ended.
    pub offset: u64,
}

/// A part of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Whole entries, each with its newline.
    pub entries: Vec<u8>,
    /// Where to go on.
    pub next_offset: u64,
}

/// Most bytes returned at once. Ask again from [`Page::next_offset`] for more.
pub const PAGE_BYTES_MAX: u64 = 4 << 20;

/// Reads a part of a log. A log that does not exist is empty: a step that wrote nothing has no file.
///
/// With `tail`, reading begins near the end of the file, so a long log costs no more than a short one.
pub fn read(path: &Path, query: &Query) -> io::Result<Page> {
    read_page(path, query, PAGE_BYTES_MAX)
}

/// As [`read`], at most so many bytes, or one entry if that is longer.
fn read_page(path: &Path, query: &Query, bytes_max: u64) -> io::Result<Page> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Page::default()),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let start = match query.tail {
        Some(entries) => query.offset.max(start_of_tail(&mut file, length, entries)?),
        None => query.offset,
    };
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.by_ref().take(bytes_max).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == bytes_max && bytes_max < ENTRY_BYTES_MAX && !bytes.contains(&b'\n') {
        file.take(ENTRY_BYTES_MAX - bytes_max).read_to_end(&mut bytes)?;
    }
    // What follows the last newline is still being written.
    bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1));
    let next_offset = start + bytes.len() as u64;
    if let Some(since) = &query.since {
        let skipped: usize = bytes
            .split_inclusive(|byte| *byte == b'\n')
            .take_while(|entry| parse(entry).is_some_and(|line| line.time < since.as_str()))
            .map(<[u8]>::len)
            .sum();
        bytes.drain(..skipped);
    }
    Ok(Page { entries: bytes, next_offset })
}

/// Where the last `entries` entries begin.
fn start_of_tail(file: &mut File, length: u64, entries: usize) -> io::Result<u64> {
    const BLOCK_BYTES: u64 = 64 * 1024;
    let mut end = length;
    // The newline that ends the last entry is one more.
    let mut newlines_left = entries + 1;
    let mut block = vec![0; BLOCK_BYTES as usize];
    while end > 0 {
        let start = end.saturating_sub(BLOCK_BYTES);
        let part = &mut block[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        for (at, byte) in part.iter().enumerate().rev() {
            if *byte == b'\n' {
                newlines_left -= 1;
                if newlines_left == 0 {
                    return Ok(start + at as u64 + 1);
                }
            }
        }
        end = start;
    }
    Ok(0)
}

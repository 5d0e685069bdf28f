//! Writing a log: from chunks of bytes to entries, within a limit.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::{PIECE_BYTES_MAX, Stream, time};

/// Last bytes of stdout that are kept as a result (EX-422).
pub const RESULT_BYTES_MAX: usize = 256 * 1024;

/// Most lines, and bytes, of a log that become a message.
const MESSAGE_LINES_MAX: usize = 80;
const MESSAGE_BYTES_MAX: usize = 2_048;

/// What the log says where lines are missing.
const TORN: &str =
    "tiphys: lines are missing here; they could not be written, perhaps because the disk was full";

/// The log of one container. Its file is made with the first entry.
#[derive(Debug)]
pub(crate) struct Writer {
    path: PathBuf,
    file: Option<File>,
    /// 0: no limit.
    limit_bytes: u64,
    written_bytes: u64,
    state: State,
    unfinished: [Vec<u8>; 2],
    result: Option<Vec<u8>>,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Open,
    /// The limit is reached, and the log says so. What comes is dropped.
    Full,
    /// What came last could not be written; it is missing. What comes is tried again.
    Torn,
    /// Is not wanted. What comes is dropped.
    Off,
}

impl Writer {
    /// A log at `path` (`None`: not kept), which also collects stdout if `result`.
    pub(crate) fn new(path: Option<PathBuf>, limit_bytes: u64, result: bool) -> Self {
        Writer {
            state: if path.is_some() { State::Open } else { State::Off },
            path: path.unwrap_or_default(),
            file: None,
            limit_bytes,
            written_bytes: 0,
            unfinished: [Vec::new(), Vec::new()],
            result: result.then(Vec::new),
        }
    }

    /// Takes what a process wrote; returns the new entries, for those who follow the log.
    pub(crate) fn feed(&mut self, stream: Stream, bytes: &[u8], now_ns: i64) -> Vec<u8> {
        if stream == Stream::Stdout
            && let Some(result) = &mut self.result
        {
            keep_tail(result, bytes);
        }
        if matches!(self.state, State::Full | State::Off) {
            return Vec::new();
        }
        let mut entries = Vec::with_capacity(bytes.len() + 64);
        let unfinished = &mut self.unfinished[stream as usize];
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            unfinished.extend_from_slice(&rest[..at]);
            write_entries(&mut entries, stream, unfinished, true, now_ns);
            unfinished.clear();
            rest = &rest[at + 1..];
        }
        unfinished.extend_from_slice(rest);
        if unfinished.len() >= PIECE_BYTES_MAX {
            let whole_pieces = unfinished.len() / PIECE_BYTES_MAX * PIECE_BYTES_MAX;
            write_entries(&mut entries, stream, &unfinished[..whole_pieces], false, now_ns);
            unfinished.drain(..whole_pieces);
        }
        self.append(entries, now_ns)
    }

    /// Writes what did not end with a newline; returns the last entries.
    pub(crate) fn finish(&mut self, now_ns: i64) -> Vec<u8> {
        let mut entries = Vec::new();
        for stream in [Stream::Stdout, Stream::Stderr] {
            let rest = std::mem::take(&mut self.unfinished[stream as usize]);
            if !rest.is_empty() && matches!(self.state, State::Open | State::Torn) {
                write_entries(&mut entries, stream, &rest, false, now_ns);
            }
        }
        if self.state == State::Torn && entries.is_empty() {
            write_entries(&mut entries, Stream::Stderr, TORN.as_bytes(), true, now_ns);
            self.state = State::Open;
        }
        self.append(entries, now_ns)
    }

    /// The captured stdout without one trailing newline, if it was asked for. Bytes that are no text become
    /// replacement characters.
    pub(crate) fn take_result(&mut self) -> Option<String> {
        let mut bytes = self.result.take()?;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        if bytes.len() > RESULT_BYTES_MAX {
            bytes.drain(..bytes.len() - RESULT_BYTES_MAX);
        }
        Some(tiphys_expr::go_text(bytes))
    }

    /// The last lines that are kept, as a kubelet gives them as a message.
    pub(crate) fn last_lines(&self) -> Option<String> {
        let mut file = File::open(&self.path).ok()?;
        // Each line may have a head of its own.
        let from = file.metadata().ok()?.len().saturating_sub(8 * MESSAGE_BYTES_MAX as u64);
        file.seek(SeekFrom::Start(from)).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let entries: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        let lines: Vec<&[u8]> = entries
            .into_iter()
            // The first may be the rest of one.
            .skip(usize::from(from > 0))
            .filter_map(|entry| entry.splitn(4, |byte| *byte == b' ').nth(3))
            .collect();
        let last = &lines[lines.len().saturating_sub(MESSAGE_LINES_MAX)..];
        let mut text = last.join(&b'\n');
        text.drain(..text.len().saturating_sub(MESSAGE_BYTES_MAX));
        (!text.is_empty()).then(|| tiphys_expr::go_text(text))
    }

    /// Bytes in the file.
    pub(crate) fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    fn append(&mut self, mut entries: Vec<u8>, now_ns: i64) -> Vec<u8> {
        if entries.is_empty() {
            return entries;
        }
        if self.state == State::Torn {
            let after = std::mem::take(&mut entries);
            write_entries(&mut entries, Stream::Stderr, TORN.as_bytes(), true, now_ns);
            entries.extend(after);
            self.state = State::Open;
        }
        if self.open().is_err() {
            self.state = State::Torn;
            return Vec::new();
        }
        if self.limit_bytes > 0 && self.written_bytes + entries.len() as u64 > self.limit_bytes {
            let room = (self.limit_bytes - self.written_bytes.min(self.limit_bytes)) as usize;
            let fitting = entries[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            entries.truncate(fitting);
            let notice = format!(
                "tiphys: the log has reached its limit of {} bytes; the rest is not kept",
                self.limit_bytes
            );
            write_entries(&mut entries, Stream::Stderr, notice.as_bytes(), true, now_ns);
            self.state = State::Full;
            self.unfinished = [Vec::new(), Vec::new()];
        }
        if self.write(&entries).is_err() {
            // The step goes on without it: a full disk must not change what it does.
            self.state = State::Torn;
            self.file = None;
            return Vec::new();
        }
        self.written_bytes += entries.len() as u64;
        if self.state == State::Full {
            self.file = None;
        }
        entries
    }

    /// Opens the file, which an attempt that is made once more may have begun.
    fn open(&mut self) -> std::io::Result<()> {
        if self.file.is_some() {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true).mode(0o600);
        let mut file = options.open(&self.path).or_else(|_| {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            options.open(&self.path)
        })?;
        self.written_bytes = file.metadata()?.len();
        if self.written_bytes > 0 {
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                // Whoever wrote it was killed in the middle of an entry, which would swallow the next one.
                file.write_all(b"\n")?;
                self.written_bytes += 1;
            }
        }
        self.file = Some(file);
        Ok(())
    }

    fn write(&mut self, entries: &[u8]) -> std::io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(entries).inspect_err(|_| {
            // Half an entry would garble the one after it.
            drop(file.set_len(self.written_bytes));
        })
    }
}

/// Appends `text` as entries of at most [`PIECE_BYTES_MAX`]; the last one is whole or not.
fn write_entries(out: &mut Vec<u8>, stream: Stream, text: &[u8], whole: bool, now_ns: i64) {
    let mut rest = text;
    loop {
        let (piece, after) = rest.split_at(rest.len().min(PIECE_BYTES_MAX));
        time::write_timestamp(now_ns, out);
        out.push(b' ');
        out.extend_from_slice(stream.name().as_bytes());
        out.extend_from_slice(if whole && after.is_empty() { b" F " } else { b" P " });
        out.extend_from_slice(piece);
        out.push(b'\n');
        if after.is_empty() {
            return;
        }
        rest = after;
    }
}

/// Appends, but remembers only what a result may need.
fn keep_tail(kept: &mut Vec<u8>, bytes: &[u8]) {
    kept.extend_from_slice(bytes);
    // One byte more than the result, since a trailing newline is not part of it. Trimmed rarely, so that many
    // small writes do not move the whole tail each time.
    if kept.len() > 2 * RESULT_BYTES_MAX {
        kept.drain(..kept.len() - RESULT_BYTES_MAX - 1);
    }
}

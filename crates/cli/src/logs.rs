//! The logs of steps: which files there are, and what is in them.

use std::path::Path;
use tiphys_runner::logs::{self, LogFile, Query};

/// The logs of a node, in order of its lives.
pub fn files(run_dir: &Path, node_id: &str) -> Vec<LogFile> {
    logs::files(&run_dir.join("logs").join(node_id))
}

/// The last lines that a node wrote in its last life, of the container that wrote any.
pub fn last_lines(run_dir: &Path, node_id: &str, count: usize) -> Vec<Vec<u8>> {
    let files = files(run_dir, node_id);
    let Some(last) = files.iter().map(|file| file.life).max() else { return Vec::new() };
    let of_last = || files.iter().filter(|file| file.life == last);
    let main = of_last().find(|file| file.container == "main").into_iter();
    for file in main.chain(of_last().filter(|file| file.container != "main")) {
        let query = Query { tail: Some(count), ..Query::default() };
        let Ok(page) = logs::read(&file.path, &query) else { continue };
        let lines = whole_lines(&page.entries);
        if !lines.is_empty() {
            return lines[lines.len().saturating_sub(count)..].to_vec();
        }
    }
    Vec::new()
}

/// The lines in log entries, pieces joined, without their times.
fn whole_lines(entries: &[u8]) -> Vec<Vec<u8>> {
    let mut joiner = Joiner::default();
    let mut lines = Vec::new();
    for entry in entries.split(|byte| *byte == b'\n') {
        if let Some(line) = joiner.take(entry) {
            lines.push(line.text);
        }
    }
    lines.extend(joiner.rest().map(|line| line.text));
    lines
}

/// Most bytes of a line that are kept until its end comes.
const LINE_BYTES_MAX: usize = 256 * 1024;

/// A whole line of a log.
pub struct Line {
    /// RFC 3339.
    pub time: String,
    pub text: Vec<u8>,
}

/// Joins pieces of long lines.
#[derive(Debug, Default)]
pub struct Joiner {
    piece: Vec<u8>,
    /// When the last piece was written.
    time: String,
}

impl Joiner {
    /// Takes in one entry; gives a line if it ends one.
    pub fn take(&mut self, entry: &[u8]) -> Option<Line> {
        self.join(logs::parse(entry)?)
    }

    /// Takes in one entry that was understood; gives a line if it ends one.
    pub fn join(&mut self, line: logs::Line<'_>) -> Option<Line> {
        self.piece.extend_from_slice(line.text);
        line.time.clone_into(&mut self.time);
        if !line.whole && self.piece.len() < LINE_BYTES_MAX {
            return None;
        }
        Some(Line { time: std::mem::take(&mut self.time), text: std::mem::take(&mut self.piece) })
    }

    /// What has not been ended by a newline.
    pub fn rest(self) -> Option<Line> {
        (!self.piece.is_empty()).then_some(Line { time: self.time, text: self.piece })
    }
}

//! Several logs read as one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

use super::{Line, Query, parse, read_page};

/// Bytes that are read of one log at once. There may be a thousand of them.
const PAGE_BYTES: u64 = 128 * 1024;

/// Reads several logs in order of the times at which their entries were written, and goes on later where it ended.
///
/// The order holds within what one call of [`Merge::read`] sees. Entries of one log never change places, whatever the
/// clock did; those of the same instant come in the order in which the logs are given.
#[derive(Debug, Default)]
pub struct Merge {
    tail: Option<usize>,
    since: Option<String>,
    /// How far each log was read, by its path.
    read: BTreeMap<PathBuf, u64>,
}

impl Merge {
    /// Begins with the last `tail` entries of each log that is given first, and with those at or after `since` (see
    /// [`Query`]).
    pub fn new(tail: Option<usize>, since: Option<String>) -> Merge {
        Merge { tail, since, read: BTreeMap::new() }
    }

    /// Gives each entry that was not read yet, with the place of its log in `paths`, until there are no more or
    /// `each` breaks off, which is what this returns. A log that does not exist yet is empty.
    pub fn read(
        &mut self,
        paths: &[PathBuf],
        mut each: impl FnMut(usize, Line<'_>) -> ControlFlow<()>,
    ) -> io::Result<bool> {
        // A log that comes into being later is read whole.
        let tail = self.tail.take();
        let mut sources = Vec::with_capacity(paths.len());
        let mut first = BinaryHeap::new();
        for (at, path) in paths.iter().enumerate() {
            let query =
                Query { tail, since: self.since.clone(), offset: self.read.get(path).copied().unwrap_or(0) };
            let mut source = Source { query, page: Vec::new(), begin: 0 };
            source.turn(path)?;
            self.read.insert(path.clone(), source.place());
            first.extend(source.time().map(|time| Reverse((time, at))));
            sources.push(source);
        }
        while let Some(Reverse((_, at))) = first.pop() {
            let (source, path) = (&mut sources[at], &paths[at]);
            let flow = source.take().map_or(ControlFlow::Continue(()), |line| each(at, line));
            if source.begin == source.page.len() {
                source.turn(path)?;
            }
            if let Some(place) = self.read.get_mut(path) {
                *place = source.place();
            }
            if flow.is_break() {
                return Ok(true);
            }
            first.extend(source.time().map(|time| Reverse((time, at))));
        }
        Ok(false)
    }
}

/// One of the logs.
struct Source {
    /// What comes after the page.
    query: Query,
    page: Vec<u8>,
    /// Where in the page the next entry begins.
    begin: usize,
}

impl Source {
    /// Reads the next page that holds anything.
    fn turn(&mut self, path: &std::path::Path) -> io::Result<()> {
        loop {
            let page = read_page(path, &self.query, PAGE_BYTES)?;
            let is_end = page.next_offset == self.query.offset;
            self.query = Query { tail: None, offset: page.next_offset, since: self.query.since.take() };
            (self.page, self.begin) = (page.entries, 0);
            if is_end || !self.page.is_empty() {
                return Ok(());
            }
        }
    }

    /// Up to which byte of the log entries were taken.
    fn place(&self) -> u64 {
        self.query.offset - (self.page.len() - self.begin) as u64
    }

    fn entry(&self) -> Option<&[u8]> {
        self.page[self.begin..].split(|byte| *byte == b'\n').next().filter(|_| self.begin < self.page.len())
    }

    /// When the next entry was written. What is no entry comes at once.
    fn time(&self) -> Option<String> {
        self.entry().map(|entry| parse(entry).map_or_else(String::new, |line| line.time.to_owned()))
    }

    fn take(&mut self) -> Option<Line<'_>> {
        let length = self.entry()?.len();
        let entry = self.begin..self.begin + length;
        self.begin += length + 1;
        parse(&self.page[entry])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn text(merge: &mut Merge, paths: &[PathBuf], most: usize) -> String {
        let mut told = String::new();
        let mut left = most;
        let flow = merge.read(paths, |at, line| {
            told.push_str(&format!("{at}{} ", String::from_utf8_lossy(line.text)));
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(flow.unwrap(), left == 0);
        told
    }

    fn entry(second: u32, text: &str) -> String {
        format!("2026-01-01T00:00:{second:02}.000000000Z stdout F {text}\n")
    }

    #[test]
    fn entries_come_in_order_of_time_and_reading_goes_on() {
        let folder = folder();
        let paths: Vec<PathBuf> = ["a", "b", "none"].map(|name| folder.path().join(name)).into();
        std::fs::write(&paths[0], entry(1, "p") + &entry(5, "q") + &entry(3, "r") + &entry(9, "s")).unwrap();
        std::fs::write(&paths[1], entry(1, "t") + &entry(4, "u") + "half").unwrap();
        let mut merge = Merge::new(None, None);
        // Broken off, it goes on at the entry it ended at; the clock that went back changes no order in a log.
        assert_eq!(text(&mut merge, &paths, 3), "0p 1t 1u ");
        assert_eq!(text(&mut merge, &paths, 99), "0q 0r 0s ");
        assert_eq!(text(&mut merge, &paths, 99), "");
        std::fs::write(&paths[1], entry(1, "t") + &entry(4, "u") + &entry(6, "v")).unwrap();
        std::fs::write(&paths[2], entry(2, "w")).unwrap();
        assert_eq!(text(&mut merge, &paths, 99), "2w 1v ");
    }

    /// API-176: a line of up to a mebibyte comes as one, though less is read at once.
    #[test]
    fn a_long_line_comes_whole() {
        let folder = folder();
        let paths = vec![folder.path().join("a")];
        let long = "x".repeat(super::super::PIECE_BYTES_MAX);
        std::fs::write(&paths[0], entry(1, "p") + &entry(2, &long) + &entry(3, "q")).unwrap();
        assert_eq!(text(&mut Merge::new(None, None), &paths, 99), format!("0p 0{long} 0q "));
        assert_eq!(text(&mut Merge::new(Some(2), None), &paths, 99), format!("0{long} 0q "));
    }

    #[test]
    fn only_the_end_or_what_is_late_enough() {
        let folder = folder();
        let paths: Vec<PathBuf> = ["a", "b"].map(|name| folder.path().join(name)).into();
        let many: String = (0..20_000).map(|number| entry(number / 1_000, &number.to_string())).collect();
        std::fs::write(&paths[0], &many).unwrap();
        std::fs::write(&paths[1], entry(10, "x") + &entry(19, "y")).unwrap();
        assert_eq!(text(&mut Merge::new(Some(1), None), &paths, 99), "019999 1y ");
        assert_eq!(text(&mut Merge::new(Some(0), None), &paths, 99), "");
        let mut late = Merge::new(None, Some("2026-01-01T00:00:19".to_owned()));
        assert_eq!(text(&mut late, &paths, 2), "019000 019001 ");
        let rest = text(&mut late, &paths, 2_000);
        assert!(rest.starts_with("019002 ") && rest.ends_with("019999 1y "), "{}", rest.len());
        let mut all = Merge::new(None, None);
        assert_eq!(text(&mut all, &paths, 30_000).split_whitespace().count(), 20_002);
    }
}

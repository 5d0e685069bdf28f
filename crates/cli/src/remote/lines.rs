//! Lines of a log that is followed while its server comes and goes: each is printed once.
//!
//! A stream that is opened again begins from the beginning. Every line is asked for with its time, so that those which
//! were printed are known by it: within a pod times never fall, and of equal ones it is counted how many there were.

use jiff::Timestamp;
use std::collections::BTreeMap;

/// Which lines of which pods were printed.
#[derive(Default)]
pub struct Lines {
    /// Lines before it are not wanted.
    pub floor: Option<Timestamp>,
    /// By pod.
    seen: BTreeMap<String, Seen>,
    /// What of a stream that was opened again is still to come a second time.
    again: BTreeMap<String, Seen>,
}

/// The last line of a pod: its time, and how many with that time there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    time: Timestamp,
    count: usize,
}

impl Lines {
    /// What of a line, which begins with its time, is to be printed, if it is; without the time unless that is wanted.
    pub fn take<'a>(&mut self, pod: &str, line: &'a str, with_time: bool) -> Option<&'a str> {
        let Some((time, text)) = split(line) else { return Some(line) };
        if self.was_seen(pod, time) || self.floor.is_some_and(|floor| time < floor) {
            return None;
        }
        let seen = self.seen.entry(pod.to_owned()).or_insert(Seen { time, count: 0 });
        if seen.time != time {
            *seen = Seen { time, count: 0 };
        }
        seen.count += 1;
        Some(if with_time { line } else { text })
    }

    fn was_seen(&mut self, pod: &str, time: Timestamp) -> bool {
        let Some(last) = self.again.get_mut(pod) else { return false };
        if time < last.time {
            return true;
        }
        if time == last.time && last.count > 0 {
            last.count -= 1;
            return true;
        }
        self.again.remove(pod);
        false
    }

    /// From now on lines come from the beginning once more.
    pub fn repeat(&mut self) {
        self.again.clone_from(&self.seen);
    }

    /// The time of the last line.
    pub fn last(&self) -> Option<Timestamp> {
        self.seen.values().map(|seen| seen.time).max()
    }
}

fn split(line: &str) -> Option<(Timestamp, &str)> {
    let (time, text) = line.split_once(' ')?;
    Some((time.parse().ok()?, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of one pod.
    fn printed(lines: &mut Lines, stream: &[&str]) -> Vec<String> {
        stream.iter().filter_map(|line| lines.take("pod", line, false)).map(str::to_owned).collect()
    }

    const FIRST: [&str; 3] =
        ["2026-01-01T00:00:01.5Z one", "2026-01-01T00:00:02Z two", "2026-01-01T00:00:02Z two"];

    #[test]
    fn a_stream_that_is_opened_again_goes_on_where_it_was() {
        let mut lines = Lines::default();
        assert_eq!(printed(&mut lines, &FIRST), ["one", "two", "two"]);
        for (more, wanted) in [
            (vec![], vec![]),
            (vec!["2026-01-01T00:00:02Z two", "2026-01-01T00:00:03Z  three"], vec!["two", " three"]),
        ] {
            lines.repeat();
            let stream: Vec<&str> = FIRST.into_iter().chain(more).collect();
            assert_eq!(printed(&mut lines, &stream), wanted);
        }
        // Broken off within what was printed, and opened once more.
        lines.repeat();
        assert!(printed(&mut lines, &FIRST).is_empty());
        lines.repeat();
        assert!(printed(&mut lines, &FIRST).is_empty());
        assert_eq!(
            printed(&mut lines, &["2026-01-01T00:00:02Z two", "2026-01-01T00:00:03Z  three"]),
            [""; 0]
        );
        assert_eq!(printed(&mut lines, &["2026-01-01T00:00:03Z four"]), ["four"]);
    }

    #[test]
    fn pods_are_told_apart_and_early_lines_left_out() {
        let mut lines = Lines { floor: "2026-01-01T00:00:02Z".parse().ok(), ..Lines::default() };
        assert_eq!(printed(&mut lines, &FIRST), ["two", "two"]);
        lines.repeat();
        assert_eq!(lines.take("other", "2026-01-01T00:00:02Z two", true), Some("2026-01-01T00:00:02Z two"));
        assert!(printed(&mut lines, &FIRST).is_empty());
        assert_eq!(lines.take("pod", "no time", false), Some("no time"));
        assert_eq!(lines.take("pod", "2026-01-01T00:00:04Z ", false), Some(""));
    }
}

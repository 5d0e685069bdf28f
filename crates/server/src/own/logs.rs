//! Lines of a step's log: any range of a million, search, and what comes.
//!
//! A log is a file of entries. How many lines it has and where every thousandth begins is found once and kept
//! while the file only grows, so that a range costs what it shows.

use crate::access::{Resource, Verb};
use crate::call::Call;
use crate::events::{Begun, Event, Left, Out};
use crate::fault::{Code, Fault};
use crate::limits;
use crate::own::runs;
use crate::world::World;
use regex::bytes::{Regex, RegexBuilder};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tiphys_runner::logs as entries;
use tiphys_store::{MachineId, Runs as _, Summary};

/// Lines between two places that are kept.
const STRIDE: usize = 1_000;

/// Logs whose places are kept.
const INDEXES_MAX: usize = 128;

/// Longest pattern of a search.
const PATTERN_BYTES_MAX: usize = 1_000;

/// Most memory that the pattern of a search may take.
const PATTERN_SIZE_MAX: usize = 1 << 20;

/// Where the lines of logs begin, by file.
#[derive(Default)]
pub(crate) struct Indexes(Mutex<BTreeMap<PathBuf, Index>>);

/// Where the lines of one file begin.
#[derive(Clone, Debug, Default)]
struct Index {
    /// The byte at which every thousandth line begins.
    places: Vec<u64>,
    lines: usize,
    /// Up to which byte the file was read: the end of a line.
    end: u64,
}

impl Index {
    /// Reads what was written since.
    fn grow(&mut self, path: &Path) -> std::io::Result<()> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        if length < self.end {
            // Another file took its place.
            *self = Index::default();
        }
        if length == self.end {
            return Ok(());
        }
        file.seek(SeekFrom::Start(self.end))?;
        let mut reader = BufReader::with_capacity(256 * 1024, file);
        let mut at = self.end;
        let mut line_begins = self.end;
        loop {
            let block = reader.fill_buf()?;
            if block.is_empty() {
                break;
            }
            for (offset, byte) in block.iter().enumerate() {
                if *byte == b'\n' {
                    if self.lines.is_multiple_of(STRIDE) {
                        self.places.push(line_begins);
                    }
                    self.lines += 1;
                    line_begins = at + offset as u64 + 1;
                }
            }
            let read = block.len();
            at += read as u64;
            reader.consume(read);
        }
        self.end = line_begins;
        Ok(())
    }

    /// Calls `visit` with lines from a number on (from 0) until it says no.
    fn walk(
        &self,
        path: &Path,
        from: usize,
        mut visit: impl FnMut(usize, &[u8]) -> bool,
    ) -> std::io::Result<()> {
        let Some(place) = self.places.get(from / STRIDE) else { return Ok(()) };
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(*place))?;
        let mut reader = BufReader::with_capacity(64 * 1024, file);
        let mut line = Vec::new();
        for number in from / STRIDE * STRIDE..self.lines {
            line.clear();
            reader.read_until(b'\n', &mut line)?;
            if number >= from && !visit(number, line.strip_suffix(b"\n").unwrap_or(&line)) {
                break;
            }
        }
        Ok(())
    }
}

impl Indexes {
    /// The index of a file as it is now.
    fn of(&self, path: &Path) -> std::io::Result<Index> {
        let mut known =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(path).unwrap_or_default();
        known.grow(path)?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= INDEXES_MAX {
            all.pop_first();
        }
        all.insert(path.to_owned(), known.clone());
        Ok(known)
    }
}

/// The log of one container of one node: a file for each attempt, one after the other.
struct Log {
    uid: String,
    node: String,
    container: String,
    files: Vec<(PathBuf, Index)>,
}

impl Log {
    fn open(world: &World, uid: &str, node: &str, container: &str) -> Result<Log, Fault> {
        let folder = world.state.run_dir(uid)?.join("logs").join(node);
        let paths = crate::argo::logs::files(&folder, container);
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let index = world.logs.of(&path).map_err(broken)?;
            files.push((path, index));
        }
        Ok(Log { uid: uid.to_owned(), node: node.to_owned(), container: container.to_owned(), files })
    }

    fn lines(&self) -> usize {
        self.files.iter().map(|(_, index)| index.lines).sum()
    }

    /// Whether more may come.
    fn is_open(&self, world: &World) -> Result<bool, Fault> {
        let machine = MachineId::workflow(&self.uid);
        let row = world.store(|store| store.summary(&machine))?;
        Ok(row.is_some_and(|row| row.finished_us.is_none()))
    }

    /// At most `limit` lines from a number on, from 0; fewer when they are longer than `room` together.
    fn range(&self, from: usize, limit: usize, mut room: usize) -> Result<Vec<Value>, Fault> {
        let mut items = Vec::new();
        let mut before = 0;
        for (path, index) in &self.files {
            let start = from.saturating_sub(before);
            if start < index.lines && items.len() < limit && room > 0 {
                let visit = |number: usize, line: &[u8]| {
                    items.push(self.tell(before + number, line));
                    room = room.saturating_sub(line.len().min(limits::LOG_LINE_BYTES_MAX));
                    items.len() < limit && room > 0
                };
                index.walk(path, start, visit).map_err(broken)?;
            }
            before += index.lines;
        }
        Ok(items)
    }

    fn tell(&self, number: usize, line: &[u8]) -> Value {
        let mut told = json!({ "line": number + 1, "node": self.node });
        match entries::parse(line) {
            Some(entry) => {
                told["at"] = json!(entry.time);
                told["text"] = json!(shown(entry.text));
                told["stream"] = json!(match entry.stream {
                    entries::Stream::Stdout => "stdout",
                    entries::Stream::Stderr => "stderr",
                });
            }
            None => told["text"] = json!(shown(line)),
        }
        told
    }
}

fn shown(text: &[u8]) -> String {
    tiphys_expr::go_text(text[..text.len().min(limits::LOG_LINE_BYTES_MAX)].to_vec())
}

/// A line without what colours it, so that what people read is what is searched.
fn plain(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&0x1b) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(sequence) = rest.strip_prefix(b"[") {
            let end = sequence.iter().position(|byte| (0x40..=0x7e).contains(byte));
            rest = end.map_or(&[][..], |end| &sequence[end + 1..]);
        }
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

fn broken(error: std::io::Error) -> Fault {
    Fault::internal(format!("cannot read the log: {error}"))
}

/// What a request asks for.
fn wanted(world: &World, call: &Call) -> Result<Log, Fault> {
    let row = runs::subject(world, call)?;
    of(world, call, &row, call.query.text("node"), call.query.text("container"))
}

/// The log of a container of a node, the usual one if none is named.
fn of(world: &World, call: &Call, row: &Summary, node: &str, container: &str) -> Result<Log, Fault> {
    call.who.may(Verb::Get, Resource::Logs, &row.namespace, Some(&row.name))?;
    let container = if container.is_empty() { "main" } else { container };
    for (what, text) in [("node", node), ("container", container)] {
        let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
        if text.is_empty() || text.starts_with('.') || !text.chars().all(plain) {
            return Err(Fault::invalid(format!("`{what}` must name one: `{text}` cannot be a name of it")));
        }
    }
    let log = Log::open(world, &row.uid, node, container)?;
    if log.files.is_empty() && row.finished_us.is_some() {
        return Err(Fault::new(
            Code::NotFound,
            format!(
                "no log of container `{container}` of node `{node}` is kept: it wrote none, or it was removed"
            ),
        ));
    }
    Ok(log)
}

/// A range of lines; from below zero means so many from the end.
pub(crate) fn range(world: &World, call: &Call) -> Result<Value, Fault> {
    let log = wanted(world, call)?;
    let limit = match call.query.text("limit") {
        "" => 5_000,
        text => text
            .parse::<usize>()
            .map_err(|_| Fault::invalid(format!("`limit` must be a whole number, not `{text}`")))?,
    };
    let lines = log.lines();
    let from = match call.query.text("from") {
        "" => 0,
        text => {
            let from = text
                .parse::<i64>()
                .map_err(|_| Fault::invalid(format!("`from` must be a whole number, not `{text}`")))?;
            match usize::try_from(from) {
                // Lines are counted from 1.
                Ok(from) => from.saturating_sub(1),
                Err(_) => lines.saturating_sub(usize::try_from(from.unsigned_abs()).unwrap_or(usize::MAX)),
            }
        }
    };
    let items = log.range(from, limit.min(limits::LOG_LINES_MAX), limits::LOG_ANSWER_BYTES_MAX)?;
    Ok(json!({ "items": items, "lines": lines, "open": log.is_open(world)? }))
}

/// The numbers of lines that hold a text or match a pattern, from a line on.
pub(crate) fn search(world: &World, call: &Call) -> Result<Value, Fault> {
    let text = call.query.text("text");
    if text.is_empty() || text.len() > PATTERN_BYTES_MAX {
        return Err(Fault::invalid(format!("`text` must be 1 to {PATTERN_BYTES_MAX} bytes long")));
    }
    let pattern = if call.query.text("regex") == "true" { text.to_owned() } else { regex::escape(text) };
    let pattern: Regex = RegexBuilder::new(&pattern)
        .case_insensitive(call.query.text("case") != "true")
        .size_limit(PATTERN_SIZE_MAX)
        .build()
        .map_err(|error| Fault::invalid(format!("`{text}` is no pattern: {error}")))?;
    let limit = crate::own::page::size(call, 1_000)?;
    let from = call.query.number("from").and_then(|from| usize::try_from(from).ok()).unwrap_or(1);
    let log = wanted(world, call)?;
    let mut items = Vec::new();
    let mut more = false;
    let mut before = 0;
    for (path, index) in &log.files {
        let start = from.saturating_sub(1).saturating_sub(before);
        let visit = |number: usize, line: &[u8]| {
            let text = entries::parse(line).map_or(line, |entry| entry.text);
            if pattern.is_match(&plain(text)) {
                more = items.len() >= limit;
                if !more {
                    items.push(json!({ "line": before + number + 1 }));
                }
            }
            !more
        };
        index.walk(path, start, visit).map_err(broken)?;
        before += index.lines;
        if more {
            break;
        }
    }
    Ok(json!({ "items": items, "more": more }))
}

/// Lines as they come, from a number on or from the end.
pub(crate) fn follow(world: &World, call: &Call) -> Begun {
    let log = wanted(world, call)?;
    let seen = crate::events::last_seen(call).and_then(|text| text.parse::<usize>().ok());
    let tail = Tail::new(log, seen.or_else(|| before(call.query.number("from"))));
    Ok(Box::new(move |world: Arc<World>, out| {
        Box::pin(async move {
            // A reader that left comes back with the number it saw last.
            drop(tail.tell(world, &out, Stream::OfItsOwn).await);
        })
    }))
}

/// The log that somebody who looks at a run wants to hear with it; none if they name none.
pub(crate) fn attached(world: &World, call: &Call, row: &Summary) -> Option<Result<Tail, Fault>> {
    let node = call.query.text("logNode");
    let container = call.query.text("logContainer");
    let from = before(call.query.number("logFrom"));
    let open = || Ok(Tail::new(of(world, call, row, node, container)?, from));
    (!node.is_empty()).then(open)
}

/// How many lines come before one that is counted from 1.
fn before(from: Option<i64>) -> Option<usize> {
    usize::try_from(from?).ok().map(|from| from.saturating_sub(1))
}

/// The event that ends the lines of a log beside its run.
pub(crate) const LINES_END: &str = "linesEnd";

/// A log from a line on, as it grows.
pub(crate) struct Tail {
    uid: String,
    node: String,
    container: String,
    next: usize,
}

/// What else is on the stream that tells a log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Nothing: lines have numbers, from which a reader goes on.
    OfItsOwn,
    /// A run, the numbers of which count.
    OfItsRun,
}

/// What was read of a growing log at once.
struct Piece {
    items: Vec<Value>,
    lines: usize,
    open: bool,
}

impl Tail {
    /// From a line on, or from what comes next.
    fn new(log: Log, from: Option<usize>) -> Tail {
        let next = from.unwrap_or_else(|| log.lines());
        Tail { uid: log.uid, node: log.node, container: log.container, next }
    }

    /// Tells the lines as they come, and at the end that nothing more will.
    pub(crate) async fn tell(mut self, world: Arc<World>, out: &Out, stream: Stream) -> Result<(), Left> {
        let Ok(run_dir) = world.state.run_dir(&self.uid) else { return Ok(()) };
        let mut bell = world.bells.follow(&self.uid, &run_dir);
        let mut told = Instant::now();
        loop {
            let Some(Piece { items, lines, open }) = self.read(&world).await else { return Ok(()) };
            if !items.is_empty() {
                self.next += items.len();
                told = Instant::now();
                let event = Event::named("lines", json!({ "items": items, "lines": lines }));
                out.send(&match stream {
                    Stream::OfItsOwn => event.at(self.next.to_string()),
                    Stream::OfItsRun => event,
                })
                .await?;
            } else if told.elapsed() >= limits::KEEP_ALIVE {
                told = Instant::now();
                out.alive().await?;
            }
            if !open && self.next >= lines {
                let end = if stream == Stream::OfItsOwn { "end" } else { LINES_END };
                return out.send(&Event::named(end, json!({}))).await;
            }
            if self.next >= lines {
                bell.wait(limits::LOG_LOOK).await;
            }
        }
    }

    /// What is there from the next line on; none if it cannot be read.
    async fn read(&self, world: &Arc<World>) -> Option<Piece> {
        let shared = world.clone();
        let (node, uid, container) = (self.node.clone(), self.uid.clone(), self.container.clone());
        let next = self.next;
        let read = tokio::task::spawn_blocking(move || {
            let log = Log::open(&shared, &uid, &node, &container)?;
            // Over before the lines are read: then nothing can be missed.
            let open = log.is_open(&shared)?;
            let log = Log::open(&shared, &uid, &node, &container)?;
            // In pieces that a slow reader can have waiting for it.
            let items = log.range(next, limits::LOG_LINES_MAX, limits::UNSENT_BYTES_MAX)?;
            Ok::<_, Fault>(Piece { items, lines: log.lines(), open })
        });
        read.await.ok()?.ok()
    }
}

//! The live tree: drawn again and again in its place, never larger than the terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::model::{Entry, Group, Model, State, is_hidden};
use super::paint::Paint;
use super::text::{clean_line, elide, width};
use super::time::duration_us;
use crate::follow::View;
use crate::logs;
use tiphys_controller::Recorded;
use tiphys_engine::workflow::{NodeIx, NodeKind, Phase, Stage};
use tiphys_engine::{Run, Time};

/// The pause between two drawings.
const EVERY: Duration = Duration::from_millis(100);

/// How many members of one group are shown before the rest becomes a count; tried in this order.
const MEMBERS_MAX: [usize; 5] = [16, 8, 4, 2, 1];

/// A terminal of unknown size.
const SIZE_DEFAULT: (usize, usize) = (80, 24);

/// Where the tree is drawn.
pub enum Screen {
    Stdout,
    Stderr,
}

/// A tree of one run on a terminal.
pub struct Live {
    screen: Screen,
    paint: Paint,
    model: Model,
    run_dir: PathBuf,
    /// Widths of the lines that stand on the screen now.
    drawn: Vec<usize>,
    next: Instant,
    /// Last log lines of what failed.
    last_lines: BTreeMap<NodeIx, String>,
    changed: bool,
}

impl Live {
    pub fn new(screen: Screen, paint: Paint, run_dir: PathBuf) -> Live {
        Live {
            screen,
            paint,
            model: Model::default(),
            run_dir,
            drawn: Vec::new(),
            next: Instant::now(),
            last_lines: BTreeMap::new(),
            changed: false,
        }
    }

    fn write(&self, text: &str) {
        match self.screen {
            // A terminal that is gone is told by SIGHUP.
            Screen::Stdout => super::paint::mention(text),
            Screen::Stderr => super::paint::to_stderr(text),
        }
    }

    fn size(&self) -> (usize, usize) {
        let size = match self.screen {
            Screen::Stdout => rustix::termios::tcgetwinsize(std::io::stdout()),
            Screen::Stderr => rustix::termios::tcgetwinsize(std::io::stderr()),
        };
        match size {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
            _ => SIZE_DEFAULT,
        }
    }

    /// What takes the drawn lines away, for a terminal of this width.
    fn erase(&mut self, columns: usize) -> String {
        // A narrower terminal than before has broken long lines into several rows.
        let rows: usize = self.drawn.drain(..).map(|wide| wide.div_ceil(columns.max(1)).max(1)).sum();
        if rows == 0 { String::new() } else { format!("\x1b[{rows}F\x1b[0J") }
    }

    fn draw(&mut self, run: &Run, now: Time) {
        let (columns, rows) = self.size();
        let lines = tree_lines(
            &Sight { run, model: &self.model, paint: self.paint, now, last: &self.last_lines },
            columns.saturating_sub(1),
            rows.saturating_sub(2),
        );
        // One write, so that the terminal never shows half a tree.
        let mut text = format!("\x1b[?25l{}", self.erase(columns));
        for line in &lines {
            let _ = writeln!(text, "{}", line.text);
        }
        text.push_str("\x1b[?25h");
        self.drawn = lines.iter().map(|line| line.columns).collect();
        self.write(&text);
        self.changed = false;
    }

    fn note_failures(&mut self, run: &Run, recorded: &Recorded) {
        use tiphys_engine::workflow::Event;
        for event in recorded.events.iter() {
            let Event::Ended { node, phase, .. } = event else { continue };
            if phase.is_bad() && run.node(*node).kind == NodeKind::Pod && self.last_lines.len() < 1_000 {
                let lines = logs::last_lines(&self.run_dir, &run.id(*node), 1);
                if let Some(line) = lines.last() {
                    self.last_lines.insert(*node, clean_line(line));
                }
            }
        }
    }
}

impl View for Live {
    fn begin(&mut self, run: &Run) {
        self.model = Model::of(run);
        self.changed = true;
    }

    fn recorded(&mut self, run: &Run, recorded: &Recorded) {
        self.model.take(run, &recorded.events);
        self.note_failures(run, recorded);
        self.changed = true;
    }

    fn log(&mut self, text: &str) {
        let (columns, _) = self.size();
        let erased = self.erase(columns);
        self.write(&format!("{erased}{text}"));
        self.next = Instant::now();
    }

    fn tick(&mut self, run: &Run, now: Time) -> Option<Duration> {
        let moment = Instant::now();
        if moment >= self.next {
            self.draw(run, now);
            self.next = moment + EVERY;
        }
        Some(self.next.saturating_duration_since(moment))
    }

    fn end(&mut self, run: &Run, now: Time) {
        self.draw(run, now);
        self.drawn.clear();
    }

    fn leave(&mut self) {
        self.drawn.clear();
    }
}

/// What a line is made from.
pub struct Sight<'a> {
    pub run: &'a Run,
    pub model: &'a Model,
    pub paint: Paint,
    pub now: Time,
    pub last: &'a BTreeMap<NodeIx, String>,
}

/// A line and the columns it takes.
pub struct Line {
    pub text: String,
    pub columns: usize,
}

/// The tree in at most so many columns and rows: as much detail as there is room for.
pub fn tree_lines(sight: &Sight, columns: usize, rows: usize) -> Vec<Line> {
    let mut header = vec![header(sight, columns)];
    for most in MEMBERS_MAX {
        let mut drawing = Drawing { sight, columns, rows: rows.saturating_sub(1), most, lines: Vec::new() };
        for root in sight.model.roots() {
            drawing.entry(Entry::Node(*root), &mut String::new(), None);
        }
        if drawing.lines.len() < rows || most == 1 {
            let cut = drawing.lines.len() >= rows.max(1);
            drawing.lines.truncate(rows.saturating_sub(1 + usize::from(cut)).max(1));
            header.append(&mut drawing.lines);
            if cut {
                header.push(fitted("  …", columns, |text| sight.paint.dim(text)));
            }
            break;
        }
    }
    header
}

fn header(sight: &Sight, columns: usize) -> Line {
    let run = sight.run;
    let (phase, word) = match (run.stage, run.steering.suspended) {
        (Stage::Ended, _) => (run.phase.name(), run.phase.name()),
        (Stage::New, _) => ("Pending", "Pending"),
        (_, true) => ("Suspended", "Suspended"),
        (Stage::Exit, _) => ("Running", "Running exit handler"),
        (Stage::Main, _) => ("Running", "Running"),
    };
    let took = match (run.started, run.finished) {
        (Some(started), Some(finished)) => duration_us(finished.since_us(started)),
        (Some(started), None) => duration_us(sight.now.since_us(started)),
        _ => String::new(),
    };
    let (done, of) = run.tally;
    let tail = format!("  {word}  {done}/{of}  {took}");
    let name = elide(&run.plan.name, columns.saturating_sub(width(&tail)).max(8));
    Line {
        columns: (width(&name) + width(&tail)).min(columns),
        text: format!(
            "{}{}",
            sight.paint.bold(&name),
            sight.paint.phase(phase, &elide(&tail, columns.saturating_sub(width(&name))))
        ),
    }
}

struct Drawing<'a> {
    sight: &'a Sight<'a>,
    columns: usize,
    rows: usize,
    most: usize,
    lines: Vec<Line>,
}

impl Drawing<'_> {
    /// Draws an entry and what is below it. `last` is None for roots, which hang on nothing.
    fn entry(&mut self, entry: Entry, indent: &mut String, last: Option<bool>) {
        if self.lines.len() > self.rows {
            return; // It is too much already; less detail will be tried.
        }
        self.line(entry, indent, last);
        let (below, open) = match entry {
            Entry::Loop(group) => {
                let group = self.sight.model.group(group);
                (group, group.state())
            }
            Entry::Node(node) => {
                let phase = self.sight.run.node(node).phase;
                let state = if phase.is_bad() {
                    State::Bad
                } else if phase.is_ended() {
                    State::Good
                } else {
                    State::Open
                };
                (self.sight.model.members(node), state)
            }
        };
        // The wrapper of attempts speaks for them.
        let is_retry =
            matches!(entry, Entry::Node(node) if self.sight.run.node(node).kind == NodeKind::Retry);
        let small = self.sight.run.nodes.len() <= 2 * self.most;
        if is_retry || (matches!(open, State::Good | State::Skipped) && !small && last.is_some()) {
            return;
        }
        let before = indent.len();
        match last {
            None => {}
            Some(true) => indent.push_str("   "),
            Some(false) => indent.push_str(if self.sight.paint.is_unicode() { "│  " } else { "|  " }),
        }
        self.members(below, indent);
        indent.truncate(before);
    }

    fn members(&mut self, group: &Group, indent: &mut String) {
        let mut shown = Vec::new();
        let rest = self.pick(group, &mut shown);
        let count = shown.len();
        for (at, entry) in shown.into_iter().enumerate() {
            let last = at + 1 == count && rest.is_none();
            self.entry(entry, indent, Some(last));
        }
        if let Some(rest) = rest {
            let corner = if self.sight.paint.is_unicode() { "└─ " } else { "`- " };
            let paint = self.sight.paint;
            self.lines.push(fitted(&format!("{indent}{corner}{rest}"), self.columns, |text| paint.dim(text)));
        }
    }

    /// The members to be shown, hidden ones replaced by theirs, and a word about the others.
    fn pick(&self, group: &Group, shown: &mut Vec<Entry>) -> Option<String> {
        let mut all = Vec::new();
        flatten(self.sight, group, &mut all, 4 * self.most + 1);
        if all.len() <= self.most && group.total.is_none_or(|total| total <= self.most) {
            shown.append(&mut all);
            return None;
        }
        // What failed and what runs matters most; the others are counted.
        let room = self.most.div_ceil(2);
        for at in group.bad.iter().take(room) {
            push_visible(self.sight, group.entries[*at], shown, room);
        }
        for at in group.open.iter().take(room) {
            push_visible(self.sight, group.entries[*at], shown, self.most);
        }
        let (bad, open) = (group.bad.len().saturating_sub(room), group.open.len().saturating_sub(room));
        let to_come = group.total.map_or(0, |total| total.saturating_sub(group.entries.len()));
        let words: Vec<String> = [
            (group.good, "done"),
            (bad, "more failed"),
            (open, "more to go"),
            (group.skipped, "skipped"),
            (to_come, "to come"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        (!words.is_empty()).then(|| format!("… {}", words.join(", ")))
    }

    fn line(&mut self, entry: Entry, indent: &str, last: Option<bool>) {
        let paint = self.sight.paint;
        let joint = match (last, paint.is_unicode()) {
            (None, _) => "",
            (Some(true), true) => "└─ ",
            (Some(false), true) => "├─ ",
            (Some(true), false) => "`- ",
            (Some(false), false) => "|- ",
        };
        let (phase, name, tail) = match entry {
            Entry::Node(node) => node_words(self.sight, node),
            Entry::Loop(group) => loop_words(self.sight.model.group(group)),
        };
        let lead = width(indent) + width(joint) + 2;
        let room = self.columns.saturating_sub(lead);
        let tail_room = if width(&name) + width(&tail) > room {
            room.saturating_sub(width(&name).min(room / 2 + 1))
        } else {
            room
        };
        let tail = elide(&tail, tail_room);
        let name = elide(&name, room.saturating_sub(width(&tail)));
        let columns = lead + width(&name) + width(&tail);
        let text = format!(
            "{}{} {}{}",
            paint.dim(&format!("{indent}{joint}")),
            paint.sign(phase),
            name,
            match phase {
                "Failed" | "Error" => paint.bad(&tail),
                _ => paint.dim(&tail),
            }
        );
        self.lines.push(Line { text, columns: columns.min(self.columns.max(1)) });
    }
}

/// The visible members of a group, `most` at most.
fn flatten(sight: &Sight, group: &Group, all: &mut Vec<Entry>, most: usize) {
    for entry in &group.entries {
        if all.len() >= most {
            return;
        }
        push_visible(sight, *entry, all, most);
    }
}

fn push_visible(sight: &Sight, entry: Entry, all: &mut Vec<Entry>, most: usize) {
    match entry {
        Entry::Node(node) if is_hidden(sight.run.node(node).kind) => {
            flatten(sight, sight.model.members(node), all, most);
        }
        // A task group and its loop are one line.
        Entry::Node(node) if sight.run.node(node).kind == NodeKind::TaskGroup => {
            let members = sight.model.members(node);
            match members.entries.first() {
                Some(only @ Entry::Loop(_)) => all.push(*only),
                _ => all.push(entry),
            }
        }
        entry => all.push(entry),
    }
}

fn loop_words(group: &Group) -> (&'static str, String, String) {
    let phase = match group.state() {
        State::Open => "Running",
        State::Good => "Succeeded",
        State::Skipped => "Skipped",
        State::Bad => "Failed",
    };
    let done = group.good + group.skipped + group.bad.len();
    let of = group.total.unwrap_or(group.entries.len());
    let failed = if group.bad.is_empty() { String::new() } else { format!(", {} failed", group.bad.len()) };
    (phase, group.name.to_string(), format!("  {done}/{of}{failed}"))
}

fn node_words(sight: &Sight, ix: NodeIx) -> (&'static str, String, String) {
    let run = sight.run;
    let node = run.node(ix);
    let waits = node.kind == NodeKind::Suspend && node.phase == Phase::Running;
    let phase = if waits { "Suspended" } else { node.phase.name() };
    let mut tail = String::new();
    let until = node.finished.unwrap_or(sight.now);
    let shows_time = !matches!(node.phase, Phase::Skipped | Phase::Omitted) && node.kind != NodeKind::Skipped;
    if shows_time {
        let _ = write!(tail, "  {}", duration_us(until.since_us(node.started)));
    }
    if node.kind == NodeKind::Retry {
        let tries = sight.model.members(ix).entries.len();
        if tries > 1 {
            let _ = write!(tail, "  try {tries}");
        }
    }
    if let Some((done, of)) = node.progress.filter(|_| !node.phase.is_ended()) {
        let _ = write!(tail, "  {done}/{of}");
    }
    if waits {
        tail.push_str("  waits for `tiphys resume`");
    } else if let Some(message) = node.message.as_deref().filter(|message| !message.is_empty()) {
        let _ = write!(tail, "  {}", clean_line(message.as_bytes()));
    }
    let last = match node.kind {
        NodeKind::Retry => sight.model.members(ix).entries.last().and_then(|entry| match entry {
            Entry::Node(node) => sight.last.get(node),
            Entry::Loop(_) => None,
        }),
        _ => sight.last.get(&ix),
    };
    if let Some(last) = last.filter(|last| !last.is_empty() && node.phase.is_bad()) {
        let _ = write!(tail, "  | {last}");
    }
    (phase, clean_line(run.display_name(ix).as_bytes()), tail)
}

/// A plain text in at most so many columns, painted afterwards.
fn fitted(text: &str, columns: usize, paint: impl FnOnce(&str) -> String) -> Line {
    let text = elide(text, columns);
    Line { columns: width(&text), text: paint(&text) }
}

//! The text of a story.

use super::show::NodeLine;
use crate::cast;
use crate::manifest;
use engine::Frozen;
use engine::workflow::{Outcome, Phase, Report, Request, Retry};
use std::time::Duration;
use tiphys_engine as engine;

/// A story that can be told.
pub struct Story {
    /// The documents.
    pub frozen: Frozen,
    /// What happens.
    pub script: Vec<Line>,
    /// What is left at the end: the lines, and whether other nodes may be there.
    pub status: Option<(Vec<NodeLine>, bool)>,
}

/// One line of a script.
pub struct Line {
    /// Its text, for complaints.
    pub text: String,
    /// When, from the beginning.
    pub at: Duration,
    /// What happens.
    pub occurrence: Occurrence,
    /// What must follow.
    pub follows: Vec<Follows>,
    /// Its starts and stops are not all named (`…, ...`).
    pub open: bool,
}

/// What happens.
pub enum Occurrence {
    Begin,
    Timer,
    Restart,
    Play,
    Asked(Request),
    Reported(String, Report),
}

/// What must follow.
pub enum Follows {
    Start(String),
    Stop(String),
    Absent(String),
    Waits(String, Duration),
    /// A value of a metric.
    Measures(String),
    /// A node, or none for the workflow.
    Is(Option<String>, String, Option<String>),
}

/// Reads a story; the error says where it cannot be understood.
pub fn read(text: &str) -> Result<Story, String> {
    let mut parts = text.split("\n---");
    let head = parts.next().unwrap_or_default();
    let script = parts.next().unwrap_or_default();
    let status = parts.next();
    let lines = |part: &str| -> Vec<String> {
        part.lines()
            .map(str::trim_end)
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    };
    let mut story = Story { frozen: manifest::read(&manifest_of(head)?)?, script: Vec::new(), status: None };
    for line in lines(script) {
        story.script.push(script_line(&line).map_err(|error| format!("`{line}`: {error}"))?);
    }
    if story.script.is_empty() {
        for text in ["00:00 begin -> ...", "00:00 play -> ..."] {
            story.script.push(script_line(text)?);
        }
    }
    if let Some(status) = status {
        let all = lines(status);
        let open = all.iter().any(|line| line == "...");
        let found: Result<Vec<NodeLine>, String> =
            all.iter().filter(|line| *line != "...").map(|line| NodeLine::read(line)).collect();
        story.status = Some((found?, open));
    }
    Ok(story)
}

fn manifest_of(head: &str) -> Result<String, String> {
    let (_, body) = head.split_once("manifest: |").ok_or("a story has a line `manifest: |`")?;
    let mut manifest = String::new();
    for line in body.lines().skip(1) {
        if line.trim().is_empty() {
            manifest.push('\n');
            continue;
        }
        let line = line.strip_prefix("  ").ok_or_else(|| format!("`{line}` must be indented"))?;
        manifest.push_str(line);
        manifest.push('\n');
    }
    Ok(manifest)
}

fn script_line(line: &str) -> Result<Line, String> {
    let (at, rest) = line.trim().split_once(char::is_whitespace).ok_or("a line begins with a time")?;
    let (happens, follows) = match rest.split_once("->") {
        Some((happens, follows)) => (happens.trim(), follows.trim()),
        None => (rest.trim(), ""),
    };
    let mut open = false;
    let mut list = Vec::new();
    for part in split_follows(follows) {
        match part.trim() {
            "" | "nothing" => {}
            "..." => open = true,
            part => list.push(follow(part)?),
        }
    }
    Ok(Line { text: line.to_owned(), at: clock(at)?, occurrence: occurrence(happens)?, follows: list, open })
}

/// `mm:ss`, or `hh:mm:ss`.
fn clock(text: &str) -> Result<Duration, String> {
    let mut seconds = 0;
    for part in text.split(':') {
        let part: u64 = part.parse().map_err(|_| format!("`{text}` is not a time like 00:03"))?;
        seconds = seconds * 60 + part;
    }
    Ok(Duration::from_secs(seconds))
}

/// `10s`, `1m30s`, `2h`, `500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("`{text}` is not a duration like 1m30s");
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let number: u64 = rest[..digits].parse().map_err(|_| bad())?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        total += match &rest[digits..unit_end] {
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" => Duration::from_secs(number * 60),
            "h" => Duration::from_secs(number * 3_600),
            _ => return Err(bad()),
        };
        rest = &rest[unit_end..];
    }
    Ok(total)
}

/// Splits at commas outside of quotes; names of nodes have no blank after theirs.
fn split_follows(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !quoted && text[..at].ends_with(' ') => quoted = true,
            '"' if quoted && (text.len() == at + 1 || text[at + 1..].starts_with(", ")) => quoted = false,
            ',' if !quoted && text[at + 1..].starts_with(' ') => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn follow(part: &str) -> Result<Follows, String> {
    for (word, make) in [
        ("start ", Follows::Start as fn(String) -> Follows),
        ("stop ", Follows::Stop),
        ("no ", Follows::Absent),
        ("metric ", Follows::Measures),
    ] {
        if let Some(name) = part.strip_prefix(word) {
            return Ok(make(name.trim().to_owned()));
        }
    }
    let (left, message) = match part.split_once(" \"") {
        Some((left, message)) => (left.trim(), Some(message.trim_end_matches('"').to_owned())),
        None => (part, None),
    };
    if let Some((name, wait)) = left.rsplit_once(" waits ") {
        return Ok(Follows::Waits(name.trim().to_owned(), duration(wait.trim())?));
    }
    let (name, phase) = left.rsplit_once(' ').ok_or_else(|| format!("`{part}` does not say what follows"))?;
    let name = name.trim();
    Ok(Follows::Is((name != "workflow").then(|| name.to_owned()), phase.to_owned(), message))
}

fn occurrence(text: &str) -> Result<Occurrence, String> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    Ok(match word {
        "begin" => Occurrence::Begin,
        "timer" => Occurrence::Timer,
        "restart" => Occurrence::Restart,
        "play" => Occurrence::Play,
        "suspend" => Occurrence::Asked(Request::Suspend),
        "resume" => Occurrence::Asked(Request::Resume { selector: rest.to_owned(), by: None }),
        "stop" => Occurrence::Asked(Request::Stop { selector: rest.to_owned(), message: None }),
        "terminate" => Occurrence::Asked(Request::Terminate),
        "set" => Occurrence::Asked(set(rest)?),
        "retry" => Occurrence::Asked(Request::Retry(retry(rest)?)),
        _ => report(text)?,
    })
}

/// `retry [also SELECTOR] [with name=value …]`.
fn retry(rest: &str) -> Result<Retry, String> {
    let (also, with) = rest.split_once("with ").unwrap_or((rest, ""));
    let selector = also.trim().strip_prefix("also ").unwrap_or_default().trim().to_owned();
    let mut retry = Retry { restart_successful: !selector.is_empty(), selector, ..Retry::default() };
    for word in with.split_whitespace() {
        let (name, value) = word.split_once('=').ok_or_else(|| format!("`{word}` is not `name=value`"))?;
        retry.parameters.insert(name.into(), value.into());
    }
    Ok(retry)
}

/// `set SELECTOR name=value … [phase=Failed] [message=…]`.
fn set(rest: &str) -> Result<Request, String> {
    let mut words = rest.split_whitespace();
    let selector = words.next().ok_or("`set` needs a selector")?.to_owned();
    let (mut parameters, mut phase, mut message) = (std::collections::BTreeMap::new(), None, None);
    for word in words {
        match word.split_once('=').ok_or_else(|| format!("`{word}` is not `name=value`"))? {
            ("phase", value) => phase = Some(phase_named(value)?),
            ("message", value) => message = Some(value.to_owned()),
            (name, value) => drop(parameters.insert(name.to_owned(), value.to_owned())),
        }
    }
    Ok(Request::SetNode { selector, parameters, phase, message })
}

fn phase_named(name: &str) -> Result<Phase, String> {
    let all = [Phase::Succeeded, Phase::Failed, Phase::Error, Phase::Skipped, Phase::Running];
    all.into_iter().find(|phase| phase.name() == name).ok_or_else(|| format!("`{name}` is not a phase"))
}

/// `NODE exits 1 (print=text; p.name=value)`, `NODE fails text`, `NODE errors text`, `NODE runs [at ADDRESS]`,
/// `NODE is lost`, `NODE is refused text`, `NODE is unmade text`, `NODE is withdrawn`, `NODE progresses 1/2`,
/// `NODE says [text]`.
fn report(text: &str) -> Result<Occurrence, String> {
    let verbs = [
        " exits ",
        " fails ",
        " errors ",
        " runs",
        " is lost",
        " is refused ",
        " is unmade ",
        " is withdrawn",
        " progresses ",
        " says",
    ];
    let (verb, at) = verbs
        .into_iter()
        .filter_map(|verb| text.find(verb).map(|at| (verb, at)))
        .min_by_key(|(_, at)| *at)
        .ok_or_else(|| format!("`{text}` does not say what happens"))?;
    let (name, rest) = (text[..at].trim().to_owned(), text[at + verb.len()..].trim());
    let ended = |outcome: Outcome| Report::Ended(Box::new(outcome));
    let report = match verb.trim() {
        "exits" => {
            let (code, more) = rest.split_once(' ').unwrap_or((rest, ""));
            let code = format!("exit={code}");
            let mut words = vec![code.as_str()];
            let more = more.trim().trim_start_matches('(').trim_end_matches(')');
            words.extend(more.split("; ").filter(|word| !word.is_empty()));
            ended(cast::read(&words)?.outcome)
        }
        "fails" => {
            let mut outcome = cast::exited(1);
            outcome.message = Some(rest.to_owned());
            outcome.exit_code = None;
            ended(outcome)
        }
        "errors" => ended(cast::read(&[&format!("error={rest}")])?.outcome),
        "runs" => Report::Observed { address: rest.strip_prefix("at ").map(|at| at.trim().to_owned()) },
        "is lost" => Report::Lost("its machine was lost".to_owned()),
        "is refused" => Report::Refused(rest.to_owned()),
        "is unmade" => Report::Unmade(rest.to_owned()),
        "is withdrawn" => Report::Withdrawn,
        "says" => Report::Told(rest.to_owned()),
        _ => {
            let (done, of) = rest.split_once('/').ok_or("progress is done/of")?;
            let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is not a number"));
            Report::Progress { done: number(done)?, of: number(of)? }
        }
    };
    Ok(Occurrence::Reported(name, report))
}

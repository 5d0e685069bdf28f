//! `tiphys logs`: what steps wrote.

use clap::Args as ClapArgs;
use regex::bytes::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tiphys_engine::Time;
use tiphys_runner::logs::{LogFile, Merge, timestamp};
use tiphys_store::{MachineId, Runs};

use crate::commands::get::current;
use crate::logs::{Joiner, Line, files};
use crate::print::{Paint, clean_line, is_terminal, to_stdout};
use crate::problem::problem;
use crate::remote::{self, Server, instant, long_ago};
use crate::state::Local;
use crate::verb::Verb;

/// The pause between two looks at growing logs.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Bytes that are gathered before they are printed.
const PRINTED_BYTES: usize = 64 * 1024;

/// Print what the steps of a run wrote
///
/// Lines come in the order in which they were written. Each is led by the name of its pod, as `argo logs` does; for
/// one node (by its id, its name or its display name) the lines stand alone. A step that is a loop has those of all its
/// items.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys logs @latest
  tiphys logs hello-x7k2p hello-x7k2p-1234567 --tail 20
  tiphys logs build -f --grep 'warning|error'")]
pub struct Args {
    /// Name of the run, or `@latest`; then, for one node, its id, name, display name or pod name
    #[arg(value_name = "NAME [NODE]")]
    pub words: Vec<String>,
    /// Namespace of the run
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Only this container [default: main; all those of a container set without one, where no server is asked]
    #[arg(short, long)]
    pub container: Option<String>,
    /// Go on until the run ends
    #[arg(short, long)]
    pub follow: bool,
    /// Of the attempt before the last one of a retried step, or of what ran before `tiphys retry` ran it again
    #[arg(short, long)]
    pub previous: bool,
    /// Only the last lines of each step; all of them if negative
    #[arg(long, value_name = "N")]
    pub tail: Option<i64>,
    /// Lead each line with its time
    #[arg(long)]
    pub timestamps: bool,
    /// Only lines that match this regular expression
    #[arg(long, value_name = "PATTERN")]
    pub grep: Option<String>,
    /// Only lines from this time on, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub since_time: Option<String>,
    /// Only lines that were written within this time, for instance `10m`
    #[arg(long, value_name = "DURATION")]
    pub since: Option<String>,
    /// Only pods that match this label query (a server only)
    #[arg(short = 'l', long, value_name = "QUERY")]
    pub selector: Option<String>,
    /// Leave colours out
    #[arg(long)]
    pub no_color: bool,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::logs(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        run(self)
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (name, node) = match args.words.as_slice() {
        [name] => (name, None),
        [name, node] => (name, Some(node.clone())),
        _ => {
            return Err(problem(
                "one run is needed, and at most one node of it",
                "for instance `tiphys logs @latest`",
            ));
        }
    };
    if args.selector.as_ref().is_some_and(|query| !query.is_empty()) {
        return Err(problem(
            "`--selector` asks for labels of pods, which only a server has",
            "name the step instead: `tiphys logs NAME STEP`; or the server with `-s HOST:PORT`",
        ));
    }
    let since = since(args)?;
    let mut local = Local::open_to_read()?;
    let mut summary = local.find(name, args.namespace.as_deref())?;
    let pattern = match &args.grep {
        Some(pattern) => Some(Regex::new(pattern).map_err(|error| {
            problem(
                format!("`--grep {pattern}` is not a regular expression: {error}"),
                "`.` `*` `|` `[…]` have a meaning; `\\` takes it away",
            )
        })?),
        None => None,
    };
    let mut reader = Reader {
        args,
        labelled: node.is_none(),
        node,
        pattern,
        paint: if args.no_color { Paint::plain() } else { Paint::stdout() },
        raw: !is_terminal(),
        run_dir: local.state.run_dir(&summary.uid)?,
        merge: Merge::new(args.tail.and_then(|lines| usize::try_from(lines).ok()), since),
        open: BTreeMap::new(),
    };
    let machine = MachineId::workflow(&*summary.uid);
    loop {
        // Whether it has ended is read before its logs: what was written before the end is then printed.
        let ended = summary.finished_us.is_some();
        let document = current(&mut local, &summary)?;
        let nodes = reader.nodes(&document)?;
        let is_last_look = ended || !args.follow;
        reader.print(&nodes, is_last_look)?;
        if is_last_look {
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(LOOK_EVERY);
        match local.store.summary(&machine)? {
            Some(now) => summary = now,
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// From when on lines are wanted, as times stand in logs.
fn since(args: &Args) -> anyhow::Result<Option<String>> {
    let time = args.since_time.as_deref().filter(|time| !time.is_empty()).map(instant).transpose()?;
    let ago = long_ago(args.since.as_deref())?.map(Time::timestamp);
    if time.is_some() && ago.is_some() {
        return Err(problem("`--since` and `--since-time` cannot be used together", "leave out one of them"));
    }
    let nanos = ago.or(time).map(|at| i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX));
    Ok(nanos.map(timestamp))
}

/// The lives of a node's containers that are wanted: all, or those before its last (CLI-034).
fn lives(mut files: Vec<LogFile>, previous: bool) -> Vec<LogFile> {
    if previous {
        let last = files.iter().map(|file| file.life).max();
        let before = files.iter().map(|file| file.life).filter(|life| Some(*life) != last).max();
        files.retain(|file| Some(file.life) == before);
    }
    files
}

/// A node whose log is wanted.
struct Wanted {
    id: String,
    /// What leads its lines; empty for a single node.
    label: String,
    started: String,
    /// The container that is wanted; none for all.
    container: Option<String>,
    /// Whether the life before its last is wanted.
    previous: bool,
}

struct Reader<'a> {
    args: &'a Args,
    /// The one node that is wanted, or the loop.
    node: Option<String>,
    /// Whether lines are led by the names of their pods.
    labelled: bool,
    pattern: Option<Regex>,
    paint: Paint,
    /// Whether lines are printed byte for byte.
    raw: bool,
    run_dir: PathBuf,
    merge: Merge,
    /// Lines that are not whole yet, by file.
    open: BTreeMap<PathBuf, Joiner>,
}

/// The id of the attempt that speaks for a retried node: the last one (EX-226), or the one before it.
fn last_attempt<'a>(
    nodes: &'a serde_json::Map<String, Value>,
    name: &str,
    previous: bool,
) -> Option<&'a str> {
    let named = |node: &Value| ["id", "name", "displayName"].iter().any(|field| node[*field] == *name);
    let retried = nodes.values().find(|node| node["type"] == "Retry" && named(node))?;
    let attempts = retried["children"].as_array()?.iter().rev().filter_map(Value::as_str);
    let mut attempts =
        attempts.filter(|id| nodes.get(*id).is_some_and(|node| node["nodeFlag"]["retried"] == true));
    attempts.nth(usize::from(previous))
}

/// The container that speaks for a step: `main`, which a container set need not have (CLI-034).
fn spokesman(nodes: &serde_json::Map<String, Value>, pod: &Value) -> Option<String> {
    let children = pod["children"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut members =
        children.filter_map(|id| nodes.get(id)).filter(|node| node["type"] == "Container").peekable();
    let is_there = members.peek().is_none() || members.any(|node| node["displayName"] == "main");
    is_there.then(|| "main".to_owned())
}

impl Reader<'_> {
    /// The nodes that are wanted, in order of their start.
    fn nodes(&mut self, document: &Value) -> anyhow::Result<Vec<Wanted>> {
        let text = |node: &Value, field: &str| {
            node.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let all = document.pointer("/status/nodes").and_then(Value::as_object);
        let workflow = document.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let pod_name = |node: &Value| {
            let template = match node.pointer("/templateRef/template").and_then(Value::as_str) {
                Some(template) => template.to_owned(),
                None => text(node, "templateName"),
            };
            tiphys_expr::names::pod_name_v2(workflow, &text(node, "name"), &template)
        };
        let mut wanted = Vec::new();
        let last = self.node.as_ref().and_then(|name| last_attempt(all?, name, self.args.previous));
        // A step that is a loop has no node of its own.
        let item = self.node.as_ref().filter(|_| last.is_none()).map(|name| format!("{name}("));
        let is_item = |node: &Value| {
            let item = item.as_deref();
            item.is_some_and(|item| {
                ["name", "displayName"].iter().any(|field| text(node, field).starts_with(item))
            })
        };
        let no_nodes = serde_json::Map::new();
        let nodes = all.unwrap_or(&no_nodes);
        for node in nodes.values().filter(|node| text(node, "type") == "Pod") {
            let (id, pod) = (text(node, "id"), pod_name(node));
            let is_last = last == Some(id.as_str());
            let selected = self.node.as_ref().is_none_or(|name| {
                is_last || [&id, &pod, &text(node, "name"), &text(node, "displayName")].contains(&name)
            });
            let selected = selected || is_item(node);
            if selected {
                let container = self.args.container.clone().or_else(|| spokesman(nodes, node));
                // An attempt before the last is an earlier life by itself.
                let previous = self.args.previous && !is_last;
                wanted.push(Wanted { id, label: pod, started: text(node, "startedAt"), container, previous });
            }
        }
        if let (Some(name), true) = (&self.node, wanted.is_empty())
            && !self.args.follow
        {
            return Err(problem(
                format!("the run `{workflow}` has no pod node `{name}`"),
                format!("`tiphys get {workflow} -o wide` shows all nodes"),
            ));
        }
        self.labelled |= self.node.is_none() || wanted.len() > 1;
        wanted.sort_by(|a, b| (&a.started, &a.id).cmp(&(&b.started, &b.id)));
        Ok(wanted)
    }

    /// Prints what has come, in order of time.
    fn print(&mut self, nodes: &[Wanted], is_last_look: bool) -> anyhow::Result<()> {
        let (mut paths, mut labels) = (Vec::new(), Vec::new());
        for node in nodes {
            for file in lives(files(&self.run_dir, &node.id), node.previous) {
                if node.container.as_ref().is_none_or(|wanted| *wanted == file.container) {
                    paths.push(file.path);
                    labels.push(node.label.as_str());
                }
            }
        }
        if is_last_look && paths.is_empty() {
            self.must_be_there(nodes)?;
        }
        let mut merge = std::mem::take(&mut self.merge);
        let mut text = Vec::new();
        let mut open = std::mem::take(&mut self.open);
        let read = merge.read(&paths, |at, piece| {
            let joined = match open.get_mut(&paths[at]) {
                Some(joiner) => joiner.join(piece),
                None => open.entry(paths[at].clone()).or_default().join(piece),
            };
            if let Some(line) = joined {
                self.line(&line, labels[at], &mut text);
            }
            if text.len() >= PRINTED_BYTES {
                to_stdout(&text);
                text.clear();
            }
            ControlFlow::Continue(())
        });
        (self.merge, self.open) = (merge, open);
        if is_last_look {
            // What steps wrote after their last line break.
            for (path, label) in paths.iter().zip(labels) {
                if let Some(line) = self.open.remove(path).and_then(Joiner::rest) {
                    self.line(&line, label, &mut text);
                }
            }
        }
        to_stdout(&text);
        read?;
        Ok(())
    }

    /// Refuses a container that no step has a log of. Those of Argo's own may have had nothing to say.
    fn must_be_there(&self, nodes: &[Wanted]) -> anyhow::Result<()> {
        let wanted = self.args.container.as_deref().filter(|name| !["main", "init", "wait"].contains(name));
        let logs = nodes.iter().flat_map(|node| files(&self.run_dir, &node.id));
        let there: BTreeSet<String> = logs.map(|file| file.container).collect();
        match wanted {
            Some(wanted) if !there.is_empty() && !there.contains(wanted) => Err(problem(
                format!("there is no log of a container `{wanted}`"),
                format!("there are those of {}", Vec::from_iter(there).join(", ")),
            )),
            _ => Ok(()),
        }
    }

    fn line(&self, line: &Line, label: &str, out: &mut Vec<u8>) {
        if self.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(&line.text)) {
            return;
        }
        if self.labelled {
            out.extend_from_slice(self.paint.by_key(label, &format!("{label}:")).as_bytes());
            out.push(b' ');
        }
        if self.args.timestamps {
            out.extend_from_slice(line.time.as_bytes());
            out.push(b' ');
        }
        if self.raw {
            out.extend_from_slice(&line.text);
        } else {
            out.extend_from_slice(clean_line(&line.text).as_bytes());
        }
        out.push(b'\n');
    }
}

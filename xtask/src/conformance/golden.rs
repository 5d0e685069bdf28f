//! Comparing a final Workflow object with a recorded one, field by field.
//!
//! Times, uids, addresses, resource figures and trace annotations differ on every run and are not
//! looked at; inside other texts they are replaced by placeholders on both sides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

/// Fields of a node that must be equal as they are. Absent, null, empty text and empty map are one.
const NODE_FIELDS: &[&str] = &[
    "id",
    "name",
    "displayName",
    "type",
    "phase",
    "message",
    "templateName",
    "templateRef",
    "boundaryID",
    "nodeFlag",
    "daemoned",
];

/// Fields that name other nodes.
const EDGE_FIELDS: &[&str] = &["children", "outboundNodes"];

/// Times, uids, addresses and durations inside texts.
static VOLATILE: LazyLock<[(Regex, &str); 5]> = LazyLock::new(|| {
    let pattern = |text| Regex::new(text).expect("a valid pattern");
    [
        (
            pattern(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}| [+-]\d{4} UTC)?"),
            "<time>",
        ),
        // As `date` prints it.
        (pattern(r"[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2} UTC \d{4}"), "<time>"),
        (pattern(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uid>"),
        (pattern(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "<address>"),
        // As `{{workflow.duration}}` gives it.
        (pattern(r"\b\d+\.\d{6}\b"), "<seconds>"),
    ]
});

/// What differs between the recorded and our object, each in one line. Order of edges is told apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Differences {
    pub content: Vec<String>,
    pub order: Vec<String>,
}

/// What of one recording may differ, as a row of `docs/deviations.md` says; each thing only for its own reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The order of children: Argo walks a map there.
    pub siblings: bool,
    /// The order of a log's lines: it has two streams.
    lines: bool,
    /// The version of the kernel that a log shows.
    kernel: bool,
    /// The paths below the current folder that a log lists: they are the image's.
    listing: bool,
    /// The width of the frame of a drawing in a log.
    frame: bool,
    /// What ended first: the recording cluster was slower than a deadline.
    pub clock: bool,
}

impl Allowed {
    /// Reads the names that a row gives.
    pub fn of(names: Option<&BTreeSet<String>>) -> Allowed {
        let has = |name: &str| names.is_some_and(|names| names.contains(name));
        Allowed {
            siblings: has("siblings"),
            lines: has("lines"),
            kernel: has("kernel"),
            listing: has("listing"),
            frame: has("frame"),
            clock: has("clock"),
        }
    }

    /// Whether two logs are the same but for what is allowed.
    pub fn same_log(self, recorded: Vec<String>, ours: Vec<String>) -> bool {
        self.plain(recorded) == self.plain(ours)
    }

    fn plain(self, mut lines: Vec<String>) -> Vec<String> {
        static KERNEL: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"\b\d+\.\d+\.\d+-\S+").expect("a valid pattern"));
        static FRAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[-_]{3,} *").expect("a valid pattern"));
        if self.listing {
            lines.retain(|line| !line.starts_with("./"));
        }
        for line in &mut lines {
            if self.kernel {
                *line = KERNEL.replace_all(line, "<kernel>").into_owned();
            }
            if self.frame {
                *line = FRAME.replace_all(line, "<frame>").into_owned();
            }
        }
        if self.lines {
            lines.sort_unstable();
        }
        lines
    }
}

/// Whether all nodes of the recording are among ours by id, however they ended.
pub fn has_nodes_of(recorded: &Value, ours: &Value) -> bool {
    let (recorded, ours) = (nodes(&recorded["status"]), nodes(&ours["status"]));
    recorded.keys().all(|id| ours.contains_key(id))
}

/// Compares two whole Workflow objects.
pub fn compare(recorded: &Value, ours: &Value) -> Differences {
    let mut found = Differences::default();
    let (recorded, ours) = (&recorded["status"], &ours["status"]);
    for field in ["phase", "message", "progress"] {
        found.field("workflow", field, &recorded[field], &ours[field]);
    }
    found.field("workflow", "outputs", &values(&recorded["outputs"]), &values(&ours["outputs"]));
    let (recorded, ours) = (nodes(recorded), nodes(ours));
    for (id, node) in &recorded {
        match ours.get(id) {
            Some(other) => found.node(node, other),
            None => found.content.push(format!("node {} is missing (id {id})", name(node))),
        }
    }
    for (id, node) in ours.iter().filter(|(id, _)| !recorded.contains_key(*id)) {
        found.content.push(format!("node {} is not expected (id {id}, {})", name(node), node["phase"]));
    }
    found
}

impl Differences {
    fn node(&mut self, recorded: &Value, ours: &Value) {
        let place = name(recorded);
        for field in NODE_FIELDS {
            self.field(place, field, &recorded[field], &ours[field]);
        }
        for field in ["inputs", "outputs"] {
            self.field(place, field, &values(&recorded[field]), &values(&ours[field]));
        }
        for field in EDGE_FIELDS {
            let (recorded, ours) = (texts(&recorded[field]), texts(&ours[field]));
            if recorded == ours {
                continue;
            }
            let line = format!("{place}: {field}: expected {recorded:?}, got {ours:?}");
            match sorted(&recorded) == sorted(&ours) {
                true => self.order.push(line),
                false => self.content.push(line),
            }
        }
    }

    fn field(&mut self, place: &str, field: &str, recorded: &Value, ours: &Value) {
        let (recorded, ours) = (settled(recorded), settled(ours));
        if recorded != ours {
            self.content.push(format!("{place}: {field}: expected {recorded}, got {ours}"));
        }
    }
}

/// A copy without empty values and with placeholders for what changes on every run.
fn settled(value: &Value) -> Value {
    match value {
        Value::String(text) => settled_text(text).into(),
        Value::Array(items) => items.iter().map(settled).collect(),
        Value::Object(map) => {
            let kept = map.iter().map(|(key, value)| (key.clone(), settled(value)));
            let kept: Map<String, Value> = kept.filter(|(_, value)| !value.is_null()).collect();
            if kept.is_empty() { Value::Null } else { Value::Object(sorted_keys(kept)) }
        }
        Value::Bool(false) => Value::Null,
        other => other.clone(),
    }
    .normalised()
}

trait Normalised {
    fn normalised(self) -> Value;
}

impl Normalised for Value {
    /// Empty texts and lists count as absent, as they do on the wire.
    fn normalised(self) -> Value {
        match &self {
            Value::String(text) if text.is_empty() => Value::Null,
            Value::Array(items) if items.is_empty() => Value::Null,
            _ => self,
        }
    }
}

/// A text with placeholders for times, uids and addresses.
pub fn settled_text(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, placeholder) in VOLATILE.iter() {
        if pattern.is_match(&text) {
            text = pattern.replace_all(&text, *placeholder).into_owned();
        }
    }
    text
}

fn sorted_keys(map: Map<String, Value>) -> Map<String, Value> {
    let sorted: BTreeMap<String, Value> = map.into_iter().collect();
    sorted.into_iter().collect()
}

/// The comparable part of inputs or outputs: parameters, result, exit code, names of artifacts.
fn values(value: &Value) -> Value {
    let list = |field: &str| value[field].as_array().map(Vec::as_slice).unwrap_or_default();
    let parameters: Vec<Value> = list("parameters").to_vec();
    let artifacts: Vec<&str> = list("artifacts")
        .iter()
        .filter_map(|artifact| artifact["name"].as_str())
        .filter(|name| !name.ends_with("-logs"))
        .collect();
    json!({
        "parameters": parameters,
        "artifacts": artifacts,
        "result": value["result"],
        "exitCode": value["exitCode"],
    })
}

fn nodes(status: &Value) -> BTreeMap<&str, &Value> {
    let map = status["nodes"].as_object();
    map.map(|nodes| nodes.iter().map(|(id, node)| (id.as_str(), node)).collect()).unwrap_or_default()
}

fn name(node: &Value) -> &str {
    node["name"].as_str().unwrap_or("without a name")
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str).collect()
}

fn sorted<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    let mut texts = texts.to_vec();
    texts.sort_unstable();
    texts
}

//! From the text of a file to its documents.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::decode::{Given, decode, similar, write_json};
use crate::diagnostic::{Diagnostic, Severity};
use crate::limits;
use crate::object::Object;
use crate::place::{Places, anchor, push_field};
use crate::source::{Place, Source, Span};
use crate::tree::{self, Dialect, Flaw, FlawKind, Node, Tree};

/// Whether unknown fields and doubled keys are errors or warnings (`OB-003`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Errors.
    Strict,
    /// Warnings.
    Lenient,
}

/// What a file holds, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The documents that could be read, in order. Those with mistakes are there too.
    pub documents: Vec<Document>,
    /// All mistakes, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether anything keeps the file from being used.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// One document.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file it stands in.
    pub file: String,
    /// Its kind as written; empty if it has none.
    pub kind: String,
    /// Its JSON after all conversions, as Argo would store it.
    pub value: Value,
    /// The same, typed.
    pub object: Object,
    /// Where its fields stand.
    pub places: Places,
    /// How much of it could be read.
    pub read: Read,
}

/// How much of a document could be read. What could not is reported as an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// All of it.
    Whole,
    /// All but the values of the fields at these paths: they are of a wrong type, or misspelled.
    Without(Vec<String>),
    /// Its text is broken somewhere, and what was read may mean something else.
    Broken,
}

/// Reads all documents of a file: YAML as Argo reads it, or JSON.
pub fn parse(file: &str, text: &str, strictness: Strictness) -> Parsed {
    let mut parsed = Parsed::default();
    if text.len() > limits::FILE_BYTES_MAX {
        let message =
            format!("the file has {} bytes; more than {} are not read", text.len(), limits::FILE_BYTES_MAX);
        parsed.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            code: "too-large".to_owned(),
            file: file.to_owned(),
            place: Place::default(),
            path: String::new(),
            message,
            help: Some(
                "let steps make the values that it holds, and loop over them by `withParam`".to_owned(),
            ),
        });
        return parsed;
    }
    let mut reader = Reader { source: Source::new(file, text), strictness, parsed, dialect: Dialect::Yaml };
    reader.read_file();
    reader.sorted()
}

/// Reads the document that a JSON value is, or each document of a list, as [`parse`] reads their text, with less
/// effort. The places of a document without mistakes are not known.
pub fn take(file: &str, value: &Value, strictness: Strictness) -> Parsed {
    if let Some(root) = tree::of(value) {
        let parsed = Parsed::default();
        // Nobody knows any more how its numbers were written.
        let dialect = Dialect::Yaml;
        let mut reader = Reader { source: Source::new(file, ""), strictness, parsed, dialect };
        reader.take(root, true);
        if reader.parsed.diagnostics.is_empty() {
            return reader.parsed;
        }
    }
    // Mistakes are told in the order of the text.
    parse(file, &value.to_string(), strictness)
}

/// The first document of a text, YAML or JSON, whatever it is; nothing in it is null. A key that is doubled counts as
/// it does in manifests.
pub fn value(text: &str) -> Result<Value, String> {
    if text.len() > limits::FILE_BYTES_MAX {
        return Err(format!("{} bytes; more than {} are not read", text.len(), limits::FILE_BYTES_MAX));
    }
    let end = split(text).first().map_or(text.len(), |(_, end)| *end);
    let mut flaws = Vec::new();
    let root = tree::read(&text[..end], 0, Dialect::Yaml, &mut flaws);
    if let Some(flaw) = flaws.into_iter().find(|flaw| flaw.kind != FlawKind::DuplicateKey) {
        let line = Source::new("", text).place(flaw.span).line;
        return Err(format!("yaml: line {line}: {}", flaw.message));
    }
    let mut json = String::new();
    root.iter().for_each(|root| write_json(root, &mut json));
    Ok(serde_json::from_str(&json).unwrap_or(Value::Null))
}

/// Whether a text can be read as YAML.
pub fn is_yaml(text: &str) -> bool {
    let mut flaws = Vec::new();
    tree::read(text, 0, Dialect::Yaml, &mut flaws);
    flaws.iter().all(|flaw| flaw.kind == FlawKind::DuplicateKey)
}

struct Reader {
    source: Source,
    strictness: Strictness,
    parsed: Parsed,
    /// That of the document at hand.
    dialect: Dialect,
}

impl Reader {
    fn sorted(mut self) -> Parsed {
        self.parsed.diagnostics.sort_by_key(|diagnostic| (diagnostic.place.line, diagnostic.place.column));
        self.parsed
    }

    fn read_file(&mut self) {
        let text = Arc::clone(&self.source.text);
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let body = &text[start..];
        if body.trim_start().starts_with(['{', '['])
            && serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok()
        {
            self.read_document(body, start, Dialect::Json);
            return;
        }
        for (count, (from, to)) in split(body).into_iter().enumerate() {
            if count >= limits::DOCUMENTS_MAX {
                let at = Span { start: (start + from) as u32, end: (start + from) as u32 };
                let message = format!("more than {} documents in one file", limits::DOCUMENTS_MAX);
                self.report(Severity::Error, "too-many-documents", at, String::new(), message, None);
                return;
            }
            self.read_document(&body[from..to], start + from, Dialect::Yaml);
        }
    }

    fn read_document(&mut self, text: &str, offset: usize, dialect: Dialect) {
        self.dialect = dialect;
        let mut flaws = Vec::new();
        let root = tree::read(text, offset as u32, dialect, &mut flaws);
        let mut is_whole = true;
        for flaw in flaws {
            is_whole &= flaw.kind == FlawKind::DuplicateKey;
            self.flaw(flaw);
        }
        if let Some(root) = root.filter(|root| !matches!(root.value, Tree::Null)) {
            self.take(root, is_whole);
        }
    }

    /// Takes the root of a document, or of each document of a list.
    fn take(&mut self, root: Node, is_whole: bool) {
        let Tree::Map(_) = root.value else {
            let at = self.source.first_line(root.span);
            let message = format!("this document is {} and is ignored", tree::describe(&root.value));
            self.report(Severity::Warning, "no-object", at, String::new(), message, None);
            return;
        };
        let kind = root.get("kind").and_then(Node::text).unwrap_or("").to_owned();
        if kind == "List" {
            if let Tree::Map(entries) = root.value {
                let items =
                    entries.into_iter().find(|entry| entry.key == "items").map(|entry| entry.value.value);
                if let Some(Tree::List(items)) = items {
                    for item in items {
                        self.take(item, is_whole);
                    }
                }
            }
            return;
        }
        self.take_object(root, kind, is_whole);
    }

    fn take_object(&mut self, root: Node, kind: String, is_whole: bool) {
        let known = KINDS.iter().find(|known| **known == kind);
        let decoded = match known {
            Some(name) => {
                let given =
                    Given { source: &self.source, strictness: self.strictness, dialect: self.dialect };
                decode(&root, name, given, &mut self.parsed.diagnostics)
            }
            None => {
                self.foreign(&root, &kind);
                let mut json = String::new();
                write_json(&root, &mut json);
                crate::decode::Decoded { json, lost: Vec::new() }
            }
        };
        let object = match to_object(&kind, &decoded.json) {
            Ok(object) => object,
            Err(error) => {
                // The table and the types disagree: our mistake, told to the user as one.
                let at = anchor(&self.source, &root, None);
                let message = format!("the document cannot be held: {error}");
                self.report(Severity::Error, "internal", at, String::new(), message, None);
                return;
            }
        };
        let value = serde_json::from_str(&decoded.json).unwrap_or(Value::Null);
        self.parsed.documents.push(Document {
            file: self.source.file.to_string(),
            kind,
            value,
            object,
            places: Places::new(self.source.clone(), Arc::new(root)),
            read: match decoded.lost {
                _ if !is_whole => Read::Broken,
                lost if lost.is_empty() => Read::Whole,
                lost => Read::Without(lost),
            },
        });
    }

    /// Says why a document is not one of ours (`OB-002`, `VA-206`).
    fn foreign(&mut self, root: &Node, kind: &str) {
        let argo =
            root.get("apiVersion").and_then(Node::text).is_none_or(|version| version.contains("argoproj.io"));
        if !argo {
            return;
        }
        let entry = root.entry("kind");
        let at = entry.map_or_else(
            || self.source.first_line(root.span),
            |entry| anchor(&self.source, &entry.value, Some(entry.key_span)),
        );
        let mut path = String::new();
        let (message, help) = match entry {
            None => (
                "this document has no `kind` and is ignored".to_owned(),
                Some("add `kind: Workflow`".to_owned()),
            ),
            Some(_) => {
                push_field(&mut path, "kind");
                let help =
                    similar(kind, KINDS.iter().copied()).map(|known| format!("did you mean `{known}`?"));
                (format!("documents of kind `{kind}` are ignored"), help)
            }
        };
        self.report(Severity::Warning, "foreign-document", at, path, message, help);
    }

    fn flaw(&mut self, flaw: Flaw) {
        let (severity, code) = match flaw.kind {
            FlawKind::Syntax => (Severity::Error, "yaml-syntax"),
            FlawKind::Value => (Severity::Error, "yaml-value"),
            FlawKind::Limit => (Severity::Error, "too-large"),
            FlawKind::DuplicateKey if self.strictness == Strictness::Strict => {
                (Severity::Error, "duplicate-key")
            }
            FlawKind::DuplicateKey => (Severity::Warning, "duplicate-key"),
        };
        self.report(severity, code, flaw.span, String::new(), flaw.message, flaw.help);
    }

    fn report(
        &mut self,
        severity: Severity,
        code: &str,
        at: Span,
        path: String,
        message: String,
        help: Option<String>,
    ) {
        if self.parsed.diagnostics.len() < limits::DIAGNOSTICS_MAX {
            self.parsed.diagnostics.push(Diagnostic {
                severity,
                code: code.to_owned(),
                file: self.source.file.to_string(),
                place: self.source.place(at),
                path,
                message,
                help,
            });
        }
    }
}

/// The kinds we read.
const KINDS: [&str; 8] = [
    "Workflow",
    "WorkflowTemplate",
    "ClusterWorkflowTemplate",
    "CronWorkflow",
    "WorkflowEventBinding",
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
];

/// Where the documents of a YAML file begin and end: Argo splits the text before it reads it (`OB-002`).
fn split(text: &str) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut from = 0;
    while let Some(found) = text[from..].find("\n---") {
        let end = from + found;
        from = end + "\n---".len();
        if text[from..].starts_with([' ', '\t', '\r', '\n']) || from == text.len() {
            parts.push((start, end));
            start = from;
        }
    }
    parts.push((start, text.len()));
    parts
}

fn to_object(kind: &str, json: &str) -> Result<Object, serde_json::Error> {
    fn typed<T: DeserializeOwned>(json: &str) -> Result<Box<T>, serde_json::Error> {
        serde_json::from_str(json).map(Box::new)
    }
    Ok(match kind {
        "Workflow" => Object::Workflow(typed(json)?),
        "WorkflowTemplate" => Object::WorkflowTemplate(typed(json)?),
        "ClusterWorkflowTemplate" => Object::ClusterWorkflowTemplate(typed(json)?),
        "CronWorkflow" => Object::CronWorkflow(typed(json)?),
        "WorkflowEventBinding" => Object::WorkflowEventBinding(typed(json)?),
        "ConfigMap" => Object::ConfigMap(typed(json)?),
        "Secret" => Object::Secret(typed(json)?),
        "PersistentVolumeClaim" => Object::PersistentVolumeClaim(typed(json)?),
        _ => Object::Foreign(serde_json::from_str(json)?),
    })
}

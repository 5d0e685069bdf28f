//! From the path of a field to its place in the text.

use serde_json::Value;
use std::sync::Arc;

use crate::decode::write_json;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Place, Source, Span};
use crate::tree::{Node, Tree};

/// The path of a member: `spec.templates`, or `metadata.labels["a.b/c"]` if the name is not plain.
pub fn path_field(path: &str, name: &str) -> String {
    let mut path = path.to_owned();
    push_field(&mut path, name);
    path
}

/// The path of an element: `spec.templates[2]`.
pub fn path_index(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

pub(crate) fn push_field(path: &mut String, name: &str) {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
    } else {
        path.push_str("[\"");
        path.push_str(name);
        path.push_str("\"]");
    }
}

/// Where the fields of one document stand.
#[derive(Clone, Debug)]
pub struct Places {
    source: Source,
    root: Arc<Node>,
}

impl Places {
    pub(crate) fn new(source: Source, root: Arc<Node>) -> Places {
        Places { source, root }
    }

    /// The place of the field at a path; `None` if the document does not have it.
    ///
    /// A scalar stands where its text is, a list or a map where its key is.
    pub fn find(&self, path: &str) -> Option<Place> {
        let (span, complete) = self.walk(path);
        complete.then(|| self.source.place(span))
    }

    /// The place of the field, or of the nearest field around it that is written.
    pub fn nearest(&self, path: &str) -> Place {
        self.source.place(self.walk(path).0)
    }

    /// The document as it is written, before anything is read into it.
    pub fn written(&self) -> Value {
        let mut json = String::new();
        write_json(&self.root, &mut json);
        serde_json::from_str(&json).unwrap_or_default()
    }

    /// The text of the whole file.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// A diagnostic at the field at a path, or at the nearest one around it.
    pub fn diagnostic(
        &self,
        severity: Severity,
        code: &str,
        path: &str,
        message: String,
        help: Option<String>,
    ) -> Diagnostic {
        Diagnostic {
            severity,
            code: code.to_owned(),
            file: self.source.file.to_string(),
            place: self.nearest(path),
            path: path.to_owned(),
            message,
            help,
        }
    }

    fn walk(&self, path: &str) -> (Span, bool) {
        let mut node: &Node = &self.root;
        let mut key = None;
        let mut rest = path;
        while let Some((step, after)) = first_step(rest) {
            let next = match (&node.value, step) {
                (Tree::Map(_), Step::Field(name)) => {
                    node.entry(name).map(|entry| (&entry.value, Some(entry.key_span)))
                }
                (Tree::List(items), Step::Index(index)) => items.get(index).map(|item| (item, None)),
                _ => None,
            };
            let Some((found, found_key)) = next else { return (self.anchor(node, key), false) };
            (node, key, rest) = (found, found_key, after);
        }
        (self.anchor(node, key), true)
    }

    fn anchor(&self, node: &Node, key: Option<Span>) -> Span {
        anchor(&self.source, node, key)
    }
}

/// Where a node is shown: a scalar itself, a collection by its key or its first line.
pub(crate) fn anchor(source: &Source, node: &Node, key: Option<Span>) -> Span {
    let is_collection = matches!(node.value, Tree::List(_) | Tree::Map(_));
    let is_empty = node.span.end <= node.span.start;
    match key {
        Some(key) if is_collection || is_empty => key,
        _ => source.first_line(node.span),
    }
}

enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

/// Splits off the first step of a path.
fn first_step(path: &str) -> Option<(Step<'_>, &str)> {
    let path = path.strip_prefix('.').unwrap_or(path);
    if path.is_empty() {
        return None;
    }
    if let Some(quoted) = path.strip_prefix("[\"") {
        let end = quoted.find("\"]")?;
        return Some((Step::Field(&quoted[..end]), &quoted[end + 2..]));
    }
    if let Some(bracket) = path.strip_prefix('[') {
        let end = bracket.find(']')?;
        let index = bracket[..end].parse().ok()?;
        return Some((Step::Index(index), &bracket[end + 1..]));
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    Some((Step::Field(&path[..end]), &path[end..]))
}

//! Files that map names to values, read as Argo reads them: YAML 1.1, and JSON as a part of it.

use serde_json::{Map, Value};

use crate::decode::write_json;
use crate::diagnostic::{Diagnostic, Severity};
use crate::limits;
use crate::source::{Place, Source, Span};
use crate::tree::{self, Dialect, Entry, Flaw, FlawKind, Node, Tree};

/// One value of a file of parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterValue {
    /// Its name.
    pub name: String,
    /// What it is, as a text.
    pub value: String,
    /// Where it stands.
    pub place: Place,
}

/// The values of a file of parameters, by name (`OB-398`).
///
/// A text is taken as it is; of everything else the value is its JSON as Go writes it. Of a name that is there twice
/// the last counts. An empty file has no values.
pub fn parameter_values(file: &str, text: &str) -> Result<Vec<ParameterValue>, Box<Diagnostic>> {
    let value = |value: &Node| match &value.value {
        Tree::Text(text) => text.clone(),
        _ => escaped(&json(value)),
    };
    let source = Source::new(file, text);
    let entries = entries(file, text)?.into_iter().map(|entry| {
        let place = source.place(entry.value.span);
        ParameterValue { name: entry.key, value: value(&entry.value), place }
    });
    Ok(entries.collect())
}

/// A file that is a map of names to values of any kind; empty for an empty file.
pub fn named_values(file: &str, text: &str) -> Result<Map<String, Value>, Box<Diagnostic>> {
    let value = |value: &Node| serde_json::from_str(&json(value)).unwrap_or(Value::Null);
    Ok(entries(file, text)?.into_iter().map(|entry| (entry.key, value(&entry.value))).collect())
}

fn entries(file: &str, text: &str) -> Result<Vec<Entry>, Box<Diagnostic>> {
    let source = Source::new(file, text);
    let wrong = |code: &str, at: Span, message: String, help: Option<String>| {
        Box::new(Diagnostic {
            severity: Severity::Error,
            code: code.to_owned(),
            file: file.to_owned(),
            place: source.place(at),
            path: String::new(),
            message,
            help,
        })
    };
    if text.len() > limits::FILE_BYTES_MAX {
        let message =
            format!("it has {} bytes; more than {} are not read", text.len(), limits::FILE_BYTES_MAX);
        return Err(wrong("too-large", Span { start: 0, end: 0 }, message, None));
    }
    let body = text.trim_start_matches('\u{feff}');
    let mut flaws = Vec::new();
    let root = tree::read(body, (text.len() - body.len()) as u32, Dialect::Yaml, &mut flaws);
    if let Some(Flaw { span, kind, message, help }) =
        flaws.into_iter().find(|flaw| flaw.kind != FlawKind::DuplicateKey)
    {
        let code = if kind == FlawKind::Value { "yaml-value" } else { "yaml-syntax" };
        return Err(wrong(code, span, message, help));
    }
    match root {
        None | Some(Node { value: Tree::Null, .. }) => Ok(Vec::new()),
        Some(Node { value: Tree::Map(entries), .. }) => Ok(entries),
        Some(Node { value, span }) => {
            let message = format!("it is {}, not a map of names to values", tree::describe(&value));
            let help = "write one `name: value` on each line".to_owned();
            Err(wrong("not-a-map", source.first_line(span), message, Some(help)))
        }
    }
}

fn json(value: &Node) -> String {
    let mut json = String::new();
    write_json(value, &mut json);
    json
}

/// JSON with the characters escaped that Go escapes for the sake of web pages. They are found in texts only.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;

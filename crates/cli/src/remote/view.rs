//! Objects of a server as Argo prints them.

use clap::ValueEnum;
use serde_json::Value;
use std::fmt::Write as _;

use super::said::fatal;
use crate::output;
use crate::print::{GetStyle, Paint, get, has_tree, instant, to_stdout};
use crate::state::now;
use tiphys_engine::Time;

/// How an object is printed: the four forms that most verbs of Argo have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Names alone
    Name,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// More columns
    Wide,
}

/// How lists of templates and schedules are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListForm {
    /// More columns
    Wide,
    /// Names alone
    Name,
}

/// How text is decorated for those who read Argo's output: coloured unless somebody says no (CLI-024).
pub fn paint(no_color: bool) -> Paint {
    if no_color { Paint::plain().unicode() } else { Paint::always() }
}

/// Prints a workflow.
pub fn workflow(document: &Value, form: Option<Form>, style: &GetStyle, paint: Paint) -> anyhow::Result<()> {
    match form {
        Some(Form::Name) => output::print(document, output::Format::Name),
        Some(Form::Json) => output::print(document, output::Format::Json),
        Some(Form::Yaml) => output::print(document, output::Format::Yaml),
        None | Some(Form::Wide) => {
            let style = GetStyle { wide: style.wide || form == Some(Form::Wide), ..style.clone() };
            drawable(document, &style)?;
            to_stdout(&get(document, &style, paint, now()));
            Ok(())
        }
    }
}

/// Refuses to draw nodes if it cannot be said which.
pub fn drawable(document: &Value, style: &GetStyle) -> anyhow::Result<()> {
    match &style.flaw {
        Some(flaw) if has_tree(document) => Err(fatal(flaw.clone())),
        _ => Ok(()),
    }
}

/// Prints a template: its name, where it is, when it was made (CLI-101).
pub fn template(document: &Value, form: Option<Form>, has_namespace: bool) -> anyhow::Result<()> {
    match form {
        Some(Form::Name) => output::print(document, output::Format::Name),
        Some(Form::Json) => output::print(document, output::Format::Json),
        Some(Form::Yaml) => output::print(document, output::Format::Yaml),
        None | Some(Form::Wide) => {
            let mut text = String::new();
            let mut line = |name: &str, value: &str| {
                let _ = writeln!(text, "{name:<20} {value}");
            };
            line("Name:", field(document, "/metadata/name"));
            if has_namespace {
                line("Namespace:", field(document, "/metadata/namespace"));
            }
            line("Created:", &time(field(document, "/metadata/creationTimestamp")));
            to_stdout(&text);
            Ok(())
        }
    }
}

/// A text of a document; empty where there is none.
pub fn field<'v>(document: &'v Value, pointer: &str) -> &'v str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// An instant with its distance from now.
pub fn time(text: &str) -> String {
    Time::parse(text).map(|at| instant(at, now())).unwrap_or_default()
}

/// A line of Argo's own log, for standard error.
pub fn log_line(level: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let now = now().timestamp().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let mut line = format!("time={now} level={level} msg=\"{message}\"");
    for (name, value) in fields {
        let quoted = value.is_empty() || value.contains([' ', '"', '=']);
        let value = if quoted { format!("{value:?}") } else { (*value).to_owned() };
        let _ = write!(line, " {name}={value}");
    }
    line.push('\n');
    line
}

//! Objects for programs: JSON, YAML, names (CLI-023).

use anyhow::Context;
use clap::ValueEnum;
use serde_json::Value;

use crate::print::to_stdout;

/// How an object is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Names alone
    Name,
    /// JSON
    Json,
    /// YAML
    Yaml,
}

/// How an answer that has no name is printed for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DataFormat {
    /// JSON
    Json,
    /// YAML
    Yaml,
}

impl DataFormat {
    /// Prints an answer to standard output.
    pub fn print(self, value: &Value) -> anyhow::Result<()> {
        to_stdout(&match self {
            DataFormat::Json => json(value, 2)?,
            DataFormat::Yaml => yaml(value)?,
        });
        Ok(())
    }
}

/// How a view is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ViewFormat {
    /// Names alone
    Name,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// The table alone
    Short,
    /// More columns
    Wide,
}

/// JSON with an indentation, ended by a newline.
pub fn json(value: &Value, indent: usize) -> anyhow::Result<String> {
    use serde::Serialize;
    let blanks = vec![b' '; indent];
    let mut body = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(&blanks);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut body, formatter))?;
    body.push(b'\n');
    String::from_utf8(body).context("JSON is text")
}

/// YAML, ended by a newline.
pub fn yaml(value: &Value) -> anyhow::Result<String> {
    let mut text = serde_saphyr::to_string(value).context("cannot write YAML")?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// Prints one object to standard output.
pub fn print(value: &Value, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Name => {
            let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            to_stdout(&format!("{name}\n"));
        }
        Format::Json => to_stdout(&json(value, 4)?),
        Format::Yaml => to_stdout(&yaml(value)?),
    }
    Ok(())
}

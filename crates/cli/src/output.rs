//! Objects for programs: JSON, YAML, names (CLI-023).

use anyhow::Context;
use clap::ValueEnum;
use serde_json::{Map, Value};

use crate::print::to_stdout;
pub use tiphys_server::yaml;

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
            DataFormat::Yaml => yaml(value),
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

/// The order of what an object begins with, as Go writes it; what has no place here follows as it comes.
const FIELDS: [&str; 5] = ["kind", "apiVersion", "metadata", "spec", "status"];

/// The fields of Kubernetes' metadata, in Go's order.
pub const METADATA: [&str; 15] = [
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// An object with its fields in Argo's order, so that outputs can be compared line by line (CLI-023).
pub fn in_order(mut object: Value) -> Value {
    sort(&mut object, &FIELDS);
    if let Some(metadata) = object.get_mut("metadata") {
        sort(metadata, &METADATA);
        for map in ["labels", "annotations"] {
            metadata.get_mut(map).and_then(Value::as_object_mut).into_iter().for_each(Map::sort_keys);
        }
    }
    object
}

fn sort(object: &mut Value, order: &[&str]) {
    let Some(fields) = object.as_object_mut() else { return };
    let mut named: Vec<(String, Value)> = std::mem::take(fields).into_iter().collect();
    named.sort_by_key(|(name, _)| order.iter().position(|known| known == name).unwrap_or(order.len()));
    fields.extend(named);
}

/// Prints one object to standard output.
pub fn print(value: &Value, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Name => {
            let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            to_stdout(&format!("{name}\n"));
        }
        Format::Json => to_stdout(&json(&in_order(value.clone()), 4)?),
        Format::Yaml => to_stdout(&yaml(value)),
    }
    Ok(())
}

//! The function library `sprig` (TP-192): its names, its Go signatures, and the way in.
//!
//! A call is checked against the signature as Go's reflection would check it: an `int` is no `int64`, nil
//! becomes the zero value of a parameter.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::eval::Calls;
use crate::value::{IntKind, List, ListKind, MapKind, Value};

mod cases;
mod dates;
mod dicts;
mod encoding;
mod lists;
mod math;
mod names;
mod paths;
mod patterns;
mod strings;
mod url;

pub(crate) type Called = Result<Value, String>;

type Implementation = fn(&[Value], &mut Calls) -> Called;

/// One function.
struct Entry {
    name: &'static str,
    signature: &'static str,
    parameters: Vec<&'static str>,
    variadic: bool,
    call: Implementation,
}

fn entries() -> &'static HashMap<&'static str, Entry> {
    static ENTRIES: LazyLock<HashMap<&'static str, Entry>> = LazyLock::new(|| {
        names::TABLE
            .iter()
            .map(|(name, signature, call)| {
                let list = signature.strip_prefix("func(").and_then(|rest| rest.split_once(')'));
                let list = list.map_or("", |(list, _)| list);
                let mut parameters: Vec<&'static str> =
                    list.split(", ").filter(|parameter| !parameter.is_empty()).collect();
                let mut variadic = false;
                if let Some(last) = parameters.last_mut()
                    && let Some(element) = last.strip_prefix("...")
                {
                    *last = element;
                    variadic = true;
                }
                (*name, Entry { name, signature, parameters, variadic, call: *call })
            })
            .collect()
    });
    &ENTRIES
}

/// The function of that name.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    entries().get(name).map(|entry| entry.name)
}

/// Whether there is a function of that name.
pub(crate) fn knows(name: &str) -> bool {
    entries().contains_key(name)
}

/// The names of all functions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    names::TABLE.iter().map(|(name, ..)| *name)
}

/// The Go type of a function.
pub(crate) fn signature(name: &str) -> &'static str {
    entries().get(name).map_or("func()", |entry| entry.signature)
}

/// Calls a function.
pub(crate) fn call(name: &str, arguments: &[Value], calls: &mut Calls) -> Called {
    let Some(entry) = entries().get(name) else { return Err(format!("unknown function sprig.{name}")) };
    let arguments = entry.fit(arguments)?;
    (entry.call)(&arguments, calls)
}

impl Entry {
    /// The arguments as the parameters want them.
    fn fit(&self, arguments: &[Value]) -> Result<Vec<Value>, String> {
        let (wanted, got) = (self.parameters.len(), arguments.len());
        if self.variadic && got + 1 < wanted {
            return Err(format!("invalid number of arguments: expected at least {}, got {got}", wanted - 1));
        }
        if !self.variadic && got != wanted {
            return Err(format!("invalid number of arguments: expected {wanted}, got {got}"));
        }
        arguments
            .iter()
            .enumerate()
            .map(|(index, argument)| {
                let last = wanted.saturating_sub(1);
                let parameter = self.parameters[index.min(last)];
                fit(argument, parameter).ok_or_else(|| {
                    let found = argument.type_name();
                    match self.variadic && index >= last {
                        true => format!("reflect: cannot use {found} as type {parameter} in Call"),
                        false => format!("reflect: Call using {found} as type {parameter}"),
                    }
                })
            })
            .collect()
    }
}

/// The argument as the parameter wants it; none if it does not fit.
fn fit(argument: &Value, parameter: &str) -> Option<Value> {
    if argument.is_nil() && parameter != "interface {}" {
        return Some(zero(parameter));
    }
    (parameter == "interface {}" || argument.type_name() == parameter).then(|| argument.clone())
}

/// Go's zero value of a type.
fn zero(parameter: &str) -> Value {
    match parameter {
        "string" => Value::from(""),
        "bool" => Value::Bool(false),
        "float64" => Value::Float(0.0),
        "[]interface {}" => Value::nil_list(ListKind::Any),
        // A map that is nil: one without entries for whoever reads it.
        "map[string]interface {}" => Value::Nil,
        "time.Time" => Value::Time(Arc::new(crate::time::Time::zero())),
        _ => Value::Int(0, IntKind::Int),
    }
}

/// The text at a place among checked arguments.
fn text(arguments: &[Value], index: usize) -> &str {
    arguments.get(index).and_then(Value::as_text).unwrap_or("")
}

/// The integer at a place among checked arguments.
fn int(arguments: &[Value], index: usize) -> i64 {
    match arguments.get(index) {
        Some(Value::Int(number, _)) => *number,
        _ => 0,
    }
}

/// A value as a text (`strval`).
fn shown(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => crate::go::text(bytes.to_vec()),
        Value::Zone(zone) => zone.name().to_owned(),
        _ => value.to_text(),
    }
}

/// Whether Go's templates would take a value for empty.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Nil | Value::Bool(false) => true,
        Value::Int(number, _) | Value::Duration(number) => *number == 0,
        Value::Float(number) => *number == 0.0,
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(list) => list.items.is_empty(),
        Value::Map(map) => map.entries.is_empty(),
        Value::AnyMap(map) => map.entries.is_empty(),
        _ => false,
    }
}

/// Go's kind of a value.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "invalid",
        Value::Bool(_) => "bool",
        Value::Int(_, IntKind::Int | IntKind::Month | IntKind::Weekday) => "int",
        Value::Int(_, IntKind::Int64) | Value::Duration(_) => "int64",
        Value::Int(_, IntKind::Uint8) => "uint8",
        Value::Float(_) => "float64",
        Value::Text(_) => "string",
        Value::Bytes(_) | Value::List(_) => "slice",
        Value::Map(_) | Value::AnyMap(_) | Value::Library => "map",
        Value::Time(_) => "struct",
        Value::Zone(_) | Value::Version(_) => "ptr",
        Value::Function(_) => "func",
    }
}

/// A `[]string`.
fn strings_value(items: Vec<String>) -> Value {
    Value::texts(items)
}

/// A `map[string]string`.
fn text_map(entries: impl IntoIterator<Item = (String, String)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (key.into(), Value::from(value))).collect();
    Value::map_of(entries, MapKind::Text)
}

/// A list of the same type with other elements.
fn same_list(list: &List, items: Vec<Value>) -> Value {
    Value::list_of(items, list.kind)
}

/// What is not available here, and why (`docs/deviations.md`, TP-192).
fn unsupported(name: &str) -> Called {
    Err(format!("sprig.{name} is not supported: workflows do not make keys or look up hosts"))
}

//! Values of the expression language.
//!
//! The reference is written in Go and its answers depend on Go's types more often than one would like: a
//! function of the library refuses an `int64` where it wants an `int`, a range is `[]int` while a literal
//! list is `[]interface {}`. So integers, lists and maps remember which Go type they would have.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::contents::{Contents, Size};
use crate::semver::Version;
use crate::time::{Time, Zone};
use crate::types::Signature;
use crate::{check, duration, go, limits, methods, sprig};

/// The Go type of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntKind {
    /// `int`: literals, `int()`, `len()`.
    Int,
    /// `int64`: what most library functions return.
    Int64,
    /// `uint8`: a byte of a text or of bytes.
    Uint8,
    /// `time.Month`.
    Month,
    /// `time.Weekday`.
    Weekday,
}

/// The Go type of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// `[]interface {}`.
    Any,
    /// `[]string`.
    Text,
    /// `[]int`.
    Int,
    /// `[][]interface {}`, the result of `sprig.chunk`.
    Lists,
}

/// The Go type of a map with text keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// `map[string]interface {}`.
    Any,
    /// `map[string]string`, the result of `sprig.split`.
    Text,
}

/// A list with its Go type.
#[derive(Clone, Debug)]
pub struct List {
    /// The elements.
    pub items: Arc<Contents<Vec<Value>>>,
    /// The Go type.
    pub kind: ListKind,
    /// A nil slice, which is `null` in JSON but otherwise an empty list.
    pub nil: bool,
}

/// A map with text keys.
#[derive(Clone, Debug)]
pub struct Map {
    /// The entries; Go prints and encodes them sorted by key.
    pub entries: Arc<Contents<BTreeMap<Arc<str>, Value>>>,
    /// The Go type.
    pub kind: MapKind,
}

/// A map with keys of any type, as `groupBy` and `fromPairs` make; it has no JSON form.
#[derive(Clone, Debug)]
pub struct AnyMap {
    /// The entries in the order of insertion.
    pub entries: Arc<Contents<Vec<(Value, Value)>>>,
    /// Whether the values are lists, as in the result of `groupBy`.
    pub grouped: bool,
}

/// A function as a value.
#[derive(Clone, Debug)]
pub enum Function {
    /// A function of the language itself.
    Builtin(&'static str),
    /// One of Argo's own: `asInt`, `asFloat`, `toJson`, `jsonpath`.
    Extra(&'static str),
    /// A function of the `sprig` library.
    Sprig(&'static str),
    /// A method of a time, duration, month or weekday.
    Method(Arc<Value>, &'static str),
}

/// The result of an expression or of a part of it.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing.
    Nil,
    /// Truth.
    Bool(bool),
    /// An integer of 64 bits that wraps around.
    Int(i64, IntKind),
    /// A float.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// Bytes, inserted as base64.
    Bytes(Arc<[u8]>),
    /// A list.
    List(List),
    /// A map with text keys.
    Map(Map),
    /// A map with other keys.
    AnyMap(AnyMap),
    /// A point in time with the zone it is shown in.
    Time(Arc<Time>),
    /// A duration in nanoseconds.
    Duration(i64),
    /// A time zone.
    Zone(Arc<Zone>),
    /// A version, as `sprig.semver` makes.
    Version(Arc<Version>),
    /// A function.
    Function(Function),
    /// The `sprig` library as a whole.
    Library,
}

impl IntKind {
    /// Whether the language counts with it; Go's months and weekdays have names instead.
    pub(crate) fn is_plain(self) -> bool {
        matches!(self, IntKind::Int | IntKind::Int64 | IntKind::Uint8)
    }

    /// What `type()` answers.
    pub(crate) fn word(self) -> &'static str {
        match self {
            IntKind::Int | IntKind::Int64 => "int",
            IntKind::Uint8 => "uint",
            IntKind::Month => "time.Month",
            IntKind::Weekday => "time.Weekday",
        }
    }
}

impl Function {
    /// The Go type, as `%T` prints it.
    pub fn signature(&self) -> String {
        match self {
            Function::Builtin(_) => "func(...interface {}) (interface {}, error)".to_owned(),
            Function::Extra(name) => check::extra(name).map(Signature::name).unwrap_or_default(),
            Function::Sprig(name) => sprig::signature(name).to_owned(),
            Function::Method(owner, name) => {
                methods::signature_of(owner, name).map(Signature::name).unwrap_or_default()
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text.into())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Bool(truth)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Float(number)
    }
}

impl Value {
    /// An `int`.
    pub fn int(value: i64) -> Value {
        Value::Int(value, IntKind::Int)
    }

    /// An `int64`.
    pub fn int64(value: i64) -> Value {
        Value::Int(value, IntKind::Int64)
    }

    /// A `[]interface {}`.
    pub fn list(items: Vec<Value>) -> Value {
        Value::list_of(items, ListKind::Any)
    }

    /// A list of a Go type.
    pub(crate) fn list_of(items: Vec<Value>, kind: ListKind) -> Value {
        Value::List(List { items: Arc::new(items.into()), kind, nil: false })
    }

    /// A `[]string`.
    pub fn texts<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Value {
        Value::list_of(items.into_iter().map(Into::into).collect(), ListKind::Text)
    }

    /// A nil slice of the given type.
    pub fn nil_list(kind: ListKind) -> Value {
        Value::List(List { items: Arc::default(), kind, nil: true })
    }

    /// A `map[string]interface {}`.
    pub fn map(entries: BTreeMap<Arc<str>, Value>) -> Value {
        Value::map_of(entries, MapKind::Any)
    }

    /// A map of a Go type.
    pub(crate) fn map_of(entries: BTreeMap<Arc<str>, Value>, kind: MapKind) -> Value {
        Value::Map(Map { entries: Arc::new(entries.into()), kind })
    }

    /// A map with keys of any type.
    pub(crate) fn any_map(entries: Vec<(Value, Value)>, grouped: bool) -> Value {
        Value::AnyMap(AnyMap { entries: Arc::new(entries.into()), grouped })
    }

    /// How deep and how large this is.
    pub(crate) fn size(&self) -> Size {
        match self {
            Value::List(list) => list.items.size(),
            Value::Map(map) => map.entries.size(),
            Value::AnyMap(map) => map.entries.size(),
            Value::Text(text) => Size { depth: 0, bytes: text.len() as u64 },
            Value::Bytes(bytes) => Size { depth: 0, bytes: bytes.len() as u64 },
            Value::Nil
            | Value::Bool(_)
            | Value::Int(..)
            | Value::Float(_)
            | Value::Time(_)
            | Value::Duration(_)
            | Value::Zone(_)
            | Value::Version(_)
            | Value::Function(_)
            | Value::Library => Size::default(),
        }
    }

    /// Whether this is nil.
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// Nothing, or a list that is nil: what `??` and `?.` look for.
    pub(crate) fn is_unset(&self) -> bool {
        matches!(self, Value::Nil | Value::List(List { nil: true, .. }))
    }

    /// The truth, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The Go type, as `%T` prints it.
    pub fn type_name(&self) -> String {
        match self {
            Value::Nil => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_, kind) => match kind {
                IntKind::Int => "int",
                IntKind::Int64 => "int64",
                IntKind::Uint8 => "uint8",
                IntKind::Month => "time.Month",
                IntKind::Weekday => "time.Weekday",
            },
            Value::Float(_) => "float64",
            Value::Text(_) => "string",
            Value::Bytes(_) => "[]uint8",
            Value::List(list) => match list.kind {
                ListKind::Any => "[]interface {}",
                ListKind::Text => "[]string",
                ListKind::Int => "[]int",
                ListKind::Lists => "[][]interface {}",
            },
            Value::Map(map) => match map.kind {
                MapKind::Any => "map[string]interface {}",
                MapKind::Text => "map[string]string",
            },
            Value::AnyMap(map) if map.grouped => "map[interface {}][]interface {}",
            Value::AnyMap(_) => "map[interface {}]interface {}",
            Value::Time(_) => "time.Time",
            Value::Duration(_) => "time.Duration",
            Value::Zone(_) => "*time.Location",
            Value::Version(_) => "*semver.Version",
            Value::Function(function) => return function.signature(),
            Value::Library => "map[string]interface {}",
        }
        .to_owned()
    }

    /// The text as Go's `%v` prints it: what a non-string result of an expression field becomes (TP-163).
    pub fn to_text(&self) -> String {
        match self {
            Value::Text(text) => text.to_string(),
            _ => {
                let mut out = String::new();
                self.print(&mut out);
                out
            }
        }
    }

    /// The text as Go's `%s` prints it, which complains about what is no text.
    pub(crate) fn to_string_verb(&self) -> String {
        match self {
            Value::Text(text) => text.to_string(),
            Value::Nil => "%!s(<nil>)".to_owned(),
            Value::List(list) => {
                let items: Vec<String> = list.items.iter().map(Value::to_string_verb).collect();
                format!("[{}]", items.join(" "))
            }
            Value::Bool(_)
            | Value::Int(_, IntKind::Int | IntKind::Int64 | IntKind::Uint8)
            | Value::Float(_) => {
                format!("%!s({}={})", self.type_name(), self.to_text())
            }
            _ => self.to_text(),
        }
    }

    fn print(&self, out: &mut String) {
        match self {
            Value::Nil => out.push_str("<nil>"),
            Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number, IntKind::Month) => out.push_str(crate::time::month_name(*number)),
            Value::Int(number, IntKind::Weekday) => out.push_str(crate::time::weekday_name(*number)),
            Value::Int(number, _) => go::push(out, format_args!("{number}")),
            Value::Float(number) => out.push_str(&go::float(*number)),
            Value::Text(text) => out.push_str(text),
            Value::Bytes(bytes) => {
                let parts: Vec<String> = bytes.iter().map(u8::to_string).collect();
                go::push(out, format_args!("[{}]", parts.join(" ")));
            }
            Value::List(list) => {
                out.push('[');
                for (index, item) in list.items.iter().enumerate() {
                    if index > 0 {
                        out.push(' ');
                    }
                    item.print(out);
                }
                out.push(']');
            }
            Value::Map(map) => {
                let entries = map.entries.iter().map(|(key, value)| (key.to_string(), value));
                print_map(entries, out);
            }
            Value::AnyMap(map) => {
                let mut entries: Vec<(String, &Value)> =
                    map.entries.iter().map(|(key, value)| (key.to_text(), value)).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                print_map(entries.into_iter(), out);
            }
            Value::Time(time) => out.push_str(&time.to_string()),
            Value::Duration(nanos) => out.push_str(&duration::format_go(*nanos)),
            Value::Zone(zone) => go::push(out, format_args!("{{{} [] []  0 0 <nil>}}", zone.name())),
            Value::Version(version) => out.push_str(&version.to_string()),
            Value::Function(_) | Value::Library => out.push_str(&self.type_name()),
        }
    }

    /// Compact JSON with sorted keys as Go's encoder writes it, `<`, `>` and `&` escaped; the error is Go's.
    pub fn to_json(&self) -> Result<String, String> {
        let mut out = String::new();
        self.write_json(&mut out, None, 0)?;
        Ok(out)
    }

    /// JSON with two blanks of indent per level.
    pub fn to_json_indented(&self) -> Result<String, String> {
        let mut out = String::new();
        self.write_json(&mut out, Some("  "), 0)?;
        Ok(out)
    }

    fn write_json(&self, out: &mut String, indent: Option<&str>, level: usize) -> Result<(), String> {
        // Each line of a deep value is mostly blanks.
        if out.len() > limits::RENDERED_BYTES {
            return Err(limits::beyond(limits::RENDERED_BYTES, "bytes of JSON"));
        }
        match self {
            Value::Nil => out.push_str("null"),
            Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number, _) => go::push(out, format_args!("{number}")),
            Value::Float(number) => match go::json_float(*number) {
                Some(text) => out.push_str(&text),
                None => return Err(format!("json: unsupported value: {}", go::float(*number))),
            },
            Value::Text(text) => {
                out.push('"');
                go::push_json_escaped(out, text);
                out.push('"');
            }
            Value::Bytes(bytes) => go::push(out, format_args!("\"{}\"", crate::encode::base64(bytes))),
            Value::List(list) if list.nil => out.push_str("null"),
            Value::List(list) if list.items.is_empty() => out.push_str("[]"),
            Value::List(list) => {
                out.push('[');
                for (index, item) in list.items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    new_line(out, indent, level + 1);
                    item.write_json(out, indent, level + 1)?;
                }
                new_line(out, indent, level);
                out.push(']');
            }
            Value::Map(map) if map.entries.is_empty() => out.push_str("{}"),
            Value::Map(map) => {
                out.push('{');
                for (index, (key, value)) in map.entries.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    new_line(out, indent, level + 1);
                    out.push('"');
                    go::push_json_escaped(out, key);
                    out.push_str(if indent.is_some() { "\": " } else { "\":" });
                    value.write_json(out, indent, level + 1)?;
                }
                new_line(out, indent, level);
                out.push('}');
            }
            Value::Time(time) => go::push(out, format_args!("\"{}\"", time.rfc3339_nano())),
            Value::Duration(nanos) => go::push(out, format_args!("{nanos}")),
            Value::Version(version) => go::push(out, format_args!("\"{version}\"")),
            Value::Zone(_) => out.push_str("{}"),
            Value::AnyMap(_) | Value::Function(_) => {
                return Err(format!("json: unsupported type: {}", self.type_name()));
            }
            Value::Library => {
                return Err("json: unsupported type: func(int, string) string".to_owned());
            }
        }
        Ok(())
    }

    /// The value of a JSON document; all numbers become floats, as in Go.
    pub fn from_json(json: &Json) -> Value {
        match json {
            Json::Null => Value::Nil,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::Number(number) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Value::from(text.as_str()),
            Json::Array(items) => Value::list(items.iter().map(Value::from_json).collect()),
            Json::Object(entries) => Value::map(
                entries.iter().map(|(key, value)| (key.as_str().into(), Value::from_json(value))).collect(),
            ),
        }
    }

    /// The value as a JSON document; the error is Go's.
    pub fn to_json_value(&self) -> Result<Json, String> {
        let text = self.to_json()?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }
}

fn print_map<'v>(entries: impl Iterator<Item = (String, &'v Value)>, out: &mut String) {
    out.push_str("map[");
    for (index, (key, value)) in entries.enumerate() {
        if index > 0 {
            out.push(' ');
        }
        let _ = write!(out, "{key}:");
        value.print(out);
    }
    out.push(']');
}

fn new_line(out: &mut String, indent: Option<&str>, level: usize) {
    if let Some(indent) = indent {
        out.push('\n');
        for _ in 0..level {
            out.push_str(indent);
        }
    }
}

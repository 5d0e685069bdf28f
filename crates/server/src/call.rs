//! One request, decoded: path, query, headers, body, caller.

use crate::access::Who;
use crate::fault::Fault;
use crate::guard::Peer;
use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A request as handlers see it.
pub(crate) struct Call {
    pub(crate) params: BTreeMap<&'static str, String>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) who: Who,
    pub(crate) peer: Peer,
}

impl Call {
    /// A part of the path; empty if the route has none of that name.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    pub(crate) fn namespace(&self) -> &str {
        self.param("namespace")
    }

    /// The body as a request message (API-024).
    pub(crate) fn message(&self) -> Result<Message, Fault> {
        Ok(Message(match first_value(&self.body)? {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(fields)) => fields,
            Some(other) => {
                return Err(Fault::invalid(format!(
                    "json: cannot unmarshal {} into the request message",
                    kind(&other)
                )));
            }
        }))
    }
}

/// The body of a request.
pub(crate) struct Message(Map<String, Value>);

impl Message {
    /// A field; names match whatever their case, the last one counts (API-024).
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        let found = self.0.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, Fault> {
        match self.field(name) {
            None => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(wrong_type(other, name, "string")),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, Fault> {
        match self.field(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(wrong_type(other, name, "bool")),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Result<i64, Fault> {
        match self.field(name) {
            None => Ok(0),
            Some(value) => value.as_i64().ok_or_else(|| wrong_type(value, name, "int32")),
        }
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, Fault> {
        match self.field(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Value::String(text) => Ok(text.clone()),
                    other => Err(wrong_type(other, name, "string")),
                })
                .collect(),
            Some(other) => Err(wrong_type(other, name, "[]string")),
        }
    }

    /// A field that is a message itself; empty if it is not there.
    pub(crate) fn message(&self, name: &str) -> Result<Message, Fault> {
        match self.field(name) {
            None => Ok(Message(Map::new())),
            Some(Value::Object(fields)) => Ok(Message(fields.clone())),
            Some(other) => Err(wrong_type(other, name, "object")),
        }
    }
}

fn wrong_type(value: &Value, field: &str, wanted: &str) -> Fault {
    Fault::invalid(format!("json: cannot unmarshal {} into field {field} of type {wanted}", kind(value)))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The first JSON value of a body; what follows it is not looked at (API-024).
pub(crate) fn first_value(body: &[u8]) -> Result<Option<Value>, Fault> {
    let Some(first) = body.iter().find(|byte| !byte.is_ascii_whitespace()) else { return Ok(None) };
    let literal = [&b"null"[..], b"true", b"false"].iter().any(|word| {
        let rest = body.trim_ascii_start();
        rest.starts_with(&word[..rest.len().min(word.len())])
    });
    if !literal && !b"{[\"-0123456789".contains(first) {
        let shown = char::from(*first);
        return Err(Fault::invalid(format!("invalid character '{shown}' looking for beginning of value")));
    }
    // As Go does: bytes that are no text become the sign for that.
    let text = String::from_utf8_lossy(body);
    match serde_json::Deserializer::from_str(&text).into_iter::<Value>().next() {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(error)) if error.is_eof() => Err(Fault::invalid("unexpected EOF")),
        Some(Err(error)) => Err(Fault::invalid(error.to_string())),
    }
}

/// The keys and values after the `?`, decoded, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

/// Keys of the query that must be whole numbers, or truth values (API-030 to API-033).
const NUMBERS: &[&str] = &[
    "listOptions.limit",
    "listOptions.timeoutSeconds",
    "deleteOptions.gracePeriodSeconds",
    "logOptions.sinceSeconds",
    "logOptions.sinceTime.seconds",
    "logOptions.sinceTime.nanos",
    "logOptions.tailLines",
    "logOptions.limitBytes",
    "podLogOptions.sinceSeconds",
    "podLogOptions.tailLines",
    "podLogOptions.limitBytes",
];
const FLAGS: &[&str] = &[
    "listOptions.watch",
    "listOptions.allowWatchBookmarks",
    "listOptions.sendInitialEvents",
    "deleteOptions.orphanDependents",
    "deleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential",
    "logOptions.follow",
    "logOptions.previous",
    "logOptions.timestamps",
    "logOptions.insecureSkipTLSVerifyBackend",
    "podLogOptions.follow",
    "podLogOptions.previous",
    "podLogOptions.timestamps",
    "force",
];

impl Query {
    /// Decodes a query and checks the values of known keys (API-025).
    pub(crate) fn parse(text: &str) -> Result<Query, Fault> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key, true), decode(value, true))
        });
        let query = Query(pairs.collect());
        for (key, value) in &query.0 {
            if NUMBERS.contains(&key.as_str()) && value.parse::<i64>().is_err() {
                return Err(Fault::invalid(format!("strconv.ParseInt: parsing \"{value}\": invalid syntax")));
            }
            if FLAGS.contains(&key.as_str()) && truth(value).is_none() {
                return Err(Fault::invalid(format!(
                    "strconv.ParseBool: parsing \"{value}\": invalid syntax"
                )));
            }
            if key.ends_with("ogOptions.sinceTime") {
                return Err(Fault::invalid("field type *v1.Time is not supported in query parameters"));
            }
        }
        Ok(query)
    }

    /// The last value of a key; empty if it is not there.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0.iter().rev().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    pub(crate) fn all(&self, key: &str) -> Vec<&str> {
        self.0.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        self.text(key).parse().ok()
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        truth(self.text(key)).unwrap_or(false)
    }
}

/// Go's spellings of truth values.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Undoes percent-encoding; in a query a `+` is a blank. What is not encoded well stays as it is.
pub(crate) fn decode(text: &str, plus_is_blank: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |byte: u8| char::from(byte).to_digit(16);
        match bytes[at] {
            b'%' => match (
                bytes.get(at + 1).and_then(|byte| hex(*byte)),
                bytes.get(at + 2).and_then(|byte| hex(*byte)),
            ) {
                (Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    at += 2;
                }
                _ => out.push(b'%'),
            },
            b'+' if plus_is_blank => out.push(b' '),
            byte => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

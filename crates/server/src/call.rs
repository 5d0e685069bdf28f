//! One request, decoded: path, query, headers, body, caller.

use crate::access::Who;
use crate::fault::Fault;
use crate::guard::Peer;
use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use tiphys_expr::FirstJson;

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
            Some(Value::Object(fields)) => {
                // The path says these; they must be what they are all the same.
                let message = Message(fields);
                for field in ["namespace", "name", "uid"] {
                    message.text(field)?;
                }
                return Ok(message);
            }
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

/// The kind of a JSON value as Go names it.
pub(crate) fn kind(value: &Value) -> &'static str {
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
    let end = match tiphys_expr::first_json(body) {
        FirstJson::Nothing => return Ok(None),
        FirstJson::Value(end) => end,
        FirstJson::Part => return Err(Fault::invalid("unexpected EOF")),
        FirstJson::Flaw(why) => return Err(Fault::invalid(why)),
    };
    // As Go does: bytes that are no text become the sign for that.
    let text = String::from_utf8_lossy(&body[..end]);
    serde_json::from_str(&text).map(Some).map_err(|error| Fault::invalid(error.to_string()))
}

/// The keys and values after the `?`, decoded, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

/// Keys of the query that must be whole numbers, or truth values (API-030 to API-033).
pub(crate) const NUMBERS: &[&str] = &[
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
pub(crate) const FLAGS: &[&str] = &[
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

/// Keys of the query that are texts.
const TEXTS: &[&str] = &[
    "createdAfter",
    "fields",
    "finishedBefore",
    "getOptions.resourceVersion",
    "grep",
    "listOptions.continue",
    "listOptions.fieldSelector",
    "listOptions.labelSelector",
    "listOptions.resourceVersion",
    "listOptions.resourceVersionMatch",
    "logOptions.container",
    "nameFilter",
    "podLogOptions.container",
    "podName",
    "selector",
];
/// Keys of the query that are messages, which no value can stand for.
const MESSAGES: &[(&str, &str)] = &[
    ("deleteOptions", "DeleteOptions"),
    ("deleteOptions.preconditions", "Preconditions"),
    ("getOptions", "GetOptions"),
    ("listOptions", "ListOptions"),
    ("logOptions", "PodLogOptions"),
    ("logOptions.sinceTime", "Time"),
    ("podLogOptions", "PodLogOptions"),
    ("podLogOptions.sinceTime", "Time"),
];

/// Why a text that is no version is none, in Go's words.
pub(crate) fn why_no_version(text: &str) -> &'static str {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { "value out of range" } else { "invalid syntax" }
}

impl Query {
    /// Decodes a query and checks the values of known keys (API-025).
    pub(crate) fn parse(text: &str) -> Result<Query, Fault> {
        if let Some(flaw) = bad_escape(text) {
            return Err(Fault::invalid(format!("invalid URL escape \"{flaw}\"")));
        }
        if text.contains(';') {
            return Err(Fault::invalid("invalid semicolon separator in query"));
        }
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key, true), decode(value, true))
        });
        let query = Query(pairs.collect());
        for (key, value) in query.first_of_each() {
            if NUMBERS.contains(&key.as_str())
                && let Err(why) = tiphys_expr::go_int(value)
            {
                return Err(Fault::invalid(format!("strconv.ParseInt: parsing \"{value}\": {why}")));
            }
            if FLAGS.contains(&key.as_str()) && truth(value).is_none() {
                return Err(Fault::invalid(format!(
                    "strconv.ParseBool: parsing \"{value}\": invalid syntax"
                )));
            }
            if let Some((_, message)) = MESSAGES.iter().find(|(path, _)| *path == key.as_str()) {
                let words = format!("field type *v1.{message} is not supported in query parameters");
                return Err(Fault::invalid(words));
            }
            let mut plain = NUMBERS.iter().chain(FLAGS).chain(TEXTS);
            let below = plain.find_map(|plain| Some((plain, key.strip_prefix(*plain)?.strip_prefix('.')?)));
            if let Some((plain, rest)) = below {
                let nested = rest.split('.').next().unwrap_or_default();
                return Err(Fault::invalid(format!("unexpected nested field {nested} in {plain}")));
            }
        }
        Ok(query)
    }

    /// Each key with its first value: of too many that one counts.
    fn first_of_each(&self) -> impl Iterator<Item = &(String, String)> {
        let mut seen = BTreeSet::new();
        self.0.iter().filter(move |(key, _)| seen.insert(key))
    }

    /// The first value of a key; empty if it is not there.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    pub(crate) fn all(&self, key: &str) -> Vec<&str> {
        self.0.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        tiphys_expr::go_int(self.text(key)).ok()
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

/// The first percent sign that begins no byte, with what follows it.
pub(crate) fn bad_escape(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut signs = (0..bytes.len()).filter(|at| bytes[*at] == b'%');
    let at = signs.find(|at| byte_at(bytes, *at).is_none())?;
    Some(String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 3)]).into_owned())
}

/// The byte that a percent sign and the two digits behind it stand for.
pub(crate) fn byte_at(bytes: &[u8], sign: usize) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    Some((digit(sign + 1)? * 16 + digit(sign + 2)?) as u8)
}

/// Undoes percent-encoding; in a query a `+` is a blank. What is not encoded well stays as it is.
pub(crate) fn decode(text: &str, plus_is_blank: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => match byte_at(bytes, at) {
                Some(byte) => {
                    out.push(byte);
                    at += 2;
                }
                None => out.push(b'%'),
            },
            b'+' if plus_is_blank => out.push(b' '),
            byte => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

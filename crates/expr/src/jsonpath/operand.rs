//! What the sides of operators are to those who use them: numbers, truths, lists.
//!
//! Any value is taken for what its text reads as.

use super::script::Operand;
use super::stop::{self, Stop};
use crate::go;
use crate::value::Value;

/// What a script is evaluated for.
pub(super) struct Scope<'s> {
    pub(super) root: &'s Value,
    pub(super) current: &'s Value,
    /// What the operators so far have given.
    pub(super) results: Vec<Result<Value, Stop>>,
}

impl Scope<'_> {
    pub(super) fn value(&self, side: &Operand) -> Result<Value, Stop> {
        match side {
            Operand::Result(operator) => self.results[*operator].clone(),
            Operand::Json(value) => Ok(value.clone()),
            Operand::Text(text) if is_nil(text) => Ok(Value::Nil),
            Operand::Text(text) => Ok(Value::from(text.as_str())),
        }
    }

    pub(super) fn number(&self, side: &Operand) -> Result<f64, Stop> {
        number(&self.value(side)?).ok_or_else(|| stop::other("invalid argument. expected number"))
    }

    pub(super) fn integer(&self, side: &Operand) -> Result<i64, Stop> {
        let value = self.value(side)?;
        let integer = if is_plain(&value) { go::atoi(&value.to_text()).ok() } else { None };
        integer.ok_or_else(|| stop::other("invalid argument. expected integer"))
    }

    pub(super) fn boolean(&self, side: &Operand) -> Result<bool, Stop> {
        match self.value(side)? {
            Value::Nil => Ok(false),
            value => boolean(&value).ok_or_else(|| stop::other("invalid argument. expected boolean")),
        }
    }

    /// The elements of a list, the values of a map.
    pub(super) fn elements(&self, side: &Operand) -> Result<Vec<Value>, Stop> {
        match self.value(side)? {
            Value::List(list) => Ok(list.items.to_vec()),
            Value::Map(map) => Ok(map.entries.values().cloned().collect()),
            Value::Nil => Err(stop::other("invalid argument. is nil")),
            // What looks like a list or a map was read as one, if it is one.
            Value::Text(text)
                if text.starts_with('{') && text.ends_with('}')
                    || text.starts_with('[') && text.ends_with(']') =>
            {
                Err(stop::other("invalid argument"))
            }
            _ => Err(stop::other("invalid argument. expected array, map, or slice")),
        }
    }
}

/// What was found out about a side, unless it is not of that kind.
pub(super) fn fitting<T>(found: Result<T, Stop>) -> Result<Option<T>, Stop> {
    match found {
        Ok(value) => Ok(Some(value)),
        Err(Stop::Complaint(..)) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// What a script without operators gives.
pub(super) fn literal(text: &str) -> Value {
    if is_nil(text) {
        return Value::Nil;
    }
    let value = Value::from(text);
    match (number(&value), boolean(&value)) {
        (Some(number), _) => Value::Float(number),
        (None, Some(truth)) => Value::Bool(truth),
        (None, None) => value,
    }
}

fn is_nil(text: &str) -> bool {
    matches!(text, "nil" | "null")
}

/// Whether the text of a value may read as a number.
fn is_plain(value: &Value) -> bool {
    matches!(value, Value::Text(_) | Value::Int(..) | Value::Float(_))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Int(number, _) => Some(*number as f64),
        // Texts that were found begin with a quote, and may be long.
        Value::Text(text) if text.starts_with('\'') => None,
        Value::Text(text) => go::parse_float(text),
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    let number;
    let text = match value {
        Value::Bool(truth) => return Some(*truth),
        Value::Text(text) => text,
        value if is_plain(value) => {
            number = value.to_text();
            number.as_str()
        }
        _ => return None,
    };
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

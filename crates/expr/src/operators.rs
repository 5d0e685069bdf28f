//! What operators do with values.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::ast::BinaryOp;
use crate::contents::Contents;
use crate::eval::{Calls, byte, integers};
use crate::power::power;
use crate::time::Time;
use crate::value::{IntKind, List, ListKind, MapKind, Value};
use crate::{go, limits};

/// Go's message when a value is not of the type that is wanted.
pub(crate) fn describe_conversion(value: &Value, wanted: &str) -> String {
    let found = match value {
        Value::Nil => "nil".to_owned(),
        _ => value.type_name(),
    };
    format!("interface conversion: interface {{}} is {found}, not {wanted}")
}

fn undefined(word: &str, left: &Value, right: &Value) -> String {
    format!("invalid operation: {} {word} {}", left.type_name(), right.type_name())
}

/// A number of the language: months and weekdays are none.
#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Number> {
        match value {
            Value::Int(number, kind) if kind.is_plain() => Some(Number::Int(*number)),
            Value::Float(number) => Some(Number::Float(*number)),
            _ => None,
        }
    }

    fn float(self) -> f64 {
        match self {
            Number::Int(number) => number as f64,
            Number::Float(number) => number,
        }
    }
}

/// An arithmetic operation on two numbers: integers stay integers.
fn arithmetic(
    left: Number,
    right: Number,
    integers: fn(i64, i64) -> i64,
    floats: fn(f64, f64) -> f64,
) -> Value {
    match (left, right) {
        (Number::Int(left), Number::Int(right)) => Value::int(integers(left, right)),
        _ => Value::Float(floats(left.float(), right.float())),
    }
}

/// An operator that looks at both operands.
pub(crate) fn binary(op: BinaryOp, left: &Value, right: &Value, calls: &mut Calls) -> Result<Value, String> {
    calls.work(effort(op, left, right))?;
    match op {
        BinaryOp::Equal => Ok(Value::Bool(equal(left, right))),
        BinaryOp::NotEqual => Ok(Value::Bool(!equal(left, right))),
        BinaryOp::Less => compare(left, right, "<").map(|order| Value::Bool(order == Some(Ordering::Less))),
        BinaryOp::Greater => {
            compare(left, right, ">").map(|order| Value::Bool(order == Some(Ordering::Greater)))
        }
        BinaryOp::LessOrEqual => compare(left, right, "<=")
            .map(|order| Value::Bool(matches!(order, Some(Ordering::Less | Ordering::Equal)))),
        BinaryOp::GreaterOrEqual => compare(left, right, ">=")
            .map(|order| Value::Bool(matches!(order, Some(Ordering::Greater | Ordering::Equal)))),
        BinaryOp::In => contains(right, left).map(Value::Bool),
        BinaryOp::Contains => texts(left, right, |text, part| text.contains(part)),
        BinaryOp::StartsWith => texts(left, right, |text, part| text.starts_with(part)),
        BinaryOp::EndsWith => texts(left, right, |text, part| text.ends_with(part)),
        BinaryOp::Add => add(left, right),
        BinaryOp::Subtract => subtract(left, right),
        BinaryOp::Multiply => multiply(left, right),
        BinaryOp::Divide => match (Number::of(left), Number::of(right)) {
            (Some(l), Some(r)) => Ok(Value::Float(l.float() / r.float())),
            _ => Err(undefined("/", left, right)),
        },
        BinaryOp::Modulo => match (Number::of(left), Number::of(right)) {
            (Some(Number::Int(_)), Some(Number::Int(0))) => {
                Err("runtime error: integer divide by zero".to_owned())
            }
            (Some(Number::Int(l)), Some(Number::Int(r))) => Ok(Value::int(l.wrapping_rem(r))),
            _ => Err(undefined("%", left, right)),
        },
        BinaryOp::Power => Ok(Value::Float(power(to_float(left)?, to_float(right)?))),
        BinaryOp::Or | BinaryOp::And | BinaryOp::Coalesce | BinaryOp::Range => {
            Err("this operator does not look at both operands".to_owned())
        }
    }
}

/// The bytes that an operator goes through at most.
fn effort(op: BinaryOp, left: &Value, right: &Value) -> u64 {
    let bytes = |value: &Value| value.size().bytes;
    match op {
        BinaryOp::In => match right {
            Value::Map(_) => 0,
            _ => bytes(right),
        },
        BinaryOp::Contains | BinaryOp::Add => bytes(left).saturating_add(bytes(right)),
        // What differs in length is different.
        _ => bytes(left).min(bytes(right)),
    }
}

fn texts(left: &Value, right: &Value, test: fn(&str, &str) -> bool) -> Result<Value, String> {
    match (left, right) {
        (Value::Text(text), Value::Text(part)) => Ok(Value::Bool(test(text, part))),
        (Value::Nil, _) | (_, Value::Nil) => Ok(Value::Bool(false)),
        (Value::Text(_), other) | (other, _) => Err(describe_conversion(other, "string")),
    }
}

fn shown(time: Time) -> Value {
    Value::Time(Arc::new(time))
}

fn add(left: &Value, right: &Value) -> Result<Value, String> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => {
            let length = left.len() + right.len();
            if length > limits::TEXT_BYTES {
                return Err(limits::beyond(limits::TEXT_BYTES, "bytes of a text"));
            }
            let mut text = String::with_capacity(length);
            text.push_str(left);
            text.push_str(right);
            Ok(Value::from(text))
        }
        (Value::Time(time), Value::Duration(nanos)) | (Value::Duration(nanos), Value::Time(time)) => {
            Ok(shown(time.plus(*nanos)))
        }
        (Value::Duration(left), Value::Duration(right)) => Ok(Value::Duration(left.wrapping_add(*right))),
        _ => match (Number::of(left), Number::of(right)) {
            (Some(l), Some(r)) => Ok(arithmetic(l, r, i64::wrapping_add, |l, r| l + r)),
            _ => Err(undefined("+", left, right)),
        },
    }
}

fn subtract(left: &Value, right: &Value) -> Result<Value, String> {
    match (left, right) {
        (Value::Time(left), Value::Time(right)) => Ok(Value::Duration(left.since(right))),
        (Value::Time(time), Value::Duration(nanos)) => Ok(shown(time.plus(nanos.saturating_neg()))),
        (Value::Duration(left), Value::Duration(right)) => Ok(Value::Duration(left.wrapping_sub(*right))),
        _ => match (Number::of(left), Number::of(right)) {
            (Some(l), Some(r)) => Ok(arithmetic(l, r, i64::wrapping_sub, |l, r| l - r)),
            _ => Err(undefined("-", left, right)),
        },
    }
}

fn multiply(left: &Value, right: &Value) -> Result<Value, String> {
    match (left, right) {
        (Value::Duration(left), Value::Duration(right)) => {
            return Ok(Value::Duration(left.wrapping_mul(*right)));
        }
        (Value::Duration(nanos), other) | (other, Value::Duration(nanos)) => match Number::of(other) {
            Some(Number::Int(factor)) => return Ok(Value::Duration(nanos.wrapping_mul(factor))),
            Some(Number::Float(factor)) => return Ok(Value::Float(*nanos as f64 * factor)),
            None => {}
        },
        _ => {}
    }
    match (Number::of(left), Number::of(right)) {
        (Some(l), Some(r)) => Ok(arithmetic(l, r, i64::wrapping_mul, |l, r| l * r)),
        _ => Err(undefined("*", left, right)),
    }
}

/// `-value`
pub(crate) fn negate(value: &Value) -> Result<Value, String> {
    match value {
        Value::Int(byte, IntKind::Uint8) => Ok(Value::Int(byte.wrapping_neg() & 0xff, IntKind::Uint8)),
        Value::Int(number, kind) if kind.is_plain() => Ok(Value::Int(number.wrapping_neg(), *kind)),
        Value::Float(number) => Ok(Value::Float(-number)),
        _ => Err(format!("invalid operation: - {}", value.type_name())),
    }
}

/// Go's `ToInt` of the language's runtime, which refuses texts.
pub(crate) fn to_int(value: &Value) -> Result<i64, String> {
    match value {
        Value::Int(number, kind) if kind.is_plain() => Ok(*number),
        Value::Float(number) => Ok(float_to_int(*number)),
        _ => Err(format!("invalid operation: int({})", value.type_name())),
    }
}

/// A float cut off to an integer as the reference's machine does: what does not fit is the smallest one.
pub(crate) fn float_to_int(number: f64) -> i64 {
    let fits = number >= i64::MIN as f64 && number < 9_223_372_036_854_775_808.0;
    if fits { number as i64 } else { i64::MIN }
}

fn to_float(value: &Value) -> Result<f64, String> {
    match Number::of(value) {
        Some(number) => Ok(number.float()),
        None => Err(format!("invalid operation: float({})", value.type_name())),
    }
}

/// `left..right`, both ends included.
pub(crate) fn range(left: &Value, right: &Value, calls: &mut Calls) -> Result<Value, String> {
    let (from, to) = (to_int(left)?, to_int(right)?);
    let size = to.checked_sub(from).and_then(|size| size.checked_add(1)).unwrap_or(i64::MAX).max(0);
    if from > to {
        return Ok(integers(std::iter::empty()));
    }
    calls.grow(usize::try_from(size).unwrap_or(usize::MAX))?;
    Ok(integers(from..=to))
}

/// Whether two values are equal to the language: numbers across types, lists element by element.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => left == right,
        _ if left.is_unset() && right.is_unset() => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Time(left), Value::Time(right)) => left.instant == right.instant,
        (Value::Duration(left), Value::Duration(right)) => left == right,
        (Value::List(left), Value::List(right)) => {
            left.items.len() == right.items.len()
                && left.items.iter().zip(right.items.iter()).all(|(left, right)| equal(left, right))
        }
        _ => match (Number::of(left), Number::of(right)) {
            (Some(Number::Int(left)), Some(Number::Int(right))) => left == right,
            (Some(left), Some(right)) => left.float() == right.float(),
            _ => identical(left, right),
        },
    }
}

/// Whether two values are the same in type and content.
pub(crate) fn identical(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left, one), Value::Int(right, other)) => one == other && left == right,
        (Value::Float(left), Value::Float(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::Bytes(left), Value::Bytes(right)) => left == right,
        (Value::Time(left), Value::Time(right)) => left == right,
        (Value::Duration(left), Value::Duration(right)) => left == right,
        (Value::Zone(left), Value::Zone(right)) => left == right,
        (Value::Version(left), Value::Version(right)) => left == right,
        (Value::List(left), Value::List(right)) => {
            left.kind == right.kind
                && left.nil == right.nil
                && left.items.len() == right.items.len()
                && left.items.iter().zip(right.items.iter()).all(|(left, right)| identical(left, right))
        }
        (Value::Map(left), Value::Map(right)) => {
            left.kind == right.kind
                && left.entries.len() == right.entries.len()
                && left
                    .entries
                    .iter()
                    .zip(right.entries.iter())
                    .all(|((one, left), (other, right))| one == other && identical(left, right))
        }
        _ => false,
    }
}

/// The order of two values, none beside NaN.
pub(crate) fn compare(left: &Value, right: &Value, word: &str) -> Result<Option<Ordering>, String> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Ok(Some(left.cmp(right))),
        (Value::Time(left), Value::Time(right)) => Ok(Some(left.instant.cmp(&right.instant))),
        (Value::Duration(left), Value::Duration(right)) => Ok(Some(left.cmp(right))),
        _ => match (Number::of(left), Number::of(right)) {
            (Some(Number::Int(left)), Some(Number::Int(right))) => Ok(Some(left.cmp(&right))),
            (Some(left), Some(right)) => Ok(left.float().partial_cmp(&right.float())),
            _ => Err(undefined(word, left, right)),
        },
    }
}

/// `needle in collection`
fn contains(collection: &Value, needle: &Value) -> Result<bool, String> {
    match collection {
        Value::Nil => Ok(false),
        Value::List(list) => Ok(list.items.iter().any(|item| equal(item, needle))),
        Value::Bytes(bytes) => Ok(bytes.iter().any(|item| equal(&byte(*item), needle))),
        Value::Map(map) => match needle {
            Value::Text(key) => Ok(map.entries.contains_key(key)),
            // Nil looks for the key that has nothing in it.
            Value::Nil => Ok(map.entries.contains_key("")),
            other => Err(not_a_key(other)),
        },
        Value::AnyMap(map) => Ok(map.entries.iter().any(|(key, _)| identical(key, needle))),
        Value::Library => Ok(needle.as_text().is_some_and(crate::sprig::knows)),
        // Neither has fields that could be named.
        Value::Time(_) | Value::Zone(_) if needle.as_text().is_some() => Ok(false),
        Value::Time(_) => {
            Err(format!("cannot use {} as field name of {}", needle.type_name(), collection.type_name()))
        }
        _ => Err(format!("operator \"in\" not defined on {}", collection.type_name())),
    }
}

/// `needle in ["a", "b"]`: a list that is written out with texts only is a set of texts.
pub(crate) fn is_among(texts: &Value, needle: &Value) -> Result<bool, String> {
    match needle {
        Value::Text(_) => contains(texts, needle),
        Value::Nil => contains(texts, &Value::from("")),
        other => Err(not_a_key(other)),
    }
}

fn not_a_key(value: &Value) -> String {
    format!("reflect.Value.MapIndex: value of type {} is not assignable to type string", value.type_name())
}

/// The place of an index in something of a length, counted from the end when negative.
fn position(index: i64, length: usize) -> Result<usize, i64> {
    let shifted = if index < 0 { index.saturating_add(length as i64) } else { index };
    usize::try_from(shifted).ok().filter(|at| *at < length).ok_or(shifted)
}

fn at(key: &Value, length: usize) -> Result<usize, String> {
    position(to_int(key)?, length)
        .map_err(|index| format!("index out of range: {index} (array length is {length})"))
}

/// `base[key]`, `base.key`
pub(crate) fn fetch(base: &Value, key: &Value) -> Result<Value, String> {
    if let Some(name) = key.as_text()
        && let Some(method) = crate::methods::find(base, name)
    {
        return Ok(Value::Function(crate::value::Function::Method(Arc::new(base.clone()), method)));
    }
    match base {
        Value::List(list) => Ok(list.items[at(key, list.items.len())?].clone()),
        Value::Bytes(bytes) => Ok(byte(bytes[at(key, bytes.len())?])),
        Value::Text(text) => Ok(byte(text.as_bytes()[at(key, text.len())?])),
        Value::Map(map) => match key {
            Value::Text(key) => Ok(map.entries.get(key).cloned().unwrap_or(absent(map.kind))),
            Value::Nil => Ok(absent(map.kind)),
            other => Err(not_a_key(other)),
        },
        Value::AnyMap(map) => {
            let found = map.entries.iter().find(|(known, _)| identical(known, key));
            // A group that is not there is a list that is nil.
            let missing = if map.grouped { Value::nil_list(ListKind::Any) } else { Value::Nil };
            Ok(found.map_or(missing, |(_, value)| value.clone()))
        }
        Value::Library => {
            let function = key.as_text().and_then(crate::sprig::find);
            Ok(function.map_or(Value::Nil, |name| Value::Function(crate::value::Function::Sprig(name))))
        }
        _ => Err(format!("cannot fetch {} from {}", key.to_text(), base.type_name())),
    }
}

/// What a map of the type answers for a key that is not there.
fn absent(kind: MapKind) -> Value {
    match kind {
        MapKind::Any => Value::Nil,
        MapKind::Text => Value::from(""),
    }
}

/// `get(base, key)`: like [`fetch`], but nil where nothing is found.
pub(crate) fn get(base: &Value, key: &Value) -> Result<Value, String> {
    let length = match base {
        Value::List(list) => list.items.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Text(text) => text.len(),
        Value::Map(_) | Value::AnyMap(_) | Value::Library => return fetch(base, key),
        _ => return Ok(Value::Nil),
    };
    match position(to_int(key)?, length) {
        Ok(_) => fetch(base, key),
        Err(_) => Ok(Value::Nil),
    }
}

/// `base[from:to]`; ends beyond the base are moved to it.
pub(crate) fn slice(base: &Value, from: Option<&Value>, to: Option<&Value>) -> Result<Value, String> {
    let length = match base {
        Value::List(list) => list.items.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Text(text) => text.len(),
        Value::Map(_) | Value::AnyMap(_) => return Err(not_sliced(from)),
        // Where it ends by itself its length is asked for first.
        _ if to.is_none() => {
            return Err(format!("invalid argument for len (type {})", base.type_name()));
        }
        _ => return Err(not_sliced(from)),
    };
    let bound = |value: Option<&Value>, otherwise: usize| match value {
        None => Ok(otherwise),
        Some(value) => {
            let index = to_int(value)?;
            let index = if index < 0 { index.saturating_add(length as i64) } else { index };
            Ok::<usize, String>(usize::try_from(index).unwrap_or(0).min(length))
        }
    };
    let (from, to) = (bound(from, 0)?, bound(to, length)?);
    let from = from.min(to);
    Ok(match base {
        Value::List(list) => {
            let items = Arc::new(list.items[from..to].to_vec().into());
            Value::List(List { items, ..list.clone() })
        }
        Value::Bytes(bytes) => Value::Bytes(bytes[from..to].into()),
        _ => {
            let text = base.as_text().unwrap_or("");
            Value::from(go::text(text.as_bytes()[from..to].to_vec()))
        }
    })
}

/// The reference names where the slice begins, not what has none.
fn not_sliced(from: Option<&Value>) -> String {
    format!("cannot slice {}", from.map_or("0".to_owned(), Value::to_text))
}

/// What a predicate function goes through.
pub(crate) enum Elements {
    Values(Arc<Contents<Vec<Value>>>),
    /// So many entries of a map, which cannot be looked at: only a predicate that does not is content with that.
    Entries(usize),
}

impl Elements {
    pub(crate) fn len(&self) -> usize {
        match self {
            Elements::Values(values) => values.len(),
            Elements::Entries(count) => *count,
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Value> {
        match self {
            Elements::Values(values) => values.get(index),
            Elements::Entries(_) => None,
        }
    }
}

/// Go's words for an element of a map.
pub(crate) const NO_ELEMENT: &str = "reflect: call of reflect.Value.Index on map Value";

pub(crate) fn elements(collection: &Value) -> Result<Elements, String> {
    let bytes = |bytes: &[u8]| bytes.iter().map(|item| byte(*item)).collect::<Vec<_>>();
    match collection {
        Value::List(list) => Ok(Elements::Values(list.items.clone())),
        Value::Bytes(list) => Ok(Elements::Values(Arc::new(bytes(list).into()))),
        Value::Text(text) => Ok(Elements::Values(Arc::new(bytes(text.as_bytes()).into()))),
        Value::Map(map) => Ok(Elements::Entries(map.entries.len())),
        Value::AnyMap(map) => Ok(Elements::Entries(map.entries.len())),
        Value::Library => Err(NO_ELEMENT.to_owned()),
        Value::Nil => Err("reflect: call of reflect.Value.Len on zero Value".to_owned()),
        _ => Err(format!("reflect: call of reflect.Value.Len on {} Value", collection.type_name())),
    }
}

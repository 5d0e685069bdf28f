//! What the functions of the language do, and Argo's own (TP-190, TP-191).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::eval::{Calls, byte};
use crate::operators::{self, describe_conversion, equal, float_to_int, to_int};
use crate::time::{Time, Zone, parse};
use crate::value::{IntKind, List, ListKind, Value};
use crate::{duration, encode, go, go_json, jsonpath, limits, sprig, text};

type Called = Result<Value, String>;

/// Calls one of Argo's own functions (TP-154).
pub(crate) fn call_extra(name: &str, arguments: &[Value], calls: &mut Calls) -> Called {
    match (name, arguments) {
        ("asInt", [value]) => to_integer(value).map(Value::int),
        ("asFloat", [value]) => to_float(value).map(Value::Float),
        ("toJson", [value]) => value.to_json().map(Value::from),
        // Go's reflection makes the empty text of nil.
        ("jsonpath", [document @ (Value::Nil | Value::Text(_)), path @ (Value::Nil | Value::Text(_))]) => {
            let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
            jsonpath::query(&text(document), &text(path), calls)
        }
        ("jsonpath", [Value::Text(_) | Value::Nil, other] | [other, _]) => {
            Err(format!("reflect: Call using {} as type string", other.type_name()))
        }
        _ => Err(format!("invalid number of arguments: got {}", arguments.len())),
    }
}

/// Calls a function of the language that takes no predicate.
pub(crate) fn call(name: &str, arguments: &[Value], calls: &mut Calls) -> Called {
    match (name, arguments) {
        ("len", [value]) => length(value),
        ("type", [value]) => Ok(Value::from(type_word(value))),
        ("abs", [value]) => match value {
            Value::Int(number, kind) if kind.is_plain() => Ok(Value::Int(number.wrapping_abs(), *kind)),
            // Minus zero is not less than zero, and stays.
            Value::Float(number) => Ok(Value::Float(if *number < 0.0 { -number } else { *number })),
            _ => Err(invalid(name, value)),
        },
        ("ceil" | "floor" | "round", [value]) => rounded(name, value),
        ("int", [value]) => to_integer(value).map(Value::int),
        ("float", [value]) => to_float(value).map(Value::Float),
        ("string", [value]) => Ok(Value::from(value.to_text())),
        ("toJSON", [value]) => value.to_json_indented().map(Value::from),
        ("fromJSON", [value]) => go_json::parse(text_of(value)?),
        ("toBase64", [value]) => Ok(Value::from(encode::base64(text_of(value)?.as_bytes()))),
        ("fromBase64", [value]) => {
            let bytes = encode::unbase64(text_of(value)?)?;
            Ok(Value::from(go::text(bytes)))
        }
        ("max" | "min", _) => extreme(name, arguments),
        ("mean" | "median", _) => average(name, arguments),
        ("now", []) => Ok(Value::Time(Arc::new(Time::utc(calls.world.now)))),
        ("now", [other]) if !matches!(other, Value::Zone(_)) => {
            Err("invalid number of arguments (expected 0, got 1)".to_owned())
        }
        ("now", [Value::Zone(zone)]) => {
            Ok(Value::Time(Arc::new(Time { instant: calls.world.now, zone: zone.clone() })))
        }
        ("duration", [value]) => duration::go(text_of(value)?).map(Value::Duration),
        ("timezone", [value]) => Zone::load(text_of(value)?).map(|zone| Value::Zone(Arc::new(zone))),
        ("date", _) => date(arguments),
        ("join", [list]) => join(list, ""),
        ("join", [list, separator]) => join(list, text_of(separator)?),
        ("first" | "last", [value]) => {
            let at = if name == "first" { 0 } else { -1 };
            // Whatever has no such element answers nil.
            Ok(operators::fetch(value, &Value::int(at)).unwrap_or(Value::Nil))
        }
        ("get", [base, key]) => operators::get(base, key),
        ("take", [list, count]) => take(list, count),
        ("keys" | "values" | "toPairs", [map]) => entries(name, map),
        ("fromPairs", [list]) => from_pairs(list),
        ("reverse", [list]) => {
            let mut items = items(list, "cannot reverse")?;
            calls.grow(items.len())?;
            items.reverse();
            Ok(Value::list(items))
        }
        ("uniq", [list]) => uniq(list, calls),
        ("concat", _) => concat(arguments, calls),
        ("flatten", [list]) => {
            let mut flat = Vec::new();
            flatten(&items(list, "cannot flatten")?, &mut flat);
            calls.grow(flat.len())?;
            Ok(Value::list(flat))
        }
        ("sort", [list]) => sorted(list, false, calls),
        ("sort", [list, order]) => sorted(list, order_of_sort(order)?, calls),
        ("bitnot", [value]) => Ok(Value::int(!bits_of(name, value)?)),
        ("bitand" | "bitor" | "bitxor" | "bitnand" | "bitshl" | "bitshr" | "bitushr", [left, right]) => {
            bits(name, bits_of(name, left)?, bits_of(name, right)?).map(Value::int)
        }
        _ => texts(name, arguments),
    }
}

/// Functions whose arguments are texts and counts.
fn texts(name: &str, arguments: &[Value]) -> Called {
    let (words, count) = match (name, arguments) {
        ("split" | "splitAfter", [words @ .., count]) if words.len() == 2 => (words, Some(count)),
        ("replace", [words @ .., count]) if words.len() == 3 => (words, Some(count)),
        ("repeat", [words @ .., count]) => (words, Some(count)),
        _ => (arguments, None),
    };
    let words: Vec<&str> = words.iter().map(text_of).collect::<Result<_, _>>()?;
    let count = count.map(to_int).transpose()?;
    let value = match (name, words.as_slice()) {
        ("trim", [text]) => Value::from(text.trim()),
        ("trim", [text, set]) => Value::from(text.trim_matches(|c| set.contains(c))),
        ("trimPrefix", [text]) => Value::from(text.strip_prefix(' ').unwrap_or(text)),
        ("trimPrefix", [text, prefix]) => Value::from(text.strip_prefix(prefix).unwrap_or(text)),
        ("trimSuffix", [text]) => Value::from(text.strip_suffix(' ').unwrap_or(text)),
        ("trimSuffix", [text, suffix]) => Value::from(text.strip_suffix(suffix).unwrap_or(text)),
        ("upper", [text]) => Value::from(text::upper(text)),
        ("lower", [text]) => Value::from(text::lower(text)),
        ("hasPrefix", [text, prefix]) => Value::Bool(text.starts_with(prefix)),
        ("hasSuffix", [text, suffix]) => Value::Bool(text.ends_with(suffix)),
        ("indexOf", [text, part]) => Value::int(text.find(part).map_or(-1, |at| at as i64)),
        ("lastIndexOf", [text, part]) => Value::int(text.rfind(part).map_or(-1, |at| at as i64)),
        ("split", [text, separator]) => text::split_list(text, separator, count, text::Keep::Nothing),
        ("splitAfter", [text, separator]) => text::split_list(text, separator, count, text::Keep::Separator),
        ("replace", [text, old, new]) => Value::from(text::replace(text, old, new, count.unwrap_or(-1))?),
        ("repeat", [text]) => {
            let count = count.ok_or_else(|| format!("not enough arguments to call {name}"))?;
            let count = usize::try_from(count).map_err(|_| {
                format!("invalid argument for repeat (expected positive integer, got {count})")
            })?;
            if count.saturating_mul(text.len().max(1)) as u64 >= limits::MEMORY {
                return Err("memory budget exceeded".to_owned());
            }
            Value::from(text.repeat(count))
        }
        _ => return Err(format!("wrong arguments to call {name}")),
    };
    Ok(value)
}

fn text_of(value: &Value) -> Result<&str, String> {
    value.as_text().ok_or_else(|| describe_conversion(value, "string"))
}

fn invalid(name: &str, value: &Value) -> String {
    format!("invalid argument for {name} (type {})", value.type_name())
}

fn length(value: &Value) -> Called {
    Ok(Value::int(match value {
        Value::Text(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.items.len(),
        Value::Map(map) => map.entries.len(),
        Value::AnyMap(map) => map.entries.len(),
        _ => return Err(invalid("len", value)),
    } as i64))
}

fn type_word(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nil",
        Value::Bool(_) => "bool",
        Value::Int(_, kind) => kind.word(),
        Value::Float(_) => "float",
        Value::Text(_) => "string",
        Value::Bytes(_) | Value::List(_) => "array",
        Value::Map(_) | Value::AnyMap(_) | Value::Library => "map",
        Value::Time(_) => "time.Time",
        Value::Duration(_) => "time.Duration",
        Value::Zone(_) => "time.Location",
        Value::Function(_) => "func",
        Value::Version(_) => "github.com/Masterminds/semver/v3.Version",
    }
}

fn rounded(name: &str, value: &Value) -> Called {
    let number = match value {
        Value::Int(number, kind) if kind.is_plain() => *number as f64,
        Value::Float(number) => *number,
        _ => return Err(invalid(name, value)),
    };
    Ok(Value::Float(match name {
        "ceil" => number.ceil(),
        "floor" => number.floor(),
        _ => number.round(),
    }))
}

/// `int(value)`: texts must be whole decimal numbers.
fn to_integer(value: &Value) -> Result<i64, String> {
    match value {
        Value::Int(number, _) | Value::Duration(number) => Ok(*number),
        Value::Float(number) => Ok(float_to_int(*number)),
        Value::Text(text) => go::atoi(text).map_err(|_| format!("invalid operation: int({text})")),
        Value::Nil => Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
        _ => Err(format!("invalid operation: int({})", value.type_name())),
    }
}

/// `float(value)`: texts in any notation of Go.
fn to_float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Int(number, _) => Ok(*number as f64),
        Value::Float(number) => Ok(*number),
        Value::Text(text) => go::parse_float(text).ok_or_else(|| format!("invalid operation: float({text})")),
        _ => Err(format!("invalid operation: float({})", value.type_name())),
    }
}

/// All numbers among the arguments, lists opened; durations and months are some.
fn numbers(name: &str, arguments: &[Value], into: &mut Vec<f64>) -> Result<(), String> {
    for argument in arguments {
        match argument {
            Value::List(list) => numbers(name, &list.items, into)?,
            Value::Bytes(bytes) => into.extend(bytes.iter().map(|item| f64::from(*item))),
            Value::Int(number, _) | Value::Duration(number) => into.push(*number as f64),
            Value::Float(number) => into.push(*number),
            _ => return Err(invalid(name, argument)),
        }
    }
    Ok(())
}

/// The largest or smallest argument, and what it is measured by.
struct Extreme<'n> {
    name: &'n str,
    best: Value,
}

impl Extreme<'_> {
    fn see(&mut self, value: &Value) -> Result<(), String> {
        let (word, wanted) =
            if self.name == "max" { ("<", Ordering::Less) } else { (">", Ordering::Greater) };
        if self.best.is_nil() || operators::compare(&self.best, value, word)? == Some(wanted) {
            self.best = value.clone();
        }
        Ok(())
    }

    /// Elements of lists have to be numbers; durations are none there.
    fn see_elements(&mut self, items: &[Value]) -> Result<(), String> {
        for item in items {
            match item {
                Value::Int(_, kind) if kind.is_plain() => self.see(item)?,
                Value::Float(_) => self.see(item)?,
                Value::List(list) => self.see_elements(&list.items)?,
                Value::Bytes(bytes) => bytes.iter().try_for_each(|item| self.see(&byte(*item)))?,
                other => return Err(invalid(self.name, other)),
            }
        }
        Ok(())
    }
}

fn extreme(name: &str, arguments: &[Value]) -> Called {
    let mut extreme = Extreme { name, best: Value::Nil };
    for argument in arguments {
        match argument {
            Value::Int(..) | Value::Float(_) | Value::Duration(_) => extreme.see(argument)?,
            Value::List(_) | Value::Bytes(_) => extreme.see_elements(std::slice::from_ref(argument))?,
            // One alone is not compared with anything.
            other if arguments.len() == 1 => return Ok(other.clone()),
            other => return Err(invalid(name, other)),
        }
    }
    Ok(extreme.best)
}

fn average(name: &str, arguments: &[Value]) -> Called {
    let mut all = Vec::new();
    numbers(name, arguments, &mut all)?;
    match name {
        "mean" if all.is_empty() => Ok(Value::Float(0.0)),
        "mean" => Ok(Value::Float(all.iter().sum::<f64>() / all.len() as f64)),
        _ => {
            let mut sorted = all;
            sorted.sort_by(f64::total_cmp);
            let middle = sorted.len() / 2;
            Ok(Value::Float(match sorted.len() {
                0 => 0.0,
                length if length % 2 == 1 => sorted[middle],
                _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
            }))
        }
    }
}

fn date(arguments: &[Value]) -> Called {
    let (zone, arguments) = match arguments {
        [Value::Zone(zone), rest @ ..] => (zone.clone(), rest),
        _ => (Arc::new(Zone::Utc), arguments),
    };
    let mut words = Vec::with_capacity(arguments.len());
    for argument in arguments {
        words.push(text_of(argument)?);
    }
    let time = match words.as_slice() {
        [date] => {
            const LAYOUTS: [&str; 7] = [
                "2006-01-02",
                "15:04:05",
                "2006-01-02 15:04:05",
                "2006-01-02T15:04:05Z07:00",
                "02 Jan 06 15:04 MST",
                "Monday, 02-Jan-06 15:04:05 MST",
                "Mon, 02 Jan 2006 15:04:05 MST",
            ];
            let found = LAYOUTS.into_iter().find_map(|layout| parse(layout, date, &zone).ok());
            found.ok_or_else(|| format!("invalid date {date}"))?
        }
        [date, layout] => parse(layout, date, &zone)?,
        [date, layout, zone] => parse(layout, date, &Arc::new(Zone::load(zone)?))?,
        _ => return Err(format!("invalid number of arguments (expected at least 1, got {})", words.len())),
    };
    Ok(Value::Time(Arc::new(time)))
}

fn join(list: &Value, separator: &str) -> Called {
    let Value::List(list) = list else {
        // Go stumbles over the type of nil here.
        return Err(match list {
            Value::Nil => "invalid argument for join (type %!s(<nil>))".to_owned(),
            other => invalid("join", other),
        });
    };
    if matches!(list.kind, ListKind::Int | ListKind::Lists) {
        return Err(invalid("join", &Value::List(list.clone())));
    }
    let items = &list.items;
    let mut words = Vec::with_capacity(items.len());
    let mut length = 0;
    for item in items.iter() {
        let word = text_of(item)?;
        length += word.len() + separator.len();
        words.push(word);
    }
    text::allow(length)?;
    Ok(Value::from(words.join(separator)))
}

fn take(list: &Value, count: &Value) -> Called {
    let Value::List(list) = list else {
        return Err(format!("cannot take from {}", sprig::kind(list)));
    };
    let count = match count {
        Value::Int(count, kind) if *kind != IntKind::Uint8 => *count,
        Value::Duration(count) => *count,
        other => return Err(format!("cannot take {} elements", sprig::kind(other))),
    };
    let count =
        usize::try_from(count).map_err(|_| "reflect.Value.Slice: slice index out of bounds".to_owned())?;
    let kept = list.items[..count.min(list.items.len())].to_vec();
    Ok(Value::List(List { items: Arc::new(kept.into()), ..list.clone() }))
}

/// The elements of a list, or the message for what is none.
fn items(list: &Value, words: &str) -> Result<Vec<Value>, String> {
    match list {
        Value::List(list) => Ok(list.items.to_vec()),
        Value::Bytes(bytes) => Ok(bytes.iter().map(|item| byte(*item)).collect()),
        other => Err(format!("{words} {}", sprig::kind(other))),
    }
}

fn entries(name: &str, map: &Value) -> Called {
    let pairs: Vec<(Value, Value)> = match map {
        Value::Map(map) => {
            map.entries.iter().map(|(key, value)| (Value::Text(key.clone()), value.clone())).collect()
        }
        Value::AnyMap(map) => map.entries.to_vec(),
        other => {
            let found = sprig::kind(other);
            return Err(match name {
                "toPairs" => format!("cannot transform {found} to pairs"),
                _ => format!("cannot get {name} from {found}"),
            });
        }
    };
    Ok(Value::list(
        pairs
            .into_iter()
            .map(|(key, value)| match name {
                "keys" => key,
                "values" => value,
                _ => Value::list(vec![key, value]),
            })
            .collect(),
    ))
}

fn from_pairs(list: &Value) -> Called {
    let Value::List(list) = list else {
        let shown = match list {
            Value::Text(text) => text.to_string(),
            Value::Nil => "<invalid reflect.Value>".to_owned(),
            Value::Bool(_) | Value::Int(..) | Value::Float(_) => {
                format!("%!s({}={})", list.type_name(), list.to_text())
            }
            other => other.type_name(),
        };
        return Err(format!("cannot transform {shown} from pairs"));
    };
    let mut keys: BTreeMap<String, usize> = BTreeMap::new();
    let mut pairs: Vec<(Value, Value)> = Vec::new();
    for item in list.items.iter() {
        let Value::List(pair) = item else { return Err(format!("invalid pair {}", item.to_text())) };
        let [key, value] = pair.items.as_slice() else {
            return Err(format!("invalid pair length {}", item.to_text()));
        };
        if matches!(key, Value::List(_) | Value::Map(_) | Value::AnyMap(_) | Value::Bytes(_)) {
            return Err(format!("runtime error: hash of unhashable type {}", key.type_name()));
        }
        let name = format!("{} {}", key.type_name(), key.to_text());
        match keys.get(&name) {
            Some(at) => pairs[*at].1 = value.clone(),
            None => {
                keys.insert(name, pairs.len());
                pairs.push((key.clone(), value.clone()));
            }
        }
    }
    Ok(Value::any_map(pairs, false))
}

fn uniq(list: &Value, calls: &mut Calls) -> Called {
    let items = items(list, "cannot uniq")?;
    let mut kept: Vec<Value> = Vec::new();
    let mut looks: u64 = 0;
    for item in items {
        looks += kept.len() as u64 * (1 + item.size().bytes / 64);
        if looks > limits::STEPS * 10 {
            return Err(limits::beyond(limits::STEPS * 10, "comparisons of `uniq`"));
        }
        if !kept.iter().any(|known| equal(known, &item)) {
            kept.push(item);
        }
    }
    calls.grow(kept.len())?;
    Ok(Value::list(kept))
}

fn concat(arguments: &[Value], calls: &mut Calls) -> Called {
    let mut all = Vec::new();
    for argument in arguments {
        let part = items(argument, "cannot concat")?;
        calls.grow(part.len())?;
        all.extend(part);
    }
    Ok(if all.is_empty() { Value::nil_list(ListKind::Any) } else { Value::list(all) })
}

fn flatten(items: &[Value], into: &mut Vec<Value>) {
    for item in items {
        match item {
            Value::List(list) => flatten(&list.items, into),
            other => into.push(other.clone()),
        }
    }
}

/// Whether an order says `desc`; none if it says neither.
pub(crate) fn is_descending(order: &str) -> Option<bool> {
    match order {
        "asc" => Some(false),
        "desc" => Some(true),
        _ => None,
    }
}

/// The same for `sort`, in its words.
fn order_of_sort(order: &Value) -> Result<bool, String> {
    let Some(word) = order.as_text() else {
        return Err(format!("sort order argument must be a string (got {})", order.type_name()));
    };
    is_descending(word).ok_or_else(|| format!("invalid order {word}, expected asc or desc"))
}

fn sorted(list: &Value, descending: bool, calls: &mut Calls) -> Called {
    // What is no list that could be sorted comes out as none.
    let mut items = match list {
        Value::List(list) if list.kind != ListKind::Lists => list.items.to_vec(),
        _ => return Ok(Value::nil_list(ListKind::Any)),
    };
    calls.grow(items.len())?;
    sort(&mut items, descending, |item| item)?;
    Ok(Value::list(items))
}

/// Sorts by keys that must be comparable; the error is that of the first comparison that fails.
pub(crate) fn sort<T>(items: &mut [T], descending: bool, key: fn(&T) -> &Value) -> Result<(), String> {
    let mut failure = None;
    items.sort_by(|left, right| {
        if failure.is_some() {
            return Ordering::Equal;
        }
        // Which one stands first shows in what is said about two that cannot be compared.
        let (first, second) = if descending { (right, left) } else { (left, right) };
        match operators::compare(key(first), key(second), "<") {
            Ok(order) => order.unwrap_or(Ordering::Equal),
            Err(message) => {
                failure = Some(message);
                Ordering::Equal
            }
        }
    });
    failure.map_or(Ok(()), Err)
}

/// An integer; floats are none here.
fn bits_of(name: &str, value: &Value) -> Result<i64, String> {
    match value {
        Value::Int(number, kind) if kind.is_plain() => Ok(*number),
        other => Err(format!("cannot use {} as argument (type int) to call {name}", other.type_name())),
    }
}

fn bits(name: &str, left: i64, right: i64) -> Result<i64, String> {
    if name.contains("sh") && right < 0 {
        return Err(format!("invalid operation: negative shift count {right} (type int)"));
    }
    let shift = u32::try_from(right).ok().filter(|shift| *shift < 64);
    Ok(match name {
        "bitand" => left & right,
        "bitor" => left | right,
        "bitxor" => left ^ right,
        "bitnand" => left & !right,
        "bitshl" => shift.map_or(0, |shift| left << shift),
        "bitushr" => shift.map_or(0, |shift| (left as u64 >> shift) as i64),
        _ => left >> shift.unwrap_or(63),
    })
}

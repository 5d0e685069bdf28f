//! Dictionaries.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Called, is_empty, shown, strings_value, text};
use crate::contents::Contents;
use crate::eval::Calls;
use crate::value::{MapKind, Value};

type Args<'a> = &'a [Value];
type Entries = BTreeMap<Arc<str>, Value>;

fn entries(value: &Value) -> Arc<Contents<Entries>> {
    match value {
        Value::Map(map) => map.entries.clone(),
        _ => Arc::default(),
    }
}

/// Keys and values in turn; a key without a value gets the empty text.
pub(super) fn dict(args: Args, _: &mut Calls) -> Called {
    let pairs = args.chunks(2).map(|pair| {
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::from(""));
        (shown(&pair[0]).into(), value)
    });
    Ok(Value::map(pairs.collect()))
}

pub(super) fn get(args: Args, _: &mut Calls) -> Called {
    Ok(entries(&args[0]).get(text(args, 1)).cloned().unwrap_or_else(|| Value::from("")))
}

pub(super) fn set(args: Args, _: &mut Calls) -> Called {
    if args[0].is_nil() {
        return Err("assignment to entry in nil map".to_owned());
    }
    let mut changed = (**entries(&args[0])).clone();
    changed.insert(text(args, 1).into(), args[2].clone());
    Ok(Value::map(changed))
}

pub(super) fn unset(args: Args, _: &mut Calls) -> Called {
    if args[0].is_nil() {
        return Ok(Value::Nil);
    }
    let mut changed = (**entries(&args[0])).clone();
    changed.remove(text(args, 1));
    Ok(Value::map(changed))
}

pub(super) fn has_key(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(entries(&args[0]).contains_key(text(args, 1))))
}

pub(super) fn pluck(args: Args, _: &mut Calls) -> Called {
    let key = text(args, 0);
    Ok(Value::list(args[1..].iter().filter_map(|dict| entries(dict).get(key).cloned()).collect()))
}

pub(super) fn keys(args: Args, _: &mut Calls) -> Called {
    let keys = args.iter().flat_map(|dict| {
        let names: Vec<String> = entries(dict).keys().map(|key| key.to_string()).collect();
        names
    });
    Ok(strings_value(keys.collect()))
}

pub(super) fn values(args: Args, _: &mut Calls) -> Called {
    Ok(Value::list(entries(&args[0]).values().cloned().collect()))
}

pub(super) fn pick(args: Args, _: &mut Calls) -> Called {
    let names: Vec<&str> = args[1..].iter().filter_map(Value::as_text).collect();
    let all = entries(&args[0]);
    let kept = all.iter().filter(|(key, _)| names.contains(&&***key));
    Ok(Value::map(kept.map(|(key, value)| (key.clone(), value.clone())).collect()))
}

pub(super) fn omit(args: Args, _: &mut Calls) -> Called {
    let names: Vec<&str> = args[1..].iter().filter_map(Value::as_text).collect();
    let all = entries(&args[0]);
    let kept = all.iter().filter(|(key, _)| !names.contains(&&***key));
    Ok(Value::map(kept.map(|(key, value)| (key.clone(), value.clone())).collect()))
}

/// Which of two values of a key survives a merge.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Winner {
    First,
    Last,
}

fn merged(into: &mut Entries, from: &Entries, winner: Winner) {
    for (key, value) in from {
        match into.get_mut(key) {
            Some(Value::Map(known)) if matches!(value, Value::Map(_)) => {
                let mut inner = (**known.entries).clone();
                merged(&mut inner, &entries(value), winner);
                known.entries = Arc::new(inner.into());
            }
            // Nothing replaces nothing and something alike, but only when the last wins.
            _ if value.is_nil() && winner == Winner::First => {}
            Some(known) if winner == Winner::First && !is_empty(known) => {}
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

fn merge_all(args: Args, winner: Winner) -> Value {
    let mut all = (**entries(&args[0])).clone();
    for other in &args[1..] {
        merged(&mut all, &entries(other), winner);
    }
    // Nothing is made of nothing.
    if args.iter().all(Value::is_nil) { Value::Nil } else { Value::map(all) }
}

pub(super) fn merge(args: Args, _: &mut Calls) -> Called {
    Ok(merge_all(args, Winner::First))
}

pub(super) fn merge_overwrite(args: Args, _: &mut Calls) -> Called {
    Ok(merge_all(args, Winner::Last))
}

/// Keys that lead downwards, a default, and the dictionary.
pub(super) fn dig(args: Args, _: &mut Calls) -> Called {
    let [keys @ .., default, dict] = args else {
        return Err("dig needs at least three arguments".to_owned());
    };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".to_owned());
    }
    let not_a_map = |value: &Value| {
        let found = if value.is_nil() { "nil".to_owned() } else { value.type_name() };
        format!("interface conversion: interface {{}} is {found}, not map[string]interface {{}}")
    };
    if !matches!(dict, Value::Map(map) if map.kind == MapKind::Any) {
        return Err(not_a_map(dict));
    }
    if let Some(wrong) = keys.iter().find(|key| key.as_text().is_none()) {
        return Err(crate::operators::describe_conversion(wrong, "string"));
    }
    let mut current = dict.clone();
    for key in keys.iter().filter_map(Value::as_text) {
        let Value::Map(map) = &current else { return Err(not_a_map(&current)) };
        match map.entries.get(key).cloned() {
            Some(inner) => current = inner,
            None => return Ok(default.clone()),
        }
    }
    Ok(current)
}

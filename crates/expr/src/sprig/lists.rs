//! Lists, defaults, and questions about values.

use std::sync::Arc;

use super::{Called, int, is_empty, kind, same_list, shown, strings_value, text};
use crate::eval::{Calls, byte};
use crate::operators::identical;
use crate::sprig::math::to_int64;
use crate::text as operations;
use crate::value::{List, ListKind, Value};

type Args<'a> = &'a [Value];

/// What Go's reflection says about nil.
const NIL: &str = "runtime error: invalid memory address or nil pointer dereference";

/// The elements of a list and the list's type; `words` begin the complaint about what is none.
fn open(value: &Value, words: &str) -> Result<List, String> {
    match value {
        Value::List(list) => Ok(list.clone()),
        Value::Bytes(bytes) => Ok(List {
            items: Arc::new(bytes.iter().map(|item| byte(*item)).collect::<Vec<_>>().into()),
            kind: ListKind::Any,
            nil: false,
        }),
        Value::Nil => Err(NIL.to_owned()),
        other => Err(format!("{words} type {}", kind(other))),
    }
}

/// A value as a list of texts, nil left out.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Nil => Vec::new(),
        Value::List(list) => list.items.iter().filter(|item| !item.is_nil()).map(shown).collect(),
        other => vec![shown(other)],
    }
}

pub(super) fn to_strings(args: Args, _: &mut Calls) -> Called {
    Ok(strings_value(texts(&args[0])))
}

pub(super) fn join(args: Args, _: &mut Calls) -> Called {
    let (words, separator) = (texts(&args[1]), text(args, 0));
    operations::allow(words.iter().map(|word| word.len() + separator.len()).sum())?;
    Ok(Value::from(words.join(separator)))
}

pub(super) fn sort_alpha(args: Args, _: &mut Calls) -> Called {
    let mut words = match &args[0] {
        Value::Nil => vec![Value::Nil.to_text()],
        list => texts(list),
    };
    words.sort();
    Ok(strings_value(words))
}

pub(super) fn list(args: Args, _: &mut Calls) -> Called {
    Ok(Value::list(args.to_vec()))
}

pub(super) fn push(args: Args, _: &mut Calls) -> Called {
    let list = open(&args[0], "Cannot push on")?;
    Ok(Value::list(list.items.iter().chain([&args[1]]).cloned().collect()))
}

pub(super) fn prepend(args: Args, _: &mut Calls) -> Called {
    let list = open(&args[0], "Cannot prepend on")?;
    Ok(Value::list([&args[1]].into_iter().chain(list.items.iter()).cloned().collect()))
}

pub(super) fn first(args: Args, _: &mut Calls) -> Called {
    Ok(open(&args[0], "Cannot find first on")?.items.first().cloned().unwrap_or(Value::Nil))
}

pub(super) fn last(args: Args, _: &mut Calls) -> Called {
    Ok(open(&args[0], "Cannot find last on")?.items.last().cloned().unwrap_or(Value::Nil))
}

pub(super) fn rest(args: Args, _: &mut Calls) -> Called {
    let list = open(&args[0], "Cannot find rest on")?;
    Ok(match list.items.split_first() {
        None => Value::nil_list(ListKind::Any),
        Some((_, rest)) => Value::list(rest.to_vec()),
    })
}

pub(super) fn initial(args: Args, _: &mut Calls) -> Called {
    let list = open(&args[0], "Cannot find initial on")?;
    Ok(match list.items.split_last() {
        None => Value::nil_list(ListKind::Any),
        Some((_, initial)) => Value::list(initial.to_vec()),
    })
}

pub(super) fn reverse(args: Args, _: &mut Calls) -> Called {
    let list = open(&args[0], "Cannot find reverse on")?;
    Ok(Value::list(list.items.iter().rev().cloned().collect()))
}

pub(super) fn compact(args: Args, _: &mut Calls) -> Called {
    let list = open(&args[0], "Cannot compact on")?;
    Ok(Value::list(list.items.iter().filter(|item| !is_empty(item)).cloned().collect()))
}

/// Refuses what would take a number of comparisons that is the square of a long list.
fn allow_pairs(one: usize, other: usize) -> Result<(), String> {
    const PAIRS_MAX: usize = 20_000_000;
    if one.saturating_mul(other) > PAIRS_MAX {
        return Err(format!("lists of {one} and {other} elements take too long to compare"));
    }
    Ok(())
}

pub(super) fn uniq(args: Args, _: &mut Calls) -> Called {
    let list = open(&args[0], "Cannot find uniq on")?;
    let mut kept: Vec<Value> = Vec::new();
    for item in list.items.iter() {
        allow_pairs(kept.len(), list.items.len())?;
        if !kept.iter().any(|known| identical(known, item)) {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
}

pub(super) fn without(args: Args, _: &mut Calls) -> Called {
    let list = open(&args[0], "Cannot find without on")?;
    let omitted = &args[1..];
    allow_pairs(list.items.len(), omitted.len())?;
    let kept = list.items.iter().filter(|item| !omitted.iter().any(|omit| identical(omit, item)));
    Ok(Value::list(kept.cloned().collect()))
}

pub(super) fn has(args: Args, _: &mut Calls) -> Called {
    if args[1].is_nil() {
        return Ok(Value::Bool(false));
    }
    let list = open(&args[1], "Cannot find has on")?;
    Ok(Value::Bool(list.items.iter().any(|item| identical(item, &args[0]))))
}

pub(super) fn slice(args: Args, _: &mut Calls) -> Called {
    let list = match &args[0] {
        Value::List(list) => list.clone(),
        Value::Nil => return Err(NIL.to_owned()),
        other => return Err(format!("list should be type of slice or array but {}", kind(other))),
    };
    if list.items.is_empty() {
        return Ok(Value::Nil);
    }
    let length = list.items.len();
    let bound = |index: usize, otherwise: usize| match args.get(index) {
        Some(value) => usize::try_from(to_int64(value)).ok(),
        None => Some(otherwise),
    };
    match (bound(1, 0), bound(2, length)) {
        (Some(from), Some(to)) if from <= to && to <= length => {
            Ok(same_list(&list, list.items[from..to].to_vec()))
        }
        _ => Err("reflect.Value.Slice: slice index out of bounds".to_owned()),
    }
}

pub(super) fn concat(args: Args, calls: &mut Calls) -> Called {
    let mut all = Vec::new();
    for arg in args {
        match arg {
            Value::List(list) => {
                calls.grow(list.items.len())?;
                all.extend(list.items.iter().cloned());
            }
            Value::Nil => return Err(NIL.to_owned()),
            other => return Err(format!("Cannot concat type {} as list", kind(other))),
        }
    }
    Ok(if all.is_empty() { Value::nil_list(ListKind::Any) } else { Value::list(all) })
}

pub(super) fn chunk(args: Args, _: &mut Calls) -> Called {
    let list = open(&args[1], "Cannot chunk")?;
    let length = list.items.len() as f64;
    let size = match int(args, 0) {
        size if size > 0 => size as usize,
        // The library counts the chunks in floats: those of a negative size may be none, and are else no number of any.
        size if size < 0 && length > 1.0 && ((length - 1.0) / size as f64).floor() == -1.0 => {
            return Ok(Value::list_of(Vec::new(), ListKind::Lists));
        }
        _ => return Err("runtime error: makeslice: len out of range".to_owned()),
    };
    let chunks = list.items.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect();
    Ok(Value::list_of(chunks, ListKind::Lists))
}

pub(super) fn default(args: Args, _: &mut Calls) -> Called {
    match args.get(1) {
        Some(given) if !is_empty(given) => Ok(given.clone()),
        _ => Ok(args[0].clone()),
    }
}

pub(super) fn empty(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(is_empty(&args[0])))
}

pub(super) fn coalesce(args: Args, _: &mut Calls) -> Called {
    Ok(args.iter().find(|arg| !is_empty(arg)).cloned().unwrap_or(Value::Nil))
}

pub(super) fn all(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(!args.iter().any(is_empty)))
}

pub(super) fn any(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(args.iter().any(|arg| !is_empty(arg))))
}

pub(super) fn ternary(args: Args, _: &mut Calls) -> Called {
    let truth = matches!(args[2], Value::Bool(true));
    Ok(if truth { args[0].clone() } else { args[1].clone() })
}

pub(super) fn deep_copy(args: Args, _: &mut Calls) -> Called {
    if args[0].is_nil() {
        return Err("reflect: call of reflect.Value.Type on zero Value".to_owned());
    }
    Ok(args[0].clone())
}

pub(super) fn deep_equal(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(identical(&args[0], &args[1])))
}

pub(super) fn type_of(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(args[0].type_name()))
}

pub(super) fn type_is(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(args[1].type_name() == text(args, 0)))
}

pub(super) fn type_is_like(args: Args, _: &mut Calls) -> Called {
    let (target, found) = (text(args, 0), args[1].type_name());
    Ok(Value::Bool(found == target || found.strip_prefix('*') == Some(target)))
}

pub(super) fn kind_of(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(kind(&args[0])))
}

pub(super) fn kind_is(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(kind(&args[1]) == text(args, 0)))
}

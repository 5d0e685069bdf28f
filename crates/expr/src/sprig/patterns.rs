//! Regular expressions.

use regex::{NoExpand, Regex};

use super::{Called, int, strings_value, text};
use crate::eval::Calls;
use crate::limits;
use crate::text as operations;
use crate::value::{ListKind, Value};

type Args<'a> = &'a [Value];

/// The pattern of the `must` functions.
fn compiled(args: Args, calls: &mut Calls) -> Result<Regex, String> {
    calls.pattern(text(args, 0))
}

/// The pattern of the other functions, which panic over a wrong one.
fn trusted(args: Args, calls: &mut Calls) -> Result<Regex, String> {
    compiled(args, calls).map_err(|message| format!("regexp: Compile(`{}`): {message}", text(args, 0)))
}

pub(super) fn is_match(args: Args, calls: &mut Calls) -> Called {
    match compiled(args, calls) {
        Err(message) if limits::is_beyond(&message) => Err(message),
        compiled => Ok(Value::Bool(compiled.is_ok_and(|regex| regex.is_match(text(args, 1))))),
    }
}

pub(super) fn must_match(args: Args, calls: &mut Calls) -> Called {
    Ok(Value::Bool(compiled(args, calls)?.is_match(text(args, 1))))
}

fn all_found(regex: &Regex, args: Args) -> Value {
    let most = usize::try_from(int(args, 2)).unwrap_or(usize::MAX);
    let found: Vec<String> =
        regex.find_iter(text(args, 1)).take(most).map(|found| found.as_str().to_owned()).collect();
    if found.is_empty() { Value::nil_list(ListKind::Text) } else { strings_value(found) }
}

pub(super) fn find_all(args: Args, calls: &mut Calls) -> Called {
    Ok(all_found(&trusted(args, calls)?, args))
}

pub(super) fn must_find_all(args: Args, calls: &mut Calls) -> Called {
    Ok(all_found(&compiled(args, calls)?, args))
}

fn found(regex: &Regex, args: Args) -> Value {
    Value::from(regex.find(text(args, 1)).map_or("", |found| found.as_str()))
}

pub(super) fn find(args: Args, calls: &mut Calls) -> Called {
    Ok(found(&trusted(args, calls)?, args))
}

pub(super) fn must_find(args: Args, calls: &mut Calls) -> Called {
    Ok(found(&compiled(args, calls)?, args))
}

fn replaced(regex: &Regex, args: Args) -> Called {
    let (text, replacement) = (text(args, 1), text(args, 2));
    // A replacement can name groups, each at most as long as the text itself.
    let names = replacement.matches('$').count();
    let length = replacement.len().saturating_add(names.saturating_mul(text.len()));
    let count = regex.find_iter(text).count();
    if names > 0 && count.saturating_mul(length) > limits::TEXT_BYTES * 8 {
        return Err(limits::beyond(limits::TEXT_BYTES * 8, "bytes of a text with its patterns replaced"));
    }
    if names == 0 {
        operations::allow(text.len().saturating_add(count.saturating_mul(length)))?;
    }
    Ok(Value::from(regex.replace_all(text, replacement).as_ref()))
}

pub(super) fn replace_all(args: Args, calls: &mut Calls) -> Called {
    replaced(&trusted(args, calls)?, args)
}

pub(super) fn must_replace_all(args: Args, calls: &mut Calls) -> Called {
    replaced(&compiled(args, calls)?, args)
}

fn replaced_literally(regex: &Regex, args: Args) -> Called {
    let (text, replacement) = (text(args, 1), text(args, 2));
    let count = regex.find_iter(text).count();
    operations::allow(text.len().saturating_add(count.saturating_mul(replacement.len())))?;
    Ok(Value::from(regex.replace_all(text, NoExpand(replacement)).as_ref()))
}

pub(super) fn replace_all_literal(args: Args, calls: &mut Calls) -> Called {
    replaced_literally(&trusted(args, calls)?, args)
}

pub(super) fn must_replace_all_literal(args: Args, calls: &mut Calls) -> Called {
    replaced_literally(&compiled(args, calls)?, args)
}

fn parts(regex: &Regex, args: Args) -> Value {
    let (text, count) = (text(args, 1), int(args, 2));
    if count == 0 {
        return Value::nil_list(ListKind::Text);
    }
    if !regex.as_str().is_empty() && text.is_empty() {
        return strings_value(vec![String::new()]);
    }
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for found in regex.find_iter(text) {
        if parts.len() + 1 >= most {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(text[begin..end].to_owned());
        }
        begin = found.end();
    }
    if end != text.len() {
        parts.push(text[begin..].to_owned());
    }
    strings_value(parts)
}

pub(super) fn split(args: Args, calls: &mut Calls) -> Called {
    Ok(parts(&trusted(args, calls)?, args))
}

pub(super) fn must_split(args: Args, calls: &mut Calls) -> Called {
    Ok(parts(&compiled(args, calls)?, args))
}

pub(super) fn quote_meta(args: Args, _: &mut Calls) -> Called {
    let mut out = String::new();
    for character in text(args, 0).chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    Ok(Value::from(out))
}

//! Text operations with Go's meaning and with limits.

use crate::limits;
use crate::value::{ListKind, Value};

/// Refuses to make a text longer than the limit.
pub(crate) fn allow(bytes: usize) -> Result<(), String> {
    if bytes > limits::TEXT_BYTES {
        return Err(limits::beyond(limits::TEXT_BYTES, "bytes of a text"));
    }
    Ok(())
}

/// Upper case, character by character: a character whose upper case is several stays.
pub(crate) fn upper(text: &str) -> String {
    text.chars()
        .map(|character| {
            let mut upper = character.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(single), None) => single,
                _ => character,
            }
        })
        .collect()
}

/// Lower case, character by character.
pub(crate) fn lower(text: &str) -> String {
    text.chars().map(|character| character.to_lowercase().next().unwrap_or(character)).collect()
}

/// What a split keeps of the separator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Nothing,
    Separator,
}

/// Splits as Go's `SplitN` and `SplitAfterN`: no count or a negative one means all, zero means nil.
pub(crate) fn split(text: &str, separator: &str, count: Option<i64>, keep: Keep) -> Option<Vec<String>> {
    let most = match count {
        Some(0) => return None,
        Some(count) if count > 0 => usize::try_from(count).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let mut parts = Vec::new();
    let mut rest = text;
    if separator.is_empty() {
        while let Some(character) = rest.chars().next() {
            if parts.len() + 1 == most {
                break;
            }
            let (first, after) = rest.split_at(character.len_utf8());
            parts.push(first.to_owned());
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(rest.to_owned());
        }
        return Some(parts);
    }
    while parts.len() + 1 < most {
        let Some(at) = rest.find(separator) else { break };
        let end = if keep == Keep::Separator { at + separator.len() } else { at };
        parts.push(rest[..end].to_owned());
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest.to_owned());
    Some(parts)
}

/// The same as a value.
pub(crate) fn split_list(text: &str, separator: &str, count: Option<i64>, keep: Keep) -> Value {
    match split(text, separator, count, keep) {
        Some(parts) => Value::texts(parts),
        None => Value::nil_list(ListKind::Text),
    }
}

/// Replaces at most `count` times, always when negative; an empty `old` matches between characters.
pub(crate) fn replace(text: &str, old: &str, new: &str, count: i64) -> Result<String, String> {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let found = if old.is_empty() { text.chars().count() + 1 } else { text.matches(old).count() };
    let found = found.min(most);
    allow(text.len().saturating_add(found.saturating_mul(new.len())))?;
    if !old.is_empty() {
        return Ok(text.replacen(old, new, most));
    }
    let mut out = String::with_capacity(text.len() + found * new.len());
    let mut done = 0;
    for character in text.chars() {
        if done < found {
            out.push_str(new);
            done += 1;
        }
        out.push(character);
    }
    if done < found {
        out.push_str(new);
    }
    Ok(out)
}

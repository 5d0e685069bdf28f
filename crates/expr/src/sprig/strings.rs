//! Strings.

use super::{Called, int, shown, strings_value, text, text_map};
use crate::eval::Calls;
use crate::text as operations;
use crate::value::Value;
use crate::{go, limits};

type Args<'a> = &'a [Value];

pub(super) fn hello(_: Args, _: &mut Calls) -> Called {
    Ok(Value::from("Hello!"))
}

pub(super) fn fail(args: Args, _: &mut Calls) -> Called {
    Err(text(args, 0).to_owned())
}

pub(super) fn trim(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(text(args, 0).trim()))
}

pub(super) fn upper(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(operations::upper(text(args, 0))))
}

pub(super) fn lower(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(operations::lower(text(args, 0))))
}

/// Raises the first letter of every word.
pub(super) fn title(args: Args, _: &mut Calls) -> Called {
    let mut separated = true;
    let titled: String = text(args, 0)
        .chars()
        .map(|character| {
            let raised = if separated { entitle(character) } else { character };
            separated = !(character.is_alphanumeric() || character == '_')
                && (character.is_ascii() || character.is_whitespace());
            raised
        })
        .collect();
    Ok(Value::from(titled))
}

pub(super) fn untitle(args: Args, _: &mut Calls) -> Called {
    let mut separated = true;
    let untitled: String = text(args, 0)
        .chars()
        .map(|character| {
            let lowered = if separated { sink(character) } else { character };
            separated = character.is_whitespace();
            lowered
        })
        .collect();
    Ok(Value::from(untitled))
}

pub(super) fn raise(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

/// The letter as it begins a title: a few that are two in one have a form of their own for it.
fn entitle(character: char) -> char {
    match character {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        _ => raise(character),
    }
}

pub(super) fn sink(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

/// Bytes of a text as a text; cut characters become replacement characters.
fn lossy(bytes: &[u8]) -> String {
    go::text(bytes.to_vec())
}

pub(super) fn trunc(args: Args, _: &mut Calls) -> Called {
    let bytes = text(args, 1).as_bytes();
    let (count, length) = (int(args, 0), bytes.len() as i64);
    let kept = if count < 0 && length + count > 0 {
        &bytes[(length + count) as usize..]
    } else if count >= 0 && length > count {
        &bytes[..count as usize]
    } else {
        bytes
    };
    Ok(Value::from(lossy(kept)))
}

pub(super) fn substr(args: Args, _: &mut Calls) -> Called {
    let bytes = text(args, 2).as_bytes();
    let (start, end, length) = (int(args, 0), int(args, 1), bytes.len() as i64);
    let (from, to) = if start < 0 {
        (0, end)
    } else if end < 0 || end > length {
        (start, length)
    } else {
        (start, end)
    };
    let outside = |bounds: String| Err(format!("runtime error: slice bounds out of range {bounds}"));
    if to < 0 {
        return outside(format!("[:{to}]"));
    }
    if to > length {
        return outside(format!("[:{to}] with length {length}"));
    }
    if from > to {
        return outside(format!("[{from}:{to}]"));
    }
    Ok(Value::from(lossy(&bytes[from as usize..to as usize])))
}

pub(super) fn repeat(args: Args, _: &mut Calls) -> Called {
    let (count, text) = (int(args, 0), text(args, 1));
    let count = usize::try_from(count).map_err(|_| "strings: negative Repeat count".to_owned())?;
    operations::allow(count.saturating_mul(text.len()))?;
    Ok(Value::from(text.repeat(count)))
}

pub(super) fn trim_all(args: Args, _: &mut Calls) -> Called {
    let set = text(args, 0);
    Ok(Value::from(text(args, 1).trim_matches(|character| set.contains(character))))
}

pub(super) fn trim_suffix(args: Args, _: &mut Calls) -> Called {
    let whole = text(args, 1);
    Ok(Value::from(whole.strip_suffix(text(args, 0)).unwrap_or(whole)))
}

pub(super) fn trim_prefix(args: Args, _: &mut Calls) -> Called {
    let whole = text(args, 1);
    Ok(Value::from(whole.strip_prefix(text(args, 0)).unwrap_or(whole)))
}

pub(super) fn nospace(args: Args, _: &mut Calls) -> Called {
    let text = text(args, 0);
    // The bytes of one text are the characters of the other, unless there is nothing to take out.
    let is_space = |byte: &u8| char::from(*byte).is_whitespace();
    if !text.bytes().any(|byte| is_space(&byte)) {
        return Ok(Value::from(text));
    }
    Ok(Value::from(text.bytes().filter(|byte| !is_space(byte)).map(char::from).collect::<String>()))
}

pub(super) fn initials(args: Args, _: &mut Calls) -> Called {
    let initials: String = // The first byte of each word, as if it were a letter.
        text(args, 0).split_whitespace().map(|word| char::from(word.as_bytes()[0])).collect();
    Ok(Value::from(initials))
}

fn random_text(args: Args, calls: &mut Calls, from: &[u8]) -> Called {
    let count = usize::try_from(int(args, 0)).unwrap_or(0);
    operations::allow(count)?;
    let text: String =
        (0..count).map(|_| char::from(from[calls.random.below(from.len() as u64) as usize])).collect();
    Ok(Value::from(text))
}

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";

pub(super) fn rand_alpha_num(args: Args, calls: &mut Calls) -> Called {
    random_text(args, calls, &[LETTERS, DIGITS].concat())
}

pub(super) fn rand_alpha(args: Args, calls: &mut Calls) -> Called {
    random_text(args, calls, LETTERS)
}

pub(super) fn rand_numeric(args: Args, calls: &mut Calls) -> Called {
    random_text(args, calls, DIGITS)
}

pub(super) fn rand_ascii(args: Args, calls: &mut Calls) -> Called {
    let printable: Vec<u8> = (b' '..=b'~').collect();
    random_text(args, calls, &printable)
}

pub(super) fn swapcase(args: Args, _: &mut Calls) -> Called {
    let mut begins = true;
    let swapped: String = text(args, 0)
        .chars()
        .map(|character| {
            let is_title = matches!(character, '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}');
            let swapped = match begins {
                _ if is_title || character.is_uppercase() => sink(character),
                true => entitle(character),
                false => raise(character),
            };
            begins = character.is_whitespace();
            swapped
        })
        .collect();
    Ok(Value::from(swapped))
}

pub(super) fn shuffle(args: Args, calls: &mut Calls) -> Called {
    let mut characters: Vec<char> = text(args, 0).chars().collect();
    for last in (1..characters.len()).rev() {
        let other = calls.random.below(last as u64 + 1) as usize;
        characters.swap(last, other);
    }
    Ok(Value::from(characters.into_iter().collect::<String>()))
}

pub(super) fn abbrev(args: Args, _: &mut Calls) -> Called {
    let (width, text) = (int(args, 0), text(args, 1));
    if width < 4 {
        return Ok(Value::from(text));
    }
    Ok(Value::from(abbreviate(text.as_bytes(), 0, width as usize)))
}

pub(super) fn abbrev_both(args: Args, _: &mut Calls) -> Called {
    let (left, right, text) = (int(args, 0), int(args, 1), text(args, 2));
    if right < 4 || (left > 0 && right < 7) {
        return Ok(Value::from(text));
    }
    Ok(Value::from(abbreviate(text.as_bytes(), usize::try_from(left).unwrap_or(0), right as usize)))
}

/// Shows at most `width` bytes from about `offset` on, with dots where something is missing.
fn abbreviate(text: &[u8], offset: usize, width: usize) -> String {
    const DOTS: &str = "...";
    if text.len() <= width {
        return lossy(text);
    }
    let room = width - DOTS.len();
    let offset = offset.min(text.len());
    let offset = if text.len() - offset < room { text.len() - room } else { offset };
    if offset <= 4 {
        return lossy(&text[..room]) + DOTS;
    }
    if offset + room < text.len() {
        let rest = &text[offset..];
        let shown = if rest.len() > room && room > 3 { lossy(&rest[..room - 3]) + DOTS } else { lossy(rest) };
        return DOTS.to_owned() + &shown;
    }
    DOTS.to_owned() + &lossy(&text[text.len() - room..])
}

pub(super) fn wrap(args: Args, _: &mut Calls) -> Called {
    wrapped(text(args, 1), int(args, 0), "\n", false)
}

pub(super) fn wrap_with(args: Args, _: &mut Calls) -> Called {
    wrapped(text(args, 2), int(args, 0), text(args, 1), true)
}

fn wrapped(text: &str, width: i64, line_break: &str, break_words: bool) -> Called {
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let line_break = if line_break.is_empty() { "\n" } else { line_break };
    let bytes = text.as_bytes();
    operations::allow(text.len().saturating_add((text.len() / width + 1).saturating_mul(line_break.len())))?;
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len() + 16);
    let mut at = 0;
    while bytes.len() - at > width {
        if bytes[at] == b' ' {
            at += 1;
            continue;
        }
        let window = &bytes[at..(at + width + 1).min(bytes.len())];
        let end = if let Some(blank) = window.iter().rposition(|byte| *byte == b' ') {
            out.extend_from_slice(&bytes[at..at + blank]);
            at + blank + 1
        } else if break_words {
            out.extend_from_slice(&bytes[at..at + width]);
            at + width
        } else {
            let Some(blank) = bytes[at + width..].iter().position(|byte| *byte == b' ') else { break };
            out.extend_from_slice(&bytes[at..at + width + blank]);
            at + width + blank + 1
        };
        out.extend_from_slice(line_break.as_bytes());
        at = end;
    }
    out.extend_from_slice(&bytes[at..]);
    Ok(Value::from(lossy(&out)))
}

pub(super) fn contains(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(text(args, 1).contains(text(args, 0))))
}

pub(super) fn has_prefix(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(text(args, 1).starts_with(text(args, 0))))
}

pub(super) fn has_suffix(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(text(args, 1).ends_with(text(args, 0))))
}

fn each_shown(args: Args, show: impl Fn(&Value) -> String) -> Value {
    let words: Vec<String> = args.iter().filter(|arg| !arg.is_nil()).map(show).collect();
    Value::from(words.join(" "))
}

/// A value as `%v` prints it, which asks a zone for its name.
fn printed(value: &Value) -> String {
    if matches!(value, Value::Zone(_)) { shown(value) } else { value.to_text() }
}

pub(super) fn quote(args: Args, _: &mut Calls) -> Called {
    Ok(each_shown(args, |arg| go::quote(&shown(arg))))
}

pub(super) fn squote(args: Args, _: &mut Calls) -> Called {
    Ok(each_shown(args, |arg| format!("'{}'", printed(arg))))
}

pub(super) fn cat(args: Args, _: &mut Calls) -> Called {
    Ok(each_shown(args, printed))
}

fn indented(args: Args) -> Result<String, String> {
    let (spaces, text) = (int(args, 0), text(args, 1));
    let spaces = usize::try_from(spaces).map_err(|_| "strings: negative Repeat count".to_owned())?;
    if spaces > limits::TEXT_BYTES {
        return Err(limits::beyond(limits::TEXT_BYTES, "bytes of a text"));
    }
    let pad = " ".repeat(spaces);
    Ok(pad.clone() + &operations::replace(text, "\n", &format!("\n{pad}"), -1)?)
}

pub(super) fn indent(args: Args, _: &mut Calls) -> Called {
    indented(args).map(Value::from)
}

pub(super) fn nindent(args: Args, _: &mut Calls) -> Called {
    indented(args).map(|text| Value::from(format!("\n{text}")))
}

pub(super) fn replace(args: Args, _: &mut Calls) -> Called {
    operations::replace(text(args, 2), text(args, 0), text(args, 1), -1).map(Value::from)
}

pub(super) fn plural(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(if int(args, 2) == 1 { text(args, 0) } else { text(args, 1) }))
}

pub(super) fn to_string(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(shown(&args[0])))
}

fn numbered(parts: Option<Vec<String>>) -> Value {
    let parts = parts.unwrap_or_default();
    text_map(parts.into_iter().enumerate().map(|(index, part)| (format!("_{index}"), part)))
}

pub(super) fn split(args: Args, _: &mut Calls) -> Called {
    Ok(numbered(operations::split(text(args, 1), text(args, 0), None, operations::Keep::Nothing)))
}

pub(super) fn splitn(args: Args, _: &mut Calls) -> Called {
    let count = Some(int(args, 1));
    Ok(numbered(operations::split(text(args, 2), text(args, 0), count, operations::Keep::Nothing)))
}

pub(super) fn split_list(args: Args, _: &mut Calls) -> Called {
    let parts = operations::split(text(args, 1), text(args, 0), None, operations::Keep::Nothing);
    Ok(strings_value(parts.unwrap_or_default()))
}

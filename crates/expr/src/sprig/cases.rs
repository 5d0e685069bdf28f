//! Words in camels, snakes and kebabs, as the library that sprig uses for them tells words apart.

use super::strings::{raise, sink};
use super::{Called, text};
use crate::eval::Calls;
use crate::value::Value;
use ::regex::Regex;
use std::sync::OnceLock;

type Args<'a> = &'a [Value];

pub(super) fn snakecase(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(joined(text(args, 0), '_')))
}

pub(super) fn kebabcase(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(joined(text(args, 0), '-')))
}

/// Connectors go, and what follows one becomes large; capitals after a large letter become small.
pub(super) fn camelcase(args: Args, _: &mut Calls) -> Called {
    let text = text(args, 0);
    let body = text.trim_start_matches(is_connector);
    let mut out = text[..text.len() - body.len()].to_owned();
    let mut characters = body.chars();
    let Some(first) = characters.next() else {
        // Of connectors alone the last is told twice.
        out.extend(text.chars().last());
        return Ok(Value::from(out));
    };
    let (mut last, mut is_run) = (raise(first), first.is_uppercase());
    for character in characters {
        if is_connector(last) && is_connector(character) {
            out.push(last);
            last = character;
            continue;
        }
        if is_connector(last) {
            is_run = character.is_uppercase();
            last = raise(character);
            continue;
        }
        out.push(last);
        is_run &= character.is_uppercase();
        last = if is_run { sink(character) } else { character };
    }
    out.push(last);
    Ok(Value::from(out))
}

fn is_connector(character: char) -> bool {
    matches!(character, '_' | '-') || character.is_whitespace()
}

/// What a word is made of. A word of capitals may go on in small letters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Capitals,
    Letters,
    Connector,
    Punctuation,
    Other,
}

impl Kind {
    fn of(character: char) -> Kind {
        match character {
            _ if is_connector(character) => Kind::Connector,
            _ if is_punctuation(character) => Kind::Punctuation,
            _ if character.is_uppercase() => Kind::Capitals,
            // Chinese characters are no letters that could be large or small.
            '\u{3400}'..='\u{4d85}' | '\u{4e00}'..='\u{9fcc}' | '\u{20000}'..='\u{2b81d}' => Kind::Other,
            _ if character.is_alphabetic() => Kind::Letters,
            _ if character.is_numeric() => Kind::Number,
            _ => Kind::Other,
        }
    }

    /// Whether a connector is put before such a word after another.
    fn wants_connector(self) -> bool {
        !matches!(self, Kind::Connector | Kind::Punctuation)
    }
}

fn is_punctuation(character: char) -> bool {
    static PUNCTUATION: OnceLock<Option<Regex>> = OnceLock::new();
    if character.is_ascii() {
        return character.is_ascii_punctuation() && !"$+<=>^`|~".contains(character);
    }
    let known = PUNCTUATION.get_or_init(|| Regex::new(r"^\p{P}$").ok());
    known.as_ref().is_some_and(|known| known.is_match(character.encode_utf8(&mut [0; 4])))
}

/// The words of a text, each with its kind.
fn words(text: &str) -> Vec<(Kind, &str)> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = Kind::of(first);
        let end = |from: usize, kind: Kind| {
            rest[from..].find(|c| Kind::of(c) != kind).map_or(rest.len(), |length| from + length)
        };
        let mut length = end(0, kind);
        let goes_on = rest[length..].chars().next().map(Kind::of) == Some(Kind::Letters);
        if kind == Kind::Capitals && goes_on {
            let capitals = rest[..length].char_indices();
            length = match capitals.last() {
                // `HTTPServer` is `HTTP` and `Server`.
                Some((last, _)) if last > 0 => last,
                _ => end(length, Kind::Letters),
            };
        }
        words.push((kind, &rest[..length]));
        rest = &rest[length..];
    }
    words
}

/// The words in small letters with a connector between them. Numbers belong to the word before them unless small
/// letters follow, with which they make one: `Bld4Floor3rd` is `bld4_floor_3rd`.
fn joined(text: &str, connector: char) -> String {
    let words = words(text);
    let kind = |at: usize| words.get(at).map(|(kind, _)| *kind);
    let wants = |at: usize| kind(at).is_some_and(Kind::wants_connector);
    let goes_on = |at: usize| matches!(kind(at), Some(Kind::Letters | Kind::Number));
    let mut out = Out { text: String::with_capacity(text.len() + 8), connector };
    let mut at = 0;
    while at + 1 < words.len() {
        let before = words[at].0;
        out.push(words[at]);
        at += 1;
        let mut begins = at;
        match before {
            Kind::Connector | Kind::Punctuation => continue,
            Kind::Number => {}
            _ if kind(at) != Some(Kind::Number) => {
                out.connect(wants(at));
                continue;
            }
            // The last word of all.
            _ if at + 1 >= words.len() => continue,
            _ if kind(at + 1) != Some(Kind::Letters) => {
                out.push(words[at]);
                at += 1;
                out.connect(wants(at));
                continue;
            }
            _ => {
                out.connect(true);
                out.push(words[at]);
                begins += 1;
            }
        }
        at = begins;
        while goes_on(at) {
            out.push(words[at]);
            at += 1;
        }
        out.connect(wants(at));
    }
    if let Some(last) = words.get(at) {
        out.push(*last);
    }
    out.text
}

struct Out {
    text: String,
    connector: char,
}

impl Out {
    fn push(&mut self, (kind, word): (Kind, &str)) {
        match kind {
            Kind::Capitals => self.text.extend(word.chars().map(sink)),
            Kind::Connector => self.text.extend(word.chars().map(|_| self.connector)),
            _ => self.text.push_str(word),
        }
    }

    fn connect(&mut self, is_wanted: bool) {
        if is_wanted {
            self.text.push(self.connector);
        }
    }
}

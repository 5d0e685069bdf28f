//! Go's spelling of things: quoting, number formats, and integer parsing.
//!
//! Argo's answers are made of Go's `fmt`, `strconv` and `encoding/json`; what users see depends on their
//! exact spelling, so it is written down here once.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

/// Bytes as the text that Go writes of them: every byte that belongs to no character becomes a replacement character.
///
/// Rust's own conversion makes one of all the bytes of a character that was cut.
pub fn text(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let mut out = String::with_capacity(error.as_bytes().len() + 16);
            for chunk in error.as_bytes().utf8_chunks() {
                out.push_str(chunk.valid());
                out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
            }
            out
        }
    }
}

/// Whether Go considers a character printable: letters, marks, numbers, punctuation, symbols, the blank.
pub(crate) fn is_print(character: char) -> bool {
    static PRINTABLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]$").expect("the pattern is constant and checked by a test")
    });
    match character {
        ' '..='~' => true,
        '\0'..='\u{a0}' => false,
        _ => PRINTABLE.is_match(character.encode_utf8(&mut [0; 4])),
    }
}

/// A double-quoted Go string literal (`%q`).
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            _ if is_print(character) => out.push(character),
            '\0'..='\u{1f}' | '\u{7f}' => push(&mut out, format_args!("\\x{:02x}", character as u32)),
            '\0'..='\u{ffff}' => push(&mut out, format_args!("\\u{:04x}", character as u32)),
            _ => push(&mut out, format_args!("\\U{:08x}", character as u32)),
        }
    }
    out.push('"');
    out
}

/// Appends formatted text.
pub(crate) fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string cannot fail");
}

/// Whether a value that was quoted by Go is still legal inside a JSON string (TP-020).
pub(crate) fn survives_quoting(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) || text.chars().all(char_survives_quoting)
}

fn char_survives_quoting(character: char) -> bool {
    match character {
        '\u{8}' | '\t' | '\n' | '\u{c}' | '\r' => true,
        '\0'..='\u{1f}' | '\u{7f}' => false,
        '\0'..='\u{ffff}' => true,
        _ => is_print(character),
    }
}

/// Appends the text as Go's JSON encoder would write it between the quotes, `<`, `>` and `&` escaped.
pub(crate) fn push_json_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                push(out, format_args!("\\u{:04x}", character as u32));
            }
            _ => out.push(character),
        }
    }
}

/// The text as Go's JSON encoder would write it between the quotes.
pub fn json_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_json_escaped(&mut out, text);
    out
}

/// The text as a JSON string of Go's encoder.
pub(crate) fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    push_json_escaped(&mut out, text);
    out.push('"');
    out
}

/// Whether Go's JSON encoder would write the text unchanged between the quotes.
pub(crate) fn is_json_plain(text: &str) -> bool {
    !text.chars().any(|character| {
        matches!(character, '"' | '\\' | '<' | '>' | '&' | '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}')
    })
}

/// `strconv.Atoi`: an optional sign and decimal digits.
pub(crate) fn atoi(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("strconv.Atoi: parsing {}: invalid syntax", quote(text)));
    }
    text.parse().map_err(|_| format!("strconv.Atoi: parsing {}: value out of range", quote(text)))
}

/// `strconv.ParseInt` with base 0, where the prefix tells the base: `0x10`, `0b11`, `0o17` and `017`, and `1_000`. The error is
/// Go's reason.
pub fn parse_int(text: &str) -> Result<i64, &'static str> {
    const SYNTAX: &str = "invalid syntax";
    const RANGE: &str = "value out of range";
    let (is_negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let small = rest.to_ascii_lowercase();
    let based = [("0x", 16), ("0b", 2), ("0o", 8), ("0", 8)]
        .into_iter()
        .find_map(|(sign, base)| Some((small.strip_prefix(sign).filter(|digits| !digits.is_empty())?, base)));
    let (digits, base) = based.unwrap_or((&small, 10));
    // Digits are set apart one from another, and from the sign of their base.
    let is_apart =
        !digits.contains("__") && !digits.ends_with('_') && (base != 10 || !digits.starts_with('_'));
    let plain = digits.replace('_', "");
    if !is_apart || plain.is_empty() || !plain.chars().all(|digit| digit.is_digit(base)) {
        return Err(SYNTAX);
    }
    let value = i128::from_str_radix(&plain, base).map_err(|_| RANGE)?;
    i64::try_from(if is_negative { -value } else { value }).map_err(|_| RANGE)
}

/// The shortest decimal digits of a finite number and the power of ten of the first digit.
fn shortest(value: f64) -> (String, i32) {
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').expect("this format always has an exponent");
    (mantissa.replace('.', ""), exponent.parse().expect("the exponent is a number"))
}

/// Digits with the point after the first, and an exponent of at least `width` digits.
fn scientific(value: f64, width: usize) -> String {
    let (digits, exponent) = shortest(value);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}{point}{rest}e{exponent_sign}{:0width$}", exponent.abs())
}

/// Digits without an exponent.
pub(crate) fn plain_float(value: f64) -> String {
    format!("{value}")
}

/// `%v` of a float: the shortest digits, with an exponent below 1e-4 and from 1e6 on.
pub(crate) fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if value != 0.0 {
        let (_, exponent) = shortest(value);
        if !(-4..6).contains(&exponent) {
            return scientific(value, 2);
        }
    }
    plain_float(value)
}

/// A float as Go's JSON encoder writes it; `None` when it has no JSON form.
pub(crate) fn json_float(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        return Some(scientific(value, 1));
    }
    Some(plain_float(value))
}

/// `strconv.ParseFloat`: decimal or hexadecimal, with underscores between digits, `inf` and `nan`.
///
/// A number that is too large has no value, as in the reference.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    if !underscores_separate_digits(unsigned) {
        return None;
    }
    let plain = unsigned.replace('_', "");
    if let Some(digits) = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        return parse_hex_float(digits).map(|number| sign * number);
    }
    if !plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    plain.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| sign * number)
}

fn underscores_separate_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(at, _)| {
        let digit = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(|byte| byte.is_ascii_hexdigit() || *byte == b'x')
        };
        digit(at.checked_sub(1)) && digit(Some(at + 1))
    })
}

/// The part of a hexadecimal float after `0x`; the exponent is required.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut number = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        number = number * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent: i32 = exponent.parse().ok()?;
    let number = number * 2.0_f64.powi(exponent.saturating_sub(4 * fraction.len() as i32));
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_the_base_that_they_say() {
        for (text, value) in [
            ("12", 12),
            ("-1", -1),
            ("+7", 7),
            ("0", 0),
            ("0x10", 16),
            ("0B11", 3),
            ("0o7", 7),
            ("010", 8),
            ("1_000", 1_000),
            ("0x_f", 15),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(parse_int(text), Ok(value), "{text}");
        }
        for text in ["", "x", "08", "0x", "1__0", "_1", "1_", "1.0", "0b2", "--1"] {
            assert_eq!(parse_int(text), Err("invalid syntax"), "{text}");
        }
        for text in ["9223372036854775808", "99999999999999999999999999999999999999999"] {
            assert_eq!(parse_int(text), Err("value out of range"), "{text}");
        }
    }
}

//! What a plain scalar means: YAML 1.1 as Argo's loader decides it, with JSON's spelling as result.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Base64 with padding, as lenient as Go's about the last bits.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// What a scalar stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    /// A number in JSON's spelling.
    Number(String),
    /// The text as written.
    Text,
    /// Another text.
    Decoded(String),
    /// Infinite, or not a number: JSON has no such value.
    NotFinite,
}

/// The meaning of a plain scalar in a YAML file.
pub(crate) fn yaml(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF" | ".nan"
        | ".NaN" | ".NAN" => return Scalar::NotFinite,
        _ => {}
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        number(text)
    } else {
        Scalar::Text
    }
}

/// Whether a plain scalar of a YAML file is the text as written, and nothing else.
pub fn is_plain_text(text: &str) -> bool {
    yaml(text) == Scalar::Text
}

/// The meaning of a plain scalar in a JSON file. Numbers keep their spelling.
pub(crate) fn json(text: &str) -> Scalar {
    match text {
        "null" => Scalar::Null,
        "true" => Scalar::Bool(true),
        "false" => Scalar::Bool(false),
        _ => Scalar::Number(text.to_owned()),
    }
}

/// The meaning of a scalar with a tag; `tag` is its name among those of YAML itself. Other tags make it a text.
///
/// A word in quotes means what it means without (`20-dependencies`, scalar rules).
pub(crate) fn tagged(text: &str, tag: Option<&str>) -> Result<Scalar, String> {
    let scalar = yaml(text);
    let (what, fits) = match tag {
        Some("null") => ("null", scalar == Scalar::Null),
        Some("bool") => ("a boolean", matches!(scalar, Scalar::Bool(_))),
        Some("int") => ("an integer", integer(&without_underscores(text)).is_some()),
        Some("float") => ("a number", matches!(scalar, Scalar::Number(_))),
        Some("binary") => return binary(text).map(Scalar::Decoded),
        _ => return Ok(Scalar::Text),
    };
    if fits { Ok(scalar) } else { Err(format!("`{text}` is not {what}, as its tag says")) }
}

/// The text that stands in Base64. Bytes that are no UTF-8 become U+FFFD one by one, as in Go's JSON.
fn binary(text: &str) -> Result<String, String> {
    let packed: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = BASE64.decode(packed).map_err(|_| format!("`{text}` is not Base64, as its tag says"))?;
    let mut unpacked = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        unpacked.push_str(chunk.valid());
        unpacked.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Ok(unpacked)
}

fn number(text: &str) -> Scalar {
    let digits = without_underscores(text);
    if let Some(number) = integer(&digits) {
        return Scalar::Number(number);
    }
    if !is_decimal(&digits) {
        return Scalar::Text;
    }
    match digits.parse::<f64>() {
        Ok(double) if double.is_finite() => Scalar::Number(json_number(double)),
        _ => Scalar::Text,
    }
}

fn without_underscores(text: &str) -> String {
    text.chars().filter(|c| *c != '_').collect()
}

/// An integer of 64 bits in any of the bases, in decimal.
fn integer(text: &str) -> Option<String> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_str() {
        hex if hex.starts_with("0x") => (16, &hex[2..]),
        binary if binary.starts_with("0b") => (2, &binary[2..]),
        octal if octal.starts_with("0o") => (8, &octal[2..]),
        octal if octal.len() > 1 && octal.starts_with('0') => (8, &octal[1..]),
        decimal => (10, decimal),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, base).ok()?;
    match (negative, magnitude) {
        (_, 0) => Some("0".to_owned()),
        (false, magnitude) => Some(magnitude.to_string()),
        (true, magnitude) if magnitude <= i64::MIN.unsigned_abs() => Some(format!("-{magnitude}")),
        (true, _) => None,
    }
}

/// Sign, digits with at most one point, exponent: what YAML calls a float.
fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some((before, after)) => all_digits(before) && all_digits(after) && before.len() + after.len() > 0,
        None => all_digits(mantissa) && !mantissa.is_empty(),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    mantissa_fits && exponent_fits
}

/// A double as Go writes it into JSON: plain decimal between 1e-6 and 1e21, else with an exponent.
fn json_number(double: f64) -> String {
    let magnitude = double.abs();
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        return double.to_string();
    }
    let text = format!("{double:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{Scalar, tagged, yaml};

    #[track_caller]
    fn number(text: &str, expected: &str) {
        assert_eq!(yaml(text), Scalar::Number(expected.to_owned()), "{text}");
    }

    #[test]
    fn numbers_are_read_as_the_reference_reads_them() {
        for (text, expected) in [
            ("012", "10"),
            ("0o12", "10"),
            ("0777", "511"),
            ("089", "89"),
            ("012e1", "120"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("1_000", "1000"),
            ("+1", "1"),
            ("-0", "0"),
            ("1.10", "1.1"),
            ("1.", "1"),
            (".5", "0.5"),
            ("1e3", "1000"),
            ("2e5", "200000"),
            ("18446744073709551616", "18446744073709552000"),
            ("3.14159265358979", "3.14159265358979"),
            ("1e21", "1e+21"),
            ("1e-7", "1e-7"),
            ("-9223372036854775808", "-9223372036854775808"),
        ] {
            number(text, expected);
        }
    }

    #[test]
    fn what_looks_like_a_number_but_is_none_stays_text() {
        for text in [
            "1e400",
            "1:30",
            "190:20:30",
            "2001-12-14",
            "1,000",
            "=",
            "<<",
            "nan",
            "inf",
            "-",
            "+",
            ".",
            "1.2.3",
        ] {
            assert_eq!(yaml(text), Scalar::Text, "{text}");
        }
    }

    #[test]
    fn words_for_true_false_and_null() {
        for text in ["yes", "On", "y", "TRUE"] {
            assert_eq!(yaml(text), Scalar::Bool(true), "{text}");
        }
        for text in ["no", "Off", "N", "False"] {
            assert_eq!(yaml(text), Scalar::Bool(false), "{text}");
        }
        for text in ["~", "", "Null"] {
            assert_eq!(yaml(text), Scalar::Null, "{text}");
        }
        assert_eq!(yaml("yEs"), Scalar::Text);
        assert_eq!(yaml("-.INF"), Scalar::NotFinite);
    }

    #[test]
    fn a_tag_says_what_a_scalar_is() {
        let number = |text: &str| Scalar::Number(text.to_owned());
        for (tag, text, expected) in [
            ("int", "3", number("3")),
            ("int", "1_0", number("10")),
            ("float", "3", number("3")),
            ("float", ".5", number("0.5")),
            ("bool", "y", Scalar::Bool(true)),
            ("null", "", Scalar::Null),
            ("str", "~", Scalar::Text),
            ("timestamp", "2024-01-01", Scalar::Text),
            ("set", "3", Scalar::Text),
        ] {
            assert_eq!(tagged(text, Some(tag)), Ok(expected), "!!{tag} {text}");
        }
        for (tag, text) in [
            ("int", "3.0"),
            ("int", "1e3"),
            ("int", "089"),
            ("int", "true"),
            ("float", "x"),
            ("bool", "1"),
            ("null", "x"),
            ("null", "3"),
        ] {
            assert!(tagged(text, Some(tag)).is_err(), "!!{tag} {text}");
        }
        assert_eq!(tagged("3", None), Ok(Scalar::Text));
    }

    #[test]
    fn binary_text_is_unpacked() {
        for (packed, text) in [
            ("aGk=", "hi"),
            ("aGl=", "hi"),
            ("aG\nk=\n", "hi"),
            ("w6k=", "é"),
            ("MTIz", "123"),
            ("", ""),
            ("4oI=", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(tagged(packed, Some("binary")), Ok(Scalar::Decoded(text.to_owned())), "{packed:?}");
        }
        for packed in ["aGk", "aG k=", "{{x}}", "aGk-"] {
            assert!(tagged(packed, Some("binary")).is_err(), "{packed}");
        }
    }
}

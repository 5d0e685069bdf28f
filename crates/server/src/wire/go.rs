//! JSON as Go's reader goes through it, byte by byte: what it stumbles over, it says in its own words (API-024, API-040).
//! And whole numbers as Go's library for flags and queries reads them.

/// A whole number as Go reads it where its base is its own matter: `0x10`, `0b11`, `0o17` and `017`, and `1_000`. The error is
/// Go's reason.
pub fn int(text: &str) -> Result<i64, &'static str> {
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

/// What a reader finds at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing but blanks.
    Nothing,
    /// A value that ends before this byte.
    Value(usize),
    /// The beginning of a value, whose end is missing.
    Part,
    /// What is wrong.
    Flaw(String),
}

/// The first value of a text.
pub(crate) fn first(text: &[u8]) -> Found {
    let mut reader = Reader { expects: Expects::Value, inside: Vec::new() };
    let mut begun = false;
    for (at, byte) in text.iter().enumerate() {
        begun |= !is_blank(*byte);
        match reader.step(*byte) {
            Ok(Step::On) => {}
            Ok(Step::Before) => return Found::Value(at),
            Ok(Step::With) => return Found::Value(at + 1),
            Err(place) => return Found::Flaw(format!("invalid character {} {place}", quoted(*byte))),
        }
    }
    match begun {
        false => Found::Nothing,
        // A number ends where the text does.
        true if matches!(reader.step(b' '), Ok(Step::Before)) => Found::Value(text.len()),
        true => Found::Part,
    }
}

/// What is wrong with a text that has to be one value.
pub(crate) fn flaw(text: &[u8]) -> Option<String> {
    match first(text) {
        Found::Flaw(why) => Some(why),
        Found::Nothing | Found::Part => Some("unexpected end of JSON input".to_owned()),
        Found::Value(end) => {
            let next = text[end..].iter().find(|byte| !is_blank(**byte))?;
            Some(format!("invalid character {} after top-level value", quoted(*next)))
        }
    }
}

/// A byte as Go quotes it: as the letter of that number.
pub(crate) fn quoted(byte: u8) -> String {
    let shown = match byte {
        b'\'' => r"\'".to_owned(),
        b'\\' => r"\\".to_owned(),
        0x07 => r"\a".to_owned(),
        0x08 => r"\b".to_owned(),
        0x0b => r"\v".to_owned(),
        0x0c => r"\f".to_owned(),
        b'\n' => r"\n".to_owned(),
        b'\r' => r"\r".to_owned(),
        b'\t' => r"\t".to_owned(),
        0..=0x1f | 0x7f => format!(r"\x{byte:02x}"),
        0x80..=0xa0 | 0xad => format!(r"\u{byte:04x}"),
        letter => char::from(letter).to_string(),
    };
    format!("'{shown}'")
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// What a value lies in, and which part of it.
#[derive(Clone, Copy)]
enum Inside {
    Key,
    Field,
    List,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Expects {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    /// What follows a value.
    Next,
    Text,
    Escape,
    /// So many digits of an escape.
    Hex(u8),
    /// Of a number: behind its sign, its zero, a digit, the dot, a digit behind that, the `e`, its sign, its digits.
    Sign,
    Zero,
    Digit,
    Dot,
    Fraction,
    Exponent,
    ExponentSign,
    Power,
    /// Of a word, from this letter on.
    Word(&'static str, usize),
}

/// Where the first value ends, seen from the byte that was read.
enum Step {
    On,
    Before,
    With,
}

struct Reader {
    expects: Expects,
    inside: Vec<Inside>,
}

impl Reader {
    /// Reads one byte; the error says where it does not belong.
    fn step(&mut self, byte: u8) -> Result<Step, String> {
        use Expects as E;
        let go = |reader: &mut Reader, next: E| {
            reader.expects = next;
            Ok(Step::On)
        };
        match (self.expects, byte) {
            (E::Value | E::ValueOrEnd | E::Key | E::KeyOrEnd, byte) if is_blank(byte) => Ok(Step::On),
            (E::ValueOrEnd, b']') | (E::KeyOrEnd, b'}') => self.leave(),
            (E::Value | E::ValueOrEnd, byte) => self.begin(byte),
            (E::Key | E::KeyOrEnd, b'"') => go(self, E::Text),
            (E::Key | E::KeyOrEnd, _) => Err("looking for beginning of object key string".to_owned()),
            (E::Next, byte) => self.next(byte),
            (E::Text, b'"') => self.end(Step::With),
            (E::Text, b'\\') => go(self, E::Escape),
            (E::Text, 0..=0x1f) => Err("in string literal".to_owned()),
            (E::Text, _) => Ok(Step::On),
            (E::Escape, b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => go(self, E::Text),
            (E::Escape, b'u') => go(self, E::Hex(4)),
            (E::Escape, _) => Err("in string escape code".to_owned()),
            (E::Hex(left), byte) if byte.is_ascii_hexdigit() => {
                go(self, if left > 1 { E::Hex(left - 1) } else { E::Text })
            }
            (E::Hex(_), _) => Err(r"in \u hexadecimal character escape".to_owned()),
            (E::Sign, b'0') => go(self, E::Zero),
            (E::Sign, b'1'..=b'9') => go(self, E::Digit),
            (E::Sign, _) => Err("in numeric literal".to_owned()),
            (E::Dot, b'0'..=b'9') => go(self, E::Fraction),
            (E::Dot, _) => Err("after decimal point in numeric literal".to_owned()),
            (E::Exponent, b'+' | b'-') => go(self, E::ExponentSign),
            (E::Exponent | E::ExponentSign, b'0'..=b'9') => go(self, E::Power),
            (E::Exponent | E::ExponentSign, _) => Err("in exponent of numeric literal".to_owned()),
            (E::Digit | E::Fraction | E::Power, b'0'..=b'9') => Ok(Step::On),
            (E::Zero | E::Digit, b'.') => go(self, E::Dot),
            (E::Zero | E::Digit | E::Fraction, b'e' | b'E') => go(self, E::Exponent),
            // A number has no end of its own: what follows it is looked at again.
            (E::Zero | E::Digit | E::Fraction | E::Power, byte) => match self.end(Step::Before)? {
                Step::On => self.next(byte),
                over => Ok(over),
            },
            (E::Word(word, at), byte) if word.as_bytes()[at] == byte => match at + 1 == word.len() {
                true => self.end(Step::With),
                false => go(self, E::Word(word, at + 1)),
            },
            (E::Word(word, at), _) => Err(format!("in literal {word} (expecting '{}')", &word[at..=at])),
        }
    }

    fn begin(&mut self, byte: u8) -> Result<Step, String> {
        self.expects = match byte {
            b'{' => {
                self.inside.push(Inside::Key);
                Expects::KeyOrEnd
            }
            b'[' => {
                self.inside.push(Inside::List);
                Expects::ValueOrEnd
            }
            b'"' => Expects::Text,
            b'-' => Expects::Sign,
            b'0' => Expects::Zero,
            b'1'..=b'9' => Expects::Digit,
            b't' => Expects::Word("true", 1),
            b'f' => Expects::Word("false", 1),
            b'n' => Expects::Word("null", 1),
            _ => return Err("looking for beginning of value".to_owned()),
        };
        Ok(Step::On)
    }

    /// A value has ended; the last one ends it all.
    fn end(&mut self, over: Step) -> Result<Step, String> {
        self.expects = Expects::Next;
        Ok(if self.inside.is_empty() { over } else { Step::On })
    }

    /// A list or an object has ended.
    fn leave(&mut self) -> Result<Step, String> {
        self.inside.pop();
        self.end(Step::With)
    }

    fn next(&mut self, byte: u8) -> Result<Step, String> {
        let Some(inside) = self.inside.last_mut() else { return Ok(Step::Before) };
        if is_blank(byte) {
            return Ok(Step::On);
        }
        (self.expects, *inside) = match (*inside, byte) {
            (Inside::Key, b':') => (Expects::Value, Inside::Field),
            (Inside::Field, b',') => (Expects::Key, Inside::Key),
            (Inside::List, b',') => (Expects::Value, Inside::List),
            (Inside::Field, b'}') | (Inside::List, b']') => return self.leave(),
            (Inside::Key, _) => return Err("after object key".to_owned()),
            (Inside::Field, _) => return Err("after object key:value pair".to_owned()),
            (Inside::List, _) => return Err("after array element".to_owned()),
        };
        Ok(Step::On)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &[u8], why: &str) {
        assert_eq!(first(text), Found::Flaw(format!("invalid character {why}")));
    }

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
            assert_eq!(int(text), Ok(value), "{text}");
        }
        for text in ["", "x", "08", "0x", "1__0", "_1", "1_", "1.0", "0b2", "--1"] {
            assert_eq!(int(text), Err("invalid syntax"), "{text}");
        }
        for text in ["9223372036854775808", "99999999999999999999999999999999999999999"] {
            assert_eq!(int(text), Err("value out of range"), "{text}");
        }
    }

    #[test]
    fn the_first_value_ends_where_it_ends() {
        for (text, end) in [
            ("{} x", 2),
            (" [1, -0.5e+3 , {\"a\\u00e9\": null}]]", 33),
            ("\"a\\\"b\" ", 6),
            ("12", 2),
            ("0x", 1),
            ("truex", 4),
        ] {
            assert_eq!(first(text.as_bytes()), Found::Value(end), "{text}");
        }
        assert_eq!(first(b" \n"), Found::Nothing);
        for part in ["{", "{\"a\"", "[1,", "\"x", "nul", "-", "1.", "1e"] {
            assert_eq!(first(part.as_bytes()), Found::Part, "{part}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_in_gos_words() {
        refused(b"hello", "'h' looking for beginning of value");
        refused("\u{feff}{}".as_bytes(), "'ï' looking for beginning of value");
        refused(b"\0", r"'\x00' looking for beginning of value");
        refused("{\"a\":é}".as_bytes(), "'Ã' looking for beginning of value");
        refused(b"{a", "'a' looking for beginning of object key string");
        refused(b"{\"a\":1,}", "'}' looking for beginning of object key string");
        refused(b"{\"a\"}", "'}' after object key");
        refused(b"{\"a\":01}", "'1' after object key:value pair");
        refused(b"[00]", "'0' after array element");
        refused(b"[1 2]", "'2' after array element");
        refused(b"{\"a\":\"x\n\"}", r"'\n' in string literal");
        refused(b"{\"a\":\"\x01\"}", r"'\x01' in string literal");
        refused(b"\"\\x\"", "'x' in string escape code");
        refused(b"\"\\u12\"", "'\"' in \\u hexadecimal character escape");
        refused(b"\"\\u12zz\"", "'z' in \\u hexadecimal character escape");
        refused(b"-x", "'x' in numeric literal");
        refused(b"{\"a\":1.}", "'}' after decimal point in numeric literal");
        refused(b"{\"a\":1ex}", "'x' in exponent of numeric literal");
        refused(b"{\"a\":1e+}", "'}' in exponent of numeric literal");
        refused(b"nulx", "'x' in literal null (expecting 'l')");
        refused(b"[']", r"'\'' looking for beginning of value");
    }

    #[test]
    fn behind_the_only_value_nothing_stands() {
        assert_eq!(flaw(b"{} \n"), None);
        assert_eq!(flaw(b"{} x").as_deref(), Some("invalid character 'x' after top-level value"));
        assert_eq!(flaw(b"{\"a\":").as_deref(), Some("unexpected end of JSON input"));
    }
}

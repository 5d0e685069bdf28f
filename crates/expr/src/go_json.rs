//! JSON as Go reads it: the same documents are refused, with the same messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::value::Value;
use crate::{go, limits};

/// Parses a document; all numbers become floats. The error is Go's.
pub fn parse(text: &str) -> Result<Value, String> {
    Reader::of(text.as_bytes()).whole(Reader::value)
}

/// Whether Go reads the text as one document, with numbers that are floats. The error is Go's.
pub fn check(text: &str) -> Result<(), String> {
    Reader::of(text.as_bytes()).whole(Reader::skip)
}

/// What Go says of bytes that are no document, whatever the size of its numbers; none if they are one (API-024).
pub fn flaw(text: &[u8]) -> Option<String> {
    Reader::of(text).whole(|reader| reader.pass(Reader::pass_scalar)).err()
}

/// What Go's decoder finds at the beginning of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum First {
    /// Nothing but blanks.
    Nothing,
    /// A value that ends before this byte; what follows it is not looked at.
    Value(usize),
    /// The beginning of a value, whose end is missing.
    Part,
    /// What is wrong.
    Flaw(String),
}

/// The first value of a stream (API-024).
pub fn first(text: &[u8]) -> First {
    let mut reader = Reader::of(text);
    reader.blanks();
    if reader.peek().is_none() {
        return First::Nothing;
    }
    match reader.pass(Reader::pass_scalar) {
        Ok(()) => First::Value(reader.at),
        Err(_) if reader.peek().is_none() => First::Part,
        Err(why) => First::Flaw(why),
    }
}

/// A valid document without the blanks between its tokens.
pub(crate) fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in text.chars() {
        if in_string {
            out.push(character);
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
        } else if !matches!(character, ' ' | '\t' | '\n' | '\r') {
            out.push(character);
            in_string = character == '"';
        }
    }
    out
}

/// A valid document with `<`, `>` and `&` escaped, as Go's encoder writes all JSON.
pub fn html_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                go::push(&mut out, format_args!("\\u{:04x}", character as u32));
            }
            _ => out.push(character),
        }
    }
    out
}

/// The text of a valid JSON string; other documents come back as they are.
pub(crate) fn unquote(raw: &str) -> String {
    match parse(raw) {
        Ok(Value::Text(text)) => text.to_string(),
        _ => raw.to_owned(),
    }
}

/// The JSON texts of the elements of a valid list.
pub(crate) fn elements(raw: &str) -> impl Iterator<Item = &str> {
    let mut reader = Reader { bytes: raw.as_bytes(), at: 1, depth: 0 };
    std::iter::from_fn(move || {
        reader.separators();
        if matches!(reader.peek(), None | Some(b']')) {
            return None;
        }
        let start = reader.at;
        reader.skip().ok()?;
        Some(&raw[start..reader.at])
    })
}

/// The members of a valid map in the order of the text: key and JSON text of the value.
pub(crate) fn members(raw: &str) -> impl Iterator<Item = (String, &str)> {
    let mut reader = Reader { bytes: raw.as_bytes(), at: 1, depth: 0 };
    std::iter::from_fn(move || {
        reader.separators();
        if reader.peek() != Some(b'"') {
            return None;
        }
        let key = reader.string().ok()?;
        reader.blanks();
        reader.at += 1;
        reader.blanks();
        let start = reader.at;
        reader.skip().ok()?;
        Some((key, &raw[start..reader.at]))
    })
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn of(bytes: &'t [u8]) -> Reader<'t> {
        Reader { bytes, at: 0, depth: 0 }
    }

    /// Reads one value, beside which nothing else stands.
    fn whole<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.blanks();
        let value = read(self)?;
        self.blanks();
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(self.unexpected("after top-level value")),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn separators(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r' | b',')) {
            self.at += 1;
        }
    }

    /// The message for what stands here; where a document ends in the middle of a token, Go sees a blank.
    fn unexpected(&self, context: &str) -> String {
        let byte = self.peek().unwrap_or(b' ');
        let shown = match byte {
            b'\'' => "\\'".to_owned(),
            b'"' => "\"".to_owned(),
            byte => {
                let quoted = go::quote(&char::from(byte).to_string());
                quoted[1..quoted.len() - 1].to_owned()
            }
        };
        format!("invalid character '{shown}' {context}")
    }

    fn ended() -> String {
        "unexpected end of JSON input".to_owned()
    }

    /// Reads a value and forgets it.
    fn skip(&mut self) -> Result<(), String> {
        self.pass(|reader| reader.scalar().map(drop))
    }

    /// Passes over a value; what is no text, list or object as it is told.
    fn pass(&mut self, scalar: fn(&mut Self) -> Result<(), String>) -> Result<(), String> {
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'{') => self.object(|reader| reader.skip_string(), |reader, ()| reader.pass(scalar)),
            Some(b'[') => self.array(|reader| reader.pass(scalar)),
            _ => scalar(self),
        }
    }

    /// Passes over a number of any size, or a word.
    fn pass_scalar(&mut self) -> Result<(), String> {
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => self.digits_of_number(),
            _ => self.scalar().map(drop),
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        match self.peek() {
            Some(b'"') => Ok(Value::from(self.string()?)),
            Some(b'{') => {
                let mut entries: BTreeMap<Arc<str>, Value> = BTreeMap::new();
                self.object(
                    |reader| reader.string(),
                    |reader, key| {
                        let value = reader.value()?;
                        entries.insert(key.into(), value);
                        Ok(())
                    },
                )?;
                Ok(Value::map(entries))
            }
            Some(b'[') => {
                let mut items = Vec::new();
                self.array(|reader| {
                    items.push(reader.value()?);
                    Ok(())
                })?;
                Ok(Value::list(items))
            }
            _ => self.scalar(),
        }
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > limits::JSON_DEPTH {
            Err(limits::beyond(limits::JSON_DEPTH, "levels of JSON"))
        } else {
            Ok(())
        }
    }

    fn object<K>(
        &mut self,
        mut key: impl FnMut(&mut Self) -> Result<K, String>,
        mut member: impl FnMut(&mut Self, K) -> Result<(), String>,
    ) -> Result<(), String> {
        self.deeper()?;
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            match self.peek() {
                Some(b'"') => {}
                None => return Err(Self::ended()),
                Some(_) => return Err(self.unexpected("looking for beginning of object key string")),
            }
            let name = key(self)?;
            self.blanks();
            match self.peek() {
                Some(b':') => self.at += 1,
                None => return Err(Self::ended()),
                Some(_) => return Err(self.unexpected("after object key")),
            }
            self.blanks();
            member(self, name)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(());
                }
                None => return Err(Self::ended()),
                Some(_) => return Err(self.unexpected("after object key:value pair")),
            }
            self.blanks();
        }
    }

    fn array(&mut self, mut element: impl FnMut(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.deeper()?;
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            element(self)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(());
                }
                None => return Err(Self::ended()),
                Some(_) => return Err(self.unexpected("after array element")),
            }
            self.blanks();
        }
    }

    fn scalar(&mut self) -> Result<Value, String> {
        match self.peek() {
            None => Err(Self::ended()),
            Some(b't') => self.word("true").map(|()| Value::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Value::Bool(false)),
            Some(b'n') => self.word("null").map(|()| Value::Nil),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                let context = format!("in literal {word} (expecting '{}')", char::from(expected));
                return Err(self.unexpected(&context));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn digits(&mut self, context: &str) -> Result<(), String> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected(context));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.digits_of_number()?;
        let text = String::from_utf8_lossy(&self.bytes[start..self.at]);
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(format!("json: cannot unmarshal number {text} into Go value of type float64")),
        }
    }

    fn digits_of_number(&mut self) -> Result<(), String> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn skip_string(&mut self) -> Result<(), String> {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(Self::ended()),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(self.unexpected("in string literal")),
                Some(_) => self.at += 1,
            }
        }
    }

    /// Reads what follows a backslash; `None` for the first half of a surrogate pair's `\u` escapes.
    fn escape(&mut self) -> Result<Escape, String> {
        let byte = self.peek();
        let character = match byte {
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => {
                self.at += 1;
                let mut unit: u16 = 0;
                for _ in 0..4 {
                    let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
                    let Some(digit) = digit else {
                        return Err(self.unexpected("in \\u hexadecimal character escape"));
                    };
                    unit = unit << 4 | digit as u16;
                    self.at += 1;
                }
                return Ok(Escape::Unit(unit));
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        Ok(Escape::Character(character))
    }

    fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        self.skip_string()?;
        let body = String::from_utf8_lossy(&self.bytes[start + 1..self.at - 1]);
        if !body.contains('\\') {
            return Ok(body.into_owned());
        }
        let mut inner = Reader::of(body.as_bytes());
        let mut out = String::with_capacity(body.len());
        let mut high: Option<u16> = None;
        while let Some(byte) = inner.peek() {
            if byte != b'\\' {
                let end = body[inner.at..].find('\\').map_or(body.len(), |found| inner.at + found);
                flush(&mut high, &mut out);
                out.push_str(&body[inner.at..end]);
                inner.at = end;
                continue;
            }
            inner.at += 1;
            match inner.escape()? {
                Escape::Character(character) => {
                    flush(&mut high, &mut out);
                    out.push(character);
                }
                Escape::Unit(unit) => match (high, unit) {
                    (Some(first), 0xdc00..=0xdfff) => {
                        high = None;
                        out.extend(char::decode_utf16([first, unit]).map(|c| c.unwrap_or('\u{fffd}')));
                    }
                    (_, 0xd800..=0xdbff) => {
                        flush(&mut high, &mut out);
                        high = Some(unit);
                    }
                    (_, unit) => {
                        flush(&mut high, &mut out);
                        out.push(char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}'));
                    }
                },
            }
        }
        flush(&mut high, &mut out);
        Ok(out)
    }
}

enum Escape {
    Character(char),
    Unit(u16),
}

/// Half a surrogate pair becomes the replacement character.
fn flush(high: &mut Option<u16>, out: &mut String) {
    if high.take().is_some() {
        out.push('\u{fffd}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &[u8], why: &str) {
        assert_eq!(first(text), First::Flaw(format!("invalid character {why}")));
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
            assert_eq!(first(text.as_bytes()), First::Value(end), "{text}");
        }
        assert_eq!(first(b" \n"), First::Nothing);
        for part in ["{", "{\"a\"", "[1,", "\"x", "nul", "-", "1.", "1e"] {
            assert_eq!(first(part.as_bytes()), First::Part, "{part}");
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
        // Where a word or a number is cut, Go looks at a blank behind it.
        assert_eq!(flaw(b"nul").as_deref(), Some("invalid character ' ' in literal null (expecting 'l')"));
        assert_eq!(flaw(b"1e999"), None);
        assert_eq!(flaw(b"\"\xff\""), None);
    }
}

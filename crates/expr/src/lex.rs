//! Tokens of the expression language.

use std::borrow::Cow;
use std::str::Chars;

use crate::go;

/// What kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Identifier,
    Number,
    Text,
    Bytes,
    Operator,
    Bracket,
    End,
}

/// A token and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind,
    /// The spelling; of a text its value.
    pub(crate) text: Cow<'t, str>,
    /// The value of a byte literal.
    pub(crate) bytes: Vec<u8>,
    /// Place in characters from the start of the source.
    pub(crate) at: usize,
}

impl Token<'_> {
    /// The token as messages show it.
    pub(crate) fn describe(&self) -> String {
        let kind = match self.kind {
            TokenKind::Identifier => "Identifier",
            TokenKind::Number => "Number",
            TokenKind::Text => "String",
            TokenKind::Bytes => "Bytes",
            TokenKind::Operator => "Operator",
            TokenKind::Bracket => "Bracket",
            TokenKind::End => return "EOF".to_owned(),
        };
        if self.text.is_empty() {
            return kind.to_owned();
        }
        format!("{kind}({})", go::quote(&self.text))
    }

    pub(crate) fn is(&self, kind: TokenKind, text: &str) -> bool {
        self.kind == kind && self.text == text
    }

    pub(crate) fn is_operator(&self, text: &str) -> bool {
        self.is(TokenKind::Operator, text)
    }

    pub(crate) fn is_bracket(&self, text: &str) -> bool {
        self.is(TokenKind::Bracket, text)
    }
}

/// The place of faults that the reference puts at the end of the source.
pub(crate) const END: usize = usize::MAX;

/// A message and its place in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) at: usize,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>, at: usize) -> Fault {
        Fault { message: message.into(), at }
    }

    /// The message with its place and an excerpt of the source, as the reference prints it.
    pub(crate) fn show(&self, source: &str) -> String {
        let at = if self.at == END { source.chars().count().saturating_sub(1) } else { self.at };
        let (mut line, mut column) = (1, 0);
        for character in source.chars().take(at) {
            if character == '\n' {
                line += 1;
                column = 0;
            } else {
                column += 1;
            }
        }
        let Some(excerpt) = source.split('\n').nth(line - 1).filter(|_| !source.is_empty()) else {
            return self.message.clone();
        };
        let excerpt = excerpt.replace('\t', " ");
        let under = ".".repeat(column.min(excerpt.chars().count()));
        format!("{} ({line}:{})\n | {excerpt}\n | {under}^", self.message, column + 1)
    }
}

/// Splits an expression into tokens; the last one is the end, or stands for the first that is none, whose fault comes
/// beside.
pub(crate) fn lex(source: &str) -> (Vec<Token<'_>>, Option<Fault>) {
    let mut lexer = Lexer { source, byte: 0, at: 0, tokens: Vec::new() };
    loop {
        match lexer.token() {
            Ok(true) => {}
            Ok(false) => return (lexer.tokens, None),
            Err(fault) => {
                lexer.emit(TokenKind::End, lexer.byte, lexer.at);
                return (lexer.tokens, Some(fault));
            }
        }
    }
}

struct Lexer<'t> {
    source: &'t str,
    /// Where we are, in bytes and in characters.
    byte: usize,
    at: usize,
    tokens: Vec<Token<'t>>,
}

impl<'t> Lexer<'t> {
    fn peek(&self) -> Option<char> {
        self.source[self.byte..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.byte += next.len_utf8();
        self.at += 1;
        Some(next)
    }

    fn accept(&mut self, any_of: &str) -> bool {
        let found = self.peek().is_some_and(|next| any_of.contains(next));
        if found {
            self.next();
        }
        found
    }

    fn run(&mut self, accepted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&accepted) {
            self.next();
        }
    }

    fn emit(&mut self, kind: TokenKind, byte: usize, at: usize) {
        let text = Cow::Borrowed(&self.source[byte..self.byte]);
        self.tokens.push(Token { kind, text, bytes: Vec::new(), at });
    }

    /// Reads one token; false at the end.
    fn token(&mut self) -> Result<bool, Fault> {
        let (byte, at) = (self.byte, self.at);
        let Some(character) = self.next() else {
            self.emit(TokenKind::End, byte, at.saturating_sub(1));
            return Ok(false);
        };
        match character {
            _ if character.is_whitespace() => {}
            '\'' | '"' => {
                let value = self.quoted(character)?;
                let text = unescape(value).ok_or_else(|| Fault::new(UNREADABLE, self.at - 1))?;
                self.tokens.push(Token { kind: TokenKind::Text, text, bytes: Vec::new(), at });
            }
            '`' => {
                let text = self.raw()?;
                self.tokens.push(Token { kind: TokenKind::Text, text, bytes: Vec::new(), at });
            }
            '0'..='9' => self.number(byte, at)?,
            '?' => {
                self.accept(".?");
                self.emit(TokenKind::Operator, byte, at);
            }
            '/' => return self.slash(byte, at),
            '#' => self.pointer(byte, at),
            '|' => {
                self.accept("|");
                self.emit(TokenKind::Operator, byte, at);
            }
            ':' => {
                self.accept(":");
                self.emit(TokenKind::Operator, byte, at);
            }
            '(' | '[' | '{' | ')' | ']' | '}' => self.emit(TokenKind::Bracket, byte, at),
            '&' | '!' | '=' | '*' | '<' | '>' => {
                self.accept("&=*");
                self.emit(TokenKind::Operator, byte, at);
            }
            ',' | ';' | '%' | '+' | '-' | '^' => self.emit(TokenKind::Operator, byte, at),
            '.' => {
                if self.peek().is_some_and(|next| next.is_ascii_digit()) {
                    self.byte = byte;
                    self.at = at;
                    self.number(byte, at)?;
                } else {
                    self.accept(".");
                    self.emit(TokenKind::Operator, byte, at);
                }
            }
            'b' | 'B' if matches!(self.peek(), Some('\'' | '"')) => {
                let quote = self.next().unwrap_or('"');
                let value = self.quoted(quote)?;
                let bytes = unescape_bytes(value).ok_or_else(|| Fault::new(UNREADABLE, self.at - 1))?;
                let text = Cow::Borrowed(value);
                self.tokens.push(Token { kind: TokenKind::Bytes, text, bytes, at });
            }
            _ if is_alphanumeric(character) => {
                self.run(is_alphanumeric);
                let kind = match &self.source[byte..self.byte] {
                    "in" | "or" | "and" | "not" | "matches" | "contains" | "startsWith" | "endsWith"
                    | "let" | "if" | "else" => TokenKind::Operator,
                    _ => TokenKind::Identifier,
                };
                self.emit(kind, byte, at);
            }
            _ => {
                let message = if go::is_print(character) {
                    format!("unrecognized character: U+{:04X} '{character}'", character as u32)
                } else {
                    format!("unrecognized character: U+{:04X}", character as u32)
                };
                return Err(Fault::new(message, at));
            }
        }
        Ok(true)
    }

    /// The inside of a quoted text, with its escapes. A line break ends it too early.
    fn quoted(&mut self, quote: char) -> Result<&'t str, Fault> {
        let start = self.byte;
        let mut read = self.next();
        loop {
            match read {
                None | Some('\n') => return Err(self.wrong("literal not terminated", read)),
                Some('\\') => read = self.escape(quote)?,
                Some(character) if character == quote => {
                    return Ok(&self.source[start..self.byte - quote.len_utf8()]);
                }
                Some(_) => read = self.next(),
            }
        }
    }

    /// Passes over what follows a backslash, and gives the character behind it.
    fn escape(&mut self, quote: char) -> Result<Option<char>, Fault> {
        let escaped = self.next();
        match escaped {
            Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\') => Ok(self.next()),
            Some(character) if character == quote => Ok(self.next()),
            Some('0'..='7') => self.digits(escaped, 8, 3),
            Some('u') if self.accept("{") => {
                let start = self.at;
                self.run(|next| next.is_ascii_hexdigit());
                let count = self.at - start;
                if count > 6 {
                    return Err(Fault::new(INVALID_ESCAPE, start + 5));
                }
                if count == 0 || !self.accept("}") {
                    return Err(Fault::new(INVALID_ESCAPE, self.at - 1));
                }
                Ok(self.next())
            }
            Some(kind @ ('x' | 'u' | 'U')) => {
                let first = self.next();
                let count = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                self.digits(first, 16, count)
            }
            _ => Err(self.wrong(INVALID_ESCAPE, escaped)),
        }
    }

    /// Passes over so many digits, of which the first has been read, and gives the character behind them.
    fn digits(&mut self, first: Option<char>, radix: u32, count: usize) -> Result<Option<char>, Fault> {
        let mut read = first;
        for _ in 0..count {
            if !read.is_some_and(|digit| digit.is_digit(radix)) {
                return Err(self.wrong(INVALID_ESCAPE, read));
            }
            read = self.next();
        }
        Ok(read)
    }

    /// A fault at what was read last, be it the end.
    fn wrong(&self, message: &str, read: Option<char>) -> Fault {
        Fault::new(message, if read.is_none() { self.at } else { self.at - 1 })
    }

    /// The inside of a raw text; a doubled backtick stands for one.
    fn raw(&mut self) -> Result<Cow<'t, str>, Fault> {
        let start = self.byte;
        let mut doubled = false;
        loop {
            let here = self.at;
            match self.next() {
                None => return Err(Fault::new("literal not terminated", here)),
                Some('`') if self.accept("`") => doubled = true,
                Some('`') => {
                    let text = &self.source[start..self.byte - 1];
                    let plain = Cow::Borrowed(text);
                    return Ok(if doubled { Cow::Owned(text.replace("``", "`")) } else { plain });
                }
                Some(_) => {}
            }
        }
    }

    fn number(&mut self, byte: usize, at: usize) -> Result<(), Fault> {
        // The first digit may have been read already.
        self.byte = byte;
        self.at = at;
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.run(|next| digits.contains(next));
        let before_dot = (self.byte, self.at);
        if self.accept(".") {
            if self.peek() == Some('.') {
                // `1..2` is a range.
                (self.byte, self.at) = before_dot;
                self.emit(TokenKind::Number, byte, at);
                return Ok(());
            }
            self.run(|next| digits.contains(next));
        }
        if self.accept("eE") {
            self.accept("+-");
            self.run(|next| digits.contains(next));
        }
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            let spelling = go::quote(&self.source[byte..self.byte]);
            return Err(Fault::new(format!("bad number syntax: {spelling}"), self.at - 1));
        }
        self.emit(TokenKind::Number, byte, at);
        Ok(())
    }

    /// A division or a comment.
    fn slash(&mut self, byte: usize, at: usize) -> Result<bool, Fault> {
        if self.accept("/") {
            self.run(|next| next != '\n');
        } else if self.accept("*") {
            loop {
                match self.next() {
                    None => return Err(Fault::new("unclosed comment", self.at)),
                    Some('*') if self.accept("/") => return Ok(true),
                    Some(_) => {}
                }
            }
        } else {
            self.emit(TokenKind::Operator, byte, at);
        }
        Ok(true)
    }

    /// `#` and the name glued to it.
    fn pointer(&mut self, byte: usize, at: usize) {
        self.accept("#");
        self.emit(TokenKind::Operator, byte, at);
        let (byte, at) = (self.byte, self.at);
        self.run(is_alphanumeric);
        if self.byte > byte {
            self.emit(TokenKind::Identifier, byte, at);
        }
    }
}

pub(crate) fn is_alphanumeric(character: char) -> bool {
    character == '_' || character == '$' || character.is_alphabetic() || character.is_numeric()
}

/// Whether a word could be an identifier.
pub(crate) fn is_identifier(word: &str) -> bool {
    word.starts_with(|first: char| is_alphanumeric(first) && !first.is_numeric())
        && word.chars().all(is_alphanumeric)
}

/// One element of a text literal.
enum Unit {
    Character(char),
    Byte(u8),
}

const INVALID_ESCAPE: &str = "invalid char escape";
const UNREADABLE: &str = "unable to unescape string";

/// What a text literal says; none if an escape means no character.
fn unescape(literal: &str) -> Option<Cow<'_, str>> {
    if !literal.contains(['\\', '\r']) {
        return Some(Cow::Borrowed(literal));
    }
    let mut out = String::with_capacity(literal.len());
    let mut rest = literal.chars();
    while let Some(unit) = unit(&mut rest)? {
        out.push(match unit {
            Unit::Character(character) => character,
            Unit::Byte(byte) => char::from(byte),
        });
    }
    Some(Cow::Owned(out))
}

/// The same for bytes, which know no escapes of Unicode.
fn unescape_bytes(literal: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(literal.len());
    let mut rest = literal.chars();
    loop {
        if rest.as_str().starts_with("\\u") || rest.as_str().starts_with("\\U") {
            return None;
        }
        match unit(&mut rest)? {
            Some(Unit::Character(character)) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Some(Unit::Byte(byte)) => out.push(byte),
            None => return Some(out),
        }
    }
}

/// The next element of a literal whose escapes are complete; the outer none if it means no character, the inner one at the
/// end.
fn unit(rest: &mut Chars<'_>) -> Option<Option<Unit>> {
    let Some(character) = rest.next() else { return Some(None) };
    Some(Some(match character {
        '\\' => escaped(rest)?,
        '\r' => Unit::Character('\n'),
        character => Unit::Character(character),
    }))
}

/// What follows a backslash.
fn escaped(rest: &mut Chars<'_>) -> Option<Unit> {
    // A surrogate is none by itself, and two are not joined.
    let scalar = |value: u32| {
        (value <= u32::from(char::MAX)).then(|| Unit::Character(char::from_u32(value).unwrap_or('\u{fffd}')))
    };
    Some(match rest.next()? {
        'a' => Unit::Byte(7),
        'b' => Unit::Byte(8),
        'f' => Unit::Byte(12),
        'n' => Unit::Byte(10),
        'r' => Unit::Byte(13),
        't' => Unit::Byte(9),
        'v' => Unit::Byte(11),
        'x' => Unit::Byte(number(rest, 2, 16)? as u8),
        'u' if rest.as_str().starts_with('{') => {
            let (digits, after) = rest.as_str()[1..].split_once('}')?;
            *rest = after.chars();
            return scalar(u32::from_str_radix(digits, 16).ok()?);
        }
        'u' => return scalar(number(rest, 4, 16)?),
        'U' => return scalar(number(rest, 8, 16)?),
        first @ '0'..='3' => Unit::Byte((first.to_digit(8)? * 64 + number(rest, 2, 8)?) as u8),
        '4'..='7' => return None,
        same => Unit::Character(same),
    })
}

/// The number of so many digits.
fn number(rest: &mut Chars<'_>, count: usize, radix: u32) -> Option<u32> {
    (0..count).try_fold(0, |value, _| Some(value * radix + rest.next()?.to_digit(radix)?))
}

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
                let text = unescape(value).map_err(|wrong| Fault::new(INVALID_ESCAPE, at + wrong))?;
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
                let bytes =
                    unescape_bytes(value).map_err(|wrong| Fault::new(INVALID_ESCAPE, at + 1 + wrong))?;
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
        loop {
            let here = self.at;
            match self.next() {
                None | Some('\n') => return Err(Fault::new("literal not terminated", here)),
                Some('\\') => {
                    if self.next().is_none() {
                        return Err(Fault::new("literal not terminated", self.at));
                    }
                }
                Some(character) if character == quote => {
                    return Ok(&self.source[start..self.byte - quote.len_utf8()]);
                }
                Some(_) => {}
            }
        }
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

/// The error is the number of characters up to and including the wrong one.
fn unescape(literal: &str) -> Result<Cow<'_, str>, usize> {
    if !literal.contains('\\') {
        return Ok(Cow::Borrowed(literal));
    }
    let mut out = String::with_capacity(literal.len());
    units(literal, |unit| match unit {
        Unit::Character(character) => out.push(character),
        Unit::Byte(byte) => out.push(char::from(byte)),
    })?;
    Ok(Cow::Owned(out))
}

fn unescape_bytes(literal: &str) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(literal.len());
    units(literal, |unit| match unit {
        Unit::Character(character) => {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Unit::Byte(byte) => out.push(byte),
    })?;
    Ok(out)
}

fn units(literal: &str, mut each: impl FnMut(Unit)) -> Result<(), usize> {
    let mut rest = literal.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            each(Unit::Character(character));
            continue;
        }
        match escape(&mut rest) {
            Some(unit) => each(unit),
            None => return Err(literal.chars().count() - rest.as_str().chars().count()),
        }
    }
    Ok(())
}

/// The number of so many digits.
fn digits(rest: &mut Chars<'_>, count: usize, radix: u32) -> Option<u32> {
    (0..count).try_fold(0, |value, _| Some(value * radix + rest.next()?.to_digit(radix)?))
}

/// Reads what follows a backslash.
fn escape(rest: &mut Chars<'_>) -> Option<Unit> {
    Some(match rest.next()? {
        'a' => Unit::Byte(7),
        'b' => Unit::Byte(8),
        'f' => Unit::Byte(12),
        'n' => Unit::Byte(10),
        'r' => Unit::Byte(13),
        't' => Unit::Byte(9),
        'v' => Unit::Byte(11),
        escaped @ ('\\' | '\'' | '"' | '`' | '?') => Unit::Character(escaped),
        'x' | 'X' => Unit::Byte(digits(rest, 2, 16)? as u8),
        'u' => {
            let first = digits(rest, 4, 16)?;
            let mut pair = rest.clone();
            if (0xd800..0xdc00).contains(&first)
                && pair.as_str().starts_with("\\u")
                && pair.nth(1).is_some()
                && let Some(second @ 0xdc00..=0xdfff) = digits(&mut pair, 4, 16)
            {
                *rest = pair;
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
                    .map(Unit::Character);
            }
            Unit::Character(char::from_u32(first).unwrap_or('\u{fffd}'))
        }
        'U' => Unit::Character(char::from_u32(digits(rest, 8, 16)?)?),
        first @ '0'..='3' => {
            let first = first.to_digit(8)?;
            Unit::Byte((first * 64 + digits(rest, 2, 8)?) as u8)
        }
        _ => return None,
    })
}

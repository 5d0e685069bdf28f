//! Tokens of a condition (TP-200, TP-204).

use std::sync::Arc;

use regex::Regex;

use crate::go;
use crate::time::{Time, Zone, parse};

/// What kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Unknown,
    Prefix,
    Numeric,
    Boolean,
    Text,
    Pattern,
    Time,
    Variable,
    Accessor,
    Separator,
    Comparator,
    Logical,
    Modifier,
    Clause,
    ClauseClose,
    Ternary,
}

impl Kind {
    /// The name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Unknown => "UNKNOWN",
            Kind::Prefix => "PREFIX",
            Kind::Numeric => "NUMERIC",
            Kind::Boolean => "BOOLEAN",
            Kind::Text => "STRING",
            Kind::Pattern => "PATTERN",
            Kind::Time => "TIME",
            Kind::Variable => "VARIABLE",
            Kind::Accessor => "ACCESSOR",
            Kind::Separator => "SEPARATOR",
            Kind::Comparator => "COMPARATOR",
            Kind::Logical => "LOGICALOP",
            Kind::Modifier => "MODIFIER",
            Kind::Clause => "CLAUSE",
            Kind::ClauseClose => "CLAUSE_CLOSE",
            Kind::Ternary => "TERNARY",
        }
    }

    /// Whether an expression may end after such a token.
    pub(super) fn may_end(self) -> bool {
        matches!(
            self,
            Kind::Numeric
                | Kind::Boolean
                | Kind::Text
                | Kind::Pattern
                | Kind::Time
                | Kind::Variable
                | Kind::Accessor
                | Kind::ClauseClose
        )
    }

    /// Whether a token of the other kind may follow.
    pub(super) fn may_precede(self, next: Kind) -> bool {
        use Kind::{
            Accessor, Boolean, Clause, ClauseClose, Comparator, Logical, Modifier, Numeric, Pattern, Prefix,
            Separator, Ternary, Text, Time, Unknown, Variable,
        };
        let operand = matches!(next, Numeric | Boolean | Variable | Accessor | Clause);
        match self {
            Unknown => operand || matches!(next, Prefix | Pattern | Text | Time),
            Clause => operand || matches!(next, Prefix | Pattern | Text | Time | ClauseClose),
            ClauseClose => matches!(
                next,
                Comparator
                    | Modifier
                    | Numeric
                    | Boolean
                    | Variable
                    | Text
                    | Pattern
                    | Time
                    | Clause
                    | ClauseClose
                    | Logical
                    | Ternary
                    | Separator
            ),
            Numeric | Boolean | Text | Variable => {
                matches!(next, Modifier | Comparator | Logical | ClauseClose | Ternary | Separator)
            }
            Time | Pattern => matches!(next, Modifier | Comparator | Logical | ClauseClose | Separator),
            Accessor => {
                matches!(next, Clause | Modifier | Comparator | Logical | ClauseClose | Ternary | Separator)
            }
            Modifier => operand || matches!(next, Prefix | Text | ClauseClose),
            Comparator => operand || matches!(next, Prefix | Text | Time | ClauseClose | Pattern),
            Logical => operand || matches!(next, Prefix | Text | Time | ClauseClose),
            Prefix => operand || matches!(next, ClauseClose),
            Ternary => operand || matches!(next, Prefix | Text | Time | Separator),
            Separator => operand || matches!(next, Prefix | Text | Time),
        }
    }
}

/// What a token says.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Nothing,
    Number(f64),
    Truth(bool),
    Word(String),
    Time(Time),
    Pattern(Regex),
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) content: Content,
}

impl Token {
    fn word(kind: Kind, word: impl Into<String>) -> Token {
        Token { kind, content: Content::Word(word.into()) }
    }

    /// The word of an operator.
    pub(super) fn operator(&self) -> &str {
        match &self.content {
            Content::Word(word) => word,
            _ => "",
        }
    }

    /// The content as messages show it.
    pub(super) fn show(&self) -> String {
        match (&self.kind, &self.content) {
            (Kind::Clause, _) => "40".to_owned(),
            (Kind::ClauseClose, _) => "41".to_owned(),
            (_, Content::Nothing) => "<nil>".to_owned(),
            (_, Content::Number(number)) => go::float(*number),
            (_, Content::Truth(truth)) => truth.to_string(),
            // Its parts, as Go prints a list.
            (Kind::Accessor, Content::Word(word)) => format!("[{}]", word.replace('.', " ")),
            (_, Content::Word(word)) => word.clone(),
            (_, Content::Time(time)) => time.to_string(),
            (_, Content::Pattern(pattern)) => pattern.to_string(),
        }
    }
}

/// Splits a condition into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut stream = Stream { source: text.chars().collect(), at: 0 };
    let mut tokens = Vec::new();
    let mut state = Kind::Unknown;
    while let Some(token) = stream.token(state)? {
        state = token.kind;
        tokens.push(token);
    }
    Ok(tokens)
}

struct Stream {
    source: Vec<char>,
    at: usize,
}

/// What a blank does inside a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blanks {
    Belong,
    End,
}

fn is_quote(character: char) -> bool {
    matches!(character, '\'' | '"')
}

fn is_numeric(character: char) -> bool {
    character.is_numeric() || character == '.'
}

fn is_name(character: char) -> bool {
    character.is_alphabetic() || character.is_numeric() || matches!(character, '_' | '.')
}

fn is_symbol(character: char) -> bool {
    !(character.is_alphabetic()
        || character.is_numeric()
        || matches!(character, '(' | ')' | '[' | ']')
        || is_quote(character))
}

impl Stream {
    /// Reads while a condition holds; a backslash makes the next character literal. Tells whether the
    /// token ended before the text did.
    fn run(&mut self, blanks: Blanks, accepts: fn(char) -> bool) -> Result<(String, bool), String> {
        let mut out = String::new();
        while let Some(character) = self.source.get(self.at).copied() {
            self.at += 1;
            if character == '\\' {
                let Some(escaped) = self.source.get(self.at) else {
                    return Err("nothing follows the last backslash".to_owned());
                };
                out.push(*escaped);
                self.at += 1;
                continue;
            }
            if character.is_whitespace() && blanks == Blanks::End {
                if out.is_empty() {
                    continue;
                }
                return Ok((out, true));
            }
            if !accepts(character) {
                self.at -= 1;
                return Ok((out, true));
            }
            out.push(character);
        }
        Ok((out, false))
    }

    fn token(&mut self, state: Kind) -> Result<Option<Token>, String> {
        while self.source.get(self.at).is_some_and(|character| character.is_whitespace()) {
            self.at += 1;
        }
        let Some(character) = self.source.get(self.at).copied() else { return Ok(None) };
        let token = match character {
            _ if is_numeric(character) => self.number(character)?,
            ',' => {
                self.at += 1;
                Token::word(Kind::Separator, ",")
            }
            '[' => {
                self.at += 1;
                let (name, closed) = self.run(Blanks::Belong, |character| character != ']')?;
                if !closed {
                    return Err("Unclosed parameter bracket".to_owned());
                }
                self.at += 1;
                Token::word(Kind::Variable, name)
            }
            _ if character.is_alphabetic() => self.name()?,
            _ if is_quote(character) => {
                self.at += 1;
                let (text, closed) = self.run(Blanks::Belong, |character| !is_quote(character))?;
                if !closed {
                    return Err("Unclosed string literal".to_owned());
                }
                self.at += 1;
                match time(&text) {
                    Some(time) => Token { kind: Kind::Time, content: Content::Time(time) },
                    None => Token::word(Kind::Text, text),
                }
            }
            '(' | ')' => {
                self.at += 1;
                let kind = if character == '(' { Kind::Clause } else { Kind::ClauseClose };
                Token::word(kind, character)
            }
            _ => self.symbol(state)?,
        };
        Ok(Some(token))
    }

    fn number(&mut self, first: char) -> Result<Token, String> {
        let number = |value| Token { kind: Kind::Numeric, content: Content::Number(value) };
        let is_hex = first == '0' && self.source.get(self.at + 1) == Some(&'x');
        if is_hex && self.at + 2 < self.source.len() {
            self.at += 2;
            let (digits, _) = self.run(Blanks::End, |character| character.is_ascii_hexdigit())?;
            return match u64::from_str_radix(&digits, 16) {
                Ok(value) => Ok(number(value as f64)),
                Err(_) => Err(format!("Unable to parse hex value '{digits}' to uint64\n")),
            };
        }
        let (digits, _) = self.run(Blanks::End, is_numeric)?;
        match go::parse_float(&digits) {
            Some(value) => Ok(number(value)),
            None => Err(format!("Unable to parse numeric value '{digits}' to float64\n")),
        }
    }

    fn name(&mut self) -> Result<Token, String> {
        let (name, _) = self.run(Blanks::End, is_name)?;
        match name.as_str() {
            "true" | "false" => {
                return Ok(Token { kind: Kind::Boolean, content: Content::Truth(name == "true") });
            }
            "in" | "IN" => return Ok(Token::word(Kind::Comparator, "in")),
            _ => {}
        }
        if name.find('.').is_none_or(|at| at == 0) {
            return Ok(Token::word(Kind::Variable, name));
        }
        if name.ends_with('.') {
            return Err(format!("Hanging accessor on token '{name}'"));
        }
        for field in name.split('.').skip(1) {
            let is_hidden = field.chars().next().is_some_and(|first| first.to_uppercase().ne([first]));
            if is_hidden {
                return Err(format!("Unable to access unexported field '{field}' in token '{name}'"));
            }
        }
        Ok(Token::word(Kind::Accessor, name))
    }

    fn symbol(&mut self, state: Kind) -> Result<Token, String> {
        let (symbol, _) = self.run(Blanks::End, is_symbol)?;
        let kind = match symbol.as_str() {
            "-" | "!" | "~" if state.may_precede(Kind::Prefix) => Kind::Prefix,
            "+" | "-" | "*" | "/" | "%" | "**" | "&" | "|" | "^" | ">>" | "<<" => Kind::Modifier,
            "&&" | "||" => Kind::Logical,
            "==" | "!=" | ">" | ">=" | "<" | "<=" | "=~" | "!~" => Kind::Comparator,
            "?" | ":" | "??" => Kind::Ternary,
            _ => return Err(format!("Invalid token: '{symbol}'")),
        };
        Ok(Token::word(kind, symbol))
    }
}

/// A quoted text that is a date or a time of day (TP-204).
fn time(text: &str) -> Option<Time> {
    const LAYOUTS: [&str; 14] = [
        "Mon Jan _2 15:04:05 2006",
        "Mon Jan _2 15:04:05 MST 2006",
        "Mon Jan 02 15:04:05 -0700 2006",
        "3:04PM",
        "2006-01-02T15:04:05Z07:00",
        "2006-01-02T15:04:05.999999999Z07:00",
        "2006-01-02",
        "2006-01-02 15:04",
        "2006-01-02 15:04:05",
        "2006-01-02 15:04:05-07:00",
        "2006-01-02T15Z0700",
        "2006-01-02T15:04Z0700",
        "2006-01-02T15:04:05Z0700",
        "2006-01-02T15:04:05.999999999Z0700",
    ];
    if !text.contains(':') && !text.contains('-') {
        return None;
    }
    let local = Arc::new(Zone::Utc);
    LAYOUTS.into_iter().find_map(|layout| parse(layout, text, &local).ok())
}

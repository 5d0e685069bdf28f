//! What the text of a token means, whatever stands before and behind it.

use super::script::{Operator, Script};
use super::split::split;
use super::stop::{self, Stop};
use super::subscript::{self, Piece, is_script, quoted_key};
use crate::eval::Calls;
use crate::limits;

#[derive(Debug)]
pub(super) enum Token {
    Root,
    Current,
    Wildcard,
    Recursive,
    Length,
    Key(String),
    Index(i64),
    /// From, to, step.
    Range([Option<Argument>; 3]),
    Union(Vec<Argument>),
    Filter(Script),
    Script(Script),
}

/// What stands between the commas of a union and the colons of a range.
#[derive(Debug)]
pub(super) enum Argument {
    Number(i64),
    Key(String),
    Script(Script),
}

/// Reads paths and the scripts in them, which hold paths.
pub(super) struct Reader<'c> {
    calls: &'c mut Calls,
    depth: usize,
}

impl<'c> Reader<'c> {
    pub(super) fn new(calls: &'c mut Calls) -> Self {
        Reader { calls, depth: 0 }
    }

    /// Accounts for a text that is about to be gone through, which takes longer than going through a value.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Stop> {
        const TIMES: u64 = 64;
        const AT_LEAST: u64 = 256;
        self.calls.work((bytes as u64).saturating_add(AT_LEAST).saturating_mul(TIMES)).map_err(Stop::Limit)
    }

    pub(super) fn path(&mut self, path: &str) -> Result<Vec<Token>, Stop> {
        self.spend(path.len())?;
        split(path)?.into_iter().map(|text| self.token(text)).collect()
    }

    fn token(&mut self, text: &str) -> Result<Token, Stop> {
        let text = text.trim();
        match text {
            "" => Err(stop::empty_token()),
            "$" => Ok(Token::Root),
            "@" => Ok(Token::Current),
            "*" => Ok(Token::Wildcard),
            ".." => Ok(Token::Recursive),
            "length" => Ok(Token::Length),
            _ if !text.starts_with('[') => Ok(Token::Key(text.to_owned())),
            _ => self.subscript(text),
        }
    }

    fn subscript(&mut self, text: &str) -> Result<Token, Stop> {
        let malformed = || stop::malformed(text);
        let inner =
            text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(malformed)?.trim();
        if inner == "*" {
            return Ok(Token::Wildcard);
        }
        if let Some(filter) = inner.strip_prefix('?') {
            let script =
                filter.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or_else(malformed)?;
            return Ok(Token::Filter(self.script(script.trim())?));
        }
        let mut pieces = subscript::pieces(inner, text)?;
        if pieces.len() == 1 {
            return match pieces.remove(0) {
                Piece::Number(index) => Ok(Token::Index(index)),
                Piece::Text(piece) => match quoted_key(&piece) {
                    Some(key) => Ok(Token::Key(key.to_owned())),
                    None if is_script(&piece) => Ok(Token::Script(self.script(inside(&piece))?)),
                    None => Err(malformed()),
                },
                _ => Err(malformed()),
            };
        }
        let commas = pieces.iter().filter(|piece| matches!(piece, Piece::Comma)).count();
        let colons = pieces.iter().filter(|piece| matches!(piece, Piece::Colon)).count();
        let arguments = subscript::arguments(pieces);
        match (commas, colons) {
            (1.., 0) if commas < arguments.len() => self.union(arguments, text),
            (0, 1 | 2) => self.range(arguments),
            _ => Err(malformed()),
        }
    }

    fn union(&mut self, arguments: Vec<Piece>, token: &str) -> Result<Token, Stop> {
        let read = arguments.into_iter().map(|piece| match piece {
            Piece::Number(index) => Ok(Argument::Number(index)),
            Piece::Text(text) => match quoted_key(&text) {
                Some(key) => Ok(Argument::Key(key.to_owned())),
                None if is_script(&text) => self.argument(&text),
                None => Err(stop::malformed(token)),
            },
            _ => Err(stop::malformed(token)),
        });
        Ok(Token::Union(read.collect::<Result<_, _>>()?))
    }

    fn range(&mut self, arguments: Vec<Piece>) -> Result<Token, Stop> {
        let mut bounds = [None, None, None];
        for (bound, piece) in bounds.iter_mut().zip(arguments) {
            *bound = match piece {
                Piece::Number(number) => Some(Argument::Number(number)),
                Piece::Text(text) if is_script(&text) => Some(self.argument(&text)?),
                Piece::Text(text) => return Err(stop::expression(&format!("invalid format '{text}'"))),
                Piece::Nothing | Piece::Comma | Piece::Colon => None,
            };
        }
        Ok(Token::Range(bounds))
    }

    fn argument(&mut self, script: &str) -> Result<Argument, Stop> {
        self.script(inside(script)).map(Argument::Script).map_err(Stop::in_expression)
    }

    /// Reads a script. Scripts in the paths of scripts nest only so deep.
    fn script(&mut self, text: &str) -> Result<Script, Stop> {
        self.depth += 1;
        if self.depth > limits::DEPTH {
            return Err(stop::too_deep());
        }
        let operators: Vec<Operator> = self.operators(text)?;
        self.depth -= 1;
        Ok(Script { text: text.to_owned(), operators })
    }
}

/// A script without its parentheses.
fn inside(script: &str) -> &str {
    &script[1..script.len() - 1]
}

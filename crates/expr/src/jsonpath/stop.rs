//! Why a path gives no value, in the words of the dialect.

use crate::limits;
use crate::value::Value;

/// Why reading or applying a path ends early.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// The path does not fit. Many tokens leave out what does not fit.
    Complaint(About, String),
    /// What no token leaves out.
    Panic(String),
    /// More than this engine does: nothing is known about the answer, nobody may leave it out.
    Limit(String),
}

/// What a complaint is about: one that is about a token or an expression already is not wrapped in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Token,
    Expression,
    Other,
}

impl Stop {
    pub(super) fn words(self) -> String {
        match self {
            Stop::Complaint(_, words) | Stop::Panic(words) | Stop::Limit(words) => words,
        }
    }

    /// A complaint as one about an expression.
    pub(super) fn in_expression(self) -> Stop {
        match self {
            Stop::Complaint(About::Token | About::Other, words) => expression(&words),
            other => other,
        }
    }

    /// A complaint as one about a token.
    pub(super) fn in_token(self, token: &str) -> Stop {
        match self {
            Stop::Complaint(About::Expression | About::Other, words) => {
                Stop::Complaint(About::Token, format!("{token}: invalid token {words}"))
            }
            other => other,
        }
    }
}

/// What others of this crate say about limits of ours is not to be left out.
pub(super) fn limited(words: String) -> Stop {
    if limits::is_beyond(&words) { Stop::Limit(words) } else { other(&words) }
}

pub(super) fn too_deep() -> Stop {
    Stop::Limit(limits::beyond(limits::DEPTH, "levels of a path of `jsonpath`"))
}

pub(super) fn other(words: &str) -> Stop {
    Stop::Complaint(About::Other, words.to_owned())
}

pub(super) fn expression(words: &str) -> Stop {
    Stop::Complaint(About::Expression, format!("invalid expression. {words}"))
}

pub(super) fn unexpected(token: &str, at: usize) -> Stop {
    other(&format!("unexpected token '{token}' at index {at}"))
}

/// A text that is none of the tokens there are.
pub(super) fn malformed(token: &str) -> Stop {
    Stop::Complaint(About::Token, format!("invalid token. '{token}' does not match any token format"))
}

pub(super) fn empty_token() -> Stop {
    Stop::Complaint(About::Token, "invalid token. token string is empty".to_owned())
}

/// A token that is applied to a value of a kind it is not made for.
pub(super) fn target(token: &str, expected: &str, found: &Value) -> Stop {
    token_words(token, &format!(" target. expected [{expected}] got [{}]", kind(found)))
}

pub(super) fn argument(token: &str, expected: &str, found: &str) -> Stop {
    token_words(token, &format!(" argument. expected [{expected}] got [{found}]"))
}

pub(super) fn out_of_range(token: &str) -> Stop {
    token_words(token, " out of range")
}

pub(super) fn no_such_key(key: &str) -> Stop {
    token_words("key", &format!(" key '{key}' not found"))
}

/// A script that gives what its token cannot use.
pub(super) fn result(expected: &str, found: &Value) -> Stop {
    other(&format!("unexpected expression result. expected [{expected}] got [{}]", kind(found)))
}

fn token_words(token: &str, words: &str) -> Stop {
    Stop::Complaint(About::Token, format!("{token}: invalid token{words}"))
}

/// The kind of a value in Go's words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nil",
        Value::Bool(_) => "bool",
        Value::Text(_) => "string",
        Value::List(_) => "slice",
        Value::Map(_) => "map",
        Value::Int(..) => "int64",
        _ => "float64",
    }
}

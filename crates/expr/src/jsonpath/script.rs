//! Cuts a script at its operators.
//!
//! The operator of the lowest rank is looked for first, and the first one of it from the left cuts. It may stand
//! anywhere outside quotes and brackets: `in` cuts names, `-` cuts keys. Sides are cut from that rank on.

use std::ops::RangeInclusive;

use super::stop::{self, Stop};
use super::token::{Reader, Token};
use crate::go_json;
use crate::limits;
use crate::value::Value;

/// A script that has been read.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) text: String,
    /// Each behind those it uses, so that the last is the whole script. None for a script without operators.
    pub(super) operators: Vec<Operator>,
}

#[derive(Debug)]
pub(super) enum Operator {
    Path(Vec<Token>),
    Not(Operand),
    Binary(Word, Operand, Operand),
}

#[derive(Debug)]
pub(super) enum Operand {
    /// What an operator before this one gives.
    Result(usize),
    Text(String),
    /// A list or a map that is written out.
    Json(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// No operator at all: the first character is one side, the rest the other. Nobody can do anything with them.
    Empty,
    Or,
    And,
    Equal,
    NotEqual,
    AtMost,
    AtLeast,
    Less,
    Greater,
    Matches,
    Not,
    Plus,
    Minus,
    Power,
    Times,
    Over,
    Modulo,
    NotIn,
    In,
    Path,
}

/// The ranks of the operators. The empty word is looked for only on the sides of one that stands in parentheses.
const RANKS: [(&str, Word); 21] = [
    ("", Word::Empty),
    ("||", Word::Or),
    ("&&", Word::And),
    ("==", Word::Equal),
    ("!=", Word::NotEqual),
    ("<=", Word::AtMost),
    (">=", Word::AtLeast),
    ("<", Word::Less),
    (">", Word::Greater),
    ("=~", Word::Matches),
    ("!", Word::Not),
    ("+", Word::Plus),
    ("-", Word::Minus),
    ("**", Word::Power),
    ("*", Word::Times),
    ("/", Word::Over),
    ("%", Word::Modulo),
    ("not in", Word::NotIn),
    ("in", Word::In),
    ("@", Word::Path),
    ("$", Word::Path),
];

/// The rank at which a text is begun with.
const FIRST: usize = 1;

/// What an operator may end with.
const LAST: &str = "|&=<>~!+-*/%n@$";

/// A text that is cut.
struct Cut<'e> {
    text: &'e str,
    word: Word,
    left: &'e str,
    right: &'e str,
    /// The rank from which its sides are cut, too.
    rank: usize,
    /// How many operators there were before those of its sides.
    operators: usize,
    /// What the right side is, once that is known. It is read before the left one.
    right_operand: Option<Operand>,
}

/// What is to be done next.
enum Step<'e> {
    /// Cut a text by the operators from a rank on.
    Cut(&'e str, usize),
    /// A side has been read: the operator it is, if it is one.
    Read(Option<usize>),
}

impl Reader<'_> {
    /// The operators of a script.
    pub(super) fn operators(&mut self, script: &str) -> Result<Vec<Operator>, Stop> {
        let mut operators = Vec::new();
        let mut open: Vec<Cut<'_>> = Vec::new();
        let mut step = Step::Cut(script, FIRST);
        loop {
            step = match step {
                Step::Cut(text, rank) => match self.cut(text, rank)? {
                    Some(cut) => {
                        let sides = Step::Cut(cut.right, cut.rank);
                        open.push(Cut { operators: operators.len(), ..cut });
                        sides
                    }
                    None => Step::Read(None),
                },
                Step::Read(side) => match open.pop() {
                    Some(cut) => self.join(cut, side, &mut open, &mut operators)?,
                    None => return Ok(operators),
                },
            };
        }
    }

    /// Cuts a text by the operators from a rank on.
    fn cut<'e>(&mut self, text: &'e str, rank: usize) -> Result<Option<Cut<'e>>, Stop> {
        let (mut text, mut rank) = (text, rank);
        loop {
            text = text.trim();
            if text.is_empty() || rank == RANKS.len() {
                return Ok(None);
            }
            // In parentheses, all operators are possible again, once that of this rank has been looked for.
            let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            text = inner.unwrap_or(text).trim();
            let last = if inner.is_some() { rank } else { RANKS.len() - 1 };
            let found = find(text, rank..=last);
            self.spend(found.filter(|(found, _)| *found == rank).map_or(text.len(), |(_, at)| at))?;
            let Some((found, at)) = found else {
                if inner.is_none() {
                    return Ok(None);
                }
                rank = FIRST;
                continue;
            };
            let (wanted, word) = RANKS[found];
            rank = if inner.is_some() { 0 } else { found };
            let (left, right) = (text[..at].trim(), text[at + wanted.len()..].trim());
            if !right.is_empty() || word == Word::Path {
                return Ok(Some(Cut { text, word, left, right, rank, operators: 0, right_operand: None }));
            }
            rank += 1;
        }
    }

    /// Takes over a side of a cut that has been read.
    fn join<'e>(
        &mut self,
        mut cut: Cut<'e>,
        side: Option<usize>,
        open: &mut Vec<Cut<'e>>,
        operators: &mut Vec<Operator>,
    ) -> Result<Step<'e>, Stop> {
        let stands_first = matches!(cut.word, Word::Path | Word::Not);
        let Some(right) = cut.right_operand.take() else {
            if cut.left.is_empty() && !stands_first {
                return Ok(given_up(&cut, operators));
            }
            cut.right_operand = Some(operand(side, cut.right)?);
            let left = Step::Cut(cut.left, cut.rank);
            open.push(cut);
            return Ok(left);
        };
        let left = operand(side, cut.left)?;
        if cut.word == Word::Empty {
            return Err(stop::other("unsupported operator"));
        }
        if stands_first && !cut.left.is_empty() {
            return Ok(given_up(&cut, operators));
        }
        let operator = match cut.word {
            Word::Path => {
                operators.truncate(cut.operators);
                Operator::Path(self.path(cut.text)?)
            }
            Word::Not => Operator::Not(right),
            word => Operator::Binary(word, left, right),
        };
        operators.push(operator);
        Ok(Step::Read(Some(operators.len() - 1)))
    }
}

/// Forgets what has been read of a cut that turned out to be none.
fn given_up<'e>(cut: &Cut<'e>, operators: &mut Vec<Operator>) -> Step<'e> {
    operators.truncate(cut.operators);
    if cut.rank + 1 == RANKS.len() { Step::Read(None) } else { Step::Cut(cut.text, cut.rank + 1) }
}

/// What a side is: the operator it was read as, or its text, lists and maps as JSON.
fn operand(operator: Option<usize>, text: &str) -> Result<Operand, Stop> {
    if let Some(operator) = operator {
        return Ok(Operand::Result(operator));
    }
    let is_json =
        text.starts_with('[') && text.ends_with(']') || text.starts_with('{') && text.ends_with('}');
    if is_json {
        match go_json::parse(text) {
            Ok(value) => return Ok(Operand::Json(value)),
            Err(words) if limits::is_beyond(&words) => return Err(Stop::Limit(words)),
            Err(_) => {}
        }
    }
    Ok(Operand::Text(text.to_owned()))
}

/// The operator of the lowest of some ranks that stands outside quotes and brackets, and where it first does.
fn find(text: &str, ranks: RangeInclusive<usize>) -> Option<(usize, usize)> {
    let (first, mut end_of_ranks) = (*ranks.start(), *ranks.end() + 1);
    let mut found = None;
    let mut quote = None;
    let (mut round, mut square) = (0_i64, 0_i64);
    for (at, character) in text.char_indices() {
        match character {
            '(' if quote.is_none() && square <= 0 => round += 1,
            ')' if quote.is_none() && square <= 0 => round -= 1,
            '[' if quote.is_none() && round <= 0 => square += 1,
            ']' if quote.is_none() && round <= 0 => square -= 1,
            '\'' | '"' if round <= 0 && square <= 0 => match quote {
                None => quote = Some(character),
                Some(open) if open == character => quote = None,
                Some(_) => {}
            },
            _ => {}
        }
        if quote.is_some() || round > 0 || square > 0 || first > 0 && !LAST.contains(character) {
            continue;
        }
        let end = at + character.len_utf8();
        let here = |rank: &usize| text.as_bytes()[..end].ends_with(RANKS[*rank].0.as_bytes());
        if let Some(rank) = (first..end_of_ranks).find(here) {
            found = Some((rank, end - RANKS[rank].0.len()));
            end_of_ranks = rank;
            if rank == first {
                break;
            }
        }
    }
    found
}

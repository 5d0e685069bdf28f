//! From tokens to a tree: what may follow what, and how tightly operators bind (TP-202).

use super::eval::{Pattern, Value};
use super::lex::{Content, Kind, Token};
use crate::{limits, regex};

/// A part of a condition.
#[derive(Debug)]
pub(super) enum Stage {
    Literal(Value),
    /// A path into a parameter, of which there is none.
    Accessor(String),
    Prefix(String, Operand),
    /// Operators of one level with their right sides, from left to right.
    Chain(Operand, Vec<(Operator, Operand)>),
}

/// An operand; an empty clause has none.
pub(super) type Operand = Option<Box<Stage>>;

/// An operator between two operands.
#[derive(Clone, Debug)]
pub(super) struct Operator {
    pub(super) kind: Kind,
    pub(super) word: String,
}

struct Planner<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

/// The levels from the loosest to the tightest: the kind of token and the operators.
const LEVELS: [(Kind, &[&str]); 10] = [
    (Kind::Separator, &[","]),
    (Kind::Ternary, &["?", ":", "??"]),
    (Kind::Logical, &["||"]),
    (Kind::Logical, &["&&"]),
    (Kind::Comparator, &["==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"]),
    (Kind::Modifier, &["&", "|", "^"]),
    (Kind::Modifier, &[">>", "<<"]),
    (Kind::Modifier, &["+", "-"]),
    (Kind::Modifier, &["*", "/", "%"]),
    (Kind::Modifier, &["**"]),
];

/// What bare words are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// They stand for themselves (TP-201).
    AreTexts,
    /// They name variables, of which there are none (CR-095).
    AreVariables,
}

/// Plans a condition.
///
/// The reference plans it once with words as variables and, where they are texts, once more with words as
/// texts, so a mistake is found in the first or in the second plan.
pub(super) fn plan(tokens: &[Token], words: Words) -> Result<Operand, Mistake> {
    let tokens = checked(tokens.to_vec()).map_err(Mistake::Invalid)?;
    if words == Words::AreVariables {
        return Planner { tokens: &tokens, at: 0, depth: 0 }.level(0).map_err(Mistake::Invalid);
    }
    let texts = tokens
        .into_iter()
        .map(|token| match token.kind {
            Kind::Variable => Token { kind: Kind::Text, ..token },
            _ => token,
        })
        .collect();
    let tokens = checked(texts).map_err(Mistake::Unparsable)?;
    let mut planner = Planner { tokens: &tokens, at: 0, depth: 0 };
    planner.level(0).map_err(Mistake::Invalid)
}

/// Why there is no plan.
#[derive(Debug)]
pub(super) enum Mistake {
    /// Found while words were variables.
    Invalid(String),
    /// Found when words had become texts.
    Unparsable(String),
}

/// Checks the order of tokens and compiles patterns.
fn checked(mut tokens: Vec<Token>) -> Result<Vec<Token>, String> {
    let balance: i64 = tokens
        .iter()
        .map(|token| match token.kind {
            Kind::Clause => 1,
            Kind::ClauseClose => -1,
            _ => 0,
        })
        .sum();
    if balance != 0 {
        return Err("Unbalanced parenthesis".to_owned());
    }
    let start = Token { kind: Kind::Unknown, content: Content::Nothing };
    let mut last = &start;
    for token in &tokens {
        if !last.kind.may_precede(token.kind) {
            if last.kind == Kind::Variable && token.kind == Kind::Clause {
                return Err(format!("Undefined function {}", last.operator()));
            }
            return Err(format!(
                "Cannot transition token types from {} [{}] to {} [{}]",
                last.kind.name(),
                last.show(),
                token.kind.name(),
                token.show()
            ));
        }
        last = token;
    }
    if !last.kind.may_end() {
        return Err("Unexpected end of expression".to_owned());
    }
    let mut wants_pattern = false;
    let mut patterns = 0;
    for token in &mut tokens {
        if wants_pattern
            && token.kind == Kind::Text
            && let Content::Word(pattern) = &token.content
        {
            patterns += 1;
            if patterns > limits::PATTERNS {
                return Err(limits::beyond(limits::PATTERNS, "regular expressions of a condition"));
            }
            *token = Token { kind: Kind::Pattern, content: Content::Pattern(regex::compile(pattern)?) };
        }
        wants_pattern = token.kind == Kind::Comparator && matches!(token.operator(), "=~" | "!~");
    }
    Ok(tokens)
}

impl Planner<'_> {
    fn level(&mut self, level: usize) -> Result<Operand, String> {
        let Some((kind, words)) = LEVELS.get(level) else { return self.value() };
        let first = self.level(level + 1)?;
        let mut chain = Vec::new();
        while let Some(token) = self.tokens.get(self.at) {
            if token.kind != *kind || !words.contains(&token.operator()) {
                break;
            }
            self.at += 1;
            let right = self.level(level + 1)?;
            let operator = Operator { kind: token.kind, word: token.operator().to_owned() };
            chain.push((operator, right));
        }
        Ok(if chain.is_empty() { first } else { Some(Box::new(Stage::Chain(first, chain))) })
    }

    fn value(&mut self) -> Result<Operand, String> {
        let Some(token) = self.tokens.get(self.at) else { return Ok(None) };
        self.at += 1;
        let stage = match (&token.kind, &token.content) {
            (Kind::Clause, _) => {
                self.depth += 1;
                if self.depth > limits::WHEN_DEPTH {
                    return Err(format!("parentheses are nested more than {} deep", limits::WHEN_DEPTH));
                }
                let inner = self.level(0)?;
                self.depth -= 1;
                self.at += 1;
                return Ok(inner);
            }
            (Kind::ClauseClose, _) => {
                self.at -= 1;
                return Ok(None);
            }
            (Kind::Prefix, _) => {
                let operator = token.operator().to_owned();
                Stage::Prefix(operator, self.value()?)
            }
            (Kind::Accessor | Kind::Variable, _) => Stage::Accessor(token.operator().to_owned()),
            (_, Content::Number(number)) => Stage::Literal(Value::Number(*number)),
            (_, Content::Truth(truth)) => Stage::Literal(Value::Bool(*truth)),
            (_, Content::Time(time)) => Stage::Literal(Value::Number(time.unix() as f64)),
            (_, Content::Pattern(pattern)) => Stage::Literal(Value::Pattern(Pattern(pattern.clone()))),
            (_, Content::Word(word)) => Stage::Literal(Value::Text(word.clone())),
            (_, Content::Nothing) => return Ok(None),
        };
        Ok(Some(Box::new(stage)))
    }
}

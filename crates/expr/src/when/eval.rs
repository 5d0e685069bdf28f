//! What a planned condition means (TP-203, TP-205 to TP-208).

use ::regex::Regex;

use super::lex::Kind;
use super::plan::{Operand, Operator, Stage};
use crate::power::power;
use crate::{go, limits, regex, text};

/// A value of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Nil,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    /// Stands only beside `=~` and `!~`.
    Pattern(Pattern),
}

/// A compiled pattern; equal when it is written the same.
#[derive(Clone, Debug)]
pub(super) struct Pattern(pub(super) Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Value {
    /// The value as messages show it.
    pub(super) fn show(&self) -> String {
        match self {
            Value::Nil => "<nil>".to_owned(),
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) => go::float(*number),
            Value::Text(text) => text.clone(),
            Value::Pattern(pattern) => pattern.0.to_string(),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Value::show).collect();
                format!("[{}]", items.join(" "))
            }
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// Evaluates a plan.
pub(super) fn evaluate(plan: &Operand) -> Result<Value, String> {
    let mut steps = 0;
    visit(plan, &mut steps)
}

fn visit(operand: &Operand, steps: &mut u64) -> Result<Value, String> {
    *steps += 1;
    if *steps > limits::STEPS {
        return Err(limits::beyond(limits::STEPS, "steps of a condition"));
    }
    let Some(stage) = operand else { return Ok(Value::Nil) };
    match &**stage {
        Stage::Literal(value) => Ok(value.clone()),
        Stage::Accessor(path) => {
            let parameter = path.split('.').next().unwrap_or(path);
            Err(format!("No parameter '{parameter}' found."))
        }
        Stage::Prefix(word, operand) => prefix(word, visit(operand, steps)?),
        Stage::Chain(first, chain) => {
            let mut value = visit(first, steps)?;
            for (operator, right) in chain {
                value = binary(operator, value, right, steps)?;
            }
            Ok(value)
        }
    }
}

fn prefix(word: &str, value: Value) -> Result<Value, String> {
    match (word, &value) {
        ("-", Value::Number(number)) => Ok(Value::Number(-number)),
        ("~", Value::Number(number)) => Ok(Value::Number(!(*number as i64) as f64)),
        ("!", Value::Bool(truth)) => Ok(Value::Bool(!truth)),
        _ => Err(format!("Value '{}' cannot be used with the prefix '{word}'", value.show())),
    }
}

/// The complaint about a value that an operator cannot take.
fn unfit(operator: &Operator, value: &Value) -> String {
    let (value, word) = (value.show(), &operator.word);
    match operator.kind {
        Kind::Logical => {
            format!("Value '{value}' cannot be used with the logical operator '{word}', it is not a bool")
        }
        Kind::Ternary => {
            format!("Value '{value}' cannot be used with the ternary operator '{word}', it is not a bool")
        }
        Kind::Comparator => {
            format!("Value '{value}' cannot be used with the comparator '{word}', it is not a number")
        }
        _ => format!("Value '{value}' cannot be used with the modifier '{word}', it is not a number"),
    }
}

fn binary(operator: &Operator, left: Value, right: &Operand, steps: &mut u64) -> Result<Value, String> {
    match (operator.word.as_str(), &left) {
        ("&&", Value::Bool(false)) => return Ok(Value::Bool(false)),
        ("||", Value::Bool(true)) => return Ok(Value::Bool(true)),
        ("?", Value::Bool(false)) => return Ok(Value::Nil),
        ("??" | ":", value) if *value != Value::Nil => return Ok(left),
        _ => {}
    }
    let right = visit(right, steps)?;
    match operator.kind {
        Kind::Logical => match (&left, &right) {
            (Value::Bool(_), Value::Bool(truth)) => Ok(Value::Bool(*truth)),
            (Value::Bool(_), wrong) | (wrong, _) => Err(unfit(operator, wrong)),
        },
        Kind::Ternary => match (operator.word.as_str(), &left) {
            ("?", Value::Bool(_)) | ("??" | ":", _) => Ok(right),
            _ => Err(unfit(operator, &left)),
        },
        Kind::Separator => Ok(Value::List(match left {
            Value::List(mut items) => {
                items.push(right);
                items
            }
            single => vec![single, right],
        })),
        Kind::Comparator => compare(operator, &left, &right).map(Value::Bool),
        _ => modify(operator, &left, &right),
    }
}

fn compare(operator: &Operator, left: &Value, right: &Value) -> Result<bool, String> {
    match operator.word.as_str() {
        "==" => Ok(left == right),
        "!=" => Ok(left != right),
        "in" => match right {
            Value::List(items) => Ok(!matches!(left, Value::List(_)) && items.contains(left)),
            _ => Err(unfit(operator, right)),
        },
        word @ ("=~" | "!~") => {
            let Value::Text(text) = left else { return Err(unfit(operator, left)) };
            let is_match = match right {
                Value::Pattern(pattern) => pattern.0.is_match(text),
                Value::Text(pattern) => regex::compile(pattern)?.is_match(text),
                _ => return Err(unfit(operator, right)),
            };
            Ok(is_match == (word == "=~"))
        }
        word => {
            let order = match (left, right) {
                (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
                (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
                _ => return Err(unfit(operator, left)),
            };
            Ok(order.is_some_and(|order| match word {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
    }
}

fn modify(operator: &Operator, left: &Value, right: &Value) -> Result<Value, String> {
    let word = operator.word.as_str();
    if word == "+" && (matches!(left, Value::Text(_)) || matches!(right, Value::Text(_))) {
        let joined = left.show() + &right.show();
        text::allow(joined.len())?;
        return Ok(Value::Text(joined));
    }
    if word == "+" && (left.number().is_none() || right.number().is_none()) {
        return Err(unfit(operator, left));
    }
    let l = left.number().ok_or_else(|| unfit(operator, left))?;
    let r = right.number().ok_or_else(|| unfit(operator, right))?;
    let shift = |shifted: fn(u64, u32) -> Option<u64>| {
        // By a negative number is by a very large one.
        let by = u32::try_from(r as i64).unwrap_or(u32::MAX);
        shifted(l as i64 as u64, by).unwrap_or(0) as f64
    };
    Ok(Value::Number(match word {
        "+" => l + r,
        "-" => l - r,
        "*" => l * r,
        "/" => l / r,
        "%" => l % r,
        "**" => power(l, r),
        "&" => (l as i64 & r as i64) as f64,
        "|" => (l as i64 | r as i64) as f64,
        "^" => (l as i64 ^ r as i64) as f64,
        "<<" => shift(u64::checked_shl),
        _ => shift(u64::checked_shr),
    }))
}

//! What a script gives for an element.

use super::apply::{Found, Walk};
use super::operand::{self, Scope};
use super::script::{Operand, Operator, Script, Word};
use super::stop::{self, Stop};
use super::subscript::unquoted;
use crate::power::power;
use crate::value::Value;

impl Walk<'_> {
    /// Evaluates a script. Operators are taken in the order in which they were read, so that a chain of them is as
    /// flat as it is long; a complaint of one counts only where another asks for what it gives.
    pub(super) fn evaluate(&mut self, script: &Script, root: &Value, current: &Value) -> Found {
        if script.text.is_empty() {
            return Err(stop::expression("is empty"));
        }
        let mut scope = Scope { root, current, results: Vec::with_capacity(script.operators.len()) };
        for operator in &script.operators {
            self.spend(1)?;
            let result = self.operate(operator, &scope);
            if matches!(result, Err(Stop::Limit(_))) {
                return result;
            }
            scope.results.push(result);
        }
        scope.results.pop().unwrap_or_else(|| Ok(operand::literal(&script.text)))
    }

    fn operate(&mut self, operator: &Operator, scope: &Scope<'_>) -> Found {
        match operator {
            Operator::Path(tokens) => {
                let found = self.apply(scope.root, scope.current.clone(), tokens)?;
                Ok(if let Value::Text(text) = found { self.quoted(&text)? } else { found })
            }
            Operator::Not(side) => Ok(Value::Bool(!scope.boolean(side)?)),
            Operator::Binary(word, left, right) => self.binary(*word, left, right, scope),
        }
    }

    /// The texts that paths find are in quotes: that tells them from numbers.
    fn quoted(&mut self, text: &str) -> Found {
        self.calls.work(text.len() as u64).map_err(Stop::Limit)?;
        Ok(if unquoted(text, '\'').is_some() { Value::from(text) } else { Value::from(format!("'{text}'")) })
    }

    fn binary(&mut self, word: Word, left: &Operand, right: &Operand, scope: &Scope<'_>) -> Found {
        let numbers = || Ok((scope.number(left)?, scope.number(right)?));
        let compared = |holds: fn(&f64, &f64) -> bool| -> Found {
            let (left, right) = numbers()?;
            Ok(Value::Bool(holds(&left, &right)))
        };
        let calculated = |calculate: fn(f64, f64) -> f64| -> Found {
            let (left, right) = numbers()?;
            Ok(Value::Float(calculate(left, right)))
        };
        match word {
            Word::Or | Word::And => {
                let (left, right) = (scope.boolean(left)?, scope.boolean(right)?);
                Ok(Value::Bool(if word == Word::Or { left || right } else { left && right }))
            }
            Word::Equal => Ok(Value::Bool(self.is_equal(left, right, scope)?)),
            Word::NotEqual => Ok(Value::Bool(!self.is_equal(left, right, scope)?)),
            Word::AtMost => compared(f64::le),
            Word::AtLeast => compared(f64::ge),
            Word::Less => compared(f64::lt),
            Word::Greater => compared(f64::gt),
            Word::Plus => calculated(|left, right| left + right),
            Word::Minus => calculated(|left, right| left - right),
            Word::Power => calculated(power),
            Word::Times => calculated(|left, right| left * right),
            Word::Over => calculated(|left, right| left / right),
            Word::Modulo => match (scope.integer(left)?, scope.integer(right)?) {
                (_, 0) => Err(Stop::Panic("runtime error: integer divide by zero".to_owned())),
                (left, right) => Ok(Value::int64(left.wrapping_rem(right))),
            },
            Word::Matches => self.is_match(left, right, scope),
            Word::In => self.is_in(left, right, scope).map(Value::Bool),
            Word::NotIn => self.is_in(left, right, scope).map(|found| Value::Bool(!found)),
            Word::Empty | Word::Not | Word::Path => unreachable!("these have no two sides"),
        }
    }

    /// Numbers are compared as numbers, all else as texts.
    fn is_equal(&mut self, left: &Operand, right: &Operand, scope: &Scope<'_>) -> Result<bool, Stop> {
        if let Some(first) = operand::fitting(scope.number(left))?
            && let Some(second) = operand::fitting(scope.number(right))?
        {
            return Ok(first == second);
        }
        let first = self.text(left, scope)?;
        Ok(first == self.text(right, scope)?)
    }

    fn is_match(&mut self, left: &Operand, right: &Operand, scope: &Scope<'_>) -> Found {
        let text = self.text(left, scope)?;
        let pattern = self.text(right, scope)?;
        let regex = self.calls.pattern(unquoted(&pattern, '\'').unwrap_or(&pattern));
        let regex = regex.map_err(|words| match stop::limited(words) {
            Stop::Complaint(..) => stop::other("invalid argument. expected a valid regexp"),
            stop => stop,
        })?;
        Ok(Value::Bool(regex.is_match(unquoted(&text, '\'').unwrap_or(&text))))
    }

    /// Whether a list or a map holds a value. A text that a path found is looked for with its quotes.
    fn is_in(&mut self, left: &Operand, right: &Operand, scope: &Scope<'_>) -> Result<bool, Stop> {
        let wanted = match operand::fitting(scope.number(left))? {
            Some(number) => Some(Value::Float(number)),
            None => operand::fitting(self.text(left, scope))?.map(Value::from),
        };
        let elements = scope.elements(right)?;
        self.spend(elements.len())?;
        Ok(elements.iter().any(|element| match (element, &wanted) {
            (Value::Float(element), Some(Value::Float(wanted))) => element == wanted,
            (Value::Text(element), Some(Value::Text(wanted))) => element == wanted,
            _ => false,
        }))
    }

    /// A side as a text; texts are in quotes, unless they were written without.
    fn text(&mut self, side: &Operand, scope: &Scope<'_>) -> Result<String, Stop> {
        /// Writing a list out takes longer than going through it.
        const TIMES: u64 = 16;
        let value = scope.value(side)?;
        let times = if matches!(value, Value::Text(_)) { 1 } else { TIMES };
        self.calls.work(value.size().bytes.saturating_mul(times)).map_err(Stop::Limit)?;
        let text = value.to_text();
        match unquoted(&text, '"') {
            Some(inner) if matches!(value, Value::Text(_)) => Ok(format!("'{inner}'")),
            _ => Ok(text),
        }
    }
}

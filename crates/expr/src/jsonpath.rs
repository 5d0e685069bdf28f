//! JSONPath queries in the dialect of `jsonpath()` (TP-166).

use std::cmp::Ordering;

use crate::eval::Calls;
use crate::operators::{compare, equal};
use crate::value::Value;
use crate::{go_json, limits, text};

/// Queries a JSON document. A path without wildcards gives the value itself, others a list.
pub(crate) fn query(document: &str, path: &str, calls: &mut Calls) -> Result<Value, String> {
    let root = go_json::parse(document)?;
    let tokens = Parser::tokens(path)?;
    Query { root: &root, calls }.apply(root.clone(), &tokens)
}

#[derive(Debug)]
enum Token {
    Key(String),
    Index(i64),
    Wildcard,
    Recursive,
    Union(Vec<Token>),
    Range(Option<i64>, Option<i64>, Option<i64>),
    Filter(Expression),
    Script(Expression),
}

/// An expression in `[?()]` and `[()]`.
#[derive(Debug)]
enum Expression {
    Literal(Value),
    /// A path from the current element or from the root.
    Path {
        from_root: bool,
        tokens: Vec<Token>,
        length: bool,
    },
    Not(Box<Expression>),
    /// Operators of one precedence from left to right: as flat as the chain is long.
    Run(Box<Expression>, Vec<(&'static str, Expression)>),
}

/// What looking at a value takes, in bytes that could be gone through instead.
const STEP_BYTES: u64 = 128;

/// A query on its way through a document.
struct Query<'q> {
    root: &'q Value,
    calls: &'q mut Calls,
}

impl Query<'_> {
    /// Accounts for values that are about to be looked at.
    fn spend(&mut self, values: usize) -> Result<(), String> {
        self.calls.work((values as u64).saturating_mul(STEP_BYTES))
    }

    fn apply(&mut self, current: Value, tokens: &[Token]) -> Result<Value, String> {
        self.spend(1)?;
        let Some((token, next)) = tokens.split_first() else { return Ok(current) };
        match token {
            Token::Key(key) => self.apply(member(&current, key)?, next),
            Token::Index(index) => self.apply(element(&current, *index)?, next),
            Token::Script(script) => match self.evaluate(script, &current)? {
                Value::Text(key) => self.apply(member(&current, &key)?, next),
                Value::Float(index) => self.apply(element(&current, index as i64)?, next),
                other => {
                    Err(format!("script: invalid token unexpected expression result {}", other.to_text()))
                }
            },
            Token::Wildcard => {
                let values = self.children(&current, "wildcard")?;
                self.each(values, next)
            }
            Token::Range(from, to, step) => {
                let Value::List(list) = &current else {
                    return Err(format!(
                        "range: invalid token target. expected [array slice] got [{}]",
                        kind(&current)
                    ));
                };
                self.spend(list.items.len())?;
                self.each(ranged(&list.items, *from, *to, *step)?, next)
            }
            Token::Union(parts) => {
                self.spend(parts.len())?;
                let mut found = Vec::new();
                for part in parts {
                    match part {
                        Token::Key(key) => found.extend(member(&current, key).ok()),
                        Token::Index(index) => found.extend(element(&current, *index).ok()),
                        _ => {}
                    }
                }
                self.each(found, next)
            }
            Token::Filter(filter) => {
                let mut kept = Vec::new();
                for item in self.children(&current, "filter")? {
                    if is_true(&self.evaluate(filter, &item)?) {
                        kept.push(item);
                    }
                }
                self.each(kept, next)
            }
            Token::Recursive => {
                let mut all = Vec::new();
                self.descend(&current, &mut all)?;
                if next.is_empty() {
                    return Ok(Value::list(all));
                }
                let mut found = Vec::new();
                for item in all {
                    match self.apply(item, next) {
                        // What is found below is put into one flat list.
                        Ok(Value::List(list)) => {
                            self.spend(list.items.len())?;
                            found.extend(list.items.iter().cloned());
                        }
                        Err(message) if limits::is_beyond(&message) => return Err(message),
                        Ok(Value::Nil) | Err(_) => {}
                        Ok(value) => found.push(value),
                    }
                }
                Ok(Value::list(found))
            }
        }
    }

    /// Applies the rest of a path to each of several values; those it does not fit are left out.
    fn each(&mut self, values: Vec<Value>, next: &[Token]) -> Result<Value, String> {
        if next.is_empty() {
            return Ok(Value::list(values));
        }
        if let [Token::Index(index), rest @ ..] = next {
            // An index after several values picks one of them.
            return self.apply(picked(&values, *index)?, rest);
        }
        let mut found = Vec::new();
        for value in values {
            match self.apply(value, next) {
                Err(message) if limits::is_beyond(&message) => return Err(message),
                Ok(Value::Nil) | Err(_) => {}
                Ok(value) => found.push(value),
            }
        }
        Ok(Value::list(found))
    }

    fn children(&mut self, value: &Value, name: &str) -> Result<Vec<Value>, String> {
        match value {
            Value::List(list) => {
                self.spend(list.items.len())?;
                Ok(list.items.to_vec())
            }
            Value::Map(map) => {
                self.spend(map.entries.len())?;
                Ok(map.entries.values().cloned().collect())
            }
            other => {
                let found = kind(other);
                Err(format!("{name}: invalid token target. expected [array map slice] got [{found}]"))
            }
        }
    }

    /// A value and everything inside it.
    fn descend(&mut self, value: &Value, into: &mut Vec<Value>) -> Result<(), String> {
        self.spend(1)?;
        into.push(value.clone());
        match value {
            Value::List(list) => list.items.iter().try_for_each(|item| self.descend(item, into)),
            Value::Map(map) => map.entries.values().try_for_each(|item| self.descend(item, into)),
            _ => Ok(()),
        }
    }

    fn evaluate(&mut self, expression: &Expression, current: &Value) -> Result<Value, String> {
        self.spend(1)?;
        match expression {
            Expression::Literal(value) => Ok(value.clone()),
            Expression::Path { from_root, tokens, length } => {
                let start = if *from_root { self.root } else { current };
                let found = self.apply(start.clone(), tokens);
                Ok(match (found, length) {
                    (Err(message), _) if limits::is_beyond(&message) => return Err(message),
                    (Ok(value), false) => value,
                    (Ok(Value::List(list)), true) => Value::Float(list.items.len() as f64),
                    (Ok(Value::Map(map)), true) => Value::Float(map.entries.len() as f64),
                    (Ok(Value::Text(text)), true) => Value::Float(text.chars().count() as f64),
                    _ => Value::Nil,
                })
            }
            Expression::Not(inner) => Ok(Value::Bool(!is_true(&self.evaluate(inner, current)?))),
            Expression::Run(first, links) => {
                let first = self.evaluate(first, current)?;
                links.iter().try_fold(first, |left, (op, right)| {
                    if *op == "&&" && !is_true(&left) || *op == "||" && is_true(&left) {
                        return Ok(Value::Bool(*op == "||"));
                    }
                    let right = self.evaluate(right, current)?;
                    self.binary(op, &left, &right)
                })
            }
        }
    }

    fn binary(&mut self, op: &str, left: &Value, right: &Value) -> Result<Value, String> {
        let effort = left.size().bytes.saturating_add(right.size().bytes);
        self.calls.work(if matches!(op, "&&" | "||") { 0 } else { effort })?;
        if op == "=~" {
            let (Value::Text(text), Value::Text(pattern)) = (left, right) else {
                return Ok(Value::Bool(false));
            };
            let pattern = pattern.strip_prefix('/').and_then(|p| p.strip_suffix('/')).unwrap_or(pattern);
            return match self.calls.pattern(pattern) {
                Ok(regex) => Ok(Value::Bool(regex.is_match(text))),
                Err(message) if limits::is_beyond(&message) => Err(message),
                Err(_) => Ok(Value::Bool(false)),
            };
        }
        match (op, left, right) {
            ("+", Value::Text(left), Value::Text(right)) => {
                text::allow(left.len() + right.len())?;
                Ok(Value::from(format!("{left}{right}")))
            }
            _ => Ok(compared(op, left, right)),
        }
    }
}

fn picked(values: &[Value], index: i64) -> Result<Value, String> {
    let at = if index < 0 { index.saturating_add(values.len() as i64) } else { index };
    let found = usize::try_from(at).ok().and_then(|at| values.get(at)).cloned();
    found.ok_or_else(|| "index: invalid token out of range".to_owned())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nil",
        Value::Bool(_) => "bool",
        Value::Text(_) => "string",
        Value::List(_) => "slice",
        Value::Map(_) => "map",
        _ => "float64",
    }
}

fn member(value: &Value, key: &str) -> Result<Value, String> {
    match value {
        Value::Map(map) => {
            let found = map.entries.get(key).cloned();
            found.ok_or_else(|| format!("key: invalid token key '{key}' not found"))
        }
        other => Err(format!("key: invalid token target. expected [map] got [{}]", kind(other))),
    }
}

fn element(value: &Value, index: i64) -> Result<Value, String> {
    let Value::List(list) = value else {
        return Err(format!("index: invalid token target. expected [array slice] got [{}]", kind(value)));
    };
    picked(&list.items, index)
}

fn ranged(
    items: &[Value],
    from: Option<i64>,
    to: Option<i64>,
    step: Option<i64>,
) -> Result<Vec<Value>, String> {
    let length = items.len() as i64;
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err("range: invalid token out of range".to_owned());
    }
    let bound = |bound: i64| if bound < 0 { bound.saturating_add(length).max(0) } else { bound.min(length) };
    let mut picked = Vec::new();
    if step > 0 {
        let (mut at, end) = (from.map_or(0, bound), to.map_or(length, bound));
        while at < end {
            picked.push(items[at as usize].clone());
            at = at.saturating_add(step);
        }
    } else {
        let mut at = from.map_or(length - 1, bound).min(length - 1);
        let end = to.map_or(-1, bound);
        while at > end {
            picked.push(items[at as usize].clone());
            at = at.saturating_add(step);
        }
    }
    Ok(picked)
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Nil | Value::Bool(false))
}

/// What the operators that cannot fail make of two values.
fn compared(op: &str, left: &Value, right: &Value) -> Value {
    let ordered = |wanted: &[Ordering]| {
        let order = compare(left, right, op).ok().flatten();
        Value::Bool(order.is_some_and(|order| wanted.contains(&order)))
    };
    match op {
        "&&" | "||" => Value::Bool(is_true(right)),
        "==" => Value::Bool(equal(left, right)),
        "!=" => Value::Bool(!equal(left, right)),
        "<" => ordered(&[Ordering::Less]),
        "<=" => ordered(&[Ordering::Less, Ordering::Equal]),
        ">" => ordered(&[Ordering::Greater]),
        ">=" => ordered(&[Ordering::Greater, Ordering::Equal]),
        "in" => Value::Bool(matches!(right, Value::List(list) if list.items.iter().any(|i| equal(i, left)))),
        _ => match (left, right) {
            (Value::Float(left), Value::Float(right)) => Value::Float(match op {
                "+" => left + right,
                "-" => left - right,
                "*" => left * right,
                _ => left / right,
            }),
            _ => Value::Nil,
        },
    }
}

struct Parser<'p> {
    path: &'p str,
    at: usize,
    depth: usize,
    in_expression: bool,
}

impl<'p> Parser<'p> {
    fn tokens(path: &'p str) -> Result<Vec<Token>, String> {
        let mut parser = Parser { path, at: 0, depth: 0, in_expression: false };
        if path.len() > limits::JSONPATH_BYTES {
            return Err(limits::beyond(limits::JSONPATH_BYTES, "bytes of a path of `jsonpath`"));
        }
        if parser.path.trim().is_empty() {
            return Err("invalid JSONPath selector '' expected root token".to_owned());
        }
        if !parser.accept("$") {
            return Err(parser.unexpected());
        }
        let tokens = parser.steps()?;
        if parser.at < path.len() {
            return Err(parser.unexpected());
        }
        Ok(tokens)
    }

    fn rest(&self) -> &'p str {
        &self.path[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn accept(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn unexpected(&self) -> String {
        let token: String = self.rest().chars().take(1).collect();
        let path = self.path;
        format!("invalid JSONPath selector '{path}' unexpected token '{token}' at index {}", self.at)
    }

    fn malformed(&self, start: usize) -> String {
        let path = self.path;
        format!(
            "invalid JSONPath selector '{path}' invalid token. '{}' does not match any token format",
            &path[start..]
        )
    }

    /// Enters what may hold itself: a path, a parenthesis, a `!`. Who leaves it takes the level off again.
    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > limits::DEPTH {
            return Err(limits::beyond(limits::DEPTH, "levels of a path of `jsonpath`"));
        }
        Ok(())
    }

    /// Reads steps as long as there are any.
    fn steps(&mut self) -> Result<Vec<Token>, String> {
        self.deeper()?;
        let mut tokens = Vec::new();
        loop {
            if self.accept("..") {
                tokens.push(Token::Recursive);
                match self.peek() {
                    Some('[') | None => {}
                    Some('*') => {
                        self.at += 1;
                        tokens.push(Token::Wildcard);
                    }
                    Some(_) => tokens.push(self.name()?),
                }
            } else if self.rest().starts_with('.') {
                self.at += 1;
                if self.accept("*") {
                    tokens.push(Token::Wildcard);
                } else {
                    tokens.push(self.name()?);
                }
            } else if self.rest().starts_with('[') {
                tokens.push(self.bracket()?);
            } else {
                self.depth -= 1;
                return Ok(tokens);
            }
        }
    }

    fn name(&mut self) -> Result<Token, String> {
        let ends = |c: char| {
            matches!(
                c,
                '.' | '[' | ']' | '(' | ')' | ' ' | '=' | '!' | '<' | '>' | '&' | '|' | ',' | '+' | '*' | '/'
            )
        };
        let length = self.rest().find(ends).unwrap_or(self.rest().len());
        if length == 0 {
            return Err(self.unexpected());
        }
        let name = &self.rest()[..length];
        // In `@.length-1` the dash is an operator.
        let is_length = self.in_expression && name.starts_with("length-");
        let length = if is_length { "length".len() } else { length };
        let name = &name[..length];
        self.at += length;
        Ok(Token::Key(name.to_owned()))
    }

    fn bracket(&mut self) -> Result<Token, String> {
        let start = self.at;
        self.at += 1;
        self.blanks();
        let token = if self.accept("*") {
            Token::Wildcard
        } else if self.accept("?") {
            self.blanks();
            if !self.accept("(") {
                return Err(self.malformed(start));
            }
            let expression = self.expression(0)?;
            self.blanks();
            if !self.accept(")") {
                return Err(self.malformed(start));
            }
            Token::Filter(expression)
        } else if self.accept("(") {
            let expression = self.expression(0)?;
            self.blanks();
            if !self.accept(")") {
                return Err(self.malformed(start));
            }
            Token::Script(expression)
        } else {
            self.subscript().ok_or_else(|| self.malformed(start))?
        };
        self.blanks();
        if !self.accept("]") {
            return Err(self.malformed(start));
        }
        Ok(token)
    }

    /// Keys, indexes, a range.
    fn subscript(&mut self) -> Option<Token> {
        let mut parts = Vec::new();
        loop {
            self.blanks();
            if matches!(self.peek(), Some('\'' | '"')) {
                parts.push(Token::Key(self.quoted()?));
            } else {
                let first = self.integer();
                self.blanks();
                if parts.is_empty() && self.accept(":") {
                    self.blanks();
                    let to = self.integer();
                    self.blanks();
                    let step = if self.accept(":") {
                        self.blanks();
                        self.integer()
                    } else {
                        None
                    };
                    return Some(Token::Range(first, to, step));
                }
                parts.push(Token::Index(first?));
            }
            self.blanks();
            if !self.accept(",") {
                break;
            }
        }
        if parts.len() == 1 { parts.pop() } else { Some(Token::Union(parts)) }
    }

    fn integer(&mut self) -> Option<i64> {
        let sign = usize::from(self.rest().starts_with('-'));
        let digits = self.rest()[sign..].bytes().take_while(u8::is_ascii_digit).count();
        let number = self.rest()[..sign + digits].parse().ok()?;
        self.at += sign + digits;
        Some(number)
    }

    fn quoted(&mut self) -> Option<String> {
        let quote = self.peek()?;
        let mut out = String::new();
        let mut escaped = false;
        for (at, character) in self.rest().char_indices().skip(1) {
            match character {
                _ if escaped => {
                    out.push(character);
                    escaped = false;
                }
                '\\' => escaped = true,
                _ if character == quote => {
                    self.at += at + character.len_utf8();
                    return Some(out);
                }
                _ => out.push(character),
            }
        }
        None
    }

    fn expression(&mut self, level: usize) -> Result<Expression, String> {
        const LEVELS: [&[&str]; 5] =
            [&["||"], &["&&"], &["==", "!=", "<=", ">=", "=~", "<", ">", "in "], &["+", "-"], &["*", "/"]];
        self.deeper()?;
        let Some(operators) = LEVELS.get(level) else {
            let operand = self.operand();
            self.depth -= 1;
            return operand;
        };
        let first = self.expression(level + 1)?;
        let mut links = Vec::new();
        loop {
            self.blanks();
            let Some(op) = operators.iter().find(|op| self.rest().starts_with(**op)) else { break };
            self.at += op.len();
            links.push((op.trim_end(), self.expression(level + 1)?));
        }
        self.depth -= 1;
        Ok(if links.is_empty() { first } else { Expression::Run(Box::new(first), links) })
    }

    fn operand(&mut self) -> Result<Expression, String> {
        self.blanks();
        if self.accept("!") {
            self.deeper()?;
            let negated = self.operand()?;
            self.depth -= 1;
            return Ok(Expression::Not(Box::new(negated)));
        }
        if self.accept("(") {
            let inner = self.expression(0)?;
            self.blanks();
            return if self.accept(")") { Ok(inner) } else { Err(self.unexpected()) };
        }
        if matches!(self.peek(), Some('@' | '$')) {
            let from_root = self.peek() == Some('$');
            self.at += 1;
            let outside = std::mem::replace(&mut self.in_expression, true);
            let mut tokens = self.steps()?;
            self.in_expression = outside;
            let length = matches!(tokens.last(), Some(Token::Key(key)) if key == "length");
            if length {
                tokens.pop();
            }
            return Ok(Expression::Path { from_root, tokens, length });
        }
        self.literal().ok_or_else(|| self.unexpected())
    }

    fn literal(&mut self) -> Option<Expression> {
        let value = match self.peek()? {
            '\'' | '"' => Value::from(self.quoted()?),
            '/' => {
                let end = self.rest()[1..].find('/')? + 2;
                let pattern = &self.rest()[..end];
                self.at += end;
                Value::from(pattern)
            }
            '[' => {
                let end = self.rest().find(']')? + 1;
                let value = go_json::parse(&self.rest()[..end].replace('\'', "\"")).ok()?;
                self.at += end;
                value
            }
            _ => {
                let length = self
                    .rest()
                    .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_'))
                    .unwrap_or(self.rest().len());
                let word = &self.rest()[..length];
                let value = match word {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    "null" | "nil" => Value::Nil,
                    _ => word.parse::<f64>().map(Value::Float).ok()?,
                };
                self.at += length;
                value
            }
        };
        Some(Expression::Literal(value))
    }
}

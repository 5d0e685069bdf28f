//! Applies the tokens of a path to a document.

use super::script::Script;
use super::stop::{self, Stop, kind};
use super::token::{Argument, Token};
use crate::eval::Calls;
use crate::limits;
use crate::operators::float_to_int;
use crate::value::Value;

pub(super) type Found = Result<Value, Stop>;

/// What looking at a value takes, in bytes that could be gone through instead.
const STEP_BYTES: u64 = 128;

/// A query on its way through a document.
pub(super) struct Walk<'w> {
    pub(super) calls: &'w mut Calls,
    depth: usize,
}

impl<'w> Walk<'w> {
    pub(super) fn new(calls: &'w mut Calls) -> Self {
        Walk { calls, depth: 0 }
    }

    /// Accounts for values that are about to be looked at.
    pub(super) fn spend(&mut self, values: usize) -> Result<(), Stop> {
        self.calls.work((values as u64).saturating_mul(STEP_BYTES)).map_err(Stop::Limit)
    }

    /// What the tokens find. Paths that are applied while others are come from the stack, so there is a limit.
    pub(super) fn apply(&mut self, root: &Value, current: Value, tokens: &[Token]) -> Found {
        self.depth += 1;
        if self.depth > limits::DEPTH {
            return Err(stop::too_deep());
        }
        let found = self.follow(root, current, tokens);
        self.depth -= 1;
        found
    }

    fn follow(&mut self, root: &Value, mut current: Value, mut tokens: &[Token]) -> Found {
        let mut root = root.clone();
        while let Some((token, next)) = tokens.split_first() {
            self.spend(1)?;
            let before_index = matches!(next, [Token::Index(_), ..]);
            current = match token {
                Token::Root => root.clone(),
                Token::Current => current,
                Token::Length => length(&current)?,
                Token::Key(key) => member(&current, key)?,
                Token::Index(index) => element(&current, *index)?,
                Token::Script(script) => self.computed(&root, &current, script)?,
                Token::Recursive => return self.everywhere(&root, current, next),
                Token::Wildcard => {
                    let values = self.children(&current, "wildcard")?;
                    return self.each(&root, values, next);
                }
                Token::Filter(script) => {
                    let kept = self.kept(&root, &current, script)?;
                    if !before_index {
                        return self.each(&root, kept, next);
                    }
                    // From here on, the root is what the filter was applied to.
                    root = current;
                    Value::list(kept)
                }
                Token::Range(bounds) => {
                    let values = self.ranged(&root, &current, bounds)?;
                    if !before_index {
                        return self.each(&root, values, next);
                    }
                    Value::list(values)
                }
                Token::Union(parts) => {
                    let values = self.united(&root, &current, parts)?;
                    if !before_index {
                        return self.each(&root, values, next);
                    }
                    Value::list(values)
                }
            };
            tokens = next;
        }
        Ok(current)
    }

    /// Applies the rest of a path to each of several values; those it does not fit are left out.
    fn each(&mut self, root: &Value, values: Vec<Value>, next: &[Token]) -> Found {
        if next.is_empty() {
            return Ok(Value::list(values));
        }
        let mut found = Vec::new();
        for value in values {
            found.extend(something(self.apply(root, value, next))?);
        }
        Ok(Value::list(found))
    }

    /// Applies the rest of a path to a value and to everything in it; the lists that it finds become one.
    fn everywhere(&mut self, root: &Value, start: Value, next: &[Token]) -> Found {
        let mut found = Vec::new();
        let mut left = vec![start];
        while let Some(value) = left.pop() {
            if matches!(value, Value::Nil) {
                continue;
            }
            self.spend(1)?;
            match &value {
                Value::List(list) => left.extend(list.items.iter().rev().cloned()),
                Value::Map(map) => left.extend(map.entries.values().rev().cloned()),
                _ => {}
            }
            if next.is_empty() {
                found.push(value);
                continue;
            }
            match something(self.apply(root, value, next))? {
                Some(Value::List(list)) => {
                    self.spend(list.items.len())?;
                    found.extend(list.items.iter().cloned());
                }
                other => found.extend(other),
            }
        }
        Ok(Value::list(found))
    }

    fn children(&mut self, value: &Value, token: &str) -> Result<Vec<Value>, Stop> {
        match value {
            Value::List(list) => {
                self.spend(list.items.len())?;
                Ok(list.items.to_vec())
            }
            Value::Map(map) => {
                self.spend(map.entries.len())?;
                Ok(map.entries.values().cloned().collect())
            }
            other => Err(stop::target(token, "array map slice", other)),
        }
    }

    /// The children that a filter is true of; one it cannot be evaluated for is left out.
    fn kept(&mut self, root: &Value, current: &Value, script: &Script) -> Result<Vec<Value>, Stop> {
        if script.text.is_empty() {
            return Err(stop::expression("is empty"));
        }
        let mut kept = Vec::new();
        for child in self.children(current, "filter")? {
            if something(self.evaluate(script, root, &child))?.is_some_and(|answer| is_true(&answer)) {
                kept.push(child);
            }
        }
        Ok(kept)
    }

    /// The member or the element that a script names.
    fn computed(&mut self, root: &Value, current: &Value, script: &Script) -> Found {
        let value = self.evaluate(script, root, current).map_err(Stop::in_expression)?;
        match (&value, integer(&value)) {
            (Value::Text(key), _) => member(current, key),
            (_, Some(index)) => element(current, index),
            _ => Err(stop::result("int string", &value)),
        }
    }

    fn ranged(
        &mut self,
        root: &Value,
        current: &Value,
        bounds: &[Option<Argument>; 3],
    ) -> Result<Vec<Value>, Stop> {
        let Value::List(list) = current else { return Err(stop::target("range", "array slice", current)) };
        let length = list.items.len() as i64;
        let within = |bound: i64| (if bound < 0 { length + bound } else { bound }).clamp(0, length);
        let [from, to, step] = bounds;
        let from = self.bound(root, current, from)?.map_or(0, within);
        let to = self.bound(root, current, to)?.map_or(length, within);
        let step = self.bound(root, current, step)?.unwrap_or(1);
        if step == 0 {
            return Err(stop::out_of_range("range"));
        }
        self.spend(list.items.len())?;
        let mut values = Vec::new();
        // Backwards, too, the first bound is the lower one.
        let mut at = if step < 0 { to - 1 } else { from };
        while from <= at && at < to {
            values.push(list.items[at as usize].clone());
            at = at.saturating_add(step);
        }
        Ok(values)
    }

    fn bound(
        &mut self,
        root: &Value,
        current: &Value,
        bound: &Option<Argument>,
    ) -> Result<Option<i64>, Stop> {
        let script = match bound {
            None => return Ok(None),
            Some(Argument::Number(number)) => return Ok(Some(*number)),
            Some(Argument::Script(script)) => script,
            Some(Argument::Key(_)) => unreachable!("a range is read without keys"),
        };
        let given = self.evaluate(script, root, current).map_err(Stop::in_expression);
        let given = given.map_err(|stop| stop.in_token("range"))?;
        match integer(&given) {
            Some(number) => Ok(Some(number)),
            None => Err(stop::result("int", &given).in_token("range")),
        }
    }

    /// The members or elements that a union names; those that are not there are left out.
    fn united(&mut self, root: &Value, current: &Value, parts: &[Argument]) -> Result<Vec<Value>, Stop> {
        self.spend(parts.len())?;
        let (mut keys, mut indexes) = (Vec::new(), Vec::new());
        for part in parts {
            let part = match part {
                Argument::Key(key) => Value::from(key.as_str()),
                Argument::Number(number) => Value::int64(*number),
                Argument::Script(script) => {
                    let given = self.evaluate(script, root, current).map_err(Stop::in_expression);
                    given.map_err(|stop| stop.in_token("union"))?
                }
            };
            match (&part, integer(&part)) {
                (Value::Text(key), _) => keys.push(key.clone()),
                (_, Some(index)) => indexes.push(index),
                _ => return Err(stop::argument("union", "int string", kind(&part))),
            }
            match (&part, keys.is_empty() || indexes.is_empty()) {
                (_, true) => {}
                (Value::Text(_), false) => return Err(stop::argument("union", "int", "string")),
                _ => return Err(stop::argument("union", "string", "int")),
            }
        }
        match current {
            Value::Map(map) if !keys.is_empty() => {
                Ok(keys.iter().filter_map(|key| map.entries.get(key).cloned()).collect())
            }
            Value::List(_) if keys.is_empty() => {
                Ok(indexes.into_iter().filter_map(|index| element(current, index).ok()).collect())
            }
            other if keys.is_empty() => Err(stop::target("union", "array slice", other)),
            other => Err(stop::target("union", "map", other)),
        }
    }
}

/// A value that was found, unless it is nil or the tokens did not fit.
pub(super) fn something(found: Found) -> Result<Option<Value>, Stop> {
    match found {
        Ok(Value::Nil) | Err(Stop::Complaint(..)) => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(stop) => Err(stop),
    }
}

/// The number of members, items or bytes; of a map with a member of that name the member.
fn length(value: &Value) -> Found {
    match value {
        Value::Map(map) => {
            let own = map.entries.get("length").cloned();
            Ok(own.unwrap_or_else(|| Value::int64(map.entries.len() as i64)))
        }
        Value::List(list) => Ok(Value::int64(list.items.len() as i64)),
        Value::Text(text) => Ok(Value::int64(text.len() as i64)),
        other => Err(stop::target("length", "array map slice string", other)),
    }
}

fn member(value: &Value, key: &str) -> Found {
    match value {
        Value::Map(map) => map.entries.get(key).cloned().ok_or_else(|| stop::no_such_key(key)),
        other => Err(stop::target("key", "map", other)),
    }
}

fn element(value: &Value, index: i64) -> Found {
    let Value::List(list) = value else { return Err(stop::target("index", "array slice", value)) };
    let at = if index < 0 { index + list.items.len() as i64 } else { index };
    let found = usize::try_from(at).ok().and_then(|at| list.items.get(at)).cloned();
    found.ok_or_else(|| stop::out_of_range("index"))
}

/// A number without a fraction.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number, _) => Some(*number),
        Value::Float(number) if number.trunc() == *number => Some(float_to_int(*number)),
        _ => None,
    }
}

/// Whether a filter keeps what it says this of: nothing empty and no zero is true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Nil => false,
        Value::Bool(truth) => *truth,
        Value::Text(text) => !matches!(&**text, "" | "''" | "\"\""),
        Value::List(list) => !list.items.is_empty(),
        Value::Map(map) => !map.entries.is_empty(),
        Value::Int(number, _) => *number != 0,
        Value::Float(number) => *number != 0.0,
        _ => true,
    }
}

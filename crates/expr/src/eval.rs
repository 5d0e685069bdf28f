//! The evaluator: a walk over the parts of an expression, with a budget.

use std::borrow::Cow;
use std::sync::Arc;

use ::regex::Regex;

use crate::ast::{BinaryOp, Kind, LazyRegex, Member, Node, Slice, UnaryOp};
use crate::check::Sure;
use crate::contents::{ENTRY_BYTES, Size};
use crate::env::{Environment, LIBRARY};
use crate::lex::Fault;
use crate::operators::{self, Elements, NO_ELEMENT, describe_conversion};
use crate::random::Random;
use crate::tag::World;
use crate::value::{Function, IntKind, ListKind, Value};
use crate::{effort, library, limits, methods, regex, sprig};

/// Evaluates an expression that has been checked.
pub(crate) fn evaluate(
    node: &Node,
    environment: &Environment<'_>,
    world: &World,
    sure: &[Sure],
) -> Result<Value, Fault> {
    let mut evaluator = Evaluator {
        environment,
        sure,
        variables: Vec::new(),
        predicates: Vec::new(),
        calls: Calls {
            world: *world,
            random: Random::new(world.seed),
            memory: 0,
            work: 0,
            patterns: Vec::new(),
        },
        steps: 0,
    };
    let evaluated = evaluator.visit(node);
    effort::steps(evaluator.steps);
    effort::bytes(evaluator.calls.work);
    match evaluated {
        Ok(value) => Ok(value),
        Err(Stop::Fault(fault)) => Err(fault),
        Err(Stop::NilChain) => Ok(Value::Nil),
    }
}

/// What functions may use besides their arguments.
pub(crate) struct Calls {
    pub(crate) world: World,
    pub(crate) random: Random,
    memory: u64,
    work: u64,
    /// Patterns that were compiled last: a loop asks for the same ones again and again.
    patterns: Vec<(String, Regex)>,
}

/// Most patterns that an evaluation remembers.
const PATTERNS_KEPT: usize = 8;

impl Calls {
    /// Accounts for entries that are about to be made.
    pub(crate) fn grow(&mut self, entries: usize) -> Result<(), String> {
        self.memory = self.memory.saturating_add(entries as u64);
        if self.memory >= limits::MEMORY { Err("memory budget exceeded".to_owned()) } else { Ok(()) }
    }

    /// The regular expression of a pattern.
    pub(crate) fn pattern(&mut self, source: &str) -> Result<Regex, String> {
        if let Some((_, known)) = self.patterns.iter().find(|(known, _)| known == source) {
            return Ok(known.clone());
        }
        self.work(regex::EFFORT)?;
        let compiled = regex::compile(source)?;
        if self.patterns.len() == PATTERNS_KEPT {
            self.patterns.remove(0);
        }
        self.patterns.push((source.to_owned(), compiled.clone()));
        Ok(compiled)
    }

    /// Accounts for bytes of values that are about to be gone through: a step may be a long one.
    pub(crate) fn work(&mut self, bytes: u64) -> Result<(), String> {
        self.work = self.work.saturating_add(bytes);
        if self.work > limits::WORK_BYTES {
            return Err(limits::beyond(limits::WORK_BYTES, "bytes that an expression goes through"));
        }
        Ok(())
    }
}

/// Why the evaluation of a part ends early.
enum Stop {
    Fault(Fault),
    /// `?.` met nil: the chain around it is nil.
    NilChain,
}

type Evaluated = Result<Value, Stop>;

struct Evaluator<'e> {
    environment: &'e Environment<'e>,
    sure: &'e [Sure],
    variables: Vec<(Arc<str>, Value)>,
    predicates: Vec<Frame>,
    calls: Calls,
    steps: u64,
}

/// What `#` and its like stand for.
struct Frame {
    /// None for an entry of a map.
    element: Option<Value>,
    index: usize,
    accumulator: Value,
}

fn fault(message: impl Into<String>, node: &Node) -> Stop {
    Stop::Fault(Fault::new(message, node.at))
}

impl Evaluator<'_> {
    fn visit(&mut self, node: &Node) -> Evaluated {
        self.steps += 1;
        if self.steps > limits::STEPS {
            return Err(fault(limits::beyond(limits::STEPS, "steps of an expression"), node));
        }
        match &node.kind {
            Kind::Nil => Ok(Value::Nil),
            Kind::Bool(truth) => Ok(Value::Bool(*truth)),
            Kind::Int(number) => Ok(Value::int(*number)),
            Kind::Float(number) => Ok(Value::Float(*number)),
            Kind::Text(text) => Ok(Value::Text(text.clone())),
            Kind::Bytes(bytes) => Ok(Value::Bytes(bytes.clone())),
            Kind::Name(name) => self.name(name, node),
            Kind::Unary(op, operand) => self.unary(*op, operand, node),
            Kind::Binary(op, _, left, right) => self.binary(*op, left, right, node),
            Kind::Run(first, links) => {
                let first = self.visit(first)?;
                links.iter().try_fold(first, |left, link| {
                    let right = self.visit(&link.right)?;
                    operators::binary(link.op, &left, &right, &mut self.calls)
                        .map_err(|message| Stop::Fault(Fault::new(message, link.at)))
                })
            }
            Kind::Matches(left, right, pattern) => {
                let (left, right) = (self.visit(left)?, self.visit(right)?);
                self.matches(&left, &right, pattern, node)
            }
            Kind::Chain(inner) => match self.visit(inner) {
                Err(Stop::NilChain) => Ok(Value::Nil),
                other => other,
            },
            Kind::Predicate(inner) => self.visit(inner),
            Kind::Member(member) => self.member(member, node),
            Kind::Slice(slice) => self.slice(slice, node),
            Kind::Call(callee, arguments) => self.call(callee, arguments, node),
            Kind::Builtin(name, arguments) => self.builtin(name, arguments, node),
            Kind::Pointer(name) => match (self.predicates.last(), &**name) {
                (None, _) => Ok(Value::Nil),
                (Some(frame), "index") => Ok(Value::int(frame.index as i64)),
                (Some(frame), "acc") => Ok(frame.accumulator.clone()),
                (Some(frame), _) => frame.element.clone().ok_or_else(|| fault(NO_ELEMENT, node)),
            },
            Kind::Conditional(nodes) => {
                let [condition, yes, no] = &**nodes;
                if self.truth_at(condition, node.at)? { self.visit(yes) } else { self.visit(no) }
            }
            Kind::Let(name, value, body) => {
                let value = self.visit(value)?;
                self.variables.push((name.clone(), value));
                self.hold(self.variables.iter().map(|(_, value)| value), node)?;
                let body = self.visit(body);
                self.variables.pop();
                body
            }
            Kind::Sequence(nodes) => {
                let mut last = Value::Nil;
                for node in nodes {
                    last = self.visit(node)?;
                }
                Ok(last)
            }
            Kind::Array(nodes) => {
                self.grow(nodes.len(), node)?;
                let items = Value::list(self.arguments(nodes)?);
                bounded(items).map_err(|message| fault(message, node))
            }
            Kind::Map(pairs) => self.map_literal(pairs, node),
        }
    }

    fn grow(&mut self, entries: usize, node: &Node) -> Result<(), Stop> {
        self.calls.grow(entries).map_err(|message| fault(message, node))
    }

    fn work(&mut self, bytes: u64, node: &Node) -> Result<(), Stop> {
        self.calls.work(bytes).map_err(|message| fault(message, node))
    }

    /// Refuses to hold values that are larger together than one may be.
    fn hold<'v>(&self, values: impl Iterator<Item = &'v Value>, node: &Node) -> Result<(), Stop> {
        let bytes = values.fold(0, |bytes: u64, value| bytes.saturating_add(value.size().bytes));
        Size { depth: 0, bytes }.allow().map_err(|message| fault(message, node))
    }

    fn name(&mut self, name: &str, node: &Node) -> Evaluated {
        if let Some((_, value)) = self.variables.iter().rev().find(|(known, _)| **known == *name) {
            return Ok(value.clone());
        }
        if name == "$env" {
            return Ok(self.environment.all());
        }
        if let Some(value) = self.environment.root(name) {
            return Ok(value);
        }
        match crate::builtins::find(name) {
            Some(function) => Ok(Value::Function(Function::Builtin(function))),
            None => Err(fault(format!("unknown name {name}"), node)),
        }
    }

    fn truth(&mut self, node: &Node, place: &Node) -> Result<bool, Stop> {
        self.truth_at(node, place.at)
    }

    fn truth_at(&mut self, node: &Node, at: usize) -> Result<bool, Stop> {
        let value = self.visit(node)?;
        let wrong = || Stop::Fault(Fault::new(describe_conversion(&value, "bool"), at));
        value.as_bool().ok_or_else(wrong)
    }

    fn unary(&mut self, op: UnaryOp, operand: &Node, node: &Node) -> Evaluated {
        match op {
            UnaryOp::Not(_) => Ok(Value::Bool(!self.truth(operand, node)?)),
            UnaryOp::Minus => {
                let value = self.visit(operand)?;
                operators::negate(&value).map_err(|message| fault(message, node))
            }
            UnaryOp::Plus => self.visit(operand),
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Node, right: &Node, node: &Node) -> Evaluated {
        match op {
            // The reference folds a constant operand away before the other is looked at.
            BinaryOp::And => match (left.truth, right.truth) {
                (Some(true), _) => self.moved(right, node),
                (_, Some(true)) => self.moved(left, node),
                (Some(false), _) | (_, Some(false)) => Ok(Value::Bool(false)),
                _ if self.truth(left, node)? => self.visit(right),
                _ => Ok(Value::Bool(false)),
            },
            BinaryOp::Or => match (left.truth, right.truth) {
                (Some(false), _) => self.moved(right, node),
                (_, Some(false)) => self.moved(left, node),
                (Some(true), _) | (_, Some(true)) => Ok(Value::Bool(true)),
                _ if self.truth(left, node)? => Ok(Value::Bool(true)),
                _ => self.visit(right),
            },
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let (left, right) = (self.visit(left)?, self.visit(right)?);
                self.expect_known(&left, node)?;
                self.expect_known(&right, node)?;
                let value = operators::binary(op, &left, &right, &mut self.calls);
                value.map_err(|message| fault(message, node))
            }
            BinaryOp::Greater | BinaryOp::GreaterOrEqual if is_any(op, left, right) => {
                let Kind::Builtin(_, arguments) = &left.kind else { return Ok(Value::Nil) };
                self.predicate_function("any", arguments, node)
            }
            BinaryOp::Coalesce => match self.visit(left)? {
                value if value.is_unset() => self.visit(right),
                value => Ok(value),
            },
            _ => {
                let is_set = op == BinaryOp::In && is_list_of_texts(right);
                let left = self.visit(left)?;
                let right = self.visit(right)?;
                let value = match op {
                    BinaryOp::In if is_set => operators::is_among(&right, &left).map(Value::Bool),
                    BinaryOp::Range => operators::range(&left, &right, &mut self.calls),
                    _ => operators::binary(op, &left, &right, &mut self.calls),
                };
                value.map_err(|message| fault(message, node))
            }
        }
    }

    /// The value of a part that stands in the place of a larger one.
    fn moved(&mut self, part: &Node, whole: &Node) -> Evaluated {
        self.visit(part).map_err(|stop| match stop {
            // What a chain of members stands around keeps its place.
            Stop::Fault(fault) if fault.at == part.at && !matches!(part.kind, Kind::Chain(_)) => {
                Stop::Fault(Fault { at: whole.at, ..fault })
            }
            other => other,
        })
    }

    /// Refuses a side of `==` that came to something else than the checker was sure of, nil above all.
    fn expect_known(&self, side: &Value, node: &Node) -> Result<(), Stop> {
        let known = match side {
            Value::Int(_, IntKind::Int) | Value::Text(_) => return Ok(()),
            _ => self.sure.iter().find(|sure| sure.at == node.at),
        };
        match known {
            Some(sure) => Err(fault(describe_conversion(side, sure.type_name), node)),
            None => Ok(()),
        }
    }

    fn member(&mut self, member: &Member, node: &Node) -> Evaluated {
        if let Some(path) = &member.path
            && self.variables.is_empty()
            && let Some(value) = self.environment.path(path)
        {
            return Ok(value);
        }
        if let Kind::Builtin("filter", arguments) = &member.node.kind
            && !member.optional
            && let Some(is_last) = end_of_list(&member.property)
        {
            return self.end_of_filter(arguments, is_last, node);
        }
        let base = self.visit(&member.node)?;
        if member.optional && base.is_unset() {
            return Err(Stop::NilChain);
        }
        let property = self.visit(&member.property)?;
        if matches!(base, Value::AnyMap(_)) {
            self.work(base.size().bytes, node)?;
        }
        operators::fetch(&base, &property).map_err(|message| fault(message, node))
    }

    fn matches(&mut self, left: &Value, right: &Value, pattern: &LazyRegex, node: &Node) -> Evaluated {
        let text = match (left, right) {
            (Value::Text(text), Value::Text(_)) => Cow::Borrowed(&**text),
            (Value::Bytes(bytes), Value::Text(_)) => String::from_utf8_lossy(bytes),
            (Value::Nil, _) | (_, Value::Nil) => return Ok(Value::Bool(false)),
            (Value::Text(_) | Value::Bytes(_), pattern) => {
                return Err(fault(describe_conversion(pattern, "string"), node));
            }
            (wrong, _) => return Err(fault(describe_conversion(wrong, "[]uint8"), node)),
        };
        self.work(text.len() as u64, node)?;
        let source = right.as_text().unwrap_or_default();
        let matched = match pattern.get() {
            Some(Ok(regex)) => regex.is_match(&text),
            _ => self.calls.pattern(source).map_err(|message| fault(message, node))?.is_match(&text),
        };
        Ok(Value::Bool(matched))
    }

    fn slice(&mut self, slice: &Slice, node: &Node) -> Evaluated {
        let base = self.visit(&slice.node)?;
        let mut bound = |part: &Option<Node>| match part {
            Some(part) => self.visit(part).map(Some),
            None => Ok(None),
        };
        let to = bound(&slice.to)?;
        let from = bound(&slice.from)?;
        let part = operators::slice(&base, from.as_ref(), to.as_ref());
        let part = part.map_err(|message| fault(message, node))?;
        self.work(part.size().bytes, node)?;
        Ok(part)
    }

    fn map_literal(&mut self, pairs: &[(Node, Node)], node: &Node) -> Evaluated {
        self.grow(pairs.len(), node)?;
        let mut entries = std::collections::BTreeMap::new();
        for (key, value) in pairs {
            let key = self.visit(key)?;
            let value = self.visit(value)?;
            let Value::Text(key) = key else {
                return Err(fault(describe_conversion(&key, "string"), node));
            };
            // Of equal keys the first counts.
            entries.entry(key).or_insert(value);
        }
        bounded(Value::map(entries)).map_err(|message| fault(message, node))
    }

    /// The values of parts, which are held together.
    fn arguments(&mut self, nodes: &[Node]) -> Result<Vec<Value>, Stop> {
        let mut held = Size::default();
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            let value = self.visit(node)?;
            held.bytes = held.bytes.saturating_add(value.size().bytes);
            held.allow().map_err(|message| fault(message, node))?;
            values.push(value);
        }
        Ok(values)
    }

    fn call(&mut self, callee: &Node, arguments: &[Node], node: &Node) -> Evaluated {
        let function = match &callee.kind {
            Kind::Member(member) => match (&member.node.kind, &member.property.kind) {
                (Kind::Name(name), Kind::Text(function)) if &**name == LIBRARY => {
                    sprig::find(function).map(|name| Value::Function(Function::Sprig(name)))
                }
                _ => None,
            },
            _ => None,
        };
        let arguments = self.arguments(arguments)?;
        let function = match function {
            Some(function) => function,
            None => self.visit(callee)?,
        };
        self.work(effort(&function, &arguments), node)?;
        let called = match &function {
            Value::Function(Function::Sprig(name)) => sprig::call(name, &arguments, &mut self.calls),
            Value::Function(Function::Extra(name)) => library::call_extra(name, &arguments, &mut self.calls),
            Value::Function(Function::Builtin(name)) => library::call(name, &arguments, &mut self.calls),
            Value::Function(Function::Method(owner, name)) => methods::call(owner, name, &arguments),
            Value::Nil => Err("invalid operation: cannot call nil".to_owned()),
            other => {
                Err(format!("invalid operation: cannot call non-function of type {}", other.type_name()))
            }
        };
        called.and_then(bounded).map_err(|message| fault(message, node))
    }

    fn builtin(&mut self, name: &'static str, arguments: &[Node], node: &Node) -> Evaluated {
        if let [argument] = arguments
            && let Kind::Builtin(inner, parts) = &argument.kind
            && parts.len() == 2
        {
            // The reference makes one walk of two, which ends where the answer is known.
            let joined = match (name, *inner) {
                ("first", "filter") => Some("find"),
                ("last", "filter") => Some("findLast"),
                ("len", "filter") => Some("count"),
                ("sum", "map") => Some("sum"),
                _ => None,
            };
            if let Some(joined) = joined {
                return self.predicate_function(joined, parts, node);
            }
        }
        match name {
            "all" | "none" | "any" | "one" | "filter" | "map" | "count" | "sum" | "find" | "findIndex"
            | "findLast" | "findLastIndex" | "groupBy" | "sortBy" | "reduce" => {
                self.predicate_function(name, arguments, node)
            }
            _ => {
                let values = self.arguments(arguments)?;
                self.work(effort(&Value::Function(Function::Builtin(name)), &values), node)?;
                library::call(name, &values, &mut self.calls)
                    .and_then(bounded)
                    .map_err(|message| fault(message, node))
            }
        }
    }

    /// Evaluates a predicate for one element.
    fn apply(&mut self, predicate: &Node, items: &Elements, index: usize, accumulator: Value) -> Evaluated {
        self.predicates.push(Frame { element: items.get(index).cloned(), index, accumulator });
        let value = self.visit(predicate);
        self.predicates.pop();
        value
    }

    /// What a predicate makes of an element; without one, the element.
    fn made(&mut self, predicate: Option<&Node>, items: &Elements, index: usize, node: &Node) -> Evaluated {
        match predicate {
            Some(predicate) => self.apply(predicate, items, index, Value::Nil),
            None => element(items, index, node),
        }
    }

    fn test(
        &mut self,
        predicate: Option<&Node>,
        items: &Elements,
        index: usize,
        node: &Node,
    ) -> Result<bool, Stop> {
        let value = self.made(predicate, items, index, node)?;
        value.as_bool().ok_or_else(|| fault(describe_conversion(&value, "bool"), node))
    }

    fn predicate_function(&mut self, name: &str, arguments: &[Node], node: &Node) -> Evaluated {
        if let Some(sum) = self.sum_of_parts(name, arguments, node)? {
            return Ok(sum);
        }
        let collection = self.visit(&arguments[0])?;
        if !matches!(collection, Value::List(_) | Value::Map(_)) {
            // The bytes of a text become a list.
            let bytes = collection.size().bytes.saturating_mul(ENTRY_BYTES);
            Size { depth: 0, bytes }.allow().map_err(|message| fault(message, node))?;
            self.work(bytes, node)?;
        }
        let items = operators::elements(&collection).map_err(|message| fault(message, node))?;
        let predicate = arguments.get(1);
        match name {
            "all" | "none" | "any" => {
                let (stop_at, otherwise) = match name {
                    "all" => (false, true),
                    "none" => (true, true),
                    _ => (true, false),
                };
                for index in 0..items.len() {
                    if self.test(predicate, &items, index, node)? == stop_at {
                        return Ok(Value::Bool(!otherwise));
                    }
                }
                Ok(Value::Bool(otherwise))
            }
            "one" | "count" => {
                let mut count = 0;
                for index in 0..items.len() {
                    count += i64::from(self.test(predicate, &items, index, node)?);
                }
                Ok(if name == "one" { Value::Bool(count == 1) } else { Value::int(count) })
            }
            "find" | "findIndex" | "findLast" | "findLastIndex" => {
                match self.find(name.starts_with("findLast"), predicate, &items, node)? {
                    Some(index) if name.ends_with("Index") => Ok(Value::int(index as i64)),
                    Some(index) => element(&items, index, node),
                    None => Ok(Value::Nil),
                }
            }
            "filter" => {
                let mut kept = Vec::new();
                for index in 0..items.len() {
                    if self.test(predicate, &items, index, node)? {
                        kept.push(element(&items, index, node)?);
                    }
                }
                self.grow(kept.len(), node)?;
                Ok(Value::list(kept))
            }
            "map" => {
                self.grow(items.len(), node)?;
                let mut held = Size::default();
                let mut mapped = Vec::with_capacity(items.len());
                for index in 0..items.len() {
                    let value = self.made(predicate, &items, index, node)?;
                    held.bytes = held.bytes.saturating_add(value.size().bytes);
                    held.allow().map_err(|message| fault(message, node))?;
                    mapped.push(value);
                }
                bounded(Value::list(mapped)).map_err(|message| fault(message, node))
            }
            "sum" => {
                let mut total = Value::int(0);
                for index in 0..items.len() {
                    let value = self.made(predicate, &items, index, node)?;
                    total = operators::binary(BinaryOp::Add, &value, &total, &mut self.calls)
                        .map_err(|message| fault(message, node))?;
                }
                Ok(total)
            }
            "groupBy" => self.group_by(&items, predicate, node),
            "sortBy" => self.sort_by(&items, arguments, node),
            _ => self.reduce(&items, arguments, node),
        }
    }

    /// The first, or the last, place that passes.
    fn find(
        &mut self,
        is_last: bool,
        predicate: Option<&Node>,
        items: &Elements,
        node: &Node,
    ) -> Result<Option<usize>, Stop> {
        for step in 0..items.len() {
            let index = if is_last { items.len() - 1 - step } else { step };
            if self.test(predicate, items, index, node)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// `filter(…)[0]` and `filter(…)[-1]`: the walk ends with the item.
    fn end_of_filter(&mut self, arguments: &[Node], is_last: bool, node: &Node) -> Evaluated {
        let collection = self.visit(&arguments[0])?;
        let items = operators::elements(&collection).map_err(|message| fault(message, node))?;
        match self.find(is_last, arguments.get(1), &items, node)? {
            Some(index) => element(&items, index, node),
            None => Err(fault("reflect: slice index out of range", node)),
        }
    }

    /// The sum of a literal list whose elements are not all constant: the reference adds them up one by
    /// one from the right, so that texts may be summed as well.
    fn sum_of_parts(&mut self, name: &str, arguments: &[Node], node: &Node) -> Result<Option<Value>, Stop> {
        let ("sum", [list]) = (name, arguments) else { return Ok(None) };
        let Kind::Array(parts) = &list.kind else { return Ok(None) };
        if parts.len() < 2 || parts.iter().all(is_constant) {
            return Ok(None);
        }
        let values = self.arguments(parts)?;
        let mut total: Option<Value> = None;
        for (index, value) in values.into_iter().enumerate().rev() {
            // Only the last addition stands where the call does; those within it stand nowhere.
            let at = if index == 0 { node.at } else { 0 };
            total = Some(match total {
                None => value,
                Some(sum) => operators::binary(BinaryOp::Add, &value, &sum, &mut self.calls)
                    .map_err(|message| Stop::Fault(Fault::new(message, at)))?,
            });
        }
        Ok(total)
    }

    fn group_by(&mut self, items: &Elements, predicate: Option<&Node>, node: &Node) -> Evaluated {
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        for index in 0..items.len() {
            let key = self.made(predicate, items, index, node)?;
            let item = element(items, index, node)?;
            if matches!(key, Value::List(_) | Value::Map(_) | Value::AnyMap(_) | Value::Bytes(_)) {
                // Go finds it in another place while there is nothing in the map.
                let words = match groups.is_empty() {
                    true => "hash of unhashable type:",
                    false => "runtime error: hash of unhashable type",
                };
                return Err(fault(format!("{words} {}", key.type_name()), node));
            }
            self.steps += groups.len() as u64;
            match groups.iter_mut().find(|(known, _)| operators::identical(known, &key)) {
                Some((_, group)) => group.push(item),
                None => groups.push((key, vec![item])),
            }
        }
        let entries = groups.into_iter().map(|(key, group)| (key, Value::list(group))).collect();
        bounded(Value::any_map(entries, true)).map_err(|message| fault(message, node))
    }

    fn sort_by(&mut self, items: &Elements, arguments: &[Node], node: &Node) -> Evaluated {
        let descending = match arguments.get(2) {
            Some(order) => {
                let order = self.visit(order)?;
                let word = order.as_text().ok_or("sortBy order argument must be a string");
                word.map_err(str::to_owned)
                    .and_then(|word| {
                        library::is_descending(word).ok_or("unknown order, use asc or desc".to_owned())
                    })
                    .map_err(|message| fault(message, node))?
            }
            None => false,
        };
        let mut keyed = Vec::with_capacity(items.len());
        for index in 0..items.len() {
            let key = self.made(arguments.get(1), items, index, node)?;
            keyed.push((key, element(items, index, node)?));
        }
        library::sort(&mut keyed, descending, |(key, _)| key).map_err(|message| fault(message, node))?;
        Ok(Value::list(keyed.into_iter().map(|(_, item)| item).collect()))
    }

    fn reduce(&mut self, items: &Elements, arguments: &[Node], node: &Node) -> Evaluated {
        let (mut accumulator, first) = match arguments.get(2) {
            Some(initial) => (self.visit(initial)?, 0),
            None if items.len() > 0 => (element(items, 0, node)?, 1),
            None => return Err(fault("reduce of empty array with no initial value", node)),
        };
        for index in first..items.len() {
            accumulator = match arguments.get(1) {
                Some(predicate) => self.apply(predicate, items, index, accumulator)?,
                None => element(items, index, node)?,
            };
        }
        Ok(accumulator)
    }
}

/// Whether `count(…)` is asked for one at least, to which the first is the answer.
fn is_any(op: BinaryOp, left: &Node, right: &Node) -> bool {
    let least = if op == BinaryOp::Greater { 0 } else { 1 };
    matches!(&left.kind, Kind::Builtin("count", arguments) if arguments.len() == 2)
        && matches!(right.kind, Kind::Int(number) if number == least)
}

/// Whether a part is the number of the last item (-1) or of the first one.
fn end_of_list(property: &Node) -> Option<bool> {
    match &property.kind {
        Kind::Int(0) => Some(false),
        Kind::Unary(UnaryOp::Minus, one) if matches!(one.kind, Kind::Int(1)) => Some(true),
        _ => None,
    }
}

fn element(items: &Elements, index: usize, node: &Node) -> Evaluated {
    items.get(index).cloned().ok_or_else(|| fault(NO_ELEMENT, node))
}

/// A list that is written out and has nothing but texts.
fn is_list_of_texts(node: &Node) -> bool {
    matches!(&node.kind, Kind::Array(nodes)
        if !nodes.is_empty() && nodes.iter().all(|node| matches!(node.kind, Kind::Text(_))))
}

fn is_constant(node: &Node) -> bool {
    if let Kind::Unary(UnaryOp::Minus | UnaryOp::Plus, number) = &node.kind {
        return matches!(number.kind, Kind::Int(_) | Kind::Float(_));
    }
    node.truth.is_some() || matches!(node.kind, Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_))
}

/// Refuses a value that has become too large, or too deep to be gone through by recursion.
///
/// Whatever makes a value makes it a few levels deeper than its parts at most, so it is enough to look at it when it
/// is done.
fn bounded(value: Value) -> Result<Value, String> {
    match &value {
        Value::Text(text) if text.len() > limits::TEXT_BYTES => {
            Err(limits::beyond(limits::TEXT_BYTES, "bytes of a text"))
        }
        Value::Text(_) => Ok(value),
        _ => value.size().allow().map(|()| value),
    }
}

/// The bytes that a function goes through at most: nothing when it only hands out what it gets.
fn effort(function: &Value, arguments: &[Value]) -> u64 {
    let is_quick = match function {
        Value::Function(Function::Builtin(name)) => matches!(*name, "type" | "first" | "last" | "get"),
        Value::Function(Function::Sprig(name)) => matches!(
            *name,
            "first"
                | "last"
                | "get"
                | "hasKey"
                | "dig"
                | "default"
                | "coalesce"
                | "ternary"
                | "empty"
                | "all"
                | "any"
                | "kindOf"
                | "kindIs"
                | "typeOf"
                | "typeIs"
                | "typeIsLike"
                | "deepCopy"
        ),
        _ => false,
    };
    let is_len = matches!(function, Value::Function(Function::Builtin("len")));
    let of = |argument: &Value| match argument {
        Value::List(_) | Value::Map(_) | Value::Bytes(_) if is_quick || is_len => 0,
        Value::Text(_) if is_quick => 0,
        _ => argument.size().bytes,
    };
    arguments.iter().map(of).fold(0, u64::saturating_add)
}

/// A `[]int` of consecutive numbers.
pub(crate) fn integers(numbers: impl Iterator<Item = i64>) -> Value {
    Value::list_of(numbers.map(Value::int).collect(), ListKind::Int)
}

/// One byte of a text.
pub(crate) fn byte(byte: u8) -> Value {
    Value::Int(i64::from(byte), IntKind::Uint8)
}

//! The check before the run: unknown names, operators between types that do not fit, wrong arguments.
//!
//! The reference refuses such expressions whether or not the faulty part would ever be reached (TP-156).

use std::sync::Arc;

use crate::ast::{BinaryOp, Kind, LazyRegex, Member, Node, Slice, UnaryOp};
use crate::builtins::{self, Overload, Refusal};
use crate::depends::TaskResult;
use crate::env::Environment;
use crate::lex::Fault;
use crate::methods;
use crate::types::{INT, Param, Signature, Type};
use crate::value::MapKind;

/// A `==` or `!=` of which both sides are of one type for sure: the reference then asks for nothing else.
pub(crate) struct Sure {
    /// Where the operator stands.
    pub(crate) at: usize,
    pub(crate) type_name: &'static str,
}

/// Checks a whole expression, and tells what it is sure of.
pub(crate) fn check(node: &Node, environment: &Environment<'_>) -> Result<Vec<Sure>, Fault> {
    let mut checker =
        Checker { environment, variables: Vec::new(), predicates: Vec::new(), sure: Vec::new() };
    checker.visit(node)?;
    Ok(checker.sure)
}

struct Checker<'e> {
    environment: &'e Environment<'e>,
    variables: Vec<(Arc<str>, Type)>,
    predicates: Vec<Scope>,
    sure: Vec<Sure>,
}

/// What a predicate can refer to.
struct Scope {
    collection: Type,
    has_index: bool,
    has_accumulator: bool,
}

type Checked = Result<Type, Fault>;

fn fault<T>(message: impl Into<String>, node: &Node) -> Result<T, Fault> {
    wrong(message, node.at)
}

fn wrong<T>(message: impl Into<String>, at: usize) -> Result<T, Fault> {
    Err(Fault::new(message, at))
}

/// Whether both types satisfy one of the tests, an unknown one taking either side.
fn either(left: &Type, right: &Type, tests: &[fn(&Type) -> bool]) -> bool {
    (left.is_unknown() && right.is_unknown())
        || tests.iter().any(|test| (left.is_unknown() && test(right)) || (test(left) && right.is_unknown()))
}

impl Checker<'_> {
    fn visit(&mut self, node: &Node) -> Checked {
        match &node.kind {
            Kind::Nil => Ok(Type::Nil),
            Kind::Bool(_) => Ok(Type::Bool),
            Kind::Int(_) => Ok(INT),
            Kind::Float(_) => Ok(Type::Float),
            Kind::Text(_) => Ok(Type::Text),
            Kind::Bytes(_) => Ok(Type::Bytes),
            Kind::Name(name) => self.name(name, node),
            Kind::Unary(op, operand) => self.unary(*op, operand, node),
            Kind::Binary(op, word, left, right) => {
                let (left, right) = (self.visit(left)?, self.visit(right)?);
                self.binary(*op, word, left, right, node.at)
            }
            Kind::Run(first, links) => {
                let first = self.visit(first)?;
                links.iter().try_fold(first, |left, link| {
                    let right = self.visit(&link.right)?;
                    self.binary(link.op, link.word, left, right, link.at)
                })
            }
            Kind::Matches(left, right, pattern) => self.matches(left, right, pattern, node),
            Kind::Chain(inner) | Kind::Predicate(inner) => self.visit(inner),
            Kind::Member(member) => self.member(member, node),
            Kind::Slice(slice) => self.slice(slice, node),
            Kind::Call(callee, arguments) => self.call(callee, arguments, node),
            Kind::Builtin(name, arguments) => self.builtin(name, arguments, node),
            Kind::Pointer(name) => self.pointer(name, node),
            Kind::Conditional(nodes) => self.conditional(nodes),
            Kind::Let(name, value, body) => self.variable(name, value, body, node),
            Kind::Sequence(nodes) => {
                let mut last = Type::Nil;
                for node in nodes {
                    last = self.visit(node)?;
                }
                Ok(last)
            }
            Kind::Array(nodes) => self.array(nodes),
            Kind::Map(pairs) => {
                for (key, value) in pairs {
                    self.visit(key)?;
                    self.visit(value)?;
                }
                Ok(Type::Map(MapKind::Any))
            }
        }
    }

    fn name(&self, name: &str, node: &Node) -> Checked {
        if let Some((_, variable)) = self.variables.iter().rev().find(|(known, _)| **known == *name) {
            return Ok(variable.clone());
        }
        if name == "$env" {
            return Ok(Type::Unknown);
        }
        match self.environment.root_type(name) {
            Some(found) => Ok(found),
            None if builtins::find(name).is_some() => Ok(Type::OtherFunction),
            None => fault(format!("unknown name {name}"), node),
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Node, node: &Node) -> Checked {
        let found = self.visit(operand)?;
        match op {
            UnaryOp::Not(_) if found.is_bool() || found.is_unknown() => Ok(Type::Bool),
            UnaryOp::Minus | UnaryOp::Plus if found.is_number() => Ok(found),
            UnaryOp::Minus | UnaryOp::Plus if found.is_unknown() => Ok(Type::Unknown),
            _ => fault(format!("invalid operation: {} (mismatched type {})", op.word(), found.name()), node),
        }
    }

    fn binary(&mut self, op: BinaryOp, word: &str, l: Type, r: Type, at: usize) -> Checked {
        let both = |test: fn(&Type) -> bool| test(&l) && test(&r);
        let number_type = || if both(Type::is_integer) { INT } else { Type::Float };
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            match (&l, &r) {
                (&INT, &INT) => self.sure.push(Sure { at, type_name: "int" }),
                (Type::Text, Type::Text) => self.sure.push(Sure { at, type_name: "string" }),
                _ => {}
            }
        }
        let result = match op {
            BinaryOp::Equal | BinaryOp::NotEqual => l.is_comparable_to(&r).then_some(Type::Bool),
            BinaryOp::Or | BinaryOp::And => {
                (both(Type::is_bool) || either(&l, &r, &[Type::is_bool])).then_some(Type::Bool)
            }
            BinaryOp::Less | BinaryOp::Greater | BinaryOp::LessOrEqual | BinaryOp::GreaterOrEqual => {
                let tests: [fn(&Type) -> bool; 4] =
                    [Type::is_number, Type::is_text, Type::is_time, Type::is_duration];
                (tests.into_iter().any(both) || either(&l, &r, &tests)).then_some(Type::Bool)
            }
            BinaryOp::Subtract if both(Type::is_number) => Some(number_type()),
            BinaryOp::Subtract if both(Type::is_time) || both(Type::is_duration) => Some(Type::Duration),
            BinaryOp::Subtract if l.is_time() && r.is_duration() => Some(Type::Time),
            BinaryOp::Subtract => {
                let tests: [fn(&Type) -> bool; 3] = [Type::is_number, Type::is_time, Type::is_duration];
                either(&l, &r, &tests).then_some(Type::Unknown)
            }
            BinaryOp::Multiply if both(Type::is_number) => Some(number_type()),
            BinaryOp::Multiply if both(Type::is_duration) => Some(Type::Duration),
            BinaryOp::Multiply
                if (l.is_number() && r.is_duration()) || (l.is_duration() && r.is_number()) =>
            {
                Some(Type::Duration)
            }
            BinaryOp::Multiply => {
                either(&l, &r, &[Type::is_number, Type::is_duration]).then_some(Type::Unknown)
            }
            BinaryOp::Divide | BinaryOp::Power => {
                (both(Type::is_number) || either(&l, &r, &[Type::is_number])).then_some(Type::Float)
            }
            BinaryOp::Modulo => {
                (both(Type::is_integer) || either(&l, &r, &[Type::is_integer])).then_some(INT)
            }
            BinaryOp::Add if both(Type::is_number) => Some(number_type()),
            BinaryOp::Add if both(Type::is_text) => Some(Type::Text),
            BinaryOp::Add if both(Type::is_duration) => Some(Type::Duration),
            BinaryOp::Add if (l.is_time() && r.is_duration()) || (l.is_duration() && r.is_time()) => {
                Some(Type::Time)
            }
            BinaryOp::Add => {
                let tests: [fn(&Type) -> bool; 4] =
                    [Type::is_number, Type::is_text, Type::is_time, Type::is_duration];
                either(&l, &r, &tests).then_some(Type::Unknown)
            }
            BinaryOp::In => return self.contained(&l, &r, at),
            BinaryOp::Contains | BinaryOp::StartsWith | BinaryOp::EndsWith => {
                (both(Type::is_text) || either(&l, &r, &[Type::is_text])).then_some(Type::Bool)
            }
            BinaryOp::Range => {
                (both(Type::is_integer) || either(&l, &r, &[Type::is_integer])).then(|| Type::list_of(INT))
            }
            BinaryOp::Coalesce => Some(match (&l, &r) {
                (Type::Nil, Type::Nil) => Type::Nil,
                (Type::Nil, _) => r.clone(),
                (_, Type::Nil) => l.clone(),
                _ if r.is_assignable_to(&l) => l.clone(),
                _ => Type::Unknown,
            }),
        };
        result.ok_or_else(|| mismatch(word, &l, &r, at))
    }

    fn contained(&self, l: &Type, r: &Type, at: usize) -> Checked {
        if r.is_map() {
            if !matches!(r, Type::AnyMap | Type::Groups) && !l.is_unknown() && !l.is_text() {
                return wrong(format!("cannot use {} as type string in map key", l.name()), at);
            }
            return Ok(Type::Bool);
        }
        if r.is_list() {
            let element = r.element();
            if !l.is_comparable_to(&element) {
                let message = format!("cannot use {} as type {} in array", l.name(), element.name());
                return wrong(message, at);
            }
            return Ok(Type::Bool);
        }
        let names_a_field = r.is_struct() && (l.is_text() || l.is_unknown());
        if (l.is_unknown() && r.is_text()) || r.is_unknown() || names_a_field {
            return Ok(Type::Bool);
        }
        Err(mismatch("in", l, r, at))
    }

    fn matches(&mut self, left: &Node, right: &Node, pattern: &LazyRegex, node: &Node) -> Checked {
        let l = self.visit(left)?;
        let r = self.visit(right)?;
        if let Kind::Text(text) = &right.kind {
            let compiled = pattern.get_or_init(|| crate::regex::compile(text));
            if let Err(message) = compiled {
                return fault(message.clone(), node);
            }
        }
        if ((l.is_text() || l == Type::Bytes) && r.is_text()) || either(&l, &r, &[Type::is_text]) {
            return Ok(Type::Bool);
        }
        Err(mismatch("matches", &l, &r, node.at))
    }

    fn member(&mut self, member: &Member, node: &Node) -> Checked {
        let base = self.visit(&member.node)?;
        let property = self.visit(&member.property)?;
        if let (Kind::Name(name), Kind::Text(property)) = (&member.node.kind, &member.property.kind)
            && &**name == "$env"
        {
            return match self.environment.root_type(property) {
                Some(found) => Ok(found),
                None if member.optional => Ok(Type::Unknown),
                None => fault(format!("unknown name {property}"), node),
            };
        }
        if base.is_unknown() {
            return Ok(Type::Unknown);
        }
        let name = match &member.property.kind {
            Kind::Text(name) => Some(&**name),
            _ => None,
        };
        if let Some(signature) = name.and_then(|name| methods::signature(&base, name)) {
            return Ok(Type::Function(signature));
        }
        match &base {
            Type::Map(_) if property.is_text() || property.is_unknown() => return Ok(base.element()),
            Type::AnyMap | Type::Groups => return Ok(base.element()),
            Type::Map(_) => {
                let message =
                    format!("cannot use {} to get an element from {}", property.name(), base.name());
                return fault(message, &member.property);
            }
            Type::List(..) | Type::Bytes if property.is_integer() || property.is_unknown() => {
                return Ok(base.element());
            }
            Type::List(..) | Type::Bytes => {
                let found = property.name();
                let message = format!("array elements can only be selected using an integer (got {found})");
                return fault(message, &member.property);
            }
            Type::TaskResults if !member.method && name.is_some_and(|n| TaskResult::named(n).is_some()) => {
                return Ok(Type::Bool);
            }
            _ => {}
        }
        // Only here the reference knows nil by its name.
        let owner = match base {
            Type::Nil => "nil".to_owned(),
            // A pointer is named by what it points to.
            Type::Zone => "time.Location".to_owned(),
            _ => base.name(),
        };
        match name {
            Some(name) if member.method => fault(format!("type {owner} has no method {name}"), node),
            Some(name) => fault(format!("type {owner} has no field {name}"), node),
            None => fault(format!("type {owner}[{}] is undefined", property.name()), node),
        }
    }

    fn slice(&mut self, slice: &Slice, node: &Node) -> Checked {
        let base = self.visit(&slice.node)?;
        if base.is_unknown() {
            return Ok(Type::Unknown);
        }
        if !base.is_list() && !base.is_text() {
            return fault(format!("cannot slice {}", base.name()), node);
        }
        for bound in slice.from.iter().chain(&slice.to) {
            let found = self.visit(bound)?;
            if !found.is_integer() && !found.is_unknown() {
                return fault(format!("non-integer slice index {}", found.name()), bound);
            }
        }
        Ok(base)
    }

    fn call(&mut self, callee: &Node, arguments: &[Node], node: &Node) -> Checked {
        let function = self.visit(callee)?;
        if matches!(function, Type::Unknown | Type::Any) {
            // Of a callee of which nothing is known, as are all of sprig, the reference does not look at the arguments:
            // what is wrong in them shows when they run.
            return Ok(Type::Unknown);
        }
        let Type::Function(Signature { parameters, result, results }) = function else {
            self.all(arguments)?;
            return match function {
                Type::OtherFunction => Ok(Type::Unknown),
                Type::Nil => fault("nil is nil; cannot call nil as function", node),
                other => fault(format!("{} is not callable", other.name()), node),
            };
        };
        let name = match &callee.kind {
            Kind::Name(name) => name.to_string(),
            Kind::Member(member) => match &member.property.kind {
                Kind::Text(name) => name.to_string(),
                _ => "function".to_owned(),
            },
            _ => "function".to_owned(),
        };
        if results.is_some_and(|results| results.matches(',').count() > 1) {
            return fault(format!("func {name} returns more then two values"), node);
        }
        self.accepted(&name, parameters, arguments)?.map_err(|refusal| refuse(refusal, arguments, node))?;
        Ok(result.as_type())
    }

    /// Whether arguments fit parameters: each is judged when it has been checked, before the next one is.
    fn accepted(
        &mut self,
        name: &str,
        parameters: &[Param],
        arguments: &[Node],
    ) -> Result<Result<(), Refusal>, Fault> {
        if let Err(refusal) = builtins::check_count(name, parameters, arguments.len()) {
            self.all(arguments)?;
            return Ok(Err(refusal));
        }
        for (index, (argument, parameter)) in arguments.iter().zip(parameters).enumerate() {
            let found = self.visit(argument)?;
            if let Err(message) = builtins::check_argument(name, *parameter, &found) {
                return Ok(Err(Refusal { message, argument: Some(index) }));
            }
        }
        Ok(Ok(()))
    }

    /// A call of a function with overloads, of which the first that fits counts.
    fn overloaded(&mut self, name: &str, overloads: &[Overload], arguments: &[Node], node: &Node) -> Checked {
        let mut last = Refusal::from(format!("cannot call {name}"));
        for (parameters, result) in overloads {
            match self.accepted(name, parameters, arguments)? {
                Ok(()) => return Ok(result.as_type()),
                Err(refusal) => last = refusal,
            }
        }
        Err(refuse(last, arguments, node))
    }

    fn all(&mut self, nodes: &[Node]) -> Result<Vec<Type>, Fault> {
        nodes.iter().map(|node| self.visit(node)).collect()
    }

    fn builtin(&mut self, name: &'static str, arguments: &[Node], node: &Node) -> Checked {
        if let Some(root) = self.environment.root_type(name) {
            // A variable of the same name hides the function.
            return fault(format!("{} is not callable", root.name()), node);
        }
        match name {
            "all" | "none" | "any" | "one" | "filter" | "map" | "count" | "sum" | "find" | "findIndex"
            | "findLast" | "findLastIndex" | "groupBy" | "sortBy" | "reduce" => {
                self.predicate_function(name, arguments)
            }
            "get" => self.get(arguments, node),
            _ if !builtins::overloads(name).is_empty() => {
                self.overloaded(name, builtins::overloads(name), arguments, node)
            }
            _ => {
                let types = self.all(arguments)?;
                builtins::check(name, &types).map_err(|refusal| refuse(refusal, arguments, node))
            }
        }
    }

    fn predicate_function(&mut self, name: &'static str, arguments: &[Node]) -> Checked {
        let collection = self.visit(&arguments[0])?;
        if !collection.is_list() && !collection.is_unknown() {
            let message = format!("builtin {name} takes only array (got {})", collection.name());
            return fault(message, &arguments[0]);
        }
        let element = if collection.is_unknown() { Type::Unknown } else { collection.element() };
        let Some(predicate) = arguments.get(1) else {
            return Ok(if name == "count" { INT } else { element });
        };
        self.predicates.push(Scope {
            collection: collection.clone(),
            has_index: matches!(name, "map" | "reduce"),
            has_accumulator: name == "reduce",
        });
        let result = self.visit(predicate);
        self.predicates.pop();
        let result = result?;
        if result == Type::Nil {
            return nil_predicate(name, predicate);
        }
        let wants_bool = !matches!(name, "map" | "sum" | "groupBy" | "sortBy" | "reduce");
        if wants_bool && !result.is_bool() && !result.is_unknown() {
            let message = format!("predicate should return boolean (got {})", result.name());
            return fault(message, predicate);
        }
        if let Some(more) = arguments.get(2) {
            let found = self.visit(more)?;
            if name == "sortBy" && !found.is_text() && !found.is_unknown() {
                let message = format!("sortBy order argument must be a string (got {})", found.name());
                return fault(message, more);
            }
        }
        Ok(match name {
            "all" | "none" | "any" | "one" => Type::Bool,
            "count" | "findIndex" | "findLastIndex" => INT,
            "filter" if collection.is_unknown() => Type::any_list(),
            "filter" | "sortBy" => Type::list_of(element),
            "map" => Type::list_of(result),
            "find" | "findLast" => element,
            "groupBy" => Type::Groups,
            _ => result,
        })
    }

    fn get(&mut self, arguments: &[Node], node: &Node) -> Checked {
        let [base, property] = arguments else {
            let message = format!("invalid number of arguments (expected 2, got {})", arguments.len());
            return fault(message, node);
        };
        let base_type = self.visit(base)?;
        let property_type = self.visit(property)?;
        match &base_type {
            Type::Unknown | Type::Any => Ok(Type::Unknown),
            Type::Map(_) if !property_type.is_text() && !property_type.is_unknown() => {
                let (got, from) = (property_type.name(), base_type.name());
                fault(format!("cannot use {got} to get an element from {from}"), property)
            }
            Type::Map(_) | Type::AnyMap | Type::Groups => Ok(base_type.element()),
            Type::List(..) | Type::Bytes if !property_type.is_integer() && !property_type.is_unknown() => {
                fault(format!("non-integer slice index {}", property_type.name()), property)
            }
            Type::List(..) | Type::Bytes => Ok(base_type.element()),
            _ => fault(format!("type {} does not support indexing", base_type.name()), base),
        }
    }

    fn pointer(&self, name: &str, node: &Node) -> Checked {
        let Some(scope) = self.predicates.last() else {
            return fault("cannot use pointer accessor outside predicate", node);
        };
        match name {
            "" if scope.collection.is_unknown() => Ok(Type::Unknown),
            "" => Ok(scope.collection.element()),
            "index" if scope.has_index => Ok(INT),
            "acc" if scope.has_accumulator => Ok(Type::Unknown),
            _ => fault(format!("unknown pointer #{name}"), node),
        }
    }

    fn conditional(&mut self, nodes: &[Node; 3]) -> Checked {
        let [condition, yes, no] = nodes;
        let found = self.visit(condition)?;
        if !found.is_bool() && !found.is_unknown() {
            let message = format!("non-bool expression (type {}) used as condition", found.name());
            return fault(message, condition);
        }
        let yes = self.visit(yes)?;
        let no = self.visit(no)?;
        Ok(match (&yes, &no) {
            (Type::Nil, Type::Nil) => Type::Nil,
            (Type::Nil, _) => no,
            (_, Type::Nil) => yes,
            _ if !yes.is_assignable_to(&no) => Type::Unknown,
            _ if yes.is_list() && no.is_list() => {
                let (one, other) = (yes.element(), no.element());
                let is_same = one.is_assignable_to(&other) && other.is_assignable_to(&one);
                if is_same { yes } else { Type::any_list() }
            }
            _ => yes,
        })
    }

    fn variable(&mut self, name: &Arc<str>, value: &Node, body: &Node, node: &Node) -> Checked {
        if self.environment.root_type(name).is_some() {
            return fault(format!("cannot redeclare {name}"), node);
        }
        if builtins::find(name).is_some() {
            return fault(format!("cannot redeclare builtin {name}"), node);
        }
        if self.variables.iter().any(|(known, _)| known == name) {
            return fault(format!("cannot redeclare variable {name}"), node);
        }
        let found = self.visit(value)?;
        self.variables.push((name.clone(), found));
        let body = self.visit(body);
        self.variables.pop();
        body
    }

    fn array(&mut self, nodes: &[Node]) -> Checked {
        let types = self.all(nodes)?;
        // The reference compares Go's kinds of neighbours only, and takes the last type for that of all.
        let is_same = types.windows(2).all(|pair| pair[0].kind() == pair[1].kind());
        Ok(match types.last() {
            Some(last) if is_same => Type::list_of(last.clone()),
            Some(_) => Type::any_list(),
            None => Type::list_of(Type::Unknown),
        })
    }
}

/// A predicate that comes to nothing is one without a result.
fn nil_predicate(name: &str, predicate: &Node) -> Checked {
    let message = match name {
        "sum" => "cannot use func(interface {}) as argument (type func(interface {}) bool) to call sum ",
        "reduce" => "predicate should has two input and one output param",
        _ => "predicate should has one input and one output param",
    };
    fault(message, predicate)
}

fn mismatch(word: &str, left: &Type, right: &Type, at: usize) -> Fault {
    let (left, right) = (left.name(), right.name());
    Fault::new(format!("invalid operation: {word} (mismatched types {left} and {right})"), at)
}

fn refuse(refusal: Refusal, arguments: &[Node], node: &Node) -> Fault {
    let place = refusal.argument.and_then(|index| arguments.get(index)).unwrap_or(node);
    Fault::new(refusal.message, place.at)
}

/// The types of Argo's own functions.
pub(crate) fn extra(name: &str) -> Option<&'static Signature> {
    static AS_INT: Signature = Signature { parameters: &[Param::Any], result: Param::Any, results: None };
    static AS_FLOAT: Signature = Signature { parameters: &[Param::Any], result: Param::Any, results: None };
    static TO_JSON: Signature = Signature { parameters: &[Param::Any], result: Param::Text, results: None };
    static JSONPATH: Signature =
        Signature { parameters: &[Param::Text, Param::Text], result: Param::Any, results: None };
    Some(match name {
        "asInt" => &AS_INT,
        "asFloat" => &AS_FLOAT,
        "toJson" => &TO_JSON,
        "jsonpath" => &JSONPATH,
        _ => return None,
    })
}

//! Programs: expressions that are parsed once and evaluated often.

use std::fmt;

use crate::ast::{BinaryOp, Kind, Member, Node};
use crate::env::{EXTRAS, Environment, LIBRARY};
use crate::lex::Fault;
use crate::scope::Scope;
use crate::tag::{Mode, World, is_node_path};
use crate::value::Value;
use crate::{builtins, check, eval, fold, go, limits, parse, sprig};

/// Why an expression does not parse or has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// The message, ending in the place and an excerpt.
    pub message: String,
}

/// Why an expression does not parse.
pub(crate) type SyntaxError = ExprError;

impl fmt::Display for ExprError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for ExprError {}

/// A constant path that an expression looks at (TP-158).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) path: String,
    /// The path stands where nil is expected, so only its first part must be bound.
    root_only: bool,
}

/// What an expression tag becomes.
pub(crate) enum Outcome {
    /// Text to insert.
    Text(String),
    /// A value that is not text, as JSON.
    Json(String),
    /// The tag stays.
    Unresolved,
    /// A name is not bound.
    Missing(String),
    /// The expression has no value.
    Failed(String),
}

/// A parsed expression.
#[derive(Debug)]
pub(crate) struct Program {
    root: Node,
    uses: Vec<Use>,
}

impl Program {
    pub(crate) fn parse(text: &str) -> Result<Program, SyntaxError> {
        let root = parse::parse(text).map_err(|fault| ExprError { message: fault.show(text) })?;
        let mut uses = Vec::new();
        collect(&root, false, &mut uses);
        Ok(Program { root, uses })
    }

    /// The constant paths without which it has no value: neither `?.` nor `??` helps.
    pub(crate) fn needed_paths(&self) -> Vec<String> {
        let needed = self.uses.iter().filter(|used| !used.root_only && used.path.contains('.'));
        needed.map(|used| used.path.clone()).collect()
    }

    pub(crate) fn uses(&self) -> &[Use] {
        &self.uses
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// The functions it calls that there are not, in the order of the text.
    pub(crate) fn unknown_functions(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        called(&self.root, &mut Vec::new(), &mut unknown);
        unknown
    }

    /// Checks the expression against an environment without running it.
    pub(crate) fn check_against(&self, environment: &Environment<'_>, source: &str) -> Result<(), String> {
        check::check(&self.root, environment)
            .and_then(|_| fold::check(&self.root))
            .map_err(|fault| fault.show(source))
    }

    /// The value in an environment; the message has its place in the source.
    pub(crate) fn evaluate_in(
        &self,
        environment: &Environment<'_>,
        world: &World,
        source: &str,
    ) -> Result<Value, String> {
        self.run(environment, world).map_err(|fault| fault.show(source))
    }

    /// The value in an environment.
    fn run(&self, environment: &Environment<'_>, world: &World) -> Result<Value, Fault> {
        let sure = check::check(&self.root, environment)?;
        fold::check(&self.root)?;
        eval::evaluate(&self.root, environment, world, &sure)
    }

    /// What a tag with this program becomes in a pass (TP-159 to TP-161). `body` is the text of the tag.
    pub(crate) fn substitute(&self, body: &str, scope: &dyn Scope, mode: Mode, world: &World) -> Outcome {
        let environment = Environment::of_scope(scope);
        let mut lenient = mode == Mode::Lenient;
        for used in &self.uses {
            let Some(missing) = environment.missing(&used.path, used.root_only) else { continue };
            match mode {
                Mode::FullStrict => return Outcome::Missing(missing),
                Mode::PrefixStrict if is_node_path(&missing) => return Outcome::Missing(missing),
                Mode::PrefixStrict | Mode::Lenient => {}
            }
            lenient = true;
        }
        if lenient && self.awaits_later_stage(&environment) {
            return Outcome::Unresolved;
        }
        let failed = |message: String| if lenient { Outcome::Unresolved } else { Outcome::Failed(message) };
        let value = match self.run(&environment, world) {
            Ok(value) => value,
            // A tag that has no value stays as it is, in Argo too; what Argo would make of this one is not known.
            Err(fault) if lenient && !limits::is_beyond(&fault.message) => return Outcome::Unresolved,
            Err(fault) => {
                return Outcome::Failed(format!("failed to evaluate expression: {}", fault.show(body)));
            }
        };
        match &value {
            Value::Nil => {
                // The text is quoted twice: once in the JSON of the object, once in the message.
                let escaped = go::quote(body);
                let quoted = go::quote(&escaped[1..escaped.len() - 1]);
                failed(format!("failed to evaluate expression {quoted}"))
            }
            Value::Text(text) => Outcome::Text(text.to_string()),
            Value::Bytes(_) | Value::Time(_) | Value::Version(_) => match value.to_json() {
                // These are texts in JSON, so they too lose their quotes.
                Ok(json) => Outcome::Text(json.trim_matches('"').to_owned()),
                Err(message) => failed(format!("failed to marshal evaluated expression: {message}")),
            },
            _ => match value.to_json() {
                Ok(json) => Outcome::Json(json),
                Err(message) => failed(format!("failed to marshal evaluated expression: {message}")),
            },
        }
    }

    /// Whether the expression mentions a name that only a later stage binds (TP-161).
    fn awaits_later_stage(&self, environment: &Environment<'_>) -> bool {
        self.uses.iter().any(|used| {
            !used.root_only && is_late(&used.path) && environment.missing(&used.path, false).is_some()
        })
    }
}

fn is_late(path: &str) -> bool {
    path == "item"
        || path.starts_with("item.")
        || matches!(
            path,
            "retries"
                | "lastRetry.exitCode"
                | "lastRetry.status"
                | "lastRetry.duration"
                | "lastRetry.message"
                | "workflow.status"
                | "workflow.failures"
        )
}

/// Collects the names and constant paths of an expression in the order of the text.
fn collect(node: &Node, tolerant: bool, uses: &mut Vec<Use>) {
    match &node.kind {
        Kind::Name(name) => uses.push(Use { path: name.to_string(), root_only: false }),
        Kind::Member(member) => {
            if let Some((path, optional)) = constant_path(member) {
                uses.push(Use { path, root_only: tolerant || optional });
                return;
            }
            collect(&member.node, tolerant, uses);
            collect(&member.property, tolerant, uses);
        }
        Kind::Binary(BinaryOp::Coalesce, _, left, right) => {
            collect(left, true, uses);
            collect(right, tolerant, uses);
        }
        _ => node.children(&mut |child| collect(child, tolerant, uses)),
    }
}

/// Collects the calls of names that mean no function. `bound` are the variables at this place.
fn called<'n>(node: &'n Node, bound: &mut Vec<&'n str>, unknown: &mut Vec<String>) {
    if let Kind::Let(name, value, body) = &node.kind {
        called(value, bound, unknown);
        bound.push(name);
        called(body, bound, unknown);
        bound.pop();
        return;
    }
    if let Kind::Call(callee, _) = &node.kind {
        match &callee.kind {
            Kind::Name(name) if !bound.contains(&&**name) && !is_function(name) => {
                unknown.push(name.to_string());
            }
            Kind::Member(member) => match (&member.node.kind, &member.property.kind) {
                (Kind::Name(library), Kind::Text(name)) if **library == *LIBRARY && !sprig::knows(name) => {
                    unknown.push(format!("{library}.{name}"));
                }
                _ => {}
            },
            _ => {}
        }
    }
    node.children(&mut |child| called(child, bound, unknown));
}

fn is_function(name: &str) -> bool {
    builtins::find(name).is_some() || check::extra(name).is_some()
}

/// Whether a path names a function rather than a value.
pub(crate) fn is_of_library(path: &str) -> bool {
    is_function(path)
        || path == LIBRARY
        || path.strip_prefix(LIBRARY).is_some_and(|rest| rest.starts_with('.'))
}

/// The names of all functions that expressions can call (TP-154).
pub fn functions() -> impl Iterator<Item = String> {
    let own = builtins::NAMES.iter().chain(&EXTRAS).map(|name| (*name).to_owned());
    own.chain(sprig::names().map(|name| format!("{LIBRARY}.{name}")))
}

/// The functions that an expression calls and that there are not; none when it does not parse.
pub fn unknown_functions(expression: &str) -> Vec<String> {
    Program::parse(expression).map(|program| program.unknown_functions()).unwrap_or_default()
}

/// The dotted path of a chain of constant members of a name, and whether `?.` is in it.
fn constant_path(member: &Member) -> Option<(String, bool)> {
    let Kind::Text(property) = &member.property.kind else { return None };
    let mut base = &member.node;
    while let Kind::Chain(inner) = &base.kind {
        base = inner;
    }
    let (path, optional) = match &base.kind {
        Kind::Name(name) => (name.to_string(), false),
        Kind::Member(inner) => constant_path(inner)?,
        _ => return None,
    };
    Some((format!("{path}.{property}"), optional || member.optional))
}

/// Evaluates a bare expression field with Argo's function library (TP-150, TP-155).
pub fn evaluate(expression: &str, scope: &dyn Scope, world: &World) -> Result<Value, ExprError> {
    run(expression, &Environment::of_scope(scope), world)
}

/// Evaluates a boolean expression field with Argo's function library (TP-163).
pub fn evaluate_bool(expression: &str, scope: &dyn Scope, world: &World) -> Result<bool, ExprError> {
    run_bool(expression, &Environment::of_scope(scope), world)
}

/// Evaluates a boolean expression field over a map of values with the plain language only.
pub fn evaluate_plain_bool(expression: &str, environment: &Value, world: &World) -> Result<bool, ExprError> {
    run_bool(expression, &Environment::of_values(environment), world)
}

fn run_bool(expression: &str, environment: &Environment<'_>, world: &World) -> Result<bool, ExprError> {
    let program = Program::parse(expression)?;
    program.check_against(environment, expression).map_err(|message| ExprError { message })?;
    let value = program.evaluate_in(environment, world, expression).map_err(|cause| ExprError {
        message: format!("unable to evaluate expression '{expression}': {cause}"),
    })?;
    value.as_bool().ok_or_else(|| ExprError { message: not_a_bool(&value) })
}

/// The complaint about a result that should be a boolean.
pub(crate) fn not_a_bool(value: &Value) -> String {
    format!("unable to cast expression result '{}' to bool", value.to_string_verb())
}

/// Evaluates an expression over a JSON object with the plain language only (TP-155).
pub fn evaluate_plain(
    expression: &str,
    environment: &serde_json::Value,
    world: &World,
) -> Result<Value, ExprError> {
    run(expression, &Environment::plain(environment), world)
}

/// Evaluates a boolean expression over a JSON object with the plain language only (AUTH-072).
pub fn evaluate_json_bool(
    expression: &str,
    environment: &serde_json::Value,
    world: &World,
) -> Result<bool, ExprError> {
    run_bool(expression, &Environment::plain(environment), world)
}

/// Whether an expression can be read and fits a JSON object, without running it.
pub fn check_plain(expression: &str, environment: &serde_json::Value) -> Result<(), ExprError> {
    let checked = Program::parse(expression)?.check_against(&Environment::plain(environment), expression);
    checked.map(drop).map_err(|message| ExprError { message })
}

/// Evaluates an expression over a JSON object with Argo's function library (OB-372).
pub fn evaluate_beside(
    expression: &str,
    environment: &serde_json::Value,
    world: &World,
) -> Result<Value, ExprError> {
    run(expression, &Environment::beside_library(environment), world)
}

/// Checks that an expression can be evaluated in a scope, without running it: that it parses, and that its names are
/// there.
pub fn check_in(expression: &str, scope: &dyn Scope) -> Result<(), ExprError> {
    let program = Program::parse(expression)?;
    let environment = Environment::of_scope(scope);
    program.check_against(&environment, expression).map_err(|message| ExprError { message })
}

/// Checks that an expression parses, for lint.
pub fn check_syntax(expression: &str) -> Result<(), ExprError> {
    Program::parse(expression).map(drop)
}

/// The constant paths without which an expression has no value; empty when it does not parse.
pub fn needed_paths(expression: &str) -> Vec<String> {
    Program::parse(expression).map(|program| program.needed_paths()).unwrap_or_default()
}

/// The names and constant paths that an expression looks at; empty when it does not parse.
pub fn paths(expression: &str) -> Vec<String> {
    let program = Program::parse(expression);
    program.map(|program| program.uses.into_iter().map(|used| used.path).collect()).unwrap_or_default()
}

fn run(expression: &str, environment: &Environment<'_>, world: &World) -> Result<Value, ExprError> {
    let program = Program::parse(expression)?;
    program.run(environment, world).map_err(|fault| ExprError { message: fault.show(expression) })
}

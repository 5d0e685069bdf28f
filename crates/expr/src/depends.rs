//! Dependencies between tasks: the logic of `depends` (EX-150 to EX-159).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ast::{BinaryOp, Kind, Node, UnaryOp};
use crate::env::Environment;
use crate::program::{Program, not_a_bool};
use crate::tag::World;
use crate::value::Value;

/// What may be asked about a task (EX-159).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskResult {
    /// Its phase is Succeeded.
    Succeeded,
    /// Its phase is Failed.
    Failed,
    /// Its phase is Error.
    Errored,
    /// Its phase is Skipped.
    Skipped,
    /// Its phase is Omitted.
    Omitted,
    /// It is a daemon that has started.
    Daemoned,
    /// It is a loop of which some expansion succeeded.
    AnySucceeded,
    /// It is a loop of which every expansion failed.
    AllFailed,
}

impl TaskResult {
    /// All of them.
    pub const ALL: [TaskResult; 8] = [
        TaskResult::Succeeded,
        TaskResult::Failed,
        TaskResult::Errored,
        TaskResult::Skipped,
        TaskResult::Omitted,
        TaskResult::Daemoned,
        TaskResult::AnySucceeded,
        TaskResult::AllFailed,
    ];

    /// The word in a `depends` text.
    pub fn name(self) -> &'static str {
        match self {
            TaskResult::Succeeded => "Succeeded",
            TaskResult::Failed => "Failed",
            TaskResult::Errored => "Errored",
            TaskResult::Skipped => "Skipped",
            TaskResult::Omitted => "Omitted",
            TaskResult::Daemoned => "Daemoned",
            TaskResult::AnySucceeded => "AnySucceeded",
            TaskResult::AllFailed => "AllFailed",
        }
    }

    /// The result of that word.
    pub fn named(name: &str) -> Option<TaskResult> {
        TaskResult::ALL.into_iter().find(|result| result.name() == name)
    }
}

/// The parsed logic of one task. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Logic(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    tasks: Vec<String>,
    expanded: String,
    /// The expanded text with dashes turned into underscores, as it is evaluated (EX-153).
    evaluated: String,
    /// From names with underscores to the names of the tasks.
    by_identifier: BTreeMap<String, String>,
    program: Result<Program, String>,
}

impl Logic {
    /// Parses the logic; `continue_on_of` says whether a task continues on error and on failure (EX-152).
    ///
    /// What does not parse is an error only when it comes to be evaluated, see [`Logic::problem`].
    pub fn parse(depends: &str, continue_on_of: &dyn Fn(&str) -> (bool, bool)) -> Result<Logic, String> {
        let mut tasks: Vec<String> = Vec::new();
        let mut expanded = String::with_capacity(depends.len());
        for piece in pieces(depends) {
            match piece {
                Piece::Other(text) => expanded.push_str(text),
                Piece::Result(task, text) => {
                    tasks.push(task.to_owned());
                    expanded.push_str(text);
                }
                Piece::Task(task) => {
                    tasks.push(task.to_owned());
                    expanded.push_str(&expand(task, continue_on_of(task)));
                }
            }
        }
        tasks.sort();
        tasks.dedup();
        let evaluated = expanded.replace('-', "_");
        let by_identifier = tasks.iter().map(|task| (task.replace('-', "_"), task.clone())).collect();
        let program = Program::parse(&evaluated).map_err(|error| error.message);
        let mut parsed = Parsed { tasks, expanded, evaluated, by_identifier, program };
        if let Ok(program) = &parsed.program
            && let Err(message) = program.check_against(&parsed.environment(&|_, _| false), &parsed.evaluated)
        {
            parsed.program = Err(message);
        }
        Ok(Logic(Arc::new(parsed)))
    }

    /// The logic of a `dependencies` list (EX-152).
    pub fn of_dependencies<S: AsRef<str>>(
        dependencies: &[S],
        continue_on_of: &dyn Fn(&str) -> (bool, bool),
    ) -> Result<Logic, String> {
        let names: Vec<&str> = dependencies.iter().map(AsRef::as_ref).collect();
        Logic::parse(&names.join(" && "), continue_on_of)
    }

    /// The tasks that are mentioned, sorted.
    pub fn tasks(&self) -> &[String] {
        &self.0.tasks
    }

    /// The tasks that are mentioned by their bare names, sorted.
    pub fn bare_tasks(depends: &str) -> Vec<String> {
        let mut tasks: Vec<String> = pieces(depends)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Task(task) => Some(task.to_owned()),
                Piece::Result(..) | Piece::Other(_) => None,
            })
            .collect();
        tasks.sort();
        tasks.dedup();
        tasks
    }

    /// The logic with bare names expanded.
    pub fn expanded(&self) -> &str {
        &self.0.expanded
    }

    /// Why the logic can never be evaluated, in Argo's words.
    pub fn problem(&self) -> Option<String> {
        self.0.program.as_ref().err().map(|message| self.0.complain(message))
    }

    /// Evaluates the logic when every task it mentions is fulfilled (EX-154).
    pub fn evaluate(&self, result_of: &dyn Fn(&str, TaskResult) -> bool) -> Result<bool, String> {
        let parsed = &*self.0;
        let program = parsed.program.as_ref().map_err(|message| parsed.complain(message))?;
        if let Some(truth) = parsed.quick(program.root(), result_of) {
            return Ok(truth);
        }
        let environment = parsed.environment(result_of);
        // No function that looks at the world can be named: every word is a task.
        let world = World { now: jiff::Timestamp::UNIX_EPOCH, seed: 0 };
        let value = program
            .evaluate_in(&environment, &world, &parsed.evaluated)
            .map_err(|message| parsed.complain(&message))?;
        value.as_bool().ok_or_else(|| parsed.complain(&not_a_bool(&value)))
    }
}

impl Parsed {
    fn complain(&self, message: &str) -> String {
        format!("unable to evaluate expression '{}': {message}", self.evaluated)
    }

    fn environment<'e>(&'e self, result_of: &'e dyn Fn(&str, TaskResult) -> bool) -> Environment<'e> {
        Environment::of_tasks(&self.by_identifier, result_of)
    }

    /// The truth of logic made of results, `&&`, `||` and `!` only, which is nearly all there is.
    fn quick(&self, node: &Node, result_of: &dyn Fn(&str, TaskResult) -> bool) -> Option<bool> {
        match &node.kind {
            Kind::Member(member) => match (&member.node.kind, &member.property.kind) {
                (Kind::Name(name), Kind::Text(result)) => {
                    Some(result_of(self.by_identifier.get(&**name)?, TaskResult::named(result)?))
                }
                _ => None,
            },
            Kind::Unary(UnaryOp::Not(_), operand) => self.quick(operand, result_of).map(|truth| !truth),
            Kind::Binary(BinaryOp::And, _, left, right) => {
                let (left, right) = (self.quick(left, result_of)?, self.quick(right, result_of)?);
                Some(left && right)
            }
            Kind::Binary(BinaryOp::Or, _, left, right) => {
                let (left, right) = (self.quick(left, result_of)?, self.quick(right, result_of)?);
                Some(left || right)
            }
            _ => None,
        }
    }
}

/// The results of one task as a value.
pub(crate) fn results(task: &str, result_of: &dyn Fn(&str, TaskResult) -> bool) -> Value {
    let entries = TaskResult::ALL.into_iter();
    Value::map(entries.map(|result| (result.name().into(), Value::Bool(result_of(task, result)))).collect())
}

/// What a bare name stands for (EX-152).
fn expand(task: &str, (on_error, on_failure): (bool, bool)) -> String {
    let mut expanded = format!("({task}.Succeeded || {task}.Skipped || {task}.Daemoned");
    if on_error {
        expanded += &format!(" || {task}.Errored");
    }
    if on_failure {
        expanded += &format!(" || {task}.Failed");
    }
    expanded + ")"
}

/// A part of a `depends` text.
enum Piece<'t> {
    /// A bare task name.
    Task(&'t str),
    /// `task.Result`: the task and the whole.
    Result(&'t str, &'t str),
    /// Anything between.
    Other(&'t str),
}

/// Cuts a text at its task names; every word is one (EX-153).
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let bytes = text.as_bytes();
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            let end = bytes[at..].iter().position(u8::is_ascii_alphanumeric).map_or(bytes.len(), |n| at + n);
            pieces.push(Piece::Other(&text[at..end]));
            at = end;
            continue;
        }
        let end = bytes[at..].iter().position(|byte| !is_word(byte)).map_or(bytes.len(), |n| at + n);
        let result = bytes.get(end + 1..).filter(|_| bytes.get(end) == Some(&b'.')).unwrap_or_default();
        let length = result.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        if length >= 2 && result[0].is_ascii_uppercase() {
            let whole = end + 1 + length;
            pieces.push(Piece::Result(&text[at..end], &text[at..whole]));
            at = whole;
        } else {
            pieces.push(Piece::Task(&text[at..end]));
            at = end;
        }
    }
    pieces
}

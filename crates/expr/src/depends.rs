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

    /// Its bit among those of all.
    fn bit(self) -> Results {
        1 << self as u8
    }

    /// The result of that word.
    pub fn named(name: &str) -> Option<TaskResult> {
        TaskResult::ALL.into_iter().find(|result| result.name() == name)
    }
}

/// The parsed logic of one task. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Logic {
    form: Form,
    words: Arc<Words>,
}

/// What logic says, for people and for whoever compiles it.
#[derive(Debug)]
struct Words {
    tasks: Vec<String>,
    expanded: String,
}

/// How logic is evaluated. A large dag has very much of it, so what most is made of takes little room and lies close.
#[derive(Clone, Debug)]
enum Form {
    /// Whether one task has one of these results: what most tasks ask.
    Is(u32, Results),
    /// Results, `&&`, `||` and `!` only, each operator before what it joins: nearly all there is.
    Plain(Arc<[Step]>),
    /// Anything else.
    Other(Arc<Other>),
    /// It cannot be evaluated; why.
    Broken(Arc<str>),
}

/// Logic that only the language as a whole can tell.
#[derive(Debug)]
struct Other {
    program: Program,
    /// The expanded text with dashes turned into underscores, as it is evaluated (EX-153).
    source: String,
    by_identifier: Identifiers,
}

/// From names with underscores to the numbers of tasks.
pub(crate) type Identifiers = BTreeMap<String, usize>;

/// Results of a task, each a bit.
type Results = u8;

/// A part of plain logic.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Whether the task with this number has one of these results.
    Is(u32, Results),
    /// What follows does not hold.
    Not,
    /// Both that follow hold.
    Both,
    /// One of the two that follow holds.
    Either,
}

impl Logic {
    /// Parses the logic; `continue_on_of` says whether a task continues on error and on failure (EX-152).
    ///
    /// What does not parse is an error only when it comes to be evaluated, see [`Logic::problem`]. The numbers of tasks
    /// are their places in [`Logic::tasks`].
    pub fn parse(depends: &str, continue_on_of: &dyn Fn(&str) -> (bool, bool)) -> Result<Logic, String> {
        let mut places = 0..;
        Logic::numbered(depends, continue_on_of, &mut |_| places.next().unwrap_or_default())
    }

    /// The same; each task that is mentioned is asked once for its number, in the order of [`Logic::tasks`].
    pub fn numbered(
        depends: &str,
        continue_on_of: &dyn Fn(&str) -> (bool, bool),
        number_of: &mut dyn FnMut(&str) -> usize,
    ) -> Result<Logic, String> {
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
        let by_identifier = tasks.iter().map(|task| (task.replace('-', "_"), number_of(task))).collect();
        let form = Form::of(by_identifier, evaluated(&expanded));
        Ok(Logic { form, words: Arc::new(Words { tasks, expanded }) })
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
        &self.words.tasks
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
        &self.words.expanded
    }

    /// Why the logic can never be evaluated, in Argo's words.
    pub fn problem(&self) -> Option<String> {
        match &self.form {
            Form::Broken(message) => Some(self.complain(message)),
            Form::Is(..) | Form::Plain(_) | Form::Other(_) => None,
        }
    }

    /// Evaluates the logic when every task it mentions is fulfilled (EX-154). `result_of` gets the number of a task.
    pub fn evaluate(&self, result_of: &dyn Fn(usize, TaskResult) -> bool) -> Result<bool, String> {
        let other = match &self.form {
            Form::Is(task, results) => return Ok(has(*task, *results, result_of)),
            Form::Plain(steps) => return Ok(holds(&mut steps.iter(), result_of)),
            Form::Broken(message) => return Err(self.complain(message)),
            Form::Other(other) => other,
        };
        // No function that looks at the world can be named: every word is a task.
        let world = World { now: jiff::Timestamp::UNIX_EPOCH, seed: 0 };
        let value = other
            .program
            .evaluate_in(&Environment::of_tasks(&other.by_identifier, result_of), &world, &other.source)
            .map_err(|message| self.complain(&message))?;
        value.as_bool().ok_or_else(|| self.complain(&not_a_bool(&value)))
    }

    fn complain(&self, message: &str) -> String {
        format!("unable to evaluate expression '{}': {message}", evaluated(&self.words.expanded))
    }
}

/// The expanded text as it is evaluated (EX-153).
fn evaluated(expanded: &str) -> String {
    expanded.replace('-', "_")
}

impl Form {
    fn of(by_identifier: Identifiers, source: String) -> Form {
        let program = match Program::parse(&source) {
            Ok(program) => program,
            Err(error) => return Form::Broken(error.message.into()),
        };
        let nothing = |_: usize, _: TaskResult| false;
        if let Err(message) = program.check_against(&Environment::of_tasks(&by_identifier, &nothing), &source)
        {
            return Form::Broken(message.into());
        }
        let mut steps = Vec::new();
        match (plain(program.root(), &by_identifier, &mut steps), &*steps) {
            (Some(()), [Step::Is(task, results)]) => Form::Is(*task, *results),
            (Some(()), _) => Form::Plain(steps.into()),
            (None, _) => Form::Other(Arc::new(Other { program, source, by_identifier })),
        }
    }
}

/// Appends the steps of logic that is plain; none if it is not.
fn plain(node: &Node, by_identifier: &Identifiers, steps: &mut Vec<Step>) -> Option<()> {
    match &node.kind {
        Kind::Member(member) => {
            let (Kind::Name(name), Kind::Text(result)) = (&member.node.kind, &member.property.kind) else {
                return None;
            };
            let task = *by_identifier.get(&**name)?;
            steps.push(Step::Is(task as u32, TaskResult::named(result)?.bit()));
        }
        Kind::Unary(UnaryOp::Not(_), operand) => {
            steps.push(Step::Not);
            plain(operand, by_identifier, steps)?;
        }
        Kind::Binary(op @ (BinaryOp::And | BinaryOp::Or), _, left, right) => {
            let at = steps.len();
            steps.push(if *op == BinaryOp::And { Step::Both } else { Step::Either });
            plain(left, by_identifier, steps)?;
            plain(right, by_identifier, steps)?;
            // Two results of one task are asked for at once.
            if let [Step::Either, Step::Is(one, first), Step::Is(other, second)] = steps[at..]
                && one == other
            {
                steps.truncate(at);
                steps.push(Step::Is(one, first | second));
            }
        }
        _ => return None,
    }
    Some(())
}

/// Whether a task has one of these results.
fn has(task: u32, results: Results, result_of: &dyn Fn(usize, TaskResult) -> bool) -> bool {
    let mut asked = TaskResult::ALL.into_iter().filter(|result| results & result.bit() != 0);
    asked.any(|result| result_of(task as usize, result))
}

/// The truth of the plain logic that comes next.
fn holds(steps: &mut std::slice::Iter<'_, Step>, result_of: &dyn Fn(usize, TaskResult) -> bool) -> bool {
    match steps.next().copied() {
        None => false,
        Some(Step::Is(task, results)) => has(task, results, result_of),
        Some(Step::Not) => !holds(steps, result_of),
        Some(Step::Both) => holds(steps, result_of) & holds(steps, result_of),
        Some(Step::Either) => holds(steps, result_of) | holds(steps, result_of),
    }
}

/// The results of one task as a value.
pub(crate) fn results(task: usize, result_of: &dyn Fn(usize, TaskResult) -> bool) -> Value {
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

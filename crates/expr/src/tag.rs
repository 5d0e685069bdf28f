//! Tags: texts with `{{names}}` and `{{=expressions}}` in them.
//!
//! Argo substitutes in the JSON form of a whole object (TP-001). We substitute leaf by leaf, and keep what
//! users can see of that detour: names are compared and quoted in their escaped form, inserted values must
//! survive Go's quoting, results that are not text are inserted as JSON.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::program::{self, Outcome, Program};
use crate::scope::{Bound, Scope};
use crate::{effort, go, go_json, limits};

/// What the outside world lends to an expression: the time and a seed for random functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    /// The time that `now()` answers.
    pub now: jiff::Timestamp,
    /// Where random functions begin.
    pub seed: u64,
}

/// How a pass treats names that are not bound (TP-007).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What cannot be resolved stays as it is.
    Lenient,
    /// Names below `steps` and `tasks` must be bound; others may stay.
    PrefixStrict,
    /// Every name must be bound.
    FullStrict,
}

/// Why a text could not be rendered. Displays as Argo's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagError {
    /// A name is not bound yet; a later pass may succeed (TP-061).
    Missing {
        /// Argo's message.
        message: String,
        /// The name that is missing.
        name: String,
    },
    /// The text will never render.
    Failed {
        /// Argo's message.
        message: String,
    },
}

impl TagError {
    /// Argo's message.
    pub fn message(&self) -> &str {
        match self {
            TagError::Missing { message, .. } | TagError::Failed { message } => message,
        }
    }

    fn failed(message: impl Into<String>) -> TagError {
        TagError::Failed { message: message.into() }
    }
}

impl fmt::Display for TagError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.message())
    }
}

impl std::error::Error for TagError {}

/// The result of a pass over a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The text after replacement.
    pub text: String,
    /// Whether `{{` is still, or again, in the text, so that another pass may change it (TP-006).
    pub has_tags: bool,
}

/// A text whose tags are parsed once. Cheap to clone and to render.
#[derive(Clone, Debug)]
pub struct Text(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    source: String,
    parts: Vec<Part>,
    form: Form,
    is_literal: bool,
}

/// What a text is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// One value of a document: Argo would see it escaped.
    Leaf,
    /// Taken for JSON as it stands: expressions are unescaped, what is inserted is escaped (CR-098).
    Raw,
}

#[derive(Debug)]
enum Part {
    Literal(Range<usize>),
    Simple(Simple),
    Expression(Box<Expression>),
}

/// `{{name}}`. All ranges lie in the source.
#[derive(Debug)]
struct Simple {
    /// The whole tag with its braces.
    whole: Range<usize>,
    /// The trimmed name (TP-004).
    name: Range<usize>,
    /// JSON would escape the name, and no scope binds the escaped spelling.
    is_escaped: bool,
    /// What follows the last `{{` inside the tag (TP-005).
    nested: Option<Range<usize>>,
}

/// `{{=expression}}`.
#[derive(Debug)]
struct Expression {
    whole: Range<usize>,
    /// The message is Argo's.
    program: Result<Program, String>,
}

/// An expression tag that does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSyntaxError {
    /// Where the tag begins in the text, in bytes.
    pub offset: usize,
    /// The parser's message with its place in the expression.
    pub message: String,
}

impl Text {
    /// Parses the tags of a text. Fails only when a `{{` has no `}}` after it (TP-002).
    pub fn parse(text: &str) -> Result<Text, TagError> {
        Text::parse_as(text, Form::Leaf)
    }

    /// Parses a text of which an open `{{` is no mistake: Argo closes it with the braces of the document around it,
    /// and then knows no such name (TP-002).
    pub fn parse_open(text: &str) -> Text {
        let mut parts = Vec::new();
        let rest = parse_closed(text, Form::Leaf, &mut parts);
        Text::of(text, parts, rest, Form::Leaf)
    }

    /// Parses a text that Argo substitutes without making JSON of it first: the `when` of a CronWorkflow.
    pub fn parse_raw(text: &str) -> Result<Text, TagError> {
        Text::parse_as(text, Form::Raw)
    }

    fn parse_as(text: &str, form: Form) -> Result<Text, TagError> {
        let mut parts = Vec::new();
        let rest = parse_closed(text, form, &mut parts);
        if let Some(open) = text[rest..].find("{{").map(|found| rest + found) {
            let (template, rest) = (go::json_string(text), go::json_string(&text[open + 2..]));
            return Err(TagError::failed(format!(
                "Cannot find end tag=\"}}}}\" in the template={} starting from {}",
                go::quote(&template[1..template.len() - 1]),
                go::quote(&rest[1..rest.len() - 1])
            )));
        }
        Ok(Text::of(text, parts, rest, form))
    }

    /// A text of these parts; from `rest` on it has no tags.
    fn of(text: &str, mut parts: Vec<Part>, rest: usize, form: Form) -> Text {
        if rest < text.len() {
            parts.push(Part::Literal(rest..text.len()));
        }
        let is_literal = parts.iter().all(|part| matches!(part, Part::Literal(_)));
        Text(Arc::new(Parsed { source: text.to_owned(), parts, form, is_literal }))
    }

    /// Whether there are no tags at all.
    pub fn is_literal(&self) -> bool {
        self.0.is_literal
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.0.source
    }

    /// If the whole text is exactly one simple tag, its trimmed name (TP-243).
    pub fn sole_tag(&self) -> Option<&str> {
        match self.0.parts.as_slice() {
            [Part::Simple(tag)] => Some(&self.0.source[tag.name.clone()]),
            _ => None,
        }
    }

    /// The names of the simple tags and the constant paths that expression tags look at; the functions they call are none.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.parts.iter().flat_map(|part| {
            let (simple, paths): (_, &[_]) = match part {
                Part::Literal(_) => (None, &[]),
                Part::Simple(tag) => (Some(&self.0.source[tag.name.clone()]), &[]),
                Part::Expression(tag) => (None, tag.program.as_ref().map_or(&[], |program| program.uses())),
            };
            let paths = paths.iter().map(|used| used.path.as_str());
            simple.into_iter().chain(paths.filter(|path| !program::is_of_library(path)))
        })
    }

    /// The expression tags that do not parse, for lint.
    pub fn syntax_errors(&self) -> Vec<TagSyntaxError> {
        self.0
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Expression(tag) => tag
                    .program
                    .as_ref()
                    .err()
                    .map(|error| TagSyntaxError { offset: tag.whole.start, message: error.to_string() }),
                Part::Literal(_) | Part::Simple(_) => None,
            })
            .collect()
    }

    /// The functions that its expression tags call and that there are not, for lint.
    pub fn unknown_functions(&self) -> Vec<String> {
        let programs = self.0.parts.iter().filter_map(|part| match part {
            Part::Expression(tag) => tag.program.as_ref().ok(),
            Part::Literal(_) | Part::Simple(_) => None,
        });
        programs.flat_map(Program::unknown_functions).collect()
    }

    /// The constant paths that its expression tags need: those that nothing stands in for, for lint.
    pub fn needed_paths(&self) -> Vec<String> {
        let programs = self.0.parts.iter().filter_map(|part| match part {
            Part::Expression(tag) => tag.program.as_ref().ok(),
            Part::Literal(_) | Part::Simple(_) => None,
        });
        programs.flat_map(Program::needed_paths).collect()
    }

    /// Replaces the tags of the text in one pass. Inserted values are not scanned again (TP-006).
    pub fn render(&self, scope: &dyn Scope, mode: Mode, world: &World) -> Result<Rendered, TagError> {
        let source = &self.0.source;
        if self.0.is_literal {
            return Ok(Rendered { text: source.clone(), has_tags: false });
        }
        let mut out =
            Output { text: String::with_capacity(source.len() + 32), form: self.0.form, is_json: true };
        for part in &self.0.parts {
            let before = out.text.len();
            match part {
                Part::Literal(range) => out.text.push_str(&source[range.clone()]),
                Part::Simple(tag) => tag.render(source, scope, mode, &mut out)?,
                Part::Expression(tag) => tag.render(source, scope, mode, world, &mut out)?,
            }
            effort::bytes((out.text.len() - before) as u64);
            if out.text.len() > limits::RENDERED_BYTES {
                return Err(TagError::failed(format!(
                    "the text is longer than {} bytes when its tags are replaced",
                    limits::RENDERED_BYTES
                )));
            }
        }
        if !out.is_json {
            return Err(TagError::failed(NOT_JSON));
        }
        let has_tags = out.text.contains("{{");
        Ok(Rendered { text: out.text, has_tags })
    }
}

/// The message of a pass whose result no longer parses (TP-020).
const NOT_JSON: &str = "cannot finish template replacement because the result was invalid JSON";

/// A text that is being rendered.
struct Output {
    text: String,
    form: Form,
    /// Whether everything inserted so far would survive Go's quoting.
    is_json: bool,
}

impl Output {
    /// Inserts a value that Go quotes on the way.
    fn quoted(&mut self, value: &str) {
        match self.form {
            Form::Leaf => {
                self.is_json &= go::survives_quoting(value);
                self.text.push_str(value);
            }
            Form::Raw => {
                let quoted = go::quote(value);
                self.text.push_str(&quoted[1..quoted.len() - 1]);
            }
        }
    }

    /// Inserts a text that went through JSON on the way.
    fn encoded(&mut self, value: &str) {
        match self.form {
            Form::Leaf => self.text.push_str(value),
            Form::Raw => go::push_json_escaped(&mut self.text, value),
        }
    }
}

/// Renders a text that is used once.
pub fn render(text: &str, scope: &dyn Scope, mode: Mode, world: &World) -> Result<String, TagError> {
    Ok(Text::parse(text)?.render(scope, mode, world)?.text)
}

/// Finds the tags of a text; where the last of them ends.
fn parse_closed(text: &str, form: Form, parts: &mut Vec<Part>) -> usize {
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|found| at + found)
        && let Some(length) = text[open + 2..].find("}}")
    {
        if open > at {
            parts.push(Part::Literal(at..open));
        }
        let end = open + 2 + length + 2;
        parts.push(parse_tag(text, open..end, form));
        at = end;
    }
    at
}

fn parse_tag(text: &str, whole: Range<usize>, form: Form) -> Part {
    let inner = whole.start + 2..whole.end - 2;
    let body = &text[inner.clone()];
    if let Some(expression) = body.strip_prefix('=') {
        let decoded = match form {
            Form::Leaf => Ok(Cow::Borrowed(expression)),
            Form::Raw => match go_json::parse(&format!("\"{expression}\"")) {
                Ok(value) => Ok(Cow::Owned(value.to_text())),
                Err(cause) => Err(format!("failed to unmarshall JSON expression: {cause}")),
            },
        };
        let program = decoded.and_then(|decoded| {
            let failed = |error| format!("failed to evaluate expression: {error}");
            Program::parse(&decoded).map_err(failed)
        });
        return Part::Expression(Box::new(Expression { whole, program }));
    }
    let is_trimmed = |character: char| match form {
        Form::Leaf => is_trimmed(character),
        Form::Raw => character.is_whitespace(),
    };
    let trimmed = body.trim_matches(is_trimmed);
    let start = inner.start + (body.len() - body.trim_start_matches(is_trimmed).len());
    let name = start..start + trimmed.len();
    let nested = body.rfind("{{").filter(|at| *at > 0).map(|at| inner.start + at + 2..inner.end);
    let is_escaped = form == Form::Leaf && !go::is_json_plain(trimmed);
    Part::Simple(Simple { whole, name, is_escaped, nested })
}

/// Blanks around a name are trimmed, except those that JSON escapes (TP-004).
fn is_trimmed(character: char) -> bool {
    character.is_whitespace()
        && !matches!(character, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

impl Simple {
    /// Appends the replacement.
    fn render(&self, source: &str, scope: &dyn Scope, mode: Mode, out: &mut Output) -> Result<(), TagError> {
        let name = &source[self.name.clone()];
        let bound = if self.is_escaped { None } else { scope.get(name) };
        match bound {
            Some(Bound::Text(value)) => {
                out.quoted(&value);
                return Ok(());
            }
            Some(Bound::Typed(_)) => {
                let tag = &source[self.whole.clone()];
                return Err(TagError::failed(format!("failed to resolve {tag} to string")));
            }
            Some(Bound::Absent) => {
                return Err(TagError::failed(format!(
                    "unable to substitute {}: output is an absent optional (skipped/omitted node with no \
                     default)",
                    &source[self.whole.clone()]
                )));
            }
            Some(Bound::Json(_)) | None => {}
        }
        if let Some(nested) = &self.nested {
            let inner = &source[nested.clone()];
            match look_up(scope, inner) {
                Some(Bound::Text(value)) => {
                    out.text.push_str(&source[self.whole.start..nested.start - 2]);
                    out.quoted(&value);
                    return Ok(());
                }
                Some(Bound::Absent) => {
                    return Err(TagError::failed(format!(
                        "unable to substitute nested tag {}: \"{inner}\" is an absent optional",
                        &source[self.whole.clone()]
                    )));
                }
                Some(Bound::Json(_) | Bound::Typed(_)) | None => {}
            }
        }
        if is_strict(name, mode) {
            let tag = go::json_string(&source[self.whole.clone()]);
            let message = format!("failed to resolve {}", &tag[1..tag.len() - 1]);
            return Err(TagError::Missing { message, name: name.to_owned() });
        }
        out.text.push_str(&source[self.whole.clone()]);
        Ok(())
    }
}

/// A name that JSON would escape is compared in its escaped form, which no scope binds.
fn look_up<'s>(scope: &'s dyn Scope, name: &str) -> Option<Bound<'s>> {
    if go::is_json_plain(name) { scope.get(name) } else { None }
}

/// Whether a simple tag must be resolved in this pass (TP-007, TP-008).
fn is_strict(name: &str, mode: Mode) -> bool {
    match mode {
        Mode::Lenient => false,
        Mode::FullStrict => true,
        Mode::PrefixStrict => is_node_path(name) && !name.contains(".outputs.artifacts."),
    }
}

/// Whether a path begins with `steps` or `tasks`.
pub(crate) fn is_node_path(path: &str) -> bool {
    let rest = path.strip_prefix("steps").or_else(|| path.strip_prefix("tasks"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Expression {
    fn render(
        &self,
        source: &str,
        scope: &dyn Scope,
        mode: Mode,
        world: &World,
        out: &mut Output,
    ) -> Result<(), TagError> {
        let body = &source[self.whole.start + 3..self.whole.end - 2];
        let outcome = match &self.program {
            Ok(program) => program.substitute(body, scope, mode, world),
            Err(message) => Outcome::Failed(message.clone()),
        };
        match outcome {
            Outcome::Text(text) => out.encoded(&text),
            Outcome::Json(text) => out.quoted(&text),
            Outcome::Missing(name) => {
                return Err(TagError::Missing {
                    message: format!("failed to evaluate expression: {name} is missing"),
                    name,
                });
            }
            Outcome::Failed(message) if !has_placeholder(scope) => {
                return Err(TagError::Failed { message });
            }
            Outcome::Unresolved | Outcome::Failed(_) => out.text.push_str(&source[self.whole.clone()]),
        }
        Ok(())
    }
}

/// Validation binds names to placeholders, among which no expression is judged (TP-321).
fn has_placeholder(scope: &dyn Scope) -> bool {
    let mut found = false;
    scope.visit("", &mut |_, value| {
        found |= matches!(value, Bound::Text(text) if text.starts_with("__argo__internal__placeholder-"));
    });
    found
}

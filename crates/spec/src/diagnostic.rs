//! What is wrong with a document: where, why, and what to do.

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::{Deserialize, Serialize};

use crate::source::Place;

/// How bad a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document cannot be run.
    Error,
    /// The document runs, but perhaps not as meant.
    Warning,
    /// Something to know.
    Notice,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
        })
    }
}

/// One mistake, with its place.
///
/// `path` is the field in the notation of [`crate::path_field`] and [`crate::path_index`]; empty for
/// the whole document. Lines and columns count from 1; a line of 0 means the place is not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name of the kind of mistake.
    pub code: String,
    /// The file.
    pub file: String,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// The field.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Diagnostic {
    /// Whether it keeps the document from being run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// A report for people: message, excerpt of `text` with carets, help. Ends without a newline.
    ///
    /// Without the text of the file it is the one line of `Display`, and the help.
    pub fn render(&self, text: Option<&str>, style: Style) -> String {
        let Some((excerpt, first_line)) = text.and_then(|text| self.excerpt(text)) else {
            let help = self.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
            return format!("{self}{help}");
        };
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Notice => Level::NOTE.with_name(Some("notice")),
        };
        let label = if self.path.is_empty() { String::new() } else { format!("`{}`", self.path) };
        let snippet = Snippet::source(excerpt.text.as_str())
            .line_start(first_line)
            .path(self.file.as_str())
            .annotation(AnnotationKind::Primary.span(excerpt.start..excerpt.end).label(label.as_str()));
        let title = level.primary_title(self.message.as_str()).id(self.code.as_str());
        let mut group = Group::with_title(title).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = match style {
            Style::Plain => Renderer::plain(),
            Style::Coloured => Renderer::styled(),
        };
        renderer.render(&[group])
    }

    /// The first line of the place and the marked bytes in it; long lines are cut around the mark.
    fn excerpt(&self, text: &str) -> Option<(Excerpt, usize)> {
        let number = self.place.line as usize;
        let line = text.lines().nth(number.checked_sub(1)?)?;
        let byte_of = |column: u32| {
            let before = column.saturating_sub(1) as usize;
            line.char_indices().nth(before).map_or(line.len(), |(at, _)| at)
        };
        let start = byte_of(self.place.column);
        let end =
            if self.place.end_line == self.place.line { byte_of(self.place.end_column) } else { line.len() };
        let from = floor(line, start.saturating_sub(EXCERPT_BYTES / 2));
        let to = floor(line, (start + EXCERPT_BYTES).min(line.len()));
        let (start, end) = (start - from, end.clamp(start, to.max(start)) - from);
        Some((Excerpt { text: printable(&line[from..to]), start, end }, number))
    }
}

impl fmt::Display for Diagnostic {
    /// One line: `file:line:column: error[code]: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.place.line > 0 {
            write!(f, ":{}:{}", self.place.line, self.place.column)?;
        }
        write!(f, ": {}[{}]: {}", self.severity, self.code, self.message)
    }
}

/// Whether a report is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text only.
    Plain,
    /// With the colour codes of terminals.
    Coloured,
}

/// Most bytes of a line that a report shows.
const EXCERPT_BYTES: usize = 240;

struct Excerpt {
    text: String,
    start: usize,
    end: usize,
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Control characters of a manifest must not reach a terminal. Keeps the length in bytes.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_control() && c != '\t' { '?' } else { c }).collect()
}

//! The text of a file and places in it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

/// A stretch of text as people count: lines and columns from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Line of its first character.
    pub line: u32,
    /// Column of its first character.
    pub column: u32,
    /// Line of the first character after it.
    pub end_line: u32,
    /// Column of the first character after it.
    pub end_column: u32,
}

/// A file's name and text, shared by all its documents.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub file: Arc<str>,
    pub text: Arc<str>,
    line_starts: Arc<[u32]>,
}

impl Source {
    pub(crate) fn new(file: &str, text: &str) -> Source {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1);
        Source {
            file: file.into(),
            text: text.into(),
            line_starts: std::iter::once(0).chain(breaks).collect::<Vec<_>>().into(),
        }
    }

    /// The text of a span; empty if it is not one.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        let (line, column) = self.position(span.start);
        let (end_line, end_column) = self.position(span.end.max(span.start));
        Place { line, column, end_line, end_column }
    }

    /// The span cut off at the end of its first line.
    pub(crate) fn first_line(&self, span: Span) -> Span {
        let length = self.slice(span).find(['\n', '\r']).unwrap_or((span.end - span.start) as usize);
        Span { start: span.start, end: span.start + length as u32 }
    }

    fn position(&self, offset: u32) -> (u32, u32) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts[line - 1];
        let before = self.text.get(start as usize..offset as usize).unwrap_or("");
        (line as u32, before.chars().count() as u32 + 1)
    }
}

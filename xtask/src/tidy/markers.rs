//! Unfinished work: a `TODO` names its issue, a `FIXME` is not merged, `todo!()` is not shipped.

use std::path::{Path, PathBuf};

use super::{Finding, Room};
use crate::lexer::{Kind, Token};
use crate::workspace::Workspace;

/// Macros that stand for code that nobody has written.
const HOLES: &[&str] = &["todo", "unimplemented"];

/// Breaches in Rust sources and in the comments of scripts and settings.
pub fn check(workspace: &Workspace, rooms: &[Room], tracked: &[PathBuf]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in rooms.iter().flat_map(|room| &room.files) {
        let place = |token: &Token| format!("{}:{}", workspace.shown(&file.path), token.line);
        for token in &file.tokens {
            if let Kind::Comment(text) = &token.kind
                && let Some(message) = complaint(text)
            {
                findings.push(Finding { law: "marker", place: place(token), message });
            }
        }
        for pair in file.production().windows(2) {
            if pair[1].is_sign('!') && HOLES.iter().any(|hole| pair[0].is_word(hole)) {
                let message = "unwritten code; finish it or refuse the case with a message".to_owned();
                findings.push(Finding { law: "marker", place: place(&pair[0]), message });
            }
        }
    }
    for path in tracked.iter().filter(|path| has_hash_comments(path)) {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            let comment = line.split_once('#').map(|(_, comment)| comment);
            if let Some(message) = comment.and_then(complaint) {
                let place = format!("{}:{number}", workspace.shown(path));
                findings.push(Finding { law: "marker", place, message });
            }
        }
    }
    findings
}

/// What is wrong with a comment. A word in backticks is spoken of, not meant.
fn complaint(comment: &str) -> Option<String> {
    let comment = &comment.split('`').step_by(2).collect::<Vec<_>>().join("");
    let words = || comment.split(|c: char| !c.is_alphanumeric());
    if words().any(|word| word == "FIXME") {
        return Some("FIXME means \"not before merge\"".to_owned());
    }
    let names_issue = comment.split('#').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    (words().any(|word| word == "TODO") && !names_issue)
        .then(|| "a TODO needs the number of its issue: `TODO(#12)`".to_owned())
}

fn has_hash_comments(path: &Path) -> bool {
    let named = path
        .extension()
        .is_some_and(|extension| ["sh", "toml", "yaml", "yml"].iter().any(|e| extension == *e));
    named || path.parent().is_some_and(|parent| parent.file_name().is_some_and(|name| name == ".ci"))
}

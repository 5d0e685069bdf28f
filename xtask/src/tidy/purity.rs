//! The pure rooms: no async, threads, clocks, chance, environment, files, sockets, and no walk over a
//! hash table, whose order differs from run to run (I7).

use std::collections::BTreeSet;

use super::{Finding, Room, directions::PURE};
use crate::lexer::{Kind, Token};
use crate::workspace::Workspace;

/// Paths that a pure room may not name, by their beginning.
const FORBIDDEN: &[(&str, &str)] = &[
    ("std::thread", "threads"),
    ("std::fs", "files"),
    ("std::env", "the environment"),
    ("std::net", "sockets"),
    ("std::process", "processes"),
    ("std::os", "the operating system"),
    ("std::io::stdin", "files"),
    ("std::io::stdout", "files"),
    ("std::io::stderr", "files"),
    ("std::time::Instant", "a clock"),
    ("std::time::SystemTime", "a clock"),
    ("std::time::*", "a clock"),
    ("std::sync::mpsc", "threads"),
    ("std::hash::RandomState", "chance"),
    ("std::collections::hash_map::RandomState", "chance"),
    ("tokio", "async"),
    ("rand", "chance"),
    ("getrandom", "chance"),
];

/// Functions that ask the machine for the time or for chance, by the end of their path.
const FORBIDDEN_ENDS: &[(&str, &str)] = &[
    ("Timestamp::now", "a clock"),
    ("Zoned::now", "a clock"),
    ("Instant::now", "a clock"),
    ("SystemTime::now", "a clock"),
    ("TimeZone::system", "the environment"),
    ("Uuid::new_v4", "chance"),
    ("Uuid::now_v7", "chance"),
    ("RandomState::new", "chance"),
];

const FORBIDDEN_MACROS: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

/// Methods that visit every entry of a table.
const WALKS: &[&str] = &[
    "iter",
    "iter_mut",
    "into_iter",
    "keys",
    "into_keys",
    "values",
    "values_mut",
    "into_values",
    "drain",
    "retain",
    "extract_if",
];

/// Breaches in the product code of the pure rooms.
pub fn check(workspace: &Workspace, rooms: &[Room]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for room in rooms.iter().filter(|room| PURE.contains(&room.package.name.as_str())) {
        let files: Vec<(String, Vec<Token>)> = room
            .files
            .iter()
            .filter(|file| !file.tests_only)
            .map(|file| (workspace.shown(&file.path), file.production()))
            .collect();
        // Fields are declared in one file and walked in another, so names are gathered per crate.
        let tables: BTreeSet<&str> = files.iter().flat_map(|(_, code)| hash_tables(code)).collect();
        for (path, code) in &files {
            let mut complain = |line: usize, message: String| {
                findings.push(Finding { law: "purity", place: format!("{path}:{line}"), message });
            };
            for (line, what) in impurities(code) {
                complain(line, format!("a pure crate may not use {what}"));
            }
            for (line, name) in walks(code, &tables) {
                complain(
                    line,
                    format!("`{name}` is a hash table: look up in it, never walk it (use a BTreeMap)"),
                );
            }
        }
    }
    findings
}

fn impurities(code: &[Token]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, path) in paths(code) {
        let path = path.strip_prefix("core::").map_or(path.clone(), |rest| format!("std::{rest}"));
        let begins = FORBIDDEN.iter().find(|(start, _)| {
            path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        });
        let ends = FORBIDDEN_ENDS.iter().find(|(end, _)| {
            path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
        });
        if let Some((_, what)) = begins.or(ends) {
            found.push((line, format!("{what}: `{path}`")));
        }
    }
    for (at, token) in code.iter().enumerate() {
        let Some(word) = token.word() else { continue };
        let next_is = |sign| code.get(at + 1).is_some_and(|next: &Token| next.is_sign(sign));
        if word == "async" || word == "await" {
            found.push((token.line, format!("async: `{word}`")));
        } else if FORBIDDEN_MACROS.contains(&word) && next_is('!') {
            found.push((token.line, format!("the terminal: `{word}!`")));
        }
    }
    found
}

/// Every path in the code, with `use` trees spelled out.
fn paths(code: &[Token]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < code.len() {
        if code[at].is_word("use") {
            let mut cursor = at + 1;
            use_tree(code, &mut cursor, "", &mut found);
            at = cursor.max(at + 1);
        } else if code[at].word().is_some() {
            let line = code[at].line;
            let mut path = code[at].word().unwrap_or_default().to_owned();
            while joined(code, at + 1) && code.get(at + 3).is_some_and(|token| token.word().is_some()) {
                at += 3;
                path.push_str("::");
                path.push_str(code[at].word().unwrap_or_default());
            }
            found.push((line, path));
            at += 1;
        } else {
            at += 1;
        }
    }
    found
}

fn use_tree(code: &[Token], at: &mut usize, prefix: &str, found: &mut Vec<(usize, String)>) {
    let mut path = prefix.to_owned();
    while let Some(token) = code.get(*at) {
        match &token.kind {
            Kind::Word(word) if word == "as" => *at += 2,
            Kind::Word(word) => {
                // `use std::fs::{self, File}` names `std::fs` itself.
                if word != "self" || path.is_empty() {
                    push_segment(&mut path, word);
                }
                *at += 1;
            }
            Kind::Sign('*') => {
                push_segment(&mut path, "*");
                *at += 1;
            }
            Kind::Sign(':') => *at += 1,
            Kind::Sign('{') => {
                *at += 1;
                loop {
                    use_tree(code, at, &path, found);
                    match code.get(*at).map(|token| &token.kind) {
                        Some(Kind::Sign(',')) => *at += 1,
                        Some(Kind::Sign('}')) => {
                            *at += 1;
                            return;
                        }
                        _ => return,
                    }
                }
            }
            _ => break,
        }
    }
    if path != prefix || prefix.contains("::") {
        let line = code.get(at.saturating_sub(1)).map_or(0, |token| token.line);
        found.push((line, path));
    }
}

fn push_segment(path: &mut String, segment: &str) {
    if !path.is_empty() {
        path.push_str("::");
    }
    path.push_str(segment);
}

fn joined(code: &[Token], at: usize) -> bool {
    code.get(at).is_some_and(|t| t.is_sign(':')) && code.get(at + 1).is_some_and(|t| t.is_sign(':'))
}

/// The names of fields, arguments and variables that are declared as hash tables.
fn hash_tables(code: &[Token]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for (at, token) in code.iter().enumerate() {
        let is_table =
            token.word().is_some_and(|word| word.ends_with("HashMap") || word.ends_with("HashSet"));
        if !is_table {
            continue;
        }
        // Walk back over `&'a mut std::collections::` to `name :` or `name =`.
        let mut back = at;
        while back > 0 {
            let before = &code[back - 1];
            let in_path = before.is_sign(':') && back > 1 && code[back - 2].is_sign(':');
            if in_path {
                back -= 3.min(back);
            } else if before.is_sign('&')
                || before.is_sign('\'')
                || before.is_word("mut")
                || before.is_word("a")
            {
                back -= 1;
            } else {
                break;
            }
        }
        let declares = back >= 2 && (code[back - 1].is_sign(':') || code[back - 1].is_sign('='));
        if declares && let Some(name) = code[back - 2].word() {
            names.insert(name);
        }
    }
    names
}

/// Places where one of `tables` is visited entry by entry.
fn walks<'a>(code: &'a [Token], tables: &BTreeSet<&str>) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    for (at, token) in code.iter().enumerate() {
        let Some(name) = token.word().filter(|word| tables.contains(word)) else { continue };
        let method = code.get(at + 1).filter(|sign| sign.is_sign('.')).and_then(|_| code.get(at + 2)?.word());
        let called = code.get(at + 3).is_some_and(|sign| sign.is_sign('('));
        let walked = called && method.is_some_and(|method| WALKS.contains(&method));
        if walked || loops_over(code, at) {
            found.push((token.line, name));
        }
    }
    found
}

/// Whether the word at `at` ends the head of a `for … in [&[mut]] [self.]name {`.
fn loops_over(code: &[Token], at: usize) -> bool {
    if !code.get(at + 1).is_some_and(|next| next.is_sign('{')) {
        return false;
    }
    let mut back = at;
    while back > 0 {
        let before = &code[back - 1];
        if before.is_word("in") {
            return true;
        }
        let passes =
            before.is_sign('.') || before.is_sign('&') || before.is_word("mut") || before.is_word("self");
        if !passes && before.word().is_none() {
            return false;
        }
        back -= 1;
    }
    false
}

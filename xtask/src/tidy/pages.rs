//! Pages about the code tell of what is there: the paths and names in them, their examples, and who may use whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

use super::directions::MAY_USE;
use super::{Finding, Room};
use crate::lexer::{Kind, Token};
use crate::workspace::Workspace;

/// The pages that name the code.
const PAGES: &[&str] = &[
    "ARCHITECTURE.md",
    "STYLE.md",
    "docs/concepts.md",
    "docs/internals/bad-input.md",
    "docs/internals/crashes.md",
    "docs/internals/tests.md",
];

/// The page with the table of crates, and how that begins.
const HOUSE: (&str, &str) = ("ARCHITECTURE.md", "| Crate |");

/// The fields that users write.
const FIELDS: &str = "crates/spec/src/schema.txt";

/// How the names of files end.
const ENDS: &[&str] = &[".rs", ".md", ".toml", ".sql", ".yaml", ".json", ".svelte", ".ts", ".story"];

/// Names, paths and examples that do not exist, and a table of crates that is not the law.
pub fn check(workspace: &Workspace, rooms: &[Room], tracked: &[PathBuf]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut known = None;
    for page in PAGES {
        let Ok(text) = std::fs::read_to_string(workspace.root.join(page)) else { continue };
        let known = known.get_or_insert_with(|| Known::of(workspace, rooms, tracked));
        let mut complain = |line: usize, message: String| {
            findings.push(Finding { law: "page", place: format!("{page}:{line}"), message });
        };
        for (line, span) in spans(&text) {
            if let Some(what) = known.lacks(span) {
                complain(
                    line,
                    format!("`{span}`: there is no {what}; say what is there, or leave the marks out"),
                );
            }
        }
        for (line, message) in untrue_examples(&text, &workspace.root) {
            complain(line, message);
        }
        if *page == HOUSE.0 {
            untrue_rows(&text).into_iter().for_each(|message| complain(line_of(&text, HOUSE.1), message));
        }
    }
    findings
}

/// What the sources and the tree hold.
struct Known {
    /// The paths of all files below the root, each behind a slash.
    paths: Vec<String>,
    /// The names of files and folders, with and without their ends.
    files: BTreeSet<String>,
    /// Every word of the code, and of what users write.
    words: BTreeSet<String>,
    /// What an item declares.
    items: BTreeSet<String>,
    functions: BTreeSet<String>,
    /// The variants of enums; those of one name together.
    variants: BTreeMap<String, BTreeSet<String>>,
    span: Regex,
}

impl Known {
    fn of(workspace: &Workspace, rooms: &[Room], tracked: &[PathBuf]) -> Known {
        let mut known = Known {
            paths: tracked.iter().map(|path| format!("/{}", workspace.shown(path))).collect(),
            files: MAY_USE.iter().map(|(room, _)| short(room).to_owned()).collect(),
            words: BTreeSet::new(),
            items: BTreeSet::new(),
            functions: BTreeSet::new(),
            variants: BTreeMap::new(),
            span: Regex::new(r"^[A-Za-z_]\w*(::[A-Za-z_]\w*)*(\(\))?$").expect("a valid pattern"),
        };
        for path in tracked {
            for name in path.strip_prefix(&workspace.root).unwrap_or(path).components() {
                let name = name.as_os_str().to_string_lossy();
                known.files.extend(name.split_once('.').map(|(stem, _)| stem.to_owned()));
                known.files.insert(name.into_owned());
            }
        }
        let fields = std::fs::read_to_string(workspace.root.join(FIELDS)).unwrap_or_default();
        let written = fields.split(|sign: char| !sign.is_ascii_alphanumeric());
        known.words.extend(written.map(str::to_owned));
        for file in rooms.iter().flat_map(|room| &room.files) {
            let code: Vec<&Token> =
                file.tokens.iter().filter(|token| !matches!(token.kind, Kind::Comment(_))).collect();
            known.read(&code);
        }
        known
    }

    fn read(&mut self, code: &[&Token]) {
        for (at, token) in code.iter().enumerate() {
            let Some(word) = token.word() else { continue };
            self.words.insert(word.to_owned());
            let Some(name) = code.get(at + 1).and_then(|next| next.word()) else { continue };
            match word {
                "fn" => drop(self.functions.insert(name.to_owned())),
                "struct" | "trait" | "type" | "const" | "static" | "mod" => {}
                "enum" => self.variants.entry(name.to_owned()).or_default().extend(variants(&code[at + 2..])),
                _ => continue,
            }
            self.items.insert(name.to_owned());
        }
    }

    /// What a marked text promises that is not there. None if it promises nothing, or keeps it.
    fn lacks(&self, span: &str) -> Option<&'static str> {
        let is_named = ENDS.iter().any(|end| span.ends_with(end));
        let is_path = span.contains('/') && !span.starts_with(['/', '.']);
        if span.contains([' ', '{', '<', '*', '…', ':']) && !self.span.is_match(span) {
            return None;
        }
        if is_path {
            let asked = format!("/{}", span.trim_end_matches('/'));
            let ends = |rest: &str| rest.is_empty() || rest.starts_with('/');
            let is_there = self
                .paths
                .iter()
                .any(|path| path.match_indices(&asked).any(|(at, found)| ends(&path[at + found.len()..])));
            return (!is_there).then_some("such file or folder");
        }
        if is_named {
            return (!self.files.contains(span)).then_some("such file");
        }
        if !self.span.is_match(span) {
            return None;
        }
        if let Some(path) = span.strip_suffix("()") {
            let name = path.rsplit("::").next().unwrap_or(path);
            return (!self.functions.contains(name)).then_some("such function");
        }
        let mut around: Option<&BTreeSet<String>> = None;
        for part in span.split("::") {
            if !self.has(part, around) {
                return Some("such name in the code");
            }
            around = self.variants.get(part);
        }
        None
    }

    /// Whether a part of a path is there: behind an enum one of its variants, or something that is its own.
    fn has(&self, part: &str, around: Option<&BTreeSet<String>>) -> bool {
        if !part.starts_with(|first: char| first.is_ascii_uppercase()) {
            return self.words.contains(part) || self.files.contains(part);
        }
        match around {
            Some(variants) if !part.contains('_') => variants.contains(part),
            _ => self.items.contains(part) || self.variants.values().any(|all| all.contains(part)),
        }
    }
}

/// The variants of an enum, from behind its name on.
fn variants(code: &[&Token]) -> Vec<String> {
    let Some(start) = code.iter().position(|token| token.is_sign('{')) else { return Vec::new() };
    let (mut found, mut depth, mut is_first) = (Vec::new(), 0usize, false);
    for token in &code[start..] {
        match &token.kind {
            Kind::Sign('{' | '(' | '[') => depth += 1,
            Kind::Sign('}' | ')' | ']') if depth == 1 => break,
            Kind::Sign('}' | ')' | ']') => {
                depth -= 1;
                // What is behind an attribute begins as if that were not there.
                is_first |= depth == 1 && token.is_sign(']');
                continue;
            }
            Kind::Word(name) if depth == 1 && is_first => found.push(name.clone()),
            _ => {}
        }
        is_first = depth == 1 && (token.is_sign('{') || token.is_sign(','));
    }
    found
}

/// The marked texts of a page outside its examples, with their lines.
fn spans(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.extend(line.split('`').skip(1).step_by(2).map(|span| (number, span)));
        }
    }
    found
}

/// Examples that begin with the name of a file, and are no part of it. What they leave out is not told; the order is.
fn untrue_examples(text: &str, root: &Path) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((_, line)) = lines.next() {
        if !line.starts_with("```") {
            continue;
        }
        let example: Vec<(usize, &str)> =
            lines.by_ref().take_while(|(_, line)| !line.starts_with("```")).collect();
        let Some((first, path)) = example.first().copied() else { continue };
        let marked = path.strip_prefix("// ").or(path.strip_prefix("# "));
        let is_named = |path: &&str| path.contains('/') && ENDS.iter().any(|end| path.ends_with(end));
        let Some(path) = marked.filter(is_named) else { continue };
        let Ok(source) = std::fs::read_to_string(root.join(path)) else {
            found.push((first, format!("`{path}` does not exist")));
            continue;
        };
        let mut source = source.lines().map(str::trim);
        let wrong = example[1..].iter().find(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && line != "…" && !source.any(|other| other == line)
        });
        found.extend(wrong.map(|(number, line)| {
            (*number, format!("`{}` is not in {path}, or not in this order", line.trim()))
        }));
    }
    found
}

/// How the table of crates differs from what each may use.
fn untrue_rows(text: &str) -> Vec<String> {
    let table =
        text.lines().skip_while(|line| !line.starts_with(HOUSE.1)).take_while(|line| line.starts_with('|'));
    let rows: BTreeMap<&str, BTreeSet<&str>> = table
        .skip(2)
        .filter_map(|line| {
            let mut columns = line.trim_matches('|').split('|');
            let name = columns.next()?.split('`').nth(1)?;
            Some((name, columns.next_back()?.split('`').skip(1).step_by(2).collect()))
        })
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let law: BTreeMap<&str, BTreeSet<&str>> = MAY_USE
        .iter()
        .map(|(room, used)| (short(room), used.iter().map(|used| short(used)).collect()))
        .collect();
    let names: BTreeSet<&str> = rows.keys().chain(law.keys()).copied().collect();
    let differing = names.into_iter().filter(|name| rows.get(name) != law.get(name));
    differing
        .map(|name| format!("the row of `{name}` is not what xtask/src/tidy/directions.rs permits"))
        .collect()
}

/// The name of a crate's folder.
fn short(package: &str) -> &str {
    package.strip_prefix("tiphys-").unwrap_or(package)
}

fn line_of(text: &str, start: &str) -> usize {
    text.lines().position(|line| line.starts_with(start)).map_or(1, |at| at + 1)
}

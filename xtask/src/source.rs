//! The source files of a crate, found as the compiler finds them: by following `mod`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::lexer::{Kind, Token, tokens};
use crate::workspace::Package;

/// One file that belongs to a crate.
pub struct SourceFile {
    pub path: PathBuf,
    /// Reached only through tests, benches, examples or `#[cfg(test)]`.
    pub tests_only: bool,
    pub tokens: Vec<Token>,
}

impl SourceFile {
    /// The tokens without comments and without items under `#[cfg(test)]` or `#[test]`.
    pub fn production(&self) -> Vec<Token> {
        let code: Vec<Token> =
            self.tokens.iter().filter(|token| !matches!(token.kind, Kind::Comment(_))).cloned().collect();
        let mut kept = Vec::with_capacity(code.len());
        let mut at = 0;
        while at < code.len() {
            match test_attribute(&code[at..]) {
                Some(length) => at += length + item_length(&code[at + length..]),
                None => {
                    kept.push(code[at].clone());
                    at += 1;
                }
            }
        }
        kept
    }
}

/// Every file of the package that the compiler reads, in the order of their paths.
pub fn files(package: &Package) -> Result<Vec<SourceFile>, String> {
    let mut found: BTreeMap<PathBuf, SourceFile> = BTreeMap::new();
    // Production roots first, so that a file reached both ways counts as production.
    let mut targets: Vec<_> = package.targets.iter().collect();
    targets.sort_by_key(|target| target.tests_only);
    for target in targets {
        let mut open = vec![(target.source.clone(), true, target.tests_only)];
        while let Some((path, is_root, tests_only)) = open.pop() {
            if found.get(&path).is_some_and(|known| tests_only || !known.tests_only) {
                continue;
            }
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            let file = SourceFile { tests_only, tokens: tokens(&text), path: path.clone() };
            for child in children(&file, is_root) {
                open.push((child.path, false, tests_only || child.tests_only));
            }
            found.insert(path, file);
        }
    }
    Ok(found.into_values().collect())
}

/// Rust files in the package's folders that nothing refers to.
pub fn dead(package: &Package, files: &[SourceFile]) -> Vec<PathBuf> {
    let alive: BTreeSet<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let mut dead = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        walk(&package.dir.join(folder), &mut |path| {
            if path.extension().is_some_and(|extension| extension == "rs") && !alive.contains(path) {
                dead.push(path.to_owned());
            }
        });
    }
    dead.sort();
    dead
}

/// Calls `visit` for every file below `folder`; a folder that does not exist is empty.
pub fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() {
            walk(&path, visit);
        } else {
            visit(&path);
        }
    }
}

struct Child {
    path: PathBuf,
    tests_only: bool,
}

/// The Rust files that `mod name;`, `include!("…")` and `include_str!("…")` in this file refer to.
fn children(file: &SourceFile, is_root: bool) -> Vec<Child> {
    let code: Vec<&Token> =
        file.tokens.iter().filter(|token| !matches!(token.kind, Kind::Comment(_))).collect();
    let folder = file.path.parent().unwrap_or(Path::new("")).to_owned();
    let stem = file.path.file_stem().unwrap_or_default();
    let is_index = is_root || stem == "mod";
    let mut base = if is_index { folder.clone() } else { folder.join(stem) };
    let (mut found, mut inline, mut depth) = (Vec::new(), Vec::new(), 0usize);
    for (at, token) in code.iter().enumerate() {
        match &token.kind {
            Kind::Sign('{') => depth += 1,
            Kind::Sign('}') => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    base.pop();
                }
            }
            Kind::Word(word) if word == "mod" => {
                let (Some(name), Some(sign)) = (code.get(at + 1).and_then(|t| t.word()), code.get(at + 2))
                else {
                    continue;
                };
                let attributes = attributes_before(&code, at);
                if sign.is_sign('{') {
                    inline.push(depth);
                    base.push(name);
                } else if sign.is_sign(';') {
                    found.push(Child {
                        path: module_path(&base, &folder, name, attributes),
                        tests_only: is_test_attribute(attributes),
                    });
                }
            }
            Kind::Word(word) if word == "include" || word == "include_str" => {
                if let Some(Kind::Text(path)) = code.get(at + 3).map(|token| &token.kind) {
                    let path = folder.join(path);
                    if path.extension().is_some_and(|extension| extension == "rs") {
                        found.push(Child { path, tests_only: false });
                    }
                }
            }
            _ => {}
        }
    }
    found.retain(|child| child.path.is_file());
    found
}

fn module_path(base: &Path, folder: &Path, name: &str, attributes: &[&Token]) -> PathBuf {
    let named = attributes.windows(3).find_map(|window| match (&window[0].kind, &window[2].kind) {
        (Kind::Word(word), Kind::Text(path)) if word == "path" => Some(folder.join(path)),
        _ => None,
    });
    let flat = base.join(format!("{name}.rs"));
    match named {
        Some(path) => path,
        None if flat.is_file() => flat,
        None => base.join(name).join("mod.rs"),
    }
}

/// The tokens between the end of the previous item and the keyword at `at`.
fn attributes_before<'a, 'b>(code: &'b [&'a Token], at: usize) -> &'b [&'a Token] {
    let start = code[..at]
        .iter()
        .rposition(|token| token.is_sign(';') || token.is_sign('{') || token.is_sign('}'))
        .map_or(0, |end| end + 1);
    &code[start..at]
}

fn is_test_attribute(attributes: &[&Token]) -> bool {
    attributes.iter().any(|token| token.is_word("cfg"))
        && attributes.iter().any(|token| token.is_word("test"))
}

/// The length of a leading `#[test]`, `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn test_attribute(code: &[Token]) -> Option<usize> {
    if !(code.first()?.is_sign('#') && code.get(1)?.is_sign('[')) {
        return None;
    }
    let end = 1 + closing(&code[1..], '[', ']')?;
    let inside = &code[2..end];
    let has = |word: &str| inside.iter().any(|token| token.is_word(word));
    let is_test = inside.len() == 1 && has("test") || has("cfg") && has("test") && !has("not");
    is_test.then_some(end + 1)
}

/// The length of the item that starts here, with any further attributes of it.
fn item_length(code: &[Token]) -> usize {
    let mut at = 0;
    while at < code.len() {
        match code[at].kind {
            Kind::Sign(';') => return at + 1,
            Kind::Sign('{') => {
                return at + closing(&code[at..], '{', '}').map_or(code.len() - at, |end| end + 1);
            }
            Kind::Sign('(') => at += closing(&code[at..], '(', ')').map_or(code.len() - at, |end| end + 1),
            Kind::Sign('[') => at += closing(&code[at..], '[', ']').map_or(code.len() - at, |end| end + 1),
            _ => at += 1,
        }
    }
    at
}

/// The index of the sign that closes the one at index 0.
fn closing(code: &[Token], open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    for (at, token) in code.iter().enumerate() {
        if token.is_sign(open) {
            depth += 1;
        } else if token.is_sign(close) {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

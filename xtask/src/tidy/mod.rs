//! `cargo xtask tidy`: the laws of `ARCHITECTURE.md` §3 that a program can check.
//!
//! Each law is one module with one function that returns findings. A finding names a place and says
//! what to do. Files that are merely long are reported and fail nothing.

mod directions;
mod leaks;
mod links;
mod markers;
mod pages;
mod purity;
mod unsafety;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::source::{self, SourceFile};
use crate::workspace::{Package, Workspace};

/// A file longer than this is mentioned, so that someone looks at it again.
const LINES_WORTH_A_LOOK: usize = 900;

/// A breach of a law.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The short name of the law.
    pub law: &'static str,
    /// `path` or `path:line`, relative to the root.
    pub place: String,
    pub message: String,
}

/// A package with the files that the compiler reads.
struct Room<'a> {
    package: &'a Package,
    files: Vec<SourceFile>,
}

/// Checks the workspace, prints what is wrong, and answers whether all is well.
pub fn run(workspace: &Workspace) -> Result<bool, String> {
    let findings = check(workspace)?;
    for finding in &findings {
        println!("{}: {}: {}", finding.place, finding.law, finding.message);
    }
    for (path, lines) in long_files(workspace) {
        println!("{}: note: {lines} lines; does it still tell one story?", workspace.shown(&path));
    }
    match findings.len() {
        0 => println!("tidy: nothing to complain about"),
        count => println!("tidy: {count} finding(s)"),
    }
    Ok(findings.is_empty())
}

/// Everything that breaks a law, in the order of the laws.
fn check(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let mut rooms = Vec::new();
    for package in &workspace.packages {
        rooms.push(Room { package, files: source::files(package)? });
    }
    let tracked = tracked_files(&workspace.root);
    let mut findings = directions::check(workspace);
    findings.extend(directions::unused(workspace, &rooms));
    findings.extend(purity::check(workspace, &rooms));
    findings.extend(unsafety::check(workspace, &rooms));
    findings.extend(markers::check(workspace, &rooms, &tracked));
    for room in &rooms {
        findings.extend(source::dead(room.package, &room.files).into_iter().map(|path| Finding {
            law: "dead-file",
            place: workspace.shown(&path),
            message: "no `mod` leads here; delete the file or declare it".to_owned(),
        }));
    }
    findings.extend(leaks::check(workspace, &tracked));
    findings.extend(links::check(workspace, &tracked));
    findings.extend(pages::check(workspace, &rooms, &tracked));
    Ok(findings)
}

/// The files that git tracks or would track; in a folder without git, all files outside `target`.
fn tracked_files(root: &Path) -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let mut files = Vec::new();
    match listed {
        Ok(output) if output.status.success() => {
            let names = String::from_utf8_lossy(&output.stdout);
            files.extend(names.split('\0').filter(|name| !name.is_empty()).map(|name| root.join(name)));
            files.retain(|path| path.is_file());
        }
        _ => source::walk(root, &mut |path| {
            if !path.starts_with(root.join("target")) && !path.starts_with(root.join(".git")) {
                files.push(path.to_owned());
            }
        }),
    }
    files.sort();
    files.dedup();
    files
}

fn long_files(workspace: &Workspace) -> Vec<(PathBuf, usize)> {
    let mut long = Vec::new();
    for path in tracked_files(&workspace.root) {
        if path.extension().is_some_and(|extension| extension == "rs")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let lines = text.lines().count();
            if lines > LINES_WORTH_A_LOOK {
                long.push((path, lines));
            }
        }
    }
    long
}

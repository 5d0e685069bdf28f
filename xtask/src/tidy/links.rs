//! Links between the project's pages lead somewhere, and the book lists every page of its own.

use std::path::{Path, PathBuf};

use regex::Regex;

use super::Finding;
use crate::workspace::Workspace;

/// Broken relative links in Markdown, and pages under `docs/` that `SUMMARY.md` forgot.
pub fn check(workspace: &Workspace, tracked: &[PathBuf]) -> Vec<Finding> {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a valid pattern");
    let mut findings = Vec::new();
    let mut listed = Vec::new();
    let docs = workspace.root.join("docs");
    let summary = docs.join("SUMMARY.md");
    for path in tracked.iter().filter(|path| is_page(path)) {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut fenced = false;
        for (number, line) in (1..).zip(text.lines()) {
            fenced ^= line.trim_start().starts_with("```");
            if fenced {
                continue;
            }
            for target in link.captures_iter(&without_code(line)).filter_map(|captures| captures.get(1)) {
                let target = target.as_str().split('#').next().unwrap_or_default();
                if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                if *path == summary {
                    listed.push(folder.join(target));
                }
                if !folder.join(target).exists() {
                    findings.push(Finding {
                        law: "link",
                        place: format!("{}:{number}", workspace.shown(path)),
                        message: format!("`{target}` does not exist"),
                    });
                }
            }
        }
    }
    if summary.is_file() {
        for page in
            tracked.iter().filter(|path| is_page(path) && path.starts_with(&docs) && **path != summary)
        {
            if !listed.contains(page) {
                findings.push(Finding {
                    law: "link",
                    place: workspace.shown(page),
                    message: "the book's SUMMARY.md does not list this page".to_owned(),
                });
            }
        }
    }
    findings
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// The line without its inline code spans, which may look like links.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("")
}

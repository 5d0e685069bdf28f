//! Nothing in the project may name a place of the machine that it was written on.
//!
//! What must not appear is learnt from the machine itself, so that the project need not spell it
//! out: the folders beside the checkout, home folders, the host's name, and any words that the author
//! keeps in `.git/info/private-words` (one a line, never published). Addresses of hosts are checked
//! against a list of public ones.

use std::path::{Path, PathBuf};

use regex::Regex;

use super::Finding;
use crate::workspace::Workspace;

/// Hosts that the project may refer to, with their subdomains. Names reserved for examples by
/// RFC 2606 and names without a dot, which only a private network resolves, need no entry.
const PUBLIC_HOSTS: &[&str] = &[
    "apache.org",
    "argo-workflows.readthedocs.io",
    "argoproj.github.io",
    "debian.org",
    "doc.rust-lang.org",
    "docs.rs",
    "expr-lang.org",
    "freedesktop.org",
    "github.com",
    "json-schema.org",
    "keepachangelog.com",
    "kernel.org",
    "kubernetes.io",
    "man7.org",
    "masterminds.github.io",
    "mit.edu",
    "no-color.org",
    "opencontainers.org",
    "pkg.go.dev",
    "rfc-editor.org",
    "rustup.rs",
    "semver.org",
    "sqlite.org",
    "w3.org",
    "yaml.org",
];

const RESERVED: &[&str] = &["example.com", "example.org", "example.net"];
const RESERVED_ENDS: &[&str] = &[".example", ".invalid", ".test", ".localhost", ".local"];

/// Folders of every machine in which a checkout may lie.
const SHARED_FOLDERS: &[&str] = &["/tmp", "/var/tmp", "/opt", "/srv", "/mnt", "/usr/src", "/root", "/home"];

/// Places of this machine that appear in tracked files, and addresses of unknown hosts.
pub fn check(workspace: &Workspace, tracked: &[PathBuf]) -> Vec<Finding> {
    let secrets = private_texts(&workspace.root);
    let home = Regex::new(r"/(?:home|Users)/[a-z][a-z0-9_-]*/|/root/\.").expect("a valid pattern");
    let address = Regex::new(r"https?://(?:[^\s/@]+@)?([A-Za-z0-9.-]+)").expect("a valid pattern");
    let mut findings = Vec::new();
    for path in tracked {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let name = path.file_name().unwrap_or_default();
        // Lock files are written by cargo and npm, the licence by Apache.
        if name == "Cargo.lock" || name == "package-lock.json" || name == "LICENSE" {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            let mut complain = |message: String| {
                let place = format!("{}:{number}", workspace.shown(path));
                findings.push(Finding { law: "leak", place, message });
            };
            if let Some(secret) = secrets.iter().find(|secret| contains_word(line, secret)) {
                complain(format!("names `{secret}`, which exists only on the author's machine"));
            }
            if let Some(found) = home.find(line).filter(|found| !is_placeholder(found.as_str())) {
                complain(format!("names a home folder: `{}`", found.as_str()));
            }
            for host in address.captures_iter(line).filter_map(|captures| captures.get(1)) {
                if !is_public(host.as_str()) {
                    complain(format!(
                        "names the host `{}`; is it public? then list it in tidy",
                        host.as_str()
                    ));
                }
            }
        }
    }
    findings
}

/// Homes that any reader takes for an example.
fn is_placeholder(home: &str) -> bool {
    ["/home/user/", "/home/me/", "/home/you/", "/home/other/", "/home/alice/", "/Users/me/"].contains(&home)
}

fn is_public(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_name = host.contains('.') && !host.chars().all(|c| c.is_ascii_digit() || c == '.');
    !is_name
        || PUBLIC_HOSTS
            .iter()
            .chain(RESERVED)
            .any(|known| host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
        || RESERVED_ENDS.iter().any(|end| host.ends_with(end))
}

/// What only this machine knows.
fn private_texts(root: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(parent) = root.parent().filter(|parent| parent.parent().is_some()) {
        texts.push(root.display().to_string());
        // In a folder that every machine has, the neighbours' names may be anybody's.
        let shared = SHARED_FOLDERS.iter().any(|folder| parent == Path::new(folder));
        let parent = if shared { root } else { parent };
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            texts.push(entry.path().display().to_string());
        }
    }
    // A short or common host name ("vm", "localhost") says nothing and appears everywhere.
    if let Ok(host) = std::fs::read_to_string("/etc/hostname") {
        let host = host.trim();
        if host.len() >= 6 && host != "localhost" && host != "debian" {
            texts.push(host.to_owned());
        }
    }
    if let Ok(words) = std::fs::read_to_string(root.join(".git/info/private-words")) {
        texts.extend(words.lines().map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned));
    }
    texts.sort();
    texts.dedup();
    texts
}

/// Whether `text` stands in `line` as a whole, not as a part of a longer name.
fn contains_word(line: &str, text: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    line.match_indices(text).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + text.len()..].chars().next();
        !before.is_some_and(|c| joins(c) || c == '.') && !after.is_some_and(joins)
    })
}

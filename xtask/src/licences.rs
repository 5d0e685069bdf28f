//! `cargo xtask licences`: every crate in the graph has a licence that `deny.toml` allows, comes from the
//! public registry, and is not banned.
//!
//! `cargo-deny` reads the same file and checks more; this needs no installation and no network.

use regex::Regex;
use serde_json::Value;

use crate::workspace::{Workspace, cargo_metadata};

const POLICY: &str = "deny.toml";
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What we build for; crates of other platforms need not be here to be looked at.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// What `deny.toml` says.
struct Policy {
    allowed: Vec<String>,
    banned: Vec<String>,
}

/// Prints each breach; `true` means that there is none.
pub fn run(workspace: &Workspace) -> Result<bool, String> {
    let text =
        std::fs::read_to_string(workspace.root.join(POLICY)).map_err(|error| format!("{POLICY}: {error}"))?;
    let policy = policy(&text)?;
    let metadata = cargo_metadata(&workspace.root, &["--locked", "--filter-platform", PLATFORM])?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
    let complaints: Vec<String> = packages.iter().filter_map(|package| complaint(package, &policy)).collect();
    for complaint in &complaints {
        println!("{complaint}");
    }
    println!("licences: {} packages, {} complaint(s)", packages.len(), complaints.len());
    Ok(complaints.is_empty())
}

fn policy(text: &str) -> Result<Policy, String> {
    let list = |key: &str| -> Result<&str, String> {
        let list = Regex::new(&format!(r"(?ms)^{key} = \[(.*?)^\]")).expect("a valid pattern");
        let body = list.captures(text).and_then(|captures| captures.get(1)).map(|body| body.as_str());
        body.ok_or(format!("{POLICY} has no list `{key}`"))
    };
    let quoted = Regex::new(r#""([^"]+)""#).expect("a valid pattern");
    let krate = Regex::new(r#"crate = "([^"]+)""#).expect("a valid pattern");
    let gather =
        |pattern: &Regex, body: &str| pattern.captures_iter(body).map(|found| found[1].to_owned()).collect();
    Ok(Policy { allowed: gather(&quoted, list("allow")?), banned: gather(&krate, list("deny")?) })
}

fn complaint(package: &Value, policy: &Policy) -> Option<String> {
    let name = package["name"].as_str().unwrap_or_default();
    let shown = format!("{name} {}", package["version"].as_str().unwrap_or_default());
    if policy.banned.iter().any(|banned| banned == name) {
        return Some(format!("{shown}: banned by {POLICY}"));
    }
    match package["source"].as_str() {
        // A crate of this workspace.
        None => return None,
        Some(REGISTRY) => {}
        Some(other) => return Some(format!("{shown}: comes from {other}, not from the public registry")),
    }
    let Some(licence) = package["license"].as_str() else {
        return Some(format!("{shown}: names no licence"));
    };
    (!allowed(licence, &policy.allowed)).then(|| format!("{shown}: licence {licence} is not allowed"))
}

/// Whether an SPDX expression can be satisfied with the allowed licences.
fn allowed(expression: &str, allowed: &[String]) -> bool {
    // The old slash means OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any_of(&words, &mut at, allowed) && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut satisfied = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        satisfied |= all_of(words, at, allowed);
    }
    satisfied
}

fn all_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut satisfied = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        satisfied &= one(words, at, allowed);
    }
    satisfied
}

fn one(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let satisfied = any_of(words, at, allowed);
        *at += 1;
        return satisfied;
    }
    let mut licence = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        licence = format!("{licence} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    allowed.contains(&licence)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Policy, allowed, complaint, policy};

    fn mit_and_apache() -> Vec<String> {
        ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into()
    }

    #[test]
    fn expressions_are_weighed() {
        let check = |expression| allowed(expression, &mit_and_apache());
        assert!(check("MIT OR GPL-3.0"));
        assert!(check("GPL-3.0/MIT"));
        assert!(check("(MIT OR GPL-3.0) AND Apache-2.0"));
        assert!(check("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
        assert!(!check("MIT AND GPL-3.0"));
        assert!(!check("GPL-3.0"));
        assert!(!check("(MIT"));
        assert!(!check(""));
    }

    #[test]
    fn bad_packages_are_named() {
        let policy = Policy { allowed: mit_and_apache(), banned: vec!["openssl-sys".to_owned()] };
        let package = |name: &str, source: &str, licence: &str| {
            complaint(
                &json!({ "name": name, "version": "1.0.0", "source": source, "license": licence }),
                &policy,
            )
        };
        assert_eq!(package("fine", super::REGISTRY, "MIT"), None);
        assert!(package("openssl-sys", super::REGISTRY, "MIT").is_some());
        assert!(package("forked", "git+https://example.org/x", "MIT").is_some());
        assert!(package("viral", super::REGISTRY, "GPL-3.0").is_some());
    }

    #[test]
    fn our_own_policy_can_be_read() {
        let policy = policy(include_str!("../../deny.toml")).expect("a readable policy");
        assert!(policy.allowed.iter().any(|licence| licence == "Apache-2.0"));
        assert!(policy.banned.iter().any(|name| name == "openssl-sys"));
    }
}

//! `cargo xtask rules`: which rules of the specification nothing in the project cites.
//!
//! The list of rules lives in `docs/reference/rules.txt`, one a line; `--update` makes it anew from the
//! pages in `docs/reference/argo`. A citation is the rule's id anywhere in a tracked
//! file of ours. Of the language itself a rule counts as shown only by a test, a story, an example, or a deviation.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use regex::Regex;

use crate::workspace::Workspace;

const LIST: &str = "docs/reference/rules.txt";

/// The pages that tell Argo's behaviour rule by rule.
const PAGES: &str = "docs/reference/argo";

/// Rules that nothing but a cluster can show, one a line with the reason; a run of rules with one reason
/// stands in one line.
const CLUSTER_ONLY: &str = "docs/reference/rules-cluster.txt";

/// Longest summary of a rule in the list.
const SUMMARY_CHARS_MAX: usize = 100;

/// Where a rule is cited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Citation {
    Source,
    Test,
}

/// A rule of the specification.
struct Rule {
    id: String,
    part: String,
    summary: String,
}

/// Lists uncited rules; with `--check` fails if there are any.
pub fn run(workspace: &Workspace, options: &[String]) -> Result<bool, String> {
    let mut check = false;
    for option in options {
        match option.as_str() {
            "--update" => update(workspace)?,
            "--check" => check = true,
            other => return Err(format!("unknown option `{other}`; options: --update, --check")),
        }
    }
    let rules = list(workspace)?;
    let cited = citations(workspace, &rules)?;
    let excused = excused(workspace);
    let mut parts: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut uncited = 0;
    for rule in &rules {
        let row = parts.entry(&rule.part).or_default();
        row[0] += 1;
        match cited.get(rule.id.as_str()) {
            Some(Citation::Test) => row[1] += 1,
            Some(Citation::Source) if !is_language(&rule.part) => row[2] += 1,
            Some(Citation::Source) if excused.contains(&rule.id) => row[3] += 1,
            Some(Citation::Source) => {
                println!("{}  {} (named in sources only)", rule.id, rule.summary);
                uncited += 1;
            }
            None if excused.contains(&rule.id) => row[3] += 1,
            None => {
                println!("{}  {}", rule.id, rule.summary);
                uncited += 1;
            }
        }
    }
    println!(
        "\n{:<28} {:>6} {:>9} {:>12} {:>8} {:>8}",
        "part", "rules", "in tests", "source only", "excused", "uncited"
    );
    for (part, [all, tests, sources, excused]) in parts {
        let rest = all - tests - sources - excused;
        println!("{part:<28} {all:>6} {tests:>9} {sources:>12} {excused:>8} {rest:>8}");
    }
    println!("\nonly a cluster can show {} of them, see {CLUSTER_ONLY}", excused.len());
    println!("rules: {uncited} uncited");
    Ok(!check || uncited == 0)
}

/// Whether a part tells the language itself, in which every rule has to be shown.
fn is_language(part: &str) -> bool {
    ["01", "02", "03", "04", "05", "06"].iter().any(|number| part.starts_with(number))
}

/// Reads the list of rules.
fn list(workspace: &Workspace) -> Result<Vec<Rule>, String> {
    let text =
        std::fs::read_to_string(workspace.root.join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    let rules = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.splitn(3, '\t').map(str::to_owned);
        Some(Rule { id: fields.next()?, part: fields.next()?, summary: fields.next()? })
    });
    Ok(rules.collect())
}

/// Makes the list anew from the tables of the specification.
fn update(workspace: &Workspace) -> Result<(), String> {
    let folder = workspace.root.join(PAGES);
    let mut text = String::from(
        "# The rules of the specification: id, part, beginning. Made by `cargo xtask rules --update`.\n",
    );
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    for file in files {
        let part = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let page = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        for rule in rules_of(&page) {
            text.push_str(&format!("{}\t{part}\t{}\n", rule.0, rule.1));
        }
    }
    std::fs::write(workspace.root.join(LIST), text).map_err(|error| format!("{LIST}: {error}"))
}

/// The rows of the page's tables that begin with an id.
fn rules_of(page: &str) -> Vec<(String, String)> {
    let row = Regex::new(r"^\|\s*\**([A-Z][A-Z0-9]{1,3}-\d{3}[a-z]?)\**\s*([^|]*)\|(.*)$")
        .expect("a valid pattern");
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for captures in page.lines().filter_map(|line| row.captures(line)) {
        let id = captures[1].to_owned();
        if seen.insert(id.clone()) {
            let text = format!("{} {}", captures[2].trim(), captures[3].trim_end_matches('|').trim());
            rules.push((id, beginning(text.trim())));
        }
    }
    rules
}

/// The first words, as many as fit.
fn beginning(text: &str) -> String {
    let mut short = String::new();
    for word in text.split_whitespace() {
        if short.chars().count() + word.chars().count() >= SUMMARY_CHARS_MAX {
            break;
        }
        short.push_str(if short.is_empty() { "" } else { " " });
        short.push_str(word);
    }
    short
}

/// The strongest citation of each rule.
fn citations<'a>(workspace: &Workspace, rules: &'a [Rule]) -> Result<BTreeMap<&'a str, Citation>, String> {
    let known: BTreeMap<&str, &str> = rules.iter().map(|rule| (rule.id.as_str(), rule.id.as_str())).collect();
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&workspace.root)
        .output()
        .map_err(|error| format!("cannot run git: {error}"))?;
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut cited = BTreeMap::new();
    for name in names.split('\0').filter(|name| counts(name)) {
        let Ok(text) = std::fs::read_to_string(workspace.root.join(name)) else { continue };
        for (part, citation) in parts(name, &text) {
            for id in ids(part).iter().filter_map(|id| known.get(id.as_str())) {
                let entry = cited.entry(*id).or_insert(citation);
                *entry = citation.max(*entry);
            }
        }
    }
    Ok(cited)
}

/// Whether a citation in this file says that we do what the rule says.
fn counts(name: &str) -> bool {
    let ours = ["crates/", "tests/", "examples/", "ui/"].iter().any(|folder| name.starts_with(folder));
    ours || name == "docs/deviations.md"
}

/// A file's text by what citations in it are worth: a source may end in its tests.
fn parts<'t>(name: &str, text: &'t str) -> Vec<(&'t str, Citation)> {
    let own = kind(name);
    match text.find("#[cfg(test)]\nmod tests {").filter(|_| own == Citation::Source) {
        Some(at) => vec![(&text[..at], own), (&text[at..], Citation::Test)],
        None => vec![(text, own)],
    }
}

fn kind(name: &str) -> Citation {
    let path = Path::new(name);
    // A deviation says that we do something else, and why.
    let is_test = name.contains("tests/")
        || name == "docs/deviations.md"
        || name.starts_with("examples/")
        || path.file_name().is_some_and(|file| file == "tests.rs")
        || path.extension().is_some_and(|extension| extension == "story");
    if is_test { Citation::Test } else { Citation::Source }
}

/// Every id in the text. A run of rules is cited as `EX-115..EX-120` or with `to`, neighbours as `EX-115/116`.
fn ids(text: &str) -> BTreeSet<String> {
    static CITED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
        r"\b([A-Z][A-Z0-9]{1,3})-(\d{3})([a-z]?)((?:(?:\.\.|–|`? to `?)(?:[A-Z][A-Z0-9]{1,3}-)?\d{3}\b)?)((?:[/,] ?\d{3}\b)*)",
        )
        .expect("a valid pattern")
    });
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d{3}").expect("a valid pattern"));
    let mut found = BTreeSet::new();
    for captures in CITED.captures_iter(text) {
        let prefix = &captures[1];
        let first: u32 = captures[2].parse().unwrap_or(0);
        found.insert(format!("{prefix}-{first:03}{}", &captures[3]));
        if let Some(last) = NUMBER.find(&captures[4]).and_then(|last| last.as_str().parse().ok()) {
            found.extend((first..=last).map(|number| format!("{prefix}-{number:03}")));
        }
        found.extend(NUMBER.find_iter(&captures[5]).map(|other| format!("{prefix}-{}", other.as_str())));
    }
    found
}

fn excused(workspace: &Workspace) -> BTreeSet<String> {
    let listed = cluster_only(workspace);
    listed.into_iter().map(|(id, _)| id).collect()
}

/// The rules that only a cluster can show, each with the reason.
pub fn cluster_only(workspace: &Workspace) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(workspace.root.join(CLUSTER_ONLY)).unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .flat_map(|(run, reason)| ids(run).into_iter().map(move |id| (id, reason.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Citation, ids, kind, parts, rules_of};

    #[test]
    fn ids_are_found_alone_in_runs_and_as_neighbours() {
        let found: Vec<String> =
            ids("EX-001 (TP-010..TP-012), EX-115/116, OB-020–021, `VA-001` to `VA-002`, K8S-160; not X-1 or EX-12")
                .into_iter()
                .collect();
        let expected =
            ["EX-001", "EX-115", "EX-116", "K8S-160", "OB-020", "OB-021", "TP-010", "TP-011", "TP-012"];
        assert_eq!(found, [&expected[..], &["VA-001", "VA-002"]].concat());
    }

    #[test]
    fn rows_of_tables_are_rules() {
        let page = "| ID | Rule |\n|---|---|\n| EX-001 | One | two |\n| EX-035 Node type | Created for |\ntext EX-002\n";
        let rules = rules_of(page);
        assert_eq!(rules[0], ("EX-001".to_owned(), "One | two".to_owned()));
        assert_eq!(rules[1].0, "EX-035");
        assert_eq!(rules.len(), 2);
    }

    #[test]
    fn tests_weigh_more_than_sources() {
        assert_eq!(kind("crates/engine/src/gate/tests.rs"), Citation::Test);
        assert_eq!(kind("crates/engine/tests/stories/a.story"), Citation::Test);
        assert_eq!(kind("crates/engine/src/gate.rs"), Citation::Source);
        assert!(Citation::Test > Citation::Source);
        let text = "// EX-001\n#[cfg(test)]\nmod tests {\n// EX-002\n}";
        let found = parts("crates/engine/src/gate.rs", text);
        assert_eq!((found[0].1, found[1].1), (Citation::Source, Citation::Test));
        assert!(found[0].0.contains("EX-001") && found[1].0.contains("EX-002"));
    }
}

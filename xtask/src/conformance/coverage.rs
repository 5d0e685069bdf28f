//! Which path of the interface and which verb of the command line is shown by which recordings and tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use super::{Area, Bench, Verdict};
use crate::workspace::Workspace;

/// Where the table of routes is.
const ROUTES: &str = "crates/server/src/route.rs";

/// Folders with tests that call the server or the program.
const TESTS: [&str; 4] = ["crates/server/src", "crates/server/tests", "crates/cli/src", "crates/cli/tests"];

/// Paths that the server answers beside its table of routes.
const BESIDE: [(&str, &str); 12] = [
    ("GET", "/artifacts/{namespace}/{name}/{node}/{artifact}"),
    ("GET", "/input-artifacts/{namespace}/{name}/{node}/{artifact}"),
    ("GET", "/artifacts-by-uid/{uid}/{node}/{artifact}"),
    ("GET", "/input-artifacts-by-uid/{uid}/{node}/{artifact}"),
    ("GET", "/artifact-files/{namespace}/workflows/{name}/{node}/outputs/{artifact}"),
    ("GET", "/artifact-files/{namespace}/archived-workflows/{uid}/{node}/outputs/{artifact}"),
    ("POST", "/upload-artifacts/{namespace}/{template}/{artifact}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/login"),
    ("GET", "/oauth2/redirect"),
];

/// A test with everything that it writes out.
struct Test {
    name: String,
    body: String,
}

/// Both tables.
pub fn page(workspace: &Workspace, bench: &Bench, areas: &[Area]) -> Result<String, String> {
    let mut tests = Vec::new();
    for folder in TESTS {
        collect(&workspace.root.join(folder), &mut tests)?;
    }
    let mut page = String::from(
        "\n## Paths of the interface\n\nEvery route of the server, with the recorded exchanges that agree and the tests \
         that call it. The rights of every\nroute are walked by `guard::every_route_is_in_the_table_of_rights`.\n\n\
         | method | path | recorded | tests |\n|---|---|---:|---|\n",
    );
    let verdicts = verdicts(areas, "rest");
    let exchanges = exchanges(bench)?;
    let mut unshown = Vec::new();
    for (method, path) in routes(workspace)? {
        let shape = shape(&path, "[^/?\"]*", "$");
        let recorded = exchanges.iter().filter(|(_, called, at)| *called == method && shape.is_match(at));
        let recorded = share(recorded.map(|(id, ..)| id.as_str()), &verdicts);
        let literal = self::shape(&path, "[^/?\"\\s]*", "(?:[?\"\\s]|$)");
        let begin = &path[..path.find('{').unwrap_or(path.len())];
        let shown = named(&tests, |body| quoted_paths(body, begin).any(|found| literal.is_match(found)));
        row(&mut page, &format!("| {method} | `{path}` | {recorded} | {shown} |"));
        unshown.extend((recorded.is_empty() && shown.is_empty()).then(|| format!("{method} {path}")));
    }
    page.push_str(
        "\n## Verbs of the command line\n\nEvery verb of `tiphys`, with the recorded runs of Argo's command line that agree and \
         the tests that run it.\n\n| verb | recorded | tests |\n|---|---:|---|\n",
    );
    let verdicts = self::verdicts(areas, "cli-runs");
    let runs = recorded_runs(bench)?;
    for verb in verbs(&bench.binary)? {
        let words: Vec<&str> = verb.split(' ').collect();
        let recorded = runs.iter().filter(|(_, arguments)| starts_with(arguments, &words));
        let recorded = share(recorded.map(|(id, _)| id.as_str()), &verdicts);
        let quoted: Vec<String> = words.iter().map(|word| format!("\"{}\"", regex::escape(word))).collect();
        let called = format!(r"\[{}[,\]]|tiphys {}\b", quoted.join(r",\s*"), regex::escape(&verb));
        let called = Regex::new(&called).map_err(|error| error.to_string())?;
        let shown = named(&tests, |body| called.is_match(body));
        row(&mut page, &format!("| `tiphys {verb}` | {recorded} | {shown} |"));
        unshown.extend((recorded.is_empty() && shown.is_empty()).then(|| format!("tiphys {verb}")));
    }
    if !unshown.is_empty() {
        row(&mut page, &format!("\nNo recording and no test shows {}.", unshown.join(", ")));
    }
    Ok(page)
}

fn row(page: &mut String, line: &str) {
    writeln!(page, "{line}").expect("writing to a string cannot fail");
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Methods and paths, in the order of the server's own table, then those beside it.
fn routes(workspace: &Workspace) -> Result<Vec<(String, String)>, String> {
    let text = read(&workspace.root.join(ROUTES))?;
    let line = Regex::new(r#"(unary|making|raw|follow|stream)\(\s*(?:Method::(\w+),\s*)?"([^"]+)""#)
        .map_err(|error| error.to_string())?;
    let found = line.captures_iter(&text).map(|captures| {
        let usual = if &captures[1] == "making" { "POST" } else { "GET" };
        let method = captures.get(2).map_or(usual, |method| method.as_str());
        (method.to_owned(), captures[3].to_owned())
    });
    let beside = BESIDE.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
    Ok(found.chain(beside).collect())
}

/// A path as a pattern: what stands in braces may be anything.
fn shape(path: &str, any: &str, end: &str) -> Regex {
    let parts: Vec<String> = path
        .split('/')
        .map(|part| if part.starts_with('{') { any.to_owned() } else { regex::escape(part) })
        .collect();
    Regex::new(&format!("^{}{end}", parts.join("/"))).expect("a path makes a valid pattern")
}

/// Whatever a text writes out that begins like a path.
fn quoted_paths<'a>(body: &'a str, begin: &'a str) -> impl Iterator<Item = &'a str> {
    body.match_indices(begin).map(|(at, _)| {
        let rest = &body[at..];
        rest.find(['"', '`', '\n']).map_or(rest, |end| &rest[..=end])
    })
}

/// What came of each case of an area.
fn verdicts<'a>(areas: &'a [Area], name: &str) -> BTreeMap<&'a str, &'a Verdict> {
    let area = areas.iter().find(|area| area.name == name);
    area.into_iter().flat_map(|area| &area.cases).map(|case| (case.id.as_str(), &case.verdict)).collect()
}

/// `agreeing of asked`, or nothing.
fn share<'a>(ids: impl Iterator<Item = &'a str>, verdicts: &BTreeMap<&str, &Verdict>) -> String {
    let (mut agree, mut asked) = (0, 0);
    for verdict in ids.filter_map(|id| verdicts.get(id)) {
        match verdict {
            Verdict::Agrees => (agree, asked) = (agree + 1, asked + 1),
            Verdict::Differs(_) => asked += 1,
            Verdict::Deviates(_) | Verdict::Skipped(_) => {}
        }
    }
    if asked == 0 { String::new() } else { format!("{agree} of {asked}") }
}

/// Names of the tests whose body is as wanted.
fn named(tests: &[Test], wanted: impl Fn(&str) -> bool) -> String {
    let names: BTreeSet<String> =
        tests.iter().filter(|test| wanted(&test.body)).map(|test| format!("`{}`", test.name)).collect();
    let shown: Vec<String> = names.iter().take(3).cloned().collect();
    match names.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Tests of all files below a folder.
fn collect(folder: &Path, tests: &mut Vec<Test>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, tests)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            of_file(&path, &read(&path)?, tests);
        }
    }
    Ok(())
}

/// The tests of one file: from each function marked as one to the next function at the left edge.
fn of_file(path: &Path, text: &str, tests: &mut Vec<Test>) {
    let stem = |path: &Path| path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
    let own = stem(path);
    let is_part = matches!(own.as_str(), "tests" | "mod");
    let home = if is_part { path.parent().map(stem).unwrap_or_default() } else { own };
    let is_support = path.components().any(|part| part.as_os_str() == "support");
    let mut is_marked = false;
    let mut open: Option<Test> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        is_marked |= trimmed.starts_with("#[test]");
        let begins = trimmed.strip_prefix("pub ").unwrap_or(trimmed).strip_prefix("fn ");
        if let Some(rest) = begins
            && (is_marked || is_support || open.is_none() || !line.starts_with(' '))
        {
            tests.extend(open.take());
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            if is_marked || is_support {
                open = Some(Test { name: format!("{home}::{name}"), body: String::new() });
            }
            is_marked = false;
        }
        if let Some(test) = &mut open {
            test.body.push_str(line);
            test.body.push('\n');
        }
    }
    tests.extend(open);
}

/// Recorded exchanges: name, method, path.
fn exchanges(bench: &Bench) -> Result<Vec<(String, String, String)>, String> {
    let records = records(&bench.corpus.join("rest/records.json"))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = records.iter().map(|record| {
        let path = text(&record["request"]["path"]);
        let path = path.split('?').next().unwrap_or_default().to_owned();
        (text(&record["id"]), text(&record["request"]["method"]), path)
    });
    Ok(told.collect())
}

/// Recorded runs of the command line: name, arguments.
fn recorded_runs(bench: &Bench) -> Result<Vec<(String, Vec<String>)>, String> {
    let records = records(&bench.corpus.join("cli/records.json"))?;
    let told = records.iter().map(|record| {
        let arguments = record["args"].as_array().into_iter().flatten();
        let arguments = arguments.filter_map(Value::as_str).map(str::to_owned).collect();
        (record["id"].as_str().unwrap_or_default().to_owned(), arguments)
    });
    Ok(told.collect())
}

fn records(path: &Path) -> Result<Vec<Value>, String> {
    let recorded: Value =
        serde_json::from_str(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(recorded["records"].as_array().cloned().unwrap_or_default())
}

fn starts_with(arguments: &[String], words: &[&str]) -> bool {
    arguments.len() >= words.len() && arguments.iter().zip(words).all(|(given, word)| given == word)
}

/// All verbs of the program, with those below them.
fn verbs(binary: &Path) -> Result<Vec<String>, String> {
    let mut verbs = Vec::new();
    for verb in commands(binary, &[])? {
        let below = commands(binary, &[&verb])?;
        if below.is_empty() {
            verbs.push(verb);
        } else {
            verbs.extend(below.iter().map(|word| format!("{verb} {word}")));
        }
    }
    Ok(verbs)
}

/// The commands that a help lists.
fn commands(binary: &Path, words: &[&str]) -> Result<Vec<String>, String> {
    let output = Command::new(binary)
        .args(words)
        .arg("--help")
        .output()
        .map_err(|error| format!("{}: {error}", binary.display()))?;
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    let listed = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let listed = listed.take_while(|line| line.starts_with(' '));
    // What is told of a command goes on further to the right.
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    Ok(names.filter(|name| *name != "help").map(str::to_owned).collect())
}

//! Lint verdicts: each recorded manifest through `tiphys lint -o json`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::options::Options;
use super::program::{Cell, Outcome, side_by_side};
use super::{Area, Bench, Case, Verdict, measured, tables};

const DEADLINE: Duration = Duration::from_secs(20);

/// The area, if the options name it.
pub fn run(bench: &Bench, options: &Options) -> Vec<Area> {
    if !options.has("validation") {
        return Vec::new();
    }
    vec![measured("validation", || cases(bench))]
}

fn cases(bench: &Bench) -> Result<Vec<Case>, String> {
    let table = tables::read(&bench.corpus.join("oracle/validation.json"))?;
    let recorded = table["cases"].as_array().ok_or("the table has no cases")?;
    let wanted: Vec<&Value> =
        recorded.iter().filter(|case| bench.wants(case["id"].as_str().unwrap_or_default())).collect();
    let judged = side_by_side(bench.jobs, &wanted, |case| {
        let id = case["id"].as_str().unwrap_or_default().to_owned();
        let verdict = match case["unstable"] == true {
            true => Verdict::Skipped("Argo itself answers differently each time".to_owned()),
            false => judge(bench, case).unwrap_or_else(Verdict::Differs),
        };
        Case { id, verdict }
    });
    Ok(judged)
}

fn judge(bench: &Bench, case: &Value) -> Result<Verdict, String> {
    let cell = Cell::new(&bench.scratch)?;
    let file = manifest(bench, &cell, case)?;
    let mut explained = Vec::new();
    for (mode, options) in [("strict", &["--strict=true"]), ("not strict", &["--strict=false"])] {
        let expected = match case.get("not_strict").filter(|_| mode == "not strict") {
            Some(other) => other,
            None if mode == "strict" => case,
            // Only cases where leniency changes the verdict are worth a second call.
            None => continue,
        };
        let outcome = cell.call(&bench.binary, arguments(options, &file), DEADLINE)?;
        match difference(bench, expected, &outcome) {
            Verdict::Agrees => {}
            Verdict::Deviates(code) => explained.push(code),
            Verdict::Differs(what) => return Ok(Verdict::Differs(format!("{mode}: {what}"))),
            Verdict::Skipped(reason) => return Ok(Verdict::Skipped(reason)),
        }
    }
    Ok(match explained.is_empty() {
        true => Verdict::Agrees,
        false => Verdict::Deviates(explained.join("; ")),
    })
}

fn arguments(options: &[&str; 1], file: &std::path::Path) -> Vec<std::ffi::OsString> {
    ["lint", "-o", "json", options[0]].iter().map(Into::into).chain([file.as_os_str().to_owned()]).collect()
}

/// The manifest of the case as a file called `m.yaml`, as Argo saw it.
fn manifest(bench: &Bench, cell: &Cell, case: &Value) -> Result<PathBuf, String> {
    let text = match case["manifest"].as_str() {
        Some(text) => text.to_owned(),
        None => {
            let base = bench.corpus.join(case["base"].as_str().unwrap_or_default());
            std::fs::read_to_string(&base).map_err(|error| format!("{}: {error}", base.display()))?
        }
    };
    let file = cell.folder.join("m.yaml");
    std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file)
}

/// Compares the verdicts; a difference that a deviation row explains is told apart.
fn difference(bench: &Bench, expected: &Value, outcome: &Outcome) -> Verdict {
    let found = diagnostics(&outcome.stdout);
    let known = |found: &&Found| bench.deviations.contains(&found.code);
    match (expected["verdict"] == "valid", outcome.code) {
        (true, Some(0)) | (false, Some(1)) => Verdict::Agrees,
        (true, Some(1)) => {
            let errors: Vec<&Found> = found.iter().filter(|found| found.is_error).collect();
            match errors.first() {
                Some(first) if errors.iter().all(known) => Verdict::Deviates(first.to_string()),
                Some(first) => Verdict::Differs(format!("valid for Argo, refused here: {first}")),
                None => Verdict::Differs(format!("valid for Argo, refused here: {}", outcome.complaint())),
            }
        }
        (false, Some(0)) => match found.iter().find(known) {
            Some(notice) => Verdict::Deviates(notice.to_string()),
            None => {
                let verdict = expected["verdict"].as_str().unwrap_or("refused");
                let message = expected["messages"][0].as_str().unwrap_or("no message");
                Verdict::Differs(format!("{verdict} for Argo, valid here: {message}"))
            }
        },
        (_, code) => Verdict::Differs(format!("lint ended with {code:?}: {}", outcome.complaint())),
    }
}

/// A diagnostic that lint printed.
struct Found {
    is_error: bool,
    code: String,
    message: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code, self.message)
    }
}

fn diagnostics(stdout: &str) -> Vec<Found> {
    let list: Vec<Value> = serde_json::from_str(stdout).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.iter()
        .map(|diagnostic| Found {
            is_error: diagnostic["severity"] == "error",
            code: text(&diagnostic["code"]),
            message: text(&diagnostic["message"]),
        })
        .collect()
}

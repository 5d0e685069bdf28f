//! The manifests of Argo's documentation: what a reader copies has to be accepted.

use std::ffi::OsString;
use std::time::Duration;

use serde_json::Value;

use super::options::Options;
use super::program::{Cell, side_by_side};
use super::{Area, Bench, Case, Verdict, measured, tables};

const DEADLINE: Duration = Duration::from_secs(20);

/// The kinds that `lint` judges.
const KINDS: [&str; 5] =
    ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow", "WorkflowEventBinding"];

/// The area, if the options name it.
pub fn run(bench: &Bench, options: &Options) -> Vec<Area> {
    if !options.has("documented") {
        return Vec::new();
    }
    vec![measured("documented", || cases(bench))]
}

fn cases(bench: &Bench) -> Result<Vec<Case>, String> {
    let index = tables::read(&bench.corpus.join("docs/index.json"))?;
    let entries = index["manifests"].as_array().ok_or("the index has no manifests")?;
    let wanted: Vec<&Value> = entries
        .iter()
        .filter(|entry| is_of(entry, &KINDS) && bench.wants(entry["path"].as_str().unwrap_or_default()))
        .collect();
    let judged = side_by_side(bench.jobs, &wanted, |entry| {
        let id = entry["path"].as_str().unwrap_or_default().to_owned();
        if entry["completeness"] != "complete" {
            return Case { id, verdict: Verdict::Skipped("a fragment".to_owned()) };
        }
        let verdict = match providers(bench, entries, entry) {
            Ok(with) => judge(bench, &id, &with).unwrap_or_else(Verdict::Differs),
            Err(missing) => Verdict::Skipped(format!("`{missing}` is nowhere in the documentation")),
        };
        Case { id, verdict }
    });
    Ok(judged)
}

fn is_of(entry: &Value, kinds: &[&str]) -> bool {
    let mut own = entry["kinds"].as_array().into_iter().flatten().filter_map(Value::as_str);
    own.any(|kind| kinds.contains(&kind))
}

/// The files with the templates that an entry refers to; or the name of one that none has.
fn providers<'i>(bench: &Bench, entries: &'i [Value], entry: &'i Value) -> Result<Vec<&'i str>, &'i str> {
    let mut found = Vec::new();
    for needed in entry["depends_on"].as_array().into_iter().flatten() {
        let kind = needed["kind"].as_str().unwrap_or_default();
        if !KINDS.contains(&kind) {
            continue;
        }
        let name = needed["name"].as_str().unwrap_or_default();
        let named = format!("\n  name: {name}\n");
        let provider = entries.iter().filter(|other| is_of(other, &[kind])).find_map(|other| {
            let path = other["path"].as_str()?;
            let text = std::fs::read_to_string(bench.corpus.join(path)).ok()?;
            text.contains(&named).then_some(path)
        });
        found.push(provider.ok_or(name)?);
    }
    Ok(found)
}

fn judge(bench: &Bench, path: &str, with: &[&str]) -> Result<Verdict, String> {
    let cell = Cell::new(&bench.scratch)?;
    let mut arguments: Vec<OsString> = vec!["lint".into(), bench.corpus.join(path).into_os_string()];
    for other in with {
        arguments.extend(["--with".into(), bench.corpus.join(other).into_os_string()]);
    }
    let outcome = cell.call(&bench.binary, arguments, DEADLINE)?;
    Ok(match outcome.code {
        Some(0) => Verdict::Agrees,
        _ => Verdict::Differs(outcome.complaint()),
    })
}

//! Exchanges with Argo's server, replayed by the server's own test, which builds the recorded world.

use std::process::Command;

use serde_json::Value;

use super::options::Options;
use super::{Area, Bench, Case, Verdict, measured};
use crate::workspace::Workspace;

pub fn run(workspace: &Workspace, bench: &Bench, options: &Options) -> Vec<Area> {
    if !options.has("rest") {
        return Vec::new();
    }
    vec![measured("rest", || cases(workspace, bench))]
}

fn cases(workspace: &Workspace, bench: &Bench) -> Result<Vec<Case>, String> {
    let file = bench.scratch.join("rest.json");
    let output = Command::new("cargo")
        .args(["test", "--quiet", "--locked", "--workspace", "--test", "recorded"])
        .env("TIPHYS_VERDICTS", &file)
        .current_dir(&workspace.root)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("the replay failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let told: Vec<(String, String, String)> = serde_json::from_str::<Value>(&text)
        .and_then(serde_json::from_value)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    let cases = told.into_iter().filter(|(id, ..)| bench.wants(id)).map(|(id, verdict, why)| {
        let verdict = match verdict.as_str() {
            "agrees" => Verdict::Agrees,
            "deviates" => Verdict::Deviates(why),
            "skipped" => Verdict::Skipped(why),
            _ => Verdict::Differs(why),
        };
        Case { id, verdict }
    });
    Ok(cases.collect())
}

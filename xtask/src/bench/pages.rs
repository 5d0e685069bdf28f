//! The web pages in a browser: what `ui/journeys/bench.mjs` measures, beside what is promised.

use serde_json::Value;
use std::process::{Command, Stdio};

use super::server::{Served, many_runs};
use super::stats::Sample;
use super::{ARCHIVED, Bench, Better, CLIENTS, LIVE, Promise, Row};
use crate::pages;

/// What is promised of each figure, in the order in which they are measured. `part` is some of the figure's words.
struct Promised {
    id: &'static str,
    part: &'static str,
    unit: &'static str,
    floor: f64,
    goal: f64,
}

#[rustfmt::skip]
const PROMISED: &[Promised] = &[
    Promised { id: "P8b", part: "open", unit: "ms", floor: 1_500.0, goal: 500.0 },
    Promised { id: "P8a", part: "panning", unit: "ms", floor: 33.0, goal: 16.8 },
    Promised { id: "P8c", part: "open", unit: "ms", floor: 5_000.0, goal: 2_000.0 },
    Promised { id: "P8c", part: "panning", unit: "ms", floor: 50.0, goal: 16.8 },
    Promised { id: "P8d", part: "open", unit: "ms", floor: 1_000.0, goal: 300.0 },
    Promised { id: "P8d", part: "search", unit: "ms", floor: 1_000.0, goal: 300.0 },
    Promised { id: "P8e", part: "script", unit: "KiB", floor: 250.0, goal: 120.0 },
    Promised { id: "P8e", part: "rows", unit: "ms", floor: 1_000.0, goal: 400.0 },
    Promised { id: "P8f", part: "filter", unit: "ms", floor: 200.0, goal: 50.0 },
    // Flat: less than a browser's own noise over an hour.
    Promised { id: "P8g", part: "memory", unit: "MiB", floor: 8.0, goal: 2.0 },
];

/// Builds the pages and measures them in Chromium.
pub fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let root = &bench.workspace.root;
    pages::install(root)?;
    pages::build(bench.workspace)?;
    let state = many_runs(root, &bench.folder, ARCHIVED, LIVE)?;
    let served = Served::start(&bench.binary, &state, CLIENTS)?;
    let output = Command::new("node")
        .arg("journeys/bench.mjs")
        .current_dir(root.join("ui"))
        .env("TIPHYS", &bench.binary)
        .env("MANY", served.url())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run node: {error}"))?;
    if !output.status.success() {
        return Err("the pages could not be measured".to_owned());
    }
    String::from_utf8_lossy(&output.stdout).lines().map(read).collect()
}

/// One figure as the script prints it.
fn read(line: &str) -> Result<Row, String> {
    let told: Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
    let (id, what) = (told["id"].as_str().unwrap_or_default(), told["what"].as_str().unwrap_or_default());
    let promised = PROMISED
        .iter()
        .find(|promised| promised.id == id && what.contains(promised.part))
        .ok_or_else(|| format!("nothing is promised of {id} {what}"))?;
    let figures = told["figures"].as_array().into_iter().flatten().filter_map(Value::as_f64);
    Ok(Row {
        id: promised.id,
        what: what.to_owned(),
        unit: promised.unit,
        ours: Sample::new(figures.collect())?,
        yardsticks: Vec::new(),
        promise: Some(Promise { better: Better::Lower, floor: promised.floor, goal: Some(promised.goal) }),
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_figure_meets_its_promise() {
        let row =
            read(r#"{"id":"P8c","what":"100000 nodes: open to first graph","unit":"ms","figures":[4000]}"#);
        assert_eq!(row.unwrap().reached(), Some((true, false)));
        let strange = read(r#"{"id":"P8z","what":"nothing","unit":"ms","figures":[1]}"#);
        assert_eq!(strange.err().as_deref(), Some("nothing is promised of P8z nothing"));
    }
}

//! The best numbers so far, kept in a file: CI fails when one falls.

use serde_json::{Map, Value, json};

use super::Area;
use super::options::Options;
use crate::workspace::Workspace;

const FILE: &str = "xtask/ratchet.json";

/// Areas in which real runs race with the clock; so many of their cases may come and go with the load of the machine.
const TIMED: [&str; 8] =
    ["phases", "phases-ci", "phases-v3", "golden", "golden-logs", "rest", "cli-runs", "golden-order"];
const COME_AND_GO_MAX: u64 = 2;

/// Compares with the recorded numbers. With `--check` a fallen number fails; without, the file
/// follows: it is a reviewed change like any other.
pub fn hold(workspace: &Workspace, areas: &[Area], options: &Options) -> Result<bool, String> {
    let path = workspace.root.join(FILE);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| "{}".to_owned());
    let mut known: Map<String, Value> =
        serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))?;
    let fallen = fallen(&known, areas);
    for line in &fallen {
        println!("fallen: {line}");
    }
    if options.check {
        return Ok(fallen.is_empty());
    }
    for area in areas {
        known.insert(area.name.to_owned(), json!({ "agree": area.agreeing(), "of": area.judged() }));
    }
    known.sort_keys();
    let text = serde_json::to_string_pretty(&known).map_err(|error| error.to_string())?;
    std::fs::write(&path, text + "\n").map_err(|error| format!("{FILE}: {error}"))?;
    Ok(true)
}

/// Areas with more misses than were recorded. Misses, because a part of an area has fewer of them too.
fn fallen(known: &Map<String, Value>, areas: &[Area]) -> Vec<String> {
    let misses = |entry: &Value| Some(entry["of"].as_u64()?.saturating_sub(entry["agree"].as_u64()?));
    let worse = areas.iter().filter_map(|area| {
        let before = known.get(area.name).and_then(misses)?;
        let now = (area.judged() - area.agreeing()) as u64;
        let may = if TIMED.contains(&area.name) { before + COME_AND_GO_MAX } else { before };
        (now > may).then(|| format!("{}: {now} differ, {before} did", area.name))
    });
    worse.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Area, Case, Verdict};
    use super::fallen;

    #[test]
    fn a_smaller_number_is_noticed() {
        let case = |verdict| Case { id: "x".to_owned(), verdict };
        let cases = vec![case(Verdict::Agrees), case(Verdict::Differs("no".to_owned()))];
        let areas = [Area { name: "when", about: "", cases, seconds: 0.0 }];
        let known =
            |agree: u64| json!({ "when": { "agree": agree, "of": 2 } }).as_object().cloned().expect("a map");
        assert_eq!(fallen(&known(1), &areas), Vec::<String>::new());
        assert_eq!(fallen(&known(2), &areas), ["when: 1 differ, 0 did"]);
        let timed = |misses: usize| {
            let differs = || Case { id: "x".to_owned(), verdict: Verdict::Differs("no".to_owned()) };
            [Area {
                name: "golden",
                about: "",
                cases: (0..misses).map(|_| differs()).collect(),
                seconds: 0.0,
            }]
        };
        let known = json!({ "golden": { "agree": 2, "of": 2 } }).as_object().cloned().expect("a map");
        assert_eq!(fallen(&known, &timed(2)), Vec::<String>::new());
        assert_eq!(fallen(&known, &timed(3)), ["golden: 3 differ, 0 did"]);
    }
}

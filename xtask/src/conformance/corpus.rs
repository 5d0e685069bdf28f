//! Runs the corpus' manifests once each and judges the same run three ways: its final phase, its whole
//! final status where one was recorded, and its logs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::golden::{self, Allowed, settled_text};
use super::options::Options;
use super::program::{Cell, Outcome, side_by_side};
use super::{Area, Bench, Case, Verdict, area, tables};

/// Every run may take this long, plus a multiple of the sleeps in its manifest.
const DEADLINE_BASE: Duration = Duration::from_secs(60);
const DEADLINE_PER_SLEPT: u32 = 3;

/// A run that waits for a person is looked at after this long, plus its sleeps.
const SUSPENDED_AFTER: Duration = Duration::from_secs(6);

/// `--quick` leaves out what sleeps for longer.
const QUICK: Duration = Duration::from_secs(3);

/// Where the recorded runs lived.
const GOLDEN_NAMESPACE: &str = "argo";

const PERSON: &str = "waits for a person";
const CHANCE: &str = "uses random numbers: its tree differs on every run";

/// One manifest of the corpus with what is known about it.
struct Manifest {
    path: String,
    /// The folder of the index that lists it.
    area: &'static str,
    expected: String,
    is_ci: bool,
    nondeterministic: bool,
    image_matters: bool,
    slept: Duration,
    with: Vec<String>,
    /// The key of a semaphore whose limit must stand in the database.
    limit: Option<String>,
    golden: Option<Recorded>,
}

/// A recorded final status.
struct Recorded {
    name: String,
    status: Value,
    logs: Option<Value>,
    /// Why the record says nothing about a good run.
    unusable: Option<String>,
}

/// What our run of a manifest gave.
struct Ran {
    phase: Result<String, String>,
    object: Option<Value>,
    /// Lines by node name.
    logs: BTreeMap<String, String>,
    /// It was not run, because it takes long.
    left_out: bool,
}

/// The areas that the options name, from one run of each manifest.
pub fn run(bench: &Bench, options: &Options) -> Result<Vec<Area>, String> {
    let wants_golden = ["golden", "golden-order", "golden-logs"].iter().any(|name| options.has(name));
    let wanted = |manifest: &Manifest| {
        bench.wants(&manifest.path)
            && (options.has(manifest.area)
                || options.has("phases-ci") && manifest.is_ci
                || wants_golden && manifest.golden.is_some())
    };
    let mut manifests: Vec<Manifest> = manifests(bench)?.into_iter().filter(wanted).collect();
    // The longest first, so that none is left alone at the end.
    manifests.sort_by_key(|manifest| std::cmp::Reverse(manifest.slept));
    let ran = side_by_side(bench.jobs, &manifests, |manifest| {
        let started = Instant::now();
        let nothing = |phase, left_out| Ran { phase, object: None, logs: BTreeMap::new(), left_out };
        let ran = match options.quick && manifest.slept > QUICK {
            true => nothing(Ok(String::new()), true),
            false => rolled(
                manifest.nondeterministic,
                |ran| phase(manifest, ran),
                || start(bench, manifest).unwrap_or_else(|message| nothing(Err(message), false)),
            ),
        };
        (ran, started.elapsed().as_secs_f64())
    });
    let seconds = ran.iter().map(|(_, seconds)| seconds).sum();
    let mut runs: Vec<(&Manifest, &Ran)> = manifests.iter().zip(ran.iter().map(|(ran, _)| ran)).collect();
    runs.sort_by_key(|(manifest, _)| manifest.path.as_str());
    let mut areas = Vec::new();
    let mut add = |name: &str, judge: &dyn Fn(&Manifest, &Ran) -> Option<Verdict>| {
        if options.has(name) {
            let cases = runs.iter().filter_map(|(manifest, ran)| {
                let verdict = judge(manifest, ran)?;
                let long = || Verdict::Skipped("sleeps for long: left out of a quick run".to_owned());
                let verdict = if ran.left_out { long() } else { verdict };
                Some(Case { id: manifest.path.clone(), verdict })
            });
            areas.push(area(name, cases.collect(), seconds));
        }
    };
    add("phases-ci", &|manifest, ran| manifest.is_ci.then(|| phase(manifest, ran)));
    for name in ["phases", "phases-v3", "phases-seeds"] {
        add(name, &|manifest, ran| (manifest.area == name).then(|| phase(manifest, ran)));
    }
    let against = |manifest: &Manifest, ran: &Ran, judge: Judge| {
        against_record(manifest, ran, Allowed::of(bench.allowances.get(&manifest.path)), judge)
    };
    add("golden", &|manifest, ran| against(manifest, ran, tree));
    add("golden-order", &|manifest, ran| against(manifest, ran, order));
    add("golden-logs", &|manifest, ran| against(manifest, ran, logs));
    Ok(areas)
}

/// Runs a manifest; one that chance decides is rolled once more if it misses, since either answer may be right.
fn rolled(is_chance: bool, judge: impl Fn(&Ran) -> Verdict, run: impl Fn() -> Ran) -> Ran {
    let first = run();
    if is_chance && matches!(judge(&first), Verdict::Differs(_)) { run() } else { first }
}

/// Every manifest of the three indexes that a process of this machine can run.
fn manifests(bench: &Bench) -> Result<Vec<Manifest>, String> {
    let golden = golden_index(bench)?;
    let mut found = Vec::new();
    for (index, list, area) in [
        ("index.json", "files", "phases"),
        ("examples-v3.0/index.json", "files", "phases-v3"),
        ("seeds/index.json", "manifests", "phases-seeds"),
    ] {
        let index = tables::read(&bench.corpus.join(index))?;
        for entry in index[list].as_array().ok_or("an index has no files")? {
            if let Some(mut manifest) = manifest(entry, area, &golden) {
                // An older example sleeps as long as the current one of its name.
                let current = found.iter().find(|other: &&Manifest| entry["current"] == *other.path);
                manifest.slept = manifest.slept.max(current.map_or(Duration::ZERO, |current| current.slept));
                found.push(manifest);
            }
        }
    }
    for manifest in &mut found {
        if let Some(recorded) = &mut manifest.golden {
            load(bench, recorded)?;
        }
    }
    Ok(found)
}

fn manifest(entry: &Value, area: &'static str, golden: &BTreeMap<String, Value>) -> Option<Manifest> {
    let text = |field: &str| entry[field].as_str().unwrap_or_default();
    let role = if entry.get("role").is_some() { text("role") } else { "submit" };
    let expected = text("expected_phase");
    let is_phase = expected.starts_with(char::is_uppercase) && !expected.contains(';');
    if role != "submit" || text("runnable_locally") != "yes" || !is_phase {
        return None;
    }
    let path = text("path").to_owned();
    let with = entry["depends_on"].as_array().map(Vec::as_slice).unwrap_or_default();
    let with = with.iter().filter_map(|needed| needed["manifests"].as_array()).flatten();
    let nondeterministic = entry["nondeterministic"] == true;
    Some(Manifest {
        area,
        expected: expected.to_owned(),
        is_ci: area == "phases" && text("expected_basis") == "upstream-ci" && !nondeterministic,
        nondeterministic,
        image_matters: !entry["output_depends_on_image"].is_null(),
        slept: Duration::from_secs_f64(entry["min_duration_seconds"].as_f64().unwrap_or(0.0)),
        with: with.filter_map(|file| file.as_str().map(str::to_owned)).filter(|file| *file != path).collect(),
        limit: text("expected_condition")
            .split_once("limit row <namespace>/")
            .and_then(|(_, rest)| rest.split(';').next())
            .map(str::to_owned),
        golden: golden.get(&path).map(recorded),
        path,
    })
}

fn golden_index(bench: &Bench) -> Result<BTreeMap<String, Value>, String> {
    let index = tables::read(&bench.corpus.join("golden/index.json"))?;
    let runs = index["runs"].as_array().ok_or("the golden index has no runs")?;
    let by_file = runs.iter().filter(|run| run["object"].is_string());
    Ok(by_file.map(|run| (run["file"].as_str().unwrap_or_default().to_owned(), run.clone())).collect())
}

fn recorded(entry: &Value) -> Recorded {
    let notes: Vec<&str> = entry["notes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    // Such notes belong to the recording cluster; the others tell what a person answered.
    let excused = notes.iter().find(|note| note.starts_with("differs") || note.starts_with("not finished"));
    Recorded {
        name: String::new(),
        status: entry["object"].clone(),
        logs: None,
        unusable: excused.map(|note| format!("the recording {note}")),
    }
}

/// Replaces the file names of the index by what the files hold.
fn load(bench: &Bench, recorded: &mut Recorded) -> Result<(), String> {
    let folder = bench.corpus.join("golden");
    let file = recorded.status.as_str().unwrap_or_default().to_owned();
    recorded.status = tables::read(&folder.join(&file))?;
    recorded.name = recorded.status["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    recorded.logs = tables::read(&folder.join(file.replace(".json", ".logs.json"))).ok();
    Ok(())
}

fn start(bench: &Bench, manifest: &Manifest) -> Result<Ran, String> {
    let cell = Cell::new(&bench.scratch)?;
    let waits = manifest.expected == "Running-forever";
    let deadline = match waits {
        true => SUSPENDED_AFTER + manifest.slept,
        false => DEADLINE_BASE + manifest.slept * DEADLINE_PER_SLEPT,
    };
    if let Some(key) = &manifest.limit {
        let namespace = if manifest.golden.is_some() { GOLDEN_NAMESPACE } else { "default" };
        let limit = ["sync", "create", key, "--type", "database", "--limit", "2", "-n", namespace];
        cell.call(&bench.binary, limit, DEADLINE_BASE)?;
    }
    let outcome = cell.call(&bench.binary, run_arguments(bench, manifest), deadline)?;
    if waits && outcome.late {
        return waiting(bench, &cell);
    }
    let object = serde_json::from_str::<Value>(&outcome.stdout).ok();
    let phase = match (&object, outcome.late) {
        (_, true) => Err(format!("still running after {} s", deadline.as_secs())),
        (Some(object), _) => Ok(object["status"]["phase"].as_str().unwrap_or("no phase").to_owned()),
        (None, _) => Err(refusal(&outcome)),
    };
    let logs = match (&manifest.golden, &object) {
        (Some(recorded), Some(object)) if recorded.logs.is_some() => node_logs(bench, &cell, object),
        _ => BTreeMap::new(),
    };
    Ok(Ran { phase, object, logs, left_out: false })
}

fn run_arguments(bench: &Bench, manifest: &Manifest) -> Vec<OsString> {
    let corpus = |path: &str| bench.corpus.join(path).into_os_string();
    let mut arguments: Vec<OsString> = ["run", "-o", "json", "--runner", "process"].map(Into::into).into();
    arguments.extend(["--image-map".into(), corpus("support/image-map.yaml")]);
    arguments.extend(["--with".into(), corpus("support/objects.yaml")]);
    if let Some(isolation) = &bench.isolation {
        arguments.extend(["--isolation", isolation].map(Into::into));
    }
    for file in &manifest.with {
        arguments.extend(["--with".into(), corpus(file)]);
    }
    if let Some(recorded) = &manifest.golden {
        // The same name and namespace, so that even node ids and outputs must agree.
        arguments.extend(["-n", GOLDEN_NAMESPACE, "--name", &recorded.name].map(Into::into));
    }
    arguments.push(corpus(&manifest.path));
    arguments
}

/// A run that waits for a person: it must be there, Running, with an active suspend node.
fn waiting(bench: &Bench, cell: &Cell) -> Result<Ran, String> {
    let outcome = cell.call(&bench.binary, ["list", "-A", "-o", "json"], DEADLINE_BASE)?;
    let list: Value = serde_json::from_str(&outcome.stdout).unwrap_or_default();
    let phase = match list.as_array().and_then(|runs| runs.first()) {
        Some(run) if run["status"]["phase"] == "Running" => Ok("Running-forever".to_owned()),
        Some(run) => {
            Err(format!("interrupted while it waited, `list` shows phase {}", run["status"]["phase"]))
        }
        None => Err(format!("interrupted while it waited, `list` shows no run: {}", outcome.complaint())),
    };
    Ok(Ran { phase, object: None, logs: BTreeMap::new(), left_out: false })
}

fn refusal(outcome: &Outcome) -> String {
    match outcome.code {
        Some(2) => format!("refused: {}", outcome.complaint()),
        code => format!("ended with {code:?} and no object: {}", outcome.complaint()),
    }
}

/// The kept log of the main container of every pod node, by node name.
fn node_logs(bench: &Bench, cell: &Cell, object: &Value) -> BTreeMap<String, String> {
    let mut logs = BTreeMap::new();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    for node in object["status"]["nodes"].as_object().into_iter().flatten().map(|(_, node)| node) {
        let (Some(id), Some(node_name)) = (node["id"].as_str(), node["name"].as_str()) else { continue };
        if node["type"] != "Pod" {
            continue;
        }
        let arguments = ["logs", "-n", GOLDEN_NAMESPACE, name, id, "-c", "main", "--no-color"];
        if let Ok(outcome) = cell.call(&bench.binary, arguments, DEADLINE_BASE) {
            logs.insert(node_name.to_owned(), without_prefixes(name, &outcome.stdout));
        }
    }
    // A retried node was given the log of its last attempt.
    let nodes = &object["status"]["nodes"];
    for node in nodes.as_object().into_iter().flatten().map(|(_, node)| node) {
        let attempts = node["children"].as_array().filter(|_| node["type"] == "Retry");
        let names =
            attempts.into_iter().flatten().rev().filter_map(|id| nodes[id.as_str()?]["name"].as_str());
        let last = names.filter_map(|name| logs.get(name)).next().cloned();
        if let (Some(name), Some(log)) = (node["name"].as_str(), last) {
            logs.insert(name.to_owned(), log);
        }
    }
    logs
}

/// The lines without the name of the pod that each may begin with.
fn without_prefixes(run: &str, text: &str) -> String {
    let is_pod = |name: &str| name.starts_with(run) && !name.contains(char::is_whitespace);
    let mut lines = String::new();
    for line in text.lines() {
        lines.push_str(match line.split_once(": ") {
            Some((name, rest)) if is_pod(name) => rest,
            _ => line.strip_suffix(':').filter(|name| is_pod(name)).map_or(line, |_| ""),
        });
        lines.push('\n');
    }
    lines
}

fn phase(manifest: &Manifest, ran: &Ran) -> Verdict {
    match &ran.phase {
        Ok(phase) if manifest.expected.split(" or ").any(|allowed| allowed == phase) => Verdict::Agrees,
        Ok(phase) => {
            Verdict::Differs(format!("expected {}, got {phase}: {}", manifest.expected, reason(ran)))
        }
        Err(message) if manifest.expected == "Rejected" && message.starts_with("refused") => Verdict::Agrees,
        Err(message) => Verdict::Differs(format!("expected {}, {message}", manifest.expected)),
    }
}

/// The first message that a failed run gives.
fn reason(ran: &Ran) -> String {
    let Some(object) = &ran.object else { return "no object".to_owned() };
    let nodes = object["status"]["nodes"].as_object().into_iter().flatten().map(|(_, node)| node);
    let leaf = nodes.filter(|node| node["phase"] == "Failed" || node["phase"] == "Error").find_map(|node| {
        let message = node["message"].as_str().filter(|message| !message.starts_with("child "))?;
        Some(format!("{}: {message}", node["displayName"].as_str().unwrap_or_default()))
    });
    leaf.or(object["status"]["message"].as_str().map(str::to_owned)).unwrap_or_default()
}

type Judge = fn(&Recorded, &Value, &Ran, Allowed) -> Option<Verdict>;

/// Judges against the record; `None` where there is none.
fn against_record(manifest: &Manifest, ran: &Ran, allowed: Allowed, judge: Judge) -> Option<Verdict> {
    let recorded = manifest.golden.as_ref()?;
    let skip = |reason: &str| Some(Verdict::Skipped(reason.to_owned()));
    if let Some(reason) = &recorded.unusable {
        return skip(reason);
    }
    if manifest.nondeterministic {
        return skip(CHANCE);
    }
    if manifest.expected == "Running-forever" {
        return skip(PERSON);
    }
    if manifest.image_matters {
        return skip("its output depends on the image");
    }
    match (&ran.object, &ran.phase) {
        (Some(object), _) => judge(recorded, object, ran, allowed),
        (None, Err(message)) => Some(Verdict::Differs(message.clone())),
        (None, Ok(phase)) => Some(Verdict::Differs(format!("no object, phase {phase}"))),
    }
}

fn tree(recorded: &Recorded, object: &Value, _: &Ran, allowed: Allowed) -> Option<Verdict> {
    let found = golden::compare(&recorded.status, object);
    // Where the clock of the recording cluster decided, its nodes are among ours at least.
    let explained = allowed.clock && golden::has_nodes_of(&recorded.status, object);
    Some(told(found.content, explained))
}

fn order(recorded: &Recorded, object: &Value, _: &Ran, allowed: Allowed) -> Option<Verdict> {
    Some(told(golden::compare(&recorded.status, object).order, allowed.siblings))
}

/// The main container's lines of every node that has a record.
fn logs(recorded: &Recorded, _: &Value, ran: &Ran, allowed: Allowed) -> Option<Verdict> {
    let mut differences = Vec::new();
    let mut explained = true;
    for (node, containers) in recorded.logs.as_ref()?.as_object()? {
        let Some(expected) = containers["main-logs"].as_str() else { continue };
        let ours = ran.logs.get(node).map(String::as_str).unwrap_or_default();
        let lines = |text: &str| {
            settled_text(text.trim_end_matches('\n')).lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let (expected_lines, our_lines) = (lines(expected), lines(ours));
        if expected_lines != our_lines {
            differences.push(format!("{node}: expected {expected:?}, got {ours:?}"));
            explained &= allowed.same_log(expected_lines, our_lines);
        }
    }
    Some(told(differences, explained))
}

/// The verdict on the differences, which a row of the deviations may explain all.
fn told(differences: Vec<String>, explained: bool) -> Verdict {
    match (differences.is_empty(), explained) {
        (true, _) => Verdict::Agrees,
        (false, true) => Verdict::Deviates(differences.join("\n")),
        (false, false) => Verdict::Differs(differences.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Only chance has a second try, and only after a miss; a miss in both is one.
    #[test]
    fn what_chance_decides_is_rolled_twice() {
        let rolls = |is_chance: bool, phases: [&str; 2]| {
            let count = Cell::new(0);
            let run = || {
                let phase = Ok(phases[count.replace(count.get() + 1).min(1)].to_owned());
                Ran { phase, object: None, logs: BTreeMap::new(), left_out: false }
            };
            let judge = |ran: &Ran| match ran.phase.as_deref() {
                Ok("Succeeded") => Verdict::Agrees,
                _ => Verdict::Differs(String::new()),
            };
            let ran = rolled(is_chance, judge, run);
            (count.get(), ran.phase.unwrap())
        };
        assert_eq!(rolls(true, ["Succeeded", "Failed"]), (1, "Succeeded".to_owned()));
        assert_eq!(rolls(true, ["Failed", "Succeeded"]), (2, "Succeeded".to_owned()));
        assert_eq!(rolls(true, ["Failed", "Failed"]), (2, "Failed".to_owned()));
        assert_eq!(rolls(false, ["Failed", "Succeeded"]), (1, "Failed".to_owned()));
    }
}

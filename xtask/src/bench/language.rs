//! What the language costs where it is used hard: locks that many want, long loops, many expressions, many manifests.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::server::Served;
use super::stats::growth_exponent;
use super::{Bench, Better, Promise, Row, TURNS, alone};

/// Workflows that want the same semaphore.
const RIVALS: usize = 1_000;

/// How many of them hold it at once.
const HOLDERS: usize = 4;

/// Manifests that are checked at once.
const MANIFESTS: usize = 1_000;

/// Steps that run at once.
const JOBS: usize = 8;

/// Steps of the run that a server holds while it waits.
const HELD_STEPS: usize = 100_000;

/// After this long what a busy time left free has been given back.
const CALM: Duration = Duration::from_secs(90);

/// Longest that such a run may take until it waits.
const HELD_PATIENCE: Duration = Duration::from_secs(600);

/// Holders of a semaphore per second, and how far one overtakes those that came before it.
pub fn locks(bench: &Bench) -> Result<Vec<Row>, String> {
    let (mut rates, mut overtaken) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let order = bench.folder.join(format!("rivals-{turn}"));
        let state = bench.folder.join(format!("rivals-{turn}-state"));
        let served = Served::start(&bench.binary, &state, HOLDERS)?;
        let mut client = served.client()?;
        let limit = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: limits}}\ndata: {{workers: '{HOLDERS}'}}\n"
        );
        let limit = serde_json::json!({"namespace": "default", "text": limit}).to_string();
        client.post("/api/tiphys/v1/apply", &limit)?;
        let begun = Instant::now();
        for number in 0..RIVALS {
            let append = format!("echo {number} >> {}", order.display());
            let workflow = serde_json::json!({
                "metadata": {"generateName": "rival-"},
                "spec": {
                    "entrypoint": "main",
                    "synchronization": {
                        "semaphores": [{"configMapKeyRef": {"name": "limits", "key": "workers"}}],
                    },
                    "templates": [{
                        "name": "main",
                        "container": {"image": "any", "command": ["/bin/sh", "-c", append]},
                    }],
                },
            });
            client.submit(&workflow.to_string())?;
        }
        served.wait_until_idle()?;
        rates.push(RIVALS as f64 / begun.elapsed().as_secs_f64());
        overtaken.push(farthest(&fs::read_to_string(&order).map_err(|error| error.to_string())?)?);
    }
    let what = format!("{RIVALS} workflows that want one semaphore of {HOLDERS}");
    Ok(vec![
        alone("P10a", format!("{what}, grants"), "grants/s", rates, None)?,
        alone(
            "P10a",
            format!("{what}, the farthest that one came before its turn"),
            "places",
            overtaken,
            None,
        )?,
    ])
}

/// By how many places a line stands before its number.
fn farthest(order: &str) -> Result<f64, String> {
    let numbers: Vec<usize> = order.lines().filter_map(|line| line.parse().ok()).collect();
    if numbers.len() != RIVALS {
        return Err(format!("{} of {RIVALS} workflows ran", numbers.len()));
    }
    let ahead = numbers.iter().enumerate().map(|(place, number)| number.saturating_sub(place));
    Ok(ahead.max().unwrap_or(0) as f64)
}

/// Loops with aggregated results, and tasks with expressions: the engine alone.
pub fn texts(bench: &Bench) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for shape in ["items", "expressions"] {
        let mut points = Vec::new();
        for line in bench.example("tiphys-sim", "engine_bench", &[shape, "1000", "10000"])? {
            let figure = |field: &str| line[field].as_f64().ok_or(format!("the example prints no `{field}`"));
            let (nodes, rate) = (figure("nodes")?, figure("nodes_per_second")?);
            points.push((nodes, figure("drive_ms")?));
            let what = format!("engine alone, {} of {nodes} nodes", name(shape));
            rows.push(alone("P10b", what, "nodes/s", vec![rate], None)?);
        }
        let growth = Promise { better: Better::Lower, floor: 1.05, goal: None };
        let what = format!("engine alone, {}, growth exponent of the time", name(shape));
        rows.push(alone("P10b", what, "", vec![growth_exponent(&points)], Some(growth))?);
    }
    Ok(rows)
}

fn name(shape: &str) -> &'static str {
    match shape {
        "items" => "`withParam` with aggregated results",
        _ => "a dag with expressions in each task",
    }
}

/// Manifests checked per second: our own examples, again and again under other names.
pub fn lint(bench: &Bench) -> Result<Vec<Row>, String> {
    let folder = bench.folder.join("manifests");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut examples = Vec::new();
    for entry in fs::read_dir(bench.workspace.root.join("examples")).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let text = fs::read_to_string(&path).unwrap_or_default();
        // Templates of one name may be given once only.
        if text.contains("kind: Workflow\n") && !text.contains("Template\n") {
            examples.push(path);
        }
    }
    examples.sort();
    for number in 0..MANIFESTS {
        let from = &examples[number % examples.len()];
        fs::copy(from, folder.join(format!("{number}.yaml"))).map_err(|error| error.to_string())?;
    }
    let mut rates = Vec::new();
    for _ in 0..TURNS {
        let begun = Instant::now();
        let mut lint = Command::new(&bench.binary);
        lint.arg("lint").arg(&folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = lint.status().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("`tiphys lint` of the examples ended with {status}"));
        }
        rates.push(MANIFESTS as f64 / begun.elapsed().as_secs_f64());
    }
    Ok(vec![alone("P10c", format!("lint of {MANIFESTS} manifests"), "files/s", rates, None)?])
}

/// What a run of many steps that have ended takes of a server's memory while it waits for a person, and what it takes once
/// its server has been started anew.
pub fn weight(bench: &Bench) -> Result<Vec<Row>, String> {
    let state = bench.folder.join("heavy-state");
    let served = Served::start(&bench.binary, &state, JOBS)?;
    let empty = served.resident()?;
    let workflow = serde_json::json!({
        "metadata": {"name": "heavy"},
        "spec": {
            "entrypoint": "main",
            "templates": [
                {"name": "main", "steps": [
                    [{"name": "many", "template": "work", "withSequence": {"count": HELD_STEPS.to_string()}}],
                    [{"name": "wait", "template": "wait"}],
                ]},
                {"name": "work", "container": {"image": "any", "command": ["/bin/true"]}},
                {"name": "wait", "suspend": {}},
            ],
        },
    });
    served.client()?.submit(&workflow.to_string())?;
    wait_for_a_person(&served)?;
    thread::sleep(CALM);
    let held = served.resident()? - empty;
    drop(served);
    let served = Served::start(&bench.binary, &state, JOBS)?;
    wait_for_a_person(&served)?;
    thread::sleep(CALM);
    let found = served.resident()? - empty;
    let what = format!("memory of a server for a run of {HELD_STEPS} steps that waits");
    Ok(vec![
        alone("P10d", what.clone(), "MiB", vec![held], None)?,
        alone("P10d", what + ", started anew", "MiB", vec![found], None)?,
    ])
}

fn wait_for_a_person(served: &Served) -> Result<(), String> {
    let mut client = served.client()?;
    let end = Instant::now() + HELD_PATIENCE;
    while !client.get("/api/tiphys/v1/runs?namespace=default")?.contains("\"waiting\":true") {
        if Instant::now() > end {
            return Err("the run does not come to its suspension".to_owned());
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

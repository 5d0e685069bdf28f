//! `cargo xtask bench`: every promise about speed beside its yardstick, measured in the same run.
//!
//! Ours and the yardstick take turns, so that a slow minute of the machine hits both. The table shows
//! medians, spreads and ratios; `docs/performance.md` and `docs/performance.json` keep it.

mod crowd;
mod language;
mod pages;
mod report;
mod runs;
mod server;
mod stats;
mod yardsticks;
mod year;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use runs::{Isolation, Ours};
use server::Served;
use stats::{Sample, growth_exponent};

use crate::workspace::{self, Profile, Workspace};

/// Which way a figure gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// A share of the yardstick; at least the floor.
    Ratio,
    /// An absolute figure; at least the floor.
    Higher,
    /// An absolute figure; at most the floor.
    Lower,
    /// A multiple of the yardstick; at most the floor.
    Flat,
}

/// What is promised.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    pub better: Better,
    pub floor: f64,
    pub goal: Option<f64>,
}

/// One line of the table.
pub struct Row {
    pub id: &'static str,
    pub what: String,
    pub unit: &'static str,
    pub ours: Sample,
    /// The first one is what the ratio is taken of.
    pub yardsticks: Vec<(String, Sample)>,
    pub promise: Option<Promise>,
}

impl Row {
    /// Our median as a share of the first yardstick's.
    pub fn ratio(&self) -> Option<f64> {
        self.yardsticks.first().map(|(_, yardstick)| self.ours.median() / yardstick.median())
    }

    /// Whether the floor and the goal are reached.
    pub fn reached(&self) -> Option<(bool, bool)> {
        let promise = self.promise?;
        let figure = match promise.better {
            Better::Ratio | Better::Flat => self.ratio()?,
            Better::Higher | Better::Lower => self.ours.median(),
        };
        let reaches = |bar: f64| match promise.better {
            Better::Lower | Better::Flat => figure <= bar,
            Better::Ratio | Better::Higher => figure >= bar,
        };
        Some((reaches(promise.floor), promise.goal.is_some_and(reaches)))
    }
}

/// How often each throughput is measured.
const TURNS: usize = 3;

const STEPS_BARE: usize = 10_000;
const STEPS_SANDBOXED: usize = 1_000;
const CHAIN: usize = 300;
const COLD_STARTS: usize = 30;
const REOPENED_NODES: usize = 100_000;
const SUBMITS: usize = 10_000;
const CLIENTS: usize = 8;
const ARCHIVED: usize = 100_000;
const LIVE: usize = 1_000;
const PAGES: usize = 300;
const FIRST_STEPS: usize = 100;
const COMPLETIONS: usize = 3_000;

type Measure = fn(&Bench) -> Result<Vec<Row>, String>;

/// The benches by name.
const BENCHES: &[(&str, Measure)] = &[
    ("P1a", bare_rate),
    ("P1b", sandbox_rate),
    ("P2", engine),
    ("P3", gaps),
    ("P4", cold_start),
    ("P5a", submits),
    ("P5b", lists),
    ("P5c", first_steps),
    ("P5d", completions),
    ("P5e", crowd::watchers),
    ("P5f", crowd::connections),
    ("P5g", year::measure),
    ("P7", reopen),
    ("P8", pages::measure),
    ("P9", rest),
    ("P10a", language::locks),
    ("P10b", language::texts),
    ("P10c", language::lint),
    ("P10d", language::weight),
];

/// What every bench needs.
struct Bench<'a> {
    workspace: &'a Workspace,
    binary: PathBuf,
    folder: PathBuf,
    stamp: PathBuf,
}

/// Runs the benches that are named, or all of them, and writes their rows into the pages.
pub fn run(workspace: &Workspace, options: &[String]) -> Result<bool, String> {
    if let Some(unknown) = options.iter().find(|name| !BENCHES.iter().any(|(known, _)| known == name)) {
        let names: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        return Err(format!("no bench `{unknown}`; there are {}", names.join(", ")));
    }
    let folder = workspace.target_dir().join(format!("bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let bench = Bench {
        workspace,
        binary: workspace.binary(Profile::Release)?,
        stamp: compile_stamp(&folder)?,
        folder,
    };
    let mut rows = Vec::new();
    for (name, measure) in
        BENCHES.iter().filter(|(name, _)| options.is_empty() || options.iter().any(|o| o == name))
    {
        match measure(&bench) {
            Ok(measured) => {
                measured.iter().for_each(|row| println!("{}", report::line(row)));
                rows.extend(measured);
            }
            // One bench that cannot run here does not hide the others.
            Err(message) => println!("{name}: not measured: {message}"),
        }
    }
    std::fs::remove_dir_all(&bench.folder).ok();
    let order: Vec<&str> = BENCHES.iter().flat_map(|(name, _)| parts(name)).collect();
    report::write(workspace, &rows, &order)?;
    Ok(true)
}

/// The smallest step that can tell when it began.
fn compile_stamp(folder: &Path) -> Result<PathBuf, String> {
    let source = yardsticks::write(folder, "stamp.rs", include_str!("stamp.rs"))?;
    let program = folder.join("stamp");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-O", "-C", "target-feature=+crt-static", "-C", "panic=abort", "-o"]);
    yardsticks::finish(rustc.arg(&program).arg(source))?;
    Ok(program)
}

impl Bench<'_> {
    fn ours(&self) -> Ours<'_> {
        Ours { binary: &self.binary, folder: &self.folder, stamp: &self.stamp }
    }

    /// The lines of JSON that a measuring example of a crate prints.
    fn example(&self, package: &str, example: &str, arguments: &[&str]) -> Result<Vec<Value>, String> {
        let output = workspace::cargo()
            .args(["run", "--release", "--quiet", "--locked"])
            .args(["--package", package, "--example", example, "--"])
            .args(arguments)
            .current_dir(&self.workspace.root)
            .output()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{package} {example}: {}", said.lines().last().unwrap_or("no message")));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }
}

/// The ids of a bench's rows.
fn parts(name: &'static str) -> Vec<&'static str> {
    if name == "P8" { ["P8a", "P8b", "P8c", "P8d", "P8e", "P8f", "P8g"].to_vec() } else { vec![name] }
}

/// Takes turns, so that the machine's moods hit all alike.
fn in_turns(turns: usize, contestants: &[&dyn Fn() -> Result<f64, String>]) -> Result<Vec<Sample>, String> {
    let mut figures = vec![Vec::new(); contestants.len()];
    for _ in 0..turns {
        for (figures, contestant) in figures.iter_mut().zip(contestants) {
            figures.push(contestant()?);
        }
    }
    figures.into_iter().map(Sample::new).collect()
}

fn bare_rate(bench: &Bench) -> Result<Vec<Row>, String> {
    let samples = in_turns(
        TURNS,
        &[
            &|| bench.ours().step_rate(STEPS_BARE, Isolation::None),
            &|| yardsticks::spawn_rate(STEPS_BARE, &["/bin/true"]),
            &|| yardsticks::make_rate(STEPS_BARE, &bench.folder),
            &|| yardsticks::ninja_rate(STEPS_BARE, &bench.folder),
        ],
    )?;
    Ok(vec![compared(
        "P1a",
        format!("{STEPS_BARE} no-op steps, isolation none, durable, logs captured"),
        samples,
        &["bare posix_spawn loop", "make -j2", "ninja -j2"],
        Promise { better: Better::Ratio, floor: 0.80, goal: Some(0.92) },
    )])
}

fn sandbox_rate(bench: &Bench) -> Result<Vec<Row>, String> {
    let count = STEPS_SANDBOXED.to_string();
    let by_hand = || {
        let figures = bench.example("tiphys-runner", "spawn_loop", &["sandbox", &count])?;
        figures.first().and_then(|line| line["value"].as_f64()).ok_or("the loop printed no figure".to_owned())
    };
    let samples = in_turns(
        TURNS,
        &[&|| bench.ours().step_rate(STEPS_SANDBOXED, Isolation::Sandbox), &by_hand, &|| {
            yardsticks::spawn_rate(STEPS_SANDBOXED, yardsticks::BUBBLEWRAP)
        }],
    )?;
    let mut loops = alone("P1b", "the loop by hand".to_owned(), "steps/s", vec![samples[1].median()], None)?;
    loops.yardsticks.push(("bubblewrap".to_owned(), samples[2].clone()));
    loops.promise = Some(Promise { better: Better::Ratio, floor: 1.5, goal: None });
    let ours = compared(
        "P1b",
        format!("{STEPS_SANDBOXED} no-op steps in the sandbox, durable, logs captured"),
        samples,
        &["the same namespaces and overlay by hand", "bubblewrap"],
        Promise { better: Better::Ratio, floor: 0.80, goal: Some(0.92) },
    );
    Ok(vec![ours, loops])
}

/// The engine alone: rates and memory by shape and size, and how the time of a shape grows with its size.
fn engine(bench: &Bench) -> Result<Vec<Row>, String> {
    let lines = bench.example("tiphys-sim", "engine_bench", &[])?;
    let mut rows = Vec::new();
    let mut times: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for line in &lines {
        let (Some(shape), Some(nodes)) = (line["shape"].as_str(), line["nodes"].as_f64()) else { continue };
        let figure = |field: &str| line[field].as_f64().ok_or(format!("the example prints no `{field}`"));
        let rate = Promise { better: Better::Higher, floor: 50_000.0, goal: Some(250_000.0) };
        let what = format!("engine alone, {shape} of {nodes} nodes");
        rows.push(alone("P2", what.clone(), "nodes/s", vec![figure("nodes_per_second")?], Some(rate))?);
        let point = (nodes, figure("drive_ms")?);
        match times.iter_mut().find(|(known, _)| known == shape) {
            Some((_, points)) => points.push(point),
            None => times.push((shape.to_owned(), vec![point])),
        }
    }
    for line in bench.example("tiphys-sim", "engine_weight", &[])? {
        let (Some(shape), Some(bytes)) = (line["shape"].as_str(), line["bytes_per_node"].as_f64()) else {
            return Err("the example printed no weight".to_owned());
        };
        let memory = Promise { better: Better::Lower, floor: 1_024.0, goal: Some(300.0) };
        let what = format!("engine alone, state of the {shape} of {} nodes", line["nodes"]);
        rows.push(alone("P2", what, "B/node", vec![bytes], Some(memory))?);
    }
    for (shape, points) in times.iter().filter(|(_, points)| points.len() > 1) {
        let growth = Promise { better: Better::Lower, floor: 1.05, goal: None };
        let what = format!("engine alone, {shape}, growth exponent of the time");
        rows.push(alone("P2", what, "", vec![growth_exponent(points)], Some(growth))?);
    }
    match rows.is_empty() {
        true => Err("the example printed no figures".to_owned()),
        false => Ok(rows),
    }
}

fn gaps(bench: &Bench) -> Result<Vec<Row>, String> {
    let pipes = Sample::new(yardsticks::pipe_round_trips()?)?;
    let commit = yardsticks::sqlite_commit(&bench.folder)?;
    let yardstick = vec![(pipes.median() + commit) * 1e3];
    let bare = yardsticks::spawn_gaps(&bench.stamp, &bench.folder.join("bare"), CHAIN)?;
    let bare = Sample::new(bare.into_iter().map(|seconds| seconds * 1e3).collect())?;
    let mut rows = Vec::new();
    for (isolation, floor, goal) in [(Isolation::None, 1.0, Some(0.35)), (Isolation::Sandbox, 5.0, None)] {
        let gaps = Sample::new(bench.ours().gaps(CHAIN, isolation)?)?;
        for (name, share, promised) in [("p50", 0.5, true), ("p99", 0.99, false)] {
            let what = format!("end of a step to start of the next, {isolation:?}, {name}").to_lowercase();
            let promise = Promise { better: Better::Lower, floor, goal };
            let mut row =
                alone("P3", what, "ms", vec![gaps.quantile(share) * 1e3], promised.then_some(promise))?;
            row.yardsticks
                .push(("pipe round trip + one SQLite commit".to_owned(), Sample::new(yardstick.clone())?));
            row.yardsticks
                .push(("bare posix_spawn loop".to_owned(), Sample::new(vec![bare.quantile(share)])?));
            rows.push(row);
        }
    }
    Ok(rows)
}

fn cold_start(bench: &Bench) -> Result<Vec<Row>, String> {
    let shell: Vec<f64> =
        yardsticks::shell_starts(COLD_STARTS)?.iter().map(|seconds| seconds * 1e3).collect();
    let shell = Sample::new(shell)?;
    let mut rows = Vec::new();
    for (isolation, fresh) in [(Isolation::None, false), (Isolation::Sandbox, false), (Isolation::None, true)]
    {
        let starts = bench.ours().cold_starts(COLD_STARTS, isolation, fresh)?;
        let state = if fresh { ", new state folder" } else { "" };
        let what = format!("start of the binary to the first step's first instruction, {isolation:?}{state}");
        let figures = starts.iter().map(|seconds| seconds * 1e3).collect();
        let promise = Promise { better: Better::Lower, floor: 50.0, goal: Some(8.0) };
        let mut row = alone("P4", what.to_lowercase(), "ms", figures, Some(promise))?;
        row.yardsticks.push(("sh -c true".to_owned(), shell.clone()));
        rows.push(row);
    }
    Ok(rows)
}

/// Durable submits over HTTP; each run is parked by its only step.
fn submits(bench: &Bench) -> Result<Vec<Row>, String> {
    let (mut rates, mut weights) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let state = bench.folder.join(format!("submits-{turn}"));
        let served = Served::start(&bench.binary, &state, CLIENTS)?;
        let before = served.resident()?;
        rates.push(served.submit_rate(CLIENTS, SUBMITS, server::PARKED)?);
        weights.push((served.resident()? - before) * 1_024.0 / SUBMITS as f64);
    }
    let promise = Promise { better: Better::Higher, floor: 2_000.0, goal: Some(15_000.0) };
    let what = format!("durable submits over HTTP, {CLIENTS} clients, parked by suspend");
    let mut row = alone("P5a", what, "submits/s", rates, Some(promise))?;
    let commit = yardsticks::sqlite_commit(&bench.folder)?;
    row.yardsticks.push(("single SQLite commits".to_owned(), Sample::new(vec![1.0 / commit])?));
    let weight = alone("P5a", "memory of a parked run".to_owned(), "KiB", weights, None)?;
    Ok(vec![row, weight])
}

/// One page of a list and one page of a filtered list beside a year of archived runs.
fn lists(bench: &Bench) -> Result<Vec<Row>, String> {
    let state = server::many_runs(&bench.workspace.root, &bench.folder, ARCHIVED, LIVE)?;
    let served = Served::start(&bench.binary, &state, CLIENTS)?;
    let mut client = served.client()?;
    let pages = [
        ("one page of the archive", "/api/v1/archived-workflows?namespace=default&listOptions.limit=50"),
        (
            "one page filtered by label and phase",
            "/api/v1/workflows/default?listOptions.limit=50&listOptions.labelSelector=team%3Dteam-7,\
             workflows.argoproj.io/phase%3DFailed",
        ),
        ("one page of our own list", "/api/tiphys/v1/runs?namespace=default&limit=50&phase=Running"),
    ];
    let mut rows = Vec::new();
    for (what, target) in pages {
        let mut times = Vec::with_capacity(PAGES);
        for _ in 0..PAGES {
            let begun = std::time::Instant::now();
            client.get(target)?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        let times = Sample::new(times)?;
        let promise = Promise { better: Better::Lower, floor: 20.0, goal: Some(3.0) };
        let what = format!("{what}, {ARCHIVED} archived and {LIVE} live runs, p99");
        rows.push(alone("P5b", what, "ms", vec![times.quantile(0.99)], Some(promise))?);
    }
    Ok(rows)
}

/// From the submit to the first instruction of the step, on an idle server.
fn first_steps(bench: &Bench) -> Result<Vec<Row>, String> {
    let served = Served::start(&bench.binary, &bench.folder.join("first-steps"), CLIENTS)?;
    let file = bench.folder.join("first-stamps");
    let workflow = server::stamped(&bench.stamp, &file);
    let mut client = served.client()?;
    let mut times = Vec::new();
    // The first one starts the supervisor.
    for turn in 0..=FIRST_STEPS {
        std::fs::remove_file(&file).ok();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        client.submit(&workflow)?;
        served.wait_until_idle()?;
        let stamp = runs::read_stamps(&file)?.first().ok_or("the step left no stamp")?.first;
        if turn > 0 {
            times.push((stamp - now.as_secs_f64()) * 1e3);
        }
    }
    let times = Sample::new(times)?;
    let mut rows = Vec::new();
    for (name, share, floor, goal) in [("p50", 0.5, 10.0, 2.0), ("p99", 0.99, 30.0, 8.0)] {
        let promise = Promise { better: Better::Lower, floor, goal: Some(goal) };
        let what = format!("submit to the first instruction of the step, idle server, {name}");
        rows.push(alone("P5c", what, "ms", vec![times.quantile(share)], Some(promise))?);
    }
    Ok(rows)
}

/// Workflows of one step, from the first submit to the last end.
fn completions(bench: &Bench) -> Result<Vec<Row>, String> {
    let mut rates = Vec::new();
    for turn in 0..TURNS {
        let state = bench.folder.join(format!("completions-{turn}"));
        let served = Served::start(&bench.binary, &state, CLIENTS)?;
        let begun = std::time::Instant::now();
        served.submit_rate(CLIENTS, COMPLETIONS, server::NO_OP)?;
        served.wait_until_idle()?;
        rates.push(COMPLETIONS as f64 / begun.elapsed().as_secs_f64());
    }
    let promise = Promise { better: Better::Higher, floor: 500.0, goal: Some(1_500.0) };
    let what = "one-step workflows completed, isolation none".to_owned();
    Ok(vec![alone("P5d", what, "workflows/s", rates, Some(promise))?])
}

/// What the server takes when it does nothing.
fn rest(bench: &Bench) -> Result<Vec<Row>, String> {
    let state = server::many_runs(&bench.workspace.root, &bench.folder, ARCHIVED, 0)?;
    let served = Served::start(&bench.binary, &state, CLIENTS)?;
    served.client()?.get("/api/v1/workflows/default?listOptions.limit=50")?;
    let memory = Promise { better: Better::Lower, floor: 50.0, goal: Some(12.0) };
    let what = format!("resident memory of an idle server with {ARCHIVED} archived runs");
    let memory = alone("P9", what, "MiB", vec![served.resident()?], Some(memory))?;
    let bytes = std::fs::metadata(&bench.binary).map_err(|error| error.to_string())?.len();
    let size = Promise { better: Better::Lower, floor: 40.0, goal: Some(20.0) };
    let size =
        alone("P9", "the stripped binary".to_owned(), "MiB", vec![bytes as f64 / 1_048_576.0], Some(size))?;
    Ok(vec![memory, size])
}

fn reopen(bench: &Bench) -> Result<Vec<Row>, String> {
    let (seconds, journal) = bench.ours().reopen(REOPENED_NODES)?;
    let promise = Promise { better: Better::Lower, floor: 5.0, goal: Some(0.25) };
    let what = format!("reopen a journal of {REOPENED_NODES} nodes and start the next step");
    let mut row = alone("P7", what, "s", vec![seconds], Some(promise))?;
    if let Ok(seconds) = yardsticks::read_file(&journal) {
        row.yardsticks.push(("reading the file".to_owned(), Sample::new(vec![seconds])?));
    }
    Ok(vec![row])
}

/// A row of rates: ours first, then the yardsticks by name.
fn compared(id: &'static str, what: String, samples: Vec<Sample>, names: &[&str], promise: Promise) -> Row {
    let mut samples = samples.into_iter();
    let ours = samples.next().expect("ours runs first");
    let yardsticks = names.iter().map(|name| (*name).to_owned()).zip(samples).collect();
    Row { id, what, unit: "steps/s", ours, yardsticks, promise: Some(promise) }
}

fn alone(
    id: &'static str,
    what: String,
    unit: &'static str,
    figures: Vec<f64>,
    promise: Option<Promise>,
) -> Result<Row, String> {
    Ok(Row { id, what, unit, ours: Sample::new(figures)?, yardsticks: Vec::new(), promise })
}

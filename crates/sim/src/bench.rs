//! How fast the engine alone is, and how much it remembers: nothing but the machine, in one thread.

use controller::shard;
use engine::workflow::{Command, Event, Input, Outcome, Phase, Report};
use engine::{Frozen, Machine, Outbox, Plan, Progress, Run, Time};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Record;
use tiphys_controller as controller;
use tiphys_engine as engine;
use tiphys_store as store;

/// The form of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A dag in which each task waits for the one before.
    Chain,
    /// A dag of diamonds, one after the other.
    Diamonds,
    /// One step with as many items.
    FanOut,
    /// A loop over a parameter, and a step that takes all results.
    Items,
    /// A dag in which each task has expressions in its condition and its argument.
    Expressions,
}

impl Shape {
    /// Those that show the engine with as little else as can be.
    pub const PLAIN: [Shape; 3] = [Shape::Chain, Shape::Diamonds, Shape::FanOut];

    /// The shape with this name.
    pub fn named(name: &str) -> Option<Shape> {
        Shape::PLAIN.into_iter().chain([Shape::Items, Shape::Expressions]).find(|shape| shape.name() == name)
    }

    /// What its steps print, where somebody reads it.
    fn result(self) -> Option<&'static str> {
        matches!(self, Shape::Items | Shape::Expressions).then_some("7")
    }

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Chain => "chain",
            Shape::Diamonds => "diamonds",
            Shape::FanOut => "fan-out",
            Shape::Items => "items",
            Shape::Expressions => "expressions",
        }
    }
}

/// What was measured of one workflow.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Its form.
    pub shape: Shape,
    /// Its nodes.
    pub nodes: usize,
    /// From documents to a plan.
    pub compile: Duration,
    /// From the first input to the end.
    pub drive: Duration,
    /// Events recorded.
    pub events: usize,
    /// Bytes of the journal.
    pub journal_bytes: usize,
    /// Writing the journal's records.
    pub encode: Duration,
    /// Reading them, folding them into a new state, and looking at what waits.
    pub reopen: Duration,
}

impl Measured {
    /// Nodes per second.
    pub fn rate(&self) -> f64 {
        self.nodes as f64 / self.drive.as_secs_f64()
    }

    /// As one line of JSON.
    pub fn json(&self) -> Value {
        json!({
            "shape": self.shape.name(),
            "nodes": self.nodes,
            "compile_ms": millis(self.compile),
            "drive_ms": millis(self.drive),
            "nodes_per_second": self.rate().round(),
            "events": self.events,
            "journal_bytes_per_node": self.journal_bytes / self.nodes.max(1),
            "encode_ms": millis(self.encode),
            "reopen_ms": millis(self.reopen),
        })
    }
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// The exponent with which time grows with size, between two measurements of one shape.
pub fn exponent(small: &Measured, large: &Measured) -> f64 {
    let ratio = |a: f64, b: f64| (b / a).ln();
    ratio(small.drive.as_secs_f64(), large.drive.as_secs_f64())
        / ratio(small.nodes as f64, large.nodes as f64)
}

/// The documents of a workflow of this shape with about so many nodes.
pub fn documents(shape: Shape, nodes: usize) -> Result<Frozen, String> {
    let mut leaf = json!({"name": "leaf", "container": {"image": "any", "command": ["true"]}});
    if matches!(shape, Shape::Items | Shape::Expressions) {
        leaf["inputs"] = json!({"parameters": [{"name": "x"}]});
    }
    let given = |x: &str| json!({"parameters": [{"name": "x", "value": x}]});
    let main = match shape {
        Shape::FanOut => json!({
            "name": "main",
            "steps": [[{"name": "s", "template": "leaf", "withSequence": {"count": nodes.to_string()}}]],
        }),
        Shape::Items => {
            let items = Value::from_iter(0..nodes).to_string();
            json!({
                "name": "main",
                "steps": [
                    [{"name": "each", "template": "leaf", "withParam": items, "arguments": given("{{item}}")}],
                    [{"name": "all", "template": "leaf", "arguments": given("{{steps.each.outputs.result}}")}],
                ],
            })
        }
        Shape::Expressions => {
            let tasks: Vec<Value> = (0..nodes)
                .map(|at| {
                    let mut task = json!({"name": format!("t{at}"), "template": "leaf"});
                    if at == 0 {
                        task["arguments"] = given("{{=sprig.upper('first')}}");
                        return task;
                    }
                    let before = format!("tasks['t{}'].outputs.result", at - 1);
                    task["depends"] = json!(format!("t{}.Succeeded || t{}.Skipped", at - 1, at - 1));
                    task["when"] = json!(format!("{{{{={before} == '7'}}}}"));
                    task["arguments"] = given(&format!("{{{{={before} + '-' + string({at} * 2)}}}}"));
                    task
                })
                .collect();
            json!({"name": "main", "dag": {"tasks": tasks}})
        }
        Shape::Chain => {
            let tasks: Vec<Value> = (0..nodes)
                .map(|at| match at {
                    0 => json!({"name": "t0", "template": "leaf"}),
                    _ => json!({"name": format!("t{at}"), "template": "leaf",
                                "dependencies": [format!("t{}", at - 1)]}),
                })
                .collect();
            json!({"name": "main", "dag": {"tasks": tasks}})
        }
        Shape::Diamonds => {
            let tasks: Vec<Value> = (0..nodes)
                .map(|at| {
                    let name = format!("t{at}");
                    let before: Vec<String> = match at % 3 {
                        _ if at == 0 => Vec::new(),
                        0 => vec![format!("t{}", at - 1), format!("t{}", at - 2)],
                        1 => vec![format!("t{}", at - 1)],
                        _ => vec![format!("t{}", at - 2)],
                    };
                    json!({"name": name, "template": "leaf", "dependencies": before})
                })
                .collect();
            json!({"name": "main", "dag": {"tasks": tasks}})
        }
    };
    let workflow = json!({
        "metadata": {"name": "bench", "namespace": "bench", "uid": "bench"},
        "spec": {"entrypoint": "main", "templates": [main, leaf]},
    });
    let workflow = serde_json::from_value(workflow).map_err(|error| error.to_string())?;
    Ok(Frozen { workflow, ..Frozen::default() })
}

/// Most times that a workflow is driven to its end; short ones tell more of the machine's mood than of themselves.
const DRIVES_MAX: usize = 25;

/// Fewest times. In the first one the allocator puts in order what the documents have left behind, which takes twice as
/// many looks at memory as the engine itself; the median of several drives leaves that out for runs of every size.
const DRIVES_MIN: usize = 3;

/// How long driving must have taken altogether before it is not repeated any more.
const DRIVEN_ENOUGH: Duration = Duration::from_millis(500);

/// Measures one workflow: the median of several drives, where it is a short one.
pub fn measure(shape: Shape, nodes: usize) -> Result<Measured, String> {
    let frozen = documents(shape, nodes)?;
    let begun = Instant::now();
    let plan = Arc::new(engine::compile(&frozen)?);
    let compile = begun.elapsed();
    drop(frozen);
    // For the time, with nothing else in the way; then once more for the journal.
    let mut times = Vec::new();
    let run = loop {
        let begun = Instant::now();
        let run = drive(&plan, shape.result(), &mut |_, _| {});
        times.push(begun.elapsed());
        let is_enough = times.iter().sum::<Duration>() >= DRIVEN_ENOUGH && times.len() >= DRIVES_MIN;
        if is_enough || times.len() == DRIVES_MAX {
            break run;
        }
    };
    times.sort();
    let drive_time = times[times.len() / 2];
    if run.phase != Phase::Succeeded || !run.is_ended() {
        return Err(format!("the {} of {nodes} ended {:?}: {:?}", shape.name(), run.phase, run.message));
    }
    let nodes = run.nodes.len();
    let (mut records, mut events, mut encode) = (Vec::new(), 0, Duration::ZERO);
    drive(&plan, shape.result(), &mut |at, batch| {
        let begun = Instant::now();
        let body = shard::encode(batch);
        encode += begun.elapsed();
        events += batch.len();
        records.push(Record { seq: records.len() as u64 + 1, at_us: at.0, format: shard::FORMAT, body });
    });
    let journal_bytes = records.iter().map(|record| record.body.len()).sum();
    let begun = Instant::now();
    let mut run = Run::new(plan);
    for record in &records {
        for event in shard::decode(record)? {
            run.apply(Time(record.at_us), &event);
        }
    }
    run.handle(Input::Recovered, Time(records.len() as i64), &mut Outbox::default());
    let reopen = begun.elapsed();
    Ok(Measured { shape, nodes, compile, drive: drive_time, events, journal_bytes, encode, reopen })
}

/// Bytes per node that the state of a run takes at its end, without its plan. `live` tells the bytes in use.
pub fn weigh(shape: Shape, nodes: usize, live: &dyn Fn() -> usize) -> Result<usize, String> {
    let plan = Arc::new(engine::compile(&documents(shape, nodes)?)?);
    let before = live();
    let run = drive(&plan, shape.result(), &mut |_, _| {});
    let bytes = live().saturating_sub(before);
    if run.phase != Phase::Succeeded {
        return Err(format!("the {} of {nodes} ended {:?}", shape.name(), run.phase));
    }
    Ok(bytes / run.nodes.len())
}

/// Drives a run to its end; every step succeeds at once with this result. `heard` gets the events of each input.
fn drive(plan: &Arc<Plan>, result: Option<&str>, heard: &mut dyn FnMut(Time, &[Event])) -> Run {
    let mut run = Run::new(plan.clone());
    let mut now = Time(1_893_456_000_000_000);
    let mut inputs = VecDeque::from([Input::Begin]);
    let mut out = Outbox::default();
    while let Some(input) = inputs.pop_front() {
        now.0 += 1;
        if run.handle(input, now, &mut out) == Progress::More {
            inputs.push_back(Input::Continue);
        }
        heard(now, &out.events);
        out.events.clear();
        for command in out.commands.drain(..) {
            if let Command::Start(attempt) = command {
                inputs
                    .push_back(Input::Reported { attempt, report: Report::Ended(Box::new(success(result))) });
            }
        }
    }
    run
}

fn success(result: Option<&str>) -> Outcome {
    Outcome {
        phase: Phase::Succeeded,
        message: None,
        exit_code: Some(0),
        result: result.map(str::to_owned),
        ..Outcome::default()
    }
}

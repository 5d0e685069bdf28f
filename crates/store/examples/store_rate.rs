//! Measures the embedded store on the disk of the folder that is given: one line of JSON for each figure.
//!
//! `cargo run --release -p tiphys-store --example store_rate -- /some/folder`

use std::path::Path;
use std::time::{Duration, Instant};

use tiphys_store::{
    Append, Filter, Journal, LabelTerm, Life, MachineId, NameMatch, NewRun, Runs, State, Summary,
};

/// How long each rate is measured.
const WINDOW: Duration = Duration::from_secs(3);

/// What one handled input writes, about.
const BODY_BYTES: usize = 300;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let dir = Path::new(&given).join(format!("store-rate-{}", std::process::id()));
    let result = measure(&dir);
    std::fs::remove_dir_all(&dir)?;
    result
}

fn measure(dir: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let begun = Instant::now();
    let state = State::open(dir)?;
    tell("open a new folder", "ms", begun.elapsed().as_secs_f64() * 1e3);
    for batch in [1, 8, 64, 512] {
        rate(&state, batch)?;
    }
    load(&state)?;
    lists(&state)?;
    let begun = Instant::now();
    drop(State::open(dir)?.store()?);
    tell("open it again", "ms", begun.elapsed().as_secs_f64() * 1e3);
    Ok(())
}

fn tell(what: &str, unit: &str, value: f64) {
    println!(r#"{{"what": "{what}", "unit": "{unit}", "value": {value:.3}}}"#);
}

fn summary(uid: &str, number: i64) -> Summary {
    Summary {
        namespace: ["default", "team-a", "team-b"][number as usize % 3].into(),
        name: format!("run-{uid}"),
        phase: "Running".into(),
        progress: format!("{number}/1000"),
        created_us: 1_700_000_000_000_000 + number,
        ..Summary::default()
    }
}

fn rate(state: &State, batch: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut store = state.store()?;
    let machine = MachineId::workflow(format!("rate-{batch}"));
    store.create(&NewRun { machine: machine.clone(), document: vec![], summary: summary(&machine.id, 0) })?;
    let epoch = store.next_epoch(&machine)?;
    let (mut seq, mut times, begun) = (0, Vec::new(), Instant::now());
    while begun.elapsed() < WINDOW {
        let mut appends: Vec<_> = (1..=batch)
            .map(|step| Append {
                machine: machine.clone(),
                epoch,
                seq: seq + step,
                at_us: 0,
                format: 1,
                body: vec![b'x'; BODY_BYTES],
                summary: None,
                inbox_done: None,
                end: None,
            })
            .collect();
        // A list needs the row of a run once a batch.
        if let Some(last) = appends.last_mut() {
            last.summary = Some(summary(&machine.id, seq as i64));
        }
        let one = Instant::now();
        store.append(&appends)?;
        times.push(one.elapsed());
        seq += batch;
    }
    let seconds = begun.elapsed().as_secs_f64();
    times.sort();
    tell(&format!("append, {batch} a commit"), "records/s", seq as f64 / seconds);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    tell(&format!("commit of {batch}, p50"), "ms", at(0.50));
    tell(&format!("commit of {batch}, p99"), "ms", at(0.99));
    Ok(())
}

/// 100,000 nodes: 300,000 events of about 75 bytes in 40,000 records.
fn load(state: &State) -> Result<(), Box<dyn std::error::Error>> {
    let mut store = state.store()?;
    let machine = MachineId::workflow("load");
    store.create(&NewRun { machine: machine.clone(), document: vec![], summary: summary("load", 0) })?;
    let epoch = store.next_epoch(&machine)?;
    for chunk in 0..80 {
        let records: Vec<_> = (1..=500)
            .map(|step| Append {
                machine: machine.clone(),
                epoch,
                seq: chunk * 500 + step,
                at_us: 0,
                format: 1,
                body: vec![b'x'; 562],
                summary: None,
                inbox_done: None,
                end: None,
            })
            .collect();
        store.append(&records)?;
    }
    let begun = Instant::now();
    let loaded = store.load(&machine)?.map_or(0, |loaded| loaded.records.len());
    tell(&format!("load {loaded} records"), "ms", begun.elapsed().as_secs_f64() * 1e3);
    Ok(())
}

fn lists(state: &State) -> Result<(), Box<dyn std::error::Error>> {
    let mut store = state.store()?;
    // Created in bulk through the journal's own door would take as many commits; the disk is not the question.
    let begun = Instant::now();
    let runs = 20_000;
    for number in 0..runs {
        let uid = format!("list-{number}");
        let mut row = summary(&uid, number);
        row.labels.insert("number".into(), (number % 100).to_string());
        if number > 20 {
            row.phase = if number % 50 == 0 { "Failed" } else { "Succeeded" }.into();
            row.finished_us = Some(1);
        }
        store.create(&NewRun {
            machine: MachineId::workflow(&*uid),
            document: vec![b'x'; 500],
            summary: row,
        })?;
    }
    tell("create runs", "runs/s", runs as f64 / begun.elapsed().as_secs_f64());
    let page = || Filter { limit: 50, ..Filter::default() };
    let label = || vec![LabelTerm::In("number".into(), vec!["7".into()])];
    let filters = [
        ("newest", page()),
        ("live", Filter { life: Life::Live, ..page() }),
        ("phase Running", Filter { phases: vec!["Running".into()], ..page() }),
        ("phases Failed, Running", Filter { phases: vec!["Failed".into(), "Running".into()], ..page() }),
        ("namespace", Filter { namespace: Some("team-b".into()), ..page() }),
        ("no such namespace", Filter { namespace: Some("nobody".into()), ..page() }),
        ("label", Filter { labels: label(), ..page() }),
        (
            "label, none in the namespace",
            Filter { labels: label(), namespace: Some("nobody".into()), ..page() },
        ),
        ("no such name", Filter { name: Some(NameMatch::Contains("nothing".into())), ..page() }),
    ];
    for (what, filter) in filters {
        let begun = Instant::now();
        let rows = store.list(&filter)?.len();
        tell(&format!("list {runs} runs, {what}: {rows}"), "ms", begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}

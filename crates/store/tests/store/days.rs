//! What a server does with its store, in days that take a moment each: pipelines run, their ends are filed, and what
//! is kept long enough goes.

use std::path::Path;
use std::time::{Duration, Instant};

use tiphys_store::{
    Append, Created, End, Filter, LabelTerm, Life, MachineId, NewRun, Runs, Shelf, SqliteStore, State,
    Summary,
};

const DAY_US: i64 = 24 * 3_600_000_000;
const BEGIN_US: i64 = 1_700_000_000_000_000;

/// How long the archive keeps an end.
const ARCHIVE_US: i64 = 60 * DAY_US;

/// The pipelines of a server, and what it keeps of them with their journals.
pub struct Plan {
    /// Runs a day of the pipeline that runs often; another one runs at night.
    pub often: i64,
    /// Ended runs of each that are kept.
    pub kept: [(&'static str, usize); 2],
}

impl Default for Plan {
    fn default() -> Plan {
        Plan { often: 24, kept: [("often", 48), ("nightly", 14)] }
    }
}

/// What the state costs.
#[derive(Debug)]
pub struct Cost {
    /// The size of its database.
    pub bytes: u64,
    /// The time of four pages that a person looks at, together.
    pub pages: Duration,
    /// Runs in the archive.
    pub archived: u64,
}

/// Lives one day: its runs, and what goes at its end.
pub fn day(state: &State, plan: &Plan, day: i64) {
    // A connection that is closed has written its log back.
    let mut store = state.store().unwrap();
    let midnight = BEGIN_US + day * DAY_US;
    live(&mut store, plan, day, midnight);
    tidy(&mut store, plan, midnight + DAY_US);
}

/// One run of a pipeline: its creation, its first record, and the last with which its end is filed.
fn run(pipeline: &str, number: i64, at_us: i64) -> (NewRun, Append, Append) {
    let uid = format!("{pipeline}-{number}");
    let mut labels = std::collections::BTreeMap::new();
    labels.insert("workflows.argoproj.io/cron-workflow".to_owned(), pipeline.to_owned());
    let summary = Summary {
        namespace: "default".to_owned(),
        name: uid.clone(),
        created_us: at_us,
        started_us: Some(at_us),
        labels,
        ..Summary::default()
    };
    let machine = MachineId::workflow(uid);
    // Nobody's runs are all of one length.
    let bytes = 2_000 + usize::try_from(number * 7_919 % 3_000).unwrap();
    let run = NewRun { machine: machine.clone(), document: vec![b'd'; bytes], summary: summary.clone() };
    let record = |epoch: u64, seq: u64, phase: &str| Append {
        machine: machine.clone(),
        epoch,
        seq,
        at_us,
        format: 1,
        body: vec![b'e'; bytes],
        summary: Some(Summary { phase: phase.to_owned(), ..summary.clone() }),
        inbox_done: None,
        end: None,
    };
    let phase = if number % 10 == 0 { "Failed" } else { "Succeeded" };
    let mut last = record(1, 2, phase);
    last.summary.as_mut().unwrap().finished_us = Some(at_us + 60_000_000);
    last.end = Some(End { document: vec![b'f'; 2 * bytes], brief: vec![b'b'; 400], times: vec![b't'; 300] });
    (run, record(Append::CREATING, 1, "Running"), last)
}

/// A day's runs side by side, in the two commits that a crowd of them shares.
fn live(store: &mut SqliteStore, plan: &Plan, day: i64, midnight: i64) {
    let pause = DAY_US / plan.often;
    let mut made = vec![run("nightly", day, midnight)];
    made.extend((0..plan.often).map(|at| run("often", day * plan.often + at, midnight + at * pause)));
    let (mut runs, mut first, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for (run, begun, over) in made {
        runs.push(run);
        first.push(begun);
        last.push(over);
    }
    let begun = store.commit(&runs, &first).unwrap();
    assert!(begun.created.iter().all(|created| *created == (Created::Yes, 1)));
    let over = store.commit(&[], &last).unwrap();
    assert!(begun.appended.iter().chain(&over.appended).all(Result::is_ok));
}

/// What retention does: history limits of each pipeline, and the age of the archive.
fn tidy(store: &mut SqliteStore, plan: &Plan, now_us: i64) {
    for (pipeline, kept) in plan.kept {
        let old = Filter {
            labels: vec![of(pipeline)],
            life: Life::Finished,
            offset: kept,
            limit: Filter::LIMIT_MAX,
            ..Filter::default()
        };
        for row in store.list(&old).unwrap() {
            assert!(store.delete(&MachineId::workflow(row.uid)).unwrap());
        }
    }
    let old = store.oldest_archived(now_us - ARCHIVE_US, Filter::LIMIT_MAX).unwrap();
    let old: Vec<MachineId> = old.into_iter().map(|row| MachineId::workflow(row.uid)).collect();
    assert!(store.delete_archived(&old).unwrap().iter().all(|gone| *gone));
}

fn of(pipeline: &str) -> LabelTerm {
    LabelTerm::In("workflows.argoproj.io/cron-workflow".to_owned(), vec![pipeline.to_owned()])
}

/// What the state costs now; each page is full.
pub fn cost(state: &State) -> Cost {
    let mut store = state.store().unwrap();
    let archive = Filter { shelf: Shelf::Archive, limit: 50, ..Filter::default() };
    let pages = [
        Filter { limit: 50, ..Filter::default() },
        archive.clone(),
        Filter { labels: vec![of("nightly")], ..archive.clone() },
        Filter { phases: vec!["Failed".to_owned()], ..archive.clone() },
    ];
    let fastest = (0..9).map(|_| {
        let begun = Instant::now();
        for page in &pages {
            assert_eq!(store.list(page).unwrap().len(), 50);
        }
        begun.elapsed()
    });
    let pages = fastest.min().unwrap();
    let archived = store.count(&archive).unwrap();
    Cost { bytes: size(&state.dir().join("tiphys.db")), pages, archived }
}

fn size(file: &Path) -> u64 {
    std::fs::metadata(file).unwrap().len()
}

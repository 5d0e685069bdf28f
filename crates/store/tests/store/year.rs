//! A generated year of runs: what a server does with its store, in days that take a moment each.

use std::path::Path;
use std::time::{Duration, Instant};

use tiphys_store::{
    Append, Created, End, Filter, LabelTerm, Life, MachineId, NewRun, Runs, Shelf, SqliteStore, State,
    Summary,
};

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;
const DAYS: i64 = 365;

/// Ended runs of the hourly and the nightly pipeline that are kept with their journals.
const KEPT: [(&str, usize); 2] = [("hourly", 48), ("nightly", 14)];

/// How long the archive keeps an end.
const ARCHIVE_US: i64 = 60 * DAY_US;

/// What a day costs.
#[derive(Debug)]
struct Cost {
    bytes: u64,
    page: Duration,
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
    last.end = Some(End { document: vec![b'f'; 2 * bytes], brief: vec![b'b'; 400] });
    (run, record(Append::CREATING, 1, "Running"), last)
}

/// A day's runs side by side, in the two commits that a crowd of them shares.
fn live(store: &mut SqliteStore, day: i64, midnight: i64) {
    let mut made = vec![run("nightly", day, midnight)];
    made.extend((0..24).map(|hour| run("hourly", day * 24 + hour, midnight + hour * HOUR_US)));
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

/// What retention does once a day here: history limits of each pipeline, and the age of the archive.
fn tidy(store: &mut SqliteStore, now_us: i64) {
    for (pipeline, kept) in KEPT {
        let old =
            Filter { labels: vec![of(pipeline)], life: Life::Finished, offset: kept, ..Filter::default() };
        for row in store.list(&old).unwrap() {
            assert!(store.delete(&MachineId::workflow(row.uid)).unwrap());
        }
    }
    let old = store.oldest_archived(now_us - ARCHIVE_US, 500).unwrap();
    let old: Vec<MachineId> = old.into_iter().map(|row| MachineId::workflow(row.uid)).collect();
    assert!(store.delete_archived(&old).unwrap().iter().all(|gone| *gone));
}

fn of(pipeline: &str) -> LabelTerm {
    LabelTerm::In("workflows.argoproj.io/cron-workflow".to_owned(), vec![pipeline.to_owned()])
}

/// The size of the state, and the time of the pages that a person looks at.
fn cost(store: &mut SqliteStore, folder: &Path) -> Cost {
    let pages = [
        Filter { limit: 50, ..Filter::default() },
        Filter { shelf: Shelf::Archive, limit: 50, ..Filter::default() },
        Filter { shelf: Shelf::Archive, labels: vec![of("nightly")], limit: 50, ..Filter::default() },
        Filter { shelf: Shelf::Archive, phases: vec!["Failed".to_owned()], limit: 50, ..Filter::default() },
    ];
    let fastest = (0..5).map(|_| {
        let begun = Instant::now();
        for page in &pages {
            assert_eq!(store.list(page).unwrap().len(), 50);
        }
        begun.elapsed()
    });
    let page = fastest.min().unwrap();
    Cost { bytes: std::fs::metadata(folder.join("tiphys.db")).unwrap().len(), page }
}

/// With limits of history and an age of the archive, the last month of a year costs what the fourth did.
#[test]
fn a_year_of_runs_stays_as_small_and_as_quick_as_a_season() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut costs = Vec::new();
    let begin = 1_700_000_000_000_000;
    for day in 0..DAYS {
        // A connection that is closed has written its log back.
        let mut store = state.store().unwrap();
        let midnight = begin + day * DAY_US;
        live(&mut store, day, midnight);
        tidy(&mut store, midnight + DAY_US);
        if day % 30 == 5 && day > 100 {
            costs.push(cost(&mut store, state.dir()));
        }
    }
    let (first, last) = (&costs[0], &costs[costs.len() - 1]);
    println!("a season: {first:?}, a year: {last:?}, of {} runs", DAYS * 25);
    assert!(last.bytes <= first.bytes + first.bytes / 10, "{costs:?}");
    // Wide, because other programs run beside this one; a list that is walked takes four times as long after a year.
    assert!(last.page <= first.page * 3 + Duration::from_millis(2), "{costs:?}");
}

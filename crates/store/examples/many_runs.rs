//! Fills a state folder with runs that ended and were archived, and with runs that are still here.
//!
//!     many_runs FOLDER ARCHIVED LIVE
//!
//! For benches of lists; the folder is best made in memory and copied.

use std::collections::BTreeMap;
use std::path::Path;

use tiphys_store::{Created, End, Filed, MachineId, NewRun, Runs, State, Summary};

/// Runs created in one transaction.
const BATCH: usize = 500;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, archived, live] = arguments.as_slice() else {
        eprintln!("usage: many_runs FOLDER ARCHIVED LIVE");
        std::process::exit(2);
    };
    let count = |text: &str| text.parse::<usize>().expect("a count is a whole number");
    let state = State::open(Path::new(folder)).expect("the folder can be made");
    let mut store = state.store().expect("the database can be made");
    let (archived, live) = (count(archived), count(live));
    let numbers: Vec<usize> = (0..archived + live).collect();
    for batch in numbers.chunks(BATCH) {
        let runs: Vec<NewRun> = batch.iter().map(|number| run(*number, *number < archived)).collect();
        let created = store.commit(&runs, &[]).expect("the disk has room").created;
        assert!(created.iter().all(|(created, _)| *created == Created::Yes));
        let ended = || batch.iter().zip(&runs).filter(|(number, _)| **number < archived);
        let filed: Vec<Filed> = ended()
            .map(|(number, run)| Filed {
                machine: run.machine.clone(),
                end: End { document: document(*number).into_bytes(), brief: Vec::new(), times: Vec::new() },
            })
            .collect();
        store.archive(&filed).expect("the disk has room");
        let ended: Vec<MachineId> = ended().map(|(_, run)| run.machine.clone()).collect();
        store.delete_all(&ended).expect("the disk has room");
    }
}

fn run(number: usize, ended: bool) -> NewRun {
    let uid = format!("00000000-0000-7000-8000-{number:012}");
    // One every five minutes: a year is about a hundred thousand.
    let created_us = 1_700_000_000_000_000 + number as i64 * 300_000_000;
    let phase = match (ended, number % 10) {
        (false, _) => "Running",
        (true, 0) => "Failed",
        (true, _) => "Succeeded",
    };
    let labels = [
        ("team", format!("team-{}", number % 20)),
        ("workflows.argoproj.io/phase", phase.to_owned()),
        ("workflows.argoproj.io/completed", ended.to_string()),
        ("workflows.argoproj.io/workflow-template", format!("pipeline-{}", number % 50)),
    ];
    NewRun {
        machine: MachineId::workflow(&uid),
        document: br#"{"frozen":{"workflow":{"metadata":{},"spec":{"entrypoint":"main"}}}}"#.to_vec(),
        summary: Summary {
            namespace: "default".to_owned(),
            name: format!("run-{number:06}"),
            uid,
            phase: phase.to_owned(),
            progress: "1/1".to_owned(),
            created_us,
            started_us: Some(created_us),
            finished_us: ended.then_some(created_us + 42_000_000),
            labels: labels
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<BTreeMap<_, _>>(),
            ..Summary::default()
        },
    }
}

/// A finished workflow of one step, as the archive keeps it.
fn document(number: usize) -> String {
    format!(
        r#"{{"apiVersion":"argoproj.io/v1alpha1","kind":"Workflow","metadata":{{"name":"run-{number:06}",
"namespace":"default","labels":{{"team":"team-{}"}},"creationTimestamp":"2024-01-01T00:00:00Z"}},
"spec":{{"entrypoint":"main","arguments":{{}},"templates":[{{"name":"main","container":{{"image":"busybox"}}}}]}},
"status":{{"phase":"Succeeded","startedAt":"2024-01-01T00:00:00Z","finishedAt":"2024-01-01T00:00:42Z",
"progress":"1/1","nodes":{{"run-{number:06}":{{"id":"run-{number:06}","name":"run-{number:06}","type":"Pod",
"phase":"Succeeded","templateName":"main"}}}}}}}}"#,
        number % 20
    )
}

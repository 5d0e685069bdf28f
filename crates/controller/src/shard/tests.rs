use super::*;
use tiphys_engine::workflow::{LockAnswer, Report};
use tiphys_engine::{Frozen, compile, status};

fn adopted(shard: &mut Shard, uid: &str) {
    let spec = serde_json::json!({ "entrypoint": "main", "templates": [
        { "name": "main", "steps": [[{ "name": "a", "template": "work" }]] },
        { "name": "work", "container": { "image": "any", "command": ["work"] } },
    ]});
    adopted_as(shard, uid, spec);
}

fn adopted_as(shard: &mut Shard, uid: &str, spec: serde_json::Value) {
    let workflow = serde_json::json!({ "metadata": { "name": uid, "uid": uid }, "spec": spec });
    let workflow: tiphys_spec::Workflow = serde_json::from_value(workflow).unwrap();
    let summary = crate::submit::summary(&workflow, Time(0));
    let plan = compile(&Frozen { workflow, ..Frozen::default() }).unwrap();
    let run = Run::new(Arc::new(plan));
    shard.adopt(run, MachineId::workflow(uid), 1, &[], summary, Time(1)).unwrap();
}

/// Makes everything durable; what follows.
fn commit(shard: &mut Shard) -> Vec<Effect> {
    let batch = shard.batch(Time(2));
    let results: Vec<Result<(), AppendError>> = batch.iter().map(|_| Ok(())).collect();
    shard.committed(&results)
}

/// I13, EX-009: the run ends in Error with the words of the assertion, its steps are stopped, and others go on.
#[test]
fn a_mistake_of_ours_ends_one_run_only() {
    let mut shard = Shard::new(8);
    adopted(&mut shard, "broken");
    adopted(&mut shard, "sound");
    let started = commit(&mut shard);
    assert!(matches!(&started[0], Effect::Start(attempts) if attempts.len() == 2), "{started:?}");
    // As if a mistake had lost the nodes below the root.
    shard.runs.get_mut("broken").unwrap().run.nodes.truncate(1);
    shard.input("broken", Input::Recovered, Time(2));
    let effects = commit(&mut shard);
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Stop(uid, _) if uid == "broken")),
        "{effects:?}"
    );
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Ended(uid) if uid == "broken")),
        "{effects:?}"
    );
    let run = shard.run("broken").unwrap();
    assert_eq!((status::phase_name(run), run.is_ended()), ("Error", true));
    let message = run.message.as_deref().unwrap_or_default();
    assert!(message.contains("index out of bounds") && message.contains("please report it"), "{message}");
    assert_eq!(status::phase_name(shard.run("sound").unwrap()), "Running");
    // Whatever else is heard of it changes nothing.
    shard.input("broken", Input::TimerFired, Time(3));
    assert!(commit(&mut shard).is_empty());
}

/// K8S-402, K8S-403: what waits for a place and what runs is counted apart.
#[test]
fn what_goes_on_is_counted() {
    let mut shard = Shard::new(1);
    assert_eq!(shard.census(), Census::default());
    adopted(&mut shard, "first");
    adopted(&mut shard, "second");
    drop(commit(&mut shard));
    assert_eq!(shard.census(), Census { pods_pending: 1, pods_running: 1, runs_with_pods: 1 });
}

/// PA-281: an engine that is killed before it has deleted what is to go with the end of a run left work undone: the run's
/// row has no end until that is done, so that whoever looks for unfinished runs takes it up.
#[test]
fn a_run_whose_artifacts_are_still_to_be_deleted_is_not_over_yet() {
    let mut shard = Shard::new(8);
    let spec = serde_json::json!({ "entrypoint": "main", "artifactGC": { "strategy": "OnWorkflowCompletion" },
    "templates": [
        { "name": "main", "container": { "image": "any", "command": ["work"] },
          "outputs": { "artifacts": [{ "name": "a", "path": "/tmp/a" }] } },
    ]});
    adopted_as(&mut shard, "gc", spec);
    let Some(Effect::Start(attempts)) = commit(&mut shard).into_iter().next() else { panic!() };
    let outcome =
        tiphys_engine::workflow::Outcome { phase: Phase::Succeeded, ..crate::submit::never_started() };
    let report = Report::Ended(Box::new(outcome));
    shard.input("gc", Input::Reported { attempt: attempts[0].1, report }, Time(2));
    let row = |batch: &[Append]| batch[0].summary.clone().map(|row| (row.phase, row.finished_us.is_some()));
    let batch = shard.batch(Time(2));
    assert_eq!(row(&batch), Some(("Succeeded".to_owned(), false)));
    assert!(shard.last_records().is_empty(), "its last record is still to come");
    let effects = shard.committed(&[Ok(())]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::DeleteArtifacts(_))), "{effects:?}");
    shard.input("gc", Input::ArtifactsDeleted { collected: Default::default() }, Time(3));
    let batch = shard.batch(Time(3));
    assert_eq!(row(&batch), Some(("Succeeded".to_owned(), true)));
    assert_eq!(shard.last_records(), [0]);
}

/// What a row lacks because nothing more happened is written a moment later, without a record; and why a run stands still.
#[test]
fn rows_are_brought_up_to_date_without_a_record() {
    let mut shard = Shard::new(1);
    let spec = serde_json::json!({ "entrypoint": "main", "templates": [
        { "name": "main", "steps": [[{ "name": "a", "template": "work" }], [{ "name": "rest", "template": "pause" }]] },
        { "name": "work", "container": { "image": "any", "command": ["work"] } },
        { "name": "pause", "suspend": { "duration": "1h" } },
    ]});
    adopted_as(&mut shard, "first", spec.clone());
    let Some(Effect::Start(first)) = commit(&mut shard).into_iter().next() else { panic!() };
    shard.input(
        "first",
        Input::Reported { attempt: first[0].1, report: Report::Observed { address: None } },
        Time(2),
    );
    adopted_as(&mut shard, "second", spec);
    assert!(!matches!(commit(&mut shard)[..], [Effect::Start(_), ..]), "there is one place");
    let told = |rows: Vec<(MachineId, u64, Summary)>| -> Vec<(String, u64, String, String)> {
        rows.into_iter().map(|(machine, epoch, row)| (machine.id, epoch, row.message, row.progress)).collect()
    };
    let row = |uid: &str, message: &str, progress: &str| {
        (uid.to_owned(), 1, message.to_owned(), progress.to_owned())
    };
    let due = shard.next_row().unwrap();
    assert_eq!(told(shard.late_rows(Time(due.0 - 1))), []);
    // The first was told to run, and runs.
    assert_eq!(told(shard.late_rows(due)), [row("second", "waits for a free place to run in", "0/1")]);
    assert_eq!(shard.next_row(), None);
    // It ends at once after a row was written: the next record has none.
    let outcome =
        tiphys_engine::workflow::Outcome { phase: Phase::Succeeded, ..crate::submit::never_started() };
    let report = Report::Ended(Box::new(outcome));
    shard.input("first", Input::Reported { attempt: first[0].1, report }, Time(3));
    let batch = shard.batch(Time(3));
    assert!(batch[0].summary.is_none());
    drop(shard.committed(&[Ok(())]));
    let due = shard.next_row().unwrap();
    let until = "rest: waits until 1970-01-01T01:00:00Z, or until somebody resumes it";
    assert_eq!(told(shard.late_rows(due)), [row("first", until, "1/2")]);
    // Nothing is new, nothing is written.
    assert_eq!((shard.next_row(), told(shard.late_rows(Time(9_000_000)))), (None, vec![]));
    shard.drop_run("first");
}

/// EX-356: why a run does not begin is in its row with the record that says so: it may be the last for hours.
#[test]
fn the_row_of_a_run_that_waits_for_its_locks_says_so_at_once() {
    let mut shard = Shard::new(1);
    let spec = serde_json::json!({ "entrypoint": "main", "synchronization": { "mutexes": [{ "name": "m" }] },
        "templates": [{ "name": "main", "suspend": {} }] });
    adopted_as(&mut shard, "waits", spec);
    drop(commit(&mut shard));
    let answer =
        LockAnswer::Waiting { lock: "argo/Mutex/m".into(), message: "Waiting for argo/Mutex/m lock".into() };
    shard.input("waits", Input::LocksAnswered { node: None, answer }, Time(3));
    let batch = shard.batch(Time(3));
    let row = batch[0].summary.as_ref().unwrap();
    assert_eq!((&*row.phase, &*row.message), ("Pending", "Waiting for argo/Mutex/m lock"));
    drop(shard.committed(&[Ok(())]));
    shard.drop_run("waits");
}

/// A step that is told to go keeps its place until it is gone; if its ending was never heard, whoever asks for it gives
/// the place back.
#[test]
fn a_step_that_left_unheard_holds_no_place() {
    let mut shard = Shard::new(1);
    let spec = serde_json::json!({ "entrypoint": "main", "templates": [
        { "name": "main", "dag": { "failFast": false, "tasks": [
            { "name": "a", "template": "slow" }, { "name": "b", "template": "slow", "depends": "a.Failed" } ] } },
        { "name": "slow", "pendingTimeout": "1s", "container": { "image": "any", "command": ["work"] } },
    ]});
    adopted_as(&mut shard, "late", spec);
    let Some(Effect::Start(first)) = commit(&mut shard).into_iter().next() else { panic!() };
    assert_eq!(shard.leaving("late"), []);
    // It is not seen within its time, and given up.
    shard.tick(Time(2_000_000));
    let effects = commit(&mut shard);
    assert!(matches!(effects[..], [Effect::Recorded(_), Effect::Stop(..)]), "{effects:?}");
    assert_eq!(shard.leaving("late"), [first[0].1]);
    assert!(shard.gone("late", first[0].1));
    let mut effects = Vec::new();
    shard.starts(&mut effects);
    assert!(matches!(&effects[..], [Effect::Start(next)] if next[0].1 != first[0].1), "{effects:?}");
}

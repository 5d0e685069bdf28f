use super::*;
use tiphys_engine::{Frozen, compile};

fn adopted(shard: &mut Shard, uid: &str) {
    let workflow = serde_json::json!({
        "metadata": { "name": uid, "uid": uid },
        "spec": { "entrypoint": "main", "templates": [
            { "name": "main", "steps": [[{ "name": "a", "template": "work" }]] },
            { "name": "work", "container": { "image": "any", "command": ["work"] } },
        ]},
    });
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

/// What is prepared is what the commit lets start, and never more than there is room for.
#[test]
fn what_will_start_is_foreseen_where_places_are_free() {
    let mut shard = Shard::new(3);
    for uid in ["a", "b", "c"] {
        adopted(&mut shard, uid);
    }
    let batch = shard.batch(Time(2));
    let foreseen = shard.foreseen(2);
    assert_eq!(foreseen.iter().map(|(uid, _)| uid.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let results: Vec<Result<(), AppendError>> = batch.iter().map(|_| Ok(())).collect();
    let effects = shard.committed(&results);
    let Effect::Start(started) = &effects[0] else { panic!("{effects:?}") };
    assert_eq!(started[..2], foreseen[..]);
    // All places are taken, and then somebody waits.
    for uid in ["d", "e"] {
        adopted(&mut shard, uid);
        shard.batch(Time(3));
        assert_eq!(shard.foreseen(3), []);
        assert_eq!(shard.foreseen(usize::MAX), []);
        shard.committed(&[Ok(())]);
    }
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

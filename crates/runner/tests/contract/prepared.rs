//! Steps that are prepared while their start is made durable.

use std::fs;
use std::path::PathBuf;

use tiphys_runner::Runner;
use tiphys_runner::step::{AttemptId, Exit, Isolation, Sighting, StepRequest};

use crate::common::{Case, World};

pub const CASES: &[Case] = &[
    ("prepared::nothing_runs_before_the_word", nothing_runs_before_the_word),
    ("prepared::what_is_withdrawn_leaves_nothing", what_is_withdrawn_leaves_nothing),
    ("prepared::it_is_forgotten_when_its_engine_goes", it_is_forgotten_when_its_engine_goes),
    ("prepared::a_recall_knows_nothing_of_it", a_recall_knows_nothing_of_it),
    ("prepared::it_can_be_started_whole", it_can_be_started_whole),
    ("prepared::why_it_cannot_run_is_told_when_it_should", why_it_cannot_run_is_told),
    ("prepared::without_room_it_waits_for_its_turn", without_room_it_waits_for_its_turn),
    ("prepared::the_sandbox_waits_for_the_word", the_sandbox_waits_for_the_word),
];

/// A step that leaves a line in a file whenever it runs.
fn marker(world: &World, name: &str, isolation: Isolation) -> (StepRequest, PathBuf) {
    let file = world.state.join(format!("{name}-ran"));
    let mut step = world.shell(name, isolation, &format!("echo x >> {}; echo said", file.display()));
    step.outputs.result = true;
    (step, file)
}

fn prepare(world: &World, step: &StepRequest) {
    world.runner().warm().unwrap();
    world.runner().prepare(std::slice::from_ref(step));
    has_heard(world);
}

/// Returns when the supervisor has done all that it was told so far.
fn has_heard(world: &World) {
    let nobody = AttemptId("run/nobody.0.0".into());
    assert_eq!(
        world.runner().recall(std::slice::from_ref(&nobody)).unwrap(),
        [Sighting::Unknown(nobody.clone())]
    );
}

fn proceed(world: &World, step: &StepRequest) {
    assert_eq!(world.runner().start_prepared(std::slice::from_ref(step)), [Ok(())]);
}

fn lines(file: &PathBuf) -> usize {
    fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

fn nothing_runs_before_the_word() {
    let mut world = World::new();
    let (step, file) = marker(&world, "a", Isolation::None);
    prepare(&world, &step);
    // A step that is started after it ends before it has begun.
    let (other, _) = marker(&world, "b", Isolation::None);
    assert!(world.run(&other).containers[0].exit.is_success());
    assert_eq!(lines(&file), 0);
    proceed(&world, &step);
    world.started(&step.attempt);
    let ended = world.ended(&step.attempt);
    assert_eq!((ended.result.as_deref(), lines(&file)), (Some("said"), 1));
    assert_eq!(world.log(&step), "said\n");
    world.end();
}

fn what_is_withdrawn_leaves_nothing() {
    let mut world = World::new();
    let (step, file) = marker(&world, "a", Isolation::None);
    prepare(&world, &step);
    world.runner().withdraw(std::slice::from_ref(&step.attempt));
    has_heard(&world);
    assert_eq!(lines(&file), 0);
    // The same attempt may still be wanted later.
    assert_eq!(world.run(&step).containers[0].exit, Exit::Code(0));
    assert_eq!(lines(&file), 1);
    // What is prepared when all ends does not keep it from ending.
    let (last, file) = marker(&world, "last", Isolation::None);
    prepare(&world, &last);
    let state = world.state.clone();
    assert_eq!(lines(&file), 0);
    world.end();
    assert!(!state.exists());
}

fn it_is_forgotten_when_its_engine_goes() {
    let mut world = World::new();
    let (step, file) = marker(&world, "a", Isolation::None);
    prepare(&world, &step);
    drop(world.runner.take());
    let mut world = World::at(world.state.clone());
    let sightings = world.runner().recall(&[]).unwrap();
    assert_eq!(sightings, [], "nobody said that it should start");
    assert_eq!(world.run(&step).containers[0].exit, Exit::Code(0));
    assert_eq!(lines(&file), 1);
    world.end();
}

fn a_recall_knows_nothing_of_it() {
    let mut world = World::new();
    let (step, file) = marker(&world, "a", Isolation::None);
    prepare(&world, &step);
    let sightings = world.runner().recall(std::slice::from_ref(&step.attempt)).unwrap();
    assert_eq!(sightings, [Sighting::Unknown(step.attempt.clone())]);
    world.start(&step);
    world.ended(&step.attempt);
    assert_eq!(lines(&file), 1);
    world.end();
}

fn it_can_be_started_whole() {
    let mut world = World::new();
    let (step, file) = marker(&world, "a", Isolation::None);
    prepare(&world, &step);
    assert!(world.run(&step).containers[0].exit.is_success());
    assert_eq!(lines(&file), 1);
    world.end();
}

/// EX-409
fn why_it_cannot_run_is_told() {
    let mut world = World::new();
    let mut step = world.shell("a", Isolation::None, "");
    step.containers[0].command = vec!["no-such-program".into()];
    let mut away = world.shell("b", Isolation::None, "true");
    away.containers[0].working_dir = Some("/dev/null/folder".into());
    for step in [&step, &away] {
        prepare(&world, step);
        proceed(&world, step);
        let ended = world.ended(&step.attempt);
        assert_eq!(ended.containers[0].exit, Exit::Code(64), "{ended:?}");
    }
    world.end();
}

fn without_room_it_waits_for_its_turn() {
    let mut world = World::with_places(World::fresh(), 1);
    let gate = world.state.join("gate");
    let wait = format!("while [ ! -e {} ]; do sleep 0.01; done", gate.display());
    let first = world.shell("first", Isolation::None, &wait);
    world.start(&first);
    let (second, file) = marker(&world, "second", Isolation::None);
    prepare(&world, &second);
    proceed(&world, &second);
    has_heard(&world);
    assert_eq!(lines(&file), 0);
    fs::write(&gate, "").unwrap();
    assert!(world.ended(&second.attempt).containers[0].exit.is_success());
    assert_eq!(lines(&file), 1);
    world.end();
}

fn the_sandbox_waits_for_the_word() {
    let mut world = World::new();
    let mut step = world.shell("a", Isolation::Sandbox, "echo said");
    step.outputs.result = true;
    prepare(&world, &step);
    proceed(&world, &step);
    assert_eq!(world.ended(&step.attempt).result.as_deref(), Some("said"));
    world.end();
}

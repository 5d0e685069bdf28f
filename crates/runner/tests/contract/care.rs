//! Lifecycle hooks and probes: what is done for a container while it runs.

use std::net::TcpListener;
use std::time::Duration;

use tiphys_runner::Runner;
use tiphys_runner::step::{
    Action, AttemptId, Care, ContainerRequest, Exit, Isolation, Probe, Purpose, Question, Report, Role,
    StepRequest,
};

use crate::common::{Case, World};

pub const CASES: &[Case] = &[
    ("care::a_hook_follows_the_start", a_hook_follows_the_start),
    ("care::a_hook_comes_before_the_stop", a_hook_comes_before_the_stop),
    ("care::sidecars_part_with_their_hook", sidecars_part_with_their_hook),
    ("care::who_is_not_well_is_ended", who_is_not_well_is_ended),
    ("care::nothing_is_asked_before_the_start_is_over", nothing_is_asked_before_the_start_is_over),
    ("care::what_has_begun_is_told_again", what_has_begun_is_told_again),
    ("care::a_step_tells_once_that_it_is_ready", a_step_tells_once_that_it_is_ready),
];

const PLACES: [Isolation; 2] = [Isolation::Sandbox, Isolation::None];

fn shell(text: &str) -> Action {
    Action::Exec { command: vec!["sh".into(), "-c".into(), text.into()] }
}

fn probe(purpose: Purpose, action: Action) -> Probe {
    Probe { purpose, action, after_ms: 0, period_ms: 5, timeout_ms: 20_000, failures: 2, successes: 1 }
}

/// A step with this care, whose words may name the folder FOLDER of its own.
fn cared(world: &World, name: &str, isolation: Isolation, text: &str, care: Care) -> StepRequest {
    let folder = world.state.join(format!("{name}-{isolation:?}")).display().to_string();
    let text = format!("mkdir -p {folder}; cd {folder}; {text}");
    let mut step = world.shell(&format!("{name}{isolation:?}"), isolation, &text);
    step.containers[0].care = care;
    step.containers[0].env = vec![("DIR".into(), folder)];
    step
}

/// What a container waits for may be done by its hook; it is ended when the hook fails.
fn a_hook_follows_the_start() {
    let mut world = World::new();
    for isolation in PLACES {
        let done = shell("mkdir -p $DIR; touch $DIR/hooked");
        let care = Care { post_start: Some(done), ..Care::default() };
        let step = cared(&world, "a", isolation, "until test -e hooked; do sleep 0.01; done", care);
        assert_eq!(world.run(&step).containers[0].exit, Exit::Code(0));
        let failing = [shell("exit 3"), Action::Exec { command: vec!["/no/such".into()] }];
        for (at, failing) in failing.into_iter().enumerate() {
            let care = Care { post_start: Some(failing.clone()), ..Care::default() };
            let step = cared(&world, &format!("b{at}"), isolation, "exec sleep 600", care);
            let ended = world.run(&step).containers.remove(0);
            assert_eq!(ended.exit, Exit::Signal(15), "{failing:?}");
            assert_eq!(ended.cause.as_deref(), Some("its postStart hook failed"));
        }
    }
    world.end();
}

fn a_hook_comes_before_the_stop() {
    let mut world = World::new();
    for isolation in PLACES {
        let care = Care { pre_stop: Some(shell("touch $DIR/parted")), ..Care::default() };
        let text = "trap 'test -e parted; exit $?' TERM; touch ready; while :; do sleep 0.01; done";
        let care = Care { probes: vec![probe(Purpose::Readiness, shell("test -e $DIR/ready"))], ..care };
        let step = cared(&world, "a", isolation, text, care);
        world.start(&step);
        ready(&mut world, &step.attempt);
        world.runner().stop(std::slice::from_ref(&step.attempt), Duration::from_secs(60));
        assert_eq!(world.ended(&step.attempt).containers[0].exit, Exit::Code(0));
    }
    world.end();
}

/// EX-431: a sidecar is asked to end when main has; its hook comes first.
fn sidecars_part_with_their_hook() {
    let mut world = World::new();
    for isolation in PLACES {
        let mut step =
            cared(&world, "a", isolation, "until test -e up; do sleep 0.01; done", Care::default());
        let main = step.containers[0].clone();
        let text = "mkdir -p $DIR; cd $DIR; trap 'test -e parted; exit $?' TERM; touch up; while :; do sleep 0.01; done";
        step.containers.push(ContainerRequest {
            name: "side".into(),
            role: Role::Sidecar,
            command: vec!["sh".into(), "-c".into(), text.into()],
            care: Care { pre_stop: Some(shell("touch $DIR/parted")), ..Care::default() },
            ..main
        });
        let ended = world.run(&step);
        assert_eq!(ended.containers[1].exit, Exit::Code(0), "{ended:?}");
    }
    world.end();
}

fn who_is_not_well_is_ended() {
    let mut world = World::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let host = || "127.0.0.1".to_owned();
    let bad = [
        shell("test ! -e $DIR/bad"),
        Action::Ask(Question::Tcp { host: host(), port: nobody }),
        Action::Ask(Question::Http {
            host: host(),
            port: nobody,
            path: "/".into(),
            headers: Vec::new(),
            tls: false,
        }),
        Action::Ask(Question::Grpc { host: host(), port: nobody, service: String::new() }),
    ];
    for isolation in PLACES {
        for (at, action) in bad.iter().enumerate() {
            let care = Care { probes: vec![probe(Purpose::Liveness, action.clone())], ..Care::default() };
            let step = cared(&world, &format!("a{at}"), isolation, "touch bad; exec sleep 600", care);
            let ended = world.run(&step).containers.remove(0);
            assert_eq!(ended.exit, Exit::Signal(15), "{action:?}");
            let cause = ended.cause.unwrap();
            assert!(cause.starts_with("its liveness probe failed 2 times in a row: "), "{cause}");
        }
        let care = Care { probes: vec![probe(Purpose::Startup, shell("exit 1"))], ..Care::default() };
        let step = cared(&world, "late", isolation, "exec sleep 600", care);
        let ended = world.run(&step).containers.remove(0);
        assert_eq!(ended.exit, Exit::Signal(15));
        let cause = "its startup probe failed 2 times in a row: its command exited with code 1";
        assert_eq!(ended.cause.as_deref(), Some(cause));
        // Who does not listen is killed when the grace is over.
        let alive = probe(Purpose::Liveness, shell("test ! -e $DIR/deaf"));
        let care = Care { probes: vec![alive], ..Care::default() };
        let text = "trap '' TERM; touch deaf; while :; do sleep 0.01; done";
        let mut step = cared(&world, "deaf", isolation, text, care);
        step.grace_ms = 50;
        assert_eq!(world.run(&step).containers[0].exit, Exit::Signal(9));
    }
    world.end();
}

/// A probe that would end the container does not count while it starts.
fn nothing_is_asked_before_the_start_is_over() {
    let mut world = World::new();
    for isolation in PLACES {
        let startup = Probe { failures: 10_000, ..probe(Purpose::Startup, shell("test -e $DIR/up")) };
        let alive = probe(Purpose::Liveness, shell("test -e $DIR/up && touch $DIR/asked"));
        let care = Care { probes: vec![startup, alive], ..Care::default() };
        let text = "sleep 0.2; touch up; until test -e asked; do sleep 0.01; done";
        let step = cared(&world, "a", isolation, text, care);
        assert_eq!(world.run(&step).containers[0].exit, Exit::Code(0));
    }
    world.end();
}

/// EX-430, EX-441: of containers that wait for others, whoever takes the step up later is told what runs.
fn what_has_begun_is_told_again() {
    let mut world = World::new();
    for isolation in PLACES {
        let mut step = cared(&world, "a", isolation, "exec sleep 600", Care::default());
        let main = step.containers[0].clone();
        step.containers.push(ContainerRequest {
            name: "then".into(),
            dependencies: vec![main.name.clone()],
            ..main
        });
        world.start(&step);
        let told = world.wait(|report| match report {
            Report::Standing(standing) if standing.attempt == step.attempt => Some(standing.clone()),
            _ => None,
        });
        assert_eq!(told.begun, [step.containers[0].name.clone()]);
        let seen = world.runner().recall(std::slice::from_ref(&step.attempt)).unwrap();
        let [tiphys_runner::step::Sighting::Running(started)] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(started.standing.as_ref(), Some(&told));
        world.runner().stop(std::slice::from_ref(&step.attempt), Duration::ZERO);
        world.ended(&step.attempt);
    }
    world.end();
}

fn ready(world: &mut World, attempt: &AttemptId) {
    world.wait(|report| match report {
        Report::Started(started) if started.attempt == *attempt && started.is_ready => Some(()),
        _ => None,
    });
}

/// EX-370: who takes the step up later is told again.
fn a_step_tells_once_that_it_is_ready() {
    let mut world = World::new();
    for isolation in PLACES {
        let asked = Probe { successes: 3, ..probe(Purpose::Readiness, shell("test -e $DIR/up")) };
        let care = Care { probes: vec![asked], ..Care::default() };
        let step = cared(&world, "a", isolation, "sleep 0.1; touch up; exec sleep 600", care);
        world.start(&step);
        ready(&mut world, &step.attempt);
        let seen = world.runner().recall(std::slice::from_ref(&step.attempt)).unwrap();
        let [tiphys_runner::step::Sighting::Running(started)] = &seen[..] else { panic!("{seen:?}") };
        assert!(started.is_ready);
        assert_eq!(started.standing.as_ref().and_then(|standing| standing.unready.as_ref()), None);
        world.runner().stop(std::slice::from_ref(&step.attempt), Duration::ZERO);
        world.ended(&step.attempt);
    }
    world.end();
}

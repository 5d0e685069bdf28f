//! What is done for a step while it runs: failing processes are started again, and its progress is read.

use std::time::Duration;

use tiphys_runner::Runner;
use tiphys_runner::step::{
    Again, ContainerRequest, Exit, Isolation, OutputsWanted, ParameterWanted, Report, Volume, VolumeMount,
    VolumeSource,
};

use crate::common::{Case, World};

pub const CASES: &[Case] = &[
    ("hull::failing_members_are_started_again", failing_members_are_started_again),
    ("hull::a_pause_ends_with_the_step", a_pause_ends_with_the_step),
    ("hull::what_cannot_be_started_ends_the_others", what_cannot_be_started_ends_the_others),
    ("hull::progress_has_a_file", progress_has_a_file),
    ("hull::progress_is_what_the_step_writes", progress_is_what_the_step_writes),
    ("hull::parameters_are_text", parameters_are_text),
];

const PLACES: [Isolation; 2] = [Isolation::Sandbox, Isolation::None];

fn member(name: &str, text: String, times: u32) -> ContainerRequest {
    ContainerRequest {
        name: name.into(),
        command: vec!["sh".into(), "-c".into(), text],
        again: Some(Again { times, pause_ms: 1 }),
        ..ContainerRequest::default()
    }
}

/// EX-231: the process, not the pod; who depends on it waits for its last try. What cannot be started gets one try.
fn failing_members_are_started_again() {
    let mut world = World::new();
    for isolation in PLACES {
        let tries = world.state.join(format!("tries-{isolation:?}")).display().to_string();
        let text = format!("mkdir -p $(dirname {tries}); echo x >> {tries}; test $(wc -l < {tries}) = 3");
        let mut step = world.shell(&format!("a{isolation:?}"), isolation, "");
        step.containers = vec![
            member("stubborn", text.clone(), 2),
            ContainerRequest {
                dependencies: vec!["stubborn".into()],
                ..member("after", format!("test $(wc -l < {tries}) = 3"), 0)
            },
        ];
        let ended = world.run(&step);
        assert!(ended.containers.iter().all(|one| one.exit.is_success()), "{ended:?}");

        let mut step = world.shell(&format!("b{isolation:?}"), isolation, "");
        step.containers = vec![member("main", "echo try; exit 3".into(), 2)];
        assert_eq!(world.run(&step).containers[0].exit, Exit::Code(3));
        assert_eq!(world.log(&step), "try\ntry\ntry\n");

        let mut step = world.shell(&format!("c{isolation:?}"), isolation, "");
        step.containers = vec![ContainerRequest {
            command: vec!["/no/such".into()],
            again: Some(Again { times: 3, pause_ms: 60_000 }),
            ..member("main", String::new(), 0)
        }];
        assert_eq!(world.run(&step).containers[0].exit, Exit::Code(64));
    }
    world.end();
}

fn a_pause_ends_with_the_step() {
    let mut world = World::new();
    let mut step = world.shell("a", Isolation::None, "");
    let again = Some(Again { times: 1, pause_ms: 3_600_000 });
    step.containers = vec![ContainerRequest { again, ..member("main", "exit 3".into(), 1) }];
    world.start(&step);
    world.started(&step.attempt);
    world.runner().stop(std::slice::from_ref(&step.attempt), Duration::from_secs(60));
    let ended = world.ended(&step.attempt);
    assert!(ended.stopped, "{ended:?}");
    world.end();
}

/// EX-441, EX-409: a member that cannot be started has failed like any other, and ends the others.
fn what_cannot_be_started_ends_the_others() {
    let mut world = World::new();
    for isolation in PLACES {
        let mut step = world.shell(&format!("a{isolation:?}"), isolation, "");
        let none = ContainerRequest { command: vec!["/no/such".into()], ..member("x", String::new(), 0) };
        step.containers = vec![none, member("main", "exec sleep 600".into(), 0)];
        let ended = world.run(&step);
        let exits: Vec<Exit> = ended.containers.iter().map(|one| one.exit).collect();
        assert_eq!(exits, [Exit::Code(64), Exit::Signal(15)]);
    }
    world.end();
}

/// EX-389, EX-531: every step is told of a file for its progress, each of its own.
fn progress_has_a_file() {
    let mut world = World::new();
    for isolation in PLACES {
        let text = "echo 2/4 > $ARGO_PROGRESS_FILE; exec sleep 600";
        let step = world.shell(&format!("a{isolation:?}"), isolation, text);
        world.start(&step);
        let told = world.wait(|report| match report {
            Report::Progress(told) => Some(told.progress.clone()),
            _ => None,
        });
        assert_eq!(told, "2/4");
        world.runner().stop(std::slice::from_ref(&step.attempt), Duration::ZERO);
        world.ended(&step.attempt);
    }
    let step = world.shell("named", Isolation::Sandbox, "echo $ARGO_PROGRESS_FILE");
    world.run(&step);
    assert_eq!(world.log(&step), "/var/run/argo/progress\n");
    world.end();
}

/// EX-531: what it writes into the file that it is told of is reported while it runs.
fn progress_is_what_the_step_writes() {
    let mut world = World::new();
    for isolation in PLACES {
        let file = world.state.join(format!("progress-{isolation:?}")).display().to_string();
        let mut step = world.shell(
            &format!("a{isolation:?}"),
            isolation,
            "mkdir -p $(dirname $ARGO_PROGRESS_FILE); echo 1/4 > $ARGO_PROGRESS_FILE; exec sleep 600",
        );
        step.containers[0].env = vec![("ARGO_PROGRESS_FILE".into(), file)];
        world.start(&step);
        let told = world.wait(|report| match report {
            Report::Progress(told) => Some(told.progress.clone()),
            _ => None,
        });
        assert_eq!(told, "1/4");
        world.runner().stop(std::slice::from_ref(&step.attempt), Duration::ZERO);
        world.ended(&step.attempt);
    }
    world.end();
}

/// PA-040, PA-062, PA-064: a value is the text of a file as the step saw it, in its own folders and in volumes. Bytes that are
/// no text are shown as such, and a value has a size.
fn parameters_are_text() {
    let mut world = World::new();
    let mut step = world.shell(
        "a",
        Isolation::Sandbox,
        "printf 'a\\377b\\n' > /tmp/odd; echo kept > /tmp/volume/x; head -c 1100000 /dev/zero > /tmp/long",
    );
    let wanted =
        |name: &str| ParameterWanted { name: name.into(), path: format!("/tmp/{name}"), default: None };
    step.outputs = OutputsWanted {
        parameters: vec![wanted("odd"), wanted("volume/x"), wanted("long")],
        ..OutputsWanted::default()
    };
    step.volumes = vec![Volume { name: "v".into(), source: VolumeSource::Scratch }];
    let mount = VolumeMount { name: "v".into(), mount_path: "/tmp/volume".into(), ..VolumeMount::default() };
    step.containers[0].volume_mounts = vec![mount];
    let ended = world.run(&step);
    let values: Vec<&str> = ended.parameters.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(values, ["a\u{fffd}b", "kept"], "{ended:?}");
    assert_eq!(ended.failure.unwrap().message, "open /tmp/long: longer than 1048576 bytes");
    world.end();
}

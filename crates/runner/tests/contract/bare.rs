//! Steps without a sandbox.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use tiphys_runner::Runner;
use tiphys_runner::process::Options;
use tiphys_runner::step::{
    Archive, ArtifactInput, ArtifactSource, ArtifactWanted, AttemptId, Exit, Isolation, LogWanted,
    ParameterWanted, Sighting, StepRequest, Volume, VolumeMount, VolumeSource,
};

use crate::common::{Case, World, eventually, lives, parent};

pub const CASES: &[Case] = &[
    ("bare::a_step_runs", a_step_runs),
    ("bare::starting_twice_changes_nothing", starting_twice_changes_nothing),
    ("bare::what_waits_for_its_turn_can_be_stopped_and_recalled", what_waits_for_its_turn),
    ("bare::what_only_a_sandbox_gives_is_told", what_only_a_sandbox_gives_is_told),
    ("bare::a_missing_command_exits_64", a_missing_command_exits_64),
    ("bare::a_file_that_is_no_program_exits_64", a_file_that_is_no_program),
    ("bare::a_stopped_step_gets_its_grace", a_stopped_step_gets_its_grace),
    ("bare::who_takes_steps_back_and_goes_leaves_them_alone", who_takes_back_and_goes),
    ("bare::a_deadline_ends_a_step", a_deadline_ends_a_step),
    ("bare::the_time_of_all_tries_ends_one", the_time_of_all_tries_ends_one),
    ("bare::outputs_that_are_missing", outputs_that_are_missing),
    ("bare::paths_of_outputs_lead_on_from_the_folder_of_main", paths_of_outputs_lead_on),
    ("bare::descendants_end_with_the_step", descendants_end_with_the_step),
    ("bare::what_a_running_step_has_in_the_background_lives_on", what_is_in_the_background_lives_on),
    ("bare::a_killed_engine_finds_its_steps", a_killed_engine_finds_its_steps),
    ("bare::a_killed_supervisor_takes_its_steps_along", a_killed_supervisor_takes_its_steps_along),
    ("bare::output_parameters_are_read", output_parameters_are_read),
    ("bare::killed_together_keeper_and_supervisor_leave_nothing_for_long", killed_together),
    ("bare::the_keeper_syncs_a_log_of_outcomes_that_was_written_anew", the_keeper_syncs_a_new_log),
    ("bare::a_killed_keeper_takes_everything_along", a_killed_keeper_takes_everything_along),
    ("bare::a_supervisor_that_does_not_answer_is_replaced", a_supervisor_that_does_not_answer_is_replaced),
    ("bare::image_files_are_found", image_files_are_found),
    ("bare::inputs_and_volumes_leave_nothing_behind", inputs_and_volumes_leave_nothing_behind),
    ("bare::a_shared_volume_stays_while_a_step_needs_it", a_shared_volume_stays),
    ("bare::volumes_of_killed_steps_leave_nothing_behind", volumes_of_killed_steps),
    ("bare::artifacts_of_killed_steps_leave_nothing_behind", artifacts_of_killed_steps),
    ("bare::a_scratch_folder_is_like_new_for_the_next_step", a_scratch_folder_is_like_new),
    ("bare::the_supervisor_may_open_more_files_than_its_steps", the_supervisor_may_open_more_files),
    ("bare::what_is_stored_slowly_holds_up_nobody", what_is_stored_slowly_holds_up_nobody),
    ("bare::a_full_scratch_folder_is_removed", a_full_scratch_folder_is_removed),
    ("bare::a_long_log_is_cut", a_long_log_is_cut),
];

/// EX-422: what it prints is its result, without the last line break.
fn a_step_runs() {
    let mut world = World::new();
    let mut step = world.shell("a", Isolation::None, "echo hello; echo oops >&2; exit 3");
    step.outputs.result = true;
    let ended = world.run(&step);
    assert_eq!(ended.containers[0].exit, Exit::Code(3));
    assert_eq!(ended.result.as_deref(), Some("hello"));
    let log = world.log(&step);
    assert!(log.contains("hello\n") && log.contains("oops\n"), "{log}");
    world.runner().forget(&[step.attempt]);
    world.end();
}

fn starting_twice_changes_nothing() {
    let mut world = World::new();
    let file = world.state.join("count");
    let step = world.shell("a", Isolation::None, &format!("echo x >> {}", file.display()));
    world.start(&step);
    world.start(&step);
    world.ended(&step.attempt);
    world.run(&step);
    assert_eq!(fs::read_to_string(&file).unwrap(), "x\n");
    world.end();
}

fn what_waits_for_its_turn() {
    let mut world = World::with_places(World::fresh(), 1);
    let gate = world.state.join("gate");
    let wait = format!("while [ ! -e {} ]; do sleep 0.01; done", gate.display());
    let first = world.shell("first", Isolation::None, &wait);
    let stopped = world.shell("stopped", Isolation::None, "true");
    let recalled = world.shell("recalled", Isolation::None, "true");
    let last = world.shell("last", Isolation::None, "echo last");
    let mut daemon = world.shell("daemon", Isolation::None, "echo up");
    daemon.takes_no_place = true;
    for step in [&first, &stopped, &recalled, &last, &daemon] {
        world.start(step);
    }
    assert!(world.ended(&daemon.attempt).containers[0].exit.is_success(), "a daemon takes no place");
    world.runner().stop(std::slice::from_ref(&stopped.attempt), Duration::ZERO);
    assert!(world.ended(&stopped.attempt).never_started());
    let sightings = world.runner().recall(&[recalled.attempt.clone(), first.attempt.clone()]).unwrap();
    assert_eq!(sightings[0], Sighting::Unknown(recalled.attempt.clone()), "whoever recalls starts it again");
    assert!(matches!(sightings[1], Sighting::Running(_)));
    assert_eq!(world.log(&last), "", "its turn has not come");
    fs::write(&gate, "").unwrap();
    assert!(world.ended(&last.attempt).containers[0].exit.is_success());
    world.end();
}

/// Nobody is led to believe that a security context holds where it cannot.
fn what_only_a_sandbox_gives_is_told() {
    let mut world = World::new();
    let mut step = world.shell("a", Isolation::None, "true");
    step.containers[0].security.read_only_root = true;
    step.containers[0].security.run_as_user = Some(9);
    world.run(&step);
    let own = tiphys_executor::logs::path(&step.log_dir, &step.attempt, tiphys_executor::logs::OWN_CONTAINER);
    let mut told = Vec::new();
    tiphys_runner::logs::plain(&fs::read(own).unwrap(), &mut told);
    assert_eq!(
        String::from_utf8(told).unwrap(),
        "without a sandbox, no effect have: runAsUser, readOnlyRootFilesystem\n"
    );
    world.end();
}

fn a_missing_command_exits_64() {
    let mut world = World::new();
    let mut step = world.shell("a", Isolation::None, "");
    step.containers[0].command = vec!["no-such-program".into()];
    let ended = world.run(&step);
    assert_eq!(ended.containers[0].exit, Exit::Code(64));
    assert_eq!(
        ended.containers[0].message.as_deref(),
        Some("failed to find name in PATH: exec: \"no-such-program\": executable file not found in $PATH")
    );
    world.end();
}

/// EX-409
fn a_file_that_is_no_program() {
    let mut world = World::new();
    let file = world.state.join("no-program");
    fs::write(&file, "neither ELF nor a script").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let mut step = world.shell("a", Isolation::None, "");
    step.containers[0].command = vec![file.display().to_string()];
    let ended = world.run(&step);
    assert_eq!(ended.containers[0].exit, Exit::Code(64));
    let message = ended.containers[0].message.as_deref().unwrap_or_default();
    assert_eq!(message, format!("failed to start command: fork/exec {}: exec format error", file.display()));
    world.end();
}

fn a_stopped_step_gets_its_grace() {
    let mut world = World::new();
    let gentle = world.shell(
        "gentle",
        Isolation::None,
        "trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done",
    );
    let stubborn =
        world.shell("stubborn", Isolation::None, "trap '' TERM; echo ready; while :; do sleep 0.02; done");
    for step in [&gentle, &stubborn] {
        world.start(step);
        eventually("ready", || world.log(step).contains("ready"));
    }
    let start = Instant::now();
    world.runner().stop(&[gentle.attempt.clone(), stubborn.attempt.clone()], Duration::from_millis(300));
    let ended = world.ended(&gentle.attempt);
    assert_eq!((ended.containers[0].exit, ended.stopped), (Exit::Code(7), true));
    let ended = world.ended(&stubborn.attempt);
    assert_eq!(ended.containers[0].exit, Exit::Signal(9));
    assert!(start.elapsed() >= Duration::from_millis(300));
    world.end();
}

fn who_takes_back_and_goes() {
    let mut world = World::new();
    let go = world.state.join("go");
    let text = format!(
        "trap 'echo asked' TERM; echo ready; while ! test -e {}; do sleep 0.02; done; exit 5",
        go.display()
    );
    let step = world.shell("stubborn", Isolation::None, &text);
    world.start(&step);
    eventually("ready", || world.log(&step).contains("ready"));
    let grace = Duration::from_millis(300);
    world.runner().take_back(std::slice::from_ref(&step.attempt), grace);
    // It goes before the grace is over, which is then nobody's concern.
    let state = world.state.clone();
    drop(world.runner.take());
    eventually("it was asked", || world.log(&step).contains("asked"));
    std::thread::sleep(2 * grace);
    let mut world = World::at(state);
    let seen = world.runner().recall(std::slice::from_ref(&step.attempt)).unwrap();
    assert!(matches!(&seen[0], Sighting::Running(_)), "{seen:?}");
    fs::write(go, "").unwrap();
    let ended = world.ended(&step.attempt);
    assert_eq!((ended.containers[0].exit, ended.stopped), (Exit::Code(5), false));
    world.end();
}

fn a_deadline_ends_a_step() {
    let mut world = World::new();
    let mut step = world.shell("a", Isolation::None, "sleep 60");
    step.deadline_ms = Some(50);
    let ended = world.run(&step);
    assert!(ended.deadline_exceeded);
    assert_eq!(ended.containers[0].exit, Exit::Signal(15));
    world.end();
}

/// EX-217: whoever has no time left is ended, and says no more than that.
fn the_time_of_all_tries_ends_one() {
    let mut world = World::new();
    let mut step = world.shell("a", Isolation::None, "sleep 60");
    (step.deadline_ms, step.deadline_of_tries) = (Some(50), true);
    let ended = world.run(&step);
    assert!(!ended.deadline_exceeded);
    assert_eq!(ended.containers[0].exit, Exit::Signal(15));
    world.end();
}

/// PA-040, PA-186, PA-211: the first parameter that cannot be read is all that is told, whatever else is missing.
fn outputs_that_are_missing() {
    let mut world = World::new();
    let there = world.state.join("there");
    let parameter = |name: &str, path: &std::path::Path| ParameterWanted {
        name: name.into(),
        path: path.display().to_string(),
        default: None,
    };
    let artifact = |name: &str| ArtifactWanted {
        name: name.into(),
        path: format!("/none/{name}"),
        optional: false,
        archive: Archive::None,
        key: format!("wf/{name}"),
        to: None,
        refused: None,
    };
    let mut step = world.shell("a", Isolation::None, &format!("echo 1 > {}", there.display()));
    step.outputs.artifacts = vec![artifact("x"), artifact("y")];
    let failure = world.run(&step).failure.unwrap();
    assert_eq!(
        failure.message,
        "open /var/run/argo/outputs/artifacts/none/x.tgz: no such file or directory; \
         open /var/run/argo/outputs/artifacts/none/y.tgz: no such file or directory; "
    );
    let mut step = step.clone();
    step.attempt = AttemptId("run/b".into());
    step.outputs.parameters =
        vec![parameter("p", &there), parameter("q", "/none/q".as_ref()), parameter("r", &there)];
    let ended = world.run(&step);
    assert_eq!(
        ended.failure.unwrap().message,
        "open /var/run/argo/outputs/parameters/none/q: no such file or directory"
    );
    assert_eq!(ended.parameters.iter().map(|known| known.name.as_str()).collect::<Vec<_>>(), ["p"]);
    world.end();
}

/// PA-040, PA-062: main's command copies what is given out, from its own folder; what it cannot copy is its failure.
fn paths_of_outputs_lead_on() {
    let mut world = World::new();
    let mut step = world.shell("a", Isolation::None, "echo hi > out.txt; mkdir -p sub/below");
    step.containers[0].working_dir = Some(world.state.join("place").display().to_string());
    let parameter = |path: &str, default: Option<&str>| ParameterWanted {
        name: "x".into(),
        path: path.into(),
        default: default.map(str::to_owned),
    };
    step.outputs.parameters = vec![parameter("out.txt", None)];
    let ended = world.run(&step);
    assert_eq!((ended.parameters[0].value.as_str(), &ended.failure), ("hi", &None));
    let mut step = StepRequest { attempt: AttemptId("run/b".into()), ..step };
    step.outputs.parameters = vec![parameter("sub/below", Some("d"))];
    let ended = world.run(&step);
    assert_eq!(ended.containers[0].exit, Exit::Code(64));
    let told = "failed to copy sub/below to /var/run/argo/outputs/parameters/sub/below: read sub/below: is a directory";
    assert_eq!((ended.containers[0].message.as_deref(), ended.failure), (Some(told), None));
    let mut step = StepRequest { attempt: AttemptId("run/c".into()), ..step };
    step.outputs.parameters = vec![parameter("none", None)];
    let told = "open /var/run/argo/outputs/parameters/none: no such file or directory";
    assert_eq!(world.run(&step).failure.unwrap().message, told);
    world.end();
}

fn descendants_end_with_the_step() {
    let mut world = World::new();
    let step = world.shell(
        "a",
        Isolation::None,
        "sleep 61 & echo $!; setsid sh -c 'echo $$; exec sleep 62' & sleep 0.2",
    );
    world.run(&step);
    let pids: Vec<u32> = world.log(&step).lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(pids.len(), 2);
    eventually("the descendants are gone", || pids.iter().all(|pid| !lives(*pid)));
    world.end();
}

/// A process that does not tell whose it is (servers write their title over their environment) may be a running step's.
fn what_is_in_the_background_lives_on() {
    let mut world = World::new();
    let go = world.state.join("go");
    let text =
        format!("(env -i setsid sleep 71 & echo $!); while ! test -e {}; do sleep 0.01; done", go.display());
    let serving = world.shell("serving", Isolation::None, &text);
    world.start(&serving);
    eventually("it serves", || world.log(&serving).ends_with('\n'));
    let server: u32 = world.log(&serving).trim().parse().unwrap();
    let supervisor = parent(world.started(&serving.attempt));
    eventually("it is nobody's child", || parent(server) == supervisor);
    for name in ["b", "c"] {
        // The second ends after whatever the end of the first led to.
        world.run(&world.shell(name, Isolation::None, "true"));
    }
    assert!(lives(server), "the end of another step has ended it");
    fs::write(go, "").unwrap();
    world.ended(&serving.attempt);
    eventually("it ends with its step", || !lives(server));
    world.end();
}

fn a_killed_engine_finds_its_steps() {
    let mut world = World::new();
    let go = world.state.join("go");
    let step = world.shell(
        "a",
        Isolation::None,
        &format!("while ! test -e {}; do sleep 0.01; done; exit 5", go.display()),
    );
    let done = world.shell("b", Isolation::None, "exit 6");
    world.start(&step);
    world.run(&done);
    // Forgets the runner without a word, as a killed engine does.
    let state = world.state.clone();
    drop(world.runner.take());
    let mut world = World::at(state);
    let unknown = AttemptId("run/never".into());
    let seen = world.runner().recall(&[step.attempt.clone(), done.attempt.clone(), unknown.clone()]).unwrap();
    assert!(matches!(&seen[0], Sighting::Running(started) if started.attempt == step.attempt), "{seen:?}");
    assert!(
        matches!(&seen[1], Sighting::Ended(ended) if ended.containers[0].exit == Exit::Code(6)),
        "{seen:?}"
    );
    assert_eq!(seen[2], Sighting::Unknown(unknown));
    fs::write(go, "").unwrap();
    assert_eq!(world.ended(&step.attempt).containers[0].exit, Exit::Code(5));
    world.end();
}

fn a_killed_supervisor_takes_its_steps_along() {
    let mut world = World::new();
    let done = world.shell("done", Isolation::None, "exit 4");
    world.run(&done);
    let step = world.shell("a", Isolation::None, "setsid sleep 63 & echo $!; sleep 64");
    world.start(&step);
    let main = world.started(&step.attempt);
    eventually("the child runs", || world.log(&step).lines().count() == 1);
    let child: u32 = world.log(&step).trim().parse().unwrap();
    let stat = fs::read_to_string(format!("/proc/{main}/stat")).unwrap();
    let supervisor = stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap();
    let status = std::process::Command::new("kill").args(["-9", supervisor]).status().unwrap();
    assert!(status.success());
    world.wait_for_loss();
    assert!(!lives(main) && !lives(child), "steps outlived their supervisor");
    let seen = world.runner().recall(&[step.attempt.clone(), done.attempt.clone()]).unwrap();
    assert_eq!(seen[0], Sighting::Unknown(step.attempt));
    assert!(
        matches!(&seen[1], Sighting::Ended(ended) if ended.containers[0].exit == Exit::Code(4)),
        "{seen:?}"
    );
    world.end();
}

fn output_parameters_are_read() {
    let mut world = World::new();
    let path = world.state.join("out").display().to_string();
    let mut step = world.shell("a", Isolation::None, &format!("printf 'v\\n\\n' > {path}; exit 1"));
    step.outputs.parameters = vec![
        ParameterWanted { name: "x".into(), path, default: None },
        ParameterWanted { name: "y".into(), path: "/no/such/file".into(), default: Some("d\n".into()) },
    ];
    let ended = world.run(&step);
    let values: Vec<_> = ended.parameters.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
    assert_eq!(values, [("x", "v\n"), ("y", "d")]);
    assert_eq!(ended.containers[0].exit, Exit::Code(1));
    assert_eq!(ended.failure, None);
    world.end();
}

/// A log that nobody ends is like a disk that does not answer: the step waits for it, and no other does.
fn what_is_stored_slowly_holds_up_nobody() {
    let mut world = World::new();
    let hold = world.shell("hold", Isolation::None, "sleep 74");
    world.start(&hold);
    let supervisor = parent(world.started(&hold.attempt));
    let before = children(supervisor);
    for name in ["killed", "stored"] {
        let mut step = world.shell(name, Isolation::None, "exit 3");
        step.artifact_store = world.state.join("artifacts");
        step.outputs.logs = vec![LogWanted { container: "pipe".into(), key: format!("{name}/pipe.log") }];
        let pipe = tiphys_runner::logs::path(&step.log_dir, &step.attempt, "pipe");
        fs::create_dir_all(pipe.parent().unwrap()).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        world.start(&step);
        let mut other = world.shell(&format!("{name}-other"), Isolation::None, "sleep 60");
        other.deadline_ms = Some(300);
        assert!(world.run(&other).deadline_exceeded, "deadlines hold meanwhile");
        let seen = world.runner().recall(std::slice::from_ref(&step.attempt)).unwrap();
        assert!(matches!(&seen[0], Sighting::Running(_)), "its ending is told when all is stored: {seen:?}");
        if name == "killed" {
            let helpers = || {
                let mut helpers = children(supervisor);
                helpers.retain(|pid| !before.contains(pid));
                helpers
            };
            // What the other step left is removed by another helper.
            eventually("the one that stores is left", || helpers().len() == 1);
            kill(&helpers());
        } else {
            // Opened and closed: now it has an end.
            drop(fs::OpenOptions::new().write(true).open(&pipe).unwrap());
        }
        let ended = world.ended(&step.attempt);
        assert_eq!((ended.containers[0].exit, ended.logs.len()), (Exit::Code(3), 1));
        let has_died = ended.logs[0].error.as_deref().is_some_and(|error| error.contains("has died"));
        assert_eq!(has_died, name == "killed", "{ended:?}");
    }
    world.end();
}

/// The processes whose parent this one is.
fn children(of: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap();
    list.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

fn a_full_scratch_folder_is_removed() {
    let mut world = World::new();
    let step = world.shell("a", Isolation::None, "mkdir x; for i in $(seq 300); do echo > x/$i; done; pwd");
    world.run(&step);
    let folder = world.log(&step).trim().to_owned();
    eventually("it is gone", || !Path::new(&folder).exists());
    world.end();
}

fn a_long_log_is_cut() {
    let mut world = World::new();
    let mut step =
        world.shell("a", Isolation::None, "head -c 300000000 /dev/zero | tr '\\0' 'x' | fold -w 199");
    step.log_limit_bytes = 1_000_000;
    let ended = world.run(&step);
    assert_eq!(ended.containers[0].exit, Exit::Code(0));
    assert!(ended.log_bytes < 1_000_300, "{}", ended.log_bytes);
    assert!(world.log(&step).ends_with("the rest is not kept\n"));
    world.end();
}

fn image_files_are_found() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::new();
    let tool = world.state.join("tool");
    fs::write(&tool, "#!/bin/sh\necho a tool\n").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let file = |path: &str| tiphys_runner::step::ImageFile { path: path.into(), from: tool.clone() };
    let mut step = world.shell("a", Isolation::None, "some-tool");
    step.files = vec![file("/usr/local/bin/some-tool"), file("/tool")];
    assert_eq!(world.run(&step).containers[0].exit, Exit::Code(0));
    assert_eq!(world.log(&step), "a tool\n");
    let mut direct = world.shell("b", Isolation::None, "");
    direct.files = step.files.clone();
    direct.containers[0].command = vec!["/tool".into()];
    world.run(&direct);
    assert_eq!(world.log(&direct), "a tool\n");
    world.end();
}

fn inputs_and_volumes_leave_nothing_behind() {
    use tiphys_runner::step::VolumeFile;
    let mut world = World::new();
    let place = world.state.join("place");
    let path = |below: &str| place.join(below).display().to_string();
    let mut step = world.shell(
        "a",
        Isolation::None,
        &format!("cat {} {}; echo kept > {}", path("in/raw"), path("conf/x/key"), path("work/out")),
    );
    step.inputs = vec![ArtifactInput {
        name: "raw".into(),
        path: path("in/raw"),
        mode: None,
        recurse_mode: false,
        optional: false,
        archive: None,
        source: ArtifactSource::Raw { data: b"raw ".to_vec() },
    }];
    let files = vec![VolumeFile { path: "key".into(), mode: 0o600, content: b"value".to_vec() }];
    let claim = world.state.join("claim");
    step.volumes = vec![
        Volume { name: "conf".into(), source: VolumeSource::Files { files } },
        Volume { name: "work".into(), source: VolumeSource::Folder { path: claim.clone() } },
    ];
    let mount = |name: &str, below: &str| VolumeMount {
        name: name.into(),
        mount_path: path(below),
        ..VolumeMount::default()
    };
    step.containers[0].volume_mounts = vec![mount("conf", "conf/x"), mount("work", "work")];
    let ended = world.run(&step);
    assert_eq!((ended.containers[0].exit, ended.failure), (Exit::Code(0), None), "{}", world.log(&step));
    assert_eq!(world.log(&step), "raw value");
    assert_eq!(fs::read_to_string(claim.join("out")).unwrap(), "kept\n");
    assert!(!place.exists());
    world.end();
}

/// The same step, all containers of which have a volume at this place.
fn with_volume(world: &World, mut step: StepRequest, place: &Path) -> StepRequest {
    let source = VolumeSource::Folder { path: world.state.join("claim") };
    step.volumes = vec![Volume { name: "work".into(), source }];
    let mount_path = place.display().to_string();
    let mount = VolumeMount { name: "work".into(), mount_path, ..VolumeMount::default() };
    for container in &mut step.containers {
        container.volume_mounts = vec![mount.clone()];
    }
    step
}

/// Whether the supervisor alone is killed or its keeper with it: a link that stayed would be in the next step's way.
fn volumes_of_killed_steps() {
    let mut world = World::new();
    let place = world.state.join("place/work");
    for with_keeper in [false, true] {
        let step = world.shell(&format!("a{with_keeper}"), Isolation::None, "sleep 72");
        let step = with_volume(&world, step, &place);
        world.start(&step);
        let supervisor = parent(world.started(&step.attempt));
        assert!(place.is_symlink());
        let keeper = with_keeper.then(|| parent(supervisor));
        kill(&keeper.into_iter().chain([supervisor]).collect::<Vec<_>>());
        world.wait_for_loss();
        // Whoever comes next cleans up first.
        world.runner().recall(&[]).unwrap();
        assert!(!place.is_symlink() && !place.parent().unwrap().exists());
        assert!(world.state.join("claim").exists());
    }
    world.end();
}

/// What was laid out for a step that cannot take it away any more goes with whoever else sees its end.
fn artifacts_of_killed_steps() {
    let mut world = World::new();
    let place = world.state.join("place");
    let with_input = |mut step: StepRequest, name: &str| {
        step.inputs = vec![ArtifactInput {
            name: "raw".into(),
            path: place.join(name).display().to_string(),
            mode: None,
            recurse_mode: false,
            optional: false,
            archive: None,
            source: ArtifactSource::Raw { data: b"raw".to_vec() },
        }];
        step
    };
    // The hull alone, as by the kernel when memory runs out.
    let step = with_input(world.shell("a", Isolation::None, "echo x; sleep 74"), "deep/raw");
    let hull = run_until_it_speaks(&mut world, &step);
    assert!(place.join("deep/raw").exists());
    kill(&[hull]);
    world.ended(&step.attempt);
    eventually("it is gone", || !place.exists());
    // Everything; and then somebody puts a file of their own there.
    for is_replaced in [false, true] {
        let step =
            with_input(world.shell(&format!("b{is_replaced}"), Isolation::None, "echo x; sleep 75"), "raw");
        let hull = run_until_it_speaks(&mut world, &step);
        let supervisor = parent(hull);
        kill(&[parent(supervisor), supervisor, hull]);
        world.wait_for_loss();
        if is_replaced {
            fs::rename(place.join("raw"), world.state.join("away")).unwrap();
            fs::write(place.join("raw"), "own").unwrap();
        }
        world.runner().recall(&[]).unwrap();
        let left = fs::read_to_string(place.join("raw")).ok();
        assert_eq!(left.as_deref(), is_replaced.then_some("own"));
    }
    world.end();
}

/// Its process.
fn run_until_it_speaks(world: &mut World, step: &StepRequest) -> u32 {
    world.start(step);
    let process = world.started(&step.attempt);
    eventually("it speaks", || !world.log(step).is_empty());
    process
}

fn a_scratch_folder_is_like_new() {
    let mut world = World::new();
    for (number, mode) in ["2755", "000", "500"].into_iter().enumerate() {
        world.run(&world.shell(&format!("a{number}"), Isolation::None, &format!("chmod {mode} .")));
        let next = world.shell(&format!("b{number}"), Isolation::None, "stat -c %a .");
        world.run(&next);
        assert_eq!(world.log(&next), "700\n", "after {mode}");
    }
    world.end();
}

fn the_supervisor_may_open_more_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let mut world = World::new();
    let hard = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(500), maximum: hard }).unwrap();
    let text = "ulimit -Sn; ulimit -Hn; grep 'open files' /proc/$PPID/limits";
    let step = world.shell("a", Isolation::None, text);
    world.run(&step);
    let log = world.log(&step);
    let words: Vec<&str> = log.split_whitespace().collect();
    let most = hard.map_or("unlimited".to_owned(), |most| most.to_string());
    assert_eq!(words[..2], ["500", most.as_str()], "{log}");
    assert_eq!(words[5..7], [most.as_str(); 2], "{log}");
    world.end();
}

/// Two containers of one step have the volume at the same place; when they end, it is still the other step's.
fn a_shared_volume_stays() {
    let mut world = World::new();
    let (place, go) = (world.state.join("place/work"), world.state.join("go"));
    let with_volume = |step| with_volume(&world, step, &place);
    let wait =
        format!("while ! test -e {}; do sleep 0.01; done; echo x > {}/out", go.display(), place.display());
    let long = with_volume(world.shell("long", Isolation::None, &wait));
    let mut both = world.shell("both", Isolation::None, "true");
    both.containers.push(both.containers[0].clone());
    both.containers[1].name = "other".into();
    let both = with_volume(both);
    world.start(&long);
    world.started(&long.attempt);
    assert!(world.run(&both).failure.is_none());
    fs::write(go, "").unwrap();
    assert_eq!(world.ended(&long.attempt).containers[0].exit, Exit::Code(0), "{}", world.log(&long));
    assert!(!place.parent().unwrap().exists(), "the last one takes it away");
    world.end();
}

/// The parent of a process.
fn kill(pids: &[u32]) {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    assert!(std::process::Command::new("kill").arg("-9").args(pids).status().unwrap().success());
}

/// A step with a child that is in a session of its own: its main process and that child.
fn with_descendant(world: &mut World) -> (u32, u32) {
    let step = world.shell("a", Isolation::None, "setsid sleep 66 & echo $!; sleep 67");
    world.start(&step);
    let main = world.started(&step.attempt);
    eventually("the child runs", || world.log(&step).lines().count() == 1);
    (main, world.log(&step).trim().parse().unwrap())
}

fn a_killed_keeper_takes_everything_along() {
    let mut world = World::new();
    let (main, child) = with_descendant(&mut world);
    kill(&[parent(parent(main))]);
    world.wait_for_loss();
    eventually("all is gone", || !lives(main) && !lives(child));
    world.end();
}

fn killed_together() {
    let mut world = World::new();
    let (main, child) = with_descendant(&mut world);
    kill(&[parent(parent(main)), parent(main)]);
    world.wait_for_loss();
    // Whoever comes next under this id cleans up first.
    world.runner().warm().unwrap();
    assert!(world.runner().recall(&[]).unwrap().is_empty());
    eventually("all is gone", || !lives(main) && !lives(child));
    world.end();
}

/// Who forgets much has the log of outcomes written anew, into another file.
fn the_keeper_syncs_a_new_log() {
    use std::os::unix::fs::MetadataExt;
    let mut world = World::new();
    let mut step = world.shell("a", Isolation::None, "head -c 250000 /dev/zero | tr '\\0' x");
    step.outputs.result = true;
    let log = world.folder().join("outcomes.log");
    let hold = world.shell("hold", Isolation::None, "sleep 73");
    world.start(&hold);
    let keeper = parent(parent(world.started(&hold.attempt)));
    for number in 0..6 {
        step.attempt = AttemptId(format!("run/a.{number}"));
        assert_eq!(world.run(&step).result.map(|result| result.len()), Some(250_000));
    }
    let before = fs::metadata(&log).unwrap().ino();
    let all: Vec<AttemptId> = (1..6).map(|number| AttemptId(format!("run/a.{number}"))).collect();
    world.runner().forget(&all);
    eventually("it is written anew", || fs::metadata(&log).unwrap().ino() != before);
    let open = fs::read_dir(format!("/proc/{keeper}/fd")).unwrap().flatten();
    let open: Vec<_> = open.filter_map(|file| fs::read_link(file.path()).ok()).collect();
    assert!(open.iter().all(|file| !file.to_string_lossy().ends_with("(deleted)")), "{open:?}");
    world.end();
}

/// Whoever started it or found it: one that is stuck gives way, one that only has nothing to tell does not.
fn a_supervisor_that_does_not_answer_is_replaced() {
    let soon = |options: &mut Options| options.patience = Duration::from_millis(500);
    let state = World::fresh();
    let mut world = World::with(state.clone(), soon);
    let quiet = world.shell("quiet", Isolation::None, "sleep 1.5");
    assert_eq!(world.run(&quiet).containers[0].exit, Exit::Code(0));
    freeze_supervisor(&mut world, "started");
    let hold = world.shell("hold", Isolation::None, "sleep 69");
    world.start(&hold);
    world.started(&hold.attempt);
    world.runner = None;
    let mut second = World::with(state, soon);
    freeze_supervisor(&mut second, "found");
    second.end();
}

/// Stops the supervisor in the middle of a step, and runs another under its successor.
fn freeze_supervisor(world: &mut World, name: &str) {
    let stuck = world.shell(name, Isolation::None, "sleep 68");
    world.start(&stuck);
    let main = world.started(&stuck.attempt);
    let supervisor = parent(main).to_string();
    assert!(std::process::Command::new("kill").args(["-STOP", &supervisor]).status().unwrap().success());
    let reason = world.wait_for_loss();
    assert!(reason.contains("without an answer") && reason.contains(&supervisor), "{reason}");
    let next = world.shell(&format!("{name}-next"), Isolation::None, "exit 3");
    assert_eq!(world.run(&next).containers[0].exit, Exit::Code(3));
    assert!(!lives(main));
}

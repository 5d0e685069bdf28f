//! Steps in the sandbox.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use tiphys_runner::Runner;
use tiphys_runner::step::{
    Archive, ArtifactInput, ArtifactSource, ArtifactWanted, Exit, HostMount, ImageFile, Isolation, LastWords,
    LogWanted, ParameterWanted, Report, Volume, VolumeFile, VolumeMount, VolumeSource,
};

use crate::common::{Case, World, eventually, lives, parent};

pub const CASES: &[Case] = &[
    ("sandbox::a_step_runs", a_step_runs),
    ("sandbox::it_may_write_everywhere_and_nothing_stays", it_may_write_everywhere_and_nothing_stays),
    ("sandbox::what_the_machine_has_can_be_written_over", what_the_machine_has_can_be_written_over),
    ("sandbox::it_cannot_look_into_the_machine", it_cannot_look_into_the_machine),
    ("sandbox::declared_paths_show_nothing_that_is_hidden", declared_paths_show_nothing_that_is_hidden),
    ("sandbox::it_cannot_touch_its_cage", it_cannot_touch_its_cage),
    ("sandbox::a_stopped_step_gets_its_grace", a_stopped_step_gets_its_grace),
    ("sandbox::descendants_end_with_the_step", descendants_end_with_the_step),
    ("sandbox::a_killed_supervisor_takes_its_steps_along", a_killed_supervisor_takes_its_steps_along),
    ("sandbox::a_read_only_root_keeps_what_it_has", a_read_only_root_keeps_what_it_has),
    ("sandbox::volumes_and_mounts_are_shown", volumes_and_mounts_are_shown),
    ("sandbox::artifacts_come_and_go", artifacts_come_and_go),
    ("sandbox::folders_of_the_machine_can_be_given_out", folders_of_the_machine_can_be_given_out),
    ("sandbox::image_files_replace_links", image_files_replace_links),
    ("sandbox::scripts_have_their_path_last", scripts_have_their_path_last),
    ("sandbox::a_missing_command_exits_64", a_missing_command_exits_64),
    ("ordinary_user::everything_in_the_sandbox_works", an_ordinary_user_can_do_all_of_it),
    ("sandbox::too_much_memory_is_the_end", too_much_memory_is_the_end),
    ("sandbox::capabilities_are_told", capabilities_are_told),
    ("sandbox::containers_depend_on_each_other", containers_depend_on_each_other),
    ("sandbox::sidecars_and_init_containers_serve_main", sidecars_and_init_containers_serve_main),
    ("sandbox::containers_have_last_words", containers_have_last_words),
    ("sandbox::devices_are_nobodys_to_change", devices_are_nobodys_to_change),
    ("sandbox::a_huge_environment_is_passed_on", a_huge_environment_is_passed_on),
    ("sandbox::long_words_lie_in_files", long_words_lie_in_files),
    ("sandbox::a_thousand_steps_start_together", a_thousand_steps_start_together),
    ("sandbox::a_zygote_that_does_not_answer_is_replaced", a_zygote_that_does_not_answer_is_replaced),
];

fn sandbox(world: &World, name: &str, text: &str) -> tiphys_runner::step::StepRequest {
    let mut step = world.shell(name, Isolation::Sandbox, text);
    step.artifact_store = world.state.join("artifacts");
    step
}

fn a_step_runs() {
    let mut world = World::new();
    let mut step = sandbox(
        &world,
        "a",
        "echo $$ $(id -u) $(hostname) $HOME $(ls /proc | grep -c '^[0-9]'); env | sort; echo oops >&2; exit 3",
    );
    step.outputs.result = true;
    let ended = world.run(&step);
    assert_eq!(ended.failure, None);
    assert_eq!(ended.containers[0].exit, Exit::Code(3));
    let result = ended.result.unwrap();
    let first = result.lines().next().unwrap();
    assert!(first.starts_with("2 0 pod-a /root "), "{result}");
    let names: Vec<&str> = result.lines().skip(1).filter_map(|line| line.split('=').next()).collect();
    assert_eq!(names, ["ARGO_PROGRESS_FILE", "HOME", "HOSTNAME", "PATH", "PWD"], "{result}");
    world.end();
}

/// With `readOnlyRootFilesystem` a container may write to its volumes, to devices and to where it tells its progress, and
/// nowhere else.
fn a_read_only_root_keeps_what_it_has() {
    let mut world = World::new();
    let tries = "for place in /x /tmp/x /usr/x /etc/x /root/x /vol/x /run/shm/x /var/run/argo/x /dev/null; do \
                 (echo > $place) 2>/dev/null && echo $place; done; true";
    let mut step = sandbox(&world, "a", tries);
    step.outputs.result = true;
    step.volumes = vec![Volume { name: "vol".into(), source: VolumeSource::Scratch }];
    step.containers[0].volume_mounts =
        vec![VolumeMount { name: "vol".into(), mount_path: "/vol".into(), ..VolumeMount::default() }];
    step.containers[0].security.read_only_root = true;
    let ended = world.run(&step);
    let wrote = |ended: &tiphys_runner::step::Ended| ended.result.clone().unwrap_or_default();
    assert_eq!(wrote(&ended), "/vol/x\n/run/shm/x\n/var/run/argo/x\n/dev/null", "{ended:?}");
    step.attempt = world.shell("b", Isolation::Sandbox, "").attempt;
    step.containers[0].security.run_as_user = Some(65_534);
    let ended = world.run(&step);
    assert_eq!(wrote(&ended), "/vol/x\n/run/shm/x\n/var/run/argo/x\n/dev/null", "whoever it is: {ended:?}");
    step.attempt = world.shell("c", Isolation::Sandbox, "").attempt;
    step.containers[0].security = Default::default();
    assert!(wrote(&world.run(&step)).starts_with("/x\n/tmp/x\n/usr/x\n"));
    world.end();
}

/// What a container writes for those who ask why it failed becomes its message; what stood there before does not.
fn containers_have_last_words() {
    let mut world = World::new();
    let mut number = 0;
    let mut said = |text: &str, words: LastWords| {
        number += 1;
        let mut step = sandbox(&world, &format!("w{number}"), text);
        step.containers[0].last_words = words;
        world.run(&step).containers[0].message.clone()
    };
    let usual = LastWords::default;
    assert_eq!(said("echo no disk > /dev/termination-log; exit 3", usual()).as_deref(), Some("no disk"));
    assert_eq!(said("echo fine > /dev/termination-log", usual()), None);
    assert_eq!(said("exit 3", usual()), None);
    let at = |path: &str| LastWords { path: path.to_owned(), or_log: false };
    assert_eq!(said("echo why > /tmp/why; exit 3", at("/tmp/why")).as_deref(), Some("why"));
    assert_eq!(said("exit 3", at("/etc/hosts")), None);
    let log = || LastWords { or_log: true, ..usual() };
    assert_eq!(said("echo one; echo two >&2; exit 3", log()).as_deref(), Some("one\ntwo"));
    assert_eq!(said("echo one; echo two > /dev/termination-log; exit 3", log()).as_deref(), Some("two"));
    let long = said("yes 0123456789 | head -n 9999 > /dev/termination-log; exit 3", usual()).unwrap();
    assert!(long.len() < 4_096 && long.ends_with("0123456789"), "{}", long.len());
    world.end();
}

/// All steps see the same devices, so none may take them away from the others.
fn devices_are_nobodys_to_change() {
    let mut world = World::new();
    let text =
        "rm /dev/null; echo x > /dev/mine; echo x > /dev/termination-log; test -c /dev/null && echo kept";
    let step = sandbox(&world, "a", text);
    world.run(&step);
    assert!(world.log(&step).lines().any(|line| line == "kept"), "{}", world.log(&step));
    let next =
        sandbox(&world, "b", "ls /dev/mine; cat /dev/termination-log; echo x > /dev/null && echo fine");
    world.run(&next);
    let log = world.log(&next);
    assert!(log.contains("cannot access") && log.ends_with("fine\n") && !log.contains("\nx\n"), "{log}");
    world.end();
}

fn it_may_write_everywhere_and_nothing_stays() {
    let mut world = World::new();
    let folders = [
        "/",
        "/etc",
        "/usr",
        "/usr/bin",
        "/usr/local/bin",
        "/usr/lib",
        "/opt",
        "/srv",
        "/mnt",
        "/var",
        "/var/lib",
        "/var/log",
        "/var/tmp",
        "/run",
        "/home",
        "/root",
        "/tmp",
        "/dev/shm",
        "/new/folder",
        // Where the machine's own package managers install to.
        "/usr/lib/python3/dist-packages",
    ];
    let text = format!(
        "set -e; mkdir -p /new/folder /usr/lib/python3/dist-packages; for f in {}; do echo x > $f/tiphys-was-here; done; echo 127.0.0.9 me >> /etc/hosts; echo done",
        folders.join(" ")
    );
    let step = sandbox(&world, "a", &text);
    world.run(&step);
    assert_eq!(world.log(&step), "done\n");
    for folder in folders {
        assert!(!PathBuf::from(folder).join("tiphys-was-here").exists(), "{folder}");
    }
    let next = sandbox(&world, "b", "ls /tmp /run/tiphys-was-here /etc/tiphys-was-here");
    world.run(&next);
    assert!(!world.log(&next).lines().any(|line| line == "tiphys-was-here"), "{}", world.log(&next));
    world.end();
}

/// Folders and files that the machine's root has at a place do not keep a step from writing there.
fn what_the_machine_has_can_be_written_over() {
    let mut world = World::new();
    // Only root can put files there; the same as an ordinary user needs no preparation.
    let deep = PathBuf::from("/opt").join(format!("tiphys-{}", std::process::id())).join("a/b/c/d");
    let file = deep.join("file");
    if fs::create_dir_all(&deep).is_ok() {
        fs::write(&file, "the machine's").unwrap();
    }
    let path = |path: &std::path::Path| path.display().to_string();
    let text = format!(
        "set -e; cd /; mkdir -p {0}; cat {0}/file >&2 || true; echo new > {0}/file; echo x > {0}/other; mkdir /usr/share/doc/x; echo y > /usr/local/lib/y",
        path(&deep)
    );
    let mut step = sandbox(&world, "a", &text);
    step.outputs.parameters = vec![ParameterWanted { name: "file".into(), path: path(&file), default: None }];
    let ended = world.run(&step);
    let on_disk = fs::read_to_string(&file).ok();
    let _ = fs::remove_dir_all(deep.ancestors().nth(4).unwrap());
    assert_eq!((ended.containers[0].exit, ended.failure), (Exit::Code(0), None), "{}", world.log(&step));
    assert_eq!(ended.parameters[0].value, "new");
    assert!(on_disk.is_none_or(|text| text == "the machine's"));
    world.end();
}

fn it_cannot_look_into_the_machine() {
    let mut world = World::new();
    let secret = world.state.join("secret");
    fs::write(&secret, "the secret").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let first = sandbox(&world, "first", "export SECRET=hush; sleep 30");
    world.start(&first);
    world.started(&first.attempt);
    let attempts = [
        format!("cat {}", secret.display()),
        format!("ls {}", world.folder().display()),
        "cat /etc/shadow".into(),
        "cat /proc/1/environ".into(),
        "ls /proc/1/fd/".into(),
        "ls /proc/1/root/".into(),
        "ls /proc/1/cwd/".into(),
        "cat /proc/1/mem".into(),
        "cat /dev/vda".into(),
        "cat /proc/kcore".into(),
        "ls /run/dbus".into(),
        "test -n \"$(ls /home)\"".into(),
        "test -n \"$(ls -A /root)\"".into(),
        "grep -l hush /proc/*/environ".into(),
        "kill -0 $PPID 2>/dev/null && test $PPID != 1".into(),
        "echo x > /proc/sys/kernel/core_pattern".into(),
        "echo x > /proc/sysrq-trigger".into(),
    ];
    let text = attempts.iter().map(|attempt| {
        format!(
            "if ({attempt}) 2>/dev/null >/dev/null; then echo \"succeeded: {}\"; fi\n",
            attempt.replace('"', "'")
        )
    });
    let step = sandbox(&world, "a", &(text.collect::<String>() + "echo end"));
    world.run(&step);
    assert_eq!(world.log(&step), "end\n");
    world.runner().stop(std::slice::from_ref(&first.attempt), Duration::ZERO);
    world.ended(&first.attempt);
    world.end();
}

fn declared_paths_show_nothing_that_is_hidden() {
    let mut world = World::new();
    // Everybody may read it, so that nothing but the sandbox hides it.
    let open = PathBuf::from("/tmp").join(format!("tiphys-open-{}", std::process::id()));
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    let left = open.join("left-by-somebody");
    fs::write(&left, "not for steps").unwrap();
    fs::set_permissions(&left, fs::Permissions::from_mode(0o644)).unwrap();
    let mut step = sandbox(&world, "a", "ls -A; true");
    step.containers[0].working_dir = Some(open.display().to_string());
    step.outputs.parameters = vec![ParameterWanted {
        name: "left".into(),
        path: left.display().to_string(),
        default: Some("none".into()),
    }];
    let ended = world.run(&step);
    fs::remove_dir_all(&open).unwrap();
    assert_eq!(ended.failure, None);
    assert_eq!(ended.parameters[0].value, "none");
    assert_eq!(world.log(&step), "");
    world.end();
}

fn it_cannot_touch_its_cage() {
    let mut world = World::new();
    let attempts = [
        "umount /proc",
        "mount -t tmpfs x /mnt",
        "mount --bind / /mnt",
        "unshare -U true",
        "unshare -m true",
        "nsenter -t 1 -m true",
        "mknod /tmp/disk b 254 0 && cat /tmp/disk",
        "hostname other",
        "ip link set lo down",
        "date -s 2001-01-01",
        "kill -9 1",
    ];
    let text = attempts.iter().map(|attempt| {
        format!("if ({attempt}) 2>/dev/null >/dev/null; then echo 'succeeded: {attempt}'; fi\n")
    });
    let step = sandbox(
        &world,
        "a",
        &(text.collect::<String>() + "grep -E 'NoNewPrivs|Seccomp:|CapBnd' /proc/self/status"),
    );
    world.run(&step);
    let log = world.log(&step);
    // Process 1 ignores signals from inside, so sending one is no error.
    let log: Vec<&str> = log.lines().filter(|line| *line != "succeeded: kill -9 1").collect();
    assert_eq!(log, ["CapBnd:\t00000000a00405fb", "NoNewPrivs:\t1", "Seccomp:\t2"]);
    world.end();
}

/// EX-292: SIGTERM, and SIGKILL when the grace is over.
fn a_stopped_step_gets_its_grace() {
    let mut world = World::new();
    let gentle =
        sandbox(&world, "gentle", "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.02; done");
    let mut stubborn = sandbox(
        &world,
        "stubborn",
        "trap '' TERM; echo kept > /tmp/out; echo ready; while :; do sleep 0.02; done",
    );
    stubborn.outputs.parameters =
        vec![ParameterWanted { name: "out".into(), path: "/tmp/out".into(), default: None }];
    for step in [&gentle, &stubborn] {
        world.start(step);
        eventually("ready", || world.log(step).contains("ready"));
    }
    world.runner().stop(&[gentle.attempt.clone(), stubborn.attempt.clone()], Duration::from_millis(300));
    let ended = world.ended(&gentle.attempt);
    assert_eq!((ended.containers[0].exit, ended.stopped), (Exit::Code(7), true));
    assert!(world.log(&gentle).ends_with("bye\n"));
    let ended = world.ended(&stubborn.attempt);
    assert_eq!(ended.containers[0].exit, Exit::Signal(9));
    assert_eq!(ended.parameters[0].value, "kept");
    world.end();
}

fn descendants_end_with_the_step() {
    let mut world = World::new();
    // A child that keeps the output open must not keep the step.
    let step = sandbox(&world, "a", "setsid sleep 7261 & (sleep 7262 &) ; sleep 0.1; echo over");
    world.run(&step);
    assert_eq!(world.log(&step), "over\n");
    let sleeps = || {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter(|one| {
                fs::read(one.path().join("cmdline")).is_ok_and(|line| line.starts_with(b"sleep\x00726"))
            })
            .count()
    };
    eventually("the descendants are gone", || sleeps() == 0);
    world.end();
}

fn a_killed_supervisor_takes_its_steps_along() {
    let mut world = World::new();
    let step = sandbox(&world, "a", "sleep 65 & sleep 64");
    world.start(&step);
    let hull = world.started(&step.attempt);
    let stat = fs::read_to_string(format!("/proc/{hull}/stat")).unwrap();
    let supervisor = stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap();
    assert!(std::process::Command::new("kill").args(["-9", supervisor]).status().unwrap().success());
    world.wait_for_loss();
    assert!(!lives(hull), "the step outlived its supervisor");
    world.end();
}

fn volumes_and_mounts_are_shown() {
    let mut world = World::new();
    let host = world.state.join("host");
    fs::create_dir_all(host.join("below")).unwrap();
    fs::write(host.join("file"), "from the host").unwrap();
    let claim = world.state.join("claims/work");
    let text = "set -e; cat /data/file; echo; echo more > /data/written; cat /conf/a/key; cat /work/x 2>/dev/null || echo first > /work/x; \
                echo y > /scratch/y; echo z > /sub/z; df /mem | tail -1 | awk '{print $2}'; \
                (echo no > /readonly/x) 2>/dev/null && echo wrote; test ! -e /readonly/y || echo leak; echo end";
    let mut step = sandbox(&world, "a", text);
    let volume = |name: &str, source| Volume { name: name.into(), source };
    let mount = |name: &str, path: &str| VolumeMount {
        name: name.into(),
        mount_path: path.into(),
        ..VolumeMount::default()
    };
    step.mounts = vec![HostMount { host: host.clone(), step: "/data".into(), read_only: false }];
    step.volumes = vec![
        volume(
            "conf",
            VolumeSource::Files {
                files: vec![VolumeFile { path: "a/key".into(), mode: 0o600, content: b"value\n".to_vec() }],
            },
        ),
        volume("work", VolumeSource::Folder { path: claim.clone() }),
        volume("scratch", VolumeSource::Scratch),
        volume("mem", VolumeSource::Memory { size_bytes: 1 << 20 }),
        volume("host", VolumeSource::HostDir { path: host.clone(), read_only: true }),
    ];
    step.containers[0].volume_mounts = vec![
        mount("conf", "/conf"),
        mount("work", "/work"),
        mount("scratch", "/scratch"),
        mount("mem", "/mem"),
        mount("host", "/readonly"),
        VolumeMount { sub_path: "deep/er".into(), ..mount("work", "/sub") },
    ];
    let ended = world.run(&step);
    assert_eq!(ended.failure, None);
    assert_eq!(world.log(&step), "from the host\nvalue\n1024\nend\n");
    assert_eq!(fs::read_to_string(host.join("written")).unwrap(), "more\n");
    assert_eq!(fs::read_to_string(claim.join("x")).unwrap(), "first\n");
    assert_eq!(fs::read_to_string(claim.join("deep/er/z")).unwrap(), "z\n");
    // A link that a step leaves in a volume leads the next one nowhere.
    let mut link = sandbox(&world, "link", "ln -s /etc /work/trap");
    link.volumes = vec![volume("work", VolumeSource::Folder { path: claim.clone() })];
    link.containers[0].volume_mounts = vec![mount("work", "/work")];
    assert_eq!(world.run(&link).failure, None);
    let mut trap = link.clone();
    trap.attempt.0 = "run/trap.0.0".into();
    trap.containers[0].volume_mounts[0].sub_path = "trap".into();
    assert!(world.run(&trap).failure.is_some());
    world.end();
}

/// PA-186, PA-211: what is optional may be missing; what is not fails the step. They come in the order of the document.
fn artifacts_come_and_go() {
    let mut world = World::new();
    let text = "set -e; mkdir -p /out/folder/a /out/empty; cat /in/raw > /out/folder/a/b; echo file > /out/file; ln -s a/b /out/folder/link; mkfifo /out/folder/pipe; printf last >&2";
    let mut step = sandbox(&world, "a", text);
    let input = |name: &str, path: &str, source| ArtifactInput {
        name: name.into(),
        path: path.into(),
        mode: None,
        recurse_mode: false,
        optional: false,
        archive: None,
        source,
    };
    let wanted = |name: &str, path: &str, archive, key: &str| ArtifactWanted {
        name: name.into(),
        path: path.into(),
        optional: false,
        archive,
        key: key.into(),
        to: None,
        refused: None,
    };
    step.inputs = vec![ArtifactInput {
        mode: Some(0o755),
        ..input("raw", "/in/raw", ArtifactSource::Raw { data: b"raw bytes".to_vec() })
    }];
    step.outputs.artifacts = vec![
        wanted("folder", "/out/folder", Archive::Tar { level: None }, "wf/folder.tgz"),
        wanted("plain", "/out/folder/a", Archive::None, "wf/plain"),
        wanted("file", "/out/file", Archive::None, "wf/file"),
        ArtifactWanted { optional: true, ..wanted("none", "/out/none", Archive::Zip, "wf/none") },
        wanted("empty", "/out/empty", Archive::None, "wf/empty"),
    ];
    step.outputs.logs = vec![LogWanted { container: "main".into(), key: "wf/main.log".into() }];
    let ended = world.run(&step);
    let is_saved = |report: &Report| matches!(report, Report::Saving(told) if *told == step.attempt);
    world.wait(|report| is_saved(report).then_some(()));
    assert_eq!(ended.failure, None);
    assert_eq!(
        ended.artifacts.iter().map(|one| (one.missing, one.error.is_some())).collect::<Vec<_>>(),
        [(false, false), (false, false), (false, false), (true, true), (false, false)]
    );
    assert!(ended.artifacts[2].size_bytes == 5 && ended.artifacts[0].size_bytes > 20);
    assert_eq!(ended.logs.len(), 1);
    // What no archive can hold is told, in a log of its own.
    let own = tiphys_executor::logs::path(&step.log_dir, &step.attempt, tiphys_executor::logs::OWN_CONTAINER);
    let told = std::fs::read_to_string(own).unwrap();
    assert!(told.ends_with("the artifact `folder` is without `/out/folder/pipe` (a pipe)\n"), "{told}");
    assert!(!world.log(&step).contains("is without"), "it is no line of the step");
    let mut next = sandbox(
        &world,
        "b",
        "cat /in/folder/a/b /in/plain/b /in/file; ls /in; test -w /in/folder/a/b && echo writable",
    );
    let store = |key: &str| ArtifactSource::Store { key: key.into() };
    next.inputs = vec![
        input("folder", "/in/folder", store("wf/folder.tgz")),
        input("plain", "/in/plain", store("wf/plain")),
        input("file", "/in/file", store("wf/file")),
        ArtifactInput { optional: true, ..input("gone", "/in/gone", store("wf/gone")) },
    ];
    let ended = world.run(&next);
    assert_eq!(ended.failure, None);
    assert_eq!(world.log(&next), "raw bytesraw bytesfile\nfile\nfolder\nplain\nwritable\n");
    let mut missing = sandbox(&world, "c", "true");
    missing.inputs = vec![input("gone", "/in/gone", store("wf/gone"))];
    let failure = world.run(&missing).failure.unwrap();
    assert_eq!(failure.message, "artifact gone failed to load: The specified key does not exist.");
    for (name, archive, told) in [
        ("tar", Archive::Tar { level: None }, "gzip: invalid header"),
        ("zip", Archive::Zip, "zip: not a valid zip file"),
    ] {
        let mut wrong = sandbox(&world, name, "true");
        let raw = ArtifactSource::Raw { data: b"text".to_vec() };
        wrong.inputs = vec![ArtifactInput { archive: Some(archive), ..input("x", "/in/x", raw) }];
        assert_eq!(world.run(&wrong).failure.unwrap().message, told);
    }
    let mut absent = sandbox(&world, "d", "true");
    absent.outputs.artifacts = vec![wanted("x", "/out/none", Archive::None, "wf/x")];
    let failure = world.run(&absent).failure.unwrap();
    assert_eq!(
        failure.message,
        "open /var/run/argo/outputs/artifacts/out/none.tgz: no such file or directory; "
    );
    world.end();
}

/// What the machine keeps from a step is not asked of it.
fn folders_of_the_machine_can_be_given_out() {
    let mut world = World::new();
    let mut step = sandbox(&world, "a", "mkdir -p /etc/security; echo made > /etc/security/of-the-step");
    let wanted = |name: &str, path: &str, archive| ArtifactWanted {
        name: name.into(),
        path: path.into(),
        optional: false,
        archive,
        key: format!("wf/{name}"),
        to: None,
        refused: None,
    };
    step.outputs.artifacts = vec![
        wanted("packed", "/etc", Archive::Tar { level: Some(1) }),
        wanted("plain", "/etc/security", Archive::None),
    ];
    let ended = world.run(&step);
    assert_eq!(ended.failure, None);
    let made = world.state.join("artifacts/wf/plain/of-the-step");
    assert_eq!(fs::read_to_string(made).unwrap(), "made\n");
    world.end();
}

fn image_files_replace_links() {
    let mut world = World::new();
    let tool = world.state.join("tool");
    fs::write(&tool, "#!/bin/bash\necho a tool\n").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let mut step = sandbox(&world, "a", "/tool; /opt/x/tool; awk; echo shell");
    step.files = ["/tool", "/opt/x/tool", "/usr/bin/awk"]
        .map(|path| ImageFile { path: path.into(), from: tool.clone() })
        .to_vec();
    let ended = world.run(&step);
    assert_eq!(ended.failure, None);
    assert_eq!(world.log(&step), "a tool\na tool\na tool\nshell\n");
    world.end();
}

/// EX-420.
fn scripts_have_their_path_last() {
    let mut world = World::new();
    let mut step = sandbox(&world, "a", "");
    step.containers[0].command = vec!["sh".into(), "-e".into()];
    step.containers[0].script = Some("echo $0; pwd; test -x $0".into());
    step.containers[0].working_dir = Some("/some/where".into());
    let ended = world.run(&step);
    assert_eq!(ended.containers[0].exit, Exit::Code(0));
    assert_eq!(world.log(&step), "/argo/staging/script\n/some/where\n");
    world.end();
}

fn a_missing_command_exits_64() {
    let mut world = World::new();
    let mut step = sandbox(&world, "a", "");
    step.containers[0].command = vec!["/no/such".into()];
    let ended = world.run(&step);
    assert_eq!(ended.containers[0].exit, Exit::Code(64));
    let message = ended.containers[0].message.as_deref();
    assert_eq!(
        message,
        Some("failed to find name in PATH: exec: \"/no/such\": stat /no/such: no such file or directory")
    );
    world.end();
}

fn a_huge_environment_is_passed_on() {
    let mut world = World::new();
    let mut step = sandbox(&world, "a", "echo ${#BIG}");
    step.containers[0].env = vec![("BIG".into(), "x".repeat(120_000))];
    world.run(&step);
    assert_eq!(world.log(&step), "120000\n");
    world.end();
}

/// EX-390: words that are longer than Linux takes lie in files, if the arguments are what is long.
fn long_words_lie_in_files() {
    let mut world = World::new();
    let mut step = sandbox(&world, "a", "echo $1 $2; wc -c < ${2#@}");
    step.containers[0].command.extend(["x".to_owned(), "short".to_owned()]);
    step.containers[0].args = vec!["y".repeat(200_000)];
    let number = step.containers[0].command.len() - 1;
    world.run(&step);
    assert_eq!(world.log(&step), format!("short @/tmp/argo_arg_{number}.txt\n200000\n"));
    let mut refused = sandbox(&world, "b", "true");
    refused.containers[0].refused = Some("failed to get retry strategy: x".into());
    let ended = world.run(&refused).containers.remove(0);
    assert_eq!((ended.exit, ended.message), (Exit::Code(64), Some("failed to get retry strategy: x".into())));
    world.end();
}

/// Runs the other cases again as a user without rights, when we are root.
fn an_ordinary_user_can_do_all_of_it() {
    if fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .any(|line| line.starts_with("Uid:\t") && !line.starts_with("Uid:\t0"))
    {
        return;
    }
    if std::process::Command::new("setpriv").arg("--version").output().is_err() {
        println!("skipped: there is no setpriv to become an ordinary user with");
        return;
    }
    let folder = std::env::temp_dir().join(format!("tiphys-ordinary-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let program = folder.join("contract");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = std::process::Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(&program)
        .arg("sandbox::")
        .env("TMPDIR", &folder)
        .env("HOME", folder.join("home"))
        .current_dir("/")
        .output()
        .unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn too_much_memory_is_the_end() {
    let mut world = World::new();
    for isolation in [Isolation::Sandbox, Isolation::None] {
        let name = if isolation == Isolation::None { "bare" } else { "sandboxed" };
        let mut step = world.shell(name, isolation, "head -c 400000000 /dev/zero | tail > /dev/null");
        step.containers[0].limits.memory_bytes = 50_000_000;
        step.containers[0].limits.cpu_millis = 500;
        let ended = world.run(&step);
        assert_eq!((ended.containers[0].exit, ended.failure), (Exit::OomKilled, None), "{name}");
        let mut modest =
            world.shell(&format!("modest-{name}"), isolation, "head -c 1000 /dev/zero | tail > /dev/null");
        modest.containers[0].limits.memory_bytes = 50_000_000;
        assert_eq!(world.run(&modest).containers[0].exit, Exit::Code(0));
    }
    world.end();
}

fn capabilities_are_told() {
    let world = World::new();
    let capabilities = world.runner().capabilities().unwrap();
    assert_eq!(capabilities.no_sandbox, None);
    world.end();
}

fn containers_depend_on_each_other() {
    let mut world = World::new();
    let mut step = sandbox(&world, "a", "");
    let container = |name: &str, text: &str, dependencies: &[&str]| tiphys_runner::step::ContainerRequest {
        name: name.into(),
        dependencies: dependencies.iter().map(|one| (*one).into()).collect(),
        command: vec!["sh".into(), "-c".into(), text.into()],
        ..Default::default()
    };
    step.containers = vec![
        container("last", "cat /tmp/first /tmp/second", &["first", "second"]),
        container("first", "sleep 0.1; echo 1 > /tmp/first", &[]),
        container("second", "test -e /tmp/first && echo 2 > /tmp/second", &["first"]),
    ];
    let ended = world.run(&step);
    assert!(ended.containers.iter().all(|one| one.exit.is_success()), "{ended:?}");
    step.attempt.0 = "run/b.0.0".into();
    step.containers[2].command[2] = "exit 3".into();
    let ended = world.run(&step);
    assert_eq!(ended.containers[0].exit, Exit::Code(64));
    assert_eq!(
        ended.containers[0].message.as_deref(),
        Some("dependency \"second\" exited with non-zero code: 3")
    );
    world.end();
}

/// EX-430: init containers come before main, and a sidecar is asked to end after it.
fn sidecars_and_init_containers_serve_main() {
    use tiphys_runner::step::Role;
    let mut world = World::new();
    let mut step =
        sandbox(&world, "a", "until test -e /tmp/side; do sleep 0.01; done; cat /tmp/init; exit 4");
    let main = step.containers[0].clone();
    let other = |name: &str, role, text: &str| {
        let mut one = main.clone();
        (one.name, one.role, one.command[2]) = (name.into(), role, text.into());
        one
    };
    step.containers.push(other("prepare", Role::Init, "echo prepared > /tmp/init"));
    step.containers.push(other(
        "side",
        Role::Sidecar,
        "trap 'echo over; exit 0' TERM; touch /tmp/side; while :; do sleep 0.01; done",
    ));
    let ended = world.run(&step);
    let exits: Vec<Exit> = ended.containers.iter().map(|one| one.exit).collect();
    assert_eq!(exits, [Exit::Code(4), Exit::Code(0), Exit::Code(0)]);
    assert_eq!(world.log(&step), "prepared\n");
    world.end();
}

/// A zygote that hangs is killed and replaced; what runs already does not notice.
fn a_zygote_that_does_not_answer_is_replaced() {
    let mut world = World::with(World::fresh(), |options| options.patience = Duration::from_secs(3));
    let early = sandbox(&world, "early", "sleep 4; exit 5");
    world.start(&early);
    let hull = world.started(&early.attempt);
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", parent(hull))).unwrap();
    let zygote = children.split_ascii_whitespace().find(|pid| *pid != hull.to_string()).unwrap();
    assert!(std::process::Command::new("kill").args(["-STOP", zygote]).status().unwrap().success());
    let stuck = sandbox(&world, "stuck", "exit 0");
    let failure = world.run(&stuck).failure.expect("nobody started it").message;
    assert!(failure.contains("zygote did not answer for 1s"), "{failure}");
    assert_eq!(world.run(&sandbox(&world, "next", "exit 3")).containers[0].exit, Exit::Code(3));
    assert_eq!(world.ended(&early.attempt).containers[0].exit, Exit::Code(5));
    assert!(!lives(zygote.parse().unwrap()));
    world.end();
}

/// More orders than the zygote's answers have room for while nobody reads them.
fn a_thousand_steps_start_together() {
    let mut world = World::new();
    let steps: Vec<_> = (0..1_000).map(|number| sandbox(&world, &format!("many-{number}"), ":")).collect();
    assert_eq!(world.runner().start(&steps), vec![Ok(()); steps.len()]);
    for step in &steps {
        let ended = world.ended(&step.attempt);
        assert_eq!(ended.containers[0].exit, Exit::Code(0), "{:?}", ended.failure);
    }
    world.end();
}

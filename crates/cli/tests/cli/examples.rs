//! Every manifest in `examples/` runs, succeeds, and prints what its comment promises.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Declares one test for each example, with lines that its steps must print.
macro_rules! examples {
    ($($name:ident: $file:literal prints $lines:expr;)*) => {
        $(
            #[test]
            fn $name() {
                check($file, &$lines);
            }
        )*

        const FILES: &[&str] = &[$($file),*];
    };
}

examples! {
    artifacts: "artifacts.yaml" prints ["late edition"];
    conditionals: "conditionals.yaml" prints ["sun", "a walk in the park"];
    continue_on: "continue-on.yaml" prints ["this does not work", "the optional step Failed"];
    container_set: "container-set.yaml" prints ["made of a smooth board"];
    daemon: "daemon.yaml" prints ["once upon a time"];
    dag: "dag.yaml" prints [];
    exit_handler: "exit-handler.yaml" prints ["the main part", "example Succeeded: hooray"];
    expressions: "expressions.yaml" prints [
        "with tax: 297.5", "size: large", "things: [\"pen\",\"ink\"]", "pieces: 3", "shout: EXAM",
    ];
    fan_out: "fan-out.yaml" prints ["[2, 3, 5, 7]", "25", "the squares add up to 87"];
    hooks: "hooks.yaml" prints ["in the oven", "the oven is on", "take it out", "the workflow is Succeeded"];
    hello: "hello.yaml" prints ["hello from a step"];
    input_file: "input-file.yaml" prints ["2", "colour = green"];
    locks: "locks.yaml" prints ["on the ladder for shelf 1", "on the ladder for shelf 4"];
    loops: "loops.yaml" prints ["I like pears", "a blue door", "number 004"];
    memoize: "memoize.yaml" prints ["it is 144"];
    outputs: "outputs.yaml" prints ["42 mm, globally 42"];
    parameters: "parameters.yaml" prints ["hello world, you look happy"];
    retry: "retry.yaml" prints ["attempt 0", "attempt 1", "attempt 2"];
    scripts: "scripts.yaml" prints ["4", "the dice shows 4 (exit code 0)"];
    secrets: "secrets.yaml" prints ["colour: green", "the password has 11 letters, the file 11"];
    steps: "steps.yaml" prints ["buying potatoes", "washing", "peeling", "cooking"];
    suspend: "suspend.yaml" prints [];
    template_library: "template-library.yaml" prints ["* hello *", "| hello |"];
    volumes: "volumes.yaml" prints ["a jar of plums"];
    workflow_of_a_template: "workflow-of-a-template.yaml" prints ["hello everybody"];
}

/// The one that is not a workflow.
const SCHEDULE: &str = "schedule.yaml";

#[test]
fn a_schedule_runs_now() {
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("state-of-schedule");
    std::fs::remove_dir_all(&state).ok();
    let path = folder().join(SCHEDULE).display().to_string();
    let told = tiphys(&state, &["cron", "next", &path]);
    let told = String::from_utf8_lossy(&told.stdout);
    assert!(told.starts_with("water-the-plants: 0 7 * * MON-FRI, 0 9 * * SAT,SUN (Europe/Berlin)"), "{told}");
    let ran = tiphys(&state, &["cron", "run", "--log", &path]);
    let printed = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && printed.contains("a litre for each"), "{printed}");
    std::fs::remove_dir_all(&state).expect("nothing keeps the state");
}

#[test]
fn every_example_has_a_test() {
    let listed = std::fs::read_dir(folder()).expect("the folder of the examples");
    let mut found: Vec<String> = listed
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    found.sort();
    let mut tested = FILES.to_vec();
    tested.push(SCHEDULE);
    tested.sort_unstable();
    assert_eq!(found, tested);
}

#[test]
fn every_example_fits_one_screen_and_says_what_it_teaches() {
    for file in FILES.iter().chain([&SCHEDULE]) {
        let text = std::fs::read_to_string(folder().join(file)).expect("a readable example");
        assert!(text.lines().count() <= 60, "{file} does not fit one screen");
        let verb = if *file == SCHEDULE { "cron run" } else { "run" };
        let call = format!("#   tiphys {verb} examples/{file}");
        assert!(text.starts_with("# ") && text.contains(&call), "{file} does not say how to run it");
    }
}

#[track_caller]
fn check(file: &str, lines: &[&str]) {
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("state-of-{file}"));
    std::fs::remove_dir_all(&state).ok();
    let path = folder().join(file);
    let ran = tiphys(&state, &["run", "-o", "json", "--name", "example", &path.display().to_string()]);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(0), "{file}: {said}");
    let object: Value = serde_json::from_slice(&ran.stdout).expect("one JSON object on stdout");
    assert_eq!(object["status"]["phase"], "Succeeded", "{file}: {said}");
    let logs = tiphys(&state, &["logs", "example"]);
    let printed = String::from_utf8_lossy(&logs.stdout);
    for line in lines {
        assert!(
            printed.lines().any(|printed| printed.ends_with(line)),
            "{file}: no line `{line}` in\n{printed}"
        );
    }
    std::fs::remove_dir_all(&state).expect("nothing keeps the state");
}

fn tiphys(state: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tiphys"));
    command.args(arguments).env("TIPHYS_STATE_DIR", state).env("NO_COLOR", "1");
    command.output().expect("the binary runs")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

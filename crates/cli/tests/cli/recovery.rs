//! Interruptions, deaths, and going on afterwards.

use crate::bench::{Answer, Bench, signal, wait_until};

/// Two quick steps with a slow one between them, which writes down that it ran, and ends when it is let go.
fn manifest(bench: &Bench) -> String {
    format!(
        r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{name: slow}}
spec:
  entrypoint: main
  templates:
    - name: main
      steps:
        - - {{name: first, template: quick}}
        - - {{name: wait, template: slow}}
        - - {{name: last, template: quick}}
    - name: quick
      container: {{image: busybox, command: [sh, -c, "echo quick >> {0}/ran"]}}
    - name: slow
      container: {{image: busybox, command: [sh, -c, "echo begun >> {0}/ran; while [ ! -e {0}/go ]; do sleep 0.1; done; echo slept >> {0}/ran"]}}
"#,
        bench.folder().display()
    )
}

fn let_go(bench: &Bench) {
    bench.file("go", "");
}

fn ran(bench: &Bench) -> Vec<String> {
    let text = std::fs::read_to_string(bench.folder().join("ran")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Starts the run and waits until its slow step runs.
fn begin(bench: &Bench) -> std::process::Child {
    let file = bench.file("slow.yaml", &manifest(bench));
    let child = bench.start(&["run", file.to_str().unwrap(), "--isolation", "none"]);
    wait_until("the slow step runs", || ran(bench).len() == 2);
    child
}

#[test]
fn interrupted_once_it_stops_and_can_be_continued() {
    let bench = Bench::new();
    let child = begin(&bench);
    let again = bench.call(&["run", "slow.yaml", "--isolation", "none"]).exits(2);
    assert!(again.err.contains("a run named `slow` is going on"), "{}", again.err);
    let second = bench.call(&["continue", "slow"]).exits(2);
    assert!(second.err.contains("is driven by process"), "{}", second.err);
    signal(child.id(), "-INT");
    let answer = Answer::from(child.wait_with_output().unwrap()).exits(130);
    assert!(answer.err.contains("tiphys continue slow"), "{}", answer.err);
    bench.nothing_is_left_running();
    assert!(bench.call(&["list"]).exits(0).out.contains("no engine; `tiphys continue slow`"));
    let_go(&bench);
    bench.call(&["continue", "slow"]).exits(0);
    assert_eq!(ran(&bench), ["quick", "begun", "begun", "slept", "quick"]);
    bench.nothing_is_left();
    // Once it has ended, continuing tells how.
    assert!(bench.call(&["continue", "slow"]).exits(0).out.contains("slow Succeeded"));
}

#[test]
fn killed_it_is_found_again_with_its_steps() {
    let bench = Bench::new();
    let mut child = begin(&bench);
    child.kill().unwrap();
    child.wait().unwrap();
    let list = bench.call(&["list"]).exits(0).out;
    assert!(list.contains("no engine, still running: wait;"), "{list}");
    let why = bench.call(&["why", "@latest"]).exits(0).out;
    let nobody = "no engine drives the run, so nothing of it goes on (still running: wait): `tiphys continue";
    assert!(why.contains(nobody), "{why}");
    bench.call(&["wait", "slow"]).exits(1);
    let_go(&bench);
    bench.call(&["continue", "slow"]).exits(0);
    assert_eq!(ran(&bench), ["quick", "begun", "slept", "quick"]);
    bench.nothing_is_left();
}

#[test]
fn interrupted_twice_steps_go_on_and_stop_ends_them() {
    let bench = Bench::new();
    let child = begin(&bench);
    signal(child.id(), "-INT");
    signal(child.id(), "-HUP");
    Answer::from(child.wait_with_output().unwrap()).exits(130);
    let answer = bench.call(&["stop", "slow"]).exits(0);
    assert_eq!(answer.out, "workflow slow stopped\n");
    assert_eq!(bench.document("slow")["status"]["phase"], "Failed");
    assert!(!ran(&bench).contains(&"slept".to_owned()));
    bench.nothing_is_left();
}

/// `nohup` has SIGHUP ignored, and a run that it starts goes on.
#[test]
fn a_hang_up_that_is_ignored_leaves_the_run_alone() {
    let bench = Bench::new();
    let gate = bench.folder().join("gate");
    let manifest = format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{name: patient}}
spec:
  entrypoint: main
  templates:
  - name: main
    container:
      image: busybox
      command: [sh, -c, 'while [ ! -e {} ]; do sleep 0.05; done']
",
        gate.display()
    );
    let file = bench.file("patient.yaml", &manifest);
    let mut call = std::process::Command::new("sh");
    call.args(["-c", r#"trap '' HUP; exec "$0" "$@""#, env!("CARGO_BIN_EXE_tiphys"), "run"]);
    call.arg(file).args(["--isolation", "none"]).env("TIPHYS_STATE_DIR", bench.state());
    call.env_remove("TIPHYS_SERVER").stdout(std::process::Stdio::null());
    let mut child = call.spawn().unwrap();
    wait_until("it runs", || bench.call(&["get", "patient"]).out.contains("Running"));
    signal(child.id(), "-HUP");
    let list = bench.call(&["list"]).exits(0).out;
    assert!(!list.contains("no engine"), "{list}");
    std::fs::write(gate, "").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_run_is_steered_from_another_terminal() {
    let bench = Bench::new();
    let suspended = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: gate}
spec:
  entrypoint: main
  templates:
    - name: main
      steps: [[{name: approve, template: approve}]]
    - name: approve
      suspend: {}
      outputs: {parameters: [{name: answer, valueFrom: {supplied: {}}}]}
"#;
    let file = bench.file("gate.yaml", suspended);
    let child = bench.start(&["run", file.to_str().unwrap(), "--isolation", "none"]);
    wait_until("it waits", || {
        let answer = bench.call(&["get", "gate", "-o", "json"]);
        answer.out.contains(r#""type": "Suspend""#)
    });
    let selector = ["--node-field-selector", "displayName=approve"];
    // EX-281, EX-284, EX-286: what cannot be done is said before it is asked of the engine.
    let refused = |words: &[&str], says: &str| {
        let refused = bench.call(words).exits(1).err;
        assert!(refused.contains(says) && refused.contains("help: `tiphys get gate"), "{refused}");
    };
    let unanswered = bench.call(&["resume", "gate"]).exits(1).err;
    let says = "raw output parameter 'answer' has not been set and does not have a default value";
    assert!(unanswered.contains(says), "{unanswered}");
    assert!(
        unanswered.contains("tiphys node set gate --node-field-selector displayName=approve -p answer=VALUE")
    );
    let nobody = "no suspend nodes matching nodeFieldSelector: displayName=nope";
    refused(&["resume", "gate", selector[0], "displayName=nope"], nobody);
    refused(&["stop", "gate", selector[0], "displayName=nope"], nobody);
    refused(
        &["node", "set", "gate", selector[0], selector[1], "-p", "other=yes"],
        "cannot set output parameter 'other'",
    );
    bench.call(&["node", "set", "gate", selector[0], selector[1], "-p", "answer=yes"]).exits(0);
    bench.call(&["resume", "gate", selector[0], selector[1]]).exits(0);
    Answer::from(child.wait_with_output().unwrap()).exits(0);
    assert!(bench.call(&["get", "gate", "-o", "json"]).out.contains(r#""value": "yes""#));
    assert!(bench.call(&["wait", "gate"]).exits(0).out.starts_with("gate Succeeded at "));
    bench.nothing_is_left();
}

/// A step that ends while no engine lives has ended then, and not when somebody came to hear of it.
#[test]
fn the_end_of_a_step_is_when_it_ended() {
    let bench = Bench::new();
    let mut child = begin(&bench);
    child.kill().unwrap();
    child.wait().unwrap();
    let_go(&bench);
    wait_until("the step has ended", || ran(&bench).contains(&"slept".to_owned()));
    let heard = std::time::Instant::now();
    // Longer than what counts as told at once.
    wait_until("it is late", || heard.elapsed() > std::time::Duration::from_secs(3));
    bench.call(&["continue", "slow", "-q"]).exits(0);
    let document = bench.document("slow");
    let nodes = document["status"]["nodes"].as_object().unwrap();
    let wait = nodes.values().find(|node| node["displayName"] == "wait").unwrap();
    let last = nodes.values().find(|node| node["displayName"] == "last").unwrap();
    let seconds = |value: &serde_json::Value| {
        let time: jiff::Timestamp = value.as_str().unwrap().parse().unwrap();
        time.as_second()
    };
    assert!(seconds(&last["startedAt"]) - seconds(&wait["finishedAt"]) >= 2, "{wait} {last}");
    let journal = bench.call(&["journal", "show", "slow"]).exits(0).out;
    assert!(journal.contains("had ended at"), "{journal}");
}

#[test]
fn the_doctor_sees_damage() {
    let bench = Bench::new();
    let file = bench.file("slow.yaml", &manifest(&bench));
    let_go(&bench);
    bench.call(&["run", file.to_str().unwrap(), "--isolation", "none", "-q"]).exits(0);
    bench.call(&["doctor"]).exits(0);
    let database = bench.state().join("tiphys.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection
        .execute("UPDATE document SET body = CAST(replace(CAST(body AS TEXT), 'quick', 'quack') AS BLOB)", [])
        .unwrap();
    drop(connection);
    let doctor = bench.call(&["doctor"]).exits(1).out;
    assert!(doctor.contains("is damaged: the document of `slow` is not what was written"), "{doctor}");
}

/// A supervisor that is stuck is told, with the run it serves and what can be done.
#[test]
fn the_doctor_sees_a_supervisor_that_does_not_answer() {
    let bench = Bench::new();
    let mut engine = begin(&bench);
    let own = engine.id() as i32;
    let others: Vec<i32> = bench.processes().into_iter().filter(|pid| *pid != own).collect();
    others.iter().for_each(|pid| signal(*pid as u32, "-STOP"));
    let doctor = bench.call(&["doctor"]).exits(0).out;
    assert!(doctor.contains("! supervisor: the one of `slow` (process "), "{doctor}");
    assert!(doctor.contains("does not answer") && doctor.contains("`kill -9 "), "{doctor}");
    others.iter().for_each(|pid| signal(*pid as u32, "-CONT"));
    let doctor = bench.call(&["doctor"]).exits(0).out;
    assert!(!doctor.contains("does not answer"), "{doctor}");
    let_go(&bench);
    assert!(engine.wait().unwrap().success());
    bench.nothing_is_left_running();
}

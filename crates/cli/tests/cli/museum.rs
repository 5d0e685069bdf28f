//! State folders as the binary of a release leaves them when it is killed amid everything: later binaries open them, and
//! go on (I12).
//!
//! What makes such a folder is here, and is checked like the kept ones. For a new release, with the path of the new piece:
//!
//! ```text
//! TIPHYS_MUSEUM_PIECE=$PWD/tests/museum/state-2.tar.gz cargo test -p tiphys-cli --test cli museum
//! ```

use crate::bench::{Bench, ask, signal, wait_until};
use crate::remote::Served;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Everything that a state folder holds for a team.
const OBJECTS: &str = r#"
apiVersion: v1
kind: Secret
metadata: {name: password}
stringData: {word: sesame}
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: square}
spec:
  entrypoint: main
  arguments: {parameters: [{name: number, value: "7"}]}
  templates:
    - name: main
      inputs: {parameters: [{name: number, value: "{{workflow.parameters.number}}"}]}
      memoize: {key: "square-{{inputs.parameters.number}}", maxAge: 100000h, cache: {configMap: {name: squares}}}
      script:
        image: busybox
        command: [sh]
        source: |
          echo computed
          echo $(({{inputs.parameters.number}} * {{inputs.parameters.number}})) > answer
          echo "kept as a file" > page
      outputs:
        parameters: [{name: answer, valueFrom: {path: answer}}]
        artifacts: [{name: page, path: page, archive: {none: {}}}]
---
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: yearly}
spec:
  schedules: ["0 0 1 1 *"]
  timezone: UTC
  workflowSpec: {workflowTemplateRef: {name: square}}
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowEventBinding
metadata: {name: pushed}
spec:
  event: {selector: 'payload.ref == "main"'}
  submit:
    workflowTemplateRef: {name: square}
    metadata: {name: '"pushed"'}
    arguments: {parameters: [{name: number, valueFrom: {event: payload.number}}]}
"#;

/// Runs in every state that a run may be in when its engine is killed.
const RUNS: [(&str, &str); 4] = [
    (
        "failed",
        "templates:
  - name: main
    container: {image: busybox, command: [sh, -c, 'echo last words; exit 3']}",
    ),
    (
        "asks",
        "templates:
  - name: main
    steps: [[{name: before, template: say}], [{name: approve, template: wait}], [{name: after, template: say}]]
  - {name: wait, suspend: {}}
  - name: say
    container: {image: busybox, command: [sh, -c, 'echo said']}",
    ),
    (
        "halfway",
        "synchronization: {mutexes: [{name: one}]}
  templates:
  - name: main
    steps: [[{name: before, template: say}], [{name: amid, template: rest}], [{name: after, template: say}]]
  - name: say
    container: {image: busybox, command: [sh, -c, 'echo said']}
  - name: rest
    retryStrategy: {limit: 2, retryPolicy: Always}
    container: {image: busybox, command: [sh, -c, 'echo rests; sleep 2']}",
    ),
    (
        "queued",
        "synchronization: {mutexes: [{name: one}]}
  templates:
  - name: main
    container:
      image: busybox
      command: [sh, -c, 'echo the word is $WORD']
      env: [{name: WORD, valueFrom: {secretKeyRef: {name: password, key: word}}}]",
    ),
];

fn manifest(name: &str, rest: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: {name}}}\nspec:\n  entrypoint: main\n  {rest}\n"
    )
}

/// The phase of a run as the server tells it, empty if it is not there yet.
fn phase(served: &Served, name: &str) -> String {
    let told = served.call(&["get", name, "-o", "json"]).out;
    let run: Value = serde_json::from_str(&told).unwrap_or_default();
    run["status"]["phase"].as_str().unwrap_or_default().to_owned()
}

fn node<'a>(run: &'a Value, name: &str) -> &'a Value {
    let mut nodes = run["status"]["nodes"].as_object().into_iter().flat_map(|nodes| nodes.values());
    nodes.find(|node| node["displayName"] == name).unwrap_or(&Value::Null)
}

/// A state folder in which everything is, left by a server that was killed. The token in it.
fn make() -> (Bench, String) {
    let served = Served::over(Bench::new(), "", &["--auth-mode", "none"]);
    served.bench.file("objects.yaml", OBJECTS);
    served.call(&["apply", "objects.yaml"]).exits(0);
    let token = served.bench.call(&["token", "create", "robot", "--role", "operator"]).exits(0).out;
    let token = token.trim().to_owned();
    served.call(&["submit", "--from", "workflowtemplate/square", "--name", "ended", "--wait"]).exits(0);
    let year = [
        "cron",
        "backfill",
        "yearly",
        "--start",
        "2024-06-01T00:00:00Z",
        "--end",
        "2025-06-01T00:00:00Z",
        "--format",
        "RFC3339",
    ];
    served.call(&year).exits(0);
    let sent = ask(
        &served.address,
        &format!(
            "POST /api/v1/events/team/repository HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json"
        ),
        r#"{"ref":"main","number":"9"}"#,
    );
    assert!(sent.starts_with("HTTP/1.1 200"), "{sent}");
    for (name, rest) in RUNS {
        served.bench.file("run.yaml", &manifest(name, rest));
        served.call(&["submit", "run.yaml"]).exits(0);
    }
    wait_until("the delivery has made its run", || phase(&served, "pushed") == "Succeeded");
    wait_until("it has failed", || phase(&served, "failed") == "Failed");
    let shows = |name: &str, node_name: &str| {
        let run: Value =
            serde_json::from_str(&served.call(&["get", name, "-o", "json"]).out).unwrap_or_default();
        node(&run, node_name)["phase"] == "Running"
    };
    wait_until("one asks", || shows("asks", "approve"));
    wait_until("one is halfway", || shows("halfway", "amid(0)"));
    // The server first: one whose supervisor is gone would see to it.
    let bench = served.kill();
    for process in bench.processes() {
        signal(process as u32, "-KILL");
    }
    bench.nothing_is_left_running();
    (bench, token)
}

/// What a later binary must find in it, and go on with.
fn visit(bench: Bench, token: &str) {
    let served = Served::over(bench, "", &[]);
    let call = |words: &[&str]| served.call_as(token, words);
    let out = |words: &[&str]| call(words).exits(0).out;
    let run = |name: &str| serde_json::from_str::<Value>(&out(&["get", name, "-o", "json"])).unwrap();
    assert!(call(&["list"]).exits(0).out.contains("ended"), "whoever had a token is known by it");
    // What was over is as it was.
    assert_eq!(node(&run("ended"), "ended")["outputs"]["parameters"][0]["value"], "49");
    assert!(out(&["logs", "ended", "--no-color"]).contains("computed"));
    out(&["cp", "ended", "copies", "--path", "."]);
    assert_eq!(
        std::fs::read_to_string(served.bench.folder().join("copies/page")).unwrap(),
        "kept as a file\n"
    );
    assert!(out(&["get", "failed"]).contains("Error (exit code 3)"));
    assert!(out(&["logs", "failed", "--no-color"]).contains("last words"));
    let why = served.bench.call(&["why", "failed", "-n", "team"]).exits(0).out;
    assert!(why.contains("exit code 3"), "{why}");
    assert!(out(&["archive", "list"]).contains("failed"));
    // What was set up is there.
    for (kind, name) in [("template", "square"), ("cron", "yearly")] {
        assert!(out(&[kind, "list"]).contains(name), "{kind}");
    }
    let cron: Value = serde_json::from_str(&out(&["cron", "get", "yearly", "-o", "json"])).unwrap();
    assert_eq!(cron["spec"]["schedules"][0], "0 0 1 1 *");
    let deliveries = out(&["events", "list"]);
    assert!(deliveries.contains("repository") && deliveries.contains("pushed"), "{deliveries}");
    // What was under way goes on: the lock is held by whom it was, and the sealed word is read.
    for name in ["halfway", "queued"] {
        wait_until("what was under way has ended", || phase_as(&served, token, name) == "Succeeded");
    }
    let (halfway, queued) = (run("halfway"), run("queued"));
    assert_eq!(node(&halfway, "amid(0)")["message"], "pod deleted", "its process is lost: {halfway}");
    assert!(halfway["status"]["finishedAt"].as_str() <= queued["status"]["startedAt"].as_str(), "{queued}");
    assert!(out(&["logs", "queued", "--no-color"]).contains("the word is sesame"));
    out(&["resume", "asks"]);
    wait_until("who has asked was answered", || phase_as(&served, token, "asks") == "Succeeded");
    // What was computed is not computed again, and what is tried again goes on from there.
    out(&["submit", "--from", "workflowtemplate/square", "--name", "again", "--wait"]);
    let again = run("again");
    assert_eq!(node(&again, "again")["memoizationStatus"]["hit"], true, "{again}");
    call(&["retry", "failed"]).exits(0);
    wait_until("it has failed again", || phase_as(&served, token, "failed") == "Failed");
    let check = served.bench.call(&["doctor"]);
    assert!(check.code.is_some_and(|code| code < 2), "{check:?}");
}

fn phase_as(served: &Served, token: &str, name: &str) -> String {
    let told = served.call_as(token, &["get", name, "-o", "json"]).out;
    let run: Value = serde_json::from_str(&told).unwrap_or_default();
    run["status"]["phase"].as_str().unwrap_or_default().to_owned()
}

/// Packs a folder with the token that is good for it.
fn pack(bench: &Bench, token: &str, piece: &Path) {
    std::fs::write(bench.folder().join("token"), token).unwrap();
    let done = Command::new("tar")
        .args(["--create", "--gzip", "--warning=no-file-ignored", "--file"])
        .arg(piece)
        .args(["state", "token"])
        .current_dir(bench.folder())
        .status();
    assert!(done.unwrap().success());
}

fn pieces() -> Vec<PathBuf> {
    let museum = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/museum");
    let entries = std::fs::read_dir(museum).unwrap().map(|entry| entry.unwrap().path());
    let mut pieces: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(".tar.gz")).collect();
    pieces.sort();
    pieces
}

#[test]
fn a_state_folder_that_a_kill_left_is_opened_and_goes_on() {
    let (bench, token) = make();
    if let Some(piece) = std::env::var_os("TIPHYS_MUSEUM_PIECE") {
        pack(&bench, &token, Path::new(&piece));
    }
    visit(bench, &token);
}

#[test]
fn state_folders_of_earlier_releases_are_opened_and_go_on() {
    let pieces = pieces();
    assert!(!pieces.is_empty());
    for piece in pieces {
        let bench = Bench::new();
        let done = Command::new("tar")
            .arg("--extract")
            .arg("--file")
            .arg(&piece)
            .current_dir(bench.folder())
            .status();
        assert!(done.unwrap().success());
        let token = std::fs::read_to_string(bench.folder().join("token")).unwrap();
        visit(bench, &token);
    }
}

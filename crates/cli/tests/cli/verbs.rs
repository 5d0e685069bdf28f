//! Verbs on the runs of this machine, one after the other.

use crate::bench::{Answer, Bench, ONE, signal, wait_until};
use crate::log::commits;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use tiphys_store::{Filter, MachineId, NewRun, Runs as _, State, Summary};

/// Fails unless its parameter says otherwise, and leaves an artifact behind.
const FRAIL: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: frail, labels: {app: frail}}
spec:
  entrypoint: main
  arguments: {parameters: [{name: code, value: "1"}]}
  templates:
    - name: main
      dag:
        tasks:
          - {name: good, template: good}
          - {name: bad, template: bad, depends: good}
          - {name: never, template: good, depends: bad.Skipped}
    - name: good
      container: {image: busybox, command: [sh, -c, "echo kept > FOLDER/kept.txt; echo kept"]}
      outputs: {artifacts: [{name: kept, path: FOLDER/kept.txt, archive: {none: {}}}]}
    - name: bad
      container: {image: busybox, command: [sh, -c, "exit {{workflow.parameters.code}}"]}
"#;

/// Its artifact lies in the folder of the test, since nothing is kept apart without a sandbox.
fn frail(bench: &Bench) -> String {
    FRAIL.replace("FOLDER", bench.folder().to_str().unwrap())
}

fn started(document: &Value, node: &str) -> String {
    let nodes = document["status"]["nodes"].as_object().unwrap();
    let node = nodes.values().find(|found| found["displayName"] == node).unwrap();
    node["startedAt"].as_str().unwrap().to_owned()
}

#[test]
fn a_retry_keeps_what_succeeded_and_takes_other_values() {
    let bench = Bench::new();
    bench.run(&frail(&bench), &["-q"]).exits(1);
    let before = bench.document("frail");
    let refused = bench.call(&["retry", "frail", "--node-field-selector", "nonsense"]).exits(1);
    assert!(refused.err.contains("can't understand 'nonsense'"), "{}", refused.err);
    bench.call(&["retry", "frail"]).exits(1);
    let told = bench.call(&["retry", "frail", "-p", "code=0"]).exits(0).out;
    assert!(told.contains("frail Succeeded"), "{told}");
    let after = bench.document("frail");
    assert_eq!(after["status"]["phase"], "Succeeded");
    assert_eq!(started(&before, "good"), started(&after, "good"));
    let refused = bench.call(&["retry", "frail"]).exits(1);
    assert!(refused.err.contains("cannot be retried"), "{}", refused.err);
    let again =
        ["retry", "frail", "--restart-successful", "--node-field-selector", "displayName=good", "-o", "name"];
    assert_eq!(bench.call(&again).exits(0).out, "frail\n");
    bench.nothing_is_left();
}

/// EX-315, EX-317, EX-530, OB-013.
#[test]
fn a_resubmission_is_a_new_run_and_may_take_results_along() {
    let bench = Bench::new();
    bench.run(&frail(&bench), &["-q"]).exits(1);
    let name = bench.call(&["resubmit", "frail", "-p", "code=0", "-o", "name"]).exits(0).out;
    let name = name.trim();
    assert!(name.starts_with("frail-") && name.len() == "frail-".len() + 5, "{name}");
    let made = bench.document(name);
    assert_eq!(made["metadata"]["labels"]["workflows.argoproj.io/resubmitted-from-workflow"], "frail");
    assert_eq!(made["status"]["phase"], "Succeeded");
    let refused = bench.call(&["resubmit", name, "--memoized"]).exits(1);
    let told = format!(
        "error: workflow must be Failed/Error to resubmit in memoized mode\nhelp: `{name}` is Succeeded; without \
         `--memoized` all of it runs anew\n"
    );
    assert_eq!(refused.err, told);
    let again = bench.call(&["resubmit", "frail", "--memoized", "-o", "name"]).exits(1).out;
    let (old, again) = (bench.document("frail"), bench.document(again.trim()));
    // What was taken along is no pod of this run, and not part of its progress (EX-530).
    assert_eq!((&old["status"]["progress"], &again["status"]["progress"]), (&json!("1/2"), &json!("0/1")));
    let good = |document: &Value| {
        let nodes = document["status"]["nodes"].as_object().unwrap();
        nodes.values().find(|node| node["displayName"] == "good").unwrap().clone()
    };
    let (old, again) = (good(&old), good(&again));
    assert_eq!((&again["type"], &again["phase"]), (&json!("Skipped"), &json!("Skipped")));
    assert_eq!(again["message"], format!("original pod: {}", old["id"].as_str().unwrap()));
    assert_eq!(again["outputs"], old["outputs"]);
    let listed = bench.call(&["list", "--resubmitted", "-o", "name"]).exits(0).out;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert_eq!(bench.call(&["list", "-l", "app=frail", "--running"]).exits(0).out, "No workflows found\n");
}

/// A retry takes nothing out that a step which came out well depends on (EX-301, EX-304), so that nothing may be left to do.
#[test]
fn a_retry_that_starts_nothing_says_so() {
    let bench = Bench::new();
    let mended = FRAIL.replace("      dag:\n", "      dag:\n        target: bad after\n").replace(
        "{name: never, template: good, depends: bad.Skipped}",
        "{name: after, template: end, depends: bad.Failed}",
    ) + "    - {name: end, container: {image: busybox, command: [sh, -c, 'true']}}\n";
    bench.run(&mended.replace("FOLDER", bench.folder().to_str().unwrap()), &["-q"]).exits(1);
    let told = bench.call(&["retry", "frail"]).exits(1).err;
    assert!(told.contains("notice: nothing ran again: what failed was followed by steps"), "{told}");
    assert!(told.contains("help: `tiphys resubmit frail` runs all of it anew"), "{told}");
    // One that does start something does not.
    let other = Bench::new();
    other.run(&frail(&other), &["-q"]).exits(1);
    let told = other.call(&["retry", "frail"]).exits(1).err;
    assert!(!told.contains("nothing ran again"), "{told}");
}

#[test]
fn a_plan_of_one_step_speaks_of_conditions_where_there_are_some() {
    let bench = Bench::new();
    let plain = ONE.replace(
        "main\n    container",
        "main\n    steps: [[{name: a, template: only}]]\n  - name: only\n    container",
    );
    let told = |text: &str| {
        let file = bench.file("plan.yaml", text);
        bench.call(&["plan", file.to_str().unwrap()]).exits(0).out
    };
    assert!(told(&plain).contains("starts 1 step\n"), "{}", told(&plain));
    let conditional = plain.replace("template: only", "template: only, when: '{{workflow.uid}} == x'");
    let open = told(&conditional);
    assert!(open.contains("starts 1 step, unless a condition says no\n"), "{open}");
    // One that is known not to hold is no question any more.
    let shut = told(&conditional.replace("{{workflow.uid}}", "y"));
    assert!(shut.contains("never runs: when 'y == x' evaluated false\n"), "{shut}");
    assert!(shut.contains("starts 0 steps\n"), "{shut}");
}

#[test]
fn why_and_plan_explain() {
    let bench = Bench::new();
    bench.run(&frail(&bench), &["-q"]).exits(1);
    let whole = bench.call(&["why", "frail"]).exits(0).out;
    assert!(whole.contains("`frail.bad` failed: main: Error (exit code 1)"), "{whole}");
    assert!(whole.contains("because of\n") && whole.contains("next: tiphys logs frail frail-"), "{whole}");
    let never = bench.call(&["why", "frail", "never"]).exits(0).out;
    assert!(never.contains("what it depends on did not come out as it asks: `bad` is Failed"), "{never}");
    let json = bench.call(&["why", "frail", "good", "-o", "json"]).exits(0).out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["phase"], "Succeeded");
    let unknown = bench.call(&["why", "frail", "gold"]).exits(1);
    assert_eq!(
        unknown.err,
        "error: the run `frail` has no node or task `gold`\nhelp: did you mean `good`?\n"
    );
    let file = bench.folder().join("m.yaml");
    let plan = bench.call(&["plan", file.to_str().unwrap()]).exits(0).out;
    for part in [
        "├─ good  Container  busybox",
        "after good",
        "if bad.Skipped",
        "code = 1",
        "starts 3 steps",
        "writes",
    ] {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    let json = bench.call(&["plan", file.to_str().unwrap(), "-o", "json"]).exits(0).out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["needs"]["images"][0]["name"], "busybox");
    assert_eq!(json["steps"], 3);
    bench.call(&["sync", "create", "gpu", "--type", "database", "--limit", "2"]).exits(0);
    let locked =
        "spec:\n  synchronization:\n    semaphores: [{database: {key: gpu}}, {database: {key: tpu}}]";
    let locked = bench.file("locked.yaml", &frail(&bench).replacen("spec:", locked, 1));
    let plan = bench.call(&["plan", locked.to_str().unwrap()]).exits(0).out;
    let limits: Vec<&str> =
        plan.lines().filter_map(|line| line.split_once("/Database/").map(|(_, rest)| rest)).collect();
    assert!(limits[0].starts_with("gpu  2 at a time"), "{plan}");
    assert!(limits[1].starts_with("tpu  limit known when it runs"), "{plan}");
    let bad = bench.file("bad.yaml", &frail(&bench).replace("template: bad,", "template: bed,"));
    let refused = bench.call(&["plan", bad.to_str().unwrap()]).exits(1);
    assert!(refused.err.contains("template name 'bed' undefined"), "{}", refused.err);
}

#[test]
fn artifacts_are_copied_out() {
    let bench = Bench::new();
    bench.run(&frail(&bench), &["-q", "-p", "code=0"]).exits(0);
    let told = bench.call(&[
        "cp",
        "frail",
        "out",
        "--artifact-name",
        "kept",
        "--template-name",
        "good",
        "--path",
        "{workflowName}",
    ]);
    assert!(told.exits(0).err.contains("Created \"out/frail/kept.txt\""));
    assert_eq!(std::fs::read_to_string(bench.folder().join("out/frail/kept.txt")).unwrap(), "kept\n");
    bench.call(&["cp", "frail", "none", "--artifact-name", "other"]).exits(0);
    assert!(!bench.folder().join("none").exists());
    let refused = bench.call(&["cp"]).exits(1);
    assert!(refused.err.contains("one run is needed"), "{}", refused.err);
}

/// Runs of one name in two namespaces, as schedules make them, have nothing in common.
#[test]
fn each_namespace_has_artifacts_of_its_own() {
    let bench = Bench::new();
    let manifest = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: nightly}
spec:
  entrypoint: main
  arguments: {parameters: [{name: word}]}
  templates:
    - name: main
      container: {image: busybox, command: [sh, -c, "echo {{workflow.parameters.word}} > /tmp/word"]}
      outputs: {artifacts: [{name: word, path: /tmp/word, archive: {none: {}}}]}
"#;
    let namespaces = ["default", "team-a", "team-b"];
    for namespace in namespaces {
        let word = format!("word=of-{namespace}");
        bench.run(manifest, &["-q", "-n", namespace, "-p", &word]).exits(0);
    }
    for namespace in namespaces {
        let folder = bench.folder().join(namespace);
        bench.call(&["cp", "nightly", folder.to_str().unwrap(), "-n", namespace, "--path", "out"]).exits(0);
        let found = std::fs::read_to_string(folder.join("out/word")).unwrap();
        assert_eq!(found, format!("of-{namespace}\n"));
    }
    bench.call(&["delete", "nightly", "-n", "team-a"]).exits(0);
    let folder = bench.folder().join("again");
    bench.call(&["cp", "nightly", folder.to_str().unwrap(), "-n", "team-b", "--path", "out"]).exits(0);
    assert!(folder.join("out/word").is_file());
}

const GATE: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: gate}
spec:
  entrypoint: main
  synchronization: {mutexes: [{name: door}]}
  templates:
    - name: main
      steps:
        - [{name: approve, template: approve}]
        - [{name: last, template: last}]
    - {name: approve, suspend: {}}
    - name: last
      container: {image: busybox, command: [sh, -c, "echo through"]}
"#;

#[test]
fn a_run_in_the_background_is_watched_held_and_let_go() {
    let bench = Bench::new();
    let file = bench.file("gate.yaml", GATE);
    let told = bench.call(&["run", file.to_str().unwrap(), "--isolation", "none", "--detach"]).exits(0);
    assert!(told.err.contains("tiphys watch gate"), "{}", told.err);
    wait_until("it waits", || bench.call(&["why", "gate"]).out.contains("waits until somebody resumes it"));
    let locks = bench.call(&["locks"]).exits(0).out;
    assert!(locks.contains("default/Mutex/door") && locks.contains("default/gate holds it"), "{locks}");
    let mut watch = bench.start(&["watch", "gate"]);
    assert_eq!(bench.call(&["suspend", "gate"]).exits(0).out, "workflow gate suspended\n");
    let held = bench.call(&["why", "gate"]).exits(0).out;
    assert!(held.contains("it is held: nothing new starts"), "{held}");
    assert_eq!(bench.call(&["stop", "gate", "--dry-run"]).exits(0).out, "workflow gate stopped (dry-run)\n");
    assert_eq!(bench.call(&["resume", "gate"]).exits(0).out, "workflow gate resumed\n");
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("gate Succeeded")));
    assert!(watch.wait().unwrap().success());
    bench.call(&["wait", "gate"]).exits(0);
    assert_eq!(bench.call(&["locks"]).exits(0).out, "Nobody holds a lock, and nobody waits for one\n");
    bench.nothing_is_left_running();
}

#[test]
fn lint_looks_again_when_a_file_changes() {
    let bench = Bench::new();
    let file = bench.file("m.yaml", &frail(&bench));
    let mut child = bench.start(&["lint", file.to_str().unwrap(), "--watch"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("1 document is valid"));
    bench.file("m.yaml", &frail(&bench).replace("template: bad,", "template: bed,"));
    assert!(lines.next().unwrap().unwrap().contains("1 error"));
    signal(child.id(), "-TERM");
    child.wait().unwrap();
    let only = bench.call(&["lint", "m.yaml", "--kinds", "cronworkflows"]).exits(1).out;
    assert!(only.contains("found nothing to lint"), "{only}");
    // One of its tasks can never run.
    bench.file("w.yaml", &frail(&bench));
    assert!(bench.call(&["lint", "w.yaml"]).exits(0).out.contains("1 document is valid, 1 warning"));
    let told = bench.call(&["lint", "w.yaml", "--deny-warnings"]).exits(1).out;
    assert!(told.ends_with(" 1 warning, and `--deny-warnings` makes errors of them\n"), "{told}");
}

#[test]
fn limits_of_semaphores_are_set_without_a_server() {
    let bench = Bench::new();
    let of = |more: &[&str]| {
        let mut words = vec!["sync", more[0], "gpu", "--type", "database"];
        words.extend(&more[1..]);
        bench.call(&words)
    };
    assert!(of(&["get"]).exits(1).err.contains("there is no limit `gpu`"));
    let told = of(&["create", "--limit", "2"]).exits(0).out;
    assert_eq!(told, "Sync limit created\nKey: gpu\nType: database\nNamespace: default\nLimit: 2\n");
    assert!(of(&["create", "--limit", "3"]).exits(1).err.contains("sync update gpu"));
    assert!(of(&["update", "--limit", "0"]).exits(1).err.contains("greater than zero"));
    of(&["update", "--limit", "5"]).exits(0);
    assert!(of(&["get"]).exits(0).out.ends_with("Limit: 5\n"));
    of(&["delete"]).exits(0);
    let two = GATE.replace("mutexes: [{name: door}]", "semaphores: [{database: {key: gpu}}]");
    let two = two.replace("{name: approve, suspend: {}}", "{name: approve, suspend: {duration: '0'}}");
    let refused = bench.run(&two, &["-q", "--name", "limited"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    of(&["create", "--limit", "1"]).exits(0);
    bench.run(&two, &["-q", "--name", "again"]).exits(0);
}

#[test]
fn old_manifests_are_written_anew() {
    let bench = Bench::new();
    bench.file(
        "old.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: c}\nspec:\n  schedule: '* * * * *'\n  workflowSpec:\n    entrypoint: m\n    synchronization: {mutex: {name: x}}\n    templates: [{name: m, container: {image: x}}]\n",
    );
    let json = bench.call(&["convert", "old.yaml", "-o", "json"]).exits(0).out;
    let json: Value = serde_json::from_str(&json).unwrap();
    // UI-266: a list, also of one.
    assert_eq!(json["spec"]["schedules"], serde_json::json!(["* * * * *"]));
    assert_eq!(json["spec"]["workflowSpec"]["synchronization"]["mutexes"][0]["name"], "x");
    assert!(json["spec"].get("schedule").is_none());
}

/// CLI-047: an old field beside the new one is not lost: a lock goes behind the others, a schedule counts alone.
#[test]
fn old_fields_beside_new_ones_are_converted_too() {
    let bench = Bench::new();
    bench.file(
        "both.yaml",
        "kind: CronWorkflow\nmetadata: {name: c}\nspec:\n  schedule: '* * * * *'\n  schedules: ['1 1 1 1 1']\n  workflowSpec:\n    templates:\n    - name: m\n      synchronization:\n        mutexes: [{name: z}]\n        mutex: {name: q}\n        semaphores: [{database: {key: a}}]\n        semaphore: {database: {key: b}}\n",
    );
    let json = bench.call(&["convert", "both.yaml", "-o", "json"]).exits(0).out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["spec"]["schedules"], serde_json::json!(["* * * * *"]));
    let locks = &json["spec"]["workflowSpec"]["templates"][0]["synchronization"];
    assert_eq!(locks["mutexes"], serde_json::json!([{ "name": "z" }, { "name": "q" }]));
    let keys: Vec<&Value> =
        locks["semaphores"].as_array().unwrap().iter().map(|one| &one["database"]["key"]).collect();
    assert_eq!(keys, ["a", "b"]);
}

/// CLI-047: of many files those before a bad one are written; what is no object is bad.
#[test]
fn what_stands_before_a_bad_file_is_converted() {
    let bench = Bench::new();
    std::fs::create_dir(bench.folder().join("many")).unwrap();
    bench.file("many/a.yaml", "kind: ConfigMap\nmetadata: {name: first}\n");
    bench.file("many/b.yaml", "- 1\n");
    bench.file("many/c.yaml", "kind: ConfigMap\nmetadata: {name: last}\n");
    let answer = bench.call(&["convert", "many"]).exits(1);
    assert_eq!(answer.out, "---\nkind: ConfigMap\nmetadata:\n  name: first\n");
    assert!(answer.err.contains("b.yaml:1:1"), "{}", answer.err);
}

/// CLI-047: as Argo's typed objects are written: sorted, with the fields of a status that are always there.
#[test]
fn what_was_converted_looks_as_argo_writes_it() {
    let bench = Bench::new();
    bench.file(
        "hello.yaml",
        "kind: Workflow\napiVersion: argoproj.io/v1alpha1\nmetadata: {name: hello}\nspec:\n  entrypoint: main\n  templates:\n  - {name: main, container: {image: busybox, args: [\"{{x}}\"]}}\n",
    );
    assert_eq!(
        bench.call(&["convert", "hello.yaml"]).exits(0).out,
        "---\napiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata:\n  name: hello\nspec:\n  arguments: {}\n  entrypoint: main\n  templates:\n  - container:\n      args:\n      - '{{x}}'\n      image: busybox\n      name: \"\"\n      resources: {}\n    inputs: {}\n    metadata: {}\n    name: main\n    outputs: {}\nstatus:\n  finishedAt: null\n  startedAt: null\n"
    );
    let line = bench.call(&["convert", "hello.yaml", "-o", "json"]).exits(0).out;
    assert!(line.starts_with("{\"kind\":\"Workflow\",\"apiVersion\":"), "{line}");
    assert!(line.ends_with(",\"status\":{\"startedAt\":null,\"finishedAt\":null}}\n"), "{line}");
    bench.file(
        "cron.yaml",
        "kind: CronWorkflow\napiVersion: argoproj.io/v1alpha1\nmetadata: {name: c}\nspec: {schedules: ['1 * * * *'], workflowSpec: {}}\nstatus: {succeeded: 2}\n",
    );
    let cron = bench.call(&["convert", "cron.yaml"]).exits(0).out;
    let status = "status:\n  active: null\n  conditions: null\n  failed: 0\n  lastScheduledTime: null\n  phase: \"\"\n  succeeded: 2\n";
    assert!(cron.ends_with(status), "{cron}");
}

/// CLI-047: what is none of Argo's kinds passes through whole, with its keys in order, and is not judged.
#[test]
fn other_kinds_pass_through_whole() {
    let bench = Bench::new();
    bench.file(
        "map.yaml",
        "kind: ConfigMap\napiVersion: v1\nspecial: 3\nmetadata: {name: x}\ndata: {two: '1', one: 5}\n---\n\
         kind: Workflow\napiVersion: argoproj.io/v1alpha1\nmetadata: {name: w}\nspec: {}\n",
    );
    let lines = bench.call(&["convert", "map.yaml", "-o", "json"]).exits(0).out;
    let first = r#"{"apiVersion":"v1","data":{"one":5,"two":"1"},"kind":"ConfigMap","metadata":{"name":"x"},"special":3}"#;
    assert_eq!(lines.lines().next(), Some(first), "{lines}");
    assert!(lines.lines().nth(1).unwrap().starts_with("{\"kind\":\"Workflow\","), "{lines}");
    let yaml = bench.call(&["convert", "map.yaml"]).exits(0).out;
    assert!(
        yaml.starts_with("---\napiVersion: v1\ndata:\n  one: 5\n  two: \"1\"\nkind: ConfigMap\n"),
        "{yaml}"
    );
}

/// CLI-020, CLI-021: flags of the verbs that know a server are refused in Argo's words.
/// Refers to a ConfigMap without the label, to a key that is not there, and to a Secret that nobody gave.
const NEEDY: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: needy}
spec:
  entrypoint: main
  arguments: {parameters: [{name: p, valueFrom: {configMapKeyRef: {name: settings, key: size}, default: "1"}}]}
  volumes: [{name: v, configMap: {name: nowhere}}, {name: unused, secret: {secretName: unused}}]
  templates:
    - name: main
      container:
        image: busybox
        command: [echo, "{{workflow.parameters.p}}"]
        env:
        - {name: A, valueFrom: {configMapKeyRef: {name: settings, key: length}}}
        - {name: B, valueFrom: {secretKeyRef: {name: token, key: t}}}
        - {name: C, valueFrom: {secretKeyRef: {name: other, key: t, optional: true}}}
        volumeMounts: [{name: v, mountPath: /v}]
    - name: unreached
      container: {image: busybox, command: [ls], envFrom: [{secretRef: {name: unreached}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {size: "7"}
"#;

/// PA-045, PA-300: without a server nothing but the documents at hand can be there.
#[test]
fn what_nobody_gave_is_told_before_the_start() {
    let bench = Bench::new();
    let told = bench.run(NEEDY, &["--dry-run", "-q"]).exits(0);
    assert_eq!(told.err, "");
    let told = bench.run(NEEDY, &["--dry-run"]).exits(0).err;
    for warning in [
        "parameters cannot take values of the ConfigMap `settings`",
        "it needs the label `workflows.argoproj.io/configmap-type: Parameter`",
        "the ConfigMap `settings` has no key `length`, so what needs it will fail",
        "there is no Secret `token` among the documents, so what needs it will fail",
        "there is no ConfigMap `nowhere` among the documents",
    ] {
        assert!(told.contains(warning), "{warning}\n{told}");
    }
    assert_eq!(told.matches("[missing-object]").count(), 4, "{told}");
    let refused = bench.run(NEEDY, &["--deny-warnings"]).exits(2).err;
    assert!(refused.contains("refused: 0 errors, 4 warnings; nothing was started"), "{refused}");
}

/// PA-045: a workflow's own value that no ConfigMap can give keeps every run from beginning: that is an error before the
/// start, unless the command line gives the value, or the document a default.
#[test]
fn a_value_that_never_comes_is_refused_before_the_start() {
    let bench = Bench::new();
    let manifest = |labels: &str, default: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings{labels}}}\ndata: {{size: '7'}}\n---\n\
             apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: w}}\nspec:\n  entrypoint: main\n  \
             arguments: {{parameters: [{{name: p, valueFrom: {{configMapKeyRef: {{name: settings, key: size}}{default}}}}}]}}\n  \
             templates: [{{name: main, container: {{image: busybox, command: [echo, '{{{{workflow.parameters.p}}}}']}}}}]\n"
        )
    };
    let plain = manifest("", "");
    let reason = "error[missing-object]: parameters cannot take values of the ConfigMap `settings`";
    let file = bench.file("plain.yaml", &plain);
    let file = file.to_str().unwrap();
    let told = bench.call(&["plan", file]).exits(1).err;
    assert!(told.contains(reason), "{told}");
    bench.call(&["plan", file, "-p", "p=1"]).exits(0);
    let told = bench.call(&["lint", file]).exits(0);
    let warning = reason.replace("error", "warning");
    assert!(format!("{}{}", told.out, told.err).contains(&warning), "{} {}", told.out, told.err);
    let told = bench.run(&plain, &["--dry-run"]).exits(2).err;
    assert!(told.contains(reason) && told.contains("refused: 1 error; nothing was started"), "{told}");
    bench.run(&plain, &["--dry-run", "-p", "p=1"]).exits(0);
    bench.run(&manifest("", ", default: '1'"), &["--dry-run"]).exits(0);
    let labelled = manifest(", labels: {workflows.argoproj.io/configmap-type: Parameter}", "");
    bench.run(&labelled, &["--dry-run"]).exits(0);
    let nowhere = bench.run(&labelled.replace("name: settings, key", "name: gone, key"), &["--dry-run"]);
    let told = nowhere.exits(2).err;
    assert!(told.contains("there is no ConfigMap `gone` among the documents"), "{told}");
}

/// Two documents of one kind and name: lint, run and plan refuse them alike.
#[test]
fn templates_of_one_name_are_refused_by_all() {
    let bench = Bench::new();
    let template = |word: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {{name: lib}}\nspec: {{templates: [{{name: \
             t, container: {{image: busybox, command: [echo, {word}]}}}}]}}\n---\n"
        )
    };
    let workflow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: two}\nspec: {entrypoint: t, \
                    workflowTemplateRef: {name: lib}}\n";
    let file = bench.folder().join("two.yaml");
    std::fs::write(&file, template("first") + &template("second") + workflow).unwrap();
    for verb in ["lint", "run", "plan"] {
        let refused = bench.call(&[verb, file.to_str().unwrap()]);
        assert_ne!(refused.code, Some(0), "{verb}: {refused:?}");
        let told = refused.out + &refused.err;
        assert!(told.contains("duplicate WorkflowTemplate found: \"lib\""), "{verb}: {told}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_told_in_the_words_that_fit() {
    let bench = Bench::new();
    let own = bench.call(&["get", "--nonsense"]).exits(2);
    assert!(own.err.contains("unexpected argument '--nonsense'"), "{}", own.err);
    let argo = |words: &[&str]| -> Answer {
        let mut command = bench.command(words);
        command.env("ARGO_SERVER", "localhost:1").output().unwrap().into()
    };
    let first = |answer: Answer| answer.exits(1).err.lines().next().unwrap_or_default().to_owned();
    assert_eq!(first(argo(&["get", "x", "--nonsense"])), "Error: unknown flag: --nonsense");
    assert_eq!(
        first(argo(&["list", "-o", "xml"])),
        "Error: invalid argument \"xml\" for \"-o, --output\" flag: One of: name|json|yaml|wide"
    );
    assert_eq!(first(argo(&["get"])), "Error: requires at least 1 arg(s), only received 0");
    let away = argo(&["list", "--secure=false"]).exits(1);
    assert!(away.err.contains("cannot reach the server `http://localhost:1`"), "{}", away.err);
}

const NIGHTLY: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly}
spec:
  schedules: ["30 2 * * *"]
  timezone: Europe/Berlin
  workflowMetadata: {labels: {team: reports}}
  workflowSpec:
    entrypoint: main
    arguments: {parameters: [{name: day, value: today}]}
    templates:
      - name: main
        container: {image: busybox, command: [sh, -c, "echo report of {{workflow.parameters.day}}"]}
"#;

#[test]
fn a_schedule_is_told_and_run_without_a_server() {
    let bench = Bench::new();
    let file = bench.file("nightly.yaml", NIGHTLY);
    let file = file.to_str().unwrap();
    let from = "--from=2026-03-27T12:00:00Z";
    // A time that the change of the clocks leaves out does not fire (CR-056).
    let told = bench.call(&["cron", "next", file, "--count", "2", from]).exits(0).out;
    assert_eq!(
        told,
        "nightly: 30 2 * * * (Europe/Berlin)\n  Sat 2026-03-28 02:30:00 CET  2026-03-28T01:30:00Z\n  \
         Mon 2026-03-30 02:30:00 CEST  2026-03-30T00:30:00Z\n"
    );
    let document = bench.call(&["cron", "next", file, "--count", "1", from, "-o", "json"]).exits(0).out;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["next"][0]["at"], "2026-03-28T01:30:00Z");

    let run = bench
        .call(&["cron", "run", file, "-p", "day=monday", "--name", "now", "-q", "--isolation=none"])
        .exits(0);
    assert!(run.err.is_empty(), "{}", run.err);
    let document = bench.document("now");
    assert_eq!(document["metadata"]["labels"]["workflows.argoproj.io/cron-workflow"], "nightly");
    assert_eq!(document["metadata"]["labels"]["team"], "reports");
    assert!(bench.call(&["logs", "now"]).exits(0).out.contains("report of monday"));

    let wrong = bench.file("wrong.yaml", &NIGHTLY.replace("entrypoint: main", "entrypoint: mian"));
    let refused = bench.call(&["cron", "run", wrong.to_str().unwrap()]).exits(2);
    assert!(refused.err.contains("`spec.workflowSpec.entrypoint`"), "{}", refused.err);
    assert!(refused.err.contains("did you mean `main`?"), "{}", refused.err);
    let none = bench.file("none.yaml", FRAIL);
    let refused = bench.call(&["cron", "run", none.to_str().unwrap()]).exits(2);
    assert!(refused.err.contains("there is no CronWorkflow in the files"), "{}", refused.err);
    bench.nothing_is_left();
}

/// More runs than go in one transaction; one of them is driven by somebody, and stays.
#[test]
fn many_runs_are_pruned_together() {
    const RUNS: usize = 600;
    // Three batches, each of the runs, of what is archived of them, and of their locks.
    const TRANSACTIONS_MAX: usize = 3 * 3;
    let bench = Bench::new();
    let state = State::open(&bench.state()).unwrap();
    let mut store = state.store().unwrap();
    let run = |number: usize| NewRun {
        machine: MachineId::workflow(format!("uid-{number}")),
        document: b"{}".to_vec(),
        summary: Summary {
            namespace: "default".to_owned(),
            name: format!("old-{number}"),
            phase: "Succeeded".to_owned(),
            created_us: 1,
            finished_us: Some(2),
            ..Summary::default()
        },
    };
    let runs: Vec<NewRun> = (0..RUNS).map(run).collect();
    store.commit(&runs, &[]).unwrap();
    let files = state.run_dir("uid-5").unwrap();
    std::fs::create_dir_all(&files).unwrap();
    let held = state.ownership().unwrap().claim(&runs[7].machine).unwrap();
    let before = commits(&state.database());
    let pruned = bench.call(&["prune", "--older", "1d"]).exits(0).out;
    assert_eq!(pruned.matches("deleted").count(), RUNS - 1, "{pruned}");
    // Each waits for the disk: they are as few as the batches, not as the runs.
    let transactions = commits(&state.database()) - before;
    assert!(transactions <= TRANSACTIONS_MAX, "{transactions} transactions");
    let left = store.list(&Filter::default()).unwrap();
    assert_eq!(left.iter().map(|run| &*run.name).collect::<Vec<_>>(), ["old-7"]);
    assert!(!files.exists());
    drop(held);
    bench.call(&["delete", "--all"]).exits(0);
    assert_eq!(store.list(&Filter::default()).unwrap(), []);
}

//! What scripts build on: exit codes, what goes to which output, arguments.

use crate::bench::{Bench, ONE, serve};
use serde_json::Value;

const HELLO: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: hello-}
spec:
  entrypoint: main
  arguments: {parameters: [{name: who, value: world}]}
  templates:
    - name: main
      inputs: {parameters: [{name: who}]}
      container: {image: busybox, command: [sh, -c, "echo hello {{inputs.parameters.who}}"]}
    - name: bad
      container: {image: busybox, command: [sh, -c, "echo one; echo two; exit 3"]}
"#;

#[test]
fn json_is_one_workflow_on_standard_output() {
    let bench = Bench::new();
    let answer = bench.run(HELLO, &["-o", "json", "-p", "who=tiphys", "--name", "hi"]).exits(0);
    let document: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(document["metadata"]["name"], "hi");
    assert_eq!(document["status"]["phase"], "Succeeded");
    assert_eq!(document["spec"]["arguments"]["parameters"][0]["value"], "tiphys");
    assert!(answer.err.contains("hi Succeeded"), "{}", answer.err);
    assert_eq!(bench.call(&["logs", "hi"]).exits(0).out, "hi: hello tiphys\n");
    bench.nothing_is_left();
}

#[test]
fn a_failed_run_exits_with_1_and_says_why() {
    let bench = Bench::new();
    let answer = bench.run(HELLO, &["--entrypoint", "bad", "--name", "b"]).exits(1);
    for part in ["b Failed", "main: Error (exit code 3)", "| two", "tiphys logs b b", "tiphys retry b"] {
        assert!(answer.out.contains(part), "{part}: {}", answer.out);
    }
    let quiet = bench.run(HELLO, &["--entrypoint", "bad", "--name", "q", "-q"]).exits(1);
    assert_eq!(quiet.out, "");
    assert!(quiet.err.contains("exit code 3"), "{}", quiet.err);
}

#[test]
fn a_bad_manifest_is_refused_with_all_its_mistakes_before_anything_runs() {
    let bench = Bench::new();
    let manifest = HELLO.replace("command: [sh, -c, \"echo one", "comand: [sh, -c, \"echo one");
    let manifest = manifest.replace("entrypoint: main", "entrypoint: main\n  paralelism: 3");
    let answer = bench.run(&manifest, &[]).exits(2);
    assert!(answer.err.contains("did you mean `command`?"), "{}", answer.err);
    assert!(answer.err.contains("m.yaml:7:"), "{}", answer.err);
    assert!(answer.err.contains("refused: 2 errors; nothing was started"), "{}", answer.err);
    assert_eq!(bench.call(&["list"]).exits(0).out, "No workflows found\n");
    bench.run(&manifest, &["--strict=false", "--deny-warnings"]).exits(2);
}

#[test]
fn what_is_not_supported_is_refused_with_its_field() {
    let bench = Bench::new();
    let manifest = HELLO.replace("container: {image: busybox, command: [sh, -c, \"echo hello", "resource: {action: get, manifest: \"kind: Pod\"}\n    - name: other\n      inputs: {parameters: [{name: who}]}\n      container: {image: busybox, command: [sh, -c, \"echo hello");
    let answer = bench.run(&manifest, &[]).exits(2);
    assert!(answer.err.contains("`resource` is not supported yet"), "{}", answer.err);
    // Who only looks is told, too.
    let file = bench.file("m.yaml", &manifest);
    let file = file.to_str().unwrap();
    let warning = "warning[not-supported-yet]: `resource` is not supported yet";
    for verb in [&["lint", file][..], &["plan", file]] {
        let told = bench.call(verb).exits(0);
        assert!(format!("{}{}", told.out, told.err).contains(warning), "{verb:?}: {}{}", told.out, told.err);
    }
    bench.call(&["lint", "--deny-warnings", file]).exits(1);
    // What the entrypoint cannot reach does not matter.
    bench.run(&manifest, &["--entrypoint", "other"]).exits(0);
    let unknown = HELLO.replace(
        "image: busybox, command: [sh, -c, \"echo hello",
        "image: example.org/tool, args: [\"echo hello",
    );
    let answer = bench.run(&unknown, &[]).exits(2);
    assert!(answer.err.contains("--image-map FILE"), "{}", answer.err);
    // EX-114: a default is no container; the templates over it have commands of their own.
    let defaults = "entrypoint: main\n  templateDefaults: {container: {image: example.org/tool}}";
    bench.run(&HELLO.replace("entrypoint: main", defaults), &[]).exits(0);
}

#[test]
fn usage_errors_exit_with_2_and_help_with_0() {
    let bench = Bench::new();
    bench.call(&["run"]).exits(2);
    bench.call(&["run", "missing.yaml"]).exits(2);
    bench.call(&["run", "--help"]).exits(0);
    bench.run(HELLO, &["--runner", "podman"]).exits(2);
    bench.run(HELLO, &["--mount", "nonsense"]).exits(2);
}

#[test]
fn a_dry_run_prints_the_workflow_and_runs_nothing() {
    let bench = Bench::new();
    let answer = bench.run(HELLO, &["--dry-run", "-p", "who=me", "-l", "team=red"]).exits(0);
    assert!(answer.out.contains("value: me"), "{}", answer.out);
    assert!(answer.out.contains("team: red"), "{}", answer.out);
    assert!(!bench.state().exists());
}

#[test]
fn files_and_folders_of_the_machine_reach_the_steps() {
    let bench = Bench::new();
    bench.file("data.txt", "from the host");
    let manifest = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: files}
spec:
  entrypoint: main
  templates:
    - name: main
      inputs: {artifacts: [{name: data, path: /tmp/tiphys-test/in.txt}]}
      script: {image: busybox, command: [sh], source: "cat /tmp/tiphys-test/in.txt"}
"#;
    let file = bench.file("m.yaml", manifest);
    let answer = bench.call(&["run", file.to_str().unwrap(), "--artifact", "data=data.txt", "--log"]);
    assert!(answer.code == Some(0) && answer.out.contains("from the host"), "{answer:#?}");
}

#[test]
fn several_workflows_run_one_after_the_other() {
    let bench = Bench::new();
    let two = format!("{}---{}", HELLO, HELLO.replace("entrypoint: main", "entrypoint: bad"));
    let answer = bench.run(&two, &["-o", "name"]).exits(1);
    assert_eq!(answer.out.lines().count(), 2, "{answer:#?}");
    bench.run(&two, &["--name", "one"]).exits(2);
}

#[test]
fn lint_prints_diagnostics_for_programs() {
    let bench = Bench::new();
    let good = bench.file("good.yaml", HELLO);
    bench.call(&["lint", good.to_str().unwrap()]).exits(0);
    let bad = bench.file("bad.yaml", &HELLO.replace("entrypoint: main", "entrypoint: nowhere"));
    let answer = bench.call(&["lint", bad.to_str().unwrap(), "-o", "json"]).exits(1);
    let list: Value = serde_json::from_str(&answer.out).unwrap();
    let first = &list[0];
    assert_eq!(first["severity"], "error");
    assert_eq!(first["line"], 6);
    for field in ["code", "file", "column", "path", "message"] {
        assert!(!first[field].is_null(), "{field}: {first}");
    }
    let answer = bench.call(&["lint", bench.folder().to_str().unwrap()]).exits(1);
    assert!(answer.err.contains("bad.yaml:6"), "{}", answer.err);
    bench.file("note.json", "[]");
    bench.call(&["lint", "note.json"]).exits(1);
}

#[test]
fn a_batch_is_answered_line_by_line() {
    let bench = Bench::new();
    let questions = [
        r#"{"id":"a","kind":"when","when":"1 < 2"}"#,
        r#"{"id":"b","kind":"text","text":"{{=1 + 1}}","scope":{}}"#,
        "not json",
        r#"{"id":"c","kind":"cron","schedule":"0 0 * * *","from":"2026-01-01T00:00:00Z","count":1}"#,
    ];
    let file = bench.file("q.jsonl", &questions.join("\n"));
    let answer = bench.call(&["eval", "--batch", file.to_str().unwrap()]).exits(0);
    let lines: Vec<Value> = answer.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!((&lines[0]["id"], &lines[0]["result"]), (&"a".into(), &true.into()));
    assert_eq!(lines[1]["result"], "2");
    assert!(lines[2]["error"].is_string());
    assert_eq!(lines[3]["result"][0], "2026-01-02T00:00:00Z");
}

#[test]
fn what_many_steps_say_alike_is_folded() {
    let bench = Bench::new();
    let (head, container) = ONE.split_once("  - name: main\n").unwrap();
    let steps = "[[{name: each, template: one, withSequence: {count: '50'}, when: 1 == 2}]]";
    let manifest = format!("{head}  - {{name: main, steps: {steps}}}\n  - name: one\n{container}");
    let answer = bench.run(&manifest, &[]).exits(0);
    assert!(answer.out.contains("… and 30 more with the same message\n"), "{}", answer.out);
    assert_eq!(answer.out.matches("'1 == 2' evaluated false").count(), 20, "{}", answer.out);
}

#[test]
fn a_wide_run_is_told_quickly() {
    let bench = Bench::new();
    // Nothing runs: every item is skipped, so that printing is what takes time.
    let manifest = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: wide}
spec:
  entrypoint: main
  templates:
    - name: main
      steps: [[{name: each, template: step, withSequence: {count: "10000"}, when: "{{item}} == -1"}]]
    - name: step
      container: {image: busybox, command: ["true"]}
"#;
    let answer = bench.run(manifest, &[]).exits(0);
    assert!(answer.out.lines().count() > 10_000);
    let began = std::time::Instant::now();
    let view = bench.call(&["get", "wide"]).exits(0);
    assert!(view.out.lines().count() > 10_000);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

/// What a process cannot have is refused before the start, wherever it stands; what only dresses a pod is listed.
#[test]
fn what_is_no_process_is_refused_before_anything_runs() {
    let bench = Bench::new();
    let manifest = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: pods}
spec:
  entrypoint: main
  volumes:
    - {name: far, nfs: {server: a, path: /x}}
    - {name: host, hostPath: {path: /etc}}
    - {name: unused, csi: {driver: x}}
    - name: self
      downwardAPI: {items: [{path: mem, resourceFieldRef: {containerName: main, resource: limits.memory}}]}
    - {name: pass, projected: {sources: [{serviceAccountToken: {path: token}}]}}
  templates:
    - name: main
      steps: [[{name: a, template: one}], [{name: b, template: two}]]
    - name: one
      container:
        image: busybox
        imagePullPolicy: Always
        command: [cat, FOLDER/self/mem]
        resources: {limits: {memory: 64Mi}, requests: {cpu: 1}}
        securityContext: {privileged: true}
        volumeMounts: [{name: self, mountPath: FOLDER/self}]
    - name: two
      retryStrategy: {limit: 1, affinity: {nodeAntiAffinity: {}}}
      container:
        image: busybox
        command: ["true"]
        # volumeDevices: [{name: far, devicePath: /dev/far}]
        # volumeMounts: [{name: far, mountPath: /f}, {name: host, mountPath: /h}, {name: pass, mountPath: /p}]
      # archiveLocation: {s3: {bucket: b, endpoint: e, key: k}}
"#;
    let manifest = manifest.replace("FOLDER", bench.folder().to_str().unwrap());
    let refused = bench.run(&manifest.replace("# ", ""), &[]).exits(2);
    for said in [
        "volume `far`: `nfs` is not supported yet",
        "`--allow-host-path` allows it",
        "a projected `serviceAccountToken` is not supported yet",
        "`volumeDevices` of containers is not supported yet",
        "the driver `s3` is not supported yet",
        "refused: 5 errors; nothing was started",
    ] {
        assert!(refused.err.contains(said), "{said} is not in {}", refused.err);
    }
    let ran = bench.run(&manifest, &["--log"]).exits(0);
    assert!(ran.out.contains("67108864") || ran.err.contains("67108864"), "{}{}", ran.out, ran.err);
    let listed = "without effect on this machine: imagePullPolicy, resources.requests, retryStrategy.affinity, \
                  securityContext.privileged\n";
    assert!(ran.err.contains(listed), "{}", ran.err);
}

#[test]
fn names_that_no_cluster_would_take_are_refused() {
    let bench = Bench::new();
    let manifest = "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: good}
spec: {entrypoint: main, templates: [{name: main, container: {image: busybox, command: ['true']}}]}
";
    for (more, said) in [
        (vec!["--name", "../x"], "`../x` cannot be the name of a workflow"),
        (vec!["--name", "Upper"], "`Upper` cannot be the name"),
        (vec!["-n", "../x"], "`../x` cannot be the namespace"),
        (vec!["--generate-name", "a/b-"], "`a/b-` cannot be the generateName"),
    ] {
        let refused = bench.run(manifest, &more).exits(2);
        assert!(refused.err.contains(said), "{}", refused.err);
    }
    bench.run(manifest, &["--name", "a.b-1", "-q"]).exits(0);
}

#[test]
fn mounts_do_not_show_the_state() {
    let bench = Bench::new();
    let above = format!("{}:/data", bench.folder().display());
    let answer = bench.run(HELLO, &["--mount", &above]).exits(2);
    assert!(answer.err.contains("would show the steps the state folder"), "{}", answer.err);
    assert!(answer.err.contains("TIPHYS_STATE_DIR"), "{}", answer.err);
    assert_eq!(bench.call(&["list"]).exits(0).out, "No workflows found\n");
    for part in ["secrets", "runs", "tiphys.db"] {
        let inside = format!("{}:/data", bench.state().join(part).display());
        let answer = bench.run(HELLO, &["--mount", &inside]).exits(2);
        assert!(answer.err.contains("would show the steps the state folder"), "{part}: {}", answer.err);
    }
    assert_eq!(bench.call(&["list"]).exits(0).out, "No workflows found\n");
}

#[test]
fn a_document_that_lost_its_file_does_not_run_on_something_else() {
    let bench = Bench::new();
    let manifest = HELLO.replace(
        "inputs: {parameters: [{name: who}]}",
        "inputs: {parameters: [{name: who}], artifacts: [{name: in, path: /tmp/in}]}",
    );
    let file = bench.file("in.txt", "the data");
    let given = format!("in={}", file.display());
    bench.run(&manifest, &["--artifact", &given, "--name", "first"]).exits(0);
    let moved = file.with_extension("moved");
    std::fs::rename(&file, &moved).unwrap();
    let answer = bench.call(&["resubmit", "first"]).exits(1);
    let told = "in.txt`, the file that was given as the artifact `in`, is no longer there";
    assert!(answer.err.contains(told) && answer.err.contains("--artifact in=PATH"), "{}", answer.err);
    std::fs::rename(&moved, &file).unwrap();
    let document = bench.call(&["get", "first", "-o", "yaml"]).exits(0).out;
    let answer = bench.run(&document, &["--name", "again"]).exits(1);
    assert!(answer.out.contains("run it with `--artifact in=PATH`"), "{}{}", answer.out, answer.err);
}

#[test]
fn a_task_may_wait_for_hundreds() {
    let bench = Bench::new();
    let names: Vec<String> = (0..230).map(|at| format!("t{at}")).collect();
    let tasks: String = names
        .iter()
        .map(|name| format!("          - {{name: {name}, template: main, when: 1 == 2}}\n"))
        .collect();
    let manifest = HELLO.replace("entrypoint: main", "entrypoint: all")
        + &format!(
            "    - name: all\n      dag:\n        tasks:\n{tasks}          - {{name: last, template: main, dependencies: [{}]}}\n",
            names.join(", ")
        );
    let manifest = manifest
        .replace("inputs: {parameters: [{name: who}]}", "inputs: {parameters: [{name: who, value: all}]}");
    bench.run(&manifest, &["--name", "wide", "-q"]).exits(0);
    assert_eq!(bench.call(&["logs", "wide"]).exits(0).out.trim_end().rsplit(": ").next(), Some("hello all"));
}

#[test]
fn mistakes_and_what_is_not_supported_are_told_together() {
    let bench = Bench::new();
    let manifest = HELLO.replace("parameters: [{name: who}]}\n", "parameters: [{name: who}]}\n      volumes: [{name: v, nfs: {server: s, path: /}}]\n")
        .replace("container: {image: busybox, command: [sh, -c, \"echo hello {{inputs.parameters.who}}\"]}", "container: {image: busybox, volumeMounts: [{name: v, mountPath: /v}], command: [sh, -c, \"echo {{inputs.parameters.whom}}\"]}");
    let answer = bench.run(&manifest, &[]).exits(2);
    for part in ["{{inputs.parameters.whom}}", "nfs", "refused: 2 errors"] {
        assert!(answer.err.contains(part), "{part}: {}", answer.err);
    }
}

/// CLI-034: the log of a step is that of its `main`, if it has one.
#[test]
fn a_log_is_that_of_the_main_container() {
    let bench = Bench::new();
    let first =
        "    initContainers: [{name: first, image: busybox, command: [echo, of the first]}]\n    container:";
    bench.run(&ONE.replace("    container:", first), &["--name", "helped", "-q"]).exits(0);
    assert_eq!(bench.call(&["logs", "helped"]).exits(0).out, "helped: said\n");
    assert_eq!(bench.call(&["logs", "helped", "-c", "first"]).exits(0).out, "helped: of the first\n");
    let (head, _) = ONE.split_once("    container:").unwrap();
    let a = "{name: a, image: busybox, command: [echo, of a]}";
    let b = "{name: b, image: busybox, command: [echo, of b], dependencies: [a]}";
    bench
        .run(&format!("{head}    containerSet: {{containers: [{a}, {b}]}}\n"), &["--name", "set", "-q"])
        .exits(0);
    assert_eq!(bench.call(&["logs", "set"]).exits(0).out, "set: of a\nset: of b\n");
}

/// EX-475: who runs a template for plugins without any is told before.
#[test]
fn a_template_without_a_plugin_is_told() {
    let bench = Bench::new();
    let (head, _) = ONE.split_once("    container:").unwrap();
    let manifest = format!("{head}    plugin: {{hello: {{}}}}\n");
    let answer = bench.run(&manifest, &["--name", "lonely"]).exits(1);
    for part in ["warning[no-plugin]: no plugin is there to execute `main`", "`--plugin NAME=URL`"] {
        assert!(answer.err.contains(part), "{part}: {}", answer.err);
    }
    let server = format!("hello=http://{}", serve(|_| r#"{"node": {"phase": "Succeeded"}}"#.to_owned()));
    let file = bench.file("m.yaml", &manifest);
    let words = ["submit", file.to_str().unwrap(), "--name", "met", "--wait", "--plugin", &server];
    let answer = bench.call(&words).exits(0);
    assert!(!answer.err.contains("no-plugin"), "{}", answer.err);
}

#[test]
fn mistyped_values_are_told() {
    let bench = Bench::new();
    let manifest =
        HELLO.replace("{name: who, value: world}", "{name: who, value: world, enum: [all, world]}");
    assert_ne!(manifest, HELLO);
    let answer = bench.run(&manifest, &["-p", "whom=world", "--name", "a"]).exits(0);
    for part in ["warning[unknown-parameter]: nothing reads a parameter `whom`", "did you mean `who`?"] {
        assert!(answer.err.contains(part), "{part}: {}", answer.err);
    }
    bench.run(&manifest, &["-p", "whom=world", "--deny-warnings"]).exits(2);
    let file = bench.file("values.yaml", "# who is greeted\nwho: worlt\n");
    let answer = bench.run(&manifest, &["-f", file.to_str().unwrap()]).exits(2);
    for part in ["values.yaml:2:6: error[not-in-enum]", "cannot be `worlt`", "did you mean `world`?"] {
        assert!(answer.err.contains(part), "{part}: {}", answer.err);
    }
    let refused: [(&[&str], [&str; 2]); 4] = [
        (&["-p", "who=nobody"], ["the parameter `who` cannot be `nobody`", "it is one of: all, world"]),
        (
            &["--artifact", "data=/etc/hosts"],
            ["the workflow takes no artifact `data`", "it has no artifacts"],
        ),
        (&["--entrypoint", "man"], ["there is no template `man` to begin with", "did you mean `main`?"]),
        (&["--entrypoint", "x", "-p", "who=y"], ["there is no template `x`", "refused: 2 errors"]),
    ];
    for (flags, parts) in refused {
        let answer = bench.run(&manifest, flags).exits(2);
        for part in parts {
            assert!(answer.err.contains(part), "{part}: {}", answer.err);
        }
    }
    // PA-411, and what the template that it begins with takes.
    bench.run(&manifest, &["-p", "who=world", "-q"]).exits(0);
    let undeclared = HELLO.replace("arguments: {parameters: [{name: who, value: world}]}", "suspend: false");
    assert_ne!(undeclared, HELLO);
    let answer = bench.run(&undeclared, &["-p", "who=you"]).exits(0);
    assert!(!answer.err.contains("unknown-parameter"), "{}", answer.err);
}

#[test]
fn mounts_that_cannot_be_are_refused_before_anything_runs() {
    let bench = Bench::new();
    let folder = bench.folder().join("shown");
    std::fs::create_dir(&folder).unwrap();
    for (step, said) in [
        ("/", "nothing can be shown at `/`"),
        ("/proc/self", "nothing can be shown at `/proc/self`"),
        ("/a/../b", "nothing can be shown at `/a/../b`"),
        ("/etc/hosts", "is a folder, `/etc/hosts` is not"),
        ("data", "is not HOST:STEP[:ro]"),
    ] {
        let answer = bench.run(HELLO, &["--mount", &format!("{}:{step}", folder.display())]).exits(2);
        assert!(answer.err.contains(said), "{said}: {}", answer.err);
    }
    let manifest = HELLO
        .replace("    - name: main\n", "    - name: main\n      volumes: [{name: v, hostPath: {path: /}}]\n")
        .replacen("image: busybox,", "image: busybox, volumeMounts: [{name: v, mountPath: /v}],", 1);
    let answer = bench.run(&manifest, &["--allow-host-path"]).exits(1);
    assert!(answer.out.contains("would show the state folder"), "{}{}", answer.out, answer.err);
}

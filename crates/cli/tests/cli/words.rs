//! What people read, with times taken out.

use crate::bench::{Answer, Bench, ONE};

const MANIFEST: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: tale}
spec:
  entrypoint: main
  templates:
    - name: main
      steps:
        - - {name: first, template: say}
        - - {name: each, template: say, withItems: [one, two]}
          - {name: never, template: say, when: "1 == 2"}
        - - {name: last, template: fail}
    - name: say
      container: {image: busybox, command: [sh, -c, "echo said"]}
    - name: fail
      retryStrategy: {limit: 1}
      container: {image: busybox, command: [sh, -c, "printf 'broken \\033[31m\\377\\n'; exit 1"]}
"#;

/// Durations and ages become `~`.
fn without_times(text: &str) -> String {
    let pattern = regex::Regex::new(r"\d+(\.\d)?s\b").unwrap();
    pattern.replace_all(text, "~").into_owned()
}

#[test]
fn a_failed_run_tells_its_tale() {
    let bench = Bench::new();
    let answer = bench.run(MANIFEST, &["-j", "1"]).exits(1);
    let told = without_times(&answer.out);
    let id = bench.document("tale")["status"]["nodes"]
        .as_object()
        .unwrap()
        .values()
        .find(|node| node["name"] == "tale[2].last(1)")
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .unwrap();
    let expected = "tale started
✔ tale[0].first  ~
○ tale[1].never  when '1 == 2' evaluated false
✔ tale[1].each(0:one)  ~
✔ tale[1].each(1:two)  ~
✖ tale[2].last(0)  ~  main: Error (exit code 1)
✖ tale[2].last(1)  ~  main: Error (exit code 1)
✖ tale[2].last  ~  No more retries left
✖ tale Failed in ~  3/5 steps done
";
    let (lines, rest) = told.split_at(expected.len().min(told.len()));
    assert_eq!(lines, expected, "{told}");
    assert!(
        rest.contains("step: tale[2].last(1)  main: Error (exit code 1)\n    | broken \u{fffd}\n"),
        "{rest}"
    );
    assert!(rest.contains(&format!("whole log: tiphys logs tale {id}")), "{rest}");
}

/// CLI-065 to CLI-068, CLI-151: built from the nodes of the status alone.
#[test]
fn the_view_of_a_run_is_argos_tree() {
    let bench = Bench::new();
    bench.run(MANIFEST, &["-q"]).exits(1);
    let view = bench.call(&["get", "tale"]).exits(0).out;
    let steps: Vec<&str> = view
        .lines()
        .skip_while(|line| !line.starts_with("STEP"))
        .skip(1)
        .map(|line| {
            let indent = line.len() - line.trim_start().len();
            &line[..indent + line[indent..].find("  ").unwrap_or(line.len() - indent)]
        })
        .collect();
    let expected = [
        " ✖ tale",
        " ├───✔ first",
        " ├─┬─✔ each(0:one)",
        " │ ├─✔ each(1:two)",
        " │ └─○ never",
        " └───✖ last",
        "     ├─✖ last(0)",
        "     └─✖ last(1)",
    ];
    assert_eq!(steps, expected, "{view}");
    let ascii = bench.call(&["get", "tale", "--no-utf8"]).exits(0).out;
    assert!(ascii.is_ascii(), "{ascii}");
}

#[test]
fn the_journal_is_told_in_words() {
    let bench = Bench::new();
    bench.run(MANIFEST, &["-q"]).exits(1);
    let told = bench.call(&["journal", "show", "tale"]).exits(0).out;
    for part in [
        "the workflow began",
        "`tale[0].first` was started",
        "the loop `each` of `tale[1]` has 2 items",
        "`tale[1].never` was not started: Skipped",
        "`tale[2].last(1)` was started as try 2",
        "the workflow ended: Failed",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    bench.call(&["retry", "tale", "--watch"]).exits(1);
    let again = bench.call(&["journal", "show", "tale"]).exits(0).out;
    assert!(again.contains("somebody asked to run it again: "), "{again}");
    let json = bench.call(&["journal", "show", "tale", "-o", "json"]).exits(0).out;
    assert!(json.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}

#[test]
fn errors_say_what_to_do_next() {
    let bench = Bench::new();
    bench.run(MANIFEST, &["-q"]).exits(1);
    let answer = bench.call(&["get", "tall"]).exits(1);
    assert_eq!(answer.err, "error: there is no run named `tall`\nhelp: did you mean `tale`?\n");
    let answer = bench.call(&["stop", "tale"]).exits(1);
    assert!(answer.err.contains("has ended already, with Failed"), "{}", answer.err);
    let answer = bench.run(MANIFEST, &[]).exits(2);
    assert!(answer.err.contains("`tiphys delete tale` first"), "{}", answer.err);
    assert_eq!(bench.call(&["delete", "tale"]).exits(0).out, "Workflow 'tale' deleted\n");
    assert_eq!(bench.call(&["list"]).exits(0).out, "No workflows found\n");
}

#[test]
fn a_full_disk_behind_standard_output_is_told() {
    let bench = Bench::new();
    bench.run(MANIFEST, &["-q"]).exits(1);
    for words in [&["get", "tale"][..], &["journal", "show", "tale"], &["list"], &["logs", "tale"]] {
        let mut call = bench.command(words);
        call.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
        let answer = call.output().unwrap();
        let told = String::from_utf8_lossy(&answer.stderr);
        assert_eq!(answer.status.code(), Some(1), "{words:?}: {told}");
        assert!(
            told.contains("error: cannot write to standard output: No space left on device"),
            "{words:?}: {told}"
        );
    }
}

#[test]
fn a_run_goes_on_when_nothing_of_it_can_be_printed_and_the_loss_is_told() {
    let bench = Bench::new();
    let file = bench.file("one.yaml", ONE);
    let file = file.to_str().unwrap();
    let mut call = bench.command(&["run", file]);
    call.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let answer = call.output().unwrap();
    let told = String::from_utf8_lossy(&answer.stderr);
    assert_eq!(answer.status.code(), Some(1), "{told}");
    assert!(told.contains("error: cannot write to standard output: No space left on device"), "{told}");
    assert!(bench.call(&["get", "one"]).exits(0).out.contains("Succeeded"));
}

#[test]
fn a_server_that_is_named_for_what_asks_none_is_refused() {
    let bench = Bench::new();
    let file = bench.file("one.yaml", ONE);
    let file = file.to_str().unwrap();
    let answer = bench.call(&["run", file, "-s", "flows.example.com:2746"]).exits(2);
    assert_eq!(
        answer.err,
        "error: `tiphys run` works on this machine and asks no server\n\
         help: `tiphys submit FILE --watch -s flows.example.com:2746` runs it there; without `-s` it runs here\n"
    );
    let answer = bench.call(&["cron", "next", file, "-s", "x:1"]).exits(2);
    assert!(answer.err.starts_with("error: `tiphys cron next` works on this machine"), "{}", answer.err);
    let shows = |words: &[&str]| bench.call(words).exits(0).out.contains("--argo-server");
    assert!(!shows(&["run", "--help"]) && !shows(&["cron", "next", "--help"]));
    assert!(shows(&["list", "--help"]) && shows(&["cron", "list", "--help"]));
}

#[test]
fn completion_offers_what_the_help_shows() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = bench.call(&["completion", shell]).exits(0).out;
        assert!(script.contains("isolation") && script.contains("argo-server"), "{shell}");
        assert!(!script.contains("gloglevel") && !script.contains("argo-http1"), "{shell}");
    }
}

#[test]
fn a_server_that_could_never_work_says_so_at_its_start() {
    let bench = Bench::new();
    for (arguments, words) in [
        (["--namespaces", "Bad_Name"], "`Bad_Name` cannot be a namespace"),
        (["--allowed-host", "https://flows.example.com"], "is no name of a host"),
        (["--loglevel", "loud"], "possible values: error, warn, info, debug, trace, off"),
    ] {
        let answer = bench.call(&[&["server", "--port", "0"], &arguments[..]].concat());
        assert!(answer.err.contains(words), "{arguments:?}: {}", answer.err);
        assert_ne!(answer.code, Some(0));
    }
}

/// Whoever errs is told what to do next, in terms of the verb that was called.
#[test]
fn who_names_no_run_or_the_wrong_one_is_told_what_to_do() {
    let bench = Bench::new();
    for name in ["build-a", "build-b"] {
        bench.run(ONE, &["-q", "--name", name]).exits(0);
    }
    let refused = |words: &[&str]| bench.call(words).exits(1).err;
    for verb in ["stop", "terminate", "suspend", "resume", "retry", "resubmit"] {
        let told = refused(&[verb]);
        assert!(told.contains(&format!("for instance `tiphys {verb} @latest`")), "{told}");
    }
    let told = refused(&["get", "build"]);
    assert!(told.contains("did you mean `build-b` or `build-a`?"), "{told}");
    for name in ["build-c", "build-d"] {
        bench.run(ONE, &["-q", "--name", name]).exits(0);
    }
    let told = refused(&["get", "build"]);
    assert!(told.contains("4 runs begin so; `tiphys list --prefix build`"), "{told}");
    let told = refused(&["get", "bulid-a"]);
    assert!(told.contains("did you mean `build-a`?"), "{told}");
    let told = bench.call(&["cp", "build-a", "out"]).exits(0).err;
    assert!(told.contains("nothing was copied: `build-a` gave no artifact"), "{told}");
}

/// Only that a run is not there is passed over, not that it cannot be told which one is meant.
#[test]
fn who_waits_for_what_is_not_there_still_hears_of_other_faults() {
    let bench = Bench::new();
    for namespace in ["red", "blue"] {
        bench.run(ONE, &["-q", "-n", namespace]).exits(0);
    }
    bench.call(&["wait", "none", "--ignore-not-found"]).exits(0);
    let told = bench.call(&["wait", "one", "--ignore-not-found"]).exits(1).err;
    assert!(told.contains("in the namespaces"), "{told}");
    std::fs::write(bench.state().join("tiphys.db"), "no database").unwrap();
    bench.call(&["wait", "none", "--ignore-not-found"]).exits(1);
}

#[test]
fn what_cannot_be_used_is_told_with_the_way_out() {
    let bench = Bench::new();
    let file = bench.file("m.yaml", ONE);
    let file = file.to_str().unwrap();
    for flag in [["--mount", "none:/data"], ["--artifact", "data=none"], ["--image-map", "none"]] {
        let told = bench.call(&[&["run", file], &flag[..]].concat()).exits(2).err;
        assert!(told.contains("cannot use `none`") && told.contains("is the path right?"), "{told}");
    }
    let told = bench.call(&["config", "check", "none"]).exits(1).err;
    assert!(told.contains("is the path right?"), "{told}");
    for (server, port) in [("127.0.0.1:99999", "99999"), ("http://localhost:web/tiphys", "web")] {
        let told = bench.call(&["list", "-s", server]).exits(1).err;
        assert!(told.contains(&format!("no port behind its colon: `{port}`")), "{told}");
    }
    let told: Answer = bench.command(&["list"]).env("TIPHYS_STATE_DIR", file).output().unwrap().into();
    assert!(told.exits(1).err.contains("it is a file, and the state is a folder"), "{file}");
}

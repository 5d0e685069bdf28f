//! What is shown of runs, wherever they lie and however many they are.

use crate::bench::{Answer, Bench, ONE};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A state folder that may not be written can be looked at: a copy on a medium, or somebody else's.
#[test]
fn a_state_folder_that_is_read_only_can_be_looked_at() {
    let bench = Bench::new();
    bench.run(ONE, &[]).exits(0);
    bench.call(&["sync", "create", "many", "--type", "database", "--limit", "3"]).exits(0);
    bench.nothing_is_left_running();
    let chmod = |how: &str| {
        let done = Command::new("chmod").args(["-R", how]).arg(bench.folder()).status();
        assert!(done.unwrap().success());
    };
    chmod("a-w,a+rX");
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let call = |words: &[&str]| {
        let mut command = bench.command(words);
        if is_root {
            // To root everything is writable, so another user looks at it.
            command.uid(65_534).gid(65_534);
        }
        command.output().map(Answer::from)
    };
    let answers: Vec<_> = [
        &["list", "-o", "name"][..],
        &["get", "one", "-o", "name"],
        &["logs", "one"],
        &["why", "one"],
        &["journal", "show", "one"],
        &["locks"],
        &["sync", "get", "many", "--type", "database"],
        &["wait", "one"],
        &["watch", "one"],
        &["stop", "one"],
    ]
    .map(call)
    .into();
    chmod("u+w");
    for (number, answer) in answers.into_iter().enumerate() {
        let Ok(answer) = answer else { return println!("skipped: another user cannot run the binary") };
        if number < 9 {
            let answer = answer.exits(0);
            assert!(!answer.out.is_empty() && answer.err.is_empty(), "{answer:?}");
        } else {
            let answer = answer.exits(1);
            assert!(answer.err.contains("make it writable, or choose another folder"), "{answer:?}");
        }
    }
}

/// Whoever reads only the beginning is told nothing: `tiphys … | head`.
#[test]
fn a_reader_that_has_enough_hears_no_complaint() {
    let bench = Bench::new();
    bench.run(&ONE.replace("echo said", "seq 1 60000"), &["-q"]).exits(0);
    for words in [&["logs", "one"][..], &["logs", "one", "--follow"], &["completion", "bash"]] {
        let mut child = bench.start(words);
        // More than a pipe holds is written, so whoever writes meets the end of it.
        drop(child.stdout.take());
        let answer = Answer::from(child.wait_with_output().unwrap()).exits(1);
        assert_eq!(answer.err, "", "{words:?}");
    }
}

/// Before anything is said about a run, it is clear that there can be one.
#[test]
fn a_state_folder_that_cannot_be_used_is_told_first() {
    let bench = Bench::new();
    let file = bench.file("m.yaml", ONE);
    bench.file("state", "no folder");
    let answer = bench.call(&["run", file.to_str().unwrap()]).exits(2);
    assert!(answer.err.starts_with("error: ") && !answer.err.contains("notice"), "{answer:?}");
}

#[test]
fn a_phase_that_no_run_has_is_refused() {
    let bench = Bench::new();
    let answer = bench.call(&["list", "--status", "Running,succeded"]).exits(1);
    assert!(answer.err.contains("no run has the phase `succeded`"), "{answer:?}");
    assert!(answer.err.contains("did you mean `Succeeded`? there are Pending, Running,"), "{answer:?}");
    assert_eq!(bench.call(&["list", "--status", "Failed,Error"]).exits(0).out, "No workflows found\n");
}

/// Several workflows of one file, as `argo submit` prints them: one object after the other.
#[test]
fn objects_of_several_runs_can_be_told_apart() {
    let bench = Bench::new();
    let two = format!("{ONE}---{}", ONE.replace("name: one", "name: two"));
    let answer = bench.run(&two, &["-q", "-o", "json"]).exits(0);
    let names = |out: &str| -> Vec<String> {
        let objects = serde_json::Deserializer::from_str(out).into_iter::<serde_json::Value>();
        objects.map(|object| object.unwrap()["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&answer.out), ["one", "two"]);
    assert_eq!(names(&bench.call(&["get", "two", "one", "-o", "json"]).exits(0).out), ["two", "one"]);
    let yaml = bench.call(&["get", "one", "two", "-o", "yaml"]).exits(0).out;
    let separators: Vec<usize> =
        yaml.lines().enumerate().filter(|(_, line)| *line == "---").map(|at| at.0).collect();
    assert_eq!(separators.len(), 1, "{yaml}");
    let file = bench.file("m.yaml", &two.replace("one", "three").replace("two", "four"));
    let yaml =
        bench.call(&["run", file.to_str().unwrap(), "--isolation", "none", "-q", "-o", "yaml"]).exits(0).out;
    assert_eq!(yaml.lines().filter(|line| *line == "---").count(), 1, "{yaml}");
}

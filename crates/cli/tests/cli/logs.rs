//! Logs of runs of this machine: which lines are told, and what is said of those that cannot be.

use crate::bench::{Bench, ONE};

/// A step that says which of its attempts, and which of the run's lives, it is.
const TRIED: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: tried}
spec:
  entrypoint: main
  arguments: {parameters: [{name: life, value: first}]}
  templates:
    - name: main
      steps:
        - [{name: again, template: again}, {name: once, template: once}]
    - name: again
      retryStrategy: {limit: 1}
      container: {image: busybox, command: [sh, -c, "echo attempt {{retries}}; exit 1"]}
    - name: once
      container: {image: busybox, command: [sh, -c, "echo {{workflow.parameters.life}} life; exit 1"]}
"#;

/// CLI-034.
#[test]
fn a_time_chooses_lines_whatever_its_zone() {
    let bench = Bench::new();
    bench.run(ONE, &["-q"]).exits(0);
    let lines = |flag: &str, time: &str| bench.call(&["logs", "one", flag, time]).exits(0).out;
    let told = bench.call(&["logs", "one", "--timestamps"]).exits(0).out;
    let at: jiff::Timestamp = told.split(' ').nth(1).unwrap().parse().unwrap();
    // To the second, and so earlier than the line's own fraction of it.
    let second = jiff::Timestamp::from_second(at.as_second()).unwrap();
    let east = second.display_with_offset(jiff::tz::offset(9)).to_string();
    let west = second.display_with_offset(jiff::tz::offset(-9)).to_string();
    for time in [second.to_string(), east, west] {
        assert_eq!(lines("--since-time", &time), "one: said\n", "{time}");
    }
    let later = jiff::Timestamp::from_second(at.as_second() + 1).unwrap();
    let west = later.display_with_offset(jiff::tz::offset(-9)).to_string();
    assert_eq!(lines("--since-time", &west), "");
    assert_eq!(lines("--since", "1h"), "one: said\n");
    let refused = |words: &[&str]| bench.call(&[&["logs", "one"], words].concat()).exits(1).err;
    assert!(
        refused(&["--since-time", "x"]).contains("parsing time \"x\""),
        "{}",
        refused(&["--since-time", "x"])
    );
    let both = refused(&["--since", "1h", "--since-time", &later.to_string()]);
    assert!(both.contains("cannot be used together"), "{both}");
}

#[test]
fn previous_is_the_attempt_before_or_the_life_before_a_retry() {
    let bench = Bench::new();
    bench.run(TRIED, &["-q"]).exits(1);
    let log = |words: &[&str]| bench.call(&[&["logs", "tried"], words].concat()).exits(0).out;
    assert_eq!(log(&["again"]), "attempt 1\n");
    assert_eq!(log(&["again", "--previous"]), "attempt 0\n");
    assert_eq!(log(&["once", "--previous"]), "");
    bench.call(&["retry", "tried", "-p", "life=second"]).exits(1);
    assert_eq!(log(&["once"]), "first life\nsecond life\n");
    assert_eq!(log(&["once", "--previous"]), "first life\n");
}

#[test]
fn what_cannot_be_chosen_here_is_refused() {
    let bench = Bench::new();
    bench.run(ONE, &["-q"]).exits(0);
    let refused = |words: &[&str]| bench.call(words).exits(1).err;
    let told = refused(&["logs", "one", "-c", "other"]);
    assert!(told.contains("no log of a container `other`") && told.contains("those of main"), "{told}");
    assert_eq!(bench.call(&["logs", "one", "-c", "wait"]).exits(0).out, "");
    let told = refused(&["logs", "one", "-l", "app=web"]);
    assert!(told.contains("only a server has"), "{told}");
    for flag in ["--status", "--node-field-selector"] {
        let told = refused(&["watch", "one", flag, "Failed"]);
        assert!(told.contains(&format!("tiphys get one {flag}")), "{told}");
    }
}

/// A step that is retried is another node of its run, and ten of them have numbers of two digits.
#[test]
fn the_end_of_a_retry_shows_what_the_last_life_wrote() {
    let bench = Bench::new();
    let frail = ONE.replace("echo said", "echo {{workflow.parameters.life}}; exit 1").replace(
        "  entrypoint: main",
        "  entrypoint: main\n  arguments: {parameters: [{name: life, value: life-0}]}",
    );
    bench.run(&frail, &["-q"]).exits(1);
    for life in 1..=10 {
        let told = bench.call(&["retry", "one", "-p", &format!("life=life-{life}")]).exits(1).out;
        assert!(told.contains(&format!("| life-{life}\n")), "{told}");
    }
}

/// The loop of a step has no node of its own; its items have.
#[test]
fn a_loop_is_told_by_the_name_of_its_step() {
    let bench = Bench::new();
    let manifest = TRIED.replace(
        "- [{name: again, template: again}, {name: once, template: once}]",
        "- [{name: each, template: each, arguments: {parameters: [{name: x, value: '{{item}}'}]}, withItems: [a, b]}, {name: other, template: each}]",
    ) + "    - name: each
      inputs: {parameters: [{name: x, value: none}]}
      container: {image: busybox, command: [sh, -c, \"echo {{inputs.parameters.x}}\"]}
";
    bench.run(&manifest, &["-q"]).exits(0);
    let told = bench.call(&["logs", "tried", "each"]).exits(0).out;
    let mut lines: Vec<&str> = told.lines().map(|line| line.split_once(": ").unwrap().1).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a", "b"]);
    assert_eq!(bench.call(&["logs", "tried", "each(1:b)"]).exits(0).out, "b\n");
    let why = bench.call(&["why", "tried", "each"]).exits(0).out;
    assert!(why.contains("each(1:b)") && why.contains("it came out well"), "{why}");
}

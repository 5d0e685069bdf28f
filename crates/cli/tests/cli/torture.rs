//! Nothing is lost, of whatever type a template is: engines killed at random moments, supervisors too, and everything at once.
//!
//! `TIPHYS_TORTURE_SEEDS` says how many seeds are tried; a failing seed is printed and, as `TIPHYS_TORTURE_SEED`,
//! tries the same moments again.

use crate::bench::{Bench, serve, signal, wait_until};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

/// How a storm is made.
#[derive(Clone, Copy)]
struct Storm {
    isolation: &'static str,
    /// Items of each of the three loops.
    items: usize,
    /// Most kills before a run is left alone, so that a slow machine ends, too.
    kills_max: u32,
}

/// With what holds the loops together it is a workflow of more than 300 steps.
const BARE: Storm = Storm { isolation: "none", items: 100, kills_max: 12 };

/// Fewer, because each step costs more.
const SANDBOXED: Storm = Storm { isolation: "sandbox", items: 16, kills_max: 8 };

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Loops with outputs that the next one reads, steps that fail the first time, every other type of template, hooks, what
/// is remembered, artifacts, and a lock that two runs fight for. Each try of each step writes down that it ran.
fn manifest(bench: &Bench, name: &str, items: usize, server: &str) -> String {
    let ran = bench.folder().join("seen").join(format!("{name}.ran"));
    format!(
        r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{name: {name}}}
spec:
  entrypoint: main
  onExit: exit
  templates:
    - name: main
      dag:
        tasks:
          - {{name: list, template: list}}
          - {{name: first, template: work, depends: list, withParam: "{{{{tasks.list.outputs.result}}}}", arguments: {{parameters: [{{name: num, value: "{{{{item}}}}"}}]}}}}
          - {{name: second, template: flaky, depends: first, withParam: "{{{{tasks.first.outputs.result}}}}", arguments: {{parameters: [{{name: num, value: "{{{{item}}}}"}}]}}}}
          - {{name: beside, template: work, depends: list, withSequence: {{count: "{items}"}}, arguments: {{parameters: [{{name: num, value: "9{{{{item}}}}"}}]}}}}
          - {{name: call, template: call, depends: list}}
          - {{name: listing, template: listing, depends: pair}}
          - {{name: plug, template: plug, depends: list}}
          - {{name: set, template: set, depends: list, hooks: {{exit: {{template: bye}}, ran: {{template: bye, expression: 'tasks.set.status == "Succeeded"'}}}}}}
          - {{name: pair, template: pair, depends: list}}
          - {{name: learn, template: known, depends: list}}
          - {{name: know, template: known, depends: learn}}
          - {{name: serve, template: serve, depends: list}}
          - {{name: served, template: work, depends: serve, arguments: {{parameters: [{{name: num, value: served}}]}}}}
          - {{name: pause, template: pause, depends: list}}
          - {{name: locked, template: locked, depends: list, withItems: [a, b, c, d], arguments: {{parameters: [{{name: num, value: "{{{{item}}}}"}}]}}}}
          - {{name: others, template: pause, depends: call && listing && plug && set && served && pause && locked && pair && know}}
          - {{name: sum, template: sum, depends: second && beside && others, arguments: {{parameters: [{{name: all, value: "{{{{tasks.beside.outputs.result}}}}"}}]}}}}
    - name: list
      script: {{image: busybox, command: [sh], source: "echo list >> {ran}; seq 1 {items} | sed 's/$/,/; 1s/^/[/; $s/,$/]/'"}}
    - name: work
      inputs: {{parameters: [{{name: num}}]}}
      script: {{image: busybox, command: [sh], resources: {{limits: {{memory: 256Mi}}}}, source: "echo work-{{{{inputs.parameters.num}}}} >> {ran}; echo 1{{{{inputs.parameters.num}}}}"}}
    - name: flaky
      retryStrategy: {{limit: 2}}
      inputs: {{parameters: [{{name: num}}]}}
      container: {{image: busybox, command: [sh, -c, "echo flaky-{{{{inputs.parameters.num}}}}-{{{{retries}}}} >> {ran}; case {{{{inputs.parameters.num}}}} in *7) test {{{{retries}}}} -gt 0;; esac"]}}
    - name: call
      http: {{url: "http://{server}/well", successCondition: "response.body == 'well'"}}
    - name: listing
      data: {{source: {{artifactPaths: {{name: files, s3: {{key: {name}}}}}}}, transformation: [{{expression: "len(data) > 0"}}]}}
    - name: plug
      plugin: {{hello: {{}}}}
    - name: set
      containerSet:
        containers:
          - {{name: one, image: busybox, command: [sh, -c, "echo set-one >> {ran}"]}}
          - {{name: main, image: busybox, dependencies: [one], command: [sh, -c, "echo set-main >> {ran}"]}}
    - name: bye
      container: {{image: busybox, command: [sh, -c, "echo bye >> {ran}"]}}
    - name: exit
      steps: [[{{name: exit, template: bye}}]]
    - name: pair
      steps:
        - - {{name: give, template: give}}
        - - {{name: take, template: take, arguments: {{artifacts: [{{name: it, from: "{{{{steps.give.outputs.artifacts.it}}}}"}}]}}}}
    - name: give
      container: {{image: busybox, command: [sh, -c, "echo give >> {ran}; echo it > {given}"]}}
      outputs: {{artifacts: [{{name: it, path: {given}}}]}}
    - name: take
      inputs: {{artifacts: [{{name: it, path: {taken}}}]}}
      container: {{image: busybox, command: [sh, -c, "echo take-$(cat {taken}) >> {ran}"]}}
    - name: known
      memoize: {{key: {name}-known, maxAge: 1h, cache: {{configMap: {{name: cache}}}}}}
      container: {{image: busybox, command: [sh, -c, "echo known >> {ran}"]}}
    - name: serve
      daemon: true
      container: {{image: busybox, command: [sh, -c, "echo serve >> {ran}; exec sleep 600"]}}
    - name: pause
      suspend: {{duration: 1s}}
    - name: locked
      synchronization: {{mutexes: [{{name: shared}}]}}
      inputs: {{parameters: [{{name: num}}]}}
      container: {{image: busybox, command: [sh, -c, "mkdir {held} || echo broken >> {ran}; sleep 0.2; echo locked-{{{{inputs.parameters.num}}}} >> {ran}; rmdir {held}"]}}
    - name: sum
      inputs: {{parameters: [{{name: all}}]}}
      script: {{image: busybox, command: [sh], source: "echo sum >> {ran}; echo '{{{{inputs.parameters.all}}}}' | tr , '\n' | wc -l"}}
"#,
        ran = ran.display(),
        held = bench.folder().join("seen").join("held").display(),
        given = bench.folder().join(format!("{name}.given")).display(),
        taken = bench.folder().join(format!("{name}.taken")).display(),
    )
}

/// What of a status does not depend on the time.
fn gist(document: &Value) -> BTreeMap<String, String> {
    let nodes = document["status"]["nodes"].as_object().unwrap();
    let mut gist: BTreeMap<String, String> = nodes
        .values()
        .map(|node| {
            let name = node["name"].as_str().unwrap();
            let name = name.split_once(['.', '[']).map_or("", |(_, rest)| rest);
            let mut node = node.clone();
            // Where they lie has the name of the run in it.
            drop(node["outputs"].as_object_mut().and_then(|outputs| outputs.remove("artifacts")));
            (name.to_owned(), format!("{} {} {}", node["phase"], node["message"], node["outputs"]))
        })
        .collect();
    gist.insert("phase".to_owned(), document["status"]["phase"].to_string());
    gist
}

fn seeds() -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    match number("TIPHYS_TORTURE_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("TIPHYS_TORTURE_SEEDS").unwrap_or(3)).collect(),
    }
}

#[test]
fn engines_die_at_any_moment_and_nothing_is_lost() {
    weather(BARE);
}

#[test]
fn engines_of_sandboxed_steps_die_and_nothing_is_lost() {
    weather(SANDBOXED);
}

fn weather(storm: Storm) {
    let bench = Bench::new();
    let server = serve(|request| match request.contains("template.execute") {
        true => {
            let outputs = r#"{"parameters": [{"name": "said", "value": "hello"}]}"#;
            format!(r#"{{"node": {{"phase": "Succeeded", "message": "", "outputs": {outputs}}}}}"#)
        }
        false => "well".to_owned(),
    });
    let plugin = format!("hello=http://{server}");
    let calm = bench.file("calm.yaml", &manifest(&bench, "calm", storm.items, &server));
    bench.call(&run(calm.to_str().unwrap(), &shown(&bench), &plugin, storm)).exits(0);
    let expected = gist(&bench.document("calm"));
    let calm_ran = tries(&bench, "calm");
    assert!(calm_ran.len() > 3 * storm.items, "{}", calm_ran.len());
    for seed in seeds() {
        println!("seed {seed}");
        let name = format!("storm-{seed}");
        // Two runs share the state folder, each with engines that die.
        let runs: Vec<_> = [name.clone(), format!("{name}-b")]
            .into_iter()
            .enumerate()
            .map(|(at, name)| {
                let file =
                    bench.file(&format!("{name}.yaml"), &manifest(&bench, &name, storm.items, &server));
                let random = Random(seed * 1_000 + at as u64);
                (name, file, random)
            })
            .collect();
        std::thread::scope(|scope| {
            for (name, file, random) in runs {
                let bench = &bench;
                let expected = &expected;
                let calm_ran = &calm_ran;
                let plugin = &plugin;
                scope.spawn(move || {
                    torture(bench, &name, file.to_str().unwrap(), plugin, storm, random);
                    let document = bench.document(&name);
                    let got = gist(&document);
                    for (node, words) in expected {
                        assert_eq!(got.get(node), Some(words), "seed {seed}, {name}: {node}");
                    }
                    assert_eq!(got.len(), expected.len(), "seed {seed}, {name}");
                    // A step goes on while its engine is dead, so every try runs exactly once.
                    assert_eq!(&tries(bench, &name), calm_ran, "seed {seed}, {name}");
                });
            }
        });
        // An engine that was killed after the end of its run may leave a lock that holds nothing.
        bench.nothing_is_left_running();
        bench.call(&["prune"]).exits(0);
        bench.nothing_is_left();
    }
}

/// What ran, sorted; a doubled line is a step that ran twice.
fn tries(bench: &Bench, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(bench.folder().join("seen").join(format!("{name}.ran"))).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The folder in which steps write down that they ran, as `--mount` takes it.
fn shown(bench: &Bench) -> String {
    let seen = bench.folder().join("seen");
    std::fs::create_dir_all(&seen).unwrap();
    format!("{0}:{0}", seen.display())
}

fn run<'a>(file: &'a str, shown: &'a str, plugin: &'a str, storm: Storm) -> Vec<&'a str> {
    let mut arguments = vec!["run", file, "-q", "--isolation", storm.isolation, "--plugin", plugin];
    if storm.isolation == "sandbox" {
        arguments.extend(["--mount", shown]);
    }
    arguments
}

fn torture(bench: &Bench, name: &str, file: &str, plugin: &str, storm: Storm, mut random: Random) {
    let shown = shown(bench);
    let mut arguments = run(file, &shown, plugin, storm);
    for kill in 0.. {
        let quiet = |arguments: &[&str]| {
            bench.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let mut engine = quiet(&arguments);
        if kill < storm.kills_max {
            std::thread::sleep(Duration::from_millis(20 + random.below(400)));
            // A second engine for the same run is refused, or takes over after the first is dead.
            let mut second = (random.below(3) == 0).then(|| quiet(&["continue", name, "-q"]));
            std::thread::sleep(Duration::from_millis(random.below(100)));
            drop(engine.kill());
            if let Some(second) = &mut second {
                std::thread::sleep(Duration::from_millis(random.below(200)));
                drop(second.kill());
                second.wait().unwrap();
            }
        }
        let status = engine.wait().unwrap();
        if status.success() {
            return;
        }
        assert!(status.code().is_none() || kill <= storm.kills_max, "{name}: {status}");
        // Before the run was created there is nothing to continue.
        let created = bench.call(&["get", name, "-o", "name"]).code == Some(0);
        if created {
            arguments = vec!["continue", name, "-q"];
        }
    }
}

/// A step that takes its time, and starts again when it was lost.
fn long(bench: &Bench) -> String {
    format!(
        r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{name: long}}
spec:
  entrypoint: main
  templates:
    - name: main
      steps:
        - - {{name: done, template: quick}}
        - - {{name: long, template: long, withItems: [a, b]}}
    - name: quick
      container: {{image: busybox, command: [sh, -c, "echo done >> {0}/ran"]}}
    - name: long
      retryStrategy: {{limit: 3, retryPolicy: Always}}
      container: {{image: busybox, command: [sh, -c, "echo long-{{{{retries}}}} >> {0}/ran; test {{{{retries}}}} -gt 0 || sleep 60"]}}
"#,
        bench.folder().display()
    )
}

fn begin_long(bench: &Bench) -> (std::process::Child, BTreeSet<i32>) {
    let file = bench.file("long.yaml", &long(bench));
    let engine = bench.start(&["run", file.to_str().unwrap(), "--isolation", "none"]);
    wait_until("both steps were seen running", || {
        let told = bench.call(&["journal", "show", "long"]).out;
        told.matches("was seen running").count() >= 2 && told.contains("long(1:b)(0)` was seen")
    });
    let own = engine.id() as i32;
    let others = bench.processes().into_iter().filter(|pid| *pid != own).collect();
    (engine, others)
}

/// Completed work stays; what was observed running is lost and follows its retry strategy.
fn check_long(bench: &Bench) {
    let text = std::fs::read_to_string(bench.folder().join("ran")).unwrap();
    assert_eq!(text.matches("done").count(), 1, "{text}");
    assert_eq!(text.matches("long-0").count(), 2, "{text}");
    assert_eq!(text.matches("long-1").count(), 2, "{text}");
    bench.nothing_is_left();
}

#[test]
fn steps_of_a_dead_supervisor_are_lost_and_tried_again() {
    let bench = Bench::new();
    let (engine, supervisors) = begin_long(&bench);
    assert!(!supervisors.is_empty());
    supervisors.iter().for_each(|pid| signal(*pid as u32, "-KILL"));
    let output = engine.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    check_long(&bench);
}

#[test]
fn after_the_death_of_everything_completed_work_stays() {
    let bench = Bench::new();
    let (mut engine, mut all) = begin_long(&bench);
    all.insert(engine.id() as i32);
    all.iter().for_each(|pid| signal(*pid as u32, "-KILL"));
    engine.wait().unwrap();
    bench.call(&["continue", "long"]).exits(0);
    check_long(&bench);
}

/// A step that was never seen running was never begun as far as anybody knows: it starts, and nothing of it was lost.
#[test]
fn after_the_death_of_everything_what_was_never_observed_starts() {
    let bench = Bench::new();
    let manifest = format!(
        r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{name: line}}
spec:
  entrypoint: main
  templates:
    - name: main
      steps: [[{{name: busy, template: busy}}, {{name: waits, template: quick}}]]
    - name: busy
      retryStrategy: {{limit: 3, retryPolicy: Always}}
      container: {{image: busybox, command: [sh, -c, "echo busy-{{{{retries}}}} >> {0}/ran; test {{{{retries}}}} -gt 0 || sleep 60"]}}
    - name: quick
      container: {{image: busybox, command: [sh, -c, "echo quick >> {0}/ran"]}}
"#,
        bench.folder().display()
    );
    let file = bench.file("line.yaml", &manifest);
    // One step at a time: the other is in line, and its start is in the journal.
    let mut engine = bench.start(&["run", file.to_str().unwrap(), "--isolation", "none", "-j", "1"]);
    wait_until("the first step was seen running", || {
        bench.call(&["journal", "show", "line"]).out.contains("busy(0)` was seen running")
    });
    let mut all: BTreeSet<i32> = bench.processes().into_iter().collect();
    all.insert(engine.id() as i32);
    all.iter().for_each(|pid| signal(*pid as u32, "-KILL"));
    engine.wait().unwrap();
    let text = || std::fs::read_to_string(bench.folder().join("ran")).unwrap();
    assert_eq!(text(), "busy-0\n", "the other step was not started yet");
    bench.call(&["continue", "line"]).exits(0);
    let text = text();
    for (ran, times) in [("busy-0", 1), ("busy-1", 1), ("quick", 1)] {
        assert_eq!(text.matches(ran).count(), times, "{text}");
    }
    bench.nothing_is_left();
}

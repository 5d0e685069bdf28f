//! What `plan` and `why` say, seen on runs of the laboratory.

use tiphys_engine::Time;
use tiphys_engine::explain::{Answer, HeldKind, held, outline, reason, standstill, why};
use tiphys_engine::workflow::{Attempt, ContainerOutcome, Event, Input, Outcome, Phase, Report, Request};
use tiphys_sim::manifest::read;
use tiphys_sim::stage::Stage;

/// A run played until nothing more happens by itself, or until so many seconds have passed.
#[track_caller]
fn played(manifest: &str, seconds: Option<u64>) -> Stage {
    let mut stage = Stage::new(&read(manifest).unwrap()).unwrap();
    stage.feed(Input::Begin).unwrap();
    let until = seconds.map(|seconds| stage.now.plus(std::time::Duration::from_secs(seconds)));
    stage.play(until).unwrap();
    stage
}

#[track_caller]
fn asked(stage: &Stage, node: Option<&str>) -> Answer {
    let history: Vec<(Time, Event)> =
        stage.journal.iter().map(|(at, event)| (*at, serde_json::from_str(event).unwrap())).collect();
    why(&stage.run, &history, node, stage.now).unwrap()
}

const CHAIN: &str = "
  arguments: {parameters: [{name: city, value: Linz}]}
  templates:
  - name: main
    steps:
    - - {name: make, template: echo, arguments: {parameters: [{name: m, value: '{{workflow.parameters.city}}'}]}}
    - - name: inner
        template: inner
        arguments: {parameters: [{name: x, value: 'to {{steps.make.outputs.result}}'}]}
      - {name: nope, template: ok, when: '{{steps.make.outputs.result}} == Graz'}
    - - {name: bad, template: fail}
  - name: inner
    inputs: {parameters: [{name: x}]}
    steps:
    - - {name: use, template: echo, arguments: {parameters: [{name: m, value: '{{inputs.parameters.x}}'}]}}
";

#[test]
fn a_value_is_followed_to_where_it_was_made() {
    let stage = played(CHAIN, None);
    let answer = asked(&stage, Some("use"));
    assert_eq!(answer.name, "demo[1].inner[0].use");
    let input = &answer.inputs[0];
    assert_eq!((&*input.name, &*input.value, &*input.written), ("m", "to Linz", "{{inputs.parameters.x}}"));
    let from: Vec<(&str, Option<&str>)> =
        input.from.iter().map(|origin| (&*origin.reference, origin.node.as_deref())).collect();
    assert_eq!(
        from,
        [("inputs.parameters.x", Some("demo[1].inner")), ("steps.make.outputs.result", Some("demo[0].make"))]
    );
}

#[test]
fn a_skipped_step_and_a_failure_say_why() {
    let stage = played(CHAIN, None);
    let skipped = asked(&stage, Some("nope"));
    assert_eq!(skipped.when, "{{steps.make.outputs.result}} == Graz");
    assert_eq!(skipped.because, "its condition did not hold: when 'Linz == Graz' evaluated false");
    let whole = asked(&stage, None);
    assert_eq!(
        (&*whole.phase, &*whole.because),
        ("Failed", "`demo[2].bad` failed: main: Error (exit code 1)")
    );
    let bad = asked(&stage, Some("demo[2]"));
    assert_eq!(bad.causes.iter().map(|cause| &*cause.name).collect::<Vec<_>>(), ["demo[2].bad"]);
}

/// The loop of a step has no node of its own, that of a task has.
#[test]
fn a_loop_is_asked_about_by_the_name_of_its_step() {
    let stage = played(
        "
  templates:
  - name: main
    steps:
    - - {name: each, template: echo, arguments: {parameters: [{name: m, value: '{{item}}'}]}, withItems: [a, b]}
    - - {name: inner, template: inner}
  - name: inner
    steps:
    - - {name: frail, template: exit, arguments: {parameters: [{name: code, value: '{{item}}'}]}, withItems: [0, 3, 0]}
    - - {name: later, template: ok, withItems: [1]}
  - name: exit
    inputs: {parameters: [{name: code}]}
    container: {image: cast, args: ['exit={{inputs.parameters.code}}']}
",
        None,
    );
    let found = |subject: &str| asked(&stage, Some(subject)).name;
    assert_eq!(found("each"), "demo[0].each(1:b)");
    assert_eq!(found("demo[0].each"), "demo[0].each(1:b)");
    assert_eq!(found("frail"), "demo[1].inner[0].frail(1:3)");
    // Its turn never came.
    assert_eq!(asked(&stage, Some("later")).phase, "NotStarted");
}

#[test]
fn a_list_names_what_broke_where_the_run_itself_says_nothing() {
    // Steps only name a child, a DAG says nothing at all (EX-171).
    let stage = played(CHAIN, None);
    assert!(stage.run.message.as_deref().unwrap().starts_with("child '"));
    assert_eq!(reason(&stage.run), "bad: main: Error (exit code 1)");
    let dag = "
  templates:
  - name: main
    dag: {tasks: [{name: a, template: ok}, {name: b, template: fail, depends: a}]}
";
    let stage = played(dag, None);
    assert_eq!(stage.run.message, None);
    assert_eq!(reason(&stage.run), "b: main: Error (exit code 1)");
    // What goes on has not broken.
    assert_eq!(reason(&played(DIAMOND, Some(20)).run), "");
}

/// Lists say what a run waits for of which nothing goes on; a person who is asked is a state of its own.
#[test]
fn a_run_that_stands_still_says_what_it_waits_for() {
    let still = |templates: &str| {
        let stage = played(&format!("\n  templates:\n{templates}"), Some(5));
        standstill(&stage.run, stage.now)
    };
    assert_eq!(
        still(
            "  - {name: main, container: {image: cast, args: [exit=1]}, retryStrategy: {limit: 3, backoff: {duration: 10m}}}"
        ),
        Some("waits until 2030-01-01T00:10:01Z before try 2".to_owned())
    );
    let pause = |more: &str| {
        format!(
            "  - {{name: main, steps: [[{{name: rest, template: pause}}]]}}\n  - {{name: pause, suspend: {{{more}}}}}"
        )
    };
    assert_eq!(
        still(&pause("duration: 1h")),
        Some("rest: waits until 2030-01-01T01:00:00Z, or until somebody resumes it".to_owned())
    );
    assert_eq!(still(&pause("")), None);
    let locked = "  - {name: main, steps: [[{name: a, template: work}, {name: b, template: work}]]}\n  - {name: work, container: {image: cast, args: [takes=60]}, synchronization: {mutexes: [{name: one}]}}";
    assert_eq!(still(locked), Some("b: waits for the lock `argo/Mutex/one`".to_owned()));
}

/// What `continueOn` forgave is no reason for anything; of a run that came out well it is told all the same.
#[test]
fn a_tolerated_failure_is_no_reason() {
    let manifest = |then: &str| {
        format!(
            "
  templates:
  - name: main
    steps:
    - - {{name: a, template: fail, continueOn: {{failed: true}}}}
    - - {{name: b, template: {then}}}
"
        )
    };
    let stage = played(&manifest("fail"), None);
    let whole = asked(&stage, None);
    assert_eq!(whole.because, "`demo[1].b` failed: main: Error (exit code 1)");
    assert_eq!(whole.causes.iter().map(|cause| &*cause.name).collect::<Vec<_>>(), ["demo[1].b"]);
    let stage = played(&manifest("ok"), None);
    let whole = asked(&stage, None);
    assert_eq!(whole.because, "it came out well; what failed in it was tolerated");
    assert_eq!(whole.causes.iter().map(|cause| &*cause.name).collect::<Vec<_>>(), ["demo[0].a"]);
}

/// A dag whose tasks take a failure as a case of its own does not go back to it (EX-170, EX-172).
#[test]
fn a_failure_that_a_dag_expects_is_no_reason() {
    let told = |tasks: &str| {
        let stage = played(&format!("\n  templates:\n  - name: main\n    dag:\n      tasks:\n{tasks}"), None);
        let causes: Vec<String> = asked(&stage, None).causes.into_iter().map(|cause| cause.name).collect();
        (reason(&stage.run), causes.join(" "))
    };
    let expected = "      - {name: probe, template: fail}
      - {name: fallback, template: ok, depends: probe.Failed}
      - {name: load, template: fail, depends: fallback}
";
    let of_load = ("load: main: Error (exit code 1)".to_owned(), "demo.load".to_owned());
    assert_eq!(told(expected), of_load);
    let forgiven = "      - {name: odd, template: fail}
      - {name: forgives, template: ok, depends: odd, continueOn: {failed: true}}
      - {name: load, template: fail}
";
    assert_eq!(told(forgiven), of_load);
    // What was omitted because of it hands it on.
    let handed = "      - {name: first, template: fail}
      - {name: omitted, template: ok, depends: first}
      - {name: last, template: ok, depends: omitted}
";
    assert_eq!(told(handed), ("first: main: Error (exit code 1)".to_owned(), "demo.first".to_owned()));
}

const DIAMOND: &str = "
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: slow}
      - {name: gate, template: gate, depends: a}
      - {name: b, template: ok, depends: gate}
      - {name: c, template: ok, depends: a.Failed}
  - {name: gate, suspend: {}}
";

#[test]
fn what_waits_says_for_what_and_how_long() {
    let stage = played(DIAMOND, Some(20));
    let gate = asked(&stage, Some("gate"));
    assert_eq!((&*gate.kind, &*gate.because), ("Task", "it waits for `a` (Pending)"));
    let stage = played(DIAMOND, None);
    let gate = asked(&stage, Some("gate"));
    assert_eq!(gate.because, "waits until somebody resumes it");
    let waits: Vec<(&str, &str, i64, bool)> = gate
        .waits
        .iter()
        .map(|wait| (&*wait.what, &*wait.on, wait.took_us / 1_000_000, wait.until_us.is_none()))
        .collect();
    assert_eq!(waits, [("what it depends on", "demo.a", 60, false), ("somebody to resume it", "", 0, true)]);
    let b = asked(&stage, Some("b"));
    assert_eq!((&*b.phase, &*b.because), ("NotStarted", "it waits for `gate` (Running)"));
    let c = asked(&stage, Some("c"));
    let because = "what it depends on did not come out as it asks: `a` is Succeeded";
    assert_eq!((&*c.phase, &*c.because), ("Omitted", because));
    assert_eq!(asked(&stage, None).because, "`demo.gate` waits until somebody resumes it");
}

#[test]
fn a_held_lock_and_a_backoff_are_named() {
    let stage = played(
        "
  templates:
  - name: main
    retryStrategy: {limit: 2, backoff: {duration: 10s}}
    container: {image: cast, args: [exit=3]}
",
        Some(5),
    );
    let retry = asked(&stage, Some("demo"));
    assert!(retry.because.starts_with("waits until 2030-01-01T00:00:1"), "{}", retry.because);
    assert!(retry.waits.last().unwrap().what.starts_with("its next try at"), "{:?}", retry.waits);
}

#[test]
fn a_started_step_says_that_it_runs() {
    let mut stage = played(DIAMOND, Some(1));
    let attempt = *stage.open.keys().next().unwrap();
    stage.feed(Input::Reported { attempt, report: Report::Observed { address: None } }).unwrap();
    assert_eq!(asked(&stage, Some("a")).because, "runs");
    let history: Vec<(Time, Event)> = Vec::new();
    assert_eq!(why(&stage.run, &history, Some("nobody"), stage.now), None);
}

#[test]
fn what_waits_for_a_daemon_that_is_started_again_says_so() {
    let mut stage = played(
        "
  templates:
  - name: main
    steps: [[{name: srv, template: server}], [{name: a, template: ok}], [{name: b, template: ok}]]
  - {name: server, daemon: true, container: {image: cast}}
",
        Some(0),
    );
    let tell = |stage: &mut Stage, node: &str, report: Report| {
        let node = stage.find(node).unwrap();
        let attempt = *stage.open.keys().find(|open| open.node == node).unwrap();
        stage.feed(Input::Reported { attempt, report }).unwrap();
    };
    tell(&mut stage, "demo[0].srv", Report::Observed { address: Some("127.9.9.9".to_owned()) });
    tell(&mut stage, "demo[0].srv", Report::Withdrawn);
    tell(&mut stage, "demo[1].a", Report::Ended(Box::new(tiphys_sim::cast::exited(0))));
    let because = "it waits until the daemon `demo[0].srv` is ready again";
    assert_eq!(asked(&stage, Some("b")).because, because);
}

#[test]
fn an_outline_counts_loops_and_collects_needs() {
    let frozen = read(
        "
  synchronization: {mutexes: [{name: one}]}
  onExit: bye
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: work, withItems: [x, y, z], arguments: {parameters: [{name: m, value: '{{item}}'}]}}
      - {name: b, template: work, depends: 'a.Succeeded || a.Failed', withSequence: {count: '4'}}
      - {name: c, template: work, depends: a, withParam: '{{tasks.b.outputs.result}}'}
  - name: work
    inputs:
      parameters: [{name: m, default: q}]
      artifacts: [{name: src, path: /src, git: {repo: 'https://example.org/x.git', passwordSecret: {name: git, key: pw}}}]
    outputs: {artifacts: [{name: out, path: /out}]}
    container:
      image: alpine
      env: [{name: T, valueFrom: {secretKeyRef: {name: token, key: t}}}]
  - {name: bye, container: {image: busybox}}
",
    )
    .unwrap();
    let found = outline(&tiphys_engine::compile(&frozen).unwrap());
    assert_eq!(found.steps, None);
    let children: Vec<(String, Option<u64>, String)> = found
        .tree
        .children
        .iter()
        .map(|child| (child.name.clone(), child.repeated.as_ref().unwrap().count, child.depends.clone()))
        .collect();
    assert_eq!(
        children,
        [
            ("a".to_owned(), Some(3), String::new()),
            ("b".to_owned(), Some(4), "a.Succeeded || a.Failed".to_owned()),
            ("c".to_owned(), None, String::new()),
        ]
    );
    assert_eq!(found.tree.children[2].after, ["a", "b"][..1]);
    let names = |list: &[tiphys_engine::explain::Use]| -> Vec<String> {
        list.iter().map(|one| one.name.clone()).collect()
    };
    assert_eq!(names(&found.needs.images), ["alpine", "busybox"]);
    assert_eq!(names(&found.needs.secrets), ["git/pw", "token/t"]);
    assert_eq!((&*found.needs.locks[0].name, found.needs.locks[0].limit), ("argo/Mutex/one", Some(1)));
    assert_eq!(found.needs.artifacts_read[0].place, "git https://example.org/x.git");
    assert_eq!(found.needs.artifacts_written[0].name, "out");
    assert_eq!(found.hooks[0].template, "bye");
}

/// EX-150, EX-530: what is counted is what runs if no condition says no.
#[test]
fn an_outline_counts_what_may_start() {
    let outline_of = |text: &str| outline(&tiphys_engine::compile(&read(text).unwrap()).unwrap());
    let aimed = outline_of(
        "
  templates:
  - name: main
    dag:
      target: b
      tasks: [{name: a, template: ok}, {name: b, template: ok, depends: a}, {name: c, template: other, depends: b}]
  - {name: ok, container: {image: x}}
  - {name: other, container: {image: web}}
",
    );
    assert_eq!((aimed.steps, aimed.needs.images.len()), (Some(2), 1));
    assert_eq!(aimed.tree.children[1].note, "");
    assert_eq!(aimed.tree.children[2].note, "never runs: the target of the dag does not need it");
    let hooked = outline_of(
        "
  onExit: ok
  hooks: {running: {expression: workflow.status == \"Running\", template: ok}}
  templates:
  - name: main
    steps: [[{name: s, template: ok, hooks: {exit: {template: ok}, run: {expression: 'true', template: ok}}}]]
  - {name: ok, container: {image: x}}
",
    );
    assert_eq!(hooked.steps, Some(5));
    let set = outline_of(
        "
  templates:
  - name: main
    containerSet:
      containers: [{name: a, image: x}, {name: b, image: web, dependencies: [a]}]
",
    );
    assert_eq!(set.steps, Some(3));
    let members: Vec<(&str, &str, &[String])> =
        set.tree.children.iter().map(|member| (&*member.name, &*member.image, &*member.after)).collect();
    assert_eq!(members, [("a", "x", &[][..]), ("b", "web", &["a".to_owned()][..])]);
    let listing = outline_of(
        "
  templates:
  - name: main
    data:
      source: {artifactPaths: {name: o, s3: {key: files}}}
      transformation: [{expression: data}]
",
    );
    let read = &listing.needs.artifacts_read[0];
    assert_eq!((&*read.name, &*read.place), ("o", "key files"));
}

#[test]
fn an_outline_of_a_tower_ends() {
    let mut text = String::from("\n  templates:\n  - {name: t0, container: {image: x}}\n");
    for level in 1..40 {
        let name = if level == 39 { "main".to_owned() } else { format!("t{level}") };
        let below = level - 1;
        text.push_str(&format!(
            "  - {{name: {name}, steps: [[{{name: a, template: t{below}}}, {{name: b, template: t{below}}}]]}}\n"
        ));
    }
    let found = outline(&tiphys_engine::compile(&read(&text).unwrap()).unwrap());
    assert!(found.cut);
    let loops = read(
        "\n  templates:\n  - {name: main, steps: [[{name: again, template: main, when: '{{=sprig.randNumeric(1)}} == 1'}]]}\n",
    );
    let found = outline(&tiphys_engine::compile(&loops.unwrap()).unwrap());
    assert_eq!(found.tree.children[0].note, "contains itself: how often, the run decides");
}

/// The branches of a tree are counted whatever they are, and so is their text: a template is written once, and may be called
/// ten thousand times.
#[test]
fn an_outline_has_a_size() {
    let outlined = |templates: &str| {
        let steps: String = (0..3_000).map(|n| format!("{{name: s{n}, template: called}}, ")).collect();
        let text = format!("\n  templates:\n  - {{name: main, steps: [[{steps}]]}}\n{templates}");
        outline(&tiphys_engine::compile(&read(&text).unwrap()).unwrap())
    };
    let bytes = |outline: &tiphys_engine::explain::Outline| serde_json::to_vec(outline).unwrap().len();
    let plain = bytes(&outlined("  - {name: called, container: {image: x}}\n"));
    let members: String = (0..2_000).map(|n| format!("{{name: m{n}, image: x}}, ")).collect();
    let set = outlined(&format!("  - {{name: called, containerSet: {{containers: [{members}]}}}}\n"));
    assert!(set.cut);
    assert!(bytes(&set) < 10 * plain, "{}", bytes(&set));
    let image = "x".repeat(100_000);
    let long = outlined(&format!("  - {{name: called, container: {{image: {image}}}}}\n"));
    assert!(long.cut);
    assert!(bytes(&long) < 40 << 20, "{}", bytes(&long));
    // Nothing of what a template is given with each call is shown; it takes time all the same.
    let inputs: String = (0..20_000).map(|n| format!("{{name: i{n}, default: v}}, ")).collect();
    let given = outlined(&format!(
        "  - {{name: called, inputs: {{parameters: [{inputs}]}}, container: {{image: x}}}}\n"
    ));
    assert!(given.cut);
}

/// What the workflow is given is put in where it is used: loops are counted, conditions judged, names of locks and images
/// filled in, through templates and expressions; what an item or another step decides is left as it is written.
#[test]
fn an_outline_knows_what_the_workflow_is_given() {
    let mut frozen = read(
        "
  arguments:
    parameters:
    - {name: list, value: '[\"a\",\"b\",\"c\"]'}
    - {name: count, value: '4'}
    - {name: flag, value: 'no'}
    - {name: many, value: '2000000'}
    - {name: key, valueFrom: {configMapKeyRef: {name: cfg, key: k}}}
  synchronization: {mutexes: [{name: 'wf-{{workflow.parameters.key}}'}]}
  templates:
  - name: main
    dag:
      tasks:
      - {name: par, template: p, withParam: '{{workflow.parameters.list}}'}
      - {name: seq, template: p, withSequence: {count: '{{workflow.parameters.count}}'}}
      - {name: cond, template: p, when: '{{workflow.parameters.flag}} == yes'}
      - {name: holds, template: p, when: '{{workflow.parameters.flag}} == no'}
      - {name: in, template: q, arguments: {parameters: [{name: l, value: '{{workflow.parameters.list}}'}]}}
      - {name: exp, template: p, withParam: '{{=toJson(map(1..3,{#}))}}'}
      - {name: over, template: p, withSequence: {count: '{{workflow.parameters.many}}'}}
      - {name: none, template: p, withParam: '{{=toJson(filter([1],{# > 3}))}}'}
  - name: q
    inputs: {parameters: [{name: l}, {name: tag, default: 'v-{{workflow.parameters.key}}'}]}
    steps:
    - - {name: x, template: r, withParam: '{{inputs.parameters.l}}', arguments: {parameters: [{name: t, value: '{{inputs.parameters.tag}}'}, {name: i, value: '{{item}}'}]}}
  - name: r
    inputs: {parameters: [{name: t}, {name: i}]}
    synchronization: {mutexes: [{name: '{{inputs.parameters.t}}-{{inputs.parameters.i}}'}]}
    container: {image: 'img:{{inputs.parameters.t}}'}
  - {name: p, container: {image: alpine}}
",
    )
    .unwrap();
    let labels = [("workflows.argoproj.io/configmap-type".to_owned(), "Parameter".to_owned())];
    let metadata =
        tiphys_spec::Metadata { name: "cfg".to_owned(), labels: labels.into(), ..Default::default() };
    let map = tiphys_spec::ConfigMap {
        metadata,
        data: [("k".to_owned(), "w".to_owned())].into(),
        ..Default::default()
    };
    let outlined = |frozen: &tiphys_engine::Frozen| outline(&tiphys_engine::compile(frozen).unwrap());
    assert_eq!(outlined(&frozen).parameters[4].1, None);
    frozen.config_maps.push(map);
    let found = outlined(&frozen);
    assert_eq!(found.parameters[4].1.as_deref(), Some("w"));
    let told: Vec<(&str, Option<u64>, &str)> = found
        .tree
        .children
        .iter()
        .map(|child| {
            (&*child.name, child.repeated.as_ref().and_then(|repeated| repeated.count), &*child.note)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("par", Some(3), ""),
            ("seq", Some(4), ""),
            ("cond", None, "never runs: when 'no == yes' evaluated false"),
            ("holds", None, ""),
            ("in", None, ""),
            ("exp", Some(3), ""),
            (
                "over",
                None,
                "ends in Error: withSequence from 0 to 1999999 has more than 1000000 items; split the work over several \
                 workflows"
            ),
            ("none", Some(0), "never runs: its loop has no items"),
        ]
    );
    assert_eq!(found.tree.children[0].repeated.as_ref().unwrap().over, "a, b, c");
    assert_eq!(found.steps, Some(3 + 4 + 1 + 3 + 3));
    let inner = &found.tree.children[4].children[0];
    assert_eq!((inner.repeated.as_ref().unwrap().count, &*inner.image), (Some(3), "img:v-w"));
    assert_eq!(inner.locks, ["argo/Mutex/v-w-{{inputs.parameters.i}}"]);
    let locks: Vec<&str> = found.needs.locks.iter().map(|lock| &*lock.name).collect();
    assert_eq!(locks, ["argo/Mutex/v-w-{{inputs.parameters.i}}", "argo/Mutex/wf-w"]);
}

/// What an expression would make of values that are not there yet, or that change with every look, is not known.
#[test]
fn an_outline_does_not_guess() {
    let found = read(
        "
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok}
      - {name: b, template: ok, depends: a, when: '{{=tasks.a.outputs.result ?? \"no\"}} == yes'}
      - {name: c, template: ok, when: '{{=sprig.randNumeric(3)}} == x'}
      - {name: d, template: ok, withItems: [1, 2], when: '{{item}} == 3'}
      - {name: e, template: ok, depends: a, withParam: '{{tasks.a.outputs.result}}'}
  - {name: ok, container: {image: x}}
",
    );
    let found = outline(&tiphys_engine::compile(&found.unwrap()).unwrap());
    assert!(found.tree.children.iter().all(|child| child.note.is_empty()), "{:?}", found.tree.children);
    assert_eq!(found.steps, None);
}

/// Who reads what another step writes is told, with the tag that says so.
#[test]
fn an_outline_tells_who_reads_what_others_write() {
    let found = read(
        "
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: gen}
      - {name: b, template: use, depends: a, arguments: {artifacts: [{name: in, from: '{{tasks.a.outputs.artifacts.o}}'}]}}
  - {name: gen, outputs: {artifacts: [{name: o, path: /o}]}, container: {image: x}}
  - {name: use, inputs: {artifacts: [{name: in, path: /in}]}, container: {image: x}}
",
    );
    let found = outline(&tiphys_engine::compile(&found.unwrap()).unwrap());
    let read = &found.needs.artifacts_read[0];
    let told = (&*read.name, &*read.place, &*read.path, &*read.of);
    assert_eq!(told, ("in", "from tasks.a.outputs.artifacts.o", "/in", "use"));
}

/// EX-370, EX-441: of a daemon that does not answer, and of containers that wait for each other, only who runs them knows;
/// what they report is told of them and of what waits for them, until it is over.
#[test]
fn what_does_not_serve_or_has_not_begun_says_so() {
    let mut stage = played(
        "
  templates:
  - name: main
    dag:
      tasks:
      - {name: server, template: server}
      - {name: client, template: ok, depends: server}
      - {name: set, template: set}
  - {name: server, daemon: true, container: {image: cast, args: [takes=600]}}
  - name: set
    containerSet:
      containers: [{name: a, image: cast, args: [takes=60]}, {name: b, image: cast, dependencies: [a]}]
",
        Some(0),
    );
    let attempt = |stage: &Stage, name: &str| {
        let node = stage.run.indices().find(|ix| stage.run.name(*ix) == name).unwrap();
        Attempt { node, generation: 0 }
    };
    let report = |stage: &mut Stage, name: &str, report: Report| {
        let attempt = attempt(stage, name);
        stage.feed(Input::Reported { attempt, report }).unwrap();
    };
    for name in ["demo.server", "demo.set"] {
        report(&mut stage, name, Report::Observed { address: None });
    }
    let because = |stage: &Stage, name: &str| asked(stage, Some(name)).because;
    assert_eq!(because(&stage, "server"), "runs, and is not ready yet");
    assert_eq!(because(&stage, "client"), "it waits for `server` (Running: is not ready yet)");
    report(&mut stage, "demo.server", Report::Told("it was asked twice".to_owned()));
    assert_eq!(because(&stage, "server"), "runs: it was asked twice");
    assert_eq!(because(&stage, "client"), "it waits for `server` (Running: it was asked twice)");
    report(&mut stage, "demo.set", Report::Begun(vec!["a".to_owned()]));
    assert_eq!(because(&stage, "demo.set.a"), "runs");
    assert_eq!(because(&stage, "demo.set.b"), "begins when `a` has ended well");
    report(&mut stage, "demo.set", Report::Begun(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(because(&stage, "set.b"), "runs", "the end of a name is enough");
    let cause = "container `b` was ended: its liveness probe failed: no good answer".to_owned();
    let message = Some("b: Error (exit code 143)".to_owned());
    let (message, cause) = (message.clone(), Some(cause));
    let member =
        |name: &str, phase, message, cause| ContainerOutcome { name: name.to_owned(), phase, message, cause };
    let containers = vec![
        member("a", Phase::Succeeded, None, None),
        member("b", Phase::Failed, message.clone(), cause.clone()),
    ];
    let outcome = Outcome { phase: Phase::Failed, message, cause, containers, ..Outcome::default() };
    report(&mut stage, "demo.set", Report::Ended(Box::new(outcome)));
    let told = "`demo.set.b` failed: b: Error (exit code 143) (container `b` was ended: its liveness probe failed: no good answer)";
    assert_eq!(because(&stage, "set"), told);
}

/// EX-287, EX-290: a run that somebody ended says so, and when, rather than what a try before it had come to; so do the
/// steps that ended with it. What ends after it was tried again ended by itself.
#[test]
fn who_ended_a_run_is_told() {
    let mut stage = played(
        "
  templates:
  - name: main
    dag: {tasks: [{name: long, template: long}, {name: frail, template: frail}]}
  - {name: long, container: {image: cast, args: [takes=600]}}
  - {name: frail, retryStrategy: {limit: 3, backoff: {duration: 300s}}, container: {image: cast, args: [exit=7]}}
",
        Some(5),
    );
    let stop = Request::Stop { selector: String::new(), message: None };
    stage.feed(Input::Asked(stop)).unwrap();
    stage.play(None).unwrap();
    let whole = asked(&stage, None);
    assert_eq!(
        (&*whole.phase, &*whole.because),
        ("Failed", "somebody asked to stop it at 2030-01-01T00:00:05Z")
    );
    let long = asked(&stage, Some("long")).because;
    assert_eq!(long, "the run was ended: somebody asked to stop it at 2030-01-01T00:00:05Z");
}

/// A workflow that waits for its own locks is Pending, as everywhere else; and that nobody drives it only the shell knows.
#[test]
fn a_run_that_waits_for_its_locks_is_pending() {
    let held = "
  synchronization: {mutexes: [{name: m}]}
  templates: [{name: main, container: {image: cast, args: [takes=600]}}]
";
    let first = played(held, Some(0));
    assert_eq!(asked(&first, None).phase, "Running");
    let mut second = read(held).unwrap();
    second.workflow.metadata.name = "second".to_owned();
    let mut stage = Stage::new(&second).unwrap();
    stage.office = first.office.beside();
    stage.feed(Input::Begin).unwrap();
    let mut answer = asked(&stage, None);
    assert_eq!((&*answer.phase, answer.awaited_lock()), ("Pending", Some("argo/Mutex/m")));
    let before = answer.because.clone();
    answer.tell_undriven("demo", &["a".to_owned()]);
    assert_eq!(
        answer.because,
        format!(
            "no engine drives the run, so nothing of it goes on (still running: a): `tiphys continue demo`; when one did: \
             {before}"
        )
    );
}

/// EX-260, EX-261: what a limit holds back is named, with how far the limit is used.
#[test]
fn what_parallelism_holds_back_is_told() {
    let stage = played(
        "
  parallelism: 3
  templates:
  - name: main
    parallelism: 2
    dag:
      tasks:
      - {name: asks, template: ask}
      - {name: a, template: work}
      - {name: b, template: work}
      - {name: c, template: work}
      - {name: d, template: work, depends: c}
      - {name: many, template: work, withItems: [1, 2]}
  - {name: work, container: {image: cast, args: [takes=60]}}
  - {name: ask, suspend: {}}
",
        Some(5),
    );
    let told: Vec<(String, HeldKind)> = held(&stage.run)
        .into_iter()
        .map(|held| (format!("{} {}", held.name, held.text), held.kind))
        .collect();
    let text = "waits for parallelism of the template `main` (2 of 2 running)";
    assert_eq!(
        told,
        [(format!("demo.c {text}"), HeldKind::Task), (format!("demo.many {text}"), HeldKind::Task)]
    );
    assert_eq!(asked(&stage, Some("c")).because, format!("it {text}"));
    assert!(stage.run.asks_somebody(), "a step waits for a person");
}

/// A loop of steps has no node of its own; the limit of the workflow counts pods.
#[test]
fn items_that_parallelism_holds_back_are_told() {
    let stage = played(
        "
  parallelism: 1
  templates:
  - name: main
    steps: [[{name: many, template: work, withItems: [1, 2, 3]}]]
  - {name: work, container: {image: cast, args: [takes=100]}}
",
        Some(5),
    );
    let told: Vec<(String, HeldKind)> = held(&stage.run)
        .into_iter()
        .map(|held| (format!("{} {}", held.name, held.text), held.kind))
        .collect();
    let text = "waits for parallelism of the workflow (1 of 1 running)";
    assert_eq!(told, [(format!("demo[0].many {text}"), HeldKind::Items(None))]);
    assert!(!stage.run.asks_somebody());
}

/// Each text is within its limits, and all of them together are not: as inputs, as outputs.
#[test]
fn texts_that_a_workflow_makes_of_itself_are_only_so_long() {
    let many = |task: &str, templates: &str| {
        let text = "x".repeat(1 << 20);
        played(
            &format!(
                "
  arguments: {{parameters: [{{name: text, value: {text}}}]}}
  templates:
  - name: main
    steps: [[{{name: each, withSequence: {{count: '100'}}, {task}}}]]
{templates}
"
            ),
            None,
        )
    };
    let said = "would be longer than 64 MiB";
    let handed = "arguments: {parameters: [{name: x, value: '{{workflow.parameters.text}}'}]}";
    for stage in [
        many(
            &format!("template: takes, {handed}"),
            "
  - {name: takes, inputs: {parameters: [{name: x}]}, suspend: {duration: 1s}}",
        ),
        many(
            "template: gives",
            "
  - name: gives
    steps: [[{name: wait, template: wait}]]
    outputs: {parameters: [{name: x, valueFrom: {expression: workflow.parameters.text}}]}
  - {name: wait, suspend: {duration: 1s}}",
        ),
    ] {
        assert!(stage.run.is_ended());
        let answer = asked(&stage, None);
        assert!(answer.causes.iter().any(|cause| cause.note.contains(said)), "{:#?}", answer.causes);
        let kept: usize = stage.journal.iter().map(|(_, event)| event.len()).sum();
        assert!(kept < 80 << 20, "{kept} bytes");
    }
}

#[test]
fn templates_that_call_themselves_twice_end_soon() {
    let stage = played(
        "
  templates:
  - name: main
    steps: [[{name: x, template: main}, {name: z, template: main}]]
",
        None,
    );
    assert!(stage.run.is_ended());
    assert!(stage.run.nodes.len() < 50_000, "{} nodes", stage.run.nodes.len());
    let answer = asked(&stage, None);
    let cause = &answer.causes[0];
    assert!(cause.note.contains("`main` is called within itself: beyond 10000"), "{}", cause.note);
}

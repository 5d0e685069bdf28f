use std::fmt::Write as _;

use super::{Shelf, Shelves, Situation, advice, check, unsupported, unused};
use tiphys_spec as spec;

/// Checks the first document of a text; all its documents are known. Compares place, severity and words.
#[track_caller]
fn found(text: &str, situation: Situation, expected: &[&str]) {
    let parsed = spec::parse("wf.yaml", text, spec::Strictness::Strict);
    assert_eq!(parsed.diagnostics, []);
    let shelf = Shelf::new(parsed.documents.iter().map(|document| &document.object));
    let found: Vec<String> = check(&parsed.documents[0], &shelf, situation)
        .iter()
        .map(|d| {
            assert!(
                d.help.is_some() || !d.is_error(),
                "nothing says what to do about {}: {}",
                d.code,
                d.message
            );
            let close = d.help.as_deref().filter(|help| advice::of(&d.code) != Some(help));
            let help = close.map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}:{} {} {}: {}{help}", d.place.line, d.place.column, d.severity, d.path, d.message)
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn all_mistakes_are_found_in_the_order_of_argo() {
    found(
        "kind: Workflow
metadata: {generateName: many-}
spec:
  entrypoint: main
  onExit: lats
  templates:
  - name: main
    steps:
    - - {name: a, template: lost}
      - {name: a, template: last}
    - - name: b
        template: last
        arguments: {parameters: [{name: m}, {name: o, value: '{{steps.c.outputs.result}}'}]}
  - name: last
    inputs: {parameters: [{name: m}]}
    container: {command: [x]}
",
        Situation::Lint,
        &[
            "9:29 error spec.templates[0].steps[0][0].template: templates.main.steps[0].a template name 'lost' \
             undefined (did you mean `last`?)",
            "10:16 error spec.templates[0].steps[0][1].name: templates.main.steps[0].name 'a' is not unique",
            "16:5 error spec.templates[1].container: templates.main.steps[0].a templates.last.container.image may \
             not be empty",
            "10:9 error spec.templates[0].steps[0][1].arguments: templates.main.steps[0].a templates.last \
             inputs.parameters.m was not supplied",
            "13:34 error spec.templates[0].steps[1][0].arguments.parameters[0]: \
             templates.main.steps[1].b.arguments.m.value or templates.main.steps[1].b.arguments.m.valueFrom is \
             required",
            "13:62 error spec.templates[0].steps[1][0].arguments.parameters[1].value: templates.main.steps failed \
             to resolve {{steps.c.outputs.result}} (did you mean `{{steps.a.outputs.result}}`?)",
            "13:9 error spec.templates[0].steps[1][0].arguments: templates.main.steps[1].b templates.last \
             inputs.parameters.m was not supplied",
            "5:11 error spec.onExit: template name 'lats' undefined (did you mean `last`?)",
            "13:52 warning spec.templates[0].steps[1][0].arguments.parameters[1].name: the template `last` has no \
             input parameter `o`",
        ],
    );
}

#[test]
fn mistakes_in_other_documents_stand_at_the_reference() {
    found(
        "kind: Workflow
metadata: {name: user}
spec:
  entrypoint: main
  templates:
  - name: main
    dag:
      tasks:
      - name: a
        templateRef: {name: lib, template: bad}
---
kind: WorkflowTemplate
metadata: {name: lib}
spec:
  templates:
  - name: bad
    container: {image: ''}
",
        Situation::Create,
        &["10:9 error spec.templates[0].dag.tasks[0].templateRef: templates.main.tasks.a \
           templates.bad.container.image may not be empty"],
    );
}

#[test]
fn every_inline_template_is_looked_at() {
    found(
        "kind: Workflow
metadata: {name: inline}
spec:
  entrypoint: main
  templates:
  - name: main
    steps:
    - - {name: a, inline: {container: {image: x}}}
    - - {name: b, inline: {container: {command: [x]}}}
",
        Situation::Lint,
        &["9:28 error spec.templates[0].steps[1][0].inline.container: templates.main.steps[1].b \
           templates..container.image may not be empty"],
    );
}

/// VA-007, VA-120: what the step around it knows is replaced before an inline body is entered.
#[test]
fn inline_templates_use_the_names_around_them() {
    found(
        "kind: Workflow
metadata: {name: inline}
spec:
  entrypoint: main
  arguments: {parameters: [{name: k, value: v}]}
  templates:
  - name: main
    inputs: {parameters: [{name: k}]}
    steps:
    - - {name: a, inline: {script: {image: x, source: x}}}
    - - {name: b, inline: {container: {image: x, args: ['{{steps.a.outputs.result}} {{inputs.parameters.k}}']}}}
    - - {name: c, inline: {container: {image: x, args: ['{{inputs.parameters.none}}']}}}
",
        Situation::Lint,
        &["12:57 error spec.templates[0].steps[2][0].inline.container.args[0]: templates.main.steps failed to resolve \
           {{inputs.parameters.none}} (did you mean `{{inputs.parameters.k}}`?)"],
    );
}

/// VA-120: the inputs of an inline body are known in its own step or task alone.
#[test]
fn inline_templates_have_inputs() {
    found(
        "kind: Workflow
metadata: {name: inline}
spec:
  entrypoint: main
  templates:
  - name: main
    steps:
    - - name: a
        arguments: {parameters: [{name: q, value: x}]}
        inline: {inputs: {parameters: [{name: q}]}, container: {image: x, args: ['{{inputs.parameters.q}}']}}
    - - {name: b, inline: {container: {image: x, args: ['{{inputs.parameters.q}}']}}}
    - - {name: c, template: graph}
  - name: graph
    dag:
      tasks:
      - name: a
        arguments: {parameters: [{name: q, value: x}]}
        inline: {inputs: {parameters: [{name: q}]}, container: {image: x, args: ['{{inputs.parameters.q}}']}}
",
        Situation::Lint,
        &[
            "11:57 error spec.templates[0].steps[1][0].inline.container.args[0]: templates.main.steps failed to resolve \
           {{inputs.parameters.q}}",
        ],
    );
}

/// VA-072: whoever still has to choose is asked for nothing else; when it runs, everything counts.
#[test]
fn a_choice_that_is_open_ends_the_look_at_arguments() {
    let document = "kind: Workflow
metadata: {name: open}
spec:
  entrypoint: main
  arguments: {parameters: [{name: zz, enum: [a]}, {name: yy, valueFrom: {path: x}}]}
  templates:
  - {name: main, container: {image: x}}
";
    found(document, Situation::Lint, &[]);
    let (parameters, refused) =
        ("5:28 error spec.arguments.parameters", "5:62 error spec.arguments.parameters");
    found(
        document,
        Situation::Create,
        &[
            &format!("{parameters}[0]: spec.arguments.zz.value or spec.arguments.zz.valueFrom is required"),
            &format!(
                "{refused}[1].valueFrom: spec.arguments.yy.valueFrom only allows: default, configMapKeyRef and supplied"
            ),
        ],
    );
}

#[test]
fn a_missing_value_is_a_mistake_when_it_runs_only() {
    let text = "kind: Workflow
metadata: {name: value}
spec:
  entrypoint: main
  arguments: {parameters: [{name: p}]}
  templates:
  - {name: main, container: {image: x}}
";
    found(text, Situation::Lint, &[]);
    found(
        text,
        Situation::Create,
        &[
            "5:28 error spec.arguments.parameters[0]: spec.arguments.p.value or spec.arguments.p.valueFrom is \
           required",
        ],
    );
}

#[test]
fn what_argo_accepts_in_silence_is_warned_about() {
    found(
        "kind: Workflow
metadata: {name: warn}
spec:
  entrypoint: main
  templates:
  - name: main
    daemon: true
    steps:
    - - {name: a, template: run, onExit: gone}
      - {name: b, template: run, when: '{{steps.a.outputs.result}} == 1', withParam: '7'}
    retryStrategy: {limit: many, backoff: {maxDuration: 1d}}
  - name: run
    container: {image: x, args: ['{{=1 +}}'], volumeMounts: [{name: v, mountPath: /v}]}
",
        Situation::Lint,
        &[
            "11:28 warning spec.templates[0].retryStrategy.limit: the limit `many` is not a number",
            "11:34 warning spec.templates[0].retryStrategy.backoff: a backoff without `duration` ends the step in \
             Error at its first retry",
            "11:57 warning spec.templates[0].retryStrategy.backoff.maxDuration: `1d` is not a duration (write a \
             number with a unit, such as `90s`, `5m` or `2h30m`)",
            "7:13 warning spec.templates[0].daemon: `daemon` has no effect in a steps template",
            "9:42 warning spec.templates[0].steps[0][0].onExit: there is no template `gone`",
            "10:86 warning spec.templates[0].steps[0][1].withParam: `withParam` is not a JSON list (write a list, for \
             instance `[1, 2]`)",
            "10:40 warning spec.templates[0].steps[0][1].when: `a` runs at the same time or later, so its values are \
             not there yet",
            "13:34 warning spec.templates[1].container.args[0]: the expression cannot be read: unexpected token EOF \
             (1:3)",
            "13:69 warning spec.templates[1].container.volumeMounts[0].name: there is no volume `v`",
        ],
    );
}

/// PA-260: a claim that cannot be called so is never made, and the workflow ends in Error.
#[test]
fn claims_have_names_that_claims_may_have() {
    found(
        "kind: Workflow
metadata: {name: claims}
spec:
  entrypoint: main
  volumeClaimTemplates: [{metadata: {name: work}}, {metadata: {name: ../up}}]
  templates:
  - name: main
    container: {image: x, command: [x]}
",
        Situation::Lint,
        &[
            "5:70 error spec.volumeClaimTemplates[1].metadata.name: `../up` cannot be the name of a volume claim (lower \
           case letters, digits, `-` and `.` make a name, which begins and ends with a letter or a digit)",
        ],
    );
}

/// Argo looks for the end of a tag in the JSON of the template; a person is told which tag it is (TP-002).
#[test]
fn a_tag_that_ends_in_the_structure_is_told_where_it_begins() {
    found(
        "kind: Workflow
metadata: {name: open}
spec:
  entrypoint: main
  templates:
  - name: main
    container: {image: x, args: ['hello {{workflow.name'], resources: {}}
",
        Situation::Lint,
        &["7:34 error spec.templates[0].container.args[0]: templates.main: failed to resolve \
             {{workflow.name\"],\"resources\":{}} (the tag `{{workflow.name` is not closed, and takes in \
             what follows it in the document: end it with `}}`)"],
    );
}

/// In Argo's words: the whole template, and what follows the braces that nothing closes.
#[test]
fn a_tag_that_never_ends_is_told_with_what_follows_it() {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: open}\nspec:\n  entrypoint: main\n  \
                templates:\n  - {name: main, steps: [[{name: a, template: b, when: '{{x'}]]}\n  - {name: b, suspend: {}}\n";
    let parsed = spec::parse("wf.yaml", text, spec::Strictness::Strict);
    let shelf = Shelf::new(parsed.documents.iter().map(|document| &document.object));
    let found = check(&parsed.documents[0], &shelf, Situation::Lint);
    let words = r#"templates.main Cannot find end tag="}}" in the template="{\"name\":\"main\",\"inputs\":{},\"outputs\":{},\"metadata\":{},\"steps\":[[{\"name\":\"a\",\"template\":\"b\",\"arguments\":{},\"when\":\"{{x\"}]]}" starting from "x\"}]]}""#;
    assert_eq!(found[0].message, words);
}

/// VA-242, CLI-094: a WorkflowTemplate is found by who names the same namespace, or none as it; cluster templates by everybody.
#[test]
fn templates_are_looked_for_in_the_namespace_that_is_written() {
    let words = |library: &str, user: &str, cluster: bool| -> Vec<String> {
        let kind = if cluster { "ClusterWorkflowTemplate" } else { "WorkflowTemplate" };
        let text = format!(
            "kind: {kind}\nmetadata: {{name: lib, {library}}}\nspec: {{templates: [{{name: e, container: {{image: i}}}}]}}\n\
             ---\nkind: Workflow\nmetadata: {{generateName: w-, {user}}}\nspec:\n  entrypoint: main\n  templates:\n  \
             - {{name: main, steps: [[{{name: a, templateRef: {{name: lib, template: e, clusterScope: {cluster}}}}}]]}}\n"
        );
        let parsed = spec::parse("wf.yaml", &text, spec::Strictness::Strict);
        let mut shelves = Shelves::new(parsed.documents.iter().map(|document| &document.object));
        let user = &parsed.documents[1];
        let found = check(user, shelves.of(&user.object), Situation::Lint);
        found
            .into_iter()
            .map(|found| format!("{} ({})", found.message, found.help.unwrap_or_default()))
            .collect()
    };
    assert_eq!(words("", "", false), [""; 0]);
    assert_eq!(words("namespace: a", "namespace: a", false), [""; 0]);
    assert_eq!(words("", "namespace: a", true), [""; 0]);
    let elsewhere = |has: &str, wants: &str, shown: &str| {
        format!(
            "templates.main.steps[0].a couldn't find workflow template \"lib\" in namespace \"{shown}\" (`lib` is in {has}, \
             and what refers to it in {wants}: give both the same `metadata.namespace`)"
        )
    };
    let (a, b) = ("namespace `a`", "namespace `b`");
    assert_eq!(words("namespace: a", "namespace: b", false), [elsewhere(a, b, "b")]);
    assert_eq!(words("namespace: a", "", false), [elsewhere(a, "no namespace", "")]);
    assert_eq!(words("", "namespace: b", false), [elsewhere("no namespace", b, "b")]);
}

#[test]
fn long_chains_of_templates_do_not_exhaust_the_stack() {
    let mut text =
        "kind: Workflow\nmetadata: {name: chain}\nspec:\n  entrypoint: t0\n  templates:\n".to_owned();
    for number in 0..3_000 {
        let next = number + 1;
        let _ = writeln!(text, "  - {{name: t{number}, steps: [[{{name: a, template: t{next}}}]]}}");
    }
    text.push_str("  - {name: t3000, container: {image: x}}\n");
    found(&text, Situation::Create, &[]);
}

#[test]
fn large_graphs_are_checked_in_time() {
    let mut text =
        "kind: Workflow\nmetadata: {name: large}\nspec:\n  entrypoint: m\n  templates:\n".to_owned();
    text.push_str("  - {name: run, inputs: {parameters: [{name: p}]}, script: {image: x}}\n");
    text.push_str("  - name: m\n    dag:\n      tasks:\n");
    for number in 0..5_000 {
        let before = if number == 0 { String::new() } else { format!("depends: t{}, ", number - 1) };
        let value = if number == 0 {
            "x".to_owned()
        } else {
            format!("{{{{tasks.t{}.outputs.result}}}}", number - 1)
        };
        let _ = writeln!(
            text,
            "      - {{name: t{number}, {before}template: run, arguments: {{parameters: [{{name: p, value: \"{value}\"}}]}}}}"
        );
    }
    found(&text, Situation::Create, &[]);
}

/// Reads and checks a document; what reading found comes first. Compares paths and words.
#[track_caller]
fn read_and_found(text: &str, expected: &[&str]) {
    let parsed = spec::parse("wf.yaml", text, spec::Strictness::Strict);
    let shelf = Shelf::new(parsed.documents.iter().map(|document| &document.object));
    let checked = check(&parsed.documents[0], &shelf, Situation::Lint);
    let found: Vec<String> =
        parsed.diagnostics.iter().chain(&checked).map(|d| format!("{}: {}", d.path, d.message)).collect();
    assert_eq!(found, expected);
}

#[test]
fn no_mistake_of_a_graph_hides_another() {
    // VA-022, VA-090, VA-106, VA-121: none of the mistakes is repeated in other words.
    found(
        "kind: Workflow
metadata: {name: graph}
spec:
  entrypoint: main
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: lost}
      - {name: b, depends: aa, template: run, arguments: {parameters: [{name: p, value: '{{tasks.aa.id}}{{tasks.a.outputs.result}}'}]}}
      - {name: b, depends: a, template: run}
      - {name: c, depends: d, template: run, arguments: {parameters: [{name: p, value: '{{tasks.e.id}}'}]}}
      - {name: d, depends: c, template: gone}
      - {name: e, depends: e, template: run}
      - {name: f, depends: c, template: both}
  - name: run
    retryStrategy: {retryPolicy: Sometimes}
    inputs: {parameters: [{name: p, value: x}, {name: p, value: z}]}
    container: {command: [x]}
  - name: both
    suspend: {}
    steps: [[{name: '', template: run}, {name: s, template: none}]]
",
        Situation::Lint,
        &[
            "11:16 error spec.templates[0].dag.tasks[2].name: templates.main sorting failed: duplicated nodeName b",
            "10:28 error spec.templates[0].dag.tasks[1].depends: templates.main sorting failed: invalid dependency aa \
             (did you mean `a`?)",
            "12:28 error spec.templates[0].dag.tasks[3].depends: templates.main sorting failed: graph with cycle (these \
             wait for each other: `c`, `d`)",
            "14:28 error spec.templates[0].dag.tasks[5].depends: templates.main sorting failed: graph with cycle (`e` \
             waits for itself)",
            "9:29 error spec.templates[0].dag.tasks[0].template: templates.main.tasks.a template name 'lost' undefined",
            "17:34 error spec.templates[1].retryStrategy.retryPolicy: templates.main.tasks.b Sometimes is not a valid \
             RetryPolicy",
            "18:55 error spec.templates[1].inputs.parameters[1].name: templates.main.tasks.b \
             templates.run.inputs.parameters[1].name 'p' is not unique",
            "19:5 error spec.templates[1].container: templates.main.tasks.b templates.run.container.image may not be \
             empty",
            "13:41 error spec.templates[0].dag.tasks[4].template: templates.main.tasks.d template name 'gone' undefined",
            "20:5 error spec.templates[2]: templates.main.tasks.f templates.both multiple template types specified. \
             choose one of: container, containerSet, steps, script, resource, dag, suspend, template, template ref",
            "22:14 error spec.templates[2].steps[0][0]: templates.main.tasks.f templates.both.steps[0].name is required",
            "22:61 error spec.templates[2].steps[0][1].template: templates.main.tasks.f templates.both.steps[0].s \
             template name 'none' undefined",
            "12:71 error spec.templates[0].dag.tasks[3].arguments.parameters[0]: templates.main.tasks.c missing \
             dependency 'e' for parameter 'p' (let it depend on `e`)",
            "12:88 warning spec.templates[0].dag.tasks[3].arguments.parameters[0].value: `e` is not among the tasks it \
             depends on, so its values are not there yet",
        ],
    );
}

#[test]
fn the_document_that_is_missing_hides_only_what_it_would_give() {
    // VA-006, VA-041: whether an entrypoint is missing nobody can say.
    found(
        "kind: Workflow
metadata: {name: ref}
spec:
  workflowTemplateRef: {name: gone}
  arguments: {parameters: [{name: p}, {name: 'a b', value: x}]}
  hooks: {running: {template: x}}
  podGC: {strategy: Never}
",
        Situation::Create,
        &[
            "4:31 error spec.workflowTemplateRef.name: workflowtemplates.argoproj.io \"gone\" not found",
            "5:46 error spec.arguments.parameters[1].name: spec.arguments.parameters[1].name: 'a b' is invalid: \
             Parameter/Artifact name must consist of alpha-numeric characters, '_' or '-' e.g. my_param_1, MY-PARAM-1",
            "6:11 error spec.hooks.running: hooks.running Expression required",
            "7:21 error spec.podGC.strategy: podGC.strategy unknown strategy 'Never'",
        ],
    );
}

#[test]
fn values_that_cannot_be_read_hide_nothing_else() {
    // OB-009: the image, the outputs of `a` and the template of `b` are not missing, they were not understood.
    read_and_found(
        "kind: Workflow
metadata: {name: lost}
spec:
  entrypoint: main
  onExit: gone
  templates:
  - name: main
    steps:
    - - {name: a, template: run}
    - - {name: b, template: 7, arguments: {parameters: [{name: p, value: '{{steps.a.outputs.parameters.o}}'}]}}
      - {name: c, tmplate: run}
      - {name: d, template: nowhere}
  - name: run
    container: {image: 5, command: x}
    outputs: {parameters: {name: o}}
  - name: other
    container: {image: x, imagePullPolicie: Never}
    parallelism: 1
",
        &[
            "spec.templates[0].steps[1][0].template: `template` must be a text, found the number `7`",
            "spec.templates[0].steps[1][1].tmplate: unknown field `tmplate` in a step",
            "spec.templates[1].container.image: `image` must be a text, found the number `5`",
            "spec.templates[1].container.command: `command` must be a list of texts, found the text `x`",
            "spec.templates[1].outputs.parameters: `parameters` must be a list, found a map",
            "spec.templates[2].container.imagePullPolicie: unknown field `imagePullPolicie` in `Container`",
            "spec.templates[0].steps[1][2].template: templates.main.steps[1].d template name 'nowhere' undefined",
            "spec.onExit: template name 'gone' undefined",
            "spec.templates[2].parallelism: templates.other templates.other.parallelism is only valid for steps and dag \
             templates",
        ],
    );
}

#[test]
fn a_misspelled_field_beside_the_right_one_hides_nothing() {
    read_and_found(
        "kind: Workflow
metadata: {name: twice}
spec:
  entrypoint: main
  templtes: []
  templates:
  - name: main
    continer: {}
    container: {image: x, command: ['{{inputs.parameters.y}}']}
",
        &[
            "spec.templtes: unknown field `templtes` in the spec of a workflow",
            "spec.templates[0].continer: unknown field `continer` in `Template`",
            "spec.templates[0].container.command[0]: templates.main: failed to resolve {{inputs.parameters.y}}",
        ],
    );
}

#[test]
fn bounds_of_a_sequence_that_are_no_numbers_are_told() {
    found(
        "kind: Workflow
metadata: {generateName: many-}
spec:
  entrypoint: main
  templates:
  - name: main
    steps:
    - - {name: a, template: last, withSequence: {count: abc}}
      - {name: b, template: last, withSequence: {start: '1', end: '{{workflow.parameters.most}}'}}
  - name: last
    container: {image: x, command: [x]}
  arguments: {parameters: [{name: most, value: '3'}]}
",
        Situation::Lint,
        &[
            "8:57 warning spec.templates[0].steps[0][0].withSequence.count: `abc` is not a whole number, so the step \
             ends in Error (write a number, or a tag that comes to one)",
        ],
    );
}

/// EX-113, EX-193, EX-194: what no run can come through is an error where every run comes to it, through other templates
/// and loops, too. What a condition, a tolerance, a remembered result or a call by others may spare is only warned of.
#[test]
fn what_no_run_can_come_through_is_refused() {
    let many = "{name: many, template: last, withSequence: {count: '1000001'}}";
    let workflow = |entry: &str, templates: &str| {
        format!(
            "kind: Workflow\nmetadata: {{generateName: h-}}\nspec:\n  entrypoint: {entry}\n  templates:\n{templates}\n  - \
             {{name: last, container: {{image: x, command: [x]}}}}\n"
        )
    };
    let severities = |text: &str| -> Vec<String> {
        let parsed = spec::parse("wf.yaml", text, spec::Strictness::Strict);
        assert_eq!(parsed.diagnostics, []);
        let shelf = Shelf::new(parsed.documents.iter().map(|document| &document.object));
        let found = check(&parsed.documents[0], &shelf, Situation::Create);
        found.iter().map(|found| format!("{} {}", found.severity, found.path)).collect()
    };
    let dag = |tasks: &str| workflow("main", &format!("  - {{name: main, dag: {{tasks: [{tasks}]}}}}"));
    let steps = |steps: &str| workflow("main", &format!("  - {{name: main, steps: [[{steps}]]}}"));
    let at = "spec.templates[0].steps[0][0].withSequence";
    assert_eq!(severities(&steps(many)), [format!("error {at}")]);
    let guarded = many.replace("{name", "{when: '{{workflow.name}} == x', name");
    assert_eq!(severities(&steps(&guarded)), [format!("warning {at}")]);
    let forgiven = many.replace("{name", "{continueOn: {error: true}, name");
    assert_eq!(severities(&steps(&forgiven)), [format!("warning {at}")]);
    assert_eq!(severities(&steps(&many.replace("'1000001'", "'1000000'"))), Vec::<String>::new());
    let backwards = many.replace("count: '1000001'", "start: 2000000, end: 5");
    assert_eq!(severities(&steps(&backwards)), [format!("error {at}")]);
    let large = many.replace("count: '1000001'", "start: '3000000000', end: '3000000002'");
    assert_eq!(severities(&steps(&large)), Vec::<String>::new());
    let no_list = "{name: a, template: last, withParam: '{}'}";
    assert_eq!(severities(&steps(no_list)), ["error spec.templates[0].steps[0][0].withParam"]);

    let task = "spec.templates[0].dag.tasks[0].withSequence";
    let then = |depends: &str| dag(&format!("{many}, {{name: b, template: last, depends: {depends}}}"));
    assert_eq!(severities(&then("many")), [format!("error {task}")]);
    assert_eq!(severities(&then("'many || many.Errored'")), [format!("warning {task}")]);

    let within = |call: &str, called: &str| {
        let main = format!("  - {{name: main, steps: [[{{name: a, template: sub{call}}}]]}}");
        workflow("main", &format!("{main}\n  - {{name: sub, steps: [[{many}]]{called}}}"))
    };
    let at = "spec.templates[1].steps[0][0].withSequence";
    assert_eq!(severities(&within("", "")), [format!("error {at}")]);
    assert_eq!(severities(&within(", withItems: [1]", "")), [format!("error {at}")]);
    assert_eq!(severities(&within(", withParam: '[]'", "")), [format!("warning {at}")]);
    let remembered = ", memoize: {key: k, cache: {configMap: {name: c}}}";
    assert_eq!(severities(&within("", remembered)), [format!("warning {at}")]);
    let unreached = within("", "").replace("entrypoint: main", "entrypoint: last");
    assert_eq!(severities(&unreached), [format!("warning {at}")]);
    let of_others = within("", "").replace("kind: Workflow", "kind: WorkflowTemplate");
    assert_eq!(severities(&of_others.replace("generateName: h-", "name: h")), [format!("warning {at}")]);

    let circle = |call: &str| {
        let main = format!("  - {{name: main, dag: {{tasks: [{{name: a, template: sub{call}}}]}}}}");
        workflow("main", &format!("{main}\n  - {{name: sub, steps: [[{{name: b, template: main}}]]}}"))
    };
    assert_eq!(severities(&circle("")), ["error spec.templates[0].name"]);
    assert_eq!(severities(&circle(", continueOn: {error: true}")), ["warning spec.templates[0].name"]);
    assert_eq!(severities(&circle(", when: '{{workflow.name}} == x'")), Vec::<String>::new());
    assert_eq!(
        severities(&circle("").replace("entrypoint: main", "entrypoint: last")),
        ["warning spec.templates[0].name"]
    );

    // Through the template that a workflow refers to, at the reference.
    let template = of_others.replace("generateName: h-", "name: h");
    let referring =
        "kind: Workflow\nmetadata: {generateName: r-}\nspec: {workflowTemplateRef: {name: h}}\n---\n";
    assert_eq!(severities(&format!("{referring}{template}")), ["error spec.workflowTemplateRef"]);
}

/// AUTH-072, AUTH-074: a binding is judged before an event comes; of its template something is said where templates are.
#[test]
fn bindings_are_judged() {
    let library = "---\nkind: WorkflowTemplate\nmetadata: {name: t}\nspec: {}\n";
    let binding = "kind: WorkflowEventBinding
metadata: {name: b}
spec:
  event: {selector: 'payload.a =='}
  submit:
    workflowTemplateRef: {name: lost}
    metadata: {generateName: '\"x', labels: {a.b/c: '('}}
    arguments: {parameters: [{name: p, valueFrom: {event: payload.a}}, {name: q, valueFrom: {event: 'payload.('}}]}
";
    let errors = [
        "4:21 error spec.event.selector: `payload.a ==` is no expression: unexpected token EOF (1:12)\n | payload.a ==\n | ...........^",
        "7:30 error spec.submit.metadata.generateName: `\"x` is no expression: literal not terminated (1:3)\n | \"x\n | ..^",
        "7:52 error spec.submit.metadata.labels[\"a.b/c\"]: `(` is no expression: unexpected token EOF (1:1)\n | (\n | ^",
        "8:101 error spec.submit.arguments.parameters[1].valueFrom.event: `payload.(` is no expression: expected name (1:9)\n | payload.(\n | ........^",
    ];
    found(binding, Situation::Lint, &errors);
    let lost = "6:33 warning spec.submit.workflowTemplateRef.name: there is no WorkflowTemplate `lost`: an event that this \
                chooses cannot run it";
    found(&format!("{binding}{library}"), Situation::Lint, &[&errors[..], &[lost]].concat());
    let none = "kind: WorkflowEventBinding\nmetadata: {name: b}\nspec: {event: {selector: ' '}, submit: {workflowTemplateRef: {name: t}}}\n";
    let error = "3:26 error spec.event.selector: no event is chosen: a `selector` is missing";
    found(&format!("{none}{library}"), Situation::Lint, &[error]);
}

/// VA-022, VA-106: names of tasks are looked at in the order in which they could run, and counted by it.
#[test]
fn names_of_tasks_are_counted_as_they_are_sorted() {
    const WORDS: &str = "name must consist of alpha-numeric characters or '-', and must start with an alpha-numeric \
                         character (e.g. My-name1-2, 123-NAME)";
    found(
        "kind: Workflow
metadata: {generateName: sorted-}
spec:
  entrypoint: main
  templates:
  - name: main
    dag:
      tasks:
      - {name: last_one, depends: first, template: run}
      - {name: first, template: run}
      - {name: a b, template: run}
  - name: run
    container: {image: x}
",
        Situation::Lint,
        &[
            &format!(
                "11:16 error spec.templates[0].dag.tasks[2].name: templates.main.tasks[1].name: 'a b' is invalid: {WORDS}"
            ),
            &format!(
                "9:16 error spec.templates[0].dag.tasks[0].name: templates.main.tasks[2].name: 'last_one' is invalid: \
                 {WORDS}"
            ),
        ],
    );
}

/// VA-092: a manifest comes from an artifact of the template's own inputs.
#[test]
fn a_manifest_from_an_artifact_that_is_none_is_refused_in_argos_words() {
    found(
        "kind: Workflow
metadata: {generateName: from-}
spec:
  entrypoint: main
  templates:
  - name: main
    inputs: {artifacts: [{name: other, path: /o, optional: true}]}
    resource: {action: create, manifestFrom: {artifact: {name: object}}}
",
        Situation::Lint,
        &[
            "8:32 error spec.templates[0].resource.manifestFrom: artifact object in `manifestFrom` refer to a non-exist \
           artifact",
        ],
    );
}

/// What no runner here can do is an error where it is to run, on whatever way a run may reach it, and a warning where a
/// document is only looked at or kept; what no run reaches is nothing.
#[test]
fn what_waits_for_a_later_release_is_told_before_the_start() {
    let told = |text: &str, situation: Situation| -> Vec<String> {
        let parsed = spec::parse("wf.yaml", text, spec::Strictness::Strict);
        assert_eq!(parsed.diagnostics, []);
        let shelf = Shelf::new(parsed.documents.iter().map(|document| &document.object));
        let found = unsupported(&parsed.documents[0], &shelf, situation);
        found.iter().map(|found| format!("{} {}: {}", found.severity, found.path, found.message)).collect()
    };
    let body = "
  - {name: res, resource: {action: get, manifest: 'kind: Pod'}}
  - {name: ok, container: {image: x, command: [x]}}
  - name: s3
    outputs: {artifacts: [{name: o, path: /o, s3: {endpoint: e, bucket: b, key: k}}, {name: p, path: /p, s3: {key: k}}]}
    container: {image: x, command: [x], volumeMounts: [{name: far, mountPath: /f}]}
    volumes: [{name: far, nfs: {server: a, path: /x}}, {name: other, csi: {driver: x}}]
    sidecars: [{name: side, image: x, command: [x], volumeDevices: [{name: far, devicePath: /d}]}]
";
    let workflow = |entry: &str, main: &str| {
        format!(
            "kind: Workflow\nmetadata: {{generateName: l-}}\nspec:\n  entrypoint: {entry}\n  templates:\n  - {{name: \
             main, {main}}}{body}"
        )
    };
    let call = |call: &str| workflow("main", &format!("steps: [[{{name: a, {call}}}]]"));
    let res = "spec.templates[1].resource: `resource` is not supported yet (template `res`)";
    assert_eq!(told(&call("template: res"), Situation::Create), [format!("error {res}")]);
    assert_eq!(told(&call("template: res"), Situation::Lint), [format!("warning {res}")]);
    for reached in [
        "template: ok, onExit: res",
        "template: ok, hooks: {exit: {template: res}}",
        "inline: {steps: [[{name: b, template: res}]]}",
        "inline: {dag: {tasks: [{name: b, template: '{{workflow.name}}'}]}}",
    ] {
        let found = told(&call(reached), Situation::Create);
        assert!(found.contains(&format!("error {res}")), "{reached}: {found:?}");
    }
    let exit = call("template: ok").replace("entrypoint: main", "entrypoint: main\n  onExit: res");
    assert_eq!(told(&exit, Situation::Create), [format!("error {res}")]);
    assert_eq!(told(&call("template: ok"), Situation::Create), Vec::<String>::new());
    assert_eq!(
        told(&call("template: s3"), Situation::Create),
        [
            "error spec.templates[3].sidecars[0].volumeDevices: `volumeDevices` of containers is not supported yet",
            "error spec.templates[3].volumes[0].nfs: volume `far`: `nfs` is not supported yet",
            "error spec.templates[3].outputs.artifacts[0].s3: artifact `o`: the driver `s3` is not supported yet",
        ]
    );

    // Of a template for others all is told, as a warning; who takes something from it reaches that alone.
    let lib = workflow("main", "steps: [[{name: a, template: ok}]]").replace(
        "kind: Workflow\nmetadata: {generateName: l-}",
        "kind: WorkflowTemplate\nmetadata: {name: lib}",
    );
    assert_eq!(told(&lib, Situation::Lint).len(), 4);
    let user =
        |spec: &str| format!("kind: Workflow\nmetadata: {{generateName: u-}}\nspec: {spec}\n---\n{lib}");
    let step = |template: &str| {
        user(&format!(
            "{{entrypoint: m, templates: [{{name: m, steps: [[{{name: a, templateRef: {{name: lib, template: {template}}}}}]]}}]}}"
        ))
    };
    let at = "spec.templates[0].steps[0][0].templateRef";
    assert_eq!(
        told(&step("res"), Situation::Create),
        [format!("error {at}: `resource` is not supported yet (template `res`)")]
    );
    assert_eq!(told(&step("ok"), Situation::Create), Vec::<String>::new());
    let whole = |entry: &str| user(&format!("{{workflowTemplateRef: {{name: lib}}, entrypoint: {entry}}}"));
    assert_eq!(told(&whole("main"), Situation::Create), Vec::<String>::new());
    assert_eq!(
        told(&whole("res"), Situation::Create),
        ["error spec.workflowTemplateRef: `resource` is not supported yet (template `res`)"]
    );
}

/// What is declared and never used is told to whoever writes it, on whatever way it might be read; what others may use
/// is not.
#[test]
fn what_nobody_uses_is_told() {
    let told = |text: &str| -> Vec<String> {
        let parsed = spec::parse("wf.yaml", text, spec::Strictness::Strict);
        assert_eq!(parsed.diagnostics, []);
        let found = unused(&parsed.documents[0]);
        assert!(found.iter().all(|found| found.code == "unused" && !found.is_error()));
        found.iter().map(|found| format!("{}: {}", found.path, found.message)).collect()
    };
    let text = "kind: Workflow
metadata: {generateName: u-}
spec:
  entrypoint: main
  arguments: {parameters: [{name: lost, value: '1'}, {name: seen, value: q}, {name: taken, value: z}]}
  templates:
  - name: main
    inputs: {parameters: [{name: taken}]}
    steps:
    - - {name: a, template: used, arguments: {parameters: [{name: x, value: '{{workflow.parameters.seen}}{{inputs.parameters.taken}}'}]}}
      - {name: b, inline: {steps: [[{name: c, template: within}]]}}
  - name: used
    inputs: {parameters: [{name: x}, {name: idle, value: q}, {name: x2, value: r}]}
    container: {image: i, command: [echo, '{{=inputs.parameters.x2-inputs.parameters.x}}']}
  - {name: within, suspend: {}, inputs: {parameters: [{name: shown, value: s}]}}
  - {name: idle, steps: [[{name: a, template: idle}]]}
";
    let of_run = [
        "spec.templates[3].name: nothing leads to the template `idle`",
        "spec.templates[1].inputs.parameters[1].name: the template `used` does not read its input `idle`",
        "spec.arguments.parameters[0].name: nothing reads the parameter `lost` of the workflow",
    ];
    assert_eq!(told(text), of_run);
    // Others may call what a template for others has.
    let kept = text.replace(
        "kind: Workflow\nmetadata: {generateName: u-}",
        "kind: WorkflowTemplate\nmetadata: {name: u}",
    );
    assert_eq!(told(&kept), of_run[1..]);
    let says = |more: &str| told(&text.replace("command: [echo,", &format!("command: ['{more}',")));
    for all in [
        "{{workflow.parameters}}",
        "{{=toJson(workflow.parameters)}}",
        "{{workflow.parameters.json}}",
        "{{=workflow?.parameters?.lost}}",
    ] {
        assert_eq!(says(all), of_run[..2], "{all}");
    }
    for all in [
        "{{=inputs.parameters[\"idle\"]}}",
        "{{=toJson(inputs)}}",
        "{{=let all = inputs; all.parameters.idle}}",
        "{{=get(inputs, \"parameters\").idle}}",
        "{{= inputs . parameters . idle }}",
    ] {
        assert_eq!(says(all), [of_run[0], of_run[2]], "{all}");
    }
    assert_eq!(says("{{=keys(workflow)}}"), of_run[..2]);
    assert_eq!(says("what a workflow inputs, and its inputs, is no matter"), of_run);
    assert_eq!(says("{{myinputs.parameters.idle}} {{inputs.parameters.idle_too}}"), of_run);
    // What stands around the templates is a part of each; a field may be an expression.
    let around = "  volumes: [{name: v, persistentVolumeClaim: {claimName: '{{inputs.parameters.idle}}'}}]\n  templates:";
    assert_eq!(told(&text.replace("  templates:", around)), [of_run[0], of_run[2]]);
    let retried =
        "    retryStrategy: {limit: 1, expression: 'len(inputs) > 0'}\n    container: {image: i, command";
    assert_eq!(told(&text.replace("    container: {image: i, command", retried)), [of_run[0], of_run[2]]);
    // Others may begin anywhere.
    let entries = kept.replace("name: shown", "name: lost");
    assert_eq!(told(&entries), of_run[1..2]);
    // Templates of others may read what the workflow has, and a name may be made when it runs.
    let borrows = "name: c, template: within}, {name: d, templateRef: {name: o, template: t}";
    assert_eq!(told(&text.replace("name: c, template: within", borrows)), of_run[..2]);
    let open = text.replace("name: c, template: within", "name: c, template: '{{workflow.name}}'");
    assert_eq!(told(&open), of_run[1..]);
}

/// Lint is for whoever may read, so it goes through a document once: with a look at everything for each thing that is
/// declared these would take many minutes.
#[test]
fn a_large_document_is_gone_through_once() {
    let many = 10_000;
    let list = |what: &dyn Fn(usize) -> String| (0..many).map(what).collect::<Vec<_>>().join(", ");
    let names = list(&|n| format!("{{name: p{n}, value: '{{{{inputs.parameters.p{n}-x}}}}'}}"));
    let calls = list(&|n| format!("{{name: s{n}, template: t{n}}}"));
    let open = list(&|n| format!("{{name: o{n}, template: '{{{{workflow.name}}}}'}}"));
    let volumes = list(&|n| format!("{{name: v{n}, nfs: {{path: /x}}}}"));
    let called = list(&|n| {
        format!("{{name: t{n}, container: {{image: x, volumeMounts: [{{name: v{n}, mountPath: /v}}]}}}}")
    });
    let text = format!(
        "kind: Workflow
metadata: {{generateName: u-}}
spec:
  entrypoint: main
  arguments: {{parameters: [{names}]}}
  volumes: [{volumes}]
  templates:
  - {{name: main, inputs: {{parameters: [{names}, {{name: idle}}]}}, steps: [[{calls}], [{open}]]}}
  - {{name: more, inputs: {{parameters: [{}]}}, container: {{image: x}}}}
  - {called}
",
        list(&|n| format!("{{name: q{n}}}"))
    )
    .replace("}, {name: t", "}\n  - {name: t");
    let parsed = spec::parse("wf.yaml", &text, spec::Strictness::Strict);
    assert_eq!(parsed.diagnostics, []);
    let document = &parsed.documents[0];
    let told = unused(document);
    assert_eq!(told.len(), super::FINDINGS_MAX);
    assert_eq!(told[0].message, "the template `main` does not read its input `idle`");
    let later = unsupported(document, &Shelf::default(), Situation::Lint);
    assert_eq!(later.len(), super::FINDINGS_MAX);
    assert!(later.iter().all(|found| found.message.ends_with("`nfs` is not supported yet")));
}

use std::fmt::Write as _;

use super::{Shelf, Situation, check};
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
            let help = d.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
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
            "13:34 error spec.templates[0].steps[1][0].arguments.parameters[0]: \
             templates.main.steps[1].b.arguments.m.value or templates.main.steps[1].b.arguments.m.valueFrom is \
             required",
            "16:5 error spec.templates[1].container: templates.main.steps[1].b templates.last.container.image may \
             not be empty",
            "13:62 error spec.templates[0].steps[1][0].arguments.parameters[1].value: templates.main.steps failed \
             to resolve {{steps.c.outputs.result}}",
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
            "10:86 warning spec.templates[0].steps[0][1].withParam: `withParam` is not a JSON list",
            "10:40 warning spec.templates[0].steps[0][1].when: `a` runs at the same time or later, so its values are \
             not there yet",
            "13:34 warning spec.templates[1].container.args[0]: the expression cannot be read: unexpected token EOF \
             (1:3)",
            "13:69 warning spec.templates[1].container.volumeMounts[0].name: there is no volume `v`",
        ],
    );
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

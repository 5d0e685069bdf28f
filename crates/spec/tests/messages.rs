//! What users read when a document is wrong: the words and the place.

use tiphys_spec::{Strictness, Style, parse};

/// Compares the one-line reports, each followed by its help.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let parsed = parse("wf.yaml", text, Strictness::Strict);
    let found: Vec<String> = parsed
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let help = diagnostic.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{diagnostic}{help}")
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_mistake_is_reported_at_once() {
    check(
        "apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: 5}
spec:
  entryPoint: main
  parallelism: '2'
  templates:
  - name: main
    containr: {}
    container:
      image: busybox
      args: echo
      timeout: 10s
  - name: group
    steps:
    - name: flat
",
        &[
            "wf.yaml:3:18: error[wrong-type]: `name` must be a text, found the number `5` (quote it: \"5\")",
            "wf.yaml:5:3: warning[field-case]: `entryPoint` is read as `entrypoint`; Argo 4 would drop it \
             (write `entrypoint`: names are case-sensitive)",
            "wf.yaml:6:16: error[wrong-type]: `parallelism` must be a whole number, found the text `2` \
             (remove the quotes: 2)",
            "wf.yaml:9:5: error[unknown-field]: unknown field `containr` in `Template` (did you mean `container`?)",
            "wf.yaml:12:13: error[wrong-type]: `args` must be a list of texts, found the text `echo` \
             (write a list: [echo])",
            "wf.yaml:13:7: error[unknown-field]: unknown field `timeout` in `Container` \
             (`timeout` is a field of `Template`; move it there)",
            "wf.yaml:16:7: error[wrong-type]: `steps[0]` must be a list of steps, found a map \
             (steps are groups: begin the first step of each group with `- - name: …`)",
        ],
    );
}

/// Go's reader of JSON takes digits alone for a whole number; in YAML, `2.0` is one.
#[test]
fn whole_numbers_of_json_are_digits_alone() {
    check(
        r#"{"kind": "Workflow", "spec": {"parallelism": 2.0, "activeDeadlineSeconds": 1e2, "priority": 3, "templates": [
  {"name": "main", "retryStrategy": {"limit": 1.0}}]}}"#,
        &[
            "wf.yaml:1:46: error[wrong-type]: `parallelism` must be a whole number, found 2.0 (write it in digits alone: 2)",
            "wf.yaml:1:76: error[wrong-type]: `activeDeadlineSeconds` must be a whole number, found 1e2 \
             (write it in digits alone: 100)",
            "wf.yaml:2:47: error[wrong-type]: `limit` must be a whole number, found 1.0 (write it in digits alone: 1)",
        ],
    );
    check("{kind: Workflow, spec: {parallelism: 2.0, activeDeadlineSeconds: 1e2}}", &[]);
}

#[test]
fn unquoted_braces_are_explained() {
    check(
        "kind: Workflow\nspec:\n  templates:\n  - name: a\n    steps:\n    - - name: b\n        when: {{x}} == 1\n",
        &["wf.yaml:7:16: error[yaml-syntax]: text that begins with `{{` is a map in YAML \
           (quote the text: `\"{{…}}\"`)"],
    );
}

#[test]
fn doubled_keys_name_both_spellings() {
    check(
        "kind: ConfigMap\ndata:\n  on: a\n  yes: b\n",
        &["wf.yaml:4:3: error[duplicate-key]: the key `true` is there twice \
           (`on` and `yes` mean the same in YAML 1.1; quote them)"],
    );
}

/// OB-005, TP-262, VA-182, VA-183.
#[test]
fn values_that_change_are_warned_about() {
    check(
        "kind: Workflow\nspec: {arguments: {parameters: [{name: a, value: 1.10}, {name: b, value: [1]}]}}\n",
        &[
            "wf.yaml:2:50: warning[changed-value]: `1.10` is read as `1.1` (quote it to keep it as written: \"1.10\")",
            "wf.yaml:2:67: warning[lost-value]: a list as a value becomes the empty text \
             (write it as a text, for example as JSON in quotes)",
        ],
    );
}

/// CR-002, CR-161, OB-125, OB-337, OB-445, EX-365.
#[test]
fn old_fields_are_read_as_their_successors() {
    check(
        "kind: CronWorkflow\nspec:\n  schedule: '* * * * *'\n  workflowSpec:\n    podPriority: 1\n",
        &[
            "wf.yaml:3:3: notice[removed-field]: `schedule` is read as `schedules`, which replaced it in Argo 4 \
             (write a list: `schedules: […]`)",
            "wf.yaml:5:5: notice[removed-field]: `podPriority` was removed in Argo 4 and has no effect (remove it)",
        ],
    );
    let text = "kind: Workflow\nspec:\n  synchronization: {mutex: {name: m}, semaphore: {configMapKeyRef: {name: c, key: k}}}\n";
    let parsed = parse("wf.yaml", text, Strictness::Strict);
    assert!(parsed.diagnostics.iter().all(|found| found.code == "removed-field"), "{:?}", parsed.diagnostics);
    let tiphys_spec::Object::Workflow(workflow) = &parsed.documents[0].object else {
        panic!("not a workflow")
    };
    let locks = workflow.spec.synchronization.as_ref().unwrap();
    assert_eq!((locks.mutexes[0].name.as_str(), locks.semaphores.len()), ("m", 1));
}

#[test]
fn a_report_shows_the_line() {
    let text = "kind: Workflow\nspec:\n  entrypont: main\n";
    let parsed = parse("wf.yaml", text, Strictness::Strict);
    let expected = "\
error[unknown-field]: unknown field `entrypont` in the spec of a workflow
 --> wf.yaml:3:3
  |
3 |   entrypont: main
  |   ^^^^^^^^^ `spec.entrypont`
  |
  = help: did you mean `entrypoint`?";
    assert_eq!(parsed.diagnostics[0].render(Some(text), Style::Plain), expected);
}

#[test]
fn a_diagnostic_for_machines_has_the_promised_fields() {
    let parsed = parse("wf.yaml", "kind: Workflow\nspec:\n  entrypont: main\n", Strictness::Strict);
    let json = serde_json::to_value(&parsed.diagnostics[0]).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "severity": "error", "code": "unknown-field", "file": "wf.yaml",
            "line": 3, "column": 3, "endLine": 3, "endColumn": 12,
            "path": "spec.entrypont",
            "message": "unknown field `entrypont` in the spec of a workflow",
            "help": "did you mean `entrypoint`?"
        })
    );
}

#[test]
fn places_are_found_by_path() {
    let text = "kind: Workflow
metadata: {labels: {a.b/c: x}}
spec:
  templates:
  - name: a
    steps:
    - - name: b
        when: >
          'x' == 'y'
";
    let parsed = parse("wf.yaml", text, Strictness::Strict);
    let places = &parsed.documents[0].places;
    let at = |path: &str| places.find(path).map(|place| (place.line, place.column));
    assert_eq!(at("spec.templates[0].steps[0][0].name"), Some((7, 15)));
    assert_eq!(at("spec.templates[0].steps"), Some((6, 5)));
    assert_eq!(at("metadata.labels[\"a.b/c\"]"), Some((2, 28)));
    assert_eq!(at("spec.templates[0].steps[0][1]"), None);
    assert_eq!(places.nearest("spec.templates[0].steps[0][1].name").line, 7);
    assert_eq!(tiphys_spec::path_field("metadata.labels", "a.b/c"), "metadata.labels[\"a.b/c\"]");
}

/// OB-001, OB-002, OB-020 to OB-023: YAML and JSON, several documents in a file, each of its kind; empty ones are none.
#[test]
fn documents_of_all_kinds_are_read() {
    let kinds = ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"];
    let mut text = "# nothing but a remark\n---\n".to_owned();
    for kind in kinds {
        text.push_str(&format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: x}}\nspec: {{}}\n---\n"
        ));
    }
    let parsed = tiphys_spec::parse("m.yaml", &text, tiphys_spec::Strictness::Strict);
    let found: Vec<&str> = parsed.documents.iter().map(|document| document.kind.as_str()).collect();
    assert_eq!(found, kinds);
    let json = r#"{"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "x"}, "spec": {"entrypoint": "m"}}"#;
    let parsed = tiphys_spec::parse("m.json", json, tiphys_spec::Strictness::Strict);
    let tiphys_spec::Object::Workflow(workflow) = &parsed.documents[0].object else { panic!("{parsed:?}") };
    assert_eq!(workflow.spec.entrypoint, "m");
}

/// OB-001: what is no instant cannot stand where one is wanted; a whole number may be written as a float (OB-005).
#[test]
fn instants_are_instants() {
    let with = |metadata: &str, spec: &str| {
        format!("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {metadata}\nspec: {spec}\n")
    };
    check(&with("{name: a, creationTimestamp: 2026-01-02T03:04:05Z}", "{parallelism: 2.0}"), &[]);
    check(
        &with("{name: a, creationTimestamp: \"x\"}", "{entrypoint: a}"),
        &[
            "wf.yaml:3:40: error[wrong-type]: `creationTimestamp` must be a time like `2026-01-02T03:04:05Z`, \
             found the text `x`",
        ],
    );
}

/// OB-012: a quantity is read as Kubernetes reads it: without the blanks around it, and a unit alone is nothing of it.
#[test]
fn quantities_are_read_with_blanks_around() {
    let limit = |text: &str| {
        format!(
            "kind: Workflow\nspec: {{templates: [{{name: m, container: {{resources: {{limits: {{memory: {text}}}}}}}}}]}}\n"
        )
    };
    for (text, read) in [("' 64Mi '", "64Mi"), ("'Mi'", "0"), ("' .5Gi'", "512Mi")] {
        let parsed = parse("wf.yaml", &limit(text), Strictness::Strict);
        assert_eq!(parsed.diagnostics, [], "{text}");
        let found = parsed.documents[0].value.pointer("/spec/templates/0/container/resources/limits/memory");
        assert_eq!(found.and_then(|found| found.as_str()), Some(read), "{text}");
    }
    assert!(!parse("wf.yaml", &limit("'64 Mi'"), Strictness::Strict).diagnostics.is_empty());
}

/// OB-001: lines within quotes may begin with tabs, which count for nothing there; elsewhere they are a mistake.
#[test]
fn tabs_begin_lines_within_quotes_only() {
    let text = "kind: Workflow
spec:
  templates:
  - name: main
    container:
      args: [\"if x; then\n\techo hi\n \t fi\", 'a\n\tb']
      command: \"tab\there\"
";
    let parsed = parse("wf.yaml", text, Strictness::Lenient);
    let found = parsed.documents[0].value.pointer("/spec/templates/0/container/args").unwrap();
    assert_eq!(*found, serde_json::json!(["if x; then echo hi fi", "a b"]));
    // As many lines as there are, and not as many readings.
    let long = "kind: Workflow\nspec:\n  entrypoint: [\"".to_owned() + &"x\n\tx\n".repeat(50_000) + "\"]\n";
    let told = parse("wf.yaml", &long, Strictness::Lenient).diagnostics.remove(0);
    assert!(told.to_string().contains("must be a text"), "{told}");
    let endless = format!("kind: Workflow\nspec:\n  a: [\"{}\"]\n", "x\n\tx'\n".repeat(50_000));
    let told = parse("wf.yaml", &endless, Strictness::Strict).diagnostics.remove(0);
    assert!(told.to_string().contains("tab cannot be used as indentation"), "{told}");
    let indented = parse("wf.yaml", "kind: Workflow\nspec:\n\tentrypoint: a\n", Strictness::Strict);
    assert!(!indented.diagnostics.is_empty());
}

//! Bad input never panics, never hangs, never takes unbounded memory.

use proptest::prelude::*;
use serde_json::{Value, json};
use tiphys_spec::{Diagnostic, Object, Strictness, Style, limits, parse, take};

fn parses(text: &str) -> Vec<Diagnostic> {
    let parsed = parse("wf.yaml", text, Strictness::Strict);
    for diagnostic in &parsed.diagnostics {
        let _ = diagnostic.render(Some(text), Style::Plain);
    }
    parsed.diagnostics
}

#[test]
fn aliases_that_explode_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    assert!(parses(&text).iter().any(|diagnostic| diagnostic.code == "too-large"));
}

#[test]
fn aliases_cannot_nest_deeper_than_text() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..300 {
        text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(parses(&text).iter().any(|diagnostic| diagnostic.code == "too-large"));
}

#[test]
fn an_alias_within_its_own_value_is_refused() {
    assert!(parses("kind: Workflow\nspec: &a {arguments: *a}\n").iter().any(Diagnostic::is_error));
}

#[test]
fn deep_nesting_is_refused() {
    for text in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000), "? ".repeat(100_000)] {
        assert!(parses(&text).iter().any(Diagnostic::is_error));
        assert!(parses(&format!("a: {text}")).iter().any(Diagnostic::is_error));
    }
}

#[test]
fn deep_values_are_refused() {
    let deep = (0..=limits::NESTING_MAX).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let value = json!({ "kind": "Workflow", "spec": { "templates": [{ "plugin": { "p": deep } }] } });
    assert!(take("wf.json", &value, Strictness::Lenient).has_errors());
}

#[test]
fn nesting_up_to_the_limit_is_read() {
    let depth = limits::NESTING_MAX - 6;
    let text = format!(
        "kind: Workflow\nspec: {{templates: [{{plugin: {{p: {}{}}}}}]}}\n",
        "[".repeat(depth),
        "]".repeat(depth)
    );
    assert_eq!(parses(&text), []);
}

#[test]
fn too_large_a_file_is_refused_with_a_message() {
    let text = "#".repeat(limits::FILE_BYTES_MAX + 1);
    let found = parses(&text);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "too-large");
}

#[test]
fn mistakes_are_counted_but_not_without_end() {
    let fields: String = (0..5_000).map(|n| format!("  unknown{n}: 1\n")).collect();
    let found = parses(&format!("kind: Workflow\nspec:\n{fields}"));
    assert_eq!(found.len(), limits::DIAGNOSTICS_MAX);
}

#[test]
fn many_tasks_are_read_in_linear_time() {
    let tasks: String = (0..20_000)
        .map(|n| {
            format!("      - name: t{n}\n        template: a\n        dependencies: [t{}]\n", n.max(1) - 1)
        })
        .collect();
    let text = format!("kind: Workflow\nspec:\n  templates:\n  - name: m\n    dag:\n      tasks:\n{tasks}");
    let parsed = parse("wf.yaml", &text, Strictness::Strict);
    let Object::Workflow(workflow) = &parsed.documents[0].object else { panic!("not a workflow") };
    assert_eq!(workflow.spec.templates[0].tasks().count(), 20_000);
}

#[test]
fn broken_encodings_of_line_ends_and_marks_are_read() {
    for text in
        ["\u{feff}kind: Workflow\r\nspec: {}\r\n", "kind: Workflow\r\n---\r\nkind: Workflow", "---\n---\n"]
    {
        assert_eq!(parses(text), [], "{text:?}");
    }
}

#[test]
fn the_last_block_text_of_a_document_ends_as_argo_reads_it() {
    let read = |text: &str| match parse("wf.yaml", text, Strictness::Strict).documents.remove(0).object {
        Object::ConfigMap(map) => map.data["a"].clone(),
        _ => panic!("not a config map"),
    };
    assert_eq!(read("kind: ConfigMap\ndata:\n  a: |\n    x\n"), "x\n");
    assert_eq!(read("kind: ConfigMap\ndata:\n  a: |\n    x"), "x");
    assert_eq!(read("kind: ConfigMap\ndata:\n  a: |\n    x\n---\nkind: ConfigMap\n"), "x");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in ".{0,200}") {
        parses(&text);
    }

    #[test]
    fn anything_that_looks_like_yaml_is_survived(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "kind: Workflow\n", "spec:\n", "  templates:\n", "  - name: a\n", "    steps:\n", "    - - name: b\n",
                "&a ", "*a", "<<: ", "{", "}", "[", "]", ": ", "- ", "? ", "|\n", ">-\n", "\n", "  ", "\t", "\"", "'",
                "{{x}}", "!!binary ", "!!int ", "---\n", "...\n", "%YAML 1.1\n", "#c\n", "é", "\u{feff}", "\r\n",
                "1.5", "yes", "null", ".inf", "0777",
            ]),
            0..60,
        )
    ) {
        parses(&pieces.concat());
    }

    #[test]
    fn a_cut_manifest_is_survived(cut in 0usize..400, put in ".{0,3}") {
        let text = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata:\n  generateName: é-\nspec:\n  entrypoint: main\n  \
            arguments: {parameters: [{name: a, value: &v 'x'}]}\n  templates:\n  - name: main\n    inputs:\n      parameters:\n      \
            - {name: a, default: *v}\n    script:\n      image: busybox\n      source: |\n        echo {{inputs.parameters.a}}\n";
        let cut = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        parses(&text[..cut]);
        parses(&format!("{}{put}{}", &text[..cut], &text[cut..]));
    }
}

//! What the strict reading of Argo's client says of a document (CLI-022): all unknown fields at once.

use std::cmp::Ordering;

use tiphys_spec::Diagnostic;

/// The mistakes of one document in Argo's words, where it has words for them. Any other than an unknown field ends its
/// reading.
pub fn spoken<'a>(body: &str, mistakes: impl IntoIterator<Item = &'a Diagnostic>) -> String {
    let mut unknown = Vec::new();
    for mistake in mistakes {
        if mistake.code != "unknown-field" {
            return mistake.message.clone();
        }
        unknown.push(mistake.path.as_str());
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(body).is_err() {
        // What was YAML is read as JSON with its keys in order.
        unknown.sort_by(|one, other| in_order(one, other));
    }
    let errors: Vec<String> = unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect();
    format!("strict decoding error: {}", errors.join(", "))
}

/// Paths in the order in which sorted keys are met; elements of lists keep theirs.
fn in_order(one: &str, other: &str) -> Ordering {
    let parts = |path: &str| -> Vec<(String, usize)> {
        path.split(['.', '['])
            .map(|part| match part.strip_suffix(']').and_then(|number| number.parse().ok()) {
                Some(number) => (String::new(), number),
                None => (part.to_owned(), 0),
            })
            .collect()
    };
    parts(one).cmp(&parts(other))
}

#[cfg(test)]
mod tests {
    use super::spoken;
    use tiphys_spec as spec;

    /// OB-003: as Argo's reader was heard to say it.
    #[test]
    fn all_unknown_fields_are_told_at_once() {
        let manifest = "kind: Workflow\nspec:\n  foo: 1\n  entrypoint: m\n  bar: 2\n  templates:\n  - {name: m, baz: 3}\n";
        let unknown =
            "unknown field \"spec.bar\", unknown field \"spec.foo\", unknown field \"spec.templates[0].baz\"";
        check(manifest, &format!("strict decoding error: {unknown}"));
        check(
            r#"{"kind": "Workflow", "spec": {"foo": 1, "bar": 2}}"#,
            "strict decoding error: unknown field \"spec.foo\", unknown field \"spec.bar\"",
        );
    }

    #[track_caller]
    fn check(body: &str, wanted: &str) {
        let parsed = spec::parse("a.yaml", body, spec::Strictness::Strict);
        let mistakes = parsed.diagnostics.iter().filter(|mistake| mistake.is_error());
        assert_eq!(spoken(body, mistakes), wanted, "{:?}", parsed.diagnostics);
    }
}

use super::{Labels, by_fields, has_fields, operator};
use serde_json::json;

fn refusal(text: &str) -> String {
    Labels::parse(text).map(|_| String::new()).unwrap_or_else(|fault| fault.message)
}

/// API-122: what Kubernetes would not take is refused in its words, not answered with an empty list.
#[test]
fn keys_and_values_of_labels_are_checked() {
    for good in [
        "",
        "app",
        "!app",
        "app=web,tier!=db",
        "example.com/app in (a,b,)",
        "app notin ()",
        "app=",
        "in=notin",
        "size>3",
        "workflows.argoproj.io/phase in (Failed, Error)",
    ] {
        assert_eq!(refusal(good), "", "{good}");
    }
    let long = "x".repeat(64);
    for (bad, told) in [
        ("-a=b".to_owned(), r#"<nil>: Invalid value: "-a": name part must consist of"#),
        ("é=b".to_owned(), r#"<nil>: Invalid value: "é": name part must consist of"#),
        (
            "a/=b".to_owned(),
            r#"<nil>: Invalid value: "a/": name part must be non-empty; name part must consist"#,
        ),
        ("/x=y".to_owned(), r#"<nil>: Invalid value: "/x": prefix part must be non-empty"#),
        ("a/b/c".to_owned(), r#"<nil>: Invalid value: "a/b/c": a qualified name must consist of"#),
        ("A.b/c".to_owned(), r#"<nil>: Invalid value: "A.b/c": prefix part a lowercase RFC 1123 subdomain"#),
        (long.clone(), "name part must be no more than 63 bytes"),
        ("a=-b".to_owned(), r#"values[0][a]: Invalid value: "-b": a valid label must be"#),
        (format!("a={long}"), "must be no more than 63 bytes"),
        ("a in (b,-c,-d)".to_owned(), r#"[values[0][a]: Invalid value: "-c": a valid"#),
        ("a>x".to_owned(), r#"values[0]: Invalid value: "x": for 'Gt', 'Lt' operators"#),
        ("a b".to_owned(), "found 'b', expected: in, notin, =, ==, !=, gt, lt"),
    ] {
        let said = refusal(&bad);
        assert!(said.starts_with("unable to parse requirement: ") && said.contains(told), "{bad}: {said}");
    }
}

/// Labels that change while a workflow runs do not tell whether it was once meant.
#[test]
fn what_may_have_matched_before() {
    let labels = Labels::parse("team=red,workflows.argoproj.io/phase=Running").unwrap();
    let now = |team: &str| json!({ "team": team, "workflows.argoproj.io/phase": "Succeeded" });
    assert!(!labels.matches(&now("red")));
    assert!(labels.may_have_matched(&now("red")));
    assert!(!labels.may_have_matched(&now("blue")));
}

/// API-170: only some fields can be asked for, in Kubernetes' grammar.
#[test]
fn fields_of_objects() {
    let known = ["metadata.name"];
    let document = json!({ "metadata": { "name": "a" } });
    for (text, is_met) in [("", true), ("metadata.name=a", true), ("metadata.name!=a", false)] {
        assert_eq!(has_fields(&document, &by_fields(text, &known).unwrap()), is_met, "{text}");
    }
    let said = |text: &str| by_fields(text, &known).unwrap_err().message;
    assert_eq!(said("status.phase=Failed"), "field label not supported: status.phase");
    assert_eq!(said("name"), "invalid selector: 'name'; can't understand 'name'");
}

/// API-214: operators are called by their names.
#[test]
fn operators_have_names() {
    let told = ["a", "!a", "a=b", "a==b", "a!=b", "a in (b)", "a notin (b)", "a>1", "a<1"].map(operator);
    assert_eq!(told, ["exists", "!", "=", "==", "!=", "in", "notin", "gt", "lt"]);
}

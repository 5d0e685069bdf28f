//! What Go's writer of YAML makes of the same documents (CLI-023).

use super::yaml;
use serde_json::{Value, json};

#[track_caller]
fn check(value: &Value, wanted: &str) {
    let written = yaml(value);
    assert_eq!(written, wanted);
    // Nothing is lost on the way.
    let read = tiphys_spec::parse(
        "x.yaml",
        &format!("kind: X\nvalue:\n  - {}", indented(&written)),
        tiphys_spec::Strictness::Lenient,
    );
    assert!(read.diagnostics.iter().all(|one| !one.is_error()), "{:?}\n{written}", read.diagnostics);
    assert_eq!(read.documents[0].value["value"][0], *value);
}

fn indented(text: &str) -> String {
    text.trim_end_matches('\n').replace('\n', "\n    ") + &text[text.trim_end_matches('\n').len()..]
}

#[test]
fn keys_are_sorted_and_lists_stand_below_their_key() {
    check(
        &json!({ "spec": { "list": [{ "b": 1, "a": { "x": null } }, [true, []], "one"], "none": {} }, "apiVersion": "v1" }),
        "apiVersion: v1\nspec:\n  list:\n  - a:\n      x: null\n    b: 1\n  - - true\n    - []\n  - one\n  none: {}\n",
    );
    assert_eq!(yaml(&json!([])), "[]\n");
    assert_eq!(yaml(&json!("a")), "a\n");
    assert_eq!(
        yaml(&json!([{ "a": 1 }, 2.5, 1_234_567.5, 0.000_01])),
        "- a: 1\n- 2.5\n- 1.2345675e+06\n- 1e-05\n"
    );
}

#[test]
fn numbers_in_keys_are_counted_and_letters_come_last() {
    let keys = ["f:a", ".", "a10", "a2", "a", "b", "A", "a01", "a1", "1", "-", "a2b", "a10b"];
    let mut map = serde_json::Map::new();
    keys.iter().for_each(|key| drop(map.insert((*key).to_owned(), json!(0))));
    let written = yaml(&Value::Object(map));
    let order: Vec<&str> =
        written.lines().map(|line| line.trim_end_matches(": 0").trim_matches(['"', '\''])).collect();
    assert_eq!(order, ["-", ".", "1", "A", "a", "a1", "a01", "a2", "a2b", "a10", "a10b", "b", "f:a"]);
}

#[test]
fn texts_get_the_quotes_that_they_need_and_no_others() {
    for (text, written) in [
        ("plain text", "plain text"),
        ("{{workflow.name}}", "'{{workflow.name}}'"),
        ("echo \"{{workflow.name}}\"", "echo \"{{workflow.name}}\""),
        ("it's", "it's"),
        ("'it", "'''it'"),
        ("a: b", "'a: b'"),
        ("a:b", "a:b"),
        ("a:", "'a:'"),
        ("a #b", "'a #b'"),
        ("a#b", "a#b"),
        ("- a", "'- a'"),
        ("-a", "-a"),
        ("-", "'-'"),
        ("---", "'---'"),
        ("? a", "'? a'"),
        ("@x", "'@x'"),
        (" x", "' x'"),
        ("x ", "'x '"),
        ("", "\"\""),
        ("true", "\"true\""),
        ("y", "\"y\""),
        ("~", "\"~\""),
        ("1", "\"1\""),
        ("1.5", "\"1.5\""),
        ("0x1f", "\"0x1f\""),
        ("1_000", "\"1_000\""),
        ("1:30", "\"1:30\""),
        ("1:300", "1:300"),
        ("2026-01-02", "\"2026-01-02\""),
        ("2026-1-2T03:04:05Z", "\"2026-1-2T03:04:05Z\""),
        ("2026-13-02", "2026-13-02"),
        ("<<", "\"<<\""),
        ("1/1", "1/1"),
        ("a\tb", "\"a\\tb\""),
        ("a \nb", "\"a \\nb\""),
        ("€ ü", "€ ü"),
        ("\u{1F600}", "\"\\U0001F600\""),
        ("back\\slash", "back\\slash"),
        ("a\r\nb", "\"a\\r\\nb\""),
    ] {
        check(&json!({ "a": text }), &format!("a: {written}\n"));
    }
}

#[test]
fn texts_of_several_lines_stand_as_they_are() {
    check(&json!({ "a": "one\ntwo\n" }), "a: |\n  one\n  two\n");
    check(&json!({ "a": "one\n\n  two" }), "a: |-\n  one\n\n    two\n");
    check(&json!({ "a": "one\n\n" }), "a: |+\n  one\n\n");
    check(&json!({ "l": [" one\ntwo"] }), "l:\n- |2-\n   one\n  two\n");
    check(&json!({ "a": "one\n", "b": 1 }), "a: |\n  one\nb: 1\n");
}

#[test]
fn long_lines_are_folded_at_the_first_space_after_eighty_columns() {
    let word = "abcdefghi ".repeat(9);
    let (head, tail) = (format!("{}abcdefghi", "abcdefghi ".repeat(7)), "abcdefghi");
    check(&json!({ "a": word.trim_end() }), &format!("a: {head}\n  {tail}\n"));
    check(
        &json!({ "a": { "b": [format!("'{}", word.trim_end())] } }),
        &format!("a:\n  b:\n  - '''{head}\n    {tail}'\n"),
    );
    let tabbed = format!("\t{}", word.trim_end());
    check(&json!({ "a": tabbed }), &format!("a: \"\\t{head}\n  {tail}\"\n"));
    // Where two spaces stand no line ends, but between double quotes.
    let wide = word.trim_end().replace(' ', "  ");
    assert_eq!(yaml(&json!(wide)).lines().count(), 1);
    check(&json!({ "k".repeat(200): "v" }), &format!("? {}\n: v\n", "k".repeat(200)));
}

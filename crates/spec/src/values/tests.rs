use super::{named_values, parameter_values};
use serde_json::json;

/// OB-398: what `-f` makes of a file, as `name=value` lines.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let values = parameter_values("values.yaml", text).unwrap();
    let lines: Vec<String> = values.iter().map(|given| format!("{}={}", given.name, given.value)).collect();
    assert_eq!(lines, expected);
}

#[test]
fn each_value_has_its_place() {
    let values = parameter_values("values.yaml", "a: 1\nlong: some words\n").unwrap();
    assert_eq!((values[1].place.line, values[1].place.column), (2, 7));
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(parameter_values("values.yaml", text).unwrap_err().to_string(), expected);
}

#[test]
fn scalars_are_read_as_yaml_1_1_and_printed_as_go_prints_them() {
    check(
        "octal: 010\nhex: 0x1F\nlong: 1_000\nexponent: 1e3\nwhole: 1.0\ntiny: 1e-7\nanswer: yes\nnone: ~\n",
        &[
            "octal=8",
            "hex=31",
            "long=1000",
            "exponent=1000",
            "whole=1",
            "tiny=1e-7",
            "answer=true",
            "none=null",
        ],
    );
    check(
        "a: 9007199254740993\nb: 18446744073709551615\nc: 1e21\n",
        &["a=9007199254740993", "b=18446744073709551615", "c=1e+21"],
    );
    check(
        "a: '010'\nb: |\n  two\n  lines\nc: ''\nd: 2020-01-01\n",
        &["a=010", "b=two\nlines\n", "c=", "d=2020-01-01"],
    );
}

#[test]
fn lists_and_maps_are_json_as_go_writes_it() {
    check(
        "a: {b: 1, a: [x, 0x10, null]}\nb: ['<&>', \"\\u2028\"]\nc: <b>&\n",
        &[r#"a={"a":["x",16,null],"b":1}"#, r#"b=["\u003c\u0026\u003e","\u2028"]"#, "c=<b>&"],
    );
}

#[test]
fn json_is_a_part_of_yaml_and_the_last_of_a_name_counts() {
    check("\u{feff}{\"a\": 1e3, \"b\": \"1e3\"}", &["a=1000", "b=1e3"]);
    check("a: 1\na: 2\n", &["a=2"]);
    check("a: 1\n---\na: 2\n", &["a=1"]);
    check("# nothing\n", &[]);
}

#[test]
fn what_is_no_map_is_refused_with_its_place() {
    refused("- a\n", "values.yaml:1:1: error[not-a-map]: it is a list, not a map of names to values");
    refused(
        "just words\n",
        "values.yaml:1:1: error[not-a-map]: it is the text `just words`, not a map of names to values",
    );
    refused("a: 1\nb: [1\n", "values.yaml:2:4: error[yaml-syntax]: unclosed bracket '['");
    refused("a: .inf\n", "values.yaml:1:4: error[yaml-value]: `.inf` is a number that JSON cannot hold");
}

#[test]
fn named_values_keep_their_kinds() {
    let values = named_values("scope.yaml", "a: 010\nb: [x]\nc: 'yes'\nd: yes\n").unwrap();
    assert_eq!(json!(values), json!({ "a": 8, "b": ["x"], "c": "yes", "d": true }));
}

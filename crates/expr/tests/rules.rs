//! The rules of the expression language and of conditions, one row each, as the specification tells them.

use tiphys_expr::{MapScope, Mode, OwnedBound, World, evaluate, evaluate_plain, render, when};

fn world() -> World {
    World { now: "2026-03-02T03:04:05Z".parse().unwrap(), seed: 7 }
}

fn scope() -> MapScope {
    let mut scope = MapScope::new();
    for (name, text) in [
        ("inputs.parameters.my-param", "dashed"),
        ("inputs.parameters.n", "5"),
        ("inputs.parameters.bell", "a\u{7}b"),
        ("inputs.parameters.lines", "a\nb\t\"c\"\\"),
        ("steps.gen-1.outputs.result", "r"),
        ("item", "[1,[2,3]]"),
    ] {
        scope.insert(name, text);
    }
    scope
}

/// A tag in a text, in a pass that must resolve everything; the first line of an error.
fn tag(text: &str) -> String {
    match render(text, &scope(), Mode::FullStrict, &world()) {
        Ok(text) => text,
        Err(error) => format!("error: {}", error.to_string().lines().next().unwrap_or_default()),
    }
}

#[track_caller]
fn tags(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let found = tag(text);
        let agrees = match expected.strip_suffix('…') {
            Some(beginning) => found.starts_with(beginning),
            None => found == *expected,
        };
        assert!(agrees, "{text}: {found:?}, not {expected:?}");
    }
}

/// TP-001, TP-004, TP-020: what can be seen of the detour through JSON.
#[test]
fn values_go_through_json() {
    tags(&[
        ("{{ inputs.parameters.n  }}", "5"),
        ("{{inputs.parameters.n\t}}", "error: failed to resolve {{inputs.parameters.n\\t}}"),
        ("{{inputs.parameters.lines}}", "a\nb\t\"c\"\\"),
        (
            "{{inputs.parameters.bell}}",
            "error: cannot finish template replacement because the result was invalid JSON",
        ),
    ]);
    let kept = render("{{ inputs.parameters.none }}", &scope(), Mode::Lenient, &world());
    assert_eq!(kept.as_deref(), Ok("{{ inputs.parameters.none }}"));
}

/// TP-150, TP-152: names become nested maps; those that are no words are looked up in brackets.
#[test]
fn names_are_nested_maps() {
    tags(&[
        ("{{=inputs.parameters['my-param']}}", "dashed"),
        ("{{=steps['gen-1'].outputs.result}}", "r"),
        ("a {{=inputs.parameters.n}} b {{='c'}}", "a 5 b c"),
        ("{{=keys(inputs.parameters) | sort() | len()}}", "4"),
    ]);
    assert_eq!(evaluate("inputs.parameters.n + '!'", &scope(), &world()).unwrap().to_text(), "5!");
}

/// TP-154, TP-155, TP-166, TP-167, TP-190 to TP-192: which functions there are, and where.
#[test]
fn functions_are_argos() {
    tags(&[
        ("{{=asInt('3') + asInt(asFloat('1.0'))}}", "4"),
        ("{{=toJson({'a': [1]})}}", "{\"a\":[1]}"),
        ("{{=toJSON([1])}}", "[\n  1\n]"),
        ("{{=jsonpath('{\"a\":[{\"b\":1},{\"b\":2}]}', '$.a[1].b')}}", "2"),
        ("{{=jsonpath('{\"a\":[{\"b\":1},{\"b\":2}]}', '$.a[*].b')}}", "[1,2]"),
        ("{{=jsonpath('nonsense', '$.a')}}", "error: failed to evaluate expression: …"),
        ("{{=sprig.int('x')}}", "0"),
        ("{{=sprig.replace('a', 'b', 'banana')}} {{=sprig.default('d', '')}}", "bbnbnb d"),
        ("{{=sprig.env('HOME')}}", "error: …"),
        ("{{=filter([1, 2, 3], # > 1) | map(# ^ 2)}}", "[4,9]"),
        ("{{='x' == 'x' and not false}}", "true"),
        ("{{=if true { 'a' } else { 'b' } }}", "a"),
        ("{{=b'ab'}}", "YWI="),
        ("{{=1 /* one */ + 1 // two\n}}", "2"),
    ]);
    let plain = |text: &str| evaluate_plain(text, &serde_json::json!({ "a": "x" }), &world());
    assert_eq!(plain("upper(a)").unwrap().to_text(), "X");
    for missing in ["sprig.upper(a)", "asInt('1')", "toJson(a)"] {
        assert!(plain(missing).is_err(), "{missing}");
    }
}

/// TP-156: what has which type.
#[test]
fn types_are_strict() {
    tags(&[
        (
            "{{=inputs.parameters.n > 5}}",
            "error: failed to evaluate expression: invalid operation: string > int…",
        ),
        ("{{=inputs.parameters.n == 5}}", "false"),
        ("{{=asInt('')}}", "error: failed to evaluate expression: …"),
        ("{{=asInt('1.5')}}", "error: failed to evaluate expression: …"),
        ("{{=1/2}} {{=10/5}} {{=7 % 2}} {{=2 ** 3}} {{=1 == 1.0}}", "0.5 2 1 8 true"),
        ("{{='a' + 1}}", "error: failed to evaluate expression: invalid operation: …"),
        (
            "{{=inputs.parameters.none == nil}}",
            "error: failed to evaluate expression: inputs.parameters.none is missing",
        ),
    ]);
}

/// TP-158: what is missing is found before anything is evaluated; `??` and `?.` forgive all but the first part.
#[test]
fn names_are_looked_for_first() {
    tags(&[
        ("{{=inputs.parameters.none ?? 'd'}}", "d"),
        ("{{=inputs?.parameters?.none ?? 'd'}}", "d"),
        ("{{=nowhere ?? 'd'}}", "error: failed to evaluate expression: nowhere is missing"),
        (
            "{{=true ? 'a' : inputs.parameters.none}}",
            "error: failed to evaluate expression: inputs.parameters.none is missing",
        ),
    ]);
    let mut scope = scope();
    scope.0.insert("steps.s.outputs.parameters.p".to_owned(), OwnedBound::Absent);
    let found = render("{{=steps.s.outputs.parameters.p == nil}}", &scope, Mode::FullStrict, &world());
    assert_eq!(found.as_deref(), Ok("true"), "a name that is bound to nothing is there");
}

/// TP-159, TP-160: passes that leave what they do not know, and those that do not leave what steps and tasks should give.
#[test]
fn passes_differ_in_what_they_leave() {
    let pass = |text: &str, mode| match render(text, &scope(), mode, &world()) {
        Ok(text) => text,
        Err(error) => format!("error: {error}"),
    };
    for kept in ["{{=nowhere}}", "{{=upper(1)}}", "{{=fromJSON('x')}}", "{{=nil}}"] {
        assert_eq!(pass(kept, Mode::Lenient), kept);
    }
    let missing = "error: failed to evaluate expression: steps.s is missing";
    assert_eq!(pass("{{=steps.s.status}}", Mode::PrefixStrict), missing);
    assert_eq!(pass("{{=inputs.parameters.none}}", Mode::PrefixStrict), "{{=inputs.parameters.none}}");
}

/// TP-162: an item is a text, which may hold JSON.
#[test]
fn items_are_texts() {
    tags(&[("{{=fromJSON(item)[1][0]}}", "2"), ("{{=item + ''}}", "[1,[2,3]]")]);
}

/// TP-200 to TP-208, TP-212: what conditions mean.
#[test]
fn conditions() {
    for (condition, expected) in [
        ("", Ok(true)),                                                               // TP-208
        ("0x1F == 31 && 1.5 == 1.50", Ok(true)),                                      // TP-200
        ("\"\\d\" == d && [a b] == 'a b'", Ok(true)),                                 // TP-200
        ("Succeeded == Succeeded && foo == 'foo'", Ok(true)),                         // TP-201
        ("True == 'True' && null == 'null'", Ok(true)),                               // TP-201
        ("1 + 2 * 3 == 7 && (1 | 2) == 3 && 2 ** 3 == 8", Ok(true)),                  // TP-202
        ("false && (1 > a) || true", Ok(true)),                                       // TP-202
        ("1 == 1 ? 2 > 1 : false", Ok(true)),                                         // TP-202
        ("01 == 1 && 1.0 == 1", Ok(true)),                                            // TP-203
        ("1 == '1' || true == 'true' || true == True", Ok(false)),                    // TP-203
        ("'10' < '9'", Ok(true)),                                                     // TP-203
        ("1 < a", Err("cannot be used with the comparator '<', it is not a number")), // TP-203
        ("'2024-01-01' == '2024-01-01T00:00:00Z'", Ok(true)),                         // TP-204
        ("'2024-01-02' > '2024-01-01 23:59:59'", Ok(true)),                           // TP-204
        ("b in (a, b) && !(c in (a, b))", Ok(true)),                                  // TP-205
        ("a in (a)", Err("")),                                                        // TP-205
        ("'build-7' =~ '-[0-9]$' && 'x' !~ 'y'", Ok(true)),                           // TP-206
        ("'a' + 1 == 'a1' && 1 + 1 == 2", Ok(true)),                                  // TP-207
        ("foo", Err("Expected boolean evaluation for 'foo'. Got foo")),               // TP-208
        ("'true'", Err("Expected boolean evaluation for ''true''. Got true")),        // TP-208
        ("a and b", Err("")),                                                         // TP-202
        ("1 === 1", Err("Invalid token: '==='")),                                     // TP-202
        ("f(1)", Err("Undefined function f")),                                        // TP-212
    ] {
        let found = when::evaluate(condition).map_err(|error| error.to_string());
        match (&found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(*found, expected, "{condition}"),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{condition}: {found}"),
            _ => panic!("{condition}: {found:?}, not {expected:?}"),
        }
    }
}

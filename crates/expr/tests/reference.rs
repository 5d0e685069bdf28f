//! Answers of the reference's own expression library (TP-156, TP-190) to what is easily got wrong: nil and unknown types,
//! maps where lists are wanted, numbers that are no integers, and the places of errors.

use tiphys_expr::{MapScope, World, evaluate, when};

#[track_caller]
fn answers(rows: &[(&str, &str)]) {
    let mut scope = MapScope::new();
    for (name, text) in [("x.p.n", "5"), ("p.n", "5"), ("p.s", "abc"), ("p.obj", r#"{"a":1,"b":2}"#)] {
        scope.insert(name, text);
    }
    let world = World { now: "2026-03-02T03:04:05Z".parse().unwrap(), seed: 7 };
    for (expression, expected) in rows {
        let found = match evaluate(expression, &scope, &world) {
            Ok(value) => value.to_json().unwrap(),
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        };
        assert_eq!(found, *expected, "{expression}");
    }
}

#[test]
fn nil_is_in_what_has_nothing() {
    answers(&[
        ("nil in x.p", "false"),
        ("nil not in x.p", "true"),
        (r#"nil in fromJSON("{\"\":1}")"#, "true"),
        (r#"fromJSON("null") in ["", "a"]"#, "true"),
        (r#"fromJSON("null") contains "a""#, "false"),
        (r#""a" matches fromJSON("null")"#, "false"),
    ]);
}

#[test]
fn a_list_of_texts_is_a_set() {
    let refused = "reflect.Value.MapIndex: value of type float64 is not assignable to type string (1:15)";
    answers(&[
        (r#"p.n in ["5", "a"]"#, "true"),
        (r#"fromJSON("3") in ["ab", "5"]"#, refused),
        (r#"fromJSON("3") in [1, 3]"#, "true"),
    ]);
}

#[test]
fn times_have_no_fields() {
    answers(&[
        (r#""ab" in date("2024-02-29")"#, "false"),
        (r#"fromJSON("3") in date("2024-02-29")"#, "cannot use float64 as field name of time.Time (1:15)"),
        (r#"1 in date("2024-02-29")"#, "invalid operation: in (mismatched types int and time.Time) (1:3)"),
    ]);
}

#[test]
fn patterns_are_for_bytes_too() {
    answers(&[
        (r#"b"xy" matches "ab""#, "false"),
        (r#"b"xab" matches "ab""#, "true"),
        (r#"fromJSON("3") matches "a""#, "interface conversion: interface {} is float64, not []uint8 (1:15)"),
    ]);
}

#[test]
fn powers_have_the_digits_of_go() {
    answers(&[
        ("7 ** 1.5", "18.520259177452136"),
        ("1.5 ** 1.5", "1.8371173070873836"),
        ("9 ** 2.5", "243.00000000000003"),
        ("10 ** -2.7", "0.001995262314968879"),
        ("3 ** -0.25", "0.7598356856515925"),
        ("123.456 ** 0.75", "37.036859259117044"),
        ("1.0001 ** 1000.5", "1.1052206494914396"),
    ]);
}

#[test]
fn one_alone_is_the_largest() {
    answers(&[
        ("max(p.n)", "\"5\""),
        ("min(fromJSON(p.obj))", r#"{"a":1,"b":2}"#),
        ("max(p.n, 1)", "invalid argument for max (type string) (1:1)"),
        (r#"max(duration("1h"), duration("2h"))"#, "7200000000000"),
        (r#"max(duration("1h"), 2)"#, "invalid operation: time.Duration < int (1:1)"),
        (r#"min([duration("1h")])"#, "invalid argument for min (type time.Duration) (1:1)"),
        (r#"mean([1, duration("1h")])"#, "1800000000000.5"),
    ]);
}

#[test]
fn counts_may_come_as_floats_and_bits_may_not() {
    answers(&[
        (r#"repeat("ab", fromJSON("3"))"#, "\"ababab\""),
        (r#"split("a,b,c", ",", fromJSON("2"))"#, r#"["a","b,c"]"#),
        (r#"split("ab", "b", p.n)"#, "invalid operation: int(string) (1:1)"),
        (r#"bitand(7, fromJSON("3"))"#, "cannot use float64 as argument (type int) to call bitand (1:1)"),
        (r#"take([1, 2], duration("1h"))"#, "[1,2]"),
    ]);
}

#[test]
fn what_cannot_be_sorted_or_has_no_first_is_nothing() {
    answers(&[
        ("sort(p.s)", "null"),
        ("sort(fromJSON(p.obj))", "null"),
        (r#"sort([3, 1], "x")"#, "invalid order x, expected asc or desc (1:1)"),
        (r#"first(fromJSON(p.obj)) ?? "d""#, "\"d\""),
    ]);
}

#[test]
fn predicates_that_do_not_look_are_content_with_maps() {
    let refused = "reflect: call of reflect.Value.Index on map Value";
    answers(&[
        ("all(fromJSON(p.obj), true)", "true"),
        ("map(fromJSON(p.obj), #index)", "[0,1]"),
        ("findIndex(fromJSON(p.obj), true)", "0"),
        ("reduce(fromJSON(p.obj), 5, 3)", "5"),
        ("filter(fromJSON(p.obj), # > 1)", &format!("{refused} (1:25)")),
        ("find(fromJSON(p.obj), true)", &format!("{refused} (1:1)")),
        ("map([1], nil)", "predicate should has one input and one output param (1:10)"),
        ("reduce([1], nil)", "predicate should has two input and one output param (1:13)"),
    ]);
}

#[test]
fn calls_are_read_as_the_reference_reads_them() {
    answers(&[
        ("sum()", "expected at least 2 arguments (1:5)"),
        ("reduce(7)", "expected at least 3 arguments (1:9)"),
        ("[1] | map()", "expected at least 1 arguments (1:11)"),
        ("map([1], #,)", "[1]"),
        ("count([1],)", "unexpected token Bracket(\")\") (1:11)"),
        ("p.n \"\"", "unexpected token String (1:5)"),
    ]);
}

#[test]
fn errors_stand_where_the_reference_puts_them() {
    answers(&[
        ("(-3)[7:1]", "cannot slice int (1:5)"),
        ("x.p[7:1]", "cannot slice 7 (1:4)"),
        ("x.p[:1]", "cannot slice 0 (1:4)"),
        (r#"fromJSON("3")[1:]"#, "invalid argument for len (type float64) (1:14)"),
        ("1 == sum([p.n, 1])", "invalid operation: string + int (1:6)"),
        ("1 == sum([1, 2, p.n])", "invalid operation: int + string (1:1)"),
        ("groupBy([1], [#])", "hash of unhashable type: []interface {} (1:1)"),
        ("groupBy([1, 2], # == 1 ? 1 : [#])", "runtime error: hash of unhashable type []interface {} (1:1)"),
        ("sortBy([1], #, 1)", "sortBy order argument must be a string (got int) (1:16)"),
        ("join(p.n)", "invalid argument for join (type string) (1:1)"),
        ("now(p.n)", "invalid number of arguments (expected 0, got 1) (1:1)"),
    ]);
}

/// TP-202: a shift by a negative number is one by a very large one.
#[test]
fn shifts_by_less_than_nothing_leave_nothing() {
    assert_eq!(when::evaluate("1 << -1 == 0"), Ok(true));
    assert_eq!(when::evaluate("1 == 1 >> ~1"), Ok(false));
}

/// What is taken for the fields of an object is told as a list of its parts; an empty one is no hidden one.
#[test]
fn names_with_dots_in_conditions() {
    let told = when::evaluate("a_b ANDv1.2.3").unwrap_err().to_string();
    assert!(
        told.ends_with("Cannot transition token types from VARIABLE [a_b] to ACCESSOR [[ANDv1 2 3]]"),
        "{told}"
    );
    assert_eq!(when::evaluate("true || a..B == 1"), Ok(true));
    let told = when::evaluate("true || a.b == 1").unwrap_err().to_string();
    assert!(told.contains("Unable to access unexported field 'b' in token 'a.b'"), "{told}");
}

/// TP-192: words of the library of names, told apart as the reference's one does.
#[test]
fn camels_snakes_and_kebabs() {
    answers(&[
        (r#"sprig.camelcase("aGVsbG8=")"#, "\"AGVsbG8=\""),
        (r#"sprig.camelcase("hello_WORLD foo")"#, "\"HelloWorldFoo\""),
        (r#"sprig.camelcase("GOLANG__IS_")"#, "\"Golang_Is_\""),
        (r#"sprig.camelcase("_")"#, "\"__\""),
        (r#"sprig.kebabcase("aGVsbG8=")"#, "\"a-g-vsb-g8-=\""),
        (r#"sprig.kebabcase("0x1f")"#, "\"0x1f\""),
        (r#"sprig.kebabcase("A1B2c3D")"#, "\"a1-b-2c3-d\""),
        (r#"sprig.kebabcase("a+1b")"#, "\"a-+-1b\""),
        (r#"sprig.snakecase("HTTP20xOK")"#, "\"http_20x_ok\""),
        (r#"sprig.snakecase("Bld4Floor3rd")"#, "\"bld4_floor_3rd\""),
        (r#"sprig.snakecase("c?q=1")"#, "\"c?q_=1\""),
        (r#"sprig.nospace("héllo Wörld")"#, "\"hÃ©lloWÃ¶rld\""),
        (r#"sprig.nospace("héllo")"#, "\"héllo\""),
    ]);
}

/// TP-192: a map that is nil can be read, and not written.
#[test]
fn nil_is_a_map_without_entries() {
    answers(&[
        (r#"sprig.set(nil, "a", 1)"#, "assignment to entry in nil map (1:7)"),
        (r#"sprig.unset(nil, "a")"#, "null"),
        ("sprig.merge(nil)", "null"),
        (r#"sprig.merge(nil, sprig.dict("a", 1))"#, r#"{"a":1}"#),
        (r#"sprig.get(nil, "a")"#, "\"\""),
        ("sprig.deepCopy(nil)", "reflect: call of reflect.Value.Type on zero Value (1:7)"),
        (r#"sprig.urlParse("://x")"#, "unable to parse url: parse \"://x\": missing protocol scheme (1:7)"),
    ]);
}

//! Expressions that nobody means well with: what they make is refused before it is too deep to be dropped.
//!
//! Each runs on a test's thread, which has as little stack as the threads of a server.

use proptest::prelude::*;
use tiphys_expr::depends::Logic;
use tiphys_expr::items::{Item, with_param};
use tiphys_expr::{MapScope, Mode, World, batch, check_json, duration, evaluate, render, when};

const DEEP: &str = "beyond the limit of this engine, 128 levels of lists and maps in each other";
const LARGE: &str = "beyond the limit of this engine, 67108864 bytes of a value";
const LONG: &str = "beyond the limit of this engine, 4294967296 bytes that an expression goes through";
const NESTED: &str = "beyond the limit of this engine, 200 levels of a path of `jsonpath`";

fn world() -> World {
    World { now: "2024-05-01T10:00:00Z".parse().expect("a time"), seed: 7 }
}

/// The value as JSON, or the complaint.
fn value(expression: &str) -> String {
    match evaluate(expression, &MapScope::new(), &world()) {
        Ok(value) => value.to_json().unwrap_or_else(|_| value.to_text()),
        Err(error) => error.message,
    }
}

#[track_caller]
fn refuses(expression: &str, limit: &str) {
    let answer = value(expression);
    let start: String = answer.chars().take(300).collect();
    assert!(
        answer.contains(limit),
        "{} is answered {start}",
        expression.chars().take(80).collect::<String>()
    );
}

/// TP-150: whatever wraps a value may do so in a loop.
#[test]
fn values_nest_only_so_deep() {
    for step in [
        "[#acc]",
        "[1, [2, #acc]]",
        "({'a': #acc})",
        "({'a': [{'b': #acc}]})",
        "[{'k': #, 'v': #acc}] | groupBy(.k)",
        "fromPairs([[#, #acc]])",
        "toPairs({'a': #acc})",
        "values({'a': [#acc]})",
        "concat([[#acc]])",
        "map([#acc], [#])",
        "filter([[#acc]], true)",
        "sortBy([[#acc]], 1)",
        "reverse([[#acc]])",
        "uniq([[#acc]])",
        "let x = #acc; [x]",
        "true ? [#acc] : nil",
        "[#acc][0:1] | map([#])",
        "sprig.list(#acc)",
        "sprig.append([], #acc)",
        "sprig.prepend([], #acc)",
        "sprig.dict('a', #acc)",
        "sprig.set({}, 'a', #acc)",
        "sprig.merge({}, {'a': #acc})",
        "sprig.mergeOverwrite({'b': 1}, {'a': #acc})",
        "sprig.chunk(1, [#acc])",
        "sprig.concat([[#acc]], [])",
        "sprig.pick({'a': #acc}, 'a')",
        "sprig.omit({'a': #acc}, 'b')",
        "sprig.pluck('a', {'a': [#acc]})",
        "sprig.deepCopy([#acc])",
    ] {
        refuses(&format!("reduce(1..100000, {step}, [])"), DEEP);
    }
    // What is let go of on the way is dropped, too.
    refuses("len(reduce(1..100000, [#acc], [])) + 1", DEEP);
    refuses("reduce(1..100000, [#acc], []) == reduce(1..100000, [#acc], [])", DEEP);
    assert_eq!(value("len(toJson(reduce(1..100, [#acc], [])))"), "202");
    assert_eq!(value("reduce(1..127, [#acc], []) == reduce(1..127, [#acc], [])"), "true");
    refuses("reduce(1..128, [#acc], [])", DEEP);
}

/// A tag that has no value may stay as it is, but not this one.
#[test]
fn a_tag_that_nests_too_deep_is_told() {
    let answer = render("{{=reduce(1..100000, [#acc], nil)}}", &MapScope::new(), Mode::Lenient, &world());
    assert!(answer.unwrap_err().to_string().contains(DEEP));
}

/// A value may hold another one twice, and that one another one twice.
#[test]
fn values_that_multiply_meet_a_limit() {
    refuses("reduce(1..100, [#acc, #acc], 'x')", LARGE);
    refuses("toJson(reduce(1..100, ({'a': #acc, 'b': #acc}), 'x'))", LARGE);
    refuses("map(1..400000, repeat('x', 1000))", LARGE);
    refuses("let x = repeat('x', 900000); map(1..100000, x)", LARGE);
    refuses("let x = 1..500000; map(1..1000, sprig.append(x, #))", LARGE);
    refuses("let x = repeat('x', 900000); let y = x + x + x + x; any(fromJSON(toJson(y)), true)", LARGE);
    refuses("let x = 1..900000; let y = [x, 1]; let z = [x, 2]; [y, z]", LARGE);
}

/// A step of an expression may be a long one.
#[test]
fn work_meets_a_limit() {
    let texts = "let x = repeat('x', 900000); let y = x + ''; ";
    refuses(&format!("{texts}count(1..100000, x != y)"), LONG);
    refuses("count(1..9000, 'a' matches string(#))", LONG);
    // The same pattern is compiled once, and what looks at the outside only takes no time.
    assert_eq!(value("count(1..9000, sprig.regexMatch('a' + 'a', 'b'))"), "0");
    assert_eq!(value("let x = 1..100000; count(1..50000, len(x) > 5 && last(x) > 5)"), "50000");
}

#[test]
fn paths_nest_only_so_deep() {
    let query = |path: &str| format!("jsonpath('[1, 2, 3]', '{path}')");
    for (open, close) in [("@[?(", ")]"), ("$[?(@ == ", ")]"), ("@[(", ")]")] {
        for times in [300, 5_000] {
            let nested = format!("$[?({}1{})]", open.repeat(times), close.repeat(times));
            refuses(&query(&nested), NESTED);
        }
    }
    // What does not hold a path takes no stack.
    for (open, close, found) in [("!", "", "[1,2,3]"), ("(", ")", "[1,2,3]")] {
        let nested = format!("$[?({}1{})]", open.repeat(5_000), close.repeat(5_000));
        assert_eq!(value(&query(&nested)), found, "{open}");
    }
    // Paths that are applied to each of many values, or to the same one again.
    refuses(&query(&format!("${}", ".$[*]".repeat(300))), NESTED);
    refuses(&query(&format!("${}", "..".repeat(300))), NESTED);
    // Each text is cut again and again, which doubles with each path in it.
    refuses(&query(&format!("$[?({}1{})]", "**@[?(".repeat(100), ")]".repeat(100))), LONG);
    let long = "beyond the limit of this engine, 65536 bytes of a path of `jsonpath`";
    refuses(&query(&format!("$[?({}@)]", "!".repeat(100_000))), long);
    refuses(&query(&format!("$[?({}1)]", "1+".repeat(100_000))), long);
    refuses(&query(&format!("${}", "[0]".repeat(100_000))), long);
    // A chain is as flat as it is long.
    for op in ["+", "-", "*", "/", "&&", "||", "==", "<"] {
        let chain = vec!["1"; 10_000].join(&format!(" {op} "));
        assert!(value(&query(&format!("$[?({chain})]"))).starts_with('['), "{op}");
    }
    // From right to left, the first of them is the last to be done.
    assert_eq!(value(&query("$[?(@ - 1 - 1 == 1)]")), "[1]");
    assert_eq!(value(&query("$[?(!!(@ > 1) && !(@ == 3))]")), "[2]");
    assert_eq!(value(&query("$[?(@ == 1 || @ == 2 || @ == 5)]")), "[1,2]");
    assert_eq!(value(&query("$[?(@ > 1 && @ > 2 && @ > 0)]")), "[3]");
    for step in ["[0]", "..[0]", "[*]", "..*", ".a", "..a", "[0,1]", "[0:]", "[?(@)]", "[(@.length-1)]"] {
        assert!(!value(&query(&format!("${}", step.repeat(6_000)))).is_empty(), "{step}");
    }
}

#[test]
fn queries_that_look_at_everything_again_and_again_meet_a_limit() {
    let document = "let x = toJson(concat([repeat('x', 900000)], 1..4000)); ";
    refuses(&format!("{document}jsonpath(x, '$[?($[0] != $[0])]')"), LONG);
    refuses(&format!("{document}jsonpath(x, '$..[?($ == 1 || $ != $)]')"), LONG);
    assert_eq!(value(&format!("{document}len(jsonpath(x, '$..[?(@ > 0)]'))")), "4000");
}

/// Every reader of texts, with whatever can be repeated in them.
#[test]
fn what_nests_thousands_of_times_is_answered() {
    const TIMES: usize = 5_000;
    for (open, close) in [
        ("!", ""),
        ("-", ""),
        ("not ", ""),
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("!(", ")"),
        ("a(", ")"),
        ("a[", "]"),
        ("[0]", ""),
        ("a.", "a"),
        ("a?.", "a"),
        (".a", ""),
        ("#.", ""),
        ("a | f() ", ""),
        ("let x = 1; ", "1"),
        ("if a {", "}"),
        ("1 ** ", "1"),
        ("a ?? ", "a"),
        ("a ? ", " : b"),
        ("a ? b : ", "c"),
        ("a; ", "a"),
        ("1 + ", "1"),
        ("1 < ", "1"),
        ("a && ", "a"),
        ("a || !", "a"),
        ("a.Failed && (", ")"),
        ("map(a, ", ")"),
        ("1, ", "1"),
        ("'a' matches ", "'a'"),
        ("'a' =~ ", "'a'"),
        ("{{", "}}"),
        ("{{=", "}}"),
        ("{\"a\":", "}"),
        ("$..", ""),
        ("..*", ""),
        ("[?(", ")]"),
        ("(?:", ")"),
        ("a{", "}"),
        ("[[:", ":]]"),
        ("%", "d"),
        ("1h", ""),
        ("1.", ""),
        ("^", ""),
        (">=1 ", ""),
        ("/*", "*/"),
        ("\\", ""),
        ("'", ""),
        ("\"", ""),
        ("../", ""),
        ("//", ""),
        ("#", ""),
        ("?", ""),
    ] {
        let text = format!("{}a{}", open.repeat(TIMES), close.repeat(TIMES));
        let mut scope = MapScope::new();
        scope.insert("x", text.as_str());
        scope.insert(text.as_str(), "1");
        for expression in [
            text.as_str(),
            "fromJSON(x)",
            "jsonpath(x, '$')",
            "jsonpath('[[1]]', x)",
            "jsonpath('[[1]]', '$' + x)",
            "'a' matches x",
            "sprig.semver(x)",
            "sprig.semverCompare(x, '1.2.3')",
            "sprig.urlParse(x)",
            "sprig.clean(x)",
            "sprig.fromJson(x)",
            "duration(x)",
            "date(x)",
            "date('2024-01-01', x)",
            "$env",
        ] {
            let _ = evaluate(expression, &scope, &world()).map(|value| value.to_json());
        }
        for mode in [Mode::Lenient, Mode::FullStrict] {
            for tag in [text.clone(), format!("{{{{{text}}}}}"), format!("{{{{={text}}}}}")] {
                let _ = render(&tag, &scope, mode, &world());
            }
        }
        let _ = (when::evaluate(&text), when::evaluate_bare(&text), when::check_syntax(&text));
        let _ = Logic::parse(&text, &|_| (true, false)).map(|logic| logic.evaluate(&|_, _| true));
        let _ = (with_param(&text), check_json(&text), Item::from_json_text(&text));
        let _ = (duration::lenient(&text), duration::go(&text));
        let _ = batch::answer(&text, &world(), &|_| Err(String::new()));
    }
}

/// What is just not too deep is evaluated with as little stack.
#[test]
fn the_deepest_expressions_are_evaluated() {
    for (open, close) in [
        ("(", ")"),
        ("-", ""),
        ("not not ", ""),
        ("[", "][0]"),
        ("[1, 2][", "]"),
        ("abs(", ")"),
        ("sprig.max(1, ", ")"),
        ("len([", "])"),
        ("map([1], ", ")[0]"),
        ("map([1], {let y = #; ", "})[0]"),
        ("reduce([1, 2], ", ")"),
        ("({'a': ", "}).a"),
        ("true ? ", " : 1"),
        ("false ? 1 : ", ""),
        ("if true {", "} else {1}"),
        ("let x = 1; ", ""),
        ("1 ** ", ""),
        ("nil ?? ", ""),
        ("1 + 2 * (", ")"),
        ("1 < 2 && 2 in [", "]"),
        ("first([1] | map(", "))"),
    ] {
        let deepest =
            (1..200).rev().map(|times| value(&format!("{}1{}", open.repeat(times), close.repeat(times))));
        let evaluated = deepest.into_iter().find(|answer| !answer.contains("nested more than"));
        assert!(evaluated.is_some(), "{open}");
    }
}

/// TP-152: each dot of a name opens a map.
#[test]
fn names_with_many_dots_are_not_deep() {
    let name = |dots: usize| format!("item{}", ".a".repeat(dots));
    let mut scope = MapScope::new();
    scope.insert(name(100_000), "1");
    assert_eq!(evaluate("type(item.a.a.a)", &scope, &world()).unwrap().to_text(), "map");
    assert!(evaluate("toJson(item)", &scope, &world()).is_ok());
    let mut scope = MapScope::new();
    scope.insert(name(60), "1");
    assert_eq!(evaluate(&name(60), &scope, &world()).unwrap().to_text(), "1");
}

/// A compiled pattern takes far more than it takes to write it.
#[test]
fn there_are_only_so_many_patterns() {
    let limit = "beyond the limit of this engine, 100 regular expressions of ";
    let many = |word: &str, count: usize| vec![format!("'a' {word} 'a'"); count].join(" && ");
    assert_eq!(value(&many("matches", 100)), "true");
    refuses(&many("matches", 101), limit);
    assert_eq!(when::evaluate(&many("=~", 100)), Ok(true));
    assert!(when::evaluate(&many("=~", 101)).unwrap_err().contains(limit));
}

/// Texts that look like paths more often than chance would have it.
fn paths() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("$"),
        Just("@"),
        Just("."),
        Just(".."),
        Just("*"),
        Just("a"),
        Just("length"),
        Just("["),
        Just("]"),
        Just("[?("),
        Just("[("),
        Just(")]"),
        Just("("),
        Just(")"),
        Just("!"),
        Just("-"),
        Just("+"),
        Just("/"),
        Just("=="),
        Just("!="),
        Just("<="),
        Just(">"),
        Just("=~"),
        Just("&&"),
        Just("||"),
        Just("in "),
        Just("\"b c\""),
        Just("/a+/"),
        Just("[1,2]"),
        Just("[0]"),
        Just("[*]"),
        Just("[-1:]"),
        Just("[::2]"),
        Just("1"),
        Just("2.5"),
        Just("true"),
        Just("null"),
        Just(","),
        Just(":"),
        Just(" "),
        Just("9223372036854775807"),
        Just("-9223372036854775808"),
        Just("é"),
    ];
    prop_oneof![
        4 => proptest::collection::vec(word, 0..16).prop_map(|words| format!("${}", words.concat())),
        1 => "\\PC{0,40}",
    ]
}

/// An expression that wraps what it is given, in as many ways as there are.
fn wrappings() -> impl Strategy<Value = String> {
    let inside = Just("#acc".to_owned());
    inside.prop_recursive(6, 24, 3, |inner| {
        let one = prop_oneof![
            Just("[%]"),
            Just("({'a': %})"),
            Just("concat([%], [#])"),
            Just("groupBy([#, 1], #)"),
            Just("fromPairs([['k', %]])"),
            Just("toPairs({'a': %})"),
            Just("sprig.list(%, #)"),
            Just("sprig.append([1], %)"),
            Just("sprig.dict('a', %, 'b', 1)"),
            Just("sprig.set({'b': 2}, 'a', %)"),
            Just("sprig.merge({'a': {'c': 1}}, {'a': %})"),
            Just("sprig.chunk(2, [%, 1, 2])"),
            Just("map([%], [#])"),
            Just("string(%)"),
            Just("toJson(%)"),
            Just("sprig.toString(%)"),
            Just("[%][0]"),
            Just("(%) == nil"),
            Just("len(string(%))"),
            Just("flatten([%])"),
            Just("jsonpath(toJson(%), '$..*')"),
            Just("fromJSON(toJson(%))"),
            Just("sprig.uniq([%, 1])"),
        ];
        prop_oneof![
            3 => (one, inner.clone()).prop_map(|(shape, inner)| shape.replace('%', &inner)),
            1 => (inner.clone(), inner).prop_map(|(left, right)| format!("[{left}, {right}]")),
        ]
    })
}

proptest! {
    #[test]
    fn paths_never_panic(path in paths()) {
        const DOCUMENT: &str = r#"{"a":[{"a":1,"b c":[1,2,3]},{"a":"aa"},null,[[[true]]]],"length":2}"#;
        let mut scope = MapScope::new();
        scope.insert("path", path);
        scope.insert("document", DOCUMENT);
        let _ = evaluate("jsonpath(document, path)", &scope, &world()).map(|value| value.to_json());
    }
}

proptest! {
    // A loop takes longer than a text.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 8, ..ProptestConfig::default() })]

    #[test]
    fn accumulators_never_panic(step in wrappings(), times in 1..50_u32) {
        let expression = format!("reduce(1..{times}, {step}, [1])");
        if let Ok(value) = evaluate(&expression, &MapScope::new(), &world()) {
            let _ = (value.to_text(), value.to_json(), value.to_json_indented());
        }
    }
}

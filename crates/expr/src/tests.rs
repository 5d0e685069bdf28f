//! Worked examples of the specification and of the library's documentation, and what bad input must not do.

mod reference;

use proptest::prelude::*;

use crate::depends::{Logic, TaskResult};
use crate::items::{Item, SequenceSpec, sequence, with_param};
use crate::{
    Layered, MapScope, Mode, OwnedBound, TagError, Text, World, batch, duration, evaluate, evaluate_bool, go,
    names, render, when,
};

fn world() -> World {
    World { now: "2026-03-02T03:04:05Z".parse().unwrap(), seed: 7 }
}

/// The scope of the worked substitutions of the specification (§9).
fn scope() -> MapScope {
    let mut scope = MapScope::new();
    for (name, text) in [
        ("inputs.parameters.a", "x\"y"),
        ("inputs.parameters.n", "2"),
        ("inputs.parameters.list", "[1,2,3]"),
        ("inputs.parameters.empty", ""),
        ("workflow.parameters.w", "W"),
        ("workflow.creationTimestamp.Y", "2026"),
        ("pod.name", "demo-leaf-1"),
        ("steps.s.status", "Succeeded"),
        ("steps.s.outputs.parameters.p", "v"),
        ("steps.s.outputs.result", "[\"q\",\"r\"]"),
        ("steps.k.status", "Skipped"),
    ] {
        scope.insert(name, text);
    }
    scope.0.insert("steps.k.outputs.parameters.p".to_owned(), OwnedBound::Absent);
    scope
}

fn pass(text: &str, mode: Mode) -> String {
    match render(text, &scope(), mode, &world()) {
        Ok(text) => text,
        Err(TagError::Missing { message, .. }) => format!("missing: {message}"),
        Err(TagError::Failed { message }) => format!("error: {message}"),
    }
}

/// A container argument: a lenient pass.
#[track_caller]
fn argument(text: &str, expected: &str) {
    assert_eq!(pass(text, Mode::Lenient), expected, "{text}");
}

/// A step argument: a pass that is strict about steps and tasks.
#[track_caller]
fn step(text: &str, expected: &str) {
    let found = pass(text, Mode::PrefixStrict);
    assert!(found.starts_with(expected), "{text}: {found}");
}

#[test]
fn worked_substitutions() {
    argument("{{inputs.parameters.a}}", "x\"y"); // TP-270
    argument("{{ inputs.parameters.n }}", "2"); // TP-271
    argument("{{inputs.parameters.zz}}", "{{inputs.parameters.zz}}"); // TP-272
    argument("{{user.name}}", "{{user.name}}"); // TP-273
    argument("{{=asInt(inputs.parameters.n) + 1}}", "3"); // TP-274
    argument("{{=inputs.parameters.n + 1}}", "{{=inputs.parameters.n + 1}}"); // TP-275
    step(
        "{{=inputs.parameters.n + 1}}",
        "error: failed to evaluate expression: invalid operation: string + int",
    ); // TP-276
    step("{{=inputs.parameters.nope}}", "{{=inputs.parameters.nope}}"); // TP-277
    argument("{{=inputs.parameters.nope ?? \"d\"}}", "d"); // TP-278
    argument("{{=workflow.parameters.nope ?? workflow.parameters.w}}", "W"); // TP-279
    argument("{{=sprig.upper(workflow.parameters.w)}}-{{workflow.parameters.w}}", "W-W"); // TP-280
    argument("{{=fromJSON(inputs.parameters.list)[1]}}", "2"); // TP-281
    argument("{{=map(fromJSON(inputs.parameters.list), # * 2)}}", "[2,4,6]"); // TP-282
    argument("{{=toJSON([1])}}", "[\n  1\n]"); // TP-283
    argument("{{=inputs.parameters.empty == \"\" ? \"none\" : \"some\"}}", "none"); // TP-284
    argument("{{=1/4}}/{{=4/2}}/{{=10 % 3}}", "0.25/2/1"); // TP-285
    step("{{steps.s.outputs.parameters.p}}", "v"); // TP-286
    step(
        "{{steps.s.outputs.parameters.typo}}",
        "missing: failed to resolve {{steps.s.outputs.parameters.typo}}",
    ); // TP-288
    step(
        "pre-{{steps.k.outputs.parameters.p}}",
        "error: unable to substitute {{steps.k.outputs.parameters.p}}",
    ); // TP-290
    step("{{=steps.k.outputs.parameters.p ?? \"d\"}}", "d"); // TP-291
    step("{{=steps.k.outputs.parameters.p == \"\"}}", "false"); // TP-292
    step("{{steps.k.outputs.result}}", "missing: "); // TP-293
    argument("{{workflow.creationTimestamp.Y}}/{{pod.name}}", "2026/demo-leaf-1"); // TP-304
}

#[test]
fn expression_tags_begin_with_an_equals_sign() {
    argument("{{ =1 + 1}}", "{{ =1 + 1}}"); // TP-003
    argument("{{=1 + 1}}", "2");
    argument("{{=\"a\\nb\"}}", "a\nb"); // TP-151
    argument("{{=[\"<a>\", 1.0, {\"b\": nil}]}}", "[\"\\u003ca\\u003e\",1,{\"b\":null}]"); // TP-157
    argument("{{=\"<a>\"}}", "<a>");
}

#[test]
fn items_of_a_result() {
    // TP-287
    let texts: Vec<String> = with_param("[\"q\",\"r\"]").unwrap().iter().map(Item::text).collect();
    assert_eq!(texts, ["q", "r"]);
}

#[test]
fn a_sole_tag_is_known_by_its_name() {
    // TP-289, TP-243
    let sole = |text: &str| Text::parse(text).unwrap().sole_tag().map(str::to_owned);
    assert_eq!(sole("{{ steps.k.outputs.parameters.p }}").as_deref(), Some("steps.k.outputs.parameters.p"));
    assert_eq!(sole("x{{a}}"), None);
    assert_eq!(sole("{{=a}}"), None);
    assert_eq!(sole("plain"), None);
}

#[test]
fn loop_items() {
    let item = Item::from_json_text("{\"id\":7,\"tag\":\"A\\nB\"}").unwrap();
    let mut bound = MapScope::new();
    item.bind(|name, text| bound.insert(name, text));
    let outer = scope();
    let scope = Layered(&bound, &outer);
    let full = |text: &str| {
        render(text, &scope, Mode::FullStrict, &world()).unwrap_or_else(|error| error.to_string())
    };
    assert_eq!(full("{{item.id}} {{=asInt(item.id) + 1}}"), "7 8"); // TP-294
    assert_eq!(full("{{item.tag}}"), "A\\nB"); // TP-295
    assert_eq!(full("{{item}}"), "{\"id\":7,\"tag\":\"A\\nB\"}"); // TP-296
    assert_eq!(full("{{item.none}}"), "failed to resolve {{item.none}}"); // TP-297
    assert_eq!(full("{{user.name}}"), "failed to resolve {{user.name}}"); // TP-298
    assert_eq!(item.name_of("s", 3), "s(3:id:7,tag:A\\nB)"); // EX-023
}

#[test]
fn conditions() {
    let condition = |text: &str| when::evaluate(&pass(text, Mode::PrefixStrict));
    assert_eq!(condition("{{steps.s.status}} == Succeeded"), Ok(true)); // TP-300
    assert!(condition("{{inputs.parameters.empty}} == x").is_err()); // TP-301
    assert_eq!(condition("'{{inputs.parameters.empty}}' == 'x'"), Ok(false)); // TP-302
    assert_eq!(condition("{{=inputs.parameters.n == \"2\"}}"), Ok(true)); // TP-303
    // TP-346
    for (value, bare, quoted) in [
        ("ok", Some(true), Some(true)),
        ("not-ok", None, Some(false)),
        ("", None, Some(false)),
        ("a b", None, Some(false)),
        ("o'k", None, None),
        ("1", Some(false), Some(false)),
        ("2024-01-01", Some(false), Some(false)),
        ("true", Some(false), Some(false)),
        ("{{=x}}", None, Some(false)),
    ] {
        assert_eq!(when::evaluate(&format!("{value} == ok")).ok(), bare, "{value}");
        assert_eq!(when::evaluate(&format!("'{value}' == 'ok'")).ok(), quoted, "{value}");
    }
}

#[test]
fn nested_tags_resolve_inside_out() {
    // TP-005, TP-344
    let mut scope = MapScope::new();
    scope.insert("inputs.parameters.key", "env");
    scope.insert("workflow.parameters.env", "prod");
    let once = render("{{workflow.parameters.{{inputs.parameters.key}}}}", &scope, Mode::Lenient, &world());
    assert_eq!(once.as_deref(), Ok("{{workflow.parameters.env}}"));
    assert_eq!(render(&once.unwrap(), &scope, Mode::Lenient, &world()).as_deref(), Ok("prod"));
}

#[test]
fn late_names_wait_for_their_stage() {
    // TP-161, TP-342
    argument("{{=workflow.status == \"Failed\"}}", "{{=workflow.status == \"Failed\"}}");
    argument("{{=asInt(retries) + 1}}", "{{=asInt(retries) + 1}}");
    argument("{{=workflow.status ?? \"x\"}}", "x");
}

#[test]
fn results_by_type() {
    // TP-347
    argument("{{=\"a\\\"b\"}}", "a\"b");
    argument("{{=1.50}}", "1.5");
    argument("{{=100000000 * 1000000.0}}", "100000000000000");
    argument("{{=1e21}}", "1e+21");
    argument("{{=nil}}", "{{=nil}}");
    argument("{{={\"b\":1,\"a\":[true]} }}", "{\"a\":[true],\"b\":1}");
    argument("{{=now()}}", "2026-03-02T03:04:05Z");
    argument("{{=duration(\"90s\")}}", "90000000000");
}

#[test]
fn the_rest_of_a_text_is_found_without_rendering() {
    let text = Text::parse("{{a}} {{= b.c + d['e'] }} {{=1 +}} {{=sprig.trim(toJson(f.g))}}").unwrap();
    assert_eq!(text.names().collect::<Vec<_>>(), ["a", "b.c", "d.e", "f.g"]);
    let errors = text.syntax_errors();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].offset, 26);
    assert!(Text::parse("no tags }} here").unwrap().is_literal());
    assert!(Text::parse("{{ no end").is_err()); // TP-002
}

#[test]
fn artifacts_are_values_for_expressions_only() {
    // TP-023, TP-164
    let mut scope = MapScope::new();
    scope.0.insert(
        "steps.a.outputs.artifacts.x".to_owned(),
        OwnedBound::Json(serde_json::json!({ "name": "x", "s3": { "key": "k" } })),
    );
    assert_eq!(
        render("{{=steps.a.outputs.artifacts.x.s3.key}}", &scope, Mode::FullStrict, &world()).as_deref(),
        Ok("k")
    );
    assert!(render("{{steps.a.outputs.artifacts.x}}", &scope, Mode::FullStrict, &world()).is_err());
    let lenient = render("{{steps.a.outputs.artifacts.x}}", &scope, Mode::PrefixStrict, &world());
    assert_eq!(lenient.as_deref(), Ok("{{steps.a.outputs.artifacts.x}}")); // TP-008
    let chosen = evaluate("true ? steps['a'].outputs.artifacts.x : nil", &scope, &world()).unwrap();
    assert_eq!(chosen.to_json().unwrap(), "{\"name\":\"x\",\"s3\":{\"key\":\"k\"}}");
}

#[test]
fn boolean_fields_complain_in_argos_words() {
    // TP-163
    let complaint = |expression: &str| evaluate_bool(expression, &scope(), &world()).unwrap_err().message;
    assert_eq!(complaint("1"), "unable to cast expression result '%!s(int=1)' to bool");
    assert_eq!(complaint("\"x\""), "unable to cast expression result 'x' to bool");
    assert_eq!(evaluate_bool("steps.s.status == 'Succeeded'", &scope(), &world()), Ok(true));
}

#[test]
fn depends_logic() {
    // EX-152, EX-153
    let logic = Logic::parse("my-task && !b.Failed", &|task| (task == "my-task", false)).unwrap();
    let expanded =
        "(my-task.Succeeded || my-task.Skipped || my-task.Daemoned || my-task.Errored) && !b.Failed";
    assert_eq!(logic.expanded(), expanded);
    assert_eq!(logic.tasks(), ["b", "my-task"]);
    let my_task = 1;
    assert_eq!(logic.evaluate(&|task, result| task == my_task && result == TaskResult::Errored), Ok(true));
    // Whatever its form is, it asks by the numbers that it was given.
    for text in ["b-c.Failed", "b-c.Failed && !a.Failed", "a.Failed ? b-c.Failed : b-c.Failed"] {
        let logic = Logic::numbered(text, &|_| (false, false), &mut |task| task.len()).unwrap();
        assert_eq!(logic.evaluate(&|task, result| task == 3 && result == TaskResult::Failed), Ok(true));
        assert_eq!(logic.evaluate(&|task, _| task == 1), Ok(false));
    }
    let unusable = Logic::parse("1a.Succeeded", &|_| (false, false)).unwrap();
    assert!(unusable.problem().is_some()); // EX-158
    assert!(unusable.evaluate(&|_, _| true).is_err());
}

#[test]
fn names_of_nodes() {
    assert_eq!(names::node_id("demo", "demo"), "demo"); // EX-021
    assert_eq!(names::node_id("demo", "demo[0].a"), "demo-3048047209");
    let streamed = names::fnv1a(names::fnv1a(names::FNV_OFFSET, b"demo"), b"[0].a");
    assert_eq!(streamed, 3_048_047_209);
    assert_eq!(names::display_name("wf", "wf[0].a(1:x)(0)"), "a(1:x)(0)"); // EX-025
    assert_eq!(names::pod_name_v2("demo", "demo[0].a", ""), "demo-3048047209"); // EX-027
    // EX-028: nothing is made smaller or cleaned.
    assert_eq!(names::pod_name_v2("demo", "demo[0].a", "Big"), "demo-Big-3048047209");
}

/// The value of an expression as text, or its error.
fn value(expression: &str) -> String {
    match evaluate(expression, &scope(), &world()) {
        Ok(value) => value.to_json().unwrap_or_else(|error| format!("no JSON: {error}")),
        Err(error) => format!("error: {}", error.message.lines().next().unwrap_or_default()),
    }
}

#[track_caller]
fn gives(expression: &str, expected: &str) {
    assert_eq!(value(expression), expected, "{expression}");
}

/// The same for an answer as a tag would show it.
#[track_caller]
fn gives_text(expression: &str, expected: &str) {
    let value = value(expression);
    let text = serde_json::from_str::<serde_json::Value>(&value).ok();
    let text = text.as_ref().and_then(|json| json.as_str()).unwrap_or(&value);
    assert_eq!(text, expected, "{expression}");
}

#[test]
fn library_strings() {
    gives("sprig.untitle('Hello World')", "\"hello world\"");
    gives("sprig.title('hello world')", "\"Hello World\"");
    gives("sprig.nospace('hello w o r l d')", "\"helloworld\"");
    gives("sprig.abbrevboth(5, 10, '1234 5678 9123')", "\"...5678...\"");
    gives("sprig.wrapWith(5, '|', 'Hello World')", "\"Hello|World\"");
    gives("sprig.nindent(2, 'a\\nb')", "\"\\n  a\\n  b\"");
    gives("sprig.plural('one anchovy', 'many anchovies', 2)", "\"many anchovies\"");
    gives("sprig.snakecase('HTTPServerName')", "\"http_server_name\"");
    gives("sprig.kebabcase('FirstName')", "\"first-name\"");
    gives("sprig.camelcase('GOLANG_IS_GREAT')", "\"GolangIsGreat\"");
    gives("sprig.trimAll('$', '$5.00')", "\"5.00\"");
    gives("sprig.substr(0, 5, 'hello world')", "\"hello\"");
    gives("sprig.toStrings([1, nil, 'a'])", "[\"1\",\"a\"]");
    gives("sprig.splitn('$', 2, 'foo$bar$baz')._1", "\"bar$baz\"");
    gives("sprig.squote('a', nil, 1)", "\"'a' '1'\"");
    gives("len(sprig.randAlphaNum(5)) == 5 && len(sprig.uuidv4()) == 36", "true");
}

#[test]
fn library_patterns() {
    gives("sprig.regexFindAll('[2,4,6,8]', '123456789', 3)", "[\"2\",\"4\",\"6\"]");
    gives("sprig.regexReplaceAll('a(x*)b', '-ab-axxb-', '${1}W')", "\"-W-xxW-\"");
    gives("sprig.regexSplit('z+', 'pizza', -1)", "[\"pi\",\"a\"]");
    gives("sprig.regexQuoteMeta('1.2.3')", "\"1\\\\.2\\\\.3\"");
    gives("'a[b' matches '[[]b'", "true");
    gives("'x{y' matches 'x{y'", "true");
    gives("'é1' matches '^\\\\W\\\\d$'", "true");
    gives(
        "'a' matches '(?=a)'",
        "error: error parsing regexp: invalid or unsupported Perl syntax: `(?=` (1:5)",
    );
}

#[test]
fn library_numbers() {
    gives("sprig.seq(-3)", "\"1 0 -1 -2 -3\"");
    gives("sprig.seq(0, 2, 10)", "\"0 2 4 6 8 10\"");
    gives("sprig.seq(0, -2, -5)", "\"0 -2 -4\"");
    gives("sprig.untilStep(3, 6, 2)", "[3,5]");
    gives("sprig.until(0)", "[]");
    gives("sprig.round(123.555555, 3)", "123.556");
    gives("sprig.addf(0.1, 0.2)", "0.3");
    gives("sprig.subf(7.5, 2, 3)", "2.5");
    gives("sprig.divf(1, 3)", "0.3333333333333333");
    gives("sprig.int('0b11')", "3");
    gives("2 ** 0.5", "1.4142135623730951");
    gives("1.1 ** 10", "2.593742460100002");
}

#[test]
fn library_lists_and_dicts() {
    gives("sprig.chunk(3, [1,2,3,4])", "[[1,2,3],[4]]");
    gives("sprig.without([1,2,3], 2)", "[1,3]");
    gives("sprig.rest([])", "null");
    gives(
        "sprig.merge({'a': 1, 'n': {'x': 1} }, {'a': 2, 'b': 3, 'n': {'y': 2} })",
        "{\"a\":1,\"b\":3,\"n\":{\"x\":1,\"y\":2}}",
    );
    gives("sprig.omit({'a': 1, 'b': 2}, 'a')", "{\"b\":2}");
    gives("sprig.pluck('a', {'a': 1}, {'b': 2}, {'a': 3})", "[1,3]");
    gives("sprig.ternary('yes', 'no', true)", "\"yes\"");
    gives("sprig.concat([1], ['a'])", "[1,\"a\"]");
}

#[test]
fn library_paths_dates_versions() {
    gives("sprig.dir('foo/bar/baz')", "\"foo/bar\"");
    gives("sprig.clean('foo/bar/../baz')", "\"foo/baz\"");
    gives("sprig.ext('/foo.tar.gz')", "\".gz\"");
    gives(
        "sprig.urlJoin({'fragment': 'f', 'host': 'host:80', 'path': '/path', 'query': 'query', 'scheme': 'http'})",
        "\"http://host:80/path?query#f\"",
    );
    gives(
        "sprig.urlParse('http://u:p@server.example:8080/api?list=false#anchor').hostname",
        "\"server.example\"",
    );
    gives("sprig.durationRound('2400h10m5s')", "\"3mo\"");
    gives(
        "sprig.dateInZone('2006-01-02 15:04', date('2024-02-29T23:00:00Z'), 'Asia/Tokyo')",
        "\"2024-03-01 08:00\"",
    );
    gives("sprig.semverCompare('>=1.2 <2 || ^3.1', '3.4.5')", "true");
    gives("sprig.semver('1.2.3').Major()", "1");
    gives(
        "date('2024-03-31T12:00:00Z').In(timezone('Europe/Berlin')).String()",
        "\"2024-03-31 14:00:00 +0200 CEST\"",
    );
}

/// What the paths below are applied to.
const QUERIED: &str = "{\"l\":[{\"p\":0},{\"p\":\"A\"},3],\"s\":\"日本\"}";

#[test]
fn jsonpath_queries() {
    gives("jsonpath('{\"a\":[{\"b\":1},{\"b\":2}]}', '$.a[?(@.b==2)].b')", "[2]");
    gives("jsonpath('{\"a\":[{\"b\":1},{\"b\":2}]}', '$.a[?(@.b==2)][0].b')", "2");
    gives("jsonpath('{\"a\":{\"x y\":1} }', \"$.a['x y']\")", "1");
    gives("jsonpath('[1,2,3]', '$[0,2]')", "[1,3]");
    gives("jsonpath('[1,2,3]', '$[(@.length-1)]')", "3");
    gives("jsonpath('[1,2,3]', '$[5]')", "error: index: invalid token out of range (1:1)");
}

/// TP-166: each token is judged by itself, wherever it stands.
#[test]
fn jsonpath_tokens_are_read_one_by_one() {
    for (path, answer) in [
        ("$.length", "2"),
        ("$.s.length", "6"),
        ("$..length", "[2,3,1,1,1,6]"),
        ("@.l.[0]", "{\"p\":0}"),
        ("$.l[+1].p", "\"A\""),
        ("$.l[02]", "3"),
        ("$.@.l.$.s.length", "6"),
        ("$..p", "[0,\"A\"]"),
        ("$...p", "[0,\"A\"]"),
        ("$.l[3:0:-1]", "[]"),
        ("$.l[0:2:-1].p", "[\"A\",0]"),
        ("$.l[::-1][0]", "3"),
        ("$.l[(0):(@.length - 1)].p", "[0,\"A\"]"),
        ("$.l[9,-1]", "[3]"),
        ("$['l','none']", "[[{\"p\":0},{\"p\":\"A\"},3]]"),
        ("$['l',(0)]", "error: union: invalid token argument. expected [string] got [int] (1:1)"),
        ("$[0,1]", "error: union: invalid token target. expected [array slice] got [map] (1:1)"),
        (
            "$.l[(@.length/2)]",
            "error: unexpected expression result. expected [int string] got [float64] (1:1)",
        ),
        ("$.l['length']", "error: key: invalid token target. expected [map] got [slice] (1:1)"),
        ("", "error: invalid JSONPath selector '' unexpected token '' at index 0 (1:1)"),
        ("$.", "error: invalid JSONPath selector '$.' invalid token. token string is empty (1:1)"),
        (
            "$.l[*,0].p",
            "error: invalid JSONPath selector '$.l[*,0].p' invalid token. '[*,0]' does not match any token format (1:1)",
        ),
        (
            "$.l[()]",
            "error: invalid JSONPath selector '$.l[()]' invalid expression. invalid format '()' (1:1)",
        ),
    ] {
        gives(&format!("jsonpath('{QUERIED}', {})", go::quote(path)), answer);
    }
}

/// TP-166: scripts are cut at their operators, and whatever reads as a number is one.
#[test]
fn jsonpath_scripts_are_cut_at_their_operators() {
    for (filter, answer) in [
        ("@.p", "[{\"p\":\"A\"}]"),
        ("@", "[{\"p\":0},{\"p\":\"A\"},3]"),
        ("!@.none", "[]"),
        ("not @.none", "[{\"p\":0},{\"p\":\"A\"},3]"),
        ("@.p === \"A\"", "[]"),
        ("@.p == \"A\"", "[{\"p\":\"A\"}]"),
        ("@.p =~ \"^.$\"", "[{\"p\":0},{\"p\":\"A\"}]"),
        ("@.p in [0, \"A\"]", "[{\"p\":0}]"),
        ("@ > 0x1p1", "[3]"),
        ("@ ** 2 - 1 == 8", "[3]"),
        ("@.p.length", "[{\"p\":\"A\"}]"),
        ("$.s == \"日本\" && @ == 3", "[3]"),
        ("(@ == 3) && true", "[3]"),
        ("@ % 0", "error: runtime error: integer divide by zero (1:1)"),
        ("", "error: invalid expression. is empty (1:1)"),
        ("(ab || cd)", "error: invalid JSONPath selector '$.l[?((ab || cd))]' unsupported operator (1:1)"),
    ] {
        gives(&format!("jsonpath('{QUERIED}', {})", go::quote(&format!("$.l[?({filter})]"))), answer);
    }
}

#[test]
fn bad_input_meets_limits() {
    gives("len(1..10000000)", "error: memory budget exceeded (1:6)");
    gives("repeat('x', 100000000)", "error: memory budget exceeded (1:1)");
    assert!(value(&"(".repeat(100_000)).starts_with("error: "));
    assert!(value(&format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000))).contains("nested more than"));
    assert!(value(&vec!["1"; 20_000].join("+")).contains("exceeds maximum allowed nodes"));
    assert!(value(&"-".repeat(50_000)).starts_with("error: "));
    assert!(value("map(1..900, map(1..900, map(1..900, #)))").starts_with("error: "));
    let long = "beyond the limit of this engine, 16777216 bytes of a text";
    assert!(value("reduce(1..60, #acc + #acc, 'xxxxxxxx')").contains(long));
    let deep = format!("fromJSON('{}')", "[".repeat(10_000));
    assert!(value(&deep).contains("beyond the limit of this engine, 128 levels of JSON"));
    assert!(value("'a' matches '((a{1000}){1000}){1000}'").starts_with("error: "));
    assert!(value("sprig.repeat(1000000000, 'ab')").contains(long));
    assert!(value("sprig.indent(1000000000, 'ab')").contains(long));
    // EX-199: there the size of an object is the limit.
    let billion = SequenceSpec { count: Some("1000000000".to_owned()), ..SequenceSpec::default() };
    assert!(sequence(&billion).unwrap_err().contains("more than 1000000 items"));
    assert!(when::evaluate(&"(".repeat(10_000)).is_err());
    assert!(when::evaluate(&format!("{}1{}", "(".repeat(1_000), ")".repeat(1_000))).is_err());
    assert!(when::evaluate(&format!("{}1", "1 + ".repeat(30_000))).is_err());
    assert!(when::evaluate("\\").is_err());
}

/// TP-159: a tag without a value stays as it is where a later pass may know more. One that asks for more than we give
/// never gets it, and Argo, which has other limits, might.
#[test]
fn tags_beyond_our_limits_do_not_stay_in_silence() {
    let scope = MapScope::new();
    let pass = |tag: &str| render(tag, &scope, Mode::Lenient, &world());
    for stays in ["{{=1/0}}", "{{=repeat('x', 1000001)}}"] {
        assert_eq!(pass(stays).as_deref(), Ok(stays));
    }
    for (tag, limit) in [
        ("{{=reduce(1..60, #acc + #acc, 'xxxxxxxx')}}", "16777216 bytes of a text"),
        ("{{=reduce(1..900000, #acc + #, 0)}}", "2000000 steps of an expression"),
        ("{{=uniq(1..9999)}}", "20000000 comparisons of `uniq`"),
    ] {
        let message = pass(tag).unwrap_err().to_string();
        let told = format!("failed to evaluate expression: beyond the limit of this engine, {limit} ");
        assert!(message.starts_with(&told), "{message}");
    }
}

#[test]
fn texts_that_multiply_meet_a_limit() {
    let mut scope = MapScope::new();
    scope.insert("a", "{{a}}".repeat(1_000));
    let mut text = "{{a}}".to_owned();
    let mut passes = 0;
    let reason = loop {
        passes += 1;
        match render(&text, &scope, Mode::Lenient, &world()) {
            Ok(longer) => text = longer,
            Err(error) => break error.to_string(),
        }
    };
    assert_eq!(reason, "the text is longer than 67108864 bytes when its tags are replaced");
    assert_eq!(passes, 3);
}

#[test]
fn a_batch_answers_every_line() {
    let ask = |line: &str| batch::answer(line, &world(), &|_| Err("no schedules here".to_owned()));
    assert_eq!(
        ask("{\"id\":\"a\",\"kind\":\"text\",\"text\":\"{{x}}\",\"scope\":{\"x\":\"1\"}}"),
        "{\"id\":\"a\",\"result\":\"1\"}"
    );
    assert_eq!(
        ask("{\"id\":1,\"kind\":\"text\",\"text\":\"{{x}}\",\"lenient\":true}"),
        "{\"id\":1,\"result\":\"{{x}}\"}"
    );
    assert_eq!(
        ask("{\"id\":2,\"kind\":\"param\",\"with_param\":\"[1.50, {\\\"a\\\":1}]\"}"),
        "{\"id\":2,\"result\":[1.50,{\"a\":1}]}"
    );
    assert_eq!(ask("{\"id\":3,\"kind\":\"duration\",\"duration\":\"1.5m\"}"), "{\"id\":3,\"result\":90}");
    assert!(ask("nonsense").contains("\"error\""));
    assert!(ask("{\"id\":4,\"kind\":\"nope\"}").contains("unknown kind"));
}

/// Texts that look like expressions more often than chance would have it.
fn expressions() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("inputs.parameters.n"),
        Just("sprig.default"),
        Just("fromJSON"),
        Just("map("),
        Just("filter("),
        Just("reduce("),
        Just("date("),
        Just("let x ="),
        Just("if"),
        Just("else"),
        Just("#acc"),
        Just("#"),
        Just(".a"),
        Just("?."),
        Just("??"),
        Just("["),
        Just("]"),
        Just("("),
        Just(")"),
        Just("{"),
        Just("}"),
        Just(","),
        Just(";"),
        Just(":"),
        Just("?"),
        Just("|"),
        Just(".."),
        Just("**"),
        Just("-"),
        Just("+"),
        Just("%"),
        Just("in"),
        Just("not"),
        Just("matches"),
        Just("nil"),
        Just("true"),
        Just("1"),
        Just("2.5"),
        Just("\"a\""),
        Just("'\\u00e9'"),
        Just("b'x'"),
        Just("9223372036854775807"),
    ];
    prop_oneof![
        3 => proptest::collection::vec(word, 0..14).prop_map(|words| words.join(" ")),
        1 => "\\PC{0,40}",
    ]
}

proptest! {
    #[test]
    fn expressions_never_panic(expression in expressions()) {
        let _ = evaluate(&expression, &scope(), &world());
        for mode in [Mode::Lenient, Mode::PrefixStrict, Mode::FullStrict] {
            let _ = render(&format!("{{{{={expression}}}}}"), &scope(), mode, &world());
        }
    }

    #[test]
    fn texts_never_panic(text in "(\\{\\{|\\}\\}|=|a|inputs\\.parameters\\.n| |\\PC){0,12}") {
        for mode in [Mode::Lenient, Mode::PrefixStrict, Mode::FullStrict] {
            let _ = render(&text, &scope(), mode, &world());
        }
        let _ = Text::parse_raw(&text).map(|text| text.render(&scope(), Mode::Lenient, &world()));
    }

    #[test]
    fn a_text_without_braces_is_itself(text in "[^{]{0,60}") {
        prop_assert_eq!(render(&text, &scope(), Mode::FullStrict, &world()).unwrap(), text);
    }

    #[test]
    fn conditions_never_panic(
        text in "(a|'b'|\"|\\(|\\)|\\[|\\]|==|=~|in|&&|\\|\\||!|-|\\?|:|,|1|0x|\\.|\\\\|2024-01-01| |\\PC){0,14}"
    ) {
        let _ = when::evaluate(&text);
        let _ = when::evaluate_bare(&text);
    }

    #[test]
    fn depends_never_panics(text in "(a|b-c|\\.Succeeded|\\.Failed|&&|\\|\\||!|\\(|\\)|\\?|:| |\\PC){0,14}") {
        if let Ok(logic) = Logic::parse(&text, &|_| (true, true)) {
            let first = logic.evaluate(&|_, _| true);
            prop_assert_eq!(first, logic.evaluate(&|_, _| true));
        }
    }

    #[test]
    fn items_never_panic(text in "(\\[|\\]|\\{|\\}|,|:|\"|a|1|\\.|e|null|true|\\\\u00|\\PC){0,16}") {
        if let Ok(items) = with_param(&text) {
            for item in items {
                let _ = (item.text(), item.describe(), item.members().count());
            }
        }
        let _ = (Item::from_json_text(&text), duration::lenient(&text));
    }

    #[test]
    fn formats_never_panic(format in "(%|d|x|U|q|\\[1\\]|\\*|0|5|\\.|-|\\+|#|\\PC){0,10}", number in any::<i64>()) {
        let text = number.to_string();
        let spec = SequenceSpec {
            start: Some(text.clone()), end: Some(text), format: Some(format), ..SequenceSpec::default()
        };
        let _ = sequence(&spec);
    }

    #[test]
    fn durations_survive_a_round_trip(nanos in any::<i64>()) {
        let text = duration::format_go(nanos);
        prop_assert_eq!(duration::go(&text), Ok(nanos), "{}", text);
        let _ = duration::humanize(nanos);
    }

    #[test]
    fn truth_tables_of_depends(a in any::<bool>(), b in any::<bool>(), c in any::<bool>()) {
        let logic = Logic::parse("a.Succeeded && (b.Succeeded || !c.Succeeded)", &|_| (false, false)).unwrap();
        let result = logic.evaluate(&|task, _| [a, b, c][task]);
        prop_assert_eq!(result, Ok(a && (b || !c)));
    }

    #[test]
    fn batches_never_panic(line in "\\PC{0,80}") {
        let _ = batch::answer(&line, &world(), &|_| Err(String::new()));
    }
}

/// A long sum is as flat as it is long, its errors stand where they would stand in a short one (TP-207).
#[test]
fn long_runs_of_arithmetic_are_not_deep() {
    let all = |op: &str, operand: &str| vec![operand; 1_000].join(op);
    assert_eq!(value(&all(" + ", "1")), "1000");
    assert_eq!(value(&format!("2000 - {} * 2 + 1", all(" - ", "1"))), "1000");
    assert_eq!(value(&format!("len({})", all(" + ", "'ab'"))), "2000");
    assert_eq!(value(&format!("{} % 7 == {}", all(" * ", "1"), all(" - ", "1"))), "false");
    let short = value("1 + 'a'");
    let long = value(&format!("{} + 'a'", all(" + ", "1")));
    let message =
        |text: &str| text.lines().next().unwrap_or("").split(" (1:").next().unwrap_or("").to_owned();
    assert_eq!(message(&long), message(&short));
    assert!(long.contains("(1:3999)"), "{long}");
    assert!(value(&format!("{} % 0", all(" + ", "1"))).contains("integer divide by zero"));
}

/// A task may wait for hundreds of others: what `dependencies` comes to is one long chain.
#[test]
fn long_chains_of_conditions_are_not_deep() {
    let all = |word: &str, last: &str| format!("{}{last}", format!("true {word} ").repeat(1_500));
    assert_eq!(value(&all("&&", "false")), "false");
    assert_eq!(value(&all("and", "true")), "true");
    assert_eq!(value(&all("||", "false")), "true");
    assert_eq!(value(&format!("{} && {}", all("&&", "true"), "1 == 2 || false")), "false");
    // What follows a decided operand is not looked at, wherever the chain is split.
    assert_eq!(value(&format!("{}false && [1][7] == 1", "true && ".repeat(100))), "false");
}

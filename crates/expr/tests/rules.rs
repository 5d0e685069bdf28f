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

/// TP-192: bytes that are no characters become a replacement character each.
#[test]
fn bytes_become_texts_one_by_one() {
    tags(&[
        (r#"{{=fromBase64("5pc=")}}"#, "\u{fffd}\u{fffd}"),
        (r#"{{=len(fromBase64("5pc="))}}"#, "2"),
        (r#"{{=fromBase64("8J+Y")}}"#, "\u{fffd}\u{fffd}\u{fffd}"),
        (r#"{{=fromBase64("YeaXYuaXpQ==")}}"#, "a\u{fffd}\u{fffd}b日"),
        (r#"{{=sprig.b64dec("5pc=")}}"#, "\u{fffd}\u{fffd}"),
        (r#"{{=sprig.trunc(5, "日本語")}}"#, "日\u{fffd}\u{fffd}"),
        (r#"{{="日本語"[0:2]}}"#, "\u{fffd}\u{fffd}"),
    ]);
}

/// TP-192: what wins when maps are merged is the last whatever it holds, or the first that holds something.
#[test]
fn merges_are_mergos() {
    tags(&[
        (r#"{{=toJson(sprig.mergeOverwrite({"a":true},{"a":false}))}}"#, r#"{"a":false}"#),
        (r#"{{=toJson(sprig.mergeOverwrite({"a":1},{"a":0}))}}"#, r#"{"a":0}"#),
        (r#"{{=toJson(sprig.mergeOverwrite({"a":"x"},{"a":""}))}}"#, r#"{"a":""}"#),
        (r#"{{=toJson(sprig.mustMergeOverwrite({"a":[1]},{"a":[]}))}}"#, r#"{"a":[]}"#),
        (
            r#"{{=toJson(sprig.mergeOverwrite({"a":{"b":1,"c":2} },{"a":{"b":0} }))}}"#,
            r#"{"a":{"b":0,"c":2}}"#,
        ),
        (r#"{{=toJson(sprig.mergeOverwrite({"a":1},{"a":nil}))}}"#, r#"{"a":null}"#),
        (r#"{{=toJson(sprig.merge({},{"a":nil}))}}"#, "{}"),
        (r#"{{=toJson(sprig.merge({"a":0,"b":1},{"a":2,"b":3}))}}"#, r#"{"a":2,"b":1}"#),
    ]);
}

/// TP-192: addresses are taken apart and put together as Go does it, and refused in its words.
#[test]
fn addresses_are_gos() {
    let refused = |address: &str, cause: &str| {
        let text = format!("{{{{=sprig.urlParse(\"{address}\")}}}}");
        let wanted = format!("unable to parse url: parse \"{address}\": {cause} ");
        let found = tag(&text);
        assert!(found.contains(&wanted), "{address}: {found:?}, not {wanted:?}");
    };
    refused("%zz", "invalid URL escape \"%zz\"");
    refused("http://a/%zz", "invalid URL escape \"%zz\"");
    refused("http://a/%4", "invalid URL escape \"%4\"");
    refused("http://%41/", "invalid URL escape \"%41\"");
    refused("http://[::1", "missing ']' in host");
    refused("http://a b.com/", "invalid character \" \" in host name");
    refused("http://a:b/", "invalid port \":b\" after host");
    refused("http://[::1]b/", "invalid port \"b\" after host");
    refused("http://a^b@c/", "net/url: invalid userinfo");
    refused(":a", "missing protocol scheme");
    refused("1:b/c", "first path segment in URL cannot contain colon");

    let part = |address: &str, name: &str| tag(&format!("{{{{=sprig.urlParse(\"{address}\").{name}}}}}"));
    assert_eq!(part("HTTP://u%40v:p@[fe80::1%25en0]:80/a%2Fb?q=%zz#f%20g", "scheme"), "http");
    assert_eq!(part("http://u%40v:p@h/", "userinfo"), "u%40v:p");
    assert_eq!(part("http://[fe80::1%25en0]:80/a", "host"), "[fe80::1%en0]:80");
    assert_eq!(part("http://[fe80::1%25en0]:80/a", "hostname"), "fe80::1%en0");
    assert_eq!(part("http://h/a%2Fb?q=%zz#f%20g", "path"), "/a/b");
    assert_eq!(part("http://h/a%2Fb?q=%zz#f%20g", "query"), "q=%zz");
    assert_eq!(part("http://h/a%2Fb?q=%zz#f%20g", "fragment"), "f g");
    assert_eq!(part("mailto:a@b", "opaque"), "a@b");

    tags(&[
        (r#"{{=sprig.urlJoin({"path":"a:b"})}}"#, "./a:b"),
        (r#"{{=sprig.urlJoin({"scheme":"http","host":"h","path":"a b?"})}}"#, "http://h/a%20b%3F"),
        (r#"{{=sprig.urlJoin({"userinfo":"u:p@","host":"h"})}}"#, "//u:p%40@h"),
        (r##"{{=sprig.urlJoin(sprig.urlParse("ftp://u:p@h:1/a?b#c"))}}"##, "ftp://u:p@h:1/a?b#c"),
    ]);
    for (map, wanted) in [
        (r#"{"host":1}"#, "unable to parse host key, must be of type string, but int found"),
        (r#"{"path":nil}"#, "invalid memory address or nil pointer dereference"),
        (r#"{"userinfo":"a b"}"#, "unable to parse userinfo in dict: parse \"proto://a b@host\": net/url"),
    ] {
        let found = tag(&format!("{{{{=sprig.urlJoin({map})}}}}"));
        assert!(found.contains(wanted), "{map}: {found:?}, not {wanted:?}");
    }
}

/// TP-192: values of Go's and of the libraries' own types have their methods.
#[test]
fn values_have_methods() {
    tags(&[
        (r#"{{=sprig.semver("1.2.3").Compare(sprig.semver("1.3.0"))}}"#, "-1"),
        (r#"{{=sprig.semver("1.2.3-a").LessThan(sprig.semver("1.2.3"))}}"#, "true"),
        (r#"{{=sprig.semver("1.2.3").GreaterThan(sprig.semver("1.2.3"))}}"#, "false"),
        (r#"{{=sprig.semver("1.2.3+a").Equal(sprig.semver("v1.2.3"))}}"#, "true"),
        (r#"{{=sprig.semver("1.2.3").IncMinor().String()}}"#, "1.3.0"),
        (r#"{{=sprig.semver("v1.2.3").IncMajor().Original()}}"#, "v2.0.0"),
        (r#"{{=sprig.semver("1.2.3-rc.1+x").IncPatch().String()}}"#, "1.2.3"),
        (r#"{{=sprig.semver("1.2.3").IncPatch().Major()}}"#, "1"),
        (r#"{{=string(sprig.semver("1.2.3").Major)}}"#, "func() uint64"),
        (r#"{{=timezone("UTC").String()}}"#, "UTC"),
        (r#"{{=timezone("Europe/Zurich").String()}}"#, "Europe/Zurich"),
        (
            r#"{{=date("2026-07-01 00:00:00", "2006-01-02 15:04:05", "Europe/Zurich").ZoneBounds().String()}}"#,
            "2026-03-29 03:00:00 +0200 CEST",
        ),
        (r#"{{=date("2026-07-01").ZoneBounds().IsZero()}}"#, "true"),
        (
            r#"{{=toBase64("x") == "eA==" ? string(date("2026-07-01").AppendFormat(b"a", "06")) : ""}}"#,
            "[97 50 54]",
        ),
    ]);
}

/// TP-192: calls that crash Go say what its runtime says.
#[test]
fn crashes_have_gos_words() {
    for (call, wanted) in [
        (r#"sprig.substr(3,1,"hello")"#, "slice bounds out of range [3:1]"),
        (r#"sprig.substr(4,2,"abc")"#, "slice bounds out of range [4:2]"),
        (r#"sprig.substr(4,-1,"abc")"#, "slice bounds out of range [4:3]"),
        (r#"sprig.substr(-1,-1,"abc")"#, "slice bounds out of range [:-1] "),
        (r#"sprig.substr(-1,4,"abc")"#, "slice bounds out of range [:4] with length 3"),
        (r#"sprig.chunk(0,[1])"#, "makeslice: len out of range"),
        (
            r#"sprig.bcrypt("a")"#,
            "sprig.bcrypt is not supported: workflows do not make keys or look up hosts",
        ),
        (r#"sprig.genPrivateKey("rsa")"#, "sprig.genPrivateKey is not supported"),
    ] {
        let found = tag(&format!("{{{{={call}}}}}")) + " ";
        assert!(found.contains(wanted), "{call}: {found:?}, not {wanted:?}");
    }
    tags(&[
        (r#"{{=sprig.htpasswd("a:b","c")}}"#, "invalid username: a:b"),
        (r#"{{=len(sprig.chunk(-2,[1,2,3]))}}"#, "0"),
    ]);
}

/// TP-192, TP-206: patterns are Go's, and what Go refuses is refused in its words.
#[test]
fn patterns_are_gos() {
    for (pattern, wanted) in [
        ("a**", "invalid nested repetition operator: `**`"),
        ("x++y", "invalid nested repetition operator: `++`"),
        ("x*+", "invalid nested repetition operator: `*+`"),
        ("x{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
        ("x{1001}", "invalid repeat count: `{1001}`"),
        ("x{2,1}", "invalid repeat count: `{2,1}`"),
        ("(x{100}){11}", "invalid repeat count: `{11}`"),
        ("(a|(b{50}c)*){21}", "invalid repeat count: `{21}`"),
        ("+", "missing argument to repetition operator: `+`"),
        ("a|*b", "missing argument to repetition operator: `*`"),
        ("(?i)*", "missing argument to repetition operator: `*`"),
        ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
        ("[b-az]", "invalid character class range: `b-a`"),
        (r"\p{Nope}", r"invalid character class range: `\p{Nope}`"),
        ("(?z)x", "invalid or unsupported Perl syntax: `(?z`"),
        ("(?#c)x", "invalid or unsupported Perl syntax: `(?#`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?P<x y>a)", "invalid named capture: `(?P<x y>`"),
        (r"\xZ", r"invalid escape sequence: `\xZ`"),
        (r"\8", r"invalid escape sequence: `\8`"),
        (r"\C", r"invalid escape sequence: `\C`"),
        (r"a\", "trailing backslash at end of expression: ``"),
        ("a[b", "missing closing ]: `[b`"),
        ("a(b", "missing closing ): `a(b`"),
        ("a)b(", "unexpected ): `a)b(`"),
    ] {
        assert_eq!(
            tiphys_expr::go_pattern(pattern),
            Err(format!("error parsing regexp: {wanted}")),
            "{pattern}"
        );
    }
    for (text, pattern, found) in [
        ("x", r"\p{Greek}", false),
        ("λ", r"^\p{Greek}\P{^Greek}?$", true),
        ("x", r"\pN", false),
        ("x", "(?P<1>x)", true),
        ("a.b", r"\Qa.b\E", true),
        ("x{", "x{$", true),
        ("x{,2}", "^x{,2}$", true),
        ("x{01}", "^x{01}$", true),
        ("]a-", "^[]a-]+$", true),
        ("[:", "^[[:]+$", true),
        ("a&&b", "^[a&&b]+$", true),
        ("A\tS", r"(?i-s)^a\ts$", true),
        ("é", r"\w", false),
        ("\u{3bb}A", r"^[\x{3b0}-\x{3c0}]\x41$", true),
        ("S8", r"^\123\0?8$", true),
        ("xx", "^x{2}?$", true),
        ("ab", "(?i)(?-i:a)B", true),
    ] {
        let found_here = tag(&format!("{{{{={text:?} matches {pattern:?}}}}}"));
        assert_eq!(found_here, found.to_string(), "{text} {pattern}");
    }
}

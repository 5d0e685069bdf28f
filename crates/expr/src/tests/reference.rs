//! What Argo's expression language and its library answer, and when they judge what.

use super::*;

/// TP-165: what Go's times can be asked, and what is said about texts that are none.
#[test]
fn times_answer_as_those_of_go() {
    for (expression, answer) in [
        ("date('2023-01-31').Clock()", "error: func Clock returns more then two values (1:20)"),
        ("date('2023-01-31').Date([].a)", "error: func Date returns more then two values (1:20)"),
        ("type(date('2023-01-31').ISOWeek())", "int"),
        ("date('2024-02-09').MarshalBinary()", "AQAAAA7dV2IAAAAAAP//"),
        ("date('2024-02-09T01:02:03.456+02:00').GobEncode()", "AQAAAA7dV1RrGy4CAAB4"),
        ("date('2024-02-09').AppendText(b'at ')", "YXQgMjAyNC0wMi0wOVQwMDowMDowMFo="),
        ("timezone('Local').Day()", "error: type time.Location has no method Day (1:19)"),
        ("date('2 Jan 06 EST', '2 Jan 06 MST', 'America/New_York')", "2006-01-02T00:00:00-05:00"),
        ("date('2 Jan 06 EDT', '2 Jan 06 MST', 'America/New_York')", "2006-01-01T23:00:00-05:00"),
        ("date('2 Jul 06 EST', '2 Jan 06 MST', 'America/New_York')", "2006-07-02T01:00:00-04:00"),
        (
            "date('2 Jan 06 PST', '2 Jan 06 MST', 'America/New_York').String()",
            "2006-01-02 00:00:00 +0000 PST",
        ),
        ("date('2 Jan 06 GMT+3', '2 Jan 06 MST').String()", "2006-01-02 03:00:00 +0300 GMT+3"),
        (
            "date('2024年', '2006年01')",
            "error: parsing time \"2024\\xe5\\xb9\\xb4\" as \"2006\\xe5\\xb9\\xb401\": cannot parse \"\" as \"01\" (1:1)",
        ),
        ("duration('ü')", "error: time: invalid duration \"\\xc3\\xbc\" (1:1)"),
        ("date('2024-2-9').Equal(date(''))", "error: invalid date  (1:24)"),
    ] {
        gives_text(expression, answer);
    }
}

/// TP-190: a group that is not there is a list that is nil, and the type of the groups has a name of its own.
#[test]
fn groups_are_lists() {
    for (expression, answer) in [
        ("groupBy(['a'], #)['b']", "null"),
        ("len(groupBy(['a'], #).b)", "0"),
        ("groupBy(['a'], #).b ?? 'none'", "none"),
        ("groupBy(['a'], #).b == nil", "true"),
        ("map(groupBy(['a'], #).b, 1)", "[]"),
        ("groupBy([1], #)[9][-1]", "error: index out of range: -1 (array length is 0) (1:19)"),
        (
            "groupBy(['a'], #).b?.c",
            "error: array elements can only be selected using an integer (got string) (1:22)",
        ),
        (
            "groupBy([1], #) + 1",
            "error: invalid operation: + (mismatched types map[interface {}][]interface {} and int) (1:17)",
        ),
        ("'a' in groupBy(['a'], #)", "true"),
    ] {
        gives_text(expression, answer);
    }
}

/// TP-167, TP-192: odd arguments of the library.
#[test]
fn odd_arguments_of_the_library() {
    for (expression, answer) in [
        ("sprig.int64(duration('1.5s'))", "1500000000"),
        ("sprig.divf(duration('90m'), 2.5)", "2160000000000"),
        ("sprig.addf(1, 'NaN')", "error: Cannot create a Decimal from NaN (1:7)"),
        ("sprig.divf(1, '-Inf', 0)", "error: Cannot create a Decimal from -Inf (1:7)"),
        ("sprig.divf(1, 0, 'inf')", "error: decimal division by 0 (1:7)"),
        ("string(sprig.maxf(1, 'NaN'))", "NaN"),
        ("string(sprig.minf('-inf', 'NaN', 1))", "-Inf"),
        ("sprig.b64dec('x=1')", "illegal base64 data at input byte 1"),
        ("sprig.b64dec('line1\\nline2\\n')", "illegal base64 data at input byte 10"),
        ("sprig.b64dec('YQ=x')", "illegal base64 data at input byte 2"),
        ("sprig.b64dec('YQ==\\nx')", "illegal base64 data at input byte 5"),
        ("sprig.b64dec('YQ=\\n=')", "a"),
        ("sprig.title('ǆ b')", "ǅ B"),
        ("sprig.swapcase('ǆ aǆ Xy')", "ǅ AǄ xY"),
        ("sprig.initials('üß no')", "Ãn"),
        ("sprig.mustMerge(nil, {})", "{}"),
        ("sprig.cat(timezone('Europe/Berlin'), b'ab')", "Europe/Berlin [97 98]"),
        ("sprig.squote(timezone('Europe/Berlin'), b'ab')", "'Europe/Berlin' '[97 98]'"),
        ("sprig.dig('a', 1, 'd', {})", "error: interface conversion: interface {} is int, not string (1:7)"),
        (
            "sprig.dig('a', 'd', sprig.split('-', 'x'))",
            "error: interface conversion: interface {} is map[string]string, not map[string]interface {} (1:7)",
        ),
    ] {
        gives_text(expression, answer);
    }
}

/// TP-156: what the reference finds out before it runs anything, and what it is sure of.
#[test]
fn what_is_known_before_the_run_decides() {
    for (expression, answer) in [
        // A condition that is constant is folded away, with what stands beside it.
        ("fromJSON('1') || (1 == 1)", "true"),
        ("fromJSON('1').a or not ('a' == 'b')", "true"),
        ("filter([1, 2], (# == 2 && !(1 == 2)))", "[2]"),
        ("(fromJSON('[1]') && 1 == 1)", "[1]"),
        (
            "find(fromJSON('[{}]'), (# && 1 == 1))",
            "error: interface conversion: interface {} is map[string]interface {}, not bool (1:1)",
        ),
        ("map([1], (.n || 1 == 2))", "error: type int has no field n (1:12)"),
        ("map(fromJSON('[1]'), (.n || 1 == 2))", "error: cannot fetch n from float64 (1:26)"),
        // Both sides of `==` are integers, or texts, for sure.
        ("findIndex([1], # > 1) == 0", "error: interface conversion: interface {} is nil, not int (1:23)"),
        (
            "'b' != find(['a'], # == 'b')",
            "error: interface conversion: interface {} is nil, not string (1:5)",
        ),
        (
            "find([1, 2], # > 2) == 'a'",
            "error: invalid operation: == (mismatched types int and string) (1:21)",
        ),
        ("find(fromJSON('[1]'), # > 2) == 1", "false"),
        // Items of a list are of one type when their kinds are the same; branches of a condition are when one fits.
        ("'a' in [[{}], [3]]", "error: cannot use string as type []interface {} in array (1:5)"),
        ("'a' in (true ? [1] : fromJSON('[]'))", "error: cannot use string as type int in array (1:5)"),
        ("fromJSON('1') .. [][0]", "error: index out of range: 0 (array length is 0) (1:20)"),
        // Of the arguments each is judged before the next one is looked at.
        ("bitand(2.5, [].a)", "error: cannot use float64 as argument (type int) to call bitand  (1:8)"),
        (
            "bitand(2.5, 1, [].a)",
            "error: array elements can only be selected using an integer (got string) (1:19)",
        ),
        // Conditions and `not in` have the place where the reference had read them.
        ("[(nil ?? 1) ? 1 : 2]", "error: non-bool expression (type int) used as condition (1:7)"),
        (
            "[fromJSON('1') ? 1 : 2, 3]",
            "error: interface conversion: interface {} is float64, not bool (1:23)",
        ),
        ("count((1 not in [2]), true)", "error: builtin count takes only array (got bool) (1:14)"),
        ("sort([1, 'a'], 'desc')", "error: invalid operation: int < string (1:1)"),
        ("sort([1, 'a'])", "error: invalid operation: string < int (1:1)"),
        ("sum([1, 'a', nil])", "error: invalid operation: string + <nil> (1:1)"),
        ("sum(b'ab', -#)", "317"),
        ("fromJSON('{}').a(1)", "error: invalid operation: cannot call nil (1:16)"),
        (
            "fromJSON('{\"a\": 1}').a()",
            "error: invalid operation: cannot call non-function of type float64 (1:22)",
        ),
        ("join(get({}, 'a'))", "error: invalid argument for join (type %!s(<nil>)) (1:1)"),
        // In the reference the walk from the end leaves something behind that spoils what stands before it.
        ("'n=' + string(last(filter([1, 2], # > 0)))", "\"n=2\""),
        ("join(1..3)", "error: invalid argument for join (type []int) (1:1)"),
        // One walk is made of two, and ends early.
        ("first(filter(fromJSON('[1, {}]'), # < 2))", "1"),
        ("filter(fromJSON('[{}, 3]'), # > 2)[-1]", "3"),
        ("filter([1], # > 2)[0]", "error: reflect: slice index out of range (1:19)"),
        ("count(fromJSON('[1, {}]'), # < 2) > 0", "true"),
        (
            "last(filter(fromJSON('[1]'), #))",
            "error: interface conversion: interface {} is float64, not bool (1:1)",
        ),
        ("map(fromJSON('[{}, 1]'), toJson(#.n)) | sum()", "error: invalid operation: string + int (1:41)"),
        ("sum([-1, 'a'])", "error: invalid operation: string + int (1:1)"),
        ("jsonpath(get({}, 'a'), '$')", "error: unexpected end of JSON input (1:1)"),
        ("string(abs(-0.0))", "\"-0\""),
        ("take([1], fromJSON('[1]'))", "error: cannot take slice elements (1:1)"),
    ] {
        gives(expression, answer);
    }
}

/// TP-152, TP-156, TP-167: of a callee of which nothing is known the arguments are not checked before they run, and what stands
/// before a bad token is judged before it.
#[test]
fn what_the_reference_judges_late_is_judged_late() {
    let told = |expression: &str| match evaluate(expression, &scope(), &world()) {
        Ok(value) => value.to_text(),
        Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    for (expression, answer) in [
        (r#"sprig.ternary("y", "n", len("abc") == "3")"#, "n"),
        (r#"sprig.default("d", get(5, "x"))"#, "d"),
        (r#"sprig.join(",", filter([1, 2], # == "a"))"#, ""),
        (r#"sprig.upper("a" / "b")"#, "invalid operation: string / string (1:17)"),
        (r#"upper("a" / "b")"#, "invalid operation: / (mismatched types string and string) (1:11)"),
        (r#"sprig.max(1, 02 Jan 2006")"#, "unexpected token Identifier(\"Jan\") (1:17)"),
        (r#"sprig.max(1, "2006)"#, "literal not terminated (1:20)"),
        ("keys(sprig.list(1))", "cannot get keys from slice (1:1)"),
        (r#"fromPairs(sprig.float64("1.5"))"#, "cannot transform %!s(float64=1.5) from pairs (1:1)"),
        ("sprig.merge({}, 5)", "reflect: cannot use int as type map[string]interface {} in Call (1:7)"),
        ("sprig.pluck(1)", "reflect: Call using int as type string (1:7)"),
        (r#"sprig.int("1.9")"#, "1"),
        (r#"sprig.int("1.2.3")"#, "0"),
        (r#"sprig.add(duration("1.5s"), 1)"#, "1500000001"),
        ("asInt(nil)", "reflect: call of reflect.Value.Type on zero Value (1:1)"),
    ] {
        assert_eq!(told(expression), answer, "{expression}");
    }
}

/// TP-152, TP-156: escapes in texts, and types of which the reference's checker knows more or less than one thinks.
#[test]
fn escapes_and_types_are_those_of_the_reference() {
    let told = |expression: &str| match evaluate(expression, &scope(), &world()) {
        Ok(value) => value.to_text(),
        Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    for (expression, answer) in [
        (r#""\u{41}\u{1F600}\x41\101\t""#, "A😀AA\t"),
        (r#"'it\'s'"#, "it's"),
        (r#"'\"'"#, "invalid char escape (1:3)"),
        (r#""\?""#, "invalid char escape (1:3)"),
        (r#""\X41""#, "invalid char escape (1:3)"),
        (r#"'\0'"#, "invalid char escape (1:4)"),
        (r#"'\u12'"#, "invalid char escape (1:6)"),
        (r#"'\u{}'"#, "invalid char escape (1:4)"),
        (r#"'\400'"#, "unable to unescape string (1:6)"),
        (r#"'\U00110000'"#, "unable to unescape string (1:12)"),
        (r#"b'\u0041'"#, "unable to unescape string (1:9)"),
        (r#""\uD83D\uDE00""#, "\u{fffd}\u{fffd}"),
        (r#"asInt("5") == "5""#, "false"),
        (r#"asInt("5") + "5""#, "invalid operation: int + string (1:12)"),
        (r#"int("5") == "5""#, "invalid operation: == (mismatched types int and string) (1:10)"),
        (r#""a,b" | split(",")[0]"#, "unexpected token Bracket(\"[\") (1:19)"),
        (r#"[{"a": 1}] | first().a"#, "unexpected token Operator(\".\") (1:21)"),
        (r#"("a,b" | split(","))[0]"#, "a"),
        (r#"first([1, 2]) == "a""#, "false"),
        (
            r#"first(split("a,b", ",")) == 1"#,
            "invalid operation: == (mismatched types string and int) (1:26)",
        ),
        (r#"take(["a"], 1)[0] == 1"#, "false"),
        (r#""" matches "[""#, "error parsing regexp: missing closing ]: `[` (1:4)"),
        (
            r#"date("2023-01-31").Month() == 2"#,
            "invalid operation: == (mismatched types time.Month and int) (1:28)",
        ),
        (r#"date("2023-01-31").Weekday() in [0, 4]"#, "cannot use time.Weekday as type int in array (1:30)"),
    ] {
        assert_eq!(told(expression), answer, "{expression}");
    }
}

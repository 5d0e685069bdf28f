//! What the reader of YAML of Argo's client says of a text that is none: its words are what scripts look for.

use tiphys_spec as spec;

/// Of whom a complaint is, which decides how its line is told.
enum Mark {
    /// The scanner counts lines from one.
    Scanner(usize),
    /// The parser counts them from nought.
    Parser(usize),
    /// Nobody says where.
    Nowhere,
}

/// Why a manifest cannot be read, in the words of Argo's client; none if its reader has no word for it.
pub fn complaint(body: &str, flaw: &spec::Diagnostic) -> Option<String> {
    let (index, words) = reading(body, flaw)?;
    Some(format!("yaml file at index {index} is not valid: {words}"))
}

/// The number of the document that cannot be read, and why.
pub fn reading(body: &str, flaw: &spec::Diagnostic) -> Option<(usize, String)> {
    let (line, column) = place(flaw)?;
    let (index, first, document) = document_at(body, line);
    Some((index, told(document, line - first, column, &flaw.message)?))
}

/// Why a document cannot be read that stands alone, without the empty lines around it.
pub fn reading_alone(body: &str, flaw: &spec::Diagnostic) -> Option<String> {
    let (line, column) = place(flaw)?;
    let (_, first, document) = document_at(body, line);
    let begun = document.trim_start();
    let empty = document[..document.len() - begun.len()].matches('\n').count();
    told(begun.trim_end(), line.checked_sub(first + empty)?, column, &flaw.message)
}

/// Where a text stops being YAML, counted from nought.
fn place(flaw: &spec::Diagnostic) -> Option<(usize, usize)> {
    if !flaw.code.starts_with("yaml-") {
        return None;
    }
    let count = |number| usize::try_from(number).ok()?.checked_sub(1);
    Some((count(flaw.place.line)?, count(flaw.place.column)?))
}

fn told(document: &str, line: usize, column: usize, message: &str) -> Option<String> {
    let (words, mark) = translated(document, line, column, message)?;
    let place = match mark {
        Mark::Scanner(0) | Mark::Parser(0) | Mark::Nowhere => String::new(),
        Mark::Scanner(line) => format!("line {}: ", line + 1),
        Mark::Parser(line) => format!("line {line}: "),
    };
    Some(format!("error converting YAML to JSON: yaml: {place}{words}"))
}

/// The document in which a line is: its number, its first line, and its text. A line that begins with `---` parts two,
/// and what else stands in that line belongs to the second.
fn document_at(body: &str, line: usize) -> (usize, usize, &str) {
    let (mut index, mut first, mut start) = (0, 0, 0);
    let mut at = 0;
    for (number, text) in body.split_inclusive('\n').enumerate() {
        if number > 0 && text.starts_with("---") {
            if number > line {
                return (index, first, &body[start..at - 1]);
            }
            (index, first, start) = (index + 1, number, at + 3);
        }
        at += text.len();
    }
    (index, first, &body[start..])
}

/// What Go's reader says where ours says `message`.
fn translated(text: &str, line: usize, column: usize, message: &str) -> Option<(String, Mark)> {
    let said = |words: &str, mark: Mark| Some((words.to_owned(), mark));
    let end = text.matches('\n').count() + usize::from(!text.ends_with('\n'));
    let strange = "found character that cannot start any token";
    if let Some(bracket) = message.strip_prefix("unclosed bracket ") {
        let close = if bracket.contains('[') { ']' } else { '}' };
        let words = if wants_value(text) {
            "did not find expected node content".to_owned()
        } else {
            format!("did not find expected ',' or '{close}'")
        };
        return Some((words, Mark::Parser(end)));
    }
    if let Some((context, words)) = message.split_once(", ")
        && let Some(what) = context.strip_prefix("while ")
    {
        let is_scanned = what.starts_with("scanning") || what.ends_with("quoted scalar");
        return said(words, if is_scanned { Mark::Scanner(line) } else { Mark::Parser(line) });
    }
    match message {
        "mapping values are not allowed in this context"
        | "block sequence entries are not allowed in this context" => said(message, Mark::Scanner(line)),
        "illegal placement of ':' indicator" => said("did not find expected ',' or ']'", Mark::Parser(line)),
        "invalid indentation in multiline quoted scalar" => {
            said("found unexpected end of stream", Mark::Scanner(end))
        }
        "simple key expected ':'" => {
            let is_content = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
            let next = text.lines().skip(line + 1).position(|line| is_content(&line));
            said("could not find expected ':'", Mark::Scanner(next.map_or(end, |lines| line + 1 + lines)))
        }
        "misplaced bracket" => {
            let is_value = wants_value(before(text, line, column));
            let words =
                if is_value { "did not find expected node content" } else { "did not find expected key" };
            said(words, Mark::Parser(line))
        }
        _ if message.starts_with("tabs disallowed") => said(strange, Mark::Scanner(line)),
        _ if message.starts_with("invalid trailing content") => {
            said("did not find expected key", Mark::Parser(line))
        }
        _ if message.starts_with("text that begins with `{{`") => tag(text, line, column),
        _ => match message.strip_prefix("unexpected character: `")?.chars().next()? {
            '\\' => said("control characters are not allowed", Mark::Nowhere),
            _ => said(strange, Mark::Scanner(line)),
        },
    }
}

/// A tag that is not quoted: a map whose only key is a map. The place is that of its second brace.
fn tag(text: &str, line: usize, column: usize) -> Option<(String, Mark)> {
    let rest = &text[before(text, line, column.saturating_sub(1)).len()..];
    let inner = &rest[rest.find("{{")? + 2..];
    let (inner, after) = inner.split_once("}}")?;
    let after = after.lines().next().unwrap_or_default().trim();
    if !after.is_empty() && !after.starts_with('#') {
        return Some(("did not find expected key".to_owned(), Mark::Parser(line)));
    }
    let key = inner.trim();
    let is_plain = !key.contains([':', ',', '{', '[', '"', '\'', '\n']) && key.parse::<f64>().is_err();
    let words =
        format!("invalid map key: map[interface {{}}]interface {{}}{{\"{key}\":interface {{}}(nil)}}");
    is_plain.then_some((words, Mark::Nowhere))
}

/// What stands before a place.
fn before(text: &str, line: usize, column: usize) -> &str {
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let length: usize = text[start..].chars().take(column).map(char::len_utf8).sum();
    &text[..start + length]
}

/// Whether a value has to follow a text, by the last sign of it that is no remark.
fn wants_value(text: &str) -> bool {
    let ends = text.lines().rev().map(|line| line.split(" #").next().unwrap_or_default().trim());
    let last =
        ends.filter(|line| !line.is_empty() && !line.starts_with('#')).find_map(|line| line.chars().last());
    last.is_none_or(|last| matches!(last, '[' | '{' | ',' | ':' | '-' | '?'))
}

#[cfg(test)]
mod tests {
    use super::{complaint, reading_alone};
    use tiphys_spec as spec;

    /// CLI-022, CLI-030: what Go's reader was heard to say of these.
    #[test]
    fn texts_that_are_no_yaml_are_refused_in_the_words_of_argos_reader() {
        let cases = [
            ("kind: [\n", "line 1: did not find expected node content"),
            ("kind: [", "line 1: did not find expected node content"),
            ("kind: {\n", "line 1: did not find expected node content"),
            ("a: 1\nb: [1\n", "line 2: did not find expected ',' or ']'"),
            ("a: 1\nb: [1, # more\n", "line 2: did not find expected node content"),
            ("a: [1, 2\nb: 3\n", "line 1: did not find expected ',' or ']'"),
            ("a: {x: 1\nb: 3\n", "line 1: did not find expected ',' or '}'"),
            ("a: \"x\n", "line 2: found unexpected end of stream"),
            ("a: 'x\nb: 1\n", "line 3: found unexpected end of stream"),
            ("a:\n\tb: 1\n", "line 2: found character that cannot start any token"),
            ("a: b: c\n", "mapping values are not allowed in this context"),
            ("a: 1\n b: 2\n", "line 2: mapping values are not allowed in this context"),
            ("- a\nb: 1\n", "line 1: did not find expected '-' indicator"),
            ("a: 1\n- b\n", "line 1: did not find expected key"),
            ("a:\n  - b\n c: 1\n", "line 2: did not find expected key"),
            ("a: @x\n", "found character that cannot start any token"),
            ("a: \u{1}\n", "control characters are not allowed"),
            ("a: ]\n", "did not find expected node content"),
            ("a: [1]]\n", "did not find expected key"),
            ("a: \"\\q\"\n", "found unknown escape character"),
            ("a: |\n x\ny\n", "line 4: could not find expected ':'"),
            ("a: 1\nkey\nb: 2\n", "line 3: could not find expected ':'"),
            ("a: {{x.y}}\n", "invalid map key: map[interface {}]interface {}{\"x.y\":interface {}(nil)}"),
            ("a: {{x}}y\n", "did not find expected key"),
            ("a: &\n", "did not find expected alphabetic or numeric character"),
            ("a: >x\n y\n", "did not find expected comment or line break"),
            ("x: - y\n", "block sequence entries are not allowed in this context"),
            ("a: \"x\" y\n", "did not find expected key"),
        ];
        for (body, words) in cases {
            check(
                body,
                &format!("yaml file at index 0 is not valid: error converting YAML to JSON: yaml: {words}"),
            );
        }
        let second = "yaml file at index 1 is not valid: error converting YAML to JSON: yaml: ";
        check(
            "a: 1\n---\nb: 1\n c: 2\n",
            &format!("{second}line 3: mapping values are not allowed in this context"),
        );
        check("a: 1\n---\nb: [1\n---\nc: 1\n", &format!("{second}line 2: did not find expected ',' or ']'"));
    }

    /// CLI-047: what is converted is read without the empty lines around it.
    #[test]
    fn a_document_that_stands_alone_begins_with_its_first_line() {
        let body = "a: 1\n---\n\nb: 1\n c: 2\n";
        let parsed = spec::parse("a.yaml", body, spec::Strictness::Strict);
        let flaw = parsed.diagnostics.iter().find(|flaw| flaw.is_error()).expect(body);
        let words =
            "error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context";
        assert_eq!(reading_alone(body, flaw).as_deref(), Some(words));
    }

    #[track_caller]
    fn check(body: &str, wanted: &str) {
        let parsed = spec::parse("a.yaml", body, spec::Strictness::Strict);
        let flaw = parsed.diagnostics.iter().find(|flaw| flaw.is_error()).expect(body);
        assert_eq!(complaint(body, flaw).as_deref(), Some(wanted), "{body:?}: {flaw:?}");
    }
}

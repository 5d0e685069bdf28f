//! Regular expressions: Go's dialect on a linear-time engine.

use std::fmt::Write;

use regex::{Regex, RegexBuilder};

use crate::limits;

/// What compiling a pattern takes, in bytes that could be gone through instead.
pub(crate) const EFFORT: u64 = 4 << 20;

/// Compiles a pattern of Go's dialect; the error is in Go's words as far as they can be told.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&translate(pattern))
        .size_limit(limits::REGEX_BYTES)
        .build()
        .map_err(|error| format!("error parsing regexp: {}", explain(pattern, &error)))
}

/// Rewrites what the two dialects read differently: classes of ASCII only, literal braces and brackets.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut class = false;
    // Asked once, not at each bracket.
    let last_name = pattern.rfind(":]");
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        if character == '\\' {
            rest = escape(after, class, &mut out);
            continue;
        }
        if class {
            match character {
                ']' => {
                    class = false;
                    out.push(']');
                }
                '[' if after.starts_with(':') && last_name >= Some(pattern.len() - after.len()) => {
                    let end = after.find(":]").map_or(after.len(), |end| end + 2);
                    out.push('[');
                    out.push_str(&after[..end]);
                    rest = &after[end..];
                    continue;
                }
                '[' => out.push_str("\\["),
                '&' | '-' | '~' if after.starts_with(character) => {
                    let _ = write!(out, "\\{character}");
                }
                _ => out.push(character),
            }
            rest = after;
            continue;
        }
        rest = after;
        match character {
            '[' => {
                class = true;
                out.push('[');
                if let Some(after) = rest.strip_prefix('^') {
                    out.push('^');
                    rest = after;
                }
                // A bracket that comes first is a member of the class.
                if let Some(after) = rest.strip_prefix(']') {
                    out.push_str("\\]");
                    rest = after;
                }
            }
            '{' if !is_repetition(rest) => out.push_str("\\{"),
            _ => out.push(character),
        }
    }
    out
}

/// Translates what follows a backslash and answers the rest.
fn escape<'p>(after: &'p str, class: bool, out: &mut String) -> &'p str {
    let Some(escaped) = after.chars().next() else {
        out.push('\\');
        return after;
    };
    let rest = &after[escaped.len_utf8()..];
    let (inside, outside) = match escaped {
        'd' => ("0-9", "[0-9]"),
        'D' => ("[^0-9]", "[^0-9]"),
        'w' => ("0-9A-Za-z_", "[0-9A-Za-z_]"),
        'W' => ("[^0-9A-Za-z_]", "[^0-9A-Za-z_]"),
        's' => ("\\t\\n\\x0c\\r ", "[\\t\\n\\x0c\\r ]"),
        'S' => ("[^\\t\\n\\x0c\\r ]", "[^\\t\\n\\x0c\\r ]"),
        'b' if !class => ("", "(?-u:\\b)"),
        'Q' if !class => {
            let end = rest.find("\\E").unwrap_or(rest.len());
            out.push_str(&regex::escape(&rest[..end]));
            return rest.get(end + 2..).unwrap_or("");
        }
        _ => {
            out.push('\\');
            out.push(escaped);
            return rest;
        }
    };
    out.push_str(if class { inside } else { outside });
    rest
}

/// Whether `{` is followed by `n}`, `n,}` or `n,m}`; otherwise it stands for itself.
fn is_repetition(after: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let least = digits(after);
    let rest = &after[least..];
    let rest = rest.strip_prefix(',').map_or(rest, |most| &most[digits(most)..]);
    least > 0 && rest.starts_with('}')
}

fn explain(pattern: &str, error: &regex::Error) -> String {
    let text = error.to_string();
    let has = |words: &str| text.contains(words);
    if matches!(error, regex::Error::CompiledTooBig(_)) {
        return format!("expression too large: `{pattern}`");
    }
    if has("unclosed character class") {
        let start = pattern.rfind('[').unwrap_or(0);
        return format!("missing closing ]: `{}`", &pattern[start..]);
    }
    if has("unclosed group") {
        return format!("missing closing ): `{pattern}`");
    }
    if has("unopened group") {
        return format!("unexpected ): `{pattern}`");
    }
    if has("repetition operator missing expression") {
        let at = pattern.find(['*', '+', '?', '{']).unwrap_or(0);
        let operator: String = pattern[at..].chars().take(1).collect();
        return format!("missing argument to repetition operator: `{operator}`");
    }
    if has("look-around") {
        let at = pattern.find("(?").unwrap_or(0);
        let group: String = pattern[at..].chars().take(3).collect();
        return format!("invalid or unsupported Perl syntax: `{group}`");
    }
    if has("invalid character class range") || has("range must be") {
        return format!("invalid character class range: `{pattern}`");
    }
    if has("incomplete escape sequence") {
        return "trailing backslash at end of expression: ``".to_owned();
    }
    if has("escape sequence") || has("backreference") {
        let at = pattern.find('\\').unwrap_or(0);
        let escape: String = pattern[at..].chars().take(2).collect();
        return format!("invalid escape sequence: `{escape}`");
    }
    format!("invalid expression: `{pattern}`")
}

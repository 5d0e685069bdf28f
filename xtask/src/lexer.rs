//! Splits Rust source into tokens, just well enough for the laws of the house.
//!
//! The point is to never mistake a comment or a string for code, or the other way round. Types and
//! expressions are not understood; `tidy` works on names, paths and `mod` declarations.

/// One token with the line that it starts on (1-based).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub line: usize,
    pub kind: Kind,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An identifier, a keyword or a number; `r#name` without its prefix.
    Word(String),
    /// The text of a string literal as written, without quotes.
    Text(String),
    /// A comment with its marks.
    Comment(String),
    /// Any other single character.
    Sign(char),
}

impl Token {
    /// Whether this is exactly the identifier or keyword `word`.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(text) if text == word)
    }

    /// Whether this is exactly the character `sign`.
    pub fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }

    /// The identifier, if it is one.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(text) => Some(text),
            _ => None,
        }
    }
}

/// Splits `source` into tokens. Never fails: what is not understood becomes a sign.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: source, line: 1, tokens: Vec::new() };
    while !lexer.rest.is_empty() {
        lexer.step();
    }
    lexer.tokens
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    fn step(&mut self) {
        let rest = self.rest;
        let Some(first) = rest.chars().next() else { return };
        if first.is_whitespace() {
            self.take(first.len_utf8());
        } else if rest.starts_with("//") {
            let length = rest.find('\n').unwrap_or(rest.len());
            self.emit(length, Kind::Comment(rest[..length].to_owned()));
        } else if rest.starts_with("/*") {
            let length = block_comment(rest);
            self.emit(length, Kind::Comment(rest[..length].to_owned()));
        } else if let Some((length, text)) = raw_string(rest) {
            self.emit(length, Kind::Text(text.to_owned()));
        } else if let Some((length, text)) = string(rest) {
            self.emit(length, Kind::Text(text.to_owned()));
        } else if let Some(length) = character(rest) {
            self.emit(length, Kind::Text(rest[1..length - 1].to_owned()));
        } else if is_word_char(first) {
            let start = if rest.starts_with("r#") { 2 } else { 0 };
            let end = rest[start..].find(|c| !is_word_char(c)).map_or(rest.len(), |at| start + at);
            self.emit(end, Kind::Word(rest[start..end].to_owned()));
        } else {
            self.emit(first.len_utf8(), Kind::Sign(first));
        }
    }

    fn emit(&mut self, length: usize, kind: Kind) {
        self.tokens.push(Token { line: self.line, kind });
        self.take(length);
    }

    fn take(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (0, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`, `br"…"`, `cr"…"`: the length of the whole and the text inside.
fn raw_string(rest: &str) -> Option<(usize, &str)> {
    let after = rest.strip_prefix("br").or(rest.strip_prefix("cr")).or(rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&close).unwrap_or(body.len());
    let start = rest.len() - body.len();
    Some(((start + length + close.len()).min(rest.len()), &body[..length]))
}

/// `"…"`, `b"…"`, `c"…"`.
fn string(rest: &str) -> Option<(usize, &str)> {
    let after = rest.strip_prefix(['b', 'c']).unwrap_or(rest);
    let body = after.strip_prefix('"')?;
    let start = rest.len() - body.len();
    let mut escaped = false;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((start + at + 1, &body[..at])),
            _ => {}
        }
    }
    Some((rest.len(), body))
}

/// `'x'`, `'\n'`, `b'x'`, but not the lifetime `'a`. Returns the length of the whole.
fn character(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('b').unwrap_or(rest);
    let body = after.strip_prefix('\'')?;
    let start = rest.len() - body.len();
    if let Some(escaped) = body.strip_prefix('\\') {
        // The character after the backslash may itself be a quote.
        let skipped = escaped.chars().next()?.len_utf8();
        let close = escaped[skipped..].find('\'')?;
        return Some(start + 1 + skipped + close + 1);
    }
    let first = body.chars().next()?;
    body[first.len_utf8()..].starts_with('\'').then(|| start + first.len_utf8() + 1)
}

#[cfg(test)]
mod tests {
    use super::{Kind, tokens};

    fn words(source: &str) -> Vec<String> {
        tokens(source).iter().filter_map(|token| token.word().map(str::to_owned)).collect()
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        let source = r###"let a = "std::fs"; // unsafe
            /* async /* nested */ await */ let b = r#"thread "quoted" env"#; b'\''; '\\'; 'x'"###;
        assert_eq!(words(source), ["let", "a", "let", "b"]);
    }

    #[test]
    fn lifetimes_are_not_characters() {
        assert_eq!(
            words("fn f<'a>(x: &'a str) -> &'static str"),
            ["fn", "f", "a", "x", "a", "str", "static", "str"]
        );
    }

    #[test]
    fn lines_are_counted_through_long_strings() {
        let found = tokens("\"a\nb\"\nunsafe");
        assert_eq!(found.last().map(|token| token.line), Some(3));
        assert_eq!(found[0].kind, Kind::Text("a\nb".to_owned()));
    }

    #[test]
    fn unfinished_source_does_not_panic() {
        for source in ["\"abc", "r#\"abc", "/* abc", "'", "b'", "'\\", "r#", "é'ß"] {
            tokens(source);
        }
    }
}

//! Cuts a selector into the texts of its tokens.

use super::stop::{self, Stop};

/// The texts of the tokens of a selector, brackets and all, dots taken off.
pub(super) fn split(selector: &str) -> Result<Vec<&str>, Stop> {
    let Some(first) = selector.chars().next() else { return Err(stop::unexpected("", 0)) };
    if !matches!(first, '$' | '@') {
        return Err(stop::unexpected(first.encode_utf8(&mut [0; 4]), 0));
    }
    if let Some(&second) = selector.as_bytes().get(1)
        && !matches!(second, b'.' | b'[')
    {
        // The byte is told as if it were a character.
        return Err(stop::unexpected(char::from(second).encode_utf8(&mut [0; 4]), 1));
    }
    let mut cutter = Cutter { selector, start: 1, tokens: vec![&selector[..1]], ..Cutter::default() };
    for (at, character) in selector.char_indices().skip(1) {
        cutter.take(at, character);
    }
    let last = &selector[cutter.start..];
    if !last.is_empty() {
        cutter.tokens.push(undotted(last));
    }
    Ok(cutter.tokens)
}

/// A selector on the way through its characters.
#[derive(Default)]
struct Cutter<'s> {
    selector: &'s str,
    tokens: Vec<&'s str>,
    /// Where the token begins that is being read.
    start: usize,
    /// Opening brackets of this token.
    brackets: usize,
    quotes: usize,
    /// Parentheses opened less those closed; those of a token that a bracket ended count for the next one, too.
    parentheses: i64,
    /// Brackets opened less those closed, of all tokens.
    subscripts: i64,
}

impl Cutter<'_> {
    fn take(&mut self, at: usize, character: char) {
        if at == self.start {
            (self.quotes, self.parentheses, self.brackets) = (0, 0, 0);
        }
        match character {
            '\'' => self.quotes += 1,
            '(' => self.parentheses += 1,
            ')' => self.parentheses -= 1,
            '[' => {
                self.subscripts += 1;
                self.brackets += 1;
            }
            ']' => self.subscripts -= 1,
            _ => {}
        }
        let end = at + character.len_utf8();
        let text = &self.selector[self.start..end];
        let is_open = self.quotes % 2 == 1 || self.parentheses != 0;
        match character {
            _ if text == "." => {}
            _ if text == ".." => {
                self.tokens.push(text);
                self.start = end;
            }
            '[' if matches!(text, "[" | ".[") || self.brackets > 1 => {}
            '[' => {
                self.cut(at);
                self.brackets = 1;
            }
            ']' if self.brackets > 0 && !is_open && self.subscripts == 0 => self.cut(end),
            '.' if self.brackets == 0 && !is_open => self.cut(at),
            _ => {}
        }
    }

    fn cut(&mut self, end: usize) {
        self.tokens.push(undotted(&self.selector[self.start..end]));
        self.start = end;
    }
}

fn undotted(text: &str) -> &str {
    text.strip_prefix('.').unwrap_or(text)
}

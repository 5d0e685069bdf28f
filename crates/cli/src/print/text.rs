//! Text from outside, made safe and short enough for a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A text without anything a terminal would obey: escape sequences are dropped, other control characters become
/// `·`, a tab four blanks, and what is not UTF-8 the replacement character. Line ends stay.
pub fn clean(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => clean.push('\n'),
            '\t' => clean.push_str("    "),
            '\x1b' => skip_escape(&mut chars),
            '\r' if chars.peek().is_none_or(|next| *next == '\n') => {}
            c if c.is_control() || is_steering(c) => clean.push('·'),
            c => clean.push(c),
        }
    }
    clean
}

/// As [`clean`], in one line.
pub fn clean_line(text: &[u8]) -> String {
    let mut text = clean(text);
    if text.contains('\n') {
        text = text.trim_end_matches('\n').replace('\n', " ");
    }
    text
}

/// Characters that turn the direction of a line around.
fn is_steering(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Skips what follows an ESC: a control sequence, a string up to its end, or one character.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars>) {
    match chars.next() {
        Some('[') => {
            while let Some(c) = chars.peek().copied() {
                if c.is_control() {
                    break;
                }
                chars.next();
                if ('@'..='~').contains(&c) {
                    break;
                }
            }
        }
        Some(']' | 'P' | '_' | '^') => {
            while let Some(c) = chars.peek().copied() {
                if c == '\n' {
                    break;
                }
                chars.next();
                if c == '\x07' {
                    break;
                }
                if c == '\x1b' {
                    chars.next_if_eq(&'\\');
                    break;
                }
            }
        }
        _ => {}
    }
}

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most so many columns, with `…` in place of its middle if it is longer.
pub fn elide(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let room = columns - 1;
    // Names of loops end in what tells them apart, so the end gets its share.
    let tail_room = room / 3;
    let head = take(text.chars(), room - tail_room);
    let tail: Vec<char> = take(text.chars().rev(), tail_room).chars().collect();
    head.chars().chain(['…']).chain(tail.into_iter().rev()).collect()
}

fn take(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_of_a_log() {
        assert_eq!(clean(b"a\x1b[31mred\x1b[0m\x07b\r\n"), "ared·b\n");
        assert_eq!(clean(b"\x1b]0;title\x07x"), "x");
        assert_eq!(clean(b"\x1b]0;title\x1b\\x"), "x");
        assert_eq!(clean(b"half \xff\xfe"), "half \u{fffd}\u{fffd}");
        assert_eq!(clean(b"1%\r2%"), "1%·2%");
        assert_eq!(clean_line(b"a\nb\n"), "a b");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(elide("abcdefghij", 10), "abcdefghij");
        assert_eq!(elide("abcdefghijk", 10), "abcdef…ijk");
        assert_eq!(elide("abc", 0), "");
        assert_eq!(elide("abc", 1), "…");
        assert_eq!(width(&elide("日本語日本語", 7)), 7);
    }
}

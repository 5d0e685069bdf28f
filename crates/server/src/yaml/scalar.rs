//! How a text is written: plain, in quotes, or line by line.

use super::reads_as_text;

/// The ways to write a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// How a text is written.
pub(super) fn style(text: &str, is_key: bool) -> Style {
    let traits = Traits::of(text);
    if text.contains('\n') {
        return if traits.has_special || text.ends_with(' ') || is_key {
            Style::Double
        } else {
            Style::Literal
        };
    }
    if text.is_empty() || traits.has_special || !reads_as_text(text) {
        return Style::Double;
    }
    if traits.is_marked || text.starts_with(' ') || text.ends_with(' ') {
        Style::Single
    } else {
        Style::Plain
    }
}

/// What of a text rules ways of writing it out.
struct Traits {
    /// Letters that only can be escaped, or spaces that nobody would see at the end of a line.
    has_special: bool,
    /// Signs that mean something to YAML where they stand.
    is_marked: bool,
}

impl Traits {
    fn of(text: &str) -> Traits {
        let mut traits =
            Traits { has_special: false, is_marked: text.starts_with("---") || text.starts_with("...") };
        let mut letters = text.chars().peekable();
        let mut before: Option<char> = None;
        while let Some(letter) = letters.next() {
            let next_is_blank = letters.peek().is_none_or(|next| matches!(next, ' ' | '\t' | '\n'));
            let after_blank = before.is_none_or(|before| matches!(before, ' ' | '\t' | '\n'));
            traits.has_special |= !is_printable(letter) || letter == '\n' && before == Some(' ');
            traits.is_marked |= match letter {
                '#' => after_blank,
                ':' => next_is_blank,
                '?' | '-' => before.is_none() && next_is_blank,
                letter => before.is_none() && ",[]{}&*!|>'\"%@`".contains(letter),
            };
            before = Some(letter);
        }
        traits
    }
}

/// Letters that stand for themselves. Those beyond the first plane do not, as in Go's writer.
fn is_printable(letter: char) -> bool {
    matches!(letter, '\n' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// A letter between double quotes.
pub(super) fn escaped(letter: char) -> String {
    let named = match letter {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' | '\\' => letter,
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        letter if is_printable(letter) => return letter.to_string(),
        letter => {
            return match u32::from(letter) {
                code @ 0..=0xff => format!("\\x{code:02X}"),
                code @ 0x100..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{named}")
}

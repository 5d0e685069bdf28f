//! Go's dialect of regular expressions: what it refuses, in its words, and what it means to the engine here.
//!
//! A pattern is read once from the left, as Go reads it, so that of several mistakes the same one is told.

use std::fmt::Write;
use std::iter;

/// Most times that a repetition may ask for, alone or with those around it.
const REPEAT_MAX: u32 = 1_000;

/// Names of classes of ASCII characters.
const NAMED: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// The pattern as the engine here reads it. The error is Go's, without its head.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut reader = Reader {
        pattern,
        at: 0,
        out: String::with_capacity(pattern.len() + 16),
        groups: vec![Group::default()],
    };
    reader.read()?;
    Ok(reader.out)
}

struct Reader<'p> {
    pattern: &'p str,
    at: usize,
    out: String,
    /// The groups that are open, the whole pattern first.
    groups: Vec<Group>,
}

/// What is known of an open group.
#[derive(Default)]
struct Group {
    /// How many times the last operand repeats something in it, if there is an operand to repeat.
    operand: Option<u32>,
    /// The most of all operands.
    most: u32,
}

type Read = Result<(), String>;

impl<'p> Reader<'p> {
    fn rest(&self) -> &'p str {
        &self.pattern[self.at..]
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn skip(&mut self, beginning: &str) -> bool {
        let found = self.rest().starts_with(beginning);
        if found {
            self.at += beginning.len();
        }
        found
    }

    fn refuse<T>(&self, reason: &str, from: usize) -> Result<T, String> {
        Err(format!("{reason}: `{}`", &self.pattern[from..self.at]))
    }

    fn group(&mut self) -> &mut Group {
        self.groups.last_mut().expect("the whole pattern is never closed")
    }

    fn operand(&mut self, repeats: u32) {
        let group = self.group();
        group.operand = Some(repeats);
        group.most = group.most.max(repeats);
    }

    fn literal(&mut self, character: char) {
        self.out.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
        self.operand(1);
    }

    fn read(&mut self) -> Read {
        // Where a repetition begins that came right before.
        let mut repetition = None;
        while let Some(character) = self.rest().chars().next() {
            let begin = self.at;
            let before = repetition.take();
            match character {
                '(' if self.rest().starts_with("(?") => self.read_flags()?,
                '\\' => self.read_escape()?,
                '[' => self.read_class()?,
                '{' => match self.read_count() {
                    None => {
                        self.at += 1;
                        self.literal('{');
                    }
                    Some((least, most)) => {
                        if least.max(most.unwrap_or(0)) > REPEAT_MAX || most.is_some_and(|most| least > most)
                        {
                            return self.refuse("invalid repeat count", begin);
                        }
                        self.repeat(begin, before, (least, most))?;
                        repetition = Some(before.unwrap_or(begin));
                    }
                },
                '*' | '+' | '?' => {
                    self.at += 1;
                    self.repeat(begin, before, (0, None))?;
                    repetition = Some(begin);
                }
                _ => {
                    self.at += character.len_utf8();
                    self.read_plain(character)?;
                }
            }
        }
        if self.groups.len() > 1 {
            return self.refuse("missing closing )", 0);
        }
        Ok(())
    }

    /// A character that means something by itself.
    fn read_plain(&mut self, character: char) -> Read {
        match character {
            '(' => {
                self.out.push('(');
                self.groups.push(Group::default());
            }
            '|' => {
                self.out.push('|');
                self.group().operand = None;
            }
            ')' => {
                if self.groups.len() == 1 {
                    self.at = self.pattern.len();
                    return self.refuse("unexpected )", 0);
                }
                let closed = self.groups.pop().map_or(1, |group| group.most.max(1));
                self.out.push(')');
                self.operand(closed);
            }
            '^' | '$' | '.' => {
                self.out.push(character);
                self.operand(1);
            }
            literal => self.literal(literal),
        }
        Ok(())
    }

    /// An operator of repetition that ends here; `before` is where one began right before it.
    fn repeat(&mut self, begin: usize, before: Option<usize>, (least, most): (u32, Option<u32>)) -> Read {
        self.skip("?");
        if let Some(before) = before {
            return self.refuse("invalid nested repetition operator", before);
        }
        let Some(inner) = self.group().operand else {
            return self.refuse("missing argument to repetition operator", begin);
        };
        let times = match most {
            Some(0) => 0,
            most => inner.saturating_mul(most.unwrap_or(least).max(1)),
        };
        if times > REPEAT_MAX && least.max(most.unwrap_or(0)) >= 2 {
            return self.refuse("invalid repeat count", begin);
        }
        self.out.push_str(&self.pattern[begin..self.at]);
        self.operand(times.max(1));
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}`; anything else is no repetition, and the brace stands for itself.
    fn read_count(&mut self) -> Option<(u32, Option<u32>)> {
        let begin = self.at;
        let count = self.count();
        if count.is_none() {
            self.at = begin;
        }
        count
    }

    fn count(&mut self) -> Option<(u32, Option<u32>)> {
        self.at += 1;
        let least = self.number()?;
        let most = match self.skip(",") {
            false => Some(least),
            true if self.rest().starts_with('}') => None,
            true => Some(self.number()?),
        };
        self.skip("}").then_some((least, most))
    }

    /// Digits without a zero before them; what is too large stays so.
    fn number(&mut self) -> Option<u32> {
        let rest = self.rest();
        let digits = &rest[..rest.bytes().take_while(u8::is_ascii_digit).count()];
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
            return None;
        }
        self.at += digits.len();
        Some(digits.parse().unwrap_or(u32::MAX))
    }

    /// `(?flags)`, `(?flags:`, `(?P<name>` or `(?<name>`.
    fn read_flags(&mut self) -> Read {
        const UNKNOWN: &str = "invalid or unsupported Perl syntax";
        let begin = self.at;
        self.at += 2;
        if self.skip("P<") || self.skip("<") {
            return self.read_name(begin);
        }
        let (mut flags, mut is_negated, mut has_flag) = (String::new(), false, false);
        while let Some(character) = self.next() {
            match character {
                'i' | 'm' | 's' | 'U' => {
                    // The engine here takes no flag twice; the last one counts.
                    let (on, off) = flags.split_once('-').unwrap_or((&flags, ""));
                    let (on, off) = (on.replace(character, ""), off.replace(character, ""));
                    flags = match is_negated {
                        false => format!("{on}{character}"),
                        true => format!("{on}-{off}{character}"),
                    };
                    has_flag = true;
                }
                '-' if !is_negated => (is_negated, has_flag) = (true, false),
                ':' | ')' if !is_negated || has_flag => {
                    if character == ':' {
                        let _ = write!(self.out, "(?{flags}:");
                        self.groups.push(Group::default());
                    } else if !flags.is_empty() {
                        let _ = write!(self.out, "(?{flags})");
                    }
                    return Ok(());
                }
                _ => return self.refuse(UNKNOWN, begin),
            }
        }
        self.refuse("missing closing )", 0)
    }

    fn read_name(&mut self, begin: usize) -> Read {
        const WRONG: &str = "invalid named capture";
        let Some(length) = self.rest().find('>') else {
            self.at = self.pattern.len();
            return self.refuse(WRONG, begin);
        };
        let name = &self.rest()[..length];
        self.at += length + 1;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return self.refuse(WRONG, begin);
        }
        // The engine here wants a letter first.
        let prefix = if name.starts_with(|first: char| first.is_ascii_digit()) { "_" } else { "" };
        let _ = write!(self.out, "(?P<{prefix}{name}>");
        self.groups.push(Group::default());
        Ok(())
    }

    /// What a backslash begins outside of a class.
    fn read_escape(&mut self) -> Read {
        let begin = self.at;
        let escaped = self.rest()[1..].chars().next();
        let translated = match escaped {
            Some('A') => "\\A",
            Some('z') => "\\z",
            Some('b') => "(?-u:\\b)",
            Some('B') => "\\B",
            Some('d') => "[0-9]",
            Some('D') => "[^0-9]",
            Some('w') => "[0-9A-Za-z_]",
            Some('W') => "[^0-9A-Za-z_]",
            Some('s') => "[\\t\\n\\x0c\\r ]",
            Some('S') => "[^\\t\\n\\x0c\\r ]",
            Some('C') => {
                self.at += 2;
                return self.refuse("invalid escape sequence", begin);
            }
            Some('Q') => {
                self.at += 2;
                let length = self.rest().find("\\E").unwrap_or(self.rest().len());
                let quoted = &self.rest()[..length];
                quoted.chars().for_each(|character| self.literal(character));
                self.at += length;
                self.skip("\\E");
                return Ok(());
            }
            Some('p' | 'P') => {
                self.read_property()?;
                self.operand(1);
                return Ok(());
            }
            _ => {
                let code = self.read_code()?;
                self.push_code(code);
                self.operand(1);
                return Ok(());
            }
        };
        self.at += 2;
        self.out.push_str(translated);
        self.operand(1);
        Ok(())
    }

    /// `\pN`, `\p{Greek}`, `\P{^Greek}`.
    fn read_property(&mut self) -> Read {
        const WRONG: &str = "invalid character class range";
        let begin = self.at;
        let mut is_negated = self.rest().starts_with("\\P");
        self.at += 2;
        let mut name = &self.rest()[..self.next().map_or(0, char::len_utf8)];
        if name == "{" {
            let Some(length) = self.rest().find('}') else {
                self.at = self.pattern.len();
                return self.refuse(WRONG, begin);
            };
            name = &self.rest()[..length];
            self.at += length + 1;
        }
        if let Some(inner) = name.strip_prefix('^') {
            (name, is_negated) = (inner, !is_negated);
        }
        let class = format!("\\{}{{{name}}}", if is_negated { 'P' } else { 'p' });
        // The engine here would also take properties of another form, such as `script=Greek`.
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name || regex::Regex::new(&class).is_err() {
            return self.refuse(WRONG, begin);
        }
        self.out.push_str(&class);
        Ok(())
    }

    /// The character that an escape stands for, in and outside of classes.
    fn read_code(&mut self) -> Result<u32, String> {
        let begin = self.at;
        self.at += 1;
        let Some(escaped) = self.next() else {
            return Err("trailing backslash at end of expression: ``".to_owned());
        };
        let is_octal = |character: char| ('0'..='7').contains(&character);
        let code = match escaped {
            'a' => Some(7),
            'f' => Some(12),
            'n' => Some(10),
            'r' => Some(13),
            't' => Some(9),
            'v' => Some(11),
            'x' => self.hexadecimal(),
            // A single digit would be a reference to a group.
            '1'..='7' if !self.rest().starts_with(is_octal) => None,
            '0'..='7' => {
                let length = self.rest().chars().take(2).take_while(|digit| is_octal(*digit)).count();
                let digits = self.rest()[..length].chars();
                self.at += length;
                Some(
                    iter::once(escaped)
                        .chain(digits)
                        .fold(0, |code, digit| code * 8 + (digit as u32 - '0' as u32)),
                )
            }
            _ if escaped.is_ascii() && !escaped.is_ascii_alphanumeric() => Some(escaped as u32),
            _ => None,
        };
        match code {
            Some(code) => Ok(code),
            None => self.refuse("invalid escape sequence", begin),
        }
    }

    /// `7f` or `{10ffff}`, behind `\x`.
    fn hexadecimal(&mut self) -> Option<u32> {
        let first = self.next()?;
        if first != '{' {
            let second = self.next();
            return Some(first.to_digit(16)? << 4 | second?.to_digit(16)?);
        }
        let (mut code, mut digits) = (0, 0);
        loop {
            match self.next()? {
                '}' => return (digits > 0).then_some(code),
                digit => code = code * 16 + digit.to_digit(16)?,
            }
            digits += 1;
            if code > char::MAX as u32 {
                return None;
            }
        }
    }

    fn push_code(&mut self, code: u32) {
        match char::from_u32(code) {
            Some(character) => self.out.push_str(&regex::escape(character.encode_utf8(&mut [0; 4]))),
            // Half a surrogate, which no text has.
            None => self.out.push_str("[^\\x00-\\x{10ffff}]"),
        }
    }

    /// A class in brackets.
    fn read_class(&mut self) -> Read {
        let begin = self.at;
        self.at += 1;
        self.out.push('[');
        if self.skip("^") {
            self.out.push('^');
        }
        let mut is_first = true;
        while is_first || !self.rest().starts_with(']') {
            is_first = false;
            self.read_member(begin)?;
        }
        self.at += 1;
        self.out.push(']');
        self.operand(1);
        Ok(())
    }

    fn read_member(&mut self, class: usize) -> Read {
        let begin = self.at;
        if let Some(rest) = self.rest().strip_prefix("[:")
            && let Some((name, _)) = rest.split_once(":]")
        {
            self.at += "[::]".len() + name.len();
            if !NAMED.contains(&name.strip_prefix('^').unwrap_or(name)) {
                return self.refuse("invalid character class range", begin);
            }
            self.out.push_str(&self.pattern[begin..self.at]);
            return Ok(());
        }
        let translated = match self.rest().strip_prefix('\\').and_then(|rest| rest.chars().next()) {
            Some('p' | 'P') => return self.read_property(),
            Some('d') => "0-9",
            Some('D') => "[^0-9]",
            Some('w') => "0-9A-Za-z_",
            Some('W') => "[^0-9A-Za-z_]",
            Some('s') => "\\t\\n\\x0c\\r ",
            Some('S') => "[^\\t\\n\\x0c\\r ]",
            _ => return self.read_range(begin, class),
        };
        self.at += 2;
        self.out.push_str(translated);
        Ok(())
    }

    /// A character of a class, or two with a hyphen between them.
    fn read_range(&mut self, begin: usize, class: usize) -> Read {
        let low = self.read_class_character(class)?;
        let mut after = self.rest().chars();
        let high = match (after.next(), after.next()) {
            (Some('-'), Some(end)) if end != ']' => {
                self.at += 1;
                self.read_class_character(class)?
            }
            _ => low,
        };
        if high < low {
            return self.refuse("invalid character class range", begin);
        }
        // Go knows half surrogates, but no text has any.
        let low = if char::from_u32(low).is_none() { 0xe000 } else { low };
        let high = if char::from_u32(high).is_none() { 0xd7ff } else { high };
        if low <= high {
            let _ = write!(self.out, "\\x{{{low:x}}}-\\x{{{high:x}}}");
        }
        Ok(())
    }

    fn read_class_character(&mut self, class: usize) -> Result<u32, String> {
        if self.rest().starts_with('\\') {
            return self.read_code();
        }
        match self.next() {
            Some(character) => Ok(character as u32),
            None => self.refuse("missing closing ]", class),
        }
    }
}

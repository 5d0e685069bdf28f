//! Go's `printf` for one integer, as `withSequence.format` uses it (EX-194).

use crate::go;

/// Flags, width and precision of one directive.
#[derive(Default)]
struct Directive {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Widest field and highest precision that are honoured.
const WIDTH_MAX: usize = 1_000;

/// Formats one `int`; wrong directives are reported in the text, as Go does.
pub(crate) fn integer(format: &str, number: i64) -> String {
    let mut printer = Printer { out: String::new(), format, at: 0, argument: 0, reordered: false };
    printer.run(number);
    printer.out
}

struct Printer<'f> {
    out: String,
    format: &'f str,
    at: usize,
    argument: usize,
    reordered: bool,
}

impl Printer<'_> {
    fn peek(&self) -> Option<char> {
        self.format[self.at..].chars().next()
    }

    fn accept(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.at += expected.len_utf8();
        }
        found
    }

    fn run(&mut self, number: i64) {
        let mut ever_reordered = false;
        while self.at < self.format.len() {
            let end = self.format[self.at..].find('%').map_or(self.format.len(), |found| self.at + found);
            self.out.push_str(&self.format[self.at..end]);
            self.at = end;
            if self.accept('%') {
                self.reordered = false;
                self.directive(number);
                ever_reordered |= self.reordered;
            }
        }
        if !ever_reordered && self.argument == 0 {
            go::push(&mut self.out, format_args!("%!(EXTRA int={number})"));
        }
    }

    fn directive(&mut self, number: i64) {
        let mut directive = Directive::default();
        loop {
            match self.peek() {
                Some('#') => directive.sharp = true,
                Some('0') => directive.zero = true,
                Some('+') => directive.plus = true,
                Some('-') => directive.minus = true,
                Some(' ') => directive.space = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut good_index = self.index();
        if self.accept('*') {
            directive.width = self.star(number, &mut directive.minus);
        } else {
            let start = self.at;
            directive.width = self.number();
            good_index &= start == self.at || !self.reordered;
        }
        if self.accept('.') {
            good_index &= self.index();
            if self.accept('*') {
                directive.precision = self.star(number, &mut false);
            } else {
                directive.precision = Some(self.number().unwrap_or(0));
            }
        }
        if !self.reordered {
            good_index &= self.index();
        }
        let Some(verb) = self.peek() else {
            self.out.push_str("%!(NOVERB)");
            return;
        };
        self.at += verb.len_utf8();
        match verb {
            '%' => self.out.push('%'),
            _ if !good_index => go::push(&mut self.out, format_args!("%!{verb}(BADINDEX)")),
            _ if self.argument >= 1 => go::push(&mut self.out, format_args!("%!{verb}(MISSING)")),
            _ => {
                self.argument += 1;
                self.out.push_str(&directive.write(verb, number));
            }
        }
    }

    /// Reads `[n]`; answers whether it was legal.
    fn index(&mut self) -> bool {
        if self.peek() != Some('[') {
            return true;
        }
        self.reordered = true;
        let Some(close) = self.format[self.at..].find(']') else {
            self.at += 1;
            return false;
        };
        let index = self.format[self.at + 1..self.at + close].parse::<usize>();
        self.at += close + 1;
        match index {
            Ok(1) => {
                self.argument = 0;
                true
            }
            _ => false,
        }
    }

    fn number(&mut self) -> Option<usize> {
        let digits = self.format[self.at..].bytes().take_while(u8::is_ascii_digit).count();
        let text = &self.format[self.at..self.at + digits];
        self.at += digits;
        text.parse().ok().map(|number: usize| number.min(WIDTH_MAX))
    }

    /// A width or precision taken from the arguments.
    fn star(&mut self, number: i64, minus: &mut bool) -> Option<usize> {
        if self.argument >= 1 {
            self.out.push_str("%!(BADWIDTH)");
            return None;
        }
        self.argument += 1;
        *minus |= number < 0;
        Some((number.unsigned_abs() as usize).min(WIDTH_MAX))
    }
}

impl Directive {
    fn write(&self, verb: char, number: i64) -> String {
        match verb {
            'v' if self.sharp => {
                Directive { sharp: false, ..self.clone_flags() }.digits(number, 10, false, "")
            }
            'd' | 'v' => self.digits(number, 10, false, ""),
            'b' => self.digits(number, 2, false, if self.sharp { "0b" } else { "" }),
            'o' => self.digits(number, 8, false, if self.sharp { "0" } else { "" }),
            'O' => self.digits(number, 8, false, "0o"),
            'x' => self.digits(number, 16, false, if self.sharp { "0x" } else { "" }),
            'X' => self.digits(number, 16, true, if self.sharp { "0X" } else { "" }),
            'c' => self.pad(character(number).to_string()),
            'q' => self.pad(format!("'{}'", escaped(character(number)))),
            'U' => {
                let mut text = format!("U+{number:04X}");
                if self.sharp && go::is_print(character(number)) {
                    go::push(&mut text, format_args!(" '{}'", character(number)));
                }
                self.pad(text)
            }
            'T' => self.pad("int".to_owned()),
            verb => {
                let value = self.digits(number, 10, false, "");
                format!("%!{verb}(int={value})")
            }
        }
    }

    fn clone_flags(&self) -> Directive {
        Directive { ..*self }
    }

    fn digits(&self, number: i64, base: u32, upper: bool, prefix: &str) -> String {
        let mut digits = in_base(number.unsigned_abs(), base, upper);
        let sign = match (number < 0, self.plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        let width = match (self.precision, self.zero && !self.minus, self.width) {
            (Some(0), _, _) if number == 0 => return self.pad(String::new()),
            (Some(precision), _, _) => precision,
            (None, true, Some(width)) => width.saturating_sub(sign.len()),
            _ => 0,
        };
        if digits.len() < width {
            digits.insert_str(0, &"0".repeat(width - digits.len()));
        }
        let prefix = if prefix == "0" && digits.starts_with('0') { "" } else { prefix };
        self.pad(format!("{sign}{prefix}{digits}"))
    }

    fn pad(&self, text: String) -> String {
        let length = text.chars().count();
        let fill = " ".repeat(self.width.unwrap_or(0).saturating_sub(length));
        if self.minus { text + &fill } else { fill + &text }
    }
}

fn character(number: i64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
}

fn escaped(character: char) -> String {
    match character {
        '\'' => "\\'".to_owned(),
        '"' => "\"".to_owned(),
        _ => {
            let quoted = go::quote(&character.to_string());
            quoted[1..quoted.len() - 1].to_owned()
        }
    }
}

fn in_base(mut value: u64, base: u32, upper: bool) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = char::from_digit((value % u64::from(base)) as u32, base).unwrap_or('0');
        digits.push(if upper { digit.to_ascii_uppercase() } else { digit });
        value /= u64::from(base);
        if value == 0 {
            return digits.iter().rev().collect();
        }
    }
}

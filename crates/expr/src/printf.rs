//! Go's `printf` for one integer, as `withSequence.format` uses it (EX-194).

use crate::go;

/// Flags, width and precision of one directive.
#[derive(Clone, Default)]
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

/// A width, precision or index above this is none to Go.
const NUMBER_MAX: usize = 1_000_000;

/// Formats one `int`; wrong directives are reported in the text, as Go does.
pub(crate) fn integer(format: &str, number: i64) -> String {
    let mut printer = Printer {
        out: String::new(),
        format,
        at: 0,
        number,
        used: false,
        reordered: false,
        good_index: true,
    };
    printer.run();
    printer.out
}

/// Walks over a format. There is one argument; what is beyond it is missing.
struct Printer<'f> {
    out: String,
    format: &'f str,
    at: usize,
    number: i64,
    /// The next argument would be the second.
    used: bool,
    /// Some directive said which argument it takes.
    reordered: bool,
    /// The directive at hand takes an argument that there is.
    good_index: bool,
}

impl Printer<'_> {
    fn rest(&self) -> &str {
        &self.format[self.at..]
    }

    fn accept(&mut self, expected: char) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len_utf8();
        }
        found
    }

    fn run(&mut self) {
        while self.at < self.format.len() {
            let text = self.rest().find('%').unwrap_or(self.rest().len());
            self.out.push_str(&self.format[self.at..self.at + text]);
            self.at += text;
            if self.accept('%') {
                self.good_index = true;
                self.directive();
            }
        }
        if !self.reordered && !self.used {
            go::push(&mut self.out, format_args!("%!(EXTRA int={})", self.number));
        }
    }

    fn directive(&mut self) {
        let mut directive = self.flags();
        let mut after_index = self.index();
        if self.accept('*') {
            self.width_of_argument(&mut directive);
            after_index = false;
        } else {
            directive.width = self.bounded_number();
            self.good_index &= !(after_index && directive.width.is_some());
        }
        if self.rest().starts_with('.') && self.rest().len() > 1 {
            self.at += 1;
            self.good_index &= !after_index;
            after_index = self.index();
            if self.accept('*') {
                directive.precision = self.precision_of_argument();
                after_index = false;
            } else {
                directive.precision = Some(self.bounded_number().unwrap_or(0));
            }
        }
        if !after_index {
            self.index();
        }
        let Some(verb) = self.rest().chars().next() else {
            self.out.push_str("%!(NOVERB)");
            return;
        };
        self.at += verb.len_utf8();
        self.verb(directive, verb);
    }

    fn verb(&mut self, mut directive: Directive, verb: char) {
        if verb == '%' {
            self.out.push('%');
        } else if !self.good_index {
            go::push(&mut self.out, format_args!("%!{verb}(BADINDEX)"));
        } else if self.used {
            go::push(&mut self.out, format_args!("%!{verb}(MISSING)"));
        } else {
            self.used = true;
            // For these the flags ask for more about structures, of which a number has none.
            if matches!(verb, 'v' | 'w') {
                directive = Directive { sharp: false, plus: false, ..directive };
            }
            self.out.push_str(&directive.write(verb, self.number));
        }
    }

    fn flags(&mut self) -> Directive {
        let mut directive = Directive::default();
        loop {
            match self.rest().bytes().next() {
                Some(b'#') => directive.sharp = true,
                Some(b'0') => directive.zero = true,
                Some(b'+') => directive.plus = true,
                Some(b'-') => directive.minus = true,
                Some(b' ') => directive.space = true,
                _ => return directive,
            }
            self.at += 1;
        }
    }

    /// Reads `[n]`, the argument to take; answers whether there is something of this form.
    fn index(&mut self) -> bool {
        if !self.rest().starts_with('[') {
            return false;
        }
        self.reordered = true;
        let close = self.rest().find(']').filter(|_| self.rest().len() >= 3);
        let Some(close) = close else {
            self.at += 1;
            self.good_index = false;
            return false;
        };
        let digits = &self.rest()[1..close];
        let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let index = digits.parse::<usize>().ok().filter(|_| is_number);
        self.at += close + 1;
        match index {
            Some(1) => self.used = false,
            _ => self.good_index = false,
        }
        is_number
    }

    /// A number of the format. Where one is too large, Go gives up on all that follows.
    fn number(&mut self) -> Option<usize> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        let (number, before_last) = (&self.rest()[..digits], &self.rest()[..digits - 1]);
        let is_too_large = before_last.parse::<usize>().is_ok_and(|number| number > NUMBER_MAX);
        let number = number.parse().ok().filter(|_| !is_too_large);
        self.at = if number.is_some() { self.at + digits } else { self.format.len() };
        number
    }

    fn bounded_number(&mut self) -> Option<usize> {
        self.number().map(|number| number.min(WIDTH_MAX))
    }

    /// The argument as a number of the format, if it is left and not too large.
    fn argument(&mut self) -> Option<i64> {
        let is_left = !std::mem::replace(&mut self.used, true);
        Some(self.number).filter(|number| is_left && number.unsigned_abs() <= NUMBER_MAX as u64)
    }

    fn width_of_argument(&mut self, directive: &mut Directive) {
        let Some(width) = self.argument() else {
            self.out.push_str("%!(BADWIDTH)");
            return;
        };
        if width < 0 {
            directive.minus = true;
            directive.zero = false;
        }
        directive.width = Some((width.unsigned_abs() as usize).min(WIDTH_MAX));
    }

    fn precision_of_argument(&mut self) -> Option<usize> {
        let precision = self.argument().and_then(|precision| usize::try_from(precision).ok());
        if precision.is_none() {
            self.out.push_str("%!(BADPREC)");
        }
        precision.map(|precision| precision.min(WIDTH_MAX))
    }
}

impl Directive {
    fn write(&self, verb: char, number: i64) -> String {
        match verb {
            'd' | 'v' | 'b' | 'o' | 'O' | 'x' | 'X' => self.digits(verb, number),
            'c' => self.pad(&character(number).to_string()),
            'q' => self.pad(&format!("'{}'", self.escaped(character(number)))),
            'U' => self.code_point(number),
            'T' => {
                let name = "int";
                self.pad(&name[..self.precision.unwrap_or(name.len()).min(name.len())])
            }
            verb => {
                let value = self.digits('v', number);
                format!("%!{verb}(int={value})")
            }
        }
    }

    /// A number in the base of a verb. Zeros in front of it are digits of it, so that they stand after the sign.
    fn digits(&self, verb: char, number: i64) -> String {
        let (base, prefix) = match (verb, self.sharp) {
            ('b', sharp) => (2, if sharp { "0b" } else { "" }),
            ('o', _) => (8, ""),
            ('O', _) => (8, "0o"),
            ('x', true) => (16, "0x"),
            ('X', true) => (16, "0X"),
            ('x' | 'X', false) => (16, ""),
            _ => (10, ""),
        };
        let spaced = Directive { zero: false, ..self.clone() };
        let sign = match (number < 0, self.plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        let width = match (self.precision, self.zero && !self.minus, self.width) {
            (Some(0), _, _) if number == 0 => return spaced.pad(""),
            (Some(precision), _, _) => precision,
            (None, true, Some(width)) => width.saturating_sub(sign.len()),
            _ => 0,
        };
        let mut digits = in_base(number.unsigned_abs(), base, verb == 'X');
        if digits.len() < width {
            digits.insert_str(0, &"0".repeat(width - digits.len()));
        }
        if self.sharp && base == 8 && !digits.starts_with('0') {
            digits.insert(0, '0');
        }
        spaced.pad(&format!("{sign}{prefix}{digits}"))
    }

    fn code_point(&self, number: i64) -> String {
        let digits = self.precision.unwrap_or(0).max(4);
        let mut text = format!("U+{number:0digits$X}");
        let character = u32::try_from(number).ok().and_then(char::from_u32);
        if let Some(character) = character.filter(|character| self.sharp && go::is_print(*character)) {
            go::push(&mut text, format_args!(" '{character}'"));
        }
        Directive { zero: false, ..self.clone() }.pad(&text)
    }

    /// A character as it stands between single quotes.
    fn escaped(&self, character: char) -> String {
        match character {
            '\'' => "\\'".to_owned(),
            '"' => "\"".to_owned(),
            beyond if self.plus && beyond > '\u{ffff}' => format!("\\U{:08x}", u32::from(beyond)),
            beyond if self.plus && !beyond.is_ascii() => format!("\\u{:04x}", u32::from(beyond)),
            _ => {
                let quoted = go::quote(&character.to_string());
                quoted[1..quoted.len() - 1].to_owned()
            }
        }
    }

    fn pad(&self, text: &str) -> String {
        let length = text.chars().count();
        let fill = if self.zero && !self.minus { "0" } else { " " };
        let fill = fill.repeat(self.width.unwrap_or(0).saturating_sub(length));
        if self.minus { format!("{text}{fill}") } else { format!("{fill}{text}") }
    }
}

fn character(number: i64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
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

#[cfg(test)]
mod tests {
    use super::integer;

    /// Answers of Go's own `Sprintf` (EX-194).
    #[test]
    fn numbers_are_written_as_go_writes_them() {
        for (format, number, expected) in [
            ("%+v", 7, "7"),
            ("%+w", 7, "%!w(int=7)"),
            ("%+05d", 7, "+0007"),
            ("%+z", 7, "%!z(int=+7)"),
            ("%#O", 7, "0o07"),
            ("%#o", 7, "07"),
            ("%#X", 255, "0XFF"),
            ("%X", 255, "FF"),
            ("%05c", 65, "0000A"),
            ("%05q", 65, "00'A'"),
            ("%05T", 7, "00int"),
            ("%5.2T", 7, "   in"),
            ("%+q", 128512, "'\\U0001f600'"),
            ("%+q", 233, "'\\u00e9'"),
            ("%+5q", -3, "'\\ufffd'"),
            ("%q", 39, "'\\''"),
            ("%#U", -3, "U+FFFFFFFFFFFFFFFD"),
            ("%#U", 65, "U+0041 'A'"),
            ("%05U", 65, "U+0041"),
            ("%.6U", 65, "U+000041"),
            ("%*d", 5, "%!d(MISSING)"),
            ("%-*d|", -5, "%!d(MISSING)|"),
            ("%*d", 1114112, "%!(BADWIDTH)%!d(MISSING)"),
            ("%.*d", -3, "%!(BADPREC)%!d(MISSING)"),
            ("%[1]*[1]d", 3, "  3"),
            ("%[1]5d", 7, "%!d(BADINDEX)"),
            ("%[2]d", 7, "%!d(BADINDEX)"),
            ("%5.", 7, "%!.(int=    7)"),
            ("%99999999d", 7, "%!(NOVERB)%!(EXTRA int=7)"),
            ("%.0d", 0, ""),
            ("%d%d", 7, "7%!d(MISSING)"),
            ("x", 7, "x%!(EXTRA int=7)"),
            ("%", 7, "%!(NOVERB)%!(EXTRA int=7)"),
        ] {
            assert_eq!(integer(format, number), expected, "{format} of {number}");
        }
    }
}

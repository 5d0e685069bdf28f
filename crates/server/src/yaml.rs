//! YAML as Argo's programs write it (CLI-023): keys sorted, lists as far left as their key, long lines folded.
//!
//! People compare such texts line by line, with each other and with what they keep in Git; so not only what a document
//! means is to be the same, but how it looks.

use serde_json::{Map, Number, Value};
use std::sync::Arc;
use tiphys_expr::time::Zone;

mod order;
mod scalar;

use scalar::{Style, style};

/// Spaces of one level.
const STEP: usize = 2;

/// Columns after which a long scalar goes on in the next line.
const COLUMNS: usize = 80;

/// Longest key that stands before its colon; longer ones stand after a question mark.
const KEY_BYTES_MAX: usize = 128;

/// A document, ended by a newline.
pub fn yaml(value: &Value) -> String {
    let mut writer = Writer::default();
    match value {
        Value::Object(fields) if !fields.is_empty() => writer.map(fields, 0, false),
        Value::Array(items) if !items.is_empty() => writer.list(items, 0, false),
        scalar => writer.scalar(scalar, STEP),
    }
    if writer.column > 0 {
        writer.end_line();
    }
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Characters that stand in the line.
    column: usize,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn end_line(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Begins a line, unless one that is empty was begun.
    fn line(&mut self, indent: usize) {
        if self.column > 0 {
            self.end_line();
        }
        self.push(&" ".repeat(indent));
    }

    fn map(&mut self, fields: &Map<String, Value>, indent: usize, mut inline: bool) {
        let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
        sorted.sort_by(|(one, _), (other, _)| order::compare(one, other));
        for (key, value) in sorted {
            if !std::mem::take(&mut inline) {
                self.line(indent);
            }
            if key.len() > KEY_BYTES_MAX || key.contains('\n') {
                self.push("? ");
                self.text(key, indent + STEP, false);
                self.line(indent);
                self.push(":");
                self.after_dash(value, indent);
            } else {
                self.text(key, indent, true);
                self.push(":");
                self.after_key(value, indent);
            }
        }
    }

    fn list(&mut self, items: &[Value], indent: usize, mut inline: bool) {
        for item in items {
            if !std::mem::take(&mut inline) {
                self.line(indent);
            }
            self.push("-");
            self.after_dash(item, indent);
        }
    }

    /// What a key of a map at `indent` holds.
    fn after_key(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Object(fields) if !fields.is_empty() => self.map(fields, indent + STEP, false),
            Value::Array(items) if !items.is_empty() => self.list(items, indent, false),
            scalar => {
                self.push(" ");
                self.scalar(scalar, indent + STEP);
            }
        }
    }

    /// What begins in the same line as its mark at `indent`.
    fn after_dash(&mut self, value: &Value, indent: usize) {
        self.push(" ");
        match value {
            Value::Object(fields) if !fields.is_empty() => self.map(fields, indent + STEP, true),
            Value::Array(items) if !items.is_empty() => self.list(items, indent + STEP, true),
            scalar => self.scalar(scalar, indent + STEP),
        }
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Null => self.push("null"),
            Value::Bool(truth) => self.push(if *truth { "true" } else { "false" }),
            Value::Number(number) => self.push(&number_text(number)),
            Value::String(text) => self.text(text, indent, false),
            Value::Array(_) => self.push("[]"),
            Value::Object(_) => self.push("{}"),
        }
    }

    /// A text whose further lines begin at `indent`.
    fn text(&mut self, text: &str, indent: usize, is_key: bool) {
        match style(text, is_key) {
            Style::Plain => self.folded(text, indent, is_key, |_, _| false, plain),
            Style::Single => {
                self.push("'");
                self.folded(text, indent, is_key, |at, len| at == 0 || at + 1 == len, single);
                self.push("'");
            }
            Style::Double => {
                self.push("\"");
                self.double(text, indent, is_key);
                self.push("\"");
            }
            Style::Literal => self.literal(text, indent),
        }
    }

    /// Folds at single spaces; `never` names places where none may be.
    fn folded(
        &mut self,
        text: &str,
        indent: usize,
        is_key: bool,
        never: fn(usize, usize) -> bool,
        spell: fn(char, &mut String),
    ) {
        let mut letters = text.char_indices().peekable();
        let mut after_space = false;
        let mut spelled = String::new();
        while let Some((at, letter)) = letters.next() {
            let is_space = letter == ' ';
            let is_last_space = letters.peek().is_none_or(|(_, next)| *next != ' ');
            let may = !is_key && !after_space && self.column > COLUMNS && is_last_space;
            if is_space && may && !never(at, text.len()) {
                self.line(indent);
            } else {
                spelled.clear();
                spell(letter, &mut spelled);
                self.push(&spelled);
            }
            after_space = is_space;
        }
    }

    fn double(&mut self, text: &str, indent: usize, is_key: bool) {
        let mut letters = text.char_indices().peekable();
        let mut after_space = false;
        while let Some((at, letter)) = letters.next() {
            let is_space = letter == ' ';
            let may = !is_key && !after_space && self.column > COLUMNS;
            if is_space && may && at > 0 && at + 1 < text.len() {
                self.line(indent);
                if letters.peek().is_some_and(|(_, next)| *next == ' ') {
                    self.push("\\");
                }
            } else {
                self.push(&scalar::escaped(letter));
            }
            after_space = is_space;
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.push("|");
        if text.starts_with([' ', '\n']) {
            self.push(&STEP.to_string());
        }
        match text.strip_suffix('\n') {
            None => self.push("-"),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => self.push("+"),
            Some(_) => {}
        }
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.end_line();
            if !line.is_empty() {
                self.push(&" ".repeat(indent));
                self.push(line);
            }
        }
        if text.ends_with('\n') {
            self.end_line();
        }
    }
}

fn plain(letter: char, out: &mut String) {
    out.push(letter);
}

fn single(letter: char, out: &mut String) {
    out.push(letter);
    if letter == '\'' {
        out.push(letter);
    }
}

/// A number in the shortest digits, with an exponent where Go's `%g` has one.
fn number_text(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else { return number.to_string() };
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if float != 0.0 && !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{float}"),
    }
}

/// Whether a text that stands without quotes is read as this text again, by every reader of YAML 1.1.
fn reads_as_text(text: &str) -> bool {
    tiphys_spec::is_plain_text(text) && text != "<<" && !is_time(text) && !is_sexagesimal(text)
}

/// The forms of a time that YAML has.
const TIMES: [&str; 4] = [
    "2006-1-2T15:4:5.999999999Z07:00",
    "2006-1-2t15:4:5.999999999Z07:00",
    "2006-1-2 15:4:5.999999999",
    "2006-1-2",
];

fn is_time(text: &str) -> bool {
    let begins =
        text.len() > 4 && text.as_bytes()[4] == b'-' && text.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    let zone = Arc::new(Zone::Utc);
    begins && TIMES.iter().any(|layout| tiphys_expr::time::parse(layout, text, &zone).is_ok())
}

/// `1:30`: a number of base 60 for old readers.
fn is_sexagesimal(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let mut later = parts.peekable();
    let is_part = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [tens, one] => (b'0'..=b'5').contains(tens) && one.is_ascii_digit(),
        _ => false,
    };
    first.starts_with(|letter: char| letter.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && later.peek().is_some()
        && later.all(is_part)
}

#[cfg(test)]
mod tests;

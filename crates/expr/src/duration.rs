//! Durations in Go's notation, Argo's lenient dialect of it, and the words used in messages (OB-008).

use crate::go;
use crate::time::quoted;

const SECOND: i64 = 1_000_000_000;

/// Parses Go syntax (`1h30m`, `1.5s`, `-2us`) into nanoseconds.
pub fn go(text: &str) -> Result<i64, String> {
    parse(text).ok_or_else(|| explain(text))
}

/// Parses Argo's lenient dialect: an integer is seconds, anything else is Go syntax.
///
/// A number of seconds that does not fit wraps around, as in the reference.
pub fn lenient(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = go::atoi(text) {
        return Ok(seconds.wrapping_mul(SECOND));
    }
    go(text).map_err(|message| format!("unable to parse {text} as a duration: {message}"))
}

/// The shortest Go spelling: `1h0m0s`, `1.5s`, `100ms`.
pub fn format_go(nanos: i64) -> String {
    let negative = nanos < 0;
    let total = nanos.unsigned_abs();
    if total == 0 {
        return "0s".to_owned();
    }
    let sign = if negative { "-" } else { "" };
    if total < SECOND as u64 {
        let (unit, scale) = match total {
            0..=999 => ("ns", 1),
            1_000..=999_999 => ("µs", 1_000),
            _ => ("ms", 1_000_000),
        };
        return format!("{sign}{}{unit}", decimal(total, scale));
    }
    let seconds = total / SECOND as u64;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let rest = decimal(total % (60 * SECOND as u64), SECOND as u64);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{rest}s"),
        (0, minutes) => format!("{sign}{minutes}m{rest}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{rest}s"),
    }
}

/// `value / scale` in decimal without trailing zeros; `scale` is a power of ten.
fn decimal(value: u64, scale: u64) -> String {
    let (whole, part) = (value / scale, value % scale);
    if part == 0 {
        return whole.to_string();
    }
    let width = scale.ilog10() as usize;
    let digits = format!("{part:0width$}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

/// The words of messages such as "Backoff for 1 minute 30 seconds": the two leading units.
///
/// A negative duration loses the second unit, as in the reference.
pub fn humanize(nanos: i64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = nanos.unsigned_abs() / SECOND as u64;
    let (first, rest, unit) = match seconds {
        0..=59 => return count(seconds, "second"),
        60..=3_599 => (count(seconds / MINUTE, "minute"), seconds % MINUTE, "seconds"),
        3_600..=86_399 => (count(seconds / HOUR, "hour"), seconds % HOUR / MINUTE, "minutes"),
        _ => (days(seconds / DAY), seconds % DAY / HOUR, "hours"),
    };
    if nanos < 0 { first } else { format!("{first} {rest} {unit}") }
}

/// Days in the largest unit that fits; months have 30 days and years 12 months here.
fn days(days: u64) -> String {
    match days {
        0..=6 => count(days, "day"),
        7..=29 => count(days / 7, "week"),
        30..=359 => count(days / 30, "month"),
        360..=539 => "1 year".to_owned(),
        540..=719 => "2 years".to_owned(),
        720..=13_319 => count(days / 360, "year"),
        _ => "a long while".to_owned(),
    }
}

fn count(number: u64, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

fn unit_nanos(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND as u64,
        "m" => 60 * SECOND as u64,
        "h" => 3600 * SECOND as u64,
        _ => return None,
    })
}

/// One `number unit` at the start of a text.
struct Part<'t> {
    whole: &'t str,
    fraction: &'t str,
    unit: &'t str,
    rest: &'t str,
}

/// Splits the first part off, or `None` when there is no digit.
fn split_part(text: &str) -> Option<Part<'_>> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, mut rest) = text.split_at(digits(text));
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix('.') {
        (fraction, rest) = after.split_at(digits(after));
    }
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unit = rest.bytes().take_while(|byte| *byte != b'.' && !byte.is_ascii_digit()).count();
    let (unit, rest) = rest.split_at(unit);
    Some(Part { whole, fraction, unit, rest })
}

fn parse(text: &str) -> Option<i64> {
    let (negative, mut rest) = signed(text);
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let part = split_part(rest)?;
        let unit = unit_nanos(part.unit)?;
        let whole = if part.whole.is_empty() { 0 } else { part.whole.parse::<u64>().ok()? };
        let mut nanos = whole.checked_mul(unit)?;
        if !part.fraction.is_empty() {
            nanos = nanos.checked_add(fraction_nanos(part.fraction, unit))?;
        }
        total = total.checked_add(nanos)?;
        if total > 1 << 63 {
            return None;
        }
        rest = part.rest;
    }
    match (negative, total) {
        (true, total) => Some((total as i64).wrapping_neg()),
        (false, total) => i64::try_from(total).ok(),
    }
}

/// The nanoseconds of `0.<fraction>` units, truncated; digits beyond what fits are ignored.
fn fraction_nanos(fraction: &str, unit: u64) -> u64 {
    let mut value: u64 = 0;
    let mut scale = 1.0_f64;
    for digit in fraction.bytes() {
        let next = value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0')));
        match next {
            Some(next) if next <= i64::MAX as u64 => value = next,
            _ => break,
        }
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// Why a text is no Go duration, in Go's words.
fn explain(text: &str) -> String {
    let whole = quoted(text);
    let (_, mut rest) = signed(text);
    while !rest.is_empty() {
        let Some(part) = split_part(rest) else { break };
        if part.unit.is_empty() {
            return format!("time: missing unit in duration {whole}");
        }
        if unit_nanos(part.unit).is_none() {
            return format!("time: unknown unit {} in duration {whole}", quoted(part.unit));
        }
        rest = part.rest;
    }
    format!("time: invalid duration {whole}")
}

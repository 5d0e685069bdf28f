//! Go's time layouts: the reference time "Mon Jan 2 15:04:05 MST 2006" as a pattern.

use std::sync::Arc;

use super::{Civil, Time, Zone, days_in, month_name, parse_error, quoted, weekday_name};
use crate::go;

/// One element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Std {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperNoon,
    LowerNoon,
    ZoneName,
    Offset(OffsetStyle),
    /// Digits of a fraction that are always written, and the sign before them.
    Fraction0(usize, char),
    /// Digits of a fraction without trailing zeros.
    Fraction9(usize, char),
}

/// How an offset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OffsetStyle {
    z_for_utc: bool,
    colon: bool,
    minutes: bool,
    seconds: bool,
}

const OFFSETS: [(&str, OffsetStyle); 10] = [
    ("-07:00:00", style(false, true, true, true)),
    ("-070000", style(false, false, true, true)),
    ("-07:00", style(false, true, true, false)),
    ("-0700", style(false, false, true, false)),
    ("-07", style(false, false, false, false)),
    ("Z07:00:00", style(true, true, true, true)),
    ("Z070000", style(true, false, true, true)),
    ("Z07:00", style(true, true, true, false)),
    ("Z0700", style(true, false, true, false)),
    ("Z07", style(true, false, false, false)),
];

const fn style(z_for_utc: bool, colon: bool, minutes: bool, seconds: bool) -> OffsetStyle {
    OffsetStyle { z_for_utc, colon, minutes, seconds }
}

/// The text before the first element, the element with its spelling, and the rest.
fn next(layout: &str) -> (&str, Option<(Std, &str)>, &str) {
    for (at, _) in layout.char_indices() {
        if let Some((std, length)) = element(layout, at) {
            // `_2006` is a blank and a year.
            let start = if layout[at..].starts_with("_2006") { at + 1 } else { at };
            return (
                &layout[..start],
                Some((std, &layout[start..start + length])),
                &layout[start + length..],
            );
        }
    }
    (layout, None, "")
}

fn element(layout: &str, at: usize) -> Option<(Std, usize)> {
    let text = &layout[at..];
    let starts = |prefix: &str| text.starts_with(prefix);
    let lower_follows = |length: usize| text[length..].starts_with(|c: char| c.is_ascii_lowercase());
    Some(match text.as_bytes()[0] {
        b'J' if starts("January") => (Std::LongMonth, 7),
        b'J' if starts("Jan") && !lower_follows(3) => (Std::Month, 3),
        b'M' if starts("Monday") => (Std::LongWeekday, 6),
        b'M' if starts("Mon") && !lower_follows(3) => (Std::Weekday, 3),
        b'M' if starts("MST") => (Std::ZoneName, 3),
        b'0' if starts("002") => (Std::ZeroYearDay, 3),
        b'0' => match text.as_bytes().get(1)? {
            b'1' => (Std::ZeroMonth, 2),
            b'2' => (Std::ZeroDay, 2),
            b'3' => (Std::ZeroHour12, 2),
            b'4' => (Std::ZeroMinute, 2),
            b'5' => (Std::ZeroSecond, 2),
            b'6' => (Std::Year, 2),
            _ => return None,
        },
        b'1' if starts("15") => (Std::Hour, 2),
        b'1' => (Std::NumMonth, 1),
        b'2' if starts("2006") => (Std::LongYear, 4),
        b'2' => (Std::Day, 1),
        b'_' if starts("_2006") => (Std::LongYear, 4),
        b'_' if starts("__2") => (Std::UnderYearDay, 3),
        b'_' if starts("_2") => (Std::UnderDay, 2),
        b'3' => (Std::Hour12, 1),
        b'4' => (Std::Minute, 1),
        b'5' => (Std::Second, 1),
        b'P' if starts("PM") => (Std::UpperNoon, 2),
        b'p' if starts("pm") => (Std::LowerNoon, 2),
        b'-' | b'Z' => {
            let (spelling, style) = OFFSETS.iter().find(|(spelling, _)| starts(spelling))?;
            (Std::Offset(*style), spelling.len())
        }
        sign @ (b'.' | b',') => {
            let digit = text[1..].chars().next().filter(|digit| matches!(digit, '0' | '9'))?;
            let count = text[1..].chars().take_while(|c| *c == digit).count();
            if text[1 + count..].starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            let sign = char::from(sign);
            let std = if digit == '0' { Std::Fraction0(count, sign) } else { Std::Fraction9(count, sign) };
            (std, 1 + count)
        }
        _ => return None,
    })
}

/// Formats a time after a layout.
pub fn format(time: &Time, layout: &str) -> String {
    let (offset, abbreviation) = time.zone.at(time.instant);
    let civil = time.civil();
    let mut out = String::with_capacity(layout.len() + 10);
    let mut rest = layout;
    loop {
        let (prefix, found, after) = next(rest);
        out.push_str(prefix);
        let Some((std, _)) = found else { return out };
        write(&mut out, std, &civil, offset, &abbreviation);
        rest = after;
    }
}

fn write(out: &mut String, std: Std, civil: &Civil, offset: i32, abbreviation: &str) {
    let hour12 = match civil.hour % 12 {
        0 => 12,
        hour => hour,
    };
    let noon = if civil.hour >= 12 { "PM" } else { "AM" };
    match std {
        Std::LongMonth => out.push_str(month_name(civil.month)),
        Std::Month => out.push_str(&month_name(civil.month)[..3]),
        Std::LongWeekday => out.push_str(weekday_name(civil.weekday())),
        Std::Weekday => out.push_str(&weekday_name(civil.weekday())[..3]),
        Std::NumMonth => go::push(out, format_args!("{}", civil.month)),
        Std::ZeroMonth => go::push(out, format_args!("{:02}", civil.month)),
        Std::Day => go::push(out, format_args!("{}", civil.day)),
        Std::UnderDay => go::push(out, format_args!("{:2}", civil.day)),
        Std::ZeroDay => go::push(out, format_args!("{:02}", civil.day)),
        Std::UnderYearDay => go::push(out, format_args!("{:3}", civil.year_day())),
        Std::ZeroYearDay => go::push(out, format_args!("{:03}", civil.year_day())),
        Std::Hour => go::push(out, format_args!("{:02}", civil.hour)),
        Std::Hour12 => go::push(out, format_args!("{hour12}")),
        Std::ZeroHour12 => go::push(out, format_args!("{hour12:02}")),
        Std::Minute => go::push(out, format_args!("{}", civil.minute)),
        Std::ZeroMinute => go::push(out, format_args!("{:02}", civil.minute)),
        Std::Second => go::push(out, format_args!("{}", civil.second)),
        Std::ZeroSecond => go::push(out, format_args!("{:02}", civil.second)),
        Std::LongYear => go::push(out, format_args!("{:04}", civil.year)),
        Std::Year => go::push(out, format_args!("{:02}", civil.year.rem_euclid(100))),
        Std::UpperNoon => out.push_str(noon),
        Std::LowerNoon => out.push_str(&noon.to_ascii_lowercase()),
        Std::ZoneName if abbreviation.is_empty() => {
            write_offset(out, offset, style(false, false, true, false));
        }
        Std::ZoneName => out.push_str(abbreviation),
        Std::Offset(style) => write_offset(out, offset, style),
        Std::Fraction0(digits, sign) => {
            out.push(sign);
            out.push_str(&fraction(civil.nano, digits));
        }
        Std::Fraction9(digits, sign) => {
            let fraction = fraction(civil.nano, digits);
            let fraction = fraction.trim_end_matches('0');
            if !fraction.is_empty() {
                out.push(sign);
                out.push_str(fraction);
            }
        }
    }
}

fn fraction(nano: i64, digits: usize) -> String {
    let mut text = format!("{nano:09}");
    while text.len() < digits {
        text.push('0');
    }
    text.truncate(digits);
    text
}

fn write_offset(out: &mut String, offset: i32, style: OffsetStyle) {
    if style.z_for_utc && offset == 0 {
        out.push('Z');
        return;
    }
    let (sign, offset) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
    let colon = if style.colon { ":" } else { "" };
    go::push(out, format_args!("{sign}{:02}", offset / 3600));
    if style.minutes {
        go::push(out, format_args!("{colon}{:02}", offset / 60 % 60));
    }
    if style.seconds {
        go::push(out, format_args!("{colon}{:02}", offset % 60));
    }
}

/// What has been read of a time.
#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nano: i64,
    noon: Option<bool>,
    offset: Option<i32>,
    zone_name: Option<String>,
    utc: bool,
}

/// Parses a time after a layout; without a zone in the text it lies in `zone`. The error is Go's.
pub fn parse(layout: &str, value: &str, zone: &Arc<Zone>) -> Result<Time, String> {
    let mut fields = Fields::default();
    let (mut layout_rest, mut rest) = (layout, value);
    loop {
        let (prefix, found, after) = next(layout_rest);
        let Some(skipped) = skip(rest, prefix) else {
            return Err(parse_error(layout, value, prefix, rest));
        };
        rest = skipped;
        let Some((std, spelling)) = found else {
            if !rest.is_empty() {
                let (value, rest) = (quoted(value), quoted(rest));
                return Err(format!("parsing time {value}: extra text: {rest}"));
            }
            break;
        };
        match fields.read(std, rest, after) {
            Ok(next_rest) => rest = next_rest,
            Err(Fault::Syntax) => return Err(parse_error(layout, value, spelling, rest)),
            Err(Fault::Range(what)) => return Err(out_of_range(value, what)),
        }
        layout_rest = after;
    }
    fields.finish(value, zone)
}

fn out_of_range(value: &str, what: &str) -> String {
    format!("parsing time {}: {what} out of range", quoted(value))
}

enum Fault {
    Syntax,
    Range(&'static str),
}

/// Skips the fixed text of a layout; a blank matches any number of blanks.
fn skip<'v>(value: &'v str, prefix: &str) -> Option<&'v str> {
    let mut value = value;
    let mut prefix = prefix;
    while !prefix.is_empty() {
        if prefix.starts_with(' ') {
            if !value.is_empty() && !value.starts_with(' ') {
                return None;
            }
            prefix = prefix.trim_start_matches(' ');
            value = value.trim_start_matches(' ');
            continue;
        }
        let expected = prefix.chars().next()?;
        value = value.strip_prefix(expected)?;
        prefix = &prefix[expected.len_utf8()..];
    }
    Some(value)
}

/// One or two digits; exactly two when `fixed`.
fn number(text: &str, fixed: bool) -> Result<(i64, &str), Fault> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if digits == 0 || (digits == 1 && fixed) {
        return Err(Fault::Syntax);
    }
    Ok((text[..digits].parse().map_err(|_| Fault::Syntax)?, &text[digits..]))
}

fn digits(text: &str, count: usize) -> Result<(i64, &str), Fault> {
    match text.get(..count) {
        Some(part) if part.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((part.parse().map_err(|_| Fault::Syntax)?, &text[count..]))
        }
        _ => Err(Fault::Syntax),
    }
}

fn in_range(value: i64, range: std::ops::Range<i64>, what: &'static str) -> Result<i64, Fault> {
    if range.contains(&value) { Ok(value) } else { Err(Fault::Range(what)) }
}

/// Which of the names a text begins with, ignoring case.
fn name(text: &str, names: impl Iterator<Item = &'static str>) -> Result<(i64, &str), Fault> {
    for (index, name) in names.enumerate() {
        if text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            return Ok((index as i64, &text[name.len()..]));
        }
    }
    Err(Fault::Syntax)
}

impl Fields {
    fn read<'t>(&mut self, std: Std, text: &'t str, after: &str) -> Result<&'t str, Fault> {
        let months = || (1..=12).map(month_name);
        let days = || (0..7).map(weekday_name);
        let (value, rest) = match std {
            Std::LongYear => digits(text, 4)?,
            Std::Year => digits(text, 2)?,
            Std::LongMonth => name(text, months())?,
            Std::Month => name(text, months().map(|name| &name[..3]))?,
            Std::LongWeekday => name(text, days())?,
            Std::Weekday => name(text, days().map(|name| &name[..3]))?,
            Std::NumMonth | Std::Day | Std::Hour12 | Std::Minute | Std::Second => number(text, false)?,
            Std::Hour => number(text, false)?,
            Std::UnderDay => number(text.strip_prefix(' ').unwrap_or(text), false)?,
            Std::ZeroMonth | Std::ZeroDay | Std::ZeroHour12 | Std::ZeroMinute | Std::ZeroSecond => {
                number(text, true)?
            }
            Std::UnderYearDay | Std::ZeroYearDay => {
                let blanks = text.bytes().take(2).take_while(|byte| *byte == b' ').count();
                let blanks = if std == Std::UnderYearDay { blanks } else { 0 };
                digits(&text[blanks..], 3 - blanks)?
            }
            Std::UpperNoon | Std::LowerNoon => {
                let (am, pm) = if std == Std::UpperNoon { ("AM", "PM") } else { ("am", "pm") };
                if let Some(rest) = text.strip_prefix(pm) {
                    (1, rest)
                } else {
                    (0, text.strip_prefix(am).ok_or(Fault::Syntax)?)
                }
            }
            Std::Offset(style) => return self.read_offset(text, style),
            Std::ZoneName => return self.read_zone_name(text),
            Std::Fraction0(count, _) => {
                let rest = text.strip_prefix(['.', ',']).ok_or(Fault::Syntax)?;
                let (_, after) = digits(rest, count)?;
                self.nano = nanos(&rest[..count]);
                return Ok(after);
            }
            Std::Fraction9(..) => return Ok(self.read_fraction(text)),
        };
        match std {
            Std::LongYear => self.year = value,
            Std::Year => self.year = if value >= 69 { 1900 + value } else { 2000 + value },
            Std::LongMonth | Std::Month => self.month = Some(value + 1),
            Std::NumMonth | Std::ZeroMonth => self.month = Some(in_range(value, 1..13, "month")?),
            Std::Day | Std::UnderDay | Std::ZeroDay => self.day = Some(value),
            Std::UnderYearDay | Std::ZeroYearDay => self.year_day = Some(value),
            Std::Hour => self.hour = in_range(value, 0..24, "hour")?,
            Std::Hour12 | Std::ZeroHour12 => self.hour = in_range(value, 0..13, "hour")?,
            Std::Minute | Std::ZeroMinute => self.minute = in_range(value, 0..60, "minute")?,
            Std::UpperNoon | Std::LowerNoon => self.noon = Some(value == 1),
            Std::Second | Std::ZeroSecond => {
                self.second = in_range(value, 0..60, "second")?;
                // A fraction may follow the seconds even if the layout has none.
                let layout_has_one =
                    matches!(next(after), ("", Some((Std::Fraction0(..) | Std::Fraction9(..), _)), _));
                if !layout_has_one {
                    return Ok(self.read_fraction(rest));
                }
            }
            _ => {}
        }
        Ok(rest)
    }

    fn read_fraction<'t>(&mut self, text: &'t str) -> &'t str {
        let Some(rest) = text.strip_prefix(['.', ',']) else { return text };
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return text;
        }
        self.nano = nanos(&rest[..count]);
        &rest[count..]
    }

    fn read_offset<'t>(&mut self, text: &'t str, style: OffsetStyle) -> Result<&'t str, Fault> {
        if style.z_for_utc
            && let Some(rest) = text.strip_prefix('Z')
        {
            self.utc = true;
            return Ok(rest);
        }
        let sign = match text.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(Fault::Syntax),
        };
        let (hours, mut rest) = digits(&text[1..], 2)?;
        let (mut minutes, mut seconds) = (0, 0);
        let colon = |rest: &'t str| match style.colon {
            true => rest.strip_prefix(':').ok_or(Fault::Syntax),
            false => Ok(rest),
        };
        if style.minutes {
            (minutes, rest) = digits(colon(rest)?, 2)?;
        }
        if style.seconds {
            (seconds, rest) = digits(colon(rest)?, 2)?;
        }
        in_range(hours, 0..25, "time zone offset hour")?;
        in_range(minutes, 0..60, "time zone offset minute")?;
        in_range(seconds, 0..60, "time zone offset second")?;
        self.offset = Some(sign * (hours * 3600 + minutes * 60 + seconds) as i32);
        Ok(rest)
    }

    fn read_zone_name<'t>(&mut self, text: &'t str) -> Result<&'t str, Fault> {
        if let Some(rest) = text.strip_prefix("UTC") {
            self.utc = true;
            return Ok(rest);
        }
        if ["ChST", "MeST"].iter().any(|name| text.starts_with(name)) {
            self.zone_name = Some(text[..4].to_owned());
            return Ok(&text[4..]);
        }
        let letters = text.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
        let length = match letters {
            _ if text.starts_with("GMT") => signed_offset(text).unwrap_or(3),
            3 => 3,
            4 if text.as_bytes()[3] == b'T' || text.starts_with("WITA") => 4,
            5 if text.as_bytes()[4] == b'T' => 5,
            _ => signed_offset(text).ok_or(Fault::Syntax)?,
        };
        self.zone_name = Some(text[..length].to_owned());
        Ok(&text[length..])
    }

    fn finish(self, value: &str, zone: &Arc<Zone>) -> Result<Time, String> {
        let hour = match self.noon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (mut month, mut day) = (self.month, self.day);
        if let Some(year_day) = self.year_day {
            let leap = days_in(self.year, 2) == 29;
            if year_day < 1 || year_day > 365 + i64::from(leap) {
                return Err(out_of_range(value, "day-of-year"));
            }
            let date = Civil { year: self.year, month: 1, day: year_day, ..MIDNIGHT };
            let date = Civil::from_seconds(date.seconds(), 0);
            month = Some(date.month);
            day = Some(date.day);
        }
        let (month, day) = (month.unwrap_or(1), day.unwrap_or(1));
        if day < 1 || day > days_in(self.year, month) {
            return Err(out_of_range(value, "day"));
        }
        let civil = Civil {
            year: self.year,
            month,
            day,
            hour,
            minute: self.minute,
            second: self.second,
            nano: self.nano,
        };
        let zone = match (self.utc, self.offset, self.zone_name) {
            (true, _, _) => Arc::new(Zone::Utc),
            (_, Some(0), _) => Arc::new(Zone::Utc),
            (_, Some(offset), name) => Arc::new(Zone::Fixed(offset, name.unwrap_or_default())),
            (_, None, Some(name)) => {
                let local = civil.seconds();
                // An abbreviation that the zone does not know changes what is shown, not the instant.
                return Ok(match zone.offset_of(&name, local) {
                    Some(offset) => Time::from_unix(local - i64::from(offset), civil.nano, zone.clone()),
                    None => Time::from_unix(local, civil.nano, Arc::new(named_offset(&name))),
                });
            }
            (_, None, None) => zone.clone(),
        };
        Ok(Time::from_civil(&civil, zone))
    }
}

const MIDNIGHT: Civil = Civil { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, nano: 0 };

/// An abbreviation that the zone does not know has no offset; `GMT+3` tells its own.
fn named_offset(name: &str) -> Zone {
    let offset = name.strip_prefix("GMT").and_then(|hours| hours.parse::<i32>().ok()).unwrap_or(0);
    Zone::Fixed(offset * 3600, name.to_owned())
}

/// The length of a zone that is written as a signed number of hours.
fn signed_offset(text: &str) -> Option<usize> {
    let start = usize::from(text.starts_with("GMT")) * 3;
    let rest = &text[start..];
    if !rest.starts_with(['+', '-']) {
        return None;
    }
    let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
    let hours: i64 = rest[1..1 + digits].parse().ok()?;
    (hours < 24).then_some(start + 1 + digits)
}

/// The first nine digits of a fraction as nanoseconds.
fn nanos(fraction: &str) -> i64 {
    let digits = &fraction[..fraction.len().min(9)];
    let value: i64 = digits.parse().unwrap_or(0);
    value * 10_i64.pow(9 - digits.len() as u32)
}

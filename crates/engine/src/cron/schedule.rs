//! Schedules: five fields or a descriptor, on the clock of a time zone (CR-040 to CR-059).
//!
//! The search for the next firing walks from field to field on the wall clock, because what it does around
//! the hours that a clock change skips or repeats is part of what users see.

use std::sync::Arc;

use jiff::Timestamp;
use tiphys_expr::duration;
use tiphys_expr::time::{Civil, Time, Zone};

/// Years after which a schedule without a match is given up (CR-045).
const YEARS_MAX: i64 = 5;

const SECOND: i64 = 1_000_000_000;

/// A schedule in its time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    zone: Arc<Zone>,
    rule: Rule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Fields(Fields),
    /// So many seconds after the last firing or the arming.
    Every(i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fields {
    minute: Set,
    hour: Set,
    day: Set,
    month: Set,
    weekday: Set,
}

/// The values of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Set {
    bits: u64,
    /// The field was a star without a step, so it does not restrict (CR-042).
    is_star: bool,
}

impl Set {
    fn has(self, value: i64) -> bool {
        (0..64).contains(&value) && self.bits >> value & 1 == 1
    }
}

/// Parses a schedule. An empty time zone is UTC, or the zone that the schedule itself names (CR-044).
///
/// The message is that of Argo's cron library.
pub fn parse(text: &str, timezone: &str) -> Result<Schedule, String> {
    let (zone, rest) = if !timezone.is_empty() {
        (Zone::load(timezone)?, text.trim())
    } else if text.is_empty() {
        return Err("empty spec string".to_owned());
    } else if let Some(named) = text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
        let (name, rest) =
            named.split_once(' ').ok_or_else(|| format!("the schedule ends after its time zone: {text}"))?;
        let zone = Zone::load(name).map_err(|error| format!("provided bad location {name}: {error}"))?;
        (zone, rest.trim())
    } else {
        (Zone::Utc, text)
    };
    let rule = if rest.starts_with('@') { descriptor(rest)? } else { Rule::Fields(fields(rest)?) };
    Ok(Schedule { zone: Arc::new(zone), rule })
}

fn descriptor(text: &str) -> Result<Rule, String> {
    if let Some(interval) = text.strip_prefix("@every ") {
        let nanos =
            duration::go(interval).map_err(|error| format!("failed to parse duration {text}: {error}"))?;
        return Ok(Rule::Every((nanos / SECOND).max(1)));
    }
    let same = match text {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => return Err(format!("unrecognized descriptor: {text}")),
    };
    fields(same).map(Rule::Fields)
}

/// The range and the names of a field.
struct Bounds {
    least: i64,
    most: i64,
    names: &'static [&'static str],
}

const MINUTE: Bounds = Bounds { least: 0, most: 59, names: &[] };
const HOUR: Bounds = Bounds { least: 0, most: 23, names: &[] };
const DAY: Bounds = Bounds { least: 1, most: 31, names: &[] };
const MONTH: Bounds = Bounds {
    least: 1,
    most: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAY: Bounds =
    Bounds { least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

fn fields(text: &str) -> Result<Fields, String> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = parts.as_slice() else {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", parts.len(), parts.join(" ")));
    };
    Ok(Fields {
        minute: MINUTE.set(minute)?,
        hour: HOUR.set(hour)?,
        day: DAY.set(day)?,
        month: MONTH.set(month)?,
        weekday: WEEKDAY.set(weekday)?,
    })
}

impl Bounds {
    /// A list of ranges; empty elements are skipped.
    fn set(&self, text: &str) -> Result<Set, String> {
        let mut set = Set::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let range = self.range(part)?;
            set.bits |= range.bits;
            set.is_star |= range.is_star;
        }
        Ok(set)
    }

    fn range(&self, text: &str) -> Result<Set, String> {
        let steps: Vec<&str> = text.split('/').collect();
        let ends: Vec<&str> = steps[0].split('-').collect();
        let mut is_star = matches!(ends[0], "*" | "?");
        let (from, mut to) = match ends.as_slice() {
            _ if is_star => (self.least, self.most),
            [single] => {
                let single = self.value(single)?;
                (single, single)
            }
            [from, to] => (self.value(from)?, self.value(to)?),
            _ => {
                self.value(ends[0])?;
                return Err(format!("too many hyphens: {text}"));
            }
        };
        let step = match steps.as_slice() {
            [_] => 1,
            [_, step] => {
                let step = number(step)?;
                if ends.len() == 1 {
                    to = self.most;
                }
                is_star &= step <= 1;
                step
            }
            _ => return Err(format!("too many slashes: {text}")),
        };
        if from < self.least {
            return Err(format!("beginning of range ({from}) below minimum ({}): {text}", self.least));
        }
        if to > self.most {
            return Err(format!("end of range ({to}) above maximum ({}): {text}", self.most));
        }
        if from > to {
            return Err(format!("beginning of range ({from}) beyond end of range ({to}): {text}"));
        }
        let step = usize::try_from(step)
            .ok()
            .filter(|step| *step > 0)
            .ok_or_else(|| format!("step of range should be a positive number: {text}"))?;
        let bits = (from..=to).step_by(step).fold(0, |bits, value| bits | 1 << value);
        Ok(Set { bits, is_star })
    }

    /// A number or a name.
    fn value(&self, text: &str) -> Result<i64, String> {
        let name = text.to_lowercase();
        match self.names.iter().position(|known| *known == name) {
            Some(index) => Ok(self.least + index as i64),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Result<i64, String> {
    let quoted = format!("{text:?}");
    let failed = |cause: &str| {
        Err(format!("failed to parse int from {text}: strconv.Atoi: parsing {quoted}: {cause}"))
    };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return failed("invalid syntax");
    }
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Err(format!("negative number ({number}) not allowed: {text}")),
        Ok(number) => Ok(number),
        Err(_) => failed("value out of range"),
    }
}

impl Schedule {
    /// The first firing after an instant; none if there is none within five years (CR-045).
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let start = Time { instant: after, zone: self.zone.clone() };
        match &self.rule {
            Rule::Every(seconds) => Some(start.plus(seconds.saturating_mul(SECOND) - start.nano()).instant),
            // The earliest candidate is the coming second.
            Rule::Fields(fields) => fields.next(start.plus(SECOND - start.nano())),
        }
    }

    /// The last firings after `after` and before `before`, at most `count` of them, in order.
    pub fn last_between(&self, after: Timestamp, before: Timestamp, count: usize) -> Vec<Timestamp> {
        let mut found = Vec::new();
        let mut end = before;
        while found.len() < count
            && let Some(last) = self.latest_between(after, end)
        {
            found.push(last);
            end = last;
        }
        found.reverse();
        found
    }

    /// The last firing after `after` and before `before`, if there is one (CR-111).
    pub fn latest_between(&self, after: Timestamp, before: Timestamp) -> Option<Timestamp> {
        if let Rule::Every(seconds) = &self.rule {
            let first = self.next(after).filter(|first| *first < before)?;
            let span = before.as_nanosecond() - first.as_nanosecond() - 1;
            let whole = span.div_euclid(i128::from(*seconds) * i128::from(SECOND));
            let later = i64::try_from(whole).ok()?.checked_mul(*seconds)?;
            return Some(Time::utc(first).plus(later.checked_mul(SECOND)?).instant);
        }
        // Look into ever longer spans before the end instead of walking through all firings.
        let mut span = 60;
        loop {
            let from = Time::utc(before).plus(i64::saturating_mul(span, -SECOND)).instant.max(after);
            let mut latest = None;
            let mut at = from;
            while let Some(next) = self.next(at).filter(|next| *next < before) {
                latest = Some(next);
                at = next;
            }
            if latest.is_some() || from == after {
                return latest;
            }
            span = span.saturating_mul(8);
        }
    }
}

/// The start of a unit of the clock.
fn floor(civil: &Civil, zone: &Arc<Zone>, day: i64, hour: i64) -> Time {
    let start = Civil { day, hour, minute: 0, second: 0, nano: 0, ..*civil };
    Time::from_civil(&start, zone.clone())
}

/// A date later by months and days on the same clock, as Go's `AddDate` makes it.
fn add_date(time: &Time, months: i64, days: i64) -> Time {
    let civil = time.civil();
    let later = Civil { month: civil.month + months, day: civil.day + days, ..civil };
    Time::from_civil(&later, time.zone.clone())
}

impl Fields {
    /// Searches from the coarsest field to the finest; a field that runs over starts the search again.
    fn next(&self, start: Time) -> Option<Timestamp> {
        let last_year = start.civil().year + YEARS_MAX;
        let mut search = Search { time: start, is_floored: false };
        while search.time.civil().year <= last_year {
            let fits = search.month(self) && search.day(self) && search.hour(self) && search.minute(self);
            if fits && search.second() {
                return Some(search.time.instant);
            }
        }
        None
    }

    /// Both day fields must match unless both restrict, then one suffices (CR-042).
    fn has_day(&self, civil: &Civil) -> bool {
        let (day, weekday) = (self.day.has(civil.day), self.weekday.has(civil.weekday()));
        if self.day.is_star || self.weekday.is_star { day && weekday } else { day || weekday }
    }
}

/// A time that moves forward until it fits.
struct Search {
    time: Time,
    /// Whether the finer fields have been set to their start, which happens once.
    is_floored: bool,
}

impl Search {
    fn civil(&self) -> Civil {
        self.time.civil()
    }

    /// Advances to a month that fits; false when the year has run over.
    fn month(&mut self, fields: &Fields) -> bool {
        while !fields.month.has(self.civil().month) {
            if !self.is_floored {
                self.is_floored = true;
                self.time = floor(&self.civil(), &self.time.zone, 1, 0);
            }
            self.time = add_date(&self.time, 1, 0);
            if self.civil().month == 1 {
                return false;
            }
        }
        true
    }

    /// Advances to a day that fits; false when the month has run over.
    fn day(&mut self, fields: &Fields) -> bool {
        while !fields.has_day(&self.civil()) {
            if !self.is_floored {
                self.is_floored = true;
                let civil = self.civil();
                self.time = floor(&civil, &self.time.zone, civil.day, 0);
            }
            self.time = add_date(&self.time, 0, 1);
            // Where midnight does not exist, the day begins an hour early or late.
            let hour = self.civil().hour;
            if hour > 12 {
                self.time = self.time.plus((24 - hour) * 3_600 * SECOND);
            } else if hour > 0 {
                self.time = self.time.plus(-hour * 3_600 * SECOND);
            }
            if self.civil().day == 1 {
                return false;
            }
        }
        true
    }

    /// Advances by real hours to one that fits, so that a skipped hour never does and a repeated one does
    /// twice (CR-056, CR-057); false when the day has run over.
    fn hour(&mut self, fields: &Fields) -> bool {
        while !fields.hour.has(self.civil().hour) {
            if !self.is_floored {
                self.is_floored = true;
                let civil = self.civil();
                self.time = floor(&civil, &self.time.zone, civil.day, civil.hour);
            }
            self.time = self.time.plus(3_600 * SECOND);
            if self.civil().hour == 0 {
                return false;
            }
        }
        true
    }

    /// Advances to a minute that fits; false when the hour has run over.
    fn minute(&mut self, fields: &Fields) -> bool {
        while !fields.minute.has(self.civil().minute) {
            if !self.is_floored {
                self.is_floored = true;
                self.time = self.time.truncate(60 * SECOND);
            }
            self.time = self.time.plus(60 * SECOND);
            if self.civil().minute == 0 {
                return false;
            }
        }
        true
    }

    /// Advances to the start of a minute; false when the minute has run over.
    fn second(&mut self) -> bool {
        while self.civil().second != 0 {
            self.is_floored = true;
            self.time = self.time.plus(SECOND);
            if self.civil().second == 0 {
                return false;
            }
        }
        true
    }
}

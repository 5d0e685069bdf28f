//! Points in time with a zone, as Go has them: layouts, parsing, and the resolution of local times.

use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::go;

mod layout;

pub use layout::{format, parse};

const DAY: i64 = 86_400;

/// A time zone. The controller's local zone is UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Coordinated universal time.
    Utc,
    /// A fixed offset in seconds east of UTC, with a name that may be empty.
    Fixed(i32, String),
    /// A zone of the IANA database.
    Named(String, TimeZone),
}

impl Zone {
    /// A zone by its name; the error is Go's. Names are case-sensitive; the empty name is UTC.
    pub fn load(name: &str) -> Result<Zone, String> {
        static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
        match name {
            "" | "UTC" | "Local" => return Ok(Zone::Utc),
            _ if name.contains("..") || name.starts_with(['/', '\\']) => {
                return Err("time: invalid location name".to_owned());
            }
            _ => {}
        }
        let unknown = || format!("unknown time zone {name}");
        let zone = DATABASE.get(name).map_err(|_| unknown())?;
        if zone.iana_name() != Some(name) {
            return Err(unknown());
        }
        Ok(Zone::Named(name.to_owned(), zone))
    }

    /// The name of the zone, empty for an anonymous offset.
    pub fn name(&self) -> &str {
        match self {
            Zone::Utc => "UTC",
            Zone::Fixed(_, name) | Zone::Named(name, _) => name,
        }
    }

    /// Offset in seconds east of UTC and abbreviation at an instant.
    pub fn at(&self, instant: Timestamp) -> (i32, String) {
        match self {
            Zone::Utc => (0, "UTC".to_owned()),
            Zone::Fixed(offset, name) => (*offset, name.clone()),
            Zone::Named(_, zone) => {
                let info = zone.to_offset_info(instant);
                (info.offset().seconds(), info.abbreviation().to_owned())
            }
        }
    }

    /// Since when the offset and the abbreviation of an instant hold, if not for ever.
    pub(crate) fn begin(&self, instant: Timestamp) -> Option<Timestamp> {
        let Zone::Named(_, zone) = self else { return None };
        // The walk back begins before the instant, which may be the first of its offset.
        let after = instant.checked_add(jiff::SignedDuration::from_nanos(1)).unwrap_or(instant);
        zone.preceding(after).next().map(|transition| transition.timestamp())
    }

    /// Offset in seconds east of UTC at an instant.
    pub fn offset_at(&self, unix: i64) -> i32 {
        match self {
            Zone::Utc => 0,
            Zone::Fixed(offset, _) => *offset,
            Zone::Named(_, zone) => zone.to_offset(clamp(unix)).seconds(),
        }
    }

    /// The offset that an abbreviation stands for here, near a local time: first of all where it is in force then.
    pub(crate) fn offset_of(&self, name: &str, local: i64) -> Option<i32> {
        const NEAR: usize = 4;
        let Zone::Named(_, zone) = self else { return None };
        let around = zone.preceding(clamp(local)).take(NEAR).chain(zone.following(clamp(local)).take(NEAR));
        let around = around.map(|transition| transition.timestamp());
        let known = std::iter::once(clamp(local)).chain(around).map(|instant| self.at(instant));
        let offsets: Vec<i32> = known.filter(|(_, known)| known == name).map(|(offset, _)| offset).collect();
        let in_force = |offset: &&i32| self.at(clamp(local - i64::from(**offset))).1 == name;
        offsets.iter().find(in_force).or(offsets.first()).copied()
    }

    /// The instant of a local time given as seconds since 1970 on the zone's own clock.
    ///
    /// A time that exists twice or never is resolved as Go's `time.Date` does: the offset in force at the
    /// same number in UTC is tried first.
    pub fn resolve(&self, local: i64) -> i64 {
        let offset = i64::from(self.offset_at(local));
        if offset == 0 {
            return local;
        }
        let unix = local - offset;
        if self.same_period(local, unix) {
            return unix;
        }
        local - i64::from(self.offset_at(unix))
    }

    /// Whether no transition lies between two instants.
    fn same_period(&self, one: i64, other: i64) -> bool {
        let Zone::Named(_, zone) = self else { return true };
        let (early, late) = (one.min(other), one.max(other));
        match zone.preceding(clamp(late.saturating_add(1))).next() {
            Some(transition) => transition.timestamp().as_second() <= early,
            None => true,
        }
    }
}

/// The nearest instant that can be expressed.
fn clamp(unix: i64) -> Timestamp {
    let seconds = unix.clamp(Timestamp::MIN.as_second() + 1, Timestamp::MAX.as_second() - 1);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A point in time and the zone it is shown in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    /// The instant.
    pub instant: Timestamp,
    /// The zone.
    pub zone: Arc<Zone>,
}

/// A date and a time of day on some clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Year of the Gregorian calendar.
    pub year: i64,
    /// 1 to 12, when read from a time; other numbers carry over when made into one.
    pub month: i64,
    /// 1 to 31, likewise.
    pub day: i64,
    /// 0 to 23, likewise.
    pub hour: i64,
    /// 0 to 59, likewise.
    pub minute: i64,
    /// 0 to 59, likewise.
    pub second: i64,
    /// 0 to 999,999,999.
    pub nano: i64,
}

impl Civil {
    /// Seconds since 1970 on the same clock; fields out of range carry over.
    pub fn seconds(&self) -> i64 {
        let months = self.month - 1;
        let year = self.year.saturating_add(months.div_euclid(12));
        let month = months.rem_euclid(12) + 1;
        days_from_civil(year, month)
            .saturating_add(self.day - 1)
            .saturating_mul(DAY)
            .saturating_add(self.hour.saturating_mul(3600))
            .saturating_add(self.minute.saturating_mul(60))
            .saturating_add(self.second)
    }

    /// The date and time of seconds since 1970 on the same clock.
    pub fn from_seconds(seconds: i64, nano: i64) -> Civil {
        let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        Civil { year, month, day, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60, nano }
    }

    /// Days since Sunday.
    pub fn weekday(&self) -> i64 {
        (self.seconds().div_euclid(DAY) + 4).rem_euclid(7)
    }

    /// Day of the year from 1.
    pub fn year_day(&self) -> i64 {
        self.seconds().div_euclid(DAY) - days_from_civil(self.year, 1) + 1
    }

    /// Year and week of ISO 8601.
    pub fn iso_week(&self) -> (i64, i64) {
        let monday_based = (self.weekday() + 6) % 7;
        let thursday = Civil { day: self.day + 3 - monday_based, ..*self };
        let thursday = Civil::from_seconds(thursday.seconds(), 0);
        (thursday.year, (thursday.year_day() - 1) / 7 + 1)
    }
}

/// Days since 1970-01-01 of the first day of a month.
fn days_from_civil(year: i64, month: i64) -> i64 {
    let year = year.clamp(-1_000_000, 1_000_000) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Days of a month.
pub fn days_in(year: i64, month: i64) -> i64 {
    days_from_civil(year + month / 12, month % 12 + 1) - days_from_civil(year, month)
}

/// The English name of a month, from 1.
pub fn month_name(month: i64) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::try_from(month - 1).ok().and_then(|index| NAMES.get(index)).copied().unwrap_or("%!Month")
}

/// The English name of a day of the week, from Sunday as 0.
pub fn weekday_name(day: i64) -> &'static str {
    const NAMES: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    usize::try_from(day).ok().and_then(|index| NAMES.get(index)).copied().unwrap_or("%!Weekday")
}

impl Time {
    /// An instant shown in UTC.
    pub fn utc(instant: Timestamp) -> Time {
        Time { instant, zone: Arc::new(Zone::Utc) }
    }

    /// Go's zero time, the first second of year 1.
    pub fn zero() -> Time {
        Time::from_unix(-62_135_596_800, 0, Arc::new(Zone::Utc))
    }

    /// The instant of seconds and nanoseconds since 1970; out of range, the nearest that can be expressed.
    pub fn from_unix(seconds: i64, nano: i64, zone: Arc<Zone>) -> Time {
        let seconds = seconds.saturating_add(nano.div_euclid(1_000_000_000));
        let instant = Timestamp::new(clamp(seconds).as_second(), nano.rem_euclid(1_000_000_000) as i32);
        Time { instant: instant.unwrap_or(Timestamp::UNIX_EPOCH), zone }
    }

    /// The time of a date on a zone's clock, with fields that carry over (Go's `time.Date`).
    pub fn from_civil(civil: &Civil, zone: Arc<Zone>) -> Time {
        let unix = zone.resolve(civil.seconds());
        Time::from_unix(unix, civil.nano, zone)
    }

    /// Seconds since 1970, rounded down.
    pub fn unix(&self) -> i64 {
        self.instant.as_nanosecond().div_euclid(1_000_000_000) as i64
    }

    /// Nanoseconds within the second.
    pub fn nano(&self) -> i64 {
        self.instant.as_nanosecond().rem_euclid(1_000_000_000) as i64
    }

    /// The date and time on the zone's clock.
    pub fn civil(&self) -> Civil {
        let (offset, _) = self.zone.at(self.instant);
        Civil::from_seconds(self.unix() + i64::from(offset), self.nano())
    }

    /// The same instant in another zone.
    pub fn within(&self, zone: Arc<Zone>) -> Time {
        Time { instant: self.instant, zone }
    }

    /// Whether daylight saving time is in force.
    pub fn is_daylight_saving(&self) -> bool {
        match &*self.zone {
            Zone::Utc | Zone::Fixed(..) => false,
            Zone::Named(_, zone) => zone.to_offset_info(self.instant).dst().is_dst(),
        }
    }

    /// A time later by so many nanoseconds.
    pub fn plus(&self, nanos: i64) -> Time {
        let total = self.instant.as_nanosecond() + i128::from(nanos);
        let seconds = total.div_euclid(1_000_000_000) as i64;
        Time::from_unix(seconds, total.rem_euclid(1_000_000_000) as i64, self.zone.clone())
    }

    /// Nanoseconds from `other` to this, at most what fits.
    pub fn since(&self, other: &Time) -> i64 {
        let nanos = self.instant.as_nanosecond() - other.instant.as_nanosecond();
        nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// `2006-01-02T15:04:05.999999999Z07:00`
    pub fn rfc3339_nano(&self) -> String {
        format(self, "2006-01-02T15:04:05.999999999Z07:00")
    }

    /// Rounded down to a multiple of a duration since the zero time.
    pub fn truncate(&self, nanos: i64) -> Time {
        if nanos <= 0 {
            return self.clone();
        }
        self.plus(-self.over(nanos))
    }

    /// Rounded to the nearest multiple of a duration since the zero time, halves up.
    pub fn round(&self, nanos: i64) -> Time {
        if nanos <= 0 {
            return self.clone();
        }
        let over = self.over(nanos);
        if over.saturating_add(over) < nanos { self.plus(-over) } else { self.plus(nanos - over) }
    }

    /// What a multiple of a duration since the zero time leaves over.
    fn over(&self, nanos: i64) -> i64 {
        let since = self.instant.as_nanosecond() - Time::zero().instant.as_nanosecond();
        since.rem_euclid(i128::from(nanos)) as i64
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&format(self, "2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}

/// A text in quotes as Go's package of times writes it: whatever is no ASCII, byte by byte.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => go::push(&mut out, format_args!("\\{}", char::from(byte))),
            b' '..=b'~' | 0x7f => out.push(char::from(byte)),
            _ => go::push(&mut out, format_args!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// An error of [`parse`] in Go's words.
fn parse_error(layout: &str, value: &str, part: &str, at: &str) -> String {
    format!(
        "parsing time {} as {}: cannot parse {} as {}",
        quoted(value),
        quoted(layout),
        quoted(at),
        quoted(part)
    )
}

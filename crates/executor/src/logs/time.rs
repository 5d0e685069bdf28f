//! Times as text.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time now, in nanoseconds since 1970.
pub(crate) fn now_ns() -> i64 {
    // A clock before 1970 is a broken clock; its logs say 1970.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64)
}

/// RFC 3339 in UTC with nanoseconds: `2026-01-31T12:00:00.000000000Z`.
pub fn timestamp(ns: i64) -> String {
    let mut text = Vec::with_capacity(30);
    write_timestamp(ns, &mut text);
    String::from_utf8(text).expect("digits and punctuation")
}

/// Appends what [`timestamp`] returns.
pub(super) fn write_timestamp(ns: i64, out: &mut Vec<u8>) {
    let seconds = ns.div_euclid(1_000_000_000);
    let nanos = ns.rem_euclid(1_000_000_000);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    // Writing to memory does not fail.
    let _ = write!(
        out,
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{nanos:09}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    );
}

/// The date of a day counted from 1970-01-01, in the Gregorian calendar.
///
/// Counts in years that begin on 1 March, so that the leap day is the last of its year.
fn civil(day_since_1970: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097;
    const FROM_0000_03_01: i64 = 719_468;
    let day = day_since_1970 + FROM_0000_03_01;
    let era = day.div_euclid(DAYS_PER_ERA);
    let day_of_era = day.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_month)
}

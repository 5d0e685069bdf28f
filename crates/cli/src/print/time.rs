//! Times and durations as people read them (CLI-025).

use jiff::tz::TimeZone;
use tiphys_engine::Time;

/// `1.2s`, `3m 4s`, `2h 5m`, `4d 3h`: from microseconds.
pub fn duration_us(us: i64) -> String {
    let us = us.max(0);
    let seconds = us / 1_000_000;
    match seconds {
        0..=9 => format!("{}.{}s", seconds, us % 1_000_000 / 100_000),
        10..=59 => format!("{seconds}s"),
        60..=3_599 => format!("{}m {}s", seconds / 60, seconds % 60),
        3_600..=86_399 => format!("{}h {}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// One unit: `5s`, `3m`, `2h`, `4d`.
pub fn duration(seconds: i64) -> String {
    match seconds.max(0) {
        s @ 0..=59 => format!("{s}s"),
        s @ 60..=3_599 => format!("{}m", s / 60),
        s @ 3_600..=86_399 => format!("{}h", s / 3_600),
        s => format!("{}d", s / 86_400),
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// As Argo's words count them: all of one length.
const MONTH: i64 = 30 * DAY;
const YEAR: i64 = 12 * MONTH;

/// Seconds in their greatest unit: `1 second`, `3 minutes`, `2 weeks`, `5 months`. A year and a half is two.
fn in_words(seconds: i64) -> String {
    let (number, unit) = match seconds {
        ..MINUTE => (seconds, "second"),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        DAY..WEEK => (seconds / DAY, "day"),
        WEEK..MONTH => (seconds / WEEK, "week"),
        MONTH..YEAR => (seconds / MONTH, "month"),
        _ => ((seconds / YEAR).max(if seconds < YEAR + YEAR / 2 { 1 } else { 2 }), "year"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// `45 seconds`, `1 minute 3 seconds`, `2 hours 5 minutes`, `3 days 4 hours`, `1 week 3 hours`: the second unit is
/// always a plural one (CLI-025).
pub fn long_duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let first = in_words(seconds);
    match seconds {
        ..MINUTE => first,
        MINUTE..HOUR => format!("{first} {} seconds", seconds % MINUTE),
        HOUR..DAY => format!("{first} {} minutes", seconds % HOUR / MINUTE),
        _ => format!("{first} {} hours", seconds % DAY / HOUR),
    }
}

/// How long ago: `now`, `1 second ago`, `3 minutes ago`; of what is to come `2 days from now` (CLI-025).
pub fn age(at: Time, now: Time) -> String {
    let seconds = now.since_us(at) / 1_000_000;
    match seconds {
        0 => "now".to_owned(),
        ..0 => format!("{} from now", in_words(-seconds)),
        _ => format!("{} ago", in_words(seconds)),
    }
}

/// `Mon Jan 02 15:04:05 -0700 (3 minutes ago)` in the zone of this machine.
pub fn instant(at: Time, now: Time) -> String {
    let local = at.timestamp().to_zoned(TimeZone::system());
    format!("{} ({})", local.strftime("%a %b %d %H:%M:%S %z"), age(at, now))
}

/// `2006-01-02 15:04:05 +0000 UTC`.
pub fn utc(at: Time) -> String {
    at.timestamp().strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CLI-025, CLI-111.
    #[test]
    fn what_is_to_come_is_not_now() {
        let at = |seconds: i64| Time(seconds * 1_000_000);
        let told = [-90, -1, 0, 1, 59, 3_600, 40 * 86_400].map(|seconds| age(at(seconds), at(0)));
        let expected = [
            "1 minute ago",
            "1 second ago",
            "now",
            "1 second from now",
            "59 seconds from now",
            "1 hour from now",
            "1 month from now",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn durations_grow_coarser() {
        let texts: Vec<String> =
            [0, 250_000, 9_900_000, 61_000_000, 7_500_000_000, 90_000_000_000].map(duration_us).into();
        assert_eq!(texts, ["0.0s", "0.2s", "9.9s", "1m 1s", "2h 5m", "1d 1h"]);
        assert_eq!([3, 61, 7_200, 200_000].map(duration), ["3s", "1m", "2h", "2d"]);
    }

    /// CLI-025.
    #[test]
    fn words_grow_up_to_years() {
        const HALF: i64 = DAY / 2;
        let ages =
            [6 * DAY + HALF, 13 * DAY, 29 * DAY, 59 * DAY, 359 * DAY, 539 * DAY, 541 * DAY, 1_100 * DAY];
        let told = ages.map(|seconds| age(Time(0), Time(seconds * 1_000_000)));
        let expected =
            ["6 days", "1 week", "4 weeks", "1 month", "11 months", "1 year", "2 years", "3 years"];
        assert_eq!(told, expected.map(|words| format!("{words} ago")));
        let durations =
            [1, 45, 61, 63, HOUR + MINUTE, DAY + HOUR, WEEK + 3 * HOUR, 40 * DAY].map(long_duration);
        let expected = [
            "1 second",
            "45 seconds",
            "1 minute 1 seconds",
            "1 minute 3 seconds",
            "1 hour 1 minutes",
            "1 day 1 hours",
            "1 week 3 hours",
            "1 month 0 hours",
        ];
        assert_eq!(durations, expected);
    }
}

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

/// `45 seconds`, `1 minute 3 seconds`, `2 hours 5 minutes`, `3 days 4 hours`.
pub fn long_duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let count = |number: i64, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    match seconds {
        0..=59 => count(seconds, "second"),
        60..=3_599 => format!("{} {}", count(seconds / 60, "minute"), count(seconds % 60, "second")),
        3_600..=86_399 => {
            format!("{} {}", count(seconds / 3_600, "hour"), count(seconds % 3_600 / 60, "minute"))
        }
        _ => format!("{} {}", count(seconds / 86_400, "day"), count(seconds % 86_400 / 3_600, "hour")),
    }
}

/// How long ago: `now`, `1 second ago`, `3 minutes ago`; of what is to come `2 days from now` (CLI-025).
pub fn age(at: Time, now: Time) -> String {
    let seconds = now.since_us(at) / 1_000_000;
    let side = if seconds < 0 { "from now" } else { "ago" };
    let seconds = seconds.abs();
    let (number, unit) = match seconds {
        0 => return "now".to_owned(),
        1..=59 => (seconds, "second"),
        60..=3_599 => (seconds / 60, "minute"),
        3_600..=86_399 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{number} {unit}{} {side}", if number == 1 { "" } else { "s" })
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
            "40 days from now",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn durations_grow_coarser() {
        let texts: Vec<String> =
            [0, 250_000, 9_900_000, 61_000_000, 7_500_000_000, 90_000_000_000].map(duration_us).into();
        assert_eq!(texts, ["0.0s", "0.2s", "9.9s", "1m 1s", "2h 5m", "1d 1h"]);
        assert_eq!([3, 61, 7_200, 200_000].map(duration), ["3s", "1m", "2h", "2d"]);
        assert_eq!(long_duration(63), "1 minute 3 seconds");
    }
}

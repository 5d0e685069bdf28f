//! Time as the engine sees it: an argument, never a clock.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// The instant as a calendar library knows it. Out of range values saturate.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }

    /// From the calendar library's instant; the part below a microsecond is dropped.
    pub fn from_timestamp(at: jiff::Timestamp) -> Time {
        Time(at.as_microsecond())
    }

    /// RFC 3339 with whole seconds, as Argo's objects carry it (OB-151).
    pub fn rfc3339(self) -> String {
        let whole =
            jiff::Timestamp::from_second(self.0.div_euclid(1_000_000)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        whole.to_string()
    }

    /// As Go prints a time in UTC within a text: whole seconds, as RFC 3339 has them.
    pub fn as_go_prints(self) -> String {
        self.rfc3339().replace('T', " ").replace('Z', " +0000 UTC")
    }

    /// Parses RFC 3339; anything else is `None`.
    pub fn parse(text: &str) -> Option<Time> {
        text.parse::<jiff::Timestamp>().ok().map(Time::from_timestamp)
    }

    /// This instant moved on by some nanoseconds, saturating.
    pub fn plus_nanos(self, nanos: i64) -> Time {
        Time(self.0.saturating_add(nanos / 1_000))
    }

    /// This instant moved on, saturating.
    pub fn plus(self, by: Duration) -> Time {
        Time(self.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }

    /// Microseconds from `earlier` to here; negative when the clock went back.
    pub fn since_us(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

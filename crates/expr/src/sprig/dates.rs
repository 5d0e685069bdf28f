//! Dates and durations.

use std::sync::Arc;

use super::{Called, text};
use crate::eval::Calls;
use crate::time::{Time, Zone, format, parse};
use crate::value::{IntKind, Value};
use crate::{duration as durations, go};

type Args<'a> = &'a [Value];

fn time_value(time: Time) -> Value {
    Value::Time(Arc::new(time))
}

/// What a date function takes for a time: a time, seconds since 1970, and for all else the present.
fn moment(value: &Value, calls: &Calls) -> Time {
    match value {
        Value::Time(time) => (**time).clone(),
        Value::Int(seconds, IntKind::Int | IntKind::Int64) => {
            Time::from_unix(*seconds, 0, Arc::new(Zone::Utc))
        }
        _ => Time::utc(calls.world.now),
    }
}

fn formatted(layout: &str, value: &Value, zone: &str, calls: &Calls) -> Value {
    let zone = Zone::load(zone).unwrap_or(Zone::Utc);
    Value::from(format(&moment(value, calls).within(Arc::new(zone)), layout))
}

pub(super) fn now(_: Args, calls: &mut Calls) -> Called {
    Ok(time_value(Time::utc(calls.world.now)))
}

pub(super) fn date(args: Args, calls: &mut Calls) -> Called {
    Ok(formatted(text(args, 0), &args[1], "Local", calls))
}

pub(super) fn date_in_zone(args: Args, calls: &mut Calls) -> Called {
    Ok(formatted(text(args, 0), &args[1], text(args, 2), calls))
}

pub(super) fn html_date(args: Args, calls: &mut Calls) -> Called {
    Ok(formatted("2006-01-02", &args[0], "Local", calls))
}

pub(super) fn html_date_in_zone(args: Args, calls: &mut Calls) -> Called {
    Ok(formatted("2006-01-02", &args[0], text(args, 1), calls))
}

pub(super) fn must_date_modify(args: Args, calls: &mut Calls) -> Called {
    let nanos = durations::go(text(args, 0))?;
    Ok(time_value(moment(&args[1], calls).plus(nanos)))
}

pub(super) fn date_modify(args: Args, calls: &mut Calls) -> Called {
    let nanos = durations::go(text(args, 0)).unwrap_or(0);
    Ok(time_value(moment(&args[1], calls).plus(nanos)))
}

pub(super) fn must_to_date(args: Args, _: &mut Calls) -> Called {
    parse(text(args, 0), text(args, 1), &Arc::new(Zone::Utc)).map(time_value)
}

pub(super) fn to_date(args: Args, _: &mut Calls) -> Called {
    let parsed = parse(text(args, 0), text(args, 1), &Arc::new(Zone::Utc));
    Ok(time_value(parsed.unwrap_or_else(|_| Time::zero())))
}

pub(super) fn unix_epoch(args: Args, calls: &mut Calls) -> Called {
    Ok(Value::from(moment(&args[0], calls).unix().to_string()))
}

pub(super) fn ago(args: Args, calls: &mut Calls) -> Called {
    let now = Time::utc(calls.world.now);
    let nanos = now.since(&moment(&args[0], calls));
    let seconds = (nanos as f64 / 1e9).round() as i64;
    Ok(Value::from(durations::format_go(seconds.saturating_mul(1_000_000_000))))
}

/// Seconds as a duration. An `int` is not among the types that are understood.
pub(super) fn duration(args: Args, _: &mut Calls) -> Called {
    let seconds = match &args[0] {
        Value::Text(text) => go::atoi(text).unwrap_or(0),
        Value::Int(seconds, IntKind::Int64) => *seconds,
        _ => 0,
    };
    Ok(Value::from(durations::format_go(seconds.wrapping_mul(1_000_000_000))))
}

/// The largest unit of a duration: `95s` is `1m`.
pub(super) fn duration_round(args: Args, calls: &mut Calls) -> Called {
    const SECOND: u64 = 1_000_000_000;
    const UNITS: [(u64, &str); 6] = [
        (365 * 86_400 * SECOND, "y"),
        (30 * 86_400 * SECOND, "mo"),
        (86_400 * SECOND, "d"),
        (3_600 * SECOND, "h"),
        (60 * SECOND, "m"),
        (SECOND, "s"),
    ];
    let nanos = match &args[0] {
        Value::Text(text) => durations::go(text).unwrap_or(0),
        Value::Int(nanos, IntKind::Int64) => *nanos,
        Value::Time(time) => Time::utc(calls.world.now).since(time),
        _ => 0,
    };
    let magnitude = nanos.unsigned_abs();
    let found = UNITS.into_iter().find(|(unit, _)| magnitude > *unit);
    Ok(Value::from(found.map_or("0s".to_owned(), |(unit, name)| format!("{}{name}", magnitude / unit))))
}

//! Methods of times, durations, months, weekdays, zones and versions.

use std::sync::Arc;

use crate::duration;
use crate::time::{self, Civil, Time, Zone};
use crate::types::{Param, Signature, Type};
use crate::value::{IntKind, Value};

macro_rules! signature {
    ([$($parameter:ident),*] -> $result:ident) => {
        signature!([$($parameter),*] -> $result, None)
    };
    ([$($parameter:ident),*] -> $result:ident, $results:expr) => {{
        static SIGNATURE: Signature =
            Signature { parameters: &[$(Param::$parameter),*], result: Param::$result, results: $results };
        &SIGNATURE
    }};
}

/// The method of a type, if it has one of that name. Of several results the first counts.
pub(crate) fn signature(owner: &Type, name: &str) -> Option<&'static Signature> {
    match owner {
        Type::Time => time_signature(name),
        Type::Duration => Some(match name {
            "Hours" | "Minutes" | "Seconds" => signature!([] -> Float),
            "Milliseconds" | "Microseconds" | "Nanoseconds" => signature!([] -> Int64),
            "Round" | "Truncate" => signature!([Duration] -> Duration),
            "Abs" => signature!([] -> Duration),
            "String" => signature!([] -> Text),
            _ => return None,
        }),
        Type::Int(IntKind::Month | IntKind::Weekday) | Type::Zone if name == "String" => {
            Some(signature!([] -> Text))
        }
        _ => None,
    }
}

/// The method of a value, which may be of a type that no expression names.
pub(crate) fn signature_of(owner: &Value, name: &str) -> Option<&'static Signature> {
    match owner {
        Value::Version(_) => version_signature(name),
        _ => signature(&Type::of(owner), name),
    }
}

fn version_signature(name: &str) -> Option<&'static Signature> {
    Some(match name {
        "Major" | "Minor" | "Patch" => signature!([] -> Uint64),
        "Prerelease" | "Metadata" | "Original" | "String" => signature!([] -> Text),
        "Compare" => signature!([Version] -> Int),
        "Equal" | "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" => {
            signature!([Version] -> Bool)
        }
        "IncMajor" | "IncMinor" | "IncPatch" => signature!([] -> PlainVersion),
        "SetPrerelease" | "SetMetadata" => signature!([Text] -> PlainVersion),
        "MarshalJSON" | "MarshalText" => signature!([] -> Bytes),
        _ => return None,
    })
}

fn time_signature(name: &str) -> Option<&'static Signature> {
    Some(match name {
        "Year" | "Day" | "Hour" | "Minute" | "Second" | "Nanosecond" | "YearDay" => signature!([] -> Int),
        "ISOWeek" => signature!([] -> Int, Some("(int, int)")),
        "Date" => signature!([] -> Int, Some("(int, time.Month, int)")),
        "Clock" => signature!([] -> Int, Some("(int, int, int)")),
        "Month" => signature!([] -> Month),
        "Weekday" => signature!([] -> Weekday),
        "Unix" | "UnixNano" | "UnixMilli" | "UnixMicro" => signature!([] -> Int64),
        "String" | "GoString" => signature!([] -> Text),
        "Zone" => signature!([] -> Text, Some("(string, int)")),
        "Format" => signature!([Text] -> Text),
        "UTC" | "Local" => signature!([] -> Time),
        "In" => signature!([Zone] -> Time),
        "IsZero" | "IsDST" => signature!([] -> Bool),
        "AddDate" => signature!([Int, Int, Int] -> Time),
        "Add" | "Truncate" | "Round" => signature!([Duration] -> Time),
        "Sub" => signature!([Time] -> Duration),
        "After" | "Before" | "Equal" => signature!([Time] -> Bool),
        "Compare" => signature!([Time] -> Int),
        "Location" => signature!([] -> Zone),
        "ZoneBounds" => signature!([] -> Time, Some("(time.Time, time.Time)")),
        "AppendFormat" => signature!([Bytes, Text] -> Bytes),
        "AppendText" | "AppendBinary" => signature!([Bytes] -> Bytes, Some("([]uint8, error)")),
        "MarshalJSON" | "MarshalText" | "MarshalBinary" | "GobEncode" => {
            signature!([] -> Bytes, Some("([]uint8, error)"))
        }
        _ => return None,
    })
}

/// The name of a method of a value, if it has it.
pub(crate) fn find(owner: &Value, name: &str) -> Option<&'static str> {
    const NAMES: [&str; 65] = [
        "Abs",
        "Add",
        "AddDate",
        "After",
        "AppendBinary",
        "AppendFormat",
        "AppendText",
        "Before",
        "Clock",
        "Compare",
        "Date",
        "Day",
        "Equal",
        "Format",
        "GoString",
        "GobEncode",
        "GreaterThan",
        "GreaterThanEqual",
        "Hour",
        "Hours",
        "ISOWeek",
        "In",
        "IncMajor",
        "IncMinor",
        "IncPatch",
        "IsDST",
        "IsZero",
        "LessThan",
        "LessThanEqual",
        "Local",
        "Location",
        "Major",
        "MarshalBinary",
        "MarshalJSON",
        "MarshalText",
        "Metadata",
        "Microseconds",
        "Milliseconds",
        "Minor",
        "Minute",
        "Minutes",
        "Month",
        "Nanosecond",
        "Nanoseconds",
        "Original",
        "Patch",
        "Prerelease",
        "Round",
        "Second",
        "Seconds",
        "SetMetadata",
        "SetPrerelease",
        "String",
        "Sub",
        "Truncate",
        "UTC",
        "Unix",
        "UnixMicro",
        "UnixMilli",
        "UnixNano",
        "Weekday",
        "Year",
        "YearDay",
        "Zone",
        "ZoneBounds",
    ];
    signature_of(owner, name)?;
    NAMES.into_iter().find(|known| *known == name)
}

/// Calls a method with arguments of any types.
pub(crate) fn call(owner: &Value, name: &str, arguments: &[Value]) -> Result<Value, String> {
    if let Some(signature) = signature_of(owner, name) {
        check(signature, arguments)?;
    }
    match owner {
        Value::Time(time) => call_time(time, name, arguments),
        Value::Duration(nanos) => Ok(call_duration(*nanos, name, arguments)),
        Value::Version(version) => version.call(name, arguments),
        Value::Zone(zone) => Ok(Value::from(zone.name())),
        _ => Ok(Value::from(owner.to_text())),
    }
}

fn check(signature: &Signature, arguments: &[Value]) -> Result<(), String> {
    let (wanted, got) = (signature.parameters.len(), arguments.len());
    if wanted != got {
        return Err(format!("invalid number of arguments: expected {wanted}, got {got}"));
    }
    for (parameter, argument) in signature.parameters.iter().zip(arguments) {
        if argument.type_name() != parameter.name() {
            let (argument, parameter) = (argument.type_name(), parameter.name());
            return Err(format!("reflect: Call using {argument} as type {parameter}"));
        }
    }
    Ok(())
}

fn number(arguments: &[Value], index: usize) -> i64 {
    match arguments.get(index) {
        Some(Value::Int(number, _) | Value::Duration(number)) => *number,
        _ => 0,
    }
}

fn other_time(arguments: &[Value]) -> Time {
    match arguments.first() {
        Some(Value::Time(time)) => (**time).clone(),
        _ => Time::zero(),
    }
}

fn call_time(time: &Arc<Time>, name: &str, arguments: &[Value]) -> Result<Value, String> {
    let civil = time.civil();
    let shown = |time: Time| Value::Time(Arc::new(time));
    let ordering = || time.instant.cmp(&other_time(arguments).instant);
    Ok(match name {
        "Year" | "Date" => Value::int(civil.year),
        "Day" => Value::int(civil.day),
        "Hour" | "Clock" => Value::int(civil.hour),
        "Minute" => Value::int(civil.minute),
        "Second" => Value::int(civil.second),
        "Nanosecond" => Value::int(civil.nano),
        "YearDay" => Value::int(civil.year_day()),
        "ISOWeek" => Value::int(civil.iso_week().0),
        "Month" => Value::Int(civil.month, IntKind::Month),
        "Weekday" => Value::Int(civil.weekday(), IntKind::Weekday),
        "Unix" => Value::int64(time.unix()),
        "UnixNano" => Value::int64(time.unix().wrapping_mul(1_000_000_000).wrapping_add(time.nano())),
        "UnixMicro" => Value::int64(time.unix().wrapping_mul(1_000_000) + time.nano() / 1_000),
        "UnixMilli" => Value::int64(time.unix().wrapping_mul(1_000) + time.nano() / 1_000_000),
        "String" => Value::from(time.to_string()),
        "GoString" => Value::from(go_string(&civil, time)),
        "Zone" => Value::from(time.zone.at(time.instant).1),
        "Format" => {
            let layout = arguments.first().and_then(Value::as_text).unwrap_or("");
            Value::from(time::format(time, layout))
        }
        "UTC" | "Local" => shown(Time::utc(time.instant)),
        "In" => match arguments.first() {
            Some(Value::Zone(zone)) => shown(time.within(zone.clone())),
            _ => return Err("time: missing Location in call to Time.In".to_owned()),
        },
        "IsZero" => Value::Bool(time.instant == Time::zero().instant),
        "IsDST" => Value::Bool(time.is_daylight_saving()),
        "AddDate" => {
            let civil = Civil {
                year: civil.year.saturating_add(number(arguments, 0)),
                month: civil.month.saturating_add(number(arguments, 1)),
                day: civil.day.saturating_add(number(arguments, 2)),
                ..civil
            };
            shown(Time::from_civil(&civil, time.zone.clone()))
        }
        "Add" => shown(time.plus(number(arguments, 0))),
        "Truncate" => shown(time.truncate(number(arguments, 0))),
        "Round" => shown(time.round(number(arguments, 0))),
        "Sub" => Value::Duration(time.since(&other_time(arguments))),
        "After" => Value::Bool(ordering().is_gt()),
        "Before" => Value::Bool(ordering().is_lt()),
        "Equal" => Value::Bool(ordering().is_eq()),
        "Compare" => Value::int(ordering() as i64),
        "Location" => Value::Zone(time.zone.clone()),
        "ZoneBounds" => match time.zone.begin(time.instant) {
            Some(begin) => shown(Time { instant: begin, zone: time.zone.clone() }),
            None => shown(Time::zero()),
        },
        "AppendFormat" => {
            let layout = arguments.get(1).and_then(Value::as_text).unwrap_or("");
            Value::Bytes(appended(arguments, time::format(time, layout).as_bytes()))
        }
        "AppendText" => Value::Bytes(appended(arguments, time.rfc3339_nano().as_bytes())),
        "AppendBinary" | "MarshalBinary" | "GobEncode" => Value::Bytes(appended(arguments, &packed(time))),
        "MarshalJSON" => Value::Bytes(format!("\"{}\"", time.rfc3339_nano()).into_bytes().into()),
        _ => Value::Bytes(time.rfc3339_nano().into_bytes().into()),
    })
}

/// The bytes of the first argument, if there are any, and more.
fn appended(arguments: &[Value], more: &[u8]) -> Arc<[u8]> {
    let mut bytes = match arguments.first() {
        Some(Value::Bytes(bytes)) => bytes.to_vec(),
        _ => Vec::new(),
    };
    bytes.extend(more);
    bytes.into()
}

/// Go's binary form: a version, seconds since year 1, nanoseconds, and the offset in minutes, -1 for UTC.
fn packed(time: &Time) -> Vec<u8> {
    let offset = match &*time.zone {
        Zone::Utc => -60,
        zone => zone.at(time.instant).0,
    };
    let seconds = offset % 60;
    let mut bytes = vec![if seconds == 0 { 1 } else { 2 }];
    bytes.extend((time.unix() - Time::zero().unix()).to_be_bytes());
    bytes.extend((time.nano() as i32).to_be_bytes());
    bytes.extend(((offset / 60) as i16).to_be_bytes());
    if seconds != 0 {
        bytes.push(seconds as i8 as u8);
    }
    bytes
}

fn go_string(civil: &Civil, time: &Time) -> String {
    let Civil { year, day, hour, minute, second, nano, .. } = civil;
    let month = time::month_name(civil.month);
    let zone = match time.zone.name() {
        "UTC" => "time.UTC".to_owned(),
        name => format!("time.Location({})", crate::go::quote(name)),
    };
    format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {nano}, {zone})")
}

fn call_duration(nanos: i64, name: &str, arguments: &[Value]) -> Value {
    let unit = number(arguments, 0);
    match name {
        "Hours" => Value::Float(nanos as f64 / 3.6e12),
        "Minutes" => Value::Float(nanos as f64 / 6e10),
        "Seconds" => Value::Float(nanos as f64 / 1e9),
        "Milliseconds" => Value::int64(nanos / 1_000_000),
        "Microseconds" => Value::int64(nanos / 1_000),
        "Nanoseconds" => Value::int64(nanos),
        "Abs" => Value::Duration(nanos.saturating_abs()),
        "Truncate" if unit > 0 => Value::Duration(nanos - nanos % unit),
        "Round" if unit > 0 => Value::Duration(round(nanos, unit)),
        "Truncate" | "Round" => Value::Duration(nanos),
        _ => Value::from(duration::format_go(nanos)),
    }
}

/// Rounds to the nearest multiple, halves away from zero.
fn round(nanos: i64, unit: i64) -> i64 {
    let over = nanos % unit;
    let nearer_zero = nanos - over;
    if over.unsigned_abs() * 2 < unit.unsigned_abs() {
        nearer_zero
    } else {
        nearer_zero.saturating_add(unit * over.signum())
    }
}

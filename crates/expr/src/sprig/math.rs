//! Numbers.

use super::{Called, int as int_at, text};
use crate::eval::{Calls, integers};
use crate::go;
use crate::operators::float_to_int;
use crate::power::power;
use crate::value::Value;

type Args<'a> = &'a [Value];

/// A value as an `int64`; what is no number is zero (TP-167).
pub(super) fn to_int64(value: &Value) -> i64 {
    match value {
        Value::Int(number, _) | Value::Duration(number) => *number,
        Value::Float(number) => float_to_int(*number),
        Value::Bool(truth) => i64::from(*truth),
        Value::Text(text) => go::parse_int(without_places(text)).unwrap_or(0),
        _ => 0,
    }
}

/// A decimal number without the places behind its point; any other text as it is.
fn without_places(text: &str) -> &str {
    let Some((whole, places)) = text.split_once('.') else { return text };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    if are_digits(digits) && are_digits(places) { whole } else { text }
}

fn to_float64(value: &Value) -> f64 {
    match value {
        Value::Int(number, _) | Value::Duration(number) => *number as f64,
        Value::Float(number) => *number,
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Text(text) => go::parse_float(text).unwrap_or(0.0),
        _ => 0.0,
    }
}

pub(super) fn atoi(args: Args, _: &mut Calls) -> Called {
    let text = text(args, 0);
    Ok(Value::int(go::atoi(text).unwrap_or_else(|message| match message.ends_with("out of range") {
        true if text.starts_with('-') => i64::MIN,
        true => i64::MAX,
        false => 0,
    })))
}

pub(super) fn int64(args: Args, _: &mut Calls) -> Called {
    Ok(Value::int64(to_int64(&args[0])))
}

pub(super) fn int(args: Args, _: &mut Calls) -> Called {
    Ok(Value::int(to_int64(&args[0])))
}

pub(super) fn float64(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Float(to_float64(&args[0])))
}

pub(super) fn to_decimal(args: Args, _: &mut Calls) -> Called {
    Ok(Value::int64(i64::from_str_radix(&args[0].to_text(), 8).unwrap_or(0)))
}

/// The numbers from `start` to before `stop`.
fn steps(start: i64, stop: i64, step: i64, calls: &mut Calls) -> Result<Vec<i64>, String> {
    let runs = (stop < start && step < 0) || (stop >= start && step > 0);
    if !runs {
        return Ok(Vec::new());
    }
    let count = (start.abs_diff(stop)).div_ceil(step.unsigned_abs());
    calls.grow(usize::try_from(count).unwrap_or(usize::MAX))?;
    Ok((0..count as i64).map(|number| start.wrapping_add(number.wrapping_mul(step))).collect())
}

pub(super) fn until(args: Args, calls: &mut Calls) -> Called {
    let count = int_at(args, 0);
    let numbers = steps(0, count, if count < 0 { -1 } else { 1 }, calls)?;
    Ok(integers(numbers.into_iter()))
}

pub(super) fn until_step(args: Args, calls: &mut Calls) -> Called {
    let numbers = steps(int_at(args, 0), int_at(args, 1), int_at(args, 2), calls)?;
    Ok(integers(numbers.into_iter()))
}

pub(super) fn seq(args: Args, calls: &mut Calls) -> Called {
    let (start, step, end) = match args.len() {
        1 => (1, None, int_at(args, 0)),
        2 => (int_at(args, 0), None, int_at(args, 1)),
        3 => (int_at(args, 0), Some(int_at(args, 1)), int_at(args, 2)),
        _ => return Ok(Value::from("")),
    };
    let direction = if end < start { -1 } else { 1 };
    let step = step.unwrap_or(direction);
    if end < start && step > 0 {
        return Ok(Value::from(""));
    }
    let numbers = steps(start, end.saturating_add(direction), step, calls)?;
    let words: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Value::from(words.join(" ")))
}

pub(super) fn add1(args: Args, _: &mut Calls) -> Called {
    Ok(Value::int64(to_int64(&args[0]).wrapping_add(1)))
}

pub(super) fn add(args: Args, _: &mut Calls) -> Called {
    Ok(Value::int64(args.iter().map(to_int64).fold(0, i64::wrapping_add)))
}

pub(super) fn sub(args: Args, _: &mut Calls) -> Called {
    Ok(Value::int64(to_int64(&args[0]).wrapping_sub(to_int64(&args[1]))))
}

pub(super) fn div(args: Args, _: &mut Calls) -> Called {
    match to_int64(&args[1]) {
        0 => Err("runtime error: integer divide by zero".to_owned()),
        divisor => Ok(Value::int64(to_int64(&args[0]).wrapping_div(divisor))),
    }
}

pub(super) fn modulo(args: Args, _: &mut Calls) -> Called {
    match to_int64(&args[1]) {
        0 => Err("runtime error: integer divide by zero".to_owned()),
        divisor => Ok(Value::int64(to_int64(&args[0]).wrapping_rem(divisor))),
    }
}

pub(super) fn mul(args: Args, _: &mut Calls) -> Called {
    Ok(Value::int64(args.iter().map(to_int64).fold(1, i64::wrapping_mul)))
}

pub(super) fn rand_int(args: Args, calls: &mut Calls) -> Called {
    let (least, bound) = (int_at(args, 0), int_at(args, 1));
    if bound <= least {
        return Err("invalid argument to Intn".to_owned());
    }
    let offset = calls.random.below(least.abs_diff(bound)) as i64;
    Ok(Value::int(least.wrapping_add(offset)))
}

pub(super) fn max(args: Args, _: &mut Calls) -> Called {
    Ok(Value::int64(args.iter().map(to_int64).max().unwrap_or(0)))
}

pub(super) fn min(args: Args, _: &mut Calls) -> Called {
    Ok(Value::int64(args.iter().map(to_int64).min().unwrap_or(0)))
}

/// Folds numbers as Go's `math.Max` and `math.Min` do: infinity beats what is no number, which beats all others.
fn extreme(args: Args, infinity: f64, further: fn(f64, f64) -> f64) -> Value {
    let mut numbers = args.iter().map(to_float64);
    let first = numbers.next().unwrap_or(0.0);
    Value::Float(numbers.fold(first, |best, number| match (best, number) {
        _ if best == infinity || number == infinity => infinity,
        _ if best.is_nan() || number.is_nan() => f64::NAN,
        _ => further(best, number),
    }))
}

pub(super) fn maxf(args: Args, _: &mut Calls) -> Called {
    Ok(extreme(args, f64::INFINITY, f64::max))
}

pub(super) fn minf(args: Args, _: &mut Calls) -> Called {
    Ok(extreme(args, f64::NEG_INFINITY, f64::min))
}

pub(super) fn ceil(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Float(to_float64(&args[0]).ceil()))
}

pub(super) fn floor(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Float(to_float64(&args[0]).floor()))
}

pub(super) fn round(args: Args, _: &mut Calls) -> Called {
    let up_from = match args.get(2) {
        Some(Value::Float(up_from)) => *up_from,
        _ => 0.5,
    };
    let scale = power(10.0, int_at(args, 1) as f64);
    let scaled = scale * to_float64(&args[0]);
    let rounded = if scaled.fract() >= up_from { scaled.ceil() } else { scaled.floor() };
    Ok(Value::Float(rounded / scale))
}

/// A decimal number: `digits` times ten to the power of `exponent`.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i128,
    exponent: i32,
}

/// Places behind the point that a division keeps.
const DIVISION_PLACES: i32 = 16;

impl Decimal {
    /// The decimal with the shortest digits of a float.
    fn of(number: f64) -> Option<Decimal> {
        if !number.is_finite() {
            return None;
        }
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i32);
        Some(Decimal {
            digits: mantissa.replace('.', "").parse().ok()?,
            exponent: exponent.parse::<i32>().ok()? - places,
        })
    }

    /// Both with the same exponent.
    fn align(self, other: Decimal) -> Option<(i128, i128, i32)> {
        let exponent = self.exponent.min(other.exponent);
        let scale = |decimal: Decimal| {
            let power = 10_i128.checked_pow(u32::try_from(decimal.exponent - exponent).ok()?)?;
            decimal.digits.checked_mul(power)
        };
        Some((scale(self)?, scale(other)?, exponent))
    }

    fn divided(self, other: Decimal) -> Option<Decimal> {
        let (left, right, _) = self.align(other)?;
        let scaled = left.checked_mul(10_i128.pow(DIVISION_PLACES as u32))?;
        let (quotient, rest) = (scaled / right, scaled % right);
        let away = if rest.unsigned_abs() * 2 >= right.unsigned_abs() { 1 } else { 0 };
        let sign = if (left < 0) == (right < 0) { 1 } else { -1 };
        Some(Decimal { digits: quotient + away * sign, exponent: -DIVISION_PLACES })
    }

    fn float(self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }
}

/// The numbers of a call, which decimals can be made of.
fn finite(args: Args) -> Result<Vec<f64>, String> {
    let numbers = args.iter().map(|arg| match to_float64(arg) {
        number if number.is_nan() => Err("Cannot create a Decimal from NaN".to_owned()),
        number if number.is_infinite() => {
            let sign = if number < 0.0 { '-' } else { '+' };
            Err(format!("Cannot create a Decimal from {sign}Inf"))
        }
        number => Ok(number),
    });
    numbers.collect()
}

/// Folds numbers with decimal arithmetic, or with floats where decimals do not fit.
fn decimal_fold(
    numbers: impl Iterator<Item = f64>,
    decimals: fn(Decimal, Decimal) -> Option<Decimal>,
    floats: fn(f64, f64) -> f64,
) -> f64 {
    let mut numbers = numbers;
    let Some(first) = numbers.next() else { return 0.0 };
    let mut float = first;
    let mut decimal = Decimal::of(first);
    for number in numbers {
        decimal = match (decimal, Decimal::of(number)) {
            (Some(left), Some(right)) => decimals(left, right),
            _ => None,
        };
        float = floats(float, number);
    }
    decimal.map_or(float, Decimal::float)
}

fn plus(left: Decimal, right: Decimal) -> Option<Decimal> {
    let (left, right, exponent) = left.align(right)?;
    Some(Decimal { digits: left.checked_add(right)?, exponent })
}

pub(super) fn add1f(args: Args, _: &mut Calls) -> Called {
    let numbers = finite(&args[..1])?.into_iter().chain([1.0]);
    Ok(Value::Float(decimal_fold(numbers, plus, |l, r| l + r)))
}

pub(super) fn addf(args: Args, _: &mut Calls) -> Called {
    let numbers = std::iter::once(0.0).chain(finite(args)?);
    Ok(Value::Float(decimal_fold(numbers, plus, |l, r| l + r)))
}

pub(super) fn subf(args: Args, _: &mut Calls) -> Called {
    let minus = |left: Decimal, right: Decimal| plus(left, Decimal { digits: -right.digits, ..right });
    Ok(Value::Float(decimal_fold(finite(args)?.into_iter(), minus, |l, r| l - r)))
}

pub(super) fn mulf(args: Args, _: &mut Calls) -> Called {
    let times = |left: Decimal, right: Decimal| {
        let digits = left.digits.checked_mul(right.digits)?;
        Some(Decimal { digits, exponent: left.exponent + right.exponent })
    };
    Ok(Value::Float(decimal_fold(finite(args)?.into_iter(), times, |l, r| l * r)))
}

pub(super) fn divf(args: Args, _: &mut Calls) -> Called {
    // What is wrong first, from the left, is told.
    for (number, arg) in args.iter().enumerate() {
        let [value] = finite(std::slice::from_ref(arg))?[..] else { continue };
        if number > 0 && value == 0.0 {
            return Err("decimal division by 0".to_owned());
        }
    }
    Ok(Value::Float(decimal_fold(finite(args)?.into_iter(), Decimal::divided, |l, r| l / r)))
}

//! Numbers in manifests: parameter values, quantities, integers that may be texts (OB-005, OB-006).

use serde_json::Value as Json;

use crate::{go, go_json};

/// The text that a parameter value stands for (OB-005): none for `null`, the empty text for lists and maps.
///
/// Numbers pass through a double and come out in plain decimal with the shortest digits.
pub fn any_text(json_text: &str) -> Result<Option<String>, String> {
    let value = go_json::parse(json_text)?;
    Ok(match &value {
        crate::Value::Nil => None,
        crate::Value::Bool(truth) => Some(truth.to_string()),
        crate::Value::Float(number) => Some(go::plain_float(*number)),
        crate::Value::Text(text) => Some(text.to_string()),
        _ => Some(String::new()),
    })
}

/// The same for a value that has been parsed.
pub fn any_text_of(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Number(number) => Some(go::plain_float(number.as_f64().unwrap_or(f64::NAN))),
        Json::String(text) => Some(text.clone()),
        Json::Array(_) | Json::Object(_) => Some(String::new()),
    }
}

/// The integer of a field that holds an integer or a text (OB-006).
pub fn int_or_text(value: &Json) -> Result<i64, String> {
    let refused = |kind: String| format!("decode: json: cannot unmarshal {kind} into Go value of type int32");
    match value {
        Json::String(text) => {
            go::atoi(text).map_err(|_| format!("value '{text}' cannot be resolved to an int"))
        }
        Json::Number(number) => match number.as_i64().filter(|number| i32::try_from(*number).is_ok()) {
            Some(number) => Ok(number),
            None => Err(refused(format!("number {number}"))),
        },
        Json::Bool(_) => Err(refused("bool".to_owned())),
        Json::Array(_) => Err(refused("array".to_owned())),
        Json::Object(_) => Err(refused("object".to_owned())),
        Json::Null => Ok(0),
    }
}

/// Whether a text may stand where an integer or a variable is wanted: digits, or one whole tag.
pub fn is_int_or_variable(text: &str) -> bool {
    go::atoi(text).is_ok() || (text.starts_with("{{") && text.ends_with("}}"))
}

/// A quantity of Kubernetes, such as `500m` or `1Gi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// In billionths, rounded up in magnitude.
    nanos: i128,
}

const BILLION: i128 = 1_000_000_000;

const MALFORMED: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

impl Quantity {
    /// Parses a quantity; the error is Kubernetes'.
    pub fn parse(text: &str) -> Result<Quantity, String> {
        parse_quantity(text).map(|nanos| Quantity { nanos }).ok_or_else(|| MALFORMED.to_owned())
    }

    /// The whole number, rounded up in magnitude; what does not fit wraps around, as in the reference.
    pub fn value(&self) -> i64 {
        round_up(self.nanos, BILLION) as i64
    }

    /// Thousandths, rounded up in magnitude, likewise.
    pub fn milli_value(&self) -> i64 {
        round_up(self.nanos, BILLION / 1_000) as i64
    }

    /// The nearest float.
    pub fn as_float(&self) -> f64 {
        format!("{}e-9", self.nanos).parse().unwrap_or(f64::NAN)
    }
}

fn round_up(number: i128, unit: i128) -> i128 {
    let quotient = number / unit;
    quotient + number.signum() * i128::from(number % unit != 0)
}

fn parse_quantity(text: &str) -> Option<i128> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, suffix) = rest.split_at(digits);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let (base, exponent) = match suffix {
        "n" => (10, -9),
        "u" => (10, -6),
        "m" => (10, -3),
        "" => (10, 0),
        "k" => (10, 3),
        "M" => (10, 6),
        "G" => (10, 9),
        "T" => (10, 12),
        "P" => (10, 15),
        "E" => (10, 18),
        "Ki" => (2, 10),
        "Mi" => (2, 20),
        "Gi" => (2, 30),
        "Ti" => (2, 40),
        "Pi" => (2, 50),
        "Ei" => (2, 60),
        _ => (10, suffix.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?),
    };
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let mut nanos: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let mut tens = 9 - i32::try_from(fraction.len()).ok()?;
    if base == 2 {
        nanos = nanos.checked_mul(1_i128.checked_shl(exponent.unsigned_abs())?)?;
    } else {
        tens = tens.checked_add(exponent)?;
    }
    if nanos != 0 {
        let power = |tens: i32| 10_i128.checked_pow(tens.unsigned_abs());
        nanos = match tens {
            0.. => nanos.checked_mul(power(tens)?)?,
            _ => power(tens).map_or(1, |power| round_up(nanos, power)),
        };
    }
    Some(if negative { -nanos } else { nanos })
}

//! Kubernetes quantities: `500m`, `1.5`, `64Mi`, `2e3` (`OB-012`).

/// The value of a quantity; `None` if the text is not one.
///
/// Values beyond a double lose digits, which no resource of a step has.
pub fn parse(text: &str) -> Option<f64> {
    let written = Written::of(text)?;
    let value =
        format!("0{}.{}0", written.whole, written.fraction).parse::<f64>().ok()? * written.unit.factor();
    Some(if written.negative { -value } else { value })
}

/// The value of a quantity that has to be one; the error says what would be.
pub fn require(text: &str) -> Result<f64, String> {
    parse(text.trim()).ok_or_else(|| flaw(text))
}

/// How many units an amount fills, the last one perhaps in part. Without an amount none; without a unit, of one each.
pub fn units(amount: &str, unit: &str) -> Result<i128, String> {
    let nanos = |text: &str| match text.trim() {
        "" => Ok(0),
        text => Written::of(text).and_then(|written| written.nanos()).ok_or_else(|| flaw(text)),
    };
    let unit = match nanos(unit)? {
        0 => BILLION,
        unit => unit,
    };
    let amount = nanos(amount)?;
    Ok(amount / unit + i128::from(amount % unit > 0))
}

fn flaw(text: &str) -> String {
    format!("`{text}` is not a quantity such as 500m, 2 or 64Mi")
}

/// A quantity as Kubernetes writes it: without a fraction, in the largest unit of its kind that leaves none.
///
/// What is written that way stays as it is, and so does what only looks so (`+1`, `5.`, `1000Ki`), as there. `None` if
/// the text is no quantity, or one of more digits than anything has.
pub fn canonical(text: &str) -> Option<String> {
    let written = Written::of(text)?;
    if written.is_kept() {
        return Some(text.to_owned());
    }
    let nanos = written.nanos()?;
    let small = nanos.abs() < 1_024 * BILLION;
    let form = match written.unit {
        Unit::Binary(_) if nanos % BILLION == 0 && !small => in_binary(nanos / BILLION),
        Unit::Exponent(_) => {
            in_tens(nanos, |tens| if tens == 0 { String::new() } else { format!("e{tens}") })
        }
        Unit::Binary(_) | Unit::Decimal(_) => {
            in_tens(nanos, |tens| match DECIMAL.iter().find(|(_, of)| *of == tens) {
                Some((suffix, _)) => (*suffix).to_owned(),
                None => format!("e{tens}"),
            })
        }
    };
    Some(form)
}

const BILLION: i128 = 1_000_000_000;

/// Units that are powers of ten, and of two.
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

/// The kind of a unit, with its power.
#[derive(Clone, Copy)]
enum Unit {
    Decimal(i32),
    Exponent(i32),
    Binary(u32),
}

impl Unit {
    fn of(suffix: &str) -> Option<Unit> {
        if let Some((_, tens)) = DECIMAL.iter().find(|(of, _)| *of == suffix) {
            return Some(Unit::Decimal(*tens));
        }
        if let Some((_, twos)) = BINARY.iter().find(|(of, _)| *of == suffix) {
            return Some(Unit::Binary(*twos));
        }
        let power = suffix.strip_prefix(['e', 'E'])?;
        let digits = power.strip_prefix(['+', '-']).unwrap_or(power);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { power.parse().ok().map(Unit::Exponent) } else { None }
    }

    fn factor(self) -> f64 {
        match self {
            // Dividing is exact where multiplying by a fraction is not.
            Unit::Decimal(tens @ ..0) => 1.0 / 10f64.powi(-tens),
            Unit::Decimal(tens) | Unit::Exponent(tens) => 10f64.powi(tens),
            Unit::Binary(twos) => 2f64.powi(twos as i32),
        }
    }
}

/// The parts of a quantity. A unit, a sign or a point alone is nothing of it, as in Kubernetes.
struct Written<'a> {
    negative: bool,
    /// Before the point, without zeros in front, and behind it.
    whole: &'a str,
    fraction: &'a str,
    unit: Unit,
}

impl Written<'_> {
    fn of(text: &str) -> Option<Written<'_>> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let length = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(length);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if text.is_empty() || fraction.contains('.') {
            return None;
        }
        let negative = text.starts_with('-');
        Some(Written { negative, whole: whole.trim_start_matches('0'), fraction, unit: Unit::of(suffix)? })
    }

    /// Whether Kubernetes takes it for canonical by a short look, and remembers how it was written.
    fn is_kept(&self) -> bool {
        let behind = self.fraction.len() as i32;
        match self.unit {
            Unit::Decimal(tens) | Unit::Exponent(tens) => {
                let fits = self.whole.len().max(1) + self.fraction.len() <= 18 && tens - behind >= -9;
                let ends = format!("{}{}", self.whole, self.fraction);
                fits && (tens - behind) % 3 == 0 && !self.whole.is_empty() && !ends.ends_with("000")
            }
            Unit::Binary(twos) => {
                let fits = self.whole.len() as u32 + twos * 3 / 10 < 15;
                let odd = self.whole.parse::<u64>().is_ok_and(|whole| whole % 8 != 0);
                fits && self.fraction.is_empty() && odd
            }
        }
    }

    /// The value in billionths, rounded away from zero.
    fn nanos(&self) -> Option<i128> {
        let digits = format!("{}{}", self.whole, self.fraction);
        let mut value: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let mut tens = 9 - self.fraction.len() as i32;
        match self.unit {
            Unit::Decimal(power) | Unit::Exponent(power) => tens = tens.checked_add(power)?,
            Unit::Binary(twos) => value = value.checked_mul(1 << twos)?,
        }
        if value == 0 {
            return Some(0);
        }
        let power = 10_i128.checked_pow(tens.unsigned_abs());
        let mut nanos = match power {
            Some(power) if tens >= 0 => value.checked_mul(power)?,
            Some(power) => (value + power - 1) / power,
            None if tens < 0 => 1,
            None => return None,
        };
        if let Unit::Binary(_) = self.unit {
            nanos = nanos.min(i128::from(i64::MAX) * BILLION);
        }
        Some(if self.negative { -nanos } else { nanos })
    }
}

/// Billionths as a number without zeros at its end beyond what a unit of a thousand's power takes.
fn in_tens(mut number: i128, unit: impl Fn(i32) -> String) -> String {
    if number == 0 {
        return "0".to_owned();
    }
    let mut tens = -9;
    while number % 1_000 == 0 {
        number /= 1_000;
        tens += 3;
    }
    format!("{number}{}", unit(tens))
}

fn in_binary(mut number: i128) -> String {
    let mut units = BINARY.iter();
    let mut suffix = "";
    while number % 1_024 == 0
        && let Some((larger, _)) = units.next()
    {
        number /= 1_024;
        suffix = larger;
    }
    format!("{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::{canonical, parse, units};

    #[test]
    fn quantities_are_numbers_with_units() {
        for (text, value) in [
            ("1", 1.0),
            ("500m", 0.5),
            (".5", 0.5),
            ("1.", 1.0),
            ("64Mi", 67_108_864.0),
            ("2e3", 2000.0),
            ("-1k", -1000.0),
            ("Mi", 0.0),
            ("e3", 0.0),
            ("-.", 0.0),
        ] {
            assert_eq!(parse(text), Some(value), "{text}");
        }
        for text in ["", "{{x}}", "1 Gi", "1mi", "1.2.3", "..", "e", "1e", "lots"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_counted_in_units() {
        for (amount, unit, count) in [
            ("300m", "1m", 300),
            ("300m", "", 1),
            ("65Mi", "0", 68_157_440),
            ("65Mi", "1Gi", 1),
            ("1Gi", "1Mi", 1_024),
            ("", "1Mi", 0),
        ] {
            assert_eq!(units(amount, unit), Ok(count), "{amount} in {unit}");
        }
        assert!(units("lots", "").is_err());
    }

    /// OB-012: one text of each kind that is written anew, and of each that stays.
    #[test]
    fn quantities_are_written_in_their_largest_unit() {
        for (text, written) in [
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("0.5", "500m"),
            ("1.5", "1500m"),
            ("2000", "2k"),
            ("1024", "1024"),
            ("1024Mi", "1Gi"),
            ("1000Mi", "1000Mi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("8Ei", "9223372036854775807"),
            ("1000k", "1M"),
            ("0.1k", "100"),
            ("1e3", "1e3"),
            ("1e4", "10e3"),
            ("0.5e3", "500"),
            ("-1000m", "-1"),
            ("0m", "0"),
            ("0.0", "0"),
            ("Gi", "0"),
            ("007", "007"),
            ("0.0000000001", "1n"),
            ("10000000000000000000000", "10e21"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(written), "{text}");
        }
        assert_eq!(canonical("1 Gi"), None);
    }
}

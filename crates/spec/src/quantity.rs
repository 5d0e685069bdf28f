//! Kubernetes quantities: `500m`, `1.5`, `64Mi`, `2e3` (`OB-012`).

/// The value of a quantity; `None` if the text is not one.
///
/// Values beyond a double lose digits, which no resource of a step has.
pub fn parse(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let length = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(length);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || number.bytes().filter(|b| *b == b'.').count() > 1 {
        return None;
    }
    let factor = factor(suffix)?;
    let value = number.parse::<f64>().ok()? * factor;
    Some(if text.starts_with('-') { -value } else { value })
}

/// The value of a quantity that has to be one; the error says what would be.
pub fn require(text: &str) -> Result<f64, String> {
    parse(text.trim()).ok_or_else(|| format!("`{text}` is not a quantity such as 500m, 2 or 64Mi"))
}

fn factor(suffix: &str) -> Option<f64> {
    Some(match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024f64.powi(2),
        "Gi" => 1024f64.powi(3),
        "Ti" => 1024f64.powi(4),
        "Pi" => 1024f64.powi(5),
        "Ei" => 1024f64.powi(6),
        exponent => {
            let power = exponent.strip_prefix(['e', 'E'])?;
            let digits = power.strip_prefix(['+', '-']).unwrap_or(power);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            10f64.powi(power.parse::<i32>().ok()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

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
        ] {
            assert_eq!(parse(text), Some(value), "{text}");
        }
        for text in ["", "{{x}}", "Mi", "1 Gi", "1mi", "1.2.3", "e3", "1e", "lots"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

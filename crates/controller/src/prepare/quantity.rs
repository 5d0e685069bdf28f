//! Kubernetes quantities as far as limits need them.

/// The number behind a quantity: `500m`, `1.5`, `64Mi`, `1e3`.
pub(crate) fn parse(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let broken = || format!("`{text}` is not a quantity such as 500m, 2 or 64Mi");
    let digits = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let factor = match suffix {
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
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0f64.powi(3),
        "Ti" => 1024.0f64.powi(4),
        "Pi" => 1024.0f64.powi(5),
        "Ei" => 1024.0f64.powi(6),
        exponent if exponent.starts_with(['e', 'E']) => {
            return text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(broken);
        }
        _ => return Err(broken()),
    };
    number.parse::<f64>().map(|number| number * factor).map_err(|_| broken())
}

//! `math.Pow` with Go's last digits: the functions that it is made of round in their own ways.

/// The square root of a half.
const HALF_ROOT: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// The logarithm of two, cut in two: the first part has so few digits that its multiples are exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// The same for exponentials.
const LN_2_OF_EXP: [f64; 2] = [0.693_147_180_559_663, 2.823_529_056_303_157_7e-13];

/// `base` to the power of `exponent`.
pub(crate) fn power(base: f64, exponent: f64) -> f64 {
    if exponent == 0.5 {
        return base.sqrt();
    }
    if exponent == -0.5 {
        return 1.0 / base.sqrt();
    }
    let special =
        base == 0.0 || !base.is_finite() || !exponent.is_finite() || exponent.abs() >= 2f64.powi(63);
    if special || (base < 0.0 && exponent.fract() != 0.0) {
        return base.powf(exponent);
    }
    let (mut whole, mut fraction) = (exponent.abs().trunc(), exponent.abs().fract());
    let mut result = 1.0;
    let mut scale: i64 = 0;
    if fraction != 0.0 {
        if fraction > 0.5 {
            fraction -= 1.0;
            whole += 1.0;
        }
        result = exponential(fraction * logarithm(base));
    }
    let (mut factor, mut factor_scale) = split_exponent(base);
    let mut bits = whole as i64;
    while bits != 0 {
        if !(-(1 << 12)..=1 << 12).contains(&factor_scale) {
            scale += factor_scale;
            break;
        }
        if bits & 1 == 1 {
            result *= factor;
            scale += factor_scale;
        }
        factor *= factor;
        factor_scale <<= 1;
        if factor < 0.5 {
            factor += factor;
            factor_scale -= 1;
        }
        bits >>= 1;
    }
    if exponent < 0.0 {
        result = 1.0 / result;
        scale = -scale;
    }
    scale_by_two(result, scale)
}

/// The natural logarithm of a positive number: the number is split into 2^k * (1 + f), and the logarithm of 1 + f is a
/// polynomial in f / (2 + f), as in the mathematical library of BSD.
fn logarithm(number: f64) -> f64 {
    const ODD: [f64; 4] = [
        6.666_666_666_666_735e-1,
        2.857_142_874_366_239e-1,
        1.818_357_216_161_805e-1,
        1.479_819_860_511_658_6e-1,
    ];
    const EVEN: [f64; 3] = [3.999_999_999_940_942e-1, 2.222_219_843_214_978_4e-1, 1.531_383_769_920_937_3e-1];
    let (mut part, mut scale) = split_exponent(number);
    if part < HALF_ROOT {
        part *= 2.0;
        scale -= 1;
    }
    let (f, k) = (part - 1.0, scale as f64);
    let s = f / (2.0 + f);
    let square = s * s;
    let fourth = square * square;
    let odd = square * (ODD[0] + fourth * (ODD[1] + fourth * (ODD[2] + fourth * ODD[3])));
    let even = fourth * (EVEN[0] + fourth * (EVEN[1] + fourth * EVEN[2]));
    let half = 0.5 * f * f;
    k * LN_2[0] - ((half - (s * (half + (odd + even)) + k * LN_2[1])) - f)
}

/// e to the power of a number in the middle of the range: a sixteenth of what is left beside the powers of two goes
/// into the series, and is squared four times. Products and sums are rounded once, as Go's machine does it.
fn exponential(number: f64) -> f64 {
    const FACTORIALS: [f64; 7] = [5040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0];
    let scale = (number * std::f64::consts::LOG2_E).round_ties_even();
    let rest = (-scale).mul_add(LN_2_OF_EXP[1], (-scale).mul_add(LN_2_OF_EXP[0], number)) * 0.0625;
    let series =
        FACTORIALS.iter().fold(1.0 / 40320.0, |sum: f64, factorial| sum.mul_add(rest, 1.0 / factorial));
    let mut less_one = rest * series;
    for _ in 0..3 {
        less_one *= less_one + 2.0;
    }
    scale_by_two(less_one.mul_add(less_one + 2.0, 1.0), scale as i64)
}

/// A fraction in [0.5, 1) and the power of two it is multiplied by.
fn split_exponent(number: f64) -> (f64, i64) {
    let mut number = number;
    let mut offset = 0;
    if number.abs() < f64::MIN_POSITIVE {
        number *= 2f64.powi(52);
        offset = -52;
    }
    let bits = number.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64 - 1022;
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent + offset)
}

fn scale_by_two(number: f64, exponent: i64) -> f64 {
    let mut number = number;
    let mut exponent = exponent.clamp(-3000, 3000) as i32;
    while exponent > 1000 {
        number *= 2f64.powi(1000);
        exponent -= 1000;
    }
    while exponent < -1000 {
        number *= 2f64.powi(-1000);
        exponent += 1000;
    }
    number * 2f64.powi(exponent)
}

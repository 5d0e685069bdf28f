//! The order of keys: as people count, so that `a2` stands before `a10`.

use std::cmp::Ordering;

/// Which of two keys comes first.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let Some(at) = left.iter().zip(&right).position(|(a, b)| a != b) else {
        return left.len().cmp(&right.len());
    };
    let (a, b) = (left[at], right[at]);
    let after_digit = at > 0 && left[at - 1].is_numeric();
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => a.cmp(&b),
        // Letters stand behind all else, but before digits that make a number longer.
        (true, false) if after_digit => Ordering::Less,
        (false, true) if after_digit => Ordering::Greater,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => numbers(&left, &right, at).then(a.cmp(&b)),
    }
}

/// Compares the numbers that begin at the place where two keys part.
fn numbers(left: &[char], right: &[char], at: usize) -> Ordering {
    // A zero only counts behind a digit of the same number.
    let mut before = left[..at].iter().rev().take_while(|letter| letter.is_ascii_digit());
    let goes_on = (left[at] == '0' || right[at] == '0') && before.any(|letter| *letter != '0');
    let number = |letters: &[char]| {
        let digits = letters[at..].iter().map_while(|letter| letter.to_digit(10));
        let (mut value, mut count) = (u64::from(goes_on), 0_usize);
        for digit in digits {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
        (value, count)
    };
    number(left).cmp(&number(right))
}

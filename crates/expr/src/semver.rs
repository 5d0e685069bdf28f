//! Semantic versions and constraints, as lenient as the reference's library.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::value::Value;

/// A version; missing parts are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    prerelease: String,
    metadata: String,
    original: String,
}

const INVALID: &str = "invalid semantic version";

impl Version {
    /// Parses `v1.2.3-pre+meta`; the `v`, the minor and the patch number may be missing.
    pub(crate) fn parse(text: &str) -> Result<Version, String> {
        let body = text.strip_prefix('v').unwrap_or(text);
        let (body, metadata) = split_part(body, '+')?;
        let (body, prerelease) = split_part(body, '-')?;
        let mut numbers = [0; 3];
        let parts: Vec<&str> = body.split('.').collect();
        if parts.len() > 3 {
            return Err(INVALID.to_owned());
        }
        for (number, part) in numbers.iter_mut().zip(&parts) {
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(INVALID.to_owned());
            }
            *number = part.parse().map_err(|_| INVALID.to_owned())?;
        }
        check_prerelease(prerelease)?;
        Ok(Version {
            numbers,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        })
    }

    /// What a method of the version answers.
    pub(crate) fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        let number = |index: usize| Value::int64(self.numbers[index] as i64);
        let version = |version: Version| Value::Version(Arc::new(version));
        let order = match arguments.first() {
            Some(Value::Version(other)) => self.order(other),
            _ => Ordering::Equal,
        };
        let part = arguments.first().and_then(Value::as_text).unwrap_or("");
        Ok(match name {
            "Compare" => Value::int(order as i64),
            "Equal" => Value::Bool(order.is_eq()),
            "LessThan" => Value::Bool(order.is_lt()),
            "LessThanEqual" => Value::Bool(order.is_le()),
            "GreaterThan" => Value::Bool(order.is_gt()),
            "GreaterThanEqual" => Value::Bool(order.is_ge()),
            "IncMajor" => version(self.next(0)),
            "IncMinor" => version(self.next(1)),
            "IncPatch" => version(self.next(2)),
            "SetPrerelease" => version(self.with_parts(part, &self.metadata)?),
            "SetMetadata" => version(self.with_parts(&self.prerelease, part)?),
            "MarshalJSON" => Value::Bytes(format!("\"{self}\"").into_bytes().into()),
            "MarshalText" => Value::Bytes(self.to_string().into_bytes().into()),
            "Major" => number(0),
            "Minor" => number(1),
            "Patch" => number(2),
            "Prerelease" => Value::from(self.prerelease.as_str()),
            "Metadata" => Value::from(self.metadata.as_str()),
            "Original" => Value::from(self.original.as_str()),
            _ => Value::from(self.to_string()),
        })
    }

    /// The version that raises one of the numbers; what comes before a patch becomes that patch.
    fn next(&self, place: usize) -> Version {
        let mut numbers = self.numbers;
        if place < 2 || self.prerelease.is_empty() {
            numbers[place] = numbers[place].wrapping_add(1);
        }
        numbers[place + 1..].fill(0);
        self.changed(numbers, "", "")
    }

    fn with_parts(&self, prerelease: &str, metadata: &str) -> Result<Version, String> {
        check_prerelease(prerelease)?;
        check_part(metadata)?;
        Ok(self.changed(self.numbers, prerelease, metadata))
    }

    /// Another version, spelled with a `v` if this one is.
    fn changed(&self, numbers: [u64; 3], prerelease: &str, metadata: &str) -> Version {
        let mut version = Version {
            numbers,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: String::new(),
        };
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        version.original = format!("{prefix}{version}");
        version
    }

    fn order(&self, other: &Version) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => order_of_prereleases(&self.prerelease, &other.prerelease),
            }
        })
    }
}

/// Splits off what follows a separator, which must not be empty.
fn split_part(text: &str, separator: char) -> Result<(&str, &str), String> {
    let Some((body, part)) = text.split_once(separator) else { return Ok((text, "")) };
    if part.is_empty() {
        return Err(INVALID.to_owned());
    }
    check_part(part)?;
    Ok((body, part))
}

/// Nothing, or words of letters, digits and hyphens with dots between them.
fn check_part(part: &str) -> Result<(), String> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if part.is_empty() || part.split('.').all(is_word) { Ok(()) } else { Err(INVALID.to_owned()) }
}

/// The same, and no number in it begins with a zero.
fn check_prerelease(part: &str) -> Result<(), String> {
    check_part(part)?;
    let is_padded = |word: &str| {
        word.len() > 1 && word.starts_with('0') && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    if part.split('.').any(is_padded) {
        return Err("version segment starts with 0".to_owned());
    }
    Ok(())
}

fn order_of_prereleases(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => match (left.parse::<u64>(), right.parse::<u64>()) {
                (Ok(left), Ok(right)) => left.cmp(&right),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => left.cmp(right),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(out, "{major}.{minor}.{patch}")?;
        if !self.prerelease.is_empty() {
            write!(out, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(out, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

/// Alternatives, each a list of comparisons that must all hold.
pub(crate) struct Constraint {
    alternatives: Vec<Vec<Comparison>>,
}

/// An operator and the version beside it, of which trailing parts may be missing or wild.
struct Comparison {
    operator: &'static str,
    version: Version,
    /// How many of the three numbers are given.
    given: usize,
}

impl Constraint {
    pub(crate) fn parse(text: &str) -> Result<Constraint, String> {
        let improper = || format!("improper constraint: {text}");
        let alternatives: Result<Vec<_>, String> = text
            .split("||")
            .map(|alternative| {
                let ranged = expand_ranges(alternative);
                let parts = comparisons(&ranged).ok_or_else(improper)?;
                if parts.is_empty() { Err(improper()) } else { Ok(parts) }
            })
            .collect();
        Ok(Constraint { alternatives: alternatives? })
    }

    pub(crate) fn admits(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|all| all.iter().all(|comparison| comparison.holds(version)))
    }
}

/// `1.2 - 1.4` becomes `>=1.2 <=1.4`.
fn expand_ranges(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words.get(at + 1) == Some(&"-") && at + 2 < words.len() {
            out.push(format!(">={}", words[at]));
            out.push(format!("<={}", words[at + 2]));
            at += 3;
        } else {
            out.push(words[at].to_owned());
            at += 1;
        }
    }
    out.join(" ")
}

const OPERATORS: [&str; 11] = [">=", "=>", "<=", "=<", "!=", "~>", "=", ">", "<", "~", "^"];

fn comparisons(text: &str) -> Option<Vec<Comparison>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches([' ', ',']);
    while !rest.is_empty() {
        let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)).unwrap_or("");
        rest = rest[operator.len()..].trim_start();
        let length = rest.find([' ', ',']).unwrap_or(rest.len());
        found.push(comparison(operator, &rest[..length])?);
        rest = rest[length..].trim_start_matches([' ', ',']);
    }
    Some(found)
}

fn comparison(operator: &'static str, text: &str) -> Option<Comparison> {
    let body = text.strip_prefix('v').unwrap_or(text);
    if body.is_empty() {
        return None;
    }
    let end = body.find(['-', '+']).unwrap_or(body.len());
    let mut given = 0;
    let mut wild = false;
    for part in body[..end].split('.') {
        let is_wild = matches!(part, "x" | "X" | "*");
        wild |= is_wild;
        if !is_wild {
            if wild || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            given += 1;
        }
    }
    let numbers: Vec<&str> = body[..end].split('.').take(given).collect();
    let version = if given == 0 { "0".to_owned() } else { format!("{}{}", numbers.join("."), &body[end..]) };
    Some(Comparison { operator, version: Version::parse(&version).ok()?, given })
}

impl Comparison {
    fn holds(&self, version: &Version) -> bool {
        // A pre-release is only admitted where the constraint names one.
        let hidden = !version.prerelease.is_empty() && self.version.prerelease.is_empty();
        let order = version.order(&self.version);
        let same = |parts: usize| version.numbers[..parts] == self.version.numbers[..parts];
        match self.operator {
            "!=" if hidden => false,
            "!=" if self.given < 3 => !same(self.given),
            "!=" => order != Ordering::Equal,
            _ if hidden => false,
            ">" if self.given < 3 => order == Ordering::Greater && !same(self.given) && self.given > 0,
            ">" => order == Ordering::Greater,
            ">=" | "=>" => order != Ordering::Less,
            "<" => order == Ordering::Less,
            "<=" | "=<" if self.given < 3 => order == Ordering::Less || same(self.given),
            "<=" | "=<" => order != Ordering::Greater,
            "^" => self.is_compatible(version, order),
            "~" | "~>" => order != Ordering::Less && same(self.given.min(2)),
            _ if self.given < 3 => order != Ordering::Less && same(self.given),
            _ => order == Ordering::Equal,
        }
    }

    /// `^`: nothing left of the first given number that is not zero may change.
    fn is_compatible(&self, version: &Version, order: Ordering) -> bool {
        if order == Ordering::Less {
            return false;
        }
        let [major, minor, patch] = self.version.numbers;
        let [other_major, other_minor, other_patch] = version.numbers;
        if self.given == 0 {
            return true;
        }
        if major > 0 || self.given == 1 {
            return other_major == major;
        }
        if other_major > 0 {
            return false;
        }
        if minor > 0 || self.given == 2 {
            return other_minor == minor;
        }
        other_minor == 0 && other_patch == patch
    }
}

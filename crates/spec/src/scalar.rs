//! Scalars with a decoding rule of their own: text of any scalar, int-or-string, loop items.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

/// An integer or a text, as written (`OB-006`). The text may hold tags.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrStr {
    /// Written as a number.
    Int(i64),
    /// Written as a text.
    Str(String),
}

impl IntOrStr {
    /// The text of either form.
    pub fn text(&self) -> String {
        match self {
            IntOrStr::Int(number) => number.to_string(),
            IntOrStr::Str(text) => text.clone(),
        }
    }

    /// The integer, if the value is one or its text reads as one in base ten.
    ///
    /// Argo reads such texts as 32-bit numbers with an optional sign and nothing around them.
    pub fn int(&self) -> Option<i64> {
        match self {
            IntOrStr::Int(number) => Some(*number),
            IntOrStr::Str(text) => text.parse::<i32>().ok().map(i64::from),
        }
    }
}

impl From<i64> for IntOrStr {
    fn from(number: i64) -> Self {
        IntOrStr::Int(number)
    }
}

impl From<&str> for IntOrStr {
    fn from(text: &str) -> Self {
        IntOrStr::Str(text.to_owned())
    }
}

/// One element of `withItems`: any JSON value, with its numbers spelt as written (`OB-007`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Item(Box<RawValue>);

impl Item {
    /// The JSON text.
    pub fn json(&self) -> &str {
        self.0.get()
    }

    /// The JSON value. Numbers beyond 64 bits become floating point.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.json()).unwrap_or(Value::Null)
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

impl TryFrom<String> for Item {
    type Error = serde_json::Error;

    /// Takes a JSON text as an item.
    fn try_from(json: String) -> Result<Self, Self::Error> {
        RawValue::from_string(json).map(Item)
    }
}

/// The text of a parameter value written as any scalar (`OB-005`). `None` for null.
///
/// Lists and maps give the empty text, as in Argo; the parser warns about them.
pub fn any_str_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number_text(number)),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => Some(String::new()),
    }
}

/// A number as Argo prints it: through a double, in plain decimal, with the fewest digits that give
/// the same double back.
pub fn number_text(number: &Number) -> String {
    let double = number.as_f64().unwrap_or(f64::NAN);
    if double == 0.0 && double.is_sign_negative() {
        return "-0".to_owned();
    }
    // Rust's `Display` for floats is exactly this format.
    double.to_string()
}

/// Reads an optional text from any scalar.
pub(crate) fn any_str<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(any_str_text(&Value::deserialize(deserializer)?))
}

/// Reads a list of texts from any scalars.
pub(crate) fn any_strs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(Vec::new()),
        Value::Array(values) => Ok(values.iter().map(|v| any_str_text(v).unwrap_or_default()).collect()),
        other => Err(D::Error::custom(format!("expected a list, found {other}"))),
    }
}

pub(crate) fn is_false(flag: &bool) -> bool {
    !*flag
}

pub(crate) fn is_zero(number: &i64) -> bool {
    *number == 0
}

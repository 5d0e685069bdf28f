//! Field selectors: which nodes, or objects, a text of terms means, with Kubernetes' grammar (API-167).
//!
//! Terms are joined by commas, all of which must hold: `field=value`, `field==value`, `field!=value`. In a value a
//! comma, an equals sign and a backslash are written with a backslash before them. A field that is not there has the
//! empty value.

/// A field selector that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector {
    terms: Vec<FieldTerm>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldTerm {
    /// The name of the field.
    pub field: String,
    /// The value that it is compared with.
    pub value: String,
    /// Whether they must be equal; if not, they must differ.
    pub equal: bool,
}

/// The longest operator first, so that `==` is not taken for `=`.
const OPERATORS: [(&str, bool); 3] = [("!=", false), ("==", true), ("=", true)];

impl FieldSelector {
    /// Reads a selector. The error is in Kubernetes' words.
    pub fn parse(text: &str) -> Result<FieldSelector, String> {
        let terms = split(text).into_iter().filter(|term| !term.is_empty()).map(|term| {
            let (field, value, equal) = operator(term)
                .ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{term}'"))?;
            Ok(FieldTerm { field: field.to_owned(), value: unescaped(value)?, equal })
        });
        Ok(FieldSelector { terms: terms.collect::<Result<_, String>>()? })
    }

    /// The requirements, in the order in which they were written.
    pub fn terms(&self) -> &[FieldTerm] {
        &self.terms
    }

    /// Whether all requirements hold; `field` answers the value of a field, if there is such a field.
    pub fn matches(&self, field: impl Fn(&str) -> Option<String>) -> bool {
        self.terms.iter().all(|term| term.holds(&field(&term.field).unwrap_or_default()))
    }
}

impl FieldTerm {
    /// Whether it holds for this value of its field.
    pub fn holds(&self, value: &str) -> bool {
        (self.value == value) == self.equal
    }
}

/// The terms between commas that no backslash precedes.
fn split(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let (mut from, mut escaped) = (0, false);
    for (at, char) in text.char_indices() {
        if char == ',' && !escaped {
            terms.push(&text[from..at]);
            from = at + 1;
        }
        escaped = char == '\\' && !escaped;
    }
    terms.push(&text[from..]);
    terms
}

/// A term at its first operator.
fn operator(term: &str) -> Option<(&str, &str, bool)> {
    term.char_indices().find_map(|(at, _)| {
        OPERATORS
            .iter()
            .find_map(|(sign, equal)| term[at..].strip_prefix(sign).map(|value| (&term[..at], value, *equal)))
    })
}

fn unescaped(value: &str) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some(char @ ('\\' | ',' | '=')) => out.push(char),
                Some(other) => {
                    return Err(format!("invalid field selector: invalid escape sequence: \\{other}"));
                }
                None => return Err("invalid field selector: invalid escape sequence: \\".to_owned()),
            },
            ',' | '=' => {
                return Err(format!("invalid field selector: unescaped character in value: {char}"));
            }
            char => out.push(char),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests;

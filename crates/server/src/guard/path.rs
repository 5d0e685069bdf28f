//! One spelling for one path: percent signs that hide nothing are taken away before anybody compares.
//!
//! Argo's server decodes a path before it looks for what answers, so `/api/v1/%77orkflows/` is `/api/v1/workflows/`
//! (API-023). If each of us decoded for themselves, the guard could judge another path than the one that is answered.

use crate::call::{bad_escape, byte_at};
use axum::http::Uri;

/// The address in its plain spelling; itself if it is plain. `None` if a percent sign in the path begins no byte.
///
/// Only letters, digits and `-._~` are uncovered, which mean the same either way; a slash that was hidden stays within
/// its segment.
pub(crate) fn plain(asked: &Uri) -> Option<Uri> {
    let path = asked.path();
    if !path.contains('%') {
        return Some(asked.clone());
    }
    if bad_escape(path).is_some() {
        return None;
    }
    let query = asked.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = asked.clone().into_parts();
    parts.path_and_query = Some(format!("{}{query}", uncovered(path)).parse().ok()?);
    Uri::from_parts(parts).ok()
}

fn uncovered(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        match byte_at(rest.as_bytes(), at) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                plain.push(char::from(byte));
            }
            _ => plain.push_str(&rest[at..at + 3]),
        }
        rest = &rest[at + 3..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::plain;

    fn of(asked: &str) -> Option<String> {
        plain(&asked.parse().unwrap()).map(|uri| uri.to_string())
    }

    #[test]
    fn letters_are_uncovered_and_signs_stay_hidden() {
        let same = "/api/v1/workflows/a%2Fb%20%3a%25%ff/x";
        assert_eq!(of(same).as_deref(), Some(same));
        assert_eq!(of("/api/%761/%77orkflows?q=%77").as_deref(), Some("/api/v1/workflows?q=%77"));
        assert_eq!(of("/a%2d%2E%5f%7e/%2577").as_deref(), Some("/a-._~/%2577"), "once, not twice");
    }

    #[test]
    fn a_percent_sign_that_begins_no_byte_is_no_path() {
        for odd in ["/%zz", "/a%", "/a%4", "/%4g/b"] {
            assert_eq!(of(odd), None, "{odd}");
        }
        assert_eq!(of("/a?b=%zz").as_deref(), Some("/a?b=%zz"), "the query is judged by who reads it");
    }
}

//! Names of objects, as Kubernetes wants them.

/// Longest name of an object.
pub const NAME_BYTES_MAX: usize = 253;

/// Whether a text is a lowercase RFC 1123 subdomain: parts of `a`-`z`, `0`-`9` and `-`, joined by dots; no part is empty,
/// or begins or ends with `-`. Its length is not looked at.
pub fn is_subdomain(name: &str) -> bool {
    !name.is_empty()
        && name.split('.').all(|part| {
            let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            !part.is_empty() && part.bytes().all(inner) && !part.starts_with('-') && !part.ends_with('-')
        })
}

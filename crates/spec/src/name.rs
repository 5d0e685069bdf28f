//! Names of objects, as Kubernetes wants them.

/// Longest name of an object.
pub const NAME_BYTES_MAX: usize = 253;

/// What Kubernetes says of a name that is no lowercase RFC 1123 subdomain.
pub const SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
                                  or '.', and must start and end with an alphanumeric character (e.g. 'example.com', \
                                  regex used for validation is \
                                  '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/// Whether a text is a lowercase RFC 1123 subdomain: parts of `a`-`z`, `0`-`9` and `-`, joined by dots; no part is empty,
/// or begins or ends with `-`. Its length is not looked at.
pub fn is_subdomain(name: &str) -> bool {
    !name.is_empty()
        && name.split('.').all(|part| {
            let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            !part.is_empty() && part.bytes().all(inner) && !part.starts_with('-') && !part.ends_with('-')
        })
}

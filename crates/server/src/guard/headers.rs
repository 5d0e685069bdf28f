//! What every answer says to browsers and to clients that count.

use crate::guard::rate::Allowance;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

/// Put on an answer that says nothing else itself.
const USUAL: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// How long browsers shall remember that this server is reached by TLS.
const BY_TLS_ONLY: &str = "max-age=31536000";

/// Puts on an answer what all answers carry.
pub(crate) fn dress(
    response: &mut Response,
    allowance: &Allowance,
    allowed_origin: Option<&str>,
    encrypted: bool,
) {
    let headers = response.headers_mut();
    for (name, value) in USUAL {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let is_event_stream = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        let rule = if is_event_stream { "no-cache" } else { "no-store" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(rule));
    }
    if encrypted {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(BY_TLS_ONLY));
    }
    if let Some(origin) = allowed_origin.and_then(|origin| HeaderValue::from_str(origin).ok()) {
        shared(headers, origin);
    }
    // API-012: on everything.
    if let Some(limit) = allowance.limit {
        headers.insert("x-ratelimit-limit", HeaderValue::from(limit));
        headers.insert("x-ratelimit-remaining", HeaderValue::from(allowance.left));
        headers.insert("x-ratelimit-reset", HeaderValue::from(1));
    }
}

/// Lets pages of another origin read the answer (API-010).
fn shared(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type"),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}

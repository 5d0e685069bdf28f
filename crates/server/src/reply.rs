//! Answers as Argo's server frames them.

use crate::fault::{Code, Fault};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

/// The release of Argo whose interface is served.
pub(crate) const ARGO_VERSION: &str = "v4.1.2";

/// JSON as Go writes it: `<`, `>` and `&` escaped (API-005).
pub(crate) fn go_json(value: &Value) -> Vec<u8> {
    let plain = serde_json::to_vec(value).unwrap_or_default();
    let mut out = Vec::with_capacity(plain.len());
    for byte in plain {
        match byte {
            b'<' => out.extend_from_slice(b"\\u003c"),
            b'>' => out.extend_from_slice(b"\\u003e"),
            b'&' => out.extend_from_slice(b"\\u0026"),
            other => out.push(other),
        }
    }
    out
}

/// A document, with the headers that accompany every successful method (API-012).
pub(crate) fn document(value: &Value) -> Response {
    document_of(go_json(value))
}

/// A document whose text is made already, or comes bit by bit.
pub(crate) fn document_of(text: impl Into<Body>) -> Response {
    let mut response = method(StatusCode::OK, text);
    response.headers_mut().insert("grpc-metadata-argo-version", HeaderValue::from_static(ARGO_VERSION));
    response
}

/// A fault as a document.
pub(crate) fn fault(fault: &Fault) -> Response {
    let mut response = method(fault.code.status(), go_json(&fault.body()));
    if fault.code == Code::ResourceExhausted {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// A fault outside the methods of the API: only its document.
pub(crate) fn bare_fault(fault: &Fault) -> Response {
    json(fault.code.status(), go_json(&fault.body()))
}

fn method(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = json(status, body);
    let headers = response.headers_mut();
    headers.insert("grpc-metadata-content-type", HeaderValue::from_static("application/grpc"));
    for trailer in ["Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin"] {
        headers.append("grpc-metadata-trailer", HeaderValue::from_static(trailer));
    }
    response
}

/// A JSON body under a status.
pub(crate) fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    with_type(status, "application/json", body)
}

/// A body of any type.
pub(crate) fn with_type(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A short text with a newline, as Go's `http.Error` writes it.
pub(crate) fn text(status: StatusCode, text: &str) -> Response {
    let mut response = with_type(status, "text/plain; charset=utf-8", format!("{text}\n"));
    response.headers_mut().insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}

/// The reason phrase as text.
pub(crate) fn status_text(status: StatusCode) -> Response {
    text(status, status.canonical_reason().unwrap_or_default())
}

/// Sends the client elsewhere, keeping its method.
pub(crate) fn redirect(to: &str) -> Response {
    let body = format!("<a href=\"{}\">Temporary Redirect</a>.\n\n", escape(to));
    let mut response = with_type(StatusCode::TEMPORARY_REDIRECT, "text/html; charset=utf-8", body);
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// Text that is safe inside HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

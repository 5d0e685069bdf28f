//! Answers made smaller for those who can unpack them. Streams are left alone: they must arrive at once.

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

/// Shorter answers gain nothing.
const BYTES_MIN: u64 = 1_024;

/// Longer answers are packed where waiting hurts nobody else.
const INLINE_BYTES_MAX: usize = 64 << 10;

/// Whether a client takes packed answers.
pub(crate) fn is_taken(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| {
            let mut words = part.split(';').map(str::trim);
            let named = words.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
            named && !words.any(|word| matches!(word, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
}

/// The answer, packed if it is whole, long enough, and text.
pub(crate) async fn packed(response: Response) -> Response {
    let length = response.body().size_hint().exact().unwrap_or(0);
    let headers = response.headers();
    let is_text = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
        kind.starts_with("text/") && !kind.starts_with("text/event-stream")
            || ["json", "javascript", "svg", "xml", "yaml"].iter().any(|word| kind.contains(word))
    });
    if length < BYTES_MIN || !is_text || headers.contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let small = if bytes.len() <= INLINE_BYTES_MAX {
        Some(pack(&bytes))
    } else {
        let shared = bytes.clone();
        tokio::task::spawn_blocking(move || pack(&shared)).await.ok()
    };
    let Some(Ok(small)) = small else { return Response::from_parts(parts, Body::from(bytes)) };
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(small))
}

fn pack(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    // The fastest level: most of what there is to gain, at a fraction of the time.
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

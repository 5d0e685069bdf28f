//! The web pages: files packed into the binary when it was built, served so that nothing strange can run in them.
//!
//! The pages find their way by addresses of their own (`runs/default/hello`), so every path that is no file and no
//! part of an interface answers with the first page (API-009).

use crate::reply;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use flate2::read::GzDecoder;
use std::borrow::Cow;
use std::io::Read as _;

/// One file of the pages.
struct File {
    /// The path below the base, without a slash at its beginning.
    name: &'static str,
    /// The content, compressed with gzip.
    packed: &'static [u8],
}

/// Every file, ordered by name. What `build.rs` found.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The file that every address of a page answers with.
const FIRST: &str = "index.html";

/// Folder of the files whose names change with their content.
const HASHED: &str = "assets/";

macro_rules! policy {
    ($ancestors:literal) => {
        concat!(
            "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; ",
            "worker-src 'self'; connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'self'; ",
            "form-action 'self'; frame-ancestors ",
            $ancestors
        )
    };
}

/// Nothing from elsewhere, nothing inline: a page cannot be talked into running what it shows.
const POLICY: &str = policy!("'none'");

/// Pages below here are made to stand on pages of others (UI-013, UI-014); nothing can be done with them.
const WIDGETS: &str = "widgets/";

/// Browsers that know `frame-ancestors` do not look at `X-Frame-Options`, which cannot say this.
const WIDGET_POLICY: &str = policy!("*");

/// What is asked for, seen from `base`: a proxy may strip that path or not. `None` if there is nothing to strip.
pub(crate) fn below(base: &str, asked: &Uri) -> Option<Uri> {
    let inner = asked.path().strip_prefix(base).filter(|_| base != "/")?;
    let query = asked.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = asked.clone().into_parts();
    parts.path_and_query = Some(format!("/{inner}{query}").parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Sends who asked below `base` on to an address below it.
pub(crate) fn lead_below(base: &str, response: &mut Response) {
    let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
    let led = to.and_then(|to| to.strip_prefix('/')).filter(|to| !to.starts_with('/'));
    if let Some(led) = led.and_then(|to| HeaderValue::from_str(&format!("{base}{to}")).ok()) {
        response.headers_mut().insert(header::LOCATION, led);
    }
}

/// Answers a request that is no part of an interface.
///
/// `base` is the path under which browsers see the server, with a slash at both ends; `path` begins behind it.
pub(crate) fn serve(base: &str, method: &Method, path: &str, headers: &HeaderMap) -> Response {
    if *method != Method::GET && *method != Method::HEAD {
        let mut response = reply::text(StatusCode::METHOD_NOT_ALLOWED, "pages can only be read");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let name = path.strip_prefix('/').unwrap_or_default();
    let file = find(name);
    if file.is_none() && name.starts_with(HASHED) {
        // A tab that outlived its release asks for files that are gone; it must not take a page for a script.
        return reply::text(
            StatusCode::NOT_FOUND,
            "this file belongs to another release; load the page again",
        );
    }
    let mut response = match file.filter(|file| file.name != FIRST) {
        Some(file) => packed(file, headers),
        None => first(base),
    };
    let immutable = file.is_some_and(|file| file.name.starts_with(HASHED));
    let kept = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let policy = if name.starts_with(WIDGETS) { WIDGET_POLICY } else { POLICY };
    for (name, value) in [
        (header::CACHE_CONTROL, kept),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The base with a slash at both ends, whatever was written.
pub(crate) fn base(written: &str) -> String {
    match written.trim_matches('/') {
        "" => "/".to_owned(),
        inner => format!("/{inner}/"),
    }
}

fn find(name: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.name.cmp(name)).ok().map(|at| &FILES[at])
}

/// The first page, told where it is.
fn first(base: &str) -> Response {
    let text = find(FIRST).map(|file| unpacked(file.packed)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let told = text.replacen("<base href=\"/\"", &format!("<base href=\"{}\"", reply::escape(base)), 1);
    reply::with_type(StatusCode::OK, "text/html; charset=utf-8", told)
}

fn packed(file: &File, headers: &HeaderMap) -> Response {
    let kind = kind(file.name);
    let mut response = if takes_gzip(headers) {
        let mut response = reply::with_type(StatusCode::OK, kind, file.packed);
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        reply::with_type(StatusCode::OK, kind, unpacked(file.packed).into_owned())
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|part| part == "q=0")
    })
}

fn unpacked(packed: &'static [u8]) -> Cow<'static, [u8]> {
    let mut text = Vec::new();
    match GzDecoder::new(packed).read_to_end(&mut text) {
        Ok(_) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(b""),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;

//! One web request, with Go's manners where users see them: how redirects are followed, and the words of failures.

use super::{CALL_TIME_MAX, RESPONSE_BYTES_MAX};
use std::time::{Duration, Instant};
use tiphys_executor::address::{self, Unfit, quote};
use tiphys_executor::{told, trusted};
use ureq::http::{self, Method};
use ureq::tls::TlsConfig;

/// Most redirects that are followed (EX-473).
pub const REDIRECTS_MAX: usize = 10;

/// A request to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// Absolute.
    pub url: String,
    /// Names as written, with values; secrets already resolved.
    pub headers: Vec<(String, String)>,
    /// What is sent; none for nothing at all.
    pub body: Option<Vec<u8>>,
    /// How long all of it may take.
    pub timeout: Option<Duration>,
    /// Whether any certificate will do.
    pub insecure: bool,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// 200 and the like.
    pub status: u16,
    /// Names in Go's canonical spelling, in the order of the answer.
    pub headers: Vec<(String, String)>,
    /// All of it.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The status with the words that belong to it: `500 Internal Server Error`.
    pub(super) fn shown_status(&self) -> String {
        http::StatusCode::from_u16(self.status)
            .map_or_else(|_| self.status.to_string(), |status| status.to_string())
    }
}

/// Sends requests, one at a time; keeps connections open between them.
#[derive(Clone)]
pub(super) struct Client {
    strict: ureq::Agent,
    lax: ureq::Agent,
}

impl Client {
    pub(super) fn new() -> Client {
        let tls = |insecure: bool| {
            TlsConfig::builder().root_certs(trusted()).disable_verification(insecure).build()
        };
        let agent = |insecure: bool| {
            ureq::Agent::config_builder()
                .http_status_as_error(false)
                .allow_non_standard_methods(true)
                // Redirects are ours: a body goes along with 307 and 308.
                .max_redirects(0)
                .max_redirects_will_error(false)
                .user_agent(told::USER_AGENT)
                .accept("")
                .tls_config(tls(insecure))
                .build()
                .new_agent()
        };
        Client { strict: agent(false), lax: agent(true) }
    }

    /// Ends the request that is on its way, and sends no other.
    pub(super) fn hang_up(self) {
        self.strict.shutdown();
        self.lax.shutdown();
    }

    /// Sends a request and reads the answer. The error is the node's message.
    pub(super) fn request(&self, request: &HttpRequest) -> Result<HttpResponse, String> {
        let end = Instant::now() + request.timeout.unwrap_or(CALL_TIME_MAX).min(CALL_TIME_MAX);
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| format!("net/http: invalid method {}", quote(&request.method)))?;
        let mut next = HttpRequest { method: method.to_string(), ..request.clone() };
        let mut led_to = request.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let verb = told::verb(&next.method);
            let failed = |shown: &str, reason: String| format!("{verb} {}: {reason}", quote(shown));
            let address = match address::read(&next.url) {
                Ok(address) => address,
                Err(Unfit::Unread(reason)) => return Err(reason),
                Err(Unfit::Unasked(shown, reason)) => return Err(failed(&shown, reason)),
            };
            if let Some(reason) = told::bad_header(&next.headers) {
                return Err(failed(&address.shown, reason));
            }
            next.url = address.sent;
            let response = match self.send(&next, left) {
                Ok(response) => response,
                Err(Failure::Asked(reason)) => return Err(failed(&address.shown, reason)),
                Err(Failure::Read(reason)) => return Err(reason),
            };
            match redirect(&next, &response) {
                Some((redirected, location)) => (next, led_to) = (redirected, location),
                None => return Ok(response),
            }
        }
        Err(format!("{} {}: stopped after 10 redirects", told::verb(&next.method), quote(&led_to)))
    }

    fn send(&self, request: &HttpRequest, left: Duration) -> Result<HttpResponse, Failure> {
        let agent = if request.insecure { &self.lax } else { &self.strict };
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|error| Failure::Asked(error.to_string()))?;
        let words = |error: ureq::Error| Failure::Asked(told::words(&error, &request.url));
        let no_body = matches!(method, Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS);
        let mut answer = match (&request.body, no_body) {
            (Some(body), true) if !body.is_empty() => {
                let start = match method {
                    Method::GET => agent.get(&request.url),
                    Method::HEAD => agent.head(&request.url),
                    Method::OPTIONS => agent.options(&request.url),
                    _ => agent.delete(&request.url),
                };
                let start = start.config().timeout_global(Some(left)).build();
                let start = request
                    .headers
                    .iter()
                    .fold(start, |start, (name, value)| start.header(name.as_str(), value.as_str()));
                start.force_send_body().send(&body[..]).map_err(words)?
            }
            (body, _) => {
                let mut start = http::Request::builder().method(method).uri(&request.url);
                for (name, value) in &request.headers {
                    start = start.header(name.as_str(), value.as_str());
                }
                let bad = |error: http::Error| Failure::Asked(error.to_string());
                match body.as_ref().filter(|_| !no_body) {
                    Some(body) => {
                        let sent = start.body(&body[..]).map_err(bad)?;
                        let sent = agent.configure_request(sent).timeout_global(Some(left)).build();
                        agent.run(sent).map_err(words)?
                    }
                    None => {
                        let sent = start.body(()).map_err(bad)?;
                        let sent = agent.configure_request(sent).timeout_global(Some(left)).build();
                        agent.run(sent).map_err(words)?
                    }
                }
            }
        };
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (canonical(name.as_str()), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let status = answer.status().as_u16();
        let body = match answer.body_mut().with_config().limit(RESPONSE_BYTES_MAX).read_to_vec() {
            Ok(body) => body,
            Err(ureq::Error::BodyExceedsLimit(_)) => {
                return Err(Failure::Read(format!("the answer is larger than {RESPONSE_BYTES_MAX} bytes")));
            }
            Err(error) => return Err(Failure::Read(told::words(&error, &request.url))),
        };
        Ok(HttpResponse { status, headers, body })
    }
}

/// Why there is no answer.
enum Failure {
    /// It was asked for, and did not begin.
    Asked(String),
    /// It began, and could not be read; nobody says of what.
    Read(String),
}

/// The request that a redirecting answer asks for, as Go's client follows it, and where it said that it leads.
fn redirect(request: &HttpRequest, response: &HttpResponse) -> Option<(HttpRequest, String)> {
    let keeps_body = match response.status {
        301..=303 => false,
        307 | 308 => true,
        _ => return None,
    };
    let (_, location) = response.headers.iter().find(|(name, _)| name == "Location")?;
    let url = join(&request.url, location);
    let mut next = HttpRequest { url, ..request.clone() };
    if !keeps_body {
        if next.method != "HEAD" {
            next.method = "GET".to_owned();
        }
        next.body = None;
    }
    // What proves who we are is for the host that it was meant for.
    if host(&next.url) != host(&request.url) {
        next.headers.retain(|(name, _)| {
            !["authorization", "cookie", "www-authenticate", "host"]
                .contains(&name.to_ascii_lowercase().as_str())
        });
    }
    Some((next, location.clone()))
}

/// A location, seen from the address that named it.
pub(super) fn join(base: &str, location: &str) -> String {
    let (scheme, rest) = base.split_once("://").unwrap_or(("http", base));
    if is_absolute(location) {
        return location.to_owned();
    }
    if let Some(rest) = location.strip_prefix("//") {
        return format!("{scheme}://{rest}");
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if location.starts_with('/') {
        return format!("{scheme}://{host}{location}");
    }
    if location.starts_with('?') {
        return format!("{scheme}://{host}/{path}{location}");
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{scheme}://{host}/{folder}{slash}{location}")
}

/// Whether a location begins with a scheme: an address that is a part of its query does not make it absolute.
fn is_absolute(location: &str) -> bool {
    let scheme = location.split_once("://").map_or("", |(scheme, _)| scheme);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// `content-type` is `Content-Type` to Go, and so to conditions.
fn canonical(name: &str) -> String {
    let mut upper = true;
    name.chars()
        .map(|letter| {
            let shown = if upper { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
            upper = letter == '-';
            shown
        })
        .collect()
}

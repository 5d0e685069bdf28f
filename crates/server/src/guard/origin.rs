//! Whether a web page that somebody visits is trying to reach this server through their browser.
//!
//! Three questions in every mode, with tokens or without. *Host*: a name that is not ours means that a stranger's name
//! was pointed at our address (DNS rebinding). *Origin* and *Sec-Fetch-Site*: a page of another origin asks. *Content
//! type*: a form of another page can send only the three types that browsers send without asking first.

use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use std::net::{IpAddr, Ipv6Addr};

/// The types that a page may send anywhere without asking.
const OF_FORMS: [&str; 3] = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];

/// Why a request is not looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

/// The names under which this server is reached.
pub(crate) struct Hosts {
    machine: String,
    allowed: Vec<String>,
}

impl Hosts {
    /// `machine` is the name of the machine; `allowed` are further names, `*.` before one means all below it.
    pub(crate) fn new(machine: &str, allowed: &[String]) -> Hosts {
        let lower = |name: &String| name.trim().trim_end_matches('.').to_ascii_lowercase();
        Hosts { machine: machine.to_ascii_lowercase(), allowed: allowed.iter().map(lower).collect() }
    }

    /// Whether a name without its port is ours. Addresses are: nobody can point somebody else's name at them.
    fn knows(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let is_address = name.parse::<IpAddr>().is_ok()
            || name
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok());
        let is_machine = !self.machine.is_empty()
            && (name == self.machine || name.strip_suffix(".local") == Some(self.machine.as_str()));
        is_address
            || is_machine
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.allowed.iter().any(|allowed| match allowed.strip_prefix("*.") {
                Some(parent) => name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
                None => *allowed == name || allowed == "*",
            })
    }
}

/// Judges one request by what a browser says about it.
pub(crate) fn judge(
    hosts: &Hosts,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    allowed_origin: Option<&str>,
) -> Result<(), Refusal> {
    let forbidden = |message: String| Err(Refusal { status: StatusCode::FORBIDDEN, message });
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let Some(host) = uri.authority().map(|authority| authority.as_str()).or_else(|| text("host")) else {
        return Err(Refusal {
            status: StatusCode::BAD_REQUEST,
            message: "the request names no host".to_owned(),
        });
    };
    if !hosts.knows(without_port(host)) {
        return forbidden(format!(
            "this server does not go by the name `{}`: if it should, start it with `--allowed-host {}`",
            shown(without_port(host)),
            shown(without_port(host))
        ));
    }
    let reads = method == Method::GET || method == Method::HEAD;
    let is_allowed = |origin: &str| allowed_origin.is_some_and(|allowed| allowed == origin || allowed == "*");
    let is_ours = |origin: &str| {
        let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        rest.is_some_and(|rest| same_place(rest, host))
    };
    // Where a browser itself says that it is one place, a proxy in between gave the server another name.
    let is_one_place = text("sec-fetch-site") == Some("same-origin");
    if let Some(origin) = text("origin")
        && !is_one_place
        && !is_ours(origin)
        && !is_allowed(origin)
    {
        return forbidden(strange(origin, host));
    }
    // Somebody who follows a link may read, whatever page it was on.
    let follows_link = reads && text("sec-fetch-mode") == Some("navigate");
    if let Some("cross-site" | "same-site") = text("sec-fetch-site")
        && !follows_link
        && allowed_origin.is_none()
    {
        return forbidden("pages of other origins may not use this server".to_owned());
    }
    if !reads && uri.path().starts_with("/api/") {
        form(headers)?;
    }
    Ok(())
}

/// Why pages of an origin are refused, and what to do if they are meant: mostly a proxy gave the server another name.
fn strange(origin: &str, host: &str) -> String {
    let (origin, host) = (shown(origin), shown(host));
    let refused = format!("pages of `{origin}` may not use this server");
    if !origin.starts_with("http://") && !origin.starts_with("https://") {
        return refused;
    }
    format!(
        "{refused}, which was asked as `{host}`: if a proxy stands before it, let that pass on the name that browsers use \
         (nginx: `proxy_set_header Host $http_host;`), and if the pages are another place's, start the server with \
         `--access-control-allow-origin {origin}`"
    )
}

/// Refuses what a form of a foreign page could have sent. What `curl -d` sends is let through: it is no browser.
fn form(headers: &HeaderMap) -> Result<(), Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !OF_FORMS.contains(&essence.as_str()) {
        return Ok(());
    }
    let marks = ["origin", "referer", "cookie", "sec-fetch-site", "sec-fetch-mode"];
    let browser = marks.iter().any(|mark| headers.contains_key(*mark))
        || headers.get(header::USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"));
    // A header that no form can set (API-026).
    let deliberate = headers.contains_key("x-http-method-override");
    if essence == "application/x-www-form-urlencoded" && (deliberate || !browser) {
        return Ok(());
    }
    Err(Refusal {
        status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
        message: format!("a body of type `{}` is not read here: send `application/json`", shown(&essence)),
    })
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => {
            // An address of the newer kind has its colons in brackets.
            if name.contains(':') && !name.starts_with('[') { host } else { name }
        }
        _ => host,
    }
}

/// Whether two authorities are one, whatever their case and whether a usual port is written.
fn same_place(left: &str, right: &str) -> bool {
    let usual = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.strip_suffix(":80").or_else(|| text.strip_suffix(":443")).unwrap_or(&text).to_owned()
    };
    usual(left) == usual(right)
}

/// What a stranger wrote, as far as it is fit for a message.
fn shown(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(100).collect()
}

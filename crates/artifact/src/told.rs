//! What goes wrong with a web server, in the words that Go's client has for it: people search for them, and retry
//! policies match on some of them (EX-219, EX-473).

use std::fs;
use std::io::{self, ErrorKind};
use std::net::ToSocketAddrs;

use ureq::Timeout;
use ureq::http::HeaderName;

use crate::address::{host_and_port, quote};
use crate::tls::distrust;

/// Where systems say who knows the addresses of names.
const RESOLVERS: &str = "/etc/resolv.conf";

/// Who we are to servers: their rules for Argo's executor, by which they answer or do not, are to hold for us.
pub const USER_AGENT: &str = "Go-http-client/1.1";

/// Why there is no answer from the server of an address.
pub fn words(error: &ureq::Error, url: &str) -> String {
    match error {
        ureq::Error::HostNotFound => unknown(url, ""),
        ureq::Error::Io(error) => io_words(error, url),
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            format!("dial tcp {}: i/o timeout", dialled(url))
        }
        ureq::Error::Timeout(Timeout::RecvResponse) => {
            "net/http: timeout awaiting response headers".to_owned()
        }
        ureq::Error::Timeout(_) => "context deadline exceeded".to_owned(),
        ureq::Error::TooManyRedirects => "stopped after 10 redirects".to_owned(),
        ureq::Error::BadUri(reason) => format!("unsupported protocol scheme: {reason}"),
        other => other.to_string(),
    }
}

/// The same of what the system says.
pub fn io_words(error: &io::Error, url: &str) -> String {
    let said = error.to_string();
    match error.kind() {
        ErrorKind::ConnectionRefused => format!("dial tcp {}: connect: connection refused", dialled(url)),
        ErrorKind::ConnectionReset => "read: connection reset by peer".to_owned(),
        ErrorKind::UnexpectedEof => "EOF".to_owned(),
        ErrorKind::TimedOut => "i/o timeout".to_owned(),
        ErrorKind::InvalidData => encrypted(&said),
        ErrorKind::HostUnreachable => format!("dial tcp {}: connect: no route to host", dialled(url)),
        ErrorKind::NetworkUnreachable => {
            format!("dial tcp {}: connect: network is unreachable", dialled(url))
        }
        _ if said.contains("failed to lookup address") => unknown(url, &said),
        _ => said,
    }
}

/// Go writes the method of a failed request as `Get`, `Post`, …: the first letter as it stands.
pub fn verb(method: &str) -> String {
    let mut letters = method.chars();
    letters
        .next()
        .map(|first| std::iter::once(first).chain(letters.flat_map(char::to_lowercase)).collect())
        .unwrap_or_default()
}

/// Why a request with such headers is not sent.
pub fn bad_header(headers: &[(String, String)]) -> Option<String> {
    headers.iter().find_map(|(name, value)| {
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Some(format!("net/http: invalid header field name {}", quote(name)));
        }
        let is_bad = value.bytes().any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f);
        is_bad.then(|| format!("net/http: invalid header field value for {}", quote(name)))
    })
}

/// Nobody knows the address of a name; who was asked is told with it.
pub(crate) fn unknown(url: &str, said: &str) -> String {
    let host = host_and_port(url);
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    let asked = resolver(&fs::read_to_string(RESOLVERS).unwrap_or_default());
    let asked = asked.map(|asked| format!(" on {asked}")).unwrap_or_default();
    let why = if said.contains("Temporary failure") { "server misbehaving" } else { "no such host" };
    format!("dial tcp: lookup {name}{asked}: {why}")
}

/// The first who is asked for addresses.
fn resolver(settings: &str) -> Option<String> {
    let line = settings.lines().find_map(|line| line.trim().strip_prefix("nameserver"))?;
    let address = line.split_whitespace().next()?;
    Some(if address.contains(':') { format!("[{address}]:53") } else { format!("{address}:53") })
}

/// The address that was tried first for a host.
fn dialled(url: &str) -> String {
    let host = host_and_port(url);
    let first = host.to_socket_addrs().ok().and_then(|mut found| found.next());
    first.map_or(host, |address| address.to_string())
}

/// Why two that encrypt did not come together: the one is not who it says, or the other is not known to it.
fn encrypted(reason: &str) -> String {
    if reason.contains("InvalidContentType") {
        return "http: server gave HTTP response to HTTPS client".to_owned();
    }
    if let Some(alert) = reason.strip_prefix("received fatal alert: ") {
        return format!("remote error: tls: {}", alert_words(alert));
    }
    let Some(why) = reason.strip_prefix("invalid peer certificate: ") else { return reason.to_owned() };
    let shown = match why {
        // The other is the signature of one who calls himself as somebody trusted does.
        "UnknownIssuer" | "BadSignature" => "certificate signed by unknown authority",
        "Expired" | "NotValidYet" => "certificate has expired or is not yet valid",
        other => other,
    };
    let told = distrust(why).map(|told| format!(": {told}")).unwrap_or_default();
    format!("tls: failed to verify certificate: x509: {shown}{told}")
}

/// `CertificateRequired` is `certificate required`.
fn alert_words(alert: &str) -> String {
    if alert == "UnknownCA" {
        return "unknown certificate authority".to_owned();
    }
    let mut words = String::new();
    for letter in alert.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EX-473: what is wrong with the way to a server, as Go's client has it.
    #[test]
    fn failures_have_the_words_of_go() {
        let io = |kind, said: &str| io_words(&io::Error::new(kind, said), "http://127.0.0.1:1/x");
        assert_eq!(io(ErrorKind::ConnectionRefused, ""), "dial tcp 127.0.0.1:1: connect: connection refused");
        assert_eq!(io(ErrorKind::UnexpectedEof, "Peer disconnected"), "EOF");
        assert_eq!(
            io(ErrorKind::InvalidData, "received fatal alert: CertificateRequired"),
            "remote error: tls: certificate required"
        );
        assert_eq!(
            io(ErrorKind::InvalidData, "invalid peer certificate: Expired"),
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid"
        );
        let unknown = io(ErrorKind::Other, "failed to lookup address information: Name or service not known");
        assert!(unknown.starts_with("dial tcp: lookup 127.0.0.1"), "{unknown}");
        assert!(unknown.ends_with(": no such host"), "{unknown}");
        let silent = io(
            ErrorKind::Other,
            "failed to lookup address information: Temporary failure in name resolution",
        );
        assert!(silent.ends_with(": server misbehaving"), "{silent}");
        assert_eq!(verb("POST"), "Post");
        assert_eq!(verb("get"), "get");
    }

    #[test]
    fn who_knows_addresses_is_found() {
        let settings = "# of the machine\nsearch example.org\nnameserver 10.96.0.10\nnameserver 1.1.1.1\n";
        assert_eq!(resolver(settings), Some("10.96.0.10:53".to_owned()));
        assert_eq!(resolver("nameserver fd00::1\n"), Some("[fd00::1]:53".to_owned()));
        assert_eq!(resolver(""), None);
    }
}

//! Addresses, taken apart and put together by Go's rules (TP-192).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Called, kind, text};
use crate::eval::Calls;
use crate::go;
use crate::value::Value;

type Args<'a> = &'a [Value];

/// The parts of an address, without their escapes.
#[derive(Default)]
struct Url {
    scheme: String,
    opaque: String,
    user: Option<User>,
    host: String,
    /// The address has no `//` although it has a scheme and a path from the root.
    omits_host: bool,
    path: String,
    query: String,
    /// The address ends in a `?` that nothing follows.
    forces_query: bool,
    fragment: String,
}

/// Who asks: a name, and a password if there is a colon.
struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// Where a text stands in an address, which decides what of it is escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    User,
    Host,
    /// What follows `%25` in an address of IPv6.
    Zone,
    Fragment,
}

pub(super) fn parse(args: Args, _: &mut Calls) -> Called {
    let url = Url::parse(text(args, 0)).map_err(|cause| format!("unable to parse url: {cause}"))?;
    let entries = [
        ("hostname", host_name(&url.host).to_owned()),
        ("userinfo", url.user.as_ref().map(User::escaped).unwrap_or_default()),
        ("scheme", url.scheme),
        ("host", url.host),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
    ];
    let entries: BTreeMap<Arc<str>, Value> =
        entries.into_iter().map(|(key, value)| (key.into(), Value::from(value))).collect();
    Ok(Value::map(entries))
}

pub(super) fn join(args: Args, _: &mut Calls) -> Called {
    let part = |name: &str| {
        let Value::Map(map) = &args[0] else { return Ok(String::new()) };
        match map.entries.get(name) {
            None => Ok(String::new()),
            Some(Value::Text(text)) => Ok(text.to_string()),
            Some(Value::Nil) => {
                Err("runtime error: invalid memory address or nil pointer dereference".to_owned())
            }
            Some(other) => {
                let found = kind(other);
                Err(format!("unable to parse {name} key, must be of type string, but {found} found"))
            }
        }
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        ..Url::default()
    };
    let user = part("userinfo")?;
    if !user.is_empty() {
        let asked = Url::parse(&format!("proto://{user}@host"))
            .map_err(|cause| format!("unable to parse userinfo in dict: {cause}"))?;
        url.user = asked.user;
    }
    Ok(Value::from(url.to_text()))
}

impl Url {
    /// Takes an address apart; the error names the address.
    fn parse(whole: &str) -> Result<Url, String> {
        let failed = |at: &str, cause: String| format!("parse {}: {cause}", go::quote(at));
        let (address, fragment) = whole.split_once('#').unwrap_or((whole, ""));
        let mut url = Url::parse_address(address).map_err(|cause| failed(address, cause))?;
        let fragment = unescape(fragment, Place::Fragment).map_err(|cause| failed(whole, cause))?;
        url.fragment = go::text(fragment);
        Ok(url)
    }

    fn parse_address(address: &str) -> Result<Url, String> {
        if address.bytes().any(|byte| byte.is_ascii_control()) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let (scheme, rest) = split_scheme(address)?;
        let mut url = Url { scheme: scheme.to_ascii_lowercase(), ..Url::default() };
        let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        url.query = query.to_owned();
        url.forces_query = query.is_empty() && address.ends_with('?');
        if !rest.starts_with('/') {
            if !scheme.is_empty() {
                url.opaque = rest.to_owned();
                return Ok(url);
            }
            if first_segment(rest).contains(':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        match rest.strip_prefix("//") {
            Some(after) if !scheme.is_empty() || !after.starts_with('/') => {
                let authority;
                (authority, rest) = after.split_at(after.find('/').unwrap_or(after.len()));
                let (user, host) = match authority.rsplit_once('@') {
                    Some((user, host)) => (Some(user), host),
                    None => (None, authority),
                };
                url.host = go::text(host_of(host)?);
                url.user = user.map(User::parse).transpose()?;
            }
            _ => url.omits_host = !scheme.is_empty() && rest.starts_with('/'),
        }
        url.path = go::text(unescape(rest, Place::Path)?);
        Ok(url)
    }

    fn to_text(&self) -> String {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out += &format!("{}:", self.scheme);
        }
        if self.opaque.is_empty() {
            self.push_hierarchy(&mut out);
        } else {
            out += &self.opaque;
        }
        if self.forces_query || !self.query.is_empty() {
            out += &format!("?{}", self.query);
        }
        if !self.fragment.is_empty() {
            out += &format!("#{}", escape(self.fragment.as_bytes(), Place::Fragment));
        }
        out
    }

    /// Appends who and where, and the path.
    fn push_hierarchy(&self, out: &mut String) {
        let is_placed = !self.host.is_empty() || self.user.is_some();
        let is_omitted = self.omits_host && !is_placed;
        if !is_omitted && (is_placed || !self.scheme.is_empty()) {
            if is_placed || !self.path.is_empty() {
                out.push_str("//");
            }
            if let Some(user) = &self.user {
                out.push_str(&format!("{}@", user.escaped()));
            }
            out.push_str(&escape(self.host.as_bytes(), Place::Host));
        }
        let path = if self.path == "*" { "*".to_owned() } else { escape(self.path.as_bytes(), Place::Path) };
        if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
            out.push('/');
        }
        if out.is_empty() && first_segment(&path).contains(':') {
            // Else it would be read as a scheme.
            out.push_str("./");
        }
        out.push_str(&path);
    }
}

impl User {
    fn parse(text: &str) -> Result<User, String> {
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
        if !text.bytes().all(is_legal) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        let (name, password) = match text.split_once(':') {
            Some((name, password)) => (name, Some(password)),
            None => (text, None),
        };
        let name = unescape(name, Place::User)?;
        let password = password.map(|password| unescape(password, Place::User)).transpose()?;
        Ok(User { name, password })
    }

    fn escaped(&self) -> String {
        let mut out = escape(&self.name, Place::User);
        if let Some(password) = &self.password {
            out.push(':');
            out += &escape(password, Place::User);
        }
        out
    }
}

fn first_segment(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// The scheme of an address and what follows the colon.
fn split_scheme(address: &str) -> Result<(&str, &str), String> {
    for (at, byte) in address.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&address[..at], &address[at + 1..])),
            _ => break,
        }
    }
    Ok(("", address))
}

/// The host and port of an authority, without escapes.
fn host_of(text: &str) -> Result<Vec<u8>, String> {
    if !text.starts_with('[') {
        if let Some(at) = text.rfind(':') {
            check_port(&text[at..])?;
        }
        return unescape(text, Place::Host);
    }
    let Some(end) = text.rfind(']') else { return Err("missing ']' in host".to_owned()) };
    check_port(&text[end + 1..])?;
    let Some(zone) = text[..end].find("%25") else { return unescape(text, Place::Host) };
    let mut host = unescape(&text[..zone], Place::Host)?;
    host.extend(unescape(&text[zone..end], Place::Zone)?);
    host.extend(unescape(&text[end..], Place::Host)?);
    Ok(host)
}

fn check_port(text: &str) -> Result<(), String> {
    if is_port(text) { Ok(()) } else { Err(format!("invalid port {} after host", go::quote(text))) }
}

/// Nothing, or a colon and any number of digits.
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A host without its port and without brackets.
fn host_name(host: &str) -> &str {
    let name = match host.rfind(':') {
        Some(at) if is_port(&host[at..]) => &host[..at],
        _ => host,
    };
    name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name)
}

fn unescape(text: &str, place: Place) -> Result<Vec<u8>, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte != b'%' {
            let is_host = matches!(place, Place::Host | Place::Zone);
            if is_host && byte.is_ascii() && is_escaped(byte, place) {
                let found = go::quote(&text[at..=at]);
                return Err(format!("invalid character {found} in host name"));
            }
            out.push(byte);
            at += 1;
            continue;
        }
        let escape = &bytes[at..bytes.len().min(at + 3)];
        let wrong = || format!("invalid URL escape {}", go::quote(&go::text(escape.to_vec())));
        let code = match escape {
            [_, high, low] => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        let code = code.ok_or_else(wrong)?;
        let is_legal = match place {
            // Of ASCII a host may escape its percent sign only, a zone also what a host could hold.
            Place::Host => !code.is_ascii() || code == b'%',
            Place::Zone => matches!(code, b'%' | b' ') || !is_escaped(code, Place::Host),
            Place::Path | Place::User | Place::Fragment => true,
        };
        if !is_legal {
            return Err(wrong());
        }
        out.push(code);
        at += 3;
    }
    Ok(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

fn escape(bytes: &[u8], place: Place) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if is_escaped(*byte, place) {
            out += &format!("%{byte:02X}");
        } else {
            out.push(char::from(*byte));
        }
    }
    out
}

/// Whether a byte has to be escaped at a place.
fn is_escaped(byte: u8, place: Place) -> bool {
    match byte {
        b'-' | b'_' | b'.' | b'~' => false,
        _ if byte.is_ascii_alphanumeric() => false,
        _ => !match place {
            Place::Path => b"$&+,/:;=@".contains(&byte),
            Place::User => b"$&+,;=".contains(&byte),
            Place::Host | Place::Zone => b"!$&'()*+,;=:[]<>\"".contains(&byte),
            Place::Fragment => b"$&+,/:;=?@!()*".contains(&byte),
        },
    }
}

//! File paths, addresses, versions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Called, shown, text};
use crate::eval::Calls;
use crate::semver::{Constraint, Version};
use crate::value::Value;

type Args<'a> = &'a [Value];

pub(super) fn base(args: Args, _: &mut Calls) -> Called {
    let path = text(args, 0);
    if path.is_empty() {
        return Ok(Value::from("."));
    }
    let trimmed = path.trim_end_matches('/');
    let name = trimmed.rsplit('/').next().unwrap_or(trimmed);
    Ok(Value::from(if trimmed.is_empty() { "/" } else { name }))
}

pub(super) fn dir(args: Args, _: &mut Calls) -> Called {
    let path = text(args, 0);
    let end = path.rfind('/').map_or(0, |at| at + 1);
    Ok(Value::from(cleaned(&path[..end])))
}

pub(super) fn clean(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(cleaned(text(args, 0))))
}

/// The shortest path that means the same.
fn cleaned(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None if !rooted => parts.push(".."),
                None => {}
                Some(_) => {
                    parts.pop();
                }
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

pub(super) fn ext(args: Args, _: &mut Calls) -> Called {
    let path = text(args, 0);
    let name = path.rsplit('/').next().unwrap_or(path);
    Ok(Value::from(name.rfind('.').map_or("", |at| &name[at..])))
}

pub(super) fn is_abs(args: Args, _: &mut Calls) -> Called {
    Ok(Value::Bool(text(args, 0).starts_with('/')))
}

fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(code)) => {
                out.push(code);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The scheme of an address and what follows the colon.
fn scheme(address: &str) -> Result<(&str, &str), String> {
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

pub(super) fn url_parse(args: Args, _: &mut Calls) -> Called {
    let whole = text(args, 0);
    let failed = |cause: &str| format!("unable to parse url: \"parse {}: {cause}\"", crate::go::quote(whole));
    if whole.chars().any(|character| character.is_ascii_control()) {
        return Err(failed("net/url: invalid control character in URL"));
    }
    let (rest, fragment) = whole.split_once('#').unwrap_or((whole, ""));
    let (scheme, rest) = scheme(rest).map_err(|cause| failed(&cause))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (mut opaque, mut host, mut userinfo, mut path) = ("", "", "", rest);
    if let Some(after) = rest.strip_prefix("//")
        && (!scheme.is_empty() || !rest.starts_with("///"))
    {
        let end = after.find('/').unwrap_or(after.len());
        let authority = &after[..end];
        path = &after[end..];
        (userinfo, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    } else if !scheme.is_empty() && !rest.starts_with('/') {
        (opaque, path) = (rest, "");
    } else if scheme.is_empty() && rest.split('/').next().is_some_and(|first| first.contains(':')) {
        return Err(failed("first path segment in URL cannot contain colon"));
    }
    let hostname = match host.rfind(':') {
        Some(at) if !host[at..].contains(']') => &host[..at],
        _ => host,
    };
    let hostname = hostname.trim_start_matches('[').trim_end_matches(']');
    let entries = [
        ("scheme", scheme.to_ascii_lowercase()),
        ("host", host.to_owned()),
        ("hostname", hostname.to_owned()),
        ("path", unescape(path)),
        ("query", query.to_owned()),
        ("opaque", opaque.to_owned()),
        ("fragment", unescape(fragment)),
        ("userinfo", userinfo.to_owned()),
    ];
    let entries: BTreeMap<Arc<str>, Value> =
        entries.into_iter().map(|(key, value)| (key.into(), Value::from(value))).collect();
    Ok(Value::map(entries))
}

pub(super) fn url_join(args: Args, _: &mut Calls) -> Called {
    let Value::Map(map) = &args[0] else { return Ok(Value::from("")) };
    let part = |name: &str| map.entries.get(name).map(shown).unwrap_or_default();
    let (scheme, host, path, query, opaque, fragment, userinfo) = (
        part("scheme"),
        part("host"),
        part("path"),
        part("query"),
        part("opaque"),
        part("fragment"),
        part("userinfo"),
    );
    let mut out = String::new();
    if !scheme.is_empty() {
        out += &format!("{scheme}:");
    }
    if !opaque.is_empty() {
        out += &opaque;
    } else {
        if !scheme.is_empty() || !host.is_empty() || !userinfo.is_empty() {
            if !host.is_empty() || !path.is_empty() || !userinfo.is_empty() {
                out += "//";
            }
            if !userinfo.is_empty() {
                out += &format!("{userinfo}@");
            }
            out += &host;
        }
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            out.push('/');
        }
        out += &path.replace(' ', "%20");
    }
    if !query.is_empty() {
        out += &format!("?{query}");
    }
    if !fragment.is_empty() {
        out += &format!("#{fragment}");
    }
    Ok(Value::from(out))
}

pub(super) fn semver(args: Args, _: &mut Calls) -> Called {
    Version::parse(text(args, 0)).map(|version| Value::Version(Arc::new(version)))
}

pub(super) fn semver_compare(args: Args, _: &mut Calls) -> Called {
    let constraint = Constraint::parse(text(args, 0))?;
    let version = Version::parse(text(args, 1))?;
    Ok(Value::Bool(constraint.admits(&version)))
}

//! File paths, versions.

use std::sync::Arc;

use super::{Called, text};
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

pub(super) fn semver(args: Args, _: &mut Calls) -> Called {
    Version::parse(text(args, 0)).map(|version| Value::Version(Arc::new(version)))
}

pub(super) fn semver_compare(args: Args, _: &mut Calls) -> Called {
    let constraint = Constraint::parse(text(args, 0))?;
    let version = Version::parse(text(args, 1))?;
    Ok(Value::Bool(constraint.admits(&version)))
}

//! Locations: where an artifact is or goes, as a manifest and a repository say it together.
//!
//! All functions are pure and work on the JSON of an artifact, `{"name": …, "s3": {"key": …}}`. Tags are the
//! caller's business: what comes out of [`archive_key`] has them, what goes into [`output`] has not.

use serde_json::{Map, Value, json};

use crate::archive::Archive;
use crate::error::ArtifactError;

/// The key format of a repository that has none (PA-206).
pub const DEFAULT_KEY_FORMAT: &str = "{{workflow.name}}/{{pod.name}}";

/// A kind of location, in the order in which they win over each other (PA-160).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // The names are Argo's.
pub enum Kind {
    Artifactory,
    Azure,
    Git,
    Gcs,
    Hdfs,
    Http,
    Oss,
    Raw,
    S3,
    Plugin,
}

const KINDS: [Kind; 10] = [
    Kind::Artifactory,
    Kind::Azure,
    Kind::Git,
    Kind::Gcs,
    Kind::Hdfs,
    Kind::Http,
    Kind::Oss,
    Kind::Raw,
    Kind::S3,
    Kind::Plugin,
];

impl Kind {
    /// The name of the field.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Artifactory => "artifactory",
            Kind::Azure => "azure",
            Kind::Git => "git",
            Kind::Gcs => "gcs",
            Kind::Hdfs => "hdfs",
            Kind::Http => "http",
            Kind::Oss => "oss",
            Kind::Raw => "raw",
            Kind::S3 => "s3",
            Kind::Plugin => "plugin",
        }
    }

    /// The field that holds the key; `None` where there is no key, or where it is part of a URL.
    fn key_field(self) -> Option<&'static str> {
        match self {
            Kind::Azure => Some("blob"),
            Kind::Hdfs => Some("path"),
            Kind::Gcs | Kind::Oss | Kind::S3 | Kind::Plugin => Some("key"),
            Kind::Artifactory | Kind::Git | Kind::Http | Kind::Raw => None,
        }
    }

    /// The fields that, with the key, make a location complete (§7).
    fn needs(self) -> &'static [&'static str] {
        match self {
            Kind::Artifactory => &["url", "usernameSecret"],
            Kind::Azure => &["endpoint", "container"],
            Kind::Git => &["repo"],
            Kind::Gcs => &["bucket"],
            Kind::Hdfs => &["addresses"],
            Kind::Http => &["url"],
            Kind::Oss | Kind::S3 => &["endpoint", "bucket"],
            Kind::Raw => &[],
            Kind::Plugin => &["name", "configuration"],
        }
    }

    /// The field of a repository that holds its key format (PA-206).
    fn format_field(self) -> &'static str {
        match self {
            Kind::Azure => "blobNameFormat",
            Kind::Hdfs => "pathFormat",
            _ => "keyFormat",
        }
    }
}

/// The location that an artifact or an `archiveLocation` names; the first in the order of [`Kind`] (PA-160).
pub fn kind_of(artifact: &Value) -> Option<Kind> {
    KINDS.into_iter().find(|kind| artifact.get(kind.name()).is_some_and(|block| !block.is_null()))
}

/// Whether a location can be used without a repository.
pub fn is_full(artifact: &Value) -> bool {
    let Some(kind) = kind_of(artifact) else { return false };
    let block = &artifact[kind.name()];
    let has_key = kind.key_field().is_none_or(|_| key_of(artifact).is_some());
    has_key && kind.needs().iter().all(|field| is_set(&block[*field]))
}

/// The key of a location; that of an HTTP or Artifactory location is the path of its URL.
pub fn key_of(artifact: &Value) -> Option<&str> {
    let kind = kind_of(artifact)?;
    let block = &artifact[kind.name()];
    let key = match kind.key_field() {
        Some(field) => block[field].as_str()?,
        None if matches!(kind, Kind::Http | Kind::Artifactory) => url_path(block["url"].as_str()?),
        None => return None,
    };
    (!key.is_empty()).then_some(key)
}

/// The same location with another key; `false` if its kind has none.
pub fn set_key(artifact: &mut Value, key: &str) -> bool {
    let Some(kind) = kind_of(artifact) else { return false };
    let Some(block) = artifact.get_mut(kind.name()).and_then(Value::as_object_mut) else { return false };
    match kind.key_field() {
        Some(field) => block.insert(field.to_owned(), Value::from(key)),
        None if matches!(kind, Kind::Http | Kind::Artifactory) => {
            let Some(url) = block.get("url").and_then(Value::as_str) else { return false };
            let base = url[..url.len() - url_path(url).len()].trim_end_matches('/');
            let url = format!("{base}/{}", key.trim_start_matches('/'));
            block.insert("url".to_owned(), Value::from(url))
        }
        None => return false,
    };
    true
}

/// Appends a `subPath` to the key of a location that is passed on (PA-184).
pub fn join_sub_path(artifact: &mut Value, sub_path: &str) -> Result<(), ArtifactError> {
    let joined = key_of(artifact).map(|key| join(key, sub_path));
    match joined {
        Some(joined) if set_key(artifact, &joined) => Ok(()),
        _ => {
            let name = artifact.get("name").and_then(Value::as_str).unwrap_or_default();
            Err(ArtifactError::Unsupported(format!(
                "key unsupported: cannot append subPath to artifact `{name}`"
            )))
        }
    }
}

/// Where the artifacts of a workflow go that do not say it themselves (PA-244).
#[derive(Debug, Clone, PartialEq)]
pub struct Repository {
    /// Whether logs are kept, if it says so.
    pub archive_logs: Option<bool>,
    kind: Kind,
    key_format: String,
}

impl Repository {
    /// The one that is there when none is configured: the local store, which shows itself as Argo's most common
    /// one does.
    pub fn local() -> Repository {
        Repository { archive_logs: None, kind: Kind::S3, key_format: DEFAULT_KEY_FORMAT.into() }
    }

    /// Reads what a ConfigMap says about a repository.
    pub fn parse(value: &Value) -> Result<Repository, String> {
        if !value.is_object() {
            return Err("an artifact repository must be a map".into());
        }
        let archive_logs = value.get("archiveLogs").and_then(Value::as_bool);
        let Some(kind) = kind_of(value) else {
            return Ok(Repository { archive_logs, ..Repository::local() });
        };
        if matches!(kind, Kind::Git | Kind::Http | Kind::Raw) {
            return Err(format!("`{}` cannot be an artifact repository", kind.name()));
        }
        let block = &value[kind.name()];
        let text = |field: &str| block.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        let key_format = match (text(kind.format_field()), text("keyPrefix")) {
            (Some(format), _) => format.to_owned(),
            (None, Some(prefix)) if kind == Kind::S3 => format!("{prefix}/{DEFAULT_KEY_FORMAT}"),
            (None, _) => DEFAULT_KEY_FORMAT.to_owned(),
        };
        Ok(Repository { archive_logs, kind, key_format })
    }

    /// The kind of location that its artifacts show in the status.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// A location of this repository: its kind with the key and nothing else, as the status shows it.
    pub fn location(&self, key: &str) -> Value {
        match self.kind.key_field() {
            Some(field) => json!({ self.kind.name(): { field: key } }),
            None => json!({ self.kind.name(): { "url": key } }),
        }
    }
}

/// The key under which a template's outputs and logs lie, tags not yet replaced (PA-205, PA-206, PA-246).
pub fn archive_key<'a>(archive_location: Option<&'a Value>, repository: &'a Repository) -> &'a str {
    archive_location.and_then(key_of).unwrap_or(&repository.key_format)
}

/// The location of an output artifact as the status shows it (PA-161, PA-204, PA-205).
///
/// `archive_key` is the answer of the function of that name with its tags replaced; `path` is where the step
/// left the file.
pub fn output(
    artifact: &Value,
    path: &str,
    archive_location: Option<&Value>,
    archive_key: &str,
    repository: &Repository,
) -> Result<Value, ArtifactError> {
    match kind_of(artifact) {
        Some(Kind::Raw) => return Err(ArtifactError::Unsupported("Raw output artifacts unsupported".into())),
        Some(Kind::Git) => return Err(ArtifactError::Unsupported("git output artifacts unsupported".into())),
        Some(kind) if is_full(artifact) => return Ok(only(artifact, kind)),
        _ => {}
    }
    let name = artifact.get("name").and_then(Value::as_str).unwrap_or_default();
    let archive = artifact.get("archive").and_then(Archive::parse).unwrap_or_default();
    let key = match key_of(artifact) {
        Some(key) => key.to_owned(),
        None => join(archive_key, &archive.file_name(name, path)),
    };
    Ok(under(&key, archive_location, repository))
}

/// The location of a container's archived log (PA-210).
pub fn logs(
    container: &str,
    archive_location: Option<&Value>,
    archive_key: &str,
    repository: &Repository,
) -> Value {
    under(&join(archive_key, &format!("{container}.log")), archive_location, repository)
}

/// The location of an input artifact, a key alone completed by the repository (PA-161); `None` if it names none.
pub fn input(artifact: &Value, repository: &Repository) -> Option<Value> {
    let kind = kind_of(artifact)?;
    match key_of(artifact) {
        Some(key) if !is_full(artifact) => Some(repository.location(key)),
        _ => Some(only(artifact, kind)),
    }
}

/// Where this version finds or puts the bytes of a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the local store, under this key.
    Stored(String),
    /// They are the location.
    Raw(String),
}

/// Finds the bytes of a location.
///
/// A location that names no store of its own is completed by the repository, and until other drivers are here
/// every repository is the local store. One that does name its own is refused by name.
pub fn place(location: &Value) -> Result<Place, ArtifactError> {
    let name = location.get("name").and_then(Value::as_str).unwrap_or_default();
    let kind = kind_of(location)
        .ok_or_else(|| ArtifactError::Unsupported(format!("artifact `{name}` has no location")))?;
    if kind == Kind::Raw {
        let data = location["raw"].get("data").and_then(Value::as_str).unwrap_or_default();
        return Ok(Place::Raw(data.to_owned()));
    }
    match key_of(location) {
        Some(key) if !is_full(location) => Ok(Place::Stored(key.to_owned())),
        _ => Err(ArtifactError::Unsupported(format!("driver {} is not supported yet", kind.name()))),
    }
}

/// Checks the path of an output artifact: after a `/../` it must not leave what was before it (PA-209).
pub fn check_path(name: &str, path: &str) -> Result<(), ArtifactError> {
    let Some((before, _)) = path.split_once("/../") else { return Ok(()) };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let before: Vec<&str> = before.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.starts_with(&before) {
        return Ok(());
    }
    Err(ArtifactError::Unsupported(format!(
        "Artifact '{name}' attempted to use a path containing '..'. Directory traversal is not permitted"
    )))
}

/// A key with the template's own full location around it, or else the repository's.
fn under(key: &str, archive_location: Option<&Value>, repository: &Repository) -> Value {
    match archive_location.and_then(|location| Some((location, kind_of(location)?))) {
        Some((location, kind)) if is_full(location) => {
            let mut location = only(location, kind);
            set_key(&mut location, key);
            location
        }
        _ => repository.location(key),
    }
}

/// The location of an artifact without the rest of the artifact.
fn only(artifact: &Value, kind: Kind) -> Value {
    let mut map = Map::new();
    map.insert(kind.name().into(), artifact[kind.name()].clone());
    Value::Object(map)
}

/// Joins two paths as Go's `path.Join` does: no empty parts, no `.`, and `..` takes a part away.
fn join(left: &str, right: &str) -> String {
    let absolute = left.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in left.split('/').chain(right.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            _ => parts.push(part),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

/// The path of a URL, without the slash that begins it.
fn url_path(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let rest = &url[after_scheme..];
    rest.find('/').map_or("", |slash| &rest[slash + 1..])
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

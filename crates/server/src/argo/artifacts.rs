//! Artifacts by every form of address (API-300 to API-314).

use crate::access::{Resource, Verb, Who};
use crate::argo::{uploads, workflows};
use crate::fault::{Code, Fault};
use crate::reply;
use crate::world::World;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tiphys_artifact::Key;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// What a browser may do with a served artifact: nothing that acts (API-313).
const POLICY: &str = "sandbox allow-same-origin; base-uri 'none'; default-src 'none'; img-src 'self'; style-src 'self' \
                      'unsafe-inline'";

/// How much of a file is read at once, and how many such pieces may wait for a slow reader.
const PIECE_BYTES: usize = 64 << 10;
const PIECES_UNREAD_MAX: usize = 4;

/// Most files of a folder that are looked at for its page.
const FILES_LISTED_MAX: usize = 100_000;

/// The beginnings of all addresses of artifacts.
const PREFIXES: [&str; 6] = [
    "/artifacts/",
    "/input-artifacts/",
    "/artifacts-by-uid/",
    "/input-artifacts-by-uid/",
    "/artifact-files/",
    uploads::PREFIX,
];

/// Whether a path is one of an artifact.
pub(crate) fn is_theirs(path: &str) -> bool {
    PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

/// An answer that is not a document: its status alone is told.
struct Plain(StatusCode);

impl From<Fault> for Plain {
    fn from(fault: Fault) -> Plain {
        Plain(fault.code.status())
    }
}

/// What was asked for, once the workflow is known.
struct Wanted {
    document: Value,
    namespace: String,
    node: String,
    input: bool,
    artifact: String,
    /// The rest of the path within the artifact; none where the artifact itself is meant.
    file: Option<String>,
}

/// Answers to a path of an artifact. Blocks.
pub(crate) fn serve(world: &World, who: Result<Who, Fault>, path: &str) -> Response {
    let served = wanted(world, who, path).and_then(|wanted| file(world, &wanted, path));
    served.unwrap_or_else(|Plain(status)| reply::status_text(status))
}

fn wanted(world: &World, who: Result<Who, Fault>, path: &str) -> Result<Wanted, Plain> {
    let path = crate::call::decode(&normal(path), false);
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let (kind, rest) = parts.split_first().ok_or(BAD)?;
    let text = |text: &str| text.to_owned();
    match (*kind, rest) {
        // Whatever follows is the artifact's name.
        ("artifacts" | "input-artifacts", [namespace, name, node, artifact @ ..]) if !artifact.is_empty() => {
            let who = who?;
            let found = may_see(&who, namespace, name)
                // API-300: one that is not live any more is looked for in the archive.
                .and_then(|()| workflows::found(world, namespace, name, ""));
            Ok(Wanted {
                document: found.map_err(missing(StatusCode::NOT_FOUND))?,
                namespace: text(namespace),
                node: text(node),
                input: *kind == "input-artifacts",
                artifact: artifact.join("/"),
                file: None,
            })
        }
        ("artifacts-by-uid" | "input-artifacts-by-uid", [uid, node, artifact @ ..])
            if !artifact.is_empty() =>
        {
            let document = by_uid(world, &who?, uid)?;
            Ok(Wanted {
                namespace: document["metadata"]["namespace"].as_str().unwrap_or_default().to_owned(),
                document,
                node: text(node),
                input: *kind == "input-artifacts-by-uid",
                artifact: artifact.join("/"),
                file: None,
            })
        }
        ("artifact-files", [namespace, source, id, node, direction, artifact, files @ ..]) => {
            let input = match *direction {
                "inputs" => true,
                "outputs" => false,
                _ => return Err(BAD),
            };
            let document = match *source {
                "workflows" => {
                    live(world, &who?, namespace, id).map_err(missing(StatusCode::INTERNAL_SERVER_ERROR))?
                }
                "archived-workflows" => by_uid(world, &who?, id)?,
                _ => return Err(BAD),
            };
            if *source != "workflows" && document["metadata"]["namespace"].as_str() != Some(*namespace) {
                return Err(BAD);
            }
            Ok(Wanted {
                document,
                namespace: text(namespace),
                node: text(node),
                input,
                artifact: text(artifact),
                file: Some(files.join("/")),
            })
        }
        _ => {
            who?;
            Err(BAD)
        }
    }
}

const BAD: Plain = Plain(StatusCode::BAD_REQUEST);

/// What is answered where a workflow is not there.
fn missing(status: StatusCode) -> impl Fn(Fault) -> Plain {
    move |fault| match fault.code {
        Code::NotFound => Plain(status),
        _ => Plain::from(fault),
    }
}

fn may_see(who: &Who, namespace: &str, name: &str) -> Result<(), Fault> {
    who.may(Verb::Get, Resource::Workflows, namespace, Some(name))?;
    who.may(Verb::Get, Resource::Artifacts, namespace, None)
}

fn live(world: &World, who: &Who, namespace: &str, name: &str) -> Result<Value, Fault> {
    may_see(who, namespace, name)?;
    match world.find(namespace, name)? {
        Some(summary) => world.live(&summary),
        None => Err(Fault::missing("workflows.argoproj.io", name)),
    }
}

fn by_uid(world: &World, who: &Who, uid: &str) -> Result<Value, Plain> {
    let document = world.archived(uid)?.ok_or(Plain(StatusCode::NOT_FOUND))?;
    let namespace = document["metadata"]["namespace"].as_str().unwrap_or_default();
    if !who.allows(Verb::Get, Resource::Workflows, namespace) {
        return Err(Plain(StatusCode::UNAUTHORIZED));
    }
    Ok(document)
}

/// The path without roundabout ways.
fn normal(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match crate::call::decode(segment, false).as_str() {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    kept.join("/")
}

/// The file that is meant, or what leads to it.
fn file(world: &World, wanted: &Wanted, path: &str) -> Result<Response, Plain> {
    let broken = || Plain(StatusCode::INTERNAL_SERVER_ERROR);
    let node = wanted.document["status"]["nodes"].get(&wanted.node).ok_or_else(broken)?;
    let side = if wanted.input { &node["inputs"] } else { &node["outputs"] };
    let artifact = side["artifacts"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|artifact| artifact["name"].as_str() == Some(&wanted.artifact))
        .ok_or_else(broken)?;
    if let Some(data) = artifact["raw"]["data"].as_str() {
        return Ok(download(&wanted.artifact, data.len() as u64, Body::from(data.to_owned())));
    }
    let key = key_of(artifact).ok_or_else(broken)?;
    let root = world.state.artifacts_of(&wanted.namespace);
    let at = place(&root, &key).ok_or_else(broken)?;
    match &wanted.file {
        None if at.is_dir() => Err(Plain(StatusCode::NOT_IMPLEMENTED)),
        None => read(&at),
        Some(file) => browse(&at, file, path),
    }
}

/// The key of an artifact, whatever store it names.
fn key_of(artifact: &Value) -> Option<String> {
    ["s3", "gcs", "azure", "oss", "hdfs"].iter().find_map(|store| {
        let block = &artifact[*store];
        block["key"]
            .as_str()
            .or_else(|| block["blob"].as_str())
            .or_else(|| block["path"].as_str())
            .map(str::to_owned)
    })
}

/// Where an object lies. A key can never leave its folder.
fn place(root: &Path, key: &str) -> Option<PathBuf> {
    let key = Key::parse(key.trim_matches('/')).ok()?;
    let at = root.join(key.as_str());
    let real = at.canonicalize().ok()?;
    let root = root.canonicalize().ok()?;
    real.starts_with(root).then_some(real)
}

fn read(at: &Path) -> Result<Response, Plain> {
    let name = at.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let opened = std::fs::File::open(at).and_then(|file| Ok((file.metadata()?.len(), file)));
    match opened {
        Ok((length, file)) => Ok(download(&name, length, streamed(file))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Plain(StatusCode::NOT_FOUND)),
        Err(_) => Err(Plain(StatusCode::INTERNAL_SERVER_ERROR)),
    }
}

/// A file or a folder of an artifact (API-314).
fn browse(at: &Path, file: &str, path: &str) -> Result<Response, Plain> {
    let is_slash = path.ends_with('/');
    let below = file.trim_end_matches('/');
    let target = if below.is_empty() {
        at.to_owned()
    } else {
        let target = at.join(below).canonicalize().map_err(|_| Plain(StatusCode::NOT_FOUND))?;
        if !target.starts_with(at) {
            return Err(Plain(StatusCode::NOT_FOUND));
        }
        target
    };
    match (target.is_dir(), is_slash) {
        (false, false) => return read(&target),
        (true, false) => return Ok(reply::redirect(&format!("{path}/"))),
        // Below a file, as below any key of a store of objects, nothing lies.
        (false, true) => return Ok(shown(page_of(&[]))),
        (true, true) => {}
    }
    if target.join("index.html").is_file() {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        if let Ok(to) = HeaderValue::from_str(&format!("{path}index.html")) {
            response.headers_mut().insert(header::LOCATION, to);
        }
        return Ok(response);
    }
    let page = listing(&target).map_err(|_| Plain(StatusCode::INTERNAL_SERVER_ERROR))?;
    Ok(shown(page))
}

fn shown(page: String) -> Response {
    guarded(reply::with_type(StatusCode::OK, "text/html; charset=utf-8", page))
}

/// A page of what lies in a folder.
fn listing(folder: &Path) -> std::io::Result<String> {
    Ok(page_of(&keys(folder)?))
}

/// A page of keys: files, and each folder that holds files, by its whole way.
fn page_of(keys: &[String]) -> String {
    let mut page = String::from("<html><body><ul>\n<li><a href=\"..\">..</a></li>\n");
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    for key in keys.iter().take(FILES_LISTED_MAX) {
        let entry = key.rfind('/').map_or(key.as_str(), |end| &key[..=end]);
        if shown.insert(entry) {
            page.push_str(&format!("<li><a href=\"./{}\">{}</a></li>\n", href(entry), reply::escape(entry)));
        }
    }
    if keys.len() > FILES_LISTED_MAX {
        page.push_str(&format!("<li>and more: only {FILES_LISTED_MAX} files are looked at</li>\n"));
    }
    page.push_str("</ul></body></html>");
    page
}

/// The files below a folder by their keys, in their order, as a store of objects would list them; one more than may be listed
/// where there are more.
fn keys(folder: &Path) -> std::io::Result<Vec<String>> {
    let (mut keys, mut open) = (Vec::new(), vec![(folder.to_owned(), String::new())]);
    while let Some((folder, way)) = open.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let key = format!("{way}{}", entry.file_name().to_string_lossy());
            // A link is not followed: it may lead in a circle.
            if entry.file_type()?.is_dir() {
                open.push((entry.path(), format!("{key}/")));
            } else if keys.len() <= FILES_LISTED_MAX {
                keys.push(key);
            }
        }
        if keys.len() > FILES_LISTED_MAX {
            break;
        }
    }
    keys.sort_unstable();
    Ok(keys)
}

/// A relative address, with everything in it written so that it is a part of the path.
fn href(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'&' => out.push_str("&amp;"),
            b'+' => out.push_str("&#43;"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            _ if b"-._~/!$*,:;=@[]".contains(&byte) => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02x}")),
        }
    }
    out
}

/// A file as a body, read as fast as it is taken and no faster. It is cut where it ends now.
fn streamed(file: std::fs::File) -> Body {
    let (pieces, unread) = mpsc::channel::<std::io::Result<Bytes>>(PIECES_UNREAD_MAX);
    tokio::spawn(async move {
        let mut file = tokio::fs::File::from_std(file);
        loop {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let read = (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece).await;
            let next = match read {
                Ok(0) => return,
                Ok(_) => Ok(Bytes::from(piece)),
                Err(error) => Err(error),
            };
            let failed = next.is_err();
            if pieces.send(next).await.is_err() || failed {
                return;
            }
        }
    });
    Body::from_stream(ReceiverStream::new(unread))
}

fn download(name: &str, length: u64, body: Body) -> Response {
    let mut response = guarded(reply::with_type(StatusCode::OK, kind_of(name), body));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let shown: String = name.chars().filter(|char| !char.is_control() && *char != '"').collect();
    if let Ok(value) = HeaderValue::from_str(&format!("filename=\"{shown}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// An answer that a browser cannot be made to act on.
fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert("x-frame-options", HeaderValue::from_static("SAMEORIGIN"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "txt" => "text/plain; charset=utf-8",
        "log" => "text/x-log; charset=utf-8",
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "json" => "application/json",
        "xml" => "text/xml; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        "tgz" => "application/x-compressed-tar",
        "tar" => "application/x-tar",
        "gz" => "application/gzip",
        "zip" => "application/zip",
        "yaml" | "yml" => "application/yaml",
        "md" => "text/markdown; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;

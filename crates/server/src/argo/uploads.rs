//! Uploads of input artifacts: from the wire to the disk, a piece at a time (API-305, API-315).

use crate::access::{Resource, Verb, Who};
use crate::argo::multipart::{self, Reader, Sink};
use crate::fault::Fault;
use crate::guard::body::{self, Pieces};
use crate::limits;
use crate::reply;
use crate::world::World;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use tiphys_artifact::{Incoming, Key, LocalStore};
use tokio::sync::mpsc;

/// The beginning of the addresses of uploads.
pub(crate) const PREFIX: &str = "/upload-artifacts/";

/// Pieces that may wait for the disk.
const UNWRITTEN_MAX: usize = 4;

/// Answers to an upload, whose body is not read before it is known to be welcome.
pub(crate) async fn answer(
    world: &Arc<World>,
    who: Result<Who, Fault>,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let rest = path.strip_prefix(PREFIX).unwrap_or_default();
    let parts: Vec<String> = rest.split('/').map(|part| crate::call::decode(part, false)).collect();
    if method != Method::POST {
        return reply::text(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
    }
    let [namespace, template, artifact] = parts.as_slice() else {
        return reply::text(
            StatusCode::BAD_REQUEST,
            "Invalid path. Expected: /upload-artifacts/{namespace}/{workflowTemplateName}/{artifactName}",
        );
    };
    let Ok(who) = who else { return reply::status_text(StatusCode::UNAUTHORIZED) };
    let allowed = who
        .may(Verb::Get, Resource::Templates, namespace, Some(template))
        .and_then(|()| who.may(Verb::Create, Resource::Workflows, namespace, None));
    if let Err(fault) = allowed {
        return reply::status_text(fault.code.status());
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let place =
        Place { namespace: namespace.clone(), template: template.clone(), artifact: artifact.clone() };
    match keep(world, place, multipart::boundary(kind), body).await {
        Ok(answer) => {
            let mut bytes = reply::go_json(&answer);
            bytes.push(b'\n');
            reply::json(StatusCode::OK, bytes)
        }
        Err(refusal) => refusal,
    }
}

/// Which artifact is uploaded.
struct Place {
    namespace: String,
    template: String,
    artifact: String,
}

async fn keep(
    world: &Arc<World>,
    place: Place,
    boundary: Result<String, &'static str>,
    body: Body,
) -> Result<Value, Response> {
    let Ok(_place) = world.guard.uploads.try_acquire() else { return Err(body::crowded()) };
    let (pieces, wanted) = mpsc::channel::<Bytes>(UNWRITTEN_MAX);
    let shared = world.clone();
    let writer = tokio::task::spawn_blocking(move || write(&shared, &place, boundary, wanted));
    // A writer that refuses hangs up; what it says is the answer.
    let sent = send(Pieces::new(body, world.options.silent), pieces).await;
    let written = writer.await.unwrap_or_else(|_| {
        let why = "a bug of the server; its log says more";
        Err((StatusCode::INTERNAL_SERVER_ERROR, why.to_owned()))
    });
    match (sent, written) {
        (Err(refusal), _) => Err(refusal),
        (Ok(()), Ok(answer)) => Ok(answer),
        (Ok(()), Err((status, message))) => Err(reply::text(status, &message)),
    }
}

/// Hands the pieces of a body on, as long as they come, are wanted and are not too many.
async fn send(mut body: Pieces, pieces: mpsc::Sender<Bytes>) -> Result<(), Response> {
    let mut length = 0;
    while let Some(piece) = body.next().await {
        let piece = piece?;
        length += piece.len();
        if length > limits::UPLOAD_BYTES_MAX {
            return Err(body::too_long(limits::UPLOAD_BYTES_MAX));
        }
        if pieces.send(piece).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Writes the file of a form into the store as it comes. Blocks.
fn write(
    world: &World,
    place: &Place,
    boundary: Result<String, &'static str>,
    mut pieces: mpsc::Receiver<Bytes>,
) -> Result<Value, (StatusCode, String)> {
    known(world, place)?;
    let unparsed = |why: &str| (StatusCode::BAD_REQUEST, format!("Failed to parse multipart form: {why}"));
    let boundary = boundary.map_err(unparsed)?;
    let store = LocalStore::new(world.state.artifacts_of(&place.namespace));
    let mut upload = Upload { store, namespace: &place.namespace, kept: None };
    let mut reader = Reader::new(&boundary, "file");
    while let Some(piece) = pieces.blocking_recv() {
        reader.read(&piece, &mut upload).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => (StatusCode::BAD_REQUEST, error.to_string()),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        })?;
    }
    if let Some(why) = reader.flaw() {
        return Err(unparsed(why));
    }
    let kept = upload.kept.filter(|_| reader.has_found());
    let (key, incoming) = kept.ok_or_else(|| (StatusCode::BAD_REQUEST, NO_FILE.to_owned()))?;
    incoming.commit().map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(json!({ "name": place.artifact, "key": key }))
}

const NO_FILE: &str = "Failed to get file from form: http: no such file";

/// Refuses an artifact that its template does not ask for.
fn known(world: &World, place: &Place) -> Result<(), (StatusCode, String)> {
    let Place { namespace, template, artifact } = place;
    let found = world
        .object("WorkflowTemplate", namespace, template)
        .map_err(|fault| (StatusCode::INTERNAL_SERVER_ERROR, fault.message))?
        .ok_or_else(|| {
            let why = Fault::missing("workflowtemplates.argoproj.io", template).message;
            (StatusCode::NOT_FOUND, format!("Failed to get WorkflowTemplate {namespace}/{template}: {why}"))
        })?;
    let artifacts = found["spec"]["arguments"]["artifacts"].as_array();
    if artifacts.into_iter().flatten().any(|known| known["name"].as_str() == Some(artifact)) {
        return Ok(());
    }
    let place = format!("WorkflowTemplate {namespace}/{template} arguments.artifacts");
    Err((StatusCode::NOT_FOUND, format!("Artifact '{artifact}' not found in {place}")))
}

/// A file on its way into the store; without its commit nothing of it stays.
struct Upload<'a> {
    store: LocalStore,
    namespace: &'a str,
    kept: Option<(String, Incoming)>,
}

impl Sink for Upload<'_> {
    fn begin(&mut self, name: &str) -> io::Result<()> {
        let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let refused = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
        if base.is_empty() || base == "." || base == ".." {
            return Err(refused(NO_FILE.to_owned()));
        }
        let key = format!("uploads/{}/{}/{base}", self.namespace, uuid::Uuid::new_v4());
        let parsed = Key::parse(&key).map_err(|error| refused(error.to_string()))?;
        let incoming = self.store.create(&parsed).map_err(io::Error::other)?;
        self.kept = Some((key, incoming));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.kept {
            Some((_, incoming)) => io::Write::write_all(incoming, bytes),
            None => Ok(()),
        }
    }
}

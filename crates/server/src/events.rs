//! Streams of our own: events with a name and a number, as browsers' `EventSource` reads them.

use crate::fault::Fault;
use crate::limits;
pub(crate) use crate::pipe::Left;
use crate::pipe::{self, Pipe};
use crate::reply;
use crate::world::World;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    name: &'static str,
    id: Option<String>,
    data: Value,
}

impl Event {
    /// An event without a number.
    pub(crate) fn named(name: &'static str, data: Value) -> Event {
        Event { name, id: None, data }
    }

    /// The same with a number, from which a reader may go on.
    pub(crate) fn at(mut self, id: String) -> Event {
        self.id = Some(id);
        self
    }

    fn frame(&self) -> Bytes {
        let mut frame = format!("event: {}\n", self.name).into_bytes();
        if let Some(id) = &self.id {
            frame.extend_from_slice(format!("id: {id}\n").as_bytes());
        }
        frame.extend_from_slice(b"data: ");
        // JSON holds no line breaks of its own.
        frame.extend_from_slice(&reply::go_json(&self.data));
        frame.extend_from_slice(b"\n\n");
        Bytes::from(frame)
    }
}

/// How a stream of events goes on once it has begun.
pub(crate) type Opened = Box<dyn FnOnce(Arc<World>, Out) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Where the events go.
pub(crate) struct Out(Pipe);

impl Out {
    /// Sends one event; waits a while for a slow reader, then lets go of it.
    pub(crate) async fn send(&self, event: &Event) -> Result<(), Left> {
        self.bytes(event.frame()).await
    }

    async fn bytes(&self, bytes: Bytes) -> Result<(), Left> {
        tokio::time::timeout(limits::SLOW_READER, self.0.send(bytes)).await.unwrap_or(Err(Left))
    }

    /// Says that the stream lives.
    pub(crate) async fn alive(&self) -> Result<(), Left> {
        self.bytes(Bytes::from_static(b": alive\n\n")).await
    }
}

/// The answer that carries a stream.
pub(crate) fn answer(world: Arc<World>, opened: Opened) -> Response {
    let (pipe, frames) = pipe::pipe();
    tokio::spawn(opened(world, Out(pipe)));
    let mut response = reply::with_type(StatusCode::OK, "text/event-stream", Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}

/// The number that a reader saw last.
pub(crate) fn last_seen(call: &crate::call::Call) -> Option<String> {
    let header = call.headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let text = header.unwrap_or_else(|| call.query.text("lastEventId"));
    (!text.is_empty()).then(|| text.to_owned())
}

/// What came of an attempt to begin a stream.
pub(crate) type Begun = Result<Opened, Fault>;

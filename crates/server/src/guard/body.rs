//! How much may be sent, by one request and by all together.

use crate::fault::{Code, Fault};
use crate::limits;
use crate::reply;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::StreamExt as _;

/// The unit in which room is given.
const BLOCK: usize = 4 << 10;

/// Room in memory for the bodies of all requests together.
pub(crate) struct Room(Arc<Semaphore>);

impl Room {
    pub(crate) fn new(bytes: usize) -> Room {
        Room(Arc::new(Semaphore::new(bytes / BLOCK)))
    }
}

/// A body, and the room that it takes until it is dropped.
pub(crate) struct Read {
    pub(crate) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// A body as it comes, as long as it does not come too slowly.
pub(crate) struct Pieces {
    stream: BodyDataStream,
    begun: Instant,
    silent: Duration,
    read: u64,
}

impl Pieces {
    pub(crate) fn new(body: Body, silent: Duration) -> Pieces {
        Pieces { stream: body.into_data_stream(), begun: Instant::now(), silent, read: 0 }
    }

    /// The next piece; the answer if there is none to be had.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, Response>> {
        let patience = self.silent + Duration::from_secs(self.read / limits::BODY_RATE_MIN);
        let left = patience.saturating_sub(self.begun.elapsed()).min(self.silent);
        match tokio::time::timeout(left, self.stream.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(piece))) => {
                self.read += piece.len() as u64;
                Some(Ok(piece))
            }
            Ok(Some(Err(_))) => Some(Err(reply::bare_fault(&Fault::invalid("the body cannot be read")))),
            Err(_) => {
                let mut answer = reply::text(StatusCode::REQUEST_TIMEOUT, "the body came too slowly");
                // What is still to come would be read as the next request.
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                Some(Err(answer))
            }
        }
    }
}

/// Reads a body of `most` bytes at the longest; the answer if that does not work.
pub(crate) async fn read(room: &Room, mut pieces: Pieces, most: usize) -> Result<Read, Response> {
    let mut gathered: Vec<u8> = Vec::new();
    let mut first: Option<Bytes> = None;
    let mut taken: Option<OwnedSemaphorePermit> = None;
    while let Some(chunk) = pieces.next().await {
        let chunk = chunk?;
        let long = gathered.len() + first.as_ref().map_or(0, Bytes::len) + chunk.len();
        if long > most {
            return Err(too_long(most));
        }
        let had = taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let wanted = long.div_ceil(BLOCK).saturating_sub(had);
        if wanted > 0 {
            let more = room.0.clone().try_acquire_many_owned(u32::try_from(wanted).unwrap_or(u32::MAX));
            let Ok(more) = more else { return Err(crowded()) };
            match &mut taken {
                Some(taken) => taken.merge(more),
                None => taken = Some(more),
            }
        }
        // Most bodies are one chunk, which need not be copied.
        match first.take() {
            None if gathered.is_empty() => first = Some(chunk),
            None => gathered.extend_from_slice(&chunk),
            Some(earlier) => {
                gathered.extend_from_slice(&earlier);
                gathered.extend_from_slice(&chunk);
            }
        }
    }
    let bytes = first.unwrap_or_else(|| Bytes::from(gathered));
    Ok(Read { bytes, _room: taken })
}

/// Says that a body is longer than may be.
pub(crate) fn too_long(most: usize) -> Response {
    let fault = Fault::invalid(format!("the body is too long: {most} bytes are the most"));
    let mut response = reply::json(StatusCode::PAYLOAD_TOO_LARGE, reply::go_json(&fault.body()));
    // What is still to come would be read as the next request.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Says that too much is being sent.
pub(crate) fn crowded() -> Response {
    let fault = Fault::new(Code::ResourceExhausted, "too much is being sent at once: try again in a moment");
    let mut response = reply::bare_fault(&fault);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

//! From whoever tells to whoever reads: the frames of one stream on their way to its connection. A slow reader makes
//! its own stream wait, and takes no more memory than a share of its own.

use crate::limits;
use axum::body::Bytes;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};

/// Where frames go.
pub(crate) struct Pipe {
    sender: mpsc::Sender<(Bytes, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

/// The reader left, or reads too slowly: it comes back with the number it saw last.
#[derive(Debug)]
pub(crate) struct Left;

/// A pipe and its far end.
pub(crate) fn pipe() -> (Pipe, impl Stream<Item = Result<Bytes, Infallible>>) {
    let (sender, receiver) = mpsc::channel(limits::FRAMES_UNSENT_MAX);
    let frames = ReceiverStream::new(receiver).map(|(frame, _taken)| Ok(frame));
    (Pipe { sender, room: Arc::new(Semaphore::new(limits::UNSENT_BYTES_MAX)) }, frames)
}

impl Pipe {
    /// Comes back when the reader has left.
    pub(crate) async fn left(&self) {
        self.sender.closed().await;
    }

    /// Sends one frame, once there is room for it. One that is larger than all the room goes alone.
    pub(crate) async fn send(&self, frame: Bytes) -> Result<(), Left> {
        let share = u32::try_from(frame.len().min(limits::UNSENT_BYTES_MAX)).unwrap_or(u32::MAX);
        tokio::select! {
            taken = self.room.clone().acquire_many_owned(share) => {
                let taken = taken.map_err(|_| Left)?;
                self.sender.send((frame, taken)).await.map_err(|_| Left)
            }
            () = self.sender.closed() => Err(Left),
        }
    }
}

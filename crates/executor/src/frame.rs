//! Frames: a length and a JSON text, one after the other on a stream.

use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(test)]
mod tests;

/// Longest frame that is read. A longer one means that the other side is broken.
pub const FRAME_BYTES_MAX: usize = 256 << 20;

const HEAD_BYTES: usize = 4;

/// Appends a frame.
pub fn write<T: Serialize>(message: &T, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD_BYTES]);
    serde_json::to_writer(&mut *out, message).expect("our messages have text keys and write to memory");
    let length = (out.len() - start - HEAD_BYTES) as u32;
    out[start..start + HEAD_BYTES].copy_from_slice(&length.to_le_bytes());
}

/// What was read of a stream and not yet understood.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    start: usize,
}

impl Inbox {
    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the next whole frame. An error means that the stream cannot be understood any more.
    pub fn take<T: DeserializeOwned>(&mut self) -> Result<Option<T>, String> {
        let rest = &self.bytes[self.start..];
        let Some((head, body)) = rest.split_first_chunk::<HEAD_BYTES>() else { return Ok(None) };
        let length = u32::from_le_bytes(*head) as usize;
        if length > FRAME_BYTES_MAX {
            return Err(format!("a frame of {length} bytes is longer than {FRAME_BYTES_MAX}"));
        }
        let Some(text) = body.get(..length) else { return Ok(None) };
        let message =
            serde_json::from_slice(text).map_err(|error| format!("a frame is not understood: {error}"))?;
        self.start += HEAD_BYTES + length;
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
        Ok(Some(message))
    }
}

//! The bodies of the journal: events as lines of JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tiphys_store::Record;

/// The format of the journal's bodies: one JSON event a line.
pub const FORMAT: u16 = 1;

/// One JSON event a line.
pub fn encode<E: Serialize>(events: &[E]) -> Vec<u8> {
    let mut body = Vec::with_capacity(events.len() * 96);
    for event in events {
        serde_json::to_writer(&mut body, event)
            .expect("an event has only text keys, and writing to memory does not fail");
        body.push(b'\n');
    }
    body
}

/// The events of a record. The error names the record.
pub fn decode<E: DeserializeOwned>(record: &Record) -> Result<Vec<E>, String> {
    let broken = |what: String| format!("record {} of the journal cannot be read: {what}", record.seq);
    if record.format != FORMAT {
        return Err(broken(format!("its format is {}, and this release knows {FORMAT}", record.format)));
    }
    record
        .body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).map_err(|error| broken(error.to_string())))
        .collect()
}

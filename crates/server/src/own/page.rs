//! Pages of our own lists: a size with a limit, and a cursor that holds its place whatever comes in between.

use crate::call::Call;
use crate::fault::Fault;
use crate::limits;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tiphys_store::{Cursor, Summary};

/// How many entries the caller wants, at most what one answer holds.
pub(crate) fn size(call: &Call, usual: usize) -> Result<usize, Fault> {
    match call.query.text("limit") {
        "" => Ok(usual),
        text => match text.parse::<usize>() {
            Ok(size) if size > 0 => Ok(size.min(limits::PAGE_MAX)),
            _ => Err(Fault::invalid(format!("`limit` must be a whole number above zero, not `{text}`"))),
        },
    }
}

/// The place after which the caller goes on.
pub(crate) fn cursor(call: &Call) -> Result<Option<Cursor>, Fault> {
    let text = call.query.text("cursor");
    if text.is_empty() {
        return Ok(None);
    }
    let place = URL_SAFE_NO_PAD.decode(text).ok();
    let place = place.and_then(|bytes| serde_json::from_slice::<(i64, String)>(&bytes).ok());
    match place {
        Some((created_us, uid)) => Ok(Some(Cursor { created_us, uid })),
        None => Err(Fault::invalid(format!(
            "`{text}` is no cursor: give the `next` of the page before as it is, or nothing for the first page"
        ))),
    }
}

/// The cursor that goes on after a row.
pub(crate) fn after(row: &Summary) -> String {
    let cursor = row.cursor();
    URL_SAFE_NO_PAD.encode(json!((cursor.created_us, cursor.uid)).to_string())
}

/// An instant with milliseconds, as our lists show it.
pub(crate) fn time(us: i64) -> String {
    let millis = us.div_euclid(1_000);
    let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{at:.3}")
}

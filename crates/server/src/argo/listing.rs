//! The options of lists and watches, as Kubernetes looks at them (API-030).

use crate::call::Query;
use crate::fault::{Code, Fault};
use serde_json::json;
use std::time::Duration;

/// A watch ends after this long at the latest, if nothing else ends it: a year.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Refuses what a list cannot be asked.
pub(crate) fn check_list(query: &Query) -> Result<(), Fault> {
    let [wanted, version, from] = ["resourceVersionMatch", "resourceVersion", "continue"]
        .map(|key| query.text(&format!("listOptions.{key}")));
    let mut flaws = Vec::new();
    let mut forbidden =
        |why: &str| flaws.push(format!("resourceVersionMatch: Forbidden: resourceVersionMatch {why}"));
    if !wanted.is_empty() {
        if version.is_empty() {
            forbidden("is forbidden unless resourceVersion is provided");
        }
        if !from.is_empty() {
            forbidden("is forbidden when continue is provided");
        }
        match wanted {
            "Exact" if version == "0" => forbidden("\"exact\" is forbidden for resourceVersion \"0\""),
            "Exact" | "NotOlderThan" => {}
            other => flaws.push(unsupported(other, "\"Exact\", \"NotOlderThan\", \"\"")),
        }
    }
    if !query.text(INITIAL).is_empty() {
        flaws.push("sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list".to_owned());
    }
    refused(&flaws)
}

const INITIAL: &str = "listOptions.sendInitialEvents";
const NOT_OLDER: &str = "NotOlderThan";

/// What a watch is asked beside what it selects.
pub(crate) struct Watching {
    /// Whether the end of what is there is marked.
    pub(crate) marks: bool,
    within: Duration,
}

impl Watching {
    pub(crate) fn of(query: &Query) -> Result<Watching, Fault> {
        let wanted = query.text("listOptions.resourceVersionMatch");
        let asks = !query.text(INITIAL).is_empty();
        let mut flaws = Vec::new();
        let mut forbidden = |why: &str| flaws.push(format!("resourceVersionMatch: Forbidden: {why}"));
        if asks && wanted != NOT_OLDER {
            forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }
        if !wanted.is_empty() && !asks {
            forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }
        if !wanted.is_empty() && wanted != NOT_OLDER {
            flaws.push(unsupported(wanted, "\"NotOlderThan\""));
        }
        refused(&flaws)?;
        let seconds =
            query.number("listOptions.timeoutSeconds").and_then(|seconds| u64::try_from(seconds).ok());
        let within = seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs);
        Ok(Watching {
            marks: query.flag(INITIAL) && query.flag("listOptions.allowWatchBookmarks"),
            within: within.unwrap_or(FOR_EVER).min(FOR_EVER),
        })
    }

    /// Comes back when the watch has lasted as long as it may.
    pub(crate) fn over(&self) -> tokio::time::Sleep {
        tokio::time::sleep(self.within)
    }
}

/// How a watch ends that nobody has broken off: its reader comes back (API-057).
pub(crate) fn end() -> Fault {
    Fault::new(Code::ResourceExhausted, "EOF")
}

fn unsupported(value: &str, supported: &str) -> String {
    format!("resourceVersionMatch: Unsupported value: {}: supported values: {supported}", json!(value))
}

fn refused(flaws: &[String]) -> Result<(), Fault> {
    let told = match flaws {
        [] => return Ok(()),
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    Err(Fault::invalid(format!("ListOptions.meta.k8s.io \"\" is invalid: {told}")))
}

//! How long a run stays that is over, by its own words (EX-500).

use crate::submit::Kept;
use tiphys_engine::compile;

/// How many seconds after its end in this phase a run goes whose kept document this is; none if it says nothing of that,
/// or cannot be read.
pub fn seconds_to_live(document: &[u8], phase: &str) -> Option<i64> {
    // Most runs have no time to live, and most documents are longer than this look.
    if !has_field(document, "ttlStrategy") {
        return None;
    }
    let kept = Kept::read(document).ok()?;
    let (workflow, _) = compile::effective(&kept.frozen).ok()?;
    workflow.spec.ttl_strategy?.seconds(phase)
}

/// Whether some object of a document may have this field: it is looked for without reading the document.
pub(crate) fn has_field(document: &[u8], field: &str) -> bool {
    let quoted = format!("\"{field}\"");
    document.windows(quoted.len()).any(|window| window == quoted.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_run_says_how_long_it_stays() {
        let document = |spec: serde_json::Value| {
            json!({ "frozen": { "workflow": { "metadata": { "name": "w" }, "spec": spec } } }).to_string()
        };
        let ttl = json!({ "secondsAfterCompletion": 9, "secondsAfterFailure": 3 });
        let told = document(json!({ "entrypoint": "main", "ttlStrategy": ttl }));
        assert_eq!(seconds_to_live(told.as_bytes(), "Failed"), Some(3));
        assert_eq!(seconds_to_live(told.as_bytes(), "Succeeded"), Some(9));
        let silent = document(
            json!({ "entrypoint": "main", "arguments": { "parameters": [{ "name": "ttlStrategy" }] } }),
        );
        assert_eq!(seconds_to_live(silent.as_bytes(), "Failed"), None);
        assert_eq!(seconds_to_live(b"\"ttlStrategy\"", "Failed"), None, "it cannot be read");
    }
}

//! What our own routes answer with: the types that the web pages are checked against.

use super::{reference, state};
use serde_json::{Map, Value, json};

pub(super) const PHASE: &str = "|Pending|Running|Succeeded|Failed|Error|Skipped|Omitted|Daemoned";
const KIND: &str = "WorkflowTemplate|ClusterWorkflowTemplate|CronWorkflow";

/// Each type with its fields. What a field holds is one word: `text`, `number`, `flag`, `any`, the name of a type or
/// the texts that it may be; behind it `[]` for a list or `{}` for a map from text. `?` behind the name of a field
/// means that it may lack.
static TYPES: &[(&str, &[(&str, &str)])] = &[
    ("NamePage", &[("items", "text[]")]),
    ("PipelineName", &[("kind", KIND), ("name", "text")]),
    (
        "RunRow",
        &[
            ("namespace", "text"),
            ("name", "text"),
            ("uid", "text"),
            ("phase", PHASE),
            ("message", "text"),
            ("progress", "text"),
            ("createdAt", "text"),
            ("startedAt?", "text"),
            ("finishedAt?", "text"),
            ("archived", "flag"),
            ("suspended", "flag"),
            ("waiting", "flag"),
            ("pipeline?", "PipelineName"),
            ("by?", "text"),
            ("labels", "text{}"),
            ("annotations?", "text{}"),
        ],
    ),
    (
        "RunPage",
        &[
            ("items", "RunRow[]"),
            ("next?", "text"),
            ("total?", "number"),
            ("phases?", "number{}"),
            ("position", "text"),
        ],
    ),
    (
        "Pipeline",
        &[
            ("kind", KIND),
            ("namespace", "text"),
            ("name", "text"),
            ("title?", "text"),
            ("folder", "text"),
            ("runs", "RunRow[]"),
            ("running", "number"),
            ("successRate?", "number"),
            ("medianSeconds?", "number"),
            ("medianBefore?", "number"),
            ("schedules?", "text[]"),
            ("timezone?", "text"),
            ("suspended?", "flag"),
            ("nextAt?", "text"),
        ],
    ),
    ("PipelinePage", &[("items", "Pipeline[]")]),
    ("StepCell", &[("run", "text"), ("phase", PHASE), ("node", "text"), ("seconds?", "number")]),
    ("StepRow", &[("name", "text"), ("cells", "StepCell[]")]),
    ("StepGrid", &[("runs", "RunRow[]"), ("steps", "StepRow[]")]),
    (
        "Firing",
        &[
            ("at", "text"),
            ("outcome", "run|skipped|missed|failed"),
            ("run?", "text"),
            ("reason?", "text"),
            ("onPurpose", "flag"),
        ],
    ),
    (
        "Schedule",
        &[
            ("namespace", "text"),
            ("name", "text"),
            ("uid", "text"),
            ("schedules", "text[]"),
            ("timezone", "text"),
            ("suspended", "flag"),
            ("stopped", "flag"),
            ("active", "text[]"),
            ("succeeded", "number"),
            ("failed", "number"),
            ("next", "text[]"),
            ("recent", "Firing[]"),
            ("missed", "Firing[]"),
            ("last?", "text"),
            ("specError?", "text"),
            ("submissionError?", "text"),
        ],
    ),
    ("SchedulePage", &[("items", "Schedule[]")]),
    ("TemplateVersion", &[("version", "number"), ("at", "text"), ("by?", "text"), ("text", "text")]),
    ("TemplateVersionPage", &[("items", "TemplateVersion[]")]),
    ("DiffLine", &[("change", "same|removed|added"), ("text", "text")]),
    ("TemplateDiff", &[("from", "number"), ("to", "number"), ("lines", "DiffLine[]")]),
    (
        "Question",
        &[
            ("name", "text"),
            ("value?", "any"),
            ("default?", "any"),
            ("description?", "text"),
            ("enum?", "any[]"),
            ("valueFrom?", "any"),
        ],
    ),
    ("PlanLoop", &[("count?", "number"), ("over", "text")]),
    (
        "PlanBranch",
        &[
            ("name", "text"),
            ("template", "text"),
            ("kind", "text"),
            ("image?", "text"),
            ("group?", "number"),
            ("after?", "text[]"),
            ("depends?", "text"),
            ("when?", "text"),
            ("loop?", "PlanLoop"),
            ("retry?", "text"),
            ("suspends?", "text"),
            ("daemon?", "flag"),
            ("memoized?", "flag"),
            ("locks?", "text[]"),
            ("note?", "text"),
            ("hooks?", "PlanBranch[]"),
            ("children?", "PlanBranch[]"),
        ],
    ),
    (
        "Outline",
        &[
            ("workflow", "text"),
            ("namespace", "text"),
            ("parameters", "any"),
            ("tree", "PlanBranch"),
            ("hooks?", "PlanBranch[]"),
            ("steps?", "number"),
            ("needs", "any"),
            ("cut?", "flag"),
        ],
    ),
    (
        "Planned",
        &[
            ("kind", "text"),
            ("name", "text"),
            ("parameters", "Question[]"),
            ("outline?", "Outline"),
            ("problem?", "text"),
        ],
    ),
    ("PlannedPage", &[("items", "Planned[]")]),
    (
        "Approval",
        &[
            ("namespace", "text"),
            ("run", "text"),
            ("node", "text"),
            ("nodeName", "text"),
            ("since", "text"),
            ("message?", "text"),
            ("parameters", "Question[]"),
        ],
    ),
    ("ApprovalPage", &[("items", "Approval[]")]),
    (
        "LockHolder",
        &[
            ("namespace", "text"),
            ("run?", "text"),
            ("uid?", "text"),
            ("node?", "text"),
            ("step?", "text"),
            ("since?", "text"),
        ],
    ),
    (
        "Lock",
        &[
            ("key", "text"),
            ("kind", "mutex|semaphore"),
            ("limit", "number"),
            ("holders", "LockHolder[]"),
            ("waiters", "LockHolder[]"),
        ],
    ),
    ("LockPage", &[("items", "Lock[]")]),
    (
        "JournalEntry",
        &[
            ("position", "number"),
            ("at", "text"),
            ("event", "text"),
            ("node?", "text"),
            ("nodeName?", "text"),
            ("text", "text"),
            ("data", "any"),
        ],
    ),
    ("JournalPage", &[("items", "JournalEntry[]"), ("next?", "number")]),
    ("Stage", &[("node", "text"), ("waitedMs", "number"), ("startingMs", "number")]),
    ("StagePage", &[("items", "Stage[]")]),
    (
        "LogLine",
        &[("line", "number"), ("node", "text"), ("text", "text"), ("at?", "text"), ("stream?", "text")],
    ),
    ("LogRange", &[("items", "LogLine[]"), ("lines", "number"), ("open", "flag")]),
    (
        "DeliveryResult",
        &[
            ("binding", "text"),
            ("matched", "flag"),
            ("failed?", "flag"),
            ("reason?", "text"),
            ("run?", "text"),
        ],
    ),
    (
        "Delivery",
        &[
            ("id", "text"),
            ("at", "text"),
            ("namespace", "text"),
            ("discriminator", "text"),
            ("sender", "text"),
            ("status", "received|matched|unmatched|failed"),
            ("results", "DeliveryResult[]"),
            ("reason?", "text"),
            ("replayOf?", "text"),
            ("headers?", "text{}"),
            ("payload?", "any"),
        ],
    ),
    ("DeliveryPage", &[("items", "Delivery[]"), ("next?", "text")]),
    ("LogHit", &[("line", "number")]),
    ("LogHits", &[("items", "LogHit[]"), ("more", "flag")]),
    (
        "Fix",
        &[
            ("line", "number"),
            ("column", "number"),
            ("endLine", "number"),
            ("endColumn", "number"),
            ("text", "text"),
        ],
    ),
    (
        "Diagnostic",
        &[
            ("severity", "error|warning"),
            ("code", "text"),
            ("line", "number"),
            ("column", "number"),
            ("endLine?", "number"),
            ("endColumn?", "number"),
            ("path", "text"),
            ("message", "text"),
            ("help?", "text"),
            ("fix?", "Fix"),
        ],
    ),
    ("Findings", &[("diagnostics", "Diagnostic[]"), ("objects", "any[]")]),
    ("Example", &[("name", "text"), ("title", "text"), ("text", "text")]),
    ("ExamplePage", &[("items", "Example[]")]),
];

/// The types as schemas.
pub(super) fn schemas() -> Map<String, Value> {
    TYPES.iter().chain(state::TYPES).map(|(name, fields)| ((*name).to_owned(), object(fields))).collect()
}

fn object(fields: &[(&str, &str)]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, holds) in fields {
        let bare = name.trim_end_matches('?');
        if bare == *name {
            required.push(bare);
        }
        properties.insert(bare.to_owned(), held(holds));
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

fn held(holds: &str) -> Value {
    if let Some(of) = holds.strip_suffix("[]") {
        return json!({ "type": "array", "items": held(of) });
    }
    if let Some(of) = holds.strip_suffix("{}") {
        return json!({ "type": "object", "additionalProperties": held(of) });
    }
    if holds.contains('|') {
        return json!({ "type": "string", "enum": holds.split('|').collect::<Vec<_>>() });
    }
    match holds {
        "text" => json!({ "type": "string" }),
        "number" => json!({ "type": "number" }),
        "flag" => json!({ "type": "boolean" }),
        "any" => json!({}),
        name => reference(name),
    }
}

/// Whether a value is as a type says: for tests of what the routes answer.
#[cfg(test)]
pub(crate) fn fits(name: &str, value: &Value) -> Result<(), String> {
    let Some((_, fields)) = TYPES.iter().chain(state::TYPES).find(|(known, _)| *known == name) else {
        // A part of a manifest, which has a description of its own.
        let schemas = super::schemas();
        return schemas.get(name).map(drop).ok_or_else(|| format!("there is no type {name}"));
    };
    let Value::Object(map) = value else { return Err(format!("{value} is no {name}")) };
    for key in map.keys() {
        if !fields.iter().any(|(field, _)| field.trim_end_matches('?') == key) {
            return Err(format!("{name} has no field {key}"));
        }
    }
    for (field, holds) in *fields {
        match map.get(field.trim_end_matches('?')) {
            None | Some(Value::Null) if field.ends_with('?') => {}
            None => return Err(format!("{name} lacks {field}")),
            Some(value) => fits_held(holds, value).map_err(|error| format!("{name}.{field}: {error}"))?,
        }
    }
    Ok(())
}

#[cfg(test)]
fn fits_held(holds: &str, value: &Value) -> Result<(), String> {
    let good = match (holds, value) {
        ("any", _) | ("text", Value::String(_)) | ("number", Value::Number(_)) | ("flag", Value::Bool(_)) => {
            true
        }
        (holds, Value::Array(items)) if holds.ends_with("[]") => {
            return items.iter().try_for_each(|item| fits_held(holds.trim_end_matches("[]"), item));
        }
        (holds, Value::Object(map)) if holds.ends_with("{}") => {
            return map.values().try_for_each(|item| fits_held(holds.trim_end_matches("{}"), item));
        }
        (choices, Value::String(text)) if choices.contains('|') => {
            choices.split('|').any(|choice| choice == text)
        }
        (name, Value::Object(_)) if name.starts_with(char::is_uppercase) => return fits(name, value),
        _ => false,
    };
    if good { Ok(()) } else { Err(format!("{value} is no {holds}")) }
}

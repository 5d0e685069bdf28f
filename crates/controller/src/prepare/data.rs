//! Data templates: a listing of the local store, transformed (EX-485 to EX-487). No step runs for them.

use super::artifacts;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tiphys_engine::Time;
use tiphys_engine::workflow::{Outcome, Phase, Pod};
use tiphys_expr as expr;
use tiphys_spec as spec;

/// Most keys of a listing.
const KEYS_MAX: usize = 100_000;

/// How a data template came out.
pub(crate) fn outcome(pod: &Pod, data: &Value, store: &Path, now: Time) -> Outcome {
    match transformed(data, store, now) {
        Ok(value) => Outcome {
            phase: Phase::Succeeded,
            exit_code: Some(0),
            // As Go writes JSON.
            result: pod.wants_result.then(|| expr::escape_html_json(&value.to_string())),
            ..Outcome::default()
        },
        // In Argo the executor itself is the step, and this is how it ends (EX-409, EX-486).
        Err(reason) => Outcome {
            phase: Phase::Failed,
            exit_code: Some(64),
            message: Some(format!("main: Error (exit code 64): unable to process data template: {reason}")),
            ..Outcome::default()
        },
    }
}

fn transformed(data: &Value, store: &Path, now: Time) -> Result<Value, String> {
    let source = data.pointer("/source/artifactPaths").ok_or("no valid source is used for data template");
    let found = source.map_err(str::to_owned).and_then(|source| {
        let source: spec::Artifact =
            serde_json::from_value(source.clone()).map_err(|error| error.to_string())?;
        keys(&source, store).map_err(|error| format!("unable to source artifact paths: {error}"))
    });
    let mut value = json!(found.map_err(|error| format!("unable to process data source: {error}"))?);
    let steps = data.get("transformation").and_then(Value::as_array);
    for (index, step) in steps.into_iter().flatten().enumerate() {
        let expression = step.get("expression").and_then(Value::as_str).unwrap_or_default();
        if expression.is_empty() {
            continue;
        }
        let world = expr::World { now: now.timestamp(), seed: 0 };
        let found = expr::evaluate_plain(expression, &json!({ "data": value }), &world)
            .map_err(|error| error.to_string())
            .and_then(|found| found.to_json_value().map_err(|error| error.to_string()));
        value = found.map_err(|error| {
            format!("unable to process data transformation: error processing data step {index}: {error}")
        })?;
    }
    Ok(value)
}

/// All keys of the local store below the artifact's own, in order.
fn keys(source: &spec::Artifact, store: &Path) -> Result<Vec<String>, String> {
    let kind = source.location.store().map_or("", |(kind, _)| kind);
    if source.location.is_complete() || matches!(kind, "raw" | "git" | "http" | "hdfs" | "artifactory") {
        return Err(artifacts::unlisted(kind, &source.name));
    }
    let key = source.location.key();
    let below = key.trim_matches('/').to_owned();
    if below.split('/').any(|part| part == "..") {
        return Err(format!("key `{below}` leaves the store"));
    }
    let mut keys = Vec::new();
    let mut open = vec![below];
    while let Some(at) = open.pop() {
        let folder = store.join(Path::new(&at));
        let Ok(entries) = fs::read_dir(&folder) else {
            // An object, or nothing at all.
            if folder.is_file() {
                keys.push(at);
            }
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            // What begins with a dot is an object that is still being written.
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
            let below = if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(below),
                Ok(kind) if kind.is_file() => keys.push(below),
                _ => {}
            }
        }
        if keys.len() + open.len() > KEYS_MAX {
            return Err(format!("there are more than {KEYS_MAX} objects below `{key}`"));
        }
    }
    if keys.is_empty() {
        return Err(format!("no key found of name {key}"));
    }
    keys.sort_unstable();
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EX-485 to EX-487, TP-133: complete keys, filtered by expressions; a store that cannot be listed fails the step.
    #[test]
    fn keys_are_listed_and_transformed() {
        let root = std::env::temp_dir().join(format!("tiphys-data-{}", uuid::Uuid::new_v4()));
        for key in ["a/main.log", "a/b/main.log", "a/b/x.tgz", "c/main.log"] {
            let path = root.join(key);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let data = json!({
            "source": { "artifactPaths": { "name": "n", "s3": { "key": "a" } } },
            "transformation": [
                { "expression": "" },
                { "expression": "filter(data, {# endsWith \"main.log\"})" },
                { "expression": "map(data, {\"f:\" + #})" },
            ],
        });
        let found = transformed(&data, &root, Time(0)).unwrap();
        assert_eq!(found, json!(["f:a/b/main.log", "f:a/main.log"]));
        let raw = json!({ "source": { "artifactPaths": { "name": "n", "raw": { "data": "x" } } } });
        let told = "unable to process data source: unable to source artifact paths: ListObjects is currently not supported for \
                    this artifact type, but it will be in a future version";
        assert_eq!(transformed(&raw, &root, Time(0)).unwrap_err(), told);
        let none = json!({ "source": { "artifactPaths": { "name": "n", "s3": { "key": "no/such" } } } });
        let told =
            "unable to process data source: unable to source artifact paths: no key found of name no/such";
        assert_eq!(transformed(&none, &root, Time(0)).unwrap_err(), told);
        let told = "unable to process data source: no valid source is used for data template";
        assert_eq!(transformed(&json!({ "source": {} }), &root, Time(0)).unwrap_err(), told);
        let broken = json!({
            "source": { "artifactPaths": { "name": "n", "s3": { "key": "a" } } },
            "transformation": [{ "expression": "data" }, { "expression": "1 + 'a'" }],
        });
        let told = transformed(&broken, &root, Time(0)).unwrap_err();
        let head =
            "unable to process data transformation: error processing data step 1: invalid operation: + (";
        assert!(told.starts_with(head), "{told}");
        fs::remove_dir_all(root).unwrap();
    }
}

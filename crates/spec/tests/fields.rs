//! Every field of every object is read, has a type, and is kept: `tests/fields/*.fields`.
//!
//! ```text
//! [template]
//! OB-217 daemon: true
//! ```
//!
//! A section says where the fields stand. Each line gives rules, a field and a value; the value must be read
//! without a word and come out again as it went in, a value of another type must be refused at that place,
//! and so must the name with a letter too many. After `=>` stands how the value comes out if not as it went
//! in. A field that begins with `~` takes values of any type.

use std::path::Path;

use serde_json::Value;
use tiphys_spec::{Object, Strictness, WorkflowStatus, parse};

#[test]
fn every_field_is_read_typed_and_kept() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fields");
    let (mut count, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(&folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut section = "";
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
                continue;
            }
            count += 1;
            let field = Field::read(section, line);
            let complaint =
                if section.starts_with("status") { field.in_status() } else { field.in_document() };
            wrong.extend(complaint.err().map(|complaint| format!("{line}\n  {complaint}")));
        }
    }
    assert!(count > 100, "only {count} fields");
    assert!(wrong.is_empty(), "{} of {count} fields differ:\n{}", wrong.len(), wrong.join("\n"));
}

struct Field<'t> {
    section: &'t str,
    name: &'t str,
    value: &'t str,
    comes_out: &'t str,
    of_any_type: bool,
}

/// Where the fields of a section stand: a manifest around them, and the path in its JSON.
fn frame(section: &str) -> (&'static str, &'static str) {
    match section {
        "spec" => ("kind: Workflow\nspec: {@}", "/spec"),
        "arguments" => (
            "kind: Workflow\nspec: {arguments: {parameters: [{name: p, @}]}}",
            "/spec/arguments/parameters/0",
        ),
        "template" => ("kind: Workflow\nspec: {templates: [{@}]}", "/spec/templates/0"),
        "step" => {
            ("kind: Workflow\nspec: {templates: [{name: t, steps: [[{@}]]}]}", "/spec/templates/0/steps/0/0")
        }
        "dag" => ("kind: Workflow\nspec: {templates: [{name: t, dag: {@}}]}", "/spec/templates/0/dag"),
        "task" => (
            "kind: Workflow\nspec: {templates: [{name: t, dag: {tasks: [{@}]}}]}",
            "/spec/templates/0/dag/tasks/0",
        ),
        "output" => (
            "kind: Workflow\nspec: {templates: [{name: t, outputs: {parameters: [{name: p, @}]}}]}",
            "/spec/templates/0/outputs/parameters/0",
        ),
        "artifact" => (
            "kind: Workflow\nspec: {templates: [{name: t, inputs: {artifacts: [{name: a, @}]}}]}",
            "/spec/templates/0/inputs/artifacts/0",
        ),
        "cron" => ("kind: CronWorkflow\nspec: {@}", "/spec"),
        "binding" => ("kind: WorkflowEventBinding\nspec: {@}", "/spec"),
        "metric" => ("kind: Workflow\nspec: {metrics: {prometheus: [{@}]}}", "/spec/metrics/prometheus/0"),
        "retry" => ("kind: Workflow\nspec: {retryStrategy: {@}}", "/spec/retryStrategy"),
        "backoff" => ("kind: Workflow\nspec: {retryStrategy: {backoff: {@}}}", "/spec/retryStrategy/backoff"),
        "resource" => {
            ("kind: Workflow\nspec: {templates: [{name: t, resource: {@}}]}", "/spec/templates/0/resource")
        }
        "http" => ("kind: Workflow\nspec: {templates: [{name: t, http: {@}}]}", "/spec/templates/0/http"),
        "containerSet" => (
            "kind: Workflow\nspec: {templates: [{name: t, containerSet: {@}}]}",
            "/spec/templates/0/containerSet",
        ),
        "script" => (
            "kind: Workflow\nspec: {templates: [{name: t, script: {image: x, @}}]}",
            "/spec/templates/0/script",
        ),
        "sidecar" => (
            "kind: Workflow\nspec: {templates: [{name: t, sidecars: [{name: s, @}]}]}",
            "/spec/templates/0/sidecars/0",
        ),
        "suspend" => {
            ("kind: Workflow\nspec: {templates: [{name: t, suspend: {@}}]}", "/spec/templates/0/suspend")
        }
        "sequence" => (
            "kind: Workflow\nspec: {templates: [{name: t, dag: {tasks: [{name: s, withSequence: {@}}]}}]}",
            "/spec/templates/0/dag/tasks/0/withSequence",
        ),
        "data" => ("kind: Workflow\nspec: {templates: [{name: t, data: {@}}]}", "/spec/templates/0/data"),
        "hook" => ("kind: Workflow\nspec: {hooks: {h: {@}}}", "/spec/hooks/h"),
        other => panic!("unknown section [{other}]"),
    }
}

impl<'t> Field<'t> {
    fn read(section: &'t str, line: &'t str) -> Field<'t> {
        let (name, value) = line.split_once(": ").expect("`RULES name: value`");
        let name = name.rsplit(' ').next().unwrap();
        let (value, comes_out) = value.split_once(" => ").unwrap_or((value, value));
        let plain = name.trim_start_matches('~');
        Field { section, name: plain, value, comes_out, of_any_type: plain != name }
    }

    fn in_document(&self) -> Result<(), String> {
        let (frame, path) = frame(self.section);
        let text = frame.replace('@', &format!("{}: {}", self.name, self.value));
        let parsed = parse("m.yaml", &text, Strictness::Strict);
        if let Some(found) = parsed.diagnostics.first() {
            return Err(format!("is not read: {}", found.message));
        }
        let whole = object(&parsed.documents[0].object);
        let found = whole.pointer(path).map(|parent| parent[self.name].clone()).unwrap_or_default();
        let expected = yaml(self.comes_out);
        if !same(&found, &expected) {
            return Err(format!("comes out as {found}, not {expected}"));
        }
        let other = match yaml(self.value) {
            Value::String(_) => "{a: b}",
            Value::Array(_) | Value::Bool(_) => "{a: b}",
            Value::Object(_) => "[1]",
            _ => "[1]",
        };
        let refused = |text: &str| parse("m.yaml", text, Strictness::Strict).has_errors();
        if !self.of_any_type && !refused(&frame.replace('@', &format!("{}: {other}", self.name))) {
            return Err(format!("takes {other} too"));
        }
        if !refused(&frame.replace('@', &format!("{}x: {}", self.name, self.value))) {
            return Err("its name may be misspelt".to_owned());
        }
        Ok(())
    }

    fn in_status(&self) -> Result<(), String> {
        let value = yaml(self.value);
        let status = match self.section {
            "status" => serde_json::json!({ self.name: value }),
            _ => serde_json::json!({ "nodes": { "n": { self.name: value } } }),
        };
        let read = WorkflowStatus::from_value(&status).map_err(|error| error.to_string())?;
        let written = serde_json::to_value(read).unwrap();
        let parent = if self.section == "status" { &written } else { &written["nodes"]["n"] };
        match same(&parent[self.name], &yaml(self.comes_out)) {
            true => Ok(()),
            false => Err(format!("comes out as {}", parent[self.name])),
        }
    }
}

/// Equal but for empty members, which Go writes where nothing was read.
fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let is_empty = |value: &Value| *value == serde_json::json!({}) || *value == "";
            expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| same(found, value)))
                && found.iter().all(|(name, value)| expected.contains_key(name) || is_empty(value))
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| same(a, b))
        }
        _ => found == expected,
    }
}

fn object(object: &Object) -> Value {
    match object {
        Object::Workflow(workflow) => serde_json::to_value(workflow),
        Object::CronWorkflow(cron) => serde_json::to_value(cron),
        Object::WorkflowEventBinding(binding) => serde_json::to_value(binding),
        _ => panic!("no section has such a document"),
    }
    .unwrap()
}

/// A YAML value as JSON, through the reader that the documents go through.
fn yaml(text: &str) -> Value {
    let parsed = parse("v.yaml", &format!("kind: X\nvalue: {text}\n"), Strictness::Strict);
    parsed.documents[0].value["value"].clone()
}

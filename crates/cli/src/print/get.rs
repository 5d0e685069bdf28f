//! One workflow as `argo get` shows it: header lines and the tree of its nodes (CLI-060 to CLI-069).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::paint::{Paint, columns};
use super::table::{table, table_fitted};
use super::text::clean_line;
use super::time::{duration, instant, long_duration};
use serde_json::Value;
use tiphys_engine::Time;
use tiphys_expr::names::pod_name_v2;
use tiphys_spec::{NodeStatus, WorkflowStatus};

/// How deep constructs may be nested before the tree is cut off.
const DEPTH_MAX: usize = 400;

/// Which columns and nodes are shown.
#[derive(Clone, Debug, Default)]
pub struct GetStyle {
    /// With artifacts, resources and the machines that pods ran on.
    pub wide: bool,
    /// The table alone, with the machines that pods ran on.
    pub short: bool,
    /// Only nodes whose fields fulfil all of these: field, value, and whether they must be equal.
    pub nodes: Vec<(String, String, bool)>,
    /// Why it cannot be said which nodes are shown. Nothing is wrong as long as there are none to show.
    pub flaw: Option<String>,
}

/// Whether a workflow has nodes to draw.
pub fn has_tree(document: &Value) -> bool {
    let name = text(document, "/metadata/name");
    let nodes = document.pointer("/status/nodes").and_then(Value::as_object);
    nodes.is_some_and(|nodes| nodes.values().any(|node| text(node, "/name") == name))
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn text_at<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// The view of a workflow's document.
pub fn get(document: &Value, style: &GetStyle, paint: Paint, now: Time) -> String {
    let status =
        document.get("status").and_then(|status| WorkflowStatus::from_value(status).ok()).unwrap_or_default();
    let mut out = String::new();
    let view = TreeView { document, status: &status, style, paint, now };
    let rows = view.rows();
    // The header gives way to the table where there is one.
    if !style.short || !view.has_root() {
        header(document, &status, paint, now, &mut out);
    }
    if view.has_root() {
        if !style.short {
            out.push('\n');
        }
        // What a terminal has no room for: templates, then the names of pods.
        out.push_str(&match columns() {
            Some(width) if !style.wide => table_fitted(rows, 2, width, &[1, 2]),
            _ => table(&rows, 2),
        });
    }
    out
}

fn header(document: &Value, status: &WorkflowStatus, paint: Paint, now: Time, out: &mut String) {
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{:<20} {}", name, clean_line(value.as_bytes()));
    };
    line("Name:", text(document, "/metadata/name"));
    line("Namespace:", text(document, "/metadata/namespace"));
    let account = service_account(document).unwrap_or(match document.pointer("/spec/workflowTemplateRef") {
        Some(_) => "unset",
        None => "unset (will run with the default ServiceAccount)",
    });
    line("ServiceAccount:", account);
    line("Status:", &status_words(document));
    if !status.message.is_empty() {
        line("Message:", &status.message);
    }
    if !status.conditions.is_empty() {
        line("Conditions:", "");
        for condition in &status.conditions {
            let value = if condition.message.is_empty() { &condition.status } else { &condition.message };
            line(&format!("{} {}", sign_of_condition(&condition.kind, paint), condition.kind), value);
        }
    }
    let time = |text: &Option<String>| text.as_deref().and_then(Time::parse);
    let created = Time::parse(text(document, "/metadata/creationTimestamp"));
    // The row is always there (CLI-060); of what was only tried Go tells the beginning of its time.
    line("Created:", &created.map_or_else(|| NEVER.to_owned(), |created| instant(created, now)));
    let (started, finished) = (time(&status.started_at), time(&status.finished_at));
    if let Some(started) = started {
        line("Started:", &instant(started, now));
    }
    if let Some(finished) = finished {
        line("Finished:", &instant(finished, now));
    }
    if let Some(started) = started {
        line("Duration:", &long_duration(finished.unwrap_or(now).since_us(started) / 1_000_000));
    }
    if status.phase == "Running" && status.estimated_duration > 0 {
        line("EstimatedDuration:", &long_duration(status.estimated_duration));
    }
    line("Progress:", &status.progress);
    if !status.resources_duration.is_empty() {
        line("ResourcesDuration:", &resources(&status.resources_duration));
    }
    let parameters =
        |pointer: &str| document.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    for (title, list) in [
        // A workflow made from a template has the template's parameters too.
        (
            "Parameters:",
            match parameters("/status/storedWorkflowTemplateSpec/arguments/parameters") {
                stored if stored.is_empty() => parameters("/spec/arguments/parameters"),
                stored => stored,
            },
        ),
        ("Output Parameters:", parameters("/status/outputs/parameters")),
    ] {
        if !list.is_empty() {
            line(title, "");
        }
        for parameter in &list {
            // Of arguments without a value nothing is known yet; an output may have a default instead.
            let value = text_at(parameter, "/value").or_else(|| match title {
                "Parameters:" => None,
                _ => text_at(parameter, "/default"),
            });
            if let Some(value) = value {
                line(&format!("  {}:", text(parameter, "/name")), value);
            }
        }
    }
    let artifacts = parameters("/status/outputs/artifacts");
    if !artifacts.is_empty() {
        line("Output Artifacts:", "");
    }
    for artifact in &artifacts {
        let key = artifact.pointer("/s3/key").and_then(Value::as_str).unwrap_or_default();
        line(&format!("  {}:", text(artifact, "/name")), key);
    }
}

/// The account of a workflow, which its template may name (CLI-060).
pub fn service_account(document: &Value) -> Option<&str> {
    let stored = document.pointer("/status/storedWorkflowTemplateSpec").filter(|stored| stored.is_object());
    text_at(stored.unwrap_or(&document["spec"]), "/serviceAccountName").filter(|name| !name.is_empty())
}

/// The sign before a condition (CLI-062). Argo leaves its place free where there is none.
fn sign_of_condition(kind: &str, paint: Paint) -> String {
    let choose = |sign: &'static str, word: &'static str| if paint.is_unicode() { sign } else { word };
    match kind {
        "MetricsError" => paint.bad(choose("✖", "Error")),
        "SpecWarning" => paint.warn(choose("⚠", "Warning")),
        _ => String::new(),
    }
}

/// When what was never made was made.
const NEVER: &str = "Mon Jan 01 00:00:00 +0000 (a long while ago)";

/// The phase and what steers it (CLI-061).
pub fn status_words(document: &Value) -> String {
    let nodes = document.pointer("/status/nodes").and_then(Value::as_object);
    let suspended = document.pointer("/spec/suspend") == Some(&Value::Bool(true))
        || nodes
            .into_iter()
            .flat_map(|nodes| nodes.values())
            .any(|node| node["type"] == "Suspend" && node["phase"] == "Running");
    match text(document, "/status/phase") {
        "Running" if suspended => "Running (Suspended)".to_owned(),
        "Failed" if !text(document, "/spec/shutdown").is_empty() => "Failed (Terminated)".to_owned(),
        "" | "Pending" if text(document, "/metadata/creationTimestamp").is_empty() => "Unknown".to_owned(),
        "" | "Pending" => "Pending".to_owned(),
        phase => phase.to_owned(),
    }
}

/// `3s*(1 cpu),7s*(100Mi memory)`.
fn resources(seconds: &BTreeMap<String, i64>) -> String {
    let unit = |name: &str| match name {
        "memory" => "100Mi memory".to_owned(),
        "storage" | "ephemeral-storage" => format!("10Gi {name}"),
        _ => format!("1 {name}"),
    };
    let go = |seconds: i64| match seconds {
        0..=59 => format!("{seconds}s"),
        60..=3_599 => format!("{}m{}s", seconds / 60, seconds % 60),
        _ => format!("{}h{}m{}s", seconds / 3_600, seconds % 3_600 / 60, seconds % 60),
    };
    let parts: Vec<String> =
        seconds.iter().map(|(name, seconds)| format!("{}*({})", go(*seconds), unit(name))).collect();
    parts.join(",")
}

struct TreeView<'a> {
    document: &'a Value,
    status: &'a WorkflowStatus,
    style: &'a GetStyle,
    paint: Paint,
    now: Time,
}

/// The members of each node as the tree shows them, by its id.
type Members<'a> = BTreeMap<&'a str, Vec<&'a NodeStatus>>;

impl<'a> TreeView<'a> {
    /// Whether there is anything to draw a tree of (CLI-063).
    fn has_root(&self) -> bool {
        let name = text(self.document, "/metadata/name");
        self.status.nodes.values().any(|node| node.name == name)
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let columns: &[&str] = match (self.style.wide, self.style.short) {
            (true, _) => &[
                "STEP",
                "TEMPLATE",
                "PODNAME",
                "DURATION",
                "ARTIFACTS",
                "MESSAGE",
                "RESOURCESDURATION",
                "NODENAME",
            ],
            (_, true) => &["STEP", "TEMPLATE", "PODNAME", "DURATION", "MESSAGE", "NODENAME"],
            _ => &["STEP", "TEMPLATE", "PODNAME", "DURATION", "MESSAGE"],
        };
        let mut rows: Vec<Vec<String>> = vec![columns.iter().map(|column| (*column).to_owned()).collect()];
        // The signs below it are coloured, and Argo aligns by bytes.
        rows[0][0] = self.paint.usual("STEP");
        let members = self.members();
        let name = text(self.document, "/metadata/name");
        let handler = format!("{name}.onExit");
        for (root, apart) in [(name, false), (handler.as_str(), true)] {
            let Some(node) = self.status.nodes.values().find(|node| node.name == root) else { continue };
            if apart {
                rows.push(vec![String::new()]);
            }
            self.node(node, &members, " ", " ", 0, &mut rows);
        }
        rows
    }

    /// Who stands below whom: groups and retries hold their children, everything else its boundary's.
    fn members(&self) -> Members<'a> {
        let nodes = &self.status.nodes;
        let holds = |node: &NodeStatus| matches!(node.kind.as_str(), "StepGroup" | "Retry");
        let mut holder: BTreeMap<&str, &str> = BTreeMap::new();
        for node in nodes.values().filter(|node| holds(node)) {
            for child in &node.children {
                holder.insert(child, &node.id);
            }
        }
        let mut members: Members = BTreeMap::new();
        for node in nodes.values().filter(|node| !matches!(node.kind.as_str(), "TaskGroup" | "Container")) {
            let above = holder.get(node.id.as_str()).copied().unwrap_or(&node.boundary_id);
            if !above.is_empty() && above != node.id {
                members.entry(above).or_default().push(node);
            }
        }
        for list in members.values_mut() {
            list.sort_by(|a, b| {
                a.started_at.cmp(&b.started_at).then_with(|| match (item_number(a), item_number(b)) {
                    (Some(a), Some(b)) => a.cmp(&b),
                    _ => a.display_name.cmp(&b.display_name),
                })
            });
        }
        members
    }

    fn node(
        &self,
        node: &'a NodeStatus,
        members: &Members<'a>,
        prefix: &str,
        below: &str,
        depth: usize,
        rows: &mut Vec<Vec<String>>,
    ) {
        let selected = self.style.nodes.iter().all(|(field, value, equal)| is(node, field, value) == *equal);
        let (hidden, indents) = match node.kind.as_str() {
            "Retry" if node.children.len() == 1 => (true, false),
            "StepGroup" => (true, true),
            "Skipped" if node.phase == "Omitted" => (true, false),
            _ if !selected => (true, false),
            _ => (false, true),
        };
        if !hidden {
            rows.push(self.row(node, prefix));
        }
        if depth == DEPTH_MAX {
            return;
        }
        let list = members.get(node.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let unicode = self.paint.is_unicode();
        for (at, child) in list.iter().enumerate() {
            let last = at + 1 == list.len();
            let (part, space) = if !indents {
                ("", "")
            } else {
                match (hidden && at == 0, last, unicode) {
                    (true, true, true) => ("──", "  "),
                    (true, true, false) => ("--", "  "),
                    (true, false, true) => ("┬─", "│ "),
                    (true, false, false) => ("+-", "| "),
                    (false, true, true) => ("└─", "  "),
                    (false, true, false) => ("`-", "  "),
                    (false, false, true) => ("├─", "│ "),
                    (false, false, false) => ("|-", "| "),
                }
            };
            let start = if hidden && at == 0 { prefix } else { below };
            self.node(child, members, &format!("{start}{part}"), &format!("{below}{space}"), depth + 1, rows);
        }
    }

    fn row(&self, node: &NodeStatus, prefix: &str) -> Vec<String> {
        let template = match &node.template_ref {
            Some(reference) => format!("{}/{}", reference.name, reference.template),
            None => node.template_name.clone(),
        };
        let is_pod = node.kind == "Pod";
        let waits = node.kind == "Suspend" && node.phase == "Running";
        let state = match (waits, node.phase.as_str()) {
            (true, _) => "Suspended",
            (false, phase) => phase,
        };
        // Without signs Argo prints the words themselves (CLI-064).
        let sign = match self.paint.is_unicode() {
            true => self.paint.sign(state),
            false if waits => "Suspend".to_owned(),
            false => node.phase.clone(),
        };
        let step = format!("{prefix}{sign} {}", clean_line(node.display_name.as_bytes()));
        let pod = if is_pod { self.pod_name(node) } else { String::new() };
        let time = |text: &Option<String>| text.as_deref().and_then(Time::parse);
        let took = match time(&node.started_at) {
            Some(started) if is_pod => {
                let until = time(&node.finished_at).unwrap_or(self.now);
                duration(until.since_us(started) / 1_000_000)
            }
            _ => String::new(),
        };
        let message = clean_line(node.message.as_bytes());
        let mut row = vec![step, template, pod, took];
        if self.style.wide {
            let artifacts = node.outputs.iter().flat_map(|outputs| &outputs.artifacts);
            row.push(artifacts.map(|artifact| artifact.name.as_str()).collect::<Vec<_>>().join(","));
        }
        row.push(message);
        if self.style.wide {
            row.push(resources(&node.resources_duration));
        }
        if self.style.wide || self.style.short {
            row.push(clean_line(node.host_node_name.as_bytes()));
        }
        row
    }

    fn pod_name(&self, node: &NodeStatus) -> String {
        let format = self.document.pointer("/metadata/annotations/workflows.argoproj.io~1pod-name-format");
        if format.and_then(Value::as_str) == Some("v1") {
            return node.id.clone();
        }
        let template =
            node.template_ref.as_ref().map_or(&node.template_name, |reference| &reference.template);
        pod_name_v2(text(self.document, "/metadata/name"), &node.name, template)
    }
}

/// Whether a field of a node has a value (API-167); of phases, several may be named.
fn is(node: &NodeStatus, field: &str, value: &str) -> bool {
    let parameter = field.strip_prefix("inputs.parameters.").and_then(|rest| rest.strip_suffix(".value"));
    let found = match (field, parameter) {
        ("phase", _) => return value.split(',').any(|phase| phase == node.phase),
        ("displayName", _) => Some(node.display_name.as_str()),
        ("templateName", _) => Some(node.template_name.as_str()),
        ("name", _) => Some(node.name.as_str()),
        ("id", _) => Some(node.id.as_str()),
        ("templateRef.name", _) => node.template_ref.as_ref().map(|reference| reference.name.as_str()),
        ("templateRef.template", _) => {
            node.template_ref.as_ref().map(|reference| reference.template.as_str())
        }
        (_, Some(name)) => node
            .inputs
            .as_ref()
            .and_then(|inputs| inputs.parameters.iter().find(|parameter| parameter.name == name))
            .and_then(|parameter| parameter.value.as_deref()),
        _ => None,
    };
    found == Some(value)
}

/// The number in `name(3:item)`.
fn item_number(node: &NodeStatus) -> Option<u64> {
    let (_, rest) = node.display_name.split_once('(')?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    rest[digits.len()..].starts_with(':').then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(document: &Value, paint: Paint, short: bool) -> String {
        let style = GetStyle { short, ..GetStyle::default() };
        get(document, &style, paint, Time::parse("2030-01-01T00:00:20Z").unwrap())
    }

    fn running(spec: &Value, status: &Value) -> Value {
        let mut document = json!({
            "metadata": { "name": "w", "namespace": "n", "creationTimestamp": "2030-01-01T00:00:00Z" },
            "spec": spec,
            "status": { "phase": "Running", "startedAt": "2030-01-01T00:00:00Z", "progress": "0/1" },
        });
        for (field, value) in status.as_object().unwrap() {
            document["status"][field] = value.clone();
        }
        document
    }

    /// CLI-060: what a template says counts where a workflow is made from one.
    #[test]
    fn the_account_of_a_template_is_shown() {
        let made = json!({ "workflowTemplateRef": { "name": "t" } });
        let line = |document: &Value| {
            let text = shown(document, Paint::plain(), false);
            let line = text.lines().find_map(|line| line.strip_prefix("ServiceAccount:")).unwrap();
            line.trim().to_owned()
        };
        let stored =
            |account: &str| json!({ "storedWorkflowTemplateSpec": { "serviceAccountName": account } });
        assert_eq!(line(&running(&made, &stored("runner"))), "runner");
        assert_eq!(line(&running(&made, &stored(""))), "unset");
        assert_eq!(line(&running(&json!({ "serviceAccountName": "own" }), &json!({}))), "own");
        let nobody = "unset (will run with the default ServiceAccount)";
        assert_eq!(line(&running(&json!({}), &json!({}))), nobody);
    }

    /// CLI-060: between how long it takes and how far it is, only while it runs.
    #[test]
    fn a_running_workflow_says_how_long_it_will_take() {
        let mut document = running(&json!({}), &json!({ "estimatedDuration": 64 }));
        let text = shown(&document, Paint::plain(), false);
        let wanted = "Duration:            20 seconds\nEstimatedDuration:   1 minute 4 seconds\nProgress: ";
        assert!(text.contains(wanted), "{text}");
        document["status"]["phase"] = json!("Succeeded");
        assert!(!shown(&document, Paint::plain(), false).contains("EstimatedDuration"));
    }

    /// CLI-060: what has no value yet has no line; an output may have a default.
    #[test]
    fn parameters_without_a_value_have_no_line() {
        let from = json!({ "configMapKeyRef": { "name": "m", "key": "k" } });
        let document = running(
            &json!({ "arguments": { "parameters": [
                { "name": "a", "valueFrom": from }, { "name": "b", "value": "5" }, { "name": "c", "default": "6" },
            ]}}),
            &json!({ "outputs": { "parameters": [{ "name": "d", "default": "7" }, { "name": "e", "value": "" }] } }),
        );
        let text = shown(&document, Paint::plain(), false);
        let wanted = "Parameters:          \n  b:                 5\nOutput Parameters:   \n  d:                 7\n  \
                      e:                 \n";
        assert!(text.ends_with(wanted), "{text}");
    }

    /// CLI-062.
    #[test]
    fn conditions_have_signs() {
        let conditions = ["MetricsError", "SpecWarning", "PodRunning"]
            .map(|kind| json!({ "type": kind, "status": "True", "message": "said" }));
        let document = running(&json!({}), &json!({ "conditions": conditions }));
        let signs = |paint: Paint, signs: [&str; 3]| {
            let text = shown(&document, paint, false);
            for (sign, kind) in signs.iter().zip(["MetricsError", "SpecWarning", "PodRunning"]) {
                let line = format!("{:<20} said\n", format!("{sign} {kind}"));
                assert!(text.contains(&line), "{line}: {text}");
            }
        };
        signs(Paint::plain().unicode(), ["✖", "⚠", ""]);
        signs(Paint::plain().ascii(), ["Error", "Warning", ""]);
    }

    /// CLI-060, EX-532: use is told by units.
    #[test]
    fn use_of_resources_has_units() {
        let used = ["cpu", "ephemeral-storage", "memory", "nvidia.com/gpu"].map(|name| (name.to_owned(), 61));
        assert_eq!(
            resources(&used.into()),
            "1m1s*(1 cpu),1m1s*(10Gi ephemeral-storage),1m1s*(100Mi memory),1m1s*(1 nvidia.com/gpu)"
        );
    }

    /// CLI-063: the table takes the place of the header, if there is one.
    #[test]
    fn the_short_form_of_what_has_no_nodes_is_its_header() {
        let document = running(&json!({}), &json!({}));
        assert!(shown(&document, Paint::plain(), true).starts_with("Name:                w\n"));
    }
}

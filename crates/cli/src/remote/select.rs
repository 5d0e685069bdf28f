//! Which workflows are meant: names, and selectors (CLI-033, CLI-037).

use clap::Args;
use serde_json::Value;
use std::sync::Arc;
use tiphys_engine::Time;
use tiphys_expr::time::Zone;
use tiphys_server::LabelQuery;

use super::get::terms;
use super::http::{Query, Server, encode};
use super::said::said;
use crate::problem::problem;
use crate::state::now;

/// Flags that select workflows by label and field.
#[derive(Args, Clone, Debug, Default)]
pub struct Selector {
    /// Those that match this label query, for instance `app=web,tier!=db`
    #[arg(short = 'l', long = "selector", value_name = "QUERY")]
    pub selector: Option<String>,
    /// Those that match this field query, for instance `metadata.name=hello`
    #[arg(long, value_name = "QUERY")]
    pub field_selector: Option<String>,
}

impl Selector {
    /// Whether nothing is selected by it.
    pub fn is_empty(&self) -> bool {
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        !given(&self.selector) && !given(&self.field_selector)
    }
}

/// What a list is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Narrow {
    pub selector: Selector,
    pub phases: Vec<String>,
    pub completed: bool,
    pub running: bool,
    pub resubmitted: bool,
    pub prefix: Option<String>,
    pub created_after: Option<Time>,
    pub finished_before: Option<Time>,
    pub all_namespaces: bool,
    pub chunk: usize,
    pub fields: &'static str,
}

/// The workflows that a server has.
pub fn workflows(server: &Server, narrow: &Narrow) -> anyhow::Result<Vec<Value>> {
    let mut labels: Vec<String> =
        narrow.selector.selector.iter().filter(|text| !text.is_empty()).cloned().collect();
    let phases: Vec<&str> =
        narrow.phases.iter().map(String::as_str).filter(|phase| !phase.is_empty()).collect();
    if !phases.is_empty() {
        labels.push(format!("workflows.argoproj.io/phase in ({})", phases.join(",")));
    }
    if narrow.completed {
        labels.push("workflows.argoproj.io/completed=true".to_owned());
    }
    if narrow.running {
        labels.push("workflows.argoproj.io/completed!=true".to_owned());
    }
    if narrow.resubmitted {
        labels.push("workflows.argoproj.io/resubmitted-from-workflow".to_owned());
    }
    // What cannot be read is the user's own mistake: no server is asked.
    let labels = labels.join(",");
    LabelQuery::parse(&labels).map_err(said)?;
    let namespace = if narrow.all_namespaces { "" } else { &server.namespace };
    let path = format!("/api/v1/workflows/{}", encode(namespace));
    let mut found = pages(server, &path, narrow, &labels)?;
    found.retain(|workflow| {
        let text = |pointer: &str| workflow.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let starts = narrow.prefix.as_ref().is_none_or(|prefix| text("/metadata/name").starts_with(prefix));
        let young = narrow.created_after.is_none_or(|after| {
            Time::parse(text("/metadata/creationTimestamp")).is_some_and(|created| created > after)
        });
        let old = narrow.finished_before.is_none_or(|before| {
            Time::parse(text("/status/finishedAt")).is_some_and(|finished| finished < before)
        });
        starts && young && old
    });
    Ok(found)
}

/// All pages of a list.
pub fn pages(server: &Server, path: &str, narrow: &Narrow, labels: &str) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let limit = if narrow.chunk > 0 { narrow.chunk.to_string() } else { String::new() };
        let query: Query = vec![
            ("listOptions.labelSelector", labels.to_owned()),
            ("listOptions.fieldSelector", narrow.selector.field_selector.clone().unwrap_or_default()),
            ("listOptions.limit", limit),
            ("listOptions.continue", next),
            ("fields", narrow.fields.to_owned()),
        ];
        let page = server.get(path, &query)?;
        found.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        next = page.pointer("/metadata/continue").and_then(Value::as_str).unwrap_or_default().to_owned();
        if next.is_empty() || narrow.chunk == 0 {
            return Ok(found);
        }
    }
}

/// Refuses what is no time of RFC 3339, in Go's words.
pub fn check_time(text: &str) -> anyhow::Result<()> {
    let utc = Arc::new(Zone::Utc);
    tiphys_expr::time::parse("2006-01-02T15:04:05Z07:00", text, &utc).map(drop).map_err(said)
}

/// A time of RFC 3339.
pub fn instant(text: &str) -> anyhow::Result<jiff::Timestamp> {
    check_time(text)?;
    text.parse().map_err(|error| said(format!("`{text}`: {error}")))
}

/// So long ago, if anything is said: an empty text is what the flag is without.
pub fn long_ago(text: Option<&str>) -> anyhow::Result<Option<Time>> {
    text.filter(|text| !text.is_empty()).map(ago).transpose()
}

/// So long ago: `90m`, `12h`, `7d` (CLI-026).
pub fn ago(text: &str) -> anyhow::Result<Time> {
    let malformed =
        || said(format!("Invalid since format '{text}'. Expected format <duration><unit> (e.g. 3h)\n"));
    let nanos = match text.strip_suffix('d') {
        Some(days) => days.parse::<i64>().map_err(|_| malformed())?.saturating_mul(86_400_000_000_000),
        None => tiphys_expr::duration::go(text).map_err(|_| malformed())?,
    };
    Ok(now().plus_nanos(nanos.saturating_neg()))
}

/// The name of an object.
pub fn name(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

/// The namespace of an object; the server's where it names none.
pub fn namespace<'a>(object: &'a Value, server: &'a Server) -> &'a str {
    match object.pointer("/metadata/namespace").and_then(Value::as_str) {
        Some(own) if !own.is_empty() => own,
        _ => &server.namespace,
    }
}

/// The address of a workflow.
pub fn workflow(namespace: &str, name: &str) -> String {
    format!("/api/v1/workflows/{}/{}", encode(namespace), encode(name))
}

/// The address of what our own interface tells about a run.
pub fn own_run(server: &Server, name: &str, what: &str) -> String {
    format!("/api/tiphys/v1/runs/{}/{}/{what}", encode(&server.namespace), encode(name))
}

/// A selector that is judged here: for the runs of this machine.
pub struct LocalQuery {
    labels: LabelQuery,
    /// Field, value, and whether they must be equal.
    fields: Vec<(String, String, bool)>,
}

/// Reads a selector for the runs of this machine.
pub fn query(selector: &Selector) -> anyhow::Result<LocalQuery> {
    let labels = LabelQuery::parse(selector.selector.as_deref().unwrap_or_default())
        .map_err(|error| problem(error, "for instance `-l app=web,tier!=db`"))?;
    let fields = terms(selector.field_selector.as_deref().unwrap_or_default())?;
    for (field, value, equal) in &fields {
        if field != "metadata.name" && field != "metadata.namespace" {
            let sign = if *equal { "=" } else { "!=" };
            return Err(problem(
                format!("unsupported requirement {field}{sign}{value}"),
                "`metadata.name` and `metadata.namespace` can be asked for",
            ));
        }
    }
    Ok(LocalQuery { labels, fields })
}

impl LocalQuery {
    /// Whether it selects a run.
    pub fn matches(&self, labels: &Value, name: &str, namespace: &str) -> bool {
        let field = |field: &str| if field == "metadata.name" { name } else { namespace };
        self.labels.matches(labels)
            && self.fields.iter().all(|(name, value, equal)| (field(name) == value) == *equal)
    }
}

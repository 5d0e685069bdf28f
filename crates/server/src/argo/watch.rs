//! Watching workflows: what is there, then what changes (API-170, API-171).

use crate::access::{Resource, Verb};
use crate::call::Call;
use crate::fault::{Code, Fault};
use crate::hub::{Change, News};
use crate::limits;
use crate::reply;
use crate::route::{Feed, Opened};
use crate::wire::project::Projection;
use crate::wire::select::{self, Labels};
use crate::world::World;
use axum::body::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tiphys_store::{Filter, Runs, Shelf, Summary};
use tokio::sync::broadcast::error::RecvError;

/// A watch ends after this long at the latest, if nothing else ends it: a year.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Which workflows a watch tells of.
struct Wanted {
    namespace: String,
    labels: Labels,
    fields: Vec<(String, bool, String)>,
    projection: Option<Projection>,
}

impl Wanted {
    fn matches(&self, workflow: &Value) -> bool {
        let metadata = &workflow["metadata"];
        (self.namespace.is_empty() || metadata["namespace"].as_str() == Some(&self.namespace))
            && self.labels.matches(&metadata["labels"])
            && select::has_fields(workflow, &self.fields)
    }

    fn message(&self, kind: &str, workflow: &Value) -> Value {
        let message = json!({ "result": { "type": kind, "object": workflow } });
        match &self.projection {
            None => message,
            Some(projection) => projection.apply(message),
        }
    }

    /// The message of what changed; the same text for all who want everything of it.
    fn text(&self, kind: &str, news: &News) -> Bytes {
        if self.projection.is_some() {
            return Bytes::from(reply::go_json(&self.message(kind, &news.workflow)));
        }
        let head = format!("{{\"result\":{{\"type\":\"{kind}\",\"object\":");
        Bytes::from([head.as_bytes(), news.text(), b"}}"].concat())
    }
}

/// API-109.
pub(crate) fn workflows(world: &World, call: &Call) -> Result<Opened, Fault> {
    let namespace = call.namespace().to_owned();
    let query = &call.query;
    call.who.may(Verb::Watch, Resource::Workflows, &namespace, None)?;
    let labels = Labels::parse(query.text("listOptions.labelSelector"))?;
    let mut fields =
        select::by_fields(query.text("listOptions.fieldSelector"), &["metadata.name", "metadata.namespace"])?;
    for (path, _, value) in &mut fields {
        if path == "metadata.name" && value == "@latest" {
            *value = world.find(&namespace, "@latest")?.map(|newest| newest.name).unwrap_or_default();
        }
    }
    let version = query.text("listOptions.resourceVersion");
    let since = match version {
        "" | "0" => None,
        text => Some(text.parse::<i64>().map_err(|_| {
            Fault::internal(format!(
                "Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
            ))
        })?),
    };
    let bookmark = query.flag("listOptions.sendInitialEvents");
    // API-030, API-170
    let within = query.number("listOptions.timeoutSeconds").and_then(|seconds| u64::try_from(seconds).ok());
    let within = within.filter(|seconds| *seconds > 0).map(Duration::from_secs);
    let wanted = Wanted { namespace, labels, fields, projection: Projection::parse(query.text("fields")) };
    // Hears first, reads then: what changes in between is told twice rather than never.
    let mut news = world.hub.watch();
    let mut present = present(world, &wanted, since)?;
    Ok(Box::new(move |world: Arc<World>, feed: Feed| {
        Box::pin(async move {
            let mut known: BTreeSet<String> = BTreeSet::new();
            let kind = if since.is_some() { "MODIFIED" } else { "ADDED" };
            while let Some(workflows) = render(&world, &mut present).await? {
                for workflow in workflows.into_iter().filter(|workflow| wanted.matches(workflow)) {
                    known.insert(uid(&workflow));
                    feed.send(wanted.message(kind, &workflow)).await?;
                }
            }
            if bookmark {
                let mark = json!({ "metadata": { "resourceVersion": world.version() }, "status": {} });
                feed.send(wanted.message("BOOKMARK", &mark)).await?;
            }
            drop(world);
            let over = tokio::time::sleep(within.unwrap_or(FOR_EVER).min(FOR_EVER));
            tokio::pin!(over);
            loop {
                let heard = tokio::select! {
                    heard = news.recv() => heard,
                    () = &mut over => return Ok(()),
                };
                let news = match heard {
                    Ok(news) => news,
                    // It reads too slowly, or we are leaving: it comes back and begins with what is there.
                    Err(RecvError::Lagged(_) | RecvError::Closed) => {
                        return Err(Fault::new(Code::ResourceExhausted, "EOF"));
                    }
                };
                let is_known = known.contains(&uid(&news.workflow));
                if !wanted.matches(&news.workflow) {
                    // It was shown and is not what is wanted any more.
                    if is_known && known.remove(&uid(&news.workflow)) {
                        feed.send_text(wanted.text("DELETED", &news)).await?;
                    }
                    continue;
                }
                let kind = match news.change {
                    Change::Deleted => {
                        known.remove(&uid(&news.workflow));
                        "DELETED"
                    }
                    Change::Modified if is_known || since.is_some() => {
                        known.insert(uid(&news.workflow));
                        "MODIFIED"
                    }
                    Change::Modified => {
                        known.insert(uid(&news.workflow));
                        "ADDED"
                    }
                };
                feed.send_text(wanted.text(kind, &news)).await?;
            }
        })
    }))
}

fn uid(workflow: &Value) -> String {
    workflow["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}

/// The next few of the runs that are there, as documents: the first are sent before the last are looked at. None when
/// there are no more. One that went meanwhile is not shown.
pub(crate) async fn render(
    world: &Arc<World>,
    present: &mut VecDeque<Summary>,
) -> Result<Option<Vec<Value>>, Fault> {
    let few: Vec<Summary> = present.drain(..present.len().min(limits::RENDERED_AT_ONCE)).collect();
    if few.is_empty() {
        return Ok(None);
    }
    let world = world.clone();
    let rendered =
        tokio::task::spawn_blocking(move || few.iter().filter_map(|row| world.live(row).ok()).collect());
    rendered.await.map(Some).map_err(|_| Fault::internal("a workflow cannot be shown"))
}

/// What may have to be told when a watch begins. After a version, only what changed since.
fn present(world: &World, wanted: &Wanted, since: Option<i64>) -> Result<VecDeque<Summary>, Fault> {
    let mut filter = Filter {
        shelf: Shelf::Runs,
        namespace: Some(wanted.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        labels: wanted.labels.plain().0,
        limit: Filter::LIMIT_MAX,
        ..Filter::default()
    };
    if let Some((_, _, name)) =
        wanted.fields.iter().find(|(path, equal, _)| path == "metadata.name" && *equal)
    {
        filter.name = Some(tiphys_store::NameMatch::Exact(name.clone()));
    }
    // The labels that only documents carry are judged there.
    filter.labels.retain(|term| match term {
        tiphys_store::LabelTerm::In(key, _)
        | tiphys_store::LabelTerm::NotIn(key, _)
        | tiphys_store::LabelTerm::Exists(key)
        | tiphys_store::LabelTerm::Absent(key) => {
            !key.starts_with("workflows.argoproj.io/workflow-archiving")
        }
    });
    let rows = world.store(|store| store.list(&filter))?;
    let is_new = |row: &Summary| {
        let changed_us = row.finished_us.unwrap_or(i64::MAX);
        since.is_none_or(|since| changed_us > since)
    };
    Ok(rows.into_iter().filter(is_new).collect())
}

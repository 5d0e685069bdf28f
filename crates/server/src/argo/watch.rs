//! Watching workflows: what is there, then what changes (API-170, API-171).

use crate::access::{Resource, Verb};
use crate::argo::{listing, workflows};
use crate::call::Call;
use crate::fault::Fault;
use crate::hub::{Change, News};
use crate::limits;
use crate::reply;
use crate::route::{Feed, Opened};
use crate::wire::project::Projection;
use crate::wire::select::{self, Labels};
use crate::wire::shape;
use crate::world::World;
use axum::body::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tiphys_engine::{FieldSelector, Time};
use tiphys_store::{Filter, Runs, Shelf, Summary};
use tokio::sync::broadcast::error::RecvError;

/// Which workflows a watch tells of.
struct Wanted {
    namespace: String,
    labels: Labels,
    fields: FieldSelector,
    projection: Option<Projection>,
}

impl Wanted {
    fn matches(&self, workflow: &Value) -> bool {
        let metadata = &workflow["metadata"];
        (self.namespace.is_empty() || metadata["namespace"].as_str() == Some(&self.namespace))
            && self.labels.matches(&metadata["labels"])
            && select::has_fields(workflow, &self.fields)
    }

    /// Whether it may have been wanted before it changed.
    fn may_have_matched(&self, workflow: &Value) -> bool {
        let metadata = &workflow["metadata"];
        (self.namespace.is_empty() || metadata["namespace"].as_str() == Some(&self.namespace))
            && self.labels.may_have_matched(&metadata["labels"])
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
    let selector = selector(world, &namespace, query.text("listOptions.fieldSelector"))?;
    let fields = select::by_fields(&selector, &["metadata.name", "metadata.namespace"])?;
    let since = since(query.text("listOptions.resourceVersion"))?;
    let watching = listing::Watching::of(query)?;
    let wanted = Wanted { namespace, labels, fields, projection: Projection::parse(query.text("fields")) };
    // Hears first, reads then: nothing that happens in between is missed. What is heard of twice has one version.
    let version = world.version();
    let mut news = world.hub.watch();
    let gone = match since {
        None => Vec::new(),
        Some(since) => world.hub.gone_since(since).ok_or_else(|| too_old(since, &version))?,
    };
    let mut present = present(world, &wanted, since)?;
    Ok(Box::new(move |world: Arc<World>, feed: Feed| {
        Box::pin(async move {
            let young = present.iter().filter(|row| since.is_some_and(|since| row.created_us > since));
            let young = young.map(|row| row.uid.clone()).collect();
            let mut told = Told { since, young, known: BTreeMap::new(), gone: BTreeSet::new() };
            while let Some(workflows) = render(&world, &mut present).await? {
                for workflow in workflows {
                    if let Some(kind) = told.present(&wanted, &workflow) {
                        feed.send(wanted.message(kind, &workflow)).await?;
                    }
                }
            }
            for workflow in gone.iter().filter(|workflow| wanted.may_have_matched(workflow)) {
                told.gone.insert(uid(workflow));
                feed.send(wanted.message("DELETED", workflow)).await?;
            }
            if watching.marks {
                feed.send(wanted.message("BOOKMARK", &mark(&version))).await?;
            }
            drop(world);
            let over = watching.over();
            tokio::pin!(over);
            loop {
                let heard = tokio::select! {
                    heard = news.recv() => heard,
                    () = &mut over => return Err(listing::end()),
                };
                let news = match heard {
                    Ok(news) => news,
                    // It reads too slowly, or we are leaving: it comes back and begins with what is there.
                    Err(RecvError::Lagged(_) | RecvError::Closed) => {
                        return Err(listing::end());
                    }
                };
                if let Some(kind) = told.heard(&wanted, &news) {
                    feed.send_text(wanted.text(kind, &news)).await?;
                }
            }
        })
    }))
}

/// The object that says that everything that was there has been told, and at which version; it has what every workflow
/// has (API-320).
fn mark(version: &str) -> Value {
    shape::workflow(json!({
        "metadata": { "resourceVersion": version, "creationTimestamp": null, "annotations": { "k8s.io/initial-events-end": "true" } },
    }))
}

/// What is watched. A workflow that is named is looked up first, so that it can be the newest one (API-140); it has to
/// be there, if only in the archive, and nothing else that was selected counts then.
fn selector(world: &World, namespace: &str, given: &str) -> Result<String, Fault> {
    const NAMED: &str = "metadata.name=";
    let Some((_, rest)) = given.split_once(NAMED) else { return Ok(given.to_owned()) };
    let name = rest.split(',').next().unwrap_or_default().trim_start_matches('=').trim();
    let is_one = !name.is_empty() && (!namespace.is_empty() || name == LATEST);
    if !is_one {
        return Ok(given.to_owned());
    }
    let found = workflows::found(world, namespace, name, "")?;
    Ok(format!("{NAMED}{}", found["metadata"]["name"].as_str().unwrap_or_default()))
}

/// In place of a name: the newest workflow's.
const LATEST: &str = "@latest";

/// The version after which changes are wanted; none if what is there is wanted first.
pub(crate) fn since(version: &str) -> Result<Option<i64>, Fault> {
    match version {
        "" | "0" => Ok(None),
        text => {
            let version = text.parse::<u64>().map_err(|_| {
                Fault::internal(format!(
                    "Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
                ))
            })?;
            Ok(Some(i64::try_from(version).unwrap_or(i64::MAX)))
        }
    }
}

/// What was removed after a version is not known any more: the list has to be read anew.
fn too_old(since: i64, now: &str) -> Fault {
    Fault::invalid(format!("too old resource version: {since} ({now})"))
}

/// What the reader of a watch knows.
struct Told {
    /// The version of the list that it has.
    since: Option<i64>,
    /// Workflows that were there when the watch began, and not yet when that list was made.
    young: BTreeSet<String>,
    /// The workflows that it was shown or has in its list, with their versions.
    known: BTreeMap<String, i64>,
    /// Workflows of which it was told at the beginning that they are gone.
    gone: BTreeSet<String>,
}

impl Told {
    /// How one that was there when the watch began is told, if it has to be.
    fn present(&mut self, wanted: &Wanted, workflow: &Value) -> Option<&'static str> {
        let version = version(workflow);
        let is_news = self.since.is_none_or(|since| version > since);
        if wanted.matches(workflow) {
            let kind = if self.is_listed(workflow) { "MODIFIED" } else { "ADDED" };
            self.known.insert(uid(workflow), version);
            return is_news.then_some(kind);
        }
        // What it was before is not known; who has never seen it passes this over.
        let was_there = is_news && self.is_listed(workflow);
        (was_there && wanted.may_have_matched(workflow)).then_some("DELETED")
    }

    /// How something that happened is told, if it has to be.
    fn heard(&mut self, wanted: &Wanted, news: &News) -> Option<&'static str> {
        let (uid, version) = (uid(&news.workflow), version(&news.workflow));
        let is_known = self.known.contains_key(&uid);
        if news.change == Change::Deleted {
            self.known.remove(&uid);
            // One that ended before the list is not known here, and may be in it.
            let was_told = self.gone.remove(&uid);
            return (!was_told && (is_known || wanted.matches(&news.workflow))).then_some("DELETED");
        }
        if !wanted.matches(&news.workflow) {
            // If it was shown, it is not what is wanted any more.
            return self.known.remove(&uid).map(|_| "DELETED");
        }
        match self.known.insert(uid, version) {
            Some(before) if before >= version => None,
            None if self.since.is_some_and(|since| version <= since) => None,
            None if self.may_be_young(&news.workflow) => Some("ADDED"),
            _ => Some("MODIFIED"),
        }
    }

    /// Whether a workflow that was there when the watch began was there when the reader's list was made.
    fn is_listed(&self, workflow: &Value) -> bool {
        self.since.is_some() && !self.young.contains(&uid(workflow))
    }

    /// Whether a workflow that is heard of may have come to be since: times of creation are told in whole seconds.
    fn may_be_young(&self, workflow: &Value) -> bool {
        let created = workflow["metadata"]["creationTimestamp"].as_str().and_then(Time::parse);
        let last = created.unwrap_or_default().0.saturating_add(999_999);
        self.since.is_none_or(|since| last > since)
    }
}

/// The version of a workflow.
fn version(workflow: &Value) -> i64 {
    let version = workflow["metadata"]["resourceVersion"].as_str();
    version.and_then(|text| text.parse().ok()).unwrap_or_default()
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
        // Of one that changed meanwhile it is to be told that it is not wanted any more.
        labels: if since.is_none() { wanted.labels.plain().0 } else { Vec::new() },
        ..Filter::default()
    };
    let mut terms = wanted.fields.terms().iter();
    if let Some(term) = terms.find(|term| term.field == "metadata.name" && term.equal) {
        filter.name = Some(tiphys_store::NameMatch::Exact(term.value.clone()));
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
    let rows = world.store(|store| store.every(&filter))?;
    let is_new = |row: &Summary| {
        let changed_us = row.finished_us.unwrap_or(i64::MAX);
        since.is_none_or(|since| changed_us > since)
    };
    Ok(rows.into_iter().filter(is_new).collect())
}

//! Runs: rows of lists, changes of rows, and one run closely.

use crate::access::{Resource, Verb};
use crate::argo;
use crate::call::Call;
use crate::closeup;
use crate::events::{self, Begun, Event, Left, Out};
use crate::fault::Fault;
use crate::limits;
use crate::own::{logs, page, pipelines};
use crate::wire::select::{self, Labels};
use crate::world::World;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tiphys_controller::Extent;
use tiphys_store::{Filter, NameMatch, Runs as _, Shelf, Summary, Times};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Labels that name the pipeline of a run, and its kind.
pub(crate) const PIPELINES: [(&str, &str); 3] = [
    ("workflows.argoproj.io/cron-workflow", "CronWorkflow"),
    ("workflows.argoproj.io/cluster-workflow-template", "ClusterWorkflowTemplate"),
    ("workflows.argoproj.io/workflow-template", "WorkflowTemplate"),
];

/// The phases that runs are counted by.
const PHASES: [&str; 5] = ["Pending", "Running", "Succeeded", "Failed", "Error"];

/// The label by which the runs of a kind of pipeline are found.
pub(crate) fn pipeline_label(kind: &str) -> Option<&'static str> {
    PIPELINES.iter().find(|(_, known)| *known == kind).map(|(label, _)| *label)
}

/// A run as lists show it.
pub(crate) fn brief(row: &Summary, archived: bool) -> Value {
    let mut item = Map::new();
    for (field, text) in [
        ("namespace", &row.namespace),
        ("name", &row.name),
        ("uid", &row.uid),
        ("phase", &row.phase),
        ("message", &row.message),
        ("progress", &row.progress),
    ] {
        item.insert(field.to_owned(), json!(text));
    }
    item.insert("createdAt".to_owned(), json!(page::time(row.created_us)));
    for (field, at) in [("startedAt", row.started_us), ("finishedAt", row.finished_us)] {
        if let Some(at) = at {
            item.insert(field.to_owned(), json!(page::time(at)));
        }
    }
    item.insert("archived".to_owned(), json!(archived));
    item.insert("suspended".to_owned(), json!(row.suspended));
    item.insert("waiting".to_owned(), json!(row.asks));
    // The labels alone, as for the filter: who follows the link to a pipeline finds the run there.
    let named = PIPELINES.iter().find_map(|(label, kind)| Some((*kind, row.labels.get(*label)?)));
    if let Some((kind, name)) = named {
        item.insert("pipeline".to_owned(), json!({ "kind": kind, "name": name }));
    }
    if let Some(by) = row.labels.get("workflows.argoproj.io/creator") {
        item.insert("by".to_owned(), json!(by));
    }
    item.insert("labels".to_owned(), json!(row.labels));
    Value::Object(item)
}

/// Runs, newest first: what is here, with `archived=true` what is archived, and with `archived=any` both.
///
/// `count=true` tells how many there are on all pages, `count=phases` how many of each phase.
pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Fault> {
    let query = &call.query;
    let namespace = query.text("namespace");
    call.who.may_list_workflows(namespace)?;
    let size = page::size(call, 50)?;
    let shelves: &[(Shelf, bool)] = match query.text("archived") {
        "any" if world.options.archive => &[(Shelf::Unfiled, false), (Shelf::Archive, true)],
        "true" => &[(Shelf::Archive, true)],
        _ => &[(Shelf::Runs, false)],
    };
    let filter = Filter { limit: size + 1, ..wanted(call)? };
    // Before the rows are read, so that nothing lies between them and the stream that goes on from here.
    let position = world.hub.position();
    let mut rows = Vec::new();
    for (shelf, archived) in shelves {
        let filter = Filter { shelf: *shelf, ..filter.clone() };
        let found = world.store(|store| store.list(&filter))?;
        rows.extend(found.into_iter().map(|row| (row, *archived)));
    }
    // Each shelf comes newest first; so do they together. A run that was filed between the two is on both.
    rows.sort_by(|(a, _), (b, _)| (b.created_us, &b.uid).cmp(&(a.created_us, &a.uid)));
    rows.dedup_by(|(next, _), (kept, _)| next.uid == kept.uid);
    let more = rows.len() > size;
    rows.truncate(size);
    let mut items: Vec<Value> = rows.iter().map(|(row, archived)| brief(row, *archived)).collect();
    annotate(world, &rows, &mut items)?;
    let mut answer = json!({ "items": items, "position": position });
    if more && let Some((last, _)) = rows.last() {
        answer["next"] = json!(page::after(last));
    }
    match query.text("count") {
        "true" => answer["total"] = json!(count(world, shelves, &filter)?),
        "phases" => {
            answer["phases"] = count_phases(world, shelves, &filter)?;
        }
        _ => {}
    }
    Ok(answer)
}

/// Which runs are asked for, on whichever shelf.
fn wanted(call: &Call) -> Result<Filter, Fault> {
    let query = &call.query;
    let time = |key: &str| match query.text(key) {
        "" => Ok(None),
        text => select::time(text).map(Some),
    };
    let labels = Labels::parse(query.text("label"))?;
    let (mut terms, all_plain) = labels.plain();
    if !all_plain {
        return Err(Fault::invalid(
            "the label selector may not compare numbers here; use `=`, `!=`, `in`, `notin`",
        ));
    }
    if let Some((kind, name)) = query.text("pipeline").split_once('/') {
        let Some(label) = pipeline_label(kind) else {
            return Err(pipelines::no_kind(kind));
        };
        terms.push(tiphys_store::LabelTerm::In(label.to_owned(), vec![name.to_owned()]));
    }
    let split = |text: &str| text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (name, not_name) = named(query.text("search"), query.text("nameFilter"))?;
    Ok(Filter {
        namespace: some(query.text("namespace")),
        phases: split(query.text("phase")),
        labels: terms,
        name,
        not_name,
        message: some(query.text("message")),
        times: Times { created_from: time("from")?, finished_until: time("to")?, ..Times::default() },
        after: page::cursor(call)?,
        ..Filter::default()
    })
}

/// What each phase would find, whichever of them are asked for (UI-067).
fn count_phases(world: &World, shelves: &[(Shelf, bool)], filter: &Filter) -> Result<Value, Fault> {
    let mut found = [0; PHASES.len()];
    for (shelf, _) in shelves {
        let filter = Filter { shelf: *shelf, ..filter.clone() };
        let counts = world.store(|store| store.count_phases(&filter, &PHASES))?;
        for (sum, count) in found.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    Ok(PHASES.iter().zip(found).map(|(phase, count)| ((*phase).to_owned(), json!(count))).collect())
}

/// What a name must be like and what it must not be, in the words of Argo's `nameFilter`; a part of it if nothing is said.
fn named(search: &str, how: &str) -> Result<(Option<NameMatch>, Option<String>), Fault> {
    let search = Some(search.to_owned()).filter(|search| !search.is_empty());
    Ok(match how {
        "" | "Contains" => (search.map(NameMatch::Contains), None),
        "Prefix" => (search.map(NameMatch::Prefix), None),
        "Exact" => (search.map(NameMatch::Exact), None),
        "NotEquals" => (None, search),
        other => {
            return Err(Fault::invalid(format!(
                "`nameFilter` cannot be `{other}`: it is one of Contains, Prefix, Exact, NotEquals"
            )));
        }
    })
}

/// Adds to rows the annotations that the settings want a column of; of others nothing is read.
fn annotate(world: &World, rows: &[(Summary, bool)], items: &mut [Value]) -> Result<(), Fault> {
    let settings = world.settings();
    let wanted: Vec<&str> =
        settings.columns.iter().filter(|each| each.kind == "annotation").map(|each| &*each.key).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let live: Vec<&Summary> = rows.iter().filter(|(_, archived)| !archived).map(|(row, _)| row).collect();
    let filed: Vec<&Summary> = rows.iter().filter(|(_, archived)| *archived).map(|(row, _)| row).collect();
    let mut live = world.listed(&live, Extent::WithoutNodes)?.into_iter();
    let mut filed = argo::list::slim(world, &filed)?.into_iter();
    for ((_, archived), item) in rows.iter().zip(items) {
        let document = if *archived { filed.next().flatten() } else { live.next().flatten() };
        let known = document.map(|document| document["metadata"]["annotations"].clone()).unwrap_or_default();
        let shown: Map<String, Value> =
            wanted.iter().filter_map(|key| Some(((*key).to_owned(), known.get(key)?.clone()))).collect();
        item["annotations"] = Value::Object(shown);
    }
    Ok(())
}

/// How many runs a filter finds on all shelves.
fn count(world: &World, shelves: &[(Shelf, bool)], filter: &Filter) -> Result<u64, Fault> {
    shelves.iter().try_fold(0, |sum, (shelf, _)| {
        let filter = Filter { shelf: *shelf, ..filter.clone() };
        Ok(sum + world.store(|store| store.count(&filter))?)
    })
}

/// The namespaces that exist, as far as the caller may know of them.
pub(crate) fn namespaces(world: &World, call: &Call) -> Result<Value, Fault> {
    let mut names: BTreeSet<String> = world.options.namespaces.iter().cloned().collect();
    names.insert("default".to_owned());
    for object in world.objects("Namespace", "")? {
        names.extend(object["metadata"]["name"].as_str().map(str::to_owned));
    }
    names.retain(|name| call.who.allows(Verb::List, Resource::Workflows, name));
    if names.is_empty() {
        // Who may see nothing is told why.
        call.who.may_list_workflows("")?;
    }
    Ok(json!({ "items": names }))
}

/// Changes of rows. Who was away too long is told to read the list anew.
pub(crate) fn events(world: &World, call: &Call) -> Begun {
    let namespace = call.query.text("namespace").to_owned();
    call.who.may_list_workflows(&namespace)?;
    let (missed, mut news) = world.hub.watch_rows(events::last_seen(call).as_deref());
    Ok(Box::new(move |_, out| {
        Box::pin(async move {
            let wanted = |row: &crate::hub::Row| namespace.is_empty() || row.namespace == namespace;
            let done: Result<(), Left> = async {
                match missed {
                    Some(rows) => {
                        for row in rows.iter().filter(|row| wanted(row)) {
                            out.send(&row.event).await?;
                        }
                    }
                    None => out.send(&Event::named("reset", json!({}))).await?,
                }
                while let Some(row) = next(&mut news, &out).await? {
                    if wanted(&row) {
                        out.send(&row.event).await?;
                    }
                }
                Ok(())
            }
            .await;
            // The reader comes back with the number it saw last.
            drop(done);
        })
    }))
}

/// The next of a channel; says meanwhile that the stream lives. `None` when the reader fell too far behind.
async fn next<T: Clone>(news: &mut Receiver<T>, out: &Out) -> Result<Option<T>, Left> {
    loop {
        match tokio::time::timeout(limits::KEEP_ALIVE, news.recv()).await {
            Ok(Ok(found)) => return Ok(Some(found)),
            Ok(Err(RecvError::Lagged(_) | RecvError::Closed)) => return Ok(None),
            Err(_) => out.alive().await?,
        }
    }
}

/// The run that a path names, wherever it is.
pub(crate) fn subject(world: &World, call: &Call) -> Result<Summary, Fault> {
    let (namespace, name) = (call.namespace(), call.param("name"));
    call.who.may(Verb::Get, Resource::Workflows, namespace, Some(name))?;
    let uid = call.query.text("uid");
    if !uid.is_empty() {
        let machine = tiphys_store::MachineId::workflow(uid);
        let found = world.store(|store| store.summary(&machine))?;
        let same =
            |found: &Summary| found.namespace == namespace && (name == "@latest" || found.name == name);
        return found.filter(same).ok_or_else(|| Fault::missing("workflows.argoproj.io", name));
    }
    if let Some(found) = world.find(namespace, name)? {
        return Ok(found);
    }
    let filter = Filter {
        shelf: Shelf::Archive,
        namespace: Some(namespace.to_owned()),
        name: Some(NameMatch::Exact(name.to_owned())),
        limit: 1,
        ..Filter::default()
    };
    let archived = world.store(|store| store.list(&filter))?.into_iter().next();
    archived.ok_or_else(|| Fault::missing("workflows.argoproj.io", name))
}

/// One run: whole, then what changes; and with it the lines of one log, so that a page needs one connection.
pub(crate) fn closeup(world: &World, call: &Call) -> Begun {
    let row = subject(world, call)?;
    let last = events::last_seen(call).and_then(|text| text.parse::<u64>().ok());
    let nodes = match call.query.text("nodes") {
        "" => closeup::Nodes::ById,
        "columns" => closeup::Nodes::Columns,
        other => {
            return Err(Fault::invalid(format!("`nodes` is `columns` or nothing, not `{other}`")));
        }
    };
    let view = world.hub.closeups.open(world, &row.uid, last, nodes)?;
    let alone = match &view {
        Some(_) => None,
        // Only its end is kept: nothing will change any more.
        None => {
            let mut workflow = world
                .archived(&row.uid)?
                .ok_or_else(|| Fault::missing("workflows.argoproj.io", &row.name))?;
            closeup::as_kept(&mut workflow["status"], &world.exact_times(&row.uid)?);
            Some(closeup::whole(workflow, &Map::new(), nodes).at("0".to_owned()))
        }
    };
    let tail = logs::attached(world, call, &row);
    Ok(Box::new(move |world: Arc<World>, out| {
        Box::pin(async move {
            let changes = async {
                if let Some(event) = alone {
                    out.send(&event).await?;
                    loop {
                        tokio::time::sleep(limits::KEEP_ALIVE).await;
                        out.alive().await?;
                    }
                }
                let Some(mut view) = view else { return Ok(()) };
                for event in view.first {
                    out.send(&event).await?;
                }
                while let Some(event) = next(&mut view.then, &out).await? {
                    out.send(&event).await?;
                }
                Ok(())
            };
            let lines = async {
                match tail {
                    Some(Ok(tail)) => tail.tell(world, &out, logs::Stream::OfItsRun).await?,
                    Some(Err(_)) => out.send(&Event::named(logs::LINES_END, json!({}))).await?,
                    None => drop(world),
                }
                // The run goes on telling when its log is over.
                std::future::pending().await
            };
            let done: Result<(), Left> = tokio::select! { done = changes => done, done = lines => done };
            drop(done);
        })
    }))
}

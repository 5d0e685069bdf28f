//! Lists of workflows: what is live, then what is archived, in pages (API-120 to API-133).

mod parts;

pub(crate) use parts::{Parts, answer};

use crate::call::Call;
use crate::fault::Fault;
use crate::limits;
use crate::wire::project::Projection;
use crate::wire::select::{self, Fields, Labels, Term};
use crate::wire::shape;
use crate::world::World;
use parts::Place;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tiphys_store::{Filter, LabelTerm, MachineId, NameMatch, Order, Runs, Shelf, Summary, Times};

/// The label that says where a workflow is kept.
const ARCHIVING: &str = "workflows.argoproj.io/workflow-archiving-status";

/// Which workflows a list shows.
pub(crate) struct Wanted {
    filter: Filter,
    labels: Labels,
    /// How names must begin that the filter asks for more of.
    prefix: String,
    show_remaining: bool,
    limit: usize,
    offset: usize,
}

impl Wanted {
    /// Reads what a list of a namespace is asked for, and how names must begin.
    fn of(call: &Call, namespace: &str, prefix: &str) -> Result<Wanted, Fault> {
        let query = &call.query;
        let labels = Labels::parse(query.text("listOptions.labelSelector"))?;
        let fields = Fields::parse(query.text("listOptions.fieldSelector"))?;
        let namespace = Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty());
        if let (Some(path), Some(field)) = (&namespace, &fields.namespace)
            && path != field
        {
            return Err(Fault::invalid(format!(
                "'namespace' query param (\"{path}\") and fieldselector 'metadata.namespace' (\"{field}\") are both \
                 specified and contradict each other"
            )));
        }
        let offset = match query.text("listOptions.continue") {
            "" => 0,
            text => match text.parse::<i64>() {
                Err(_) => return Err(Fault::invalid("listOptions.continue must be int")),
                Ok(offset) if offset < 0 => {
                    return Err(Fault::invalid("listOptions.continue must >= 0"));
                }
                Ok(offset) => usize::try_from(offset).unwrap_or(usize::MAX / 2),
            },
        };
        let limit =
            query.number("listOptions.limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0);
        let mut filter = Filter {
            namespace: namespace.or(fields.namespace),
            not_namespace: fields.not_namespace,
            times: Times {
                started_after: fields.started_from.map(|from| from - 1),
                started_before: fields.started_until.map(|until| until + 1),
                ..Times::default()
            },
            order: Order::Started,
            not_name: fields.not_name,
            ..Filter::default()
        };
        if let Some(name) = fields.name {
            match query.text("nameFilter") {
                "" | "Exact" => filter.name = Some(NameMatch::Exact(name)),
                "Contains" => filter.name = Some(NameMatch::Contains(name)),
                "Prefix" => filter.name = Some(NameMatch::Prefix(name)),
                "NotEquals" => filter.not_name = Some(name),
                // API-124: the requirement disappears.
                _ => {}
            }
        }
        let mut prefix = prefix.to_owned();
        if filter.name.is_none() && !prefix.is_empty() {
            filter.name = Some(NameMatch::Prefix(std::mem::take(&mut prefix)));
        }
        Ok(Wanted { filter, labels, prefix, show_remaining: fields.show_remaining, limit, offset })
    }

    /// Narrows it to those of a time, which only lists of live and archived ones do (API-125).
    fn within(mut self, call: &Call) -> Result<Wanted, Fault> {
        let time = |key: &str, of: fn(&str) -> Result<i64, Fault>| match call.query.text(key) {
            "" => Ok(None),
            text => of(text).map(Some),
        };
        self.filter.times.created_from = time("createdAfter", select::from)?;
        self.filter.times.finished_until = time("finishedBefore", select::until)?;
        Ok(self)
    }

    /// Whether the store can judge everything that is asked for.
    fn is_plain(&self) -> bool {
        self.labels.plain().1 && self.prefix.is_empty()
    }

    /// The namespace that it is narrowed to, by the path or by a selector (API-126); none of them all.
    fn namespace(&self) -> &str {
        self.filter.namespace.as_deref().unwrap_or_default()
    }

    /// The filter for one shelf; none if its label for that shelf excludes everything.
    fn on(&self, shelf: Shelf, archiving: Option<&str>) -> Option<Filter> {
        let own = archiving.map_or(json!({}), |state| json!({ ARCHIVING: state }));
        let mut labels = Vec::new();
        for term in &self.labels.0 {
            match term {
                Term::Plain(
                    LabelTerm::In(key, _)
                    | LabelTerm::NotIn(key, _)
                    | LabelTerm::Exists(key)
                    | LabelTerm::Absent(key),
                ) if key == ARCHIVING => {
                    if !Labels(vec![term.clone()]).matches(&own) {
                        return None;
                    }
                }
                Term::Plain(term) => labels.push(term.clone()),
                Term::Beyond { .. } => {}
            }
        }
        Some(Filter { shelf, labels, ..self.filter.clone() })
    }

    /// Whether a row is one of those that the filter of the store could not tell from others.
    fn matches(&self, row: &Summary) -> bool {
        self.is_plain() || row.name.starts_with(&self.prefix) && self.labels.matches(&json!(row.labels))
    }

    /// Tells of the rows of a shelf from an offset on, in the order of pages.
    fn page_of(
        &self,
        world: &World,
        filter: &Filter,
        offset: usize,
        limit: usize,
        mut tell: impl FnMut(Summary),
    ) -> Result<(), Fault> {
        // What the store cannot compare is compared here, before anything is counted.
        let (mut read, mut skipped) = if self.is_plain() { (offset, offset) } else { (0, 0) };
        let mut told = 0;
        while told < limit {
            let most =
                if self.is_plain() { limits::ROWS_AT_ONCE.min(limit - told) } else { limits::ROWS_AT_ONCE };
            let page = Filter { offset: read, limit: most, ..filter.clone() };
            let rows = world.store(|store| store.list(&page))?;
            let found = rows.len();
            for row in rows.into_iter().filter(|row| self.matches(row)) {
                if skipped < offset {
                    skipped += 1;
                } else if told < limit {
                    told += 1;
                    tell(row);
                }
            }
            if found < most {
                break;
            }
            read += found;
        }
        Ok(())
    }

    /// Tells of all rows of a shelf, in any order.
    fn each(
        &self,
        world: &World,
        filter: &Filter,
        mut tell: impl FnMut(&Summary) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let (order, limit) = (Order::Created, limits::ROWS_AT_ONCE);
            let page = Filter { order, limit, after: after.take(), ..filter.clone() };
            let rows = world.store(|store| store.list(&page))?;
            for row in rows.iter().filter(|row| self.matches(row)) {
                tell(row)?;
            }
            match rows.last().filter(|_| rows.len() == limit) {
                None => return Ok(()),
                Some(last) => after = Some(last.cursor()),
            }
        }
    }

    /// How many rows of a shelf there are; of none there is nothing.
    fn count(&self, world: &World, filter: Option<&Filter>) -> Result<usize, Fault> {
        let Some(filter) = filter else { return Ok(0) };
        if self.is_plain() {
            return Ok(usize::try_from(world.store(|store| store.count(filter))?).unwrap_or(usize::MAX));
        }
        let mut count = 0;
        self.each(world, filter, |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }
}

/// API-100.
pub(crate) fn list(world: &World, call: &Call) -> Result<Parts, Fault> {
    let wanted = Wanted::of(call, call.namespace(), "")?.within(call)?;
    call.who.may_list_workflows(wanted.namespace())?;
    let live =
        if world.options.archive { wanted.on(Shelf::Unfiled, None) } else { wanted.on(Shelf::Runs, None) };
    let filed = world.options.archive.then(|| wanted.on(Shelf::Archive, Some("Persisted"))).flatten();
    // What happens while the list is read has a later version.
    let mut metadata = json!({ "resourceVersion": world.version() });
    let page = page(world, &wanted, live.as_ref(), filed.as_ref())?;
    if page.goes_on {
        metadata["continue"] = json!((wanted.offset + page.places.len()).to_string());
    }
    if wanted.show_remaining {
        metadata["remainingItemCount"] = json!(page.remaining);
    }
    Ok(Parts::new(metadata, page.places, Projection::parse(call.query.text("fields"))))
}

/// API-210. Times and what remains without a limit are no matter of it.
pub(crate) fn archived(world: &World, call: &Call) -> Result<Parts, Fault> {
    let wanted = Wanted::of(call, call.query.text("namespace"), call.query.text("namePrefix"))?;
    call.who.may_list_workflows(wanted.namespace())?;
    let filed = world.options.archive.then(|| wanted.on(Shelf::Archive, Some("Persisted"))).flatten();
    let page = page(world, &wanted, None, filed.as_ref())?;
    let mut metadata = json!({});
    if page.goes_on {
        metadata["continue"] = json!((wanted.offset + page.places.len()).to_string());
    }
    if wanted.show_remaining && wanted.limit > 0 {
        metadata["remainingItemCount"] = json!(page.remaining);
    }
    Ok(Parts::new(metadata, page.places, None))
}

/// One page over both shelves.
#[derive(Default)]
struct Page {
    places: Vec<Place>,
    /// Whether more follows.
    goes_on: bool,
    /// How many follow, if that is asked for.
    remaining: usize,
}

fn page(
    world: &World,
    wanted: &Wanted,
    live: Option<&Filter>,
    filed: Option<&Filter>,
) -> Result<Page, Fault> {
    if wanted.limit == 0 {
        // API-127, API-128: everything; a place to continue from would make clients read it twice.
        return Ok(Page { places: everything(world, wanted, live, filed)?, ..Page::default() });
    }
    let (offset, limit) = (wanted.offset, wanted.limit.min(limits::LISTED_MAX));
    // A short page is told from the rows that were read to find it.
    let place = |row, is_filed| match limit <= limits::ROWS_AT_ONCE {
        true => Place::with_row(row, is_filed),
        false => Place::of(&row, is_filed),
    };
    let mut places = Vec::new();
    // One more than there is room for tells whether anything follows.
    if let Some(filter) = live {
        wanted.page_of(world, filter, offset, limit + 1, |row| places.push(place(row, false)))?;
    }
    // A page that begins among the live ones tells itself how many there are, if they end on it.
    let live_count = match places.len() {
        0 if offset > 0 => wanted.count(world, live)?,
        found => offset + found,
    };
    if let Some(filter) = filed.filter(|_| places.len() <= limit) {
        let skipped = offset.saturating_sub(live_count);
        let room = limit + 1 - places.len();
        wanted.page_of(world, filter, skipped, room, |row| places.push(place(row, true)))?;
    }
    let goes_on = places.len() > limit;
    places.truncate(limit);
    let remaining = if wanted.show_remaining {
        let total = wanted.count(world, live)? + wanted.count(world, filed)?;
        total.saturating_sub(offset + places.len())
    } else {
        0
    };
    Ok(Page { places, goes_on, remaining })
}

/// What both shelves have of what is wanted.
fn everything(
    world: &World,
    wanted: &Wanted,
    live: Option<&Filter>,
    filed: Option<&Filter>,
) -> Result<Vec<Place>, Fault> {
    let mut places = Vec::new();
    for (filter, is_filed) in [(live, false), (filed, true)] {
        let Some(filter) = filter else { continue };
        wanted.each(world, filter, |row| {
            if places.len() == limits::LISTED_MAX {
                return Err(Fault::invalid(format!(
                    "more than {} workflows match: ask for pages of them with `listOptions.limit`, or for fewer",
                    limits::LISTED_MAX
                )));
            }
            places.push(Place::of(row, is_filed));
            Ok(())
        })?;
    }
    Ok(places)
}

/// What lists show of an archived document (API-133); the rest is not even parsed.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Slim {
    metadata: SlimMetadata,
    spec: SlimSpec,
    status: SlimStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SlimMetadata {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    creation_timestamp: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SlimSpec {
    suspend: Option<bool>,
    arguments: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SlimStatus {
    phase: Value,
    message: Value,
    progress: Value,
    started_at: Value,
    finished_at: Value,
    estimated_duration: Value,
    resources_duration: Value,
}

/// Archived workflows as lists show them, in the order of their rows; none for one that is gone by now.
pub(crate) fn slim(world: &World, rows: &[&Summary]) -> Result<Vec<Option<Value>>, Fault> {
    let machines: Vec<MachineId> = rows.iter().map(|row| MachineId::workflow(&row.uid)).collect();
    let bodies = world.store(|store| store.briefs(&machines))?;
    Ok(rows.iter().zip(bodies).map(|(row, body)| Some(slim_one(row, &body?))).collect())
}

fn slim_one(row: &Summary, body: &[u8]) -> Value {
    let mut known: Slim = serde_json::from_slice(body).unwrap_or_default();
    known.metadata.labels.insert(ARCHIVING.to_owned(), "Persisted".to_owned());
    let mut item = json!({
        "metadata": {
            "name": row.name,
            "namespace": row.namespace,
            "uid": row.uid,
            "creationTimestamp": known.metadata.creation_timestamp,
            "labels": known.metadata.labels,
            "annotations": known.metadata.annotations,
        },
        "spec": { "arguments": known.spec.arguments },
        "status": {},
    });
    if known.spec.suspend.is_some() {
        item["spec"]["suspend"] = json!(known.spec.suspend);
    }
    let status = known.status;
    for (field, value) in [
        ("phase", status.phase),
        ("message", status.message),
        ("progress", status.progress),
        ("startedAt", status.started_at),
        ("finishedAt", status.finished_at),
        ("estimatedDuration", status.estimated_duration),
        ("resourcesDuration", status.resources_duration),
    ] {
        if !value.is_null() {
            item["status"][field] = value;
        }
    }
    shape::workflow(item)
}

//! A list on its way out, part by part: however much it holds, the memory has only the places of its items, and a few
//! items at a time.

use crate::app;
use crate::fault::Fault;
use crate::limits;
use crate::pipe::{self, Left};
use crate::reply;
use crate::wire::project::Projection;
use crate::wire::shape;
use crate::world::World;
use axum::body::{Body, Bytes};
use axum::response::Response;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;
use std::vec::IntoIter;
use tiphys_controller::Extent;
use tiphys_store::{MachineId, Runs, SqliteStore, StoreError, Summary};

/// An item of a list that is still to be told.
pub(super) struct Place {
    rank: Rank,
    /// Its row, where keeping it costs less than reading it again.
    row: Option<Box<Summary>>,
}

/// Where an item stands in a list: unfinished before finished, the newest first (API-130), to the second.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_finished: bool,
    second: Reverse<i64>,
    /// Whether it is shown from the archive.
    is_filed: bool,
    started_us: Reverse<i64>,
    uid: Reverse<Box<str>>,
}

impl Place {
    pub(super) fn of(row: &Summary, is_filed: bool) -> Place {
        let rank = Rank {
            is_finished: row.finished_us.is_some(),
            second: Reverse(row.finished_us.unwrap_or(row.created_us).div_euclid(1_000_000)),
            is_filed,
            started_us: Reverse(row.started_us.unwrap_or(i64::MAX)),
            uid: Reverse(row.uid.as_str().into()),
        };
        Place { rank, row: None }
    }

    pub(super) fn with_row(row: Summary, is_filed: bool) -> Place {
        let place = Place::of(&row, is_filed);
        Place { row: Some(Box::new(row)), ..place }
    }

    fn row(&mut self, store: &mut SqliteStore) -> Result<Option<Summary>, StoreError> {
        match self.row.take() {
            Some(row) => Ok(Some(*row)),
            None => store.summary(&MachineId::workflow(&*self.rank.uid.0)),
        }
    }
}

/// What is still to be told of a list.
pub(crate) struct Parts {
    metadata: Value,
    rest: IntoIter<Place>,
    /// Whether it may not be on its way beside any number of others.
    is_long: bool,
    projection: Option<Projection>,
    told: Told,
}

/// How far a list is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Metadata,
    Items,
}

/// Leaves out of the archive what was filed between the two looks and is there already.
fn tell_once(places: &mut Vec<Place>) {
    let is_live = |place: &&Place| !place.rank.is_filed;
    let live: HashSet<Box<str>> =
        places.iter().filter(is_live).map(|place| place.rank.uid.0.clone()).collect();
    places.retain(|place| !place.rank.is_filed || !live.contains(&place.rank.uid.0));
}

/// How many of these are told together: what is filed has no nodes here, and of the others few with theirs.
fn at_once(places: &[Place], shows_nodes: bool) -> usize {
    let heavy = places.iter().take(limits::TOLD_AT_ONCE).enumerate();
    let mut heavy = heavy.filter(|(_, place)| shows_nodes && !place.rank.is_filed);
    heavy.nth(limits::RENDERED_AT_ONCE).map_or(limits::TOLD_AT_ONCE, |(at, _)| at)
}

impl Parts {
    pub(super) fn new(metadata: Value, mut places: Vec<Place>, projection: Option<Projection>) -> Parts {
        tell_once(&mut places);
        places.sort_unstable_by(|one, other| one.rank.cmp(&other.rank));
        if projection.as_ref().is_some_and(|projection| !projection.keeps("items")) {
            places.clear();
        }
        let is_long = places.len() > limits::ROWS_AT_ONCE;
        Parts { metadata, rest: places.into_iter(), is_long, projection, told: Told::Nothing }
    }

    /// The next part of the text, which is the last if nothing is left then.
    fn next(&mut self, world: &World) -> Result<Vec<u8>, Fault> {
        let mut text = Vec::new();
        if self.told == Told::Nothing {
            let metadata = self.projected(json!({ "metadata": self.metadata }));
            text.extend_from_slice(b"{\"metadata\":");
            text.extend(reply::go_json(metadata.get("metadata").unwrap_or(&json!({}))));
            text.extend_from_slice(b",\"items\":");
            self.told = Told::Metadata;
        }
        let most = at_once(self.rest.as_slice(), self.shows_nodes());
        let places: Vec<Place> = self.rest.by_ref().take(most).collect();
        for item in self.items(world, places)? {
            text.push(if self.told == Told::Items { b',' } else { b'[' });
            self.told = Told::Items;
            text.extend(reply::go_json(&item));
        }
        if self.is_told() {
            // API-132: an empty list is none.
            text.extend_from_slice(if self.told == Told::Items { b"]}" } else { b"null}" });
        }
        Ok(text)
    }

    fn is_told(&self) -> bool {
        self.rest.len() == 0
    }

    /// The items at some places, as far as they are still there.
    fn items(&self, world: &World, mut places: Vec<Place>) -> Result<Vec<Value>, Fault> {
        let rows = world
            .store(|store| places.iter_mut().map(|place| place.row(store)).collect::<Result<Vec<_>, _>>())?;
        let on = |filed: bool| -> Vec<&Summary> {
            let here = |(place, _): &(&Place, &Option<Summary>)| place.rank.is_filed == filed;
            places.iter().zip(&rows).filter(here).filter_map(|(_, row)| row.as_ref()).collect()
        };
        let extent = if self.shows_nodes() { Extent::Whole } else { Extent::WithoutNodes };
        let mut live = world.listed(&on(false), extent)?.into_iter();
        let mut filed = super::slim(world, &on(true))?.into_iter();
        let mut items = Vec::with_capacity(places.len());
        for (place, _) in places.iter().zip(&rows).filter(|(_, row)| row.is_some()) {
            let item = if place.rank.is_filed { filed.next() } else { live.next() };
            items.extend(item.flatten());
        }
        if self.projection.is_none() {
            return Ok(items);
        }
        let mut list = self.projected(json!({ "items": items }));
        let Some(Value::Array(items)) = list.get_mut("items") else { return Ok(Vec::new()) };
        Ok(items.drain(..).map(shape::workflow).collect())
    }

    /// Whether what is live is told with its nodes, of which there may be many.
    fn shows_nodes(&self) -> bool {
        let projection = self.projection.as_ref();
        projection.is_none_or(|projection| projection.keeps("items.status.nodes"))
    }

    fn projected(&self, list: Value) -> Value {
        match &self.projection {
            None => list,
            Some(projection) => projection.apply(list),
        }
    }
}

/// Answers with a list: at once if it is short, and else as fast as it is read. What goes wrong before anything was sent
/// is an answer as of any request.
pub(crate) async fn answer(
    world: Arc<World>,
    begin: impl FnOnce(&World) -> Result<Parts, Fault> + Send + 'static,
) -> Result<Response, Fault> {
    let begun = app::blocking(&world, move |world| {
        let mut parts = begin(world)?;
        let text = parts.next(world)?;
        Ok((parts, text))
    });
    let (parts, first) = begun.await?;
    if parts.is_told() {
        return Ok(reply::document_of(first));
    }
    let place = if parts.is_long {
        let place = world.long_lists.clone().try_acquire_owned();
        Some(place.map_err(|_| app::crowded())?)
    } else {
        None
    };
    let (pipe, frames) = pipe::pipe();
    tokio::spawn(async move {
        // Who reads a list that breaks off in the middle sees that it is no JSON.
        if let Err(fault) = send(&world, &pipe, parts, first).await {
            tracing::error!(fault = fault.message, "a list could not be told to its end");
        }
        drop(place);
    });
    Ok(reply::document_of(Body::from_stream(frames)))
}

/// Sends a list that has begun, until its reader leaves.
async fn send(world: &Arc<World>, pipe: &pipe::Pipe, mut parts: Parts, first: Vec<u8>) -> Result<(), Fault> {
    let mut text = first;
    loop {
        if let Err(Left) = pipe.send(Bytes::from(text)).await {
            return Ok(());
        }
        if parts.is_told() {
            return Ok(());
        }
        let shared = world.clone();
        let made = tokio::task::spawn_blocking(move || parts.next(&shared).map(|text| (parts, text)));
        (parts, text) = made.await.unwrap_or_else(|_| Err(app::bug()))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(is_filed: bool) -> Place {
        let rank = Rank {
            is_finished: true,
            second: Reverse(0),
            is_filed,
            started_us: Reverse(0),
            uid: Reverse("u".into()),
        };
        Place { rank, row: None }
    }

    #[test]
    fn few_are_told_together_with_their_nodes_and_each_once() {
        let mixed: Vec<Place> = (0..2_000).map(|number| place(number % 2 == 0)).collect();
        assert_eq!(at_once(&mixed, true), 2 * limits::RENDERED_AT_ONCE + 1);
        assert_eq!(at_once(&mixed, false), limits::TOLD_AT_ONCE);
        let mut twice = vec![place(false), place(true)];
        tell_once(&mut twice);
        assert!(matches!(&twice[..], [one] if !one.rank.is_filed));
        let filed: Vec<Place> = (0..2_000).map(|_| place(true)).collect();
        assert_eq!(at_once(&filed, true), limits::TOLD_AT_ONCE);
    }
}

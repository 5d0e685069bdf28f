//! How lists are found: by which index, and between which bounds.

use rusqlite::{Connection, params_from_iter};

use super::page;
use crate::model::{Filter, LabelTerm, Life, NameMatch, Order, Shelf, Times};
use crate::sqlite::schema;

/// Says how SQLite finds the first page of a list.
fn plan(filter: &Filter) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiphys.db");
    schema::prepare(&path).unwrap();
    let mut connection = Connection::open(&path).unwrap();
    let transaction = connection.transaction().unwrap();
    let (query, values) = page(&transaction, filter).unwrap();
    let mut statement = transaction.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
    let steps = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
    steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn found_by(filter: Filter, expected: &str) {
    let filter = Filter { namespace: Some("default".into()), limit: 50, ..filter };
    let plan = plan(&filter);
    assert!(plan.contains(expected), "{filter:?}\nis found by: {plan}");
}

#[test]
fn every_list_is_found_by_an_index() {
    for shelf in [Shelf::Runs, Shelf::Archive] {
        let on = || Filter { shelf, ..Filter::default() };
        let newest = "USING INDEX summary_newest (kind=?";
        found_by(on(), newest);
        found_by(Filter { name: Some(NameMatch::Contains("part".into())), ..on() }, newest);
        // A run's template is a label of it, and labels are looked up by key, value and run.
        let template =
            LabelTerm::In("workflows.argoproj.io/workflow-template".into(), vec!["nightly".into()]);
        found_by(
            Filter { labels: vec![template], ..on() },
            "label USING PRIMARY KEY (key=? AND value=? AND machine=?)",
        );
        found_by(
            Filter { phases: vec!["Failed".into()], ..on() },
            "USING INDEX summary_phase (kind=? AND phase=?",
        );
    }
    found_by(Filter { life: Life::Live, ..Filter::default() }, "USING INDEX summary_");
    found_by(
        Filter { shelf: Shelf::Archive, order: Order::Started, ..Filter::default() },
        "USING INDEX summary_filed (kind=?",
    );
}

#[test]
fn runs_of_one_name_are_looked_up() {
    let name = || Some(NameMatch::Exact("nightly-1".into()));
    found_by(
        Filter { name: name(), ..Filter::default() },
        "USING INDEX summary_name (kind=? AND namespace=? AND name=?)",
    );
    for order in [Order::Created, Order::Started] {
        found_by(
            Filter { shelf: Shelf::Archive, name: name(), order, ..Filter::default() },
            "USING INDEX summary_filed_name (name=? AND kind=?)",
        );
    }
}

#[test]
fn runs_of_some_time_are_sought_between_its_bounds() {
    let from = Times { created_from: Some(5), ..Times::default() };
    let both = Times { finished_until: Some(9), ..from };
    found_by(
        Filter { times: from, ..Filter::default() },
        "USING INDEX summary_newest (kind=? AND created_us>?)",
    );
    found_by(
        Filter { shelf: Shelf::Archive, times: both, ..Filter::default() },
        "USING INDEX summary_newest (kind=? AND created_us>? AND created_us<?)",
    );
    // What has not ended passes, whenever it was created.
    found_by(
        Filter { times: both, ..Filter::default() },
        "USING INDEX summary_newest (kind=? AND created_us>?)",
    );
}

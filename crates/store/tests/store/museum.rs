//! States of earlier releases: each is opened as its release left it, and means the same afterwards (I12).
//!
//! A piece is the SQL dump of a database, so that it can be read and never changes by being opened.

use rusqlite::Connection;
use std::path::Path;
use tiphys_store::{Catalog, Filter, Journal, MachineId, ObjectKey, Runs, Shelf, State, StoreError};

/// Every piece of the museum, with its format.
const PIECES: [(&str, u32); 8] = [
    ("format-1.sql", 1),
    ("format-2.sql", 2),
    ("format-3.sql", 3),
    ("format-4.sql", 4),
    ("format-5.sql", 5),
    ("format-6.sql", 6),
    ("format-7.sql", 7),
    ("format-8.sql", 8),
];

fn build(piece: &str, folder: &Path) {
    let museum = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/museum").join(piece);
    let text = std::fs::read_to_string(&museum).unwrap();
    let connection = Connection::open(folder.join("tiphys.db")).unwrap();
    connection.execute_batch(&text).unwrap();
}

#[test]
fn states_of_earlier_releases_are_opened_and_mean_the_same() {
    for (piece, format) in PIECES {
        let folder = tempfile::tempdir().unwrap();
        build(piece, folder.path());
        let state = State::open(folder.path()).unwrap();
        let mut store = state.store().unwrap();
        let archived = store.list(&Filter { shelf: Shelf::Archive, ..Filter::default() }).unwrap();
        assert_eq!(archived.len(), 1, "{piece}");
        assert_eq!(
            (archived[0].name.as_str(), archived[0].phase.as_str()),
            ("ended", "Succeeded"),
            "{piece}"
        );
        let live = store.find("workflow", "default", "going").unwrap().unwrap();
        let loaded = store.load(&MachineId::workflow(&*live.uid)).unwrap().unwrap();
        assert_eq!(loaded.records.len(), 2, "{piece}");
        assert_eq!(loaded.records[1].body, b"[\"second\"]", "{piece}");
        let key = ObjectKey {
            kind: "WorkflowTemplate".to_owned(),
            namespace: "default".to_owned(),
            name: "kept".to_owned(),
        };
        assert_eq!(store.object(&key).unwrap().unwrap().body, b"{\"kept\":true}", "{piece}");
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "{piece}");
        // The copy from before is itself a state of that release.
        let kept = folder.path().join(format!("tiphys.format-{format}.db"));
        assert_eq!(kept.exists(), format < 8, "{piece}");
        if kept.exists() {
            let copy = Connection::open(&kept).unwrap();
            let found: u32 = copy.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
            assert_eq!(found, format);
        }
    }
}

/// A format is in the museum from its first release on, as its release leaves it.
#[test]
fn the_museum_has_every_format_and_the_present_one_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    drop(state.store().unwrap());
    let present = Connection::open(folder.path().join("tiphys.db")).unwrap();
    let format: u32 = present.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let formats: Vec<u32> = PIECES.iter().map(|(_, format)| *format).collect();
    assert_eq!(formats, (1..=format).collect::<Vec<_>>());
    let (latest, _) = PIECES[PIECES.len() - 1];
    let kept = tempfile::tempdir().unwrap();
    build(latest, kept.path());
    let kept = Connection::open(kept.path().join("tiphys.db")).unwrap();
    assert_eq!(shape(&present), shape(&kept));
}

/// The columns of all tables, and all indexes.
fn shape(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare(
            "SELECT m.name || '.' || coalesce(c.name || ' ' || c.type, '') FROM sqlite_schema m
             LEFT JOIN pragma_table_info(m.name) c WHERE m.name NOT LIKE 'sqlite_%' ORDER BY 1",
        )
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_copy_is_whole_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    build("format-2.sql", folder.path());
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    let mut other = state.store().unwrap();
    let key =
        |name: &str| ObjectKey { kind: "K".to_owned(), namespace: String::new(), name: name.to_owned() };
    other.put_object(&key("before"), b"1", None).unwrap();
    let copy = folder.path().join("copy.db");
    store.copy_to(&copy).unwrap();
    other.put_object(&key("after"), b"2", None).unwrap();
    let again = tiphys_store::SqliteStore::open(&copy).unwrap().object(&key("before")).unwrap();
    assert_eq!(again.unwrap().body, b"1");
    assert!(tiphys_store::SqliteStore::open(&copy).unwrap().object(&key("after")).unwrap().is_none());
    let error = store.copy_to(&copy).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
}

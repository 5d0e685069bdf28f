//! Runs: their documents, their rows in lists, and the archive.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter};

use crate::error::StoreError;
use crate::model::{Created, Filter, LabelTerm, Life, MachineId, NameMatch, NewRun, Order, Shelf, Summary};
use crate::sqlite::journal::{self, number_of};
use crate::sqlite::{SqliteStore, damage};
use crate::store::Runs;

/// The columns of a row, in the order in which [`summary_of`] reads them.
const COLUMNS: &str = "namespace, name, uid, phase, message, progress, created_us, started_us, finished_us, labels, \
                       template, engine";

impl Runs for SqliteStore {
    fn create(&mut self, run: &NewRun) -> Result<Created, StoreError> {
        self.write(run.document.len(), |transaction| create(transaction, run))
    }

    fn create_all(&mut self, runs: &[NewRun]) -> Result<Vec<(Created, u64)>, StoreError> {
        let bytes = runs.iter().map(|run| run.document.len()).sum();
        self.write(bytes, |transaction| {
            runs.iter()
                .map(|run| match create(transaction, run)? {
                    Created::Yes => Ok((Created::Yes, journal::next_epoch(transaction, &run.machine)?)),
                    taken => Ok((taken, 0)),
                })
                .collect()
        })
    }

    fn restart(&mut self, run: &NewRun) -> Result<bool, StoreError> {
        self.write(run.document.len(), |transaction| {
            let Some(number) = number_of(transaction, &run.machine)? else { return Ok(false) };
            journal::delete(transaction, number)?;
            transaction.execute("DELETE FROM archive WHERE machine = ?1", [number])?;
            transaction.execute("UPDATE document SET body = ?2 WHERE machine = ?1", params![number, run.document])?;
            transaction.execute(
                "UPDATE summary SET phase = '', message = '', progress = '', started_us = NULL, finished_us = NULL,
                        archived = 0, engine = ?2 WHERE machine = ?1",
                params![number, run.summary.engine],
            )?;
            let row = Summary { phase: String::new(), finished_us: None, ..run.summary.clone() };
            update_summary(transaction, number, &row)?;
            Ok(true)
        })
    }

    fn document(&mut self, machine: &MachineId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|transaction| {
            let Some(number) = number_of(transaction, machine)? else { return Ok(None) };
            transaction
                .prepare_cached("SELECT body FROM document WHERE machine = ?1")?
                .query_row([number], |row| row.get(0))
                .optional()
        })
    }

    fn summary(&mut self, machine: &MachineId) -> Result<Option<Summary>, StoreError> {
        self.read(|transaction| {
            transaction
                .prepare_cached(&format!("SELECT {COLUMNS} FROM summary WHERE kind = ?1 AND uid = ?2"))?
                .query_row(params![machine.kind, machine.id], summary_of)
                .optional()
        })
    }

    fn list(&mut self, filter: &Filter) -> Result<Vec<Summary>, StoreError> {
        let (condition, values) = condition(filter);
        let order = match filter.order {
            Order::Created => "created_us DESC, uid DESC",
            Order::Started => "started_us DESC NULLS FIRST, uid DESC",
        };
        let query = format!(
            "SELECT {COLUMNS} FROM summary WHERE {condition} ORDER BY {order} LIMIT {} OFFSET {}",
            filter.rows_max(),
            filter.offset
        );
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached(&query)?;
            statement.query_map(params_from_iter(values), summary_of)?.collect()
        })
    }

    fn count(&mut self, filter: &Filter) -> Result<u64, StoreError> {
        let (condition, values) = condition(&Filter { after: None, ..filter.clone() });
        let query = format!("SELECT count(*) FROM summary WHERE {condition}");
        self.read(|transaction| {
            let count: i64 =
                transaction.prepare_cached(&query)?.query_row(params_from_iter(values), |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    fn label_texts(&mut self, filter: &Filter, key: Option<&str>) -> Result<Vec<String>, StoreError> {
        let (condition, mut values) = condition(&Filter { after: None, ..filter.clone() });
        let (column, only) = match key {
            None => ("key", String::new()),
            Some(key) => {
                values.push(Value::Text(key.to_owned()));
                ("value", format!("key = ?{} AND ", values.len()))
            }
        };
        let query = format!(
            "SELECT DISTINCT {column} FROM label WHERE {only}machine IN
             (SELECT machine FROM summary WHERE {condition}) ORDER BY {column} LIMIT {}",
            Filter::LIMIT_MAX
        );
        self.read(|transaction| {
            transaction
                .prepare_cached(&query)?
                .query_map(params_from_iter(values), |row| row.get(0))?
                .collect()
        })
    }

    fn find(&mut self, kind: &str, namespace: &str, name: &str) -> Result<Option<Summary>, StoreError> {
        self.read(|transaction| {
            transaction
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM summary WHERE kind = ?1 AND namespace = ?2 AND name = ?3 AND here = 1"
                ))?
                .query_row([kind, namespace, name], summary_of)
                .optional()
        })
    }

    fn delete(&mut self, machine: &MachineId) -> Result<bool, StoreError> {
        self.write(0, |transaction| {
            let Some(number) = number_of(transaction, machine)? else { return Ok(false) };
            journal::delete(transaction, number)?;
            transaction.execute("DELETE FROM document WHERE machine = ?1", [number])?;
            transaction.execute("DELETE FROM machine WHERE number = ?1", [number])?;
            transaction.execute("UPDATE summary SET here = 0 WHERE machine = ?1", [number])?;
            forget_row(transaction, number)?;
            Ok(true)
        })
    }

    fn archive(&mut self, machine: &MachineId, document: &[u8]) -> Result<bool, StoreError> {
        self.write(document.len(), |transaction| {
            let Some(number) = number_of(transaction, machine)? else { return Ok(false) };
            transaction
                .prepare_cached("INSERT OR REPLACE INTO archive (machine, body) VALUES (?1, ?2)")?
                .execute(params![number, document])?;
            transaction.execute("UPDATE summary SET archived = 1 WHERE machine = ?1", [number])?;
            Ok(true)
        })
    }

    fn archived(&mut self, machine: &MachineId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|transaction| {
            transaction
                .prepare_cached(
                    "SELECT a.body FROM archive a JOIN summary s ON s.machine = a.machine
                     WHERE s.kind = ?1 AND s.uid = ?2",
                )?
                .query_row(params![machine.kind, machine.id], |row| row.get(0))
                .optional()
        })
    }

    fn delete_archived(&mut self, machine: &MachineId) -> Result<bool, StoreError> {
        self.write(0, |transaction| {
            let number: Option<i64> = transaction
                .prepare_cached("SELECT machine FROM summary WHERE kind = ?1 AND uid = ?2 AND archived = 1")?
                .query_row(params![machine.kind, machine.id], |row| row.get(0))
                .optional()?;
            let Some(number) = number else { return Ok(false) };
            transaction.execute("DELETE FROM archive WHERE machine = ?1", [number])?;
            transaction.execute("UPDATE summary SET archived = 0 WHERE machine = ?1", [number])?;
            forget_row(transaction, number)?;
            Ok(true)
        })
    }
}

fn create(transaction: &Transaction<'_>, run: &NewRun) -> rusqlite::Result<Created> {
    let MachineId { kind, id } = &run.machine;
    let row = &run.summary;
    let exists = transaction
        .prepare_cached("SELECT 1 FROM summary WHERE kind = ?1 AND uid = ?2")?
        .exists(params![kind, id])?;
    if exists {
        return Ok(Created::Exists);
    }
    let namesake: Option<String> = transaction
        .prepare_cached(
            "SELECT uid FROM summary WHERE kind = ?1 AND namespace = ?2 AND name = ?3 AND here = 1",
        )?
        .query_row(params![kind, row.namespace, row.name], |row| row.get(0))
        .optional()?;
    if let Some(uid) = namesake {
        return Ok(Created::NameTaken { uid });
    }
    let number: i64 = transaction
        .prepare_cached(
            "INSERT INTO machine (kind, id, created) VALUES (?1, ?2, 1)
             ON CONFLICT (kind, id) DO UPDATE SET created = 1 RETURNING number",
        )?
        .query_row(params![kind, id], |row| row.get(0))?;
    transaction
        .prepare_cached("INSERT INTO document (machine, body) VALUES (?1, ?2)")?
        .execute(params![number, run.document])?;
    transaction
        .prepare_cached(
            "INSERT INTO summary (machine, kind, uid, namespace, name, phase, message, progress, created_us,
                                  started_us, finished_us, labels, template, engine)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            number,
            kind,
            id,
            row.namespace,
            row.name,
            row.phase,
            row.message,
            row.progress,
            row.created_us,
            row.started_us,
            row.finished_us,
            labels_text(&row.labels),
            row.template,
            row.engine
        ])?;
    insert_labels(transaction, number, &row.labels)?;
    Ok(Created::Yes)
}

/// Brings the row of a run up to date, touching the indexes only where they change.
pub(super) fn update_summary(
    transaction: &Transaction<'_>,
    number: i64,
    row: &Summary,
) -> rusqlite::Result<()> {
    let (phase, finished_us, labels): (String, Option<i64>, String) = transaction
        .prepare_cached("SELECT phase, finished_us, labels FROM summary WHERE machine = ?1")?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let labels_now = labels_text(&row.labels);
    transaction
        .prepare_cached(
            "UPDATE summary SET message = ?2, progress = ?3, started_us = ?4, labels = ?5, template = ?6
             WHERE machine = ?1",
        )?
        .execute(params![number, row.message, row.progress, row.started_us, labels_now, row.template])?;
    if phase != row.phase || finished_us != row.finished_us {
        transaction
            .prepare_cached("UPDATE summary SET phase = ?2, finished_us = ?3 WHERE machine = ?1")?
            .execute(params![number, row.phase, row.finished_us])?;
    }
    if labels != labels_now {
        transaction.prepare_cached("DELETE FROM label WHERE machine = ?1")?.execute([number])?;
        insert_labels(transaction, number, &row.labels)?;
    }
    Ok(())
}

fn insert_labels(
    transaction: &Transaction<'_>,
    number: i64,
    labels: &BTreeMap<String, String>,
) -> rusqlite::Result<()> {
    let mut insert =
        transaction.prepare_cached("INSERT INTO label (key, value, machine) VALUES (?1, ?2, ?3)")?;
    for (key, value) in labels {
        insert.execute(params![key, value, number])?;
    }
    Ok(())
}

/// Removes the row of a run that is neither here nor archived.
fn forget_row(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    let gone = transaction
        .execute("DELETE FROM summary WHERE machine = ?1 AND here = 0 AND archived = 0", [number])?;
    if gone > 0 {
        transaction.execute("DELETE FROM label WHERE machine = ?1", [number])?;
    }
    Ok(())
}

/// A filter as a condition of SQL, with the values of its parameters.
fn condition(filter: &Filter) -> (String, Vec<Value>) {
    let mut values = Vec::new();
    let mut terms = Vec::new();
    let mut value = |text: &str| -> String {
        values.push(Value::Text(text.to_owned()));
        format!("?{}", values.len())
    };
    terms.push(format!("kind = {}", value(filter.kind())));
    terms.push(match filter.shelf {
        Shelf::Runs => "here = 1".to_owned(),
        Shelf::Unfiled => "here = 1 AND archived = 0".to_owned(),
        Shelf::Archive => "archived = 1".to_owned(),
    });
    if let Some(namespace) = &filter.namespace {
        // The `+` keeps SQLite in the order of the list; a page is found there before anything is sorted.
        terms.push(format!("+namespace = {}", value(namespace)));
    }
    if let Some(namespace) = &filter.not_namespace {
        terms.push(format!("+namespace <> {}", value(namespace)));
    }
    if let Some(name) = &filter.not_name {
        terms.push(format!("name <> {}", value(name)));
    }
    if let Some(engine) = &filter.engine {
        terms.push(format!("engine = {} AND engine <> ''", value(engine)));
    }
    match &filter.name {
        None => {}
        Some(NameMatch::Exact(name)) => terms.push(format!("name = {}", value(name))),
        Some(NameMatch::Contains(part)) => terms.push(format!("instr(name, {}) > 0", value(part))),
        Some(NameMatch::Prefix(part)) => {
            let part = value(part);
            terms.push(format!("substr(name, 1, length({part})) = {part}"));
        }
    }
    match filter.life {
        Life::Any => {}
        Life::Live => terms.push("finished_us IS NULL".to_owned()),
        Life::Finished => terms.push("finished_us IS NOT NULL".to_owned()),
    }
    for (column, limit) in [
        ("created_us >=", filter.times.created_from),
        ("started_us >", filter.times.started_after),
        ("started_us <", filter.times.started_before),
        ("finished_us <=", filter.times.finished_until),
    ] {
        if let (Some(limit), Some((name, _))) = (limit, column.split_once(' ')) {
            terms.push(format!("(+{name} IS NULL OR +{column} {limit})"));
        }
    }
    let list = |texts: &[String], value: &mut dyn FnMut(&str) -> String| -> String {
        texts.iter().map(|text| value(text)).collect::<Vec<_>>().join(", ")
    };
    if !filter.phases.is_empty() {
        terms.push(format!("phase IN ({})", list(&filter.phases, &mut value)));
    }
    for term in &filter.labels {
        // The label's set is built once; then each row of the list is looked up in it.
        let (word, key, wanted) = match term {
            LabelTerm::In(key, wanted) => ("IN", key, Some(wanted)),
            LabelTerm::NotIn(key, wanted) => ("NOT IN", key, Some(wanted)),
            LabelTerm::Exists(key) => ("IN", key, None),
            LabelTerm::Absent(key) => ("NOT IN", key, None),
        };
        let key = value(key);
        let wanted =
            wanted.map(|wanted| format!(" AND value IN ({})", list(wanted, &mut value))).unwrap_or_default();
        terms.push(format!("+machine {word} (SELECT machine FROM label WHERE key = {key}{wanted})"));
    }
    if let Some(after) = &filter.after {
        let uid = value(&after.uid);
        terms.push(format!("(created_us, uid) < ({}, {uid})", after.created_us));
    }
    (terms.join(" AND "), values)
}

fn summary_of(row: &Row<'_>) -> rusqlite::Result<Summary> {
    let labels: String = row.get(9)?;
    Ok(Summary {
        namespace: row.get(0)?,
        name: row.get(1)?,
        uid: row.get(2)?,
        phase: row.get(3)?,
        message: row.get(4)?,
        progress: row.get(5)?,
        created_us: row.get(6)?,
        started_us: row.get(7)?,
        finished_us: row.get(8)?,
        labels: serde_json::from_str(&labels).map_err(|error| damage(format!("labels of a run: {error}")))?,
        template: row.get(10)?,
        engine: row.get(11)?,
    })
}

fn labels_text(labels: &BTreeMap<String, String>) -> String {
    serde_json::to_string(labels).expect("a map of texts is always JSON")
}

//! Runs: their documents, their rows in lists, and the archive.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter};

use crate::error::StoreError;
use crate::model::{
    Append, Committed, Created, End, Filed, Filter, LabelTerm, MachineId, NameMatch, NewRun, Order, Shelf,
    Summary,
};
use crate::sqlite::journal::{self, number_of, sum};
use crate::sqlite::{SqliteStore, damage};
use crate::store::Runs;

mod condition;
#[cfg(test)]
mod tests;

use condition::condition;

/// The columns of a row, in the order in which [`summary_of`] reads them.
const COLUMNS: &str = "namespace, name, uid, phase, message, progress, created_us, started_us, finished_us, labels, \
                       engine, suspended";

/// A shelf with fewer runs than this is walked, whatever is asked for.
const SHELF_SMALL: i64 = 2_000;

/// Most runs with one label that are told apart before the list is looked at.
const CARRIERS_MAX: usize = 20_000;

impl Runs for SqliteStore {
    fn create(&mut self, run: &NewRun) -> Result<Created, StoreError> {
        self.write(|transaction| {
            Ok(match create(transaction, run, &run.summary, Taken::ByNobody)? {
                Ok(_) => Created::Yes,
                Err(why_not) => why_not,
            })
        })
    }

    fn commit(&mut self, runs: &[NewRun], batch: &[Append]) -> Result<Committed, StoreError> {
        self.write(|transaction| {
            let mut tails = journal::Tails::default();
            let rows = journal::first_rows(batch);
            let created = runs.iter().map(|run| {
                let row = rows.get(&run.machine).copied();
                match create(transaction, run, row.unwrap_or(&run.summary), Taken::ByUs)? {
                    Ok((number, epoch)) => {
                        tails.created(&run.machine, number, epoch);
                        Ok((Created::Yes, epoch))
                    }
                    Err(why_not) => Ok((why_not, 0)),
                }
            });
            let created = created.collect::<rusqlite::Result<_>>()?;
            let appended = journal::append_all(transaction, tails, batch)?;
            Ok(Committed { created, appended })
        })
    }

    fn restart(&mut self, run: &NewRun, epoch: Option<u64>) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let Some((number, present)) = journal::epoch_of(transaction, &run.machine)? else {
                return Ok(false);
            };
            if epoch.is_some_and(|epoch| epoch != present) {
                return Ok(false);
            }
            journal::delete(transaction, number)?;
            forget_end(transaction, number)?;
            transaction.execute(
                "UPDATE document SET body = ?2, sum = ?3 WHERE machine = ?1",
                params![number, run.document, sum(&run.document)],
            )?;
            transaction.execute(
                "UPDATE summary SET phase = '', message = '', progress = '', started_us = NULL, finished_us = NULL,
                        engine = ?2 WHERE machine = ?1",
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
                .prepare_cached("SELECT body, sum FROM document WHERE machine = ?1")?
                .query_row([number], |row| whole(row, "document", &machine.id))
                .optional()
        })
    }

    fn refresh(&mut self, rows: &[(MachineId, u64, Summary)]) -> Result<(), StoreError> {
        self.write(|transaction| {
            for (machine, epoch, row) in rows {
                match journal::epoch_of(transaction, machine)? {
                    Some((number, current)) if current == *epoch => update_summary(transaction, number, row)?,
                    _ => {}
                }
            }
            Ok(())
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
        self.read(|transaction| {
            let (query, values) = page(transaction, filter)?;
            let mut statement = transaction.prepare_cached(&query)?;
            statement.query_map(params_from_iter(values), summary_of)?.collect()
        })
    }

    fn oldest_archived(&mut self, until_us: i64, limit: usize) -> Result<Vec<Summary>, StoreError> {
        self.read(|transaction| {
            let mut found = Vec::new();
            // By the index of starts: what ended until then also started until then, or never.
            for start in ["started_us IS NULL", "started_us <= ?1"] {
                let query = format!(
                    "SELECT {COLUMNS} FROM summary INDEXED BY summary_filed
                     WHERE kind = 'workflow' AND archived = 1 AND {start} AND finished_us <= ?1
                     ORDER BY started_us LIMIT ?2"
                );
                let left = i64::try_from(limit - found.len()).unwrap_or(i64::MAX);
                let mut statement = transaction.prepare_cached(&query)?;
                for row in statement.query_map([until_us, left], summary_of)? {
                    found.push(row?);
                }
            }
            Ok(found)
        })
    }

    fn count(&mut self, filter: &Filter) -> Result<u64, StoreError> {
        self.read(|transaction| {
            let (rows, values) = matching(transaction, &Filter { after: None, ..filter.clone() }, None)?;
            let query = format!("SELECT count(*) FROM {rows}");
            let count: i64 =
                transaction.prepare_cached(&query)?.query_row(params_from_iter(values), |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    fn count_phases(&mut self, filter: &Filter, phases: &[&str]) -> Result<Vec<u64>, StoreError> {
        self.read(|transaction| {
            let filter = Filter { after: None, phases: Vec::new(), ..filter.clone() };
            let (rows, mut values) = matching(transaction, &filter, None)?;
            // Not grouped: SQLite would walk the index of phases and look up every row of every shelf.
            let mut columns = Vec::new();
            for phase in phases {
                values.push(Value::Text((*phase).to_owned()));
                columns.push(format!("count(*) FILTER (WHERE phase = ?{})", values.len()));
            }
            let query = format!("SELECT {} FROM {rows}", columns.join(", "));
            transaction.prepare_cached(&query)?.query_row(params_from_iter(values), |row| {
                (0..phases.len()).map(|at| row.get::<_, i64>(at).map(i64::unsigned_abs)).collect()
            })
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

    fn delete_all(&mut self, machines: &[MachineId]) -> Result<Vec<bool>, StoreError> {
        self.write(|transaction| machines.iter().map(|machine| delete(transaction, machine)).collect())
    }

    fn archive(&mut self, filed: &[Filed]) -> Result<Vec<bool>, StoreError> {
        self.write(|transaction| {
            filed
                .iter()
                .map(|filed| match number_of(transaction, &filed.machine)? {
                    Some(number) => file(transaction, number, &filed.end).map(|()| true),
                    None => Ok(false),
                })
                .collect()
        })
    }

    fn archived(&mut self, machine: &MachineId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|transaction| {
            transaction
                .prepare_cached(
                    "SELECT a.body, a.sum FROM archive a JOIN summary s ON s.machine = a.machine
                     WHERE s.kind = ?1 AND s.uid = ?2",
                )?
                .query_row(params![machine.kind, machine.id], |row| whole(row, "final status", &machine.id))
                .optional()
        })
    }

    fn briefs(&mut self, machines: &[MachineId]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT coalesce(b.body, a.body) FROM summary s JOIN archive a ON a.machine = s.machine
                 LEFT JOIN brief b ON b.machine = s.machine WHERE s.kind = ?1 AND s.uid = ?2",
            )?;
            machines
                .iter()
                .map(|machine| {
                    statement.query_row(params![machine.kind, machine.id], |row| row.get(0)).optional()
                })
                .collect()
        })
    }

    fn times(&mut self, machine: &MachineId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|transaction| {
            transaction
                .prepare_cached(
                    "SELECT t.body FROM times t JOIN summary s ON s.machine = t.machine
                     WHERE s.kind = ?1 AND s.uid = ?2",
                )?
                .query_row(params![machine.kind, machine.id], |row| row.get(0))
                .optional()
        })
    }

    fn delete_archived(&mut self, machines: &[MachineId]) -> Result<Vec<bool>, StoreError> {
        self.write(|transaction| {
            machines.iter().map(|machine| delete_archived(transaction, machine)).collect()
        })
    }
}

/// A body that is what was written, as its sum behind it says.
fn whole(row: &Row<'_>, what: &str, id: &str) -> rusqlite::Result<Vec<u8>> {
    let body: Vec<u8> = row.get(0)?;
    match row.get::<_, Option<u32>>(1)? {
        Some(written) if written != sum(&body) => {
            Err(damage(format!("the {what} of run {id} is not what was written")))
        }
        _ => Ok(body),
    }
}

/// Files one end.
pub(super) fn file(transaction: &Transaction<'_>, number: i64, end: &End) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO archive (machine, body, sum) VALUES (?1, ?2, ?3)")?
        .execute(params![number, end.document, sum(&end.document)])?;
    for (table, body) in [("brief", &end.brief), ("times", &end.times)] {
        if body.is_empty() {
            transaction
                .prepare_cached(&format!("DELETE FROM {table} WHERE machine = ?1"))?
                .execute([number])?;
        } else {
            transaction
                .prepare_cached(&format!("INSERT OR REPLACE INTO {table} (machine, body) VALUES (?1, ?2)"))?
                .execute(params![number, body])?;
        }
    }
    transaction.prepare_cached("UPDATE summary SET archived = 1 WHERE machine = ?1")?.execute([number])?;
    Ok(())
}

fn delete(transaction: &Transaction<'_>, machine: &MachineId) -> rusqlite::Result<bool> {
    let Some(number) = number_of(transaction, machine)? else { return Ok(false) };
    journal::delete(transaction, number)?;
    transaction.prepare_cached("DELETE FROM document WHERE machine = ?1")?.execute([number])?;
    transaction.prepare_cached("DELETE FROM machine WHERE number = ?1")?.execute([number])?;
    transaction.prepare_cached("UPDATE summary SET here = 0 WHERE machine = ?1")?.execute([number])?;
    forget_row(transaction, number)?;
    Ok(true)
}

fn delete_archived(transaction: &Transaction<'_>, machine: &MachineId) -> rusqlite::Result<bool> {
    let number: Option<i64> = transaction
        .prepare_cached("SELECT machine FROM summary WHERE kind = ?1 AND uid = ?2 AND archived = 1")?
        .query_row(params![machine.kind, machine.id], |row| row.get(0))
        .optional()?;
    let Some(number) = number else { return Ok(false) };
    forget_end(transaction, number)?;
    forget_row(transaction, number)?;
    Ok(true)
}

fn forget_end(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    for table in ["archive", "brief", "times"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE machine = ?1"), [number])?;
    }
    transaction.execute("UPDATE summary SET archived = 0 WHERE machine = ?1", [number])?;
    Ok(())
}

/// Whether a new run belongs to somebody from the start.
#[derive(Clone, Copy)]
enum Taken {
    ByNobody,
    ByUs,
}

/// Creates a run with what its row says at first. Answers its number and its epoch, or why it is not created.
fn create(
    transaction: &Transaction<'_>,
    run: &NewRun,
    row: &Summary,
    taken: Taken,
) -> rusqlite::Result<Result<(i64, u64), Created>> {
    let MachineId { kind, id } = &run.machine;
    let identity = &run.summary;
    let exists = transaction
        .prepare_cached("SELECT 1 FROM summary WHERE kind = ?1 AND uid = ?2")?
        .exists(params![kind, id])?;
    if exists {
        return Ok(Err(Created::Exists));
    }
    let namesake: Option<String> = transaction
        .prepare_cached(
            "SELECT uid FROM summary WHERE kind = ?1 AND namespace = ?2 AND name = ?3 AND here = 1",
        )?
        .query_row(params![kind, identity.namespace, identity.name], |row| row.get(0))
        .optional()?;
    if let Some(uid) = namesake {
        return Ok(Err(Created::NameTaken { uid }));
    }
    let raised_by = match taken {
        Taken::ByNobody => 0,
        Taken::ByUs => 1,
    };
    let (number, epoch): (i64, i64) = transaction
        .prepare_cached(
            "INSERT INTO machine (kind, id, created, epoch) VALUES (?1, ?2, 1, ?3)
             ON CONFLICT (kind, id) DO UPDATE SET created = 1, epoch = epoch + ?3 RETURNING number, epoch",
        )?
        .query_row(params![kind, id, raised_by], |row| Ok((row.get(0)?, row.get(1)?)))?;
    transaction
        .prepare_cached("INSERT INTO document (machine, body, sum) VALUES (?1, ?2, ?3)")?
        .execute(params![number, run.document, sum(&run.document)])?;
    transaction
        .prepare_cached(
            "INSERT INTO summary (machine, kind, uid, namespace, name, phase, message, progress, created_us,
                                  started_us, finished_us, labels, engine, suspended)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            number,
            kind,
            id,
            identity.namespace,
            identity.name,
            row.phase,
            row.message,
            row.progress,
            identity.created_us,
            row.started_us,
            row.finished_us,
            labels_text(&row.labels),
            identity.engine,
            holds(row)
        ])?;
    insert_labels(transaction, number, &row.labels)?;
    Ok(Ok((number, epoch.cast_unsigned())))
}

/// Brings the row of a run up to date, touching the indexes only where they change. What was filed of another end than
/// the row's is forgotten.
pub(super) fn update_summary(
    transaction: &Transaction<'_>,
    number: i64,
    row: &Summary,
) -> rusqlite::Result<()> {
    let (phase, finished_us, labels, archived): (String, Option<i64>, String, bool) = transaction
        .prepare_cached("SELECT phase, finished_us, labels, archived FROM summary WHERE machine = ?1")?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    if archived && finished_us != row.finished_us {
        forget_end(transaction, number)?;
    }
    let labels_now = labels_text(&row.labels);
    transaction
        .prepare_cached(
            "UPDATE summary SET message = ?2, progress = ?3, started_us = ?4, labels = ?5,
                    suspended = ?6 WHERE machine = ?1",
        )?
        .execute(params![number, row.message, row.progress, row.started_us, labels_now, holds(row)])?;
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

/// The query for one page of a list, with the values of its parameters.
fn page(transaction: &Transaction<'_>, filter: &Filter) -> rusqlite::Result<(String, Vec<Value>)> {
    let order = match filter.order {
        Order::Created => "created_us DESC, uid DESC",
        Order::Started => "started_us DESC NULLS FIRST, uid DESC",
    };
    let (most, skipped) = (filter.rows_max(), filter.offset);
    let (rows, values) = matching(transaction, filter, Some(skipped + most))?;
    Ok((format!("SELECT {COLUMNS} FROM {rows} ORDER BY {order} LIMIT {most} OFFSET {skipped}"), values))
}

/// What comes after `FROM` to get the rows that a filter wants, with the values of its parameters.
///
/// A list is walked in its order until the page is full, unless looking at each run that carries the labels asked for
/// is less work. `walked` is how many matching rows the caller takes; none means all.
fn matching(
    transaction: &Transaction<'_>,
    filter: &Filter,
    walked: Option<usize>,
) -> rusqlite::Result<(String, Vec<Value>)> {
    let (condition, mut values) = condition(filter);
    let Some(carriers) = carriers(transaction, filter, walked)? else {
        return Ok((format!("{} WHERE {condition}", walked_by(transaction, filter)?), values));
    };
    let numbers = serde_json::to_string(&carriers).expect("a list of numbers is always JSON");
    values.push(Value::Text(numbers));
    // CROSS JOIN fixes the order: the few first.
    let rows = format!(
        "json_each(?{}) AS carrier CROSS JOIN summary ON summary.machine = carrier.value WHERE {condition}",
        values.len()
    );
    Ok((rows, values))
}

/// The table to walk: of one name in the archive only its runs; where names or messages are sought among few runs
/// that are not archived, only these.
///
/// Left to itself, SQLite walks the list of all runs for what may not be among them.
fn walked_by(transaction: &Transaction<'_>, filter: &Filter) -> rusqlite::Result<&'static str> {
    if filter.shelf == Shelf::Archive && matches!(filter.name, Some(NameMatch::Exact(_))) {
        return Ok("summary INDEXED BY summary_filed_name");
    }
    let is_search = matches!(filter.name, Some(NameMatch::Contains(_) | NameMatch::Prefix(_)))
        || filter.message.is_some();
    let is_few = is_search && filter.shelf == Shelf::Unfiled && is_small(transaction, filter)?;
    Ok(if is_few { "summary INDEXED BY summary_unfiled" } else { "summary" })
}

/// Whether so few runs are on the shelf of a filter that all of them can be looked at.
fn is_small(transaction: &Transaction<'_>, filter: &Filter) -> rusqlite::Result<bool> {
    let shelf = Filter { kind: filter.kind.clone(), shelf: filter.shelf, ..Filter::default() };
    let (condition, values) = condition(&shelf);
    let on_shelf: i64 = transaction
        .prepare_cached(&format!(
            "SELECT count(*) FROM (SELECT 1 FROM summary WHERE {condition} LIMIT {SHELF_SMALL})"
        ))?
        .query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(on_shelf < SHELF_SMALL)
}

/// The runs that carry every label asked for, as far as it is cheap to know, if they are few enough.
fn carriers(
    transaction: &Transaction<'_>,
    filter: &Filter,
    walked: Option<usize>,
) -> rusqlite::Result<Option<Vec<i64>>> {
    let positive = filter.labels.iter().any(|term| matches!(term, LabelTerm::In(..) | LabelTerm::Exists(_)));
    if !positive {
        return Ok(None);
    }
    if is_small(transaction, filter)? {
        return Ok(None);
    }
    let mut common: Option<Vec<i64>> = None;
    for term in &filter.labels {
        let (key, wanted) = match term {
            LabelTerm::In(key, wanted) => (key, wanted.as_slice()),
            LabelTerm::Exists(key) => (key, &[][..]),
            LabelTerm::NotIn(..) | LabelTerm::Absent(_) => continue,
        };
        let Some(carriers) = carriers_of(transaction, key, wanted)? else { continue };
        common = Some(match common {
            None => carriers,
            Some(before) => in_both(&before, &carriers),
        });
    }
    let Some(common) = common else { return Ok(None) };
    let all: i64 =
        transaction.prepare_cached("SELECT max(machine) FROM summary")?.query_row([], |row| row.get(0))?;
    // Walking meets a match every so many rows; it looks at about as many until the page is full.
    let rows_walked = walked.map_or(usize::MAX, |walked| {
        usize::try_from(all).unwrap_or(usize::MAX).saturating_mul(walked) / common.len().max(1)
    });
    Ok((common.len() <= rows_walked).then_some(common))
}

/// The runs that carry one label, in the order of their numbers; none if there are too many to be told apart so.
fn carriers_of(
    transaction: &Transaction<'_>,
    key: &str,
    wanted: &[String],
) -> rusqlite::Result<Option<Vec<i64>>> {
    let mut values = vec![Value::Text(key.to_owned())];
    let mut only = String::new();
    if !wanted.is_empty() {
        let places: Vec<String> = (2..wanted.len() + 2).map(|number| format!("?{number}")).collect();
        only = format!(" AND value IN ({})", places.join(", "));
        values.extend(wanted.iter().map(|text| Value::Text(text.clone())));
    }
    let query = format!("SELECT machine FROM label WHERE key = ?1{only} LIMIT {}", CARRIERS_MAX + 1);
    let mut statement = transaction.prepare_cached(&query)?;
    let found = statement.query_map(params_from_iter(values), |row| row.get(0))?;
    let mut found = found.collect::<rusqlite::Result<Vec<i64>>>()?;
    if found.len() > CARRIERS_MAX {
        return Ok(None);
    }
    found.sort_unstable();
    Ok(Some(found))
}

/// Numbers that are in both of two sorted lists.
fn in_both(one: &[i64], other: &[i64]) -> Vec<i64> {
    let mut rest = other.iter().peekable();
    let mut both = Vec::new();
    for number in one {
        while rest.next_if(|next| **next < *number).is_some() {}
        if rest.next_if(|next| **next == *number).is_some() {
            both.push(*number);
        }
    }
    both
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
        engine: row.get(10)?,
        suspended: row.get::<_, i64>(11)? & SUSPENDED != 0,
        asks: row.get::<_, i64>(11)? & ASKS != 0,
    })
}

/// How a person holds a run back, as bits of one column: an earlier release sees any of them as suspended.
const SUSPENDED: i64 = 1;
const ASKS: i64 = 2;

fn holds(row: &Summary) -> i64 {
    i64::from(row.suspended) * SUSPENDED + i64::from(row.asks) * ASKS
}

fn labels_text(labels: &BTreeMap<String, String>) -> String {
    serde_json::to_string(labels).expect("a map of texts is always JSON")
}

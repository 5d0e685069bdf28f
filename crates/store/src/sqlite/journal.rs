//! Journals: records in the order of their machine and number, so that a machine loads in one scan.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction, params};

use crate::error::{AppendError, StoreError};
use crate::model::{Append, Letter, Loaded, MachineId, Record, Summary};
use crate::sqlite::{SqliteStore, damage, runs};
use crate::store::Journal;

/// Bits of a record's place that hold its number; the bits above hold the number of its machine.
const SEQ_BITS: u32 = 36;

/// The highest number a record can have.
const SEQ_MAX: i64 = (1 << SEQ_BITS) - 1;

impl Journal for SqliteStore {
    fn next_epochs(&mut self, machines: &[MachineId]) -> Result<Vec<u64>, StoreError> {
        self.write(|transaction| machines.iter().map(|machine| next_epoch(transaction, machine)).collect())
    }

    fn append(&mut self, batch: &[Append]) -> Result<Vec<Result<(), AppendError>>, StoreError> {
        self.write(|transaction| append_all(transaction, Tails::default(), batch))
    }

    fn load(&mut self, machine: &MachineId) -> Result<Option<Loaded>, StoreError> {
        self.read(|transaction| {
            let Some(number) = number_of(transaction, machine)? else { return Ok(None) };
            Ok(Some(Loaded { records: records(transaction, number, 0, i64::MAX)? }))
        })
    }

    fn tail(&mut self, machine: &MachineId, after: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        self.read(|transaction| {
            let Some(number) = number_of(transaction, machine)? else { return Ok(Vec::new()) };
            records(transaction, number, after.cast_signed(), i64::try_from(limit).unwrap_or(i64::MAX))
        })
    }

    fn put_inbox(&mut self, machine: &MachineId, body: &[u8]) -> Result<Option<u64>, StoreError> {
        self.write(|transaction| {
            let Some(number) = number_of(transaction, machine)? else { return Ok(None) };
            transaction
                .prepare_cached("INSERT INTO inbox (machine, body) VALUES (?1, ?2)")?
                .execute(params![number, body])?;
            Ok(Some(transaction.last_insert_rowid().cast_unsigned()))
        })
    }

    fn inbox(&mut self, machine: &MachineId) -> Result<Vec<Letter>, StoreError> {
        self.read(|transaction| {
            let Some(number) = number_of(transaction, machine)? else { return Ok(Vec::new()) };
            let mut statement = transaction
                .prepare_cached("SELECT number, body FROM inbox WHERE machine = ?1 ORDER BY number")?;
            let letters = statement.query_map([number], |row| {
                Ok(Letter { number: row.get::<_, i64>(0)?.cast_unsigned(), body: row.get(1)? })
            })?;
            letters.collect()
        })
    }

    fn waiting(&mut self) -> Result<Vec<MachineId>, StoreError> {
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT m.kind, m.id FROM inbox i JOIN machine m ON m.number = i.machine
                 GROUP BY m.number ORDER BY min(i.number)",
            )?;
            let machines = statement.query_map([], |row| {
                let kind: String = row.get(0)?;
                Ok(MachineId { kind: kind.into(), id: row.get(1)? })
            })?;
            machines.collect()
        })
    }

    fn drop_inbox(&mut self, machine: &MachineId, number: u64) -> Result<(), StoreError> {
        self.write(|transaction| match number_of(transaction, machine)? {
            Some(machine) => drop_letters(transaction, machine, number),
            None => Ok(()),
        })
    }
}

/// Raises the epoch of a machine, which is made if it does not exist.
pub(super) fn next_epoch(transaction: &Transaction<'_>, machine: &MachineId) -> rusqlite::Result<u64> {
    transaction
        .prepare_cached(
            "INSERT INTO machine (kind, id, epoch) VALUES (?1, ?2, 1)
             ON CONFLICT (kind, id) DO UPDATE SET epoch = epoch + 1 RETURNING epoch",
        )?
        .query_row(params![machine.kind, machine.id], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
}

/// What an append is measured against: the machine's number, its epoch, and its last record.
#[derive(Clone, Copy)]
struct Tail {
    number: i64,
    epoch: u64,
    last: u64,
    /// It was created by this very transaction, with the row that comes with its first record, if one does.
    is_new: bool,
}

/// The tails that one transaction has met.
#[derive(Default)]
pub(super) struct Tails<'a>(HashMap<&'a MachineId, Option<Tail>>);

impl<'a> Tails<'a> {
    /// Notes that this transaction created a machine.
    pub(super) fn created(&mut self, machine: &'a MachineId, number: i64, epoch: u64) {
        self.0.insert(machine, Some(Tail { number, epoch, last: 0, is_new: true }));
    }
}

/// The rows that come with the first records of machines that are created in the same transaction: they are written
/// with these rows at once.
pub(super) fn first_rows(batch: &[Append]) -> HashMap<&MachineId, &Summary> {
    let firsts = batch.iter().filter(|append| append.is_first_of_new());
    firsts.filter_map(|append| Some((&append.machine, append.summary.as_ref()?))).collect()
}

/// Appends a batch in its order.
pub(super) fn append_all<'a>(
    transaction: &Transaction<'_>,
    mut tails: Tails<'a>,
    batch: &'a [Append],
) -> rusqlite::Result<Vec<Result<(), AppendError>>> {
    batch.iter().map(|append| append_one(transaction, &mut tails, append)).collect()
}

fn append_one<'a>(
    transaction: &Transaction<'_>,
    Tails(tails): &mut Tails<'a>,
    append: &'a Append,
) -> rusqlite::Result<Result<(), AppendError>> {
    let known = match tails.get(&append.machine) {
        Some(known) => *known,
        None => tail_of(transaction, &append.machine)?,
    };
    tails.insert(&append.machine, known);
    let Some(tail) = known else { return Ok(Err(AppendError::Unknown)) };
    let is_ours = append.epoch == tail.epoch || (append.epoch == Append::CREATING && tail.is_new);
    if !is_ours {
        return Ok(Err(AppendError::Fenced { given: append.epoch, current: tail.epoch }));
    }
    if append.seq != tail.last + 1 || append.seq.cast_signed() > SEQ_MAX {
        return Ok(Err(AppendError::Gap { given: append.seq, last: tail.last }));
    }
    transaction
        .prepare_cached("INSERT INTO record (place, at_us, format, sum, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            place(tail.number, append.seq.cast_signed()),
            append.at_us,
            append.format,
            sum(&append.body),
            append.body
        ])?;
    if let Some(summary) = &append.summary
        && !(tail.is_new && append.is_first_of_new())
    {
        runs::update_summary(transaction, tail.number, summary)?;
    }
    if let Some(letter) = append.inbox_done {
        drop_letters(transaction, tail.number, letter)?;
    }
    if let Some(end) = &append.end {
        runs::file(transaction, tail.number, end)?;
    }
    tails.insert(&append.machine, Some(Tail { last: append.seq, ..tail }));
    Ok(Ok(()))
}

fn tail_of(transaction: &Transaction<'_>, machine: &MachineId) -> rusqlite::Result<Option<Tail>> {
    let Some((number, epoch)) = epoch_of(transaction, machine)? else { return Ok(None) };
    let last = last_seq(transaction, number)?.cast_unsigned();
    Ok(Some(Tail { number, epoch, last, is_new: false }))
}

/// The number and the epoch of a machine that was created.
pub(super) fn epoch_of(
    transaction: &Transaction<'_>,
    machine: &MachineId,
) -> rusqlite::Result<Option<(i64, u64)>> {
    transaction
        .prepare_cached("SELECT number, epoch FROM machine WHERE kind = ?1 AND id = ?2 AND created = 1")?
        .query_row(params![machine.kind, machine.id], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
        })
        .optional()
}

/// The number of a machine that was created.
pub(super) fn number_of(transaction: &Transaction<'_>, machine: &MachineId) -> rusqlite::Result<Option<i64>> {
    Ok(epoch_of(transaction, machine)?.map(|(number, _)| number))
}

fn last_seq(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<i64> {
    let last: Option<i64> = transaction
        .prepare_cached("SELECT max(place) FROM record WHERE place BETWEEN ?1 AND ?2")?
        .query_row([place(number, 0), place(number, SEQ_MAX)], |row| row.get(0))?;
    Ok(last.map_or(0, |place| place & SEQ_MAX))
}

fn records(
    transaction: &Transaction<'_>,
    number: i64,
    after: i64,
    limit: i64,
) -> rusqlite::Result<Vec<Record>> {
    let mut statement = transaction.prepare_cached(
        "SELECT place, at_us, format, sum, body FROM record WHERE place > ?1 AND place <= ?2 ORDER BY place LIMIT ?3",
    )?;
    let mut rows =
        statement.query([place(number, after.clamp(0, SEQ_MAX)), place(number, SEQ_MAX), limit])?;
    let mut records: Vec<Record> = Vec::new();
    while let Some(row) = rows.next()? {
        let seq = (row.get::<_, i64>(0)? & SEQ_MAX).cast_unsigned();
        let body: Vec<u8> = row.get(4)?;
        let expected = after.cast_unsigned() + records.len() as u64 + 1;
        if seq != expected {
            return Err(damage(format!("record {expected} is missing")));
        }
        if row.get::<_, u32>(3)? != sum(&body) {
            return Err(damage(format!("record {seq} is not what was written")));
        }
        records.push(Record { seq, at_us: row.get(1)?, format: row.get(2)?, body });
    }
    Ok(records)
}

fn drop_letters(transaction: &Transaction<'_>, machine: i64, until: u64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM inbox WHERE machine = ?1 AND number <= ?2")?
        .execute([machine, until.cast_signed()])?;
    Ok(())
}

/// Removes the records and the letters of a machine.
pub(super) fn delete(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    transaction.execute(
        "DELETE FROM record WHERE place BETWEEN ?1 AND ?2",
        [place(number, 0), place(number, SEQ_MAX)],
    )?;
    transaction.execute("DELETE FROM inbox WHERE machine = ?1", [number])?;
    Ok(())
}

/// Names the records whose bytes are not what was written.
pub(super) fn wrong_sums(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<String>> {
    let mut statement = transaction.prepare(
        "SELECT m.kind, m.id, r.place, r.sum, r.body FROM record r LEFT JOIN machine m ON m.number = r.place >> 36",
    )?;
    let mut rows = statement.query([])?;
    let mut wrong = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get::<_, u32>(3)? != sum(row.get_ref(4)?.as_blob()?) {
            let kind: Option<String> = row.get(0)?;
            let id: Option<String> = row.get(1)?;
            let seq = row.get::<_, i64>(2)? & SEQ_MAX;
            wrong.push(format!(
                "record {seq} of {} `{}` is not what was written",
                kind.as_deref().unwrap_or("an unknown machine"),
                id.as_deref().unwrap_or("?")
            ));
        }
    }
    for (table, what) in [("document", "document"), ("archive", "final status")] {
        let mut statement = transaction.prepare(&format!(
            "SELECT s.name, t.sum, t.body FROM {table} t LEFT JOIN summary s ON s.machine = t.machine
             WHERE t.sum IS NOT NULL"
        ))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, u32>(1)? != sum(row.get_ref(2)?.as_blob()?) {
                let name: Option<String> = row.get(0)?;
                wrong.push(format!(
                    "the {what} of `{}` is not what was written",
                    name.as_deref().unwrap_or("?")
                ));
            }
        }
    }
    Ok(wrong)
}

fn place(number: i64, seq: i64) -> i64 {
    number << SEQ_BITS | seq
}

pub(super) fn sum(body: &[u8]) -> u32 {
    crc32fast::hash(body)
}

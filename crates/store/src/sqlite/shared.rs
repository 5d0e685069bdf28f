//! What runs share: lock rows and remembered results.

use rusqlite::{OptionalExtension, Row, params};

use crate::error::StoreError;
use crate::model::{LockRows, MemoEntry, MemoKey};
use crate::sqlite::SqliteStore;
use crate::store::Shared;

impl Shared for SqliteStore {
    fn update_locks(
        &mut self,
        names: &[String],
        decide: &mut dyn FnMut(&mut LockRows),
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut before = LockRows::new();
            let mut select = transaction.prepare_cached("SELECT body FROM lock WHERE name = ?1")?;
            for name in names {
                if let Some(body) = select.query_row([name], |row| row.get(0)).optional()? {
                    before.insert(name.clone(), body);
                }
            }
            let mut after = before.clone();
            decide(&mut after);
            let mut put =
                transaction.prepare_cached("INSERT OR REPLACE INTO lock (name, body) VALUES (?1, ?2)")?;
            for (name, body) in after.iter().filter(|(name, body)| before.get(*name) != Some(body)) {
                put.execute(params![name, body])?;
            }
            let mut remove = transaction.prepare_cached("DELETE FROM lock WHERE name = ?1")?;
            for name in before.keys().filter(|name| !after.contains_key(*name)) {
                remove.execute([name])?;
            }
            Ok(())
        })
    }

    fn locks(&mut self) -> Result<LockRows, StoreError> {
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached("SELECT name, body FROM lock")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    fn put_memo(&mut self, key: &MemoKey, body: &[u8], now_us: i64) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO memo (namespace, cache, key, body, created_us, hit_us)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
                )?
                .execute(params![key.namespace, key.cache, key.key, body, now_us])?;
            Ok(())
        })
    }

    fn memo(&mut self, key: &MemoKey) -> Result<Option<MemoEntry>, StoreError> {
        self.read(|transaction| {
            transaction
                .prepare_cached(
                    "SELECT body, created_us, hit_us FROM memo WHERE namespace = ?1 AND cache = ?2 AND key = ?3",
                )?
                .query_row(params![key.namespace, key.cache, key.key], entry_of)
                .optional()
        })
    }

    fn note_hits(&mut self, keys: &[MemoKey], now_us: i64) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut note = transaction.prepare_cached(
                "UPDATE memo SET hit_us = ?4 WHERE namespace = ?1 AND cache = ?2 AND key = ?3",
            )?;
            for key in keys {
                note.execute(params![key.namespace, key.cache, key.key, now_us])?;
            }
            Ok(())
        })
    }

    fn count_unused_memos(&mut self, since_us: i64) -> Result<u64, StoreError> {
        self.read(|transaction| {
            let mut count = transaction.prepare_cached("SELECT count(*) FROM memo WHERE hit_us < ?1")?;
            count.query_row([since_us], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
        })
    }

    fn forget_unused_memos(&mut self, since_us: i64, limit: usize) -> Result<u64, StoreError> {
        self.write(|transaction| {
            let mut forget = transaction.prepare_cached(
                "DELETE FROM memo WHERE rowid IN (SELECT rowid FROM memo WHERE hit_us < ?1 ORDER BY hit_us LIMIT ?2)",
            )?;
            let forgotten = forget.execute(params![since_us, i64::try_from(limit).unwrap_or(i64::MAX)])?;
            Ok(forgotten as u64)
        })
    }
}

fn entry_of(row: &Row<'_>) -> rusqlite::Result<MemoEntry> {
    Ok(MemoEntry { body: row.get(0)?, created_us: row.get(1)?, hit_us: row.get(2)? })
}

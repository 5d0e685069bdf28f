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

    fn hit_memo(&mut self, key: &MemoKey, now_us: i64) -> Result<Option<MemoEntry>, StoreError> {
        self.write(|transaction| {
            let found = transaction
                .prepare_cached(
                    "SELECT body, created_us, hit_us FROM memo WHERE namespace = ?1 AND cache = ?2 AND key = ?3",
                )?
                .query_row(params![key.namespace, key.cache, key.key], |row| entry_of(row, 0))
                .optional()?;
            if found.is_some() {
                transaction
                    .prepare_cached(
                        "UPDATE memo SET hit_us = ?4 WHERE namespace = ?1 AND cache = ?2 AND key = ?3",
                    )?
                    .execute(params![key.namespace, key.cache, key.key, now_us])?;
            }
            Ok(found)
        })
    }

    fn memos(
        &mut self,
        namespace: &str,
        cache: Option<&str>,
    ) -> Result<Vec<(MemoKey, MemoEntry)>, StoreError> {
        self.read(|transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT namespace, cache, key, body, created_us, hit_us FROM memo
                 WHERE namespace = ?1 AND (?2 IS NULL OR cache = ?2) ORDER BY cache, key",
            )?;
            let entries = statement.query_map(params![namespace, cache], |row| {
                let key = MemoKey { namespace: row.get(0)?, cache: row.get(1)?, key: row.get(2)? };
                Ok((key, entry_of(row, 3)?))
            })?;
            entries.collect()
        })
    }

    fn delete_memo(&mut self, key: &MemoKey) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let gone = transaction
                .prepare_cached("DELETE FROM memo WHERE namespace = ?1 AND cache = ?2 AND key = ?3")?
                .execute(params![key.namespace, key.cache, key.key])?;
            Ok(gone > 0)
        })
    }
}

fn entry_of(row: &Row<'_>, from: usize) -> rusqlite::Result<MemoEntry> {
    Ok(MemoEntry { body: row.get(from)?, created_us: row.get(from + 1)?, hit_us: row.get(from + 2)? })
}

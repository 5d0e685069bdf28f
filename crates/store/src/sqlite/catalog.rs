//! The catalog: objects by kind, namespace and name.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::error::StoreError;
use crate::model::{NewObject, Object, ObjectKey, Put};
use crate::sqlite::SqliteStore;
use crate::store::Catalog;

impl Catalog for SqliteStore {
    fn put_object(&mut self, key: &ObjectKey, body: &[u8], expected: Option<u64>) -> Result<Put, StoreError> {
        self.write(|transaction| {
            let current = version_of(transaction, key)?;
            if expected.is_some_and(|expected| expected != current) {
                return Ok(Put::Conflict { current });
            }
            Ok(Put::Done { version: put(transaction, key, body)? })
        })
    }

    fn put_objects(&mut self, objects: &[NewObject]) -> Result<bool, StoreError> {
        self.write(|transaction| {
            for NewObject { key, expected, .. } in objects {
                if let Some(expected) = expected
                    && version_of(transaction, key)? != *expected
                {
                    return Ok(false);
                }
            }
            for NewObject { key, body, .. } in objects {
                put(transaction, key, body)?;
            }
            Ok(true)
        })
    }

    fn object(&mut self, key: &ObjectKey) -> Result<Option<Object>, StoreError> {
        self.read(|transaction| {
            transaction
                .prepare_cached(
                    "SELECT kind, namespace, name, version, body FROM object
                     WHERE kind = ?1 AND namespace = ?2 AND name = ?3",
                )?
                .query_row(params![key.kind, key.namespace, key.name], object_of)
                .optional()
        })
    }

    fn objects(&mut self, kind: &str, namespace: Option<&str>) -> Result<Vec<Object>, StoreError> {
        self.read(|transaction| {
            transaction
                .prepare_cached(
                    "SELECT kind, namespace, name, version, body FROM object
                     WHERE kind = ?1 AND (?2 IS NULL OR namespace = ?2) ORDER BY namespace, name",
                )?
                .query_map(params![kind, namespace], object_of)?
                .collect()
        })
    }

    fn delete_object(&mut self, key: &ObjectKey, expected: Option<u64>) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let gone = transaction
                .prepare_cached(
                    "DELETE FROM object WHERE kind = ?1 AND namespace = ?2 AND name = ?3
                     AND (?4 IS NULL OR version = ?4)",
                )?
                .execute(params![key.kind, key.namespace, key.name, expected.map(u64::cast_signed)])?;
            if gone > 0 {
                next_version(transaction)?;
            }
            Ok(gone > 0)
        })
    }
}

/// The version that an object is at now; 0 if there is none.
fn version_of(transaction: &Transaction<'_>, key: &ObjectKey) -> rusqlite::Result<u64> {
    let found: Option<i64> = transaction
        .prepare_cached("SELECT version FROM object WHERE kind = ?1 AND namespace = ?2 AND name = ?3")?
        .query_row(params![key.kind, key.namespace, key.name], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0).cast_unsigned())
}

/// Writes an object; the version that it has now.
fn put(transaction: &Transaction<'_>, key: &ObjectKey, body: &[u8]) -> rusqlite::Result<u64> {
    let version = next_version(transaction)?;
    transaction
        .prepare_cached(
            "INSERT INTO object (kind, namespace, name, version, body) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (kind, namespace, name) DO UPDATE
             SET version = excluded.version, body = excluded.body",
        )?
        .execute(params![key.kind, key.namespace, key.name, version, body])?;
    Ok(version.cast_unsigned())
}

fn next_version(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("UPDATE counter SET value = value + 1 WHERE name = 'object' RETURNING value")?
        .query_row([], |row| row.get(0))
}

fn object_of(row: &Row<'_>) -> rusqlite::Result<Object> {
    Ok(Object {
        key: ObjectKey { kind: row.get(0)?, namespace: row.get(1)?, name: row.get(2)? },
        version: row.get::<_, i64>(3)?.cast_unsigned(),
        body: row.get(4)?,
    })
}

//! What the write-ahead log of a database tells: its format is SQLite's, and part of its promise.

use std::path::Path;

/// Lengths of the log's header, and of that of each of its pages.
const HEADER: usize = 32;
const PAGE_HEADER: usize = 24;

/// How many transactions were committed since the log was begun.
pub fn commits(database: &Path) -> usize {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    let log = std::fs::read(log).unwrap();
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let page = number(&log[8..12]) as usize;
    let salts = &log[16..24];
    // What an earlier round left behind has other salts; only the last page of a transaction tells a size of the database.
    let pages = log[HEADER..].chunks_exact(PAGE_HEADER + page).take_while(|page| page[8..16] == *salts);
    pages.filter(|page| number(&page[4..8]) > 0).count()
}

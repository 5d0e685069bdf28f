//! Killed processes and cut power: what was acknowledged is there, and nothing is there by halves.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tiphys_store::{
    AppendError, BUSY_TIMEOUT, Catalog as _, Journal, MachineId, ObjectKey, SqliteStore, State,
};

use crate::support::{body, child, child_folder, create, record};

/// Not a test of its own: appends for ever, and says what was acknowledged.
#[test]
fn child_writer() {
    let Some(folder) = child_folder() else { return };
    let uid = std::env::var("TIPHYS_STORE_TEST_UID").unwrap();
    let state = State::open(&folder).unwrap();
    let mut store = state.store().unwrap();
    let machine = MachineId::workflow(&uid);
    let epoch = store.next_epoch(&machine).unwrap();
    let mut seq = store.load(&machine).unwrap().unwrap().last_seq();
    println!();
    loop {
        let batch: Vec<_> =
            (1..=5).map(|step| record(&machine, epoch, seq + step, body(&uid, seq + step))).collect();
        assert_eq!(store.append(&batch).unwrap(), vec![Ok::<(), AppendError>(()); 5]);
        seq += 5;
        println!("acknowledged {seq}");
    }
}

fn writer(state: &State, uid: &str) -> Child {
    child("crash::child_writer", state.dir())
        .env("TIPHYS_STORE_TEST_UID", uid)
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills a writer and answers the last number it was told is safe.
fn kill(mut process: Child) -> u64 {
    process.kill().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.filter_map(|line| line.strip_prefix("acknowledged ").and_then(|seq| seq.parse().ok()));
    let last = said.last();
    process.wait().unwrap();
    last.unwrap_or(0)
}

#[track_caller]
fn check(store: &mut SqliteStore, uid: &str, acknowledged: u64) -> u64 {
    let loaded = store.load(&MachineId::workflow(uid)).unwrap().unwrap();
    let last = loaded.last_seq();
    assert!(last >= acknowledged, "{uid}: acknowledged up to {acknowledged}, found up to {last}");
    assert_eq!(last % 5, 0, "{uid}: a batch is there by halves");
    for record in &loaded.records {
        assert_eq!(record.body, body(uid, record.seq));
    }
    last
}

#[test]
fn a_killed_writer_loses_nothing_it_was_told_is_safe() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    create(&mut state.store().unwrap(), "a");
    create(&mut state.store().unwrap(), "b");
    let mut written = 0;
    for round in 0..6 {
        // Two processes at once on one folder, killed at different moments.
        let (a, b) = (writer(&state, "a"), writer(&state, "b"));
        std::thread::sleep(Duration::from_millis(60 + 37 * round));
        let acknowledged_a = kill(a);
        let acknowledged_b = kill(b);
        let mut store = state.store().unwrap();
        written = check(&mut store, "a", acknowledged_a) + check(&mut store, "b", acknowledged_b);
        assert_eq!(store.check().unwrap(), Vec::<String>::new());
    }
    assert!(written > 0, "the writers must have come to write something");
}

#[test]
fn the_log_is_given_room_once_there_is_more_to_come() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    let a = create(&mut store, "a");
    let log = state.dir().join("tiphys.db-wal");
    let length = || fs::metadata(&log).unwrap().len();
    let (mut seq, short) = (0, length());
    assert!(short < 1 << 20, "who writes little gets no long file: {short} bytes");
    let mut write_some = || {
        for _ in 0..20 {
            seq += 1;
            store.append(&[record(&a, 1, seq, body("a", seq))]).unwrap()[0].as_ref().unwrap();
        }
    };
    write_some();
    let until = Instant::now() + Duration::from_secs(60);
    while length() < 4 << 20 {
        assert!(Instant::now() < until, "the log has {} bytes", length());
        std::thread::sleep(Duration::from_millis(2));
    }
    write_some();
    // Another process finds everything, and nothing in the room behind it.
    let loaded = state.store().unwrap().load(&a).unwrap().unwrap();
    assert_eq!(loaded.last_seq(), seq);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

/// A backup reads one state of the database for minutes: nobody waits for it, and the log is cut once it is done.
#[test]
fn who_reads_for_long_keeps_no_writer_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    let log = state.dir().join("tiphys.db-wal");
    let key = |name: usize| ObjectKey { kind: "K".into(), namespace: String::new(), name: name.to_string() };
    store.put_object(&key(0), b"before", None).unwrap();
    let reader = rusqlite::Connection::open(state.database()).unwrap();
    let count = || reader.query_row("SELECT count(*) FROM object", [], |row| row.get::<_, i64>(0)).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(), 1);
    let mut longest = Duration::ZERO;
    // More than the log has before it is cut where nobody reads.
    for number in 0..44_u8 {
        let begun = Instant::now();
        store.put_object(&key(usize::from(number % 2)), &vec![number; 4 << 20], None).unwrap();
        longest = longest.max(begun.elapsed());
    }
    assert!(longest < BUSY_TIMEOUT / 2, "a write took {longest:?}");
    assert_eq!(count(), 1, "it reads what was there");
    let length = fs::metadata(&log).unwrap().len();
    assert!(length > 150 << 20, "{length} bytes, {longest:?}");
    reader.execute_batch("COMMIT").unwrap();
    let until = Instant::now() + BUSY_TIMEOUT;
    while fs::metadata(&log).unwrap().len() > 16 << 20 {
        assert!(Instant::now() < until, "the log is not cut");
        store.put_object(&key(0), format!("{until:?}").as_bytes(), None).unwrap();
    }
}

/// The database, its log, and for lengths of the log how many records were safe by then.
type Written = (Vec<u8>, Vec<u8>, Vec<(u64, u64)>);

/// How much of the log's file is log; the file itself is longer.
fn used(log: &std::path::Path) -> u64 {
    const HEADER: u64 = 32;
    const FRAME: u64 = 24 + 4_096;
    let bytes = fs::read(log).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
    HEADER + end.saturating_sub(HEADER).div_ceil(FRAME) * FRAME
}

/// Writes twenty batches; `None` if the log was written back meanwhile, so that cutting it means nothing.
fn write_twenty() -> Option<Written> {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    let before = fs::read(state.database()).unwrap();
    let a = create(&mut store, "a");
    let log = state.dir().join("tiphys.db-wal");
    let mut safe = vec![(used(&log), 0)];
    for batch in 0..20 {
        let records: Vec<_> =
            (1..=5).map(|step| record(&a, 1, batch * 5 + step, body("a", batch * 5 + step))).collect();
        store.append(&records).unwrap();
        safe.push((used(&log), batch * 5 + 5));
    }
    let end = usize::try_from(used(&log)).unwrap();
    let (database, mut log) = (fs::read(state.database()).unwrap(), fs::read(&log).unwrap());
    log.truncate(end);
    (database == before).then_some((database, log, safe))
}

#[test]
fn a_power_cut_leaves_whole_batches_only() {
    let a = MachineId::workflow("a");
    let (database, log, safe) = (0..50).find_map(|_| write_twenty()).unwrap();
    for (number, cut) in (safe[0].0..=log.len() as u64).step_by(1_531).enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = log[..cut as usize].to_vec();
        if number % 2 == 0 {
            // Not cut off but never written: zeros where the disk had not come to, or where there is room.
            log.resize(log.len() + if number % 4 == 0 { 5_000 } else { 2_000_000 }, 0);
        }
        fs::write(folder.path().join("tiphys.db"), &database).unwrap();
        fs::write(folder.path().join("tiphys.db-wal"), log).unwrap();
        let acknowledged = safe.iter().rev().find(|(length, _)| *length <= cut).unwrap().1;
        let state = State::open(folder.path()).unwrap();
        let mut store = state.store().unwrap();
        check(&mut store, "a", acknowledged);
        // And it goes on from there.
        let epoch = store.next_epoch(&a).unwrap();
        let next = store.load(&a).unwrap().unwrap().last_seq() + 1;
        assert_eq!(store.append(&[record(&a, epoch, next, "on")]).unwrap(), [Ok(())]);
    }
}

//! Folders and files that are not as they should be: a clear error each, and nothing destroyed.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use tiphys_store::{Journal, MachineId, Runs, State, StoreError};

use crate::support::{body, child, child_folder, create, filed, record};

#[test]
fn a_new_folder_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("deep/state");
    let state = State::open(&dir).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("secrets")), 0o700);

    state.put_secrets("u1", b"{\"token\":\"x\"}").unwrap();
    // What a crash left beside it is no obstacle; the secrets of one run are never those of another.
    fs::write(dir.join("secrets/u2.sealed.new"), b"half").unwrap();
    let refused = state.put_secrets("u1", b"other").unwrap_err().to_string();
    assert!(refused.contains("u1.sealed`: File exists"), "{refused}");
    for file in ["secrets/u1.sealed", "secrets.key"] {
        assert_eq!(mode(&dir.join(file)), 0o600);
    }
    let sealed = fs::read(dir.join("secrets/u1.sealed")).unwrap();
    assert!(!sealed.windows(5).any(|part| part == b"token"), "they lie there as they are");
    assert_eq!(state.secrets("u1").unwrap().unwrap(), b"{\"token\":\"x\"}");
    assert_eq!(state.secrets("u2").unwrap(), None);
    state.put_secrets("u2", b"mine").unwrap();
    assert_eq!(state.secrets("u2").unwrap().unwrap(), b"mine");
    assert_eq!(fs::read_dir(dir.join("secrets")).unwrap().count(), 2, "nothing is left beside them");
    state.remove_secrets("u2").unwrap();
    state.remove_secrets("u2").unwrap();
    // An earlier release wrote them as they are.
    fs::write(dir.join("secrets/u0.json"), "plain").unwrap();
    assert_eq!(state.secrets("u0").unwrap().unwrap(), b"plain");
    state.put_secrets("u0", b"other").unwrap_err();
    // The key is not made anew while something is sealed with it, and another one opens nothing.
    let key = fs::read(dir.join("secrets.key")).unwrap();
    fs::remove_file(dir.join("secrets.key")).unwrap();
    let lost = state.secrets("u1").unwrap_err().to_string();
    assert!(lost.contains("put it back from a backup"), "{lost}");
    fs::write(dir.join("secrets.key"), [7; 32]).unwrap();
    let foreign = state.secrets("u1").unwrap_err().to_string();
    assert!(foreign.contains("it was sealed with another key"), "{foreign}");
    fs::write(dir.join("secrets.key"), key).unwrap();

    fs::create_dir_all(state.run_dir("u1").unwrap().join("logs")).unwrap();
    state.remove_files("u1").unwrap();
    state.remove_files("u1").unwrap();
    assert!(!state.run_dir("u1").unwrap().exists() && state.secrets("u1").unwrap().is_none());
}

#[test]
fn many_processes_may_open_a_new_folder_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("state");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let dir = &dir;
            scope.spawn(move || {
                let state = State::open(dir).unwrap();
                create(&mut state.store().unwrap(), &format!("u{number}"));
            });
        }
    });
    let state = State::open(&dir).unwrap();
    assert_eq!(state.store().unwrap().list(&Default::default()).unwrap().len(), 8);
    assert!(!dir.join("tiphys.db-new").exists());
}

#[test]
fn what_a_crash_left_of_a_first_start_is_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tiphys.db"), b"").unwrap();
    fs::write(folder.path().join("tiphys.db-new"), b"half of a database").unwrap();
    let state = State::open(folder.path()).unwrap();
    create(&mut state.store().unwrap(), "a");
    assert!(!folder.path().join("tiphys.db-new").exists());
}

/// Under load the log is written back and begun anew, and its file stays as long as it was: at once as a rule, and at the
/// latest at a gibibyte, where the writer waits for it.
#[test]
fn a_log_that_is_written_without_a_pause_does_not_grow() {
    const RECORD: usize = 64 << 10;
    const ENOUGH: u64 = 32 << 20;
    const MOST: u64 = 1536 << 20;
    let folder = tempfile::tempdir().unwrap();
    let mut store = State::open(folder.path()).unwrap().store().unwrap();
    let machine = create(&mut store, "busy");
    let mut written = 0;
    for seq in 1.. {
        assert!(store.append(&[record(&machine, 1, seq, vec![b'x'; RECORD])]).unwrap()[0].is_ok());
        written += RECORD as u64;
        let log = fs::metadata(folder.path().join("tiphys.db-wal")).unwrap().len();
        if written > ENOUGH && log < written / 2 {
            return;
        }
        assert!(written < MOST, "the log has {log} of {written} bytes");
    }
}

#[test]
fn a_newer_folder_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    drop(State::open(folder.path()).unwrap());
    let database = folder.path().join("tiphys.db");
    fs::remove_dir_all(folder.path().join("wake")).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&database).unwrap();
    file.write_all_at(&99_u32.to_be_bytes(), 60).unwrap();
    let before = fs::read(&database).unwrap();

    let error = State::open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 8, .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("written by a newer tiphys (format 99, this release knows formats up to 8)"),
        "{text}"
    );
    assert_eq!(fs::read(&database).unwrap(), before);
    assert!(!folder.path().join("wake").exists() && !folder.path().join("tiphys.db-wal").exists());
}

#[test]
fn a_stranger_is_not_touched() {
    let text = b"dear diary, ".repeat(50);
    let other = rusqlite_file();
    for content in [&text[..], b"x", &other] {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("tiphys.db");
        fs::write(&database, content).unwrap();
        let error = State::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::Foreign { .. }), "{error:?}");
        assert!(error.to_string().contains("is not a tiphys database"));
        assert_eq!(fs::read(&database).unwrap(), content);
    }
}

/// Where runs lie beside it, a file that does not begin as a database was ours; only the disk can have done that.
#[test]
fn a_database_without_its_beginning_is_told_from_a_stranger() {
    for damage in [&b""[..], b"dear diary, ", &[0; 4_096]] {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        create(&mut state.store().unwrap(), "a");
        let mut bytes = fs::read(state.database()).unwrap();
        match damage.len() {
            0 => bytes.clear(),
            length => bytes[..length].copy_from_slice(damage),
        }
        fs::write(state.database(), &bytes).unwrap();
        for error in [State::open(folder.path()), State::open_to_read(folder.path())] {
            let error = error.unwrap_err();
            assert!(
                matches!(error, StoreError::Headless { .. } | StoreError::Unreadable { .. }),
                "{error:?}"
            );
        }
        let text = State::open(folder.path()).unwrap_err().to_string();
        assert!(text.contains("is damaged") && text.contains("`tiphys restore` a backup"), "{text}");
        assert_eq!(fs::read(state.database()).unwrap(), bytes, "nothing is changed");
    }
}

/// A database of someone else, as its header shows it.
fn rusqlite_file() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut bytes = fs::read(state.database()).unwrap();
    bytes[68..72].fill(0);
    bytes
}

#[test]
fn damage_is_told_and_spares_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let runs: Vec<_> = (0..8).map(|number| format!("run{number}")).collect();
    {
        let mut store = state.store().unwrap();
        for uid in &runs {
            let machine = create(&mut store, uid);
            let batch: Vec<_> = (1..=200).map(|seq| record(&machine, 1, seq, body(uid, seq))).collect();
            store.append(&batch).unwrap();
        }
    }
    let mut bytes = fs::read(state.database()).unwrap();
    let needle = body("run3", 111);
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    let page = at / 4_096 * 4_096;
    let whole = bytes.clone();
    let load = |uid: &str| state.store()?.load(&MachineId::workflow(uid));

    // A page of rubbish, and one turned bit.
    for damage in ["page", "bit"] {
        bytes.clone_from(&whole);
        match damage {
            "page" => bytes[page..page + 4_096].fill(0xA5),
            _ => bytes[at + 1] ^= 1,
        }
        fs::write(state.database(), &bytes).unwrap();
        let error = load("run3").unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{damage}: {error:?}");
        assert!(error.to_string().contains("Copy the folder before anything else"), "{error}");
        let readable =
            runs.iter().filter(|uid| load(uid).is_ok_and(|loaded| loaded.unwrap().last_seq() == 200));
        assert!(readable.count() >= 6, "{damage}: one page is shared by two runs at most");
        assert_ne!(state.store().unwrap().check().unwrap(), Vec::<String>::new(), "{damage}");
        assert_eq!(fs::read(state.database()).unwrap(), bytes, "{damage}: reading changed the file");

        // The others go on.
        let mut store = state.store().unwrap();
        let machine = MachineId::workflow("run7");
        assert_eq!(store.append(&[record(&machine, 1, 201, "on")]).unwrap(), [Ok(())]);
    }
    fs::write(state.database(), &whole).unwrap();
    assert_eq!(state.store().unwrap().check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_document_or_a_status_that_was_changed_is_not_taken_for_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    let machine = create(&mut store, "a");
    store.archive(&[filed(&machine, b"{\"phase\":\"Succeeded\"}")]).unwrap();
    assert!(store.document(&machine).unwrap().is_some() && store.archived(&machine).unwrap().is_some());
    for table in ["document", "archive"] {
        let connection = rusqlite::Connection::open(state.database()).unwrap();
        connection.execute(&format!("UPDATE {table} SET body = CAST('changed' AS BLOB)"), []).unwrap();
    }
    let errors = [store.document(&machine).unwrap_err(), store.archived(&machine).unwrap_err()];
    for (error, what) in errors.iter().zip(["document", "final status"]) {
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(
            error.to_string().contains(&format!("the {what} of run a is not what was written")),
            "{error}"
        );
    }
    assert_eq!(store.check().unwrap().len(), 2);
}

/// Not a test of its own: what an ordinary user finds.
#[test]
fn child_read_only() {
    let Some(folder) = child_folder() else { return };
    let error = State::open(&folder).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("cannot write") && text.contains("TIPHYS_STATE_DIR"), "{text}");
    if folder.join("tiphys.db").exists() {
        // It can be looked at, and nothing more.
        let state = State::open_to_read(&folder).unwrap();
        let mut store = state.store().unwrap();
        let machine = MachineId::workflow("kept");
        assert_eq!(store.load(&machine).unwrap().unwrap().last_seq(), 1);
        assert_eq!(store.list(&Default::default()).unwrap().len(), 1);
        let error = store.append(&[record(&machine, 1, 2, "more")]).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    }
    println!("refused as it should be");
}

#[test]
fn a_read_only_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, full, file) =
        (folder.path().join("empty"), folder.path().join("full"), folder.path().join("file"));
    fs::create_dir(&empty).unwrap();
    for dir in [&full, &file] {
        let mut store = State::open(dir).unwrap().store().unwrap();
        let machine = create(&mut store, "kept");
        store.append(&[record(&machine, 1, 1, "first")]).unwrap().remove(0).unwrap();
    }
    let mode = |path: &Path, mode: u32| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    mode(folder.path(), 0o755);
    for dir in [&full, &file] {
        for entry in fs::read_dir(dir).unwrap() {
            mode(&entry.unwrap().path(), 0o777);
        }
    }
    mode(&full.join("tiphys.db"), 0o666);
    mode(&file.join("tiphys.db"), 0o444);
    mode(&empty, 0o555);
    mode(&full, 0o555);
    mode(&file, 0o777);
    let root = fs::metadata("/proc/self").unwrap();
    let is_root = std::os::unix::fs::MetadataExt::uid(&root) == 0;
    for dir in [&empty, &full, &file] {
        let mut command = child("files::child_read_only", dir);
        if is_root {
            // To root everything is writable, so another user looks at it.
            command.uid(65_534).gid(65_534);
        }
        match command.output() {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stdout);
                assert!(said.contains("refused as it should be"), "{}: {said}", dir.display());
            }
            Err(error) => println!("skipped: another user cannot run this test ({error})"),
        }
    }
    for dir in [&empty, &full, &file] {
        mode(dir, 0o755);
    }
}

/// Not a test of its own: writes until the disk is full, inside a tiny file system.
#[test]
fn child_disk_full() {
    let Some(folder) = child_folder() else { return };
    let state = State::open(&folder).unwrap();
    let mut store = state.store().unwrap();
    let machine = create(&mut store, "a");
    let mut seq = 0;
    let error = loop {
        let batch: Vec<_> = (1..=3).map(|step| record(&machine, 1, seq + step, vec![b'x'; 30_000])).collect();
        match store.append(&batch) {
            Ok(results) => assert!(results.iter().all(Result::is_ok)),
            Err(error) => break error,
        }
        seq += 3;
        assert!(seq < 1_000, "the disk was to be full by now");
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(seq > 0);
    assert_eq!(store.load(&machine).unwrap().unwrap().last_seq(), seq, "nothing is there by halves");

    // With space again, both the same connection and a new one go on.
    fs::remove_file(folder.join("ballast")).unwrap();
    assert_eq!(store.append(&[record(&machine, 1, seq + 1, "on")]).unwrap(), [Ok(())]);
    drop(store);
    let mut store = state.store().unwrap();
    assert_eq!(store.load(&machine).unwrap().unwrap().last_seq(), seq + 1);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    println!("full and well");
}

/// Not a test of its own: opens a state for which a machine that crashed left no room.
#[test]
fn child_full_at_start() {
    let Some(folder) = child_folder() else { return };
    let error = State::open(&folder).and_then(|state| state.store().map(drop)).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    println!("said at the start");
}

#[test]
fn a_full_disk_stops_the_writer_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = child("files::child_disk_full", folder.path());
    let script = r#"mount -t tmpfs -o size=4m none "$0" || exit 77
                    head -c 1500000 /dev/zero > "$0/ballast" || exit 77
                    "$@" || exit
                    rm "$0/tiphys.db-shm"
                    cat /dev/zero > "$0/ballast"
                    "$1" --exact files::child_full_at_start --nocapture"#;
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(folder.path())
        .arg(run.get_program())
        .args(run.get_args())
        .env("TIPHYS_STORE_TEST_CHILD", folder.path())
        .stderr(Stdio::piped())
        .output();
    match output {
        Ok(output) if output.status.code() == Some(0) => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("full and well") && said.contains("said at the start"), "{said}");
        }
        Ok(output) if output.status.code() == Some(101) => {
            panic!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
        }
        _ => println!("skipped: no file system of its own can be mounted here"),
    }
}

/// Whoever keeps secrets for a run may be killed before there is a run.
#[test]
fn secrets_of_runs_that_never_came_to_be_are_swept() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let secrets = folder.path().join("secrets");
    for uid in ["lost", "made", "coming"] {
        state.put_secrets(uid, b"{}").unwrap();
    }
    fs::write(secrets.join("early.json"), "{}").unwrap();
    fs::write(secrets.join("half.sealed.new"), "half").unwrap();
    create(&mut state.store().unwrap(), "made");
    let before = SystemTime::now() - Duration::from_secs(7_200);
    for name in ["lost.sealed", "made.sealed", "early.json", "half.sealed.new"] {
        fs::File::options().write(true).open(secrets.join(name)).unwrap().set_modified(before).unwrap();
    }
    state.sweep_secrets().unwrap();
    let mut left: Vec<_> = fs::read_dir(&secrets).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["coming.sealed", "made.sealed"]);
}

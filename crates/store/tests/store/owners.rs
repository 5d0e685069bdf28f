//! Ownership of runs, between engines and between processes.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tiphys_store::{AcquireError, AppendError, Heard, Journal, MachineId, State};

use crate::support::{child, child_folder, create, record};

#[test]
fn one_run_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    let a = create(&mut store, "a");
    let (first, second) = (state.ownership().unwrap(), state.ownership().unwrap());
    assert_eq!(state.owner_of(&a).unwrap(), None);

    let owned = first.acquire(&mut store, &a).unwrap();
    assert_eq!(owned.epoch, 2);
    let me = Some(std::process::id());
    assert_eq!(state.owner_of(&a).unwrap().unwrap().pid, me);
    let refused = second.acquire(&mut store, &a).unwrap_err();
    assert_eq!(refused.to_string(), format!("the run is driven by process {}", std::process::id()));

    drop(owned);
    assert_eq!(state.owner_of(&a).unwrap(), None);
    assert_eq!(second.acquire(&mut store, &a).unwrap().epoch, 3);
    assert_eq!(std::fs::read_dir(state.dir().join("owners")).unwrap().count(), 0);
}

#[test]
fn many_runs_share_one_file_and_go_their_own_ways() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|uid| create(&mut store, uid));
    let owners = state.dir().join("owners");
    let file = |machine: &MachineId| owners.join(format!("workflow-{}.lock", machine.id));
    let number = |machine: &MachineId| std::fs::metadata(file(machine)).unwrap().ino();
    let (first, second) = (state.ownership().unwrap(), state.ownership().unwrap());
    let [own_a, own_b] = [&a, &b].map(|machine| first.acquire(&mut store, machine).unwrap());
    assert_eq!(number(&a), number(&b));
    assert!(matches!(first.acquire(&mut store, &b), Err(AcquireError::Held { .. })));
    drop(own_a);
    assert!(state.owner_of(&b).unwrap().is_some());
    let other_a = second.acquire(&mut store, &a).unwrap();
    let own_c = first.acquire(&mut store, &c).unwrap();
    assert_eq!(number(&b), number(&c));
    assert_ne!(number(&a), number(&b));
    drop((own_b, other_a));

    // What a dead engine leaves: one file under two names that nobody holds.
    drop(own_c);
    std::fs::write(file(&a), "1 dead.sock\n").unwrap();
    std::fs::hard_link(file(&a), file(&b)).unwrap();
    assert_eq!(state.owner_of(&b).unwrap(), None);
    let own_b = second.acquire(&mut store, &b).unwrap();
    assert_eq!(state.owner_of(&b).unwrap().unwrap().pid, Some(std::process::id()));
    assert_eq!(state.owner_of(&a).unwrap(), None, "only one of both was taken over");
    let own_a = first.acquire(&mut store, &a).unwrap();
    assert_ne!(number(&a), number(&b));
    drop((own_a, own_b));
    assert_eq!(std::fs::read_dir(owners).unwrap().count(), 0);
}

#[test]
fn a_poke_wakes_the_owner() {
    let folder = tempfile::tempdir().unwrap();
    // Longer than the address of a socket can be.
    let state = State::open(&folder.path().join("x".repeat(120))).unwrap();
    let mut store = state.store().unwrap();
    let a = create(&mut store, "a");
    assert!(!state.poke(&a).unwrap());

    let ownership = state.ownership().unwrap();
    let bell = ownership.bell().unwrap();
    let _owned = ownership.acquire(&mut store, &a).unwrap();
    assert_eq!(bell.wait(Some(Duration::from_millis(1))).unwrap(), Heard::Nothing);
    for _ in 0..10_000 {
        assert!(state.poke(&a).unwrap(), "a bell that rings already is not an error");
    }
    assert_eq!(bell.wait(None).unwrap(), Heard::Ring);
}

#[test]
fn odd_uids_make_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    let ownership = state.ownership().unwrap();
    for uid in ["", "..", ".x", "a/b", "a\0b", "ü", &"x".repeat(129)] {
        assert!(ownership.acquire(&mut store, &MachineId::workflow(uid)).is_err(), "{uid:?}");
        assert!(state.run_dir(uid).is_err(), "{uid:?}");
        assert!(state.put_secrets(uid, b"x").is_err(), "{uid:?}");
    }
}

/// Not a test of its own: what the child of the next one does.
#[test]
fn child_owner() {
    let Some(folder) = child_folder() else { return };
    let state = State::open(&folder).unwrap();
    let mut store = state.store().unwrap();
    let ownership = state.ownership().unwrap();
    let owned = ownership.acquire(&mut store, &MachineId::workflow("a")).unwrap();
    println!("owned {}", owned.epoch);
    std::thread::sleep(Duration::from_secs(60));
}

/// Whoever closes a database last deletes its log. A shell or a backup that comes and goes takes itself for the last one
/// where the kernel knows of no lock of ours, and takes the log away under everybody who still writes to it.
#[test]
fn who_opens_a_database_again_keeps_its_lock() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    create(&mut store, "a");
    let file = format!(":{} ", std::fs::metadata(folder.path().join("tiphys.db")).unwrap().ino());
    let is_locked =
        || std::fs::read_to_string("/proc/locks").unwrap().lines().any(|lock| lock.contains(&file));
    assert!(is_locked());
    let _other = state.store().unwrap();
    assert!(is_locked());
}

#[test]
fn a_dead_owner_owns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    let a = create(&mut store, "a");
    let mut process = child("owners::child_owner", folder.path()).stdin(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let said = lines.map(Result::unwrap).find_map(|line| line.split("owned ").nth(1).map(str::to_owned));
    assert_eq!(said.unwrap(), "2");

    let ownership = state.ownership().unwrap();
    match ownership.acquire(&mut store, &a) {
        Err(AcquireError::Held { pid }) => assert_eq!(pid, Some(process.id())),
        other => panic!("{other:?}"),
    }
    let socket = || -> Vec<PathBuf> {
        let entries = std::fs::read_dir(state.dir().join("wake")).unwrap();
        let of_child = format!("{}-", process.id());
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&of_child)).collect()
    };
    assert_eq!(socket().len(), 1);
    let left = socket();
    process.kill().unwrap();
    process.wait().unwrap();

    assert_eq!(state.owner_of(&a).unwrap(), None);
    let owned = ownership.acquire(&mut store, &a).unwrap();
    assert_eq!(owned.epoch, 3);
    // Had the child lived on without its lock, it could not write.
    let late = store.append(&[record(&a, 2, 1, "late")]).unwrap();
    assert_eq!(late, [Err(AppendError::Fenced { given: 2, current: 3 })]);
    let _sweeps = state.ownership().unwrap();
    assert!(left.iter().all(|path| !path.exists()), "the socket of a dead engine is swept");
}

#[test]
fn many_engines_never_share_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let a = create(&mut state.store().unwrap(), "a");
    let rounds = 30;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut store = state.store().unwrap();
                let ownership = state.ownership().unwrap();
                let mut done = 0;
                while done < rounds {
                    // Those who only ask must not make a free run look taken for good.
                    let _ = state.owner_of(&a).unwrap();
                    let Ok(owned) = ownership.acquire(&mut store, &a) else { continue };
                    let next = store.load(&a).unwrap().unwrap().last_seq() + 1;
                    let result = store.append(&[record(&a, owned.epoch, next, "x")]).unwrap();
                    assert_eq!(result, [Ok(())]);
                    done += 1;
                }
            });
        }
    });
    assert_eq!(state.store().unwrap().load(&a).unwrap().unwrap().last_seq(), 4 * rounds);
}

//! What the tests share.

use std::path::Path;
use std::process::{Command, Stdio};

use tiphys_store::{Append, Created, End, Filed, MachineId, MemoryStore, NewRun, State, Store, Summary};

/// Runs a test of the contract against each backend.
pub fn each(test: impl Fn(&mut dyn Store)) {
    test(&mut MemoryStore::new());
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(&folder.path().join("state")).unwrap();
    test(&mut state.store().unwrap());
}

pub fn row(name: &str, created_us: i64) -> Summary {
    Summary { namespace: "default".into(), name: name.into(), created_us, ..Summary::default() }
}

pub fn new_run(uid: &str, summary: Summary) -> NewRun {
    NewRun { machine: MachineId::workflow(uid), document: format!("document of {uid}").into_bytes(), summary }
}

/// Creates a run that is owned under epoch 1.
pub fn create(store: &mut dyn Store, uid: &str) -> MachineId {
    let machine = MachineId::workflow(uid);
    assert_eq!(store.create(&new_run(uid, row(uid, 1))).unwrap(), Created::Yes);
    assert_eq!(store.next_epoch(&machine).unwrap(), 1);
    machine
}

/// The end of a run without anything for lists.
pub fn filed(machine: &MachineId, document: &[u8]) -> Filed {
    Filed {
        machine: machine.clone(),
        end: End { document: document.to_vec(), brief: Vec::new(), times: Vec::new() },
    }
}

pub fn record(machine: &MachineId, epoch: u64, seq: u64, body: impl Into<Vec<u8>>) -> Append {
    let body = body.into();
    let at_us = 1_000 + seq as i64;
    Append {
        machine: machine.clone(),
        epoch,
        seq,
        at_us,
        format: 1,
        body,
        summary: None,
        inbox_done: None,
        end: None,
    }
}

/// The body that tests write as record `seq` of a run, long enough to spread over pages.
pub fn body(uid: &str, seq: u64) -> Vec<u8> {
    format!("{uid} {seq} ").repeat(1 + (seq as usize * 7) % 40).into_bytes()
}

/// This very program, told to run one test as a child that finds `folder` in its environment.
pub fn child(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command.env("TIPHYS_STORE_TEST_CHILD", folder).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}

/// The folder, if this is such a child.
pub fn child_folder() -> Option<std::path::PathBuf> {
    std::env::var_os("TIPHYS_STORE_TEST_CHILD").map(Into::into)
}

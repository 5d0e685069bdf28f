//! Random calls: the embedded store answers as the one in memory does.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tiphys_store::{
    Filter, LabelTerm, Life, MachineId, MemoryStore, NameMatch, ObjectKey, Shelf, SqliteStore, State, Store,
    Summary,
};

use crate::support::{filed, new_run, record};

#[derive(Debug, Clone)]
enum Call {
    Create { uid: u8, name: u8, label: u8 },
    Epoch { uid: u8 },
    Append { uid: u8, epoch: u64, seq: u64, phase: Option<u8>, letters: bool },
    Letter { uid: u8 },
    Archive { uid: u8 },
    Delete { uid: u8 },
    DeleteArchived { uid: u8 },
    Object { name: u8, expected: Option<u64> },
    DeleteObject { name: u8 },
    List { filter: u8, limit: usize },
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let uid = || 0..4_u8;
    let call = prop_oneof![
        2 => (uid(), 0..3_u8, 0..3_u8).prop_map(|(uid, name, label)| Call::Create { uid, name, label }),
        1 => uid().prop_map(|uid| Call::Epoch { uid }),
        8 => (uid(), 0..3_u64, 1..6_u64, proptest::option::of(0..3_u8), any::<bool>())
            .prop_map(|(uid, epoch, seq, phase, letters)| Call::Append { uid, epoch, seq, phase, letters }),
        1 => uid().prop_map(|uid| Call::Letter { uid }),
        1 => uid().prop_map(|uid| Call::Archive { uid }),
        1 => uid().prop_map(|uid| Call::Delete { uid }),
        1 => uid().prop_map(|uid| Call::DeleteArchived { uid }),
        1 => (0..3_u8, proptest::option::of(0..4_u64)).prop_map(|(name, expected)| Call::Object { name, expected }),
        1 => (0..3_u8).prop_map(|name| Call::DeleteObject { name }),
        3 => (0..6_u8, 0..4_usize).prop_map(|(filter, limit)| Call::List { filter, limit }),
    ];
    proptest::collection::vec(call, 1..60)
}

fn labels(number: u8) -> BTreeMap<String, String> {
    (0..number).map(|number| (format!("key{number}"), number.to_string())).collect()
}

fn filter(number: u8) -> Filter {
    match number {
        0 => Filter { shelf: Shelf::Archive, ..Filter::default() },
        1 => Filter { phases: vec!["phase1".into(), "phase2".into()], ..Filter::default() },
        2 => Filter { labels: vec![LabelTerm::Absent("key1".into())], ..Filter::default() },
        3 => Filter { labels: vec![LabelTerm::In("key0".into(), vec!["0".into()])], ..Filter::default() },
        4 => Filter { life: Life::Live, name: Some(NameMatch::Prefix("name1".into())), ..Filter::default() },
        _ => Filter::default(),
    }
}

/// Makes one call and tells what came back.
fn make(store: &mut dyn Store, call: &Call) -> String {
    let machine = |uid: &u8| MachineId::workflow(format!("u{uid}"));
    let object = |name: &u8| ObjectKey { kind: "k".into(), namespace: "n".into(), name: name.to_string() };
    let row = |name: u8, label: u8| Summary {
        namespace: "n".into(),
        name: format!("name{name}"),
        created_us: i64::from(name),
        labels: labels(label),
        ..Summary::default()
    };
    match call {
        Call::Create { uid, name, label } => {
            format!("{:?}", store.create(&new_run(&machine(uid).id, row(*name, *label))).unwrap())
        }
        // An epoch before the creation lasts longer in memory than on disk once the run is deleted.
        Call::Epoch { uid } if store.summary(&machine(uid)).unwrap().is_none() => String::new(),
        Call::Epoch { uid } => match store.load(&machine(uid)).unwrap() {
            Some(_) => format!("{:?}", store.next_epoch(&machine(uid)).unwrap()),
            None => String::new(),
        },
        Call::Append { uid, epoch, seq, phase, letters } => {
            let mut append = record(&machine(uid), *epoch, *seq, format!("{uid} {seq}"));
            append.summary = phase.map(|phase| Summary {
                phase: format!("phase{phase}"),
                finished_us: (phase == 2).then_some(5),
                ..row(0, phase)
            });
            append.inbox_done = letters.then_some(u64::MAX >> 1);
            format!("{:?}", store.append(&[append]).unwrap())
        }
        Call::Letter { uid } => format!("{:?}", store.put_inbox(&machine(uid), b"letter").unwrap().is_some()),
        Call::Archive { uid } => format!("{:?}", store.archive(&[filed(&machine(uid), &[*uid])]).unwrap()),
        Call::Delete { uid } => format!("{:?}", store.delete(&machine(uid)).unwrap()),
        Call::DeleteArchived { uid } => format!("{:?}", store.delete_archived(&[machine(uid)]).unwrap()),
        Call::Object { name, expected } => {
            format!("{:?}", store.put_object(&object(name), &[*name], *expected).unwrap())
        }
        Call::DeleteObject { name } => format!("{:?}", store.delete_object(&object(name), None).unwrap()),
        Call::List { filter: number, limit } => {
            format!("{:?}", store.list(&Filter { limit: *limit, ..filter(*number) }).unwrap())
        }
    }
}

fn everything(store: &mut dyn Store) -> String {
    let mut text = format!("{:?}\n{:?}\n", store.waiting().unwrap(), store.objects("k", None).unwrap());
    for uid in 0..4 {
        let machine = MachineId::workflow(format!("u{uid}"));
        text += &format!(
            "{:?}\n{:?}\n{:?}\n{:?}\n{}\n",
            store.load(&machine).unwrap(),
            store.summary(&machine).unwrap(),
            store.document(&machine).unwrap(),
            store.archived(&machine).unwrap(),
            store.inbox(&machine).unwrap().len(),
        );
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn the_backends_agree(calls in calls()) {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        let mut disk: SqliteStore = state.store().unwrap();
        let mut memory = MemoryStore::new();
        for call in &calls {
            prop_assert_eq!(make(&mut memory, call), make(&mut disk, call), "{:?}", call);
        }
        prop_assert_eq!(everything(&mut memory), everything(&mut disk));
        drop(disk);
        prop_assert_eq!(everything(&mut memory), everything(&mut state.store().unwrap()));
    }
}

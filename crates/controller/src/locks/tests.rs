use super::*;
use tiphys_store::{MemoryStore, NewRun, Runs, Shared, Summary};

fn run(store: &mut MemoryStore, uid: &str, finished_us: Option<i64>) {
    let workflow = serde_json::json!({ "metadata": { "name": uid, "uid": uid }, "spec": {} });
    let workflow = serde_json::from_value(workflow).unwrap();
    let summary = Summary { finished_us, ..crate::submit::summary(&workflow, Time(1)) };
    let run = NewRun { machine: MachineId::workflow(uid), document: Vec::new(), summary };
    store.create(&run).unwrap();
}

fn holder(uid: &str) -> Holder {
    let name = format!("argo/{uid}");
    Holder {
        name,
        uid: uid.to_owned(),
        priority: 0,
        created_us: 0,
        since_us: 0,
        step: String::new(),
        within: Vec::new(),
    }
}

fn mutex(name: &str) -> Wanted {
    Wanted { name: name.to_owned(), size: Size::One }
}

fn wants(store: &mut MemoryStore, lock: &str, uid: &str) -> Answer {
    let mut answer = Answer::Granted;
    change(store, &[lock.to_owned()], &mut |locks| {
        answer = acquire(locks, &[(mutex(lock), 1)], &holder(uid));
    })
    .unwrap()
    .unwrap();
    answer
}

fn who(store: &mut MemoryStore, lock: &str) -> (Vec<String>, Vec<String>) {
    let locks = all(store).unwrap();
    let Some(lock) = locks.get(lock) else { return (Vec::new(), Vec::new()) };
    let uids = |holders: &[Holder]| holders.iter().map(|holder| holder.uid.clone()).collect();
    (uids(&lock.holders), uids(&lock.waiters))
}

/// EX-361 to EX-364: a lock whose holder ended or was deleted, and a queue in front of which such a one stands, are free
/// for the others, whatever died before it could give them back.
#[test]
fn the_dead_hold_nothing_and_stand_in_nobodys_way() {
    let mut store = MemoryStore::default();
    run(&mut store, "over", Some(2));
    run(&mut store, "live", None);
    run(&mut store, "patient", None);
    for (lock, uids) in
        [("held", ["over", "live"]), ("queue", ["live", "deleted"]), ("mine", ["live", "patient"])]
    {
        for uid in uids {
            wants(&mut store, lock, uid);
        }
    }
    let locks = all(&mut store).unwrap();
    free_the_dead(&mut store, &locks, &|_| false).unwrap();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(who(&mut store, "held"), (texts(&[]), texts(&["live"])));
    assert_eq!(who(&mut store, "queue"), (texts(&["live"]), texts(&[])));
    assert_eq!(who(&mut store, "mine"), (texts(&["live"]), texts(&["patient"])));
    assert_eq!(wants(&mut store, "held", "live"), Answer::Granted);
}

/// What cannot be read must not be taken for a lock that nobody holds.
#[test]
fn an_unreadable_row_is_an_error_that_names_the_lock_and_stays_as_it_is() {
    let mut store = MemoryStore::default();
    let names = vec!["argo/Mutex/m".to_owned()];
    let broken = |rows: &mut LockRows| drop(rows.insert(names[0].clone(), b"{ torn".to_vec()));
    store.update_locks(&names, &mut |rows| broken(rows)).unwrap();
    let refused = change(&mut store, &names, &mut |_| panic!("it is not asked for")).unwrap();
    let reason = refused.unwrap_err();
    assert!(reason.contains("the row of the lock argo/Mutex/m cannot be read"), "{reason}");
    take_out(&mut store, &names, &|_| true).unwrap();
    assert_eq!(store.locks().unwrap()[&names[0]], b"{ torn");
}

/// What a holder holds is known by its name: what its locks are called may have changed since.
#[test]
fn a_holder_gives_back_whatever_it_has() {
    let mut store = MemoryStore::default();
    for lock in ["a", "b"] {
        assert_eq!(wants(&mut store, lock, "first"), Answer::Granted);
        assert!(matches!(wants(&mut store, lock, "second"), Answer::Waiting { .. }));
    }
    let next = give_back(&mut store, &[("argo/first".to_owned(), None)]).unwrap();
    assert_eq!(next, ["argo/second", "argo/second"]);
    assert_eq!(who(&mut store, "b"), (Vec::new(), vec!["second".to_owned()]));
}

/// Who comes in a crowd stands in line as who came one after the other; a lock that cannot be read is nothing to those
/// who ask for others.
#[test]
fn a_crowd_asks_together() {
    let mut store = MemoryStore::default();
    let torn = vec!["torn".to_owned()];
    store.update_locks(&torn, &mut |rows| drop(rows.insert(torn[0].clone(), b"{".to_vec()))).unwrap();
    let asking = |lock: &str, uid: &str| Asking { who: holder(uid), sized: vec![(mutex(lock), 1)] };
    let crowd = [asking("m", "a"), asking("n", "b"), asking("m", "c"), asking("m", "d")];
    let answers = |store: &mut MemoryStore, crowd: &[Asking]| -> Vec<LockAnswer> {
        try_acquire(store, crowd).unwrap().into_iter().map(|tried| tried.answer).collect()
    };
    let told = answers(&mut store, &crowd);
    let waits = |answer: &LockAnswer| matches!(answer, LockAnswer::Waiting { lock, .. } if lock == "m");
    assert!(told[..2].iter().all(|answer| *answer == LockAnswer::Granted), "{told:?}");
    assert!(told[2..].iter().all(waits), "{told:?}");
    assert_eq!(who(&mut store, "m"), (vec!["a".to_owned()], vec!["c".to_owned(), "d".to_owned()]));

    let told = answers(&mut store, &[asking("torn", "e"), asking("o", "f"), asking("m", "g")]);
    assert!(matches!(&told[0], LockAnswer::Refused(why) if why.contains("torn")), "{told:?}");
    assert!(told[1] == LockAnswer::Granted && waits(&told[2]), "{told:?}");
}

/// EX-357: whoever encloses a crowd and has what all of it wants refuses each of it; who waits for another is not among
/// them, and nobody who was refused stays in line.
#[test]
fn a_crowd_that_closes_a_circle_is_refused() {
    let mut store = MemoryStore::default();
    wants(&mut store, "m", "outer");
    wants(&mut store, "n", "other");
    let asking = |lock: &str, uid: &str| {
        let who = Holder { within: vec!["argo/outer".to_owned()], ..holder(uid) };
        Asking { who, sized: vec![(mutex(lock), 1)] }
    };
    let crowd = [asking("n", "a"), asking("m", "b"), asking("m", "c"), asking("n", "d")];
    let told: Vec<LockAnswer> =
        try_acquire(&mut store, &crowd).unwrap().into_iter().map(|tried| tried.answer).collect();
    for at in [1, 2] {
        assert!(matches!(&told[at], LockAnswer::Refused(why) if why.contains("deadlock")), "{told:?}");
    }
    for at in [0, 3] {
        assert!(matches!(&told[at], LockAnswer::Waiting { lock, .. } if lock == "n"), "{told:?}");
    }
    assert_eq!(who(&mut store, "m"), (vec!["outer".to_owned()], Vec::new()));
    assert_eq!(who(&mut store, "n"), (vec!["other".to_owned()], vec!["a".to_owned(), "d".to_owned()]));
}

//! One suite for every backend.

use std::collections::{BTreeMap, BTreeSet};

use tiphys_store::{
    Append, AppendError, Created, Cursor, End, Filed, Filter, LabelTerm, Life, MachineId, MemoKey,
    MemoryStore, NameMatch, NewObject, NewRun, ObjectKey, Order, Put, Runs as _, Shelf, State, Store,
    Summary,
};

use crate::log::commits;
use crate::support::{create, each, filed, new_run, record, row};

#[test]
fn records_come_back_in_order_and_whole() {
    each(|store| {
        let (a, b) = (create(store, "a"), create(store, "b"));
        let bodies: [&[u8]; 3] = [b"one", b"", &[0, 255, 10]];
        let batch = [
            record(&a, 1, 1, bodies[0]),
            record(&b, 1, 1, "other"),
            record(&a, 1, 2, bodies[1]),
            record(&a, 1, 3, bodies[2]),
        ];
        assert_eq!(store.append(&batch).unwrap(), vec![Ok(()); 4]);
        let loaded = store.load(&a).unwrap().unwrap();
        assert_eq!(loaded.last_seq(), 3);
        let found: Vec<_> =
            loaded.records.iter().map(|record| (record.seq, record.at_us, &record.body[..])).collect();
        assert_eq!(found, [(1, 1_001, bodies[0]), (2, 1_002, bodies[1]), (3, 1_003, bodies[2])]);
        assert_eq!(store.load(&b).unwrap().unwrap().records.len(), 1);
    });
}

#[test]
fn a_refused_record_leaves_the_rest_of_its_batch() {
    each(|store| {
        let (a, b) = (create(store, "a"), create(store, "b"));
        let batch = [
            record(&a, 1, 1, "a1"),
            record(&a, 1, 3, "too far"),
            record(&a, 1, 1, "again"),
            record(&b, 1, 1, "b1"),
            record(&MachineId::workflow("nobody"), 1, 1, "?"),
            record(&a, 1, 2, "a2"),
        ];
        let results = store.append(&batch).unwrap();
        let gap = |given, last| Err(AppendError::Gap { given, last });
        assert_eq!(results, [Ok(()), gap(3, 1), gap(1, 1), Ok(()), Err(AppendError::Unknown), Ok(())]);
        assert_eq!(store.load(&a).unwrap().unwrap().last_seq(), 2);
    });
}

#[test]
fn an_old_epoch_is_fenced() {
    each(|store| {
        let a = create(store, "a");
        store.append(&[record(&a, 1, 1, "mine")]).unwrap();
        assert_eq!(store.next_epoch(&a).unwrap(), 2);
        let results = store.append(&[record(&a, 1, 2, "late"), record(&a, 2, 2, "new owner")]).unwrap();
        assert_eq!(results, [Err(AppendError::Fenced { given: 1, current: 2 }), Ok(())]);
        let never_given = store.append(&[record(&a, 3, 3, "from the future")]).unwrap();
        assert_eq!(never_given, [Err(AppendError::Fenced { given: 3, current: 2 })]);
    });
}

#[test]
fn a_machine_may_be_owned_before_it_is_created() {
    each(|store| {
        let a = MachineId::workflow("a");
        assert_eq!(store.next_epoch(&a).unwrap(), 1);
        assert_eq!(store.load(&a).unwrap(), None);
        assert_eq!(store.append(&[record(&a, 1, 1, "early")]).unwrap(), [Err(AppendError::Unknown)]);
        assert_eq!(store.create(&new_run("a", row("a", 1))).unwrap(), Created::Yes);
        assert_eq!(store.append(&[record(&a, 1, 1, "now")]).unwrap(), [Ok(())]);
    });
}

#[test]
fn a_follower_reads_the_tail() {
    each(|store| {
        let a = create(store, "a");
        let batch: Vec<_> = (1..=10).map(|seq| record(&a, 1, seq, seq.to_string())).collect();
        store.append(&batch).unwrap();
        let seqs =
            |records: Vec<tiphys_store::Record>| records.iter().map(|record| record.seq).collect::<Vec<_>>();
        assert_eq!(seqs(store.tail(&a, 7, 100).unwrap()), [8, 9, 10]);
        assert_eq!(seqs(store.tail(&a, 0, 2).unwrap()), [1, 2]);
        assert!(store.tail(&a, 10, 5).unwrap().is_empty());
        assert!(store.tail(&MachineId::workflow("nobody"), 0, 5).unwrap().is_empty());
    });
}

#[test]
fn runs_are_created_begun_and_filed_in_one_commit() {
    each(|store| {
        let old = create(store, "old");
        let new = |uid: &str, name: &str| new_run(uid, row(name, 1));
        let runs = [new("a", "a"), new("b", "a"), new("c", "c")];
        let [a, b, c] = [0, 1, 2].map(|at: usize| runs[at].machine.clone());
        let mut over = record(&c, Append::CREATING, 1, "over");
        over.end = Some(End { document: b"final".to_vec(), brief: b"brief".to_vec(), times: Vec::new() });
        let mut begun = record(&a, Append::CREATING, 1, "begun");
        let labels = [("phase".to_owned(), "Running".to_owned())].into();
        let running = Summary { phase: "Running".into(), labels, ..row("another name", 9) };
        begun.summary = Some(Summary { started_us: Some(5), ..running });
        let batch = [
            begun,
            record(&b, Append::CREATING, 1, "never"),
            over,
            record(&old, 1, 1, "goes on"),
            record(&old, Append::CREATING, 2, "not created here"),
            record(&a, Append::CREATING, 2, "and on"),
        ];
        let done = store.commit(&runs, &batch).unwrap();
        let taken = Created::NameTaken { uid: "a".into() };
        assert_eq!(done.created, [(Created::Yes, 1), (taken, 0), (Created::Yes, 1)]);
        let fenced = AppendError::Fenced { given: Append::CREATING, current: 1 };
        assert_eq!(done.appended, [Ok(()), Err(AppendError::Unknown), Ok(()), Ok(()), Err(fenced), Ok(())]);
        assert_eq!(store.load(&a).unwrap().unwrap().records.len(), 2);
        let found = store.list(&Filter {
            phases: vec!["Running".into()],
            labels: vec![LabelTerm::In("phase".into(), vec!["Running".into()])],
            ..Filter::default()
        });
        let [found] = &found.unwrap()[..] else { panic!("one run is running") };
        // Who it is stays what it was.
        assert_eq!((&*found.uid, &*found.name, found.created_us), ("a", "a", 1));
        assert_eq!(found.started_us, Some(5));
        assert_eq!(store.load(&b).unwrap(), None);
        assert_eq!(store.archived(&c).unwrap().unwrap(), b"final");
        assert_eq!(store.briefs(&[c]).unwrap(), [Some(b"brief".to_vec())]);
        assert_eq!(store.append(&[record(&a, 1, 3, "ours")]).unwrap(), [Ok(())]);
    });
}

#[test]
fn letters_wait_until_the_record_that_takes_them() {
    each(|store| {
        let (a, b) = (create(store, "a"), create(store, "b"));
        assert_eq!(store.put_inbox(&MachineId::workflow("nobody"), b"?").unwrap(), None);
        let first = store.put_inbox(&a, b"stop").unwrap().unwrap();
        let second = store.put_inbox(&a, b"resume").unwrap().unwrap();
        let third = store.put_inbox(&b, b"other").unwrap().unwrap();
        assert!(first < second && second < third);
        assert_eq!(store.waiting().unwrap(), [a.clone(), b.clone()]);
        assert_eq!(store.inbox(&a).unwrap()[0].body, b"stop");

        let mut refused = record(&a, 1, 5, "gap");
        refused.inbox_done = Some(second);
        store.append(&[refused]).unwrap();
        assert_eq!(store.inbox(&a).unwrap().len(), 2);

        let mut taken = record(&a, 1, 1, "stopped");
        taken.inbox_done = Some(first);
        assert_eq!(store.append(&[taken]).unwrap(), [Ok(())]);
        assert_eq!(store.inbox(&a).unwrap().iter().map(|letter| letter.number).collect::<Vec<_>>(), [second]);
        store.drop_inbox(&a, second).unwrap();
        assert_eq!(store.waiting().unwrap(), [b]);
    });
}

#[test]
fn a_name_is_taken_once() {
    each(|store| {
        let run = new_run("u1", row("hello", 1));
        assert_eq!(store.create(&run).unwrap(), Created::Yes);
        assert_eq!(store.create(&run).unwrap(), Created::Exists);
        let namesake = new_run("u2", row("hello", 2));
        assert_eq!(store.create(&namesake).unwrap(), Created::NameTaken { uid: "u1".into() });
        let elsewhere = new_run("u3", Summary { namespace: "other".into(), ..row("hello", 3) });
        assert_eq!(store.create(&elsewhere).unwrap(), Created::Yes);
        assert_eq!(store.find("workflow", "default", "hello").unwrap().unwrap().uid, "u1");
        assert_eq!(store.document(&run.machine).unwrap().unwrap(), b"document of u1");

        assert!(store.delete(&run.machine).unwrap());
        assert!(!store.delete(&run.machine).unwrap());
        assert_eq!(store.find("workflow", "default", "hello").unwrap(), None);
        assert_eq!(store.create(&namesake).unwrap(), Created::Yes);
        let both = [namesake.machine, run.machine, elsewhere.machine];
        assert_eq!(store.delete_all(&both).unwrap(), [true, false, true]);
        assert_eq!(store.list(&Filter::default()).unwrap(), []);
    });
}

/// Each transaction waits for the disk, which is most of what it costs to delete a run.
#[test]
fn runs_that_are_deleted_together_are_one_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(&folder.path().join("state")).unwrap();
    let mut store = state.store().unwrap();
    let runs: Vec<NewRun> =
        (0..300).map(|number| new_run(&format!("u{number}"), row(&format!("run-{number}"), 1))).collect();
    let machines: Vec<MachineId> = runs.iter().map(|run| run.machine.clone()).collect();
    store.commit(&runs, &[]).unwrap();
    store.archive(&machines.iter().map(|machine| filed(machine, b"{}")).collect::<Vec<_>>()).unwrap();
    let before = commits(&state.database());
    assert!(before >= 2, "the log was read");
    assert_eq!(store.delete_all(&machines).unwrap(), vec![true; machines.len()]);
    assert_eq!(commits(&state.database()), before + 1);
    assert_eq!(store.delete_archived(&machines).unwrap(), vec![true; machines.len()]);
    assert_eq!(commits(&state.database()), before + 2);
}

#[test]
fn a_run_is_begun_anew_by_whoever_has_it() {
    each(|store| {
        let a = create(store, "a");
        let epoch = store.next_epoch(&a).unwrap();
        let summary = store.summary(&a).unwrap().unwrap();
        let anew = NewRun { machine: a.clone(), document: b"anew".to_vec(), summary };
        assert!(!store.restart(&anew, Some(epoch - 1)).unwrap(), "somebody else has it");
        assert_ne!(store.document(&a).unwrap().unwrap(), b"anew");
        assert!(store.restart(&anew, Some(epoch)).unwrap());
        assert_eq!(store.document(&a).unwrap().unwrap(), b"anew");
        assert!(store.restart(&anew, None).unwrap());
    });
}

#[test]
fn deleting_a_run_takes_everything_of_it() {
    each(|store| {
        let a = create(store, "a");
        store.append(&[record(&a, 1, 1, "x")]).unwrap();
        store.put_inbox(&a, b"letter").unwrap();
        assert!(store.delete(&a).unwrap());
        assert_eq!(store.load(&a).unwrap(), None);
        assert_eq!(store.summary(&a).unwrap(), None);
        assert!(store.waiting().unwrap().is_empty());
        assert_eq!(store.append(&[record(&a, 1, 2, "y")]).unwrap(), [Err(AppendError::Unknown)]);
    });
}

#[test]
fn the_archive_outlives_the_run() {
    each(|store| {
        let a = create(store, "a");
        let nobody = MachineId::workflow("nobody");
        assert_eq!(store.archive(&[filed(&nobody, b"?"), filed(&a, b"first")]).unwrap(), [false, true]);
        assert_eq!(store.briefs(&[a.clone(), nobody]).unwrap(), [Some(b"first".to_vec()), None]);
        assert_eq!(store.times(&a).unwrap(), None);
        let end = End { document: b"final".to_vec(), brief: b"brief".to_vec(), times: b"times".to_vec() };
        let last = Filed { machine: a.clone(), end };
        assert_eq!(store.archive(&[last]).unwrap(), [true]);
        assert_eq!(store.briefs(std::slice::from_ref(&a)).unwrap(), [Some(b"brief".to_vec())]);
        let archive = Filter { shelf: Shelf::Archive, ..Filter::default() };
        assert_eq!(store.list(&archive).unwrap().len(), 1);

        assert!(store.delete(&a).unwrap());
        assert_eq!(store.archived(&a).unwrap().unwrap(), b"final");
        assert_eq!(store.times(&a).unwrap().unwrap(), b"times");
        assert_eq!(store.list(&Filter::default()).unwrap(), []);
        assert_eq!(store.list(&archive).unwrap()[0].uid, "a");
        assert_eq!(store.create(&new_run("b", row("a", 2))).unwrap(), Created::Yes);

        assert_eq!(store.delete_archived(std::slice::from_ref(&a)).unwrap(), [true]);
        assert_eq!(store.delete_archived(std::slice::from_ref(&a)).unwrap(), [false]);
        assert_eq!(store.list(&archive).unwrap(), []);
        assert_eq!(store.times(&a).unwrap(), None);
        assert_eq!(store.summary(&a).unwrap(), None);
    });
}

/// EX-306: who reads never finds a run that goes on, or ended anew, with what was filed of an earlier end.
#[test]
fn what_was_filed_goes_with_the_end_that_it_tells_of() {
    each(|store| {
        let a = create(store, "a");
        let archive = Filter { shelf: Shelf::Archive, ..Filter::default() };
        let told = |finished_us: Option<i64>, seq: u64, end: Option<&[u8]>| Append {
            summary: Some(Summary { finished_us, ..row("a", 1) }),
            end: end.map(|end| End { document: end.to_vec(), brief: Vec::new(), times: Vec::new() }),
            ..record(&a, 1, seq, "x")
        };
        let mut after = |append: Append| {
            assert_eq!(store.append(&[append]).unwrap(), [Ok(())]);
            assert_eq!(store.list(&archive).unwrap().len(), store.archived(&a).unwrap().iter().len());
            store.archived(&a).unwrap()
        };
        assert_eq!(after(told(Some(5), 1, Some(b"first"))).as_deref(), Some(&b"first"[..]));
        // What is said later of the same end changes nothing.
        assert_eq!(after(told(Some(5), 2, None)).as_deref(), Some(&b"first"[..]));
        assert_eq!(after(record(&a, 1, 3, "without a row")).as_deref(), Some(&b"first"[..]));
        assert_eq!(after(told(None, 4, None)), None);
        assert_eq!(after(told(Some(7), 5, Some(b"second"))).as_deref(), Some(&b"second"[..]));
        // Begun anew and over again in one record; its end is filed with it, or later.
        assert_eq!(after(told(Some(9), 6, Some(b"third"))).as_deref(), Some(&b"third"[..]));
        assert_eq!(after(told(Some(11), 7, None)), None);
    });
}

#[test]
fn the_oldest_of_the_archive_go_first() {
    each(|store| {
        let times = [(Some(5), 9), (Some(1), 20), (None, 8), (Some(2), 7), (Some(3), 10)];
        for (at, (started, finished)) in times.into_iter().enumerate() {
            let uid = format!("u{at}");
            let mut summary = row(&uid, 0);
            (summary.started_us, summary.finished_us) = (started, Some(finished));
            store.create(&new_run(&uid, summary)).unwrap();
            if at != 4 {
                store.archive(&[filed(&MachineId::workflow(uid), b"end")]).unwrap();
            }
        }
        let uids = |store: &mut dyn Store, until: i64, limit: usize| -> Vec<String> {
            store.oldest_archived(until, limit).unwrap().into_iter().map(|row| row.uid).collect()
        };
        assert_eq!(uids(store, 10, 9), ["u2", "u3", "u0"]);
        assert_eq!(uids(store, 10, 2), ["u2", "u3"]);
        assert_eq!(uids(store, 8, 9), ["u2", "u3"]);
        let [one, other] = ["u2", "u4"].map(MachineId::workflow);
        assert_eq!(store.delete_archived(&[one, other]).unwrap(), [true, false]);
        assert_eq!(uids(store, 30, 9), ["u1", "u3", "u0"]);
    });
}

#[test]
fn runs_are_counted_by_phase_and_searched_on_every_shelf() {
    each(|store| {
        for (number, phase) in ["Running", "Succeeded", "Succeeded", "Failed", "Succeeded"].iter().enumerate()
        {
            let mut summary = row(&format!("run-{number}"), number as i64);
            summary.phase = (*phase).to_owned();
            store.create(&new_run(&format!("u{number}"), summary)).unwrap();
        }
        store.archive(&[filed(&MachineId::workflow("u1"), b"end")]).unwrap();
        store.archive(&[filed(&MachineId::workflow("u3"), b"end")]).unwrap();
        let phases = ["Failed", "Error", "Running", "Succeeded"];
        for (shelf, all, without_one) in [
            (Shelf::Runs, [1, 0, 1, 3], [1, 0, 1, 2]),
            (Shelf::Unfiled, [0, 0, 1, 2], [0, 0, 1, 2]),
            (Shelf::Archive, [1, 0, 0, 1], [1, 0, 0, 0]),
        ] {
            // Which phases, how many and from where on a page is asked for has no part in it.
            let filter = Filter { shelf, phases: vec!["Error".to_owned()], limit: 1, ..Filter::default() };
            assert_eq!(store.count_phases(&filter, &phases).unwrap(), all, "{shelf:?}");
            let filter = Filter { not_name: Some("run-1".to_owned()), ..filter };
            assert_eq!(store.count_phases(&filter, &phases).unwrap(), without_one, "{shelf:?}");
            let name = Some(NameMatch::Contains("n-3".to_owned()));
            let found = store.list(&Filter { shelf, name, limit: 9, ..Filter::default() }).unwrap();
            let is_there = shelf != Shelf::Unfiled;
            assert_eq!(found.iter().any(|row| row.uid == "u3"), is_there, "{shelf:?}");
        }
    });
}

/// Enough runs that a list of few among them is made from its labels and not by walking all.
#[test]
fn labels_choose_the_same_rows_however_they_are_found() {
    const RUNS: usize = 3_000;
    each(|store| {
        let runs: Vec<_> = (0..RUNS)
            .map(|number| {
                let mut summary = row(&format!("run-{number:04}"), number as i64);
                summary.started_us = Some(number as i64);
                summary.labels.insert("rare".to_owned(), (number % 1_000).to_string());
                summary.labels.insert("even".to_owned(), (number % 2 == 0).to_string());
                if number % 3 == 0 {
                    summary.labels.insert("third".to_owned(), String::new());
                }
                new_run(&format!("u{number:04}"), summary)
            })
            .collect();
        store.commit(&runs, &[]).unwrap();
        let term = |key: &str, values: &[&str]| {
            LabelTerm::In(key.to_owned(), values.iter().map(|value| (*value).to_owned()).collect())
        };
        let mut check = |labels: Vec<LabelTerm>, wanted: &dyn Fn(usize) -> bool| {
            let all: Vec<String> =
                (0..RUNS).rev().filter(|n| wanted(*n)).map(|n| format!("u{n:04}")).collect();
            for order in [Order::Created, Order::Started] {
                let filter = Filter { labels: labels.clone(), order, limit: 7, ..Filter::default() };
                assert_eq!(store.count(&filter).unwrap(), all.len() as u64);
                for offset in [0, 5] {
                    let page = store.list(&Filter { offset, ..filter.clone() }).unwrap();
                    let page: Vec<_> = page.into_iter().map(|row| row.uid).collect();
                    let expected: Vec<_> = all.iter().skip(offset).take(7).cloned().collect();
                    assert_eq!(page, expected, "{labels:?} from {offset}");
                }
            }
        };
        check(vec![term("rare", &["7"])], &|n| n % 1_000 == 7);
        check(vec![term("rare", &["7", "8"]), term("even", &["true"])], &|n| n % 1_000 == 8);
        check(vec![term("rare", &["7"]), term("even", &["true"])], &|_| false);
        check(vec![LabelTerm::Exists("third".to_owned())], &|n| n % 3 == 0);
        let absent = LabelTerm::Absent("third".to_owned());
        check(vec![term("rare", &["8", "9"]), absent], &|n| matches!(n % 1_000, 8 | 9) && n % 3 != 0);
        let not = LabelTerm::NotIn("even".to_owned(), vec!["true".to_owned()]);
        check(vec![not], &|n| n % 2 == 1);
    });
}

/// I9: a row may be written without a record, by whoever has the machine.
#[test]
fn a_row_is_brought_up_to_date_alone_by_its_owner() {
    each(|store| {
        let a = create(store, "a");
        let told = |message: &str| Summary { message: message.into(), ..row("a", 1) };
        store.refresh(&[(a.clone(), 1, told("waits"))]).unwrap();
        assert_eq!(store.summary(&a).unwrap().unwrap().message, "waits");
        assert_eq!(store.load(&a).unwrap().unwrap().records, []);
        let gone = tiphys_store::MachineId::workflow("gone");
        assert_eq!(store.next_epoch(&a).unwrap(), 2);
        store.refresh(&[(a.clone(), 1, told("from before")), (gone, 1, told("nobody"))]).unwrap();
        assert_eq!(store.summary(&a).unwrap().unwrap().message, "waits");
    });
}

#[test]
fn an_append_brings_the_row_up_to_date() {
    each(|store| {
        let a = create(store, "a");
        let labels = |value: &str| BTreeMap::from([("team".to_owned(), value.to_owned())]);
        let mut append = record(&a, 1, 1, "x");
        append.summary = Some(Summary {
            phase: "Running".into(),
            progress: "1/2".into(),
            suspended: true,
            asks: true,
            started_us: Some(5),
            labels: labels("blue"),
            namespace: "elsewhere".into(),
            name: "renamed".into(),
            uid: "forged".into(),
            created_us: 77,
            ..Summary::default()
        });
        store.append(&[append]).unwrap();
        let found = store.summary(&a).unwrap().unwrap();
        let expected = Summary {
            uid: "a".into(),
            phase: "Running".into(),
            progress: "1/2".into(),
            suspended: true,
            asks: true,
            started_us: Some(5),
            labels: labels("blue"),
            ..row("a", 1)
        };
        assert_eq!(found, expected);

        let mut end = record(&a, 1, 2, "y");
        end.summary = Some(Summary {
            phase: "Succeeded".into(),
            finished_us: Some(9),
            labels: labels("red"),
            ..expected
        });
        store.append(&[end]).unwrap();
        let blue =
            Filter { labels: vec![LabelTerm::In("team".into(), vec!["blue".into()])], ..Filter::default() };
        assert_eq!(store.list(&blue).unwrap(), []);
        let done = Filter { life: Life::Finished, phases: vec!["Succeeded".into()], ..Filter::default() };
        assert_eq!(store.list(&done).unwrap().len(), 1);
    });
}

fn shelf_of_runs(store: &mut dyn Store) {
    let make = |number: i64| {
        let labels = match number % 3 {
            0 => BTreeMap::new(),
            rest => BTreeMap::from([("colour".to_owned(), ["", "red", "blue"][rest as usize].to_owned())]),
        };
        Summary {
            namespace: if number % 2 == 0 { "even" } else { "odd" }.into(),
            message: format!("step {number} failed"),
            name: format!("run-{number:02}"),
            uid: format!("u{number:02}"),
            phase: if number < 5 { "Running" } else { "Succeeded" }.into(),
            created_us: number / 2,
            finished_us: (number >= 5).then_some(number),
            labels,
            ..Summary::default()
        }
    };
    for number in 0..10 {
        let summary = make(number);
        let uid = summary.uid.clone();
        store.create(&new_run(&uid, summary)).unwrap();
    }
}

#[track_caller]
fn check(store: &mut dyn Store, filter: Filter, expected: &[u32]) {
    let found: Vec<_> = store.list(&filter).unwrap().into_iter().map(|row| row.uid).collect();
    let expected: Vec<_> = expected.iter().map(|number| format!("u{number:02}")).collect();
    assert_eq!(found, expected, "{filter:?}");
}

#[test]
fn lists_are_filtered_and_newest_first() {
    each(|store| {
        shelf_of_runs(store);
        let all = Filter::default;
        let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        let label = |term| Filter { labels: vec![term], ..all() };
        check(store, all(), &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        check(store, Filter { namespace: Some("odd".into()), ..all() }, &[9, 7, 5, 3, 1]);
        check(store, Filter { phases: texts(&["Running"]), ..all() }, &[4, 3, 2, 1, 0]);
        check(store, Filter { phases: texts(&["Running", "Failed"]), limit: 2, ..all() }, &[4, 3]);
        check(store, Filter { life: Life::Live, namespace: Some("even".into()), ..all() }, &[4, 2, 0]);
        check(store, Filter { life: Life::Finished, limit: 1, ..all() }, &[9]);
        check(store, label(LabelTerm::In("colour".into(), texts(&["red", "green"]))), &[7, 4, 1]);
        check(store, label(LabelTerm::NotIn("colour".into(), texts(&["red"]))), &[9, 8, 6, 5, 3, 2, 0]);
        check(store, label(LabelTerm::Exists("colour".into())), &[8, 7, 5, 4, 2, 1]);
        check(store, label(LabelTerm::Absent("colour".into())), &[9, 6, 3, 0]);
        check(store, Filter { name: Some(NameMatch::Contains("n-0".into())), limit: 3, ..all() }, &[9, 8, 7]);
        check(store, Filter { name: Some(NameMatch::Contains("%".into())), ..all() }, &[]);
        check(store, Filter { message: Some("step 7 fai".into()), ..all() }, &[7]);
        check(store, Filter { name: Some(NameMatch::Prefix("run-03".into())), ..all() }, &[3]);
        check(store, Filter { name: Some(NameMatch::Prefix("un-03".into())), ..all() }, &[]);
        check(store, Filter { name: Some(NameMatch::Exact("run-04".into())), ..all() }, &[4]);
        check(store, Filter { kind: Some("cron".into()), ..all() }, &[]);
    });
}

#[test]
fn pages_join_without_a_seam() {
    each(|store| {
        shelf_of_runs(store);
        let mut after: Option<Cursor> = None;
        let mut seen = Vec::new();
        loop {
            let page = store.list(&Filter { after: after.clone(), limit: 3, ..Filter::default() }).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.cursor());
            seen.extend(page.iter().map(|row| row.uid.clone()));
        }
        assert_eq!(seen, (0..10).rev().map(|number| format!("u{number:02}")).collect::<Vec<_>>());
    });
}

#[test]
fn objects_have_rising_versions_and_refuse_a_stale_writer() {
    each(|store| {
        let key = |namespace: &str, name: &str| ObjectKey {
            kind: "ConfigMap".into(),
            namespace: namespace.into(),
            name: name.into(),
        };
        let Put::Done { version: first } = store.put_object(&key("b", "x"), b"1", Some(0)).unwrap() else {
            panic!()
        };
        let Put::Done { version: second } = store.put_object(&key("a", "y"), b"2", None).unwrap() else {
            panic!()
        };
        assert!(second > first);
        let stale = store.put_object(&key("b", "x"), b"3", Some(0)).unwrap();
        assert_eq!(stale, Put::Conflict { current: first });
        assert!(matches!(store.put_object(&key("b", "x"), b"3", Some(first)).unwrap(), Put::Done { .. }));
        assert_eq!(store.object(&key("b", "x")).unwrap().unwrap().body, b"3");
        let names = |objects: Vec<tiphys_store::Object>| {
            objects.into_iter().map(|object| object.key.name).collect::<Vec<_>>()
        };
        assert_eq!(names(store.objects("ConfigMap", None).unwrap()), ["y", "x"]);
        assert_eq!(names(store.objects("ConfigMap", Some("b")).unwrap()), ["x"]);
        assert!(!store.delete_object(&key("b", "x"), Some(first)).unwrap(), "it was changed since");
        let current = store.object(&key("b", "x")).unwrap().unwrap().version;
        assert!(store.delete_object(&key("b", "x"), Some(current)).unwrap());
        assert!(!store.delete_object(&key("b", "x"), None).unwrap());
        let Put::Done { version } = store.put_object(&key("b", "x"), b"4", Some(0)).unwrap() else {
            panic!()
        };
        assert!(version > second + 1);
    });
}

#[test]
fn locks_change_in_one_piece() {
    each(|store| {
        let names = ["mutex/a".to_owned(), "mutex/b".to_owned()];
        store
            .update_locks(&names, &mut |rows| {
                assert!(rows.is_empty());
                rows.insert("mutex/a".into(), b"held".to_vec());
                rows.insert("mutex/b".into(), b"held".to_vec());
            })
            .unwrap();
        store
            .update_locks(&names[..1], &mut |rows| {
                assert_eq!(rows.len(), 1);
                rows.clear();
            })
            .unwrap();
        let left = store.locks().unwrap();
        assert_eq!(left.keys().collect::<Vec<_>>(), ["mutex/b"]);
    });
}

#[test]
fn a_remembered_result_notes_its_use() {
    each(|store| {
        let key = MemoKey { namespace: "n".into(), cache: "c".into(), key: "k".into() };
        store.note_hits(std::slice::from_ref(&key), 1).unwrap();
        assert_eq!(store.memo(&key).unwrap(), None);
        store.put_memo(&key, b"value", 5).unwrap();
        assert_eq!(store.memo(&key).unwrap().unwrap().hit_us, 5);
        store.note_hits(std::slice::from_ref(&key), 8).unwrap();
        let entry = store.memo(&key).unwrap().unwrap();
        assert_eq!((entry.created_us, entry.hit_us, &entry.body[..]), (5, 8, &b"value"[..]));
        store.put_memo(&key, b"newer", 20).unwrap();
        let entry = store.memo(&key).unwrap().unwrap();
        assert_eq!((entry.created_us, entry.hit_us), (20, 20));
    });
}

#[test]
fn objects_are_put_together_or_not_at_all() {
    each(|store| {
        let key = |name: &str| ObjectKey { kind: "K".into(), namespace: "n".into(), name: name.into() };
        let new = |name: &str, expected| NewObject { key: key(name), body: name.into(), expected };
        let Put::Done { version } = store.put_object(&key("a"), b"first", None).unwrap() else { panic!() };
        assert!(!store.put_objects(&[new("b", Some(0)), new("a", Some(version - 1))]).unwrap());
        assert!(!store.put_objects(&[new("b", Some(0)), new("c", Some(7))]).unwrap());
        assert_eq!(store.objects("K", None).unwrap().len(), 1);
        assert_eq!(store.object(&key("a")).unwrap().unwrap().body, b"first");
        assert!(store.put_objects(&[new("b", Some(0)), new("a", Some(version)), new("c", None)]).unwrap());
        let found = store.objects("K", None).unwrap();
        assert_eq!(found.iter().map(|object| &object.key.name[..]).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(found.iter().all(|object| object.version > version));
    });
}

/// EX-338
#[test]
fn results_that_nobody_uses_are_forgotten_the_oldest_use_first() {
    each(|store| {
        let key = |key: &str| MemoKey { namespace: "n".into(), cache: "c".into(), key: key.into() };
        for (at_us, name) in [(1, "used"), (2, "old"), (3, "older-than-it-looks"), (9, "new")] {
            store.put_memo(&key(name), name.as_bytes(), at_us).unwrap();
        }
        store.note_hits(&[key("used"), key("not there")], 9).unwrap();
        assert_eq!(store.count_unused_memos(9).unwrap(), 2);
        assert_eq!(store.forget_unused_memos(9, 1).unwrap(), 1);
        assert_eq!(store.memo(&key("old")).unwrap(), None);
        assert!(store.memo(&key("older-than-it-looks")).unwrap().is_some());
        assert_eq!(store.forget_unused_memos(9, 10).unwrap(), 1);
        assert_eq!(store.forget_unused_memos(9, 10).unwrap(), 0);
        assert!(store.memo(&key("used")).unwrap().is_some() && store.memo(&key("new")).unwrap().is_some());
    });
}

/// The pages themselves are compared above, for every backend.
#[test]
fn every_row_is_found_however_many_there_are() {
    let mut store = MemoryStore::new();
    let new = |number: usize| {
        let name = format!("r{number:05}");
        // Many are created at the same moment.
        new_run(&name, row(&name, number as i64 / 100))
    };
    let runs: Vec<NewRun> = (0..Filter::LIMIT_MAX + 2).map(new).collect();
    store.commit(&runs, &[]).unwrap();
    assert_eq!(store.list(&Filter::default()).unwrap().len(), Filter::LIMIT_MAX);
    let found: BTreeSet<String> =
        store.every(&Filter::default()).unwrap().into_iter().map(|row| row.name).collect();
    assert_eq!(found.len(), Filter::LIMIT_MAX + 2);
    let name = Some(NameMatch::Prefix("r00".into()));
    assert_eq!(store.every(&Filter { name, ..Filter::default() }).unwrap().len(), 1_000);
}

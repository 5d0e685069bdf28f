//! Schedules driven on a clock of ours, over a store in memory, with a world that only takes notes.

use super::*;
use tiphys_store::{Catalog, Journal as _, MemoryStore, Runs as _};

/// A world where runs end when the test says so.
#[derive(Default)]
struct Notes {
    told: Vec<String>,
    flaw: Option<String>,
    refuse: bool,
    /// Nobody can make a run now.
    gone: bool,
    /// Runs asked for since the test looked last.
    asked: Vec<spec::Workflow>,
    /// How many things were told as recorded.
    happened: usize,
}

impl Yard for Notes {
    fn flaw(&mut self, _document: &Value) -> Option<String> {
        self.flaw.clone()
    }

    fn submit(&mut self, workflow: spec::Workflow) -> Result<Answer, String> {
        if self.gone {
            return Err("nobody is here".to_owned());
        }
        self.told.push(format!("run {}", workflow.metadata.name));
        if self.refuse {
            return Ok(Answer::Failed("no".to_owned()));
        }
        let uid = format!("uid-{}", workflow.metadata.name);
        self.asked.push(workflow);
        Ok(Answer::Created { uid })
    }

    fn terminate(&mut self, run: &RunRef) {
        self.told.push(format!("terminate {}", run.name));
    }

    fn remove(&mut self, uid: &str) {
        self.told.push(format!("remove {uid}"));
    }

    fn warn(&mut self, message: &str) {
        self.told.push(format!("warn {message}"));
    }

    fn happened(&mut self, _schedule: &ObjectKey, _event: &Event) {
        self.happened += 1;
    }
}

struct Stage {
    schedules: Schedules,
    store: MemoryStore,
    notes: Notes,
}

/// Midnight of a day, in seconds.
const DAY: i64 = 1_782_864_000;

impl Stage {
    fn new() -> Stage {
        Stage { schedules: Schedules::new("UTC"), store: MemoryStore::new(), notes: Notes::default() }
    }

    fn describe(&mut self, name: &str, uid: &str, spec: Value) {
        let key = key("ns", name);
        let old = self.store.object(&key).unwrap().map(|object| value(&object)).unwrap_or_default();
        let mut body = json!({
            "metadata": { "name": name, "namespace": "ns", "uid": uid },
            "spec": { "schedules": ["* * * * *"], "workflowSpec": { "entrypoint": "main" } },
        });
        if let Some(spec) = spec.as_object() {
            spec.iter().for_each(|(field, value)| body["spec"][field] = value.clone());
        }
        if old["metadata"]["uid"] == uid && !old["status"].is_null() {
            body["status"] = old["status"].clone();
        }
        self.store.put_object(&key, body.to_string().as_bytes(), None).unwrap();
    }

    /// One round at so many seconds after midnight; what was done, in words.
    fn at(&mut self, second: i64) -> String {
        let now = Time((DAY + second) * 1_000_000);
        self.schedules.turn(&mut self.store, &mut self.notes, now).unwrap();
        for workflow in std::mem::take(&mut self.notes.asked) {
            let uid = format!("uid-{}", workflow.metadata.name);
            self.store
                .create(&NewRun {
                    machine: MachineId::workflow(&uid),
                    document: serde_json::to_vec(&json!({ "frozen": { "workflow": workflow } })).unwrap(),
                    summary: Summary {
                        namespace: "ns".to_owned(),
                        name: workflow.metadata.name.clone(),
                        uid,
                        created_us: now.0,
                        labels: workflow.metadata.labels.clone(),
                        ..Summary::default()
                    },
                })
                .unwrap();
        }
        let told = std::mem::take(&mut self.notes.told).join("; ");
        told.replace(&(DAY / 10_000).to_string(), "~")
    }

    fn end(&mut self, run: &str, phase: &str, second: i64) {
        let machine = MachineId::workflow(format!("uid-{}", run.replace('~', &(DAY / 10_000).to_string())));
        let mut summary = self.store.summary(&machine).unwrap().unwrap();
        summary.phase = phase.to_owned();
        summary.finished_us = Some((DAY + second) * 1_000_000);
        let epoch = self.store.next_epoch(&machine).unwrap();
        let append = Append {
            machine,
            epoch,
            seq: 1,
            at_us: 0,
            format: 1,
            body: Vec::new(),
            summary: Some(summary),
            inbox_done: None,
            end: None,
        };
        assert!(self.store.append(&[append]).unwrap()[0].is_ok());
    }

    fn status(&mut self, name: &str) -> Value {
        let object = self.store.object(&key("ns", name)).unwrap().unwrap();
        value(&object)
    }

    /// The process dies; the next one knows only the store.
    fn restart(&mut self) {
        self.schedules = Schedules::new("UTC");
    }
}

/// OB-059, CR-020, CR-021, CR-065, CR-072, CR-130, CR-132.
#[test]
fn a_schedule_runs_and_its_document_tells_of_it() {
    let mut stage = Stage::new();
    stage.describe("tick", "u", json!({}));
    assert_eq!(stage.at(0), "");
    assert_eq!(stage.at(60), "run tick-~4060");
    let document = stage.status("tick");
    assert_eq!(document["status"]["active"][0]["name"], format!("tick-{}", DAY + 60));
    assert_eq!(document["metadata"]["annotations"][LAST_USED], "* * * * *");
    stage.end("tick-~4060", "Succeeded", 70);
    assert_eq!(stage.at(80), "");
    let document = stage.status("tick");
    assert_eq!((&document["status"]["active"], &document["status"]["succeeded"]), (&Value::Null, &json!(1)));
    assert_eq!(stage.schedules.next_due(), Some(Time((DAY + 90) * 1_000_000)), "the next count");
}

/// CR-007, CR-130, CR-131.
#[test]
fn history_is_cut_at_the_next_count() {
    let mut stage = Stage::new();
    stage.describe("tick", "u", json!({ "successfulJobsHistoryLimit": 1 }));
    stage.at(0);
    for minute in 1..=3 {
        stage.at(minute * 60);
        stage.end(&format!("tick-~4{:03}", minute * 60), "Succeeded", minute * 60 + 1);
    }
    assert_eq!(stage.at(195), "remove uid-tick-~4120; remove uid-tick-~4060");
}

/// CR-110, CR-112: crash anywhere, start again: neither twice nor never.
#[test]
fn a_restart_goes_on_where_the_journal_ends() {
    let mut stage = Stage::new();
    stage.describe("tick", "u", json!({}));
    stage.at(0);
    stage.restart();
    assert_eq!(stage.at(62), "run tick-~4060", "it was due while we were away, but not for long");
    stage.restart();
    assert_eq!(stage.at(63), "");
    let active = stage.schedules.view().find("ns", "tick").unwrap().state().status.active.len();
    assert_eq!(active, 1);
    stage.restart();
    assert_eq!(stage.at(600), "run tick-~4600");
    let told = stage.schedules.view().find("ns", "tick").unwrap().state().recent.len();
    assert_eq!(
        told,
        1 + 8 + 1,
        "the first run, the eight times from 120 to 540 that were missed, the second run"
    );
}

/// CR-082, CR-116.
#[test]
fn removing_a_schedule_removes_its_runs() {
    let mut stage = Stage::new();
    stage.describe("tick", "u", json!({}));
    stage.at(0);
    stage.at(60);
    stage.store.delete_object(&key("ns", "tick"), None).unwrap();
    assert_eq!(stage.at(61), "remove uid-tick-~4060");
    assert_eq!(stage.schedules.next_due(), None);
    // Also when nobody was there to see it, and one of the same name came in its place.
    stage.describe("tock", "v", json!({}));
    stage.at(100);
    stage.at(120);
    stage.restart();
    stage.describe("tock", "w", json!({}));
    assert_eq!(stage.at(130), "remove uid-tock-~4120");
}

/// CR-132, CR-141: the status that is in the document after a restart is ours, whoever looks at it first.
#[test]
fn a_restart_counts_no_run_twice() {
    let mut stage = Stage::new();
    let stop = json!({ "expression": "cronworkflow.failed >= 4" });
    stage.describe("tick", "u", json!({ "concurrencyPolicy": "Replace", "stopStrategy": stop }));
    stage.at(0);
    stage.at(60);
    for minute in 2..=4 {
        stage.restart();
        stage.at(minute * 60);
        let active = stage.status("tick")["status"]["active"].clone();
        assert_eq!(active.as_array().map(Vec::len), Some(1), "{active}");
        stage.end(&format!("tick-~4{:03}", minute * 60 - 60), "Failed", minute * 60 + 1);
        stage.at(minute * 60 + 20);
        stage.at(minute * 60 + 30);
        let status = stage.status("tick")["status"].clone();
        assert_eq!(status["failed"], minute - 1, "{status}");
        assert_ne!(status["phase"], "Stopped");
    }
    let scheduled = stage.status("tick")["status"]["lastScheduledTime"].clone();
    assert_eq!(scheduled, "2026-07-01T00:04:00Z");
}

/// CR-131, CR-132: a label alone makes no run a schedule's.
#[test]
fn runs_of_others_are_left_alone_whatever_their_labels_say() {
    let mut stage = Stage::new();
    let limits = json!({ "successfulJobsHistoryLimit": 0, "concurrencyPolicy": "Forbid" });
    stage.describe("tick", "u", limits);
    stage.at(0);
    for name in ["by-hand", "going-on"] {
        let metadata = spec::Metadata {
            name: name.to_owned(),
            labels: BTreeMap::from([(CRON_LABEL.to_owned(), "tick".to_owned())]),
            ..spec::Metadata::default()
        };
        stage.notes.asked.push(spec::Workflow { metadata, ..spec::Workflow::default() });
    }
    stage.at(1);
    stage.end("by-hand", "Succeeded", 2);
    assert_eq!(stage.at(20), "");
    assert_eq!(stage.at(60), "run tick-~4060", "what goes on is not the schedule's");
    stage.end("tick-~4060", "Succeeded", 61);
    assert_eq!(stage.at(80), "remove uid-tick-~4060");
}

/// OB-058, CR-142: what a user writes into the status counts, and nothing that they did not touch.
#[test]
fn a_user_may_clear_the_status() {
    let mut stage = Stage::new();
    let stop = json!({ "stopStrategy": { "expression": "cronworkflow.succeeded >= 1" } });
    stage.describe("tick", "u", stop.clone());
    stage.at(0);
    stage.at(60);
    stage.end("tick-~4060", "Succeeded", 61);
    stage.at(75);
    let mut document = stage.status("tick");
    assert_eq!(document["metadata"]["labels"][COMPLETED], "true");
    document["status"]["phase"] = json!("");
    document["status"]["succeeded"] = json!(0);
    stage.store.put_object(&key("ns", "tick"), document.to_string().as_bytes(), None).unwrap();
    assert_eq!(stage.at(120), "run tick-~4120");
    let document = stage.status("tick");
    assert_eq!(document["status"]["lastScheduledTime"], "2026-07-01T00:02:00Z");
    assert!(document["metadata"]["labels"].get(COMPLETED).is_none());
}

/// A year of minutes takes no more room than a day.
#[test]
fn a_journal_begins_anew_before_it_gets_long() {
    let mut stage = Stage::new();
    stage.describe("tick", "u", json!({ "when": "'a' == 'b'" }));
    stage.at(0);
    for minute in 1..1_000 {
        stage.at(minute * 60);
    }
    let loaded = stage.store.load(&MachineId::cron("u")).unwrap().unwrap();
    assert!(loaded.records.len() <= RECORDS_MAX as usize);
    let before = stage.schedules.view().find("ns", "tick").unwrap().state().clone();
    stage.restart();
    stage.at(999 * 60 + 1);
    let after = stage.schedules.view().find("ns", "tick").unwrap().state().clone();
    assert_eq!(before.recent, after.recent);
    assert_eq!(before.armed, after.armed);
}

/// I13.
#[test]
fn a_document_that_cannot_be_read_is_told_once_and_stops_nobody() {
    let mut stage = Stage::new();
    stage.store.put_object(&key("ns", "bad"), b"{\"spec\":{\"schedules\":3}}", None).unwrap();
    stage.describe("tick", "u", json!({}));
    let told = stage.at(0);
    assert!(told.starts_with("warn schedule ns/bad cannot be read: "), "{told}");
    assert_eq!(stage.at(60), "run tick-~4060");
    stage.notes.refuse = true;
    stage.at(120);
    let status = &stage.status("tick")["status"];
    assert_eq!(status["conditions"][0]["message"], "Failed to submit Workflow: no");
    assert_eq!(status["failed"], 1);
}

/// CR-112: what nobody could make is no run that failed.
#[test]
fn a_run_that_cannot_be_asked_for_now_is_asked_for_again() {
    let mut stage = Stage::new();
    stage.describe("tick", "u", json!({}));
    stage.at(0);
    stage.notes.gone = true;
    let told = stage.at(60);
    assert_eq!(told, "warn schedule ns/tick will ask for its run again: nobody is here");
    assert_eq!(stage.status("tick")["status"]["failed"], Value::Null);
    stage.notes.gone = false;
    assert_eq!(stage.at(62), "run tick-~4060");
    assert_eq!(stage.at(63), "");
}

/// I3, I9: nothing follows from what could not be recorded because somebody else has the schedule.
#[test]
fn a_schedule_that_somebody_else_has_does_nothing() {
    let mut stage = Stage::new();
    stage.describe("tick", "u", json!({ "when": "'a' == 'b'" }));
    stage.at(0);
    for minute in 1..=2 {
        let machine = MachineId::cron("u");
        stage.store.next_epoch(&machine).unwrap();
        let records = stage.store.load(&machine).unwrap().unwrap().records.len();
        let before = stage.notes.happened;
        if minute == 2 {
            // Also where the journal would begin anew.
            stage.schedules.homes.get_mut(&key("ns", "tick")).unwrap().seq = RECORDS_MAX;
        }
        assert_eq!(stage.at(minute * 60), "");
        assert_eq!(stage.notes.happened, before);
        assert_eq!(stage.store.load(&machine).unwrap().unwrap().records.len(), records);
        // Found again in the journal.
        stage.at(minute * 60 + 1);
        assert!(stage.notes.happened > before);
    }
}

#[test]
fn a_journal_of_another_format_is_left_alone() {
    let mut stage = Stage::new();
    stage.describe("tick", "u", json!({}));
    stage.at(0);
    stage.restart();
    let machine = MachineId::cron("u");
    let epoch = stage.store.next_epoch(&machine).unwrap();
    let seq = stage.store.load(&machine).unwrap().unwrap().last_seq() + 1;
    let body = b"what a later release writes".to_vec();
    let append =
        Append { machine, epoch, seq, at_us: 0, format: 2, body, summary: None, inbox_done: None, end: None };
    assert!(stage.store.append(&[append]).unwrap()[0].is_ok());
    let told = stage.at(60);
    assert!(told.ends_with("its format is 2, and this release knows 1"), "{told}");
}

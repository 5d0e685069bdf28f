//! What must be true after a server was killed again and again.
//!
//! Every submit and delivery that was acknowledged exists, no step ran twice, no line of a log is lost that was shown,
//! the archive holds what has ended, no delivery and no instant of a schedule made two runs or none, and what could end
//! has ended.

use super::{PATIENCE, Promised, Victim};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How many lines a followed run says.
pub const LINES: usize = 8;

pub fn judge(victim: &Victim, traces: &Path, promised: &Promised) {
    let phases = ended(victim, traces, promised);
    for name in &promised.runs {
        assert_eq!(phases.get(name).map(String::as_str), Some("Succeeded"), "{name} was acknowledged");
        let trace = std::fs::read_to_string(traces.join(name)).unwrap_or_default();
        assert_eq!(trace, "once\n", "the step of {name} ran once");
    }
    for name in &promised.deleted {
        assert!(!phases.contains_key(name), "{name} was deleted");
    }
    logs(victim, promised);
    archive(victim, &phases);
    deliveries(victim, promised, &phases);
    schedule(victim, promised);
}

/// The phases of all runs, once what could end has ended.
fn ended(victim: &Victim, traces: &Path, promised: &Promised) -> BTreeMap<String, String> {
    let end = Instant::now() + PATIENCE;
    loop {
        let list = victim.get("/api/v1/workflows/default?fields=items.metadata,items.status.phase");
        let phases: BTreeMap<String, String> = list["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                (text(&item["metadata"]["name"]), text(&item["status"]["phase"]))
            })
            .collect();
        let open = |name: &&String| {
            traces.join(name.as_str()).exists() && phases.get(*name).is_none_or(|phase| phase != "Succeeded")
        };
        let pending: Vec<&String> = promised.runs.iter().filter(open).collect();
        if pending.is_empty() {
            return phases;
        }
        assert!(Instant::now() < end, "these do not end: {pending:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// No line is lost that somebody was shown: a log begins with what was seen of it.
fn logs(victim: &Victim, promised: &Promised) {
    for (name, shown) in promised.shown.iter().filter(|(name, _)| promised.runs.contains(*name)) {
        let whole = victim.follow(name);
        assert!(whole.starts_with(shown), "{name}: {shown:?} was shown, {whole:?} is left");
        let said: Vec<String> = (1..=LINES).map(|line| format!("line {line}")).collect();
        assert_eq!(whole, said, "{name}");
    }
}

/// What has ended is in the archive, once, as the list has it; nothing else is.
fn archive(victim: &Victim, phases: &BTreeMap<String, String>) {
    let end = Instant::now() + PATIENCE;
    loop {
        let list = victim.get("/api/v1/archived-workflows?listOptions.limit=0");
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut filed = BTreeMap::new();
        for item in &items {
            let before = filed.insert(text(&item["metadata"]["name"]), text(&item["status"]["phase"]));
            assert_eq!(before, None, "in the archive twice: {}", item["metadata"]["name"]);
        }
        let over = phases.iter().filter(|(_, phase)| *phase == "Succeeded");
        let missing: Vec<&String> =
            over.filter(|(name, phase)| filed.get(*name) != Some(phase)).map(|(name, _)| name).collect();
        if missing.is_empty() {
            let alive: Vec<&String> = filed.keys().filter(|name| !phases.contains_key(*name)).collect();
            assert!(alive.is_empty(), "in the archive, and not in the list: {alive:?}");
            return;
        }
        assert!(Instant::now() < end, "these are not in the archive: {missing:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Each delivery is here once and made one run.
fn deliveries(victim: &Victim, promised: &Promised, phases: &BTreeMap<String, String>) {
    let mut deliveries: BTreeMap<String, String> = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page =
            victim.get(&format!("/api/tiphys/v1/deliveries?namespace=default&limit=500&cursor={cursor}"));
        for item in page["items"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap();
            let whole = victim.get(&format!("/api/tiphys/v1/deliveries/{id}"));
            let run = item["results"][0]["run"].as_str().unwrap_or_default().to_owned();
            assert_eq!(item["status"], "matched", "{item}");
            let theirs = whole["headers"]["x-github-delivery"].as_str().unwrap().to_owned();
            assert!(phases.contains_key(&run), "the run {run} of delivery {theirs}");
            assert!(deliveries.insert(theirs, run).is_none(), "a delivery twice");
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    for id in &promised.deliveries {
        assert!(deliveries.contains_key(id), "{id} was acknowledged");
    }
    let made: BTreeSet<&String> = deliveries.values().collect();
    assert_eq!(made.len(), deliveries.len(), "each delivery has a run of its own");
    let parked = phases.keys().filter(|name| name.starts_with("parked-"));
    assert_eq!(parked.count(), deliveries.len(), "no run without its delivery");
}

/// What the schedule tells of comes to be, and nothing else does; and none of its instants is left out while there is a
/// server. It ticks on meanwhile, so who is asked first counts.
fn schedule(victim: &Victim, promised: &Promised) {
    let told = told_active(victim);
    let end = Instant::now() + PATIENCE;
    while !told.is_subset(&ticks(victim)) {
        assert!(Instant::now() < end, "told of, and not there: {:?}", told.difference(&ticks(victim)));
        std::thread::sleep(Duration::from_millis(50));
    }
    let there = ticks(victim);
    let told = told_active(victim);
    assert!(there.is_subset(&told), "there, and not told of: {:?}", there.difference(&told));
    let instants: BTreeSet<u64> =
        there.iter().filter_map(|name| name.strip_prefix("tick-")?.parse().ok()).collect();
    assert_eq!(instants.len(), there.len(), "a run is named after its instant");
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut between = instants.iter().zip(instants.iter().skip(1));
    let lost = between.find(|(from, to)| {
        let is_out =
            |(gone, back): &(SystemTime, SystemTime)| seconds(*gone) <= **to && seconds(*back) >= **from;
        *to - *from > 1 && !promised.outages.iter().any(is_out)
    });
    assert_eq!(lost, None, "no run of an instant between these, although a server was there");
}

/// The runs that the schedule says are going on.
fn told_active(victim: &Victim) -> BTreeSet<String> {
    let cron = victim.get("/api/v1/cron-workflows/default/tick");
    let active = cron["status"]["active"].as_array().cloned().unwrap_or_default();
    active.iter().filter_map(|one| Some(one["name"].as_str()?.to_owned())).collect()
}

/// The runs of the schedule that are there.
fn ticks(victim: &Victim) -> BTreeSet<String> {
    let list = victim.get("/api/v1/workflows/default?fields=items.metadata.name");
    let names = list["items"].as_array().into_iter().flatten();
    let names = names.filter_map(|item| item["metadata"]["name"].as_str());
    names.filter(|name| name.starts_with("tick-")).map(str::to_owned).collect()
}

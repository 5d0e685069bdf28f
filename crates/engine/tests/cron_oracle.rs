//! The recorded answers of Argo's own code about schedules and the conditions of CronWorkflows.
//!
//! Without the recordings the test passes and says so.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value as Json;
use tiphys_expr::World;

use tiphys_engine::cron::condition::{Facts, should_run, should_stop};
use tiphys_engine::cron::schedule::parse;

fn table() -> Option<Json> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/oracle/cron.json");
    match std::fs::read_to_string(path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            println!("cron: 0 cases (the recordings are not here)");
            None
        }
    }
}

fn facts(cron_workflow: &Json) -> Facts {
    let text = |path: &str| cron_workflow.pointer(path).and_then(Json::as_str).unwrap_or_default().to_owned();
    let map = |path: &str| -> BTreeMap<String, String> {
        let entries = cron_workflow.pointer(path).and_then(Json::as_object);
        entries
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
            .collect()
    };
    let count = |path: &str| cron_workflow.pointer(path).and_then(Json::as_i64).unwrap_or(0);
    Facts {
        name: text("/metadata/name"),
        namespace: text("/metadata/namespace"),
        labels: map("/metadata/labels"),
        annotations: map("/metadata/annotations"),
        succeeded: count("/status/succeeded"),
        failed: count("/status/failed"),
        last_scheduled_time: text("/status/lastScheduledTime").parse().ok(),
    }
}

#[test]
fn cron() {
    let Some(table) = table() else { return };
    let world = World { now: "2026-01-15T10:20:30Z".parse().unwrap(), seed: 1 };
    let mut families: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut messages, mut same_messages) = (0, 0);
    for case in table["cases"].as_array().unwrap() {
        if case["unstable"] == true {
            continue;
        }
        let family = case["id"].as_str().unwrap().split('/').next().unwrap().to_owned();
        let facts = case["cronworkflow"].as_str().map(|name| facts(&table["cronworkflows"][name]));
        let (agrees, message) = match (case.get("when"), case.get("stop_expression")) {
            (Some(condition), _) => {
                let found = should_run(condition.as_str().unwrap(), &facts.unwrap(), &world);
                (found.as_ref().ok() == case["result"].as_bool().as_ref(), found.err())
            }
            (_, Some(expression)) => {
                let found = should_stop(expression.as_str().unwrap(), &facts.unwrap(), &world);
                (found.as_ref().ok() == case["result"].as_bool().as_ref(), found.err())
            }
            _ => firings(case),
        };
        let score = families.entry(family).or_default();
        score.0 += 1;
        score.1 += usize::from(agrees);
        if !agrees {
            println!("miss {case}\n  ours {message:?}");
        }
        if let (Some(message), Some(expected)) = (&message, case["error"].as_str()) {
            messages += 1;
            same_messages += usize::from(message == expected);
            if message != expected {
                println!("message\n  ours   {message:?}\n  theirs {expected:?}");
            }
        }
    }
    let cases: usize = families.values().map(|score| score.0).sum();
    let agree: usize = families.values().map(|score| score.1).sum();
    for (family, (cases, agree)) in families.iter().filter(|(_, score)| score.0 != score.1) {
        println!("{family}: {agree} of {cases}");
    }
    let share = 100.0 * agree as f64 / cases as f64;
    println!(
        "cron: {agree} of {cases} agree ({share:.2} %), {same_messages} of {messages} messages are equal"
    );
    assert!(share >= 99.5, "cron: {share:.2} % is below the floor");
}

/// Whether a schedule fires as recorded; otherwise what it does instead.
fn firings(case: &Json) -> (bool, Option<String>) {
    let schedule = match parse(case["schedule"].as_str().unwrap(), case["timezone"].as_str().unwrap()) {
        Ok(schedule) => schedule,
        Err(message) => return (case.get("error").is_some(), Some(message)),
    };
    let Some(expected) = case["next_utc"].as_array() else { return (false, None) };
    let mut at: Timestamp = case["from"].as_str().unwrap().parse().unwrap();
    let mut found = Vec::new();
    for _ in expected {
        match schedule.next(at) {
            Some(next) => {
                found.push(next.to_string());
                at = next;
            }
            None => {
                found.push("never".to_owned());
                break;
            }
        }
    }
    let agrees = expected.iter().map(|next| next.as_str().unwrap()).eq(found.iter().map(String::as_str));
    (agrees, (!agrees).then(|| format!("{found:?}")))
}

#[test]
fn the_latest_missed_firing() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let schedule = parse("*/10 * * * *", "").unwrap();
    // CR-119, CR-120
    let latest = schedule.latest_between(at("2026-01-15T12:00:00Z"), at("2026-01-15T12:32:00Z"));
    assert_eq!(latest, Some(at("2026-01-15T12:30:00Z")));
    let latest = schedule.latest_between(at("2020-01-15T12:00:00Z"), at("2026-01-15T12:30:00Z"));
    assert_eq!(latest, Some(at("2026-01-15T12:20:00Z")));
    let latest = schedule.latest_between(at("2026-01-15T12:00:00Z"), at("2026-01-15T12:05:00Z"));
    assert_eq!(latest, None);
    let every = parse("@every 90s", "").unwrap();
    let latest = every.latest_between(at("2026-01-15T12:00:00Z"), at("2026-01-15T12:05:00Z"));
    assert_eq!(latest, Some(at("2026-01-15T12:04:30Z")));
    let yearly = parse("@yearly", "").unwrap();
    let latest = yearly.latest_between(at("2022-06-01T00:00:00Z"), at("2026-01-15T12:05:00Z"));
    assert_eq!(latest, Some(at("2026-01-01T00:00:00Z")));
}

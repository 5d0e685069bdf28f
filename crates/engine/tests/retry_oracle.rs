//! What Argo's own code decides after an attempt has ended (EX-211 to EX-225), case by case.
//!
//! Without the recordings the test passes and says so.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;
use tiphys_engine::Time;
use tiphys_engine::workflow::retry::{Attempted, Circumstances, Decision, decide, effective_policy};
use tiphys_engine::workflow::{Phase, retry};
use tiphys_expr::World;
use tiphys_spec::RetryStrategy;

const NOW: &str = "2026-01-15T10:20:30Z";

fn table() -> Option<Json> {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    match std::fs::read_to_string(corpus.join("oracle/durations_retry.json")) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            println!("retries: 0 cases (the recordings are not here)");
            None
        }
    }
}

fn now() -> Time {
    Time::parse(NOW).unwrap()
}

fn ago(attempt: &Json, field: &str) -> Time {
    Time(now().0 - attempt[field].as_i64().unwrap() * 1_000_000)
}

/// The attempts themselves: hooks hang on the wrapper too and are none (EX-229).
fn attempts(case: &Json) -> Vec<Attempted> {
    let recorded = case["attempts"].as_array().unwrap().iter();
    let attempt = |attempt: &Json| Attempted {
        phase: serde_json::from_value(attempt["phase"].clone()).unwrap(),
        message: attempt["message"].as_str().unwrap().to_owned(),
        exit_code: attempt["exit_code"].as_str().map(str::to_owned),
        started: ago(attempt, "started_ago"),
        finished: Some(ago(attempt, "finished_ago")),
    };
    recorded.filter(|attempt| attempt["hook"] != true).map(attempt).collect()
}

/// Decision, phase and message as the table words them, or an error's message.
fn decided(case: &Json, attempts: &[Attempted]) -> Result<(&'static str, Phase, String), String> {
    let strategy: RetryStrategy =
        serde_json::from_value(case["strategy"].clone()).map_err(|error| error.to_string())?;
    let circumstances = Circumstances {
        strategy: match case["shutdown"].as_str() {
            Some("Stop") => Some("Stop"),
            Some("Terminate") => Some("Terminate"),
            _ => None,
        },
        deadline_passed: None,
    };
    if attempts.last().is_some_and(|last| !last.phase.is_ended()) {
        return Ok(("attempt-in-progress", Phase::Running, String::new()));
    }
    let world = World { now: NOW.parse().unwrap(), seed: 1 };
    Ok(match decide(&strategy, attempts, &circumstances, &world, now()) {
        Decision::Again => ("next-attempt", Phase::Running, String::new()),
        Decision::Wait(_, message) => ("wait", Phase::Running, message),
        Decision::Broken(message) => return Err(message),
        Decision::End(phase, message) => ("final", phase, message),
    })
}

/// Whether two texts are equal, an excerpt of the source after the first line aside.
fn same_line(ours: &str, theirs: &str) -> bool {
    ours.lines().next() == theirs.lines().next()
}

#[test]
fn retries() {
    let Some(table) = table() else { return };
    let mut families: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for case in table["cases"].as_array().unwrap() {
        let family = case["id"].as_str().unwrap().split('/').next().unwrap().to_owned();
        if !family.starts_with("retry-") || case["unstable"] == true {
            continue;
        }
        let attempts = attempts(case);
        let found = decided(case, &attempts);
        let mut agrees = match (&found, case["error"].as_str()) {
            // How a document is decoded is said in Go's words there.
            (Err(_), Some(error)) if error.starts_with("decode:") => true,
            (Err(message), Some(error)) => same_line(message, error),
            (Ok((decision, phase, message)), None) => {
                case["decision"] == *decision && case["phase"] == phase.name() && case["message"] == **message
            }
            _ => false,
        };
        if case.get("scope").is_some() {
            let strategy: RetryStrategy = serde_json::from_value(case["strategy"].clone()).unwrap();
            let scope = retry::expression_scope(&attempts, now());
            let expected = case["scope"].as_object().unwrap();
            agrees &= case["policy"] == effective_policy(&strategy);
            agrees &= expected.iter().all(|(name, value)| {
                let found = tiphys_expr::Scope::get(&scope, name);
                matches!(found, Some(tiphys_expr::Bound::Text(text)) if *value == *text)
            });
        }
        let score = families.entry(family).or_default();
        score.0 += 1;
        score.1 += usize::from(agrees);
        if !agrees {
            println!("miss {case}\n  ours {found:?}");
        }
    }
    let (cases, agree) = families.values().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    println!("retries: {agree} of {cases} agree; by family (cases, agree): {families:?}");
    assert!(agree as f64 >= 0.995 * cases as f64, "{agree} of {cases}");
}

//! The recorded answers of Argo's own code, table by table.
//!
//! Each table must agree in at least the share that stands beside it; the misses are printed. The kind of
//! outcome (value, error, unchanged) and the value count; equality of messages is printed as a second figure.
//! Without the recordings the tests pass and say so.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;
use tiphys_expr::{MapScope, Mode, TagError, Text, World};

fn table(name: &str) -> Option<Json> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/corpus/oracle")
        .join(format!("{name}.json"));
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            println!("{name}: 0 cases (the recordings are not here)");
            None
        }
    }
}

fn world() -> World {
    World { now: "2026-03-02T03:04:05Z".parse().unwrap(), seed: 7 }
}

/// Counts of one family.
#[derive(Default)]
struct Score {
    cases: usize,
    agree: usize,
    messages: usize,
    same_messages: usize,
}

/// The outcome of all families of a table.
#[derive(Default)]
struct Report {
    families: BTreeMap<String, Score>,
    misses: Vec<String>,
    other_messages: Vec<String>,
}

impl Report {
    fn add(&mut self, family: &str, agrees: bool, miss: impl FnOnce() -> String) {
        let score = self.families.entry(family.to_owned()).or_default();
        score.cases += 1;
        score.agree += usize::from(agrees);
        if !agrees {
            self.misses.push(miss());
        }
    }

    fn message(&mut self, family: &str, ours: &str, theirs: &str) {
        let score = self.families.entry(family.to_owned()).or_default();
        score.messages += 1;
        if ours == theirs {
            score.same_messages += 1;
        } else {
            self.other_messages.push(format!("{family}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }

    #[track_caller]
    fn finish(self, table: &str, floor: f64) {
        let (mut cases, mut agree, mut messages, mut same) = (0, 0, 0, 0);
        for (family, score) in &self.families {
            if score.agree < score.cases {
                println!("{table} {family}: {} of {}", score.agree, score.cases);
            }
            cases += score.cases;
            agree += score.agree;
            messages += score.messages;
            same += score.same_messages;
        }
        for miss in self.misses.iter().take(60) {
            println!("miss {miss}");
        }
        for other in self.other_messages.iter().take(400) {
            println!("message {other}");
        }
        let share = 100.0 * agree as f64 / cases.max(1) as f64;
        println!("{table}: {agree} of {cases} agree ({share:.2} %), {same} of {messages} messages are equal");
        assert!(share >= floor, "{table}: {share:.2} % is below the floor of {floor} %");
    }
}

fn family(case: &Json) -> String {
    case["id"].as_str().unwrap().split('/').next().unwrap().to_owned()
}

fn is_unstable(case: &Json) -> bool {
    case["unstable"].as_bool().unwrap_or(false)
}

fn scope(table: &Json, case: &Json) -> MapScope {
    let environment = match &case["env"] {
        Json::String(name) => &table["environments"][name],
        other => other,
    };
    MapScope::from_json(environment.as_object().unwrap())
}

/// What a pass did, in the terms of the tables.
#[derive(Debug, PartialEq)]
enum Outcome {
    Value(String),
    Unchanged,
    Error,
    Missing,
}

fn ours(text: &str, scope: &MapScope, mode: Mode) -> (Outcome, String) {
    let rendered = Text::parse(text).and_then(|parsed| parsed.render(scope, mode, &world()));
    match rendered {
        Ok(rendered) if rendered.text == text => (Outcome::Unchanged, String::new()),
        Ok(rendered) => (Outcome::Value(rendered.text), String::new()),
        Err(error @ TagError::Missing { .. }) => (Outcome::Missing, error.to_string()),
        Err(error) => (Outcome::Error, error.to_string()),
    }
}

fn theirs(answer: &Json, text: &str) -> (Outcome, String) {
    if answer == "unchanged" || answer["unchanged"] == true || answer["result"] == text {
        return (Outcome::Unchanged, String::new());
    }
    if let Some(message) = answer["error"].as_str() {
        let outcome = if answer["missing"] == true { Outcome::Missing } else { Outcome::Error };
        return (outcome, message.to_owned());
    }
    (Outcome::Value(answer["result"].as_str().unwrap().to_owned()), String::new())
}

fn tags(name: &str, floor: f64) {
    let Some(table) = table(name) else { return };
    let mut report = Report::default();
    for case in table["cases"].as_array().unwrap() {
        if is_unstable(case) || case.get("json_text").is_some() {
            continue;
        }
        let text = match case["expr"].as_str() {
            Some(expression) => format!("{{{{={expression}}}}}"),
            None => case["text"].as_str().unwrap().to_owned(),
        };
        let scope = scope(&table, case);
        let passes = [("full", Mode::FullStrict), ("lenient", Mode::Lenient), ("prefix", Mode::PrefixStrict)];
        for (name, mode) in passes {
            let answer = case.get(name).unwrap_or(case);
            let (expected, expected_message) = theirs(answer, &text);
            let (found, message) = ours(&text, &scope, mode);
            let family = format!("{} {name}", family(case));
            report.add(&family, found == expected, || {
                format!(
                    "{} {name} {text:?}\n  ours   {found:?} {message}\n  theirs {expected:?} {expected_message}",
                    case["id"]
                )
            });
            if !expected_message.is_empty() && !message.is_empty() && name == "full" {
                report.message(&family, &message, &expected_message);
            }
        }
    }
    report.finish(name, floor);
}

#[test]
fn expressions() {
    tags("expressions", 90.0);
}

#[test]
fn simple_tags() {
    tags("simple_tags", 90.0);
}

//! The oracle tables that `tiphys eval --batch` can answer.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::options::Options;
use super::program::{Cell, Outcome};
use super::{Area, Bench, Case, Verdict, measured};

/// How long one batch may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// Turns one recorded case into questions with the answers that Argo gave.
type Convert = fn(&Value, &Value) -> Plan;

/// What to ask for one case.
pub enum Plan {
    Ask(Vec<Question>),
    Skip(&'static str),
}

/// One line of a batch and its recorded answer.
pub struct Question {
    /// Tells two questions of one case apart; empty for the only one.
    pub label: &'static str,
    pub request: Value,
    pub expected: Expected,
}

/// A recorded answer.
#[derive(Debug)]
pub enum Expected {
    /// Any error is right; the wording is a softer score.
    Error(String),
    /// This value, however numbers are spelt.
    Value(Value),
    /// These JSON texts, one an item.
    Items(Vec<String>),
}

/// Area, file of the oracle, conversion.
const TABLES: &[(&str, &str, Convert)] = &[
    ("expressions", "expressions.json", expression),
    ("simple_tags", "simple_tags.json", simple_tag),
    ("when", "when.json", when),
    ("depends", "depends.json", depends),
    ("cron", "cron.json", cron),
    ("loops", "loops.json", loops),
    ("durations", "durations_retry.json", duration),
];

const NO_VERB: &str = "no command asks this; tested in the crates";

/// The table areas that the options name.
pub fn run(bench: &Bench, options: &Options) -> Vec<Area> {
    let mut areas = Vec::new();
    for (name, file, convert) in TABLES.iter().filter(|(name, ..)| options.has(name)) {
        areas.push(measured(name, || table(bench, &bench.corpus.join("oracle").join(file), *convert)));
    }
    areas
}

fn table(bench: &Bench, file: &Path, convert: Convert) -> Result<Vec<Case>, String> {
    let table = read(file)?;
    let recorded = table["cases"].as_array().ok_or("the table has no cases")?;
    let mut plans = Vec::new();
    for case in recorded {
        let id = case["id"].as_str().ok_or("a case has no id")?;
        if bench.wants(id) {
            let unstable = case["unstable"] == true;
            let plan = if unstable {
                Plan::Skip("Argo itself answers differently each time")
            } else {
                convert(case, &table)
            };
            plans.push((id.to_owned(), plan));
        }
    }
    let answers = ask(bench, &plans)?;
    Ok(plans.into_iter().map(|(id, plan)| Case { verdict: judge(&id, plan, &answers), id }).collect())
}

/// Reads one JSON file of the corpus.
pub fn read(file: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
}

/// Asks all questions in one batch.
fn ask(bench: &Bench, plans: &[(String, Plan)]) -> Result<BTreeMap<String, Value>, String> {
    let mut lines = String::new();
    for (id, plan) in plans {
        let Plan::Ask(questions) = plan else { continue };
        for question in questions {
            let mut request = question.request.clone();
            request["id"] = Value::from(format!("{id}{}", question.label));
            lines.push_str(&request.to_string());
            lines.push('\n');
        }
    }
    let cell = Cell::new(&bench.scratch)?;
    let batch = cell.folder.join("batch.jsonl");
    std::fs::write(&batch, lines).map_err(|error| format!("{}: {error}", batch.display()))?;
    let arguments = ["eval".as_ref(), "--batch".as_ref(), batch.as_os_str()];
    let outcome = cell.call(&bench.binary, arguments, DEADLINE)?;
    answers(&outcome)
}

/// The answers by their ids. An answer that is missing at the end is no error here: its case differs.
fn answers(outcome: &Outcome) -> Result<BTreeMap<String, Value>, String> {
    let mut answers = BTreeMap::new();
    for line in outcome.stdout.lines().filter(|line| !line.trim().is_empty()) {
        let answer: Value =
            serde_json::from_str(line).map_err(|error| format!("answer `{line}`: {error}"))?;
        answers.insert(answer["id"].as_str().unwrap_or_default().to_owned(), answer);
    }
    if answers.is_empty() && !matches!(outcome.code, Some(0)) {
        return Err(format!("eval --batch answers nothing: {}", outcome.complaint()));
    }
    Ok(answers)
}

fn judge(id: &str, plan: Plan, answers: &BTreeMap<String, Value>) -> Verdict {
    let questions = match plan {
        Plan::Skip(reason) => return Verdict::Skipped(reason.to_owned()),
        Plan::Ask(questions) => questions,
    };
    for question in questions {
        let asked = format!("{id}{}", question.label);
        let difference = match answers.get(&asked) {
            Some(answer) => compare(&question.expected, answer),
            None => Some("no answer".to_owned()),
        };
        if let Some(difference) = difference {
            let mode = question.label.trim_start_matches('#');
            return Verdict::Differs(
                format!("{mode} {}: {difference}", shown(&question.request)).trim().to_owned(),
            );
        }
    }
    Verdict::Agrees
}

/// The part of a request that a reader wants to see.
fn shown(request: &Value) -> String {
    for key in ["text", "when", "schedule", "with_param", "sequence", "duration", "tasks"] {
        match &request[key] {
            Value::Null => {}
            Value::String(text) => return format!("`{text}`"),
            other => return format!("`{other}`"),
        }
    }
    String::new()
}

/// What differs, if anything. The kind of outcome counts first; the words of an error do not.
pub fn compare(expected: &Expected, answer: &Value) -> Option<String> {
    let error = answer.get("error").map(|error| error.as_str().map_or(error.to_string(), str::to_owned));
    let result = answer.get("result").unwrap_or(&Value::Null);
    match (expected, error) {
        (Expected::Error(_), Some(_)) => None,
        (Expected::Error(expected), None) => {
            Some(format!("expected error `{}`, got {result}", first_line(expected)))
        }
        (Expected::Value(expected), Some(error)) => {
            Some(format!("expected {expected}, got error `{}`", first_line(&error)))
        }
        (Expected::Value(expected), None) => {
            (!same(expected, result)).then(|| format!("expected {expected}, got {result}"))
        }
        (Expected::Items(expected), Some(error)) => {
            Some(format!("expected {} items, got error `{}`", expected.len(), first_line(&error)))
        }
        (Expected::Items(expected), None) => items_differ(expected, result),
    }
}

fn items_differ(expected: &[String], result: &Value) -> Option<String> {
    let parsed: Option<Vec<Value>> = expected.iter().map(|text| serde_json::from_str(text).ok()).collect();
    let same = match (&parsed, result.as_array()) {
        (Some(parsed), Some(items)) => {
            parsed.len() == items.len() && parsed.iter().zip(items).all(|(a, b)| same(a, b))
        }
        _ => false,
    };
    (!same).then(|| format!("expected [{}], got {result}", expected.join(",")))
}

/// Equal as JSON values, with 1 and 1.0 the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn expression(case: &Value, table: &Value) -> Plan {
    let text = format!("{{{{={}}}}}", case["expr"].as_str().unwrap_or_default());
    Plan::Ask(both_modes(&text, case, table))
}

fn simple_tag(case: &Value, table: &Value) -> Plan {
    match case["text"].as_str() {
        Some(text) => Plan::Ask(both_modes(text, case, table)),
        None => Plan::Skip(NO_VERB),
    }
}

/// One question in strict mode, one in lenient mode.
fn both_modes(text: &str, case: &Value, table: &Value) -> Vec<Question> {
    let scope = match &case["env"] {
        Value::String(name) => &table["environments"][name],
        own => own,
    };
    let lenient_answer = case.get("lenient").unwrap_or(case);
    [("#strict", false, case), ("#lenient", true, lenient_answer)]
        .into_iter()
        .map(|(label, lenient, answer)| Question {
            label,
            request: json!({ "kind": "text", "text": text, "scope": scope, "lenient": lenient }),
            expected: text_answer(answer, text),
        })
        .collect()
}

fn text_answer(answer: &Value, text: &str) -> Expected {
    if answer == "unchanged" || answer["unchanged"] == true {
        Expected::Value(Value::from(text))
    } else if let Some(error) = answer["error"].as_str() {
        Expected::Error(error.to_owned())
    } else {
        Expected::Value(answer["result"].clone())
    }
}

fn when(case: &Value, _: &Value) -> Plan {
    ask_one(json!({ "kind": "when", "when": case["when"] }), error_or(case, &case["result"]))
}

fn depends(case: &Value, _: &Value) -> Plan {
    let request = json!({ "kind": "depends", "tasks": case["tasks"], "target": case["target"], "statuses": case["statuses"] });
    ask_one(request, error_or(case, &json!({ "proceed": case["proceed"], "execute": case["execute"] })))
}

fn cron(case: &Value, _: &Value) -> Plan {
    if case.get("schedule").is_none() {
        return Plan::Skip(NO_VERB);
    }
    let times = case["next_utc"].as_array().cloned().unwrap_or_default();
    let request = json!({
        "kind": "cron",
        "schedule": case["schedule"],
        "timezone": case["timezone"],
        "from": case["from"],
        "count": times.len().max(1),
    });
    // A schedule that never fires has no next times.
    let times: Vec<Value> = times.into_iter().filter(|time| time != "never").collect();
    ask_one(request, error_or(case, &Value::Array(times)))
}

fn loops(case: &Value, _: &Value) -> Plan {
    let request = if let Some(sequence) = case.get("sequence") {
        json!({ "kind": "sequence", "sequence": sequence })
    } else if let Some(text) = case.get("with_param") {
        json!({ "kind": "param", "with_param": text })
    } else {
        return Plan::Skip(NO_VERB);
    };
    let items = case["items_json"].as_array().map(Vec::as_slice).unwrap_or_default();
    let items = items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
    let expected = match case["error"].as_str() {
        Some(error) => Expected::Error(error.to_owned()),
        None => Expected::Items(items),
    };
    ask_one(request, expected)
}

fn duration(case: &Value, _: &Value) -> Plan {
    match case.get("duration") {
        Some(text) => {
            ask_one(json!({ "kind": "duration", "duration": text }), error_or(case, &case["seconds"]))
        }
        None => Plan::Skip(NO_VERB),
    }
}

fn ask_one(request: Value, expected: Expected) -> Plan {
    Plan::Ask(vec![Question { label: "", request, expected }])
}

fn error_or(case: &Value, value: &Value) -> Expected {
    match case["error"].as_str() {
        Some(error) => Expected::Error(error.to_owned()),
        None => Expected::Value(value.clone()),
    }
}

//! The recorded answers of Argo's own code, table by table.
//!
//! Each table must agree in at least the share that stands beside it; the misses are printed. The kind of
//! outcome (value, error, unchanged) and the value count; equality of messages is printed as a second figure.
//! Without the recordings the tests pass and say so.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;
use tiphys_expr::depends::Logic;
use tiphys_expr::items::{self, Item, ItemKind, SequenceSpec};
use tiphys_expr::{Layered, MapScope, Mode, TagError, Text, World, batch, duration, names, numbers};

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
    tags("expressions", 99.9);
}

#[test]
fn simple_tags() {
    tags("simple_tags", 99.9);
}

#[test]
fn when() {
    let Some(table) = table("when") else { return };
    let mut report = Report::default();
    for case in table["cases"].as_array().unwrap() {
        if is_unstable(case) {
            continue;
        }
        let found = tiphys_expr::when::evaluate(case["when"].as_str().unwrap());
        let agrees = found.as_ref().ok() == case["result"].as_bool().as_ref();
        report.add(&family(case), agrees, || format!("{case}\n  ours   {found:?}"));
        if let (Err(message), Some(expected)) = (&found, case["error"].as_str()) {
            report.message(&family(case), message, expected);
        }
    }
    report.finish("when", 99.9);
}

#[test]
fn depends() {
    let Some(table) = table("depends") else { return };
    let mut report = Report::default();
    for case in table["cases"].as_array().unwrap() {
        if is_unstable(case) {
            continue;
        }
        let line = serde_json::json!({
            "id": 1, "kind": "depends", "tasks": case["tasks"], "target": case["target"],
            "statuses": case["statuses"],
        });
        let found = answer(&line);
        let agrees = match case.get("error") {
            Some(_) => found.get("error").is_some(),
            None => {
                found["result"]["proceed"] == case["proceed"] && found["result"]["execute"] == case["execute"]
            }
        };
        report.add(&family(case), agrees, || format!("{case}\n  ours   {found}"));
        if let (Some(message), Some(expected)) = (found["error"].as_str(), case["error"].as_str())
            && !expected.starts_with("panic")
        {
            report.message(&family(case), message, expected);
        }
        if let Some(expected) = case["logic"].as_str()
            && let Some(logic) = logic_of(case)
        {
            report.add("logic", logic.expanded() == expected, || format!("{case}: {}", logic.expanded()));
            let tasks = serde_json::json!(logic.tasks());
            report.add("tasks", tasks == case["dependencies"], || format!("{case}: {tasks}"));
        }
    }
    report.finish("depends", 99.9);
}

/// The logic of the target of a recorded case.
fn logic_of(case: &Json) -> Option<Logic> {
    let tasks = case["tasks"].as_array().unwrap();
    let by_name = |name: &str| tasks.iter().find(|task| task["name"] == name);
    let task = by_name(case["target"].as_str().unwrap())?;
    let continue_on = |name: &str| {
        let policy = by_name(name).map_or(&Json::Null, |task| &task["continueOn"]);
        (policy["error"] == true, policy["failed"] == true)
    };
    match task["depends"].as_str().filter(|depends| !depends.is_empty()) {
        Some(depends) => Logic::parse(depends, &continue_on).ok(),
        None => {
            let names: Vec<&str> =
                task["dependencies"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
            Logic::of_dependencies(&names, &continue_on).ok()
        }
    }
}

/// What `eval --batch` answers.
fn answer(question: &Json) -> Json {
    let line = batch::answer(&question.to_string(), &world(), &|_| Err("not here".to_owned()));
    serde_json::from_str(&line).unwrap()
}

#[test]
fn loops() {
    let Some(table) = table("loops") else { return };
    let mut report = Report::default();
    for case in table["cases"].as_array().unwrap() {
        let question = match (case.get("sequence"), case.get("with_param")) {
            (Some(sequence), _) => serde_json::json!({ "id": 1, "kind": "sequence", "sequence": sequence }),
            (_, Some(text)) => serde_json::json!({ "id": 1, "kind": "param", "with_param": text }),
            _ => continue,
        };
        let found = answer(&question);
        let agrees = match case["items_json"].as_array() {
            Some(items) => {
                let items: Vec<Json> =
                    items.iter().map(|item| serde_json::from_str(item.as_str().unwrap()).unwrap()).collect();
                found["result"] == Json::Array(items)
            }
            None => found.get("error").is_some(),
        };
        report.add(&family(case), agrees, || format!("{case}\n  ours   {found}"));
        if let (Some(message), Some(expected)) = (found["error"].as_str(), case["error"].as_str()) {
            report.message(&family(case), message, expected);
        }
    }
    report.finish("loops", 99.9);
}

#[test]
fn expansions() {
    let Some(table) = table("loops") else { return };
    let mut report = Report::default();
    for case in table["cases"].as_array().unwrap() {
        if family(case) != "expand" {
            continue;
        }
        let found = expand(case);
        let agrees = match (&found, case["result"].as_array()) {
            (Ok(found), Some(expected)) => found == expected,
            (Err(_), None) => true,
            _ => false,
        };
        report.add("expand", agrees, || format!("{case}\n  ours   {found:?}"));
        if let (Err(message), Some(expected)) = (&found, case["error"].as_str()) {
            report.message("expand", message, expected);
        }
    }
    report.finish("loops (expansions)", 99.0);
}

/// The expansions of a recorded task, rendered leaf by leaf as the engine does.
fn expand(case: &Json) -> Result<Vec<Json>, String> {
    let mut step: serde_json::Map<String, Json> =
        serde_json::from_str(case["step_json"].as_str().unwrap()).unwrap();
    let is_false = step.get("when").is_some_and(|when| when == "false");
    let with_items = step.remove("withItems").and_then(|items| items.as_array().cloned()).unwrap_or_default();
    let with_param = step.remove("withParam");
    let with_sequence = step.remove("withSequence");
    step.entry("arguments").or_insert_with(|| serde_json::json!({}));
    let items: Result<Vec<Item>, String> = match (with_items.is_empty(), with_param, with_sequence) {
        (false, _, _) => with_items.iter().map(|item| Item::from_json_text(&item.to_string())).collect(),
        (_, Some(Json::String(text)), _) => {
            items::with_param(&text).map_err(|error| items::with_param_message(&text, &error))
        }
        (_, _, Some(spec)) => {
            let text = |name: &str| match &spec[name] {
                Json::Null => None,
                Json::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            };
            let spec = SequenceSpec {
                count: text("count"),
                start: text("start"),
                end: text("end"),
                format: text("format"),
            };
            items::sequence(&spec).map(|texts| texts.iter().map(|text| Item::from_text(text)).collect())
        }
        _ => return Ok(vec![Json::Object(step)]),
    };
    let items = match items {
        Err(_) if is_false => Vec::new(),
        other => other?,
    };
    let name = step["name"].as_str().unwrap().to_owned();
    let outer = MapScope::from_json(case["scope"].as_object().unwrap());
    let mut expanded = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut scope = MapScope::new();
        item.bind(|name, text| scope.insert(name, text));
        let mut copy = step.clone();
        for (key, value) in &mut copy {
            // The name is made below, the template of a task is not a text with tags.
            if key != "name" && key != "template" {
                rendered(value, &Layered(&scope, &outer))?;
            }
        }
        copy.insert("name".to_owned(), Json::String(item.name_of(&name, index)));
        expanded.push(Json::Object(copy));
    }
    Ok(expanded)
}

fn rendered(value: &mut Json, scope: &Layered<'_>) -> Result<(), String> {
    match value {
        Json::String(text) => {
            *text =
                tiphys_expr::render(text, scope, Mode::FullStrict, &world()).map_err(|e| e.to_string())?;
            Ok(())
        }
        Json::Array(items) => items.iter_mut().try_for_each(|item| rendered(item, scope)),
        Json::Object(members) => members.values_mut().try_for_each(|member| rendered(member, scope)),
        Json::Null | Json::Bool(_) | Json::Number(_) => Ok(()),
    }
}

#[test]
fn node_names() {
    let Some(table) = table("names") else { return };
    let mut report = Report::default();
    for case in table["cases"].as_array().unwrap() {
        let text = |name: &str| case[name].as_str().unwrap_or_default();
        let family = family(case);
        if case["error"].as_str().is_some_and(|error| error.starts_with("panic")) {
            continue;
        }
        match family.as_str() {
            "loop" | "loop-name" => {
                let item = Item::from_json_text(text("item_json")).unwrap();
                let step = text("step");
                let mut scope = MapScope::new();
                item.bind(|name, text| scope.insert(name, text));
                let shown =
                    tiphys_expr::render("{{item}}", &scope, Mode::FullStrict, &world()).and_then(|text| {
                        tiphys_expr::render(step, &scope, Mode::FullStrict, &world()).map(|_| text)
                    });
                let agrees = match case.get("error") {
                    Some(_) => shown.is_err(),
                    None => {
                        shown.as_deref() == Ok(text("item_text"))
                            && item.name_of(step, case["index"].as_u64().unwrap() as usize) == text("name")
                    }
                };
                report.add(&family, agrees, || format!("{case}\n  ours   {shown:?} {}", item.describe()));
            }
            "display" => {
                let display = names::display_name(text("boundary"), text("node"));
                let id = names::node_id(text("workflow"), text("node"));
                let agrees = display == text("display_name") && id == text("node_id");
                report.add(&family, agrees, || format!("{case}\n  ours   {display} {id}"));
            }
            _ => {
                let v2 = names::pod_name_v2(text("workflow"), text("node"), text("template"));
                let v1 = names::pod_name_v1(text("workflow"), text("node"));
                let id = names::node_id(text("workflow"), text("node"));
                let agrees = v2 == text("pod_v2") && v1 == text("pod_v1") && id == text("node_id");
                report.add(&family, agrees, || format!("{case}\n  ours   {v2} {v1} {id}"));
            }
        }
    }
    report.finish("names", 99.9);
}

/// OB-008.
#[test]
fn durations() {
    let Some(table) = table("durations_retry") else { return };
    let mut report = Report::default();
    for case in table["cases"].as_array().unwrap() {
        let family = family(case);
        let (agrees, found) = match family.as_str() {
            "duration" => {
                let text = case["duration"].as_str().unwrap();
                match duration::lenient(text) {
                    Err(message) => {
                        report.message(&family, &message, case["error"].as_str().unwrap_or_default());
                        (case.get("error").is_some(), message)
                    }
                    Ok(nanos) => {
                        let question = serde_json::json!({ "id": 1, "kind": "duration", "duration": text });
                        let seconds = answer(&question)["result"].as_f64();
                        let found = (
                            nanos.to_string(),
                            duration::format_go(nanos),
                            duration::humanize(nanos),
                            seconds,
                        );
                        let expected = (
                            case["nanoseconds"].as_str().unwrap_or_default().to_owned(),
                            case["text"].as_str().unwrap_or_default().to_owned(),
                            case["humanized"].as_str().unwrap_or_default().to_owned(),
                            case["seconds"].as_f64(),
                        );
                        (found == expected, format!("{found:?}"))
                    }
                }
            }
            "paramvalue" => {
                let found = numbers::any_text(case["value_json"].as_str().unwrap());
                (
                    found.as_ref().ok().map(|text| serde_json::json!(text)) == Some(case["value"].clone()),
                    format!("{found:?}"),
                )
            }
            "quantity" => {
                let found = numbers::Quantity::parse(case["quantity"].as_str().unwrap());
                match &found {
                    Err(message) => {
                        report.message(&family, message, case["error"].as_str().unwrap_or_default());
                        (case.get("error").is_some(), message.clone())
                    }
                    Ok(quantity) => {
                        let agrees = quantity.value().to_string()
                            == case["value"].as_str().unwrap_or_default()
                            && quantity.milli_value().to_string()
                                == case["milli"].as_str().unwrap_or_default()
                            && Some(quantity.as_float()) == case["float"].as_f64();
                        (agrees, format!("{quantity:?}"))
                    }
                }
            }
            "intstr" => {
                let found = numbers::int_or_text(&case["value"]);
                match &found {
                    Err(message) => {
                        report.message(&family, message, case["error"].as_str().unwrap_or_default());
                        (case.get("error").is_some(), message.clone())
                    }
                    Ok(number) => (Some(*number) == case["int"].as_i64(), format!("{number}")),
                }
            }
            "itemtype" => {
                let item = Item::from_json_text(case["item_json"].as_str().unwrap()).unwrap();
                let kind = match item.kind() {
                    ItemKind::Number => "number",
                    ItemKind::Bool => "bool",
                    ItemKind::List => "list",
                    ItemKind::Map => "map",
                    ItemKind::Text => "string",
                };
                (kind == case["type"] && item.text() == case["text"], format!("{kind} {}", item.text()))
            }
            _ => continue,
        };
        report.add(&family, agrees, || format!("{case}\n  ours   {found}"));
    }
    report.finish("durations", 99.0);
}

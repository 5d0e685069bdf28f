//! Questions and answers, one JSON object a line: the contract of `tiphys eval --batch`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::depends::{Logic, TaskResult};
use crate::items::{SequenceSpec, sequence, with_param};
use crate::scope::MapScope;
use crate::tag::{Mode, Text, World};
use crate::{duration, go, when};

/// Answers questions about schedules, which are not at home here.
pub type Cron<'c> = &'c dyn Fn(&Json) -> Result<Json, String>;

/// Answers one line with one line: `{"id", "result"}` or `{"id", "error"}`.
pub fn answer(line: &str, world: &World, cron: Cron<'_>) -> String {
    let question: Json = match serde_json::from_str(line) {
        Ok(question) => question,
        Err(error) => return written(&Json::Null, Err(format!("the line is no JSON object: {error}"))),
    };
    written(&question["id"], result(&question, world, cron))
}

/// The result as JSON text, in which items keep the spelling of their numbers.
fn written(id: &Json, result: Result<String, String>) -> String {
    match result {
        Ok(result) => format!("{{\"id\":{id},\"result\":{result}}}"),
        Err(error) => format!("{{\"id\":{id},\"error\":{}}}", json!(error)),
    }
}

fn result(question: &Json, world: &World, cron: Cron<'_>) -> Result<String, String> {
    let Json::Object(fields) = question else { return Err("the line is no JSON object".to_owned()) };
    match text_field(fields, "kind")? {
        "text" => text(fields, world).map(|text| json!(text).to_string()),
        "when" => when::evaluate(text_field(fields, "when")?).map(|truth| truth.to_string()),
        "depends" => depends(fields),
        "sequence" => {
            let items = sequence(&sequence_spec(fields)?)?;
            Ok(json!(items).to_string())
        }
        "param" => {
            let items = with_param(text_field(fields, "with_param")?)?;
            let items: Vec<&str> = items.iter().map(|item| item.json()).collect();
            Ok(format!("[{}]", items.join(",")))
        }
        "duration" => duration::lenient(text_field(fields, "duration")?).map(seconds),
        "cron" => cron(question).map(|answer| answer.to_string()),
        kind => Err(format!(
            "unknown kind `{kind}`; known are text, when, depends, cron, sequence, param and duration"
        )),
    }
}

fn text_field<'f>(fields: &'f Map<String, Json>, name: &str) -> Result<&'f str, String> {
    match fields.get(name) {
        Some(Json::String(text)) => Ok(text),
        Some(_) => Err(format!("field `{name}` must be text")),
        None => Err(format!("field `{name}` is missing")),
    }
}

fn text(fields: &Map<String, Json>, world: &World) -> Result<String, String> {
    let scope = match fields.get("scope") {
        None | Some(Json::Null) => MapScope::new(),
        Some(Json::Object(scope)) => MapScope::from_json(scope),
        Some(_) => return Err("field `scope` must be a map of names to values".to_owned()),
    };
    let mode = match fields.get("lenient") {
        None | Some(Json::Null | Json::Bool(false)) => Mode::FullStrict,
        Some(Json::Bool(true)) => Mode::Lenient,
        Some(_) => return Err("field `lenient` must be true or false".to_owned()),
    };
    let text = Text::parse(text_field(fields, "text")?).map_err(|error| error.to_string())?;
    Ok(text.render(&scope, mode, world).map_err(|error| error.to_string())?.text)
}

/// Nanoseconds as the shortest decimal number of seconds.
fn seconds(nanos: i64) -> String {
    match nanos % 1_000_000_000 {
        0 => (nanos / 1_000_000_000).to_string(),
        rest => {
            let seconds = (nanos / 1_000_000_000) as f64 + rest as f64 / 1e9;
            go::json_float(seconds).unwrap_or_default()
        }
    }
}

fn sequence_spec(fields: &Map<String, Json>) -> Result<SequenceSpec, String> {
    let Some(Json::Object(spec)) = fields.get("sequence") else {
        return Err("field `sequence` must be a map".to_owned());
    };
    // An integer or a text, as in the manifest (OB-006).
    let number = |name: &str| match spec.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(Json::Number(number)) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => {
            Ok(Some(number.to_string()))
        }
        Some(other) => {
            let kind = match other {
                Json::Number(number) => format!("number {number}"),
                Json::Array(_) => "array".to_owned(),
                Json::Object(_) => "object".to_owned(),
                _ => "bool".to_owned(),
            };
            Err(format!(
                "decode: json: cannot unmarshal {kind} into Go struct field Sequence.{name} of type int32"
            ))
        }
    };
    let format = match spec.get("format") {
        None | Some(Json::Null) => None,
        Some(Json::String(format)) => Some(format.clone()),
        Some(_) => return Err("field `format` must be text".to_owned()),
    };
    Ok(SequenceSpec { count: number("count")?, start: number("start")?, end: number("end")?, format })
}

/// What is recorded about a task.
#[derive(Default)]
struct Status {
    phase: String,
    is_daemon: bool,
    /// The phases of the expansions of a loop.
    group: Option<Vec<String>>,
}

impl Status {
    fn of(json: &Json) -> Status {
        let words = |json: &Json| {
            json.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
        };
        Status {
            phase: json["phase"].as_str().unwrap_or_default().to_owned(),
            is_daemon: json["daemoned"] == true,
            group: (json["is_group"] == true).then(|| words(&json["group"])),
        }
    }

    /// A daemon counts as soon as it has started (EX-154, EX-159).
    fn is_started_daemon(&self) -> bool {
        self.is_daemon && self.phase != "Pending"
    }

    fn is_fulfilled(&self) -> bool {
        self.is_started_daemon()
            || matches!(self.phase.as_str(), "Succeeded" | "Failed" | "Error" | "Skipped" | "Omitted")
    }

    fn holds(&self, result: TaskResult) -> bool {
        let group = self.group.as_deref().unwrap_or_default();
        match result {
            TaskResult::Succeeded => self.phase == "Succeeded",
            TaskResult::Failed => self.phase == "Failed",
            TaskResult::Errored => self.phase == "Error",
            TaskResult::Skipped => self.phase == "Skipped",
            TaskResult::Omitted => self.phase == "Omitted",
            TaskResult::Daemoned => self.is_started_daemon(),
            TaskResult::AnySucceeded => group.iter().any(|phase| phase == "Succeeded"),
            TaskResult::AllFailed => !group.is_empty() && group.iter().all(|phase| phase == "Failed"),
        }
    }
}

fn depends(fields: &Map<String, Json>) -> Result<String, String> {
    let Some(Json::Array(tasks)) = fields.get("tasks") else {
        return Err("field `tasks` must be a list".to_owned());
    };
    let by_name: BTreeMap<&str, &Json> =
        tasks.iter().filter_map(|task| Some((task["name"].as_str()?, task))).collect();
    let target = text_field(fields, "target")?;
    let task = by_name.get(target).ok_or_else(|| format!("target {target} does not exist"))?;
    let depends = match task["depends"].as_str().filter(|depends| !depends.is_empty()) {
        Some(depends) => depends.to_owned(),
        None => {
            let names = task["dependencies"].as_array().into_iter().flatten().filter_map(Json::as_str);
            names.collect::<Vec<_>>().join(" && ")
        }
    };
    if let Some(unknown) =
        Logic::bare_tasks(&depends).iter().find(|task| !by_name.contains_key(task.as_str()))
    {
        return Err(format!("target {unknown} does not exist"));
    }
    let logic = Logic::parse(&depends, &|name| {
        let continue_on = by_name.get(name).map_or(&Json::Null, |task| &task["continueOn"]);
        (continue_on["error"] == true, continue_on["failed"] == true)
    })?;
    let statuses: BTreeMap<&str, Status> = match fields.get("statuses") {
        Some(Json::Object(statuses)) => {
            statuses.iter().map(|(name, status)| (name.as_str(), Status::of(status))).collect()
        }
        _ => BTreeMap::new(),
    };
    let status_of = |task: usize| statuses.get(logic.tasks()[task].as_str());
    let proceed = (0..logic.tasks().len()).all(|task| status_of(task).is_some_and(Status::is_fulfilled));
    let execute = proceed
        && logic.evaluate(&|task, result| status_of(task).is_some_and(|status| status.holds(result)))?;
    Ok(json!({ "proceed": proceed, "execute": execute }).to_string())
}

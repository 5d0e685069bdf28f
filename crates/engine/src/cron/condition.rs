//! Whether a firing makes a run: the `when` of a CronWorkflow and its stop expression (CR-067, CR-095).

use std::collections::BTreeMap;
use std::sync::Arc;

use tiphys_expr::time::Time;
use tiphys_expr::{MapScope, Mode, OwnedBound, Text, Value, World, evaluate_plain_bool, when};

/// What conditions may look at (CR-096).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Name of the CronWorkflow.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its labels. Argo offers them under `annotations` as well, and so do we (CR-097).
    pub labels: BTreeMap<String, String>,
    /// Its annotations, of which only the JSON text is offered.
    pub annotations: BTreeMap<String, String>,
    /// How many runs have succeeded.
    pub succeeded: i64,
    /// How many runs have failed.
    pub failed: i64,
    /// When the last run that was made was due.
    pub last_scheduled_time: Option<jiff::Timestamp>,
}

const PREFIX: &str = "cronworkflow";

/// Evaluates `when`; without one a run is made. The message is Argo's.
pub fn should_run(condition: &str, facts: &Facts, world: &World) -> Result<bool, String> {
    let mut scope = MapScope::new();
    for (name, value) in facts.members() {
        let bound = match value {
            Value::Text(text) => OwnedBound::Text(text.to_string()),
            other => OwnedBound::Typed(other),
        };
        scope.0.insert(format!("{PREFIX}.{name}"), bound);
    }
    let text = Text::parse_raw(condition).map_err(|error| error.to_string())?;
    let rendered = text.render(&scope, Mode::FullStrict, world).map_err(|error| error.to_string())?;
    when::evaluate_bare(&rendered.text)
}

/// Evaluates the stop expression; a CronWorkflow whose expression is true makes no more runs.
pub fn should_stop(expression: &str, facts: &Facts, world: &World) -> Result<bool, String> {
    let members = facts.members().into_iter().map(|(name, value)| (name.into(), value)).collect();
    let environment = Value::map([(PREFIX.into(), Value::map(members))].into_iter().collect());
    evaluate_plain_bool(expression, &environment, world)
        .map_err(|error| format!("failed to evaluate stop expression: {error}"))
}

impl Facts {
    /// Everything below `cronworkflow`.
    fn members(&self) -> Vec<(&'static str, Value)> {
        let last = self.last_scheduled_time.map_or(Value::Nil, |at| Value::Time(Arc::new(Time::utc(at))));
        vec![
            ("name", Value::from(self.name.as_str())),
            ("namespace", Value::from(self.namespace.as_str())),
            ("labels", text_map(&self.labels)),
            ("annotations", text_map(&self.labels)),
            ("labels.json", json(&self.labels)),
            ("annotations.json", json(&self.annotations)),
            ("failed", Value::int64(self.failed)),
            ("succeeded", Value::int64(self.succeeded)),
            ("lastScheduledTime", last),
        ]
    }
}

fn text_map(map: &BTreeMap<String, String>) -> Value {
    Value::map(map.iter().map(|(key, value)| (key.as_str().into(), Value::from(value.as_str()))).collect())
}

/// A map as the bytes of its JSON text.
fn json(map: &BTreeMap<String, String>) -> Value {
    let text = text_map(map).to_json().unwrap_or_default();
    Value::Bytes(text.into_bytes().into())
}

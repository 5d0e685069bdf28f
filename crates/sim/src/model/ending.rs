//! How a step of the cast ends.

use super::Values;
use super::values::{list, render, text};
use crate::cast;
use engine::workflow::Phase;
use serde_json::Value;
use tiphys_engine as engine;

/// How a step of the cast ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Ending {
    pub(super) phase: String,
    pub(super) message: String,
    pub(super) outputs: Values,
    pub(super) exit_code: Option<i32>,
}

/// How a step of the cast ends.
pub(super) fn ending(
    template: &Value,
    inputs: &Values,
    arguments: &Values,
    retries: usize,
) -> Result<Ending, String> {
    let mut scope: Values =
        inputs.iter().map(|(key, value)| (format!("inputs.parameters.{key}"), value.clone())).collect();
    for (key, value) in arguments {
        scope.insert(format!("workflow.parameters.{key}"), value.clone());
    }
    scope.insert("retries".to_owned(), retries.to_string());
    let outcome = if template["containerSet"].is_object() {
        cast::act_together(&template["containerSet"]["containers"])?.outcome
    } else {
        let mut words: Vec<String> =
            cast::call_words(template).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        for arg in list(&template["container"]["args"]) {
            words.push(render(&text(arg), &scope)?);
        }
        cast::read(&words.iter().map(String::as_str).collect::<Vec<_>>())?.outcome
    };
    let phase = phase_name(outcome.phase);
    Ok(Ending {
        phase: phase.to_owned(),
        message: outcome.message.unwrap_or_default(),
        outputs: outcome.parameters.into_iter().collect(),
        exit_code: outcome.exit_code,
    })
}

/// How a suspension ends whose time is over: nobody supplied anything, and the defaults stand (EX-281).
pub(super) fn unasked(template: &Value) -> Ending {
    let outputs = list(&template["outputs"]["parameters"]).iter();
    let outputs = outputs.map(|output| (text(&output["name"]), text(&output["valueFrom"]["default"])));
    Ending { phase: "Succeeded".to_owned(), outputs: outputs.collect(), ..Ending::default() }
}

pub(super) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Succeeded => "Succeeded",
        Phase::Failed => "Failed",
        _ => "Error",
    }
}

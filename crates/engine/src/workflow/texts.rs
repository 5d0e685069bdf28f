//! What the texts of a run come to.
//!
//! Results of steps have a limit of their own and take a step each; what is counted here a manifest makes of itself, by
//! handing on texts that hold each other.

use super::event::Event;
use super::node::{Inputs, NodeKind};
use super::run::Run;
use crate::limits;
use serde_json::Value;
use tiphys_spec as spec;

impl Run {
    /// Whether a number of nodes more may bring that many bytes with them; else why not.
    pub(crate) fn text_room(&self, nodes: usize, bytes: u64) -> Result<(), String> {
        let nodes = (self.nodes.len() + nodes) as u64;
        let most = limits::TEXT_BYTES_MAX + nodes * limits::TEXT_BYTES_PER_NODE;
        if self.text_bytes.saturating_add(bytes) <= most {
            return Ok(());
        }
        Err(format!(
            "the inputs, items and outputs of this workflow would be longer than {} MiB, beside {} KiB for each of its \
             {nodes} nodes; large things are handed on as artifacts",
            limits::TEXT_BYTES_MAX >> 20,
            limits::TEXT_BYTES_PER_NODE >> 10
        ))
    }

    /// Counts what an event brings.
    pub(super) fn count_text(&mut self, event: &Event) {
        self.text_bytes += match event {
            Event::Entered(arrival) => arrival.inputs.as_deref().map_or(0, of_inputs),
            Event::Expanded { items, .. } => of_texts(items.iter().map(|item| &**item)),
            Event::Ended { node, outputs: Some(outputs), .. }
                if matches!(self.node(*node).kind, NodeKind::Steps | NodeKind::Dag) =>
            {
                of_outputs(outputs)
            }
            _ => 0,
        };
    }
}

/// Bytes of the values of inputs.
pub(crate) fn of_inputs(inputs: &Inputs) -> u64 {
    let artifacts: u64 = inputs.artifacts.iter().map(of_value).sum();
    artifacts + of_texts(inputs.parameters.iter().map(|value| &**value))
}

/// Bytes of the values of outputs.
pub(crate) fn of_outputs(outputs: &spec::Outputs) -> u64 {
    of_texts(outputs.parameters.iter().filter_map(|parameter| parameter.value.as_deref()))
}

/// Bytes of texts together.
pub(crate) fn of_texts<'a>(texts: impl Iterator<Item = &'a str>) -> u64 {
    texts.map(|text| text.len() as u64).sum()
}

/// Bytes of the texts of a value.
fn of_value(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        Value::Array(values) => values.iter().map(of_value).sum(),
        Value::Object(fields) => fields.values().map(of_value).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

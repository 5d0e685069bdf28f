//! The engine that follows the change, and the interpreter that looks at everything, come to the same.

use crate::seeds::check;
use std::collections::BTreeMap;
use tiphys_engine::workflow::Input;
use tiphys_engine::{Time, status};
use tiphys_sim::generate::{Taste, workflow};
use tiphys_sim::model::{Told, interpret};
use tiphys_sim::stage::Stage;

/// What the engine's status says, in the model's words.
fn told(stage: &Stage) -> BTreeMap<String, Told> {
    let status = status::status(&stage.run, Time(0));
    let values = |list: &[tiphys_spec::Parameter]| -> BTreeMap<String, String> {
        list.iter().map(|one| (one.name.clone(), one.value.clone().unwrap_or_default())).collect()
    };
    let mut all: BTreeMap<String, Told> = BTreeMap::new();
    for node in status.nodes.values() {
        let mut children: Vec<String> =
            node.children.iter().map(|id| status.nodes[id].name.clone()).collect();
        children.sort();
        let inputs = node.inputs.as_ref().map(|inputs| values(&inputs.parameters));
        let outputs = node.outputs.as_ref().map(|outputs| values(&outputs.parameters));
        all.insert(
            node.name.clone(),
            Told {
                kind: node.kind.clone(),
                phase: node.phase.clone(),
                message: node.message.clone(),
                children,
                values: (inputs.unwrap_or_default(), outputs.unwrap_or_default()),
            },
        );
    }
    let workflow = Told {
        kind: String::new(),
        phase: status.phase.clone(),
        message: status.message.clone(),
        children: Vec::new(),
        values: Default::default(),
    };
    all.insert("workflow".to_owned(), workflow);
    all
}

#[test]
fn the_engine_agrees_with_the_naive_model() {
    check("the_engine_agrees_with_the_naive_model", |seed| {
        let frozen = workflow(seed, Taste::ALL)?;
        let document = serde_json::to_value(&frozen.workflow).map_err(|error| error.to_string())?;
        let expected = interpret(&document)?;
        let mut stage = Stage::new(&frozen)?;
        stage.feed(Input::Begin)?;
        stage.play(None)?;
        let found = told(&stage);
        let names: std::collections::BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
        for name in names {
            let (model, engine) = (expected.get(name), found.get(name));
            if model != engine {
                return Err(format!("they differ at {name}:\n  model  {model:?}\n  engine {engine:?}"));
            }
        }
        Ok((found.len(), 0))
    });
}

//! The engine that follows the change, and the interpreter that looks at everything, come to the same.

use crate::seeds::check;
use std::collections::BTreeMap;
use tiphys_engine::workflow::Input;
use tiphys_engine::{Time, status};
use tiphys_sim::crowd::Crowd;
use tiphys_sim::generate::{Taste, workflow, workflow_called};
use tiphys_sim::model::{Memos, Told, interpret};
use tiphys_sim::office::Office;
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
        let (mut memos, mut nodes, mut office) = (Memos::new(), 0, Office::default());
        // The second time what the first left behind is found.
        for _ in 0..2 {
            let expected = interpret(&document, &mut memos)?;
            let mut stage = Stage::new(&frozen)?;
            stage.office = office;
            stage.feed(Input::Begin)?;
            stage.play(None)?;
            nodes += agree(&expected, &told(&stage))?;
            office = stage.office.beside();
        }
        Ok((nodes, 0))
    });
}

/// Locks change when something happens, and never what: not even among runs that fight for them.
#[test]
fn runs_that_share_locks_come_to_what_each_comes_to_alone() {
    check("runs_that_share_locks_come_to_what_each_comes_to_alone", |seed| {
        let taste = Taste { memos: false, ..Taste::ALL };
        let mut runs = Vec::new();
        for number in 0..4 {
            runs.push(workflow_called(&format!("demo-{number}"), seed * 4 + number, taste)?);
        }
        let mut crowd = Crowd::new(&runs)?;
        crowd.play()?;
        let mut nodes = 0;
        for (frozen, stage) in runs.iter().zip(&crowd.stages) {
            stage.check_replay()?;
            let document = serde_json::to_value(&frozen.workflow).map_err(|error| error.to_string())?;
            let expected = interpret(&document, &mut Memos::new())?;
            nodes += agree(&expected, &told(stage))
                .map_err(|difference| format!("{}: {difference}", stage.run.plan.name))?;
        }
        Ok((nodes, 0))
    });
}

/// How many nodes both have; the error is the first difference.
fn agree(expected: &BTreeMap<String, Told>, found: &BTreeMap<String, Told>) -> Result<usize, String> {
    let names: std::collections::BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    for name in names {
        let (model, engine) = (expected.get(name), found.get(name));
        if model != engine {
            return Err(format!("they differ at {name}:\n  model  {model:?}\n  engine {engine:?}"));
        }
    }
    Ok(found.len())
}

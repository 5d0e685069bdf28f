//! The engine that follows the change, and the interpreter that looks at everything, come to the same.

use crate::seeds::check;
use std::collections::BTreeMap;
use tiphys_engine::workflow::{Input, Request, Retry};
use tiphys_engine::{Frozen, Time, status};
use tiphys_sim::crowd::Crowd;
use tiphys_sim::disguise::disguised;
use tiphys_sim::generate::{Taste, workflow, workflow_called};
use tiphys_sim::model::{Again, Memos, Order, Told, interpret, interpret_lives, orders};
use tiphys_sim::office::Office;
use tiphys_sim::random::Random;
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
            let mut stage = Stage::new(&perhaps_disguised(&frozen, seed)?)?;
            stage.office = office;
            stage.feed(Input::Begin)?;
            stage.play(None)?;
            let found = told(&stage);
            let (agreed, left) = in_any_order(&document, false, |order| {
                let mut left = memos.clone();
                let agreed = agree(&interpret(&document, &mut left, order)?, &found)?;
                Ok((agreed, left))
            })?;
            (nodes, memos) = (nodes + agreed, left);
            office = stage.office.beside();
        }
        Ok((nodes, 0))
    });
}

/// The engine reads half of the workflows in other words than the model.
fn perhaps_disguised(plain: &Frozen, seed: u64) -> Result<Frozen, String> {
    if seed.is_multiple_of(2) { disguised(plain, seed) } else { Ok(plain.clone()) }
}

/// Runs are retried by hand, once or twice: as they are, with another parameter, with a node that succeeded.
#[test]
fn what_is_retried_by_hand_comes_to_what_the_model_says() {
    check("what_is_retried_by_hand_comes_to_what_the_model_says", |seed| {
        let frozen = workflow(seed, Taste::LIVES)?;
        let document = serde_json::to_value(&frozen.workflow).map_err(|error| error.to_string())?;
        let mut random = Random::new(seed ^ 0xa9a1);
        let mut stage = Stage::new(&perhaps_disguised(&frozen, seed)?)?;
        stage.feed(Input::Begin)?;
        stage.play(None)?;
        let (mut retries, mut nodes) = (Vec::new(), 0);
        for life in 0..3 {
            let found = told(&stage);
            nodes += in_any_order(&document, false, |order| {
                let lives = interpret_lives(&document, &retries, order)?;
                agree(lives.last().ok_or("the model has no life")?, &found)
            })
            .map_err(|difference| format!("in life {life}, after {:?}: {difference}", retries.last()))?;
            let mut again = Again::default();
            if random.percent(40) {
                let names: Vec<&String> = found.keys().filter(|name| *name != "workflow").collect();
                again.chosen = Some((*random.pick(&names)).clone());
            }
            if random.percent(40) {
                again.parameters.insert("code".to_owned(), "0".to_owned());
            }
            let retry = Retry {
                restart_successful: again.chosen.is_some(),
                selector: again.chosen.iter().map(|name| format!("id={}", ids(&stage)[name])).collect(),
                parameters: again
                    .parameters
                    .iter()
                    .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
                    .collect(),
            };
            if stage.run.retry_refused(&retry).is_some() {
                break;
            }
            retries.push(again);
            stage.feed(Input::Asked(Request::Retry(retry)))?;
            if random.percent(50) && !stage.run.is_ended() {
                stage.restart()?;
            }
            stage.play(None)?;
            stage.check_replay()?;
        }
        Ok((nodes, 0))
    });
}

fn ids(stage: &Stage) -> BTreeMap<String, String> {
    stage.run.indices().map(|ix| (stage.run.name(ix), stage.run.id(ix))).collect()
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
            let found = told(stage);
            nodes += in_any_order(&document, true, |order| {
                agree(&interpret(&document, &mut Memos::new(), order)?, &found)
            })
            .map_err(|difference| format!("{}: {difference}", stage.run.plan.name))?;
        }
        Ok((nodes, 0))
    });
}

/// What a trial comes to in the first order that goes well, or the error of the order as written. Where places are limited
/// it is a matter of time who comes to be first, and with that, at times, whether a dag is Failed or in Error.
fn in_any_order<T>(
    document: &serde_json::Value,
    shares_locks: bool,
    mut trial: impl FnMut(Order) -> Result<T, String>,
) -> Result<T, String> {
    let mut first = trial(Order::Written);
    for order in orders(document, shares_locks).iter().filter(|order| **order != Order::Written) {
        first = first.or_else(|reason| trial(*order).map_err(|_| reason));
    }
    first
}

/// How many nodes both have; the error is the first difference.
fn agree(expected: &BTreeMap<String, Told>, found: &BTreeMap<String, Told>) -> Result<usize, String> {
    let names: std::collections::BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    for name in names {
        let (model, engine) = (expected.get(name), found.get(name));
        if model != engine {
            let whole = found.get("workflow").map(|told| (&told.phase, &told.message));
            return Err(format!(
                "they differ at {name}:\n  model  {model:?}\n  engine {engine:?}\n  of {whole:?}"
            ));
        }
    }
    Ok(found.len())
}

//! Steering a workflow: suspend, resume, stop, terminate, set, retry, resubmit (API-160 to API-169).

use crate::access::{Resource, Verb};
use crate::argo::admit::{self, Purpose};
use crate::call::{Call, Message};
use crate::fault::{Code, Fault};
use crate::wire::shape;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tiphys_engine::workflow::{Phase, Request, Retry};
use tiphys_store::Summary;

/// The run that an action is about, if the caller may change it.
fn subject(world: &World, call: &Call) -> Result<Summary, Fault> {
    let (namespace, name) = (call.namespace(), call.param("name"));
    call.who.may(Verb::Update, Resource::Workflows, namespace, Some(name))?;
    world.require(namespace, name)
}

fn timed_out(why: impl std::fmt::Display) -> String {
    format!("timed out waiting for the condition: {why}")
}

/// Remembers who asks, asks the run, and answers with the run as it was asked: what follows comes later.
fn done(
    world: &World,
    call: &Call,
    summary: &Summary,
    request: Request,
    action: &str,
) -> Result<Value, Fault> {
    let before = changed(world, summary)?;
    sign(world, call, summary, action)?;
    world.ask(&summary.uid, request)?;
    let after = changed(world, summary)?;
    Ok(as_asked(before, &after))
}

/// What a request itself changes in a workflow: how it is steered, and the suspended nodes that it means. Argo's
/// server answers with that, before its controller looks at it.
fn as_asked(mut before: Value, after: &Value) -> Value {
    for field in ["suspend", "shutdown"] {
        match (after["spec"].get(field), before["spec"].as_object_mut()) {
            (Some(value), Some(spec)) => drop(spec.insert(field.to_owned(), value.clone())),
            (None, Some(spec)) => drop(spec.remove(field)),
            (_, None) => {}
        }
    }
    let labels = shape::entry(shape::entry(&mut before, "metadata"), "labels");
    for label in ["actor", "action"].map(|label| format!("workflows.argoproj.io/{label}")) {
        if let Some(value) = after["metadata"]["labels"].get(&label) {
            labels[&label] = value.clone();
        }
    }
    let nodes = before.pointer_mut("/status/nodes").and_then(Value::as_object_mut);
    for (id, node) in nodes.into_iter().flatten() {
        if node["type"] != "Suspend" || node["phase"] != "Running" {
            continue;
        }
        for field in ["phase", "message", "outputs", "finishedAt"] {
            if let Some(value) = after["status"]["nodes"][id].get(field) {
                node[field] = value.clone();
            }
        }
    }
    before
}

/// Leaves on a run who changed it last and how (AUTH-051).
fn sign(world: &World, call: &Call, summary: &Summary, action: &str) -> Result<(), Fault> {
    let mut labels = BTreeMap::from([("workflows.argoproj.io/actor".to_owned(), call.who.label())]);
    if !action.is_empty() {
        labels.insert("workflows.argoproj.io/action".to_owned(), action.to_owned());
    }
    world.ask(&summary.uid, Request::Label { labels })
}

/// The run again, wherever it is by now.
fn changed(world: &World, summary: &Summary) -> Result<Value, Fault> {
    let machine = tiphys_store::MachineId::workflow(&summary.uid);
    let now = world.store(|store| tiphys_store::Runs::summary(store, &machine))?;
    world.live(&now.unwrap_or_else(|| summary.clone()))
}

/// API-160.
pub(crate) fn suspend(world: &World, call: &Call) -> Result<Value, Fault> {
    call.message()?;
    let summary = subject(world, call)?;
    if summary.finished_us.is_some() {
        return Err(Fault::invalid(timed_out("cannot suspend completed workflows")));
    }
    done(world, call, &summary, Request::Suspend, "Suspend")
}

/// API-161.
pub(crate) fn resume(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let selector = message.text("nodeFieldSelector")?.to_owned();
    let summary = subject(world, call)?;
    check_selector(&selector)?;
    let document = world.live(&summary)?;
    if selector.is_empty() && summary.finished_us.is_some() {
        return Ok(document);
    }
    let nodes = matching(&document, &selector);
    if !selector.is_empty() && nodes.is_empty() {
        return Err(no_match(&selector));
    }
    if let Some(reason) = nodes.iter().find_map(|node| unset(node)) {
        return Err(Fault::internal(timed_out(reason)));
    }
    done(
        world,
        call,
        &summary,
        Request::Resume { selector, by: Some(format!("map[User:{}]", call.who.subject)) },
        "Resume",
    )
}

/// API-162.
pub(crate) fn stop(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let selector = message.text("nodeFieldSelector")?.to_owned();
    let text = message.text("message")?.to_owned();
    let summary = subject(world, call)?;
    check_selector(&selector)?;
    if selector.is_empty() {
        refuse_completed(&summary)?;
    } else if matching(&world.live(&summary)?, &selector).is_empty() {
        return Err(no_match(&selector));
    }
    let request = Request::Stop { selector, message: Some(text).filter(|text| !text.is_empty()) };
    done(world, call, &summary, request, "Stop")
}

/// API-163.
pub(crate) fn terminate(world: &World, call: &Call) -> Result<Value, Fault> {
    call.message()?;
    let summary = subject(world, call)?;
    refuse_completed(&summary)?;
    done(world, call, &summary, Request::Terminate, "Terminate")
}

fn refuse_completed(summary: &Summary) -> Result<(), Fault> {
    if summary.finished_us.is_none() {
        return Ok(());
    }
    Err(Fault::internal(format!(
        "cannot shutdown a completed workflow: workflow: \"{}\", namespace: \"{}\"",
        summary.name, summary.namespace
    )))
}

/// API-164.
pub(crate) fn set(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let selector = message.text("nodeFieldSelector")?.to_owned();
    let phase = match message.text("phase")? {
        "" => None,
        "Succeeded" => Some(Phase::Succeeded),
        "Failed" => Some(Phase::Failed),
        "Error" => Some(Phase::Error),
        other => return Err(Fault::invalid(format!("{other} is an invalid phase to set to"))),
    };
    let parameters = outputs(message.text("outputParameters")?)?;
    let text = message.text("message")?.to_owned();
    let summary = subject(world, call)?;
    if selector.is_empty() {
        return Err(Fault::internal(
            "'set' currently only targets suspend nodes, use a node field selector to target them",
        ));
    }
    check_selector(&selector)?;
    let document = world.live(&summary)?;
    let nodes = matching(&document, &selector);
    for node in &nodes {
        for name in parameters.keys() {
            let known = node["outputs"]["parameters"].as_array().into_iter().flatten();
            let found = known.into_iter().find(|parameter| parameter["name"].as_str() == Some(name));
            if found.is_none_or(|parameter| parameter["valueFrom"].get("supplied").is_none()) {
                return Err(Fault::internal(format!(
                    "cannot set output parameter '{name}' because it does not use valueFrom.raw or it was already set"
                )));
            }
        }
    }
    let nothing = phase.is_none() && parameters.is_empty() && text.is_empty();
    if nodes.is_empty() || nothing {
        return Err(no_match(&selector));
    }
    let request =
        Request::SetNode { selector, parameters, phase, message: Some(text).filter(|text| !text.is_empty()) };
    done(world, call, &summary, request, "")
}

fn outputs(text: &str) -> Result<BTreeMap<String, String>, Fault> {
    if text.is_empty() {
        return Ok(BTreeMap::new());
    }
    serde_json::from_str(text)
        .map_err(|error| Fault::invalid(format!("unable to parse output parameter set request: {error}")))
}

/// The grammar of field selectors: a comma means and; `=`, `==`, `!=` (API-167).
pub(crate) fn check_selector(selector: &str) -> Result<(), Fault> {
    for term in selector.split(',').filter(|term| !term.is_empty()) {
        if !term.contains('=') {
            return Err(Fault::internal(format!(
                "invalid selector: '{selector}'; can't understand '{term}'"
            )));
        }
    }
    Ok(())
}

fn no_match(selector: &str) -> Fault {
    Fault::internal(format!(
        "currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: {selector}"
    ))
}

/// Suspended nodes that a selector matches.
fn matching<'a>(document: &'a Value, selector: &str) -> Vec<&'a Value> {
    let nodes = document["status"]["nodes"].as_object();
    nodes
        .into_iter()
        .flat_map(|nodes| nodes.values())
        .filter(|node| node["type"] == "Suspend" && node["phase"] == "Running" && selects(node, selector))
        .collect()
}

/// Whether a field selector matches a node (API-167).
pub(crate) fn selects(node: &Value, selector: &str) -> bool {
    selector.split(',').filter(|term| !term.is_empty()).all(|term| {
        let (field, wanted, equal) = if let Some((field, value)) = term.split_once("!=") {
            (field, value, false)
        } else if let Some((field, value)) = term.split_once("==") {
            (field, value, true)
        } else if let Some((field, value)) = term.split_once('=') {
            (field, value, true)
        } else {
            return false;
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let found = match field {
            "displayName" | "templateName" | "phase" | "name" | "id" => text(&node[field]),
            "templateRef.name" => text(&node["templateRef"]["name"]),
            "templateRef.template" => text(&node["templateRef"]["template"]),
            _ => {
                let name =
                    field.strip_prefix("inputs.parameters.").and_then(|rest| rest.strip_suffix(".value"));
                let parameters = node["inputs"]["parameters"].as_array().into_iter().flatten();
                name.and_then(|name| {
                    parameters
                        .into_iter()
                        .find(|parameter| parameter["name"].as_str() == Some(name))
                        .and_then(|parameter| text(&parameter["value"]))
                })
            }
        };
        (found.as_deref() == Some(wanted)) == equal
    })
}

/// Why a suspended node cannot succeed as it is: an output that nobody supplied and that has no default.
fn unset(node: &Value) -> Option<String> {
    let parameters = node["outputs"]["parameters"].as_array()?;
    let open = parameters.iter().find(|parameter| {
        parameter.get("value").is_none()
            && parameter["valueFrom"].get("supplied").is_some()
            && parameter["valueFrom"].get("default").is_none()
    })?;
    let name = open["name"].as_str().unwrap_or_default();
    Some(format!("raw output parameter '{name}' has not been set and does not have a default value"))
}

/// API-165.
pub(crate) fn retry(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let (namespace, name) = (call.namespace(), call.param("name"));
    call.who.may(Verb::Update, Resource::Workflows, namespace, Some(name))?;
    let summary = world.require(namespace, name)?;
    let document = world.live(&summary)?;
    let wish = Wish::of(&message)?;
    let mut formed = wish.form(world, document)?;
    admit::sign_change(&mut formed, &call.who, "Retry");
    world.controller.retry(&summary.uid, wish.request(), None)?.map_err(Fault::invalid)?;
    sign(world, call, &summary, "Retry")?;
    Ok(shape::live(formed, world))
}

/// A retry as it was asked for.
pub(crate) struct Wish {
    restart_successful: bool,
    selector: String,
    parameters: Vec<(String, String)>,
}

impl Wish {
    pub(crate) fn of(message: &Message) -> Result<Wish, Fault> {
        Ok(Wish {
            restart_successful: message.flag("restartSuccessful")?,
            selector: message.text("nodeFieldSelector")?.to_owned(),
            parameters: parameters(&message.texts("parameters")?)?,
        })
    }

    /// What the engine is asked.
    fn request(&self) -> Retry {
        Retry {
            restart_successful: self.restart_successful,
            selector: self.selector.clone(),
            parameters: self
                .parameters
                .iter()
                .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
                .collect(),
        }
    }

    /// The document with which the workflow goes on (EX-300 to EX-308).
    pub(crate) fn form(&self, world: &World, document: Value) -> Result<Value, Fault> {
        match document["status"]["phase"].as_str().unwrap_or_default() {
            "Failed" | "Error" => {}
            "Succeeded" if self.restart_successful && !self.selector.is_empty() => {}
            "Succeeded" => {
                return Err(Fault::invalid(
                    "To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector",
                ));
            }
            other => return Err(Fault::invalid(format!("Cannot retry a workflow in phase {other}"))),
        }
        check_selector(&self.selector)?;
        let chosen: Vec<String> = if self.restart_successful {
            let nodes = document["status"]["nodes"].as_object().into_iter().flatten();
            nodes.filter(|(_, node)| selects(node, &self.selector)).map(|(id, _)| id.clone()).collect()
        } else {
            Vec::new()
        };
        Ok(tiphys_engine::resubmit::retry(document, &chosen, &self.parameters, &world.now_text()))
    }
}

/// `NAME=VALUE` texts (API-169).
pub(crate) fn parameters(texts: &[String]) -> Result<Vec<(String, String)>, Fault> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => {
                Err(Fault::internal(format!("expected parameter of the form: NAME=VALUE. Received: {text}")))
            }
        })
        .collect()
}

/// API-166.
pub(crate) fn resubmit(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let (namespace, name) = (call.namespace(), call.param("name"));
    call.who.may(Verb::Get, Resource::Workflows, namespace, Some(name))?;
    let summary = world.require(namespace, name)?;
    let document = world.live(&summary)?;
    again(world, call, namespace, document, &message)
}

/// Submits what an earlier workflow did once more (EX-315 to EX-317).
pub(crate) fn again(
    world: &World,
    call: &Call,
    namespace: &str,
    document: Value,
    message: &Message,
) -> Result<Value, Fault> {
    let memoized = message.flag("memoized")?;
    let given = parameters(&message.texts("parameters")?)?;
    let failed = matches!(document["status"]["phase"].as_str(), Some("Failed" | "Error"));
    if memoized && !failed {
        return Err(Fault::invalid("workflow must be Failed/Error to resubmit in memoized mode"));
    }
    call.who.may(Verb::Create, Resource::Workflows, namespace, None)?;
    let mut value = tiphys_engine::resubmit::resubmit(&document, &given);
    admit::sign(&mut value, &call.who);
    if namespace.is_empty() {
        world.require_namespace(namespace, "workflows.argoproj.io")?;
    }
    value["metadata"]["namespace"] = json!(namespace);
    if memoized {
        return memoized_run(world, namespace, value, &document);
    }
    admit::workflow(world, namespace, &value, Purpose::Run, None)
}

/// A resubmission that keeps what succeeded (EX-317).
fn memoized_run(world: &World, namespace: &str, mut value: Value, old: &Value) -> Result<Value, Fault> {
    admit::name(world, &mut value, namespace);
    let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let status = tiphys_engine::resubmit::memoized(old, &name);
    let done = tiphys_engine::resubmit::memoized_done(old, &name);
    let mut answer = admit::workflow(world, namespace, &value, Purpose::Run, Some(done))?;
    answer["status"] = status;
    Ok(shape::workflow(answer))
}

/// A retry of something that cannot go on by itself.
pub(crate) fn already_here() -> Fault {
    Fault::new(Code::AlreadyExists, "Workflow already exists on cluster, use argo retry {name} instead")
}

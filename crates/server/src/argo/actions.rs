//! Steering a workflow: suspend, resume, stop, terminate, set, retry, resubmit (API-160 to API-169).

use crate::access::{Resource, Verb};
use crate::argo::admit::{self, Purpose};
use crate::argo::workflows;
use crate::call::{self, Call, Message};
use crate::fault::{Code, Fault};
use crate::wire::shape;
use crate::world::{Asked, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tiphys_engine::FieldSelector;
use tiphys_engine::workflow::{Phase, Request, Retry};
use tiphys_store::Summary;

/// The run that an action is about. Whether the caller may change it is asked when there is something to change.
fn subject(world: &World, call: &Call) -> Result<Summary, Fault> {
    world.require(call.namespace(), call.param("name"))
}

/// The workflow that an action is about, be it in the archive only (API-141).
fn seen(world: &World, call: &Call) -> Result<Value, Fault> {
    workflows::found(world, call.namespace(), call.param("name"), "")
}

/// How Argo's server changes a workflow, as which the right to it is asked: how it is to end is patched in.
fn verb(request: &Request) -> Verb {
    match request {
        Request::Terminate => Verb::Patch,
        Request::Stop { selector, .. } if selector.is_empty() => Verb::Patch,
        _ => Verb::Update,
    }
}

fn timed_out(why: impl std::fmt::Display) -> String {
    format!("timed out waiting for the condition: {why}")
}

/// Remembers who asks, if they may, asks the run, and answers with the run as it was asked: what follows comes later. None if the
/// run has ended in the meantime.
fn done(
    world: &World,
    call: &Call,
    summary: &Summary,
    request: Request,
    action: &str,
) -> Result<Option<Value>, Fault> {
    call.who.may(verb(&request), Resource::Workflows, &summary.namespace, Some(&summary.name))?;
    let before = changed(world, summary)?;
    if world.ask(&summary.uid, &[signature(call, action), request])? == Asked::Over {
        return Ok(None);
    }
    let after = changed(world, summary)?;
    Ok(Some(as_asked(before, &after)))
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

/// What leaves on a run who changed it last and how (AUTH-051).
fn signature(call: &Call, action: &str) -> Request {
    let mut labels = BTreeMap::from([("workflows.argoproj.io/actor".to_owned(), call.who.label())]);
    if !action.is_empty() {
        labels.insert("workflows.argoproj.io/action".to_owned(), action.to_owned());
    }
    Request::Label { labels }
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
    let over = || Fault::invalid(timed_out("cannot suspend completed workflows"));
    if summary.finished_us.is_some() {
        return Err(over());
    }
    let document = world.live(&summary)?;
    if document["spec"]["suspend"] == true {
        // Nothing is changed, so nobody's right to it is asked (API-160).
        return Ok(document);
    }
    done(world, call, &summary, Request::Suspend, "Suspend")?.ok_or_else(over)
}

/// API-161.
pub(crate) fn resume(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let text = message.text("nodeFieldSelector")?.to_owned();
    let summary = subject(world, call)?;
    let selector = selector(&text)?;
    let document = world.live(&summary)?;
    if text.is_empty() && summary.finished_us.is_some() {
        return Ok(document);
    }
    let nodes = matching(&document, &selector);
    if text.is_empty() && nodes.is_empty() && document["spec"]["suspend"] != true {
        // Likewise (API-161).
        return Ok(document);
    }
    if !text.is_empty() && nodes.is_empty() {
        return Err(no_match(&text));
    }
    if let Some(reason) = nodes.iter().find_map(|node| unset(node)) {
        return Err(Fault::internal(timed_out(reason)));
    }
    let by = Some(format!("map[User:{}]", call.who.subject));
    match done(world, call, &summary, Request::Resume { selector: text.clone(), by }, "Resume")? {
        Some(answer) => Ok(answer),
        None if text.is_empty() => changed(world, &summary),
        None => Err(no_match(&text)),
    }
}

/// API-162.
pub(crate) fn stop(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let text = message.text("nodeFieldSelector")?.to_owned();
    let reason = Some(message.text("message")?.to_owned()).filter(|reason| !reason.is_empty());
    let summary = subject(world, call)?;
    let selector = selector(&text)?;
    let over = || if text.is_empty() { completed(&summary) } else { no_match(&text) };
    let is_late = match text.is_empty() {
        true => summary.finished_us.is_some(),
        false => matching(&world.live(&summary)?, &selector).is_empty(),
    };
    if is_late {
        return Err(over());
    }
    let request = Request::Stop { selector: text.clone(), message: reason };
    done(world, call, &summary, request, "Stop")?.ok_or_else(over)
}

/// API-163.
pub(crate) fn terminate(world: &World, call: &Call) -> Result<Value, Fault> {
    call.message()?;
    let summary = subject(world, call)?;
    let over = || completed(&summary);
    if summary.finished_us.is_some() {
        return Err(over());
    }
    done(world, call, &summary, Request::Terminate, "Terminate")?.ok_or_else(over)
}

fn completed(summary: &Summary) -> Fault {
    Fault::internal(format!(
        "cannot shutdown a completed workflow: workflow: \"{}\", namespace: \"{}\"",
        summary.name, summary.namespace
    ))
}

/// API-164.
pub(crate) fn set(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let selected = message.text("nodeFieldSelector")?.to_owned();
    let [phase, parameters, text] = ["phase", "outputParameters", "message"].map(|field| message.text(field));
    let (phase, parameters, text) = (phase?, parameters?, text?.to_owned());
    seen(world, call)?;
    let phase = match phase {
        "" => None,
        "Succeeded" => Some(Phase::Succeeded),
        "Failed" => Some(Phase::Failed),
        "Error" => Some(Phase::Error),
        other => return Err(Fault::invalid(format!("{other} is an invalid phase to set to"))),
    };
    let parameters = outputs(parameters)?;
    let summary = subject(world, call)?;
    if selected.is_empty() {
        return Err(Fault::internal(
            "'set' currently only targets suspend nodes, use a node field selector to target them",
        ));
    }
    let selector = selector(&selected)?;
    let document = world.live(&summary)?;
    let nodes = matching(&document, &selector);
    for node in &nodes {
        if let Some(why) = parameters.keys().find_map(|name| unsettable(node, name)) {
            return Err(Fault::internal(why));
        }
    }
    let nothing = phase.is_none() && parameters.is_empty() && text.is_empty();
    if nodes.is_empty() || nothing {
        return Err(no_match(&selected));
    }
    let request = Request::SetNode {
        selector: selected.clone(),
        parameters,
        phase,
        message: Some(text).filter(|text| !text.is_empty()),
    };
    done(world, call, &summary, request, "")?.ok_or_else(|| no_match(&selected))
}

/// Why an output of a node cannot be set.
fn unsettable(node: &Value, name: &str) -> Option<String> {
    if node["outputs"].is_null() {
        return Some(
            "cannot set output parameters because node is not expecting any raw parameters".to_owned(),
        );
    }
    let mut known = node["outputs"]["parameters"].as_array().into_iter().flatten();
    match known.find(|parameter| parameter["name"].as_str() == Some(name)) {
        None => Some(format!("node is not expecting output parameter '{name}'")),
        Some(parameter) => parameter["valueFrom"].get("supplied").is_none().then(|| {
            format!(
                "cannot set output parameter '{name}' because it does not use valueFrom.raw or it was already set"
            )
        }),
    }
}

/// The outputs that are to be set: an object of texts, of which `null` is the empty one.
fn outputs(text: &str) -> Result<BTreeMap<String, String>, Fault> {
    let unreadable =
        |why: &str| Fault::invalid(format!("unable to parse output parameter set request: {why}"));
    let wrong = |found: &Value, wanted: &str| {
        unreadable(&format!("json: cannot unmarshal {} into Go value of type {wanted}", call::kind(found)))
    };
    if text.is_empty() {
        return Ok(BTreeMap::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Null) => Ok(BTreeMap::new()),
        Ok(Value::Object(given)) => given
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name, text)),
                Value::Null => Ok((name, String::new())),
                other => Err(wrong(&other, "string")),
            })
            .collect(),
        Ok(other) => Err(wrong(&other, "map[string]string")),
        Err(error) => {
            Err(unreadable(&tiphys_expr::json_flaw(text.as_bytes()).unwrap_or_else(|| error.to_string())))
        }
    }
}

/// A node field selector that can be read (API-167).
fn selector(text: &str) -> Result<FieldSelector, Fault> {
    FieldSelector::parse(text).map_err(Fault::internal)
}

fn no_match(selector: &str) -> Fault {
    Fault::internal(format!(
        "currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: {selector}"
    ))
}

/// Suspended nodes that a selector matches.
fn matching<'a>(document: &'a Value, selector: &FieldSelector) -> Vec<&'a Value> {
    let nodes = document["status"]["nodes"].as_object();
    nodes
        .into_iter()
        .flat_map(|nodes| nodes.values())
        .filter(|node| node["type"] == "Suspend" && node["phase"] == "Running" && selects(node, selector))
        .collect()
}

/// Whether a field selector matches a node (API-167).
fn selects(node: &Value, selector: &FieldSelector) -> bool {
    selector.matches(|field| {
        let found = match field {
            "displayName" | "templateName" | "phase" | "name" | "id" => &node[field],
            "templateRef.name" => &node["templateRef"]["name"],
            "templateRef.template" => &node["templateRef"]["template"],
            _ => {
                let name = field.strip_prefix("inputs.parameters.")?.strip_suffix(".value")?;
                let mut parameters = node["inputs"]["parameters"].as_array()?.iter();
                &parameters.find(|parameter| parameter["name"].as_str() == Some(name))?["value"]
            }
        };
        found.as_str().map(str::to_owned)
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
    let wish = Wish::of(&message)?;
    let document = seen(world, call)?;
    let name = document["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let mut formed = wish.form(world, document)?;
    call.who.may(Verb::Update, Resource::Workflows, call.namespace(), Some(&name))?;
    // One that is in the archive only goes on from there (API-205).
    let summary = subject(world, call)?;
    admit::sign_change(&mut formed, &call.who, "Retry");
    world.controller.retry(&summary.uid, wish.request()?, None)??;
    // A retry that is over at once has nobody to sign any more.
    world.ask(&summary.uid, &[signature(call, "Retry")])?;
    Ok(shape::live(formed))
}

/// A retry as it was asked for.
pub(crate) struct Wish {
    restart_successful: bool,
    selector: String,
    parameters: Vec<String>,
}

impl Wish {
    pub(crate) fn of(message: &Message) -> Result<Wish, Fault> {
        Ok(Wish {
            restart_successful: message.flag("restartSuccessful")?,
            selector: message.text("nodeFieldSelector")?.to_owned(),
            parameters: message.texts("parameters")?,
        })
    }

    /// What the engine is asked.
    fn request(&self) -> Result<Retry, Fault> {
        Ok(Retry {
            restart_successful: self.restart_successful,
            selector: self.selector.clone(),
            parameters: parameters(&self.parameters)?
                .into_iter()
                .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
                .collect(),
        })
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
        let chosen = self.chosen(&document)?;
        let given = parameters(&self.parameters)?;
        Ok(tiphys_engine::resubmit::retry(document, &chosen, &given, &world.now_text()))
    }
}

impl Wish {
    /// The nodes that are done again although they succeeded. Only the two options together choose any: without
    /// the one the other is not even read.
    fn chosen(&self, document: &Value) -> Result<Vec<String>, Fault> {
        if !self.restart_successful || self.selector.is_empty() {
            return Ok(Vec::new());
        }
        let selector = selector(&self.selector)?;
        let nodes = document["status"]["nodes"].as_object().into_iter().flatten();
        Ok(nodes.filter(|(_, node)| selects(node, &selector)).map(|(id, _)| id.clone()).collect())
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
    let again = Again::of(&call.message()?)?;
    again.submit(world, call, call.namespace(), seen(world, call)?)
}

/// A resubmission as it was asked for.
pub(crate) struct Again {
    memoized: bool,
    parameters: Vec<String>,
}

impl Again {
    pub(crate) fn of(message: &Message) -> Result<Again, Fault> {
        Ok(Again { memoized: message.flag("memoized")?, parameters: message.texts("parameters")? })
    }

    /// Submits what an earlier workflow did once more (EX-315 to EX-317).
    pub(crate) fn submit(
        &self,
        world: &World,
        call: &Call,
        namespace: &str,
        document: Value,
    ) -> Result<Value, Fault> {
        let given = parameters(&self.parameters)?;
        let failed = matches!(document["status"]["phase"].as_str(), Some("Failed" | "Error"));
        if self.memoized && !failed {
            return Err(Fault::invalid("workflow must be Failed/Error to resubmit in memoized mode"));
        }
        call.who.may(Verb::Create, Resource::Workflows, namespace, None)?;
        let mut value = tiphys_engine::resubmit::resubmit(&document, &given);
        admit::sign(&mut value, &call.who);
        if namespace.is_empty() {
            world.require_namespace(namespace, "workflows.argoproj.io")?;
        }
        value["metadata"]["namespace"] = json!(namespace);
        if self.memoized {
            return memoized_run(world, namespace, value, &document);
        }
        admit::workflow(world, namespace, &value, Purpose::Run, None)
    }
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

#[cfg(test)]
mod tests {
    use super::Wish;
    use serde_json::json;

    /// API-165: `restartSuccessful` and `nodeFieldSelector` mean something together only.
    #[test]
    fn a_retry_chooses_nodes_by_both_options_only() {
        let document = json!({ "status": { "nodes": {
            "r": { "displayName": "r" }, "r-1": { "displayName": "good" }, "r-2": { "displayName": "bad" },
        } } });
        let chosen = |restart_successful: bool, selector: &str| {
            Wish { restart_successful, selector: selector.to_owned(), parameters: Vec::new() }
                .chosen(&document)
                .map_err(|fault| fault.message)
        };
        assert_eq!(chosen(true, ""), Ok(Vec::new()));
        assert_eq!(chosen(false, "displayName=good"), Ok(Vec::new()));
        assert_eq!(chosen(false, "a b"), Ok(Vec::new()));
        assert_eq!(chosen(true, "displayName=good"), Ok(vec!["r-1".to_owned()]));
        assert_eq!(chosen(true, "a b"), Err("invalid selector: 'a b'; can't understand 'a b'".to_owned()));
    }
}

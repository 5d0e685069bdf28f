//! Events from outside: stored first, then matched against bindings, which submit (API-250, API-260, AUTH-070).

use crate::access::{Resource, Verb, Who};
use crate::argo::admit::{self, Purpose};
use crate::argo::submit;
use crate::argo::webhooks::{self, Sender};
use crate::call::{Call, first_value};
use crate::fault::{Code, Fault};
use crate::limits;
use crate::own::deliveries::Delivery;
use crate::wire::shape;
use crate::world::{World, generated, generated_for};
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

/// Says which binding made a workflow.
const BINDING: &str = "workflows.argoproj.io/workflow-event-binding";

/// What tags and expressions begin with. Values from outside that have it would be evaluated where the workflow uses
/// them, even in parts (`{{` in one, the rest in another), so they are no arguments.
const TAG: &str = "{{";

/// Headers by which senders name a delivery; the second of one name makes no second run.
const DELIVERY_IDS: [&str; 5] =
    ["x-github-delivery", "x-gitea-delivery", "x-gitlab-event-uuid", "x-request-uuid", "x-delivery-id"];

/// Who may send an event: whoever shows a token that may, or whoever signed it.
pub(crate) fn sender(
    world: &World,
    namespace: &str,
    headers: &HeaderMap,
    body: &[u8],
    by_token: impl FnOnce() -> Result<Who, Fault>,
) -> Result<Who, Refused> {
    if headers.contains_key("authorization") {
        return by_token().map_err(Refused::Fault);
    }
    if body.len() > limits::EVENT_BYTES_MAX {
        return Err(Refused::Webhook);
    }
    match webhooks::sender(world, namespace, headers, body).map_err(Refused::Fault)? {
        Sender::Known(who) => Ok(who),
        Sender::Unknown => by_token().map_err(Refused::Fault),
        Sender::Unreadable(why) => {
            tracing::warn!(
                namespace,
                "a webhook without a token was refused: {why}; apply one (see \"run a server\" in the documentation), or send a token"
            );
            Err(Refused::Webhook)
        }
    }
}

/// Why an event was not taken.
pub(crate) enum Refused {
    Fault(Fault),
    /// AUTH-061: every failure of the judgement looks the same.
    Webhook,
}

/// API-250.
pub(crate) fn receive(world: &World, call: &Call) -> Result<Value, Fault> {
    let namespace = call.namespace();
    let payload = first_value(&call.body)?.unwrap_or(Value::Null);
    call.who.may(Verb::List, Resource::Bindings, namespace, None)?;
    let id = DELIVERY_IDS.iter().find_map(|name| call.headers.get(*name)?.to_str().ok()).map(str::to_owned);
    let discriminator = call.param("discriminator");
    let delivery = Delivery {
        id: match &id {
            None => uuid::Uuid::now_v7().to_string(),
            // A name that a sender chose is no place in our folders: it is hashed.
            Some(id) => uuid_of(&format!("{namespace}/{discriminator}/{id}")),
        },
        namespace: namespace.to_owned(),
        discriminator: discriminator.to_owned(),
        sender: call.who.subject.clone(),
        role: call.who.role(),
        event: json!({
            "namespace": namespace,
            "discriminator": discriminator,
            "metadata": metadata(&call.headers),
            "payload": payload,
        }),
        replay_of: None,
    };
    match delivery.take(world, &call.who)? {
        // The same delivery came before, and made its run then.
        None => Ok(json!({})),
        Some(outcome) if outcome.faults.is_empty() => Ok(json!({})),
        // The other bindings had their turn all the same (AUTH-076).
        Some(outcome) => Err(undispatched(&outcome.faults)),
    }
}

/// The answer to an event of which some bindings could not make what they should: Argo's, unless all of that is the
/// sender's doing.
fn undispatched(faults: &[Fault]) -> Fault {
    let words: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
    let is_senders = faults.iter().all(|fault| fault.code == Code::InvalidArgument);
    let code = if is_senders { Code::InvalidArgument } else { Code::Internal };
    Fault::new(code, format!("failed to dispatch event: [{}]", words.join(" ")))
}

/// A stable identity for a text.
fn uuid_of(text: &str) -> String {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// What became of an event at each binding.
pub(crate) struct Outcome {
    pub(crate) faults: Vec<Fault>,
    pub(crate) results: Vec<Value>,
}

/// What one binding makes of an event.
enum Match {
    /// Nothing, and why.
    No(String),
    /// A workflow of that name.
    Run(String),
}

/// Offers an event to all bindings of its namespace. The same delivery gives its runs the same names; a binding that made
/// a run of it `before` makes no other.
pub(crate) fn dispatch(
    world: &World,
    who: &Who,
    namespace: &str,
    id: &str,
    event: &Value,
    before: &[Value],
) -> Outcome {
    let mut outcome = Outcome { faults: Vec::new(), results: Vec::new() };
    let event = &with_floats(event);
    let bindings = match world.objects("WorkflowEventBinding", namespace) {
        Ok(bindings) => bindings,
        Err(fault) => {
            outcome.faults.push(fault);
            return outcome;
        }
    };
    for binding in bindings {
        let name = binding["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let made = before.iter().find(|result| result["binding"] == *name && result["matched"] == true);
        if let Some(made) = made {
            outcome.results.push(made.clone());
            continue;
        }
        outcome.results.push(match offer(world, who, namespace, &binding, id, event) {
            Ok(Match::No(reason)) => json!({ "binding": name, "matched": false, "reason": reason }),
            Ok(Match::Run(run)) => json!({ "binding": name, "matched": true, "run": run }),
            Err(fault) => {
                let result =
                    json!({ "binding": name, "matched": false, "failed": true, "reason": fault.message });
                outcome.faults.push(fault);
                result
            }
        });
    }
    outcome
}

/// Headers that tell about the event, each with all its values (AUTH-071).
fn metadata(headers: &HeaderMap) -> Map<String, Value> {
    let mut metadata = Map::new();
    for name in headers.keys().filter(|name| name.as_str().starts_with("x-")) {
        let values: Vec<&str> =
            headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        metadata.insert(name.as_str().to_owned(), json!(values));
    }
    metadata
}

/// The same with every number a floating one: expressions see an event as Go reads JSON.
fn with_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(with_floats).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), with_floats(value))).collect()
        }
        other => other.clone(),
    }
}

/// Finds something in an event: with the language alone (OB-370, OB-374).
fn evaluate(expression: &str, event: &Value) -> Result<tiphys_expr::Value, String> {
    tiphys_expr::evaluate_plain(expression, event, &moment()).map_err(|error| error.to_string())
}

fn moment() -> tiphys_expr::World {
    let now = jiff::Timestamp::now();
    tiphys_expr::World { now, seed: now.as_microsecond().unsigned_abs() }
}

/// Offers an event to one binding.
fn offer(
    world: &World,
    who: &Who,
    namespace: &str,
    binding: &Value,
    id: &str,
    event: &Value,
) -> Result<Match, Fault> {
    let selector = binding["spec"]["event"]["selector"].as_str().unwrap_or_default();
    let matched = tiphys_expr::evaluate_json_bool(selector, event, &moment()).map_err(|error| {
        Fault::internal(format!("failed to evaluate workflow template expression: {error}"))
    })?;
    let submit = &binding["spec"]["submit"];
    if !matched {
        return Ok(Match::No(format!("its selector is false: {selector}")));
    }
    if !submit.is_object() {
        return Ok(Match::No("it matched, and has nothing to submit".to_owned()));
    }
    let reference = &submit["workflowTemplateRef"];
    let template = reference["name"].as_str().unwrap_or_default();
    let cluster = reference["clusterScope"] == true;
    let mut workflow = submit::from_template(world, namespace, template, cluster)
        .map_err(|fault| Fault::internal(format!("failed to get workflow template: {}", fault.message)))?;
    let kind = if cluster { "ClusterWorkflowTemplate" } else { "WorkflowTemplate" };
    let place = if cluster { "" } else { namespace };
    let own = world.object(kind, place, template)?.unwrap_or_default();
    let metadata = shape::entry(&mut workflow, "metadata");
    for field in ["labels", "annotations"] {
        for (key, value) in own["spec"]["workflowMetadata"][field].as_object().into_iter().flatten() {
            shape::entry(metadata, field)[key] = value.clone();
        }
    }
    for (field, what) in [("name", "workflow name"), ("generateName", "workflow generateName")] {
        let expression = submit["metadata"][field].as_str().unwrap_or_default();
        if !expression.is_empty() {
            metadata[field] = json!(text(expression, event, what)?);
        }
    }
    for field in ["labels", "annotations"] {
        for (key, expression) in submit["metadata"][field].as_object().into_iter().flatten() {
            let what = format!("workflow {} {key:?}", field.trim_end_matches('s'));
            let value = text(expression.as_str().unwrap_or_default(), event, &what)?;
            shape::entry(metadata, field)[key] = json!(value);
        }
    }
    let binding_name = binding["metadata"]["name"].as_str().unwrap_or_default();
    shape::entry(metadata, "labels")[BINDING] = json!(binding_name);
    let is_named = !metadata["name"].as_str().unwrap_or_default().is_empty();
    if !is_named {
        let prefix = metadata["generateName"].as_str().unwrap_or_default();
        let own = generated_for(prefix, &format!("{id}/{binding_name}"));
        match world.find(namespace, &own)? {
            None => metadata["name"] = json!(own),
            // Made by this delivery before a crash.
            Some(run) if run.labels.get(BINDING).is_some_and(|label| label == binding_name) => {
                return Ok(Match::Run(own));
            }
            Some(_) => metadata["name"] = json!(generated(prefix)),
        }
    }
    let mut parameters = Vec::new();
    // Artifacts among the arguments are accepted, and Argo passes them over, too (OB-375).
    for parameter in submit["arguments"]["parameters"].as_array().into_iter().flatten() {
        parameters.push(argument(parameter, event)?);
    }
    if !parameters.is_empty() {
        workflow["spec"]["arguments"] = json!({ "parameters": parameters });
    }
    admit::sign(&mut workflow, who);
    let name = workflow["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    workflow["metadata"]["namespace"] = json!(namespace);
    who.may(Verb::Create, Resource::Workflows, namespace, None)?;
    admit::workflow(world, namespace, &workflow, Purpose::Run, None).map_err(|fault| {
        Fault::new(Code::Internal, format!("failed to create workflow: {}", fault.message))
    })?;
    Ok(Match::Run(name))
}

/// A text for the metadata, for which all of Argo's functions are there (OB-372).
fn text(expression: &str, event: &Value, what: &str) -> Result<String, Fault> {
    let value = tiphys_expr::evaluate_beside(expression, event, &moment())
        .map_err(|error| Fault::internal(format!("failed to evaluate {what} expression: {error}")))?;
    match value.as_text() {
        Some(text) => Ok(text.to_owned()),
        None => Err(Fault::internal(format!(
            "{what} expression must evaluate to a string, not a {}",
            value.type_name()
        ))),
    }
}

/// A parameter whose value is what an expression finds in the event (AUTH-074).
fn argument(parameter: &Value, event: &Value) -> Result<Value, Fault> {
    let name = parameter["name"].as_str().unwrap_or_default();
    let Some(expression) = parameter["valueFrom"]["event"].as_str() else {
        return Err(Fault::internal(format!(
            "malformed workflow template parameter \"{name}\": valueFrom is nil"
        )));
    };
    tiphys_expr::check_plain(expression, event).map_err(|error| {
        Fault::internal(format!("failed to compile workflow template parameter {name} expression: {error}"))
    })?;
    let value = evaluate(expression, event).map_err(|error| {
        Fault::internal(format!(
            "failed to evaluate workflow template parameter \"{name}\" expression: {error}"
        ))
    })?;
    let text = match value.as_text() {
        // As JSON without its quotes: what had to be escaped stays so (OB-374).
        Some(text) => tiphys_expr::json_escaped(text),
        None => value.to_json().map_err(|error| {
            Fault::internal(format!("failed to convert result to JSON \"{name}\" expression: {error}"))
        })?,
    };
    if text.contains(TAG) {
        return Err(Fault::invalid(format!(
            "workflow template parameter \"{name}\": what the event gives has `{TAG}`, which would be read as a tag or \
             an expression of the workflow; where such text is meant, the binding can write it otherwise: \
             `replace(…, \"{TAG}\", \"{{ {{\")`"
        )));
    }
    Ok(json!({ "name": name, "value": text }))
}

//! The edges of a run's life: its name and row at the start, its document at the end.

use crate::handle::Done;
use crate::prepare::Place;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tiphys_engine::workflow::{Outcome, Phase, claim_path};
use tiphys_engine::{Frozen, Plan, Run, Time, status};
use tiphys_spec as spec;
use tiphys_store::{End, Summary};

/// The letters of generated names (OB-013).
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// What the store keeps of an order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept<'a> {
    /// The documents.
    pub frozen: Cow<'a, Frozen>,
    /// Where and how the run is meant to run, in the words of the face that submitted it.
    #[serde(default)]
    pub world: Cow<'a, Value>,
    /// Nodes of an earlier life of the run that need not run again, by their ids.
    #[serde(default, skip_serializing_if = "nothing")]
    pub done: Cow<'a, Done>,
}

fn nothing(done: &Done) -> bool {
    done.is_empty()
}

impl Kept<'_> {
    /// Reads what the store kept.
    pub fn read(body: &[u8]) -> Result<Kept<'static>, serde_json::Error> {
        serde_json::from_slice(body)
    }
}

/// Gives a workflow what it needs to exist: name, namespace, uid, creation time (OB-013).
pub(crate) fn name(workflow: &mut spec::Workflow, now: Time) {
    let metadata = &mut workflow.metadata;
    if metadata.uid.is_empty() {
        metadata.uid = uuid::Uuid::now_v7().to_string();
    }
    if metadata.name.is_empty() {
        let prefix = if metadata.generate_name.is_empty() { "workflow-" } else { &metadata.generate_name };
        metadata.name = generated(prefix, uuid::Uuid::new_v4().as_bytes());
    }
    if metadata.creation_timestamp.is_none() {
        metadata.creation_timestamp = Some(now.rfc3339());
    }
}

/// Longest part of a generated name before its five letters: with them it is good as a label, too.
const PREFIX_BYTES_MAX: usize = 58;

/// The name with this beginning that belongs to these bytes: five letters after it, which is cut where it is too long
/// for that, as in Kubernetes (OB-013).
pub fn generated(prefix: &str, bytes: &[u8]) -> String {
    let kept = &prefix[..prefix.floor_char_boundary(PREFIX_BYTES_MAX)];
    let letters = bytes.iter().take(5).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
    kept.chars().chain(letters).collect()
}

/// The row of a run that was just created.
pub(crate) fn summary(workflow: &spec::Workflow, now: Time) -> Summary {
    let metadata = &workflow.metadata;
    Summary {
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
        uid: metadata.uid.clone(),
        phase: String::new(),
        message: String::new(),
        progress: String::new(),
        suspended: workflow.spec.suspend.unwrap_or_default(),
        asks: false,
        created_us: now.0,
        started_us: None,
        finished_us: None,
        labels: metadata.labels.clone(),
        engine: String::new(),
    }
}

/// The workflow as it was submitted; where nothing was merged into it, it is the one of the plan.
pub(crate) fn submitted(frozen: Frozen, plan: &Plan) -> Arc<spec::Workflow> {
    if plan.merged { Arc::new(frozen.workflow) } else { plan.workflow.clone() }
}

/// When a workflow was created: the version under which it is told before anything happens in it.
fn created(metadata: &spec::Metadata) -> Time {
    metadata.creation_timestamp.as_deref().and_then(Time::parse).unwrap_or_default()
}

/// The workflow as Argo's tools would read it now. Its version is the time of the last change, so that it stays the
/// same as long as nothing happens, and rises with everything that does (API-129).
pub fn document(submitted: &spec::Workflow, run: &Run, now: Time) -> Value {
    told(submitted, run, status::status(run, now))
}

/// The same without its nodes, for lists.
pub(crate) fn document_of_whole(submitted: &spec::Workflow, run: &Run, now: Time) -> Value {
    told(submitted, run, status::status_of_whole(run, now))
}

fn told(submitted: &spec::Workflow, run: &Run, status: spec::WorkflowStatus) -> Value {
    let mut workflow = submitted.clone();
    let metadata = &mut workflow.metadata;
    metadata.labels = run.plan.workflow.metadata.labels.clone();
    metadata.labels.extend(run.added_labels().map(|(key, value)| (key.clone(), value.clone())));
    metadata.annotations.extend(run.added_annotations().map(|(key, value)| (key.clone(), value.clone())));
    metadata.resource_version = run.changed.max(created(metadata)).0.to_string();
    if run.is_held_by_artifacts() {
        metadata.finalizers.push("workflows.argoproj.io/artifact-gc".to_owned());
    }
    let phase = status::phase_name(run);
    if !phase.is_empty() {
        // Lists are filtered by these (UI-263, API-325).
        metadata.labels.insert("workflows.argoproj.io/completed".to_owned(), run.is_ended().to_string());
        metadata.labels.insert("workflows.argoproj.io/phase".to_owned(), phase.to_owned());
    }
    for (name, value) in run.overridden_parameters() {
        let parameters = &mut workflow.spec.arguments.parameters;
        match parameters.iter_mut().find(|parameter| parameter.name == name) {
            Some(parameter) => (parameter.value, parameter.value_from) = (Some(value.to_owned()), None),
            None => parameters.push(spec::Parameter {
                name: name.to_owned(),
                value: Some(value.to_owned()),
                ..Default::default()
            }),
        }
    }
    if run.life > 0 {
        workflow.spec.shutdown.clear();
    }
    if let Some(strategy) = run.steering.strategy() {
        workflow.spec.shutdown = strategy.to_owned();
    }
    workflow.spec.suspend = if run.steering.suspended { Some(true) } else { None };
    let known = workflow.status.take();
    let mut status = serde_json::to_value(status).unwrap_or_default();
    if let (Some(Value::Object(known)), Value::Object(status)) = (known, &mut status) {
        if let Some(Value::Object(stored)) = known.get("storedTemplates") {
            let all = status.entry("storedTemplates").or_insert_with(|| Value::Object(Map::new()));
            for (name, template) in stored {
                if all.get(name).is_none() {
                    all[name] = template.clone();
                }
            }
        }
        if let Some(Value::Object(estimates)) = known.get(ESTIMATES) {
            estimate(status, estimates, &run.plan.name);
        }
    }
    let mut document = serde_json::json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow" });
    if let (Value::Object(document), Ok(Value::Object(fields))) =
        (&mut document, serde_json::to_value(&workflow))
    {
        document.extend(fields);
        // Put in as it is: it may tell of many thousands of nodes.
        document.insert("status".to_owned(), status);
    }
    document
}

/// Under this name the status of a document to be run may say how many seconds it takes, it and each of its nodes:
/// by the node's name without the workflow's, which is the name of the workflow itself when it is empty.
pub const ESTIMATES: &str = "estimates";

/// Says how long the workflow and each of its nodes will take, as far as that is known (EX-533).
fn estimate(status: &mut Map<String, Value>, estimates: &Map<String, Value>, name: &str) {
    if let Some(seconds) = estimates.get("") {
        status.insert("estimatedDuration".to_owned(), seconds.clone());
    }
    for node in status.get_mut("nodes").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        let own = node["name"].as_str().and_then(|node| node.strip_prefix(name));
        if let Some(seconds) = own.and_then(|own| estimates.get(own)).cloned() {
            node["estimatedDuration"] = seconds;
        }
    }
}

/// What is kept of a workflow that is over; `times` as [`exact_times`] tells them.
pub(crate) fn end(document: &Value, times: Vec<u8>) -> End {
    End {
        document: serde_json::to_vec(document).unwrap_or_default(),
        brief: serde_json::to_vec(&brief(document)).unwrap_or_default(),
        times,
    }
}

/// When a run and each of its nodes started and finished, in milliseconds since 1970, by id: as they were, where Argo's
/// status has whole seconds.
pub type Times = BTreeMap<String, (Option<i64>, Option<i64>)>;

/// The times of a run, as they are kept beside its document; its own under the empty id.
pub(crate) fn exact_times(run: &Run) -> Vec<u8> {
    let pair = |started: Option<Time>, finished: Option<Time>| {
        let ms = |at: Time| at.0.div_euclid(1_000);
        (started.map(ms), finished.map(ms))
    };
    let nodes = run.indices().map(|ix| {
        let node = run.node(ix);
        (run.id(ix), pair(Some(node.started), node.finished))
    });
    let whole = (String::new(), pair(run.started, run.finished));
    serde_json::to_vec(&nodes.chain([whole]).collect::<Times>()).unwrap_or_default()
}

/// What lists show of a workflow that is over (API-133).
fn brief(document: &Value) -> Value {
    let part = |name: &str, fields: &[&str]| {
        let present =
            fields.iter().filter_map(|field| Some(((*field).to_owned(), document[name].get(field)?.clone())));
        Value::Object(present.collect::<Map<_, _>>())
    };
    serde_json::json!({
        "metadata": part("metadata", &["labels", "annotations", "creationTimestamp"]),
        "spec": part("spec", &["suspend", "arguments"]),
        "status": part(
            "status",
            &["phase", "message", "progress", "startedAt", "finishedAt", "estimatedDuration", "resourcesDuration"],
        ),
    })
}

/// Takes the folders of generated claims away, when the strategy says so (EX-503): they are put where [`claims_going`] says,
/// so that it takes no time and a run of the same name meets nothing of them. Whether there were any.
pub(crate) fn drop_claims(run: &Run, place: &Place) -> bool {
    if !run.drops_claims() {
        return false;
    }
    let going = claims_going(place);
    let mut any = false;
    for (at, (_, claim)) in run.all_claims().into_iter().enumerate() {
        let Some(path) = claim_path(&run.plan.namespace, &claim).map(|path| place.claims.join(path)) else {
            continue;
        };
        if path.exists() {
            // One that cannot be moved stays where it is, and goes with the run.
            let aside = going.join(format!("{}-{at}-{}", run.plan.uid, uuid::Uuid::new_v4()));
            any |= std::fs::create_dir_all(&going).and_then(|()| std::fs::rename(&path, aside)).is_ok();
        }
    }
    any
}

/// Where claims lie that are being removed, below the folder of all of them: what lies there is nobody's, also after a
/// crash. No namespace begins with a dot.
pub const CLAIMS_GOING: &str = ".going";

pub(crate) fn claims_going(place: &Place) -> PathBuf {
    place.claims.join(CLAIMS_GOING)
}

/// The outcome of an attempt that a stop reached before it was started.
pub(crate) fn never_started() -> Outcome {
    Outcome { phase: Phase::Failed, ..Outcome::default() }
}

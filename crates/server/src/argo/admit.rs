//! From a document to a run: labels, checks, names, what the run needs to know, and its submission.

use crate::access::{Resource, Verb, Who};
use crate::app::bug;
use crate::argo::estimate;
use crate::config::defaults;
use crate::fault::{Code, Fault};
use crate::wire::{names, read, schema, shape};
use crate::world::{World, generated};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tiphys_controller::{Coming, Done, ESTIMATES, Order, Refused};
use tiphys_engine::Frozen;
use tiphys_engine::check::{Shelf, Situation, check, unsupported};
use tiphys_engine::repository::CONFIG_MAP;
use tiphys_spec as spec;
use tiphys_store::Summary;
use tokio::sync::oneshot;

/// What becomes of a workflow that is fit to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is run.
    Run,
    /// It gets a name and an identity, and is forgotten.
    ServerDryRun,
    /// It is answered as it is.
    DryRun,
}

/// Where the work is done that it takes to make a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Where the request was read: it takes no time to speak of.
    AtOnce,
    /// On a thread that may wait, so that nobody else's request does.
    Aside,
}

/// Everything that documents of a namespace may refer to.
pub(crate) struct Library {
    objects: Vec<spec::Object>,
}

impl Library {
    /// The templates of a namespace (none if it is empty) and those of all.
    pub(crate) fn of(world: &World, namespace: &str) -> Result<Library, Fault> {
        let mut objects = Vec::new();
        if !namespace.is_empty() {
            for value in world.objects("WorkflowTemplate", namespace)? {
                objects.push(spec::Object::WorkflowTemplate(Box::new(typed(value)?)));
            }
        }
        for value in world.objects("ClusterWorkflowTemplate", "")? {
            objects.push(spec::Object::ClusterWorkflowTemplate(Box::new(typed(value)?)));
        }
        Ok(Library { objects })
    }

    /// The templates that a document may reach, whatever else is kept.
    pub(crate) fn reached(world: &World, namespace: &str, document: &Value) -> Result<Library, Fault> {
        let mut library = Library { objects: Vec::new() };
        let mut open = references(document);
        let mut seen = BTreeSet::new();
        while let Some((name, cluster)) = open.pop() {
            if name.contains("{{") {
                // Which one is known only when it runs.
                return Library::of(world, namespace);
            }
            let (kind, place) =
                if cluster { ("ClusterWorkflowTemplate", "") } else { ("WorkflowTemplate", namespace) };
            let is_nowhere = !cluster && namespace.is_empty();
            if !seen.insert((name.clone(), cluster)) || is_nowhere {
                continue;
            }
            let Some(value) = world.object(kind, place, &name)? else { continue };
            open.extend(references(&value));
            let template = Box::new(typed(value)?);
            library.objects.push(match cluster {
                true => spec::Object::ClusterWorkflowTemplate(template),
                false => spec::Object::WorkflowTemplate(template),
            });
        }
        Ok(library)
    }

    /// Takes the templates along with what is frozen. Returns how many bytes the whole comes to, as JSON.
    pub(crate) fn lend(&self, frozen: &mut Frozen) -> usize {
        let workflow = serde_json::to_value(&frozen.workflow).unwrap_or_default();
        freeze_templates(frozen, self, &workflow).len()
    }

    /// A template's document.
    pub(crate) fn find(&self, name: &str, cluster: bool) -> Option<&spec::WorkflowTemplate> {
        self.objects.iter().find_map(|object| match object {
            spec::Object::WorkflowTemplate(found) if !cluster && found.metadata.name == name => {
                Some(&**found)
            }
            spec::Object::ClusterWorkflowTemplate(found) if cluster && found.metadata.name == name => {
                Some(&**found)
            }
            _ => None,
        })
    }

    /// Puts documents before those that are kept; of equal names the first counts.
    pub(crate) fn prefer<'a>(&mut self, documents: impl Iterator<Item = &'a spec::Object>) {
        let kept = std::mem::take(&mut self.objects);
        self.objects = documents.cloned().chain(kept).collect();
    }

    /// Everything wrong with a document.
    pub(crate) fn findings(&self, document: &spec::Document, situation: Situation) -> Vec<spec::Diagnostic> {
        let shelf = Shelf::new(&self.objects).whole();
        let mut found = check(document, &shelf, situation);
        found.extend(unsupported(document, &shelf, situation));
        found
    }

    /// Refuses what can reach something that no runner can do yet: nothing is half-run.
    pub(crate) fn require_supported(&self, document: &spec::Document) -> Result<(), Fault> {
        let shelf = Shelf::new(&self.objects);
        match unsupported(document, &shelf, Situation::Create).into_iter().next() {
            Some(later) => Err(Fault::invalid(later.message)),
            None => Ok(()),
        }
    }

    /// Judges a document; the fault is the first mistake that Argo would find.
    pub(crate) fn judge(
        &self,
        document: &spec::Document,
        situation: Situation,
        code: Code,
    ) -> Result<(), Fault> {
        let shelf = Shelf::new(&self.objects);
        let found = check(document, &shelf, situation);
        let Some(error) = found.into_iter().find(spec::Diagnostic::is_error) else { return Ok(()) };
        Err(match &*error.code {
            "unknown-document" => not_found(&error, &document.value, code),
            _ => Fault::new(code, error.message),
        })
    }
}

/// What Argo's server says of a reference to a document that is not there; offline checks say it otherwise. `code` is
/// that of any other mistake.
fn not_found(error: &spec::Diagnostic, document: &Value, code: Code) -> Fault {
    let missing = |message: String| Fault::new(Code::NotFound, message);
    let Some((prefix, rest)) = error.message.split_once("couldn't find ") else {
        return missing(error.message.clone());
    };
    let name = rest.split('"').nth(1).unwrap_or_default();
    let owner = error.path.strip_suffix(".name").unwrap_or(&error.path);
    let pointer: String = owner
        .split(['.', '['])
        .fold(String::new(), |pointer, part| format!("{pointer}/{}", part.trim_end_matches(']')));
    match document.pointer(&pointer).and_then(|owner| owner["template"].as_str()) {
        Some(template) => Fault::new(code, format!("{prefix}template reference {name}.{template} not found")),
        None if rest.starts_with("cluster") => {
            missing(format!("clusterworkflowtemplates.argoproj.io \"{name}\" not found"))
        }
        None => missing(format!("workflowtemplates.argoproj.io \"{name}\" not found")),
    }
}

fn typed(value: Value) -> Result<spec::WorkflowTemplate, Fault> {
    serde_json::from_value(value)
        .map_err(|error| Fault::internal(format!("a stored template is broken: {error}")))
}

/// Says on an object who made it, and nothing about which controller it belongs to (AUTH-050, AUTH-053).
pub(crate) fn sign(document: &mut Value, who: &Who) {
    let labels = shape::entry(shape::entry(document, "metadata"), "labels");
    if let Value::Object(labels) = labels {
        labels.retain(|key, _| {
            !key.starts_with("workflows.argoproj.io/creator")
                && key != "workflows.argoproj.io/controller-instanceid"
        });
        labels.insert("workflows.argoproj.io/creator".to_owned(), json!(who.label()));
    }
}

/// Says on an object who changed it last, and how (AUTH-051).
pub(crate) fn sign_change(document: &mut Value, who: &Who, action: &str) {
    let labels = shape::entry(shape::entry(document, "metadata"), "labels");
    labels["workflows.argoproj.io/actor"] = json!(who.label());
    labels["workflows.argoproj.io/action"] = json!(action);
}

/// What a workflow that was judged comes to.
pub(crate) enum Judged {
    /// Nothing is to be run; the answer.
    Answer(Value),
    /// It is to be run.
    Ready(Box<Ready>),
}

/// Checks a workflow and does with it what it is meant for. The answer is the workflow.
///
/// The answer's status tells the templates of other documents that it uses. Nodes that are `done` are not run.
pub(crate) fn workflow(
    world: &World,
    namespace: &str,
    value: &Value,
    purpose: Purpose,
    done: Option<Done>,
) -> Result<Value, Fault> {
    match judge(world, namespace, read::document("Workflow", value)?, purpose, None)? {
        Judged::Answer(answer) => Ok(answer),
        Judged::Ready(ready) => Ready { done, ..*ready }.run(world),
    }
}

/// Refuses those who may not even read what a workflow refers to: what is wrong with it would tell them.
pub(crate) fn require_reader(who: &Who, namespace: &str) -> Result<(), Fault> {
    match who.allows(Verb::Get, Resource::Templates, namespace) {
        true => Ok(()),
        false => who.may(Verb::Create, Resource::Workflows, namespace, None),
    }
}

/// Checks a workflow that was read; its metadata may have been changed since. Whether it is right is told to whoever
/// asks, and then whether they may make it; without somebody who asks that is known already.
pub(crate) fn judge(
    world: &World,
    namespace: &str,
    mut document: spec::Document,
    purpose: Purpose,
    who: Option<&Who>,
) -> Result<Judged, Fault> {
    // It is told back and means nothing: a run has the status that it has.
    let given = document.value.as_object_mut().and_then(|fields| fields.remove("status"));
    if let spec::Object::Workflow(workflow) = &mut document.object {
        workflow.status = None;
        workflow.metadata = metadata(&document.value)?;
    }
    defaults::restrict(&world.settings(), &document.value)?;
    let library = Library::reached(world, namespace, &document.value)?;
    library.judge(&document, Situation::Create, Code::InvalidArgument)?;
    // A dry run says what Argo says: the client makes backfills of what it accepts.
    if purpose == Purpose::Run {
        library.require_supported(&document)?;
    }
    let stored = stored_templates(&document.value, &library);
    let spec::Document { value, object, .. } = document;
    let spec::Object::Workflow(object) = object else {
        return Err(Fault::invalid("only a Workflow can be run"));
    };
    let mut told = Told { value, given, stored };
    if purpose == Purpose::DryRun {
        return Ok(Judged::Answer(told.answer()));
    }
    if let Some(who) = who {
        who.may(Verb::Create, Resource::Workflows, namespace, None)?;
    }
    world.require_namespace(namespace, "workflows.argoproj.io")?;
    let value = &mut told.value;
    if let Some(flaw) = names::flaw("Workflow", &value["metadata"]) {
        return Err(Fault::invalid(flaw));
    }
    let is_nameless = value["metadata"]["name"].as_str().unwrap_or_default().is_empty();
    if value["metadata"]["uid"].as_str().unwrap_or_default().is_empty() {
        name(world, value, namespace);
    }
    if let Some(flaw) = schema::flaw("Workflow", value) {
        return Err(Fault::invalid(flaw));
    }
    if purpose == Purpose::ServerDryRun {
        let name = value["metadata"]["name"].as_str().unwrap_or_default();
        return match world.find(namespace, name)? {
            Some(_) => Err(taken(&value["metadata"])),
            None => Ok(Judged::Answer(told.answer())),
        };
    }
    names::check_new(&told.value["metadata"])?;
    let mut plan = Frozen { workflow: *object, host: world.host.clone(), ..Frozen::default() };
    // Faces show them from the first moment on, whether or not a node has reached them.
    let mut known = Map::new();
    if !told.stored.is_empty() {
        known.insert("storedTemplates".to_owned(), Value::Object(told.stored.clone()));
    }
    let estimates = estimate::estimates(world, namespace, &told.value["metadata"])?;
    if !estimates.is_empty() {
        known.insert(ESTIMATES.to_owned(), Value::Object(estimates));
    }
    plan.workflow.status = Some(Value::Object(known)).filter(|known| *known != json!({}));
    let secrets = freeze(world, &library, namespace, &mut plan, &told.value)?;
    let tries = if is_nameless { GENERATED_TRIES } else { 1 };
    Ok(Judged::Ready(Box::new(Ready { told, plan, secrets, done: None, tries })))
}

/// A workflow as it is told back.
struct Told {
    value: Value,
    /// The status that came with it.
    given: Option<Value>,
    /// The templates of other documents that it uses.
    stored: Map<String, Value>,
}

impl Told {
    fn answer(self) -> Value {
        let Told { mut value, given, stored } = self;
        if let Some(given) = given {
            value["status"] = given;
        }
        if !stored.is_empty() {
            value["status"]["storedTemplates"] = Value::Object(stored);
        }
        shape::workflow(value)
    }
}

/// A workflow that is to be run.
pub(crate) struct Ready {
    told: Told,
    plan: Frozen,
    secrets: Vec<spec::Secret>,
    done: Option<Done>,
    /// How many names may be tried.
    tries: u32,
}

impl Ready {
    /// Has the run made, and waits for it.
    fn run(mut self, world: &World) -> Result<Value, Fault> {
        loop {
            let order = self.order(world)?;
            let submitted = match self.done.clone() {
                None => world.controller.submit(order)?,
                Some(done) => world.controller.restart(order, done)?,
            };
            if self.is_made(world, submitted)? {
                return Ok(self.told.answer());
            }
        }
    }

    /// Has the run made, without a thread that waits for it.
    pub(crate) async fn run_meanwhile(
        mut self,
        world: &Arc<World>,
        coming: Coming,
        pace: Pace,
    ) -> Result<Value, Fault> {
        // Its secrets are written to the disk, which may take its time.
        let pace = if self.secrets.is_empty() { pace } else { Pace::Aside };
        let mut coming = Some(coming);
        loop {
            let (made, submitted) = oneshot::channel();
            self = match pace {
                Pace::AtOnce => self.give(world, made)?,
                Pace::Aside => {
                    let shared = world.clone();
                    let given = tokio::task::spawn_blocking(move || self.give(&shared, made)).await;
                    given.unwrap_or_else(|_| Err(bug()))?
                }
            };
            drop(coming.take());
            let submitted = submitted.await.map_err(|_| tiphys_controller::Gone)?;
            if self.is_made(world, submitted)? {
                return Ok(self.told.answer());
            }
        }
    }

    /// Gives the order of the next attempt to the engine, which tells `made` what came of it.
    fn give(
        mut self,
        world: &World,
        made: oneshot::Sender<Result<Summary, Refused>>,
    ) -> Result<Ready, Fault> {
        let order = self.order(world)?;
        world.controller.submit_then(order, move |submitted| drop(made.send(submitted)))?;
        Ok(self)
    }

    /// The order of the next attempt.
    fn order(&mut self, world: &World) -> Result<Order, Fault> {
        world.require_room()?;
        self.tries -= 1;
        let mut frozen = if self.tries > 0 { self.plan.clone() } else { std::mem::take(&mut self.plan) };
        frozen.workflow.metadata = metadata(&self.told.value)?;
        defaults::apply(&world.settings(), &mut frozen)?;
        let secrets = self.secrets.clone();
        Ok(Order { frozen, secrets, files: BTreeMap::new(), world: Value::Null, follower: None })
    }

    /// Whether an order made the run; not if another name is to be tried.
    fn is_made(&mut self, world: &World, submitted: Result<Summary, Refused>) -> Result<bool, Fault> {
        let metadata = &mut self.told.value["metadata"];
        match submitted {
            Ok(summary) => metadata["resourceVersion"] = json!(summary.created_us.to_string()),
            Err(Refused::Taken { .. }) if self.tries > 0 => {
                metadata["name"] = Value::Null;
                let namespace = metadata["namespace"].as_str().unwrap_or_default().to_owned();
                name(world, &mut self.told.value, &namespace);
                return Ok(false);
            }
            Err(Refused::Taken { .. }) => return Err(taken(metadata)),
            Err(refused) => return Err(refused.into()),
        }
        Ok(true)
    }
}

/// The name is another workflow's.
fn taken(metadata: &Value) -> Fault {
    let name = metadata["name"].as_str().unwrap_or_default();
    let is_generated = metadata["generateName"].as_str().is_some_and(|prefix| !prefix.is_empty());
    let hint =
        if is_generated { ", the server was not able to generate a unique name for the object" } else { "" };
    Fault::new(Code::AlreadyExists, format!("workflows.argoproj.io \"{name}\" already exists{hint}"))
}

/// The metadata of a document.
fn metadata(value: &Value) -> Result<spec::Metadata, Fault> {
    match &value["metadata"] {
        Value::Null => Ok(spec::Metadata::default()),
        metadata => serde::Deserialize::deserialize(metadata)
            .map_err(|error| Fault::invalid(format!("metadata: {error}"))),
    }
}

/// How often a generated name that is taken is drawn again, as Kubernetes does.
const GENERATED_TRIES: u32 = 8;

/// Gives an object what it needs to exist, and takes what only Kubernetes says of one.
pub(crate) fn name(world: &World, value: &mut Value, namespace: &str) {
    let metadata = shape::entry(value, "metadata");
    if let Value::Object(fields) = metadata {
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            fields.remove(field);
        }
    }
    if metadata["name"].as_str().unwrap_or_default().is_empty() {
        let prefix = metadata["generateName"].as_str().unwrap_or_default().to_owned();
        metadata["name"] = json!(generated(&prefix));
    }
    if !namespace.is_empty() {
        metadata["namespace"] = json!(namespace);
    }
    metadata["uid"] = json!(uuid::Uuid::now_v7().to_string());
    metadata["creationTimestamp"] = json!(world.now_text());
    metadata["generation"] = json!(1);
}

/// Takes along everything that a workflow may need to know. Answers its secrets.
fn freeze(
    world: &World,
    library: &Library,
    namespace: &str,
    frozen: &mut Frozen,
    value: &Value,
) -> Result<Vec<spec::Secret>, Fault> {
    let mut needed = freeze_templates(frozen, library, value);
    needed.extend(world.settings().workflow_defaults.iter().map(Value::to_string));
    let (config_maps, secrets) = freeze_values(world, namespace, &needed)?;
    frozen.config_maps = config_maps;
    Ok(secrets)
}

/// Takes along the templates that a workflow may reach. Returns everything it consists of then, as text.
fn freeze_templates(frozen: &mut Frozen, library: &Library, workflow: &Value) -> String {
    let mut all = workflow.to_string();
    let mut open: Vec<Cow<'_, Value>> = vec![Cow::Borrowed(workflow)];
    let mut taken: BTreeSet<(String, bool)> = BTreeSet::new();
    while let Some(value) = open.pop() {
        for (name, cluster) in references(&value) {
            let known: Vec<&spec::WorkflowTemplate> = if name.contains("{{") {
                // Which one is known only when it runs: all of them come along.
                library.all(cluster)
            } else {
                library.find(&name, cluster).into_iter().collect()
            };
            for template in known {
                if !taken.insert((template.metadata.name.clone(), cluster)) {
                    continue;
                }
                let body = serde_json::to_value(template).unwrap_or_default();
                all.push_str(&body.to_string());
                open.push(Cow::Owned(body));
                let list = if cluster { &mut frozen.cluster_templates } else { &mut frozen.templates };
                list.push(template.clone());
            }
        }
    }
    all
}

impl Library {
    fn all(&self, cluster: bool) -> Vec<&spec::WorkflowTemplate> {
        let wanted = self.objects.iter().filter_map(|object| match object {
            spec::Object::WorkflowTemplate(found) if !cluster => Some(&**found),
            spec::Object::ClusterWorkflowTemplate(found) if cluster => Some(&**found),
            _ => None,
        });
        wanted.collect()
    }
}

/// All resources that a document refers to, with whether each belongs to all namespaces.
fn references(value: &Value) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                for (key, member) in fields {
                    if matches!(key.as_str(), "templateRef" | "workflowTemplateRef")
                        && let Some(name) = member["name"].as_str()
                    {
                        found.push((name.to_owned(), member["clusterScope"] == true));
                    }
                    open.push(member);
                }
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

/// The ConfigMaps and Secrets of the namespace, if the documents speak of any.
fn freeze_values(
    world: &World,
    namespace: &str,
    text: &str,
) -> Result<(Vec<spec::ConfigMap>, Vec<spec::Secret>), Fault> {
    let broken = |error: serde_json::Error| Fault::internal(format!("a stored object is broken: {error}"));
    let mut config_maps = Vec::new();
    let mut secrets = Vec::new();
    if text.contains("onfigMap") {
        for value in world.objects("ConfigMap", namespace)? {
            config_maps.push(serde_json::from_value(value).map_err(broken)?);
        }
    } else if let Some(repositories) = world.object("ConfigMap", namespace, CONFIG_MAP)? {
        // Nobody has to name it (PA-241).
        config_maps.push(serde_json::from_value(repositories).map_err(broken)?);
    }
    if text.contains("ecret") {
        // A store of artifacts names its Secrets in a ConfigMap.
        let maps: String = config_maps.iter().filter_map(|map| serde_json::to_string(map).ok()).collect();
        let all = chooses_secrets_later(text) || chooses_secrets_later(&maps);
        let is_named = |name: &str| all || text.contains(name) || maps.contains(name);
        for value in world.objects("Secret", namespace)? {
            if is_named(value["metadata"]["name"].as_str().unwrap_or_default()) {
                secrets.push(serde_json::from_value(world.vault.unseal(value)?).map_err(broken)?);
            }
        }
        for source in defaults::secrets(&world.settings(), namespace).filter(|source| is_named(&source.name))
        {
            match defaults::secret(source, namespace) {
                Ok(secret) => secrets.push(secret),
                Err(fault) if text.contains(&format!("\"{}\"", source.name)) => return Err(fault),
                // Its name may stand there for something else; who asks for it when it runs does not find it.
                Err(_) => {}
            }
        }
    }
    Ok((config_maps, secrets))
}

/// Whether documents, written one after the other, speak of a Secret whose name is known only when they run.
fn chooses_secrets_later(text: &str) -> bool {
    let documents = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    // What cannot be read is taken to mean any.
    let Ok(mut open) = documents.collect::<Result<Vec<Value>, _>>() else { return true };
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                let chosen = |(key, value): (&String, &Value)| {
                    key.contains("ecret") && value.to_string().contains("{{")
                };
                if fields.iter().any(chosen) {
                    return true;
                }
                open.extend(fields.into_iter().map(|(_, value)| value));
            }
            Value::Array(items) => open.extend(items),
            // A patch is a text, and so may be what a ConfigMap holds.
            Value::String(text) if text.contains("ecret") && text.contains("{{") => return true,
            _ => {}
        }
    }
    false
}

/// Puts the templates of other documents that a workflow reaches into its status, as Argo's checks leave them.
pub(crate) fn store_templates(value: &mut Value, library: &Library) {
    let stored = stored_templates(value, library);
    if !stored.is_empty() {
        value["status"]["storedTemplates"] = Value::Object(stored);
    }
}

/// The templates of other documents that a workflow reaches.
fn stored_templates(value: &Value, library: &Library) -> Map<String, Value> {
    let mut stored = Map::new();
    let spec = &value["spec"];
    let mut open: Vec<(String, bool, String)> = Vec::new();
    if let Some(name) = spec["workflowTemplateRef"]["name"].as_str() {
        let cluster = spec["workflowTemplateRef"]["clusterScope"] == true;
        let own = library.find(name, cluster);
        let entry =
            spec["entrypoint"].as_str().map(str::to_owned).or_else(|| Some(own?.spec.entrypoint.clone()));
        let exit = own.map(|own| own.spec.on_exit.clone()).filter(|exit| !exit.is_empty());
        open.extend(entry.into_iter().chain(exit).map(|template| (name.to_owned(), cluster, template)));
    }
    open.extend(calls(spec).into_iter().filter_map(|call| call.reference));
    while let Some((resource, cluster, template)) = open.pop() {
        let scope = if cluster { "cluster" } else { "namespaced" };
        let key = format!("{scope}/{resource}/{template}");
        if stored.contains_key(&key) {
            continue;
        }
        let found = library
            .find(&resource, cluster)
            .and_then(|own| own.spec.templates.iter().find(|candidate| candidate.name == template));
        let Some(found) = found else { continue };
        let body = serde_json::to_value(found).unwrap_or_default();
        for call in calls(&body) {
            match (call.reference, call.local) {
                (Some(reference), _) => open.push(reference),
                (None, Some(local)) => open.push((resource.clone(), cluster, local)),
                (None, None) => {}
            }
        }
        // With a template comes what is written in the place of its steps (EX-112).
        for (step, inline) in inlines(&body) {
            stored.entry(format!("{scope}/{resource}/inline/{step}")).or_insert_with(|| inline.clone());
        }
        stored.insert(key, body);
    }
    // As Go writes a map.
    stored.sort_keys();
    stored
}

/// The templates that are written in the place of steps and tasks, by the names of these.
fn inlines(template: &Value) -> Vec<(&str, &Value)> {
    let mut found = Vec::new();
    let mut open = vec![template];
    while let Some(template) = open.pop() {
        let groups = template["steps"].as_array().into_iter().flatten().filter_map(Value::as_array).flatten();
        let tasks = template["dag"]["tasks"].as_array().into_iter().flatten();
        for call in groups.chain(tasks).filter(|call| call["inline"].is_object()) {
            found.push((call["name"].as_str().unwrap_or_default(), &call["inline"]));
            open.push(&call["inline"]);
        }
    }
    found
}

/// What a step or task calls.
struct CallOf {
    reference: Option<(String, bool, String)>,
    local: Option<String>,
}

fn calls(value: &Value) -> Vec<CallOf> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                let reference = fields.get("templateRef").and_then(|reference| {
                    let text = |field: &str| reference[field].as_str().map(str::to_owned);
                    Some((text("name")?, reference["clusterScope"] == true, text("template")?))
                });
                let local = fields.get("template").and_then(Value::as_str).map(str::to_owned);
                if reference.is_some() || local.is_some() {
                    found.push(CallOf { reference, local });
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

//! What a workflow needs of the world: images, locks, secrets, settings, volumes, artifacts.

use super::known::Known;
use super::room::Room;
use crate::plan::{Arguments, ConfigMapSource, Plan, Source, TemplateIx};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tiphys_spec as spec;

/// Everything that the templates a run can reach refer to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Needs {
    /// Images, as written.
    pub images: Vec<Use>,
    /// Mutexes and semaphores.
    pub locks: Vec<Lock>,
    /// Secrets: `name/key`.
    pub secrets: Vec<Use>,
    /// ConfigMaps: `name/key`.
    pub config_maps: Vec<Use>,
    /// Claims and other volumes that are not made for the run.
    pub volumes: Vec<Use>,
    /// Artifacts that are fetched from somewhere.
    pub artifacts_read: Vec<Thing>,
    /// Artifacts that are kept.
    pub artifacts_written: Vec<Thing>,
}

/// A thing by its name, and the templates that use it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// Its name.
    pub name: String,
    /// Who uses it; `workflow` for the workflow itself.
    pub used_by: Vec<Arc<str>>,
}

/// A mutex or a semaphore.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// Its name as status shows it, tags as written.
    pub name: String,
    /// Most holders, where a document at hand says.
    pub limit: Option<u64>,
    /// Who needs it.
    pub used_by: Vec<Arc<str>>,
}

/// An artifact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// Where it lies: the store and the place in it; empty for the repository's own naming.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Where the step finds or leaves it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Whose it is.
    pub of: Arc<str>,
    /// It may be missing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// Collects needs while templates are visited.
pub(super) struct Collector<'a> {
    plan: &'a Plan,
    room: &'a Room,
    /// Templates that were visited, each with what is known of its inputs, and their image.
    seen: BTreeMap<(TemplateIx, u64), String>,
    images: BTreeMap<String, Once<Arc<str>>>,
    locks: BTreeMap<String, (Option<u64>, Once<Arc<str>>)>,
    secrets: BTreeMap<String, Once<Arc<str>>>,
    config_maps: BTreeMap<String, Once<Arc<str>>>,
    volumes: BTreeMap<String, Once<Arc<str>>>,
    read: Once<Thing>,
    written: Once<Thing>,
    calls: BTreeSet<(String, String)>,
}

impl<'a> Collector<'a> {
    pub fn new(plan: &'a Plan, known: &Known<'_>, room: &'a Room) -> Collector<'a> {
        let mut collector = Collector {
            plan,
            room,
            seen: BTreeMap::new(),
            images: BTreeMap::new(),
            locks: BTreeMap::new(),
            secrets: BTreeMap::new(),
            config_maps: BTreeMap::new(),
            volumes: BTreeMap::new(),
            read: Once::default(),
            written: Once::default(),
            calls: BTreeSet::new(),
        };
        let spec = &plan.workflow.spec;
        collector.locks(spec.synchronization.as_ref(), "workflow", known);
        for parameter in &plan.parameters {
            if let Some(source) = &parameter.config_map {
                collector.config_map(source, "workflow", known);
            }
        }
        collector.artifacts(&spec.arguments.artifacts, "workflow", known);
        for secret in &spec.image_pull_secrets {
            note(&mut collector.secrets, &secret.name, "workflow");
        }
        collector.walk(&Value::Array(spec.volumes.clone()), "workflow");
        for claim in &spec.volume_claim_templates {
            let name = claim.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            note(&mut collector.volumes, &format!("claim template {name}"), "workflow");
        }
        collector
    }

    /// Visits a template once with these inputs. Returns its image.
    pub fn template(&mut self, ix: TemplateIx, shown: &str, known: &Known<'_>) -> String {
        let key = (ix, known.mark());
        if let Some(image) = self.seen.get(&key) {
            return image.clone();
        }
        let plan = self.plan;
        let template = plan.template(ix);
        let doc = &template.doc;
        let mut main = String::new();
        for body in [&doc.container, &doc.script].into_iter().flatten() {
            let image = body.get("image").and_then(Value::as_str).unwrap_or_default();
            main = known.filled(image);
        }
        let set = doc
            .container_set
            .iter()
            .flat_map(|set| set.get("containers").and_then(Value::as_array).cloned().unwrap_or_default());
        let members: Vec<Value> = set.collect();
        for body in [&doc.container, &doc.script].into_iter().flatten() {
            self.container(body, shown, known);
        }
        for body in members.iter().chain(&doc.init_containers).chain(&doc.sidecars) {
            self.container(body, shown, known);
        }
        for body in [&doc.http, &doc.plugin, &doc.resource, &doc.data].into_iter().flatten() {
            self.walk(body, shown);
        }
        self.walk(&Value::Array(doc.volumes.clone()), shown);
        for parameter in &template.parameters {
            if let Some(source) = &parameter.config_map {
                self.config_map(source, shown, known);
            }
        }
        if let Some(cache) = doc.memoize.as_ref().and_then(|memo| memo.cache.as_ref()?.config_map.as_ref()) {
            note(&mut self.config_maps, &format!("{} (remembered results)", cache.name), shown);
        }
        self.artifacts(&doc.inputs.artifacts, shown, known);
        self.listed(doc.data.as_ref(), shown, known);
        for artifact in &doc.outputs.artifacts {
            if artifact.from.is_empty() && artifact.from_expression.is_empty() {
                let thing = Thing {
                    name: artifact.name.clone(),
                    place: known.filled(&place(&artifact.location)),
                    path: artifact.path.clone(),
                    of: shown.into(),
                    optional: artifact.optional,
                };
                self.count(&thing);
                self.written.push(thing);
            }
            self.location(&artifact.location, shown);
        }
        self.seen.insert(key, main.clone());
        main
    }

    /// What a call passes on from ConfigMaps.
    pub fn arguments(&mut self, arguments: &Arguments, template: &str, known: &Known<'_>) {
        self.room.values(arguments.parameters.len());
        for (name, source) in &arguments.parameters {
            if let Source::ConfigMap(source) = source
                && self.calls.insert((name.to_string(), template.to_owned()))
            {
                self.config_map(source, template, known);
            }
        }
    }

    /// An artifact that a call has from another step, as the tag or expression says.
    pub fn of_another(&mut self, name: &str, from: &str, path: String, optional: bool, template: &str) {
        let from = from.trim();
        let tag = from.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(from);
        let place = format!("from {}", tag.trim());
        let (name, of) = (name.to_owned(), template.into());
        self.reads(Thing { name, place, path, of, optional });
    }

    /// Notes locks, and returns their names.
    pub fn locks(
        &mut self,
        wanted: Option<&spec::Synchronization>,
        by: &str,
        known: &Known<'_>,
    ) -> Vec<String> {
        let Some(wanted) = wanted else { return Vec::new() };
        let own = self.plan.namespace.to_string();
        let home = |namespace: &str| if namespace.is_empty() { own.clone() } else { known.filled(namespace) };
        let mut found = Vec::new();
        for semaphore in &wanted.semaphores {
            let namespace = home(&semaphore.namespace);
            if let Some(reference) = &semaphore.config_map_key_ref {
                let (name, key) = (known.filled(&reference.name), known.filled(&reference.key));
                let map = self.plan.config_maps.get(&name);
                let limit = map.and_then(|map| map.data.get(&key)?.trim().parse().ok());
                found.push((format!("{namespace}/ConfigMap/{name}/{key}"), limit));
            }
            if let Some(reference) = &semaphore.database {
                found.push((format!("{namespace}/Database/{}", known.filled(&reference.key)), None));
            }
        }
        for mutex in &wanted.mutexes {
            let kind = if mutex.database { "Database" } else { "Mutex" };
            found.push((format!("{}/{kind}/{}", home(&mutex.namespace), known.filled(&mutex.name)), Some(1)));
        }
        for (name, limit) in &found {
            self.locks.entry(name.clone()).or_insert((*limit, Once::default())).1.push(by.into());
        }
        found.into_iter().map(|(name, _)| name).collect()
    }

    pub fn finish(self) -> Needs {
        let uses = |map: BTreeMap<String, Once<Arc<str>>>| {
            map.into_iter().map(|(name, by)| Use { name, used_by: by.list }).collect()
        };
        Needs {
            images: uses(self.images),
            locks: self
                .locks
                .into_iter()
                .map(|(name, (limit, by))| Lock { name, limit, used_by: by.list })
                .collect(),
            secrets: uses(self.secrets),
            config_maps: uses(self.config_maps),
            volumes: uses(self.volumes),
            artifacts_read: self.read.list,
            artifacts_written: self.written.list,
        }
    }

    fn reads(&mut self, thing: Thing) {
        self.count(&thing);
        self.read.push(thing);
    }

    fn count(&self, thing: &Thing) {
        self.room.bytes([&thing.name, &thing.place, &thing.path].into_iter().map(String::len).sum());
        self.room.values(1);
    }

    fn container(&mut self, body: &Value, by: &str, known: &Known<'_>) {
        if let Some(image) = body.get("image").and_then(Value::as_str) {
            note(&mut self.images, &known.filled(image), by);
        }
        self.walk(body, by);
    }

    fn config_map(&mut self, source: &ConfigMapSource, by: &str, known: &Known<'_>) {
        let name = format!("{}/{}", known.filled(source.name.as_str()), known.filled(source.key.as_str()));
        note(&mut self.config_maps, &name, by);
    }

    fn artifacts(&mut self, artifacts: &[spec::Artifact], by: &str, known: &Known<'_>) {
        for artifact in artifacts {
            if artifact.location.store().is_some() {
                let thing = Thing {
                    name: artifact.name.clone(),
                    place: known.filled(&place(&artifact.location)),
                    path: artifact.path.clone(),
                    of: by.into(),
                    optional: artifact.optional,
                };
                self.reads(thing);
            }
            self.location(&artifact.location, by);
        }
    }

    /// What a `data` template lists the files of (EX-485).
    fn listed(&mut self, data: Option<&Value>, by: &str, known: &Known<'_>) {
        let Some(source) = data.and_then(|data| data.pointer("/source/artifactPaths")) else { return };
        if let Ok(artifact) = spec::Artifact::deserialize(source) {
            let thing = Thing {
                name: artifact.name.clone(),
                place: known.filled(&place(&artifact.location)),
                path: String::new(),
                of: by.into(),
                optional: artifact.optional,
            };
            self.reads(thing);
        }
    }

    fn location(&mut self, location: &spec::ArtifactLocation, by: &str) {
        if let Some((_, body)) = location.store() {
            self.walk(body, by);
        }
    }

    /// Looks for references to secrets, ConfigMaps and claims anywhere in a fragment of a pod.
    fn walk(&mut self, body: &Value, by: &str) {
        // Documents are parsed with a limit on their depth, so a worklist stays small.
        let mut open = vec![body];
        while let Some(value) = open.pop() {
            self.room.values(1);
            match value {
                Value::Array(items) => open.extend(items.iter().rev()),
                Value::Object(fields) => {
                    for (key, value) in fields {
                        self.reference(key, value, by);
                        open.push(value);
                    }
                }
                _ => {}
            }
        }
    }

    fn reference(&mut self, key: &str, value: &Value, by: &str) {
        let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let with_key = |name: &str| match field("key") {
            "" => name.to_owned(),
            key => format!("{name}/{key}"),
        };
        match key {
            "secretKeyRef" | "secretRef" => note(&mut self.secrets, &with_key(field("name")), by),
            "secret" => note(&mut self.secrets, &with_key(either(field("secretName"), field("name"))), by),
            "configMapKeyRef" | "configMapRef" | "configMap" => {
                note(&mut self.config_maps, &with_key(field("name")), by);
            }
            "persistentVolumeClaim" => note(&mut self.volumes, &format!("claim {}", field("claimName")), by),
            "hostPath" => note(&mut self.volumes, &format!("host path {}", field("path")), by),
            // Credentials of artifact stores: `accessKeySecret`, `passwordSecret`, `sshPrivateKeySecret`, …
            key if key.ends_with("Secret") && value.get("name").is_some() => {
                note(&mut self.secrets, &with_key(field("name")), by);
            }
            _ => {}
        }
    }
}

/// Things in the order in which they came, each once: one template may be called with several inputs.
struct Once<T> {
    list: Vec<T>,
    known: BTreeSet<T>,
}

impl<T> Default for Once<T> {
    fn default() -> Once<T> {
        Once { list: Vec::new(), known: BTreeSet::new() }
    }
}

impl<T: Clone + Ord> Once<T> {
    fn push(&mut self, thing: T) {
        if self.known.insert(thing.clone()) {
            self.list.push(thing);
        }
    }
}

fn either<'a>(first: &'a str, second: &'a str) -> &'a str {
    if first.is_empty() { second } else { first }
}

fn note(map: &mut BTreeMap<String, Once<Arc<str>>>, name: &str, by: &str) {
    if !name.is_empty() && name != "/" {
        map.entry(name.to_owned()).or_default().push(by.into());
    }
}

/// Where an artifact lies, in a few words.
fn place(location: &spec::ArtifactLocation) -> String {
    let Some((kind, body)) = location.store() else { return String::new() };
    let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let what = match kind {
        "git" => field("repo"),
        "http" | "artifactory" => field("url"),
        "hdfs" => field("path"),
        "raw" => "",
        "azure" => field("blob"),
        _ => field("key"),
    };
    let bucket = either(field("bucket"), field("container"));
    match (bucket, what) {
        ("", "") => kind.to_owned(),
        // Without a bucket it is a key of the repository, whatever store that is.
        ("", key) if matches!(kind, "s3" | "gcs" | "oss" | "azure") => format!("key {key}"),
        ("", what) => format!("{kind} {what}"),
        (bucket, what) => format!("{kind} {bucket}/{what}"),
    }
}

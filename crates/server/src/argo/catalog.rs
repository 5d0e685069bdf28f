//! Templates, cluster templates, schedules and bindings: what is kept to be used later (API-220 to API-245).

use crate::access::{Resource, Verb};
use crate::argo::admit::{self, Library};
use crate::argo::deletion;
use crate::argo::listing;
use crate::argo::workflows::{require_name, version_flaw};
use crate::call::{Call, Message};
use crate::fault::{Code, Fault};
use crate::limits;
use crate::wire::select::{self, Labels};
use crate::wire::{names, read, schema, shape, token};
use crate::world::World;
use serde_json::{Value, json};
use tiphys_engine::check::Situation;

/// One kind of kept object.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its kind.
    pub(crate) name: &'static str,
    pub(crate) resource: Resource,
    /// The field of a request that holds it.
    field: &'static str,
    /// Longest name, with the words for one that is longer.
    name_bytes_max: usize,
    /// What a create without an object is told.
    missing: (Code, &'static str),
    /// What an update without an object is told.
    missing_update: &'static str,
    cluster: bool,
    shape: fn(Value) -> Value,
}

pub(crate) static TEMPLATES: Kind = Kind {
    name: "WorkflowTemplate",
    resource: Resource::Templates,
    field: "template",
    name_bytes_max: 63,
    missing: (Code::InvalidArgument, "workflow template was not found in the request body"),
    missing_update: "WorkflowTemplate is not found in Request body",
    cluster: false,
    shape: shape::library,
};

pub(crate) static CLUSTER_TEMPLATES: Kind = Kind {
    name: "ClusterWorkflowTemplate",
    resource: Resource::ClusterTemplates,
    field: "template",
    name_bytes_max: 63,
    missing: (Code::InvalidArgument, "cluster workflow template was not found in the request body"),
    missing_update: "ClusterWorkflowTemplate is not found in Request body",
    cluster: true,
    shape: shape::library,
};

pub(crate) static CRONS: Kind = Kind {
    name: "CronWorkflow",
    resource: Resource::Crons,
    field: "cronWorkflow",
    name_bytes_max: 52,
    missing: (Code::NotFound, "cron workflow was not found in the request body"),
    missing_update: "cron workflow was not found in the request body",
    cluster: false,
    shape: shape::cron,
};

pub(crate) static BINDINGS: Kind = Kind {
    name: "WorkflowEventBinding",
    resource: Resource::Bindings,
    field: "workflowEventBinding",
    name_bytes_max: 253,
    missing: (Code::InvalidArgument, "workflow event binding was not found in the request body"),
    missing_update: "workflow event binding was not found in the request body",
    cluster: false,
    shape: shape::binding,
};

impl Kind {
    fn full(&self) -> String {
        self.resource.full()
    }

    fn place<'a>(&self, call: &'a Call) -> &'a str {
        if self.cluster { "" } else { call.namespace() }
    }

    fn given(&self, message: &Message) -> Result<Option<Value>, Fault> {
        let options = message.message("createOptions")?;
        options.texts("dryRun")?;
        options.text("fieldManager")?;
        match message.field(self.field) {
            None => Ok(None),
            Some(given @ Value::Object(_)) => {
                read::check_frame(self.name, given)?;
                Ok(Some(given.clone()))
            }
            Some(_) => Err(Fault::invalid(format!(
                "json: cannot unmarshal field {} into Go value of type v1alpha1.{}",
                self.field, self.name
            ))),
        }
    }

    fn judge(&self, world: &World, namespace: &str, value: &Value) -> Result<Value, Fault> {
        let document = read::document(self.name, value)?;
        let library = Library::of(world, namespace)?;
        library.judge(&document, Situation::Lint, Code::InvalidArgument)?;
        Ok(document.value)
    }

    pub(crate) fn list(&self, world: &World, call: &Call) -> Result<Value, Fault> {
        let namespace = self.place(call);
        call.who.may(Verb::List, self.resource, namespace, None)?;
        let query = &call.query;
        let labels = Labels::parse(query.text("listOptions.labelSelector"))?;
        let known: &[&str] =
            if self.cluster { &["metadata.name"] } else { &["metadata.name", "metadata.namespace"] };
        let fields = select::by_fields(query.text("listOptions.fieldSelector"), known)?;
        let has_fields = !query.text("listOptions.fieldSelector").is_empty();
        let version = query.text("listOptions.resourceVersion");
        if !version.is_empty() && version.parse::<u64>().is_err() {
            return Err(Fault::invalid(format!(
                "invalid resource version: resourceVersion: Invalid value: \"{version}\": strconv.ParseUint: parsing \
                 \"{version}\": invalid syntax"
            )));
        }
        listing::check_list(query)?;
        let mut items: Vec<Value> = world
            .objects(self.name, namespace)?
            .into_iter()
            .filter(|item| labels.matches(&item["metadata"]["labels"]) && select::has_fields(item, &fields))
            .collect();
        let pattern = if self.name == "WorkflowTemplate" { query.text("namePattern") } else { "" };
        let limit =
            query.number("listOptions.limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0);
        let from = query.text("listOptions.continue");
        let mut metadata = json!({ "resourceVersion": world.version() });
        if pattern.is_empty() {
            let after = if from.is_empty() { None } else { Some(token::read(from)?) };
            if let Some(after) = after {
                items.retain(|item| place(item) > after);
            }
            if limit > 0 && items.len() > limit {
                // Kubernetes does not count under a selector, and Argo gives one of its own with all but these (API-240).
                if self.name == "WorkflowEventBinding" && labels.0.is_empty() && !has_fields {
                    metadata["remainingItemCount"] = json!(items.len() - limit);
                }
                items.truncate(limit);
                metadata["continue"] =
                    json!(items.last().map(|item| token::write(&place(item))).unwrap_or_default());
            }
        } else {
            by_pattern(&mut items, pattern, from, limit, &mut metadata);
        }
        if self.name == "WorkflowTemplate" && pattern.is_empty() {
            // Kubernetes' order is by namespace first; each page is then put in order by itself (API-240).
            items.sort_by(|one, other| {
                one["metadata"]["name"].as_str().cmp(&other["metadata"]["name"].as_str())
            });
        }
        let items: Vec<Value> = items.into_iter().map(self.shape).collect();
        Ok(
            json!({ "metadata": metadata, "items": if items.is_empty() { Value::Null } else { json!(items) } }),
        )
    }

    pub(crate) fn create(&self, world: &World, call: &Call) -> Result<Value, Fault> {
        let message = call.message()?;
        let namespace = self.place(call);
        let Some(mut value) = self.given(&message)? else {
            return Err(Fault::new(self.missing.0, self.missing.1));
        };
        self.require_reader(call, Verb::Create, None)?;
        self.settle(&mut value, namespace)?;
        admit::sign(&mut value, &call.who);
        let mut value = self.judge(world, namespace, &value)?;
        call.who.may(Verb::Create, self.resource, namespace, None)?;
        if let Some(flaw) = names::flaw(self.name, &value["metadata"]) {
            return Err(Fault::invalid(flaw));
        }
        if !self.cluster {
            world.require_namespace(namespace, &self.full())?;
        }
        admit::name(world, &mut value, namespace);
        let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if let Some(flaw) = self.too_long(&name).or_else(|| schema::flaw(self.name, &value)) {
            return Err(Fault::invalid(flaw));
        }
        names::check_new(&value["metadata"])?;
        self.keep(world, namespace, &name, value, Some(0))?.ok_or_else(|| {
            Fault::new(Code::AlreadyExists, format!("{} \"{name}\" already exists", self.full()))
        })
    }

    /// Puts an object into the namespace of the request, if it is in none; one of another is refused, and what belongs
    /// to no namespace keeps none.
    fn settle(&self, value: &mut Value, namespace: &str) -> Result<(), Fault> {
        let metadata = shape::entry(value, "metadata");
        match metadata["namespace"].as_str().unwrap_or_default() {
            _ if self.cluster => drop(metadata.as_object_mut().and_then(|fields| fields.remove("namespace"))),
            "" => metadata["namespace"] = json!(namespace),
            own if own == namespace => {}
            _ => return Err(Fault::elsewhere()),
        }
        Ok(())
    }

    /// What is wrong with a name that is too long for its kind.
    pub(crate) fn too_long(&self, name: &str) -> Option<String> {
        (name.len() > self.name_bytes_max).then(|| {
            format!(
                "name \"{name}\" must not be more than {} characters long (currently {})",
                self.name_bytes_max,
                name.len()
            )
        })
    }

    /// Stores an object and answers with it; nothing if it was not at the expected version.
    fn keep(
        &self,
        world: &World,
        namespace: &str,
        name: &str,
        mut value: Value,
        expected: Option<u64>,
    ) -> Result<Option<Value>, Fault> {
        if let Value::Object(fields) = shape::entry(&mut value, "metadata") {
            fields.remove("resourceVersion");
        }
        let Some(version) = world.put(self.name, namespace, name, &value, expected)? else { return Ok(None) };
        value["metadata"]["resourceVersion"] = json!(version.to_string());
        Ok(Some((self.shape)(value)))
    }

    /// Refuses those who may not even read such objects before it tells what is wrong with one.
    fn require_reader(&self, call: &Call, verb: Verb, name: Option<&str>) -> Result<(), Fault> {
        match call.who.allows(Verb::Get, self.resource, self.place(call)) {
            true => Ok(()),
            false => call.who.may(verb, self.resource, self.place(call), name),
        }
    }

    pub(crate) fn lint(&self, world: &World, call: &Call) -> Result<Value, Fault> {
        let message = call.message()?;
        let Some(mut value) = self.given(&message)? else {
            return Err(Fault::new(self.missing.0, self.missing.1));
        };
        admit::sign(&mut value, &call.who);
        Ok((self.shape)(self.judge(world, self.place(call), &value)?))
    }

    pub(crate) fn get(&self, world: &World, call: &Call) -> Result<Value, Fault> {
        let (namespace, name) = (self.place(call), call.param("name"));
        if self.name == "CronWorkflow" {
            call.who.may(Verb::Get, self.resource, namespace, Some(name))?;
            require_name(name)?;
            if let Some(flaw) = version_flaw(call.query.text("getOptions.resourceVersion")) {
                return Err(flaw);
            }
        } else {
            call.who.may_quietly(Verb::Get, self.resource, namespace)?;
        }
        let found = world.object(self.name, namespace, name)?;
        found.map(self.shape).ok_or_else(|| Fault::missing(&self.full(), name))
    }

    /// API-243: the object is addressed by the body's name.
    pub(crate) fn update(&self, world: &World, call: &Call) -> Result<Value, Fault> {
        let message = call.message()?;
        let namespace = self.place(call);
        let Some(mut value) = self.given(&message)? else { return Err(Fault::invalid(self.missing_update)) };
        let named = value["metadata"]["name"].as_str();
        self.require_reader(call, Verb::Update, named)?;
        let instance = &value["metadata"]["labels"]["workflows.argoproj.io/controller-instanceid"];
        if instance.is_string() {
            // API-044
            let name = named.unwrap_or_default();
            return Err(Fault::invalid(format!("'{name}' is not managed by the current Argo Server")));
        }
        if self.name == "CronWorkflow" {
            // Of schedules Argo looks for the old one before it judges the new one.
            let name = named.unwrap_or_default();
            require_name(name)?;
            if world.object(self.name, namespace, name)?.is_none() {
                return Err(Fault::missing(&self.full(), name));
            }
        }
        self.settle(&mut value, namespace)?;
        admit::sign_change(&mut value, &call.who, "Update");
        let value = self.judge(world, namespace, &value)?;
        let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        require_name(&name)?;
        call.who.may(Verb::Update, self.resource, namespace, Some(&name))?;
        let found =
            world.object(self.name, namespace, &name)?.ok_or_else(|| Fault::missing(&self.full(), &name))?;
        let version = value["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        let Some(version) = version.parse::<u64>().ok().filter(|version| *version > 0) else {
            return Err(Fault::invalid(format!(
                "{} \"{name}\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update",
                self.full()
            )));
        };
        let [given, own] = [&value, &found].map(|one| one["metadata"]["uid"].as_str().unwrap_or_default());
        // Only an identity can be another one; a text that is none says nothing.
        if uuid::Uuid::try_parse(given).is_ok() && given != own {
            return Err(another(self.resource, namespace, &name, given, own));
        }
        if found["metadata"]["resourceVersion"] != json!(version.to_string()) {
            return Err(stale(&self.full(), &name));
        }
        let flaw = names::flaw(self.name, &value["metadata"]).or_else(|| schema::flaw(self.name, &value));
        if let Some(flaw) = flaw {
            return Err(Fault::invalid(flaw));
        }
        let value = inherit(value, &found);
        self.keep(world, namespace, &name, value, Some(version))?.ok_or_else(|| stale(&self.full(), &name))
    }

    pub(crate) fn delete(&self, world: &World, call: &Call) -> Result<Value, Fault> {
        let (namespace, name) = (self.place(call), call.param("name"));
        if self.name == "CronWorkflow" {
            require_name(name)?;
        }
        for _ in 0..limits::RACES_MAX {
            let found = world
                .object(self.name, namespace, name)?
                .ok_or_else(|| Fault::missing(&self.full(), name))?;
            call.who.may(Verb::Delete, self.resource, namespace, Some(name))?;
            // Only schedules keep to Kubernetes' options (API-242).
            if self.name == "CronWorkflow" {
                deletion::check(&call.query, &self.full(), name, &found["metadata"])?;
                if !call.query.all("deleteOptions.dryRun").is_empty() {
                    return Ok(json!({}));
                }
            }
            // What goes is what was looked at: somebody else may have put another in its place.
            let version = found["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok());
            if world.remove(self.name, namespace, name, version)? {
                return Ok(json!({}));
            }
        }
        Err(stale(&self.full(), name))
    }
}

/// What an update cannot change: identity and age; the generation counts changes of the body.
fn inherit(mut value: Value, found: &Value) -> Value {
    let changed = value["spec"] != found["spec"];
    let metadata = shape::entry(&mut value, "metadata");
    for field in ["uid", "creationTimestamp", "namespace"] {
        if let Some(own) = found["metadata"].get(field) {
            metadata[field] = own.clone();
        }
    }
    let generation = found["metadata"]["generation"].as_i64().unwrap_or(1);
    metadata["generation"] = json!(generation + i64::from(changed));
    value
}

/// An update of what has the same name and is not the same.
fn another(resource: Resource, namespace: &str, name: &str, given: &str, own: &str) -> Fault {
    let place = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") };
    let (full, plural) = (resource.full(), resource.plural());
    let message = format!(
        "Operation cannot be fulfilled on {full} \"{name}\": StorageError: invalid object, Code: 4, Key: \
         /registry/argoproj.io/{plural}/{place}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in \
         precondition: {given}, UID in object meta: {own}"
    );
    Fault::new(Code::AlreadyExists, message)
}

fn stale(resource: &str, name: &str) -> Fault {
    Fault::new(
        Code::AlreadyExists,
        format!(
            "Operation cannot be fulfilled on {resource} \"{name}\": the object has been modified; please apply your \
             changes to the latest version and try again"
        ),
    )
}

/// The place of an object in a list.
fn place(item: &Value) -> token::Place {
    let text = |field: &str| item["metadata"][field].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}

/// API-241.
fn by_pattern(items: &mut Vec<Value>, pattern: &str, from: &str, limit: usize, metadata: &mut Value) {
    let version =
        |item: &Value| item["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse::<u64>().ok());
    items.retain(|item| item["metadata"]["name"].as_str().is_some_and(|name| name.contains(pattern)));
    items.sort_by_key(|item| std::cmp::Reverse(version(item)));
    if !from.is_empty() {
        // What is no version is the first one of all: nothing is older.
        let from = from.parse::<u64>().unwrap_or(0);
        items.retain(|item| version(item).is_some_and(|version| version < from));
    }
    if limit > 0 {
        items.truncate(limit);
        if items.len() == limit {
            metadata["continue"] =
                items.last().map(|item| item["metadata"]["resourceVersion"].clone()).unwrap_or_default();
        }
    }
}

macro_rules! handlers {
    ($module:ident, $kind:ident) => {
        pub(crate) mod $module {
            use super::{Call, Fault, Value, World, $kind};

            pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Fault> {
                $kind.list(world, call)
            }
            pub(crate) fn create(world: &World, call: &Call) -> Result<Value, Fault> {
                $kind.create(world, call)
            }
            pub(crate) fn lint(world: &World, call: &Call) -> Result<Value, Fault> {
                $kind.lint(world, call)
            }
            pub(crate) fn get(world: &World, call: &Call) -> Result<Value, Fault> {
                $kind.get(world, call)
            }
            pub(crate) fn update(world: &World, call: &Call) -> Result<Value, Fault> {
                $kind.update(world, call)
            }
            pub(crate) fn delete(world: &World, call: &Call) -> Result<Value, Fault> {
                $kind.delete(world, call)
            }
        }
    };
}

handlers!(templates, TEMPLATES);
handlers!(cluster_templates, CLUSTER_TEMPLATES);
handlers!(crons, CRONS);

pub(crate) fn bindings(world: &World, call: &Call) -> Result<Value, Fault> {
    BINDINGS.list(world, call)
}

/// API-231, API-245.
pub(crate) fn suspend_cron(world: &World, call: &Call) -> Result<Value, Fault> {
    set_suspended(world, call, true)
}

pub(crate) fn resume_cron(world: &World, call: &Call) -> Result<Value, Fault> {
    set_suspended(world, call, false)
}

fn set_suspended(world: &World, call: &Call, suspended: bool) -> Result<Value, Fault> {
    call.message()?;
    let (namespace, name) = (call.namespace(), call.param("name"));
    // Somebody else may change it at the same moment: then it is read and changed again.
    for _ in 0..limits::RACES_MAX {
        let mut value = world
            .object("CronWorkflow", namespace, name)?
            .ok_or_else(|| Fault::missing("cronworkflows.argoproj.io", name))?;
        call.who.may(Verb::Patch, Resource::Crons, namespace, Some(name))?;
        let version = value["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse::<u64>().ok());
        if value["spec"]["suspend"] == json!(suspended) {
            return Ok(shape::cron(value));
        }
        value["spec"]["suspend"] = json!(suspended);
        let generation = value["metadata"]["generation"].as_i64().unwrap_or(1);
        value["metadata"]["generation"] = json!(generation + 1);
        if let Some(kept) = CRONS.keep(world, namespace, name, value, version)? {
            return Ok(kept);
        }
    }
    Err(stale("cronworkflows.argoproj.io", name))
}

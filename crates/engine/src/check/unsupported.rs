//! What of the language waits for a later release. It is told before the start, whoever asks, so that nothing is half-run:
//! an error where it is to run, and a warning where a document is looked at or kept.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tiphys_spec as spec;

use super::site::Site;
use super::template::text;
use super::{Checker, Severity, Situation};

/// Fields of a container that wait for a later release.
const LATER_OF_CONTAINER: [&str; 1] = ["volumeDevices"];

/// Kinds of volumes that are folders and files here. Of a `hostPath` the machine decides.
const VOLUMES: [&str; 8] = [
    "emptyDir",
    "configMap",
    "secret",
    "downwardAPI",
    "projected",
    "persistentVolumeClaim",
    "ephemeral",
    "hostPath",
];

/// What a projected volume can show.
const PROJECTED: [&str; 3] = ["configMap", "secret", "downwardAPI"];

/// A body of templates, and where it stands.
type Home<'a> = (&'a spec::WorkflowSpec, Site);

/// A template that runs of the document may reach.
struct Stop<'a> {
    template: &'a spec::Template,
    site: Site,
    /// Where the names that it calls are looked up, the first first.
    homes: Vec<Home<'a>>,
}

/// Where the things of a list stand, by their names, until somebody asks for them.
type Names<'a> = BTreeMap<&'a str, Vec<usize>>;

fn names_of<'a>(names: impl Iterator<Item = &'a str>) -> Names<'a> {
    let mut found = Names::new();
    for (at, name) in names.enumerate() {
        found.entry(name).or_default().push(at);
    }
    found
}

/// Templates that may be reached, each once.
#[derive(Default)]
struct Reach<'a> {
    seen: BTreeSet<*const spec::Template>,
    open: Vec<Stop<'a>>,
    /// The templates of each body that no name led to yet.
    unnamed: BTreeMap<*const spec::WorkflowSpec, Names<'a>>,
}

impl<'a> Reach<'a> {
    /// A template by its name; one that is only known when it runs can be any.
    fn name(&mut self, homes: &[Home<'a>], name: &str) {
        if name.is_empty() {
            return;
        }
        for (spec, site) in homes {
            for at in self.called(spec, name) {
                self.push(&spec.templates[at], site.field("templates").index(at), homes);
            }
        }
    }

    /// Where templates of this name stand, the first time that it is asked for.
    fn called(&mut self, spec: &'a spec::WorkflowSpec, name: &str) -> Vec<usize> {
        let all = || names_of(spec.templates.iter().map(|template| &*template.name));
        let unnamed = self.unnamed.entry(std::ptr::from_ref(spec)).or_insert_with(all);
        if !name.contains("{{") {
            return unnamed.remove(name).unwrap_or_default();
        }
        let mut rest: Vec<usize> = std::mem::take(unnamed).into_values().flatten().collect();
        rest.sort_unstable();
        rest
    }

    fn push(&mut self, template: &'a spec::Template, site: Site, homes: &[Home<'a>]) {
        if self.seen.insert(std::ptr::from_ref(template)) {
            self.open.push(Stop { template, site, homes: homes.to_vec() });
        }
    }
}

impl<'a> Checker<'a> {
    /// Tells what runs of a document may reach and no runner here can do; of a template, what is in it.
    pub(super) fn unsupported(&mut self, object: &'a spec::Object) {
        let (spec, path, is_run) = match object {
            spec::Object::Workflow(workflow) => (&workflow.spec, "spec", true),
            spec::Object::CronWorkflow(cron) => (&cron.spec.workflow_spec, "spec.workflowSpec", true),
            spec::Object::WorkflowTemplate(template) | spec::Object::ClusterWorkflowTemplate(template) => {
                (&template.spec, "spec", false)
            }
            _ => return,
        };
        let mut reach = Reach::default();
        let site = Site::new(path);
        let mut homes = vec![(spec, site.clone())];
        if is_run {
            let library = self.library;
            let reference = spec.workflow_template_ref.as_ref();
            let found =
                reference.and_then(|reference| library.find(&reference.name, reference.cluster_scope));
            homes.extend(found.map(|found| (&found.spec, site.field("workflowTemplateRef").fixed())));
            self.unsupported_ways(&mut reach, &homes);
        } else {
            for (at, template) in spec.templates.iter().enumerate() {
                reach.push(template, site.field("templates").index(at), &homes);
            }
        }
        for (spec, site) in &homes {
            self.foreign(&site.field("arguments").field("artifacts"), &spec.arguments.artifacts);
            if let Some(defaults) = &spec.template_defaults {
                reach.push(defaults, site.field("templateDefaults"), &homes);
            }
        }
        let volume = |volume: &'a Value| text(volume, "name");
        let mut shared: Vec<Names> =
            homes.iter().map(|(spec, _)| names_of(spec.volumes.iter().map(volume))).collect();
        while let Some(stop) = reach.open.pop() {
            self.unsupported_template(&stop, &homes, &mut shared);
            self.unsupported_calls(&mut reach, &stop);
        }
    }

    /// Where runs of a workflow begin.
    fn unsupported_ways(&mut self, reach: &mut Reach<'a>, homes: &[Home<'a>]) {
        let first = |of: fn(&spec::WorkflowSpec) -> &str| {
            homes.iter().map(|(spec, _)| of(spec)).find(|name| !name.is_empty())
        };
        for name in [first(|spec| &spec.entrypoint), first(|spec| &spec.on_exit)].into_iter().flatten() {
            reach.name(homes, name);
        }
        for (spec, site) in homes {
            for (name, hook) in &spec.hooks {
                let at = site.field("hooks").field(name);
                self.unsupported_call(reach, homes, &at, &hook.template, hook.template_ref.as_ref());
            }
        }
    }

    fn unsupported_call(
        &mut self,
        reach: &mut Reach<'a>,
        homes: &[Home<'a>],
        site: &Site,
        name: &str,
        reference: Option<&spec::TemplateRef>,
    ) {
        let Some(reference) = reference else { return reach.name(homes, name) };
        let library = self.library;
        if let Some(found) = library.find(&reference.name, reference.cluster_scope) {
            let home = (&found.spec, site.field("templateRef").fixed());
            reach.name(&[home], &reference.template);
        }
    }

    fn unsupported_calls(&mut self, reach: &mut Reach<'a>, stop: &Stop<'a>) {
        let groups = stop.site.field("steps");
        let steps = stop.template.steps.iter().enumerate().flat_map(|(group, steps)| {
            let group = groups.index(group);
            steps.iter().enumerate().map(move |(at, step)| (group.index(at), step))
        });
        let tasks = stop.site.field("dag").field("tasks");
        let of_dag = stop.template.dag.iter().flat_map(|dag| &dag.tasks).enumerate();
        for (site, task) in steps.chain(of_dag.map(|(at, task)| (tasks.index(at), task))) {
            if let Some(inline) = &task.inline {
                reach.push(inline, site.field("inline"), &stop.homes);
            }
            self.unsupported_call(reach, &stop.homes, &site, &task.template, task.template_ref.as_ref());
            reach.name(&stop.homes, &task.on_exit);
            for (name, hook) in &task.hooks {
                let at = site.field("hooks").field(name);
                self.unsupported_call(reach, &stop.homes, &at, &hook.template, hook.template_ref.as_ref());
            }
            self.foreign(&site.field("arguments").field("artifacts"), &task.arguments.artifacts);
        }
    }

    /// `homes`: whose volumes all templates may mount; `shared`: those of them that none was seen to mount yet.
    fn unsupported_template(&mut self, stop: &Stop<'a>, homes: &[Home<'a>], shared: &mut [Names<'a>]) {
        let Stop { template, site, .. } = stop;
        if template.resource.as_ref().is_some_and(|body| !body.is_null() && *body != Value::Bool(false)) {
            let of = match template.name.as_str() {
                "" => String::new(),
                name => format!(" (template `{name}`)"),
            };
            let message = format!("`resource` is not supported yet{of}");
            self.later(&site.field("resource"), message, "workflows that do not reach such a template run");
        }
        for (body, at) in containers(template, site) {
            for name in LATER_OF_CONTAINER.iter().filter(|name| body.get(**name).is_some_and(is_given)) {
                let message = format!("`{name}` of containers is not supported yet");
                self.later(&at.field(name), message, "leave it out, or do in the command what it does");
            }
        }
        self.foreign_volumes(stop, homes, shared);
        self.foreign(&site.field("inputs").field("artifacts"), &template.inputs.artifacts);
        self.foreign(&site.field("outputs").field("artifacts"), &template.outputs.artifacts);
        if let Some(location) = &template.archive_location {
            self.foreign_place(&site.field("archiveLocation"), "archiveLocation", location);
        }
        let source = template.data.as_ref().and_then(|data| data.pointer("/source/artifactPaths"));
        let source = source.and_then(|value| serde_json::from_value::<spec::Artifact>(value.clone()).ok());
        if let Some(artifact) = source {
            let at = site.field("data").field("source").field("artifactPaths");
            self.foreign_place(&at, &artifact.name, &artifact.location);
        }
    }

    /// Volumes that some container mounts and that cannot be had here.
    fn foreign_volumes(&mut self, stop: &Stop<'a>, homes: &[Home<'a>], shared: &mut [Names<'a>]) {
        let containers = containers(stop.template, &stop.site);
        let mounts = containers.iter().filter_map(|(body, _)| body.get("volumeMounts")?.as_array()).flatten();
        let mut mounted: BTreeSet<&str> = mounts.map(|mount| text(mount, "name")).collect();
        let own = &stop.template.volumes;
        let is_mounted = |(_, volume): &(usize, &Value)| mounted.contains(text(volume, "name"));
        self.declared(&stop.site, own.iter().enumerate().filter(is_mounted));
        for volume in own {
            mounted.remove(text(volume, "name"));
        }
        for ((spec, site), names) in homes.iter().zip(shared) {
            let mut found: Vec<usize> =
                mounted.iter().filter_map(|name| names.remove(name)).flatten().collect();
            found.sort_unstable();
            self.declared(site, found.into_iter().map(|at| (at, &spec.volumes[at])));
        }
    }

    /// `volumes`: with their places in the list of their owner.
    fn declared<'v>(&mut self, owner: &Site, volumes: impl Iterator<Item = (usize, &'v Value)>) {
        let list = owner.field("volumes");
        for (at, volume) in volumes {
            let name = text(volume, "name");
            let site = list.index(at);
            let kinds = volume.as_object().into_iter().flatten().map(|(kind, _)| kind.as_str());
            for kind in kinds.filter(|kind| *kind != "name" && !VOLUMES.contains(kind)) {
                let help = "use an emptyDir, a claim, a ConfigMap or a Secret, or show a folder with \
                            `--mount HOST:STEP[:ro]`";
                self.later(
                    &site.field(kind),
                    format!("volume `{name}`: `{kind}` is not supported yet"),
                    help,
                );
            }
            let sources = volume.pointer("/projected/sources").and_then(Value::as_array);
            for (number, source) in sources.into_iter().flatten().enumerate() {
                let kinds = source.as_object().into_iter().flatten().map(|(kind, _)| kind.as_str());
                for kind in kinds.filter(|kind| !PROJECTED.contains(kind)) {
                    let at = site.field("projected").field("sources").index(number).field(kind);
                    let message = format!("volume `{name}`: a projected `{kind}` is not supported yet");
                    self.later(
                        &at,
                        message,
                        "only a cluster gives these out; project a ConfigMap or a Secret",
                    );
                }
            }
        }
    }

    fn foreign(&mut self, list: &Site, artifacts: &[spec::Artifact]) {
        for (at, artifact) in artifacts.iter().enumerate() {
            self.foreign_place(&list.index(at), &artifact.name, &artifact.location);
        }
    }

    /// A location that no driver here can reach. One without a place of its own belongs to the repository, which is the
    /// local store.
    fn foreign_place(&mut self, site: &Site, name: &str, location: &spec::ArtifactLocation) {
        let Some((kind, block)) = location.store() else { return };
        let is_foreign = match kind {
            "raw" | "git" | "http" | "artifactory" => false,
            "s3" | "gcs" | "azure" | "oss" => {
                let is_named =
                    ["bucket", "endpoint", "container"].iter().any(|field| block.get(field).is_some());
                location.is_complete() && is_named
            }
            _ => true,
        };
        if is_foreign {
            let message = format!("artifact `{name}`: the driver `{kind}` is not supported yet");
            let help = "use `raw`, `http`, `git`, a key of the repository, or `--artifact NAME=PATH` for an argument of \
                        the workflow";
            self.later(&site.field(kind), message, help);
        }
    }

    fn later(&mut self, site: &Site, message: String, help: &str) {
        let severity = match self.situation {
            Situation::Create => Severity::Error,
            Situation::Lint => Severity::Warning,
        };
        self.find(severity, site, "not-supported-yet", message, Some(help.to_owned()));
    }
}

/// All containers of a template, with their places.
fn containers<'t>(template: &'t spec::Template, site: &Site) -> Vec<(&'t Value, Site)> {
    let mut found: Vec<(&Value, Site)> = Vec::new();
    found.extend(template.container.as_ref().map(|body| (body, site.field("container"))));
    found.extend(template.script.as_ref().map(|body| (body, site.field("script"))));
    for (field, list) in [("initContainers", &template.init_containers), ("sidecars", &template.sidecars)] {
        let site = site.field(field);
        found.extend(list.iter().enumerate().map(|(at, body)| (body, site.index(at))));
    }
    let set = template.container_set.as_ref().and_then(|set| set.get("containers")?.as_array());
    let site = site.field("containerSet").field("containers");
    found.extend(set.into_iter().flatten().enumerate().map(|(at, body)| (body, site.index(at))));
    found
}

/// Whether a field says anything.
fn is_given(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Object(fields) => fields.values().any(is_given),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

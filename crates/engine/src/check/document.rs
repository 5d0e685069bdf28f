//! Whole documents, in the order Argo takes their parts (`VA-005`, `VA-006`, `VA-140` to `VA-146`).

use serde_json::Value;
use tiphys_spec as spec;

use super::argument::Given;
use super::name::Alphabet;
use super::reference::Reference;
use super::scope::has_variable;
use super::selector;
use super::site::Site;
use super::template::{Home, text};
use super::{Checker, Situation};
use crate::cron::schedule;

/// Longest name of a workflow or template: it becomes the value of a label.
const NAME_MAX: usize = 63;

/// Longest name of a cron workflow: its workflows append eleven characters.
const CRON_NAME_MAX: usize = 52;

/// What kind of document holds the body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Workflow,
    Template,
    Cron,
}

impl<'a> Checker<'a> {
    pub(super) fn document(&mut self, object: &'a spec::Object, value: &Value) {
        match object {
            spec::Object::Workflow(workflow) => {
                self.object_name("workflow", &workflow.metadata.name, NAME_MAX);
                let site = Site::new("spec");
                self.body(&site, &workflow.metadata, &workflow.spec, &value["spec"], Holder::Workflow);
            }
            spec::Object::WorkflowTemplate(template) => {
                self.object_name("workflow template", &template.metadata.name, NAME_MAX);
                let site = Site::new("spec");
                self.body(&site, &template.metadata, &template.spec, &value["spec"], Holder::Template);
            }
            spec::Object::ClusterWorkflowTemplate(template) => {
                self.object_name("cluster workflow template", &template.metadata.name, NAME_MAX);
                let site = Site::new("spec");
                self.body(&site, &template.metadata, &template.spec, &value["spec"], Holder::Template);
            }
            spec::Object::CronWorkflow(cron) => {
                self.object_name("cron workflow", &cron.metadata.name, CRON_NAME_MAX);
                self.cron(&cron.spec);
                let site = Site::new("spec.workflowSpec").told_as("cannot validate Workflow:");
                let metadata = metadata_of_a_run(cron);
                let body = &value["spec"]["workflowSpec"];
                self.body(&site, &metadata, &cron.spec.workflow_spec, body, Holder::Cron);
            }
            spec::Object::WorkflowEventBinding(binding) => self.binding(&binding.spec),
            _ => {}
        }
    }

    fn object_name(&mut self, kind: &str, name: &str, longest: usize) {
        if name.len() > longest {
            let message = format!(
                "{kind} name {name:?} must not be more than {longest} characters long (currently {})",
                name.len()
            );
            self.error(&Site::new("metadata.name"), "bad-name", message);
        }
    }

    fn cron(&mut self, cron: &spec::CronWorkflowSpec) {
        let site = Site::new("spec");
        if cron.schedules.is_empty() {
            self.error(&site, "no-schedule", "cron workflow must have at least one schedule".to_owned());
        }
        for (index, schedule) in cron.schedules.iter().enumerate() {
            if let Some(complaint) = schedule::parse(schedule, "").err() {
                let message = format!("cron schedule {schedule} is malformed: {complaint}");
                self.error(&site.field("schedules").index(index), "bad-schedule", message);
            }
        }
        let zone = cron.timezone.as_str();
        let loaded = match zone {
            "" | "Local" => Ok(()),
            zone => tiphys_expr::time::Zone::load(zone).map(drop),
        };
        if let Err(reason) = loaded {
            let message = format!("invalid timezone {zone:?}: {reason}");
            self.error(&site.field("timezone"), "bad-timezone", message);
        }
        let policies = ["", "Allow", "Forbid", "Replace"];
        if !policies.contains(&cron.concurrency_policy.as_str()) {
            let policy = &cron.concurrency_policy;
            let help = self.suggest(policy, policies.into_iter());
            let message = format!("'{policy}' is not a valid concurrencyPolicy");
            self.error_with_help(&site.field("concurrencyPolicy"), "not-a-choice", message, help);
        }
        if cron.starting_deadline_seconds.is_some_and(|seconds| seconds < 0) {
            let message = "startingDeadlineSeconds must be positive".to_owned();
            self.error(&site.field("startingDeadlineSeconds"), "bad-value", message);
        }
    }

    fn body(
        &mut self,
        site: &Site,
        metadata: &spec::Metadata,
        spec: &'a spec::WorkflowSpec,
        value: &Value,
        holder: Holder,
    ) {
        let path: &'static str = if holder == Holder::Cron { "spec.workflowSpec" } else { "spec" };
        let own = Home::here(spec, path);
        let home = self.body_home(site, spec, own);
        let names = spec.templates.iter().map(|template| template.name.as_str());
        self.names(&site.field("templates"), "spec.templates", Alphabet::Template, names);
        self.executor_plugins(site, spec);
        let arguments = merged_arguments(spec, home.unwrap_or(own));
        // What the missing document would give may be among its values.
        let may_lack_values = home.is_none()
            || holder == Holder::Template
            || self.situation == Situation::Lint && holder != Holder::Cron;
        self.arguments(&site.field("arguments"), "spec.arguments.", &arguments, may_lack_values);
        self.empty_choices(site, value);
        if let Some(home) = home {
            self.global_names(metadata, spec, home, &arguments);
            self.parameters_come_later = holder == Holder::Template;
            self.entrypoint(site, spec, home, &arguments, holder);
            self.exit(site, spec, home, &arguments);
        }
        self.workflow_hooks(site, spec, home.unwrap_or(own));
        self.pod_gc(site, spec);
        if let Some(resources) = &spec.pod_resources {
            self.resources_of_pods(&site.field("podResources"), "spec.podResources", resources);
        }
        // Without the document that it runs there is nothing more to look at.
        let Some(home) = home else { return };
        for (index, template) in home.spec().templates.iter().enumerate() {
            let at = match home.path() {
                Some(_) => site.field("templates").index(index),
                None => site.field("workflowTemplateRef").fixed(),
            };
            let told = at.told_as(&format!("templates.{}", template.name));
            self.template(&told, template, home, Given::Everything);
        }
    }

    /// The document whose templates the body runs: itself, or the one it refers to (`VA-005`).
    fn body_home(&mut self, site: &Site, spec: &'a spec::WorkflowSpec, own: Home<'a>) -> Option<Home<'a>> {
        let Some(reference) = &spec.workflow_template_ref else { return Some(own) };
        let at = site.field("workflowTemplateRef");
        if !spec.templates.is_empty() {
            let message =
                "Templates is invalid field in spec if workflow referred WorkflowTemplate reference";
            self.error(&at, "two-bodies", message.to_owned());
            return Some(own);
        }
        let library = self.library;
        match library.find(&reference.name, reference.cluster_scope) {
            Some(found) => Some(Home::elsewhere(found, reference.cluster_scope).borrowed()),
            None => {
                self.unknown_document(&at.field("name"), &reference.name, reference.cluster_scope);
                None
            }
        }
    }

    fn executor_plugins(&mut self, site: &Site, spec: &spec::WorkflowSpec) {
        for (index, plugin) in spec.executor_plugins.iter().enumerate() {
            let container = &plugin["spec"]["sidecar"]["container"];
            let has = |value: &Value| match value {
                Value::Object(members) => !members.is_empty(),
                Value::Array(elements) => !elements.is_empty(),
                _ => false,
            };
            let complaints = [
                (text(&plugin["metadata"], "name").is_empty(), "executor plugin metadata name is mandatory"),
                (!has(&container["ports"]), "at least one port is mandatory"),
                (!has(&container["resources"]["requests"]), "resource requests are mandatory"),
                (!has(&container["resources"]["limits"]), "resource limits are mandatory"),
                (!container["securityContext"].is_object(), "security context is mandatory"),
            ];
            let at = site.field("executorPlugins").index(index);
            for (_, complaint) in complaints.into_iter().filter(|(is_so, _)| *is_so) {
                self.error(&at, "bad-plugin", format!("spec.executorPlugins: {complaint}"));
            }
        }
    }

    /// A list of choices that is written but empty. The types cannot tell it from an absent one.
    fn empty_choices(&mut self, site: &Site, value: &Value) {
        let parameters = value["arguments"]["parameters"].as_array();
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            if parameter["enum"].as_array().is_some_and(Vec::is_empty) {
                let message = format!(
                    "spec.arguments.{}.enum should contain at least one value",
                    text(parameter, "name")
                );
                let at = site.field("arguments").field("parameters").index(index).field("enum");
                self.error(&at, "no-choice", message);
            }
        }
    }

    /// The names known everywhere (`VA-121`).
    fn global_names(
        &mut self,
        metadata: &spec::Metadata,
        spec: &spec::WorkflowSpec,
        home: Home<'a>,
        arguments: &spec::Arguments,
    ) {
        let names = &mut self.globals;
        for name in ["name", "namespace", "mainEntrypoint", "serviceAccountName", "uid", "status"] {
            names.add(format!("workflow.{name}"));
        }
        for list in ["labels", "annotations"] {
            names.add(format!("workflow.{list}"));
            names.add(format!("workflow.{list}.json"));
        }
        let added = [spec, home.spec()].into_iter().filter_map(|spec| spec.workflow_metadata.as_ref());
        for added in added {
            let labels = added.labels.keys().chain(added.labels_from.keys());
            labels.for_each(|key| names.add(format!("workflow.labels.{key}")));
            added.annotations.keys().for_each(|key| names.add(format!("workflow.annotations.{key}")));
        }
        metadata.labels.keys().for_each(|key| names.add(format!("workflow.labels.{key}")));
        metadata.annotations.keys().for_each(|key| names.add(format!("workflow.annotations.{key}")));
        if let Some(priority) = spec.priority.or(home.spec().priority) {
            names.add("workflow.priority");
            self.values.insert("workflow.priority".to_owned(), priority.to_string());
        }
        if !arguments.parameters.is_empty() {
            names.add("workflow.parameters");
            names.add("workflow.parameters.json");
        }
        for parameter in &arguments.parameters {
            let name = format!("workflow.parameters.{}", parameter.name);
            if let Some(value) = &parameter.value {
                self.values.insert(name.clone(), value.clone());
            }
            names.add(name);
        }
    }

    fn entrypoint(
        &mut self,
        site: &Site,
        spec: &'a spec::WorkflowSpec,
        home: Home<'a>,
        arguments: &spec::Arguments,
        holder: Holder,
    ) {
        let own = !spec.entrypoint.is_empty();
        let entrypoint = if own { &spec.entrypoint } else { &home.spec().entrypoint };
        if entrypoint.is_empty() {
            let which_body = spec.workflow_template_ref.is_some() && home.path().is_some();
            if holder != Holder::Template && !which_body {
                self.error(site, "missing-entrypoint", "spec.entrypoint is required".to_owned());
            }
            return;
        }
        let given = if holder == Holder::Template { Given::Everything } else { Given::Arguments(arguments) };
        self.start(site, "entrypoint", entrypoint, home, given);
    }

    fn exit(
        &mut self,
        site: &Site,
        spec: &'a spec::WorkflowSpec,
        home: Home<'a>,
        arguments: &spec::Arguments,
    ) {
        let own = !spec.on_exit.is_empty();
        let exit = if own { &spec.on_exit } else { &home.spec().on_exit };
        if !exit.is_empty() {
            self.globals.add("workflow.failures");
            // Artifacts that are exported under names made of tags: from here on, any may be one of them (VA-128).
            let mut templates = spec.templates.iter().chain(&home.spec().templates);
            let is_open = |template: &spec::Template| {
                template.outputs.artifacts.iter().any(|artifact| has_variable(&artifact.global_name))
            };
            self.globals.any_artifact = templates.any(is_open);
            self.start(site, "onExit", exit, home, Given::Arguments(arguments));
        }
    }

    /// A template that the body itself starts, named in one of its fields.
    fn start(&mut self, site: &Site, field: &str, name: &'a str, home: Home<'a>, given: Given<'_>) {
        if home.spec().template(name).is_none() {
            let known = home.spec().templates.iter().map(|template| template.name.as_str());
            let help = self.suggest(name, known);
            self.error_with_help(&site.field(field), "unknown-template", home.undefined(name), help);
        } else {
            self.call(site, Reference::named(name), home, given);
        }
    }

    fn workflow_hooks(&mut self, site: &Site, spec: &spec::WorkflowSpec, home: Home<'a>) {
        let hooks = if spec.hooks.is_empty() { &home.spec().hooks } else { &spec.hooks };
        for (name, hook) in hooks {
            if name != "exit" && hook.expression.is_empty() {
                let message = format!("hooks.{name} Expression required");
                self.error(&site.field("hooks").field(name), "missing-field", message);
            }
        }
    }

    fn pod_gc(&mut self, site: &Site, spec: &spec::WorkflowSpec) {
        let Some(gc) = &spec.pod_gc else { return };
        let at = site.field("podGC");
        let known = ["", "OnPodCompletion", "OnPodSuccess", "OnWorkflowCompletion", "OnWorkflowSuccess"];
        if !known.contains(&gc.strategy.as_str()) {
            let message = format!("podGC.strategy unknown strategy '{}'", gc.strategy);
            let help = self.suggest(&gc.strategy, known.into_iter());
            self.error_with_help(&at.field("strategy"), "not-a-choice", message, help);
        }
        for fault in gc.label_selector.iter().flat_map(selector::faults) {
            let at = fault.path.iter().fold(at.field("labelSelector"), |at, field| at.field(field));
            self.error(&at, "bad-selector", format!("podGC.labelSelector invalid: {}", fault.message));
        }
    }
}

/// The labels and annotations that the workflows of a cron workflow get (`CR-081`).
fn metadata_of_a_run(cron: &spec::CronWorkflow) -> spec::Metadata {
    let mut metadata = cron.spec.workflow_metadata.clone().unwrap_or_default();
    let of_the_controller = "workflows.argoproj.io/controller-instanceid";
    let instance = cron.metadata.labels.get(of_the_controller).map(|id| (of_the_controller, id.clone()));
    let labels = [("workflows.argoproj.io/cron-workflow", cron.metadata.name.clone())];
    for (key, value) in labels.into_iter().chain(instance) {
        metadata.labels.insert(key.to_owned(), value);
    }
    let moment = "workflows.argoproj.io/scheduled-time".to_owned();
    metadata.annotations.insert(moment, super::scope::PLACEHOLDER.to_owned());
    metadata
}

/// The arguments of a body over those of the document it runs (`EX-092`).
fn merged_arguments(spec: &spec::WorkflowSpec, home: Home<'_>) -> spec::Arguments {
    let mut arguments = spec.arguments.clone();
    if std::ptr::eq(spec, home.spec()) {
        return arguments;
    }
    for parameter in &home.spec().arguments.parameters {
        let given = |own: &spec::Parameter| own.value.is_some() || own.value_from.is_some();
        match arguments.parameters.iter_mut().find(|own| own.name == parameter.name) {
            Some(own) if !given(own) => *own = parameter.clone(),
            Some(_) => {}
            None => arguments.parameters.push(parameter.clone()),
        }
    }
    for artifact in &home.spec().arguments.artifacts {
        if arguments.artifact(&artifact.name).is_none() {
            arguments.artifacts.push(artifact.clone());
        }
    }
    arguments
}

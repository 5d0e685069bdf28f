//! What this machine lacks for a workflow, and what it has no use for.
//!
//! Nothing is ignored in silence: what of the language waits for a later release is told by the check; a container that
//! this machine cannot start is refused before the start, with its place; fields that only place or dress a pod are
//! listed once.

mod objects;
mod pod;

pub use objects::hopeless_parameters;

use std::collections::BTreeSet;
use tiphys_runner::ImageMap;
use tiphys_spec as spec;
use tiphys_spec::{Diagnostic, Document, Object, Severity, path_field, path_index};

use crate::load::template_named;

/// Fields of a workflow's spec that only place or dress pods.
const DRESSING_OF_WORKFLOW: [&str; 19] = [
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "executor",
    "hostAliases",
    "hostNetwork",
    "imagePullSecrets",
    "nodeSelector",
    "podDisruptionBudget",
    "podGC",
    "podMetadata",
    "podPriorityClassName",
    "podResources",
    "priority",
    "resourceClaims",
    "schedulerName",
    "serviceAccountName",
    "tolerations",
];

/// Fields of a template that only place or dress its pod.
const DRESSING_OF_TEMPLATE: [&str; 12] = [
    "affinity",
    "automountServiceAccountToken",
    "executor",
    "hostAliases",
    "metadata",
    "nodeSelector",
    "podResources",
    "priorityClassName",
    "resourceClaims",
    "schedulerName",
    "serviceAccountName",
    "tolerations",
];

/// What was found out about a workflow and the templates it can reach.
#[derive(Default)]
pub struct Findings {
    /// What keeps it from running here.
    pub refused: Vec<Diagnostic>,
    /// What will make a part of it fail.
    pub warned: Vec<Diagnostic>,
    /// Templates that only a plugin can run, where the workflow brings none along.
    pub for_plugins: Vec<Diagnostic>,
    /// Fields without an effect here, by their name.
    pub without_effect: BTreeSet<String>,
    /// Images that it names.
    pub images: BTreeSet<String>,
}

/// Looks at a workflow and everything that it can reach in the documents at hand.
pub fn examine(
    document: &Document,
    library: &[&Document],
    images: Option<&ImageMap>,
    allow_host_path: bool,
) -> Findings {
    let mut examiner = Examiner {
        library,
        images,
        allow_host_path,
        homes: Vec::new(),
        seen: BTreeSet::new(),
        open: Vec::new(),
        findings: Findings::default(),
    };
    let Object::Workflow(workflow) = &document.object else { return examiner.findings };
    examiner.workflow_fields(document);
    examiner.root(document, workflow);
    while let Some((document, index)) = examiner.open.pop() {
        examiner.template_at(document, index);
    }
    let brings = |home: &&Document| body(home).is_some_and(|(spec, _)| !spec.executor_plugins.is_empty());
    if examiner.homes.iter().any(brings) {
        examiner.findings.for_plugins.clear();
    }
    examiner.findings
}

struct Examiner<'a> {
    library: &'a [&'a Document],
    images: Option<&'a ImageMap>,
    allow_host_path: bool,
    /// Where the volumes of the whole workflow are declared.
    homes: Vec<&'a Document>,
    /// Templates that were looked at, by document and index.
    seen: BTreeSet<(usize, usize)>,
    open: Vec<(&'a Document, usize)>,
    findings: Findings,
}

/// The body of a document that holds templates.
fn body(document: &Document) -> Option<(&spec::WorkflowSpec, &spec::Metadata)> {
    match &document.object {
        Object::Workflow(workflow) => Some((&workflow.spec, &workflow.metadata)),
        Object::WorkflowTemplate(template) | Object::ClusterWorkflowTemplate(template) => {
            Some((&template.spec, &template.metadata))
        }
        _ => None,
    }
}

impl<'a> Examiner<'a> {
    fn refuse(&mut self, document: &Document, path: &str, message: String, help: &str) {
        let diagnostic = document.places.diagnostic(
            Severity::Error,
            "not-supported-yet",
            path,
            message,
            Some(help.to_owned()),
        );
        self.findings.refused.push(diagnostic);
    }

    fn workflow_fields(&mut self, document: &'a Document) {
        let Some(fields) = document.value.get("spec").and_then(|spec| spec.as_object()) else { return };
        for name in DRESSING_OF_WORKFLOW.iter().filter(|name| fields.contains_key(**name)) {
            self.findings.without_effect.insert(format!("spec.{name}"));
        }
        self.security(fields.get("securityContext"), &pod::HONOURED_OF_POD, "spec.securityContext");
    }

    /// Starts at everything the workflow itself names.
    fn root(&mut self, document: &'a Document, workflow: &'a spec::Workflow) {
        let mut spec_of = document;
        if let Some(reference) = &workflow.spec.workflow_template_ref
            && let Some(found) = self.resource(&reference.name, reference.cluster_scope)
        {
            self.workflow_fields(found);
            spec_of = found;
        }
        self.homes = vec![document, spec_of];
        let own = &workflow.spec;
        let base = body(spec_of).map_or(own, |(spec, _)| spec);
        let pick = |own: &'a str, base: &'a str| if own.is_empty() { base } else { own };
        self.reach(spec_of, document, pick(&own.entrypoint, &base.entrypoint));
        self.reach(spec_of, document, pick(&own.on_exit, &base.on_exit));
        for hook in own.hooks.values().chain(base.hooks.values()) {
            self.call(spec_of, document, &hook.template, hook.template_ref.as_ref());
        }
        for (document, spec) in [(document, own), (spec_of, base)] {
            self.hopeless(document, spec, own);
            let fields = [("arguments", serde_json::to_value(&spec.arguments))];
            let locks = ("synchronization", serde_json::to_value(&spec.synchronization));
            for (field, value) in fields.into_iter().chain([locks]) {
                self.objects(document, &value.unwrap_or_default(), &path_field("spec", field));
            }
            if let Some(defaults) = &spec.template_defaults {
                self.template(document, defaults, "spec.templateDefaults");
            }
        }
    }

    fn resource(&self, name: &str, cluster: bool) -> Option<&'a Document> {
        template_named(self.library, name, cluster)
    }

    /// A template by its name, in the document where it is called or in the workflow over it.
    fn reach(&mut self, home: &'a Document, over: &'a Document, name: &str) {
        if name.is_empty() {
            return;
        }
        // A name that is only known at run time can be any.
        let any = name.contains("{{");
        for document in if std::ptr::eq(home, over) { vec![home] } else { vec![over, home] } {
            let Some((spec, _)) = body(document) else { continue };
            for (index, template) in spec.templates.iter().enumerate() {
                if any || template.name == name {
                    self.push(document, index);
                }
            }
        }
    }

    fn push(&mut self, document: &'a Document, index: usize) {
        if self.seen.insert((std::ptr::from_ref(document) as usize, index)) {
            self.open.push((document, index));
        }
    }

    fn call(
        &mut self,
        home: &'a Document,
        over: &'a Document,
        name: &str,
        reference: Option<&spec::TemplateRef>,
    ) {
        match reference {
            Some(reference) => {
                if let Some(found) = self.resource(&reference.name, reference.cluster_scope) {
                    self.reach(found, found, &reference.template);
                }
            }
            None => self.reach(home, over, name),
        }
    }

    fn template_at(&mut self, document: &'a Document, index: usize) {
        let Some((spec, _)) = body(document) else { return };
        let Some(template) = spec.templates.get(index) else { return };
        self.template(document, template, &path_index("spec.templates", index));
    }

    fn template(&mut self, document: &'a Document, template: &'a spec::Template, path: &str) {
        let Ok(value) = serde_json::to_value(template) else { return };
        let fields = value.as_object().cloned().unwrap_or_default();
        // Labels and annotations have no effect of their own, but a step may read them.
        let text = value.to_string();
        let reads = ["\"metadata.labels", "\"metadata.annotations"].iter().any(|path| text.contains(path));
        let is_given = |name: &str| fields.get(name).is_some_and(is_given) && !(name == "metadata" && reads);
        for name in DRESSING_OF_TEMPLATE.iter().filter(|name| is_given(name)) {
            self.findings.without_effect.insert((*name).to_owned());
        }
        self.security(fields.get("securityContext"), &pod::HONOURED_OF_POD, "securityContext");
        if template.plugin.is_some() {
            self.findings.for_plugins.push(document.places.diagnostic(
                Severity::Warning,
                "no-plugin",
                &path_field(path, "plugin"),
                format!("no plugin is there to execute `{}`; it will fail", template.name),
                Some("name one that listens with `--plugin NAME=URL`".to_owned()),
            ));
        }
        if template.retry_strategy.as_ref().is_some_and(|retry| retry.affinity.is_some()) {
            self.findings.without_effect.insert("retryStrategy.affinity".to_owned());
        }
        self.objects_of(document, template, path);
        self.containers(document, template, path);
        self.volumes(document, template, path);
        self.tasks(document, template, path);
    }

    fn tasks(&mut self, document: &'a Document, template: &'a spec::Template, path: &str) {
        let mut sites: Vec<(&'a spec::Task, String)> = Vec::new();
        for (number, group) in template.steps.iter().enumerate() {
            let group_path = path_index(&path_field(path, "steps"), number);
            sites.extend(group.iter().enumerate().map(|(at, task)| (task, path_index(&group_path, at))));
        }
        if let Some(dag) = &template.dag {
            let tasks_path = path_field(&path_field(path, "dag"), "tasks");
            sites.extend(dag.tasks.iter().enumerate().map(|(at, task)| (task, path_index(&tasks_path, at))));
        }
        for (task, path) in sites {
            if let Some(inline) = &task.inline {
                self.template(document, inline, &path_field(&path, "inline"));
            }
            self.call(document, document, &task.template, task.template_ref.as_ref());
            self.reach(document, document, &task.on_exit);
            for hook in task.hooks.values() {
                self.call(document, document, &hook.template, hook.template_ref.as_ref());
            }
            let arguments = path_field(&path, "arguments");
            self.objects(document, &serde_json::to_value(&task.arguments).unwrap_or_default(), &arguments);
        }
    }
}

/// Whether a field says anything.
fn is_given(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null | serde_json::Value::Bool(false) => false,
        serde_json::Value::Object(fields) => fields.values().any(is_given),
        serde_json::Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

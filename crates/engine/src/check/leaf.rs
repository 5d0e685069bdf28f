//! Templates that run something themselves (`VA-090` to `VA-094`).

use std::collections::BTreeMap;

use serde_json::Value;
use tiphys_spec as spec;
use tiphys_spec::{IntOrStr, TemplateKind};

use super::Checker;
use super::name::Alphabet;
use super::scope::{Names, PLACEHOLDER};
use super::site::Site;
use super::template::{Home, text};

impl<'a> Checker<'a> {
    /// Checks a leaf, or a suspend template. `template` has the known names replaced.
    pub(super) fn leaf(&mut self, site: &Site, template: &spec::Template, home: Home<'a>, scope: &Names) {
        let words = format!("templates.{}", template.name);
        self.resolve(site, &format!("{words}:"), &[scope], template);
        match template.kind() {
            Some(TemplateKind::Container) => self.container(site, &words, template, home),
            Some(TemplateKind::Script) => self.script(site, &words, template, home),
            Some(TemplateKind::ContainerSet) => self.container_set(site, &words, template),
            Some(TemplateKind::Resource) => self.resource(site, &words, template),
            _ => {}
        }
        self.sidecars(site, &words, template);
        if template.active_deadline_seconds.as_ref().is_some_and(|seconds| !is_count_or_tag(seconds)) {
            let message =
                format!("{words}.activeDeadlineSeconds must be a positive integer > 0 or an argo variable");
            self.error(&site.field("activeDeadlineSeconds"), "bad-value", message);
        }
        if template.parallelism.is_some() {
            let message = format!("{words}.parallelism is only valid for steps and dag templates");
            self.error(&site.field("parallelism"), "misplaced-field", message);
        }
        self.pod_resources(site, &words, template);
    }

    fn container(&mut self, site: &Site, words: &str, template: &spec::Template, home: Home<'a>) {
        let Some(body) = &template.container else { return };
        let site_of_body = site.field("container");
        let mut mounted: BTreeMap<&str, String> = BTreeMap::new();
        for (index, mount) in elements(body, "volumeMounts").enumerate() {
            let path = text(mount, "mountPath");
            let name = format!("container.volumeMounts.{}", text(mount, "name"));
            if let Some(before) = mounted.insert(path, name) {
                let message = format!(
                    "{words}.container.volumeMounts[{index}].mountPath '{path}' already mounted in {before}"
                );
                self.error(&site_of_body.field("volumeMounts").index(index), "doubled-path", message);
            }
        }
        for (index, artifact) in template.inputs.artifacts.iter().enumerate() {
            let path = artifact.path.as_str();
            if let Some(before) = mounted.insert(path, format!("inputs.artifacts.{}", artifact.name)) {
                let message =
                    format!("{words}.inputs.artifacts[{index}].path '{path}' already mounted in {before}");
                self.error(&site.field("inputs").field("artifacts").index(index), "doubled-path", message);
            }
        }
        self.image(&site_of_body, words, body, home.default_image("container"));
    }

    fn script(&mut self, site: &Site, words: &str, template: &spec::Template, home: Home<'a>) {
        if let Some(body) = &template.script {
            self.image(&site.field("script"), words, body, home.default_image("script"));
        }
    }

    fn image(&mut self, site: &Site, words: &str, body: &Value, has_default: bool) {
        if text(body, "image").is_empty() && !has_default {
            let kind = if body.get("source").is_some() { "script" } else { "container" };
            self.error(site, "missing-image", format!("{words}.{kind}.image may not be empty"));
        }
    }

    fn container_set(&mut self, site: &Site, words: &str, template: &spec::Template) {
        let Some(body) = &template.container_set else { return };
        let site = site.field("containerSet");
        let words = format!("{words}.containerSet");
        let containers: Vec<&Value> = elements(body, "containers").collect();
        if containers.is_empty() {
            self.error(&site, "no-tasks", format!("{words}.containers must have at least one container"));
            return;
        }
        let mut mounted: BTreeMap<&str, String> = BTreeMap::new();
        for (index, mount) in elements(body, "volumeMounts").enumerate() {
            let path = text(mount, "mountPath");
            let name = format!("volumeMounts.{}", text(mount, "name"));
            if let Some(before) = mounted.insert(path, name) {
                let message =
                    format!("{words}.volumeMounts[{index}].mountPath '{path}' already mounted in {before}");
                self.error(&site.field("volumeMounts").index(index), "doubled-path", message);
            }
        }
        let names = containers.iter().map(|container| text(container, "name"));
        let list = site.field("containers");
        self.names(&list, &format!("{words}.containers"), Alphabet::Template, names);
        for (index, container) in containers.iter().enumerate() {
            let name = text(container, "name");
            if is_reserved(name) {
                let message = format!("{words}.containers: \"{name}\" is a reserved Argo container name");
                self.error(&list.index(index).field("name"), "bad-name", message);
            }
            for (place, dependency) in elements(container, "dependencies").enumerate() {
                let dependency = dependency.as_str().unwrap_or("");
                if containers.iter().all(|other| text(other, "name") != dependency) {
                    let message = format!("{words}.containers.{name} dependency '{dependency}' not defined");
                    let at = list.index(index).field("dependencies").index(place);
                    self.error(&at, "unknown-task", message);
                }
            }
        }
        if let Some(path) = container_cycle(&containers) {
            let message = format!("{words}.containers dependency cycle detected: {path}");
            self.error(&list, "cycle", message);
        }
        let has_files = !template.inputs.artifacts.is_empty() || !template.outputs.is_empty();
        if has_files && containers.iter().all(|container| text(container, "name") != "main") {
            let message =
                format!("{words}.containers must have a container named \"main\" for input or output");
            self.error(&list, "missing-main", message);
        }
    }

    fn resource(&mut self, site: &Site, words: &str, template: &spec::Template) {
        let Some(body) = &template.resource else { return };
        let site_of_body = site.field("resource");
        let action = text(body, "action");
        // What stands for a value that comes later is taken for one of them.
        let is_open = action.starts_with(PLACEHOLDER);
        if !is_open && !["get", "create", "apply", "delete", "replace", "patch"].contains(&action) {
            let message =
                format!("{words}.resource.action must be one of: get, create, apply, delete, replace, patch");
            self.error(&site_of_body.field("action"), "not-a-choice", message);
        }
        let manifest = text(body, "manifest");
        let from = body.get("manifestFrom").filter(|from| !from.is_null());
        if !["get", "delete"].contains(&action) {
            if manifest.is_empty() && from.is_none() {
                let message = format!(
                    "either {words}.resource.manifest or {words}.resource.manifestFrom must be specified"
                );
                self.error(&site_of_body, "missing-field", message);
            }
            if !manifest.is_empty() && from.is_some() {
                let message = "shouldn't have both `manifest` and `manifestFrom` specified in `Manifest` for resource \
                               template";
                self.error(&site_of_body.field("manifestFrom"), "two-sources", message.to_owned());
            }
            if let Some(artifact) = from.and_then(|from| from.get("artifact")) {
                let name = text(artifact, "name");
                if template.inputs.artifact(name).is_none() {
                    let message = format!("artifact {name} in `manifestFrom` refer to a non-exist artifact");
                    self.error(&site_of_body.field("manifestFrom"), "unknown-name", message);
                }
            }
            if !manifest.is_empty() && !manifest.starts_with(PLACEHOLDER) && !is_yaml(manifest) {
                let message = format!("{words}.resource.manifest must be a valid yaml");
                self.error(&site_of_body.field("manifest"), "yaml-syntax", message);
            }
        }
    }

    fn sidecars(&mut self, site: &Site, words: &str, template: &spec::Template) {
        for (index, sidecar) in template.sidecars.iter().enumerate() {
            let name = text(sidecar, "name");
            if is_reserved(name) {
                let message = format!("{words}.sidecars: \"{name}\" is a reserved Argo container name");
                self.error(&site.field("sidecars").index(index).field("name"), "bad-name", message);
            }
        }
    }

    fn pod_resources(&mut self, site: &Site, words: &str, template: &spec::Template) {
        let kind = template.kind().map_or("", TemplateKind::name);
        if let Some(resources) = &template.pod_resources {
            let at = site.field("podResources");
            if matches!(template.kind(), Some(TemplateKind::Http | TemplateKind::Plugin)) {
                let message = format!("{words}.podResources is not supported for {kind} templates");
                self.error(&at, "misplaced-field", message);
            }
            self.resources_of_pods(&at, &format!("{words}.podResources"), resources);
        }
        if !template.resource_claims.is_empty() && !template.is_pod() {
            let message = format!(
                "{words}.resourceClaims is not supported for {kind} templates, only for templates that run as pods"
            );
            self.error(&site.field("resourceClaims"), "misplaced-field", message);
        }
    }

    /// Whole pods may ask for cpu, memory and huge pages only (`VA-054`).
    pub(super) fn resources_of_pods(&mut self, at: &Site, words: &str, resources: &Value) {
        for list in ["limits", "requests"] {
            let members = resources.get(list).and_then(Value::as_object);
            for name in members.into_iter().flatten().map(|(name, _)| name) {
                if name != "cpu" && name != "memory" && !name.starts_with("hugepages-") {
                    let message = format!(
                        "{words}: \"{name}\" is not a valid pod-level resource, only cpu, memory and hugepages-* are \
                         supported"
                    );
                    self.error(&at.field(list).field(name), "bad-value", message);
                }
            }
        }
        if elements(resources, "claims").next().is_some() {
            let message = format!("{words}: claims are not supported for pod-level resources");
            self.error(&at.field("claims"), "misplaced-field", message);
        }
    }
}

impl Home<'_> {
    /// Whether the defaults of its templates have an image for a kind of body (`VA-090`).
    ///
    /// Argo looks for them in workflows and WorkflowTemplates. A ClusterWorkflowTemplate counts as a workflow while it is
    /// checked itself, and for nothing when it is referred to.
    fn default_image(&self, kind: &str) -> bool {
        if self.is_cluster() {
            return false;
        }
        let Some(defaults) = &self.spec().template_defaults else { return false };
        let body = if kind == "script" { &defaults.script } else { &defaults.container };
        body.as_ref().is_some_and(|body| !text(body, "image").is_empty())
    }
}

fn is_reserved(name: &str) -> bool {
    name == "wait" || name == "supervisor" || name.starts_with("artifact-plugin-")
}

fn is_count_or_tag(value: &IntOrStr) -> bool {
    match value {
        IntOrStr::Int(number) => *number >= 0,
        IntOrStr::Str(text) => {
            text.parse::<i64>().is_ok_and(|number| number >= 0)
                || text.starts_with(PLACEHOLDER)
                || text.starts_with("{{") && text.ends_with("}}")
        }
    }
}

/// Whether a manifest is YAML, with its expression tags as plain words.
fn is_yaml(manifest: &str) -> bool {
    let mut plain = String::new();
    let mut rest = manifest;
    while let Some(start) = rest.find("{{=") {
        let Some(length) = rest[start..].find("}}") else { break };
        plain.push_str(&rest[..start]);
        plain.push('x');
        rest = &rest[start + length + 2..];
    }
    plain.push_str(rest);
    spec::is_yaml(&plain)
}

fn elements<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = &'v Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

/// The first cycle among the containers of a set, as `a->b->a`.
fn container_cycle(containers: &[&Value]) -> Option<String> {
    let below = |name: &str| -> Vec<&str> {
        let container = containers.iter().find(|container| text(container, "name") == name);
        container.iter().flat_map(|c| elements(c, "dependencies")).filter_map(Value::as_str).collect()
    };
    let mut clean: std::collections::BTreeSet<&str> = Default::default();
    for container in containers {
        let mut path: Vec<(&str, Vec<&str>)> =
            vec![(text(container, "name"), below(text(container, "name")))];
        while let Some((name, open)) = path.last_mut() {
            let name = *name;
            match open.pop() {
                None => {
                    clean.insert(name);
                    path.pop();
                }
                Some(next) if clean.contains(next) => {}
                Some(next) => {
                    if let Some(start) = path.iter().position(|(name, _)| *name == next) {
                        let mut names: Vec<&str> = path[start..].iter().map(|(name, _)| *name).collect();
                        names.push(next);
                        return Some(names.join("->"));
                    }
                    path.push((next, below(next)));
                }
            }
        }
    }
    None
}

//! Containers and their volumes: what a process can have of a pod.

use serde_json::Value;
use std::collections::BTreeSet;
use tiphys_spec as spec;
use tiphys_spec::{Diagnostic, Document, Severity, path_field, path_index};

use super::{Examiner, body, is_given};

/// Fields of a container that only place or dress it, or ask the cluster to look after it.
const DRESSING_OF_CONTAINER: [&str; 7] =
    ["imagePullPolicy", "ports", "resizePolicy", "restartPolicy", "stdin", "stdinOnce", "tty"];

/// What of a pod's security context a process can honour.
pub(super) const HONOURED_OF_POD: [&str; 2] = ["runAsUser", "runAsGroup"];

/// What of a container's security context a process has anyway or can honour.
const HONOURED_OF_CONTAINER: [&str; 4] =
    ["runAsUser", "runAsGroup", "allowPrivilegeEscalation", "readOnlyRootFilesystem"];

/// All containers of a template, with their paths.
fn bodies<'t>(template: &'t spec::Template, path: &str) -> Vec<(&'t Value, String)> {
    let mut bodies: Vec<(&Value, String)> = Vec::new();
    bodies.extend(template.container.as_ref().map(|body| (body, path_field(path, "container"))));
    bodies.extend(template.script.as_ref().map(|body| (body, path_field(path, "script"))));
    for (field, list) in [("initContainers", &template.init_containers), ("sidecars", &template.sidecars)] {
        let list_path = path_field(path, field);
        bodies.extend(list.iter().enumerate().map(|(at, body)| (body, path_index(&list_path, at))));
    }
    let set = template.container_set.as_ref().and_then(|set| set.get("containers"));
    let set_path = path_field(&path_field(path, "containerSet"), "containers");
    let set = set.and_then(Value::as_array).into_iter().flatten().enumerate();
    bodies.extend(set.map(|(at, body)| (body, path_index(&set_path, at))));
    bodies
}

impl<'a> Examiner<'a> {
    /// Images, containers whose command nobody knows, and what of a container is no process.
    pub(super) fn containers(&mut self, document: &'a Document, template: &'a spec::Template, path: &str) {
        for (body, path) in bodies(template, path) {
            self.dressing(body);
            let Some(image) = body.get("image").and_then(|image| image.as_str()) else { continue };
            if !image.contains("{{") {
                self.findings.images.insert(image.to_owned());
            }
            let commanded = body
                .get("command")
                .and_then(|command| command.as_array())
                .is_some_and(|list| !list.is_empty());
            let known = self.images.is_none_or(|images| images.find(image).is_some());
            // A patch or a default may still bring a command, and a default is none itself (EX-114): the templates
            // over it have their own.
            let is_default = path.starts_with("spec.templateDefaults");
            let open = is_default || image.contains("{{") || !template.pod_spec_patch.is_empty();
            if !commanded && !known && !open && !has_default_command(document) {
                let diagnostic = document.places.diagnostic(
                    Severity::Error,
                    "no-command",
                    &path,
                    format!("there is no `command`, and nothing is known of the image `{image}`"),
                    Some("give the container a `command`, or say what the image starts in an image map: `--image-map FILE`".to_owned()),
                );
                self.findings.refused.push(diagnostic);
            }
        }
    }

    fn dressing(&mut self, body: &Value) {
        let given = |name: &str| body.get(name).is_some_and(is_given);
        for name in DRESSING_OF_CONTAINER.iter().filter(|name| given(name)) {
            self.findings.without_effect.insert((*name).to_owned());
        }
        if body.pointer("/resources/requests").is_some_and(is_given) {
            self.findings.without_effect.insert("resources.requests".to_owned());
        }
        let limits = body.pointer("/resources/limits").and_then(Value::as_object).into_iter().flatten();
        for (name, _) in limits.filter(|(name, _)| !["cpu", "memory"].contains(&name.as_str())) {
            self.findings.without_effect.insert(format!("resources.limits.{name}"));
        }
        let mounts = body.get("volumeMounts").and_then(Value::as_array).into_iter().flatten();
        for name in ["mountPropagation", "recursiveReadOnly"] {
            if mounts.clone().any(|mount| mount.get(name).is_some_and(is_given)) {
                self.findings.without_effect.insert(format!("volumeMounts.{name}"));
            }
        }
        self.security(body.get("securityContext"), &HONOURED_OF_CONTAINER, "securityContext");
    }

    /// What of a security context has no effect.
    pub(super) fn security(&mut self, context: Option<&Value>, honoured: &[&str], path: &str) {
        let fields = context.and_then(Value::as_object).into_iter().flatten();
        for (name, _) in fields.filter(|(name, value)| is_given(value) && !honoured.contains(&name.as_str()))
        {
            self.findings.without_effect.insert(format!("{path}.{name}"));
        }
    }

    /// Volumes that some container mounts and that cannot be had here.
    pub(super) fn volumes(&mut self, document: &'a Document, template: &'a spec::Template, path: &str) {
        let mounted: BTreeSet<&str> = bodies(template, path)
            .into_iter()
            .filter_map(|(body, _)| body.get("volumeMounts")?.as_array())
            .flatten()
            .filter_map(|mount| mount.get("name")?.as_str())
            .collect();
        let own: Vec<&str> =
            template.volumes.iter().filter_map(|volume| volume.get("name")?.as_str()).collect();
        self.declared(document, &template.volumes, &path_field(path, "volumes"), &mounted);
        let rest: BTreeSet<&str> = mounted.into_iter().filter(|name| !own.contains(name)).collect();
        for home in self.homes.clone() {
            if let Some((spec, _)) = body(home) {
                self.declared(home, &spec.volumes, "spec.volumes", &rest);
            }
        }
    }

    fn declared(&mut self, document: &Document, volumes: &[Value], path: &str, mounted: &BTreeSet<&str>) {
        for (at, volume) in volumes.iter().enumerate() {
            let name = volume.get("name").and_then(Value::as_str).unwrap_or_default();
            if !mounted.contains(name) {
                continue;
            }
            let path = path_index(path, at);
            self.objects(document, volume, &path);
            if volume.get("hostPath").is_some() && !self.allow_host_path {
                let message =
                    format!("volume `{name}` is a `hostPath`, which shows a folder of this machine");
                let help = "`--allow-host-path` allows it; `--mount HOST:STEP[:ro]` shows one without it";
                self.refuse_once(document, &path_field(&path, "hostPath"), message, help);
            }
        }
    }

    /// A volume may be mounted by many templates, and is told of once.
    fn refuse_once(&mut self, document: &Document, path: &str, message: String, help: &str) {
        let is_told = |told: &Diagnostic| told.path == path && told.file == document.file;
        if !self.findings.refused.iter().any(is_told) {
            self.refuse(document, path, message, help);
        }
    }
}

fn has_default_command(document: &Document) -> bool {
    let defaults = body(document).and_then(|(spec, _)| spec.template_defaults.as_ref());
    defaults
        .and_then(|defaults| defaults.container.as_ref().or(defaults.script.as_ref()))
        .is_some_and(|body| body.get("command").is_some())
}

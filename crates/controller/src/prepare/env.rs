//! The environment of a container.

use super::Place;
use serde_json::Value;
use std::collections::BTreeMap;
use tiphys_engine::Plan;
use tiphys_engine::workflow::Pod;
use tiphys_spec as spec;

/// What every container has (EX-389).
pub(crate) fn standard(pod: &Pod, container: &str) -> Vec<(String, String)> {
    vec![
        ("ARGO_CONTAINER_NAME".to_owned(), container.to_owned()),
        ("ARGO_NODE_ID".to_owned(), pod.node_id.clone()),
        ("ARGO_POD_NAME".to_owned(), pod.pod_name.clone()),
        ("HOSTNAME".to_owned(), pod.pod_name.clone()),
    ]
}

/// Adds what the container itself declares: `envFrom` first, `env` over it, as Kubernetes does (PA-300).
pub(crate) fn add(
    plan: &Plan,
    pod: &Pod,
    place: &Place,
    template: &spec::Template,
    container: &spec::Container,
    env: &mut Vec<(String, String)>,
) -> Result<(), String> {
    for source in &container.env_from {
        for (key, value) in from_source(plan, place, source)? {
            set(env, format!("{}{key}", source.prefix), value);
        }
    }
    for variable in &container.env {
        let value = match &variable.value_from {
            None => Some(expand(&variable.value, env)),
            Some(_) => from_value(plan, pod, place, template, container, variable)?,
        };
        if let Some(value) = value {
            set(env, variable.name.clone(), value);
        }
    }
    Ok(())
}

fn set(env: &mut Vec<(String, String)>, name: String, value: String) {
    match env.iter_mut().find(|(known, _)| *known == name) {
        Some(entry) => entry.1 = value,
        None => env.push((name, value)),
    }
}

fn from_source(plan: &Plan, place: &Place, source: &spec::EnvFrom) -> Result<Vec<(String, String)>, String> {
    let parts = |reference: &Value| {
        let name = reference.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        (name, reference.get("optional") == Some(&Value::Bool(true)))
    };
    if let Some(reference) = &source.config_map_ref {
        let (name, optional) = parts(reference);
        return match plan.config_maps.get(&name) {
            Some(map) => Ok(map.data.clone().into_iter().collect()),
            None if optional => Ok(Vec::new()),
            None => Err(missing("configmap", &name)),
        };
    }
    if let Some(reference) = &source.secret_ref {
        let (name, optional) = parts(reference);
        return match place.secrets.get(&name) {
            Some(secret) => Ok(secret
                .keys()
                .into_iter()
                .filter_map(|key| Some((key.to_owned(), text(secret.bytes(key)?))))
                .collect()),
            None if optional => Ok(Vec::new()),
            None => Err(missing("secret", &name)),
        };
    }
    Ok(Vec::new())
}

fn from_value(
    plan: &Plan,
    pod: &Pod,
    place: &Place,
    template: &spec::Template,
    container: &spec::Container,
    variable: &spec::EnvVar,
) -> Result<Option<String>, String> {
    if let Some(reference) = variable.key_ref("secretKeyRef") {
        let optional = reference.optional == Some(true);
        let Some(secret) = place.secrets.get(&reference.name) else {
            return if optional { Ok(None) } else { Err(missing("secret", &reference.name)) };
        };
        return match secret.bytes(&reference.key) {
            Some(value) => Ok(Some(text(value))),
            None if optional => Ok(None),
            None => Err(missing_key(&reference.key, "Secret", &reference.name)),
        };
    }
    if let Some(reference) = variable.key_ref("configMapKeyRef") {
        let optional = reference.optional == Some(true);
        let Some(map) = plan.config_maps.get(&reference.name) else {
            return if optional { Ok(None) } else { Err(missing("configmap", &reference.name)) };
        };
        return match map.bytes(&reference.key) {
            Some(value) => Ok(Some(text(value))),
            None if optional => Ok(None),
            None => Err(missing_key(&reference.key, "ConfigMap", &reference.name)),
        };
    }
    let source = variable.value_from.as_ref();
    let at = |field: &str, path: &str| {
        source
            .and_then(|source| source.get(field))
            .and_then(|reference| reference.get(path))
            .and_then(Value::as_str)
    };
    if let Some(path) = at("fieldRef", "fieldPath") {
        return field(plan, pod, template, path).map(Some);
    }
    if let Some(reference) = source.and_then(|source| source.get("resourceFieldRef")) {
        return Share::of(reference).in_resources(Some(&container.resources)).map(Some);
    }
    Err(format!("environment variable `{}` has a source that is not supported", variable.name))
}

/// A resource of the downward API, as in `limits.memory`, and in what units it is wanted.
pub(crate) struct Share<'a> {
    container: &'a str,
    list: &'a str,
    name: &'a str,
    divisor: &'a str,
}

impl Share<'_> {
    pub(crate) fn of(reference: &Value) -> Share<'_> {
        let text = |field: &str| reference.get(field).and_then(Value::as_str).unwrap_or_default();
        let (list, name) = text("resource").split_once('.').unwrap_or(("limits", text("resource")));
        Share { container: text("containerName"), list, name, divisor: text("divisor") }
    }

    /// How much of it a container of a template asks for.
    pub(crate) fn in_template(&self, template: &spec::Template) -> Result<String, String> {
        let set = template.container_set.as_ref().and_then(|set| set.get("containers")?.as_array());
        let mut named = set.into_iter().flatten().chain(&template.init_containers).chain(&template.sidecars);
        let named = named.find(|body| body.get("name").and_then(Value::as_str) == Some(self.container));
        let body = named.or(template.container.as_ref()).or(template.script.as_ref());
        self.in_resources(body.and_then(|body| body.get("resources")))
    }

    /// In whole units; none asked for is none.
    fn in_resources(&self, resources: Option<&Value>) -> Result<String, String> {
        let value = resources.and_then(|resources| resources.get(self.list)?.get(self.name));
        let text = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let text = text.unwrap_or_default();
        tiphys_spec::quantity::units(&text, self.divisor).map(|units| units.to_string())
    }
}

/// The downward API: fields of the pod that the step would be.
pub(crate) fn field(plan: &Plan, pod: &Pod, template: &spec::Template, path: &str) -> Result<String, String> {
    let quoted = |prefix: &str| path.strip_prefix(prefix)?.strip_suffix("']");
    if let Some(key) = quoted("metadata.labels['") {
        return Ok(labels(plan, pod, template).remove(key).unwrap_or_default());
    }
    if let Some(key) = quoted("metadata.annotations['") {
        return Ok(annotations(plan, pod, template).remove(key).unwrap_or_default());
    }
    Ok(match path {
        "metadata.name" | "spec.hostname" => pod.pod_name.clone(),
        "metadata.namespace" => plan.namespace.to_string(),
        "metadata.uid" => format!("{}-{}", plan.uid, pod.node_id),
        "metadata.labels" => listed(&labels(plan, pod, template)),
        "metadata.annotations" => listed(&annotations(plan, pod, template)),
        "spec.nodeName" | "status.hostIP" | "status.hostIPs" => "127.0.0.1".to_owned(),
        "status.podIP" | "status.podIPs" => crate::daemons::address(plan, pod.attempt),
        "spec.serviceAccountName" => plan.workflow.spec.service_account_name.clone(),
        other => {
            return Err(format!("field `{other}` of a pod does not exist for steps that run as processes"));
        }
    })
}

fn listed(map: &BTreeMap<String, String>) -> String {
    map.iter().map(|(key, value)| format!("{key}={value:?}\n")).collect()
}

/// The labels that the pod would have (EX-382).
pub(crate) fn labels(plan: &Plan, pod: &Pod, template: &spec::Template) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::from([
        ("workflows.argoproj.io/workflow".to_owned(), plan.name.to_string()),
        ("workflows.argoproj.io/completed".to_owned(), "false".to_owned()),
    ]);
    if pod.on_exit {
        labels.insert("workflows.argoproj.io/on-exit".to_owned(), "true".to_owned());
    }
    labels.extend(plan.workflow.spec.pod_metadata.iter().flat_map(|metadata| metadata.labels.clone()));
    labels.extend(template.metadata.labels.clone());
    labels
}

fn annotations(plan: &Plan, pod: &Pod, template: &spec::Template) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::from([
        ("workflows.argoproj.io/node-id".to_owned(), pod.node_id.clone()),
        ("workflows.argoproj.io/node-name".to_owned(), pod.node_name.clone()),
    ]);
    annotations
        .extend(plan.workflow.spec.pod_metadata.iter().flat_map(|metadata| metadata.annotations.clone()));
    annotations.extend(template.metadata.annotations.clone());
    annotations
}

/// `$(NAME)` becomes the value of a known name; `$$(NAME)` and unknown names stay.
pub(crate) fn expand(text: &str, env: &[(String, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(escaped) = rest.strip_prefix("$$") {
            out.push('$');
            rest = escaped;
            continue;
        }
        let reference = rest.strip_prefix("$(").and_then(|inner| inner.split_once(')'));
        match reference.and_then(|(name, after)| Some((env.iter().find(|(known, _)| known == name)?, after)))
        {
            Some(((_, value), after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push('$');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

pub(crate) fn text(bytes: Vec<u8>) -> String {
    tiphys_expr::go_text(bytes)
}

pub(crate) fn missing(kind: &str, name: &str) -> String {
    format!("{kind} \"{name}\" not found: give it with the manifest or with `--with FILE`")
}

fn missing_key(key: &str, kind: &str, name: &str) -> String {
    format!("couldn't find key {key} in {kind} {name}")
}

//! Volumes of a step as folders and files of this machine.

use super::{Place, Unfit, env};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tiphys_engine::Plan;
use tiphys_engine::workflow::{Pod, claim_path};
use tiphys_runner::step::{Volume, VolumeFile, VolumeSource};
use tiphys_spec as spec;

/// Volumes by name: the template's own before the workflow's before its claims (EX-387).
pub(crate) fn declared(plan: &Plan, pod: &Pod, template: &spec::Template) -> BTreeMap<String, Value> {
    let mut declared = BTreeMap::new();
    for claim in &plan.workflow.spec.volume_claim_templates {
        if let Some(name) = claim.pointer("/metadata/name").and_then(Value::as_str) {
            let claim = serde_json::json!({ "persistentVolumeClaim": { "claimName": format!("{}-{name}", plan.name) } });
            declared.insert(name.to_owned(), claim);
        }
    }
    for volume in pod.volumes.iter().chain(&template.volumes) {
        if let Some(name) = volume.get("name").and_then(Value::as_str) {
            declared.insert(name.to_owned(), volume.clone());
        }
    }
    declared
}

/// The volumes that some container mounts.
pub(crate) fn resolve(
    plan: &Plan,
    pod: &Pod,
    place: &Place,
    declared: &BTreeMap<String, Value>,
    used: &[&str],
) -> Result<Vec<Volume>, Unfit> {
    used.iter()
        .map(|name| {
            let volume = declared
                .get(*name)
                .ok_or_else(|| Unfit::Pod(format!("volume '{name}' not found in workflow spec")))?;
            let source = source(plan, pod, place, name, volume)?;
            Ok(Volume { name: (*name).to_owned(), source })
        })
        .collect()
}

/// What a volume is made of here.
fn source(plan: &Plan, pod: &Pod, place: &Place, name: &str, volume: &Value) -> Result<VolumeSource, String> {
    let list = |path: &str| volume.pointer(path).and_then(Value::as_array);
    if let Some(empty) = volume.get("emptyDir") {
        return empty_dir(empty);
    }
    let files = if let Some(map) = volume.get("configMap") {
        config_map(plan, map, text(map, "name"))
    } else if let Some(wanted) = volume.get("secret") {
        secret(place, wanted, text(wanted, "secretName"))
    } else if let Some(items) = list("/downwardAPI/items") {
        downward(plan, pod, items)
    } else if let Some(sources) = list("/projected/sources") {
        projected(plan, pod, place, name, sources)
    } else if let Some(claim) = volume.get("persistentVolumeClaim") {
        let path = claim_folder(plan, place, text(claim, "claimName"))?;
        return Ok(VolumeSource::Folder { path });
    } else if let Some(host) = volume.get("hostPath") {
        return host_path(place, name, host);
    } else if volume.get("ephemeral").is_some() {
        return Ok(VolumeSource::Scratch);
    } else {
        return Err(format!("volume '{name}' is of a kind that steps on this machine cannot have"));
    };
    Ok(VolumeSource::Files { files: files? })
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn empty_dir(empty: &Value) -> Result<VolumeSource, String> {
    if text(empty, "medium") != "Memory" {
        return Ok(VolumeSource::Scratch);
    }
    let limit = empty.get("sizeLimit").and_then(Value::as_str);
    let size = limit.map(tiphys_spec::quantity::require).transpose()?;
    Ok(VolumeSource::Memory { size_bytes: size.map_or(0, |bytes| bytes as u64) })
}

fn projected(
    plan: &Plan,
    pod: &Pod,
    place: &Place,
    name: &str,
    sources: &[Value],
) -> Result<Vec<VolumeFile>, String> {
    let mut files = Vec::new();
    for source in sources {
        files.extend(if let Some(map) = source.get("configMap") {
            config_map(plan, map, text(map, "name"))?
        } else if let Some(wanted) = source.get("secret") {
            secret(place, wanted, text(wanted, "name"))?
        } else if let Some(items) = source.pointer("/downwardAPI/items").and_then(Value::as_array) {
            downward(plan, pod, items)?
        } else {
            return Err(format!("volume '{name}' projects a source that steps on this machine do not have"));
        });
    }
    Ok(files)
}

/// A path of this machine, for whom it is allowed; never one that shows the state folder.
fn host_path(place: &Place, name: &str, host: &Value) -> Result<VolumeSource, String> {
    if !place.allow_host_path {
        return Err(format!("volume '{name}' is a hostPath, which needs `--allow-host-path`"));
    }
    let path = PathBuf::from(text(host, "path"));
    let shown = path.display();
    let made = match text(host, "type") {
        "DirectoryOrCreate" => std::fs::create_dir_all(&path),
        "FileOrCreate" => std::fs::OpenOptions::new().create(true).append(true).open(&path).map(drop),
        _ => Ok(()),
    };
    made.map_err(|error| format!("volume '{name}': cannot make the hostPath `{shown}`: {error}"))?;
    if !path.exists() {
        return Err(format!("volume '{name}': there is no hostPath `{shown}` on this machine"));
    }
    // Whatever way it is written.
    let real = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    let state = place.artifacts.parent().unwrap_or(&place.artifacts);
    if state.starts_with(&real) || (real.starts_with(state) && !real.starts_with(&place.claims)) {
        return Err(format!(
            "volume '{name}': the hostPath `{shown}` would show the state folder, with the secrets of all runs"
        ));
    }
    Ok(VolumeSource::HostDir { path, read_only: false })
}

/// The folder that stands for a claim.
fn claim_folder(plan: &Plan, place: &Place, claim: &str) -> Result<PathBuf, String> {
    let path = claim_path(&plan.namespace, claim);
    path.map(|path| place.claims.join(path))
        .ok_or_else(|| format!("`{claim}` cannot be the name of a volume claim"))
}

fn config_map(plan: &Plan, source: &Value, name: &str) -> Result<Vec<VolumeFile>, String> {
    match plan.config_maps.get(name) {
        Some(map) => chosen(source, &map.keys(), &|key| map.bytes(key), "ConfigMap", name),
        None if is_optional(source) => Ok(Vec::new()),
        None => Err(env::missing("configmap", name)),
    }
}

fn secret(place: &Place, source: &Value, name: &str) -> Result<Vec<VolumeFile>, String> {
    match place.secrets.get(name) {
        Some(secret) => chosen(source, &secret.keys(), &|key| secret.bytes(key), "Secret", name),
        None if is_optional(source) => Ok(Vec::new()),
        None => Err(env::missing("secret", name)),
    }
}

fn is_optional(source: &Value) -> bool {
    source.get("optional") == Some(&Value::Bool(true))
}

/// All keys, or the items that the volume names, with their paths and modes.
fn chosen(
    source: &Value,
    keys: &[&str],
    bytes: &dyn Fn(&str) -> Option<Vec<u8>>,
    kind: &str,
    name: &str,
) -> Result<Vec<VolumeFile>, String> {
    let mode = |value: Option<&Value>| value.and_then(Value::as_u64).map(|mode| mode as u32);
    let default_mode = mode(source.get("defaultMode")).unwrap_or(0o644);
    let items = source.get("items").and_then(Value::as_array);
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        let files = keys.iter().filter_map(|key| {
            Some(VolumeFile { path: (*key).to_owned(), mode: default_mode, content: bytes(key)? })
        });
        return Ok(files.collect());
    };
    let mut files = Vec::new();
    for item in items {
        let key = item.get("key").and_then(Value::as_str).unwrap_or_default();
        let path = item.get("path").and_then(Value::as_str).unwrap_or(key);
        match bytes(key) {
            Some(content) => files.push(VolumeFile {
                path: path.to_owned(),
                mode: mode(item.get("mode")).unwrap_or(default_mode),
                content,
            }),
            None if is_optional(source) => {}
            None => return Err(format!("couldn't find key {key} in {kind} {name}")),
        }
    }
    Ok(files)
}

fn downward(plan: &Plan, pod: &Pod, items: &[Value]) -> Result<Vec<VolumeFile>, String> {
    items
        .iter()
        .map(|item| {
            let path = item.get("path").and_then(Value::as_str).unwrap_or_default();
            let field = item.pointer("/fieldRef/fieldPath").and_then(Value::as_str);
            let content = match field {
                Some(field) => env::field(plan, pod, &pod.template, field)?,
                None => {
                    let reference = item.get("resourceFieldRef").ok_or_else(|| {
                        format!(
                            "file `{path}` of a downwardAPI volume has neither fieldRef nor resourceFieldRef"
                        )
                    })?;
                    env::Share::of(reference).in_template(&pod.template)?
                }
            };
            Ok(VolumeFile { path: path.to_owned(), mode: 0o644, content: content.into_bytes() })
        })
        .collect()
}

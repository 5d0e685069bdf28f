//! Where artifacts come from and go to when the local store is the repository (PA-161, PA-205, PA-206).

use super::{Place, remote};
use serde_json::{Value, json};
use tiphys_engine::Plan;
use tiphys_engine::workflow::Pod;
use tiphys_runner::step::{Archive, ArtifactInput, ArtifactSource, ArtifactWanted, Web};
use tiphys_spec as spec;

/// The input artifacts of a step.
pub(crate) fn inputs(pod: &Pod, place: &Place) -> Result<Vec<ArtifactInput>, String> {
    let mut inputs = Vec::new();
    for artifact in &pod.artifacts {
        let Some(source) = source(artifact, place)? else {
            if artifact.optional {
                continue;
            }
            return Err(format!("init: required artifact '{}' not supplied", artifact.name));
        };
        inputs.push(ArtifactInput {
            name: artifact.name.clone(),
            path: artifact.path.clone(),
            mode: artifact.mode.and_then(|mode| u32::try_from(mode).ok()),
            recurse_mode: artifact.recurse_mode,
            optional: artifact.optional,
            archive: artifact.archive.as_ref().map(archive),
            source,
        });
    }
    Ok(inputs)
}

/// What the data of an artifact begins with that stands for a file of this machine.
const FILE_MARK: &str = "file of this machine: ";

/// The location of an argument whose content is the file that a run was given under this name. It goes wherever the
/// argument goes, under whatever name; an input that is merely called the same is another one.
pub fn file_location(name: &str) -> spec::ArtifactLocation {
    let data = format!("{FILE_MARK}{name}");
    spec::ArtifactLocation { raw: Some(json!({ "data": data })), ..spec::ArtifactLocation::default() }
}

fn source(artifact: &spec::Artifact, place: &Place) -> Result<Option<ArtifactSource>, String> {
    let Some((kind, block)) = artifact.location.store() else { return Ok(None) };
    if kind == "raw" {
        let data = block.get("data").and_then(Value::as_str).unwrap_or_default();
        if let Some(name) = data.strip_prefix(FILE_MARK) {
            let path = place.files.get(name).ok_or_else(|| {
                format!("artifact {}: no file was given; run it with `--artifact {name}=PATH`", artifact.name)
            })?;
            if !path.exists() {
                let path = path.display();
                return Err(format!("artifact {}: its file `{path}` is no longer there", artifact.name));
            }
            return Ok(Some(ArtifactSource::Host { path: path.clone() }));
        }
        return Ok(Some(ArtifactSource::Raw { data: data.as_bytes().to_vec() }));
    }
    match kind {
        "http" | "artifactory" if artifact.location.is_complete() => {
            return Ok(Some(ArtifactSource::Web(Box::new(remote::web(block, &artifact.name, place)?))));
        }
        "git" => return Ok(Some(ArtifactSource::Git(Box::new(remote::git(block, &artifact.name, place)?)))),
        _ => {}
    }
    let key = artifact.location.key();
    if key.is_empty() || (artifact.location.is_complete() && !is_ours(block)) {
        return Err(unsupported(kind, &artifact.name));
    }
    Ok(Some(ArtifactSource::Store { key: key.trim_start_matches('/').to_owned() }))
}

/// Why a location cannot be used here.
pub(crate) fn unsupported(kind: &str, name: &str) -> String {
    format!(
        "artifact '{name}': driver `{kind}` is not supported yet; use `raw`, `http`, `git`, a key of the repository, or `--artifact NAME=PATH`"
    )
}

/// Why the keys below a location cannot be listed (PA-162, EX-485).
pub(crate) fn unlisted(kind: &str, name: &str) -> String {
    match kind {
        "raw" | "git" | "http" | "hdfs" | "artifactory" => {
            "ListObjects is currently not supported for this artifact type, but it will be in a future version"
                .to_owned()
        }
        _ => unsupported(kind, name),
    }
}

/// A location that only names a key belongs to the repository, and that is the local store.
fn is_ours(block: &Value) -> bool {
    block.get("bucket").is_none() && block.get("endpoint").is_none()
}

fn archive(declared: &spec::Archive) -> Archive {
    if declared.none.is_some() {
        Archive::None
    } else if declared.zip.is_some() {
        Archive::Zip
    } else {
        let level = declared
            .tar
            .as_ref()
            .and_then(|tar| tar.compression_level)
            .and_then(|level| i32::try_from(level).ok());
        Archive::Tar { level }
    }
}

/// The output artifacts of a step with their final keys.
pub(crate) fn outputs(
    pod: &Pod,
    template: &spec::Template,
    place: &Place,
) -> Result<Vec<ArtifactWanted>, String> {
    template
        .outputs
        .artifacts
        .iter()
        .map(|artifact| {
            Ok(ArtifactWanted {
                name: artifact.name.clone(),
                path: artifact.path.clone(),
                optional: artifact.optional,
                archive: artifact.archive.as_ref().map_or(Archive::Tar { level: None }, archive),
                key: output_key(pod, artifact)?,
                to: output_server(artifact, place)?,
                refused: refused(artifact),
            })
        })
        .collect()
}

/// The web server that an output goes to (PA-162, PA-164).
fn output_server(artifact: &spec::Artifact, place: &Place) -> Result<Option<Web>, String> {
    match artifact.location.store() {
        Some(("http" | "artifactory", block)) if artifact.location.is_complete() => {
            remote::web(block, &artifact.name, place).map(Some)
        }
        _ => Ok(None),
    }
}

/// Why an output cannot go where it is said to go: the step learns it when it saves it (PA-162).
fn refused(artifact: &spec::Artifact) -> Option<String> {
    match artifact.location.store()? {
        ("raw", _) => Some("Raw output artifacts unsupported".to_owned()),
        ("git", _) => Some("git output artifacts unsupported".to_owned()),
        _ => None,
    }
}

/// The artifact's own key exactly, or one below the template's location (PA-205).
fn output_key(pod: &Pod, artifact: &spec::Artifact) -> Result<String, String> {
    if let Some((kind, block)) = artifact.location.store() {
        let is_elsewhere = matches!(kind, "http" | "artifactory" | "raw" | "git");
        if artifact.location.is_complete() && !is_ours(block) && !is_elsewhere {
            return Err(unsupported(kind, &artifact.name));
        }
        let key = artifact.location.key();
        if !key.is_empty() {
            return Ok(key.trim_start_matches('/').to_owned());
        }
    }
    let declared = artifact.archive.as_ref().map_or(Archive::Tar { level: None }, archive);
    let base = artifact.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let file = match declared {
        Archive::None => base.to_owned(),
        Archive::Zip => format!("{}.zip", artifact.name),
        Archive::Tar { .. } => format!("{}.tgz", artifact.name),
    };
    Ok(format!("{}/{file}", pod.location_key))
}

/// Where a container's log is archived (PA-210).
pub(crate) fn log_key(pod: &Pod, container: &str) -> String {
    format!("{}/{container}.log", pod.location_key)
}

/// Whether logs become artifacts; a repository that wants them gets them (EX-504, OB-538).
pub(crate) fn logs_are_archived(plan: &Plan, template: &spec::Template, place: &Place) -> bool {
    let own = template.archive_location.as_ref().and_then(|location| location.archive_logs);
    let repository = plan.repository.as_ref().is_ok_and(|repository| repository.archive_logs);
    place.archive_logs || repository || own.or(plan.workflow.spec.archive_logs).unwrap_or(false)
}

/// An output artifact as the status shows it: the declaration with the place where it is.
pub(crate) fn shown(declared: &spec::Artifact, key: &str) -> spec::Artifact {
    let mut shown = declared.clone();
    if shown.location.store().is_none() {
        shown.location.s3 = Some(json!({ "key": key }));
    }
    shown
}

/// An archived log as the status shows it.
pub(crate) fn shown_log(container: &str, key: &str) -> spec::Artifact {
    let mut shown = spec::Artifact { name: format!("{container}-logs"), ..Default::default() };
    shown.location.s3 = Some(json!({ "key": key }));
    shown
}

//! `cp`: output artifacts of a workflow into a folder (CLI-045).

use serde_json::Value;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use super::get::fetch;
use super::http::{Server, encode};
use super::said::{misused, said};
use super::view::field;
use crate::commands::cp::Args;
use crate::print::{clean_line, to_stderr};
use crate::state::now;

pub fn cp(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    if args.words.len() != 2 {
        return Err(misused("incorrect number of arguments", "cp"));
    }
    let (name, folder) = (&args.words[0], Path::new(&args.words[1]));
    let workflow = fetch(server, name).map_err(|error| failed("get workflow", error))?;
    let name = super::select::name(&workflow).to_owned();
    let nodes = workflow.pointer("/status/nodes").and_then(Value::as_object);
    for node in nodes.into_iter().flat_map(|nodes| nodes.values()) {
        let (id, template) = (field(node, "/id"), field(node, "/templateName"));
        let wanted = args.node_id.as_ref().is_none_or(|wanted| wanted == id)
            && args.template_name.as_ref().is_none_or(|wanted| wanted == template);
        if !wanted {
            continue;
        }
        let artifacts = node.pointer("/outputs/artifacts").and_then(Value::as_array);
        for artifact in artifacts.into_iter().flatten() {
            let artifact_name = field(artifact, "/name");
            if args.artifact_name.as_ref().is_some_and(|wanted| wanted != artifact_name) {
                continue;
            }
            let Some(file) = file_name(artifact) else { continue };
            let place = args
                .path
                .replace("{workflowName}", &name)
                .replace("{nodeId}", id)
                .replace("{templateName}", template)
                .replace("{artifactName}", artifact_name)
                .replace("{namespace}", &server.namespace);
            let into = folder.join(inside(&place)?);
            std::fs::create_dir_all(&into).map_err(|error| unable(&into, &error))?;
            let path = format!(
                "/artifacts/{}/{}/{}/{}",
                encode(&server.namespace),
                encode(&name),
                encode(id),
                encode(artifact_name)
            );
            let target = into.join(&file);
            let mut out = std::fs::File::create(&target).map_err(|error| unable(&target, &error))?;
            if let Err(error) = server.download(&path, &mut out) {
                drop(std::fs::remove_file(&target));
                return Err(failed("get and store artifact data", error));
            }
            let at = now().timestamp().strftime("%Y/%m/%d %H:%M:%S").to_string();
            to_stderr(&format!("{at} Created {:?}\n", clean_line(file.as_bytes())));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(what: &str, error: anyhow::Error) -> anyhow::Error {
    said(format!("failed to {what}: {error}"))
}

fn unable(path: &Path, error: &std::io::Error) -> anyhow::Error {
    said(format!("failed to write `{}`: {error}", path.display()))
}

/// The last part of an artifact's key.
fn file_name(artifact: &Value) -> Option<String> {
    let key =
        ["/s3/key", "/gcs/key", "/oss/key", "/azure/blob", "/artifactory/url", "/http/url", "/hdfs/path"]
            .iter()
            .find_map(|pointer| artifact.pointer(pointer)?.as_str())?;
    let last = key.trim_end_matches('/').rsplit('/').next()?;
    (!last.is_empty() && last != "." && last != "..").then(|| last.to_owned())
}

/// A path below the folder that was given.
fn inside(place: &str) -> anyhow::Result<PathBuf> {
    let path = Path::new(place);
    let plain = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
    if path.components().all(plain) {
        // The system makes no folder called `.`.
        return Ok(path.components().filter(|part| *part != Component::CurDir).collect());
    }
    Err(said(format!("--path leads out of the folder: {place}")))
}

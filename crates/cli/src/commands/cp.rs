//! `tiphys cp`: artifacts out of the local store.

use clap::Args as ClapArgs;
use serde_json::Value;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use crate::commands::get::current;
use crate::print::to_stderr;
use crate::problem::problem;
use crate::remote::{self, Server};
use crate::state::Local;
use crate::verb::Verb;

/// Copy output artifacts of a run into a folder
///
/// Artifacts are copied as they are stored: packed ones (`.tgz`, `.zip`) stay packed.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys cp build-x7k2p ./out
  tiphys cp @latest . --artifact-name report --path .")]
pub struct Args {
    /// Name of the run, or `@latest`, and the folder to copy into [default: the one you are in]
    #[arg(value_name = "NAME [FOLDER]")]
    pub words: Vec<String>,
    /// Namespace of the run
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Only artifacts of this node
    #[arg(long)]
    pub node_id: Option<String>,
    /// Only artifacts of this template
    #[arg(long)]
    pub template_name: Option<String>,
    /// Only artifacts of this name
    #[arg(long)]
    pub artifact_name: Option<String>,
    /// Folder for each artifact, below the one to copy into
    #[arg(long, default_value = "{namespace}/{workflowName}/{nodeId}/outputs/{artifactName}")]
    pub path: String,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::cp(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        run(self)
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (name, directory) = match args.words.as_slice() {
        [name] => (name, Path::new(".")),
        [name, folder] => (name, Path::new(folder)),
        _ => {
            return Err(problem(
                "one run is needed, and at most one folder",
                "for instance `tiphys cp @latest ./out`",
            ));
        }
    };
    let mut local = Local::open_to_read()?;
    let summary = local.find(name, args.namespace.as_deref())?;
    let document = current(&mut local, &summary)?;
    let text =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let matches =
        |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
    let nodes = document.pointer("/status/nodes").and_then(Value::as_object);
    let mut copied = 0;
    for node in nodes.into_iter().flat_map(|nodes| nodes.values()) {
        let (id, template) = (text(node, "id"), text(node, "templateName"));
        let artifacts = node.pointer("/outputs/artifacts").and_then(Value::as_array);
        for artifact in artifacts.into_iter().flatten() {
            let name = text(artifact, "name");
            let wanted = matches(&args.node_id, &id)
                && matches(&args.template_name, &template)
                && matches(&args.artifact_name, &name);
            let Some(key) = key(artifact).filter(|_| wanted) else { continue };
            let folder = args
                .path
                .replace("{namespace}", &summary.namespace)
                .replace("{workflowName}", &summary.name)
                .replace("{nodeId}", &id)
                .replace("{templateName}", &template)
                .replace("{artifactName}", &name);
            let source = stored(&local.state.artifacts_of(&summary.namespace), &key).ok_or_else(|| {
                problem(
                    format!("artifact `{name}` has the key `{key}`, which leads out of the store"),
                    "nothing was copied",
                )
            })?;
            copy(&source, &directory.join(folder), &name)?;
            copied += 1;
        }
    }
    if copied == 0 {
        let run = &summary.name;
        to_stderr(&format!(
            "notice: nothing was copied: `{run}` gave no artifact, or none that was asked for\n\
             help: `tiphys get {run} -o yaml` tells what its nodes gave, under `outputs`\n"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The key of an artifact, whatever store it names.
fn key(artifact: &Value) -> Option<String> {
    ["s3", "gcs", "oss"]
        .iter()
        .find_map(|kind| artifact.get(*kind)?.get("key")?.as_str())
        .map(|key| key.trim_matches('/').to_owned())
}

/// The file of a key; none if the key is not one.
fn stored(root: &Path, key: &str) -> Option<PathBuf> {
    let plain = Path::new(key).components().all(|part| matches!(part, Component::Normal(_)));
    plain.then(|| root.join(key))
}

fn copy(source: &Path, folder: &Path, name: &str) -> anyhow::Result<()> {
    let failed = |path: &Path, error: std::io::Error| {
        problem(
            format!("cannot copy artifact `{name}` to `{}`: {error}", path.display()),
            "is there room, and may you write there?",
        )
    };
    if !source.exists() {
        return Err(problem(
            format!("artifact `{name}` is not in the store any more: `{}`", source.display()),
            "its `artifactGC`, or the `retention` of a server, may have deleted it",
        ));
    }
    let target = folder.join(source.file_name().unwrap_or(name.as_ref()));
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    if source.is_dir() {
        copy_tree(source, &target, 0).map_err(|error| failed(&target, error))?;
    } else {
        std::fs::copy(source, &target).map_err(|error| failed(&target, error))?;
    }
    to_stderr(&format!("Created \"{}\"\n", target.display()));
    Ok(())
}

/// How deep a stored folder is copied.
const DEPTH_MAX: usize = 64;

fn copy_tree(from: &Path, to: &Path, depth: usize) -> std::io::Result<()> {
    if depth > DEPTH_MAX {
        return Err(std::io::Error::other("the folders are nested too deeply"));
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target, depth + 1)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

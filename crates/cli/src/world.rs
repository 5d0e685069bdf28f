//! Where and how a run is meant to run. Kept with it, so that whoever continues it does the same.

use anyhow::Context;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tiphys_controller::Place;
use tiphys_runner::ImageMap;
use tiphys_runner::agent::Plugin;
use tiphys_runner::step::{HostMount, Isolation};
use tiphys_store::State;

use crate::problem::problem;

/// The world of a run, as the command line described it. All paths are absolute.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct World {
    pub isolation: Isolation,
    pub jobs: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<HostMount>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub artifacts: BTreeMap<String, PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub image_maps: Vec<PathBuf>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_host_path: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PluginPlace>,
}

/// An executor plugin that listens already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginPlace {
    pub name: String,
    pub address: String,
    /// The file with the token that it asks for; what is kept with a run holds no token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<PathBuf>,
}

impl World {
    /// Reads what was kept with a run.
    pub fn read(kept: &Value) -> Result<World, serde_json::Error> {
        match kept {
            Value::Null => Ok(World { jobs: jobs_default(), ..World::default() }),
            kept => World::deserialize(kept),
        }
    }

    /// The image map that its files make.
    pub fn images(&self) -> anyhow::Result<ImageMap> {
        let mut images = ImageMap::default();
        for file in &self.image_maps {
            images.load(file)?;
        }
        Ok(images)
    }

    /// Refuses what needs a file that was given with `--artifact` and is gone.
    pub fn with_its_files(&self) -> anyhow::Result<()> {
        match self.artifacts.iter().find(|(_, path)| !path.exists()) {
            None => Ok(()),
            Some((name, path)) => Err(problem(
                format!(
                    "`{}`, the file that was given as the artifact `{name}`, is no longer there",
                    path.display()
                ),
                format!("put it back, or run the manifest again with `--artifact {name}=PATH`"),
            )),
        }
    }

    /// Refuses mounts that would show the steps what Tiphys keeps, other runs' secrets among it.
    pub fn without_state(&self, state: &State) -> anyhow::Result<()> {
        let state = state.dir();
        // The folders of claims are volumes, and nothing else.
        let is_inside = |host: &Path| host.starts_with(state) && !host.starts_with(state.join("claims"));
        match self.mounts.iter().find(|mount| state.starts_with(&mount.host) || is_inside(&mount.host)) {
            None => Ok(()),
            Some(mount) => Err(problem(
                format!(
                    "`--mount` of `{}` would show the steps the state folder `{}`, with the secrets of all runs",
                    mount.host.display(),
                    state.display()
                ),
                "mount a folder beside it, or keep the state elsewhere with TIPHYS_STATE_DIR",
            )),
        }
    }

    /// What the controller is told of it.
    pub fn place(&self, state: &State) -> anyhow::Result<Place> {
        Ok(Place {
            isolation: self.isolation,
            images: self.images()?,
            mounts: self.mounts.clone(),
            allow_host_path: self.allow_host_path,
            artifacts: state.artifacts_dir(),
            keeps_artifacts: keeps_artifacts(),
            claims: state.dir().join("claims"),
            files: self.artifacts.clone(),
            plugins: self.plugins.iter().map(PluginPlace::read).collect::<Result<_, _>>()?,
            ..Place::default()
        })
    }
}

/// Whether artifacts stay even where documents want them deleted; Argo's own switch (PA-288).
pub fn keeps_artifacts() -> bool {
    std::env::var("ARGO_ARTIFACT_GC_ENABLED").is_ok_and(|value| value == "false")
}

impl PluginPlace {
    fn read(&self) -> anyhow::Result<Plugin> {
        let token = match &self.token {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("--plugin-token: cannot read `{}`", file.display()))?,
            None => String::new(),
        };
        Ok(Plugin { name: self.name.clone(), address: self.address.clone(), token: token.trim().to_owned() })
    }
}

/// Reads `NAME=URL`, and the token files that belong to the names.
pub fn plugins(places: &[String], tokens: &[String]) -> anyhow::Result<Vec<PluginPlace>> {
    let mut plugins = Vec::new();
    for text in places {
        let (name, address) = text
            .split_once('=')
            .filter(|(name, address)| !name.is_empty() && address.starts_with("http"))
            .ok_or_else(|| {
                problem(
                    format!("`--plugin {text}` is not NAME=URL"),
                    "for instance `--plugin hello=http://localhost:4355`",
                )
            })?;
        plugins.push(PluginPlace { name: name.to_owned(), address: address.to_owned(), token: None });
    }
    for text in tokens {
        let (name, file) = text.split_once('=').unwrap_or((text, ""));
        let Some(plugin) = plugins.iter_mut().find(|plugin| plugin.name == name && !file.is_empty()) else {
            return Err(problem(
                format!("`--plugin-token {text}` is not NAME=FILE of a plugin that `--plugin` names"),
                "for instance `--plugin hello=http://localhost:4355 --plugin-token hello=./token`",
            ));
        };
        plugin.token = Some(existing(Path::new(file), "--plugin-token")?);
    }
    Ok(plugins)
}

/// How steps are kept apart from the machine, as a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IsolationArg {
    /// A root, processes and limits of their own
    Sandbox,
    /// A process group in a scratch folder
    None,
}

/// How many steps run at once when nobody says: enough for steps that wait, and for every core.
pub fn jobs_default() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (2 * cores).max(8)
}

/// Reads all `HOST:STEP[:ro]`; each path of a step can show one thing.
pub fn mounts(texts: &[String]) -> anyhow::Result<Vec<HostMount>> {
    let mut mounts: Vec<HostMount> = Vec::with_capacity(texts.len());
    for text in texts {
        let mount = mount(text)?;
        let is_same = |other: &&HostMount| Path::new(&other.step) == Path::new(&mount.step);
        if let Some(other) = mounts.iter().find(is_same) {
            return Err(problem(
                format!("`--mount {text}`: `{}` is shown at `{}` already", other.host.display(), mount.step),
                "choose another path in the step",
            ));
        }
        mounts.push(mount);
    }
    Ok(mounts)
}

/// Reads `HOST:STEP[:ro]`.
fn mount(text: &str) -> anyhow::Result<HostMount> {
    let malformed = || {
        problem(format!("`--mount {text}` is not HOST:STEP[:ro]"), "for instance `--mount ./data:/data:ro`")
    };
    let (rest, read_only) = match text.strip_suffix(":ro") {
        Some(rest) => (rest, true),
        None => (text.strip_suffix(":rw").unwrap_or(text), false),
    };
    let (host, step) = rest.rsplit_once(':').ok_or_else(malformed)?;
    if host.is_empty() || !step.starts_with('/') {
        return Err(malformed());
    }
    let is_upward = Path::new(step).components().any(|part| part == std::path::Component::ParentDir);
    let place = Path::new(step).components().nth(1).map(std::path::Component::as_os_str);
    if is_upward || place.is_none_or(|top| ["proc", "sys", "dev"].iter().any(|kernel| top == *kernel)) {
        return Err(problem(
            format!("`--mount {text}`: nothing can be shown at `{step}`"),
            "steps need their own root, `/dev`, `/proc` and `/sys`; any other absolute path will do, for instance `/data`",
        ));
    }
    let host = existing(Path::new(host), "--mount")?;
    // Steps see the machine's files where nothing else is mounted.
    let covered = std::fs::metadata(step).ok();
    if covered.is_some_and(|covered| covered.is_dir() != host.is_dir()) {
        let kind = |is_dir| if is_dir { "folder" } else { "file" };
        return Err(problem(
            format!("`--mount {text}`: `{}` is a {}, `{step}` is not", host.display(), kind(host.is_dir())),
            "folders go over folders and files over files; choose another path in the step",
        ));
    }
    Ok(HostMount { host, step: step.to_owned(), read_only })
}

/// Reads `NAME=PATH`.
pub fn artifact(text: &str) -> anyhow::Result<(String, PathBuf)> {
    let (name, path) = text
        .split_once('=')
        .filter(|(name, path)| !name.is_empty() && !path.is_empty())
        .ok_or_else(|| {
            problem(
                format!("`--artifact {text}` is not NAME=PATH"),
                "for instance `--artifact data=./data.csv`",
            )
        })?;
    let file = existing(Path::new(path), "--artifact")?;
    if !file.is_file() && !file.is_dir() {
        return Err(problem(
            format!("`--artifact {text}`: `{path}` is neither a file nor a folder"),
            "pipes and devices cannot be read twice, as a run that is continued must; write what they give into a file",
        ));
    }
    Ok((name.to_owned(), file))
}

/// The absolute path of something that must be there.
pub fn existing(path: &Path, flag: &str) -> anyhow::Result<PathBuf> {
    std::fs::canonicalize(path).map_err(|error| {
        problem(
            format!("{flag}: cannot use `{}`: {error}", path.display()),
            "is the path right? It is relative to the folder you are in",
        )
    })
}

//! Before the containers start: input artifacts, scripts, working folders.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Place;
use crate::contract::{ArtifactInput, ArtifactSource, ContainerRequest, StepRequest};
use crate::program::reason;

/// Where Argo puts the script of a script template.
const SCRIPT: &str = "/argo/staging/script";

/// Lays out the input artifacts. The error is worded as Argo's.
pub(super) fn inputs(request: &StepRequest, sources: &[Option<OwnedFd>]) -> Result<(), String> {
    for (artifact, source) in request.inputs.iter().zip(sources) {
        lay_out(artifact, source.as_ref())
            .map_err(|reason| format!("artifact {} failed to load: {reason}", artifact.name))?;
    }
    Ok(())
}

fn lay_out(artifact: &ArtifactInput, _source: Option<&OwnedFd>) -> Result<(), String> {
    let path = Path::new(&artifact.path);
    match &artifact.source {
        ArtifactSource::Raw { data } => write_file(path, data, 0o644).map_err(|error| reason(&error))?,
        ArtifactSource::Store { .. } | ArtifactSource::Host { .. } => {
            return Err("artifacts of a store cannot be loaded".into());
        }
    }
    set_mode(artifact, path).map_err(|error| format!("chmod {}: {}", artifact.path, reason(&error)))
}

/// Applies the artifact's mode (PA-202).
fn set_mode(artifact: &ArtifactInput, path: &Path) -> io::Result<()> {
    let Some(mode) = artifact.mode else { return Ok(()) };
    let mut left = vec![path.to_owned()];
    while let Some(path) = left.pop() {
        let kind = fs::symlink_metadata(&path)?;
        if kind.is_symlink() {
            continue;
        }
        if artifact.recurse_mode && kind.is_dir() {
            for entry in fs::read_dir(&path)? {
                left.push(entry?.path());
            }
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Writes the script of a container, if it has one; returns its path (EX-420).
pub(crate) fn script(
    container: &ContainerRequest,
    index: usize,
    place: &Place,
) -> Result<Option<PathBuf>, String> {
    let Some(source) = container.script.as_deref().filter(|source| !source.is_empty()) else {
        return Ok(None);
    };
    let path = match place {
        Place::Sandbox { .. } if index == 0 => PathBuf::from(SCRIPT),
        Place::Sandbox { .. } => PathBuf::from(format!("{SCRIPT}-{index}")),
        Place::Machine { scratch, .. } => scratch.join(format!(".tiphys-script-{index}")),
    };
    write_file(&path, source.as_bytes(), 0o755)
        .map_err(|error| format!("failed to write the script: {}", reason(&error)))?;
    Ok(Some(path))
}

/// The folder a container starts in; made when it is missing, as Kubernetes does.
pub(crate) fn working_dir(container: &ContainerRequest, place: &Place) -> Result<PathBuf, String> {
    let base = match place {
        Place::Sandbox { .. } => Path::new("/"),
        Place::Machine { scratch, .. } => scratch,
    };
    let Some(named) = container.working_dir.as_deref().filter(|dir| !dir.is_empty()) else {
        return Ok(base.to_owned());
    };
    let dir = base.join(named);
    if !dir.is_dir() {
        fs::create_dir_all(&dir).map_err(|error| format!("chdir {named}: {}", reason(&error)))?;
    }
    Ok(dir)
}

/// Writes a file with these permission bits, and the folders above it.
pub(crate) fn write_file(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(mode).open(path)?;
    file.write_all(content)?;
    // The mask of the process may have taken bits away.
    file.set_permissions(fs::Permissions::from_mode(mode))
}

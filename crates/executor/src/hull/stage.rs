//! Before the containers start: input artifacts, scripts, working folders.

use std::borrow::Cow;
use std::fs::{self, OpenOptions};
use std::io::{self, Cursor, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tiphys_artifact::archive::unpack;
use tiphys_artifact::{ArtifactError, Key, LeftOut, LocalStore, Mode, copy_folder};

use super::Place;
use crate::contract::{self, ArtifactInput, ArtifactSource, ContainerRequest, StepRequest};
use crate::program::reason;
use crate::sandbox::INPUTS;
use crate::supervisor::links;

/// Where Argo puts the script of a script template.
const SCRIPT: &str = "/argo/staging/script";

/// Most bytes of one word of a command line: what Linux takes, and from where on Argo puts it into a file.
const WORD_BYTES_MAX: usize = 131_072;

/// Most bytes that one byte of text becomes in JSON.
const JSON_BYTES_OF_ONE: usize = 6;

/// Where Argo puts words that are too long, followed by their number.
const LONG_WORD: &str = "/tmp/argo_arg_";

/// Gets an artifact from elsewhere and lays it out.
type Fetch<'a> = &'a mut dyn FnMut(&ArtifactInput) -> Result<(), ArtifactError>;

/// Lays out the input artifacts. The error is worded as Argo's. What has to be removed afterwards is put into `made`,
/// what is to be told into `notices`.
pub(super) fn inputs(
    request: &StepRequest,
    place: &Place,
    made: &mut Vec<Made>,
    notices: &mut Vec<String>,
    fetch: Fetch<'_>,
) -> Result<(), String> {
    for (index, artifact) in request.inputs.iter().enumerate() {
        let laid_out = if let Place::Machine { scratch, .. } = place {
            let new = Made::before(Path::new(&artifact.path));
            let laid_out = lay_out(request, index, place, fetch);
            if let Some(new) = new {
                links::note_input(scratch, index, &new);
                made.push(new);
            }
            laid_out
        } else {
            lay_out(request, index, place, fetch)
        };
        match laid_out {
            Err(ArtifactError::NotFound(_)) if artifact.optional => {}
            Err(ArtifactError::NotFound(name)) => {
                return Err(format!(
                    "artifact {} failed to load: {}",
                    artifact.name,
                    not_found(artifact, name)
                ));
            }
            // What the driver brought is unpacked by the helper itself, which says no more (PA-186).
            Err(ArtifactError::Format { format: "gzip", .. }) => {
                return Err("gzip: invalid header".to_owned());
            }
            Err(ArtifactError::Format { format: "zip", .. }) => {
                return Err("zip: not a valid zip file".to_owned());
            }
            Err(error) => return Err(format!("artifact {} failed to load: {error}", artifact.name)),
            Ok(left_out) => notices.extend(without(&artifact.name, &left_out)),
        }
    }
    Ok(())
}

/// What is not there; the store says it in the words of the one that Argo keeps artifacts in (PA-185).
fn not_found(artifact: &ArtifactInput, name: String) -> String {
    match &artifact.source {
        ArtifactSource::Store { .. } => "The specified key does not exist.".to_owned(),
        // In the sandbox it has a number for a name.
        ArtifactSource::Host { path } => format!("`{}` does not exist", path.display()),
        // The answer of the server says it all.
        ArtifactSource::Web(_) => name,
        ArtifactSource::Raw { .. } | ArtifactSource::Git(_) => format!("`{name}` does not exist"),
    }
}

/// What is told of an artifact that is not whole.
pub(super) fn without(name: &str, left_out: &LeftOut) -> Option<String> {
    (!left_out.is_empty()).then(|| format!("the artifact `{name}` is without {left_out}"))
}

fn lay_out(
    request: &StepRequest,
    index: usize,
    place: &Place,
    fetch: Fetch<'_>,
) -> Result<LeftOut, ArtifactError> {
    let artifact = &request.inputs[index];
    let dest = Path::new(&artifact.path);
    let mode = artifact.mode.map(|bits| Mode { bits, recursive: artifact.recurse_mode });
    let archive = artifact.archive.map(archive);
    let (store, key) = match (&artifact.source, place) {
        (ArtifactSource::Raw { data }, _) => {
            return unpack(&mut Cursor::new(data), dest, archive, mode).map(|()| LeftOut::default());
        }
        (ArtifactSource::Web(_) | ArtifactSource::Git(_), _) => {
            return fetch(artifact).map(|()| LeftOut::default());
        }
        (ArtifactSource::Host { path }, _) if given(path, index, place).is_dir() => {
            return copy_folder(&given(path, index, place), dest, mode);
        }
        (_, Place::Sandbox { .. }) => (LocalStore::new(INPUTS), Key::parse(&index.to_string())?),
        (ArtifactSource::Store { key }, Place::Machine { .. }) => {
            (LocalStore::new(&request.artifact_store), Key::parse(key)?)
        }
        (ArtifactSource::Host { path }, Place::Machine { .. }) => {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            (LocalStore::new(path.parent().unwrap_or(path)), Key::parse(name)?)
        }
    };
    store.load_packed(&key, dest, archive, mode).map(|()| LeftOut::default())
}

/// Where the step finds a file or folder of the machine that the run was given.
fn given(path: &Path, index: usize, place: &Place) -> PathBuf {
    match place {
        Place::Sandbox { .. } => Path::new(INPUTS).join(index.to_string()),
        Place::Machine { .. } => path.to_owned(),
    }
}

/// Something that is made on the machine for a step alone.
#[derive(Debug)]
pub(crate) struct Made {
    pub path: PathBuf,
    /// The highest folder that did not exist before.
    pub top: PathBuf,
}

impl Made {
    /// What will have to be removed when `path` is made now; nothing if it exists already.
    pub(crate) fn before(path: &Path) -> Option<Made> {
        let is_missing = |path: &&Path| fs::symlink_metadata(path).is_err();
        let top = path.ancestors().take_while(is_missing).last()?;
        Some(Made { path: path.to_owned(), top: top.to_owned() })
    }

    /// Removes it, and the folders above it that were made for it and that nobody else uses.
    pub(crate) fn remove(&self) {
        let is_folder = fs::symlink_metadata(&self.path).is_ok_and(|found| found.is_dir());
        // What cannot be removed was removed or replaced by somebody, whose it is now.
        let _ = if is_folder { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) };
        for folder in self.path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.top)) {
            if fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

/// The same word in the language of crate `artifact`.
pub(super) fn archive(archive: contract::Archive) -> tiphys_artifact::Archive {
    match archive {
        contract::Archive::None => tiphys_artifact::Archive::None,
        contract::Archive::Tar { level } => tiphys_artifact::Archive::Tar { level },
        contract::Archive::Zip => tiphys_artifact::Archive::Zip,
    }
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

/// The container as it is started: when its arguments are more than one word may hold, every long word of its command line
/// lies in a file, and the word says where (EX-390).
pub(crate) fn with_short_words<'c>(
    container: &'c ContainerRequest,
    index: usize,
    place: &Place,
) -> Result<Cow<'c, ContainerRequest>, String> {
    let bytes: usize = container.args.iter().map(String::len).sum();
    // As JSON they are at least as long; most are far from it.
    let is_long = || serde_json::to_vec(&container.args).is_ok_and(|text| text.len() > WORD_BYTES_MAX);
    if bytes * JSON_BYTES_OF_ONE + container.args.len() * 3 < WORD_BYTES_MAX || !is_long() {
        return Ok(Cow::Borrowed(container));
    }
    let mut container = container.clone();
    let words = container.command.iter_mut().skip(1).chain(&mut container.args);
    for (number, word) in words.enumerate().filter(|(_, word)| word.len() > WORD_BYTES_MAX) {
        let path = match place {
            Place::Sandbox { .. } if index == 0 => PathBuf::from(format!("{LONG_WORD}{number}.txt")),
            Place::Sandbox { .. } => PathBuf::from(format!("{LONG_WORD}{number}-{index}.txt")),
            Place::Machine { scratch, .. } => scratch.join(format!(".tiphys-arg-{index}-{number}")),
        };
        write_file(&path, word.as_bytes(), 0o644)
            .map_err(|error| format!("failed to write argument {number}: {}", reason(&error)))?;
        *word = format!("@{}", path.display());
    }
    Ok(Cow::Owned(container))
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

//! After the containers have ended: output parameters and artifacts, as the step sees them.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tiphys_artifact::{ArtifactError, Key, LocalStore};

use super::{Done, HELPER_FAILED, Place, stage};
use crate::contract::{
    self, ArtifactStored, ArtifactWanted, Exit, ParameterValue, ParameterWanted, Stage, StageFailure,
    StepRequest, Web,
};
use crate::program::reason;
use crate::sandbox::SPOOL;

/// Longest output parameter. Argo's own limit is that of the object it reports with (PA-064).
pub const PARAMETER_BYTES_MAX: u64 = 1 << 20;

/// Brings a file, which complaints name so, to a web server; returns the bytes sent.
type Bring<'a> = &'a mut dyn FnMut(&Path, &str, &Web) -> Result<u64, ArtifactError>;

/// Where a step without a sandbox packs what a web server takes.
const OUTGOING: &str = ".tiphys-outgoing";

/// Where the command of Argo's image puts copies of what its helper is to read of a container's own files.
const COPIES: &str = "/var/run/argo/outputs";

/// Where that helper packs what is to be kept.
const PACKED: &str = "/tmp/argo/outputs/artifacts";

/// The container whose command does that.
const MAIN: &str = "main";

/// Where that helper sees the volumes of the container.
const VOLUMES: &str = "/mainctrfs";

/// Collects what is wanted; parameters first (PA-211). The first of them that cannot be read ends their row; artifacts are
/// all tried (PA-186). What went wrong first is told (PA-040).
pub(super) fn outputs(request: &StepRequest, place: &Place, done: &mut Done, bring: Bring<'_>) {
    let folder = folder_of_main(request, place);
    uncopied(request, &folder, done);
    let mut first_complaint = None;
    for wanted in &request.outputs.parameters {
        match parameter(request, &folder, wanted) {
            Ok(value) => done.parameters.push(ParameterValue { name: wanted.name.clone(), value }),
            Err(complaint) => {
                first_complaint = Some(complaint);
                break;
            }
        }
    }
    let mut complaints = String::new();
    for (index, wanted) in request.outputs.artifacts.iter().enumerate() {
        let stored = artifact(request, index, wanted, (place, &folder), &mut done.notices, bring);
        match &stored.error {
            Some(reason) if !(stored.missing && wanted.optional) => complaints.push_str(&unsaved(reason)),
            _ => {}
        }
        done.artifacts.push(stored);
    }
    let complaint = first_complaint.or((!complaints.is_empty()).then_some(complaints));
    if let Some(message) = complaint.filter(|_| done.failure.is_none()) {
        done.failure = Some(StageFailure { stage: Stage::Wait, code: HELPER_FAILED, message });
    }
}

/// The folder from which relative paths lead on: main's own, since its command makes the copies.
fn folder_of_main(request: &StepRequest, place: &Place) -> PathBuf {
    let main = request.containers.iter().find(|container| container.name == MAIN);
    let folder = main.and_then(|main| stage::working_dir(main, place).ok());
    folder.unwrap_or_else(|| PathBuf::from("/"))
}

/// A parameter whose path is a folder cannot be copied, and main fails by that, however its command came out (PA-040).
fn uncopied(request: &StepRequest, folder: &Path, done: &mut Done) {
    let Some(main) = request.containers.iter().position(|container| container.name == MAIN) else { return };
    let paths = request.outputs.parameters.iter().map(|wanted| &wanted.path);
    let found = paths.filter(|path| !is_in_volume(request, path)).find(|path| folder.join(path).is_dir());
    let ended = done.containers.get_mut(main).filter(|ended| ended.started_us > 0);
    if let (Some(path), Some(ended)) = (found, ended) {
        ended.exit = Exit::Code(HELPER_FAILED);
        ended.message =
            Some(format!("failed to copy {path} to {COPIES}/parameters/{path}: read {path}: is a directory"));
    }
}

/// One of the reasons why artifacts are not there, as they stand in a row: each is closed, the last one, too (PA-186).
pub(crate) fn unsaved(reason: &str) -> String {
    format!("{reason}; ")
}

/// Whether a path of a step lies in a volume that its manifest mounts: Argo's helper reads it there (PA-062).
fn is_in_volume(request: &StepRequest, path: &str) -> bool {
    let mut mounts = request.containers.iter().flat_map(|container| &container.volume_mounts);
    mounts.any(|mount| Path::new(path).starts_with(&mount.mount_path))
}

/// Why an artifact is not there, as Argo's helper says it of the file in which it looks for it.
fn missing(request: &StepRequest, wanted: &ArtifactWanted, error: &io::Error) -> String {
    let (path, reason) = (&wanted.path, reason(error));
    match wanted.archive {
        _ if !is_in_volume(request, path) => {
            format!("open {COPIES}/artifacts/{}.tgz: {reason}", path.trim_matches('/'))
        }
        contract::Archive::None => format!("{path} {reason}"),
        contract::Archive::Tar { .. } | contract::Archive::Zip => format!("stat {VOLUMES}{path}: {reason}"),
    }
}

/// Packs an artifact: into the spool in the sandbox, from where the supervisor takes it; else right into the store.
/// What a web server takes is packed beside and brought there.
fn artifact(
    request: &StepRequest,
    index: usize,
    wanted: &ArtifactWanted,
    (place, folder): (&Place, &Path),
    notices: &mut Vec<String>,
    bring: Bring<'_>,
) -> ArtifactStored {
    let mut stored =
        ArtifactStored { name: wanted.name.clone(), key: wanted.key.clone(), ..ArtifactStored::default() };
    let source = &folder.join(&wanted.path);
    if let Err(error) = fs::metadata(source) {
        stored.missing = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        stored.error = Some(missing(request, wanted, &error));
        return stored;
    }
    if wanted.refused.is_some() {
        stored.error.clone_from(&wanted.refused);
        return stored;
    }
    let spooled = Key::parse(&index.to_string());
    let (store, key) = match (place, &wanted.to) {
        (Place::Sandbox { .. }, _) => (LocalStore::new(SPOOL), spooled),
        (Place::Machine { scratch, .. }, Some(_)) => (LocalStore::new(scratch.join(OUTGOING)), spooled),
        (Place::Machine { .. }, None) => (LocalStore::new(&request.artifact_store), Key::parse(&wanted.key)),
    };
    // A folder that is not packed cannot be sent, and who would take it says so.
    let is_folder = wanted.archive == contract::Archive::None && source.is_dir();
    let saved = match &wanted.to {
        Some(to) if is_folder => bring(source, &wanted.path, to),
        to => key.and_then(|key| {
            let saved = store.save_packed(source, &stage::archive(wanted.archive), &key)?;
            notices.extend(stage::without(&wanted.name, &saved.left_out));
            to.as_ref().map_or(Ok(saved.bytes), |to| bring(&store.path(&key), &packed(request, wanted), to))
        }),
    };
    match saved {
        Ok(size_bytes) => stored.size_bytes = size_bytes,
        Err(error) => stored.error = Some(error.to_string()),
    }
    stored
}

/// The file that Argo's helper brings to a server: packed aside, or read where a volume has it.
fn packed(request: &StepRequest, wanted: &ArtifactWanted) -> String {
    let name = &wanted.name;
    match wanted.archive {
        contract::Archive::Tar { .. } => format!("{PACKED}/{name}.tgz"),
        contract::Archive::Zip => format!("{PACKED}/{name}.zip"),
        contract::Archive::None if is_in_volume(request, &wanted.path) => format!("{VOLUMES}{}", wanted.path),
        contract::Archive::None => {
            format!("{PACKED}/{}", wanted.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default())
        }
    }
}

/// The value of a parameter: its file without one trailing newline, else its default, trimmed alike (PA-040).
fn parameter(request: &StepRequest, folder: &Path, wanted: &ParameterWanted) -> Result<String, String> {
    let text = match (read_file(&folder.join(&wanted.path), PARAMETER_BYTES_MAX), &wanted.default) {
        (Ok(bytes), _) => tiphys_expr::go_text(bytes),
        (Err(_), Some(default)) => default.clone(),
        (Err(error), None) => {
            let path = &wanted.path;
            let seen = match error.raw_os_error() {
                // A limit of ours, of which Argo's helper knows nothing.
                None => path.clone(),
                Some(_) if is_in_volume(request, path) => format!("{VOLUMES}{path}"),
                Some(_) => format!("{COPIES}/parameters/{}", path.trim_start_matches('/')),
            };
            return Err(format!("open {seen}: {}", reason(&error)));
        }
    };
    Ok(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
}

/// Reads a plain file of bounded size. A pipe or device that the step put there is not waited for.
pub(super) fn read_file(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::from_raw_os_error(libc::EISDIR));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let mut bytes = Vec::with_capacity(metadata.len().min(bytes_max) as usize);
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::other(format!("longer than {bytes_max} bytes")));
    }
    Ok(bytes)
}

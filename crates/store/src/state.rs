//! The state folder: one database, and the files that lie beside it.
//!
//! ```text
//! tiphys.db            everything durable
//! owners/              one locked file per run that an engine drives
//! wake/                one socket per engine, to wake it when a letter waits
//! runs/<uid>/          logs and scratch of a run
//! artifacts/           the local artifact store of the namespace `default`
//! artifacts-of/<name>/ the local artifact stores of the other namespaces
//! secrets/<uid>.sealed secrets given with a run
//! secrets.key          the key they are sealed with; only its user can read it
//! ```

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::durable::durable_create;
use crate::error::StoreError;
use crate::model::MachineId;
use crate::owner::{self, Owner, Ownership};
use crate::sqlite::SqliteStore;
use crate::store::{Catalog as _, Runs as _};
use crate::vault::Vault;

/// How long after its secrets were kept a run may still come to be.
const MADE_WITHIN: Duration = Duration::from_secs(3_600);

/// Longest uid that becomes the name of a file.
pub const UID_BYTES_MAX: usize = 128;

/// A state folder, which any number of processes may share.
#[derive(Debug, Clone)]
pub struct State {
    dir: PathBuf,
    access: Access,
}

/// What may be done in a state folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Full,
    /// It may only be looked at.
    Look,
}

impl State {
    /// Opens the folder, which is created, readable by its user only, if it is not there.
    ///
    /// The database is brought up to date if it is older than this release, and refused if it is newer.
    pub fn open(dir: &Path) -> Result<State, StoreError> {
        let fault = |error: io::Error| StoreError::from_io(dir, error);
        if dir.is_file() {
            let reason = "it is a file, and the state is a folder; choose another with TIPHYS_STATE_DIR";
            return Err(StoreError::Io { path: dir.to_owned(), reason: reason.to_owned() });
        }
        create_dir(dir).map_err(fault)?;
        let dir = fs::canonicalize(dir).map_err(fault)?;
        let state = State { dir, access: Access::Full };
        // The database first: a folder that is refused is left as it was.
        drop(state.store()?);
        for folder in ["owners", "wake", "runs", "artifacts", "secrets"] {
            let path = state.dir.join(folder);
            create_dir(&path).map_err(|error| StoreError::from_io(&path, error))?;
        }
        Ok(state)
    }

    /// Opens a folder that may not be written, to look at what is in it; nothing is created.
    pub fn open_to_read(dir: &Path) -> Result<State, StoreError> {
        let dir = fs::canonicalize(dir).map_err(|error| StoreError::from_io(dir, error))?;
        let state = State { dir, access: Access::Look };
        drop(state.store()?);
        Ok(state)
    }

    /// Whether it may only be looked at.
    pub fn is_read_only(&self) -> bool {
        self.access == Access::Look
    }

    /// The folder itself, absolute.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.dir.join("tiphys.db")
    }

    /// A new connection to the database.
    pub fn store(&self) -> Result<SqliteStore, StoreError> {
        match self.access {
            Access::Full => SqliteStore::open(&self.database()),
            Access::Look => SqliteStore::open_to_read(&self.database()),
        }
    }

    /// The folder of the local artifact store, which is that of the namespace `default`.
    pub fn artifacts_dir(&self) -> PathBuf {
        self.dir.join("artifacts")
    }

    /// The folder of a namespace's local artifact store.
    pub fn artifacts_of(&self, namespace: &str) -> PathBuf {
        artifacts_of(&self.artifacts_dir(), namespace)
    }

    /// The folder that holds the artifact stores of all namespaces but `default`.
    pub fn artifacts_elsewhere(&self) -> PathBuf {
        self.dir.join(ELSEWHERE)
    }

    /// The folder of one run; it is not created here.
    pub fn run_dir(&self, uid: &str) -> Result<PathBuf, StoreError> {
        Ok(self.dir.join("runs").join(self.file_name(uid)?))
    }

    /// The right to drive runs, for one engine.
    pub fn ownership(&self) -> Result<Ownership, StoreError> {
        Ownership::new(self)
    }

    /// Who drives this machine now; `None` if nobody does.
    pub fn owner_of(&self, machine: &MachineId) -> Result<Option<Owner>, StoreError> {
        owner::owner_of(&self.lock_path(machine)?)
    }

    /// Wakes the engine that drives this machine, so that it looks into its inbox. `false` if nobody drives it.
    pub fn poke(&self, machine: &MachineId) -> Result<bool, StoreError> {
        Ok(self.owner_of(machine)?.is_some_and(|owner| owner::ring(&self.dir.join("wake"), &owner)))
    }

    /// Removes the bells of engines that were killed. Every new engine does it, too.
    pub fn sweep_bells(&self) {
        owner::sweep(&self.dir.join("wake"));
    }

    /// Keeps the secrets that are given with a new run, durably. Those of another run are never replaced: refused if
    /// there are some under this uid.
    pub fn put_secrets(&self, uid: &str, body: &[u8]) -> Result<(), StoreError> {
        let [path, plain] = self.secrets_paths(uid)?;
        let write = || match plain.exists() {
            true => Err(ErrorKind::AlreadyExists.into()),
            false => durable_create(&path, &self.vault()?.seal(body)?),
        };
        write().map_err(|error| StoreError::from_io(&path, error))
    }

    /// What seals the secrets of this folder.
    pub fn vault(&self) -> io::Result<Vault> {
        Vault::open(&self.dir, || self.is_anything_sealed())
    }

    /// Whether something would be lost with the key. What cannot be looked at may be sealed.
    fn is_anything_sealed(&self) -> bool {
        let of_runs = fs::read_dir(self.dir.join("secrets")).into_iter().flatten().flatten();
        let is_sealed = |file: fs::DirEntry| file.path().extension().is_some_and(|kind| kind == SEALED);
        let kept = || self.store().and_then(|mut store| store.objects("Secret", None));
        of_runs.into_iter().any(is_sealed) || kept().map_or(true, |secrets| !secrets.is_empty())
    }

    /// Removes the secrets of a run that did not come to be.
    pub fn remove_secrets(&self, uid: &str) -> Result<(), StoreError> {
        for path in self.secrets_paths(uid)? {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(StoreError::from_io(&path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes secrets that were given with runs which never came to be: whoever made one was killed, or had no engine to
    /// give it to, after they were kept. Young ones stay, since their run may be made at this moment.
    pub fn sweep_secrets(&self) -> Result<(), StoreError> {
        let mut store = self.store()?;
        for entry in fs::read_dir(self.dir.join("secrets")).into_iter().flatten().flatten() {
            let modified = entry.metadata().and_then(|found| found.modified());
            let is_old = modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > MADE_WITHIN));
            let path = entry.path();
            let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
            let uid = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let is_needed =
                matches!(kind, SEALED | PLAIN) && store.summary(&MachineId::workflow(uid))?.is_some();
            if is_old && !is_needed {
                // Whoever removed it first did the same.
                drop(fs::remove_file(&path));
            }
        }
        Ok(())
    }

    /// The secrets that were given with a run.
    pub fn secrets(&self, uid: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let [path, plain] = self.secrets_paths(uid)?;
        let read = |path: &Path| match fs::read(path) {
            Ok(body) => Ok(Some(body)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::from_io(path, error)),
        };
        let Some(sealed) = read(&path)? else { return read(&plain) };
        let vault = self.vault().map_err(|error| StoreError::from_io(&path, error))?;
        let reason = "it was sealed with another key than the one in `secrets.key`".to_owned();
        vault.unseal(&sealed).map(Some).ok_or(StoreError::Io { path, reason })
    }

    /// Removes the files of a run: its folder and its secrets. Not its journal, not its artifacts.
    pub fn remove_files(&self, uid: &str) -> Result<(), StoreError> {
        let folder = self.run_dir(uid)?;
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(StoreError::from_io(&folder, error));
            }
            _ => {}
        }
        self.remove_secrets(uid)
    }

    pub(crate) fn lock_path(&self, machine: &MachineId) -> Result<PathBuf, StoreError> {
        let name = format!("{}-{}.lock", self.file_name(&machine.kind)?, self.file_name(&machine.id)?);
        Ok(self.dir.join("owners").join(name))
    }

    /// Where the secrets of a run are, and where earlier releases wrote them as they are.
    fn secrets_paths(&self, uid: &str) -> Result<[PathBuf; 2], StoreError> {
        let name = self.file_name(uid)?;
        Ok([SEALED, PLAIN].map(|kind| self.dir.join("secrets").join(format!("{name}.{kind}"))))
    }

    /// Checks that a uid is the name of a file in its folder and of nothing else.
    fn file_name<'a>(&self, uid: &'a str) -> Result<&'a str, StoreError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !uid.is_empty() && uid.len() <= UID_BYTES_MAX && !uid.starts_with('.') && uid.bytes().all(plain) {
            Ok(uid)
        } else {
            Err(StoreError::Io { path: self.dir.clone(), reason: format!("`{uid}` cannot be a uid") })
        }
    }
}

fn create_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

const SEALED: &str = "sealed";

const PLAIN: &str = "json";

const ELSEWHERE: &str = "artifacts-of";

/// Where a namespace's artifacts lie, if `folder` is the store of the namespace `default`. Two namespaces have nothing in
/// common: a key of one says nothing about what it names in the other.
pub fn artifacts_of(folder: &Path, namespace: &str) -> PathBuf {
    if matches!(namespace, "" | "default") {
        return folder.to_owned();
    }
    // Names of namespaces are checked where they come in; whatever one is, it is one folder.
    let name = namespace.replace('/', "_");
    folder.with_file_name(ELSEWHERE).join(name.replace("..", "_"))
}

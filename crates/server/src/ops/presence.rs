//! How programs of the same user find the server of a state folder: its address, and a token of their own.

use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use tiphys_store::durable_write;

/// What a server tells about itself in its state folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Where it is reached from this machine.
    pub url: String,
    /// Its process.
    pub pid: u32,
    /// A certificate that it signed itself, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
}

impl Presence {
    /// The server that serves a state folder now; none if there is none.
    pub fn find(state: &Path) -> Option<Presence> {
        let lock = OpenOptions::new().read(true).open(state.join("server.lock")).ok()?;
        // Whoever gets the lock shows that no server has it.
        if lock.try_lock_shared().is_ok() {
            return None;
        }
        serde_json::from_slice(&std::fs::read(state.join("server.json")).ok()?).ok()
    }

    pub(crate) fn write(&self, state: &Path) -> io::Result<()> {
        durable_write(&state.join("server.json"), serde_json::to_string(self)?.as_bytes())
    }

    /// The token that programs of this user show, from the file that only they can read.
    pub fn token(state: &Path) -> Option<String> {
        let text = std::fs::read_to_string(token_path(state)).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// The file of the token of this user's programs.
pub(crate) fn token_path(state: &Path) -> PathBuf {
    state.join("server.token")
}

/// The token of this user's programs, made when it is not there. Removing the file makes a new one at the next start.
pub(crate) fn own_token(state: &Path, make: impl FnOnce() -> String) -> io::Result<String> {
    match Presence::token(state) {
        Some(token) => Ok(token),
        None => {
            let token = make();
            durable_write(&token_path(state), token.as_bytes())?;
            Ok(token)
        }
    }
}

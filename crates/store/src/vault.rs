//! Secrets at rest: sealed with a key that lies in a file of its own.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::durable::durable_write;

/// The file of the key, in the state folder.
const KEY: &str = "secrets.key";

/// Seals and opens what nobody but us may read.
pub struct Vault {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Vault {
    /// Opens the vault of a state folder. Its key is made when it is not there and nothing is sealed: with another key
    /// what is sealed could never be opened again.
    pub fn open(dir: &Path, is_anything_sealed: impl FnOnce() -> bool) -> io::Result<Vault> {
        let path = dir.join(KEY);
        let random = SystemRandom::new();
        let bytes = match fs::read(&path) {
            // A release that wrote it in place may have been killed before it had.
            Ok(bytes) if !bytes.is_empty() => bytes,
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ if is_anything_sealed() => {
                return Err(io::Error::new(
                    ErrorKind::NotFound,
                    format!(
                        "{path} is missing or empty, and the Secrets of this state folder are sealed with it: put it \
                         back from a backup. If it is lost, make a new one with `head -c 32 /dev/urandom > {path}` and \
                         apply every Secret again",
                        path = path.display()
                    ),
                ));
            }
            _ => make_key(&path, &random)?,
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| {
            io::Error::other(format!("{} is not the key of this state folder", path.display()))
        })?;
        Ok(Vault { key: LessSafeKey::new(key), random })
    }

    /// What only [`Vault::unseal`] can read.
    pub fn seal(&self, body: &[u8]) -> io::Result<Vec<u8>> {
        let failed = |_| io::Error::other("the machine gives no random bytes");
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(failed)?;
        let mut sealed = body.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(unique, Aad::empty(), &mut sealed).map_err(failed)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed; none if it was not, or with another key.
    pub fn unseal(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        Some(self.key.open_in_place(nonce, Aad::empty(), &mut body).ok()?.to_vec())
    }
}

/// Makes the key, whole or not at all. Of processes that want one at once, the first makes it and the others take that.
fn make_key(path: &Path, random: &SystemRandom) -> io::Result<Vec<u8>> {
    let folder = File::open(path.parent().unwrap_or(Path::new(".")))?;
    folder.lock()?;
    match fs::read(path) {
        Ok(bytes) if !bytes.is_empty() => return Ok(bytes),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut bytes = vec![0; CHACHA20_POLY1305.key_len()];
    random.fill(&mut bytes).map_err(|_| io::Error::other("the machine gives no random bytes"))?;
    durable_write(path, &bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::Vault;

    /// Whoever comes first makes the key, and what any of them seals each of them can open.
    #[test]
    fn all_who_make_the_key_at_once_have_the_same() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let all: Vec<Vault> = std::thread::scope(|scope| {
                let open = || Vault::open(folder.path(), || false).unwrap();
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let later = Vault::open(folder.path(), || true).unwrap();
            for vault in &all {
                assert_eq!(later.unseal(&vault.seal(b"word").unwrap()).as_deref(), Some(b"word".as_slice()));
            }
        }
    }
}

//! Secrets at rest: sealed with a key that lies in a file of its own.

use crate::fault::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::path::Path;
use tiphys_store::durable_write;

/// Seals and opens the bodies of Secrets.
pub(crate) struct Vault {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Vault {
    /// Opens the vault of a state folder. Its key is made when it is not there and nothing is sealed: with another key
    /// what is sealed could never be opened again.
    pub(crate) fn open(dir: &Path, is_anything_sealed: bool) -> Result<Vault, std::io::Error> {
        let path = dir.join("secrets.key");
        let random = SystemRandom::new();
        let found = match std::fs::read(&path) {
            // A release that wrote it in place may have been killed before it had.
            Ok(bytes) => Some(bytes).filter(|bytes| !bytes.is_empty()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let bytes = match found {
            Some(bytes) => bytes,
            None if is_anything_sealed => {
                return Err(std::io::Error::new(
                    ErrorKind::NotFound,
                    format!(
                        "{path} is missing or empty, and the Secrets of this state folder are sealed with it: put it \
                         back from a backup. If it is lost, make a new one with `head -c 32 /dev/urandom > {path}` and \
                         apply every Secret again",
                        path = path.display()
                    ),
                ));
            }
            None => {
                let mut bytes = vec![0; CHACHA20_POLY1305.key_len()];
                random
                    .fill(&mut bytes)
                    .map_err(|_| std::io::Error::other("the machine gives no random bytes"))?;
                durable_write(&path, &bytes)?;
                bytes
            }
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| {
            std::io::Error::other(format!("{} is not the key of this state folder", path.display()))
        })?;
        Ok(Vault { key: LessSafeKey::new(key), random })
    }

    /// Whether a kept document is of a Secret that is sealed.
    pub(crate) fn is_sealed(body: &[u8]) -> bool {
        serde_json::from_slice::<Value>(body).is_ok_and(|document| document.get("sealed").is_some())
    }

    /// The document of a Secret with its values sealed. Its name and labels stay readable.
    pub(crate) fn seal(&self, mut document: Value) -> Result<Value, Fault> {
        let Value::Object(fields) = &mut document else { return Ok(document) };
        let open = json!({ "data": fields.remove("data"), "stringData": fields.remove("stringData") });
        let keys: Vec<String> = [&open["data"], &open["stringData"]]
            .into_iter()
            .filter_map(Value::as_object)
            .flat_map(|map| map.keys().cloned())
            .collect();
        let mut nonce = [0; NONCE_LEN];
        let failed = |_| Fault::internal("the secret cannot be sealed");
        self.random.fill(&mut nonce).map_err(failed)?;
        let mut body = open.to_string().into_bytes();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut body)
            .map_err(failed)?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut body);
        fields.insert("sealed".to_owned(), json!(STANDARD.encode(sealed)));
        fields.insert("keys".to_owned(), json!(keys));
        Ok(document)
    }

    /// What [`Vault::seal`] sealed.
    pub(crate) fn unseal(&self, mut document: Value) -> Result<Value, Fault> {
        let broken =
            || Fault::internal("a secret cannot be opened: the key file is not the one it was sealed with");
        let Value::Object(fields) = &mut document else { return Ok(document) };
        fields.remove("keys");
        let Some(sealed) = fields.remove("sealed") else { return Ok(document) };
        let bytes = sealed.as_str().and_then(|text| STANDARD.decode(text).ok()).ok_or_else(broken)?;
        if bytes.len() < NONCE_LEN {
            return Err(broken());
        }
        let (nonce, body) = bytes.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut body = body.to_vec();
        let open = self.key.open_in_place(nonce, Aad::empty(), &mut body).map_err(|_| broken())?;
        let values: Value = serde_json::from_slice(open).map_err(|_| broken())?;
        for field in ["data", "stringData"] {
            if values[field].is_object() {
                fields.insert(field.to_owned(), values[field].clone());
            }
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests;

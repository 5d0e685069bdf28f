//! Secrets as documents: their values sealed, everything else readable.

use crate::fault::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tiphys_store::State;

/// Seals and opens the bodies of Secrets.
pub(crate) struct Vault(tiphys_store::Vault);

impl Vault {
    /// Opens the vault of a state folder.
    pub(crate) fn open(state: &State) -> Result<Vault, std::io::Error> {
        state.vault().map(Vault)
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
        let sealed = self.0.seal(open.to_string().as_bytes());
        let sealed =
            sealed.map_err(|error| Fault::internal(format!("the secret cannot be sealed: {error}")))?;
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
        let open = self.0.unseal(&bytes).ok_or_else(broken)?;
        let values: Value = serde_json::from_slice(&open).map_err(|_| broken())?;
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

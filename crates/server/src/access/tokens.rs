//! Tokens: shown once, kept as a hash, with a role, namespaces and an end.

use super::{Role, Who};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, RwLock};
use tiphys_store::{Catalog, Object, ObjectKey, StoreError};

/// The kind under which tokens lie in the catalog.
const KIND: &str = "tiphys.Token";

/// The beginning of every token, so that scanners find one that leaked.
const PREFIX: &str = "tph_";

/// The subject of the user who started the server.
const OWNER: &str = "owner";

/// A token as it is kept and listed; the token itself is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Token {
    /// Its name; the subject of whoever uses it.
    pub(crate) name: String,
    /// Its role.
    pub(crate) role: String,
    /// Where it is good; empty means everywhere.
    #[serde(default)]
    pub(crate) namespaces: Vec<String>,
    /// SHA-256 of the token, in hexadecimal; not listed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) hash: String,
    /// When it was made, in microseconds.
    pub(crate) created_us: i64,
    /// When it ends, in microseconds.
    #[serde(default)]
    pub(crate) expires_us: Option<i64>,
}

/// All tokens by their hash. The catalog is the truth; this is what requests are judged by.
#[derive(Default)]
pub(crate) struct Tokens {
    known: RwLock<BTreeMap<String, Token>>,
    /// Held from a change of the catalog to the same change here, so that they come in one order: a token that was
    /// revoked must not be known again by what somebody else read before.
    changing: Mutex<()>,
    /// The hash of the token of this user's own programs.
    own: RwLock<Option<String>>,
}

impl Tokens {
    /// Reads all tokens again.
    pub(crate) fn load(&self, store: &mut dyn Catalog) -> Result<(), StoreError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let objects: Vec<Object> = store.objects(KIND, None)?;
        let tokens = objects.iter().filter_map(|object| serde_json::from_slice::<Token>(&object.body).ok());
        let known = tokens.map(|token| (token.hash.clone(), token)).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    /// Makes a token and keeps its hash, in place of one of its name. The text is known to the caller only.
    pub(crate) fn create(&self, store: &mut dyn Catalog, token: Token) -> Result<String, StoreError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.keep(store, token)
    }

    /// As [`Tokens::create`], but none if the name is taken, also by somebody who takes it at the same moment.
    pub(crate) fn create_new(
        &self,
        store: &mut dyn Catalog,
        token: Token,
    ) -> Result<Option<String>, StoreError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_taken = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.values().any(|known| known.name == token.name)
        };
        if is_taken { Ok(None) } else { self.keep(store, token).map(Some) }
    }

    fn keep(&self, store: &mut dyn Catalog, mut token: Token) -> Result<String, StoreError> {
        let text = Tokens::fresh();
        token.hash = hash(&text);
        let key = ObjectKey { kind: KIND.to_owned(), namespace: String::new(), name: token.name.clone() };
        store.put_object(&key, &serde_json::to_vec(&token).unwrap_or_default(), None)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, other| other.name != token.name);
        known.insert(token.hash.clone(), token);
        Ok(text)
    }

    /// The text of a new token; nobody knows it yet.
    pub(crate) fn fresh() -> String {
        let random = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        format!("{PREFIX}{}{}", random[0].simple(), random[1].simple())
    }

    /// Lets whoever shows this token be the user who started the server.
    pub(crate) fn set_own(&self, text: &str) {
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = Some(hash(text));
    }

    /// Makes a token void. False if there is none of that name.
    pub(crate) fn revoke(&self, store: &mut dyn Catalog, name: &str) -> Result<bool, StoreError> {
        let key = ObjectKey { kind: KIND.to_owned(), namespace: String::new(), name: name.to_owned() };
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let was_there = store.delete_object(&key, None)?;
        self.known.write().unwrap_or_else(PoisonError::into_inner).retain(|_, token| token.name != name);
        Ok(was_there)
    }

    /// Removes tokens that ended; they were worth nothing already.
    pub(crate) fn forget_ended(&self, store: &mut dyn Catalog, now_us: i64) -> Result<(), StoreError> {
        let ended: Vec<String> = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let over = |token: &&Token| token.expires_us.is_some_and(|expires_us| expires_us <= now_us);
            known.values().filter(over).map(|token| token.name.clone()).collect()
        };
        ended.iter().try_for_each(|name| self.revoke(store, name).map(drop))
    }

    /// All tokens in the order of their names, without their hashes.
    pub(crate) fn list(&self) -> Vec<Token> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut tokens: Vec<Token> =
            known.values().map(|token| Token { hash: String::new(), ..token.clone() }).collect();
        tokens.sort_by(|left, right| left.name.cmp(&right.name));
        tokens
    }

    /// Whose token this is, if it is good now.
    pub(crate) fn find(&self, text: &str) -> Option<Who> {
        // Looked up by its hash, so that the time it takes tells nothing about other tokens.
        let hash = hash(text);
        if self.own.read().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(&hash) {
            return Some(Who::known(OWNER, Role::Admin, Vec::new()));
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let token = known.get(&hash)?;
        let now_us = jiff::Timestamp::now().as_microsecond();
        if token.expires_us.is_some_and(|expires_us| expires_us <= now_us) {
            return None;
        }
        Some(Who::known(&token.name, Role::parse(&token.role)?, token.namespaces.clone()))
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;

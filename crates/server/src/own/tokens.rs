//! Tokens: made, listed, revoked.

use crate::access::{Resource, Role, Token, Verb};
use crate::call::Call;
use crate::fault::{Code, Fault};
use crate::world::World;
use serde_json::{Value, json};

pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Fault> {
    call.who.may(Verb::List, Resource::Tokens, "", None)?;
    Ok(json!({ "items": world.tokens.list() }))
}

/// The answer is the only place where the token itself is ever shown.
pub(crate) fn create(world: &World, call: &Call) -> Result<Value, Fault> {
    call.who.may(Verb::Create, Resource::Tokens, "", None)?;
    let message = call.message()?;
    let name = message.text("name")?;
    let role = message.text("role")?;
    if name.is_empty() || name.len() > 253 || name.chars().any(char::is_control) {
        return Err(Fault::invalid("a token needs a name of at most 253 characters"));
    }
    if Role::parse(role).is_none() {
        return Err(Fault::invalid(format!(
            "`{role}` is no role: it is one of viewer, operator, admin, nobody"
        )));
    }
    let ttl = message.number("ttlSeconds")?;
    if ttl < 0 {
        return Err(Fault::invalid(format!("`ttlSeconds` cannot be {ttl}: 0, or none, is for ever")));
    }
    if ttl < 0 {
        return Err(Fault::invalid(format!(
            "`ttlSeconds` is {ttl}: give how many seconds the token is good, or 0 for a token without an end"
        )));
    }
    let now_us = world.now_us();
    let token = Token {
        name: name.to_owned(),
        role: role.to_owned(),
        namespaces: message.texts("namespaces")?,
        hash: String::new(),
        created_us: now_us,
        expires_us: (ttl > 0).then(|| now_us.saturating_add(ttl.saturating_mul(1_000_000))),
    };
    match world.store(|store| world.tokens.create_new(store, token))? {
        Some(text) => Ok(json!({ "name": name, "token": text })),
        None => Err(Fault::new(Code::AlreadyExists, format!("a token named `{name}` exists already"))),
    }
}

pub(crate) fn revoke(world: &World, call: &Call) -> Result<Value, Fault> {
    let name = call.param("name");
    call.who.may(Verb::Delete, Resource::Tokens, "", Some(name))?;
    if world.store(|store| world.tokens.revoke(store, name))? {
        Ok(json!({}))
    } else {
        Err(Fault::missing("tokens", name))
    }
}

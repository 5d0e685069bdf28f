//! Limits of locks, in a ConfigMap or in the database (API-280 to API-293).

use crate::access::{Resource, Verb};
use crate::argo::admit;
use crate::call::{Call, Message};
use crate::fault::{Code, Fault};
use crate::limits;
use crate::wire::{names, shape};
use crate::world::World;
use serde_json::{Value, json};
use tiphys_controller::locks::SYNC_LIMIT as KIND;
use tiphys_store::{Catalog as _, ObjectKey};

/// Where a limit is kept, and which one it is.
struct Place {
    namespace: String,
    database: bool,
    map: String,
    key: String,
}

impl Place {
    fn answer(&self, limit: i64) -> Value {
        let mut answer = json!({});
        if self.database {
            answer["type"] = json!(1);
        }
        for (field, text) in [("namespace", &self.namespace), ("cmName", &self.map), ("key", &self.key)] {
            if !text.is_empty() {
                answer[field] = json!(text);
            }
        }
        if limit != 0 {
            answer["limit"] = json!(limit);
        }
        answer
    }

    fn check(&self, world: &World) -> Result<(), Fault> {
        if !self.database && !self.map.is_empty() && !names::is_subdomain(&self.map) {
            return Err(Fault::invalid(names::flaw_of_name("ConfigMap", &self.map)));
        }
        if self.database && !world.options.sync_database {
            return Err(Fault::invalid("unsupported sync config type: DATABASE"));
        }
        Ok(())
    }

    fn may(&self, call: &Call, verb: Verb) -> Result<(), Fault> {
        let resource = if self.database { Resource::Workflows } else { Resource::Locks };
        call.who.may(verb, resource, &self.namespace, None).map_err(|fault| match fault.code {
            Code::PermissionDenied => Fault::new(
                Code::PermissionDenied,
                format!(
                    "Permission denied, you are not allowed to {} {} in namespace \"{}\".",
                    verb.name(),
                    resource.plural(),
                    self.namespace
                ),
            ),
            _ => fault,
        })
    }

    fn missing(&self) -> Fault {
        Fault::new(
            Code::NotFound,
            format!("Database sync limit not found in namespace \"{}\".", self.namespace),
        )
    }

    /// The limit in the database: a bare number, as whoever asks for the lock reads it.
    fn limit(&self, world: &World) -> Result<i64, Fault> {
        let key =
            ObjectKey { kind: KIND.to_owned(), namespace: self.namespace.clone(), name: self.key.clone() };
        let found = world.store(|store| store.object(&key))?.ok_or_else(|| self.missing())?;
        Ok(serde_json::from_slice(&found.body).unwrap_or(0))
    }

    fn config_map(&self, world: &World) -> Result<Value, Fault> {
        if self.map.is_empty() {
            return Err(Fault::internal("resource name may not be empty"));
        }
        world
            .object("ConfigMap", &self.namespace, &self.map)?
            .ok_or_else(|| Fault::missing("configmaps", &self.map))
    }

    /// Changes the ConfigMap of the limit: read, changed, and kept if nobody else kept it meanwhile; else once more.
    fn change(
        &self,
        world: &World,
        read: impl Fn() -> Result<Value, Fault>,
        change: impl Fn(&mut Value) -> Result<Changed, Fault>,
    ) -> Result<(), Fault> {
        for _ in 0..limits::RACES_MAX {
            let mut map = read()?;
            if change(&mut map)? == Changed::Nothing {
                return Ok(());
            }
            let mut version = 0;
            if let Value::Object(fields) = shape::entry(&mut map, "metadata") {
                let was = fields.remove("resourceVersion");
                version = was.and_then(|was| was.as_str()?.parse().ok()).unwrap_or(0);
            }
            if world.put("ConfigMap", &self.namespace, &self.map, &map, Some(version))?.is_some() {
                return Ok(());
            }
        }
        Err(Fault::new(
            Code::AlreadyExists,
            format!("the ConfigMap `{}` is changed all the time by others: try again", self.map),
        ))
    }
}

/// Whether a ConfigMap is another one now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changed {
    Nothing,
    Something,
}

fn of_message(call: &Call, message: &Message, key: &str) -> Result<(Place, i64), Fault> {
    let place = Place {
        namespace: call.namespace().to_owned(),
        database: is_database(message.number("type")?)?,
        map: message.text("cmName")?.to_owned(),
        key: key.to_owned(),
    };
    let limit = message.number("limit")?;
    if i32::try_from(limit).is_err() {
        return Err(Fault::invalid(format!(
            "json: cannot unmarshal number {limit} into field limit of type int32"
        )));
    }
    if limit <= 0 {
        return Err(Fault::invalid("limit must be greater than zero"));
    }
    Ok((place, limit))
}

/// Which of the two kinds of limits a number means.
fn is_database(kind: i64) -> Result<bool, Fault> {
    match kind {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(Fault::invalid(format!("unsupported sync config type: {other}"))),
    }
}

fn of_query(call: &Call) -> Result<Place, Fault> {
    let kind = match call.query.text("type") {
        "" => 0,
        text => text
            .parse::<i64>()
            .map_err(|_| Fault::invalid(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax")))?,
    };
    Ok(Place {
        namespace: call.namespace().to_owned(),
        database: is_database(kind)?,
        map: call.query.text("cmName").to_owned(),
        key: call.param("key").to_owned(),
    })
}

/// API-280.
pub(crate) fn create(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let (place, limit) = of_message(call, &message, message.text("key")?)?;
    place.check(world)?;
    place.may(call, Verb::Create)?;
    if place.database && place.key.is_empty() {
        return Err(Fault::invalid("key cannot be empty"));
    }
    let exists = || Fault::new(Code::AlreadyExists, "sync limit cannot be created as it already exists");
    if place.database {
        let kept = world.put(KIND, &place.namespace, &place.key, &json!(limit), Some(0))?;
        return kept.map(|_| place.answer(limit)).ok_or_else(exists);
    }
    if place.map.is_empty() {
        return Err(Fault::invalid(
            "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required",
        ));
    }
    if !names::is_config_key(&place.key) {
        return Err(Fault::invalid(format!(
            "ConfigMap \"{}\" is invalid: data[{}]: Invalid value: \"{}\": a valid config key must consist of \
             alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for \
             validation is '[-._a-zA-Z0-9]+')",
            place.map, place.key, place.key
        )));
    }
    world.require_namespace(&place.namespace, "configmaps")?;
    let read = || match world.object("ConfigMap", &place.namespace, &place.map)? {
        Some(map) => Ok(map),
        None => {
            let mut map = json!({ "metadata": { "name": place.map } });
            admit::name(world, &mut map, &place.namespace);
            Ok(map)
        }
    };
    place.change(world, read, |map| {
        if map["data"].get(&place.key).is_some() {
            return Err(exists());
        }
        shape::entry(map, "data")[&place.key] = json!(limit.to_string());
        Ok(Changed::Something)
    })?;
    Ok(place.answer(limit))
}

/// API-281.
pub(crate) fn get(world: &World, call: &Call) -> Result<Value, Fault> {
    let place = of_query(call)?;
    place.check(world)?;
    place.may(call, Verb::Get)?;
    if place.database {
        return place.limit(world).map(|limit| place.answer(limit));
    }
    let map = place.config_map(world)?;
    let Some(text) = map["data"][&place.key].as_str() else {
        return Err(Fault::new(
            Code::NotFound,
            format!("key {} not found in configmap {}/{}", place.key, place.namespace, place.map),
        ));
    };
    let limit = text.parse::<i64>().map_err(|_| {
        Fault::invalid(format!(
            "invalid limit format for key {} in configmap {}/{}",
            place.key, place.namespace, place.map
        ))
    })?;
    Ok(place.answer(limit))
}

/// API-282.
pub(crate) fn update(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let (place, limit) = of_message(call, &message, call.param("key"))?;
    place.check(world)?;
    place.may(call, Verb::Update)?;
    if place.database {
        place.limit(world)?;
        world.put(KIND, &place.namespace, &place.key, &json!(limit), None)?;
        return Ok(place.answer(limit));
    }
    place.change(
        world,
        || place.config_map(world),
        |map| {
            if map["data"].get(&place.key).is_none() {
                return Err(Fault::new(
                    Code::NotFound,
                    format!(
                        "key {} not found in configmap {}/{} - please create it first",
                        place.key, place.namespace, place.map
                    ),
                ));
            }
            map["data"][&place.key] = json!(limit.to_string());
            Ok(Changed::Something)
        },
    )?;
    Ok(place.answer(limit))
}

/// API-283.
pub(crate) fn delete(world: &World, call: &Call) -> Result<Value, Fault> {
    let place = of_query(call)?;
    place.check(world)?;
    // A key of a ConfigMap goes by an update of the map (API-292).
    place.may(call, if place.database { Verb::Delete } else { Verb::Update })?;
    if place.database {
        world.remove(KIND, &place.namespace, &place.key, None)?;
        return Ok(json!({}));
    }
    place.change(
        world,
        || place.config_map(world),
        |map| {
            let removed = map.get_mut("data").and_then(|data| data.as_object_mut()?.remove(&place.key));
            Ok(if removed.is_some() { Changed::Something } else { Changed::Nothing })
        },
    )?;
    Ok(json!({}))
}

#[cfg(test)]
mod tests;

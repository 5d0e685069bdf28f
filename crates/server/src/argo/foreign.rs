//! Objects of Argo Events, which do not exist here (API-252 to API-256, API-261, API-262).

use crate::access::{Resource, Verb};
use crate::argo::workflows::require_name;
use crate::call::Call;
use crate::fault::{Code, Fault};
use crate::route::Opened;
use crate::world::World;

/// One kind of them.
struct Kind {
    resource: Resource,
    /// The field of an update that holds one, and what it is called.
    field: &'static str,
    words: &'static str,
}

static EVENT_SOURCES: Kind =
    Kind { resource: Resource::EventSources, field: "eventSource", words: "event source" };
static SENSORS: Kind = Kind { resource: Resource::Sensors, field: "sensor", words: "sensor" };

impl Kind {
    /// What is said of one, or of all if none is named, to those who may ask.
    fn nowhere(&self, call: &Call, name: Option<&str>, verb: Verb, word: &str) -> Fault {
        if let Err(fault) = call.who.may(verb, self.resource, call.namespace(), name) {
            return fault;
        }
        let end = name.map(|name| format!(" {name}")).unwrap_or_default();
        let full = self.resource.full();
        Fault::new(
            Code::NotFound,
            format!("the server could not find the requested resource ({word} {full}{end})"),
        )
    }

    /// The same of the one that the path names.
    fn one(&self, call: &Call, verb: Verb, word: &str) -> Fault {
        let name = call.param("name");
        require_name(name).err().unwrap_or_else(|| self.nowhere(call, Some(name), verb, word))
    }

    /// The same of one that the body holds, which has to be a body first (API-024).
    fn created(&self, call: &Call) -> Result<Fault, Fault> {
        call.message()?.message(self.field)?.message("metadata")?.text("name")?;
        Ok(self.nowhere(call, None, Verb::Create, "post"))
    }

    /// The same of the one that the body names: the path's name counts for nothing (API-243).
    fn updated(&self, call: &Call) -> Result<Fault, Fault> {
        let message = call.message()?;
        if message.field(self.field).is_none() {
            return Err(Fault::invalid(format!("{} was not found in the request body", self.words)));
        }
        let metadata = message.message(self.field)?.message("metadata")?;
        let name = metadata.text("name")?;
        require_name(name)?;
        Ok(self.nowhere(call, Some(name), Verb::Update, "put"))
    }
}

/// Follows the logs of pods of which there are none: a stream in which nothing comes, until its reader leaves.
fn logs(call: &Call) -> Result<Opened, Fault> {
    let grep = call.query.text("grep");
    tiphys_expr::go_pattern(grep).map_err(Fault::internal)?;
    call.who.may(Verb::List, Resource::Logs, call.namespace(), None)?;
    Ok(Box::new(|_, _| Box::pin(std::future::pending())))
}

macro_rules! nowhere {
    ($module:ident, $kind:ident) => {
        pub(crate) mod $module {
            use super::{Call, Fault, Opened, Verb, World, $kind};
            use serde_json::Value;

            pub(crate) fn list(_: &World, call: &Call) -> Result<Value, Fault> {
                Err($kind.nowhere(call, None, Verb::List, "get"))
            }
            pub(crate) fn get(_: &World, call: &Call) -> Result<Value, Fault> {
                Err($kind.one(call, Verb::Get, "get"))
            }
            pub(crate) fn create(_: &World, call: &Call) -> Result<Value, Fault> {
                Err($kind.created(call)?)
            }
            pub(crate) fn update(_: &World, call: &Call) -> Result<Value, Fault> {
                Err($kind.updated(call)?)
            }
            pub(crate) fn delete(_: &World, call: &Call) -> Result<Value, Fault> {
                Err($kind.one(call, Verb::Delete, "delete"))
            }
            pub(crate) fn watch(_: &World, call: &Call) -> Result<Opened, Fault> {
                Err($kind.nowhere(call, None, Verb::Watch, "get"))
            }
            pub(crate) fn logs(_: &World, call: &Call) -> Result<Opened, Fault> {
                super::logs(call)
            }
        }
    };
}

nowhere!(event_sources, EVENT_SOURCES);
nowhere!(sensors, SENSORS);

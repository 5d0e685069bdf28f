//! Objects of Argo Events, which do not exist here (API-252 to API-256, API-261).

use crate::access::{Resource, Verb};
use crate::call::Call;
use crate::fault::{Code, Fault};
use crate::route::Opened;
use crate::world::World;
use serde_json::Value;

fn nowhere(call: &Call, resource: Resource, verb: Verb, word: &str) -> Fault {
    let name = call.param("name");
    let named = (!name.is_empty()).then_some(name);
    if let Err(fault) = call.who.may(verb, resource, call.namespace(), named) {
        return fault;
    }
    let end = named.map(|name| format!(" {name}")).unwrap_or_default();
    let full = resource.full();
    Fault::new(
        Code::NotFound,
        format!("the server could not find the requested resource ({word} {full}{end})"),
    )
}

macro_rules! nowhere {
    ($module:ident, $resource:ident) => {
        pub(crate) mod $module {
            use super::{Call, Fault, Opened, Resource, Value, Verb, World, nowhere};

            pub(crate) fn get(_: &World, call: &Call) -> Result<Value, Fault> {
                Err(nowhere(call, Resource::$resource, Verb::Get, "get"))
            }
            pub(crate) fn create(_: &World, call: &Call) -> Result<Value, Fault> {
                Err(nowhere(call, Resource::$resource, Verb::Create, "post"))
            }
            pub(crate) fn update(_: &World, call: &Call) -> Result<Value, Fault> {
                Err(nowhere(call, Resource::$resource, Verb::Update, "put"))
            }
            pub(crate) fn delete(_: &World, call: &Call) -> Result<Value, Fault> {
                Err(nowhere(call, Resource::$resource, Verb::Delete, "delete"))
            }
            pub(crate) fn watch(_: &World, call: &Call) -> Result<Opened, Fault> {
                Err(nowhere(call, Resource::$resource, Verb::Watch, "get"))
            }
        }
    };
}

nowhere!(event_sources, EventSources);
nowhere!(sensors, Sensors);

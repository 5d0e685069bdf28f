//! What the server is, and who asks (API-270 to API-275).

use crate::call::Call;
use crate::fault::Fault;
use crate::reply;
use crate::world::World;
use serde_json::{Map, Value, json};

pub(crate) fn info(world: &World, _: &Call) -> Result<Value, Fault> {
    // What may change while the server runs.
    let options = world.settings();
    let mut info = Map::new();
    if !options.links.is_empty() {
        info.insert("links".to_owned(), json!(options.links));
    }
    info.insert("modals".to_owned(), json!({ "feedback": true, "firstTimeUser": true, "newVersion": true }));
    if !options.nav_color.is_empty() {
        info.insert("navColor".to_owned(), json!(options.nav_color));
    }
    if !options.columns.is_empty() {
        info.insert("columns".to_owned(), json!(options.columns));
    }
    Ok(Value::Object(info))
}

pub(crate) fn version(_: &World, _: &Call) -> Result<Value, Fault> {
    Ok(json!({
        "version": reply::ARGO_VERSION,
        "buildDate": "",
        "gitCommit": "",
        "gitTag": reply::ARGO_VERSION,
        "gitTreeState": TREE_STATE,
        "goVersion": GO_VERSION,
        "compiler": COMPILER,
        "platform": platform(),
    }))
}

/// Where Argo tells the release of its language, we tell ours.
pub(crate) const GO_VERSION: &str = concat!("tiphys-", env!("CARGO_PKG_VERSION"));

pub(crate) const COMPILER: &str = "rustc";

pub(crate) const TREE_STATE: &str = "clean";

/// What we were built for.
pub(crate) fn platform() -> String {
    format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH)
}

pub(crate) fn userinfo(_: &World, call: &Call) -> Result<Value, Fault> {
    let subject = &call.who.subject;
    if subject.is_empty() {
        return Ok(json!({}));
    }
    let mut info = json!({ "issuer": "tiphys", "subject": subject });
    if let Some((namespace, name)) =
        subject.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
    {
        info["serviceAccountName"] = json!(name);
        info["serviceAccountNamespace"] = json!(namespace);
    }
    Ok(info)
}

pub(crate) fn tracking(_: &World, call: &Call) -> Result<Value, Fault> {
    call.message()?;
    Ok(json!({}))
}

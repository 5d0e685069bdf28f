//! `sync`: limits of semaphores (CLI-130).

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

use super::http::{Query, Server, encode};
use super::said::{count, needed, said};
use super::view::field;
use crate::print::to_stdout;

/// Set how many may hold a semaphore at once
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys sync create gpu --type database --limit 2
  tiphys sync update gpu --type database --limit 4
  tiphys sync get build --type configmap --cm-name limits
  tiphys sync delete gpu --type database")]
pub struct Args {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Subcommand)]
pub enum Action {
    /// Set a limit for the first time
    Create(LimitArgs),
    /// Change a limit
    Update(LimitArgs),
    /// Show a limit
    Get(KeyArgs),
    /// Remove a limit
    Delete(KeyArgs),
}

impl Action {
    /// The namespace that is named.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Action::Create(args) | Action::Update(args) => args.key.namespace.as_deref(),
            Action::Get(args) | Action::Delete(args) => args.namespace.as_deref(),
        }
    }
}

#[derive(ClapArgs)]
pub struct KeyArgs {
    /// The semaphore's key
    #[arg(value_name = "KEY")]
    pub keys: Vec<String>,
    /// Where the limit lies
    #[arg(long = "type", value_name = "database|configmap", default_value = "", hide_default_value = true)]
    pub kind: String,
    /// The ConfigMap it lies in
    #[arg(long, value_name = "NAME")]
    pub cm_name: Option<String>,
    /// Namespace of the semaphore
    #[arg(short, long)]
    pub namespace: Option<String>,
}

#[derive(ClapArgs)]
pub struct LimitArgs {
    #[command(flatten)]
    pub key: KeyArgs,
    /// How many may hold it at once
    #[arg(long, value_name = "N")]
    pub limit: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The state's own table
    Database,
    /// A ConfigMap
    Configmap,
}

impl Kind {
    /// Whatever the case of its letters.
    fn of(word: &str) -> Option<Kind> {
        [Kind::Database, Kind::Configmap].into_iter().find(|kind| kind.word().eq_ignore_ascii_case(word))
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Database => "database",
            Kind::Configmap => "configmap",
        }
    }
}

/// The key, where it lies, and the ConfigMap.
pub fn checked<'a>(args: &'a KeyArgs, verb: &str) -> anyhow::Result<(&'a str, Kind, &'a str)> {
    count(&args.keys, 1..=1, verb)?;
    let kind = Kind::of(&args.kind).ok_or_else(|| said("--type must be either 'database' or 'configmap'"))?;
    let map = args.cm_name.as_deref().unwrap_or_default();
    if kind == Kind::Configmap && map.is_empty() {
        return Err(said("--cm-name is required when type is configmap"));
    }
    Ok((&args.keys[0], kind, map))
}

/// How many may hold a semaphore of the server's database, if it tells.
pub fn database_limit(server: &Server, namespace: &str, key: &str) -> Option<u64> {
    let query: Query = vec![("type", number(Kind::Database).to_string())];
    let path = format!("/api/v1/sync/{}/{}", encode(namespace), encode(key));
    server.get(&path, &query).ok().and_then(|answer| u64::try_from(limit_of(&answer)).ok())
}

fn limit_of(answer: &Value) -> i64 {
    answer.get("limit").and_then(Value::as_i64).unwrap_or(0)
}

/// As the interface counts the kinds.
fn number(kind: Kind) -> i32 {
    i32::from(kind == Kind::Database)
}

/// The same for a limit that is set, with the limit. Argo looks at flags that are missing last.
pub fn checked_limit<'a>(args: &'a LimitArgs, verb: &str) -> anyhow::Result<(&'a str, Kind, &'a str, i32)> {
    let (key, kind, map) = checked(&args.key, verb)?;
    Ok((key, kind, map, args.limit.ok_or_else(|| needed("limit"))?))
}

/// What is printed of a limit. A database has no ConfigMap, whatever the flags say.
pub fn told(key: &str, kind: Kind, map: &str, namespace: &str, limit: i64) -> String {
    let map = if kind == Kind::Database { String::new() } else { format!("ConfigMap Name: {map}\n") };
    format!("Key: {key}\nType: {}\n{map}Namespace: {namespace}\nLimit: {limit}\n", kind.word())
}

pub fn sync(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    let space = encode(&server.namespace);
    let failed = |what: &str, error: anyhow::Error| said(format!("failed to {what} sync limit: {error}"));
    match &args.action {
        Action::Create(args) => {
            let (key, kind, map, limit) = checked_limit(args, "sync create")?;
            let body = json!({ "type": number(kind), "namespace": server.namespace, "cmName": map, "key": key, "limit": limit });
            let answer = server
                .post(&format!("/api/v1/sync/{space}"), &body)
                .map_err(|error| failed("create", error))?;
            to_stdout(&format!(
                "Sync limit created\n{}",
                told(key, kind, map, &server.namespace, limit_of(&answer))
            ));
        }
        Action::Update(args) => {
            let (key, kind, map, limit) = checked_limit(args, "sync update")?;
            let body = json!({ "type": number(kind), "namespace": server.namespace, "cmName": map, "key": key, "limit": limit });
            let path = format!("/api/v1/sync/{space}/{}", encode(key));
            let answer = server.put(&path, &body).map_err(|error| failed("update", error))?;
            to_stdout(&format!(
                "Sync limit updated\n{}",
                told(key, kind, map, &server.namespace, limit_of(&answer))
            ));
        }
        Action::Get(args) => {
            let (key, kind, map) = checked(args, "sync get")?;
            let query: Query = vec![("cmName", map.to_owned()), ("type", number(kind).to_string())];
            let path = format!("/api/v1/sync/{space}/{}", encode(key));
            let answer = server.get(&path, &query).map_err(|error| failed("get", error))?;
            let namespace = match field(&answer, "/namespace") {
                "" => &server.namespace,
                namespace => namespace,
            };
            to_stdout(&told(key, kind, map, namespace, limit_of(&answer)));
        }
        Action::Delete(args) => {
            let (key, kind, map) = checked(args, "sync delete")?;
            let query: Query = vec![("cmName", map.to_owned()), ("type", number(kind).to_string())];
            let path = format!("/api/v1/sync/{space}/{}", encode(key));
            server.delete(&path, &query).map_err(|error| failed("delete", error))?;
            to_stdout("Sync limit deleted\n");
        }
    }
    Ok(ExitCode::SUCCESS)
}

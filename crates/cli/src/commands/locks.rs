//! `tiphys locks`: who holds which lock, and who waits; `tiphys sync`: the limits of semaphores in the state.

use clap::Args as ClapArgs;
use serde_json::Value;
use std::process::ExitCode;
use tiphys_controller::locks::{SYNC_LIMIT, all};
use tiphys_engine::Time;
use tiphys_engine::locks::Holder;
use tiphys_store::{Catalog, ObjectKey};

use crate::output::DataFormat;
use crate::print::{Paint, clean_line, duration, table, to_stdout};
use crate::problem::problem;
use crate::remote::{self, Connect, Server, SyncAction, SyncArgs, checked, told};
use crate::state::{Local, now};
use crate::verb::Verb;

/// Show who holds which mutex or semaphore, and who waits for it
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys locks
  tiphys locks -o json")]
pub struct Args {
    /// Only this namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Print an object for programs
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<DataFormat>,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        there(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        run(self)
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut local = Local::open_to_read()?;
    let mut locks = all(&mut local.store)?;
    locks.retain(|name, _| {
        args.namespace.as_ref().is_none_or(|namespace| name.split('/').next() == Some(namespace))
    });
    match args.output {
        Some(format) => format.print(&serde_json::to_value(&locks)?)?,
        None => {
            let shown = |who: &Holder| Row { name: who.name.clone(), since: who.since() };
            let entries = locks.iter().map(|(name, lock)| Entry {
                name: name.clone(),
                limit: lock.limit.to_string(),
                holders: lock.holders.iter().map(shown).collect(),
                waiters: lock.waiters.iter().map(shown).collect(),
            });
            show(&entries.collect::<Vec<_>>());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The same, told by a server.
fn there(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    let query = args.namespace.iter().map(|namespace| ("namespace", namespace.clone())).collect();
    let told = server.get("/api/tiphys/v1/locks", &query)?;
    match args.output {
        Some(format) => format.print(&told["items"])?,
        None => {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let row = |who: &Value| Row {
                name: [&who["namespace"], &who["run"], &who["node"]]
                    .into_iter()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>()
                    .join("/"),
                since: Time::parse(&text(&who["since"])).unwrap_or_else(now),
            };
            let rows = |list: &Value| list.as_array().into_iter().flatten().map(row).collect();
            let entries = told["items"].as_array().into_iter().flatten().map(|lock| Entry {
                name: text(&lock["key"]),
                limit: lock["limit"].to_string(),
                holders: rows(&lock["holders"]),
                waiters: rows(&lock["waiters"]),
            });
            show(&entries.collect::<Vec<_>>());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A lock as it is shown.
struct Entry {
    name: String,
    limit: String,
    holders: Vec<Row>,
    waiters: Vec<Row>,
}

/// Who holds a lock or waits for it.
struct Row {
    name: String,
    since: Time,
}

fn show(locks: &[Entry]) {
    if locks.is_empty() {
        return to_stdout("Nobody holds a lock, and nobody waits for one\n");
    }
    let paint = Paint::stdout();
    let now = now();
    let mut rows = vec![["LOCK", "HELD", "WHO", "SINCE"].map(str::to_owned).to_vec()];
    for lock in locks {
        let mut lock_name = clean_line(lock.name.as_bytes());
        let mut held = format!("{}/{}", lock.holders.len(), lock.limit);
        let row = |who: &Row, state: &str| {
            let since = duration(now.since_us(who.since) / 1_000_000);
            vec![format!("{} {state}", clean_line(who.name.as_bytes())), since]
        };
        let holders = lock.holders.iter().map(|who| row(who, &paint.good("holds it")));
        let waiters = lock.waiters.iter().map(|who| row(who, &paint.warn("waits")));
        for who in holders.chain(waiters) {
            let mut cells = vec![std::mem::take(&mut lock_name), std::mem::take(&mut held)];
            cells.extend(who);
            rows.push(cells);
        }
    }
    to_stdout(&table(&rows, 3));
}

/// `tiphys sync`, with the namespace that the connection names.
pub struct Sync<'a> {
    pub args: &'a SyncArgs,
    pub connect: &'a Connect,
}

impl Verb for Sync<'_> {
    fn namespace(&self) -> Option<&str> {
        self.args.action.namespace()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::sync(server, self.args)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        sync(self.connect, self.args)
    }
}

/// How many may hold a semaphore of the database at once, if the state knows.
pub fn database_limit(store: &mut impl Catalog, namespace: &str, key: &str) -> Option<u64> {
    let kept = store.object(&limit_key(namespace, key)).ok()??;
    String::from_utf8_lossy(&kept.body).trim().parse().ok()
}

fn limit_key(namespace: &str, key: &str) -> ObjectKey {
    ObjectKey { kind: SYNC_LIMIT.to_owned(), namespace: namespace.to_owned(), name: key.to_owned() }
}

/// Limits of database semaphores in the state of this machine.
fn sync(connect: &Connect, args: &SyncArgs) -> anyhow::Result<ExitCode> {
    let mut local = match &args.action {
        SyncAction::Get(_) => Local::open_to_read()?,
        SyncAction::Create(_) | SyncAction::Update(_) | SyncAction::Delete(_) => Local::open()?,
    };
    let key_args = match &args.action {
        SyncAction::Create(args) | SyncAction::Update(args) => &args.key,
        SyncAction::Get(args) | SyncAction::Delete(args) => args,
    };
    let (key, kind, map) = checked(key_args, "sync")?;
    if !map.is_empty() {
        return Err(problem(
            "limits in ConfigMaps lie on a server, or in the files of a run",
            "`--type database` sets a limit for the runs of this machine; name a server with `-s`",
        ));
    }
    let namespace = connect.namespace(key_args.namespace.as_deref());
    let object = limit_key(&namespace, key);
    let there = local.store.object(&object)?;
    let known = there.as_ref().and_then(|there| String::from_utf8_lossy(&there.body).trim().parse().ok());
    let missing = || {
        problem(
            format!("there is no limit `{key}` in namespace `{namespace}`"),
            format!("`tiphys sync create {key} --type database --limit N` sets one"),
        )
    };
    let mut put = |limit: i64, what: &str| -> anyhow::Result<()> {
        if limit <= 0 {
            return Err(problem("a limit is greater than zero", "give it with `--limit N`"));
        }
        local.store.put_object(&object, limit.to_string().as_bytes(), None)?;
        to_stdout(&format!("Sync limit {what}\n{}", told(key, kind, map, &namespace, limit)));
        Ok(())
    };
    match &args.action {
        SyncAction::Create(_) if there.is_some() => {
            return Err(problem(
                format!("there is a limit `{key}` already"),
                format!("`tiphys sync update {key} --type database --limit N` changes it"),
            ));
        }
        SyncAction::Create(args) => put(i64::from(args.limit.unwrap_or(0)), "created")?,
        SyncAction::Update(_) if there.is_none() => return Err(missing()),
        SyncAction::Update(args) => put(i64::from(args.limit.unwrap_or(0)), "updated")?,
        SyncAction::Get(_) => {
            to_stdout(&told(key, kind, map, &namespace, known.ok_or_else(missing)?));
        }
        SyncAction::Delete(_) => {
            local.store.delete_object(&object, None)?;
            to_stdout("Sync limit deleted\n");
        }
    }
    Ok(ExitCode::SUCCESS)
}

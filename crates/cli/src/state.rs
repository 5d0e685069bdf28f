//! The state folder of local runs, and the runs in it.

use anyhow::Context;
use std::path::PathBuf;
use tiphys_controller::Kept;
use tiphys_controller::shard::decode;
use tiphys_engine::{Frozen, Run, Time, compile};
use tiphys_spec::similar;
use tiphys_store::{
    Filter, Journal, MachineId, NameMatch, Record, Runs, SqliteStore, State, StoreError, Summary,
};

use crate::problem::problem;
use crate::world::World;

/// Most names that a suggestion is looked for in.
const NAMES_MAX: usize = 1_000;

/// Most names that are suggested.
const SUGGESTIONS_MAX: usize = 3;

/// Where the state is: `$TIPHYS_STATE_DIR`, else `$XDG_STATE_HOME/tiphys`, else `~/.local/state/tiphys`.
pub fn dir() -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = set("TIPHYS_STATE_DIR") {
        return Ok(dir);
    }
    if let Some(dir) = set("XDG_STATE_HOME") {
        return Ok(dir.join("tiphys"));
    }
    set("HOME").map(|home| home.join(".local/state/tiphys")).ok_or_else(|| {
        problem(
            "there is no place for the state: neither TIPHYS_STATE_DIR, XDG_STATE_HOME nor HOME is set",
            "set TIPHYS_STATE_DIR to a folder that may be written",
        )
    })
}

/// An open state folder.
pub struct Local {
    pub state: State,
    pub store: SqliteStore,
}

impl Local {
    /// Opens the state folder; it is made when it is not there.
    pub fn open() -> anyhow::Result<Local> {
        let state = State::open(&dir()?)?;
        let store = state.store()?;
        Ok(Local { state, store })
    }

    /// Opens the state folder to look at it: one that may not be written will do.
    pub fn open_to_read() -> anyhow::Result<Local> {
        let dir = dir()?;
        let state = match State::open(&dir) {
            Err(error @ StoreError::ReadOnly { .. }) if dir.join("tiphys.db").exists() => {
                // If it may not be read either, that it cannot be written is no help.
                State::open_to_read(&dir).map_err(|other| match other {
                    StoreError::ReadOnly { .. } => error,
                    other => other,
                })?
            }
            state => state?,
        };
        let store = state.store()?;
        Ok(Local { state, store })
    }

    /// The run of that name, or `@latest`. Without a namespace it is looked for in all.
    pub fn find(&mut self, name: &str, namespace: Option<&str>) -> anyhow::Result<Summary> {
        match self.there(name, namespace)? {
            Some(run) => Ok(run),
            None => Err(self.unknown(name, namespace)?),
        }
    }

    /// The same; none if it is not there.
    pub fn there(&mut self, name: &str, namespace: Option<&str>) -> anyhow::Result<Option<Summary>> {
        let exact = NameMatch::Exact(name.to_owned());
        let (name_match, limit) = if name == "@latest" { (None, 1) } else { (Some(exact), NAMES_MAX) };
        let namespace = namespace.map(str::to_owned);
        let mut found =
            self.store.list(&Filter { namespace, name: name_match, limit, ..Filter::default() })?;
        if found.len() > 1 {
            let homes: Vec<&str> = found.iter().map(|run| run.namespace.as_str()).collect();
            return Err(problem(
                format!("there are runs named `{name}` in the namespaces {}", homes.join(", ")),
                "say which one with `-n NAMESPACE`",
            ));
        }
        Ok(found.pop())
    }

    /// Says that a run is not there, with those that may be meant.
    pub fn unknown(&mut self, name: &str, namespace: Option<&str>) -> anyhow::Result<anyhow::Error> {
        let filter =
            Filter { namespace: namespace.map(str::to_owned), limit: NAMES_MAX, ..Filter::default() };
        let known = self.store.list(&filter)?;
        let beginning: Vec<String> = known
            .iter()
            .filter(|run| !name.is_empty() && run.name.starts_with(name))
            .map(|run| format!("`{}`", run.name))
            .collect();
        let help = match similar(name, known.iter().map(|run| run.name.as_str())) {
            _ if beginning.len() > SUGGESTIONS_MAX => {
                format!(
                    "the names of {} runs begin so; `tiphys list --prefix {name}` shows them",
                    beginning.len()
                )
            }
            _ if !beginning.is_empty() => format!("did you mean {}?", beginning.join(" or ")),
            Some(close) => format!("did you mean `{close}`?"),
            None if known.is_empty() => {
                "nothing was run here yet; `tiphys run FILE` runs something".to_owned()
            }
            None => "`tiphys list` shows all runs".to_owned(),
        };
        let home = namespace.map(|namespace| format!(" in namespace `{namespace}`")).unwrap_or_default();
        Ok(problem(format!("there is no run named `{name}`{home}"), help))
    }

    /// The documents of a run and the world it was meant for.
    pub fn kept(&mut self, run: &Summary) -> anyhow::Result<(Frozen, World)> {
        let body = self
            .store
            .document(&MachineId::workflow(&*run.uid))?
            .with_context(|| format!("run `{}` has no document", run.name))?;
        let kept =
            Kept::read(&body).with_context(|| format!("the document of `{}` cannot be read", run.name))?;
        let world = World::read(&kept.world)
            .with_context(|| format!("how `{}` was meant to run cannot be read", run.name))?;
        Ok((kept.frozen.into_owned(), world))
    }

    /// A run folded from its journal.
    pub fn load(&mut self, summary: &Summary) -> anyhow::Result<Loaded> {
        let (frozen, _) = self.kept(summary)?;
        let plan = compile(&frozen).map_err(|error| {
            problem(
                format!("the document of `{}` cannot be compiled any more: {error}", summary.name),
                "the release that submitted it can still continue it",
            )
        })?;
        let mut run = Run::new(plan.into());
        let machine = MachineId::workflow(&*summary.uid);
        let records = self.store.load(&machine)?.unwrap_or_default().records;
        let mut seq = 0;
        for record in &records {
            apply(&mut run, record)?;
            seq = record.seq;
        }
        Ok(Loaded { frozen, run, seq })
    }

    /// Whether some process drives the run now: its id, 0 if it has not said so yet.
    pub fn driver(&self, uid: &str) -> Result<Option<u32>, StoreError> {
        let owner = self.state.owner_of(&MachineId::workflow(uid))?;
        Ok(owner.map(|owner| owner.pid.unwrap_or(0)))
    }
}

/// A run folded from its journal, with what it was made of.
pub struct Loaded {
    pub frozen: Frozen,
    pub run: Run,
    /// The last record that is folded in.
    pub seq: u64,
}

/// Folds one record into a run.
pub fn apply(run: &mut Run, record: &Record) -> anyhow::Result<()> {
    for event in decode(record).map_err(anyhow::Error::msg)? {
        run.apply(Time(record.at_us), &event);
    }
    Ok(())
}

/// Now, in microseconds since 1970.
pub fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Time(since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX)))
}

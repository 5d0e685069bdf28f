//! A run that is about to be created: all that is known of it before it exists.
//!
//! Worked out by whoever orders the run, on a thread of their own: the engine's only thread takes it as it is.

use crate::handle::{Done, Order, Update};
use crate::refused::Refused;
use crate::submit::{self, Kept};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use tiphys_engine::{Frozen, Plan, Time, compile};
use tiphys_spec as spec;
use tiphys_store::{MachineId, NewRun, State};

/// A run that is about to be created.
pub(crate) struct Draft {
    /// What the store is to keep.
    pub(crate) run: NewRun,
    pub(crate) plan: Plan,
    pub(crate) frozen: Frozen,
    pub(crate) secrets: Vec<spec::Secret>,
    pub(crate) files: BTreeMap<String, PathBuf>,
    pub(crate) done: Done,
    pub(crate) follower: Option<Sender<Update>>,
}

impl Draft {
    /// The run, if secrets were kept for it.
    pub(crate) fn secret_of(&self) -> Option<String> {
        (!self.secrets.is_empty()).then(|| self.run.machine.id.clone())
    }

    /// What an order comes to, for an engine of this name. The error is for whoever ordered.
    pub(crate) fn new(
        order: Order,
        done: Done,
        engine: &str,
        state: &State,
        now: Time,
    ) -> Result<Draft, Refused> {
        let ours = |error: serde_json::Error| Refused::Bug(error.to_string());
        let Order { mut frozen, secrets, files, world, follower } = order;
        submit::name(&mut frozen.workflow, now);
        let plan = compile(&frozen).map_err(Refused::Invalid)?;
        // With the label of the template that it refers to: a run is found by what it shows (EX-099).
        let mut summary = submit::summary(&plan.workflow, now);
        engine.clone_into(&mut summary.engine);
        let kept =
            Kept { frozen: Cow::Borrowed(&frozen), world: Cow::Borrowed(&world), done: Cow::Borrowed(&done) };
        let document = serde_json::to_vec(&kept).map_err(ours)?;
        if !secrets.is_empty() {
            let body = serde_json::to_vec(&secrets).map_err(ours)?;
            state.put_secrets(&summary.uid, &body)?;
        }
        let run = NewRun { machine: MachineId::workflow(summary.uid.clone()), document, summary };
        Ok(Draft { run, plan, frozen, secrets, files, done, follower })
    }
}

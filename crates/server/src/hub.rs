//! What changed, for everybody who watches: one reader of the controller, many readers of the hub.

use crate::limits;
use crate::wire::shape;
use crate::world::World;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tiphys_controller::Update;
use tokio::sync::broadcast;

/// How long changes of a run are gathered before they are told.
const GATHER: Duration = Duration::from_millis(15);

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Modified,
    Deleted,
}

/// A changed workflow.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) change: Change,
    pub(crate) workflow: Arc<Value>,
}

/// The place where changes are told.
pub(crate) struct Hub {
    workflows: broadcast::Sender<News>,
}

impl Hub {
    pub(crate) fn new() -> Hub {
        Hub { workflows: broadcast::channel(limits::STREAM_BACKLOG_MAX).0 }
    }

    /// Hears of every change from now on.
    pub(crate) fn watch(&self) -> broadcast::Receiver<News> {
        self.workflows.subscribe()
    }

    pub(crate) fn tell(&self, change: Change, workflow: Value) {
        // Nobody watches: nobody need be told.
        drop(self.workflows.send(News { change, workflow: Arc::new(workflow) }));
    }

    fn is_watched(&self) -> bool {
        self.workflows.receiver_count() > 0
    }
}

/// Turns what the controller tells into changes of whole objects, until the controller is gone.
pub(crate) fn run(world: &Weak<World>, updates: &Receiver<Update>) {
    let mut changed: BTreeSet<String> = BTreeSet::new();
    let mut due = Instant::now();
    loop {
        let update = if changed.is_empty() {
            updates.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            updates.recv_timeout(due.saturating_duration_since(Instant::now()))
        };
        let Some(world) = world.upgrade() else { return };
        match update {
            Ok(Update::Recorded(recorded)) => {
                if world.hub.is_watched() {
                    if changed.is_empty() {
                        due = Instant::now() + GATHER;
                    }
                    changed.insert(recorded.uid);
                }
                if Instant::now() < due {
                    continue;
                }
            }
            Ok(Update::Ended(document)) => {
                world.metrics.ended(&document);
                if let Some(uid) = document.pointer("/metadata/uid").and_then(Value::as_str) {
                    changed.remove(uid);
                }
                if world.hub.is_watched() {
                    world.hub.tell(Change::Modified, shape::live((*document).clone(), &world));
                }
                continue;
            }
            Ok(_) => continue,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        for uid in std::mem::take(&mut changed) {
            // A run that ended in the meantime tells its end itself.
            if let Ok(Some(document)) = world.controller.status(&uid) {
                world.hub.tell(Change::Modified, shape::live(document, &world));
            }
        }
    }
}

//! Who has the places that a step or a run waits for: known to the engine that gives them, not to the journal of a run.

use super::why::{Answer, LISTED_MAX};
use crate::workflow::{NodeIx, NodeKind, Phase, Run};

/// What waits for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A step, for one to run in.
    Step,
    /// A run, for its turn to begin.
    Run,
}

/// The places of an engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// How many there are, where that is known.
    pub of: Option<usize>,
    /// Who has one: `namespace/run/node`, or `namespace/run`.
    pub taken_by: Vec<String>,
    /// How many get one before whoever asks, where that is known.
    pub ahead: Option<usize>,
    /// What else holds it up, in words: a limit on how fast steps are started.
    pub held: Option<String>,
}

impl Run {
    /// Whether the run waits for its turn at the door of its engine (EX-060).
    pub fn is_postponed(&self) -> bool {
        let has_message = self.message.as_deref().is_some_and(|message| !message.is_empty());
        self.started.is_none() && !self.is_ended() && !self.waits_for_locks() && has_message
    }

    /// Whether a step has passed its gates and waits for a place to run in.
    pub fn wants_place(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        node.kind == NodeKind::Pod
            && node.phase == Phase::Pending
            && node.gate.is_none()
            && node.message.is_none()
    }

    /// Whether a node is a daemon that runs and that nobody can use yet (EX-370).
    pub fn is_unready(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        node.phase == Phase::Running && !node.daemoned && self.is_daemon(ix)
    }

    /// The steps of this run that have a place, as far as its journal tells; a daemon gives its place back (EX-370).
    pub fn placed(&self) -> Vec<String> {
        let has_place = |ix: &NodeIx| {
            let node = self.node(*ix);
            node.kind == NodeKind::Pod && node.phase == Phase::Running && !node.daemoned
        };
        let name = |ix| format!("{}/{}/{}", self.plan.namespace, self.plan.name, self.name(ix));
        self.indices().filter(has_place).take(LISTED_MAX).map(name).collect()
    }
}

impl Answer {
    /// Takes in who has the places that are waited for.
    pub fn tell_places(&mut self, places: Places) {
        let Some(wanted) = self.wants else { return };
        let all = match places.of {
            Some(of) if places.taken_by.len() >= of => format!("all {of} of them are taken"),
            Some(of) => format!("{} of {of} are taken", places.taken_by.len()),
            None => format!("{} are taken", places.taken_by.len()),
        };
        let place = match wanted {
            Wanted::Step => "it waits for a place to run in",
            Wanted::Run => "it waits for a place: as many runs go on as the server's settings let",
        };
        self.because = match (&places.held, places.taken_by.is_empty()) {
            (Some(held), _) => format!("it waits to be started: {held}"),
            (None, true) => return,
            (None, false) => format!("{place}; {all}"),
        };
        match places.ahead {
            Some(0) => self.because.push_str(", and it is the next"),
            Some(1) => self.because.push_str(", and one comes before it"),
            Some(ahead) => self.because.push_str(&format!(", and {ahead} come before it")),
            None => {}
        }
        self.taken_by = places.taken_by;
        self.taken_by.truncate(LISTED_MAX);
    }
}

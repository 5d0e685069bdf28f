//! What a schedule hears, what became true of it, and what it wants.

use super::state::{Status, Verdict};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use tiphys_spec as spec;

/// What the world tells a schedule.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The document is this now. `status` is what the user wrote into it, where that differs from what we wrote.
    Described {
        /// The document; its status is not looked at.
        document: Box<spec::CronWorkflow>,
        /// The zone of schedules that name none (CR-003).
        zone: String,
        /// What the user set in its status (CR-142).
        status: Option<Box<Status>>,
        /// Why it cannot run, if it cannot.
        flaw: Option<String>,
    },
    /// The engine is back after it was away.
    Recovered {
        /// Why the document cannot run, if it cannot.
        flaw: Option<String>,
    },
    /// A timer went off, or might have.
    Due {
        /// Why the document cannot run, if it cannot.
        flaw: Option<String>,
    },
    /// A run that was asked for came out.
    Submitted {
        /// For when it was due.
        due: Time,
        /// How it came out.
        answer: Answer,
    },
    /// An unfinished run that belongs to the schedule was seen (CR-132).
    RunSeen(RunRef),
    /// A run that was active ended.
    RunEnded {
        /// Which one.
        uid: String,
        /// Whether it succeeded.
        succeeded: bool,
        /// Why the document cannot run, if it cannot.
        flaw: Option<String>,
    },
    /// A run that was active is not there any more.
    RunGone {
        /// Which one.
        uid: String,
    },
}

/// What became of a run that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is there.
    Created {
        /// Its identity.
        uid: String,
    },
    /// Something else has its name (CR-071).
    Taken,
    /// It could not be made.
    Failed(String),
}

/// A run of a schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRef {
    /// Its name.
    pub name: String,
    /// Its identity.
    pub uid: String,
}

/// What became true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The document is this from now on.
    Described {
        /// The document without its status.
        document: Box<spec::CronWorkflow>,
        /// The zone of schedules that name none.
        zone: String,
        /// What the user set in its status.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<Box<Status>>,
    },
    /// The timers are set anew from now on.
    Armed,
    /// The document cannot run.
    Invalid {
        /// Why.
        message: String,
    },
    /// It can again.
    Valid,
    /// An instant of the schedule came.
    Fired {
        /// Which one.
        due: Time,
        /// What was made of it.
        verdict: Verdict,
    },
    /// An instant passed while nobody watched, and is not made up for (CR-112).
    Missed {
        /// Which one; in old journals the last of several.
        due: Time,
        /// Why not.
        reason: String,
        /// Whether somebody wanted it so: the schedule was suspended or had stopped.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        on_purpose: bool,
    },
    /// A run was made.
    Submitted {
        /// For when it was due.
        due: Time,
        /// The run.
        run: RunRef,
    },
    /// The run's name belonged to something else.
    Taken {
        /// For when it was due.
        due: Time,
    },
    /// A run could not be made.
    Refused {
        /// For when it was due.
        due: Time,
        /// Why.
        message: String,
    },
    /// A run that was started by hand counts as active.
    Joined {
        /// The run.
        run: RunRef,
    },
    /// An active run ended.
    Counted {
        /// Which one.
        uid: String,
        /// Whether it succeeded.
        succeeded: bool,
    },
    /// An active run went away uncounted.
    Left {
        /// Which one.
        uid: String,
    },
    /// The stop expression is true: no more runs (CR-141).
    Stopped,
}

/// What a schedule wants of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Make the run of this instant. One of the same name that is ours already counts as made.
    Submit {
        /// The instant.
        due: Time,
        /// The run's name (CR-080).
        name: String,
    },
    /// End a run that is being replaced (CR-070).
    Terminate(RunRef),
}

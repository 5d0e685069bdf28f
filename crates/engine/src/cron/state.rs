//! What a schedule remembers.

use super::event::RunRef;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::VecDeque;
use tiphys_spec as spec;

/// How many past instants are remembered with what became of them.
pub const RECENT_MAX: usize = 50;

/// Everything that events are folded into. It can be written down and read back as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct State {
    /// The document, without its status.
    pub document: spec::CronWorkflow,
    /// The zone of schedules that name none.
    pub zone: String,
    /// What Argo's tools read.
    pub status: Status,
    /// The schedules as they were at the last firing; none before the first (CR-111).
    pub last_used: Option<String>,
    /// When each schedule fires next.
    pub armed: Vec<Option<Time>>,
    /// Runs that were asked for and not answered.
    pub pending: Vec<Pending>,
    /// Runs that are being replaced and have not ended.
    pub replaced: Vec<RunRef>,
    /// The last instants, oldest first.
    pub recent: VecDeque<Firing>,
}

/// A run that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// For when it was due.
    pub due: Time,
    /// Its name.
    pub name: String,
}

/// An instant of the schedule and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Firing {
    /// The instant.
    pub due: Time,
    /// When it was looked at.
    pub at: Time,
    /// What was made of it.
    pub verdict: Verdict,
}

/// What was made of an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// A run.
    Run {
        /// Its name.
        name: String,
        /// The active runs that it replaces.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        replaces: Vec<RunRef>,
    },
    /// Nothing, as the document says.
    Skipped {
        /// Why.
        reason: String,
        /// Whether somebody wants it so: it is suspended, it has stopped, or its condition is false.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        on_purpose: bool,
    },
    /// Nothing, because it passed while nobody watched.
    Missed {
        /// Why it is not made up for.
        reason: String,
        /// Whether it would have been skipped on purpose.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        on_purpose: bool,
    },
    /// Nothing, because something is wrong.
    Failed {
        /// What.
        message: String,
    },
}

/// The status of a CronWorkflow (CR-020 to CR-024).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// Unfinished runs.
    pub active: Vec<RunRef>,
    /// For when the last run was due that was made.
    pub last_scheduled: Option<Time>,
    /// What is wrong with the document (`SpecError`).
    pub spec_error: Option<String>,
    /// What was wrong with the last submission (`SubmissionError`).
    pub submission_error: Option<String>,
    /// Runs that succeeded.
    pub succeeded: i64,
    /// Runs and submissions that failed.
    pub failed: i64,
    /// `Active`, `Stopped`, or empty before the first run.
    pub phase: String,
}

impl Status {
    /// Reads what Argo's JSON says; what is not there is zero.
    pub fn read(value: &Value) -> Status {
        let text = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
        let active = value["active"].as_array().into_iter().flatten();
        let condition = |kind: &str| {
            let conditions = value["conditions"].as_array().into_iter().flatten();
            let mut conditions = conditions.filter(|condition| condition["type"] == kind);
            conditions.next().map(|condition| text(condition, "message"))
        };
        Status {
            active: active.map(|run| RunRef { name: text(run, "name"), uid: text(run, "uid") }).collect(),
            last_scheduled: value["lastScheduledTime"].as_str().and_then(Time::parse),
            spec_error: condition("SpecError"),
            submission_error: condition("SubmissionError"),
            succeeded: value["succeeded"].as_i64().unwrap_or(0),
            failed: value["failed"].as_i64().unwrap_or(0),
            phase: text(value, "phase"),
        }
    }

    /// As Argo's tools read it.
    pub fn write(&self, namespace: &str) -> Value {
        let active = self.active.iter().map(|run| {
            json!({
                "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
                "name": run.name, "namespace": namespace, "uid": run.uid,
            })
        });
        let known = [("SpecError", &self.spec_error), ("SubmissionError", &self.submission_error)];
        let conditions = known.iter().filter_map(|(kind, message)| {
            let message = message.as_ref()?;
            Some(json!({ "type": kind, "status": "True", "message": message }))
        });
        let list = |items: Vec<Value>| if items.is_empty() { Value::Null } else { Value::Array(items) };
        json!({
            "active": list(active.collect()),
            "lastScheduledTime": self.last_scheduled.map(Time::rfc3339),
            "conditions": list(conditions.collect()),
            "succeeded": self.succeeded,
            "failed": self.failed,
            "phase": self.phase,
        })
    }
}

impl State {
    /// The schedules with their zone, as the annotation of Argo holds them (CR-065).
    pub fn schedules(&self) -> String {
        let spec = &self.document.spec;
        let zoned = |schedule: &String| match spec.timezone.as_str() {
            "" => schedule.clone(),
            zone => format!("CRON_TZ={zone} {schedule}"),
        };
        spec.schedules.iter().map(zoned).collect::<Vec<_>>().join(",")
    }

    /// The zone that the schedules are read in.
    pub fn timezone(&self) -> &str {
        match self.document.spec.timezone.as_str() {
            "" => &self.zone,
            zone => zone,
        }
    }
}

//! What is told of a step: that it began, what it says, how it ended.

use serde::{Deserialize, Serialize};

use super::{AttemptId, bytes, is_default};

/// What a supervisor tells of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Report {
    /// Its first process runs.
    Started(Started),
    /// The step wrote its progress file (`ARGO_PROGRESS_FILE`).
    Progress(StepProgress),
    /// Its containers have ended, and its files are being saved.
    Saving(AttemptId),
    /// What of it runs, where that is not all of it, or is not ready.
    Standing(Box<Standing>),
    /// It is over; nothing more will be reported of it.
    Ended(Box<Ended>),
    /// New log lines, only for attempts whose logs were asked for.
    Log(LogChunk),
}

/// An attempt runs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Started {
    /// Which.
    pub attempt: AttemptId,
    /// Its first process on this machine.
    pub pid: u32,
    /// Microseconds since 1970.
    pub at_us: i64,
    /// Every container is ready that says by itself when it is; told once more when that comes true.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_ready: bool,
    /// What was told last of what of it runs, for whoever takes it up later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Box<Standing>>,
}

/// What of a step runs: told when it changes, of steps whose containers wait for each other or for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// Which.
    pub attempt: AttemptId,
    /// The init container that runs; its other containers wait for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// Its main containers that have begun, in the order of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub begun: Vec<String>,
    /// What it answered, and how often it was asked, while it is not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unready: Option<Unready>,
}

/// What a container answers that is not ready.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unready {
    /// The last answer, in words.
    pub answer: String,
    /// How often it was asked in a row.
    pub tries: u32,
}

/// A step's own word on its progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepProgress {
    /// Which.
    pub attempt: AttemptId,
    /// `N/M`, as it wrote it.
    pub progress: String,
}

/// A piece of a log, in the line format of the log files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogChunk {
    /// Which attempt.
    pub attempt: AttemptId,
    /// Which container.
    pub container: String,
    /// Whole lines, each `<RFC 3339 time> stdout|stderr F|P <text>`.
    #[serde(with = "bytes")]
    pub lines: Vec<u8>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ended {
    /// Which.
    pub attempt: AttemptId,
    /// Each container, in the order of the request.
    pub containers: Vec<ContainerEnded>,
    /// Captured stdout, without one trailing newline; its last 256 KiB (EX-422).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Output parameters that could be read or had a default, in the order of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterValue>,
    /// Output artifacts, in the order of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<ArtifactStored>,
    /// Logs stored as artifacts, in the order of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<ArtifactStored>,
    /// What went wrong around the containers: staging before, or collecting after (Argo's `init` and `wait`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<StageFailure>,
    /// Whether it was ended because its deadline had passed (EX-388).
    #[serde(skip_serializing_if = "is_default")]
    pub deadline_exceeded: bool,
    /// Whether it was asked to stop before it ended.
    #[serde(skip_serializing_if = "is_default")]
    pub stopped: bool,
    /// Bytes of log kept, over all containers.
    #[serde(skip_serializing_if = "is_default")]
    pub log_bytes: u64,
    /// What it used.
    #[serde(skip_serializing_if = "is_default")]
    pub usage: Usage,
    /// When all of it was over, what it gives out kept. 0: not told.
    #[serde(skip_serializing_if = "is_default")]
    pub over_us: i64,
}

impl Ended {
    /// Whether it was stopped while it still waited for its turn.
    pub fn never_started(&self) -> bool {
        self.stopped && self.containers.is_empty()
    }

    /// The container named `main`, else the only one.
    pub fn main(&self) -> Option<&ContainerEnded> {
        let named = self.containers.iter().find(|container| container.name == "main");
        named.or_else(|| if self.containers.len() == 1 { self.containers.first() } else { None })
    }
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerEnded {
    /// Its name.
    pub name: String,
    /// How.
    pub exit: Exit,
    /// What to add to the exit code, as Argo words it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why it was ended before its time, if a probe or its hook asked for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Microseconds since 1970; 0 when it never started.
    pub started_us: i64,
    /// Microseconds since 1970; 0 when it never started.
    pub finished_us: i64,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exit {
    /// It returned this.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// It needed more memory than its limit.
    OomKilled,
    /// It was never started.
    #[default]
    NotStarted,
}

impl Exit {
    /// The number a shell or Kubernetes shows: 128 and the signal for a signal.
    pub fn code(self) -> i32 {
        match self {
            Exit::Code(code) => code,
            Exit::Signal(signal) => 128 + signal,
            Exit::OomKilled => 137,
            Exit::NotStarted => 255,
        }
    }

    /// Whether it ended well.
    pub fn is_success(self) -> bool {
        self == Exit::Code(0)
    }
}

/// An output parameter and its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParameterValue {
    /// Its name.
    pub name: String,
    /// Its text.
    pub value: String,
}

/// An output artifact that was stored, or why not.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArtifactStored {
    /// Its name (for logs: the container's).
    pub name: String,
    /// Key in the local store.
    pub key: String,
    /// Bytes stored.
    pub size_bytes: u64,
    /// Why it was not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether there was nothing at its path. No failure when it is optional.
    #[serde(skip_serializing_if = "is_default")]
    pub missing: bool,
}

/// A failure around the containers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageFailure {
    /// Before or after.
    pub stage: Stage,
    /// The exit code that Argo's helper container would have had.
    pub code: i32,
    /// Why.
    pub message: String,
}

/// Which of Argo's helper containers would have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Staging inputs: the node is in Error, `init: Error (exit code N): …`.
    Init,
    /// Collecting outputs: the node is in Error, `wait: Error (exit code N): …`.
    Wait,
}

/// What a step used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Processor time of the step's processes that were waited for.
    pub cpu_us: u64,
    /// Largest resident set of one of its processes.
    pub memory_peak_bytes: u64,
}

/// What is known of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sighting {
    /// It runs (or is being staged).
    Running(Started),
    /// It ended, and was not forgotten.
    Ended(Box<Ended>),
    /// Nobody knows it. If it was once seen running, it is lost.
    Unknown(AttemptId),
}

impl Sighting {
    /// The attempt it is about.
    pub fn attempt(&self) -> &AttemptId {
        match self {
            Sighting::Running(started) => &started.attempt,
            Sighting::Ended(ended) => &ended.attempt,
            Sighting::Unknown(attempt) => attempt,
        }
    }
}

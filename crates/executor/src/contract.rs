//! The words that cross the process boundary: what a step is, and what is reported of it.
//!
//! An engine writes [`ToSupervisor`] frames, a supervisor answers with [`Report`] frames. Everything in a
//! [`StepRequest`] is already resolved: no tag, no reference to a ConfigMap, no default is left. Fields that
//! are empty are not written, so that the request of a plain step stays a few hundred bytes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
pub use tiphys_artifact::{Git, Web};

mod bytes;
#[cfg(test)]
mod tests;

/// One attempt of one node: unique for ever, and safe as (the end of) a path.
///
/// By convention `<run uid>/<node id>.<generation>.<attempt number>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(pub String);

impl AttemptId {
    /// The last part, which names the attempt inside its run. Log files are named after it.
    pub fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl std::fmt::Display for AttemptId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a step is kept apart from the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Own root, processes, mounts, IPC and host name; nothing it writes survives outside its volumes.
    #[default]
    Sandbox,
    /// A plain process group in a scratch folder.
    None,
}

/// Everything needed to run one attempt of one step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepRequest {
    /// Starting the same attempt twice changes nothing.
    pub attempt: AttemptId,
    /// The run it belongs to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run_uid: String,
    /// Argo's id of the node.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub node_id: String,
    /// Argo's full name of the node, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub node_name: String,
    /// Becomes the host name of the step.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_name: String,
    /// Where it runs.
    pub isolation: Isolation,
    /// Starts at once and does not count among the steps that run side by side: what a daemon serves must be
    /// able to start.
    #[serde(skip_serializing_if = "is_default")]
    pub takes_no_place: bool,
    /// Its containers, in the order of the manifest. Exactly those with role `Main` decide when it ends.
    pub containers: Vec<ContainerRequest>,
    /// Volumes that the containers mount by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// Folders of this machine shown to every container (`--mount`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<HostMount>,
    /// Files that the image map puts into the step's root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ImageFile>,
    /// Artifacts to lay out before `main` starts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<ArtifactInput>,
    /// What to collect when `main` has ended.
    #[serde(skip_serializing_if = "OutputsWanted::is_empty")]
    pub outputs: OutputsWanted,
    /// How long the step may be active, counted from its start (EX-388). `None`: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// How long it may take to end after SIGTERM when its deadline has passed.
    #[serde(default = "default_grace_ms")]
    pub grace_ms: u64,
    /// Most bytes kept of one container's log; the rest is dropped with one line that says so. 0: no limit.
    pub log_limit_bytes: u64,
    /// Root folder of the local artifact store.
    #[serde(skip_serializing_if = "is_empty_path")]
    pub artifact_store: PathBuf,
    /// Folder for the step's logs: `<log_dir>/<attempt.short()>.<container>.log`, made when first needed.
    #[serde(skip_serializing_if = "is_empty_path")]
    pub log_dir: PathBuf,
    /// What it sees of the network.
    #[serde(skip_serializing_if = "is_default")]
    pub network: Network,
}

/// Grace when the manifest names none, as Kubernetes has it.
pub const GRACE_MS_DEFAULT: u64 = 30_000;

fn default_grace_ms() -> u64 {
    GRACE_MS_DEFAULT
}

fn is_empty_path(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What a step sees of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// The network of this machine.
    #[default]
    Host,
    /// Nothing at all.
    Private,
}

/// What a container is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs to its end before `main` starts (EX-430).
    Init,
    /// Decides when the step has ended. A containerSet has several.
    #[default]
    Main,
    /// Runs beside `main` and is stopped after it (EX-431).
    Sidecar,
}

/// One process of a step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerRequest {
    /// `main`, or the container's name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "is_default")]
    pub role: Role,
    /// Containers of this step that must have ended with 0 before it starts (EX-440).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
    /// The program and its first arguments. Never empty: the image map has been asked already.
    pub command: Vec<String>,
    /// Arguments after `command`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Its whole environment, secrets included: never logged, never written to a file.
    ///
    /// `PATH`, `HOME` and `HOSTNAME` are added where missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<(String, String)>,
    /// Where it starts. `None`: `/` in the sandbox, its scratch folder otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// Text written to an executable file whose path becomes the last argument (EX-420).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// Where it sees which volume.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_mounts: Vec<VolumeMount>,
    /// What it may use at most.
    #[serde(skip_serializing_if = "is_default")]
    pub limits: Limits,
    /// As whom it runs.
    #[serde(skip_serializing_if = "is_default")]
    pub security: Security,
    /// Whether its output is kept as a log. `emptyDir`-like helpers of ours switch it off.
    #[serde(skip_serializing_if = "is_default")]
    pub quiet: bool,
    /// Whether its process is started again when it fails (EX-231).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
    /// What is done for it while it runs.
    #[serde(skip_serializing_if = "is_default")]
    pub care: Care,
}

/// What is done for a container beside running it, as a kubelet would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Care {
    /// Done once it was started; it is ended if that fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_start: Option<Action>,
    /// Done before it is asked to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_stop: Option<Action>,
    /// How it is asked whether it is well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<Probe>,
}

/// Something that is done for a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A program that runs beside it; 0 is good.
    Exec {
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// A question over the network.
    Ask(Question),
    /// Some time goes by.
    Sleep {
        /// How much.
        ms: u64,
    },
}

/// A question over the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// Does somebody listen there?
    Tcp {
        /// Where.
        host: String,
        /// At which port.
        port: u16,
    },
    /// Does a GET come out below 400?
    Http {
        /// Where.
        host: String,
        /// At which port.
        port: u16,
        /// What is got.
        path: String,
        /// Further header fields.
        headers: Vec<(String, String)>,
    },
    /// Does the health service of gRPC say `SERVING`?
    Grpc {
        /// Where.
        host: String,
        /// At which port.
        port: u16,
        /// Which service; empty for the server itself.
        service: String,
    },
}

/// A question that is asked again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What follows from the answers.
    pub purpose: Purpose,
    /// The question.
    pub action: Action,
    /// How long after the start it is asked first.
    pub after_ms: u64,
    /// How long after an answer it is asked again.
    pub period_ms: u64,
    /// How long an answer may take.
    pub timeout_ms: u64,
    /// After how many bad answers in a row it counts as failed.
    pub failures: u32,
    /// After how many good answers in a row it counts as passed.
    pub successes: u32,
}

/// What follows from the answers to a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Nothing else is asked before it has passed; the container is ended when it fails.
    Startup,
    /// The container is ready once it has passed.
    Readiness,
    /// The container is ended when it fails.
    Liveness,
}

/// How a container's process is started again within its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// How many more times at most.
    pub times: u32,
    /// The pause before each.
    pub pause_ms: u64,
}

/// A volume mounted in a container.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeMount {
    /// Name of the volume.
    pub name: String,
    /// Absolute path in the container.
    pub mount_path: String,
    /// File or folder of the volume to show instead of its root. Made when it is missing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sub_path: String,
    /// Whether writing is refused.
    #[serde(skip_serializing_if = "is_default")]
    pub read_only: bool,
}

/// What a container may use at most. Zero: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Thousandths of a processor.
    pub cpu_millis: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Bytes of one file it writes.
    pub file_bytes: u64,
    /// Processes and threads.
    pub processes: u64,
}

/// As whom a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Security {
    /// User id inside the sandbox. Honoured where the machine lets us map it, else said to be ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_user: Option<u32>,
    /// Group id inside the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_group: Option<u32>,
    /// Whether writes outside volumes are refused.
    #[serde(skip_serializing_if = "is_default")]
    pub read_only_root: bool,
}

/// A volume of the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// Name by which containers mount it.
    pub name: String,
    /// What it holds.
    pub source: VolumeSource,
}

/// What a volume holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VolumeSource {
    /// A folder or file of this machine (`hostPath`), as it is.
    HostDir {
        /// Absolute path on this machine.
        path: PathBuf,
        /// Whether writing is refused.
        read_only: bool,
    },
    /// A folder that the caller owns (a claim, or an `emptyDir` that outlives the step). Made when missing;
    /// removed by the caller.
    Folder {
        /// Absolute path on this machine.
        path: PathBuf,
    },
    /// An `emptyDir`: a folder of the step alone, gone with it.
    Scratch,
    /// Files known in advance: configMap, secret, projected, downwardAPI. Never stored on a disk in the sandbox.
    Files {
        /// The files, by their path in the volume.
        files: Vec<VolumeFile>,
    },
    /// A file system in memory, gone with the step.
    Memory {
        /// Most bytes it holds; 0: half of the machine's memory.
        size_bytes: u64,
    },
}

/// A file of a [`VolumeSource::Files`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VolumeFile {
    /// Relative path, without `..`.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// What it contains.
    #[serde(with = "bytes")]
    pub content: Vec<u8>,
}

/// `--mount HOST:STEP[:ro]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostMount {
    /// Absolute path on this machine.
    pub host: PathBuf,
    /// Absolute path in the step.
    pub step: String,
    /// Whether writing is refused.
    pub read_only: bool,
}

/// A file that the image map puts into the step's root; its mode is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageFile {
    /// Absolute path in the step.
    pub path: String,
    /// Absolute path on this machine.
    pub from: PathBuf,
}

/// How an artifact is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Archive {
    /// As it is.
    None,
    /// gzip-compressed tar; the level is gzip's, `None` its default (PA-204).
    Tar {
        /// 0 to 9.
        level: Option<i32>,
    },
    /// zip.
    Zip,
}

/// An artifact to lay out before `main` starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactInput {
    /// Its name, for messages.
    pub name: String,
    /// Absolute path in `main`.
    pub path: String,
    /// Permission bits to set on it (PA-202).
    pub mode: Option<u32>,
    /// Whether `mode` is for everything below, too.
    pub recurse_mode: bool,
    /// Whether its absence is no error.
    pub optional: bool,
    /// How it is packed. `None`: found out (PA-200).
    pub archive: Option<Archive>,
    /// Where it comes from.
    pub source: ArtifactSource,
}

/// Where an input artifact comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArtifactSource {
    /// Written in the manifest.
    Raw {
        /// What it contains.
        #[serde(with = "bytes")]
        data: Vec<u8>,
    },
    /// An object, or all objects below a key, of the local store.
    Store {
        /// Key in the store.
        key: String,
    },
    /// A file or folder of this machine (`--artifact NAME=PATH`).
    Host {
        /// Absolute path.
        path: PathBuf,
    },
    /// An object of a web server.
    Web(Web),
    /// A repository of git.
    Git(Box<Git>),
}

impl ArtifactSource {
    /// Whether it is fetched from elsewhere, which may take long and may never end.
    pub fn is_far(&self) -> bool {
        match self {
            ArtifactSource::Web(_) | ArtifactSource::Git(_) => true,
            ArtifactSource::Raw { .. } | ArtifactSource::Store { .. } | ArtifactSource::Host { .. } => false,
        }
    }
}

/// What to collect when `main` has ended, however it ended (PA-063).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputsWanted {
    /// Files to read as parameters, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterWanted>,
    /// Files and folders to store as artifacts, in this order, after the parameters (PA-211).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<ArtifactWanted>,
    /// Whether stdout of the container named `main` is the result (EX-421).
    #[serde(skip_serializing_if = "is_default")]
    pub result: bool,
    /// Keys under which logs are stored as artifacts, by container (`archiveLogs`, PA-210).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogWanted>,
}

impl OutputsWanted {
    /// Whether there is nothing to collect.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.artifacts.is_empty() && !self.result && self.logs.is_empty()
    }
}

/// An output parameter to read from a file (PA-040).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParameterWanted {
    /// Its name.
    pub name: String,
    /// Absolute path in `main`.
    pub path: String,
    /// Value when the file is missing or unreadable.
    pub default: Option<String>,
}

/// An output artifact to store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactWanted {
    /// Its name.
    pub name: String,
    /// Absolute path in `main`.
    pub path: String,
    /// Whether its absence is no error.
    pub optional: bool,
    /// How to pack it.
    pub archive: Archive,
    /// Key in the local store, used exactly.
    pub key: String,
    /// The web server that takes it instead of the local store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Web>,
}

/// A log to store as an artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogWanted {
    /// Name of the container.
    pub container: String,
    /// Key in the local store.
    pub key: String,
}

/// What a supervisor tells of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Report {
    /// Its first process runs.
    Started(Started),
    /// The step wrote its progress file (`ARGO_PROGRESS_FILE`).
    Progress(StepProgress),
    /// It is over; nothing more will be reported of it.
    Ended(Box<Ended>),
    /// New log lines, only for attempts whose logs were asked for.
    Log(LogChunk),
}

/// An attempt runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// What an engine asks of a supervisor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToSupervisor {
    /// Start these. One already known is not started again; if it has ended, that is reported again.
    Start {
        /// How many run side by side; the others wait their turn for as long as this engine is connected. 0: no
        /// limit.
        at_once: u32,
        /// What to start, in order.
        requests: Vec<StepRequest>,
    },
    /// Ask these to end: SIGTERM, then SIGKILL after the grace.
    Stop {
        /// Which.
        attempts: Vec<AttemptId>,
        /// Time between the two signals.
        grace_ms: u64,
    },
    /// What is known of these? Answered by one [`FromSupervisor::Sightings`] with the same ticket.
    Recall {
        /// Quoted in the answer.
        ticket: u64,
        /// Which; empty: all.
        attempts: Vec<AttemptId>,
    },
    /// What does this machine let us do? Answered by one [`FromSupervisor::Capabilities`] with the same ticket.
    Probe {
        /// Quoted in the answer.
        ticket: u64,
    },
    /// These endings are recorded; their traces may go.
    Forget(Vec<AttemptId>),
    /// Send the log lines of this attempt as they come, or (`on: false`) no longer. `None`: of all.
    Subscribe {
        /// Which.
        attempt: Option<AttemptId>,
        /// From now on, or no longer.
        on: bool,
    },
    /// This engine needs the supervisor no longer: it goes when no step runs.
    Shutdown {
        /// Whether running steps are ended first.
        kill: bool,
    },
}

/// What a machine lets us do for steps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// Why there is no sandbox here, in words; `None`: there is one.
    pub no_sandbox: Option<String>,
    /// What cannot be isolated or limited although there is a sandbox, in words, one sentence each.
    pub notices: Vec<String>,
}

/// What a supervisor answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FromSupervisor {
    /// News of steps, oldest first.
    Reports(Vec<Report>),
    /// The answer to a recall.
    Sightings {
        /// As in the question.
        ticket: u64,
        /// One for each attempt asked for, in that order.
        sightings: Vec<Sighting>,
    },
    /// The answer to a probe.
    Capabilities {
        /// As in the question.
        ticket: u64,
        /// What was found.
        capabilities: Capabilities,
    },
    /// It cannot serve, and says why; the connection is over.
    Unable(String),
}

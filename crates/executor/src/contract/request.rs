//! What a step is: its containers, what they get to see, and what is wanted of them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tiphys_artifact::{Git, Web};

use super::{AttemptId, Isolation, bytes, is_default};

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
    /// Whether that is the time which all tries of a step have together: then it merely ends the step (EX-217).
    #[serde(skip_serializing_if = "is_default")]
    pub deadline_of_tries: bool,
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
    /// Why it cannot be started, whoever tries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What is done for it while it runs.
    #[serde(skip_serializing_if = "is_default")]
    pub care: Care,
    /// Where it says why it failed.
    #[serde(skip_serializing_if = "is_default")]
    pub last_words: LastWords,
}

/// Where a container says why it failed, for its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LastWords {
    /// The file. Only what was written while the container ran counts, and only in the sandbox: elsewhere the file
    /// would be the machine's.
    pub path: String,
    /// Whether the end of its log counts if the file is empty.
    #[serde(skip_serializing_if = "is_default")]
    pub or_log: bool,
}

impl Default for LastWords {
    fn default() -> Self {
        LastWords { path: "/dev/termination-log".to_owned(), or_log: false }
    }
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
        /// Whether it is asked over TLS; any certificate will do, as for a kubelet.
        #[serde(default, skip_serializing_if = "is_default")]
        tls: bool,
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
    Web(Box<Web>),
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
    /// Why nobody takes it; whoever wants it learns so when the step has done its work (PA-162).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A log to store as an artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogWanted {
    /// Name of the container.
    pub container: String,
    /// Key in the local store.
    pub key: String,
}

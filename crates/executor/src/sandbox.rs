//! The sandbox: a root, processes, mounts, IPC and a host name of its own for every step.
//!
//! A *zygote*, a copy of the supervisor, moves once into a user namespace in which it may do as it likes and in
//! which nothing of the machine belongs to it. There it lays out a *template*: the machine's root as the lower layer
//! of an overlay, and above it a *skeleton* that makes the usual folders writable and hides what no step may see.
//! Each step is then one `clone` of the zygote and a handful of mounts; its first process is its hull.
//!
//! When we are root, root inside is an unused high id outside, so the kernel itself refuses what only root may
//! read. As an ordinary user, root inside is that user, and what is theirs is hidden by the skeleton.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::contract::StepRequest;

mod below;
mod declared;
mod filter;
mod root;
mod skeleton;
mod template;
mod zygote;

pub(crate) use below::{mount_of, open_below};
pub(crate) use root::READ_ONLY;
pub(crate) use zygote::{Answer, Zygote};

/// User and group outside for 0 inside, when we are root. Far from real users, subordinate ids and containers'.
pub(crate) const OUTSIDE_ID: u32 = 1_900_000_000;

/// How many ids are mapped when we are root, so that programs can change to other users inside.
pub(crate) const IDS: u32 = 65_536;

/// What the zygote says when its template is laid out, or why it cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Hello {
    Ready {
        /// Whether more than one user exists inside.
        many_users: bool,
    },
    Unable(String),
}

/// A step as the zygote gets it; its descriptors come beside it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub request: StepRequest,
    pub attachments: Vec<Attachment>,
    /// How many descriptors at the end are `cgroup.procs` files.
    pub cgroups: usize,
}

/// Something of the machine, or of the step alone, that appears at a path in the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    /// Absolute path in the step.
    pub target: String,
    pub read_only: bool,
    /// Whether a link at the target gives way, instead of what it leads to being covered.
    pub replaces_link: bool,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum What {
    /// A mount that the supervisor made: the descriptor with this number.
    Mount(usize),
    /// A path of this machine, and one below it that no link may lead out of.
    Path { root: PathBuf, sub_path: String },
    /// A volume of the step's own, by its place in the request, and the path in it.
    Own { volume: usize, sub_path: String },
}

/// Where a step finds its input artifacts before they are laid out, by their number.
pub(crate) const INPUTS: &str = "/argo/inputs";

/// Where a step puts its output artifacts, by their number.
pub(crate) const SPOOL: &str = "/argo/outputs";

fn named<T, E: Into<io::Error>>(result: Result<T, E>, what: impl FnOnce() -> String) -> io::Result<T> {
    result.map_err(|error| {
        let error: io::Error = error.into();
        io::Error::new(error.kind(), format!("{}: {error}", what()))
    })
}

/// A path inside a root, without the leading slash.
fn inside(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

//! Argo's verbs against a server that speaks Argo's REST interface: its flags, its words, its tables (11-cli.md).
//!
//! With a server named, the command line is read and answers as Argo's own does, so that scripts go on working. Ours
//! and Argo's servers are asked in the same way.

mod apply;
mod archive;
mod artifacts;
mod catalog;
mod connect;
mod control;
mod cron;
mod events;
mod get;
mod http;
mod info;
mod lines;
mod lint;
mod list;
mod logs;
mod plan;
mod said;
mod select;
mod stranger;
mod strict;
mod submit;
mod sync;
mod view;
mod yaml;

pub use apply::{Args as ApplyArgs, apply};
pub use archive::{Args as ArchiveArgs, archive};
pub use artifacts::cp;
pub use catalog::{ClusterArgs, TemplateArgs, cluster_template, template};
pub use connect::{Connect, words};
pub use control::{delete, node, resubmit, resume, retry, stop, suspend, terminate};
pub use cron::{Action as CronAction, cron};
pub use events::{Args as EventsArgs, events};
pub use get::{get, terms};
pub use http::{Fault, Server, encode, ours};
pub use info::{AuthArgs, auth, server_info, version};
pub use lint::{belongs, given, lint};
pub use list::list;
pub use logs::{logs, wait, watch};
pub use plan::plan;
pub use said::{Said, group_help, refused};
pub use select::{Selector, instant, long_ago, own_run, query};
pub use submit::{SubmitOptions, submit};
pub use sync::{Action as SyncAction, Args as SyncArgs, checked, sync, told};
pub use view::Form;
pub use yaml::reading_alone;

//! The server: Argo's REST interface, streams, and our own, over one controller and one state folder.
//!
//! A request is looked up in one table of routes (`route`), the caller is judged by one table of rights (`access`),
//! and a handler turns it into calls on the store and the controller. Everything that blocks runs on threads that
//! may block; only sockets and streams live on the asynchronous loop.

mod access;
mod app;
mod argo;
mod bells;
mod call;
mod closeup;
pub mod config;
mod events;
mod fault;
mod guard;
mod hub;
mod limits;
mod openapi;
mod ops;
mod options;
mod own;
mod pages;
mod pipe;
mod reply;
mod route;
mod schedules;
mod serve;
mod shelf;
mod vault;
mod wire;
mod world;
mod yaml;

pub use ops::backup::{BackupError, Copied, backup, restore, sweep as sweep_backups};
pub use ops::log::{Format, Level, say, write_logs};
pub use ops::presence::Presence;
pub use ops::tls::TlsError;
pub use ops::traces::Traces;
pub use options::{AuthMode, Column, Link, Options, Tls};
pub use serve::{Reload, ServeError, Server, Stop, is_guarded};
pub use wire::select::LabelQuery;
pub use yaml::yaml;

//! Argo's interface, theme by theme.

pub(crate) mod actions;
pub(crate) mod admit;
pub(crate) mod archive;
pub(crate) mod artifacts;
pub(crate) mod catalog;
mod deletion;
pub(crate) mod estimate;
pub(crate) mod events;
pub(crate) mod foreign;
pub(crate) mod info;
pub(crate) mod kube_events;
pub(crate) mod list;
mod listing;
pub(crate) mod logs;
pub(crate) mod multipart;
pub(crate) mod submit;
pub(crate) mod sync;
pub(crate) mod uploads;
pub(crate) mod watch;
pub(crate) mod webhooks;
pub(crate) mod workflows;

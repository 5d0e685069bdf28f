//! Argo's interface, theme by theme.

pub(crate) mod actions;
pub(crate) mod admit;
pub(crate) mod archive;
pub(crate) mod catalog;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod submit;
pub(crate) mod watch;
pub(crate) mod workflows;

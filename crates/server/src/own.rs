//! What is ours alone: what Argo's interface cannot say.

pub(crate) mod apply;
pub(crate) mod approvals;
pub(crate) mod columns;
pub(crate) mod deliveries;
pub(crate) mod diff;
pub(crate) mod editor;
pub(crate) mod journal;
pub(crate) mod locks;
pub(crate) mod logs;
pub(crate) mod page;
pub(crate) mod pipelines;
pub(crate) mod plan;
pub(crate) mod runs;
pub(crate) mod schedules;
#[cfg(test)]
mod tests;
pub(crate) mod tokens;
pub(crate) mod versions;

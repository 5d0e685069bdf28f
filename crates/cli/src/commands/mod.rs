//! The verbs, one in each file.

pub mod again;
pub mod backup;
pub mod completion;
pub mod config;
pub mod continue_run;
pub mod control;
pub mod convert;
pub mod cp;
pub mod cron;
pub mod delete;
pub mod doctor;
pub mod eval;
pub mod get;
pub mod journal;
pub mod lint;
pub mod list;
pub mod locks;
pub mod logs;
pub mod plan;
pub mod run;
pub mod server;
pub mod submit;
pub mod token;
pub mod version;
pub mod wait;
pub mod why;

//! The real binary, as people and scripts use it.

mod bench;
mod collect;
mod contract;
mod examples;
mod guide;
mod homes;
mod keeping;
#[path = "../../../store/tests/store/log.rs"]
mod log;
mod logs;
mod museum;
mod recovery;
mod remote;
mod shown;
mod tls;
mod torture;
mod verbs;
mod words;

//! The contract of the process runner, tried with real processes.
//!
//! It has no standard harness: the program must be able to become a supervisor, which needs one thread.

use std::process::ExitCode;

#[path = "contract/bare.rs"]
mod bare;
#[path = "contract/care.rs"]
mod care;
#[path = "contract/common.rs"]
mod common;
#[path = "contract/hull.rs"]
mod hull;
#[path = "contract/remote.rs"]
mod remote;
#[path = "contract/sandboxed.rs"]
mod sandboxed;

fn main() -> ExitCode {
    tiphys_runner::enter_if_asked();
    common::run(&[bare::CASES, sandboxed::CASES, hull::CASES, care::CASES, remote::CASES])
}

//! The workflow machine.

mod again;
mod apply;
mod bind;
mod branches;
mod collect;
mod command;
mod control;
mod enter;
mod event;
mod expand;
mod finish;
mod gate;
mod globals;
mod graph;
mod handle;
mod hooks;
mod input;
mod invoke;
mod metric;
pub mod node;
mod pod;
mod reopen;
pub mod retry;
mod run;
mod same;
mod scope;

pub use again::Retry;
pub use collect::{Collected, Due, Occasion};
pub use command::{Attempt, Command};
pub use event::{Control, Event, TemplateKey};
pub use gate::LockAnswer;
pub use input::{ContainerOutcome, Input, Outcome, Report, Request};
pub use metric::{Measure, Sample};
pub use node::{Gate, Inputs, Memo, Node, NodeIx, NodeKind, Phase, Site};
pub use pod::Pod;
pub use run::{Run, Stage, Steering};

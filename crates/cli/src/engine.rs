//! An engine for one run in this process, and its supervisor.

use anyhow::Context;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tiphys_controller::Controller;
use tiphys_runner::RunnerError;
use tiphys_runner::process::{Options, ProcessRunner};
use tiphys_runner::step::Isolation;

use crate::state::Local;
use crate::world::{IsolationArg, World};

/// How long the end of the supervisor is waited for.
const CLOSE_WITHIN: Duration = Duration::from_secs(20);

/// What becomes of steps that still run when the engine goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// They go on; the supervisor keeps their outcomes.
    GoOn,
    /// They are ended.
    End,
}

/// How steps will be kept apart, and what is to be said about it once.
pub struct Apart {
    pub isolation: Isolation,
    pub notices: Vec<String>,
}

/// The isolation that was asked for, or the best that this machine permits. The run's supervisor finds out, and is
/// there when the first step needs it.
pub fn isolate(local: &Local, uid: &str, asked: Option<IsolationArg>) -> anyhow::Result<Apart> {
    if asked == Some(IsolationArg::None) {
        return Ok(Apart { isolation: Isolation::None, notices: Vec::new() });
    }
    let runner = ProcessRunner::new(Options::new(local.state.dir(), uid), Box::new(|_| {}));
    let capabilities = runner.capabilities()?;
    match capabilities.no_sandbox {
        None => Ok(Apart { isolation: Isolation::Sandbox, notices: capabilities.notices }),
        Some(reason) if asked.is_some() => {
            runner.close(true, CLOSE_WITHIN);
            Err(RunnerError::NoIsolation(reason).into())
        }
        Some(reason) => Ok(Apart {
            isolation: Isolation::None,
            notices: vec![format!(
                "steps run without a sandbox, with all that you may do, and share the machine's paths (what one writes \
                 to `/tmp/x`, the next one finds there): {reason}"
            )],
        }),
    }
}

/// A controller that drives one run, with the runner of its steps.
pub struct Engine {
    pub controller: Controller,
    runner: Option<Arc<ProcessRunner>>,
}

impl Engine {
    /// Starts an engine. Its supervisor is named after the run, so that the next engine of the run finds it.
    pub fn start(local: &Local, world: &World, uid: &str) -> anyhow::Result<Engine> {
        let mut options = Options::new(local.state.dir(), uid);
        options.sandbox = world.isolation == Isolation::Sandbox;
        options.at_once = u32::try_from(world.jobs.max(1)).unwrap_or(u32::MAX);
        let slot: Rc<RefCell<Option<Arc<ProcessRunner>>>> = Rc::default();
        let made = slot.clone();
        let controller = Controller::start(
            &local.state,
            world.place(&local.state)?,
            world.jobs.max(1),
            Box::new(move |news| {
                let runner = Arc::new(ProcessRunner::new(options, news));
                *made.borrow_mut() = Some(runner.clone());
                runner
            }),
        )
        .context("cannot start an engine")?;
        let runner = slot.borrow_mut().take();
        if let Some(runner) = &runner {
            // It can start while the documents are compiled. What is wrong with it, the first step will say.
            drop(runner.warm());
        }
        Ok(Engine { controller, runner })
    }

    /// Ends the engine, and its supervisor if nothing needs it any more.
    pub fn finish(self, steps: Steps) -> anyhow::Result<()> {
        let result = self.controller.quit();
        // The pump is gone, so this is the last handle; if not, the supervisor goes when it is idle.
        if let Some(Ok(runner)) = self.runner.map(Arc::try_unwrap)
            && steps == Steps::End
        {
            runner.close(true, CLOSE_WITHIN);
        }
        result.map_err(anyhow::Error::from)
    }
}

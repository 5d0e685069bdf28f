//! Runs that nobody drives, and what of them still runs.

use std::time::Duration;
use tiphys_controller::attempt_id;
use tiphys_runner::Runner;
use tiphys_runner::process::{self, Options, ProcessRunner};
use tiphys_runner::step::Sighting;
use tiphys_store::Summary;

use crate::state::Local;

/// The names of steps that a run's supervisor still runs although no engine is there.
pub fn live_steps(local: &mut Local, summary: &Summary) -> anyhow::Result<Vec<String>> {
    let lives =
        process::found(local.state.dir()).iter().any(|found| found.id == summary.uid && found.is_alive);
    if !lives {
        return Ok(Vec::new());
    }
    let run = local.load(summary)?.run;
    let open = run.active_attempts();
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = open.iter().map(|(attempt, _)| attempt_id(&summary.uid, *attempt)).collect();
    let runner = ProcessRunner::new(Options::new(local.state.dir(), &*summary.uid), Box::new(|_| {}));
    // A supervisor that goes at this moment runs nothing any more.
    let sightings = runner.recall(&ids).unwrap_or_default();
    Ok(open
        .iter()
        .zip(sightings)
        .filter(|(_, sighting)| matches!(sighting, Sighting::Running(_)))
        .map(|((attempt, _), _)| run.display_name(attempt.node))
        .collect())
}

/// How long the end of a supervisor is waited for.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// Ends what a run that is over still runs: an engine that was killed after it had recorded the end of a daemon's
/// boundary could not stop the daemon any more.
pub fn end_steps(local: &mut Local, uid: &str) -> anyhow::Result<()> {
    let lives = process::found(local.state.dir()).iter().any(|found| found.id == uid && found.is_alive);
    if !lives || local.driver(uid)?.is_some() {
        return Ok(());
    }
    let runner = ProcessRunner::new(Options::new(local.state.dir(), uid), Box::new(|_| {}));
    // A supervisor that goes at this moment runs nothing any more.
    if runner.recall(&[]).is_ok() {
        runner.close(true, CLOSE_WITHIN);
    }
    Ok(())
}

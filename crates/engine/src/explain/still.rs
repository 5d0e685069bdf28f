//! What a run waits for of which nothing goes on: in lists such a run looks like any other that runs.

use super::why::waiting;
use crate::time::Time;
use crate::workflow::{NodeIx, NodeKind, Phase, Run};

/// What a run waits for while no step of it is under way: a lock, or the end of a pause or of a backoff that comes first.
///
/// None when it is over or held, and when a person is asked: these are states that lists show as such.
pub fn standstill(run: &Run, now: Time) -> Option<String> {
    let is_told = run.steering.suspended || run.steering.strategy().is_some() || run.asks_somebody();
    if run.is_ended() || is_told {
        return None;
    }
    let ix = run.awaiting.first().copied().or_else(|| next(run))?;
    let text = waiting(run, ix, now);
    let name = run.display_name(ix);
    Some(if name == *run.plan.name { text } else { format!("{name}: {text}") })
}

/// Whether steps of a run wait for nothing but a place to run in, or run; where what stands in the queue of a lock is no
/// step, one may be missed.
pub fn wants_places(run: &Run) -> bool {
    run.active_pods() as usize > run.awaiting.len()
}

/// The node that goes on by itself before all others.
fn next(run: &Run) -> Option<NodeIx> {
    run.timers.iter().map(|(_, ix)| *ix).find(|ix| {
        let node = run.node(*ix);
        node.phase == Phase::Running && matches!(node.kind, NodeKind::Suspend | NodeKind::Retry)
    })
}

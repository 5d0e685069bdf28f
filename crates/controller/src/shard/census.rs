//! How much goes on now, for whoever watches the engine (K8S-402, K8S-403), and what has a place.

use super::Shard;
use tiphys_engine::workflow::{Attempt, Phase};

/// Counts over all runs that an engine drives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Pods that wait to be started.
    pub pods_pending: u64,
    /// Pods that were started and have not ended.
    pub pods_running: u64,
    /// Runs with such a pod.
    pub runs_with_pods: u64,
}

impl Shard {
    /// Counts what goes on. The effort is that of the runs, not of their nodes.
    pub fn census(&self) -> Census {
        let mut census = Census::default();
        for driven in self.runs.values() {
            let pods = driven.flying.iter().filter(|attempt| !driven.is_call(**attempt)).count() as u64;
            census.pods_running += pods;
            census.pods_pending += u64::from(driven.run.active_pods()).saturating_sub(pods);
            census.runs_with_pods += u64::from(pods > 0);
        }
        census
    }

    /// The steps that have a place, `namespace/run/node`; `is_started` knows those that are not yet recorded as running.
    pub fn placed(&self, is_started: impl Fn(&str, Attempt) -> bool) -> Vec<String> {
        let mut names = Vec::new();
        for (uid, driven) in &self.runs {
            let run = &driven.run;
            let has_place = |attempt: &&Attempt| {
                let node = run.node(attempt.node);
                let runs = node.phase == Phase::Running || is_started(uid, **attempt);
                runs && !node.daemoned && !driven.is_call(**attempt)
            };
            let placed = driven.flying.iter().filter(has_place);
            names.extend(placed.map(|attempt| {
                format!("{}/{}/{}", run.plan.namespace, run.plan.name, run.name(attempt.node))
            }));
        }
        names
    }
}

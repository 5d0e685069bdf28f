//! Whether daemons are ready.

use super::{Pump, attempt_id, parse};
use crate::daemons;
use std::time::Duration;
use tiphys_engine::Time;
use tiphys_engine::workflow::{Attempt, Input, Report};
use tiphys_runner::agent::{Answer, Call};
use tiphys_runner::step::AttemptId;

impl Pump {
    /// Finds out when a daemon that runs is ready (EX-370).
    pub(super) fn watch_daemon(&mut self, uid: &str, attempt: Attempt, now: Time) {
        let Some(run) = self.shard.run(uid).filter(|run| run.is_wanted(attempt)) else { return };
        if !run.is_daemon(attempt.node) || run.node(attempt.node).daemoned {
            return;
        }
        self.probing.entry((uid.to_owned(), attempt)).or_insert(0);
        self.probe(uid, attempt, None, now);
    }

    /// Asks the next probe of a daemon, or says that it is ready when none is left.
    pub(super) fn probe(&mut self, uid: &str, attempt: Attempt, again: Option<Duration>, now: Time) {
        let Some(at) = self.probing.get(&(uid.to_owned(), attempt)).copied() else { return };
        let Some(run) = self.shard.run(uid).filter(|run| run.is_wanted(attempt)) else {
            self.probing.remove(&(uid.to_owned(), attempt));
            return;
        };
        let probes = run.pod(attempt, now).and_then(|pod| daemons::probes(&run.plan, &pod));
        let probes = probes.unwrap_or_default();
        let key = (uid.to_owned(), attempt);
        // What the step finds out by itself it tells once, for all of its containers.
        let knows = |probe: &daemons::Probe| probe.task.is_none() && self.ready.contains(&key);
        let passed = probes.iter().skip(at).take_while(|probe| knows(probe)).count();
        self.probing.insert(key, at + passed);
        match probes.get(at + passed).map(|probe| (&probe.task, probe.after)) {
            Some((None, _)) => {}
            Some((Some(task), after)) => self.agent.call(Call {
                attempt: daemons::probe_id(&attempt_id(uid, attempt)),
                // Probes are patient; they do not take the places of the run's own requests.
                run: format!("probes of {uid}"),
                after: again.unwrap_or(after),
                task: task.clone(),
            }),
            // What the probes cannot say was said before the start.
            None => {
                let address = Some(daemons::address(&run.plan, attempt));
                self.probing.remove(&(uid.to_owned(), attempt));
                self.refusals.remove(&(uid.to_owned(), attempt));
                let nothing = Report::Told(String::new());
                self.shard.input(uid, Input::Reported { attempt, report: nothing }, now);
                let report = Report::Observed { address };
                self.shard.input(uid, Input::Reported { attempt, report }, now);
            }
        }
    }

    /// A step found out that it is ready.
    pub(super) fn says_ready(&mut self, uid: &str, attempt: Attempt, now: Time) {
        let Some(run) = self.shard.run(uid).filter(|run| run.is_wanted(attempt)) else { return };
        if run.is_daemon(attempt.node) {
            self.ready.insert((uid.to_owned(), attempt));
            self.probe(uid, attempt, None, now);
        }
    }

    /// A daemon answered a probe, or did not.
    pub(super) fn probed(&mut self, id: &AttemptId, answer: &Answer, now: Time) {
        let Some((uid, attempt)) = parse(id) else { return };
        let key = (uid.clone(), attempt);
        let Some(at) = self.probing.get(&key).copied() else { return };
        let ready = match answer {
            Answer::Http(Ok(response)) => (200..400).contains(&response.status),
            Answer::Tcp(Ok(())) => true,
            _ => false,
        };
        if ready {
            self.refusals.remove(&key);
            self.probing.insert(key, at + 1);
            return self.probe(&uid, attempt, None, now);
        }
        self.refused(key, answer, now);
        let Some(run) = self.shard.run(&uid) else { return };
        let period = run
            .pod(attempt, now)
            .and_then(|pod| daemons::probes(&run.plan, &pod))
            .ok()
            .and_then(|probes| probes.get(at).map(|probe| probe.period));
        self.probe(&uid, attempt, Some(period.unwrap_or_default()), now);
    }

    /// Tells what a daemon answers that is not ready: less and less often, as long as it answers the same.
    fn refused(&mut self, key: (String, Attempt), answer: &Answer, now: Time) {
        let told = match answer {
            Answer::Http(Ok(response)) => format!("it answered with status {}", response.status),
            Answer::Http(Err(reason)) | Answer::Tcp(Err(reason)) => reason.clone(),
            _ => return,
        };
        let (tries, before) = self.refusals.entry(key.clone()).or_default();
        *tries = tries.saturating_add(1);
        if *before != told || tries.is_power_of_two() {
            let text = daemons::not_ready(&told, *tries);
            *before = told;
            let (uid, attempt) = key;
            self.shard.input(&uid, Input::Reported { attempt, report: Report::Told(text) }, now);
        }
    }
}

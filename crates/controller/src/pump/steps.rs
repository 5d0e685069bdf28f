//! What is heard of steps and calls, and the calls themselves.

use super::{OBSERVED_AFTER, Pump, SAVING_AFTER, STANDING_AFTER, Stood, attempt_id, parse};
use crate::calls::{self, Verdict};
use crate::daemons;
use crate::handle::Update;
use crate::outcome::outcome;
use crate::ports;
use crate::submit;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tiphys_engine::workflow::{Attempt, Input, Outcome, Phase, Report, Run};
use tiphys_engine::{Plan, Time};
use tiphys_runner::Refusal;
use tiphys_runner::agent::Answer;
use tiphys_runner::step::{AttemptId, Ended, Exit, Report as StepReport, Standing};

impl Pump {
    /// Steps that have run for a while were seen running.
    pub(super) fn observe(&mut self, now: Time) {
        let ripe_of = |waiting: &BTreeMap<(String, Attempt), Time>, after: Duration| {
            let ripe = waiting.iter().filter(|(_, since)| since.plus(after) <= now);
            ripe.map(|(key, _)| key.clone()).collect::<Vec<_>>()
        };
        for (uid, attempt) in ripe_of(&self.saving, SAVING_AFTER) {
            self.saving.remove(&(uid.clone(), attempt));
            self.shard.input(&uid, Input::Reported { attempt, report: Report::Saving }, now);
        }
        let ripe = ripe_of(&self.starting, OBSERVED_AFTER);
        for (uid, attempt) in ripe {
            self.starting.remove(&(uid.clone(), attempt));
            self.shard.input(
                &uid,
                Input::Reported { attempt, report: Report::Observed { address: None } },
                now,
            );
            self.watch_daemon(&uid, attempt, now);
        }
        self.tell_standings(now);
    }

    /// A step said what of it runs. One whose init container runs is not there yet (EX-430).
    fn stands(&mut self, uid: String, attempt: Attempt, news: Standing, now: Time) {
        let key = (uid, attempt);
        let before = self.standing.get(&key);
        let (was_told, since) = before.map_or((true, now), |before| (before.is_told, before.since));
        let was_initial = before.is_some_and(|before| before.news.init.is_some());
        if news.init.is_some() {
            self.starting.remove(&key);
        } else if was_initial {
            self.starting.insert(key.clone(), now);
        }
        let since = if was_told { now } else { since };
        self.standing.insert(key, Stood { since, is_told: false, news });
    }

    /// Tells the runs of steps that stand as they stand for long enough to interest anybody.
    fn tell_standings(&mut self, now: Time) {
        let is_ripe = |stood: &Stood| !stood.is_told && stood.since.plus(STANDING_AFTER) <= now;
        let ripe: Vec<_> = self.standing.iter().filter(|(_, stood)| is_ripe(stood)).collect();
        let ripe: Vec<_> = ripe.into_iter().map(|(key, stood)| (key.clone(), stood.news.clone())).collect();
        for ((uid, attempt), news) in ripe {
            let text = match (&news.init, &news.unready) {
                (Some(init), _) => format!("its init container `{init}` runs"),
                (None, Some(unready)) => daemons::not_ready(&unready.answer, unready.tries),
                (None, None) => String::new(),
            };
            for report in [Report::Told(text), Report::Begun(news.begun)] {
                self.shard.input(&uid, Input::Reported { attempt, report }, now);
            }
            if let Some(stood) = self.standing.get_mut(&(uid, attempt)) {
                stood.is_told = true;
            }
        }
    }

    pub(super) fn reported(&mut self, report: StepReport, now: Time) {
        match report {
            StepReport::Started(started) => {
                let Some((uid, attempt)) = parse(&started.attempt) else { return };
                match started.is_ready {
                    true => self.says_ready(&uid, attempt, now),
                    false => drop(self.starting.insert((uid, attempt), now)),
                }
            }
            StepReport::Progress(progress) => {
                if let Some((uid, attempt)) = parse(&progress.attempt)
                    && let Some((done, of)) = progress.progress.trim().split_once('/')
                    && let (Ok(done), Ok(of)) = (done.parse(), of.parse())
                {
                    let report = Report::Progress { done, of };
                    self.shard.input(&uid, Input::Reported { attempt, report }, now);
                }
            }
            StepReport::Standing(standing) => {
                if let Some((uid, attempt)) = parse(&standing.attempt) {
                    self.stands(uid, attempt, *standing, now);
                }
            }
            StepReport::Saving(attempt) => self.saving.extend(parse(&attempt).map(|key| (key, now))),
            StepReport::Ended(ended) => self.step_ended(&ended, now),
            StepReport::Log(chunk) => {
                let Some((uid, attempt)) = parse(&chunk.attempt) else { return };
                let (container, lines) = (chunk.container, Arc::new(chunk.lines));
                self.tell(&uid, Update::Log { uid: uid.clone(), attempt, container, lines });
            }
        }
    }

    fn step_ended(&mut self, ended: &Ended, now: Time) {
        let Some((uid, attempt)) = parse(&ended.attempt) else { return };
        let key = (uid, attempt);
        self.saving.remove(&key);
        self.starting.remove(&key);
        self.ready.remove(&key);
        self.standing.remove(&key);
        self.refusals.remove(&key);
        let (uid, attempt) = key;
        let forgotten = match self.shard.run(&uid) {
            Some(run) if run.is_wanted(attempt) => {
                let report = last_report(run, attempt, ended, now);
                return self.shard.input(&uid, Input::Reported { attempt, report }, now);
            }
            // Told twice, perhaps: by the recall, and as news that was on its way.
            Some(_) => self.shard.gone(&uid, attempt),
            // Nobody will ever ask for the ending.
            None => self.gone.remove(&ended.attempt),
        };
        if forgotten {
            self.runner.forget(std::slice::from_ref(&ended.attempt));
        }
    }

    /// Has the agent make a call; the workflow's own plugins are started with the first one that needs them.
    pub(super) fn call(&mut self, uid: &str, attempt: Attempt, after: Duration, now: Time) {
        let (Some(run), Some(home)) = (self.shard.run(uid), self.homes.get(uid)) else { return };
        let made = run.pod(attempt, now).and_then(|pod| {
            if pod.template.plugin.is_some() {
                let companions = calls::companions(&run.plan, &pod, &home.place)?;
                for result in self.runner.start(&companions) {
                    if let Err(Refusal::Impossible(reason)) = result {
                        return Err(reason);
                    }
                }
            }
            calls::call(&run.plan, &pod, &home.place, attempt_id(uid, attempt))
        });
        match made {
            Ok(call) => self.agent.call(tiphys_runner::agent::Call { after, ..call }),
            Err(reason) => {
                // Like a call that failed, not like a pod that is gone (EX-473).
                let outcome = Outcome { phase: Phase::Failed, message: Some(reason), ..Outcome::default() };
                let report = Report::Ended(Box::new(outcome));
                self.shard.input(uid, Input::Reported { attempt, report }, now);
            }
        }
    }

    /// A call was answered.
    pub(super) fn answered(&mut self, id: &AttemptId, answer: Answer, now: Time) {
        if let Some(probed) = daemons::probed(id) {
            return self.probed(&probed, &answer, now);
        }
        let Some((uid, attempt)) = parse(id) else { return };
        let pod = match self.shard.run(&uid) {
            Some(run) if run.is_wanted(attempt) => run.pod(attempt, now),
            _ => {
                // Nobody remembers calls.
                let _ = self.shard.gone(&uid, attempt);
                return;
            }
        };
        let verdict = match pod {
            Ok(pod) => calls::verdict(answer, &pod, now),
            Err(_) => Verdict::Stopped,
        };
        let report = match verdict {
            Verdict::Ended(outcome) => Report::Ended(outcome),
            Verdict::Stopped if self.shard.is_interrupted(&uid) => Report::Withdrawn,
            Verdict::Stopped => Report::Ended(Box::new(submit::never_started())),
            Verdict::Again(working) => {
                let mut tell = |report| self.shard.input(&uid, Input::Reported { attempt, report }, now);
                if working.runs {
                    tell(Report::Observed { address: None });
                }
                tell(Report::Told(working.message));
                if let Some((done, of)) = working.progress {
                    tell(Report::Progress { done, of });
                }
                return self.call(&uid, attempt, working.after, now);
            }
        };
        self.shard.input(&uid, Input::Reported { attempt, report }, now);
    }

    /// Ends the plugins that a run brought with it.
    pub(super) fn dismiss_plugins(&self, plan: &Plan) {
        let companions = calls::companion_ids(plan);
        if !companions.is_empty() {
            self.runner.stop(&companions, Duration::ZERO);
            self.runner.forget(&companions);
        }
    }
}

/// What the engine is told of a step that has ended.
fn last_report(run: &Run, attempt: Attempt, ended: &Ended, now: Time) -> Report {
    // Stopped by whoever took the run back, perhaps an engine that died before it could say so.
    let is_taken_back = ended.stopped
        && !run.is_to_be_stopped(attempt.node)
        && ended.main().is_none_or(|main| main.exit != Exit::Code(0));
    if is_taken_back {
        return Report::Withdrawn;
    }
    // Only declared artifacts and containers need the declarations again.
    let is_set = run.is_container_set(attempt.node);
    let pod = (is_set || !ended.artifacts.is_empty() || ended.containers.len() > 1)
        .then(|| run.pod(attempt, now).ok())
        .flatten();
    let mut outcome = match ended.never_started() {
        true => submit::never_started(),
        false => outcome(ended, pod.as_ref()),
    };
    if outcome.phase == Phase::Failed && !ended.stopped && run.is_daemon(attempt.node) {
        let why = run.pod(attempt, now).ok().and_then(|pod| ports::complaint(&pod.template));
        let parts = outcome.message.into_iter().chain(why).collect::<Vec<_>>();
        outcome.message = (!parts.is_empty()).then(|| parts.join("; "));
    }
    Report::Ended(Box::new(outcome))
}

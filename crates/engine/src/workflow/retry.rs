//! Whether to try again: Argo's decision, in Argo's order (EX-211 to EX-225).

use super::enter::Entering;
use super::event::Event;
use super::handle::{Turn, message};
use super::node::{NodeIx, Phase};
use super::run::Run;
use super::scope::View;
use crate::time::Time;
use expr::{MapScope, Mode, World};
use std::time::Duration;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// What the decision needs to know of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// How it ended; none while it runs.
    pub phase: Phase,
    /// Its message.
    pub message: String,
    /// Exit code of its main container.
    pub exit_code: Option<String>,
    /// When it began.
    pub started: Time,
    /// When it ended.
    pub finished: Option<Time>,
}

/// What is to be done after the last attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Start another attempt now.
    Again,
    /// Wait until this instant, with this message.
    Wait(Time, String),
    /// The wrapper ends, with this phase and message.
    End(Phase, String),
    /// The strategy cannot be followed: the wrapper is in Error, and whoever entered it is told (EX-115).
    Broken(String),
}

/// What is asked of the run as a whole, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Stop or Terminate.
    pub strategy: Option<&'static str>,
    /// The workflow's deadline, when it has passed.
    pub deadline_passed: Option<String>,
}

/// Decides after the last attempt has ended. `strategy` is rendered; at least one attempt is given.
pub fn decide(
    strategy: &spec::RetryStrategy,
    attempts: &[Attempted],
    circumstances: &Circumstances,
    world: &World,
    now: Time,
) -> Decision {
    let (Some(first), Some(last)) = (attempts.first(), attempts.last()) else { return Decision::Again };
    let made = attempts.len() as i64;
    if !last.phase.is_bad() {
        return Decision::End(Phase::Succeeded, String::new());
    }
    if let Some(strategy) = circumstances.strategy {
        return Decision::End(last.phase, format!("Stopped with strategy '{strategy}'"));
    }
    if let Some(deadline) = &circumstances.deadline_passed {
        return Decision::End(last.phase, format!("retry exceeded workflow deadline {deadline}"));
    }
    let limit = strategy.limit.as_ref().map(|limit| whole_number(&limit.text()));
    if let Some(backoff) = &strategy.backoff {
        match waiting(backoff, first, last, made, now) {
            Err(decision) => return *decision,
            // What is no number waits for nothing, and is an error only when it comes to matter.
            Ok(Some((due, nanos)))
                if limit.as_ref().is_some_and(|limit| made <= *limit.as_ref().unwrap_or(&0)) =>
            {
                return Decision::Wait(due, format!("Backoff for {}", expr::duration::humanize(nanos)));
            }
            Ok(_) => {}
        }
    }
    let retryable = match effective_policy(strategy) {
        "Always" => true,
        "OnFailure" => last.phase == Phase::Failed,
        "OnError" => last.phase == Phase::Error,
        "OnTransientError" => is_transient(&last.message),
        other => return Decision::Broken(format!("{other} is not a valid RetryPolicy")),
    };
    if !retryable {
        return Decision::End(last.phase, last.message.clone());
    }
    match limit {
        Some(Err(reason)) => return Decision::Broken(reason),
        Some(Ok(limit)) if made > limit => {
            return Decision::End(last.phase, "No more retries left".to_owned());
        }
        Some(Ok(_)) | None => {}
    }
    if !strategy.expression.is_empty() {
        match expr::evaluate_bool(&strategy.expression, &expression_scope(attempts, now), world) {
            Ok(true) => {}
            Ok(false) => {
                return Decision::End(last.phase, "retryStrategy.expression evaluated to false".to_owned());
            }
            Err(error) => return Decision::Broken(error.to_string()),
        }
    }
    Decision::Again
}

/// The policy that counts: `Always` when there is an expression and no policy (EX-218).
pub fn effective_policy(strategy: &spec::RetryStrategy) -> &str {
    match strategy.retry_policy.as_str() {
        "" if strategy.expression.is_empty() => "OnFailure",
        "" => "Always",
        policy => policy,
    }
}

/// The names a retry expression may use (EX-223).
pub fn expression_scope(attempts: &[Attempted], now: Time) -> MapScope {
    let mut scope = MapScope::new();
    let Some(last) = attempts.last() else { return scope };
    let seconds = last.finished.unwrap_or(now).since_us(last.started).max(0) / 1_000_000;
    scope.insert("retries", (attempts.len() - 1).to_string());
    scope.insert("lastRetry.exitCode", last.exit_code.clone().unwrap_or_else(|| "-1".to_owned()));
    scope.insert("lastRetry.status", last.phase.name());
    scope.insert("lastRetry.duration", seconds.to_string());
    scope.insert("lastRetry.message", last.message.clone());
    scope
}

/// When the next attempt is due and how long that is after the last one, none if it is due already. `Err` ends the wrapper (EX-214, EX-215).
fn waiting(
    backoff: &spec::Backoff,
    first: &Attempted,
    last: &Attempted,
    made: i64,
    now: Time,
) -> Result<Option<(Time, i64)>, Box<Decision>> {
    let broken = |reason: String| Box::new(Decision::Broken(reason));
    let max = match backoff.max_duration.as_str() {
        "" => None,
        text => {
            let nanos = expr::duration::lenient(text).map_err(broken)?;
            let end = first.started.plus_nanos(nanos);
            if now > end {
                return Err(Box::new(Decision::End(last.phase, "Max duration limit exceeded".to_owned())));
            }
            Some(end)
        }
    };
    if backoff.duration.is_empty() {
        return Err(broken("no base duration specified for retryStrategy".to_owned()));
    }
    let base = expr::duration::lenient(&backoff.duration).map_err(broken)?;
    let factor = match &backoff.factor {
        None => 1,
        Some(factor) => whole_number(&factor.text()).map_err(broken)?,
    };
    let mut nanos = base;
    if factor > 1 {
        for _ in 1..made {
            nanos = nanos.saturating_mul(factor);
        }
    }
    if !backoff.cap.is_empty() {
        nanos = nanos.min(expr::duration::lenient(&backoff.cap).map_err(broken)?);
    }
    let due = last.finished.unwrap_or(now).plus_nanos(nanos);
    if max.is_some_and(|max| due > max) {
        return Err(Box::new(Decision::End(
            last.phase,
            "Backoff would exceed max duration limit".to_owned(),
        )));
    }
    Ok((now < due).then_some((due, nanos)))
}

fn whole_number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("value '{text}' cannot be resolved to an int"))
}

/// Whether a message speaks of a passing trouble (EX-219).
fn is_transient(message: &str) -> bool {
    const PASSING: [&str; 16] = [
        "Connection closed by foreign host",
        "net/http: TLS handshake timeout",
        "i/o timeout",
        "connection timed out",
        "connection reset by peer",
        "connect: connection refused",
        "invalid connection",
        "http2: client connection lost",
        "http2: server sent GOAWAY and closed the connection",
        "request did not complete within requested timeout",
        "unexpected error when reading response body",
        "stream error when reading response body",
        "etcdserver: leader changed",
        "etcdserver: request timed out",
        "etcdserver: too many requests",
        "client rate limiter Wait returned an error",
    ];
    PASSING.iter().any(|text| message.contains(text))
}

impl Turn<'_> {
    /// A retry wrapper whose last attempt may have settled.
    pub(crate) fn retry(&mut self, ix: NodeIx) {
        let attempts = self.run.attempts(ix).to_vec();
        let Some(last) = attempts.last() else {
            return self.next_attempt(ix);
        };
        let tried = self.run.node(*last);
        if !tried.settled {
            return;
        }
        if !tried.phase.is_ended() {
            // The wrapper is ready as soon as its attempt is, and goes on with it, also while that is being started again
            // after an interruption, perhaps under another address.
            if tried.daemoned && self.run.node(ix).address != tried.address {
                let address = tried.address.clone();
                self.record(Event::Observed { node: ix, address });
            }
            return;
        }
        let decision = match self.strategy(ix) {
            // Exit handlers are tried once, too, when the run is to end (EX-213, EX-327).
            Ok(strategy) => {
                let tried: Vec<Attempted> = attempts.iter().map(|attempt| self.attempted(*attempt)).collect();
                let circumstances = Circumstances {
                    strategy: self.run.steering.strategy(),
                    deadline_passed: self
                        .run
                        .steering
                        .deadline_passed
                        .then(|| self.workflow_deadline().as_go_prints()),
                };
                decide(&strategy, &tried, &circumstances, &self.world(ix.0), self.now)
            }
            Err(reason) => Decision::Broken(reason),
        };
        match decision {
            Decision::Again => self.next_attempt(ix),
            Decision::Wait(due, text) => {
                if self.run.due.get(&ix) != Some(&due) {
                    self.record(Event::Noted { node: ix, message: message(text) });
                    self.record(Event::Scheduled { node: ix, due });
                }
            }
            Decision::End(phase, text) => {
                let outputs = self.run.node(*last).outputs.clone();
                self.record(Event::Ended { node: ix, phase, message: message(text), outputs });
            }
            Decision::Broken(reason) => self.errored(ix, &reason),
        }
    }

    fn next_attempt(&mut self, wrapper: NodeIx) {
        if let Entering::Refused(reason) = self.enter_attempt(wrapper) {
            self.returned(wrapper, &reason);
        }
    }

    fn workflow_deadline(&self) -> Time {
        let started = self.run.started.unwrap_or(self.now);
        let seconds = self.run.plan.workflow.spec.active_deadline_seconds.unwrap_or(0);
        started.plus(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// The wrapper's strategy with its tags replaced.
    pub(crate) fn strategy(&self, ix: NodeIx) -> Result<spec::RetryStrategy, String> {
        self.run.retry_strategy(ix, self.now, &self.world(ix.0))
    }

    fn attempted(&self, ix: NodeIx) -> Attempted {
        let node = self.run.node(ix);
        Attempted {
            phase: node.phase,
            message: node.message.as_deref().unwrap_or_default().to_owned(),
            exit_code: node.outputs.as_ref().and_then(|outputs| outputs.exit_code.clone()),
            started: node.started,
            finished: node.finished,
        }
    }
}

impl Run {
    /// The strategy of a wrapper with its tags replaced.
    pub(crate) fn retry_strategy(
        &self,
        ix: NodeIx,
        now: Time,
        world: &World,
    ) -> Result<spec::RetryStrategy, String> {
        let template = self.template(ix).ok_or("the template is gone")?;
        let plan = template.retry.clone().unwrap_or_else(|| {
            std::sync::Arc::new(crate::plan::RetryPlan {
                doc: crate::tree::Tree::Leaf(serde_json::Value::Null),
            })
        });
        let view: View<'_> = self.view_of(ix, now);
        let value = plan.doc.render(&view, Mode::Lenient, world).map_err(|error| error.to_string())?;
        serde_json::from_value(value).map_err(|error| error.to_string())
    }
}

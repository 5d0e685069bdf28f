//! The schedules of the state folder, driven on a thread of their own.

use crate::argo::admit::{self, Library, Purpose};
use crate::argo::workflows;
use crate::fault::{Code, Fault};
use crate::wire::read;
use crate::world::World;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;
use tiphys_controller::cron::{KIND, Schedules, View, Yard};
use tiphys_engine::Time;
use tiphys_engine::check::Situation;
use tiphys_engine::cron::run::CRON_LABEL;
use tiphys_engine::cron::{Answer, Event, RunRef, Verdict};
use tiphys_engine::workflow::Request;
use tiphys_spec as spec;
use tiphys_store::{MachineId, ObjectKey, Runs};

/// Longest pause between two looks at the clock, which may be set anew at any time.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The pause after the store failed.
const PAUSE_AFTER_FAULT: Duration = Duration::from_secs(2);

/// Where schedules are read and their thread is woken.
pub(crate) struct Desk {
    /// The schedules as they were after the last round: the thread has them for a whole round, which may take its time.
    view: RwLock<Arc<View>>,
    /// A run of a schedule ended: its status is due.
    ended: AtomicBool,
    wake: SyncSender<()>,
}

impl Desk {
    /// The desk, and where its thread waits.
    pub(crate) fn new() -> (Desk, Receiver<()>) {
        let (wake, woken) = sync_channel(1);
        (Desk { view: RwLock::default(), ended: AtomicBool::new(false), wake }, woken)
    }

    /// The schedules as they are, for reading. Waits for nobody.
    pub(crate) fn read(&self) -> Arc<View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A document changed.
    pub(crate) fn changed(&self, kind: &str) {
        if kind == KIND {
            // Full means that it will look anyway.
            let _ = self.wake.try_send(());
        }
    }

    /// A run ended.
    pub(crate) fn ended(&self, document: &Value) {
        if document["metadata"]["labels"].get(CRON_LABEL).is_some() {
            self.ended.store(true, Ordering::Relaxed);
            let _ = self.wake.try_send(());
        }
    }

    /// One round. How long to wait until the next.
    fn turn(&self, schedules: &mut Schedules, world: &World) -> Duration {
        let now = Time(world.now_us());
        if self.ended.swap(false, Ordering::Relaxed) {
            schedules.count_soon();
        }
        let turned = world.store(|store| schedules.turn(store, &mut Around { world }, now));
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(schedules.view());
        if let Err(fault) = turned {
            tracing::warn!(error = fault.message, "schedules cannot be kept now");
            return PAUSE_AFTER_FAULT;
        }
        let Some(due) = schedules.next_due() else { return PAUSE_MAX };
        let left = due.since_us(Time(world.now_us()));
        Duration::from_micros(u64::try_from(left).unwrap_or(0)).min(PAUSE_MAX)
    }
}

/// Keeps the schedules until the server is gone.
pub(crate) fn run(world: &Weak<World>, woken: &Receiver<()>) {
    let zone = jiff::tz::TimeZone::system();
    let mut schedules = Schedules::new(zone.iana_name().unwrap_or("UTC"));
    loop {
        let pause = match world.upgrade() {
            Some(world) => world.desk.turn(&mut schedules, &world),
            None => return,
        };
        if woken.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// What schedules reach of the server.
pub(crate) struct Around<'a> {
    pub(crate) world: &'a World,
}

impl Around<'_> {
    /// The run of that name, if it belongs to the schedule that asks for it.
    fn existing(&self, workflow: &spec::Workflow) -> Result<Option<Answer>, Fault> {
        let metadata = &workflow.metadata;
        let found = self.world.find(&metadata.namespace, &metadata.name)?;
        Ok(found.map(|found| {
            let same = found.labels.get(CRON_LABEL) == metadata.labels.get(CRON_LABEL);
            if same { Answer::Created { uid: found.uid } } else { Answer::Taken }
        }))
    }

    fn create(&self, workflow: &spec::Workflow) -> Result<Answer, Fault> {
        if let Some(answer) = self.existing(workflow)? {
            return Ok(answer);
        }
        let value = serde_json::to_value(workflow).map_err(|error| Fault::internal(error.to_string()))?;
        let namespace = &workflow.metadata.namespace;
        match admit::workflow(self.world, namespace, &value, Purpose::Run, None) {
            Ok(made) => {
                let uid = made["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
                Ok(Answer::Created { uid })
            }
            Err(fault) if fault.code == Code::AlreadyExists => {
                Ok(self.existing(workflow)?.unwrap_or(Answer::Taken))
            }
            Err(fault) => Err(fault),
        }
    }
}

impl Yard for Around<'_> {
    fn flaw(&mut self, document: &Value) -> Option<String> {
        let namespace = document["metadata"]["namespace"].as_str().unwrap_or_default();
        let judged = read::document(KIND, document).and_then(|document| {
            let library = Library::reached(self.world, namespace, &document.value)?;
            library.judge(&document, Situation::Create, Code::InvalidArgument)?;
            library.require_supported(&document)
        });
        judged.err().map(|fault| fault.message)
    }

    fn submit(&mut self, workflow: spec::Workflow) -> Result<Answer, String> {
        match self.create(&workflow) {
            Ok(answer) => Ok(answer),
            // The store or the engine is at fault, not the workflow.
            Err(fault) if matches!(fault.code, Code::Unavailable | Code::ResourceExhausted) => {
                Err(fault.message)
            }
            Err(fault) => Ok(Answer::Failed(fault.message)),
        }
    }

    fn terminate(&mut self, run: &RunRef) {
        // One that ended or went in the meantime is what was wanted (CR-070).
        drop(self.world.ask(&run.uid, &[Request::Terminate]));
    }

    fn remove(&mut self, uid: &str) {
        let found = self.world.store(|store| store.summary(&MachineId::workflow(uid)));
        let removed = found.and_then(|found| match found {
            Some(summary) => workflows::remove(self.world, &summary, tiphys_controller::collect::Force::No),
            None => Ok(()),
        });
        if let Err(fault) = removed
            && fault.code != Code::NotFound
        {
            self.warn(&format!("the old run {uid} of a schedule cannot be removed: {}", fault.message));
        }
    }

    fn warn(&mut self, message: &str) {
        tracing::warn!("{message}");
    }

    /// Counted as Argo's controller counts it (K8S-409 to K8S-411).
    fn happened(&mut self, schedule: &ObjectKey, event: &Event) {
        let metrics = &self.world.metrics;
        let [name, namespace] = [("name", &*schedule.name), ("namespace", &*schedule.namespace)];
        let policy = |policy| {
            let labels = [("concurrency_policy", policy), name, namespace];
            metrics.count("cronworkflows_concurrencypolicy_triggered", &labels);
        };
        match event {
            Event::Submitted { .. } => metrics.count("cronworkflows_triggered_total", &[name, namespace]),
            Event::Fired { verdict: Verdict::Run { replaces, .. }, .. } if !replaces.is_empty() => {
                policy("Replace");
            }
            Event::Fired { verdict: Verdict::Skipped { reason, .. }, .. } if reason.contains("Forbid") => {
                policy("Forbid");
            }
            Event::Invalid { .. } => metrics.count("error_count", &[("cause", "CronWorkflowSpecError")]),
            Event::Refused { .. } => {
                metrics.count("error_count", &[("cause", "CronWorkflowSubmissionError")]);
            }
            _ => {}
        }
    }
}

//! Threads beside the pump for work with files, which may take as long as a disk likes: no other run waits for it.
//!
//! What is handed over is done in that order. It is no more than one job for each run that ends or goes, and one for each
//! attempt in a place of the dispatcher.

use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;

/// Work that answers for itself.
type Job = Box<dyn FnOnce() + Send>;

/// A thread beside the pump, once it is needed.
pub(super) struct Beside {
    name: &'static str,
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Beside {
    pub(super) fn new(name: &'static str) -> Beside {
        Beside { name, jobs: None, thread: None }
    }

    /// Has the thread do something.
    pub(super) fn hand_over(&mut self, job: impl FnOnce() + Send + 'static) {
        self.later(job)();
    }

    /// The same, when what this answers is called.
    pub(super) fn later(&mut self, job: impl FnOnce() + Send + 'static) -> Job {
        let jobs = self.jobs.get_or_insert_with(|| {
            let (sender, jobs) = mpsc::channel::<Job>();
            let work = move || jobs.into_iter().for_each(|job| job());
            self.thread = std::thread::Builder::new().name(self.name.to_owned()).spawn(work).ok();
            sender
        });
        let jobs = jobs.clone();
        Box::new(move || {
            // Without a thread it takes a moment longer.
            if let Err(mpsc::SendError(job)) = jobs.send(Box::new(job)) {
                job();
            }
        })
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // One that panicked has left files to the next `prune`.
            drop(thread.join());
        }
    }
}

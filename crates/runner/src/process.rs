//! Steps as processes of this machine, in the hands of a detached supervisor.
//!
//! One supervisor serves one engine, named by an id that both know (the run's uid, say), in the folder
//! `<state>/supervisors/<id>`. An engine that comes back under the same id finds its supervisor, or what a dead one
//! has written down.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tiphys_executor::contract::{AttemptId, Capabilities, Sighting, StepRequest, ToSupervisor};
use tiphys_executor::supervisor;

use crate::contract::{News, Refusal, Runner, RunnerError};

mod link;
mod silence;

use link::Link;
pub use silence::{Silent, silent};

/// Longest wait for the answer to a recall.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How often steps that are being ended are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How a process runner works.
#[derive(Debug, Clone)]
pub struct Options {
    /// The state folder.
    pub state: PathBuf,
    /// Names the engine, or the run: safe as a file name, and the same after a restart.
    pub id: String,
    /// The program to start as supervisor; it must call [`crate::enter_if_asked`]. `None`: this program.
    pub program: Option<PathBuf>,
    /// How many steps run side by side. 0: no limit.
    pub at_once: u32,
    /// Folders that sandboxed steps must not see, besides the state folder.
    pub hidden: Vec<PathBuf>,
    /// Whether sandboxed steps are to be expected, so that the supervisor prepares for them at once.
    pub sandbox: bool,
    /// How long a supervisor stays that nobody is connected to and that has no step.
    pub idle: Duration,
    /// How long a supervisor may sleep over a question before it is killed and another takes its place.
    pub patience: Duration,
}

impl Options {
    /// Usual options.
    pub fn new(state: impl Into<PathBuf>, id: impl Into<String>) -> Self {
        Options {
            state: state.into(),
            id: id.into(),
            program: None,
            at_once: 0,
            hidden: Vec::new(),
            sandbox: true,
            idle: Duration::from_secs(3),
            patience: Duration::from_secs(180),
        }
    }

    fn folder(&self) -> PathBuf {
        folder(&self.state).join(&self.id)
    }
}

fn folder(state: &Path) -> PathBuf {
    state.join("supervisors")
}

/// Receives what happens. Called from a thread of the runner, in order; must not call the runner's `recall`.
pub type OnNews = Box<dyn Fn(News) + Send + Sync>;

/// The client of a supervisor.
pub struct ProcessRunner {
    options: Options,
    on_news: Arc<OnNews>,
    answers: Answers,
    state: Mutex<State>,
}

type Answers = Arc<Mutex<Vec<(u64, Sender<Answer>)>>>;

/// An answer to a question with a ticket.
enum Answer {
    Sightings(Vec<Sighting>),
    Capabilities(Capabilities),
}

#[derive(Default)]
struct State {
    link: Option<Link>,
    last_ticket: u64,
    /// Since when no step could be given to a supervisor.
    unreachable_since: Option<Instant>,
}

impl ProcessRunner {
    /// A runner that finds or starts its supervisor when it is first needed.
    pub fn new(options: Options, on_news: OnNews) -> Self {
        ProcessRunner {
            options,
            on_news: Arc::new(on_news),
            answers: Answers::default(),
            state: Mutex::default(),
        }
    }

    /// Finds or starts the supervisor now, so that the first step need not wait for it.
    pub fn warm(&self) -> Result<(), RunnerError> {
        let mut state = self.lock();
        self.linked(&mut state).map(|_| ())
    }

    /// Says that this engine is done. The supervisor goes when its last step has ended, at once if `kill`.
    /// Waits for its end, `within` at most; whether it is gone.
    pub fn close(self, kill: bool, within: Duration) -> bool {
        let link = self.lock().link.take();
        let Some(mut link) = link else { return true };
        link.send(&ToSupervisor::Shutdown { kill });
        link.wait_for_end(&self.options.folder(), within)
    }

    /// Ends the steps of some attempts without grace and forgets how they ended. Waits until they are gone, `within` at
    /// most; whether they are.
    pub fn end(&self, is_meant: impl Fn(&AttemptId) -> bool, within: Duration) -> Result<bool, RunnerError> {
        let (mut running, mut known) = (Vec::new(), Vec::new());
        for sighting in self.recall(&[])? {
            match sighting {
                Sighting::Running(started) if is_meant(&started.attempt) => running.push(started.attempt),
                Sighting::Ended(ended) if is_meant(&ended.attempt) => known.push(ended.attempt),
                Sighting::Running(_) | Sighting::Ended(_) | Sighting::Unknown(_) => {}
            }
        }
        let until = Instant::now() + within;
        self.stop(&running, Duration::ZERO);
        while !running.is_empty() {
            let sightings = self.recall(&running)?;
            if !sightings.iter().any(|sighting| matches!(sighting, Sighting::Running(_))) {
                break;
            }
            if Instant::now() > until {
                return Ok(false);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        known.append(&mut running);
        self.forget(&known);
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked while it held the lock left at worst a broken link, which is replaced.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn linked<'s>(&self, state: &'s mut State) -> Result<&'s mut Link, RunnerError> {
        if state.link.as_ref().is_some_and(Link::is_broken) {
            state.link = None;
        }
        match &mut state.link {
            Some(link) => Ok(link),
            empty => {
                let link = Link::open(&self.options, self.on_news.clone(), self.answers.clone());
                let link = link.map_err(|error| RunnerError::Unreachable {
                    id: self.options.id.clone(),
                    reason: error.to_string(),
                })?;
                Ok(empty.insert(link))
            }
        }
    }

    fn send(&self, message: &ToSupervisor) {
        let mut state = self.lock();
        // Without a supervisor there is no step to talk about.
        if let Some(link) = &mut state.link {
            link.send(message);
        }
    }
}

impl ProcessRunner {
    /// What the machine lets us do for steps. Waits for the supervisor to find out: some milliseconds.
    pub fn capabilities(&self) -> Result<Capabilities, RunnerError> {
        let message = |ticket| ToSupervisor::Probe { ticket };
        match self.ask(message)? {
            Answer::Capabilities(capabilities) => Ok(capabilities),
            Answer::Sightings(_) => Err(self.unreachable("it answers something else")),
        }
    }

    /// Asks something that is answered.
    fn ask(&self, message: impl Fn(u64) -> ToSupervisor) -> Result<Answer, RunnerError> {
        let (sender, answer) = mpsc::channel();
        let ticket = {
            let mut state = self.lock();
            state.last_ticket += 1;
            let ticket = state.last_ticket;
            self.waiting().push((ticket, sender));
            self.linked(&mut state)?.send(&message(ticket));
            ticket
        };
        answer.recv_timeout(ANSWER_WITHIN).map_err(|_| {
            self.waiting().retain(|(waiting, _)| *waiting != ticket);
            self.unreachable("it does not answer")
        })
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(u64, Sender<Answer>)>> {
        self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn unreachable(&self, reason: &str) -> RunnerError {
        RunnerError::Unreachable { id: self.options.id.clone(), reason: reason.to_owned() }
    }
}

/// How long steps wait for a supervisor that cannot be started or reached before they fail for it.
const UNREACHABLE_FOR: Duration = Duration::from_secs(10);

/// How many steps a supervisor is given beyond those that it may run side by side.
///
/// Enough to keep it busy while the engine makes a batch of endings durable.
const AHEAD: usize = 64;

impl ProcessRunner {
    fn ask_to_end(&self, attempts: &[AttemptId], grace: Duration, while_connected: bool) {
        let grace_ms = grace.as_millis() as u64;
        self.send(&ToSupervisor::Stop { attempts: attempts.to_vec(), grace_ms, while_connected });
    }
}

impl Runner for ProcessRunner {
    fn ahead(&self) -> usize {
        if self.options.at_once == 0 { 0 } else { AHEAD }
    }

    fn start(&self, steps: &[StepRequest]) -> Vec<Result<(), Refusal>> {
        let mut state = self.lock();
        match self.linked(&mut state) {
            Ok(link) => {
                // If the supervisor dies meanwhile, `News::Lost` follows, and a recall says `Unknown`.
                link.start(self.options.at_once, steps);
                state.unreachable_since = None;
                vec![Ok(()); steps.len()]
            }
            Err(error) => {
                let since = *state.unreachable_since.get_or_insert_with(Instant::now);
                // A machine without a free process or file for a moment is no reason to fail a step.
                let refusal = match since.elapsed() < UNREACHABLE_FOR {
                    true => Refusal::Busy,
                    false => Refusal::Impossible(error.to_string()),
                };
                vec![Err(refusal); steps.len()]
            }
        }
    }

    fn stop(&self, attempts: &[AttemptId], grace: Duration) {
        self.ask_to_end(attempts, grace, false);
    }

    fn take_back(&self, attempts: &[AttemptId], grace: Duration) {
        self.ask_to_end(attempts, grace, true);
    }

    fn recall(&self, attempts: &[AttemptId]) -> Result<Vec<Sighting>, RunnerError> {
        match self.ask(|ticket| ToSupervisor::Recall { ticket, attempts: attempts.to_vec() })? {
            Answer::Sightings(sightings) => Ok(sightings),
            Answer::Capabilities(_) => Err(self.unreachable("it answers something else")),
        }
    }

    fn forget(&self, attempts: &[AttemptId]) {
        self.send(&ToSupervisor::Forget(attempts.to_vec()));
    }

    fn subscribe(&self, attempt: Option<&AttemptId>, on: bool) {
        self.send(&ToSupervisor::Subscribe { attempt: attempt.cloned(), on });
    }
}

/// A supervisor's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The id it serves.
    pub id: String,
    /// Whether it, or anything of it, lives. Otherwise the folder holds what a dead one has written down.
    pub is_alive: bool,
}

/// The supervisors of a state folder, by id.
pub fn found(state: &Path) -> Vec<Found> {
    let Ok(entries) = std::fs::read_dir(folder(state)) else { return Vec::new() };
    let mut found: Vec<Found> = entries
        .flatten()
        .filter_map(|entry| {
            Some(Found {
                id: entry.file_name().into_string().ok()?,
                is_alive: supervisor::is_alive(&entry.path()),
            })
        })
        .collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// Removes what dead supervisors left, except for ids that are still `wanted` (a run that has not ended).
pub fn sweep(state: &Path, wanted: impl Fn(&str) -> bool) {
    for one in found(state) {
        if !one.is_alive && !wanted(&one.id) {
            let folder = folder(state).join(&one.id);
            supervisor::tidy(&folder);
            // Whoever starts at this moment makes the folder anew.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

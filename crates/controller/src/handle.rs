//! What faces may ask of a controller.

use crate::collect::Force;
use crate::draft::Draft;
use crate::metrics::Metrics;
use crate::patient::Patient;
use crate::prepare::Place;
use crate::pump::{Pump, Release};
use crate::refused::Refused;
use crate::shard::{Census, Recorded};
use crate::throttle::Limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tiphys_engine::explain::{Places, Wanted};
use tiphys_engine::workflow::{Attempt, Collected, Outcome, Request, Retry};
use tiphys_engine::{Frozen, Time};
use tiphys_runner::agent::{Agent, Answer};
use tiphys_runner::step::AttemptId;
use tiphys_runner::{News, Runner};
use tiphys_spec as spec;
use tiphys_store::{Heard, State, Store, StoreError, Summary};

/// A run to be created.
pub struct Order {
    /// Its documents.
    pub frozen: Frozen,
    /// Secrets that its steps may read; kept apart from everything else.
    pub secrets: Vec<spec::Secret>,
    /// Input artifacts of the workflow that are files of this machine.
    pub files: BTreeMap<String, PathBuf>,
    /// Where and how the face that gives the order means it to run; kept with the documents and not read here.
    pub world: Value,
    /// Hears everything about the run from its first event on.
    pub follower: Option<Sender<Update>>,
}

/// What a follower hears of a run.
#[derive(Clone, Debug)]
pub enum Update {
    /// Events became durable.
    Recorded(Recorded),
    /// The row of the run was brought up to date without a record.
    Row(String),
    /// A step wrote.
    Log {
        /// The run.
        uid: String,
        /// The step.
        attempt: Attempt,
        /// Which of its containers.
        container: String,
        /// Whole lines with times, as the log file holds them.
        lines: Arc<Vec<u8>>,
    },
    /// The run is over; its final document.
    Ended(Arc<Value>),
    /// The run was removed.
    Deleted(String),
    /// An interrupted run has nothing running any more; it can be continued.
    Interrupted(String),
    /// Another engine took the run over.
    Fenced(String),
    /// What another process asked of a run cannot be read, and was dropped.
    Unreadable {
        /// The run.
        uid: String,
        /// The number of the letter.
        number: u64,
        /// Why.
        reason: String,
    },
    /// A mistake of ours showed in the run: it is let go of as it is recorded, and can be taken up again.
    Parked {
        /// The run.
        uid: String,
        /// The mistake.
        reason: String,
    },
    /// Nobody says what became of the steps that ran when the engine took the run up. It asks again until somebody does.
    Unheard {
        /// The run.
        uid: String,
        /// Why nobody says.
        reason: String,
    },
    /// The store failed; nothing more will happen here.
    StoreFailed(String),
}

/// A letter for a run that another process drives.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ask {
    /// Something for the run itself.
    Request(Request),
}

/// How nodes that need not run again came out, by their ids.
pub type Done = BTreeMap<String, Outcome>;

/// How much is told of how a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// What lists show: of a large run its nodes are nearly everything.
    WithoutNodes,
}

/// Who hears how the creation of a run came out.
pub(crate) type Submitted = Box<dyn FnOnce(Result<Summary, Refused>) + Send>;

pub(crate) enum Message {
    News(News),
    Answered(AttemptId, Answer),
    Submit(Box<Draft>, Submitted),
    Restart(Box<Draft>, Sender<Result<Summary, Refused>>),
    Adopt(String, Option<Sender<Update>>, Sender<Result<Summary, Refused>>),
    AdoptAll(Vec<String>, Sender<Vec<Result<Summary, Refused>>>),
    Retry(String, Retry, Option<Sender<Update>>, Sender<Result<Summary, Refused>>),
    Ask(String, Vec<Request>, Sender<bool>),
    FollowAll(Sender<Update>, Arc<AtomicUsize>),
    Delete(String, Force, Sender<Result<bool, Refused>>),
    Limit(Limits),
    Subscribe(bool),
    Interrupt(String),
    Status(String, Extent, Sender<Option<Value>>),
    Census(Sender<Census>),
    Places(String, Wanted, Sender<Places>),
    EndStrays,
    Inbox,
    /// What came of looking at files for an attempt; the error is a mistake of ours.
    Listed(String, Attempt, Result<Box<Outcome>, String>),
    /// What came of deleting the artifacts of a run that is over; none if a mistake of ours showed.
    Collected(String, Result<Collected, String>),
    /// The artifacts of a run that is to go were deleted, or why it has to stay.
    Released(Box<Release>, Result<(), Refused>),
    /// Keeps the thread that works with files busy.
    #[cfg(test)]
    Busy(Arc<dyn Fn() + Send + Sync>),
    Quit,
}

impl Message {
    /// The run whose state it is about to change on somebody's word.
    pub(crate) fn changes(&self) -> Option<&str> {
        match self {
            Message::Restart(draft, _) => Some(&draft.run.machine.id),
            Message::Adopt(uid, ..)
            | Message::Retry(uid, ..)
            | Message::Ask(uid, ..)
            | Message::Delete(uid, ..) => Some(uid),
            _ => None,
        }
    }
}

/// Where the engine hears what is asked of it.
pub(crate) struct Inbox {
    pub(crate) messages: Receiver<Message>,
    /// The way there, for what is done beside the engine's thread.
    pub(crate) own: Sender<Message>,
    /// How many orders are on their way.
    pub(crate) coming: Arc<AtomicUsize>,
    /// Up to when everything that happened is durable.
    pub(crate) settled: Arc<AtomicI64>,
}

/// An order that is on its way, until this is dropped. Orders that come together are made durable together, so the
/// engine waits a moment for those that it knows of.
pub struct Coming(Arc<AtomicUsize>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The controller is gone, most likely because its store failed.
#[derive(Debug, thiserror::Error)]
#[error("the controller has stopped")]
pub struct Gone;

/// Why an engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The state folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine gives no more threads.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// How often letters are looked for while the bell cannot be heard.
const DEAF_PAUSE: Duration = Duration::from_secs(1);

/// One engine with its thread.
pub struct Controller {
    messages: Sender<Message>,
    coming: Arc<AtomicUsize>,
    settled: Arc<AtomicI64>,
    state: State,
    /// The name under which runs belong to this engine.
    engine: String,
    metrics: Metrics,
    thread: Option<JoinHandle<Result<(), StoreError>>>,
    /// Waits for letters.
    ringing: Option<JoinHandle<()>>,
}

/// Makes the runner once the place for its news is known.
pub type MakeRunner = Box<dyn FnOnce(Box<dyn Fn(News) + Send + Sync>) -> Arc<dyn Runner>>;

impl Controller {
    /// Starts an engine on a state folder, with at most `jobs` steps at once.
    pub fn start(
        state: &State,
        place: Place,
        jobs: usize,
        make_runner: MakeRunner,
    ) -> Result<Controller, StartError> {
        Controller::start_on(state, Box::new(state.store()?), place, jobs, make_runner)
    }

    /// As [`Controller::start`] on a store that is the folder's.
    pub(crate) fn start_on(
        state: &State,
        store: Box<dyn Store>,
        place: Place,
        jobs: usize,
        make_runner: MakeRunner,
    ) -> Result<Controller, StartError> {
        let (messages, inbox) = mpsc::channel();
        let store = Box::new(Patient::new(store, place.patience));
        let ownership = state.ownership()?;
        let bell = ownership.bell()?;
        let rung = messages.clone();
        // Ends with the pump, whose ownership ends every wait. One that cannot be heard is no reason to look no more.
        let ringing = std::thread::Builder::new()
            .name("bell".to_owned())
            .spawn(move || {
                loop {
                    match bell.wait(None) {
                        Ok(Heard::End) => break,
                        Ok(Heard::Ring | Heard::Nothing) => {}
                        Err(_) => std::thread::sleep(DEAF_PAUSE),
                    }
                    if rung.send(Message::Inbox).is_err() {
                        break;
                    }
                }
            })
            .map_err(StartError::Thread)?;
        let news = messages.clone();
        let runner = make_runner(Box::new(move |heard| {
            // Without a pump there is nobody to tell; the runner keeps what it knows.
            drop(news.send(Message::News(heard)));
        }));
        let answers = messages.clone();
        let agent = Agent::new(Box::new(move |attempt, answer| {
            // Without a pump there is nobody to tell; whoever takes the run up calls again.
            drop(answers.send(Message::Answered(attempt, answer)));
        }));
        let metrics = Metrics::default();
        let reach = (runner, agent, metrics.clone());
        let engine = place.engine.clone();
        let coming = Arc::<AtomicUsize>::default();
        let settled = Arc::new(AtomicI64::new(now().0));
        let inbox = Inbox {
            messages: inbox,
            own: messages.clone(),
            coming: coming.clone(),
            settled: settled.clone(),
        };
        let pump = Pump::new(state.clone(), store, ownership, reach, place, jobs, inbox);
        let thread = std::thread::Builder::new()
            .name("pump".to_owned())
            .spawn(move || pump.run())
            .map_err(StartError::Thread)?;
        Ok(Controller {
            messages,
            coming,
            settled,
            state: state.clone(),
            engine,
            metrics,
            thread: Some(thread),
            ringing: Some(ringing),
        })
    }

    fn ask_for<T>(&self, make: impl FnOnce(Sender<T>) -> Message) -> Result<T, Gone> {
        let (reply, answer) = mpsc::channel();
        self.messages.send(make(reply)).map_err(|_| Gone)?;
        answer.recv().map_err(|_| Gone)
    }

    /// Says that an order is on its way: that it is being read and judged, say.
    pub fn coming(&self) -> Coming {
        self.coming.fetch_add(1, Ordering::Relaxed);
        Coming(self.coming.clone())
    }

    /// Creates a run. Answered when it is durable.
    pub fn submit(&self, order: Order) -> Result<Result<Summary, Refused>, Gone> {
        let (reply, answer) = mpsc::channel();
        // Who asked may have gone in the meantime.
        self.submit_then(order, move |submitted| drop(reply.send(submitted)))?;
        answer.recv().map_err(|_| Gone)
    }

    /// As [`Controller::submit`] without waiting: `then` hears of it, usually on the engine's own thread, and must
    /// not block. It is dropped unheard if the engine ends before.
    pub fn submit_then(
        &self,
        order: Order,
        then: impl FnOnce(Result<Summary, Refused>) + Send + 'static,
    ) -> Result<(), Gone> {
        match self.draft(order, Done::default()) {
            Ok(draft) => {
                self.messages.send(Message::Submit(Box::new(draft), Box::new(then))).map_err(|_| Gone)
            }
            Err(reason) => {
                then(Err(reason));
                Ok(())
            }
        }
    }

    /// Has the threads that work with files do this first.
    #[cfg(test)]
    pub(crate) fn keep_busy(&self, work: Arc<dyn Fn() + Send + Sync>) {
        self.messages.send(Message::Busy(work)).unwrap();
    }

    /// Ends the steps that the runner still runs though their runs are over, or do not want them any more. For an
    /// engine that has taken up all its runs: an earlier life of it may have been killed before it could.
    pub fn end_strays(&self) -> Result<(), Gone> {
        self.messages.send(Message::EndStrays).map_err(|_| Gone)
    }

    /// Begins a run anew, under the same identity if it is here: its journal so far gives way, and nodes that are
    /// done are not run again. Answered when it is durable.
    pub fn restart(&self, order: Order, done: Done) -> Result<Result<Summary, Refused>, Gone> {
        match self.draft(order, done) {
            Ok(draft) => self.ask_for(|reply| Message::Restart(Box::new(draft), reply)),
            Err(reason) => Ok(Err(reason)),
        }
    }

    fn draft(&self, order: Order, done: Done) -> Result<Draft, Refused> {
        Draft::new(order, done, &self.engine, &self.state, now())
    }

    /// Takes over a run whose engine is gone.
    pub fn adopt(
        &self,
        uid: &str,
        follower: Option<Sender<Update>>,
    ) -> Result<Result<Summary, Refused>, Gone> {
        self.ask_for(|reply| Message::Adopt(uid.to_owned(), follower, reply))
    }

    /// As [`Controller::adopt`] for many runs, which are taken over in one transaction.
    pub fn adopt_all(&self, uids: Vec<String>) -> Result<Vec<Result<Summary, Refused>>, Gone> {
        self.ask_for(|reply| Message::AdoptAll(uids, reply))
    }

    /// Goes on with a run that is over: what failed runs again (EX-300). Answered when that is durable; refused in
    /// Argo's words.
    pub fn retry(
        &self,
        uid: &str,
        retry: Retry,
        follower: Option<Sender<Update>>,
    ) -> Result<Result<Summary, Refused>, Gone> {
        self.ask_for(|reply| Message::Retry(uid.to_owned(), retry, follower, reply))
    }

    /// Asks something of a run that this engine drives, all of it at once. False if it does not.
    pub fn ask(&self, uid: &str, requests: Vec<Request>) -> Result<bool, Gone> {
        self.ask_for(|reply| Message::Ask(uid.to_owned(), requests, reply))
    }

    /// Up to when everything that happened to the runs of this engine is durable: whoever reads the store after this
    /// lacks nothing up to then, and everything that follows has a later time (API-129).
    pub fn settled(&self) -> Time {
        Time(self.settled.load(Ordering::Acquire))
    }

    /// Follows every run of this engine, from now on. `unread` rises with each update; who reads lowers it, and lets
    /// nothing new begin while it is high: the engine itself waits for no follower.
    pub fn follow_all(&self, follower: Sender<Update>, unread: Arc<AtomicUsize>) -> Result<(), Gone> {
        self.messages.send(Message::FollowAll(follower, unread)).map_err(|_| Gone)
    }

    /// Ends what runs of a run and removes it with its journal and files; what was archived stays. False if it is
    /// not here.
    ///
    /// Artifacts that go with it are deleted first; if they cannot be, the run stays, unless that is forced.
    pub fn delete(&self, uid: &str, force: Force) -> Result<Result<bool, Refused>, Gone> {
        self.ask_for(|reply| Message::Delete(uid.to_owned(), force, reply))
    }

    /// As [`Controller::delete`] for many runs: they go together, in as few transactions as that takes.
    pub fn delete_all(&self, uids: &[&str], force: Force) -> Result<Vec<Result<bool, Refused>>, Gone> {
        let mut answers = Vec::with_capacity(uids.len());
        for uid in uids {
            let (reply, answer) = mpsc::channel();
            self.messages.send(Message::Delete((*uid).to_owned(), force, reply)).map_err(|_| Gone)?;
            answers.push(answer);
        }
        answers.into_iter().map(|answer| answer.recv().map_err(|_| Gone)).collect()
    }

    /// The metrics of the runs that this engine drives, as they are now.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How much may go on at once, from now on; who has begun is not put back.
    pub fn limit(&self, limits: Limits) -> Result<(), Gone> {
        self.messages.send(Message::Limit(limits)).map_err(|_| Gone)
    }

    /// Whether followers hear log lines too.
    pub fn subscribe(&self, on: bool) -> Result<(), Gone> {
        self.messages.send(Message::Subscribe(on)).map_err(|_| Gone)
    }

    /// Takes a run back: what runs is stopped, nothing is recorded as failed.
    pub fn interrupt(&self, uid: &str) -> Result<(), Gone> {
        self.messages.send(Message::Interrupt(uid.to_owned())).map_err(|_| Gone)
    }

    /// How much goes on now.
    pub fn census(&self) -> Result<Census, Gone> {
        self.ask_for(Message::Census)
    }

    /// Who has the places that a run, or a step of it, waits for.
    pub fn places(&self, uid: &str, wanted: Wanted) -> Result<Places, Gone> {
        self.ask_for(|reply| Message::Places(uid.to_owned(), wanted, reply))
    }

    /// The workflow with its status as of now; none if this engine does not drive it.
    pub fn status(&self, uid: &str) -> Result<Option<Value>, Gone> {
        self.ask_for(|reply| Message::Status(uid.to_owned(), Extent::Whole, reply))
    }

    /// As [`Controller::status`] for many runs, in one visit.
    pub fn statuses(&self, uids: &[&str], extent: Extent) -> Result<Vec<Option<Value>>, Gone> {
        let mut answers = Vec::with_capacity(uids.len());
        for uid in uids {
            let (reply, answer) = mpsc::channel();
            self.messages.send(Message::Status((*uid).to_owned(), extent, reply)).map_err(|_| Gone)?;
            answers.push(answer);
        }
        answers.into_iter().map(|answer| answer.recv().map_err(|_| Gone)).collect()
    }

    /// Asks the engine to end, without waiting for it. Steps that run go on without it.
    pub fn leave(&self) {
        // One that is gone already has nothing to end.
        drop(self.messages.send(Message::Quit));
    }

    /// Ends the engine. Steps that run go on without it.
    pub fn quit(mut self) -> Result<(), StoreError> {
        // A pump that is gone already has said why through its thread.
        drop(self.messages.send(Message::Quit));
        let ended = self.thread.take().map(JoinHandle::join);
        // One that panicked waits no more.
        drop(self.ringing.take().map(JoinHandle::join));
        match ended {
            Some(Ok(result)) => result,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }
}

/// Now, by the machine's clock.
pub(crate) fn now() -> Time {
    let us = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Time(i64::try_from(us).unwrap_or(i64::MAX))
}

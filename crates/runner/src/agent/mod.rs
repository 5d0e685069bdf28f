//! The agent: web requests and plugin calls, made by this process on threads of their own (EX-470).
//!
//! A call that never ends holds one thread of its run and no other: every run has its own share of threads, and
//! waits behind nobody else's calls. Nothing survives a restart; whoever asked asks again, so that calls are made
//! at least once, as with Argo's agent.

mod http;
mod queue;

pub use http::{HttpRequest, HttpResponse};

use crate::step::AttemptId;
use http::Client;
use queue::{Queue, Stopped};
use serde_json::Value;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tiphys_executor::check_json;

/// Most calls of one run at the same time, as Argo's agent has it.
pub const CALLS_PER_RUN_MAX: usize = 16;

/// Most calls of all runs at the same time.
pub const CALLS_MAX: usize = 512;

/// Longest time of a call that names none itself.
pub const CALL_TIME_MAX: Duration = Duration::from_secs(3_600);

/// Most bytes of an answer that are read.
pub const RESPONSE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Longest time of one call of a plugin (EX-478).
pub const PLUGIN_TIME_MAX: Duration = Duration::from_secs(30);

/// How often a plugin that is not there yet is tried, and the first pause in between; each is twice the last.
const PLUGIN_TRIES: u32 = 5;

/// What may pass when a plugin is called.
const PASSING: [&str; 5] = [
    "connection refused",
    "connection reset by peer",
    "connection timed out",
    "i/o timeout",
    "context deadline exceeded",
];

/// The first pause.
const PLUGIN_PAUSE: Duration = Duration::from_secs(1);

/// How long a thread waits for another call before it ends.
const IDLE: Duration = Duration::from_secs(5);

/// One call to be made.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whose answer it will be.
    pub attempt: AttemptId,
    /// The run; calls of different runs do not wait for each other.
    pub run: String,
    /// How long to wait before it.
    pub after: Duration,
    /// What to do.
    pub task: Task,
}

/// What a call does.
#[derive(Clone, Debug)]
pub enum Task {
    /// One web request.
    Http(HttpRequest),
    /// Only connects.
    Tcp {
        /// `host:port`.
        address: String,
        /// How long that may take.
        timeout: Duration,
    },
    /// Plugins are offered the template in turn until one of them takes it (EX-475).
    Plugin {
        /// Whom to ask, in order.
        plugins: Vec<Plugin>,
        /// What they are told.
        body: Vec<u8>,
    },
}

/// An executor plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// Its name, for messages.
    pub name: String,
    /// Where it listens: `http://host:port`.
    pub address: String,
    /// What it is shown to prove that we are we; empty if it asks for nothing.
    pub token: String,
}

/// What came of a call.
#[derive(Clone, Debug)]
pub enum Answer {
    /// What the server answered, or why it could not be asked.
    Http(Result<HttpResponse, String>),
    /// Somebody listens there, or why nobody can be reached.
    Tcp(Result<(), String>),
    /// The reply of the plugin that took it, none if nobody did, or why one could not be asked.
    Plugin(Result<Option<Value>, String>),
    /// It was stopped before there was an answer.
    Stopped,
}

/// Receives answers, on a thread of the agent.
pub type OnAnswer = Box<dyn Fn(AttemptId, Answer) + Send + Sync>;

/// Makes calls.
pub struct Agent {
    shared: Arc<Shared>,
}

struct Shared {
    on_answer: OnAnswer,
    desk: Mutex<Desk>,
    /// There is something to do, or something to do earlier.
    changed: Condvar,
}

/// The calls, and who makes them.
#[derive(Default)]
struct Desk {
    queue: Queue,
    threads: usize,
    /// How many of them are about to look for a call.
    idle: usize,
    closed: bool,
}

impl Agent {
    /// An agent without threads; they come with the calls.
    pub fn new(on_answer: OnAnswer) -> Agent {
        Agent { shared: Arc::new(Shared { on_answer, desk: Mutex::default(), changed: Condvar::new() }) }
    }

    /// Makes a call. One that is known already is not made twice.
    pub fn call(&self, call: Call) {
        let mut desk = self.shared.lock();
        desk.queue.push(call, Instant::now());
        self.shared.staff(&mut desk);
        drop(desk);
        self.shared.changed.notify_one();
    }

    /// Gives calls up; each is answered with [`Answer::Stopped`]. What the server does is not known then.
    pub fn stop(&self, attempts: &[AttemptId]) {
        for attempt in attempts {
            let stopped = self.shared.lock().queue.stop(attempt);
            let caller = match stopped {
                Stopped::Nothing => continue,
                Stopped::Waiting => None,
                Stopped::Making(caller) => Some(caller),
            };
            (self.shared.on_answer)(attempt.clone(), Answer::Stopped);
            // Its thread has another call to make, and the run a place for one.
            if let Some(caller) = caller {
                caller.hang_up();
            }
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    /// A thread that panicked with the lock has broken nothing: every change under it is a single step.
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Sees to it that somebody is there for a call that can be made, or will be due, while everyone is busy.
    fn staff(self: &Arc<Self>, desk: &mut Desk) {
        let has_work = desk.queue.has_free() || desk.queue.next_due().is_some();
        if !has_work || desk.idle > 0 || desk.threads >= CALLS_MAX {
            return;
        }
        let shared = self.clone();
        let spawned = std::thread::Builder::new()
            .name("agent".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || shared.work());
        // Without another thread the call waits for one of those that are there.
        if spawned.is_ok() {
            desk.threads += 1;
            // It has nothing to do until it has looked.
            desk.idle += 1;
        }
    }

    /// The life of one thread.
    fn work(self: &Arc<Self>) {
        self.lock().idle -= 1;
        let mut client = Client::new();
        while let Some(call) = self.next(&client) {
            let attempt = call.attempt.clone();
            let answer = match &call.task {
                Task::Http(request) => Answer::Http(client.request(request)),
                Task::Tcp { address, timeout } => Answer::Tcp(connect(address, *timeout)),
                Task::Plugin { plugins, body } => Answer::Plugin(ask(&client, plugins, body)),
            };
            let wanted = self.lock().queue.made(&attempt);
            // A place of the run is free now.
            self.changed.notify_one();
            if wanted {
                (self.on_answer)(attempt, answer);
            } else {
                // Whoever stopped the call has closed it.
                client = Client::new();
            }
        }
    }

    /// The next call that is due and whose run has a place, and which this client is to make. None: the thread ends.
    fn next(self: &Arc<Self>, client: &Client) -> Option<Call> {
        let mut desk = self.lock();
        let mut patience = Instant::now() + IDLE;
        loop {
            if desk.closed {
                desk.threads -= 1;
                return None;
            }
            let now = Instant::now();
            if let Some(call) = desk.queue.take(now, client) {
                // Whoever put in another call took this thread for one that has nothing to do.
                self.staff(&mut desk);
                return Some(call);
            }
            // Somebody must be there when a call that waits becomes due.
            let due = desk.queue.next_due();
            if !desk.queue.is_empty() {
                patience = now + IDLE;
            }
            if now >= patience {
                desk.threads -= 1;
                return None;
            }
            let until = due.map_or(patience, |due| due.min(patience));
            desk.idle += 1;
            let (held, _) = self
                .changed
                .wait_timeout(desk, until.saturating_duration_since(now))
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            desk = held;
            desk.idle -= 1;
        }
    }
}

/// Offers a template to plugins in turn.
fn ask(client: &Client, plugins: &[Plugin], body: &[u8]) -> Result<Option<Value>, String> {
    for plugin in plugins {
        let request = HttpRequest {
            method: "POST".to_owned(),
            url: format!("{}/api/v1/template.execute", plugin.address.trim_end_matches('/')),
            headers: [("Content-Type".to_owned(), "application/json".to_owned())]
                .into_iter()
                .chain([("Authorization".to_owned(), format!("Bearer {}", plugin.token))])
                .collect(),
            body: Some(body.to_vec()),
            timeout: Some(PLUGIN_TIME_MAX),
            insecure: false,
        };
        let reply = patiently(client, &request).map_err(|reason| {
            // The limit is the client's own here.
            let is_late = reason.ends_with("context deadline exceeded");
            reason + if is_late { " (Client.Timeout exceeded while awaiting headers)" } else { "" }
        })?;
        match reply.status {
            200 => {}
            // It does not execute templates at all.
            404 => continue,
            // It is not able to work yet, and has said why.
            503 => return Err(String::from_utf8_lossy(&reply.body).into_owned()),
            _ => {
                return Err(format!("{}: {}", reply.shown_status(), String::from_utf8_lossy(&reply.body)));
            }
        }
        let text = String::from_utf8_lossy(&reply.body);
        let reply: Value = serde_json::from_str(&text).map_err(|error| {
            // In Go's words, which plugins written for Argo are known by.
            check_json(&text).err().unwrap_or_else(|| error.to_string())
        })?;
        if reply.get("node").is_some_and(|node| !node.is_null()) {
            return Ok(Some(reply));
        }
    }
    Ok(None)
}

/// A plugin may still be starting: what passes is tried again.
fn patiently(client: &Client, request: &HttpRequest) -> Result<HttpResponse, String> {
    let mut pause = PLUGIN_PAUSE;
    for _ in 1..PLUGIN_TRIES {
        match client.request(request) {
            Ok(reply) if reply.status != 503 => return Ok(reply),
            Err(reason) if !PASSING.iter().any(|words| reason.contains(words)) => return Err(reason),
            _ => {}
        }
        std::thread::sleep(pause);
        pause *= 2;
    }
    client.request(request)
}

/// Connects, and hangs up.
fn connect(address: &str, timeout: Duration) -> Result<(), String> {
    let mut reason = format!("{address} has no address");
    for found in address.to_socket_addrs().map_err(|error| error.to_string())? {
        match TcpStream::connect_timeout(&found, timeout) {
            Ok(_) => return Ok(()),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(reason)
}

#[cfg(test)]
mod tests;

//! The service: a poll loop over engines, steps, and signals.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use super::cgroup::Cgroups;
use super::connection::Connection;
use super::outcomes::Outcomes;
use super::pipes::{PipeIx, Pipes};
use super::scratch::Attributes;
use super::step::Step;
use super::{Finished, Setup, keeper};
use crate::contract::{AttemptId, Report};
use crate::sandbox::Zygote;
use crate::sys::{self, Reaped};

mod endings;
mod engines;
mod limit;
mod outputs;
mod queue;
mod sandboxed;
mod start;
pub(crate) mod storing;

/// Bytes read at once of an output or a socket.
const READ_BYTES: usize = 256 * 1024;

/// Most events taken from the kernel at once.
const EVENTS_MAX: usize = 256;

pub(crate) struct Service {
    setup: Setup,
    epoll: OwnedFd,
    signals: OwnedFd,
    listener: OwnedFd,
    null: OwnedFd,
    outcomes: Outcomes,
    /// Wakes the keeper to sync the outcome log.
    poke: OwnedFd,
    sync_at: Option<Instant>,
    connections: HashMap<u32, Connection>,
    next_connection: u32,
    slots: Vec<Slot>,
    free_slots: Vec<u32>,
    by_attempt: HashMap<AttemptId, u32>,
    by_pid: HashMap<u32, u32>,
    timers: BinaryHeap<Reverse<(Instant, u32, u32)>>,
    queue: queue::Queue,
    /// What engines are told at the end of this round.
    news: Vec<Report>,
    has_log_news: bool,
    /// When news that can wait is told.
    news_due: Option<Instant>,
    pipes: Pipes,
    /// The kernel's list of our children.
    children: Option<File>,
    /// Scratch folders that are empty and can be used again.
    scratch_free: Vec<PathBuf>,
    /// Scratch folders of steps that have just ended.
    scratch_used: Vec<PathBuf>,
    scratch_made: u32,
    /// The attributes that a scratch folder has when it is made.
    scratch_new: Option<Attributes>,
    /// Scratch folders with too much in them to be removed here.
    scratch_full: Vec<PathBuf>,
    /// A copy of ours that removes such folders.
    broom: Option<u32>,
    /// From which sandboxed steps come, once one was needed.
    zygote: Option<Zygote>,
    /// Steps that were ordered from the zygote and not answered yet, in that order.
    ordered: VecDeque<u32>,
    /// When the zygote is looked at because it has not answered since.
    zygote_due: Option<Instant>,
    /// Children that ended before the zygote said whose they are.
    reaped_early: HashMap<u32, Reaped>,
    /// Control groups for limits, once a step needed one.
    cgroups: Option<Cgroups>,
    /// Steps whose memory is watched, and when to look next.
    watched: Vec<(u32, u32)>,
    watch_at: Option<Instant>,
    environment: start::Environment,
    links: start::Links,
    idle_since: Option<Instant>,
    shutdown: bool,
    buffer: Vec<u8>,
}

/// A place in the table of steps. The generation tells an event of an earlier step in the same place apart.
#[derive(Default)]
struct Slot {
    generation: u32,
    step: Option<Step>,
}

/// What an event is about, packed into the 64 bits that the kernel keeps for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Signals,
    Listener,
    Connection(u32),
    /// A pipe with the output of a step.
    Pipe(PipeIx),
    /// A hull's news.
    Hull {
        slot: u32,
        generation: u32,
    },
    /// An answer of the zygote.
    Zygote,
}

const GENERATION_BITS: u32 = 24;

/// Most steps at once. Far above what a machine can run.
const STEPS_MAX: usize = 100_000;

/// Most orders that the zygote has not answered. Its answers must fit into the socket while nobody reads them, or it and
/// we would wait for each other for ever.
const ORDERS_MAX: usize = 64;

/// Most containers of a step.
const CONTAINERS_MAX: usize = 250;

impl Token {
    fn pack(self) -> u64 {
        let numbers = |kind: u64, slot: u32, generation: u32| {
            kind << 56 | u64::from(generation & ((1 << GENERATION_BITS) - 1)) << 32 | u64::from(slot)
        };
        match self {
            Token::Signals => numbers(0, 0, 0),
            Token::Listener => numbers(1, 0, 0),
            Token::Connection(number) => 2 << 56 | u64::from(number),
            Token::Pipe(ix) => 3 << 56 | u64::from(ix.0),
            Token::Hull { slot, generation } => numbers(4, slot, generation),
            Token::Zygote => numbers(5, 0, 0),
        }
    }

    fn unpack(bits: u64) -> Token {
        let slot = bits as u32;
        let generation = (bits >> 32) as u32 & ((1 << GENERATION_BITS) - 1);
        match bits >> 56 {
            0 => Token::Signals,
            1 => Token::Listener,
            2 => Token::Connection(bits as u32),
            3 => Token::Pipe(PipeIx(bits as u32)),
            4 => Token::Hull { slot, generation },
            _ => Token::Zygote,
        }
    }
}

impl Service {
    pub(crate) fn new(
        setup: Setup,
        engine: OwnedFd,
        null: OwnedFd,
        outcomes: Outcomes,
        poke: OwnedFd,
    ) -> io::Result<Service> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let signals = sys::signal_file(&[libc::SIGCHLD, libc::SIGTERM, libc::SIGINT, libc::SIGHUP])?;
        let listener = listen(&setup)?;
        let mut service = Service {
            environment: start::Environment::take(),
            setup,
            epoll,
            signals,
            listener,
            null,
            outcomes,
            poke,
            sync_at: None,
            connections: HashMap::new(),
            next_connection: 0,
            slots: Vec::new(),
            free_slots: Vec::new(),
            by_attempt: HashMap::new(),
            by_pid: HashMap::new(),
            timers: BinaryHeap::new(),
            queue: queue::Queue::default(),
            news: Vec::new(),
            has_log_news: false,
            news_due: None,
            pipes: Pipes::default(),
            children: File::open(format!("/proc/self/task/{}/children", std::process::id())).ok(),
            scratch_free: Vec::new(),
            scratch_used: Vec::new(),
            scratch_made: 0,
            scratch_new: None,
            scratch_full: Vec::new(),
            broom: None,
            cgroups: None,
            watched: Vec::new(),
            watch_at: None,
            zygote: None,
            ordered: VecDeque::new(),
            zygote_due: None,
            reaped_early: HashMap::new(),
            links: start::Links::default(),
            idle_since: None,
            shutdown: false,
            buffer: vec![0; READ_BYTES],
        };
        watch(&service.epoll, &service.signals, Token::Signals)?;
        watch(&service.epoll, &service.listener, Token::Listener)?;
        service.admit(engine)?;
        if service.setup.sandbox {
            // If it fails, the first step that needs it says why.
            let _ = service.wake_zygote();
        }
        Ok(service)
    }

    /// Serves until nobody needs it any more.
    pub(crate) fn run(&mut self) -> Finished {
        let mut events: Vec<epoll::Event> = Vec::with_capacity(EVENTS_MAX);
        loop {
            let timeout = self.time_left().map(|left| Timespec {
                tv_sec: left.as_secs() as i64,
                tv_nsec: i64::from(left.subsec_nanos()),
            });
            events.clear();
            match epoll::wait(&self.epoll, spare_capacity(&mut events), timeout.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return Finished::Died,
            }
            // An ending is looked at after the other events of its round, so that its last output is read first.
            let mut signalled = false;
            for event in &events {
                match Token::unpack(event.data.u64()) {
                    Token::Signals => signalled = true,
                    Token::Listener => self.accept(),
                    Token::Connection(number) => self.hear(number),
                    Token::Pipe(ix) => self.read_pipe(ix),
                    Token::Zygote => self.hear_zygote(),
                    Token::Hull { slot, generation } => {
                        if self.is_current(slot, generation) {
                            // The kernel calls again while there is more.
                            let _ = self.read_hull(slot);
                        }
                    }
                }
            }
            if signalled && !self.take_signals() {
                // The keeper is gone, or wants the end: nobody else ends the steps.
                keeper::end_children();
                super::tidy(&self.setup.folder);
                return Finished::Died;
            }
            self.start_waiting();
            self.serve_timers();
            if self.tell().is_err() {
                return Finished::Died;
            }
            self.tidy_scratch();
            if let Some(finished) = self.finished() {
                return finished;
            }
        }
    }

    /// Starts what waits, as far as there is room. The zygote's answers make room, too.
    fn start_waiting(&mut self) {
        while self.ordered.len() < ORDERS_MAX
            && self.zygote_takes_orders()
            && let Some(request) = self.queue.next()
        {
            self.begin(request);
        }
    }

    fn set_timer(&mut self, slot: u32) {
        let place = &self.slots[slot as usize];
        if let Some(due) = place.step.as_ref().and_then(Step::due) {
            self.timers.push(Reverse((due, slot, place.generation)));
        }
    }

    fn serve_timers(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((due, slot, generation))) = self.timers.peek().copied() {
            if due > now {
                break;
            }
            self.timers.pop();
            if !self.is_current(slot, generation) {
                continue;
            }
            if let Some(step) = self.slots[slot as usize].step.as_mut() {
                let before = step.ending;
                step.act(now);
                if step.ending != before {
                    self.set_timer(slot);
                }
            }
        }
        if self.watch_at.is_some_and(|at| at <= now) {
            self.watch_memory(now);
        }
        if self.zygote_due.is_some_and(|at| at <= now) {
            self.look_at_zygote();
        }
        if self.sync_at.is_some_and(|at| at <= now) {
            self.sync_at = None;
            if self.outcomes.is_empty() {
                // The engine has recorded them all, in a better place.
                return;
            }
            // A full pipe means that the keeper is already awake.
            let _ = rustix::io::write(&self.poke, &[1]);
        }
    }

    fn time_left(&self) -> Option<Duration> {
        let timer = self.timers.peek().map(|Reverse((due, _, _))| *due);
        let idle = self.idle_since.map(|since| since + Duration::from_millis(self.setup.idle_ms));
        let next = [timer, idle, self.sync_at, self.news_due, self.watch_at, self.zygote_due]
            .into_iter()
            .flatten()
            .min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    fn is_current(&self, slot: u32, generation: u32) -> bool {
        self.slots
            .get(slot as usize)
            .is_some_and(|place| place.generation == generation && place.step.is_some())
    }

    /// Whether to go, and how.
    fn finished(&mut self) -> Option<Finished> {
        if !self.by_attempt.is_empty() || (!self.connections.is_empty() && !self.shutdown) {
            self.idle_since = None;
            return None;
        }
        let since = *self.idle_since.get_or_insert_with(Instant::now);
        let is_over = self.shutdown || since.elapsed() >= Duration::from_millis(self.setup.idle_ms);
        is_over.then_some(if self.outcomes.is_empty() { Finished::Clean } else { Finished::Remembering })
    }
}

fn listen(setup: &Setup) -> io::Result<OwnedFd> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with};
    let _ = fs::remove_file(setup.folder.join(super::SOCKET));
    let (_handle, address) = super::socket_address(&setup.folder)?;
    let socket = socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )?;
    bind(&socket, &address)?;
    listen(&socket, 16)?;
    Ok(socket)
}

fn watch(epoll: &OwnedFd, file: impl AsFd, token: Token) -> io::Result<()> {
    Ok(epoll::add(epoll, file, epoll::EventData::new_u64(token.pack()), epoll::EventFlags::IN)?)
}

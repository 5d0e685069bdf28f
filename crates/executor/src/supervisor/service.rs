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
use super::connection::{Connection, Heard};
use super::outcomes::Outcomes;
use super::pipes::{Owner, PipeIx, Pipes};
use super::step::{Body, Step};
use super::{Finished, Setup, keeper};
use crate::contract::{
    AttemptId, Ended, FromSupervisor, Isolation, LogChunk, Report, Sighting, Started, StepProgress,
    StepRequest, ToSupervisor,
};
use crate::hull::HullNews;
use crate::logs::{self, Stream};
use crate::sandbox::Zygote;
use crate::sys::{self, Reaped};

mod limit;
mod queue;
mod sandboxed;
mod start;

/// Bytes read at once of an output or a socket.
const READ_BYTES: usize = 256 * 1024;

/// Most bytes read of an output after its process has ended; a pipe holds less.
const DRAIN_BYTES_MAX: usize = 2 << 20;

/// How long outcomes may wait to be synced to the disk when there is no engine to record them.
const SYNC_AFTER: Duration = Duration::from_millis(50);

/// The same when there is one. Most are recorded and forgotten by then.
const SYNC_AFTER_TELLING: Duration = Duration::from_secs(1);

/// How long news may wait to be told while nobody needs them: the start of a step alone, or endings while enough
/// steps are in line.
const NEWS_WAIT: Duration = Duration::from_millis(5);

/// How many steps in line are enough to go on without the engine for that long.
const ENOUGH_IN_LINE: usize = 16;

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
    /// From which sandboxed steps come, once one was needed.
    zygote: Option<Zygote>,
    /// Steps that were ordered from the zygote and not answered yet, in that order.
    ordered: VecDeque<u32>,
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
            cgroups: None,
            watched: Vec::new(),
            watch_at: None,
            zygote: None,
            ordered: VecDeque::new(),
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

    /// Takes in an engine.
    fn admit(&mut self, socket: OwnedFd) -> io::Result<()> {
        rustix::io::ioctl_fionbio(&socket, true)?;
        let number = self.next_connection;
        self.next_connection += 1;
        watch(&self.epoll, &socket, Token::Connection(number))?;
        self.connections.insert(number, Connection::new(socket));
        Ok(())
    }

    fn accept(&mut self) {
        while let Ok(socket) = rustix::net::accept_with(&self.listener, rustix::net::SocketFlags::CLOEXEC) {
            // The folder is ours alone; this is a second lock on the same door.
            let is_ours = rustix::net::sockopt::socket_peercred(&socket)
                .is_ok_and(|peer| peer.uid == rustix::process::getuid() || peer.uid.is_root());
            if is_ours {
                // An engine that cannot be watched sees its connection close and tries again.
                let _ = self.admit(socket);
            }
        }
    }

    fn hear(&mut self, number: u32) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        let (messages, closed) = match connection.hear(&mut self.buffer) {
            Heard::Messages(messages) => (messages, false),
            Heard::Closed(messages) => (messages, true),
        };
        for message in messages {
            self.obey(number, message);
        }
        if closed {
            self.disconnect(number);
        } else if let Some(connection) = self.connections.get(&number)
            && connection.is_behind()
        {
            self.watch_for_room(number);
        }
    }

    /// Asks the kernel to say when a slow engine reads again.
    fn watch_for_room(&self, number: u32) {
        let Some(connection) = self.connections.get(&number) else { return };
        let mut flags = epoll::EventFlags::IN;
        if connection.is_behind() {
            flags |= epoll::EventFlags::OUT;
        }
        let data = epoll::EventData::new_u64(Token::Connection(number).pack());
        let _ = epoll::modify(&self.epoll, connection.socket(), data, flags);
    }

    fn obey(&mut self, number: u32, message: ToSupervisor) {
        match message {
            ToSupervisor::Start { at_once, requests } => {
                self.queue.set_limit(at_once);
                for request in requests {
                    self.start(number, request);
                }
            }
            ToSupervisor::Stop { attempts, grace_ms } => {
                for attempt in attempts {
                    self.stop(&attempt, Duration::from_millis(grace_ms));
                }
            }
            ToSupervisor::Recall { ticket, attempts } => {
                // Whoever asks does not know that they wait here, and starts them again.
                self.queue.withdraw(&attempts);
                // What is told is written down; if it cannot be, the next round says so.
                let _ = self.write_down();
                let attempts = if attempts.is_empty() { self.all_attempts() } else { attempts };
                let sightings = attempts.iter().map(|attempt| self.sighting(attempt)).collect();
                if let Some(connection) = self.connections.get_mut(&number) {
                    connection.tell(&FromSupervisor::Sightings { ticket, sightings });
                }
            }
            ToSupervisor::Probe { ticket } => {
                let capabilities = self.capabilities();
                if let Some(connection) = self.connections.get_mut(&number) {
                    connection.tell(&FromSupervisor::Capabilities { ticket, capabilities });
                }
            }
            ToSupervisor::Forget(attempts) => self.outcomes.forget(&attempts),
            ToSupervisor::Subscribe { attempt, on } => {
                if let Some(connection) = self.connections.get_mut(&number) {
                    connection.follow(attempt, on);
                }
            }
            ToSupervisor::Shutdown { kill } => {
                self.shutdown = true;
                if kill {
                    self.queue.clear();
                    let now = Instant::now();
                    for slot in &mut self.slots {
                        if let Some(step) = &mut slot.step {
                            step.stopped = true;
                            step.kill(now);
                        }
                    }
                }
            }
        }
    }

    fn all_attempts(&self) -> Vec<AttemptId> {
        self.by_attempt.keys().chain(self.outcomes.attempts()).cloned().collect()
    }

    fn sighting(&self, attempt: &AttemptId) -> Sighting {
        if let Some(ended) = self.outcomes.get(attempt) {
            return Sighting::Ended(Box::new(ended.clone()));
        }
        let running = self.by_attempt.get(attempt).and_then(|slot| self.slots[*slot as usize].step.as_ref());
        match running {
            // Without a process yet it still counts as running: it will be reported.
            Some(step) => Sighting::Running(step.started.clone().unwrap_or(Started {
                attempt: attempt.clone(),
                pid: 0,
                at_us: 0,
                is_ready: false,
            })),
            None => Sighting::Unknown(attempt.clone()),
        }
    }

    fn start(&mut self, connection: u32, request: StepRequest) {
        self.shutdown = false;
        if let Some(ended) = self.outcomes.get(&request.attempt) {
            self.news.push(Report::Ended(Box::new(ended.clone())));
            return;
        }
        if let Some(slot) = self.by_attempt.get(&request.attempt) {
            let step = self.slots[*slot as usize].step.as_ref();
            self.news.extend(step.and_then(|step| step.started.clone()).map(Report::Started));
            return;
        }
        self.queue.push(connection, request);
        self.start_waiting();
    }

    /// Starts what waits, as far as there is room.
    fn start_waiting(&mut self) {
        while let Some(request) = self.queue.next() {
            self.begin(request);
        }
    }

    fn disconnect(&mut self, number: u32) {
        self.connections.remove(&number);
        // Nobody is left who would hear of them; whoever takes over recalls and starts them again.
        self.queue.forget(number);
    }

    fn stop(&mut self, attempt: &AttemptId, grace: Duration) {
        if self.queue.remove(attempt) {
            let attempt = attempt.clone();
            return self.end_at_once(Ended { attempt, stopped: true, ..Ended::default() });
        }
        let Some(slot) = self.by_attempt.get(attempt).copied() else { return };
        if let Some(step) = self.slots[slot as usize].step.as_mut() {
            step.stopped = true;
            step.ask_to_end(grace);
        }
        self.set_timer(slot);
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
        let next = [timer, idle, self.sync_at, self.news_due, self.watch_at].into_iter().flatten().min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    fn is_current(&self, slot: u32, generation: u32) -> bool {
        self.slots
            .get(slot as usize)
            .is_some_and(|place| place.generation == generation && place.step.is_some())
    }

    /// Reads once what a container wrote. The kernel calls again while there is more.
    fn read_pipe(&mut self, ix: PipeIx) {
        let Some(file) = self.pipes.read_end(ix) else { return };
        let read = match rustix::io::read(file, &mut self.buffer) {
            Ok(read) if read > 0 => read,
            Err(Errno::AGAIN | Errno::INTR) => return,
            // We hold the other end, so this is no end but a failure.
            _ => return self.pipes.discard(ix),
        };
        match self.pipes.owner(ix) {
            Some(Owner { slot, stream }) => {
                if let Some(step) = self.slots[slot as usize].step.as_mut() {
                    let lines =
                        step.logs[stream / 2].feed(which(stream), &self.buffer[..read], logs::now_ns());
                    self.log_news(slot, stream / 2, lines);
                }
            }
            // Somebody writes who should be dead. The next step must not get it.
            None => self.pipes.discard(ix),
        }
    }

    fn log_news(&mut self, slot: u32, container: usize, lines: Vec<u8>) {
        if lines.is_empty() || !self.connections.values().any(Connection::follows_any) {
            return;
        }
        let Some(step) = self.slots[slot as usize].step.as_ref() else { return };
        let container = step.request.containers[container].name.clone();
        self.news.push(Report::Log(LogChunk { attempt: step.attempt().clone(), container, lines }));
        self.has_log_news = true;
    }

    /// Reads once what a hull tells; whether there may be more.
    fn read_hull(&mut self, slot: u32) -> bool {
        let Some(step) = self.slots[slot as usize].step.as_mut() else { return false };
        let Body::Hull { report, inbox, done } = &mut step.body else { return false };
        let Some(file) = report else { return false };
        match rustix::io::read(&*file, &mut self.buffer) {
            Err(Errno::INTR) => return true,
            Err(Errno::AGAIN) => return false,
            Ok(read) if read > 0 => inbox.push(&self.buffer[..read]),
            _ => {
                *report = None;
                return false;
            }
        }
        loop {
            match inbox.take::<HullNews>() {
                Ok(Some(HullNews::Progress(progress))) => {
                    let attempt = step.request.attempt.clone();
                    self.news.push(Report::Progress(StepProgress { attempt, progress }));
                }
                Ok(Some(HullNews::Ready)) => {
                    if let Some(started) = &mut step.started {
                        started.is_ready = true;
                        self.news.push(Report::Started(started.clone()));
                    }
                }
                Ok(Some(HullNews::Done(news))) => *done = Some(news),
                Ok(None) => return true,
                Err(_) => {
                    *report = None;
                    return false;
                }
            }
        }
    }

    /// Serves signals; whether to go on.
    fn take_signals(&mut self) -> bool {
        // One at a time: while another waits, the kernel calls again.
        if sys::read_signal(&self.signals).is_some_and(|signal| signal != libc::SIGCHLD) {
            return false;
        }
        while let Ok(Some(reaped)) = sys::reap(false) {
            self.bury(reaped);
        }
        true
    }

    /// A child has ended: perhaps the first process of a step, perhaps what a step left behind.
    fn bury(&mut self, reaped: Reaped) {
        let Some(slot) = self.by_pid.remove(&reaped.pid) else {
            if !self.ordered.is_empty() {
                self.reaped_early.insert(reaped.pid, reaped);
            }
            return;
        };
        let Some(step) = self.slots[slot as usize].step.as_mut() else { return };
        step.reaped = Some(reaped);
        let is_bare = matches!(step.body, Body::Bare(_));
        if is_bare {
            let had_company = sys::kill_group(reaped.pid, libc::SIGKILL);
            step.pipes_are_clean &= !had_company;
        }
        if matches!(&step.body, Body::Hull { done: None, .. }) && step.request.isolation == Isolation::None {
            // A hull that was killed could not end what it had started.
            step.pipes_are_clean = false;
        }
        let has_strays = is_bare && self.has_strays();
        if has_strays && let Some(step) = self.slots[slot as usize].step.as_mut() {
            step.pipes_are_clean = false;
        }
        self.finish(slot);
        if has_strays {
            self.end_strays();
        }
    }

    /// Everything of a step is over: collect what it wrote last, write its ending down.
    fn finish(&mut self, slot: u32) {
        self.drain(slot);
        let place = &mut self.slots[slot as usize];
        let Some(mut step) = place.step.take() else { return };
        place.generation = (place.generation + 1) & ((1 << GENERATION_BITS) - 1);
        self.free_slots.push(slot);
        self.by_attempt.remove(&step.request.attempt);
        self.queue.ended(&step.request);
        step.out_of_memory |= step.cgroup.ran_out_of_memory();
        step.cgroup.remove();
        let mut ended = step.ended(logs::now_ns() / 1_000);
        if let (Isolation::Sandbox, Some(spool)) = (step.request.isolation, &step.scratch) {
            let failure = sandboxed::store_spooled(&step.request, spool, &mut ended.artifacts);
            ended.failure = ended.failure.or(failure);
        }
        if !step.request.outputs.logs.is_empty() {
            sandboxed::store_logs(&step.request, &mut ended);
        }
        self.give_back(&mut step);
        self.outcomes.record(&ended);
        self.news.push(Report::Ended(Box::new(ended)));
    }

    /// Reads what is left in the pipes of a step whose processes are gone.
    fn drain(&mut self, slot: u32) {
        while self.read_hull(slot) {}
        let containers = self.slots[slot as usize].step.as_ref().map_or(0, |step| step.outputs.len());
        for container in 0..containers {
            let mut rest = Vec::new();
            let now_ns = logs::now_ns();
            let Some(step) = self.slots[slot as usize].step.as_mut() else { return };
            for stream in [2 * container, 2 * container + 1] {
                let Some(file) = self.pipes.read_end(step.outputs[container][stream % 2]) else { continue };
                let mut left = DRAIN_BYTES_MAX;
                while left > 0 {
                    match rustix::io::read(file, &mut self.buffer) {
                        Ok(0) => break,
                        Ok(read) => {
                            rest.extend(step.logs[container].feed(
                                which(stream),
                                &self.buffer[..read],
                                now_ns,
                            ));
                            left = left.saturating_sub(read);
                        }
                        Err(Errno::INTR) => {}
                        Err(_) => break,
                    }
                }
                // One that still brings more has a writer that is none of ours.
                step.pipes_are_clean &= left > 0;
            }
            rest.extend(step.logs[container].finish(now_ns));
            self.log_news(slot, container, rest);
        }
    }

    /// Gives back what a step had borrowed.
    fn give_back(&mut self, step: &mut Step) {
        self.links.release(&step.request);
        for ix in step.outputs.drain(..).flatten() {
            if step.pipes_are_clean { self.pipes.give_back(ix) } else { self.pipes.discard(ix) }
        }
        self.scratch_used.extend(step.scratch.take());
        if self.ordered.is_empty() {
            // Whoever ended early and was not asked for was an orphan.
            self.reaped_early.clear();
        }
    }

    /// Empties the scratch folders of steps that are over, once their ending was told.
    fn tidy_scratch(&mut self) {
        for scratch in std::mem::take(&mut self.scratch_used) {
            let is_empty = fs::read_dir(&scratch).is_ok_and(|mut entries| entries.next().is_none());
            if is_empty {
                self.scratch_free.push(scratch);
            } else {
                let _ = fs::remove_dir_all(&scratch);
            }
        }
    }

    fn write_down(&mut self) -> io::Result<()> {
        if self.outcomes.flush()? && self.sync_at.is_none() {
            let after = if self.connections.is_empty() { SYNC_AFTER } else { SYNC_AFTER_TELLING };
            self.sync_at = Some(Instant::now() + after);
        }
        Ok(())
    }

    /// Writes down what happened, then tells the engines.
    fn tell(&mut self) -> io::Result<()> {
        // An engine that hears of several endings at once wakes once, and makes them durable in one commit. The ending
        // of a short step goes with its start.
        let now = Instant::now();
        let can_wait = self.queue.len() >= ENOUGH_IN_LINE
            || self.news.iter().all(|report| matches!(report, Report::Started(_)));
        if can_wait && !self.news.is_empty() && *self.news_due.get_or_insert(now + NEWS_WAIT) > now {
            self.flush_connections(&[], false);
            return Ok(());
        }
        self.write_down()?;
        self.news_due = None;
        let news = std::mem::take(&mut self.news);
        let has_log_news = std::mem::take(&mut self.has_log_news);
        self.flush_connections(&news, has_log_news);
        Ok(())
    }

    fn flush_connections(&mut self, news: &[Report], has_log_news: bool) {
        let mut dead = Vec::new();
        let mut behind = Vec::new();
        for (number, connection) in &mut self.connections {
            let was_behind = connection.is_behind();
            if !news.is_empty() {
                connection.report(news, has_log_news);
            }
            if !connection.flush() {
                dead.push(*number);
            } else if connection.is_behind() != was_behind {
                behind.push(*number);
            }
        }
        for number in behind {
            self.watch_for_room(number);
        }
        for number in dead {
            self.disconnect(number);
        }
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

/// The stream that a number means.
fn which(stream: usize) -> Stream {
    if stream.is_multiple_of(2) { Stream::Stdout } else { Stream::Stderr }
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

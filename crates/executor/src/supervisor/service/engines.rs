//! Engines: what they order, and what they are told.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll;

use super::super::connection::{Connection, Heard};
use super::{Service, Token, watch};
use crate::contract::{
    AttemptId, Ended, FromSupervisor, Report, Sighting, Started, StepRequest, ToSupervisor,
};

/// How long outcomes may wait to be synced to the disk when there is no engine to record them.
const SYNC_AFTER: Duration = Duration::from_millis(50);

/// The same when there is one. Most are recorded and forgotten by then.
const SYNC_AFTER_TELLING: Duration = Duration::from_secs(1);

/// How long news may wait to be told while nobody needs them: the start of a step alone, or endings while enough
/// steps are in line.
const NEWS_WAIT: Duration = Duration::from_millis(5);

/// Most steps that one frame of an answer tells of. Each may bring a result of some hundred kilobytes.
const SIGHTINGS_PER_FRAME: usize = 128;

/// How many steps in line are enough to go on without the engine for that long.
const ENOUGH_IN_LINE: usize = 16;

impl Service {
    /// Takes in an engine.
    pub(super) fn admit(&mut self, socket: OwnedFd) -> io::Result<()> {
        rustix::io::ioctl_fionbio(&socket, true)?;
        let number = self.next_connection;
        self.next_connection += 1;
        watch(&self.epoll, &socket, Token::Connection(number))?;
        self.connections.insert(number, Connection::new(socket));
        Ok(())
    }

    pub(super) fn accept(&mut self) {
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

    pub(super) fn hear(&mut self, number: u32) {
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
    pub(super) fn watch_for_room(&self, number: u32) {
        let Some(connection) = self.connections.get(&number) else { return };
        let mut flags = epoll::EventFlags::IN;
        if connection.is_behind() {
            flags |= epoll::EventFlags::OUT;
        }
        let data = epoll::EventData::new_u64(Token::Connection(number).pack());
        let _ = epoll::modify(&self.epoll, connection.socket(), data, flags);
    }

    pub(super) fn obey(&mut self, number: u32, message: ToSupervisor) {
        match message {
            ToSupervisor::Start { at_once, requests } => {
                self.queue.set_limit(at_once);
                for request in requests {
                    self.start(number, request);
                }
            }
            ToSupervisor::Stop { attempts, grace_ms, while_connected } => {
                for attempt in attempts {
                    let grace = Duration::from_millis(grace_ms);
                    self.stop(&attempt, grace, while_connected.then_some(number));
                }
            }
            ToSupervisor::Recall { ticket, attempts } => {
                // Whoever asks does not know that they wait here, and starts them again.
                self.queue.withdraw(&attempts);
                // What is told is written down; if it cannot be, the next round says so.
                let _ = self.write_down();
                let attempts = if attempts.is_empty() { self.all_attempts() } else { attempts };
                let pieces = attempts.len().div_ceil(SIGHTINGS_PER_FRAME).max(1);
                for piece in 0..pieces {
                    let from = piece * SIGHTINGS_PER_FRAME;
                    let attempts = &attempts[from..attempts.len().min(from + SIGHTINGS_PER_FRAME)];
                    let sightings = attempts.iter().map(|attempt| self.sighting(attempt)).collect();
                    if let Some(connection) = self.connections.get_mut(&number) {
                        let more = piece + 1 < pieces;
                        connection.answer(&FromSupervisor::Sightings { ticket, sightings, more });
                    }
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
                    for slot in 0..self.slots.len() as u32 {
                        self.set_timer(slot);
                    }
                }
            }
        }
    }

    pub(super) fn all_attempts(&self) -> Vec<AttemptId> {
        self.by_attempt.keys().chain(self.outcomes.attempts()).cloned().collect()
    }

    pub(super) fn sighting(&self, attempt: &AttemptId) -> Sighting {
        if let Some(ended) = self.outcomes.get(attempt) {
            return Sighting::Ended(Box::new(ended.clone()));
        }
        let running = self.by_attempt.get(attempt).and_then(|slot| self.slots[*slot as usize].step.as_ref());
        match running {
            // Without a process yet it still counts as running: it will be reported.
            Some(step) => {
                let unseen = Started { attempt: attempt.clone(), ..Started::default() };
                let started = step.started.clone().unwrap_or(unseen);
                Sighting::Running(Started { standing: step.standing.clone(), ..started })
            }
            None => Sighting::Unknown(attempt.clone()),
        }
    }

    pub(super) fn start(&mut self, connection: u32, request: StepRequest) {
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

    pub(super) fn disconnect(&mut self, number: u32) {
        self.connections.remove(&number);
        // Nobody is left who would hear of them; whoever takes over recalls and starts them again.
        self.queue.forget(number);
        for slot in 0..self.slots.len() as u32 {
            let step = self.slots[slot as usize].step.as_mut();
            if step.is_some_and(|step| step.spare(number)) {
                self.set_timer(slot);
            }
        }
    }

    pub(super) fn stop(&mut self, attempt: &AttemptId, grace: Duration, taken_back_by: Option<u32>) {
        if self.queue.remove(attempt) {
            let attempt = attempt.clone();
            return self.end_at_once(Ended { attempt, stopped: true, ..Ended::default() });
        }
        let Some(slot) = self.by_attempt.get(attempt).copied() else { return };
        if let Some(step) = self.slots[slot as usize].step.as_mut() {
            step.stopped = true;
            match taken_back_by {
                Some(engine) => step.take_back(engine, grace),
                None => {
                    step.taken_back = None;
                    step.ask_to_end(grace);
                }
            }
        }
        self.set_timer(slot);
    }

    pub(super) fn write_down(&mut self) -> io::Result<()> {
        if self.outcomes.flush()? && self.sync_at.is_none() {
            let after = if self.connections.is_empty() { SYNC_AFTER } else { SYNC_AFTER_TELLING };
            self.sync_at = Some(Instant::now() + after);
        }
        Ok(())
    }

    /// Writes down what happened, then tells the engines.
    pub(super) fn tell(&mut self) -> io::Result<()> {
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

    pub(super) fn flush_connections(&mut self, news: &[Report], has_log_news: bool) {
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
}

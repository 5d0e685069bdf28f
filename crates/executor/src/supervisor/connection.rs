//! One engine's connection: frames in, frames out, never waiting for it.

use std::collections::HashSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use serde::Serialize;

use crate::contract::{AttemptId, FromSupervisor, Report, ToSupervisor};
use crate::frame::{self, Inbox};

/// Most bytes that wait for an engine that does not read. One that falls further behind is cut off and may recall.
const BEHIND_BYTES_MAX: usize = 64 << 20;

pub(crate) struct Connection {
    socket: OwnedFd,
    inbox: Inbox,
    outbox: Vec<u8>,
    outbox_start: usize,
    /// How much of what waits was asked for: whoever waits for that is not behind.
    asked_bytes: usize,
    /// Attempts whose log lines it wants.
    followed: HashSet<AttemptId>,
    follows_all: bool,
}

/// [`FromSupervisor`] as it is written: the reports are not copied for it.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Borrowed<'a> {
    Reports(Vec<&'a Report>),
}

/// What reading a connection gave.
pub(crate) enum Heard {
    Messages(Vec<ToSupervisor>),
    /// These came, and after them the end.
    Closed(Vec<ToSupervisor>),
}

impl Connection {
    pub(crate) fn new(socket: OwnedFd) -> Self {
        Connection {
            socket,
            inbox: Inbox::default(),
            outbox: Vec::new(),
            outbox_start: 0,
            asked_bytes: 0,
            followed: HashSet::new(),
            follows_all: false,
        }
    }

    pub(crate) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Reads what is there.
    pub(crate) fn hear(&mut self, buffer: &mut [u8]) -> Heard {
        let mut messages = Vec::new();
        loop {
            let read = match rustix::io::read(&self.socket, &mut *buffer) {
                Ok(0) => return Heard::Closed(messages),
                Ok(read) => read,
                Err(Errno::AGAIN) => return Heard::Messages(messages),
                Err(Errno::INTR) => continue,
                Err(_) => return Heard::Closed(messages),
            };
            self.inbox.push(&buffer[..read]);
            loop {
                match self.inbox.take() {
                    Ok(Some(message)) => messages.push(message),
                    Ok(None) => break,
                    Err(reason) => {
                        self.tell(&FromSupervisor::Unable(reason));
                        self.flush();
                        return Heard::Closed(messages);
                    }
                }
            }
            if read < buffer.len() {
                return Heard::Messages(messages);
            }
        }
    }

    pub(crate) fn tell<T: Serialize>(&mut self, message: &T) {
        frame::write(message, &mut self.outbox);
    }

    /// Adds an answer.
    pub(crate) fn answer<T: Serialize>(&mut self, message: &T) {
        let before = self.outbox.len();
        self.tell(message);
        self.asked_bytes += self.outbox.len() - before;
    }

    /// Adds reports, log lines only if they are wanted.
    pub(crate) fn report(&mut self, reports: &[Report], with_logs: bool) {
        if !with_logs || self.follows_all {
            self.tell(&Borrowed::Reports(reports.iter().collect()));
            return;
        }
        let wanted = |report: &&Report| match report {
            Report::Log(chunk) => self.followed.contains(&chunk.attempt),
            Report::Started(_)
            | Report::Progress(_)
            | Report::Saving(_)
            | Report::Standing(_)
            | Report::Ended(_) => true,
        };
        let reports: Vec<&Report> = reports.iter().filter(wanted).collect();
        if !reports.is_empty() {
            self.tell(&Borrowed::Reports(reports));
        }
    }

    pub(crate) fn follow(&mut self, attempt: Option<AttemptId>, on: bool) {
        match (attempt, on) {
            (None, on) => self.follows_all = on,
            (Some(attempt), true) => {
                self.followed.insert(attempt);
            }
            (Some(attempt), false) => {
                self.followed.remove(&attempt);
            }
        }
    }

    pub(crate) fn follows_any(&self) -> bool {
        self.follows_all || !self.followed.is_empty()
    }

    /// Writes what it takes now; whether the connection is still good.
    pub(crate) fn flush(&mut self) -> bool {
        while self.outbox_start < self.outbox.len() {
            match rustix::net::send(
                &self.socket,
                &self.outbox[self.outbox_start..],
                rustix::net::SendFlags::NOSIGNAL | rustix::net::SendFlags::DONTWAIT,
            ) {
                Ok(sent) => self.outbox_start += sent,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let behind = self.outbox.len() - self.outbox_start;
                    return behind.saturating_sub(self.asked_bytes) < BEHIND_BYTES_MAX;
                }
                Err(_) => return false,
            }
        }
        self.outbox.clear();
        self.outbox_start = 0;
        self.asked_bytes = 0;
        true
    }

    /// Whether something waits to be written.
    pub(crate) fn is_behind(&self) -> bool {
        self.outbox_start < self.outbox.len()
    }
}

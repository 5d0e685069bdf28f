//! Pipes for the output of steps, used again and again.
//!
//! We keep both ends open. So the kernel does not wake us when a program closes its end (its death does), and a
//! pipe whose writers are all dead serves the next step, with nothing to make, watch or close.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::epoll;
use rustix::pipe::{PipeFlags, pipe_with};

/// Most pipes that are kept for later.
const IDLE_MAX: usize = 256;

/// A pipe by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PipeIx(pub u32);

/// Whose output a pipe carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub slot: u32,
    /// Twice the container's index for stdout, one more for stderr.
    pub stream: usize,
}

struct Pipe {
    read: OwnedFd,
    write: OwnedFd,
    owner: Option<Owner>,
}

#[derive(Default)]
pub(crate) struct Pipes {
    all: Vec<Option<Pipe>>,
    idle: Vec<PipeIx>,
    empty: Vec<PipeIx>,
}

impl Pipes {
    /// A pipe that nobody uses; watched, once it has an owner, with the token that `token` gives.
    pub(crate) fn take(&mut self, epoll: &OwnedFd, token: impl Fn(PipeIx) -> u64) -> io::Result<PipeIx> {
        if let Some(idle) = self.idle.pop() {
            return Ok(idle);
        }
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        // Only our end: a program that cannot wait for its output would be surprised.
        rustix::io::ioctl_fionbio(&read, true)?;
        let ix = self.empty.pop().unwrap_or_else(|| {
            self.all.push(None);
            PipeIx(self.all.len() as u32 - 1)
        });
        let watched = epoll::add(epoll, &read, epoll::EventData::new_u64(token(ix)), epoll::EventFlags::IN);
        self.all[ix.0 as usize] = Some(Pipe { read, write, owner: None });
        match watched {
            Ok(()) => Ok(ix),
            Err(error) => {
                self.discard(ix);
                Err(error.into())
            }
        }
    }

    pub(crate) fn give(&mut self, ix: PipeIx, owner: Owner) {
        if let Some(pipe) = &mut self.all[ix.0 as usize] {
            pipe.owner = Some(owner);
        }
    }

    pub(crate) fn owner(&self, ix: PipeIx) -> Option<Owner> {
        self.all.get(ix.0 as usize)?.as_ref()?.owner
    }

    pub(crate) fn read_end(&self, ix: PipeIx) -> Option<BorrowedFd<'_>> {
        Some(self.all.get(ix.0 as usize)?.as_ref()?.read.as_fd())
    }

    pub(crate) fn write_end(&self, ix: PipeIx) -> Option<BorrowedFd<'_>> {
        Some(self.all.get(ix.0 as usize)?.as_ref()?.write.as_fd())
    }

    /// Takes a pipe back that is empty and has no writer but us.
    pub(crate) fn give_back(&mut self, ix: PipeIx) {
        if self.idle.len() >= IDLE_MAX {
            return self.discard(ix);
        }
        if let Some(pipe) = &mut self.all[ix.0 as usize] {
            pipe.owner = None;
            self.idle.push(ix);
        }
    }

    /// Closes a pipe that somebody else may still write to.
    pub(crate) fn discard(&mut self, ix: PipeIx) {
        if self.all[ix.0 as usize].take().is_some() {
            self.idle.retain(|idle| *idle != ix);
            self.empty.push(ix);
        }
    }
}

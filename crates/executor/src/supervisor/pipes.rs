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
    /// stdout and stderr for so many containers, or none of them; watched with the token that `token` gives.
    pub(crate) fn take(
        &mut self,
        containers: usize,
        epoll: &OwnedFd,
        token: impl Fn(PipeIx) -> u64,
    ) -> io::Result<Vec<[PipeIx; 2]>> {
        let mut taken = Vec::with_capacity(2 * containers);
        while taken.len() < 2 * containers {
            match self.take_one(epoll, &token) {
                Ok(ix) => taken.push(ix),
                Err(error) => {
                    // What is lost when there are too few files would be missing for ever.
                    taken.into_iter().for_each(|ix| self.give_back(ix));
                    return Err(error);
                }
            }
        }
        Ok(taken.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
    }

    /// A pipe that nobody uses.
    fn take_one(&mut self, epoll: &OwnedFd, token: &impl Fn(PipeIx) -> u64) -> io::Result<PipeIx> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_before_there_were_too_few_comes_back() {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
        let mut pipes = Pipes::default();
        let pair = pipes.take(1, &epoll, |ix| u64::from(ix.0)).unwrap();
        pair.into_iter().flatten().for_each(|ix| pipes.give_back(ix));
        // Nothing can be watched with what is no list of files to watch, so no further pipe can be made.
        let (no_epoll, _write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        assert!(pipes.take(2, &no_epoll, |ix| u64::from(ix.0)).is_err());
        assert!(pipes.take(1, &no_epoll, |ix| u64::from(ix.0)).is_ok(), "the two are still there");
    }
}

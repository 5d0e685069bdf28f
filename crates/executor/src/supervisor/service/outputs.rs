//! What steps write, and what their hulls tell.

use rustix::io::Errno;

use super::super::connection::Connection;
use super::super::pipes::{Owner, PipeIx};
use super::super::step::{Body, Step};
use super::Service;
use crate::contract::{LogChunk, Report, StepProgress};
use crate::hull::HullNews;
use crate::logs::{self, Stream};

/// Most bytes read of an output after its process has ended; a pipe holds less.
const DRAIN_BYTES_MAX: usize = 2 << 20;

impl Service {
    /// Reads once what a container wrote. The kernel calls again while there is more.
    pub(super) fn read_pipe(&mut self, ix: PipeIx) {
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

    pub(super) fn log_news(&mut self, slot: u32, container: usize, lines: Vec<u8>) {
        let Some(step) = self.slots[slot as usize].step.as_ref() else { return };
        let (attempt, container) = (step.attempt().clone(), step.request.containers[container].name.clone());
        self.log_chunk(LogChunk { attempt, container, lines });
    }

    fn log_chunk(&mut self, chunk: LogChunk) {
        if !chunk.lines.is_empty() && self.connections.values().any(Connection::follows_any) {
            self.news.push(Report::Log(chunk));
            self.has_log_news = true;
        }
    }

    /// Tells in a log of its own what a step's hull has to say: in that of the container which does this work in Argo.
    pub(super) fn tell_notices(&mut self, step: &mut Step) {
        let notices = step.notices();
        if notices.is_empty() {
            return;
        }
        let path = logs::path(&step.request.log_dir, step.attempt(), logs::OWN_CONTAINER);
        let mut log = logs::Writer::new(Some(path), 0, false);
        for notice in notices {
            let lines = log.feed(Stream::Stderr, format!("{notice}\n").as_bytes(), logs::now_ns());
            let (attempt, container) = (step.attempt().clone(), logs::OWN_CONTAINER.to_owned());
            self.log_chunk(LogChunk { attempt, container, lines });
        }
    }

    /// Reads once what a hull tells; whether there may be more.
    pub(super) fn read_hull(&mut self, slot: u32) -> bool {
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
                Ok(Some(HullNews::Saving)) => {
                    self.news.push(Report::Saving(step.request.attempt.clone()));
                }
                Ok(Some(HullNews::Standing(mut standing))) => {
                    standing.attempt = step.request.attempt.clone();
                    step.standing = Some(standing.clone());
                    self.news.push(Report::Standing(standing));
                }
                Ok(Some(HullNews::Ready)) => {
                    step.standing.iter_mut().for_each(|standing| standing.unready = None);
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

    /// Reads what is left in the pipes of a step whose processes are gone.
    pub(super) fn drain(&mut self, slot: u32) {
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
}

/// The stream that a number means.
fn which(stream: usize) -> Stream {
    if stream.is_multiple_of(2) { Stream::Stdout } else { Stream::Stderr }
}

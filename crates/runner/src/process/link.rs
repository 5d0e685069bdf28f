//! A connection to a living supervisor, with the thread that listens to it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::{Timeout, set_socket_timeout, socket_peercred};
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with, socketpair};
use tiphys_executor::contract::{FromSupervisor, Sighting, StepRequest, ToSupervisor};
use tiphys_executor::frame::{self, Inbox};
use tiphys_executor::supervisor::{self, Setup};

use super::silence::{Silence, Watched};
use super::{Answer, Answers, OnNews, Options};
use crate::contract::News;

/// Longest wait for a dying supervisor to make room for its successor. It may have many steps to kill.
pub(super) const DYING_WITHIN: Duration = Duration::from_secs(20);

/// How often a dying supervisor is looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What is told when the connection to a supervisor ends by itself.
const DIED: &str = "the supervisor of the steps has died: it was killed, by somebody or for want of memory";

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;

pub(super) struct Link {
    socket: File,
    /// Held while something is written: frames must not mix.
    writing: Arc<Mutex<()>>,
    broken: Arc<AtomicBool>,
    /// Set when this side wants the end, so that it is no loss.
    closing: Arc<AtomicBool>,
    ended: Receiver<()>,
}

impl Link {
    /// Connects to the supervisor of these options, or starts it.
    pub(super) fn open(options: &Options, on_news: Arc<OnNews>, answers: Answers) -> io::Result<Link> {
        let until = Instant::now() + DYING_WITHIN;
        loop {
            if let Ok(socket) = connect_to(&options.folder()) {
                let pid = socket_peercred(&socket).ok().map(|peer| peer.pid);
                return Link::listen(socket, Watched::Found(pid), options, on_news, answers);
            }
            if !supervisor::is_alive(&options.folder()) {
                let (socket, child) = start(options)?;
                return Link::listen(socket, Watched::Started(child), options, on_news, answers);
            }
            if Instant::now() > until {
                return Err(io::Error::other("another one is at work in its folder and does not answer"));
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    fn listen(
        socket: OwnedFd,
        watched: Watched,
        options: &Options,
        on_news: Arc<OnNews>,
        answers: Answers,
    ) -> io::Result<Link> {
        let broken = Arc::new(AtomicBool::new(false));
        let closing = Arc::new(AtomicBool::new(false));
        let (end, ended) = mpsc::channel();
        let writing = Arc::new(Mutex::new(()));
        let silence = Silence::new(watched, options, writing.clone());
        set_socket_timeout(&socket, Timeout::Recv, Some(silence.between_looks()))?;
        let mut listener = Listener {
            silence,
            socket: File::from(socket.try_clone()?),
            inbox: Inbox::default(),
            on_news,
            answers,
            sighted: Vec::new(),
            broken: broken.clone(),
            closing: closing.clone(),
        };
        thread::Builder::new().name("runner".into()).spawn(move || {
            let reason = listener.listen();
            listener.broken.store(true, Ordering::Release);
            listener.answer_nobody();
            if let Watched::Started(child) = &mut listener.silence.watched {
                // The keeper goes last, so when it is gone everything is.
                let _ = child.wait();
            }
            // Nobody waits for it when the runner was dropped.
            let _ = end.send(());
            if !listener.closing.load(Ordering::Acquire) {
                (listener.on_news)(News::Lost(reason));
            }
        })?;
        Ok(Link { socket: File::from(socket), writing, broken, closing, ended })
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    pub(super) fn send(&mut self, message: &ToSupervisor) {
        let mut bytes = Vec::new();
        frame::write(message, &mut bytes);
        self.write(&bytes);
    }

    /// As [`ToSupervisor::Start`], without copying the requests.
    pub(super) fn start(&mut self, at_once: u32, requests: &[StepRequest]) {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "lowercase")]
        enum Borrowed<'a> {
            Start { at_once: u32, requests: &'a [StepRequest] },
        }
        let mut bytes = Vec::new();
        frame::write(&Borrowed::Start { at_once, requests }, &mut bytes);
        self.write(&bytes);
    }

    fn write(&mut self, bytes: &[u8]) {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.socket.write_all(bytes).is_err() {
            // The listening thread sees the end, too, and tells.
            self.broken.store(true, Ordering::Release);
        }
    }

    /// Waits until the supervisor and everything of it is gone.
    pub(super) fn wait_for_end(self, folder: &Path, within: Duration) -> bool {
        let until = Instant::now() + within;
        self.closing.store(true, Ordering::Release);
        if self.ended.recv_timeout(within).is_err() {
            return false;
        }
        // One that we did not start is not our child: its lock says when it is gone.
        while supervisor::is_alive(folder) {
            if Instant::now() > until {
                return false;
            }
            thread::sleep(LOOK_EVERY);
        }
        true
    }
}

impl Drop for Link {
    /// The thread that listens has the socket, too, and would keep the supervisor believing in an engine that is gone.
    fn drop(&mut self) {
        // One that is closed already is what is wanted.
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
    }
}

struct Listener {
    socket: File,
    silence: Silence,
    inbox: Inbox,
    on_news: Arc<OnNews>,
    answers: Answers,
    /// The first pieces of an answer.
    sighted: Vec<Sighting>,
    broken: Arc<AtomicBool>,
    closing: Arc<AtomicBool>,
}

impl Listener {
    /// Passes on what comes until the connection ends; returns why it ended.
    fn listen(&mut self) -> String {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => return DIED.into(),
                Ok(read) => {
                    self.silence.broken();
                    self.inbox.push(&buffer[..read]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.silence.look(&self.socket) {
                        Some(reason) => return reason,
                        None => continue,
                    }
                }
                Err(error) => return format!("the supervisor of the steps cannot be heard: {error}"),
            }
            loop {
                match self.inbox.take() {
                    Ok(Some(FromSupervisor::Reports(reports))) => (self.on_news)(News::Reports(reports)),
                    Ok(Some(FromSupervisor::Sightings { ticket, sightings, more })) => {
                        self.sighted.extend(sightings);
                        if !more {
                            let sightings = std::mem::take(&mut self.sighted);
                            self.answer(ticket, Answer::Sightings(sightings));
                        }
                    }
                    Ok(Some(FromSupervisor::Capabilities { ticket, capabilities })) => {
                        self.answer(ticket, Answer::Capabilities(capabilities));
                    }
                    Ok(Some(FromSupervisor::Unable(reason))) => return reason,
                    Ok(None) => break,
                    Err(reason) => return reason,
                }
            }
        }
    }
}

impl Listener {
    /// Whoever waits for an answer of this supervisor waits no longer.
    fn answer_nobody(&self) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn answer(&self, ticket: u64, answer: Answer) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = answers.iter().position(|(waiting, _)| *waiting == ticket) {
            // Whoever asked may have given up.
            let _ = answers.swap_remove(at).1.send(answer);
        }
    }
}

pub(super) fn connect_to(folder: &Path) -> io::Result<OwnedFd> {
    let (_handle, address) = supervisor::socket_address(folder)?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    connect(&socket, &address)?;
    Ok(socket)
}

/// Starts a supervisor whose standard input is our connection: nothing to wait for, nothing on its command line.
fn start(options: &Options) -> io::Result<(OwnedFd, Child)> {
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    let program = match &options.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?,
    };
    let child = Command::new(program)
        .arg(supervisor::ARGUMENT)
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let setup = Setup {
        folder: options.folder(),
        hidden: options.hidden.iter().chain([&options.state]).cloned().collect(),
        sandbox: options.sandbox,
        idle_ms: options.idle.as_millis() as u64,
        // Before its engine loses patience with the supervisor itself.
        zygote_ms: (options.patience / 3).as_millis() as u64,
    };
    let mut bytes = Vec::new();
    frame::write(&setup, &mut bytes);
    File::from(ours.try_clone()?).write_all(&bytes)?;
    Ok((ours, child))
}

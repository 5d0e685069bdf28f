//! The zygote: a copy of the supervisor from which every sandboxed step is cloned.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::net::sockopt::Timeout;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use rustix::process::{DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal};

use super::template::{self, Template};
use super::{Hello, Order, filter, root};
use crate::contract::Network;
use crate::hull::{self, Io, Place};
use crate::sys;

/// Most descriptors that come with one step; the kernel takes 253.
pub(crate) const FILES_MAX: usize = 250;

/// Longest order that is sent as a message. A longer one goes into memory that both see.
const ORDER_BYTES_MAX: usize = 64 * 1024;

/// Longest wait for the template to be laid out.
const HELLO_WITHIN: Duration = Duration::from_secs(20);

/// First byte of a message, as bits: the order is in the first descriptor instead of behind this byte; the step
/// gets a network of its own.
const IN_FILE: u8 = 1;
const PRIVATE_NETWORK: u8 = 2;

/// Descriptors before those of the containers: the report, and nothing else.
const FILES_BEFORE_OUTPUTS: usize = 1;

/// The supervisor's end of the zygote.
pub(crate) struct Zygote {
    socket: OwnedFd,
    pid: u32,
    /// Its user namespace, for showing folders of the machine with other owners.
    owners: Option<OwnedFd>,
    hello: Option<Hello>,
}

/// What the zygote says of an order.
pub(crate) enum Answer {
    /// The process that is the step's hull.
    Cloned(u32),
    Failed(io::Error),
    /// The zygote is gone.
    Gone,
    Nothing,
}

impl Zygote {
    /// Makes a zygote that works at `at`, an empty folder. It lays its template out on its own.
    pub(crate) fn start(at: &Path, hidden: &[PathBuf], null: &OwnedFd) -> io::Result<Zygote> {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        rustix::net::sockopt::set_socket_timeout(&ours, Timeout::Recv, Some(HELLO_WITHIN))?;
        let supervisor = rustix::process::getpid();
        let pid = sys::fork(0, || {
            sys::close_all_except(&mut [0, 1, 2, null.as_raw_fd(), theirs.as_raw_fd()]);
            let orphan = set_parent_process_death_signal(Some(Signal::KILL)).is_err()
                || rustix::process::getppid() != Some(supervisor);
            if orphan {
                return 1;
            }
            be(at, hidden, null, &theirs)
        })?;
        Ok(Zygote { socket: ours, pid, owners: None, hello: None })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// What it said when its template was laid out, as far as it can fail. Waits for it the first time: some milliseconds.
    pub(crate) fn hello(&mut self) -> &Hello {
        self.hello.get_or_insert_with(|| {
            let mut buffer = vec![0; ORDER_BYTES_MAX];
            match receive(&self.socket, &mut buffer) {
                Ok((read, mut files)) => {
                    self.owners = files.pop();
                    serde_json::from_slice(&buffer[..read])
                        .unwrap_or_else(|error| Hello::Unable(format!("the zygote speaks nonsense: {error}")))
                }
                Err(error) => Hello::Unable(format!("the zygote cannot be heard: {error}")),
            }
        })
    }

    /// The user namespace of steps, if owners can be shown differently in it.
    pub(crate) fn owners(&self) -> Option<BorrowedFd<'_>> {
        self.owners.as_ref().map(AsFd::as_fd)
    }

    /// Orders a step. `files`: its report, its outputs in pairs, mounts, and `cgroup.procs` files.
    pub(crate) fn order(&self, order: &Order, files: &[BorrowedFd<'_>]) -> io::Result<()> {
        if files.len() > FILES_MAX {
            return Err(io::Error::other("the step needs too many mounts and containers"));
        }
        let head = if order.request.network == Network::Private { PRIVATE_NETWORK } else { 0 };
        let mut message = vec![head];
        serde_json::to_writer(&mut message, order).map_err(io::Error::other)?;
        if message.len() <= ORDER_BYTES_MAX {
            return send(&self.socket, &message, files);
        }
        let memory = rustix::fs::memfd_create("order", rustix::fs::MemfdFlags::CLOEXEC)?;
        let mut file = File::from(memory);
        file.write_all(&message[1..])?;
        let mut with_order = vec![file.as_fd()];
        with_order.extend_from_slice(files);
        send(&self.socket, &[head | IN_FILE], &with_order)
    }

    /// Reads one answer if there is one. Answers come in the order of the orders.
    pub(crate) fn answer(&self) -> Answer {
        let mut number = [0; 4];
        match rustix::net::recv(&self.socket, &mut number, RecvFlags::DONTWAIT) {
            Ok((4, _)) => match i32::from_ne_bytes(number) {
                pid if pid > 0 => Answer::Cloned(pid as u32),
                error => Answer::Failed(io::Error::from_raw_os_error(-error)),
            },
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Answer::Nothing,
            _ => Answer::Gone,
        }
    }
}

fn send(socket: &OwnedFd, message: &[u8], files: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES_MAX + 2))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(files));
    }
    sendmsg(socket, &[IoSlice::new(message)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES_MAX + 2))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let message = loop {
        match recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut control, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => {}
            other => break other?,
        }
    };
    let mut files = Vec::new();
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(sent) = part {
            files.extend(sent);
        }
    }
    Ok((message.bytes, files))
}

/// The zygote's life.
fn be(at: &Path, hidden: &[PathBuf], null: &OwnedFd, socket: &OwnedFd) -> i32 {
    let mut template = match template::lay_out(at, hidden).and_then(|template| {
        give_up_rights()?;
        Ok(template)
    }) {
        Ok(template) => template,
        Err(error) => {
            let hello = Hello::Unable(error.to_string());
            let _ = send(socket, &serde_json::to_vec(&hello).unwrap_or_default(), &[]);
            return 1;
        }
    };
    let owners = if template.many_users { File::open("/proc/self/ns/user").ok() } else { None };
    let hello = Hello::Ready { many_users: template.many_users };
    let files: Vec<_> = owners.iter().map(AsFd::as_fd).collect();
    if send(socket, &serde_json::to_vec(&hello).unwrap_or_default(), &files).is_err() {
        return 1;
    }
    drop(owners);
    // The engine makes its first commit meanwhile.
    let finished = template.finish();
    let mut buffer = vec![0; ORDER_BYTES_MAX + 1];
    loop {
        let (read, files) = match receive(socket, &mut buffer) {
            Ok((0, _)) | Err(_) => return 0,
            Ok(received) => received,
        };
        let number_of = |error: &io::Error| -error.raw_os_error().unwrap_or(libc::EIO);
        let answer = match &finished {
            Ok(()) => clone_step(&template, null, &buffer[..read], files)
                .map_or_else(|error| number_of(&error), |pid| pid as i32),
            Err(error) => number_of(error),
        };
        if rustix::net::send(socket, &answer.to_ne_bytes(), SendFlags::NOSIGNAL).is_err() {
            return 0;
        }
    }
}

/// What programs of a step can never get again: it holds for all that is cloned and executed from here.
fn give_up_rights() -> io::Result<()> {
    /// What containers usually keep: changing owners and users, signals, `chroot`.
    const KEPT: &[u32] = &[0, 1, 3, 4, 5, 6, 7, 8, 10, 18, 29, 31];
    rustix::thread::set_no_new_privs(true)?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    for capability in (0..64).filter(|capability| !KEPT.contains(capability)) {
        // The kernel knows fewer than 64.
        if sys::drop_from_bounding_set(capability).is_err() {
            break;
        }
    }
    Ok(())
}

fn clone_step(template: &Template, null: &OwnedFd, message: &[u8], files: Vec<OwnedFd>) -> io::Result<u32> {
    let is_private = message.first().is_some_and(|head| head & PRIVATE_NETWORK != 0);
    let network = if is_private { libc::CLONE_NEWNET } else { 0 };
    let flags = libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS | network;
    let mut files = Some(files);
    // CLONE_PARENT: the step is the supervisor's child, which sees its end and whose end it sees.
    sys::fork(flags | libc::CLONE_PARENT, || {
        let files = files.take().unwrap_or_default();
        match Received::read(message, files, null) {
            Ok(received) => received.live(template),
            Err(_) => 1,
        }
    })
}

/// An order with its descriptors, sorted.
struct Received {
    order: Order,
    io: Io,
    mounts: Vec<OwnedFd>,
}

impl Received {
    fn read(message: &[u8], mut files: Vec<OwnedFd>, null: &OwnedFd) -> io::Result<Received> {
        let order: Order = match message.split_first() {
            Some((head, text)) if head & IN_FILE == 0 => serde_json::from_slice(text)?,
            Some(_) if !files.is_empty() => {
                let mut file = File::from(files.remove(0));
                let mut text = Vec::new();
                file.rewind()?;
                file.read_to_end(&mut text)?;
                serde_json::from_slice(&text)?
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        let outputs = order.request.containers.len() * 2;
        if files.len() < FILES_BEFORE_OUTPUTS + outputs + order.cgroups {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let cgroups = files.split_off(files.len() - order.cgroups);
        let mounts = files.split_off(FILES_BEFORE_OUTPUTS + outputs);
        let mut streams = files.split_off(FILES_BEFORE_OUTPUTS).into_iter();
        let mut pairs = Vec::new();
        while let (Some(stdout), Some(stderr)) = (streams.next(), streams.next()) {
            pairs.push([stdout, stderr]);
        }
        let Some(report) = files.pop() else { return Err(io::ErrorKind::InvalidData.into()) };
        Ok(Received { io: Io { report, null: null.try_clone()?, outputs: pairs, cgroups }, mounts, order })
    }

    /// Process 1 of the step's namespaces.
    fn live(self, template: &Template) -> i32 {
        let Received { order, io, mounts } = self;
        // Programs of the step see this process, but not into it.
        let prepared = set_parent_process_death_signal(Some(Signal::KILL))
            .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable))
            .map_err(io::Error::from)
            .and_then(
                |()| {
                    if order.request.network == Network::Private { sys::loopback_up() } else { Ok(()) }
                },
            )
            .and_then(|()| root::enter(template, &order.request, &order.attachments, &mounts));
        drop(mounts);
        hull::keep_only_own_files(&io);
        match prepared {
            Ok(()) => {
                let root = root::mounts(template, &order.attachments);
                let place =
                    Place::Sandbox { filter: filter::filter(), many_users: template.many_users, root };
                hull::run(&order.request, io, &place)
            }
            Err(error) => {
                hull::report_failure(&order.request, &io.report, format!("cannot make the sandbox: {error}"));
                1
            }
        }
    }
}

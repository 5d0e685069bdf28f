//! Bells that ring when something may have been added to the logs of a run: whoever follows one waits for it, and asks
//! nobody meanwhile.
//!
//! The kernel tells what happens in the folders of the logs (inotify), the engine what happens in the run. Where there
//! are too many folders for that, whoever follows looks by the clock.

use crate::limits;
use rustix::event::{self, PollFd, PollFlags, Timespec};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::collections::{BTreeMap, HashMap};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// All runs whose logs somebody follows.
#[derive(Default)]
pub(crate) struct Bells(Mutex<Hung>);

#[derive(Default)]
struct Hung {
    /// What listens to the kernel, as long as anybody follows.
    ear: Option<Ear>,
    runs: BTreeMap<String, Rung>,
    /// What each watch of the kernel is of.
    watches: HashMap<i32, Watched>,
}

struct Ear {
    inotify: Arc<OwnedFd>,
    /// Nobody follows any more: the thread that listens ends.
    over: Arc<AtomicBool>,
}

/// How much of what the kernel tells is read at once.
const BUFFER_BYTES: usize = 16 << 10;

/// A folder that is watched.
#[derive(Clone)]
struct Watched {
    uid: String,
    folder: PathBuf,
    level: Level,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Where the folders of runs are: one comes with the first step of its run.
    Above,
    /// The folder of a run.
    Run,
    /// `logs` in it.
    Logs,
    /// The folder of a step in there.
    Step,
}

/// A run that is followed.
struct Rung {
    /// Holds the folder `logs`.
    folder: PathBuf,
    sender: watch::Sender<()>,
    /// Not all of its folders are watched.
    deaf: bool,
}

/// What somebody who follows a run waits for.
pub(crate) struct Bell {
    bells: Arc<Bells>,
    uid: String,
    heard: watch::Receiver<()>,
    looked: Instant,
}

impl Bells {
    fn hung(&self) -> MutexGuard<'_, Hung> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hangs a bell for a run, the folder of which is given. What is there already has not rung.
    pub(crate) fn follow(self: &Arc<Self>, uid: &str, folder: &Path) -> Bell {
        let mut hung = self.hung();
        if hung.ear.is_none() {
            hung.ear = self.listen();
        }
        let heard = match hung.runs.get(uid) {
            Some(run) => run.sender.subscribe(),
            None => {
                let (sender, heard) = watch::channel(());
                let run = Rung { folder: folder.to_owned(), sender, deaf: false };
                hung.runs.insert(uid.to_owned(), run);
                hung.watch(uid);
                heard
            }
        };
        Bell { bells: self.clone(), uid: uid.to_owned(), heard, looked: Instant::now() }
    }

    /// Something happened in a run.
    pub(crate) fn ring(&self, uid: &str) {
        if let Some(run) = self.hung().runs.get(uid) {
            run.sender.send_replace(());
        }
    }

    /// Begins to listen to the kernel; none if it lends no ear.
    fn listen(self: &Arc<Self>) -> Option<Ear> {
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
        let ear = Ear { inotify: Arc::new(inotify), over: Arc::default() };
        let (bells, inotify, over) = (Arc::downgrade(self), ear.inotify.clone(), ear.over.clone());
        let hear = move || {
            let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
            while !over.load(Ordering::Relaxed) {
                let mut waited = [PollFd::new(&*inotify, PollFlags::IN)];
                let patience = Timespec { tv_sec: 1, tv_nsec: 0 };
                let heard = event::poll(&mut waited, Some(&patience));
                let Some(bells) = bells.upgrade() else { return };
                if matches!(heard, Ok(0) | Err(_)) {
                    continue;
                }
                let mut events = inotify::Reader::new(&*inotify, &mut buffer);
                let mut hung = bells.hung();
                // Meanwhile another ear may count its watches from one again.
                if over.load(Ordering::Relaxed) {
                    return;
                }
                while let Ok(event) = events.next() {
                    let name = event.file_name().and_then(|name| name.to_str().ok());
                    hung.heard(event.wd(), event.events(), name);
                }
            }
        };
        std::thread::Builder::new().name("bells".to_owned()).spawn(hear).ok()?;
        Some(ear)
    }
}

impl Hung {
    fn heard(&mut self, number: i32, what: ReadFlags, name: Option<&str>) {
        if what.contains(ReadFlags::QUEUE_OVERFLOW) {
            self.runs.values().for_each(|run| run.sender.send_replace(()));
            return;
        }
        if what.contains(ReadFlags::IGNORED) {
            self.watches.remove(&number);
            return;
        }
        let Some(watched) = self.watches.get(&number).cloned() else { return };
        let uid = match (watched.level, name) {
            (Level::Above, Some(name)) => {
                let folder = watched.folder.join(name);
                let Some((uid, _)) = self.runs.iter().find(|(_, run)| run.folder == folder) else { return };
                let uid = uid.clone();
                self.watch(&uid);
                uid
            }
            _ => watched.uid.clone(),
        };
        // What came in a new folder before it was watched is read when the bell rings.
        match (watched.level, name) {
            (Level::Run, Some("logs")) => self.watch_logs(&watched.uid, &watched.folder.join("logs")),
            (Level::Logs, Some(name)) if what.contains(ReadFlags::ISDIR) => {
                self.watch_one(&watched.uid, watched.folder.join(name), Level::Step);
            }
            _ => {}
        }
        if let Some(run) = self.runs.get(&uid) {
            run.sender.send_replace(());
        }
    }

    /// Watches the folders of a run's logs, as far as they are there.
    fn watch(&mut self, uid: &str) {
        let Some(folder) = self.runs.get(uid).map(|run| run.folder.clone()) else { return };
        if !self.watch_one(uid, folder.clone(), Level::Run) {
            let above = folder.parent().unwrap_or(Path::new("/")).to_owned();
            let is_told = self.watch_one(uid, above, Level::Above);
            // It may have come in between.
            if !self.watch_one(uid, folder.clone(), Level::Run)
                && !is_told
                && let Some(run) = self.runs.get_mut(uid)
            {
                run.deaf = true;
            }
        }
        self.watch_logs(uid, &folder.join("logs"));
    }

    fn watch_logs(&mut self, uid: &str, logs: &Path) {
        // First the folder, then what is in it: what comes in between is seen.
        self.watch_one(uid, logs.to_owned(), Level::Logs);
        for step in std::fs::read_dir(logs).into_iter().flatten().flatten() {
            self.watch_one(uid, step.path(), Level::Step);
        }
    }

    /// Watches a folder. Answers whether it is there.
    fn watch_one(&mut self, uid: &str, folder: PathBuf, level: Level) -> bool {
        let Some(run) = self.runs.get_mut(uid) else { return false };
        let what = if level == Level::Step {
            WatchFlags::CREATE | WatchFlags::MODIFY | WatchFlags::ONLYDIR
        } else {
            WatchFlags::CREATE | WatchFlags::ONLYDIR
        };
        let ear = self.ear.as_ref().filter(|_| self.watches.len() < limits::FOLDERS_WATCHED_MAX);
        match ear.map(|ear| inotify::add_watch(&*ear.inotify, &folder, what)) {
            Some(Ok(number)) => {
                // What is above belongs to no run alone.
                let uid = if level == Level::Above { String::new() } else { uid.to_owned() };
                self.watches.insert(number, Watched { uid, folder, level });
            }
            // Not there yet, or a file among the folders.
            Some(Err(Errno::NOENT | Errno::NOTDIR)) => return false,
            Some(Err(_)) | None => run.deaf = true,
        }
        true
    }

    fn forget(&mut self, uid: &str) {
        self.runs.remove(uid);
        let gone: Vec<i32> =
            self.watches.iter().filter(|(_, owner)| owner.uid == uid).map(|(number, _)| *number).collect();
        for number in gone {
            self.watches.remove(&number);
            if let Some(ear) = &self.ear {
                // One that is gone with its folder need not be removed.
                inotify::remove_watch(&*ear.inotify, number).ok();
            }
        }
        if self.runs.is_empty()
            && let Some(ear) = self.ear.take()
        {
            ear.over.store(true, Ordering::Relaxed);
            self.watches.clear();
        }
    }
}

impl Bell {
    /// Waits until there may be more to read, or for so long at most. Rings come together that come soon after each
    /// other, so that a chatty step does not keep its readers busy.
    pub(crate) async fn wait(&mut self, longest: Duration) {
        let deaf = self.bells.hung().runs.get(&self.uid).is_none_or(|run| run.deaf);
        let longest = if deaf { limits::LOG_PAUSE } else { longest };
        // The sender lives as long as this bell.
        drop(tokio::time::timeout(longest, self.heard.changed()).await);
        tokio::time::sleep_until(self.looked + limits::LOG_PAUSE).await;
        self.heard.mark_unchanged();
        self.looked = Instant::now();
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        let mut hung = self.bells.hung();
        // This receiver is still counted.
        if hung.runs.get(&self.uid).is_some_and(|run| run.sender.receiver_count() <= 1) {
            hung.forget(&self.uid);
        }
    }
}

#[cfg(test)]
mod tests;

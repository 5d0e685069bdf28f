//! Limits on memory and processors by control groups, where the machine lets us have some.
//!
//! Both generations are served: one tree for all controllers, or a tree each. Only the containers of a step join its
//! groups, not its hull. Every group we make is listed in a file, so that whoever cleans up after us finds it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::SCRATCH;
use crate::contract::Limits;

/// Name of the list of our groups, in the scratch folder.
const LIST: &str = "cgroups";

/// Period in which a share of a processor is counted.
const PERIOD_US: u64 = 100_000;

/// The groups we may make.
#[derive(Debug, Default)]
pub(crate) struct Cgroups {
    memory: Option<Tree>,
    cpu: Option<Tree>,
    made: u32,
}

/// A group of ours below which steps get theirs.
#[derive(Debug, Clone)]
struct Tree {
    folder: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A tree for this controller alone.
    Own,
    /// One tree for all.
    Unified,
}

/// The groups of one step.
#[derive(Debug, Default)]
pub(crate) struct Group {
    memory: Option<Tree>,
    cpu: Option<Tree>,
}

impl Cgroups {
    /// Finds out what we may have, and makes our own groups.
    pub(crate) fn find(folder: &Path) -> Cgroups {
        let mine = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let list = folder.join(SCRATCH).join(LIST);
        let tree = |controller| Tree::make(controller, &mine, &mounts, &list);
        Cgroups { memory: tree("memory"), cpu: tree("cpu"), made: 0 }
    }

    /// What cannot be enforced here, in words.
    pub(crate) fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.memory.is_none() {
            notices.push(
                "memory limits are watched, not enforced: no control group for memory may be made here"
                    .into(),
            );
        }
        if self.cpu.is_none() {
            notices
                .push("cpu limits are not enforced: no control group for processors may be made here".into());
        }
        notices
    }

    /// The groups of a step with these limits; none where there is no limit or no tree.
    pub(crate) fn group(&mut self, limits: Limits) -> Group {
        self.made += 1;
        let name = self.made.to_string();
        let below = |tree: &Option<Tree>, wanted: bool| {
            let tree = tree.as_ref().filter(|_| wanted)?;
            let folder = tree.folder.join(&name);
            if let Err(error) = fs::create_dir(&folder)
                && error.kind() != io::ErrorKind::AlreadyExists
            {
                return None;
            }
            Some(Tree { folder, kind: tree.kind })
        };
        let group = Group {
            memory: below(&self.memory, limits.memory_bytes > 0),
            cpu: below(&self.cpu, limits.cpu_millis > 0),
        };
        group.set(limits);
        group
    }
}

impl Tree {
    /// Our group in the tree of a controller.
    fn make(controller: &str, mine: &str, mounts: &str, list: &Path) -> Option<Tree> {
        let own = mine.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let is_it = fields.next()?.split(',').any(|name| name == controller);
            is_it.then(|| fields.next())?
        });
        let (path, kind) = match own {
            Some(path) => (path, Kind::Own),
            None => (mine.lines().find_map(|line| line.strip_prefix("0::"))?, Kind::Unified),
        };
        let parent = mount_of(controller, kind, mounts)?.join(path.trim_start_matches('/'));
        if kind == Kind::Unified && !offers(&parent, controller) {
            return None;
        }
        let folder = parent.join(format!("tiphys-{}", std::process::id()));
        if let Err(error) = fs::create_dir(&folder)
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return None;
        }
        let listed = OpenOptions::new()
            .create(true)
            .append(true)
            .open(list)
            .and_then(|mut list| writeln!(list, "{}", folder.display()));
        let tree = Tree { folder, kind };
        // A group that nobody would find later must not be.
        let is_good = listed.is_ok() && (kind == Kind::Own || offers(&tree.folder, controller));
        if !is_good {
            let _ = fs::remove_dir(&tree.folder);
        }
        is_good.then_some(tree)
    }

    fn write(&self, file: &str, value: &str) {
        // A value that is refused is a limit that does not hold; the step runs all the same.
        let _ = fs::write(self.folder.join(file), value);
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }
}

/// Whether groups below this one have the controller, if need be after we asked for it.
fn offers(folder: &Path, controller: &str) -> bool {
    let has = || {
        let list = fs::read_to_string(folder.join("cgroup.subtree_control")).unwrap_or_default();
        list.split_ascii_whitespace().any(|name| name == controller)
    };
    has() || (fs::write(folder.join("cgroup.subtree_control"), format!("+{controller}")).is_ok() && has())
}

fn mount_of(controller: &str, kind: Kind, mounts: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (head, tail) = line.split_once(" - ")?;
        let mut tail = tail.split(' ');
        let (system, options) = (tail.next()?, tail.nth(1).unwrap_or_default());
        let is_it = match kind {
            Kind::Own => system == "cgroup" && options.split(',').any(|name| name == controller),
            Kind::Unified => system == "cgroup2",
        };
        is_it.then(|| head.split(' ').nth(4).map(PathBuf::from))?
    })
}

impl Group {
    fn set(&self, limits: Limits) {
        if let Some(memory) = &self.memory {
            match memory.kind {
                Kind::Own => {
                    memory.write("memory.limit_in_bytes", &limits.memory_bytes.to_string());
                    memory.write("memory.memsw.limit_in_bytes", &limits.memory_bytes.to_string());
                }
                Kind::Unified => {
                    memory.write("memory.max", &limits.memory_bytes.to_string());
                    memory.write("memory.swap.max", "0");
                    memory.write("memory.oom.group", "1");
                }
            }
        }
        if let Some(cpu) = &self.cpu {
            let quota = limits.cpu_millis * PERIOD_US / 1_000;
            match cpu.kind {
                Kind::Own => {
                    cpu.write("cpu.cfs_period_us", &PERIOD_US.to_string());
                    cpu.write("cpu.cfs_quota_us", &quota.max(1_000).to_string());
                }
                Kind::Unified => cpu.write("cpu.max", &format!("{} {PERIOD_US}", quota.max(1_000))),
            }
        }
    }

    /// Files through which processes join.
    pub(crate) fn doors(&self) -> Vec<OwnedFd> {
        let mut doors: Vec<(PathBuf, OwnedFd)> = Vec::new();
        for tree in self.memory.iter().chain(&self.cpu) {
            let path = tree.folder.join("cgroup.procs");
            if doors.iter().all(|(other, _)| *other != path)
                && let Ok(file) = File::options().write(true).open(&path)
            {
                doors.push((path, file.into()));
            }
        }
        doors.into_iter().map(|(_, door)| door).collect()
    }

    /// Whether memory is limited by a group, so that nobody has to watch it.
    pub(crate) fn limits_memory(&self) -> bool {
        self.memory.is_some()
    }

    /// Whether the kernel killed a process because of the limit.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        let Some(memory) = &self.memory else { return false };
        let file = match memory.kind {
            Kind::Own => "memory.oom_control",
            Kind::Unified => "memory.events",
        };
        let text = memory.read(file);
        let kills = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        kills.and_then(|count| count.trim().parse().ok()).is_some_and(|count: u64| count > 0)
    }

    /// Removes the groups. Their processes are gone, or are about to be.
    pub(crate) fn remove(&self) {
        for tree in self.memory.iter().chain(&self.cpu) {
            // A process that is still dying keeps it; then it goes with the supervisor.
            let _ = fs::remove_dir(&tree.folder);
        }
    }
}

/// Removes every group that a supervisor of this folder has made. For when all its processes are gone.
pub(crate) fn remove_listed(folder: &Path) {
    let list = fs::read_to_string(folder.join(SCRATCH).join(LIST)).unwrap_or_default();
    for group in list.lines().map(Path::new) {
        let below = fs::read_dir(group).into_iter().flatten().flatten();
        for entry in below.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            let _ = fs::remove_dir(entry.path());
        }
        let _ = fs::remove_dir(group);
    }
}

/// Bytes that a process and its descendants have in memory.
pub(crate) fn resident_bytes(pid: u32) -> u64 {
    /// Most processes that are counted. A step with more is over any limit that can be watched.
    const PROCESSES_MAX: usize = 4_096;
    let mut left = vec![pid];
    let mut pages = 0;
    let mut seen = 0;
    while let Some(pid) = left.pop() {
        seen += 1;
        if seen > PROCESSES_MAX {
            break;
        }
        let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
        pages += statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0);
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        left.extend(children.split_ascii_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    }
    pages * rustix::param::page_size() as u64
}

//! A state folder of its own for each test, and the binary in it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A workflow of one step that succeeds.
pub const ONE: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: one}
spec:
  entrypoint: main
  templates:
  - name: main
    container: {image: busybox, command: [sh, -c, 'echo said']}
";

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where control groups are, and how many folders below it ours may lie.
const CONTROL_GROUPS: &str = "/sys/fs/cgroup";
const DEPTH: u32 = 3;

pub struct Bench {
    folder: tempfile::TempDir,
    /// Control groups of dead supervisors that others have left on this machine.
    dead_groups_before: Vec<PathBuf>,
}

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Answer {
        Answer {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Answer {
    #[track_caller]
    pub fn exits(self, code: i32) -> Answer {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

impl Bench {
    pub fn new() -> Bench {
        Bench {
            folder: tempfile::tempdir().unwrap(),
            dead_groups_before: dead_control_groups(Path::new(CONTROL_GROUPS), DEPTH),
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn state(&self) -> PathBuf {
        self.folder().join("state")
    }

    /// Writes a file; its path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiphys"));
        command
            .args(arguments)
            .current_dir(self.folder())
            .env("TIPHYS_STATE_DIR", self.state())
            .env("LANG", "C.UTF-8")
            .env_remove("LC_ALL")
            .env_remove("TIPHYS_SERVER")
            .env_remove("ARGO_SERVER")
            .env_remove("ARGO_NAMESPACE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn call(&self, arguments: &[&str]) -> Answer {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs a manifest without a sandbox.
    pub fn run(&self, manifest: &str, more: &[&str]) -> Answer {
        let file = self.file("m.yaml", manifest);
        let mut arguments = vec!["run", file.to_str().unwrap(), "--isolation", "none"];
        arguments.extend(more);
        self.call(&arguments)
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    /// The final or present document of a run.
    pub fn document(&self, name: &str) -> serde_json::Value {
        let answer = self.call(&["get", name, "-o", "json"]).exits(0);
        serde_json::from_str(&answer.out).unwrap()
    }

    /// Processes that have something of the state folder open, but not this one.
    pub fn processes(&self) -> Vec<i32> {
        let state = self.state();
        let own = std::process::id() as i32;
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
                continue;
            };
            let open = std::fs::read_dir(entry.path().join("fd")).into_iter().flatten().flatten();
            let mut links = open.filter_map(|fd| std::fs::read_link(fd.path()).ok());
            if pid != own && links.any(|link| link.starts_with(&state)) {
                found.push(pid);
            }
        }
        found
    }

    /// Waits until no process has the state open.
    #[track_caller]
    pub fn nothing_is_left_running(&self) {
        wait_until("no process has the state open", || self.processes().is_empty());
    }

    /// Checks that a finished run left nothing that runs or that is only needed while it runs.
    #[track_caller]
    pub fn nothing_is_left(&self) {
        self.nothing_is_left_running();
        for folder in ["owners", "wake", "supervisors"] {
            let left: Vec<_> =
                std::fs::read_dir(self.state().join(folder)).into_iter().flatten().flatten().collect();
            assert!(left.is_empty(), "{folder}: {left:?}");
        }
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(self.state().to_str().unwrap()), "{mounts}");
        // Not by their age: the kernel dates what it had forgotten by the next look at it.
        let left = || {
            let mut dead = dead_control_groups(Path::new(CONTROL_GROUPS), DEPTH);
            dead.retain(|folder| !self.dead_groups_before.contains(folder));
            dead
        };
        let until = Instant::now() + PATIENCE;
        while !left().is_empty() {
            if Instant::now() > until {
                let told: Vec<String> = left().iter().map(|group| inmates(group)).collect();
                panic!("control groups of dead supervisors are left: {told:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// What runs in a control group and those below it, for people.
fn inmates(group: &Path) -> String {
    let list = Command::new("grep").args(["-r", "", "--include=cgroup.procs"]).arg(group).output();
    let listed = list.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    format!("{}: {}", group.display(), listed.unwrap_or_default())
}

/// Control groups whose supervisor is dead, down to a depth.
fn dead_control_groups(folder: &Path, depth: u32) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let name = entry.file_name();
        match name.to_str().and_then(|name| name.strip_prefix("tiphys-")) {
            Some(pid) if !Path::new("/proc").join(pid).exists() => found.push(entry.path()),
            Some(_) => {}
            None if depth > 0 => found.extend(dead_control_groups(&entry.path(), depth - 1)),
            None => {}
        }
    }
    found
}

#[track_caller]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn signal(pid: u32, signal: &str) {
    // It may have ended by itself.
    drop(Command::new("kill").args([signal, &pid.to_string()]).stderr(Stdio::null()).status());
}

/// What a server answers to one request, head and body: `lines` are the request line and the headers beside the usual.
pub fn ask(address: &str, lines: &str, body: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!("{lines}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A web server for as long as the test lives; `answer` makes the body of each answer from the request. Its address.
pub fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut said = Vec::new();
            let mut bytes = [0; 4096];
            while !is_whole(&said) {
                match stream.read(&mut bytes) {
                    Ok(read @ 1..) => said.extend(&bytes[..read]),
                    _ => break,
                }
            }
            let body = answer(&String::from_utf8_lossy(&said));
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            // Whoever asked may have been killed.
            drop(stream.write_all((head + &body).as_bytes()));
        }
    });
    address.to_string()
}

/// Whether a request with its body is there.
fn is_whole(said: &[u8]) -> bool {
    let text = String::from_utf8_lossy(said);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    match length {
        Some(length) => body.len() >= length,
        None => !head.contains("chunked") || body.ends_with("0\r\n\r\n"),
    }
}

//! The server under load: our own client over plain sockets, so that nothing but the server is measured.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::yardsticks::finish;

/// How long a server may take to answer first, and a run to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server of our own, ended when this is dropped.
pub struct Served {
    child: Child,
    address: SocketAddr,
}

impl Served {
    /// Starts the release binary on a state folder.
    pub fn start(binary: &Path, state: &Path, jobs: usize) -> Result<Served, String> {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| format!("no free port: {error}"))?
            .port();
        let log = fs::File::create(state.with_extension("log")).map_err(|error| error.to_string())?;
        let child = Command::new(binary)
            .args(["server", "--auth-mode", "none", "--isolation", "none"])
            .args(["--port", &port.to_string(), "--jobs", &jobs.to_string()])
            .env("TIPHYS_STATE_DIR", state)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("cannot start the server: {error}"))?;
        let served = Served { child, address: SocketAddr::from(([127, 0, 0, 1], port)) };
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(served.address).is_err() {
            if Instant::now() > end {
                return Err("the server does not answer".to_owned());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(served)
    }

    pub fn client(&self) -> Result<Client, String> {
        Client::connect(self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address for a browser.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Resident memory in MiB.
    pub fn resident(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib = line.trim().trim_end_matches(" kB").parse::<f64>().map_err(|error| error.to_string())?;
        Ok(kib / 1_024.0)
    }

    /// Seconds of a processor that it took so far.
    pub fn processor_seconds(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/stat", self.child.id());
        let told = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        // Behind the name, which may hold anything: the eleventh and the twelfth are its ticks and those of the kernel.
        let fields = told.rsplit_once(") ").map(|(_, fields)| fields.split(' ').collect::<Vec<_>>());
        let ticks = |at: usize| fields.as_ref()?.get(at)?.parse::<f64>().ok();
        let ticks = ticks(11).zip(ticks(12)).map(|(own, kernel)| own + kernel).ok_or("no ticks")?;
        Ok(ticks / rustix::param::clock_ticks_per_second() as f64)
    }

    /// Workflows submitted per second by so many clients, each waiting for its answer before the next.
    pub fn submit_rate(&self, clients: usize, count: usize, workflow: &str) -> Result<f64, String> {
        let left = AtomicUsize::new(count);
        let begun = Instant::now();
        std::thread::scope(|scope| {
            let work = || -> Result<(), String> {
                let mut client = self.client()?;
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    client.submit(workflow)?;
                }
                Ok(())
            };
            let threads: Vec<_> = (0..clients).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a client broke")?)
        })?;
        Ok(count as f64 / begun.elapsed().as_secs_f64())
    }

    /// Waits until no run is live any more.
    pub fn wait_until_idle(&self) -> Result<(), String> {
        let mut client = self.client()?;
        let end = Instant::now() + PATIENCE;
        let live = "/api/v1/workflows/default?listOptions.limit=1&listOptions.labelSelector=\
                    workflows.argoproj.io/completed!%3Dtrue&fields=items.metadata.name";
        loop {
            if client.get(live)?.contains("\"items\":null") {
                return Ok(());
            }
            if Instant::now() > end {
                return Err("the runs do not end".to_owned());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // One that is gone already needs no end.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// One connection that is kept.
pub struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    fn connect(address: SocketAddr) -> Result<Client, String> {
        let stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
        stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(PATIENCE))).map_err(text)?;
        Ok(Client { reader: BufReader::new(stream) })
    }

    pub fn submit(&mut self, workflow: &str) -> Result<(), String> {
        let body = format!("{{\"workflow\":{workflow}}}");
        self.ask("POST", "/api/v1/workflows/default", &body).map(drop)
    }

    pub fn post(&mut self, target: &str, body: &str) -> Result<String, String> {
        self.ask("POST", target, body)
    }

    pub fn get(&mut self, target: &str) -> Result<String, String> {
        self.ask("GET", target, "")
    }

    fn ask(&mut self, method: &str, target: &str, body: &str) -> Result<String, String> {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.reader.get_mut().write_all(request.as_bytes()).map_err(text)?;
        let status = self.line()?;
        let mut length = 0;
        let mut chunked = false;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().map_err(text)?;
            }
            chunked |= line.starts_with("transfer-encoding:") && line.contains("chunked");
        }
        let mut answer = Vec::new();
        if chunked {
            loop {
                let size = usize::from_str_radix(self.line()?.trim(), 16).map_err(text)?;
                let from = answer.len();
                answer.resize(from + size, 0);
                self.reader.read_exact(&mut answer[from..]).map_err(text)?;
                self.line()?;
                if size == 0 {
                    break;
                }
            }
        } else {
            answer.resize(length, 0);
            self.reader.read_exact(&mut answer).map_err(text)?;
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        match status.contains(" 200 ") {
            true => Ok(answer),
            false => Err(format!("{method} {target}: {status}: {answer}")),
        }
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line).map_err(text)? {
            0 => Err("the server closed the connection".to_owned()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A workflow of one step that waits for a person.
pub const PARKED: &str = r#"{"metadata":{"generateName":"parked-"},"spec":{"entrypoint":"main","templates":[
{"name":"main","suspend":{}}]}}"#;

/// A workflow of one step that does nothing.
pub const NO_OP: &str = r#"{"metadata":{"generateName":"no-op-"},"spec":{"entrypoint":"main","templates":[
{"name":"main","container":{"image":"any","command":["/bin/true"]}}]}}"#;

/// A workflow of one step that says when it began.
pub fn stamped(stamp: &Path, file: &Path) -> String {
    format!(
        r#"{{"metadata":{{"generateName":"stamped-"}},"spec":{{"entrypoint":"main","templates":[
{{"name":"main","container":{{"image":"any","command":["{}","{}"]}}}}]}}}}"#,
        stamp.display(),
        file.display()
    )
}

/// A state folder with many archived and some live runs, made in memory and copied to the disk.
pub fn many_runs(root: &Path, folder: &Path, archived: usize, live: usize) -> Result<PathBuf, String> {
    let state = folder.join(format!("runs-{archived}-{live}"));
    let quick = Path::new("/dev/shm").join(format!("tiphys-bench-{}", std::process::id()));
    let made = crate::workspace::cargo()
        .args([
            "run",
            "--release",
            "--quiet",
            "--locked",
            "--package",
            "tiphys-store",
            "--example",
            "many_runs",
        ])
        .arg("--")
        .arg(&quick)
        .args([archived.to_string(), live.to_string()])
        .current_dir(root)
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    let copied = match made.success() {
        true => finish(Command::new("cp").arg("-r").arg(&quick).arg(&state)).map(drop),
        false => Err("the runs could not be made".to_owned()),
    };
    fs::remove_dir_all(&quick).ok();
    copied.map(|()| state)
}

//! Many at once: those who watch and follow, and connections that are merely open.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::server::{Client, Served};
use super::stats::Sample;
use super::{Bench, Better, Promise, Row, alone};

/// Half of them watch as Argo's clients do, half read our own stream.
const WATCHERS: usize = 1_000;
/// Half of them follow as Argo's clients do, half read our own stream.
const FOLLOWERS: usize = 200;
const PULSES: usize = 60;
const LINES: usize = 60;

/// How long nothing happens while the server's processor time is measured.
const SILENCE: Duration = Duration::from_secs(10);

const CONNECTIONS: usize = 10_000;
const PAGES: usize = 300;

/// Open files that this program needs beside the connections.
const FILES_BESIDE: u64 = 256;

/// How long one thing may take until everybody has heard of it.
const PATIENCE: Duration = Duration::from_secs(60);

const LIST: &str = "/api/v1/workflows/default?listOptions.limit=50";

/// Streams that are read together.
#[derive(Default)]
struct Crowd {
    streams: Vec<Stream>,
}

struct Stream {
    socket: TcpStream,
    /// The end of what was read: what is sought may come in two pieces.
    tail: Vec<u8>,
    has_heard: bool,
}

impl Crowd {
    /// Opens so many streams and waits until each of them has begun.
    fn join(&mut self, served: &Served, target: &str, count: usize) -> Result<(), String> {
        let first = self.streams.len();
        for _ in 0..count {
            let mut socket = TcpStream::connect(served.address()).map_err(text)?;
            let head =
                format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
            socket.write_all(head.as_bytes()).map_err(text)?;
            socket.set_nonblocking(true).map_err(text)?;
            self.streams.push(Stream { socket, tail: Vec::new(), has_heard: false });
        }
        hear(&mut self.streams[first..], "HTTP/1.1 200")
    }
}

/// Reads until each of these streams has told of `sought`.
fn hear(streams: &mut [Stream], sought: &str) -> Result<(), String> {
    let sought = sought.as_bytes();
    let end = Instant::now() + PATIENCE;
    let mut block = vec![0; 64 << 10];
    for stream in streams.iter_mut() {
        stream.has_heard = false;
        stream.tail.clear();
    }
    while streams.iter().any(|stream| !stream.has_heard) {
        if Instant::now() > end {
            let deaf = streams.iter().filter(|stream| !stream.has_heard).count();
            return Err(format!("{deaf} of {} streams were not told", streams.len()));
        }
        for at in ready(streams)? {
            streams[at].read(&mut block, sought)?;
        }
    }
    Ok(())
}

/// The streams that have something to read, waiting a moment for them.
fn ready(streams: &[Stream]) -> Result<Vec<usize>, String> {
    let mut polled: Vec<PollFd<'_>> =
        streams.iter().map(|stream| PollFd::from_borrowed_fd(stream.socket.as_fd(), PollFlags::IN)).collect();
    let moment = Timespec { tv_sec: 1, tv_nsec: 0 };
    poll(&mut polled, Some(&moment)).map_err(text)?;
    let has_news = |(at, polled): (usize, &PollFd<'_>)| (!polled.revents().is_empty()).then_some(at);
    Ok(polled.iter().enumerate().filter_map(has_news).collect())
}

impl Stream {
    fn read(&mut self, block: &mut [u8], sought: &[u8]) -> Result<(), String> {
        match self.socket.read(block) {
            Ok(0) => return Err("the server ended a stream".to_owned()),
            Ok(length) => self.tail.extend_from_slice(&block[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.to_string()),
        }
        self.has_heard |= self.tail.windows(sought.len()).any(|window| window == sought);
        let kept = self.tail.len().min(sought.len() - 1);
        self.tail.drain(..self.tail.len() - kept);
        Ok(())
    }
}

/// What a server bears of those who look: how soon all of them know, and what they cost while nothing happens.
pub fn watchers(bench: &Bench) -> Result<Vec<Row>, String> {
    let served = Served::start(&bench.binary, &bench.folder.join("watchers"), 8)?;
    let pipe = bench.folder.join("told");
    let mut client = served.client()?;
    client.submit(&talkative(&pipe)?)?;
    let node = running_node(&mut client)?;
    let alone_mib = served.resident()?;
    let mut crowd = Crowd::default();
    let (watchers, followers) = (WATCHERS / 2, FOLLOWERS / 2);
    crowd.join(&served, "/api/v1/workflow-events/default", watchers)?;
    crowd.join(&served, "/api/tiphys/v1/events", watchers)?;
    let log = "/api/v1/workflows/default/talks/log?logOptions.follow=true&logOptions.container=main";
    crowd.join(&served, log, followers)?;
    crowd.join(&served, &format!("/api/tiphys/v1/runs/default/talks/log/follow?node={node}"), followers)?;
    let (looking, following) = crowd.streams.split_at_mut(2 * watchers);
    let (argos, ours) = looking.split_at_mut(watchers);

    let busy = served.processor_seconds()?;
    std::thread::sleep(SILENCE);
    let idle = (served.processor_seconds()? - busy) / SILENCE.as_secs_f64() * 100.0;

    let (mut whole, mut rows_told) = (Vec::new(), Vec::new());
    for number in 0..2 * PULSES {
        let name = format!("pulse-{number}");
        let (streams, times) =
            if number % 2 == 0 { (&mut *argos, &mut whole) } else { (&mut *ours, &mut rows_told) };
        let begun = Instant::now();
        client.submit(&parked(&name))?;
        hear(streams, &name)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let mut lines = Vec::new();
    // Whoever opens a pipe for both waits for nobody.
    let mut voice = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).map_err(text)?;
    for number in 0..LINES {
        let line = format!("line-{number}-of-many");
        let begun = Instant::now();
        writeln!(voice, "{line}").map_err(text)?;
        hear(following, &line)?;
        lines.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let crowded_mib = served.resident()?;
    drop(crowd);
    writeln!(voice, "over").map_err(text)?;

    let among = format!("{WATCHERS} watchers, {FOLLOWERS} log followers");
    let mut rows = Vec::new();
    for (what, times) in [
        (format!("a submit until {watchers} of Argo's watches have it"), whole),
        (format!("a submit until {watchers} of our streams have it"), rows_told),
        (format!("a line of a log until all {FOLLOWERS} followers have it"), lines),
    ] {
        let times = Sample::new(times)?;
        for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
            rows.push(alone(
                "P5e",
                format!("{among}: {what}, {name}"),
                "ms",
                vec![times.quantile(share)],
                None,
            )?);
        }
    }
    let what = format!("{among}: memory they take together");
    rows.push(alone("P5e", what, "MiB", vec![crowded_mib - alone_mib], None)?);
    let what = format!("{among}: one processor's time while nothing happens");
    rows.push(alone("P5e", what, "%", vec![idle], None)?);
    Ok(rows)
}

/// What open connections cost that ask nothing more, and how the server answers others meanwhile.
pub fn connections(bench: &Bench) -> Result<Vec<Row>, String> {
    let files = CONNECTIONS as u64 + FILES_BESIDE;
    let limit = getrlimit(Resource::Nofile);
    let maximum = limit.maximum;
    if limit.current.is_some_and(|current| current < files) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum })
            .map_err(|error| format!("{CONNECTIONS} connections need {files} open files: {error}"))?;
    }
    let served = Served::start(&bench.binary, &bench.folder.join("connections"), 8)?;
    let mut client = served.client()?;
    for number in 0..50 {
        client.submit(&parked(&format!("parked-{number}")))?;
    }
    pages(&mut client)?;
    let alone_mib = served.resident()?;
    let begun = Instant::now();
    let mut open = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut connection = served.client()?;
        connection.get("/api/v1/version")?;
        open.push(connection);
    }
    let opened = begun.elapsed().as_secs_f64();
    let crowded_mib = served.resident()?;
    let times = pages(&mut client)?;
    // Each of them is still there.
    for connection in &mut open {
        connection.get("/api/v1/version")?;
    }
    let among = format!("{CONNECTIONS} open connections");
    let most = |floor| Some(Promise { better: Better::Lower, floor, goal: None });
    Ok(vec![
        alone(
            "P5f",
            format!("{among}: a page of the list meanwhile, p99"),
            "ms",
            vec![times.quantile(0.99)],
            most(20.0),
        )?,
        alone("P5f", format!("{among}: opened and answered"), "/s", vec![CONNECTIONS as f64 / opened], None)?,
        alone(
            "P5f",
            format!("{among}: memory they take together"),
            "MiB",
            vec![crowded_mib - alone_mib],
            None,
        )?,
    ])
}

fn pages(client: &mut Client) -> Result<Sample, String> {
    let mut times = Vec::with_capacity(PAGES);
    for _ in 0..PAGES {
        let begun = Instant::now();
        client.get(LIST)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Sample::new(times)
}

fn parked(name: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}"}},"spec":{{"entrypoint":"main","templates":[{{"name":"main","suspend":{{}}}}]}}}}"#
    )
}

/// A workflow whose only step says what is written into a pipe.
fn talkative(pipe: &Path) -> Result<String, String> {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, pipe, rustix::fs::FileType::Fifo, mode, 0).map_err(text)?;
    let source = "while read -r line <&3; do echo \\\"$line\\\"; [ \\\"$line\\\" != over ] || exit 0; done";
    Ok(format!(
        r#"{{"metadata":{{"name":"talks"}},"spec":{{"entrypoint":"main","templates":[{{"name":"main",
"container":{{"image":"any","command":["sh","-c"],"args":["exec 3<>{}; {source}"]}}}}]}}}}"#,
        pipe.display()
    ))
}

/// The id of the step that talks, once it does.
fn running_node(client: &mut Client) -> Result<String, String> {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = client.get("/api/v1/workflows/default/talks")?;
        let run: serde_json::Value = serde_json::from_str(&answer).map_err(text)?;
        let nodes = run["status"]["nodes"].as_object().into_iter().flatten();
        if let Some((id, _)) = nodes.into_iter().find(|(_, node)| node["phase"] == "Running") {
            return Ok(id.clone());
        }
        if Instant::now() > end {
            return Err(format!("the step does not begin: {}", run["status"]));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

//! What every case needs: a state folder, a runner, and news to wait for.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use tiphys_runner::process::{Options, ProcessRunner};
use tiphys_runner::step::{AttemptId, ContainerRequest, Ended, Isolation, Report, StepRequest};
use tiphys_runner::{News, Runner};

pub type Case = (&'static str, fn());

/// Longest that anything may take here.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the cases whose name contains the first argument (all without one), several at once.
pub fn run(groups: &[&[Case]]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_number = |argument: &&String| argument.parse::<usize>().is_ok();
    let filter = arguments.iter().find(|argument| !argument.starts_with("--") && !is_number(argument));
    let cases: Vec<Case> = groups.iter().flat_map(|group| group.iter().copied()).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        cases.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let chosen: Vec<Case> = cases
        .into_iter()
        .filter(|(name, _)| filter.is_none_or(|filter| name.contains(filter.as_str())))
        .collect();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some((name, case)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let start = Instant::now();
                    let ok = std::panic::catch_unwind(case).is_ok();
                    println!(
                        "test {name} ... {} ({:.2?})",
                        if ok { "ok" } else { "FAILED" },
                        start.elapsed()
                    );
                    if !ok {
                        failed.lock().unwrap().push(*name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!("\ntest result: {} passed; {} failed {failed:?}", chosen.len() - failed.len(), failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A state folder with a runner on it.
pub struct World {
    pub state: PathBuf,
    pub runner: Option<ProcessRunner>,
    news: Receiver<News>,
    kept: Vec<Report>,
}

static WORLDS: AtomicUsize = AtomicUsize::new(0);

impl World {
    pub fn new() -> World {
        World::at(World::fresh())
    }

    /// A state folder of its own.
    pub fn fresh() -> PathBuf {
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let state = std::env::temp_dir().join(format!("tiphys-contract-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&state);
        fs::create_dir_all(&state).unwrap();
        state
    }

    pub fn at(state: PathBuf) -> World {
        World::with_places(state, 0)
    }

    /// A world whose supervisor runs so many steps side by side.
    pub fn with_places(state: PathBuf, at_once: u32) -> World {
        World::with(state, |options| options.at_once = at_once)
    }

    /// A world with other options than usual.
    pub fn with(state: PathBuf, change: impl FnOnce(&mut Options)) -> World {
        let (sender, news) = mpsc::channel();
        let mut options = Options::new(&state, "engine");
        options.idle = Duration::from_millis(200);
        change(&mut options);
        let sender = Mutex::new(sender);
        let runner = ProcessRunner::new(
            options,
            Box::new(move |news| {
                let _ = sender.lock().unwrap().send(news);
            }),
        );
        World { state, runner: Some(runner), news, kept: Vec::new() }
    }

    pub fn runner(&self) -> &ProcessRunner {
        self.runner.as_ref().unwrap()
    }

    pub fn folder(&self) -> PathBuf {
        self.state.join("supervisors/engine")
    }

    pub fn start(&self, step: &StepRequest) {
        assert_eq!(self.runner().start(std::slice::from_ref(step)), [Ok(())]);
    }

    /// Waits for the first report that `wanted` takes. Reports that it does not take are kept.
    pub fn wait<T>(&mut self, wanted: impl Fn(&Report) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.kept.iter().position(|report| wanted(report).is_some()) {
                return wanted(&self.kept.remove(at)).unwrap();
            }
            match self.news.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(News::Reports(reports)) => self.kept.extend(reports),
                Ok(News::Lost(reason)) => panic!("lost: {reason}"),
                Err(_) => panic!("nothing came; kept: {:?}", self.kept),
            }
        }
    }

    /// Waits until the supervisor is lost; returns why.
    pub fn wait_for_loss(&mut self) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.news.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(News::Lost(reason)) => return reason,
                Ok(News::Reports(reports)) => self.kept.extend(reports),
                Err(_) => panic!("no loss was told"),
            }
        }
    }

    pub fn started(&mut self, attempt: &AttemptId) -> u32 {
        self.wait(|report| match report {
            Report::Started(started) if started.attempt == *attempt => Some(started.pid),
            _ => None,
        })
    }

    pub fn ended(&mut self, attempt: &AttemptId) -> Ended {
        self.wait(|report| match report {
            Report::Ended(ended) if ended.attempt == *attempt => Some((**ended).clone()),
            _ => None,
        })
    }

    pub fn run(&mut self, step: &StepRequest) -> Ended {
        self.start(step);
        self.ended(&step.attempt)
    }

    pub fn log(&self, step: &StepRequest) -> String {
        let path = tiphys_runner::logs::path(&step.log_dir, &step.attempt, "main");
        let mut text = Vec::new();
        tiphys_runner::logs::plain(&fs::read(path).unwrap_or_default(), &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// A step that runs a shell text.
    pub fn shell(&self, name: &str, isolation: Isolation, text: &str) -> StepRequest {
        StepRequest {
            attempt: AttemptId(format!("run/{name}.0.0")),
            pod_name: format!("pod-{name}"),
            isolation,
            containers: vec![ContainerRequest {
                name: "main".into(),
                command: vec!["sh".into(), "-c".into(), text.into()],
                ..ContainerRequest::default()
            }],
            grace_ms: 30_000,
            log_dir: self.state.join("logs"),
            ..StepRequest::default()
        }
    }

    /// Ends the world and checks that nothing is left of it.
    pub fn end(mut self) {
        if let Some(runner) = self.runner.take() {
            assert!(runner.close(true, PATIENCE), "the supervisor does not end");
        }
        let left = tiphys_runner::process::found(&self.state);
        assert!(left.iter().all(|one| !one.is_alive), "{left:?}");
        assert!(!self.folder().join("scratch").exists());
        assert!(!self.folder().join("socket").exists());
        fs::remove_dir_all(&self.state).unwrap();
    }
}

/// Waits until `is_so`.
pub fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether a process lives (a zombie does not).
pub fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next()).is_some_and(|state| state != "Z")
}

/// The parent of a process.
pub fn parent(pid: u32) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}

//! Our side of the benches: generated manifests through the release binary.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use super::yardsticks::{finish, write};

/// How long a run in the background may take to reach a point.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where steps run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    None,
    Sandbox,
}

impl Isolation {
    fn name(self) -> &'static str {
        match self {
            Isolation::None => "none",
            Isolation::Sandbox => "sandbox",
        }
    }
}

/// The binary with a scratch folder for one benchmark.
pub struct Ours<'a> {
    pub binary: &'a Path,
    pub folder: &'a Path,
    /// The step that writes the time of its first instruction.
    pub stamp: &'a Path,
}

impl Ours<'_> {
    /// Steps per second of one workflow with `count` no-op steps, journal on disk, logs captured.
    pub fn step_rate(&self, count: usize, isolation: Isolation) -> Result<f64, String> {
        let manifest = write(self.folder, "no-ops.yaml", &no_ops(count))?;
        let seconds = finish(self.command("run", isolation).args(["-j", "2"]).arg(manifest))?.as_secs_f64();
        self.forget_state();
        Ok(count as f64 / seconds)
    }

    /// Seconds from the last instruction of a step to the first one of the next.
    pub fn gaps(&self, count: usize, isolation: Isolation) -> Result<Vec<f64>, String> {
        let stamps = self.stamps(isolation, count)?;
        Ok(stamps.windows(2).map(|pair| pair[1].first - pair[0].last).collect())
    }

    /// Seconds from the start of the binary to the first instruction of the first step.
    pub fn cold_starts(
        &self,
        count: usize,
        isolation: Isolation,
        fresh_state: bool,
    ) -> Result<Vec<f64>, String> {
        let mut figures = Vec::new();
        for _ in 0..count {
            if fresh_state {
                self.forget_state();
            }
            let started =
                SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
            let stamps = self.stamps(isolation, 1)?;
            figures.push(stamps.first().ok_or("the step left no stamp")?.first - started);
        }
        Ok(figures)
    }

    /// Seconds from the start of `continue` on a journal of `nodes` nodes to the next step's first
    /// instruction, and the size of that journal.
    pub fn reopen(&self, nodes: usize) -> Result<(f64, PathBuf), String> {
        self.forget_state();
        let file = self.stamp_file();
        fs::remove_file(&file).ok();
        let manifest = write(self.folder, "many.yaml", &self.many_then_wait(nodes))?;
        let mut child =
            self.background(self.command("run", Isolation::None).args(["--name", "many"]).arg(manifest))?;
        let waited = self.wait_for_suspension();
        child.kill().ok();
        child.wait().ok();
        waited?;
        finish(self.command("resume", Isolation::None).arg("many"))?;
        let started =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        finish(self.command("continue", Isolation::None).arg("many"))?;
        let stamps = read_stamps(&file)?;
        let stamp = stamps.first().ok_or("the step after the suspension left no stamp")?;
        Ok((stamp.first - started, self.state().join("tiphys.db")))
    }

    /// Stamps of `count` steps, one after the other.
    fn stamps(&self, isolation: Isolation, count: usize) -> Result<Vec<Stamp>, String> {
        let file = self.stamp_file();
        fs::remove_file(&file).ok();
        let seen = match isolation {
            Isolation::None => file.clone(),
            Isolation::Sandbox => PathBuf::from("/stamps/stamps"),
        };
        let manifest = write(self.folder, "stamps.yaml", &self.chain(count, &seen))?;
        let map = format!(
            "images:\n  - match: \"stamp\"\n    files: [{{ path: /stamp, from: {} }}]\n",
            self.stamp.display()
        );
        let map = write(self.folder, "images.yaml", &map)?;
        let mut command = self.command("run", isolation);
        if isolation == Isolation::Sandbox {
            let mut mount = OsString::from(self.stamp_folder());
            mount.push(":/stamps");
            command.arg("--image-map").arg(map).arg("--mount").arg(mount);
        }
        finish(command.arg(manifest))?;
        read_stamps(&file)
    }

    fn chain(&self, count: usize, file: &Path) -> String {
        let program = match file.starts_with(self.folder) {
            true => self.stamp.display().to_string(),
            false => "/stamp".to_owned(),
        };
        let mut text = String::from(HEAD);
        text.push_str("    - name: main\n      steps:\n");
        for number in 0..count {
            text.push_str(&format!("        - [{{name: s{number}, template: stamp}}]\n"));
        }
        text.push_str(&leaf("stamp", &[&program, &file.display().to_string()]));
        text
    }

    fn many_then_wait(&self, nodes: usize) -> String {
        let mut text = String::from(HEAD);
        text.push_str("    - name: main\n      steps:\n");
        text.push_str(&format!(
            "        - [{{name: many, template: stamp, when: \"{{{{item}}}} < 0\", withSequence: {{count: {nodes}}}}}]\n"
        ));
        text.push_str(
            "        - [{name: wait, template: wait}]\n        - [{name: last, template: stamp}]\n",
        );
        text.push_str("    - name: wait\n      suspend: {}\n");
        let stamp = self.stamp.display().to_string();
        text.push_str(&leaf("stamp", &[&stamp, &self.stamp_file().display().to_string()]));
        text
    }

    fn wait_for_suspension(&self) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(200));
            let output = self.command("get", Isolation::None).args(["many", "-o", "json"]).output();
            let output = output.map_err(|error| format!("cannot run the binary: {error}"))?;
            let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let mut nodes = object["status"]["nodes"].as_object().into_iter().flatten();
            if nodes.any(|(_, node)| node["type"] == "Suspend" && node["phase"] == "Running") {
                return Ok(());
            }
        }
        Err("the run never reached its suspension".to_owned())
    }

    fn command(&self, verb: &str, isolation: Isolation) -> Command {
        let mut command = Command::new(self.binary);
        command.arg(verb).env("TIPHYS_STATE_DIR", self.state()).current_dir(self.folder).stdin(Stdio::null());
        if verb == "run" {
            command.args(["-q", "--runner", "process", "--isolation", isolation.name()]);
        }
        command
    }

    fn background(&self, command: &mut Command) -> Result<Child, String> {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        child.map_err(|error| format!("cannot run the binary: {error}"))
    }

    fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    fn forget_state(&self) {
        fs::remove_dir_all(self.state()).ok();
    }

    fn stamp_folder(&self) -> PathBuf {
        let folder = self.folder.join("stamps");
        fs::create_dir_all(&folder).ok();
        folder
    }

    fn stamp_file(&self) -> PathBuf {
        self.stamp_folder().join("stamps")
    }
}

const HEAD: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: bench-}\nspec:\n  entrypoint: main\n  templates:\n";

fn no_ops(count: usize) -> String {
    format!(
        "{HEAD}    - name: main\n      steps:\n        - [{{name: s, template: leaf, withSequence: {{count: {count}}}}}]\n{}",
        leaf("leaf", &["/bin/true"])
    )
}

fn leaf(name: &str, command: &[&str]) -> String {
    let command = serde_json::to_string(command).expect("texts are JSON");
    format!("    - name: {name}\n      container: {{image: {name}, command: {command}}}\n")
}

/// What a step writes down, in seconds.
pub struct Stamp {
    /// Its first instruction.
    pub first: f64,
    /// Its last one but the writing itself.
    pub last: f64,
}

/// The stamps in the order of their times.
pub fn read_stamps(file: &Path) -> Result<Vec<Stamp>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("no stamps: {error}"))?;
    let mut stamps: Vec<(u128, u128)> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)))
        .collect();
    stamps.sort_unstable();
    // Nanoseconds since 1970 do not fit a float; differences within a bench do.
    let seconds = |nanos: u128| (nanos / 1_000) as f64 / 1e6;
    Ok(stamps.into_iter().map(|(first, last)| Stamp { first: seconds(first), last: seconds(last) }).collect())
}

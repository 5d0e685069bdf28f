//! Exchanges with Argo's server, replayed by the server's own test, which builds the recorded world.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use serde_json::Value;

use super::options::Options;
use super::{Area, Bench, Case, Verdict, measured};
use crate::workspace::{self, Workspace};

/// Tells the server's test where to write its verdicts.
pub const VERDICTS: &str = "TIPHYS_VERDICTS";

/// What the server's test said of each exchange.
struct Heard {
    /// Which program said it.
    program: PathBuf,
    /// Name, verdict, reason.
    verdicts: Vec<(String, String, String)>,
}

impl Heard {
    fn read(file: &Path) -> Result<Heard, String> {
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = fs::read_to_string(file).map_err(|error| told(&error))?;
        let mut said: Value = serde_json::from_str(&text).map_err(|error| told(&error))?;
        let program = said["program"].as_str().unwrap_or_default().into();
        let verdicts = serde_json::from_value(said["verdicts"].take()).map_err(|error| told(&error))?;
        Ok(Heard { program, verdicts })
    }
}

/// Where `cargo xtask test` has the verdicts written, so that what it replayed need not be replayed again.
pub fn kept(workspace: &Workspace) -> PathBuf {
    workspace.target_dir().join("recorded.json")
}

pub fn run(workspace: &Workspace, bench: &Bench, options: &Options) -> Vec<Area> {
    if !options.has("rest") {
        return Vec::new();
    }
    vec![measured("rest", || {
        let kept = options.dev.then(|| still_true(&kept(workspace), &bench.corpus)).flatten();
        let heard = kept.map_or_else(|| replay(workspace, bench), Ok)?;
        Ok(cases(bench, heard))
    })]
}

/// What was written by the program as it is built now, about the recordings as they are now.
fn still_true(file: &Path, corpus: &Path) -> Option<Heard> {
    let heard = Heard::read(file).ok()?;
    let said = fs::metadata(file).ok()?.modified().ok()?;
    let changed = changed(&heard.program).ok()?.max(changed(&corpus.join("rest")).ok()?);
    (changed <= said).then_some(heard)
}

/// When a file or anything in a folder changed last.
fn changed(path: &Path) -> io::Result<SystemTime> {
    let metadata = fs::metadata(path)?;
    let mut last = metadata.modified()?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            last = last.max(changed(&entry?.path())?);
        }
    }
    Ok(last)
}

fn replay(workspace: &Workspace, bench: &Bench) -> Result<Heard, String> {
    let file = bench.scratch.join("rest.json");
    let output = workspace::cargo()
        .args(["test", "--quiet", "--locked", "--workspace", "--test", "recorded", "--", "replay"])
        .env(VERDICTS, &file)
        .current_dir(&workspace.root)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() && !file.exists() {
        return Err(format!("the replay failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Heard::read(&file)
}

fn cases(bench: &Bench, heard: Heard) -> Vec<Case> {
    let wanted = heard.verdicts.into_iter().filter(|(id, ..)| bench.wants(id));
    let judged = wanted.map(|(id, verdict, why)| {
        let verdict = match verdict.as_str() {
            "agrees" => Verdict::Agrees,
            "deviates" => Verdict::Deviates(why),
            "skipped" => Verdict::Skipped(why),
            _ => Verdict::Differs(why),
        };
        Case { id, verdict }
    });
    judged.collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::json;

    use super::still_true;

    #[test]
    fn verdicts_count_until_the_program_or_the_recordings_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("rest/world")).unwrap();
        let touched = |name: &str, second: u64| {
            let file = File::options().append(true).create(true).open(path(name)).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(second)).unwrap();
        };
        let holds = || still_true(&path("kept.json"), folder.path()).is_some();
        let compared = ["rest/records.json", "rest/world/one.yaml", "program"];
        for name in compared {
            touched(name, 1);
        }
        for folder in ["rest/world", "rest"] {
            File::open(path(folder)).unwrap().set_modified(UNIX_EPOCH).unwrap();
        }
        assert!(!holds(), "there is nothing yet");
        let kept = json!({ "program": path("program"), "verdicts": [["a", "agrees", ""]] });
        fs::write(path("kept.json"), kept.to_string()).unwrap();
        touched("kept.json", 2);
        assert!(holds());
        for name in compared {
            touched(name, 3);
            assert!(!holds(), "{name} changed");
            touched(name, 1);
        }
        fs::remove_file(path("program")).unwrap();
        assert!(!holds(), "nobody knows what said it");
    }
}

//! The web pages: installing what they need, building them, and their own tests.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::workspace::Workspace;

/// Where the pages are built.
fn folder(root: &Path) -> PathBuf {
    root.join("ui")
}

/// Installs what the pages need from their lockfile, when that changed.
pub fn install(root: &Path) -> Result<(), String> {
    let folder = folder(root);
    if newest(&folder.join("package-lock.json")) > newest(&folder.join("node_modules/.package-lock.json")) {
        npm(&folder, &["ci", "--silent"])?;
    }
    Ok(())
}

/// Builds the pages.
///
/// The server embeds them when it is compiled, so this comes before. They are built aside, and files that came out as
/// they were stay untouched: cargo looks at their times, and would compile the server and all that is above it anew.
pub fn build(workspace: &Workspace) -> Result<(), String> {
    let aside = workspace.target_dir().join("pages");
    let shown = aside.to_str().ok_or_else(|| format!("{} is not UTF-8", aside.display()))?;
    let options = ["--logLevel", "warn", "--emptyOutDir", "--outDir", shown];
    npm(&folder(&workspace.root), &[&["run", "build", "--silent", "--"], &options[..]].concat())?;
    let built = folder(&workspace.root).join("dist/pages");
    mirror(&aside, &built).map_err(|error| format!("{}: {error}", built.display()))
}

/// Makes `to` hold what `from` holds, and writes only what differs.
fn mirror(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if !from.join(entry.file_name()).exists() {
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false => fs::remove_file(entry.path())?,
            }
        }
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            mirror(&entry.path(), &target)?;
        } else {
            let bytes = fs::read(entry.path())?;
            if !fs::read(&target).is_ok_and(|held| held == bytes) {
                fs::write(&target, bytes)?;
            }
        }
    }
    Ok(())
}

/// The suites of the pages: what they are called and how npm runs them.
const SUITES: [(&str, &[&str]); 3] = [
    ("units of the pages", &["test", "--silent", "--", "--reporter=dot"]),
    ("journeys over generated answers", &["run", "journeys", "--silent"]),
    ("journeys over the real server", &["run", "journeys:real", "--silent"]),
];

/// What came of a suite.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
}

/// Runs every suite of the pages against `binary`, and tells in `said` what is not plainly well.
pub fn test(root: &Path, binary: &Path, said: &mut String) -> Result<Tally, String> {
    let mut total = Tally::default();
    // What fills a folder with a hundred thousand runs is built with the tests of the store.
    let many = binary.with_file_name("examples").join("many_runs");
    for (name, arguments) in SUITES {
        *said += &format!("{name}\n");
        let mut npm = Command::new("npm");
        if many.exists() {
            npm.env("MANY_RUNS", &many);
        }
        let mut child = npm
            .args(arguments)
            .current_dir(folder(root))
            .env("TIPHYS", binary)
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run npm: {error}"))?;
        let mut tally = Tally::default();
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(told) = told(&line) {
                    tally = told;
                }
                if !line.starts_with("ok ") && !line.trim().is_empty() {
                    *said += &format!("  {line}\n");
                }
            }
        }
        let status = child.wait().map_err(|error| format!("cannot wait for npm: {error}"))?;
        // A suite that broke before it could count is one failure.
        if !status.success() && tally.failed == 0 {
            tally.failed = 1;
        }
        total.passed += tally.passed;
        total.failed += tally.failed;
    }
    Ok(total)
}

/// Reads `Tests  1 failed | 74 passed (75)` and `60 passed, 1 failed`.
fn told(line: &str) -> Option<Tally> {
    let words: Vec<&str> = line.split([' ', ',', '|']).filter(|word| !word.is_empty()).collect();
    let rest = match words.first() {
        Some(&"Tests") => &words[1..],
        Some(first) if first.parse::<usize>().is_ok() => &words[..],
        _ => return None,
    };
    let number = |what: &str| {
        let at = rest.iter().position(|word| *word == what)?;
        rest.get(at.checked_sub(1)?)?.parse::<usize>().ok()
    };
    let passed = number("passed")?;
    Some(Tally { passed, failed: number("failed").unwrap_or(0) })
}

fn newest(file: &Path) -> SystemTime {
    std::fs::metadata(file).and_then(|metadata| metadata.modified()).unwrap_or(UNIX_EPOCH)
}

fn npm(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let status = Command::new("npm")
        .args(arguments)
        .current_dir(folder)
        .status()
        .map_err(|error| format!("the pages need Node.js 20.19 or later with npm: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("`npm {}` failed in {}", arguments.join(" "), folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::UNIX_EPOCH;

    use super::{Tally, mirror, told};

    #[test]
    fn what_was_built_as_it_was_stays_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("assets")).unwrap();
        fs::create_dir_all(to.join("gone")).unwrap();
        for (name, text) in
            [("from/index.html", "a"), ("from/assets/new.js", "b"), ("from/assets/other.js", "c")]
        {
            fs::write(folder.path().join(name), text).unwrap();
        }
        for (name, text) in [("to/index.html", "a"), ("to/old.js", "b"), ("to/gone/x", "d")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let kept = fs::File::options().write(true).open(to.join("index.html")).unwrap();
        kept.set_modified(UNIX_EPOCH).unwrap();
        mirror(&from, &to).unwrap();
        let modified = |name| fs::metadata(to.join(name)).unwrap().modified().unwrap();
        assert_eq!(modified("index.html"), UNIX_EPOCH);
        assert_eq!(fs::read_to_string(to.join("assets/new.js")).unwrap(), "b");
        assert!(!to.join("old.js").exists() && !to.join("gone").exists());
        fs::write(from.join("index.html"), "e").unwrap();
        mirror(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("index.html")).unwrap(), "e");
    }

    #[test]
    fn what_suites_say_at_their_end_is_counted() {
        let wanted = Some(Tally { passed: 74, failed: 1 });
        assert_eq!(told("      Tests  1 failed | 74 passed (75)"), wanted);
        assert_eq!(told("74 passed, 1 failed"), wanted);
        assert_eq!(told("Test Files  11 passed (11)"), None);
        assert_eq!(told("WRONG home is accessible"), None);
    }
}

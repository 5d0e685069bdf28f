//! `cargo xtask test`: every test of the project in one command.
//!
//! Fetches what the tests need from Debian packages where it may, runs `cargo test` over the whole
//! workspace, the suites of the web pages beside it, and says at the end how many passed, failed and were
//! skipped. A test that cannot do its work here prints a line `skipped: <why>`; nothing is skipped in silence.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::conformance::rest;
use crate::pages;
use crate::workspace::{self, Profile, Workspace};

/// Programs that tests use, with the Debian package that brings each.
const PROGRAMS: &[(&str, &str)] = &[
    ("bwrap", "bubblewrap"),
    ("busybox", "busybox-static"),
    ("chromium", "chromium"),
    ("curl", "curl"),
    ("git", "git"),
    ("jq", "jq"),
    ("make", "make"),
    ("ninja", "ninja-build"),
    ("npm", "npm"),
    ("python3", "python3"),
    ("setpriv", "util-linux"),
    ("sqlite3", "sqlite3"),
];

/// What a test prints, at the beginning of a line, when it cannot do its work on this machine.
const SKIPPED: &str = "skipped:";

/// The variable that names a Python with what others wrote and tests try: Hera, httpx, and a mail server.
const PYTHON: &str = "TIPHYS_TEST_PYTHON";
const PYTHON_PACKAGES: [&str; 3] = ["hera==7.1.0", "httpx==0.28.1", "aiosmtpd==1.4.6"];

/// Passed, failed and skipped tests.
#[derive(Debug, Default, PartialEq, Eq)]
struct Total {
    passed: usize,
    failed: usize,
    ignored: usize,
    /// How often each reason was given.
    skipped: BTreeMap<String, usize>,
}

/// Runs all tests; further options go to `cargo test`.
pub fn run(workspace: &Workspace, options: &[String]) -> Result<bool, String> {
    for reason in fetch() {
        println!("note: {reason}");
    }
    // The pages come first, so that the binary under test has them.
    let pages = installed_pages(workspace, options);
    // What was replayed before counts no more.
    std::fs::remove_file(rest::kept(workspace)).ok();
    let mut cargo = workspace::cargo();
    cargo
        .args(["test", "--workspace", "--locked", "--no-fail-fast"])
        .args(options)
        .args(["--", "--show-output"])
        .env(rest::VERDICTS, rest::kept(workspace))
        .current_dir(&workspace.root)
        .stdout(Stdio::piped());
    match python(&workspace.target_dir()) {
        Ok(python) => drop(cargo.env(PYTHON, python)),
        Err(reason) => {
            println!("note: Hera, httpx and a mail server are not installed: {reason}; their tests skip")
        }
    }
    let total = match pages {
        Ok(()) => {
            pages::build(workspace)?;
            beside_pages(workspace, &mut cargo)?
        }
        Err(reason) => {
            let mut total = heard(&mut cargo)?;
            *total.skipped.entry(format!("the web pages: {reason}")).or_default() += 1;
            total
        }
    };
    for (reason, count) in &total.skipped {
        println!("skipped {count} x {reason}");
    }
    let skipped = total.ignored + total.skipped.values().sum::<usize>();
    println!("{} passed, {} failed, {skipped} skipped", total.passed, total.failed);
    Ok(total.failed == 0 && total.passed > 0)
}

/// Runs the tests of the crates with the suites of the pages beside them: the ones wait for processes and the disk much of
/// the time, the others keep the processors busy. What the pages said is shown at the end, in one piece.
fn beside_pages(workspace: &Workspace, cargo: &mut Command) -> Result<Total, String> {
    let binary = workspace.binary(Profile::Tested)?;
    let mut said = String::new();
    let (total, tally) = std::thread::scope(|scope| {
        let pages = scope.spawn(|| pages::test(&workspace.root, &binary, &mut said));
        (heard(cargo), pages.join())
    });
    print!("{said}");
    let tally = tally.map_err(|_| "running the suites of the pages panicked".to_owned())??;
    let mut total = total?;
    total.passed += tally.passed;
    total.failed += tally.failed;
    Ok(total)
}

/// Runs `cargo test` and listens to it.
fn heard(cargo: &mut Command) -> Result<Total, String> {
    let mut child = cargo.spawn().map_err(|error| format!("cannot run cargo: {error}"))?;
    let mut listener = Listener::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.map_err(|error| format!("cannot read cargo's output: {error}"))?;
            if let Some(line) = listener.hear(&String::from_utf8_lossy(&line)) {
                println!("{line}");
            }
        }
    }
    let status = child.wait().map_err(|error| format!("cannot wait for cargo: {error}"))?;
    let mut total = listener.total;
    if !status.success() && total.failed == 0 {
        // A test program with a `main` of its own, or one that did not compile, has no line that counts it.
        println!("a test program failed, as said above");
        total.failed = 1;
    }
    Ok(total)
}

/// Installs what the pages and their tests need, or says why they are skipped.
fn installed_pages(workspace: &Workspace, options: &[String]) -> Result<(), String> {
    if !options.is_empty() {
        return Err("only a part of the tests was asked for".to_owned());
    }
    if let Some(program) = ["npm", "chromium"].into_iter().find(|program| !is_present(program)) {
        return Err(format!("`{program}` is missing"));
    }
    pages::install(&workspace.root)
}

/// Installs missing programs where this user may; what stays missing is said.
fn fetch() -> Vec<String> {
    let missing: Vec<&(&str, &str)> = PROGRAMS.iter().filter(|(program, _)| !is_present(program)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    if let Some(mut install) = installer() {
        println!("fetching {}", packages.join(" "));
        install.args(&packages).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        install.status().ok();
    }
    let absent = missing.iter().filter(|(program, _)| !is_present(program));
    absent
        .map(|(program, package)| {
            format!("`{program}` is missing (Debian package {package}); its tests skip")
        })
        .collect()
}

/// A Python that has these packages: the one that is named, or a virtual environment of our own.
fn python(target: &Path) -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os(PYTHON) {
        return Ok(named.into());
    }
    let folder = target.join("python");
    let python = folder.join("bin/python3");
    let quiet = |command: &mut Command| {
        let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.success() {
            true => Ok(()),
            false => Err(said.lines().last().unwrap_or("no reason given").to_owned()),
        }
    };
    let has_it = || Command::new(&python).args(["-c", "import aiosmtpd, httpx, hera.workflows"]).output();
    if !has_it().is_ok_and(|output| output.status.success()) {
        quiet(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        quiet(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PYTHON_PACKAGES))?;
    }
    Ok(python)
}

/// `apt-get install`, if this machine has it and this user may use it.
fn installer() -> Option<Command> {
    if !is_present("apt-get") {
        return None;
    }
    let is_root = rustix::process::geteuid().is_root();
    let quiet = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let as_root = |program: &str| {
        let mut command = Command::new(if is_root { program } else { "sudo" });
        if !is_root {
            command.args(["-n", program]);
        }
        command
    };
    if !is_root && !quiet(Command::new("sudo").args(["-n", "true"])) {
        return None;
    }
    quiet(as_root("apt-get").arg("update"));
    let mut install = as_root("apt-get");
    install.args(["install", "--yes", "--no-install-recommends"]);
    Some(install)
}

fn is_present(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(std::path::PathBuf::from);
    std::env::split_paths(&path).chain(system).any(|folder| folder.join(program).is_file())
}

/// Follows the output of the test harness and keeps only what a reader needs.
#[derive(Default)]
struct Listener {
    total: Total,
    /// Inside the output of tests that passed.
    among_successes: bool,
}

impl Listener {
    /// Takes one line; returns it if it is worth showing.
    fn hear<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        if let Some(reason) = line.trim().strip_prefix(SKIPPED) {
            *self.total.skipped.entry(reason.trim().to_owned()).or_default() += 1;
            return None;
        }
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.among_successes = false;
            self.total.passed += count(counts, "passed");
            self.total.failed += count(counts, "failed");
            self.total.ignored += count(counts, "ignored");
            return Some(line);
        }
        match line {
            "successes:" => self.among_successes = true,
            "failures:" => self.among_successes = false,
            _ => {}
        }
        let is_dull = self.among_successes
            || line.is_empty()
            || line.starts_with("running ")
            || line.starts_with("test ") && line.ends_with(" ok");
        (!is_dull).then_some(line)
    }
}

/// The number before `what` in `ok. 16 passed; 0 failed; …`.
fn count(counts: &str, what: &str) -> usize {
    let words: Vec<&str> = counts.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|word| *word == what).unwrap_or(0);
    at.checked_sub(1).and_then(|at| words[at].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Listener, count};

    #[test]
    fn the_harness_is_counted_and_the_dull_part_left_out() {
        let output = "\nrunning 3 tests\ntest a ... ok\ntest b ... FAILED\n\nsuccesses:\n\n---- a stdout ----\n\
            skipped: no corpus\nnoise\n\nsuccesses:\n    a\n\nfailures:\n\n---- b stdout ----\nboom\n\n\
            test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        let mut listener = Listener::default();
        let shown: Vec<&str> = output.lines().filter_map(|line| listener.hear(line)).collect();
        assert_eq!(shown[..4], ["test b ... FAILED", "failures:", "---- b stdout ----", "boom"]);
        let total = listener.total;
        assert_eq!((total.passed, total.failed, total.ignored), (1, 1, 1));
        assert_eq!(total.skipped.into_iter().collect::<Vec<_>>(), [("no corpus".to_owned(), 1)]);
    }

    #[test]
    fn a_missing_number_is_zero() {
        assert_eq!(count("ok. 16 passed; 0 failed", "passed"), 16);
        assert_eq!(count("ok.", "passed"), 0);
        assert_eq!(count("passed", "passed"), 0);
    }
}

//! What the guide for programs says is done word for word, by real clients (API-001): curl, and httpx from PyPI.

use crate::bench::Bench;
use crate::remote::Served;
use std::path::Path;
use std::process::{Command, Stdio};

/// The Python that has what is tried; the name that other tests use, too.
const PYTHON: &str = "TIPHYS_TEST_PYTHON";

/// Stands in the guide for what differs each time.
const ANYTHING: char = '…';

/// The text of all blocks of a kind, each with the line that it begins at.
fn blocks(guide: &str, kind: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut inside: Option<(usize, String)> = None;
    for (number, line) in guide.lines().enumerate() {
        match &mut inside {
            None if line == format!("```{kind}") => inside = Some((number + 2, String::new())),
            Some((_, text)) if line != "```" => *text += &format!("{line}\n"),
            Some(_) => blocks.extend(inside.take()),
            None => {}
        }
    }
    blocks
}

/// Commands with what they are to print, in order: a command goes on in lines that are no answer yet, as a shell sees it.
fn commands(block: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut document: Option<String> = None;
    let mut is_open = false;
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ").filter(|_| document.is_none()) {
            found.push((format!("{command}\n"), String::new()));
            document = command.split_once("<<'").map(|(_, rest)| rest.trim_end_matches('\'').to_owned());
            is_open = command.ends_with('\\');
            continue;
        }
        let (command, answer) = found.last_mut().expect("a block begins with a command");
        if is_open || document.is_some() {
            *command += &format!("{line}\n");
            is_open = line.ends_with('\\');
            document = document.filter(|end| end != line);
        } else {
            *answer += &format!("{line}\n");
        }
    }
    found
}

fn is_as_told(told: &str, seen: &str) -> bool {
    let mut parts = told.split(ANYTHING);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = seen.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

#[test]
fn the_guide_for_programs_says_what_happens() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to/call-the-server.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    if let Some(absent) = ["bash", "curl", "jq"].into_iter().find(|program| !is_there(program)) {
        println!("skipped: the guide for programs is not tried: there is no `{absent}`");
        return;
    }
    let served = Served::over(Bench::new(), "", &[]);
    let url = format!("http://{}", served.address);
    let mut script = String::new();
    let mut wanted = Vec::new();
    for (line, block) in blocks(&guide, "console") {
        for (command, answer) in commands(&block) {
            script += &command.replace("http://127.0.0.1:2746", &url);
            script += "printf '\\036'\n";
            wanted.push((line, command, answer));
        }
    }
    let folder = Path::new(env!("CARGO_BIN_EXE_tiphys")).parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let told = Command::new("bash")
        .args(["-c", &script])
        .current_dir(served.bench.folder())
        .env("TIPHYS_STATE_DIR", served.bench.state())
        .env("PATH", path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&told.stdout).into_owned();
    let errors = String::from_utf8_lossy(&told.stderr).into_owned();
    let seen: Vec<&str> = said.split('\x1e').collect();
    assert_eq!(seen.len(), wanted.len() + 1, "{said}{errors}");
    for ((line, command, answer), seen) in wanted.iter().zip(seen) {
        let seen =
            if seen.is_empty() || seen.ends_with('\n') { seen.to_owned() } else { format!("{seen}\n") };
        assert!(
            is_as_told(answer, &seen),
            "block at line {line}: {command}told: {answer}seen: {seen}{errors}"
        );
    }
    python(&guide, &served, &url);
}

/// The program, and what it prints.
fn python(guide: &str, served: &Served, url: &str) {
    let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
    let known = Command::new(&python).args(["-c", "import httpx"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        println!(
            "skipped: the guide's program is not tried: `{python}` has no module `httpx` ({PYTHON} names another)"
        );
        return;
    }
    let token = served.bench.call(&["token", "create", "python", "--role", "operator"]).exits(0).out;
    let (program, told) = (blocks(guide, "python"), blocks(guide, "text"));
    let seen = Command::new(python)
        .args(["-c", &program[0].1])
        .env("URL", url)
        .env("TOKEN", token.trim())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&seen.stdout), told[0].1, "{}", String::from_utf8_lossy(&seen.stderr));
}

//! Repositories of git, cloned by the program of that name (PA-147, PA-165).

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::address::quote;
use crate::archive::{self, Mode};
use crate::error::ArtifactError;
use crate::limits::{ANSWER_TIME_MAX, COMPLAINT_BYTES_MAX, CONNECT_TIME_MAX};
use crate::patience::{Refusal, patiently};
use crate::place::Aside;
use crate::told;
use crate::web::without_login;

/// What is to be cloned, and how one shows who one is.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Git {
    /// Where the repository is: a URL, or `user@host:path`.
    pub repo: String,
    /// A branch, a tag, a commit, or an expression for one; empty for what the repository shows by itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// How many commits of each branch; `None` for all.
    pub depth: Option<u64>,
    /// References to fetch before the revision is looked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fetch: Vec<String>,
    /// Only this branch, which must be named.
    pub single_branch: Option<String>,
    /// Whether the repositories within it are left out.
    pub without_submodules: bool,
    /// Whether any certificate will do.
    pub insecure_tls: bool,
    /// Whether any host may answer under the name.
    pub insecure_host_key: bool,
    /// A name and a password.
    pub login: Option<(String, String)>,
    /// A private key for ssh.
    pub ssh_key: Option<String>,
}

/// What git is told besides: who we are when a server asks, and to leave the user's own settings alone.
const SETTINGS: &[&str] = &[
    "credential.helper=",
    "credential.helper=!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \"$TIPHYS_USER\" \"$TIPHYS_PASSWORD\"; }; f",
    "core.hooksPath=/dev/null",
    "init.defaultBranch=master",
    "advice.detachedHead=false",
    "gc.auto=0",
];

/// What of our environment git needs: how programs are found, and how the net is reached.
const ENVIRONMENT: &[&str] = &[
    "PATH",
    "TMPDIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
];

/// What git says of servers that are busy, or that cannot be reached at the moment.
const PASSING: &[&str] = &[
    "Failed to connect",
    "Connection refused",
    "Connection reset",
    "Connection timed out",
    "early EOF",
    "returned error: 429",
    "returned error: 502",
    "returned error: 503",
    "returned error: 504",
];

/// Between the lines of what git said.
const BETWEEN_LINES: &str = "; ";

/// Without what nobody may read.
impl fmt::Debug for Git {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repo = without_login(&self.repo);
        out.debug_struct("Git").field("repo", &repo).field("revision", &self.revision).finish_non_exhaustive()
    }
}

impl Git {
    /// Clones to `dest`, with the folder `.git`. An empty repository becomes an empty one (PA-165).
    pub fn load(&self, dest: &Path, mode: Option<Mode>) -> Result<(), ArtifactError> {
        for text in self.fetch.iter().chain([&self.repo, &self.revision]).chain(&self.single_branch) {
            if text.starts_with('-') || text.contains('\0') {
                return Err(ArtifactError::Unsupported(format!(
                    "`{text}` is neither a repository nor a reference"
                )));
            }
        }
        if self.single_branch.as_deref() == Some("") {
            return Err(ArtifactError::Unsupported("single branch mode without a branch specified".into()));
        }
        let aside = Aside::of(dest)?;
        let key = self.ssh_key.as_ref().map(|key| write_key(dest, key)).transpose()?;
        let tree = aside.path();
        let work = Work { git: self, tree, key: key.as_ref().map(Aside::path) };
        work.clone_repository()?;
        let depth = self.depth();
        for reference in &self.fetch {
            if let Some(said) = work.attempt(work.fetch(depth.as_deref(), reference))? {
                let (wanted, why) = (self.fetch.join(" "), work.why(&said));
                return Err(ArtifactError::Remote(format!("failed to fetch [{wanted}]: {why}")));
            }
        }
        if work.check_out()? && !self.without_submodules {
            work.run(work.inside(&["submodule", "--quiet", "update", "--init", "--recursive"]))?;
        }
        if let Some(mode) = mode {
            archive::apply_mode(tree, mode)?;
        }
        aside.put(dest)
    }

    fn depth(&self) -> Option<String> {
        self.depth.filter(|depth| *depth > 0).map(|depth| format!("--depth={depth}"))
    }

    /// How ssh is called: it never asks anybody anything.
    fn ssh(&self, key: Option<&Path>) -> String {
        let seconds = CONNECT_TIME_MAX.as_secs();
        let mut ssh = format!(
            "ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout={seconds} -o ServerAliveInterval={seconds}"
        );
        if self.insecure_host_key {
            ssh.push_str(" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR");
        }
        if let Some(key) = key {
            // Quoted for the shell that git hands this to.
            let path = key.display().to_string().replace('\'', r"'\''");
            ssh.push_str(&format!(" -o IdentitiesOnly=yes -i '{path}'"));
        }
        if !names_user(&self.repo) {
            ssh.push_str(" -l git");
        }
        ssh
    }
}

/// Whether the address of a repository says as whom it is to be used.
fn names_user(repo: &str) -> bool {
    let rest = repo.split_once("://").map_or(repo, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().contains('@')
}

/// The private key in a file of our own, for as long as git needs it.
fn write_key(dest: &Path, key: &str) -> Result<Aside, ArtifactError> {
    use std::io::Write;
    let aside = Aside::of(dest)?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(aside.path())
        .map_err(ArtifactError::io(aside.path()))?;
    // Without the newline at its end, which secrets often lack, ssh does not know the format.
    let written = file.write_all(key.trim_end().as_bytes()).and_then(|()| file.write_all(b"\n"));
    written.map_err(ArtifactError::io(aside.path()))?;
    Ok(aside)
}

/// One clone as it is made.
struct Work<'a> {
    git: &'a Git,
    tree: &'a Path,
    key: Option<&'a Path>,
}

impl Work<'_> {
    fn clone_repository(&self) -> Result<(), ArtifactError> {
        patiently(|| {
            let mut command = self.command();
            command.args(["clone", "--quiet", "--no-checkout"]).args(self.git.depth());
            match &self.git.single_branch {
                Some(branch) => command.args(["--single-branch", "--branch", branch]),
                None => command.arg("--no-single-branch"),
            };
            command.arg("--").arg(&self.git.repo).arg(self.tree);
            let refusal = |said: String| Refusal {
                passes: PASSING.iter().any(|words| said.contains(words)),
                error: ArtifactError::Remote(format!(
                    "failed to clone {}: {}",
                    quote(&without_login(&self.git.repo)),
                    self.why(&said)
                )),
            };
            self.attempt(command).map_err(Refusal::of)?.map_or(Ok(()), |said| Err(refusal(said)))
        })
    }

    /// Puts the files of the wanted revision into the folder; whether there are any.
    fn check_out(&self) -> Result<bool, ArtifactError> {
        let revision = &self.git.revision;
        if revision.is_empty() {
            let exists = self.commit_of("HEAD")?.is_some();
            if exists {
                self.run(self.inside(&["checkout", "--quiet", "--force", "HEAD"]))?;
            }
            return Ok(exists);
        }
        let name = revision.strip_prefix("refs/heads/").unwrap_or(revision);
        let way = match self.known(name)? {
            Some(way) => way,
            // Cut off by the depth, or on no branch: the server may give it by itself.
            None => match self.attempt(self.fetch(self.git.depth().as_deref(), revision))? {
                None => self.commit_of("FETCH_HEAD")?.map(detached),
                Some(_) => None,
            }
            .ok_or_else(|| {
                let depth =
                    self.git.depth.map(|depth| format!(" in its last {depth} commits")).unwrap_or_default();
                ArtifactError::Remote(format!("fatal: invalid reference: {name}{depth}"))
            })?,
        };
        let mut command = self.inside(&["checkout", "--quiet", "--force"]);
        command.args(way);
        self.run(command)?;
        Ok(true)
    }

    /// How one gets to a branch, a tag or a commit that was cloned. As when one types `git checkout`, a branch is stood
    /// upon, and one of the server gets one of ours that follows it; tags and commits are on no branch (PA-165).
    fn known(&self, name: &str) -> Result<Option<Vec<String>>, ArtifactError> {
        if self.commit_of(&format!("refs/heads/{name}"))?.is_some() {
            return Ok(Some(vec![name.to_owned(), "--".to_owned()]));
        }
        if let Some(commit) = self.commit_of(name)? {
            return Ok(Some(detached(commit)));
        }
        let theirs = self.commit_of(&format!("refs/remotes/origin/{name}"))?;
        Ok(theirs.map(|_| {
            ["--track", "-b", name, &format!("origin/{name}")].into_iter().map(str::to_owned).collect()
        }))
    }

    fn commit_of(&self, revision: &str) -> Result<Option<String>, ArtifactError> {
        let wanted = format!("{revision}^{{commit}}");
        let mut command = self.inside(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
        let output = command.output().map_err(cannot_run)?;
        let commit = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok((output.status.success() && !commit.is_empty()).then_some(commit))
    }

    fn fetch(&self, depth: Option<&str>, reference: &str) -> Command {
        let mut command = self.inside(&["fetch", "--quiet"]);
        command.args(depth).args(["--", "origin", reference]);
        command
    }

    fn inside(&self, arguments: &[&str]) -> Command {
        let mut command = self.command();
        command.arg("-C").arg(self.tree).args(arguments);
        command
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.env_clear();
        command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        let (user, password) = self.git.login.as_ref().map_or(("", ""), |(user, password)| (user, password));
        command
            .env("HOME", "/nonexistent")
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_SSH_COMMAND", self.git.ssh(self.key))
            .env("TIPHYS_USER", user)
            .env("TIPHYS_PASSWORD", password);
        for setting in SETTINGS.iter().skip(if self.git.login.is_some() { 0 } else { 2 }) {
            command.args(["-c", setting]);
        }
        // A server that says nothing more is given up.
        let seconds = ANSWER_TIME_MAX.as_secs();
        command.args(["-c", "http.lowSpeedLimit=1", "-c", &format!("http.lowSpeedTime={seconds}")]);
        if self.git.insecure_tls {
            command.args(["-c", "http.sslVerify=false"]);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Lets git do something in the clone; the first line of what it says against it is told (PA-165).
    fn run(&self, command: Command) -> Result<(), ArtifactError> {
        let first = |said: String| said.split(BETWEEN_LINES).next().unwrap_or_default().to_owned();
        self.attempt(command)?.map_or(Ok(()), |said| Err(ArtifactError::Remote(first(said))))
    }

    /// Lets git do something; none if it did, else what it said, without what nobody may read.
    fn attempt(&self, mut command: Command) -> Result<Option<String>, ArtifactError> {
        let output = command.output().map_err(cannot_run)?;
        if output.status.success() {
            return Ok(None);
        }
        let repo = without_login(&self.git.repo);
        let said = String::from_utf8_lossy(&output.stderr).trim().replace(&self.git.repo, &repo);
        let said = match &self.git.login {
            Some((_, password)) if !password.is_empty() => said.replace(password.as_str(), "***"),
            _ => said,
        };
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Ok(Some(lines.join(BETWEEN_LINES).chars().take(COMPLAINT_BYTES_MAX).collect()))
    }

    /// What git said of a server, as Argo's own client says it (PA-165).
    fn why(&self, said: &str) -> String {
        let repo = without_login(&self.git.repo);
        let asked = |why: String| format!("Get \"{repo}/info/refs?service=git-upload-pack\": {why}");
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let has = |words: &str| said.contains(words);
        if has("Could not resolve host") {
            asked(told::unknown(&repo, said))
        } else if has("Failed to connect") && (has("Couldn't connect") || has("Connection refused")) {
            asked(told::io_words(&refused, &repo))
        } else if has("Authentication failed") || has("could not read Username") {
            format!("authentication required: {said}")
        } else if has("returned error: 403") {
            format!("authorization failed: {said}")
        } else if has("Remote branch ") && has(" not found in upstream") {
            let branch = self.git.single_branch.as_deref().unwrap_or_default();
            format!("couldn't find remote ref \"refs/heads/{branch}\"")
        } else if has("fatal: repository '") && (has("' not found") || has("' does not exist")) {
            "repository not found".to_owned()
        } else {
            said.to_owned()
        }
    }
}

/// The way to a commit, which is on no branch.
fn detached(commit: String) -> Vec<String> {
    vec!["--detach".to_owned(), commit]
}

fn cannot_run(error: io::Error) -> ArtifactError {
    match error.kind() {
        io::ErrorKind::NotFound => ArtifactError::Remote(
            "a git artifact needs the program `git`, which is not on this machine: install it, or give the files \
             with `--artifact NAME=PATH`"
                .into(),
        ),
        _ => ArtifactError::Remote(format!("cannot run `git`: {error}")),
    }
}

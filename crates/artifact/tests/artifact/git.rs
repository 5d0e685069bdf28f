//! Repositories of git, cloned from folders and from a real server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tiphys_artifact::{Git, Mode};

use crate::server::{Answer, Server, git_backend};

/// A folder with repositories: `code.git` with branches, tags and a submodule, and `empty.git`.
struct Forge {
    dir: tempfile::TempDir,
}

impl Forge {
    fn new() -> Forge {
        let forge = Forge { dir: tempfile::tempdir().unwrap() };
        let work = forge.path("work");
        forge.git(&["init", "--quiet", "--bare", "lib.git"]);
        forge.git(&["init", "--quiet", "--bare", "empty.git"]);
        forge.git(&["init", "--quiet", "--bare", "code.git"]);
        forge.git(&["init", "--quiet", "work"]);
        forge.commit("first", "one");
        forge.within(&["push", "--quiet", "../lib.git", "main"]);
        forge.within(&["tag", "v1"]);
        forge.commit("second", "two");
        forge.within(&["checkout", "--quiet", "-b", "side"]);
        forge.commit("third", "side");
        forge.within(&["checkout", "--quiet", "main"]);
        forge.within(&["push", "--quiet", "../code.git", "main", "side", "v1"]);
        // On no branch at all: only a reference leads there.
        forge.within(&["checkout", "--quiet", "--detach"]);
        forge.commit("review", "review");
        forge.within(&["push", "--quiet", "../code.git", "HEAD:refs/changes/7"]);
        assert!(work.is_dir());
        forge
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn commit(&self, message: &str, content: &str) {
        fs::write(self.path("work").join("file"), content).unwrap();
        self.within(&["add", "--all"]);
        self.within(&["commit", "--quiet", "-m", message]);
    }

    fn within(&self, arguments: &[&str]) -> String {
        self.git(&[&["-C", "work"], arguments].concat())
    }

    fn git(&self, arguments: &[&str]) -> String {
        let identity =
            ["user.name=t", "user.email=t@example.org", "init.defaultBranch=main", "commit.gpgsign=false"];
        let settings = identity.iter().flat_map(|setting| ["-c", setting]);
        let output = Command::new("git")
            .args(settings)
            .args(arguments)
            .current_dir(self.dir.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Serves the repositories as git's own server does.
    fn serve(&self) -> Server {
        let root = self.dir.path().to_owned();
        Server::start(move |request| git_backend(&root, request))
    }

    fn load(&self, git: &Git) -> Result<PathBuf, String> {
        let dest = self.path("clone");
        let _ = fs::remove_dir_all(&dest);
        git.load(&dest, None).map_err(|error| error.to_string())?;
        Ok(dest)
    }

    fn count(&self, clone: &Path) -> usize {
        let list = self.git(&["-C", clone.to_str().unwrap(), "rev-list", "HEAD"]);
        list.lines().count()
    }
}

fn file(clone: &Path) -> String {
    fs::read_to_string(clone.join("file")).unwrap()
}

/// PA-165: a branch, a tag, a commit or an expression; the folder `.git` is there.
#[test]
fn revisions_are_branches_tags_and_commits() {
    let forge = Forge::new();
    let server = forge.serve();
    let repo = format!("{}/code.git", server.url);
    let first = forge.within(&["rev-parse", "v1"]);
    for (revision, expected) in
        [("", "two"), ("main", "two"), ("side", "side"), ("v1", "one"), (&first, "one"), ("HEAD~1", "one")]
    {
        let git = Git { repo: repo.clone(), revision: revision.to_owned(), ..Git::default() };
        let clone = forge.load(&git).unwrap();
        assert_eq!(file(&clone), expected, "{revision}");
        assert!(clone.join(".git").is_dir());
    }
    let git = Git { repo, revision: "nowhere".into(), ..Git::default() };
    assert_eq!(forge.load(&git).unwrap_err(), "fatal: invalid reference: nowhere");
}

/// PA-165: whoever asks for a branch stands upon it, as after `git checkout`; tags and commits are on none.
#[test]
fn branches_are_stood_upon() {
    let forge = Forge::new();
    let server = forge.serve();
    let repo = format!("{}/code.git", server.url);
    for (revision, branch) in [
        ("", "main"),
        ("main", "main"),
        ("side", "side"),
        ("refs/heads/side", "side"),
        ("v1", ""),
        ("HEAD~1", ""),
    ] {
        let git = Git { repo: repo.clone(), revision: revision.to_owned(), ..Git::default() };
        forge.load(&git).unwrap();
        assert_eq!(forge.git(&["-C", "clone", "branch", "--show-current"]), branch, "{revision}");
    }
    let git = Git { repo, revision: "side".into(), ..Git::default() };
    forge.load(&git).unwrap();
    assert_eq!(forge.git(&["-C", "clone", "rev-parse", "--abbrev-ref", "@{upstream}"]), "origin/side");
}

/// PA-147, PA-165: why there is no clone, in the words of Argo's own client.
#[test]
fn what_cannot_be_cloned_is_told() {
    let forge = Forge::new();
    let server = forge.serve();
    let code = Git { repo: format!("{}/code.git", server.url), ..Git::default() };
    let branch = |name: &str| Git { single_branch: Some(name.into()), ..code.clone() };
    assert_eq!(forge.load(&branch("")).unwrap_err(), "single branch mode without a branch specified");
    let failed = |git: &Git, why: &str| format!("failed to clone \"{}\": {why}", git.repo);
    let told = failed(&code, "couldn't find remote ref \"refs/heads/nope\"");
    assert_eq!(forge.load(&branch("nope")).unwrap_err(), told);
    let none = Git { repo: format!("{}/none.git", server.url), ..Git::default() };
    assert_eq!(forge.load(&none).unwrap_err(), failed(&none, "repository not found"));
    let folder = Git { repo: forge.path("none").display().to_string(), ..Git::default() };
    assert_eq!(forge.load(&folder).unwrap_err(), failed(&folder, "repository not found"));
    let fetched = Git { fetch: vec!["refs/no:refs/no".into()], ..code };
    assert!(forge.load(&fetched).unwrap_err().starts_with("failed to fetch [refs/no:refs/no]: "));
}

/// PA-165: a server that is not there is named with the question that it did not hear.
#[test]
fn a_server_of_git_that_is_not_there() {
    let forge = Forge::new();
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let git = Git { repo: format!("http://{gone}/x.git"), ..Git::default() };
    let told = format!(
        "failed to clone \"http://{gone}/x.git\": Get \"http://{gone}/x.git/info/refs?service=git-upload-pack\": dial tcp {gone}: connect: connection refused"
    );
    assert_eq!(forge.load(&git).unwrap_err(), told);
}

/// PA-147, PA-165: `depth`, `fetch`, `singleBranch`, a mode, and an empty repository.
#[test]
fn what_is_cloned_can_be_said() {
    let forge = Forge::new();
    let server = forge.serve();
    let git = Git { repo: format!("{}/code.git", server.url), ..Git::default() };

    let shallow = Git { depth: Some(1), ..git.clone() };
    assert_eq!(forge.count(&forge.load(&shallow).unwrap()), 1);
    assert_eq!(forge.count(&forge.load(&git).unwrap()), 2);
    // A tag that the depth cuts off is fetched by itself.
    let cut_off = Git { revision: "v1".into(), ..shallow };
    assert_eq!(file(&forge.load(&cut_off).unwrap()), "one");

    let review = Git { fetch: vec!["refs/changes/*:refs/remotes/origin/changes/*".into()], ..git.clone() };
    let review = Git { revision: "origin/changes/7".into(), ..review };
    assert_eq!(file(&forge.load(&review).unwrap()), "review");

    let side = Git { single_branch: Some("side".into()), ..git.clone() };
    let clone = forge.load(&side).unwrap();
    assert_eq!(file(&clone), "side");
    assert_eq!(forge.git(&["-C", "clone", "branch", "--remotes"]), "origin/side");

    let dest = forge.path("with-mode");
    git.load(&dest, Some(Mode { bits: 0o700, recursive: true })).unwrap();
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(dest.join("file")).unwrap().permissions().mode() & 0o777, 0o700);

    let empty = Git { repo: format!("{}/empty.git", server.url), ..Git::default() };
    let clone = forge.load(&empty).unwrap();
    assert!(clone.join(".git").is_dir() && !clone.join("file").exists());
}

/// PA-165: repositories within the repository are cloned too, unless that is turned off.
#[test]
fn submodules_are_cloned() {
    let forge = Forge::new();
    let server = forge.serve();
    let lib = format!("{}/lib.git", server.url);
    forge.within(&["checkout", "--quiet", "main"]);
    forge.within(&["submodule", "--quiet", "add", &lib, "lib"]);
    forge.within(&["commit", "--quiet", "-m", "with a library"]);
    forge.within(&["push", "--quiet", "../code.git", "main"]);
    let git = Git { repo: format!("{}/code.git", server.url), ..Git::default() };
    assert_eq!(file(&forge.load(&git).unwrap().join("lib")), "one");
    let without = Git { without_submodules: true, ..git };
    assert!(!forge.load(&without).unwrap().join("lib/file").exists());
}

/// PA-147: who we are is told when the server asks, and is nowhere to be read afterwards.
#[test]
fn a_login_is_told_to_the_server_alone() {
    let forge = Forge::new();
    let root = forge.dir.path().to_owned();
    let server =
        Server::start(move |request| match request.headers.get("authorization").map(String::as_str) {
            // `me:pa$$ word`
            Some("Basic bWU6cGEkJCB3b3Jk") => git_backend(&root, request),
            _ => {
                let ask = ("WWW-Authenticate".to_owned(), "Basic realm=\"code\"".to_owned());
                Answer("401 Unauthorized", vec![ask], Vec::new())
            }
        });
    let repo = format!("{}/code.git", server.url);
    let git = Git { login: Some(("me".into(), "pa$$ word".into())), repo: repo.clone(), ..Git::default() };
    let clone = forge.load(&git).unwrap();
    assert_eq!(file(&clone), "two");
    let config = fs::read_to_string(clone.join(".git/config")).unwrap();
    assert!(!config.contains("word"), "{config}");

    let wrong = Git { login: Some(("me".into(), "wrong".into())), repo: repo.clone(), ..Git::default() };
    let error = forge.load(&wrong).unwrap_err();
    assert!(
        error.starts_with(&format!("failed to clone \"{repo}\": authentication required: "))
            && error.contains("Authentication failed"),
        "{error}"
    );
    assert!(!error.contains("wrong"), "{error}");
    let none = forge.load(&Git { repo, ..Git::default() }).unwrap_err();
    assert!(none.contains("could not read Username"), "{none}");
}

#[test]
fn what_looks_like_an_option_is_refused() {
    let forge = Forge::new();
    let code = forge.path("code.git").to_str().unwrap().to_owned();
    for git in [
        Git { repo: "--upload-pack=touch /tmp/x".into(), ..Git::default() },
        Git { repo: code.clone(), revision: "--output=x".into(), ..Git::default() },
        Git { repo: code.clone(), fetch: vec!["--upload-pack=x".into()], ..Git::default() },
        Git { repo: code.clone(), single_branch: Some("-b".into()), ..Git::default() },
    ] {
        let error = forge.load(&git).unwrap_err();
        assert!(error.ends_with("is neither a repository nor a reference"), "{error}");
    }
    let helper = Git { repo: "ext::sh -c id".into(), ..Git::default() };
    assert!(forge.load(&helper).unwrap_err().contains("transport 'ext' not allowed"));
}

/// PA-167: a server that is busy is asked again.
#[test]
fn a_busy_server_is_asked_again() {
    let forge = Forge::new();
    let root = forge.dir.path().to_owned();
    let asked = std::sync::atomic::AtomicU32::new(0);
    let server =
        Server::start(move |request| match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Answer::status("503 Service Unavailable"),
            _ => git_backend(&root, request),
        });
    let git = Git { repo: format!("{}/code.git", server.url), ..Git::default() };
    assert_eq!(file(&forge.load(&git).unwrap()), "two");
}

//! Keeping a server: tokens, settings, copies, and what the doctor says of it.

use crate::bench::{Bench, ask, wait_until};
use std::fs::Permissions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn tiphys(state: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tiphys"));
    for name in ["TIPHYS_SERVER", "ARGO_SERVER", "TIPHYS_TOKEN", "ARGO_TOKEN"] {
        command.env_remove(name);
    }
    command.args(arguments).env("TIPHYS_STATE_DIR", state).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A server that ends with the test.
struct Server(Child);

impl Server {
    /// Starts one and waits until it says that it listens.
    fn start(state: &Path, more: &[&str]) -> (Server, Vec<String>) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tiphys"))
            .args(["server", "--port", "0", "--isolation", "none"])
            .args(more)
            .env("TIPHYS_STATE_DIR", state)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines.by_ref().take(3).map(Result::unwrap).collect();
        // Somebody must read on, or it could not write any more.
        std::thread::spawn(move || lines.for_each(drop));
        (Server(child), said)
    }
}

/// Starts one with a socket that listens already, as systemd does.
fn start_on(socket: &TcpListener, state: &Path) -> Server {
    let child = Command::new("sh")
        .args(["-c", "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_tiphys"))
        .args(["server", "--auth-mode", "none", "--isolation", "none", "--port", "1"])
        .env("TIPHYS_STATE_DIR", state)
        .stdin(Stdio::from(OwnedFd::from(socket.try_clone().unwrap())))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Server(child)
}

/// Whoever comes while no server is there waits for the next one, and is not refused.
#[test]
fn callers_wait_at_a_socket_that_was_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let knock = || {
        let mut caller = TcpStream::connect(address).unwrap();
        write!(caller, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
        caller
    };
    for life in ["first", "second"] {
        let mut caller = knock();
        let server = start_on(&socket, &state);
        let mut answer = String::new();
        caller.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{life}: {answer}");
        drop(server);
    }
    drop(knock());
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.0.id().to_string();
        drop(Command::new("kill").args(["-TERM", &pid]).status());
        drop(self.0.wait());
    }
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let nobody = tiphys(&state, &["token", "list"]);
    assert!(
        text(&nobody.stderr).contains("`tiphys server` starts one on this state folder"),
        "{}",
        text(&nobody.stderr)
    );
    let (_server, said) = Server::start(&state, &["--tls", "self-signed"]);
    assert!(said[0].starts_with("tiphys serves https://127.0.0.1:"), "{said:?}");
    assert!(said[1].contains("/login?code="), "{said:?}");
    let made = tiphys(&state, &["token", "create", "ci", "--role", "operator", "-n", "team", "--ttl", "90d"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stdout).starts_with("tph_"));
    let missing = "notice: there is no namespace `team` yet: apply one (`kind: Namespace`), or start the server with \
                   `--namespaces team`\n";
    assert_eq!(text(&made.stderr), missing);
    let known = tiphys(&state, &["token", "create", "known", "-n", "default"]);
    assert_eq!(text(&known.stderr), "");
    let list = text(&tiphys(&state, &["token", "list"]).stdout);
    assert!(list.contains("ci") && list.contains("operator") && list.contains("team"), "{list}");
    assert!(!list.contains("tph_"), "a token is shown once");
    let twice = tiphys(&state, &["token", "create", "ci"]);
    assert!(text(&twice.stderr).contains("a token named `ci` exists already"), "{}", text(&twice.stderr));
    let odd = tiphys(&state, &["token", "create", "x", "--ttl", "soon"]);
    assert!(text(&odd.stderr).contains("for instance `12h` or `90d`"), "{}", text(&odd.stderr));
    assert!(tiphys(&state, &["token", "revoke", "ci"]).status.success());
    assert!(!text(&tiphys(&state, &["token", "list"]).stdout).contains("operator"));
    assert!(text(&tiphys(&state, &["token", "link"]).stdout).contains("/login?code="));
    let doctor = text(&tiphys(&state, &["doctor"]).stdout);
    assert!(doctor.contains("✔ server: https://127.0.0.1:"), "{doctor}");
    assert!(doctor.contains("clock: ") && doctor.contains("open files: "), "{doctor}");
    let token = text(&tiphys(&state, &["auth", "token"]).stdout);
    assert!(token.starts_with("Bearer tph_"), "CLI-051");
    let second = tiphys(&state, &["server", "--port", "0"]);
    assert!(
        text(&second.stderr).contains("another server uses the state folder"),
        "{}",
        text(&second.stderr)
    );
}

#[test]
fn settings_are_checked_before_a_server_goes_by_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiphys.yaml");
    std::fs::write(&file, "retention: { workflow: 1d }\n").unwrap();
    let name = file.to_str().unwrap();
    let wrong = tiphys(folder.path(), &["config", "check", name]);
    assert!(!wrong.status.success());
    let said = text(&wrong.stderr);
    assert!(said.contains("`retention.workflow` is not known: did you mean `workflows`?"), "{said}");
    let refused = tiphys(folder.path(), &["server", "--port", "0", "--config", name]);
    assert!(!refused.status.success() && text(&refused.stderr).contains("did you mean"));
    std::fs::write(&file, "retention: { workflows: 1d }\nnodeEvents: { enabled: true }\n").unwrap();
    let good = tiphys(folder.path(), &["config", "check", name]);
    assert_eq!(text(&good.stdout), format!("{name}: good\n"));
    assert!(text(&good.stderr).contains("`nodeEvents` has no effect here"), "{}", text(&good.stderr));
}

#[test]
fn a_server_that_others_reach_without_encryption_warns() {
    let said = |more: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let (_server, said) = Server::start(&folder.path().join("state"), more);
        said.join("\n")
    };
    let warning = "warning: other machines reach it without encryption, their tokens can be read on the way";
    let open = said(&["--address", "0.0.0.0"]);
    assert!(open.contains(warning), "{open}");
    for quiet in [&["--address", "127.0.0.1"][..], &["--address", "0.0.0.0", "--tls", "self-signed"]] {
        let told = said(quiet);
        assert!(told.starts_with("tiphys serves ") && !told.contains("warning"), "{told}");
    }
}

#[test]
fn a_state_folder_is_copied_while_it_is_used_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (state, back) = (folder.path().join("state"), folder.path().join("back"));
    let file = folder.path().join("state.tgz");
    let file = file.to_str().unwrap();
    let (_server, _) = Server::start(&state, &[]);
    assert!(tiphys(&state, &["token", "create", "kept"]).status.success());
    // Volumes are open to steps of any user.
    let claim = state.join("claims/default/demo-work");
    std::fs::create_dir_all(&claim).unwrap();
    std::fs::set_permissions(&claim, Permissions::from_mode(0o777)).unwrap();
    let copied = tiphys(&state, &["backup", file]);
    assert!(copied.status.success(), "{}", text(&copied.stderr));
    let again = tiphys(&state, &["backup", file]);
    assert!(text(&again.stderr).contains("is there already"), "{}", text(&again.stderr));
    let nothing = tiphys(&back, &["restore", "nosuch"]);
    assert!(text(&nothing.stderr).contains("name the file that `tiphys backup` made"));
    let occupied = tiphys(&state, &["restore", file]);
    assert!(text(&occupied.stderr).contains("is not empty"), "{}", text(&occupied.stderr));
    let restored = tiphys(&back, &["restore", file]);
    assert!(restored.status.success(), "{}", text(&restored.stderr));
    let mode = |path: &str| std::fs::metadata(back.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("claims/default/demo-work"), mode("secrets")), (0o777, 0o700));
    let (_other, _) = Server::start(&back, &[]);
    assert!(text(&tiphys(&back, &["token", "list"]).stdout).contains("kept"));
}

const CATALOG: &str = "
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: report}
spec:
  entrypoint: main
  arguments: {parameters: [{name: day, value: today}]}
  templates: [{name: main, suspend: {}}]
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowEventBinding
metadata: {name: on-demand}
spec:
  event: {selector: payload.day != nil}
  submit:
    workflowTemplateRef: {name: report}
    arguments: {parameters: [{name: day, valueFrom: {event: payload.day}}], artifacts: [{name: passed-over, raw: {data: x}}]}
";

/// Sends an event as a stranger with a token would.
fn send(address: &str, token: &str, body: &str) -> String {
    let lines = "POST /api/v1/events/default/door HTTP/1.1\r\nContent-Type: application/json";
    ask(address, &format!("{lines}\r\nAuthorization: Bearer {token}"), body)
}

/// OB-375: artifacts that a binding passes are accepted, and have no effect.
#[test]
fn a_catalog_is_applied_and_deliveries_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let catalog = folder.path().join("catalog");
    std::fs::create_dir(&catalog).unwrap();
    std::fs::write(catalog.join("all.yaml"), CATALOG).unwrap();
    let workflow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: one}\nspec: {}\n";
    std::fs::write(catalog.join("one.yaml"), workflow).unwrap();
    let nameless = workflow.replace("name: one", "generateName: some-");
    std::fs::write(catalog.join("some.yaml"), nameless).unwrap();
    let catalog = catalog.to_str().unwrap();
    let nobody = tiphys(&state, &["apply", "-f", catalog]);
    assert!(text(&nobody.stderr).contains("`tiphys apply` needs a server"), "{}", text(&nobody.stderr));

    let (_server, said) = Server::start(&state, &[]);
    let address = said[0].trim_start_matches("tiphys serves http://").to_owned();
    let applied = tiphys(&state, &["apply", "-f", catalog]);
    assert_eq!(
        text(&applied.stdout),
        "workflowtemplate/report created\nworkfloweventbinding/on-demand created\n"
    );
    for left_out in ["Workflow one, which", "a Workflow, which `tiphys submit` runs"] {
        assert!(text(&applied.stderr).contains(left_out), "{}", text(&applied.stderr));
    }
    // Named without a scheme: of our own we know that it speaks plain HTTP.
    let again = tiphys(&state, &["apply", catalog, "-s", &address]);
    assert!(
        text(&again.stdout).starts_with("workflowtemplate/report unchanged\n"),
        "{}",
        text(&again.stderr)
    );
    let broken = folder.path().join("broken.yaml");
    std::fs::write(&broken, CATALOG.replace("entrypoint", "entrypiont")).unwrap();
    let refused = tiphys(&state, &["apply", broken.to_str().unwrap()]);
    assert!(!refused.status.success() && text(&refused.stderr).contains("did you mean `entrypoint`?"));

    let none = tiphys(&state, &["events", "list"]);
    assert!(text(&none.stderr).starts_with("no deliveries"), "{}", text(&none.stderr));
    let token = text(&tiphys(&state, &["token", "create", "hook", "--role", "operator"]).stdout);
    assert!(send(&address, token.trim(), r#"{"day": "monday"}"#).starts_with("HTTP/1.1 200"));
    assert!(send(&address, token.trim(), r#"{"hour": "noon"}"#).starts_with("HTTP/1.1 200"));
    let list = text(&tiphys(&state, &["events", "list"]).stdout);
    assert!(list.contains("report-") && list.contains("its selector is false"), "{list}");
    let matched = text(&tiphys(&state, &["events", "list", "--status", "matched"]).stdout);
    assert_eq!(matched.lines().count(), 2, "{matched}");
    let id = matched.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(text(&tiphys(&state, &["events", "get", &id]).stdout).contains("\"day\": \"monday\""));
    let replayed = text(&tiphys(&state, &["events", "replay", &id]).stdout);
    assert!(replayed.contains(" matched: report-"), "{replayed}");
    let lost = tiphys(&state, &["events", "get", "none"]);
    assert!(text(&lost.stderr).contains("the server refuses: "), "{}", text(&lost.stderr));

    // Mistakes that only a judge of workflows finds are told with their lines before anything is sent.
    std::fs::write(&broken, CATALOG.replace("entrypoint: main", "entrypoint: nope")).unwrap();
    let refused = tiphys(&state, &["apply", broken.to_str().unwrap()]);
    let told = text(&refused.stderr);
    assert!(
        told.contains("broken.yaml") && told.contains("nope") && told.contains("nothing was applied"),
        "{told}"
    );
    let taken = tiphys(&state, &["apply", "--delete", catalog]);
    assert_eq!(
        text(&taken.stdout),
        "workflowtemplate/report deleted\nworkfloweventbinding/on-demand deleted\n",
        "{}",
        text(&taken.stderr)
    );
    let twice = tiphys(&state, &["apply", "--delete", "workfloweventbinding/on-demand"]);
    assert_eq!(text(&twice.stderr), "workfloweventbinding/on-demand is not there\n");
    assert_eq!(twice.status.code(), Some(1));
}

/// EX-500: runs whose time is over go, and older ones where that is asked; others stay.
#[test]
fn runs_whose_time_is_over_are_pruned() {
    let bench = Bench::new();
    let text = |name: &str, more: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: {name}}}\nspec:\n  entrypoint: main\n  \
             {more}\n  templates: [{{name: main, suspend: {{duration: 1ms}}}}]\n"
        )
    };
    for (name, more) in [("short", "ttlStrategy: {secondsAfterCompletion: 0}"), ("long", "priority: 1")] {
        let file = bench.file(&format!("{name}.yaml"), &text(name, more));
        bench.call(&["run", file.to_str().unwrap(), "--isolation", "none"]).exits(0);
    }
    let names = || bench.call(&["list", "-o", "name"]).exits(0).out;
    let told = bench.call(&["prune", "--dry-run"]).exits(0).out;
    assert!(!told.contains("long"), "{told}");
    // What was killed left these: a copy of the database, and secrets of a run that never came to be.
    let left = ["secrets/lost.sealed", "backup-1.db", "backup-1.db-wal"].map(|name| bench.state().join(name));
    // And these are somebody's own.
    let own = ["backup-2026-11-01.db", "backup-monday.db.tgz"].map(|name| bench.state().join(name));
    for path in left.iter().chain(&own) {
        let file = std::fs::File::create(path).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(7_200)).unwrap();
    }
    // An engine could not remove this volume.
    let volume = bench.state().join("claims/.going/one");
    std::fs::create_dir_all(volume.join("pkg/mod")).unwrap();
    std::fs::set_permissions(volume.join("pkg"), std::os::unix::fs::PermissionsExt::from_mode(0o555))
        .unwrap();
    bench.call(&["prune"]).exits(0);
    assert!(!volume.exists());
    assert_eq!(names(), "long\n");
    assert!(left.iter().all(|path| !path.exists()) && own.iter().all(|path| path.exists()));
    assert_eq!(bench.call(&["prune", "--older", "30d"]).exits(0).out, "");
    assert_eq!(bench.call(&["prune", "--older", "0s"]).exits(0).out, "Workflow 'long' deleted\n");
    assert_eq!(names(), "");
}

/// EX-338: what is remembered, and used by no step for so long, is forgotten.
#[test]
fn remembered_results_that_no_step_uses_are_pruned() {
    let bench = Bench::new();
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: m-}\nspec:\n  entrypoint: main\n  \
                templates:\n  - {name: main, memoize: {key: k, cache: {configMap: {name: c}}}, script: {image: any, \
                command: [sh], source: 'echo ran >> ran'}, volumes: [], outputs: {parameters: [{name: p, valueFrom: \
                {default: d, path: nowhere}}]}}\n";
    let file = bench.file("remembers.yaml", text);
    let remembered = || {
        bench.call(&["run", file.to_str().unwrap(), "--isolation", "none"]).exits(0);
        let run: serde_json::Value =
            serde_json::from_str(&bench.call(&["get", "@latest", "-o", "json"]).exits(0).out).unwrap();
        let nodes = run["status"]["nodes"].as_object().unwrap();
        nodes.values().next().unwrap()["memoizationStatus"]["hit"].as_bool().unwrap()
    };
    assert!(!remembered() && remembered());
    assert_eq!(bench.call(&["prune", "--older", "1h"]).exits(0).out, "");
    assert!(remembered());
    let dry = bench.call(&["prune", "--older", "0s", "--dry-run"]).exits(0).out;
    assert!(dry.ends_with("1 remembered result forgotten (dry-run)\n"), "{dry}");
    let told = bench.call(&["prune", "--older", "0s"]).exits(0).out;
    assert!(told.ends_with("1 remembered result forgotten\n"), "{told}");
    assert!(!remembered());
}

const ENDLESS: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: endless}
spec:
  entrypoint: main
  templates: [{name: main, container: {image: any, command: [sleep, '86400']}}]
";

/// Steps outlive the server that started them, and go with their run.
#[test]
fn a_run_of_a_dead_server_is_deleted_with_its_steps() {
    let bench = Bench::new();
    let file = bench.file("endless.yaml", ENDLESS);
    let (mut server, said) = Server::start(&bench.state(), &[]);
    let address = said[0].trim_start_matches("tiphys serves http://").to_owned();
    bench.call(&["-s", &address, "submit", file.to_str().unwrap()]).exits(0);
    wait_until("the step runs", || {
        let run = bench.call(&["-s", &address, "get", "endless", "-o", "json"]).exits(0).out;
        let run: serde_json::Value = serde_json::from_str(&run).unwrap();
        let nodes = run["status"]["nodes"].as_object();
        nodes.is_some_and(|nodes| {
            nodes.values().any(|node| node["type"] == "Pod" && node["phase"] == "Running")
        })
    });
    server.0.kill().unwrap();
    server.0.wait().unwrap();
    assert_ne!(bench.processes(), Vec::<i32>::new(), "the step runs on");
    bench.call(&["delete", "endless"]).exits(0);
    bench.nothing_is_left_running();
}

/// An authority of one's own, and a certificate for `localhost` that it signed, as files: authority, certificate, key.
fn certificates(folder: &Path) -> [String; 3] {
    let mut ours = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ours.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let signing = rcgen::KeyPair::generate().unwrap();
    let authority = ours.self_signed(&signing).unwrap();
    let issuer = rcgen::Issuer::new(ours, signing);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    [("ca", authority.pem()), ("certificate", certificate.pem()), ("key", key.serialize_pem())].map(
        |(name, pem)| {
            let file = folder.join(format!("{name}.pem"));
            std::fs::write(&file, pem).unwrap();
            file.to_str().unwrap().to_owned()
        },
    )
}

/// CLI-006, CLI-007, CLI-011: who signed a server's certificate is said by a flag, a variable or the machine's list.
#[test]
fn a_server_of_a_private_authority_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let (state, elsewhere) = (folder.path().join("state"), folder.path().join("elsewhere"));
    let [authority, certificate, key] = certificates(folder.path());
    let (_server, said) = Server::start(&state, &["--tls-cert", &certificate, "--tls-key", &key]);
    let port = said[0].rsplit(':').next().unwrap();
    assert_ne!(port, "0", "{said:?}");
    let own = tiphys(&state, &["token", "create", "mine", "--role", "viewer"]);
    assert!(own.status.success(), "{}", text(&own.stderr));
    let token = text(&own.stdout).trim().to_owned();
    let server = format!("localhost:{port}");
    let ask = |more: &[&str], variable: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiphys"));
        for name in ["TIPHYS_SERVER", "ARGO_SERVER", "TIPHYS_TOKEN", "ARGO_TOKEN", "SSL_CERT_FILE"] {
            command.env_remove(name);
        }
        command.args(["list", "-s", &server, "--token", &token]).args(more);
        command.envs(variable.map(|name| (name, &authority)));
        let done = command.env("TIPHYS_STATE_DIR", &elsewhere).output().unwrap();
        (done.status.success(), text(&done.stderr))
    };
    let (reached, stranger) = ask(&[], None);
    assert!(!reached && stranger.contains("`--certificate-authority FILE`"), "{stranger}");
    for (more, variable) in [
        (vec!["--certificate-authority", &*authority], None),
        (vec![], Some("ARGO_CERTIFICATE_AUTHORITY")),
        (vec![], Some("SSL_CERT_FILE")),
        (vec!["-k"], None),
        (vec!["--insecure-skip-tls-verify", "--context", "any", "--as", "me"], None),
    ] {
        let (reached, said) = ask(&more, variable);
        assert!(reached, "{more:?} {variable:?}: {said}");
    }
    let mut stranger = Command::new(env!("CARGO_BIN_EXE_tiphys"));
    stranger.args(["list", "-k", "-s", &server]).env("TIPHYS_STATE_DIR", &elsewhere);
    let refused = stranger.env_remove("ARGO_TOKEN").env("TIPHYS_TOKEN", "unknown").output().unwrap();
    let said = text(&refused.stderr);
    assert!(said.starts_with("Error: rpc error: code = Unauthenticated desc = "), "{said}");
    assert!(said.contains("help: set TIPHYS_TOKEN") && said.contains("tiphys token create"), "{said}");
    for (more, words) in [
        (["--certificate-authority", &*key], "there is no certificate in it"),
        (["--client-certificate", &*certificate], "--client-certificate needs --client-key beside it"),
        (["--tls-server-name", "other"], "name the server as its certificate does"),
        (["--proxy-url", "no proxy"], "`--proxy-url no proxy` cannot be used"),
    ] {
        let (reached, said) = ask(&more, None);
        assert!(!reached && said.contains(words), "{more:?}: {said}");
    }
}

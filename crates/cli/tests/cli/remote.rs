//! The same verbs against a server of our own.

mod refused;

use crate::bench::{Answer, Bench, ask, serve, signal, wait_until};
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A server on a free port, ended with the test.
pub struct Served {
    pub bench: Bench,
    pub child: Child,
    pub address: String,
}

impl Served {
    fn start() -> Served {
        Served::with_settings("")
    }

    /// With a file of settings.
    fn with_settings(settings: &str) -> Served {
        Served::over(Bench::new(), settings, &["--auth-mode", "none"])
    }

    /// Over a state folder that may be there already.
    pub fn over(bench: Bench, settings: &str, more: &[&str]) -> Served {
        let settings = bench.file("settings.yaml", settings);
        let mut command = bench.command(&[
            "server",
            "--port",
            "0",
            "--isolation",
            "none",
            "--namespaces",
            "team",
            "--config",
            settings.to_str().unwrap(),
        ]);
        command.args(more);
        // What a server that was killed has told is not what this one tells.
        drop(std::fs::remove_file(bench.state().join("server.json")));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // It tells those of this user where it is.
        let told = bench.state().join("server.json");
        let address = || {
            let presence: Value = serde_json::from_slice(&std::fs::read(&told).ok()?).ok()?;
            presence["url"].as_str()?.strip_prefix("http://").map(str::to_owned)
        };
        wait_until("it serves", || address().is_some());
        let address = address().unwrap();
        Served { bench, child, address }
    }

    pub fn call(&self, words: &[&str]) -> Answer {
        self.call_as("x", words)
    }

    /// As whoever has a token.
    pub fn call_as(&self, token: &str, words: &[&str]) -> Answer {
        let mut command = self.bench.command(words);
        command
            .env("ARGO_SERVER", &self.address)
            .env("ARGO_SECURE", "false")
            .env("ARGO_TOKEN", format!("Bearer {token}"))
            .env("ARGO_NAMESPACE", "team")
            .env("TERM", "xterm")
            .env("TZ", "UTC")
            .env_remove("NO_COLOR")
            .env("TIPHYS_STATE_DIR", self.bench.folder().join("elsewhere"));
        command.output().unwrap().into()
    }

    /// Ends it without a warning. What it leaves behind.
    pub fn kill(mut self) -> Bench {
        signal(self.child.id(), "-KILL");
        drop(self.child.wait());
        std::mem::replace(&mut self.bench, Bench::new())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        signal(self.child.id(), "-TERM");
        drop(self.child.wait());
    }
}

const HELLO: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: hello}
spec:
  entrypoint: main
  arguments: {parameters: [{name: message, value: hi}]}
  templates:
    - name: main
      container: {image: busybox, command: [sh, -c, "echo {{workflow.parameters.message}}"]}
"#;

/// Without a proxy, and with one that strips the path.
#[test]
fn a_server_below_a_path_answers_there_and_at_the_root() {
    let served = Served::with_settings("server: {baseHref: /flows/}");
    for base in ["/flows", ""] {
        let seen = served.call(&["server-info", "--argo-base-href", base]).exits(0).out;
        assert!(seen.contains("modals"), "{base}: {seen}");
    }
    let page = ask(&served.address, "GET /flows/runs HTTP/1.1", "");
    assert!(page.contains("<base href=\"/flows/\""), "{page}");
    let clean = ask(&served.address, "GET /flows/api//v1/info HTTP/1.1", "");
    assert!(clean.contains("location: /flows/api/v1/info"), "{clean}");
}

#[test]
fn the_verbs_answer_as_argos_own_do() {
    let served = Served::start();
    served.bench.file("hello.yaml", HELLO);
    assert_eq!(served.call(&["list"]).exits(0).out, "No workflows found\n");
    let told =
        served.call(&["submit", "hello.yaml", "--name", "one", "-p", "message=there", "--wait"]).exits(0).out;
    assert!(told.starts_with("Name:                one\nNamespace:           team\n"), "{told}");
    assert!(told.lines().last().unwrap().starts_with("one Succeeded at "), "{told}");
    // CLI-038: what is selected comes before what is named, and each name counts once.
    let only = "--field-selector=metadata.name=one";
    let told = served.call(&["stop", "zz", "one", "zz", only, "--dry-run"]).exits(0).out;
    assert_eq!(told, "workflow one stopped (dry-run)\nworkflow zz stopped (dry-run)\n");
    // CLI-030: as Argo has it, a view that is chosen and not watched is remarked on, and printed.
    let remark = "level=WARN msg=\"--status should only be used with --watch\"\n";
    let chosen = ["submit", "hello.yaml", "--name", "chosen", "--status", "Failed"];
    let told = served.call(&chosen).exits(0);
    assert!(told.err.starts_with("time=") && told.err.ends_with(remark), "{}", told.err);
    assert!(told.out.starts_with("Name:                chosen\n"), "{}", told.out);
    let watched = served.call(&[&chosen[..3], &["watched"], &chosen[4..], &["--watch"]].concat()).exits(0);
    assert!(!watched.err.contains("--status"), "{}", watched.err);
    for name in ["chosen", "watched"] {
        served.call(&["wait", name]).exits(0);
        served.call(&["delete", name]).exits(0);
        served.call(&["archive", "delete", name]).exits(0);
    }
    let plugin = served.call(&["submit", "hello.yaml", "--plugin", "hello=http://localhost:1"]).exits(1);
    assert!(
        plugin.err.contains("a server calls those that `plugins` of its settings names"),
        "{}",
        plugin.err
    );
    let view = served.call(&["get", "one"]).exits(0).out;
    assert!(view.contains("\x1b[39mSTEP\x1b[0m"), "{view}");
    assert!(view.contains(" \x1b[32m✔\x1b[0m one"), "{view}");
    assert!(!served.call(&["get", "one", "--no-color"]).exits(0).out.contains('\x1b'));
    assert!(served.call(&["get", "one", "--no-utf8", "--no-color"]).exits(0).out.contains(" Succeeded one"));
    assert!(served.call(&["logs", "one", "--no-color"]).exits(0).out.contains("one: there\n"));
    assert_eq!(served.call(&["list", "-o", "name"]).exits(0).out, "one\n");
    assert!(served.call(&["archive", "list"]).exits(0).out.contains("message=there"));
    let keys = served.call(&["archive", "list-label-keys"]).exits(0).out;
    assert!(keys.contains("workflows.argoproj.io/phase\n"), "{keys}");
    let info = served.call(&["server-info"]).exits(0).out;
    assert!(serde_json::from_str::<Value>(&info).unwrap()["modals"].is_object(), "{info}");
    let missing = served.call(&["get", "nosuch"]).exits(1);
    assert_eq!(
        missing.err,
        "Error: rpc error: code = NotFound desc = workflows.argoproj.io \"nosuch\" not found\n"
    );
    let done = served.call(&["terminate", "one"]).exits(1);
    assert!(done.err.contains("cannot shutdown a completed workflow"), "{}", done.err);
    let again = served.call(&["resubmit", "one", "-o", "name"]).exits(0).out;
    assert!(again.starts_with("one-"), "{again}");
    served.call(&["wait", again.trim()]).exits(0);
    assert_eq!(
        served.call(&["delete", "one", "nosuch"]).exits(0).out,
        "Workflow 'one' deleted\nWorkflow 'nosuch' not found\n"
    );
    assert_eq!(served.call(&["auth", "token"]).exits(0).out, "Bearer x\n");
    let json = served.call(&["list", "-o", "json"]).exits(0).out;
    assert!(serde_json::from_str::<Value>(&json).unwrap().is_array());
}

/// OB-395, CLI-060, CLI-061: a name counts before what one could be made of; what was only tried was never made.
#[test]
fn a_name_counts_before_a_prefix() {
    let served = Served::start();
    served.bench.file("hello.yaml", HELLO);
    let both = ["submit", "hello.yaml", "--name", "named", "--generate-name", "made-", "-o"];
    let dry = served.call(&[&both[..], &["wide", "--dry-run"]].concat()).exits(0).out;
    let rows = [
        "Status:              Unknown\n",
        "Created:             Mon Jan 01 00:00:00 +0000 (a long while ago)\n",
    ];
    assert!(rows.iter().all(|row| dry.contains(row)), "{dry}");
    let made: Value =
        serde_json::from_str(&served.call(&[&both[..], &["json"]].concat()).exits(0).out).unwrap();
    let metadata = &made["metadata"];
    assert_eq!((&metadata["name"], &metadata["generateName"]), (&json!("named"), &json!("made-")));
    let own = ["submit", "hello.yaml", "--generate-name", "made-", "-o", "name"];
    assert_eq!(served.call(&own).exits(0).out, "hello\n");
    let cron = "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: nightly}\nspec:\n  schedules: ['0 3 1 1 *']\n  workflowSpec:\n    workflowTemplateRef: {name: shared}\n";
    let template = HELLO.replace(
        "kind: Workflow\nmetadata: {name: hello}",
        "kind: WorkflowTemplate\nmetadata: {name: shared}",
    );
    served.bench.file("template.yaml", &template);
    served.call(&["template", "create", "template.yaml"]).exits(0);
    served.bench.file("cron.yaml", cron);
    let create = ["cron", "create", "cron.yaml", "--generate-name", "c-"];
    let named = served.call(&[&create[..], &["--name", "weekly"]].concat()).exits(0).out;
    assert!(named.starts_with("Name:                          weekly\n"), "{named}");
    let named = served.call(&create).exits(0).out;
    assert!(named.starts_with("Name:                          c-"), "{named}");
    // With all of them no name counts.
    assert_eq!(
        served.call(&["template", "delete", "--all", "nosuch"]).exits(0).out,
        "WorkflowTemplate 'shared' deleted\n"
    );
}

/// CR-150, CR-151: every time between two others has its workflow, with the time as an argument, and each is run.
#[test]
fn what_a_schedule_missed_is_made_up_for() {
    let served = Served::start();
    let cron = HELLO.replace(
        "kind: Workflow\nmetadata: {name: hello}\nspec:\n",
        "kind: CronWorkflow\nmetadata: {name: nightly}\nspec:\n  schedules: ['0 3 * * *']\n  workflowSpec:\n",
    );
    let (head, body) = cron.split_once("workflowSpec:\n").unwrap();
    // A parameter would be looked for in the workflow that makes the others, where Argo's is (CLI-116).
    let body = body.replace("{{workflow.parameters.message}}", "hi");
    let body: String = body.lines().map(|line| format!("  {line}\n")).collect();
    served.bench.file("cron.yaml", &format!("{head}workflowSpec:\n{body}"));
    served.call(&["cron", "create", "cron.yaml"]).exits(0);
    let times = ["--start", "Wed, 21 Oct 2026 00:00:00 UTC", "--end", "Fri, 23 Oct 2026 00:00:00 UTC"];
    let call = [&["cron", "backfill", "nightly", "--name", "fill"][..], &times].concat();
    let told = served.call(&call).exits(0).out;
    assert!(told.starts_with("Created 2 backfill workflows for 2 scheduled times"), "{told}");
    let names: Vec<&str> = told.lines().skip(1).map(str::trim).collect();
    served.call(&[&["wait"], &names[..]].concat()).exits(0);
    let made: Value =
        serde_json::from_str(&served.call(&["get", names[1], "-o", "json"]).exits(0).out).unwrap();
    let parameters = made["spec"]["arguments"]["parameters"].to_string();
    assert!(parameters.contains("Thu, 22 Oct 2026 03:00:00 UTC"), "{parameters}");
    assert_eq!(made["spec"]["synchronization"]["mutexes"][0]["name"], "nightly-fill");
}

/// CLI-020: flags are read, and what cannot be read is told, as Argo's own library for flags does.
#[test]
fn flags_are_read_and_refused_as_argo_does() {
    let served = Served::start();
    let call = |words: &str| served.call(&words.split(' ').collect::<Vec<_>>());
    for words in [
        "list --running=false --completed=T -A=false",
        "list --prefix a --prefix b -o json -o name -n x -n team --secure=F",
        "list --chunk-size -1",
        "list --chunk-size 0x10",
        "list --chunk-size 1_000",
        "list --status Nope",
        "list --status= --since= --older= -o=name",
    ] {
        assert_eq!(call(words).exits(0).out, "No workflows found\n", "{words}");
    }
    for (words, first) in [
        (
            "list --completed=x",
            "invalid argument \"x\" for \"--completed\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
        ),
        (
            "list --all-namespaces=x",
            "invalid argument \"x\" for \"-A, --all-namespaces\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
        ),
        (
            "list --chunk-size x",
            "invalid argument \"x\" for \"--chunk-size\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
        ),
        (
            "logs a --tail 99999999999999999999",
            "invalid argument \"99999999999999999999\" for \"--tail\" flag: strconv.ParseInt: parsing \
             \"99999999999999999999\": value out of range",
        ),
        (
            "list --chunk-size 08",
            "invalid argument \"08\" for \"--chunk-size\" flag: strconv.ParseInt: parsing \"08\": invalid syntax",
        ),
        (
            "resubmit a --priority 99999999999",
            "invalid argument \"99999999999\" for \"--priority\" flag: strconv.ParseInt: parsing \"99999999999\": value out of range",
        ),
        ("list -o xml", "invalid argument \"xml\" for \"-o, --output\" flag: One of: name|json|yaml|wide"),
        ("list --prefix", "flag needs an argument: --prefix"),
        ("list -An", "flag needs an argument: 'n' in -An"),
        ("get x -o", "flag needs an argument: 'o' in -o"),
        ("list x", "unknown command \"x\" for \"tiphys list\""),
        ("template list x", "unknown command \"x\" for \"tiphys template list\""),
        ("nosuch", "unknown command \"nosuch\" for \"tiphys\""),
        ("archive list-label-values", "required flag(s) \"selector\" not set"),
        ("sync create k --limit 1", "--type must be either 'database' or 'configmap'"),
        (
            "sync create k --type database --limit 2147483648",
            "invalid argument \"2147483648\" for \"--limit\" flag: strconv.ParseInt: parsing \"2147483648\": value out of range",
        ),
        ("list -l a=b,", "found '', expected: identifier after ','"),
        ("stop -l a=b,", "found '', expected: identifier after ','"),
        (
            "archive list -l a=b,",
            "rpc error: code = InvalidArgument desc = found '', expected: identifier after ','",
        ),
        ("template list -l a=b,", "found '', expected: identifier after ','"),
        ("resume", "requires either node field selector or workflow"),
        ("cron get", "requires at least 1 arg(s), only received 0"),
        ("logs a --since x", "invalid argument \"x\" for \"--since\" flag: time: invalid duration \"x\""),
        (
            "logs a --since 90",
            "invalid argument \"90\" for \"--since\" flag: time: missing unit in duration \"90\"",
        ),
        (
            "submit --from x --wait --watch",
            "resource identifier 'x' is malformed. Should be `kind/name`, e.g. cronwf/hello-world-cwf",
        ),
        (
            "submit --from wftmpl/t -p x",
            "failed to submit workflow: rpc error: code = NotFound desc = workflowtemplates.argoproj.io \"t\" not found",
        ),
        ("delete --prefix=", "requires either a workflow or other argument"),
        ("lint nosuch.yaml", "lstat nosuch.yaml: no such file or directory"),
        (
            "logs a --since-time x",
            "parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" as \"2006\"",
        ),
    ] {
        let answer = call(words).exits(1);
        assert_eq!(answer.err.lines().next(), Some(&*format!("Error: {first}")), "{words}: {}", answer.err);
    }
    served.bench.file("hello.yaml", HELLO);
    let other = call("cron create hello.yaml").exits(1).err;
    let last = other.lines().last().unwrap();
    assert!(
        regex::Regex::new(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d No CronWorkflows found in given files$")
            .unwrap()
            .is_match(last),
        "{other}"
    );
    for words in ["wait", "resume --node-field-selector a=b"] {
        let nothing = call(words).exits(0);
        assert_eq!((nothing.out.as_str(), nothing.err.as_str()), ("", ""), "{words}");
    }
    for words in [
        "cron backfill",
        "template",
        "template nosuch",
        "cron",
        "sync",
        "archive",
        "auth",
        "cluster-template",
    ] {
        let help = call(words).exits(0);
        assert!(help.out.contains("Usage:") && help.err.is_empty(), "{words}: {} {}", help.out, help.err);
    }
}

/// OB-398: the same on this machine and for a server.
#[test]
fn a_file_of_parameters_is_read_as_argo_reads_it() {
    let served = Served::start();
    served.bench.file("hello.yaml", HELLO);
    served.bench.file("values.yaml", "message: 010\nflag: yes\nmap: {b: <x>, a: 1e3}\n");
    served.bench.file("list.yaml", "- a\n");
    let wanted = json!([
        { "name": "message", "value": "8" },
        { "name": "flag", "value": "true" },
        { "name": "map", "value": r#"{"a":1000,"b":"\u003cx\u003e"}"# },
    ]);
    let submit = ["submit", "hello.yaml", "--dry-run", "-o", "json", "-f"];
    let there: Value =
        serde_json::from_str(&served.call(&[&submit[..], &["values.yaml"]].concat()).exits(0).out).unwrap();
    assert_eq!(there["spec"]["arguments"]["parameters"], wanted);
    served.bench.call(&["run", "hello.yaml", "-q", "-f", "values.yaml"]).exits(0);
    assert_eq!(served.bench.document("hello")["spec"]["arguments"]["parameters"], wanted);
    let refused = served.call(&[&submit[..], &["list.yaml"]].concat()).exits(1).err;
    let told = "list.yaml:1:1: error[not-a-map]: it is a list, not a map of names to values";
    let help = "help: write one `name: value` on each line";
    assert_eq!(refused, format!("Error: cannot read the parameters: {told}\n  {help}\n"));
    let refused = served.bench.call(&["run", "hello.yaml", "-f", "list.yaml"]).exits(2).err;
    assert_eq!(refused, format!("error: {told}\n{help}\n"));
}

/// CLI-030: what was made before one that fails is told.
#[test]
fn submit_tells_of_each_as_soon_as_it_is_made() {
    let served = Served::start();
    served.bench.file("hello.yaml", HELLO);
    served.bench.file("bad.yaml", &HELLO.replace("entrypoint: main", "entrypoint: man"));
    let told = served.call(&["submit", "hello.yaml", "bad.yaml", "-o", "name"]).exits(1);
    assert_eq!(told.out, "hello\n");
    assert_eq!(
        told.err,
        "Error: failed to submit workflow: rpc error: code = InvalidArgument desc = template name 'man' undefined\n"
    );
}

#[test]
fn templates_and_schedules_are_kept_by_the_server() {
    let served = Served::start();
    let template = HELLO.replace(
        "kind: Workflow\nmetadata: {name: hello}",
        "kind: WorkflowTemplate\nmetadata: {name: shared}",
    );
    served.bench.file("template.yaml", &template);
    served.bench.file("hello.yaml", HELLO);
    let made = served.call(&["template", "create", "template.yaml"]).exits(0).out;
    assert!(made.starts_with("Name:                shared\nNamespace:           team\nCreated:"), "{made}");
    assert_eq!(served.call(&["template", "list", "-o", "name"]).exits(0).out, "shared\n");
    let from = served.call(&[
        "submit",
        "--from",
        "workflowtemplate/shared",
        "--name",
        "made",
        "--wait",
        "-o",
        "name",
    ]);
    assert_eq!(from.exits(0).out, "made\n");
    served.call(&["template", "update", "template.yaml", "-o", "json"]).exits(0);
    let lint = served.call(&["lint", "template.yaml", "hello.yaml"]).exits(0).out;
    assert_eq!(lint, "\x1b[32m✔\x1b[0m no linting errors found!\n");
    served.bench.file("bad.yaml", &HELLO.replace("entrypoint: main", "entrypoint: man"));
    let lint = served.call(&["lint", "-o", "simple", "bad.yaml"]).exits(1).out;
    assert!(
        lint.starts_with("bad.yaml: in \"hello\" (Workflow): rpc error: code = Unknown desc = "),
        "{lint}"
    );
    served.bench.file(
        "nameless.yaml",
        &HELLO.replace("{name: hello}", "{}").replace("entrypoint: main", "entrypoint: man"),
    );
    let lint = served.call(&["lint", "--offline", "-o", "simple", "nameless.yaml"]).exits(1).out;
    assert!(lint.starts_with("nameless.yaml: in \"object #1\" (Workflow): "), "{lint}");
    // Every document has a number that is not empty, be it an object or not.
    let nameless = std::fs::read_to_string(served.bench.folder().join("nameless.yaml")).unwrap();
    served.bench.file("after.yaml", &format!("# a note\n---\n---\na text\n---\n{nameless}"));
    let lint = served.call(&["lint", "--offline", "-o", "simple", "after.yaml"]).exits(1).out;
    assert!(lint.starts_with("after.yaml: in \"object #3\" (Workflow): "), "{lint}");
    served
        .bench
        .file("again.yaml", &std::fs::read_to_string(served.bench.folder().join("template.yaml")).unwrap());
    let twice = served.call(&["lint", "--offline", "template.yaml", "again.yaml"]).exits(1).err;
    assert!(twice.starts_with("Error: duplicate WorkflowTemplate found: \"shared\"\n"), "{twice}");
    let cron = "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: nightly}\nspec:\n  schedules: ['0 3 1 1 *']\n  workflowSpec:\n    workflowTemplateRef: {name: shared}\n";
    served.bench.file("cron.yaml", cron);
    let made = served.call(&["cron", "create", "cron.yaml"]).exits(0).out;
    assert!(made.contains("Schedules:                     0 3 1 1 *\n"), "{made}");
    assert_eq!(
        served.call(&["cron", "suspend", "nightly"]).exits(0).out,
        "CronWorkflow 'nightly' suspended\n"
    );
    let list = served.call(&["cron", "list"]).exits(0).out;
    assert!(list.contains("N/A") && list.trim_end().ends_with("true"), "{list}");
    served.call(&["cron", "delete", "nightly"]).exits(0);
    assert_eq!(
        served.call(&["template", "delete", "shared"]).exits(0).out,
        "WorkflowTemplate 'shared' deleted\n"
    );
    let gone = served.call(&["template", "delete", "shared"]).exits(1);
    assert!(gone.err.contains("workflowtemplates.argoproj.io \"shared\" not found"), "{}", gone.err);
}

#[test]
fn a_server_tells_why_and_who_holds_locks() {
    let served = Served::start();
    let waits = "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: holds}
spec:
  entrypoint: main
  synchronization: {mutexes: [{name: gate}]}
  templates: [{name: main, steps: [[{name: ask, template: ask}]]}, {name: ask, suspend: {}}]
";
    served.bench.file("holds.yaml", waits);
    served.bench.file("wants.yaml", &waits.replace("name: holds", "name: wants"));
    served.call(&["submit", "holds.yaml"]).exits(0);
    wait_until("it asks", || served.call(&["get", "holds", "--no-color"]).out.contains("ask"));
    let why = served.call(&["why", "holds", "ask", "--no-color"]).exits(0).out;
    assert!(why.contains("waits until somebody resumes it"), "{why}");
    let json = served.call(&["why", "holds", "-o", "json"]).exits(0).out;
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["kind"], "Workflow", "{json}");
    served.call(&["submit", "wants.yaml"]).exits(0);
    wait_until("it waits", || served.call(&["locks"]).out.contains("waits"));
    let locks = served.call(&["locks"]).exits(0).out;
    assert!(locks.contains("team/holds holds it") && locks.contains("team/wants waits"), "{locks}");
    let why = served.call(&["why", "wants", "--no-color"]).exits(0).out;
    assert!(why.contains("waited for\n  the lock `team/Mutex/gate`"), "{why}");
    assert!(why.contains("held by\n  team/holds\n"), "{why}");
    // Who waits for a person waits for nobody's lock.
    let why = served.call(&["why", "holds", "--no-color"]).exits(0).out;
    assert!(!why.contains("held by"), "{why}");
    let missing = served.call(&["why", "nosuch"]).exits(1);
    assert!(missing.err.contains("\"nosuch\" not found"), "{}", missing.err);
}

/// PA-206, PA-210, PA-243: the repository of the settings forms the keys of artifacts and logs, and the status tells so.
#[test]
fn the_settings_say_how_artifacts_are_kept() {
    let served = Served::with_settings(
        "artifactRepository:\n  archiveLogs: true\n  s3: {bucket: b, keyFormat: 'team/{{workflow.name}}/{{pod.name}}'}\n",
    );
    let out = served.bench.folder().join("made.txt");
    let manifest = format!(
        "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{name: keeps}}
spec:
  entrypoint: main
  templates:
    - name: main
      container: {{image: busybox, command: [sh, -c, 'echo told; echo kept > {0}']}}
      outputs: {{artifacts: [{{name: made, path: {0}, archive: {{none: {{}}}}}}]}}
",
        out.display()
    );
    served.bench.file("keeps.yaml", &manifest);
    served.call(&["submit", "keeps.yaml", "--wait"]).exits(0);
    let run: Value =
        serde_json::from_str(&served.call(&["get", "keeps", "-o", "json"]).exits(0).out).unwrap();
    let artifacts = run["status"]["nodes"]["keeps"]["outputs"]["artifacts"].as_array().unwrap().clone();
    let keys: Vec<&str> = artifacts.iter().filter_map(|artifact| artifact["s3"]["key"].as_str()).collect();
    assert_eq!(keys, ["team/keeps/keeps/made.txt", "team/keeps/keeps/main.log"], "{artifacts:?}");
    assert_eq!(run["status"]["artifactRepositoryRef"]["default"], true);
    let stored = |key: &str| {
        std::fs::read_to_string(served.bench.state().join("artifacts-of/team").join(key)).unwrap()
    };
    assert_eq!((stored(keys[0]).as_str(), stored(keys[1]).as_str()), ("kept\n", "told\n"));
    let to = served.bench.folder().join("copied");
    served.call(&["cp", "keeps", to.to_str().unwrap(), "--artifact-name", "made"]).exits(0);
}

/// A server that goes away in the middle of a log, and is back with all of it when it is asked again.
fn server_that_restarts() -> String {
    let entry = |second: u32, text: &str| {
        let content = format!("2026-01-01T00:00:0{second}Z {text}");
        format!("data: {} \n\n", json!({ "result": { "podName": "pod", "content": content } }))
    };
    let lines = [entry(1, "one"), entry(2, "same"), entry(2, "same"), entry(3, "last")];
    let asked = AtomicUsize::new(0);
    serve(move |request| match request.contains("/log?") {
        true if asked.fetch_add(1, Ordering::Relaxed) == 0 => lines[..2].concat(),
        true => lines.concat(),
        false => {
            let ended = (asked.load(Ordering::Relaxed) > 1).then_some("2026-01-01T00:00:04Z");
            json!({ "metadata": { "name": "flow" }, "status": { "finishedAt": ended } }).to_string()
        }
    })
}

#[test]
fn a_log_that_is_followed_goes_on_over_a_restart_of_its_server() {
    let bench = Bench::new();
    let call = |more: &[&str]| {
        let words = ["logs", "flow", "-f", "--no-color", "-s", &server_that_restarts(), "--secure=false"];
        bench.call(&[&words[..], more].concat())
    };
    assert_eq!(call(&[]).exits(0).out, "pod: one\npod: same\npod: same\npod: last\n");
    assert_eq!(call(&["--since-time", "2026-01-01T00:00:03Z"]).exits(0).out, "pod: last\n");
    let timed = call(&["--timestamps", "--grep", "o"]).exits(0).out;
    assert!(timed.starts_with("pod: 2026-01-01T00:00:01Z one\n") && timed.lines().count() == 4, "{timed}");
    let cut = call(&["--grep", "o"]).exits(1).err;
    assert_eq!(
        cut,
        "error: the log of `flow` was cut off before the workflow ended: with `--grep` it is not known which lines were \
         printed\nhelp: the same command prints it from the beginning\n"
    );
}

/// A workflow may be large, and a list of thousands tells a line of each: a server is asked for that and nothing else, and
/// what it answers beyond that is not printed (CLI-081).
#[test]
fn a_list_asks_a_server_for_what_it_prints() {
    let asked = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&asked);
    let served = serve(move |request| {
        let target = request.split(' ').nth(1).unwrap_or_default();
        *heard.lock().unwrap() = target
            .split(['?', '&'])
            .find(|part| part.starts_with("fields="))
            .unwrap_or_default()
            .replace("%2C", ",");
        let workflow = json!({
            "metadata": { "name": "flow", "namespace": "team", "creationTimestamp": "2026-01-01T00:00:00Z" },
            "spec": { "priority": 7 },
            "status": {
                "phase": "Failed", "message": "broke", "startedAt": "2026-01-01T00:00:01Z",
                "finishedAt": "2026-01-01T00:00:05Z",
            },
        });
        json!({ "metadata": {}, "items": [workflow] }).to_string()
    });
    let bench = Bench::new();
    let list = |more: &[&str]| {
        let words = ["list", "-s", &served, "--secure=false", "--no-headers"];
        let out = bench.call(&[&words[..], more].concat()).exits(0).out;
        (std::mem::take(&mut *asked.lock().unwrap()), out)
    };
    let table = "fields=metadata,items.metadata.name,items.metadata.namespace,items.metadata.creationTimestamp,\
        items.status.phase,items.status.message,items.status.startedAt,items.status.finishedAt,items.spec.suspend,\
        items.spec.shutdown,items.spec.priority";
    let (fields, out) = list(&[]);
    assert_eq!(fields, table);
    let row: Vec<&str> = out.split_whitespace().collect();
    assert_eq!(
        (row[..2].to_vec(), row[3..].to_vec()),
        (vec!["flow", "Failed"], vec!["4s", "7", "broke"]),
        "{out}"
    );
    assert_eq!(list(&["-A"]).1.split_whitespace().next(), Some("team"));
    let names =
        "fields=metadata,items.metadata.name,items.metadata.creationTimestamp,items.status.finishedAt";
    assert_eq!(list(&["-o", "name"]), (names.to_owned(), "flow\n".to_owned()));
    // Whole documents are printed whole.
    assert_eq!(list(&["-o", "json"]).0, "");
}

/// CLI-011, CLI-020, CLI-023, CLI-034, CLI-045, CLI-116: smaller things that scripts see.
#[test]
fn texts_and_colours_are_argos() {
    let served = Served::start();
    served.bench.file("hello.yaml", HELLO);
    served.call(&["-n", "team", "submit", "hello.yaml", "--wait"]).exits(0);
    assert_eq!(served.call(&["--namespace=team", "list", "-o", "name"]).exits(0).out, "hello\n");
    assert_eq!(served.call(&["-n", "default", "list", "-o", "name"]).exits(0).out, "No workflows found\n");
    // The sum of the letters of `hello` is 532, which leaves 4 of 6.
    let logs = served.call(&["logs", "hello"]).exits(0).out;
    assert!(logs.contains("\u{1b}[36mhello: hi\u{1b}[0m\n"), "{logs:?}");
    let json = served.call(&["get", "hello", "-o", "json"]).exits(0).out;
    assert!(json.starts_with("{\n    \"metadata\": {\n        \"name\": \"hello\",\n"), "{json}");
    let places =
        ["metadata", "spec", "status"].map(|field| json.find(&format!("\n    \"{field}\": ")).unwrap());
    assert!(places.is_sorted(), "{json}");
    let yaml = served.call(&["list", "-o", "yaml"]).exits(0).out;
    assert!(yaml.starts_with("- metadata:\n    annotations:\n") && yaml.ends_with("\n\n"), "{yaml}");
    let line = served.call(&["archive", "get", "hello", "-o", "json"]).exits(0).out;
    assert!(line.starts_with("{\"metadata\":{\"name\":\"hello\"") && line.lines().count() == 1, "{line}");
    // What the archive's other verbs make is printed alike.
    let line = served.call(&["archive", "resubmit", "hello", "-o", "json"]).exits(0).out;
    assert!(line.starts_with("{\"metadata\":{\"name\":\"hello-") && line.lines().count() == 1, "{line}");
    let yaml = served.call(&["archive", "resubmit", "hello", "-o", "yaml"]).exits(0).out;
    assert!(yaml.starts_with("metadata:\n") && yaml.ends_with("\n\n"), "{yaml}");
    for (words, wanted) in [
        (
            ["cp", "nosuch", "o"].as_slice(),
            "failed to get workflow: rpc error: code = NotFound desc = workflows.argoproj.io \"nosuch\" not found",
        ),
        (
            &["cron", "backfill", "c", "--start", "x"],
            "parsing time \"x\" as \"Mon, 02 Jan 2006 15:04:05 MST\": cannot parse \"x\" as \"Mon\"",
        ),
        (&["convert", "nosuch.yaml"], "lstat nosuch.yaml: no such file or directory"),
    ] {
        assert_eq!(served.call(words).exits(1).err, format!("Error: {wanted}\n"), "{words:?}");
    }
    let told = served.call(&["convert"]).exits(1).err;
    assert!(told.starts_with("Error: requires at least 1 arg(s), only received 0\n"), "{told}");
}

/// CLI-022, CLI-027: manifests and files of parameters may lie behind an address.
#[test]
fn manifests_and_parameters_may_lie_on_the_web() {
    let served = Served::start();
    let web = serve(|request| {
        let wants_values = request.starts_with("GET /given.yaml ");
        if wants_values { "message: from the web\n".to_owned() } else { HELLO.to_owned() }
    });
    let (manifest, given) = (format!("http://{web}/hello.yaml"), format!("http://{web}/given.yaml"));
    assert_eq!(served.call(&["submit", &manifest, "-f", &given, "-o", "name"]).exits(0).out, "hello\n");
    let shown = served.call(&["get", "hello", "-o", "json"]).exits(0).out;
    assert!(shown.contains("from the web"), "{shown}");
    let missing = format!("http://{}/api/v1/nosuch.yaml", served.address);
    let told = served.call(&["submit", &missing]).exits(1).err;
    assert!(told.contains("nosuch.yaml`: it answers 501 Not Implemented"), "{told}");
    let shown = served.bench.call(&["run", &manifest, "-f", &given, "-o", "json"]).exits(0).out;
    assert!(shown.contains("from the web"), "{shown}");
}

/// EX-475: a server of ours says that nobody there will take a template.
#[test]
fn who_submits_for_a_plugin_that_is_not_there_is_warned() {
    let served = Served::start();
    let plugin = HELLO.split("  templates:").next().unwrap().to_owned()
        + "  templates: [{name: main, plugin: {hello: {}}}]\n";
    served.bench.file("plugin.yaml", &plugin);
    let told = served.call(&["submit", "plugin.yaml", "-o", "name"]).exits(0);
    assert_eq!(told.out, "hello\n");
    let warned = "warning[no-plugin]: no plugin is there to execute `main`; it will fail\n\
                  help: `plugins` of the server's settings names those that listen\n";
    assert_eq!(told.err, warned);
    served.bench.file("hello.yaml", &HELLO.replace("name: hello", "name: other"));
    assert_eq!(served.call(&["submit", "hello.yaml", "-o", "name"]).exits(0).err, "");
}

/// Where lines are for programs, none is for people: not those of the start, and not those of settings read again.
#[test]
fn a_log_of_json_is_json_from_its_first_line_to_its_last() {
    let bench = Bench::new();
    let settings = bench.file("settings.yaml", "links: [{name: L, url: \"http://here/\", scope: nowhere}]\n");
    let log = bench.folder().join("log");
    let words = ["server", "--port", "0", "--log-format", "json", "--config", settings.to_str().unwrap()];
    let mut child = bench.command(&words).stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
    let said = || std::fs::read_to_string(&log).unwrap();
    wait_until("it serves", || bench.state().join("server.json").exists());
    bench.file("settings.yaml", "server: {port: 4}\n");
    signal(child.id(), "-HUP");
    wait_until("the settings are read again", || said().contains("were read again"));
    bench.file("settings.yaml", "server: 7\n");
    signal(child.id(), "-HUP");
    wait_until("wrong settings are refused", || said().contains("stay as they are"));
    signal(child.id(), "-TERM");
    drop(child.wait());
    let lines: Vec<Value> = said().lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let told = |level: &str, part: &str| {
        lines.iter().any(|line| {
            line["level"] == level && line["message"].as_str().is_some_and(|message| message.contains(part))
        })
    };
    assert!(told("INFO", "tiphys serves http://"), "{lines:#?}");
    assert!(told("WARN", "`nowhere` is shown nowhere"), "{lines:#?}");
    assert!(told("WARN", "`server.port` is another one now"), "{lines:#?}");
    assert!(told("ERROR", "the settings stay as they are"), "{lines:#?}");
}

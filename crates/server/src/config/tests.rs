use super::{Config, Mode, Occasion, Shape, defaults};
use crate::guard::tests::House;
use crate::options::{AuthMode, Options, Tls};
use serde_json::{Value, json};
use std::io::Read as _;
use std::net::SocketAddr;
use tiphys_engine::Frozen;
use tiphys_spec as spec;

#[track_caller]
fn refused(text: &str) -> String {
    Config::parse(text).unwrap_err().to_string()
}

#[test]
fn nothing_is_as_good_as_the_usual() {
    let (config, notices) = Config::parse("# only a remark\n").unwrap();
    assert!(config.links.is_empty() && notices.is_empty());
}

#[test]
fn settings_are_read_and_applied() {
    let text = "
server:
  address: 0.0.0.0
  port: 8443
  authMode: token
  allowedHosts: [flows.example.com]
  tls: { selfSigned: true }
persistence: { archive: false, archiveTTL: 30d }
retentionPolicy: { completed: 10 }
retention: { workflows: 90m }
links:
  - { name: Logs, scope: workflow, url: 'https://logs.example.com' }
notifications:
  - on: [failed, waiting]
    link: https://flows.example.com
    webhook: { url: 'https://hooks.example.com/x', format: dingtalk }
";
    let (config, notices) = Config::parse(text).unwrap();
    assert_eq!(notices, Vec::<String>::new());
    assert_eq!(config.persistence.archive_ttl.unwrap().seconds, 30 * 86_400);
    assert_eq!(config.retention.workflows.unwrap().seconds, 5_400);
    assert_eq!(config.retention_policy.completed, Some(10));
    assert_eq!(config.notifications[0].on, [Occasion::Failed, Occasion::Waiting]);
    assert_eq!(config.notifications[0].webhook.as_ref().unwrap().format, Shape::Dingtalk);
    assert_eq!(config.server.auth_mode, Some(Mode::Token));
    let mut options = Options::new("state", SocketAddr::from(([127, 0, 0, 1], 2746)));
    config.apply(&mut options);
    assert_eq!(options.address, SocketAddr::from(([0, 0, 0, 0], 8443)));
    assert_eq!((options.auth, options.archive), (AuthMode::Token, false));
    assert_eq!(options.tls, Some(Tls::SelfSigned));
    assert_eq!(options.allowed_hosts, ["flows.example.com"]);
    assert_eq!(options.links[0].name, "Logs");
}

#[test]
fn unknown_keys_are_refused_with_a_suggestion() {
    assert_eq!(
        refused("links: []\nretentionPolicies:\n  completed: 1\n"),
        "line 2: `retentionPolicies` is not known: did you mean `retentionPolicy`?"
    );
    assert_eq!(
        refused("server:\n  prot: 1\n  adress: ::1\n"),
        "line 2: `server.prot` is not known: did you mean `port`?\n\
         line 3: `server.adress` is not known: did you mean `address`?"
    );
    assert_eq!(
        refused("retention: { zebra: 1d }\n"),
        "`retention.zebra` is not known: there are workflows, logs, archive, artifacts, memoized"
    );
}

#[test]
fn wrong_values_are_refused_with_the_reason() {
    assert_eq!(
        refused("server: { port: many }\nretention:\n  archive: 1d\n  workflows: soon\n"),
        "`server.port`: invalid type: string \"many\", expected u16\n\
         line 4: `retention.workflows`: `soon` is no length of time: write `90m`, `12h` or `30d`"
    );
    assert!(refused("server: 7").contains("server: must be a map"));
    assert!(refused("links: {}").contains("links: must be a list"));
    assert!(refused("server: { authMode: sso }").contains("unknown variant `sso`"));
    assert!(refused("server: { tls: { key: a } }").contains("give `certificate` and `key`"));
    assert!(refused("notifications: [{ on: [failed] }]").contains("say where to"));
    assert!(refused("notifications: [{ webhook: { url: x } }]").contains("`x` is no address"));
    assert!(refused("a: [").len() > 3);
}

/// OB-413, API-274: what would break later is refused at once.
#[test]
fn everything_wrong_is_told_together() {
    let text = "
zebra: 1
retention:
  logs: abc
notifications:
  - on: [foo, failed]
    webhook: { url: 'https://x', format: slak, template: '{\"t\": \"{{run}} {{name}}\"}' }
";
    let wrong = refused(text);
    assert!(wrong.contains("line 2: `zebra` is not known"), "{wrong}");
    assert!(wrong.contains("line 4: `retention.logs`: `abc` is no length of time"), "{wrong}");
    assert!(wrong.contains("line 6: `notifications[0].on[0]`: unknown variant `foo`"), "{wrong}");
    assert!(wrong.contains("`notifications[0].webhook.format`: unknown variant `slak`"), "{wrong}");
    assert_eq!(wrong.lines().count(), 4, "{wrong}");
    let mended =
        text.replace("zebra: 1", "").replace("abc", "1d").replace("foo, ", "").replace("slak", "slack");
    assert_eq!(
        refused(&mended),
        "notifications[0].webhook.template: `{{run}}` is not known: there are name, namespace, phase, message, text, link"
    );
    let (_, notices) =
        Config::parse("notifications: [{ link: x, webhook: { url: '${TIPHYS_NO_SUCH}' } }]").unwrap();
    assert!(notices[0].contains("there is no `TIPHYS_NO_SUCH` in the environment here"), "{notices:?}");
}

#[test]
fn what_would_break_later_is_refused_at_once() {
    let wrong = refused("workflowDefaults: { spec: { parallelism: x, entrypont: main } }");
    assert!(wrong.contains("workflowDefaults.spec.parallelism: "), "{wrong}");
    assert!(wrong.contains("entrypont") && wrong.contains("entrypoint"), "{wrong}");
    assert!(refused("workflowDefaults: [spec]").contains("workflowDefaults: must be a map"));
    assert_eq!(
        refused("links: [{ name: x, scope: pod, url: 'javascript:alert(1)' }]"),
        "links[0].url: `javascript:alert(1)` must begin with http:// or https://"
    );
    let (_, notices) = Config::parse("links: [{ name: x, scope: nonsense, url: 'https://x' }]").unwrap();
    assert!(notices[0].contains("`nonsense` is shown nowhere: there are workflow, pod"), "{notices:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiphys.yaml");
    let text = "server: { tls: { certificate: /nowhere/c.pem, key: /nowhere/k.pem } }\nsecrets: [{ name: s, file: /nowhere }]";
    std::fs::write(&file, text).unwrap();
    let wrong = Config::read(&file).unwrap_err().to_string();
    assert!(wrong.contains("server.tls.certificate: cannot read /nowhere/c.pem: "), "{wrong}");
    assert!(wrong.contains("server.tls.key: cannot read /nowhere/k.pem: "), "{wrong}");
}

/// OB-417, K8S-179.
#[test]
fn what_images_would_have_contributed_counts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiphys.yaml");
    std::fs::write(folder.path().join("tool"), "").unwrap();
    let list = "images: [{ match: 'example.org/tool:*', entrypoint: [/tool], files: [{ path: /tool, from: tool }] }]";
    std::fs::write(&file, list).unwrap();
    let (config, notices) = Config::read(&file).unwrap();
    assert!(notices.is_empty(), "{notices:?}");
    let mut options = Options::new("state", SocketAddr::from(([127, 0, 0, 1], 2746)));
    config.apply(&mut options);
    let image = options.place.images.find("example.org/tool:1").unwrap();
    assert_eq!(
        (image.entrypoint.len(), &image.files[0].from),
        (1, &folder.path().canonicalize().unwrap().join("tool"))
    );
    let argo = Config::parse("images: { 'example.org/a:v1': { cmd: [sh] } }").unwrap().0;
    argo.apply(&mut options);
    assert_eq!(options.place.images.find("example.org/a:v1").unwrap().cmd, ["sh"]);
    assert!(refused("images: { a: { comand: [sh] } }").starts_with("images: `a`: unknown field `comand`"));
}

#[test]
fn what_counts_only_after_a_start_is_told() {
    let read = |text: &str| Config::parse(text).unwrap().0;
    let (old, new) = (
        read("server: { port: 1, jobs: 2 }\nparallelism: 1"),
        read("server: { port: 2, jobs: 2, authMode: none }\nparallelism: 3"),
    );
    assert_eq!(new.needs_start(&old), ["server.port", "server.authMode"]);
    assert!(new.needs_start(&new).is_empty());
}

/// K8S-160 to K8S-178: a file of Argo's controller is read; what means nothing here is told.
#[test]
fn settings_of_argo_are_taken() {
    let map = "
apiVersion: v1
kind: ConfigMap
metadata: { name: workflow-controller-configmap }
data:
  parallelism: \"10\"
  executor: |
    resources: { requests: { cpu: 100m } }
  artifactRepository: |
    archiveLogs: true
    s3: { bucket: my-bucket }
  persistence: |
    archive: true
    nodeStatusOffLoad: true
  metricsConfig: |
    metricsTTL: 10m
";
    let (config, notices) = Config::parse(map).unwrap();
    assert!(config.artifact_repository.archive_logs);
    assert_eq!(config.persistence.archive, Some(true));
    assert_eq!(config.metrics_config.metrics_ttl.map(|length| length.seconds), Some(600));
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(notices.iter().any(|notice| notice.contains("`executor` has no effect here")), "{notices:?}");
    assert_eq!(config.parallelism, 10);
    let whole = "kind: ConfigMap\ndata:\n  config: |\n    links: []\n    navColor: red\n";
    assert_eq!(Config::parse(whole).unwrap().0.nav_color, "red");
    assert!(
        refused("kind: ConfigMap\ndata: { config: 'a: 1', links: '[]' }").contains("cannot stand beside")
    );
}

/// OB-413: the workflow counts before the template, and the template before the defaults.
#[test]
fn defaults_lie_under_everything() {
    let text = "
workflowDefaults:
  metadata: { labels: { team: red, own: low } }
  spec: { activeDeadlineSeconds: 60, parallelism: 3, ttlStrategy: { secondsAfterCompletion: 5 } }
";
    let config = Config::parse(text).unwrap().0;
    let workflow = json!({
        "metadata": { "name": "w", "labels": { "own": "high" } },
        "spec": { "workflowTemplateRef": { "name": "t" }, "parallelism": 1 },
    });
    let template =
        json!({ "metadata": { "name": "t" }, "spec": { "activeDeadlineSeconds": 7, "entrypoint": "m" } });
    let mut frozen = Frozen {
        workflow: serde_json::from_value(workflow).unwrap(),
        templates: vec![serde_json::from_value(template).unwrap()],
        ..Frozen::default()
    };
    defaults::apply(&config, &mut frozen).unwrap();
    let (effective, _) = tiphys_engine::compile::effective(&frozen).unwrap();
    let spec = serde_json::to_value(&effective.spec).unwrap();
    assert_eq!(
        (
            &spec["parallelism"],
            &spec["activeDeadlineSeconds"],
            &spec["ttlStrategy"]["secondsAfterCompletion"]
        ),
        (&json!(1), &json!(7), &json!(5))
    );
    assert_eq!(frozen.workflow.metadata.labels["own"], "high");
    assert_eq!(frozen.workflow.metadata.labels["team"], "red");
}

/// OB-415, PA-206, PA-228, PA-241: the last resort, where no ConfigMap names a repository.
#[test]
fn the_repository_of_the_settings_forms_keys() {
    let (config, notices) =
        Config::parse("artifactRepository: { s3: { bucket: b, keyFormat: 'runs/{{workflow.name}}' } }")
            .unwrap();
    assert_eq!(
        notices,
        [
            "`artifactRepository.s3`: artifacts have its keys and lie in the local store until its driver is here"
        ]
    );
    let mut frozen = Frozen::default();
    let spec = spec::WorkflowSpec::default();
    defaults::apply(&config, &mut frozen).unwrap();
    let found = tiphys_engine::repository::find(&frozen, &spec).unwrap();
    assert_eq!(found.store(), Some(("s3", "the settings".to_owned())));
    let shown = found.shown;
    assert_eq!(shown["default"], true);
    assert_eq!(shown["artifactRepository"]["s3"]["keyFormat"], "runs/{{workflow.name}}");
    // One in a ConfigMap comes first.
    let map = json!({
        "metadata": {
            "name": "artifact-repositories",
            "annotations": { "workflows.argoproj.io/default-artifact-repository": "k" },
        },
        "data": { "k": "gcs: { bucket: g }" },
    });
    frozen.config_maps.push(serde_json::from_value(map).unwrap());
    let found = tiphys_engine::repository::find(&frozen, &spec).unwrap();
    assert_eq!(found.store(), Some(("gcs", "artifact-repositories#k".to_owned())));
    let broken = refused("artifactRepository: { s3: { keyFormat: 'a/{{workflow.name' } }");
    assert!(broken.starts_with("artifactRepository: "), "{broken}");
}

/// EX-097, OB-414.
#[test]
fn restrictions_let_only_references_through() {
    let config = Config::parse("workflowRestrictions: { templateReferencing: Strict }").unwrap().0;
    let judge = |spec: serde_json::Value| {
        defaults::restrict(&config, &json!({ "spec": spec })).map_err(|fault| fault.message)
    };
    assert!(
        judge(json!({ "entrypoint": "a" }))
            .unwrap_err()
            .starts_with("workflows must use workflowTemplateRef")
    );
    assert_eq!(
        judge(json!({ "workflowTemplateRef": { "name": "t" }, "arguments": {}, "priority": 1 })),
        Ok(())
    );
    let refused = judge(json!({ "workflowTemplateRef": { "name": "t" }, "hostNetwork": true }));
    assert!(refused.unwrap_err().starts_with("`spec.hostNetwork` belongs to the template here"));
}

#[test]
fn secrets_come_from_files_and_from_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), b"from a file").unwrap();
    std::fs::create_dir(folder.path().join("..data")).unwrap();
    let text = format!(
        "secrets:\n- {{ name: db, namespaces: [here], file: {}, env: {{ path: PATH }} }}\n",
        folder.path().display()
    );
    let config = Config::parse(&text).unwrap().0;
    let source = defaults::secrets(&config, "here").next().unwrap();
    let found = defaults::secret(source, "here").unwrap();
    assert_eq!(found.bytes("token").unwrap(), b"from a file");
    assert_eq!(found.bytes("path").unwrap(), std::env::var("PATH").unwrap().as_bytes());
    assert_eq!(defaults::secrets(&config, "there").count(), 0);
    let (missing, notices) = Config::parse("secrets: [{ name: db, env: { a: TIPHYS_NO_SUCH } }]").unwrap();
    assert_eq!(
        defaults::secret(&missing.secrets[0], "here").unwrap_err().message,
        "secret `db` takes `a` from the environment, which has no `TIPHYS_NO_SUCH`"
    );
    assert!(notices[0].starts_with("secrets[0].env: there is no `TIPHYS_NO_SUCH` in the environment"));
    assert!(refused("secrets: [{ name: db }]").contains("`file` or `env`"));
}

/// A secret that cannot be read is a trouble of those who use it.
#[test]
fn only_secrets_that_are_used_have_to_be_there() {
    let house = House::new(|options| {
        options.auth = AuthMode::None;
        let text = "secrets: [{ name: good, env: { p: PATH } }, { name: gone, env: { a: TIPHYS_NO_SUCH } }]";
        options.settings = Config::parse(text).unwrap().0;
    });
    let submit = |secret: &str, key: &str| {
        let key = json!({ "name": "V", "valueFrom": { "secretKeyRef": { "name": secret, "key": key } } });
        let body = json!({ "workflow": {
            "metadata": { "generateName": "uses-" },
            "spec": { "entrypoint": "main", "templates": [{
                "name": "main",
                "container": { "image": "busybox", "command": ["true"], "env": [key] },
            }] },
        } });
        let json = [("content-type", "application/json")];
        let answer = house.send("POST", "/api/v1/workflows/here", &json, &body.to_string());
        (answer.status().as_u16(), house.text(answer))
    };
    assert_eq!(submit("good", "p").0, 200);
    assert_eq!(submit("{{workflow.name}}", "p").0, 200, "it may be any, but not this one");
    let (status, text) = submit("gone", "a");
    assert_eq!(status, 500);
    assert!(text.contains("takes `a` from the environment, which has no `TIPHYS_NO_SUCH`"), "{text}");
}

/// EX-475, EX-478: plugins of the settings take templates of every run, and are shown their token.
#[test]
fn plugins_are_named_in_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "for the plugin\n").unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!(
        "plugins: [{{ name: hello, address: 'http://{}', token: token }}]",
        listener.local_addr().unwrap()
    );
    let file = folder.path().join("settings.yaml");
    std::fs::write(&file, text).unwrap();
    let (config, notices) = Config::read(&file).unwrap();
    assert_eq!(notices, Vec::<String>::new());
    let house = House::new(|options| {
        options.auth = AuthMode::None;
        config.apply(options);
    });
    let body = json!({ "workflow": {
        "metadata": { "name": "plugged" },
        "spec": { "entrypoint": "main", "templates": [{ "name": "main", "plugin": { "hello": {} } }] },
    } });
    let json = [("content-type", "application/json")];
    assert_eq!(house.status("POST", "/api/v1/workflows/here", &json, &body.to_string()), 200);
    let (mut stream, _) = listener.accept().unwrap();
    let asked = request(&mut stream);
    assert!(asked.starts_with("POST /api/v1/template.execute "), "{asked}");
    assert!(asked.to_lowercase().contains("\r\nauthorization: bearer for the plugin\r\n"), "{asked}");
}

/// The head of a request.
fn request(stream: &mut std::net::TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn what_is_wrong_with_plugins_is_told() {
    assert!(refused("plugins: [{ name: hello }]").starts_with("plugins[0]: `name` is needed, and `address`"));
    assert!(refused("plugins: [{ address: 'http://x' }]").starts_with("plugins[0]: `name` is needed"));
    assert!(refused("plugins: [{ name: hello, adress: x }]").contains("did you mean `address`?"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.yaml");
    std::fs::write(&file, "plugins: [{ name: hello, address: 'http://localhost:4355', token: gone }]")
        .unwrap();
    let error = Config::read(&file).unwrap_err().to_string();
    assert!(error.contains("plugins[0].token: cannot read "), "{error}");
    let new = Config::parse("plugins: [{ name: hello, address: 'http://localhost:4355' }]").unwrap().0;
    assert_eq!(new.needs_start(&Config::default()), ["plugins"]);
}

/// EX-060, EX-080 to EX-082, OB-411: who waits for a place says why, and the most urgent one is next.
#[test]
fn runs_wait_for_a_place_and_say_why() {
    let house = House::new(|options| {
        options.auth = AuthMode::None;
        options.settings = Config::parse("parallelism: 1").unwrap().0;
    });
    let json = [("content-type", "application/json")];
    let create = |name: &str, priority: i64| {
        let spec = json!({
            "entrypoint": "main", "priority": priority, "templates": [{ "name": "main", "suspend": {} }]
        });
        let body = json!({ "workflow": { "metadata": { "name": name }, "spec": spec } }).to_string();
        let made = house.send("POST", "/api/v1/workflows/here", &json, &body);
        assert_eq!(made.status().as_u16(), 200, "{}", house.text(made));
    };
    let end = |name: &str| {
        let path = format!("/api/v1/workflows/here/{name}/terminate");
        assert_eq!(house.status("PUT", &path, &json, "{}"), 200);
    };
    let status = |name: &str| {
        let found = house.send("GET", &format!("/api/v1/workflows/here/{name}"), &[], "");
        serde_json::from_str::<Value>(&house.text(found)).unwrap()["status"].clone()
    };
    let until = |name: &str, phase: &str| {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while status(name)["phase"] != phase {
            assert!(std::time::Instant::now() < end, "{name} does not become {phase}: {}", status(name));
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    for (name, priority) in [("first", 0), ("low", 0), ("gone", 0), ("high", 5)] {
        create(name, priority);
    }
    until("first", "Running");
    let waits = status("low");
    assert_eq!(waits["phase"], "Pending");
    let why = "Workflow processing has been postponed because too many workflows are already running";
    assert_eq!(waits["message"], why);
    assert_eq!(waits["startedAt"], Value::Null);
    // Told in full: who goes on, and whose turn it is before.
    let asked = |name: &str| {
        let found = house.send("GET", &format!("/api/tiphys/v1/runs/here/{name}/why"), &[], "");
        serde_json::from_str::<Value>(&house.text(found)).unwrap()["answer"].clone()
    };
    let low = asked("low");
    assert_eq!(
        low["because"],
        "it waits for a place: as many runs go on as the server's settings let; all 1 of them are taken, and one comes \
         before it"
    );
    assert_eq!(low["takenBy"], json!(["here/first"]));
    assert!(asked("high")["because"].as_str().unwrap().ends_with(", and it is the next"));
    // One that is to end does not wait for that.
    end("gone");
    until("gone", "Failed");
    assert_eq!(status("gone")["message"], "Stopped with strategy 'Terminate'");
    end("first");
    until("high", "Running");
    assert!(status("high").get("message").is_none(), "{}", status("high"));
    assert_eq!(status("low")["phase"], "Pending");
    // Other settings, and a namespace that says otherwise.
    house.world.set_settings(Config::parse("namespaceParallelism: 1").unwrap().0);
    assert_eq!(status("low")["phase"], "Pending");
    let here = json!({ "metadata": {
        "name": "here", "labels": { "workflows.argoproj.io/parallelism-limit": "2" }
    } });
    house.world.put("Namespace", "", "here", &here, None).unwrap();
    until("low", "Running");
}

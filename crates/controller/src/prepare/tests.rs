//! What becomes of a template on this machine, each test with the rules it shows.

use super::*;
use serde_json::json;
use tiphys_engine::workflow::{Attempt, NodeIx};
use tiphys_engine::{Frozen, compile};
use tiphys_runner::step::Archive;

/// The request for the only step of a workflow, `demo`, whose spec and template say so much.
fn prepared(spec: Value, template: Value, place: &Place) -> Result<StepRequest, String> {
    let mut workflow = json!({ "metadata": { "name": "demo" }, "spec": spec });
    let mut template = template;
    template["name"] = json!("main");
    workflow["spec"]["entrypoint"] = json!("main");
    workflow["spec"]["templates"] = json!([template.clone()]);
    let frozen = Frozen { workflow: serde_json::from_value(workflow).unwrap(), ..Frozen::default() };
    let plan = compile(&frozen).unwrap();
    let template: spec::Template = serde_json::from_value(template).unwrap();
    let own = template.archive_location.as_ref().map_or("", |location| location.key());
    let pod = Pod {
        location_key: if own.is_empty() { "demo/demo-main-1" } else { own }.to_owned(),
        attempt: Attempt { node: NodeIx(0), generation: 0 },
        node_id: "demo".into(),
        node_name: "demo".into(),
        pod_name: "demo-main-1".into(),
        artifacts: template.inputs.artifacts.clone(),
        volumes: plan.workflow.spec.volumes.clone(),
        workflow_patch: plan.workflow.spec.pod_spec_patch.clone(),
        template,
        wants_result: false,
        on_exit: false,
        time_left_us: None,
        is_time_of_tries: false,
    };
    step(&plan, &pod, place, AttemptId("uid/demo.0.0".into())).map_err(Unfit::text)
}

fn container() -> Value {
    json!({ "image": "any", "command": ["work"] })
}

/// The key of the only output artifact of a step.
fn key(artifact: Value) -> Result<(String, Archive), String> {
    let template = json!({ "container": container(), "outputs": { "artifacts": [artifact] } });
    let wanted = prepared(json!({}), template, &Place::default())?.outputs.artifacts.remove(0);
    assert_eq!(wanted.to, None);
    Ok((wanted.key, wanted.archive))
}

/// PA-129, PA-204, PA-205, PA-206, PA-222 to PA-227: the artifact's own key exactly, or a name below the pod's.
#[test]
fn outputs_have_keys() {
    let tar = Archive::Tar { level: None };
    let check = |fields: Value, expected: &str, archive: Archive| {
        let mut artifact = json!({ "name": "out", "path": "/d/file.txt" });
        artifact.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert_eq!(key(artifact), Ok((expected.to_owned(), archive)), "{fields}");
    };
    check(json!({}), "demo/demo-main-1/out.tgz", tar);
    check(json!({ "archive": { "none": {} } }), "demo/demo-main-1/file.txt", Archive::None);
    check(
        json!({ "archive": { "none": {} }, "path": "/d/folder/" }),
        "demo/demo-main-1/folder",
        Archive::None,
    );
    check(json!({ "archive": { "zip": {} } }), "demo/demo-main-1/out.zip", Archive::Zip);
    let level = Archive::Tar { level: Some(0) };
    check(json!({ "archive": { "tar": { "compressionLevel": 0 } } }), "demo/demo-main-1/out.tgz", level);
    check(json!({ "s3": { "key": "results/x" } }), "results/x", tar);
    check(json!({ "gcs": { "key": "/x.txt" }, "archive": { "none": {} } }), "x.txt", Archive::None);
}

/// OB-127, OB-532, EX-383: a template's security context, as its patch leaves it, takes the place of the workflow's; a
/// container's goes before both.
#[test]
fn who_a_container_runs_as() {
    let users = |spec: Value, mut template: Value, container: Value| {
        template["container"] = json!({ "image": "any", "command": ["work"], "securityContext": container });
        let security = prepared(spec, template, &Place::default()).unwrap().containers[0].security;
        (security.run_as_user, security.run_as_group, security.read_only_root)
    };
    let workflow = json!({ "securityContext": { "runAsUser": 5, "runAsGroup": 6 } });
    assert_eq!(users(workflow.clone(), json!({}), json!({})), (Some(5), Some(6), false));
    let template = json!({ "securityContext": { "runAsUser": 7 } });
    assert_eq!(users(workflow.clone(), template.clone(), json!({})), (Some(7), None, false));
    let container = json!({ "runAsUser": 9, "readOnlyRootFilesystem": true });
    assert_eq!(users(workflow.clone(), template, container), (Some(9), None, true));
    let patch = json!({ "podSpecPatch": "securityContext:\n  runAsUser: 8" });
    assert_eq!(users(workflow, patch, json!({})), (Some(8), Some(6), false));
}

#[test]
fn a_host_path_is_there_or_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { allow_host_path: true, artifacts: "/state/artifacts".into(), ..Place::default() };
    let step = |path: &std::path::Path, kind: &str| {
        let container = json!({
            "image": "any", "command": ["work"], "volumeMounts": [{ "name": "v", "mountPath": "/v" }]
        });
        let volume = json!({ "name": "v", "hostPath": { "path": path, "type": kind } });
        prepared(json!({}), json!({ "container": container, "volumes": [volume] }), &place).map(drop)
    };
    let new = folder.path().join("a/b");
    assert!(step(&new, "").unwrap_err().contains("there is no hostPath"));
    step(&new, "DirectoryOrCreate").unwrap();
    assert!(new.is_dir());
    step(&new.join("file"), "FileOrCreate").unwrap();
    assert!(new.join("file").is_file());
    assert!(step("/".as_ref(), "Directory").unwrap_err().contains("would show the state folder"));
}

/// PA-246: a key of the template's `archiveLocation` takes the place of the pod's. OB-513, PA-210, PA-230, EX-504, OB-538: where logs go,
/// and who decides: a repository that archives them, else the template, else the workflow.
#[test]
fn logs_are_archived_below_the_template() {
    let keys = |spec: Value, location: Value, place: &Place| {
        let outputs = json!({ "artifacts": [{ "name": "out", "path": "/x" }] });
        let template = json!({ "container": container(), "outputs": outputs, "archiveLocation": location });
        let outputs = prepared(spec, template, place).unwrap().outputs;
        (outputs.artifacts[0].key.clone(), outputs.logs.first().map(|log| log.key.clone()))
    };
    let place = Place::default();
    let log = |key: &str| Some(key.to_owned());
    let own = json!({ "s3": { "key": "mine" }, "archiveLogs": true });
    assert_eq!(keys(json!({}), own, &place), ("mine/out.tgz".into(), log("mine/main.log")));
    let whole = |spec: Value, location: Value, place: &Place| keys(spec, location, place).1;
    assert_eq!(whole(json!({}), Value::Null, &place), None);
    assert_eq!(whole(json!({ "archiveLogs": true }), Value::Null, &place), log("demo/demo-main-1/main.log"));
    assert_eq!(whole(json!({ "archiveLogs": true }), json!({ "archiveLogs": false }), &place), None);
    let forced = Place { archive_logs: true, ..Place::default() };
    assert!(whole(json!({ "archiveLogs": false }), json!({ "archiveLogs": false }), &forced).is_some());
}

/// PA-161, PA-162, PA-164: keys alone belong to the local store, web servers take files, other stores are refused.
#[test]
fn artifacts_come_from_and_go_to_where_they_say() {
    let refused = |location: Value| {
        let mut artifact = json!({ "name": "out", "path": "/x" });
        artifact.as_object_mut().unwrap().extend(location.as_object().unwrap().clone());
        key(artifact).unwrap_err()
    };
    let foreign = json!({ "endpoint": "e", "bucket": "b", "key": "k" });
    assert!(refused(json!({ "s3": foreign })).contains("driver `s3` is not supported yet"));

    let outputs = json!({ "artifacts": [{ "name": "out", "path": "/x", "http": { "url": "http://h/x" } }] });
    let wanted = |outputs: Value| {
        let template = json!({ "container": container(), "outputs": outputs });
        prepared(json!({}), template, &Place::default()).unwrap().outputs.artifacts.remove(0)
    };
    assert_eq!(wanted(outputs).to.unwrap().url, "http://h/x");
    for (location, told) in [
        (json!({ "raw": { "data": "x" } }), "Raw output artifacts unsupported"),
        (json!({ "git": { "repo": "r" } }), "git output artifacts unsupported"),
    ] {
        let mut artifact = json!({ "name": "out", "path": "/x" });
        artifact.as_object_mut().unwrap().extend(location.as_object().unwrap().clone());
        assert_eq!(wanted(json!({ "artifacts": [artifact] })).refused.as_deref(), Some(told));
    }

    let source = |location: Value| {
        let mut artifact = json!({ "name": "in", "path": "/x" });
        artifact.as_object_mut().unwrap().extend(location.as_object().unwrap().clone());
        let template = json!({ "container": container(), "inputs": { "artifacts": [artifact] } });
        prepared(json!({}), template, &Place::default()).map(|mut step| step.inputs.remove(0).source)
    };
    use tiphys_runner::step::ArtifactSource::{Git, Raw, Store, Web};
    assert_eq!(source(json!({ "s3": { "key": "a/b" } })), Ok(Store { key: "a/b".into() }));
    assert_eq!(source(json!({ "raw": { "data": "x" } })), Ok(Raw { data: b"x".to_vec() }));
    assert!(matches!(source(json!({ "http": { "url": "u" } })), Ok(Web(web)) if web.url == "u"));
    assert!(matches!(source(json!({ "git": { "repo": "r" } })), Ok(Git(git)) if git.repo == "r"));
    assert!(source(json!({ "s3": foreign })).unwrap_err().contains("artifact 'in'"));
    // PA-160: of several the first of Argo's order.
    assert!(matches!(source(json!({ "git": { "repo": "r" }, "s3": { "key": "k" } })), Ok(Git(_))));
}

/// EX-381: without a command the image's entrypoint, and its arguments only if there are none.
/// OB-417.
#[test]
fn images_bring_commands() {
    let folder = std::env::temp_dir().join(format!("tiphys-images-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("map.yaml");
    std::fs::write(
        &file,
        "images: [{match: known, entrypoint: [enter], cmd: [by, default]}, {match: plain, cmd: [python3]}]",
    )
    .unwrap();
    let mut place = Place::default();
    place.images.load(&file).unwrap();
    let command = |container: Value| {
        prepared(json!({}), json!({ "container": container }), &place).map(|step| {
            let main = &step.containers[0];
            [main.command.clone(), main.args.clone()].concat().join(" ")
        })
    };
    assert_eq!(command(json!({ "image": "known" })), Ok("enter by default".into()));
    assert_eq!(command(json!({ "image": "known", "args": ["a"] })), Ok("enter a".into()));
    assert_eq!(command(json!({ "image": "known", "command": ["own"] })), Ok("own".into()));
    assert_eq!(command(json!({ "image": "plain", "args": ["echo", "-n"] })), Ok("echo -n".into()));
    assert_eq!(command(json!({ "image": "plain", "args": ["-c", "1"] })), Ok("python3 -c 1".into()));
    let error = command(json!({ "image": "unknown" })).unwrap_err();
    assert!(
        error.starts_with("failed to look-up entrypoint/cmd for image \"unknown\", you must either"),
        "{error}"
    );
    std::fs::remove_dir_all(folder).unwrap();
}

/// Containers of a set may have the same image, and images the same file; two files for one path are told.
#[test]
fn images_share_the_files_of_a_step() {
    let mut place = Place::default();
    for (image, from) in [("one", "/bin/true"), ("two", "/bin/true"), ("three", "/bin/false")] {
        let entry =
            json!({ "match": image, "cmd": ["tool"], "files": [{ "path": "/bin/tool", "from": from }] });
        place.images.add(&json!([entry]), std::path::Path::new("/")).unwrap();
    }
    let set = |images: [&str; 3]| {
        let containers: Vec<Value> = images
            .iter()
            .enumerate()
            .map(|(ix, image)| json!({ "name": format!("c{ix}"), "image": image }))
            .collect();
        prepared(json!({}), json!({ "containerSet": { "containers": containers } }), &place)
    };
    assert_eq!(set(["one", "one", "two"]).unwrap().files.len(), 1);
    let told = set(["one", "two", "three"]).unwrap_err();
    assert!(
        told.starts_with("the image map brings two files to `/bin/tool`, `/bin/true` and `/bin/false`"),
        "{told}"
    );
}

/// OB-511, OB-512, OB-523, OB-535, EX-385: containers, scripts and container sets alike have volumes, sidecars, init
/// containers and patches; the workflow's patch lies under the template's.
#[test]
fn all_kinds_of_pods_are_dressed() {
    let mounts = json!([{ "name": "v", "mountPath": "/v" }]);
    let body = json!({ "image": "any", "command": ["work"], "volumeMounts": mounts });
    let mut member = body.clone();
    member["name"] = json!("main");
    for (kind, body) in [
        ("container", body.clone()),
        ("script", body.clone()),
        ("containerSet", json!({ "containers": [member] })),
    ] {
        let helper = |name: &str| json!([{ "name": name, "image": "any", "command": ["help"] }]);
        let patch = "containers: [{name: main, workingDir: /template, env: [{name: A, value: template}]}]";
        let template = json!({
            kind: body,
            "volumes": [{ "name": "v", "emptyDir": {} }],
            "sidecars": helper("side"),
            "initContainers": helper("before"),
            "podSpecPatch": patch,
        });
        let spec =
            json!({ "podSpecPatch": "containers: [{name: main, workingDir: /workflow, args: [patched]}]" });
        let step = prepared(spec, template, &Place::default()).unwrap();
        let roles: Vec<(&str, Role)> =
            step.containers.iter().map(|one| (one.name.as_str(), one.role)).collect();
        assert_eq!(roles, [("before", Role::Init), ("main", Role::Main), ("side", Role::Sidecar)], "{kind}");
        let main = &step.containers[1];
        assert_eq!(
            (main.working_dir.as_deref(), &main.args[..]),
            (Some("/template"), &["patched".to_owned()][..])
        );
        assert!(main.env.contains(&("A".into(), "template".into())), "{kind}");
        assert_eq!((main.volume_mounts[0].name.as_str(), step.volumes[0].name.as_str()), ("v", "v"));
    }
}

/// PA-260: a claim template is the claim `<workflow>-<name>`; mounts name it as the template does.
#[test]
fn claims_are_the_workflows_own() {
    let spec = json!({ "volumeClaimTemplates": [{ "metadata": { "name": "work" }, "spec": {} }] });
    let body =
        json!({ "image": "any", "command": ["x"], "volumeMounts": [{ "name": "work", "mountPath": "/w" }] });
    let place = Place { claims: "/claims".into(), ..Place::default() };
    let step = prepared(spec, json!({ "container": body }), &place).unwrap();
    let VolumeSource::Folder { path } = &step.volumes[0].source else { panic!("{:?}", step.volumes) };
    assert!(path.starts_with("/claims") && path.ends_with("demo-work"), "{path:?}");
}

/// EX-231, EX-627: so many more starts as the set says, after a pause.
#[test]
fn members_of_a_set_are_started_again() {
    let read = |strategy: Value| again(&json!({ "retryStrategy": strategy }));
    let ten = Some(Again { times: 10, pause_ms: 30_000 });
    assert_eq!(read(json!({ "retries": "10", "duration": "30s" })), Ok(ten));
    assert_eq!(read(json!({ "retries": 0 })), Ok(Some(Again { times: 0, pause_ms: 0 })));
    assert_eq!(again(&json!({})), Ok(None));
    assert!(read(json!({ "retries": 1, "duration": "-1s" })).unwrap_err().ends_with("`-1s` is negative"));
    assert!(read(json!({ "retries": "many" })).unwrap_err().ends_with("`many` is no count"));
    // What cannot be read is told by the members themselves, when they are to begin (EX-409).
    let set = json!({ "retryStrategy": { "retries": 1, "duration": "1x" }, "containers": [
        { "name": "a", "image": "i", "command": ["true"] },
    ] });
    let step = prepared(json!({}), json!({ "containerSet": set }), &Place::default()).unwrap();
    let told = "failed to get retry strategy: time: unknown unit \"x\" in duration \"1x\"";
    assert_eq!(step.containers[0].refused.as_deref(), Some(told));
}

/// EX-504: a repository that archives logs has them archived, whatever the documents say.
#[test]
fn repositories_may_archive_logs() {
    let outputs = |data: &str| {
        let map = json!({
            "metadata": { "name": "artifact-repositories",
                "annotations": { "workflows.argoproj.io/default-artifact-repository": "k" } },
            "data": { "k": data },
        });
        let workflow = json!({ "metadata": { "name": "demo" }, "spec": {
            "entrypoint": "main", "archiveLogs": false, "templates": [{ "name": "main", "container": container() }],
        }});
        let frozen = Frozen {
            workflow: serde_json::from_value(workflow).unwrap(),
            config_maps: vec![serde_json::from_value(map).unwrap()],
            ..Frozen::default()
        };
        artifacts::logs_are_archived(
            &compile(&frozen).unwrap(),
            &spec::Template::default(),
            &Place::default(),
        )
    };
    assert!(outputs("{ archiveLogs: true, s3: { bucket: b } }"));
    assert!(!outputs("{ s3: { bucket: b } }"));
}

/// OB-012: what a container says of its hooks and probes, with Kubernetes' own words for what it leaves out.
#[test]
fn containers_are_cared_for() {
    use tiphys_runner::step::{Action, Purpose, Question};
    let care = |more: Value, daemon: bool| {
        let mut body = container();
        body["ports"] = json!([{ "name": "web", "containerPort": 80 }]);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let template = json!({ "container": body, "daemon": daemon });
        prepared(json!({}), template, &Place::default()).map(|mut step| step.containers.remove(0).care)
    };
    let exec = json!({ "exec": { "command": ["a", "b"] } });
    let action = Action::Exec { command: vec!["a".into(), "b".into()] };
    let hooks =
        care(json!({ "lifecycle": { "postStart": exec, "preStop": { "sleep": { "seconds": 2 } } } }), false);
    let hooks = hooks.unwrap();
    assert_eq!(hooks.post_start, Some(action.clone()));
    assert_eq!(hooks.pre_stop, Some(Action::Sleep { ms: 2_000 }));
    let get =
        json!({ "httpGet": { "port": "web", "path": "/x", "httpHeaders": [{ "name": "A", "value": "b" }] } });
    let probes = care(json!({ "livenessProbe": get, "startupProbe": { "tcpSocket": { "port": 1 } } }), false);
    let probes = probes.unwrap().probes;
    let host = || "127.0.0.1".to_owned();
    assert_eq!(probes[0].purpose, Purpose::Startup);
    assert_eq!(probes[0].action, Action::Ask(Question::Tcp { host: host(), port: 1 }));
    let headers = vec![("A".to_owned(), "b".to_owned())];
    let asked = Question::Http { host: host(), port: 80, path: "/x".into(), headers, tls: false };
    assert_eq!(probes[1].action, Action::Ask(asked));
    let tls = care(json!({ "livenessProbe": { "httpGet": { "port": 1, "scheme": "HTTPS" } } }), false);
    assert!(matches!(&tls.unwrap().probes[0].action, Action::Ask(Question::Http { port: 1, tls: true, .. })));
    let times = (probes[1].after_ms, probes[1].period_ms, probes[1].timeout_ms);
    assert_eq!((times, probes[1].failures, probes[1].successes), ((0, 10_000, 1_000), 3, 1));
    // EX-370: only daemons are ever waited for; who can be asked from outside is.
    assert_eq!(care(json!({ "readinessProbe": exec }), false).unwrap().probes, []);
    assert_eq!(care(json!({ "readinessProbe": exec }), true).unwrap().probes[0].action, action);
    assert_eq!(care(json!({ "readinessProbe": { "tcpSocket": { "port": 1 } } }), true).unwrap().probes, []);
    let grpc =
        care(json!({ "readinessProbe": { "grpc": { "port": 9, "service": "s" } } }), true).unwrap().probes;
    assert!(
        matches!(&grpc[0].action, Action::Ask(Question::Grpc { port: 9, service, .. }) if service == "s")
    );
    for (probe, complaint) in [
        (json!({}), "livenessProbe: one of `exec`, `httpGet`, `tcpSocket` and `grpc` is needed"),
        (json!({ "exec": {} }), "livenessProbe: `exec` has no command"),
        (
            json!({ "tcpSocket": { "port": "ssh" } }),
            "a probe or hook names a port that its container does not have",
        ),
        (json!({ "tcpSocket": { "port": 70000 } }), "livenessProbe: there is no port 70000"),
    ] {
        let refused = care(json!({ "livenessProbe": probe }), false).unwrap_err();
        assert!(refused.starts_with(complaint), "{refused}");
    }
}

/// EX-382, EX-389: what a container can find out about its pod; nothing of the engine is in its environment.
#[test]
fn containers_know_their_pod() {
    let field = |path: &str| json!({ "fieldRef": { "fieldPath": path } });
    let resource =
        |divisor: &str| json!({ "resourceFieldRef": { "resource": "limits.memory", "divisor": divisor } });
    let body = json!({
        "image": "any", "command": ["x"], "resources": { "limits": { "memory": "65Mi" } },
        "env": [
            { "name": "BYTES", "valueFrom": resource("0") },
            { "name": "MEGABYTES", "valueFrom": resource("1M") },
            { "name": "OF", "valueFrom": field("metadata.labels['workflows.argoproj.io/workflow']") },
            { "name": "OVER", "valueFrom": field("metadata.labels['workflows.argoproj.io/completed']") },
            { "name": "OWN", "valueFrom": field("metadata.labels['team']") },
        ],
    });
    let template = json!({ "container": body, "metadata": { "labels": { "team": "x" } } });
    let step = prepared(json!({}), template, &Place::default()).unwrap();
    let env = &step.containers[0].env;
    for (name, value) in [
        ("BYTES", "68157440"),
        ("MEGABYTES", "69"),
        ("OF", "demo"),
        ("OVER", "false"),
        ("OWN", "x"),
        ("ARGO_CONTAINER_NAME", "main"),
    ] {
        assert!(env.contains(&(name.to_owned(), value.to_owned())), "{name}: {env:?}");
    }
    assert!(env.iter().all(|(name, _)| name != "ARGO_TEMPLATE"), "{env:?}");
}

/// EX-503: claims of a run that succeeded go with it; those of others stay to look into, unless they are to go always.
#[test]
fn claims_go_as_the_strategy_says() {
    use std::sync::Arc;
    use tiphys_engine::workflow::{Event, Phase};
    let goes = |gc: Value, phase: Phase| {
        let folder = tempfile::tempdir().unwrap();
        let claim = folder.path().join("default/demo-work");
        std::fs::create_dir_all(&claim).unwrap();
        let claims = json!([{ "metadata": { "name": "work" }, "spec": {} }]);
        let workflow = json!({
            "metadata": { "name": "demo" },
            "spec": {
                "entrypoint": "main", "volumeClaimGC": gc, "volumeClaimTemplates": claims,
                "templates": [{ "name": "main", "container": container() }],
            },
        });
        let frozen = Frozen { workflow: serde_json::from_value(workflow).unwrap(), ..Frozen::default() };
        let mut run = tiphys_engine::Run::new(Arc::new(compile(&frozen).unwrap()));
        run.apply(tiphys_engine::Time(1), &Event::Finished { phase, message: None });
        let place = Place { claims: folder.path().to_owned(), ..Place::default() };
        crate::submit::drop_claims(&run, &place);
        !claim.exists()
    };
    let always = json!({ "strategy": "OnWorkflowCompletion" });
    assert!(
        goes(Value::Null, Phase::Succeeded)
            && goes(always.clone(), Phase::Failed)
            && goes(always, Phase::Error)
    );
    assert!(
        !goes(Value::Null, Phase::Failed) && !goes(json!({ "strategy": "OnWorkflowSuccess" }), Phase::Failed)
    );
}

/// PA-403, TP-242, EX-385: a required artifact that nobody gave is missed when the pod begins, or by the patch before it.
#[test]
fn patches_miss_what_a_pod_lacks() {
    let template = |patch: &str| {
        let artifact = json!({ "name": "i", "path": "/in" });
        json!({ "container": container(), "podSpecPatch": patch, "inputs": { "artifacts": [artifact] } })
    };
    let refused = |spec: Value, patch: &str| prepared(spec, template(patch), &Place::default()).unwrap_err();
    assert_eq!(refused(json!({}), ""), "init: required artifact 'i' not supplied");
    let missed = "Failed to substitute the PodSpecPatch variables: inputs.artifacts.i was not supplied";
    assert_eq!(refused(json!({}), "hostname: x"), missed);
    assert_eq!(refused(json!({ "podSpecPatch": "hostname: x" }), ""), missed);
}

/// EX-385: a patch that is no pod's spec is refused in the words of Argo's decoder; one that says nothing changes nothing.
#[test]
fn patches_that_are_no_pods_are_refused() {
    let patched = |patch: &str| {
        prepared(json!({}), json!({ "container": container(), "podSpecPatch": patch }), &Place::default())
    };
    let check = |patch: &str, complaint: &str| {
        let told = format!(
            "Error applying PodSpecPatch: invalid podSpecPatch {patch:?}: json: cannot unmarshal {complaint}"
        );
        assert_eq!(patched(patch).unwrap_err(), told);
    };
    check("just words", "string into Go value of type v1.PodSpec");
    check("[1]", "array into Go value of type v1.PodSpec");
    check("7", "number into Go value of type v1.PodSpec");
    check("containers: main", "string into Go struct field PodSpec.containers of type []v1.Container");
    check("containers: [main]", "string into Go struct field PodSpec.containers of type v1.Container");
    check("containers: [{name: 1}]", "number into Go struct field Container.containers.name of type string");
    check(
        "containers: [{args: [1]}]",
        "number into Go struct field Container.containers.args of type string",
    );
    check(
        "containers: [{env: [{name: A, value: true}]}]",
        "bool into Go struct field EnvVar.containers.env.value of type string",
    );
    check(
        "containers: [{resources: {limits: 1Gi}}]",
        "string into Go struct field ResourceRequirements.containers.resources.limits of type v1.ResourceList",
    );
    check(
        "hostNetwork: maybe\nactiveDeadlineSeconds: 1.5",
        "number 1.5 into Go struct field PodSpec.activeDeadlineSeconds of type int64",
    );
    check("restartPolicy: 1", "number into Go struct field PodSpec.restartPolicy of type v1.RestartPolicy");
    check("nodeSelector: {a: 1}", "number into Go struct field PodSpec.nodeSelector of type string");
    let quantity = patched("containers: [{name: main, resources: {limits: {memory: lots}}}]").unwrap_err();
    assert!(quantity.contains("}]\": quantities must match the regular expression '"), "{quantity}");
    let broken = patched("a: [").unwrap_err();
    let start =
        "Error applying PodSpecPatch: Failed to convert the PodSpecPatch yaml to json: yaml: line 1: ";
    assert!(broken.starts_with(start), "{broken}");
    for nothing in
        ["# nothing", "null", "{}", "unknown: field", "containers: [{name: other}]", "{\"containers\":null}"]
    {
        patched(nothing).unwrap();
    }
}

/// EX-404: where a container says why it failed.
#[test]
fn containers_have_a_place_for_their_last_words() {
    let words = |fields: Value| {
        let mut body = json!({ "image": "any", "command": ["work"] });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let step = prepared(json!({}), json!({ "container": body }), &Place::default()).unwrap();
        let words = step.containers[0].last_words.clone();
        (words.path, words.or_log)
    };
    assert_eq!(words(json!({})), ("/dev/termination-log".to_owned(), false));
    let own =
        json!({ "terminationMessagePath": "/tmp/why", "terminationMessagePolicy": "FallbackToLogsOnError" });
    assert_eq!(words(own), ("/tmp/why".to_owned(), true));
}

//! What the answer to a creation tells, and what the run shows then.

use super::*;
use crate::schedules::Around;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tiphys_controller::cron::Yard as _;
use tiphys_engine::cron::Answer;

/// EX-112: what a creation answers has the templates of others that it uses, with those that stand in the place of their
/// steps.
#[test]
fn a_creation_tells_of_templates_in_the_place_of_steps() {
    let (_folder, house) = open();
    house.apply(
        "
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: lib}
spec:
  templates:
    - name: grouped
      steps: [[{name: ask, inline: {suspend: {}}}], [{name: more, template: tasks}]]
    - name: tasks
      dag: {tasks: [{name: wait, inline: {steps: [[{name: deep, inline: {suspend: {duration: '5'}}}]]}}]}
    - name: unused
      steps: [[{name: never, inline: {suspend: {}}}]]
",
    );
    let spec = json!({ "entrypoint": "main", "templates": [
        { "name": "main", "steps": [[{ "name": "a", "templateRef": { "name": "lib", "template": "grouped" } }]] },
    ]});
    let workflow = json!({ "metadata": { "name": "uses" }, "spec": spec });
    let created = house.send("POST", "/api/v1/workflows/default", &json!({ "workflow": workflow }));
    let stored = created["status"]["storedTemplates"].as_object().unwrap();
    let names = ["grouped", "inline/ask", "inline/deep", "inline/wait", "tasks"];
    let names = names.map(|name| format!("namespaced/lib/{name}"));
    assert_eq!(stored.keys().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    assert_eq!(stored["namespaced/lib/inline/deep"]["suspend"]["duration"], "5");
}

/// What no runner here can do is refused when it is to run, and told when it is kept: nothing is half-run.
#[test]
fn what_waits_for_a_later_release_is_refused_or_told() {
    let (_folder, house) = open();
    let spec = json!({ "entrypoint": "main", "templates": [
        { "name": "main", "steps": [[{ "name": "a", "template": "first" }], [{ "name": "b", "template": "res" }]] },
        { "name": "first", "suspend": { "duration": "0" } },
        { "name": "res", "resource": { "action": "get", "manifest": "kind: Pod" } },
    ]});
    let workflow = json!({ "metadata": { "name": "half" }, "spec": spec });
    let (status, refused) =
        house.ask("POST", "/api/v1/workflows/default", &[], &json!({ "workflow": workflow }));
    assert_eq!(
        (status, &refused["message"]),
        (400, &json!("`resource` is not supported yet (template `res`)"))
    );
    assert_eq!(house.get("/api/v1/workflows/default")["items"], Value::Null);
    // Argo's lint says what Argo says; the editor and `apply` tell.
    house.send("POST", "/api/v1/workflows/default/lint", &json!({ "workflow": workflow }));
    let schedule = json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": { "name": "c" },
        "spec": { "schedules": ["0 3 * * *"], "workflowSpec": spec } });
    let text = schedule.to_string();
    let told = house.send("POST", "/api/tiphys/v1/apply", &json!({ "namespace": "default", "text": text }));
    assert_eq!(told["applied"][0]["warning"], "`resource` is not supported yet (template `res`)", "{told}");
}

/// Only what had a pod was on a machine (OB-194).
#[test]
fn a_pod_that_was_never_made_has_no_machine() {
    let (_folder, house) = open();
    let template =
        json!({ "name": "main", "podSpecPatch": "[", "container": { "image": "any", "command": ["x"] } });
    let workflow = json!({
        "metadata": { "name": "never" }, "spec": { "entrypoint": "main", "templates": [template] },
    });
    house.send("POST", "/api/v1/workflows/default", &json!({ "workflow": workflow }));
    let is_over = |run: &Value| run["status"]["phase"] == "Error";
    let run = house.until("/api/v1/workflows/default/never", is_over);
    let node = &run["status"]["nodes"]["never"];
    assert_eq!(
        (&node["type"], &node["phase"], node.get("hostNodeName")),
        (&json!("Pod"), &json!("Error"), None)
    );
}

/// A disk that fails is nobody's mistake: who made the run is told to come again, and a schedule keeps the time for which
/// it could not make one.
#[test]
fn a_state_folder_that_fails_is_no_mistake_of_the_workflow() {
    let (folder, house) = open();
    house.apply("{apiVersion: v1, kind: Secret, metadata: {name: hidden}, stringData: {key: x}}");
    let env = json!([{ "name": "KEY", "valueFrom": { "secretKeyRef": { "name": "hidden", "key": "key" } } }]);
    let workflow = json!({
        "metadata": { "name": "waits", "namespace": "default" },
        "spec": { "entrypoint": "main", "templates": [
            { "name": "main", "suspend": {} },
            { "name": "unused", "container": { "image": "any", "command": ["x"], "env": env } },
        ]},
    });
    let create = || house.ask("POST", "/api/v1/workflows/default", &[], &json!({ "workflow": workflow }));
    let schedule = || {
        let workflow = serde_json::from_value(workflow.clone()).unwrap();
        Around { world: &house.world }.submit(workflow)
    };
    let secrets = folder.path().join("secrets");
    std::fs::remove_dir_all(&secrets).unwrap();
    std::fs::write(&secrets, "in the way").unwrap();
    let (status, answer) = create();
    assert_eq!((status, &answer["code"]), (503, &json!(14)), "{answer}");
    assert!(schedule().unwrap_err().contains("secrets/"), "it is asked again");

    std::fs::remove_file(&secrets).unwrap();
    std::fs::create_dir(&secrets).unwrap();
    let Ok(Answer::Created { uid }) = schedule() else { panic!("it is made once there is a place for it") };
    assert_eq!(house.get("/api/v1/workflows/default/waits")["metadata"]["uid"], uid);
    assert_eq!(create().0, 409);
}

/// Who writes secrets to a disk that takes its time keeps nobody else waiting, however many there are.
#[test]
fn requests_are_answered_while_secrets_wait_for_the_disk() {
    const CREATIONS: usize = 8;
    let (folder, house) = open();
    house.apply("{apiVersion: v1, kind: Secret, metadata: {name: hidden}, stringData: {key: x}}");
    let env = json!([{ "name": "KEY", "valueFrom": { "secretKeyRef": { "name": "hidden", "key": "key" } } }]);
    let templates = json!([
        { "name": "main", "suspend": {} },
        { "name": "unused", "container": { "image": "any", "command": ["x"], "env": env } },
    ]);
    // Whoever reads the key that secrets are sealed with waits for somebody who writes it.
    let key = folder.path().join("secrets.key");
    std::fs::rename(&key, folder.path().join("kept")).unwrap();
    mknodat(CWD, &key, FileType::Fifo, Mode::RWXU, 0).unwrap();
    std::thread::scope(|scope| {
        let create = |number: usize| {
            let workflow = json!({
                "metadata": { "name": format!("slow-{number}") },
                "spec": { "entrypoint": "main", "templates": templates },
            });
            house.ask("POST", "/api/v1/workflows/default", &[], &json!({ "workflow": workflow }))
        };
        let creations: Vec<_> = (0..CREATIONS).map(|number| scope.spawn(move || create(number))).collect();
        // Some of them have come that far.
        let all = std::fs::OpenOptions::new().write(true).open(&key).unwrap();
        let health = http::send(house.address, "GET", "/healthz", &[], &[], PATIENCE / 4);
        let still_waiting = creations.iter().any(|creation| !creation.is_finished());
        std::fs::rename(folder.path().join("kept"), &key).unwrap();
        // Those who wait read nothing, and are told that the state folder failed.
        drop(all);
        assert_eq!(health.unwrap().status, 200);
        assert!(still_waiting);
        for creation in creations {
            let (status, answer) = creation.join().unwrap();
            assert!(matches!(status, 200 | 503), "{answer}");
        }
    });
}

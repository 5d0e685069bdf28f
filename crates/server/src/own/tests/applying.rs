//! What `tiphys apply` sends, and how it is taken away again.

use super::*;

const APPLY: &str = "/api/tiphys/v1/apply";

fn changes(house: &House, text: &str) -> Vec<String> {
    let told = house.send("POST", APPLY, &json!({ "namespace": "default", "text": text }));
    let applied = told["applied"].as_array().unwrap().iter();
    applied
        .map(|one| format!("{} {}", one["name"].as_str().unwrap(), one["change"].as_str().unwrap()))
        .collect()
}

fn template(name: &str, metadata: &str) -> String {
    format!(
        "---\napiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {{name: {name}{metadata}}}\n\
         spec: {{entrypoint: a, templates: [{{name: a, suspend: {{}}}}]}}\n"
    )
}

fn namespace(limit: u32) -> String {
    format!(
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: team, labels: {{\
         workflows.argoproj.io/parallelism-limit: '{limit}'}}}}\n"
    )
}

/// A template whose artifact is uploaded when it is submitted is kept, and says what it lacks.
#[test]
fn a_template_may_lack_the_artifact_that_is_uploaded() {
    let (_folder, house) = open();
    let text =
        template("t", "").replace("entrypoint: a,", "entrypoint: a, arguments: {artifacts: [{name: free}]},");
    let told = house.send("POST", APPLY, &json!({ "namespace": "default", "text": text }));
    let warning = told["applied"][0]["warning"].as_str().unwrap_or_default();
    assert!(warning.contains("free.from, artifact location, or key is required"), "{told}");
}

#[test]
fn labels_and_annotations_are_changes_too() {
    let (_folder, house) = open();
    assert_eq!(changes(&house, &template("t", "")), ["t created"]);
    assert_eq!(changes(&house, &template("t", "")), ["t unchanged"]);
    let marked = template("t", ", labels: {team: red}, annotations: {note: x}");
    assert_eq!(changes(&house, &marked), ["t configured"]);
    assert_eq!(changes(&house, &marked), ["t unchanged"]);
    let kept = house.get("/api/v1/workflow-templates/default/t");
    assert_eq!(kept["metadata"]["labels"]["team"], "red");
    assert_eq!(kept["metadata"]["annotations"]["note"], "x");
    assert_eq!(changes(&house, &template("t", "")), ["t configured"]);
    let kept = house.get("/api/v1/workflow-templates/default/t");
    assert_eq!(kept["metadata"]["labels"].get("team"), None, "{kept}");
    // A namespace that comes with what lies in it.
    let both = template("t", ", namespace: team") + &namespace(1);
    assert_eq!(changes(&house, &both), ["t created", "team created"]);
    assert_eq!(changes(&house, &namespace(1)), ["team unchanged"]);
    assert_eq!(changes(&house, &namespace(5)), ["team configured"]);
}

/// The last of two documents of one object counts, as if they came one after the other.
#[test]
fn one_object_twice_in_a_text_is_the_last() {
    let (_folder, house) = open();
    let twice =
        template("t", ", labels: {a: one}") + &template("u", "") + &template("t", ", labels: {a: two}");
    assert_eq!(changes(&house, &twice), ["t created", "u created", "t configured"]);
    let kept = house.get("/api/v1/workflow-templates/default/t");
    assert_eq!(
        (&kept["metadata"]["labels"]["a"], &kept["metadata"]["generation"]),
        (&json!("two"), &json!(2))
    );
    assert_eq!(changes(&house, &twice), ["t configured", "u unchanged", "t configured"]);
}

/// What fails while it is stored leaves nothing of a text behind.
#[test]
fn objects_are_stored_together() {
    let (_folder, house) = open();
    let object = |name: &str, version: u64| {
        let key =
            tiphys_store::ObjectKey { kind: "ConfigMap".into(), namespace: "n".into(), name: name.into() };
        (key, json!({ "metadata": { "name": name } }), version)
    };
    // Somebody else made the second one in the meantime.
    assert!(house.world.put_all(&[object("second", 0)]).unwrap());
    assert!(!house.world.put_all(&[object("first", 0), object("second", 0)]).unwrap());
    assert!(house.world.object("ConfigMap", "n", "first").unwrap().is_none());
    assert!(house.world.put_all(&[object("first", 0), object("third", 0)]).unwrap());
}

#[test]
fn a_secret_that_says_the_same_is_unchanged() {
    let (_folder, house) = open();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: hidden}\n";
    assert_eq!(changes(&house, secret), ["s created"]);
    assert_eq!(changes(&house, secret), ["s unchanged"]);
    assert_eq!(changes(&house, &secret.replace("hidden", "other")), ["s configured"]);
}

#[test]
fn none_is_taken_if_one_is_wrong_and_every_mistake_is_told() {
    let (_folder, house) = open();
    let schedule = |name: &str, times: &str| {
        format!(
            "---\napiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {{name: {name}}}\nspec: {{schedules: \
             ['{times}'], workflowSpec: {{entrypoint: a, templates: [{{name: a, suspend: {{}}}}]}}}}\n"
        )
    };
    let refused = |text: &str, wanted: u16| {
        let text = template("good", "") + text;
        let (status, told) = house.ask("POST", APPLY, &[], &json!({ "namespace": "default", "text": text }));
        assert_eq!(status, wanted, "{told}");
        let (status, _) = house.ask("GET", "/api/v1/workflow-templates/default/good", &[], &Value::Null);
        assert_eq!(status, 404, "the good one was taken although: {told}");
        told["message"].as_str().unwrap().to_owned()
    };
    let entry = refused(&template("bad", "").replace("entrypoint: a", "entrypoint: nope"), 400);
    assert!(entry.contains("WorkflowTemplate bad: ") && entry.contains("nope"), "{entry}");
    let times = refused(&schedule("odd", "99 99 * * *"), 400);
    assert!(times.contains("CronWorkflow odd: ") && times.contains("99"), "{times}");
    let long = refused(&schedule(&"x".repeat(56), "* * * * *"), 400);
    assert!(long.contains("must not be more than 52 characters long (currently 56)"), "{long}");
    let both =
        refused(&template("bad", "").replace("entrypoint: a", "fooBar: 1, barFoo: 2, entrypoint: a"), 400);
    assert!(both.contains("fooBar") && both.contains("barFoo"), "{both}");
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {key: '%%%'}\n";
    let plain = refused(secret, 400);
    assert_eq!(plain, "Secret s: data.key: is no base64; plain text goes under `stringData`");
    let binding =
        "---\napiVersion: argoproj.io/v1alpha1\nkind: WorkflowEventBinding\nmetadata: {name: b}\nspec: {}\n";
    let chooses_none = refused(binding, 400);
    assert!(chooses_none.contains("[spec.event.selector: Required value, "), "{chooses_none}");
    // AUTH-072: one that cannot be read would turn every event of the namespace into a fault.
    let unreadable = refused(
        "---\napiVersion: argoproj.io/v1alpha1\nkind: WorkflowEventBinding\nmetadata: {name: b}\nspec:\n  event:\n    \
         selector: payload.a ==\n  submit:\n    workflowTemplateRef: {name: good}\n    metadata: {generateName: '\"x'}\n    \
         arguments: {parameters: [{name: p, valueFrom: {event: 'payload.('}}]}\n",
        400,
    );
    for part in [
        "WorkflowEventBinding b: line 12: spec.event.selector: `payload.a ==` is no expression: ",
        "line 15: spec.submit.metadata.generateName: ",
        "line 16: spec.submit.arguments.parameters[0].valueFrom.event: ",
    ] {
        assert!(unreadable.contains(part), "{part}: {unreadable}");
    }
    let shouting = refused(&secret.replace("{name: s}", "{name: S}").replace("%%%", ""), 400);
    assert!(shouting.starts_with("Secret S: Secret \"S\" is invalid: metadata.name: "), "{shouting}");
    let generated = refused(&template("x", "").replace("name: x", "generateName: x-"), 400);
    assert!(generated.contains("`generateName` makes another object each time"), "{generated}");
    let several = refused(&(schedule("odd", "99 99 * * *") + secret), 400);
    assert!(several.contains("CronWorkflow odd: ") && several.contains("\nSecret s: "), "{several}");
    refused(&template("lost", ", namespace: nowhere"), 404);
    // What another document brings later is no mistake yet.
    let calls = "---\napiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: later}\nspec: {schedules: \
                 ['* * * * *'], workflowSpec: {workflowTemplateRef: {name: coming}}}\n";
    assert_eq!(changes(&house, calls), ["later created"]);
    let binds = "---\napiVersion: argoproj.io/v1alpha1\nkind: WorkflowEventBinding\nmetadata: {name: b}\nspec: {event: \
                 {selector: 'true'}, submit: {workflowTemplateRef: {name: coming}}}\n";
    let told = house.send("POST", APPLY, &json!({ "namespace": "default", "text": binds }));
    assert_eq!(
        told["applied"][0]["warning"],
        "there is no WorkflowTemplate `coming`: an event that this chooses cannot run it"
    );
    let told =
        house.send("POST", APPLY, &json!({ "namespace": "default", "text": template("coming", "") + binds }));
    assert_eq!(told["applied"][1]["warning"], Value::Null, "{told}");
}

#[test]
fn what_was_applied_is_taken_away() {
    let (_folder, house) = open();
    house.apply(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {key: a}\n---\napiVersion: v1\nkind: Secret\n\
         metadata: {name: one}\nstringData: {key: a}\n---\napiVersion: argoproj.io/v1alpha1\nkind: \
         WorkflowEventBinding\nmetadata: {name: one}\nspec: {event: {selector: 'true'}}\n",
    );
    let bindings = "/api/v1/workflow-event-bindings/default";
    assert_eq!(house.get(bindings)["items"][0]["metadata"]["name"], "one");
    for kind in ["ConfigMap", "Secret", "WorkflowEventBinding"] {
        let target = format!("/api/tiphys/v1/objects/{kind}/default/one");
        assert_eq!(house.send("DELETE", &target, &Value::Null), json!({}));
        let (status, gone) = house.ask("DELETE", &target, &[], &Value::Null);
        assert_eq!(status, 404, "{gone}");
        assert_eq!(gone["message"], format!("there is no {kind} `one` in the namespace `default`"));
        assert!(house.world.objects(kind, "default").unwrap().is_empty());
    }
    let other = "/api/tiphys/v1/objects/Token/default/one";
    let (status, told) = house.ask("DELETE", other, &[], &Value::Null);
    assert_eq!(status, 400, "{told}");
}

#[test]
fn a_namespace_goes_when_it_is_empty() {
    let (_folder, house) = open();
    house.apply(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n---\napiVersion: v1\nkind: ConfigMap\n\
         metadata: {name: one, namespace: team}\ndata: {key: a}\n",
    );
    let target = |name: &str| format!("/api/tiphys/v1/objects/Namespace/{name}/{name}");
    let refused = |name: &str| {
        let (status, told) = house.ask("DELETE", &target(name), &[], &Value::Null);
        (status, told["message"].as_str().unwrap_or_default().to_owned())
    };
    let held = "the namespace `team` is not empty: delete what is in it first (1 ConfigMap)";
    assert_eq!(refused("team"), (400, held.to_owned()));
    house.send("DELETE", "/api/tiphys/v1/objects/ConfigMap/team/one", &Value::Null);
    house.send("DELETE", &target("team"), &Value::Null);
    assert_eq!(refused("team"), (404, "there is no namespace `team`".to_owned()));
    let listed = house.get("/api/tiphys/v1/namespaces").to_string();
    assert!(!listed.contains("team"), "{listed}");
    assert_eq!(refused("default").0, 400);
}

/// What others write at the same moment, as schedules do with their status, is not taken back by who applies.
#[test]
fn an_object_that_is_applied_keeps_what_others_write_meanwhile() {
    const ROUNDS: u64 = 200;
    let (_folder, house) = open();
    let cron = |round: u64| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {{name: c, annotations: {{round: '{round}'}}}}\n\
             spec: {{suspend: true, schedules: ['0 0 1 1 *'], workflowSpec: {{entrypoint: a, templates: [{{name: a, suspend: {{}}}}]}}}}\n"
        )
    };
    house.apply(&cron(0));
    let world = &house.world;
    // Its owner reads, counts on, and writes only over what it read; a count that goes back is one that was taken back.
    let count = || {
        let mut counted = 0;
        while counted < ROUNDS {
            let mut value = world.object("CronWorkflow", "default", "c").unwrap().unwrap();
            let version = value["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
            assert_eq!(value["status"]["told"].as_u64().unwrap_or(0), counted, "it was taken back");
            value["status"] = json!({ "told": counted + 1 });
            let written = world.put("CronWorkflow", "default", "c", &value, Some(version)).unwrap();
            counted += u64::from(written.is_some());
        }
    };
    std::thread::scope(|scope| {
        let counting = scope.spawn(count);
        let mut round = 0;
        while !counting.is_finished() {
            round += 1;
            assert_eq!(changes(&house, &cron(round)), ["c configured"]);
        }
        counting.join().unwrap();
    });
}

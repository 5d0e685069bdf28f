use super::*;
use tiphys_engine::workflow::{Attempt, NodeIx};

fn http(block: Value) -> Http {
    serde_json::from_value(block).unwrap()
}

fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("Content-Type".to_owned(), "text/plain".to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

#[track_caller]
fn holds(condition: &str, expected: bool) {
    let http =
        http(json!({ "method": "POST", "url": "http://x", "headers": [{ "name": "A", "value": "b" }] }));
    let environment = environment(&http, &response(201, "made"), "made");
    let world = expr::World { now: Time(0).timestamp(), seed: 0 };
    assert_eq!(expr::evaluate_plain_bool(condition, &environment, &world), Ok(expected), "{condition}");
}

/// EX-472, TP-132, OB-307: a condition sees both sides of the exchange.
#[test]
fn conditions_see_request_and_response() {
    holds("response.statusCode == 201", true);
    holds("response.statusCode == 200", false);
    holds("response.body contains \"ade\"", true);
    holds("response.headers[\"Content-Type\"][0] == \"text/plain\"", true);
    holds("response.statusCode % 100 == 1", true);
    holds("request.method == \"POST\" && request.headers[\"A\"] == [\"b\"]", true);
    let twice = [json!({ "name": "A", "value": "1" }), json!({ "name": "A", "value": "2" })];
    let twice = http(json!({ "url": "http://x", "headers": twice }));
    let environment = environment(&twice, &response(200, ""), "");
    let world = expr::World { now: Time(0).timestamp(), seed: 0 };
    let condition = "request.headers[\"A\"] == [\"2\"]";
    assert_eq!(expr::evaluate_plain_bool(condition, &environment, &world), Ok(true));
}

/// EX-472: a condition that cannot be judged fails the node in the words of Argo's expressions.
#[test]
fn conditions_that_are_broken_say_so() {
    let complaint = |condition: &str| {
        let environment = environment(&http(json!({ "url": "http://x" })), &response(201, "made"), "made");
        let world = expr::World { now: Time(0).timestamp(), seed: 0 };
        expr::evaluate_plain_bool(condition, &environment, &world).unwrap_err().to_string()
    };
    assert_eq!(complaint("response.statusCode"), "unable to cast expression result '%!s(int=201)' to bool");
    assert_eq!(complaint("response.body"), "unable to cast expression result 'made' to bool");
    assert!(complaint("response.nope.more == 1").starts_with(
        "unable to evaluate expression 'response.nope.more == 1': cannot fetch more from <nil> (1:15)"
    ));
    assert!(complaint("nope").starts_with("unknown name nope (1:1)"));
    assert!(complaint("1 +").starts_with("unexpected token EOF (1:3)"));
    // The request is shown as it is written, and a GET need not be.
    let unwritten = environment(&http(json!({ "url": "http://x" })), &response(201, "made"), "made");
    let world = expr::World { now: Time(0).timestamp(), seed: 0 };
    assert_eq!(expr::evaluate_plain_bool("request.method == \"\"", &unwritten, &world), Ok(true));
}

/// EX-471, EX-472: the body is the result where the answer was judged, well or badly, and not where it could not be.
#[test]
fn what_could_not_be_judged_leaves_no_result() {
    let template = |condition: &str| json!({ "name": "h", "http": { "url": "http://x", "successCondition": condition } });
    let judged = |condition: &str| {
        let outcome = answered(&response(200, "made"), &pod(template(condition)), Time(0));
        (outcome.phase, outcome.result)
    };
    assert_eq!(judged("response.statusCode == 200"), (Phase::Succeeded, Some("made".to_owned())));
    assert_eq!(judged("response.statusCode == 201"), (Phase::Failed, Some("made".to_owned())));
    assert_eq!(judged("foo("), (Phase::Failed, None));
    assert_eq!(judged("response.body"), (Phase::Failed, None));
}

fn pod(template: Value) -> Pod {
    Pod {
        attempt: Attempt { node: NodeIx(0), generation: 0 },
        node_id: "demo".into(),
        node_name: "demo".into(),
        pod_name: "demo".into(),
        template: serde_json::from_value(template).unwrap(),
        artifacts: Vec::new(),
        volumes: Vec::new(),
        workflow_patch: String::new(),
        location_key: String::new(),
        wants_result: false,
        on_exit: false,
        time_left_us: None,
        is_time_of_tries: false,
    }
}

/// EX-474, OB-304, OB-305: secrets become header values; one that is missing is the node's message.
#[test]
fn headers_come_from_secrets() {
    let block = json!({
        "url": "http://x",
        "headers": [{ "name": "T", "valueFrom": { "secretKeyRef": { "name": "s", "key": "k" } } }],
        "timeoutSeconds": 3,
        "bodyFrom": { "bytes": "aGk=" },
    });
    let mut place = Place::default();
    assert_eq!(request(&http(block.clone()), &place).unwrap_err(), "secrets \"s\" not found");
    let secret: spec::Secret =
        serde_json::from_value(json!({ "metadata": { "name": "s" }, "stringData": { "k": "v" } })).unwrap();
    place.secrets.insert("s".to_owned(), secret);
    let sent = request(&http(block), &place).unwrap();
    assert_eq!(sent.headers, [("T".to_owned(), "v".to_owned())]);
    assert_eq!((sent.method.as_str(), sent.timeout), ("GET", Some(Duration::from_secs(3))));
    assert_eq!(sent.body.as_deref(), Some(&b"hi"[..]));
    let broken = http(json!({ "url": "http://x", "bodyFrom": {} }));
    assert!(request(&broken, &place).unwrap_err().contains("bodyFrom"));
}

/// EX-475, EX-477: what a plugin replies is what the node becomes.
#[test]
fn a_plugin_decides_its_node() {
    let ended = |reply: Value| match replied(&reply) {
        Verdict::Ended(outcome) => *outcome,
        _ => panic!("it should have ended"),
    };
    let done = ended(json!({ "node": { "phase": "Succeeded", "message": "hi",
        "outputs": { "parameters": [{ "name": "p", "value": "1" }], "result": "r" } } }));
    assert_eq!((done.phase, done.message.as_deref()), (Phase::Succeeded, Some("hi")));
    assert_eq!(done.parameters, [("p".to_owned(), "1".to_owned())]);
    assert_eq!(done.result.as_deref(), Some("r"));
    let skipped =
        ended(json!({ "node": { "phase": "Skipped", "message": "nothing to do" }, "requeue": "1s" }));
    assert_eq!((skipped.phase, skipped.message.as_deref()), (Phase::Skipped, Some("nothing to do")));
    let working = |reply: Value| match replied(&reply) {
        Verdict::Again(working) => working,
        _ => panic!("it should be asked again"),
    };
    let node = json!({ "phase": "Running", "progress": "1/2", "message": "half" });
    let (progress, message) = (Some((1, 2)), "half".to_owned());
    let half = Working { after: Duration::from_secs(120), runs: true, progress, message };
    assert_eq!(working(json!({ "node": node, "requeue": "2m" })), half);
    let queued = working(json!({ "node": { "phase": "Pending", "message": "in line" }, "requeue": "2m" }));
    assert_eq!((queued.runs, queued.message.as_str()), (false, "in line"));
    assert_eq!(ended(json!({ "node": { "phase": "Running" } })).phase, Phase::Failed);
}

/// EX-477: what a plugin says that cannot be is not believed, and its node says why it failed.
#[test]
fn plugins_that_lie_fail_their_node() {
    let message = |reply: Value| match replied(&reply) {
        Verdict::Ended(outcome) => {
            assert_eq!(outcome.phase, Phase::Failed);
            outcome.message.unwrap_or_default()
        }
        _ => panic!("it should have ended: {reply}"),
    };
    let no_time = "the plugin answered phase `Dancing` without saying when to ask it again";
    assert_eq!(message(json!({ "node": { "phase": "Dancing" } })), no_time);
    let soon = json!({ "node": { "phase": "Dancing" }, "requeue": "soon" });
    assert_eq!(message(soon), "time: invalid duration \"soon\"");
    assert!(message(json!({ "node": 7 })).starts_with("the plugin answered phase ``"));
    let outputs = json!({ "node": { "phase": "Succeeded", "outputs": { "parameters": "none" } } });
    assert!(message(outputs).starts_with("the plugin's outputs cannot be read: "));
    for progress in ["-1/2", "much"] {
        let reply = json!({ "node": { "phase": "Running", "progress": progress }, "requeue": "-1h" });
        match replied(&reply) {
            Verdict::Again(told) => {
                assert_eq!((told.after, told.progress), (REQUEUE_MIN, None), "{progress}");
            }
            _ => panic!("it should be asked again"),
        }
    }
}

//! Requests that are not quite right, and what Argo's server says of them.

use super::*;

impl House {
    #[track_caller]
    pub(super) fn refuses(
        &self,
        method: &str,
        target: &str,
        body: &Value,
        (status, code, words): (u16, i64, &str),
    ) {
        let (found, answer) = self.ask(method, target, &[], body);
        assert_eq!(found, status, "{method} {target} {body}: {answer}");
        assert_eq!(answer, json!({ "code": code, "message": words }), "{method} {target} {body}");
    }
}

/// API-022: a path that ends with a slash names nothing, in all interfaces of Argo's.
#[test]
fn a_trailing_slash_is_an_empty_name() {
    let (_folder, house) = open();
    let nameless = (500, 13, "resource name may not be empty");
    for (method, target) in [
        ("GET", "/api/v1/workflows/default/"),
        ("DELETE", "/api/v1/workflows/default/"),
        ("GET", "/api/v1/cron-workflows/default/"),
        ("DELETE", "/api/v1/cron-workflows/default/"),
    ] {
        house.refuses(method, target, &Value::Null, nameless);
    }
    for (target, kind) in [
        ("/api/v1/workflow-templates/default/", "workflowtemplates"),
        ("/api/v1/cluster-workflow-templates/", "clusterworkflowtemplates"),
    ] {
        let words = format!("{kind}.argoproj.io \"\" not found");
        house.refuses("GET", target, &Value::Null, (404, 5, &words));
    }
    house.refuses("POST", "/api/v1/workflows/default/", &json!({}), (501, 12, "Not Implemented"));
    house.refuses("DELETE", "/api/tiphys/v1/tokens/", &Value::Null, (501, 12, "Not Implemented"));
}

/// A path below which others lie leads to itself with a slash.
#[test]
fn roots_of_paths_lead_to_themselves_with_a_slash() {
    let (_folder, house) = open();
    for (root, to) in [
        ("/api", "/api/"),
        ("/artifacts?a=b", "/artifacts/?a=b"),
        ("/upload-artifacts", "/upload-artifacts/"),
    ] {
        let answer = http::send(house.address, "GET", root, &[], &[], PATIENCE).unwrap();
        assert_eq!((answer.status, answer.header("location")), (307, Some(to)));
        assert_eq!(answer.text(), format!("<a href=\"{to}\">Temporary Redirect</a>.\n\n"));
    }
}

/// API-060: who leaves the nodes of a workflow out gets all the rest of it, as it is with them.
#[test]
fn a_workflow_without_its_nodes_is_the_same_otherwise() {
    let (_folder, house) = open();
    house.submit("one");
    let one = "/api/v1/workflows/default/one";
    let mut whole =
        house.until(one, |answer| answer["status"]["nodes"].as_object().is_some_and(|nodes| nodes.len() > 2));
    assert_eq!(house.get(&format!("{one}?fields=status.nodes"))["status"]["nodes"], whole["status"]["nodes"]);
    whole["status"].as_object_mut().unwrap().remove("nodes");
    assert_eq!(house.get(&format!("{one}?fields=-status.nodes")), whole);
    assert_eq!(house.get(&format!("{one}?fields=status.phase"))["status"]["phase"], "Running");
}

/// API-025: of a key that is given twice the first value counts. A number has the base that it says (API-030).
#[test]
fn the_first_of_two_values_counts() {
    let (_folder, house) = open();
    house.submit("one");
    let names = |query: &str| {
        house.get(&format!("/api/v1/workflows/default?{query}"))["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(names("listOptions.labelSelector=team=x&listOptions.labelSelector=team=y"), 1);
    assert_eq!(names("listOptions.labelSelector=team=y&listOptions.labelSelector=team=x"), 0);
    assert_eq!(names("listOptions.limit=1&listOptions.limit=x"), 1, "the others are not even read");
    house.submit("two");
    house.submit("three");
    assert_eq!((names("listOptions.limit=0x2"), names("listOptions.limit=0b1")), (2, 1));
}

/// API-024: what a field holds is judged before anything is looked up.
#[test]
fn types_are_judged_before_anything_is_looked_up() {
    let (_folder, house) = open();
    for (target, body, field, found, wanted) in [
        (
            "/api/v1/workflows/default/nosuch/resubmit",
            json!({ "namespace": 5 }),
            "namespace",
            "number",
            "string",
        ),
        ("/api/v1/workflows/default/nosuch/retry", json!({ "name": 5 }), "name", "number", "string"),
        (
            "/api/v1/workflows/default/nosuch/retry",
            json!({ "parameters": "x" }),
            "parameters",
            "string",
            "[]string",
        ),
        (
            "/api/v1/workflows/default/nosuch/resubmit",
            json!({ "memoized": "true" }),
            "memoized",
            "string",
            "bool",
        ),
        ("/api/v1/archived-workflows/nosuch/retry", json!({ "uid": 5 }), "uid", "number", "string"),
    ] {
        let words = format!("json: cannot unmarshal {found} into field {field} of type {wanted}");
        house.refuses("PUT", target, &body, (400, 3, &words));
    }
    let options = json!({ "resourceKind": "workflowtemplate", "resourceName": "nosuch", "submitOptions": { "dryRun": "x" } });
    let words = "json: cannot unmarshal string into field dryRun of type bool";
    house.refuses("POST", "/api/v1/workflows/default/submit", &options, (400, 3, words));
    let malformed = (500, 13, "expected parameter of the form: NAME=VALUE. Received: a");
    house.submit("one");
    house.refuses(
        "PUT",
        "/api/v1/workflows/default/one/resubmit",
        &json!({ "parameters": ["a"] }),
        malformed,
    );
}

/// API-030 to API-033: keys that name no field that a value can stand for, and numbers that are too large.
#[test]
fn keys_of_queries_name_plain_fields() {
    let (_folder, house) = open();
    for (query, words) in [
        ("listOptions=x", "field type *v1.ListOptions is not supported in query parameters"),
        ("getOptions=x", "field type *v1.GetOptions is not supported in query parameters"),
        ("logOptions.sinceTime=x", "field type *v1.Time is not supported in query parameters"),
        (
            "deleteOptions.preconditions=x",
            "field type *v1.Preconditions is not supported in query parameters",
        ),
        ("listOptions.limit.x.y=1", "unexpected nested field x in listOptions.limit"),
        ("force.x=true", "unexpected nested field x in force"),
        ("listOptions.limit=x", "strconv.ParseInt: parsing \"x\": invalid syntax"),
        (
            "listOptions.limit=9223372036854775808",
            "strconv.ParseInt: parsing \"9223372036854775808\": value out of range",
        ),
    ] {
        house.refuses("GET", &format!("/api/v1/workflows/default?{query}"), &Value::Null, (400, 3, words));
    }
    house.get("/api/v1/workflows/default?namespace.x=1&nothing.at.all=1");
}

/// OB-013: the beginning of a name is judged as names are, and with the name that it gives.
#[test]
fn beginnings_of_names_are_judged() {
    let (_folder, house) = open();
    let make = |metadata: Value| {
        let spec = json!({ "entrypoint": "x", "templates": [{ "name": "x", "suspend": {} }] });
        let workflow = json!({ "workflow": { "metadata": metadata, "spec": spec } });
        house.ask("POST", "/api/v1/workflows/default", &[], &workflow)
    };
    let (status, answer) = make(json!({ "generateName": "Bad_" }));
    let told = answer["message"].as_str().unwrap();
    assert_eq!((status, &answer["code"]), (400, &json!(3)), "{told}");
    assert!(told.starts_with("Workflow.argoproj.io \"Bad_"), "{told}");
    assert!(
        told.contains("is invalid: [metadata.generateName: Invalid value: \"Bad_\": a lowercase RFC 1123"),
        "{told}"
    );
    assert!(told.contains(", metadata.name: Invalid value: \"Bad_"), "{told}");
    let (status, answer) = make(json!({ "generateName": "good-", "labels": { "a b": "c" } }));
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().starts_with("Workflow.argoproj.io \"good-"), "{answer}");
    assert_eq!(make(json!({ "generateName": "good-" })).0, 200);
}

/// OB-013: letters that look like others, turn the line or do not show are in no name, label or namespace.
#[test]
fn names_have_plain_letters_alone() {
    let (_folder, house) = open();
    for odd in
        ["p\u{430}y", "a\u{202e}b", "a\u{200b}b", "a\u{0}b", "\u{ff41}", "e\u{301}", "a\nb", "\u{1f4a9}"]
    {
        let spec = json!({ "entrypoint": "x", "templates": [{ "name": "x", "suspend": {} }] });
        for metadata in [
            json!({ "name": odd }),
            json!({ "generateName": odd }),
            json!({ "name": "x", "labels": { "team": odd } }),
            json!({ "name": "x", "namespace": odd }),
        ] {
            let workflow = json!({ "workflow": { "metadata": metadata, "spec": spec } });
            let (status, answer) = house.ask("POST", "/api/v1/workflows/default", &[], &workflow);
            assert!((400..500).contains(&status) && !answer["message"].is_null(), "{metadata}: {answer}");
        }
        let schedule = json!({ "cronWorkflow": { "metadata": { "name": odd }, "spec": {
            "schedules": ["* * * * *"], "workflowSpec": spec,
        } } });
        let (status, answer) = house.ask("POST", "/api/v1/cron-workflows/default", &[], &schedule);
        assert!((400..500).contains(&status), "{odd}: {answer}");
    }
    assert_eq!(house.get("/api/v1/workflows/")["items"], Value::Null);
}

/// API-172: events are asked for as other lists are.
#[test]
fn events_are_asked_for_as_lists_are() {
    let (_folder, house) = open();
    for (query, status) in
        [("labelSelector=a%20b", 400), ("resourceVersion=abc", 500), ("resourceVersion=-1", 500)]
    {
        let target = format!("/api/v1/stream/events/default?listOptions.{query}");
        let (found, answer) = house.ask("GET", &target, &[], &Value::Null);
        assert_eq!(
            (found, answer["error"]["http_code"].as_u64()),
            (status, Some(u64::from(status))),
            "{query}: {answer}"
        );
    }
}

/// API-154: labels and annotations are pairs, each of one name and one value.
#[test]
fn labels_of_a_submission_are_pairs() {
    let (_folder, house) = open();
    house.apply(
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: a}\n\
         spec: {entrypoint: x, templates: [{name: x, suspend: {}}]}\n",
    );
    for (field, text, why) in [
        ("labels", "a", "unexpected label spec: a"),
        ("labels", "a=b=c", "unexpected label spec: a=b=c"),
        ("labels", "a=b,", "unexpected label spec: "),
        ("annotations", "a=b,,c=d", "unexpected label spec: "),
        ("annotations", "=x", "unexpected empty label key"),
    ] {
        let body = json!({ "resourceKind": "workflowtemplate", "resourceName": "a", "submitOptions": { field: text } });
        // Of annotations Argo shows the labels, of which there are none.
        let (field, text) = if field == "labels" { (field, text) } else { ("Annotations", "") };
        let words =
            format!("expected {field} of the form: NAME1=VALUE2,NAME2=VALUE2. Received: {text}: {why}");
        house.refuses("POST", "/api/v1/workflows/default/submit", &body, (500, 13, &words));
    }
}

/// API-164: an output that a node does not have, has no more, or that is no text.
#[test]
fn outputs_that_cannot_be_set_are_told_apart() {
    let (_folder, house) = open();
    let workflow = json!({
        "metadata": { "name": "asks" },
        "spec": { "entrypoint": "main", "templates": [
            { "name": "main", "steps": [[{ "name": "ask", "template": "ask" }, { "name": "wait", "template": "wait" }]] },
            { "name": "ask", "suspend": {}, "outputs": { "parameters": [{ "name": "answer", "valueFrom": { "supplied": {} } }] } },
            { "name": "wait", "suspend": {} },
        ]},
    });
    house.send("POST", "/api/v1/workflows/default", &json!({ "workflow": workflow }));
    let waits = |answer: &Value| {
        let nodes = answer["status"]["nodes"].as_object().into_iter().flatten();
        nodes.filter(|(_, node)| node["type"] == "Suspend" && node["phase"] == "Running").count() == 2
    };
    house.until("/api/v1/workflows/default/asks", waits);
    let target = "/api/v1/workflows/default/asks/set";
    let set = |node: &str, outputs: &str| json!({ "nodeFieldSelector": format!("displayName={node}"), "outputParameters": outputs });
    let unknown = (500, 13, "node is not expecting output parameter 'zz'");
    house.refuses("PUT", target, &set("ask", r#"{"zz":"1"}"#), unknown);
    let none = (500, 13, "cannot set output parameters because node is not expecting any raw parameters");
    house.refuses("PUT", target, &set("wait", r#"{"answer":"1"}"#), none);
    for (outputs, why) in [
        ("x", "invalid character 'x' looking for beginning of value"),
        ("{", "unexpected end of JSON input"),
        (r#"{"a" 1}"#, "invalid character '1' after object key"),
        (r#"{"a":"1" "b"}"#, "invalid character '\"' after object key:value pair"),
        (r#"{"answer":"1"} y"#, "invalid character 'y' after top-level value"),
        (r#"{answer:"1"}"#, "invalid character 'a' looking for beginning of object key string"),
        (r#"{"answer":1}"#, "json: cannot unmarshal number into Go value of type string"),
        ("[]", "json: cannot unmarshal array into Go value of type map[string]string"),
    ] {
        let words = format!("unable to parse output parameter set request: {why}");
        house.refuses("PUT", target, &set("ask", outputs), (400, 3, &words));
    }
    house.send("PUT", target, &set("ask", r#"{"answer":null}"#));
    let again =
        "cannot set output parameter 'answer' because it does not use valueFrom.raw or it was already set";
    house.refuses("PUT", target, &set("ask", r#"{"answer":"1"}"#), (500, 13, again));
}

/// API-240: Kubernetes counts what remains only where nothing selects.
#[test]
fn only_plain_lists_of_bindings_count_what_remains() {
    let (_folder, house) = open();
    for (name, number) in [("a", 1), ("b", 3)] {
        house.apply(&format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {{name: {name}}}\n\
             spec: {{entrypoint: x, templates: [{{name: x, suspend: {{}}}}]}}\n---\n\
             apiVersion: argoproj.io/v1alpha1\nkind: WorkflowEventBinding\nmetadata: {{name: {name}}}\n\
             spec: {{event: {{selector: 'payload.n == {number}'}}, submit: {{workflowTemplateRef: {{name: a}}, \
             metadata: {{name: '\"n\" + string(payload.n)'}}}}}}\n"
        ));
    }
    let remaining = |target: &str| house.get(target)["metadata"].get("remainingItemCount").cloned();
    let bindings = "/api/v1/workflow-event-bindings/default?listOptions.limit=1";
    assert_eq!(remaining(bindings), Some(json!(1)));
    assert_eq!(remaining(&format!("{bindings}&listOptions.fieldSelector=metadata.name!=z")), None);
    assert_eq!(remaining(&format!("{bindings}&listOptions.labelSelector=!z")), None);
    assert_eq!(remaining("/api/v1/workflow-templates/default?listOptions.limit=1"), None);
    let list = "/api/v1/workflow-templates/default?listOptions.resourceVersionMatch";
    let words = "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden \
                 unless resourceVersion is provided";
    house.refuses("GET", &format!("{list}=Exact"), &Value::Null, (400, 3, words));
    let words = "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Unsupported value: \"x\": supported values: \
                 \"Exact\", \"NotOlderThan\", \"\"";
    house.refuses("GET", &format!("{list}=x&listOptions.resourceVersion=1"), &Value::Null, (400, 3, words));
    house.get(&format!("{list}=NotOlderThan&listOptions.resourceVersion=1"));
    // AUTH-074: numbers of an event are floating ones to expressions, and look like whole ones where they are.
    let token = [("Authorization", "Bearer any")];
    let (status, answer) = house.ask("POST", "/api/v1/events/default/x", &token, &json!(5));
    assert_eq!(status, 500);
    assert!(answer["message"].as_str().unwrap().contains("type float64 has no field n"), "{answer}");
    let (status, answer) = house.ask("POST", "/api/v1/events/default/x", &token, &json!({ "n": 1 }));
    assert_eq!(status, 200, "{answer}");
    house.until("/api/v1/workflows/default/n1", |made| made["metadata"]["name"] == "n1");
}

/// API-243: an update of what has the same name and is another object is refused.
#[test]
fn an_update_of_another_object_is_refused() {
    let (_folder, house) = open();
    let template =
        json!({ "metadata": { "name": "a" }, "spec": { "templates": [{ "name": "x", "suspend": {} }] } });
    let list = "/api/v1/workflow-templates/default";
    let mut made = house.send("POST", list, &json!({ "template": template }));
    let uid = made["metadata"]["uid"].as_str().unwrap().to_owned();
    let other = "00000000-0000-4000-8000-000000000000";
    made["metadata"]["uid"] = json!(other);
    let words = format!(
        "Operation cannot be fulfilled on workflowtemplates.argoproj.io \"a\": StorageError: invalid object, Code: 4, Key: \
         /registry/argoproj.io/workflowtemplates/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID \
         in precondition: {other}, UID in object meta: {uid}"
    );
    house.refuses("PUT", &format!("{list}/a"), &json!({ "template": made }), (409, 6, &words));
    made["metadata"]["uid"] = json!(uid);
    house.send("PUT", &format!("{list}/a"), &json!({ "template": made }));
}

/// API-291.
#[test]
fn a_limit_has_a_key() {
    let (_folder, house) = open();
    let body = json!({ "type": 1, "key": "", "limit": 1 });
    house.refuses("POST", "/api/v1/sync/default", &body, (400, 3, "key cannot be empty"));
}

/// API-175: a count of lines or seconds that makes no sense gives no line, and no error.
#[test]
fn logs_without_sense_are_empty() {
    let (_folder, house) = open();
    house.submit("one");
    for query in ["tailLines=-1", "sinceSeconds=0", "sinceSeconds=-5", "limitBytes=0"] {
        let target = format!("/api/v1/workflows/default/one/log?logOptions.follow=true&logOptions.{query}");
        let answer = http::send(house.address, "GET", &target, &[], &[], PATIENCE).unwrap();
        assert_eq!((answer.status, answer.text()), (200, String::new()), "{query}");
    }
    // CLI-034: patterns are Go's.
    let answer =
        http::send(house.address, "GET", "/api/v1/workflows/default/one/log?grep=%5B", &[], &[], PATIENCE)
            .unwrap();
    let told = answer.text();
    assert_eq!(answer.status, 500);
    assert!(
        told.contains("failed to compile \\\"[\\\": error parsing regexp: missing closing ]: `[`"),
        "{told}"
    );
}

/// API-315: forms that are none.
#[test]
fn forms_that_are_none_say_why() {
    let (_folder, house) = open();
    house.apply(
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: takes}\nspec: {arguments: {artifacts: [{name: data}]}, \
         templates: [{name: x, suspend: {}}]}\n",
    );
    for (kind, body, why) in [
        ("multipart/form-data; boundary=XX", "", "multipart: NextPart: EOF"),
        ("multipart/form-data; boundary=XX", "no form", "multipart: NextPart: EOF"),
        ("multipart/form-data", "x", "no multipart boundary param in Content-Type"),
        ("application/json", "x", "request Content-Type isn't multipart/form-data"),
    ] {
        let headers = [("Content-Type".to_owned(), kind.to_owned())];
        let target = "/upload-artifacts/default/takes/data";
        let answer = http::send(house.address, "POST", target, &headers, body.as_bytes(), PATIENCE).unwrap();
        let told = format!("Failed to parse multipart form: {why}\n");
        assert_eq!((answer.status, answer.text()), (400, told), "{kind} {body}");
    }
}

/// API-032, API-242: a schedule is deleted only if it is the one that was meant.
#[test]
fn a_schedule_is_deleted_as_the_options_say() {
    let (_folder, house) = open();
    let cron = json!({
        "metadata": { "name": "tick" },
        "spec": {
            "schedules": ["0 0 1 1 *"],
            "workflowSpec": { "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }] },
        },
    });
    let made = house.send("POST", "/api/v1/cron-workflows/default", &json!({ "cronWorkflow": cron }));
    let [uid, version] =
        ["uid", "resourceVersion"].map(|field| made["metadata"][field].as_str().unwrap().to_owned());
    let target = |options: &str| format!("/api/v1/cron-workflows/default/tick?{options}");
    let other = "00000000-0000-0000-0000-000000000001";
    for (option, wanted, word, own, why) in [
        ("uid", other, "UID", &uid, "The object might have been deleted and then recreated"),
        ("resourceVersion", "4711", "ResourceVersion", &version, "The object might have been modified"),
    ] {
        let words = format!(
            "Operation cannot be fulfilled on cronworkflows.argoproj.io \"tick\": the {word} in the precondition ({wanted}) does not match the {word} in record ({own}). {why}"
        );
        let options = format!("deleteOptions.preconditions.{option}={wanted}");
        house.refuses("DELETE", &target(&options), &Value::Null, (409, 6, &words));
    }
    for (options, flaw) in [
        ("dryRun=Nonsense", "dryRun: Unsupported value: []string{\"Nonsense\"}: supported values: \"All\""),
        (
            "propagationPolicy=Nonsense",
            "propagationPolicy: Unsupported value: \"Nonsense\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
        ),
        (
            "propagationPolicy=Orphan&deleteOptions.orphanDependents=true",
            "propagationPolicy: Invalid value: \"Orphan\": orphanDependents and deletionPropagation cannot be both set",
        ),
    ] {
        let words = format!("DeleteOptions.meta.k8s.io \"\" is invalid: {flaw}");
        house.refuses("DELETE", &target(&format!("deleteOptions.{options}")), &Value::Null, (400, 3, &words));
    }
    house.send("DELETE", &target("deleteOptions.dryRun=All"), &Value::Null);
    let options = format!(
        "deleteOptions.preconditions.uid={uid}&deleteOptions.preconditions.resourceVersion={version}"
    );
    house.send("DELETE", &target(&options), &Value::Null);
    assert_eq!(house.ask("GET", &target(""), &[], &Value::Null).0, 404);
}

/// API-150: a kind is submitted by its own spellings, whose case counts.
#[test]
fn kinds_are_spelt_as_they_are() {
    let (_folder, house) = open();
    let ask = |kind: &str| {
        let body = json!({ "resourceKind": kind, "resourceName": "nosuch" });
        let (status, answer) = house.ask("POST", "/api/v1/workflows/default/submit", &[], &body);
        (status, answer["message"].as_str().unwrap_or_default().to_owned())
    };
    for kind in ["CronWorkflow", "cronworkflow", "cronworkflows", "cronwf", "WorkflowTemplate", "cwftmpl"] {
        assert_eq!(ask(kind).0, 404, "{kind}");
    }
    for kind in ["WFTMPL", "CRONWF", "Workflowtemplate", "WORKFLOWTEMPLATES", "Workflow"] {
        assert_eq!(ask(kind), (400, format!("Resource kind '{kind}' is not supported for submitting")));
    }
}

/// API-058: of what goes wrong with a stream, too, only the wanted fields are told.
#[test]
fn faults_of_streams_are_projected() {
    let (_folder, house) = open();
    let ask = |fields: &str| {
        let target =
            format!("/api/v1/workflow-events/default?fields={fields}&listOptions.fieldSelector=foo%3Dx");
        house.ask("GET", &target, &[], &Value::Null)
    };
    assert_eq!(ask("result.type"), (400, json!({})));
    assert_eq!(ask("error.http_code"), (400, json!({ "error": { "http_code": 400 } })));
    let (status, all) = ask("-result.object");
    assert!(status == 400 && all["error"]["message"].is_string(), "{status} {all}");
}

/// API-164: outputs that are no JSON are refused in the words of Go's reader.
#[test]
fn broken_outputs_are_told_in_gos_words() {
    let (_folder, house) = open();
    house.submit("one");
    for (outputs, why) in [
        ("nonsense", "invalid character 'o' in literal null (expecting 'u')"),
        ("{\"a\": trve}", "invalid character 'v' in literal true (expecting 'u')"),
        ("[fals3]", "invalid character '3' in literal false (expecting 'e')"),
        ("x", "invalid character 'x' looking for beginning of value"),
        ("{\"a\":", "unexpected end of JSON input"),
    ] {
        let body = json!({ "nodeFieldSelector": "displayName=a", "outputParameters": outputs });
        let words = format!("unable to parse output parameter set request: {why}");
        house.refuses("PUT", "/api/v1/workflows/default/one/set", &body, (400, 3, &words));
    }
}

/// OB-013: what Kubernetes alone says of an object is not taken from one that is new, and who owns it is said in full.
#[test]
fn new_objects_are_as_kubernetes_makes_them() {
    let (_folder, house) = open();
    let spec = json!({ "entrypoint": "x", "templates": [{ "name": "x", "suspend": {} }] });
    let make = |metadata: Value| {
        let workflow = json!({ "workflow": { "metadata": metadata, "spec": spec } });
        house.ask("POST", "/api/v1/workflows/default", &[], &workflow)
    };
    let (status, made) = make(json!({ "name": "one", "selfLink": "/x", "finalizers": ["mine"],
        "deletionTimestamp": "2020-01-01T00:00:00Z", "deletionGracePeriodSeconds": 3 }));
    assert_eq!((status, &made["metadata"]["finalizers"]), (200, &json!(["mine"])), "{made}");
    for field in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        assert_eq!(made["metadata"].get(field), None, "{field}");
    }
    let (status, refused) = make(json!({ "name": "two", "ownerReferences": [{ "name": "a", "kind": "B" }] }));
    let words = "Workflow.argoproj.io \"two\" is invalid: [metadata.ownerReferences.apiVersion: Invalid value: \"\": \
                 version must not be empty, metadata.ownerReferences.uid: Invalid value: \"\": uid must not be empty]";
    assert_eq!((status, refused["message"].as_str()), (400, Some(words)));
    let (status, refused) = make(json!({ "name": "two", "finalizers": ["a b"] }));
    let told = refused["message"].as_str().unwrap();
    assert!(
        status == 400 && told.contains("metadata.finalizers: Invalid value: \"a b\": name part"),
        "{told}"
    );
    let template = json!({ "template": { "metadata": { "name": "all", "namespace": "x" }, "spec": spec } });
    let kept = house.send("POST", "/api/v1/cluster-workflow-templates", &template);
    assert_eq!(kept["metadata"].get("namespace"), None);
}

/// API-140, API-170: a workflow that is watched by its name is looked up first, and its name alone counts then.
#[test]
fn who_watches_a_name_is_told_that_there_is_none() {
    let (_folder, house) = open();
    house.submit("one");
    let target = |selector: &str| {
        let selector = selector.replace('=', "%3D").replace(',', "%2C");
        format!(
            "/api/v1/workflow-events/default?listOptions.timeoutSeconds=1&fields=result.object.metadata.name,error\
             &listOptions.fieldSelector={selector}"
        )
    };
    let (status, answer) = house.ask("GET", &target("metadata.name=nope"), &[], &Value::Null);
    assert_eq!(
        (status, answer["error"]["message"].as_str()),
        (404, Some("workflows.argoproj.io \"nope\" not found"))
    );
    for selector in [
        "metadata.name=one",
        "metadata.name=@latest",
        "metadata.name=one,metadata.namespace=other",
        "metadata.name=one,status.phase=Failed",
    ] {
        let answer = http::send(house.address, "GET", &target(selector), &[], &[], PATIENCE).unwrap();
        assert!(
            answer.status == 200 && answer.text().contains("\"name\":\"one\""),
            "{selector}: {}",
            answer.text()
        );
    }
    let (status, _) = house.ask("GET", &target("status.phase=Failed"), &[], &Value::Null);
    assert_eq!(status, 400);
}

/// API-122: what the store could not hold at once is refused before it is asked; what is said twice counts once.
#[test]
fn a_selector_may_be_long_and_not_endless() {
    let (_folder, house) = open();
    house.submit("one");
    let list = |terms: Vec<String>| {
        let target = format!("/api/v1/workflows/default?listOptions.labelSelector={}", terms.join(","));
        house.ask("GET", &target, &[], &Value::Null)
    };
    assert_eq!(list(vec!["team".to_owned(); 3_001]).1["items"][0]["metadata"]["name"], "one");
    let absent = |count: usize| (0..count).map(|number| format!("%21l{number}")).collect();
    assert_eq!(list(absent(500)).1["items"][0]["metadata"]["name"], "one");
    let (status, told) = list(absent(501));
    assert_eq!((status, &told["message"]), (400, &json!("a label selector takes at most 500 requirements")));
}

/// API-044, API-243: an update is held to the same metadata as a creation, after it was found to be of the latest version.
#[test]
fn an_update_is_held_to_what_a_creation_is() {
    let (_folder, house) = open();
    let spec = json!({ "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }] });
    let body = |metadata: Value| json!({ "template": { "metadata": metadata, "spec": spec } });
    let all = "/api/v1/workflow-templates/default";
    let made = house.send("POST", all, &body(json!({ "name": "kept" })));
    let version = &made["metadata"]["resourceVersion"];
    let target = format!("{all}/kept");
    let own = |more: Value| {
        let mut metadata = json!({ "name": "kept", "resourceVersion": version });
        metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body(metadata)
    };
    let elsewhere = "the namespace of the provided object does not match the namespace sent on the request";
    house.refuses("PUT", &target, &own(json!({ "namespace": "other" })), (400, 3, elsewhere));
    let managed = own(json!({ "labels": { "workflows.argoproj.io/controller-instanceid": "z" } }));
    house.refuses("PUT", &target, &managed, (400, 3, "'kept' is not managed by the current Argo Server"));
    for metadata in [
        json!({ "labels": { "a": "b c" } }),
        json!({ "annotations": { "a b": "c" } }),
        json!({ "finalizers": ["a b"] }),
        json!({ "ownerReferences": [{ "kind": "x" }] }),
    ] {
        let (status, told) = house.ask("PUT", &target, &[], &own(metadata.clone()));
        let message = told["message"].as_str().unwrap_or_default();
        let words = "WorkflowTemplate.argoproj.io \"kept\" is invalid: ";
        assert!(
            status == 400 && message.starts_with(words) && message.contains("metadata."),
            "{metadata}: {status} {told}"
        );
    }
    let stale = own(json!({ "resourceVersion": "999999", "labels": { "a": "b c" } }));
    assert_eq!(house.ask("PUT", &target, &[], &stale).0, 409, "what is old is told before what is wrong");
    let kept = house.send("PUT", &target, &own(json!({ "namespace": "default" })));
    assert_eq!(kept["metadata"]["namespace"], "default");
    let cluster = "/api/v1/cluster-workflow-templates";
    let made = house.send("POST", cluster, &body(json!({ "name": "wide" })));
    let again = json!({
        "name": "wide", "namespace": "x", "resourceVersion": made["metadata"]["resourceVersion"],
    });
    let kept = house.send("PUT", &format!("{cluster}/wide"), &body(again));
    assert!(kept["metadata"].get("namespace").is_none(), "{kept}");
}

/// CR-011, CR-081: what is submitted from a schedule has the finalizers that its own workflows have.
#[test]
fn a_submission_from_a_schedule_has_its_finalizers() {
    let (_folder, house) = open();
    let cron = json!({ "cronWorkflow": { "metadata": { "name": "nightly" }, "spec": {
        "schedules": ["0 0 1 1 *"], "workflowMetadata": { "finalizers": ["x.y/z"] },
        "workflowSpec": { "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }] },
    }}});
    house.send("POST", "/api/v1/cron-workflows/default", &cron);
    let submit = json!({ "resourceKind": "CronWorkflow", "resourceName": "nightly" });
    let made = house.send("POST", "/api/v1/workflows/default/submit", &submit);
    assert_eq!(made["metadata"]["finalizers"], json!(["x.y/z"]));
}

/// API-112, API-113: trying to create a workflow whose name is taken fails as creating it does, and lets the name alone.
#[test]
fn a_name_that_is_taken_is_so_for_a_dry_run_on_the_server() {
    let (_folder, house) = open();
    let spec = json!({ "entrypoint": "x", "templates": [{ "name": "x", "suspend": {} }] });
    let mut body = json!({ "workflow": { "metadata": { "name": "p" }, "spec": spec }, "serverDryRun": true });
    let create = "/api/v1/workflows/default";
    let (status, told) = house.ask("POST", create, &[], &body);
    assert_eq!(status, 200, "{told}");
    house.refuses(
        "GET",
        "/api/v1/workflows/default/p",
        &Value::Null,
        (404, 5, "workflows.argoproj.io \"p\" not found"),
    );
    body["serverDryRun"] = json!(false);
    let (status, told) = house.ask("POST", create, &[], &body);
    assert_eq!(status, 200, "{told}");
    body["serverDryRun"] = json!(true);
    house.refuses("POST", create, &body, (409, 6, "workflows.argoproj.io \"p\" already exists"));
    body["workflow"]["metadata"]["generateName"] = json!("p-");
    let words = "workflows.argoproj.io \"p\" already exists, the server was not able to generate a unique name for the object";
    house.refuses("POST", create, &body, (409, 6, words));
}

/// OB-446, VA-162: what the definitions of the kinds refuse is refused wherever an object is stored, not where it is
/// only looked at.
#[test]
fn stored_objects_are_what_their_kinds_allow() {
    let (_folder, house) = open();
    let spec = json!({ "entrypoint": "x", "parallelism": 0, "templates": [{ "name": "x", "suspend": {} }] });
    let object = |name: &str| json!({ "metadata": { "name": name }, "spec": spec });
    let refused = |kind: &str, path: &str| {
        let why = "in body should be greater than or equal to 1";
        format!("{kind}.argoproj.io \"p\" is invalid: {path}: Invalid value: 0: {path} {why}")
    };
    let workflow = json!({ "workflow": object("p") });
    let words = refused("Workflow", "spec.parallelism");
    house.refuses("POST", "/api/v1/workflows/default", &workflow, (400, 3, &words));
    let dry = json!({ "workflow": object("p"), "serverDryRun": true });
    house.refuses("POST", "/api/v1/workflows/default", &dry, (400, 3, &words));
    let (status, _) = house.ask("POST", "/api/v1/workflows/default/lint", &[], &workflow);
    assert_eq!(status, 200);
    for (path, kind) in [
        ("/api/v1/workflow-templates/default", "WorkflowTemplate"),
        ("/api/v1/cluster-workflow-templates", "ClusterWorkflowTemplate"),
    ] {
        let words = refused(kind, "spec.parallelism");
        house.refuses("POST", path, &json!({ "template": object("p") }), (400, 3, &words));
    }
    let cron =
        json!({ "metadata": { "name": "p" }, "spec": { "schedules": ["0 4 1 1 *"], "workflowSpec": spec } });
    let words = refused("CronWorkflow", "spec.workflowSpec.parallelism");
    house.refuses(
        "POST",
        "/api/v1/cron-workflows/default",
        &json!({ "cronWorkflow": cron }),
        (400, 3, &words),
    );

    let mut fine = object("p");
    fine["spec"]["parallelism"] = json!(1);
    let (status, mut kept) =
        house.ask("POST", "/api/v1/workflow-templates/default", &[], &json!({ "template": fine }));
    assert_eq!(status, 200, "{kept}");
    kept["spec"]["parallelism"] = json!(0);
    let words = refused("WorkflowTemplate", "spec.parallelism");
    let target = "/api/v1/workflow-templates/default/p";
    house.refuses("PUT", target, &json!({ "template": kept }), (400, 3, &words));
}

/// API-243: whether a schedule is there is asked before what is to take its place is judged, and of templates after it.
#[test]
fn a_schedule_is_looked_for_before_the_new_one_is_judged() {
    let (_folder, house) = open();
    let wrong = json!({ "entrypoint": "none", "templates": [{ "name": "main", "suspend": {} }] });
    let unknown = (404, 5, "cronworkflows.argoproj.io \"nosuch\" not found");
    for (namespace, spec) in [
        ("default", json!({ "schedules": ["nonsense"], "workflowSpec": wrong })),
        ("elsewhere", json!({ "schedules": ["0 0 1 1 *"], "workflowSpec": wrong })),
    ] {
        let cron = json!({ "metadata": { "name": "nosuch", "namespace": namespace }, "spec": spec });
        let body = json!({ "cronWorkflow": cron });
        house.refuses("PUT", "/api/v1/cron-workflows/default/nosuch", &body, unknown);
    }
    let template = json!({ "template": { "metadata": { "name": "nosuch" }, "spec": wrong } });
    assert_eq!(house.ask("PUT", "/api/v1/workflow-templates/default/nosuch", &[], &template).0, 400);
}

/// API-241: under a pattern the next page begins after a version, the newest first.
#[test]
fn a_page_of_a_pattern_begins_after_a_version() {
    let (_folder, house) = open();
    let spec = json!({ "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }] });
    for name in ["one", "two"] {
        let body = json!({ "template": { "metadata": { "name": name }, "spec": spec } });
        house.send("POST", "/api/v1/workflow-templates/default", &body);
    }
    let count = |from: &str| {
        let query = format!("namePattern=o&listOptions.continue={from}");
        let found = house.get(&format!("/api/v1/workflow-templates/default?{query}"));
        found["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((count(""), count("9999999999999999"), count("abc"), count("0")), (2, 2, 0, 0));
}

/// API-024: all of a body has the types that it should have, also what is not looked at.
#[test]
fn what_is_not_looked_at_has_its_type_all_the_same() {
    let (_folder, house) = open();
    let spec = json!({ "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }] });
    let template = json!({ "metadata": { "name": "a" }, "spec": spec });
    let cron =
        json!({ "metadata": { "name": "a" }, "spec": { "schedules": ["0 0 1 1 *"], "workflowSpec": spec } });
    let kinds = [
        ("/api/v1/workflows/default/lint", "workflow", &template),
        ("/api/v1/workflow-templates/default/lint", "template", &template),
        ("/api/v1/cluster-workflow-templates/lint", "template", &template),
        ("/api/v1/cron-workflows/default/lint", "cronWorkflow", &cron),
    ];
    let with = |object: &Value, pointer: &str, value: &Value| {
        let mut object = object.clone();
        let (field, below) = pointer.split_once('/').unwrap_or((pointer, ""));
        if below.is_empty() {
            object[field] = value.clone();
        } else {
            object[field] = json!({ below: value });
        }
        object
    };
    let mut refused = Vec::new();
    for (target, field, object) in kinds {
        for (pointer, value) in [
            ("", json!(null)),
            ("metadata", json!([])),
            ("kind", json!(5)),
            ("apiVersion", json!([])),
            ("status", json!([])),
            ("status", json!(null)),
            ("status/phase", json!(5)),
            ("status/startedAt", json!("x")),
            ("status/nodes", json!([])),
            ("status/nodes", json!({})),
        ] {
            let object = if pointer.is_empty() { object.clone() } else { with(object, pointer, &value) };
            let (status, answer) = house.ask("POST", target, &[], &json!({ field: object }));
            if status != 200 {
                let words = answer["message"].as_str().unwrap_or_default().to_owned();
                assert!(status == 400 && words.starts_with("json: cannot unmarshal"), "{pointer}: {answer}");
                refused.push(format!("{} {pointer} {value}", target.split('/').nth(3).unwrap()));
            }
        }
    }
    let frame = ["metadata []", "kind 5", "apiVersion []"];
    let of = |kind: &str, more: &[&str]| -> Vec<String> {
        frame.iter().chain(more).map(|what| format!("{kind} {what}")).collect()
    };
    let wanted = [
        of("workflows", &["status []", "status/phase 5", "status/startedAt \"x\"", "status/nodes []"]),
        of("workflow-templates", &[]),
        of("cluster-workflow-templates", &[]),
        of("cron-workflows", &["status []", "status/phase 5"]),
    ];
    assert_eq!(refused, wanted.concat());
    for body in [
        json!({ "workflow": template, "instanceID": 5 }),
        json!({ "workflow": template, "createOptions": { "fieldManager": 5 } }),
    ] {
        assert_eq!(house.ask("POST", "/api/v1/workflows/default", &[], &body).0, 400, "{body}");
    }
    let body = json!({ "template": template, "createOptions": { "dryRun": "All" } });
    assert_eq!(house.ask("POST", "/api/v1/workflow-templates/default/lint", &[], &body).0, 400);
}

/// API-125: a time that is none is told in Go's words, and only what Go reads is one.
#[test]
fn times_are_those_of_rfc_3339() {
    let (_folder, house) = open();
    for (text, why) in [
        ("x", "parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" as \"2006\""),
        ("2020-13-01T00:00:00Z", "parsing time \"2020-13-01T00:00:00Z\": month out of range"),
        ("2020-02-30T00:00:00Z", "parsing time \"2020-02-30T00:00:00Z\": day out of range"),
        ("2020-01-01T23:59:60Z", "parsing time \"2020-01-01T23:59:60Z\": second out of range"),
    ] {
        for query in [
            format!("createdAfter={text}"),
            format!("finishedBefore={text}"),
            format!("listOptions.fieldSelector=spec.startedAt%3E{text}"),
        ] {
            let target = format!("/api/v1/workflows/default?{query}");
            house.refuses("GET", &target, &Value::Null, (400, 3, why));
        }
    }
    house.get("/api/v1/workflows/default?createdAfter=2020-01-01T0:00:00Z");
}

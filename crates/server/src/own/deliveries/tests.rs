use super::{Delivery, KIND, Turns, document, keep, machine, recover};
use crate::access::Role;
use crate::guard::tests::House;
use crate::options::AuthMode;
use serde_json::{Value, json};
use tiphys_store::{Filter, NewRun, Runs as _, Summary};

const TEMPLATE: &str = "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: NAME}\nspec:\n  \
                        entrypoint: main\n  templates: [{name: main, suspend: {}}]\n---\n";

fn binding(name: &str, template: &str, metadata: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowEventBinding\nmetadata: {{name: {name}}}\nspec:\n  event: \
         {{selector: 'true'}}\n  submit:\n    metadata: {metadata}\n    workflowTemplateRef: {{name: {template}}}\n---\n"
    )
}

fn apply(house: &House, text: &str) {
    let body = json!({ "namespace": "here", "text": text }).to_string();
    assert_eq!(house.status("POST", "/api/tiphys/v1/apply", &[], &body), 200);
}

fn names(house: &House) -> Vec<String> {
    let filter = Filter { namespace: Some("here".to_owned()), ..Filter::default() };
    let rows = house.world.store(|store| store.list(&filter)).unwrap();
    let mut names: Vec<String> = rows.into_iter().map(|row| row.name).collect();
    names.sort();
    names
}

/// OB-372, OB-374: names and labels take all of Argo's functions, selectors and parameters the language alone; a text for
/// a parameter is what stands between the quotes of its JSON.
#[test]
fn bindings_have_the_functions_and_the_texts_of_argo() {
    let house = House::new(|options| options.auth = AuthMode::None);
    apply(&house, &TEMPLATE.replace("NAME", "there-is"));
    let metadata =
        r#"{name: 'sprig.lower(payload.name)', labels: {commit: 'sprig.trunc(7, payload.after)'}}"#;
    let arguments = "    arguments: {parameters: [{name: text, valueFrom: {event: payload.text}}]}\n---\n";
    apply(&house, &binding("all", "there-is", metadata).replace("---\n", arguments));
    let event = json!({ "name": "ABC", "after": "0123456789", "text": "a \"q\" <b>\n" }).to_string();
    let headers = [("authorization", "Bearer any")];
    let answer = house.send("POST", "/api/v1/events/here/push", &headers, &event);
    assert_eq!(house.text(answer), "{}");
    let made = house.send("GET", "/api/v1/workflows/here/abc", &[], "");
    let made: Value = serde_json::from_str(&house.text(made)).unwrap();
    assert_eq!(made["metadata"]["labels"]["commit"], "0123456", "{made}");
    let text = &made["spec"]["arguments"]["parameters"][0]["value"];
    assert_eq!(*text, json!(r#"a \"q\" \u003cb\u003e\n"#));
    apply(&house, &binding("all", "there-is", "{}").replace("'true'", r#"'sprig.lower("X") == "x"'"#));
    let refused = house.send("POST", "/api/v1/events/here/push", &headers, &event);
    let refused = house.text(refused);
    assert!(refused.contains("unknown name sprig"), "{refused}");
}

/// AUTH-074: what comes from outside is text. With tags or expressions in it, it makes no run, and its sender is told;
/// other bindings have their turn, and a binding may write such text otherwise.
#[test]
fn what_an_event_gives_is_no_program() {
    let house = House::new(|options| options.auth = AuthMode::None);
    apply(&house, &TEMPLATE.replace("NAME", "there-is"));
    let with = |name: &str, event: &str| {
        let arguments =
            format!("    arguments: {{parameters: [{{name: text, valueFrom: {{event: {event}}}}}]}}\n---\n");
        binding(name, "there-is", &format!("{{name: '\"{name}\"'}}")).replace("---\n", &arguments)
    };
    apply(&house, &with("plain", "payload.text"));
    let headers = [("authorization", "Bearer any")];
    let send = |text: &Value| {
        let event = json!({ "text": text }).to_string();
        house.send("POST", "/api/v1/events/here/push", &headers, &event)
    };
    let bad = ["{{=1/0}}", "a {{workflow.name}}", "half of one: {{", "${{ secrets.TOKEN }}"];
    for text in bad.map(Value::from).into_iter().chain([json!({ "deep": ["{{=1/0}}"] })]) {
        let refused = send(&text);
        assert_eq!(refused.status(), 400, "{text}");
        let refused = house.text(refused);
        assert!(refused.contains("what the event gives has `{{`, which would be read as a tag"), "{refused}");
    }
    assert!(names(&house).is_empty());
    apply(&house, &with("written", r#"'replace(payload.text, "{{", "{ {")'"#));
    assert_eq!(send(&json!("{{=1/0}}")).status(), 400, "of the other binding");
    assert_eq!(names(&house), ["written"]);
    let made = house.send("GET", "/api/v1/workflows/here/written", &[], "");
    let made: Value = serde_json::from_str(&house.text(made)).unwrap();
    assert_eq!(made["spec"]["arguments"]["parameters"][0]["value"], "{ {=1/0}}");
}

/// What is answered as failed is sent again under the same id; it is then done what was not done, and nothing twice.
#[test]
fn an_event_that_was_not_dispatched_is_when_it_comes_again() {
    let house = House::new(|options| options.auth = AuthMode::None);
    apply(&house, &TEMPLATE.replace("NAME", "there-is"));
    apply(&house, &binding("a-named", "there-is", "{name: '\"named\"'}"));
    apply(&house, &binding("b-drawn", "there-is", "{}"));
    apply(&house, &binding("c-late", "comes-later", "{name: '\"late\"'}"));
    // Without it somebody would have to sign (AUTH-061).
    let headers = [("authorization", "Bearer any"), ("x-delivery-id", "77")];
    let send = || house.send("POST", "/api/v1/events/here/push", &headers, "{}");
    let first = send();
    assert_eq!(first.status(), 500);
    assert!(house.text(first).contains("failed to get workflow template"));
    let made = names(&house);
    assert_eq!(made.len(), 2, "{made:?}");
    apply(&house, &TEMPLATE.replace("NAME", "comes-later"));
    assert_eq!(send().status(), 200);
    let all = names(&house);
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all.contains(&"late".to_owned()) && made.iter().all(|name| all.contains(name)));
    // Now it is done.
    assert_eq!(send().status(), 200);
    assert_eq!(names(&house), all);
    let listed = house.send("GET", "/api/tiphys/v1/deliveries?namespace=here", &[], "");
    let listed: Value = serde_json::from_str(&house.text(listed)).unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["status"], "matched");
    assert!(listed["items"][0].get("senderRole").is_none(), "{listed}");
}

/// A delivery as a server that was killed leaves it.
fn leave(house: &House, id: &str, role: Role) {
    let delivery = Delivery {
        id: id.to_owned(),
        namespace: "here".to_owned(),
        discriminator: "push".to_owned(),
        sender: "somebody".to_owned(),
        role,
        event: json!({ "payload": {} }),
        replay_of: None,
    };
    let mut row = delivery.row("received", 1);
    row.document = delivery.document(&house.world, "received", &[], 1).unwrap().to_string().into_bytes();
    house.world.store(|store| store.create(&row)).unwrap();
}

#[test]
fn what_a_crash_left_is_dispatched_with_the_rights_of_its_sender() {
    let house = House::new(|options| options.auth = AuthMode::None);
    apply(&house, &TEMPLATE.replace("NAME", "there-is"));
    apply(&house, &binding("a", "there-is", "{}"));
    leave(&house, "of-a-viewer", Role::Viewer);
    leave(&house, "of-an-operator", Role::Operator);
    let broken = NewRun {
        machine: machine("broken"),
        document: b"not json".to_vec(),
        summary: Summary {
            namespace: "here".to_owned(),
            name: "broken".to_owned(),
            uid: "broken".to_owned(),
            created_us: 2,
            labels: [("status".to_owned(), "received".to_owned())].into(),
            ..Summary::default()
        },
    };
    assert_eq!(broken.machine.kind, KIND);
    house.world.store(|store| store.create(&broken)).unwrap();
    recover(&house.world).unwrap();
    let status = |id: &str| document(&house.world, id).unwrap().unwrap()["status"].clone();
    assert_eq!((status("of-a-viewer"), status("of-an-operator")), (json!("failed"), json!("matched")));
    let refused = document(&house.world, "of-a-viewer").unwrap().unwrap();
    let reason = refused["results"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("User \"somebody\" cannot create resource \"workflows\""), "{reason}");
    assert_eq!(names(&house).len(), 1);
}

/// However coarse a clock is.
#[test]
fn what_is_kept_is_cut_by_the_number_of_what_comes() {
    let turns = Turns::default();
    let cut: Vec<usize> = (0..200).filter(|_| turns.are_to_be_cut()).collect();
    assert_eq!(cut, [0, 64, 128, 192]);
}

/// Whoever may start nothing pushes out nothing that somebody else sent.
#[test]
fn deliveries_of_viewers_give_way_to_each_other_only() {
    let house = House::new(|options| options.auth = AuthMode::None);
    leave(&house, "hook", Role::Operator);
    for number in 0..5 {
        leave(&house, &format!("noise-{number}"), Role::Viewer);
    }
    keep(&house.world, 2, 3).unwrap();
    let filter = Filter { kind: Some(KIND.into()), ..Filter::default() };
    let rows = house.world.store(|store| store.list(&filter)).unwrap();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().any(|row| row.uid == "hook"));
}

/// What matched nothing made nothing: when a binding is there, the sender may send it again.
#[test]
fn an_event_that_matched_nothing_may_come_again() {
    let house = House::new(|options| options.auth = AuthMode::None);
    apply(&house, &TEMPLATE.replace("NAME", "there-is"));
    let headers = [("authorization", "Bearer any"), ("x-delivery-id", "78")];
    let send = || house.status("POST", "/api/v1/events/here/push", &headers, "{}");
    assert_eq!((send(), names(&house).len()), (200, 0));
    apply(&house, &binding("a", "there-is", "{}"));
    assert_eq!((send(), names(&house).len()), (200, 1));
    assert_eq!((send(), names(&house).len()), (200, 1));
}

/// Some senders show their secret in a header: it works, also later, and is shown to nobody.
#[test]
fn secrets_of_senders_are_kept_sealed_and_shown_to_nobody() {
    let house = House::new(|options| options.auth = AuthMode::None);
    apply(&house, &TEMPLATE.replace("NAME", "there-is"));
    let picky = binding("a", "there-is", "{}").replace(
        "'true'",
        "'metadata[\"x-gitlab-token\"][0] == \"WORD\" && metadata[\"x-kind\"][0] == \"k\"'",
    );
    apply(&house, &picky);
    let headers = [
        ("authorization", "Bearer any"),
        ("x-gitlab-token", "WORD"),
        ("x-hook-uuid", "WORD"),
        ("x-kind", "k"),
        ("x-delivery-id", "9"),
    ];
    assert_eq!(house.status("POST", "/api/v1/events/here/push", &headers, "{}"), 200);
    assert_eq!(names(&house).len(), 1);
    let listed = house.text(house.send("GET", "/api/tiphys/v1/deliveries?namespace=here", &[], ""));
    let id = serde_json::from_str::<Value>(&listed).unwrap()["items"][0]["id"].as_str().unwrap().to_owned();
    let kept = house.world.store(|store| store.document(&machine(&id))).unwrap().unwrap();
    let shown = house.text(house.send("GET", &format!("/api/tiphys/v1/deliveries/{id}"), &[], ""));
    for text in [&listed, &shown, &String::from_utf8(kept).unwrap()] {
        assert!(!text.contains("WORD"), "{text}");
    }
    assert!(!shown.contains("sealed") && !listed.contains("sealed"), "{shown} {listed}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["headers"]["x-gitlab-token"], "(hidden)");
    assert_eq!(shown["headers"]["x-kind"], "k");
    // A replay is judged by what came in.
    let replayed = house.send("POST", &format!("/api/tiphys/v1/deliveries/{id}/replay"), &[], "{}");
    let replayed: Value = serde_json::from_str(&house.text(replayed)).unwrap();
    assert_eq!(replayed["status"], "matched", "{replayed}");
    assert_eq!(replayed["headers"]["x-hook-uuid"], "(hidden)");
    assert_eq!(names(&house).len(), 2);
}

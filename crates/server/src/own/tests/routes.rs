//! Routes that no recording and no other test of this folder calls.

use super::*;

#[test]
fn a_run_says_why_it_waits_and_what_it_consists_of() {
    let (_folder, house) = open();
    house.submit("one");
    let asks = |answer: &Value| {
        let nodes = answer["status"]["nodes"].as_object().into_iter().flatten();
        nodes.map(|(_, node)| node).any(|node| node["type"] == "Suspend" && node["phase"] == "Running")
    };
    house.until("/api/v1/workflows/default/one", asks);
    let why = house.get("/api/tiphys/v1/runs/default/one/why");
    assert!(why["items"][0]["text"].as_str().is_some_and(|text| !text.is_empty()), "{why}");
    let (status, none) =
        house.ask("GET", "/api/tiphys/v1/runs/default/one/why?node=nothing", &[], &Value::Null);
    assert_eq!((status, &none["code"]), (404, &json!(5)), "{none}");
    let plan = house.get("/api/tiphys/v1/runs/default/one/plan");
    assert!(plan.to_string().contains("\"ask\""), "{plan}");
}

#[test]
fn tokens_and_links_are_given_and_taken_back() {
    let (_folder, house) = open();
    assert_eq!(house.get("/api/tiphys/v1/tokens"), json!({ "items": [] }));
    let asked = json!({ "name": "ci", "role": "viewer", "namespaces": ["default"], "ttlSeconds": 60 });
    let made = house.send("POST", "/api/tiphys/v1/tokens", &asked);
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("tph_"), "{made}");
    let (status, twice) = house.ask("POST", "/api/tiphys/v1/tokens", &[], &asked);
    assert_eq!((status, &twice["message"]), (409, &json!("a token named `ci` exists already")));
    let ended = json!({ "name": "ended", "role": "viewer", "ttlSeconds": -5 });
    let (status, odd) = house.ask("POST", "/api/tiphys/v1/tokens", &[], &ended);
    assert_eq!(status, 400, "{odd}");
    let list = house.get("/api/tiphys/v1/tokens");
    assert_eq!((&list["items"][0]["name"], &list["items"][0]["role"]), (&json!("ci"), &json!("viewer")));
    assert!(!list.to_string().contains(token), "a token is shown once");
    house.send("DELETE", "/api/tiphys/v1/tokens/ci", &Value::Null);
    assert_eq!(house.get("/api/tiphys/v1/tokens"), json!({ "items": [] }));
    let link = house.send("POST", "/api/tiphys/v1/links", &json!({ "role": "viewer" }));
    assert!(link["path"].as_str().unwrap().starts_with("/login?code="), "{link}");
    let (status, odd) = house.ask("POST", "/api/tiphys/v1/links", &[], &json!({ "role": "king" }));
    assert_eq!(status, 400, "{odd}");
}

/// API-252 to API-256: what belongs to Argo Events is nowhere here, and said to be so.
#[test]
fn objects_of_argo_events_are_not_found() {
    let (_folder, house) = open();
    for (method, target) in [
        ("GET", "/api/v1/event-sources/default"),
        ("POST", "/api/v1/event-sources/default"),
        ("GET", "/api/v1/event-sources/default/calendar"),
        ("PUT", "/api/v1/event-sources/default/calendar"),
        ("DELETE", "/api/v1/event-sources/default/calendar"),
        ("GET", "/api/v1/stream/event-sources/default"),
        ("GET", "/api/v1/stream/event-sources/default/logs"),
        ("GET", "/api/v1/sensors/default"),
        ("POST", "/api/v1/sensors/default"),
        ("GET", "/api/v1/sensors/default/bell"),
        ("PUT", "/api/v1/sensors/default/bell"),
        ("DELETE", "/api/v1/sensors/default/bell"),
        ("GET", "/api/v1/stream/sensors/default"),
        ("GET", "/api/v1/stream/sensors/default/logs"),
    ] {
        let (status, answer) = house.ask(method, target, &[], &Value::Null);
        let fault = if target.contains("/stream/") { &answer["error"] } else { &answer };
        assert_eq!(status, 404, "{method} {target}: {answer}");
        let message = fault["message"].as_str().unwrap_or_default();
        assert!(message.starts_with("the server could not find the requested resource ("), "{answer}");
    }
}

#[test]
fn the_description_of_the_interface_is_served() {
    let (_folder, house) = open();
    let described = house.get("/api/tiphys/v1/openapi.json");
    assert!(described["paths"]["/api/v1/workflows/{namespace}"]["post"].is_object(), "{described}");
}

/// What an identity provider would answer to has nobody behind it here.
#[test]
fn there_is_no_way_in_by_an_identity_provider() {
    let (_folder, house) = open();
    let answer = http::send(house.address, "GET", "/oauth2/redirect", &[], b"", PATIENCE).unwrap();
    assert_eq!(answer.status, 501, "{}", answer.text());
}

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

/// API-252 to API-254, API-261: what belongs to Argo Events is nowhere here, and said to be so.
#[test]
fn objects_of_argo_events_are_not_found() {
    let (_folder, house) = open();
    let named = json!({
        "eventSource": { "metadata": { "name": "other" } },
        "sensor": { "metadata": { "name": "other" } },
    });
    // As with all updates, it is the body that names what is meant (API-243).
    for (method, target, body, words) in [
        ("GET", "/api/v1/event-sources/default", &Value::Null, "get eventsources.argoproj.io"),
        ("POST", "/api/v1/event-sources/default", &Value::Null, "post eventsources.argoproj.io"),
        (
            "GET",
            "/api/v1/event-sources/default/calendar",
            &Value::Null,
            "get eventsources.argoproj.io calendar",
        ),
        ("PUT", "/api/v1/event-sources/default/calendar", &named, "put eventsources.argoproj.io other"),
        (
            "DELETE",
            "/api/v1/event-sources/default/calendar",
            &Value::Null,
            "delete eventsources.argoproj.io calendar",
        ),
        ("GET", "/api/v1/sensors/default", &Value::Null, "get sensors.argoproj.io"),
        ("POST", "/api/v1/sensors/default", &Value::Null, "post sensors.argoproj.io"),
        ("GET", "/api/v1/sensors/default/bell", &Value::Null, "get sensors.argoproj.io bell"),
        ("PUT", "/api/v1/sensors/default/bell", &named, "put sensors.argoproj.io other"),
        ("DELETE", "/api/v1/sensors/default/bell", &Value::Null, "delete sensors.argoproj.io bell"),
    ] {
        let message = format!("the server could not find the requested resource ({words})");
        house.refuses(method, target, body, (404, 5, &message));
    }
    for target in ["/api/v1/stream/event-sources/default", "/api/v1/stream/sensors/default"] {
        let (status, told) = house.ask("GET", target, &[], &Value::Null);
        assert_eq!((status, &told["error"]["grpc_code"]), (404, &json!(5)), "{told}");
    }
    let nameless = (500, 13, "resource name may not be empty");
    house.refuses("GET", "/api/v1/sensors/default/", &Value::Null, nameless);
    // A body is read before anybody looks for the place of what is in it (API-024).
    for (method, target, body) in [
        ("PUT", "/api/v1/sensors/default/bell", json!({})),
        ("POST", "/api/v1/sensors/default", json!([])),
        ("POST", "/api/v1/sensors/default", json!({ "sensor": 5 })),
        ("POST", "/api/v1/event-sources/default", json!({ "eventSource": { "metadata": { "name": 5 } } })),
    ] {
        let (status, told) = house.ask(method, target, &[], &body);
        assert_eq!((status, &told["code"]), (400, &json!(3)), "{target} {body}: {told}");
    }
}

/// API-255, API-256, API-262: their logs are those of pods, of which there are none; whoever follows waits for them.
#[test]
fn logs_of_argo_events_are_empty_and_do_not_end() {
    let (_folder, house) = open();
    for target in ["/api/v1/stream/event-sources/default/logs", "/api/v1/stream/sensors/default/logs"] {
        for accept in [&b"Accept: text/event-stream\r\n"[..], b""] {
            let mut stream = TcpStream::connect(house.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            let head =
                format!("GET {target}?podLogOptions.follow=true&grep=a HTTP/1.1\r\nHost: localhost\r\n");
            stream.write_all(&[head.as_bytes(), accept, b"\r\n"].concat()).unwrap();
            let mut told = Vec::new();
            let silent = stream.read_to_end(&mut told).unwrap_err();
            assert!(matches!(silent.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silent}");
            let told = String::from_utf8_lossy(&told).into_owned();
            assert!(told.starts_with("HTTP/1.1 200 ") && told.ends_with("\r\n\r\n"), "{told}");
        }
        let (status, told) = house.ask("GET", &format!("{target}?grep=%28"), &[], &Value::Null);
        let message = &told["error"]["message"];
        assert_eq!(
            (status, message),
            (500, &json!("error parsing regexp: missing closing ): `(`")),
            "{told}"
        );
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

/// API-300, API-302, API-310: all that follows the node is the artifact's name.
#[test]
fn names_of_artifacts_may_have_slashes() {
    let (_folder, house) = open();
    for (target, wanted) in [
        ("/artifacts/default/nosuch/node/p/extra", 404),
        ("/input-artifacts-by-uid/nosuch/node/a/b", 404),
        ("/artifacts/default/nosuch/node", 400),
        ("/artifacts-by-uid/nosuch/node", 400),
    ] {
        assert_eq!(house.ask("GET", target, &[], &Value::Null).0, wanted, "{target}");
    }
}

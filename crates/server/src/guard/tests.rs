//! The guard as clients meet it: through whole requests, answered by a whole server without a socket.

use super::rate::Rate;
use super::{Peer, answer, gzip, origin};
use crate::access::rights::{self, Need};
use crate::access::{Resource, Role, Token};
use crate::options::{AuthMode, Options};
use crate::route::ROUTES;
use crate::serve::Server;
use crate::world::World;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A server without a socket of interest, and a place to run it.
pub(crate) struct House {
    pub(crate) world: Arc<World>,
    runtime: tokio::runtime::Runtime,
    _server: Server,
    _folder: tempfile::TempDir,
}

impl House {
    pub(crate) fn new(change: impl FnOnce(&mut Options)) -> House {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new(folder.path(), SocketAddr::from(([127, 0, 0, 1], 0)));
        options.namespaces = vec!["here".to_owned(), "there".to_owned()];
        change(&mut options);
        let server = Server::start(options).unwrap();
        House {
            world: server.world(),
            runtime: tokio::runtime::Runtime::new().unwrap(),
            _server: server,
            _folder: folder,
        }
    }

    pub(crate) fn token(&self, name: &str, role: Role, namespaces: &[&str]) -> String {
        let token = Token {
            name: name.to_owned(),
            role: role.name().to_owned(),
            namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
            hash: String::new(),
            created_us: 0,
            expires_us: None,
        };
        self.world.store(|store| self.world.tokens.create(store, token)).unwrap()
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if headers.iter().all(|(name, _)| *name != "host") {
            request = request.header("host", "localhost:2746");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.runtime.block_on(answer(self.world.clone(), Peer::default(), request))
    }

    pub(crate) fn status(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
        self.send(method, path, headers, body).status().as_u16()
    }

    pub(crate) fn text(&self, response: Response) -> String {
        let bytes = self.runtime.block_on(axum::body::to_bytes(response.into_body(), 1 << 20)).unwrap();
        // A long answer may come packed; its letters matter to nobody then.
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A path that fits a route.
fn path_of(pattern: &str, namespace: &str) -> String {
    pattern
        .split('/')
        .map(|segment| match segment {
            "{namespace}" => namespace,
            segment if segment.starts_with('{') => "something",
            segment => segment,
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[test]
fn interfaces_answer_under_the_base_whether_a_proxy_strips_it_or_not() {
    let house = House::new(|options| {
        options.base_href = "/flows/".to_owned();
        options.auth = AuthMode::None;
    });
    for path in
        ["/api/v1/version", "/flows/api/v1/version", "/flows/api/tiphys/v1/runs?limit=1", "/flows/healthz"]
    {
        let response = house.send("GET", path, &[], "");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_ne!(response.headers()["content-type"], "text/html; charset=utf-8", "{path} (API-009)");
    }
    assert_eq!(house.status("GET", "/flows/api/tiphys/v1/unheard-of", &[], ""), 501);
    assert_eq!(house.status("GET", "/flowsapi/v1/version", &[], ""), 200, "a page like any other");
    for page in ["/flows/", "/flows/runs/default/api", "/runs"] {
        let response = house.send("GET", page, &[], "");
        assert!(house.text(response).contains("<base href=\"/flows/\""), "{page}");
    }
}

#[test]
fn every_route_is_in_the_table_of_rights() {
    let missing: Vec<String> = ROUTES
        .iter()
        .filter(|route| rights::listed(&route.method, route.path).is_none())
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "add them to access/rights.rs");
}

/// Walks every route with every role: nobody gets in without a token, nobody does more than their role allows, and
/// whoever may is let through to the handler (AUTH-004, AUTH-012).
#[test]
fn every_route_asks_every_role() {
    let house = House::new(|_| {});
    let roles = [Role::Nobody, Role::Viewer, Role::Operator, Role::Admin];
    let tokens: Vec<(Role, String)> = roles
        .iter()
        .map(|role| (*role, format!("Bearer {}", house.token(role.name(), *role, &[]))))
        .collect();
    let elsewhere = format!("Bearer {}", house.token("elsewhere", Role::Admin, &["there"]));
    let mut wrong = Vec::new();
    for route in ROUTES {
        let (method, path) = (route.method.as_str(), path_of(route.path, "here"));
        let need = rights::need(route);
        let mut expect = |who: &str, status: u16, fine: bool| {
            if !fine {
                wrong.push(format!("{method} {path}: {who} got {status}"));
            }
        };
        let without = house.status(method, &path, &[], "{}");
        let event = path.starts_with("/api/v1/events/");
        // An event without a token may be signed instead, which it is not here (AUTH-061).
        let refused = if event { 403 } else { 401 };
        expect("no token", without, without == refused || need == Need::Open);
        let stranger = house.status(method, &path, &[("authorization", "Bearer tph_unknown")], "{}");
        expect("a stranger", stranger, stranger == 401 || matches!(need, Need::Open | Need::Shown));
        let basic = house.status(method, &path, &[("authorization", "Basic YTpi")], "{}");
        // A body that says nothing is refused before it is asked who sent it.
        let asks_later =
            matches!(need, Need::Acts(acts) if acts.iter().any(|act| act.2 == rights::Words::Handler));
        let unclear = asks_later && matches!(basic, 400 | 404);
        expect("a password", basic, matches!(basic, 401 | 403) || unclear || !matches!(need, Need::Acts(_)));
        for (role, token) in &tokens {
            let status = house.status(method, &path, &[("authorization", token)], "{}");
            let may = match need {
                Need::Open | Need::Shown | Need::Known => true,
                Need::Acts(acts) => {
                    acts.iter().all(|(verb, resource, _)| *role >= crate::access::least(*verb, *resource))
                }
            };
            let denied = matches!(status, 401 | 403);
            // Opening a session takes a code or a token in the body, which is not sent here.
            let fine = if need == Need::Open { true } else { denied != may };
            // A body that says too little is refused before the right to what it would have meant.
            let unclear = !may && matches!(status, 400 | 404 | 500 | 501);
            expect(role.name(), status, fine || unclear);
        }
        if route.path.contains("{namespace}") {
            let status = house.status(method, &path, &[("authorization", &elsewhere)], "{}");
            expect("an administrator of another namespace", status, !(200..300).contains(&status));
        }
        // What belongs to no namespace is not for those who are bound to one.
        let cluster_wide = |(verb, resource, _): &rights::Act| {
            matches!(resource, Resource::ClusterTemplates) || *resource == Resource::Tokens && !verb.reads()
        };
        if matches!(need, Need::Acts(acts) if acts.iter().any(cluster_wide)) {
            let status = house.status(method, &path, &[("authorization", &elsewhere)], "{}");
            // What says nothing is refused before the right to it.
            let unclear = asks_later && status == 400;
            expect("an administrator of one namespace", status, status == 403 || unclear);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Also where nothing is sent that would tell that nobody reads.
#[test]
fn a_quiet_stream_ends_with_its_reader() {
    let house = House::new(|options| options.auth = AuthMode::None);
    let open = house.send("GET", "/api/v1/workflow-events/here", &[], "");
    assert_eq!(open.status(), StatusCode::OK);
    assert!(house.world.hub.is_watched(), "the stream hears what it tells of");
    drop(open);
    let end = Instant::now() + Duration::from_secs(60);
    while house.world.hub.is_watched() {
        assert!(Instant::now() < end, "the stream outlives its reader");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// API-023: a path that is written with percent signs is the path that it means, for everybody who looks at it.
#[test]
fn a_path_means_the_same_however_it_is_written() {
    let house = House::new(|_| {});
    let bearer = |role: Role| format!("Bearer {}", house.token(role.name(), role, &[]));
    let (viewer, admin) = (bearer(Role::Viewer), bearer(Role::Admin));
    for (plain, other) in [
        ("/api/v1/workflows/here", "/%61pi/v1/%77orkflows/h%65re"),
        ("/api/tiphys/v1/tokens", "/api/tiphys/v1/%74okens"),
        ("/api/v1/workflows/here/%40latest", "/api/v1/workflows/here/@latest"),
        ("/artifacts/here/a/b/c", "/artifact%73/here/a/b/c"),
        ("/healthz", "/he%61lthz"),
    ] {
        for method in ["GET", "POST", "DELETE"] {
            for headers in [vec![], vec![("authorization", viewer.as_str())], vec![("authorization", &admin)]]
            {
                let of = |path: &str| house.status(method, path, &headers, "{}");
                assert_eq!(of(plain), of(other), "{method} {other} {headers:?}");
            }
        }
    }
    let form = [("content-type", "text/plain"), ("authorization", admin.as_str())];
    assert_eq!(house.status("POST", "/%61pi/v1/workflows/here/lint", &form, "{}"), 415);
    let known = [("authorization", admin.as_str())];
    assert_eq!(house.status("GET", "/api/v1/workflows/here/a%3Ab", &known, ""), 501, "a verb (API-021)");
    assert_eq!(house.status("GET", "/api/v1/workflows/here%2Fa", &known, ""), 501, "no border (API-020)");
    for path in ["/api/v1/workflows/%zz", "/%zz", "/artifacts/%4"] {
        assert_eq!(house.status("GET", path, &known, ""), 400, "{path}");
    }
}

#[test]
fn names_that_are_not_ours_are_refused_in_every_mode() {
    for auth in [AuthMode::None, AuthMode::Token] {
        let house = House::new(|options| {
            options.auth = auth;
            options.allowed_hosts = vec!["flows.example.com".to_owned(), "*.corp.example".to_owned()];
        });
        let token = format!("Bearer {}", house.token("it", Role::Admin, &[]));
        let get = |host: &str| {
            house.status("GET", "/api/v1/info", &[("host", host), ("authorization", &token)], "")
        };
        for host in ["localhost", "LOCALHOST:2746", "127.0.0.1:2746", "[::1]:2746", "a.localhost", "10.1.2.3"]
        {
            assert_eq!(get(host), 200, "{host}");
        }
        for host in ["flows.example.com", "Flows.Example.Com.:443", "a.corp.example", "a.b.corp.example:1"] {
            assert_eq!(get(host), 200, "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example", "corp.example", "flows.example.com.evil", "x@y", ""]
        {
            assert_eq!(get(host), 403, "{host}");
        }
    }
    let house = House::new(|options| options.auth = AuthMode::None);
    let refused = house.send("GET", "/api/v1/info", &[("host", "evil.example:80")], "");
    assert_eq!(
        house.text(refused),
        "{\"code\":7,\"message\":\"this server does not go by the name `evil.example`: if it should, start it with \
         `--allowed-host evil.example`\"}"
    );
}

#[test]
fn pages_of_other_origins_are_refused_in_every_mode() {
    for auth in [AuthMode::None, AuthMode::Token] {
        let house = House::new(|options| options.auth = auth);
        let token = format!("Bearer {}", house.token("it", Role::Admin, &[]));
        let send = |method: &str, more: &[(&str, &str)]| {
            let mut headers = vec![("authorization", token.as_str())];
            headers.extend_from_slice(more);
            let path = if method == "GET" { "/api/v1/info" } else { "/api/v1/tracking/event" };
            house.status(method, path, &headers, if method == "GET" { "" } else { "{}" })
        };
        for method in ["GET", "POST"] {
            assert_eq!(send(method, &[("origin", "http://localhost:2746")]), 200);
            assert_eq!(send(method, &[("sec-fetch-site", "same-origin")]), 200);
            assert_eq!(send(method, &[("sec-fetch-site", "none")]), 200);
            for origin in
                ["http://evil.example", "http://localhost:3000", "null", "file://", "localhost:2746"]
            {
                assert_eq!(send(method, &[("origin", origin)]), 403, "{method} {origin}");
            }
            assert_eq!(send(method, &[("sec-fetch-site", "cross-site")]), 403);
            // Another port of this machine is the same site: cookies would be sent.
            assert_eq!(send(method, &[("sec-fetch-site", "same-site")]), 403);
        }
        // A proxy gave the server another name; no page can say this of itself.
        let by_proxy = [("origin", "https://flows.example.com"), ("sec-fetch-site", "same-origin")];
        assert_eq!(send("POST", &by_proxy), 200);
        let followed = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(send("GET", &followed), 200);
        assert_eq!(send("POST", &followed), 403);
    }
}

/// A browser tells nothing but the origin where the pages are not encrypted.
#[test]
fn who_is_refused_behind_a_proxy_reads_what_to_write_there() {
    let house = House::new(|options| options.auth = AuthMode::None);
    let told = |origin: &str| {
        let headers = [("origin", origin), ("content-type", "application/json")];
        house.text(house.send("POST", "/api/v1/tracking/event", &headers, "{}"))
    };
    let behind = told("http://flows.example.com");
    assert!(behind.contains("`proxy_set_header Host $http_host;`"), "{behind}");
    assert!(behind.contains("`--access-control-allow-origin http://flows.example.com`"), "{behind}");
    // No proxy makes these, and nobody should let them in.
    assert!(!told("null").contains("allow-origin"));
}

#[test]
fn forms_of_other_pages_are_refused() {
    let house = House::new(|options| options.auth = AuthMode::None);
    let post = |more: &[(&str, &str)]| house.status("POST", "/api/v1/tracking/event", more, "{}");
    assert_eq!(post(&[]), 200);
    assert_eq!(post(&[("content-type", "application/json; charset=utf-8")]), 200);
    // API-006: what no page can send is not looked at; and `curl -d` names a form where it means JSON.
    assert_eq!(post(&[("content-type", "application/yaml")]), 200);
    let form = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(post(&[form]), 200);
    assert_eq!(post(&[form, ("user-agent", "Mozilla/5.0")]), 415);
    assert_eq!(post(&[form, ("referer", "http://localhost:2746/")]), 415);
    assert_eq!(post(&[("content-type", "text/plain")]), 415);
    assert_eq!(post(&[("content-type", "Text/Plain; charset=utf-8")]), 415);
    assert_eq!(post(&[("content-type", "multipart/form-data; boundary=x")]), 415);
}

/// API-010.
#[test]
fn one_other_origin_may_be_let_in() {
    let house = House::new(|options| {
        options.auth = AuthMode::None;
        options.allow_origin = Some("https://ui.example.com".to_owned());
    });
    let asked = house.send("OPTIONS", "/api/v1/info", &[("origin", "https://ui.example.com")], "");
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    assert_eq!(asked.headers()["access-control-allow-origin"], "https://ui.example.com");
    assert_eq!(house.status("GET", "/api/v1/info", &[("origin", "https://ui.example.com")], ""), 200);
    assert_eq!(house.status("GET", "/api/v1/info", &[("origin", "https://evil.example")], ""), 403);
}

/// API-011, API-012.
#[test]
fn clients_that_ask_too_often_are_told_when_to_come_back() {
    let house = House::new(|options| {
        options.auth = AuthMode::None;
        options.rate = Some(2);
    });
    let first = house.send("GET", "/api/v1/info", &[], "");
    assert_eq!(first.headers()["x-ratelimit-limit"], "2");
    assert_eq!(house.status("GET", "/api/v1/info", &[], ""), 200);
    let third = house.send("GET", "/api/v1/info", &[], "");
    assert_eq!(third.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(third.headers()["retry-after"], "1");
}

#[test]
fn buckets_fill_again_and_are_forgotten() {
    let rate = Rate::new(Some(10));
    let now = Instant::now();
    let client = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let granted = (0..20).filter(|_| rate.take(client, now).granted).count();
    assert_eq!(granted, 10);
    assert!(rate.take(client, now + Duration::from_millis(150)).granted);
    // One customer's addresses of the newer kind are one client.
    let six = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
    let granted = (0..20).filter(|last| rate.take(six(*last), now).granted).count();
    assert_eq!(granted, 10);
    for number in 0..50_000_u32 {
        rate.take(IpAddr::V4(Ipv4Addr::from(number)), now);
    }
    assert!(rate.clients() <= 20_000);
    assert_eq!(Rate::new(None).take(IpAddr::V4(Ipv4Addr::LOCALHOST), now).limit, None);
    assert_eq!(Rate::new(None).take(client, now).limit, Some(super::rate::USUAL));
}

#[test]
fn bodies_have_their_limits() {
    let house = House::new(|_| {});
    let token = format!("Bearer {}", house.token("it", Role::Admin, &[]));
    let long = format!("\"{}\"", "x".repeat(3 << 20));
    let post = |headers: &[(&str, &str)]| house.status("POST", "/api/v1/workflows/here", headers, &long);
    assert_eq!(post(&[]), 413, "who is not known has no room for that");
    assert_eq!(post(&[("authorization", "Bearer tph_x")]), 413);
    assert_eq!(post(&[("authorization", &token)]), 400, "a text is no message, but it was read");
    let declared = [("authorization", token.as_str()), ("content-length", "99999999999")];
    assert_eq!(house.status("POST", "/api/v1/workflows/here", &declared, "{}"), 413);
}

#[test]
fn a_link_is_good_once_and_its_cookie_is_for_browsers_only() {
    let house = House::new(|_| {});
    let code = house.world.guard.links.give(Role::Operator);
    let entered = house.send("GET", &format!("/login?code={code}"), &[], "");
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict;"), "{cookie}");
    assert!(!cookie.contains("Secure"), "not by TLS: {cookie}");
    let pair = cookie.split(';').next().unwrap();
    let me = house.send("GET", "/api/tiphys/v1/me", &[("cookie", pair)], "");
    let me: Value = serde_json::from_str(&house.text(me)).unwrap();
    assert_eq!((&me["role"], &me["authMode"]), (&json!("operator"), &json!("token")));
    let again = house.send("GET", &format!("/login?code={code}"), &[], "");
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
    assert!(house.text(again).contains("`tiphys token link` prints a new one"));
    // Leaving makes the token void, not only the cookie.
    let left = house.send("DELETE", "/api/tiphys/v1/session", &[("cookie", pair)], "");
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    assert!(left.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(house.status("GET", "/api/tiphys/v1/me", &[("cookie", pair)], ""), 401);
    // A token opens a session as well, if it is good.
    let token = house.token("it", Role::Viewer, &["here"]);
    let open = |token: &str| {
        let body = json!({ "token": token }).to_string();
        house.status("POST", "/api/tiphys/v1/session", &[("content-type", "application/json")], &body)
    };
    assert_eq!((open(&token), open("tph_unknown")), (204, 401));
}

#[test]
fn tokens_that_ended_are_worth_nothing_and_go() {
    let house = House::new(|_| {});
    let token = house.token("it", Role::Admin, &[]);
    let now_us = house.world.now_us();
    let old = Token {
        name: "old".to_owned(),
        role: "admin".to_owned(),
        namespaces: Vec::new(),
        hash: String::new(),
        created_us: 0,
        expires_us: Some(now_us - 1),
    };
    let old = house.world.store(|store| house.world.tokens.create(store, old)).unwrap();
    assert!(house.world.tokens.find(&old).is_none());
    house.world.store(|store| house.world.tokens.forget_ended(store, now_us)).unwrap();
    let names: Vec<String> = house.world.tokens.list().into_iter().map(|token| token.name).collect();
    assert_eq!(names, ["it"]);
    assert!(house.world.tokens.find(&token).is_some());
}

#[test]
fn answers_tell_browsers_to_be_careful() {
    let house = House::new(|options| options.auth = AuthMode::None);
    for path in ["/api/v1/info", "/api/v1/nothing", "/", "/healthz", "/artifacts/a/b/c/d"] {
        let answer = house.send("GET", path, &[], "");
        let headers = answer.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert!(headers.contains_key("content-security-policy"), "{path}");
        assert!(headers.contains_key("x-frame-options"), "{path}");
        // Pages name themselves to their own server, and to nobody else.
        let wanted = if path == "/" { "same-origin" } else { "no-referrer" };
        assert_eq!(headers["referrer-policy"], wanted, "{path}");
        assert!(!headers.contains_key("strict-transport-security"), "not by TLS");
    }
}

#[test]
fn health_and_metrics() {
    let house = House::new(|_| {});
    assert_eq!(house.status("GET", "/healthz", &[], ""), 200);
    assert_eq!(house.status("GET", "/readyz", &[], ""), 200);
    assert_eq!(house.status("GET", "/metrics", &[], ""), 403, "API-008");
    let token = format!("Bearer {}", house.token("it", Role::Viewer, &[]));
    let text = house.send("GET", "/metrics", &[("authorization", &token)], "");
    assert_eq!(text.status(), StatusCode::OK);
    let text = house.text(text);
    for line in [
        "argo_workflows_gauge{phase=\"Running\"} 0\n",
        "argo_workflows_workflow_condition{status=\"True\",type=\"PodRunning\"} 0\n",
        "argo_workflows_pods_gauge{phase=\"Pending\"} 0\n",
        "# TYPE argo_workflows_log_messages counter\n",
        "argo_workflows_is_leader 1\n",
        "tiphys_http_requests_total{method=\"GET\",status=\"403\"} 1\n",
        "tiphys_http_request_duration_seconds_bucket{le=\"+Inf\"} 3\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn long_answers_are_packed_for_those_who_ask() {
    let house = House::new(|options| options.auth = AuthMode::None);
    let plain = house.send("GET", "/metrics", &[], "");
    assert!(!plain.headers().contains_key("content-encoding"));
    let packed = house.send("GET", "/metrics", &[("accept-encoding", "br, gzip")], "");
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let small = packed.body().size_hint().exact().unwrap();
    let bytes = house.runtime.block_on(axum::body::to_bytes(packed.into_body(), 1 << 20)).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
    assert!(text.contains("argo_workflows_gauge") && text.len() as u64 > small);
    let mut refused = HeaderMap::new();
    refused.insert("accept-encoding", "gzip;q=0, br".parse().unwrap());
    assert!(!gzip::is_taken(&refused));
}

#[test]
fn hosts_are_read_as_they_are_written() {
    let hosts = origin::Hosts::new("box", &[]);
    let judge = |uri: &str, host: &str| {
        let mut headers = HeaderMap::new();
        if !host.is_empty() {
            headers.insert("host", host.parse().unwrap());
        }
        origin::judge(&hosts, &Method::GET, &uri.parse::<Uri>().unwrap(), &headers, None)
            .map_err(|refusal| refusal.status.as_u16())
    };
    assert_eq!(judge("/", "box:1"), Ok(()));
    assert_eq!(judge("/", "box.local"), Ok(()));
    assert_eq!(judge("/", "[2001:db8::1]:2746"), Ok(()));
    assert_eq!(judge("/", "box.evil"), Err(403));
    assert_eq!(judge("/", ""), Err(400), "a request without a host");
    // The second release of HTTP says it in the address.
    assert_eq!(judge("http://evil.example/", "localhost"), Err(403));
}

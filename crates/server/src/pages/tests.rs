use super::{FILES, FIRST, POLICY, WIDGET_POLICY, base, below, kind, serve, takes_gzip, unpacked};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;

fn get(base: &str, path: &str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert("accept-encoding", HeaderValue::from_static("br, gzip;q=1.0"));
    serve(base, &Method::GET, path, &headers)
}

fn text(response: Response) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let bytes = runtime.block_on(axum::body::to_bytes(response.into_body(), usize::MAX)).unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn files_are_ordered_so_that_they_are_found() {
    assert!(FILES.is_sorted_by_key(|file| file.name));
    assert!(FILES.iter().any(|file| file.name == FIRST));
    assert!(FILES.iter().all(|file| kind(file.name) != "application/octet-stream"));
}

#[test]
fn every_address_answers_with_the_first_page_under_its_base() {
    for (given, path) in
        [("/", "/"), ("/", "/runs/default/x"), ("/flows/", "/runs"), ("/flows/", "/runs/default/x")]
    {
        let response = get(given, path);
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        assert_eq!(response.headers()["content-security-policy"], POLICY);
        assert!(text(response).contains(&format!("<base href=\"{given}\"")), "{path} (API-009)");
    }
}

/// With a proxy that strips the base, without one, and for what only looks like it.
#[test]
fn what_is_asked_for_is_seen_from_the_base() {
    for (base, asked, seen) in [
        ("/flows/", "/flows/api/v1/info?a=%2Fb", Some("/api/v1/info?a=%2Fb")),
        ("/flows/", "/flows/", Some("/")),
        ("/a/b/", "/a/b/runs", Some("/runs")),
        ("/flows/", "https://here:1/flows/runs", Some("https://here:1/runs")),
        ("/flows/", "/api/v1/info", None),
        ("/flows/", "/flowsheet", None),
        ("/", "/api/v1/info", None),
    ] {
        let found = below(base, &asked.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(found.as_deref(), seen, "{asked} below {base}");
    }
}

#[test]
fn only_what_is_made_for_it_stands_on_pages_of_others() {
    for path in ["/widgets/workflow-graphs/default", "/widgets/workflow-status-badges/default"] {
        let policy = get("/flows/", path).headers()["content-security-policy"].clone();
        assert_eq!(policy, WIDGET_POLICY, "{path} (UI-013, UI-014)");
    }
    assert_eq!(WIDGET_POLICY.replace("ancestors *", "ancestors 'none'"), POLICY);
    for path in ["/widgets", "/runs/widgets/x"] {
        assert_eq!(get("/", path).headers()["content-security-policy"], POLICY, "{path}");
    }
}

#[test]
fn the_policy_forbids_everything_inline() {
    assert!(!POLICY.contains("unsafe"), "{POLICY}");
    for file in FILES.iter().filter(|file| file.name.ends_with(".html")) {
        let text = String::from_utf8(unpacked(file.packed).into_owned()).unwrap();
        let inline =
            text.split("<script").skip(1).any(|tag| !tag.split('>').next().unwrap().contains("src="));
        assert!(!inline && !text.contains("<style") && !text.contains(" style="), "{}", file.name);
    }
}

#[test]
fn files_are_compressed_for_those_who_can_read_that() {
    let file = FILES.iter().find(|file| file.name.ends_with(".js")).unwrap();
    let path = format!("/{}", file.name);
    let packed = get("/", &path);
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["vary"], "accept-encoding");
    let plain = serve("/", &Method::GET, &path, &HeaderMap::new());
    assert!(plain.headers().get("content-encoding").is_none());
    assert_eq!(text(plain).as_bytes(), &*unpacked(file.packed));
}

#[test]
fn a_client_may_refuse_gzip() {
    let refuses = HeaderMap::from_iter([(
        axum::http::header::ACCEPT_ENCODING,
        HeaderValue::from_static("gzip;q=0, identity"),
    )]);
    assert!(!takes_gzip(&refuses));
}

#[test]
fn files_of_another_release_are_gone_and_not_a_page() {
    let response = get("/", "/assets/index-OfYesterday.js");
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(text(response).contains("load the page again"));
}

#[test]
fn pages_take_no_orders() {
    let response = serve("/", &Method::POST, "/runs", &HeaderMap::new());
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "GET, HEAD");
}

#[test]
fn a_base_has_a_slash_at_both_ends() {
    for (written, wanted) in [("", "/"), ("/", "/"), ("flows", "/flows/"), ("/a/b", "/a/b/")] {
        assert_eq!(base(written), wanted);
    }
}

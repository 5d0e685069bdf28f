use super::Traces;
use crate::options::{AuthMode, Options};
use crate::serve::Server;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

#[test]
fn the_environment_names_the_collector() {
    let of = |pairs: &[(&str, &str)]| {
        let pairs: BTreeMap<String, String> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Traces::named(&|name| pairs.get(name).cloned())
    };
    assert_eq!(of(&[]), None);
    let shared = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/");
    let found = of(&[shared, ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=x, team = y")]).unwrap();
    assert_eq!(found.url, "http://collector:4318/v1/traces");
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(found.headers, [header("api-key", "x"), header("team", "y")]);
    assert_eq!(found.service, "tiphys");
    let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://other/traces");
    assert_eq!(of(&[shared, own]).unwrap().url, "http://other/traces");
    assert_eq!(of(&[shared, ("OTEL_SDK_DISABLED", "true")]), None);
}

/// Answers the body of the first request after one that is refused.
fn collector(listener: TcpListener) -> Value {
    for status in ["503 Service Unavailable", "200 OK"] {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
        }
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/json\r\n"), "{head}");
        assert!(head.contains("api-key: x\r\n"), "{head}");
        let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
        stream.write_all(answer.as_bytes()).unwrap();
        if status.starts_with("200") {
            return serde_json::from_slice(&body).unwrap();
        }
    }
    unreachable!("one of both is good")
}

/// A run of a real server, told to a collector that stumbles once.
#[test]
fn a_run_is_told_with_all_its_nodes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    options.auth = AuthMode::None;
    options.traces = Some(Traces {
        url: format!("http://{}/v1/traces", listener.local_addr().unwrap()),
        headers: vec![("api-key".to_owned(), "x".to_owned())],
        service: "ours".to_owned(),
    });
    let server = Server::start(options).unwrap();
    let world = server.world();
    let heard = std::thread::spawn(move || collector(listener));
    let workflow = json!({
        "metadata": { "name": "traced", "labels": { "workflows.argoproj.io/workflow-template": "nightly" } },
        "spec": { "entrypoint": "main", "templates": [
            { "name": "main", "steps": [[{ "name": "pause", "template": "pause" }]] },
            { "name": "pause", "suspend": { "duration": "1" } },
        ] },
    });
    let purpose = crate::argo::admit::Purpose::Run;
    let made = crate::argo::admit::workflow(&world, "default", &workflow, purpose, None).unwrap();
    let told = heard.join().unwrap();
    let resource = &told["resourceSpans"][0];
    let name = json!({ "key": "service.name", "value": { "stringValue": "ours" } });
    assert_eq!(resource["resource"]["attributes"][0], name);
    let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap();
    let span = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap();
    let uid = made["metadata"]["uid"].as_str().unwrap().replace('-', "");
    assert!(spans.iter().all(|span| span["traceId"] == uid), "{spans:#?}");
    let attribute = |span: &Value, key: &str| {
        let found = span["attributes"].as_array().unwrap().iter().find(|pair| pair["key"] == key).cloned();
        found.map(|pair| pair["value"]["stringValue"].clone()).unwrap_or_default()
    };
    let whole = spans.iter().find(|span| span.get("parentSpanId").is_none()).unwrap();
    assert_eq!(whole["name"], "traced");
    assert_eq!(whole["status"], json!({ "code": 1 }));
    assert_eq!(attribute(whole, "workflow.template"), "nightly");
    let (group, pause) = (span("[0]"), span("pause"));
    let around = spans.iter().find(|span| attribute(span, "node.type") == "Steps").unwrap();
    assert_eq!(around["parentSpanId"], whole["spanId"]);
    assert_eq!(group["parentSpanId"], around["spanId"]);
    assert_eq!(pause["parentSpanId"], around["spanId"]);
    let nanos = |span: &Value, field: &str| span[field].as_str().unwrap().parse::<u64>().unwrap();
    let took = Duration::from_nanos(nanos(pause, "endTimeUnixNano") - nanos(pause, "startTimeUnixNano"));
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(60), "{took:?}");
    // The journal's microseconds, not the document's seconds.
    assert_ne!(nanos(pause, "startTimeUnixNano") % 1_000_000_000, 0);
}

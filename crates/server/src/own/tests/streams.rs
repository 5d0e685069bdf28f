//! Many who look, some of whom never read: runs go on all the same, and who comes back goes on where they were.

use super::*;
use std::io::Read as _;

/// §3 of what a server must bear: many who look, most of whom never read, and runs that go on all the same.
#[test]
fn a_thousand_watchers_and_two_hundred_followers_hold_up_no_run() {
    let (_folder, house) = open();
    house.submit("one");
    let waiting =
        |answer: &Value| answer["status"]["nodes"].as_object().is_some_and(|nodes| nodes.len() == 3);
    house.until("/api/v1/workflows/default/one", waiting);
    let closely = "/api/tiphys/v1/runs/default/one/events";
    let mut streams: Vec<Events> = Vec::new();
    for (target, count) in [
        (closely, 500),
        ("/api/v1/workflow-events/default", 500),
        ("/api/v1/workflows/default/one/log?logOptions.follow=true&logOptions.container=main", 200),
    ] {
        streams.extend((0..count).map(|_| house.events(target, None)));
    }
    let mut reader = house.events(closely, None);
    assert_eq!(reader.next().name, "snapshot");
    let begun = Instant::now();
    for name in ["two", "three", "four"] {
        house.submit(name);
    }
    for name in ["one", "two", "three", "four"] {
        let target = format!("/api/v1/workflows/default/{name}");
        for step in ["a", "b"] {
            let asks = |answer: &Value| {
                let nodes = answer["status"]["nodes"].as_object().into_iter().flatten();
                nodes
                    .map(|(_, node)| node)
                    .any(|node| node["displayName"] == step && node["phase"] == "Running")
            };
            house.until(&target, asks);
            house.resume(name);
        }
        house.until(&target, |answer| answer["status"]["phase"] == "Succeeded");
    }
    reader.find(|heard| heard.data["workflow"]["status"]["phase"] == "Succeeded");
    println!("four runs among {} streams took {:?}", streams.len(), begun.elapsed());
    // Each of those who watch was told, whether or not they listen yet.
    for at in [0, 250, 499] {
        streams[at].find(|heard| heard.data["workflow"]["status"]["phase"] == "Succeeded");
    }
}

/// A log whose lines are far more than the machine keeps for a reader.
fn long_log(house: &House, run: &Value, lines: usize) {
    let folder = house.world.state.run_dir(run["metadata"]["uid"].as_str().unwrap()).unwrap();
    let folder = folder.join("logs/logged-1");
    std::fs::create_dir_all(&folder).unwrap();
    let filler = "x".repeat(500);
    let text: String =
        (1..=lines).map(|line| format!("2026-01-01T00:00:00.000000Z stdout F {line} {filler}\n")).collect();
    std::fs::write(folder.join("0.0.main.log"), text).unwrap();
}

#[test]
fn a_reader_that_stops_reading_is_let_go_of_and_goes_on_where_it_was() {
    const LINES: usize = 40_000;
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), |options| options.unread = Duration::from_millis(500));
    let run = house.submit("logged");
    long_log(&house, &run, LINES);
    let follow = "/api/tiphys/v1/runs/default/logged/log/follow?node=logged-1&from=1";
    let mut stalled = house.events(follow, None);
    // Nothing of it is read, and a run goes its way.
    house.submit("other");
    for _ in ["a", "b"] {
        let asks = |answer: &Value| answer["status"]["phase"] == "Running";
        house.until("/api/v1/workflows/default/other", asks);
        house.resume("other");
    }
    let end = Instant::now() + 5 * PATIENCE;
    while house.world.metrics.connections.now() > 0 {
        assert!(Instant::now() < end, "the connection of a reader that does not read stays open");
        std::thread::sleep(Duration::from_millis(50));
    }
    // What the machine still held for it ends in the middle; from the last whole event on it goes on.
    let mut seen = 0;
    while let Some(heard) = stalled.left() {
        seen = heard.id.parse().unwrap();
    }
    assert!(seen < LINES, "{seen} lines were read by a reader that did not read");
    let again = house.events(follow, Some(&seen.to_string())).next();
    assert_eq!((again.name.as_str(), &again.data["items"][0]["line"]), ("lines", &json!(seen + 1)));
}

/// What a client may hold without saying what it wants: nothing for long.
#[test]
fn connections_that_say_nothing_end() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), |options| options.silent = Duration::from_millis(300));
    for begun in
        ["", "G", "GET /healthz HTTP/1.1\r\nHost: ", "PRI * HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(house.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(begun.as_bytes()).unwrap();
        let mut heard = Vec::new();
        // A connection that is reset has ended, too.
        match stream.read_to_end(&mut heard) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{begun:?}"),
        }
    }
}

/// API-030, API-057, API-058, API-172: a watch lasts as long as it is asked to, and says at its end that there is more.
#[test]
fn a_watch_ends_when_its_time_is_over() {
    let (_folder, house) = open();
    house.submit("one");
    let status = "Too Many Requests";
    let end =
        json!({ "error": { "grpc_code": 8, "http_code": 429, "http_status": status, "message": "EOF" } });
    for (target, first, last) in [
        ("/api/v1/workflow-events/default?listOptions.timeoutSeconds=1", "\"ADDED\"", &end),
        (
            "/api/v1/workflow-events/default?listOptions.timeoutSeconds=1&fields=result.type",
            "\"ADDED\"",
            &json!({}),
        ),
        ("/api/v1/stream/events/default?listOptions.timeoutSeconds=1", "WorkflowRunning", &end),
    ] {
        let answer = http::send(house.address, "GET", target, &[], &[], PATIENCE).unwrap();
        let text = answer.text();
        assert_eq!(answer.status, 200);
        let told = serde_json::from_str::<Value>(text.lines().last().unwrap_or_default()).unwrap_or_default();
        assert!(text.contains(first) && told == *last, "{target}: {text}");
    }
}

/// API-030, API-320: what was there is marked at its end for those who ask, with an object that has what all have.
#[test]
fn the_end_of_what_was_there_is_marked() {
    let (_folder, house) = open();
    let options = "listOptions.sendInitialEvents=true&listOptions.resourceVersionMatch=NotOlderThan";
    let watch = format!("/api/v1/workflow-events/default?listOptions.timeoutSeconds=1&{options}");
    let marked = format!("{watch}&listOptions.allowWatchBookmarks=true");
    let answer = http::send(house.address, "GET", &marked, &[], &[], PATIENCE).unwrap().text();
    let mark: Value = serde_json::from_str(answer.lines().next().unwrap()).unwrap();
    let object = &mark["result"]["object"];
    assert_eq!(mark["result"]["type"], "BOOKMARK");
    assert_eq!(object["metadata"]["annotations"], json!({ "k8s.io/initial-events-end": "true" }));
    assert_eq!(object["spec"], json!({ "arguments": {} }));
    assert_eq!(object["status"], json!({ "startedAt": null, "finishedAt": null }));
    let answer = http::send(house.address, "GET", &watch, &[], &[], PATIENCE).unwrap().text();
    assert!(!answer.contains("BOOKMARK"), "{answer}");
}

/// API-030: options that go together badly are refused in Kubernetes' words, for watches as for lists.
#[test]
fn options_that_make_no_sense_are_refused() {
    let (_folder, house) = open();
    let alone = "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    let without = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
    let exact = format!(
        "[{without}, resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]"
    );
    let list = "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list";
    for (path, options, words) in [
        ("/api/v1/workflow-events/default", "sendInitialEvents=true", alone),
        ("/api/v1/workflow-events/default", "resourceVersionMatch=NotOlderThan", without),
        ("/api/v1/stream/events/default", "resourceVersionMatch=Exact", exact.as_str()),
        ("/api/v1/workflow-templates/default", "sendInitialEvents=false", list),
        ("/api/v1/cron-workflows/default", "sendInitialEvents=true", list),
    ] {
        let (status, told) = house.ask("GET", &format!("{path}?listOptions.{options}"), &[], &Value::Null);
        let message = told["error"]["message"].as_str().or(told["message"].as_str());
        let words = format!("ListOptions.meta.k8s.io \"\" is invalid: {words}");
        assert_eq!((status, message), (400, Some(words.as_str())), "{path} {options}");
    }
}

/// Who finds no room is told so and when to come again; who ends makes room.
#[test]
fn who_finds_no_room_is_told_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), |options| options.connections = 3);
    let open = || {
        let mut stream = TcpStream::connect(house.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET /api/v1/version HTTP/1.1\r\nHost: {}\r\n\r\n", house.address).unwrap();
        let mut reader = BufReader::new(stream);
        let mut told = String::new();
        reader.read_line(&mut told).unwrap();
        (told, reader)
    };
    let end = Instant::now() + PATIENCE;
    let mut kept: Vec<_> = Vec::new();
    // Connections by which the house was made ready may still be ending.
    while kept.len() < 3 {
        match open() {
            (told, reader) if told == "HTTP/1.1 200 OK\r\n" => kept.push(reader),
            (told, _) => assert!(Instant::now() < end, "{told}"),
        }
    }
    let (told, mut reader) = open();
    assert_eq!(told, "HTTP/1.1 429 Too Many Requests\r\n");
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("Retry-After: 1\r\n"), "{rest}");
    let body: Value = serde_json::from_str(rest.split_once("\r\n\r\n").unwrap().1).unwrap();
    let words = "the server has as many connections open as it can: try again in a moment";
    assert_eq!((&body["code"], &body["message"]), (&json!(8), &json!(words)));
    kept.pop();
    while open().0 != "HTTP/1.1 200 OK\r\n" {
        assert!(Instant::now() < end, "nobody comes in though one left");
    }
}

#[test]
fn a_body_that_never_ends_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), |options| options.silent = Duration::from_millis(300));
    for (target, length) in [
        ("/api/v1/workflows/default", "Content-Length: 1000"),
        ("/api/v1/workflows/default", "Transfer-Encoding: chunked"),
        ("/api/v1/events/default/x", "Transfer-Encoding: chunked"),
    ] {
        let mut stream = TcpStream::connect(house.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let host = house.address;
        write!(
            stream,
            "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{length}\r\n\r\n1\r\n{{\r\n"
        )
        .unwrap();
        let mut told = String::new();
        BufReader::new(stream).read_line(&mut told).unwrap();
        assert_eq!(told, "HTTP/1.1 408 Request Timeout\r\n", "{target} {length}");
    }
}

/// A page that looks at a run and reads a log of it needs one connection, of which a browser has six.
#[test]
fn a_run_tells_exact_times_who_is_waited_for_and_a_log_on_one_stream() {
    let (_folder, house) = open();
    let run = house.submit("one");
    house.until("/api/v1/workflows/default/one", |answer| answer["status"]["nodes"].is_object());
    let row = "/api/tiphys/v1/runs?namespace=default";
    let asks = |answer: &Value| answer["items"][0]["waiting"] == true;
    assert_eq!(house.until(row, asks)["items"][0]["suspended"], false);
    long_log(&house, &run, 0);
    let run_dir = house.world.state.run_dir(run["metadata"]["uid"].as_str().unwrap()).unwrap();
    let file = run_dir.join("logs/logged-1/0.0.main.log");
    std::fs::write(&file, "2026-01-01T00:00:00.000000Z stdout F first\n").unwrap();
    let mut stream =
        house.events("/api/tiphys/v1/runs/default/one/events?nodes=columns&logNode=logged-1&logFrom=1", None);
    let (mut whole, mut lines) = (None, None);
    while whole.is_none() || lines.is_none() {
        let heard = stream.next();
        match heard.name.as_str() {
            "snapshot" => whole = Some(heard),
            "lines" => lines = Some(heard),
            other => panic!("{other}"),
        }
    }
    let whole = whole.unwrap();
    let started = whole.data["workflow"]["status"]["startedAt"].as_str().unwrap();
    assert_eq!(started.len(), "2026-01-01T00:00:00.000Z".len(), "{started}");
    assert_eq!(lines.as_ref().unwrap().data["items"][0]["text"], "first");
    assert_eq!(lines.unwrap().id, "", "the number of the run counts");
    // Both go on beside one another.
    let more = "2026-01-01T00:00:00.000000Z stdout F first\n2026-01-01T00:00:01.000000Z stdout F second\n";
    std::fs::write(&file, more).unwrap();
    assert_eq!(stream.find(|heard| heard.name == "lines").data["items"][0]["text"], "second");
    house.resume("one");
    let change = stream.find(|heard| heard.name == "delta" && heard.data["nodes"].is_object());
    let nodes = change.data["nodes"].as_object().unwrap();
    let times = nodes.values().filter_map(|node| node["startedAt"].as_str());
    assert!(times.into_iter().all(|time| time.len() == started.len()), "{nodes:?}");
    house.until("/api/v1/workflows/default/one", |answer| {
        answer["status"]["nodes"].as_object().unwrap().len() == 5
    });
    house.resume("one");
    stream.find(|heard| heard.name == "linesEnd");
    let over = house.until(row, |answer| answer["items"][0]["phase"] == "Succeeded");
    assert_eq!(over["items"][0]["waiting"], false);
}

use super::*;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};

/// A server that answers each connection by what the function makes of the request's text.
fn server(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut text = String::new();
            let mut buffer = [0; 4096];
            loop {
                let count = stream.read(&mut buffer).unwrap_or(0);
                text.push_str(&String::from_utf8_lossy(&buffer[..count]));
                let length = text
                    .lines()
                    .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok())
                    .unwrap_or(0);
                let ended = text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length);
                if count == 0 || ended {
                    break;
                }
            }
            match answer(&text) {
                Some(reply) => stream.write_all(reply.as_bytes()).unwrap(),
                None => silent.push(stream),
            }
        }
    });
    address
}

fn reply(status: &str, headers: &str, body: &str) -> Option<String> {
    Some(format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}",
        body.len()
    ))
}

fn agent() -> (Agent, Receiver<(AttemptId, Answer)>) {
    let (sender, receiver) = mpsc::channel();
    (Agent::new(Box::new(move |attempt, answer| drop(sender.send((attempt, answer))))), receiver)
}

fn call(name: &str, run: &str, task: Task) -> Call {
    Call { attempt: AttemptId(name.to_owned()), run: run.to_owned(), after: Duration::ZERO, task }
}

fn get(url: String) -> HttpRequest {
    HttpRequest { method: "GET".to_owned(), url, ..HttpRequest::default() }
}

#[track_caller]
fn ask(request: HttpRequest) -> Result<HttpResponse, String> {
    let (agent, answers) = agent();
    agent.call(call("a", "r", Task::Http(request)));
    match answers.recv_timeout(Duration::from_secs(20)).unwrap().1 {
        Answer::Http(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// EX-471, EX-473: method, headers and body arrive as written.
#[test]
fn a_request_is_sent_as_written() {
    let address = server(|text| {
        assert!(text.starts_with("PUT /x?y=1 HTTP/1.1\r\n"), "{text}");
        assert!(text.contains("x-own: 1") || text.contains("X-Own: 1"), "{text}");
        assert!(text.ends_with("\r\n\r\nhello"), "{text}");
        reply("201 Created", "x-answer: two\r\n", "made")
    });
    let mut request = get(format!("{address}/x?y=1"));
    request.method = "PUT".to_owned();
    request.headers = vec![("X-Own".to_owned(), "1".to_owned())];
    request.body = Some(b"hello".to_vec());
    let answer = ask(request).unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (201, &b"made"[..]));
    assert!(answer.headers.contains(&("X-Answer".to_owned(), "two".to_owned())));
}

/// A body goes along with GET too, as Go sends it.
#[test]
fn a_get_may_have_a_body() {
    let address = server(|text| {
        assert!(text.starts_with("GET / HTTP/1.1"), "{text}");
        reply("200 OK", "", text.split_once("\r\n\r\n").unwrap().1)
    });
    let answer = ask(HttpRequest { body: Some(b"in".to_vec()), ..get(address + "/") }).unwrap();
    assert_eq!(answer.body, b"in");
}

/// EX-473: redirects are followed; what proves who we are stays with its host.
#[test]
fn redirects_are_followed_without_taking_credentials_elsewhere() {
    let other = server(|text| {
        assert!(!text.to_lowercase().contains("authorization"), "{text}");
        reply("200 OK", "", "there")
    });
    let address = server(move |text| match text.split(' ').nth(1).unwrap() {
        "/a/b" => reply("308 Permanent Redirect", "Location: c\r\n", ""),
        "/a/c" => {
            assert!(text.to_lowercase().contains("authorization: x"));
            assert!(text.starts_with("POST"));
            reply("302 Found", &format!("Location: {other}/\r\n"), "")
        }
        path => panic!("{path}"),
    });
    let request = HttpRequest {
        method: "POST".to_owned(),
        headers: vec![("Authorization".to_owned(), "x".to_owned())],
        body: Some(b"b".to_vec()),
        ..get(format!("{address}/a/b"))
    };
    assert_eq!(ask(request).unwrap().body, b"there");
    let circle = server(|_| reply("302 Found", "Location: /\r\n", ""));
    let reason = ask(get(circle.clone() + "/")).unwrap_err();
    assert_eq!(reason, "Get \"/\": stopped after 10 redirects");
}

/// EX-473: where a redirect leads is seen from the address that named it, and a query is no address.
#[test]
fn locations_are_seen_from_where_they_stand() {
    for (base, location, expected) in [
        ("http://a/x/y", "https://b/z", "https://b/z"),
        ("https://a/x/y", "//b/z", "https://b/z"),
        ("http://a/x/y", "/z", "http://a/z"),
        ("http://a/x/y?q=1", "z", "http://a/x/z"),
        ("http://a/x", "/login?next=https://b/z", "http://a/login?next=https://b/z"),
        ("http://a/x/y", "login?next=https://b/z", "http://a/x/login?next=https://b/z"),
        ("http://a/x/y?q=1", "?next=https://b/z", "http://a/x/y?next=https://b/z"),
        ("http://a?next=https://b/z", "c", "http://a/c"),
    ] {
        assert_eq!(http::join(base, location), expected, "{location} at {base}");
    }
}

/// EX-473: nobody there, and nobody who answers.
#[test]
fn failures_have_words_that_retry_policies_know() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let reason = ask(get(format!("http://{gone}/"))).unwrap_err();
    assert_eq!(reason, format!("Get \"http://{gone}/\": dial tcp {gone}: connect: connection refused"));
    let silent = server(|_| None);
    let reason = ask(HttpRequest { timeout: Some(Duration::from_millis(200)), ..get(silent) }).unwrap_err();
    assert!(reason.ends_with("\": context deadline exceeded"), "{reason}");
}

/// EX-473: what cannot be asked is told as Go tells it.
#[test]
fn addresses_that_lead_nowhere() {
    for (url, told) in [
        ("example.com/x", "Get \"example.com/x\": unsupported protocol scheme \"\""),
        ("", "Get \"\": unsupported protocol scheme \"\""),
        ("localhost:8080/x", "Get \"localhost:8080/x\": unsupported protocol scheme \"localhost\""),
        ("127.0.0.1:8080/x", "parse \"127.0.0.1:8080/x\": first path segment in URL cannot contain colon"),
        ("ftp://h/x", "Get \"ftp://h/x\": unsupported protocol scheme \"ftp\""),
        ("http://a b/", "parse \"http://a b/\": invalid character \" \" in host name"),
        ("http://h/x\n", "parse \"http://h/x\\n\": net/url: invalid control character in URL"),
        ("http://h/%zz", "parse \"http://h/%zz\": invalid URL escape \"%zz\""),
        ("http:///x", "Get \"http:///x\": http: no Host in request URL"),
        ("http://h:99999/", "Get \"http://h:99999/\": dial tcp: address 99999: invalid port"),
        ("http://h:ab/", "parse \"http://h:ab/\": invalid port \":ab\" after host"),
        ("://h", "parse \"://h\": missing protocol scheme"),
    ] {
        assert_eq!(ask(get(url.to_owned())).unwrap_err(), told);
    }
    let method = HttpRequest { method: "G T".to_owned(), ..get("http://h/".to_owned()) };
    assert_eq!(ask(method).unwrap_err(), "net/http: invalid method \"G T\"");
    let header = |name: &str, value: &str| {
        let headers = vec![(name.to_owned(), value.to_owned())];
        ask(HttpRequest { headers, method: "get".to_owned(), ..get("http://u:secret@h/".to_owned()) })
            .unwrap_err()
    };
    assert_eq!(header("x a", ""), "get \"http://u:***@h/\": net/http: invalid header field name \"x a\"");
    assert_eq!(
        header("Xa", "a\nb"),
        "get \"http://u:***@h/\": net/http: invalid header field value for \"Xa\""
    );
}

/// EX-473: blanks and letters of the world go escaped, what is escaped stays as it is.
#[test]
fn addresses_are_escaped() {
    let address = server(|text| reply("200 OK", "", text.split(' ').nth(1).unwrap()));
    for (path, sent) in [
        ("/a b?x=c d", "/a%20b?x=c%20d"),
        ("/ä", "/%C3%A4"),
        ("/a%2Fb/(x)", "/a%2Fb/(x)"),
        ("/a%2Fb \"x\"", "/a/b%20%22x%22"),
    ] {
        assert_eq!(String::from_utf8(ask(get(format!("{address}{path}"))).unwrap().body).unwrap(), sent);
    }
}

/// A run whose calls never end does not hold up another, and can be stopped.
#[test]
fn calls_of_one_run_do_not_block_another() {
    let silent = server(|_| None);
    let quick = server(|_| reply("200 OK", "", "quick"));
    let (agent, answers) = agent();
    for number in 0..CALLS_PER_RUN_MAX + 4 {
        agent.call(call(&format!("s{number}"), "stuck", Task::Http(get(silent.clone()))));
    }
    agent.call(call("q", "other", Task::Http(get(quick))));
    let (attempt, _) = answers.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(attempt.0, "q");
    agent.stop(&[AttemptId("s0".to_owned())]);
    let (attempt, answer) = answers.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(matches!(answer, Answer::Stopped) && attempt.0 == "s0");
}

/// Who is stopped gives its thread and its place back at once: what the run does at its end has to call, too.
#[test]
fn calls_that_were_stopped_make_room_for_others() {
    let (heard, hears) = mpsc::channel();
    let heard = Mutex::new(heard);
    let silent = server(move |_| {
        let _ = heard.lock().unwrap().send(());
        None
    });
    let quick = server(|_| reply("200 OK", "", "quick"));
    let (agent, answers) = agent();
    let stuck: Vec<AttemptId> =
        (0..CALLS_PER_RUN_MAX).map(|number| AttemptId(format!("s{number}"))).collect();
    for attempt in &stuck {
        agent.call(call(&attempt.0, "r", Task::Http(get(silent.clone()))));
    }
    for _ in &stuck {
        hears.recv_timeout(Duration::from_secs(20)).unwrap();
    }
    agent.call(call("hook", "r", Task::Http(get(quick.clone()))));
    agent.stop(&stuck);
    let mut stopped = BTreeSet::new();
    loop {
        match answers.recv_timeout(Duration::from_secs(20)).unwrap() {
            (attempt, Answer::Stopped) => assert!(stopped.insert(attempt)),
            (attempt, Answer::Http(answer)) => {
                assert_eq!((attempt.0.as_str(), answer.unwrap().body.as_slice()), ("hook", &b"quick"[..]));
                break;
            }
            (_, other) => panic!("{other:?}"),
        }
    }
    // The threads that were interrupted go on with whole clients.
    for number in 0..CALLS_PER_RUN_MAX {
        agent.call(call(&format!("q{number}"), "r", Task::Http(get(quick.clone()))));
    }
    let mut made = 0;
    while made < CALLS_PER_RUN_MAX || stopped.len() < stuck.len() {
        match answers.recv_timeout(Duration::from_secs(20)).unwrap() {
            (attempt, Answer::Stopped) => assert!(stopped.insert(attempt)),
            (_, Answer::Http(answer)) => made += usize::from(answer.unwrap().status == 200),
            (_, other) => panic!("{other:?}"),
        }
    }
}

/// A loop over many addresses has as many threads as calls of it may be made, however many wait.
#[test]
fn calls_that_cannot_be_made_yet_have_no_threads() {
    let silent = server(|_| None);
    let (agent, _answers) = agent();
    for number in 0..200 {
        agent.call(call(&format!("s{number}"), "stuck", Task::Http(get(silent.clone()))));
    }
    assert!(agent.shared.lock().threads <= CALLS_PER_RUN_MAX + 1);
}

/// EX-475, EX-478: plugins are asked in turn, with their token; `{}` and 404 mean that it is not theirs.
#[test]
fn the_first_plugin_that_takes_a_template_has_it() {
    let none = server(|_| reply("404 Not Found", "", ""));
    let not_mine = server(|_| reply("200 OK", "", "{}"));
    let mine = server(|text| {
        assert!(text.starts_with("POST /api/v1/template.execute "), "{text}");
        assert!(text.to_lowercase().contains("authorization: bearer t"), "{text}");
        reply("200 OK", "", "{\"node\":{\"phase\":\"Succeeded\"}}")
    });
    let plugin =
        |address: &str| Plugin { name: "p".to_owned(), address: address.to_owned(), token: "t".to_owned() };
    let (agent, answers) = agent();
    let ask = |plugins: Vec<Plugin>| {
        agent.call(call("a", "r", Task::Plugin { plugins, body: b"{}".to_vec() }));
        match answers.recv_timeout(Duration::from_secs(20)).unwrap().1 {
            Answer::Plugin(answer) => answer.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    let found = ask(vec![plugin(&none), plugin(&not_mine), plugin(&mine)]).unwrap();
    assert_eq!(found["node"]["phase"], "Succeeded");
    assert_eq!(ask(vec![plugin(&not_mine)]), None);
}

/// EX-475, EX-478: what a plugin cannot do is told with its status, and what it writes is read as Go reads it.
#[test]
fn plugins_fail_in_the_words_of_argo() {
    let (agent, answers) = agent();
    let ask = |status: &'static str, body: &'static str| {
        let address = server(move |_| reply(status, "", body));
        let plugins = vec![Plugin { name: "p".to_owned(), address, token: String::new() }];
        agent.call(call("a", "r", Task::Plugin { plugins, body: b"{}".to_vec() }));
        match answers.recv_timeout(Duration::from_secs(20)).unwrap().1 {
            Answer::Plugin(answer) => answer.unwrap_err(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ask("500 Internal Server Error", "{\"a\": 1}\n"), "500 Internal Server Error: {\"a\": 1}\n");
    let told = "invalid character 'o' looking for beginning of object key string";
    assert_eq!(ask("200 OK", "{oops"), told);
}

//! Objects of web servers, against a real one.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tiphys_artifact::{Archive, ArtifactError, Grant, Mode, Web};

use crate::server::{Answer, Server};
use crate::support::{packed, tree, write};

/// PA-146, PA-164, PA-200: GET with headers and a login; archives are found out.
#[test]
fn objects_are_loaded() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("in/data.txt"), "hello", 0o640);
    let archive = packed(&dir.path().join("in"), Archive::default());
    let server = Server::start(move |request| match request.target.as_str() {
        "/data.tgz" => Answer::ok(archive.clone()),
        "/moved" => Answer("302 Found", vec![("Location".into(), "/text?x=1".into())], Vec::new()),
        _ => Answer::ok("just text"),
    });
    let web = |path: &str| Web::at(format!("{}{path}", server.url));

    web("/data.tgz").load(&dir.path().join("out"), None, None).unwrap();
    assert_eq!(tree(&dir.path().join("out"))["data.txt"], "640 hello");
    web("/data.tgz").load(&dir.path().join("raw.tgz"), Some(Archive::None), None).unwrap();
    assert!(fs::metadata(dir.path().join("raw.tgz")).unwrap().is_file());

    let asked = Web {
        headers: vec![("X-Token".into(), "t1".into())],
        login: Some(("me".into(), "secret".into())),
        ..web("/moved")
    };
    asked.load(&dir.path().join("text"), None, Some(Mode { bits: 0o600, recursive: false })).unwrap();
    assert_eq!(tree(&dir.path().join("text"))[""], "600 just text");
    let last = server.seen().pop().unwrap();
    assert_eq!((last.method.as_str(), last.target.as_str()), ("GET", "/text?x=1"));
    assert_eq!(last.headers["x-token"], "t1");
    assert_eq!(last.headers["authorization"], "Basic bWU6c2VjcmV0");

    let half = Web { login: Some(("me".into(), String::new())), ..web("/text") };
    half.load(&dir.path().join("half"), None, None).unwrap();
    assert!(!server.seen().pop().unwrap().headers.contains_key("authorization"), "PA-164: both or none");
    // Nothing is left beside what was loaded.
    assert!(
        fs::read_dir(dir.path())
            .unwrap()
            .flatten()
            .all(|one| !one.file_name().to_string_lossy().starts_with('.'))
    );
}

/// PA-355: a token by the client's credentials, in a header or, where the server does not take that, in the form.
#[test]
fn tokens_are_got_by_credentials() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(|request| {
        let form = String::from_utf8_lossy(&request.body).into_owned();
        let known =
            request.headers.contains_key("authorization") || form.contains("client_secret=its+secret");
        match request.target.as_str() {
            "/by-header" if request.headers.contains_key("authorization") => {
                Answer::ok(r#"{"access_token":"one"}"#)
            }
            "/by-form" if form.contains("client_id=me") && known => Answer::ok(r#"{"access_token":"two"}"#),
            "/data" => Answer::ok("data"),
            _ => Answer::status("401 Unauthorized"),
        }
    });
    let grant = |path: &str| Grant {
        url: format!("{}{path}", server.url),
        client: ("me".into(), "its secret".into()),
        scopes: vec!["read".into(), "write".into()],
        parameters: vec![("audience".into(), "files".into())],
    };
    let web = |path: &str| Web { grant: Some(grant(path)), ..Web::at(format!("{}/data", server.url)) };
    for (path, token) in [("/by-header", "Bearer one"), ("/by-form", "Bearer two")] {
        web(path).load(&dir.path().join("data"), None, None).unwrap();
        let seen = server.seen();
        assert_eq!(seen.last().unwrap().headers["authorization"], token);
        let asked = &seen[seen.len() - 2];
        let form = String::from_utf8_lossy(&asked.body).into_owned();
        assert!(form.starts_with("grant_type=client_credentials&scope=read+write&audience=files"), "{form}");
    }
    let refused = web("/nowhere").load(&dir.path().join("no"), None, None).unwrap_err().to_string();
    assert!(refused.contains("/nowhere`: it answers 401 Unauthorized: said the server"), "{refused}");
    assert!(refused.contains("no token of `http://") && !refused.contains("its secret"), "{refused}");
}

/// PA-162, PA-164: PUT of single files, with the same headers.
#[test]
fn files_are_put() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("folder/result.txt"), "done", 0o644);
    let server = Server::start(|_| Answer("201 Created", Vec::new(), Vec::new()));
    let web =
        Web { headers: vec![("X-Kind".into(), "result".into())], ..Web::at(format!("{}/r", server.url)) };
    assert_eq!(web.save(&dir.path().join("folder/result.txt"), "result.txt").unwrap(), 4);
    let asked = server.seen().pop().unwrap();
    assert_eq!((asked.method.as_str(), asked.target.as_str(), &asked.body[..]), ("PUT", "/r", &b"done"[..]));
    assert_eq!(asked.headers["x-kind"], "result");
    let refused = web.save(&dir.path().join("folder"), "folder").unwrap_err().to_string();
    assert!(refused.ends_with("give it an archive (`tar` or `zip`)"), "{refused}");
}

/// PA-164, PA-185: what is not there is told apart from what fails; no password is shown.
#[test]
fn refusals_say_what_the_server_said() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("x");
    let server = Server::start(|request| match request.target.as_str() {
        "/missing" => Answer::status("404 Not Found"),
        _ => Answer::status("403 Forbidden"),
    });
    let host = server.url.trim_start_matches("http://");
    let missing = Web::at(format!("http://{host}/missing")).load(&dest, None, None).unwrap_err();
    assert!(matches!(&missing, ArtifactError::NotFound(told) if told == "404 Not Found"), "{missing}");
    let web = Web::at(format!("http://u:p@{host}/no?x=y"));
    let shown = format!("http://u:***@{host}/no?x=y failed with reason: 403 Forbidden");
    assert_eq!(web.load(&dest, None, None).unwrap_err().to_string(), format!("loading content from {shown}"));
    assert!(!dest.exists());
    fs::write(&dest, "x").unwrap();
    let unsaved = web.save(&dest, "/tmp/argo/outputs/artifacts/a.tgz").unwrap_err().to_string();
    assert_eq!(unsaved, format!("saving file /tmp/argo/outputs/artifacts/a.tgz to {shown}"));
    let login = Some(("me".into(), "secret".into()));
    let shown = format!("{:?}", Web { login, ..Web::at("http://u:p@h/x?signature=s") });
    assert_eq!(shown, "Web { url: \"http://h/x\", .. }");
}

/// PA-352: an address is read as Go reads it, before anybody is asked; what cannot be asked is told in its words.
#[test]
fn addresses_are_read_before_anybody_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("x");
    let server = Server::start(|request| Answer::ok(request.target.clone()));
    for (path, sent) in [("/a b?x=c d", "/a%20b?x=c%20d"), ("/ä", "/%C3%A4")] {
        Web::at(format!("{}{path}", server.url)).load(&dest, None, None).unwrap();
        assert_eq!(fs::read_to_string(&dest).unwrap(), sent);
    }
    let seen = server.seen().pop().unwrap();
    assert_eq!(
        (seen.headers["user-agent"].as_str(), seen.headers.get("accept")),
        ("Go-http-client/1.1", None)
    );
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, told) in [
        ("example.com/x".to_owned(), "Get \"example.com/x\": unsupported protocol scheme \"\"".to_owned()),
        ("http://h/%zz".to_owned(), "parse \"http://h/%zz\": invalid URL escape \"%zz\"".to_owned()),
        (
            format!("http://{gone}/"),
            format!("Get \"http://{gone}/\": dial tcp {gone}: connect: connection refused"),
        ),
    ] {
        assert_eq!(Web::at(url).load(&dest, None, None).unwrap_err().to_string(), told);
    }
    let web = Web { headers: vec![("x a".into(), "1".into())], ..Web::at("http://h/") };
    let told = "Put \"http://h/\": net/http: invalid header field name \"x a\"";
    assert_eq!(web.save(&dest, "x").unwrap_err().to_string(), told);
}

/// PA-167: a server that is busy is asked again.
#[test]
fn what_may_pass_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let asked = AtomicU32::new(0);
    let server = Server::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::status("503 Service Unavailable"),
        _ => Answer::ok("now"),
    });
    let dest = dir.path().join("x");
    Web::at(server.url.clone()).load(&dest, None, None).unwrap();
    assert_eq!(fs::read_to_string(dest).unwrap(), "now");
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let reader = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        // Listens for ever, and says nothing.
        let mut heard = Vec::new();
        let _ = connection.read_to_end(&mut heard);
    });
    let web = Web { answer_within: Duration::from_millis(50), ..Web::at(url.clone()) };
    let error = web.load(&dir.path().join("x"), None, None).unwrap_err().to_string();
    assert_eq!(error, format!("Get \"{url}\": net/http: timeout awaiting response headers"));
    reader.join().unwrap();
}

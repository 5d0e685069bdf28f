use super::*;
use std::net::TcpListener;
use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server that answers its first caller so, once it has heard this much.
fn server(heard: usize, answer: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = vec![0; heard];
        stream.read_exact(&mut bytes).unwrap();
        stream.write_all(&answer).unwrap();
    });
    port
}

fn get(port: u16, tls: bool) -> Question {
    Question::Http { host: "127.0.0.1".into(), port, path: "/x".into(), headers: Vec::new(), tls }
}

fn is_well(question: &Question) -> bool {
    ask(question, Duration::from_secs(10)).unwrap_or(false)
}

#[test]
fn web_servers_answer_with_a_status() {
    for (status, well) in [("200 OK", true), ("399 x", true), ("404 Not Found", false), ("", false)] {
        let port = server(4, format!("HTTP/1.1 {status}\r\n\r\n").into_bytes());
        assert_eq!(is_well(&get(port, false)), well, "{status}");
    }
}

/// Nobody asks who signed the certificate, as a kubelet does not.
#[test]
fn web_servers_that_encrypt_are_asked_in_their_way() {
    for (status, well) in [("200 OK", true), ("503 Service Unavailable", false)] {
        let signed = rcgen::generate_simple_self_signed(vec!["elsewhere.example".into()]).unwrap();
        let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![signed.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
            stream.read_exact(&mut [0; 4]).unwrap();
            stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).unwrap();
        });
        assert_eq!(is_well(&get(port, true)), well, "{status}");
    }
    let port = server(4, b"HTTP/1.1 200 OK\r\n\r\n".to_vec());
    assert!(!is_well(&get(port, true)), "it does not encrypt");
}

#[test]
fn servers_of_grpc_tell_their_health() {
    let answer = |status: u8| {
        let mut bytes = frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 1]);
        bytes.extend(frame(HEADERS, END_HEADERS, 1, &[0x88]));
        bytes.extend(frame(DATA, 0, 1, &[0, 0, 0, 0, 2, 0x08, status]));
        bytes
    };
    let refused = frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0x88]);
    for (answer, well) in [(answer(1), true), (answer(2), false), (refused, false), (vec![0; 4], false)] {
        let port = server(24, answer);
        let host = "127.0.0.1".to_owned();
        assert_eq!(is_well(&Question::Grpc { host, port, service: "s".into() }), well);
    }
}

#[test]
fn nobody_there_is_not_well() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert!(!is_well(&Question::Tcp { host: "127.0.0.1".into(), port }));
    let there = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = there.local_addr().unwrap().port();
    assert!(is_well(&Question::Tcp { host: "127.0.0.1".into(), port }));
}

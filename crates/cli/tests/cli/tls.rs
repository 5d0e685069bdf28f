//! Servers that encrypt, met by the real binary: artifacts with a certificate of ours, and http templates.

use crate::bench::Bench;
use rcgen::{CertifiedKey, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

/// A server that says `secret` to whom it knows by this certificate, `hello` to others, and nothing to those who show
/// another one. Its address.
fn serve(own: &CertifiedKey<KeyPair>, known: &CertifiedKey<KeyPair>) -> String {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(known.cert.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            let mut heard = [0; 4096];
            if !stream.read(&mut heard).is_ok_and(|size| size > 0) {
                continue;
            }
            let body = if stream.conn.peer_certificates().is_some() { "secret" } else { "hello" };
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            // Whoever asked may have been killed.
            let _ = stream.write_all((head + body).as_bytes());
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    address
}

fn signed(name: &str) -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap()
}

/// PA-146, PA-352, PA-356, EX-471: an http artifact with `clientCert` from a secret, and an http template.
#[test]
fn runs_meet_servers_that_encrypt() {
    let bench = Bench::new();
    let (server, me) = (signed("localhost"), signed("me"));
    let address = serve(&server, &me);
    let pem = |text: String| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let into = bench.folder().join("in");
    let manifest = format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{name: met}}
spec:
  entrypoint: main
  templates:
  - name: main
    dag: {{tasks: [{{name: known, template: known}}, {{name: asked, template: asked}}]}}
  - name: known
    inputs:
      artifacts:
      - name: in
        path: {into}
        http:
          url: {address}/x
          auth: {{clientCert: {{clientCertSecret: {{name: me, key: cert}}, clientKeySecret: {{name: me, key: key}}}}}}
    container: {{image: busybox, command: [cat, {into}]}}
    outputs: {{parameters: [{{name: got, valueFrom: {{path: {into}}}}}]}}
  - name: asked
    http: {{url: '{address}/y', successCondition: response.body == 'hello'}}
---
apiVersion: v1
kind: Secret
metadata: {{name: me}}
stringData:
  cert: |
{cert}  key: |
{key}",
        into = into.display(),
        cert = pem(me.cert.pem()),
        key = pem(me.signing_key.serialize_pem()),
    );
    let file = bench.file("m.yaml", &manifest);
    let trusted = bench.file("trusted.pem", &server.cert.pem());
    let run = |name: &str, trusted: &std::path::Path| {
        let arguments = ["run", file.to_str().unwrap(), "--isolation", "none", "-q", "--name", name];
        bench.command(&arguments).env("SSL_CERT_FILE", trusted).output().unwrap().status.code()
    };
    let told = |name: &str, node: &str, field: &str| {
        let document = bench.document(name);
        let nodes = document["status"]["nodes"].as_object().unwrap();
        let node = nodes.values().find(|found| found["displayName"] == node).unwrap();
        node.pointer(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    assert_eq!(run("met", &trusted), Some(0), "{}", told("met", "known", "/message"));
    assert_eq!(told("met", "known", "/outputs/parameters/0/value"), "secret");
    assert_eq!(told("met", "asked", "/outputs/result"), "hello");
    // Whom nobody trusts is not asked, and the message says what to do.
    assert_eq!(run("strange", &bench.file("other.pem", &signed("localhost").cert.pem())), Some(1));
    let asked = told("strange", "asked", "/message");
    let unknown = "tls: failed to verify certificate: x509: certificate signed by unknown authority: ";
    assert!(asked.contains(unknown), "{asked}");
    let known = told("strange", "known", "/message");
    assert!(known.contains(unknown), "{known}");
    bench.nothing_is_left();
}

//! Servers that encrypt, and want to know who asks.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::{env, fs, thread};

use rcgen::{BasicConstraints, CertificateParams, CertifiedKey, DistinguishedName, DnType, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use tiphys_artifact::{Identity, Web};

/// What a process of this test is to load, and where to.
const ORDER: &str = "TIPHYS_TEST_ORDER";

fn signed(name: &str) -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap()
}

/// One that signed itself as an authority.
fn authority(name: &str) -> CertifiedKey<KeyPair> {
    let signing_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedKey { cert: params.self_signed(&signing_key).unwrap(), signing_key }
}

fn identity(of: &CertifiedKey<KeyPair>) -> Identity {
    Identity { certificate: of.cert.pem(), key: of.signing_key.serialize_pem() }
}

/// A server that says `hello` to whom it knows by this certificate, or to anybody.
fn serve(own: &CertifiedKey<KeyPair>, known: Option<&CertifiedKey<KeyPair>>) -> String {
    let provider = Arc::new(ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let config = match known {
        Some(known) => {
            let mut roots = RootCertStore::empty();
            roots.add(known.cert.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        }
        None => config.with_no_client_auth(),
    };
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = Arc::new(config.with_single_cert(vec![own.cert.der().clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/x", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            let mut heard = [0; 4096];
            if stream.read(&mut heard).is_ok_and(|size| size > 0) {
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    url
}

/// Loads in a process of its own: whom to trust is told by its surroundings.
fn load(web: &Web, trusted: &CertifiedKey<KeyPair>) -> Result<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let (bundle, order) = (dir.path().join("trusted.pem"), dir.path().join("order.json"));
    fs::write(&bundle, trusted.cert.pem()).unwrap();
    fs::write(&order, serde_json::to_vec(web).unwrap()).unwrap();
    let done = Command::new(env::current_exe().unwrap())
        .args(["--exact", "tls::as_ordered"])
        .env("SSL_CERT_FILE", &bundle)
        .env(ORDER, dir.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    match fs::read_to_string(dir.path().join("error")) {
        Ok(error) => Err(error),
        Err(_) => Ok(fs::read_to_string(dir.path().join("loaded")).unwrap()),
    }
}

/// The other half of [`load`]; by itself there is nothing to do.
#[test]
fn as_ordered() {
    let Some(dir) = env::var_os(ORDER).map(std::path::PathBuf::from) else { return };
    let web: Web = serde_json::from_slice(&fs::read(dir.join("order.json")).unwrap()).unwrap();
    if let Err(error) = web.load(&dir.join("loaded"), None, None) {
        fs::write(dir.join("error"), error.to_string()).unwrap();
    }
}

/// PA-356: the server asks for a certificate, and we have one; certificates of others, none, or a broken one.
#[test]
fn servers_know_us_by_our_certificate() {
    let (server, me, other) = (signed("localhost"), signed("me"), signed("other"));
    let url = serve(&server, Some(&me));
    let web = |identity: Option<Identity>| Web { identity, ..Web::at(url.clone()) };
    assert_eq!(load(&web(Some(identity(&me))), &server), Ok("hello".to_owned()));
    for stranger in [None, Some(identity(&other))] {
        let error = load(&web(stranger), &server).unwrap_err();
        assert!(error.starts_with(&format!("Get \"{url}\": ")), "{error}");
    }
    let mixed = Identity { key: identity(&other).key, ..identity(&me) };
    let error = load(&web(Some(mixed)), &server).unwrap_err();
    assert!(error.starts_with("cannot use the client certificate: "), "{error}");
    for (broken, complaint) in [
        (Identity { certificate: "x".into(), ..identity(&me) }, "there is none in `clientCertSecret`"),
        (Identity { key: "x".into(), ..identity(&me) }, "there is no key in `clientKeySecret`"),
    ] {
        let error = load(&web(Some(broken)), &server).unwrap_err();
        assert!(error.contains(complaint) && error.ends_with("it must be in the form of PEM"), "{error}");
    }
}

/// PA-352: whoever shows a certificate that nobody trusts is not asked.
#[test]
fn servers_have_to_be_trusted() {
    let (server, other) = (signed("localhost"), signed("localhost"));
    let web = Web::at(serve(&server, None));
    assert_eq!(load(&web, &server), Ok("hello".to_owned()));
    let error = load(&web, &other).unwrap_err();
    assert!(error.contains("tls: failed to verify certificate: x509: "), "{error}");
    let stranger = authority("elsewhere");
    let error = load(&web, &stranger).unwrap_err();
    assert!(error.ends_with("name a file with its authority in `SSL_CERT_FILE`"), "{error}");
    let itself = authority("localhost");
    let web = Web::at(serve(&itself, None));
    let error = load(&web, &itself).unwrap_err();
    let told = "the certificate is that of an authority (`CA:TRUE`), which no server may show; sign one with it for the \
                server, or make the server's own with `CA:FALSE`";
    assert!(error.starts_with("Get \"https://") && error.ends_with(told), "{error}");
}

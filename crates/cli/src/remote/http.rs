//! Requests to a server, and what comes back (CLI-008).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tiphys_artifact::trusted;
use tiphys_server::Presence;
use ureq::http;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use super::said::said;
use crate::problem::problem;

/// Largest answer that is read at once.
const ANSWER_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Longest message of a stream.
const MESSAGE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// A server.
pub struct Server {
    base: String,
    /// The namespace that is meant.
    pub namespace: String,
    token: Option<String>,
    headers: Vec<(String, String)>,
    agent: ureq::Agent,
}

/// Whom we believe, how we show who we are, and which way a request takes.
#[derive(Debug, Default)]
pub struct Trust {
    /// Any certificate is believed.
    pub insecure: bool,
    /// Only those that this file's sign, if it is told; a PEM file.
    pub authority: Option<PathBuf>,
    /// Our own certificate and its key, PEM files.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The proxy in between.
    pub proxy: Option<String>,
}

impl Trust {
    /// Believes the server of this user's own state folder.
    pub fn believe(&mut self, own: &Presence) {
        match &own.certificate {
            Some(certificate) => self.authority = Some(certificate.clone()),
            // It holds its lock, so that it listens at this address of the machine itself and nobody else can: its
            // certificate is for the names by which others reach it.
            None => self.insecure = true,
        }
    }

    fn tls(&self) -> anyhow::Result<TlsConfig> {
        let mut tls = TlsConfig::builder().disable_verification(self.insecure);
        let authorities = match &self.authority {
            Some(file) => RootCerts::from(certificates(file)?),
            None => trusted(),
        };
        if let Some((certificate, key)) = &self.identity {
            let found = PrivateKey::from_pem(&read(key)?).map_err(|error| unusable(key, error))?;
            tls = tls.client_cert(Some(ClientCert::new_with_certs(&certificates(certificate)?, found)));
        }
        Ok(tls.root_certs(authorities).build())
    }
}

fn unusable(file: &Path, error: impl fmt::Display) -> anyhow::Error {
    problem(
        format!("`{}` cannot be used: {error}", file.display()),
        "a certificate, or its key, in a file of the PEM form is needed; `-k` does without any",
    )
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).map_err(|error| unusable(file, error))
}

/// The certificates of a file.
fn certificates(file: &Path) -> anyhow::Result<Vec<Certificate<'static>>> {
    let text = read(file)?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| unusable(file, error))? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(unusable(file, "there is no certificate in it")) } else { Ok(found) }
}

/// A parameter of a query.
pub type Query<'a> = Vec<(&'a str, String)>;

/// What a server refused, in the words of its interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The number of gRPC.
    pub code: i64,
    /// Why.
    pub message: String,
}

impl Fault {
    /// The object is not there.
    pub const NOT_FOUND: i64 = 5;
    /// The server is away, and may come back.
    pub const UNAVAILABLE: i64 = 14;
    /// The server does not know who asks.
    pub const UNAUTHENTICATED: i64 = 16;

    /// What to do about it, where that is always the same.
    pub fn help(&self) -> Option<&'static str> {
        (self.code == Fault::UNAUTHENTICATED).then_some(KNOWN_BY)
    }
}

/// How a server comes to know who asks.
const KNOWN_BY: &str = "set TIPHYS_TOKEN or ARGO_TOKEN to a token that this server knows; on its own machine, with its \
                        TIPHYS_STATE_DIR, `tiphys token create NAME --role operator` makes one";

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.code {
            1 => "Canceled",
            3 => "InvalidArgument",
            4 => "DeadlineExceeded",
            5 => "NotFound",
            6 => "AlreadyExists",
            7 => "PermissionDenied",
            8 => "ResourceExhausted",
            9 => "FailedPrecondition",
            10 => "Aborted",
            11 => "OutOfRange",
            12 => "Unimplemented",
            13 => "Internal",
            14 => "Unavailable",
            15 => "DataLoss",
            16 => "Unauthenticated",
            _ => "Unknown",
        };
        write!(f, "rpc error: code = {name} desc = {}", self.message)
    }
}

impl std::error::Error for Fault {}

/// A refusal in our own words, for the verbs that Argo does not have.
pub fn ours(error: anyhow::Error) -> anyhow::Error {
    let Some(fault) = fault(&error) else { return error };
    let message = format!("the server refuses: {}", fault.message);
    match fault.code {
        7 => problem(message, "use a token of a higher role, or of this namespace"),
        _ => match fault.help() {
            Some(help) => problem(message, help),
            None => anyhow::anyhow!(message),
        },
    }
}

/// The fault behind an error, if a server's answer is.
pub fn fault(error: &anyhow::Error) -> Option<&Fault> {
    error.downcast_ref()
}

/// What reading a stream goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next message.
    More,
    /// Nothing: it is over.
    Enough,
}

impl Server {
    pub fn new(
        base: String,
        namespace: String,
        token: Option<String>,
        headers: Vec<(String, String)>,
        trust: &Trust,
    ) -> anyhow::Result<Server> {
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_WITHIN))
            .user_agent("tiphys")
            .tls_config(trust.tls()?);
        if let Some(proxy) = &trust.proxy {
            let proxy = ureq::Proxy::new(proxy).map_err(|error| {
                problem(
                    format!("`--proxy-url {proxy}` cannot be used: {error}"),
                    "for instance `--proxy-url http://proxy.example.com:3128`",
                )
            })?;
            config = config.proxy(Some(proxy));
        }
        let agent = config.build().new_agent();
        Ok(Server { base, namespace, token, headers, agent })
    }

    /// The server that has a state folder of this machine.
    pub fn own(folder: &Path, presence: &Presence) -> anyhow::Result<Server> {
        let token = Presence::token(folder).map(|token| bearer(&token));
        let mut trust = Trust::default();
        trust.believe(presence);
        let base = presence.url.trim_end_matches('/').to_owned();
        Server::new(base, String::new(), token, Vec::new(), &trust)
    }

    /// Where it is.
    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn get(&self, path: &str, query: &Query) -> anyhow::Result<Value> {
        self.call("GET", path, query, None)
    }

    pub fn delete(&self, path: &str, query: &Query) -> anyhow::Result<Value> {
        self.call("DELETE", path, query, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("POST", path, &Vec::new(), Some(body))
    }

    pub fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("PUT", path, &Vec::new(), Some(body))
    }

    fn call(&self, method: &str, path: &str, query: &Query, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut answer = self.send(method, path, query, body, "application/json")?;
        let status = answer.status().as_u16();
        let bytes = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_vec()
            .map_err(|error| self.unreachable(&error))?;
        if status == 200 {
            return serde_json::from_slice(&bytes).map_err(|error| {
                problem(
                    format!("the answer of `{}` is not JSON: {error}", self.base),
                    "is this the address of a workflow server, with the right `--argo-base-href`?",
                )
            });
        }
        Err(refusal(status, &bytes).into())
    }

    /// Reads the messages of a stream until it ends or nobody wants more.
    pub fn stream(
        &self,
        path: &str,
        query: &Query,
        each: &mut dyn FnMut(Value) -> anyhow::Result<Next>,
    ) -> anyhow::Result<()> {
        let answer = self.send("GET", path, query, None, "text/event-stream")?;
        let status = answer.status().as_u16();
        let mut lines = BufReader::new(answer.into_body().into_reader());
        if status != 200 {
            let mut bytes = Vec::new();
            // Whatever can be read of the reason is the reason.
            drop(lines.take(MESSAGE_BYTES_MAX).read_to_end(&mut bytes));
            return Err(refusal(status, &bytes).into());
        }
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut lines).take(MESSAGE_BYTES_MAX).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(());
            }
            // Whatever else stands between them is passed over (API-059).
            let Some(data) = line.strip_prefix(b"data: ") else { continue };
            let Ok(message) = serde_json::from_slice::<Value>(data) else { continue };
            if let Some(result) = message.get("result") {
                if each(result.clone())? == Next::Enough {
                    return Ok(());
                }
            } else if let Some(error) = message.get("error") {
                return Err(of_error(error).into());
            }
        }
    }

    /// Fetches a file. Returns the number of bytes.
    pub fn download(&self, path: &str, to: &mut dyn Write) -> anyhow::Result<u64> {
        let answer = self.send("GET", path, &Vec::new(), None, "*/*")?;
        let status = answer.status();
        let mut reader = answer.into_body().into_reader();
        if status.as_u16() != 200 {
            let reason = status.canonical_reason().unwrap_or_default();
            return Err(said(format!("request failed {} {reason}", status.as_u16())));
        }
        Ok(std::io::copy(&mut reader, to)?)
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        query: &Query,
        body: Option<&Value>,
        accept: &str,
    ) -> anyhow::Result<http::Response<ureq::Body>> {
        let mut url = format!("{}{path}", self.base);
        for (at, (name, value)) in query.iter().filter(|(_, value)| !value.is_empty()).enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.push_str(&format!("{}={}", encode(name), encode(value)));
        }
        let mut request = http::Request::builder().method(method).uri(&url).header("accept", accept);
        if let Some(token) = &self.token {
            request = request.header("authorization", token);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let malformed = |error: http::Error| {
            problem(
                format!("`{url}` cannot be asked: {error}"),
                "a server is named as HOST:PORT, for instance `-s localhost:2746`",
            )
        };
        let result = match body {
            Some(body) => {
                let request = request
                    .header("content-type", "application/json")
                    .body(serde_json::to_vec(body)?)
                    .map_err(malformed)?;
                self.agent.run(request)
            }
            None => self.agent.run(request.body(()).map_err(malformed)?),
        };
        result.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &ureq::Error) -> anyhow::Error {
        // What is wrong with a certificate comes as a fault of the connection, too.
        let is_about_tls = matches!(error, ureq::Error::Tls(_) | ureq::Error::Rustls(_))
            || error.to_string().contains("certificate");
        let help = match (error, self.base.starts_with("https")) {
            (_, true) if is_about_tls => {
                "does it speak plain HTTP? then `--secure=false`; who signed its certificate, if nobody whom this machine \
                 trusts, is named by `--certificate-authority FILE`; `-k` believes any"
            }
            (ureq::Error::Io(_), true) => {
                "is it started, and the address right? a server without TLS is named by `http://HOST:PORT`, or needs \
                 `--secure=false`"
            }
            _ => "is it started, and the address right?",
        };
        problem(format!("cannot reach the server `{}`: {error}", self.base), help)
    }
}

/// The header that a bare token goes into.
pub fn bearer(token: &str) -> String {
    format!("Bearer {}", token.trim_start_matches("Bearer "))
}

/// The header of a name and a password.
pub fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// The fault in the body of an answer.
fn refusal(status: u16, bytes: &[u8]) -> Fault {
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    if body.get("message").is_some() {
        return of_error(&body);
    }
    // The first chunk of a stream, as it is framed.
    let text = String::from_utf8_lossy(bytes);
    let chunk = text.lines().find_map(|line| {
        let line = line.strip_prefix("data: ").unwrap_or(line);
        serde_json::from_str::<Value>(line).ok()?.get("error").cloned()
    });
    if let Some(error) = chunk {
        return of_error(&error);
    }
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    // A proxy before a server that is away: who follows something waits until it is back.
    let code = if (502..=504).contains(&status) { Fault::UNAVAILABLE } else { 13 };
    Fault { code, message: format!("{status} {}", reason.unwrap_or_default()).trim_end().to_owned() }
}

fn of_error(error: &Value) -> Fault {
    let code = error.get("code").or_else(|| error.get("grpc_code")).and_then(Value::as_i64);
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    Fault { code: code.unwrap_or(2), message: message.to_owned() }
}

/// Percent-encoding of everything that has a meaning in an address.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_interface() {
        let plain = refusal(404, br#"{"code":5,"message":"workflows.argoproj.io \"x\" not found"}"#);
        assert_eq!(
            plain.to_string(),
            "rpc error: code = NotFound desc = workflows.argoproj.io \"x\" not found"
        );
        let chunk =
            refusal(404, b"data: {\"error\":{\"grpc_code\":5,\"http_code\":404,\"message\":\"gone\"}} \n\n");
        assert_eq!(chunk, Fault { code: 5, message: "gone".to_owned() });
        let proxy = refusal(502, b"<html>");
        assert_eq!(proxy.to_string(), "rpc error: code = Unavailable desc = 502 Bad Gateway");
        assert_eq!(refusal(500, b"<html>").code, 13);
    }

    #[test]
    fn values_of_queries_cannot_become_other_parameters() {
        assert_eq!(encode("a b&c=d/é"), "a%20b%26c%3Dd%2F%C3%A9");
    }
}

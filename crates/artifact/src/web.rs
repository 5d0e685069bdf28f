//! Objects of web servers: loaded by GET, saved by PUT (PA-146, PA-164).

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use serde::{Deserialize, Serialize};
use ureq::Agent;
use ureq::config::RedirectAuthHeaders;
use ureq::http::StatusCode;

use crate::address::{self, Address, Unfit};
use crate::archive::{self, Archive, Mode};
use crate::error::ArtifactError;
use crate::grant::Grant;
use crate::limits::{ANSWER_TIME_MAX, CONNECT_TIME_MAX, UNPACKED_BYTES_MAX};
use crate::patience::{Refusal, patiently};
use crate::place::Aside;
use crate::tls::{self, Identity};
use crate::told;

/// One object of a web server, and how one shows who one is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Web {
    /// Where it is.
    pub url: String,
    /// Sent with every request, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// A name and a password; sent only if neither is empty (PA-164).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<(String, String)>,
    /// How to get a token, which is then sent in the place of a login (PA-355).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Grant>,
    /// The certificate by which the server knows us; it takes the place of a token (PA-356).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// How long the server may take to begin its answer.
    #[serde(default = "answer_within")]
    pub answer_within: Duration,
}

fn answer_within() -> Duration {
    ANSWER_TIME_MAX
}

/// Without what nobody may read.
impl fmt::Debug for Web {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Web").field("url", &without_login(&self.url)).finish_non_exhaustive()
    }
}

impl Web {
    /// An object that anybody may read.
    pub fn at(url: impl Into<String>) -> Web {
        Web {
            url: url.into(),
            headers: Vec::new(),
            login: None,
            grant: None,
            identity: None,
            answer_within: ANSWER_TIME_MAX,
        }
    }

    /// Loads the object to `dest`, unpacked as [`archive::unpack`] says. What is not there is
    /// [`ArtifactError::NotFound`] with the server's answer.
    pub fn load(
        &self,
        dest: &Path,
        archive: Option<Archive>,
        mode: Option<Mode>,
    ) -> Result<(), ArtifactError> {
        let aside = Aside::of(dest)?;
        patiently(|| self.get(aside.path()))?;
        let mut file = File::open(aside.path()).map_err(ArtifactError::io(aside.path()))?;
        archive::unpack(&mut file, dest, archive, mode)
    }

    /// Stores a file, which complaints name so; returns the bytes sent. A server takes no folders (PA-162).
    pub fn save(&self, source: &Path, named: &str) -> Result<u64, ArtifactError> {
        if fs::metadata(source).map_err(ArtifactError::io(source))?.is_dir() {
            return Err(ArtifactError::Unsupported(
                "a web server takes single files and this is a folder: give it an archive (`tar` or `zip`)"
                    .into(),
            ));
        }
        patiently(|| self.put(source, named))
    }

    fn get(&self, to: &Path) -> Result<(), Refusal> {
        let asked = self.asked("GET")?;
        let agent = self.agent()?;
        let mut request = agent.get(&asked.address.sent);
        for (name, value) in self.all_headers(&agent)? {
            request = request.header(name, value);
        }
        let answer = request.call().map_err(|error| asked.unanswered(&error))?;
        match answer.status() {
            status if status.is_success() => {}
            StatusCode::NOT_FOUND => {
                return Err(Refusal::of(ArtifactError::NotFound(answer.status().to_string())));
            }
            status => return Err(refused(status, format!("loading content from {}", asked.address.shown))),
        }
        let mut body = answer.into_body().into_reader().take(UNPACKED_BYTES_MAX + 1);
        let mut file = File::create(to).map_err(ArtifactError::io(to)).map_err(Refusal::of)?;
        let size = io::copy(&mut body, &mut file).map_err(|error| asked.broken_off(&error))?;
        if size > UNPACKED_BYTES_MAX {
            let what = format!("`{}`", asked.address.shown);
            return Err(Refusal::of(ArtifactError::Limit { what, limit: UNPACKED_BYTES_MAX }));
        }
        Ok(())
    }

    fn put(&self, source: &Path, named: &str) -> Result<u64, Refusal> {
        let failed = |error| Refusal::of(ArtifactError::io(source)(error));
        let file = File::open(source).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let asked = self.asked("PUT")?;
        let agent = self.agent()?;
        let mut request = agent.put(&asked.address.sent).header("Content-Length", size.to_string());
        for (name, value) in self.all_headers(&agent)? {
            request = request.header(name, value);
        }
        let answer = request.send(file).map_err(|error| asked.unanswered(&error))?;
        match answer.status() {
            status if status.is_success() => Ok(size),
            status => Err(refused(status, format!("saving file {named} to {}", asked.address.shown))),
        }
    }

    /// Reads the address, and looks at what is to be sent there.
    fn asked(&self, method: &'static str) -> Result<Asked, Refusal> {
        let refused = |reason: String| Refusal::of(ArtifactError::Remote(reason));
        let address = address::read(&self.url).map_err(|unfit| {
            refused(match unfit {
                Unfit::Unread(reason) => reason,
                Unfit::Unasked(shown, reason) => complaint(method, &shown, &reason),
            })
        })?;
        match told::bad_header(&self.headers) {
            Some(reason) => Err(refused(complaint(method, &address.shown, &reason))),
            None => Ok(Asked { method, address }),
        }
    }

    /// No limit for the whole: how long a body takes depends on its size, and the step has a deadline of its own.
    fn agent(&self) -> Result<Agent, Refusal> {
        let tls = tls::config(self.identity.as_ref()).map_err(Refusal::of)?;
        Ok(Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .timeout_recv_response(Some(self.answer_within))
            // As Go's client: who we are is told to the host that it was meant for, and to no other.
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .user_agent(told::USER_AGENT)
            .accept("")
            .build()
            .new_agent())
    }

    fn all_headers(&self, agent: &Agent) -> Result<Vec<(String, String)>, Refusal> {
        let mut headers = self.headers.clone();
        if let Some(grant) = self.grant.as_ref().filter(|_| self.identity.is_none()) {
            headers.push(("Authorization".to_owned(), format!("Bearer {}", grant.token(agent)?)));
            return Ok(headers);
        }
        let login = self.login.as_ref().filter(|(name, password)| !name.is_empty() && !password.is_empty());
        let proof = login.map(|(name, password)| {
            let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
            ("Authorization".to_owned(), format!("Basic {encoded}"))
        });
        headers.extend(proof);
        Ok(headers)
    }
}

/// A request whose address can be asked.
struct Asked {
    method: &'static str,
    address: Address,
}

impl Asked {
    /// Why there is no answer.
    fn unanswered(&self, error: &ureq::Error) -> Refusal {
        let passes = matches!(error, ureq::Error::Io(error) if may_pass(error));
        let reason = told::words(error, &self.address.sent);
        let reason = complaint(self.method, &self.address.shown, &reason);
        Refusal { error: ArtifactError::Remote(reason), passes }
    }

    /// Why an answer has no end.
    fn broken_off(&self, error: &io::Error) -> Refusal {
        let reason = match error.kind() {
            ErrorKind::UnexpectedEof => "unexpected EOF".to_owned(),
            _ => told::io_words(error, &self.address.sent),
        };
        Refusal { error: ArtifactError::Remote(reason), passes: may_pass(error) }
    }
}

/// What Go's client says of a request that came to nothing.
fn complaint(method: &str, shown: &str, reason: &str) -> String {
    format!("{} {}: {reason}", told::verb(method), address::quote(shown))
}

/// An answer that is neither a success nor that there is nothing.
fn refused(status: StatusCode, deed: String) -> Refusal {
    let passes = matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    );
    Refusal { error: ArtifactError::Remote(format!("{deed} failed with reason: {status}")), passes }
}

fn may_pass(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::UnexpectedEof
    )
}

/// An address without name and password, and without a query, which may hold a signature.
pub(crate) fn without_login(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or(host))
}

//! Objects of web servers: loaded by GET, saved by PUT (PA-146, PA-164).

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use serde::{Deserialize, Serialize};
use ureq::config::RedirectAuthHeaders;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use crate::archive::{self, Archive, Mode};
use crate::error::ArtifactError;
use crate::grant::Grant;
use crate::limits::{ANSWER_TIME_MAX, COMPLAINT_BYTES_MAX, CONNECT_TIME_MAX, UNPACKED_BYTES_MAX};
use crate::patience::{Refusal, patiently};
use crate::place::Aside;
use crate::tls::{self, Identity};

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
        out.debug_struct("Web").field("url", &self.shown()).finish_non_exhaustive()
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
    /// [`ArtifactError::NotFound`].
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

    /// Stores a file; returns the bytes sent. A server takes no folders (PA-162).
    pub fn save(&self, source: &Path) -> Result<u64, ArtifactError> {
        if fs::metadata(source).map_err(ArtifactError::io(source))?.is_dir() {
            return Err(ArtifactError::Unsupported(
                "a web server takes single files and this is a folder: give it an archive (`tar` or `zip`)"
                    .into(),
            ));
        }
        patiently(|| self.put(source))
    }

    fn get(&self, to: &Path) -> Result<(), Refusal> {
        let agent = self.agent()?;
        let mut request = agent.get(&self.url);
        for (name, value) in self.all_headers(&agent)? {
            request = request.header(name, value);
        }
        let answer = self.checked(request.call())?;
        let mut body = answer.into_body().into_reader().take(UNPACKED_BYTES_MAX + 1);
        let mut file = File::create(to).map_err(ArtifactError::io(to)).map_err(Refusal::of)?;
        let size = io::copy(&mut body, &mut file).map_err(|error| self.broken(&error))?;
        if size > UNPACKED_BYTES_MAX {
            let what = format!("`{}`", self.shown());
            return Err(Refusal::of(ArtifactError::Limit { what, limit: UNPACKED_BYTES_MAX }));
        }
        Ok(())
    }

    fn put(&self, source: &Path) -> Result<u64, Refusal> {
        let failed = |error| Refusal::of(ArtifactError::io(source)(error));
        let file = File::open(source).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let agent = self.agent()?;
        let mut request = agent.put(&self.url).header("Content-Length", size.to_string());
        for (name, value) in self.all_headers(&agent)? {
            request = request.header(name, value);
        }
        self.checked(request.send(file)).map(|_| size)
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
            .user_agent("tiphys")
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

    /// An answer that is a success; everything else in words.
    fn checked(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, Refusal> {
        let shown = self.shown();
        let mut answer = answer.map_err(|error| match &error {
            ureq::Error::Io(error) => self.broken(error),
            ureq::Error::Timeout(_) => {
                Refusal::of(ArtifactError::Remote(format!("`{shown}` does not answer: {error}")))
            }
            _ => Refusal::of(ArtifactError::Remote(format!("cannot use `{shown}`: {error}"))),
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        if status == StatusCode::NOT_FOUND {
            return Err(Refusal::of(ArtifactError::NotFound(shown)));
        }
        let mut complaint = Vec::new();
        let _ = answer.body_mut().as_reader().take(COMPLAINT_BYTES_MAX as u64).read_to_end(&mut complaint);
        let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
        let colon = if complaint.is_empty() { "" } else { ": " };
        let passes = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        let error = ArtifactError::Remote(format!("`{shown}` answers {status}{colon}{complaint}"));
        Err(Refusal { error, passes })
    }

    fn broken(&self, error: &io::Error) -> Refusal {
        let passes = matches!(
            error.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::UnexpectedEof
        );
        let told = tls::distrust(&error.to_string()).map(|told| format!(": {told}")).unwrap_or_default();
        let why = format!("cannot use `{}`: {error}{told}", self.shown());
        Refusal { error: ArtifactError::Remote(why), passes }
    }

    /// The address without what nobody may read.
    fn shown(&self) -> String {
        without_login(&self.url)
    }
}

/// An address without name and password, and without a query, which may hold a signature.
pub(crate) fn without_login(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or(host))
}

//! Tokens that a web server gives to clients who know a secret (PA-355).

use std::io::Read;

use base64::Engine as _;
use serde::{Deserialize, Serialize};
use ureq::Agent;

use crate::error::ArtifactError;
use crate::limits::COMPLAINT_BYTES_MAX;
use crate::patience::Refusal;
use crate::web::without_login;

/// Longest answer with a token.
const TOKEN_BYTES_MAX: u64 = 1 << 20;

/// How a client gets a token, by its own credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The address that gives tokens.
    pub url: String,
    /// The name of the client, and its secret.
    pub client: (String, String),
    /// What the token shall allow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// More fields of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<(String, String)>,
}

/// Where the client says who it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Header,
    Form,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

impl Grant {
    /// A token. Servers want the credentials in a header or in the form, and cannot be asked which: the header is
    /// tried first, as Go's client does.
    pub(crate) fn token(&self, agent: &Agent) -> Result<String, Refusal> {
        match self.ask(agent, Shown::Header) {
            Err(refusal) if !refusal.passes => self.ask(agent, Shown::Form).map_err(|_| refusal),
            answer => answer,
        }
    }

    fn ask(&self, agent: &Agent, shown: Shown) -> Result<String, Refusal> {
        let (client, secret) = &self.client;
        let mut request = agent.post(&self.url).header("Accept", "application/json");
        let mut form = vec![("grant_type", "client_credentials")];
        let scope = self.scopes.join(" ");
        if !scope.is_empty() {
            form.push(("scope", &scope));
        }
        form.extend(self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        match shown {
            Shown::Header => {
                let login = base64::engine::general_purpose::STANDARD.encode(format!("{client}:{secret}"));
                request = request.header("Authorization", format!("Basic {login}"));
            }
            Shown::Form => form.extend([("client_id", client.as_str()), ("client_secret", secret.as_str())]),
        }
        let failed = |why: String, passes| {
            let error = ArtifactError::Remote(format!("no token of `{}`: {why}", without_login(&self.url)));
            Refusal { error, passes }
        };
        let answer = request.send_form(form).map_err(|error| failed(error.to_string(), true))?;
        let status = answer.status();
        let mut body = Vec::new();
        let mut answer = answer.into_body().into_reader().take(TOKEN_BYTES_MAX);
        answer.read_to_end(&mut body).map_err(|error| failed(error.to_string(), true))?;
        if !status.is_success() {
            let said =
                String::from_utf8_lossy(&body[..body.len().min(COMPLAINT_BYTES_MAX)]).trim().to_owned();
            return Err(failed(format!("it answers {status}: {said}"), status.is_server_error()));
        }
        let token: Token = serde_json::from_slice(&body)
            .map_err(|error| failed(format!("its answer is broken: {error}"), false))?;
        Ok(token.access_token)
    }
}

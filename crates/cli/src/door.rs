//! The way into a server: the one that is named, else the one that serves this user's state folder.

use anyhow::Context;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tiphys_server::Presence;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::problem::problem;
use crate::state;

/// Longest wait for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// An address, and what opens it.
pub struct Door {
    url: String,
    token: Option<String>,
    agent: Agent,
}

impl Door {
    /// Finds the server: `$TIPHYS_SERVER` or `$ARGO_SERVER`, else the one of the state folder.
    pub fn find() -> anyhow::Result<Door> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let token = set("TIPHYS_TOKEN").or_else(|| set("ARGO_TOKEN"));
        if let Some(server) = set("TIPHYS_SERVER").or_else(|| set("ARGO_SERVER")) {
            let plain = set("ARGO_SECURE").is_some_and(|text| matches!(text.as_str(), "false" | "0"));
            let url = match server.split_once("://") {
                Some(_) => server,
                None => format!("{}://{server}", if plain { "http" } else { "https" }),
            };
            return Ok(Door { url, token, agent: agent(None)? });
        }
        let folder = state::dir()?;
        let presence = Presence::find(&folder).ok_or_else(|| {
            problem(
                format!("no server uses the state folder {}", folder.display()),
                "start one with `tiphys server`, or name another one with TIPHYS_SERVER",
            )
        })?;
        let door = Door::of(presence, &folder)?;
        Ok(Door { token: token.or(door.token), ..door })
    }

    /// The door of the server that has a state folder.
    pub fn of(presence: Presence, folder: &Path) -> anyhow::Result<Door> {
        let token = Presence::token(folder);
        Ok(Door { agent: agent(presence.certificate)?, url: presence.url, token })
    }

    /// Where it leads.
    pub fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// Asks for something and reads the answer.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url()))
            .header("content-type", "application/json");
        if let Some(token) = &self.token {
            let token = token.strip_prefix("Bearer ").unwrap_or(token);
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request
            .body(body.map(Value::to_string).unwrap_or_default())
            .with_context(|| format!("`{}` is no address of a server", self.url))?;
        let mut answer = self.agent.run(request).map_err(|error| {
            problem(
                format!("the server at {} cannot be reached: {error}", self.url),
                "is it running, and is the address right?",
            )
        })?;
        let text = answer.body_mut().read_to_string().context("the answer of the server broke off")?;
        let value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if answer.status().is_success() {
            return Ok(value);
        }
        let message = value["message"].as_str().unwrap_or(text.trim()).to_owned();
        Err(match answer.status().as_u16() {
            401 => problem(message, "set TIPHYS_TOKEN to a token that this server knows"),
            403 => problem(message, "use a token of a higher role, or of this namespace"),
            _ => anyhow::anyhow!("the server refuses: {message}"),
        })
    }
}

/// What carries requests. With a certificate, only a server that has it is talked to.
fn agent(certificate: Option<PathBuf>) -> anyhow::Result<Agent> {
    let mut tls = TlsConfig::builder();
    if let Some(path) = certificate {
        let pem = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let certificate = Certificate::from_pem(&pem)
            .with_context(|| format!("{} is no certificate", path.display()))?
            .to_owned();
        tls = tls.root_certs(RootCerts::new_with_certs(&[certificate]));
    }
    let config = Agent::config_builder()
        .tls_config(tls.build())
        .http_status_as_error(false)
        .timeout_global(Some(ANSWER_WITHIN))
        .build();
    Ok(config.into())
}

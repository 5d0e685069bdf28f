//! Manifests and files of parameters that lie behind an address (CLI-022, CLI-027).

use std::io::Read as _;
use std::time::Duration;
use tiphys_artifact::trusted;
use ureq::tls::TlsConfig;

use crate::problem::problem;

/// How long a web server may take for all of a file.
const WITHIN: Duration = Duration::from_secs(60);

/// Whether a name is an address on the web rather than a path.
pub fn is_address(name: &str) -> bool {
    name.starts_with("http://") || name.starts_with("https://")
}

/// The first bytes of what lies behind an address, at most `limit`.
///
/// Argo takes the page of an error for the file; what it says then is about its text, and hides the reason.
pub fn fetch(address: &str, limit: u64) -> anyhow::Result<Vec<u8>> {
    let tls = TlsConfig::builder().root_certs(trusted()).build();
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(WITHIN))
        .user_agent("tiphys")
        .tls_config(tls);
    let unread = |why: String| {
        problem(
            format!("cannot read `{address}`: {why}"),
            "is the address right, and does it give the file itself rather than a page about it?",
        )
    };
    let answer = config.build().new_agent().get(address).call().map_err(|error| unread(error.to_string()))?;
    if !answer.status().is_success() {
        return Err(unread(format!("it answers {}", answer.status())));
    }
    let mut bytes = Vec::new();
    let mut body = answer.into_body().into_reader().take(limit);
    body.read_to_end(&mut bytes).map_err(|error| unread(error.to_string()))?;
    Ok(bytes)
}

//! How the server speaks to others over HTTP.

use std::time::Duration;
use tiphys_artifact::trusted;
use ureq::Agent;
use ureq::tls::TlsConfig;

/// Speaks to whom the rest of this program believes, and waits no longer than this for an answer.
pub(super) fn client(within: Duration) -> Agent {
    let tls = TlsConfig::builder().root_certs(trusted()).build();
    Agent::config_builder().timeout_global(Some(within)).tls_config(tls).build().into()
}

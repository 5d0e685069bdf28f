//! Who sent an event, when no token says so: signed webhooks (AUTH-060 to AUTH-068), by
//! headers that come through whole (API-013).

use crate::access::{Role, Who};
use crate::fault::Fault;
use crate::world::World;
use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tiphys_spec as spec;

/// The Secret that tells which senders are known.
const CLIENTS: &str = "argo-workflows-webhook-clients";

/// Events of GitHub that are taken (AUTH-067).
const GITHUB: &str = "check_run check_suite code_scanning_alert commit_comment create delete dependabot_alert \
deploy_key deployment deployment_status fork github_app_authorization gollum installation \
installation_repositories integration_installation integration_installation_repositories issue_comment issues label \
member membership milestone meta organization org_block page_build ping project project_card project_column public \
pull_request pull_request_review pull_request_review_comment push release repository \
repository_vulnerability_alert security_advisory status team team_add watch workflow_dispatch workflow_job \
workflow_run";

/// Events of GitLab that are taken (AUTH-064).
const GITLAB: [&str; 12] = [
    "Push Hook",
    "Tag Push Hook",
    "Issue Hook",
    "Confidential Issue Hook",
    "Note Hook",
    "Confidential Note Hook",
    "Merge Request Hook",
    "Wiki Page Hook",
    "Pipeline Hook",
    "Build Hook",
    "Job Hook",
    "System Hook",
];

/// Events of Bitbucket that are taken (AUTH-065).
const BITBUCKET: [&str; 18] = [
    "repo:push",
    "repo:fork",
    "repo:updated",
    "repo:commit_comment_created",
    "repo:commit_status_created",
    "repo:commit_status_updated",
    "issue:created",
    "issue:updated",
    "issue:comment_created",
    "pullrequest:created",
    "pullrequest:updated",
    "pullrequest:approved",
    "pullrequest:unapproved",
    "pullrequest:fulfilled",
    "pullrequest:rejected",
    "pullrequest:comment_created",
    "pullrequest:comment_updated",
    "pullrequest:comment_deleted",
];

/// Events of a Bitbucket server of one's own that are taken (AUTH-066).
const BITBUCKET_SERVER: [&str; 20] = [
    "repo:refs_changed",
    "repo:modified",
    "repo:forked",
    "repo:comment:added",
    "repo:comment:edited",
    "repo:comment:deleted",
    "pr:opened",
    "pr:from_ref_updated",
    "pr:modified",
    "pr:merged",
    "pr:declined",
    "pr:deleted",
    "pr:reviewer:updated",
    "pr:reviewer:approved",
    "pr:reviewer:unapproved",
    "pr:reviewer:needs_work",
    "pr:comment:added",
    "pr:comment:edited",
    "pr:comment:deleted",
    "diagnostics:ping",
];

/// What the webhook says of its sender.
pub(crate) enum Sender {
    /// It is known and the signature is right.
    Known(Who),
    /// Nobody that is known signed it.
    Unknown,
    /// It cannot be judged; this is why, for the server's log: senders are not told (AUTH-061).
    Unreadable(&'static str),
}

/// Judges an event without a token by its signature.
pub(crate) fn sender(
    world: &World,
    namespace: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Sender, Fault> {
    let Some(secret) = world.object("Secret", namespace, CLIENTS)? else {
        return Ok(Sender::Unreadable("the namespace has no Secret `argo-workflows-webhook-clients`"));
    };
    let secret = world.vault.unseal(secret)?;
    let Ok(secret) = serde_json::from_value::<tiphys_spec::Secret>(secret) else {
        return Ok(Sender::Unreadable("the Secret `argo-workflows-webhook-clients` cannot be read"));
    };
    for account in secret.keys() {
        let Some(bytes) = secret.bytes(account) else { continue };
        let Some((kind, key)) = client(&String::from_utf8_lossy(&bytes)) else {
            return Ok(Sender::Unreadable(
                "a key of `argo-workflows-webhook-clients` has no `type` and `secret`",
            ));
        };
        if matches(&kind, &key, headers, body) {
            let subject = format!("system:serviceaccount:{namespace}:{account}");
            return Ok(Sender::Known(Who::known(subject, Role::Operator, vec![namespace.to_owned()])));
        }
    }
    Ok(Sender::Unknown)
}

/// The two fields of a client, `type` and `secret`, from its small YAML map.
fn client(text: &str) -> Option<(String, String)> {
    let mut values = spec::named_values("", text).ok()?;
    // A secret of digits only is a number in YAML, and Argo's reader makes a text of it.
    let mut text_of = |name: &str| match values.remove(name)? {
        Value::String(text) => Some(text),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    };
    Some((text_of("type")?, text_of("secret")?))
}

fn matches(kind: &str, secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    if secret.is_empty() {
        // Anybody knows that one.
        return false;
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_document = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    match kind {
        "github" => {
            let event = header("x-github-event");
            is_document
                && GITHUB.split(' ').any(|known| known == event)
                && is_signed(secret, body, header("x-hub-signature-256"), "sha256=")
        }
        "gitlab" => {
            is_document
                && GITLAB.contains(&header("x-gitlab-event"))
                && is_same(secret.as_bytes(), header("x-gitlab-token").as_bytes())
        }
        "bitbucket" => {
            is_document
                && BITBUCKET.contains(&header("x-event-key"))
                && is_same(secret.as_bytes(), header("x-hook-uuid").as_bytes())
        }
        "bitbucketserver" => {
            is_document
                && BITBUCKET_SERVER.contains(&header("x-event-key"))
                && is_signed(secret, body, header("x-hub-signature"), "sha256=")
        }
        "gitea" => {
            is_document
                && !header("x-gitea-event").is_empty()
                && is_signed(secret, body, header("x-gitea-signature"), "")
        }
        "hmac" => is_signed(secret, body, header("x-signature-256"), "sha256="),
        _ => false,
    }
}

/// Whether a header holds the HMAC-SHA256 of the body.
fn is_signed(secret: &str, body: &[u8], header: &str, prefix: &str) -> bool {
    let Some(hex) = header.strip_prefix(prefix) else { return false };
    let Some(given) = from_hex(hex) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    bytes.chunks(2).map(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?)).collect()
}

/// Compares without telling by the time it takes where the first difference is.
fn is_same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).fold(0, |differences, (left, right)| differences | (left ^ right)) == 0
}

#[cfg(test)]
mod tests {
    use super::client;

    #[test]
    fn a_client_is_read_as_argo_reads_yaml() {
        let pair = |kind: &str, secret: &str| Some((kind.to_owned(), secret.to_owned()));
        assert_eq!(client("type: github\nsecret: \"shh!\"\n"), pair("github", "shh!"));
        assert_eq!(client("{type: gitlab, secret: 123456}"), pair("gitlab", "123456"));
        assert_eq!(client("type: gitlab\nsecret:\n"), None);
        assert_eq!(client("- gitlab"), None);
    }
}

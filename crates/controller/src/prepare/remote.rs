//! Artifacts that lie elsewhere: web servers and repositories of git, with the secrets that open them (PA-146, PA-147).

use super::Place;
use serde::Deserialize;
use serde_json::Value;
use tiphys_runner::step::{Git, Grant, Identity, Web};
use tiphys_spec as spec;

/// An `http` or `artifactory` block.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WebBlock {
    url: String,
    headers: Vec<Header>,
    auth: Option<Auth>,
    username_secret: Option<spec::ConfigMapKeyRef>,
    password_secret: Option<spec::ConfigMapKeyRef>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Header {
    name: String,
    value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Auth {
    basic_auth: Option<BasicAuth>,
    oauth2: Option<OAuth2>,
    client_cert: Option<ClientCert>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BasicAuth {
    username_secret: Option<spec::ConfigMapKeyRef>,
    password_secret: Option<spec::ConfigMapKeyRef>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ClientCert {
    client_cert_secret: Option<spec::ConfigMapKeyRef>,
    client_key_secret: Option<spec::ConfigMapKeyRef>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OAuth2 {
    #[serde(rename = "clientIDSecret")]
    client_id_secret: Option<spec::ConfigMapKeyRef>,
    client_secret_secret: Option<spec::ConfigMapKeyRef>,
    #[serde(rename = "tokenURLSecret")]
    token_url_secret: Option<spec::ConfigMapKeyRef>,
    scopes: Vec<String>,
    endpoint_params: Vec<EndpointParam>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EndpointParam {
    key: String,
    value: String,
}

/// A `git` block.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct GitBlock {
    repo: String,
    revision: String,
    depth: Option<u64>,
    fetch: Vec<String>,
    username_secret: Option<spec::ConfigMapKeyRef>,
    password_secret: Option<spec::ConfigMapKeyRef>,
    ssh_private_key_secret: Option<spec::ConfigMapKeyRef>,
    insecure_ignore_host_key: bool,
    #[serde(rename = "insecureSkipTLS")]
    insecure_skip_tls: bool,
    disable_submodules: bool,
    single_branch: bool,
    branch: String,
}

/// The object of a web server that a block names.
pub(super) fn web(block: &Value, artifact: &str, place: &Place) -> Result<Web, String> {
    let fields: WebBlock = read(block, "http", artifact)?;
    let auth = fields.auth.unwrap_or_default();
    let basic = auth.basic_auth.unwrap_or_default();
    let user = basic.username_secret.or(fields.username_secret);
    let password = basic.password_secret.or(fields.password_secret);
    let headers = fields.headers.into_iter().map(|header| (header.name, header.value)).collect();
    let grant = auth.oauth2.map(|oauth2| grant(oauth2, place)).transpose()?.flatten();
    let identity = auth.client_cert.map(|shown| identity(shown, place)).transpose()?.flatten();
    Ok(Web { headers, login: login(user, password, place)?, grant, identity, ..Web::at(fields.url) })
}

/// The certificate to show; nothing unless its key is named too (PA-356).
fn identity(fields: ClientCert, place: &Place) -> Result<Option<Identity>, String> {
    let (Some(certificate), Some(key)) = (fields.client_cert_secret, fields.client_key_secret) else {
        return Ok(None);
    };
    Ok(Some(Identity { certificate: place.secret(&certificate)?, key: place.secret(&key)? }))
}

/// How a token is got; nothing unless all three secrets are named (PA-355).
fn grant(fields: OAuth2, place: &Place) -> Result<Option<Grant>, String> {
    let (Some(id), Some(secret), Some(url)) =
        (fields.client_id_secret, fields.client_secret_secret, fields.token_url_secret)
    else {
        return Ok(None);
    };
    Ok(Some(Grant {
        url: place.secret(&url)?,
        client: (place.secret(&id)?, place.secret(&secret)?),
        scopes: fields.scopes,
        parameters: fields.endpoint_params.into_iter().map(|param| (param.key, param.value)).collect(),
    }))
}

/// The repository that a block names.
pub(super) fn git(block: &Value, artifact: &str, place: &Place) -> Result<Git, String> {
    let fields: GitBlock = read(block, "git", artifact)?;
    Ok(Git {
        login: login(fields.username_secret, fields.password_secret, place)?,
        ssh_key: fields.ssh_private_key_secret.map(|reference| place.secret(&reference)).transpose()?,
        repo: fields.repo,
        revision: fields.revision,
        depth: fields.depth,
        fetch: fields.fetch,
        single_branch: fields.single_branch.then_some(fields.branch),
        without_submodules: fields.disable_submodules,
        insecure_tls: fields.insecure_skip_tls,
        insecure_host_key: fields.insecure_ignore_host_key,
    })
}

fn read<T: for<'a> Deserialize<'a>>(block: &Value, kind: &str, artifact: &str) -> Result<T, String> {
    T::deserialize(block)
        .map_err(|error| format!("artifact '{artifact}': the `{kind}` block is broken: {error}"))
}

fn login(
    user: Option<spec::ConfigMapKeyRef>,
    password: Option<spec::ConfigMapKeyRef>,
    place: &Place,
) -> Result<Option<(String, String)>, String> {
    if user.is_none() && password.is_none() {
        return Ok(None);
    }
    let text = |reference: Option<spec::ConfigMapKeyRef>| {
        reference.map_or_else(|| Ok(String::new()), |reference| place.secret(&reference))
    };
    Ok(Some((text(user)?, text(password)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place() -> Place {
        let mut place = Place::default();
        let string_data = [("user", "me"), ("password", "secret"), ("key", "-----BEGIN")];
        let string_data = string_data.map(|(key, text)| (key.to_owned(), text.to_owned())).into();
        place.secrets.insert("s".into(), spec::Secret { string_data, ..spec::Secret::default() });
        place
    }

    /// PA-144, PA-146: headers, and a login from secrets, for both kinds of web servers.
    #[test]
    fn web_servers_are_told_who_we_are() {
        let secret = |key: &str| json!({ "name": "s", "key": key });
        let http = json!({
            "url": "https://example.org/x",
            "headers": [{ "name": "X-A", "value": "1" }],
            "auth": { "basicAuth": { "usernameSecret": secret("user"), "passwordSecret": secret("password") } },
        });
        let found = web(&http, "a", &place()).unwrap();
        assert_eq!(found.url, "https://example.org/x");
        assert_eq!(found.headers, [("X-A".to_owned(), "1".to_owned())]);
        assert_eq!(found.login, Some(("me".to_owned(), "secret".to_owned())));
        let artifactory =
            json!({ "url": "u", "usernameSecret": secret("user"), "passwordSecret": secret("password") });
        assert_eq!(web(&artifactory, "a", &place()).unwrap().login, found.login);
        let mut oauth2 = json!({
            "clientIDSecret": secret("user"), "clientSecretSecret": secret("password"), "tokenURLSecret": secret("key"),
            "scopes": ["read"], "endpointParams": [{ "key": "audience", "value": "files" }],
        });
        let grant = |oauth2: &Value| {
            web(&json!({ "url": "u", "auth": { "oauth2": oauth2 } }), "a", &place()).unwrap().grant
        };
        let found = grant(&oauth2).unwrap();
        assert_eq!(
            (found.url.as_str(), found.client),
            ("-----BEGIN", ("me".to_owned(), "secret".to_owned()))
        );
        assert_eq!(
            (found.scopes, found.parameters),
            (vec!["read".to_owned()], vec![("audience".to_owned(), "files".to_owned())])
        );
        oauth2.as_object_mut().unwrap().remove("tokenURLSecret");
        assert!(grant(&oauth2).is_none(), "PA-355: all three or none");
        let mut shown = json!({ "clientCertSecret": secret("user"), "clientKeySecret": secret("key") });
        let identity = |shown: &Value| {
            web(&json!({ "url": "u", "auth": { "clientCert": shown } }), "a", &place()).unwrap().identity
        };
        let found = identity(&shown).unwrap();
        assert_eq!((found.certificate.as_str(), found.key.as_str()), ("me", "-----BEGIN"));
        shown.as_object_mut().unwrap().remove("clientKeySecret");
        assert!(identity(&shown).is_none(), "PA-356: both or none");
        let missing = json!({ "url": "u", "usernameSecret": secret("nobody") });
        assert_eq!(web(&missing, "a", &place()).unwrap_err(), "secret s does not have the key nobody");
        assert_eq!(web(&missing, "a", &Place::default()).unwrap_err(), "secrets \"s\" not found");
    }

    /// PA-147, PA-165.
    #[test]
    fn repositories_are_read() {
        let block = json!({
            "repo": "git@example.org:r.git", "revision": "v1", "depth": 2, "fetch": ["refs/x:refs/y"],
            "sshPrivateKeySecret": { "name": "s", "key": "key" }, "insecureIgnoreHostKey": true,
            "insecureSkipTLS": true, "disableSubmodules": true, "singleBranch": true, "branch": "main",
        });
        let expected = Git {
            repo: "git@example.org:r.git".into(),
            revision: "v1".into(),
            depth: Some(2),
            fetch: vec!["refs/x:refs/y".into()],
            single_branch: Some("main".into()),
            without_submodules: true,
            insecure_tls: true,
            insecure_host_key: true,
            login: None,
            ssh_key: Some("-----BEGIN".into()),
        };
        assert_eq!(git(&block, "code", &place()).unwrap(), expected);
    }
}

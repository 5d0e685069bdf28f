//! Which server is meant, and how it is reached (CLI-001 to CLI-008, CLI-010).

use clap::{ArgAction, Args};
use std::ffi::OsString;
use std::path::PathBuf;
use tiphys_server::Presence;

use super::http::{Server, Trust, basic, bearer};
use super::said::said;
use crate::grammar;
use crate::problem::problem;

/// Flags that name a server, as Argo has them; each can be given as an environment variable too.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Server")]
pub struct Connect {
    /// Ask this server instead of the runs of this machine [env: TIPHYS_SERVER, ARGO_SERVER]
    #[arg(short = 's', long, global = true, value_name = "HOST:PORT")]
    argo_server: Option<String>,
    /// Speak TLS; `--secure=false` speaks plain HTTP [env: ARGO_SECURE] [default: true]
    #[arg(short = 'e', long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    secure: Option<bool>,
    /// Do not check the server's certificate [env: ARGO_INSECURE_SKIP_VERIFY]
    #[arg(short = 'k', long, global = true, action = ArgAction::SetTrue, value_name = "BOOL")]
    insecure_skip_verify: bool,
    /// Path of the server behind a proxy [env: ARGO_BASE_HREF]
    #[arg(long, global = true, value_name = "PATH", hide_short_help = true)]
    argo_base_href: Option<String>,
    /// One more header of each request
    #[arg(
        short = 'H',
        long,
        global = true,
        value_name = "NAME:VALUE",
        value_delimiter = ',',
        hide_short_help = true
    )]
    header: Vec<String>,
    /// Who signed the server's certificate, a PEM file; else SSL_CERT_FILE or the machine's own list
    /// [env: ARGO_CERTIFICATE_AUTHORITY]
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    certificate_authority: Option<PathBuf>,
    /// The certificate that shows who we are, a PEM file [env: ARGO_CLIENT_CERTIFICATE]
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    client_certificate: Option<PathBuf>,
    /// The key of that certificate, a PEM file [env: ARGO_CLIENT_KEY]
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    client_key: Option<PathBuf>,
    /// The proxy through which the server is reached [env: ARGO_PROXY_URL]
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    proxy_url: Option<String>,
    /// The token that is shown; the environment's TIPHYS_TOKEN is not seen by other users
    #[arg(long, global = true, value_name = "TOKEN", hide_short_help = true)]
    token: Option<String>,
    /// Who we are, for a proxy that asks for a password
    #[arg(long, global = true, value_name = "NAME", hide = true)]
    username: Option<String>,
    /// The password of `--username`
    #[arg(long, global = true, value_name = "TEXT", hide = true)]
    password: Option<String>,
    /// As `--insecure-skip-verify`
    #[arg(long, global = true, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    insecure_skip_tls_verify: Option<bool>,
    /// Refused: a server is named as in its certificate
    #[arg(long, global = true, hide = true)]
    tls_server_name: Option<String>,
    /// Accepted for Argo's sake
    #[arg(long, global = true, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    disable_compression: Option<bool>,
    /// Of a kubeconfig, accepted for Argo's sake
    #[arg(long, global = true, hide = true)]
    context: Option<String>,
    /// The same
    #[arg(long, global = true, hide = true)]
    cluster: Option<String>,
    /// The same
    #[arg(long, global = true, hide = true)]
    user: Option<String>,
    /// The same
    #[arg(long, global = true, hide = true)]
    server: Option<String>,
    /// The same
    #[arg(long = "as", global = true, hide = true)]
    as_user: Option<String>,
    /// The same
    #[arg(long = "as-group", global = true, hide = true)]
    as_group: Vec<String>,
    /// The same
    #[arg(long = "as-uid", global = true, hide = true)]
    as_uid: Option<String>,
    /// Accepted for Argo's sake: it is always HTTP/1
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", hide = true)]
    argo_http1: Option<bool>,
    /// Accepted for Argo's sake
    #[arg(long, global = true, hide = true)]
    instanceid: Option<String>,
    /// Accepted for Argo's sake
    #[arg(long, global = true, hide = true)]
    kubeconfig: Option<String>,
    /// Accepted for Argo's sake
    #[arg(long, global = true, hide = true)]
    request_timeout: Option<String>,
    /// Accepted for Argo's sake
    #[arg(long, global = true, hide = true)]
    gloglevel: Option<String>,
    /// Accepted for Argo's sake
    #[arg(short = 'v', long, global = true, hide = true, action = ArgAction::SetTrue)]
    verbose: bool,
}

/// Flags of Argo's that only the `server` verb has here; for every other verb they mean nothing (CLI-012).
const LOG_FLAGS: [&str; 2] = ["--loglevel", "--log-format"];

/// The words of a command line without flags that mean nothing here.
pub fn words(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let given: Vec<OsString> = given.collect();
    if given.iter().any(|word| word == "server") {
        return given;
    }
    let mut kept = Vec::new();
    let mut given = given.into_iter();
    while let Some(word) = given.next() {
        let text = word.to_str().unwrap_or_default();
        if LOG_FLAGS.contains(&text) {
            given.next();
        } else if !LOG_FLAGS.iter().any(|flag| text.starts_with(&format!("{flag}="))) {
            kept.push(word);
        }
    }
    kept
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn truth(name: &str) -> Option<bool> {
    grammar::truth(&variable(name)?).ok()
}

impl Connect {
    /// The address of the server that is meant; none means the runs of this machine.
    pub fn address(&self) -> Option<String> {
        let own = self.argo_server.clone().filter(|address| !address.is_empty());
        own.or_else(|| variable("TIPHYS_SERVER")).or_else(|| variable("ARGO_SERVER"))
    }

    /// Refuses a server that is named for what this machine does by itself. One that the environment names is for the
    /// other verbs.
    pub fn none_for(&self, verb: &str) -> anyhow::Result<()> {
        let Some(address) = self.argo_server.as_ref().filter(|address| !address.is_empty()) else {
            return Ok(());
        };
        let help = match verb {
            "run" => {
                format!("`tiphys submit FILE --watch -s {address}` runs it there; without `-s` it runs here")
            }
            "continue" => "a server goes on with its runs by itself".to_owned(),
            _ => "leave out `-s`".to_owned(),
        };
        Err(problem(format!("`tiphys {verb}` works on this machine and asks no server"), help))
    }

    /// Whether a server is meant, judged by the environment and the words of the command line alone: for words
    /// that do not make a command line.
    pub fn is_likely(words: &[String]) -> bool {
        let flag = |word: &String| {
            word.starts_with("--argo-server") || (word.starts_with("-s") && !word.starts_with("--"))
        };
        variable("TIPHYS_SERVER").is_some() || variable("ARGO_SERVER").is_some() || words.iter().any(flag)
    }

    /// What proves who we are (CLI-004).
    pub fn token(&self) -> Option<String> {
        if let Some(token) = &self.token {
            return Some(bearer(token));
        }
        if let Some(name) = &self.username {
            return Some(basic(name, self.password.as_deref().unwrap_or_default()));
        }
        variable("ARGO_TOKEN").or_else(|| variable("TIPHYS_TOKEN")).map(|token| {
            // A bare token is one of ours; Argo's variable holds the whole header.
            if token.contains(' ') || token.starts_with("v2:") { token } else { bearer(&token) }
        })
    }

    /// A file that a flag names, or its variable (CLI-006).
    fn file(flag: Option<&PathBuf>, name: &str) -> Option<PathBuf> {
        flag.cloned().or_else(|| variable(name).map(PathBuf::from))
    }

    /// Whom we believe, and how we show who we are (CLI-007, CLI-011).
    fn trust(&self) -> anyhow::Result<Trust> {
        if self.tls_server_name.is_some() {
            return Err(problem(
                "`--tls-server-name` is not there: a certificate is checked against the name by which the server is named",
                "name the server as its certificate does, for instance `-s team.example.com:2746`",
            ));
        }
        let certificate = Connect::file(self.client_certificate.as_ref(), "ARGO_CLIENT_CERTIFICATE");
        let key = Connect::file(self.client_key.as_ref(), "ARGO_CLIENT_KEY");
        let identity = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (Some(_), None) => return Err(said("--client-certificate needs --client-key beside it")),
            (None, Some(_)) => return Err(said("--client-key needs --client-certificate beside it")),
        };
        Ok(Trust {
            insecure: self.insecure_skip_verify
                || self.insecure_skip_tls_verify == Some(true)
                || truth("ARGO_INSECURE_SKIP_VERIFY") == Some(true),
            authority: Connect::file(self.certificate_authority.as_ref(), "ARGO_CERTIFICATE_AUTHORITY"),
            identity,
            proxy: self.proxy_url.clone().or_else(|| variable("ARGO_PROXY_URL")),
        })
    }

    /// The same, else what the server of this user's own state folder opens to (CLI-051).
    pub fn token_or_own(&self) -> Option<String> {
        self.token().or_else(|| Presence::token(&Own::find()?.folder).map(|token| bearer(&token)))
    }

    /// The namespace that counts where none is named (CLI-005).
    pub fn namespace(&self, named: Option<&str>) -> String {
        named
            .map(str::to_owned)
            .or_else(|| variable("ARGO_NAMESPACE"))
            .unwrap_or_else(|| "default".to_owned())
    }

    /// The server that is meant, if one is.
    pub fn server(&self, namespace: Option<&str>) -> anyhow::Result<Option<Server>> {
        self.address().map(|address| self.reach(&address, Own::find().as_ref(), namespace)).transpose()
    }

    /// The server that is meant, or the one of this user's own state folder if it runs.
    pub fn server_or_own(&self, namespace: Option<&str>) -> anyhow::Result<Option<Server>> {
        let own = Own::find();
        let address = self.address().or_else(|| own.as_ref().map(|own| own.presence.url.clone()));
        address.map(|address| self.reach(&address, own.as_ref(), namespace)).transpose()
    }

    fn reach(&self, address: &str, own: Option<&Own>, namespace: Option<&str>) -> anyhow::Result<Server> {
        if self.instanceid.is_some() {
            return Err(said("cannot use instance ID with Argo Server"));
        }
        let (scheme, host) = match address.split_once("://") {
            Some((scheme @ ("http" | "https"), host)) => (scheme, host.trim_end_matches('/')),
            Some((other, _)) => {
                return Err(said(format!("a server is reached by http or https, not `{other}`")));
            }
            None => {
                let told = self.secure.or_else(|| truth("ARGO_SECURE"));
                let scheme = told.map(|secure| if secure { "https" } else { "http" });
                // Of our own we know whether it speaks TLS.
                (scheme.or_else(|| own?.scheme_of(address)).unwrap_or("https"), address)
            }
        };
        port_is_one(host)?;
        let path = self.argo_base_href.clone().or_else(|| variable("ARGO_BASE_HREF")).unwrap_or_default();
        let path = path.trim_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        let mut trust = self.trust()?;
        let mut headers = Vec::new();
        for header in &self.header {
            let (name, value) = header.split_once(':').ok_or_else(|| {
                said(format!("`-H {header}` is not NAME:VALUE, for instance `-H X-Team:red`"))
            })?;
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        let base = format!("{scheme}://{host}{path}");
        // It opens to its owner without further words.
        let own = own.filter(|own| same(own.presence.url.trim_end_matches('/'), &base));
        let token = self.token().or_else(|| Presence::token(&own?.folder).map(|token| bearer(&token)));
        if trust.authority.is_none()
            && let Some(own) = own
        {
            trust.believe(&own.presence);
        }
        Server::new(base, self.namespace(namespace), token, headers, &trust)
    }
}

/// Refuses a port that is none: what carries our requests cuts its number off and goes to another.
fn port_is_one(address: &str) -> anyhow::Result<()> {
    let authority = address.split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') && port.parse::<u16>().is_err() => Err(problem(
            format!("`{address}` has no port behind its colon: `{port}`"),
            format!("a port is a number up to 65535, for instance `-s {host}:2746`"),
        )),
        _ => Ok(()),
    }
}

/// The server of this user's own state folder.
struct Own {
    folder: PathBuf,
    presence: Presence,
}

impl Own {
    fn find() -> Option<Own> {
        let folder = crate::state::dir().ok()?;
        let presence = Presence::find(&folder)?;
        Some(Own { folder, presence })
    }

    /// How it is spoken to, if this is its address.
    fn scheme_of(&self, address: &str) -> Option<&'static str> {
        match self.presence.url.trim_end_matches('/').split_once("://")? {
            ("http", own) if same(own, address) => Some("http"),
            ("https", own) if same(own, address) => Some("https"),
            _ => None,
        }
    }
}

/// Whether two addresses are the same place; this machine has a name and a number for itself.
fn same(one: &str, other: &str) -> bool {
    one == other.replacen("localhost:", "127.0.0.1:", 1)
}

//! The settings of a server: one YAML file, in the words of Argo's controller where they mean the same.
//!
//! Unknown keys are refused with a suggestion, known ones that mean nothing here are told. A ConfigMap of Argo's
//! controller is read as it is.

pub(crate) mod defaults;
mod flaws;
mod keys;
#[cfg(test)]
mod tests;

use crate::options::{AuthMode, Column, Link, Options, Tls};
use flaws::Flaws;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use tiphys_runner::agent::Plugin;

/// Where links are shown (API-274).
const LINK_SCOPES: [&str; 7] =
    ["workflow", "pod", "pod-logs", "event-source-logs", "sensor-logs", "workflow-list", "chat"];

/// Largest file of settings.
const BYTES_MAX: u64 = 1 << 20;

/// Why settings cannot be used; everything that is wrong, each with its place.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// What one file of settings says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    /// Links for faces (K8S-176).
    pub links: Vec<Link>,
    /// Columns for faces.
    pub columns: Vec<Column>,
    /// Colour of the navigation of faces.
    pub nav_color: String,
    /// What is merged under every workflow (OB-413).
    pub workflow_defaults: Option<Value>,
    /// Which workflows are taken (OB-414).
    pub workflow_restrictions: Restrictions,
    /// Where artifacts go if nothing else is said.
    pub artifact_repository: Repository,
    /// What is archived, and how long.
    pub persistence: Persistence,
    /// How many runs that ended are kept (OB-423).
    pub retention_policy: Policy,
    /// Limits of locks in the database.
    pub synchronization: Synchronization,
    /// Runs that may go on at once; 0 is any number (OB-410).
    pub parallelism: usize,
    /// Runs of one namespace that may go on at once; 0 is any number (OB-411).
    pub namespace_parallelism: usize,
    /// How fast steps are started (OB-412).
    pub resource_rate_limit: Option<StartRate>,
    /// How metrics are told.
    pub metrics_config: MetricsConfig,
    /// What images would have contributed: a list as in an image map, or a map as Argo's controller has it (OB-417).
    pub images: Value,
    /// The folder of the file, from which paths in it lead.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Secrets that are kept elsewhere. Ours.
    pub secrets: Vec<SecretSource>,
    /// Executor plugins that listen already. Ours.
    pub plugins: Vec<PluginSource>,
    /// How the server listens. Ours.
    pub server: Listening,
    /// How long things are kept. Ours.
    pub retention: Retention,
    /// Who is told of what. Ours.
    pub notifications: Vec<Notification>,
}

/// How metrics are told (K8S-175).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricsConfig {
    /// How long a metric of workflows that nobody sets any more is told (EX-523).
    #[serde(rename = "metricsTTL")]
    pub metrics_ttl: Option<Length>,
}

/// Which workflows are taken (K8S-180).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Restrictions {
    /// `Strict` or `Secure`: only workflows that refer to a template.
    pub template_referencing: Option<Referencing>,
}

/// How strictly workflows must refer to templates. A run's templates are frozen, so both mean the same here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Referencing {
    /// A workflow must refer to a template and may set little else.
    Strict,
    /// The same, and the template may not change meanwhile.
    Secure,
}

/// Where artifacts go if nothing else is said.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Repository {
    /// Whether logs become artifacts.
    pub archive_logs: bool,
    /// The kind of store and how its keys are formed.
    #[serde(flatten)]
    pub store: Map<String, Value>,
}

/// What is archived, and how long.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Persistence {
    /// Whether the archive answers; it does if not said.
    pub archive: Option<bool>,
    /// How long archived runs are kept, `30d` say.
    #[serde(rename = "archiveTTL")]
    pub archive_ttl: Option<Length>,
}

/// How many runs that ended are kept of each outcome; all if not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// Of those that succeeded.
    pub completed: Option<usize>,
    /// Of those that failed.
    pub failed: Option<usize>,
    /// Of those that ended in an error.
    pub errored: Option<usize>,
}

/// How fast steps are started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartRate {
    /// Steps a second.
    pub limit: f64,
    /// Steps at once after a pause.
    pub burst: u32,
}

/// Limits of locks in the database.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Synchronization {
    /// Whether they can be changed by the interface; they can if not said.
    #[serde(rename = "enableAPI")]
    pub enable_api: Option<bool>,
}

/// How the server listens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listening {
    /// The address.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: Option<u16>,
    /// `token` or `none`.
    pub auth_mode: Option<Mode>,
    /// Further names of the server.
    pub allowed_hosts: Vec<String>,
    /// An origin whose pages may use it.
    pub access_control_allow_origin: Option<String>,
    /// Requests a second and client.
    pub api_rate_limit: Option<u32>,
    /// The path under which browsers see it.
    pub base_href: Option<String>,
    /// Whether metrics are for everybody.
    pub open_metrics: bool,
    /// Namespaces that exist from the start.
    pub namespaces: Vec<String>,
    /// Steps that may run at once.
    pub jobs: Option<usize>,
    /// How it encrypts.
    pub tls: Option<Encryption>,
}

/// Whose word is taken for who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Every call needs a token.
    Token,
    /// Everybody may do everything.
    None,
}

/// How the server encrypts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Encryption {
    /// With a certificate of its own.
    pub self_signed: bool,
    /// The file of the certificate.
    pub certificate: Option<PathBuf>,
    /// The file of its key.
    pub key: Option<PathBuf>,
}

/// A secret that is kept elsewhere, and read anew for each run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretSource {
    /// What workflows call it.
    pub name: String,
    /// Where it is; everywhere if empty.
    pub namespaces: Vec<String>,
    /// A folder whose files are its keys.
    pub file: Option<PathBuf>,
    /// Its keys, each with the variable of the server's environment that holds the value.
    pub env: BTreeMap<String, String>,
}

/// An executor plugin that listens already, for the runs of every namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PluginSource {
    /// What messages call it.
    pub name: String,
    /// Where it listens: `http://host:port`.
    pub address: String,
    /// The file with the token that it asks for.
    pub token: Option<PathBuf>,
}

/// How long things are kept; for ever if not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Retention {
    /// Runs that ended, with their logs, unless their own `ttlStrategy` says less.
    pub workflows: Option<Length>,
    /// Logs of runs that ended, while the runs themselves stay.
    pub logs: Option<Length>,
    /// What is kept of them in the archive.
    pub archive: Option<Length>,
    /// Files of the local artifact store.
    pub artifacts: Option<Length>,
    /// Remembered results that no step uses (EX-338).
    pub memoized: Option<Length>,
}

/// Who is told of what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Notification {
    /// `failed`, `recovered`, `waiting`; all of them if empty.
    pub on: Vec<Occasion>,
    /// Only runs of these namespaces; of all if empty.
    pub namespaces: Vec<String>,
    /// Where browsers reach the server, for links in messages.
    pub link: String,
    /// A message by HTTP.
    pub webhook: Option<Webhook>,
    /// A message by e-mail.
    pub mail: Option<Mail>,
}

/// What somebody may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Occasion {
    /// A run failed, or ended in an error.
    Failed,
    /// A run succeeded after the one before had not.
    Recovered,
    /// A run waits for a person.
    Waiting,
}

/// A message by HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Webhook {
    /// Where to; `${NAME}` is taken from the environment.
    pub url: String,
    /// The shape of the message.
    pub format: Shape,
    /// A shape of one's own, with `{{name}}`, `{{namespace}}`, `{{phase}}`, `{{message}}`, `{{text}}`, `{{link}}`.
    pub template: Option<String>,
    /// Further headers; `${NAME}` is taken from the environment.
    pub headers: BTreeMap<String, String>,
}

/// The shape of a message by HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shape {
    /// All fields, as JSON.
    #[default]
    Json,
    /// As Slack, Mattermost and Rocket.Chat read it.
    Slack,
    /// As DingTalk reads it.
    Dingtalk,
}

/// A message by e-mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Mail {
    /// The server that takes it, with its port if it is not 587.
    pub server: String,
    /// `starttls`, `tls` or `none`.
    pub encryption: MailEncryption,
    /// A PEM file with whoever signed the server's certificate, if that is nobody whom this machine trusts.
    pub authority: Option<PathBuf>,
    /// Who it is from.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// Whom to log in as, if anybody.
    pub user: Option<String>,
    /// The password; `${NAME}` is taken from the environment.
    pub password: Option<String>,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MailEncryption {
    /// After a greeting in the clear.
    #[default]
    Starttls,
    /// From the first byte.
    Tls,
    /// Not at all; no password is sent then.
    None,
}

/// A length of time as people write it: `90m`, `12h`, `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// In seconds.
    pub seconds: i64,
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Length, D::Error> {
        let text = String::deserialize(deserializer)?;
        Length::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is no length of time: write `90m`, `12h` or `30d`"))
        })
    }
}

impl Length {
    fn parse(text: &str) -> Option<Length> {
        let days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok());
        let seconds = match days {
            Some(days) => days.checked_mul(86_400)?,
            None => tiphys_expr::duration::go(text).ok()? / 1_000_000_000,
        };
        (seconds > 0).then_some(Length { seconds })
    }
}

impl Notification {
    /// The variables of the environment that it needs: `${NAME}`.
    fn variables(&self) -> impl Iterator<Item = &str> {
        let webhook = self
            .webhook
            .iter()
            .flat_map(|webhook| std::iter::once(&webhook.url).chain(webhook.headers.values()));
        let mail = self.mail.iter().filter_map(|mail| mail.password.as_ref());
        let texts = webhook.chain(mail);
        texts.flat_map(|text| text.split("${").skip(1).filter_map(|part| Some(part.split_once('}')?.0)))
    }
}

impl PluginSource {
    /// With its token, if it asks for one; `folder` is where a path of the settings leads from.
    fn read(&self, folder: &Path) -> Result<Plugin, String> {
        let token = match &self.token {
            None => String::new(),
            Some(file) => {
                let file = folder.join(file);
                std::fs::read_to_string(&file)
                    .map_err(|error| format!("cannot read {}: {error}", file.display()))?
            }
        };
        Ok(Plugin { name: self.name.clone(), address: self.address.clone(), token: token.trim().to_owned() })
    }
}

impl Repository {
    /// What the settings say of it.
    pub(crate) fn content(&self) -> Value {
        let mut content = self.store.clone();
        content.insert("archiveLogs".to_owned(), self.archive_logs.into());
        Value::Object(content)
    }
}

impl Config {
    /// Reads a file of settings. Beside them: what is known and means nothing here.
    pub fn read(path: &Path) -> Result<(Config, Vec<String>), ConfigError> {
        let one = |reason: String| ConfigError(vec![format!("{}: {reason}", path.display())]);
        let found = std::fs::metadata(path).map_err(|error| one(error.to_string()))?;
        if found.len() > BYTES_MAX {
            return Err(one(format!("longer than {BYTES_MAX} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| one(error.to_string()))?;
        let placed = |ConfigError(wrong): ConfigError| {
            ConfigError(wrong.into_iter().map(|line| format!("{}: {line}", path.display())).collect())
        };
        let (mut config, mut notices) = Config::parse(&text).map_err(placed)?;
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        config.folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let missing = config.missing(&mut notices);
        if missing.is_empty() { Ok((config, notices)) } else { Err(placed(ConfigError(missing))) }
    }

    /// Files that a server with these settings would seek in vain.
    fn missing(&self, notices: &mut Vec<String>) -> Vec<String> {
        let tls = self.server.tls.iter();
        let files = tls.flat_map(|tls| [("certificate", &tls.certificate), ("key", &tls.key)]);
        let missing = files.filter_map(|(key, file)| {
            let file = file.as_ref()?;
            let error = std::fs::File::open(file).err()?;
            Some(format!("server.tls.{key}: cannot read {}: {error}", file.display()))
        });
        let mut missing: Vec<String> = missing.collect();
        let mails = self.notifications.iter().enumerate();
        for (at, file) in mails.filter_map(|(at, one)| Some((at, one.mail.as_ref()?.authority.as_ref()?))) {
            if let Err(error) = std::fs::File::open(file) {
                missing.push(format!(
                    "notifications[{at}].mail.authority: cannot read {}: {error}",
                    file.display()
                ));
            }
        }
        for (at, plugin) in self.plugins.iter().enumerate() {
            if let Err(error) = plugin.read(&self.folder) {
                missing.push(format!("plugins[{at}].token: {error}"));
            }
        }
        // It is read anew for each run, and may come later.
        for (at, source) in self.secrets.iter().enumerate() {
            if let Some(folder) = source.file.as_ref().filter(|folder| !folder.is_dir()) {
                notices.push(format!("secrets[{at}].file: there is no folder {} now", folder.display()));
            }
        }
        missing
    }

    /// What differs from these settings and counts only for a server that is started anew.
    pub(crate) fn needs_start(&self, old: &Config) -> Vec<String> {
        let (new, old_server) = (&self.server, &old.server);
        let keys = [
            ("server.address", new.address != old_server.address),
            ("server.port", new.port != old_server.port),
            ("server.authMode", new.auth_mode != old_server.auth_mode),
            ("server.allowedHosts", new.allowed_hosts != old_server.allowed_hosts),
            (
                "server.accessControlAllowOrigin",
                new.access_control_allow_origin != old_server.access_control_allow_origin,
            ),
            ("server.apiRateLimit", new.api_rate_limit != old_server.api_rate_limit),
            ("server.baseHref", new.base_href != old_server.base_href),
            ("server.openMetrics", new.open_metrics != old_server.open_metrics),
            ("server.namespaces", new.namespaces != old_server.namespaces),
            ("server.jobs", new.jobs != old_server.jobs),
            ("server.tls", new.tls != old_server.tls),
            ("images", self.images != old.images),
            ("plugins", self.plugins != old.plugins),
            ("persistence.archive", self.persistence.archive != old.persistence.archive),
            ("synchronization.enableAPI", self.synchronization.enable_api != old.synchronization.enable_api),
        ];
        keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key.to_owned()).collect()
    }

    /// Reads the text of settings.
    pub fn parse(text: &str) -> Result<(Config, Vec<String>), ConfigError> {
        let one = |reason: String| ConfigError(vec![reason]);
        let mut value: Value = serde_saphyr::from_str(text).map_err(|error| one(error.to_string()))?;
        if value.is_null() {
            return Ok((Config::default(), Vec::new()));
        }
        if value["kind"] == "ConfigMap" {
            value = unfolded(&value["data"])?;
        }
        let (mut wrong, mut notices) = keys::check(&value, text);
        let read = |value: Value| serde_json::from_value::<Config>(value);
        let judge = |part: Value| read(part).err().map(|error| error.to_string());
        wrong.extend(keys::blame(&value, text, &judge));
        match read(value) {
            Ok(config) => {
                let flaws = Flaws::of(&config);
                wrong.extend(flaws.wrong);
                notices.extend(flaws.notices);
                if wrong.is_empty() { Ok((config, notices)) } else { Err(ConfigError(wrong)) }
            }
            Err(error) if wrong.is_empty() => Err(one(error.to_string())),
            Err(_) => Err(ConfigError(wrong)),
        }
    }

    /// Sets what the file says, and leaves the rest as it is.
    pub fn apply(&self, options: &mut Options) {
        options.links.clone_from(&self.links);
        options.columns.clone_from(&self.columns);
        options.nav_color.clone_from(&self.nav_color);
        // What is wrong with it was told when it was read.
        drop(options.place.images.add(&self.images, &self.folder));
        let plugins = self.plugins.iter().filter_map(|plugin| plugin.read(&self.folder).ok());
        options.place.plugins = plugins.collect();
        options.archive = self.persistence.archive.unwrap_or(options.archive);
        options.sync_database = self.synchronization.enable_api.unwrap_or(options.sync_database);
        options.place.archive_logs |= self.artifact_repository.archive_logs;
        let server = &self.server;
        if let Some(address) = server.address {
            options.address.set_ip(address);
        }
        if let Some(port) = server.port {
            options.address.set_port(port);
        }
        match server.auth_mode {
            Some(Mode::Token) => options.auth = AuthMode::Token,
            Some(Mode::None) => options.auth = AuthMode::None,
            None => {}
        }
        options.allowed_hosts.extend(server.allowed_hosts.iter().cloned());
        options.namespaces.extend(server.namespaces.iter().cloned());
        if let Some(origin) = &server.access_control_allow_origin {
            options.allow_origin = Some(origin.clone());
        }
        options.rate = server.api_rate_limit.or(options.rate);
        if let Some(base) = &server.base_href {
            options.base_href.clone_from(base);
        }
        options.open_metrics |= server.open_metrics;
        options.jobs = server.jobs.unwrap_or(options.jobs);
        if let Some(tls) = &server.tls {
            options.tls = match (&tls.certificate, &tls.key) {
                (Some(certificate), Some(key)) => {
                    Some(Tls::Files { certificate: certificate.clone(), key: key.clone() })
                }
                _ => Some(Tls::SelfSigned),
            };
        }
    }
}

fn is_address(url: &str) -> bool {
    is_http(url) || url.starts_with("${")
}

fn is_http(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty())
}

/// The settings inside a ConfigMap: one text under `config`, or one for each key.
fn unfolded(data: &Value) -> Result<Value, ConfigError> {
    let wrong = |key: &str, reason: &str| ConfigError(vec![format!("data.{key}: {reason}")]);
    let Some(data) = data.as_object() else { return Ok(Value::Object(serde_json::Map::new())) };
    let read = |key: &str, value: &Value| -> Result<Value, ConfigError> {
        let text = value.as_str().ok_or_else(|| wrong(key, "must be a text"))?;
        serde_saphyr::from_str(text).map_err(|error| wrong(key, &error.to_string()))
    };
    match data.get("config") {
        Some(whole) if data.len() == 1 => read("config", whole),
        Some(_) => Err(wrong("config", "cannot stand beside other keys")),
        None => {
            let fields = data.iter().map(|(key, value)| Ok((key.clone(), read(key, value)?)));
            Ok(Value::Object(fields.collect::<Result<_, ConfigError>>()?))
        }
    }
}

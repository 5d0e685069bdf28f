//! What cannot be right in settings although every key and type is, and what whoever wrote them should know.

use std::path::Path;

use tiphys_runner::ImageMap;

use super::{
    Config, LINK_SCOPES, Notification, PluginSource, Repository, SecretSource, defaults, is_address, is_http,
};
use crate::ops::notify::{TAGS, unknown_tags};
use crate::options::Link;

/// What is to be told of settings.
#[derive(Default)]
pub(super) struct Flaws {
    /// They are refused for it.
    pub wrong: Vec<String>,
    /// They are taken all the same.
    pub notices: Vec<String>,
}

impl Flaws {
    pub(super) fn of(config: &Config) -> Flaws {
        let mut flaws = Flaws::default();
        flaws.look_at_listening(config);
        for (at, link) in config.links.iter().enumerate() {
            flaws.look_at_link(at, link);
        }
        if let Err(reason) = ImageMap::default().add(&config.images, Path::new(".")) {
            flaws.wrong.push(format!("images: {reason}"));
        }
        if let Some(given) = &config.workflow_defaults {
            flaws.wrong.extend(defaults::flaws(given));
        }
        flaws.look_at_repository(&config.artifact_repository);
        for (at, source) in config.secrets.iter().enumerate() {
            flaws.look_at_secret(at, source);
        }
        for (at, plugin) in config.plugins.iter().enumerate() {
            flaws.look_at_plugin(at, plugin);
        }
        for (at, notification) in config.notifications.iter().enumerate() {
            flaws.look_at_notification(&format!("notifications[{at}]"), notification);
        }
        flaws
    }

    fn look_at_listening(&mut self, config: &Config) {
        if let Some(tls) = &config.server.tls
            && !tls.self_signed
            && (tls.certificate.is_none() || tls.key.is_none())
        {
            self.wrong.push("server.tls: give `certificate` and `key`, or `selfSigned: true`".to_owned());
        }
        if let Some(rate) = &config.resource_rate_limit
            && !(rate.limit.is_finite() && rate.limit > 0.0)
        {
            self.wrong.push(
                "resourceRateLimit.limit: must be more than 0: so many steps are started a second".to_owned(),
            );
        }
    }

    fn look_at_link(&mut self, at: usize, link: &Link) {
        let scheme = link.url.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            self.wrong.push(format!("links[{at}].url: `{}` must begin with http:// or https://", link.url));
        }
        if !LINK_SCOPES.contains(&link.scope.as_str()) {
            let scopes = LINK_SCOPES.join(", ");
            self.notices
                .push(format!("`links[{at}].scope`: `{}` is shown nowhere: there are {scopes}", link.scope));
        }
    }

    fn look_at_repository(&mut self, repository: &Repository) {
        if let Err(reason) = tiphys_engine::repository::check(&repository.content()) {
            self.wrong.push(format!("artifactRepository: {reason}"));
        }
        for kind in repository.store.keys() {
            self.notices.push(format!(
                "`artifactRepository.{kind}`: artifacts have its keys and lie in the local store until its driver is here"
            ));
        }
    }

    fn look_at_secret(&mut self, at: usize, source: &SecretSource) {
        if source.name.is_empty() || (source.file.is_none() && source.env.is_empty()) {
            self.wrong.push(format!("secrets[{at}]: `name` is needed, and where from: `file` or `env`"));
        }
        for variable in source.env.values().filter(|name| std::env::var_os(name).is_none()) {
            self.notices.push(format!(
                "secrets[{at}].env: there is no `{variable}` in the environment here; a server without it refuses workflows that name `{}`",
                source.name
            ));
        }
    }

    fn look_at_plugin(&mut self, at: usize, plugin: &PluginSource) {
        if plugin.name.is_empty() || !is_http(&plugin.address) {
            self.wrong.push(format!(
                "plugins[{at}]: `name` is needed, and `address`, where it listens: `http://localhost:4355`, for instance"
            ));
        }
    }

    fn look_at_notification(&mut self, place: &str, notification: &Notification) {
        match (&notification.webhook, &notification.mail) {
            (None, None) => self.wrong.push(format!("{place}: say where to, by `webhook` or by `mail`")),
            (Some(webhook), _) if !is_address(&webhook.url) => {
                self.wrong.push(format!("{place}.webhook.url: `{}` is no address", webhook.url));
            }
            (_, Some(mail)) if mail.server.is_empty() || mail.from.is_empty() || mail.to.is_empty() => {
                self.wrong.push(format!("{place}.mail: `server`, `from` and `to` are needed"));
            }
            _ => {}
        }
        let template = notification.webhook.as_ref().and_then(|webhook| webhook.template.as_deref());
        for tag in template.map(unknown_tags).unwrap_or_default() {
            let tags = TAGS.join(", ");
            self.wrong
                .push(format!("{place}.webhook.template: `{{{{{tag}}}}}` is not known: there are {tags}"));
        }
        for name in notification.variables().filter(|name| std::env::var_os(name).is_none()) {
            self.notices.push(format!(
                "{place}: there is no `{name}` in the environment here; without it there nothing is sent by the server"
            ));
        }
        if notification.link.is_empty() {
            self.notices.push(format!("{place}: without `link` messages cannot lead to their runs"));
        }
    }
}

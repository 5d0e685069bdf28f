//! Telling people: by HTTP in the shapes that chats read, and by e-mail.

mod mail;
#[cfg(test)]
mod tests;

use super::client::client;
use crate::config::{Config, Notification, Occasion, Shape, Webhook};
use serde_json::{Value, json};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;
use tiphys_store::Summary;

/// Messages that may wait to be sent to one; more are dropped, which the log tells.
const QUEUE_MAX: usize = 1_000;

/// Pauses before a message is tried again.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(20)];

/// Longest wait for whoever takes a message.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// What happened to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) occasion: Occasion,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) phase: String,
    /// Why; for a run that waits, the name of the step.
    pub(crate) message: String,
}

impl Message {
    pub(crate) fn of(occasion: Occasion, summary: &Summary) -> Message {
        Message {
            occasion,
            namespace: summary.namespace.clone(),
            name: summary.name.clone(),
            phase: summary.phase.clone(),
            message: summary.message.clone(),
        }
    }

    /// One sentence.
    fn title(&self) -> String {
        let Message { namespace, name, message, .. } = self;
        match self.occasion {
            Occasion::Failed => format!("Workflow {namespace}/{name} failed"),
            Occasion::Recovered => format!("Workflow {namespace}/{name} works again"),
            Occasion::Waiting => format!("Workflow {namespace}/{name} waits for a person at {message}"),
        }
    }

    /// Everything a person needs, in a few lines.
    fn text(&self, link: &str) -> String {
        let mut text = self.title();
        if self.occasion == Occasion::Failed && !self.message.is_empty() {
            text.push_str(": ");
            text.push_str(&self.message);
        }
        if !link.is_empty() {
            text.push('\n');
            text.push_str(link);
        }
        text
    }

    fn link(&self, base: &str) -> String {
        if base.is_empty() {
            return String::new();
        }
        format!("{}/runs/{}/{}", base.trim_end_matches('/'), self.namespace, self.name)
    }
}

/// The ways to everybody who is told. Each has a thread of its own: who does not answer keeps nobody else waiting.
#[derive(Default)]
pub(crate) struct Teller(Vec<Way>);

struct Way {
    to: Notification,
    messages: SyncSender<Message>,
}

impl Teller {
    /// Puts a message before everybody who wants it.
    pub(crate) fn tell(&mut self, settings: &Config, message: &Message) {
        // The threads of those who are not told any more end with what they have.
        self.0.retain(|way| settings.notifications.iter().flat_map(ways).any(|to| to == way.to));
        for notification in &settings.notifications {
            let wants = (notification.on.is_empty() || notification.on.contains(&message.occasion))
                && (notification.namespaces.is_empty()
                    || notification.namespaces.contains(&message.namespace));
            for to in ways(notification).filter(|_| wants) {
                if let Err(reason) = self.put(&to, message.clone()) {
                    tracing::error!(workflow = message.name, reason, "a message is dropped");
                }
            }
        }
    }

    fn put(&mut self, to: &Notification, message: Message) -> Result<(), String> {
        if !self.0.iter().any(|way| way.to == *to) {
            let way = Way::open(to).map_err(|error| format!("there is no thread for it: {error}"))?;
            self.0.push(way);
        }
        let Some(way) = self.0.iter().position(|way| way.to == *to) else { return Ok(()) };
        match self.0[way].messages.try_send(message) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err("too many messages wait already".to_owned()),
            Err(TrySendError::Disconnected(_)) => {
                // The next message gets a new thread.
                self.0.remove(way);
                Err("the thread for it broke off".to_owned())
            }
        }
    }
}

impl Way {
    /// Starts the thread. It ends when nobody puts messages there any more.
    fn open(to: &Notification) -> std::io::Result<Way> {
        let (messages, put) = sync_channel(QUEUE_MAX);
        let way = Way { to: to.clone(), messages };
        let to = to.clone();
        std::thread::Builder::new().name("notifications".to_owned()).spawn(move || hand_over(&to, &put))?;
        Ok(way)
    }
}

/// The ways of a notification one by one: what fails is tried again without repeating what did not.
fn ways(notification: &Notification) -> impl Iterator<Item = Notification> + use<> {
    let webhook = notification.webhook.is_some().then(|| Notification { mail: None, ..notification.clone() });
    let mail = notification.mail.is_some().then(|| Notification { webhook: None, ..notification.clone() });
    webhook.into_iter().chain(mail)
}

/// Sends one message after the other. Who never answered is tried once for each, until they do.
fn hand_over(to: &Notification, messages: &Receiver<Message>) {
    let mut pauses: &[Duration] = &PAUSES;
    for message in messages {
        let mut left = pauses.iter();
        pauses = loop {
            let Err(reason) = send(to, &message) else { break PAUSES.as_slice() };
            let Some(pause) = left.next() else {
                tracing::error!(workflow = message.name, reason, "nobody could be told");
                break Default::default();
            };
            std::thread::sleep(*pause);
        };
    }
}

fn send(notification: &Notification, message: &Message) -> Result<(), String> {
    let link = message.link(&notification.link);
    if let Some(webhook) = &notification.webhook {
        post(webhook, message, &link)?;
    }
    if let Some(mail) = &notification.mail {
        mail::send(mail, &message.title(), &message.text(&link))?;
    }
    Ok(())
}

fn post(webhook: &Webhook, message: &Message, link: &str) -> Result<(), String> {
    let mut request =
        client(ANSWER_WITHIN).post(expanded(&webhook.url)?).header("content-type", "application/json");
    for (name, value) in &webhook.headers {
        request = request.header(name, expanded(value)?);
    }
    // The address may hold a secret, so an error tells only what went wrong.
    request.send(body(webhook, message, link)).map(|_| ()).map_err(|error| error.to_string())
}

/// The tags that a message of one's own may have.
pub(crate) const TAGS: [&str; 6] = ["name", "namespace", "phase", "message", "text", "link"];

/// Tags of a message of one's own that mean nothing.
pub(crate) fn unknown_tags(template: &str) -> Vec<String> {
    let parts = template.split("{{").skip(1).filter_map(|part| part.split_once("}}"));
    parts.map(|(tag, _)| tag.trim().to_owned()).filter(|tag| !TAGS.contains(&tag.as_str())).collect()
}

/// A message of one's own with its values, each as a text of JSON has it between its quotes. Values are not looked
/// into for tags.
fn filled<'a>(template: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut parts = template.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once("}}").and_then(|(tag, rest)| Some((value(tag.trim())?, rest)));
        match known {
            Some((value, rest)) => {
                let quoted = Value::from(value).to_string();
                out.push_str(&quoted[1..quoted.len() - 1]);
                out.push_str(rest);
            }
            None => {
                out.push_str("{{");
                out.push_str(part);
            }
        }
    }
    out
}

/// What is sent.
fn body(webhook: &Webhook, message: &Message, link: &str) -> String {
    let text = message.text(link);
    if let Some(template) = &webhook.template {
        return filled(template, |tag| match tag {
            "name" => Some(message.name.as_str()),
            "namespace" => Some(message.namespace.as_str()),
            "phase" => Some(message.phase.as_str()),
            "message" => Some(message.message.as_str()),
            "text" => Some(text.as_str()),
            "link" => Some(link),
            _ => None,
        });
    }
    let body = match webhook.format {
        Shape::Slack => {
            // Slack reads these three as marks.
            json!({ "text": text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;") })
        }
        Shape::Dingtalk => json!({ "msgtype": "text", "text": { "content": text } }),
        Shape::Json => json!({
            "event": match message.occasion {
                Occasion::Failed => "failed",
                Occasion::Recovered => "recovered",
                Occasion::Waiting => "waiting",
            },
            "namespace": message.namespace,
            "name": message.name,
            "phase": message.phase,
            "message": message.message,
            "text": text,
            "link": link,
        }),
    };
    body.to_string()
}

/// A text with `${NAME}` taken from the environment, so that secrets need not lie in the settings.
fn expanded(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, behind) = after.split_once('}').ok_or("a `${` in the settings has no end")?;
        out.push_str(before);
        out.push_str(&std::env::var(name).map_err(|_| format!("the environment has no `{name}`"))?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

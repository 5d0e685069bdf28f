//! Which keys settings may have. What Argo's controller knows and we have no use for is told, not refused.

use serde_json::{Value, json};
use tiphys_spec::similar;

/// What a key holds.
#[derive(Clone, Copy)]
enum Holds {
    /// A value, or something that is not looked into.
    Anything,
    /// A map with these keys.
    Map(Keys),
    /// A list of maps with these keys.
    List(Keys),
    /// Known to Argo, without meaning here.
    Nothing(&'static str),
}

type Keys = &'static [(&'static str, Holds)];

use Holds::{Anything, List, Map, Nothing};

const CLUSTER: Holds = Nothing("it is about pods and clusters");
const LATER: Holds = Nothing("it is not applied");
const METRICS: Holds = Nothing("metrics are always at /metrics");

#[rustfmt::skip]
static KEYS: Keys = &[
    ("links", List(&[("name", Anything), ("scope", Anything), ("url", Anything), ("target", Anything)])),
    ("columns", List(&[("name", Anything), ("type", Anything), ("key", Anything)])),
    ("navColor", Anything),
    ("workflowDefaults", Anything),
    ("workflowRestrictions", Map(&[("templateReferencing", Anything)])),
    ("artifactRepository", Map(&[
        ("archiveLogs", Anything),
        ("s3", Anything), ("gcs", Anything), ("oss", Anything), ("azure", Anything), ("hdfs", Anything),
        ("artifactory", Anything), ("plugin", Anything),
    ])),
    ("persistence", Map(&[
        ("archive", Anything), ("archiveTTL", Anything),
        ("nodeStatusOffLoad", Nothing("nodes are never too large here")),
        ("archiveLabelSelector", LATER), ("clusterName", CLUSTER),
        ("postgresql", LATER), ("mysql", LATER), ("connectionPool", LATER), ("reconnectionConfig", LATER),
        ("connectionTimeoutSeconds", LATER), ("skipMigration", LATER),
    ])),
    ("retentionPolicy", Map(&[("completed", Anything), ("failed", Anything), ("errored", Anything)])),
    ("synchronization", Map(&[
        ("enableAPI", Anything),
        ("controllerName", LATER), ("skipMigration", LATER), ("limitTableName", LATER), ("stateTableName", LATER),
        ("controllerTableName", LATER), ("lockTableName", LATER), ("pollSeconds", LATER), ("heartbeatSeconds", LATER),
        ("inactiveControllerSeconds", LATER), ("semaphoreLimitCacheSeconds", LATER), ("postgresql", LATER),
        ("mysql", LATER), ("connectionPool", LATER), ("reconnectionConfig", LATER), ("connectionTimeoutSeconds", LATER),
    ])),
    ("images", Anything),
    ("server", Map(&[
        ("address", Anything), ("port", Anything), ("authMode", Anything), ("allowedHosts", Anything),
        ("accessControlAllowOrigin", Anything), ("apiRateLimit", Anything), ("baseHref", Anything),
        ("openMetrics", Anything), ("namespaces", Anything), ("jobs", Anything),
        ("tls", Map(&[("selfSigned", Anything), ("certificate", Anything), ("key", Anything)])),
    ])),
    ("plugins", List(&[("name", Anything), ("address", Anything), ("token", Anything)])),
    ("secrets", List(&[("name", Anything), ("namespaces", Anything), ("file", Anything), ("env", Anything)])),
    ("retention", Map(&[
        ("workflows", Anything), ("logs", Anything), ("archive", Anything), ("artifacts", Anything), ("memoized", Anything),
    ])),
    ("notifications", List(&[
        ("on", Anything), ("namespaces", Anything), ("link", Anything),
        ("webhook", Map(&[("url", Anything), ("format", Anything), ("template", Anything), ("headers", Anything)])),
        ("mail", Map(&[
            ("server", Anything), ("encryption", Anything), ("authority", Anything), ("from", Anything), ("to", Anything),
            ("user", Anything), ("password", Anything),
        ])),
    ])),
    ("parallelism", Anything), ("namespaceParallelism", Anything),
    ("resourceRateLimit", Map(&[("limit", Anything), ("burst", Anything)])),
    ("initialDelay", LATER), ("instanceID", CLUSTER), ("namespace", CLUSTER), ("executor", CLUSTER), ("mainContainer", CLUSTER),
    ("kubeConfig", CLUSTER), ("artifactDrivers", LATER), ("nodeEvents", CLUSTER), ("workflowEvents", CLUSTER),
    ("metricsConfig", Map(&[
        ("metricsTTL", Anything), ("enabled", METRICS), ("path", METRICS), ("port", METRICS), ("secure", METRICS),
        ("ignoreErrors", METRICS), ("disableLegacy", METRICS), ("modifiers", LATER), ("temporality", LATER),
        ("options", LATER),
    ])),
    ("telemetryConfig", LATER), ("sso", LATER),
    ("podSpecLogStrategy", CLUSTER), ("podGCGracePeriodSeconds", CLUSTER), ("podGCDeleteDelayDuration", CLUSTER),
    ("failedPodRestart", CLUSTER), ("disableAgentPodCreation", CLUSTER), ("initlessPod", CLUSTER),
];

/// What is wrong with the keys of settings, and what of them means nothing here.
pub(super) fn check(value: &Value, text: &str) -> (Vec<String>, Vec<String>) {
    let mut found = Found { text, wrong: Vec::new(), notices: Vec::new() };
    found.map(value, KEYS, "");
    (found.wrong, found.notices)
}

/// Which values cannot be read, each with the reason that `judge` gives for it alone.
pub(super) fn blame(value: &Value, text: &str, judge: &dyn Fn(Value) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let found = Found { text, wrong: Vec::new(), notices: Vec::new() };
    blame_part(value, "", "", &|part| part, judge, &mut |path, key, reason| {
        wrong.push(format!("{}`{path}`: {reason}", found.line(key)));
    });
    wrong
}

/// Looks for the smallest parts of a value that cannot be read; `whole` makes settings of a part.
fn blame_part(
    value: &Value,
    path: &str,
    key: &str,
    whole: &dyn Fn(Value) -> Value,
    judge: &dyn Fn(Value) -> Option<String>,
    tell: &mut dyn FnMut(&str, &str, &str),
) -> bool {
    let Some(reason) = judge(whole(value.clone())) else { return false };
    let mut told = false;
    match value {
        Value::Object(fields) => {
            for (name, member) in fields {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let around = |part: Value| whole(json!({ name: part }));
                told |= blame_part(member, &below, name, &around, judge, tell);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let around = |part: Value| whole(json!([part]));
                told |= blame_part(item, &format!("{path}[{at}]"), key, &around, judge, tell);
            }
        }
        _ => {}
    }
    if !told && !path.is_empty() {
        tell(path, key, &reason);
    }
    told || !path.is_empty()
}

struct Found<'a> {
    text: &'a str,
    wrong: Vec<String>,
    notices: Vec<String>,
}

impl Found<'_> {
    fn map(&mut self, value: &Value, known: Keys, path: &str) {
        let Value::Object(fields) = value else {
            if !value.is_null() {
                let place = if path.is_empty() { "the settings" } else { path };
                self.wrong.push(format!("{place}: must be a map of keys to values"));
            }
            return;
        };
        for (key, member) in fields {
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match known.iter().find(|(name, _)| name == key).map(|(_, holds)| holds) {
                Some(Anything) => {}
                Some(Map(keys)) => self.map(member, keys, &below),
                Some(List(keys)) => match member {
                    Value::Array(items) => {
                        for (at, item) in items.iter().enumerate() {
                            self.map(item, keys, &format!("{below}[{at}]"));
                        }
                    }
                    Value::Null => {}
                    _ => self.wrong.push(format!("{below}: must be a list")),
                },
                Some(Nothing(why)) => {
                    self.notices.push(format!("{}`{below}` has no effect here: {why}", self.line(key)));
                }
                None => {
                    let close = similar(key, known.iter().map(|(name, _)| *name));
                    let help = match close {
                        Some(close) => format!("did you mean `{close}`?"),
                        None => {
                            let all: Vec<&str> = known
                                .iter()
                                .filter(|(_, holds)| !matches!(holds, Nothing(_)))
                                .map(|(name, _)| *name)
                                .collect();
                            format!("there are {}", all.join(", "))
                        }
                    };
                    self.wrong.push(format!("{}`{below}` is not known: {help}", self.line(key)));
                }
            }
        }
    }

    /// The line on which a key first stands, for messages.
    fn line(&self, key: &str) -> String {
        let stands = |line: &str| {
            let rest = line.trim_start().trim_start_matches("- ");
            let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
            rest.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
        };
        let at = self.text.lines().position(stands);
        at.map(|at| format!("line {}: ", at + 1)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Holds, KEYS, Keys};
    use std::path::Path;

    /// Every key that has a meaning, as the book writes it: `notifications[].mail.from`.
    fn paths(keys: Keys, before: &str, all: &mut Vec<String>) {
        for (name, holds) in keys {
            let path = format!("{before}{name}");
            match holds {
                Holds::Anything => all.push(path),
                Holds::Map(below) => paths(below, &format!("{path}."), all),
                Holds::List(below) => paths(below, &format!("{path}[]."), all),
                Holds::Nothing(_) => {}
            }
        }
    }

    #[test]
    fn the_book_tells_of_every_key() {
        let mut all = Vec::new();
        paths(KEYS, "", &mut all);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/settings.md");
        let page = std::fs::read_to_string(file).expect("the page of settings");
        all.retain(|path| !page.contains(&format!("`{path}`")));
        assert_eq!(all, Vec::<String>::new(), "docs/reference/settings.md does not tell of these");
    }
}

//! Paths and locations of artifacts (`VA-059`, `VA-075`).

use serde_json::Value;
use tiphys_spec as spec;

use super::Checker;
use super::site::Site;
use super::template::text;

impl Checker<'_> {
    /// A path within the container must be there and must not lead out of itself (`PA-209`).
    pub(super) fn artifact_path(&mut self, site: &Site, words: &str, artifact: &spec::Artifact) {
        let name = &artifact.name;
        if artifact.path.is_empty() {
            let message = format!("error in {words}: Artifact '{name}' did not specify a path");
            self.error(site, "missing-path", message);
        } else if leads_out(&artifact.path) {
            let message = format!(
                "error in {words}: Artifact '{name}' attempted to use a path containing '..'. Directory traversal \
                 is not permitted"
            );
            self.error(&site.field("path"), "bad-path", message);
        }
    }

    pub(super) fn location(&mut self, site: &Site, words: &str, location: Option<&spec::ArtifactLocation>) {
        let Some(location) = location else { return };
        if location.git.as_ref().is_some_and(|git| text(git, "repo").is_empty()) {
            self.error(&site.field("git"), "missing-field", format!("{words}.git.repo is required"));
        }
        for complaint in location.hdfs.iter().flat_map(hdfs_complaints) {
            self.error(&site.field("hdfs"), "bad-location", format!("{words}.hdfs.{complaint}"));
        }
    }
}

fn leads_out(path: &str) -> bool {
    let Some(at) = path.find("/../").or_else(|| path.ends_with("/..").then(|| path.len() - 3)) else {
        return path.starts_with("../") || path == "..";
    };
    let prefix = &path[..at];
    let mut clean: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    let clean = if path.starts_with('/') { format!("/{}", clean.join("/")) } else { clean.join("/") };
    prefix.is_empty() || clean != prefix && !clean.starts_with(&format!("{prefix}/"))
}

/// In the order Argo looks.
fn hdfs_complaints(hdfs: &Value) -> impl Iterator<Item = &'static str> {
    let has = |field: &str| hdfs.get(field).is_some_and(|value| !value.is_null());
    let lacks = |field: &str| text(hdfs, field).is_empty();
    let (cache, keytab) = (has("krbCCacheSecret"), has("krbKeytabSecret"));
    let addresses = hdfs.get("addresses").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    [
        (!addresses, "addresses is required"),
        (cache && keytab, "krbCCacheSecret and hdfs.krbKeytabSecret cannot be set at the same time"),
        (
            lacks("hdfsUser") && !cache && !keytab,
            "hdfsUser, hdfs.krbCCacheSecret, or hdfs.krbKeytabSecret is required",
        ),
        (
            keytab && (lacks("krbUsername") || lacks("krbRealm")),
            "krbUsername and hdfs.krbRealm are required with hdfs.krbKeytabSecret",
        ),
        (
            (cache || keytab) && lacks("krbServicePrincipalName"),
            "krbServicePrincipalName is required with Kerberos",
        ),
        ((cache || keytab) && !has("krbConfigConfigMap"), "krbConfigConfigMap is required with Kerberos"),
        (!text(hdfs, "path").starts_with('/'), "path must be a absolute file path"),
    ]
    .into_iter()
    .filter_map(|(is_so, complaint)| is_so.then_some(complaint))
}

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
            let message = complaint.replace('@', &format!("{words}.hdfs"));
            self.error(&site.field("hdfs"), "bad-location", message);
        }
    }
}

/// Whether a path leaves the folder before its first `..` (`PA-209`). Whatever stands behind the last slash counts as
/// `..` if it has two characters, and nothing can be left where no folder stands before.
fn leads_out(path: &str) -> bool {
    let two_at_the_end = || {
        let (before, last) = path.rsplit_once('/')?;
        (last.chars().count() == 2 && !last.contains('\n')).then(|| &path[..before.len()])
    };
    let safe = path.find("/../").map(|at| &path[..at]).or_else(two_at_the_end).unwrap_or_default();
    let inside = format!("{safe}/");
    let cleaned = cleaned(path);
    let is_inside = cleaned.starts_with(&inside) && cleaned.len() > inside.len();
    !safe.is_empty() && !is_inside
}

/// The shortest way to write the same path.
fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if path.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// In the order Argo looks; `@` stands for where it looks.
fn hdfs_complaints(hdfs: &Value) -> impl Iterator<Item = &'static str> {
    let has = |field: &str| hdfs.get(field).is_some_and(|value| !value.is_null());
    let lacks = |field: &str| text(hdfs, field).is_empty();
    let (cache, keytab) = (has("krbCCacheSecret"), has("krbKeytabSecret"));
    let addresses = hdfs.get("addresses").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let nowhere = lacks("krbServicePrincipalName") || !has("krbConfigConfigMap");
    [
        (!addresses, "@.addresses is required"),
        (lacks("path"), "@.path is required"),
        (!lacks("path") && !text(hdfs, "path").starts_with('/'), "@.path must be a absolute file path"),
        (
            lacks("hdfsUser") && !cache && !keytab,
            "either @.hdfsUser, @.krbCCacheSecret or @.krbKeytabSecret is required",
        ),
        (
            keytab && (nowhere || lacks("krbUsername") || lacks("krbRealm")),
            "@.krbServicePrincipalName, @.krbConfigConfigMap, @.krbUsername and @.krbRealm are required with \
             @.krbKeytabSecret",
        ),
        (
            cache && nowhere,
            "@.krbServicePrincipalName and @.krbConfigConfigMap are required with @.krbCCacheSecret",
        ),
    ]
    .into_iter()
    .filter_map(|(is_so, complaint)| is_so.then_some(complaint))
}

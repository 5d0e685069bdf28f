//! The `fields` parameter: which parts of an answer the client wants (API-060 to API-064).

use serde_json::{Map, Value};

/// A parsed projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Projection {
    paths: Vec<String>,
    exclude: bool,
}

impl Projection {
    /// Nothing for an absent or empty parameter.
    pub(crate) fn parse(text: &str) -> Option<Projection> {
        if text.is_empty() {
            return None;
        }
        let (text, exclude) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let paths = text.split(',').map(str::to_owned).collect();
        Some(Projection { paths, exclude })
    }

    pub(crate) fn apply(&self, value: Value) -> Value {
        self.walk(value, "")
    }

    fn walk(&self, value: Value, path: &str) -> Value {
        match value {
            Value::Object(fields) => {
                let mut kept = Map::new();
                for (key, member) in fields {
                    let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    let is_named = self.paths.contains(&below);
                    if is_named && !self.exclude {
                        kept.insert(key, member);
                    } else if !is_named && (self.exclude || self.leads_on(&below)) {
                        kept.insert(key, self.walk(member, &below));
                    }
                }
                Value::Object(kept)
            }
            Value::Array(items) => items.into_iter().map(|item| self.walk(item, path)).collect(),
            other => other,
        }
    }

    /// Whether a wanted path begins with this one, letter by letter: `metadata.namespace` brings `metadata.name`, too.
    fn leads_on(&self, path: &str) -> bool {
        self.paths.iter().any(|wanted| wanted.starts_with(path))
    }

    /// Whether something at a path, or below it, is wanted.
    pub(crate) fn keeps(&self, path: &str) -> bool {
        let is_named = self.paths.iter().any(|named| is_at_or_below(path, named));
        if self.exclude { !is_named } else { is_named || self.leads_on(path) }
    }
}

fn is_at_or_below(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::Projection;
    use serde_json::{Value, json};

    /// Nodes are not made for those who do not want them.
    #[test]
    fn a_list_knows_whether_nodes_are_wanted() {
        let wants = |text: &str| Projection::parse(text).is_none_or(|all| all.keeps("items.status.nodes"));
        for text in ["", "items", "items.status", "items.status.nodes.a", "-items.spec"] {
            assert!(wants(text), "{text}");
        }
        for text in ["items.metadata,items.status.phase", "-items.status.nodes", "-items.status"] {
            assert!(!wants(text), "{text}");
        }
    }

    /// API-065: what the clients at hand ask for leaves of a list what they show, and nothing else.
    #[test]
    fn clients_get_the_fields_that_they_show() {
        let run = json!({
            "metadata": { "name": "w", "uid": "u", "managedFields": [], "labels": { "a": "b" } },
            "spec": { "suspend": true, "templates": [{ "name": "main" }], "arguments": {} },
            "status": { "phase": "Running", "nodes": { "w": {} }, "progress": "0/1" },
        });
        let list = json!({ "metadata": { "resourceVersion": "7" }, "items": [run.clone()] });
        let ask = |fields: &str| Projection::parse(fields).unwrap();
        let pages = "metadata,items.metadata.uid,items.metadata.name,items.metadata.labels,items.status.phase,\
                     items.status.progress,items.spec.suspend,items.spec.arguments";
        assert_eq!(
            ask(pages).apply(list.clone()),
            json!({ "metadata": { "resourceVersion": "7" }, "items": [{
                "metadata": { "name": "w", "uid": "u", "labels": { "a": "b" } },
                "spec": { "suspend": true, "arguments": {} },
                "status": { "phase": "Running", "progress": "0/1" },
            }] })
        );
        let names = "metadata,items.metadata.name,items.metadata.creationTimestamp,items.status.finishedAt";
        assert_eq!(
            ask(names).apply(list),
            json!({ "metadata": { "resourceVersion": "7" }, "items": [{ "metadata": { "name": "w" }, "status": {} }] })
        );
        let watch = "result.object.metadata.name,result.object.metadata.resourceVersion,result.type";
        let told = json!({ "result": { "type": "ADDED", "object": run } });
        assert_eq!(
            ask(watch).apply(told),
            json!({ "result": { "type": "ADDED", "object": { "metadata": { "name": "w" } } } })
        );
    }

    /// API-061: a name is kept where a wanted path begins with it, and labels, whose names have dots, by their whole names.
    #[test]
    fn paths_are_compared_by_their_letters() {
        let metadata = json!({
            "name": "w", "namespace": "n", "uid": "u", "labels": { "a.io/b": "1", "a.io/c": "2" },
        });
        let check = |fields: &str, left: Value| {
            let whole = json!({ "metadata": metadata.clone() });
            assert_eq!(Projection::parse(fields).unwrap().apply(whole), left, "{fields}");
        };
        check("metadata.namespace", json!({ "metadata": { "name": "w", "namespace": "n" } }));
        check("metadata.name,", json!({ "metadata": { "name": "w" } }));
        check("metadata.labels.a", json!({ "metadata": { "labels": {} } }));
        check("metadata.labels.a.io/b", json!({ "metadata": { "labels": { "a.io/b": "1" } } }));
        check(
            "-metadata.labels,metadata.names",
            json!({ "metadata": { "name": "w", "namespace": "n", "uid": "u" } }),
        );
        check("-metadata.labels.a", json!({ "metadata": metadata }));
        check(",", json!({}));
    }
}

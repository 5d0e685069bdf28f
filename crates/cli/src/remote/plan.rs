//! `plan` with the templates of a server.

use serde_json::{Value, json};
use std::process::ExitCode;
use tiphys_spec as spec;
use tiphys_spec::{Document, Strictness};

use super::http::{Server, encode};
use super::sync::database_limit;
use crate::commands::plan::{self, Args};

/// Plans on this machine, with the templates that the server would use.
pub fn plan(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    let mut kept = Vec::new();
    let own = format!("/api/v1/workflow-templates/{}", encode(&server.namespace));
    let cluster = "/api/v1/cluster-workflow-templates".to_owned();
    for (kind, path) in [("WorkflowTemplate", own), ("ClusterWorkflowTemplate", cluster)] {
        let list = server.get(&path, &Vec::new())?;
        for item in list["items"].as_array().into_iter().flatten() {
            kept.extend(document(kind, item));
        }
    }
    plan::run(args, &kept, &mut |namespace, key| database_limit(server, namespace, key))
}

/// A template of a list, which leaves out what all of it share.
fn document(kind: &str, item: &Value) -> Vec<Document> {
    let mut whole = json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": kind });
    if let (Value::Object(whole), Value::Object(fields)) = (&mut whole, item) {
        whole.extend(fields.clone());
    }
    // The server has told only what belongs to the workflows' namespace, whatever that is called here.
    if let Some(metadata) = whole["metadata"].as_object_mut() {
        metadata.remove("namespace");
    }
    spec::parse("server", &whole.to_string(), Strictness::Lenient).documents
}

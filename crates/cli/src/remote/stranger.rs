//! Documents that are none of Argo's: verbs that read manifests for a server refuse them (`CLI-022`).

use crate::output::METADATA;
use spec::{Diagnostic, Document, Severity};
use tiphys_spec as spec;

/// The kinds that Argo's client reads.
const KINDS: [&str; 8] = [
    "Workflow",
    "WorkflowTemplate",
    "ClusterWorkflowTemplate",
    "CronWorkflow",
    "WorkflowEventBinding",
    "WorkflowTaskSet",
    "WorkflowTaskResult",
    "WorkflowArtifactGCTask",
];

/// Why a document cannot be read, in Argo's words and in ours; none if it can. `index` counts the documents of its file.
pub fn complaint(document: &Document, index: usize, strict: bool) -> Option<(String, Diagnostic)> {
    let fields = document.value.as_object().filter(|fields| !fields.is_empty())?;
    let kind = document.kind.as_str();
    let told = |message: String, help: &str| {
        document.places.diagnostic(Severity::Error, "strange-kind", "kind", message, Some(help.to_owned()))
    };
    if kind.is_empty() {
        let words = format!(
            "yaml file at index {index} is not valid: error unmarshaling JSON: while decoding JSON: Object 'Kind' is \
             missing in '{}'",
            document.value
        );
        let help = "a file of parameters is given by `--parameter-file`";
        return Some((words, told("the document has no `kind`, so it is no manifest".to_owned(), help)));
    }
    if KINDS.contains(&kind) || !strict {
        return None;
    }
    // Argo's client reads what it does not know as metadata.
    let mut unknown: Vec<&String> =
        fields.keys().filter(|field| !METADATA.contains(&field.as_str())).collect();
    unknown.sort();
    let unknown: Vec<String> = unknown.iter().map(|field| format!("unknown field \"{field}\"")).collect();
    let help = "`tiphys apply -f` keeps ConfigMaps and Secrets on the server; `--strict=false` passes over the document";
    let ours = told(format!("`{kind}` is none of the kinds that this verb reads"), help);
    Some((format!("strict decoding error: {}", unknown.join(", ")), ours))
}

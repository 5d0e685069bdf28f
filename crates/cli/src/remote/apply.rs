//! `apply`: documents of any kind into a server's catalog, and out of it again.

use clap::Args as ClapArgs;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_engine::check::{Shelf, Situation, check};
use tiphys_spec::{Diagnostic, Object, Strictness};

use super::http::{Server, encode, fault};
use super::view::field;
use crate::load::load;
use crate::print::{clean_line, print_diagnostics, to_stderr, to_stdout};
use crate::problem::{Told, problem};

/// Give a server templates, schedules, event bindings, ConfigMaps and Secrets
///
/// What is there already is replaced; what is the same stays untouched. If one document is wrong, none is taken.
/// Without `-s`, the server of this machine's state folder is meant.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys apply -f pipelines/
  tiphys apply nightly.yaml secrets.yaml -n team-a
  generate | tiphys apply -f -
  tiphys apply --delete -f pipelines/
  tiphys apply --delete secret/registry configmap/limits")]
pub struct Args {
    /// Manifests: files, folders, or `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "filename")]
    files: Vec<PathBuf>,
    /// The same, as `kubectl` has it; may be repeated
    #[arg(short, long, value_name = "FILE")]
    filename: Vec<PathBuf>,
    /// The namespace of documents that name none
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Print what the server answers
    #[arg(short, long, value_name = "FORMAT", value_parser = ["json"])]
    output: Option<String>,
    /// Take away what the manifests describe, or what is named as KIND/NAME
    #[arg(long, conflicts_with = "output")]
    delete: bool,
}

pub fn apply(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    if args.delete {
        return remove(server, args);
    }
    let files: Vec<PathBuf> = args.filename.iter().chain(&args.files).cloned().collect();
    let mut loaded = load(&files, &[], Strictness::Strict)?;
    let shelf = Shelf::new(loaded.given.iter().map(|document| &document.object));
    let kept = loaded.given.iter().filter(|document| is_kept(&document.object));
    for document in kept {
        let found = check(document, &shelf, Situation::Lint);
        // Where a document lies at the server that this one needs, the server is to judge.
        if found.iter().all(|found| found.code != "unknown-document") {
            loaded.diagnostics.extend(found.into_iter().filter(Diagnostic::is_error));
        }
    }
    if loaded.diagnostics.iter().any(Diagnostic::is_error) {
        print_diagnostics(&loaded.diagnostics, &loaded.texts);
        to_stderr("refused: nothing was applied\n");
        return Err(Told.into());
    }
    // JSON is YAML; one document a line keeps what the server says of a line useful.
    let text: String = loaded.given.iter().map(|document| format!("---\n{}\n", document.value)).collect();
    let body = json!({ "namespace": server.namespace, "text": text });
    let answer = server.post("/api/tiphys/v1/apply", &body)?;
    if args.output.is_some() {
        to_stdout(&format!("{answer}\n"));
        return Ok(ExitCode::SUCCESS);
    }
    let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for ignored in list("ignored") {
        let name = clean_line(field(&ignored, "/name").as_bytes());
        let what = match field(&ignored, "/kind") {
            "" => "a document without a kind".to_owned(),
            "Workflow" if name.is_empty() => "a Workflow, which `tiphys submit` runs".to_owned(),
            "Workflow" => format!("Workflow {name}, which `tiphys submit` runs"),
            "PersistentVolumeClaim" => {
                to_stderr(&format!("notice: PersistentVolumeClaim {name} {CLAIMS}\n"));
                continue;
            }
            kind => format!("{} {name}", clean_line(kind.as_bytes())),
        };
        to_stderr(&format!("notice: a server does not keep this, and it was left out: {what}\n"));
    }
    if list("applied").is_empty() {
        return Err(problem(
            "there was nothing to apply in what was given",
            "a server keeps templates, schedules, event bindings, ConfigMaps, Secrets and namespaces",
        ));
    }
    for applied in list("applied") {
        let (kind, name) = (field(&applied, "/kind"), field(&applied, "/name"));
        to_stdout(&format!("{}/{name} {}\n", kind.to_lowercase(), field(&applied, "/change")));
        let warning = field(&applied, "/warning");
        if !warning.is_empty() {
            to_stderr(&format!("warning: {kind} {name}: {}\n", clean_line(warning.as_bytes())));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What becomes of a claim that somebody applies.
const CLAIMS: &str = "need not be applied: a workflow that names it gets a folder of the server's state, and the next one \
                      the same";

fn is_kept(object: &Object) -> bool {
    matches!(
        object,
        Object::WorkflowTemplate(_)
            | Object::ClusterWorkflowTemplate(_)
            | Object::CronWorkflow(_)
            | Object::WorkflowEventBinding(_)
            | Object::ConfigMap(_)
            | Object::Secret(_)
    )
}

/// Kinds that can be taken away: their short names, and where they are.
const KINDS: [(&str, &str, &str); 7] = [
    ("WorkflowTemplate", "workflowtemplate", "/api/v1/workflow-templates/"),
    ("ClusterWorkflowTemplate", "clusterworkflowtemplate", "/api/v1/cluster-workflow-templates/"),
    ("CronWorkflow", "cronworkflow", "/api/v1/cron-workflows/"),
    ("WorkflowEventBinding", "workfloweventbinding", "/api/tiphys/v1/objects/WorkflowEventBinding/"),
    ("ConfigMap", "configmap", "/api/tiphys/v1/objects/ConfigMap/"),
    ("Secret", "secret", "/api/tiphys/v1/objects/Secret/"),
    ("Namespace", "namespace", "/api/tiphys/v1/objects/Namespace/"),
];

/// An object that is to be taken away.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    kind: &'static str,
    path: String,
    name: String,
}

impl Named {
    /// None if objects of that kind are not kept, or not taken away.
    fn new(kind: &str, namespace: &str, name: &str) -> Option<Named> {
        let (kind, short, base) =
            KINDS.into_iter().find(|(full, short, _)| *full == kind || kind.eq_ignore_ascii_case(short))?;
        let path = match kind {
            "ClusterWorkflowTemplate" => format!("{base}{}", encode(name)),
            // A namespace is in itself.
            "Namespace" => format!("{base}{0}/{0}", encode(name)),
            _ => format!("{base}{}/{}", encode(namespace), encode(name)),
        };
        Some(Named { kind: short, path, name: name.to_owned() })
    }

    /// What `KIND/NAME` names.
    fn of_word(word: &str, namespace: &str) -> Option<Named> {
        let (kind, name) = word.split_once('/')?;
        Named::new(kind, namespace, name).filter(|_| !name.is_empty() && !name.contains('/'))
    }
}

/// Takes objects away; one that is not there keeps none of the others.
fn remove(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    let namespace = if server.namespace.is_empty() { "default" } else { &server.namespace };
    let is_word =
        |path: &&PathBuf| !path.exists() && Named::of_word(&path.to_string_lossy(), namespace).is_some();
    let (words, files): (Vec<&PathBuf>, Vec<&PathBuf>) = args.files.iter().partition(is_word);
    let mut named: Vec<Named> =
        words.iter().filter_map(|word| Named::of_word(&word.to_string_lossy(), namespace)).collect();
    let files: Vec<PathBuf> = args.filename.iter().chain(files).cloned().collect();
    let loaded = load(&files, &[], Strictness::Lenient)?;
    for document in &loaded.given {
        let own = field(&document.value, "/metadata/namespace");
        let name = field(&document.value, "/metadata/name");
        let namespace = if own.is_empty() { namespace } else { own };
        match Named::new(&document.kind, namespace, name).filter(|_| !name.is_empty()) {
            Some(one) => named.push(one),
            None => to_stderr(&format!(
                "notice: this is nothing that could be taken away, and was left out: {} {}\n",
                clean_line(document.kind.as_bytes()),
                clean_line(name.as_bytes())
            )),
        }
    }
    // What is in a namespace goes before it.
    named.sort_by_key(|one| one.kind == "namespace");
    let mut lost = 0;
    for Named { kind, path, name } in &named {
        let name = clean_line(name.as_bytes());
        match server.delete(path, &Vec::new()) {
            Ok(_) => to_stdout(&format!("{kind}/{name} deleted\n")),
            // Not found.
            Err(error) if fault(&error).is_some_and(|fault| fault.code == 5) => {
                to_stderr(&format!("{kind}/{name} is not there\n"));
                lost += 1;
            }
            Err(error) => return Err(error),
        }
    }
    if named.is_empty() {
        return Err(problem(
            "there was nothing to take away in what was given",
            "name manifests, or KIND/NAME, for instance `secret/registry`; runs are deleted by `tiphys delete`",
        ));
    }
    Ok(if lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::Named;

    #[test]
    fn what_is_to_be_taken_away_is_named_by_kind_and_name() {
        let path = |word| Named::of_word(word, "a b").map(|named| named.path);
        assert_eq!(path("secret/x").as_deref(), Some("/api/tiphys/v1/objects/Secret/a%20b/x"));
        assert_eq!(path("namespace/x").as_deref(), Some("/api/tiphys/v1/objects/Namespace/x/x"));
        assert_eq!(path("CronWorkflow/x").as_deref(), Some("/api/v1/cron-workflows/a%20b/x"));
        assert_eq!(
            path("clusterworkflowtemplate/x").as_deref(),
            Some("/api/v1/cluster-workflow-templates/x")
        );
        for word in ["secret/", "secret", "pod/x", "secret/x/y"] {
            assert_eq!(path(word), None, "{word}");
        }
    }
}

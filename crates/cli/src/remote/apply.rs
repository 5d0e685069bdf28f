//! `apply`: documents of any kind into a server's catalog.

use clap::Args as ClapArgs;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_spec::{Diagnostic, Strictness};

use super::http::Server;
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
  generate | tiphys apply -f -")]
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
}

pub fn apply(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    let files: Vec<PathBuf> = args.filename.iter().chain(&args.files).cloned().collect();
    let loaded = load(&files, &[], Strictness::Strict)?;
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
            "Workflow" => format!("Workflow {name}, which `tiphys submit` runs"),
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

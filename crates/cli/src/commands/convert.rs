//! `tiphys convert`: manifests of version 3 in the words of version 4 (CLI-047).

use clap::{Args as ClapArgs, ValueEnum};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_spec::{Diagnostic, Document, Strictness};

use crate::load::load;
use crate::output;
use crate::print::{print_diagnostics, to_stdout};
use crate::problem::{Told, problem};
use crate::remote::{self, Connect};

/// Rewrite manifests of version 3 for version 4
///
/// `schedule`, `mutex` and `semaphore` become `schedules`, `mutexes` and `semaphores`; everything else stays.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys convert old.yaml > new.yaml
  tiphys convert manifests/ -o json")]
pub struct Args {
    /// Manifests: files, folders, or `-` for standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How they are written
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "yaml")]
    output: Format,
    /// Accepted for Argo's sake
    #[arg(long, hide = true)]
    no_color: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Documents after `---`
    Yaml,
    /// One object a line
    Json,
}

pub fn run(args: &Args, connect: &Connect) -> anyhow::Result<ExitCode> {
    if connect.address().is_some() {
        // Whoever has a server named expects the words of Argo's command line (CLI-020).
        remote::given(&args.files, "convert")?;
    }
    if args.files.is_empty() {
        return Err(problem("no file is named", "for instance `tiphys convert old.yaml`"));
    }
    let loaded = load(&args.files, &[], Strictness::Lenient)?;
    if loaded.diagnostics.iter().any(Diagnostic::is_error) {
        print_diagnostics(&loaded.diagnostics, &loaded.texts);
        return Err(Told.into());
    }
    for document in &loaded.given {
        let value = renewed(document);
        to_stdout(&match args.output {
            Format::Yaml => format!("---\n{}", output::yaml(&value)),
            Format::Json => format!("{}\n", output::in_order(value)),
        });
    }
    Ok(ExitCode::SUCCESS)
}

/// A document in the words of version 4; what is none of Argo's kinds stays as it is.
fn renewed(document: &Document) -> Value {
    let mut value = document.value.clone();
    let status = match document.kind.as_str() {
        "Workflow" => Some(json!({ "phase": "", "startedAt": null, "finishedAt": null })),
        "CronWorkflow" => Some(json!({
            "active": null, "lastScheduledTime": null, "conditions": null, "succeeded": 0, "failed": 0, "phase": "",
        })),
        "WorkflowTemplate" | "ClusterWorkflowTemplate" => None,
        _ => return value,
    };
    renew(&mut value, 0);
    if let Some(Value::Object(mut status)) = status {
        // Argo writes these fields of a status even if nothing is in them.
        status.extend(value["status"].as_object().cloned().unwrap_or_default());
        if document.kind == "Workflow" && status["phase"] == "" {
            status.shift_remove("phase");
        }
        value["status"] = Value::Object(status);
    }
    value
}

/// Deepest nesting that is looked into.
const DEPTH_MAX: usize = 100;

/// Fields that became lists.
const PLURALS: [(&str, &str); 2] = [("mutex", "mutexes"), ("semaphore", "semaphores")];

fn renew(value: &mut Value, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| renew(item, depth + 1)),
        Value::Object(fields) => {
            if let Some(Value::Object(synchronization)) = fields.get_mut("synchronization") {
                PLURALS.iter().for_each(|(one, many)| plural(synchronization, one, many));
            }
            // Only the spec of a schedule has one.
            if fields.contains_key("workflowSpec") {
                plural(fields, "schedule", "schedules");
            }
            fields.values_mut().for_each(|value| renew(value, depth + 1));
        }
        _ => {}
    }
}

/// The one goes into the list, after what is in it.
fn plural(fields: &mut Map<String, Value>, one: &str, many: &str) {
    let Some(value) = fields.remove(one) else { return };
    if value.is_null() || value == "" {
        return;
    }
    match fields.get_mut(many) {
        Some(Value::Array(list)) => list.push(value),
        _ => drop(fields.insert(many.to_owned(), Value::Array(vec![value]))),
    }
}

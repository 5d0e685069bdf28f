//! `tiphys convert`: manifests of version 3 in the words of version 4 (CLI-047).

use clap::{Args as ClapArgs, ValueEnum};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_spec::{Diagnostic, Document, Strictness, take};

use crate::load::{Loaded, files, load};
use crate::output;
use crate::print::{print_diagnostics, to_stderr, to_stdout};
use crate::problem::{Told, problem};
use crate::remote::{self, Connect, belongs};

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
    /// Without effect: nothing is coloured here
    #[arg(long)]
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
    for path in &args.files {
        for file in files(path)? {
            convert(file, args.output, connect.address().is_some())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Each file is written before the next one is read, as far as there is nothing wrong.
fn convert(file: PathBuf, format: Format, in_argos_words: bool) -> anyhow::Result<()> {
    let loaded = load(&[file], &[], Strictness::Lenient)?;
    // Of what is none of Argo's kinds nothing is judged.
    let is_others = |found: &Diagnostic| {
        loaded.given.iter().any(|document| !is_argos(document) && belongs(found, document, &loaded.given))
    };
    let is_bad = |found: &Diagnostic| (found.is_error() && !is_others(found)) || found.code == "no-object";
    if loaded.diagnostics.iter().any(is_bad) {
        if in_argos_words
            && let Some(words) = loaded.diagnostics.iter().find_map(|flaw| unread(flaw, &loaded))
        {
            to_stderr(&words);
        }
        print_diagnostics(&loaded.diagnostics, &loaded.texts);
        return Err(Told.into());
    }
    for document in &loaded.given {
        let value = renewed(document);
        to_stdout(&match format {
            Format::Yaml => format!("---\n{}", output::yaml(&value)),
            Format::Json if is_argos(document) => format!("{}\n", output::in_order(value)),
            Format::Json => format!("{value}\n"),
        });
    }
    Ok(())
}

/// What Argo says of a file that is no YAML, before the place in our words.
fn unread(flaw: &Diagnostic, loaded: &Loaded) -> Option<String> {
    let words = remote::reading_alone(loaded.texts.get(&flaw.file)?, flaw)?;
    Some(format!("Error: error converting {}: failed to parse TypeMeta: {words}\n", flaw.file))
}

/// Whether a document is of a kind that Argo converts.
fn is_argos(document: &Document) -> bool {
    matches!(
        document.kind.as_str(),
        "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate" | "CronWorkflow"
    )
}

/// A document in the words of version 4; what is none of Argo's kinds stays as it was written, with its keys in order.
fn renewed(document: &Document) -> Value {
    let status = match document.kind.as_str() {
        "Workflow" => Some(json!({ "phase": "", "startedAt": null, "finishedAt": null })),
        "CronWorkflow" => Some(json!({
            "active": null, "lastScheduledTime": null, "conditions": null, "succeeded": 0, "failed": 0, "phase": "",
        })),
        "WorkflowTemplate" | "ClusterWorkflowTemplate" => None,
        _ => {
            let mut written = document.places.written();
            written.sort_all_objects();
            return written;
        }
    };
    let mut value = joined(document).unwrap_or_else(|| document.value.clone());
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

/// A document in which old and new fields stand side by side, read with both. Reading one alone needs nothing; of both, what
/// is to run takes the new one only, and a document that is written anew must lose nothing.
fn joined(document: &Document) -> Option<Value> {
    let mut written = document.places.written();
    if !join(&mut written, 0) {
        return None;
    }
    let read = take(&document.file, &written, Strictness::Lenient);
    read.documents.into_iter().next().map(|document| document.value)
}

/// Deepest nesting that is looked into.
const DEPTH_MAX: usize = 100;

/// Moves old fields into the new ones beside them. Returns whether there were any.
fn join(value: &mut Value, depth: usize) -> bool {
    if depth > DEPTH_MAX {
        return false;
    }
    match value {
        Value::Array(items) => {
            let mut any = false;
            items.iter_mut().for_each(|item| any |= join(item, depth + 1));
            any
        }
        Value::Object(fields) => {
            let mut any = false;
            if let Some(Value::Object(locks)) = fields.get_mut("synchronization") {
                for (one, many) in [("mutex", "mutexes"), ("semaphore", "semaphores")] {
                    any |= moved(locks, one, many, |list, lock| list.push(lock));
                }
            }
            // Only the spec of a schedule has one, which counts instead of the list.
            if fields.contains_key("workflowSpec") {
                any |= moved(fields, "schedule", "schedules", |list, schedule| *list = vec![schedule]);
            }
            fields.values_mut().fold(any, |any, value| join(value, depth + 1) || any)
        }
        _ => false,
    }
}

fn moved(fields: &mut Map<String, Value>, one: &str, many: &str, add: fn(&mut Vec<Value>, Value)) -> bool {
    let is_both = fields.get(one).is_some_and(|value| !value.is_null() && value != "")
        && fields.get(many).is_some_and(Value::is_array);
    let old = is_both.then(|| fields.remove(one)).flatten();
    match (old, fields.get_mut(many)) {
        (Some(old), Some(Value::Array(list))) => {
            add(list, old);
            true
        }
        _ => false,
    }
}

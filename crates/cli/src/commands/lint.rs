//! `tiphys lint`: what is wrong with manifests, with no server (CLI-046).

use clap::{Args as ClapArgs, ValueEnum};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use tiphys_engine::check::{Shelves, Situation, check, doubled, unsupported, unused};
use tiphys_spec as spec;
use tiphys_spec::{Diagnostic, Document, Object, Severity, Strictness};

use crate::load::{Texts, files, load};
use crate::output::json;
use crate::print::{Paint, in_order, print_diagnostics, to_stderr, to_stdout};
use crate::problem::problem;
use crate::remote::{self, Server};
use crate::supported::hopeless_parameters;
use crate::verb::Verb;

/// The pause between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Check manifests; exit code 0 valid, 1 invalid
///
/// Folders are searched for `.yaml`, `.yml` and `.json`.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys lint workflows/
  tiphys lint flow.yaml --with templates/
  tiphys lint flow.yaml -o json
  tiphys lint flow.yaml --watch")]
pub struct Args {
    /// Manifests: files, folders, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// More objects that are known, but not judged
    #[arg(long, value_name = "PATH")]
    with: Vec<PathBuf>,
    /// How mistakes are printed
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "pretty")]
    pub output: Format,
    /// Refuse unknown fields; `--strict=false` makes them warnings
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub strict: bool,
    /// Only these kinds: workflows, workflowtemplates, clusterworkflowtemplates, cronworkflows, or all
    #[arg(long, value_delimiter = ',', value_name = "KIND,…")]
    pub kinds: Vec<String>,
    /// Leave colours out
    #[arg(long)]
    pub no_color: bool,
    /// Namespace, where the manifest names none
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
    /// Check again whenever a file changes, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Ask no server, even if one is named
    #[arg(long)]
    pub offline: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With excerpts, for people
    Pretty,
    /// One line each
    Simple,
    /// A JSON array
    Json,
}

/// What one check found.
struct Verdict {
    diagnostics: Vec<Diagnostic>,
    texts: Texts,
    judged: usize,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::lint(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        run(self)
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.files.is_empty() {
        return Err(problem("no file is named", "for instance `tiphys lint .`"));
    }
    if args.watch {
        return watch(args);
    }
    let verdict = judge(args)?;
    tell(args, &verdict)?;
    Ok(if is_valid(args, &verdict) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn judge(args: &Args) -> anyhow::Result<Verdict> {
    let strictness = if args.strict { Strictness::Strict } else { Strictness::Lenient };
    let loaded = load(&args.files, &args.with, strictness)?;
    let mut shelves = Shelves::new(loaded.objects());
    let mut diagnostics = loaded.diagnostics.clone();
    diagnostics.extend(doubled(loaded.given.iter().filter(|document| is_wanted(args, document))));
    let documents: Vec<&Document> = loaded.documents().collect();
    let mut judged = 0;
    for document in &loaded.given {
        if !is_wanted(args, document) {
            continue;
        }
        judged += usize::from(is_ours(&document.object));
        let shelf = shelves.of(&document.object);
        diagnostics.extend(check(document, shelf, Situation::Lint));
        diagnostics.extend(unsupported(document, shelf, Situation::Lint));
        diagnostics.extend(unused(document));
        if let Some(spec) = body_of_runs(&document.object) {
            // Argo's lint knows no ConfigMaps; and the command line may give the value.
            let found = hopeless_parameters(document, spec, &documents, false).into_iter();
            diagnostics.extend(found.map(|found| Diagnostic { severity: Severity::Warning, ..found }));
        }
    }
    in_order(&mut diagnostics);
    Ok(Verdict { diagnostics, texts: loaded.texts, judged })
}

/// What the runs of a document are made of, where it says all of it.
fn body_of_runs(object: &Object) -> Option<&spec::WorkflowSpec> {
    match object {
        Object::Workflow(workflow) => Some(&workflow.spec),
        Object::CronWorkflow(cron) => Some(&cron.spec.workflow_spec),
        _ => None,
    }
}

/// Whether a document is of a kind that was asked for (CLI-090).
fn is_wanted(args: &Args, document: &Document) -> bool {
    let word = match &document.object {
        Object::Workflow(_) => ["workflows", "wf"],
        Object::WorkflowTemplate(_) => ["workflowtemplates", "wftmpl"],
        Object::ClusterWorkflowTemplate(_) => ["clusterworkflowtemplates", "cwftmpl"],
        Object::CronWorkflow(_) => ["cronworkflows", "cronwf"],
        _ => return true,
    };
    args.kinds.is_empty() || args.kinds.iter().any(|kind| kind == "all" || word.contains(&kind.as_str()))
}

/// Kinds that have rules of Argo's.
fn is_ours(object: &Object) -> bool {
    matches!(
        object,
        Object::Workflow(_)
            | Object::WorkflowTemplate(_)
            | Object::ClusterWorkflowTemplate(_)
            | Object::CronWorkflow(_)
            | Object::WorkflowEventBinding(_)
    )
}

fn is_valid(args: &Args, verdict: &Verdict) -> bool {
    let bad = |diagnostic: &Diagnostic| {
        diagnostic.is_error() || (args.deny_warnings && diagnostic.severity == Severity::Warning)
    };
    // Nothing to judge is most likely the wrong file (CLI-093); unreadable files have errors of their own.
    verdict.judged > 0 && !verdict.diagnostics.iter().any(bad)
}

fn tell(args: &Args, verdict: &Verdict) -> anyhow::Result<()> {
    let Verdict { diagnostics, texts, judged } = verdict;
    match args.output {
        Format::Json => {
            let list = diagnostics.iter().map(serde_json::to_value).collect::<Result<Vec<Value>, _>>()?;
            to_stdout(&json(&Value::Array(list), 2)?);
            return Ok(());
        }
        Format::Simple => diagnostics.iter().for_each(|diagnostic| to_stdout(&format!("{diagnostic}\n"))),
        Format::Pretty => print_diagnostics(diagnostics, texts),
    }
    let paint = Paint::stdout();
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning).count();
    let warned = match warnings {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        count => format!(", {count} warnings"),
    };
    to_stdout(&match (errors, judged) {
        (0, 0) => format!(
            "{} found nothing to lint: there is no document of Argo's in the files\n",
            paint.sign("Failed")
        ),
        (0, _) if args.deny_warnings && warnings > 0 => {
            let warned = warned.trim_start_matches(", ");
            format!("{} {warned}, and `--deny-warnings` makes errors of them\n", paint.sign("Failed"))
        }
        (0, 1) => format!("{} 1 document is valid{warned}\n", paint.sign("Succeeded")),
        (0, count) => format!("{} {count} documents are valid{warned}\n", paint.sign("Succeeded")),
        (1, _) => format!("{} 1 error{warned}\n", paint.sign("Failed")),
        (count, _) => format!("{} {count} errors{warned}\n", paint.sign("Failed")),
    });
    Ok(())
}

/// Checks again and again, until the process is ended.
fn watch(args: &Args) -> anyhow::Result<ExitCode> {
    let mut before = BTreeMap::new();
    loop {
        let seen = changes(args);
        if seen != before {
            before = seen;
            if Paint::stdout().is_coloured() {
                to_stdout("\x1b[H\x1b[2J");
            }
            // A file that is being written may be missing for a moment; the next look finds it.
            match judge(args) {
                Ok(verdict) => tell(args, &verdict)?,
                Err(error) => crate::problem::tell(&error),
            }
            to_stderr("waiting for a change; Ctrl-C ends\n");
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// When each file was changed, and its length.
fn changes(args: &Args) -> BTreeMap<PathBuf, Option<(SystemTime, u64)>> {
    let mut seen = BTreeMap::new();
    for path in args.files.iter().chain(&args.with) {
        for file in files(path).unwrap_or_default() {
            let state =
                std::fs::metadata(&file).ok().and_then(|meta| Some((meta.modified().ok()?, meta.len())));
            seen.insert(file, state);
        }
        if files(path).is_err() {
            seen.insert(path.clone(), None);
        }
    }
    seen.remove(Path::new("-"));
    seen
}

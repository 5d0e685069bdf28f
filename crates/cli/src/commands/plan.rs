//! `tiphys plan`: what would run, before it runs.

use clap::Args as ClapArgs;
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_engine::check::{Shelf, Situation, check, doubled, unsupported};
use tiphys_engine::compile;
use tiphys_engine::explain::{made, outline};
use tiphys_spec as spec;
use tiphys_spec::{Document, Object, Strictness};

use crate::arguments::Overrides;
use crate::commands::locks::database_limit;
use crate::load::{freeze, load};
use crate::output::DataFormat;
use crate::print::{Paint, print_diagnostics, print_outline, to_stdout};
use crate::problem::{Told, problem};
use crate::remote::{self, Server};
use crate::state::Local;
use crate::supported::hopeless_parameters;
use crate::verb::Verb;

/// Show what a manifest would run, before it runs
///
/// The tree of its steps with their conditions and loops, and everything it needs: images, locks, secrets, volumes,
/// artifacts. Nothing is started. With a server, its templates are there too. Templates and schedules are shown as the
/// workflows that they would make.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys plan flow.yaml
  tiphys plan flow.yaml --with templates/ -p size=3
  tiphys plan flow.yaml -o json | jq .needs.images")]
pub struct Args {
    /// Manifests: files, folders, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// More objects that the workflows may use
    #[arg(long, value_name = "PATH")]
    with: Vec<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    /// Print an object for programs
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<DataFormat>,
    /// Leave colours out
    #[arg(long)]
    no_color: bool,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.overrides.named_namespace()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::plan(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        let mut local = None;
        run(self, &[], &mut |namespace, key| {
            // What cannot be asked is not known; a plan needs no state.
            let local = local.get_or_insert_with(Local::open_to_read).as_mut().ok()?;
            database_limit(&mut local.store, namespace, key)
        })
    }
}

/// How many may hold a semaphore of the database, by namespace and key.
pub type Limits<'l> = &'l mut dyn FnMut(&str, &str) -> Option<u64>;

/// Plans with what is given, and with what is `kept` elsewhere where nothing of the same name is given.
pub fn run(args: &Args, kept: &[Document], limits: Limits<'_>) -> anyhow::Result<ExitCode> {
    let mut loaded = load(&args.files, &args.with, Strictness::Strict)?;
    let mut diagnostics = std::mem::take(&mut loaded.diagnostics);
    diagnostics.extend(doubled(loaded.given.iter()));
    for document in &mut loaded.given {
        if let Object::Workflow(workflow) = &mut document.object {
            args.overrides.apply(workflow)?;
        }
    }
    let documents: Vec<&Document> = loaded.documents().chain(kept).collect();
    let shelf = Shelf::new(documents.iter().map(|document| &document.object));
    let mut outlines = Vec::new();
    for (workflow, document) in workflows(&loaded.given) {
        diagnostics.extend(check(document, &shelf, Situation::Create));
        diagnostics.extend(hopeless_parameters(document, &workflow.spec, &documents, false));
        let mut workflow = workflow;
        if !matches!(document.object, Object::Workflow(_)) {
            args.overrides.apply(&mut workflow)?;
        }
        let (frozen, _) = freeze(&workflow, &documents, args.overrides.namespace());
        // What keeps it from being compiled was found by the check.
        if let Ok(plan) = compile(&frozen) {
            let mut outline = outline(&plan);
            for lock in outline.needs.locks.iter_mut().filter(|lock| lock.limit.is_none()) {
                lock.limit =
                    lock.name.split_once("/Database/").and_then(|(namespace, key)| limits(namespace, key));
            }
            outlines.push((outline, workflow.metadata.generate_name.clone()));
        }
    }
    diagnostics.retain(spec::Diagnostic::is_error);
    // A plan tells what a cluster would do as well.
    let later = loaded.given.iter().flat_map(|document| unsupported(document, &shelf, Situation::Lint));
    print_diagnostics(&later.collect::<Vec<_>>(), &loaded.texts);
    if !diagnostics.is_empty() {
        print_diagnostics(&diagnostics, &loaded.texts);
        return Err(Told.into());
    }
    if outlines.is_empty() {
        return Err(problem(
            "there is nothing to plan in the files",
            "a Workflow is planned, or a template or schedule with an entrypoint",
        ));
    }
    match args.output {
        Some(format) => {
            let values = outlines.iter().map(|(outline, _)| serde_json::to_value(outline));
            let mut values = values.collect::<Result<Vec<_>, _>>()?;
            // One object for one workflow, a list for several.
            let value = if values.len() == 1 { values.remove(0) } else { serde_json::Value::Array(values) };
            format.print(&value)?;
        }
        None => {
            let paint = if args.no_color { Paint::plain() } else { Paint::stdout() };
            for (at, (outline, prefix)) in outlines.iter().enumerate() {
                if at > 0 {
                    to_stdout("\n");
                }
                to_stdout(&print_outline(outline, prefix, paint));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The workflows in the documents; without any, those that templates and schedules would make.
fn workflows(documents: &[Document]) -> Vec<(spec::Workflow, &Document)> {
    let own: Vec<_> = documents
        .iter()
        .filter_map(|document| match &document.object {
            Object::Workflow(workflow) => Some(((**workflow).clone(), document)),
            _ => None,
        })
        .collect();
    if !own.is_empty() {
        return own;
    }
    documents.iter().filter_map(|document| Some((made(&document.object)?, document))).collect()
}

//! `lint` in Argo's words (CLI-090 to CLI-095).

use clap::ValueEnum;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tiphys_engine::check::{Shelf, Shelves, Situation, check, doubled, unsupported};
use tiphys_spec as spec;
use tiphys_spec::{Document, Object, Strictness};

use super::http::{Server, encode};
use super::said::{count, said};
use super::select;
use super::strict;
use super::view;
use crate::commands::lint::{Args, Format};
use crate::load::{Texts, files, text};
use crate::output::json as indented;
use crate::print::{Paint, print_diagnostics, to_stdout};

/// How mistakes are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Pretty,
    /// One line each
    Simple,
    /// A JSON array
    #[value(skip)]
    Json,
}

pub fn lint(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    some(&args.files, "lint")?;
    let kinds: Vec<&str> = match args.kinds.as_slice() {
        [] => KINDS.to_vec(),
        named if named.iter().any(|kind| kind == "all") => KINDS.to_vec(),
        named => named.iter().map(|kind| of_word(kind)).collect::<anyhow::Result<_>>()?,
    };
    let output = match args.output {
        Format::Simple => Output::Simple,
        Format::Pretty => Output::Pretty,
        Format::Json => Output::Json,
    };
    let server = if args.offline { None } else { Some(server) };
    judge(server, &kinds, &args.files, output, args.strict, args.no_color)
}

/// Refuses to look at no files.
pub fn some(files: &[PathBuf], verb: &str) -> anyhow::Result<()> {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    count(&names, 1..=usize::MAX, verb)
}

/// Refuses to look at no files, and at files that are not there.
pub fn given(files: &[PathBuf], verb: &str) -> anyhow::Result<()> {
    some(files, verb)?;
    match files.iter().find(|file| is_missing(file)) {
        Some(file) => Err(missing(file)),
        None => Ok(()),
    }
}

fn is_missing(file: &Path) -> bool {
    file != Path::new("-") && !file.exists()
}

fn missing(file: &Path) -> anyhow::Error {
    said(format!("lstat {}: no such file or directory", file.display()))
}

/// As `lint`, for one kind.
pub fn lint_kind(
    server: Option<&Server>,
    kind: &str,
    paths: &[PathBuf],
    output: Output,
    strict: bool,
    no_color: bool,
) -> anyhow::Result<ExitCode> {
    judge(server, &[kind], paths, output, strict, no_color)
}

const KINDS: [&str; 4] = ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"];

fn of_word(word: &str) -> anyhow::Result<&'static str> {
    Ok(match word {
        "workflows" | "wf" => "Workflow",
        "workflowtemplates" | "wftmpl" => "WorkflowTemplate",
        "cronworkflows" | "cronwf" => "CronWorkflow",
        "clusterworkflowtemplates" | "cwftmpl" => "ClusterWorkflowTemplate",
        other => return Err(said(format!("unknown kind: {other}"))),
    })
}

/// What was found in one file.
struct Verdict {
    name: String,
    judged: usize,
    errors: Vec<String>,
}

fn judge(
    server: Option<&Server>,
    kinds: &[&str],
    paths: &[PathBuf],
    output: Output,
    strict: bool,
    no_color: bool,
) -> anyhow::Result<ExitCode> {
    let strictness = if strict { Strictness::Strict } else { Strictness::Lenient };
    let (mut read, mut texts) = (Vec::new(), Texts::new());
    let there = paths.iter().take_while(|path| !is_missing(path)).count();
    // Offline all files are read before anything is judged; a server judges what stands before one that is not there.
    let mut absent = paths.get(there).map(|path| missing(path));
    if let Some(absent) = absent.take_if(|_| server.is_none()) {
        return Err(absent);
    }
    for path in &paths[..there] {
        for file in files(path)? {
            let name = if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() };
            let body = text(&file)?;
            read.push((name.clone(), spec::parse(&name, &body, strictness)));
            texts.insert(name, body);
        }
    }
    let documents: Vec<&Document> = read.iter().flat_map(|(_, parsed)| &parsed.documents).collect();
    // Without a server templates are looked up by their names.
    let twice = doubled(documents.iter().copied());
    if let (None, Some(first)) = (server, twice.first()) {
        return Err(said(first.message.clone()));
    }
    let mut shelves = Shelves::new(documents.iter().map(|document| &document.object));
    let nothing_else = documents.iter().all(|document| !kinds.contains(&document.kind.as_str()));
    let mut verdicts = Vec::new();
    for (name, parsed) in &read {
        let mut verdict = Verdict { name: name.clone(), judged: 0, errors: Vec::new() };
        for document in &parsed.documents {
            let mistakes = mistakes_of(document, parsed);
            let unread = (!mistakes.is_empty()).then(|| strict::spoken(&texts[name], mistakes));
            // A binding is read and not judged, and Argo does not name it.
            if let Some(unread) = unread.as_ref().filter(|_| document.kind == "WorkflowEventBinding") {
                verdict.errors.push(format!("in : {unread}"));
            }
            if !kinds.contains(&document.kind.as_str()) {
                continue;
            }
            verdict.judged += 1;
            let who = format!("in {} ({}): ", called(document), document.kind);
            let found = unread.or_else(|| match server {
                Some(server) => {
                    later(server, document, shelves.of(&document.object), &texts);
                    asked(server, document).err().map(|error| error.to_string())
                }
                None => looked(document, shelves.of(&document.object)),
            });
            verdict.errors.extend(found.map(|error| format!("{who}{error}")));
        }
        // A text that gives no document at all has its own mistakes. If there is nothing else, Argo found nothing to lint
        // (OB-003), and the reason is told beside.
        if parsed.documents.is_empty() && (!nothing_else || output == Output::Json) {
            let own = parsed.diagnostics.iter().filter(|one| one.is_error());
            verdict.errors.extend(own.map(|one| one.message.clone()));
        } else if parsed.documents.is_empty() {
            print_diagnostics(&parsed.diagnostics, &texts);
        }
        verdicts.push(verdict);
    }
    match absent {
        None => tell(&verdicts, output, no_color),
        Some(absent) => {
            each(&verdicts, output, view::paint(no_color));
            Err(absent)
        }
    }
}

/// What keeps a document from being read.
pub fn mistakes_of<'a>(document: &Document, parsed: &'a spec::Parsed) -> Vec<&'a spec::Diagnostic> {
    let all = parsed.diagnostics.iter();
    all.filter(|one| one.is_error() && belongs(one, document, &parsed.documents)).collect()
}

/// Whether a mistake stands in a document: it begins at its line and ends before the next one.
pub fn belongs(diagnostic: &spec::Diagnostic, document: &Document, all: &[Document]) -> bool {
    let first = |document: &Document| document.places.nearest("").line;
    let begin = first(document);
    let end = all.iter().map(first).filter(|line| *line > begin).min();
    diagnostic.place.line >= begin && end.is_none_or(|end| diagnostic.place.line < end)
}

fn called(document: &Document) -> String {
    let value = &document.value;
    let name = |field: &str| value.pointer(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    match (name("/metadata/name"), name("/metadata/generateName")) {
        (name, _) if !name.is_empty() => format!("{name:?}"),
        (_, prefix) if !prefix.is_empty() => format!("{prefix:?}"),
        _ => format!("\"object #{}\"", number(document)),
    }
}

/// Which of its file's documents it is. All count that are not empty, also those that are no objects.
fn number(document: &Document) -> usize {
    let before = (document.places.nearest("").line as usize).saturating_sub(1);
    let (mut number, mut is_empty) = (1, true);
    for line in document.places.text().lines().take(before) {
        if line.starts_with("---") {
            number += usize::from(!is_empty);
            is_empty = true;
        } else {
            is_empty &= line.trim().is_empty();
        }
    }
    number
}

/// What the server says.
fn asked(server: &Server, document: &Document) -> anyhow::Result<()> {
    let mut value = document.value.clone();
    let namespace = select::namespace(&value, server).to_owned();
    let space = encode(&namespace);
    let (path, field) = match &document.object {
        Object::Workflow(_) => (format!("/api/v1/workflows/{space}/lint"), "workflow"),
        Object::WorkflowTemplate(_) => (format!("/api/v1/workflow-templates/{space}/lint"), "template"),
        Object::CronWorkflow(_) => (format!("/api/v1/cron-workflows/{space}/lint"), "cronWorkflow"),
        _ => ("/api/v1/cluster-workflow-templates/lint".to_owned(), "template"),
    };
    if !matches!(document.object, Object::ClusterWorkflowTemplate(_)) {
        value["metadata"]["namespace"] = json!(namespace);
    }
    server.post(&path, &json!({ "namespace": namespace, field: value }))?;
    Ok(())
}

/// Tells what a server of ours cannot run yet: one of Argo's has no such path, and can.
fn later(server: &Server, document: &Document, shelf: &Shelf, texts: &Texts) {
    let found = unsupported(document, shelf, Situation::Lint);
    let nothing = json!({ "namespace": server.namespace, "text": "" });
    if !found.is_empty() && server.post("/api/tiphys/v1/lint", &nothing).is_ok() {
        print_diagnostics(&found, texts);
    }
}

/// What we say ourselves: the first mistake, as a server would.
fn looked(document: &Document, shelf: &Shelf) -> Option<String> {
    let found = check(document, shelf, Situation::Lint);
    found.into_iter().find(spec::Diagnostic::is_error).map(|error| error.message)
}

fn tell(verdicts: &[Verdict], output: Output, no_color: bool) -> anyhow::Result<ExitCode> {
    let paint = view::paint(no_color);
    each(verdicts, output, paint);
    let errors: usize = verdicts.iter().map(|verdict| verdict.errors.len()).sum();
    let judged: usize = verdicts.iter().map(|verdict| verdict.judged).sum();
    match output {
        Output::Pretty => {
            to_stdout(&match (errors, judged) {
                (0, 0) => format!("{}\n", paint.bad(&format!("✖ {NOTHING}"))),
                (0, _) => format!("{} {GOOD}\n", paint.good("✔")),
                (count, _) => format!("{}\n", paint.bad(&format!("✖ {count} linting errors found!"))),
            });
        }
        Output::Simple => match (errors, judged) {
            (0, 0) => to_stdout(&format!("✖ {NOTHING}\n")),
            (0, _) => to_stdout(&format!("{GOOD}\n")),
            _ => {}
        },
        Output::Json => {
            let one = |(name, error)| json!({ "severity": "error", "file": name, "message": error });
            to_stdout(&indented(&told(verdicts).map(one).collect(), 2)?);
        }
    }
    Ok(if errors > 0 || judged == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What was found in each file, where it is told file by file.
fn each(verdicts: &[Verdict], output: Output, paint: Paint) {
    match output {
        Output::Pretty => verdicts.iter().for_each(|verdict| pretty(verdict, paint)),
        Output::Simple => told(verdicts).for_each(|(name, error)| to_stdout(&format!("{name}: {error}\n"))),
        Output::Json => {}
    }
}

const NOTHING: &str = "found nothing to lint in the specified paths, failing...";

const GOOD: &str = "no linting errors found!";

fn told(verdicts: &[Verdict]) -> impl Iterator<Item = (&String, &String)> {
    verdicts.iter().flat_map(|verdict| verdict.errors.iter().map(move |error| (&verdict.name, error)))
}

fn pretty(verdict: &Verdict, paint: Paint) {
    if verdict.errors.is_empty() {
        return;
    }
    let mut text = format!("{}:\n", paint.underlined(&verdict.name));
    for error in &verdict.errors {
        text.push_str(&format!("   {} {error}\n", paint.bad("✖")));
    }
    text.push('\n');
    to_stdout(&text);
}

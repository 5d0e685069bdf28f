//! Reading manifests: files, folders, addresses and standard input, with every mistake in them (CLI-022).

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use tiphys_engine::Frozen;
use tiphys_spec as spec;
use tiphys_spec::{Diagnostic, Document, Object, Severity, Strictness};

use crate::fetch::{fetch, is_address};
use crate::problem::{help_of, problem};

/// Most files that are read from folders.
const FILES_MAX: usize = 10_000;

/// How deep folders are walked.
const DEPTH_MAX: usize = 32;

/// The texts of all files by their name.
pub type Texts = BTreeMap<String, String>;

/// What was read.
#[derive(Default)]
pub struct Loaded {
    /// Documents that are to be run or judged.
    pub given: Vec<Document>,
    /// Documents that are only known (`--with`).
    pub known: Vec<Document>,
    /// What reading found wrong, in all files.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts, for excerpts.
    pub texts: Texts,
}

impl Loaded {
    /// All documents.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.given.iter().chain(&self.known)
    }

    /// All objects.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.documents().map(|document| &document.object)
    }
}

/// Reads files, folders and `-`.
pub fn load(given: &[PathBuf], with: &[PathBuf], strictness: Strictness) -> anyhow::Result<Loaded> {
    let mut loaded = Loaded::default();
    for path in given {
        let documents = loaded.read(path, strictness)?;
        loaded.given.extend(documents);
    }
    for path in with {
        let documents = loaded.read(path, strictness)?;
        loaded.known.extend(documents);
    }
    Ok(loaded)
}

impl Loaded {
    fn read(&mut self, path: &Path, strictness: Strictness) -> anyhow::Result<Vec<Document>> {
        let mut documents = Vec::new();
        for file in files(path)? {
            let name = if file == Path::new("-") { "<stdin>".to_owned() } else { file.display().to_string() };
            let text = match text(&file) {
                Ok(text) => text,
                // One file of many must not hide what is wrong with the others.
                Err(error) if path.is_dir() => {
                    self.diagnostics.push(unread(name, &error));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut parsed = spec::parse(&name, &text, strictness);
            self.texts.insert(name, text);
            self.diagnostics.append(&mut parsed.diagnostics);
            documents.append(&mut parsed.documents);
        }
        Ok(documents)
    }
}

/// The files that a path stands for: itself, or the manifests in the folder, in order of their names.
pub fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path == Path::new("-") || !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    walk(path, 0, &mut found)?;
    if found.is_empty() {
        return Err(problem(
            format!("there are no manifests in the folder `{}`", path.display()),
            "files ending in .yaml, .yml or .json are read",
        ));
    }
    Ok(found)
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| unreadable(folder, &error))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            if depth < DEPTH_MAX {
                walk(&entry, depth + 1, found)?;
            }
        } else if entry.extension().is_some_and(|kind| kind == "yaml" || kind == "yml" || kind == "json") {
            if found.len() == FILES_MAX {
                return Err(problem(
                    format!("more than {FILES_MAX} manifests in `{}`", folder.display()),
                    "name fewer folders at once",
                ));
            }
            found.push(straight(&entry));
        }
    }
    Ok(())
}

/// A path without roundabout ways, found by its text alone.
pub fn straight(path: &Path) -> PathBuf {
    let mut way = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if way.file_name().is_some() => drop(way.pop()),
            // Nothing is above the root.
            Component::ParentDir if way.has_root() => {}
            part => way.push(part),
        }
    }
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

/// The template of this name among documents: of a namespace, or of the whole cluster.
pub fn template_named<'d>(documents: &[&'d Document], name: &str, cluster: bool) -> Option<&'d Document> {
    documents.iter().copied().find(|document| match &document.object {
        Object::WorkflowTemplate(template) => !cluster && template.metadata.name == name,
        Object::ClusterWorkflowTemplate(template) => cluster && template.metadata.name == name,
        _ => false,
    })
}

/// The documents that a workflow may use.
pub fn freeze(
    workflow: &spec::Workflow,
    documents: &[&Document],
    namespace: &str,
) -> (Frozen, Vec<spec::Secret>) {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let mut frozen = Frozen { workflow: workflow.clone(), host, ..Frozen::default() };
    let mut secrets = Vec::new();
    let own = workflow.metadata.namespace.as_str();
    let near = |metadata: &spec::Metadata| {
        let home = if metadata.namespace.is_empty() { namespace } else { &metadata.namespace };
        home == own || metadata.namespace.is_empty()
    };
    for document in documents {
        match &document.object {
            Object::WorkflowTemplate(template) if near(&template.metadata) => {
                frozen.templates.push((**template).clone());
            }
            Object::ClusterWorkflowTemplate(template) => frozen.cluster_templates.push((**template).clone()),
            Object::ConfigMap(map) if near(&map.metadata) => frozen.config_maps.push((**map).clone()),
            Object::Secret(secret) if near(&secret.metadata) => secrets.push((**secret).clone()),
            _ => {}
        }
    }
    (frozen, secrets)
}

/// The text of a file, of what lies behind an address, or of standard input.
pub fn text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(bytes(path)?).map_err(|error| {
        problem(
            format!(
                "`{}` is not text: byte {} is not UTF-8",
                path.display(),
                error.utf8_error().valid_up_to()
            ),
            "save the file as UTF-8",
        )
    })
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let limit = spec::limits::FILE_BYTES_MAX as u64 + 1;
    if let Some(address) = path.to_str().filter(|name| is_address(name)) {
        return fetch(address, limit);
    }
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

/// A file of a folder that cannot be read as text.
fn unread(file: String, error: &anyhow::Error) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: "unreadable".to_owned(),
        file,
        place: spec::Place::default(),
        path: String::new(),
        message: format!("{error:#}"),
        help: help_of(error).map(str::to_owned),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> anyhow::Error {
    let shown = path.display();
    let help = match error.kind() {
        _ if shown.to_string().contains("://") => {
            "only addresses that begin with `http://` or `https://` are fetched; or pipe the text in: `… | tiphys run -`"
        }
        std::io::ErrorKind::NotFound => "is the path right? It is relative to the folder you are in",
        std::io::ErrorKind::PermissionDenied => "you may not read it",
        _ => "name a file, a folder with manifests, or `-` for standard input",
    };
    problem(format!("cannot read `{shown}`: {error}"), help)
}

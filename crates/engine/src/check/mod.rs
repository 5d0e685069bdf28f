//! Is this document valid? Argo's rules with Argo's messages, all mistakes at once, each with its place.
//!
//! The walk follows Argo's order, so that the first error found here is the one Argo would stop at
//! (`VA-006`). Everything in this module speaks of the document as written; nothing is run.

mod advice;
mod argument;
mod artifact;
mod beyond;
mod binding;
mod dag;
mod document;
mod doomed;
mod doubt;
mod hopeless;
mod leaf;
mod lost;
mod metric;
mod name;
mod output;
mod reference;
mod scope;
mod selector;
mod site;
mod steps;
mod template;
#[cfg(test)]
mod tests;
mod unsupported;
mod unused;

use std::collections::{BTreeMap, BTreeSet};

use tiphys_spec as spec;

use lost::Lost;
pub(crate) use metric::complaint as metric_complaint;
use site::Site;
pub use unused::unused;

/// Most mistakes reported for one document.
const FINDINGS_MAX: usize = 1_000;

/// Most mistakes that get a "did you mean": after these a list of them reads no better.
const SUGGESTIONS_MAX: usize = 100;

/// How deep calls of templates are followed. Deeper ones are looked at by themselves afterwards, and
/// Argo refuses to run them anyway (`EX-113`).
const CALLS_MAX: usize = 40;

/// On which occasion a document is checked (`VA-001`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// To see what is wrong: values of arguments may still be missing (`VA-003`).
    Lint,
    /// To run it or to keep it for running.
    Create,
}

/// The documents that a checked one may refer to.
pub trait Library {
    /// A WorkflowTemplate of the same namespace, or a ClusterWorkflowTemplate.
    fn find(&self, name: &str, cluster: bool) -> Option<&spec::WorkflowTemplate>;

    /// Whether templates are told at all: who looks at one document alone says nothing of those that it needs.
    fn is_told(&self) -> bool {
        true
    }

    /// Another namespace that has a WorkflowTemplate of this name, where that keeps it from being found.
    fn elsewhere(&self, _name: &str) -> Option<&str> {
        None
    }
}

/// A library of documents at hand.
#[derive(Clone, Debug, Default)]
pub struct Shelf<'a> {
    templates: BTreeMap<(bool, &'a str), &'a spec::WorkflowTemplate>,
    /// WorkflowTemplates of other namespaces.
    strange: BTreeMap<&'a str, &'a str>,
    /// There are no others.
    is_whole: bool,
}

impl<'a> Shelf<'a> {
    /// Takes in all templates among the documents, whatever their namespaces: they are to run together. Of equal names
    /// the first counts.
    pub fn new(documents: impl IntoIterator<Item = &'a spec::Object>) -> Shelf<'a> {
        let mut shelf = Shelf::default();
        for object in documents {
            shelf.take(object);
        }
        shelf
    }

    /// The same shelf, outside of which there is no template.
    pub fn whole(self) -> Shelf<'a> {
        Shelf { is_whole: true, ..self }
    }

    /// What a document of this namespace finds among the documents as they are written: WorkflowTemplates of the same
    /// one, which is none for who names none (`VA-242`, `CLI-094`).
    pub fn of_namespace(namespace: &str, documents: impl IntoIterator<Item = &'a spec::Object>) -> Shelf<'a> {
        let mut shelf = Shelf::default();
        for object in documents {
            match object {
                spec::Object::WorkflowTemplate(template) if template.metadata.namespace != namespace => {
                    shelf.strange.entry(&template.metadata.name).or_insert(&template.metadata.namespace);
                }
                _ => shelf.take(object),
            }
        }
        shelf
    }

    fn take(&mut self, object: &'a spec::Object) {
        let (template, cluster) = match object {
            spec::Object::WorkflowTemplate(template) => (template, false),
            spec::Object::ClusterWorkflowTemplate(template) => (template, true),
            _ => return,
        };
        self.templates.entry((cluster, template.metadata.name.as_str())).or_insert(template);
    }
}

impl Library for Shelf<'_> {
    fn find(&self, name: &str, cluster: bool) -> Option<&spec::WorkflowTemplate> {
        self.templates.get(&(cluster, name)).copied()
    }

    fn is_told(&self) -> bool {
        self.is_whole || !self.templates.is_empty() || !self.strange.is_empty()
    }

    fn elsewhere(&self, name: &str) -> Option<&str> {
        self.strange.get(name).copied()
    }
}

/// Shelves for documents of several namespaces that are looked at together.
#[derive(Clone, Debug, Default)]
pub struct Shelves<'a> {
    objects: Vec<&'a spec::Object>,
    made: BTreeMap<&'a str, Shelf<'a>>,
}

impl<'a> Shelves<'a> {
    /// Takes in all documents.
    pub fn new(documents: impl IntoIterator<Item = &'a spec::Object>) -> Shelves<'a> {
        Shelves { objects: documents.into_iter().collect(), made: BTreeMap::new() }
    }

    /// What this document finds.
    pub fn of(&mut self, document: &'a spec::Object) -> &Shelf<'a> {
        let namespace = document.metadata().map_or("", |metadata| metadata.namespace.as_str());
        let objects = &self.objects;
        let make = || Shelf::of_namespace(namespace, objects.iter().copied());
        self.made.entry(namespace).or_insert_with(make)
    }
}

/// Everything wrong with a document, in the order Argo would find it; warnings of our own come last.
///
/// Documents that are not Argo's have no rules and give nothing, nor do those whose text is broken. What
/// reading found is not repeated, nor what only follows from values that it had to leave out.
pub fn check<'a>(
    document: &'a spec::Document,
    library: &'a dyn Library,
    situation: Situation,
) -> Vec<spec::Diagnostic> {
    if document.read == spec::Read::Broken {
        return Vec::new();
    }
    let mut checker = Checker::new(library, situation, document);
    checker.document(&document.object, &document.value);
    if situation == Situation::Lint || !checker.findings.iter().any(|finding| finding.severity.is_error()) {
        checker.beyond(&document.object);
    }
    checker.told(document)
}

/// What runs of a document may reach and what no runner can do yet: errors where it is to run, else warnings. Argo has no
/// such rule, so it is asked for beside [`check`].
pub fn unsupported<'a>(
    document: &'a spec::Document,
    library: &'a dyn Library,
    situation: Situation,
) -> Vec<spec::Diagnostic> {
    if document.read == spec::Read::Broken {
        return Vec::new();
    }
    let mut checker = Checker::new(library, situation, document);
    checker.unsupported(&document.object);
    checker.told(document)
}

/// Templates that have the kind, namespace and name of one before them: which of them counts nobody could say.
pub fn doubled<'a>(documents: impl Iterator<Item = &'a spec::Document>) -> Vec<spec::Diagnostic> {
    let mut seen = BTreeMap::new();
    let mut found = Vec::new();
    for document in documents {
        let (spec::Object::WorkflowTemplate(template) | spec::Object::ClusterWorkflowTemplate(template)) =
            &document.object
        else {
            continue;
        };
        let metadata = &template.metadata;
        if metadata.name.is_empty() {
            continue;
        }
        let key = (document.kind.as_str(), metadata.namespace.as_str(), metadata.name.as_str());
        let Some(before) = seen.insert(key, document) else { continue };
        let first =
            before.places.diagnostic(Severity::Error.into(), "", "metadata.name", String::new(), None);
        found.push(document.places.diagnostic(
            Severity::Error.into(),
            "doubled-template",
            "metadata.name",
            format!("duplicate {} found: \"{}\"", document.kind, metadata.name),
            Some(format!("the first is at {}:{}; rename one, or remove it", before.file, first.place.line)),
        ));
    }
    found
}

/// Something found.
struct Finding {
    severity: Severity,
    code: &'static str,
    path: String,
    message: String,
    help: Option<String>,
}

/// How bad it is. Notices belong to reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Severity {
    Error,
    Warning,
}

impl Severity {
    fn is_error(self) -> bool {
        self == Severity::Error
    }
}

impl From<Severity> for spec::Severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => spec::Severity::Error,
            Severity::Warning => spec::Severity::Warning,
        }
    }
}

/// The state of one check.
struct Checker<'a> {
    library: &'a dyn Library,
    situation: Situation,
    namespace: String,
    /// Names known everywhere.
    globals: scope::Names,
    /// What some of them stand for; the others stand for a placeholder.
    values: BTreeMap<String, String>,
    /// Unknown workflow parameters are tolerated: they come with the workflow that uses the template.
    parameters_come_later: bool,
    /// Templates looked at in full, by their home and name.
    done: BTreeSet<(template::Home<'a>, String)>,
    /// The template that is looked at is inline, and its names are looked at with its step.
    names_are_the_steps: bool,
    /// How many calls of templates are being followed.
    calls: usize,
    findings: Vec<Finding>,
    lost: Lost<'a>,
    /// What was said already, without the words before it: a template reached on two ways is blamed once.
    said: BTreeSet<(String, String)>,
}

impl<'a> Checker<'a> {
    fn new(library: &'a dyn Library, situation: Situation, document: &'a spec::Document) -> Checker<'a> {
        let metadata = document.object.metadata();
        let namespace = metadata.map(|metadata| metadata.namespace.clone()).unwrap_or_default();
        Checker {
            library,
            situation,
            namespace,
            globals: scope::Names::default(),
            values: BTreeMap::new(),
            parameters_come_later: false,
            done: Default::default(),
            names_are_the_steps: false,
            calls: 0,
            findings: Vec::new(),
            lost: Lost::of(document),
            said: Default::default(),
        }
    }

    /// What was found, each at its place.
    fn told(self, document: &spec::Document) -> Vec<spec::Diagnostic> {
        self.findings
            .into_iter()
            .map(|finding| {
                let severity = finding.severity.into();
                let help = finding
                    .help
                    .or_else(|| advice::of_placeholders(&finding.message))
                    .or_else(|| advice::of(finding.code).map(str::to_owned));
                document.places.diagnostic(severity, finding.code, &finding.path, finding.message, help)
            })
            .collect()
    }

    /// The candidate that was probably meant, as help.
    fn suggest<'c>(&self, name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<String> {
        if self.findings.len() >= SUGGESTIONS_MAX {
            return None;
        }
        spec::similar(name, candidates).map(|known| format!("did you mean `{known}`?"))
    }

    fn error(&mut self, site: &Site, code: &'static str, message: String) {
        self.error_with_help(site, code, message, None);
    }

    fn error_with_help(&mut self, site: &Site, code: &'static str, message: String, help: Option<String>) {
        self.find(Severity::Error, site, code, message, help);
    }

    /// Whether the place is already known to be wrong.
    fn is_blamed(&self, site: &Site) -> bool {
        self.findings.iter().any(|finding| finding.severity.is_error() && finding.path == site.path())
    }

    /// Warns, unless the same place is already known to be wrong.
    fn warn(&mut self, site: &Site, code: &'static str, message: String, help: Option<String>) {
        if !self.is_blamed(site) {
            self.find(Severity::Warning, site, code, message, help);
        }
    }

    fn find(
        &mut self,
        severity: Severity,
        site: &Site,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) {
        let path = site.path().to_owned();
        if self.lost.explains(code, &path) {
            return;
        }
        if self.findings.len() < FINDINGS_MAX && self.said.insert((path.clone(), message.clone())) {
            self.findings.push(Finding { severity, code, path, message: site.told(&message), help });
        }
    }
}

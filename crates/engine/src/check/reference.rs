//! From a step, a task or a hook to the template it names (`VA-043`, `VA-044`).

use std::rc::Rc;

use tiphys_spec as spec;

use super::argument::Given;
use super::scope::PLACEHOLDER;
use super::site::Site;
use super::template::Home;
use super::{Checker, Situation};

/// What names a template.
#[derive(Clone, Copy)]
pub(super) struct Reference<'a> {
    pub template: &'a str,
    pub template_ref: Option<&'a spec::TemplateRef>,
    pub inline: Option<&'a spec::Template>,
}

impl<'a> Reference<'a> {
    pub(super) fn named(template: &'a str) -> Reference<'a> {
        Reference { template, template_ref: None, inline: None }
    }

    pub(super) fn of(task: &'a spec::Task) -> Reference<'a> {
        Reference {
            template: &task.template,
            template_ref: task.template_ref.as_ref(),
            inline: task.inline.as_deref(),
        }
    }
}

/// A template that was found, and where its names are looked up.
#[derive(Clone)]
pub(super) struct Found<'a> {
    template: Kept<'a>,
    home: Home<'a>,
}

/// Inline templates come out of a text with replaced names and are nobody's but ours.
#[derive(Clone)]
enum Kept<'a> {
    Named(&'a spec::Template),
    Inline(Rc<spec::Template>),
}

impl Found<'_> {
    pub(super) fn template(&self) -> &spec::Template {
        match &self.template {
            Kept::Named(template) => template,
            Kept::Inline(template) => template,
        }
    }
}

/// What a reference leads to.
#[derive(Clone)]
pub(super) enum Called<'a> {
    Found(Found<'a>),
    /// Only known when it runs: the name is made of tags.
    Later,
    /// Nothing, and that is reported.
    Missing,
}

impl<'a> Checker<'a> {
    /// Finds what a reference names and checks it, called with `given`.
    pub(super) fn call(
        &mut self,
        site: &Site,
        reference: Reference<'_>,
        home: Home<'a>,
        given: Given<'_>,
    ) -> Called<'a> {
        let (called, at) = self.look_up(site, reference, home);
        if let Called::Found(found) = &called {
            self.template(&at, found.template(), found.home, given);
        }
        called
    }

    fn look_up(&mut self, site: &Site, reference: Reference<'_>, home: Home<'a>) -> (Called<'a>, Site) {
        if let (Some(inline), true, None) =
            (reference.inline, reference.template.is_empty(), reference.template_ref)
        {
            let found = Found { template: Kept::Inline(Rc::new(inline.clone())), home };
            return (Called::Found(found), site.field("inline"));
        }
        if let Some(template_ref) = reference.template_ref {
            return self.look_up_elsewhere(site, reference.template, template_ref);
        }
        let name = reference.template;
        if name.is_empty() {
            self.error(site, "missing-template", "failed to get a template".to_owned());
            return (Called::Missing, site.clone());
        }
        let Some(index) = home.spec().templates.iter().position(|template| template.name == name) else {
            let known = home.spec().templates.iter().map(|template| template.name.as_str());
            let help = self.suggest(name, known);
            let message = home.undefined(name);
            let at = site.field("template");
            self.error_with_help(&at, "unknown-template", message, help);
            return (Called::Missing, at);
        };
        let at = match home.path() {
            Some(path) if !site.is_fixed() => site.moved_to(format!("{path}.templates[{index}]")),
            _ => site.fixed(),
        };
        (Called::Found(Found { template: Kept::Named(&home.spec().templates[index]), home }), at)
    }

    fn look_up_elsewhere(
        &mut self,
        site: &Site,
        template: &str,
        template_ref: &spec::TemplateRef,
    ) -> (Called<'a>, Site) {
        let at = site.field("templateRef");
        let (name, wanted) = (template_ref.name.as_str(), template_ref.template.as_str());
        let complaints = [
            (!template.is_empty(), "template name cannot be specified with templateRef"),
            (name.is_empty(), "resource name is required"),
            (wanted.is_empty(), "template name is required"),
        ];
        for (_, complaint) in complaints.into_iter().filter(|(is_so, _)| *is_so) {
            self.error(&at, "bad-reference", complaint.to_owned());
        }
        if name.is_empty() || wanted.is_empty() {
            return (Called::Missing, at);
        }
        // A name with tags that nothing stands for yet is known only when it runs.
        if [name, wanted].iter().any(|text| has_tag(text)) {
            return (Called::Later, at);
        }
        let library = self.library;
        let Some(document) = library.find(name, template_ref.cluster_scope) else {
            self.unknown_document(&at.field("name"), name, template_ref.cluster_scope);
            return (Called::Missing, at);
        };
        let home = Home::elsewhere(document, template_ref.cluster_scope);
        match document.spec.template(wanted) {
            Some(template) => (Called::Found(Found { template: Kept::Named(template), home }), at.fixed()),
            None if wanted.contains(PLACEHOLDER) => (Called::Later, at),
            None => {
                let known = document.spec.templates.iter().map(|template| template.name.as_str());
                let help = self.suggest(wanted, known);
                let message = format!("template reference {name}.{wanted} not found");
                self.error_with_help(&at.field("template"), "unknown-template", message, help);
                (Called::Missing, at)
            }
        }
    }

    /// Complains of a document that is not there.
    pub(super) fn unknown_document(&mut self, at: &Site, name: &str, cluster: bool) {
        let message = self.missing(name, cluster);
        let help = self.found_elsewhere(name, cluster);
        self.error_with_help(at, "unknown-document", message, help);
    }

    /// Where a document is that is not there.
    pub(super) fn found_elsewhere(&self, name: &str, cluster: bool) -> Option<String> {
        let elsewhere = self.library.elsewhere(name).filter(|_| !cluster);
        elsewhere.map(|namespace| {
            let named = |namespace: &str| match namespace {
                "" => "no namespace".to_owned(),
                namespace => format!("namespace `{namespace}`"),
            };
            format!(
                "`{name}` is in {}, and what refers to it in {}: give both the same `metadata.namespace`",
                named(namespace),
                named(&self.namespace)
            )
        })
    }

    /// What is said of a document that is not there.
    fn missing(&self, name: &str, cluster: bool) -> String {
        match (self.situation, cluster) {
            (Situation::Lint, true) => format!("couldn't find cluster workflow template \"{name}\""),
            (Situation::Lint, false) => {
                format!("couldn't find workflow template \"{name}\" in namespace \"{}\"", self.namespace)
            }
            (Situation::Create, true) => format!("clusterworkflowtemplates.argoproj.io \"{name}\" not found"),
            (Situation::Create, false) => format!("workflowtemplates.argoproj.io \"{name}\" not found"),
        }
    }
}

/// Text with a simple tag; expressions are taken for words.
fn has_tag(text: &str) -> bool {
    text.replace("{{=", "").contains("{{")
}

//! One template: its type, what it takes in, its body, what it gives out (`VA-042` to `VA-059`).

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::Value;
use tiphys_expr as expr;
use tiphys_spec as spec;
use tiphys_spec::TemplateKind;

use super::argument::Given;
use super::name::Alphabet;
use super::scope::{Names, PLACEHOLDER, replace};
use super::site::Site;
use super::{CALLS_MAX, Checker};
use crate::time::Time;

/// The document whose templates a plain name means (`OB-362`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Home<'a> {
    spec: &'a spec::WorkflowSpec,
    /// Empty for the checked document.
    name: &'a str,
    cluster: bool,
    /// Where its spec stands in the checked document.
    path: Option<&'a str>,
    /// The checked document runs this one whole (`workflowTemplateRef`).
    borrowed: bool,
}

impl<'a> Home<'a> {
    pub(super) fn here(spec: &'a spec::WorkflowSpec, path: &'a str) -> Home<'a> {
        Home { spec, name: "", cluster: false, path: Some(path), borrowed: false }
    }

    pub(super) fn elsewhere(document: &'a spec::WorkflowTemplate, cluster: bool) -> Home<'a> {
        Home { spec: &document.spec, name: &document.metadata.name, cluster, path: None, borrowed: false }
    }

    pub(super) fn borrowed(self) -> Home<'a> {
        Home { borrowed: true, ..self }
    }

    pub(super) fn spec(&self) -> &'a spec::WorkflowSpec {
        self.spec
    }

    /// Whether it is a ClusterWorkflowTemplate that the checked document refers to.
    pub(super) fn is_cluster(&self) -> bool {
        self.cluster
    }

    pub(super) fn path(&self) -> Option<&'a str> {
        self.path
    }

    /// What is said of a template that is not in it.
    pub(super) fn undefined(&self, template: &str) -> String {
        if self.borrowed {
            format!("template reference {}.{template} not found", self.name)
        } else {
            format!("template name '{template}' undefined")
        }
    }

    fn key(&self) -> (&'a str, bool) {
        (self.name, self.cluster)
    }
}

impl PartialEq for Home<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Home<'_> {}

impl PartialOrd for Home<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Home<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<'a> Checker<'a> {
    /// Checks a template as it is called. Its body is checked once for each home and name; inline
    /// templates, which have no name, every time (`VA-007`, `VA-209`).
    pub(super) fn template(
        &mut self,
        site: &Site,
        template: &spec::Template,
        home: Home<'a>,
        given: Given<'_>,
    ) {
        self.retry_policy(site, template);
        self.kind(site, template);
        if template.init_containers.iter().any(|container| text(container, "name").is_empty()) {
            let message = "initContainers must all have container name".to_owned();
            self.error(&site.field("initContainers"), "missing-name", message);
        }
        let mut scope = self.inputs(site, template);
        self.supplied(site, template, given);
        if self.calls >= CALLS_MAX {
            return;
        }
        let first = self.done.insert((home, template.name.clone()));
        let inline = template.name.is_empty();
        if !first && !inline {
            return;
        }
        // The names of an inline body are those of its step, with which it is looked at; only the first must know them
        // by itself (VA-007, VA-120).
        let names_are_the_steps = std::mem::replace(&mut self.names_are_the_steps, inline && !first);
        self.local_names(template, &mut scope);
        let substituted = self.substitute(site, template, given);
        if template.kinds().len() == 1 {
            self.timeouts(site, &substituted);
        }
        self.calls += 1;
        self.bodies(site, &substituted, home, &mut scope);
        self.calls -= 1;
        self.outputs(site, template, &substituted, &scope);
        self.location(
            &site.field("archiveLocation"),
            &format!("templates.{}.archiveLocation", template.name),
            substituted.archive_location.as_ref(),
        );
        self.metrics(site, &substituted);
        self.names_are_the_steps = names_are_the_steps;
    }

    /// What more is said of a template that is called with these arguments.
    pub(super) fn called_with(
        &mut self,
        site: &Site,
        template: &spec::Template,
        arguments: &spec::Arguments,
    ) {
        let given = Given::Arguments(arguments);
        self.supplied(site, template, given);
        if template.timeout.contains("{{") {
            let called = self.substitute(site, template, given);
            self.timeouts(&site.fixed(), &called);
        }
    }

    /// Each body the template has; with more than one, those that call others (the rest would contradict).
    fn bodies(&mut self, site: &Site, template: &spec::Template, home: Home<'a>, scope: &mut Names) {
        if !template.steps.is_empty() {
            self.steps(site, template, home, scope);
        }
        if template.dag.is_some() {
            self.dag(site, template, home, scope);
        }
        let calls = !template.steps.is_empty() || template.dag.is_some();
        if !calls && template.kind().is_some() {
            self.leaf(site, template, home, scope);
        }
    }

    fn retry_policy(&mut self, site: &Site, template: &spec::Template) {
        let Some(strategy) = &template.retry_strategy else { return };
        let policy = strategy.retry_policy.as_str();
        let known = ["", "Always", "OnFailure", "OnError", "OnTransientError"];
        if known.contains(&policy) {
            return;
        }
        let at = site.field("retryStrategy").field("retryPolicy");
        let help = self.suggest(policy, known.into_iter());
        self.error_with_help(&at, "not-a-choice", format!("{policy} is not a valid RetryPolicy"), help);
    }

    fn kind(&mut self, site: &Site, template: &spec::Template) {
        let name = &template.name;
        match template.kinds().len() {
            0 => {
                let message = format!("template '{name}' type is unknown");
                let help = Some("give it one of container, script, steps, dag, suspend, …".to_owned());
                self.error_with_help(site, "no-type", message, help);
            }
            1 => {}
            _ => {
                let message = format!(
                    "templates.{name} multiple template types specified. choose one of: container, containerSet, \
                     steps, script, resource, dag, suspend, template, template ref"
                );
                self.error(site, "two-types", message);
            }
        }
    }

    /// Checks what a template takes in; the names that its inputs give.
    fn inputs(&mut self, site: &Site, template: &spec::Template) -> Names {
        let words = format!("templates.{}.inputs", template.name);
        let site = site.field("inputs");
        let (parameters, artifacts) = (&template.inputs.parameters, &template.inputs.artifacts);
        let names = parameters.iter().map(|parameter| parameter.name.as_str());
        self.names(&site.field("parameters"), &format!("{words}.parameters"), Alphabet::Parameter, names);
        let names = artifacts.iter().map(|artifact| artifact.name.as_str());
        self.names(&site.field("artifacts"), &format!("{words}.artifacts"), Alphabet::Parameter, names);
        let mut scope = Names::default();
        scope.add("inputs.parameters");
        for parameter in parameters {
            scope.add(format!("inputs.parameters.{}", parameter.name));
        }
        for (index, artifact) in artifacts.iter().enumerate() {
            let at = site.field("artifacts").index(index);
            let words = format!("{words}.artifacts.{}", artifact.name);
            scope.add(format!("inputs.artifacts.{}", artifact.name));
            if template.is_leaf() {
                self.artifact_path(&at, &words, artifact);
                scope.add(format!("inputs.artifacts.{}.path", artifact.name));
            } else if template.kind().is_none() {
                // What such an artifact needs depends on the type that is missing.
                scope.add(format!("inputs.artifacts.{}.path", artifact.name));
            } else if !artifact.path.is_empty() {
                let message = format!("{words}.path only valid in container/script templates");
                self.error(&at.field("path"), "misplaced-field", message);
            }
            if !artifact.from.is_empty() {
                self.error(&at.field("from"), "misplaced-field", format!("{words}.from not valid in inputs"));
            }
            self.location(&at, &words, Some(&artifact.location));
        }
        scope
    }

    fn local_names(&self, template: &spec::Template, scope: &mut Names) {
        if template.is_pod() {
            scope.add("pod.name");
        }
        if template.is_leaf() {
            for artifact in template.outputs.artifacts.iter().filter(|artifact| !artifact.path.is_empty()) {
                scope.add(format!("outputs.artifacts.{}.path", artifact.name));
            }
            for parameter in &template.outputs.parameters {
                scope.add(format!("outputs.parameters.{}.path", parameter.name));
            }
        }
    }

    /// The template as it is called, with the known names replaced by what they stand for (`VA-008`).
    fn substitute(&mut self, site: &Site, template: &spec::Template, given: Given<'_>) -> spec::Template {
        let mut called = template.clone();
        called.inputs = given.fill(&template.inputs);
        let Ok(mut value) = serde_json::to_value(&called) else { return called };
        self.closed(site, &format!("templates.{}", template.name), &value);
        // The inputs have tags of their own, so they are known only after what is known everywhere (TP-047, TP-048).
        let first = Known { checker: self, called: &called, inputs: None };
        replace(&mut value, &|tag| first.replacement(tag));
        let Ok(inputs) = spec::Inputs::deserialize(&value["inputs"]) else { return called };
        let second = Known { checker: self, called: &called, inputs: Some(&inputs) };
        replace(&mut value, &|tag| second.replacement(tag));
        // Where a text became something its field cannot hold, the template stays as written.
        serde_json::from_value(value).unwrap_or(called)
    }

    fn timeouts(&mut self, site: &Site, template: &spec::Template) {
        let kind = template.kind().map_or("", TemplateKind::name);
        if !template.timeout.is_empty() {
            let at = site.field("timeout");
            if !template.is_leaf() {
                let message = format!("{kind} template doesn't support timeout field");
                self.error(&at, "misplaced-field", message);
            } else if template.timeout.parse::<i64>().is_ok() {
                let message = format!("{} has invalid duration format in timeout", template.name);
                let help = Some(format!("write a unit: `{}s`", template.timeout));
                self.error_with_help(&at, "bad-duration", message, help);
            }
        }
        if !template.pending_timeout.is_empty() && !template.is_leaf() {
            let message = format!("{kind} template doesn't support pendingTimeout field");
            self.error(&site.field("pendingTimeout"), "misplaced-field", message);
        }
    }

    /// Fields that make no sense in steps and dags.
    pub(super) fn not_a_leaf(&mut self, site: &Site, template: &spec::Template) {
        if template.active_deadline_seconds.is_some() {
            let message =
                format!("templates.{}.activeDeadlineSeconds is only valid for leaf templates", template.name);
            self.error(&site.field("activeDeadlineSeconds"), "misplaced-field", message);
        }
    }
}

/// What a template with a retry strategy knows of its attempts.
const OF_ATTEMPTS: [&str; 5] =
    ["retries", "lastRetry.exitCode", "lastRetry.status", "lastRetry.duration", "lastRetry.message"];

/// What stands for the names that a template sees as it is called.
struct Known<'k, 'a> {
    checker: &'k Checker<'a>,
    called: &'k spec::Template,
    /// What it takes in, once that is known.
    inputs: Option<&'k spec::Inputs>,
}

impl Known<'_, '_> {
    /// What stands for a tag; none if it stays as it is.
    fn replacement(&self, tag: &str) -> Option<String> {
        if !tag.starts_with('=') {
            return self.value(tag.trim());
        }
        let tag = format!("{{{{{tag}}}}}");
        let world = expr::World { now: Time(0).timestamp(), seed: 0 };
        expr::render(&tag, self, expr::Mode::Lenient, &world).ok().filter(|rendered| *rendered != tag)
    }

    fn value(&self, name: &str) -> Option<String> {
        let valued = |input: &spec::Parameter| input.value.clone().unwrap_or_else(|| PLACEHOLDER.to_owned());
        if let Some(parameter) = name.strip_prefix("inputs.parameters.") {
            return Some(valued(self.inputs?.parameter(parameter)?));
        }
        if name == "inputs.parameters" {
            let inputs = self.inputs?.parameters.iter();
            let list: Vec<spec::Parameter> =
                inputs.map(|input| spec::Parameter { value: Some(valued(input)), ..input.clone() }).collect();
            let json = serde_json::to_string(&list).ok()?;
            return Some(if list.is_empty() { "null".to_owned() } else { expr::escape_html_json(&json) });
        }
        let is_own = match name {
            "pod.name" => self.called.is_pod(),
            _ => self.called.retry_strategy.is_some() && OF_ATTEMPTS.contains(&name),
        };
        let is_known = || is_own || self.checker.globals.has(name);
        self.checker.values.get(name).cloned().or_else(|| is_known().then(|| PLACEHOLDER.to_owned()))
    }
}

/// For expressions.
impl expr::Scope for Known<'_, '_> {
    fn get(&self, name: &str) -> Option<expr::Bound<'_>> {
        self.value(name).map(|value| expr::Bound::Text(value.into()))
    }

    fn visit<'s>(&'s self, root: &str, visit: &mut dyn FnMut(&str, expr::Bound<'s>)) {
        let below = format!("{root}.");
        let inputs = self.inputs.into_iter().flat_map(|inputs| &inputs.parameters);
        let inputs = inputs.map(|parameter| format!("inputs.parameters.{}", parameter.name));
        let globals = self.checker.globals.below("").map(str::to_owned);
        let own = ["pod.name"].into_iter().chain(OF_ATTEMPTS).map(str::to_owned);
        let names: BTreeSet<String> = inputs.chain(globals).chain(own).collect();
        for name in names.iter().filter(|name| root.is_empty() || *name == root || name.starts_with(&below)) {
            if let Some(bound) = self.get(name) {
                visit(name, bound);
            }
        }
    }
}

/// A text member of a plain body; empty if it is not there.
pub(super) fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

//! Steps: names, calls, and what each may mention (`VA-045`, `VA-122`).

use tiphys_spec as spec;
use tiphys_spec::TemplateKind;

use super::Checker;
use super::argument::Given;
use super::name::Alphabet;
use super::reference::{Called, Reference};
use super::scope::{Names, has_variable};
use super::site::Site;
use super::template::Home;

impl<'a> Checker<'a> {
    pub(super) fn steps(
        &mut self,
        site: &Site,
        template: &spec::Template,
        home: Home<'a>,
        scope: &mut Names,
    ) {
        self.not_a_leaf(site, template);
        let mut names = std::collections::BTreeSet::new();
        for (group, steps) in template.steps.iter().enumerate() {
            for (index, step) in steps.iter().enumerate() {
                let at = site.field("steps").index(group).index(index);
                self.step_name(&at, template, group, step, &mut names);
                self.step(&at, template, home, group, step, scope);
            }
        }
    }

    fn step_name<'t>(
        &mut self,
        at: &Site,
        template: &spec::Template,
        group: usize,
        step: &'t spec::Task,
        names: &mut std::collections::BTreeSet<&'t str>,
    ) {
        let words = format!("templates.{}.steps[{group}].name", template.name);
        let name = step.name.as_str();
        if name.is_empty() {
            self.error(at, "missing-name", format!("{words} is required"));
        } else if !names.insert(name) {
            self.error(&at.field("name"), "doubled-name", format!("{words} '{name}' is not unique"));
        } else if let Some(complaint) = Alphabet::Template.complaint(name) {
            self.error(&at.field("name"), "bad-name", format!("{words} '{name}' is invalid: {complaint}"));
        }
    }

    fn step(
        &mut self,
        at: &Site,
        template: &spec::Template,
        home: Home<'a>,
        group: usize,
        step: &spec::Task,
        scope: &mut Names,
    ) {
        let words = format!("templates.{}.steps[{group}].{}", template.name, step.name);
        let prefix = format!("steps.{}", step.name);
        scope.add(format!("{prefix}.status"));
        let told = at.told_as(&words);
        self.loops(&told, step, scope);
        self.hooks(at, &words, step);
        self.arguments(&at.field("arguments"), &format!("{words}.arguments."), &step.arguments, false);
        let found = self.call(&told, Reference::of(step), home, Given::Everything);
        if step.hooks.contains_key("exit") {
            self.call_names(&found, &prefix, scope, None);
        }
        let own = Names::of_inline(step);
        self.resolve(at, &format!("templates.{}.steps", template.name), &[&own, scope], step);
        self.call_names(&found, &prefix, scope, Some(step));
        if let Called::Found(found) = found {
            self.called_with(&told.field("arguments"), found.template(), &step.arguments);
        }
    }

    /// Hooks other than the exit hook need an expression (`VA-047`).
    pub(super) fn hooks(&mut self, at: &Site, words: &str, step: &spec::Task) {
        for (name, hook) in &step.hooks {
            if name != "exit" && hook.expression.is_empty() {
                let message = format!("{words}.{name} Expression required");
                self.error(&at.field("hooks").field(name), "missing-field", message);
            }
        }
    }

    /// One loop at most, and the names its items give (`VA-045`, `VA-046`, `VA-127`).
    pub(super) fn loops(&mut self, at: &Site, step: &spec::Task, scope: &mut Names) {
        let defined =
            [!step.with_items.is_empty(), !step.with_param.is_empty(), step.with_sequence.is_some()];
        if defined.iter().filter(|defined| **defined).count() > 1 {
            let message = "only one of withItems, withParam, withSequence can be specified".to_owned();
            self.error(at, "two-loops", message);
        }
        for item in &step.with_items {
            scope.add("item");
            match item.value() {
                serde_json::Value::Object(members) => {
                    members.keys().for_each(|key| scope.add(format!("item.{key}")));
                }
                serde_json::Value::Array(members) => {
                    (0..members.len()).for_each(|at| scope.add(format!("item.[{at}]")));
                }
                _ => {}
            }
        }
        if !step.with_param.is_empty() {
            scope.add("item");
            scope.any_item = true;
        }
        if let Some(sequence) = &step.with_sequence {
            if sequence.count.is_some() && sequence.end.is_some() {
                let message = "only one of count or end can be defined in withSequence".to_owned();
                self.error(&at.field("withSequence"), "two-loops", message);
            }
            scope.add("item");
        }
    }

    /// The names that a call of a template gives to those after it (`VA-121` to `VA-128`).
    ///
    /// With the task itself given, a loop also gives the lists of what its expansions gave.
    pub(super) fn call_names(
        &mut self,
        called: &Called<'_>,
        prefix: &str,
        scope: &mut Names,
        task: Option<&spec::Task>,
    ) {
        for field in ["id", "startedAt", "finishedAt", "hostNodeName"] {
            scope.add(format!("{prefix}.{field}"));
        }
        let template = match called {
            Called::Found(found) => found.template(),
            Called::Later => return,
            Called::Missing => {
                scope.doubt(format!("{prefix}."));
                return;
            }
        };
        if template.daemon == Some(true) {
            scope.add(format!("{prefix}.ip"));
        }
        if template.has_result() {
            scope.add(format!("{prefix}.outputs.result"));
            scope.add(format!("{prefix}.exitCode"));
        }
        for parameter in &template.outputs.parameters {
            scope.add(format!("{prefix}.outputs.parameters.{}", parameter.name));
            if self.export("parameters", &parameter.global_name) {
                scope.any_parameter = true;
            }
        }
        for artifact in &template.outputs.artifacts {
            scope.add(format!("{prefix}.outputs.artifacts.{}", artifact.name));
            if self.export("artifacts", &artifact.global_name) {
                scope.any_artifact = true;
            }
        }
        let is_list = task.is_some_and(|task| !task.with_items.is_empty() || !task.with_param.is_empty());
        if is_list {
            scope.add(format!("{prefix}.outputs.parameters"));
            if matches!(template.kind(), Some(TemplateKind::Script | TemplateKind::ContainerSet)) {
                scope.add(format!("{prefix}.outputs.result"));
                scope.add(format!("{prefix}.exitCode"));
            }
        }
    }

    /// A name for the whole workflow. With a tag in it, any name may be meant, but only where the call stands (VA-128).
    fn export(&mut self, list: &str, name: &str) -> bool {
        let is_open = has_variable(name);
        if !name.is_empty() && !is_open {
            self.globals.add(format!("workflow.outputs.{list}.{name}"));
        }
        is_open
    }
}

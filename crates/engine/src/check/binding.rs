//! Event bindings: expressions that can be read, and a template that is there.

use super::Checker;
use super::site::Site;
use tiphys_expr as expr;
use tiphys_spec as spec;

impl Checker<'_> {
    /// Argo keeps a binding whatever it says; one that cannot be read turns every event of its namespace into a fault
    /// (`AUTH-072`, `AUTH-074`).
    pub(super) fn binding(&mut self, binding: &spec::WorkflowEventBindingSpec) {
        let site = Site::new("spec");
        let selector = &binding.event.selector;
        let at = site.field("event").field("selector");
        if selector.trim().is_empty() {
            self.error(&at, "no-selector", "no event is chosen: a `selector` is missing".to_owned());
        }
        self.plain_expression(&at, selector);
        let Some(submit) = &binding.submit else { return };
        let site = site.field("submit");
        if let Some(metadata) = &submit.metadata {
            let at = site.field("metadata");
            self.plain_expression(&at.field("name"), &metadata.name);
            self.plain_expression(&at.field("generateName"), &metadata.generate_name);
            for (field, map) in [("labels", &metadata.labels), ("annotations", &metadata.annotations)] {
                let at = at.field(field);
                map.iter().for_each(|(key, value)| self.plain_expression(&at.field(key), value));
            }
        }
        let given = submit.arguments.iter().flat_map(|arguments| &arguments.parameters);
        for (index, parameter) in given.enumerate() {
            let at =
                site.field("arguments").field("parameters").index(index).field("valueFrom").field("event");
            parameter.value_from.iter().for_each(|from| self.plain_expression(&at, &from.event));
        }
        self.submitted(&site.field("workflowTemplateRef"), &submit.workflow_template_ref);
    }

    /// One that is missing is told in other words.
    fn plain_expression(&mut self, at: &Site, expression: &str) {
        if !expression.trim().is_empty()
            && let Err(error) = expr::check_syntax(expression)
        {
            let message = format!("`{expression}` is no expression: {error}");
            self.error(at, "expression-syntax", message);
        }
    }

    /// The template may come later, but who looks at both together sees that it is not there.
    fn submitted(&mut self, at: &Site, wanted: &spec::WorkflowTemplateRef) {
        let (name, cluster) = (&wanted.name, wanted.cluster_scope);
        if !name.is_empty() && self.library.is_told() && self.library.find(name, cluster).is_none() {
            let kind = if cluster { "ClusterWorkflowTemplate" } else { "WorkflowTemplate" };
            let message = format!("there is no {kind} `{name}`: an event that this chooses cannot run it");
            let help = self.found_elsewhere(name, cluster);
            self.warn(&at.field("name"), "unknown-document", message, help);
        }
    }
}

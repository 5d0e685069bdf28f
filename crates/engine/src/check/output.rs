//! What a template gives out (`VA-077` to `VA-079`).

use tiphys_spec as spec;
use tiphys_spec::TemplateKind;

use super::Checker;
use super::name::Alphabet;
use super::scope::{Names, has_variable};
use super::site::Site;

impl Checker<'_> {
    pub(super) fn outputs(
        &mut self,
        site: &Site,
        template: &spec::Template,
        substituted: &spec::Template,
        scope: &Names,
    ) {
        let words = format!("templates.{}.outputs", template.name);
        let site = site.field("outputs");
        let (parameters, artifacts) = (&substituted.outputs.parameters, &substituted.outputs.artifacts);
        let names = parameters.iter().map(|parameter| parameter.name.as_str());
        self.names(&site.field("parameters"), &format!("{words}.parameters "), Alphabet::Parameter, names);
        let names = artifacts.iter().map(|artifact| artifact.name.as_str());
        self.names(&site.field("artifacts"), &format!("{words}.artifacts "), Alphabet::Parameter, names);
        if !template.is_leaf() {
            self.resolve(&site, &words, &[scope], &substituted.outputs);
        }
        for (index, artifact) in artifacts.iter().enumerate() {
            let at = site.field("artifacts").index(index);
            let words = format!("{words}.artifacts.{}", artifact.name);
            if template.is_leaf() {
                self.artifact_path(&at, &words, artifact);
            } else if !artifact.path.is_empty() {
                let message = format!("{words}.path only valid in container/script templates");
                self.error(&at.field("path"), "misplaced-field", message);
            }
            self.global_name(&at, &words, &artifact.global_name);
        }
        for (index, parameter) in parameters.iter().enumerate() {
            let at = site.field("parameters").index(index);
            let words = format!("{words}.parameters.{}", parameter.name);
            self.output_parameter(&at, &words, parameter, template.kind());
            self.global_name(&at, &words, &parameter.global_name);
        }
    }

    fn output_parameter(
        &mut self,
        at: &Site,
        words: &str,
        parameter: &spec::Parameter,
        kind: Option<TemplateKind>,
    ) {
        let Some(from) = &parameter.value_from else {
            if parameter.value.is_none() {
                let message = format!("{words} does not have valueFrom or value specified");
                self.error(at, "missing-value", message);
            }
            return;
        };
        let at = at.field("valueFrom");
        if parameter.value.is_some() {
            let message = format!("{words} has both valueFrom and value specified, choose one");
            self.error(&at, "two-sources", message);
        }
        let texts = [&from.path, &from.jq_filter, &from.json_path, &from.parameter, &from.expression];
        let sources =
            texts.iter().filter(|source| !source.is_empty()).count() + usize::from(from.supplied.is_some());
        if sources == 0 {
            let message = "valueFrom type unspecified. choose one of: path, jqFilter, jsonPath, parameter, raw, expression";
            self.error(&at, "missing-source", message.to_owned());
            return;
        }
        if sources > 1 {
            let message =
                "multiple valueFrom types specified. choose one of: path, jqFilter, jsonPath, parameter, raw";
            self.error(&at, "two-sources", message.to_owned());
            return;
        }
        let Some(kind) = kind else { return };
        let (missing, what) = match kind {
            TemplateKind::Container | TemplateKind::ContainerSet | TemplateKind::Script => {
                (from.path.is_empty(), ".path")
            }
            TemplateKind::Resource => {
                (from.jq_filter.is_empty() && from.json_path.is_empty(), " .jqFilter or jsonPath")
            }
            TemplateKind::Steps | TemplateKind::Dag => {
                (from.parameter.is_empty() && from.expression.is_empty(), ".parameter or expression")
            }
            _ => (false, ""),
        };
        if missing {
            let message = format!("{words}{what} must be specified for {} templates", kind.name());
            self.error(&at, "bad-source", message);
        }
    }

    fn global_name(&mut self, at: &Site, words: &str, name: &str) {
        // What is no variable Argo takes for a part of the name.
        if has_variable(name) {
            return;
        }
        if let Some(complaint) = Alphabet::Parameter.complaint(name) {
            self.error(&at.field("globalName"), "bad-name", format!("{words}.globalName: {complaint}"));
        }
    }
}

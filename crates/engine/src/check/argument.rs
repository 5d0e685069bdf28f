//! Arguments: what is handed over must have a value (`VA-070` to `VA-074`).

use tiphys_spec as spec;

use super::Checker;
use super::name::Alphabet;
use super::scope::PLACEHOLDER;
use super::site::Site;

/// What a template is called with.
#[derive(Clone, Copy)]
pub(super) enum Given<'g> {
    /// Anything it asks for.
    Everything,
    /// These.
    Arguments(&'g spec::Arguments),
}

impl Given<'_> {
    /// Whether an input gets a value: an argument takes the place of all that the input says itself, also if it has
    /// none (`VA-074`).
    fn supplies(&self, input: &spec::Parameter) -> bool {
        let is_read = |from: &spec::ValueFrom| from.config_map_key_ref.is_some();
        let has_value =
            |it: &spec::Parameter| it.value.is_some() || it.value_from.as_ref().is_some_and(is_read);
        match self {
            Given::Everything => true,
            Given::Arguments(arguments) => match arguments.parameter(&input.name) {
                Some(argument) => has_value(argument),
                None => has_value(input) || input.default.is_some(),
            },
        }
    }

    /// The inputs of a template with what is given in their place (`PA-020`, `PA-181`).
    pub(super) fn fill(&self, inputs: &spec::Inputs) -> spec::Inputs {
        let mut filled = inputs.clone();
        for parameter in &mut filled.parameters {
            match self {
                Given::Everything => {
                    parameter.value = Some(PLACEHOLDER.to_owned());
                    parameter.value_from = None;
                }
                Given::Arguments(arguments) => match arguments.parameter(&parameter.name) {
                    Some(argument) => {
                        parameter.value.clone_from(&argument.value);
                        parameter.value_from.clone_from(&argument.value_from);
                    }
                    None => parameter.value = parameter.value.take().or_else(|| parameter.default.clone()),
                },
            }
        }
        for artifact in &mut filled.artifacts {
            let given = match self {
                Given::Everything => {
                    spec::Artifact { name: artifact.name.clone(), ..spec::Artifact::default() }
                }
                Given::Arguments(arguments) => match arguments.artifact(&artifact.name) {
                    Some(argument) => argument.clone(),
                    None => continue,
                },
            };
            let declared = std::mem::replace(artifact, given);
            artifact.path = declared.path;
            artifact.mode = declared.mode;
            artifact.recurse_mode = declared.recurse_mode;
        }
        filled
    }

    pub(super) fn has_artifact(&self, name: &str) -> bool {
        match self {
            Given::Everything => true,
            Given::Arguments(arguments) => arguments.artifact(name).is_some(),
        }
    }
}

impl Checker<'_> {
    /// Checks arguments. `words` is how Argo calls them, with a dot at the end.
    pub(super) fn arguments(
        &mut self,
        site: &Site,
        words: &str,
        arguments: &spec::Arguments,
        may_lack_values: bool,
    ) {
        let names = |list: &'static str| format!("{words}{list}");
        let parameters = arguments.parameters.iter().map(|parameter| parameter.name.as_str());
        self.names(&site.field("parameters"), &names("parameters"), Alphabet::Parameter, parameters);
        let artifacts = arguments.artifacts.iter().map(|artifact| artifact.name.as_str());
        self.names(&site.field("artifacts"), &names("artifacts"), Alphabet::Parameter, artifacts);
        for (index, parameter) in arguments.parameters.iter().enumerate() {
            let at = site.field("parameters").index(index);
            self.argument(&at, words, parameter, may_lack_values);
            if may_lack_values && parameter.value.is_none() && !parameter.choices.is_empty() {
                // Whoever still has to choose is asked for nothing else (`VA-072`).
                return;
            }
        }
        for (index, artifact) in arguments.artifacts.iter().enumerate() {
            let at = site.field("artifacts").index(index);
            let name = &artifact.name;
            let located = artifact.location.is_complete() || !artifact.location.key().is_empty();
            if artifact.from.is_empty() && !located {
                let message = format!("{words}{name}.from, artifact location, or key is required");
                self.error(&at, "missing-source", message);
            }
            if !artifact.from.is_empty() && !artifact.from_expression.is_empty() {
                let message =
                    format!("{words}{name} shouldn't have both `from` and `fromExpression` in Artifact");
                self.error(&at.field("fromExpression"), "two-sources", message);
            }
        }
    }

    fn argument(&mut self, at: &Site, words: &str, parameter: &spec::Parameter, may_lack_values: bool) {
        let name = &parameter.name;
        if parameter.value.is_none() && parameter.value_from.is_none() && !may_lack_values {
            let message = format!("{words}{name}.value or {words}{name}.valueFrom is required");
            self.error(at, "missing-value", message);
            return;
        }
        if let Some(from) = &parameter.value_from {
            let allowed =
                from.config_map_key_ref.is_some() || !from.event.is_empty() || from.supplied.is_some();
            let refused = [&from.path, &from.json_path, &from.parameter, &from.expression];
            if !allowed || refused.iter().any(|source| !source.is_empty()) {
                let message =
                    format!("{words}{name}.valueFrom only allows: default, configMapKeyRef and supplied");
                self.error(&at.field("valueFrom"), "bad-source", message);
            }
        }
        if parameter.choices.is_empty() {
            return;
        }
        if parameter.value.is_none() && !may_lack_values {
            self.error(at, "missing-value", format!("{words}{name}.value is required"));
            return;
        }
        match &parameter.value {
            Some(value) if parameter.choices.contains(value) => {}
            None if may_lack_values => {}
            found => {
                let message = format!("{words}{name}.value should be present in {words}{name}.enum list");
                let choices = parameter.choices.iter().map(String::as_str);
                let help = found.as_ref().and_then(|value| spec::similar(value, choices));
                let help = help.map(|choice| format!("did you mean `{choice}`?"));
                self.error_with_help(&at.field("value"), "not-a-choice", message, help);
            }
        }
    }

    /// A template must get everything it asks for (`VA-074`).
    pub(super) fn supplied(&mut self, site: &Site, template: &spec::Template, given: Given<'_>) {
        let name = &template.name;
        for input in &template.inputs.parameters {
            if !given.supplies(input) {
                let message = format!("templates.{name} inputs.parameters.{} was not supplied", input.name);
                self.error(site, "missing-argument", message);
            }
        }
        for input in &template.inputs.artifacts {
            let located = input.location.is_complete() || !input.location.key().is_empty();
            if !located && !input.optional && !given.has_artifact(&input.name) {
                let message = format!("templates.{name} inputs.artifacts.{} was not supplied", input.name);
                self.error(site, "missing-argument", message);
            }
        }
    }
}

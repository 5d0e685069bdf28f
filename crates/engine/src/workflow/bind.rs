//! Which values a node is given: the arguments of whoever enters it, and the inputs they become.

use super::enter::Entry;
use super::handle::Turn;
use super::node::Inputs;
use super::scope::{Own, View};
use crate::plan::{Arguments, ConfigMapSource, Plan, Source, TemplatePlan};
use crate::tree::render_text;
use expr::{Bound, Mode, Scope, TagError, Text, World};
use serde_json::Value;
use std::sync::Arc;
use tiphys_expr as expr;

/// A rendered parameter argument.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    /// A value.
    Value(Arc<str>),
    /// A value of a ConfigMap, to be looked up when the template is entered (PA-020).
    ConfigMap(Box<ConfigMapSource>),
    /// It names an output that explicitly does not exist: the input's default counts (TP-243).
    Absent,
    /// Neither value nor source (PA-022).
    Nothing,
}

/// Rendered arguments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    pub parameters: Vec<(Arc<str>, Given)>,
    pub artifacts: Vec<(Arc<str>, Value)>,
}

/// Why a ConfigMap gives no value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NoValue {
    /// There is no such ConfigMap, or no such key in it.
    NotThere(String),
    /// It is not meant for parameters, or its name cannot be had.
    Unreadable(String),
}

impl NoValue {
    /// The ConfigMap and the reason, in Argo's words.
    pub fn text(self) -> String {
        match self {
            NoValue::NotThere(reason) | NoValue::Unreadable(reason) => reason,
        }
    }
}

/// What a template is entered with.
#[derive(Debug, Default)]
pub(crate) struct Received {
    /// Its inputs.
    pub inputs: Inputs,
    /// An expression that came out only among the inputs themselves, as the tag that the pod is still left with.
    pub late: Option<String>,
}

impl Turn<'_> {
    /// Renders arguments (TP-044, TP-243, PA-183).
    pub(crate) fn arguments(
        &self,
        arguments: &Arguments,
        view: &View<'_>,
        mode: Mode,
    ) -> Result<Args, TagError> {
        let parameters = self.parameter_arguments(arguments, view, mode)?;
        let mut args = Args { parameters, artifacts: Vec::new() };
        self.artifact_arguments(arguments, view, mode, &mut args)?;
        Ok(args)
    }

    /// The parameters among them.
    pub(crate) fn parameter_arguments(
        &self,
        arguments: &Arguments,
        view: &View<'_>,
        mode: Mode,
    ) -> Result<Vec<(Arc<str>, Given)>, TagError> {
        let mut parameters = Vec::with_capacity(arguments.parameters.len());
        for (name, source) in &arguments.parameters {
            let given = match source {
                Source::Nothing => Given::Nothing,
                Source::ConfigMap(source) => {
                    let rendered = |text: &Text| -> Result<Text, TagError> {
                        Ok(Text::parse_open(&self.staged(text, view, mode)?))
                    };
                    Given::ConfigMap(Box::new(ConfigMapSource {
                        name: rendered(&source.name)?,
                        key: rendered(&source.key)?,
                        default: source.default.clone(),
                    }))
                }
                Source::Text(text) if text.is_literal() => Given::Value(text.as_str().into()),
                Source::Text(text) => match text.sole_tag().and_then(|tag| view.get(tag)) {
                    Some(Bound::Absent) => Given::Absent,
                    Some(Bound::Text(value)) if !value.contains("{{") => Given::Value((&*value).into()),
                    _ => Given::Value(self.staged(text, view, mode)?.into()),
                },
            };
            parameters.push((name.clone(), given));
        }
        Ok(parameters)
    }

    fn artifact_arguments(
        &self,
        arguments: &Arguments,
        view: &View<'_>,
        mode: Mode,
        args: &mut Args,
    ) -> Result<(), TagError> {
        for argument in &arguments.artifacts {
            match self.artifact_argument(argument, view, mode) {
                Ok(Some(artifact)) => args.artifacts.push((argument.name.clone(), artifact)),
                Ok(None) => {}
                Err(_) if argument.optional => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn artifact_argument(
        &self,
        argument: &crate::plan::ArtifactArgument,
        view: &View<'_>,
        mode: Mode,
    ) -> Result<Option<Value>, TagError> {
        let failed = |message: String| TagError::Failed { message };
        let found = if let Some(from) = &argument.from {
            // The name itself may hold tags (`…artifacts.{{item}}`); what is left is one tag that names an artifact.
            let rendered = render_text(from, view, Mode::Lenient, &self.world(0))?;
            let name = rendered.trim().trim_start_matches("{{").trim_end_matches("}}").trim().to_owned();
            match view.get(&name) {
                Some(Bound::Json(value)) => value.into_owned(),
                Some(_) => return Err(failed(format!("Variable {{{{{name}}}}} is not an artifact"))),
                None => return Err(failed(format!("Unable to resolve: \"{name}\""))),
            }
        } else if let Some(expression) = &argument.from_expression {
            let expression = render_text(expression, view, Mode::Lenient, &self.world(0))?;
            let value = expr::evaluate(&expression, &view.evaluated(), &self.world(0))
                .map_err(|error| failed(error.to_string()))?;
            match value.to_json_value() {
                Ok(value @ Value::Object(_)) => value,
                _ => return Err(failed(format!("Variable {{{{{expression}}}}} is not an artifact"))),
            }
        } else {
            return argument.doc.render(view, mode, &self.world(0)).map(Some);
        };
        if argument.optional && location(&found).is_none() {
            // The empty artifact of a skipped step; the recommended reading of TP-242 drops it.
            return Ok(None);
        }
        let mut found = found;
        if let Some(sub_path) = &argument.sub_path {
            let sub_path = render_text(sub_path, view, mode, &self.world(0))?;
            append_key(&mut found, &sub_path).map_err(failed)?;
        }
        Ok(Some(found))
    }

    /// Renders a text of a step or task. Argo has passed over the template before, when it was entered, and over the
    /// step before its items were known: an expression that comes out there keeps what it came to, and tags that a value
    /// brings are looked at by those who come later, not by the pass that brings them (TP-006, TP-041, TP-044).
    pub(crate) fn staged(&self, text: &Text, view: &View<'_>, mode: Mode) -> Result<String, TagError> {
        let world = self.world(0);
        let Some((frame, _)) = view.frame else { return render_text(text, view, mode, &world) };
        if text.is_literal() {
            return Ok(text.as_str().to_owned());
        }
        // Where nothing is left to be replaced, it does not matter which pass has done it.
        if !text.as_str().contains("{{=")
            && let Ok(rendered) = text.render(view, mode, &world)
            && !rendered.has_tags
        {
            return Ok(rendered.text);
        }
        let body = self.run.view_of(self.run.frames[frame as usize].node, self.now);
        let mut staged = passed_over(text, &View { template: None, ..body }, Mode::Lenient, &world)?;
        staged = passed_over(&staged, &body, Mode::Lenient, &world)?;
        if view.item.is_some() {
            let before = View { item: None, ..*view };
            staged = passed_over(&staged, &before, Mode::PrefixStrict, &world)?;
        }
        Ok(staged.render(view, mode, &world)?.text)
    }

    /// A value of a ConfigMap (PA-045).
    pub(crate) fn config_value(&self, source: &ConfigMapSource) -> Result<String, NoValue> {
        let view = View::global(self.run, self.now);
        let render = |text: &Text| {
            render_text(text, &view, Mode::FullStrict, &self.world(0))
                .map_err(|error| NoValue::Unreadable(error.to_string()))
        };
        let (name, key) = (render(&source.name)?, render(&source.key)?);
        config_map_value(&self.run.plan, &name, &key)
    }

    /// The same for an input: what is not there gives way to the default, other troubles do not (PA-045, PA-401).
    fn config_input(&self, input: &str, source: &ConfigMapSource) -> Result<String, String> {
        match (self.config_value(source), &source.default) {
            (Ok(value), _) => Ok(value),
            (Err(NoValue::NotThere(_)), Some(default)) => Ok(default.clone()),
            (Err(reason), _) => {
                Err(format!("unable to retrieve inputs.parameters.{input} from ConfigMap: {}", reason.text()))
            }
        }
    }

    /// Final input values (PA-020 to PA-027, PA-180 to PA-185).
    pub(crate) fn bind(&self, template: &TemplatePlan, entry: &Entry) -> Result<Received, String> {
        if template.parameters.is_empty() && template.artifacts.is_empty() {
            return Ok(Received::default());
        }
        let own = View {
            own: Some(Own::At(entry.owner, &entry.site, entry.template)),
            ..View::global(self.run, self.now)
        };
        let world = self.world(0);
        let lenient = |text: &str, view: &View<'_>| -> Result<Arc<str>, String> {
            if !text.contains("{{") {
                return Ok(text.into());
            }
            let rendered = Text::parse_open(text).render(view, Mode::Lenient, &world);
            rendered.map(|rendered| rendered.text.into()).map_err(|error| error.to_string())
        };
        let mut inputs = Inputs::default();
        for declared in &template.parameters {
            let name = &declared.name;
            let given = entry.args.parameters.iter().find(|(given, _)| given == name).map(|(_, given)| given);
            let own_default = || -> Option<Result<String, String>> {
                if let Some(default) = &declared.default {
                    return Some(Ok(default.as_str().to_owned()));
                }
                let source = declared.config_map.as_ref()?;
                Some(self.config_input(name, source))
            };
            let value = match given {
                Some(Given::Value(value)) => value.to_string(),
                Some(Given::ConfigMap(source)) => self.config_input(name, source)?,
                Some(Given::Nothing) => return Err(format!("inputs.parameters.{name} was not supplied")),
                Some(Given::Absent) => own_default().unwrap_or_else(|| {
                    Err(format!(
                        "inputs.parameters.{name}: argument references an absent optional \
                         (skipped/omitted node output with no default)"
                    ))
                })?,
                None => own_default()
                    .unwrap_or_else(|| Err(format!("inputs.parameters.{name} was not supplied")))?,
            };
            inputs.parameters.push(lenient(&value, &own)?);
        }
        let mut late = None;
        if inputs.parameters.iter().any(|value| value.contains("{{")) {
            let before = inputs.clone();
            let view = View { template: Some((template, &before)), ..own };
            for value in &mut inputs.parameters {
                let known = lenient(value, &view)?;
                if known != *value && late.is_none() {
                    super::unfit::unreadable_expressions(value, &mut |tag| late = late.take().or(Some(tag)));
                }
                *value = known;
            }
        }
        for declared in &template.artifacts {
            let view = View { template: Some((template, &inputs)), ..own };
            let artifact = self.bind_artifact(declared, &entry.args, &view)?;
            inputs.artifacts.push(artifact);
        }
        Ok(Received { inputs, late })
    }

    fn bind_artifact(
        &self,
        declared: &crate::plan::ArtifactPlan,
        args: &Args,
        view: &View<'_>,
    ) -> Result<Value, String> {
        let name = &declared.name;
        let own =
            declared.doc.render(view, Mode::Lenient, &self.world(0)).map_err(|error| error.to_string())?;
        let Some((_, given)) = args.artifacts.iter().find(|(given, _)| given == name) else {
            if declared.located {
                return Ok(own);
            }
            return if declared.optional {
                Ok(Value::Null)
            } else {
                Err(format!("inputs.artifacts.{name} was not supplied"))
            };
        };
        let is_empty = location(given).is_none();
        if is_empty && !declared.optional {
            return Err(format!("inputs.artifacts.{name} missing location information"));
        }
        if is_empty && given.get("optional") == Some(&Value::Bool(true)) {
            return Ok(Value::Null);
        }
        // The argument replaces the declaration except for where and how it is put (PA-181).
        let mut bound = given.clone();
        if let Value::Object(fields) = &mut bound {
            for field in ["from", "fromExpression", "subPath", "globalName", "path", "mode", "recurseMode"] {
                fields.remove(field);
            }
            if is_empty {
                // What a skipped step never gave takes the declaration's place, and nothing says any more that the
                // step can do without it: it will not start (TP-242, PA-403).
                fields.remove("optional");
            }
            fields.insert("name".to_owned(), Value::String(name.to_string()));
            for field in ["path", "mode", "recurseMode"] {
                if let Some(value) = own.get(field) {
                    fields.insert(field.to_owned(), value.clone());
                }
            }
        }
        Ok(bound)
    }
}

/// A text after one pass. Where the pass changed nothing, as it mostly does, nothing is parsed again.
fn passed_over(text: &Text, view: &View<'_>, mode: Mode, world: &World) -> Result<Text, TagError> {
    let rendered = text.render(view, mode, world)?.text;
    Ok(if rendered == text.as_str() { text.clone() } else { Text::parse_open(&rendered) })
}

/// The value of a key of a ConfigMap that may be read by parameters (PA-045).
pub(crate) fn config_map_value(plan: &Plan, name: &str, key: &str) -> Result<String, NoValue> {
    let not_there = |reason: String| NoValue::NotThere(reason);
    let map = plan.config_maps.get(name).ok_or_else(|| {
        not_there(format!(
            "ConfigMap '{name}' does not exist. Please make sure it has the label \
                 workflows.argoproj.io/configmap-type: Parameter to be detectable by the controller"
        ))
    })?;
    let kind = map.metadata.labels.get("workflows.argoproj.io/configmap-type").map(String::as_str);
    if kind != Some("Parameter") {
        return Err(NoValue::Unreadable(format!(
            "ConfigMap '{name}' needs to have the label workflows.argoproj.io/configmap-type: Parameter to load parameters"
        )));
    }
    map.data
        .get(key)
        .cloned()
        .ok_or_else(|| not_there(format!("ConfigMap '{name}' does not have the key '{key}'")))
}

/// The driver block of an artifact document, if it has one.
pub(crate) fn location(artifact: &Value) -> Option<(&'static str, &Value)> {
    ["artifactory", "azure", "git", "gcs", "hdfs", "http", "oss", "raw", "s3", "plugin"]
        .into_iter()
        .find_map(|kind| artifact.get(kind).filter(|block| !block.is_null()).map(|block| (kind, block)))
}

/// Appends to the key of an artifact's location (PA-184).
fn append_key(artifact: &mut Value, sub_path: &str) -> Result<(), String> {
    let Some((kind, _)) = location(artifact) else { return Ok(()) };
    let field = match kind {
        "s3" | "gcs" | "oss" | "plugin" => "key",
        "azure" => "blob",
        "hdfs" => "path",
        other => {
            return Err(format!("artifacts of type {other} have no key, so `subPath` cannot be appended"));
        }
    };
    let key = artifact[kind].get(field).and_then(Value::as_str).unwrap_or_default();
    let joined = format!("{}/{}", key.trim_end_matches('/'), sub_path.trim_start_matches('/'));
    artifact[kind][field] = Value::String(joined);
    Ok(())
}

//! From documents to a plan. Fetches nothing: referenced templates are handed in.

mod asked;
mod merge;
mod tasks;
#[cfg(test)]
mod tests;

pub use merge::{merge, patch};

use crate::plan::{
    ArtifactPlan, ConfigMapSource, Flow, GlobalParameter, Images, LOCAL, ParameterPlan, Plan, RetryPlan,
    ScopeIx, ScopePlan, TemplateIx, TemplatePlan,
};
use crate::tree::{Tree, has_text};
use crate::workflow::node::NodeKind;
use expr::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use spec::TemplateKind;
use std::collections::BTreeMap;
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// The documents of one run as they were when it was submitted. Later edits do not touch it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Frozen {
    /// The workflow itself.
    pub workflow: spec::Workflow,
    /// Namespaced templates that it may refer to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<spec::WorkflowTemplate>,
    /// Cluster-wide templates that it may refer to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cluster_templates: Vec<spec::WorkflowTemplate>,
    /// ConfigMaps that its parameters and locks may read. Never Secrets (I15).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub config_maps: Vec<spec::ConfigMap>,
    /// The machine whose steps these are (TP-119).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// The repository of the settings, for when no ConfigMap names one (OB-415).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<Value>,
}

/// Compiles a run's documents. The error is what the workflow's message says after `invalid spec: `.
pub fn compile(frozen: &Frozen) -> Result<Plan, String> {
    let (mut workflow, merged) = effective(frozen)?;
    let templates = std::mem::take(&mut workflow.spec.templates);
    let mut outline = serde_json::to_value(&workflow.spec).map_err(|error| error.to_string())?;
    if let Value::Object(fields) = &mut outline {
        fields.remove("templates");
    }
    workflow.spec.templates = templates;
    let mut builder = Builder { scopes: Vec::new(), templates: Vec::new(), workflow: &workflow };
    builder.add_scopes(frozen)?;
    let spec = &workflow.spec;
    let entrypoint = builder.scopes[0].templates.get(spec.entrypoint.as_str()).copied().ok_or_else(|| {
        match spec.entrypoint.as_str() {
            "" => "spec.entrypoint is required".to_owned(),
            name => format!("template name '{name}' undefined"),
        }
    })?;
    builder.connect()?;
    let exit = builder.workflow_exit()?;
    let hooks = builder.workflow_hooks()?;
    let arguments = builder.arguments(&spec.arguments)?;
    let parameters = spec.arguments.parameters.iter().map(global_parameter).collect::<Result<_, String>>()?;
    Ok(Plan {
        name: workflow.metadata.name.as_str().into(),
        namespace: workflow.metadata.namespace.as_str().into(),
        uid: workflow.metadata.uid.as_str().into(),
        parallelism: spec.parallelism.and_then(|limit| u32::try_from(limit).ok()),
        host: if frozen.host.is_empty() { "localhost" } else { &frozen.host }.into(),
        repository: crate::repository::find(frozen, spec),
        config_maps: frozen.config_maps.iter().map(|map| (map.metadata.name.clone(), map.clone())).collect(),
        scopes: builder.scopes,
        templates: builder.templates,
        outline: Tree::of(outline),
        entrypoint,
        arguments,
        parameters,
        exit,
        hooks,
        merged,
        workflow: Arc::new(workflow),
        images: Images::default(),
    })
}

/// The workflow with its effective spec: its own over that of the template it refers to (EX-090).
pub fn effective(frozen: &Frozen) -> Result<(spec::Workflow, bool), String> {
    let mut workflow = frozen.workflow.clone();
    let Some(reference) = &workflow.spec.workflow_template_ref else { return Ok((workflow, false)) };
    let (list, what) = if reference.cluster_scope {
        (&frozen.cluster_templates, "clusterworkflowtemplates.argoproj.io")
    } else {
        (&frozen.templates, "workflowtemplates.argoproj.io")
    };
    let found = list
        .iter()
        .find(|template| template.metadata.name == reference.name)
        .ok_or_else(|| format!("{what} \"{}\" not found", reference.name))?;
    let low = serde_json::to_value(&found.spec).map_err(|error| error.to_string())?;
    let high = serde_json::to_value(&workflow.spec).map_err(|error| error.to_string())?;
    let mut merged: spec::WorkflowSpec =
        serde_json::from_value(merge(&low, &high)).map_err(|error| error.to_string())?;
    let woven = merged.arguments;
    merged.arguments = merge_arguments(&found.spec.arguments, &workflow.spec.arguments);
    let arguments = &mut merged.arguments;
    arguments.parameters.sort_by_key(|own| woven.parameters.iter().position(|other| other.name == own.name));
    arguments.artifacts.sort_by_key(|own| woven.artifacts.iter().position(|other| other.name == own.name));
    merged.suspend = workflow.spec.suspend;
    let label = if reference.cluster_scope { "cluster-workflow-template" } else { "workflow-template" };
    workflow
        .metadata
        .labels
        .entry(format!("workflows.argoproj.io/{label}"))
        .or_insert_with(|| reference.name.clone());
    workflow.spec = merged;
    Ok((workflow, true))
}

/// A parameter is taken whole from the highest level that gives it anything (EX-092).
fn merge_arguments(low: &spec::Arguments, high: &spec::Arguments) -> spec::Arguments {
    let given = |parameter: &spec::Parameter| {
        parameter.value.is_some() || parameter.default.is_some() || parameter.value_from.is_some()
    };
    let mut merged = high.clone();
    for below in &low.parameters {
        match merged.parameters.iter_mut().find(|parameter| parameter.name == below.name) {
            Some(above) if !given(above) => *above = below.clone(),
            Some(_) => {}
            None => merged.parameters.push(below.clone()),
        }
    }
    for below in &low.artifacts {
        match merged.artifacts.iter_mut().find(|artifact| artifact.name == below.name) {
            Some(above) => {
                let kind = |artifact: &spec::Artifact| artifact.location.store().map(|(kind, _)| kind);
                if kind(above).is_none() || kind(above) == kind(below) {
                    let merge = || -> Option<spec::Artifact> {
                        let low = serde_json::to_value(below).ok()?;
                        let high = serde_json::to_value(&*above).ok()?;
                        serde_json::from_value(merge(&low, &high)).ok()
                    };
                    if let Some(both) = merge() {
                        *above = both;
                    }
                }
            }
            None => merged.artifacts.push(below.clone()),
        }
    }
    merged
}

pub(crate) struct Builder<'a> {
    pub(crate) scopes: Vec<ScopePlan>,
    pub(crate) templates: Vec<TemplatePlan>,
    pub(crate) workflow: &'a spec::Workflow,
}

impl Builder<'_> {
    fn add_scopes(&mut self, frozen: &Frozen) -> Result<(), String> {
        let workflow = self.workflow;
        self.add_scope("local", &workflow.metadata.name, &workflow.spec.templates)?;
        for (kind, list) in [("namespaced", &frozen.templates), ("cluster", &frozen.cluster_templates)] {
            for resource in list {
                self.add_scope(kind, &resource.metadata.name, &resource.spec.templates)?;
            }
        }
        Ok(())
    }

    fn add_scope(
        &mut self,
        kind: &'static str,
        resource: &str,
        templates: &[spec::Template],
    ) -> Result<(), String> {
        let scope = ScopeIx(self.scopes.len() as u32);
        self.scopes.push(ScopePlan { kind, resource: resource.into(), templates: BTreeMap::new() });
        for template in templates {
            let ix = self.add_template(scope, template, None)?;
            self.scopes[scope.0 as usize].templates.entry(template.name.as_str().into()).or_insert(ix);
        }
        Ok(())
    }

    /// Adds a template without its tasks; those are connected when all templates are known.
    pub(crate) fn add_template(
        &mut self,
        scope: ScopeIx,
        template: &spec::Template,
        inline_in: Option<&str>,
    ) -> Result<TemplateIx, String> {
        let written = Arc::new(template.clone());
        let doc = self.with_defaults(&written)?;
        let kind = doc.kind();
        let flow = match kind {
            None => Flow::Missing,
            Some(TemplateKind::Suspend) => {
                let duration =
                    doc.suspend.as_ref().map(|suspend| suspend.duration.as_str()).unwrap_or_default();
                Flow::Suspend { duration: optional_text(duration)? }
            }
            Some(TemplateKind::Http) => Flow::Leaf(NodeKind::Http),
            Some(TemplateKind::Plugin) => Flow::Leaf(NodeKind::Plugin),
            Some(_) => Flow::Leaf(NodeKind::Pod),
        };
        let retry = doc.retry_strategy.as_ref().or(self.workflow.spec.retry_strategy.as_ref());
        let retry = match retry {
            None => None,
            Some(strategy) => Some(Arc::new(RetryPlan { doc: tree_of(strategy)? })),
        };
        let value = serde_json::to_value(&doc).map_err(|error| error.to_string())?;
        let broken = broken_expression(&value);
        let body = body(value);
        let mut has_expressions = false;
        body.texts(&mut |text| has_expressions |= text.as_str().contains("{{="));
        let plan = TemplatePlan {
            has_expressions,
            broken,
            bare_images: bare_images(&doc, &self.workflow.spec)?,
            lost_volume: lost_volume(&doc, &self.workflow.spec),
            is_delicate: is_delicate(&doc, &self.workflow.spec),
            scope,
            name: doc.name.as_str().into(),
            inline_in: inline_in.map(Into::into),
            kind,
            parameters: doc.inputs.parameters.iter().map(parameter).collect::<Result<_, _>>()?,
            artifacts: doc.inputs.artifacts.iter().map(artifact).collect::<Result<_, _>>()?,
            flow,
            retry,
            parallelism: doc.parallelism.and_then(|limit| u32::try_from(limit).ok()),
            fail_fast: doc.fail_fast == Some(true),
            asked: asked::asked(&doc),
            body,
            written,
            doc,
        };
        self.templates.push(plan);
        Ok(TemplateIx(self.templates.len() as u32 - 1))
    }

    /// `templateDefaults` lie under every template; blocks of another type are dropped first (EX-114).
    fn with_defaults(&self, template: &Arc<spec::Template>) -> Result<Arc<spec::Template>, String> {
        let Some(defaults) = &self.workflow.spec.template_defaults else { return Ok(template.clone()) };
        let mut low = serde_json::to_value(defaults).map_err(|error| error.to_string())?;
        let own = template.kind();
        if let Value::Object(fields) = &mut low {
            for kind in TemplateKind::ALL.into_iter().filter(|kind| Some(*kind) != own) {
                fields.remove(kind.field());
            }
            fields.remove("name");
        }
        let high = serde_json::to_value(&**template).map_err(|error| error.to_string())?;
        let mut merged: spec::Template =
            serde_json::from_value(merge(&low, &high)).map_err(|error| error.to_string())?;
        merged.name = template.name.clone();
        Ok(Arc::new(merged))
    }
}

/// A volume that a container of a template mounts and nobody declares. What a patch may bring, or a tag stand for, is found
/// out when the pod is made.
fn lost_volume(doc: &spec::Template, whole: &spec::WorkflowSpec) -> Option<String> {
    if has_patch(doc, whole) {
        return None;
    }
    let containers = containers(doc).chain(&doc.container_set).chain(&doc.init_containers);
    let mounts = containers.filter_map(|container| container.get("volumeMounts")?.as_array()).flatten();
    let mounted = mounts.filter_map(|mount| mount.get("name")?.as_str());
    let claims = whole.volume_claim_templates.iter().filter_map(|claim| claim.pointer("/metadata/name"));
    let volumes = doc.volumes.iter().chain(&whole.volumes).filter_map(|volume| volume.get("name"));
    let declared: Vec<&str> = claims.chain(volumes).filter_map(Value::as_str).collect();
    let is_open = declared.iter().any(|name| name.contains("{{"));
    let lost = mounted.filter(|name| !is_open && !declared.contains(name) && !name.contains("{{"));
    lost.min().map(str::to_owned)
}

/// The images of containers that name no command. What a patch may bring is found out when the pod is made.
fn bare_images(doc: &spec::Template, whole: &spec::WorkflowSpec) -> Result<Vec<Text>, String> {
    if has_patch(doc, whole) {
        return Ok(Vec::new());
    }
    let is_bare = |container: &&Value| {
        container.get("command").and_then(Value::as_array).is_none_or(|command| command.is_empty())
    };
    let image = |container: &Value| text(container.get("image").and_then(Value::as_str).unwrap_or_default());
    containers(doc).filter(is_bare).map(image).collect()
}

/// The containers of a template that run side by side.
fn containers(doc: &spec::Template) -> impl Iterator<Item = &Value> {
    let members = doc.container_set.as_ref().and_then(|set| set.get("containers")?.as_array());
    let single = [&doc.container, &doc.script].into_iter().flatten();
    single.chain(members.into_iter().flatten()).chain(&doc.sidecars)
}

fn has_patch(doc: &spec::Template, whole: &spec::WorkflowSpec) -> bool {
    !doc.pod_spec_patch.is_empty() || !whole.pod_spec_patch.is_empty()
}

/// Whether making a pod of a template may fail for what is known before it is tried.
fn is_delicate(doc: &spec::Template, whole: &spec::WorkflowSpec) -> bool {
    let has_time = doc.active_deadline_seconds.as_ref().is_some_and(|seconds| seconds.text().contains("{{"));
    has_patch(doc, whole)
        || has_time
        || !doc.timeout.is_empty()
        || !(doc.name.is_empty() || spec::is_subdomain(&doc.name))
}

/// The first expression tag of a template that cannot be read: no pass over it survives that, whatever it leaves
/// for later (TP-002).
fn broken_expression(value: &Value) -> Option<String> {
    if !has_text(value, "{{=") {
        return None;
    }
    let mut broken = None;
    Tree::of(value.clone()).texts(&mut |text| {
        if broken.is_none() && !text.syntax_errors().is_empty() {
            let world = expr::World { now: Default::default(), seed: 0 };
            let rendered = text.render(&expr::MapScope::new(), expr::Mode::Lenient, &world);
            broken = rendered.err().map(|error| error.to_string());
        }
    });
    broken
}

fn body(mut value: Value) -> Tree {
    if let Value::Object(fields) = &mut value {
        for field in ["inputs", "steps", "dag", "suspend", "name"] {
            fields.remove(field);
        }
        // The strategy's texts belong to the wrapper, not to the attempt.
        fields.remove("retryStrategy");
    }
    Tree::of(value)
}

fn parameter(parameter: &spec::Parameter) -> Result<ParameterPlan, String> {
    let own = parameter.value.as_ref().or(parameter.default.as_ref());
    Ok(ParameterPlan {
        name: parameter.name.as_str().into(),
        default: own.map(|own| text(own)).transpose()?,
        config_map: config_map(parameter)?,
        tagged: tagged(parameter)?,
    })
}

fn tagged(parameter: &spec::Parameter) -> Result<Option<Tree>, String> {
    let shown = spec::Parameter { value: None, ..parameter.clone() };
    let shown = serde_json::to_value(shown).map_err(|error| error.to_string())?;
    Ok(has_text(&shown, "{{").then(|| Tree::of(shown)))
}

fn artifact(artifact: &spec::Artifact) -> Result<ArtifactPlan, String> {
    Ok(ArtifactPlan {
        name: artifact.name.as_str().into(),
        doc: tree_of(artifact)?,
        optional: artifact.optional,
        located: artifact.location.store().is_some(),
    })
}

fn global_parameter(parameter: &spec::Parameter) -> Result<GlobalParameter, String> {
    Ok(GlobalParameter {
        name: parameter.name.as_str().into(),
        value: parameter.value.clone(),
        config_map: config_map(parameter)?,
        default: parameter.value_from.as_ref().and_then(|from| from.default.clone()),
    })
}

/// The ConfigMap that a parameter reads, if it reads one (PA-045).
pub(crate) fn config_map(parameter: &spec::Parameter) -> Result<Option<ConfigMapSource>, String> {
    let Some(from) = &parameter.value_from else { return Ok(None) };
    let Some(reference) = &from.config_map_key_ref else { return Ok(None) };
    Ok(Some(ConfigMapSource {
        name: text(&reference.name)?,
        key: text(&reference.key)?,
        default: from.default.clone(),
    }))
}

pub(crate) fn text(source: &str) -> Result<Text, String> {
    Ok(Text::parse_open(source))
}

pub(crate) fn optional_text(source: &str) -> Result<Option<Text>, String> {
    if source.is_empty() { Ok(None) } else { text(source).map(Some) }
}

pub(crate) fn tree_of(value: &impl Serialize) -> Result<Tree, String> {
    serde_json::to_value(value).map(Tree::of).map_err(|error| error.to_string())
}

/// The local scope, for readers of this module.
pub(crate) const OWN: ScopeIx = LOCAL;

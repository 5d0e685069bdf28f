//! What a runner needs to know of an attempt: the template with its tags replaced, and what is wanted of it.

use super::command::Attempt;
use super::node::{NodeIx, NodeKind, Phase, Site};
use super::run::Run;
use super::scope::View;
use crate::plan::Flow;
use crate::time::Time;
use crate::tree::{Key, Tree, render_text};
use expr::{Mode, World};
use serde_json::Value;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// One attempt, ready to be started.
#[derive(Clone, Debug)]
pub struct Pod {
    /// The attempt.
    pub attempt: Attempt,
    /// Node id.
    pub node_id: String,
    /// Node name.
    pub node_name: String,
    /// Pod name.
    pub pod_name: String,
    /// The template, rendered.
    pub template: spec::Template,
    /// Final input artifacts.
    pub artifacts: Vec<spec::Artifact>,
    /// The workflow's volumes, rendered.
    pub volumes: Vec<Value>,
    /// The workflow's `podSpecPatch`, rendered; the template's own lies over it (EX-385).
    pub workflow_patch: String,
    /// The key below which its outputs and logs lie that have none of their own (PA-205, PA-206).
    pub location_key: String,
    /// Somebody reads its standard output (EX-421).
    pub wants_result: bool,
    /// It belongs to an exit handler.
    pub on_exit: bool,
    /// How long it may run, in microseconds from now; the workflow's own deadline included.
    pub time_left_us: Option<i64>,
    /// That is the time which all tries have together: its end merely ends the process, and the wrapper says why (EX-217).
    pub is_time_of_tries: bool,
}

impl Run {
    /// Whether this attempt is still to be run.
    pub fn is_wanted(&self, attempt: Attempt) -> bool {
        self.nodes.get(attempt.node.at()).is_some_and(|node| {
            node.kind.is_started()
                && !node.phase.is_ended()
                && node.gate.is_none()
                && node.generation == attempt.generation
        })
    }

    /// Whether a node runs a template that goes on beside the others (EX-370).
    pub fn is_daemon(&self, ix: NodeIx) -> bool {
        self.template(ix).is_some_and(|template| template.doc.daemon == Some(true))
    }

    /// What to run for an attempt. The error is the node's message.
    pub fn pod(&self, attempt: Attempt, now: Time) -> Result<Pod, String> {
        let ix = attempt.node;
        let node = self.node(ix);
        let compiled =
            self.template(ix).ok_or("the template of this node is not part of the document any more")?;
        let world = self.entry_world(ix);
        let extra = self.retry_names(ix);
        let view = View { extra: &extra, ..self.view_of(ix, node.started) };
        let failed = |error: expr::TagError| error.to_string();
        let rendered = compiled.body.render(&view, Mode::Lenient, &world).map_err(failed)?;
        let mut template: spec::Template = serde_json::from_value(rendered).map_err(|error| {
            format!("cannot finish template replacement because the result was invalid: {error}")
        })?;
        template.name = compiled.name.to_string();
        if node.kind == NodeKind::Plugin {
            // Plugins read what the template was given (EX-478).
            template.inputs = crate::status::inputs(self, ix).unwrap_or_default();
        }
        let own = template.archive_location.as_ref().map_or("", |location| location.key());
        let location_key = match (own.trim_start_matches('/'), &self.plan.repository) {
            ("", Ok(repository)) => {
                render_text(&repository.key_format, &view, Mode::Lenient, &world).map_err(failed)?
            }
            ("", Err(reason)) => return Err(reason.clone()),
            (own, _) => own.to_owned(),
        };
        let mut artifacts = Vec::new();
        for artifact in
            node.inputs.iter().flat_map(|inputs| &inputs.artifacts).filter(|artifact| !artifact.is_null())
        {
            artifacts.push(serde_json::from_value(artifact.clone()).map_err(|error| error.to_string())?);
        }
        let frame = node.boundary.and_then(|boundary| self.frame_index(boundary));
        let volume_view = View { frame: frame.map(|frame| (frame, None)), ..view };
        let volumes = match self.plan.outline.field("volumes") {
            Some(tree) => match tree.render(&volume_view, Mode::Lenient, &world).map_err(failed)? {
                Value::Array(volumes) => volumes,
                _ => Vec::new(),
            },
            None => Vec::new(),
        };
        let workflow_patch = self.workflow_patch(&view, &world)?;
        let pod_name = self.pod_name(ix);
        if self.is_misnamed(ix) {
            return Err(unfit_name(&pod_name));
        }
        let own_time = self.time_left(ix, &template, now)?;
        let of_tries = self.time_of_tries(ix, &world)?.map(|end| end.since_us(now).max(0));
        let is_time_of_tries = of_tries.is_some_and(|tries| own_time.is_none_or(|own| tries < own));
        let pod = Pod {
            attempt,
            location_key,
            workflow_patch,
            node_id: self.id(ix),
            node_name: self.name(ix),
            pod_name,
            time_left_us: if is_time_of_tries { of_tries } else { own_time },
            is_time_of_tries,
            artifacts,
            volumes,
            wants_result: self.result_is_wanted(ix),
            on_exit: self.is_on_exit(ix),
            template,
        };
        pod.patches()?;
        Ok(pod)
    }

    /// The workflow's own `podSpecPatch` as a pod gets it.
    pub(crate) fn workflow_patch(&self, view: &View<'_>, world: &World) -> Result<String, String> {
        let Some(tree) = self.plan.outline.field("podSpecPatch") else { return Ok(String::new()) };
        match tree.render(view, Mode::Lenient, world).map_err(|error| error.to_string())? {
            Value::String(patch) => Ok(patch),
            _ => Ok(String::new()),
        }
    }

    /// Whether a node's pod could not be made under its name: capitals of templates stay in it (EX-028).
    pub(crate) fn is_misnamed(&self, ix: NodeIx) -> bool {
        self.template(ix).is_some_and(|template| matches!(template.flow, Flow::Leaf(NodeKind::Pod)))
            && !spec::is_subdomain(&self.pod_name(ix))
    }

    fn result_is_wanted(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        let invoked = if matches!(node.site, Site::Attempt(_)) { node.owner } else { ix };
        let own =
            self.template(ix).is_some_and(|template| matches!(template.kind, Some(spec::TemplateKind::Data)));
        own || self.task_plan(invoked).is_some_and(|task| task.result_is_read)
    }

    /// `retries` and `lastRetry.*` of an attempt (EX-224).
    fn retry_names(&self, ix: NodeIx) -> Vec<(&'static str, String)> {
        let node = self.node(ix);
        let Site::Attempt(number) = node.site else { return Vec::new() };
        self.retry_names_at(node.owner, number)
    }

    /// The same of an attempt that is not there yet.
    pub(crate) fn retry_names_at(&self, wrapper: NodeIx, number: u32) -> Vec<(&'static str, String)> {
        let before = number.checked_sub(1).and_then(|before| self.attempts(wrapper).get(before as usize));
        let (mut code, mut duration, mut status, mut text) =
            ("0".to_owned(), "0".to_owned(), String::new(), String::new());
        if let Some(before) = before {
            let before = self.node(*before);
            if let Some(known) = before.outputs.as_ref().and_then(|outputs| outputs.exit_code.clone()) {
                code = known;
            }
            let seconds = before.finished.map_or(0, |finished| finished.since_us(before.started) / 1_000_000);
            duration = seconds.to_string();
            status = before.phase.name().to_owned();
            text = before.message.as_deref().unwrap_or_default().to_owned();
        }
        vec![
            ("retries", number.to_string()),
            ("lastRetry.exitCode", code),
            ("lastRetry.duration", duration),
            ("lastRetry.status", status),
            ("lastRetry.message", text),
        ]
    }

    /// The least of the template's deadline, its timeout and the workflow's deadline (EX-388, EX-626).
    fn time_left(&self, ix: NodeIx, template: &spec::Template, now: Time) -> Result<Option<i64>, String> {
        let mut left: Option<i64> = None;
        let mut at_most = |us: i64| left = Some(left.map_or(us, |left: i64| left.min(us)));
        if let Some(seconds) = &template.active_deadline_seconds {
            at_most(whole_seconds(&seconds.text())?.saturating_mul(1_000_000));
        }
        if !template.timeout.is_empty() {
            let nanos = expr::duration::lenient(&template.timeout)?;
            let end = self.node(ix).started.plus_nanos(nanos);
            if end <= now {
                return Err(format!("{} exceeded its deadline", self.name(ix)));
            }
            at_most(end.since_us(now));
        }
        if let Some(deadline) = self.deadline.filter(|_| !self.is_on_exit(ix)) {
            // The engine itself ends the step at the deadline; this is for when no engine lives then.
            at_most(deadline.since_us(now).max(0).saturating_add(2_000_000));
        }
        Ok(left)
    }

    /// When the time of all tries together is up, for those after the first (EX-217).
    fn time_of_tries(&self, ix: NodeIx, world: &World) -> Result<Option<Time>, String> {
        let node = self.node(ix);
        let (Site::Attempt(number), Some(first)) = (&node.site, self.attempts(node.owner).first()) else {
            return Ok(None);
        };
        if *number == 0 {
            return Ok(None);
        }
        let strategy = self.retry_strategy(node.owner, node.started, world)?;
        let max = strategy.backoff.map(|backoff| backoff.max_duration).unwrap_or_default();
        if max.is_empty() {
            return Ok(None);
        }
        let nanos = expr::duration::lenient(&max)?;
        Ok(Some(self.node(*first).started.plus_nanos(nanos)))
    }

    /// How many pods are Pending or Running (EX-260).
    pub fn active_pods(&self) -> u32 {
        self.active_pods
    }

    /// Nodes that some runner is to run or runs now.
    pub fn active_attempts(&self) -> Vec<(Attempt, Phase)> {
        self.indices()
            .filter(|ix| {
                let node = self.node(*ix);
                node.kind.is_started() && !node.phase.is_ended() && node.gate.is_none()
            })
            .map(|ix| (Attempt { node: ix, generation: self.node(ix).generation }, self.node(ix).phase))
            .collect()
    }
}

/// A deadline in seconds, which may have been a tag (EX-388).
pub(crate) fn whole_seconds(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|_| format!("value '{text}' cannot be resolved to an int"))
}

/// What Kubernetes says when it refuses a pod for its name, as one with a capital letter of its template's (EX-028).
pub(crate) fn unfit_name(pod: &str) -> String {
    format!("Pod \"{pod}\" is invalid: metadata.name: Invalid value: \"{pod}\": {}", spec::SUBDOMAIN_RULE)
}

impl Tree {
    /// A field of an object.
    pub fn field(&self, name: &str) -> Option<Tree> {
        match self {
            Tree::Leaf(value) => value.get(name).cloned().map(Tree::Leaf),
            Tree::Map(fields) => fields
                .iter()
                .find(|(key, _)| matches!(key, Key::Plain(key) if key == name))
                .map(|(_, tree)| tree.clone()),
            _ => None,
        }
    }
}

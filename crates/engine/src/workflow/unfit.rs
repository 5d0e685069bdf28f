//! Why no node can be made of a template with its inputs.

use super::handle::Turn;
use super::invoke::Call;
use super::node::Site;
use super::run::Run;
use super::scope::View;
use super::{display, patch, pod};
use crate::plan::TemplatePlan;
use crate::tree::render_text;
use expr::{Mode, World};
use serde_json::Value;
use tiphys_expr as expr;
use tiphys_spec as spec;

impl Turn<'_> {
    /// Why no pod can be made of a template, as far as that can be told before it is tried: whoever enters it goes no further
    /// (EX-115, EX-134).
    pub(crate) fn unfit(&self, call: &Call) -> Option<String> {
        let template = self.run.plan.template(call.template);
        if let Some(volume) = &template.lost_volume {
            return Some(format!("volume '{volume}' not found in workflow spec"));
        }
        let given = &self.run.call_inputs(call).parameters;
        let has_expressions = template.has_expressions || given.iter().any(|value| value.contains("{{="));
        let is_delicate = has_expressions || template.is_delicate;
        if !is_delicate && template.bare_images.is_empty() {
            return None;
        }
        let extra = self.run.call_extra(call);
        let view = self.run.call_view(call, &extra, self.now);
        let world = self.world(0);
        let unknown = template.bare_images.iter().find_map(|image| {
            let image = render_text(image, &view, Mode::Lenient, &world).ok()?;
            self.run.plan.images.lack(&image)
        });
        if unknown.is_some() || !is_delicate {
            return unknown;
        }
        match template.body.render(&view, Mode::Lenient, &world) {
            Ok(rendered) if has_expressions => {
                self.left_over(&rendered, &view).or_else(|| self.unmade(call, &rendered, &view))
            }
            Ok(rendered) => self.unmade(call, &rendered, &view),
            Err(error) => Some(error.to_string()),
        }
    }

    /// An expression tag that nothing could replace is read once more where the pod carries the template as JSON within JSON,
    /// and quotes in it cannot be read there.
    fn left_over(&self, rendered: &Value, view: &View<'_>) -> Option<String> {
        let mut reason = None;
        left_over(rendered, &mut |tag| {
            if reason.is_none() {
                let read = expr::render(&tag, view, Mode::Lenient, &self.world(0));
                reason = read.err().map(|error| error.to_string());
            }
        });
        reason
    }

    /// What is wrong with a pod's name, its time (EX-388) or its patches (EX-385).
    fn unmade(&self, call: &Call, rendered: &Value, view: &View<'_>) -> Option<String> {
        let name = self.run.pod_name_at(call.owner, &call.site, Some(call.template));
        // Workflows of version 3, whose pods had other names, have such hooks, and end well all the same.
        if !spec::is_subdomain(&name) && !self.run.is_of_hook(call) {
            return Some(pod::unfit_name(&name));
        }
        let text = |field: &str| rendered.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        let seconds = text("activeDeadlineSeconds").and_then(|text| pod::whole_seconds(text).err());
        let timeout = || text("timeout").and_then(|text| expr::duration::lenient(text).err());
        let patches =
            || self.run.patches_of(call, text("podSpecPatch").unwrap_or_default(), view, &self.world(0));
        seconds.or_else(timeout).or_else(|| patches().err())
    }

    /// Why the name that a template gives its nodes cannot be one (EX-026). Argo notices it at its second look at the
    /// node; here nothing has begun that would go on behind an Error.
    pub(crate) fn misnamed(&self, template: &TemplatePlan, call: &Call) -> Option<String> {
        let name = template.annotation(display::ANNOTATION)?;
        let status = self.run.status_for_names(call.owner, &call.site);
        let view = self.run.call_view(call, &status, self.now);
        match expr::render(name, &view, Mode::Lenient, &self.world(0)) {
            Ok(shown) => display::unfit(&shown),
            Err(error) => Some(error.to_string()),
        }
    }
}

impl Run {
    /// Whether this is a hook, or an attempt of one.
    fn is_of_hook(&self, call: &Call) -> bool {
        let site = match call.site {
            Site::Attempt(_) => &self.node(call.owner).site,
            _ => &call.site,
        };
        matches!(site, Site::Hook(_))
    }

    /// Whether the patches of a pod can be laid over it.
    fn patches_of(&self, call: &Call, own: &str, view: &View<'_>, world: &World) -> Result<(), String> {
        let of_workflow = self.workflow_patch(view, world)?;
        let given = self.call_inputs(call).artifacts.iter().filter(|artifact| !artifact.is_null());
        let artifacts: Result<Vec<_>, _> = given.cloned().map(serde_json::from_value).collect();
        patch::patches(&of_workflow, own, &artifacts.map_err(|error| error.to_string())?).map(drop)
    }
}

/// Calls `visit` with every tag below here whose expression cannot be read once more.
fn left_over(value: &Value, visit: &mut dyn FnMut(String)) {
    match value {
        Value::String(text) => unreadable_expressions(text, visit),
        Value::Array(items) => items.iter().for_each(|item| left_over(item, visit)),
        Value::Object(fields) => fields.values().for_each(|value| left_over(value, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Calls `visit` with the expression tags of a text that JSON within JSON would change, changed like that.
pub(crate) fn unreadable_expressions(text: &str, visit: &mut dyn FnMut(String)) {
    let mut rest = text;
    while let Some((_, tag)) = rest.split_once("{{=")
        && let Some((expression, after)) = tag.split_once("}}")
    {
        let escaped = expr::json_escaped(expression);
        if escaped.len() > expression.len() {
            visit(format!("{{{{={escaped}}}}}"));
        }
        rest = after;
    }
}

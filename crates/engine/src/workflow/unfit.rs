//! Why no node can be made of a template with its inputs.

use super::display;
use super::handle::Turn;
use super::invoke::Call;
use crate::plan::TemplatePlan;
use expr::Mode;
use serde_json::Value;
use tiphys_expr as expr;

impl Turn<'_> {
    /// Why no pod can be made of a template: a volume is missing (EX-387), or an expression tag that nothing could replace is
    /// read once more where
    /// the pod carries the template as JSON within JSON, and quotes in it cannot be read there.
    pub(crate) fn unfit(&self, call: &Call) -> Option<String> {
        let template = self.run.plan.template(call.template);
        if let Some(volume) = &template.lost_volume {
            return Some(format!("volume '{volume}' not found in workflow spec"));
        }
        let given = &self.run.call_inputs(call).parameters;
        if !template.has_expressions && !given.iter().any(|value| value.contains("{{=")) {
            return None;
        }
        let extra = self.run.call_extra(call);
        let view = self.run.call_view(call, &extra, self.now);
        let world = self.world(0);
        // What else is wrong with it is said when the step is started.
        let rendered = template.body.render(&view, Mode::Lenient, &world).ok()?;
        let mut reason = None;
        left_over(&rendered, &mut |tag| {
            if reason.is_none() {
                reason =
                    expr::render(&tag, &view, Mode::Lenient, &world).err().map(|error| error.to_string());
            }
        });
        reason
    }

    /// Why the name that a template gives its nodes cannot be one (EX-026). Argo notices it at its second look at the
    /// node; here nothing has begun that would go on behind an Error.
    pub(crate) fn misnamed(&self, template: &TemplatePlan, call: &Call) -> Option<String> {
        let name = template.annotation(display::ANNOTATION)?;
        let view = self.run.call_view(call, &[], self.now);
        match expr::render(name, &view, Mode::Lenient, &self.world(0)) {
            Ok(shown) => display::unfit(&shown),
            Err(error) => Some(error.to_string()),
        }
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

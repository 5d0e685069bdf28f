//! The same workflow, said in another way: with templates that lie elsewhere or where they are called, with what they have in
//! common told once, with a whole spec that lies elsewhere. It must come to the same, node by node.

use crate::random::Random;
use engine::Frozen;
use serde_json::{Value, json};
use tiphys_engine as engine;

/// Where else the templates lie, and whether that is for the whole cluster.
const LIBRARIES: [(&str, bool); 2] = [("near", false), ("far", true)];

/// A workflow that means the same as this one.
pub fn disguised(plain: &Frozen, seed: u64) -> Result<Frozen, String> {
    let mut wardrobe = Wardrobe { random: Random::new(seed ^ 0xd159), plain: Vec::new() };
    let mut workflow = serde_json::to_value(&plain.workflow).map_err(|error| error.to_string())?;
    let spec = &mut workflow["spec"];
    if wardrobe.random.percent(30) {
        say_once(spec);
    }
    wardrobe.plain = spec["templates"].as_array().cloned().unwrap_or_default();
    spec["templates"] = wardrobe.dress_all();
    within(spec, "/hooks").for_each(|hook| wardrobe.dress(hook, false));
    let mut frozen = Frozen { config_maps: plain.config_maps.clone(), ..Frozen::default() };
    for (name, is_for_all) in LIBRARIES {
        let library = library(name, json!({"templates": wardrobe.dress_all()}))?;
        let shelf = if is_for_all { &mut frozen.cluster_templates } else { &mut frozen.templates };
        shelf.push(library);
    }
    if wardrobe.random.percent(30) {
        let whole = spec.take();
        *spec = json!({"workflowTemplateRef": {"name": "whole"}});
        if wardrobe.random.percent(50) {
            spec["arguments"] = whole["arguments"].clone();
        }
        frozen.templates.push(library("whole", whole)?);
    }
    frozen.workflow = serde_json::from_value(workflow).map_err(|error| error.to_string())?;
    Ok(frozen)
}

fn library(name: &str, spec: Value) -> Result<tiphys_spec::WorkflowTemplate, String> {
    let document = json!({"metadata": {"name": name, "namespace": "argo"}, "spec": spec});
    serde_json::from_value(document).map_err(|error| error.to_string())
}

/// The image of all containers becomes a default (EX-114).
fn say_once(spec: &mut Value) {
    spec["templateDefaults"] = json!({"container": {"image": "cast"}});
    let containers = within(spec, "/templates").filter_map(|template| template.pointer_mut("/container"));
    for container in containers.filter_map(Value::as_object_mut) {
        container.remove("image");
    }
}

struct Wardrobe {
    random: Random,
    plain: Vec<Value>,
}

impl Wardrobe {
    fn dress_all(&mut self) -> Value {
        let plain = self.plain.clone();
        plain.into_iter().map(|template| self.dress_calls(template)).collect()
    }

    /// Changes how a template names those that it calls.
    fn dress_calls(&mut self, mut template: Value) -> Value {
        let tasks = template.pointer_mut("/dag/tasks").is_some();
        let calls: Vec<&mut Value> = match tasks {
            true => within(&mut template, "/dag/tasks").collect(),
            false => within(&mut template, "/steps").flat_map(|group| within(group, "")).collect(),
        };
        for call in calls {
            self.dress(call, true);
            within(call, "/hooks").for_each(|hook| self.dress(hook, false));
        }
        template
    }

    /// Changes how a step, task or hook names its template. A hook has no place for one of its own.
    fn dress(&mut self, call: &mut Value, has_place: bool) {
        let name = call["template"].clone();
        let Some(template) = self.plain.iter().find(|template| template["name"] == name) else { return };
        let (key, value) = match self.random.below(10) {
            at @ 0..=3 => {
                let (library, is_for_all) = LIBRARIES[at % LIBRARIES.len()];
                ("templateRef", json!({"name": library, "template": name, "clusterScope": is_for_all}))
            }
            4 | 5 if has_place && means_the_same_anywhere(template) => {
                let mut own = template.clone();
                own.as_object_mut().map(|own| own.remove("name"));
                ("inline", self.dress_calls(own))
            }
            _ => return,
        };
        call.as_object_mut().map(|call| call.remove("template"));
        call[key] = value;
    }
}

/// What lies within a step is substituted with it, by the names of the step.
fn means_the_same_anywhere(template: &Value) -> bool {
    !template.to_string().replace("{{workflow.parameters.", "").contains("{{")
}

/// What a list or a map holds, if it is there.
fn within<'v>(value: &'v mut Value, place: &str) -> Box<dyn Iterator<Item = &'v mut Value> + 'v> {
    match value.pointer_mut(place) {
        Some(Value::Array(list)) => Box::new(list.iter_mut()),
        Some(Value::Object(map)) => Box::new(map.values_mut()),
        _ => Box::new(std::iter::empty()),
    }
}

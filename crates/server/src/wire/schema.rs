//! What Kubernetes refuses by the definitions of Argo's kinds when an object is stored, and lint does not look at
//! (VA-160 to VA-166, OB-446).
//!
//! Limits of length (200 templates, 200 tasks, 500 parameters) are there for the sake of Kubernetes and do not hold here.

use serde_json::{Value, json};

use crate::wire::names::{UNCHECKED, in_group};

/// What a value has to be like.
enum Rule {
    AtLeast(i64),
    AtMost(i64),
    /// A list with something in it.
    Filled,
    OneOf(&'static [&'static str]),
    LongestText(usize),
    /// An object with one of these fields at most, and the words for one that has more.
    OneFieldOf(&'static [&'static str], &'static str),
}

use Rule::{AtLeast, AtMost, Filled, LongestText, OneFieldOf, OneOf};

/// Longest name of a template, a step or a task.
const NAME_BYTES_MAX: usize = 128;

const COLLECTION: Rule = OneOf(&["", "OnWorkflowCompletion", "OnWorkflowDeletion", "Never"]);
const LOCATION: Rule = OneFieldOf(
    &["artifactory", "azure", "gcs", "git", "hdfs", "http", "oss", "plugin", "raw", "s3"],
    "at most one artifact location can be specified",
);
const POLICY: Rule = OneOf(&["", "Always", "OnFailure", "OnError", "OnTransientError"]);

/// Rules of the spec of a workflow, by the place in it; `[]` stands for each item of a list.
const OF_SPECS: &[(&str, Rule)] = &[
    ("parallelism", AtLeast(1)),
    ("artifactGC.strategy", COLLECTION),
    ("retryStrategy.retryPolicy", POLICY),
    ("volumeClaimGC.strategy", OneOf(&["", "OnWorkflowCompletion", "OnWorkflowSuccess"])),
];

/// Rules of a template.
const OF_TEMPLATES: &[(&str, Rule)] = &[
    ("name", LongestText(NAME_BYTES_MAX)),
    ("parallelism", AtLeast(1)),
    ("archiveLocation", LOCATION),
    ("retryStrategy.retryPolicy", POLICY),
    ("steps", Filled),
    ("steps[][].name", LongestText(NAME_BYTES_MAX)),
    ("dag.tasks", Filled),
    ("dag.tasks[].name", LongestText(NAME_BYTES_MAX)),
    ("resource.mergeStrategy", OneOf(&["", "strategic", "merge", "json"])),
];

/// Rules of the metrics of a workflow or a template.
const OF_METRICS: &[(&str, Rule)] =
    &[("gauge.operation", OneOf(&["", "Set", "Add", "Sub"])), ("gauge.value", LongestText(256))];

/// Rules of an artifact.
const OF_ARTIFACTS: &[(&str, Rule)] = &[
    ("", LOCATION),
    ("mode", AtLeast(0)),
    ("mode", AtMost(0o777)),
    ("artifactGC.strategy", COLLECTION),
    ("s3.addressingStyle", OneOf(&["", "path", "virtual-hosted"])),
];

/// Where a spec has templates, metrics and artifacts, and where a template has metrics and artifacts.
const TEMPLATES: [&str; 2] = ["templates[]", "templateDefaults"];
const METRICS: &str = "metrics.prometheus[]";
const ARTIFACTS_OF_TEMPLATES: [&str; 4] = [
    "inputs.artifacts[]",
    "outputs.artifacts[]",
    "steps[][].arguments.artifacts[]",
    "dag.tasks[].arguments.artifacts[]",
];

/// What is wrong with an object that has a name and is to be stored, in Kubernetes' words.
pub(crate) fn flaw(kind: &str, object: &Value) -> Option<String> {
    let spec = Place { path: "spec".to_owned(), value: &object["spec"] };
    let mut flaws = Vec::new();
    match kind {
        "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate" => of_spec(&spec, &mut flaws),
        "CronWorkflow" => {
            for spec in spec.at("workflowSpec") {
                of_spec(&spec, &mut flaws);
            }
        }
        "WorkflowEventBinding" => of_binding(&spec, &mut flaws),
        _ => {}
    }
    if flaws.iter().any(|flaw| flaw.hides) {
        flaws.push(Flaw { told: UNCHECKED.to_owned(), hides: true });
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let kind = in_group(kind);
    let told: Vec<String> = flaws.into_iter().map(|flaw| flaw.told).collect();
    match told.as_slice() {
        [] => None,
        [one] => Some(format!("{kind} \"{name}\" is invalid: {one}")),
        several => Some(format!("{kind} \"{name}\" is invalid: [{}]", several.join(", "))),
    }
}

fn of_spec(spec: &Place, flaws: &mut Vec<Flaw>) {
    spec.judge(OF_SPECS, flaws);
    for metric in spec.at(METRICS) {
        metric.judge(OF_METRICS, flaws);
    }
    for artifact in spec.at("arguments.artifacts[]") {
        artifact.judge(OF_ARTIFACTS, flaws);
    }
    for template in TEMPLATES.iter().flat_map(|path| spec.at(path)) {
        of_template(&template, flaws);
    }
}

/// Without a selector every event of the namespace would be refused (OB-370, OB-371).
fn of_binding(spec: &Place, flaws: &mut Vec<Flaw>) {
    let selector = &spec.value["event"]["selector"];
    if spec.value["event"].is_null() {
        flaws.push(spec.missing("event"));
    } else if selector.as_str().unwrap_or_default().trim().is_empty() {
        flaws.push(spec.missing("event.selector"));
    }
    if !spec.value["submit"].is_null() && spec.value["submit"]["workflowTemplateRef"].is_null() {
        flaws.push(spec.missing("submit.workflowTemplateRef"));
    }
}

fn of_template(template: &Place, flaws: &mut Vec<Flaw>) {
    template.judge(OF_TEMPLATES, flaws);
    for metric in template.at(METRICS) {
        metric.judge(OF_METRICS, flaws);
    }
    for artifact in ARTIFACTS_OF_TEMPLATES.iter().flat_map(|path| template.at(path)) {
        artifact.judge(OF_ARTIFACTS, flaws);
    }
    let calls_others = ["steps", "dag"].iter().any(|field| !template.value[*field].is_null());
    for field in ["timeout", "activeDeadlineSeconds"] {
        if calls_others && !template.value[field].is_null() {
            flaws.push(template.invalid(
                &json!("object"),
                &format!("{field} is only valid for leaf templates, not for steps or dag"),
            ));
        }
    }
}

/// A value, and where it stands.
struct Place<'a> {
    path: String,
    value: &'a Value,
}

/// One thing that is wrong.
struct Flaw {
    told: String,
    /// Whether Kubernetes looks at no rule between fields then.
    hides: bool,
}

impl<'a> Place<'a> {
    /// The values at a path below this one that are there.
    fn at(&self, path: &str) -> Vec<Place<'a>> {
        let mut places = vec![Place { path: self.path.clone(), value: self.value }];
        for step in path.split('.').filter(|step| !step.is_empty()) {
            let field = step.trim_end_matches("[]");
            let depth = (step.len() - field.len()) / "[]".len();
            places = places.into_iter().filter_map(|place| place.field(field)).collect();
            for _ in 0..depth {
                places = places.into_iter().flat_map(Place::items).collect();
            }
        }
        places
    }

    fn field(self, name: &str) -> Option<Place<'a>> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Place { path: format!("{}.{name}", self.path), value })
    }

    fn items(self) -> impl Iterator<Item = Place<'a>> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(move |(position, value)| Place { path: format!("{}[{position}]", self.path), value })
    }

    fn judge(&self, rules: &[(&str, Rule)], flaws: &mut Vec<Flaw>) {
        for (path, rule) in rules {
            flaws.extend(self.at(path).iter().filter_map(|place| place.breach(rule)));
        }
    }

    /// How the value breaks a rule.
    fn breach(&self, rule: &Rule) -> Option<Flaw> {
        let Place { path, value } = self;
        let number = value.as_i64();
        let text = value.as_str().unwrap_or_default();
        match rule {
            AtLeast(least) => number.filter(|number| number < least).map(|_| {
                self.invalid(value, &format!("{path} in body should be greater than or equal to {least}"))
            }),
            AtMost(most) => number.filter(|number| number > most).map(|_| {
                self.invalid(value, &format!("{path} in body should be less than or equal to {most}"))
            }),
            Filled => value
                .as_array()
                .filter(|items| items.is_empty())
                .map(|_| self.invalid(value, &format!("{path} in body should have at least 1 items"))),
            OneOf(known) => (value.is_string() && !known.contains(&text)).then(|| {
                let known: Vec<String> = known.iter().map(|one| json!(one).to_string()).collect();
                let known = known.join(", ");
                self.blocking(&format!("Unsupported value: {value}: supported values: {known}"))
            }),
            LongestText(most) => (text.len() > *most)
                .then(|| self.blocking(&format!("Too long: may not be more than {most} bytes"))),
            OneFieldOf(fields, why) => {
                let given = fields.iter().filter(|field| !value[**field].is_null()).count();
                (given > 1).then(|| self.invalid(&json!("object"), why))
            }
        }
    }

    fn invalid(&self, value: &Value, why: &str) -> Flaw {
        Flaw { told: format!("{}: Invalid value: {value}: {why}", self.path), hides: false }
    }

    fn missing(&self, path: &str) -> Flaw {
        Flaw { told: format!("{}.{path}: Required value", self.path), hides: true }
    }

    fn blocking(&self, why: &str) -> Flaw {
        Flaw { told: format!("{}: {why}", self.path), hides: true }
    }
}

#[cfg(test)]
mod tests;

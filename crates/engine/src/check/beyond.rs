//! What Argo accepts in silence although it will not work as meant: warnings of our own (`VA-180` to
//! `VA-209`). None of them keeps a document from being run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tiphys_expr as expr;
use tiphys_spec as spec;
use tiphys_spec::{IntOrStr, TemplateKind};

use super::Checker;
use super::dag::Graph;
use super::metric;
use super::site::Site;
use super::template::text;

/// What a template may name: the body it belongs to, and where that stands.
struct Body<'b> {
    spec: &'b spec::WorkflowSpec,
    site: Site,
}

impl<'a> Checker<'a> {
    pub(super) fn beyond(&mut self, object: &'a spec::Object) {
        let (spec, path) = match object {
            spec::Object::Workflow(workflow) => (&workflow.spec, "spec"),
            spec::Object::WorkflowTemplate(template) | spec::Object::ClusterWorkflowTemplate(template) => {
                (&template.spec, "spec")
            }
            spec::Object::CronWorkflow(cron) => (&cron.spec.workflow_spec, "spec.workflowSpec"),
            _ => return,
        };
        let body = Body { spec, site: Site::new(path) };
        self.retry(&body.site.field("retryStrategy"), spec.retry_strategy.as_ref());
        self.locks(&body.site.field("synchronization"), spec.synchronization.as_ref());
        self.workflow_metrics(&body);
        for (name, hook) in &spec.hooks {
            self.hook_template(&body, &body.site.field("hooks").field(name), &hook.template);
        }
        for (index, template) in spec.templates.iter().enumerate() {
            self.beyond_template(&body, &body.site.field("templates").index(index), template);
        }
    }

    fn beyond_template(&mut self, body: &Body<'_>, site: &Site, template: &spec::Template) {
        self.retry(&site.field("retryStrategy"), template.retry_strategy.as_ref());
        self.locks(&site.field("synchronization"), template.synchronization.as_ref());
        self.durations(site, template);
        self.expressions(site, template);
        self.without_effect(site, template);
        self.mounts(body, site, template);
        let outputs = site.field("outputs").field("artifacts");
        for (index, artifact) in template.outputs.artifacts.iter().enumerate() {
            let sourced = !artifact.from.is_empty() || !artifact.from_expression.is_empty();
            if matches!(template.kind(), Some(TemplateKind::Steps | TemplateKind::Dag)) && !sourced {
                let message =
                    format!("the output artifact `{}` comes from nowhere and is dropped", artifact.name);
                let help = Some("give it `from` or `fromExpression`".to_owned());
                self.warn(&outputs.index(index), "dropped-output", message, help);
            }
        }
        let groups = site.field("steps");
        let steps = template.steps.iter().enumerate();
        let group_of: BTreeMap<&str, usize> = steps
            .flat_map(|(group, steps)| steps.iter().map(move |step| (step.name.as_str(), group)))
            .collect();
        for (group, steps) in template.steps.iter().enumerate() {
            for (index, step) in steps.iter().enumerate() {
                let at = groups.index(group).index(index);
                self.beyond_task(body, &at, step);
                let not_yet = |name: &str| group_of.get(name).is_some_and(|of| *of >= group);
                self.mentions(&at, step, "steps.", &not_yet, "runs at the same time or later");
            }
        }
        let Some(dag) = &template.dag else { return };
        let graph = Graph::new(dag);
        for (index, task) in dag.tasks.iter().enumerate() {
            let at = site.field("dag").field("tasks").index(index);
            self.beyond_task(body, &at, task);
            let not_yet = |name: &str| graph.index.contains_key(name) && !graph.is_ancestor(name, index);
            self.mentions(&at, task, "tasks.", &not_yet, "is not among the tasks it depends on");
        }
    }

    fn beyond_task(&mut self, body: &Body<'_>, at: &Site, task: &spec::Task) {
        if !task.on_exit.is_empty() {
            self.hook_template(body, &at.field("onExit"), &task.on_exit);
        }
        for (name, hook) in &task.hooks {
            let at = at.field("hooks").field(name);
            self.hook_template(body, &at.field("template"), &hook.template);
        }
        if !task.with_param.is_empty() && !task.with_param.contains("{{") {
            let list = serde_json::from_str::<Value>(&task.with_param).is_ok_and(|value| value.is_array());
            if !list {
                let message = "`withParam` is not a JSON list".to_owned();
                self.warn(&at.field("withParam"), "bad-value", message, None);
            }
        }
        if !task.depends.is_empty()
            && let Err(error) = expr::depends::Logic::parse(&task.depends, &|_| (false, false))
        {
            let first = error.lines().next().unwrap_or("").to_owned();
            let message = format!("`depends` cannot be read: {first}");
            self.warn(&at.field("depends"), "expression-syntax", message, None);
        }
        let called = body.spec.template(&task.template).filter(|_| !task.template.is_empty());
        if let Some(called) = called {
            self.unused_arguments(at, task, called);
        }
        if let Some(inline) = &task.inline {
            self.beyond_template(body, &at.field("inline"), inline);
        }
    }

    /// Arguments that the template does not ask for (`VA-181`).
    fn unused_arguments(&mut self, at: &Site, task: &spec::Task, called: &spec::Template) {
        for (index, argument) in task.arguments.parameters.iter().enumerate() {
            if called.inputs.parameter(&argument.name).is_none() && !argument.name.is_empty() {
                let name = &argument.name;
                let known = called.inputs.parameters.iter().map(|input| input.name.as_str());
                let help = self.suggest(name, known);
                let message = format!("the template `{}` has no input parameter `{name}`", called.name);
                let at = at.field("arguments").field("parameters").index(index).field("name");
                self.warn(&at, "unused-argument", message, help);
            }
        }
        for (index, argument) in task.arguments.artifacts.iter().enumerate() {
            if called.inputs.artifact(&argument.name).is_none() && !argument.name.is_empty() {
                let name = &argument.name;
                let known = called.inputs.artifacts.iter().map(|input| input.name.as_str());
                let help = self.suggest(name, known);
                let message = format!("the template `{}` has no input artifact `{name}`", called.name);
                let at = at.field("arguments").field("artifacts").index(index).field("name");
                self.warn(&at, "unused-argument", message, help);
            }
        }
    }

    /// Names of steps or tasks that are not there yet when they are asked for (`VA-194`).
    fn mentions(
        &mut self,
        at: &Site,
        task: &spec::Task,
        root: &str,
        not_yet: &dyn Fn(&str) -> bool,
        why: &str,
    ) {
        let fields = [("when", &task.when), ("withParam", &task.with_param)];
        let fields = fields.map(|(name, text)| (at.field(name), text.as_str()));
        let parameters = at.field("arguments").field("parameters");
        let values = task.arguments.parameters.iter().enumerate().filter_map(|(index, parameter)| {
            Some((parameters.index(index).field("value"), parameter.value.as_deref()?))
        });
        let found: Vec<(Site, String)> = fields
            .into_iter()
            .chain(values)
            .filter_map(|(at, text)| {
                let parsed = expr::Text::parse(text).ok()?;
                let mut named = parsed.names().filter_map(|name| name.strip_prefix(root));
                let name = named.find_map(|rest| {
                    let of = rest.split('.').next()?;
                    (of != task.name && not_yet(of)).then(|| of.to_owned())
                })?;
                Some((at, name))
            })
            .collect();
        for (at, name) in found {
            let message = format!("`{name}` {why}, so its values are not there yet");
            self.warn(&at, "not-there-yet", message, None);
        }
    }

    /// A hook of a template that is not there fails when it runs (`VA-192`).
    fn hook_template(&mut self, body: &Body<'_>, at: &Site, name: &str) {
        let here = body.spec.workflow_template_ref.is_none();
        if here && !name.is_empty() && !name.contains("{{") && body.spec.template(name).is_none() {
            let known = body.spec.templates.iter().map(|template| template.name.as_str());
            let help = self.suggest(name, known);
            self.warn(at, "unknown-template", format!("there is no template `{name}`"), help);
        }
    }

    /// Limits and waits that cannot be read (`VA-188`, `VA-189`).
    fn retry(&mut self, site: &Site, strategy: Option<&spec::RetryStrategy>) {
        let Some(strategy) = strategy else { return };
        if let Some(IntOrStr::Str(limit)) = &strategy.limit
            && is_garbage(limit, |limit| limit.parse::<i64>().is_ok())
        {
            self.warn(
                &site.field("limit"),
                "bad-value",
                format!("the limit `{limit}` is not a number"),
                None,
            );
        }
        let policies = ["", "Always", "OnFailure", "OnError", "OnTransientError"];
        if !policies.contains(&strategy.retry_policy.as_str()) {
            let message = format!("`{}` is not a retry policy", strategy.retry_policy);
            let help = self.suggest(&strategy.retry_policy, policies.into_iter());
            self.warn(&site.field("retryPolicy"), "not-a-choice", message, help);
        }
        let Some(backoff) = &strategy.backoff else { return };
        let site = site.field("backoff");
        if backoff.duration.is_empty() {
            let message = "a backoff without `duration` ends the step in Error at its first retry".to_owned();
            self.warn(&site, "missing-field", message, None);
        }
        let texts =
            [("duration", &backoff.duration), ("maxDuration", &backoff.max_duration), ("cap", &backoff.cap)];
        for (field, text) in texts {
            self.duration(&site.field(field), text);
        }
    }

    fn durations(&mut self, site: &Site, template: &spec::Template) {
        self.duration(&site.field("timeout"), &template.timeout);
        self.duration(&site.field("pendingTimeout"), &template.pending_timeout);
        if let Some(suspend) = &template.suspend {
            self.duration(&site.field("suspend").field("duration"), &suspend.duration);
        }
        if let Some(memoize) = &template.memoize {
            let site = site.field("memoize");
            if is_garbage(&memoize.max_age, |text| expr::duration::go(text).is_ok()) {
                let message = format!("`{}` is not a duration", memoize.max_age);
                self.warn(&site.field("maxAge"), "bad-duration", message, Some(DURATION_HELP.to_owned()));
            }
        }
    }

    fn duration(&mut self, at: &Site, text: &str) {
        if is_garbage(text, |text| expr::duration::lenient(text).is_ok()) {
            let message = format!("`{text}` is not a duration");
            self.warn(at, "bad-duration", message, Some(DURATION_HELP.to_owned()));
        }
    }

    /// Each lock needs one source of its limit, or a name (`VA-191`).
    fn locks(&mut self, site: &Site, locks: Option<&spec::Synchronization>) {
        let Some(locks) = locks else { return };
        for (index, semaphore) in locks.semaphores.iter().enumerate() {
            if semaphore.config_map_key_ref.is_some() == semaphore.database.is_some() {
                let message = "a semaphore needs one of `configMapKeyRef` and `database`".to_owned();
                self.warn(&site.field("semaphores").index(index), "bad-lock", message, None);
            }
        }
        for (index, mutex) in locks.mutexes.iter().enumerate() {
            if mutex.name.is_empty() {
                let message = "a mutex needs a name".to_owned();
                self.warn(&site.field("mutexes").index(index), "bad-lock", message, None);
            }
        }
    }

    /// Expression tags that cannot be read (`VA-185`).
    fn expressions(&mut self, site: &Site, template: &spec::Template) {
        let own = spec::Template { steps: Vec::new(), dag: None, ..template.clone() };
        let mut found = Vec::new();
        syntax_errors(&serde_json::to_value(&own).unwrap_or(Value::Null), site, &mut found);
        let groups = site.field("steps");
        for (group, steps) in template.steps.iter().enumerate() {
            for (index, step) in steps.iter().enumerate() {
                task_syntax_errors(step, &groups.index(group).index(index), &mut found);
            }
        }
        for (index, task) in template.dag.iter().flat_map(|dag| &dag.tasks).enumerate() {
            task_syntax_errors(task, &site.field("dag").field("tasks").index(index), &mut found);
        }
        for (at, message) in found {
            let first = message.lines().next().unwrap_or("");
            let first = first.strip_prefix("failed to evaluate expression: ").unwrap_or(first);
            self.warn(&at, "expression-syntax", format!("the expression cannot be read: {first}"), None);
        }
    }

    /// Fields that mean nothing in a template of this type (`VA-208`).
    fn without_effect(&mut self, site: &Site, template: &spec::Template) {
        let Some(kind @ (TemplateKind::Steps | TemplateKind::Dag)) = template.kind() else { return };
        let fields = [
            ("daemon", template.daemon == Some(true)),
            ("volumes", !template.volumes.is_empty()),
            ("sidecars", !template.sidecars.is_empty()),
            ("initContainers", !template.init_containers.is_empty()),
            ("podSpecPatch", !template.pod_spec_patch.is_empty()),
            ("archiveLocation", template.archive_location.is_some()),
        ];
        for (field, _) in fields.into_iter().filter(|(_, given)| *given) {
            let message = format!("`{field}` has no effect in a {} template", kind.field());
            self.warn(&site.field(field), "no-effect", message, None);
        }
    }

    /// Volumes that are mounted but not there (`VA-204`).
    fn mounts(&mut self, body: &Body<'_>, site: &Site, template: &spec::Template) {
        let Some(kind @ (TemplateKind::Container | TemplateKind::Script)) = template.kind() else { return };
        // Some other document or a patch may bring more volumes.
        let patched = !template.pod_spec_patch.is_empty() || !body.spec.pod_spec_patch.is_empty();
        if patched || body.spec.template_defaults.is_some() || self.may_be_borrowed(body) {
            return;
        }
        let container = if kind == TemplateKind::Script { &template.script } else { &template.container };
        let mounts = container.as_ref().and_then(|container| container["volumeMounts"].as_array());
        let known = template.volumes.iter().chain(&body.spec.volumes).map(|volume| text(volume, "name"));
        let claims = body.spec.volume_claim_templates.iter().map(|claim| text(&claim["metadata"], "name"));
        let known: BTreeSet<&str> = known.chain(claims).collect();
        let list = site.field(kind.field()).field("volumeMounts");
        for (index, mount) in mounts.into_iter().flatten().enumerate() {
            let name = text(mount, "name");
            if !known.contains(name) && !name.contains("{{") {
                let help = self.suggest(name, known.iter().copied());
                let message = format!("there is no volume `{name}`");
                self.warn(&list.index(index).field("name"), "unknown-volume", message, help);
            }
        }
    }

    /// Templates of a library run in workflows that may have volumes of their own.
    fn may_be_borrowed(&self, body: &Body<'_>) -> bool {
        self.parameters_come_later || body.spec.workflow_template_ref.is_some()
    }

    /// Metrics of the whole workflow, which Argo looks at when it emits them (`VA-203`).
    fn workflow_metrics(&mut self, body: &Body<'_>) {
        let metrics = body.spec.metrics.iter().flat_map(|metrics| &metrics.prometheus);
        for (index, metric) in metrics.enumerate() {
            let complaint = if !metric::is_metric_name(&metric.name) {
                Some("its name may hold letters, digits and underscores only")
            } else if metric.help.is_empty() {
                Some("it has no help text")
            } else {
                metric::value_complaint(metric)
            };
            if let Some(complaint) = complaint {
                let at = body.site.field("metrics").field("prometheus").index(index);
                let message = format!("the metric `{}` is not emitted: {complaint}", metric.name);
                self.warn(&at, "bad-metric", message, None);
            }
        }
    }
}

const DURATION_HELP: &str = "write a number with a unit, such as `90s`, `5m` or `2h30m`";

/// Text that is there, has no tags, and cannot be read.
fn is_garbage(text: &str, reads: impl Fn(&str) -> bool) -> bool {
    !text.is_empty() && !text.contains("{{") && !reads(text)
}

fn task_syntax_errors(task: &spec::Task, at: &Site, found: &mut Vec<(Site, String)>) {
    let own = spec::Task { inline: None, ..task.clone() };
    syntax_errors(&serde_json::to_value(&own).unwrap_or(Value::Null), at, found);
}

fn syntax_errors(value: &Value, at: &Site, found: &mut Vec<(Site, String)>) {
    match value {
        Value::String(text) if text.contains("{{=") => {
            let errors = expr::Text::parse(text).map(|text| text.syntax_errors()).unwrap_or_default();
            found.extend(errors.into_iter().map(|error| (at.clone(), error.message)));
        }
        Value::Array(elements) => {
            elements
                .iter()
                .enumerate()
                .for_each(|(index, element)| syntax_errors(element, &at.index(index), found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| syntax_errors(member, &at.field(name), found));
        }
        _ => {}
    }
}

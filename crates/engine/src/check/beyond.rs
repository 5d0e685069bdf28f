//! What Argo accepts in silence although it will not work as meant: warnings of our own (`VA-180` to
//! `VA-209`). None of them keeps a document from being run: what does is in `hopeless`, and what may only turn out so
//! in `doubt`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tiphys_expr as expr;
use tiphys_spec as spec;
use tiphys_spec::{IntOrStr, TemplateKind};

use super::dag::Graph;
use super::hopeless::loop_flaws;
use super::metric;
use super::site::Site;
use super::template::text;
use super::{Checker, Situation};
use crate::time::Time;

/// What a template may name: the body it belongs to, and where that stands.
pub(super) struct Body<'b> {
    pub spec: &'b spec::WorkflowSpec,
    pub site: Site,
}

/// The metadata that runs of a document have from it: a schedule gives them its `workflowMetadata`, and templates none.
fn metadata_of_runs(object: &spec::Object) -> Option<&spec::Metadata> {
    match object {
        spec::Object::CronWorkflow(cron) => cron.spec.workflow_metadata.as_ref(),
        spec::Object::Workflow(workflow) => Some(&workflow.metadata),
        _ => None,
    }
}

impl<'a> Checker<'a> {
    pub(super) fn beyond(&mut self, object: &'a spec::Object) {
        let (spec, path) = match object {
            spec::Object::Workflow(workflow) => (&workflow.spec, "spec"),
            spec::Object::WorkflowTemplate(template) | spec::Object::ClusterWorkflowTemplate(template) => {
                (&template.spec, "spec")
            }
            spec::Object::CronWorkflow(cron) => {
                self.cron_conditions(&cron.spec);
                self.cron_texts(&cron.spec);
                (&cron.spec.workflow_spec, "spec.workflowSpec")
            }
            _ => return,
        };
        let body = Body { spec, site: Site::new(path) };
        // Runs of a template may begin anywhere in it, and what is only looked at is judged as Argo judges it.
        let is_run = matches!(object, spec::Object::Workflow(_) | spec::Object::CronWorkflow(_));
        if is_run && self.situation == Situation::Create {
            self.hopeless(&body);
        }
        self.retry(&body.site.field("retryStrategy"), spec.retry_strategy.as_ref());
        self.body_retry_policy(&body.site.field("retryStrategy"), spec.retry_strategy.as_ref());
        self.arguments_with_default_only(&body);
        if let Some(gc) = &spec.pod_gc {
            self.duration(&body.site.field("podGC").field("deleteDelayDuration"), &gc.delete_delay_duration);
        }
        self.locks(&body.site.field("synchronization"), spec.synchronization.as_ref());
        self.workflow_metrics(&body);
        self.claims(&body);
        let mut found = Vec::new();
        for (name, hook) in &spec.hooks {
            let at = body.site.field("hooks").field(name);
            self.hook_template(&body, &at, &hook.template);
            self.hook_expression(&at, &hook.expression, &[]);
            slips(&serde_json::to_value(hook).unwrap_or(Value::Null), &at, &mut found);
        }
        self.slips(found);
        for (index, template) in spec.templates.iter().enumerate() {
            self.beyond_template(&body, &body.site.field("templates").index(index), template);
        }
        self.shared_keys(&body);
        self.capitals(&body, metadata_of_runs(object));
        self.doomed(&body);
    }

    fn beyond_template(&mut self, body: &Body<'_>, site: &Site, template: &spec::Template) {
        self.retry(&site.field("retryStrategy"), template.retry_strategy.as_ref());
        self.locks(&site.field("synchronization"), template.synchronization.as_ref());
        self.durations(site, template);
        self.expressions(body, site, template);
        self.without_effect(site, template);
        self.stores(site, template);
        self.ends_of_leaves(site, template);
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
        let outputs = site.field("outputs").field("parameters");
        for (index, parameter) in template.outputs.parameters.iter().enumerate() {
            let calls = matches!(template.kind(), Some(TemplateKind::Steps | TemplateKind::Dag));
            if calls && parameter.value.is_some() && parameter.value_from.is_none() {
                let message = format!(
                    "the output parameter `{}` has a value, but no source, so `{}` ends in Error",
                    parameter.name, template.name
                );
                let help =
                    Some("take it from a step: `valueFrom: {parameter: …}` or `expression`".to_owned());
                self.warn(&outputs.index(index), "missing-source", message, help);
            }
        }
        let groups = site.field("steps");
        let steps = template.steps.iter().enumerate();
        let group_of: BTreeMap<&str, usize> = steps
            .flat_map(|(group, steps)| steps.iter().map(move |step| (step.name.as_str(), group)))
            .collect();
        let skippable: BTreeSet<&str> =
            template.tasks().filter(|task| !task.when.is_empty()).map(|task| task.name.as_str()).collect();
        let names: Vec<&str> = template.tasks().map(|task| task.name.as_str()).collect();
        for (group, steps) in template.steps.iter().enumerate() {
            for (index, step) in steps.iter().enumerate() {
                let at = groups.index(group).index(index);
                self.beyond_task(body, &at, step, &names);
                let not_yet = |name: &str| group_of.get(name).is_some_and(|of| *of >= group);
                self.mentions(&at, step, "steps.", &not_yet, "runs at the same time or later");
                self.may_be_skipped(&at, step, "steps.", &|name| skippable.contains(name));
            }
        }
        let Some(dag) = &template.dag else { return };
        let graph = Graph::new(dag);
        self.never_run(body, &site.field("dag"), dag, &graph);
        self.forgiving_targets(&site.field("dag"), dag);
        for (index, task) in dag.tasks.iter().enumerate() {
            let at = site.field("dag").field("tasks").index(index);
            self.beyond_task(body, &at, task, &names);
            for (name, hook) in task.hooks.iter().filter(|(name, _)| *name != "exit") {
                if hook.expression.is_empty() {
                    let message = format!("the hook `{name}` has no expression, so its task ends in Error");
                    self.warn(&at.field("hooks").field(name), "missing-field", message, None);
                }
            }
            let needs_success = |name: &str| task.depends.contains(&format!("{name}.Succeeded"));
            self.may_be_skipped(&at, task, "tasks.", &|name| {
                skippable.contains(name) && !needs_success(name)
            });
            let not_yet = |name: &str| graph.index.contains_key(name) && !graph.is_ancestor(name, index);
            self.mentions(&at, task, "tasks.", &not_yet, "is not among the tasks it depends on");
        }
    }

    fn beyond_task(&mut self, body: &Body<'_>, at: &Site, task: &spec::Task, names: &[&str]) {
        if !task.on_exit.is_empty() {
            self.hook_template(body, &at.field("onExit"), &task.on_exit);
        }
        for (name, hook) in &task.hooks {
            let at = at.field("hooks").field(name);
            self.hook_template(body, &at.field("template"), &hook.template);
            self.hook_arguments(body, &at, name, hook);
            self.hook_expression(&at, &hook.expression, names);
        }
        for flaw in loop_flaws(task) {
            self.warn(&flaw.at(at), flaw.code, flaw.message, flaw.help);
        }
        self.condition(&at.field("when"), &task.when);
        let called = body.spec.template(&task.template).filter(|_| !task.template.is_empty());
        if let Some(called) = called {
            self.unused_arguments(&at.field("arguments"), &task.arguments, called);
            self.outside_of_choices(&at.field("arguments"), &task.arguments, called);
        }
        if let Some(inline) = &task.inline {
            self.beyond_template(body, &at.field("inline"), inline);
        }
    }

    /// Arguments that the template does not ask for (`VA-181`).
    fn unused_arguments(&mut self, at: &Site, arguments: &spec::Arguments, called: &spec::Template) {
        let parameters = arguments.parameters.iter().map(|argument| argument.name.as_str());
        let known: Vec<&str> = called.inputs.parameters.iter().map(|input| input.name.as_str()).collect();
        self.unused(&at.field("parameters"), "parameter", &called.name, parameters, &known);
        let artifacts = arguments.artifacts.iter().map(|argument| argument.name.as_str());
        let known: Vec<&str> = called.inputs.artifacts.iter().map(|input| input.name.as_str()).collect();
        self.unused(&at.field("artifacts"), "artifact", &called.name, artifacts, &known);
    }

    fn unused<'n>(
        &mut self,
        at: &Site,
        what: &str,
        template: &str,
        names: impl Iterator<Item = &'n str>,
        known: &[&str],
    ) {
        for (index, name) in names.enumerate().filter(|(_, name)| !name.is_empty() && !known.contains(name)) {
            let help = self.suggest(name, known.iter().copied());
            let message = format!("the template `{template}` has no input {what} `{name}`");
            self.warn(&at.index(index).field("name"), "unused-argument", message, help);
        }
    }

    /// A hook must give what its template wants; an exit hook without arguments hands on those of the workflow
    /// (`VA-192`, `EX-241`).
    fn hook_arguments(&mut self, body: &Body<'_>, at: &Site, name: &str, hook: &spec::Hook) {
        let called = body.spec.template(&hook.template).filter(|_| !hook.template.is_empty());
        let Some(called) = called else { return };
        let takes_workflows = name == "exit" && hook.arguments.is_empty();
        if takes_workflows && (self.parameters_come_later || body.spec.workflow_template_ref.is_some()) {
            return;
        }
        let (given, at) = match hook.arguments.is_empty() {
            true if takes_workflows => (&body.spec.arguments, at.field("template")),
            true => (&hook.arguments, at.field("template")),
            false => {
                let at = at.field("arguments");
                self.unused_arguments(&at, &hook.arguments, called);
                (&hook.arguments, at)
            }
        };
        for input in &called.inputs.parameters {
            let own = input.value.is_some() || input.default.is_some() || input.value_from.is_some();
            if !own && given.parameter(&input.name).is_none() {
                let message = format!("the template `{}` wants the parameter `{}`", called.name, input.name);
                self.warn(&at, "missing-argument", message, None);
            }
        }
    }

    /// Choices of an input, which Argo never looks at (`VA-198`).
    fn outside_of_choices(&mut self, at: &Site, arguments: &spec::Arguments, called: &spec::Template) {
        for (index, argument) in arguments.parameters.iter().enumerate() {
            let Some(input) = called.inputs.parameter(&argument.name) else { continue };
            let value = argument.value.as_deref().filter(|value| !value.contains("{{"));
            let Some(value) = value.filter(|_| !input.choices.is_empty()) else { continue };
            if !input.choices.iter().any(|choice| choice == value) {
                let help = self.suggest(value, input.choices.iter().map(String::as_str));
                let message = format!("`{value}` is not among the choices of `{}`", input.name);
                let at = at.field("parameters").index(index).field("value");
                self.warn(&at, "not-a-choice", message, help);
            }
        }
    }

    /// Arguments of a workflow need a value; a `default` is not one (`VA-197`, `PA-029`).
    fn arguments_with_default_only(&mut self, body: &Body<'_>) {
        let at = body.site.field("arguments").field("parameters");
        for (index, parameter) in body.spec.arguments.parameters.iter().enumerate() {
            if parameter.default.is_some() && parameter.value.is_none() && parameter.value_from.is_none() {
                let message =
                    format!("the `default` of the workflow's parameter `{}` is not used", parameter.name);
                let help =
                    Some("write `value`: it can be replaced when the workflow is submitted".to_owned());
                self.warn(&at.index(index).field("default"), "no-effect", message, help);
            }
        }
    }

    /// Artifacts that name several stores, of which one counts (`VA-207`).
    fn stores(&mut self, site: &Site, template: &spec::Template) {
        for (side, artifacts) in
            [("inputs", &template.inputs.artifacts), ("outputs", &template.outputs.artifacts)]
        {
            let list = site.field(side).field("artifacts");
            for (index, artifact) in artifacts.iter().enumerate() {
                let stores = artifact.location.stores();
                if let [first, second, ..] = stores[..] {
                    let message = format!(
                        "the artifact `{}` is kept in `{first}` and in `{second}`: `{first}` counts",
                        artifact.name
                    );
                    self.warn(&list.index(index).field(second), "two-stores", message, None);
                }
            }
        }
    }

    /// Ends that Argo overlooks: of two limits one, of an object that never fails (`VA-200`, `VA-201`).
    fn ends_of_leaves(&mut self, site: &Site, template: &spec::Template) {
        let resource = template.resource.as_ref().map(|resource| {
            (text(resource, "failureCondition").is_empty(), text(resource, "successCondition").is_empty())
        });
        if resource == Some((false, true)) {
            let message = "with a `failureCondition` alone the step succeeds at the first look".to_owned();
            let help = Some("add a `successCondition`".to_owned());
            let at = site.field("resource").field("failureCondition");
            self.warn(&at, "ends-at-once", message, help);
        }
        if template.active_deadline_seconds.is_some() && !template.timeout.is_empty() {
            let message =
                "Argo ignores `activeDeadlineSeconds` where a `timeout` is; here the shorter counts";
            self.warn(&site.field("activeDeadlineSeconds"), "two-limits", message.to_owned(), None);
        }
    }

    /// Outputs of different templates under one key: the last one wins (`VA-205`, `PA-212`).
    fn shared_keys(&mut self, body: &Body<'_>) {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        let mut found = Vec::new();
        for (index, template) in body.spec.templates.iter().enumerate() {
            for (of, artifact) in template.outputs.artifacts.iter().enumerate() {
                let key = artifact.location.key();
                let own =
                    ["inputs.", "pod.", "node.", "retries", "{{="].iter().any(|part| key.contains(part));
                if key.is_empty() || own {
                    continue;
                }
                if let Some(other) = seen.insert(key, &template.name)
                    && other != template.name
                {
                    found.push((index, of, format!("the template `{other}` writes to the key `{key}` too")));
                }
            }
        }
        for (index, of, message) in found {
            let at = body.site.field("templates").index(index).field("outputs").field("artifacts").index(of);
            self.warn(&at, "shared-key", message, Some("the last one to write wins".to_owned()));
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

    /// Limits and waits that cannot be read (`VA-188`).
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
        if let Some(reason) = retry_complaint(&strategy.expression) {
            let message = format!("the step ends in Error at its first retry: {reason}");
            let help = "all that it may look at is text: `asInt(lastRetry.exitCode) > 1`".to_owned();
            self.warn(&site.field("expression"), "expression-syntax", message, Some(help));
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

    /// The policy of the whole body, which Argo looks at when something failed (`VA-189`).
    fn body_retry_policy(&mut self, site: &Site, strategy: Option<&spec::RetryStrategy>) {
        let policy = strategy.map_or("", |strategy| strategy.retry_policy.as_str());
        let policies = ["", "Always", "OnFailure", "OnError", "OnTransientError"];
        if !policies.contains(&policy) {
            let help = self.suggest(policy, policies.into_iter());
            let message = format!("`{policy}` is not a retry policy");
            self.warn(&site.field("retryPolicy"), "not-a-choice", message, help);
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
            if is_garbage(&memoize.key, is_memo_key) {
                let message = format!("`{}` is not a key: letters, digits and `-` only", memoize.key);
                self.warn(&site.field("key"), "bad-value", message, None);
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
        let doubled = |index: usize| locks.semaphores[..index].contains(&locks.semaphores[index]);
        for index in (0..locks.semaphores.len()).filter(|index| doubled(*index)) {
            self.warn(&site.field("semaphores").index(index), "bad-lock", SAME_LOCK.to_owned(), None);
        }
        for (index, mutex) in locks.mutexes.iter().enumerate() {
            if locks.mutexes[..index].contains(mutex) {
                self.warn(&site.field("mutexes").index(index), "bad-lock", SAME_LOCK.to_owned(), None);
            }
            if mutex.name.is_empty() {
                let message = "a mutex needs a name".to_owned();
                self.warn(&site.field("mutexes").index(index), "bad-lock", message, None);
            }
        }
    }

    /// Expressions that cannot be read, and calls of functions that there are not (`VA-185`).
    fn expressions(&mut self, body: &Body<'_>, site: &Site, template: &spec::Template) {
        let own = spec::Template { steps: Vec::new(), dag: None, ..template.clone() };
        let mut found = Vec::new();
        slips(&serde_json::to_value(&own).unwrap_or(Value::Null), site, &mut found);
        let groups = site.field("steps");
        for (group, steps) in template.steps.iter().enumerate() {
            for (index, step) in steps.iter().enumerate() {
                task_slips(step, &groups.index(group).index(index), &mut found);
            }
        }
        for (index, task) in template.dag.iter().flat_map(|dag| &dag.tasks).enumerate() {
            task_slips(task, &site.field("dag").field("tasks").index(index), &mut found);
        }
        for (at, slip) in &found {
            if let Slip::Needs(path) = slip {
                self.unknown_path(body, at, template, path);
            }
        }
        self.slips(found);
    }

    fn slips(&mut self, found: Vec<(Site, Slip)>) {
        for (at, slip) in found {
            match slip {
                Slip::Unreadable(message) => self.unreadable(&at, &message),
                Slip::Needs(_) => {}
                Slip::UnknownFunction(name) => {
                    let known: Vec<String> = expr::functions().collect();
                    // Most often it is one of the library without its name before it.
                    let in_library = format!("sprig.{name}");
                    let help = match known.iter().find(|known| **known == in_library) {
                        Some(meant) => Some(format!("did you mean `{meant}`?")),
                        None => self.suggest(&name, known.iter().map(String::as_str)),
                    };
                    self.warn(&at, "unknown-function", format!("there is no function `{name}`"), help);
                }
            }
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

    /// Names of claims that none may have: there is no claim then, and no run (`PA-260`).
    fn claims(&mut self, body: &Body<'_>) {
        for (index, claim) in body.spec.volume_claim_templates.iter().enumerate() {
            let name = text(&claim["metadata"], "name");
            if name.is_empty() || name.contains("{{") || spec::is_subdomain(name) {
                continue;
            }
            let at = body.site.field("volumeClaimTemplates").index(index).field("metadata").field("name");
            let help = "lower case letters, digits, `-` and `.` make a name, which begins and ends with a letter or a digit";
            let message = format!("`{name}` cannot be the name of a volume claim");
            self.error_with_help(&at, "bad-name", message, Some(help.to_owned()));
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
                metric::value_complaints(metric).next()
            };
            if let Some(complaint) = complaint {
                let at = body.site.field("metrics").field("prometheus").index(index);
                let message = format!("the metric `{}` is not emitted: {complaint}", metric.name);
                self.warn(&at, "bad-metric", message, None);
            }
        }
    }
}

const SAME_LOCK: &str = "the same lock is asked for twice, and Argo ends the step in Error";

/// What a remembered result may be called (`EX-330`).
fn is_memo_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphanumeric())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

const DURATION_HELP: &str = "write a number with a unit, such as `90s`, `5m` or `2h30m`";

/// Text that is there, has no tags, and cannot be read.
fn is_garbage(text: &str, reads: impl Fn(&str) -> bool) -> bool {
    !text.is_empty() && !text.contains("{{") && !reads(text)
}

/// Why the expression of a retry strategy has no answer, whatever its attempts come to (EX-222, EX-223).
fn retry_complaint(expression: &str) -> Option<String> {
    // Calls of functions that there are not are told with all others.
    if expression.is_empty() || expression.contains("{{") || !expr::unknown_functions(expression).is_empty() {
        return None;
    }
    let mut scope = expr::MapScope::new();
    for name in ["retries", "lastRetry.exitCode", "lastRetry.duration"] {
        scope.insert(name, "1");
    }
    scope.insert("lastRetry.status", "Failed");
    scope.insert("lastRetry.message", "");
    let world = expr::World { now: Time(0).timestamp(), seed: 0 };
    let error = expr::evaluate_bool(expression, &scope, &world).err()?;
    let first = error.message.lines().next().unwrap_or_default().to_owned();
    // What depends on the values may come out otherwise.
    let is_sure = ["mismatched types", "unknown name", "invalid operation"];
    is_sure.iter().any(|sure| first.contains(sure)).then_some(first)
}

/// What is wrong with an expression.
enum Slip {
    Unreadable(String),
    UnknownFunction(String),
    /// Nothing, unless there is no such name.
    Needs(String),
}

fn task_slips(task: &spec::Task, at: &Site, found: &mut Vec<(Site, Slip)>) {
    let own = spec::Task { inline: None, ..task.clone() };
    slips(&serde_json::to_value(&own).unwrap_or(Value::Null), at, found);
}

/// Looks through all texts for expression tags.
fn slips(value: &Value, at: &Site, found: &mut Vec<(Site, Slip)>) {
    match value {
        Value::String(text) if text.contains("{{=") => {
            let Ok(text) = expr::Text::parse(text) else { return };
            let unreadable = text.syntax_errors().into_iter().map(|error| Slip::Unreadable(error.message));
            let unknown = text.unknown_functions().into_iter().map(Slip::UnknownFunction);
            let needs = text.needed_paths().into_iter().map(Slip::Needs);
            found.extend(unreadable.chain(unknown).chain(needs).map(|slip| (at.clone(), slip)));
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, element)| slips(element, &at.index(index), found));
        }
        Value::Object(members) => {
            for (name, member) in members {
                let at = at.field(name);
                // A field that is an expression by itself has no braces, or its tags are replaced first.
                match member.as_str().filter(|text| BARE.contains(&name.as_str()) && !text.contains("{{")) {
                    Some("") => {}
                    Some(text) => match expr::check_syntax(text) {
                        Err(error) => found.push((at.clone(), Slip::Unreadable(error.message))),
                        Ok(()) => {
                            let unknown = expr::unknown_functions(text).into_iter();
                            found.extend(unknown.map(|name| (at.clone(), Slip::UnknownFunction(name))));
                            let needs = expr::needed_paths(text).into_iter();
                            found.extend(needs.map(|path| (at.clone(), Slip::Needs(path))));
                        }
                    },
                    None => slips(member, &at, found),
                }
            }
        }
        _ => {}
    }
}

/// The fields that are expressions by themselves (`TP-150`).
const BARE: [&str; 2] = ["expression", "fromExpression"];

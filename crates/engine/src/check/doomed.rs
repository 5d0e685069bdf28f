//! What can be seen to fail, or never to end, before it runs: names in expressions that nothing has, locks within
//! themselves, templates that call themselves without an end (`VA-185`, `VA-192`, `VA-193`, `EX-113`, `EX-638`).
//! All of it is a warning: whoever never gets there is not harmed. What every run gets to is in `hopeless`.

use std::collections::{BTreeMap, BTreeSet};

use tiphys_expr as expr;
use tiphys_spec as spec;
use tiphys_spec::TemplateKind;

use super::Checker;
use super::beyond::Body;
use super::site::Site;
use crate::time::Time;

/// The names that an expression may begin with, wherever it stands.
const ROOTS: [&str; 13] = [
    "workflow",
    "steps",
    "tasks",
    "inputs",
    "outputs",
    "item",
    "node",
    "pod",
    "retries",
    "lastRetry",
    "cronworkflow",
    "execution",
    "sprig",
];

/// Most calls that are followed from template to template of one document; what lies beyond them nobody is told.
const CALLS_FOLLOWED_MAX: usize = 200_000;

/// Fields of a schedule's own variables that have no text (`CR-096`).
const WITHOUT_TEXT: [&str; 3] =
    ["cronworkflow.failed", "cronworkflow.succeeded", "cronworkflow.lastScheduledTime"];

impl Checker<'_> {
    /// What of a body as a whole can only fail, or never end.
    pub(super) fn doomed(&mut self, body: &Body<'_>) {
        self.endless(body);
        self.locks_within_locks(body);
        if body.spec.retry_strategy.is_some() {
            self.nested_retries(body);
        }
    }

    /// A workflow's strategy is one for those templates, too, that only call others (`EX-625`).
    fn nested_retries(&mut self, body: &Body<'_>) {
        let calls = |template: &&spec::Template| {
            template.tasks().any(|task| body.spec.template(&task.template).is_some())
        };
        if let Some(outer) = body.spec.templates.iter().find(calls) {
            let message = format!(
                "it holds for `{}`, too, so that whatever fails in it is retried there, and then all of it again",
                outer.name
            );
            let help = "give `retryStrategy` to the templates that do the work themselves".to_owned();
            self.warn(&body.site.field("retryStrategy"), "nested-retries", message, Some(help));
        }
    }

    /// Templates that lead back to themselves on a way that no condition guards (`EX-113`).
    fn endless(&mut self, body: &Body<'_>) {
        let index = by_name(body.spec);
        let mut calls = Calls::new(body.spec, |template, visit| {
            let sure = template.tasks().filter(|task| is_sure(template, task));
            sure.filter_map(|task| index.get(task.template.as_str())).for_each(|called| visit(*called));
        });
        let mut told = BTreeSet::new();
        for (at, template) in body.spec.templates.iter().enumerate() {
            if told.contains(&at) {
                continue;
            }
            let called = calls.of[at].clone();
            let Some(back) = called.into_iter().find(|called| calls.reached(*called).contains(&at)) else {
                continue;
            };
            let circle = calls.reached(at);
            told.extend(circle.into_iter().filter(|other| calls.reached(*other).contains(&at)));
            let way = match back == at {
                true => "itself".to_owned(),
                false => format!("`{}`, which leads back to it,", body.spec.templates[back].name),
            };
            let message = format!(
                "`{}` calls {way} without a condition: it ends when it is too deep, in Error",
                template.name
            );
            let help = "give the step a `when` that is false in the end".to_owned();
            let at = body.site.field("templates").index(at).field("name");
            self.warn(&at, "endless", message, Some(help));
        }
    }

    /// Mutexes that are asked for by something that runs while they are held (`EX-638`).
    fn locks_within_locks(&mut self, body: &Body<'_>) {
        let templates = &body.spec.templates;
        let asks = |at: usize, mutex: &spec::Mutex| mutexes(&templates[at]).any(|own| own == mutex);
        let of_all = body.spec.synchronization.iter().flat_map(|locks| &locks.mutexes);
        for mutex in of_all.filter(|mutex| is_plain(mutex)) {
            if let Some(within) = (0..templates.len()).find(|at| asks(*at, mutex)) {
                self.within_itself(body, within, "the workflow", mutex);
            }
        }
        if templates.iter().all(|template| mutexes(template).next().is_none()) {
            return;
        }
        let index = by_name(body.spec);
        let mut calls = Calls::new(body.spec, |template, visit| {
            for task in template.tasks() {
                let hooks = task.hooks.values().map(|hook| hook.template.as_str());
                let names = hooks.chain([task.template.as_str(), task.on_exit.as_str()]);
                names.filter_map(|name| index.get(name)).for_each(|called| visit(*called));
            }
        });
        for (at, template) in templates.iter().enumerate() {
            for mutex in mutexes(template).filter(|mutex| is_plain(mutex)) {
                let called = calls.of[at].clone();
                let mut inside = called.into_iter().flat_map(|called| calls.reached(called));
                if let Some(within) = inside.find(|inner| asks(*inner, mutex)) {
                    self.within_itself(body, within, &format!("`{}`", template.name), mutex);
                }
            }
        }
    }

    fn within_itself(&mut self, body: &Body<'_>, at: usize, holder: &str, mutex: &spec::Mutex) {
        let template = &body.spec.templates[at];
        let message = format!(
            "`{}` asks for the mutex `{}` while {holder} around it holds it, so it ends in Error",
            template.name, mutex.name
        );
        let site = body.site.field("templates").index(at).field("synchronization");
        let number = mutexes(template).position(|own| own == mutex).unwrap_or(0);
        self.warn(&site.field("mutexes").index(number), "bad-lock", message, None);
    }

    /// A name in an expression that its template does not have, and that the expression needs (`VA-185`).
    pub(super) fn unknown_path(&mut self, body: &Body<'_>, at: &Site, template: &spec::Template, path: &str) {
        let parts: Vec<&str> = path.split('.').collect();
        let is_kind = |kind: TemplateKind| template.kind() == Some(kind);
        match parts.as_slice() {
            ["inputs", "parameters", name, ..] => {
                let known: Vec<&str> =
                    template.inputs.parameters.iter().map(|input| input.name.as_str()).collect();
                let defaults = body.spec.template_defaults.iter().flat_map(|given| &given.inputs.parameters);
                let is_given = known.contains(name) || defaults.into_iter().any(|input| input.name == **name);
                if !is_given {
                    let message = format!("the template has no input parameter `{name}`");
                    self.unknown(at, message, name, &known);
                }
            }
            [root @ ("steps" | "tasks"), name, _, ..] if *name != "name" => {
                let own = if *root == "steps" { TemplateKind::Steps } else { TemplateKind::Dag };
                let known: Vec<&str> = template.tasks().map(|task| task.name.as_str()).collect();
                if is_kind(own) && !known.contains(name) {
                    let word = root.trim_end_matches('s');
                    self.unknown(at, format!("there is no {word} `{name}` here"), name, &known);
                }
            }
            _ => {}
        }
    }

    fn unknown(&mut self, at: &Site, message: String, name: &str, known: &[&str]) {
        let help = match dashed(name, known) {
            Some(meant) => Some(format!("a name with `-` goes into brackets: `['{meant}']`")),
            None => self.suggest(name, known.iter().copied()),
        };
        self.warn(at, "unknown-name", message, help);
    }

    /// The expression of a hook of a step or task, which has to come to true or false (`VA-193`, `EX-247`).
    pub(super) fn hook_expression(&mut self, at: &Site, expression: &str, tasks: &[&str]) {
        let is_open = expression.contains("{{") || expression.contains("let ");
        if expression.is_empty() || is_open || !expr::unknown_functions(expression).is_empty() {
            return;
        }
        let at = at.field("expression");
        let paths = expr::paths(expression);
        let mut scope = expr::MapScope::new();
        for path in &paths {
            let (root, rest) = path.split_once('.').unwrap_or((path, ""));
            let is_called = expression.contains(&format!("{root}("));
            if !ROOTS.contains(&root) && !is_called {
                let meant = paths.iter().rev().find_map(|before| dashed(before.split('.').nth(1)?, tasks));
                let help = meant.map(|meant| format!("a name with `-` goes into brackets: `['{meant}']`"));
                let message = format!("there is nothing called `{root}`, so the hook ends in Error");
                return self.warn(&at, "unknown-name", message, help);
            }
            if !rest.is_empty() {
                scope.insert(path.as_str(), "1");
            }
        }
        let world = expr::World { now: Time(0).timestamp(), seed: 0 };
        let Err(error) = expr::evaluate_bool(expression, &scope, &world) else { return };
        let first = error.message.lines().next().unwrap_or_default();
        // What depends on the values may come out otherwise.
        if ["mismatched types", "unable to cast expression result"].iter().any(|sure| first.contains(sure)) {
            let message = format!("it does not come to true or false: {first}");
            let help = "compare, for instance `steps.a.status == \"Failed\"`".to_owned();
            self.warn(&at, "expression-syntax", message, Some(help));
        }
    }

    /// The last tasks of a dag whose own tolerance forgives what happens before them (`EX-622`).
    pub(super) fn forgiving_targets(&mut self, site: &Site, dag: &spec::Dag) {
        let is_needed =
            |name: &str| dag.tasks.iter().any(|task| task.dependencies.iter().any(|on| on == name));
        for (index, task) in dag.tasks.iter().enumerate() {
            let Some(tolerates) = &task.continue_on else { continue };
            let before = task
                .dependencies
                .iter()
                .find(|on| dag.tasks.iter().any(|other| other.name == **on && other.continue_on.is_none()));
            let is_last = dag.target.is_empty() && !is_needed(&task.name);
            if let Some(before) = before.filter(|_| is_last && (tolerates.failed || tolerates.error)) {
                let message = format!(
                    "when `{before}` fails, `{}` is omitted, and its `continueOn` lets the dag succeed all the same",
                    task.name
                );
                let help = format!("leave `continueOn` out, unless `{before}` may fail");
                let at = site.field("tasks").index(index).field("continueOn");
                self.warn(&at, "forgives-others", message, Some(help));
            }
        }
    }

    /// Tags of a schedule's condition that are no text, and time zones in a schedule that has one (`CR-044`, `CR-096`).
    pub(super) fn cron_texts(&mut self, cron: &spec::CronWorkflowSpec) {
        let site = Site::new("spec");
        for name in WITHOUT_TEXT {
            if cron
                .when
                .split("{{")
                .skip(1)
                .any(|tag| tag.split("}}").next().is_some_and(|tag| tag.trim() == name))
            {
                let message = format!("`{{{{{name}}}}}` has no text, so the condition never comes out");
                let help = format!("make it an expression: `{{{{= {name} … }}}}`");
                self.warn(&site.field("when"), "unknown-name", message, Some(help));
            }
        }
        for (index, schedule) in cron.schedules.iter().enumerate() {
            let has_zone = ["TZ=", "CRON_TZ="].iter().any(|zone| schedule.starts_with(zone));
            if has_zone && !cron.timezone.is_empty() {
                let message =
                    "a schedule cannot name a time zone beside `timezone`, and never fires".to_owned();
                let help = "keep `timezone`".to_owned();
                self.warn(&site.field("schedules").index(index), "bad-schedule", message, Some(help));
            }
        }
    }
}

/// Templates by name; of equal ones the first counts.
pub(super) fn by_name(spec: &spec::WorkflowSpec) -> BTreeMap<&str, usize> {
    let named = spec.templates.iter().enumerate().rev();
    named.map(|(index, template)| (template.name.as_str(), index)).collect()
}

/// Whether a step or task runs whenever what is before it succeeds.
fn is_sure(template: &spec::Template, task: &spec::Task) -> bool {
    let has_target = template.dag.as_ref().is_some_and(|dag| !dag.target.is_empty());
    let asks = task.depends.replace(".Succeeded", "");
    let is_plain = !asks.contains(['.', '!', '|', '?']);
    let is_looped = task.has_loop() && task.with_items.is_empty();
    task.when.is_empty() && !has_target && is_plain && !is_looped
}

/// Which templates call which, by their places.
struct Calls {
    of: Vec<Vec<usize>>,
    /// How many calls may still be followed.
    left: usize,
}

impl Calls {
    fn new(spec: &spec::WorkflowSpec, mut of: impl FnMut(&spec::Template, &mut dyn FnMut(usize))) -> Calls {
        let of = spec.templates.iter().map(|template| {
            let mut called = Vec::new();
            of(template, &mut |at| called.push(at));
            called
        });
        Calls { of: of.collect(), left: CALLS_FOLLOWED_MAX }
    }

    /// Everything that can be reached from a template, itself included; what is found when the limit is reached.
    fn reached(&mut self, from: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for called in &self.of[at] {
                if self.left == 0 {
                    return seen;
                }
                self.left -= 1;
                if seen.insert(*called) {
                    open.push(*called);
                }
            }
        }
        seen
    }
}

fn mutexes(template: &spec::Template) -> impl Iterator<Item = &spec::Mutex> {
    template.synchronization.iter().flat_map(|locks| &locks.mutexes)
}

fn is_plain(mutex: &spec::Mutex) -> bool {
    !mutex.name.is_empty() && !mutex.name.contains("{{") && !mutex.namespace.contains("{{")
}

/// The name with a `-` of which the part before was taken for a name.
fn dashed<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let is_meant = |known: &&&str| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    known.iter().find(is_meant).copied()
}

//! What can be read but will not come out as meant: conditions without sense, tasks that never run,
//! values that may never come (`VA-184` to `VA-202`). All of it is a warning.

use std::collections::BTreeSet;

use tiphys_expr as expr;
use tiphys_expr::depends::{Logic, TaskResult};
use tiphys_spec as spec;

use super::Checker;
use super::beyond::Body;
use super::dag::Graph;
use super::site::Site;

/// Most combinations of results that are tried to find one that satisfies a `depends`.
const COMBINATIONS_MAX: usize = 20_000;

/// What stands for a tag while the syntax around it is looked at: a word, a number, a truth.
const STAND_INS: [&str; 3] = ["x", "1", "true"];

impl Checker<'_> {
    /// A `when` that no value of its tags makes readable (`VA-184`).
    pub(super) fn condition(&mut self, at: &Site, when: &str) {
        if !when.is_empty()
            && !when.contains("{{")
            && let Err(reason) = expr::when::evaluate(when)
        {
            let message = format!("the condition never comes out: {reason}");
            return self.warn(at, "condition-syntax", message, None);
        }
        let unreadable = |stand_in: &str| expr::when::check_syntax(&without_tags(when, stand_in)).err();
        let complaints: Vec<String> = STAND_INS.iter().map_while(|word| unreadable(word)).collect();
        if let Some(first) = complaints.first().filter(|_| complaints.len() == STAND_INS.len()) {
            let message = format!("the condition cannot be read: {first}");
            let help = Some("quote what is text: `\"{{…}}\" == \"word\"`".to_owned());
            self.warn(at, "condition-syntax", message, help);
        }
    }

    /// The conditions of a CronWorkflow, which Argo reads when they are due (`VA-202`).
    pub(super) fn cron_conditions(&mut self, cron: &spec::CronWorkflowSpec) {
        let site = Site::new("spec");
        if let Some(stop) = &cron.stop_strategy
            && let Err(error) = expr::check_syntax(&stop.expression)
        {
            let at = site.field("stopStrategy").field("expression");
            self.unreadable(&at, &error.message);
        }
        let at = site.field("when");
        match expr::Text::parse_raw(&cron.when) {
            Err(error) => self.unreadable(&at, error.message()),
            Ok(text) => match text.syntax_errors().into_iter().next() {
                Some(error) => self.unreadable(&at, &error.message),
                None => self.condition(&at, &cron.when),
            },
        }
    }

    pub(super) fn unreadable(&mut self, at: &Site, message: &str) {
        let first = message.lines().next().unwrap_or("");
        let first = first.strip_prefix("failed to evaluate expression: ").unwrap_or(first);
        self.warn(at, "expression-syntax", format!("the expression cannot be read: {first}"), None);
    }

    /// Tasks whose `depends` nothing satisfies, or that no target needs (`VA-186`).
    pub(super) fn never_run(&mut self, body: &Body<'_>, site: &Site, dag: &spec::Dag, graph: &Graph<'_>) {
        for (index, task) in dag.tasks.iter().enumerate() {
            let at = site.field("tasks").index(index);
            if let Some(why) = never(task, body.spec, dag, graph) {
                self.warn(&at.field("depends"), "never-true", why, None);
            }
        }
        if dag.target.is_empty() || dag.target.contains("{{") {
            return;
        }
        let targets: Option<Vec<usize>> =
            dag.target.split(' ').map(|name| graph.index.get(name).copied()).collect();
        let Some(targets) = targets else { return };
        let needed = graph.with_ancestors(&targets);
        for (index, task) in dag.tasks.iter().enumerate().filter(|(index, _)| !needed.contains(index)) {
            let at = site.field("tasks").index(index).field("name");
            let message = format!("`{}` never runs: no target of the dag depends on it", task.name);
            let help = Some("add it to `target`, or leave `target` out".to_owned());
            self.warn(&at, "never-runs", message, help);
        }
    }

    /// Values of a step or task that may have been skipped: they never come (`VA-195`, `TP-241`).
    ///
    /// Declared output parameters come as absent, and expressions can tell (`TP-240`, `TP-244`); the result of
    /// a step does not. Who has a condition of its own is thought to have thought of it.
    pub(super) fn may_be_skipped(
        &mut self,
        at: &Site,
        task: &spec::Task,
        root: &str,
        skippable: &dyn Fn(&str) -> bool,
    ) {
        if !task.when.is_empty() {
            return;
        }
        let mut told = BTreeSet::new();
        for (index, argument) in task.arguments.artifacts.iter().enumerate() {
            let tag = argument.from.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
            let of = tag.strip_prefix(root).and_then(|rest| rest.split_once(".outputs.artifacts."));
            let Some((of, _)) = of.filter(|(of, _)| !argument.optional && skippable(of)) else { continue };
            let at = at.field("arguments").field("artifacts").index(index).field("from");
            let message = format!("`{of}` may be skipped, and then this artifact is not there");
            let help = "give this one a `when` too, or make the argument and the input `optional`".to_owned();
            self.warn(&at, "may-be-skipped", message, Some(help));
        }
        for (index, argument) in task.arguments.parameters.iter().enumerate() {
            let Some(text) = argument.value.as_deref().and_then(|text| expr::Text::parse(text).ok()) else {
                continue;
            };
            if text.as_str().contains("{{=") {
                continue;
            }
            let result_of = |name: &str| {
                let of = name.strip_prefix(root)?.strip_suffix(".outputs.result")?;
                skippable(of).then(|| of.to_owned())
            };
            for of in text.names().filter_map(result_of) {
                if told.insert(of.clone()) {
                    let at = at.field("arguments").field("parameters").index(index).field("value");
                    let message = format!("`{of}` may be skipped, and then it has no result");
                    let help =
                        format!("give this one a `when` too, or use `{{{{=`…`?? \"none\"}}}}` on {root}{of}");
                    self.warn(&at, "may-be-skipped", message, Some(help));
                }
            }
        }
    }
}

/// Why a task's `depends` is never true or cannot be read.
fn never(task: &spec::Task, body: &spec::WorkflowSpec, dag: &spec::Dag, graph: &Graph<'_>) -> Option<String> {
    if task.depends.is_empty() {
        return None;
    }
    let logic = Logic::parse(&task.depends, &|_| (false, false)).ok()?;
    if let Some(problem) = logic.problem() {
        let (_, why) = problem.split_once("': ").unwrap_or(("", &problem));
        return Some(format!("`depends` cannot be read: {}", why.lines().next().unwrap_or("")));
    }
    let names = logic.tasks();
    let mut states: Vec<Vec<Vec<TaskResult>>> = Vec::new();
    let mut combinations = 1usize;
    for name in names {
        let of = &dag.tasks[*graph.index.get(name.as_str())?];
        let possible = endings(of, body);
        combinations = combinations.saturating_mul(possible.len());
        states.push(possible);
    }
    if combinations > COMBINATIONS_MAX {
        return None;
    }
    for number in 0..combinations {
        let mut rest = number;
        let chosen: Vec<&Vec<TaskResult>> = states
            .iter()
            .map(|possible| {
                let state = &possible[rest % possible.len()];
                rest /= possible.len();
                state
            })
            .collect();
        if logic.evaluate(&|task, result| chosen[task].contains(&result)) != Ok(false) {
            return None;
        }
    }
    Some(format!("`{}` never runs: its `depends` can never be true", task.name))
}

/// The ways in which a task can end, each with the results that are then true (`EX-159`).
fn endings(task: &spec::Task, body: &spec::WorkflowSpec) -> Vec<Vec<TaskResult>> {
    use TaskResult::{AllFailed, AnySucceeded, Daemoned, Errored, Failed, Omitted, Skipped, Succeeded};
    let mut endings = vec![vec![Succeeded], vec![Failed], vec![Errored], vec![]];
    // What is known not to be a daemon never becomes one.
    let called = body.template(&task.template).filter(|_| body.template_defaults.is_none());
    if called.is_none_or(|called| called.daemon == Some(true)) {
        endings.push(vec![Daemoned]);
    }
    if task.has_loop() {
        endings.extend([
            vec![Succeeded, AnySucceeded],
            vec![Failed, AnySucceeded],
            vec![Failed, AllFailed],
            vec![Errored, AnySucceeded],
        ]);
    }
    if task.has_loop() || !task.when.is_empty() {
        endings.push(vec![Skipped]);
    }
    if !task.depends.is_empty() || !task.dependencies.is_empty() {
        endings.push(vec![Omitted]);
    }
    endings
}

/// The text with a word in place of every tag.
fn without_tags(text: &str, stand_in: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest[open..].find("}}") else { break };
        plain.push_str(&rest[..open]);
        plain.push_str(stand_in);
        rest = &rest[open + length + 2..];
    }
    plain.push_str(rest);
    plain
}

//! What no run can come through: a loop whose items are none, a recursion without an end, on a way that every run
//! that succeeds has to go (`EX-113`, `EX-193`, `EX-194`). It is refused when it is to run; elsewhere, and in lint, the
//! same mistake is a warning.

use std::collections::{BTreeMap, BTreeSet};

use tiphys_expr as expr;
use tiphys_spec as spec;

use super::beyond::Body;
use super::doomed::by_name;
use super::site::Site;
use super::{Checker, Severity};
use crate::limits::DEPTH_MAX;

/// A step or task that every run goes through, and where it stands in its template.
type Stop<'t> = (Site, &'t spec::Task);

impl Checker<'_> {
    /// Refuses a document whose runs all end in Error, because of what stands on the way from its entrypoint.
    pub(super) fn hopeless(&mut self, body: &Body<'_>) {
        let library = self.library;
        let reference = body.spec.workflow_template_ref.as_ref();
        let found = reference.map(|reference| library.find(&reference.name, reference.cluster_scope));
        let (home, templates) = match found {
            None => (body.spec, body.site.field("templates")),
            Some(Some(found)) => (&found.spec, body.site.field("workflowTemplateRef").fixed()),
            Some(None) => return,
        };
        // Defaults may bring a cache to every template, so that nothing is sure to run.
        if body.spec.template_defaults.is_some() || home.template_defaults.is_some() {
            return;
        }
        let name = match body.spec.entrypoint.as_str() {
            "" => &home.entrypoint,
            own => own,
        };
        let index = by_name(home);
        let Some(entry) = index.get(name).copied() else { return };
        let way = Way::from(entry, home, &index);
        for at in &way.passed {
            for (site, task) in stops(&templates.index(*at), &home.templates[*at]) {
                for flaw in loop_flaws(task) {
                    self.find(Severity::Error, &flaw.at(&site), flaw.code, flaw.message, flaw.help);
                }
            }
        }
        if let Some(circle) = way.circle {
            self.hopeless_circle(&templates, home, &circle);
        }
    }

    fn hopeless_circle(&mut self, templates: &Site, home: &spec::WorkflowSpec, circle: &[usize]) {
        let names: Vec<String> = circle.iter().map(|at| format!("`{}`", home.templates[*at].name)).collect();
        let first = circle.iter().min().copied().unwrap_or_default();
        let way = match names.as_slice() {
            [own] => format!("{own} calls itself"),
            all => format!("{} call each other", all.join(", ")),
        };
        let message = format!(
            "{way} without a condition, so every run ends in Error when it is {DEPTH_MAX} templates deep"
        );
        let help = "give the step a `when` that is false in the end".to_owned();
        self.error_with_help(&templates.index(first).field("name"), "endless", message, Some(help));
    }
}

/// The templates that a run cannot do without.
struct Way {
    passed: BTreeSet<usize>,
    /// Templates that lead back to the first of them.
    circle: Option<Vec<usize>>,
}

impl Way {
    /// Goes from the entrypoint through everything that is sure to run.
    fn from(entry: usize, home: &spec::WorkflowSpec, index: &BTreeMap<&str, usize>) -> Way {
        let called = |at: usize| -> Vec<usize> {
            let stops = stops(&Site::default(), &home.templates[at]);
            let sure = stops.into_iter().filter(|(_, task)| is_entered(task));
            sure.filter_map(|(_, task)| index.get(task.template.as_str()).copied())
                .filter(|called| may_not_be_remembered(&home.templates[*called]))
                .collect()
        };
        let mut way = Way { passed: BTreeSet::new(), circle: None };
        if !may_not_be_remembered(&home.templates[entry]) {
            return way;
        }
        way.passed.insert(entry);
        // The templates around the one that is looked at, each with what it still has to call.
        let mut around = vec![(entry, called(entry))];
        while let Some((_, open)) = around.last_mut() {
            let Some(next) = open.pop() else {
                around.pop();
                continue;
            };
            if way.passed.insert(next) {
                around.push((next, called(next)));
            } else if way.circle.is_none()
                && let Some(begin) = around.iter().position(|(at, _)| *at == next)
            {
                way.circle = Some(around[begin..].iter().map(|(at, _)| *at).collect());
            }
        }
        way
    }
}

/// The steps or tasks of a template that every run comes to, and whose failure nothing forgives.
///
/// A dag in which anything asks for more than success may end well although a part of it has not: then no task counts.
fn stops<'t>(site: &Site, template: &'t spec::Template) -> Vec<Stop<'t>> {
    let is_stop = |task: &&'t spec::Task| task.when.is_empty() && task.continue_on.is_none();
    if let Some(dag) = &template.dag {
        let asks = |task: &spec::Task| task.depends.contains(['.', '!', '|', '(', '{']);
        if !dag.target.is_empty() || dag.tasks.iter().any(|task| asks(task) || task.continue_on.is_some()) {
            return Vec::new();
        }
        let tasks = dag.tasks.iter().enumerate().filter(|(_, task)| is_stop(task));
        return tasks.map(|(at, task)| (site.field("dag").field("tasks").index(at), task)).collect();
    }
    let mut found = Vec::new();
    for (group, steps) in template.steps.iter().enumerate() {
        let steps = steps.iter().enumerate().filter(|(_, step)| is_stop(step));
        found.extend(steps.map(|(at, step)| (site.field("steps").index(group).index(at), step)));
    }
    found
}

/// Why a loop comes to no items, whatever it is run with.
pub(super) struct LoopFlaw {
    /// The fields that lead to it.
    path: Vec<&'static str>,
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
}

impl LoopFlaw {
    pub fn at(&self, task: &Site) -> Site {
        self.path.iter().fold(task.clone(), |at, field| at.field(field))
    }
}

/// What is wrong with a loop that is written out: nothing where a run decides.
pub(super) fn loop_flaws(task: &spec::Task) -> Vec<LoopFlaw> {
    let flaw = |path: &[&'static str], code, message: String, help: Option<String>| LoopFlaw {
        path: path.to_vec(),
        code,
        message,
        help,
    };
    let mut found = Vec::new();
    let list = task.with_param.as_str();
    if !list.is_empty()
        && !list.contains("{{")
        && let Err(error) = expr::items::with_param(list)
    {
        let message = match error.strip_prefix("withParam ") {
            Some(reason) => format!("`withParam` {reason}, so the step ends in Error"),
            None => "`withParam` is not a JSON list".to_owned(),
        };
        let help = Some("write a list, for instance `[1, 2]`".to_owned());
        found.push(flaw(&["withParam"], "bad-value", message, help));
    }
    let Some(sequence) = &task.with_sequence else { return found };
    for (field, bound) in [("count", &sequence.count), ("start", &sequence.start), ("end", &sequence.end)] {
        let text = bound.as_ref().map(spec::IntOrStr::text).unwrap_or_default();
        if !text.is_empty() && !text.contains("{{") && !expr::items::is_bound(&text) {
            let message = format!("`{text}` is not a whole number, so the step ends in Error");
            let help = Some("write a number, or a tag that comes to one".to_owned());
            found.push(flaw(&["withSequence", field], "bad-value", message, help));
        }
    }
    if sequence.count.is_none() && sequence.end.is_none() {
        let message = "`withSequence` has neither `count` nor `end`, so the step ends in Error".to_owned();
        found.push(flaw(&["withSequence"], "missing-field", message, None));
    }
    if found.is_empty()
        && let Some(Err(reason)) = literal_sequence(sequence).map(|bounds| expr::items::length(&bounds))
    {
        let (reason, help) = reason.split_once("; ").unwrap_or((&reason, ""));
        let message = format!("{reason}, so the step ends in Error");
        let help = Some(help).filter(|help| !help.is_empty());
        found.push(flaw(&["withSequence"], "bad-value", message, help.map(str::to_owned)));
    }
    found
}

/// Whether a step runs at least once: a loop may have no items.
fn is_entered(task: &spec::Task) -> bool {
    let has_items = || match &task.with_sequence {
        Some(sequence) => literal_sequence(sequence)
            .is_some_and(|bounds| expr::items::length(&bounds).is_ok_and(|length| length > 0)),
        None => !task.with_items.is_empty(),
    };
    !task.has_loop() || has_items()
}

/// A remembered result may stand for what never ran.
fn may_not_be_remembered(template: &spec::Template) -> bool {
    template.memoize.is_none()
}

/// The bounds of a sequence, unless a run decides about them.
fn literal_sequence(sequence: &spec::Sequence) -> Option<expr::items::SequenceSpec> {
    let text = |bound: &Option<spec::IntOrStr>| bound.as_ref().map(spec::IntOrStr::text);
    let bounds = expr::items::SequenceSpec {
        count: text(&sequence.count),
        start: text(&sequence.start),
        end: text(&sequence.end),
        format: None,
    };
    let all = [&bounds.count, &bounds.start, &bounds.end];
    let is_literal = all.into_iter().flatten().all(|text| !text.is_empty() && !text.contains("{{"));
    is_literal.then_some(bounds)
}

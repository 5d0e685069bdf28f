//! Graphs of tasks: order, names, dependencies (`VA-105` to `VA-112`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use regex::Regex;
use tiphys_spec as spec;

use super::Checker;
use super::argument::Given;
use super::name::Alphabet;
use super::reference::{Called, Reference};
use super::scope::{Names, has_variable};
use super::site::Site;
use super::template::Home;

/// What `depends` may ask of a task (`VA-108`).
const RESULTS: [&str; 8] =
    ["Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed"];

/// Most cycles told of one graph.
const CYCLES_MAX: usize = 20;

/// Most tasks named of one cycle.
const CYCLE_NAMES_MAX: usize = 8;

/// A task that another one names, with the result asked for, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Dependency<'t> {
    task: &'t str,
    result: Option<&'t str>,
}

impl Dependency<'_> {
    fn of(text: &str) -> Dependency<'_> {
        match text.split_once('.') {
            Some((task, result)) => Dependency { task, result: Some(result) },
            None => Dependency { task: text, result: None },
        }
    }
}

/// Everything in the dependencies of a task that looks like a task. Their grammar is not looked at (`VA-112`).
fn dependencies(task: &spec::Task) -> Vec<Dependency<'_>> {
    if !task.depends.is_empty() {
        return named(&task.depends).map(|range| Dependency::of(&task.depends[range])).collect();
    }
    task.dependencies.iter().flat_map(|entry| dependencies_of_entry(entry)).collect()
}

/// An entry of `dependencies` stands for the text `entry.Succeeded || …`: what is no name of a task falls apart there
/// like in any such text, and the result is left over as one more task.
fn dependencies_of_entry(entry: &str) -> Vec<Dependency<'_>> {
    const RESULT: &str = "Succeeded";
    let text = format!("{entry}.{RESULT}");
    named(&text)
        .map(|range| match entry.get(range.start..range.end.min(entry.len())) {
            Some(found) => Dependency::of(found),
            None => Dependency { task: RESULT, result: None },
        })
        .collect()
}

/// Where a text has what looks like a task, with or without a result.
fn named(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    static NAME: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r"([a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+)|([a-zA-Z0-9][-a-zA-Z0-9]*)";
    let name = NAME.get_or_init(|| Regex::new(pattern).ok());
    name.iter().flat_map(move |name| name.find_iter(text)).map(|found| found.range())
}

impl<'a> Checker<'a> {
    pub(super) fn dag(&mut self, site: &Site, template: &spec::Template, home: Home<'a>, scope: &mut Names) {
        let Some(dag) = &template.dag else { return };
        let name = &template.name;
        self.not_a_leaf(site, template);
        let site = site.field("dag");
        if dag.tasks.is_empty() {
            self.error(&site, "no-tasks", format!("templates.{name} must have at least one task"));
            return;
        }
        let graph = Graph::new(dag);
        self.order(&site, template, dag, &graph);
        let words = format!("templates.{name}.tasks");
        let order = graph.sorted();
        let names = order.iter().map(|index| (*index, dag.tasks[*index].name.as_str()));
        self.names_in_order(&site.field("tasks"), &words, Alphabet::Template, names);
        let called = self.tasks_alone(&site, template, dag, &order, home, scope);
        self.target(&site, template, dag, scope);
        for index in order {
            let (at, task) = (site.field("tasks").index(index), &dag.tasks[index]);
            // Itself and what comes after it may ask for the status of a task with hooks.
            if !task.hooks.is_empty() {
                scope.add(format!("tasks.{}.status", task.name));
            }
            self.task_in_graph(&at, template, index, &graph, &called, scope);
        }
    }

    /// The tasks must be such that they can be put in order (`VA-106`).
    fn order(&mut self, site: &Site, template: &spec::Template, dag: &spec::Dag, graph: &Graph<'_>) {
        let words = format!("templates.{} sorting failed:", template.name);
        let tasks = site.field("tasks");
        let mut known = BTreeSet::new();
        for (index, task) in dag.tasks.iter().enumerate() {
            if !known.insert(task.name.as_str()) {
                let message = format!("{words} duplicated nodeName {}", task.name);
                self.error(&tasks.index(index).field("name"), "doubled-name", message);
            }
        }
        for (index, task) in dag.tasks.iter().enumerate() {
            let field = if task.depends.is_empty() { "dependencies" } else { "depends" };
            let mut told = BTreeSet::new();
            for dependency in dependencies(task) {
                if !known.contains(dependency.task) && told.insert(dependency.task) {
                    let message = format!("{words} invalid dependency {}", dependency.task);
                    let help = self.suggest(dependency.task, known.iter().copied());
                    self.error_with_help(&tasks.index(index).field(field), "unknown-task", message, help);
                }
            }
        }
        for cycle in graph.cycles() {
            let task = &dag.tasks[cycle[0]];
            let field = if task.depends.is_empty() { "dependencies" } else { "depends" };
            let names = cycle.iter().map(|index| format!("`{}`", dag.tasks[*index].name));
            let names: Vec<String> = names.take(CYCLE_NAMES_MAX).collect();
            let help = match cycle.len() {
                1 => format!("{} waits for itself", names[0]),
                length if length > names.len() => {
                    format!("{length} tasks wait for each other: {}, …", names.join(", "))
                }
                _ => format!("these wait for each other: {}", names.join(", ")),
            };
            let message = format!("{words} graph with cycle");
            self.error_with_help(&tasks.index(cycle[0]).field(field), "cycle", message, Some(help));
        }
    }

    /// Each task by itself: what it names, how it depends.
    fn tasks_alone<'t>(
        &mut self,
        site: &Site,
        template: &spec::Template,
        dag: &'t spec::Dag,
        order: &[usize],
        home: Home<'a>,
        scope: &mut Names,
    ) -> BTreeMap<&'t str, Called<'a>> {
        let name = &template.name;
        let uses_depends = dag.tasks.iter().any(|task| !task.depends.is_empty());
        let by_name: BTreeMap<&str, &spec::Task> =
            dag.tasks.iter().map(|task| (task.name.as_str(), task)).collect();
        let mut all = BTreeMap::new();
        // What a task exports is known to the templates of those after it, wherever they stand (VA-106).
        for index in order {
            let (at, task) = (site.field("tasks").index(*index), &dag.tasks[*index]);
            if uses_depends && !task.dependencies.is_empty() {
                let message = format!(
                    "templates.{name} cannot use both 'depends' and 'dependencies' in the same DAG template"
                );
                self.error(&at.field("dependencies"), "two-dependencies", message);
            }
            if uses_depends && task.continue_on.is_some() {
                let message = format!(
                    "templates.{name} cannot use 'continueOn' when using 'depends'. Instead use \
                     'dep-task.Failed'/'dep-task.Errored'"
                );
                self.error(&at.field("continueOn"), "misplaced-field", message);
            }
            let digit = task.name.starts_with(|c: char| c.is_ascii_digit());
            if digit && (uses_depends || !task.dependencies.is_empty()) {
                let message = format!(
                    "templates.{name}.tasks.{} name cannot begin with a digit when using either 'depends' or \
                     'dependencies'",
                    task.name
                );
                self.error(&at.field("name"), "bad-name", message);
            }
            let words = format!("templates.{name}.tasks.{}", task.name);
            let told = at.told_as(&words);
            let called = self.call(&told, Reference::of(task), home, Given::Everything);
            self.call_names(&called, &format!("tasks.{}", task.name), scope, Some(task));
            all.entry(task.name.as_str()).or_insert(called);
            self.results(&at, name, task, &by_name);
        }
        all
    }

    /// The results that a task asks of others (`VA-108`, `VA-109`).
    fn results(
        &mut self,
        at: &Site,
        template: &str,
        task: &spec::Task,
        by_name: &BTreeMap<&str, &spec::Task>,
    ) {
        if task.depends.is_empty() {
            return;
        }
        let at = at.field("depends");
        for dependency in dependencies(task) {
            let Some(result) = dependency.result else { continue };
            let of = dependency.task;
            if !RESULTS.contains(&result) {
                let message = format!(
                    "templates.{template}.tasks.{} task result '{result}' for task '{of}' is invalid",
                    task.name
                );
                let help = self.suggest(result, RESULTS.into_iter());
                self.error_with_help(&at, "not-a-choice", message, help);
            } else if matches!(result, "AnySucceeded" | "AllFailed")
                && by_name.get(of).is_some_and(|task| !task.has_loop())
            {
                let message = format!(
                    "templates.{template}.tasks.{of} dependency '{of}' uses an items-based condition such as \
                     .AnySucceeded or .AllFailed but does not contain any items"
                );
                self.error(&at, "not-a-loop", message);
            }
        }
    }

    fn target(&mut self, site: &Site, template: &spec::Template, dag: &spec::Dag, scope: &Names) {
        let words = format!("templates.{}.targets", template.name);
        let at = site.field("target");
        if dag.target.is_empty() {
            return;
        }
        self.resolve(&at, &words, &[scope], &dag.target);
        for target in dag.target.split(' ') {
            let unknown = dag.tasks.iter().all(|task| task.name != target);
            if unknown && !has_variable(target) {
                let message = format!("{words}: target '{target}' is not defined");
                let known = dag.tasks.iter().map(|task| task.name.as_str());
                let help = self.suggest(target, known);
                self.error_with_help(&at, "unknown-task", message, help);
            }
        }
    }

    /// A task among the others: what it mentions and hands over.
    fn task_in_graph(
        &mut self,
        at: &Site,
        template: &spec::Template,
        index: usize,
        graph: &Graph<'_>,
        called: &BTreeMap<&str, Called<'a>>,
        scope: &Names,
    ) {
        let task = &graph.tasks[index];
        let words = format!("templates.{}.tasks.{}", template.name, task.name);
        let mut own = Names::default();
        for name in mentioned(task).iter().filter(|name| graph.is_ancestor(name, index)) {
            let prefix = format!("tasks.{name}");
            own.add(format!("{prefix}.status"));
            let ancestor = graph.index.get(name.as_str()).map(|index| &graph.tasks[*index]);
            self.call_names(
                called.get(name.as_str()).unwrap_or(&Called::Missing),
                &prefix,
                &mut own,
                ancestor,
            );
        }
        let told = at.told_as(&words);
        self.loops(&told, task, &mut own);
        let of_inline = Names::of_inline(task);
        self.resolve(at, &words, &[&of_inline, &own, scope], task);
        self.arguments(&at.field("arguments"), &format!("{words}.arguments."), &task.arguments, false);
        self.argument_ancestors(&told.field("arguments"), task, index, graph);
        if let Some(Called::Found(found)) = called.get(task.name.as_str()) {
            self.called_with(&told.field("arguments"), found.template(), &task.arguments);
        }
    }

    /// A value that begins with another task's name needs that task before it (`VA-111`).
    fn argument_ancestors(&mut self, site: &Site, task: &spec::Task, index: usize, graph: &Graph<'_>) {
        let parameters = task.arguments.parameters.iter().enumerate().map(|(index, parameter)| {
            ("parameter", "parameters", index, &parameter.name, parameter.value.as_deref().unwrap_or(""))
        });
        let artifacts = task.arguments.artifacts.iter().enumerate();
        let artifacts = artifacts.map(|(index, artifact)| {
            ("artifact", "artifacts", index, &artifact.name, artifact.from.as_str())
        });
        for (what, list, place, name, text) in parameters.chain(artifacts) {
            let Some(reference) = text.strip_prefix("{{tasks.") else { continue };
            let of = reference.split('.').next().unwrap_or("");
            if !graph.is_ancestor(of, index) {
                let message = format!("missing dependency '{of}' for {what} '{name}'");
                let help = Some(format!("let it depend on `{of}`"));
                self.error_with_help(&site.field(list).index(place), "missing-dependency", message, help);
            }
        }
    }
}

/// The tasks of a dag and what each names, looked at once.
pub(super) struct Graph<'t> {
    tasks: &'t [spec::Task],
    pub(super) index: BTreeMap<&'t str, usize>,
    below: Vec<Vec<usize>>,
    /// What tasks name as their dependencies although there is no such task.
    unknown: BTreeSet<&'t str>,
    /// The tasks that name one: what ends before them nobody knows.
    unsure: Vec<bool>,
}

impl<'t> Graph<'t> {
    pub(super) fn new(dag: &'t spec::Dag) -> Graph<'t> {
        let mut index: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, task) in dag.tasks.iter().enumerate() {
            index.entry(task.name.as_str()).or_insert(at);
        }
        let mut unknown = BTreeSet::new();
        let mut unsure = Vec::with_capacity(dag.tasks.len());
        for task in &dag.tasks {
            let lost =
                dependencies(task).into_iter().map(|d| d.task).filter(|name| !index.contains_key(name));
            let before = unsure.len();
            unsure.push(false);
            for name in lost {
                unknown.insert(name);
                unsure[before] = true;
            }
        }
        let below = dag.tasks.iter().map(|task| {
            let known: BTreeSet<usize> =
                dependencies(task).iter().filter_map(|d| index.get(d.task).copied()).collect();
            known.into_iter().collect()
        });
        let below = below.collect();
        Graph { tasks: &dag.tasks, index, below, unknown, unsure }
    }

    /// Whether the task called `name` ends before the task at `of`, or may do so once the dependencies that
    /// do not exist are mended.
    pub(super) fn is_ancestor(&self, name: &str, of: usize) -> bool {
        if self.unknown.contains(name) {
            return true;
        }
        let Some(wanted) = self.index.get(name).copied() else { return false };
        let mut seen = vec![false; self.below.len()];
        let mut open = vec![of];
        while let Some(task) = open.pop() {
            if self.unsure[task] || self.below[task].contains(&wanted) {
                return true;
            }
            for dependency in &self.below[task] {
                if !std::mem::replace(&mut seen[*dependency], true) {
                    open.push(*dependency);
                }
            }
        }
        false
    }

    /// The tasks and all that end before them.
    pub(super) fn with_ancestors(&self, tasks: &[usize]) -> BTreeSet<usize> {
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        let mut open = tasks.to_vec();
        while let Some(task) = open.pop() {
            if seen.insert(task) {
                open.extend(&self.below[task]);
            }
        }
        seen
    }

    /// Tasks that wait for each other, each group in the order of the document.
    fn cycles(&self) -> Vec<Vec<usize>> {
        let stuck = self.stuck();
        let mut above: Vec<Vec<usize>> = vec![Vec::new(); stuck.len()];
        for (task, dependencies) in self.below.iter().enumerate().filter(|(task, _)| stuck[*task]) {
            dependencies.iter().for_each(|dependency| above[*dependency].push(task));
        }
        let mut cycles = Vec::new();
        let mut told = vec![false; stuck.len()];
        for task in (0..stuck.len()).filter(|task| stuck[*task]) {
            if told[task] || cycles.len() >= CYCLES_MAX {
                continue;
            }
            let before = reachable(&self.below, task);
            let after = reachable(&above, task);
            let cycle: Vec<usize> =
                (task..stuck.len()).filter(|other| before[*other] && after[*other]).collect();
            cycle.iter().for_each(|task| told[*task] = true);
            if !cycle.is_empty() {
                cycles.push(cycle);
            }
        }
        cycles
    }

    /// The tasks that can never start: those on a cycle, and those after one.
    fn stuck(&self) -> Vec<bool> {
        let mut stuck = vec![true; self.below.len()];
        self.startable().into_iter().for_each(|task| stuck[task] = false);
        stuck
    }

    /// All tasks, each after what it depends on; those that can never start come last.
    fn sorted(&self) -> Vec<usize> {
        let mut order = self.startable();
        let stuck = self.stuck();
        order.extend((0..stuck.len()).filter(|task| stuck[*task]));
        order
    }

    /// The tasks that can start, in the order in which they could: breadth first.
    fn startable(&self) -> Vec<usize> {
        let mut waiting: Vec<usize> = self.below.iter().map(Vec::len).collect();
        let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); waiting.len()];
        for (task, dependencies) in self.below.iter().enumerate() {
            dependencies.iter().for_each(|dependency| dependents[*dependency].push(task));
        }
        let mut order: Vec<usize> = (0..waiting.len()).filter(|task| waiting[*task] == 0).collect();
        let mut next = 0;
        while let Some(task) = order.get(next).copied() {
            next += 1;
            for dependent in &dependents[task] {
                waiting[*dependent] -= 1;
                if waiting[*dependent] == 0 {
                    order.push(*dependent);
                }
            }
        }
        order
    }
}

/// What a way of at least one edge leads to.
fn reachable(edges: &[Vec<usize>], from: usize) -> Vec<bool> {
    let mut seen = vec![false; edges.len()];
    let mut open = vec![from];
    while let Some(task) = open.pop() {
        for next in &edges[task] {
            if !std::mem::replace(&mut seen[*next], true) {
                open.push(*next);
            }
        }
    }
    seen
}

/// The tasks that the texts of a task mention by name.
fn mentioned(task: &spec::Task) -> BTreeSet<String> {
    let text = serde_json::to_string(task).unwrap_or_default();
    let after = text.match_indices("tasks.").map(|(at, found)| &text[at + found.len()..]);
    after
        .map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        })
        .collect()
}

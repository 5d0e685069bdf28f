//! The compiled document: templates resolved, tags parsed, dependencies counted.

use crate::repository::Repository;
use crate::tree::Tree;
use crate::workflow::node::{NodeKind, TaskIx};
use expr::Text;
use expr::depends::Logic;
use spec::TemplateKind;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// Names a template of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateIx(pub u32);

/// Names a scope of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeIx(pub u32);

/// The workflow's own templates.
pub const LOCAL: ScopeIx = ScopeIx(0);

/// Everything a run needs of its documents.
#[derive(Debug)]
pub struct Plan {
    /// The workflow's name, from which every id follows.
    pub name: Arc<str>,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its unique id.
    pub uid: Arc<str>,
    /// The machine on which its steps run.
    pub host: Arc<str>,
    /// The document, with the effective spec (EX-090).
    pub workflow: Arc<spec::Workflow>,
    /// The spec with its tags, as a tree, without templates.
    pub outline: Tree,
    /// Where templates live: the workflow first, then each referenced resource.
    pub scopes: Vec<ScopePlan>,
    /// All templates of all scopes.
    pub templates: Vec<TemplatePlan>,
    /// The template the workflow begins with.
    pub entrypoint: TemplateIx,
    /// The entrypoint's arguments.
    pub arguments: Arguments,
    /// Workflow parameters in the order of the document.
    pub parameters: Vec<GlobalParameter>,
    /// The exit handler (EX-240).
    pub exit: Option<HookPlan>,
    /// Other workflow hooks.
    pub hooks: Vec<HookPlan>,
    /// ConfigMaps that parameters may read, by name.
    pub config_maps: BTreeMap<String, spec::ConfigMap>,
    /// Where artifacts go that have no place of their own; or why that cannot be known (EX-062).
    pub repository: Result<Repository, String>,
    /// Most active pods of the workflow (EX-260).
    pub parallelism: Option<u32>,
    /// Whether the merged spec differs from the submitted one and belongs into the status.
    pub merged: bool,
    /// The images whose commands are known where the run is driven.
    pub images: Images,
}

/// The images that are known by what they would run, so that a container need not name a command (EX-381). Who drives
/// the run says which; until then all are.
#[derive(Clone)]
pub struct Images(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Images {
    /// Those of which `is_known` says so; it must answer the same as long as the run is driven.
    pub fn new(is_known: impl Fn(&str) -> bool + Send + Sync + 'static) -> Images {
        Images(Arc::new(is_known))
    }

    /// Why a container of this image cannot be run without a command of its own. None if it can.
    pub fn lack(&self, image: &str) -> Option<String> {
        (!(self.0)(image)).then(|| {
            format!(
                "failed to look-up entrypoint/cmd for image \"{image}\", you must either explicitly specify the \
                 command, or list the image's command in an image map (`--image-map FILE`)"
            )
        })
    }
}

impl Default for Images {
    fn default() -> Images {
        Images::new(|_| true)
    }
}

impl fmt::Debug for Images {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Images")
    }
}

/// A library of templates.
#[derive(Debug)]
pub struct ScopePlan {
    /// `local`, `namespaced` or `cluster`.
    pub kind: &'static str,
    /// The resource's name.
    pub resource: Arc<str>,
    /// Its templates.
    pub templates: BTreeMap<Arc<str>, TemplateIx>,
}

/// One template.
#[derive(Debug)]
pub struct TemplatePlan {
    /// Where it lives.
    pub scope: ScopeIx,
    /// Its name; empty for inline ones.
    pub name: Arc<str>,
    /// The step or task it is written inside of.
    pub inline_in: Option<Arc<str>>,
    /// The document, with `templateDefaults` merged under it (EX-114).
    pub doc: Arc<spec::Template>,
    /// The document as it is written.
    pub written: Arc<spec::Template>,
    /// Its type, none when it has none (EX-117).
    pub kind: Option<TemplateKind>,
    /// Declared input parameters.
    pub parameters: Vec<ParameterPlan>,
    /// Declared input artifacts.
    pub artifacts: Vec<ArtifactPlan>,
    /// What it does.
    pub flow: Flow,
    /// Its own or the workflow's retry strategy (EX-118).
    pub retry: Option<Arc<RetryPlan>>,
    /// Most active children (EX-261).
    pub parallelism: Option<u32>,
    /// Stop entering children once one failed (EX-263).
    pub fail_fast: bool,
    /// What its containers ask for, in thousandths of a unit, by the names of resources (EX-532).
    pub asked: BTreeMap<String, i64>,
    /// The whole document without inputs and flow, with its tags.
    pub body: Tree,
    /// Whether the body has expression tags.
    pub has_expressions: bool,
    /// The first expression tag that cannot be read, as whoever enters the template is told.
    pub broken: Option<String>,
    /// A volume that one of its containers mounts and nobody declares (EX-387).
    pub lost_volume: Option<String>,
    /// The images of those of its containers that name no command (EX-381).
    pub bare_images: Vec<Text>,
    /// Whether making its pod may fail by its name, its time or a patch (EX-028, EX-385, EX-388).
    pub is_delicate: bool,
}

/// What a template does when it is entered.
#[derive(Debug)]
pub enum Flow {
    /// A leaf that some runner runs; the node type it gets.
    Leaf(NodeKind),
    /// Waits.
    Suspend {
        /// How long; none means until somebody resumes it.
        duration: Option<Text>,
    },
    /// Steps or a dag.
    Frame(Box<FramePlan>),
    /// The template has no type.
    Missing,
}

/// The tasks of a steps or dag template.
#[derive(Debug)]
pub struct FramePlan {
    /// Whether it is a dag.
    pub is_dag: bool,
    /// All steps in order, or all tasks.
    pub tasks: Vec<TaskPlan>,
    /// Position by name.
    pub by_name: HashMap<Arc<str>, TaskIx>,
    /// Steps: which tasks form which group.
    pub groups: Vec<Range<u32>>,
    /// Dag: the tasks that each task's condition mentions.
    pub dependencies: TaskLists,
    /// Dag: its targets and what follows from them, when the document alone tells.
    pub order: Arc<DagOrder>,
    /// Dag: a target with tags, to be rendered when the dag is entered.
    pub target: Option<Text>,
    /// Output parameters `(name, source)`, evaluated at the end.
    pub output_parameters: Vec<OutputParameter>,
    /// Output artifacts.
    pub output_artifacts: Vec<OutputArtifact>,
    /// Dag: the last failing target decides (EX-169).
    pub all_targets_decide: bool,
}

/// Which tasks of a dag run, and in which order Argo visits them (EX-150, EX-151).
#[derive(Debug, Default, PartialEq)]
pub struct DagOrder {
    /// Target tasks in order.
    pub targets: Vec<TaskIx>,
    /// Tasks without dependencies that a target needs, in visiting order.
    pub roots: Vec<TaskIx>,
    /// How many tasks the targets need.
    pub needed: u32,
    /// Which of the needed tasks wait for which, in visiting order.
    pub waiting: TaskLists,
    /// By task: its place in the visiting order.
    pub rank: Vec<u32>,
}

/// A list of tasks for each task of a dag. They lie behind one another: a large dag has very many.
#[derive(Debug, Default, PartialEq)]
pub struct TaskLists {
    /// Those of one task after the other.
    tasks: Vec<TaskIx>,
    /// By task: where among them its own end.
    ends: Vec<u32>,
}

impl DagOrder {
    /// All tasks that the targets need.
    pub fn needed_tasks(&self) -> HashSet<TaskIx> {
        self.roots.iter().chain(&self.waiting.tasks).copied().collect()
    }

    /// Whether a task that depends on another is visited before the hooks of that one are looked at, when both find at the
    /// same visit that it has ended. Only the hooks of a target are looked at in passing, each after its own visit.
    pub(crate) fn is_visited_before_hooks_of(&self, task: TaskIx, dependent: TaskIx) -> bool {
        match self.targets.iter().position(|target| *target == task) {
            None => true,
            Some(at) => {
                let rank = self.rank[dependent.at()];
                self.targets[..at].iter().any(|target| rank <= self.rank[target.at()])
            }
        }
    }
}

impl TaskLists {
    /// Adds the list of the next task.
    pub(crate) fn push(&mut self, list: &[TaskIx]) {
        self.tasks.extend(list);
        self.ends.push(self.tasks.len() as u32);
    }

    /// Turns lists of what tasks depend on round: who waits for each. `visiting` are those that count, in their order.
    pub(crate) fn waiting(dependencies: &TaskLists, visiting: &[TaskIx]) -> TaskLists {
        let count = dependencies.ends.len();
        let dependencies = |task: &TaskIx| dependencies.of(*task).iter();
        let mut next = vec![0; count + 1];
        visiting.iter().flat_map(dependencies).for_each(|dependency| next[dependency.at() + 1] += 1);
        for task in 0..count {
            next[task + 1] += next[task];
        }
        let mut waiting = vec![TaskIx(0); next[count] as usize];
        for task in visiting {
            for dependency in dependencies(task) {
                let place: &mut u32 = &mut next[dependency.at()];
                waiting[*place as usize] = *task;
                *place += 1;
            }
        }
        // What was each task's next place is the end of its own now.
        next.truncate(count);
        TaskLists { tasks: waiting, ends: next }
    }

    /// A task's list.
    pub fn of(&self, task: TaskIx) -> &[TaskIx] {
        let Some(end) = self.ends.get(task.at()) else { return &[] };
        let start = if task.at() == 0 { 0 } else { self.ends[task.at() - 1] };
        &self.tasks[start as usize..*end as usize]
    }
}

/// One step or task. A large dag has very many, and the walk reads each: what few tasks have lies elsewhere.
#[derive(Debug)]
pub struct TaskPlan {
    /// Its name.
    pub name: Arc<str>,
    /// What it runs.
    pub target: Target,
    /// Its template as status shows it.
    pub shown: Shown,
    /// What it passes on, if anything.
    pub given: Option<Box<Arguments>>,
    /// Its condition.
    pub when: Option<Text>,
    /// Its loop, if it is one.
    pub items: Option<Box<Items>>,
    /// Tolerated phases.
    pub continue_on: ContinueOn,
    /// Its hooks, if it has any.
    pub hooks: Option<Box<TaskHooks>>,
    /// Dag: the condition over its dependencies, whose numbers are their places in the template's list.
    pub depends: Option<Logic>,
    /// Somebody reads its standard output (EX-421).
    pub result_is_read: bool,
}

/// The hooks of a step or task.
#[derive(Debug)]
pub struct TaskHooks {
    /// Its exit hook (EX-240).
    pub exit: Option<HookPlan>,
    /// Its other hooks.
    pub others: Vec<HookPlan>,
}

/// What a node's status says of its template.
#[derive(Clone, Debug)]
pub enum Shown {
    /// `templateName`.
    Name(Arc<str>),
    /// `templateRef`.
    Reference,
    /// Neither: it is inline.
    Inline,
}

/// What a step, task or hook runs.
#[derive(Debug)]
pub enum Target {
    /// Known from the document.
    Known(TemplateIx),
    /// A reference with tags in it.
    Templated {
        /// The resource; none for a plain template name.
        resource: Option<Text>,
        /// The template in it.
        template: Text,
        /// Look among cluster templates.
        cluster: bool,
    },
    /// Cannot be resolved; the reason.
    Missing(String),
}

/// No arguments.
static NO_ARGUMENTS: Arguments = Arguments { parameters: Vec::new(), artifacts: Vec::new() };

/// Arguments of a step, task, hook or the entrypoint.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Parameters in order.
    pub parameters: Vec<(Arc<str>, Source)>,
    /// Artifacts in order.
    pub artifacts: Vec<ArtifactArgument>,
}

/// Where an argument's value comes from.
#[derive(Debug)]
pub enum Source {
    /// A text with tags.
    Text(Text),
    /// A ConfigMap.
    ConfigMap(Box<ConfigMapSource>),
    /// Neither value nor source: it erases the input's own (PA-022).
    Nothing,
}

/// A value in a ConfigMap (PA-045).
#[derive(Clone, Debug)]
pub struct ConfigMapSource {
    /// The ConfigMap's name.
    pub name: Text,
    /// The key in it.
    pub key: Text,
    /// Used when either is missing.
    pub default: Option<String>,
}

/// An artifact argument.
#[derive(Debug)]
pub struct ArtifactArgument {
    /// Its name.
    pub name: Arc<str>,
    /// A tag that names another artifact.
    pub from: Option<Text>,
    /// An expression that yields one.
    pub from_expression: Option<Text>,
    /// The argument as written.
    pub doc: Tree,
    /// May be missing (PA-183).
    pub optional: bool,
    /// Appended to the source's key (PA-184).
    pub sub_path: Option<Text>,
}

/// A declared input parameter.
#[derive(Debug)]
pub struct ParameterPlan {
    /// Its name.
    pub name: Arc<str>,
    /// Used when no argument comes.
    pub default: Option<Text>,
    /// A ConfigMap, when nothing else is given.
    pub config_map: Option<ConfigMapSource>,
    /// The declaration without its value, if tags are left in it.
    pub tagged: Option<Tree>,
}

/// A declared input artifact.
#[derive(Debug)]
pub struct ArtifactPlan {
    /// Its name.
    pub name: Arc<str>,
    /// As declared.
    pub doc: Tree,
    /// May be missing.
    pub optional: bool,
    /// The declaration itself says where to find it (PA-182).
    pub located: bool,
}

/// A parameter of the workflow.
#[derive(Debug)]
pub struct GlobalParameter {
    /// Its name.
    pub name: Arc<str>,
    /// Its value, if the document gives one.
    pub value: Option<String>,
    /// A ConfigMap otherwise.
    pub config_map: Option<ConfigMapSource>,
    /// Used when the ConfigMap has nothing.
    pub default: Option<String>,
}

/// An output parameter of a steps or dag template.
#[derive(Debug)]
pub struct OutputParameter {
    /// As declared.
    pub doc: spec::Parameter,
    /// `valueFrom.parameter`.
    pub parameter: Option<Text>,
    /// `valueFrom.expression`.
    pub expression: Option<Text>,
}

/// An output artifact of a steps or dag template.
#[derive(Debug)]
pub struct OutputArtifact {
    /// As declared.
    pub doc: spec::Artifact,
    /// `from`.
    pub from: Option<Text>,
    /// `fromExpression`.
    pub from_expression: Option<Text>,
}

/// Tolerated phases of a child (EX-136).
#[derive(Clone, Copy, Debug, Default)]
pub struct ContinueOn {
    /// Tolerates Error.
    pub error: bool,
    /// Tolerates Failed.
    pub failed: bool,
}

/// The loop of a step or task (EX-192).
#[derive(Debug)]
pub enum Items {
    /// `withItems`.
    List(Vec<expr::items::Item>),
    /// `withParam`.
    Param(Text),
    /// `withSequence`.
    Sequence(SequencePlan),
}

/// A sequence with tags.
#[derive(Debug)]
pub struct SequencePlan {
    /// How many.
    pub count: Option<Text>,
    /// First value.
    pub start: Option<Text>,
    /// Last value.
    pub end: Option<Text>,
    /// Go format.
    pub format: Option<Text>,
}

/// A lifecycle hook.
#[derive(Debug)]
pub struct HookPlan {
    /// Its name; `exit` for the exit hook.
    pub name: Arc<str>,
    /// What it runs.
    pub target: Target,
    /// Its template as status shows it.
    pub shown: Shown,
    /// What it passes; none means the workflow's own arguments for exit hooks (EX-241).
    pub arguments: Option<Arguments>,
    /// When it fires.
    pub expression: Option<Text>,
}

/// A retry strategy (EX-210).
#[derive(Clone, Debug)]
pub struct RetryPlan {
    /// As declared, with tags.
    pub doc: Tree,
}

impl TaskPlan {
    /// What it passes on.
    pub fn arguments(&self) -> &Arguments {
        self.given.as_deref().unwrap_or(&NO_ARGUMENTS)
    }

    /// Its exit hook.
    pub fn exit(&self) -> Option<&HookPlan> {
        self.hooks.as_ref()?.exit.as_ref()
    }

    /// Its other hooks.
    pub fn other_hooks(&self) -> &[HookPlan] {
        self.hooks.as_ref().map(|hooks| hooks.others.as_slice()).unwrap_or_default()
    }
}

impl Flow {
    /// The type of the one node that such a template makes; none if it makes more.
    pub fn leaf_kind(&self) -> Option<NodeKind> {
        match self {
            Flow::Leaf(kind) => Some(*kind),
            Flow::Suspend { .. } => Some(NodeKind::Suspend),
            Flow::Frame(_) | Flow::Missing => None,
        }
    }
}

impl Plan {
    /// The template behind an index.
    pub fn template(&self, ix: TemplateIx) -> &TemplatePlan {
        &self.templates[ix.0 as usize]
    }

    /// The scope behind an index.
    pub fn scope(&self, ix: ScopeIx) -> &ScopePlan {
        &self.scopes[ix.0 as usize]
    }

    /// Finds a template by the words of a reference; the error is Argo's (EX-111).
    pub fn find(
        &self,
        resource: Option<(&str, bool)>,
        template: &str,
        from: ScopeIx,
    ) -> Result<TemplateIx, String> {
        find(&self.scopes, resource, template, from)
    }
}

/// Finds a template by name and, for a `templateRef`, by resource `(name, cluster-wide)`; plain names are
/// looked up in the scope of the template that holds the reference (EX-110, OB-362).
pub(crate) fn find(
    scopes: &[ScopePlan],
    resource: Option<(&str, bool)>,
    template: &str,
    from: ScopeIx,
) -> Result<TemplateIx, String> {
    let own = &scopes[from.0 as usize];
    let (scope, what) = match resource {
        None if own.kind == "local" => {
            return own
                .templates
                .get(template)
                .copied()
                .ok_or_else(|| format!("template {template} not found"));
        }
        None => (
            Some(own),
            (
                if own.kind == "cluster" { "cluster workflow template" } else { "workflow template" },
                &*own.resource,
            ),
        ),
        Some((name, cluster)) => {
            let (kind, what) = if cluster {
                ("cluster", "cluster workflow template")
            } else {
                ("namespaced", "workflow template")
            };
            (scopes.iter().find(|scope| scope.kind == kind && &*scope.resource == name), (what, name))
        }
    };
    let (what, name) = what;
    let scope = scope.ok_or_else(|| format!("{what} {name} not found"))?;
    scope
        .templates
        .get(template)
        .copied()
        .ok_or_else(|| format!("template {template} not found in {what} {name}"))
}

impl TemplatePlan {
    /// The tasks, for steps and dag templates.
    pub fn frame(&self) -> Option<&FramePlan> {
        match &self.flow {
            Flow::Frame(frame) => Some(frame),
            _ => None,
        }
    }

    /// How much of each resource its containers are taken to use in so many seconds, in seconds of a unit.
    pub fn used_in(&self, seconds: i64) -> impl Iterator<Item = (String, i64)> + '_ {
        self.asked.iter().map(move |(name, asked)| (name.clone(), seconds.saturating_mul(*asked) / 1_000))
    }

    /// A constant string field of the document's root, for fields without tags.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.doc.annotations.get(key).map(String::as_str)
    }
}

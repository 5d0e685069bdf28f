//! What is ready to begin but has no node yet, because a limit on how many may run at once holds it back.

use crate::workflow::{NodeIx, Ready, Run, Site};

/// A task, or the items of a loop, that `parallelism` holds back (EX-260, EX-261).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The full name of the node that it becomes; of a loop without its items.
    pub name: String,
    /// What holds it.
    pub kind: HeldKind,
    /// One sentence without its subject: which limit, and how far it is used.
    pub text: String,
}

/// What a limit can hold back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldKind {
    /// A step or task.
    Task,
    /// The items of a loop of steps, which has no node of its own, or of a dag, which has one.
    Items(Option<NodeIx>),
}

/// Everything that a limit holds back now, frame by frame.
pub fn held(run: &Run) -> Vec<Held> {
    let mut found = Vec::new();
    if run.steering.suspended || run.steering.strategy().is_some() || run.is_ended() {
        return found;
    }
    for frame in &run.frames {
        if frame.ready.is_empty() || run.node(frame.node).phase.is_ended() {
            continue;
        }
        let template = run.plan.template(frame.template);
        let own = template.parallelism.filter(|limit| frame.active >= *limit);
        let Some(text) = own
            .map(|limit| sentence(&format!("of the template `{}`", template.name), frame.active, limit))
            .or_else(|| whole(run))
        else {
            continue;
        };
        let owner = frame.group.unwrap_or(frame.node);
        let tasks = &run.tasks(frame).tasks;
        for ready in frame.ready.values() {
            let (name, kind) = match ready {
                Ready::Task(task) => (within(run, owner, &tasks[task.at()].name), HeldKind::Task),
                Ready::Loop(at) => {
                    let looped = &run.loops[*at as usize];
                    if matches!(run.node(looped.owner).site, Site::Group(_)) {
                        let name = within(run, looped.owner, &tasks[looped.task.at()].name);
                        (name, HeldKind::Items(None))
                    } else {
                        (run.name(looped.owner), HeldKind::Items(Some(looped.owner)))
                    }
                }
            };
            found.push(Held { name, kind, text: text.clone() });
        }
    }
    found
}

/// The limit of the workflow, where it is used up.
fn whole(run: &Run) -> Option<String> {
    let limit = run.plan.parallelism.filter(|limit| run.active_pods >= *limit)?;
    Some(sentence("of the workflow", run.active_pods, limit))
}

fn sentence(whose: &str, active: u32, limit: u32) -> String {
    format!("waits for parallelism {whose} ({active} of {limit} running)")
}

fn within(run: &Run, owner: NodeIx, task: &str) -> String {
    format!("{}.{task}", run.name(owner))
}

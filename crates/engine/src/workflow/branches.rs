//! What the branches of a dag come to: a node that never ran has the phase of what led to it (EX-168).

use super::node::{NodeIx, NodeKind, Phase, Site};
use super::run::Run;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The branches of one dag, looked at from its targets.
pub(crate) struct Branches<'a> {
    run: &'a Run,
    dag: NodeIx,
    /// By node that has not completed: which bad phases lead to it.
    known: BTreeMap<NodeIx, Led>,
    /// By node: the phase with which a walk over the whole dag reaches it. Made only when it matters.
    walked: Option<BTreeMap<NodeIx, Phase>>,
}

/// Bad phases of what came before.
#[derive(Clone, Copy, Default)]
struct Led {
    by_failed: bool,
    by_error: bool,
}

impl Led {
    fn by(phase: Phase) -> Led {
        Led { by_failed: phase == Phase::Failed, by_error: phase == Phase::Error }
    }

    fn and(self, other: Led) -> Led {
        Led { by_failed: self.by_failed || other.by_failed, by_error: self.by_error || other.by_error }
    }
}

impl<'a> Branches<'a> {
    /// The walk begins at the dag itself; what led to it is none of its business.
    pub fn of(run: &'a Run, dag: NodeIx) -> Branches<'a> {
        Branches { run, dag, known: BTreeMap::from([(dag, Led::default())]), walked: None }
    }

    /// The phase that the walk carries to a node: its own once completed, else that of what led there.
    pub fn phase(&mut self, ix: NodeIx) -> Phase {
        let node = self.run.node(ix);
        if node.is_taken_over() {
            return Phase::Succeeded;
        }
        if node.phase.is_completed() {
            return node.phase;
        }
        match self.led(ix) {
            Led { by_failed: false, by_error: false } => Phase::Succeeded,
            Led { by_failed: true, by_error: false } => Phase::Failed,
            Led { by_failed: false, by_error: true } => Phase::Error,
            // Both lead here; which of them Argo notices first is a matter of who is nearer.
            Led { .. } => {
                let (run, dag) = (self.run, self.dag);
                let walked = self.walked.get_or_insert_with(|| walk(run, dag));
                walked.get(&ix).copied().unwrap_or(Phase::Failed)
            }
        }
    }

    /// The outermost wrapper of an attempt; any other node itself.
    fn wrapper(&self, ix: NodeIx) -> NodeIx {
        let mut at = ix;
        while matches!(self.run.node(at).site, Site::Attempt(_)) {
            at = self.run.node(at).owner;
        }
        at
    }

    /// Post-order over what led to a node, with a stack of our own.
    fn led(&mut self, ix: NodeIx) -> Led {
        let mut stack = vec![(ix, false)];
        while let Some((at, ready)) = stack.pop() {
            if self.known.contains_key(&at) {
                continue;
            }
            let node = self.run.node(at);
            if node.phase.is_completed() || node.is_taken_over() {
                // Who comes after an attempt has the phase of its wrapper, which may be another one.
                let judged = self.wrapper(at);
                self.known.insert(at, Led::by(self.run.node(judged).phase));
                continue;
            }
            let mut before = self.run.graph_parents(at);
            if before.is_empty() {
                // What it depends on has no exit points.
                before = self.run.depends_on(at);
            }
            if ready {
                let led = before.iter().filter_map(|parent| self.known.get(parent));
                let led = led.fold(Led::default(), |all, one| all.and(*one));
                self.known.insert(at, led);
            } else {
                stack.push((at, true));
                stack.extend(before.into_iter().map(|parent| (parent, false)));
            }
        }
        self.known.get(&ix).copied().unwrap_or_default()
    }
}

/// Breadth first along children, carrying the phase of the branch; the first bad one that reaches a node sticks.
fn walk(run: &Run, dag: NodeIx) -> BTreeMap<NodeIx, Phase> {
    let children = crate::status::children(run);
    let mut reached: BTreeMap<NodeIx, Phase> = BTreeMap::new();
    let mut queue: VecDeque<(NodeIx, Phase)> =
        children[dag.at()].iter().map(|child| (*child, Phase::Succeeded)).collect();
    let mut seen = BTreeSet::new();
    while let Some((ix, branch)) = queue.pop_front() {
        if !seen.insert((ix, branch.name())) {
            continue;
        }
        let node = run.node(ix);
        let branch = match node.phase {
            _ if node.is_taken_over() => Phase::Succeeded,
            own if own.is_completed() => own,
            _ => branch,
        };
        let known = reached.entry(ix).or_insert(branch);
        if !known.is_bad() {
            *known = branch;
        }
        for child in &children[ix.at()] {
            if node.kind == NodeKind::Retry && matches!(run.node(*child).site, Site::Attempt(_)) {
                // Past the attempts: what comes after them, with the wrapper's phase.
                queue.extend(children[child.at()].iter().map(|below| (*below, branch)));
            } else {
                queue.push_back((*child, branch));
            }
        }
    }
    reached
}

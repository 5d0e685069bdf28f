//! Edges that a retry by hand keeps: who depends on a task is hung where that leads on when it comes to be, and stays
//! there as long as it is there itself (EX-031, EX-302).

use super::node::{NodeIx, NodeKind, Site};
use super::run::Run;
use std::collections::BTreeMap;

impl Run {
    /// The edges to tasks that are kept, as far as what leads to them is not what it was when they came to be: they cannot be
    /// derived any more once the run goes on.
    pub(crate) fn edges_kept(&self, removed: &[NodeIx], reset: &[NodeIx]) -> BTreeMap<NodeIx, Vec<NodeIx>> {
        let changes = |ix: &NodeIx| reset.binary_search(ix).is_ok() || self.has_late_hook(*ix);
        let is_kept = |ix: &NodeIx| removed.binary_search(ix).is_err();
        self.indices()
            .filter(|ix| is_kept(ix) && self.is_task_of_dag(*ix) && self.depends_on(*ix).iter().any(changes))
            .map(|ix| (ix, self.graph_parents(ix).into_iter().filter(is_kept).collect()))
            .collect()
    }

    fn is_task_of_dag(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        matches!(node.site, Site::Task(_)) && self.node(node.owner).kind == NodeKind::Dag
    }
}

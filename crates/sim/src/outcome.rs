//! What a run came to, without what chance may change: times, and the order of what ran side by side.

use engine::{Run, Time, status};
use std::collections::BTreeMap;
use tiphys_engine as engine;

/// Every node by name, and the workflow under `workflow`; each as a line of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome(pub BTreeMap<String, String>);

impl Outcome {
    /// Of a run.
    pub fn of(run: &Run) -> Outcome {
        let status = status::status(run, Time(0));
        let mut lines = BTreeMap::new();
        for node in status.nodes.values() {
            let named = |ids: &[String]| -> Vec<String> {
                let mut names: Vec<String> =
                    ids.iter().filter_map(|id| status.nodes.get(id).map(|node| node.name.clone())).collect();
                names.sort();
                names
            };
            // How long a retry waits is told while it waits only; everything else must be the same.
            let parameters = |list: &[tiphys_spec::Parameter]| -> Vec<String> {
                list.iter().map(|one| format!("{}={:?}", one.name, one.value)).collect()
            };
            let inputs = node.inputs.as_ref().map(|inputs| parameters(&inputs.parameters));
            let outputs =
                node.outputs.as_ref().map(|outputs| (parameters(&outputs.parameters), &outputs.result));
            lines.insert(
                node.name.clone(),
                format!(
                    "{} {} {:?} children {:?} outbound {:?} boundary {:?} in {inputs:?} out {outputs:?}",
                    node.kind,
                    node.phase,
                    node.message,
                    named(&node.children),
                    named(&node.outbound_nodes),
                    node.boundary_id,
                ),
            );
        }
        lines.insert(
            "workflow".to_owned(),
            format!("{} {:?} {}", status.phase, status.message, status.progress),
        );
        Outcome(lines)
    }

    /// The first difference, for people.
    pub fn difference(&self, other: &Outcome) -> Option<String> {
        let names: std::collections::BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        names.into_iter().find_map(|name| {
            let (own, others) = (self.0.get(name), other.0.get(name));
            let shown = |line: Option<&String>| line.map_or("absent".to_owned(), Clone::clone);
            (own != others).then(|| format!("{name}:\n  {}\n  {}", shown(own), shown(others)))
        })
    }
}

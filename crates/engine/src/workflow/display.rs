//! The names that people read: what a node is called beside its full name (EX-025), and who may choose it (EX-026).

use super::node::{NodeIx, NodeKind, Phase, Site};
use super::run::Run;
use super::scope::View;
use expr::{Mode, World};
use regex::Regex;
use std::sync::LazyLock;
use tiphys_expr as expr;

/// The annotation of a template that names its nodes.
pub(crate) const ANNOTATION: &str = "workflows.argoproj.io/display-name";

/// What such a name looks like: the pattern is part of Argo's message.
const PATTERN: &str = "^[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]$";

/// Why a name cannot be shown, in Argo's words. One that is empty counts as none.
pub(crate) fn unfit(name: &str) -> Option<String> {
    static FIT: LazyLock<Regex> = LazyLock::new(|| Regex::new(PATTERN).expect("the pattern is a constant"));
    (!name.is_empty() && !FIT.is_match(name)).then(|| format!("displayName must match the regex {PATTERN}"))
}

impl Run {
    /// The display name (EX-025); templates may give their own (EX-026).
    pub fn display_name(&self, ix: NodeIx) -> String {
        if let Some(chosen) = self.chosen_name(ix) {
            return chosen;
        }
        match self.node(ix).boundary {
            Some(boundary) => expr::names::display_name(&self.name(boundary), &self.name(ix)),
            None => self.name(ix),
        }
    }

    /// The status of the workflow as display names tell it: they are given from the second look at a node on, as long as it is
    /// looked at. What belongs to hooks of the workflow is looked at after its entry node, too.
    pub(crate) fn status_for_names(&self, owner: NodeIx, site: &Site) -> Vec<(&'static str, String)> {
        if self.is_in_hook_of_workflow(owner, site) {
            return Vec::new();
        }
        vec![("workflow.status", Phase::Running.name().to_owned())]
    }

    /// The name that the template of a node gives it. Only what runs the template has it: not what was skipped, the
    /// group of a loop, the attempts of a wrapper or the members of a pod.
    fn chosen_name(&self, ix: NodeIx) -> Option<String> {
        let node = self.node(ix);
        if matches!(node.kind, NodeKind::Skipped | NodeKind::TaskGroup)
            || matches!(node.site, Site::Attempt(_) | Site::Container(_))
        {
            return None;
        }
        let annotation = self.template(ix)?.annotation(ANNOTATION)?;
        let world = World { now: node.started.timestamp(), seed: u64::from(node.hash) };
        let status = self.status_for_names(node.owner, &node.site);
        let view = View { extra: &status, ..self.view_of(ix, node.started) };
        let name = expr::render(annotation, &view, Mode::Lenient, &world).ok()?;
        (!name.is_empty() && unfit(&name).is_none()).then_some(name)
    }
}

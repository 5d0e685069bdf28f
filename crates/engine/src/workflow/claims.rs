//! The claims that a workflow makes of its `volumeClaimTemplates` (PA-260).

use super::node::Phase;
use super::run::{Run, Stage};

const ON_COMPLETION: &str = "OnWorkflowCompletion";

impl Run {
    /// The claims that it has now, each with the name of its template: they are there from the beginning, and go with an end
    /// that asks for it (EX-306, EX-503).
    pub fn claims(&self) -> Vec<(&str, String)> {
        let has_any = self.stage != Stage::New && (self.finished.is_none() || !self.drops_claims());
        if has_any { self.all_claims() } else { Vec::new() }
    }

    /// The same of all that it ever makes.
    pub fn all_claims(&self) -> Vec<(&str, String)> {
        let templates = &self.plan.workflow.spec.volume_claim_templates;
        let names = templates.iter().filter_map(|claim| claim.pointer("/metadata/name")?.as_str());
        names.map(|name| (name, format!("{}-{name}", self.plan.name))).collect()
    }

    /// Whether its claims are removed now that it has ended.
    pub fn drops_claims(&self) -> bool {
        let collection = self.plan.workflow.spec.volume_claim_gc.as_ref();
        self.phase == Phase::Succeeded || collection.is_some_and(|gc| gc.strategy == ON_COMPLETION)
    }
}

//! The claims that a workflow makes of its `volumeClaimTemplates` (PA-260).

use super::node::Phase;
use super::run::{Run, Stage};
use std::path::{Path, PathBuf};
use tiphys_spec::WorkflowSpec;

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
        claims_of(&self.plan.workflow.spec, &self.plan.name)
    }

    /// Whether its claims are removed now that it has ended.
    pub fn drops_claims(&self) -> bool {
        let collection = self.plan.workflow.spec.volume_claim_gc.as_ref();
        self.phase == Phase::Succeeded || collection.is_some_and(|gc| gc.strategy == ON_COMPLETION)
    }
}

/// The claims that a workflow of this name makes, each with the name of its template.
pub fn claims_of<'a>(spec: &'a WorkflowSpec, workflow: &str) -> Vec<(&'a str, String)> {
    let names =
        spec.volume_claim_templates.iter().filter_map(|claim| claim.pointer("/metadata/name")?.as_str());
    names.map(|name| (name, format!("{workflow}-{name}"))).collect()
}

/// Where a claim lies below the folder of all claims. None of a name that is none: it could lead anywhere.
pub fn claim_path(namespace: &str, claim: &str) -> Option<PathBuf> {
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
    };
    let namespace = if namespace.is_empty() { "default" } else { namespace };
    (is_plain(namespace) && is_plain(claim)).then(|| Path::new(namespace).join(claim))
}

#[cfg(test)]
mod tests {
    use super::claim_path;
    use std::path::Path;

    #[test]
    fn a_claim_lies_in_the_folder_of_its_namespace_and_nowhere_else() {
        assert_eq!(claim_path("", "wf-work").as_deref(), Some(Path::new("default/wf-work")));
        assert_eq!(claim_path("team", "a.b_C").as_deref(), Some(Path::new("team/a.b_C")));
        for odd in ["wf-a/../../../artifacts", "..", ".", "", "a/b", "/etc", "a\0b", "wf-.\n"] {
            assert_eq!(claim_path("default", odd), None, "{odd:?}");
        }
        assert_eq!(claim_path("../x", "a"), None);
    }
}

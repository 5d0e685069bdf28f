//! Artifacts that are deleted when the workflow completes, or with it: which are due, and what came of it (PA-280).

use super::event::Event;
use super::handle::Turn;
use super::node::{NodeIx, NodeKind};
use super::run::Run;
use crate::plan::{LOCAL, TemplatePlan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use tiphys_spec as spec;

const ON_COMPLETION: &str = "OnWorkflowCompletion";
const ON_DELETION: &str = "OnWorkflowDeletion";

/// What makes artifacts due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The workflow is over.
    Completion,
    /// The workflow goes, and with it also what should have gone before.
    Deletion,
}

/// An artifact that is to be deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// The node that gave it.
    pub node: NodeIx,
    /// The artifact as the node's status shows it.
    pub artifact: spec::Artifact,
}

/// What came of deleting artifacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Collected {
    /// Artifacts that are gone, by node and name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<(NodeIx, Arc<str>)>,
    /// Why others are not, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Arc<str>>,
}

/// What a run knows of its deleted artifacts.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Collection {
    /// The end of the workflow was dealt with.
    pub is_done: bool,
    /// Artifacts that are gone, by node and name.
    pub gone: BTreeSet<(NodeIx, Arc<str>)>,
    /// Why others are not.
    pub failures: Vec<Arc<str>>,
}

impl Run {
    /// Whether some template that the run may have used has artifacts deleted at all (PA-281).
    pub fn collects_artifacts(&self) -> bool {
        let used =
            |at: usize| self.nodes.iter().any(|node| node.template.is_some_and(|ix| ix.0 as usize == at));
        let templates = self.plan.templates.iter().enumerate();
        templates
            .filter(|(_, template)| self.declares_collection(template))
            .any(|(at, template)| template.scope == LOCAL || used(at))
    }

    fn declares_collection(&self, template: &TemplatePlan) -> bool {
        let artifacts = template.doc.outputs.artifacts.iter();
        artifacts
            .map(|artifact| self.strategy(artifact))
            .any(|strategy| strategy == ON_COMPLETION || strategy == ON_DELETION)
    }

    /// The artifact's own strategy, or else the workflow's.
    fn strategy<'a>(&'a self, artifact: &'a spec::Artifact) -> &'a str {
        let own = artifact.artifact_gc.as_ref().map_or("", |gc| &*gc.strategy);
        let of_all = self.plan.workflow.spec.artifact_gc.as_ref().map_or("", |gc| &*gc.strategy);
        if own.is_empty() { of_all } else { own }
    }

    /// Artifacts that are to be deleted now: outputs of pods, their logs among them (PA-282).
    ///
    /// What a pod did not make itself but remembered belongs to another run.
    pub fn artifacts_due(&self, occasion: Occasion) -> Vec<Due> {
        self.artifacts_with(|strategy| {
            strategy == ON_COMPLETION || (strategy == ON_DELETION && occasion == Occasion::Deletion)
        })
    }

    /// Artifacts that stay when the workflow goes, because they say so themselves (PA-410).
    pub fn artifacts_kept(&self) -> Vec<Due> {
        self.artifacts_with(|strategy| strategy == "Never")
    }

    fn artifacts_with(&self, wanted: impl Fn(&str) -> bool) -> Vec<Due> {
        let mut due = Vec::new();
        for ix in self.indices() {
            let node = self.node(ix);
            if node.kind != NodeKind::Pod || node.memo.as_ref().is_some_and(|memo| memo.hit) {
                continue;
            }
            let declared = self.template(ix).map_or(&[][..], |template| &template.doc.outputs.artifacts);
            for artifact in node.outputs.iter().flat_map(|outputs| &outputs.artifacts) {
                // Logs are declared nowhere and follow the workflow.
                let declared = declared.iter().find(|declared| declared.name == artifact.name);
                if wanted(self.strategy(declared.unwrap_or(artifact)))
                    && !self.is_artifact_gone(ix, &artifact.name)
                {
                    due.push(Due { node: ix, artifact: artifact.clone() });
                }
            }
        }
        due
    }

    /// Whether a node's artifact was deleted.
    pub fn is_artifact_gone(&self, node: NodeIx, name: &str) -> bool {
        !self.collection.gone.is_empty() && self.collection.gone.contains(&(node, name.into()))
    }

    /// Whether the run is over and its artifacts have not been dealt with yet.
    pub fn is_to_collect(&self) -> bool {
        self.is_ended() && !self.collection.is_done && self.collects_artifacts()
    }

    /// Whether artifacts hold the workflow: some are to be deleted before it may go (OB-070, PA-281).
    pub fn is_held_by_artifacts(&self) -> bool {
        self.collects_artifacts() && (!self.is_ended() || !self.artifacts_due(Occasion::Deletion).is_empty())
    }

    /// How far the deletion is, as Argo shows it (OB-166).
    pub(crate) fn collection_status(&self) -> spec::ArtifactGcStatus {
        let mut status = spec::ArtifactGcStatus::default();
        if self.collection.is_done {
            status.strategies_processed.insert(ON_COMPLETION.to_owned(), true);
        } else {
            status.not_specified = !self.collects_artifacts();
        }
        status
    }

    /// Why artifacts could not be deleted; empty if all could (PA-284).
    pub(crate) fn collection_error(&self) -> String {
        self.collection.failures.join("; ")
    }
}

impl Turn<'_> {
    /// Artifacts were deleted, or could not be.
    pub(crate) fn collected(&mut self, collected: Collected) {
        if self.run.is_to_collect() {
            self.record(Event::ArtifactsDeleted { collected });
            self.out.commands.push(super::command::Command::Archive);
        }
    }
}

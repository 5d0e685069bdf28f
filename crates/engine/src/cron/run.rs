//! The workflow that a firing makes (CR-080 to CR-085).

use crate::time::Time;
use std::collections::BTreeMap;
use tiphys_spec as spec;

use serde_json::json;

/// Says which schedule a run belongs to.
pub const CRON_LABEL: &str = "workflows.argoproj.io/cron-workflow";

/// Says for when a run was due.
pub const SCHEDULED_TIME: &str = "workflows.argoproj.io/scheduled-time";

const INSTANCE: &str = "workflows.argoproj.io/controller-instanceid";
const CREATOR: &str = "workflows.argoproj.io/creator";

/// The name of the run of an instant: the same instant always gives the same name (CR-080).
pub fn name(cron: &str, due: Time) -> String {
    format!("{cron}-{}", due.0.div_euclid(1_000_000))
}

/// The workflow of an instant.
pub fn workflow(cron: &spec::CronWorkflow, due: Time) -> spec::Workflow {
    let mut metadata = spec::Metadata {
        name: name(&cron.metadata.name, due),
        namespace: cron.metadata.namespace.clone(),
        owner_references: vec![owner(cron)],
        ..spec::Metadata::default()
    };
    let inherited = |key: &str| key == INSTANCE || key.starts_with(CREATOR);
    let own = cron.metadata.labels.iter().filter(|(key, _)| inherited(key));
    metadata.labels = own.map(|(key, value)| (key.clone(), value.clone())).collect();
    metadata.labels.insert(CRON_LABEL.to_owned(), cron.metadata.name.clone());
    metadata.annotations = BTreeMap::from([(SCHEDULED_TIME.to_owned(), due.rfc3339())]);
    if let Some(given) = &cron.spec.workflow_metadata {
        metadata.labels.extend(given.labels.clone());
        metadata.annotations.extend(given.annotations.clone());
        metadata.finalizers = given.finalizers.clone();
    }
    spec::Workflow { metadata, spec: cron.spec.workflow_spec.clone(), status: None }
}

/// The reference by which a run belongs to its schedule (CR-082).
fn owner(cron: &spec::CronWorkflow) -> serde_json::Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "name": cron.metadata.name,
        "uid": cron.metadata.uid,
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// A run that ended, as far as the history limits care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its identity.
    pub uid: String,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// When it ended.
    pub finished: Time,
}

/// Runs kept if the document does not say: successful ones (CR-007).
const SUCCEEDED_KEPT: usize = 3;

/// Runs kept if the document does not say: failed ones.
const FAILED_KEPT: usize = 1;

/// The runs that are more than the history limits keep (CR-131).
pub fn excess(spec: &spec::CronWorkflowSpec, mut past: Vec<Past>) -> Vec<String> {
    let limit = |given: Option<i64>, usual: usize| {
        given.and_then(|given| usize::try_from(given).ok()).unwrap_or(usual)
    };
    let mut left = [
        limit(spec.failed_jobs_history_limit, FAILED_KEPT),
        limit(spec.successful_jobs_history_limit, SUCCEEDED_KEPT),
    ];
    past.sort_by(|left, right| right.finished.cmp(&left.finished).then_with(|| right.uid.cmp(&left.uid)));
    let mut excess = Vec::new();
    for run in past {
        match &mut left[usize::from(run.succeeded)] {
            0 => excess.push(run.uid),
            more => *more -= 1,
        }
    }
    excess
}

//! The status as Argo shows it: a projection of a run, never a second truth.

use crate::locks::{Size, Wanted};
use crate::plan::{Shown, Target};
use crate::time::Time;
use crate::workflow::{Node, NodeIx, NodeKind, Phase, Run, Site, Stage};
use serde_json::{Value, json};
use spec::{Condition, NodeFlag, NodeStatus, WorkflowStatus};
use std::collections::BTreeMap;
use tiphys_spec as spec;

/// Most steps spent on sums over descendants; beyond it the sums of the remaining nodes are left out.
const SUM_STEPS_MAX: usize = 20_000_000;

/// The whole status of a run at an instant.
pub fn status(run: &Run, now: Time) -> WorkflowStatus {
    WorkflowStatus { nodes: nodes(run, now), ..status_of_whole(run, now) }
}

/// Every node, by its id.
fn nodes(run: &Run, now: Time) -> BTreeMap<String, NodeStatus> {
    let children = children(run);
    let mut nodes = BTreeMap::new();
    let mut budget = SUM_STEPS_MAX;
    for ix in run.indices() {
        let mut shown = node_status(run, ix, now);
        shown.children = children[ix.at()].iter().map(|child| run.id(*child)).collect();
        let node = run.node(ix);
        if node.shown_kind().is_executable() {
            let (own_done, own_of) = node.own_progress();
            shown.progress = format!("{own_done}/{own_of}");
        } else {
            sum_descendants(run, ix, &children, &mut budget, &mut shown);
        }
        nodes.insert(shown.id.clone(), shown);
    }
    nodes
}

/// The status without its nodes: of a large run they are nearly all of it, and lists show none of them.
pub fn status_of_whole(run: &Run, now: Time) -> WorkflowStatus {
    let mut resources = BTreeMap::new();
    for ix in run.indices().filter(|ix| run.node(*ix).shown_kind().is_executable()) {
        for (resource, seconds) in usage(run, ix) {
            *resources.entry(resource).or_insert(0) += seconds;
        }
    }
    let mut conditions = Vec::new();
    // Argo notes it when it looks after pods; what ends in the first look never had any looked after.
    let is_first_look = run.finished.is_some() && run.finished == run.started;
    if (run.is_ended() && !is_first_look) || run.indices().any(|ix| run.node(ix).kind == NodeKind::Pod) {
        let is_running = run.indices().any(|ix| is_running_pod(run.node(ix)));
        conditions.push(Condition {
            kind: "PodRunning".to_owned(),
            status: if is_running { "True" } else { "False" }.to_owned(),
            ..Default::default()
        });
    }
    if run.is_ended() {
        conditions.push(Condition {
            kind: "Completed".to_owned(),
            status: "True".to_owned(),
            ..Default::default()
        });
    }
    let metrics_error = run.metrics_error();
    if !metrics_error.is_empty() {
        conditions.push(Condition {
            kind: "MetricsError".to_owned(),
            status: "True".to_owned(),
            message: metrics_error,
        });
    }
    let undeleted = run.collection_error();
    if !undeleted.is_empty() {
        conditions.push(Condition {
            kind: "ArtifactGCError".to_owned(),
            status: "True".to_owned(),
            message: undeleted,
        });
    }
    WorkflowStatus {
        phase: phase_name(run).to_owned(),
        started_at: run.started.map(Time::rfc3339),
        finished_at: run.finished.map(Time::rfc3339),
        progress: format!("{}/{}", run.tally.0, run.tally.1),
        message: run.message.as_deref().unwrap_or_default().to_owned(),
        stored_templates: stored_templates(run),
        persistent_volume_claims: run.claims().into_iter().map(claim_volume).collect(),
        outputs: global_outputs(run),
        conditions,
        resources_duration: resources,
        synchronization: synchronization(run, now),
        artifact_repository_ref: run.plan.repository.as_ref().ok().map(|known| known.shown.clone()),
        artifact_gc_status: (run.stage != Stage::New).then(|| run.collection_status()),
        stored_workflow_template_spec: run.plan.merged.then(|| Box::new(run.plan.workflow.spec.clone())),
        ..Default::default()
    }
}

/// Locks that the run holds and waits for (EX-360).
fn synchronization(run: &Run, now: Time) -> Option<spec::SynchronizationStatus> {
    if !run.uses_locks() {
        return None;
    }
    let (holding, waiting) = run.locks_shown(now);
    let is_mutex = |entry: &&(Wanted, String)| entry.0.size == Size::One;
    let mutexes = |entries: &[(Wanted, String)], held: bool| {
        let shown = |(wanted, holder): &(Wanted, String)| spec::MutexHolding {
            mutex: wanted.name.clone(),
            holder: if held { holder.clone() } else { String::new() },
        };
        entries.iter().filter(is_mutex).map(shown).collect::<Vec<_>>()
    };
    let semaphores = |entries: &[(Wanted, String)], held: bool| {
        let mut shown: Vec<spec::LockHolding> = Vec::new();
        for (wanted, holder) in entries.iter().filter(|entry| !is_mutex(entry)) {
            let holders = held.then(|| holder.clone());
            match shown.iter_mut().find(|known| known.semaphore == wanted.name) {
                Some(known) => known.holders.extend(holders),
                None => shown.push(spec::LockHolding {
                    semaphore: wanted.name.clone(),
                    holders: holders.into_iter().collect(),
                }),
            }
        }
        shown
    };
    let mutex = spec::MutexStatus { holding: mutexes(&holding, true), waiting: mutexes(&waiting, false) };
    let semaphore =
        spec::SemaphoreStatus { holding: semaphores(&holding, true), waiting: semaphores(&waiting, false) };
    let shown = spec::SynchronizationStatus {
        mutex: Some(mutex).filter(|mutex| *mutex != Default::default()),
        semaphore: Some(semaphore).filter(|semaphore| *semaphore != Default::default()),
    };
    (shown != Default::default()).then_some(shown)
}

/// The workflow's phase in Argo's spelling; empty before it was looked at (EX-004, EX-060).
pub fn phase_name(run: &Run) -> &'static str {
    match run.stage {
        Stage::New if run.message.is_some() => Phase::Pending.name(),
        Stage::New => "",
        Stage::Ended => run.phase.name(),
        Stage::Main if run.is_waiting() => Phase::Pending.name(),
        Stage::Main | Stage::Exit => Phase::Running.name(),
    }
}

/// One node's status without its children.
pub fn node_status(run: &Run, ix: NodeIx, now: Time) -> NodeStatus {
    let node = run.node(ix);
    let mut shown = NodeStatus {
        id: run.id(ix),
        name: run.name(ix),
        display_name: run.display_name(ix),
        kind: node.shown_kind().name().to_owned(),
        template_scope: template_scope(run, ix),
        phase: node.phase.name().to_owned(),
        boundary_id: node.boundary.map(|boundary| run.id(boundary)).unwrap_or_default(),
        message: node.message.as_deref().unwrap_or_default().to_owned(),
        started_at: Some(node.started.rfc3339()),
        finished_at: node.finished.map(Time::rfc3339),
        daemoned: (node.daemoned && !node.phase.is_ended()).then_some(true),
        pod_ip: node.address.as_deref().filter(|_| node.kind == NodeKind::Pod).unwrap_or_default().to_owned(),
        host_node_name: if node.is_placed() { run.plan.host.to_string() } else { String::new() },
        node_flag: node_flag(run, ix),
        inputs: inputs(run, ix),
        outputs: node.outputs.as_deref().cloned(),
        memoization_status: memo(run, ix).map(|memo| spec::MemoizationStatus {
            hit: memo.hit,
            key: memo.key.clone(),
            cache_name: memo.cache.clone(),
        }),
        synchronization_status: node
            .awaited
            .as_ref()
            .map(|lock| spec::NodeSynchronizationStatus { waiting: lock.to_string() }),
        task_result_synced: (node.shown_kind() == NodeKind::Pod).then_some(true),
        resources_duration: if node.shown_kind() == NodeKind::Pod { usage(run, ix) } else { BTreeMap::new() },
        ..Default::default()
    };
    for artifact in shown.outputs.iter_mut().flat_map(|outputs| &mut outputs.artifacts) {
        artifact.deleted |= run.is_artifact_gone(ix, &artifact.name);
    }
    // Argo notes them when the construct ends.
    if matches!(node.kind, NodeKind::Steps | NodeKind::Dag) && node.phase.is_ended() {
        shown.outbound_nodes = run.outbound_nodes(ix).into_iter().map(|out| run.id(out)).collect();
    }
    let (name, reference) = referred(run, ix, now);
    shown.template_name = name.unwrap_or_default();
    shown.template_ref = reference;
    shown
}

/// What was looked for before a node began: attempts tell what their wrapper did not find (EX-333, EX-337).
fn memo(run: &Run, ix: NodeIx) -> Option<&crate::workflow::Memo> {
    let node = run.node(ix);
    match node.site {
        Site::Attempt(_) => run.node(node.owner).memo.as_deref(),
        _ => node.memo.as_deref(),
    }
}

/// What a node tells of how its template was referred to: its name, or where else it is to be found.
pub(crate) fn referred(run: &Run, ix: NodeIx, now: Time) -> (Option<String>, Option<spec::TemplateRef>) {
    match reference(run, ix) {
        Some(Shown::Name(name)) if name.contains("{{") => {
            let known = match run.template(invoked(run, ix)) {
                Some(template) => template.name.to_string(),
                None => run.as_known_around(ix, &name, now),
            };
            (Some(known), None)
        }
        Some(Shown::Name(name)) => (Some(name.to_string()), None),
        Some(Shown::Reference) => (None, template_ref(run, ix, now)),
        Some(Shown::Inline) | None => (None, None),
    }
}

/// The node whose template an attempt or a container runs.
fn invoked(run: &Run, ix: NodeIx) -> NodeIx {
    let node = run.node(ix);
    match node.site {
        Site::Attempt(_) | Site::Container(_) => invoked(run, node.owner),
        _ => ix,
    }
}

/// What a node refers to in another resource. What runs nothing itself, as the group of a loop, shows what was known
/// before its items (OB-182).
fn template_ref(run: &Run, ix: NodeIx, now: Time) -> Option<spec::TemplateRef> {
    if let Some(template) = run.template(ix).or_else(|| run.referred_template(ix)) {
        let scope = run.plan.scope(template.scope);
        return Some(spec::TemplateRef {
            name: scope.resource.to_string(),
            template: template.name.to_string(),
            cluster_scope: scope.kind == "cluster",
        });
    }
    let Target::Templated { resource: Some(resource), template, cluster } = &run.task_plan(ix)?.target else {
        return None;
    };
    Some(spec::TemplateRef {
        name: run.as_expanded(ix, resource.as_str(), now),
        template: run.as_expanded(ix, template.as_str(), now),
        cluster_scope: *cluster,
    })
}

/// How a node's template was referred to.
fn reference(run: &Run, ix: NodeIx) -> Option<Shown> {
    let node = run.node(ix);
    match &node.site {
        Site::Entry => Some(Shown::Name(run.plan.template(run.plan.entrypoint).name.clone())),
        Site::Group(_) => None,
        Site::Attempt(_) | Site::Container(_) => reference(run, invoked(run, ix)),
        Site::Hook(_) => run.hook_plan(ix).map(|hook| hook.shown.clone()),
        Site::Task(_) | Site::Item(..) => run.task_plan(ix).map(|task| task.shown.clone()),
    }
}

/// The scope in which the reference to the node's template was found (EX-030).
fn template_scope(run: &Run, ix: NodeIx) -> String {
    let node = run.node(ix);
    let holder = match &node.site {
        Site::Entry => None,
        Site::Attempt(_) => return template_scope(run, node.owner),
        Site::Container(_) => run.node(node.owner).boundary,
        Site::Hook(_) if node.owner == NodeIx::ROOT => None,
        _ => node.boundary,
    };
    let scope = match holder.and_then(|holder| run.template(holder)) {
        Some(template) => run.plan.scope(template.scope),
        None => run.plan.scope(crate::plan::LOCAL),
    };
    // Who runs a library whole has no templates of its own, and its scope no name (EX-030).
    let is_whole = scope.kind == "local" && run.plan.workflow.spec.workflow_template_ref.is_some();
    let resource = if is_whole { "" } else { &scope.resource };
    format!("{}/{resource}", scope.kind)
}

/// What sort of child a node is (EX-034). The attempts of a hook are of both sorts, and its wrapper shares their flag, as
/// the containers of a set share their pod's.
fn node_flag(run: &Run, ix: NodeIx) -> Option<NodeFlag> {
    let node = run.node(ix);
    let flag = match node.site {
        Site::Container(_) => node_flag(run, node.owner),
        Site::Hook(_) => Some(NodeFlag { hooked: true, retried: node.kind == NodeKind::Retry }),
        Site::Attempt(_) => {
            let hooked = node_flag(run, node.owner).is_some_and(|flag| flag.hooked);
            Some(NodeFlag { hooked, retried: true })
        }
        Site::Entry | Site::Group(_) | Site::Task(_) | Site::Item(..) => None,
    };
    let always = matches!(node.kind, NodeKind::StepGroup | NodeKind::TaskGroup | NodeKind::Skipped);
    flag.or_else(|| always.then(NodeFlag::default))
}

/// Declarations with their final values (PA-031).
pub(crate) fn inputs(run: &Run, ix: NodeIx) -> Option<spec::Inputs> {
    let node = run.node(ix);
    let values = node.inputs.as_deref()?;
    let template = run.template(ix)?;
    let mut inputs = spec::Inputs::default();
    for (declared, mut shown) in template.doc.inputs.parameters.iter().zip(run.shown_parameters(ix)) {
        // The entrypoint is given the workflow's parameters as they stand, with their source.
        if node.site == Site::Entry
            && let Some(given) = run.plan.workflow.spec.arguments.parameter(&declared.name)
            && given.value.is_none()
        {
            shown.value_from = given.value_from.clone();
        }
        inputs.parameters.push(shown);
    }
    for (declared, value) in template.doc.inputs.artifacts.iter().zip(&values.artifacts) {
        match value {
            Value::Null => inputs.artifacts.push(declared.clone()),
            value => inputs.artifacts.extend(serde_json::from_value::<spec::Artifact>(value.clone())),
        }
    }
    (!inputs.is_empty()).then_some(inputs)
}

/// Indicative usage of a pod: what its containers ask for, times its time (EX-532).
fn usage(run: &Run, ix: NodeIx) -> BTreeMap<String, i64> {
    let node = run.node(ix);
    let finished = node.finished.filter(|_| node.shown_kind() == NodeKind::Pod);
    let (Some(finished), Some(template)) = (finished, run.template(ix)) else {
        return BTreeMap::new();
    };
    let seconds = finished.since_us(node.started).max(0) / 1_000_000;
    template.used_in(seconds).collect()
}

fn is_running_pod(node: &Node) -> bool {
    node.kind == NodeKind::Pod && node.phase == Phase::Running
}

/// Every node's children in order of entry (EX-031).
pub fn children(run: &Run) -> Vec<Vec<NodeIx>> {
    let mut children = vec![Vec::new(); run.nodes.len()];
    for ix in run.indices() {
        for parent in run.graph_parents(ix) {
            let list: &mut Vec<NodeIx> = &mut children[parent.at()];
            if list.last() != Some(&ix) {
                list.push(ix);
            }
        }
    }
    children
}

/// Progress and usage of a construct: the sums over everything reachable from it (EX-530).
fn sum_descendants(
    run: &Run,
    ix: NodeIx,
    children: &[Vec<NodeIx>],
    budget: &mut usize,
    shown: &mut NodeStatus,
) {
    let mut seen = vec![false; run.nodes.len()];
    let mut open = vec![ix];
    let (mut done, mut of) = (0u64, 0u64);
    let mut resources: BTreeMap<String, i64> = BTreeMap::new();
    while let Some(at) = open.pop() {
        for child in &children[at.at()] {
            if std::mem::replace(&mut seen[child.at()], true) {
                continue;
            }
            if *budget == 0 {
                return;
            }
            *budget -= 1;
            let node = run.node(*child);
            if node.shown_kind().is_executable() {
                let (own_done, own_of) = node.own_progress();
                done += u64::from(own_done);
                of += u64::from(own_of);
                for (resource, seconds) in usage(run, *child) {
                    *resources.entry(resource).or_insert(0) += seconds;
                }
            }
            open.push(*child);
        }
    }
    if of > 0 {
        shown.progress = format!("{done}/{of}");
        shown.resources_duration = resources;
    }
}

/// Snapshots of templates from other scopes, as they were written, inline ones among them (EX-112); pages take their manifests
/// from here (UI-261).
fn stored_templates(run: &Run) -> BTreeMap<String, spec::Template> {
    let mut stored = BTreeMap::new();
    for ix in run.indices() {
        let Some(template) = run.template(ix) else { continue };
        let scope = run.plan.scope(template.scope);
        let by_reference = matches!(reference(run, ix), Some(Shown::Reference));
        let (kind, resource) = match &run.plan.workflow.spec.workflow_template_ref {
            // What a library that is run whole gives is told to be of it.
            Some(whole) if scope.kind == "local" => {
                (if whole.cluster_scope { "cluster" } else { "namespaced" }, whole.name.as_str())
            }
            None if scope.kind == "local" && !by_reference => continue,
            _ => (scope.kind, &*scope.resource),
        };
        let written = &template.written;
        let name = match &template.inline_in {
            Some(task) => format!("{kind}/{resource}/inline/{task}"),
            None => format!("{kind}/{resource}/{}", template.name),
        };
        stored.entry(name).or_insert_with(|| (**written).clone());
        // With a template comes what is written in the place of its steps, whether or not that is ever run.
        let tasks = written.dag.iter().flat_map(|dag| &dag.tasks);
        for task in written.steps.iter().flatten().chain(tasks) {
            if let Some(inline) = &task.inline {
                let name = format!("{kind}/{resource}/inline/{}", task.name);
                stored.entry(name).or_insert_with(|| (**inline).clone());
            }
        }
    }
    stored
}

/// A claim of the workflow as the volume that pods mount.
fn claim_volume((name, claim): (&str, String)) -> Value {
    json!({ "name": name, "persistentVolumeClaim": { "claimName": claim } })
}

/// `status.outputs`: what was exported (PA-080).
fn global_outputs(run: &Run) -> Option<spec::Outputs> {
    let outputs = spec::Outputs {
        parameters: run
            .exported_parameters()
            .map(|(name, value)| spec::Parameter {
                name: name.to_owned(),
                value: value.map(str::to_owned),
                ..Default::default()
            })
            .collect(),
        artifacts: run
            .exported_artifacts()
            .filter_map(|artifact| serde_json::from_value(artifact.clone()).ok())
            .collect(),
        ..Default::default()
    };
    (!outputs.is_empty()).then_some(outputs)
}

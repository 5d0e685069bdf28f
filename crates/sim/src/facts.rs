//! Which facts of a node go together: the table of `ARCHITECTURE.md` §4.2, looked at after every input.

use engine::Run;
use engine::workflow::node::Part;
use engine::workflow::{Gate, Node, NodeIx, NodeKind, Phase, Site};
use tiphys_engine as engine;

/// The first node whose facts do not fit each other, with the reason.
pub fn check(run: &Run) -> Result<(), String> {
    for ix in run.indices() {
        let node = run.node(ix);
        let flaws = [phase_flaw(node), gate_flaw(run, node), end_flaw(run, ix), hook_flaw(node, ix)];
        if let Some(flaw) = flaws.into_iter().flatten().next() {
            return Err(format!("{} {flaw}: {node:?}", run.name(ix)));
        }
    }
    Ok(())
}

/// What a phase demands of everything else.
fn phase_flaw(node: &Node) -> Option<&'static str> {
    let waits_for_a_runner = node.kind.is_started() || node.kind == NodeKind::Container;
    match node.phase {
        Phase::Pending if node.gate.is_none() && !waits_for_a_runner => {
            Some("is Pending and waits for nobody")
        }
        Phase::Running if node.gate.is_some() => Some("runs and stands at a gate"),
        Phase::Pending | Phase::Running if node.finished.is_some() => Some("has an end and has not ended"),
        phase if phase.is_ended() && node.finished.is_none() => Some("has ended and has no end"),
        phase if phase.is_ended() && node.gate.is_some() => Some("has ended and stands at a gate"),
        _ => None,
    }
}

/// What only those have that stand at a gate, or have passed it. After a retry by hand a construct that goes on may wait
/// for its locks once more.
fn gate_flaw(run: &Run, node: &Node) -> Option<&'static str> {
    let waits_again = run.life > 0 && node.phase == Phase::Running;
    match node.gate {
        Some(_) if node.part != Part::None => Some("has a construct of its own before its gate opened"),
        Some(Gate::Memo) if node.memo.is_none() => Some("asks for a result without a key"),
        gate if node.awaited.is_some() && gate != Some(Gate::Locks) && !waits_again => {
            Some("waits for a lock and does not stand there")
        }
        _ => None,
    }
}

/// What comes with the end of a node, and what may come before it.
fn end_flaw(run: &Run, ix: NodeIx) -> Option<&'static str> {
    let node = run.node(ix);
    let is_daemon = run.is_daemon(ix);
    if node.settled && !node.phase.is_ended() && !is_daemon {
        return Some("is settled and has not ended");
    }
    if node.daemoned && (node.phase == Phase::Pending || node.address.is_none() || !is_daemon) {
        return Some("serves others and cannot");
    }
    (node.hook_broke && node.phase != Phase::Error).then_some("was broken by a hook and is not in Error")
}

/// What hooks add. The exit handler of the workflow comes when the entry node is settled.
fn hook_flaw(node: &Node, ix: NodeIx) -> Option<&'static str> {
    if node.settled && node.open_hooks > 0 && ix != NodeIx::ROOT {
        return Some("is settled and has hooks that are not");
    }
    (node.late && !matches!(node.site, Site::Hook(_))).then_some("is late and no hook")
}

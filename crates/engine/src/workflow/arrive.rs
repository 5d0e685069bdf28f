//! How a node is recorded as entered.

use super::event::{Event, TemplateKey};
use super::handle::{Turn, message};
use super::node::{Gate, Inputs, NodeIx, NodeKind, Phase, Site};
use std::sync::Arc;
use tiphys_spec as spec;

/// A node that comes in; see [`Event::Entered`] for its fields.
pub(crate) struct Arrival {
    pub owner: NodeIx,
    pub site: Site,
    pub kind: NodeKind,
    pub phase: Phase,
    pub template: Option<TemplateKey>,
    pub gate: Option<Gate>,
    pub target: Option<Arc<str>>,
    pub message: Option<Arc<str>>,
    pub inputs: Option<Arc<Inputs>>,
    pub outputs: Option<Arc<spec::Outputs>>,
}

impl Arrival {
    /// A node of which there is no more to say.
    pub fn new(owner: NodeIx, site: Site, kind: NodeKind, phase: Phase) -> Arrival {
        Arrival {
            owner,
            site,
            kind,
            phase,
            template: None,
            gate: None,
            target: None,
            message: None,
            inputs: None,
            outputs: None,
        }
    }
}

impl Turn<'_> {
    /// Lets a node in.
    pub(crate) fn arrive(&mut self, arrival: Arrival) -> NodeIx {
        let node = NodeIx(self.run.nodes.len() as u32);
        let Arrival { owner, site, kind, phase, template, gate, target, message, inputs, outputs } = arrival;
        self.record(Event::Entered {
            node,
            owner,
            site,
            kind,
            phase,
            template,
            gate,
            target,
            message,
            inputs,
            outputs,
        });
        self.entered += 1;
        node
    }

    /// A node that never starts: skipped, omitted, or in Error (EX-033).
    pub(crate) fn unstarted(&mut self, owner: NodeIx, site: Site, phase: Phase, reason: &str) {
        let message = message(reason);
        self.arrive(Arrival { message, ..Arrival::new(owner, site, NodeKind::Skipped, phase) });
    }
}

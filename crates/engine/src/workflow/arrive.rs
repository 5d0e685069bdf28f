//! How a node is recorded as entered.

use super::event::{Event, TemplateKey};
use super::handle::{Turn, message};
use super::node::{Gate, Inputs, NodeIx, NodeKind, Phase, Site};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tiphys_spec as spec;

/// A node that comes to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Arrival {
    /// The new node; always the next free index.
    pub node: NodeIx,
    /// Whose construct it belongs to.
    pub owner: NodeIx,
    /// Where it comes from.
    pub site: Site,
    /// Its type.
    pub kind: NodeKind,
    /// The phase it begins with; an ended one for skipped nodes and remembered results.
    pub phase: Phase,
    /// The template, where the document alone does not tell it (a templated reference).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// The question it waits for before it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
    /// Dags with a templated target: the target as it came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Arc<str>>,
    /// Why, for nodes that end at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Arc<str>>,
    /// Its inputs; an attempt has its wrapper's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Arc<Inputs>>,
    /// Outputs known from the start (suspend templates, remembered results).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Arc<spec::Outputs>>,
}

impl Arrival {
    /// A node of which there is no more to say.
    pub(crate) fn new(owner: NodeIx, site: Site, kind: NodeKind, phase: Phase) -> Arrival {
        Arrival {
            // Known when it is let in.
            node: NodeIx::ROOT,
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
        self.record(Event::Entered(Arrival { node, ..arrival }));
        self.entered += 1;
        node
    }

    /// A node that never starts: skipped, omitted, or in Error (EX-033).
    pub(crate) fn unstarted(&mut self, owner: NodeIx, site: Site, phase: Phase, reason: &str) {
        let message = message(reason);
        self.arrive(Arrival { message, ..Arrival::new(owner, site, NodeKind::Skipped, phase) });
    }
}

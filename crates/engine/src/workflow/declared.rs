//! Declared parameters as a node shows them: Argo replaces tags in all of a template before it is entered, and so in
//! defaults, descriptions and choices, too (TP-047, TP-048).

use super::handle::seed;
use super::node::NodeIx;
use super::run::Run;
use super::scope::View;
use crate::tree::{Tree, has_text};
use expr::{Mode, World};
use serde_json::Value;
use tiphys_expr as expr;
use tiphys_spec as spec;

impl View<'_> {
    /// A parameter of the template that this view belongs to, with all tags replaced that are known when it is entered.
    pub(crate) fn parameter(&self, declared: &spec::Parameter, world: &World) -> spec::Parameter {
        let known = || {
            let value = serde_json::to_value(declared).ok().filter(|value| has_text(value, "{{"))?;
            self.entered(&Tree::of(value), world)
        };
        known().unwrap_or_else(|| declared.clone())
    }

    /// The same of its document: first what the workflow and the node itself give, then the inputs.
    pub(crate) fn entered(&self, declared: &Tree, world: &World) -> Option<spec::Parameter> {
        let before = View { template: None, ..*self };
        let known: Value = declared.render(&before, Mode::Lenient, world).ok()?;
        let known = Tree::of(known).render(self, Mode::Lenient, world).ok()?;
        serde_json::from_value(known).ok()
    }
}

impl Run {
    /// A declared parameter of a node's template, as it was when the node was entered.
    pub(crate) fn declared(&self, ix: NodeIx, parameter: &spec::Parameter) -> spec::Parameter {
        self.view_of(ix, self.node(ix).started).parameter(parameter, &self.entry_world(ix))
    }

    /// The same of its document.
    pub(crate) fn declared_tree(&self, ix: NodeIx, parameter: &Tree) -> Option<spec::Parameter> {
        self.view_of(ix, self.node(ix).started).entered(parameter, &self.entry_world(ix))
    }

    /// The instant of a node's entry: what is rendered again must not differ because the moment does (I7).
    pub(crate) fn entry_world(&self, ix: NodeIx) -> World {
        World { now: self.node(ix).started.timestamp(), seed: seed(&self.plan.uid, ix.0) }
    }
}

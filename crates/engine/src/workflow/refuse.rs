//! What a run refuses to do when it is asked, in Argo's words: told before anything is recorded.

use super::{NodeIx, Request, Run};
use crate::selector::FieldSelector;
use std::fmt;

/// Why a request cannot be fulfilled. Shown in Argo's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The selector cannot be read, for this reason.
    Unreadable(String),
    /// The selector chooses no node that is suspended.
    Nobody { selector: String },
    /// A node that is to go on lacks a value.
    Unanswered(Unanswered),
    /// The output is not one that waits for a value from outside.
    Unasked { parameter: String },
}

/// An output of a suspended node that has no default and that nobody supplied (EX-281).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    pub node: NodeIx,
    pub parameter: String,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.parameter;
        write!(out, "raw output parameter '{name}' has not been set and does not have a default value")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unreadable(reason) => out.write_str(reason),
            Refusal::Nobody { selector } => write!(
                out,
                "currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: {selector}"
            ),
            Refusal::Unanswered(unanswered) => unanswered.fmt(out),
            Refusal::Unasked { parameter } => write!(
                out,
                "cannot set output parameter '{parameter}' because it does not use valueFrom.raw or it was already set"
            ),
        }
    }
}

impl Run {
    /// Why a request cannot be fulfilled as things are (EX-281, EX-284, EX-286). None if it can.
    pub fn refuses(&self, request: &Request) -> Option<Refusal> {
        let (Request::Resume { selector, .. }
        | Request::Stop { selector, .. }
        | Request::SetNode { selector, .. }) = request
        else {
            return None;
        };
        if let Err(reason) = FieldSelector::parse(selector) {
            return Some(Refusal::Unreadable(reason));
        }
        let nobody = |selector: &str| Refusal::Nobody { selector: selector.to_owned() };
        match request {
            Request::Resume { selector, .. } => {
                let nodes = self.suspended_nodes(selector);
                let unmet = (!selector.is_empty() && nodes.is_empty()).then(|| nobody(selector));
                let lacks = |ix| self.supplied(ix).err().map(Refusal::Unanswered);
                unmet.or_else(|| nodes.into_iter().find_map(lacks))
            }
            Request::Stop { selector, .. } => {
                let is_met = selector.is_empty() || !self.suspended_nodes(selector).is_empty();
                (!is_met).then(|| nobody(selector))
            }
            Request::SetNode { selector, parameters, .. } => {
                let nodes = self.suspended_nodes(selector);
                if nodes.is_empty() {
                    return Some(nobody(selector));
                }
                let given = || parameters.keys();
                let unasked =
                    nodes.into_iter().find_map(|ix| given().find(|name| !self.may_be_supplied(ix, name)));
                unasked.map(|name| Refusal::Unasked { parameter: name.clone() })
            }
            _ => None,
        }
    }

    /// Whether an output of a suspended node waits for a value from outside.
    fn may_be_supplied(&self, ix: NodeIx, name: &str) -> bool {
        let outputs = self.node(ix).outputs.as_deref();
        outputs.into_iter().flat_map(|outputs| &outputs.parameters).any(|parameter| {
            parameter.name == name
                && parameter.value_from.as_ref().is_some_and(|from| from.supplied.is_some())
        })
    }
}

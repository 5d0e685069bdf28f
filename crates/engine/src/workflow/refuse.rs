//! What a run refuses to do when it is asked, in Argo's words: told before anything is recorded.

use super::{NodeIx, Request, Run};
use crate::selector::FieldSelector;

impl Run {
    /// Why a request cannot be fulfilled as things are (EX-281, EX-284, EX-286). None if it can.
    pub fn refuses(&self, request: &Request) -> Option<String> {
        let (Request::Resume { selector, .. }
        | Request::Stop { selector, .. }
        | Request::SetNode { selector, .. }) = request
        else {
            return None;
        };
        if let Err(reason) = FieldSelector::parse(selector) {
            return Some(reason);
        }
        match request {
            Request::Resume { selector, .. } => {
                let nodes = self.suspended_nodes(selector);
                let unmet = (!selector.is_empty() && nodes.is_empty()).then(|| no_match(selector));
                unmet.or_else(|| nodes.into_iter().find_map(|ix| self.supplied(ix).err()))
            }
            Request::Stop { selector, .. } => {
                let is_met = selector.is_empty() || !self.suspended_nodes(selector).is_empty();
                (!is_met).then(|| no_match(selector))
            }
            Request::SetNode { selector, parameters, .. } => {
                let nodes = self.suspended_nodes(selector);
                if nodes.is_empty() {
                    return Some(no_match(selector));
                }
                let given = || parameters.keys();
                nodes.into_iter().find_map(|ix| given().find(|name| !self.may_be_supplied(ix, name))).map(|name| {
                    format!(
                        "cannot set output parameter '{name}' because it does not use valueFrom.raw or it was already set"
                    )
                })
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

fn no_match(selector: &str) -> String {
    format!(
        "currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: {selector}"
    )
}

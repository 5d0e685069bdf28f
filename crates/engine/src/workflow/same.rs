//! Whether two states tell the same story (I2).

use super::run::{Frame, Run};

impl Run {
    /// The first thing in which two states of one plan differ, for people; none if there is nothing.
    ///
    /// Shortcuts that `recover` rebuilds from the rest are left out.
    pub fn difference(&self, other: &Run) -> Option<String> {
        macro_rules! same {
            ($($field:ident),*) => {$(
                if self.$field != other.$field {
                    return Some(format!(
                        "{}: {:?} and {:?}", stringify!($field), self.$field, other.$field
                    ));
                }
            )*};
        }
        same!(stage, phase, message, started, finished, steering, deadline);
        same!(metric_errors, life, first_generation, relocking, returned, exit_returned, collection);
        same!(
            without_room,
            awaiting,
            active_pods,
            pauses,
            returning,
            tally,
            alive,
            timers,
            due,
            globals,
            groups_of,
            hook_nodes,
            members_of,
            kept_edges,
            retries
        );
        if let Some((at, (own, others))) = first_difference(&self.nodes, &other.nodes, |a, b| a == b) {
            return Some(format!("node {at}: {own:?} and {others:?}"));
        }
        if self.nodes.len() != other.nodes.len() {
            return Some(format!("{} nodes and {}", self.nodes.len(), other.nodes.len()));
        }
        if let Some((at, (own, others))) =
            first_difference(&self.frames, &other.frames, |a, b| self.same(a, b))
        {
            return Some(format!("frame {at}: {own:?} and {others:?}"));
        }
        if let Some((at, _)) = first_difference(&self.loops, &other.loops, |a, b| a == b) {
            return Some(format!("loop {at}"));
        }
        None
    }

    /// What is ready in a frame that has ended will never be entered, whatever it is.
    fn same(&self, own: &Frame, other: &Frame) -> bool {
        let over = self.node(own.node).phase.is_ended();
        (own.node, own.template, own.group, own.open, own.unsettled, own.active, own.failed_child)
            == (
                other.node,
                other.template,
                other.group,
                other.open,
                other.unsettled,
                other.active,
                other.failed_child,
            )
            && own.slots == other.slots
            && own.broken == other.broken
            && (over || own.ready == other.ready)
    }
}

fn first_difference<'a, T>(
    own: &'a [T],
    other: &'a [T],
    same: impl Fn(&T, &T) -> bool,
) -> Option<(usize, (&'a T, &'a T))> {
    own.iter().zip(other).enumerate().find(|(_, (own, other))| !same(own, other))
}

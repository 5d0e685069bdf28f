//! What steps may use, and what the machine lets us hold them to.

use std::time::{Duration, Instant};

use super::super::cgroup::{Cgroups, Group, resident_bytes};
use super::Service;
use crate::contract::{Capabilities, Limits, StepRequest};
use crate::sandbox::Hello;

/// How often the memory of a step is looked at that no control group limits.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Service {
    /// What the machine lets us do.
    pub(super) fn capabilities(&mut self) -> Capabilities {
        let mut notices = Vec::new();
        let no_sandbox = match self.sandbox() {
            Hello::Unable(reason) => Some(reason),
            Hello::Ready { many_users } => {
                if !many_users {
                    notices.push(
                        "steps run as one user: `runAsUser` and changes of owner have no effect".into(),
                    );
                    if rustix::process::geteuid().is_root() {
                        notices.push(
                            "that user is root, who may not mount here: steps read what root may read, except in \
                             homes, the state folder and for the secrets of /etc; run as an ordinary user to keep them out"
                                .into(),
                        );
                    }
                }
                None
            }
        };
        notices.extend(self.cgroups().notices());
        Capabilities { no_sandbox, notices }
    }

    fn cgroups(&mut self) -> &mut Cgroups {
        self.cgroups.get_or_insert_with(|| Cgroups::find(&self.setup.folder))
    }

    /// The control groups of a new step.
    pub(super) fn group(&mut self, request: &StepRequest) -> Group {
        let limits = together(request);
        if limits.memory_bytes == 0 && limits.cpu_millis == 0 {
            return Group::default();
        }
        self.cgroups().group(limits)
    }

    /// Looks after the memory of a step, if it has a limit that nothing else enforces.
    pub(super) fn watch_step(&mut self, slot: u32) {
        let place = &self.slots[slot as usize];
        let Some(step) = &place.step else { return };
        if together(&step.request).memory_bytes > 0 && !step.cgroup.limits_memory() {
            self.watched.push((slot, place.generation));
            self.watch_at.get_or_insert_with(|| Instant::now() + LOOK_EVERY);
        }
    }

    /// Ends steps that use more memory than they may.
    pub(super) fn watch_memory(&mut self, now: Instant) {
        let watched = std::mem::take(&mut self.watched);
        let watched = watched.into_iter().filter(|(slot, generation)| self.is_current(*slot, *generation));
        self.watched = watched.collect();
        let slots: Vec<u32> = self.watched.iter().map(|(slot, _)| *slot).collect();
        for slot in slots {
            let Some(step) = self.slots[slot as usize].step.as_mut() else { continue };
            let limit = together(&step.request).memory_bytes;
            if !step.out_of_memory && step.pid.is_some_and(|pid| resident_bytes(pid) > limit) {
                step.out_of_memory = true;
                step.kill(now);
                self.set_timer(slot);
            }
        }
        self.watch_at = (!self.watched.is_empty()).then(|| now + LOOK_EVERY);
    }
}

/// The limits of a step: those of its containers together. One without a limit makes the step one without.
fn together(request: &StepRequest) -> Limits {
    let sum = |of: fn(&Limits) -> u64| {
        let each = request.containers.iter().map(|container| of(&container.limits));
        if each.clone().any(|limit| limit == 0) { 0 } else { each.fold(0, u64::saturating_add) }
    };
    Limits {
        cpu_millis: sum(|limits| limits.cpu_millis),
        memory_bytes: sum(|limits| limits.memory_bytes),
        ..Limits::default()
    }
}

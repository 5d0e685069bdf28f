//! What lies behind a site: the template that a node is made from, and the node around it.

use super::event::TemplateKey;
use super::node::{NodeIx, NodeKind, Site, TaskIx};
use super::run::Run;
use crate::plan::{Target, TemplateIx};

impl Run {
    /// The template a site refers to; the event itself says it where the document cannot.
    pub(crate) fn template_at(
        &self,
        owner: NodeIx,
        site: &Site,
        task: Option<(u32, TaskIx)>,
        key: Option<&TemplateKey>,
    ) -> Option<TemplateIx> {
        if let Some(key) = key {
            let scope = self
                .plan
                .scopes
                .iter()
                .find(|scope| *scope.kind == *key.scope && scope.resource == key.resource)?;
            return scope.templates.get(&key.template).copied();
        }
        let target = match site {
            Site::Entry => return Some(self.plan.entrypoint),
            Site::Group(_) => return None,
            Site::Attempt(_) | Site::Container(_) => return self.node(owner).template,
            Site::Hook(name) => &self.hook_named(owner, name)?.target,
            Site::Task(_) | Site::Item(..) => {
                let (frame, task) = task?;
                &self.tasks(&self.frames[frame as usize]).tasks[task.at()].target
            }
        };
        match target {
            Target::Known(template) => Some(*template),
            Target::Templated { .. } | Target::Missing(_) => None,
        }
    }

    /// Argo's boundary of a node at this site: the steps or dag node around it (OB-184).
    pub(crate) fn boundary_at(&self, owner: NodeIx, site: &Site) -> Option<NodeIx> {
        match site {
            Site::Entry => None,
            Site::Group(_) | Site::Container(_) => Some(owner),
            Site::Attempt(_) | Site::Hook(_) => self.node(owner).boundary,
            Site::Task(_) | Site::Item(..) => match self.node(owner).kind {
                NodeKind::Dag | NodeKind::Steps => Some(owner),
                _ => self.node(owner).boundary,
            },
        }
    }
}

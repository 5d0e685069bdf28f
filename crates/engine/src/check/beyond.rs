//! What Argo accepts in silence although it will not work as meant: warnings of our own (`VA-180`…).

use tiphys_spec as spec;

use super::Checker;

impl<'a> Checker<'a> {
    pub(super) fn beyond(&mut self, _object: &'a spec::Object) {}
}

//! What nodes have given, as it is kept.

use super::run::Run;
use std::sync::{Arc, LazyLock};
use tiphys_spec as spec;

/// What most steps give: that they exited well, and nothing else. It is there once, so that a run of very many steps
/// does not have to fetch as many of it from memory.
static EXITED_WELL: LazyLock<Arc<spec::Outputs>> =
    LazyLock::new(|| Arc::new(spec::Outputs { exit_code: Some("0".to_owned()), ..Default::default() }));

/// Outputs that are handed on.
pub(crate) fn shared(outputs: spec::Outputs) -> Arc<spec::Outputs> {
    if outputs == **EXITED_WELL { EXITED_WELL.clone() } else { Arc::new(outputs) }
}

impl Run {
    /// Outputs that a node has from now on.
    pub(crate) fn kept(&mut self, outputs: Option<&Arc<spec::Outputs>>) -> Option<Arc<spec::Outputs>> {
        let outputs = outputs?;
        if Arc::ptr_eq(outputs, &EXITED_WELL) || **outputs == **EXITED_WELL {
            return Some(EXITED_WELL.clone());
        }
        self.names_globals |= outputs.parameters.iter().any(|parameter| !parameter.global_name.is_empty())
            || outputs.artifacts.iter().any(|artifact| !artifact.global_name.is_empty());
        Some(outputs.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What says nothing but that a step exited well takes no room of its own, however it came.
    #[test]
    fn a_plain_success_is_there_once() {
        let exited = |code: &str| spec::Outputs { exit_code: Some(code.to_owned()), ..Default::default() };
        assert!(Arc::ptr_eq(&shared(exited("0")), &shared(exited("0"))));
        assert_eq!(*shared(exited("1")), exited("1"));
        let said = spec::Outputs { result: Some("hello".to_owned()), ..exited("0") };
        assert_eq!(*shared(said.clone()), said);
    }
}

//! Why the engine did not do what it was asked: whose failure that is decides what can be done about it.

use tiphys_store::{AcquireError, StoreError};

/// Why something that was asked of an engine was not done. Its text is for whoever asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    /// Another run has the name.
    #[error("a run named `{name}` exists already: give another name, or delete that one when it has ended")]
    Taken {
        /// The name.
        name: String,
    },
    /// What was asked cannot be: the mistake of whoever asked.
    #[error("{0}")]
    Invalid(String),
    /// There is no such run.
    #[error("there is no run {0}")]
    Missing(String),
    /// Another engine drives the run: it is to be asked.
    #[error("{0}")]
    Driven(String),
    /// The store failed: the same may be asked again when it is well.
    #[error(transparent)]
    World(#[from] StoreError),
    /// A mistake of ours showed, or what we kept cannot be read.
    #[error("{0}")]
    Bug(String),
}

impl From<AcquireError> for Refused {
    fn from(error: AcquireError) -> Refused {
        match error {
            AcquireError::Store(error) => Refused::World(error),
            held @ AcquireError::Held { .. } => Refused::Driven(held.to_string()),
        }
    }
}

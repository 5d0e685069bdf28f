//! What crosses the wire: selectors, projections, names, and the shape of objects as Go writes them.

pub(crate) mod names;
pub(crate) mod project;
pub(crate) mod read;
pub(crate) mod schema;
pub(crate) mod select;
pub(crate) mod shape;
pub(crate) mod token;

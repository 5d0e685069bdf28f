//! Our own interface, under `/api/tiphys/v1`: what Argo's cannot say.

pub(crate) mod apply;
pub(crate) mod tokens;

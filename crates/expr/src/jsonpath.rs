//! JSONPath queries in the dialect of `jsonpath()` (TP-166).
//!
//! The dialect has no grammar. A selector is cut into the texts of its tokens (`split`), each text is judged by itself
//! (`token`, `subscript`), and a script is cut at the first of its operators of the lowest rank, whatever stands
//! around it (`script`). Odd selectors mean what they mean because of that, so it is done in the same way here; what
//! nests is limited or kept on a heap, never on the stack.

use crate::eval::Calls;
use crate::value::Value;
use crate::{go_json, limits};

mod apply;
mod evaluate;
mod operand;
mod script;
mod split;
mod stop;
mod subscript;
mod token;

use stop::Stop;

/// Queries a JSON document. A path of keys and indexes gives the value itself, others a list.
pub(crate) fn query(document: &str, path: &str, calls: &mut Calls) -> Result<Value, String> {
    let root = go_json::parse(document)?;
    if path.len() > limits::JSONPATH_BYTES {
        return Err(limits::beyond(limits::JSONPATH_BYTES, "bytes of a path of `jsonpath`"));
    }
    let tokens = token::Reader::new(calls).path(path).map_err(|stop| match stop {
        Stop::Complaint(_, words) => format!("invalid JSONPath selector '{path}' {words}"),
        Stop::Panic(words) | Stop::Limit(words) => words,
    })?;
    apply::Walk::new(calls).apply(&root, root.clone(), &tokens).map_err(Stop::words)
}

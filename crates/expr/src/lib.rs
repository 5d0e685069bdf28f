//! Text in, value out: everything that Argo's manifests compute.
//!
//! `{{tags}}` and `{{=expressions}}`, the `when` conditions, the `depends` logic, loop items, durations and
//! node names. Nothing here reads a clock, a file or the environment: see [`World`].

pub mod depends;
pub mod duration;
mod encode;
mod go;
mod go_json;
pub mod items;
pub mod limits;
pub mod names;
mod printf;
mod program;
mod scope;
mod tag;
pub mod time;
mod value;
pub mod when;

pub use program::{ExprError, evaluate, evaluate_bool, evaluate_plain};
pub use scope::{Bound, Layered, MapScope, OwnedBound, Root, Scope};
pub use tag::{Mode, Rendered, TagError, TagSyntaxError, Text, World, render};
pub use value::{AnyMap, Function, IntKind, List, ListKind, Map, MapKind, Value};

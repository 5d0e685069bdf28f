//! Text in, value out: everything that Argo's manifests compute.
//!
//! `{{tags}}` and `{{=expressions}}`, the `when` conditions, the `depends` logic, loop items, durations and
//! node names. Nothing here reads a clock, a file or the environment: see [`World`].

mod ast;
pub mod batch;
mod builtins;
mod check;
mod contents;
pub mod depends;
pub mod duration;
pub mod effort;
mod encode;
mod env;
mod eval;
mod fold;
mod go;
mod go_json;
pub mod items;
mod jsonpath;
mod lex;
mod library;
pub mod limits;
mod methods;
pub mod names;
pub mod numbers;
mod operators;
mod parse;
mod power;
mod printf;
mod program;
mod random;
mod regex;
mod scope;
mod semver;
mod sprig;
mod tag;
#[cfg(test)]
mod tests;
mod text;
pub mod time;
mod types;
mod value;
pub mod when;

pub use contents::Contents;
pub use go::{json_escaped, parse_int as go_int, quote as go_quote, text as go_text};
pub use go_json::{
    First as FirstJson, check as check_json, first as first_json, flaw as json_flaw,
    html_escape as escape_html_json, parse as parse_json,
};
pub use program::{
    ExprError, check_in, check_plain, check_syntax, evaluate, evaluate_beside, evaluate_bool,
    evaluate_json_bool, evaluate_plain, evaluate_plain_bool, functions, needed_paths, paths,
    unknown_functions,
};
pub use regex::go_pattern;
pub use scope::{Bound, Layered, MapScope, OwnedBound, Root, Scope, root_by_visit};
pub use semver::Version;
pub use tag::{Mode, Rendered, TagError, TagSyntaxError, Text, World, render};
pub use value::{AnyMap, Function, IntKind, List, ListKind, Map, MapKind, Value};

//! The environment of an expression: flat names expanded into nested maps (TP-152 to TP-154).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::depends::{self, Identifiers, TaskResult};
use crate::scope::{Bound, Root, Scope};
use crate::sprig;
use crate::types::Type;
use crate::value::{Function, MapKind, Value};
use crate::{check, limits};

/// What an expression can see.
pub(crate) struct Environment<'e> {
    source: Source<'e>,
    /// Maps, and what else takes long to make, that have been built during this evaluation, by path.
    built: RefCell<BTreeMap<String, Value>>,
}

enum Source<'e> {
    /// Argo's scope and function library.
    Scope(&'e dyn Scope),
    /// A JSON object, and nothing but the language itself.
    Plain(&'e Json),
    /// A JSON object beside Argo's function library.
    Beside(&'e Json),
    /// A map of values, and nothing but the language itself.
    Values(&'e Value),
    /// The tasks that a `depends` text mentions, by identifier, and what is known about them.
    Tasks(&'e Identifiers, &'e dyn Fn(usize, TaskResult) -> bool),
}

impl<'e> Environment<'e> {
    pub(crate) fn of_scope(scope: &'e dyn Scope) -> Environment<'e> {
        Environment { source: Source::Scope(scope), built: RefCell::default() }
    }

    pub(crate) fn plain(object: &'e Json) -> Environment<'e> {
        Environment { source: Source::Plain(object), built: RefCell::default() }
    }

    pub(crate) fn beside_library(object: &'e Json) -> Environment<'e> {
        Environment { source: Source::Beside(object), built: RefCell::default() }
    }

    pub(crate) fn of_values(map: &'e Value) -> Environment<'e> {
        Environment { source: Source::Values(map), built: RefCell::default() }
    }

    pub(crate) fn of_tasks(
        tasks: &'e Identifiers,
        result_of: &'e dyn Fn(usize, TaskResult) -> bool,
    ) -> Environment<'e> {
        Environment { source: Source::Tasks(tasks, result_of), built: RefCell::default() }
    }

    /// The type of a root name, if it is known.
    pub(crate) fn root_type(&self, name: &str) -> Option<Type> {
        if self.has_library() {
            if let Some(signature) = check::extra(name) {
                return Some(Type::Function(signature));
            }
            if name == LIBRARY {
                return Some(Type::Map(MapKind::Any));
            }
        }
        match self.source {
            Source::Scope(scope) => match scope.root(name) {
                Root::Unknown => None,
                Root::Map => Some(Type::Map(MapKind::Any)),
                Root::Leaf => scope.get(name).map(|bound| match bound {
                    Bound::Text(_) => Type::Text,
                    Bound::Absent => Type::Nil,
                    Bound::Json(_) => Type::Unknown,
                    Bound::Typed(value) => Type::of(&value),
                }),
            },
            Source::Plain(object) | Source::Beside(object) => {
                object.get(name).map(|json| Type::of(&plain(json)))
            }
            Source::Values(map) => entry(map, name).map(Type::of),
            Source::Tasks(tasks, _) => tasks.get(name).map(|_| Type::TaskResults),
        }
    }

    fn has_library(&self) -> bool {
        matches!(self.source, Source::Scope(_) | Source::Beside(_))
    }

    /// The value of a root name.
    pub(crate) fn root(&self, name: &str) -> Option<Value> {
        if self.has_library() {
            if let Some(known) = EXTRAS.into_iter().find(|known| *known == name) {
                return Some(Value::Function(Function::Extra(known)));
            }
            if name == LIBRARY {
                return Some(Value::Library);
            }
        }
        match self.source {
            Source::Scope(_) => self.path(name),
            Source::Plain(object) | Source::Beside(object) => object.get(name).map(plain),
            Source::Values(map) => entry(map, name).cloned(),
            Source::Tasks(tasks, result_of) => tasks.get(name).map(|task| depends::results(*task, result_of)),
        }
    }

    /// The value of a dotted path of names, if something is bound at it or below it.
    pub(crate) fn path(&self, path: &str) -> Option<Value> {
        let Source::Scope(scope) = self.source else { return None };
        if let Some(built) = self.known(path) {
            return Some(built);
        }
        match scope.root(path) {
            Root::Unknown => None,
            Root::Leaf => {
                let value = leaf(scope.get(path)?);
                if value.size().bytes > KEPT_BYTES {
                    self.keep(path, &value);
                }
                Some(value)
            }
            Root::Map => {
                let value = build(scope, path);
                self.keep(path, &value);
                Some(value)
            }
        }
    }

    fn known(&self, path: &str) -> Option<Value> {
        self.built.borrow().get(path).cloned()
    }

    fn keep(&self, path: &str, value: &Value) {
        self.built.borrow_mut().insert(path.to_owned(), value.clone());
    }

    /// Everything that can be seen, as `$env`.
    pub(crate) fn all(&self) -> Value {
        if let Some(built) = self.known(ALL) {
            return built;
        }
        let all = self.everything();
        self.keep(ALL, &all);
        all
    }

    fn everything(&self) -> Value {
        match self.source {
            Source::Scope(scope) => with_library(build(scope, "")),
            Source::Plain(object) => plain(object),
            Source::Beside(object) => with_library(plain(object)),
            Source::Values(map) => map.clone(),
            Source::Tasks(tasks, result_of) => Value::map(
                tasks
                    .iter()
                    .map(|(name, task)| (name.as_str().into(), depends::results(*task, result_of)))
                    .collect(),
            ),
        }
    }

    /// The shortest part of a path that is not bound; with `root_only`, only its first part is looked at.
    pub(crate) fn missing(&self, path: &str, root_only: bool) -> Option<String> {
        let first = path.split('.').next().unwrap_or(path);
        let Source::Scope(scope) = self.source else { return None };
        if check::extra(first).is_some() {
            return None;
        }
        if first == LIBRARY {
            let function = path.strip_prefix("sprig.").filter(|_| !root_only)?;
            return (!sprig::knows(function)).then(|| path.to_owned());
        }
        if !root_only && scope.root(path) != Root::Unknown {
            return None;
        }
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let part = &path[..end];
            match scope.root(part) {
                Root::Unknown => return Some(part.to_owned()),
                Root::Map => {}
                Root::Leaf => {
                    if let Some(Bound::Json(json)) = scope.get(part) {
                        return missing_inside(&json, path, end);
                    }
                }
            }
            if root_only {
                return None;
            }
        }
        None
    }
}

/// The name of everything.
const ALL: &str = "$env";

/// A value larger than this is made once for an evaluation, however often it is looked at.
const KEPT_BYTES: u64 = 4 << 10;

/// The name under which the function library is bound.
pub(crate) const LIBRARY: &str = "sprig";

/// Argo's own functions.
pub(crate) const EXTRAS: [&str; 4] = ["asFloat", "asInt", "jsonpath", "toJson"];

/// The part of a path that a structured value, bound at `path[..end]`, lacks.
fn missing_inside(json: &Json, path: &str, end: usize) -> Option<String> {
    let mut value = json;
    let mut end = end;
    while end < path.len() {
        let rest = &path[end + 1..];
        let key = rest.split('.').next().unwrap_or(rest);
        end += 1 + key.len();
        match value.get(key) {
            Some(inner) => value = inner,
            None => return Some(path[..end].to_owned()),
        }
    }
    None
}

fn entry<'v>(map: &'v Value, name: &str) -> Option<&'v Value> {
    match map {
        Value::Map(map) => map.entries.get(name),
        _ => None,
    }
}

/// A map with the function library in it.
fn with_library(map: Value) -> Value {
    let Value::Map(map) = map else { return Value::Nil };
    let mut entries = (**map.entries).clone();
    for name in EXTRAS {
        entries.insert(name.into(), Value::Function(Function::Extra(name)));
    }
    entries.insert(LIBRARY.into(), Value::Library);
    Value::map(entries)
}

fn leaf(bound: Bound<'_>) -> Value {
    match bound {
        Bound::Text(text) => Value::from(&*text),
        Bound::Absent => Value::Nil,
        Bound::Json(json) => Value::from_json(&json),
        Bound::Typed(value) => value,
    }
}

/// A JSON value whose integers stay integers, as they are typed fields in Go.
fn plain(json: &Json) -> Value {
    match json {
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::int(integer),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::Array(items) => Value::list(items.iter().map(plain).collect()),
        Json::Object(entries) => {
            Value::map(entries.iter().map(|(key, value)| (key.as_str().into(), plain(value))).collect())
        }
        Json::Null | Json::Bool(_) | Json::String(_) => Value::from_json(json),
    }
}

enum Tree {
    Leaf(Value),
    Branch(BTreeMap<Arc<str>, Tree>),
}

/// Expands the names below a root. A name above another one is dropped (TP-153).
fn build(scope: &dyn Scope, root: &str) -> Value {
    let mut tree: BTreeMap<Arc<str>, Tree> = BTreeMap::new();
    let skip = if root.is_empty() { 0 } else { root.len() + 1 };
    scope.visit(root, &mut |name, bound| {
        if let Some(below) = name.get(skip..).filter(|_| name.len() > root.len()) {
            insert(&mut tree, below, bound);
        }
    });
    finish(tree)
}

fn insert(tree: &mut BTreeMap<Arc<str>, Tree>, name: &str, bound: Bound<'_>) {
    let mut tree = tree;
    let mut rest = name;
    for _ in 0..limits::NAME_LEVELS {
        let Some((first, below)) = rest.split_once('.') else { break };
        let node = tree.entry(first.into()).or_insert_with(|| Tree::Branch(BTreeMap::new()));
        if matches!(node, Tree::Leaf(_)) {
            *node = Tree::Branch(BTreeMap::new());
        }
        let Tree::Branch(branch) = node else { return };
        tree = branch;
        rest = below;
    }
    tree.entry(rest.into()).or_insert_with(|| Tree::Leaf(leaf(bound)));
}

fn finish(tree: BTreeMap<Arc<str>, Tree>) -> Value {
    Value::map(
        tree.into_iter()
            .map(|(name, node)| match node {
                Tree::Leaf(value) => (name, value),
                Tree::Branch(branch) => (name, finish(branch)),
            })
            .collect(),
    )
}

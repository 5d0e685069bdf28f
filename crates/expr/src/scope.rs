//! Scopes: the names a text may use.
//!
//! Argo keeps every variable under one flat, dotted name (`steps.a.outputs.result`). Simple tags look
//! such a name up as it is; expressions see the same names expanded into nested maps (TP-152). A scope
//! therefore offers exactly two questions: one name, and everything below a root.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound as Range;

use serde_json::Value as Json;

use crate::value::Value;

/// Something that a name is bound to.
#[derive(Clone, Debug)]
pub enum Bound<'a> {
    /// The ordinary case: every parameter, result and global is text (TP-020).
    Text(Cow<'a, str>),
    /// The output of a skipped node that has no default (TP-240).
    Absent,
    /// A structured value such as an artifact; invisible to simple tags (TP-023).
    Json(Cow<'a, Json>),
    /// A value that only expressions can use, such as the counters of a CronWorkflow (CR-096).
    Typed(Value),
}

/// What a root name of an expression stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// Nothing is bound at or below the name.
    Unknown,
    /// The name itself is bound and nothing lies below it.
    Leaf,
    /// Names lie below it, so that it is a map for expressions (TP-153).
    Map,
}

/// The names that a text may use: flat and dotted, as in Argo.
pub trait Scope {
    /// What `name` is bound to.
    fn get(&self, name: &str) -> Option<Bound<'_>>;

    /// Visits, in the order of their bytes, every bound name that is `root` or begins with `root.`.
    ///
    /// An empty `root` visits everything.
    fn visit<'s>(&'s self, root: &str, visit: &mut dyn FnMut(&str, Bound<'s>));

    /// What the first part of a path stands for. Override it where a look is cheaper than a visit.
    fn root(&self, root: &str) -> Root {
        root_by_visit(self, root)
    }
}

/// What the first part of a path stands for, by a look at everything below it.
pub fn root_by_visit<S: Scope + ?Sized>(scope: &S, root: &str) -> Root {
    let mut found = Root::Unknown;
    scope.visit(root, &mut |name, _| {
        if name.len() > root.len() {
            found = Root::Map;
        } else if found == Root::Unknown {
            found = Root::Leaf;
        }
    });
    found
}

/// A bound value that owns its data.
#[derive(Clone, Debug)]
pub enum OwnedBound {
    /// See [`Bound::Text`].
    Text(String),
    /// See [`Bound::Absent`].
    Absent,
    /// See [`Bound::Json`].
    Json(Json),
    /// See [`Bound::Typed`].
    Typed(Value),
}

impl OwnedBound {
    /// The same value, borrowed.
    pub fn borrow(&self) -> Bound<'_> {
        match self {
            OwnedBound::Text(text) => Bound::Text(Cow::Borrowed(text)),
            OwnedBound::Absent => Bound::Absent,
            OwnedBound::Json(value) => Bound::Json(Cow::Borrowed(value)),
            OwnedBound::Typed(value) => Bound::Typed(value.clone()),
        }
    }
}

/// A scope that is a plain map.
#[derive(Clone, Debug, Default)]
pub struct MapScope(pub BTreeMap<String, OwnedBound>);

impl MapScope {
    /// A scope without names.
    pub fn new() -> MapScope {
        MapScope::default()
    }

    /// Binds a name to text.
    pub fn insert(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.insert(name.into(), OwnedBound::Text(text.into()));
    }

    /// A scope from a JSON object: text as it is, `null` as absent, scalars as their JSON text, lists and
    /// maps as structured values.
    pub fn from_json(object: &serde_json::Map<String, Json>) -> MapScope {
        MapScope(
            object
                .iter()
                .map(|(name, value)| {
                    let bound = match value {
                        Json::Null => OwnedBound::Absent,
                        Json::String(text) => OwnedBound::Text(text.clone()),
                        Json::Bool(_) | Json::Number(_) => OwnedBound::Text(value.to_string()),
                        Json::Array(_) | Json::Object(_) => OwnedBound::Json(value.clone()),
                    };
                    (name.clone(), bound)
                })
                .collect(),
        )
    }
}

impl Scope for MapScope {
    fn get(&self, name: &str) -> Option<Bound<'_>> {
        self.0.get(name).map(OwnedBound::borrow)
    }

    fn visit<'s>(&'s self, root: &str, visit: &mut dyn FnMut(&str, Bound<'s>)) {
        if root.is_empty() {
            for (name, value) in &self.0 {
                visit(name, value.borrow());
            }
            return;
        }
        if let Some(value) = self.get(root) {
            visit(root, value);
        }
        for (name, value) in below(&self.0, root) {
            visit(name, value.borrow());
        }
    }

    fn root(&self, root: &str) -> Root {
        if below(&self.0, root).next().is_some() {
            Root::Map
        } else if self.0.contains_key(root) {
            Root::Leaf
        } else {
            Root::Unknown
        }
    }
}

/// The entries whose names begin with `root.`.
fn below<'m, V>(map: &'m BTreeMap<String, V>, root: &str) -> impl Iterator<Item = (&'m String, &'m V)> {
    let is_below = move |name: &str| {
        name.len() > root.len() && name.as_bytes()[root.len()] == b'.' && name.starts_with(root)
    };
    // Names such as `root-2` lie between `root` and `root.x`.
    map.range::<str, _>((Range::Excluded(root), Range::Unbounded))
        .skip_while(move |(name, _)| name.starts_with(root) && name.as_bytes()[root.len()] < b'.')
        .take_while(move |(name, _)| is_below(name))
}

/// Two scopes, of which the first wins where both bind a name.
pub struct Layered<'a>(pub &'a dyn Scope, pub &'a dyn Scope);

impl Scope for Layered<'_> {
    fn get(&self, name: &str) -> Option<Bound<'_>> {
        self.0.get(name).or_else(|| self.1.get(name))
    }

    fn visit<'s>(&'s self, root: &str, visit: &mut dyn FnMut(&str, Bound<'s>)) {
        let mut names: BTreeMap<String, Bound<'s>> = BTreeMap::new();
        self.1.visit(root, &mut |name, value| {
            names.insert(name.to_owned(), value);
        });
        if names.is_empty() {
            return self.0.visit(root, visit);
        }
        self.0.visit(root, &mut |name, value| {
            names.insert(name.to_owned(), value);
        });
        for (name, value) in names {
            visit(&name, value);
        }
    }

    fn root(&self, root: &str) -> Root {
        match (self.0.root(root), self.1.root(root)) {
            (Root::Map, _) | (_, Root::Map) => Root::Map,
            (Root::Leaf, _) | (_, Root::Leaf) => Root::Leaf,
            (Root::Unknown, Root::Unknown) => Root::Unknown,
        }
    }
}

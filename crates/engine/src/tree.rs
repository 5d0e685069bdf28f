//! Documents with tags in them: parsed once, rendered often.
//!
//! Argo substitutes in the JSON text of a whole object (TP-001). We render leaf by leaf: the same for
//! every tag that begins and ends in one string, and no document becomes valid by accident.

use crate::limits;
use expr::{Mode, Scope, TagError, Text, World};
use serde_json::{Map, Value};
use tiphys_expr as expr;

/// A JSON document whose strings may hold tags.
#[derive(Clone, Debug)]
pub enum Tree {
    /// Nothing to render below here.
    Leaf(Value),
    /// A string with tags.
    Text(Text),
    /// A list.
    List(Vec<Tree>),
    /// An object; keys may hold tags too.
    Map(Vec<(Key, Tree)>),
}

/// A key of an object.
#[derive(Clone, Debug)]
pub enum Key {
    /// As written.
    Plain(String),
    /// To be rendered.
    Text(Text),
}

impl Tree {
    /// Finds the tags. One without an end is none: lint refuses it where Argo does (TP-002).
    pub fn of(value: Value) -> Tree {
        if !has_text(&value, "{{") {
            return Tree::Leaf(value);
        }
        match value {
            Value::String(text) => Tree::Text(Text::parse_open(&text)),
            Value::Array(items) => Tree::List(items.into_iter().map(Tree::of).collect()),
            Value::Object(fields) => {
                let key = |key: String| {
                    if key.contains("{{") { Key::Text(Text::parse_open(&key)) } else { Key::Plain(key) }
                };
                Tree::Map(fields.into_iter().map(|(name, value)| (key(name), Tree::of(value))).collect())
            }
            other => Tree::Leaf(other),
        }
    }

    /// The document with its tags replaced.
    pub fn render(&self, scope: &dyn Scope, mode: Mode, world: &World) -> Result<Value, TagError> {
        Ok(match self {
            Tree::Leaf(value) => value.clone(),
            Tree::Text(text) => Value::String(render_text(text, scope, mode, world)?),
            Tree::List(items) => Value::Array(
                items.iter().map(|item| item.render(scope, mode, world)).collect::<Result<_, _>>()?,
            ),
            Tree::Map(fields) => {
                let mut map = Map::with_capacity(fields.len());
                for (key, tree) in fields {
                    let key = match key {
                        Key::Plain(key) => key.clone(),
                        Key::Text(text) => render_text(text, scope, mode, world)?,
                    };
                    map.insert(key, tree.render(scope, mode, world)?);
                }
                Value::Object(map)
            }
        })
    }

    /// Calls `visit` with every text below here.
    pub fn texts<'t>(&'t self, visit: &mut dyn FnMut(&'t Text)) {
        match self {
            Tree::Leaf(_) => {}
            Tree::Text(text) => visit(text),
            Tree::List(items) => items.iter().for_each(|item| item.texts(visit)),
            Tree::Map(fields) => {
                for (key, tree) in fields {
                    if let Key::Text(text) = key {
                        visit(text);
                    }
                    tree.texts(visit);
                }
            }
        }
    }
}

/// Whether a part is somewhere in a document's strings and keys.
pub(crate) fn has_text(value: &Value, part: &str) -> bool {
    match value {
        Value::String(text) => text.contains(part),
        Value::Array(items) => items.iter().any(|item| has_text(item, part)),
        Value::Object(fields) => {
            fields.iter().any(|(key, value)| key.contains(part) || has_text(value, part))
        }
        _ => false,
    }
}

/// Renders a text, and again while values bring resolvable tags of their own (TP-006).
pub fn render_text(text: &Text, scope: &dyn Scope, mode: Mode, world: &World) -> Result<String, TagError> {
    if text.is_literal() {
        return Ok(text.as_str().to_owned());
    }
    let mut rendered = text.render(scope, mode, world)?;
    for _ in 1..limits::RENDER_PASSES_MAX {
        if !rendered.has_tags {
            break;
        }
        let again = Text::parse_open(&rendered.text).render(scope, mode, world)?;
        if again.text == rendered.text {
            break;
        }
        rendered = again;
    }
    Ok(rendered.text)
}

//! The contents of lists and maps, which know how deep and how large they are.
//!
//! A value may hold another one many times over, and a loop may wrap a value in a list a hundred thousand times:
//! nobody could print, compare or even drop what comes of it. So the size is counted where something is made, out of
//! the known sizes of its parts, and the evaluator refuses what is beyond the limits before it is used.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use crate::limits;
use crate::value::Value;

/// What an entry takes besides its own contents, in bytes.
pub(crate) const ENTRY_BYTES: u64 = size_of::<Value>() as u64;

/// How deep and how large a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Levels of lists and maps, none for what is neither.
    pub(crate) depth: u32,
    /// About what it takes, and its text too; what it holds in several places counts in each of them.
    pub(crate) bytes: u64,
}

impl Size {
    /// The size of what holds all of these.
    fn around<'v>(parts: impl Iterator<Item = &'v Value>) -> Size {
        parts.fold(Size::default(), |size, part| {
            let part = part.size();
            Size {
                depth: size.depth.max(part.depth),
                bytes: size.bytes.saturating_add(ENTRY_BYTES).saturating_add(part.bytes),
            }
        })
    }

    /// Refuses a value that is deeper or larger than the limits.
    pub(crate) fn allow(self) -> Result<(), String> {
        if self.depth as usize > limits::VALUE_DEPTH {
            return Err(limits::beyond(limits::VALUE_DEPTH, "levels of lists and maps in each other"));
        }
        if self.bytes > limits::VALUE_BYTES {
            return Err(limits::beyond(limits::VALUE_BYTES, "bytes of a value"));
        }
        Ok(())
    }
}

/// Entries, and their size.
#[derive(Clone, Debug, Default)]
pub struct Contents<C> {
    entries: C,
    /// Counted when the entries were put together, which never change afterwards.
    inside: Size,
}

impl<C> Contents<C> {
    /// The size of a list or map of these.
    pub(crate) fn size(&self) -> Size {
        Size { depth: self.inside.depth.saturating_add(1), bytes: self.inside.bytes }
    }
}

impl<C> Deref for Contents<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.entries
    }
}

impl From<Vec<Value>> for Contents<Vec<Value>> {
    fn from(entries: Vec<Value>) -> Self {
        Contents { inside: Size::around(entries.iter()), entries }
    }
}

impl From<BTreeMap<Arc<str>, Value>> for Contents<BTreeMap<Arc<str>, Value>> {
    fn from(entries: BTreeMap<Arc<str>, Value>) -> Self {
        let mut inside = Size::around(entries.values());
        let names: u64 = entries.keys().map(|key| key.len() as u64).sum();
        inside.bytes = inside.bytes.saturating_add(names);
        Contents { inside, entries }
    }
}

impl From<Vec<(Value, Value)>> for Contents<Vec<(Value, Value)>> {
    fn from(entries: Vec<(Value, Value)>) -> Self {
        Contents { inside: Size::around(entries.iter().flat_map(|(key, value)| [key, value])), entries }
    }
}

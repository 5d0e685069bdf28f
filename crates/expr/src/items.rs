//! Loop items: where they come from, and how an item shows in texts and names (EX-023, EX-192 to EX-199).

use std::collections::BTreeMap;

use crate::{go, go_json, limits, printf};

/// One item of a loop: a JSON value whose spelling is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    raw: String,
}

/// How Argo classifies an item (OB-007).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A JSON number.
    Number,
    /// `true` or `false`.
    Bool,
    /// A list, or `null` (EX-024).
    List,
    /// A map.
    Map,
    /// Text.
    Text,
}

impl Item {
    /// An item from its JSON text; the error is Go's.
    pub fn from_json_text(text: &str) -> Result<Item, String> {
        go_json::check(text)?;
        Ok(Item { raw: go_json::compact(text) })
    }

    /// An item that is text.
    pub fn from_text(text: &str) -> Item {
        Item { raw: go::json_string(text) }
    }

    /// The JSON text of the item, without blanks but with its own spelling of numbers and escapes.
    pub fn json(&self) -> &str {
        &self.raw
    }

    /// What the item is.
    pub fn kind(&self) -> ItemKind {
        match self.raw.as_bytes().first() {
            Some(b'"') => ItemKind::Text,
            Some(b'{') => ItemKind::Map,
            Some(b'[' | b'n') => ItemKind::List,
            Some(b't' | b'f') => ItemKind::Bool,
            _ => ItemKind::Number,
        }
    }

    /// What `{{item}}` yields (EX-196).
    pub fn text(&self) -> String {
        match self.kind() {
            ItemKind::Text => go_json::unquote(&self.raw),
            ItemKind::Number | ItemKind::Bool => self.raw.clone(),
            ItemKind::List if self.raw == "null" => self.raw.clone(),
            ItemKind::List => {
                let items: Vec<String> = go_json::elements(&self.raw).map(go_json::html_escape).collect();
                format!("[{}]", items.join(","))
            }
            ItemKind::Map => {
                let entries: Vec<String> = self
                    .members()
                    .map(|(key, raw)| format!("{}:{}", go::json_string(&key), go_json::html_escape(raw)))
                    .collect();
                format!("{{{}}}", entries.join(","))
            }
        }
    }

    /// The words of an item in the name of its node, without parentheses (EX-023).
    pub fn describe(&self) -> String {
        let words = match self.kind() {
            ItemKind::Map => {
                let mut pairs: Vec<String> =
                    self.members().map(|(key, raw)| format!("{key}:{}", bare(raw))).collect();
                pairs.sort();
                pairs.join(",")
            }
            ItemKind::List if self.raw == "null" => "[]".to_owned(),
            ItemKind::List => {
                let items: Vec<&str> = go_json::elements(&self.raw).map(bare).collect();
                format!("[{}]", items.join(" "))
            }
            ItemKind::Text | ItemKind::Number | ItemKind::Bool => bare(&self.raw).to_owned(),
        };
        words.replace(['(', ')'], "")
    }

    /// What `{{item.key}}` yields: the JSON text of the member, without the quotes of a text.
    pub fn member(&self, key: &str) -> Option<String> {
        self.members().find(|(name, _)| name == key).map(|(_, raw)| bare(raw).to_owned())
    }

    /// The members of a map, sorted by key, each with its JSON text. The last of equal keys counts.
    pub fn members(&self) -> impl Iterator<Item = (String, &str)> {
        let entries: BTreeMap<String, &str> = match self.kind() {
            ItemKind::Map => go_json::members(&self.raw).collect(),
            ItemKind::Number | ItemKind::Bool | ItemKind::List | ItemKind::Text => BTreeMap::new(),
        };
        entries.into_iter()
    }

    /// The node name of the expansion of a step or task for this item (EX-022).
    pub fn name_of(&self, step: &str, index: usize) -> String {
        format!("{step}({index}:{})", self.describe())
    }

    /// Binds `item` and `item.<key>` (TP-162).
    pub fn bind(&self, mut bind: impl FnMut(String, String)) {
        bind("item".to_owned(), self.text());
        for (key, raw) in self.members() {
            bind(format!("item.{key}"), bare(raw).to_owned());
        }
    }
}

/// A JSON text without the quotes of a string.
fn bare(raw: &str) -> &str {
    raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw)
}

/// The fields of `withSequence` after substitution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SequenceSpec {
    /// How many items.
    pub count: Option<String>,
    /// The first number, zero by default.
    pub start: Option<String>,
    /// The last number; wins over `count`.
    pub end: Option<String>,
    /// How Go's `printf` writes the number.
    pub format: Option<String>,
}

/// The first and the last number of `withSequence`; none if there are no items (EX-194).
fn bounds(spec: &SequenceSpec) -> Result<Option<(i64, i64)>, String> {
    let start = match &spec.start {
        Some(start) => go::atoi(start)?,
        None => 0,
    };
    let end = match (&spec.end, &spec.count) {
        (Some(end), _) => go::atoi(end)?,
        (None, Some(count)) => match go::atoi(count)? {
            0 => return Ok(None),
            count => start.wrapping_add(count).wrapping_sub(1),
        },
        (None, None) => return Err("neither end nor count was specified in withSequence".to_owned()),
    };
    if start.abs_diff(end) >= limits::ITEMS as u64 {
        return Err(format!(
            "withSequence from {start} to {end} has more than {} items; split the work over several workflows",
            limits::ITEMS
        ));
    }
    Ok(Some((start, end)))
}

/// Whether a text can be a bound of `withSequence`.
pub fn is_bound(text: &str) -> bool {
    go::atoi(text).is_ok()
}

/// How many items a `withSequence` has, without making them.
pub fn length(spec: &SequenceSpec) -> Result<u64, String> {
    Ok(bounds(spec)?.map_or(0, |(start, end)| start.abs_diff(end) + 1))
}

/// The items of `withSequence`, each a text (EX-194). At most [`limits::ITEMS`] of them.
pub fn sequence(spec: &SequenceSpec) -> Result<Vec<String>, String> {
    let Some((start, end)) = bounds(spec)? else { return Ok(Vec::new()) };
    let format = spec.format.as_deref().filter(|format| !format.is_empty()).unwrap_or("%d");
    let step = if end >= start { 1 } else { -1 };
    let mut items = Vec::with_capacity(start.abs_diff(end) as usize + 1);
    let mut number = start;
    loop {
        let written = printf::integer(format, number);
        // Argo puts the text between quotes and reads that as JSON, so quotes and backslashes may break it.
        let quoted = format!("\"{written}\"");
        go_json::check(&quoted)?;
        items.push(go_json::unquote(&quoted));
        if number == end {
            return Ok(items);
        }
        number += step;
    }
}

/// The items of `withParam` after substitution (EX-193); the error is Go's, without Argo's introduction.
pub fn with_param(json_text: &str) -> Result<Vec<Item>, String> {
    go_json::check(json_text)?;
    let text = json_text.trim_matches([' ', '\t', '\n', '\r']);
    let kind = match text.as_bytes().first() {
        Some(b'[') => {
            let items: Vec<Item> = go_json::elements(text)
                .take(limits::ITEMS + 1)
                .map(|raw| Item { raw: go_json::compact(raw) })
                .collect();
            if items.len() > limits::ITEMS {
                return Err(format!("withParam has more than {} items", limits::ITEMS));
            }
            return Ok(items);
        }
        Some(b'n') => return Ok(Vec::new()),
        Some(b'{') => "object",
        Some(b'"') => "string",
        Some(b't' | b'f') => "bool",
        _ => "number",
    };
    Err(format!("json: cannot unmarshal {kind} into Go value of type []v1alpha1.Item"))
}

/// The message of a `withParam` that is no list, as the node shows it (EX-193).
pub fn with_param_message(text: &str, error: &str) -> String {
    format!("withParam value could not be parsed as a JSON list: {text}: {error}")
}

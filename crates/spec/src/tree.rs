//! One document as a tree of nodes that know where they stand.
//!
//! Events of the YAML parser in, nodes out. Everything that YAML has and JSON has not is gone
//! afterwards: anchors, merge keys, tags, the many spellings of a scalar (`OB-001`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StrInput, Tag};
use serde_json::Value;

use crate::limits;
use crate::plain::{self, Scalar};
use crate::source::Span;

/// A node and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub span: Span,
    pub value: Tree,
}

/// What a node holds. Numbers are kept in JSON's spelling.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One member of a map.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    /// The member of that name, if this is a map that has one.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Tree::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Something wrong with a document's YAML.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flaw {
    pub span: Span,
    pub kind: FlawKind,
    pub message: String,
    pub help: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlawKind {
    /// The rest of the document cannot be read.
    Syntax,
    /// A key is there twice. Argo refuses this in strict reading only.
    DuplicateKey,
    /// A value that JSON cannot hold.
    Value,
    /// A limit of ours.
    Limit,
}

/// Which scalars plain text stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Yaml,
    Json,
}

/// Reads the first document of `text`, which begins at byte `offset` of its file.
///
/// `None` if there is no document, or none that could be read; `flaws` says why.
pub(crate) fn read(text: &str, offset: u32, dialect: Dialect, flaws: &mut Vec<Flaw>) -> Option<Node> {
    let mut text = Cow::Borrowed(text);
    let before = flaws.len();
    let readings = limits::READINGS_MAX.min(limits::READ_BYTES_MAX / text.len().max(1)).max(1);
    for reading in 1..=readings {
        let tab = match pass(&text, offset, dialect, flaws) {
            Ok(root) => return root,
            Err(tab) => tab,
        };
        if reading < readings {
            flaws.truncate(before);
            text = Cow::Owned(with_blanks_from(&text, tab));
        }
    }
    None
}

/// The text with blanks for the tabs with which a line within a quoted text begins, and those after it up to one that may
/// have the end of that text.
fn with_blanks_from(text: &str, tab: usize) -> String {
    let start = text[..tab].rfind('\n').map_or(0, |found| found + 1);
    let mut mended = String::with_capacity(text.len());
    mended.push_str(&text[..start]);
    let mut rest = &text[start..];
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.find('\n').map_or(rest.len(), |found| found + 1));
        let words = line.trim_start_matches([' ', '\t']);
        mended.push_str(&line[..line.len() - words.len()].replace('\t', " "));
        mended.push_str(words);
        rest = after;
        if words.contains(['"', '\'']) {
            break;
        }
    }
    mended + rest
}

/// The same, in one pass. The error is the place of a tab with which a line within a quoted text begins: it means nothing
/// there, and Argo reads it, but our parser does not.
fn pass(text: &str, offset: u32, dialect: Dialect, flaws: &mut Vec<Flaw>) -> Result<Option<Node>, usize> {
    let mut options = granit_parser::options! {
        emit_unresolved_aliases: true,
        simple_key_max_lookahead: limits::KEY_CHARS_MAX,
        flow_nesting_limit: limits::NESTING_MAX,
        block_nesting_limit: limits::NESTING_MAX,
    };
    options.set_emit_comments(false);
    let parser: Parser<'_, StrInput<'_>> = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder {
        text,
        offset,
        dialect,
        flaws,
        stack: Vec::new(),
        anchors: BTreeMap::new(),
        alias_bytes: 0,
        root: None,
    };
    for event in parser {
        match event {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                let span = Span { start: offset + range.start as u32, end: offset + range.end as u32 };
                if !builder.event(event, span) {
                    break;
                }
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                // What the parser trips over next usually follows from a mistake already reported.
                if builder.flaws.iter().all(|flaw| flaw.kind != FlawKind::Syntax) {
                    builder.syntax(at, error.info());
                }
                let is_in_quotes = *error.kind() == ErrorKind::TabInIndentation;
                return if is_in_quotes && text[at..].starts_with('\t') { Err(at) } else { Ok(None) };
            }
        }
    }
    Ok(builder.root)
}

/// The tree of a value that was read as JSON already; none if its lists and maps are too deep inside each other.
/// Its nodes stand nowhere.
pub(crate) fn of(value: &Value) -> Option<Node> {
    of_depth(value, 0)
}

fn of_depth(value: &Value, depth: usize) -> Option<Node> {
    if depth > limits::NESTING_MAX {
        return None;
    }
    let value = match value {
        Value::Null => Tree::Null,
        Value::Bool(flag) => Tree::Bool(*flag),
        Value::Number(number) => Tree::Number(number.to_string()),
        Value::String(text) => Tree::Text(text.clone()),
        Value::Array(items) => {
            Tree::List(items.iter().map(|item| of_depth(item, depth + 1)).collect::<Option<_>>()?)
        }
        Value::Object(fields) => {
            let entry = |(key, value): (&String, &Value)| {
                let value = of_depth(value, depth + 1)?;
                Some(Entry { key: key.clone(), key_span: Span::default(), value })
            };
            Tree::Map(fields.iter().map(entry).collect::<Option<_>>()?)
        }
    };
    Some(Node { span: Span::default(), value })
}

struct Builder<'a> {
    text: &'a str,
    offset: u32,
    dialect: Dialect,
    flaws: &'a mut Vec<Flaw>,
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, Anchored>,
    alias_bytes: usize,
    root: Option<Node>,
}

struct Anchored {
    node: Node,
    bytes: usize,
    depth: usize,
}

/// A collection that is still open.
enum Frame {
    List { span: Span, anchor: usize, items: Vec<Node> },
    Map { span: Span, anchor: usize, entries: Vec<Entry>, key: Option<(Key, Span)> },
}

enum Key {
    Name(String),
    Merge,
    /// Unusable; already reported.
    Broken,
}

impl Builder<'_> {
    /// Takes one event. False when the document is complete or given up.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::DocumentEnd => return false,
            Event::Scalar(text, style, anchor, tag) => {
                if self.wants_key() {
                    let key = self.key(&text, style, tag.as_deref(), span);
                    self.take_key(key, span);
                } else {
                    let text = self.without_added_newline(&text, style, span).to_owned();
                    let value = self.scalar(text, style, tag.as_deref(), span);
                    return self.take(Node { span, value }, anchor);
                }
            }
            Event::SequenceStart(_, anchor, _) => {
                self.stack.push(Frame::List { span, anchor, items: Vec::new() });
            }
            Event::MappingStart(_, anchor, _) => {
                self.stack.push(Frame::Map { span, anchor, entries: Vec::new(), key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => return self.close(span),
            Event::Alias(id) => return self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                self.flaw(
                    span,
                    FlawKind::Syntax,
                    format!("the alias `*{name}` has no anchor before it"),
                    Some(format!("mark the value it repeats with `&{name}`, or quote the text")),
                );
                return self.take(Node { span, value: Tree::Null }, 0);
            }
            _ => {}
        }
        true
    }

    fn close(&mut self, end: Span) -> bool {
        match self.stack.pop() {
            Some(Frame::List { span, anchor, items }) => {
                let span = Span { start: span.start, end: end.end.max(span.end) };
                self.take(Node { span, value: Tree::List(items) }, anchor)
            }
            Some(Frame::Map { span, anchor, entries, .. }) => {
                let span = Span { start: span.start, end: end.end.max(span.end) };
                let entries = self.without_duplicates(entries);
                self.take(Node { span, value: Tree::Map(entries) }, anchor)
            }
            None => false,
        }
    }

    /// Puts a finished node where it belongs.
    fn take(&mut self, node: Node, anchor: usize) -> bool {
        if anchor != 0 {
            let (bytes, depth) = measure(&node);
            if !self.spend(bytes, node.span) {
                return false;
            }
            self.anchors.insert(anchor, Anchored { node: node.clone(), bytes, depth });
        }
        if self.wants_key() {
            let (message, help) = if self.braces(node.span) {
                let message = "text that begins with `{{` is a map in YAML".to_owned();
                (message, Some("quote the text: `\"{{…}}\"`".to_owned()))
            } else {
                (format!("{} cannot be the key of a map", describe(&node.value)), None)
            };
            self.flaw(node.span, FlawKind::Syntax, message, help);
            self.take_key(Key::Broken, node.span);
            return true;
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Frame::List { items, .. }) => items.push(node),
            Some(Frame::Map { entries, key, .. }) => match key.take() {
                Some((Key::Name(key), key_span)) => entries.push(Entry { key, key_span, value: node }),
                Some((Key::Merge, key_span)) => self.merge(node, key_span),
                Some((Key::Broken, _)) | None => {}
            },
        }
        true
    }

    /// Adds the members of a merged map, or of several. Earlier maps of a list win over later ones.
    fn merge(&mut self, node: Node, key_span: Span) {
        let maps = match node.value {
            Tree::Map(members) => vec![members],
            Tree::List(nodes) if nodes.iter().all(|node| matches!(node.value, Tree::Map(_))) => nodes
                .into_iter()
                .rev()
                .filter_map(|node| match node.value {
                    Tree::Map(members) => Some(members),
                    _ => None,
                })
                .collect(),
            _ => {
                let help = "write `<<: *anchor`, or `<<: [*one, *other]`".to_owned();
                let message = "a merge key needs a map or a list of maps".to_owned();
                self.flaw(key_span, FlawKind::Syntax, message, Some(help));
                return;
            }
        };
        if let Some(Frame::Map { entries, .. }) = self.stack.last_mut() {
            entries.extend(maps.into_iter().flatten());
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> bool {
        let Some(anchored) = self.anchors.get(&id) else {
            let message = "an alias cannot stand inside the value it repeats".to_owned();
            self.flaw(span, FlawKind::Syntax, message, None);
            return self.take(Node { span, value: Tree::Null }, 0);
        };
        let (bytes, depth) = (anchored.bytes, anchored.depth);
        if !self.spend(bytes, span) {
            return false;
        }
        if self.stack.len() + depth > limits::NESTING_MAX {
            let message = format!("more than {} lists and maps inside each other", limits::NESTING_MAX);
            self.flaw(span, FlawKind::Limit, message, None);
            self.root = None;
            return false;
        }
        let node = self.anchors.get(&id).map_or(Tree::Null, |anchored| anchored.node.value.clone());
        // The copy keeps the places of what it repeats, because that is where a mistake is mended.
        let mut node = Node { span, value: node };
        if let (true, Tree::Text(text)) = (self.wants_key(), &mut node.value) {
            let key = Key::Name(std::mem::take(text));
            self.take_key(key, span);
            return true;
        }
        self.take(node, 0)
    }

    fn spend(&mut self, bytes: usize, span: Span) -> bool {
        self.alias_bytes = self.alias_bytes.saturating_add(bytes);
        if self.alias_bytes <= limits::ALIAS_BYTES_MAX {
            return true;
        }
        let message = format!("anchors and aliases repeat more than {} bytes", limits::ALIAS_BYTES_MAX);
        self.flaw(span, FlawKind::Limit, message, None);
        self.root = None;
        false
    }

    fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Map { key: None, .. }))
    }

    fn take_key(&mut self, name: Key, span: Span) {
        if let Some(Frame::Map { key, .. }) = self.stack.last_mut() {
            *key = Some((name, span));
        }
    }

    fn key(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Key {
        let merges = match tag {
            Some(tag) => of_yaml(tag).as_deref() == Some("merge"),
            None => style == ScalarStyle::Plain && self.dialect == Dialect::Yaml,
        };
        if text == "<<" && merges {
            return Key::Merge;
        }
        match self.scalar(text.to_owned(), style, tag, span) {
            Tree::Text(text) | Tree::Number(text) => Key::Name(text),
            Tree::Bool(flag) => Key::Name(flag.to_string()),
            Tree::Null | Tree::List(_) | Tree::Map(_) => {
                let message = "a key cannot be null".to_owned();
                self.flaw(span, FlawKind::Value, message, Some("quote it".to_owned()));
                Key::Broken
            }
        }
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Tree {
        let resolved = match (tag, style) {
            (Some(tag), _) => match plain::tagged(&text, of_yaml(tag).as_deref()) {
                Ok(scalar) => scalar,
                Err(message) => {
                    self.flaw(span, FlawKind::Value, message, None);
                    return Tree::Null;
                }
            },
            (None, ScalarStyle::Plain) if self.dialect == Dialect::Json => plain::json(&text),
            (None, ScalarStyle::Plain) => plain::yaml(&text),
            (None, _) => Scalar::Text,
        };
        match resolved {
            Scalar::Null => Tree::Null,
            Scalar::Bool(flag) => Tree::Bool(flag),
            Scalar::Number(number) => Tree::Number(number),
            Scalar::Text => Tree::Text(text),
            Scalar::Decoded(text) => Tree::Text(text),
            Scalar::NotFinite => {
                let message = format!("`{text}` is a number that JSON cannot hold");
                self.flaw(span, FlawKind::Value, message, Some(format!("quote it: \"{text}\"")));
                Tree::Null
            }
        }
    }

    /// Argo's reader does not end the last block text of a document with a newline if the document
    /// itself does not (`20-dependencies`, gotcha Y1); the parser here adds one.
    fn without_added_newline<'t>(&self, text: &'t str, style: ScalarStyle, span: Span) -> &'t str {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let at_end = (span.end - self.offset) as usize >= self.text.len();
        if is_block && at_end && !self.text.ends_with(['\n', '\r']) {
            text.strip_suffix('\n').unwrap_or(text)
        } else {
            text
        }
    }

    /// Keeps the last of equal keys, as a lenient reader does, and reports the others.
    fn without_duplicates(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut seen = BTreeSet::new();
        if entries.iter().all(|entry| seen.insert(entry.key.as_str())) {
            return entries;
        }
        let mut first: BTreeMap<String, Span> = BTreeMap::new();
        for entry in &entries {
            if let Some(earlier) = first.get(&entry.key) {
                let (message, help) = self.duplicate(entry, *earlier);
                self.flaw(entry.key_span, FlawKind::DuplicateKey, message, Some(help));
            } else {
                first.insert(entry.key.clone(), entry.key_span);
            }
        }
        let mut kept: Vec<Entry> = Vec::with_capacity(first.len());
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for entry in entries.into_iter().rev() {
            if seen.insert(entry.key.clone()) {
                kept.push(entry);
            }
        }
        kept.reverse();
        kept
    }

    fn duplicate(&self, entry: &Entry, earlier: Span) -> (String, String) {
        let written = |span: Span| {
            let range = (span.start - self.offset) as usize..(span.end - self.offset) as usize;
            self.text.get(range).unwrap_or("").to_owned()
        };
        let (ours, theirs) = (written(entry.key_span), written(earlier));
        let message = format!("the key `{}` is there twice", entry.key);
        let help = if ours == theirs {
            "remove one of them".to_owned()
        } else {
            format!("`{theirs}` and `{ours}` mean the same in YAML 1.1; quote them")
        };
        (message, help)
    }

    /// Whether the text at a span begins with the braces of a tag.
    fn braces(&self, span: Span) -> bool {
        let start = (span.start - self.offset) as usize;
        let before = self.text.get(..start).unwrap_or("").trim_end_matches(' ');
        before.ends_with('{') && self.text.get(start..).is_some_and(|rest| rest.starts_with('{'))
            || self.text.get(start..).is_some_and(|rest| rest.starts_with("{{"))
    }

    fn syntax(&mut self, at: usize, message: String) {
        let at = (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let line_start = self.text[..at].rfind('\n').map_or(0, |found| found + 1);
        let line_end = self.text[at..].find('\n').map_or(self.text.len(), |found| at + found);
        let line = &self.text[line_start..line_end];
        let previous = self.text[..line_start].trim_end().rsplit('\n').next().unwrap_or("");
        let unquoted = |line: &str| line.contains(": {{") || line.contains("- {{");
        let help = if unquoted(line) || unquoted(previous) {
            Some("text that begins with `{{` must be quoted".to_owned())
        } else if line.trim_start_matches(' ').starts_with('\t') {
            Some("indent with spaces, not with tabs".to_owned())
        } else {
            None
        };
        let start = self.offset + at as u32;
        self.flaw(Span { start, end: start }, FlawKind::Syntax, message, help);
    }

    fn flaw(&mut self, span: Span, kind: FlawKind, message: String, help: Option<String>) {
        if self.flaws.len() < limits::DIAGNOSTICS_MAX {
            self.flaws.push(Flaw { span, kind, message, help });
        }
    }
}

/// The name of a tag among those of YAML 1.1, such as `int` for `!!int`.
fn of_yaml(tag: &Tag) -> Option<Cow<'_, str>> {
    tag.suffix_in_namespace("tag:yaml.org,2002:")
}

/// Bytes a copy of a node costs, and how deep it is.
fn measure(node: &Node) -> (usize, usize) {
    let own = std::mem::size_of::<Entry>();
    match &node.value {
        Tree::Text(text) | Tree::Number(text) => (own + text.len(), 0),
        Tree::Null | Tree::Bool(_) => (own, 0),
        Tree::List(items) => deepest(own, items.iter().map(measure)),
        Tree::Map(entries) => deepest(
            own,
            entries.iter().map(|entry| {
                let (bytes, depth) = measure(&entry.value);
                (bytes + entry.key.len(), depth)
            }),
        ),
    }
}

fn deepest(own: usize, children: impl Iterator<Item = (usize, usize)>) -> (usize, usize) {
    children.fold((own, 1), |(bytes, depth), (more, deeper)| (bytes + more, depth.max(deeper + 1)))
}

/// What a value is, in words.
pub(crate) fn describe(value: &Tree) -> String {
    match value {
        Tree::Null => "null".to_owned(),
        Tree::Bool(flag) => format!("the boolean `{flag}`"),
        Tree::Number(number) => format!("the number `{number}`"),
        Tree::Text(text) if text.chars().count() <= 40 && !text.contains('\n') => {
            format!("the text `{text}`")
        }
        Tree::Text(_) => "a text".to_owned(),
        Tree::List(_) => "a list".to_owned(),
        Tree::Map(_) => "a map".to_owned(),
    }
}

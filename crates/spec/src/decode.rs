//! From a tree of nodes to Argo's JSON, by the table of fields; all mistakes reported, none fatal.
//!
//! What cannot be used is left out, so that the rest of the document can still be judged.

use crate::diagnostic::{Diagnostic, Severity};
use crate::instant::is_instant;
use crate::limits;
use crate::parse::Strictness;
use crate::place::{anchor, path_field, push_field};
use crate::quantity;
use crate::scalar::any_str_text;
use crate::schema::{Field, ObjectType, Type, schema};
use crate::source::{Source, Span};
use crate::tree::{Dialect, Entry, Node, Tree, describe};

/// What decoding gives.
pub(crate) struct Decoded {
    /// Argo's JSON of the object.
    pub json: String,
    /// The fields whose values could not be used and were left out, each reported as an error.
    pub lost: Vec<String>,
}

/// What is known of a document before it is decoded.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    /// Its text.
    pub source: &'a Source,
    /// What becomes of unknown fields.
    pub strictness: Strictness,
    /// How it is written.
    pub dialect: Dialect,
}

/// Decodes `node` as the type of the table called `name`.
pub(crate) fn decode(
    node: &Node,
    name: &str,
    given: Given<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Decoded {
    let mut decoder = Decoder {
        source: given.source,
        strictness: given.strictness,
        dialect: given.dialect,
        diagnostics,
        json: String::new(),
        path: String::new(),
        around: Vec::new(),
        lost: Vec::new(),
    };
    match schema().get(name) {
        Some(object) => {
            if !decoder.object(node, object, None) {
                decoder.json.push_str("{}");
            }
        }
        None => write_json(node, &mut decoder.json),
    }
    Decoded { json: decoder.json, lost: decoder.lost }
}

struct Decoder<'a> {
    source: &'a Source,
    strictness: Strictness,
    dialect: Dialect,
    diagnostics: &'a mut Vec<Diagnostic>,
    json: String,
    path: String,
    /// The types around the current one, outermost first.
    around: Vec<&'static ObjectType>,
    lost: Vec<String>,
}

impl Decoder<'_> {
    /// Writes a value. False if there is nothing to write; then the caller takes back what it began.
    fn value(&mut self, node: &Node, holds: &Type, key: Option<Span>) -> bool {
        match holds {
            Type::Any | Type::Item => {
                write_json(node, &mut self.json);
                return true;
            }
            _ if matches!(node.value, Tree::Null) => return false,
            _ => {}
        }
        match (holds, &node.value) {
            (Type::Text, Tree::Text(text)) => write_text(text, &mut self.json),
            (Type::Text, _) => return self.any_text(node, key),
            (Type::Str(_), Tree::Text(text)) => write_text(text, &mut self.json),
            (Type::Time, Tree::Text(text)) if is_instant(text) => write_text(text, &mut self.json),
            (Type::Bool, Tree::Bool(flag)) => self.json.push_str(if *flag { "true" } else { "false" }),
            (Type::Int, Tree::Number(number)) => return self.integer(node, key, number, i64::MIN, i64::MAX),
            (Type::Int32 | Type::IntOrStr, Tree::Number(number)) => {
                return self.integer(node, key, number, i32::MIN.into(), i32::MAX.into());
            }
            (Type::IntOrStr, Tree::Text(text)) => write_text(text, &mut self.json),
            (Type::Number, Tree::Number(number)) => self.json.push_str(number),
            (Type::Quantity, Tree::Number(text) | Tree::Text(text)) => return self.quantity(node, key, text),
            (Type::List(element), Tree::List(items)) => return self.list(items, element),
            (Type::Map(element), Tree::Map(entries)) => return self.map(entries, element),
            (Type::One, Tree::Map(entries)) => {
                if entries.len() != 1 {
                    let message = format!("expected exactly one key, got {}", entries.len());
                    self.wrong(node, key, message, Some("name one plugin".to_owned()));
                    return false;
                }
                write_json(node, &mut self.json);
            }
            (Type::Object(name), Tree::Map(_)) => {
                return schema().get(name).is_some_and(|object| self.object(node, object, key));
            }
            _ => {
                self.mismatch(node, holds, key);
                return false;
            }
        }
        true
    }

    fn object(&mut self, node: &Node, object: &'static ObjectType, key: Option<Span>) -> bool {
        let Tree::Map(entries) = &node.value else {
            self.mismatch(node, &Type::Object(object.name), key);
            return false;
        };
        self.around.push(object);
        self.json.push('{');
        let begin = self.json.len();
        let meant = meant(entries, object);
        for (at, entry) in entries.iter().enumerate() {
            match meant.iter().find(|(other, _)| *other == at) {
                Some((_, field)) => self.other_case(entry, field),
                None if object.field(&entry.key).is_none() => self.unknown(entry, object, entries),
                None => {}
            }
        }
        // In the order of the table, which is that of Argo's own JSON: a tag that is not closed runs
        // on through what follows it there (`TP-002`).
        for field in &object.fields {
            let other_case = || meant.iter().find(|(_, meant)| meant.name == field.name);
            let entry = entries
                .iter()
                .find(|entry| entry.key == field.name)
                .or_else(|| other_case().map(|(at, _)| &entries[*at]));
            match entry.filter(|entry| !matches!(entry.value.value, Tree::Null)) {
                Some(entry) => self.member(entry, entries, object, field, begin),
                None if field.always => {
                    self.key(field.name, begin);
                    write_default(&field.holds, field.pointer, &mut self.json);
                }
                None => {}
            }
        }
        self.json.push('}');
        self.around.pop();
        true
    }

    fn member(
        &mut self,
        entry: &Entry,
        entries: &[Entry],
        object: &'static ObjectType,
        field: &Field,
        begin: usize,
    ) {
        let path_length = self.path.len();
        push_field(&mut self.path, field.name);
        if let Some(successor) = field.successor {
            self.heritage(entry, entries, object, field, successor, begin);
        } else {
            let before = self.json.len();
            self.key(field.name, begin);
            let value_start = self.json.len();
            let written = self.value(&entry.value, &field.holds, Some(entry.key_span));
            if !written || self.is_zero(field, value_start) {
                self.json.truncate(before);
                if field.always {
                    self.key(field.name, begin);
                    write_default(&field.holds, field.pointer, &mut self.json);
                }
            }
        }
        self.path.truncate(path_length);
    }

    /// Whether the value just written is one that Argo leaves out.
    fn is_zero(&self, field: &Field, value_start: usize) -> bool {
        let written = &self.json[value_start..];
        match &field.holds {
            _ if field.pointer => false,
            Type::List(_) => written == "[]",
            Type::Map(_) => written == "{}",
            Type::Object(_) | Type::One | Type::Any | Type::Item => false,
            _ => matches!(written, "\"\"" | "0" | "false"),
        }
    }

    /// A field of an older release: read as an element of its successor, or dropped, with a notice.
    fn heritage(
        &mut self,
        entry: &Entry,
        entries: &[Entry],
        object: &'static ObjectType,
        field: &Field,
        successor: &str,
        begin: usize,
    ) {
        let old = field.name;
        let both = entries.iter().any(|other| other.key == successor);
        let idle = match (successor, both && self.strictness == Strictness::Lenient) {
            ("", _) => Some(format!("`{old}` was removed in Argo 4 and has no effect")),
            (_, true) => {
                Some(format!("`{old}` has no effect beside `{successor}`, which replaced it in Argo 4"))
            }
            (_, false) => None,
        };
        if let Some(message) = idle {
            let help = Some("remove it".to_owned());
            self.report(Severity::Notice, "removed-field", entry.key_span, message, help);
            return;
        }
        let Some(new) = object.field(successor) else { return };
        if both {
            let message = format!("`{old}` and `{successor}` cannot be given together");
            let help = format!("move it into `{successor}`");
            self.report(Severity::Error, "removed-field", entry.key_span, message, Some(help));
            return;
        }
        let before = self.json.len();
        self.key(new.name, begin);
        self.json.push('[');
        if self.value(&entry.value, &field.holds, Some(entry.key_span)) {
            self.json.push(']');
            let message = format!("`{old}` is read as `{successor}`, which replaced it in Argo 4");
            let help = format!("write a list: `{successor}: […]`");
            self.report(Severity::Notice, "removed-field", entry.key_span, message, Some(help));
        } else {
            self.json.truncate(before);
        }
    }

    fn list(&mut self, items: &[Node], element: &Type) -> bool {
        self.json.push('[');
        let begin = self.json.len();
        for (index, item) in items.iter().enumerate() {
            let path_length = self.path.len();
            self.path.push_str(&format!("[{index}]"));
            if self.json.len() > begin {
                self.json.push(',');
            }
            if !self.value(item, element, None) {
                write_default(element, false, &mut self.json);
            }
            self.path.truncate(path_length);
        }
        self.json.push(']');
        true
    }

    fn map(&mut self, entries: &[Entry], element: &Type) -> bool {
        self.json.push('{');
        let begin = self.json.len();
        for entry in entries {
            let path_length = self.path.len();
            push_field(&mut self.path, &entry.key);
            let before = self.json.len();
            self.key(&entry.key, begin);
            if !self.value(&entry.value, element, Some(entry.key_span)) {
                if matches!(entry.value.value, Tree::Null) {
                    write_default(element, false, &mut self.json);
                } else {
                    self.json.truncate(before);
                }
            }
            self.path.truncate(path_length);
        }
        self.json.push('}');
        true
    }

    fn key(&mut self, name: &str, begin: usize) {
        if self.json.len() > begin {
            self.json.push(',');
        }
        write_text(name, &mut self.json);
        self.json.push(':');
    }

    /// Text of any scalar (`OB-005`), with a warning where the text is not what was written.
    fn any_text(&mut self, node: &Node, key: Option<Span>) -> bool {
        let mut json = String::new();
        write_json(node, &mut json);
        let Some(text) = serde_json::from_str(&json).ok().and_then(|value| any_str_text(&value)) else {
            return false;
        };
        let at = anchor(self.source, node, key);
        let written = self.source.slice(node.span);
        match &node.value {
            Tree::List(_) | Tree::Map(_) => {
                let message = format!("{} as a value becomes the empty text", describe(&node.value));
                let help = "write it as a text, for example as JSON in quotes".to_owned();
                self.report(Severity::Warning, "lost-value", at, message, Some(help));
            }
            _ if written != text && !written.is_empty() => {
                let message = format!("`{written}` is read as `{text}`");
                let help = format!("quote it to keep it as written: \"{written}\"");
                self.report(Severity::Warning, "changed-value", at, message, Some(help));
            }
            _ => {}
        }
        write_text(&text, &mut self.json);
        true
    }

    fn integer(&mut self, node: &Node, key: Option<Span>, number: &str, min: i64, max: i64) -> bool {
        let rounded = || {
            let double = number.parse::<f64>().ok()?;
            (double.fract() == 0.0 && double.abs() < 9e15).then_some(double as i64)
        };
        let written = number.parse::<i64>().ok();
        // Go's reader of JSON wants digits alone, where one of YAML gives it `2.0` as `2`.
        let whole = if self.dialect == Dialect::Json { written } else { written.or_else(rounded) };
        match whole {
            Some(whole) if (min..=max).contains(&whole) => {
                self.json.push_str(&whole.to_string());
                true
            }
            Some(_) => {
                let message = format!("{} must be between {min} and {max}, found {number}", self.name());
                self.wrong(node, key, message, None);
                false
            }
            None => {
                let message = format!("{} must be a whole number, found {number}", self.name());
                let help = rounded().map(|whole| format!("write it in digits alone: {whole}"));
                self.wrong(node, key, message, help);
                false
            }
        }
    }

    fn quantity(&mut self, node: &Node, key: Option<Span>, text: &str) -> bool {
        // Blanks around it do not count for whoever reads it in Kubernetes either.
        let text = text.trim();
        if quantity::parse(text).is_none() {
            let message = format!("`{text}` is not a quantity");
            let help = "write a number with an optional unit, such as `500m`, `1.5` or `64Mi`; tags are not allowed here";
            self.wrong(node, key, message, Some(help.to_owned()));
            return false;
        }
        // As in Go, where reading one and writing it again is enough.
        write_text(&quantity::canonical(text).unwrap_or_else(|| text.to_owned()), &mut self.json);
        true
    }

    /// A name that is another one's but for the case of its letters, which Argo 3 did not look at.
    fn other_case(&mut self, entry: &Entry, field: &Field) {
        let path_length = self.path.len();
        push_field(&mut self.path, &entry.key);
        let (written, name) = (&entry.key, field.name);
        let message = format!("`{written}` is read as `{name}`; Argo 4 would drop it");
        let help = format!("write `{name}`: names are case-sensitive");
        self.report(Severity::Warning, "field-case", entry.key_span, message, Some(help));
        self.path.truncate(path_length);
    }

    fn unknown(&mut self, entry: &Entry, object: &ObjectType, beside: &[Entry]) {
        let path_length = self.path.len();
        let mut meant = None;
        push_field(&mut self.path, &entry.key);
        let name = &entry.key;
        let written = self.source.slice(entry.key_span).to_owned();
        let help = if (name == "true" || name == "false") && written != *name {
            Some(format!("`{written}` is a boolean in YAML 1.1; quote it"))
        } else if let Some(field) = similar(name, object.fields.iter().map(|field| field.name)) {
            meant = Some(field);
            let only_case = field.eq_ignore_ascii_case(name);
            let why = if only_case { " (names are case-sensitive)" } else { "" };
            Some(format!("did you mean `{field}`?{why}"))
        } else {
            self.belongs_elsewhere(name)
        };
        let message = format!("unknown field `{name}` in {}", self.owner(object));
        // Argo checks the fields of a step itself always, and those below it never (`OB-009`).
        let below_step = self.around.iter().rev().skip(1).any(|outer| outer.strict);
        let is_error = object.strict || self.strictness == Strictness::Strict && !below_step;
        let severity = if is_error { Severity::Error } else { Severity::Warning };
        self.report(severity, "unknown-field", entry.key_span, message, help);
        self.path.truncate(path_length);
        // A field that is there as well has its value.
        if is_error && let Some(field) = meant.filter(|field| beside.iter().all(|other| other.key != **field))
        {
            self.lose(path_field(&self.path, field));
        }
    }

    /// A hint if a type around the current one, or one directly below, has the field.
    fn belongs_elsewhere(&self, name: &str) -> Option<String> {
        let (current, outer) = self.around.split_last()?;
        let above = outer.iter().rev().find(|object| object.field(name).is_some());
        if let Some(above) = above {
            return Some(format!("`{name}` is a field of {}; move it there", kind_of(above.name)));
        }
        let below = current.fields.iter().find(|field| {
            matches!(&field.holds, Type::Object(inner) if schema().get(inner).is_some_and(|o| o.field(name).is_some()))
        })?;
        Some(format!("`{name}` is a field of `{}`; move it there", below.name))
    }

    fn mismatch(&mut self, node: &Node, wanted: &Type, key: Option<Span>) {
        let written = self.source.slice(self.source.first_line(node.span)).trim_end().to_owned();
        let scalar = !matches!(node.value, Tree::List(_) | Tree::Map(_));
        let short = scalar && !written.is_empty() && written.chars().count() <= 60;
        let help = match (wanted, &node.value) {
            (Type::Str(_) | Type::Time, Tree::Bool(_) | Tree::Number(_)) if short => {
                Some(format!("quote it: \"{written}\""))
            }
            (Type::Str(_) | Type::Time, Tree::Map(_)) if self.source.slice(node.span).starts_with("{{") => {
                Some("text that begins with `{{` must be quoted".to_owned())
            }
            (Type::Bool, Tree::Text(text)) if text == "true" || text == "false" => {
                Some(format!("remove the quotes: {text}"))
            }
            (Type::Int | Type::Int32 | Type::Number, Tree::Text(text)) if text.parse::<i64>().is_ok() => {
                Some(format!("remove the quotes: {text}"))
            }
            (Type::Int | Type::Int32 | Type::Bool, Tree::Text(text)) if text.contains("{{") => {
                Some("tags are not allowed in this field".to_owned())
            }
            (Type::List(inner), Tree::Map(_)) if matches!(**inner, Type::Object("WorkflowStep")) => {
                Some("steps are groups: begin the first step of each group with `- - name: …`".to_owned())
            }
            (Type::List(_), Tree::Text(_) | Tree::Number(_) | Tree::Bool(_)) if short => {
                Some(format!("write a list: [{written}]"))
            }
            (Type::List(_), Tree::Map(_)) => Some("begin each element with `- `".to_owned()),
            (Type::Object(_) | Type::Map(_), Tree::List(items)) if items.len() == 1 => {
                Some("remove the `- ` before it".to_owned())
            }
            _ => None,
        };
        let message =
            format!("{} must be {}, found {}", self.name(), in_words(wanted), describe(&node.value));
        self.wrong(node, key, message, help);
    }

    /// Remembers that the field at a path has no value, although one is written.
    fn lose(&mut self, path: String) {
        if self.lost.len() < limits::DIAGNOSTICS_MAX {
            self.lost.push(path);
        }
    }

    fn wrong(&mut self, node: &Node, key: Option<Span>, message: String, help: Option<String>) {
        self.lose(self.path.clone());
        let at = anchor(self.source, node, key);
        self.report(Severity::Error, "wrong-type", at, message, help);
    }

    /// The current field, or what the path says of a document or an element.
    fn name(&self) -> String {
        let last = self.path.rfind(['.', '"']).map_or(self.path.as_str(), |at| &self.path[at + 1..]);
        match last {
            "" | "]" => format!("`{}`", if self.path.is_empty() { "the document" } else { &self.path }),
            last => format!("`{last}`"),
        }
    }

    fn owner(&self, object: &ObjectType) -> String {
        kind_of(object.name)
    }

    fn report(&mut self, severity: Severity, code: &str, at: Span, message: String, help: Option<String>) {
        if self.diagnostics.len() >= limits::DIAGNOSTICS_MAX {
            return;
        }
        self.diagnostics.push(Diagnostic {
            severity,
            code: code.to_owned(),
            file: self.source.file.to_string(),
            place: self.source.place(at),
            path: self.path.clone(),
            message,
            help,
        });
    }
}

/// The fields that unknown names stand for, with the places of those among the entries: names that differ by case
/// only from a field that is not given itself. Old manifests have such names in the spec of a workflow; elsewhere case
/// counts (`OB-004`).
fn meant(entries: &[Entry], object: &'static ObjectType) -> Vec<(usize, &'static Field)> {
    let mut meant: Vec<(usize, &'static Field)> = Vec::new();
    let unknown = |entry: &Entry| object.name == "WorkflowSpec" && object.field(&entry.key).is_none();
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| unknown(entry)) {
        let mut fields = object.fields.iter().filter(|field| field.successor.is_none());
        if let Some(field) = fields.find(|field| field.name.eq_ignore_ascii_case(&entry.key))
            && entries.iter().all(|other| other.key != field.name)
            && meant.iter().all(|(_, known)| known.name != field.name)
        {
            meant.push((at, field));
        }
    }
    meant
}

/// What people call a type of the table.
fn kind_of(name: &str) -> String {
    match name {
        "WorkflowSpec" => "the spec of a workflow".to_owned(),
        "CronWorkflowSpec" => "the spec of a cron workflow".to_owned(),
        "WorkflowStep" => "a step".to_owned(),
        "DAGTask" => "a task".to_owned(),
        "DAGTemplate" => "a dag".to_owned(),
        "ObjectMeta" => "metadata".to_owned(),
        "Workflow"
        | "WorkflowTemplate"
        | "ClusterWorkflowTemplate"
        | "CronWorkflow"
        | "ConfigMap"
        | "Secret" => {
            format!("a {name}")
        }
        other => {
            let mut words = String::new();
            for (at, c) in other.char_indices() {
                if at > 0 && c.is_ascii_uppercase() && !words.ends_with(|p: char| p.is_ascii_uppercase()) {
                    words.push(' ');
                }
                words.push(c);
            }
            format!("`{words}`")
        }
    }
}

fn in_words(wanted: &Type) -> String {
    match wanted {
        Type::Str(choices) if !choices.is_empty() => format!("a text ({})", choices.join(", ")),
        Type::Str(_) | Type::Text => "a text".to_owned(),
        Type::Time => "a time like `2026-01-02T03:04:05Z`".to_owned(),
        Type::Int | Type::Int32 => "a whole number".to_owned(),
        Type::Number => "a number".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::Quantity => "a quantity".to_owned(),
        Type::IntOrStr => "a whole number or a text".to_owned(),
        Type::Item | Type::Any => "any value".to_owned(),
        Type::One => "a map with one member".to_owned(),
        Type::List(inner) => match &**inner {
            Type::List(_) => "a list of lists".to_owned(),
            Type::Str(_) | Type::Text => "a list of texts".to_owned(),
            Type::Object("WorkflowStep") => "a list of steps".to_owned(),
            _ => "a list".to_owned(),
        },
        Type::Map(_) | Type::Object(_) => "a map".to_owned(),
    }
}

/// The candidate most like a name, if it is alike enough to be meant.
pub fn similar<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let theirs = candidate.to_lowercase();
        if theirs == lower {
            return Some(candidate);
        }
        let edits = strsim::damerau_levenshtein(&lower, &theirs);
        let longest = lower.chars().count().max(theirs.chars().count());
        let prefix = lower.len() >= 3 && (theirs.starts_with(&lower) || lower.starts_with(&theirs));
        let close = edits <= longest.div_ceil(4).max(1) || prefix && edits <= 3;
        let score = 1.0 - edits as f64 / longest.max(1) as f64;
        if close && best.is_none_or(|(so_far, _)| score > so_far) {
            best = Some((score, candidate));
        }
    }
    best.filter(|(score, _)| *score >= 0.5).map(|(_, candidate)| candidate)
}

fn write_default(holds: &Type, pointer: bool, json: &mut String) {
    match holds {
        Type::Object(name) => {
            json.push('{');
            let begin = json.len();
            for field in schema().get(name).into_iter().flat_map(|o| &o.fields).filter(|field| field.always) {
                if json.len() > begin {
                    json.push(',');
                }
                write_text(field.name, json);
                json.push(':');
                write_default(&field.holds, field.pointer, json);
            }
            json.push('}');
        }
        _ if pointer => json.push_str("null"),
        Type::Str(_) | Type::Text => json.push_str("\"\""),
        Type::Int | Type::Int32 | Type::IntOrStr | Type::Number => json.push('0'),
        Type::Quantity => json.push_str("\"0\""),
        Type::Bool => json.push_str("false"),
        Type::List(_) => json.push_str("[]"),
        Type::Map(_) | Type::One => json.push_str("{}"),
        Type::Time | Type::Item | Type::Any => json.push_str("null"),
    }
}

/// Writes a node as JSON, with the members of maps sorted: that is how every value reaches Argo.
pub(crate) fn write_json(node: &Node, json: &mut String) {
    match &node.value {
        Tree::Null => json.push_str("null"),
        Tree::Bool(flag) => json.push_str(if *flag { "true" } else { "false" }),
        Tree::Number(number) => json.push_str(number),
        Tree::Text(text) => write_text(text, json),
        Tree::List(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write_json(item, json);
            }
            json.push(']');
        }
        Tree::Map(entries) => {
            json.push('{');
            let mut sorted: Vec<&Entry> = entries.iter().collect();
            sorted.sort_by(|one, other| one.key.cmp(&other.key));
            for (index, entry) in sorted.into_iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write_text(&entry.key, json);
                json.push(':');
                write_json(&entry.value, json);
            }
            json.push('}');
        }
    }
}

fn write_text(text: &str, json: &mut String) {
    // Writing a text into memory cannot fail; the fallback keeps the JSON whole all the same.
    json.push_str(&serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned()));
}

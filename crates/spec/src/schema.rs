//! What fields every object has, as a table.
//!
//! `schema.txt` holds a block for each type: its name, optionally `: Base` (all fields of that type
//! too) or `strict` (unknown fields are errors even in lenient reading, `OB-009`), then its fields,
//! separated by commas. A field is a name and a type:
//!
//! | Type | Holds |
//! |---|---|
//! | `str`, `str(A\|B)` | text; the choices are for editors, the engine checks them in its own words |
//! | `text` | text of any scalar (`OB-005`) |
//! | `int`, `int32`, `number`, `bool`, `time`, `quantity` | a scalar |
//! | `intstr` | a 32-bit integer or a text (`OB-006`) |
//! | `item`, `any` | any JSON |
//! | `one` | a map with exactly one member (`OB-010`) |
//! | `[T]`, `{T}` | a list, a map |
//! | `Name` | a type of the table |
//!
//! After the type: `?` zero differs from absent, `+` written even if zero, `!` required (for editors),
//! `>successor` a field of older releases, read as an element of the list `successor`, or dropped.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What a field may hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    Str(Vec<&'static str>),
    Text,
    Int,
    Int32,
    Number,
    Bool,
    Time,
    Quantity,
    IntOrStr,
    Item,
    Any,
    One,
    List(Box<Type>),
    Map(Box<Type>),
    Object(&'static str),
}

/// One field of a type.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub name: &'static str,
    pub holds: Type,
    /// Zero differs from absent.
    pub pointer: bool,
    /// Written even if zero.
    pub always: bool,
    pub required: bool,
    /// Set for fields of older releases: the list that took over, or empty.
    pub successor: Option<&'static str>,
}

/// One type of the table.
#[derive(Clone, Debug)]
pub(crate) struct ObjectType {
    pub name: &'static str,
    pub fields: Vec<Field>,
    /// Unknown fields are errors even in lenient reading.
    pub strict: bool,
}

impl ObjectType {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// All types by name.
pub(crate) type Schema = BTreeMap<&'static str, ObjectType>;

/// The table, read once.
pub(crate) fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| read(include_str!("schema.txt")))
}

fn read(table: &'static str) -> Schema {
    let mut schema = Schema::new();
    let mut bases: Vec<(&'static str, &'static str)> = Vec::new();
    let mut current = "";
    for line in table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if !line.starts_with(' ') {
            let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
            if let Some(base) = rest.strip_prefix(": ") {
                bases.push((name, base));
            }
            schema.insert(name, ObjectType { name, fields: Vec::new(), strict: rest == "strict" });
            current = name;
        } else if let Some(object) = schema.get_mut(current) {
            object.fields.extend(line.trim().split(", ").map(read_field));
        }
    }
    inherit(&mut schema, bases);
    schema
}

/// Copies the fields of each base, so that those without a base of their own come first.
fn inherit(schema: &mut Schema, mut bases: Vec<(&'static str, &'static str)>) {
    while !bases.is_empty() {
        let waiting: Vec<&str> = bases.iter().map(|(name, _)| *name).collect();
        let (ready, rest): (Vec<_>, Vec<_>) =
            bases.iter().copied().partition(|(_, base)| !waiting.contains(base));
        assert!(!ready.is_empty(), "the bases in schema.txt form a cycle");
        for (name, base) in ready {
            let inherited = schema.get(base).map(|object| object.fields.clone()).unwrap_or_default();
            if let Some(object) = schema.get_mut(name) {
                object.fields.splice(0..0, inherited);
            }
        }
        bases = rest;
    }
}

fn read_field(text: &'static str) -> Field {
    let mut words = text.split(' ');
    let name = words.next().unwrap_or_default();
    let notation = words.next().unwrap_or_default();
    let successor = words.next().and_then(|word| word.strip_prefix('>'));
    let kind = notation.trim_end_matches(['?', '+', '!']);
    let flags = &notation[kind.len()..];
    Field {
        name,
        holds: read_type(kind),
        pointer: flags.contains('?'),
        always: flags.contains('+'),
        required: flags.contains('!'),
        successor,
    }
}

fn read_type(text: &'static str) -> Type {
    let within = |open: char, close: char| text.strip_prefix(open)?.strip_suffix(close);
    if let Some(element) = within('[', ']') {
        return Type::List(Box::new(read_type(element)));
    }
    if let Some(element) = within('{', '}') {
        return Type::Map(Box::new(read_type(element)));
    }
    if let Some(choices) = text.strip_prefix("str(").and_then(|rest| rest.strip_suffix(')')) {
        return Type::Str(choices.split('|').collect());
    }
    match text {
        "str" => Type::Str(Vec::new()),
        "text" => Type::Text,
        "int" => Type::Int,
        "int32" => Type::Int32,
        "number" => Type::Number,
        "bool" => Type::Bool,
        "time" => Type::Time,
        "quantity" => Type::Quantity,
        "intstr" => Type::IntOrStr,
        "item" => Type::Item,
        "any" => Type::Any,
        "one" => Type::One,
        name => Type::Object(name),
    }
}

#[cfg(test)]
mod tests {
    use super::{Type, schema};

    #[test]
    fn every_type_named_in_the_table_is_in_the_table() {
        fn check(holds: &Type) {
            match holds {
                Type::List(inner) | Type::Map(inner) => check(inner),
                Type::Object(name) => assert!(schema().contains_key(name), "no type `{name}`"),
                _ => {}
            }
        }
        for object in schema().values() {
            for field in &object.fields {
                check(&field.holds);
                if let Some(successor) = field.successor.filter(|name| !name.is_empty()) {
                    assert!(
                        object.field(successor).is_some(),
                        "{}.{} has no successor",
                        object.name,
                        field.name
                    );
                }
            }
        }
    }

    #[test]
    fn no_type_has_a_field_twice() {
        for object in schema().values() {
            for (at, field) in object.fields.iter().enumerate() {
                assert!(
                    object.fields[..at].iter().all(|other| other.name != field.name),
                    "{}.{} is there twice",
                    object.name,
                    field.name
                );
            }
        }
    }
}

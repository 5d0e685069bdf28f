//! The types that the checker knows before an expression runs.

use std::sync::Arc;

use crate::value::{IntKind, ListKind, MapKind, Value};

/// A type as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    /// Nothing is known; printed as `unknown`.
    Unknown,
    /// An element of a `[]interface {}` or a `map[string]interface {}`; printed as `interface {}`.
    Any,
    Nil,
    Bool,
    Int(IntKind),
    Float,
    Text,
    Bytes,
    /// A list with the type of its elements and the way it is printed.
    List(Arc<Type>, &'static str),
    Map(MapKind),
    AnyMap,
    /// What `groupBy` gives: a list for each key.
    Groups,
    Time,
    Duration,
    Zone,
    /// What may be asked about a task in `depends`.
    TaskResults,
    Function(&'static Signature),
    /// A function of which nothing is known but that it is one.
    OtherFunction,
}

/// What a function takes and gives.
#[derive(Debug, PartialEq)]
pub(crate) struct Signature {
    pub(crate) parameters: &'static [Param],
    pub(crate) result: Param,
    /// All results as Go writes them, where there are several, of which the first counts.
    pub(crate) results: Option<&'static str>,
}

/// The type of a parameter or result of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Param {
    Any,
    Bool,
    Int,
    Int64,
    Float,
    Text,
    Bytes,
    List,
    Texts,
    Ints,
    Time,
    Duration,
    Zone,
    Month,
    Weekday,
    /// These are results and arguments of methods of versions only, of which the checker knows nothing.
    Uint64,
    Version,
    PlainVersion,
}

impl Param {
    /// Whether an argument of the type fits.
    pub(crate) fn accepts(self, argument: &Type) -> bool {
        if argument.is_unknown() || self == Param::Any {
            return true;
        }
        match argument {
            Type::Nil => {
                matches!(self, Param::Bytes | Param::List | Param::Texts | Param::Ints | Param::Zone)
            }
            // Go's checker turns integer literals into the integer that is wanted.
            Type::Int(IntKind::Int) => matches!(self, Param::Int | Param::Int64 | Param::Float),
            _ => argument.name() == self.name(),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Param::Any => "interface {}",
            Param::Bool => "bool",
            Param::Int => "int",
            Param::Int64 => "int64",
            Param::Float => "float64",
            Param::Text => "string",
            Param::Bytes => "[]uint8",
            Param::List => "[]interface {}",
            Param::Texts => "[]string",
            Param::Ints => "[]int",
            Param::Time => "time.Time",
            Param::Duration => "time.Duration",
            Param::Zone => "*time.Location",
            Param::Month => "time.Month",
            Param::Weekday => "time.Weekday",
            Param::Uint64 => "uint64",
            Param::Version => "*semver.Version",
            Param::PlainVersion => "semver.Version",
        }
    }

    pub(crate) fn as_type(self) -> Type {
        match self {
            Param::Any => Type::Any,
            Param::Bool => Type::Bool,
            Param::Int => INT,
            Param::Int64 => Type::Int(IntKind::Int64),
            Param::Float => Type::Float,
            Param::Text => Type::Text,
            Param::Bytes => Type::Bytes,
            Param::List => Type::any_list(),
            Param::Texts => Type::List(Arc::new(Type::Text), "[]string"),
            Param::Ints => Type::List(Arc::new(INT), "[]int"),
            Param::Time => Type::Time,
            Param::Duration => Type::Duration,
            Param::Zone => Type::Zone,
            Param::Month => Type::Int(IntKind::Month),
            Param::Weekday => Type::Int(IntKind::Weekday),
            Param::Uint64 | Param::Version | Param::PlainVersion => Type::Unknown,
        }
    }
}

pub(crate) const INT: Type = Type::Int(IntKind::Int);

const ANY_LIST: &str = "[]interface {}";

impl Type {
    /// A list literal or the result of a predicate function.
    pub(crate) fn list_of(element: Type) -> Type {
        Type::List(Arc::new(element), ANY_LIST)
    }

    /// `[]interface {}`.
    pub(crate) fn any_list() -> Type {
        Type::list_of(Type::Any)
    }

    /// The type of a value.
    pub(crate) fn of(value: &Value) -> Type {
        match value {
            Value::Nil => Type::Nil,
            Value::Bool(_) => Type::Bool,
            Value::Int(_, kind) => Type::Int(*kind),
            Value::Float(_) => Type::Float,
            Value::Text(_) => Type::Text,
            Value::Bytes(_) => Type::Bytes,
            Value::List(list) => match list.kind {
                ListKind::Any => Type::any_list(),
                ListKind::Text => Type::List(Arc::new(Type::Text), "[]string"),
                ListKind::Int => Type::List(Arc::new(INT), "[]int"),
                ListKind::Lists => Type::List(Arc::new(Type::any_list()), "[][]interface {}"),
            },
            Value::Map(map) => Type::Map(map.kind),
            Value::AnyMap(map) if map.grouped => Type::Groups,
            Value::AnyMap(_) => Type::AnyMap,
            Value::Time(_) => Type::Time,
            Value::Duration(_) => Type::Duration,
            Value::Zone(_) => Type::Zone,
            Value::Function(_) => Type::OtherFunction,
            Value::Library => Type::Map(MapKind::Any),
            Value::Version(_) => Type::Unknown,
        }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Type::Unknown | Type::Any)
    }

    pub(crate) fn is_bool(&self) -> bool {
        matches!(self, Type::Bool)
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Type::Text)
    }

    /// Go's structs.
    pub(crate) fn is_struct(&self) -> bool {
        matches!(self, Type::Time | Type::Zone)
    }

    /// Months and weekdays are integers to Go but not to the language.
    pub(crate) fn is_integer(&self) -> bool {
        matches!(self, Type::Int(IntKind::Int | IntKind::Int64 | IntKind::Uint8))
    }

    pub(crate) fn is_number(&self) -> bool {
        self.is_integer() || matches!(self, Type::Float)
    }

    pub(crate) fn is_time(&self) -> bool {
        matches!(self, Type::Time)
    }

    pub(crate) fn is_duration(&self) -> bool {
        matches!(self, Type::Duration)
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self, Type::List(..) | Type::Bytes)
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self, Type::Map(_) | Type::AnyMap | Type::Groups)
    }

    /// The type of the elements of a list or the values of a map.
    pub(crate) fn element(&self) -> Type {
        match self {
            Type::List(element, _) => (**element).clone(),
            Type::Bytes => Type::Int(IntKind::Uint8),
            Type::Map(MapKind::Text) => Type::Text,
            Type::Map(MapKind::Any) => Type::Any,
            Type::AnyMap => Type::Any,
            Type::Groups => Type::any_list(),
            _ => Type::Unknown,
        }
    }

    /// The type without what the checker has found out about the items of a list: some functions see Go's type only.
    pub(crate) fn as_declared(&self) -> Type {
        match self {
            Type::List(_, ANY_LIST) => Type::any_list(),
            known => known.clone(),
        }
    }

    /// Whether Go would let a variable of the other type have a value of this one.
    pub(crate) fn is_assignable_to(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Unknown, _) | (_, Type::Unknown) => false,
            (_, Type::Any) => true,
            _ => self.name() == other.name(),
        }
    }

    /// Go's kind.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Type::Unknown | Type::Nil => "invalid",
            Type::Any => "interface",
            Type::Bool => "bool",
            Type::Int(IntKind::Int | IntKind::Month | IntKind::Weekday) => "int",
            Type::Int(IntKind::Int64) | Type::Duration => "int64",
            Type::Int(IntKind::Uint8) => "uint8",
            Type::Float => "float64",
            Type::Text => "string",
            Type::Bytes | Type::List(..) => "slice",
            Type::Map(_) | Type::AnyMap | Type::Groups => "map",
            Type::Time | Type::TaskResults => "struct",
            Type::Zone => "ptr",
            Type::Function(_) | Type::OtherFunction => "func",
        }
    }

    /// Whether values of both types may stand beside `==` (TP-156).
    pub(crate) fn is_comparable_to(&self, other: &Type) -> bool {
        if self.is_unknown() || other.is_unknown() || *self == Type::Nil || *other == Type::Nil {
            return true;
        }
        (self.is_number() && other.is_number())
            || (self.is_list() && other.is_list())
            || self.name() == other.name()
    }

    /// The type as messages print it.
    pub(crate) fn name(&self) -> String {
        match self {
            Type::Unknown | Type::Nil => "unknown",
            Type::Any => "interface {}",
            Type::Bool => "bool",
            Type::Int(IntKind::Int) => "int",
            Type::Int(IntKind::Int64) => "int64",
            Type::Int(IntKind::Uint8) => "uint8",
            Type::Int(IntKind::Month) => "time.Month",
            Type::Int(IntKind::Weekday) => "time.Weekday",
            Type::Float => "float64",
            Type::Text => "string",
            Type::Bytes => "[]uint8",
            Type::List(_, name) => name,
            Type::Map(MapKind::Any) => "map[string]interface {}",
            Type::Map(MapKind::Text) => "map[string]string",
            Type::AnyMap => "map[interface {}]interface {}",
            Type::Groups => "map[interface {}][]interface {}",
            Type::Time => "time.Time",
            Type::Duration => "time.Duration",
            Type::Zone => "*time.Location",
            Type::TaskResults => "controller.TaskResults",
            Type::Function(signature) => return signature.name(),
            Type::OtherFunction => "func(...interface {}) interface {}",
        }
        .to_owned()
    }

    /// The type as built-in functions print it when they refuse it; Go stumbles over nil here.
    pub(crate) fn refused_name(&self) -> String {
        if *self == Type::Nil { "%!s(<nil>)".to_owned() } else { self.name() }
    }
}

impl Signature {
    /// The Go type.
    pub(crate) fn name(&self) -> String {
        let parameters: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name()).collect();
        format!("func({}) {}", parameters.join(", "), self.results.unwrap_or(self.result.name()))
    }
}

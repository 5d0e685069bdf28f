//! The functions of the language: their names and what they accept before anything runs (TP-190).
//!
//! What they do is in [`crate::eval`] for the predicate functions and in [`crate::library`] for the others.

use std::cmp::Ordering;

use crate::types::{INT, Param, Type};
use crate::value::IntKind;

/// Every function of the language, sorted.
pub(crate) const NAMES: [&str; 71] = [
    "abs",
    "all",
    "any",
    "bitand",
    "bitnand",
    "bitnot",
    "bitor",
    "bitshl",
    "bitshr",
    "bitushr",
    "bitxor",
    "ceil",
    "concat",
    "count",
    "date",
    "duration",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "first",
    "flatten",
    "float",
    "floor",
    "fromBase64",
    "fromJSON",
    "fromPairs",
    "get",
    "groupBy",
    "hasPrefix",
    "hasSuffix",
    "indexOf",
    "int",
    "join",
    "keys",
    "last",
    "lastIndexOf",
    "len",
    "lower",
    "map",
    "max",
    "mean",
    "median",
    "min",
    "none",
    "now",
    "one",
    "reduce",
    "repeat",
    "replace",
    "reverse",
    "round",
    "sort",
    "sortBy",
    "split",
    "splitAfter",
    "string",
    "sum",
    "take",
    "timezone",
    "toBase64",
    "toJSON",
    "toPairs",
    "trim",
    "trimPrefix",
    "trimSuffix",
    "type",
    "uniq",
    "upper",
    "values",
];

/// The function of that name.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    NAMES.binary_search(&name).ok().map(|index| NAMES[index])
}

/// Why a call is refused, and which argument is to blame; none means the call as a whole.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) argument: Option<usize>,
}

impl From<String> for Refusal {
    fn from(message: String) -> Refusal {
        Refusal { message, argument: None }
    }
}

/// The type of a call of a function that looks at the kinds of its arguments.
pub(crate) fn check(name: &'static str, arguments: &[Type]) -> Result<Type, Refusal> {
    Ok(check_kinds(name, arguments)?)
}

/// Whether there are as many arguments as parameters.
pub(crate) fn check_count(name: &str, parameters: &[Param], count: usize) -> Result<(), Refusal> {
    match count.cmp(&parameters.len()) {
        Ordering::Less => Err(Refusal::from(format!("not enough arguments to call {name}"))),
        Ordering::Greater => Err(Refusal::from(format!("too many arguments to call {name}"))),
        Ordering::Equal => Ok(()),
    }
}

/// Whether an argument fits its parameter.
pub(crate) fn check_argument(name: &str, parameter: Param, argument: &Type) -> Result<(), String> {
    let wanted = parameter.name();
    match argument {
        _ if parameter.accepts(argument) => Ok(()),
        Type::Nil => Err(format!("cannot use nil as argument (type {wanted}) to call {name}")),
        _ => Err(format!("cannot use {} as argument (type {wanted}) to call {name} ", argument.name())),
    }
}

/// Parameters and the result.
pub(crate) type Overload = (&'static [Param], Param);

/// The overloads of the functions that have them, in the order in which the reference tries them.
pub(crate) fn overloads(name: &str) -> &'static [Overload] {
    use Param::{Any, Bool, Duration, Int, Ints, List, Text, Texts, Zone};
    match name {
        "type" | "string" | "toJSON" => &[(&[Any], Text)],
        "trim" => &[(&[Text], Text), (&[Text, Text], Text)],
        "trimPrefix" | "trimSuffix" => &[(&[Text, Text], Text), (&[Text], Text)],
        "upper" | "lower" | "toBase64" | "fromBase64" => &[(&[Text], Text)],
        "split" | "splitAfter" => &[(&[Text, Text], Texts), (&[Text, Text, Int], Texts)],
        "replace" => &[(&[Text, Text, Text, Int], Text), (&[Text, Text, Text], Text)],
        "repeat" => &[(&[Text, Int], Text)],
        "join" => &[(&[List, Text], Text), (&[List], Text), (&[Texts, Text], Text), (&[Texts], Text)],
        "indexOf" | "lastIndexOf" => &[(&[Text, Text], Int)],
        "hasPrefix" | "hasSuffix" => &[(&[Text, Text], Bool)],
        "fromJSON" => &[(&[Text], Any)],
        "duration" => &[(&[Text], Duration)],
        "timezone" => &[(&[Text], Zone)],
        "sort" => &[
            (&[List, Text], List),
            (&[Ints, Text], List),
            (&[Texts, Text], List),
            (&[List], List),
            (&[Texts], List),
            (&[Ints], List),
        ],
        "bitand" | "bitor" | "bitxor" | "bitnand" | "bitshl" | "bitshr" | "bitushr" => &[(&[Int, Int], Int)],
        "bitnot" => &[(&[Int], Int)],
        _ => &[],
    }
}

/// Functions that look at the kinds of their arguments.
fn check_kinds(name: &str, arguments: &[Type]) -> Result<Type, String> {
    let count = arguments.len();
    match name {
        "now" => match arguments {
            [] => Ok(Type::Time),
            [zone] if *zone == Type::Zone || zone.is_unknown() => Ok(Type::Time),
            _ => Err(format!("invalid number of arguments (expected 0, got {count})")),
        },
        "date" | "concat" if count == 0 => {
            Err("invalid number of arguments (expected at least 1, got 0)".to_owned())
        }
        "date" => Ok(Type::Time),
        "max" | "min" | "mean" | "median" => aggregate(name, arguments),
        "concat" => match arguments.iter().find(|argument| !argument.is_unknown() && !argument.is_list()) {
            Some(wrong) => Err(format!("cannot concat {}", wrong.refused_name())),
            None => Ok(Type::any_list()),
        },
        "take" => take(arguments),
        _ => match arguments {
            [argument] => unary(name, argument),
            _ => Err(format!("invalid number of arguments (expected 1, got {count})")),
        },
    }
}

fn take(arguments: &[Type]) -> Result<Type, String> {
    let [list, count] = arguments else {
        return Err(format!("invalid number of arguments (expected 2, got {})", arguments.len()));
    };
    if !list.is_unknown() && !list.is_list() {
        return Err(format!("cannot take from {}", list.refused_name()));
    }
    let is_signed = matches!(count, Type::Int(kind) if *kind != IntKind::Uint8) || count.is_duration();
    if !count.is_unknown() && !is_signed {
        return Err(format!("cannot take {} elements", count.refused_name()));
    }
    Ok(list.as_declared())
}

/// Whether Go's kind of the type is a number; durations and months are.
fn is_numeric_kind(kind: &Type) -> bool {
    kind.is_unknown() || matches!(kind, Type::Int(_) | Type::Float | Type::Duration)
}

fn aggregate(name: &str, arguments: &[Type]) -> Result<Type, String> {
    let Some(first) = arguments.first() else {
        return Err(format!("not enough arguments to call {name}"));
    };
    for argument in arguments {
        if argument.is_unknown() || argument.is_list() {
            return Ok(Type::Any);
        }
        if !is_numeric_kind(argument) {
            return Err(format!("invalid argument for {name} (type {})", argument.refused_name()));
        }
    }
    Ok(if matches!(name, "mean" | "median") { Type::Float } else { first.clone() })
}

fn unary(name: &str, argument: &Type) -> Result<Type, String> {
    let unknown = argument.is_unknown();
    let listed = |words: &str| {
        if unknown || argument.is_list() {
            Ok(Type::any_list())
        } else {
            Err(words.replace("{}", &argument.refused_name()))
        }
    };
    let mapped = |words: &str| {
        if unknown || argument.is_map() {
            Ok(Type::any_list())
        } else {
            Err(words.replace("{}", &argument.refused_name()))
        }
    };
    match name {
        "len" if unknown || argument.is_list() || argument.is_map() || argument.is_text() => Ok(INT),
        "abs" if unknown => Ok(Type::Any),
        "abs" if is_numeric_kind(argument) => Ok(argument.clone()),
        "ceil" | "floor" | "round" if is_numeric_kind(argument) => Ok(Type::Float),
        "int" if is_numeric_kind(argument) || argument.is_text() => Ok(INT),
        "float" if is_numeric_kind(argument) || argument.is_text() => Ok(Type::Float),
        "first" | "last" => {
            listed(&format!("cannot get {name} element from {{}}"))?;
            Ok(if argument.is_list() { argument.as_declared().element() } else { Type::Any })
        }
        "keys" => mapped("cannot get keys from {}"),
        "values" => mapped("cannot get values from {}"),
        "toPairs" => mapped("cannot transform {} to pairs"),
        "fromPairs" => listed("cannot transform {} from pairs").map(|_| Type::AnyMap),
        "reverse" => listed("cannot reverse {}"),
        "uniq" => listed("cannot uniq {}"),
        "flatten" => listed("cannot flatten {}"),
        _ => Err(format!("invalid argument for {name} (type {})", argument.refused_name())),
    }
}

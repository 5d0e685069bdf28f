//! The parts of an expression.

use std::sync::{Arc, OnceLock};

use regex::Regex;

/// A part of an expression and its place in characters.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) at: usize,
    /// Levels below and including this one.
    pub(crate) height: usize,
    /// Parts below and including this one.
    pub(crate) size: usize,
    /// What the part comes to where that shows before anything runs: the reference folds such parts away (TP-156).
    pub(crate) truth: Option<bool>,
}

/// A pattern that is compiled when it is first needed.
pub(crate) type LazyRegex = OnceLock<Result<Regex, String>>;

/// What a part is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    Bytes(Arc<[u8]>),
    Name(Arc<str>),
    Unary(UnaryOp, Box<Node>),
    Binary(BinaryOp, &'static str, Box<Node>, Box<Node>),
    /// A long run of arithmetic from left to right, which as nested parts would be as deep as it is long.
    Run(Box<Node>, Vec<Link>),
    /// `left matches right`, with the pattern where it is constant.
    Matches(Box<Node>, Box<Node>, LazyRegex),
    /// The end of a `?.` chain: a nil inside makes the whole chain nil.
    Chain(Box<Node>),
    Member(Box<Member>),
    Slice(Box<Slice>),
    Call(Box<Node>, Vec<Node>),
    Builtin(&'static str, Vec<Node>),
    /// A predicate argument.
    Predicate(Box<Node>),
    /// `#`, `#index`, `#acc`.
    Pointer(Arc<str>),
    Conditional(Box<[Node; 3]>),
    Let(Arc<str>, Box<Node>, Box<Node>),
    Sequence(Vec<Node>),
    Array(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// An operator of a run with what stands to its right.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) op: BinaryOp,
    pub(crate) word: &'static str,
    /// Where the operator stands.
    pub(crate) at: usize,
    pub(crate) right: Node,
}

/// `node.property`, `node[property]`.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) node: Node,
    pub(crate) property: Node,
    pub(crate) optional: bool,
    pub(crate) method: bool,
    /// The dotted path, if this is a chain of plain constant members of a name.
    pub(crate) path: Option<Arc<str>>,
}

/// `node[from:to]`.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub(crate) node: Node,
    pub(crate) from: Option<Node>,
    pub(crate) to: Option<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOp {
    Not(&'static str),
    Minus,
    Plus,
}

impl UnaryOp {
    pub(crate) fn word(self) -> &'static str {
        match self {
            UnaryOp::Not(word) => word,
            UnaryOp::Minus => "-",
            UnaryOp::Plus => "+",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    In,
    Contains,
    StartsWith,
    EndsWith,
    Range,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Coalesce,
}

impl Member {
    /// A member with its path worked out.
    pub(crate) fn new(node: Node, property: Node, optional: bool, method: bool) -> Member {
        let base = match &node.kind {
            Kind::Name(name) => Some(name),
            Kind::Member(member) => member.path.as_ref(),
            _ => None,
        };
        let path = match (base, &property.kind) {
            // A key with a dot is one key of a map, not two names.
            (Some(base), Kind::Text(key)) if !optional && !method && !key.contains('.') => {
                Some(format!("{base}.{key}").into())
            }
            _ => None,
        };
        Member { node, property, optional, method, path }
    }
}

impl Kind {
    /// The truth of a part that its own parts make constant.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Kind::Bool(truth) => Some(*truth),
            Kind::Unary(UnaryOp::Not(_), operand) => operand.truth.map(|truth| !truth),
            Kind::Binary(BinaryOp::And, _, left, right) => match (left.truth, right.truth) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), other) | (other, Some(true)) => other,
                (None, None) => None,
            },
            Kind::Binary(BinaryOp::Or, _, left, right) => match (left.truth, right.truth) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), other) | (other, Some(false)) => other,
                (None, None) => None,
            },
            Kind::Binary(BinaryOp::Equal, _, left, right) => match (&left.kind, &right.kind) {
                (Kind::Int(left), Kind::Int(right)) => Some(left == right),
                (Kind::Text(left), Kind::Text(right)) => Some(left == right),
                _ => Some(left.truth? == right.truth?),
            },
            _ => None,
        }
    }
}

impl Node {
    /// The parts directly below, in the order of the text.
    pub(crate) fn children<'n>(&'n self, each: &mut dyn FnMut(&'n Node)) {
        match &self.kind {
            Kind::Nil
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Text(_)
            | Kind::Bytes(_)
            | Kind::Name(_)
            | Kind::Pointer(_) => {}
            Kind::Unary(_, node) | Kind::Chain(node) | Kind::Predicate(node) => each(node),
            Kind::Binary(_, _, left, right) | Kind::Matches(left, right, _) | Kind::Let(_, left, right) => {
                each(left);
                each(right);
            }
            Kind::Run(first, links) => {
                each(first);
                links.iter().for_each(|link| each(&link.right));
            }
            Kind::Member(member) => {
                each(&member.node);
                each(&member.property);
            }
            Kind::Slice(slice) => {
                each(&slice.node);
                slice.from.iter().chain(&slice.to).for_each(each);
            }
            Kind::Call(callee, arguments) => {
                each(callee);
                arguments.iter().for_each(each);
            }
            Kind::Builtin(_, nodes) | Kind::Sequence(nodes) | Kind::Array(nodes) => {
                nodes.iter().for_each(each);
            }
            Kind::Conditional(nodes) => nodes.iter().for_each(each),
            Kind::Map(pairs) => {
                for (key, value) in pairs {
                    each(key);
                    each(value);
                }
            }
        }
    }
}

//! The parser: precedence climbing over tokens, with the reference's grammar and messages.

use std::sync::{Arc, OnceLock};

use crate::ast::{BinaryOp, Kind, Link, Member, Node, Slice, UnaryOp};
use crate::lex::{END, Fault, Token, TokenKind, is_identifier, lex};
use crate::{builtins, go, limits};

/// Parses an expression.
pub(crate) fn parse(source: &str) -> Result<Node, Fault> {
    let (tokens, fault) = lex(source);
    let mut parser = Parser { tokens, next: 0, predicates: 0, depth: 0, patterns: 0 };
    let parsed = parser.sequence();
    match fault {
        // The reference reads as it goes: what is wrong before the place counts first.
        Some(fault) if parser.current().kind == TokenKind::End => Err(fault),
        _ if parsed.is_ok() && parser.current().kind != TokenKind::End => Err(parser.unexpected()),
        _ => parsed,
    }
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    next: usize,
    /// How many predicates we are inside.
    predicates: usize,
    depth: usize,
    /// How many `matches` there were.
    patterns: usize,
}

/// Longest chain of operators that leans to the left, as the reference has it.
const LEANING_MAX: usize = 64;

/// An operator between two operands.
struct Infix {
    op: Option<BinaryOp>,
    word: &'static str,
    precedence: u32,
    right_associative: bool,
}

fn infix(word: &str) -> Option<Infix> {
    let (op, word, precedence) = match word {
        "|" => (None, "|", 0),
        "||" => (Some(BinaryOp::Or), "||", 10),
        "or" => (Some(BinaryOp::Or), "or", 10),
        "&&" => (Some(BinaryOp::And), "&&", 15),
        "and" => (Some(BinaryOp::And), "and", 15),
        "==" => (Some(BinaryOp::Equal), "==", 20),
        "!=" => (Some(BinaryOp::NotEqual), "!=", 20),
        "<" => (Some(BinaryOp::Less), "<", 20),
        ">" => (Some(BinaryOp::Greater), ">", 20),
        "<=" => (Some(BinaryOp::LessOrEqual), "<=", 20),
        ">=" => (Some(BinaryOp::GreaterOrEqual), ">=", 20),
        "in" => (Some(BinaryOp::In), "in", 20),
        "matches" => (None, "matches", 20),
        "contains" => (Some(BinaryOp::Contains), "contains", 20),
        "startsWith" => (Some(BinaryOp::StartsWith), "startsWith", 20),
        "endsWith" => (Some(BinaryOp::EndsWith), "endsWith", 20),
        ".." => (Some(BinaryOp::Range), "..", 25),
        "+" => (Some(BinaryOp::Add), "+", 30),
        "-" => (Some(BinaryOp::Subtract), "-", 30),
        "*" => (Some(BinaryOp::Multiply), "*", 60),
        "/" => (Some(BinaryOp::Divide), "/", 60),
        "%" => (Some(BinaryOp::Modulo), "%", 60),
        "**" => (Some(BinaryOp::Power), "**", 100),
        "^" => (Some(BinaryOp::Power), "^", 100),
        "??" => (Some(BinaryOp::Coalesce), "??", 500),
        _ => return None,
    };
    Some(Infix { op, word, precedence, right_associative: op == Some(BinaryOp::Power) })
}

/// Operators that take their operands from left to right, whatever comes of them.
fn is_arithmetic(op: BinaryOp) -> bool {
    use BinaryOp::{Add, Divide, Modulo, Multiply, Subtract};
    matches!(op, Add | Subtract | Multiply | Divide | Modulo)
}

fn is_comparison(word: &str) -> bool {
    matches!(word, "<" | ">" | "<=" | ">=")
}

fn prefix(word: &str) -> Option<(UnaryOp, u32)> {
    Some(match word {
        "not" => (UnaryOp::Not("not"), 50),
        "!" => (UnaryOp::Not("!"), 50),
        "-" => (UnaryOp::Minus, 90),
        "+" => (UnaryOp::Plus, 90),
        _ => return None,
    })
}

/// What a predicate function takes after its collection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Argument {
    Expression,
    Predicate,
    OptionalExpression,
    OptionalPredicate,
}

fn predicate_arguments(name: &str) -> Option<(&'static str, &'static [Argument])> {
    use Argument::{Expression, OptionalExpression, OptionalPredicate, Predicate};
    const PLAIN: &[Argument] = &[Expression, Predicate];
    const OPTIONAL: &[Argument] = &[Expression, OptionalPredicate];
    const AND_MORE: &[Argument] = &[Expression, Predicate, OptionalExpression];
    Some(match name {
        "all" => ("all", PLAIN),
        "none" => ("none", PLAIN),
        "any" => ("any", PLAIN),
        "one" => ("one", PLAIN),
        "filter" => ("filter", PLAIN),
        "map" => ("map", PLAIN),
        "count" => ("count", OPTIONAL),
        "sum" => ("sum", OPTIONAL),
        "find" => ("find", PLAIN),
        "findIndex" => ("findIndex", PLAIN),
        "findLast" => ("findLast", PLAIN),
        "findLastIndex" => ("findLastIndex", PLAIN),
        "groupBy" => ("groupBy", PLAIN),
        "sortBy" => ("sortBy", AND_MORE),
        "reduce" => ("reduce", AND_MORE),
        _ => return None,
    })
}

impl<'t> Parser<'t> {
    fn current(&self) -> &Token<'t> {
        &self.tokens[self.next]
    }

    fn advance(&mut self) -> Token<'t> {
        let token = self.tokens[self.next].clone();
        if self.next + 1 < self.tokens.len() {
            self.next += 1;
        }
        token
    }

    fn error(&self, message: impl Into<String>) -> Fault {
        Fault::new(message, self.current().at)
    }

    fn unexpected(&self) -> Fault {
        self.error(format!("unexpected token {}", self.current().describe()))
    }

    fn expect(&mut self, kind: TokenKind, text: &str) -> Result<(), Fault> {
        if !self.current().is(kind, text) {
            return Err(self.unexpected());
        }
        self.advance();
        Ok(())
    }

    fn expect_identifier(&mut self) -> Result<Token<'t>, Fault> {
        if self.current().kind != TokenKind::Identifier {
            return Err(self.unexpected());
        }
        Ok(self.advance())
    }

    fn node(&mut self, kind: Kind, at: usize) -> Result<Node, Fault> {
        let truth = kind.truth();
        let mut node = Node { kind, at, height: 0, size: 1, truth };
        let (mut height, mut size) = (0, 1);
        node.children(&mut |child| {
            height = height.max(child.height);
            size += child.size;
        });
        (node.height, node.size) = (height + 1, size);
        if node.size > limits::NODES {
            return Err(self.error(format!(
                "compilation failed: expression exceeds maximum allowed nodes {}",
                limits::NODES
            )));
        }
        if node.height > limits::DEPTH {
            return Err(self.too_deep());
        }
        Ok(node)
    }

    fn too_deep(&self) -> Fault {
        self.error(format!("expression is nested more than {} levels deep", limits::DEPTH))
    }

    fn sequence(&mut self) -> Result<Node, Fault> {
        let first = self.expression(0)?;
        if !self.current().is_operator(";") {
            return Ok(first);
        }
        let at = first.at;
        let mut nodes = vec![first];
        while self.current().is_operator(";") {
            self.advance();
            if self.current().kind == TokenKind::End {
                break;
            }
            nodes.push(self.expression(0)?);
        }
        self.node(Kind::Sequence(nodes), at)
    }

    fn expression(&mut self, precedence: u32) -> Result<Node, Fault> {
        self.depth += 1;
        if self.depth > limits::DEPTH {
            return Err(self.too_deep());
        }
        let node = self.expression_here(precedence);
        self.depth -= 1;
        node
    }

    /// An expression inside of brackets counts twice: on its way there the parser needs twice the stack.
    fn enclosed(&mut self) -> Result<Node, Fault> {
        self.depth += 1;
        let node = self.expression(0)?;
        self.depth -= 1;
        Ok(node)
    }

    fn expression_here(&mut self, precedence: u32) -> Result<Node, Fault> {
        if precedence == 0 && self.current().is_operator("let") {
            return self.variable();
        }
        if precedence == 0 && self.current().is_operator("if") {
            return self.if_else();
        }
        let mut left = self.primary()?;
        let mut previous = "";
        while self.current().kind == TokenKind::Operator {
            let start = self.next;
            let negated = self.current().is_operator("not");
            if negated {
                // `not in` and its like; a lone `not` here is left to the caller.
                let word = &self.tokens[(start + 1).min(self.tokens.len() - 1)].text;
                if !matches!(&**word, "in" | "matches" | "contains" | "startsWith" | "endsWith") {
                    break;
                }
                self.advance();
            }
            let operator = self.current().clone();
            let Some(found) = infix(&operator.text).filter(|found| found.precedence >= precedence) else {
                self.next = start;
                break;
            };
            self.advance();
            left = self.operator(left, &found, operator.at, previous)?;
            if negated {
                // The reference places the whole at its second word.
                left = self.node(Kind::Unary(UnaryOp::Not("not"), Box::new(left)), operator.at)?;
            }
            previous = found.word;
        }
        if precedence == 0 { self.conditional(left) } else { Ok(left) }
    }

    fn operator(&mut self, left: Node, found: &Infix, at: usize, previous: &str) -> Result<Node, Fault> {
        if found.word == "|" {
            let name = self.expect_identifier()?;
            return self.call(&name, vec![left]);
        }
        if previous == "??" && found.word != "??" {
            return Err(Fault::new(
                format!(
                    "Operator ({}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.",
                    found.word
                ),
                at,
            ));
        }
        if is_comparison(found.word) {
            return self.comparison(left, found, at);
        }
        if matches!(found.op, Some(BinaryOp::And | BinaryOp::Or)) {
            return self.chain(left, found, at);
        }
        let next = if found.right_associative { found.precedence } else { found.precedence + 1 };
        let right = self.expression(next)?;
        self.binary(found, left, right, at)
    }

    /// `a && b && c` and so on: all operands of one logical operator.
    fn chain(&mut self, left: Node, found: &Infix, at: usize) -> Result<Node, Fault> {
        let mut operands = vec![left];
        let mut places = vec![at];
        loop {
            operands.push(self.expression(found.precedence + 1)?);
            let next = self.current();
            let is_same = next.kind == TokenKind::Operator && next.text.as_ref() == found.word;
            if !is_same {
                break;
            }
            places.push(next.at);
            self.advance();
        }
        self.chained(found, operands, &places)
    }

    /// What a chain means is the same however it is bracketed. A short one leans to the left, as its errors do; a long
    /// one would be as deep as it is long, so it is halved.
    fn chained(&mut self, found: &Infix, mut operands: Vec<Node>, places: &[usize]) -> Result<Node, Fault> {
        if operands.len() <= LEANING_MAX {
            let mut operands = operands.into_iter();
            let first = operands.next().ok_or_else(|| self.unexpected())?;
            return operands
                .zip(places)
                .try_fold(first, |left, (right, at)| self.binary(found, left, right, *at));
        }
        let middle = operands.len() / 2;
        let rest = operands.split_off(middle);
        let left = self.chained(found, operands, &places[..middle - 1])?;
        let right = self.chained(found, rest, &places[middle..])?;
        self.binary(found, left, right, places[middle - 1])
    }

    fn binary(&mut self, found: &Infix, left: Node, right: Node, at: usize) -> Result<Node, Fault> {
        if let Some(op) = found.op.filter(|op| is_arithmetic(*op))
            && (left.height > LEANING_MAX || matches!(left.kind, Kind::Run(..)))
        {
            let link = Link { op, word: found.word, at, right };
            let (first, links) = match left {
                Node { kind: Kind::Run(first, mut links), .. } => {
                    links.push(link);
                    (first, links)
                }
                first => (Box::new(first), vec![link]),
            };
            return self.node(Kind::Run(first, links), at);
        }
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = match found.op {
            Some(op) => Kind::Binary(op, found.word, left, right),
            None => {
                self.patterns += 1;
                if self.patterns > limits::PATTERNS {
                    let message = limits::beyond(limits::PATTERNS, "regular expressions of an expression");
                    return Err(Fault::new(message, at));
                }
                Kind::Matches(left, right, OnceLock::new())
            }
        };
        self.node(kind, at)
    }

    /// `a < b < c` means `a < b && b < c`.
    fn comparison(&mut self, left: Node, found: &Infix, at: usize) -> Result<Node, Fault> {
        let mut middle = self.expression(found.precedence + 1)?;
        let mut root = self.binary(found, left, middle.clone(), at)?;
        loop {
            let operator = self.current().clone();
            let next = infix(&operator.text).filter(|next| is_comparison(next.word));
            let Some(next) = next.filter(|_| operator.kind == TokenKind::Operator) else { return Ok(root) };
            self.advance();
            let right = self.expression(next.precedence + 1)?;
            let second = self.binary(&next, middle, right.clone(), operator.at)?;
            root = self.node(Kind::Binary(BinaryOp::And, "&&", Box::new(root), Box::new(second)), at)?;
            middle = right;
        }
    }

    fn variable(&mut self) -> Result<Node, Fault> {
        self.advance();
        let name = self.expect_identifier()?;
        self.expect(TokenKind::Operator, "=")?;
        let value = self.expression(0)?;
        self.expect(TokenKind::Operator, ";")?;
        let body = self.sequence()?;
        self.node(Kind::Let(name.text.as_ref().into(), Box::new(value), Box::new(body)), name.at)
    }

    fn if_else(&mut self) -> Result<Node, Fault> {
        self.advance();
        let condition = self.expression(0)?;
        self.expect(TokenKind::Bracket, "{")?;
        let yes = self.sequence()?;
        self.expect(TokenKind::Bracket, "}")?;
        self.expect(TokenKind::Operator, "else")?;
        let no = if self.current().is_operator("if") {
            self.expression(0)?
        } else {
            self.expect(TokenKind::Bracket, "{")?;
            let no = self.sequence()?;
            self.expect(TokenKind::Bracket, "}")?;
            no
        };
        // The reference gives it no place, which is the first.
        self.node(Kind::Conditional(Box::new([condition, yes, no])), 0)
    }

    fn conditional(&mut self, node: Node) -> Result<Node, Fault> {
        let mut node = node;
        while self.current().is_operator("?") {
            self.advance();
            let yes = if self.current().is_operator(":") {
                // `a ?: b` repeats the condition as its first branch.
                node.clone()
            } else {
                self.expression(0)?
            };
            self.expect(TokenKind::Operator, ":")?;
            let no = self.expression(0)?;
            // The reference places it where it has been read.
            let behind = self.current();
            let at = if behind.kind == TokenKind::End { END } else { behind.at };
            node = self.node(Kind::Conditional(Box::new([node, yes, no])), at)?;
        }
        Ok(node)
    }

    fn primary(&mut self) -> Result<Node, Fault> {
        let token = self.current().clone();
        if token.kind == TokenKind::Operator
            && let Some((op, precedence)) = prefix(&token.text)
        {
            self.advance();
            let operand = self.expression(precedence)?;
            let node = self.node(Kind::Unary(op, Box::new(operand)), token.at)?;
            return self.postfix(node);
        }
        if token.is_bracket("(") {
            self.advance();
            let node = self.sequence()?;
            self.expect(TokenKind::Bracket, ")")?;
            return self.postfix(node);
        }
        if self.predicates > 0 && (token.is_operator("#") || token.is_operator(".")) {
            let mut name: Arc<str> = "".into();
            if token.text == "#" {
                self.advance();
                if self.current().kind == TokenKind::Identifier {
                    name = self.advance().text.as_ref().into();
                }
            }
            let node = self.node(Kind::Pointer(name), token.at)?;
            return self.postfix(node);
        }
        if token.is_operator("::") {
            self.advance();
            let name = self.expect_identifier()?;
            return self.call(&name, Vec::new());
        }
        self.secondary(token)
    }

    fn secondary(&mut self, token: Token<'t>) -> Result<Node, Fault> {
        let node = match token.kind {
            TokenKind::Identifier => {
                self.advance();
                match &*token.text {
                    "true" => return self.node(Kind::Bool(true), token.at),
                    "false" => return self.node(Kind::Bool(false), token.at),
                    "nil" => return self.node(Kind::Nil, token.at),
                    _ if self.current().is_bracket("(") => return self.call(&token, Vec::new()),
                    name => self.node(Kind::Name(name.into()), token.at)?,
                }
            }
            TokenKind::Number => {
                self.advance();
                let kind = self.number(&token.text)?;
                return self.node(kind, token.at);
            }
            TokenKind::Text => {
                self.advance();
                self.node(Kind::Text(token.text.as_ref().into()), token.at)?
            }
            TokenKind::Bytes => {
                self.advance();
                self.node(Kind::Bytes(token.bytes.into()), token.at)?
            }
            TokenKind::Bracket if token.text == "[" => self.array()?,
            TokenKind::Bracket if token.text == "{" => self.map()?,
            TokenKind::Bracket | TokenKind::Operator | TokenKind::End => return Err(self.unexpected()),
        };
        self.postfix(node)
    }

    fn number(&self, spelling: &str) -> Result<Kind, Fault> {
        let plain = spelling.replace('_', "");
        let lower = plain.to_ascii_lowercase();
        let integer = |what: &str, digits: &str, radix: u32| match i64::from_str_radix(digits, radix) {
            Ok(number) => Ok(Kind::Int(number)),
            Err(error) => {
                let cause = match error.kind() {
                    std::num::IntErrorKind::PosOverflow => "value out of range",
                    _ => "invalid syntax",
                };
                let quoted = go::quote(&plain);
                Err(self
                    .error(format!("invalid {what} literal: strconv.ParseInt: parsing {quoted}: {cause}")))
            }
        };
        if let Some(digits) = lower.strip_prefix("0x") {
            return integer("hex", digits, 16);
        }
        if lower.contains(['.', 'e']) {
            let quoted = go::quote(&plain);
            return match plain.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Kind::Float(number)),
                Ok(_) => Err(self.error(format!(
                    "invalid float literal: strconv.ParseFloat: parsing {quoted}: value out of range"
                ))),
                Err(_) => Err(self.error(format!(
                    "invalid float literal: strconv.ParseFloat: parsing {quoted}: invalid syntax"
                ))),
            };
        }
        if let Some(digits) = lower.strip_prefix("0b") {
            return integer("binary", digits, 2);
        }
        if let Some(digits) = lower.strip_prefix("0o") {
            return integer("octal", digits, 8);
        }
        integer("integer", &lower, 10)
    }

    fn array(&mut self) -> Result<Node, Fault> {
        let at = self.advance().at;
        let mut nodes = Vec::new();
        while !self.current().is_bracket("]") {
            if !nodes.is_empty() {
                self.expect(TokenKind::Operator, ",")?;
                if self.current().is_bracket("]") {
                    break;
                }
            }
            nodes.push(self.enclosed()?);
        }
        self.expect(TokenKind::Bracket, "]")?;
        self.node(Kind::Array(nodes), at)
    }

    fn map(&mut self) -> Result<Node, Fault> {
        let at = self.advance().at;
        let mut pairs = Vec::new();
        while !self.current().is_bracket("}") {
            if !pairs.is_empty() {
                self.expect(TokenKind::Operator, ",")?;
                if self.current().is_bracket("}") {
                    break;
                }
                if self.current().is_operator(",") {
                    return Err(self.unexpected());
                }
            }
            let key = match self.current().kind {
                TokenKind::Identifier | TokenKind::Number | TokenKind::Text => {
                    let token = self.advance();
                    self.node(Kind::Text(token.text.as_ref().into()), token.at)?
                }
                TokenKind::Bracket if self.current().text == "(" => self.enclosed()?,
                TokenKind::Bracket | TokenKind::Operator | TokenKind::Bytes | TokenKind::End => {
                    return Err(self.error(format!(
                        "a map key must be a quoted string, a number, a identifier, or an expression enclosed \
                         in parentheses (unexpected token {})",
                        self.current().describe()
                    )));
                }
            };
            self.expect(TokenKind::Operator, ":")?;
            let value = self.enclosed()?;
            pairs.push((key, value));
        }
        self.expect(TokenKind::Bracket, "}")?;
        self.node(Kind::Map(pairs), at)
    }

    /// A call; nothing but an operator can follow one behind a pipe.
    fn call(&mut self, name: &Token<'t>, piped: Vec<Node>) -> Result<Node, Fault> {
        let is_piped = !piped.is_empty();
        let node = if let Some((function, kinds)) = predicate_arguments(&name.text) {
            let arguments = self.predicate_call(kinds, piped)?;
            self.node(Kind::Builtin(function, arguments), name.at)?
        } else if let Some(function) = builtins::find(&name.text) {
            let arguments = self.arguments(piped)?;
            self.node(Kind::Builtin(function, arguments), name.at)?
        } else {
            let callee = self.node(Kind::Name(name.text.as_ref().into()), name.at)?;
            let arguments = self.arguments(piped)?;
            self.node(Kind::Call(Box::new(callee), arguments), name.at)?
        };
        if is_piped { Ok(node) } else { self.postfix(node) }
    }

    fn predicate_call(&mut self, kinds: &[Argument], piped: Vec<Node>) -> Result<Vec<Node>, Fault> {
        self.expect(TokenKind::Bracket, "(")?;
        let mut arguments = piped;
        let wanted = &kinds[arguments.len()..];
        for (index, kind) in wanted.iter().enumerate() {
            if self.current().is_bracket(")") {
                match kind {
                    Argument::OptionalExpression | Argument::OptionalPredicate => break,
                    // The reference counts those that may be left out, too.
                    Argument::Expression | Argument::Predicate => {
                        return Err(self.error(format!("expected at least {} arguments", wanted.len())));
                    }
                }
            }
            if index > 0 {
                self.expect(TokenKind::Operator, ",")?;
            }
            arguments.push(match kind {
                Argument::Expression | Argument::OptionalExpression => self.enclosed()?,
                Argument::Predicate | Argument::OptionalPredicate => self.predicate()?,
            });
        }
        if self.current().is_operator(",") {
            self.advance();
        }
        self.expect(TokenKind::Bracket, ")")?;
        Ok(arguments)
    }

    fn predicate(&mut self) -> Result<Node, Fault> {
        let at = self.current().at;
        let braces = self.current().is_bracket("{");
        if braces {
            self.advance();
        }
        self.predicates += 1;
        self.depth += 1;
        let body = if braces { self.sequence()? } else { self.expression(0)? };
        self.depth -= 1;
        self.predicates -= 1;
        if braces {
            self.expect(TokenKind::Bracket, "}")?;
        } else if self.current().is_operator(";") {
            return Err(self.error("wrap predicate with brackets { and }"));
        }
        self.node(Kind::Predicate(Box::new(body)), at)
    }

    fn arguments(&mut self, piped: Vec<Node>) -> Result<Vec<Node>, Fault> {
        let mut arguments = piped;
        let offset = arguments.len();
        self.expect(TokenKind::Bracket, "(")?;
        while !self.current().is_bracket(")") {
            if arguments.len() > offset {
                self.expect(TokenKind::Operator, ",")?;
                if self.current().is_bracket(")") {
                    break;
                }
            }
            arguments.push(self.enclosed()?);
        }
        self.expect(TokenKind::Bracket, ")")?;
        Ok(arguments)
    }

    fn postfix(&mut self, node: Node) -> Result<Node, Fault> {
        let mut node = node;
        loop {
            let token = self.current().clone();
            let mut optional = token.is_operator("?.");
            if token.is_operator(".") || optional {
                self.advance();
                if optional && self.current().is_bracket("[") {
                    node = self.index(node, true)?;
                    continue;
                }
                let property = self.current().clone();
                let is_name = property.kind == TokenKind::Identifier
                    || (property.kind == TokenKind::Operator && is_identifier(&property.text));
                let at_end = property.kind == TokenKind::End;
                self.advance();
                if !is_name {
                    let message = if at_end { "unexpected end of expression" } else { "expected name" };
                    return Err(self.error(message));
                }
                let mut in_chain = false;
                if let Kind::Chain(inner) = node.kind {
                    node = *inner;
                    in_chain = true;
                }
                let name = self.node(Kind::Text(property.text.as_ref().into()), property.at)?;
                let method = self.current().is_bracket("(");
                let at = property.at;
                let member = Member::new(node, name, optional, method);
                node = self.node(Kind::Member(Box::new(member)), at)?;
                if method {
                    let arguments = self.arguments(Vec::new())?;
                    node = self.node(Kind::Call(Box::new(node), arguments), at)?;
                }
                optional |= in_chain;
                if optional {
                    node = self.node(Kind::Chain(Box::new(node)), at)?;
                }
            } else if token.is_bracket("[") {
                node = self.index(node, false)?;
            } else {
                return Ok(node);
            }
        }
    }

    /// `[index]`, `[from:to]`; stands at the bracket.
    fn index(&mut self, node: Node, optional: bool) -> Result<Node, Fault> {
        let at = self.advance().at;
        let mut from = None;
        if !self.current().is_operator(":") {
            let index = self.enclosed()?;
            if !self.current().is_operator(":") {
                self.expect(TokenKind::Bracket, "]")?;
                let member = Member::new(node, index, optional, false);
                let member = self.node(Kind::Member(Box::new(member)), at)?;
                return if optional { self.node(Kind::Chain(Box::new(member)), at) } else { Ok(member) };
            }
            from = Some(index);
        }
        self.advance();
        let to = if self.current().is_bracket("]") { None } else { Some(self.enclosed()?) };
        self.expect(TokenKind::Bracket, "]")?;
        self.node(Kind::Slice(Box::new(Slice { node, from, to })), at)
    }
}

//! What the reference computes before it runs anything: constants, in so far as they can fail (TP-156).

use crate::ast::{BinaryOp, Kind, Node};
use crate::lex::Fault;

/// Refuses a constant division by zero, even in a branch that is never taken.
pub(crate) fn check(node: &Node) -> Result<(), Fault> {
    integer(node).map(drop)
}

/// The integer that a part is, if it is constant.
fn integer(node: &Node) -> Result<Option<i64>, Fault> {
    match &node.kind {
        Kind::Int(number) => Ok(Some(*number)),
        Kind::Unary(op, operand) => Ok(integer(operand)?.and_then(|number| match op.word() {
            "-" => Some(number.wrapping_neg()),
            "+" => Some(number),
            _ => None,
        })),
        Kind::Binary(op, _, left, right) => {
            let (left, right) = (integer(left)?, integer(right)?);
            combined(*op, left, right, node.at)
        }
        Kind::Run(first, links) => links.iter().try_fold(integer(first)?, |left, link| {
            let right = integer(&link.right)?;
            combined(link.op, left, right, link.at)
        }),
        _ => {
            let mut outcome = Ok(());
            node.children(&mut |child| {
                if outcome.is_ok() {
                    outcome = check(child);
                }
            });
            outcome.map(|()| None)
        }
    }
}

/// What an operator makes of two integers, if both are constant.
fn combined(op: BinaryOp, left: Option<i64>, right: Option<i64>, at: usize) -> Result<Option<i64>, Fault> {
    let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
    match op {
        BinaryOp::Add => Ok(Some(left.wrapping_add(right))),
        BinaryOp::Subtract => Ok(Some(left.wrapping_sub(right))),
        BinaryOp::Multiply => Ok(Some(left.wrapping_mul(right))),
        BinaryOp::Modulo if right == 0 => Err(Fault::new("integer divide by zero", at)),
        BinaryOp::Modulo => Ok(Some(left.wrapping_rem(right))),
        _ => Ok(None),
    }
}

//! Programs: expressions that are parsed once and evaluated often.

use std::fmt;

use crate::scope::Scope;
use crate::tag::{Mode, World};
use crate::value::Value;

/// Why an expression does not parse or has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// The message, ending in the place.
    pub message: String,
}

/// Why an expression does not parse.
pub type SyntaxError = ExprError;

impl fmt::Display for ExprError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for ExprError {}

/// A constant path that an expression looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) path: String,
}

/// What an expression tag becomes.
pub(crate) enum Outcome {
    /// Text to insert.
    Text(String),
    /// A value that is not text, as JSON.
    Json(String),
    /// The tag stays.
    Unresolved,
    /// A name is not bound.
    Missing(String),
    /// The expression has no value.
    Failed(String),
}

/// A parsed expression.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    uses: Vec<Use>,
}

impl Program {
    pub(crate) fn parse(_text: &str) -> Result<Program, SyntaxError> {
        Ok(Program { uses: Vec::new() })
    }

    pub(crate) fn uses(&self) -> &[Use] {
        &self.uses
    }

    pub(crate) fn substitute(&self, _body: &str, _scope: &dyn Scope, _mode: Mode, _world: &World) -> Outcome {
        Outcome::Failed("expressions come with the next commit".to_owned())
    }
}

/// Evaluates a bare expression field with Argo's function library (TP-150, TP-155).
pub fn evaluate(_expression: &str, _scope: &dyn Scope, _world: &World) -> Result<Value, ExprError> {
    Err(ExprError { message: "expressions come with the next commit".to_owned() })
}

/// Evaluates a boolean expression field (TP-163).
pub fn evaluate_bool(expression: &str, scope: &dyn Scope, world: &World) -> Result<bool, ExprError> {
    let value = evaluate(expression, scope, world)?;
    value.as_bool().ok_or_else(|| ExprError {
        message: format!("unable to cast expression result '{}' to bool", value.to_text()),
    })
}

/// Evaluates an expression over a JSON environment with the plain language only (TP-155).
pub fn evaluate_plain(
    _expression: &str,
    _environment: &serde_json::Value,
    _world: &World,
) -> Result<Value, ExprError> {
    Err(ExprError { message: "expressions come with the next commit".to_owned() })
}

//! Conditions: the language of `when` (TP-200 to TP-212).
//!
//! The reference plans and evaluates in steps that show in its answers: tokens are checked pair by pair,
//! chains of one precedence are turned around to be left-associative, constant parts are computed ahead.

mod eval;
mod lex;
mod plan;

use crate::limits;
use plan::Mistake;

const HINT: &str = " (hint: try wrapping the affected expression in quotes (\"))";

/// Evaluates a condition after substitution; the error is Argo's message (TP-208, TP-210).
///
/// An empty condition is true. Bare words are texts (TP-201).
pub fn evaluate(text: &str) -> Result<bool, String> {
    if text.is_empty() {
        return Ok(true);
    }
    let invalid = |cause: String| {
        let is_token = cause.contains("Invalid token");
        let hint = if is_token { HINT } else { "" };
        format!("Invalid 'when' expression '{text}': {cause}{hint}")
    };
    let tokens = tokens(text).map_err(invalid)?;
    let plan = plan::plan(&tokens, plan::Words::AreTexts).map_err(|mistake| match mistake {
        Mistake::Invalid(cause) => invalid(cause),
        Mistake::Unparsable(cause) => format!("Failed to parse 'when' expression '{text}': {cause}"),
    })?;
    let value = eval::evaluate(&plan)
        .map_err(|cause| format!("Failed to evaluate 'when' expresion '{text}': {cause}"))?;
    truth(text, &value)
}

/// Whether a condition can be read, whatever it comes to; for lint (VA-184).
pub fn check_syntax(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    plan::plan(&tokens(text)?, plan::Words::AreTexts).map(drop).map_err(|mistake| match mistake {
        Mistake::Invalid(cause) | Mistake::Unparsable(cause) => cause,
    })
}

/// Evaluates the condition of a CronWorkflow, where bare words are variables that nobody binds (CR-095).
pub fn evaluate_bare(text: &str) -> Result<bool, String> {
    if text.is_empty() {
        return Ok(true);
    }
    let plan = plan::plan(&tokens(text)?, plan::Words::AreVariables).map_err(|mistake| match mistake {
        Mistake::Invalid(cause) | Mistake::Unparsable(cause) => cause,
    })?;
    truth(text, &eval::evaluate(&plan)?)
}

fn tokens(text: &str) -> Result<Vec<lex::Token>, String> {
    if text.len() > limits::WHEN_BYTES {
        return Err(format!("the condition is longer than {} bytes", limits::WHEN_BYTES));
    }
    lex::tokens(text)
}

fn truth(text: &str, value: &eval::Value) -> Result<bool, String> {
    match value {
        eval::Value::Bool(truth) => Ok(*truth),
        other => Err(format!("Expected boolean evaluation for '{text}'. Got {}", other.show())),
    }
}

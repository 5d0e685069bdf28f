//! Regular expressions: Go's dialect on a linear-time engine.

use regex::{Regex, RegexBuilder};

use crate::limits;

mod dialect;

/// What compiling a pattern takes, in bytes that could be gone through instead.
pub(crate) const EFFORT: u64 = 4 << 20;

/// Compiles a pattern of Go's dialect; the error is in Go's words.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&go_pattern(pattern)?)
        .size_limit(limits::REGEX_BYTES)
        .build()
        .map_err(|error| not_compiled(pattern, &error))
}

/// A pattern of Go's dialect in that of the `regex` library; the error is in Go's words.
pub fn go_pattern(pattern: &str) -> Result<String, String> {
    dialect::translate(pattern).map_err(|reason| format!("error parsing regexp: {reason}"))
}

/// What Go takes and the engine here does not.
fn not_compiled(pattern: &str, error: &regex::Error) -> String {
    let reason = match error {
        regex::Error::CompiledTooBig(_) => "expression too large",
        _ if error.to_string().contains("nested too deep") => "expression nests too deeply",
        _ => "invalid expression",
    };
    format!("error parsing regexp: {reason}: `{pattern}`")
}

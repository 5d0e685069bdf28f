//! Errors as people get them: what is wrong, and what to do next.

use std::fmt;

use crate::remote::{Fault, Said};

/// An error with a way out.
#[derive(Debug)]
pub struct Problem {
    message: String,
    help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// An error that says what to do next.
pub fn problem(message: impl Into<String>, help: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Problem { message: message.into(), help: help.into() })
}

/// What to do about an error, if it says so.
pub fn help_of(error: &anyhow::Error) -> Option<&str> {
    error.chain().find_map(|cause| cause.downcast_ref::<Problem>()).map(|problem| problem.help.as_str())
}

/// Refuses a command line that names nothing.
pub fn named(names: &[String], example: &str) -> anyhow::Result<()> {
    if names.is_empty() {
        return Err(problem("no run is named", format!("for instance `{example}`")));
    }
    Ok(())
}

/// An error that was told already: only the exit code is left to give.
#[derive(Debug)]
pub struct Told;

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("see above")
    }
}

impl std::error::Error for Told {}

/// Prints an error with its causes and its way out.
pub fn tell(error: &anyhow::Error) {
    if error.is::<Told>() {
        return;
    }
    if let Some(said) = error.downcast_ref::<Said>() {
        return crate::print::to_stderr(&said.text());
    }
    let paint = crate::print::Paint::stderr();
    // The server's own words stay as Argo's command line shows them.
    let (mut text, help) = match error.downcast_ref::<Fault>() {
        Some(fault) => (format!("Error: {fault}\n"), fault.help()),
        None => (format!("{} {error:#}\n", paint.bad("error:")), help_of(error)),
    };
    if let Some(help) = help {
        text.push_str(&format!("{} {help}\n", paint.dim("help:")));
    }
    crate::print::to_stderr(&text);
}

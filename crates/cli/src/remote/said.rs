//! Errors as Argo's command line prints them (CLI-020).

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::fmt;

/// An error in Argo's words.
#[derive(Debug)]
pub struct Said {
    /// What is wrong.
    pub message: String,
    /// The words of the verb whose usage follows.
    pub usage: Option<Vec<String>>,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Said {}

/// An error in Argo's words.
pub fn said(message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Said { message: message.into(), usage: None })
}

/// A command line that makes no sense: the usage of the verb follows.
pub fn misused(message: impl Into<String>, verb: &str) -> anyhow::Error {
    let words = verb.split(' ').map(str::to_owned).collect();
    anyhow::Error::new(Said { message: message.into(), usage: Some(words) })
}

/// Refuses a wrong number of arguments in Argo's words.
pub fn count(names: &[String], wanted: std::ops::RangeInclusive<usize>, verb: &str) -> anyhow::Result<()> {
    let (least, most, given) = (*wanted.start(), *wanted.end(), names.len());
    if wanted.contains(&given) {
        return Ok(());
    }
    Err(misused(
        match (least, most) {
            (least, usize::MAX) => format!("requires at least {least} arg(s), only received {given}"),
            (least, most) if least == most => format!("accepts {least} arg(s), received {given}"),
            (least, most) => format!("accepts between {least} and {most} arg(s), received {given}"),
        },
        verb,
    ))
}

impl Said {
    /// The text for standard error.
    pub fn text(&self) -> String {
        let mut text = format!("Error: {}\n", self.message);
        if let Some(words) = &self.usage {
            text.push_str(&usage(words));
        }
        text
    }
}

fn usage(words: &[String]) -> String {
    let mut at = crate::Cli::command();
    at.build();
    for word in words {
        let Some(found) = at.find_subcommand(word).cloned() else { break };
        at = found;
    }
    format!("{}\n", at.render_help())
}

/// What clap finds wrong with a command line, in Argo's words.
pub fn refused(error: &clap::Error, words: &[String]) -> Said {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join("|"),
        _ => String::new(),
    };
    let verb: Vec<String> = words.iter().take_while(|word| !word.starts_with('-')).cloned().collect();
    let message = match error.kind() {
        ErrorKind::InvalidValue => {
            let (value, valid) = (context(ContextKind::InvalidValue), context(ContextKind::ValidValue));
            match context(ContextKind::InvalidArg).as_str() {
                "<SHELL>" => {
                    format!("invalid shell \"{value}\": supported shells are bash, zsh, and fish")
                }
                argument => {
                    format!("invalid argument \"{value}\" for \"{}\" flag: One of: {valid}", flag(argument))
                }
            }
        }
        ErrorKind::InvalidSubcommand => {
            let word = context(ContextKind::InvalidSubcommand);
            return Said {
                message: format!("unknown command \"{word}\" for \"tiphys\"\nRun 'tiphys --help' for usage."),
                usage: None,
            };
        }
        ErrorKind::UnknownArgument => match context(ContextKind::InvalidArg).as_str() {
            argument if argument.starts_with("--") => format!("unknown flag: {argument}"),
            argument if argument.starts_with('-') => {
                let shorthand = argument.trim_start_matches('-');
                format!("unknown shorthand flag: '{shorthand}' in {argument}")
            }
            argument => format!("unknown command \"{argument}\" for \"tiphys {}\"", verb.join(" ")),
        },
        ErrorKind::MissingRequiredArgument => "requires at least 1 arg(s), only received 0".to_owned(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => String::new(),
        _ => {
            let text = error.render().to_string();
            let first = text.lines().next().unwrap_or_default();
            first.strip_prefix("error: ").unwrap_or(first).to_owned()
        }
    };
    Said { message, usage: Some(verb) }
}

/// `-o, --output`: a flag with its short form, as Argo names it.
fn flag(argument: &str) -> String {
    let long = argument.split([' ', '=']).next().unwrap_or_default();
    match long {
        "--output" => "-o, --output".to_owned(),
        "--labels" => "-l, --labels".to_owned(),
        "--secure" => "-e, --secure".to_owned(),
        other => other.to_owned(),
    }
}

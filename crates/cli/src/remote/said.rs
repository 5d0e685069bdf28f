//! Errors as Argo's command line prints them (CLI-020).

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory};
use std::error::Error as _;
use std::fmt;

use crate::grammar::{NO_NUMBER, NO_TRUTH, TOO_FAR};

/// An error in Argo's words.
#[derive(Debug)]
pub struct Said {
    /// What is wrong.
    pub message: String,
    /// The words of the verb whose usage follows.
    pub usage: Option<Vec<String>>,
    /// Whether Argo ends on the spot, with the time before what is wrong.
    is_fatal: bool,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Said {}

/// An error in Argo's words.
pub fn said(message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Said { message: message.into(), usage: None, is_fatal: false })
}

/// One of the few errors that begin with the time.
pub fn fatal(message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Said { message: message.into(), usage: None, is_fatal: true })
}

/// A flag that cannot be left out.
pub fn needed(flag: &str) -> anyhow::Error {
    said(format!("required flag(s) \"{flag}\" not set"))
}

/// A command line that makes no sense: the usage of the verb follows.
pub fn misused(message: impl Into<String>, verb: &str) -> anyhow::Error {
    let words = verb.split(' ').map(str::to_owned).collect();
    anyhow::Error::new(Said { message: message.into(), usage: Some(words), is_fatal: false })
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

/// What Argo prints when it ends on the spot.
pub fn last_words(message: &str) -> String {
    let now = jiff::Zoned::now().strftime("%Y/%m/%d %H:%M:%S");
    format!("{now} {message}\n")
}

impl Said {
    /// The text for standard error.
    pub fn text(&self) -> String {
        if self.is_fatal {
            return last_words(&self.message);
        }
        let mut text = format!("Error: {}\n", self.message);
        if let Some(words) = &self.usage {
            text.push_str(&usage(words));
        }
        text
    }
}

/// What a verb is about, for who asks for nothing else.
pub fn help(verb: &str) -> String {
    let words: Vec<String> = verb.split(' ').map(str::to_owned).collect();
    usage(&words)
}

fn usage(words: &[String]) -> String {
    format!("{}\n", verb_of(words).0.render_help())
}

/// The verb that words name, and the words that name it.
fn verb_of(words: &[String]) -> (Command, Vec<String>) {
    let mut at = crate::Cli::command();
    at.build();
    let mut named = Vec::new();
    for word in words {
        let Some(found) = at.find_subcommand(word).cloned() else { break };
        at = found;
        named.push(word.clone());
    }
    (at, named)
}

/// What is answered to a verb that only has verbs of its own, and to none of them: its help, and that is no mistake.
pub fn group_help(words: &[String]) -> Option<String> {
    let (mut verb, named) = verb_of(words);
    let is_mistyped = named.is_empty() && words.iter().any(|word| !word.starts_with('-'));
    (verb.has_subcommands() && !is_mistyped).then(|| format!("{}\n", verb.render_help()))
}

/// What clap finds wrong with a command line, in Argo's words.
pub fn refused(error: &clap::Error, words: &[String]) -> Said {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join("|"),
        _ => String::new(),
    };
    let (command, verb) = verb_of(words);
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    let message = match error.kind() {
        ErrorKind::InvalidValue => match (argument.as_str(), words.last()) {
            ("<SHELL>", _) => format!("invalid shell \"{value}\": supported shells are bash, zsh, and fish"),
            (_, Some(last)) if value.is_empty() && last.starts_with('-') => lacking(last),
            _ => {
                let valid = context(ContextKind::ValidValue);
                // JSON is ours, beside what Argo's `lint` has (CLI-046).
                let valid = if verb == ["lint"] { valid.replace("|json", "") } else { valid };
                format!(
                    "invalid argument \"{value}\" for \"{}\" flag: One of: {valid}",
                    flag(&argument, &command)
                )
            }
        },
        ErrorKind::ValueValidation => match error.source().and_then(|source| unreadable(&source.to_string()))
        {
            Some((function, why)) => format!(
                "invalid argument \"{value}\" for \"{}\" flag: strconv.{function}: parsing \"{value}\": {why}",
                flag(&argument, &command)
            ),
            None => first_line(error),
        },
        ErrorKind::InvalidSubcommand => {
            let word = context(ContextKind::InvalidSubcommand);
            return Said {
                message: format!("unknown command \"{word}\" for \"tiphys\"\nRun 'tiphys --help' for usage."),
                usage: None,
                is_fatal: false,
            };
        }
        ErrorKind::UnknownArgument => match argument.as_str() {
            argument if argument.starts_with("--") => format!("unknown flag: {argument}"),
            argument if argument.starts_with('-') => {
                let shorthand = argument.trim_start_matches('-');
                format!("unknown shorthand flag: '{shorthand}' in {argument}")
            }
            argument => format!("unknown command \"{argument}\" for \"tiphys {}\"", verb.join(" ")),
        },
        ErrorKind::MissingRequiredArgument => "requires at least 1 arg(s), only received 0".to_owned(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => String::new(),
        _ => first_line(error),
    };
    Said { message, usage: Some(verb), is_fatal: false }
}

fn first_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("error: ").unwrap_or(first).to_owned()
}

/// What Go's reader of a value is called, and what it says, by what ours says.
fn unreadable(why: &str) -> Option<(&'static str, &'static str)> {
    match why {
        NO_TRUTH => Some(("ParseBool", "invalid syntax")),
        NO_NUMBER => Some(("ParseInt", "invalid syntax")),
        TOO_FAR => Some(("ParseInt", "value out of range")),
        _ if why.contains("too large") || why.contains("too small") || why.contains("not in") => {
            Some(("ParseInt", "value out of range"))
        }
        _ if why.contains("invalid digit") || why.contains("empty string") => {
            Some(("ParseInt", "invalid syntax"))
        }
        _ => None,
    }
}

/// Of a flag at the end of the line whose value is missing.
fn lacking(word: &str) -> String {
    match word.strip_prefix("--") {
        Some(_) => format!("flag needs an argument: {word}"),
        None => {
            let last = word.chars().last().unwrap_or_default();
            format!("flag needs an argument: '{last}' in {word}")
        }
    }
}

/// `-o, --output`: a flag with its short form, as Argo names it.
fn flag(argument: &str, verb: &Command) -> String {
    let long = argument.split([' ', '=', '[']).next().unwrap_or_default();
    let known = verb.get_arguments().find(|known| known.get_long() == long.strip_prefix("--"));
    match known.and_then(Arg::get_short) {
        Some(short) => format!("-{short}, {long}"),
        None => long.to_owned(),
    }
}

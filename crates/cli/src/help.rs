//! What `--help` shows beside what is parsed: every verb's examples.
//!
//! A verb that has verbs of its own gives examples for all of them; each of those shows its own lines. A verb that works
//! on this machine alone does not show the flags that name a server.

#[cfg(test)]
mod book;

use clap::{Arg, Command, CommandFactory};

use crate::{Cli, verb};

/// Heading of the examples.
const EXAMPLES: &str = "Examples:";

/// The whole command line, with examples for every verb.
pub fn command_line() -> Command {
    let whole = Cli::command();
    let server: Vec<Arg> = whole.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    with_own_flags(exemplified(whole, "tiphys"), "", &server)
}

/// The command line without what it hides: for shells that complete it.
pub fn visible() -> Command {
    visible_of(&command_line())
}

fn visible_of(command: &Command) -> Command {
    let mut shown = Command::new(command.get_name().to_owned())
        .args(command.get_arguments().filter(|arg| !arg.is_hide_set()))
        .visible_aliases(command.get_visible_aliases().map(str::to_owned).collect::<Vec<_>>())
        .subcommands(command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(visible_of));
    if let Some(about) = command.get_about() {
        shown = shown.about(about.clone());
    }
    if let Some(version) = command.get_version() {
        shown = shown.version(version.to_owned());
    }
    shown
}

/// Hides the flags that name a server at verbs that ask none.
fn with_own_flags(mut command: Command, path: &str, server: &[Arg]) -> Command {
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for name in verbs {
        let path = format!("{path} {name}").trim_start().to_owned();
        command = command.mut_subcommand(&name, |verb| {
            let verb = match verb::is_local(&path) {
                true => verb.args(server.iter().cloned().map(|flag| flag.hide(true))),
                false => verb,
            };
            with_own_flags(verb, &path, server)
        });
    }
    command
}

fn exemplified(mut command: Command, path: &str) -> Command {
    let examples = command.get_after_help().map(|text| text.to_string()).unwrap_or_default();
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for verb in verbs {
        let path = format!("{path} {verb}");
        command = command.mut_subcommand(&verb, |verb| {
            let own = match verb.get_after_help() {
                Some(_) => String::new(),
                None => lines_of(&examples, &path),
            };
            let verb = if own.is_empty() { verb } else { verb.after_help(format!("{EXAMPLES}\n{own}")) };
            exemplified(verb, &path)
        });
    }
    command
}

/// The lines of some examples that show one verb.
fn lines_of(examples: &str, path: &str) -> String {
    let shows = |line: &&str| {
        line.split_once(path).is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with([' ', '\'']))
    };
    examples.lines().filter(shows).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_examples(command: &Command, path: &str, missing: &mut Vec<String>) {
        let shown = command.get_after_help().map(|text| text.to_string()).unwrap_or_default();
        if !shown.lines().any(|line| line.contains(path)) {
            missing.push(path.to_owned());
        }
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help" && !verb.is_hide_set())
        {
            without_examples(verb, &format!("{path} {}", verb.get_name()), missing);
        }
    }

    #[test]
    fn every_verb_shows_examples() {
        let mut missing = Vec::new();
        without_examples(&command_line(), "tiphys", &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }
}

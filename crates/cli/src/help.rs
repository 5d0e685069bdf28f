//! What `--help` shows beside what is parsed: every verb's examples.
//!
//! A verb that has verbs of its own gives examples for all of them; each of those shows its own lines.

use clap::{Command, CommandFactory};

use crate::Cli;

/// Heading of the examples.
const EXAMPLES: &str = "Examples:";

/// The whole command line, with examples for every verb.
pub fn command_line() -> Command {
    exemplified(Cli::command(), "tiphys")
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

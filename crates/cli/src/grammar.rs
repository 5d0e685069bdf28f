//! How the words of a command line are read: as Argo's command line reads them, so that scripts go on working (CLI-010).
//!
//! A flag without a value can be given one (`--wait=false`); of a flag that takes one value the last counts; the word
//! behind a flag that wants a value is that value, whatever it begins with (`--tail -1`).

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command};
use std::any::TypeId;

/// What is said of a text that is no truth value.
pub const NO_TRUTH: &str = "not a truth value: true or false";

/// The command line as it is read. Help shows it as it was written down.
pub fn lenient(command: Command) -> Command {
    let command = command.args_override_self(true).mut_args(lenient_flag);
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    verbs.into_iter().fold(command, |command, verb| command.mut_subcommand(verb, lenient))
}

fn lenient_flag(flag: Arg) -> Arg {
    if flag.is_positional() {
        return flag;
    }
    match flag.get_action() {
        ArgAction::SetTrue => flag
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false")
            .value_parser(ValueParser::new(truth)),
        ArgAction::Set if flag.get_value_parser().type_id() == TypeId::of::<bool>() => {
            flag.value_parser(ValueParser::new(truth))
        }
        ArgAction::Set | ArgAction::Append if !flag.is_require_equals_set() => flag.allow_hyphen_values(true),
        _ => flag,
    }
}

/// What Go reads as a truth value.
pub fn truth(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(NO_TRUTH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cli;
    use clap::CommandFactory as _;

    fn read(words: &[&str]) -> Result<clap::ArgMatches, clap::Error> {
        lenient(Cli::command()).try_get_matches_from(words)
    }

    fn of<T: Clone + Send + Sync + 'static>(words: &[&str], id: &str) -> Option<T> {
        let read = read(words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
        let mut at = &read;
        while let Some((_, below)) = at.subcommand() {
            at = below;
        }
        at.get_one::<T>(id).cloned()
    }

    #[test]
    fn the_words_still_make_a_command_line() {
        lenient(Cli::command()).debug_assert();
    }

    #[test]
    fn flags_take_a_truth_value() {
        for (word, wanted) in [
            ("--running", true),
            ("--running=true", true),
            ("--running=T", true),
            ("--running=1", true),
            ("--running=false", false),
            ("--running=0", false),
        ] {
            assert_eq!(of(&["tiphys", "list", word], "running"), Some(wanted), "{word}");
        }
        assert_eq!(of(&["tiphys", "list"], "running"), Some(false));
        assert_eq!(of(&["tiphys", "list", "-A=false"], "all_namespaces"), Some(false));
        let refused = read(&["tiphys", "list", "--running=maybe"]).unwrap_err();
        assert!(refused.to_string().contains(NO_TRUTH), "{refused}");
    }

    #[test]
    fn the_last_of_one_flag_counts_and_lists_grow() {
        assert_eq!(of(&["tiphys", "list", "--prefix", "a", "--prefix", "b"], "prefix"), Some("b".to_owned()));
        let words = ["tiphys", "submit", "f.yaml", "-p", "a=1", "-p", "b=2"];
        let given = read(&words).unwrap();
        let (_, submit) = given.subcommand().unwrap();
        assert_eq!(submit.get_many::<String>("parameter").unwrap().count(), 2);
    }

    #[test]
    fn a_value_may_begin_with_a_dash() {
        assert_eq!(of(&["tiphys", "logs", "w", "--tail", "-1"], "tail"), Some(-1_i64));
    }
}

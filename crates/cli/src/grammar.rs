//! How the words of a command line are read: as Argo's command line reads them, so that scripts go on working (CLI-010).
//!
//! A flag without a value can be given one (`--wait=false`); of a flag that takes one value the last counts; the word
//! behind a flag that wants a value is that value, whatever it begins with (`--tail -1`).

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command};
use std::any::TypeId;
use std::ffi::OsString;

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
        ArgAction::Set if flag.get_value_parser().type_id() == TypeId::of::<i64>() => {
            flag.allow_hyphen_values(true).value_parser(ValueParser::new(whole))
        }
        ArgAction::Set if flag.get_value_parser().type_id() == TypeId::of::<i32>() => {
            flag.allow_hyphen_values(true).value_parser(ValueParser::new(short))
        }
        ArgAction::Set | ArgAction::Append if !flag.is_require_equals_set() => flag.allow_hyphen_values(true),
        _ => flag,
    }
}

/// What is said of a text that is no whole number, and of one that is too far from zero.
pub const NO_NUMBER: &str = "not a whole number";
pub const TOO_FAR: &str = "too large or too small a number";

/// What Go reads as a whole number.
fn whole(text: &str) -> Result<i64, &'static str> {
    tiphys_expr::go_int(text).map_err(|why| if why == "value out of range" { TOO_FAR } else { NO_NUMBER })
}

/// The same of 32 bits.
fn short(text: &str) -> Result<i32, &'static str> {
    i32::try_from(whole(text)?).map_err(|_| TOO_FAR)
}

/// What Go reads as a truth value.
pub fn truth(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(NO_TRUTH),
    }
}

/// The words with the namespace behind the verb that takes it: Argo has it before verbs, too (CLI-011).
pub fn namespace_last(words: Vec<OsString>, root: &Command) -> Vec<OsString> {
    let (mut kept, mut moved) = (Vec::new(), Vec::new());
    let mut at = root;
    let mut words = words.into_iter();
    kept.extend(words.next());
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default().to_owned();
        if matches!(text.as_str(), "-n" | "--namespace") {
            moved.push(word);
            moved.extend(words.next());
        } else if text.starts_with("--namespace=") || (text.starts_with("-n") && !text.starts_with("--")) {
            moved.push(word);
        } else if text.starts_with('-') && text.len() > 1 {
            kept.push(word);
            kept.extend(takes_next(root, &text).then(|| words.next()).flatten());
        } else {
            kept.push(word);
            match at.find_subcommand(&text) {
                Some(verb) => at = verb,
                None => break,
            }
            if !at.has_subcommands() {
                break;
            }
        }
    }
    // A verb that knows no namespaces has no use for one.
    if at.has_subcommands() || at.get_arguments().any(|flag| flag.get_long() == Some("namespace")) {
        kept.append(&mut moved);
    }
    kept.extend(words);
    kept
}

/// Whether a flag of all verbs has its value in the next word.
fn takes_next(root: &Command, word: &str) -> bool {
    let known = root.get_arguments().find(|flag| match word.strip_prefix("--") {
        Some(long) => flag.get_long() == Some(long),
        None => flag.get_short().is_some_and(|short| word.chars().skip(1).eq([short])),
    });
    let has_value = |flag: &Arg| matches!(flag.get_action(), ArgAction::Set | ArgAction::Append);
    known.is_some_and(|flag| has_value(flag) && !flag.is_require_equals_set())
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

    /// CLI-011: `-n` is a flag of the whole program in Argo.
    #[test]
    fn the_namespace_may_stand_before_the_verb() {
        let moved = |line: &str| {
            let words = line.split(' ').map(OsString::from).collect();
            let words = namespace_last(words, &Cli::command());
            words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
        };
        for (given, wanted) in [
            ("tiphys -n a list -A", "tiphys list -n a -A"),
            ("tiphys --namespace=a submit f.yaml", "tiphys submit --namespace=a f.yaml"),
            ("tiphys -na -k get x", "tiphys -k get -na x"),
            ("tiphys -n a template list", "tiphys template list -n a"),
            ("tiphys template -n a list -o name", "tiphys template list -n a -o name"),
            ("tiphys -s host:1 --context list -n a cron ls", "tiphys -s host:1 --context list cron ls -n a"),
            ("tiphys -e=false --secure=false -n a get x", "tiphys -e=false --secure=false get -n a x"),
            ("tiphys -n a get x -n b", "tiphys get -n a x -n b"),
            ("tiphys -n a version", "tiphys version"),
            ("tiphys -n a", "tiphys -n a"),
            ("tiphys get x -n a", "tiphys get x -n a"),
        ] {
            assert_eq!(moved(given), wanted, "{given}");
        }
        let words = ["tiphys", "-n", "a", "get", "x", "-n", "b"].map(OsString::from).to_vec();
        let words: Vec<String> = namespace_last(words, &Cli::command())
            .iter()
            .map(|word| word.to_str().unwrap().to_owned())
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(of(&words, "namespace"), Some("b".to_owned()));
    }
}

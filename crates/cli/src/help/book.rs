//! The page of the book with every verb and its options, as `--help` tells them.

use super::{command_line, lines_of};
use clap::builder::PossibleValue;
use clap::{Arg, Command};
use std::fmt::Write as _;
use std::path::Path;

const INTRODUCTION: &str = "# Every verb and its options

What `tiphys VERB --help` says, made from the same source. [Command line](command-line.md) tells what verbs, servers and
variables have in common; the options that name a server stand there.
";

/// The page is what the command line says; `TIPHYS_WRITE_DOCS=1` makes it so.
#[test]
fn the_page_of_verbs_is_true() {
    let page = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/verbs.md");
    if std::env::var_os("TIPHYS_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(found.lines()).find(|(new, old)| new != old);
    assert!(
        page == found,
        "docs/reference/verbs.md is older than the command line, first at {differs:?}: \
         TIPHYS_WRITE_DOCS=1 cargo test -p tiphys-cli --bin tiphys the_page_of_verbs"
    );
}

/// What `--help` leaves out is told on the page about servers, so that no option is taken in silence.
#[test]
fn hidden_options_stand_in_the_book() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/command-line.md");
    let book = std::fs::read_to_string(&path).expect("the page is there");
    let whole = command_line();
    let mut open = vec![&whole];
    while let Some(command) = open.pop() {
        open.extend(verbs(command));
        for arg in command.get_arguments().filter(|arg| arg.is_hide_set() && !arg.is_positional()) {
            let long = arg.get_long().map(|long| format!("`--{long}`")).unwrap_or_default();
            assert!(book.contains(&long), "{}: {} stands nowhere", command.get_name(), name(arg));
        }
    }
}

fn page() -> String {
    let whole = command_line();
    let mut page = INTRODUCTION.to_owned();
    let global: Vec<&str> =
        whole.get_arguments().filter(|arg| arg.is_global_set()).map(|arg| arg.get_id().as_str()).collect();
    for verb in verbs(&whole) {
        chapter(&mut page, verb, &format!("tiphys {}", verb.get_name()), &global);
    }
    page
}

fn verbs(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|verb| verb.get_name() != "help" && !verb.is_hide_set())
}

fn chapter(page: &mut String, verb: &Command, path: &str, global: &[&str]) {
    let level = if path.matches(' ').count() == 1 { "##" } else { "###" };
    let _ = writeln!(page, "\n{level} {path}\n");
    let about = verb.get_long_about().or(verb.get_about()).map(ToString::to_string).unwrap_or_default();
    let aliases: Vec<String> = verb.get_visible_aliases().map(|alias| format!("`{alias}`")).collect();
    let also = if aliases.is_empty() { String::new() } else { format!(" Also {}.", aliases.join(", ")) };
    let sentences: Vec<String> =
        about.split("\n\n").map(|part| format!("{}.", plain(part.trim_end_matches('.')))).collect();
    let _ = writeln!(page, "{}{also}", sentences.join("\n\n"));
    let own: Vec<&Arg> = verb
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !global.contains(&arg.get_id().as_str()))
        .filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()))
        .collect();
    if !own.is_empty() {
        let _ = writeln!(page, "\n| Option | What it says |\n|---|---|");
        for arg in own {
            let _ = writeln!(page, "| {} | {} |", name(arg), told(arg));
        }
    }
    let examples = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = lines_of(&examples, path);
    if verbs(verb).next().is_none() && !lines.is_empty() {
        let _ = writeln!(page, "\n```sh\n{}\n```", unindented(&lines));
    }
    for below in verbs(verb) {
        chapter(page, below, &format!("{path} {}", below.get_name()), global);
    }
}

/// The option as it is written, with what it wants.
fn name(arg: &Arg) -> String {
    let values: Vec<String> =
        arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    let takes = arg.get_action().takes_values();
    let value = if takes && !values.is_empty() { values.join(" ") } else { String::new() };
    let long = arg.get_long().map(|long| format!("--{long}"));
    let short = arg.get_short().map(|short| format!("-{short}"));
    let flags: Vec<String> = short.into_iter().chain(long).collect();
    if flags.is_empty() {
        return format!("`{value}`");
    }
    let spaced = if value.is_empty() { String::new() } else { format!(" {value}") };
    format!("`{}{spaced}`", flags.join("`, `"))
}

/// What the option says, with its choices and what counts if it is not given.
fn told(arg: &Arg) -> String {
    let mut text = plain(&arg.get_help().map(ToString::to_string).unwrap_or_default());
    let values = arg.get_possible_values();
    let choices: Vec<&PossibleValue> = values.iter().filter(|value| !value.is_hide_set()).collect();
    if arg.get_action().takes_values() && !choices.is_empty() {
        let names: Vec<String> = choices.iter().map(|value| format!("`{}`", value.get_name())).collect();
        let _ = write!(text, ": {}", names.join(", "));
    }
    let usual: Vec<String> = arg
        .get_default_values()
        .iter()
        .filter(|value| !value.is_empty() && arg.get_action().takes_values())
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    if !usual.is_empty() {
        let _ = write!(text, " (usually {})", usual.join(", "));
    }
    text
}

/// One line that a table can hold.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|").replace('<', "&lt;")
}

fn unindented(lines: &str) -> String {
    lines.lines().map(str::trim_start).collect::<Vec<_>>().join("\n")
}

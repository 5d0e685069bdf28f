//! All automation of this project: `cargo xtask <command>`.

mod bench;
mod conformance;
mod dist;
mod fuzz;
mod lexer;
mod licences;
mod pages;
mod picture;
mod rules;
mod source;
mod suite;
mod tidy;
mod up;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const HELP: &str = "\
All automation of this project.

Usage: cargo xtask <command> [options]

  test          run every test, fetching what the tests need; options go to cargo test
  tidy          check the laws of the house
  licences      check the licences and sources of all dependencies
  rules         list the rules of the specification that nothing cites
  conformance   compare the binary with what Argo really answered
  fuzz          repeat the random tests with other numbers; `--minutes N`
  bench         measure every promise about speed beside its yardstick
  dist          make one static file of the binary
  picture       record docs/run.svg from the real binary
  up            build the web pages and the binary, and serve them with a few examples
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    match run(&command, &rest) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

/// Runs one command; `false` means that it ran and found something wrong.
fn run(command: &str, options: &[String]) -> Result<bool, String> {
    let workspace = Workspace::ours()?;
    match command {
        "test" => suite::run(&workspace, options),
        "tidy" => {
            refuse_options(options)?;
            tidy::run(&workspace)
        }
        "licences" => {
            refuse_options(options)?;
            licences::run(&workspace)
        }
        "rules" => rules::run(&workspace, options),
        "conformance" => conformance::run(&workspace, options),
        "fuzz" => fuzz::run(&workspace, options),
        "bench" => bench::run(&workspace, options),
        "picture" => {
            refuse_options(options)?;
            picture::run(&workspace)
        }
        "dist" => {
            refuse_options(options)?;
            dist::run(&workspace)
        }
        "up" => up::run(&workspace, options),
        "" | "help" | "-h" | "--help" => {
            print!("{HELP}");
            Ok(true)
        }
        other => Err(format!("unknown command `{other}`; `cargo xtask help` lists them")),
    }
}

fn refuse_options(options: &[String]) -> Result<(), String> {
    match options.first() {
        None => Ok(()),
        Some(option) => Err(format!("this command takes no option `{option}`")),
    }
}

//! `tiphys config`: settings of a server, looked at before a server goes by them.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_server::config::Config;

use crate::print::{to_stderr, to_stdout};
use crate::problem::problem;

/// Check the settings of a server
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys config check tiphys.yaml
  tiphys server --config tiphys.yaml")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Say what is wrong with a file of settings, and what in it has no effect
    Check {
        /// The file; a ConfigMap of Argo's controller will do
        file: PathBuf,
    },
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Verb::Check { file } = &args.verb;
    match Config::read(file) {
        Ok((_, notices)) => {
            for notice in &notices {
                to_stderr(&format!("warning: {}: {notice}\n", file.display()));
            }
            to_stdout(&format!("{}: good\n", file.display()));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if !file.exists() => {
            Err(problem(error.to_string(), "is the path right? It is relative to the folder you are in"))
        }
        Err(error) => Err(problem(error.to_string(), "docs/reference/settings.md tells of every key")),
    }
}

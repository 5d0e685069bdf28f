//! `tiphys version`.

use clap::Args as ClapArgs;
use std::process::ExitCode;

use crate::print::to_stdout;
use crate::remote::{self, Server};
use crate::verb::Verb;

const OWN: &str = env!("CARGO_PKG_VERSION");

/// Print the version, and that of the server if one is named
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys version --short
  tiphys version -s flows.example.com:2746")]
pub struct Args {
    /// The number alone
    #[arg(long)]
    short: bool,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        None
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        to_stdout(&format!("tiphys: v{OWN}\n"));
        remote::version(server, self.short)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        to_stdout(&format!("tiphys {OWN}\n"));
        Ok(ExitCode::SUCCESS)
    }
}

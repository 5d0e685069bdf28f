//! `tiphys completion`: what a shell needs to complete our command line (CLI-050).

use clap::Args as ClapArgs;
use clap_complete::Shell;
use std::process::ExitCode;

use crate::help;
use crate::print::to_stdout;

/// Print a completion script for a shell
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  source <(tiphys completion bash)
  tiphys completion zsh > \"${fpath[1]}/_tiphys\"
  tiphys completion fish > ~/.config/fish/completions/tiphys.fish")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut help::visible(), "tiphys", &mut script);
    to_stdout(&script);
    Ok(ExitCode::SUCCESS)
}

//! `tiphys backup` and `tiphys restore`: the whole state folder in one file, and back.

use anyhow::Context;
use clap::Args as ClapArgs;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tiphys_server::Copied;

use crate::print::to_stderr;
use crate::problem::problem;
use crate::state::{Local, dir};

/// Copy the whole state folder into one file, while everything goes on
///
/// The file holds the key of the secrets as well: keep it as you would keep them.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys backup state.tgz
  tiphys backup - | ssh vault 'cat > state.tgz'")]
pub struct Args {
    /// The file to make, or `-` for standard output
    file: PathBuf,
}

/// Make a state folder of a backup
///
/// The folder (TIPHYS_STATE_DIR says which) must not exist, or be empty.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  TIPHYS_STATE_DIR=/srv/tiphys tiphys restore state.tgz")]
pub struct RestoreArgs {
    /// The backup, or `-` for standard input
    file: PathBuf,
}

pub fn backup(args: &Args) -> anyhow::Result<ExitCode> {
    let local = Local::open()?;
    let copied = if args.file == Path::new("-") {
        tiphys_server::backup(&local.state, io::stdout().lock())?
    } else {
        let shown = args.file.display();
        // Beside it first: a file of that name is whole or not there.
        let mut new = args.file.clone().into_os_string();
        new.push(".part");
        let new = PathBuf::from(new);
        if args.file.exists() {
            return Err(problem(format!("{shown} is there already"), "give another name, or move it away"));
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)
            .with_context(|| format!("cannot write {shown}"))?;
        let copied = tiphys_server::backup(&local.state, &mut file)?;
        file.flush().and_then(|()| file.sync_all()).with_context(|| format!("cannot write {shown}"))?;
        std::fs::rename(&new, &args.file).with_context(|| format!("cannot write {shown}"))?;
        copied
    };
    tell("copied", copied);
    Ok(ExitCode::SUCCESS)
}

pub fn restore(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    let folder = dir()?;
    let copied = if args.file == Path::new("-") {
        tiphys_server::restore(io::stdin().lock(), &folder)?
    } else {
        let file = File::open(&args.file).map_err(|error| {
            let shown = args.file.display();
            problem(
                format!("cannot read {shown}: {error}"),
                "name the file that `tiphys backup` made, or `-` for standard input",
            )
        })?;
        tiphys_server::restore(file, &folder)?
    };
    tell("restored", copied);
    Ok(ExitCode::SUCCESS)
}

fn tell(what: &str, Copied { files, bytes, left_out }: Copied) {
    let mib = bytes as f64 / f64::from(1 << 20);
    let left = if left_out == 0 {
        String::new()
    } else {
        format!("; {left_out} links, sockets or devices left out")
    };
    to_stderr(&format!("{what} {files} files, {mib:.1} MiB{left}\n"));
}

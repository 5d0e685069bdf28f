//! One interface for what a server can do as well as this machine alone.

use clap::ArgMatches;
use std::process::ExitCode;

use crate::problem::problem;
use crate::remote::{Connect, Server};

/// Verbs that work on this machine alone, whatever server is named.
const LOCAL: [&str; 14] = [
    "backup",
    "completion",
    "config",
    "continue",
    "convert",
    "cron next",
    "cron run",
    "doctor",
    "eval",
    "journal",
    "prune",
    "restore",
    "run",
    "server",
];

/// The verb that a command line names, with the verbs it has of its own: `cron next`.
pub fn path(words: &ArgMatches) -> String {
    match words.subcommand() {
        Some((verb, words)) => format!("{verb} {}", path(words)).trim_end().to_owned(),
        None => String::new(),
    }
}

/// Whether a verb works on this machine alone.
pub fn is_local(path: &str) -> bool {
    LOCAL
        .iter()
        .any(|verb| path.strip_prefix(verb).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
}

/// A verb of the command line that works on the runs of this machine, and on those of a server.
pub trait Verb {
    /// The namespace that it names.
    fn namespace(&self) -> Option<&str>;

    /// Does it on a server, in the words of Argo's command line.
    fn there(&self, server: &Server) -> anyhow::Result<ExitCode>;

    /// Does it on this machine.
    fn here(&self) -> anyhow::Result<ExitCode>;
}

/// Does it on the server that is named, or here.
pub fn perform(verb: &impl Verb, connect: &Connect) -> anyhow::Result<ExitCode> {
    match connect.server(verb.namespace())? {
        Some(server) => verb.there(&server),
        None => verb.here(),
    }
}

/// Does what a machine alone does not have, on the server that is named or the one of this state folder.
pub fn on_a_server(
    verb: &str,
    connect: &Connect,
    namespace: Option<&str>,
    there: impl FnOnce(&Server) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    match connect.server_or_own(namespace)? {
        Some(server) => there(&server),
        None => Err(problem(
            format!("`tiphys {verb}` needs a server"),
            "`tiphys server` starts one on this state folder, which is found by itself; another is named with \
             `-s HOST:PORT` or TIPHYS_SERVER",
        )),
    }
}

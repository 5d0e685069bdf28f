//! `tiphys submit`: hands workflows over and goes, or follows them.

use clap::Args as ClapArgs;
use std::process::ExitCode;

use crate::commands::again::Then;
use crate::commands::run;
use crate::problem::problem;
use crate::remote::{self, Form, Server, SubmitOptions};
use crate::verb::Verb;

/// Hand workflows over, and go or follow them
///
/// With a server named they are submitted there. Without one they run on this machine in the background, as `tiphys
/// run --detach` does; `--wait`, `--watch` and `--log` stay until their end.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys submit flow.yaml
  tiphys submit flow.yaml --watch -p branch=main
  tiphys submit --from workflowtemplate/build -s localhost:2746")]
pub struct SubmitArgs {
    /// Manifests: files, folders, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<String>,
    /// Make the workflow from a template or schedule of the server: `workflowtemplate/build`
    #[arg(long, value_name = "KIND/NAME")]
    pub from: Option<String>,
    #[command(flatten)]
    pub options: SubmitOptions,
    /// How it is printed
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Form>,
    #[command(flatten)]
    pub then: Then,
    /// Only print what would be submitted
    #[arg(long)]
    pub dry_run: bool,
    /// Let the server check it without keeping it
    #[arg(long)]
    pub server_dry_run: bool,
    /// Refuse unknown fields; `--strict=false` makes them warnings
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub strict: bool,
    /// Larger ones get locks first
    #[arg(long, value_name = "N")]
    pub priority: Option<i32>,
    /// Only nodes in this phase are printed
    #[arg(long, value_name = "PHASE")]
    pub status: Option<String>,
    /// Only nodes that match are printed
    #[arg(long, value_name = "SELECTOR")]
    pub node_field_selector: Option<String>,
    /// The time of its schedule that it stands for, RFC 3339 (with --from)
    #[arg(long, value_name = "TIME")]
    pub scheduled_time: Option<String>,
    /// An executor plugin that listens already, without a server; may be repeated
    #[arg(long, value_name = "NAME=URL")]
    pub plugin: Vec<String>,
    /// The file with the token that a plugin asks for, without a server
    #[arg(long, value_name = "NAME=FILE")]
    pub plugin_token: Vec<String>,
}

impl Verb for SubmitArgs {
    fn namespace(&self) -> Option<&str> {
        self.options.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        if !self.plugin.is_empty() || !self.plugin_token.is_empty() {
            return Err(problem(
                "`--plugin` and `--plugin-token` are for runs on this machine",
                "a server calls those that `plugins` of its settings names",
            ));
        }
        remote::submit(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        submit(self)
    }
}

/// Runs the workflows on this machine.
fn submit(args: &SubmitArgs) -> anyhow::Result<ExitCode> {
    if args.from.is_some() || args.server_dry_run || args.scheduled_time.is_some() {
        return Err(problem(
            "`--from`, `--server-dry-run` and `--scheduled-time` need a server",
            "name one with `-s HOST:PORT` or TIPHYS_SERVER; without one give files",
        ));
    }
    if args.files.is_empty() {
        return Err(problem("no file is named", "for instance `tiphys submit flow.yaml`"));
    }
    run::run(&run::Args::of_submit(args))
}

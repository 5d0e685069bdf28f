//! `tiphys get`: one run with its nodes.

use clap::Args as ClapArgs;
use serde_json::Value;
use std::process::ExitCode;
use tiphys_controller::document;
use tiphys_store::{MachineId, Runs, Summary};

use crate::output::{self, Format, ViewFormat};
use crate::print::{GetStyle, Paint, get, to_stdout};
use crate::problem::named;
use crate::remote::terms;
use crate::remote::{self, Server};
use crate::state::{Local, now};
use crate::verb::Verb;

/// Show a run with all its nodes
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys get @latest
  tiphys get hello-x7k2p -o json
  tiphys get hello-x7k2p --status Failed")]
pub struct Args {
    /// Names of runs, or `@latest`
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Namespace of the runs
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// How it is printed
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<ViewFormat>,
    /// Only nodes in these phases
    #[arg(long, value_delimiter = ',', value_name = "PHASE,…")]
    pub status: Vec<String>,
    /// Only nodes that match, for instance `displayName=build`
    #[arg(long, value_name = "SELECTOR")]
    pub node_field_selector: Option<String>,
    /// Leave colours out
    #[arg(long)]
    pub no_color: bool,
    /// Only ASCII signs
    #[arg(long)]
    pub no_utf8: bool,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::get(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        run(self)
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    named(&args.names, "tiphys get @latest")?;
    let mut nodes = terms(args.node_field_selector.as_deref().unwrap_or_default())?;
    let phases = args.status.join(",");
    if !phases.is_empty() {
        nodes.push(("phase".to_owned(), phases, true));
    }
    let mut local = Local::open_to_read()?;
    for (number, name) in args.names.iter().enumerate() {
        let summary = local.find(name, args.namespace.as_deref())?;
        let document = current(&mut local, &summary)?;
        match args.output {
            Some(ViewFormat::Name) => output::print(&document, Format::Name)?,
            Some(ViewFormat::Json) => output::print(&document, Format::Json)?,
            Some(ViewFormat::Yaml) => {
                if number > 0 {
                    to_stdout("---\n");
                }
                output::print(&document, Format::Yaml)?;
            }
            format => {
                let style = GetStyle {
                    wide: format == Some(ViewFormat::Wide),
                    short: format == Some(ViewFormat::Short),
                    nodes: nodes.clone(),
                    flaw: None,
                };
                let mut paint = if args.no_color { Paint::plain() } else { Paint::stdout() };
                if args.no_utf8 {
                    paint = paint.ascii();
                }
                to_stdout(&get(&document, &style, paint, now()));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The workflow as it is now: its final document, or what its journal makes of it.
pub fn current(local: &mut Local, summary: &Summary) -> anyhow::Result<Value> {
    if summary.finished_us.is_some()
        && let Some(body) = local.store.archived(&MachineId::workflow(&*summary.uid))?
    {
        return Ok(serde_json::from_slice(&body)?);
    }
    let loaded = local.load(summary)?;
    Ok(document(&loaded.frozen.workflow, &loaded.run, now()))
}

//! `tiphys retry` and `tiphys resubmit`: doing again what was done before.

use clap::Args as ClapArgs;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::mpsc;
use tiphys_controller::{Order, document};
use tiphys_engine::workflow::Retry;
use tiphys_engine::{Run, compile, resubmit as engine};
use tiphys_store::{MachineId, Runs, Summary};

use crate::commands::control::{Meant, Named, readable};
use crate::commands::get::current;
use crate::commands::wait::watch_run;
use crate::engine::{Engine, Steps};
use crate::output;
use crate::print::{GetStyle, Paint, get, to_stderr, to_stdout};
use crate::problem::problem;
use crate::remote::{self, Form, Selector, Server};
use crate::session::{Left, Show, drive};
use crate::signal::Signals;
use crate::state::{Local, now};
use crate::verb::Verb;

/// What is done when a workflow was made (CLI-040).
#[derive(ClapArgs, Clone, Debug, Default)]
pub struct Then {
    /// Wait for its end; exit code 1 if it fails
    #[arg(short, long)]
    pub wait: bool,
    /// Watch it until its end
    #[arg(long)]
    pub watch: bool,
    /// Print what its steps write
    #[arg(long)]
    pub log: bool,
}

/// How a run is gone on with.
#[derive(ClapArgs)]
pub struct RetryHow {
    /// Another value for an argument
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub parameter: Vec<String>,
    /// Also run nodes again that came out well and match `--node-field-selector`
    #[arg(long)]
    pub restart_successful: bool,
    /// The nodes to run again, for instance `displayName=test`
    #[arg(long, value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    pub node_field_selector: String,
    /// How it is printed
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Form>,
    #[command(flatten)]
    pub then: Then,
}

/// How a run is done once more.
#[derive(ClapArgs)]
pub struct ResubmitHow {
    /// Another value for an argument
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub parameter: Vec<String>,
    /// Without effect, as in Argo: the new run has the priority of the old one
    #[arg(long, value_name = "N")]
    pub priority: Option<i32>,
    /// Take the results of steps that came out well
    #[arg(long)]
    pub memoized: bool,
    /// How it is printed
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Form>,
    #[command(flatten)]
    pub then: Then,
}

/// Run what failed of a run again; what succeeded stays
///
/// Without a server the run is driven from here to its end, as `tiphys continue` does.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys retry build-x7k2p
  tiphys retry build-x7k2p -p code=0
  tiphys retry build-x7k2p --restart-successful --node-field-selector templateName=test")]
pub struct RetryArgs {
    #[command(flatten)]
    pub runs: Named,
    #[command(flatten)]
    pub selector: Selector,
    #[command(flatten)]
    pub how: RetryHow,
}

/// Make a new run that does what an earlier one did
///
/// Without a server the new run is driven from here to its end, as `tiphys run` does.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys resubmit build-x7k2p
  tiphys resubmit build-x7k2p -p branch=next
  tiphys resubmit build-x7k2p --memoized")]
pub struct ResubmitArgs {
    #[command(flatten)]
    pub runs: Named,
    #[command(flatten)]
    pub selector: Selector,
    #[command(flatten)]
    pub how: ResubmitHow,
}

/// `NAME=VALUE` texts.
fn pairs(texts: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => Err(problem(format!("`-p {text}` is not NAME=VALUE"), "for instance `-p message=hello`")),
        })
        .collect()
}

impl Verb for RetryArgs {
    fn namespace(&self) -> Option<&str> {
        self.runs.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::retry(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        retry(self)
    }
}

fn retry(args: &RetryArgs) -> anyhow::Result<ExitCode> {
    let parameters = pairs(&args.how.parameter)?;
    readable(&args.how.node_field_selector)?;
    let wish = Retry {
        restart_successful: args.how.restart_successful,
        selector: args.how.node_field_selector.clone(),
        parameters: parameters
            .iter()
            .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
            .collect(),
    };
    let meant = Meant::of("retry", &args.runs.names, args.runs.namespace.as_deref(), &args.selector)?;
    let mut local = Local::open()?;
    let signals = Signals::listen()?;
    let mut worst = ExitCode::SUCCESS;
    for summary in &meant.runs {
        match retry_one(&mut local, summary, &wish, &args.how.then, args.how.output, &signals)? {
            Left::Over(ExitCode::SUCCESS) => {}
            Left::Over(code) => worst = code,
            Left::Interrupted(code) => return Ok(code),
        }
    }
    Ok(worst)
}

fn retry_one(
    local: &mut Local,
    summary: &Summary,
    wish: &Retry,
    then: &Then,
    form: Option<Form>,
    signals: &Signals,
) -> anyhow::Result<Left> {
    let name = &summary.name;
    if let Some(pid) = local.driver(&summary.uid)? {
        return Err(problem(
            format!("the run `{name}` is going on, driven by process {pid}"),
            format!("wait for its end with `tiphys wait {name}`, or end it with `tiphys stop {name}`"),
        ));
    }
    let (_, world) = local.kept(summary)?;
    world.with_its_files()?;
    let loaded = local.load(summary)?;
    let engine = Engine::start(local, &world, &summary.uid)?;
    engine.controller.subscribe(then.log)?;
    let (follower, updates) = mpsc::channel();
    if let Err(reason) = engine.controller.retry(&summary.uid, wish.clone(), Some(follower))? {
        engine.finish(Steps::End)?;
        return Err(problem(
            format!("`{name}` cannot be retried: {reason}"),
            format!(
                "`tiphys get {name}` shows how it came out; `tiphys resubmit {name}` runs all of it anew"
            ),
        ));
    }
    let show = show(then, form);
    let before = loaded.run.retry_takes(wish).is_empty().then_some(loaded.run.nodes.len());
    let left = drive(local, engine, summary, Some((loaded.run, loaded.seq)), updates, &show, signals)?;
    printed(local, summary, form)?;
    if before.is_some_and(|before| before > 0) && Some(local.load(summary)?.run.nodes.len()) == before {
        to_stderr(&format!(
            "notice: nothing ran again: what failed was followed by steps that came out well, and these stay\n\
             help: `tiphys resubmit {name}` runs all of it anew, `tiphys retry {name} --restart-successful \
             --node-field-selector displayName=STEP` from a step on\n"
        ));
    }
    Ok(left)
}

/// What is shown while a run goes on.
fn show(then: &Then, form: Option<Form>) -> Show {
    Show {
        output: None,
        log: then.log,
        quiet: form.is_some(),
        watch: then.watch || form.is_none(),
        silent: form.is_some(),
        follows: false,
    }
}

/// Prints the run in the form that was asked for.
fn printed(local: &mut Local, summary: &Summary, form: Option<Form>) -> anyhow::Result<()> {
    let Some(form) = form else { return Ok(()) };
    let machine = MachineId::workflow(&*summary.uid);
    let summary = local.store.summary(&machine)?.unwrap_or_else(|| summary.clone());
    let document = current(local, &summary)?;
    match form {
        Form::Name => output::print(&document, output::Format::Name),
        Form::Json => output::print(&document, output::Format::Json),
        Form::Yaml => output::print(&document, output::Format::Yaml),
        Form::Wide => {
            let style = GetStyle { wide: true, ..GetStyle::default() };
            to_stdout(&get(&document, &style, Paint::stdout(), now()));
            Ok(())
        }
    }
}

impl Verb for ResubmitArgs {
    fn namespace(&self) -> Option<&str> {
        self.runs.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::resubmit(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        resubmit(self)
    }
}

fn resubmit(args: &ResubmitArgs) -> anyhow::Result<ExitCode> {
    let parameters = pairs(&args.how.parameter)?;
    let meant = Meant::of("resubmit", &args.runs.names, args.runs.namespace.as_deref(), &args.selector)?;
    let mut local = Local::open()?;
    let signals = Signals::listen()?;
    let mut worst = ExitCode::SUCCESS;
    for summary in &meant.runs {
        match resubmit_one(&mut local, summary, &parameters, args, &signals)? {
            Left::Over(ExitCode::SUCCESS) => {}
            Left::Over(code) => worst = code,
            Left::Interrupted(code) => return Ok(code),
        }
    }
    Ok(worst)
}

fn resubmit_one(
    local: &mut Local,
    summary: &Summary,
    parameters: &[(String, String)],
    args: &ResubmitArgs,
    signals: &Signals,
) -> anyhow::Result<Left> {
    let name = &summary.name;
    let (mut frozen, world) = local.kept(summary)?;
    world.with_its_files()?;
    let old = current(local, summary)?;
    let phase = old["status"]["phase"].as_str().filter(|phase| !phase.is_empty()).unwrap_or("Pending");
    let failed = matches!(phase, "Failed" | "Error");
    if args.how.memoized && !failed {
        return Err(problem(
            "workflow must be Failed/Error to resubmit in memoized mode",
            format!("`{name}` is {phase}; without `--memoized` all of it runs anew"),
        ));
    }
    // The document as it was submitted, not with what its template gave it: that is merged anew.
    let mut before = json!({ "metadata": frozen.workflow.metadata, "spec": frozen.workflow.spec });
    before["metadata"]["labels"] = old["metadata"]["labels"].clone();
    let again: Value = engine::resubmit(&before, parameters);
    frozen.workflow = serde_json::from_value(again)?;
    let metadata = &mut frozen.workflow.metadata;
    metadata.uid = uuid::Uuid::now_v7().to_string();
    metadata.name = tiphys_controller::generated(&metadata.generate_name, uuid::Uuid::new_v4().as_bytes());
    let uid = metadata.uid.clone();
    let done =
        if args.how.memoized { engine::memoized_done(&old, &metadata.name) } else { Default::default() };
    let secrets = match local.state.secrets(&summary.uid)? {
        Some(body) => serde_json::from_slice(&body)?,
        None => Vec::new(),
    };
    let engine = Engine::start(local, &world, &uid)?;
    engine.controller.subscribe(args.how.then.log)?;
    let (follower, updates) = mpsc::channel();
    let run = Run::new(compile(&frozen).map_err(anyhow::Error::msg)?.into());
    let order = Order {
        frozen,
        secrets,
        files: world.artifacts.clone(),
        world: serde_json::to_value(&world)?,
        follower: Some(follower),
    };
    let submitted = if args.how.memoized {
        engine.controller.restart(order, done)?
    } else {
        engine.controller.submit(order)?
    };
    let made = match submitted {
        Ok(made) => made,
        Err(reason) => {
            engine.finish(Steps::End)?;
            return Err(reason.into());
        }
    };
    let show = show(&args.how.then, args.how.output);
    show.say(&format!("{} started\n", made.name));
    let left = drive(local, engine, &made, Some((run, 0)), updates, &show, signals)?;
    printed(local, &made, args.how.output)?;
    Ok(left)
}

/// The run as it is now, and what follows it (CLI-040), for a run that goes on in the background.
pub fn shown(
    local: &mut Local,
    summary: &Summary,
    form: Option<Form>,
    then: &Then,
) -> anyhow::Result<ExitCode> {
    if form.is_some() {
        printed(local, summary, form)?;
    } else {
        let loaded = local.load(summary)?;
        let document = document(&loaded.frozen.workflow, &loaded.run, now());
        to_stdout(&get(&document, &GetStyle::default(), Paint::stdout(), now()));
    }
    if then.watch || then.wait {
        return watch_run(&summary.name, Some(&summary.namespace));
    }
    let is_over = local
        .store
        .summary(&MachineId::workflow(&*summary.uid))?
        .is_some_and(|now| now.finished_us.is_some());
    if !is_over {
        to_stderr(&format!("it goes on in the background; look at it with: tiphys watch {}\n", summary.name));
    }
    Ok(ExitCode::SUCCESS)
}

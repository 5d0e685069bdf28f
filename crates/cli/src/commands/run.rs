//! `tiphys run`: everything in one process, no set-up.

use anyhow::{Context, bail};
use clap::Args as ClapArgs;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc;
use tiphys_controller::{Controller, Order, Place, Update};
use tiphys_engine::Frozen;
use tiphys_runner::ImageMap;
use tiphys_runner::process::{Options, ProcessRunner};
use tiphys_runner::step::Isolation;
use tiphys_spec as spec;
use tiphys_store::State;

/// Flags of `run`.
#[derive(ClapArgs)]
pub struct Args {
    /// Manifests.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// More objects.
    #[arg(long)]
    with: Vec<PathBuf>,
    /// Name of the run.
    #[arg(long)]
    name: Option<String>,
    /// Image map.
    #[arg(long)]
    image_map: Vec<PathBuf>,
    /// Runner.
    #[arg(long, default_value = "process")]
    runner: String,
    /// Isolation: sandbox or none.
    #[arg(long, default_value = "sandbox")]
    isolation: String,
    /// Output.
    #[arg(short, long)]
    output: Option<String>,
    /// Steps at once.
    #[arg(short)]
    jobs: Option<usize>,
    /// Namespace.
    #[arg(short, long, default_value = "default")]
    namespace: String,
}

/// Runs.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = std::env::var_os("TIPHYS_STATE_DIR").map(PathBuf::from).context("TIPHYS_STATE_DIR")?;
    let state = State::open(&dir)?;
    let mut frozen = Frozen::default();
    let mut secrets = Vec::new();
    let mut workflows = Vec::new();
    for (file, submit) in args.files.iter().map(|f| (f, true)).chain(args.with.iter().map(|f| (f, false))) {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed = spec::parse(&file.display().to_string(), &text, spec::Strictness::Strict);
        if parsed.has_errors() {
            for diagnostic in &parsed.diagnostics {
                eprintln!("{}: {}", diagnostic.path, diagnostic.message);
            }
            bail!("invalid manifest");
        }
        for document in parsed.documents {
            match document.object {
                spec::Object::Workflow(workflow) if submit => workflows.push(*workflow),
                spec::Object::WorkflowTemplate(template) => frozen.templates.push(*template),
                spec::Object::ClusterWorkflowTemplate(template) => frozen.cluster_templates.push(*template),
                spec::Object::ConfigMap(map) => frozen.config_maps.push(*map),
                spec::Object::Secret(secret) => secrets.push(*secret),
                _ => {}
            }
        }
    }
    let Some(mut workflow) = workflows.into_iter().next() else { bail!("no workflow") };
    if let Some(name) = &args.name {
        workflow.metadata.name = name.clone();
    }
    if workflow.metadata.namespace.is_empty() {
        workflow.metadata.namespace = args.namespace.clone();
    }
    frozen.workflow = workflow;
    let mut images = ImageMap::default();
    for file in &args.image_map {
        images.load(file)?;
    }
    let place = Place {
        isolation: if args.isolation == "none" { Isolation::None } else { Isolation::Sandbox },
        images,
        artifacts: state.artifacts_dir(),
        claims: state.dir().join("claims"),
        ..Place::default()
    };
    let jobs = args.jobs.unwrap_or(8);
    let options = Options::new(state.dir(), format!("run-{}", std::process::id()));
    let controller = Controller::start(
        &state,
        place,
        jobs,
        Box::new(move |news| Arc::new(ProcessRunner::new(options, news))),
    )?;
    let (follower, updates) = mpsc::channel();
    let order = Order {
        frozen,
        secrets,
        files: BTreeMap::new(),
        world: serde_json::Value::Null,
        follower: Some(follower),
    };
    let summary = controller.submit(order)?.map_err(anyhow::Error::msg)?;
    eprintln!("run {}", summary.name);
    for update in updates {
        if let Update::Ended(document) = update {
            if args.output.as_deref() == Some("json") {
                println!("{}", serde_json::to_string_pretty(&*document)?);
            }
            let phase = document
                .pointer("/status/phase")
                .and_then(|phase| phase.as_str())
                .unwrap_or_default()
                .to_owned();
            eprintln!("{phase}");
            controller.quit()?;
            return Ok(if phase == "Succeeded" { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
    }
    bail!("the controller stopped")
}

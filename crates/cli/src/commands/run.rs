//! `tiphys run`: everything in one process, no set-up.

use clap::Args as ClapArgs;
use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::sync::mpsc;
use tiphys_controller::{Order, Update, file_location};
use tiphys_engine::check::{Shelf, Situation, check, doubled, unsupported};
use tiphys_engine::compile::{compile, effective};
use tiphys_engine::repository;
use tiphys_engine::{Frozen, Run, cron};
use tiphys_runner::ImageMap;
use tiphys_runner::step::Isolation;
use tiphys_spec as spec;
use tiphys_spec::{Document, Object, Read, Severity, Strictness};
use tiphys_store::Summary;

use crate::arguments::Overrides;
use crate::commands::again::{self, Then};
use crate::commands::submit::SubmitArgs;
use crate::engine::{Engine, Steps, isolate};
use crate::given::{Takes, mistakes};
use crate::load::{Loaded, freeze, load};
use crate::output::{self, Format};
use crate::print::{in_order, print_diagnostics, to_stderr, to_stdout};
use crate::problem::{Told, problem};
use crate::remote::Form;
use crate::session::{Left, Show, drive};
use crate::signal::Signals;
use crate::state::{Local, now};
use crate::supported::{Findings, examine};
use crate::world::{self, World};

/// Run workflows on this machine and wait for their end
///
/// Every Workflow in the files is run, one after the other, in the order given. WorkflowTemplates, ConfigMaps,
/// Secrets and the like in them are known to all. Exit code: 0 Succeeded, 1 Failed or Error, 2 refused before the
/// start, 130 interrupted.
///
/// Ctrl-C once stops what runs and records nothing as failed; `tiphys continue NAME` goes on. Ctrl-C twice leaves
/// at once, and steps that did not end on the first go on by themselves.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys run hello.yaml
  tiphys run build.yaml -p branch=main --log
  tiphys run flow.yaml --with templates/ --with secrets.yaml
  tiphys run flow.yaml --mount ./data:/data:ro --artifact input=./file.csv
  generate | tiphys run - -o json > result.json")]
pub struct Args {
    /// Manifests: files, folders, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// More objects that the run may use; nothing in them is run
    #[arg(long, value_name = "PATH")]
    with: Vec<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    place: PlaceArgs,
    /// Begin, and let it go on in the background
    #[arg(long, conflicts_with_all = ["log", "dry_run"])]
    detach: bool,
    /// Print the resolved workflow and do not run it
    #[arg(long)]
    dry_run: bool,
    /// Refuse unknown fields; `--strict=false` makes them warnings
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    strict: bool,
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
}

/// Where the steps run.
#[derive(ClapArgs, Default)]
struct PlaceArgs {
    /// Most steps at once [default: twice the cores, at least 8]
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// Show a file or folder of this machine to the steps
    #[arg(long, value_name = "HOST:STEP[:ro]")]
    mount: Vec<String>,
    /// Take an input artifact of the workflow from this machine
    #[arg(long, value_name = "NAME=PATH")]
    artifact: Vec<String>,
    /// Allow `hostPath` volumes
    #[arg(long)]
    allow_host_path: bool,
    /// How steps are kept apart from this machine: `sandbox` or `none` [default: sandbox, where it is possible]
    #[arg(long, value_enum, value_name = "HOW")]
    isolation: Option<world::IsolationArg>,
    /// What runs the steps
    #[arg(long, default_value = "process", value_name = "NAME")]
    runner: String,
    /// An executor plugin that listens already; may be repeated
    #[arg(long, value_name = "NAME=URL")]
    plugin: Vec<String>,
    /// The file with the token that a plugin asks for
    #[arg(long, value_name = "NAME=FILE")]
    plugin_token: Vec<String>,
    /// What images would have brought along
    #[arg(long, value_name = "FILE")]
    image_map: Vec<PathBuf>,
}

impl PlaceArgs {
    /// The world; how steps are kept apart is known when a supervisor was asked.
    fn world(&self) -> anyhow::Result<World> {
        if !matches!(self.runner.as_str(), "" | "process") {
            return Err(problem(
                format!("the runner `{}` is not supported yet", self.runner),
                "`--runner process` runs steps as processes of this machine, without images",
            ));
        }
        if self.jobs == Some(0) {
            return Err(problem("`-j 0` would never start a step", "give at least 1"));
        }
        Ok(World {
            isolation: Isolation::default(),
            jobs: self.jobs.unwrap_or_else(world::jobs_default),
            mounts: world::mounts(&self.mount)?,
            artifacts: self.artifact.iter().map(|text| world::artifact(text)).collect::<Result<_, _>>()?,
            image_maps: self
                .image_map
                .iter()
                .map(|file| world::existing(file, "--image-map"))
                .collect::<Result<_, _>>()?,
            allow_host_path: self.allow_host_path,
            plugins: world::plugins(&self.plugin, &self.plugin_token)?,
        })
    }
}

impl Args {
    fn load(&self) -> anyhow::Result<Loaded> {
        let strictness = if self.strict { Strictness::Strict } else { Strictness::Lenient };
        load(&self.files, &self.with, strictness)
    }

    /// `submit` without a server: the same in the background, unless somebody wants to see its end.
    pub fn of_submit(args: &SubmitArgs) -> Args {
        let then = &args.then;
        let format = match args.output {
            Some(Form::Name) => Some(Format::Name),
            Some(Form::Json) => Some(Format::Json),
            Some(Form::Yaml) => Some(Format::Yaml),
            None | Some(Form::Wide) => None,
        };
        Args {
            files: args.files.iter().map(PathBuf::from).collect(),
            with: Vec::new(),
            overrides: Overrides::of_submit(&args.options, args.priority.map(i64::from)),
            show: Show {
                output: format,
                log: then.log,
                quiet: false,
                watch: then.watch,
                silent: false,
                follows: false,
            },
            place: PlaceArgs {
                plugin: args.plugin.clone(),
                plugin_token: args.plugin_token.clone(),
                ..PlaceArgs::default()
            },
            detach: !(then.wait || then.watch || then.log || args.dry_run),
            dry_run: args.dry_run,
            strict: args.strict,
            deny_warnings: false,
        }
    }
}

/// Runs all workflows of the files.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    start_all(args, args.load()?)
}

/// Runs what the schedules of the files would run if they fired now.
pub fn run_schedules(args: &Args) -> anyhow::Result<ExitCode> {
    let mut loaded = args.load()?;
    loaded.given.retain(|document| !matches!(document.object, Object::Workflow(_)));
    let mut diagnostics = std::mem::take(&mut loaded.diagnostics);
    let shelf = Shelf::new(loaded.documents().map(|document| &document.object));
    let schedules = loaded.given.iter().filter(|document| matches!(document.object, Object::CronWorkflow(_)));
    diagnostics.extend(schedules.flat_map(|document| check(document, &shelf, Situation::Create)));
    judge(args, &loaded, diagnostics)?;
    let mut count = 0;
    for document in &mut loaded.given {
        if let Object::CronWorkflow(schedule) = &document.object {
            document.object = Object::Workflow(Box::new(fired(schedule)));
            count += 1;
        }
    }
    if count == 0 {
        return Err(problem(
            "there is no CronWorkflow in the files",
            "`tiphys run` runs workflows; `tiphys cron run` runs what a schedule would run",
        ));
    }
    start_all(args, loaded)
}

/// What a schedule makes now; nobody keeps the schedule here, so the run belongs to none.
fn fired(schedule: &spec::CronWorkflow) -> spec::Workflow {
    let mut workflow = cron::run::workflow(schedule, now());
    let metadata = &mut workflow.metadata;
    metadata.owner_references.clear();
    metadata.name.clear();
    let prefix = &schedule.metadata;
    metadata.generate_name =
        if prefix.name.is_empty() { prefix.generate_name.clone() } else { format!("{}-", prefix.name) };
    workflow
}

fn start_all(args: &Args, mut loaded: Loaded) -> anyhow::Result<ExitCode> {
    let mut world = args.place.world()?;
    let images = world.images()?;
    let jobs = prepare(args, &mut loaded, &world, &images)?;
    if args.dry_run {
        return dry_run(jobs, args.show.output);
    }
    let signals = Signals::listen()?;
    let mut local = Local::open()?;
    world.without_state(&local.state)?;
    if !args.show.quiet {
        to_stderr(&notices(&jobs));
    }
    let mut worst = ExitCode::SUCCESS;
    for (number, job) in jobs.into_iter().enumerate() {
        let uid = uuid::Uuid::now_v7().to_string();
        let show = Show { follows: number > 0, ..args.show.clone() };
        let apart = isolate(&local, &uid, args.place.isolation)?;
        world.isolation = apart.isolation;
        if number == 0 && !args.show.quiet {
            apart.notices.iter().for_each(|notice| to_stderr(&format!("notice: {notice}\n")));
        }
        if args.detach {
            begin_detached(&mut local, job, uid, &world, &show)?;
            continue;
        }
        match start(&mut local, job, uid, &world, &show, &signals)? {
            Left::Over(code) => {
                if code != ExitCode::SUCCESS {
                    worst = code;
                }
            }
            Left::Interrupted(code) => return Ok(code),
        }
    }
    Ok(worst)
}

/// One workflow to be run.
struct Job {
    frozen: Frozen,
    secrets: Vec<spec::Secret>,
    findings: Findings,
}

/// Judges everything that was read, and makes the workflows ready. Tells all mistakes at once.
fn prepare(args: &Args, loaded: &mut Loaded, world: &World, images: &ImageMap) -> anyhow::Result<Vec<Job>> {
    let count = loaded.given.iter().filter(|document| matches!(document.object, Object::Workflow(_))).count();
    let schedules = loaded.given.iter().any(|document| matches!(document.object, Object::CronWorkflow(_)));
    if count == 0 && !loaded.diagnostics.iter().any(spec::Diagnostic::is_error) {
        return Err(problem(
            "there is no Workflow in the files",
            match schedules {
                true => "a schedule runs now with `tiphys cron run`, and at its times when a server has it",
                false => "a document with `kind: Workflow` is run; templates alone are not",
            },
        ));
    }
    if count > 1 && args.overrides.names_one() {
        return Err(problem(
            format!("`--name` names one run, and there are {count} workflows in the files"),
            "leave it out, or give one workflow",
        ));
    }
    let mut given = args.overrides.given()?;
    given.artifacts = world.artifacts.keys().map(String::as_str).collect();
    let documents: Vec<&Document> = loaded.documents().collect();
    let workflows = loaded.given.iter().filter(|document| matches!(document.object, Object::Workflow(_)));
    let takes: Vec<Takes> = workflows.map(|document| Takes::of(document, &documents, &given)).collect();
    let mistakes = mistakes(&given, &takes);
    let begins_nowhere = mistakes.iter().any(|mistake| mistake.code == "unknown-template");
    for document in &mut loaded.given {
        if let Object::Workflow(workflow) = &mut document.object {
            args.overrides.apply(workflow)?;
            nameable(&workflow.metadata)?;
            fill(workflow, world);
        }
    }
    let mut diagnostics = std::mem::take(&mut loaded.diagnostics);
    diagnostics.extend(mistakes);
    diagnostics.extend(doubled(loaded.given.iter()));
    let documents: Vec<&Document> = loaded.documents().collect();
    let shelf = Shelf::new(documents.iter().map(|document| &document.object));
    let mut jobs = Vec::new();
    for document in &loaded.given {
        let Object::Workflow(workflow) = &document.object else { continue };
        let mut checked = check(document, &shelf, Situation::Create);
        // It was said of the flag already.
        checked.retain(|diagnostic| !begins_nowhere || diagnostic.path != "spec.entrypoint");
        diagnostics.append(&mut checked);
        diagnostics.extend(unsupported(document, &shelf, Situation::Create));
        if document.read != Read::Whole {
            continue; // It is refused: what could not be read was reported.
        }
        let mut findings = examine(document, &documents, Some(images), world.allow_host_path);
        diagnostics.append(&mut findings.refused);
        diagnostics.append(&mut findings.warned);
        if world.plugins.is_empty() {
            diagnostics.append(&mut findings.for_plugins);
        }
        let (frozen, secrets) = freeze(workflow, &documents, args.overrides.namespace());
        jobs.push(Job { frozen, secrets, findings });
    }
    judge(args, loaded, diagnostics)?;
    Ok(jobs)
}

/// Prints what was found, and refuses if it is bad enough.
fn judge(args: &Args, loaded: &Loaded, mut diagnostics: Vec<spec::Diagnostic>) -> anyhow::Result<()> {
    in_order(&mut diagnostics);
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning).count();
    let refused = errors > 0 || (args.deny_warnings && warnings > 0);
    if refused || !args.show.quiet {
        print_diagnostics(&diagnostics, &loaded.texts);
    }
    if !refused {
        return Ok(());
    }
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let mut found = count(errors, "error");
    if warnings > 0 {
        found.push_str(&format!(", {}", count(warnings, "warning")));
    }
    to_stderr(&format!("refused: {found}; nothing was started\n"));
    Err(Told.into())
}

/// Refuses names that no cluster would take, and that would make odd keys and paths here.
fn nameable(metadata: &spec::Metadata) -> anyhow::Result<()> {
    let generated = format!("{}x", metadata.generate_name);
    let texts = [("name", &metadata.name), ("generateName", &generated), ("namespace", &metadata.namespace)];
    for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        let shown = if field == "generateName" { &metadata.generate_name } else { text };
        if text.len() > spec::NAME_BYTES_MAX || !spec::is_subdomain(text) {
            return Err(problem(
                format!("`{shown}` cannot be the {field} of a workflow"),
                "lower case letters, digits, `-` and `.` make a name of at most 253 bytes, which begins and ends with a \
                 letter or a digit",
            ));
        }
    }
    Ok(())
}

/// Files of this machine stand in for artifacts of the workflow.
fn fill(workflow: &mut spec::Workflow, world: &World) {
    for name in world.artifacts.keys() {
        let location = file_location(name);
        let artifacts = &mut workflow.spec.arguments.artifacts;
        match artifacts.iter_mut().find(|artifact| artifact.name == *name) {
            Some(artifact) => artifact.location = location,
            None => artifacts.push(spec::Artifact { name: name.clone(), location, ..Default::default() }),
        }
    }
}

/// Images that a notice names.
const IMAGES_SHOWN: usize = 4;

/// What this machine does differently from a cluster, in words: once for all workflows.
fn notices(jobs: &[Job]) -> String {
    let images: BTreeSet<&str> =
        jobs.iter().flat_map(|job| job.findings.images.iter().map(String::as_str)).collect();
    let fields: BTreeSet<&str> =
        jobs.iter().flat_map(|job| job.findings.without_effect.iter().map(String::as_str)).collect();
    let mut text = String::new();
    if !images.is_empty() {
        let more = if images.len() > IMAGES_SHOWN { ", …" } else { "" };
        let images: Vec<&str> = images.into_iter().take(IMAGES_SHOWN).collect();
        text.push_str(&format!(
            "notice: steps run as processes of this machine; images are not used ({}{more})\n",
            images.join(", ")
        ));
    }
    if !fields.is_empty() {
        let fields: Vec<&str> = fields.into_iter().collect();
        text.push_str(&format!("notice: without effect on this machine: {}\n", fields.join(", ")));
    }
    let stores: BTreeSet<String> = jobs.iter().filter_map(|job| elsewhere(&job.frozen)).collect();
    stores.iter().for_each(|store| text.push_str(store));
    text
}

/// Where a workflow's artifacts would go if its driver were here.
fn elsewhere(frozen: &Frozen) -> Option<String> {
    let (workflow, _) = effective(frozen).ok()?;
    let found = repository::find(frozen, &workflow.spec).ok()?;
    let (kind, place) = found.store()?;
    Some(format!(
        "notice: artifacts go to the local store, under the keys of `{place}`; the driver `{kind}` is not supported yet\n"
    ))
}

fn dry_run(jobs: Vec<Job>, format: Option<Format>) -> anyhow::Result<ExitCode> {
    for (at, job) in jobs.iter().enumerate() {
        let (workflow, _) = effective(&job.frozen).map_err(anyhow::Error::msg)?;
        let mut document = serde_json::json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow" });
        if let (Some(document), serde_json::Value::Object(fields)) =
            (document.as_object_mut(), serde_json::to_value(&workflow)?)
        {
            document.extend(fields);
        }
        let format = format.unwrap_or(Format::Yaml);
        if at > 0 && format == Format::Yaml {
            to_stdout("---\n");
        }
        output::print(&document, format)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Begins a run, and leaves it to a process of its own.
fn begin_detached(
    local: &mut Local,
    job: Job,
    uid: String,
    world: &World,
    show: &Show,
) -> anyhow::Result<()> {
    let (engine, summary) = begin(local, job, uid, world, show, None)?;
    // Whatever was started meanwhile goes on and is found again.
    engine.finish(Steps::GoOn)?;
    let mut child = std::process::Command::new(std::env::current_exe()?);
    child.args(["continue", "--quiet", "-n", &summary.namespace, &summary.name]);
    child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A terminal that is closed, or Ctrl-C in it, is not meant for it.
    child.process_group(0);
    child.env_remove("TIPHYS_SERVER").env_remove("ARGO_SERVER").spawn()?;
    let form = match show.output {
        Some(Format::Name) => Some(Form::Name),
        Some(Format::Json) => Some(Form::Json),
        Some(Format::Yaml) => Some(Form::Yaml),
        None => None,
    };
    if show.follows && form == Some(Form::Yaml) {
        to_stdout("---\n");
    }
    if form.is_some() || !show.quiet {
        again::shown(local, &summary, form, &Then::default())?;
    }
    Ok(())
}

fn start(
    local: &mut Local,
    job: Job,
    uid: String,
    world: &World,
    show: &Show,
    signals: &Signals,
) -> anyhow::Result<Left> {
    let (follower, updates) = mpsc::channel();
    let (engine, summary) = begin(local, job, uid, world, show, Some(follower))?;
    show.say(&format!("{} started\n", summary.name));
    // Everything since the first event will be heard, so following begins with a run of which nothing has happened.
    let seen = match show.looks() {
        true => {
            let plan = compile(&local.kept(&summary)?.0).map_err(anyhow::Error::msg)?;
            Some((Run::new(plan.into()), 0))
        }
        false => None,
    };
    drive(local, engine, &summary, seen, updates, show, signals)
}

/// Submits a run to an engine of this process.
fn begin(
    local: &mut Local,
    mut job: Job,
    uid: String,
    world: &World,
    show: &Show,
    follower: Option<mpsc::Sender<Update>>,
) -> anyhow::Result<(Engine, Summary)> {
    let metadata = &mut job.frozen.workflow.metadata;
    if !metadata.name.is_empty() {
        refuse_taken(local, &metadata.namespace, &metadata.name)?;
    }
    // A manifest taken from a cluster brings the identity of another run along.
    metadata.uid = uid;
    metadata.resource_version.clear();
    metadata.creation_timestamp = None;
    job.frozen.workflow.status = None;
    let engine = Engine::start(local, world, &metadata.uid)?;
    engine.controller.subscribe(show.log)?;
    let order = Order {
        frozen: job.frozen,
        secrets: job.secrets,
        files: world.artifacts.clone(),
        world: serde_json::to_value(world)?,
        follower,
    };
    match engine.controller.submit(order)? {
        Ok(summary) => Ok((engine, summary)),
        Err(reason) => {
            engine.finish(Steps::End)?;
            Err(reason.into())
        }
    }
}

/// One run has one name: says what can be done about the one that has it.
fn refuse_taken(local: &mut Local, namespace: &str, name: &str) -> anyhow::Result<()> {
    use tiphys_store::Runs;
    let Some(there) = local.store.find("workflow", namespace, name)? else { return Ok(()) };
    let driver = local.driver(&there.uid)?;
    Err(match (there.finished_us, driver) {
        (Some(_), _) => problem(
            format!("a run named `{name}` exists already; it ended with {}", there.phase),
            format!("give another name with `--name`, or `tiphys delete {name}` first"),
        ),
        (None, Some(pid)) => problem(
            format!("a run named `{name}` is going on, driven by process {pid}"),
            format!("look at it with `tiphys watch {name}`, or give another name with `--name`"),
        ),
        (None, None) => problem(
            format!("a run named `{name}` was begun and has no engine"),
            format!("go on with `tiphys continue {name}`, or give another name with `--name`"),
        ),
    })
}

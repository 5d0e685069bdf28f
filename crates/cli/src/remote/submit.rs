//! `submit` (CLI-030, CLI-031, CLI-040).

use clap::Args;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use tiphys_spec as spec;
use tiphys_spec::{Diagnostic, Strictness, Style};

use super::get::shown;
use super::http::{Server, encode};
use super::lint::{belongs, mistakes_of};
use super::logs::{After, after};
use super::said::{fatal, last_words, misused, said};
use super::view::{self, field, log_line};
use super::{select, stranger, strict, yaml};
use crate::commands::submit::SubmitArgs;
use crate::fetch::is_address;
use crate::load::{files, straight, text};
use crate::print::{print_diagnostics, to_stderr};
use crate::problem::Told;

/// What of a document the command line sets, as in Argo.
#[derive(Args, Clone, Debug, Default)]
pub struct SubmitOptions {
    /// Its name
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
    /// Beginning of the name to make
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    pub generate_name: String,
    /// Begin at this template instead of the manifest's
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    pub entrypoint: String,
    /// Give an argument a value; may be repeated
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub parameter: Vec<String>,
    /// Read argument values from a YAML or JSON map
    #[arg(short = 'f', long, value_name = "FILE")]
    pub parameter_file: Option<String>,
    /// Service account of the pods
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub serviceaccount: String,
    /// Labels to add
    #[arg(short, long, value_name = "KEY=VALUE,…", default_value = "", hide_default_value = true)]
    pub labels: String,
    /// Namespace, where the manifest names none
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
}

impl SubmitOptions {
    /// Sets what was given in a workflow.
    pub fn apply(&self, workflow: &mut Value) -> anyhow::Result<()> {
        self.metadata(workflow)?;
        self.spec(&mut workflow["spec"])
    }

    /// Sets what was given in a schedule.
    pub fn apply_to_cron(&self, cron: &mut Value) -> anyhow::Result<()> {
        self.metadata(cron)?;
        // Of a schedule only one of the two stays; where both are given, the name.
        let other = match (self.name.is_empty(), self.generate_name.is_empty()) {
            (false, _) => "generateName",
            (true, false) => "name",
            (true, true) => "",
        };
        fields(&mut cron["metadata"]).remove(other);
        self.spec(&mut cron["spec"]["workflowSpec"])
    }

    /// Where there is a name, what one could be made of means nothing (OB-395).
    fn metadata(&self, object: &mut Value) -> anyhow::Result<()> {
        let metadata = fields(&mut object["metadata"]);
        for (field, given) in [("name", &self.name), ("generateName", &self.generate_name)] {
            if !given.is_empty() {
                metadata.insert(field.to_owned(), json!(given));
            }
        }
        for (key, value) in self.labels()? {
            fields(metadata.entry("labels").or_insert(json!({}))).insert(key, json!(value));
        }
        Ok(())
    }

    fn labels(&self) -> anyhow::Result<Vec<(String, String)>> {
        if self.labels.is_empty() {
            return Ok(Vec::new());
        }
        let pair = |part: &str| match part.split_once('=') {
            Some(("", value)) if !value.contains('=') => Err("unexpected empty label key".to_owned()),
            Some((key, value)) if !value.contains('=') => Ok((key.to_owned(), value.to_owned())),
            _ => Err(format!("unexpected label spec: {part}")),
        };
        let pairs: Result<_, String> = self.labels.split(',').map(pair).collect();
        pairs.map_err(|why| {
            let form = "NAME1=VALUE2,NAME2=VALUE2";
            said(format!("expected labels of the form: {form}. Received: {}: {why}", self.labels))
        })
    }

    fn spec(&self, spec: &mut Value) -> anyhow::Result<()> {
        let given = self.parameters()?;
        let spec = fields(spec);
        if !self.entrypoint.is_empty() {
            spec.insert("entrypoint".to_owned(), json!(self.entrypoint));
        }
        if !self.serviceaccount.is_empty() {
            spec.insert("serviceAccountName".to_owned(), json!(self.serviceaccount));
        }
        if given.is_empty() {
            return Ok(());
        }
        // Given ones come first and replace the declared ones whole (CLI-027).
        let arguments = fields(spec.entry("arguments").or_insert(json!({})));
        let declared = arguments.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_given = |one: &Value| given.iter().any(|(name, _)| one["name"] == json!(name));
        let kept: Vec<Value> = declared.into_iter().filter(|one| !is_given(one)).collect();
        let mut list: Vec<Value> =
            given.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        list.extend(kept);
        arguments.insert("parameters".to_owned(), Value::Array(list));
        Ok(())
    }

    /// Values by name: those of the command line before those of the file.
    fn parameters(&self) -> anyhow::Result<Vec<(String, String)>> {
        let mut given: Vec<(String, String)> = Vec::new();
        for pair in &self.parameter {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                said(format!("expected parameter of the form: NAME=VALUE. Received: {pair}"))
            })?;
            match given.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => value.clone_into(known),
                None => given.push((name.to_owned(), value.to_owned())),
            }
        }
        let Some(file) = self.parameter_file.as_ref().filter(|file| !file.is_empty()) else {
            return Ok(given);
        };
        present(file).map_err(said)?;
        let body = text(Path::new(file))?;
        let values = spec::parameter_values(file, &body).map_err(|error| {
            let ours = error.render(None, Style::Plain);
            said(match yaml::reading(&body, &error) {
                Some((_, words)) => format!("{words}\n{ours}"),
                None => format!("cannot read the parameters: {ours}"),
            })
        })?;
        for spec::ParameterValue { name, value, .. } in values {
            if given.iter().all(|(known, _)| *known != name) {
                given.push((name, value));
            }
        }
        Ok(given)
    }
}

/// The fields of an object; what is none becomes an empty one.
fn fields(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("it was made one just now")
}

/// How a verb of Argo's says that a manifest cannot be read.
#[derive(Clone, Copy)]
pub enum Unread {
    /// A line of its log.
    Logged,
    /// Its last words, with what the manifest should have held.
    Fatal(&'static str),
}

impl Unread {
    fn text(self, error: &str) -> String {
        match self {
            Unread::Logged => log_line("ERROR", "Failed to parse workflow", &[("error", error)]),
            Unread::Fatal(what) => last_words(&format!("Failed to parse {what}: {error}")),
        }
    }

    /// A file that is not there.
    fn missing(self, why: String) -> anyhow::Error {
        match self {
            Unread::Logged => said(why),
            Unread::Fatal(_) => fatal(why),
        }
    }
}

/// Refuses a file that is not there, as Argo names it: by its path without roundabout ways.
fn present(name: &str) -> Result<(), String> {
    if name == "-" || is_address(name) || Path::new(name).exists() {
        return Ok(());
    }
    Err(format!("open {}: no such file or directory", straight(Path::new(name)).display()))
}

/// One document of a manifest.
pub struct Manifest {
    pub kind: String,
    pub value: Value,
}

/// The documents of files, as they would be stored. The first file or document with a mistake ends everything: it is told
/// in Argo's words, and then in ours with its place. A document that quietly does not count is a lost one.
pub fn manifests(names: &[String], strict: bool, unread: Unread) -> anyhow::Result<Vec<Manifest>> {
    let strictness = if strict { Strictness::Strict } else { Strictness::Lenient };
    let mut found = Vec::new();
    for name in names {
        present(name).map_err(|why| unread.missing(why))?;
        for file in files(Path::new(name))? {
            let shown = if name == "-" { "stdin".to_owned() } else { file.display().to_string() };
            let body = text(&file)?;
            let parsed = spec::parse(&shown, &body, strictness);
            let flaw = parsed.diagnostics.iter().find(|one| one.is_error());
            let words = flaw
                .map(|flaw| yaml::complaint(&body, flaw).unwrap_or_else(|| unread_of(&body, flaw, &parsed)));
            let texts = BTreeMap::from([(shown, body)]);
            let refuse = |words: &str, diagnostics: &[Diagnostic]| {
                to_stderr(&unread.text(words));
                print_diagnostics(diagnostics, &texts);
                Err(Told.into())
            };
            if let Some(words) = words {
                return refuse(&words, &parsed.diagnostics);
            }
            for (index, document) in parsed.documents.into_iter().enumerate() {
                if let Some((words, ours)) = stranger::complaint(&document, index, strict) {
                    return refuse(&words, &[ours]);
                }
                found.push(Manifest { kind: document.kind, value: document.value });
            }
        }
    }
    Ok(found)
}

/// What Argo says of the document in which the first mistake stands.
fn unread_of(body: &str, flaw: &Diagnostic, parsed: &spec::Parsed) -> String {
    let mut documents = parsed.documents.iter();
    match documents.find(|document| belongs(flaw, document, &parsed.documents)) {
        Some(document) => strict::spoken(body, mistakes_of(document, parsed)),
        None => strict::spoken(body, [flaw]),
    }
}

pub fn submit(server: &Server, args: &SubmitArgs) -> anyhow::Result<ExitCode> {
    refuse(args)?;
    if args.status.as_ref().is_some_and(|status| !status.is_empty()) && !args.then.watch {
        to_stderr(&log_line("WARN", "--status should only be used with --watch", &[]));
    }
    let style = shown(args.status.as_deref().unwrap_or_default(), args.node_field_selector.as_deref());
    let mut made = Vec::new();
    // Each is printed as soon as it is made: of those before one that fails is known that they are there.
    let mut tell = |document: Value| -> anyhow::Result<()> {
        view::workflow(&document, args.output, &style, view::paint(false))?;
        made.push((select::namespace(&document, server).to_owned(), select::name(&document).to_owned()));
        Ok(())
    };
    match &args.from {
        Some(from) => tell(from_resource(server, args, from)?)?,
        None => {
            for (namespace, workflow) in from_files(server, args)? {
                warn_of_plugins(server, &namespace, &workflow);
                tell(create(server, args, &namespace, &workflow)?)?;
            }
        }
    }
    after(server, &made, After::of(&args.then, args.output))
}

/// Tells of templates that no plugin of the server's will take, as `run` tells of those of this machine (EX-475).
///
/// Only a server of ours can say that; whatever another one answers is no reason not to submit.
fn warn_of_plugins(server: &Server, namespace: &str, workflow: &Value) {
    let templates = workflow.pointer("/spec/templates").and_then(Value::as_array);
    if !templates.into_iter().flatten().any(|template| template.get("plugin").is_some()) {
        return;
    }
    let body = json!({ "namespace": namespace, "text": workflow.to_string() });
    let Ok(answer) = server.post("/api/tiphys/v1/lint", &body) else { return };
    for found in answer["diagnostics"].as_array().into_iter().flatten() {
        if found["code"] == "no-plugin" {
            let (message, help) = (field(found, "/message"), field(found, "/help"));
            to_stderr(&format!("warning[no-plugin]: {message}\nhelp: {help}\n"));
        }
    }
}

/// What does not go together (CLI-031).
fn refuse(args: &SubmitArgs) -> anyhow::Result<()> {
    let dry = args.dry_run || args.server_dry_run;
    let then = &args.then;
    if args.from.is_some() && !args.files.is_empty() {
        return Err(misused("cannot combine --from with file arguments", "submit"));
    }
    if let Some(from) = &args.from {
        resource(from)?;
    }
    if then.watch && args.files.len() > 1 {
        return Err(said("cannot watch more than one workflow"));
    }
    if then.wait && then.watch {
        return Err(said("--wait cannot be combined with --watch"));
    }
    for (follows, flag) in [(then.wait, "--wait"), (then.watch, "--watch")] {
        for (dry, other) in [(args.dry_run, "--dry-run"), (args.server_dry_run, "--server-dry-run")] {
            if follows && dry {
                return Err(said(format!("{flag} cannot be combined with {other}")));
            }
        }
    }
    if args.dry_run && args.server_dry_run {
        return Err(said("--dry-run cannot be combined with --server-dry-run"));
    }
    if dry && args.output.is_none() {
        let flag = if args.dry_run { "--dry-run" } else { "--server-dry-run" };
        return Err(said(format!("{flag} should have an output option")));
    }
    Ok(())
}

fn failed(error: anyhow::Error) -> anyhow::Error {
    said(format!("failed to submit workflow: {error}"))
}

/// The workflows of the files, with the namespaces that they go to.
fn from_files(server: &Server, args: &SubmitArgs) -> anyhow::Result<Vec<(String, Value)>> {
    let mut workflows = Vec::new();
    for Manifest { kind, mut value } in manifests(&args.files, args.strict, Unread::Logged)? {
        if kind != "Workflow" {
            to_stderr(&log_line(
                "WARN",
                "Object is not of kind Workflow. Ignoring...",
                &[("name", select::name(&value))],
            ));
            continue;
        }
        args.options.apply(&mut value)?;
        if let Some(priority) = args.priority {
            fields(&mut value["spec"]).insert("priority".to_owned(), json!(priority));
        }
        let namespace = select::namespace(&value, server).to_owned();
        fields(&mut value["metadata"]).insert("namespace".to_owned(), json!(namespace));
        workflows.push((namespace, value));
    }
    if workflows.is_empty() {
        return Err(said("no workflow found in given files"));
    }
    if args.then.watch && workflows.len() > 1 {
        return Err(said("cannot watch more than one workflow"));
    }
    Ok(workflows)
}

fn create(server: &Server, args: &SubmitArgs, namespace: &str, workflow: &Value) -> anyhow::Result<Value> {
    let mut body = json!({ "namespace": namespace, "workflow": workflow });
    if args.dry_run {
        body["createOptions"] = json!({ "dryRun": ["All"] });
    }
    if args.server_dry_run {
        body["serverDryRun"] = json!(true);
    }
    server.post(&format!("/api/v1/workflows/{}", encode(namespace)), &body).map_err(failed)
}

/// A time that is none, for what a template or a schedule makes: only that can have one.
const NO_SCHEDULED_TIME: &str =
    "scheduled-time contains invalid time.RFC3339 format. (e.g.: `2006-01-02T15:04:05-07:00`)";

/// The kind and the name of what a workflow is made from.
fn resource(from: &str) -> anyhow::Result<(&str, &str)> {
    from.split_once('/').ok_or_else(|| {
        said(format!(
            "resource identifier '{from}' is malformed. Should be `kind/name`, e.g. cronwf/hello-world-cwf"
        ))
    })
}

fn from_resource(server: &Server, args: &SubmitArgs, from: &str) -> anyhow::Result<Value> {
    let (kind, name) = resource(from)?;
    let options = &args.options;
    // What is no pair is the server's to refuse, as labels are: it makes the workflow.
    let parameters: Vec<String> = if options.parameter.iter().all(|pair| pair.contains('=')) {
        options.parameters()?.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    } else {
        options.parameter.clone()
    };
    let mut submit = json!({
        "name": options.name,
        "generateName": options.generate_name,
        "entryPoint": options.entrypoint,
        "parameters": parameters,
        "serviceAccount": options.serviceaccount,
        "labels": options.labels,
        "dryRun": args.dry_run,
        "serverDryRun": args.server_dry_run,
    });
    if let Some(priority) = args.priority {
        submit["priority"] = json!(priority);
    }
    if let Some(time) = args.scheduled_time.as_ref().filter(|time| !time.is_empty()) {
        select::check_time(time).map_err(|_| said(NO_SCHEDULED_TIME))?;
        submit["annotations"] = json!(format!("workflows.argoproj.io/scheduled-time={time}"));
    }
    let body = json!({
        "namespace": server.namespace,
        "resourceKind": kind,
        "resourceName": name,
        "submitOptions": submit,
    });
    server.post(&format!("/api/v1/workflows/{}/submit", encode(&server.namespace)), &body).map_err(failed)
}

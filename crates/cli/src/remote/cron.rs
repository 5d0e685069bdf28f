//! `cron` (CLI-110 to CLI-116).

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_engine::Time;
use tiphys_engine::cron::schedule;

use super::catalog::{DeleteArgs, LintArgs, ListArgs};
use super::http::{Query, Server, encode};
use super::lint::{lint_kind, some};
use super::said::{count, fatal, said};
use super::select;
use super::submit::{Manifest, SubmitOptions, Unread, manifests};
use super::view::{Form, ListForm, field, log_line, time};
use crate::output;
use crate::print::{clean_line, duration, instant, table, to_stderr, to_stdout};
use crate::state::now;

#[derive(Subcommand)]
pub enum Action {
    /// List schedules
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show schedules
    Get(super::catalog::GetArgs),
    /// Make new schedules
    Create(CreateArgs),
    /// Replace schedules that are there
    Update(UpdateArgs),
    /// Delete schedules
    Delete(DeleteArgs),
    /// Let schedules start nothing
    Suspend(NamesArgs),
    /// Let schedules start workflows again
    Resume(NamesArgs),
    /// Check manifests
    Lint(LintArgs),
    /// Start what a schedule would have started between two times
    Backfill(BackfillArgs),
}

#[derive(ClapArgs)]
pub struct CreateArgs {
    #[command(flatten)]
    pub update: UpdateArgs,
    /// This schedule instead of the manifest's
    #[arg(long, value_name = "CRON")]
    pub schedule: Option<String>,
}

#[derive(ClapArgs)]
pub struct UpdateArgs {
    /// Manifests: files, folders, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<String>,
    #[command(flatten)]
    pub options: SubmitOptions,
    /// How they are printed
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Form>,
    /// Refuse unknown fields
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub strict: bool,
}

#[derive(ClapArgs)]
pub struct NamesArgs {
    /// Names
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
}

#[derive(ClapArgs)]
pub struct BackfillArgs {
    /// The schedule
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// From when
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
    pub start: String,
    /// Until when
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
    pub end: String,
    /// How the times are written: RFC1123, RFC3339, or a layout like `2006-01-02`
    #[arg(long, value_name = "FORMAT", default_value = "RFC1123")]
    pub format: String,
    /// The parameter that gets each time
    #[arg(long, value_name = "NAME", default_value = "cronScheduleTime")]
    pub argname: String,
    /// A name for what is made
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
    /// All of them at once, not one after the other
    #[arg(long)]
    pub parallel: bool,
    /// Most times in one workflow
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub maxworkflowcount: usize,
    /// Namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
}

impl Action {
    /// The namespace that is named.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Action::List(args) => args.namespace.as_deref(),
            Action::Get(args) => args.namespace.as_deref(),
            Action::Create(args) => args.update.options.namespace.as_deref(),
            Action::Update(args) => args.options.namespace.as_deref(),
            Action::Delete(args) => args.namespace.as_deref(),
            Action::Suspend(args) | Action::Resume(args) => args.namespace.as_deref(),
            Action::Lint(args) => args.namespace.as_deref(),
            Action::Backfill(args) => args.namespace.as_deref(),
        }
    }
}

fn all(namespace: &str) -> String {
    format!("/api/v1/cron-workflows/{}", encode(namespace))
}

fn one(namespace: &str, name: &str) -> String {
    format!("{}/{}", all(namespace), encode(name))
}

pub fn cron(server: &Server, action: &Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::List(args) => list(server, args)?,
        Action::Get(args) => {
            count(&args.names, 1..=usize::MAX, "cron get")?;
            for name in &args.names {
                let found = server.get(&one(&server.namespace, name), &Vec::new())?;
                print(&found, args.output)?;
            }
        }
        Action::Create(args) => create(server, args)?,
        Action::Update(args) => update(server, args)?,
        Action::Delete(args) => {
            let mut names = args.names.clone();
            if args.all {
                let found = server.get(&all(&server.namespace), &Vec::new())?;
                let items = found.get("items").and_then(Value::as_array).into_iter().flatten();
                names.extend(items.map(|item| select::name(item).to_owned()));
            }
            for name in names {
                server.delete(&one(&server.namespace, &name), &Vec::new())?;
            }
        }
        Action::Suspend(args) => each(server, &args.names, "suspend", "suspended")?,
        Action::Resume(args) => each(server, &args.names, "resume", "resumed")?,
        Action::Lint(args) => {
            some(&args.files, "cron lint")?;
            let files: &[PathBuf] = &args.files;
            return lint_kind(Some(server), "CronWorkflow", files, args.output, args.strict, args.no_color);
        }
        Action::Backfill(args) => super::archive::backfill(server, args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn each(server: &Server, names: &[String], action: &str, done: &str) -> anyhow::Result<()> {
    for name in names {
        let body = json!({ "name": name, "namespace": server.namespace });
        server.put(&format!("{}/{action}", one(&server.namespace, name)), &body)?;
        to_stdout(&format!("CronWorkflow '{name}' {done}\n"));
    }
    Ok(())
}

fn documents(server: &Server, args: &UpdateArgs) -> anyhow::Result<Vec<(Value, String)>> {
    let mut found = Vec::new();
    for Manifest { kind, value, .. } in manifests(&args.files, args.strict, Unread::Fatal("cron workflow"))? {
        if kind != "CronWorkflow" {
            to_stderr(&log_line(
                "WARN",
                "Object is not of kind CronWorkflow. Ignoring...",
                &[("name", select::name(&value))],
            ));
            continue;
        }
        let mut value = value;
        let namespace = select::namespace(&value, server).to_owned();
        value["metadata"]["namespace"] = json!(namespace);
        args.options.apply_to_cron(&mut value)?;
        found.push((value, namespace));
    }
    if found.is_empty() {
        return Err(fatal("No CronWorkflows found in given files"));
    }
    Ok(found)
}

fn create(server: &Server, args: &CreateArgs) -> anyhow::Result<()> {
    count(&args.update.files, 1..=usize::MAX, "cron create")?;
    for (mut cron, namespace) in documents(server, &args.update)? {
        if let Some(schedule) = &args.schedule {
            cron["spec"]["schedules"] = json!([schedule]);
        }
        let body = json!({ "namespace": namespace, "cronWorkflow": cron });
        let made = server
            .post(&all(&namespace), &body)
            .map_err(|error| said(format!("failed to create cron workflow: {error}")))?;
        // Whatever form is asked for, Argo prints the view (CLI-112).
        print(&made, None)?;
    }
    Ok(())
}

fn update(server: &Server, args: &UpdateArgs) -> anyhow::Result<()> {
    count(&args.files, 1..=usize::MAX, "cron update")?;
    for (mut cron, namespace) in documents(server, args)? {
        let name = select::name(&cron).to_owned();
        let there = server.get(&one(&namespace, &name), &Vec::new()).map_err(|error| {
            said(format!("failed to get existing cron workflow \"{name}\" to update: {error}"))
        })?;
        cron["metadata"]["resourceVersion"] = there["metadata"]["resourceVersion"].clone();
        let body = json!({ "namespace": namespace, "name": name, "cronWorkflow": cron });
        let changed = server
            .put(&one(&namespace, &name), &body)
            // Argo calls it so (CLI-113).
            .map_err(|error| said(format!("failed to update workflow template: {error}")))?;
        print(&changed, None)?;
    }
    Ok(())
}

fn schedules(cron: &Value) -> Vec<String> {
    let list = cron.pointer("/spec/schedules").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// When it fires next.
fn next(cron: &Value) -> Option<Time> {
    let zone = field(cron, "/spec/timezone");
    let after = now().timestamp();
    let times = schedules(cron);
    let times = times.iter().filter_map(|text| schedule::parse(text, zone).ok()?.next(after));
    times.min().map(Time::from_timestamp)
}

fn list(server: &Server, args: &ListArgs) -> anyhow::Result<()> {
    let namespace = if args.all_namespaces { "" } else { &server.namespace };
    let query: Query = vec![("listOptions.labelSelector", args.selector.clone().unwrap_or_default())];
    let found = server.get(&all(namespace), &query)?;
    let items = found.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if args.output == Some(ListForm::Name) {
        let names: Vec<String> = items.iter().map(|item| format!("{}\n", select::name(item))).collect();
        to_stdout(&names.concat());
        return Ok(());
    }
    let names = ["NAME", "AGE", "LAST RUN", "NEXT RUN", "SCHEDULES", "TIMEZONE", "SUSPENDED"];
    let spaces = args.all_namespaces.then_some("NAMESPACE");
    let mut rows: Vec<Vec<String>> = vec![spaces.into_iter().chain(names).map(str::to_owned).collect()];
    let now = now();
    for cron in &items {
        let since = |text: &str| match Time::parse(text) {
            Some(at) => duration(now.since_us(at) / 1_000_000),
            None => "N/A".to_owned(),
        };
        let mut row = vec![
            select::name(cron).to_owned(),
            since(field(cron, "/metadata/creationTimestamp")),
            since(field(cron, "/status/lastScheduledTime")),
            next(cron).map_or("N/A".to_owned(), |at| duration(at.since_us(now) / 1_000_000)),
            schedules(cron).join(","),
            field(cron, "/spec/timezone").to_owned(),
            (cron.pointer("/spec/suspend") == Some(&Value::Bool(true))).to_string(),
        ];
        if args.all_namespaces {
            row.insert(0, field(cron, "/metadata/namespace").to_owned());
        }
        rows.push(row);
    }
    to_stdout(&table(&rows, 3));
    Ok(())
}

fn print(cron: &Value, form: Option<Form>) -> anyhow::Result<()> {
    match form {
        Some(Form::Name) => return output::print(cron, output::Format::Name),
        Some(Form::Json) => return output::print(cron, output::Format::Json),
        Some(Form::Yaml) => return output::print(cron, output::Format::Yaml),
        None | Some(Form::Wide) => {}
    }
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<30} {}", clean_line(value.as_bytes()));
    };
    line("Name:", select::name(cron));
    line("Namespace:", field(cron, "/metadata/namespace"));
    line("Created:", &time(field(cron, "/metadata/creationTimestamp")));
    line("Schedules:", &schedules(cron).join(","));
    line("Suspended:", &(cron.pointer("/spec/suspend") == Some(&Value::Bool(true))).to_string());
    if !field(cron, "/spec/timezone").is_empty() {
        line("Timezone:", field(cron, "/spec/timezone"));
    }
    if let Some(seconds) = cron.pointer("/spec/startingDeadlineSeconds").and_then(Value::as_i64) {
        line("StartingDeadlineSeconds:", &seconds.to_string());
    }
    if !field(cron, "/spec/concurrencyPolicy").is_empty() {
        line("ConcurrencyPolicy:", field(cron, "/spec/concurrencyPolicy"));
    }
    if !field(cron, "/status/lastScheduledTime").is_empty() {
        line("LastScheduledTime:", &time(field(cron, "/status/lastScheduledTime")));
    }
    if let Some(next) = next(cron) {
        let next = instant(next, now());
        line("NextScheduledTime:", &format!("{next} (assumes workflow-controller is in UTC)"));
    }
    let active = cron.pointer("/status/active").and_then(Value::as_array).cloned().unwrap_or_default();
    if !active.is_empty() {
        let names: Vec<&str> = active.iter().filter_map(|one| one["name"].as_str()).collect();
        line("Active Workflows:", &names.join(", "));
    }
    let conditions =
        cron.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    if !conditions.is_empty() {
        line("Conditions:", "");
        for condition in &conditions {
            let value = match field(condition, "/message") {
                "" => field(condition, "/status"),
                message => message,
            };
            // Argo marks only this one (CLI-111).
            let sign = if field(condition, "/type") == "SubmissionError" { "✖" } else { "" };
            line(&format!("{sign} {}", field(condition, "/type")), value);
        }
    }
    let parameters = cron.pointer("/spec/workflowSpec/arguments/parameters").and_then(Value::as_array);
    for (at, parameter) in parameters.into_iter().flatten().enumerate() {
        if at == 0 {
            line("Workflow Parameters:", "");
        }
        let value = ["/value", "/default"].into_iter().find_map(|field| parameter.pointer(field)?.as_str());
        // One that a ConfigMap will fill has a place, and no value yet.
        if value.is_some() || parameter.get("valueFrom").is_some() {
            line(&format!("  {}:", field(parameter, "/name")), value.unwrap_or_default());
        }
    }
    to_stdout(&text);
    Ok(())
}

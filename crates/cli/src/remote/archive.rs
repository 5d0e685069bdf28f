//! `archive` (CLI-120 to CLI-125), and `cron backfill` (CLI-116).

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use tiphys_engine::Time;
use tiphys_engine::cron::schedule;
use tiphys_expr::time::Zone;

use super::cron::BackfillArgs;
use super::get::terms;
use super::http::{Query, Server, encode};
use super::list;
use super::logs::{After, after};
use super::said::{count, help, misused, needed, said};
use super::select::{self, Narrow, Selector};
use super::view::{self, Form, field};
use crate::commands::again::{ResubmitHow, RetryHow, Then};
use crate::output;
use crate::print::{instant, service_account, to_stdout};
use crate::state::now;

/// Ended workflows that a server keeps
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys archive list
  tiphys archive list -l team=search
  tiphys archive get build-x7k2p -o yaml
  tiphys archive retry build-x7k2p
  tiphys archive resubmit build-x7k2p
  tiphys archive delete build-x7k2p
  tiphys archive list-label-keys
  tiphys archive list-label-values -l team")]
pub struct Args {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Subcommand)]
pub enum Action {
    /// List them
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show one
    Get(GetArgs),
    /// Delete some
    Delete(DeleteArgs),
    /// Run failed steps again
    Retry(RetryArgs),
    /// Make new workflows that do the same
    Resubmit(ResubmitArgs),
    /// List the keys of their labels
    ListLabelKeys(KeysArgs),
    /// List the values of a label
    ListLabelValues(ValuesArgs),
}

#[derive(ClapArgs)]
pub struct ListArgs {
    /// Those that match this label query
    #[arg(short = 'l', long, value_name = "QUERY")]
    pub selector: Option<String>,
    /// How they are printed
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "wide")]
    pub output: Form,
    /// How many are asked for at once
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub chunk_size: i64,
    /// Namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
}

#[derive(ClapArgs, Default)]
pub struct IdKind {
    /// It is a name, whatever it looks like
    #[arg(long)]
    pub name: bool,
    /// It is a uid, whatever it looks like
    #[arg(long)]
    pub uid: bool,
    /// Namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GetForm {
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// More lines
    Wide,
}

#[derive(ClapArgs)]
pub struct GetArgs {
    /// Its name or uid
    #[arg(value_name = "NAME|UID")]
    pub ids: Vec<String>,
    /// How it is printed
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "wide")]
    pub output: GetForm,
    #[command(flatten)]
    pub kind: IdKind,
}

#[derive(ClapArgs)]
pub struct DeleteArgs {
    /// Their names or uids
    #[arg(value_name = "NAME|UID")]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub kind: IdKind,
}

#[derive(ClapArgs)]
pub struct RetryArgs {
    /// Their names or uids
    #[arg(value_name = "NAME|UID")]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub selector: Selector,
    #[command(flatten)]
    pub how: RetryHow,
    #[command(flatten)]
    pub kind: IdKind,
}

#[derive(ClapArgs)]
pub struct ResubmitArgs {
    /// Their names or uids
    #[arg(value_name = "NAME|UID")]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub selector: Selector,
    #[command(flatten)]
    pub how: ResubmitHow,
    #[command(flatten)]
    pub kind: IdKind,
}

#[derive(ClapArgs)]
pub struct KeysArgs {
    /// Namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
}

#[derive(ClapArgs)]
pub struct ValuesArgs {
    /// The label's key
    #[arg(short = 'l', long, value_name = "KEY")]
    pub selector: Option<String>,
    /// Namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
}

impl Action {
    /// The namespace that is named.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Action::List(args) => args.namespace.as_deref(),
            Action::Get(args) => args.kind.namespace.as_deref(),
            Action::Delete(args) => args.kind.namespace.as_deref(),
            Action::Retry(args) => args.kind.namespace.as_deref(),
            Action::Resubmit(args) => args.kind.namespace.as_deref(),
            Action::ListLabelKeys(args) => args.namespace.as_deref(),
            Action::ListLabelValues(args) => args.namespace.as_deref(),
        }
    }
}

const PATH: &str = "/api/v1/archived-workflows";

pub fn archive(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::List(args) => {
            let found = listed(
                server,
                args.selector.as_deref().unwrap_or_default(),
                "",
                usize::try_from(args.chunk_size).unwrap_or(0),
            )?;
            let mut found = found;
            list::sort(&mut found);
            list::print(
                &found,
                Some(args.output),
                &list::Columns { namespace: true, uid: true, header: true },
            )?;
        }
        Action::Get(args) => get(server, args)?,
        Action::Delete(args) => {
            for id in &args.ids {
                let uid = resolve(server, id, &args.kind)?;
                server.delete(&format!("{PATH}/{}", encode(&uid)), &Vec::new())?;
                to_stdout(&format!("Archived workflow '{id}' deleted\n"));
            }
        }
        Action::Retry(args) => return retry(server, args),
        Action::Resubmit(args) => return resubmit(server, args),
        Action::ListLabelKeys(_) => {
            let query: Query = vec![("namespace", server.namespace.clone())];
            print_items(&server.get("/api/v1/archived-workflows-label-keys", &query)?);
        }
        Action::ListLabelValues(args) => {
            let selector = args.selector.clone().ok_or_else(|| needed("selector"))?;
            let query: Query =
                vec![("namespace", server.namespace.clone()), ("listOptions.labelSelector", selector)];
            print_items(&server.get("/api/v1/archived-workflows-label-values", &query)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_items(answer: &Value) {
    let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
    to_stdout(&items.filter_map(Value::as_str).map(|item| format!("{item}\n")).collect::<String>());
}

fn listed(server: &Server, labels: &str, prefix: &str, chunk: usize) -> anyhow::Result<Vec<Value>> {
    let space = format!("metadata.namespace={}", server.namespace);
    if !prefix.is_empty() {
        let query: Query = vec![
            (
                "listOptions.fieldSelector",
                format!("metadata.namespace={},metadata.name={prefix}", server.namespace),
            ),
            ("nameFilter", "Exact".to_owned()),
        ];
        let page = server.get(PATH, &query)?;
        return Ok(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
    }
    let narrow = Narrow {
        selector: Selector { selector: None, field_selector: Some(space) },
        chunk,
        ..Narrow::default()
    };
    select::pages(server, PATH, &narrow, labels)
}

/// The uid that a name or a uid means (CLI-125).
fn resolve(server: &Server, id: &str, kind: &IdKind) -> anyhow::Result<String> {
    if kind.name && kind.uid {
        return Err(said(
            "if any flags in the group [name uid] are set none of the others can be; [name uid] were all set",
        ));
    }
    if kind.uid || (!kind.name && is_uid(id)) {
        return Ok(id.to_owned());
    }
    let mut found = listed(server, "", id, 0).map_err(|error| said(format!("resolve UID: {error}")))?;
    found.retain(|workflow| select::name(workflow) == id);
    match found.as_slice() {
        [] => Err(said(format!("resolve UID: archived workflow '{id}' not found"))),
        [one] => Ok(field(one, "/metadata/uid").to_owned()),
        several => {
            let now = now();
            let at = |workflow: &Value, pointer: &str| {
                Time::parse(field(workflow, pointer)).map(|at| instant(at, now)).unwrap_or_default()
            };
            let lines: String = several
                .iter()
                .map(|workflow| {
                    format!(
                        "\n  {} (Created: {}, Finished: {})",
                        field(workflow, "/metadata/uid"),
                        at(workflow, "/metadata/creationTimestamp"),
                        at(workflow, "/status/finishedAt")
                    )
                })
                .collect();
            Err(said(format!(
                "resolve UID: Multiple archived workflows found with name '{id}':{lines}\nPlease specify the UID."
            )))
        }
    }
}

/// Lower-case, in five groups.
fn is_uid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn get(server: &Server, args: &GetArgs) -> anyhow::Result<()> {
    if args.kind.name && args.kind.uid {
        resolve(server, "", &args.kind)?;
    }
    count(&args.ids, 1..=1, "archive get")?;
    let uid = resolve(server, &args.ids[0], &args.kind)?;
    let document = server.get(&format!("{PATH}/{}", encode(&uid)), &Vec::new())?;
    print(document, args.output);
    Ok(())
}

/// Prints a workflow as the archive's verbs do: JSON on one line, and an empty line after YAML.
fn print(document: Value, form: GetForm) {
    to_stdout(&match form {
        GetForm::Json => format!("{}\n", output::in_order(document)),
        GetForm::Yaml => format!("{}\n", output::yaml(&document)),
        GetForm::Wide => summary(&document),
    });
}

/// The header lines alone, as the archive's verbs print them.
fn summary(document: &Value) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| text.push_str(&format!("{name:<20} {value}\n"));
    line("Name:", select::name(document));
    line("Namespace:", field(document, "/metadata/namespace"));
    line(
        "ServiceAccount:",
        service_account(document).unwrap_or("unset (will run with the default ServiceAccount)"),
    );
    line("Status:", field(document, "/status/phase"));
    if !field(document, "/status/message").is_empty() {
        line("Message:", field(document, "/status/message"));
    }
    line("Created:", &view::time(field(document, "/metadata/creationTimestamp")));
    let (started, finished) = (field(document, "/status/startedAt"), field(document, "/status/finishedAt"));
    if !started.is_empty() {
        line("Started:", &view::time(started));
    }
    if !finished.is_empty() {
        line("Finished:", &view::time(finished));
    }
    if let Some(started) = Time::parse(started) {
        let until = Time::parse(finished).unwrap_or_else(now);
        line("Duration:", &crate::print::long_duration(until.since_us(started) / 1_000_000));
    }
    text
}

/// The uids that are meant, each once.
fn meant(server: &Server, ids: &[String], kind: &IdKind, selector: &Selector) -> anyhow::Result<Vec<String>> {
    let mut uids = Vec::new();
    for id in ids {
        uids.push(resolve(server, id, kind)?);
    }
    if !selector.is_empty() {
        let space = format!("metadata.namespace={}", server.namespace);
        let fields = match &selector.field_selector {
            Some(own) if !own.is_empty() => format!("{space},{own}"),
            _ => space,
        };
        let narrow = Narrow {
            selector: Selector { selector: None, field_selector: Some(fields) },
            ..Narrow::default()
        };
        let labels = selector.selector.clone().unwrap_or_default();
        for found in select::pages(server, PATH, &narrow, &labels)? {
            uids.push(field(&found, "/metadata/uid").to_owned());
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    uids.retain(|uid| seen.insert(uid.clone()));
    Ok(uids)
}

fn retry(server: &Server, args: &RetryArgs) -> anyhow::Result<ExitCode> {
    if args.ids.is_empty() && args.selector.is_empty() {
        return Err(misused("requires either selector or workflow", "archive retry"));
    }
    terms(&args.how.node_field_selector)?;
    let uids = meant(server, &args.ids, &args.kind, &args.selector)?;
    let body = |uid: &str| {
        json!({
            "uid": uid,
            "namespace": server.namespace,
            "restartSuccessful": args.how.restart_successful,
            "nodeFieldSelector": args.how.node_field_selector,
            "parameters": args.how.parameter,
        })
    };
    again(server, &uids, "retry", &body, args.how.output, &args.how.then)
}

fn resubmit(server: &Server, args: &ResubmitArgs) -> anyhow::Result<ExitCode> {
    let uids = meant(server, &args.ids, &args.kind, &args.selector)?;
    let body = |uid: &str| {
        json!({
            "uid": uid,
            "namespace": server.namespace,
            "memoized": args.how.memoized,
            "parameters": args.how.parameter,
        })
    };
    again(server, &uids, "resubmit", &body, args.how.output, &args.how.then)
}

fn again(
    server: &Server,
    uids: &[String],
    action: &str,
    body: &dyn Fn(&str) -> Value,
    form: Option<Form>,
    then: &Then,
) -> anyhow::Result<ExitCode> {
    let mut made = Vec::new();
    for uid in uids {
        let changed = server.put(&format!("{PATH}/{}/{action}", encode(uid)), &body(uid))?;
        made.push((select::namespace(&changed, server).to_owned(), select::name(&changed).to_owned()));
        let form = match form {
            Some(Form::Json) => GetForm::Json,
            Some(Form::Yaml) => GetForm::Yaml,
            // Argo prints the lines for every other form.
            _ => GetForm::Wide,
        };
        print(changed, form);
    }
    if made.len() != 1 {
        return Ok(ExitCode::SUCCESS);
    }
    after(server, &made, After::of(then, form))
}

/// Most times that are looked at: a schedule of every minute over years would never end.
const TIMES_MAX: usize = 100_000;

/// Starts what a schedule would have started between two times (CLI-116).
pub fn backfill(server: &Server, args: &BackfillArgs) -> anyhow::Result<()> {
    let Some(name) = args.names.first() else {
        to_stdout(&help("cron backfill"));
        return Ok(());
    };
    if args.start.is_empty() {
        return Err(said("start date should not be empty"));
    }
    let from = instant_of(&args.start, &args.format)?;
    let until = if args.end.is_empty() { now().timestamp() } else { instant_of(&args.end, &args.format)? };
    let path = format!("/api/v1/cron-workflows/{}/{}", encode(&server.namespace), encode(name));
    let cron = server.get(&path, &Vec::new())?;
    let list = cron.pointer("/spec/schedules").and_then(Value::as_array).cloned().unwrap_or_default();
    let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    let joined = texts.join(",");
    if texts.len() != 1 {
        let fields = joined.split_whitespace().count();
        return Err(said(format!("expected exactly 5 fields, found {fields}: [{joined}]")));
    }
    let schedule = schedule::parse(texts[0], field(&cron, "/spec/timezone")).map_err(said)?;
    let mut times = Vec::new();
    let mut at = from;
    while let Some(next) = schedule.next(at).filter(|next| *next <= until) {
        if times.len() == TIMES_MAX {
            return Err(said(format!("there are more than {TIMES_MAX} times between --start and --end")));
        }
        times.push(next);
        at = next;
    }
    if times.is_empty() {
        to_stdout("There is no suitable scheduling time.");
        return Ok(());
    }
    let label = if args.name.is_empty() { format!("{name}-backfill") } else { args.name.clone() };
    let path = format!("/api/v1/workflows/{}", encode(&server.namespace));
    let make = |workflow: Value, more: Value| {
        let body = json!({ "namespace": server.namespace, "workflow": workflow, "createOptions": more });
        server.post(&path, &body).map(|answer| select::name(&answer).to_owned())
    };
    let monitors = || {
        let parts = times.chunks(args.maxworkflowcount.max(1));
        parts.map(|part| backfill_workflow(&cron, name, &label, part, args))
    };
    // What is wrong with them is found before anything is made.
    monitors().take(1).try_for_each(|workflow| make(workflow, json!({ "dryRun": ["All"] })).map(drop))?;
    let is_ours = field(&server.get("/api/v1/version", &Vec::new())?, "/goVersion").starts_with("tiphys-");
    let made: Vec<String> = if is_ours {
        // No cluster is there that a workflow could make others through: they are made here.
        let children = times.iter().map(|at| child(&cron, name, &label, &time_text(at), args));
        children.map(|workflow| make(workflow, Value::Null)).collect::<Result<_, _>>()?
    } else {
        monitors().map(|workflow| make(workflow, Value::Null)).collect::<Result<_, _>>()?
    };
    to_stdout(&format!(
        "Created {} backfill workflow{} for {} scheduled time{} of cron workflow '{name}'\n",
        made.len(),
        if made.len() == 1 { "" } else { "s" },
        times.len(),
        if times.len() == 1 { "" } else { "s" },
    ));
    made.iter().for_each(|name| to_stdout(&format!("  {name}\n")));
    Ok(())
}

fn instant_of(text: &str, format: &str) -> anyhow::Result<jiff::Timestamp> {
    let layout = match format {
        "RFC3339" => "2006-01-02T15:04:05Z07:00",
        "RFC1123" => "Mon, 02 Jan 2006 15:04:05 MST",
        // As Go writes layouts.
        layout => layout,
    };
    // What names no zone is UTC (CLI-116).
    let read = tiphys_expr::time::parse(layout, text, &Arc::new(Zone::Utc));
    read.map(|time| time.instant).map_err(said)
}

fn time_text(at: &jiff::Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string()
}

/// What the schedule would have started at a time (CR-151).
fn child(cron: &Value, name: &str, label: &str, time: &str, args: &BackfillArgs) -> Value {
    let mut spec = cron.pointer("/spec/workflowSpec").cloned().unwrap_or_default();
    let parameters =
        spec.pointer("/arguments/parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut own: Vec<Value> =
        parameters.into_iter().filter(|one| one["name"] != json!(args.argname)).collect();
    own.push(json!({ "name": args.argname, "value": time }));
    if !spec["arguments"].is_object() {
        spec["arguments"] = json!({});
    }
    spec["arguments"]["parameters"] = Value::Array(own);
    spec["priority"] = json!(i32::MAX);
    if !args.parallel {
        spec["synchronization"] = json!({ "mutexes": [{ "name": format!("{name}-{label}") }] });
    }
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": { "generateName": format!("{name}-{label}-"), "labels": { "backfill": name } },
        "spec": spec,
    })
}

/// A workflow whose one step makes a workflow for each time.
fn backfill_workflow(
    cron: &Value,
    name: &str,
    label: &str,
    times: &[jiff::Timestamp],
    args: &BackfillArgs,
) -> Value {
    let values: Vec<String> = times.iter().map(time_text).collect();
    let child = child(cron, name, label, "{{inputs.parameters.backfillscheduletime}}", args);
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": { "generateName": "backfill-wf-", "labels": { "backfill": name } },
        "spec": {
            "entrypoint": "main",
            "templates": [
                { "name": "main", "steps": [[{
                    "name": "create-workflow",
                    "template": "create-workflow",
                    "arguments": { "parameters": [{ "name": "backfillscheduletime", "value": "{{item}}" }] },
                    "withParam": json!(values).to_string(),
                }]] },
                {
                    "name": "create-workflow",
                    "inputs": { "parameters": [{ "name": "backfillscheduletime" }] },
                    "resource": { "action": "create", "manifest": child.to_string() },
                },
            ],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::instant_of;

    /// CLI-116: any layout of Go's.
    #[test]
    fn times_are_read_in_any_layout() {
        let read =
            |text, format| instant_of(text, format).map(|at| at.to_string()).map_err(|e| e.to_string());
        assert_eq!(read("2025-12-31", "2006-01-02").unwrap(), "2025-12-31T00:00:00Z");
        assert_eq!(read("31.12.2025 07:30", "02.01.2006 15:04").unwrap(), "2025-12-31T07:30:00Z");
        let rfc3339 = "2006-01-02T15:04:05Z07:00";
        assert_eq!(read("2025-12-31T07:30:00+01:00", rfc3339).unwrap(), "2025-12-31T06:30:00Z");
        assert_eq!(read("2025-12-31T07:30:00Z", "RFC3339").unwrap(), "2025-12-31T07:30:00Z");
        assert_eq!(read("Wed, 31 Dec 2025 07:30:00 UTC", "RFC1123").unwrap(), "2025-12-31T07:30:00Z");
        let refused = read("yesterday", "2006-01-02").unwrap_err();
        assert_eq!(
            refused,
            "parsing time \"yesterday\" as \"2006-01-02\": cannot parse \"yesterday\" as \"2006\""
        );
        let refused = read("x", "RFC1123").unwrap_err();
        assert_eq!(
            refused,
            "parsing time \"x\" as \"Mon, 02 Jan 2006 15:04:05 MST\": cannot parse \"x\" as \"Mon\""
        );
    }
}

//! `template` and `cluster-template` (CLI-100 to CLI-104).

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_server::LabelQuery;

use super::http::{Query, Server, encode};
use super::lint::{Output as LintOutput, lint_kind, some};
use super::said::{count, fatal, said};
use super::select;
use super::submit::{Manifest, Unread, manifests};
use super::view::{self, Form, ListForm, field, log_line};
use crate::print::{table, to_stderr, to_stdout};

/// Workflow templates of a server
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys template list
  tiphys template get build -o yaml
  tiphys template create build.yaml
  tiphys template update build.yaml
  tiphys template delete build
  tiphys template lint build.yaml")]
pub struct TemplateArgs {
    #[command(subcommand)]
    pub action: Action,
}

/// Cluster-wide workflow templates of a server
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys cluster-template list
  tiphys cluster-template get shared -o yaml
  tiphys cluster-template create shared.yaml
  tiphys cluster-template update shared.yaml
  tiphys cluster-template delete shared
  tiphys cluster-template lint shared.yaml")]
pub struct ClusterArgs {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Subcommand)]
pub enum Action {
    /// List them
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show some
    Get(GetArgs),
    /// Make new ones
    Create(FileArgs),
    /// Replace some that are there
    Update(FileArgs),
    /// Delete some
    Delete(DeleteArgs),
    /// Check manifests
    Lint(LintArgs),
}

#[derive(ClapArgs)]
pub struct ListArgs {
    /// Those of all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// How they are printed
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<ListForm>,
    /// Those that match this label query
    #[arg(short = 'l', long, value_name = "QUERY")]
    pub selector: Option<String>,
    /// Namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
}

#[derive(ClapArgs)]
pub struct GetArgs {
    /// Names
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// How they are printed
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Form>,
    /// Namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
}

#[derive(ClapArgs)]
pub struct FileArgs {
    /// Manifests: files, folders, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<String>,
    /// How they are printed
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Form>,
    /// Refuse unknown fields
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub strict: bool,
    /// Namespace, where the manifest names none
    #[arg(short, long)]
    pub namespace: Option<String>,
}

#[derive(ClapArgs)]
pub struct DeleteArgs {
    /// Names
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All of them
    #[arg(long)]
    pub all: bool,
    /// Namespace
    #[arg(short, long)]
    pub namespace: Option<String>,
}

#[derive(ClapArgs)]
pub struct LintArgs {
    /// Manifests: files, folders, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How mistakes are printed
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "pretty")]
    pub output: LintOutput,
    /// Refuse unknown fields
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub strict: bool,
    /// Leave colours out
    #[arg(long)]
    pub no_color: bool,
    /// Namespace, where the manifest names none
    #[arg(short, long)]
    pub namespace: Option<String>,
}

impl Action {
    /// The namespace that is named.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Action::List(args) => args.namespace.as_deref(),
            Action::Get(args) => args.namespace.as_deref(),
            Action::Create(args) | Action::Update(args) => args.namespace.as_deref(),
            Action::Delete(args) => args.namespace.as_deref(),
            Action::Lint(args) => args.namespace.as_deref(),
        }
    }
}

/// What the verbs of one kind differ in.
struct Kind {
    kind: &'static str,
    verb: &'static str,
    path: &'static str,
    /// As errors call it.
    words: &'static str,
    namespaced: bool,
}

const TEMPLATE: Kind = Kind {
    kind: "WorkflowTemplate",
    verb: "template",
    path: "/api/v1/workflow-templates",
    words: "workflow template",
    namespaced: true,
};

const CLUSTER: Kind = Kind {
    kind: "ClusterWorkflowTemplate",
    verb: "cluster-template",
    path: "/api/v1/cluster-workflow-templates",
    words: "cluster workflow template",
    namespaced: false,
};

pub fn template(server: &Server, args: &TemplateArgs) -> anyhow::Result<ExitCode> {
    perform(server, &TEMPLATE, &args.action)
}

pub fn cluster_template(server: &Server, args: &ClusterArgs) -> anyhow::Result<ExitCode> {
    perform(server, &CLUSTER, &args.action)
}

impl Kind {
    fn all(&self, namespace: &str) -> String {
        if self.namespaced { format!("{}/{}", self.path, encode(namespace)) } else { self.path.to_owned() }
    }

    fn one(&self, namespace: &str, name: &str) -> String {
        format!("{}/{}", self.all(namespace), encode(name))
    }

    /// What did not come about. Of those of the cluster Argo tells the name, and two blanks (CLI-104).
    fn failed(&self, action: &str, template: &Value, error: &anyhow::Error) -> anyhow::Error {
        let which = if self.namespaced { String::new() } else { format!("{},  ", select::name(template)) };
        said(format!("failed to {action} {}: {which}{error}", self.words))
    }
}

fn perform(server: &Server, kind: &Kind, action: &Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::List(args) => list(server, kind, args)?,
        Action::Get(args) => {
            for name in &args.names {
                let found = server.get(&kind.one(&server.namespace, name), &Vec::new())?;
                view::template(&found, args.output, kind.namespaced)?;
            }
        }
        Action::Create(args) => {
            count(&args.files, 1..=usize::MAX, &format!("{} create", kind.verb))?;
            for (template, namespace) in of_kind(server, kind, args)? {
                let body = json!({ "namespace": namespace, "template": &template });
                let made = server
                    .post(&kind.all(&namespace), &body)
                    .map_err(|error| kind.failed("create", &template, &error))?;
                view::template(&made, args.output, kind.namespaced)?;
            }
        }
        Action::Update(args) => {
            count(&args.files, 1..=usize::MAX, &format!("{} update", kind.verb))?;
            for (template, namespace) in of_kind(server, kind, args)? {
                let changed = replace(server, kind, template, &namespace)?;
                view::template(&changed, args.output, kind.namespaced)?;
            }
        }
        Action::Delete(args) => {
            // With all of them, no name counts.
            let names = if args.all { names_of_all(server, kind)? } else { args.names.clone() };
            for name in names {
                server.delete(&kind.one(&server.namespace, &name), &Vec::new())?;
                to_stdout(&format!("{} '{name}' deleted\n", kind.kind));
            }
        }
        Action::Lint(args) => {
            some(&args.files, &format!("{} lint", kind.verb))?;
            return lint_kind(Some(server), kind.kind, &args.files, args.output, args.strict, args.no_color);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn names_of_all(server: &Server, kind: &Kind) -> anyhow::Result<Vec<String>> {
    let all = server.get(&kind.all(&server.namespace), &Vec::new())?;
    let items = all.get("items").and_then(Value::as_array).into_iter().flatten();
    Ok(items.map(|item| select::name(item).to_owned()).collect())
}

fn list(server: &Server, kind: &Kind, args: &ListArgs) -> anyhow::Result<()> {
    let namespace = if args.all_namespaces { "" } else { &server.namespace };
    if kind.namespaced {
        // What cannot be read is the user's own mistake: no server is asked.
        LabelQuery::parse(args.selector.as_deref().unwrap_or_default()).map_err(said)?;
    }
    let query: Query = vec![("listOptions.labelSelector", args.selector.clone().unwrap_or_default())];
    let all = server.get(&kind.all(namespace), &query)?;
    let items = all.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if args.output == Some(ListForm::Name) {
        let names: Vec<String> = items.iter().map(|item| format!("{}\n", select::name(item))).collect();
        to_stdout(&names.concat());
        return Ok(());
    }
    let spaces = args.all_namespaces && kind.namespaced;
    let mut header = vec!["NAME".to_owned()];
    if spaces {
        header.insert(0, "NAMESPACE".to_owned());
    }
    let mut rows = vec![header];
    for item in &items {
        let mut row = vec![select::name(item).to_owned()];
        if spaces {
            row.insert(0, field(item, "/metadata/namespace").to_owned());
        }
        rows.push(row);
    }
    to_stdout(&table(&rows, 3));
    Ok(())
}

/// The documents of a kind in the files, with the namespaces that they go to.
fn of_kind(server: &Server, kind: &Kind, args: &FileArgs) -> anyhow::Result<Vec<(Value, String)>> {
    let mut found = Vec::new();
    for Manifest { kind: own, value, .. } in manifests(&args.files, args.strict, Unread::Fatal(kind.words))? {
        if own != kind.kind {
            let name = select::name(&value);
            to_stderr(&log_line(
                "WARN",
                &format!("Object is not of kind {}. Ignoring...", kind.kind),
                &[("name", name)],
            ));
            continue;
        }
        let namespace =
            if kind.namespaced { select::namespace(&value, server).to_owned() } else { String::new() };
        let mut value = value;
        if kind.namespaced {
            value["metadata"]["namespace"] = json!(namespace);
        }
        found.push((value, namespace));
    }
    if found.is_empty() {
        return Err(fatal(format!("No {} found in given files", kind.words)));
    }
    Ok(found)
}

/// Puts a document in the place of the one that is there.
fn replace(server: &Server, kind: &Kind, mut template: Value, namespace: &str) -> anyhow::Result<Value> {
    let name = select::name(&template).to_owned();
    let there = server.get(&kind.one(namespace, &name), &Vec::new()).map_err(|error| {
        said(format!("failed to get existing {} \"{name}\" to update: {error}", kind.words))
    })?;
    template["metadata"]["resourceVersion"] = there["metadata"]["resourceVersion"].clone();
    let body = json!({ "namespace": namespace, "name": &name, "template": &template });
    server.put(&kind.one(namespace, &name), &body).map_err(|error| kind.failed("update", &template, &error))
}

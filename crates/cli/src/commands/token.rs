//! `tiphys token`: who else may use a server.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use jiff::{SignedDuration, Span, Timestamp};
use serde_json::{Value, json};
use std::process::ExitCode;

use crate::print::{clean_line, table, to_stderr, to_stdout};
use crate::problem::problem;
use crate::remote::{Server, encode};

/// Make, list and revoke tokens of a server
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys token create ci --role operator --namespace team-a --ttl 90d
  tiphys token list
  tiphys token revoke ci
  tiphys token link")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a token and print it; it is shown only now
    Create(Create),
    /// List all tokens, without what they are
    List {
        /// `json` for programs
        #[arg(short, long, value_enum)]
        output: Option<Output>,
    },
    /// Make a token void at once
    Revoke {
        /// Its name
        name: String,
    },
    /// Print a link that makes one browser known, once
    Link {
        /// What the browser may do
        #[arg(long, default_value = "admin")]
        role: Role,
    },
}

#[derive(ClapArgs)]
struct Create {
    /// What it is called; shown wherever it is used
    name: String,
    /// What it may do: viewers read, operators run and change, admins also give out tokens and secrets
    #[arg(long, value_enum, default_value = "viewer")]
    role: Role,
    /// Where it is good; everywhere if not given. May be repeated
    #[arg(short, long = "namespace", value_name = "NAME", value_delimiter = ',')]
    namespaces: Vec<String>,
    /// How long it is good, for instance `12h` or `90d`; for ever if not given
    #[arg(long, value_name = "TIME")]
    ttl: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    Viewer,
    Operator,
    Admin,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Output {
    Json,
}

pub fn run(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    match &args.verb {
        Verb::Create(create) => {
            let body = json!({
                "name": create.name,
                "role": create.role.name(),
                "namespaces": create.namespaces,
                "ttlSeconds": create.ttl.as_deref().map(seconds).transpose()?.unwrap_or(0),
            });
            let made = server.post("/api/tiphys/v1/tokens", &body)?;
            to_stdout(&format!("{}\n", made["token"].as_str().unwrap_or_default()));
            let known = server.get("/api/tiphys/v1/namespaces", &Vec::new())?;
            let is_known =
                |name: &String| known["items"].as_array().into_iter().flatten().any(|one| one == name);
            for name in create.namespaces.iter().filter(|name| !is_known(name)) {
                to_stderr(&format!(
                    "notice: there is no namespace `{name}` yet: apply one (`kind: Namespace`), or start the server with \
                     `--namespaces {name}`\n"
                ));
            }
        }
        Verb::List { output } => {
            let listed = server.get("/api/tiphys/v1/tokens", &Vec::new())?;
            let items = listed["items"].as_array().cloned().unwrap_or_default();
            match output {
                Some(Output::Json) => to_stdout(&format!("{}\n", serde_json::to_string_pretty(&items)?)),
                None => to_stdout(&listing(&items)),
            }
        }
        Verb::Revoke { name } => {
            server.delete(&format!("/api/tiphys/v1/tokens/{}", encode(name)), &Vec::new())?;
            to_stdout(&format!("token {} revoked\n", clean_line(name.as_bytes())));
        }
        Verb::Link { role } => {
            let made = server.post("/api/tiphys/v1/links", &json!({ "role": role.name() }))?;
            to_stdout(&format!("{}{}\n", server.base(), made["path"].as_str().unwrap_or_default()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn listing(items: &[Value]) -> String {
    let time = |value: &Value| {
        value
            .as_i64()
            .and_then(|us| Timestamp::from_microsecond(us).ok())
            .map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
    };
    let head = ["NAME", "ROLE", "NAMESPACES", "CREATED", "ENDS"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(head)
        .chain(items.iter().map(|item| {
            let text = |field: &str| item[field].as_str().unwrap_or_default().to_owned();
            let spaces: Vec<&str> =
                item["namespaces"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let spaces = if spaces.is_empty() { "all".to_owned() } else { spaces.join(",") };
            vec![text("name"), text("role"), spaces, time(&item["createdUs"]), time(&item["expiresUs"])]
        }))
        .collect();
    table(&rows, 3)
}

/// A length of time as people write it, in seconds.
fn seconds(text: &str) -> anyhow::Result<i64> {
    let wrong = || problem(format!("`--ttl {text}` is no length of time"), "for instance `12h` or `90d`");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let long = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if long <= SignedDuration::ZERO {
        return Err(wrong());
    }
    Ok(long.as_secs().max(1))
}

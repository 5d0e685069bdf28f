//! `version`, `server-info`, `auth token` (CLI-049, CLI-051).

use clap::{Args as ClapArgs, Subcommand};
use serde_json::Value;
use std::process::ExitCode;

use super::connect::Connect;
use super::http::Server;
use super::said::said;
use super::view::field;
use crate::output;
use crate::print::to_stdout;

/// Ask who we are
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  ARGO_TOKEN='Bearer …' tiphys auth token -s flows.example.com:2746")]
pub struct AuthArgs {
    #[command(subcommand)]
    action: AuthAction,
}

#[derive(Subcommand)]
enum AuthAction {
    /// Print what is sent to a server to prove who we are
    Token,
}

/// Prints the text of the `Authorization` header.
pub fn auth(connect: &Connect, args: &AuthArgs) -> anyhow::Result<ExitCode> {
    let AuthAction::Token = args.action;
    let token = connect.token_or_own().ok_or_else(|| said("could not find a token"))?;
    to_stdout(&format!("{token}\n"));
    Ok(ExitCode::SUCCESS)
}

/// Prints what the server says about itself.
pub fn version(server: &Server, short: bool) -> anyhow::Result<ExitCode> {
    let told = server.get("/api/v1/version", &Vec::new())?;
    to_stdout(&block("argo-server", &told, short));
    Ok(ExitCode::SUCCESS)
}

/// The lines of one version.
fn block(who: &str, told: &Value, short: bool) -> String {
    let mut text = format!("{who}: {}\n", field(told, "/version"));
    if short {
        return text;
    }
    for (title, pointer) in [
        ("BuildDate", "/buildDate"),
        ("GitCommit", "/gitCommit"),
        ("GitTreeState", "/gitTreeState"),
        ("GitTag", "/gitTag"),
        ("GoVersion", "/goVersion"),
        ("Compiler", "/compiler"),
        ("Platform", "/platform"),
    ] {
        match field(told, pointer) {
            "" if title == "GitTag" => {}
            value => text.push_str(&format!("  {title}: {value}\n")),
        }
    }
    text
}

/// Prints what a server offers: its namespace, links and columns.
pub fn server_info(server: &Server) -> anyhow::Result<ExitCode> {
    let info = server.get("/api/v1/info", &Vec::new())?;
    to_stdout(&output::json(&info, 2)?);
    Ok(ExitCode::SUCCESS)
}

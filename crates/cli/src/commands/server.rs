//! `tiphys server`: one process for a team.

use anyhow::Context;
use clap::{Args as ClapArgs, ValueEnum};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_runner::step::Isolation;
use tiphys_server::{AuthMode, Options, Server, is_guarded};

use crate::problem::problem;
use crate::state;

/// Serve Argo's interface, schedules aside, over one state folder
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys server --auth-mode none
  tiphys server --port 2746 --namespaces team-a,team-b
  ARGO_SERVER=localhost:2746 ARGO_HTTP1=true ARGO_SECURE=false argo list")]
pub struct Args {
    /// The port to listen on
    #[arg(short, long, default_value_t = 2746)]
    port: u16,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// The path under which browsers see the server, behind a proxy
    #[arg(long, default_value = "/", value_name = "PATH")]
    base_href: String,
    /// Who may call: `token` asks everybody for a token, `none` asks nobody
    #[arg(long, default_value = "token")]
    auth_mode: Mode,
    /// Namespaces that exist beside `default`
    #[arg(long, value_delimiter = ',')]
    namespaces: Vec<String>,
    /// Steps that may run at once
    #[arg(short, long)]
    jobs: Option<usize>,
    /// Whether steps get a root file system of their own
    #[arg(long, default_value = "sandbox")]
    isolation: Separation,
    /// What images would have contributed
    #[arg(long)]
    image_map: Vec<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Token,
    None,
}

#[derive(Clone, Copy, ValueEnum)]
enum Separation {
    Sandbox,
    None,
}

/// Serves until it is interrupted; steps run on and are found again.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let address = SocketAddr::new(args.address, args.port);
    let mut options = Options::new(state::dir()?, address);
    options.base_href.clone_from(&args.base_href);
    options.auth = match args.auth_mode {
        Mode::Token => AuthMode::Token,
        Mode::None => AuthMode::None,
    };
    if !is_guarded(args.address, options.auth) {
        return Err(problem(
            "everybody who reaches this address could run programs here",
            "leave out `--auth-mode none`, or listen on 127.0.0.1",
        ));
    }
    options.namespaces.clone_from(&args.namespaces);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    options.jobs = args.jobs.unwrap_or((2 * cores).max(8));
    options.place.isolation = match args.isolation {
        Separation::Sandbox => Isolation::Sandbox,
        Separation::None => Isolation::None,
    };
    for file in &args.image_map {
        options.place.images.load(file).with_context(|| format!("cannot use {}", file.display()))?;
    }
    let needs_token = options.auth == AuthMode::Token;
    let server = Server::start(options)?;
    eprintln!("tiphys serves http://{}", server.address());
    if needs_token {
        let name = format!("console-{}", std::process::id());
        eprintln!("token of an administrator, shown once: {}", server.token(&name, "admin", &[])?);
    }
    let stop = server.stop();
    let mut signals = signal_hook::iterator::Signals::new([
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ])?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            stop.now();
        }
    });
    server.run()?;
    Ok(ExitCode::SUCCESS)
}

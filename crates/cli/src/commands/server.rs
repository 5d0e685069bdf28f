//! `tiphys server`: one process for a team.

use anyhow::Context;
use clap::{Args as ClapArgs, ValueEnum};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use tiphys_runner::step::Isolation;
use tiphys_server::{AuthMode, Format, Options, Server, Tls, is_guarded, write_logs};

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
    /// A further name under which the server is reached; `*.example.com` means all below it
    #[arg(long = "allowed-host", value_name = "NAME", value_delimiter = ',')]
    allowed_hosts: Vec<String>,
    /// The origin of another place whose pages may use the server
    #[arg(long, value_name = "ORIGIN")]
    access_control_allow_origin: Option<String>,
    /// Requests a second that one client may make, 0 for any number; usually 1000 for other machines
    #[arg(long, value_name = "NUMBER")]
    api_rate_limit: Option<u32>,
    /// Encrypt with a certificate that the server makes and signs itself
    #[arg(long, value_name = "HOW", conflicts_with_all = ["tls_cert", "tls_key"])]
    tls: Option<TlsKind>,
    /// Encrypt with the certificate of this PEM file
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// How lines of the server's own log look
    #[arg(long, default_value = "text")]
    log_format: LogFormat,
    /// What goes into the log: error, warn, info, debug, trace or off
    #[arg(long, default_value = "info", value_name = "LEVEL")]
    loglevel: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum TlsKind {
    SelfSigned,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
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
    options.allowed_hosts.clone_from(&args.allowed_hosts);
    options.allow_origin.clone_from(&args.access_control_allow_origin);
    options.rate = args.api_rate_limit;
    options.tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(Tls::Files { certificate: certificate.clone(), key: key.clone() })
        }
        _ => args.tls.map(|TlsKind::SelfSigned| Tls::SelfSigned),
    };
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
    let format = match args.log_format {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    write_logs(format, &args.loglevel);
    let server = Server::start(options)?;
    eprintln!("tiphys serves {}", server.url());
    if needs_token {
        eprintln!("open in a browser, once: {}", server.link());
        eprintln!(
            "commands of this user find it by themselves; for others: tiphys token create NAME --role viewer"
        );
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

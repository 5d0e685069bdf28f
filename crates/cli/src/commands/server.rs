//! `tiphys server`: one process for a team (CLI-048).

use anyhow::Context;
use clap::{Args as ClapArgs, ValueEnum};
use listenfd::ListenFd;
use rustix::io::{FdFlags, fcntl_setfd};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tiphys_runner::step::Isolation;
use tiphys_server::config::Config;
use tiphys_server::{
    AuthMode, Format, Level, Options, Reload, ServeError, Server, Tls, Traces, is_guarded, say, write_logs,
};
use tiphys_spec as spec;

use crate::problem::problem;
use crate::state;
use crate::world::keeps_artifacts;

/// Serve Argo's interface, schedules and the web pages over one state folder
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys server --auth-mode none
  tiphys server --port 2746 --namespaces team-a,team-b
  ARGO_SERVER=localhost:2746 ARGO_HTTP1=true ARGO_SECURE=false argo list")]
pub struct Args {
    /// The port to listen on; 2746 if nothing else is said
    #[arg(short, long)]
    port: Option<u16>,
    /// The address to listen on; 127.0.0.1 if nothing else is said
    #[arg(long)]
    address: Option<IpAddr>,
    /// The path under which browsers see the server, behind a proxy
    #[arg(long, default_value = "/", value_name = "PATH")]
    base_href: String,
    /// Who may call: `token` asks everybody for a token, `none` asks nobody
    #[arg(long)]
    auth_mode: Option<Mode>,
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
    /// A file of settings; read again on SIGHUP. `tiphys config check FILE` says what is wrong with one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How lines of the server's own log look
    #[arg(long, default_value = "text")]
    log_format: LogFormat,
    /// What goes into the log: error, warn, info, debug, trace or off
    #[arg(long, default_value = "info", value_name = "LEVEL", value_parser = LEVELS, hide_possible_values = true)]
    loglevel: String,
}

/// Longest name of a namespace, as in Kubernetes.
const NAMESPACE_BYTES_MAX: usize = 63;

/// What can go into the log.
const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

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
    let format = match args.log_format {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    write_logs(format, &args.loglevel);
    let options = options(args, format)?;
    if !is_guarded(options.address.ip(), options.auth) {
        return Err(problem(
            "everybody who reaches this address could run programs here",
            "leave out `--auth-mode none`, or listen on 127.0.0.1",
        ));
    }
    sensible(&options)?;
    let needs_token = options.auth == AuthMode::Token;
    let is_open = !options.address.ip().is_loopback() && options.tls.is_none();
    let may_reload = args.config.is_some() || options.tls.is_some();
    // Whoever asks for new settings while it starts does not end it.
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP])?;
    let server = Server::start(options).map_err(helped)?;
    let tell = |text: &str| say(format, Level::INFO, text);
    tell(&format!("tiphys serves {}", server.url()));
    if is_open {
        let text = "other machines reach it without encryption, their tokens can be read on the way: give \
                    --tls self-signed or --tls-cert and --tls-key, unless a proxy on this machine encrypts";
        say(format, Level::WARN, text);
    }
    if needs_token {
        match format {
            Format::Text => tell(&format!("open in a browser, once: {}", server.link())),
            // Who may read a log that is kept need not be an administrator.
            Format::Json => tell("a link for a browser: tiphys token link"),
        }
        tell(
            "commands of this user find it by themselves; for others: tiphys token create NAME --role viewer",
        );
    }
    let (stop, reload) = (server.stop(), server.reload());
    let config = args.config.clone();
    for signal in [SIGINT, SIGTERM] {
        signals.add_signal(signal)?;
    }
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if signal == SIGHUP && may_reload {
                read_again(config.as_deref(), &reload, format);
            } else {
                stop.now();
            }
        }
    });
    server.run()?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses names that can never be right.
fn sensible(options: &Options) -> anyhow::Result<()> {
    for name in &options.namespaces {
        if name.len() > NAMESPACE_BYTES_MAX || name.contains('.') || !spec::is_subdomain(name) {
            return Err(problem(
                format!("`{name}` cannot be a namespace"),
                format!(
                    "lower case letters, digits and `-` make a name of at most {NAMESPACE_BYTES_MAX} bytes"
                ),
            ));
        }
    }
    for host in &options.allowed_hosts {
        if host.is_empty() || host.contains(['/', ' ', '@']) {
            return Err(problem(
                format!("`{host}` is no name of a host"),
                "give the name alone, without `https://` and without a path: `flows.example.com`",
            ));
        }
    }
    Ok(())
}

/// The same error, with what to do about it where that is known.
fn helped(error: ServeError) -> anyhow::Error {
    let text = error.to_string();
    let help = match &error {
        ServeError::Io { error, .. } if error.kind() == std::io::ErrorKind::AddrInUse => {
            "another program, perhaps another server, has this port: give another one with `--port`"
        }
        ServeError::Io { what, error }
            if error.kind() == std::io::ErrorKind::PermissionDenied && what.contains("listen") =>
        {
            "ports below 1024 need the right to use them: give a larger one with `--port`"
        }
        ServeError::Io { error, .. } if error.kind() == std::io::ErrorKind::NotFound => {
            "look whether the file is there and its name right"
        }
        _ => return error.into(),
    };
    problem(text, help)
}

/// The socket that systemd, or whatever else started this program, has opened for it: connections wait there while one
/// server goes and the next one comes.
fn inherited() -> anyhow::Result<Option<TcpListener>> {
    let unusable = |reason: String| {
        problem(
            format!("the socket that this program was started with cannot be used: {reason}"),
            "hand over one TCP socket that listens, as packaging/tiphys.socket does",
        )
    };
    let mut given = ListenFd::from_env();
    if given.len() > 1 {
        return Err(unusable(format!("there are {}", given.len())));
    }
    let socket = given.take_tcp_listener(0).map_err(|error| unusable(error.to_string()))?;
    if let Some(socket) = &socket {
        // Supervisors outlive the server, and need not keep its door open.
        fcntl_setfd(socket, FdFlags::CLOEXEC).map_err(|error| unusable(error.to_string()))?;
    }
    Ok(socket)
}

/// What the command line says over what the settings say.
fn options(args: &Args, format: Format) -> anyhow::Result<Options> {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, 2746));
    let mut options = Options::new(state::dir()?, usual);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    options.jobs = (2 * cores).max(8);
    options.namespaces.clone_from(&args.namespaces);
    options.allowed_hosts.clone_from(&args.allowed_hosts);
    if let Some(file) = &args.config {
        let (config, notices) = Config::read(file)?;
        let warn = |notice: &String| say(format, Level::WARN, &format!("{}: {notice}", file.display()));
        notices.iter().for_each(warn);
        config.apply(&mut options);
        options.settings = config;
    }
    options.address.set_ip(args.address.unwrap_or(options.address.ip()));
    options.address.set_port(args.port.unwrap_or(options.address.port()));
    if let Some(socket) = inherited()? {
        options.address = socket.local_addr()?;
        options.socket = Some(Arc::new(socket));
    }
    if !args.base_href.is_empty() && args.base_href != "/" {
        options.base_href.clone_from(&args.base_href);
    }
    match args.auth_mode {
        Some(Mode::Token) => options.auth = AuthMode::Token,
        Some(Mode::None) => options.auth = AuthMode::None,
        None => {}
    }
    if let Some(origin) = &args.access_control_allow_origin {
        options.allow_origin = Some(origin.clone());
    }
    options.traces = Traces::from_env();
    options.rate = args.api_rate_limit.or(options.rate);
    options.jobs = args.jobs.unwrap_or(options.jobs);
    match (&args.tls_cert, &args.tls_key, args.tls) {
        (Some(certificate), Some(key), _) => {
            options.tls = Some(Tls::Files { certificate: certificate.clone(), key: key.clone() });
        }
        (_, _, Some(TlsKind::SelfSigned)) => options.tls = Some(Tls::SelfSigned),
        _ => {}
    }
    options.place.keeps_artifacts = keeps_artifacts();
    options.place.isolation = match args.isolation {
        Separation::Sandbox => Isolation::Sandbox,
        Separation::None => Isolation::None,
    };
    for file in &args.image_map {
        options.place.images.load(file).with_context(|| format!("cannot use {}", file.display()))?;
    }
    Ok(options)
}

/// Goes by the settings as they are now. Wrong ones change nothing.
fn read_again(config: Option<&Path>, reload: &Reload, format: Format) {
    let warn = |text: &str| say(format, Level::WARN, text);
    match config.map(Config::read).transpose() {
        Ok(read) => {
            if let Some((config, notices)) = read {
                notices.iter().for_each(|notice| warn(notice));
                for key in reload.settings(config) {
                    warn(&format!(
                        "`{key}` is another one now, which counts when the server is started anew"
                    ));
                }
            }
            match reload.certificate() {
                Ok(()) => say(format, Level::INFO, "the settings were read again"),
                Err(error) => say(format, Level::ERROR, &format!("{error}; the certificate stays as it is")),
            }
        }
        Err(error) => say(format, Level::ERROR, &format!("{error}\nthe settings stay as they are")),
    }
}

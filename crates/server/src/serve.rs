//! Starting and ending the server.

use crate::access::{Role, Token, Tokens};
use crate::config::Config;
use crate::hub;
use crate::limits;
use crate::ops::backup;
use crate::ops::listen::{self, Encryption};
use crate::ops::presence::{self, Presence};
use crate::ops::tls::{self, TlsError};
use crate::options::{AuthMode, Options, Tls};
use crate::own::deliveries;
use crate::pages;
use crate::schedules::{self, Desk};
use crate::vault::Vault;
use crate::world::World;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, mpsc};
use tiphys_controller::{Controller, Limits};
use tiphys_runner::process::{self, Options as RunnerOptions, ProcessRunner};
use tiphys_store::{Filter, Life, Runs, State, StoreError};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The name under which runs belong to the server of a state folder.
const ENGINE: &str = "server";

/// Why a server could not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The state folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine cannot start.
    #[error(transparent)]
    Controller(#[from] tiphys_controller::StartError),
    /// Another server has the state folder.
    #[error("{0}")]
    Taken(String),
    /// Something that the server is made of ended.
    #[error("the server cannot go on: {0}")]
    Broken(String),
    /// The server cannot show who it is.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The machine refused something.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        error: std::io::Error,
    },
}

/// A server that listens.
pub struct Server {
    world: Arc<World>,
    runtime: tokio::runtime::Runtime,
    listener: std::net::TcpListener,
    encryption: Encryption,
    address: SocketAddr,
    /// Held as long as the server lives, so that no second one has the state folder; none for a further door.
    lock: Option<std::fs::File>,
    stop: watch::Sender<bool>,
    stopped: watch::Receiver<bool>,
}

/// Ends a server from anywhere.
#[derive(Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Asks the server to end: open answers are given a moment, steps run on.
    pub fn now(&self) {
        // A server that ended already needs no telling.
        let _ = self.0.send(true);
    }
}

impl Server {
    /// Opens the state folder, takes up the runs that were submitted to its server, and listens.
    pub fn start(mut options: Options) -> Result<Server, ServeError> {
        tiphys_runner::share_memory();
        options.base_href = pages::base(&options.base_href);
        let state = State::open(&options.state)?;
        let lock = lock(&state)?;
        options.place.engine = ENGINE.to_owned();
        options.place.artifacts = state.artifacts_dir();
        options.place.claims = state.dir().join("claims");
        options.place.patience = limits::STORE_PATIENCE;
        let runner = RunnerOptions {
            at_once: u32::try_from(options.jobs.max(1)).unwrap_or(u32::MAX),
            sandbox: options.place.isolation != tiphys_runner::step::Isolation::None,
            ..RunnerOptions::new(state.dir(), ENGINE)
        };
        let controller = Controller::start(
            &state,
            options.place.clone(),
            options.jobs,
            Box::new(move |news| Arc::new(ProcessRunner::new(runner, news))),
        )?;
        let (updates, heard) = mpsc::channel();
        // A controller that is gone already is noticed by the first request.
        let unread = Arc::default();
        drop(controller.follow_all(updates, Arc::clone(&unread)));
        let vault = Vault::open(&state)
            .map_err(|error| ServeError::Io { what: "cannot open the vault".to_owned(), error })?;
        let (desk, woken) = Desk::new();
        let world = Arc::new(World::new(options, state, controller, vault, desk, unread));
        let (follower, beat) = (Arc::downgrade(&world), world.pulse.beat("hub"));
        std::thread::Builder::new()
            .name("hub".to_owned())
            .spawn(move || {
                let _beat = beat;
                hub::run(&follower, &heard);
            })
            .map_err(|error| ServeError::Io { what: "cannot start a thread".to_owned(), error })?;
        world.tokens.load(&mut world.state.store()?)?;
        adopt(&world)?;
        if process::found(world.state.dir()).iter().any(|found| found.id == ENGINE && found.is_alive) {
            // A controller that is gone is noticed by the first request.
            drop(world.controller.end_strays());
        }
        world.state.sweep_secrets()?;
        backup::sweep(&world.state);
        world.limit();
        deliveries::recover(&world)?;
        let (keeper, beat) = (Arc::downgrade(&world), world.pulse.beat("schedules"));
        std::thread::Builder::new()
            .name("schedules".to_owned())
            .spawn(move || {
                let _beat = beat;
                schedules::run(&keeper, &woken);
            })
            .map_err(|error| ServeError::Io { what: "cannot start a thread".to_owned(), error })?;
        world
            .keeper
            .start(Arc::downgrade(&world))
            .map_err(|error| ServeError::Io { what: "cannot start a thread".to_owned(), error })?;
        if let Some(traces) = world.options.traces.clone() {
            let started = world.tracer.start(Arc::downgrade(&world), traces);
            started.map_err(|error| ServeError::Io { what: "cannot start a thread".to_owned(), error })?;
        }
        Server::listen(world, Some(lock))
    }

    /// Another door to the same house: its own address, its own idea of who may come in.
    pub fn beside(&self, mut options: Options) -> Result<Server, ServeError> {
        options.base_href = pages::base(&options.base_href);
        Server::listen(Arc::new(self.world.beside(options)), None)
    }

    /// Makes a token as an administrator of this machine, without asking for one.
    pub fn token(&self, name: &str, role: &str, namespaces: &[String]) -> Result<String, ServeError> {
        let token = Token {
            name: name.to_owned(),
            role: role.to_owned(),
            namespaces: namespaces.to_vec(),
            hash: String::new(),
            created_us: self.world.now_us(),
            expires_us: None,
        };
        Ok(self.world.tokens.create(&mut self.world.state.store()?, token)?)
    }

    #[cfg(test)]
    pub(crate) fn world(&self) -> Arc<World> {
        self.world.clone()
    }

    fn listen(world: Arc<World>, lock: Option<std::fs::File>) -> Result<Server, ServeError> {
        let address = world.options.address;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 4))
            .max_blocking_threads(limits::BLOCKING_THREADS_MAX)
            .enable_all()
            .build()
            .map_err(|error| ServeError::Io {
                what: "cannot start the server's threads".to_owned(),
                error,
            })?;
        let socket = world.options.socket.as_ref().filter(|_| lock.is_some());
        let listener = match socket {
            Some(socket) => socket.try_clone(),
            None => std::net::TcpListener::bind(address),
        };
        let listener = listener
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|error| ServeError::Io { what: format!("cannot listen on {address}"), error })?;
        let (stop, stopped) = watch::channel(false);
        let address = listener
            .local_addr()
            .map_err(|error| ServeError::Io { what: "cannot tell the address".to_owned(), error })?;
        let encryption = Encryption::default();
        let server = Server { listener, encryption, address, lock, runtime, world, stop, stopped };
        server.reload().certificate()?;
        if server.lock.is_some() {
            server.announce()?;
        }
        Ok(server)
    }

    /// A way to let it go by other settings while it runs.
    pub fn reload(&self) -> Reload {
        Reload { world: self.world.clone(), encryption: self.encryption.clone(), address: self.address }
    }

    /// A way to end it.
    pub fn stop(&self) -> Stop {
        Stop(self.stop.clone())
    }
}

/// Lets a server go by other settings while it runs; no run notices.
#[derive(Clone)]
pub struct Reload {
    world: Arc<World>,
    encryption: Encryption,
    address: SocketAddr,
}

impl Reload {
    /// Goes by these settings from now on, as far as they need no new start: links, columns, defaults, restrictions,
    /// retention, notifications. What of them differs and does need one is answered.
    pub fn settings(&self, settings: Config) -> Vec<String> {
        let waits = settings.needs_start(&self.world.settings());
        self.world.set_settings(settings);
        waits
    }

    /// Reads the certificate again, for connections from now on.
    pub fn certificate(&self) -> Result<(), ServeError> {
        let options = &self.world.options;
        let Some(tls) = &options.tls else { return Ok(()) };
        let mut names = vec!["localhost".to_owned(), self.world.host.clone()];
        names.extend(options.allowed_hosts.iter().cloned());
        if !self.address.ip().is_unspecified() {
            names.push(self.address.ip().to_string());
        }
        let config = tls::load(tls, &self.world.state.dir().join("tls"), &names)?;
        *self.encryption.write().unwrap_or_else(PoisonError::into_inner) = Some(config);
        Ok(())
    }
}

impl Server {
    /// Lets programs of the same user find the server and come in.
    fn announce(&self) -> Result<(), ServeError> {
        let dir = self.world.state.dir();
        let io = |error| ServeError::Io { what: format!("cannot write to {}", dir.display()), error };
        let token = presence::own_token(dir, Tokens::fresh).map_err(io)?;
        self.world.tokens.set_own(&token);
        let own = dir.join("tls/certificate.pem");
        let certificate = (self.world.options.tls == Some(Tls::SelfSigned)).then_some(own);
        Presence { url: self.url(), pid: std::process::id(), certificate }.write(dir).map_err(io)
    }

    /// Where browsers and programs of this machine reach it.
    pub fn url(&self) -> String {
        let scheme = if self.world.options.tls.is_some() { "https" } else { "http" };
        let address = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => {
                SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.address.port())
            }
            IpAddr::V6(ip) if ip.is_unspecified() => {
                SocketAddr::new(Ipv6Addr::LOCALHOST.into(), self.address.port())
            }
            _ => self.address,
        };
        format!("{scheme}://{address}")
    }

    /// A link that makes one browser known, as an administrator.
    pub fn link(&self) -> String {
        let base = &self.world.options.base_href;
        format!("{}{base}login?code={}", self.url(), self.world.guard.links.give(Role::Admin))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is told to end, or cannot go on: then the error says why.
    pub fn run(self) -> Result<(), ServeError> {
        let Server { world, runtime, listener, encryption, lock, stop, stopped, .. } = self;
        let io = |error| ServeError::Io { what: "cannot serve".to_owned(), error };
        let served = world.clone();
        let places = listen::make_room_for_files(world.options.connections);
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).map_err(io)?;
            let pulse = served.pulse.clone();
            tokio::spawn(async move {
                pulse.stopped().await;
                // One that ends already needs no telling.
                let _ = stop.send(true);
            });
            listen::serve(served, listener, encryption, places, stopped).await;
            Ok::<(), ServeError>(())
        })?;
        let broken = world.pulse.reason();
        runtime.shutdown_timeout(limits::FAREWELL);
        if lock.is_some() {
            // Steps run on; the next server finds them.
            world.controller.leave();
        }
        broken.map_or(Ok(()), |reason| Err(ServeError::Broken(reason)))
    }
}

/// Holds the state folder against a second server.
fn lock(state: &State) -> Result<std::fs::File, ServeError> {
    let path: PathBuf = state.dir().join("server.lock");
    let io = |error| ServeError::Io { what: format!("cannot use {}", path.display()), error };
    let file =
        std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    // Whoever looks whether a server is here holds the lock for a moment.
    let mut looks = 0;
    while let Err(std::fs::TryLockError::WouldBlock) = file.try_lock()
        && looks < limits::LOCK_LOOKS
    {
        looks += 1;
        std::thread::sleep(limits::LOCK_PAUSE);
    }
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(ServeError::Taken(format!(
            "another server uses the state folder {}: end it first, or name another folder by `TIPHYS_STATE_DIR`",
            state.dir().display()
        ))),
        Err(std::fs::TryLockError::Error(error)) => Err(io(error)),
    }
}

/// Takes up every unfinished run that was submitted to the server of this folder. Those that had begun go on; none
/// begins before all are here and it is known who is next (EX-081).
fn adopt(world: &World) -> Result<(), ServeError> {
    // A controller that is gone is noticed at once.
    drop(world.controller.limit(Limits { runs: Some(0), ..Limits::default() }));
    let filter = Filter {
        engine: Some(ENGINE.to_owned()),
        life: Life::Live,
        limit: Filter::LIMIT_MAX,
        ..Filter::default()
    };
    let mut store = world.state.store()?;
    let mut page = filter;
    loop {
        let rows = store.list(&page)?;
        let Some(last) = rows.last() else { return Ok(()) };
        page.after = Some(last.cursor());
        let uids = rows.iter().map(|row| row.uid.clone()).collect();
        let adopted =
            world.controller.adopt_all(uids).map_err(|gone| ServeError::Broken(gone.to_string()))?;
        for (row, adopted) in rows.iter().zip(adopted) {
            // One run that cannot be taken up must not keep the others from it.
            if let Err(reason) = adopted {
                tracing::warn!(run = row.name, %reason, "a run is not taken up");
            }
        }
    }
}

/// Whether an address is reachable from this machine only, or every caller must show a token.
pub fn is_guarded(address: IpAddr, auth: AuthMode) -> bool {
    address.is_loopback() || auth == AuthMode::Token
}

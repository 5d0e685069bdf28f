//! From sockets to requests: accepting, encrypting, and ending without keeping anybody waiting.

use crate::fault::{Code, Fault};
use crate::guard::{self, Peer};
use crate::limits;
use crate::ops::patience::Impatient;
use crate::reply;
use crate::world::World;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::HeaderValue;
use axum::response::Response;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::ServerConfig;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_stream::Stream;

/// What encrypts, if anything does; replaced when certificates are read again.
pub(crate) type Encryption = Arc<RwLock<Option<Arc<ServerConfig>>>>;

/// Pause after the machine refused a connection, so that a full table of files does not become a busy loop.
const PAUSE: Duration = Duration::from_millis(50);

/// Lets this process have as many files open as connections may need, as far as the machine permits. How many
/// of the wanted connections there is room for.
pub(crate) fn make_room_for_files(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX).min(limits::FILES_MAX);
    if limit.current.is_some_and(|current| current < most) {
        // What it has is enough for fewer clients; the others are told to come again.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum });
    }
    let files = getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| files as usize);
    let places = files.saturating_sub(limits::FILES_KEPT.min(files / 2)).clamp(1, wanted);
    if places < wanted {
        tracing::warn!(
            places,
            files,
            "fewer clients than usual have room: the machine lets this process open few files; raise `ulimit -Hn` or `LimitNOFILE`"
        );
    }
    places
}

/// Serves until it is told to end; then open answers have a moment.
pub(crate) async fn serve(
    world: Arc<World>,
    listener: TcpListener,
    encryption: Encryption,
    places: usize,
    mut stopped: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(places));
    let door = Arc::new(Semaphore::new(limits::TURNED_AWAY_MAX));
    let mut is_full = false;
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        while connections.try_join_next().is_some() {}
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let encryption = encryption.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Ok(place) = room.clone().try_acquire_owned() else {
            if !std::mem::replace(&mut is_full, true) {
                tracing::warn!(open = places, "no more connections have room until one of them ends");
            }
            // So many at once that not even this can be said to all of them: they hear nothing.
            if let Ok(turn) = door.clone().try_acquire_owned() {
                connections.spawn(async move {
                    if encryption.is_none() {
                        turn_away(stream).await;
                    }
                    drop(turn);
                });
            }
            continue;
        };
        is_full = false;
        let (world, stopped) = (world.clone(), stopped.clone());
        connections.spawn(async move {
            world.metrics.connections.enter();
            // A connection that breaks off tells nobody anything.
            drop(connection(&world, stream, Peer::from(address), encryption, stopped).await);
            world.metrics.connections.leave();
            drop(place);
        });
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    // Who is not done by then is cut off.
    drop(tokio::time::timeout(limits::FAREWELL, all).await);
}

/// Says that there is no room, whatever is asked.
async fn turn_away(mut stream: TcpStream) {
    let fault = Fault::new(
        Code::ResourceExhausted,
        "the server has as many connections open as it can: try again in a moment",
    );
    let body = reply::go_json(&fault.body());
    let head = format!(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Retry-After: 1\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let said = async {
        stream.write_all(&[head.as_bytes(), &body].concat()).await?;
        stream.shutdown().await?;
        // What is still on its way here would break off what is on its way there.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // Who does not take it in time does without.
    drop(tokio::time::timeout(limits::TURNED_AWAY_WITHIN, said).await);
}

async fn connection(
    world: &Arc<World>,
    stream: TcpStream,
    mut peer: Peer,
    encryption: Option<Arc<ServerConfig>>,
    stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let stream = Impatient::new(stream, world.options.unread);
    match encryption {
        None => speak(world, stream, peer, stopped).await,
        Some(config) => {
            let handshake = TlsAcceptor::from(config).accept(stream);
            let stream = tokio::time::timeout(world.options.silent, handshake).await??;
            peer.encrypted = true;
            speak(world, stream, peer, stopped).await
        }
    }
}

/// Answers the requests of one connection, whatever release of HTTP it speaks (API-002).
async fn speak(
    world: &Arc<World>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(world.options.silent)
        .max_buf_size(limits::HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(limits::HEAD_BYTES_MAX as u32)
        .max_concurrent_streams(limits::STREAMS_MAX)
        .keep_alive_interval(limits::KEEP_ALIVE);
    let ending = stopped.clone();
    let asked = Arc::new(Notify::new());
    let heard = asked.clone();
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        heard.notify_one();
        let (world, ending) = (world.clone(), ending.clone());
        async move {
            let response = guard::answer(world, peer, request.map(Body::new)).await;
            Ok::<_, Infallible>(until(response, ending))
        }
    });
    // Whoever says nothing, or not even which release of HTTP it speaks, takes nobody's place for long.
    let silent = async {
        if tokio::time::timeout(world.options.silent, asked.notified()).await.is_ok() {
            std::future::pending::<()>().await;
        }
    };
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = silent => return Err(io::ErrorKind::TimedOut.into()),
        () = async { drop(stopped.wait_for(|stop| *stop).await) } => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    ended.map_err(io::Error::other)
}

/// Lets an answer without an end of its own end with the server.
fn until(response: Response, mut ending: watch::Receiver<bool>) -> Response {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // Proxies that gather answers would hold back what must arrive at once.
    parts.headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    let stop = Box::pin(async move {
        drop(ending.wait_for(|stop| *stop).await);
    });
    Response::from_parts(parts, Body::from_stream(Until { inner: body.into_data_stream(), stop }))
}

struct Until {
    inner: axum::body::BodyDataStream,
    stop: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Stream for Until {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match Pin::new(&mut self.inner).poll_next(context) {
            Poll::Pending => self.stop.as_mut().poll(context).map(|()| None),
            ready => ready,
        }
    }
}

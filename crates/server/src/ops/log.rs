//! Our own log: one line for each thing worth telling, to standard error, as text or as JSON.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
pub use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one object a line.
    Json,
}

/// Lines by level, for the metrics (K8S-419).
static LINES: [AtomicU64; 5] = [const { AtomicU64::new(0) }; 5];

/// Names of the levels in the order of [`LINES`].
const LEVELS: [&str; 5] = ["error", "warning", "info", "debug", "trace"];

/// Sends the log of this process to standard error from now on.
///
/// `level` is one of `error`, `warn`, `info`, `debug`, `trace` or `off`; what is none of them means `info`. A log that
/// is written already stays as it is.
pub fn write_logs(format: Format, level: &str) {
    let level = level.parse::<LevelFilter>().unwrap_or(LevelFilter::INFO);
    let base = tracing_subscriber::registry().with(level).with(Count);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    // The second one of a process, in tests, has nothing to add.
    drop(match format {
        Format::Text => base.with(lines).try_init(),
        Format::Json => base.with(lines.json().flatten_event(true)).try_init(),
    });
}

/// Tells those who started the server something: in plain words, or as a line like all others where lines are for
/// programs.
pub fn say(format: Format, level: Level, text: &str) {
    match (format, level) {
        (Format::Json, Level::ERROR) => tracing::error!(target: "server", "{text}"),
        (Format::Json, Level::WARN) => tracing::warn!(target: "server", "{text}"),
        (Format::Json, _) => tracing::info!(target: "server", "{text}"),
        (Format::Text, Level::ERROR) => eprintln!("error: {text}"),
        (Format::Text, Level::WARN) => eprintln!("warning: {text}"),
        (Format::Text, _) => eprintln!("{text}"),
    }
}

/// How many lines were written, by level.
pub(crate) fn lines() -> impl Iterator<Item = (&'static str, u64)> {
    LEVELS.into_iter().zip(LINES.iter().map(|count| count.load(Ordering::Relaxed)))
}

struct Count;

impl<S: Subscriber> Layer<S> for Count {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let at = match *event.metadata().level() {
            Level::ERROR => 0,
            Level::WARN => 1,
            Level::INFO => 2,
            Level::DEBUG => 3,
            Level::TRACE => 4,
        };
        LINES[at].fetch_add(1, Ordering::Relaxed);
    }
}

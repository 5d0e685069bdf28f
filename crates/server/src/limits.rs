//! Limits on what comes from outside (I10).

use std::time::Duration;

/// Longest body of a request that is not an upload.
pub(crate) const BODY_BYTES_MAX: usize = 32 << 20;

/// Longest body of an event (AUTH-062).
pub(crate) const EVENT_BYTES_MAX: usize = 2 << 20;

/// Longest uploaded artifact.
pub(crate) const UPLOAD_BYTES_MAX: usize = 1 << 30;

/// Longest body of a client that is not known: an event may be signed instead.
pub(crate) const STRANGER_BYTES_MAX: usize = EVENT_BYTES_MAX;

/// Memory that the bodies of all requests may take together.
pub(crate) const BODIES_BYTES_MAX: usize = 1 << 30;

/// Longest body of a request to a path.
pub(crate) fn body_bytes_max(path: &str) -> usize {
    if path.starts_with("/upload-artifacts/") { UPLOAD_BYTES_MAX } else { BODY_BYTES_MAX }
}

/// Links to become known by that may be open at once.
pub(crate) const LINKS_MAX: usize = 100;

/// How long such a link is good.
pub(crate) const LINK_WITHIN: Duration = Duration::from_secs(15 * 60);

/// How long a browser stays known.
pub(crate) const SESSION_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Connections that may be open at once; more are told to come again.
pub(crate) const CONNECTIONS_MAX: usize = 16_384;

/// Connections that may be told so at once, and how long one may take to hear it.
pub(crate) const TURNED_AWAY_MAX: usize = 64;
pub(crate) const TURNED_AWAY_WITHIN: Duration = Duration::from_secs(5);

/// Open files that connections leave to the store, the logs and the steps, where there are few.
pub(crate) const FILES_KEPT: usize = 512;

/// How long a client may leave unread what it is sent before its connection is let go of.
pub(crate) const UNREAD_WITHIN: Duration = Duration::from_secs(60);

/// How often the lock of a state folder is tried, and the pause between.
pub(crate) const LOCK_LOOKS: u32 = 10;
pub(crate) const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Files that the server may have open: a few for each connection and for the store.
pub(crate) const FILES_MAX: u64 = 65_536;

/// How long a client may keep silent: before its first request is whole, and in the middle of a body.
pub(crate) const SILENT_WITHIN: Duration = Duration::from_secs(30);

/// Bytes a second that a body comes at least, beside that time.
pub(crate) const BODY_RATE_MIN: u64 = 16 << 10;

/// Uploads that may be written at once: each of them has a thread.
pub(crate) const UPLOADS_MAX: usize = 8;

/// Requests that may be open at once in one connection.
pub(crate) const STREAMS_MAX: u32 = 1_000;

/// Longest head of a request.
pub(crate) const HEAD_BYTES_MAX: usize = 128 << 10;

/// Most requirements of one label selector: the store takes no more at once.
pub(crate) const LABEL_TERMS_MAX: usize = 500;

/// Longest path and query of a request together.
pub(crate) const URI_BYTES_MAX: usize = 64 << 10;

/// Threads that may wait for the store and the controller at once.
pub(crate) const BLOCKING_THREADS_MAX: usize = 32;

/// Longest request that is judged without a thread of those.
pub(crate) const JUDGED_AT_ONCE_BYTES_MAX: usize = 32 << 10;

/// Requests that may wait for one of those threads; more are told to come again.
pub(crate) const WAITING_MAX: usize = 1_024;

/// Connections to the database that are kept open.
pub(crate) const STORES_MAX: usize = 8;

/// How often a change is made anew because somebody else changed the same object at the same moment. Each time one of
/// them comes through.
pub(crate) const RACES_MAX: usize = 64;

/// Runs that are made into documents together when a stream begins with what is there.
pub(crate) const RENDERED_AT_ONCE: usize = 32;

/// Most workflows in one list of Argo's interface. Whoever asks for all of more is told to ask for pages.
pub(crate) const LISTED_MAX: usize = 1_000_000;

/// Rows that are read together for such a list.
pub(crate) const ROWS_AT_ONCE: usize = 1_000;

/// Workflows without their nodes that are told together.
pub(crate) const TOLD_AT_ONCE: usize = 500;

/// Lists of more than [`ROWS_AT_ONCE`] workflows that may be on their way at once.
pub(crate) const LONG_LISTS_MAX: usize = 8;

/// Changes that a slow reader of a stream may lie behind before it is dropped.
pub(crate) const STREAM_BACKLOG_MAX: usize = 1_024;

/// Differences of one run that a slow reader may lie behind before it is dropped.
pub(crate) const CLOSE_BACKLOG_MAX: usize = 256;

/// Frames of one stream that wait for its reader, and how long they may be together.
pub(crate) const FRAMES_UNSENT_MAX: usize = 32;
pub(crate) const UNSENT_BYTES_MAX: usize = 1 << 20;

/// How long a reader may take for one event before it is dropped; it comes back with the number it saw last.
pub(crate) const SLOW_READER: Duration = Duration::from_secs(10);

/// Most rows of one page of our own lists.
pub(crate) const PAGE_MAX: usize = 1_000;

/// Most runs that a summary of a pipeline looks at.
pub(crate) const RUNS_SUMMED_MAX: usize = 40;

/// Most lines of a log in one answer.
pub(crate) const LOG_LINES_MAX: usize = 20_000;

/// Most text of a log in one answer, but for its last line; what is missing is asked for again.
pub(crate) const LOG_ANSWER_BYTES_MAX: usize = 8 << 20;

/// Pause after which an idle stream says that it lives (API-051).
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How far apart two changes of a folder may lie and still carry the same time.
pub(crate) const CLOCK_TICK: Duration = Duration::from_secs(1);

/// Shortest pause between two looks at a log that is followed, and the longest one while nothing is heard of it.
pub(crate) const LOG_PAUSE: Duration = Duration::from_millis(100);
pub(crate) const LOG_LOOK: Duration = Duration::from_secs(5);

/// Folders of logs that are listened to at once; others are looked at by the clock.
pub(crate) const FOLDERS_WATCHED_MAX: usize = 8_192;

/// Things that happened in runs and wait to be told: while there are more, no new run begins.
pub(crate) const UNREAD_MAX: usize = 50_000;

/// Ends of runs that wait for the thread that looks after them.
pub(crate) const ENDS_WAITING_MAX: usize = 10_000;

/// How long the engine bears a full disk before it ends.
pub(crate) const STORE_PATIENCE: Duration = Duration::from_secs(30);

/// Longest line of a log that is sent in one piece (API-176).
pub(crate) const LOG_LINE_BYTES_MAX: usize = 1 << 20;

/// How long the server waits for open answers when it is asked to end.
pub(crate) const FAREWELL: Duration = Duration::from_secs(3);

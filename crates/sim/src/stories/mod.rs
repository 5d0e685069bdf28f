//! Stories: a manifest, what the world says and when, and what must follow. One text file each.
//!
//! ```text
//! # Rule ids, and what is told.
//! manifest: |
//!   templates:
//!   - name: main
//!     retryStrategy: {limit: 2, backoff: {duration: 10s, factor: 2}}
//!     container: {image: any}
//! ---
//! 00:00  begin              -> start demo(0)
//! 00:03  demo(0) exits 1    -> demo waits 10s
//! 00:13  timer              -> start demo(1)
//! 00:15  demo(1) exits 0    -> demo Succeeded, workflow Succeeded
//! ---
//! demo     Retry  Succeeded
//! demo(0)  Pod    Failed     main: Error (exit code 1)
//! demo(1)  Pod    Succeeded
//! ```
//!
//! The script must name every start and stop. Without one, the cast plays by itself. The last part, if there
//! is one, names every node in order of entry; a line `...` lets others be. Each story is told several times:
//! as it stands, with every report doubled, and with the engine killed before every line.

mod read;
mod show;
mod tell;

pub use read::{Story, read};
pub use tell::{Telling, tell};

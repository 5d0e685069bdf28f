//! Artifacts: archives, keys, and the drivers that keep the bytes.
//!
//! Everything is synchronous; it runs inside a step's own init process and from the command line. Nothing here
//! knows of journals, plans or other steps.

pub mod address;
pub mod archive;
mod driver;
mod error;
mod folder;
mod git;
mod grant;
mod key;
mod left_out;
pub mod limits;
mod local;
mod patience;
mod place;
mod tls;
pub mod told;
mod tree;
mod web;

pub use archive::{Archive, Mode};
pub use driver::{Driver, Raw};
pub use error::ArtifactError;
pub use folder::copy_folder;
pub use git::Git;
pub use grant::Grant;
pub use key::Key;
pub use left_out::LeftOut;
pub use local::{Incoming, LocalStore, Saved};
pub use place::{sweep_aside, sync_file_system};
pub use tls::{Identity, distrust, remember_trusted, trusted};
pub use tree::remove_tree;
pub use web::Web;

//! How a server is to work.

use crate::config::Config;
use crate::ops::traces::Traces;
use serde::{Deserialize, Serialize};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tiphys_controller::Place;

/// Whose word is taken for who calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthMode {
    /// Every call needs one of our tokens.
    #[default]
    Token,
    /// Everybody may do everything. Must be written out by whoever starts the server.
    None,
}

/// A link that faces show (API-274).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it is called.
    pub name: String,
    /// Where it is shown.
    pub scope: String,
    /// Where it leads, with placeholders.
    pub url: String,
    /// The window it opens in.
    #[serde(default)]
    pub target: String,
}

/// A column that lists show beside the usual ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// `label` or `annotation`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which one.
    pub key: String,
}

/// How a server is to work.
#[derive(Clone, Debug)]
pub struct Options {
    /// The state folder.
    pub state: PathBuf,
    /// Where to listen.
    pub address: SocketAddr,
    /// A socket that listens there already: whoever opened it keeps it open when this server goes.
    pub socket: Option<Arc<TcpListener>>,
    /// The path under which browsers see the server, behind a proxy (API-014).
    pub base_href: String,
    /// Whose word is taken for who calls.
    pub auth: AuthMode,
    /// What this machine offers to steps; the rest is filled in.
    pub place: Place,
    /// Most steps at once.
    pub jobs: usize,
    /// Namespaces that exist from the start, beside `default`.
    pub namespaces: Vec<String>,
    /// Whether the archive answers.
    pub archive: bool,
    /// Whether limits of locks may be kept in the database.
    pub sync_database: bool,
    /// Links for faces.
    pub links: Vec<Link>,
    /// Columns for faces.
    pub columns: Vec<Column>,
    /// Colour of the navigation of faces.
    pub nav_color: String,
    /// Names under which the server is reached, beside those of this machine; `*.` before one means all below it.
    pub allowed_hosts: Vec<String>,
    /// The origin whose pages may use the server, beside its own (API-010).
    pub allow_origin: Option<String>,
    /// Requests a second that one client may make; 0 means any number, none what is usual.
    pub rate: Option<u32>,
    /// Connections that may be open at once, as far as the machine permits; more are told to come again.
    pub connections: usize,
    /// How long a client may leave unread what it is sent before its connection is let go of.
    pub unread: Duration,
    /// How long a client may keep silent: before it says what it wants, and in the middle of saying it.
    pub silent: Duration,
    /// How the server shows who it is; without it nothing is encrypted.
    pub tls: Option<Tls>,
    /// What the file of settings says, and may say anew while the server runs.
    pub settings: Config,
    /// Whether metrics are for everybody (API-008).
    pub open_metrics: bool,
    /// Who is told of runs that ended, as traces.
    pub traces: Option<Traces>,
}

/// How a server shows who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// A certificate with what signed it, and its key, both in files of the PEM form.
    Files {
        /// The certificate first.
        certificate: PathBuf,
        /// The key of the certificate.
        key: PathBuf,
    },
    /// A certificate that the server signs itself, made when it first starts.
    SelfSigned,
}

impl Options {
    /// Usual options for a state folder and an address.
    pub fn new(state: impl Into<PathBuf>, address: SocketAddr) -> Options {
        Options {
            state: state.into(),
            address,
            socket: None,
            base_href: "/".to_owned(),
            auth: AuthMode::default(),
            place: Place::default(),
            jobs: 8,
            namespaces: Vec::new(),
            archive: true,
            sync_database: true,
            links: Vec::new(),
            columns: Vec::new(),
            nav_color: String::new(),
            allowed_hosts: Vec::new(),
            allow_origin: None,
            rate: None,
            connections: crate::limits::CONNECTIONS_MAX,
            unread: crate::limits::UNREAD_WITHIN,
            silent: crate::limits::SILENT_WITHIN,
            tls: None,
            settings: Config::default(),
            open_metrics: false,
            traces: None,
        }
    }
}

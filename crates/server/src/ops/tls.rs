//! Showing who the server is: certificates from files, or one that it signs itself.

use crate::options::Tls;
use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::DirBuilder;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiphys_store::durable_write;

/// Why a server cannot show who it is.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be used.
    #[error("cannot use {path}: {reason}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Certificate and key do not belong together, or are not fit for a server.
    #[error("the certificate cannot be used: {0}")]
    Unfit(#[from] rustls::Error),
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    Making(#[from] rcgen::Error),
}

/// What a server needs to encrypt. For [`Tls::SelfSigned`], `names` go into a new certificate in `folder`.
pub(crate) fn load(tls: &Tls, folder: &Path, names: &[String]) -> Result<Arc<ServerConfig>, TlsError> {
    let (certificate, key) = match tls {
        Tls::Files { certificate, key } => (certificate.clone(), key.clone()),
        Tls::SelfSigned => own(folder, names)?,
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&certificate)
        .map_err(|error| unusable(&certificate, &error))?
        .collect();
    let chain = chain.map_err(|error| unusable(&certificate, &error))?;
    if chain.is_empty() {
        return Err(TlsError::File {
            path: certificate,
            reason: "there is no certificate in it: it must be of the PEM form".to_owned(),
        });
    }
    let key = PrivateKeyDer::from_pem_file(&key).map_err(|error| unusable(&key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn unusable(path: &Path, error: &impl ToString) -> TlsError {
    TlsError::File { path: path.to_owned(), reason: error.to_string() }
}

/// The certificate that this server signs itself, made when it is not there.
fn own(folder: &Path, names: &[String]) -> Result<(PathBuf, PathBuf), TlsError> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    if certificate.is_file() && key.is_file() {
        return Ok((certificate, key));
    }
    let pair = KeyPair::generate()?;
    let dns = |name: &String| name.parse::<IpAddr>().is_err() && !name.is_empty() && name != "*";
    let mut params =
        CertificateParams::new(names.iter().filter(|name| dns(name)).cloned().collect::<Vec<_>>())?;
    let addresses = names.iter().filter_map(|name| name.parse::<IpAddr>().ok());
    let here = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    params.subject_alt_names.extend(here.into_iter().chain(addresses).map(SanType::IpAddress));
    params.distinguished_name.push(DnType::CommonName, "tiphys server");
    let signed = params.self_signed(&pair)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| unusable(folder, &error))?;
    // The key first: with the certificate there, both are there.
    for (path, text) in [(&key, pair.serialize_pem()), (&certificate, signed.pem())] {
        durable_write(path, text.as_bytes()).map_err(|error| unusable(path, &error))?;
    }
    Ok((certificate, key))
}

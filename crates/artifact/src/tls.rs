//! Whom we trust of those who encrypt, and how we show who we are ourselves.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{env, fs};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::error::ArtifactError;

/// The variable that names a file of authorities to trust instead of the machine's own.
const TRUSTED: &str = "SSL_CERT_FILE";

/// Where systems keep the authorities that they trust.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Largest file of authorities that is read.
const BUNDLE_BYTES_MAX: u64 = 16 << 20;

/// The authorities to trust: those of `SSL_CERT_FILE`, else this machine's, else the ones that browsers trust.
pub fn trusted() -> RootCerts {
    static TRUST: OnceLock<RootCerts> = OnceLock::new();
    let find = || {
        let told = env::var_os(TRUSTED).map(PathBuf::from);
        let usual = BUNDLES.iter().map(PathBuf::from);
        let found = told.into_iter().chain(usual).map(|bundle| authorities(&bundle));
        found.into_iter().find(|found| !found.is_empty()).map_or(RootCerts::WebPki, RootCerts::from)
    };
    TRUST.get_or_init(find).clone()
}

/// Reads the file that `SSL_CERT_FILE` names, if it names one: for a process whose copies will not see that file.
pub fn remember_trusted() {
    if env::var_os(TRUSTED).is_some() {
        trusted();
    }
}

/// What is to be done about a server that was not believed, if the reason says so (PA-352).
pub fn distrust(reason: &str) -> Option<&'static str> {
    let kinds = [
        (
            "CaUsedAsEndEntity",
            "the certificate is that of an authority (`CA:TRUE`), which no server may show; sign one with it for the \
             server, or make the server's own with `CA:FALSE`",
        ),
        (
            "UnknownIssuer",
            "nobody trusted has signed its certificate; name a file with its authority in `SSL_CERT_FILE`",
        ),
        (
            "BadSignature",
            "somebody with the name of a trusted authority has signed its certificate; name a file with its own \
             authority in `SSL_CERT_FILE`",
        ),
        ("NotValidForName", "its certificate is for another name; ask for it by the name in the certificate"),
    ];
    kinds.into_iter().find(|(kind, _)| reason.contains(kind)).map(|(_, told)| told)
}

fn authorities(bundle: &Path) -> Vec<Certificate<'static>> {
    if !fs::metadata(bundle).is_ok_and(|found| found.is_file() && found.len() <= BUNDLE_BYTES_MAX) {
        return Vec::new();
    }
    let text = fs::read(bundle).unwrap_or_default();
    let items = parse_pem(&text).filter_map(Result::ok);
    items.filter_map(|item| if let PemItem::Certificate(found) = item { Some(found) } else { None }).collect()
}

/// A certificate that shows who we are, with its key (PA-356). Both in the form of PEM.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The certificate, and those that lead to one that the server trusts.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

/// How a server is met that encrypts.
pub(crate) fn config(identity: Option<&Identity>) -> Result<TlsConfig, ArtifactError> {
    let shown = identity.map(Identity::read).transpose();
    let shown =
        shown.map_err(|why| ArtifactError::Remote(format!("cannot use the client certificate: {why}")))?;
    Ok(TlsConfig::builder().root_certs(trusted()).client_cert(shown).build())
}

impl Identity {
    /// Both parts, if they belong together.
    fn read(&self) -> Result<ClientCert, String> {
        let chain: Result<Vec<CertificateDer>, _> =
            CertificateDer::pem_slice_iter(self.certificate.as_bytes()).collect();
        let chain = chain.map_err(|error| error.to_string())?;
        if chain.is_empty() {
            return Err("there is none in `clientCertSecret`; it must be in the form of PEM".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes())
            .map_err(|_| "there is no key in `clientKeySecret`; it must be in the form of PEM".to_owned())?;
        let owned = |der: &CertificateDer| Certificate::from_der(der).to_owned();
        let shown: Vec<_> = chain.iter().map(owned).collect();
        CertifiedKey::from_der(chain, key, &Arc::new(ring::default_provider()))
            .map_err(|error| error.to_string())?;
        let key = PrivateKey::from_pem(self.key.as_bytes()).map_err(|error| error.to_string())?;
        Ok(ClientCert::new_with_certs(&shown, key))
    }
}

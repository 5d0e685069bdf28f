//! The little of SMTP that it takes to hand one message to a mail server.

use super::{ANSWER_WITHIN, expanded};
use crate::config::{Mail, MailEncryption};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use tiphys_artifact::{distrust, trusted};
use ureq::tls::RootCerts;

/// The port for those who hand in mail.
const PORT: u16 = 587;

/// Longest answer of a mail server, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Both directions of a connection, whatever protects it.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Hands one message in.
pub(super) fn send(mail: &Mail, subject: &str, text: &str) -> Result<(), String> {
    hand_in(mail, subject, text).map_err(|error| match distrust(&error) {
        Some(told) => format!("{error}: {told}, or in `authority` of these settings"),
        None => error,
    })
}

fn hand_in(mail: &Mail, subject: &str, text: &str) -> Result<(), String> {
    if mail.password.is_some() && mail.encryption == MailEncryption::None {
        return Err(
            "a password is not sent without encryption: set `encryption` to `starttls` or `tls`".to_owned()
        );
    }
    let (host, port) = match mail.server.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| format!("`{port}` is no port"))?),
        None => (mail.server.as_str(), PORT),
    };
    let failed = |error: std::io::Error| format!("{host}: {error}");
    let stream = connect(host, port)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).map_err(failed)?;
    stream.set_write_timeout(Some(ANSWER_WITHIN)).map_err(failed)?;
    let mut talk = match mail.encryption {
        MailEncryption::Tls => Talk::new(Box::new(encrypted(mail, host, stream)?)),
        MailEncryption::None => Talk::new(Box::new(stream)),
        MailEncryption::Starttls => {
            let mut talk = Talk::new(Box::new(stream.try_clone().map_err(failed)?));
            talk.answer("220")?;
            talk.say("EHLO tiphys", "250")?;
            talk.say("STARTTLS", "220")?;
            let mut talk = Talk::new(Box::new(encrypted(mail, host, stream)?));
            talk.say("EHLO tiphys", "250")?;
            talk
        }
    };
    if mail.encryption != MailEncryption::Starttls {
        talk.answer("220")?;
        talk.say("EHLO tiphys", "250")?;
    }
    if let (Some(user), Some(password)) = (&mail.user, &mail.password) {
        let plain = STANDARD.encode(format!("\0{}\0{}", expanded(user)?, expanded(password)?));
        talk.say(&format!("AUTH PLAIN {plain}"), "235")
            .map_err(|_| "the mail server refuses the password")?;
    }
    talk.say(&format!("MAIL FROM:<{}>", bare(&mail.from)?), "250")?;
    for to in &mail.to {
        talk.say(&format!("RCPT TO:<{}>", bare(to)?), "25")?;
    }
    talk.say("DATA", "354")?;
    talk.say(&letter(mail, subject, text)?, "250")?;
    // The message is taken; how the server says goodbye changes nothing.
    drop(talk.say("QUIT", "221"));
    Ok(())
}

/// Reaches a host at the first of its addresses where somebody listens: `localhost` has one of each family.
fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let mut reason = format!("{host} has no address");
    for address in (host, port).to_socket_addrs().map_err(|error| format!("{host}: {error}"))? {
        match TcpStream::connect_timeout(&address, ANSWER_WITHIN) {
            Ok(stream) => return Ok(stream),
            Err(error) => reason = format!("{host}: {error}"),
        }
    }
    Err(reason)
}

/// The address inside `Name <address>`, fit for a command.
fn bare(address: &str) -> Result<&str, String> {
    let inner = address.rsplit_once('<').map_or(address, |(_, rest)| rest.trim_end().trim_end_matches('>'));
    let inner = inner.trim();
    let odd = |char: char| char.is_control() || char.is_whitespace() || matches!(char, '<' | '>');
    if inner.is_empty() || inner.contains(odd) {
        return Err(format!("`{address}` is no address for mail"));
    }
    Ok(inner)
}

/// The message with its head, as it goes over the wire; its end is the command's.
fn letter(mail: &Mail, subject: &str, text: &str) -> Result<String, String> {
    let date =
        jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000");
    let to: Result<Vec<&str>, String> = mail.to.iter().map(|to| bare(to)).collect();
    // Encoded, so that nothing in them can be a line of the head or the end of the message.
    let words: Vec<String> = subject
        .chars()
        .collect::<Vec<_>>()
        .chunks(12)
        .map(|chunk| format!("=?UTF-8?B?{}?=", STANDARD.encode(chunk.iter().collect::<String>())))
        .collect();
    let body = STANDARD.encode(text);
    let lines: Vec<&str> =
        body.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    Ok(format!(
        "Date: {date}\r\nFrom: <{}>\r\nTo: <{}>\r\nSubject: {}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; \
         charset=utf-8\r\nContent-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n{}\r\n.",
        bare(&mail.from)?,
        to?.join(">, <"),
        words.join("\r\n "),
        lines.join("\r\n")
    ))
}

/// Whom to believe: the authority of these settings, else whom the rest of this program believes.
fn roots(mail: &Mail) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match (&mail.authority, trusted()) {
        (Some(file), _) => {
            let unusable = |error: &dyn std::fmt::Display| {
                format!("`authority`: {} cannot be used: {error}", file.display())
            };
            let certificates = CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| unusable(&error))?;
                roots.add(certificate).map_err(|error| unusable(&error))?;
            }
            if roots.is_empty() {
                return Err(unusable(&"there is no certificate of the PEM form in it"));
            }
        }
        (None, RootCerts::Specific(certificates)) => {
            let found = certificates.iter().map(|found| CertificateDer::from(found.der().to_vec()));
            // A machine's list has some that nobody can read.
            roots.add_parsable_certificates(found);
        }
        (None, _) => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    Ok(roots)
}

fn encrypted(
    mail: &Mail,
    host: &str,
    stream: TcpStream,
) -> Result<StreamOwned<ClientConnection, TcpStream>, String> {
    let roots = roots(mail)?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    Ok(StreamOwned::new(connection, stream))
}

struct Talk(BufReader<Box<dyn Stream>>);

impl Talk {
    fn new(stream: Box<dyn Stream>) -> Talk {
        Talk(BufReader::new(stream))
    }

    /// Says one thing and hears an answer that begins as wanted.
    fn say(&mut self, command: &str, wanted: &str) -> Result<(), String> {
        let stream = self.0.get_mut();
        let said = stream.write_all(format!("{command}\r\n").as_bytes()).and_then(|()| stream.flush());
        said.map_err(|error| error.to_string())?;
        self.answer(wanted)
    }

    fn answer(&mut self, wanted: &str) -> Result<(), String> {
        let mut left = ANSWER_BYTES_MAX;
        loop {
            let mut line = String::new();
            let read = (&mut self.0).take(left).read_line(&mut line).map_err(|error| error.to_string())?;
            left -= read as u64;
            // More lines follow while a dash stands behind the number.
            if line.as_bytes().get(3) == Some(&b'-') && left > 0 {
                continue;
            }
            return if line.starts_with(wanted) {
                Ok(())
            } else {
                Err(format!("the mail server answers `{}`", line.trim_end()))
            };
        }
    }
}

//! Asking a container whether it is well: over a connection, over the web, or by the health protocol of gRPC.
//!
//! A copy of the hull does it, which is killed when it takes too long; so this may simply wait.

mod encrypted;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::contract::Question;

/// How long a question without a time of its own may take.
pub(super) const TIME_MAX: Duration = Duration::from_secs(60);

/// Most bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 1 << 16;

/// Whether the answer is a good one.
pub(super) fn ask(question: &Question, timeout: Duration) -> io::Result<bool> {
    match question {
        Question::Tcp { host, port } => connect(host, *port, timeout).map(|_| true),
        Question::Http { host, port, path, headers, tls } => {
            let stream = connect(host, *port, timeout)?;
            let path = path.trim_start_matches('/');
            let mut text = format!(
                "GET /{path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: */*\r\nConnection: close\r\n"
            );
            for (name, value) in headers {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
            text.push_str("\r\n");
            let status = match tls {
                true => status_of(encrypted::over(stream, host)?, &text),
                false => status_of(stream, &text),
            };
            Ok(status?.is_some_and(|status| (200..400).contains(&status)))
        }
        Question::Grpc { host, port, service } => {
            let mut stream = connect(host, *port, timeout)?;
            stream.write_all(&health_check(&format!("{host}:{port}"), service))?;
            is_serving(&mut stream.take(ANSWER_BYTES_MAX))
        }
    }
}

fn connect(host: &str, port: u16, timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The number in the answer's `HTTP/1.1 200 OK`.
fn status_of(mut stream: impl Read + Write, request: &str) -> io::Result<Option<u16>> {
    stream.write_all(request.as_bytes())?;
    let mut line = Vec::new();
    BufReader::new(stream.take(ANSWER_BYTES_MAX)).read_until(b'\n', &mut line)?;
    let line = String::from_utf8_lossy(&line);
    let mut words = line.split_ascii_whitespace();
    let is_http = words.next().is_some_and(|word| word.starts_with("HTTP/"));
    Ok(words.next().filter(|_| is_http).and_then(|status| status.parse().ok()))
}

// The frames of HTTP/2 that one call needs (RFC 9113), and of its fields the plainest form (RFC 7541).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GO_AWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Everything a client says to call `grpc.health.v1.Health/Check`.
fn health_check(authority: &str, service: &str) -> Vec<u8> {
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.push(u8::try_from(text.len()).unwrap_or(0).min(0x7e));
        bytes.extend(text.as_bytes().iter().take(0x7e));
    };
    // `:method: POST` and `:scheme: http` have numbers of their own; names of others have, too.
    let mut fields = vec![0x83, 0x86, 0x04];
    text(&mut fields, "/grpc.health.v1.Health/Check");
    fields.push(0x01);
    text(&mut fields, authority);
    fields.extend([0x0f, 0x10]);
    text(&mut fields, "application/grpc");
    fields.push(0x00);
    text(&mut fields, "te");
    text(&mut fields, "trailers");
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(0x0a);
        text(&mut message, service);
    }
    let mut body = vec![0];
    body.extend(u32::try_from(message.len()).unwrap_or(0).to_be_bytes());
    body.extend(message);
    let mut said = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    said.extend(frame(SETTINGS, 0, 0, &[]));
    said.extend(frame(HEADERS, END_HEADERS, 1, &fields));
    said.extend(frame(DATA, END_STREAM, 1, &body));
    said
}

/// Whether the answer to it is `SERVING`.
fn is_serving(stream: &mut impl Read) -> io::Result<bool> {
    let mut body = Vec::new();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let [a, b, c, kind, flags, ..] = head;
        let length = u64::from(u32::from_be_bytes([0, a, b, c]));
        let mut payload = Vec::new();
        stream.by_ref().take(length.min(ANSWER_BYTES_MAX)).read_to_end(&mut payload)?;
        match kind {
            DATA => {
                if flags & PADDED != 0 && !payload.is_empty() {
                    let padding = usize::from(payload.remove(0));
                    payload.truncate(payload.len().saturating_sub(padding));
                }
                body.extend(payload);
                // One byte of compression, four of length, then `status: 1`.
                if body.len() >= 7 {
                    return Ok(body[5..7] == [0x08, 0x01]);
                }
            }
            RESET | GO_AWAY => return Ok(false),
            _ => {}
        }
        if matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests;

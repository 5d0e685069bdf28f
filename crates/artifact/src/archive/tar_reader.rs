//! Reads a tar as a stream of entries.
//!
//! The `tar` crate reads the headers' fields; the walk from header to header is ours, because a header that
//! announces a name of ten gigabytes must not be believed.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use tar::{EntryType, Header};

use crate::error::ArtifactError;
use crate::limits::{HEADER_BYTES_MAX, TRAILER_BYTES_MAX};

const BLOCK: u64 = 512;

/// One entry of a tar; its content is read from the reader before the next one is asked for.
pub(super) struct Entry {
    pub name: PathBuf,
    pub kind: EntryType,
    /// Target of a link.
    pub target: Option<PathBuf>,
    pub mode: u32,
    pub mtime: u64,
    pub size: u64,
}

/// A tar that is being read.
pub(super) struct TarReader<R: Read> {
    reader: R,
    /// Bytes of the present entry that were not read, and then the padding after it.
    left: u64,
    padding: u64,
    /// Whether there was anything at all.
    begun: bool,
}

/// What headers before an entry said about it.
#[derive(Default)]
struct Said {
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl<R: Read> TarReader<R> {
    pub(super) fn new(reader: R) -> Self {
        TarReader { reader, left: 0, padding: 0, begun: false }
    }

    /// The next entry; `None` after the last one.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, ArtifactError> {
        let mut said = Said::default();
        loop {
            self.skip_rest()?;
            let Some(header) = self.header()? else { return Ok(None) };
            let size = header.entry_size().map_err(|error| bad(&error.to_string()))?;
            let kind = header.entry_type();
            let size = match kind {
                EntryType::GNULongName
                | EntryType::GNULongLink
                | EntryType::XHeader
                | EntryType::XGlobalHeader => size,
                _ => said.size.unwrap_or(size),
            };
            self.left = size;
            self.padding = size.wrapping_neg() % BLOCK;
            match kind {
                EntryType::GNULongName => said.name = Some(self.long_text()?),
                EntryType::GNULongLink => said.target = Some(self.long_text()?),
                EntryType::XHeader => self.extended(&mut said)?,
                EntryType::XGlobalHeader => {}
                _ => return entry(&header, said, size).map(Some),
            }
        }
    }

    /// The next block if it is a header, `None` at the end.
    fn header(&mut self) -> Result<Option<Header>, ArtifactError> {
        let mut header = Header::new_old();
        let block = header.as_mut_bytes();
        let mut filled = 0;
        while filled < block.len() {
            match self.reader.read(&mut block[filled..]).map_err(|error| bad(&error.to_string()))? {
                // Some writers leave out the blocks that mark the end, but not all of an archive.
                0 if filled == 0 && self.begun => return Ok(None),
                0 if filled == 0 => return Err(bad("it is empty")),
                0 => return Err(bad("it ends in the middle of a header")),
                read => filled += read,
            }
        }
        self.begun = true;
        if block.iter().all(|byte| *byte == 0) {
            self.drain()?;
            return Ok(None);
        }
        let sum: u32 = block
            .iter()
            .enumerate()
            .map(|(at, byte)| match at {
                // The field of the sum itself counts as blanks.
                148..156 => u32::from(b' '),
                _ => u32::from(*byte),
            })
            .sum();
        match header.cksum() {
            Ok(stored) if stored == sum => Ok(Some(header)),
            _ => Err(bad("the checksum of a header is wrong")),
        }
    }

    /// Reads on after the end, so that a compressed stream can say that it was cut off or changed.
    fn drain(&mut self) -> Result<(), ArtifactError> {
        let rest = io::copy(&mut Read::by_ref(&mut self.reader).take(TRAILER_BYTES_MAX), &mut io::sink());
        rest.map(|_| ()).map_err(|error| bad(&error.to_string()))
    }

    fn skip_rest(&mut self) -> Result<(), ArtifactError> {
        let rest = self.left + self.padding;
        let skipped = io::copy(&mut Read::by_ref(&mut self.reader).take(rest), &mut io::sink());
        let skipped = skipped.map_err(|error| bad(&error.to_string()))?;
        // Some writers leave out the padding of the last entry; content they do not leave out.
        if skipped < self.left {
            return Err(bad("it ends in the middle of an entry"));
        }
        (self.left, self.padding) = (0, 0);
        Ok(())
    }

    fn long_text(&mut self) -> Result<Vec<u8>, ArtifactError> {
        if self.left > HEADER_BYTES_MAX {
            let what = format!("a header of {} bytes", self.left);
            return Err(ArtifactError::Limit { what, limit: HEADER_BYTES_MAX });
        }
        let mut text = Vec::new();
        self.read_to_end(&mut text).map_err(|error| bad(&error.to_string()))?;
        while text.last() == Some(&0) {
            text.pop();
        }
        Ok(text)
    }

    /// Reads `length key=value` lines.
    fn extended(&mut self, said: &mut Said) -> Result<(), ArtifactError> {
        let text = self.long_text()?;
        let mut rest = &text[..];
        while !rest.is_empty() {
            let blank = rest.iter().position(|byte| *byte == b' ');
            let length =
                blank.and_then(|blank| std::str::from_utf8(&rest[..blank]).ok()?.parse::<usize>().ok());
            let (Some(blank), Some(length)) = (blank, length) else {
                return Err(bad("an extended header is broken"));
            };
            if length <= blank + 1 || length > rest.len() {
                return Err(bad("an extended header is broken"));
            }
            let line = rest[blank + 1..length].strip_suffix(b"\n").unwrap_or(&rest[blank + 1..length]);
            rest = &rest[length..];
            let Some(equals) = line.iter().position(|byte| *byte == b'=') else { continue };
            let (key, value) = (&line[..equals], &line[equals + 1..]);
            match key {
                b"path" => said.name = Some(value.to_vec()),
                b"linkpath" => said.target = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
                    said.size = Some(size.ok_or_else(|| bad("an extended header is broken"))?);
                }
                _ if key.starts_with(b"GNU.sparse.") => said.sparse = true,
                _ => {}
            }
        }
        Ok(())
    }
}

/// Reads the content of the present entry.
impl<R: Read> Read for TarReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.reader.read(&mut buffer[..want])?;
        if read == 0 && want > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends in the middle of an entry"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

fn entry(header: &Header, said: Said, size: u64) -> Result<Entry, ArtifactError> {
    let name =
        PathBuf::from(OsString::from_vec(said.name.unwrap_or_else(|| header.path_bytes().into_owned())));
    let kind = header.entry_type();
    if said.sparse || kind == EntryType::GNUSparse {
        return Err(ArtifactError::Kind { entry: name.display().to_string(), what: "a sparse file" });
    }
    let target = said.target.or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
    Ok(Entry {
        name,
        kind,
        target: target.map(|target| PathBuf::from(OsString::from_vec(target))),
        mode: header.mode().unwrap_or(0o644),
        mtime: header.mtime().unwrap_or(0),
        size,
    })
}

fn bad(reason: &str) -> ArtifactError {
    ArtifactError::Format { format: "tar", reason: reason.to_owned() }
}

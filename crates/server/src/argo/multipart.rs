//! Files in forms, read as they come: a form may be longer than the memory.

use std::io;

/// Longest head of one part of a form.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// The boundary of a form's parts, if the type is that of a form; else what is wrong with it.
pub(crate) fn boundary(kind: &str) -> Result<String, &'static str> {
    let rest =
        kind.strip_prefix("multipart/form-data").ok_or("request Content-Type isn't multipart/form-data")?;
    let value = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary=")).unwrap_or_default();
    match value.trim_matches('"') {
        "" => Err("no multipart boundary param in Content-Type"),
        boundary => Ok(boundary.to_owned()),
    }
}

/// What becomes of a file of a form.
pub(crate) trait Sink {
    /// The file of the field that is looked for begins.
    fn begin(&mut self, name: &str) -> io::Result<()>;
    /// More of it.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// Reads a form piece by piece and hands the file of one field on.
pub(crate) struct Reader {
    mark: Vec<u8>,
    field: &'static str,
    /// What came and is not understood yet; never more than a piece and a head.
    open: Vec<u8>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Before the first part.
    Before,
    /// Right after a boundary.
    Head,
    /// In a part; whether it is the file.
    Part(bool),
    /// The file was found whole.
    Found,
    /// The form ended, or makes no sense.
    Over,
}

impl Reader {
    /// Looks for the file of a field.
    pub(crate) fn new(boundary: &str, field: &'static str) -> Reader {
        let mark = format!("--{boundary}").into_bytes();
        Reader { mark, field, open: Vec::new(), stage: Stage::Before }
    }

    /// Whether the file came whole.
    pub(crate) fn has_found(&self) -> bool {
        self.stage == Stage::Found
    }

    /// What is wrong with a form of which no more comes.
    pub(crate) fn flaw(&self) -> Option<&'static str> {
        match self.stage {
            Stage::Before | Stage::Head => Some("multipart: NextPart: EOF"),
            Stage::Part(_) => Some("unexpected EOF"),
            Stage::Found | Stage::Over => None,
        }
    }

    /// Takes the next piece of the form.
    pub(crate) fn read(&mut self, piece: &[u8], sink: &mut dyn Sink) -> io::Result<()> {
        if matches!(self.stage, Stage::Found | Stage::Over) {
            return Ok(());
        }
        self.open.extend_from_slice(piece);
        while self.step(sink)? {}
        Ok(())
    }

    /// One step; whether there may be another without more to read.
    fn step(&mut self, sink: &mut dyn Sink) -> io::Result<bool> {
        match self.stage {
            Stage::Found | Stage::Over => {
                self.open.clear();
                Ok(false)
            }
            Stage::Before => match find(&self.open, &self.mark) {
                Some(at) => {
                    self.open.drain(..at + self.mark.len());
                    self.stage = Stage::Head;
                    Ok(true)
                }
                None => {
                    self.keep_last(self.mark.len());
                    Ok(false)
                }
            },
            Stage::Head if self.open.starts_with(b"--") => {
                self.stage = Stage::Over;
                Ok(true)
            }
            Stage::Head => match find(&self.open, b"\r\n\r\n") {
                Some(end) => {
                    let name = file_name(&String::from_utf8_lossy(&self.open[..end]), self.field);
                    self.open.drain(..end + 4);
                    if let Some(name) = &name {
                        sink.begin(name)?;
                    }
                    self.stage = Stage::Part(name.is_some());
                    Ok(true)
                }
                None if self.open.len() > HEAD_BYTES_MAX => {
                    self.stage = Stage::Over;
                    Ok(true)
                }
                None => Ok(false),
            },
            Stage::Part(is_file) => {
                let end = [b"\r\n", &self.mark[..]].concat();
                let found = find(&self.open, &end);
                // The end may have begun at the end of the piece.
                let whole = found.unwrap_or((self.open.len() + 1).saturating_sub(end.len()));
                if is_file {
                    sink.write(&self.open[..whole])?;
                }
                self.open.drain(..whole + found.map_or(0, |_| end.len()));
                if found.is_some() {
                    self.stage = if is_file { Stage::Found } else { Stage::Head };
                }
                Ok(found.is_some())
            }
        }
    }

    fn keep_last(&mut self, count: usize) {
        let gone = self.open.len().saturating_sub(count);
        self.open.drain(..gone);
    }
}

/// The name of the file, if a part with this head is the file of the field.
fn file_name(head: &str, field: &str) -> Option<String> {
    let (_, disposition) = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case("content-disposition"))?;
    if parameter(disposition, "name").as_deref() != Some(field) {
        return None;
    }
    parameter(disposition, "filename").filter(|name| !name.is_empty())
}

fn parameter(disposition: &str, name: &str) -> Option<String> {
    disposition.split(';').find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        (key == name).then(|| value.trim_matches('"').to_owned())
    })
}

/// Where a part begins in a text; looks only closer where its first byte stands.
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let first = *part.first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| *byte == first) {
        let at = from + at;
        if text[at..].starts_with(part) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Reader, Sink, boundary};
    use std::io;

    #[derive(Default)]
    struct Kept(Vec<(String, Vec<u8>)>);

    impl Sink for Kept {
        fn begin(&mut self, name: &str) -> io::Result<()> {
            self.0.push((name.to_owned(), Vec::new()));
            Ok(())
        }

        fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.0.last_mut().unwrap().1.extend_from_slice(bytes);
            Ok(())
        }
    }

    fn kept(form: &[u8], piece: usize) -> (Vec<(String, Vec<u8>)>, bool) {
        let mut reader = Reader::new("XX", "file");
        let mut kept = Kept::default();
        for piece in form.chunks(piece) {
            reader.read(piece, &mut kept).unwrap();
            assert!(reader.open.len() < 200, "nothing is gathered");
        }
        (kept.0, reader.has_found())
    }

    /// API-315, whatever pieces a form comes in.
    #[test]
    fn the_file_of_a_form_is_found_in_any_pieces() {
        let form = b"preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--XX\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n\
            one\r\n--X two\r\n\r\n--XX--\r\n";
        let expected = vec![("a.txt".to_owned(), b"one\r\n--X two\r\n".to_vec())];
        for piece in 1..form.len() {
            assert_eq!(kept(form, piece), (expected.clone(), true), "pieces of {piece}");
        }
        for broken in [&form[..form.len() - 10], b"", b"--XX--", b"--XX\r\n\r\nx", b"no form at all"] {
            assert!(!kept(broken, 7).1, "{}", String::from_utf8_lossy(broken));
        }
        let missing = "no multipart boundary param in Content-Type";
        assert_eq!(boundary("multipart/form-data; boundary=\"XX\"").as_deref(), Ok("XX"));
        assert_eq!(boundary("multipart/form-data; boundary="), Err(missing));
        assert_eq!(boundary("multipart/form-data"), Err(missing));
        assert_eq!(boundary("text/plain"), Err("request Content-Type isn't multipart/form-data"));
        for (form, flaw) in [
            (&b""[..], Some("multipart: NextPart: EOF")),
            (&b"no form at all"[..], Some("multipart: NextPart: EOF")),
            (&b"--XX\r\n\r\nx"[..], Some("unexpected EOF")),
            (&b"--XX--"[..], None),
            (&form[..], None),
        ] {
            let mut reader = Reader::new("XX", "file");
            reader.read(form, &mut Kept::default()).unwrap();
            assert_eq!(reader.flaw(), flaw, "{}", String::from_utf8_lossy(form));
        }
    }
}

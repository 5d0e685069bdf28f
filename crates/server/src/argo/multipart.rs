//! Files in forms.

/// The boundary of a form's parts, if the type is that of a form.
pub(crate) fn boundary(kind: &str) -> Option<String> {
    let rest = kind.strip_prefix("multipart/form-data")?;
    let value = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    Some(value.trim_matches('"').to_owned())
}

/// The file of a field: its name and its content.
pub(crate) fn file<'a>(body: &'a [u8], boundary: &str, field: &str) -> Option<(String, &'a [u8])> {
    let mark = format!("--{boundary}");
    let mut rest = &body[find(body, mark.as_bytes())? + mark.len()..];
    loop {
        if rest.starts_with(b"--") {
            return None;
        }
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&rest[..head_end]).into_owned();
        let content = &rest[head_end + 4..];
        let end = find(content, format!("\r\n{mark}").as_bytes())?;
        let disposition = head
            .lines()
            .find_map(|line| {
                line.split_once(':').filter(|(key, _)| key.trim().eq_ignore_ascii_case("content-disposition"))
            })
            .map(|(_, value)| value.to_owned())
            .unwrap_or_default();
        if parameter(&disposition, "name").as_deref() == Some(field) {
            let name = parameter(&disposition, "filename").filter(|name| !name.is_empty())?;
            return Some((name, &content[..end]));
        }
        rest = &content[end + 2 + mark.len()..];
    }
}

fn parameter(disposition: &str, name: &str) -> Option<String> {
    disposition.split(';').find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        (key == name).then(|| value.trim_matches('"').to_owned())
    })
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

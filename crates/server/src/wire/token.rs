//! Where the next page of a list begins, as Kubernetes writes and reads it (API-240).

use crate::call::kind;
use crate::fault::Fault;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::NO_PAD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value, json};

/// Letters without padding. Bits that are left over at the end say nothing.
const LETTERS: GeneralPurpose = {
    const CONFIG: GeneralPurposeConfig = NO_PAD.with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&URL_SAFE, CONFIG)
};

/// The namespace and the name of the last object of a page.
pub(crate) type Place = (String, String);

pub(crate) fn write(place: &Place) -> String {
    LETTERS.encode(json!(place).to_string())
}

pub(crate) fn read(token: &str) -> Result<Place, Fault> {
    let invalid =
        |why: String| Fault::invalid(format!("invalid continue token: continue key is not valid: {why}"));
    let bytes = LETTERS.decode(token).map_err(|_| {
        let at = illegal_at(token);
        invalid(format!("illegal base64 data at input byte {at}"))
    })?;
    serde_json::from_slice(&bytes).map_err(|_| invalid(unread(&bytes)))
}

/// The first byte that Go's reader stumbles over. Of a letter too many it names the place of the last whole group.
fn illegal_at(token: &str) -> usize {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    token.bytes().position(|byte| !is_letter(byte)).unwrap_or(token.len() / 4 * 4)
}

/// Why bytes are no place, in the words of Go's reader and of the store of Kubernetes.
fn unread(bytes: &[u8]) -> String {
    if let Some(why) = tiphys_expr::json_flaw(bytes) {
        return why;
    }
    match serde_json::from_str::<Value>(&String::from_utf8_lossy(bytes)) {
        Ok(Value::Object(fields)) => {
            let version = fields.get("v").and_then(Value::as_str).unwrap_or_default();
            format!("server does not recognize this encoded version {version}")
        }
        Ok(other) => {
            format!("json: cannot unmarshal {} into Go value of type storage.continueToken", kind(&other))
        }
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = ("team".to_owned(), "a-name".to_owned());
        assert_eq!(read(&write(&place)).unwrap(), place);
    }

    /// API-240: in the words of the recorded `abc`.
    #[test]
    fn what_is_no_token_is_told_as_kubernetes_does() {
        for (token, why) in [
            ("abc", "invalid character 'i' looking for beginning of value"),
            ("bad", "invalid character 'm' looking for beginning of value"),
            ("zzz", "invalid character 'Ï' looking for beginning of value"),
            ("10", "invalid character '×' looking for beginning of value"),
            ("nope", r"invalid character '\u009e' looking for beginning of value"),
            ("1", "illegal base64 data at input byte 0"),
            ("token", "illegal base64 data at input byte 4"),
            ("!!", "illegal base64 data at input byte 0"),
            ("ab=", "illegal base64 data at input byte 2"),
            ("e30", "server does not recognize this encoded version "),
            ("eyJ2IjoieCJ9", "server does not recognize this encoded version x"),
            ("MQ", "json: cannot unmarshal number into Go value of type storage.continueToken"),
            ("ew", "unexpected end of JSON input"),
        ] {
            let wanted = format!("invalid continue token: continue key is not valid: {why}");
            assert_eq!(read(token).unwrap_err(), Fault::invalid(wanted), "{token}");
        }
    }
}

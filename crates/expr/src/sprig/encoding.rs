//! JSON, base64 and its like, checksums.

use sha2::{Digest, Sha256, Sha512};

use super::{Called, int, text, unsupported};
use crate::eval::Calls;
use crate::text as operations;
use crate::value::Value;
use crate::{encode, go, go_json};

type Args<'a> = &'a [Value];

pub(super) fn from_json(args: Args, _: &mut Calls) -> Called {
    Ok(go_json::parse(text(args, 0)).unwrap_or(Value::Nil))
}

pub(super) fn must_from_json(args: Args, _: &mut Calls) -> Called {
    go_json::parse(text(args, 0))
}

pub(super) fn to_json(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(args[0].to_json().unwrap_or_default()))
}

pub(super) fn must_to_json(args: Args, _: &mut Calls) -> Called {
    args[0].to_json().map(Value::from)
}

pub(super) fn to_pretty_json(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(args[0].to_json_indented().unwrap_or_default()))
}

pub(super) fn must_to_pretty_json(args: Args, _: &mut Calls) -> Called {
    args[0].to_json_indented().map(Value::from)
}

/// JSON in which `<`, `>` and `&` stand as they are.
fn raw_json(value: &Value) -> Result<String, String> {
    let escaped = value.to_json()?;
    let mut out = String::with_capacity(escaped.len());
    let mut rest = escaped.as_str();
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let length = if rest[at..].starts_with("\\u") { 6 } else { 2 };
        let escape = &rest[at..at + length];
        out.push_str(match escape {
            "\\u003c" => "<",
            "\\u003e" => ">",
            "\\u0026" => "&",
            other => other,
        });
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    Ok(out)
}

pub(super) fn to_raw_json(args: Args, _: &mut Calls) -> Called {
    raw_json(&args[0]).map(Value::from)
}

pub(super) fn must_to_raw_json(args: Args, _: &mut Calls) -> Called {
    raw_json(&args[0]).map(Value::from)
}

pub(super) fn b64enc(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(encode::base64(text(args, 0).as_bytes())))
}

pub(super) fn b32enc(args: Args, _: &mut Calls) -> Called {
    Ok(Value::from(encode::base32(text(args, 0).as_bytes())))
}

/// What was decoded, or the error as a text (TP-167).
fn decoded(result: Result<Vec<u8>, String>) -> Called {
    Ok(Value::from(match result {
        Ok(bytes) => go::text(bytes),
        Err(message) => message,
    }))
}

pub(super) fn b64dec(args: Args, _: &mut Calls) -> Called {
    decoded(encode::unbase64(text(args, 0)))
}

pub(super) fn b32dec(args: Args, _: &mut Calls) -> Called {
    decoded(encode::unbase32(text(args, 0)))
}

fn hex(bytes: &[u8]) -> Value {
    Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

pub(super) fn sha1sum(args: Args, _: &mut Calls) -> Called {
    Ok(hex(&encode::sha1(text(args, 0).as_bytes())))
}

pub(super) fn sha256sum(args: Args, _: &mut Calls) -> Called {
    Ok(hex(&Sha256::digest(text(args, 0).as_bytes())))
}

pub(super) fn sha512sum(args: Args, _: &mut Calls) -> Called {
    Ok(hex(&Sha512::digest(text(args, 0).as_bytes())))
}

pub(super) fn adler32sum(args: Args, _: &mut Calls) -> Called {
    const MODULUS: u32 = 65_521;
    let (a, b) = text(args, 0).bytes().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(byte)) % MODULUS;
        (a, (b + a) % MODULUS)
    });
    Ok(Value::from((b << 16 | a).to_string()))
}

pub(super) fn rand_bytes(args: Args, calls: &mut Calls) -> Called {
    let count = usize::try_from(int(args, 0)).map_err(|_| "runtime error: makeslice: len out of range")?;
    operations::allow(count)?;
    Ok(Value::from(encode::base64(&calls.random.bytes(count))))
}

pub(super) fn uuidv4(_: Args, calls: &mut Calls) -> Called {
    let mut bytes = calls.random.bytes(16);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(Value::from(parts.join("-")))
}

pub(super) fn encrypt_aes(_: Args, _: &mut Calls) -> Called {
    unsupported("encryptAES")
}

pub(super) fn decrypt_aes(args: Args, _: &mut Calls) -> Called {
    encode::unbase64(text(args, 1))?;
    unsupported("decryptAES")
}

/// The text of a wrong name is the answer; a right one would need a random hash.
pub(super) fn htpasswd(args: Args, _: &mut Calls) -> Called {
    let name = text(args, 0);
    if name.contains(':') {
        return Ok(Value::from(format!("invalid username: {name}")));
    }
    unsupported("htpasswd")
}

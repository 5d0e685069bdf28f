//! Base64 and base32, with Go's messages.

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    encode(bytes, BASE64, 6, 4)
}

/// Standard base32 with padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    encode(bytes, BASE32, 5, 8)
}

/// Decodes standard base64 with padding.
pub(crate) fn unbase64(text: &str) -> Result<Vec<u8>, String> {
    decode(text, BASE64, 6, 4)
        .map_err(|at| format!("illegal base64 data at input byte {}", base64_fault(text).unwrap_or(at)))
}

/// Decodes standard base32 with padding.
pub(crate) fn unbase32(text: &str) -> Result<Vec<u8>, String> {
    decode(text, BASE32, 5, 8).map_err(|at| format!("illegal base32 data at input byte {at}"))
}

fn encode(bytes: &[u8], alphabet: &[u8], bits: u32, block: usize) -> String {
    let mut out = String::with_capacity(bytes.len() * 2 + block);
    let (mut held, mut count) = (0_u32, 0);
    let mask = (1 << bits) - 1;
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        count += 8;
        while count >= bits {
            count -= bits;
            out.push(char::from(alphabet[(held >> count & mask) as usize]));
        }
        held &= (1 << count) - 1;
    }
    if count > 0 {
        out.push(char::from(alphabet[(held << (bits - count) & mask) as usize]));
    }
    while !out.len().is_multiple_of(block) {
        out.push('=');
    }
    out
}

/// Line breaks are ignored. The error is the place of the first wrong byte.
fn decode(text: &str, alphabet: &[u8], bits: u32, block: usize) -> Result<Vec<u8>, usize> {
    let symbols: Vec<(usize, u8)> =
        text.bytes().enumerate().filter(|(_, byte)| !matches!(byte, b'\n' | b'\r')).collect();
    let mut out = Vec::with_capacity(symbols.len());
    for (number, group) in symbols.chunks(block).enumerate() {
        let data = group.iter().take_while(|(_, byte)| *byte != b'=').count();
        let mut held: u64 = 0;
        for (at, byte) in &group[..data] {
            let digit = alphabet.iter().position(|symbol| symbol == byte).ok_or(*at)?;
            held = held << bits | digit as u64;
        }
        let padded = group[data..].iter().find(|(_, byte)| *byte != b'=');
        if let Some((at, _)) = padded {
            return Err(*at);
        }
        let is_last = (number + 1) * block >= symbols.len();
        let whole_bytes = data * bits as usize / 8;
        let unused = data * bits as usize % 8;
        let legal = match block {
            4 => data >= 2,
            _ => matches!(data, 2 | 4 | 5 | 7 | 8),
        };
        if group.len() < block || !legal || (data < block && !is_last) {
            // Go blames the end of what it could read of the group.
            return Err(group.get(data).map_or_else(|| start_of(group), |(at, _)| *at));
        }
        held >>= unused;
        out.extend((0..whole_bytes).rev().map(|byte| (held >> (8 * byte)) as u8));
    }
    Ok(out)
}

/// The place that Go blames in a text that is no base64.
fn base64_fault(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_break = |at: usize| matches!(bytes.get(at), Some(b'\n' | b'\r'));
    let (mut at, mut digits) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\n' | b'\r' => {}
            b'=' if digits < 2 => return Some(at - 1),
            b'=' => {
                let skip = |from: usize| (from..).find(|at| !is_break(*at)).unwrap_or(from);
                if digits == 2 {
                    let second = skip(at);
                    match bytes.get(second) {
                        None => return Some(bytes.len()),
                        Some(b'=') => at = second + 1,
                        Some(_) => return Some(second - 1),
                    }
                }
                return Some(skip(at));
            }
            _ if BASE64.contains(byte) => digits = (digits + 1) % 4,
            _ => return Some(at - 1),
        }
    }
    // What is missing at the end is blamed on as many bytes as there were.
    (digits > 0).then(|| at - digits)
}

/// Where a group that is too short begins.
fn start_of(group: &[(usize, u8)]) -> usize {
    group.first().map_or(0, |(at, _)| *at)
}

/// SHA-1, which only checksums of existing workflows ask for.
pub(crate) fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        let mut words = [0_u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for at in 16..80 {
            words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (round, word) in words.iter().enumerate() {
            let (mixed, constant) = match round / 20 {
                0 => (b & c | !b & d, 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a
                .rotate_left(5)
                .wrapping_add(mixed)
                .wrapping_add(e)
                .wrapping_add(constant)
                .wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (sum, value) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(value);
        }
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

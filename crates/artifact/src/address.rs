//! Addresses of web servers as Go's client reads them: what is wrong with one, and how it is sent (EX-473, PA-352).

/// An address that can be asked.
#[derive(Debug, PartialEq, Eq)]
pub struct Address {
    /// As it is sent.
    pub sent: String,
    /// As messages show it: without a password.
    pub shown: String,
}

/// Why nothing can be asked.
#[derive(Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It cannot be read: this is all that is said.
    Unread(String),
    /// It is read, and shown like this before the reason why nobody is there to be asked.
    Unasked(String, String),
}

/// Reads an address.
pub fn read(text: &str) -> Result<Address, Unfit> {
    let (text, _) = text.split_once('#').unwrap_or((text, ""));
    let unread = |reason: String| Unfit::Unread(format!("parse {}: {reason}", quote(text)));
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err(unread("net/url: invalid control character in URL".to_owned()));
    }
    let (scheme, rest) = scheme(text).map_err(unread)?;
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, format!("?{query}")),
        None => (rest, String::new()),
    };
    let Some(authority) = rest.strip_prefix("//") else {
        let shown = if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}:{rest}") } + &query;
        let segment = rest.split('/').next().unwrap_or_default();
        if scheme.is_empty() && segment.contains(':') {
            return Err(unread("first path segment in URL cannot contain colon".to_owned()));
        }
        return Err(Unfit::Unasked(shown, without_host(&scheme)));
    };
    let slash = authority.find('/').unwrap_or(authority.len());
    let (authority, path) = authority.split_at(slash);
    let (user, host) =
        authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    port_complaint(host).or_else(|| host_complaint(host)).map_or(Ok(()), |reason| Err(unread(reason)))?;
    let path = escaped(path).map_err(unread)?;
    let user = user.map(|user| user.split_once(':').map_or((user, None), |(name, word)| (name, Some(word))));
    let at = |hidden: bool| match user {
        None => String::new(),
        Some((name, None)) => format!("{name}@"),
        Some((name, Some(word))) => format!("{name}:{}@", if hidden { "***" } else { word }),
    };
    let shown = format!("{scheme}://{}{host}{path}{query}", at(true));
    if host.is_empty() || !is_web(&scheme) {
        return Err(Unfit::Unasked(shown, without_host(&scheme)));
    }
    if let Some(port) = host
        .rsplit_once(':')
        .map(|(_, port)| port)
        .filter(|port| port.parse::<u64>().is_ok_and(|port| port > 65_535))
    {
        return Err(Unfit::Unasked(shown, format!("dial tcp: address {port}: invalid port")));
    }
    // Go sends the query as it stands; what cannot stand in a request at all is escaped.
    let query: String = query
        .chars()
        .map(|letter| if letter.is_ascii_graphic() { letter.to_string() } else { percent(letter) })
        .collect();
    Ok(Address { sent: format!("{scheme}://{}{host}{path}{query}", at(false)), shown })
}

/// The `host:port` that an address leads to.
pub fn host_and_port(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((_, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            host.to_owned()
        }
        _ => format!("{host}:{}", if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 }),
    }
}

fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

fn without_host(scheme: &str) -> String {
    if is_web(scheme) {
        return "http: no Host in request URL".to_owned();
    }
    format!("unsupported protocol scheme {}", quote(scheme))
}

/// The scheme in small letters, and what follows it.
fn scheme(text: &str) -> Result<(String, &str), String> {
    for (at, letter) in text.char_indices() {
        match letter {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            ':' => return Ok((text[..at].to_ascii_lowercase(), &text[at + 1..])),
            _ => break,
        }
    }
    Ok((String::new(), text))
}

fn port_complaint(host: &str) -> Option<String> {
    let after =
        if host.starts_with('[') { host.rfind(']').map_or(host, |end| &host[end + 1..]) } else { host };
    let port = &after[after.rfind(':')?..];
    let is_number = port[1..].bytes().all(|byte| byte.is_ascii_digit());
    (!is_number).then(|| format!("invalid port {} after host", quote(port)))
}

fn host_complaint(host: &str) -> Option<String> {
    let may_stand = |letter: char| {
        !letter.is_ascii() || letter.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(letter)
    };
    let odd = host.chars().find(|letter| !may_stand(*letter))?;
    Some(format!("invalid character {} in host name", quote(&odd.to_string())))
}

/// A path as it is sent: as it stands if that can be, else with everything escaped that may be.
fn escaped(path: &str) -> Result<String, String> {
    let bytes = unescaped(path)?;
    let stands = |letter: char| letter.is_ascii_alphanumeric() || "-_.~$&+,/:;=@!'()*[]%".contains(letter);
    if path.chars().all(stands) {
        return Ok(path.to_owned());
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    Ok(bytes.into_iter().map(one).collect())
}

fn unescaped(path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let Some(byte) = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) else {
            let wrong = String::from_utf8_lossy(&rest[..rest.len().min(3)]);
            return Err(format!("invalid URL escape {}", quote(&wrong)));
        };
        bytes.extend(u8::from_str_radix(byte, 16));
        rest = &after[2..];
    }
    Ok(bytes)
}

fn percent(letter: char) -> String {
    let mut room = [0; 4];
    letter.encode_utf8(&mut room).bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Text in quotes, as Go writes it.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            letter if letter.is_ascii_control() => quoted.push_str(&format!("\\x{:02x}", letter as u32)),
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}

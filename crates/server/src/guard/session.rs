//! How a browser becomes known: a link that is good once, or a token, for a cookie that no script can read.

use crate::access::{Resource, Role, Token, Verb, Who};
use crate::call::Call;
use crate::fault::{Code, Fault};
use crate::limits;
use crate::options::AuthMode;
use crate::reply;
use crate::world::World;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The cookie that Argo's interface reads (AUTH-002).
const COOKIE: &str = "authorization";

/// What the names of tokens of browsers begin with.
const BROWSER: &str = "browser-";

/// Links that were given out and not used yet.
#[derive(Default)]
pub(crate) struct Links(Mutex<Vec<Link>>);

struct Link {
    hash: Vec<u8>,
    role: Role,
    until: Instant,
}

impl Links {
    /// A code that one browser can exchange for a session of that role.
    pub(crate) fn give(&self, role: Role) -> String {
        let code = uuid::Uuid::new_v4().simple().to_string();
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        links.retain(|link| link.until > now);
        if links.len() >= limits::LINKS_MAX {
            links.remove(0);
        }
        links.push(Link { hash: hash(&code), role, until: now + limits::LINK_WITHIN });
        code
    }

    /// Takes a code back: its role, if it is good.
    fn take(&self, code: &str) -> Option<Role> {
        let wanted = hash(code);
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = links.iter().position(|link| link.hash == wanted)?;
        let link = links.remove(at);
        (link.until > Instant::now()).then_some(link.role)
    }
}

fn hash(code: &str) -> Vec<u8> {
    Sha256::digest(code.as_bytes()).to_vec()
}

/// `POST /api/tiphys/v1/session`: a code of a link or a token for a cookie.
pub(crate) fn open(world: &World, call: &Call) -> Result<Response, Fault> {
    let message = call.message()?;
    let (code, token) = (message.text("code")?, message.text("token")?);
    if !code.is_empty() {
        return exchange(world, code, call.peer.encrypted)?.ok_or_else(spent);
    }
    let token = token.strip_prefix("Bearer ").unwrap_or(token);
    if world.tokens.find(token).is_none() {
        return Err(Fault::new(Code::Unauthenticated, "this token is not known here, or it has ended"));
    }
    Ok(with_cookie(token, call.peer.encrypted, StatusCode::NO_CONTENT))
}

/// `DELETE /api/tiphys/v1/session`: forgets the cookie, and a token that was made for it.
pub(crate) fn close(world: &World, call: &Call) -> Result<Response, Fault> {
    if call.who.subject.starts_with(BROWSER) {
        world.store(|store| world.tokens.revoke(store, &call.who.subject))?;
    }
    Ok(with_cookie("", call.peer.encrypted, StatusCode::NO_CONTENT))
}

/// `POST /api/tiphys/v1/links`: a new link.
pub(crate) fn link(world: &World, call: &Call) -> Result<Value, Fault> {
    // Whoever follows it is let in everywhere, so it is for those who may do everything everywhere.
    call.who.may(Verb::Create, Resource::Tokens, "", None)?;
    let message = call.message()?;
    let role = match message.text("role")? {
        "" => Role::Admin,
        text => Role::parse(text).ok_or_else(|| {
            Fault::invalid(format!("`{text}` is no role: it is one of viewer, operator, admin"))
        })?,
    };
    let code = world.guard.links.give(role);
    Ok(json!({ "path": format!("/login?code={code}"), "seconds": limits::LINK_WITHIN.as_secs() }))
}

/// `GET /api/tiphys/v1/me`: what the caller may do.
pub(crate) fn me(world: &World, call: &Call) -> Result<Value, Fault> {
    let (role, namespaces) = call.who.standing().unwrap_or((Role::Nobody, &[]));
    let mode = match world.options.auth {
        AuthMode::Token => "token",
        AuthMode::None => "none",
    };
    Ok(json!({
        "subject": call.who.subject,
        "role": role.name(),
        "namespaces": namespaces,
        "authMode": mode,
    }))
}

/// `GET /login?code=…`: the link itself. A code that is spent leads to the page that asks for a token.
pub(crate) fn follow(world: &World, code: &str, encrypted: bool) -> Response {
    let mut response = match exchange(world, code, encrypted) {
        Ok(Some(response)) => response,
        Ok(None) => {
            let fault = spent();
            return reply::text(StatusCode::UNAUTHORIZED, &fault.message);
        }
        Err(fault) => return reply::bare_fault(&fault),
    };
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("./"));
    response
}

fn spent() -> Fault {
    Fault::new(
        Code::Unauthenticated,
        "this link was used already, or it is too old: `tiphys token link` prints a new one",
    )
}

/// The answer that opens a session; none if the code is not good.
fn exchange(world: &World, code: &str, encrypted: bool) -> Result<Option<Response>, Fault> {
    let Some(role) = world.guard.links.take(code) else { return Ok(None) };
    let now_us = world.now_us();
    let life_us = i64::try_from(limits::SESSION_LIFE.as_micros()).unwrap_or(i64::MAX);
    let token = Token {
        name: format!("{BROWSER}{}", &uuid::Uuid::new_v4().simple().to_string()[..12]),
        role: role.name().to_owned(),
        namespaces: Vec::new(),
        hash: String::new(),
        created_us: now_us,
        expires_us: Some(now_us.saturating_add(life_us)),
    };
    let text = world.store(|store| world.tokens.create(store, token))?;
    Ok(Some(with_cookie(&text, encrypted, StatusCode::NO_CONTENT)))
}

/// An empty answer that sets the cookie, or takes it away if there is no token.
fn with_cookie(token: &str, encrypted: bool, status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let secure = if encrypted { "; Secure" } else { "" };
    let (value, life) = match token {
        "" => (String::new(), 0),
        // A blank is not allowed in a cookie.
        token => (format!("Bearer%20{token}"), limits::SESSION_LIFE.as_secs()),
    };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={life}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Who calls where nobody has to be known to ask.
pub(crate) fn passer_by() -> Who {
    Who::known("", Role::Nobody, Vec::new())
}

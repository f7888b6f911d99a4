//! The head of an HTTP request: what it asks for, or why that is refused.
//!
//! Everything that can be refused before the body is read is refused here. Where a body begins and
//! ends is never guessed: a request that two readers could cut differently is refused, and the
//! connection ends (RFC 9112, 6.3 and 11.2).

use httparse::{EMPTY_HEADER, Header, Request, Status};

use super::hosts::{Hosts, is_same_site};
use super::{Keep, Page, Refusal};

/// The longest head in bytes, its empty line included.
pub const MAX_HEAD: usize = 16 << 10;
const MAX_HEADERS: usize = 64;

/// What a head says.
#[derive(Debug)]
pub struct Asked {
    pub target: Result<Target, Refusal>,
    pub keep: Keep,
    /// Whether the response has no body.
    pub head: bool,
    pub token: Option<Vec<u8>>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Page(Page),
    /// The body that follows is a message. `waits`: it follows when an interim response says so.
    Post {
        body: Body,
        waits: bool,
    },
}

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    Nothing,
    /// So many bytes.
    Length(usize),
    Chunked,
}

impl Asked {
    /// What is not understood cannot be followed by anything that is.
    pub fn refused(refusal: Refusal) -> Asked {
        Asked { target: Err(refusal), keep: Keep::Close, head: false, token: None }
    }
}

/// Reads a head, up to and with its empty line.
pub fn read(bytes: &[u8], max_message: usize, hosts: &Hosts) -> Asked {
    let mut slots = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut slots);
    match request.parse(bytes) {
        Ok(Status::Complete(length)) if length == bytes.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Asked::refused(TOO_MANY),
        Err(httparse::Error::Version) => return Asked::refused(VERSION),
        _ => return Asked::refused(BROKEN),
    }
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version)
    else {
        return Asked::refused(BROKEN);
    };
    Head { method, target, minor, headers: request.headers }.asked(max_message, hosts)
}

const BROKEN: Refusal = Refusal::new(400, "the request is not HTTP/1.1");
const VERSION: Refusal = Refusal::new(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
const TOO_MANY: Refusal = Refusal::new(431, "the request has more than 64 headers");
pub const LONG_HEAD: Refusal = Refusal::new(431, "the head of the request is over 16 KiB");
pub const TOO_LARGE: Refusal = Refusal::new(413, "the message is longer than allowed");

struct Head<'a> {
    method: &'a str,
    target: &'a str,
    minor: u8,
    headers: &'a [Header<'a>],
}

impl Head<'_> {
    fn asked(&self, max_message: usize, hosts: &Hosts) -> Asked {
        let body = self.body();
        let target = body.and_then(|body| {
            self.check_sender(hosts)?;
            self.target(body, max_message)
        });
        // A refused request's body is not read, so where the next request begins is known only if
        // there is none. A POST that announces none may yet send one.
        let go_on = target.is_ok() || (body == Ok(Body::Nothing) && self.method != "POST");
        let keep = if go_on { self.keep() } else { Keep::Close };
        Asked { target, keep, head: self.method == "HEAD", token: self.token() }
    }

    fn keep(&self) -> Keep {
        let says = |token| self.tokens("connection").any(|said| said.eq_ignore_ascii_case(token));
        match (says("close"), self.minor) {
            (true, _) => Keep::Close,
            (false, 0) if says("keep-alive") => Keep::SayOpen,
            (false, 0) => Keep::Close,
            (false, _) => Keep::Open,
        }
    }

    fn body(&self) -> Result<Body, Refusal> {
        let mut lengths = self.all("content-length");
        let (length, again) = (lengths.next(), lengths.next());
        let coded = self.all("transfer-encoding").next().is_some();
        match length {
            Some(_) if again.is_some() => Err(Refusal::new(400, "Content-Length is given twice")),
            Some(_) if coded => {
                Err(Refusal::new(400, "Content-Length and Transfer-Encoding exclude each other"))
            }
            Some(length) => parse_length(length),
            None if coded => self.coding(),
            None => Ok(Body::Nothing),
        }
    }

    fn coding(&self) -> Result<Body, Refusal> {
        if self.minor == 0 {
            return Err(Refusal::new(400, "HTTP/1.0 has no Transfer-Encoding"));
        }
        let mut codings = self.tokens("transfer-encoding");
        match (codings.next(), codings.next()) {
            (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") => Ok(Body::Chunked),
            _ => Err(Refusal::new(501, "the only Transfer-Encoding read here is chunked")),
        }
    }

    /// Keeps web pages out. With 403, not 421: there is no other connection to try it on.
    fn check_sender(&self, hosts: &Hosts) -> Result<(), Refusal> {
        let host = self.host()?;
        let authority = self.authority().or(host);
        let foreign = |authority: Option<&str>| authority.is_some_and(|one| !hosts.allow(one));
        if foreign(host) || foreign(authority) {
            return Err(Refusal::new(403, "Host is no address or name of this server"));
        }
        let same = |origin| authority.is_some_and(|authority| is_same_site(origin, authority));
        if self.all("origin").any(|origin| !same(origin)) {
            return Err(Refusal::new(403, "web pages of other sites are not served"));
        }
        Ok(())
    }

    /// `Host`, which HTTP/1.1 must have, once.
    fn host(&self) -> Result<Option<&str>, Refusal> {
        let mut hosts = self.all("host");
        match (hosts.next(), hosts.next()) {
            (_, Some(_)) => Err(Refusal::new(400, "Host is given twice")),
            (None, None) if self.minor > 0 => Err(Refusal::new(400, "Host is missing")),
            (host, None) => Ok(host),
        }
    }

    /// The host in `GET http://host/path`.
    fn authority(&self) -> Option<&str> {
        let rest = after_scheme(self.target)?;
        Some(rest.split_once(['/', '?']).map_or(rest, |(authority, _)| authority))
    }

    /// The target without a host before it and a query behind.
    fn path(&self) -> &str {
        let target = self.target.split_once('?').map_or(self.target, |(target, _)| target);
        match after_scheme(target) {
            Some(rest) => rest.find('/').map_or("/", |start| &rest[start..]),
            None => target,
        }
    }

    fn target(&self, body: Body, max_message: usize) -> Result<Target, Refusal> {
        let page = match self.path() {
            "/rpc" => return self.post(body, max_message),
            "/health" => Page::Health,
            "/livez" => Page::Live,
            "/readyz" => Page::Ready,
            "/metrics" => Page::Metrics,
            _ => return Err(Refusal::new(404, "no such page")),
        };
        match (self.method, body) {
            ("GET" | "HEAD", Body::Nothing | Body::Length(0)) => Ok(Target::Page(page)),
            ("GET" | "HEAD", _) => Err(Refusal::new(400, "a request for a page has no body")),
            _ => Err(only("Allow: GET, HEAD\r\n")),
        }
    }

    fn post(&self, body: Body, max_message: usize) -> Result<Target, Refusal> {
        if self.method != "POST" {
            return Err(only("Allow: POST\r\n"));
        }
        if !self.is_json() {
            return Err(Refusal::new(415, "Content-Type must be application/json"));
        }
        match body {
            Body::Nothing => Err(Refusal::new(411, "Content-Length is missing")),
            Body::Length(length) if length > max_message => Err(TOO_LARGE),
            _ => Ok(Target::Post { body, waits: self.waits()? }),
        }
    }

    fn is_json(&self) -> bool {
        let mut types = self.all("content-type");
        let json = types.next().is_some_and(|value| {
            let media = value.split_once(';').map_or(value, |(media, _)| media);
            media.trim().eq_ignore_ascii_case("application/json")
        });
        let plain = |coding: &str| coding.eq_ignore_ascii_case("identity");
        json && types.next().is_none() && self.tokens("content-encoding").all(plain)
    }

    fn waits(&self) -> Result<bool, Refusal> {
        let known = |expected: &str| expected.eq_ignore_ascii_case("100-continue");
        match (self.minor, self.tokens("expect").all(known)) {
            (0, _) => Ok(false),
            (_, false) => Err(Refusal::new(417, "only 100-continue can be expected")),
            (_, true) => Ok(self.tokens("expect").next().is_some()),
        }
    }

    fn token(&self) -> Option<Vec<u8>> {
        let (scheme, token) = self.all("authorization").next()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().as_bytes().to_vec())
    }

    /// The values of all headers of that name. One that is not UTF-8 is as good as a wrong one.
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named =
            self.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| str::from_utf8(header.value).unwrap_or("\u{fffd}"))
    }

    /// The same, taken as lists.
    fn tokens(&self, name: &str) -> impl Iterator<Item = &str> {
        let parts = self.all(name).flat_map(|value| value.split(','));
        parts.map(|part| part.trim_matches([' ', '\t'])).filter(|part| !part.is_empty())
    }
}

const fn only(allow: &'static str) -> Refusal {
    Refusal { status: 405, why: "the method is not for this page", header: allow }
}

fn after_scheme(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_once("://")?;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(rest)
}

fn parse_length(text: &str) -> Result<Body, Refusal> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::new(400, "Content-Length is no number"));
    }
    // Digits that do not fit are a length over every limit.
    Ok(Body::Length(text.parse().unwrap_or(usize::MAX)))
}

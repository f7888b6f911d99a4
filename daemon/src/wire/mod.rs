//! What a connection speaks: found out from its first bytes, once; then its messages, cut out of the
//! stream (docs/adr/0009-one-port.md).
//!
//! Bytes in, calls out; no sockets and no clocks. The calls do not depend on how the bytes were
//! split. What is held is at most one message and the head of a request besides what was pushed
//! since [`Wire::next`] last gave `None`. After a call whose envelope [`Envelope::closes`], nothing
//! more is read.

mod binary;
mod buffer;
mod envelope;
mod head;
mod hosts;
mod http;

#[cfg(test)]
mod binary_tests;
#[cfg(test)]
mod envelope_tests;
#[cfg(test)]
mod hosts_tests;
#[cfg(test)]
mod http_tests;
#[cfg(test)]
mod wire_tests;

use std::mem;
use std::sync::Arc;

use goxel_rpc::{Fault, Frame, Framer};

use binary::Binary;
use http::Http;

pub use envelope::{Envelope, Keep, Refusal};
pub use hosts::Hosts;

/// What a connection may do.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The longest message in bytes, however it is framed.
    pub max_message: usize,
    /// Whether everything is read as JSON.
    pub json_only: bool,
    /// Who an HTTP request may be addressed to.
    pub hosts: Arc<Hosts>,
}

/// What a connection was found to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Too little has arrived to tell.
    Undecided,
    /// JSON values, one after the other.
    Json,
    /// JSON behind a 16-byte header.
    Binary,
    /// HTTP/1.0 or HTTP/1.1.
    Http,
}

/// One thing that a client asks for, and how it is to be answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    pub what: What,
    pub envelope: Envelope,
    /// The token of `Authorization: Bearer`; only HTTP has one.
    pub token: Option<Vec<u8>>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum What {
    /// A JSON text. Only on a connection of [`Kind::Json`] its brackets are known to balance.
    Message(Vec<u8>),
    /// Input that is no message; answer it with [`goxel_rpc::fault_reply`].
    Fault(Fault),
    Page(Page),
    /// An HTTP request that is not served; answer it with [`Envelope::write_refusal`].
    Refused(Refusal),
}

/// What HTTP shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Health,
    Live,
    Ready,
    Metrics,
}

/// The one reader of a connection.
#[derive(Debug)]
pub struct Wire {
    allowed: Allowed,
    speech: Speech,
}

#[derive(Debug)]
enum Speech {
    /// Less than the name of an HTTP method and a blank.
    Undecided(Vec<u8>),
    Json(Framer),
    Binary(Binary),
    Http(Http),
}

impl Wire {
    /// The reader of a connection that has not sent anything.
    pub fn new(allowed: Allowed) -> Wire {
        Wire { allowed, speech: Speech::Undecided(Vec::new()) }
    }

    /// Takes bytes as they arrive.
    pub fn push(&mut self, bytes: &[u8]) {
        match &mut self.speech {
            Speech::Undecided(_) => self.decide(bytes),
            Speech::Json(framer) => framer.push(bytes),
            Speech::Binary(binary) => binary.push(bytes),
            Speech::Http(http) => http.push(bytes),
        }
    }

    /// The next call, in the order of arrival.
    pub fn next(&mut self) -> Option<Call> {
        match &mut self.speech {
            Speech::Undecided(_) => None,
            Speech::Json(framer) => framer.next().map(line),
            Speech::Binary(binary) => binary.next(),
            Speech::Http(http) => http.next(),
        }
    }

    /// At the end of input: what [`Wire::next`] still has, then a call for a message that was cut
    /// off. To be called until it gives `None`.
    pub fn finish(&mut self) -> Option<Call> {
        if let Speech::Undecided(seen) = &mut self.speech
            && !seen.is_empty()
        {
            let seen = mem::take(seen);
            self.speak(Kind::Json, &seen);
        }
        match &mut self.speech {
            Speech::Undecided(_) => None,
            Speech::Json(framer) => framer.finish().map(line),
            Speech::Binary(binary) => binary.finish(),
            Speech::Http(http) => http.finish(),
        }
    }

    /// Bytes held: what is not yet taken and the beginning of what is arriving.
    pub fn buffered(&self) -> usize {
        match &self.speech {
            Speech::Undecided(seen) => seen.len(),
            Speech::Json(framer) => framer.buffered(),
            Speech::Binary(binary) => binary.buffered(),
            Speech::Http(http) => http.buffered(),
        }
    }

    /// Whether the beginning of a message waits for the rest. To be asked when [`Wire::next`] has
    /// given `None`.
    pub fn is_mid_message(&self) -> bool {
        match &self.speech {
            Speech::Undecided(_) | Speech::Json(_) => self.buffered() > 0,
            Speech::Binary(binary) => binary.is_mid_message(),
            Speech::Http(http) => http.is_mid_message(),
        }
    }

    /// What the connection speaks.
    pub fn kind(&self) -> Kind {
        match &self.speech {
            Speech::Undecided(_) => Kind::Undecided,
            Speech::Json(_) => Kind::Json,
            Speech::Binary(_) => Kind::Binary,
            Speech::Http(_) => Kind::Http,
        }
    }

    /// What a client waits for before it sends the body of its request, once. To be asked when
    /// [`Wire::next`] has given `None`: then all that came before is answered.
    pub fn take_interim(&mut self) -> Option<&'static [u8]> {
        match &mut self.speech {
            Speech::Http(http) => http.take_interim(),
            _ => None,
        }
    }

    fn decide(&mut self, bytes: &[u8]) {
        let Speech::Undecided(seen) = &mut self.speech else { return };
        let blanks = bytes.iter().take_while(|byte| seen.is_empty() && is_blank(**byte)).count();
        seen.extend_from_slice(&bytes[blanks..]);
        let kind = if self.allowed.json_only { Kind::Json } else { detect(seen) };
        if kind != Kind::Undecided && !seen.is_empty() {
            let seen = mem::take(seen);
            self.speak(kind, &seen);
        }
    }

    fn speak(&mut self, kind: Kind, seen: &[u8]) {
        let max = self.allowed.max_message;
        self.speech = match kind {
            Kind::Undecided | Kind::Json => Speech::Json(Framer::new(max)),
            Kind::Binary => Speech::Binary(Binary::new(max)),
            Kind::Http => Speech::Http(Http::new(max, Arc::clone(&self.allowed.hosts))),
        };
        self.push(seen);
    }
}

fn line(frame: Frame) -> Call {
    let what = match frame {
        Frame::Message(message) => What::Message(message),
        Frame::Fault(fault) => What::Fault(fault),
    };
    Call { what, envelope: Envelope::Line, token: None }
}

/// The methods that begin an HTTP connection, served or not.
const METHODS: [&[u8]; 9] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"PATCH ",
    b"TRACE ",
    b"CONNECT ",
];

/// What begins with these bytes, of which the first is not a blank.
fn detect(seen: &[u8]) -> Kind {
    match seen.first() {
        None => Kind::Undecided,
        Some(0..=8) => Kind::Binary,
        Some(_) if METHODS.iter().any(|method| seen.starts_with(method)) => Kind::Http,
        Some(_) if METHODS.iter().any(|method| method.starts_with(seen)) => Kind::Undecided,
        Some(_) => Kind::Json,
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

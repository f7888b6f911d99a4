//! How a reply is wrapped: what the client's framing asks for, whatever is in it.

use std::io::Write;

/// How one call is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// JSON and a newline.
    Line,
    /// The header of the call, with its id and time, then JSON.
    Binary { id: u32, time: u32, closes: bool },
    /// A response. `head` is one without its body.
    Http { keep: Keep, head: bool },
}

/// Whether an HTTP connection goes on after the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Close,
    /// As HTTP/1.1 does unless told otherwise.
    Open,
    /// The client speaks HTTP/1.0 and has to be told.
    SayOpen,
}

/// Why an HTTP request is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub why: &'static str,
    /// A header line that the status needs.
    pub header: &'static str,
}

impl Refusal {
    /// The token is missing or wrong.
    pub const UNAUTHORIZED: Refusal = Refusal {
        status: 401,
        why: "a token is needed: Authorization: Bearer <token>",
        header: "WWW-Authenticate: Bearer\r\n",
    };

    pub const fn new(status: u16, why: &'static str) -> Refusal {
        Refusal { status, why, header: "" }
    }
}

const JSON: &str = "application/json";

impl Envelope {
    /// Writes a reply, a JSON text; `None` for a call that gets none, which over HTTP is said.
    pub fn write(&self, reply: Option<&str>, out: &mut Vec<u8>) {
        match (*self, reply) {
            (Envelope::Line, Some(reply)) => {
                out.extend_from_slice(reply.as_bytes());
                out.push(b'\n');
            }
            (Envelope::Binary { id, time, .. }, Some(reply)) => binary(id, time, reply, out),
            (Envelope::Http { .. }, Some(reply)) => self.write_page(200, JSON, reply, out),
            (Envelope::Http { keep, .. }, None) => no_content(keep, out),
            (Envelope::Line | Envelope::Binary { .. }, None) => {}
        }
    }

    /// Writes a page. Only HTTP asks for pages.
    pub fn write_page(&self, status: u16, content_type: &str, body: &str, out: &mut Vec<u8>) {
        self.write_response(status, content_type, "", body, out);
    }

    /// Writes why a request is not served. Only HTTP requests are refused so.
    pub fn write_refusal(&self, refusal: &Refusal, out: &mut Vec<u8>) {
        // `why` is ours: it has nothing to escape.
        let body = format!("{{\"error\":\"{}\"}}\n", refusal.why);
        self.write_response(refusal.status, JSON, refusal.header, &body, out);
    }

    /// Whether the connection ends after this reply.
    pub fn closes(&self) -> bool {
        match self {
            Envelope::Line => false,
            Envelope::Binary { closes, .. } => *closes,
            Envelope::Http { keep, .. } => *keep == Keep::Close,
        }
    }

    fn write_response(
        &self,
        status: u16,
        content_type: &str,
        header: &str,
        body: &str,
        out: &mut Vec<u8>,
    ) {
        let Envelope::Http { keep, head } = self else { return };
        status_line(status, out);
        put(out, format_args!("Content-Type: {content_type}\r\n"));
        put(out, format_args!("Content-Length: {}\r\n", body.len()));
        out.extend_from_slice(header.as_bytes());
        end_of_head(*keep, out);
        if !head {
            out.extend_from_slice(body.as_bytes());
        }
    }
}

fn binary(id: u32, time: u32, reply: &str, out: &mut Vec<u8>) {
    let Ok(length) = u32::try_from(reply.len()) else {
        let error =
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"Reply too large"}}"#;
        return binary(id, time, error, out);
    };
    for word in [id, 0, length, time] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(reply.as_bytes());
}

fn no_content(keep: Keep, out: &mut Vec<u8>) {
    status_line(204, out);
    end_of_head(keep, out);
}

fn status_line(status: u16, out: &mut Vec<u8>) {
    put(out, format_args!("HTTP/1.1 {status} {}\r\n", reason(status)));
}

fn end_of_head(keep: Keep, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
    out.extend_from_slice(match keep {
        Keep::Close => b"Connection: close\r\n\r\n",
        Keep::Open => b"\r\n",
        Keep::SayOpen => b"Connection: keep-alive\r\n\r\n",
    });
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a vector takes all that is written");
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        // The phrase may be empty (RFC 9112, 4).
        _ => "",
    }
}

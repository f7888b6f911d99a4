//! Who an HTTP request may be addressed to, and whether a web page that sends one is our own.
//!
//! A page anywhere can make a browser send requests here: to a name of its own that it points at this
//! machine, which shows in `Host`, or across sites, which shows in `Origin`.

use std::net::IpAddr;

/// The addresses and names that we listen on. Loopback is always among them.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    anything: bool,
    every_address: bool,
    addresses: Vec<IpAddr>,
    names: Vec<String>,
}

impl Hosts {
    /// For a Unix socket: no browser gets there by a name.
    pub fn anything() -> Hosts {
        Hosts { anything: true, ..Hosts::default() }
    }

    /// For TCP. An unspecified address (`0.0.0.0`, `::`) stands for every address, but for no name:
    /// an address is what it is, a name points to where its owner wants.
    pub fn listening(
        addresses: impl IntoIterator<Item = IpAddr>,
        names: impl IntoIterator<Item = String>,
    ) -> Hosts {
        let addresses: Vec<_> = addresses.into_iter().map(|ip| ip.to_canonical()).collect();
        let every_address = addresses.iter().any(IpAddr::is_unspecified);
        Hosts { anything: false, every_address, addresses, names: names.into_iter().collect() }
    }

    /// Whether `authority`, a host and perhaps a port, is one of ours.
    pub fn allow(&self, authority: &str) -> bool {
        let Some((host, _)) = split(authority) else { return false };
        self.anything
            || match Host::of(host) {
                Host::Address(ip) => {
                    ip.is_loopback() || self.every_address || self.addresses.contains(&ip)
                }
                Host::Name(name) => {
                    let same = |ours: &String| ours.eq_ignore_ascii_case(name);
                    name.eq_ignore_ascii_case("localhost") || self.names.iter().any(same)
                }
            }
    }
}

/// Whether `origin` is the site that `authority` names, port included: a page on another port of this
/// machine may be another user's.
pub fn is_same_site(origin: &str, authority: &str) -> bool {
    let (site, default) = match (origin.strip_prefix("http://"), origin.strip_prefix("https://")) {
        (Some(site), _) => (site, 80),
        (_, Some(site)) => (site, 443),
        _ => return false,
    };
    match (split(site), split(authority)) {
        (Some((left, left_port)), Some((right, right_port))) => {
            Host::of(left).is(&Host::of(right))
                && left_port.unwrap_or(default) == right_port.unwrap_or(default)
        }
        _ => false,
    }
}

enum Host<'a> {
    Address(IpAddr),
    Name(&'a str),
}

impl Host<'_> {
    fn of(text: &str) -> Host<'_> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        match bare.parse::<IpAddr>() {
            Ok(ip) => Host::Address(ip.to_canonical()),
            Err(_) => Host::Name(text.strip_suffix('.').unwrap_or(text)),
        }
    }

    fn is(&self, other: &Host<'_>) -> bool {
        match (self, other) {
            (Host::Address(left), Host::Address(right)) => left == right,
            (Host::Name(left), Host::Name(right)) => left.eq_ignore_ascii_case(right),
            _ => false,
        }
    }
}

/// `[::1]` and 80 in `[::1]:80`. A port may be missing or empty.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(end);
    let digits = port.strip_prefix(':').unwrap_or(port);
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let misplaced = host.is_empty() || !all_digits || (port == digits && !port.is_empty());
    match (misplaced, digits) {
        (true, _) => None,
        (false, "") => Some((host, None)),
        (false, digits) => Some((host, Some(digits.parse().ok()?))),
    }
}

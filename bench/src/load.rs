//! Many clients driven by one thread, the same for every server that is measured.
//!
//! Each connection has a pipeline of requests under way, and sends the next when all are answered.
//! Every reply is counted; one that is not a success ends the bench.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long one run takes, after a warm-up of a quarter of it, and how many there are.
const TIME: Duration = Duration::from_millis(700);
const RUNS: usize = 3;

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// On a Unix socket.
    Unix(&'a Path),
    /// On a port of the loopback.
    Tcp(u16),
}

/// Where a reply ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replies {
    /// With its line. What the line says is the caller's to look at, afterwards.
    Lines,
    /// With the body that its head announces; the status has to be 200.
    Pages,
}

/// The text of a request with a number.
pub type Request<'a> = &'a dyn Fn(u64) -> Vec<u8>;

/// The run in the middle of some.
#[derive(Debug)]
pub struct Measured {
    /// Replies in a second.
    pub rate: f64,
    /// What a pipeline takes, in microseconds.
    pub median: u128,
    /// What 99 of 100 take at the most.
    pub late: u128,
}

/// Clients of one server.
pub struct Load<'a> {
    peers: Vec<Peer>,
    pipeline: usize,
    request: Request<'a>,
    number: u64,
    answered: u64,
}

struct Peer {
    stream: Box<dyn Stream>,
    replies: Replies,
    /// The beginning of a reply.
    part: Vec<u8>,
    /// Replies that have not come.
    owed: usize,
    sent: Instant,
}

trait Stream: Read + Write + AsFd {}

impl<T: Read + Write + AsFd> Stream for T {}

/// Measures loads in turns, so that whatever else the machine does is borne by all of them.
pub fn measure(loads: &mut [Load<'_>]) -> Vec<Measured> {
    loads.iter_mut().for_each(|load| _ = load.run(TIME / 4));
    let rounds: Vec<Vec<_>> =
        (0..RUNS).map(|_| loads.iter_mut().map(|load| load.run(TIME)).collect()).collect();
    let mut of_each: Vec<Vec<_>> = loads.iter().map(|_| Vec::new()).collect();
    for round in rounds {
        of_each.iter_mut().zip(round).for_each(|(runs, run)| runs.push(run));
    }
    of_each.into_iter().map(middle).collect()
}

fn middle(mut runs: Vec<Measured>) -> Measured {
    runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    runs.swap_remove(runs.len() / 2)
}

/// Prints a table's title and columns.
pub fn title(text: &str) {
    println!(
        "\n{text:<44} {:>10} {:>10} {:>7}  p50 / p99 us a pipeline: ours, peer",
        "ours", "peer", "ratio"
    );
}

/// Measures and prints a row: ours, and the peer's if there is one.
pub fn row(name: &str, loads: &mut [Load<'_>]) {
    match &measure(loads)[..] {
        [ours, peer] => println!(
            "{name:<44} {:>10.0} {:>10.0} {:>6.2}x  {} / {}, {} / {}",
            ours.rate,
            peer.rate,
            ours.rate / peer.rate,
            ours.median,
            ours.late,
            peer.median,
            peer.late
        ),
        all => all.iter().for_each(|ours| {
            println!("{name:<44} {:>10.0} {:>19}  {} / {}", ours.rate, "", ours.median, ours.late);
        }),
    }
}

impl<'a> Load<'a> {
    /// So many connections, each with so many requests under way.
    pub fn new(
        place: Place<'_>,
        [clients, pipeline]: [usize; 2],
        replies: Replies,
        request: Request<'a>,
    ) -> Load<'a> {
        let peer = |_| {
            let (stream, part) = (place.connect(), Vec::new());
            Peer { stream, replies, part, owed: 0, sent: Instant::now() }
        };
        Load { peers: (0..clients).map(peer).collect(), pipeline, request, number: 0, answered: 0 }
    }

    /// All replies that have come, those of warming up included.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// Keeps all pipelines full for a while, then lets them run empty.
    pub fn run(&mut self, time: Duration) -> Measured {
        let (begun, mut answered, mut times) = (Instant::now(), 0, Vec::new());
        (0..self.peers.len()).for_each(|peer| self.send(peer));
        let mut bytes = vec![0; 1 << 16];
        let mut measured = None;
        while self.peers.iter().any(|peer| peer.owed > 0) {
            for peer in self.ready() {
                let count = self.peers[peer].take(&mut bytes);
                answered += count;
                if count == 0 || self.peers[peer].owed > 0 {
                    continue;
                }
                times.push(self.peers[peer].sent.elapsed());
                if begun.elapsed() < time {
                    self.send(peer);
                } else {
                    measured.get_or_insert((answered, begun.elapsed()));
                }
            }
        }
        self.answered += answered as u64;
        let (count, taken) = measured.unwrap_or((answered, begun.elapsed()));
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_micros();
        Measured { rate: count as f64 / taken.as_secs_f64(), median: at(0.5), late: at(0.99) }
    }

    fn ready(&self) -> Vec<usize> {
        let watch = |peer: &Peer| PollFlags::POLLIN & flags(peer.owed > 0);
        let mut fds: Vec<_> =
            self.peers.iter().map(|it| PollFd::new(it.stream.as_fd(), watch(it))).collect();
        poll(&mut fds, PollTimeout::NONE).expect("it can be waited");
        let is_ready = |fd: &PollFd<'_>| fd.any().unwrap_or(false);
        (0..fds.len()).filter(|at| is_ready(&fds[*at])).collect()
    }

    fn send(&mut self, peer: usize) {
        let mut text = Vec::with_capacity(self.pipeline * 128);
        for _ in 0..self.pipeline {
            text.extend((self.request)(self.number));
            self.number += 1;
        }
        let peer = &mut self.peers[peer];
        (peer.owed, peer.sent) = (self.pipeline, Instant::now());
        peer.stream.write_all(&text).expect("a pipeline fits a socket");
    }
}

fn flags(wanted: bool) -> PollFlags {
    if wanted { PollFlags::all() } else { PollFlags::empty() }
}

impl Place<'_> {
    fn connect(&self) -> Box<dyn Stream> {
        match self {
            Place::Unix(path) => {
                let stream = UnixStream::connect(path).expect("the server listens");
                stream.set_nonblocking(true).expect("it can be set");
                Box::new(stream)
            }
            Place::Tcp(port) => {
                let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, *port));
                let stream = stream.expect("the server listens");
                stream.set_nonblocking(true).expect("it can be set");
                stream.set_nodelay(true).expect("it can be set");
                Box::new(stream)
            }
        }
    }
}

impl Peer {
    /// Reads what is there: so many replies are whole with it.
    fn take(&mut self, bytes: &mut [u8]) -> usize {
        let Ok(count) = self.stream.read(bytes) else { return 0 };
        assert!(count > 0, "the server closed a connection");
        let replies = match self.replies {
            Replies::Lines => bytes[..count].iter().filter(|byte| **byte == b'\n').count(),
            Replies::Pages => {
                self.part.extend_from_slice(&bytes[..count]);
                take_pages(&mut self.part)
            }
        };
        assert!(replies <= self.owed, "{replies} replies came, {} were due", self.owed);
        self.owed -= replies;
        replies
    }
}

/// Takes whole responses off the front, and counts them.
fn take_pages(bytes: &mut Vec<u8>) -> usize {
    let (mut used, mut count) = (0, 0);
    while let Some(length) = page_length(&bytes[used..]).filter(|it| used + it <= bytes.len()) {
        (used, count) = (used + length, count + 1);
    }
    bytes.drain(..used);
    count
}

/// The length of the response that begins here, once its head is there.
fn page_length(bytes: &[u8]) -> Option<usize> {
    let (mut end, mut length) = (0, None);
    loop {
        let line = &bytes[end..][..bytes[end..].iter().position(|byte| *byte == b'\n')?];
        match &line[..line.len().min(NAME.len())] {
            _ if end == 0 => assert!(line.starts_with(b"HTTP/1.1 200 "), "{}", shown(line)),
            b"\r" => break,
            name if name.eq_ignore_ascii_case(NAME) => length = number(&line[NAME.len()..]),
            _ => {}
        }
        end += line.len() + 1;
    }
    Some(end + 2 + length.expect("the head tells the length"))
}

const NAME: &[u8] = b"Content-Length:";

fn number(text: &[u8]) -> Option<usize> {
    str::from_utf8(text).ok()?.trim().parse().ok()
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "HTTP/1.1 200 OK\r\nX: y\r\nContent-length: 3\r\n\r\nabc";

    #[test]
    fn pages_are_counted_however_they_arrive() {
        let text = PAGE.repeat(3);
        for split in 0..text.len() {
            let (mut part, mut count) = (Vec::new(), 0);
            for bytes in [&text[..split], &text[split..]] {
                part.extend_from_slice(bytes.as_bytes());
                count += take_pages(&mut part);
            }
            assert_eq!((count, part.len()), (3, 0), "{split}");
        }
    }

    #[test]
    #[should_panic(expected = "503")]
    fn a_refusal_is_no_page() {
        take_pages(&mut PAGE.replace("200 OK", "503 Service Unavailable").into_bytes());
    }
}

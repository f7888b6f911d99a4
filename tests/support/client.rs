//! A JSON-RPC client that speaks one line at a time.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A test that waits longer for an answer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// One connection to the daemon.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<UnixStream>,
    last_id: u64,
}

impl Client {
    /// Connects to the socket at `path`.
    ///
    /// # Panics
    /// When nobody listens there.
    pub fn connect(path: &Path) -> Client {
        let stream = UnixStream::connect(path).expect("the daemon listens on its socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit can be set");
        stream.set_write_timeout(Some(PATIENCE)).expect("a time limit can be set");
        Client { reader: BufReader::new(stream), last_id: 0 }
    }

    /// The socket itself.
    pub fn stream(&self) -> &UnixStream {
        self.reader.get_ref()
    }

    /// Sends the bytes as they are.
    ///
    /// # Panics
    /// When the daemon no longer takes them.
    pub fn send(&self, bytes: impl AsRef<[u8]>) {
        self.stream().write_all(bytes.as_ref()).expect("the daemon takes bytes");
    }

    /// Says that nothing more will be sent; answers can still be received.
    ///
    /// # Panics
    /// When the daemon has closed the connection.
    pub fn finish_sending(&self) {
        self.stream().shutdown(Shutdown::Write).expect("the connection is open");
    }

    /// The next line, or `None` when the daemon has closed the connection.
    ///
    /// # Panics
    /// When it takes too long.
    pub fn receive_line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line).expect("the daemon answers in time, in UTF-8");
        (read > 0).then_some(line)
    }

    /// The next reply.
    ///
    /// # Panics
    /// When there is none, or it isn't JSON.
    pub fn receive(&mut self) -> Value {
        let line = self.receive_line().expect("the daemon answers before it closes");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))
    }

    /// Sends one request and waits for the whole reply: `jsonrpc`, `id`, and `result` or `error`.
    ///
    /// # Panics
    /// When the reply is to another request.
    pub fn call(&mut self, method: &str, params: impl Into<Value>) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let (method, params) = (method.to_owned(), params.into());
        let request = json!({"jsonrpc": "2.0", "method": method, "params": params, "id": id});
        self.send(format!("{request}\n"));
        let reply = self.receive();
        assert_eq!(reply["id"], id, "{request} was answered by {reply}");
        reply
    }

    /// What [`Client::call`] answers under `result`.
    ///
    /// # Panics
    /// When it answers an error.
    pub fn result(&mut self, method: &str, params: impl Into<Value>) -> Value {
        let mut reply = self.call(method, params);
        assert!(reply.get("result").is_some(), "{method} was refused: {reply}");
        reply["result"].take()
    }

    /// The code of the error that [`Client::call`] answers.
    ///
    /// # Panics
    /// When it answers a result.
    pub fn error_code(&mut self, method: &str, params: impl Into<Value>) -> i64 {
        let reply = self.call(method, params);
        reply["error"]["code"]
            .as_i64()
            .unwrap_or_else(|| panic!("{method} was not refused: {reply}"))
    }
}

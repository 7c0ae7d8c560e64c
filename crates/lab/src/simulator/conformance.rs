//! What the simulator says about its own answers.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// The simulator answers at once or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers that were not what the API descriptions say.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Conformance {
    /// The first of them.
    pub(super) first: Vec<Value>,
}

/// Asks the admin side at `address`, without a runtime.
pub(super) fn ask(address: &str) -> io::Result<Conformance> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream
        .write_all(format!("GET /conformance HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).map_err(io::Error::other)
}

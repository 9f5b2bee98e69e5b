//! A broker of the built binary for one test, and raw sockets to it.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running broker with its own KT_HOME; killed when dropped.
pub(crate) struct Broker {
    child: Child,
    address: String,
    _home: TempDir,
}

/// Starts a broker on a free port and returns when it has registered itself.
pub(crate) fn start_broker() -> Broker {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let mut child = Command::new(env!("CARGO_BIN_EXE_kt"))
        .args([
            "server-start",
            "--override",
            "listeners=PLAINTEXT://127.0.0.1:0",
        ])
        .args(["--override", &format!("log.dirs={}", data.display())])
        .env("KT_HOME", home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    let address = loop {
        if let Some(address) = registered_address(&home.path().join("run")) {
            break address;
        }
        assert!(child.try_wait().unwrap().is_none(), "the broker ended");
        assert!(Instant::now() < deadline, "the broker did not register");
        std::thread::yield_now();
    };
    Broker {
        child,
        address,
        _home: home,
    }
}

/// Returns the address in the first `run/PID.json`.
fn registered_address(run: &Path) -> Option<String> {
    for entry in run.read_dir().ok()? {
        let path = entry.ok()?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = std::fs::read_to_string(path).ok()?;
            let registration: serde_json::Value = serde_json::from_str(&text).ok()?;
            let listener = registration.get("listeners")?.get(0)?.as_str()?;
            return Some(listener.split_once("://")?.1.to_owned());
        }
    }
    None
}

impl Broker {
    /// Opens a connection.
    pub(crate) fn connect(&self) -> Peer {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Peer { stream }
    }

    /// Sends `bytes` on a connection of its own and asserts that the broker closes it unanswered.
    pub(crate) fn assert_closes(&self, bytes: &[u8], what: &str) {
        let mut peer = self.connect();
        peer.send(bytes);
        let rest = peer.rest();
        assert!(rest.is_empty(), "{what} was answered with {rest:?}");
    }

    /// Asserts that the broker serves a new connection.
    pub(crate) fn assert_serves(&self) {
        let mut peer = self.connect();
        peer.send_request(18, 0, 5, &[]);
        let answer = peer.receive();
        assert_eq!(answer[..6], [0, 0, 0, 5, 0, 0]);
    }

    /// Returns the most memory that the broker has held, where the system tells it.
    pub(crate) fn memory_peak_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Both fail only if the broker has ended by itself, which the test saw in its own way.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The other end of a connection to the broker.
pub(crate) struct Peer {
    stream: TcpStream,
}

impl Peer {
    /// Sends bytes as they are; the broker may have closed already.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        match self.stream.write_all(bytes) {
            Err(error) if is_closed(error.kind()) => {}
            other => other.unwrap(),
        }
    }

    /// Sends the length of `frame`, then the frame.
    pub(crate) fn send_frame(&mut self, frame: &[u8]) {
        self.send(&framed(frame));
    }

    /// Sends a request with a version 1 header.
    pub(crate) fn send_request(&mut self, key: i16, version: i16, id: i32, body: &[u8]) {
        self.send_frame(&request(key, version, id, body));
    }

    /// Ends our half of the connection.
    pub(crate) fn finish(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Receives one frame.
    pub(crate) fn receive(&mut self) -> Vec<u8> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).unwrap();
        let mut frame = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        self.stream.read_exact(&mut frame).unwrap();
        frame
    }

    /// Receives until the broker closes the connection.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(error) if is_closed(error.kind()) => {}
            other => drop(other.expect("the broker closes the connection")),
        }
        rest
    }
}

fn is_closed(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

/// Returns the frame with its length before it.
pub(crate) fn framed(frame: &[u8]) -> Vec<u8> {
    let length = i32::try_from(frame.len()).unwrap().to_be_bytes();
    [&length, frame].concat()
}

/// Returns a request with a version 1 header and the client id "raw".
pub(crate) fn request(key: i16, version: i16, id: i32, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    frame.extend(key.to_be_bytes());
    frame.extend(version.to_be_bytes());
    frame.extend(id.to_be_bytes());
    frame.extend([0, 3]);
    frame.extend(b"raw");
    frame.extend(body);
    frame
}
